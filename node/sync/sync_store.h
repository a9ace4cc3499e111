/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SYNC_SYNC_STORE_H
#define HL_NODE_SYNC_SYNC_STORE_H

/* What the engine's STORE_ actions do to the store, and what it reads from
 * there. Inside the caller's transactions, by whoever holds them. All
 * functions also return store.h's errors. */

#include "federation/engine/engine.h"
#include "node/projection/projection.h"
#include "node/store/journal.h"

/* An action that outlives its step: the same fields, copied. */
struct sync_op;

/* kind is one of ENGINE_STORE_... (asserts). */
struct sync_op *sync_op_of(const struct engine_action *action);
void sync_op_destroy(struct sync_op **op);
uint64_t sync_op_ticket(const struct sync_op *op);

/* Carries it out. Entries are appended and applied; own names this node's own
 * journal (taken back from partners), whose commands are remembered too. A cut
 * moves what lies beyond into the evidence area, drops the origin's half and
 * replays what is left.
 *
 * HL_EBUSY  the journal does not end where the segment begins: an op before it
 *           failed. Nothing was written. */
HL_MUST_USE hl_err sync_op_apply(const struct sync_op *op,
                                 struct store_txn *txn,
                                 struct projection *projection,
                                 struct bytes own, struct hl_detail *detail);

/* Gives the engine every charter, evidence and journal of the store; between
 * engine_create() and engine_start(). */
HL_MUST_USE hl_err sync_store_load(struct store_txn *txn, struct engine *engine,
                                   struct hl_detail *detail);

/* The segment of a SEND_SEGMENT: as many entries as fit. What it borrows lives
 * as long as the buffer and the action. *next is the index after the last.
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

#endif
