/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SYNC_OP_QUEUE_H
#define HL_NODE_SYNC_OP_QUEUE_H

/* Operations on their way to the disk, in the order in which the engine gave
 * them and is answered. The first `taken` are in the transaction that is open.
 *
 *   push -> apply -> committed        (each done: answered, in order)
 *
 * One that fails takes those of its origin along that were pushed before it is
 * answered. Inside this folder; owned by the driver. */

#include "node/sync/sync_store.h"

struct op_slot {
    struct sync_op *op;  /* NULL: there was no room for it */
    struct bytes origin; /* a copy; empty: of none */
    uint64_t ticket;
    bool silent; /* nobody waits for the answer */
    bool word;   /* a cosignature of ours: not said before the mark has it */
    bool done;   /* carried out, as far as this transaction goes */
    hl_err err;
    uint64_t next; /* of a MEND: after the last entry that is back */
};

struct op_queue {
    struct op_slot *slots;
    size_t count, capacity;
    size_t taken;
};

/* Past so many that wait, a further one fails with HL_EBUSY. The engine's
 * windows keep below that. */
enum { OP_QUEUE_MAX = 4096 };

void op_queue_push(struct op_queue *queue, const struct engine_action *action,
                   bool silent);

/* Called of each origin whose half op_queue_apply() changed, or left behind. */
typedef void (*op_touched_fn)(void *context, struct bytes origin, bool behind);

/* Carries out what fits into steps_max steps, which *steps counts on to, and
 * the transaction. A slot's failure is its own; an error is the store's. */
HL_MUST_USE hl_err op_queue_apply(struct op_queue *queue,
                                  const struct sync_target *target,
                                  uint64_t steps_max, uint64_t *steps,
                                  op_touched_fn touched, void *context,
                                  struct hl_detail *detail);

/* The transaction ended so: what it had of the queue is marked. */
void op_queue_committed(struct op_queue *queue, hl_err err);

/* Whether that transaction had cosignatures of ours, and what else they failed
 * by. */
bool op_queue_has_words(const struct op_queue *queue);
void op_queue_fail_words(struct op_queue *queue, hl_err err);

/* The next slot to be answered, the caller's to release. False where none is;
 * the first one that was taken and is not done stays. */
bool op_queue_pop(struct op_queue *queue, struct op_slot *out);
void op_slot_release(struct op_slot *slot);

void op_queue_fini(struct op_queue *queue);

#endif
