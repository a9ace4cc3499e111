/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "node/service/changes.h"
#include "node/service/watcher.h"
#include "protocol/base/alloc.h"

struct catalogue_watch {
    struct watcher watcher; /* first */
    struct services *services;
    struct changes changes;
    bool was_current; /* the caller knows that it has everything */
};

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

/* NULL: that all was sent. */
static void say(struct catalogue_watch *watch, struct rpc_call *call,
                const struct change *change)
{
    struct writer token = {0};
    positions_write(&watch->changes.seen, &token);
    Heluo__V1__CatalogueChange message = HELUO__V1__CATALOGUE_CHANGE__INIT;
    if (change != NULL) {
        message.record = view_of(call, change);
        message.what = what_of(change);
    }
    message.current = change == NULL;
    message.token =
        (ProtobufCBinaryData){.len = token.size, .data = token.data};
    rpc_send(call, &message.base);
    writer_fini(&token);
}

static void pump(struct rpc_call *call, void *context)
{
    struct catalogue_watch *watch = context;
    struct hl_detail detail = {0};
    struct change change;
    struct store_txn *txn = NULL;
    hl_err err =
        store_begin_read(watch->services->options.store, &txn, &detail);
    if (err == HL_OK) {
        err = changes_next(&watch->changes, txn, &change, &detail);
    }
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
    } else if (change.kind != NULL) {
        watch->was_current = false;
        say(watch, call, &change);
    } else if (change.more) {
        rpc_wake(call);
    } else if (!watch->was_current) {
        watch->was_current = true;
        say(watch, call, NULL);
    }
    store_abort(&txn);
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
