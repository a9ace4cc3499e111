/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "node/service/services_internal.h"

enum { REQUEST_MAX_BYTES = 65536, BATCH_MAX_BYTES = 4194304 };

/* --- Get. ---------------------------------------------------------------- */

static void add_positions(struct rpc_call *call,
                          const struct positions *positions,
                          Heluo__V1__CatalogueGetResponse *response)
{
    response->n_as_of = positions->count;
    response->as_of =
        rpc_call_alloc(call, positions->count * sizeof(response->as_of[0]) + 1);
    for (size_t i = 0; i < positions->count; i++) {
        Heluo__V1__Position *position = rpc_call_alloc(call, sizeof(*position));
        heluo__v1__position__init(position);
        position->origin =
            call_text(call, bytes_of_text(positions->items[i].origin));
        position->size = positions->items[i].size;
        response->as_of[i] = position;
    }
}

static hl_err collect_homes(struct rpc_call *call, struct store_txn *txn,
                            const struct record_kind *kind, const void *key,
                            struct record_views *list, struct hl_detail *detail)
{
    struct bytes after = {0};
    for (;;) {
        struct journal journal;
        struct bytes name;
        struct row row;
        bool found = false;
        hl_err err = journal_next_origin(txn, after, &name, &journal, detail);
        if (err != HL_OK || name.data == NULL) {
            return err;
        }
        err = record_find(txn, journal.number, kind, key, &row, &found, detail);
        if (err != HL_OK) {
            return err;
        }
        struct record_home home = {0};
        if (found && kind->homed) {
            err = record_home_of(txn, kind, name, &row, &home, detail);
        }
        if (err != HL_OK) {
            return err;
        }
        if (found && !record_is_elsewhere(&home, name, &row)) {
            Heluo__V1__RecordView *view = record_view(call, kind, name, &row);
            record_view_home(call, view, &home);
            record_views_add(call, list, view);
        }
        after = name;
    }
}

static void get(struct rpc_call *call, const ProtobufCMessage *message,
                void *context)
{
    const Heluo__V1__CatalogueGetRequest *request = (const void *)message;
    struct services *services = context;
    const struct record_kind *kind;
    union record_room key;
    struct hl_detail detail = {0};
    struct store_txn *txn = NULL;
    struct record_views list = {0};
    struct positions positions = {0};
    Heluo__V1__CatalogueGetResponse response =
        HELUO__V1__CATALOGUE_GET_RESPONSE__INIT;

    hl_err err = record_key_of_request(call, services, request->key, "", &kind,
                                       &key, &detail);
    if (err == HL_OK) {
        err = store_begin_read(services->options.store, &txn, &detail);
    }
    if (err == HL_OK) {
        err = positions_now(txn, &positions, &detail);
    }
    if (err == HL_OK) {
        err = collect_homes(call, txn, kind, &key, &list, &detail);
    }
    if (err == HL_OK && list.count == 0) {
        err = hl_fail(&detail, HL_ENOTFOUND, "no %s is known here",
                      record_name_text(call, kind, &key));
    }
    store_abort(&txn);
    if (err == HL_OK) {
        response.records = list.items;
        response.n_records = list.count;
        add_positions(call, &positions, &response);
    }
    positions_fini(&positions);
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
    } else {
        rpc_answer(call, &response.base);
    }
}

/* --- The table. ---------------------------------------------------------- */

#define WRITERS (ROLE_BIT(ROLE_PLATFORM) | ROLE_BIT(ROLE_OPERATOR))
#define READERS (WRITERS | ROLE_BIT(ROLE_COORDINATOR) | ROLE_BIT(ROLE_CLEARING))

#define METHOD(name_, kind_, roles_, type_, max_, handle_)                     \
    {                                                                          \
        .path = "/heluo.v1.Catalogue/" name_, .kind = (kind_),                 \
        .roles = (roles_),                                                     \
        .request = &heluo__v1__catalogue_##type_##_request__descriptor,        \
        .response = &heluo__v1__catalogue_##type_##_response__descriptor,      \
        .request_max_bytes = (max_), .handle = (handle_)                       \
    }

const struct rpc_method catalogue_methods[] = {
    METHOD("Put", RPC_UNARY, WRITERS, put, REQUEST_MAX_BYTES, catalogue_put),
    {.path = "/heluo.v1.Catalogue/PutBatch",
     .kind = RPC_UNARY,
     .roles = WRITERS,
     .request = &heluo__v1__catalogue_put_batch_request__descriptor,
     .response = &heluo__v1__catalogue_put_batch_response__descriptor,
     .request_max_bytes = BATCH_MAX_BYTES,
     /* The largest messages that are unpacked: the bound of their memory.
      * Those of two fill the writer's queue. */
     .open_max = 16,
     .handle = catalogue_put_batch},
    METHOD("Retire", RPC_UNARY, WRITERS, retire, REQUEST_MAX_BYTES,
           catalogue_retire),
    METHOD("Contact", RPC_UNARY, WRITERS, contact, REQUEST_MAX_BYTES,
           catalogue_contact),
    METHOD("EraseContact", RPC_UNARY, WRITERS, erase_contact, REQUEST_MAX_BYTES,
           catalogue_erase_contact),
    METHOD("Release", RPC_UNARY, WRITERS, release, REQUEST_MAX_BYTES,
           catalogue_release),
    METHOD("Take", RPC_UNARY, WRITERS, take, REQUEST_MAX_BYTES, catalogue_take),
    METHOD("Refuse", RPC_UNARY, WRITERS, refuse, REQUEST_MAX_BYTES,
           catalogue_refuse),
    METHOD("Moves", RPC_UNARY, READERS, moves, REQUEST_MAX_BYTES,
           catalogue_moves),
    METHOD("Get", RPC_UNARY, READERS, get, REQUEST_MAX_BYTES, get),
    METHOD("List", RPC_UNARY, READERS, list, TOKEN_MAX_BYTES, catalogue_list),
    {.path = "/heluo.v1.Catalogue/Watch",
     .kind = RPC_SERVER_STREAM,
     .roles = READERS,
     .request = &heluo__v1__catalogue_watch_request__descriptor,
     .response = &heluo__v1__catalogue_change__descriptor,
     .request_max_bytes = TOKEN_MAX_BYTES,
     .open_max = 1024,
     .handle = catalogue_watch},
    {0},
};
