/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_CERTS_CHARTER_WORLD_H
#define HL_TESTS_UNIT_CERTS_CHARTER_WORLD_H

/* An alliance for tests: three coordinators, keys made from the run's seed,
 * and charters built line by line or by structs. */

#include "certs/charter/charter_chain.h"
#include "tests/support/support.h"

enum { WORLD_COORDINATORS = 3 };

struct world {
    struct signer coordinators[WORLD_COORDINATORS];
    struct signer strangers[WORLD_COORDINATORS]; /* same names, other keys */
    struct rng rng;
};

void world_init(struct world *world, const char *test_name);
void world_fini(struct world *world);

/* A fresh key of that name. */
struct vkey world_key(struct world *world, const char *name,
                      enum vkey_kind kind);

/* A charter of zhongyuan.example, version 1: threshold 2 of the three
 * coordinators; jinan, luoyang and zhengzhou with all kinds of keys, each kept
 * by the other two with quorum 2. */
void world_charter(struct world *world, struct charter *out);

/* A deep copy through the text; the version and link of its successor. */
void world_successor(const struct charter *before, struct charter *out);

/* Text, blank line, and a line by each signer of the mask (bit i: coordinator
 * i; bit 8 + i: stranger i), parsed. */
void world_sign(struct world *world, const struct charter *draft, unsigned mask,
                struct charter *out);

/* Signers of a mask. */
enum { LI = 1, WANG = 2, ZHAO = 4, FALSE_LI = 256, FALSE_WANG = 512 };

/* A signed successor that differs by its clearing period. */
void world_follow(struct world *world, const struct charter *before,
                  uint64_t period_days, unsigned mask, struct charter *out);

#endif
