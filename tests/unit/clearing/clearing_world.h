/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_CLEARING_CLEARING_WORLD_H
#define HL_TESTS_UNIT_CLEARING_CLEARING_WORLD_H

/* Cities that owe each other, and clear it, over order_world.h: what has to be
 * said next each is asked for as the daemon asks. One store holds all their
 * journals; what it knows as sealed a test sets by hand. */

#include "node/clearing/count.h"
#include "node/clearing/step.h"
#include "node/projection/cycles.h"
#include "tests/unit/projection/order_world.h"

enum { CITIES_MAX = 30 };

struct clearing_world {
    struct order_world of; /* first */
    struct charter charter;
    const char *cities[CITIES_MAX]; /* in order */
    size_t count;
    struct clearing_options options;
    unsigned orders;         /* made so far */
    bool silent[CITIES_MAX]; /* those answer nobody */
    struct clearing_step step;
    struct clearing_step last; /* that a city was held, or waited, by */
};

/* A charter with these cities, each of which may propose, and holds all of
 * what it hears for sealed; each has a voucher for all. Ends with NULL. */
void clearing_world_init(struct clearing_world *world,
                         const char *const *cities);
void clearing_world_fini(struct clearing_world *world);
struct charter_node *clearing_member(struct clearing_world *world,
                                     const char *city);

/* The debtor owes the creditor so much more, by an order with all that belongs
 * to it; returns the capture. */
struct said clearing_owe(struct clearing_world *world, const char *debtor,
                         const char *creditor, uint64_t fen);
/* And an allotment of that limit, and a spend of it. */
struct said clearing_allot(struct clearing_world *world, const char *issuer,
                           const char *provider, uint64_t limit_fen);
struct said clearing_spend(struct clearing_world *world,
                           const struct said *allotted, const char *provider,
                           uint64_t fen);

struct clearing_view clearing_view_of(struct clearing_world *world,
                                      const char *city);

/* Appends what the step says, which is an entry of the city's. */
struct said clearing_say(struct clearing_world *world, const char *city);

/* Whether the city proposed; else world->step says why not. `after` the own
 * former, or not. Only: cities, ending with NULL, or NULL. */
bool clearing_asked(struct clearing_world *world, const char *city,
                    const char *const *only, bool after);
/* It did. */
void clearing_must_propose(struct clearing_world *world, const char *city,
                           const char *const *only);
/* It did not, as there is nothing to clear. */
void clearing_nothing_is_left(struct clearing_world *world, const char *city);
/* Whether it proposed what it would, but of each city's journal no more than
 * that much, rightly counted. */
bool clearing_asked_less(struct clearing_world *world, const char *city,
                         const uint64_t *sizes);
/* One round: each that is not silent decides its own proposal, and answers
 * others'. Returns how many entries came of it. */
unsigned clearing_round(struct clearing_world *world);
/* Rounds until nobody says anything. */
void clearing_settle(struct clearing_world *world);

/* The last cycle of that proposer's, as it stands. */
struct cycle clearing_cycle(struct clearing_world *world, const char *proposer);
enum cycle_standing_as clearing_as(struct clearing_world *world,
                                   const char *proposer);
/* What is transferred by it; 0: nothing. */
uint64_t clearing_transferred(struct clearing_world *world,
                              const char *proposer, const char *from,
                              const char *to);
/* What that city said of the last cycle of the proposer's: 0, or enum
 * cycle_reason. */
uint64_t clearing_rejection(struct clearing_world *world, const char *city,
                            const char *proposer);

#endif
