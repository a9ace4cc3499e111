/* SPDX-License-Identifier: Apache-2.0 */

/* Vouchers and orders, as the API shows them. */

#include <string.h>

#include "node/service/ledger_call.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/origin.h"

static void *allocate(void *context, size_t size)
{
    return rpc_call_alloc(context, size);
}

static void leave(void *context, void *memory)
{
    (void)context; /* it is the call's */
    (void)memory;
}

hl_err ledger_find_journal(const struct ledger_reading *reading,
                           const char *origin, struct journal *journal,
                           struct bytes *name, struct hl_detail *detail)
{
    bool found = false;
    const char *own = reading->services->origin;
    *name = bytes_of_text(origin[0] == '\0' ? own : origin);
    hl_err err = journal_find(reading->txn, *name, journal, &found, detail);
    return err == HL_OK && !found
               ? hl_fail(detail, HL_ENOTFOUND,
                         "origin: no journal of %.*s is here",
                         BYTES_ARGS(*name))
               : err;
}

/* --- Vouchers. ----------------------------------------------------------- */

hl_err ledger_view_voucher(const struct ledger_reading *reading,
                           struct bytes origin, const struct row *row,
                           Heluo__V1__VoucherView **out,
                           struct hl_detail *detail)
{
    struct rpc_call *call = reading->call;
    struct voucher voucher;
    ProtobufCAllocator memory = {
        .alloc = allocate, .free = leave, .allocator_data = call};
    Heluo__V1__VoucherView *view = rpc_call_alloc(call, sizeof(*view));
    record_decode(&voucher_record, row->record, &voucher);
    heluo__v1__voucher_view__init(view);
    view->voucher = heluo__v1__voucher_row__unpack(&memory, row->record.size,
                                                   row->record.data);
    HL_ASSERT(view->voucher != NULL); /* the projection wrote it */
    view->origin = call_text(call, origin);
    view->issued_index = row->first_index;
    view->changed_index = row->index;
    view->changed_at_ms = (uint64_t)row->recorded_at.ms;
    view->open_fen = voucher_open_fen(&voucher);
    view->reason = call_text(call, row->reason);
    *out = view;
    if (!bytes_equal(origin, bytes_of_text(reading->services->origin))) {
        return HL_OK;
    }
    hl_err err = party_of_token(call, reading->txn, voucher.of.holder,
                                &view->holder, detail);
    return err == HL_OK && voucher.of.controller.size > 0
               ? party_of_token(call, reading->txn, voucher.of.controller,
                                &view->controller, detail)
               : err;
}

/* --- Orders. ------------------------------------------------------------- */

/* The provider's half of an order, into the issuer's. */
static void add_answer(struct order *order, const struct order *answer)
{
    struct order_place of = order->of;
    struct order merged = *answer;
    merged.of = of;
    merged.placed_at_ms = order->placed_at_ms;
    merged.placed_index = order->placed_index;
    merged.placed_leaf = order->placed_leaf;
    merged.resolved = order->resolved;
    merged.resolved_index = order->resolved_index;
    merged.resolved_at_ms = order->resolved_at_ms;
    merged.cause_index = order->cause_index;
    merged.cause_leaf = order->cause_leaf;
    merged.captured_fen = order->captured_fen;
    merged.disputed = order->disputed;
    merged.max_fen = order->max_fen;
    merged.confirmed = order->confirmed;
    merged.cancelled = order->cancelled;
    merged.stars = order->stars;
    merged.reason = order->reason;
    merged.resolved_price_fen = order->resolved_price_fen;
    merged.ask_until = order->ask_until;
    merged.checks = order->checks;
    merged.request_index = order->request_index;
    merged.request_leaf = order->request_leaf;
    merged.allotted = order->allotted;
    *order = merged;
}

/* What was requested, and what the issuer says to it. */
static void add_denial(struct order *order, const struct order_view *view)
{
    struct order denial = *order;
    *order = view->answer;
    if (view->denied) {
        order->resolved = denial.resolved;
        order->resolved_index = denial.resolved_index;
        order->resolved_at_ms = denial.resolved_at_ms;
        order->reason = denial.reason;
    }
}

static Heluo__V1__OrderState state_of(const struct order *order)
{
    if (!order_is_placed(order) && order->resolved == ORDER_OPEN &&
        order_is_requested(order)) {
        return order->answer == ANSWER_NONE
                   ? HELUO__V1__ORDER_STATE__ORDER_STATE_REQUESTED
                   : HELUO__V1__ORDER_STATE__ORDER_STATE_RELEASED;
    }
    static const Heluo__V1__OrderState resolved[] = {
        [ORDER_CAPTURED] = HELUO__V1__ORDER_STATE__ORDER_STATE_CAPTURED,
        [ORDER_RELEASED] = HELUO__V1__ORDER_STATE__ORDER_STATE_RELEASED,
        [ORDER_DENIED] = HELUO__V1__ORDER_STATE__ORDER_STATE_DENIED,
    };
    static const Heluo__V1__OrderState answered[] = {
        [ANSWER_NONE] = HELUO__V1__ORDER_STATE__ORDER_STATE_PLACED,
        [ANSWER_ACCEPTED] = HELUO__V1__ORDER_STATE__ORDER_STATE_ACCEPTED,
        [ANSWER_DECLINED] = HELUO__V1__ORDER_STATE__ORDER_STATE_DECLINED,
        [ANSWER_DELIVERED] = HELUO__V1__ORDER_STATE__ORDER_STATE_DELIVERED,
        [ANSWER_SPENT] = HELUO__V1__ORDER_STATE__ORDER_STATE_ACCEPTED,
        [ANSWER_CLOSED] = HELUO__V1__ORDER_STATE__ORDER_STATE_CLOSED,
    };
    return order->resolved != ORDER_OPEN ? resolved[order->resolved]
                                         : answered[order->answer];
}

static char *origin_text(const struct ledger_reading *reading,
                         struct bytes node)
{
    struct bytes own = bytes_of_text(reading->services->origin);
    struct writer origin = {0};
    writer_bytes(&origin,
                 bytes_slice(own, 0, own.size - origin_node(own).size));
    writer_bytes(&origin, node);
    char *text = call_text(reading->call, writer_view(&origin));
    writer_fini(&origin);
    return text;
}

/* Its holder's token, where the voucher's row is there. */
static hl_err add_holder(const struct ledger_reading *reading,
                         const struct order_view *order,
                         Heluo__V1__OrderView *view, struct hl_detail *detail)
{
    struct voucher voucher = {.of = {.id = order->order.of.voucher}};
    struct row row;
    struct writer hex = {0};
    bool found = false;
    hl_err err =
        ledger_find_row(reading->txn, order->issuer_number, &voucher_record,
                        &voucher, &row, &found, detail);
    for (size_t i = 0; err == HL_OK && found && i < voucher.of.holder.size;
         i++) {
        writer_format(&hex, "%02x", voucher.of.holder.data[i]);
    }
    view->holder_token = call_text(reading->call, writer_view(&hex));
    writer_fini(&hex);
    return err;
}

/* What this half answered to an order whose placing is not here, or was none.
 */
static hl_err find_stray(const struct ledger_reading *reading,
                         struct bytes name, struct order *out, bool *found,
                         struct hl_detail *detail)
{
    struct journal own;
    struct row row;
    hl_err err =
        journal_find(reading->txn, bytes_of_text(reading->services->origin),
                     &own, found, detail);
    if (err == HL_OK && *found) {
        err = projection_get(reading->txn, &order_record, own.number,
                             bytes_slice(name, 1, name.size - 1), &row, found,
                             detail);
    }
    if (err == HL_OK && *found) {
        record_decode(&order_record, row.record, out);
        out->of.provider =
            origin_node(bytes_of_text(reading->services->origin));
    }
    return err;
}

hl_err ledger_view_order(const struct ledger_reading *reading,
                         struct bytes name, Heluo__V1__OrderView **out,
                         struct hl_detail *detail)
{
    struct order_view order;
    struct order merged;
    bool found = true;
    *out = NULL;
    hl_err err = ledger_order_named(reading->txn,
                                    bytes_of_text(reading->services->origin),
                                    name, &order, detail);
    merged = order.order;
    if (err == HL_OK && order.answered) {
        add_answer(&merged, &order.answer);
    } else if (err == HL_OK && order.requested && !order.placed) {
        add_denial(&merged, &order);
    } else if (err == HL_OK && !order.placed) {
        err = find_stray(reading, name, &merged, &found, detail);
    }
    if (err != HL_OK || !found) {
        return err;
    }
    Heluo__V1__OrderView *view = rpc_call_alloc(reading->call, sizeof(*view));
    heluo__v1__order_view__init(view);
    view->order = (Heluo__V1__OrderRow *)record_to_message(
        &order_record, &merged, allocate, reading->call);
    view->state = state_of(&merged);
    view->issuer =
        origin_text(reading, order.requested ? order.answer.issuer
                                             : merged.of.key.begun_at);
    view->provider = origin_text(reading, merged.of.provider);
    *out = view;
    return order.placed ? add_holder(reading, &order, view, detail) : HL_OK;
}
