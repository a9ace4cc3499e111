/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_TRUTH_H
#define HL_TESTS_SIM_TRUTH_H

/* What every author really wrote: the leaves of his journal as they were
 * committed, and of a liar's the leaves of each branch. A journal that a
 * charter cut keeps its former course as a branch of its own. What any node
 * holds must lie on one of them. */

#include "protocol/tree/frontier.h"
#include "protocol/tree/head.h"

enum { TRUTH_BRANCHES_MAX = 8 };

struct branch {
    struct hl_hash *leaves; /* of entry i */
    struct hl_hash *roots;  /* of the first i + 1 entries */
    size_t count, capacity;
    struct frontier frontier;
};

struct truth {
    struct branch branches[TRUTH_BRANCHES_MAX]; /* 0: how it stands */
    size_t branch_count;                        /* at least 1 */
    unsigned epochs;                            /* how often a charter cut it */
};

void truth_init(struct truth *truth);
void truth_fini(struct truth *truth);

void truth_append(struct truth *truth, size_t branch,
                  const struct hl_hash *leaf);
/* A branch that is the same up to `size`; its number. */
size_t truth_fork(struct truth *truth, size_t branch, uint64_t size);
/* Branch 0 ends at `size`; what it was is kept as another one. */
void truth_cut(struct truth *truth, uint64_t size);

/* A charter lets the journal go on from where a branch has that size; what
 * branch 0 was is kept as another one. How much of it stands. */
uint64_t truth_return(struct truth *truth, size_t branch, uint64_t size);

struct head truth_head(const struct truth *truth, size_t branch);
bool truth_branch_has(const struct truth *truth, size_t branch,
                      const struct head *head);
/* The branches on which that head lies, as bits; 0: nobody wrote that. */
unsigned truth_branches_of(const struct truth *truth, const struct head *head);

#endif
