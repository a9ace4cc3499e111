/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_ENGINE_WORLD_INSIDE_H
#define HL_TESTS_UNIT_ENGINE_WORLD_INSIDE_H

/* What the files of the engines' world share.
 *
 *   engine_world.c    nodes and their journals; starting and stopping
 *   world_charter.c   keys and charters
 *   world_network.c   what is under way, and carrying actions out
 *   world_story.c     what tests do
 */

#include "tests/unit/engine/engine_world.h"

#define ALLIANCE "zhongyuan.example"
#define MS 1000000ll

struct signer world_make_key(struct engine_world *world, const char *name,
                             enum vkey_kind kind);
void world_sign_charter(struct engine_world *world, struct charter *charter);
void world_found(struct engine_world *world, size_t keepers, size_t quorum);

/* SIZE_MAX: there is none. */
size_t world_number_of(const struct engine_world *world, struct bytes id);
size_t world_number_of_origin(const struct engine_world *world,
                              struct bytes origin);
void world_journal_add(struct world_journal *journal, struct bytes entry);
void world_journal_cut(struct world_journal *journal, uint64_t size);

void world_carry_out(struct world_node *node,
                     const struct engine_actions *actions);
void world_close_end(struct engine_world *world, uint64_t stream, size_t from);
void world_break_streams(struct engine_world *world, size_t a, size_t b);

#endif
