/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_SYNC_SYNC_WORLD_H
#define HL_TESTS_UNIT_SYNC_SYNC_WORLD_H

/* Two stores, of which one copies from the other by segments, as the engine
 * would have it done. */

#include "node/sync/sync_store.h"
#include "tests/support/support.h"
#include "tests/unit/projection/world.h"

/* Each op in a transaction of its own. *progress of the last; the err is the
 * op's, and then the transaction is aborted. */
hl_err sync_apply(struct world *world, const struct engine_action *action,
                  uint64_t steps_max, struct sync_progress *progress);

/* Until the op is done, and nothing is left behind. */
void sync_apply_whole(struct world *world, const struct engine_action *action,
                      uint64_t steps_max);
void sync_bring_on(struct world *world, const char *origin, uint64_t steps_max);

/* A checkpoint of the journal's first `size` entries. */
struct writer sync_note(struct world *world, const char *origin, uint64_t size);

/* What the source sends of [from, size), under its checkpoint of `head`. */
struct sent {
    struct writer note, buffer;
    struct segment segment;
    struct frontier after;
    uint64_t next;
    struct engine_action action; /* to store it */
};
void sync_send(struct world *source, const char *origin, uint64_t from,
               uint64_t head, uint64_t bytes_max, struct sent *out);
void sent_fini(struct sent *sent);

/* Copies from where the target is, up to `head` entries. */
void sync_copy(struct world *source, struct world *target, const char *origin,
               uint64_t head, uint64_t bytes_max);

struct journal sync_journal(struct world *world, const char *origin);
/* Between transactions. */
struct writer sync_dump(struct world *world);
void sync_assert_same(struct world *a, struct world *b);
/* Also that every entry, tile and root is what it should be. */
void sync_verify(struct world *world, const char *origin, uint64_t size);

/* What engine_load_...() was given; loaded.c. */
struct loaded {
    struct bytes charters[8], evidence[8];
    size_t charter_count, evidence_count;
    struct engine_journal journals[8];
    char origins[8][64];
    size_t journal_count;
};
extern struct loaded loaded;
void loaded_fini(void);
/* Loads the store anew. */
void sync_load(struct world *world);
const struct engine_journal *loaded_journal(const char *origin);

#endif
