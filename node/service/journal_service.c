/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "heluo/v1/journal.pb-c.h"
#include "node/service/services_internal.h"

enum {
    REQUEST_MAX_BYTES = 4096,
    ENTRIES_MAX_BYTES = 1048576,
    ENTRIES_MAX = 16384,
};

static void journal_get_checkpoint(struct rpc_call *call,
                                   const ProtobufCMessage *message,
                                   void *context)
{
    const Heluo__V1__JournalCheckpointRequest *request = (const void *)message;
    struct journal_view view;
    struct hl_detail detail = {0};
    hl_err err = journal_view_open(context, request->origin, &view, &detail);
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
        return;
    }
    Heluo__V1__JournalCheckpointResponse response =
        HELUO__V1__JOURNAL_CHECKPOINT_RESPONSE__INIT;
    response.checkpoint =
        (ProtobufCBinaryData){.len = view.note.size, .data = view.note.data};
    rpc_answer(call, &response.base);
    journal_view_close(&view);
}

static hl_err collect(struct rpc_call *call, struct journal_view *view,
                      uint64_t first, uint64_t count,
                      Heluo__V1__JournalEntriesResponse *response,
                      struct hl_detail *detail)
{
    response->entries =
        rpc_call_alloc(call, count * sizeof(response->entries[0]) + 1);
    struct journal_walk *walk = NULL;
    hl_err err =
        journal_walk_open(view->txn, &view->journal, first, &walk, detail);
    size_t bytes = 0;
    for (uint64_t i = 0; err == HL_OK && i < count; i++) {
        struct bytes entry;
        err = journal_walk_next(walk, &entry, detail);
        if (err != HL_OK || entry.data == NULL ||
            (i > 0 && bytes + entry.size > ENTRIES_MAX_BYTES)) {
            break;
        }
        bytes += entry.size;
        response->entries[i] = call_bytes(call, entry);
        response->n_entries++;
    }
    journal_walk_close(&walk);
    return err;
}

static void journal_get_entries(struct rpc_call *call,
                                const ProtobufCMessage *message, void *context)
{
    const Heluo__V1__JournalEntriesRequest *request = (const void *)message;
    struct journal_view view;
    struct hl_detail detail = {0};
    hl_err err = journal_view_open(context, request->origin, &view, &detail);
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
        return;
    }
    Heluo__V1__JournalEntriesResponse response =
        HELUO__V1__JOURNAL_ENTRIES_RESPONSE__INIT;
    response.first = request->first;
    if (request->first > view.head.size) {
        err = hl_fail(&detail, HL_ENOTFOUND,
                      "first: %" PRIu64 ", and the journal has %" PRIu64
                      " entries",
                      request->first, view.head.size);
    } else {
        uint64_t count = view.head.size - request->first;
        uint64_t most = request->count == 0 || request->count > ENTRIES_MAX
                            ? ENTRIES_MAX
                            : request->count;
        err = collect(call, &view, request->first, count < most ? count : most,
                      &response, &detail);
    }
    if (err == HL_OK) {
        rpc_answer(call, &response.base);
    } else {
        rpc_fail(call, err, &detail);
    }
    journal_view_close(&view);
}

/* A tile as the published head has it: a partial one may be wider by now. */
static hl_err read_tile(struct journal_view *view, const struct tile *tile,
                        struct writer *out, struct hl_detail *detail)
{
    unsigned width = tile_width(tile->level, tile->index, view->head.size);
    if (width < tile->width) {
        return hl_fail(detail, HL_ENOTFOUND,
                       "path: a journal of %" PRIu64
                       " entries has no such tile%s",
                       view->head.size, width == 0 ? "" : " of that width");
    }
    return journal_tile(view->txn, &view->journal, tile, out, detail);
}

static void journal_get_tile(struct rpc_call *call,
                             const ProtobufCMessage *message, void *context)
{
    const Heluo__V1__JournalTileRequest *request = (const void *)message;
    struct journal_view view;
    struct hl_detail detail = {0};
    struct tile tile;
    hl_err err = tile_path_parse(bytes_of_text(request->path), &tile, &detail);
    if (err == HL_OK) {
        err = journal_view_open(context, request->origin, &view, &detail);
    }
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
        return;
    }
    struct writer bytes = {0};
    err = read_tile(&view, &tile, &bytes, &detail);
    if (err == HL_OK) {
        Heluo__V1__JournalTileResponse response =
            HELUO__V1__JOURNAL_TILE_RESPONSE__INIT;
        response.tile =
            (ProtobufCBinaryData){.len = bytes.size, .data = bytes.data};
        rpc_answer(call, &response.base);
    } else {
        rpc_fail(call, err, &detail);
    }
    writer_fini(&bytes);
    journal_view_close(&view);
}

static void journal_get_receipt(struct rpc_call *call,
                                const ProtobufCMessage *message, void *context)
{
    const Heluo__V1__JournalReceiptRequest *request = (const void *)message;
    struct journal_view view;
    struct hl_detail detail = {0};
    hl_err err = journal_view_open(context, request->origin, &view, &detail);
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
        return;
    }
    struct writer text = {0};
    err = journal_view_receipt(&view, request->index, &text, &detail);
    if (err == HL_OK) {
        Heluo__V1__JournalReceiptResponse response =
            HELUO__V1__JOURNAL_RECEIPT_RESPONSE__INIT;
        response.receipt =
            (ProtobufCBinaryData){.len = text.size, .data = text.data};
        rpc_answer(call, &response.base);
    } else {
        rpc_fail(call, err, &detail);
    }
    writer_fini(&text);
    journal_view_close(&view);
}

static hl_err prove(struct journal_view *view, uint64_t old_size,
                    uint64_t new_size, struct proof *proof,
                    struct hl_detail *detail)
{
    if (old_size == 0 || old_size > new_size || new_size > view->head.size) {
        return hl_fail(detail, HL_EMALFORMED,
                       "old_size, new_size: need 1 <= %" PRIu64 " <= %" PRIu64
                       " <= %" PRIu64,
                       old_size, new_size, view->head.size);
    }
    struct journal_hashes hashes = {
        .txn = view->txn, .journal = view->journal, .detail = detail};
    struct hash_source source = journal_hash_source(&hashes);
    return prove_consistency(&source, old_size, new_size, proof);
}

static void journal_get_consistency(struct rpc_call *call,
                                    const ProtobufCMessage *message,
                                    void *context)
{
    const Heluo__V1__JournalConsistencyRequest *request = (const void *)message;
    struct journal_view view;
    struct hl_detail detail = {0};
    hl_err err = journal_view_open(context, request->origin, &view, &detail);
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
        return;
    }
    Heluo__V1__JournalConsistencyResponse response =
        HELUO__V1__JOURNAL_CONSISTENCY_RESPONSE__INIT;
    response.new_size =
        request->new_size == 0 ? view.head.size : request->new_size;
    struct proof proof;
    ProtobufCBinaryData hashes[HL_PROOF_HASHES_MAX];
    err = prove(&view, request->old_size, response.new_size, &proof, &detail);
    if (err == HL_OK) {
        for (size_t i = 0; i < proof.count; i++) {
            hashes[i] = (ProtobufCBinaryData){.len = HL_HASH_BYTES,
                                              .data = proof.hashes[i].bytes};
        }
        response.hashes = hashes;
        response.n_hashes = proof.count;
        rpc_answer(call, &response.base);
    } else {
        rpc_fail(call, err, &detail);
    }
    journal_view_close(&view);
}

/* Everybody who is admitted may audit. */
#define METHOD(name_, type_, handle_)                                          \
    {                                                                          \
        .path = "/heluo.v1.Journal/" name_, .kind = RPC_UNARY,                 \
        .roles = ROLE_ALL,                                                     \
        .request = &heluo__v1__journal_##type_##_request__descriptor,          \
        .response = &heluo__v1__journal_##type_##_response__descriptor,        \
        .request_max_bytes = REQUEST_MAX_BYTES, .handle = (handle_)            \
    }

const struct rpc_method journal_methods[] = {
    METHOD("Checkpoint", checkpoint, journal_get_checkpoint),
    METHOD("Entries", entries, journal_get_entries),
    METHOD("Tile", tile, journal_get_tile),
    METHOD("Receipt", receipt, journal_get_receipt),
    METHOD("Consistency", consistency, journal_get_consistency),
    {0},
};
