/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_WITNESS_INSIDE_H
#define HL_TESTS_SIM_WITNESS_INSIDE_H

/* Between witness.c and witness_signed.c. */

#include "tests/sim/world.h"

/* A note that left a node: every line by a key of ours is remembered, and
 * compared with what that key said before. */
void signed_look(struct witness *witness, const struct host *host,
                 struct bytes note);
/* Whether a mirror key of that city cosigned the journal to there, or further,
 * at any time. */
bool signed_by_keeper(const struct witness *witness, size_t keeper,
                      size_t journal, uint64_t size);
void signed_by_destroy(struct witness *witness);

#endif
