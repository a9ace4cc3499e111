/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_ALLIANCE_H
#define HL_TESTS_SIM_ALLIANCE_H

/* The simulated alliance: its cities, all keys that anyone ever had, and the
 * coordinators, who make one charter after the other. Aborts where a charter
 * would break a rule: the simulator asks for none such. */

#include "certs/charter/charter_chain.h"
#include "protocol/note/signer.h"
#include "tests/support/rng.h"

enum {
    ALLIANCE_CITIES_MAX = 32,
    ALLIANCE_KEYS_MAX = 16, /* of one city and purpose, one after another */
    ALLIANCE_COORDINATORS = 3,
    ALLIANCE_CHARTERS_MAX = 64,
};

struct keyring {
    struct signer keys[ALLIANCE_KEYS_MAX];
    size_t count; /* the last one is the newest */
};

struct city {
    const char *id; /* "zhengzhou" */
    char origin[128];
    struct keyring journal, mirror;
    size_t quorum_min; /* the smallest that it ever had */
    uint64_t kept_by;  /* bit by city: who ever kept its journal */
    unsigned keeper_changes;
};

/* One keeper goes, or comes, or both; SIZE_MAX: nobody. */
struct keeper_change {
    size_t city, out, in;
};

struct alliance_options {
    size_t cities;          /* in the first charter */
    size_t joiners;         /* that charters may admit later */
    size_t keepers, quorum; /* of each, at least; 0: as many as suit */
    bool ed25519;
    bool clears;    /* some cities have the clearing role */
    int64_t from_s; /* POSIX time from which mirror keys are good */
};

struct alliance {
    struct alliance_options options;
    struct rng rng;
    struct verifier verifier;
    struct signer coordinators[ALLIANCE_COORDINATORS];
    struct city cities[ALLIANCE_CITIES_MAX];
    size_t city_count;
    struct charter charter;                        /* the newest */
    struct writer charters[ALLIANCE_CHARTERS_MAX]; /* raw, as they were made */
    size_t charter_count;
    size_t newest, former; /* of them: charter, and what it follows */
    struct hl_hash pin;
};

#define ALLIANCE_NAME "zhongyuan.example"

void alliance_init(struct alliance *alliance,
                   const struct alliance_options *options, struct rng rng);
void alliance_fini(struct alliance *alliance);

/* Index of that city, or SIZE_MAX. */
size_t alliance_find(const struct alliance *alliance, struct bytes id);
size_t alliance_find_origin(const struct alliance *alliance,
                            struct bytes origin);
const struct signer *keyring_newest(const struct keyring *ring);

/* --- New charters; each follows the newest. ------------------------------ */

/* A new journal key from that point on. */
void alliance_journal_key(struct alliance *alliance, size_t city,
                          enum charter_succession how, const struct head *from);
/* A new mirror key from now on; the former ends. */
void alliance_mirror_key(struct alliance *alliance, size_t city, int64_t now_s);
/* Keepers that are new to the city's journal begin there: too few of the former
 * ones know what they cosigned. */
void alliance_keepers_from(struct alliance *alliance, size_t city,
                           const struct head *from);
/* Ends the city's node there; it keeps for nobody any more. */
void alliance_retire(struct alliance *alliance, size_t city,
                     const struct head *at);
/* The city may propose cycles from now on; or may not, from there on. */
void alliance_grant_clearing(struct alliance *alliance, size_t city);
void alliance_end_clearing(struct alliance *alliance, size_t city,
                           const struct head *at);
/* Another address, which changes nothing here. */
void alliance_move(struct alliance *alliance, size_t city);
/* False: the rules of charters do not let that follow. */
bool alliance_change_keepers(struct alliance *alliance,
                             const struct keeper_change *change);
/* Another one beside the newest, which contests it (asserts that there is a
 * former one): the city moves, and keepers change, if they may (NULL: they do
 * not). The next, which follows the newest, decides. */
void alliance_rival(struct alliance *alliance, size_t city,
                    const struct keeper_change *change);
/* Admits a joiner, which keeps for one of the others from now on. */
void alliance_admit(struct alliance *alliance, size_t city);

#endif
