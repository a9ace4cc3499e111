/* SPDX-License-Identifier: Apache-2.0 */
#include "node/clearing/count.h"
#include "node/clearing/step.h"
#include "node/ledger/scheme.h"
#include "node/projection/cycles.h"
#include "protocol/base/alloc.h"

struct positions {
    const struct clearing_view *view;
    const struct cycle_lists *lists;
    struct clearing_position *items; /* by place */
    char today[DAY_TEXT_BYTES];
};

static hl_err add_claim(void *context, const struct claim *claim,
                        struct hl_detail *detail)
{
    struct positions *positions = context;
    struct bytes own = clearing_node(positions->view);
    const struct cycle_place *places = positions->lists->places;
    (void)detail;
    if (bytes_equal(places[claim->creditor].node, own)) {
        positions->items[claim->debtor].gets_fen += claim->fen;
    } else if (bytes_equal(places[claim->debtor].node, own)) {
        positions->items[claim->creditor].pays_fen += claim->fen;
    }
    return HL_OK;
}

/* One whose day is over is counted as a claim. */
static hl_err add_transfer(void *context,
                           const struct clearing_transfer *transfer,
                           struct hl_detail *detail)
{
    struct positions *positions = context;
    bool pays = bytes_equal(transfer->from, clearing_node(positions->view));
    size_t place = 0;
    (void)detail;
    if (bytes_compare(transfer->pay_by, bytes_of_text(positions->today)) >= 0 &&
        cycle_find_place(positions->lists, pays ? transfer->to : transfer->from,
                         &place)) {
        struct clearing_position *of = &positions->items[place];
        *(pays ? &of->to_pay_fen : &of->to_get_fen) += transfer->amount_fen;
    }
    return HL_OK;
}

/* All journals, as far as they are applied. */
static hl_err cut_here(const struct clearing_view *view,
                       struct cycle_lists *lists, struct hl_hash *roots,
                       struct hl_detail *detail)
{
    const struct charter *charter = view->charter;
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && i < charter->node_count; i++) {
        struct cycle_place *place = &lists->places[lists->place_count++];
        struct half half = {0};
        uint32_t number = 0;
        bool found = false;
        place->node = bytes_of_text(charter->nodes[i].id);
        place->takes_part = 1;
        err = cycles_half(view->txn, clearing_alliance(view), place->node,
                          &number, &found, detail);
        if (err == HL_OK && found) {
            err = projection_half(view->txn, number, &half, detail);
        }
        place->size = half.size;
        clearing_place_end(view, place);
        if (err == HL_OK && place->size > 0) {
            err = clearing_root(view, place->node, place->size, &roots[i],
                                detail);
            place->root = bytes_of(roots[i].bytes, HL_HASH_BYTES);
        }
    }
    return err;
}

static bool is_empty(const struct clearing_position *position)
{
    return position->gets_fen == 0 && position->pays_fen == 0 &&
           position->to_get_fen == 0 && position->to_pay_fen == 0;
}

hl_err clearing_positions(const struct clearing_view *view,
                          struct clearing_position **out, size_t *count,
                          struct hl_detail *detail)
{
    size_t nodes = view->charter->node_count;
    struct hl_hash *roots = hl_alloc(nodes, sizeof(*roots));
    struct positions positions = {
        .view = view, .items = hl_alloc(nodes, sizeof(*positions.items))};
    struct counting counting = {
        .txn = view->txn,
        .alliance = clearing_alliance(view),
        .only = clearing_node(view),
        .lists = {.places = hl_alloc(nodes, sizeof(struct cycle_place))},
        .each = add_claim,
        .context = &positions,
    };
    day_of(view->now, 0, positions.today);
    counting.day = bytes_of_text(positions.today);
    positions.lists = &counting.lists;
    hl_err err = cut_here(view, &counting.lists, roots, detail);
    if (err == HL_OK) {
        err = clearing_count(&counting, detail);
    }
    if (err == HL_OK && counting.outcome == COUNT_NO_ROOM) {
        err = hl_fail(detail, HL_ELIMIT, "a position beyond 63 bits");
    }
    if (err == HL_OK) {
        err = clearing_open_transfers(view, add_transfer, &positions, detail);
    }
    *count = 0;
    for (size_t i = 0; i < nodes; i++) {
        positions.items[i].partner = counting.lists.places[i].node;
        if (!is_empty(&positions.items[i])) {
            positions.items[(*count)++] = positions.items[i];
        }
    }
    *out = positions.items;
    cycle_lists_fini(&counting.lists);
    hl_free(roots);
    return err;
}
