/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_NOTE_COSIGNATURE_H
#define HL_PROTOCOL_NOTE_COSIGNATURE_H

/* Cosignatures (c2sp.org/tlog-cosignature, "cosignature/v1", alg 04): a
 * keeper's word, as a line under somebody's checkpoint, that at a time it held
 * that journal to that size and that it extends all it saw before. ML-DSA
 * lines (06) are neither made nor read: they count as lines of unknown keys.
 * Pure, any thread.
 *
 * One list of keys may hold author's and keepers' keys: note_verify() and
 * checkpoint_verify() ask the former, cosignature_verify() the latter, by
 * kind, and each line is verified by the one key whose name and id it has. */

#include "protocol/note/note.h"

/* Appends what is signed: two lines of header, and the note's whole text. */
void cosignature_message(int64_t time_s, struct bytes text, struct writer *out);

/* Cosigns the text of a checkpoint at a POSIX time, 1 <= time_s (asserts), by
 * a signer of kind VKEY_COSIGNATURE (asserts), and appends the line: to the
 * note, or to an empty writer for a line that travels alone. The text has
 * been parsed as a checkpoint. Nothing is appended on failure.
 *
 * HL_ECRYPTO  as signer_sign(). */
HL_MUST_USE hl_err cosignature_sign(struct bytes text,
                                    const struct signer *signer, int64_t time_s,
                                    struct writer *out);

/* Who cosigned, and when. */
struct cosignature_verdict {
    int64_t *time_s; /* one per key, caller's array; 0: no line by this key */
    size_t count;    /* how many of them are not 0 */
};

/* Verifies the lines by keys of kind VKEY_COSIGNATURE; keys of other kinds are
 * not asked and lines of other keys are ignored. Of several lines by one key
 * the first counts. That nobody cosigned is no error. Times in the future are
 * the caller's to judge: there is no clock here.
 *
 * HL_ESIGNATURE  a known key's line does not verify, has a wrong length, or
 *                a time outside 1 .. 2^63 - 1: the whole note is bad.
 * HL_EAMBIGUOUS  two of the keys have one name and id.
 * HL_ECRYPTO     the library failed. */
HL_MUST_USE hl_err cosignature_verify(const struct note *note,
                                      const struct verifier *verifier,
                                      const struct vkey *keys, size_t key_count,
                                      struct cosignature_verdict *verdict,
                                      struct hl_detail *detail);

#endif
