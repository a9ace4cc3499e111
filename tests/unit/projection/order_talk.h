/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_PROJECTION_ORDER_TALK_H
#define HL_TESTS_UNIT_PROJECTION_ORDER_TALK_H

/* Entries about money at random: most as their ledger lets them be, the others
 * as nobody should write them. What a ledger allows has an effect, which is
 * asserted, as are the books after each entry. */

#include "tests/support/rng.h"
#include "tests/unit/projection/order_world.h"

enum { TALK_NODES = 3, TALK_RECENT = 40, TALK_BODIES = 64 };
extern const char *const talk_nodes[TALK_NODES];

struct talk {
    struct order_world *world;
    struct rng *rng;
    struct said recent[TALK_RECENT]; /* entries, which may be cited */
    size_t count;                    /* of all of them */
    unsigned counted[TALK_BODIES];   /* that had an effect, by their bodies */
    unsigned withdrawn;              /* requests, of what was declined */
    /* What is talked of: an order of that issuer's and number, and who is asked
     * for it, or asks for it, where it begins; mostly of those that were placed
     * or requested. */
    const char *issuer, *provider, *begun_at;
    uint8_t number;
    union record_room record;
};

/* One entry more, or none. */
void talk_step(struct talk *talk);

#endif
