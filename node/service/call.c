/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "node/service/services_internal.h"
#include "protocol/note/checkpoint.h"
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
                      "this node has no journal '%s' (heluo journal list shows "
                      "those it has)",
                      origin);
    }
    return err;
}

/* The note of that kind, if it is over no more than is here. */
static hl_err read_note(struct journal_view *view,
                        enum journal_checkpoint_kind kind, struct bytes *raw,
                        struct head *head, struct hl_detail *detail)
{
    struct note note = {0};
    struct checkpoint checkpoint;
    hl_err err =
        journal_checkpoint(view->txn, &view->journal, kind, raw, detail);
    *head = head_empty();
    if (err != HL_OK || raw->data == NULL) {
        return err;
    }
    err = note_parse(*raw, &note, detail);
    if (err == HL_OK) {
        err = checkpoint_parse(note.text, &checkpoint, detail);
    }
    note_fini(&note);
    if (err == HL_OK && checkpoint.head.size <= view->journal.frontier.size) {
        *head = checkpoint.head;
    }
    return err;
}

/* Of a partner's journal the newest one may be over more than is here. */
static hl_err read_head(struct journal_view *view, struct hl_detail *detail)
{
    static const enum journal_checkpoint_kind kinds[] = {JOURNAL_NEWEST,
                                                         JOURNAL_WHOLE};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct bytes raw;
        struct head head;
        hl_err err = read_note(view, kinds[i], &raw, &head, detail);
        if (err != HL_OK) {
            return err;
        }
        if (head.size > view->head.size) {
            view->head = head;
            writer_clear(&view->note);
            writer_bytes(&view->note, raw);
        }
    }
    return HL_OK;
}

/* What a quorum cosigned says more than the author's line alone. */
static hl_err read_sealed(struct journal_view *view, struct hl_detail *detail)
{
    struct bytes raw;
    struct head head;
    hl_err err = read_note(view, JOURNAL_SEALED, &raw, &head, detail);
    if (err != HL_OK || head.size == 0 || head.size > view->head.size) {
        return err;
    }
    view->sealed = head;
    writer_bytes(&view->sealed_note, raw);
    if (head_equal(&head, &view->head)) {
        writer_clear(&view->note);
        writer_bytes(&view->note, raw);
    }
    return HL_OK;
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
        err = read_head(view, detail);
    }
    if (err == HL_OK) {
        err = read_sealed(view, detail);
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
    writer_fini(&view->sealed_note);
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
    bool sealed = index < view->sealed.size;
    struct receipt receipt = {
        .has_entry = true,
        .index = index,
        .checkpoint = writer_view(sealed ? &view->sealed_note : &view->note),
    };
    uint64_t size = sealed ? view->sealed.size : view->head.size;
    struct journal_hashes hashes = {
        .txn = view->txn, .journal = view->journal, .detail = detail};
    struct hash_source source = journal_hash_source(&hashes);
    hl_err err = prove_inclusion(&source, index, size, &receipt.proof);
    if (err == HL_OK) {
        err = journal_entry(view->txn, &view->journal, index, &receipt.entry,
                            detail);
    }
    if (err == HL_OK) {
        receipt_write(&receipt, out);
    }
    return err;
}
