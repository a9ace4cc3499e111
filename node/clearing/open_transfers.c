/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "node/clearing/step.h"
#include "node/ledger/scheme.h"
#include "node/projection/cycles.h"
#include "protocol/base/alloc.h"

struct finals;
typedef hl_err (*final_fn)(struct finals *finals, const struct cycle *cycle,
                           struct hl_detail *detail);

/* What an item says was counted anew: that, where it goes from and to those. */
struct anew {
    struct transfer_key key;
    struct bytes from, to;
};

/* A walk over all final cycles that are here, twice: for what they counted
 * anew, and for their transfers. */
struct finals {
    const struct clearing_view *view;
    final_fn take;
    struct anew *anew; /* in order */
    size_t count, capacity;
    clearing_transfer_fn each;
    void *context;
};

static int compare_anew(const void *a, const void *b)
{
    const struct anew *left = a, *right = b;
    int order = transfer_key_compare(&left->key, &right->key);
    order = order != 0 ? order : bytes_compare(left->from, right->from);
    return order != 0 ? order : bytes_compare(left->to, right->to);
}

static hl_err take_items(struct finals *finals, const struct cycle *cycle,
                         struct hl_detail *detail)
{
    struct cycle_lists lists;
    (void)detail;
    cycle_read(&cycle->of, &lists);
    for (size_t i = 0; i < lists.item_count; i++) {
        if (finals->count == finals->capacity) {
            finals->capacity =
                finals->capacity == 0 ? 16 : 2 * finals->capacity;
            finals->anew = hl_realloc(finals->anew, finals->capacity,
                                      sizeof(*finals->anew));
        }
        const struct cycle_item *item = &lists.items[i];
        finals->anew[finals->count++] =
            (struct anew){item->key, lists.places[item->from].node,
                          lists.places[item->to].node};
    }
    cycle_lists_fini(&lists);
    return HL_OK;
}

static bool is_anew(const struct finals *finals,
                    const struct clearing_transfer *open)
{
    const struct anew wanted = {open->key, open->from, open->to};
    return finals->count > 0 &&
           bsearch(&wanted, finals->anew, finals->count, sizeof(*finals->anew),
                   compare_anew) != NULL;
}

static hl_err look_at(struct finals *finals, const struct cycle *cycle,
                      const struct cycle_lists *lists, size_t number,
                      struct hl_detail *detail)
{
    const struct clearing_view *view = finals->view;
    const struct cycle_transfer *of = &lists->transfers[number];
    struct clearing_transfer open = {
        .key = {cycle->key.proposer, cycle->key.index, number},
        .from = lists->places[of->from].node,
        .to = lists->places[of->to].node,
        .amount_fen = of->amount_fen,
        .pay_by = cycle->of.pay_by,
    };
    struct transfer received;
    struct bytes own = clearing_node(view);
    if ((!bytes_equal(open.from, own) && !bytes_equal(open.to, own)) ||
        is_anew(finals, &open)) {
        return HL_OK;
    }
    hl_err err = cycles_transfer(view->txn, clearing_alliance(view), open.to,
                                 &open.key, &received, detail);
    bool come = received.received_leaf.size > 0 &&
                received.received_fen == open.amount_fen &&
                bytes_equal(received.payer, open.from);
    return err == HL_OK && !come ? finals->each(finals->context, &open, detail)
                                 : err;
}

static hl_err take_transfers(struct finals *finals, const struct cycle *cycle,
                             struct hl_detail *detail)
{
    struct cycle_lists lists;
    hl_err err = HL_OK;
    cycle_read(&cycle->of, &lists);
    for (size_t i = 0; err == HL_OK && i < lists.transfer_count; i++) {
        err = look_at(finals, cycle, &lists, i, detail);
    }
    cycle_lists_fini(&lists);
    return err;
}

static hl_err take_final(void *context, const struct cycle *cycle,
                         struct hl_detail *detail)
{
    struct finals *finals = context;
    enum cycle_standing_as as = CYCLE_AS_OPEN;
    hl_err err = cycle->state == CYCLE_FINAL
                     ? clearing_stands(finals->view, cycle, &as, detail)
                     : HL_OK;
    return err == HL_OK && as == CYCLE_AS_FINAL
               ? finals->take(finals, cycle, detail)
               : err;
}

static hl_err walk(struct finals *finals, final_fn take,
                   struct hl_detail *detail)
{
    finals->take = take;
    return clearing_each_cycle(finals->view, take_final, finals, detail);
}

hl_err clearing_open_transfers(const struct clearing_view *view,
                               clearing_transfer_fn each, void *context,
                               struct hl_detail *detail)
{
    struct finals finals = {.view = view, .each = each, .context = context};
    hl_err err = walk(&finals, take_items, detail);
    if (finals.count > 0) {
        qsort(finals.anew, finals.count, sizeof(*finals.anew), compare_anew);
    }
    if (err == HL_OK) {
        err = walk(&finals, take_transfers, detail);
    }
    hl_free(finals.anew);
    return err;
}

struct overdue {
    const struct clearing_view *view;
    char today[DAY_TEXT_BYTES];
    uint64_t count;
};

/* Who is ended says of nothing more that it has come. */
static hl_err is_sent_to_ended(const struct clearing_view *view,
                               const struct clearing_transfer *transfer,
                               bool *out, struct hl_detail *detail)
{
    const struct charter_node *payee =
        charter_find_node(view->charter, transfer->to);
    struct transfer own = {0};
    hl_err err = HL_OK;
    if (payee != NULL && payee->ended) {
        err =
            cycles_transfer(view->txn, clearing_alliance(view),
                            clearing_node(view), &transfer->key, &own, detail);
    }
    *out = own.sent_leaf.size > 0;
    return err;
}

static hl_err count_overdue(void *context,
                            const struct clearing_transfer *transfer,
                            struct hl_detail *detail)
{
    struct overdue *overdue = context;
    struct bytes own = clearing_node(overdue->view);
    bool closed = false;
    if (!bytes_equal(transfer->from, own) ||
        bytes_compare(transfer->pay_by, bytes_of_text(overdue->today)) >= 0) {
        return HL_OK;
    }
    hl_err err = is_sent_to_ended(overdue->view, transfer, &closed, detail);
    overdue->count += err == HL_OK && !closed;
    return err;
}

hl_err clearing_overdue(const struct clearing_view *view, uint64_t *count,
                        struct hl_detail *detail)
{
    struct overdue overdue = {.view = view};
    day_of(view->now, 0, overdue.today);
    hl_err err = clearing_open_transfers(view, count_overdue, &overdue, detail);
    *count = overdue.count;
    return err;
}
