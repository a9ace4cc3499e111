/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "node/service/services_internal.h"
#include "node/service/watcher.h"
#include "protocol/base/alloc.h"

/* Entries looked at before another call gets the thread. */
enum { SCAN_ENTRIES = 512 };

struct catalogue_watch {
    struct watcher watcher; /* first */
    struct services *services;
    struct positions seen;
    uint32_t kinds;    /* bits of what is watched; 0: all */
    struct writer key; /* of the one record that is watched; empty: all */
    bool was_current;  /* the caller knows that it has everything */
};

/* What a pump found to say. */
struct finding_of_pump {
    Heluo__V1__RecordView *view; /* NULL: nothing */
    Heluo__V1__ChangeKind what;
    bool more; /* entries are left that were not looked at */
};

/* The kind of record that the entry is about; NULL: of none that is watched. */
static const struct record_kind *kind_of(const struct catalogue_watch *watch,
                                         const struct entry *entry,
                                         bool *retire)
{
    const struct record_kind *kind =
        entry_body_critical(entry->body_type)
            ? NULL
            : record_kind_of_body(entry_body_number(entry->body_type), retire);
    bool wanted = kind != NULL && (watch->kinds == 0 ||
                                   (watch->kinds >> kind->number & 1) != 0);
    return wanted ? kind : NULL;
}

/* Releases and resumptions change no attribute: the row is shown. */
static bool is_move(const struct entry *entry)
{
    uint32_t number = entry_body_number(entry->body_type);
    return entry_body_critical(entry->body_type) &&
           (number == HOME_BODY_RELEASE || number == HOME_BODY_RESUME);
}

/* Which record a valid one is about. */
static const struct record_kind *moved_by(const struct catalogue_watch *watch,
                                          const struct entry *entry,
                                          union record_room *key)
{
    struct home_release body;
    record_decode(&home_releasing, entry->body, &body);
    const struct record_kind *kind = home_kind(body.key.kind);
    *(struct homed *)(void *)key = body.key.of;
    bool wanted = kind != NULL && (watch->kinds == 0 ||
                                   (watch->kinds >> kind->number & 1) != 0);
    return wanted ? kind : NULL;
}

/* The record as the entry states it; of a retirement its key. */
static Heluo__V1__RecordView *
view_of(struct rpc_call *call, const struct record_kind *kind, bool retire,
        struct bytes home, const struct entry *entry, uint64_t first_index)
{
    struct row row = {
        .first_index = first_index,
        .index = entry->index,
        .recorded_at = entry->recorded_at,
        .record = entry->body,
        .retired = retire,
    };
    struct writer body = {0};
    if (retire) {
        union record_room from;
        union record_room to = {0};
        record_decode(kind->retiring, entry->body, &from);
        row.reason =
            *(struct bytes *)(void *)(from.bytes + kind->reason_offset);
        record_copy_key(kind->retiring, &from, kind->type, &to);
        record_encode(kind->type, &to, &body);
        row.record = writer_view(&body);
    }
    Heluo__V1__RecordView *view = record_view(call, kind, home, &row);
    writer_fini(&body);
    return view;
}

static Heluo__V1__ChangeKind what_of(const struct entry *entry, bool retire)
{
    if (is_move(entry)) {
        return entry_body_number(entry->body_type) == HOME_BODY_RELEASE
                   ? HELUO__V1__CHANGE_KIND__CHANGE_KIND_RELEASED
                   : HELUO__V1__CHANGE_KIND__CHANGE_KIND_RESUMED;
    }
    return retire ? HELUO__V1__CHANGE_KIND__CHANGE_KIND_RETIRED
                  : HELUO__V1__CHANGE_KIND__CHANGE_KIND_PUT;
}

static bool is_watched(const struct catalogue_watch *watch,
                       const struct record_kind *kind,
                       const union record_room *retire)
{
    if (watch->key.size == 0) {
        return true;
    }
    struct writer key = {0};
    record_key(kind->retiring, retire, &key);
    bool same = bytes_equal(writer_view(&key), writer_view(&watch->key));
    writer_fini(&key);
    return same;
}

/* What the entry changed, if it is about a record and had an effect. */
static hl_err look_at(const struct catalogue_watch *watch,
                      struct rpc_call *call, struct store_txn *txn,
                      struct bytes home, const struct journal *journal,
                      uint64_t index, struct bytes raw,
                      struct finding_of_pump *out, struct hl_detail *detail)
{
    Heluo__V1__RecordView **view = &out->view;
    struct entry entry;
    struct canonical_unknown unknown;
    bool retire = false;
    *view = NULL;
    if (entry_decode(raw, &entry, &unknown, NULL) != HL_OK || unknown.present) {
        return HL_OK;
    }
    union record_room key = {0};
    const struct record_kind *kind = kind_of(watch, &entry, &retire);
    bool move = is_move(&entry);
    if (kind == NULL && !move) {
        return HL_OK;
    }
    if (move) {
        kind = moved_by(watch, &entry, &key);
    } else {
        union record_room record;
        const struct record_type *type = retire ? kind->retiring : kind->type;
        record_decode(type, entry.body, &record);
        record_copy_key(type, &record, kind->retiring, &key);
    }
    if (kind == NULL || !is_watched(watch, kind, &key)) {
        return HL_OK;
    }
    bool invalid = false;
    hl_err err =
        projection_is_invalid(txn, journal->number, index, &invalid, detail);
    if (err != HL_OK || invalid) {
        return err;
    }
    out->what = what_of(&entry, retire);
    struct row row;
    struct record_home at = {0};
    bool found = false;
    /* A record without a row: the entry had no effect. */
    err = record_find(txn, journal->number, kind, &key, &row, &found, detail);
    if (err == HL_OK && found && kind->homed) {
        err = record_home_of(txn, kind, home, &row, &at, detail);
    }
    if (err != HL_OK || !found) {
        return err;
    }
    if (move) {
        row.index = index;
        row.recorded_at = entry.recorded_at;
        *view = record_view(call, kind, home, &row);
    } else {
        *view = view_of(call, kind, retire, home, &entry, row.first_index);
    }
    record_view_home(call, *view, &at);
    return HL_OK;
}

/* Goes on in one journal until there is something to say. */
static hl_err scan_journal(struct catalogue_watch *watch, struct rpc_call *call,
                           struct store_txn *txn, struct bytes home,
                           const struct journal *journal, unsigned *left,
                           struct finding_of_pump *out,
                           struct hl_detail *detail)
{
    uint64_t at = positions_get(&watch->seen, home);
    struct half half;
    if (at > journal->frontier.size) {
        return hl_fail(detail, HL_EAHEAD,
                       "%.*s was cut back to %llu entries, and up to %llu were "
                       "sent here: what stands in their place would be missed; "
                       "List anew",
                       BYTES_ARGS(home),
                       (unsigned long long)journal->frontier.size,
                       (unsigned long long)at);
    }
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
                look_at(watch, call, txn, home, journal, at, raw, out, detail);
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

static hl_err scan(struct catalogue_watch *watch, struct rpc_call *call,
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

static void say(struct catalogue_watch *watch, struct rpc_call *call,
                const struct finding_of_pump *found)
{
    struct writer token = {0};
    positions_write(&watch->seen, &token);
    Heluo__V1__CatalogueChange change = HELUO__V1__CATALOGUE_CHANGE__INIT;
    change.record = found->view;
    change.what = found->view == NULL
                      ? HELUO__V1__CHANGE_KIND__CHANGE_KIND_UNSPECIFIED
                      : found->what;
    change.current = found->view == NULL;
    change.token = (ProtobufCBinaryData){.len = token.size, .data = token.data};
    rpc_send(call, &change.base);
    writer_fini(&token);
}

static void pump(struct rpc_call *call, void *context)
{
    struct catalogue_watch *watch = context;
    struct hl_detail detail = {0};
    struct finding_of_pump found = {0};
    hl_err err = scan(watch, call, &found, &detail);
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
    } else if (found.view != NULL) {
        watch->was_current = false;
        say(watch, call, &found);
    } else if (found.more) {
        rpc_wake(call);
    } else if (!watch->was_current) {
        watch->was_current = true;
        say(watch, call, &found);
    }
}

static void destroy(struct catalogue_watch *watch)
{
    positions_fini(&watch->seen);
    writer_fini(&watch->key);
    hl_free(watch);
}

static void gone(struct rpc_call *call, void *context)
{
    (void)call;
    struct catalogue_watch *watch = context;
    watcher_remove(watch->services, &watch->watcher);
    destroy(watch);
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
        watch->kinds |= UINT32_C(1) << number;
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
        watch->kinds = UINT32_C(1) << kind->number;
        record_key(kind->retiring, &retire, &watch->key);
    }
    return err;
}

void catalogue_watch(struct rpc_call *call, const ProtobufCMessage *message,
                     void *context)
{
    const Heluo__V1__CatalogueWatchRequest *request = (const void *)message;
    struct catalogue_watch *watch = hl_alloc(1, sizeof(*watch));
    watch->services = context;
    struct hl_detail detail = {0};
    hl_err err = take_kinds(watch, request, &detail);
    if (err == HL_OK) {
        err = take_key(watch, call, request, &detail);
    }
    if (err == HL_OK) {
        err = positions_read(bytes_of_binary(&request->token), &watch->seen,
                             &detail);
    }
    if (err == HL_OK) {
        err = check_token(watch->services, &watch->seen, &detail);
    }
    if (err != HL_OK) {
        destroy(watch);
        rpc_fail(call, err, &detail);
        return;
    }
    watcher_add(watch->services, &watch->watcher, call);
    struct rpc_stream stream = {.pump = pump, .gone = gone, .context = watch};
    rpc_stream_start(call, &stream);
}
