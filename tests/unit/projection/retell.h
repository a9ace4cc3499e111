/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_PROJECTION_RETELL_H
#define HL_TESTS_UNIT_PROJECTION_RETELL_H

/* Journals of a world, kept to be told again to others in other orders: what
 * is computed of them may not tell the order. */

#include "tests/support/rng.h"
#include "tests/unit/projection/world.h"

enum { RETELL_JOURNALS_MAX = 8 };

struct retelling {
    const char *const *origins;
    size_t count;
    struct writer entries[RETELL_JOURNALS_MAX]; /* each with its length (u16) */
    size_t at[RETELL_JOURNALS_MAX];             /* told so far */
};

/* Of those journals, which are there. The origins are borrowed. */
void retelling_init(struct retelling *telling, struct world *world,
                    const char *const *origins, size_t count);
void retelling_fini(struct retelling *telling);

/* Tells the next entry of the i-th; false: that was all of it. */
bool retell_next(struct retelling *telling, struct world *world, size_t i);
/* All the rest of it. */
void retell_one(struct retelling *telling, struct world *world, size_t i);

/* From the beginning, all but the one of that number (count: all), in runs of
 * any length, settled now and then. forgets: some half is dropped and replayed
 * now and then, too. */
void retell(struct retelling *telling, struct world *world, struct rng *rng,
            size_t without, bool forgets);

/* Drops the half of the i-th in small steps, and leaves it so. Settles. */
void retell_forget(struct retelling *telling, struct world *world, size_t i);
/* Makes it anew of the journal, which is still there. Settles. */
void retell_forgotten(struct retelling *telling, struct world *world, size_t i);

/* Tells worlds of their own, so many: each has that dump, and what a rebuild
 * makes of it is the same. */
void retell_expect(struct retelling *telling, struct rng *rng, unsigned orders,
                   const struct writer *dump);

/* Tells worlds of their own, and forgets a half at the end: nothing is left
 * that a world has not to which that journal never came; and nothing at all of
 * all of them. */
void retell_expect_forgotten(struct retelling *telling, struct rng *rng);

#endif
