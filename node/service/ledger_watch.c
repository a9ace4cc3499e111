/* SPDX-License-Identifier: Apache-2.0 */

/* Voucher.Watch and Order.Watch: what entries about money made of vouchers and
 * orders, as they stand now. */

#include <string.h>

#include "node/service/changes.h"
#include "node/service/ledger_call.h"
#include "node/service/watcher.h"
#include "protocol/base/alloc.h"
#include "protocol/entry/origin.h"

struct ledger_watch {
    struct watcher watcher; /* first */
    struct services *services;
    struct changes changes;
    bool orders;
    char origin[HL_NAME_MAX_BYTES + 1]; /* of which issuer; "": of all */
    struct writer name; /* of the one order; empty: of all of this node's */
    bool stands;        /* first that one is told as it stands */
    bool was_current;
};

/* One look: a message to send, where there is one. */
struct watch_look {
    struct ledger_watch *watch;
    struct ledger_reading reading;
    const struct change *change;
    const ProtobufCMessage *message; /* NULL: it is nothing for the caller */
};

/* --- Messages. ----------------------------------------------------------- */

static ProtobufCBinaryData token_now(const struct watch_look *look)
{
    struct writer token = {0};
    positions_write(&look->watch->changes.seen, &token);
    ProtobufCBinaryData kept =
        call_bytes(look->reading.call, writer_view(&token));
    writer_fini(&token);
    return kept;
}

/* The voucher that the entry changes; false: none. Borrows the entry and the
 * transaction. */
static hl_err voucher_of(const struct watch_look *look, struct bytes *id,
                         bool *found, struct hl_detail *detail)
{
    const struct change *change = look->change;
    union record_room record;
    struct row row;
    struct order order = {0};
    record_decode(ledger_body_type(change->body), change->entry.body, &record);
    *found = true;
    switch (change->body) {
    case VOUCHER_BODY_ISSUE:
    case VOUCHER_BODY_END:
        *id = *(struct bytes *)(void *)&record; /* begins both */
        return HL_OK;
    case ORDER_BODY_PLACE:
        *id = ((struct order_place *)(void *)&record)->voucher;
        return HL_OK;
    case ORDER_BODY_RELEASE:
    case ORDER_BODY_CAPTURE:
    case ORDER_BODY_DENY:
        break;
    default:
        *found = false;
        return HL_OK;
    }
    order.of.key = *(struct order_key *)(void *)&record; /* begins all three */
    hl_err err = ledger_find_row(look->reading.txn, change->journal.number,
                                 &order_record, &order, &row, found, detail);
    *id = order.of.voucher;
    return err;
}

static hl_err make_voucher(struct watch_look *look, struct hl_detail *detail)
{
    const struct change *change = look->change;
    struct rpc_call *call = look->reading.call;
    const char *wanted = look->watch->origin;
    struct voucher voucher = {0};
    struct row row;
    bool found = false;
    if (wanted[0] != '\0' &&
        !bytes_equal(change->origin, bytes_of_text(wanted))) {
        return HL_OK;
    }
    hl_err err = voucher_of(look, &voucher.of.id, &found, detail);
    if (err == HL_OK && found) {
        err = ledger_find_row(look->reading.txn, change->journal.number,
                              &voucher_record, &voucher, &row, &found, detail);
    }
    if (err != HL_OK || !found) {
        return err;
    }
    Heluo__V1__VoucherChange *message = rpc_call_alloc(call, sizeof(*message));
    heluo__v1__voucher_change__init(message);
    message->body = change->body;
    message->index = change->entry.index;
    message->token = token_now(look);
    look->message = &message->base;
    return ledger_view_voucher(&look->reading, change->origin, &row,
                               &message->voucher, detail);
}

static bool is_ours(const struct watch_look *look,
                    const Heluo__V1__OrderView *view)
{
    const char *own = look->watch->services->origin;
    return look->watch->name.size > 0 || strcmp(view->issuer, own) == 0 ||
           strcmp(view->provider, own) == 0;
}

static hl_err make_order(struct watch_look *look, struct hl_detail *detail)
{
    const struct change *change = look->change;
    struct rpc_call *call = look->reading.call;
    struct writer name = {0};
    union record_room record;
    Heluo__V1__OrderView *view = NULL;
    hl_err err = HL_OK;
    if (!order_is_body(change->body)) {
        return HL_OK;
    }
    record_decode(ledger_body_type(change->body), change->entry.body, &record);
    ledger_order_name((const struct order_key *)(void *)&record, &name);
    bool wanted =
        look->watch->name.size == 0 ||
        bytes_equal(writer_view(&name), writer_view(&look->watch->name));
    if (wanted) {
        err = ledger_view_order(&look->reading, writer_view(&name), &view,
                                detail);
    }
    writer_fini(&name);
    if (err != HL_OK || view == NULL || !is_ours(look, view)) {
        return err;
    }
    Heluo__V1__OrderChange *message = rpc_call_alloc(call, sizeof(*message));
    heluo__v1__order_change__init(message);
    message->order = view;
    message->body = change->body;
    message->origin = call_text(call, change->origin);
    message->index = change->entry.index;
    message->recorded_at_ms = (uint64_t)change->entry.recorded_at.ms;
    message->token = token_now(look);
    look->message = &message->base;
    return HL_OK;
}

/* How the one order stands, where it is known. */
static hl_err make_standing(struct watch_look *look, struct hl_detail *detail)
{
    struct rpc_call *call = look->reading.call;
    Heluo__V1__OrderView *view = NULL;
    hl_err err = ledger_view_order(
        &look->reading, writer_view(&look->watch->name), &view, detail);
    if (err == HL_OK && view != NULL) {
        Heluo__V1__OrderChange *message =
            rpc_call_alloc(call, sizeof(*message));
        heluo__v1__order_change__init(message);
        message->order = view;
        message->token = token_now(look);
        look->message = &message->base;
    }
    return err;
}

/* From what this node has now on. */
static hl_err begin_now(struct watch_look *look, struct hl_detail *detail)
{
    struct ledger_watch *watch = look->watch;
    watch->stands = false;
    hl_err err = positions_now(look->reading.txn, &watch->changes.seen, detail);
    return err == HL_OK ? make_standing(look, detail) : err;
}

static const ProtobufCMessage *make_current(const struct watch_look *look)
{
    struct rpc_call *call = look->reading.call;
    Heluo__V1__OrderChange *order = rpc_call_alloc(call, sizeof(*order));
    Heluo__V1__VoucherChange *voucher = rpc_call_alloc(call, sizeof(*voucher));
    heluo__v1__order_change__init(order);
    heluo__v1__voucher_change__init(voucher);
    order->current = voucher->current = true;
    order->token = voucher->token = token_now(look);
    return look->watch->orders ? &order->base : &voucher->base;
}

/* --- The pump. ----------------------------------------------------------- */

static hl_err look_on(struct watch_look *look, struct hl_detail *detail)
{
    struct ledger_watch *watch = look->watch;
    struct change change = {.found = true};
    hl_err err = watch->stands ? begin_now(look, detail) : HL_OK;
    while (err == HL_OK && change.found && look->message == NULL) {
        err = changes_next(&watch->changes, look->reading.txn, &change, detail);
        look->change = &change;
        if (err == HL_OK && change.found) {
            err = watch->orders ? make_order(look, detail)
                                : make_voucher(look, detail);
        }
    }
    look->change = NULL;
    if (err != HL_OK) {
        return err;
    }
    if (look->message != NULL) {
        watch->was_current = false;
        rpc_send(look->reading.call, look->message);
    } else if (change.more) {
        rpc_wake(look->reading.call);
    } else if (!watch->was_current) {
        watch->was_current = true;
        rpc_send(look->reading.call, make_current(look));
    }
    return HL_OK;
}

static void pump(struct rpc_call *call, void *context)
{
    struct ledger_watch *watch = context;
    struct hl_detail detail = {0};
    struct watch_look look = {
        .watch = watch,
        .reading = {.call = call, .services = watch->services},
    };
    hl_err err = store_begin_read(watch->services->options.store,
                                  &look.reading.txn, &detail);
    if (err == HL_OK) {
        err = look_on(&look, &detail);
    }
    changes_rest(&watch->changes);
    store_abort(&look.reading.txn);
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
    }
}

static void destroy(struct ledger_watch *watch)
{
    changes_fini(&watch->changes);
    writer_fini(&watch->name);
    hl_free(watch);
}

static void gone(struct rpc_call *call, void *context)
{
    (void)call;
    struct ledger_watch *watch = context;
    watcher_remove(watch->services, &watch->watcher);
    destroy(watch);
}

/* --- The calls. ---------------------------------------------------------- */

static struct ledger_watch *make(struct services *services, bool orders)
{
    struct ledger_watch *watch = hl_alloc(1, sizeof(*watch));
    watch->services = services;
    watch->orders = orders;
    watch->changes.ledger = true;
    return watch;
}

/* Takes the watch over. */
static void start(struct ledger_watch *watch, struct rpc_call *call,
                  const ProtobufCBinaryData *token, hl_err err,
                  struct hl_detail *detail)
{
    struct store_txn *txn = NULL;
    if (err == HL_OK) {
        err = store_begin_read(watch->services->options.store, &txn, detail);
    }
    if (err == HL_OK) {
        err =
            changes_from(&watch->changes, txn, bytes_of_binary(token), detail);
    }
    store_abort(&txn);
    if (err != HL_OK) {
        destroy(watch);
        rpc_fail(call, err, detail);
        return;
    }
    watcher_add(watch->services, &watch->watcher, call);
    struct rpc_stream stream = {.pump = pump, .gone = gone, .context = watch};
    rpc_stream_start(call, &stream);
}

void voucher_watch(struct rpc_call *call, const ProtobufCMessage *message,
                   void *context)
{
    const Heluo__V1__VoucherWatchRequest *request = (const void *)message;
    struct ledger_watch *watch = make(context, false);
    struct hl_detail detail = {0};
    hl_err err = HL_OK;
    if (request->origin[0] != '\0') {
        err = origin_validate(bytes_of_text(request->origin), "origin", 0,
                              &detail);
    }
    if (err == HL_OK) {
        memcpy(watch->origin, request->origin, strlen(request->origin) + 1);
    }
    start(watch, call, &request->token, err, &detail);
}

void order_watch(struct rpc_call *call, const ProtobufCMessage *message,
                 void *context)
{
    const Heluo__V1__OrderWatchRequest *request = (const void *)message;
    struct ledger_watch *watch = make(context, true);
    struct hl_detail detail = {0};
    struct bytes own = bytes_of_text(watch->services->origin);
    struct order_key key = {bytes_of_text(request->begun_at),
                            bytes_of_binary(&request->id)};
    hl_err err = HL_OK;
    if (key.id.size > 0 && key.id.size != VOUCHER_ID_BYTES) {
        err = hl_fail(&detail, HL_EMALFORMED, "id: %zu bytes, not 16",
                      key.id.size);
    } else if (key.id.size == 0 && key.begun_at.size > 0) {
        err = hl_fail(&detail, HL_EMALFORMED, "begun_at: not without an id");
    } else if (key.id.size > 0) {
        key.begun_at = key.begun_at.size > 0 ? key.begun_at : origin_node(own);
        ledger_order_name(&key, &watch->name);
        watch->stands = request->token.len == 0;
    }
    start(watch, call, &request->token, err, &detail);
}
