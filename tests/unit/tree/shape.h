/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_TREE_SHAPE_H
#define HL_TESTS_UNIT_TREE_SHAPE_H

/* Which hashes a proof combines, and in which order. A size or an index enters
 * verification through this alone: inclusion of entry 0 is one computation
 * for 5 entries and for 7. So a proof stands for every claim of its shape,
 * and for no other; what binds a root to its size is the signature over
 * both. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct shape {
    size_t count;
    char steps[130];
};

/* The shape of "[start, end) is in the tree of size entries", after the
 * recursive definition of the draft. False if no tree has that. */
bool shape_of(uint64_t start, uint64_t end, uint64_t size, struct shape *out);

bool shape_equal(const struct shape *a, const struct shape *b);

#endif
