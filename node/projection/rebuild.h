/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_REBUILD_H
#define HL_NODE_PROJECTION_REBUILD_H

/* Computing again what is computed from journals, in small steps between other
 * work of the writer, while the living generation goes on being read and
 * written. A rebuild that dies with its process is begun again, or forgotten,
 * and harms nothing. The writer's thread. */

#include "node/projection/projection.h"

enum rebuild_kind {
    REBUILD_ALL,   /* into the second generation, then switch to it */
    REBUILD_CHECK, /* the same, but compare the two and keep the living one */
    REBUILD_ONE,   /* drop one origin's half and replay it */
};

struct rebuild; /* one at a time */

struct rebuild_progress {
    uint64_t entries_done, entries_total;
    uint64_t rows;
    uint64_t rows_different; /* REBUILD_CHECK and REBUILD_ALL: rows of the two
                                generations that are not byte for byte equal,
                                all tables counted */
    bool done;               /* nothing is left to do */
};

/* origin is for REBUILD_ONE. own names this node's own origin, whose commands
 * are remembered.
 *
 * HL_ENOTFOUND  no journal of that origin.
 * HL_EFULL      there is no room for a second generation: nothing was begun. */
HL_MUST_USE hl_err rebuild_begin(struct store_txn *txn, enum rebuild_kind kind,
                                 struct bytes origin, struct bytes own,
                                 struct rebuild **out,
                                 struct hl_detail *detail);

/* One step in a write transaction: about `entries_max` entries and as many
 * rows. All that the transaction applied is settled before. REBUILD_ALL
 * switches in the step that finishes the comparison, when every origin is
 * level, and then empties the former generation, before it is done; an error
 * (HL_EDAMAGED in a journal) leaves the living generation as it is. REBUILD_ONE
 * replays within the step that drops, so that nobody sees half a half: the one
 * step that may take long. */
HL_MUST_USE hl_err rebuild_step(struct rebuild *rebuild, struct store_txn *txn,
                                uint64_t entries_max,
                                struct rebuild_progress *progress,
                                struct hl_detail *detail);

/* Ends it, finished or not; sets NULL; NULL is fine. What an unfinished one
 * left is emptied by rebuild_forget(), or by the next rebuild. */
void rebuild_end(struct rebuild **rebuild);

/* Empties the generation that does not live: what a rebuild left that failed,
 * or died with its process. In transactions of its own that max_bytes does not
 * refuse, for what was left may be what fills the store. None may be open.
 * Errors as store_begin_freeing() and store_commit(). */
HL_MUST_USE hl_err rebuild_forget(struct store *store,
                                  struct hl_detail *detail);

#endif
