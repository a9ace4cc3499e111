/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "node/service/changes.h"
#include "node/service/watcher.h"
#include "protocol/base/alloc.h"

struct catalogue_watch {
    struct watcher watcher; /* first */
    struct services *services;
    struct changes changes;
    uint32_t together; /* changes of a message, at most */
    bool was_current;  /* the caller knows that it has everything */
};

/* A message with several changes ends with the one by which it has so much. */
enum { TOGETHER_MAX = 1000, TOGETHER_BYTES = 65536 };

/* The record as the entry states it; of a retirement its key, and of a move as
 * it stands. */
static Heluo__V1__RecordView *view_of(struct rpc_call *call,
                                      const struct change *change)
{
    const struct record_kind *kind = change->kind;
    struct row row = {
        .first_index = change->row.first_index,
        .index = change->entry.index,
        .recorded_at = change->entry.recorded_at,
        .record = change->entry.body,
        .retired = change->is == CHANGE_RETIRED,
    };
    struct writer body = {0};
    if (change->is == CHANGE_RELEASED || change->is == CHANGE_RESUMED) {
        row = change->row;
        row.index = change->entry.index;
        row.recorded_at = change->entry.recorded_at;
    } else if (row.retired) {
        union record_room from;
        union record_room to = {0};
        record_decode(kind->retiring, change->entry.body, &from);
        row.reason =
            *(struct bytes *)(void *)(from.bytes + kind->reason_offset);
        record_copy_key(kind->retiring, &from, kind->type, &to);
        record_encode(kind->type, &to, &body);
        row.record = writer_view(&body);
    }
    Heluo__V1__RecordView *view = record_view(call, kind, change->origin, &row);
    record_view_home(call, view, &change->at);
    writer_fini(&body);
    return view;
}

static Heluo__V1__ChangeKind what_of(const struct change *change)
{
    switch (change->is) {
    case CHANGE_PUT:
        return HELUO__V1__CHANGE_KIND__CHANGE_KIND_PUT;
    case CHANGE_RETIRED:
        return HELUO__V1__CHANGE_KIND__CHANGE_KIND_RETIRED;
    case CHANGE_RELEASED:
        return HELUO__V1__CHANGE_KIND__CHANGE_KIND_RELEASED;
    case CHANGE_RESUMED:
        return HELUO__V1__CHANGE_KIND__CHANGE_KIND_RESUMED;
    }
    return HELUO__V1__CHANGE_KIND__CHANGE_KIND_UNSPECIFIED;
}

static Heluo__V1__CatalogueChange *message_of(struct rpc_call *call,
                                              const struct change *change)
{
    Heluo__V1__CatalogueChange *message =
        rpc_call_alloc(call, sizeof(*message));
    heluo__v1__catalogue_change__init(message);
    message->record = view_of(call, change);
    message->what = what_of(change);
    return message;
}

/* What is next, behind the first change. */
static hl_err add_more(struct catalogue_watch *watch, struct rpc_call *call,
                       struct store_txn *txn, size_t size,
                       Heluo__V1__CatalogueChange *first,
                       struct hl_detail *detail)
{
    hl_err err = HL_OK;
    first->more =
        rpc_call_alloc(call, watch->together * sizeof(first->more[0]));
    while (first->n_more + 1 < watch->together && size < TOGETHER_BYTES) {
        struct change change;
        err = changes_next(&watch->changes, txn, &change, detail);
        if (err != HL_OK || !change.found) {
            break;
        }
        first->more[first->n_more++] = message_of(call, &change);
        size += change.entry.body.size;
    }
    return err;
}

static void say(struct catalogue_watch *watch, struct rpc_call *call,
                Heluo__V1__CatalogueChange *message)
{
    struct writer token = {0};
    positions_write(&watch->changes.seen, &token);
    message->token =
        (ProtobufCBinaryData){.len = token.size, .data = token.data};
    rpc_send(call, &message->base);
    writer_fini(&token);
}

static hl_err say_current(struct catalogue_watch *watch, struct rpc_call *call,
                          struct store_txn *txn, struct hl_detail *detail)
{
    Heluo__V1__CatalogueChange message = HELUO__V1__CATALOGUE_CHANGE__INIT;
    bool behind = false;
    hl_err err = changes_behind(txn, &behind, detail);
    message.current = true;
    message.behind = behind;
    if (err == HL_OK) {
        watch->was_current = true;
        say(watch, call, &message);
    }
    return err;
}

static hl_err look(struct catalogue_watch *watch, struct rpc_call *call,
                   struct store_txn *txn, struct hl_detail *detail)
{
    struct change change;
    hl_err err = changes_next(&watch->changes, txn, &change, detail);
    if (err == HL_OK && change.found) {
        Heluo__V1__CatalogueChange *first = message_of(call, &change);
        err = add_more(watch, call, txn, change.entry.body.size, first, detail);
        if (err == HL_OK) {
            watch->was_current = false;
            say(watch, call, first);
        }
    } else if (err == HL_OK && change.more) {
        rpc_wake(call);
    } else if (err == HL_OK && !watch->was_current) {
        err = say_current(watch, call, txn, detail);
    }
    return err;
}

static void pump(struct rpc_call *call, void *context)
{
    struct catalogue_watch *watch = context;
    struct hl_detail detail = {0};
    struct store_txn *txn = NULL;
    hl_err err =
        store_begin_read(watch->services->options.store, &txn, &detail);
    if (err == HL_OK) {
        err = look(watch, call, txn, &detail);
    }
    changes_rest(&watch->changes);
    store_abort(&txn);
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
    }
}

static void destroy(struct catalogue_watch *watch)
{
    changes_fini(&watch->changes);
    hl_free(watch);
}

static void gone(struct rpc_call *call, void *context)
{
    (void)call;
    struct catalogue_watch *watch = context;
    watcher_remove(watch->services, &watch->watcher);
    destroy(watch);
}

static hl_err take_kinds(struct catalogue_watch *watch,
                         const Heluo__V1__CatalogueWatchRequest *request,
                         struct hl_detail *detail)
{
    for (size_t i = 0; i < request->n_kinds; i++) {
        uint32_t number = (uint32_t)request->kinds[i];
        if (record_kind_of_number(number) == NULL) {
            return hl_fail(detail, HL_EMALFORMED,
                           "kinds: %u is one that this node does not know",
                           number);
        }
        watch->changes.kinds |= UINT32_C(1) << number;
    }
    return HL_OK;
}

static hl_err take_key(struct catalogue_watch *watch, struct rpc_call *call,
                       const Heluo__V1__CatalogueWatchRequest *request,
                       struct hl_detail *detail)
{
    const struct record_kind *kind;
    union record_room retire;
    if (request->key == NULL) {
        return HL_OK;
    }
    if (request->n_kinds > 0) {
        return hl_fail(detail, HL_EMALFORMED, "kinds: not beside a key");
    }
    hl_err err = record_key_of_request(call, watch->services, request->key, "",
                                       &kind, &retire, detail);
    if (err == HL_OK) {
        watch->changes.kinds = UINT32_C(1) << kind->number;
        record_key(kind->retiring, &retire, &watch->changes.key);
    }
    return err;
}

void catalogue_watch(struct rpc_call *call, const ProtobufCMessage *message,
                     void *context)
{
    const Heluo__V1__CatalogueWatchRequest *request = (const void *)message;
    struct catalogue_watch *watch = hl_alloc(1, sizeof(*watch));
    watch->services = context;
    struct store_txn *txn = NULL;
    struct hl_detail detail = {0};
    hl_err err = take_kinds(watch, request, &detail);
    if (err == HL_OK) {
        err = take_key(watch, call, request, &detail);
    }
    if (err == HL_OK && request->together > TOGETHER_MAX) {
        err = hl_fail(&detail, HL_ELIMIT, "together: at most %d", TOGETHER_MAX);
    }
    watch->together = request->together == 0 ? 1 : request->together;
    if (err == HL_OK) {
        err = store_begin_read(watch->services->options.store, &txn, &detail);
    }
    if (err == HL_OK) {
        err = changes_from(&watch->changes, txn,
                           bytes_of_binary(&request->token), &detail);
    }
    store_abort(&txn);
    if (err != HL_OK) {
        destroy(watch);
        rpc_fail(call, err, &detail);
        return;
    }
    watcher_add(watch->services, &watch->watcher, call);
    struct rpc_stream stream = {.pump = pump, .gone = gone, .context = watch};
    rpc_stream_start(call, &stream);
}
