/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_CLEARING_CYCLE_PLAY_H
#define HL_TESTS_UNIT_CLEARING_CYCLE_PLAY_H

/* Federations at random over clearing_world.h: who owes whom, cycles of all and
 * of few, what goes wrong with them, payments in time, late and never. The same
 * seed, the same journals. */

#include "tests/clearing/cycle_files.h"
#include "tests/support/rng.h"
#include "tests/unit/clearing/clearing_world.h"

enum { PLAY_DEBTS_MAX = 4096, PLAY_ALLOTS_MAX = 256 };

struct play_debt {
    size_t debtor, creditor; /* cities */
    unsigned order;          /* its number */
    uint64_t left_fen;       /* not given back */
};

struct play_allot {
    struct said said;
    size_t issuer, provider;
    unsigned order; /* its number */
    uint64_t limit_fen, left_fen;
    bool closed;
};

struct cycle_play {
    struct clearing_world world; /* first */
    struct rng rng;
    const char *names[CITIES_MAX + 1];
    struct play_debt debts[PLAY_DEBTS_MAX];
    size_t debt_count;
    struct play_allot allots[PLAY_ALLOTS_MAX];
    size_t allot_count;
    unsigned hours; /* since the world began */
    uint64_t foul;  /* spends of what was not allotted so */
    bool role_ended;
};

/* With `cities` cities, 2 to CITIES_MAX. */
void cycle_play_init(struct cycle_play *play, uint64_t seed, size_t cities);
void cycle_play_fini(struct cycle_play *play);

/* So many things happen. */
void cycle_play_go(struct cycle_play *play, unsigned turns);
/* Nobody is away any more, and cycles among all go on until nothing is left to
 * be cleared but what was not allotted. */
void cycle_play_clear(struct cycle_play *play);

/* Told of every proposal, by proposer and index; borrows from the snapshot. */
typedef void (*cycle_play_fn)(void *context, const struct cycle *cycle);
void cycle_play_each(struct cycle_play *play, cycle_play_fn each,
                     void *context);

struct cycle_judgement cycle_play_judge(struct cycle_play *play,
                                        const struct cycle *cycle,
                                        claim_fn each, void *context);

#endif
