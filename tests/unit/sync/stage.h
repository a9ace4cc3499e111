/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_SYNC_STAGE_H
#define HL_TESTS_UNIT_SYNC_STAGE_H

/* A driver between a store and the engine of script.h. */

#include "tests/unit/sync/script.h"
#include "tests/unit/sync/sync_world.h"

#define A "zy.example/zhengzhou"
#define B "zy.example/luoyang"

enum { ROOM = 1 << 20 };

/* A driver over a store, and a source of segments. */
struct stage {
    struct world source, world;
    struct driver *driver;
    bool want_deflate;
    struct writer sent; /* the last message */
    unsigned sends, closes, dials, reports, states, waits, drops;
    hl_err closed_with;
    unsigned marks;       /* of the mirror key */
    struct head marked;   /* the last one */
    unsigned told_before; /* answers that the engine had by then */
    hl_err mark_err;      /* what the marking says */
};

/* Source and store: the first has so many entries of A and B, the second the
 * first `copied` of them. */
void stage_init(struct stage *stage, unsigned entries, uint64_t copied);
void stage_fini(struct stage *stage);
/* The driver alone; the charter as driver_create() takes it. */
hl_err stage_open(struct stage *stage, const char *charter);

/* Any event: what counts is what the script gives for it. */
void stage_tick(struct stage *stage);
/* The next step gives these, and later ones nothing. */
void stage_next(const struct engine_action *actions, size_t count);
/* That step, of which nothing is remembered. */
void stage_give(struct stage *stage, const struct engine_action *actions,
                size_t count);

/* Into a transaction; and how that ends. */
hl_err stage_apply(struct stage *stage);
void stage_committed(struct stage *stage, hl_err err);
void stage_commit(struct stage *stage); /* applies, and commits */
void stage_abort(struct stage *stage, hl_err err);

/* What the engine was told, by its place. */
void stage_expect(size_t at, enum engine_event_kind kind, uint64_t ticket,
                  hl_err err);
/* To store a sealed checkpoint. */
struct engine_action stage_note(uint64_t ticket, const char *origin,
                                struct bytes note);

#endif
