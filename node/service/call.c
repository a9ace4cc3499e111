/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "node/service/services_internal.h"
#include "protocol/note/receipt.h"

char *call_text(struct rpc_call *call, struct bytes text)
{
    char *copy = rpc_call_alloc(call, text.size + 1);
    if (text.size > 0) {
        memcpy(copy, text.data, text.size);
    }
    return copy;
}

ProtobufCBinaryData call_bytes(struct rpc_call *call, struct bytes bytes)
{
    return (ProtobufCBinaryData){
        .len = bytes.size,
        .data = (uint8_t *)call_text(call, bytes),
    };
}

struct bytes bytes_of_binary(const ProtobufCBinaryData *data)
{
    return bytes_of(data->data, data->len);
}

static hl_err find_journal(struct journal_view *view, const char *origin,
                           struct hl_detail *detail)
{
    bool found = false;
    hl_err err = journal_find(view->txn, bytes_of_text(origin), &view->journal,
                              &found, detail);
    if (err == HL_OK && !found) {
        err = hl_fail(detail, HL_ENOTFOUND,
                      "this node has no journal '%s' (Node.Journals lists "
                      "those it has)",
                      origin);
    }
    return err;
}

static hl_err read_head(struct journal_view *view, const char *origin,
                        struct hl_detail *detail)
{
    struct bytes note;
    hl_err err = journal_checkpoint(view->txn, &view->journal, JOURNAL_NEWEST,
                                    &note, detail);
    if (err == HL_OK && note.data == NULL) {
        err = hl_fail(detail, HL_ENOTFOUND,
                      "nothing signed of '%s' is here yet", origin);
    }
    if (err == HL_OK) {
        view->head = journal_head(&view->journal);
        writer_bytes(&view->note, note);
    }
    return err;
}

hl_err journal_view_open(struct services *services, const char *origin,
                         struct journal_view *view, struct hl_detail *detail)
{
    *view = (struct journal_view){0};
    view->own = origin[0] == '\0' || strcmp(origin, services->origin) == 0;
    if (view->own) {
        origin = services->origin;
        /* Before the snapshot, which then has at least that much. */
        writer_published(services->writer, &view->head, NULL, &view->note);
    }
    hl_err err = store_begin_read(services->options.store, &view->txn, detail);
    if (err == HL_OK) {
        err = find_journal(view, origin, detail);
    }
    if (err == HL_OK && !view->own) {
        err = read_head(view, origin, detail);
    }
    if (err == HL_OK && view->note.size == 0) {
        err = hl_fail(detail, HL_ENOTFOUND,
                      "nothing signed of '%s' is here yet", origin);
    }
    if (err != HL_OK) {
        journal_view_close(view);
    }
    return err;
}

void journal_view_close(struct journal_view *view)
{
    store_abort(&view->txn);
    writer_fini(&view->note);
}

hl_err journal_view_receipt(struct journal_view *view, uint64_t index,
                            struct writer *out, struct hl_detail *detail)
{
    if (index >= view->head.size) {
        return hl_fail(detail, HL_ENOTFOUND,
                       "there is no entry %" PRIu64
                       ": the journal has %" PRIu64,
                       index, view->head.size);
    }
    struct receipt receipt = {
        .has_entry = true,
        .index = index,
        .checkpoint = writer_view(&view->note),
    };
    struct journal_hashes hashes = {
        .txn = view->txn, .journal = view->journal, .detail = detail};
    struct hash_source source = journal_hash_source(&hashes);
    hl_err err =
        prove_inclusion(&source, index, view->head.size, &receipt.proof);
    if (err == HL_OK) {
        err = journal_entry(view->txn, &view->journal, index, &receipt.entry,
                            detail);
    }
    if (err == HL_OK) {
        receipt_write(&receipt, out);
    }
    return err;
}
