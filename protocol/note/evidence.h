/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_NOTE_EVIDENCE_H
#define HL_PROTOCOL_NOTE_EVIDENCE_H

/* Evidence: two signed statements about one journal that cannot both be true,
 * in a file that anyone can check without us (design section 6).
 *
 *   heluo evidence v1
 *   accused author <name>          or: accused cosigner <name>
 *   origin <origin>
 *   size <decimal>                 the size at which the two contradict
 *   branch <vkey>                  the key that signed the note below
 *   root <base64>                  root at that size, under this note
 *   proof <base64>                 0 to 63 lines: consistency proof from
 *                                  there to the note's size
 *   note <decimal>                 length of the note in bytes
 *   <the note>
 *   branch ...                     the other one, the same six parts
 *
 * An author is accused with two checkpoints he signed, a cosigner with two
 * checkpoints that one key of his cosigned. Pure, any thread. */

#include "protocol/note/checkpoint.h"
#include "protocol/tree/fork.h"

enum evidence_accused {
    EVIDENCE_AUTHOR,
    EVIDENCE_COSIGNER,
};

struct evidence_branch {
    struct vkey key;
    struct hl_hash root_at;
    struct proof proof;
    struct bytes note; /* borrowed */
};

struct evidence {
    enum evidence_accused accused;
    char name[HL_NAME_MAX_BYTES + 1];   /* of the accused, as in its keys */
    char origin[HL_NAME_MAX_BYTES + 1]; /* of the journal */
    uint64_t at;
    struct evidence_branch branches[2];
};

/* Reads a file; verifies nothing. The evidence borrows raw.
 *
 * HL_EMALFORMED  with the line (counted over the whole file) and the reason.
 * HL_ELIMIT      over HL_EVIDENCE_MAX_BYTES, or a note over its own limit. */
HL_MUST_USE hl_err evidence_parse(struct bytes raw, struct evidence *out,
                                  struct hl_detail *detail);

/* Appends the file. */
void evidence_write(const struct evidence *evidence, struct writer *out);

/* Whether it proves what it says: both notes are checkpoints of the origin and
 * signed (or cosigned, by one key) by the accused's keys given in it, and
 * fork_verify() finds the contradiction. That those keys were the accused's is
 * the charter's to say: the caller looks them up.
 *
 * HL_ESIGNATURE, HL_ENOKEY  a note is not signed by its key.
 * HL_EMALFORMED             a note is no checkpoint of the origin, or the
 *                           keys do not fit the accusation.
 * HL_EPROOF                 a branch's proof does not verify.
 * HL_ENOTFORK               the two agree. */
HL_MUST_USE hl_err evidence_verify(const struct evidence *evidence,
                                   const struct verifier *verifier,
                                   struct hl_detail *detail);

#endif
