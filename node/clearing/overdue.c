/* SPDX-License-Identifier: Apache-2.0 */
#include "node/clearing/step.h"
#include "node/ledger/scheme.h"
#include "node/projection/cycles.h"

/* 1 where that transfer is this node's to pay, and its payee has not said that
 * it came. */
static hl_err is_unpaid(const struct clearing_view *view,
                        const struct transfer_key *key, struct bytes from,
                        struct bytes to, uint64_t fen, int64_t *unpaid,
                        struct hl_detail *detail)
{
    struct transfer received;
    *unpaid = 0;
    if (!bytes_equal(from, clearing_node(view))) {
        return HL_OK;
    }
    hl_err err = cycles_transfer(view->txn, clearing_alliance(view), to, key,
                                 &received, detail);
    *unpaid =
        received.received_leaf.size > 0 && received.received_fen == fen ? 0 : 1;
    return err;
}

/* Of one cycle, whose day is over; what a later one counted anew is less. */
static hl_err count_of(const struct clearing_view *view,
                       const struct cycle *cycle, int64_t *count,
                       struct hl_detail *detail)
{
    struct cycle_lists lists;
    enum cycle_standing_as as = CYCLE_AS_OPEN;
    char today[DAY_TEXT_BYTES];
    hl_err err = clearing_stands(view, cycle, &as, detail);
    if (err != HL_OK || as != CYCLE_AS_FINAL) {
        return err;
    }
    day_of(view->now, 0, today);
    cycle_read(&cycle->of, &lists);
    bool over = bytes_compare(cycle->of.pay_by, bytes_of_text(today)) < 0;
    for (size_t i = 0; err == HL_OK && over && i < lists.transfer_count; i++) {
        const struct cycle_transfer *of = &lists.transfers[i];
        struct transfer_key key = {cycle->key.proposer, cycle->key.index, i};
        int64_t unpaid = 0;
        err = is_unpaid(view, &key, lists.places[of->from].node,
                        lists.places[of->to].node, of->amount_fen, &unpaid,
                        detail);
        *count += unpaid;
    }
    for (size_t i = 0; err == HL_OK && i < lists.item_count; i++) {
        const struct cycle_item *of = &lists.items[i];
        int64_t unpaid = 0;
        err = is_unpaid(view, &of->key, lists.places[of->from].node,
                        lists.places[of->to].node, of->amount_fen, &unpaid,
                        detail);
        *count -= unpaid;
    }
    cycle_lists_fini(&lists);
    return err;
}

/* Those that this node proposed. */
static hl_err count_half(const struct clearing_view *view, struct bytes node,
                         int64_t *count, struct hl_detail *detail)
{
    struct projection_walk *walk = NULL;
    uint32_t number = 0;
    bool found = false;
    hl_err err = cycles_half(view->txn, clearing_alliance(view), node, &number,
                             &found, detail);
    if (err != HL_OK || !found) {
        return err;
    }
    err = projection_walk_open(view->txn, &cycle_record, number,
                               (struct bytes){0}, &walk, detail);
    while (err == HL_OK) {
        struct cycle cycle;
        struct row row;
        err = projection_walk_next(walk, &row, &found, detail);
        if (err != HL_OK || !found) {
            break;
        }
        record_decode(&cycle_record, row.record, &cycle);
        if (cycle.state == CYCLE_FINAL) {
            err = count_of(view, &cycle, count, detail);
        }
    }
    projection_walk_close(&walk);
    return err;
}

hl_err clearing_overdue(const struct clearing_view *view, uint64_t *count,
                        struct hl_detail *detail)
{
    int64_t sum = 0;
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && i < view->charter->node_count; i++) {
        err = count_half(view, bytes_of_text(view->charter->nodes[i].id), &sum,
                         detail);
    }
    *count = sum > 0 ? (uint64_t)sum : 0;
    return err;
}
