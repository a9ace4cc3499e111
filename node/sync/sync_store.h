/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SYNC_SYNC_STORE_H
#define HL_NODE_SYNC_SYNC_STORE_H

/* What the engine's STORE_ actions do to the store, and what it reads from
 * there. Inside the caller's transactions, by whoever holds them. All
 * functions also return store.h's errors. */

#include "federation/engine/engine.h"
#include "node/projection/projection.h"
#include "node/store/journal.h"

/* --- Operations. ---------------------------------------------------------- */

/* An action that outlives its step: the same fields, copied. */
struct sync_op;

/* kind is one of ENGINE_STORE_... (asserts). */
struct sync_op *sync_op_of(const struct engine_action *action);
void sync_op_destroy(struct sync_op **op); /* sets NULL; NULL is fine */

/* Where work goes to. */
struct sync_target {
    struct store_txn *txn;
    struct projection *projection; /* its owner settles it */
    struct bytes own; /* this node's own origin, whose commands are remembered
                         too (when it is taken back from partners) */
};

struct sync_progress {
    uint64_t steps; /* entries that were applied and rows that were touched,
                       and of entries that were appended one in sixteen; added
                       to */
    bool done;      /* false: do it again, in the next transaction */
    bool applied;   /* the origin's half changed */
    bool behind;    /* it is not level with its journal: see
                       sync_store_bring_on() */
    uint64_t next;  /* of a MEND: after the last entry that is back */
};

/* Carries it out, in about steps_max steps. Entries are appended and applied,
 * so the op lives until its transaction has ended. A cut drops the origin's
 * half, moves what lies beyond into the evidence area, and leaves the replaying
 * to sync_store_bring_on(); a long one takes several transactions, and goes on
 * after a crash.
 *
 * HL_EBUSY       the journal does not end where the segment begins, or a cut
 *                of it goes on: an op before it failed. Nothing was written.
 * HL_EMALFORMED  and others of charter_parse(): no charter. Nothing was
 *                written.
 * others         store.h's: the transaction is of no more use. */
HL_MUST_USE hl_err sync_op_apply(const struct sync_op *op,
                                 const struct sync_target *target,
                                 uint64_t steps_max,
                                 struct sync_progress *progress,
                                 struct hl_detail *detail);

/* --- What is left to do. -------------------------------------------------- */

/* Goes on with a cut of the origin that was begun, and applies what its journal
 * has beyond its half (which is paused no more since an upgrade, or was cut).
 * No progress->behind is left when it is done. */
HL_MUST_USE hl_err sync_store_bring_on(const struct sync_target *target,
                                       struct bytes origin, uint64_t steps_max,
                                       struct sync_progress *progress,
                                       struct hl_detail *detail);

/* The first origin above `after` (empty: the first) for which there is such
 * work; appended to `name`, nothing past the last. At the start. */
HL_MUST_USE hl_err sync_store_next_behind(struct store_txn *txn,
                                          struct bytes after,
                                          struct writer *name,
                                          struct hl_detail *detail);

/* --- Reading. ------------------------------------------------------------- */

/* A journal as the engine knows it: one of which a cut goes on has the size
 * that will be left. *found as journal_find(). */
HL_MUST_USE hl_err sync_store_find(struct store_txn *txn, struct bytes origin,
                                   struct journal *out, bool *found,
                                   struct hl_detail *detail);

/* Gives the engine every charter, evidence and journal of the store; between
 * engine_create() and engine_start().
 *
 * Also the errors of engine_load_charter() and engine_load_evidence(). */
HL_MUST_USE hl_err sync_store_load(struct store_txn *txn, struct engine *engine,
                                   struct hl_detail *detail);

/* Each charter of the store, raw; borrowed meanwhile. */
HL_MUST_USE hl_err sync_store_each_charter(
    struct store_txn *txn, void (*each)(void *context, struct bytes raw),
    void *context, struct hl_detail *detail);

/* Whether the store has a charter of that text, whoever signed it. */
HL_MUST_USE hl_err sync_store_has_charter(struct store_txn *txn,
                                          struct bytes charter, bool *has,
                                          struct hl_detail *detail);

/* The segment of a SEND_SEGMENT: as many entries as fit. What it borrows lives
 * as long as the buffer, which is cleared first, and the action. *next is the
 * index after the last.
 *
 * HL_ENOTFOUND  the journal no longer has `from`, or no longer reaches the
 *               action's checkpoint. */
HL_MUST_USE hl_err sync_store_segment(struct store_txn *txn,
                                      const struct engine_action *action,
                                      struct writer *buffer,
                                      struct segment *out, uint64_t *next,
                                      struct hl_detail *detail);

/* The newest digest of a half, for ENGINE_APPLIED; size 0: none yet. */
HL_MUST_USE hl_err sync_store_digest(struct store_txn *txn, struct bytes origin,
                                     struct sync_digest_at *out,
                                     struct hl_detail *detail);

/* Entries in the evidence area, for claims (design section 6): those that a
 * cut of that origin moved there. Counts them. */
HL_MUST_USE hl_err sync_store_count_cut(struct store_txn *txn,
                                        struct bytes origin, uint64_t *count,
                                        struct hl_detail *detail);

/* How often that journal was cut, ever; and whether a cut after the first
 * `since` of them took away entries below `size`, so that others may stand in
 * their place, or there were not as many as `since`. */
struct sync_cuts {
    uint64_t count;
    bool missed;
};
HL_MUST_USE hl_err sync_store_cuts(struct store_txn *txn, uint32_t number,
                                   uint64_t since, uint64_t size,
                                   struct sync_cuts *out,
                                   struct hl_detail *detail);

#endif
