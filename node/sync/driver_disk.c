/* SPDX-License-Identifier: Apache-2.0 */
/* The driver's way to the disk and back. */
#include "node/sync/driver_inside.h"
#include "node/sync/words.h"

enum { APPLY_STEPS = 2000 };

size_t driver_waiting(const struct driver *driver)
{
    return driver->ops.count + driver->behind.count;
}

static void note_touched(void *context, struct bytes origin, bool behind)
{
    struct driver *driver = context;
    origin_list_add(&driver->touched, origin);
    if (behind) {
        origin_list_add(&driver->behind, origin)->mark = false;
    }
}

/* Halves that lag, one after the other. */
static hl_err bring_on(struct driver *driver, const struct sync_target *target,
                       uint64_t steps_max, uint64_t *steps,
                       struct hl_detail *detail)
{
    for (size_t i = 0; i < driver->behind.count; i++) {
        struct origin_item *item = &driver->behind.items[i];
        struct sync_progress progress = {0};
        if (item->mark) {
            continue;
        }
        if (*steps >= steps_max || store_txn_is_large(target->txn)) {
            break;
        }
        hl_err err = sync_store_bring_on(target, item->name, steps_max - *steps,
                                         &progress, detail);
        *steps += progress.steps;
        if (err == HL_EDAMAGED) {
            /* Again after a restart, or a rebuild: it must not keep others
             * from the disk. */
            origin_list_remove(&driver->behind, i);
        }
        if (err != HL_OK) {
            return err;
        }
        item->mark = progress.done;
        if (progress.applied) {
            origin_list_add(&driver->touched, item->name);
        }
    }
    return HL_OK;
}

hl_err driver_apply(struct driver *driver, struct store_txn *txn,
                    struct projection *projection, struct hl_detail *detail)
{
    struct sync_target target = {
        .txn = txn,
        .projection = projection,
        .own = writer_view(&driver->own),
    };
    uint64_t steps = 0;
    hl_err err = HL_OK;
    /* In turns, as either may fill the transaction. */
    driver->halves_first = !driver->halves_first;
    if (driver->halves_first) {
        err = bring_on(driver, &target, APPLY_STEPS / 2, &steps, detail);
    }
    if (err == HL_OK) {
        err = op_queue_apply(&driver->ops, &target, APPLY_STEPS, &steps,
                             note_touched, driver, detail);
    }
    /* What a cut has just left, or where nothing else wants the room. */
    return err == HL_OK ? bring_on(driver, &target, APPLY_STEPS, &steps, detail)
                        : err;
}

/* Level halves are so only if that was committed. */
static void settle_behind(struct driver *driver, hl_err err)
{
    for (size_t i = driver->behind.count; i > 0; i--) {
        struct origin_item *item = &driver->behind.items[i - 1];
        if (item->mark && err == HL_OK) {
            origin_list_remove(&driver->behind, i - 1);
        } else {
            item->mark = false;
        }
    }
}

/* Cosignatures are said when the mirror key's mark has them, too. */
static hl_err mark_words(struct driver *driver)
{
    struct head words;
    hl_err err = driver_begin_reading(driver, NULL);
    if (err == HL_OK) {
        err = words_read(driver->reading, &words, NULL);
    }
    return err == HL_OK
               ? driver->options.mark_words(driver->options.context, &words)
               : err;
}

static void answer(struct driver *driver)
{
    struct op_slot slot;
    while (op_queue_pop(&driver->ops, &slot)) {
        struct engine_event event = {
            .kind = ENGINE_STORED,
            .mono = driver->mono,
            .wall = driver->wall,
            .ticket = slot.ticket,
            .err = slot.err,
            .next = slot.next,
        };
        if (!slot.silent) {
            driver_step(driver, &event);
            driver_finish(driver);
        }
        op_slot_release(&slot);
    }
}

void driver_committed(struct driver *driver, hl_err err, struct hl_mono mono,
                      struct hl_wall wall)
{
    driver->mono = mono;
    driver->wall = wall;
    settle_behind(driver, err);
    op_queue_committed(&driver->ops, err);
    if (err == HL_OK && driver->options.mark_words != NULL &&
        op_queue_has_words(&driver->ops)) {
        op_queue_fail_words(&driver->ops, mark_words(driver));
    }
    answer(driver);
    for (size_t i = 0; err == HL_OK && i < driver->touched.count; i++) {
        driver_follow_applied(driver, driver->touched.items[i].name);
    }
    driver_end_reading(driver);
    origin_list_clear(&driver->touched);
    driver_finish(driver);
}
