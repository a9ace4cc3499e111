/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_NOTE_NOTE_H
#define HL_PROTOCOL_NOTE_NOTE_H

/* Signed notes (c2sp.org/signed-note@v1): a text, a blank line, signature
 * lines. Everything that federates is one: checkpoints, charters. Pure; a
 * struct note belongs to its caller. */

#include "protocol/note/signer.h"

/* One signature line, not verified yet. */
struct note_signature {
    struct bytes name; /* borrowed from the note's bytes */
    uint32_t id;
    struct bytes payload; /* decoded, without the id; owned by the note */
    uint64_t line;        /* in the whole note, counted from 1 */
};

/* A text is short enough that a hundred lines of ours fit under it. */
enum { NOTE_TEXT_MAX_BYTES = HL_NOTE_MAX_BYTES - 40000 };

struct note {
    struct bytes text; /* with its final LF; borrowed from the input */
    struct note_signature *signatures; /* in file order, repeats included */
    size_t signature_count;
    uint8_t *payloads; /* what the payloads point into */
};

/* Splits at the last blank line. Whatever follows that is no signature line
 * makes the note malformed, also by a key name that vkey_name_valid() refuses.
 * Verifies nothing. The note borrows raw; note_fini() releases the rest.
 *
 * HL_EMALFORMED  detail names the line (or the offset of a wrong byte).
 * HL_ELIMIT      over HL_NOTE_MAX_BYTES or HL_NOTE_SIGNATURES_MAX. */
HL_MUST_USE hl_err note_parse(struct bytes raw, struct note *out,
                              struct hl_detail *detail);

/* Releases; all-zero is fine. */
void note_fini(struct note *note);

/* The first line with the key's name and id, or NULL: later ones of one key
 * never count. Lines that share only one of the two are another key's. */
const struct note_signature *note_line_of(const struct note *note,
                                          const struct vkey *key);

/* Which of the given keys signed. */
struct note_verdict {
    bool *signed_by; /* one per key, caller's array */
    size_t count;    /* how many of them are true */
};

/* Verifies the lines that match (name, id) of a key of kind VKEY_ED25519 or
 * VKEY_SM2 over the text; lines of other keys are ignored, and so are keys of
 * other kinds (cosignatures are cosignature.h's). A line repeated for a key
 * already seen is skipped.
 *
 * HL_ESIGNATURE  a known key's line does not verify: the whole note is bad,
 *                by SM2 too (checkpoint_verify() is milder there).
 * HL_ENOKEY      no line is by a known key.
 * HL_EAMBIGUOUS  two of the keys have one name and id, asked for or not.
 * HL_ECRYPTO     the library failed. */
HL_MUST_USE hl_err note_verify(const struct note *note,
                               const struct verifier *verifier,
                               const struct vkey *keys, size_t key_count,
                               struct note_verdict *verdict,
                               struct hl_detail *detail);

/* A text that may be signed: valid UTF-8, not empty, ends in LF, no bytes
 * below 20 but LF. Blank lines may stand anywhere in it: signature lines have
 * none, so that note_parse() always splits behind the text.
 *
 * HL_EMALFORMED  detail names the line or the offset.
 * HL_ELIMIT      over NOTE_TEXT_MAX_BYTES. */
HL_MUST_USE hl_err note_text_validate(struct bytes text,
                                      struct hl_detail *detail);

/* Appends text and its blank line: an unsigned note, to which lines are
 * added. The text is valid (asserts). */
void note_begin(struct bytes text, struct writer *out);

/* Appends the line of a signature: payload is what follows the key id. */
void note_add_line(const struct vkey *key, struct bytes payload,
                   struct writer *out);

/* Signs text with a signer of kind VKEY_ED25519 or VKEY_SM2 (asserts) and
 * appends the line; nothing on failure.
 *
 * HL_ECRYPTO  as signer_sign(). */
HL_MUST_USE hl_err note_sign(struct bytes text, const struct signer *signer,
                             struct writer *out);

#endif
