/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_NOTE_VKEY_FIELDS_H
#define HL_PROTOCOL_NOTE_VKEY_FIELDS_H

/* The three fields that a vkey and Go's signer key share: name, id, and the
 * base64 of an algorithm byte with key bytes. Private to protocol/note. */

#include "protocol/note/vkey.h"

struct vkey_fields {
    struct bytes name;      /* borrowed from the text; may stand in a note */
    uint32_t id;            /* as written, not checked */
    struct writer material; /* algorithm byte and key; never empty */
};

/* Splits at the first two '+' (base64 may contain others).
 *
 * HL_EMALFORMED  a field is missing or wrong; detail->text says which. */
HL_MUST_USE hl_err vkey_fields_parse(struct bytes text, struct vkey_fields *out,
                                     struct hl_detail *detail);

/* Releases, and wipes: the material may be a secret. */
void vkey_fields_fini(struct vkey_fields *fields);

#endif
