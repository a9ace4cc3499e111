/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_PROJECTION_HOME_WORLD_H
#define HL_TESTS_UNIT_PROJECTION_HOME_WORLD_H

/* Moves of records, as tests tell them: instruments known by their first home
 * and a number, entries known by their place. */

#include "node/projection/home.h"
#include "tests/unit/projection/world.h"

#define ALLIANCE "zhongyuan.example/"

struct place {
    char node[16];
    uint64_t index;
    struct hl_hash leaf;
};

/* Each appends an entry of that node's journal and says where it stands. */
struct place home_put(struct world *world, const char *node, const char *home,
                      unsigned number, const struct place *cause);
struct place home_put_of(struct world *world, const char *node,
                         const struct home_key *key, const struct place *cause);
struct place home_retire(struct world *world, const char *node,
                         const char *home, unsigned number);
struct place home_release(struct world *world, const char *node,
                          const char *home, unsigned number, const char *to);
struct place home_refuse(struct world *world, const char *node,
                         const char *home, unsigned number,
                         const struct place *cause);
struct place home_resume(struct world *world, const char *node,
                         const char *home, unsigned number,
                         const struct place *cause);

struct home_key home_key_of(const char *home, unsigned number, char inner[16]);
uint32_t home_number(struct world *world, const char *node);
/* The owner's node, "" where none is known, "-" where it never moved; with
 * "->node" behind it while it is under way. Dies with the next call. */
const char *home_owner(struct world *world, const char *home, unsigned number);
/* How many findings of that kind stand against the node. */
unsigned home_findings(struct world *world, const char *node, const char *kind);

#endif
