/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "heluo/v1/ledger.pb-c.h"
#include "node/ledger/voucher.h"
#include "node/service/services_internal.h"
#include "protocol/base/hl_assert.h"

enum { SCHEMES_PAGE = 100, REQUEST_MAX_BYTES = 65536 };

/* --- Put. ---------------------------------------------------------------- */

/* As it is journalled; the record borrows from `room` and the call. What a
 * library of the caller's wrote beside our fields is refused. */
static hl_err take_scheme(struct rpc_call *call,
                          const Heluo__V1__SchemePut *from, struct writer *room,
                          struct scheme *out, struct hl_detail *detail)
{
    struct canonical_unknown unknown;
    if (from == NULL) {
        return hl_fail(detail, HL_EMALFORMED, "field scheme: missing");
    }
    size_t size = protobuf_c_message_get_packed_size(&from->base);
    uint8_t *packed = rpc_call_alloc(call, size + 1);
    protobuf_c_message_pack(&from->base, packed);
    hl_err err =
        canonical_check(bytes_of(packed, size),
                        &heluo__v1__scheme_put__descriptor, &unknown, detail);
    if (err == HL_OK && unknown.present) {
        err = hl_fail(detail, HL_EMALFORMED,
                      "field scheme: it has a field that this node does not "
                      "know");
    }
    if (err != HL_OK) {
        return err;
    }
    record_decode(&scheme_record, bytes_of(packed, size), out);
    record_normalise(&scheme_record, out, room);
    return record_validate(&scheme_record, out, detail);
}

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

static hl_err allow_put(struct write_call *write, struct write_context *context,
                        bool *silent, struct hl_detail *detail)
{
    struct scheme scheme;
    struct budget budget;
    (void)silent;
    record_decode(&scheme_record, write->body, &scheme);
    hl_err err =
        find_budget(context->txn, context->number, scheme.id, &budget, detail);
    return err == HL_OK ? budget_may_become(&budget, &scheme, detail) : err;
}

static void respond_put(struct rpc_call *call, Heluo__V1__Written *written)
{
    Heluo__V1__SchemePutResponse response =
        HELUO__V1__SCHEME_PUT_RESPONSE__INIT;
    response.written = written;
    rpc_answer(call, &response.base);
}

static void put(struct rpc_call *call, const ProtobufCMessage *message,
                void *context)
{
    const Heluo__V1__SchemePutRequest *request = (const void *)message;
    struct write_call *write = write_call_new(call, context, sizeof(*write));
    struct hl_detail detail = {0};
    struct writer room = {0};
    struct scheme scheme;
    hl_err err = catalogue_check_owner(write->services, &detail);
    if (err == HL_OK) {
        err = take_scheme(call, request->scheme, &room, &scheme, &detail);
    }
    if (err == HL_OK) {
        write->type = &scheme_record;
        write->body_type = entry_body_type(SCHEME_BODY_PUT, true);
        write->body = write_encode(call, &scheme_record, &scheme);
        write->allow = allow_put;
        write->respond = respond_put;
    }
    writer_fini(&room);
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
        return;
    }
    write_call_submit(write, request->write);
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

static void list(struct rpc_call *call, const ProtobufCMessage *message,
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

/* --- The table. ---------------------------------------------------------- */

#define WRITERS (ROLE_BIT(ROLE_PLATFORM) | ROLE_BIT(ROLE_OPERATOR))
#define READERS (WRITERS | ROLE_BIT(ROLE_COORDINATOR) | ROLE_BIT(ROLE_CLEARING))

const struct rpc_method scheme_methods[] = {
    {.path = "/heluo.v1.Scheme/List",
     .kind = RPC_UNARY,
     .roles = READERS,
     .request = &heluo__v1__scheme_list_request__descriptor,
     .response = &heluo__v1__scheme_list_response__descriptor,
     .request_max_bytes = 4096,
     .handle = list},
    {.path = "/heluo.v1.Scheme/Put",
     .kind = RPC_UNARY,
     .roles = WRITERS,
     .request = &heluo__v1__scheme_put_request__descriptor,
     .response = &heluo__v1__scheme_put_response__descriptor,
     .request_max_bytes = REQUEST_MAX_BYTES,
     .handle = put},
    {0},
};
