/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SIM_WITNESS_H
#define HL_TESTS_SIM_WITNESS_H

/* Looks on while the world runs, and knows what no node knows: who lies, and
 * what everybody wrote. After each event what must hold then:
 *
 *   what a node holds of a journal lies on a branch that its author wrote
 *   an honest key signs and cosigns one history
 *   sealed sizes never shrink, and seal one history
 *   nobody honest is accused, punished, or found to compute otherwise
 */

#include "federation/engine/engine.h"

struct world;
struct host;
struct signed_by; /* what one key said of one journal */

struct witness {
    struct world *world;
    struct segment_codec *codec;
    struct signed_by *first;
    struct hl_hash *seen; /* notes looked at already, by their hash */
    size_t seen_size;
    struct head sealed[64]; /* by city: the longest that anybody had sealed */
    uint64_t caught[64];    /* by city: evidence against it that holds */
    uint64_t faulted[64];   /* by city: reports of misbehaviour */
    bool sealed_twice[64];  /* by city: its keepers sealed two histories, and
                               only a charter can say which one stands */
};

void witness_init(struct witness *witness, struct world *world);
void witness_fini(struct witness *witness);

/* A message leaves; peer is a port, or SIZE_MAX. */
void witness_message(struct witness *witness, struct host *host, size_t peer,
                     struct bytes raw);
void witness_report(struct witness *witness, struct host *host,
                    const struct engine_action *action);
/* The author has read its journal. */
void witness_start(struct witness *witness, struct host *host);
/* A commit was told to the engine. */
void witness_stored(struct witness *witness, struct host *host);
/* A charter ends the city's journal at `size` and lets it go on. */
void witness_cut(struct witness *witness, size_t city, uint64_t size);

/* Whether every machine of the city is honest. */
bool witness_trusts(const struct world *world, size_t city);

#endif
