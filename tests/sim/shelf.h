/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_SHELF_H
#define HL_TESTS_SIM_SHELF_H

/* Sealed blobs on a simulated machine's disk, in memory: what node/blob/ does
 * with files, and what a crash leaves of those that are on their way. */

#include "node/blob/blob_store.h"
#include "tests/support/rng.h"

struct shelf_item;

struct shelf {
    struct shelf_item *first;
    /* Counted up: that became whole part by part, and that began again as they
     * were not what they had been. NULL: nobody counts. */
    uint64_t *fetched, *torn;
};

void shelf_clear(struct shelf *shelf); /* also releases */
void shelf_copy(struct shelf *to, const struct shelf *from);
/* Parts that were not flushed are gone, or are not what they were. */
void shelf_crash(struct shelf *shelf, struct rng *rng);
/* A whole one, in place of what has its name. */
void shelf_place(struct shelf *shelf, const struct blob_name *name,
                 struct bytes form);
struct blob_store shelf_store(struct shelf *shelf);

/* Whether it is there whole; asserts that then it is what its seal says. */
bool shelf_has(const struct shelf *shelf, const struct blob_name *name,
               const struct blob_seal *seal);
/* Whether there is anything of it. */
bool shelf_knows(const struct shelf *shelf, const struct blob_name *name);
void shelf_each(const struct shelf *shelf,
                void (*each)(void *context, const struct blob_name *name),
                void *context);

#endif
