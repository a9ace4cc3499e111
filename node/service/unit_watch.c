/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "node/catalogue/unit.h"
#include "node/service/services_internal.h"
#include "node/service/watcher.h"
#include "protocol/base/alloc.h"

/* Entries looked at before another call gets the thread. */
enum { SCAN_ENTRIES = 512 };

struct unit_watch {
    struct watcher watcher; /* first */
    struct services *services;
    struct positions seen;
    bool was_current; /* the caller knows that it has everything */
};

/* What a pump found to say. */
struct finding_of_pump {
    Heluo__V1__UnitView *view; /* NULL: nothing */
    bool more;                 /* entries are left that were not looked at */
};

static Heluo__V1__UnitView *view_of_put(struct rpc_call *call,
                                        struct bytes home,
                                        const struct entry *entry,
                                        uint64_t first_index)
{
    struct row row = {
        .first_index = first_index,
        .index = entry->index,
        .recorded_at = entry->recorded_at,
        .record = entry->body,
    };
    return unit_view(call, home, &row);
}

static Heluo__V1__UnitView *view_of_retire(struct rpc_call *call,
                                           struct bytes home,
                                           const struct entry *entry,
                                           uint64_t first_index)
{
    struct unit_retire retire;
    record_decode(&unit_retiring, entry->body, &retire);
    struct unit unit = {.scheme = retire.scheme, .id = retire.id};
    struct writer body = {0};
    record_encode(&unit_record, &unit, &body);
    struct row row = {
        .first_index = first_index,
        .index = entry->index,
        .recorded_at = entry->recorded_at,
        .retired = true,
        .reason = retire.reason,
        .record = writer_view(&body),
    };
    Heluo__V1__UnitView *view = unit_view(call, home, &row);
    writer_fini(&body);
    return view;
}

/* What the entry changed, if it is about a unit and had an effect. */
static hl_err look_at(struct rpc_call *call, struct store_txn *txn,
                      struct bytes home, const struct journal *journal,
                      uint64_t index, struct bytes raw,
                      Heluo__V1__UnitView **view, struct hl_detail *detail)
{
    struct entry entry;
    struct canonical_unknown unknown;
    *view = NULL;
    if (entry_decode(raw, &entry, &unknown, NULL) != HL_OK || unknown.present) {
        return HL_OK;
    }
    bool put = entry.body_type == entry_body_type(UNIT_BODY_PUT, false);
    bool retire = entry.body_type == entry_body_type(UNIT_BODY_RETIRE, false);
    if (!put && !retire) {
        return HL_OK;
    }
    bool invalid = false;
    hl_err err =
        projection_is_invalid(txn, journal->number, index, &invalid, detail);
    if (err != HL_OK || invalid) {
        return err;
    }
    struct unit unit = {0};
    struct unit_retire retiring = {0};
    if (put) {
        record_decode(&unit_record, entry.body, &unit);
    } else {
        record_decode(&unit_retiring, entry.body, &retiring);
        unit.scheme = retiring.scheme;
        unit.id = retiring.id;
    }
    struct row row;
    bool found = false;
    /* A unit without a row: the entry had no effect. */
    err = unit_find(txn, journal->number, &unit, &row, &found, detail);
    if (err == HL_OK && found) {
        *view = put ? view_of_put(call, home, &entry, row.first_index)
                    : view_of_retire(call, home, &entry, row.first_index);
    }
    return err;
}

/* Goes on in one journal until there is something to say. */
static hl_err scan_journal(struct unit_watch *watch, struct rpc_call *call,
                           struct store_txn *txn, struct bytes home,
                           const struct journal *journal, unsigned *left,
                           struct finding_of_pump *out,
                           struct hl_detail *detail)
{
    uint64_t at = positions_get(&watch->seen, home);
    struct half half;
    hl_err err = projection_half(txn, journal->number, &half, detail);
    if (err != HL_OK || at >= half.size) {
        return err;
    }
    struct journal_walk *walk = NULL;
    err = journal_walk_open(txn, journal, at, &walk, detail);
    while (err == HL_OK && out->view == NULL && at<half.size && * left> 0) {
        struct bytes raw;
        err = journal_walk_next(walk, &raw, detail);
        if (err == HL_OK) {
            err =
                look_at(call, txn, home, journal, at, raw, &out->view, detail);
        }
        at++;
        (*left)--;
    }
    journal_walk_close(&walk);
    if (err == HL_OK) {
        positions_set(&watch->seen, home, at);
        out->more = out->more || at < half.size;
    }
    return err;
}

static hl_err scan(struct unit_watch *watch, struct rpc_call *call,
                   struct finding_of_pump *out, struct hl_detail *detail)
{
    struct store_txn *txn = NULL;
    hl_err err = store_begin_read(watch->services->options.store, &txn, detail);
    struct bytes after = {0};
    unsigned left = SCAN_ENTRIES;
    while (err == HL_OK && out->view == NULL) {
        struct journal journal;
        struct bytes name;
        err = journal_next_origin(txn, after, &name, &journal, detail);
        if (err != HL_OK || name.data == NULL) {
            break;
        }
        err =
            scan_journal(watch, call, txn, name, &journal, &left, out, detail);
        after = name;
    }
    store_abort(&txn);
    return err;
}

static void say(struct unit_watch *watch, struct rpc_call *call,
                Heluo__V1__UnitView *view)
{
    struct writer token = {0};
    positions_write(&watch->seen, &token);
    Heluo__V1__UnitChange change = HELUO__V1__UNIT_CHANGE__INIT;
    change.unit = view;
    change.current = view == NULL;
    change.token = (ProtobufCBinaryData){.len = token.size, .data = token.data};
    rpc_send(call, &change.base);
    writer_fini(&token);
}

static void pump(struct rpc_call *call, void *context)
{
    struct unit_watch *watch = context;
    struct hl_detail detail = {0};
    struct finding_of_pump found = {0};
    hl_err err = scan(watch, call, &found, &detail);
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
    } else if (found.view != NULL) {
        watch->was_current = false;
        say(watch, call, found.view);
    } else if (found.more) {
        rpc_wake(call);
    } else if (!watch->was_current) {
        watch->was_current = true;
        say(watch, call, NULL);
    }
}

static void gone(struct rpc_call *call, void *context)
{
    (void)call;
    struct unit_watch *watch = context;
    watcher_remove(watch->services, &watch->watcher);
    positions_fini(&watch->seen);
    hl_free(watch);
}

/* A token from further on than this node is would wait for entries that may
 * never come, or be others. */
static hl_err check_token(struct services *services,
                          const struct positions *seen,
                          struct hl_detail *detail)
{
    struct store_txn *txn = NULL;
    struct positions now = {0};
    hl_err err = store_begin_read(services->options.store, &txn, detail);
    if (err == HL_OK) {
        err = positions_now(txn, &now, detail);
    }
    for (size_t i = 0; err == HL_OK && i < seen->count; i++) {
        const struct position *item = &seen->items[i];
        uint64_t size = positions_get(&now, bytes_of_text(item->origin));
        if (item->size > size) {
            err = hl_fail(detail, HL_EAHEAD,
                          "token: %s is known to it up to %llu, and to this "
                          "node up to %llu: ask the node that gave it, or "
                          "List anew",
                          item->origin, (unsigned long long)item->size,
                          (unsigned long long)size);
        }
    }
    positions_fini(&now);
    store_abort(&txn);
    return err;
}

void unit_watch(struct rpc_call *call, const ProtobufCMessage *message,
                void *context)
{
    const Heluo__V1__UnitWatchRequest *request = (const void *)message;
    struct unit_watch *watch = hl_alloc(1, sizeof(*watch));
    watch->services = context;
    struct hl_detail detail = {0};
    hl_err err =
        positions_read(bytes_of_binary(&request->token), &watch->seen, &detail);
    if (err == HL_OK) {
        err = check_token(watch->services, &watch->seen, &detail);
    }
    if (err != HL_OK) {
        positions_fini(&watch->seen);
        hl_free(watch);
        rpc_fail(call, err, &detail);
        return;
    }
    watcher_add(watch->services, &watch->watcher, call);
    struct rpc_stream stream = {.pump = pump, .gone = gone, .context = watch};
    rpc_stream_start(call, &stream);
}
