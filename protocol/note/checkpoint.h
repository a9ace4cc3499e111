/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_NOTE_CHECKPOINT_H
#define HL_PROTOCOL_NOTE_CHECKPOINT_H

/* Checkpoints (c2sp.org/tlog-checkpoint@v1): the signed note that says how
 * long a journal is and what its Merkle root is. Heluo's own have the origin
 * "<alliance>/<node>", no extension lines, and are signed by keys whose name
 * is the origin: one line by the journal key (01) and, where the rules on
 * commercial cryptography ask for it, a second one by SM2 (ff). Pure, any
 * thread. */

#include "protocol/note/note.h"
#include "protocol/tree/head.h"

/* Plain memory. */
struct checkpoint {
    char origin[HL_NAME_MAX_BYTES + 1];
    struct head head;   /* that head_validate() accepts */
    bool has_extension; /* never in our own */
};

/* Reads a note's text by Heluo's rule: three lines and no more; size
 * and root pass head_validate().
 *
 * HL_EMALFORMED  detail names the line and the field.
 * HL_ELIMIT      the origin is longer than HL_NAME_MAX_BYTES. */
HL_MUST_USE hl_err checkpoint_parse(struct bytes text, struct checkpoint *out,
                                    struct hl_detail *detail);

/* The same for the logs of others: extension lines may follow. They are not
 * empty and otherwise opaque; has_extension says whether there are any. */
HL_MUST_USE hl_err checkpoint_parse_foreign(struct bytes text,
                                            struct checkpoint *out,
                                            struct hl_detail *detail);

/* Appends the text: three lines. The checkpoint has no extension, an
 * origin, and a size and root that go together (asserts). */
void checkpoint_write(const struct checkpoint *checkpoint, struct writer *out);

/* Appends the whole note, with one line of each signer (kind VKEY_ED25519 or
 * VKEY_SM2, named as the origin: asserts), in order; nothing on failure.
 *
 * HL_ECRYPTO  as signer_sign(). */
HL_MUST_USE hl_err checkpoint_sign(const struct checkpoint *checkpoint,
                                   const struct signer *signers, size_t count,
                                   struct writer *out);

/* Whose checkpoint is expected. Borrows all of it. */
struct checkpoint_author {
    const char *origin;
    const struct vkey *keys; /* those named as the origin are asked */
    size_t key_count;
};

/* What the SM2 lines of known keys came to. A failed one is a finding, to be
 * reported, and no reason to refuse: checkpoints are accepted on their 01
 * line alone, so that a node without SM2 and one with it accept the same. */
enum checkpoint_sm2 {
    CHECKPOINT_SM2_ABSENT,
    CHECKPOINT_SM2_VALID,
    CHECKPOINT_SM2_FAILED, /* at least one of them */
};

struct checkpoint_verdict {
    struct checkpoint checkpoint;
    const struct vkey *signed_by; /* of author->keys the first of kind
                                     VKEY_ED25519 that signed */
    enum checkpoint_sm2 sm2;
};

/* Verifies the author's signatures, then reads the text by Heluo's rule and
 * compares the origin. Cosignatures are not looked at (cosignature.h).
 *
 * HL_ESIGNATURE  an Ed25519 line of a known key does not verify.
 * HL_ENOKEY      no Ed25519 line by a known key that is named as the origin;
 *                a valid SM2 line is not enough.
 * HL_EAMBIGUOUS  two of the keys have one name and id.
 * HL_EMALFORMED  signed, but no checkpoint, or of another origin.
 * HL_ELIMIT      as checkpoint_parse().
 * HL_ECRYPTO     the library failed. */
HL_MUST_USE hl_err checkpoint_verify(const struct note *note,
                                     const struct verifier *verifier,
                                     const struct checkpoint_author *author,
                                     struct checkpoint_verdict *out,
                                     struct hl_detail *detail);

/* From raw bytes to a checkpoint that its author vouches for, in one call:
 * note_parse() and checkpoint_verify(), and their errors. */
HL_MUST_USE hl_err checkpoint_authenticate(
    struct bytes raw, const struct verifier *verifier,
    const struct checkpoint_author *author, struct checkpoint_verdict *out,
    struct hl_detail *detail);

#endif
