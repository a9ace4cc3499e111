/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "node/service/ledger_call.h"
#include "protocol/base/hl_assert.h"

enum { SCHEMES_PAGE = 100 };

static hl_err find_budget(struct store_txn *txn, uint32_t number,
                          struct bytes id, struct budget *out,
                          struct hl_detail *detail)
{
    struct writer key = {0};
    struct row row;
    bool found = false;
    *out = (struct budget){.scheme = id};
    record_key(&budget_record, out, &key);
    hl_err err = projection_get(txn, &budget_record, number, writer_view(&key),
                                &row, &found, detail);
    if (err == HL_OK && found) {
        record_decode(&budget_record, row.record, out);
    }
    writer_fini(&key);
    return err;
}

/* --- List. --------------------------------------------------------------- */

static void *allocate(void *context, size_t size)
{
    return rpc_call_alloc(context, size);
}

static void keep(void *context, void *memory)
{
    (void)context; /* it is the call's */
    (void)memory;
}

struct listing {
    struct rpc_call *call;
    struct store_txn *txn;
    struct journal journal;
    struct bytes origin, id;
    Heluo__V1__SchemeView **items;
    size_t count, max;
};

static hl_err add(struct listing *listing, const struct row *row,
                  struct hl_detail *detail)
{
    struct scheme scheme;
    struct budget budget;
    record_decode(&scheme_record, row->record, &scheme);
    hl_err err = find_budget(listing->txn, listing->journal.number, scheme.id,
                             &budget, detail);
    bool newest = scheme.version == budget.version;
    if (err != HL_OK ||
        (listing->id.size == 0 ? !newest
                               : !bytes_equal(listing->id, scheme.id))) {
        return err;
    }
    ProtobufCAllocator memory = {
        .alloc = allocate, .free = keep, .allocator_data = listing->call};
    Heluo__V1__SchemeView *view = rpc_call_alloc(listing->call, sizeof(*view));
    heluo__v1__scheme_view__init(view);
    view->scheme = heluo__v1__scheme_put__unpack(&memory, row->record.size,
                                                 row->record.data);
    HL_ASSERT(view->scheme != NULL); /* it was accepted by its form */
    view->origin = call_text(listing->call, listing->origin);
    view->index = row->index;
    view->recorded_at_ms = (uint64_t)row->recorded_at.ms;
    view->newest = newest;
    view->issued_fen = budget.issued_fen;
    listing->items[listing->count++] = view;
    return HL_OK;
}

/* A page; `key` is behind which one it begins, and then its last. */
static hl_err list_page(struct listing *listing, struct writer *key, bool *more,
                        struct hl_detail *detail)
{
    *more = true;
    while (listing->count < listing->max) {
        struct row row;
        struct bytes at;
        hl_err err = projection_next(listing->txn, &scheme_record,
                                     listing->journal.number, writer_view(key),
                                     &row, &at, more, detail);
        if (err != HL_OK || !*more) {
            return err;
        }
        writer_clear(key);
        writer_bytes(key, at);
        err = add(listing, &row, detail);
        if (err != HL_OK) {
            return err;
        }
    }
    return HL_OK;
}

static hl_err find_journal(struct services *services,
                           const Heluo__V1__SchemeListRequest *request,
                           struct listing *listing, bool *found,
                           struct hl_detail *detail)
{
    const char *origin =
        request->origin[0] == '\0' ? services->origin : request->origin;
    listing->origin = bytes_of_text(origin);
    hl_err err = journal_find(listing->txn, listing->origin, &listing->journal,
                              found, detail);
    return err == HL_OK && !*found && request->origin[0] != '\0'
               ? hl_fail(detail, HL_ENOTFOUND,
                         "origin: no journal of %s is here", origin)
               : err;
}

static hl_err check_list(const Heluo__V1__SchemeListRequest *request,
                         struct hl_detail *detail)
{
    if (request->page_size > SCHEMES_PAGE) {
        return hl_fail(detail, HL_ELIMIT, "page_size: at most %d",
                       SCHEMES_PAGE);
    }
    return request->page_token.len > STORE_KEY_MAX_BYTES
               ? hl_fail(detail, HL_EMALFORMED,
                         "page_token: not one that List gave")
               : HL_OK;
}

void scheme_list(struct rpc_call *call, const ProtobufCMessage *message,
                 void *context)
{
    const Heluo__V1__SchemeListRequest *request = (const void *)message;
    struct services *services = context;
    struct hl_detail detail = {0};
    struct writer key = {0};
    bool more = false, found = false;
    struct listing listing = {
        .call = call,
        .id = bytes_of_text(request->id),
        .max = request->page_size == 0 ? SCHEMES_PAGE : request->page_size,
    };
    Heluo__V1__SchemeListResponse response =
        HELUO__V1__SCHEME_LIST_RESPONSE__INIT;
    listing.items =
        rpc_call_alloc(call, listing.max * sizeof(listing.items[0]));
    writer_bytes(&key, bytes_of_binary(&request->page_token));
    hl_err err = check_list(request, &detail);
    if (err == HL_OK) {
        err = store_begin_read(services->options.store, &listing.txn, &detail);
    }
    if (err == HL_OK) {
        err = find_journal(services, request, &listing, &found, &detail);
    }
    if (err == HL_OK && found) {
        err = list_page(&listing, &key, &more, &detail);
    }
    store_abort(&listing.txn);
    if (err == HL_OK) {
        response.schemes = listing.items;
        response.n_schemes = listing.count;
        if (more) {
            response.next_page_token = call_bytes(call, writer_view(&key));
        }
        rpc_answer(call, &response.base);
    } else {
        rpc_fail(call, err, &detail);
    }
    writer_fini(&key);
}
