/* SPDX-License-Identifier: Apache-2.0 */

/* The service Blob: what it lists, and erasing. */

#include <string.h>

#include "node/service/blob_call.h"
#include "protocol/entry/origin.h"

enum {
    PUT_MAX_BYTES = 1048576 + 8192,
    READ_MAX_BYTES = 4096,
    PAGE = 100,
    PAGE_MAX = 1000,
    OPEN_MAX = 32,
};

hl_err blob_check_kept(const struct services *services,
                       struct hl_detail *detail)
{
    if (services->blobs.files == NULL) {
        return hl_fail(detail, HL_EUNSUPPORTED, "this node keeps no blobs");
    }
    return services->blobs.key_count > 0
               ? HL_OK
               : hl_fail(detail, HL_EUNSUPPORTED,
                         "this node has no encryption key: heluo key new "
                         "encryption, and encryption_keys in its "
                         "configuration");
}

struct blob_name blob_name_of(struct bytes origin, struct bytes id)
{
    struct blob_name name = {0};
    struct bytes node = origin_node(origin);
    size_t size =
        node.size < sizeof(name.node) ? node.size : sizeof(name.node) - 1;
    memcpy(name.node, node.data, size);
    memcpy(name.id.bytes, id.data, HL_HASH_BYTES);
    return name;
}

static hl_err find_row(struct store_txn *txn, uint32_t number, struct bytes id,
                       struct row *row, bool *found, struct hl_detail *detail)
{
    struct writer key = {0};
    struct blob_erase erase = {.id = id};
    record_key(&blob_erasing, &erase, &key);
    hl_err err = projection_get(txn, &blob_record, number, writer_view(&key),
                                row, found, detail);
    writer_fini(&key);
    return err;
}

static hl_err no_journal(struct bytes origin, struct hl_detail *detail)
{
    return hl_fail(detail, HL_ENOTFOUND,
                   "origin: no journal of %.*s is here (it is called "
                   "ALLIANCE/NODE)",
                   BYTES_ARGS(origin));
}

hl_err blob_find(struct store_txn *txn, struct bytes origin, struct bytes id,
                 struct row *row, struct blob_put *put,
                 struct hl_detail *detail)
{
    struct journal journal;
    bool found = false;
    if (id.size != HL_HASH_BYTES) {
        return hl_fail(detail, HL_EMALFORMED, "field id: %zu bytes, not %d",
                       id.size, HL_HASH_BYTES);
    }
    hl_err err = journal_find(txn, origin, &journal, &found, detail);
    if (err == HL_OK && !found) {
        return no_journal(origin, detail);
    }
    if (err == HL_OK) {
        err = find_row(txn, journal.number, id, row, &found, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    if (!found) {
        return hl_fail(detail, HL_ENOTFOUND,
                       "the journal %.*s says nothing of such a blob, as far "
                       "as it is here",
                       BYTES_ARGS(origin));
    }
    record_decode(&blob_record, row->record, put);
    return HL_OK;
}

/* --- List. --------------------------------------------------------------- */

struct listing {
    struct services *services;
    struct rpc_call *call;
    struct store_txn *txn;
    Heluo__V1__BlobView **views;
    size_t count, max;
    struct writer origin, key; /* of the last one */
};

static void put_readers(struct rpc_call *call, struct bytes readers,
                        Heluo__V1__BlobView *view)
{
    struct bytes node;
    view->readers =
        rpc_call_alloc(call, HL_BLOB_READERS_MAX * sizeof(view->readers[0]));
    while (view->n_readers < HL_BLOB_READERS_MAX &&
           blob_next_reader(&readers, &node)) {
        view->readers[view->n_readers++] = call_text(call, node);
    }
}

static void put_held(struct services *services, const struct blob_name *name,
                     const struct blob_seal *seal, Heluo__V1__BlobView *view)
{
    struct blob_held held = {0};
    if (services->blobs.files == NULL || view->erased) {
        return;
    }
    struct blob_store store = blob_files_store(services->blobs.files);
    store.held(store.context, name, seal, &held);
    view->whole = held.whole;
    view->held = held.whole ? seal->size : held.parts * BLOB_PART_BYTES;
}

static void add_view(struct listing *listing, struct bytes origin,
                     const struct row *row)
{
    struct rpc_call *call = listing->call;
    struct blob_put put;
    Heluo__V1__BlobView *view = rpc_call_alloc(call, sizeof(*view));
    record_decode(&blob_record, row->record, &put);
    heluo__v1__blob_view__init(view);
    view->origin = call_text(call, origin);
    view->id = call_bytes(call, put.id);
    view->kind = (Heluo__V1__BlobKind)put.kind;
    view->size = put.size;
    view->root = call_bytes(call, put.root);
    view->reads = blob_has_reader(
        &put, origin_node(bytes_of_text(listing->services->origin)));
    view->erased = row->retired;
    view->key_version = (uint32_t)put.key_version;
    view->key_digest = call_bytes(call, put.key_digest);
    view->index = row->index;
    view->recorded_at_ms = (uint64_t)row->recorded_at.ms;
    put_readers(call, put.readers, view);
    struct blob_name name = blob_name_of(origin, put.id);
    struct blob_seal seal = blob_seal_of(&put);
    put_held(listing->services, &name, &seal, view);
    listing->views[listing->count++] = view;
}

static hl_err list_half(struct listing *listing, struct bytes origin,
                        uint32_t number, struct hl_detail *detail)
{
    bool found = true;
    hl_err err = HL_OK;
    while (err == HL_OK && listing->count < listing->max) {
        struct row row;
        struct bytes key;
        err = projection_next(listing->txn, &blob_record, number,
                              writer_view(&listing->key), &row, &key, &found,
                              detail);
        if (err != HL_OK || !found) {
            break;
        }
        add_view(listing, origin, &row);
        struct writer next = {0};
        writer_bytes(&next, key);
        writer_fini(&listing->key);
        listing->key = next;
    }
    return err;
}

static hl_err not_ours(struct hl_detail *detail)
{
    return hl_fail(detail, HL_EMALFORMED, "page_token: none of this node");
}

/* From where the last page ended, through the journals in their order. */
static hl_err list_all(struct listing *listing, const char *only,
                       struct hl_detail *detail)
{
    struct journal journal;
    bool found = false;
    struct bytes name = writer_view(&listing->origin);
    if (only[0] != '\0') {
        name = bytes_of_text(only);
    }
    hl_err err = HL_OK;
    if (name.size > 0) {
        err = journal_find(listing->txn, name, &journal, &found, detail);
        if (err == HL_OK && !found) {
            err = only[0] == '\0' ? not_ours(detail) : no_journal(name, detail);
        }
        if (err == HL_OK) {
            err = list_half(listing, name, journal.number, detail);
        }
    }
    while (err == HL_OK && only[0] == '\0' && listing->count < listing->max) {
        err = journal_next_origin(listing->txn, writer_view(&listing->origin),
                                  &name, &journal, detail);
        if (err != HL_OK || name.data == NULL) {
            break;
        }
        writer_clear(&listing->origin);
        writer_bytes(&listing->origin, name);
        writer_clear(&listing->key);
        err = list_half(listing, name, journal.number, detail);
    }
    return err;
}

/* A token: u8 size of the origin, the origin, the key. */
static hl_err read_token(struct listing *listing,
                         const ProtobufCBinaryData *token,
                         struct hl_detail *detail)
{
    if (token->len == 0) {
        return HL_OK;
    }
    size_t size = token->data[0];
    if (token->len < 1 + size || token->len > STORE_KEY_MAX_BYTES) {
        return not_ours(detail);
    }
    writer_bytes(&listing->origin, bytes_of(token->data + 1, size));
    writer_bytes(&listing->key,
                 bytes_of(token->data + 1 + size, token->len - 1 - size));
    return HL_OK;
}

static ProtobufCBinaryData write_token(struct listing *listing,
                                       const char *only)
{
    struct writer token = {0};
    struct bytes origin =
        only[0] != '\0' ? bytes_of_text(only) : writer_view(&listing->origin);
    writer_u8(&token, (uint8_t)origin.size);
    writer_bytes(&token, origin);
    writer_bytes(&token, writer_view(&listing->key));
    ProtobufCBinaryData out = call_bytes(listing->call, writer_view(&token));
    writer_fini(&token);
    return out;
}

static hl_err list_one(struct listing *listing,
                       const Heluo__V1__BlobListRequest *request,
                       struct hl_detail *detail)
{
    struct row row;
    struct blob_put put;
    struct bytes origin =
        bytes_of_text(request->origin[0] != '\0' ? request->origin
                                                 : listing->services->origin);
    hl_err err = blob_find(listing->txn, origin, bytes_of_binary(&request->id),
                           &row, &put, detail);
    if (err == HL_OK) {
        add_view(listing, origin, &row);
    }
    return err;
}

static void blob_service_list(struct rpc_call *call,
                              const ProtobufCMessage *message, void *context)
{
    const Heluo__V1__BlobListRequest *request = (const void *)message;
    struct services *services = context;
    struct hl_detail detail = {0};
    struct listing listing = {
        .services = services,
        .call = call,
        .max = request->page_size == 0 ? PAGE : request->page_size,
    };
    if (listing.max > PAGE_MAX) {
        rpc_fail(call,
                 hl_fail(&detail, HL_ELIMIT, "page_size: at most %d", PAGE_MAX),
                 &detail);
        return;
    }
    listing.views =
        rpc_call_alloc(call, listing.max * sizeof(listing.views[0]));
    hl_err err = read_token(&listing, &request->page_token, &detail);
    if (err == HL_OK) {
        err = store_begin_read(services->options.store, &listing.txn, &detail);
    }
    if (err == HL_OK) {
        err = request->id.len > 0
                  ? list_one(&listing, request, &detail)
                  : list_all(&listing, request->origin, &detail);
    }
    if (err == HL_OK) {
        Heluo__V1__BlobListResponse response =
            HELUO__V1__BLOB_LIST_RESPONSE__INIT;
        response.blobs = listing.views;
        response.n_blobs = listing.count;
        if (listing.count == listing.max && request->id.len == 0) {
            response.next_page_token = write_token(&listing, request->origin);
        }
        rpc_answer(call, &response.base);
    } else {
        rpc_fail(call, err, &detail);
    }
    store_abort(&listing.txn);
    writer_fini(&listing.origin);
    writer_fini(&listing.key);
}

/* --- Erase. -------------------------------------------------------------- */

static void respond_erase(struct write_call *write, Heluo__V1__Written *written)
{
    Heluo__V1__BlobEraseResponse response =
        HELUO__V1__BLOB_ERASE_RESPONSE__INIT;
    response.written = written;
    rpc_answer(write->call, &response.base);
}

static hl_err allow_erase(struct write_call *write,
                          struct write_context *context, bool *silent,
                          struct hl_detail *detail)
{
    struct row row;
    struct blob_put put;
    struct blob_erase erase;
    (void)silent;
    record_decode(&blob_erasing, write->body, &erase);
    hl_err err = blob_find(context->txn, bytes_of_text(write->services->origin),
                           erase.id, &row, &put, detail);
    if (err == HL_OK && row.retired) {
        return hl_fail(detail, HL_ENOTFOUND, "it was erased before");
    }
    bool may = rpc_call_caller(write->call)->identity.role != ROLE_PLATFORM;
    return err == HL_OK && put.key_version != 0 && !may
               ? hl_fail(detail, HL_EDENIED,
                         "it is a key of fingerprints, which an operator of "
                         "this node takes back")
               : err;
}

static void blob_service_erase(struct rpc_call *call,
                               const ProtobufCMessage *message, void *context)
{
    const Heluo__V1__BlobEraseRequest *request = (const void *)message;
    struct write_call *write = write_call_new(call, context, sizeof(*write));
    struct hl_detail detail = {0};
    struct blob_erase erase = {.id = bytes_of_binary(&request->id)};
    hl_err err = record_validate(&blob_erasing, &erase, &detail);
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
        return;
    }
    write->type = &blob_erasing;
    write->body_type = entry_body_type(BLOB_BODY_ERASE, false);
    write->body = write_encode(call, &blob_erasing, &erase);
    write->allow = allow_erase;
    write->respond = respond_erase;
    write_call_submit(write, request->write);
}

/* --- The table. ---------------------------------------------------------- */

#define WRITERS (ROLE_BIT(ROLE_PLATFORM) | ROLE_BIT(ROLE_OPERATOR))
#define KEY_MAKERS (ROLE_BIT(ROLE_OPERATOR) | ROLE_BIT(ROLE_COORDINATOR))
#define READERS (WRITERS | ROLE_BIT(ROLE_COORDINATOR) | ROLE_BIT(ROLE_CLEARING))

#define METHOD(name_, kind_, roles_, type_, max_, handle_)                     \
    {                                                                          \
        .path = "/heluo.v1.Blob/" name_, .kind = (kind_), .roles = (roles_),   \
        .request = &heluo__v1__blob_##type_##_request__descriptor,             \
        .response = &heluo__v1__blob_##type_##_response__descriptor,           \
        .request_max_bytes = (max_), .open_max = OPEN_MAX, .handle = (handle_) \
    }

const struct rpc_method blob_methods[] = {
    METHOD("Put", RPC_UNARY, WRITERS, put, PUT_MAX_BYTES, blob_service_put),
    METHOD("PutFingerprintKey", RPC_UNARY, KEY_MAKERS, put_fingerprint_key,
           READ_MAX_BYTES, blob_service_key),
    METHOD("Get", RPC_SERVER_STREAM, WRITERS, get, READ_MAX_BYTES,
           blob_service_get),
    METHOD("List", RPC_UNARY, READERS, list, READ_MAX_BYTES, blob_service_list),
    METHOD("Erase", RPC_UNARY, WRITERS, erase, READ_MAX_BYTES,
           blob_service_erase),
    {0},
};
