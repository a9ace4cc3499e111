/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_NOTE_MARK_H
#define HL_PROTOCOL_NOTE_MARK_H

/* The mark: what a node remembers, beside its store and outside every backup,
 * of the newest checkpoint that left the process, so that a store that was
 * set back is seen before the journal key signs a second history. A text of
 * four lines, which never parses as a checkpoint (its second line is no
 * number):
 *
 *   heluo mark v1
 *   key <vkey of the journal key>
 *   size <decimal>
 *   root <base64>
 *
 * Pure, any thread. */

#include "protocol/note/vkey.h"
#include "protocol/tree/head.h"

/* Plain memory. */
struct mark {
    struct vkey key;  /* kind VKEY_ED25519 */
    struct head head; /* that head_validate() accepts */
};

/* As long as a mark's text can be. */
enum { MARK_MAX_BYTES = 512 };

/* Strict: exactly what mark_write() writes.
 *
 * HL_EMALFORMED  detail names the line and the field. */
HL_MUST_USE hl_err mark_parse(struct bytes text, struct mark *out,
                              struct hl_detail *detail);

/* Appends the text. The key is of kind VKEY_ED25519, and size and root pass
 * head_validate() (asserts). */
void mark_write(const struct mark *mark, struct writer *out);

#endif
