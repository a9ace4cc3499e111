/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_TREE_HEAD_H
#define HL_PROTOCOL_TREE_HEAD_H

/* What a checkpoint says of a tree, and what links a smaller tree to it.
 * Whether the author signed the checkpoint is the note's business: a head that
 * reaches the functions of this folder has had its signature checked. Plain
 * memory, pure, any thread. */

#include "protocol/tree/merkle.h"

struct head {
    uint64_t size;
    struct hl_hash root;
};

/* The head of the journal without entries. */
struct head head_empty(void);

bool head_equal(const struct head *a, const struct head *b);

/* HL_EMALFORMED  size above MERKLE_SIZE_MAX; 0 with the root of another than
 *                the empty tree; another size with the empty tree's root. */
HL_MUST_USE hl_err head_validate(const struct head *head);

/* Size and root as texts have them: a decimal and strict base64, and the lines
 * in which they stand. */
struct head_text {
    struct bytes size, root;
    uint64_t size_line, root_line;
};

/* HL_EMALFORMED  with the line: one of the two is not of its form, or
 *                head_validate() refuses them together. */
HL_MUST_USE hl_err head_parse(const struct head_text *text, struct head *out,
                              struct hl_detail *detail);

/* A sender's word that the tree under some head had this root when it was `at`
 * entries large, with the consistency proof from there to the head (none if
 * at is 0 or the head's size). A segment carries one as its start proof. */
struct start_proof {
    uint64_t at;
    struct hl_hash root;
    struct proof proof;
};

/* HL_EPROOF  it does not verify under that head, or at is above the head. At
 *            0 the root must be the empty tree's and the proof empty. */
HL_MUST_USE hl_err start_proof_verify(const struct start_proof *start,
                                      const struct head *head);

#endif
