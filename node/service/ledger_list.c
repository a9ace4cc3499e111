/* SPDX-License-Identifier: Apache-2.0 */

/* Get and List of vouchers and orders. */

#include <string.h>

#include "node/service/ledger_call.h"
#include "protocol/entry/origin.h"

enum { PAGE = 100, PAGE_MAX = 1000, LOOKS_MAX = 20000 };

static hl_err check_page(uint32_t size, const ProtobufCBinaryData *token,
                         struct hl_detail *detail)
{
    if (size > PAGE_MAX) {
        return hl_fail(detail, HL_ELIMIT, "page_size: at most %d", PAGE_MAX);
    }
    return token->len > STORE_KEY_MAX_BYTES
               ? hl_fail(detail, HL_EMALFORMED,
                         "page_token: not one that List gave")
               : HL_OK;
}

static hl_err check_id(const ProtobufCBinaryData *id, struct hl_detail *detail)
{
    return id->len == VOUCHER_ID_BYTES
               ? HL_OK
               : hl_fail(detail, HL_EMALFORMED, "id: %zu bytes, not 16",
                         id->len);
}

static hl_err begin(struct ledger_reading *reading, struct rpc_call *call,
                    struct services *services, struct hl_detail *detail)
{
    *reading = (struct ledger_reading){.call = call, .services = services};
    return store_begin_read(services->options.store, &reading->txn, detail);
}

static void end(struct ledger_reading *reading, hl_err err,
                const struct hl_detail *detail,
                const ProtobufCMessage *response)
{
    store_abort(&reading->txn);
    if (err == HL_OK) {
        rpc_answer(reading->call, response);
    } else {
        rpc_fail(reading->call, err, detail);
    }
}

/* --- Vouchers. ----------------------------------------------------------- */

void voucher_get(struct rpc_call *call, const ProtobufCMessage *message,
                 void *context)
{
    const Heluo__V1__VoucherGetRequest *request = (const void *)message;
    Heluo__V1__VoucherGetResponse response =
        HELUO__V1__VOUCHER_GET_RESPONSE__INIT;
    struct ledger_reading reading = {.call = call};
    struct hl_detail detail = {0};
    struct voucher voucher = {.of = {.id = bytes_of_binary(&request->id)}};
    struct journal journal;
    struct bytes origin;
    struct row row;
    bool found = false;
    hl_err err = check_id(&request->id, &detail);
    if (err == HL_OK) {
        err = begin(&reading, call, context, &detail);
    }
    if (err == HL_OK) {
        err = ledger_find_journal(&reading, request->origin, &journal, &origin,
                                  &detail);
    }
    if (err == HL_OK) {
        err = ledger_find_row(reading.txn, journal.number, &voucher_record,
                              &voucher, &row, &found, &detail);
    }
    if (err == HL_OK && !found) {
        err = hl_fail(&detail, HL_ENOTFOUND, "%.*s issued no such voucher",
                      BYTES_ARGS(origin));
    }
    if (err == HL_OK) {
        err = ledger_view_voucher(&reading, origin, &row, &response.voucher,
                                  &detail);
    }
    end(&reading, err, &detail, &response.base);
}

static bool is_listed(const Heluo__V1__VoucherListRequest *request,
                      const struct row *row)
{
    struct voucher voucher;
    record_decode(&voucher_record, row->record, &voucher);
    return (!request->open || voucher.ended == 0) &&
           (request->scheme[0] == '\0' ||
            bytes_equal(voucher.of.scheme, bytes_of_text(request->scheme)));
}

/* A page; `key` is behind which one it begins, and then its last. */
static hl_err list_vouchers(const struct ledger_reading *reading,
                            const Heluo__V1__VoucherListRequest *request,
                            const struct journal *journal, struct bytes origin,
                            size_t max, struct writer *key,
                            Heluo__V1__VoucherListResponse *out, bool *more,
                            struct hl_detail *detail)
{
    hl_err err = HL_OK;
    *more = true;
    for (size_t looks = 0;
         err == HL_OK && out->n_vouchers < max && looks < LOOKS_MAX; looks++) {
        struct row row;
        struct bytes at;
        err = projection_next(reading->txn, &voucher_record, journal->number,
                              writer_view(key), &row, &at, more, detail);
        if (err != HL_OK || !*more) {
            break;
        }
        writer_clear(key);
        writer_bytes(key, at);
        if (is_listed(request, &row)) {
            err = ledger_view_voucher(reading, origin, &row,
                                      &out->vouchers[out->n_vouchers], detail);
            out->n_vouchers++;
        }
    }
    return err;
}

void voucher_list(struct rpc_call *call, const ProtobufCMessage *message,
                  void *context)
{
    const Heluo__V1__VoucherListRequest *request = (const void *)message;
    Heluo__V1__VoucherListResponse response =
        HELUO__V1__VOUCHER_LIST_RESPONSE__INIT;
    struct ledger_reading reading = {.call = call};
    struct hl_detail detail = {0};
    struct journal journal;
    struct bytes origin;
    struct writer key = {0};
    bool more = false;
    hl_err err = check_page(request->page_size, &request->page_token, &detail);
    size_t max = request->page_size == 0 ? PAGE : request->page_size;
    if (err == HL_OK) {
        err = begin(&reading, call, context, &detail);
    }
    if (err == HL_OK) {
        err = ledger_find_journal(&reading, request->origin, &journal, &origin,
                                  &detail);
    }
    if (err == HL_OK) {
        response.vouchers =
            rpc_call_alloc(call, max * sizeof(response.vouchers[0]));
        writer_bytes(&key, bytes_of_binary(&request->page_token));
        err = list_vouchers(&reading, request, &journal, origin, max, &key,
                            &response, &more, &detail);
    }
    if (err == HL_OK && more) {
        response.next_page_token = call_bytes(call, writer_view(&key));
    }
    end(&reading, err, &detail, &response.base);
    writer_fini(&key);
}

/* --- Orders. ------------------------------------------------------------- */

void order_get(struct rpc_call *call, const ProtobufCMessage *message,
               void *context)
{
    const Heluo__V1__OrderGetRequest *request = (const void *)message;
    struct services *services = context;
    Heluo__V1__OrderGetResponse response = HELUO__V1__ORDER_GET_RESPONSE__INIT;
    struct ledger_reading reading = {.call = call};
    struct hl_detail detail = {0};
    struct writer name = {0};
    struct order_key key = {bytes_of_text(request->begun_at),
                            bytes_of_binary(&request->id)};
    hl_err err = check_id(&request->id, &detail);
    if (err == HL_OK) {
        err = begin(&reading, call, services, &detail);
    }
    if (key.begun_at.size == 0) {
        key.begun_at = origin_node(bytes_of_text(services->origin));
    }
    if (err == HL_OK) {
        ledger_order_name(&key, &name);
        err = ledger_view_order(&reading, writer_view(&name), &response.order,
                                &detail);
    }
    if (err == HL_OK && response.order != NULL) {
        err = ledger_find_holder(&reading, response.order, &detail);
    } else if (err == HL_OK) {
        err = hl_fail(&detail, HL_ENOTFOUND,
                      "no order of that id that began at %.*s is here",
                      BYTES_ARGS(key.begun_at));
    }
    end(&reading, err, &detail, &response.base);
    writer_fini(&name);
}

struct order_listing {
    struct ledger_reading reading;
    const Heluo__V1__OrderListRequest *request;
    struct journal journal; /* whose orders they are, and its name */
    struct bytes origin;
    struct writer at; /* behind which one the page begins, and then its last */
    Heluo__V1__OrderListResponse response;
    size_t max;
};

/* What is not placed here is known of the own half alone. */
static bool is_shown(const struct order_listing *listing,
                     const Heluo__V1__OrderView *view)
{
    const char *own = listing->reading.services->origin;
    /* A request that was taken back is released, and nobody resolves it. */
    bool open = view->order->resolved ==
                    HELUO__V1__ORDER_RESOLVED__ORDER_RESOLVED_UNSPECIFIED &&
                view->state != HELUO__V1__ORDER_STATE__ORDER_STATE_RELEASED;
    return (open || !listing->request->open) &&
           (view->order->placed_leaf.len > 0 ||
            bytes_equal_text(listing->origin, own));
}

static hl_err add(struct order_listing *listing, struct bytes name,
                  struct hl_detail *detail)
{
    Heluo__V1__OrderListResponse *out = &listing->response;
    Heluo__V1__OrderView *view;
    hl_err err = ledger_view_order(&listing->reading, name, &view, detail);
    if (err == HL_OK && view != NULL && is_shown(listing, view)) {
        out->orders[out->n_orders++] = view;
    }
    return err;
}

static bool is_wanted(const struct order_listing *listing,
                      const struct order *order)
{
    switch (listing->request->which) {
    case HELUO__V1__ORDER_WHICH__ORDER_WHICH_SERVED:
        return order->answer != ANSWER_NONE;
    case HELUO__V1__ORDER_WHICH__ORDER_WHICH_REQUESTED:
        return order_is_requested(order) &&
               bytes_equal(order->of.key.begun_at,
                           origin_node(listing->origin));
    default:
        return order_is_placed(order);
    }
}

/* Those of which the half has a row. */
static hl_err next_row(struct order_listing *listing, struct writer *name,
                       bool *more, bool *wanted, struct hl_detail *detail)
{
    struct row row;
    struct bytes key;
    struct order order;
    hl_err err = projection_next(
        listing->reading.txn, &order_record, listing->journal.number,
        writer_view(&listing->at), &row, &key, more, detail);
    if (err == HL_OK && *more) {
        writer_clear(&listing->at);
        writer_bytes(&listing->at, key);
        writer_clear(name);
        writer_u8(name, order_record.number);
        writer_bytes(name, key);
        record_decode(&order_record, row.record, &order);
        *wanted = is_wanted(listing, &order);
    }
    return err;
}

static hl_err list_orders(struct order_listing *listing, bool *more,
                          struct hl_detail *detail)
{
    struct transit_query query = {.to = listing->origin, .orders = true};
    bool asked =
        listing->request->which == HELUO__V1__ORDER_WHICH__ORDER_WHICH_ASKED;
    struct writer name = {0};
    hl_err err = HL_OK;
    *more = true;
    for (size_t looks = 0; err == HL_OK && looks < LOOKS_MAX &&
                           listing->response.n_orders < listing->max;
         looks++) {
        bool wanted = true;
        err = asked ? projection_next_transit(listing->reading.txn, &query,
                                              &listing->at, &name, more, detail)
                    : next_row(listing, &name, more, &wanted, detail);
        if (err != HL_OK || !*more) {
            break;
        }
        if (wanted) {
            err = add(listing, writer_view(&name), detail);
        }
    }
    writer_fini(&name);
    return err;
}

void order_list(struct rpc_call *call, const ProtobufCMessage *message,
                void *context)
{
    const Heluo__V1__OrderListRequest *request = (const void *)message;
    struct order_listing listing = {
        .reading = {.call = call},
        .request = request,
        .response = HELUO__V1__ORDER_LIST_RESPONSE__INIT,
        .max = request->page_size == 0 ? PAGE : request->page_size,
    };
    struct hl_detail detail = {0};
    bool more = false;
    hl_err err = check_page(request->page_size, &request->page_token, &detail);
    if (err == HL_OK &&
        request->which > HELUO__V1__ORDER_WHICH__ORDER_WHICH_REQUESTED) {
        err = hl_fail(&detail, HL_EMALFORMED,
                      "which: %d is one that this node does not know",
                      (int)request->which);
    }
    if (err == HL_OK) {
        err = begin(&listing.reading, call, context, &detail);
    }
    if (err == HL_OK) {
        err = ledger_find_journal(&listing.reading, request->origin,
                                  &listing.journal, &listing.origin, &detail);
    }
    if (err == HL_OK) {
        listing.response.orders = rpc_call_alloc(
            call, listing.max * sizeof(listing.response.orders[0]));
        writer_bytes(&listing.at, bytes_of_binary(&request->page_token));
        err = list_orders(&listing, &more, &detail);
    }
    if (err == HL_OK && more) {
        listing.response.next_page_token =
            call_bytes(call, writer_view(&listing.at));
    }
    end(&listing.reading, err, &detail, &listing.response.base);
    writer_fini(&listing.at);
}

/* --- For status. --------------------------------------------------------- */

static hl_err count_open(struct store_txn *txn,
                         const struct transit_query *query, struct bytes origin,
                         bool (*counts)(const struct order_view *view),
                         uint64_t *count, struct hl_detail *detail)
{
    struct writer position = {0}, name = {0};
    struct order_view view;
    bool found = true;
    hl_err err = HL_OK;
    *count = 0;
    for (size_t looks = 0; err == HL_OK && found && looks < PAGE_MAX; looks++) {
        err = projection_next_transit(txn, query, &position, &name, &found,
                                      detail);
        if (err == HL_OK && found) {
            err = ledger_order_named(txn, origin, writer_view(&name), &view,
                                     detail);
            *count += err == HL_OK && counts(&view) ? 1 : 0;
        }
    }
    writer_fini(&name);
    writer_fini(&position);
    return err;
}

/* Who asked for it has nothing to answer, nor has who may spend it. */
static bool is_unanswered(const struct order_view *view)
{
    return view->placed && !view->answered && !view->requested &&
           view->order.allotted == 0;
}

static bool is_disputed(const struct order_view *view)
{
    return view->placed && view->order.disputed == DISPUTE_OPEN;
}

hl_err orders_count(const struct services *services, uint64_t *asked,
                    uint64_t *disputed, struct hl_detail *detail)
{
    struct bytes origin = bytes_of_text(services->origin);
    struct transit_query to = {.to = origin, .orders = true};
    struct transit_query owner = {.owner = origin, .orders = true};
    struct store_txn *txn = NULL;
    hl_err err = store_begin_read(services->options.store, &txn, detail);
    if (err == HL_OK) {
        err = count_open(txn, &to, origin, is_unanswered, asked, detail);
    }
    if (err == HL_OK) {
        err = count_open(txn, &owner, origin, is_disputed, disputed, detail);
    }
    store_abort(&txn);
    return err;
}
