/* SPDX-License-Identifier: Apache-2.0 */
#include "node/sync/op_queue.h"

#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

void op_queue_push(struct op_queue *queue, const struct engine_action *action,
                   bool silent)
{
    if (queue->count == queue->capacity) {
        queue->capacity = queue->capacity * 2 + 16;
        queue->slots =
            hl_realloc(queue->slots, queue->capacity, sizeof(*queue->slots));
    }
    /* What is put back changes nothing that others of its origin wait for. */
    struct bytes origin =
        action->kind == ENGINE_STORE_MEND ? (struct bytes){0} : action->origin;
    struct op_slot slot = {
        .origin = bytes_of(hl_copy(origin.data, origin.size), origin.size),
        .ticket = action->ticket,
        .silent = silent,
        .word = action->kind == ENGINE_STORE_NOTE &&
                action->note_kind == ENGINE_NOTE_KEPT,
    };
    if (queue->count < OP_QUEUE_MAX) {
        slot.op = sync_op_of(action);
    } else {
        slot.err = HL_EBUSY;
    }
    queue->slots[queue->count++] = slot;
}

/* Those behind `from` that wait for the same origin cannot be carried out
 * where it failed. */
static void fail_followers(struct op_queue *queue, size_t from,
                           struct bytes origin)
{
    for (size_t i = from; origin.size > 0 && i < queue->count; i++) {
        struct op_slot *slot = &queue->slots[i];
        if (slot->err == HL_OK && bytes_equal(slot->origin, origin)) {
            slot->err = HL_EBUSY;
        }
    }
}

/* After these the transaction may hold half an operation, or is broken. */
static bool is_store_error(hl_err err)
{
    return err == HL_EFULL || err == HL_EIO || err == HL_EFLUSH ||
           err == HL_EDAMAGED || err == HL_ENEWER;
}

static hl_err apply_one(struct op_queue *queue, size_t at,
                        const struct sync_target *target, uint64_t steps_max,
                        struct sync_progress *progress,
                        struct hl_detail *detail)
{
    struct op_slot *slot = &queue->slots[at];
    if (slot->err == HL_OK) {
        slot->err =
            sync_op_apply(slot->op, target, steps_max, progress, detail);
    }
    slot->done = slot->err != HL_OK || progress->done;
    slot->next = progress->next;
    if (slot->err == HL_OK) {
        return HL_OK;
    }
    fail_followers(queue, at + 1, slot->origin);
    return is_store_error(slot->err) ? slot->err : HL_OK;
}

hl_err op_queue_apply(struct op_queue *queue, const struct sync_target *target,
                      uint64_t steps_max, uint64_t *steps,
                      op_touched_fn touched, void *context,
                      struct hl_detail *detail)
{
    if (queue->taken > 0 && !queue->slots[queue->taken - 1].done) {
        queue->taken--;
    }
    while (queue->taken < queue->count && *steps < steps_max &&
           !store_txn_is_large(target->txn)) {
        struct sync_progress progress = {0};
        struct op_slot *slot = &queue->slots[queue->taken];
        hl_err err = apply_one(queue, queue->taken++, target,
                               steps_max - *steps, &progress, detail);
        *steps += progress.steps;
        if (err != HL_OK) {
            return err;
        }
        if (progress.applied || progress.behind) {
            touched(context, slot->origin, progress.behind);
        }
        if (!slot->done) {
            break;
        }
    }
    return HL_OK;
}

void op_queue_committed(struct op_queue *queue, hl_err err)
{
    size_t taken = queue->taken;
    if (err == HL_OK && taken > 0 && !queue->slots[taken - 1].done) {
        queue->taken--; /* goes on in the next one */
        return;
    }
    for (size_t i = 0; err != HL_OK && i < taken; i++) {
        struct op_slot *slot = &queue->slots[i];
        slot->err = slot->err == HL_OK ? err : slot->err;
        slot->done = true;
    }
}

bool op_queue_has_words(const struct op_queue *queue)
{
    bool any = false;
    for (size_t i = 0; i < queue->taken; i++) {
        any = any || (queue->slots[i].word && queue->slots[i].err == HL_OK);
    }
    return any;
}

void op_queue_fail_words(struct op_queue *queue, hl_err err)
{
    for (size_t i = 0; i < queue->taken; i++) {
        if (queue->slots[i].word && queue->slots[i].err == HL_OK) {
            queue->slots[i].err = err;
        }
    }
}

bool op_queue_pop(struct op_queue *queue, struct op_slot *out)
{
    if (queue->taken == 0) {
        return false;
    }
    *out = queue->slots[0];
    HL_ASSERT(out->done);
    queue->taken--;
    queue->count--;
    memmove(queue->slots, queue->slots + 1,
            queue->count * sizeof(*queue->slots));
    if (out->err != HL_OK) {
        /* Also what came while others were answered. */
        fail_followers(queue, queue->taken, out->origin);
    }
    return true;
}

void op_slot_release(struct op_slot *slot)
{
    sync_op_destroy(&slot->op);
    hl_free((void *)(uintptr_t)slot->origin.data);
    *slot = (struct op_slot){0};
}

void op_queue_fini(struct op_queue *queue)
{
    for (size_t i = 0; i < queue->count; i++) {
        op_slot_release(&queue->slots[i]);
    }
    hl_free(queue->slots);
    *queue = (struct op_queue){0};
}
