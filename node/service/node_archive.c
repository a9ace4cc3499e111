/* SPDX-License-Identifier: Apache-2.0 */

/* Archives: what this node holds, as messages of the sync protocol that carry
 * all that is needed to verify them, and such messages brought by an operator.
 */

#include <string.h>

#include "node/service/blob_call.h"
#include "node/sync/sync_store.h"
#include "protocol/entry/segment.h"

enum {
    ANSWER_BYTES = 1 << 20, /* about so much in one answer */
    SEGMENT_BYTES = 512 << 10,
    MESSAGES_MAX = 64,
};

enum part { PART_CHARTERS, PART_EVIDENCE, PART_JOURNALS, PART_BLOBS, PART_END };

/* One answer in the making. */
struct exporting {
    struct services *services;
    struct rpc_call *call;
    const Heluo__V1__NodeExportRequest *request;
    struct segment_codec *codec;
    Heluo__V1__NodeExportResponse response;
    Heluo__V1__NodeExportCursor cursor;
    struct writer origin; /* of the cursor */
    struct writer blob;   /* likewise: key of the row that was begun last */
    size_t bytes;
};

static bool is_full(const struct exporting *exporting)
{
    return exporting->bytes >= ANSWER_BYTES ||
           exporting->response.n_messages == MESSAGES_MAX;
}

static hl_err add(struct exporting *exporting,
                  const struct sync_message *message)
{
    struct writer raw = {0};
    hl_err err = sync_encode(exporting->codec, message, true, &raw);
    if (err == HL_OK) {
        exporting->response.messages[exporting->response.n_messages++] =
            call_bytes(exporting->call, writer_view(&raw));
        exporting->bytes += raw.size;
    }
    writer_fini(&raw);
    return err;
}

/* --- Charters and evidence: rows of a table, in the order of its keys. ---- */

static hl_err add_rows(struct exporting *exporting, struct store_txn *txn,
                       enum store_table table, enum sync_kind kind, bool *done,
                       struct hl_detail *detail)
{
    struct store_cursor *cursor = NULL;
    struct store_row row;
    uint64_t at = 0;
    hl_err err = store_cursor_open(txn, table, &cursor, detail);
    if (err == HL_OK) {
        err = store_seek(cursor, (struct bytes){0}, &row, detail);
    }
    while (err == HL_OK && row.key.data != NULL && !is_full(exporting)) {
        if (at++ >= exporting->cursor.next) {
            struct sync_message message = {.kind = kind,
                                           .charter = {.raw = row.value}};
            err = add(exporting, &message);
            exporting->cursor.next++;
        }
        if (err == HL_OK) {
            err = store_next(cursor, &row, detail);
        }
    }
    *done = err == HL_OK && row.key.data == NULL;
    store_cursor_close(&cursor);
    return err;
}

/* --- A journal. ---------------------------------------------------------- */

/* What the receiver has of it. */
static uint64_t size_there(const struct exporting *exporting)
{
    for (size_t i = 0; i < exporting->request->n_have; i++) {
        const Heluo__V1__Position *have = exporting->request->have[i];
        if (bytes_equal_text(writer_view(&exporting->origin), have->origin)) {
            return have->size;
        }
    }
    return 0;
}

static hl_err add_segment(struct exporting *exporting,
                          struct journal_view *view, struct hl_detail *detail)
{
    struct writer buffer = {0};
    struct sync_message message = {.kind = SYNC_SEGMENT};
    const struct engine_action action = {
        .kind = ENGINE_SEND_SEGMENT,
        .origin = writer_view(&exporting->origin),
        .from = exporting->cursor.next,
        .size = view->head.size,
        .note = writer_view(&view->note),
        .bytes_max = SEGMENT_BYTES,
    };
    uint64_t next = action.from;
    hl_err err = sync_store_segment(view->txn, &action, &buffer,
                                    &message.segment, &next, detail);
    if (err == HL_OK) {
        err = add(exporting, &message);
    }
    exporting->cursor.next = next;
    writer_fini(&buffer);
    return err;
}

/* What is sealed of it, and this node's own word, where it keeps it. */
static hl_err add_notes(struct exporting *exporting, struct journal_view *view,
                        struct hl_detail *detail)
{
    struct bytes kept;
    struct sync_message sealed = {
        .kind = SYNC_HAVE,
        .have = {.origin = writer_view(&exporting->origin),
                 .sealed = writer_view(&view->sealed_note)}};
    hl_err err = view->sealed.size == 0 ? HL_OK : add(exporting, &sealed);
    if (err == HL_OK) {
        err = journal_checkpoint(view->txn, &view->journal, JOURNAL_KEPT, &kept,
                                 detail);
    }
    if (err == HL_OK && kept.data != NULL) {
        struct sync_message word = {
            .kind = SYNC_KEPT,
            .kept = {.origin = writer_view(&exporting->origin),
                     .checkpoint = kept}};
        err = add(exporting, &word);
    }
    return err;
}

static hl_err add_journal(struct exporting *exporting, struct hl_detail *detail)
{
    struct journal_view view;
    struct writer origin = {0};
    writer_bytes(&origin, writer_view(&exporting->origin));
    writer_u8(&origin, 0);
    hl_err err = journal_view_open(exporting->services,
                                   (const char *)origin.data, &view, detail);
    writer_fini(&origin);
    if (err == HL_ENOTFOUND) { /* nothing signed of it, or no such journal */
        exporting->cursor.next = UINT64_MAX;
        return HL_OK;
    }
    if (err != HL_OK) {
        return err;
    }
    if (exporting->cursor.next == 0) {
        exporting->cursor.next = size_there(exporting);
    }
    while (err == HL_OK && exporting->cursor.next < view.head.size &&
           !is_full(exporting)) {
        err = add_segment(exporting, &view, detail);
    }
    if (err == HL_OK && exporting->cursor.next >= view.head.size) {
        err = add_notes(exporting, &view, detail);
        exporting->cursor.next = UINT64_MAX; /* of this one that was all */
    }
    journal_view_close(&view);
    return err;
}

/* The next origin above the cursor's; *done where there is none. */
static hl_err next_journal(struct exporting *exporting, bool *done,
                           struct hl_detail *detail)
{
    struct store_txn *txn = NULL;
    struct journal journal;
    struct bytes name = {0};
    hl_err err =
        store_begin_read(exporting->services->options.store, &txn, detail);
    if (err == HL_OK) {
        err = journal_next_origin(txn, writer_view(&exporting->origin), &name,
                                  &journal, detail);
    }
    if (err == HL_OK) {
        *done = name.data == NULL;
        writer_clear(&exporting->origin);
        writer_bytes(&exporting->origin, name);
        exporting->cursor.next = 0;
    }
    store_abort(&txn);
    return err;
}

static hl_err add_journals(struct exporting *exporting, bool *done,
                           struct hl_detail *detail)
{
    hl_err err = HL_OK;
    if (exporting->origin.size == 0) {
        err = next_journal(exporting, done, detail);
    }
    while (err == HL_OK && !*done && !is_full(exporting)) {
        err = add_journal(exporting, detail);
        if (err == HL_OK && exporting->cursor.next == UINT64_MAX) {
            err = next_journal(exporting, done, detail);
        }
    }
    return err;
}

/* --- Blobs: by origin and key, part by part. ------------------------------ */

/* The row that the cursor stands in, or, past its parts, the next one. */
static hl_err find_blob(struct exporting *exporting, struct store_txn *txn,
                        uint32_t number, struct row *row, bool *found,
                        struct hl_detail *detail)
{
    struct bytes key = writer_view(&exporting->blob);
    if (exporting->cursor.next > 0) {
        return projection_get(txn, &blob_record, number, key, row, found,
                              detail);
    }
    struct writer next = {0};
    hl_err err = projection_next(txn, &blob_record, number, key, row, &key,
                                 found, detail);
    if (err == HL_OK && *found) {
        writer_bytes(&next, key);
        writer_fini(&exporting->blob);
        exporting->blob = next;
    }
    return err;
}

static hl_err
add_part_of(struct exporting *exporting, const struct blob_store *store,
            const struct blob_name *name, const struct blob_seal *seal,
            const struct blob_leaves *leaves, struct hl_detail *detail)
{
    struct writer bytes = {0};
    struct sync_message message = {
        .kind = SYNC_BLOB_PART,
        .blob_part = {.origin = writer_view(&exporting->origin),
                      .id = name->id,
                      .index = exporting->cursor.next}};
    hl_err err = store->read(store->context, name, seal, exporting->cursor.next,
                             &bytes, detail);
    if (err == HL_OK) {
        message.blob_part.bytes = writer_view(&bytes);
        blob_leaves_prove(leaves, exporting->cursor.next,
                          &message.blob_part.proof);
        err = add(exporting, &message);
    }
    writer_fini(&bytes);
    return err;
}

/* Its parts from the cursor on; one that is not whole here is left out. */
static hl_err add_blob(struct exporting *exporting, const struct row *row,
                       struct hl_detail *detail)
{
    struct blob_store store =
        blob_files_store(exporting->services->blobs.files);
    struct blob_leaves leaves = {0};
    struct blob_put put;
    record_decode(&blob_record, row->record, &put);
    struct blob_name name =
        blob_name_of(writer_view(&exporting->origin), put.id);
    struct blob_seal seal = blob_seal_of(&put);
    uint64_t count = blob_part_count(seal.size);
    hl_err err = row->retired ? HL_ENOTFOUND
                              : store.leaves(store.context, &name, &seal,
                                             &leaves, detail);
    while (err == HL_OK && exporting->cursor.next < count &&
           !is_full(exporting)) {
        err = add_part_of(exporting, &store, &name, &seal, &leaves, detail);
        exporting->cursor.next += err == HL_OK;
    }
    blob_leaves_fini(&leaves);
    if (err == HL_ENOTFOUND || exporting->cursor.next == count) {
        exporting->cursor.next = 0;
        return HL_OK;
    }
    return err;
}

static hl_err add_blobs_of(struct exporting *exporting, bool *done,
                           struct hl_detail *detail)
{
    struct store_txn *txn = NULL;
    struct journal journal;
    bool found = false;
    hl_err err =
        store_begin_read(exporting->services->options.store, &txn, detail);
    if (err == HL_OK) {
        err = journal_find(txn, writer_view(&exporting->origin), &journal,
                           &found, detail);
    }
    while (err == HL_OK && found && !is_full(exporting)) {
        struct row row;
        err = find_blob(exporting, txn, journal.number, &row, &found, detail);
        if (err == HL_OK && found) {
            err = add_blob(exporting, &row, detail);
        }
    }
    *done = err == HL_OK && !found;
    store_abort(&txn);
    return err;
}

static hl_err add_blobs(struct exporting *exporting, bool *done,
                        struct hl_detail *detail)
{
    hl_err err = HL_OK;
    *done =
        !exporting->request->blobs || exporting->services->blobs.files == NULL;
    if (!*done && exporting->origin.size == 0) {
        err = next_journal(exporting, done, detail);
    }
    while (err == HL_OK && !*done && !is_full(exporting)) {
        bool through = false;
        err = add_blobs_of(exporting, &through, detail);
        if (err == HL_OK && through) {
            writer_clear(&exporting->blob);
            err = next_journal(exporting, done, detail);
        }
    }
    return err;
}

/* --- Export. ------------------------------------------------------------- */

static hl_err add_part(struct exporting *exporting, bool *done,
                       struct hl_detail *detail)
{
    struct store_txn *txn = NULL;
    if (exporting->cursor.part == PART_JOURNALS) {
        return add_journals(exporting, done, detail);
    }
    if (exporting->cursor.part == PART_BLOBS) {
        return add_blobs(exporting, done, detail);
    }
    bool charters = exporting->cursor.part == PART_CHARTERS;
    hl_err err =
        store_begin_read(exporting->services->options.store, &txn, detail);
    if (err == HL_OK) {
        err =
            add_rows(exporting, txn, charters ? STORE_CHARTERS : STORE_EVIDENCE,
                     charters ? SYNC_CHARTER : SYNC_EVIDENCE, done, detail);
    }
    store_abort(&txn);
    return err;
}

static hl_err fill(struct exporting *exporting, struct hl_detail *detail)
{
    hl_err err = HL_OK;
    while (err == HL_OK && exporting->cursor.part < PART_END &&
           !is_full(exporting)) {
        bool done = false;
        err = add_part(exporting, &done, detail);
        if (err == HL_OK && done) {
            exporting->cursor.part++;
            exporting->cursor.next = 0;
            writer_clear(&exporting->origin);
        }
    }
    return err;
}

void node_export(struct rpc_call *call, const ProtobufCMessage *message,
                 void *context)
{
    struct exporting exporting = {
        .services = context,
        .call = call,
        .request = (const void *)message,
        .response = HELUO__V1__NODE_EXPORT_RESPONSE__INIT,
        .cursor = HELUO__V1__NODE_EXPORT_CURSOR__INIT,
    };
    struct hl_detail detail = {0};
    const Heluo__V1__NodeExportCursor *from = exporting.request->cursor;
    if (from != NULL) {
        exporting.cursor.part = from->part;
        exporting.cursor.next = from->next;
        writer_bytes(&exporting.origin, bytes_of_text(from->origin));
        writer_bytes(&exporting.blob, bytes_of_binary(&from->blob));
    }
    exporting.codec = segment_codec_create();
    exporting.response.messages = rpc_call_alloc(
        call, (MESSAGES_MAX + 2) * sizeof(exporting.response.messages[0]));
    hl_err err = fill(&exporting, &detail);
    if (err == HL_OK) {
        exporting.cursor.origin =
            call_text(call, writer_view(&exporting.origin));
        exporting.cursor.blob = call_bytes(call, writer_view(&exporting.blob));
        exporting.response.cursor =
            exporting.cursor.part < PART_END ? &exporting.cursor : NULL;
        rpc_answer(call, &exporting.response.base);
    } else {
        rpc_fail(call, err, &detail);
    }
    segment_codec_destroy(exporting.codec);
    writer_fini(&exporting.origin);
    writer_fini(&exporting.blob);
}

/* --- Import. ------------------------------------------------------------- */

struct import_call {
    struct partners_import import; /* first */
    struct rpc_call *call;
};

static void imported(struct partners_import *import, hl_err err, uint64_t size,
                     const char *text)
{
    struct rpc_call *call = ((struct import_call *)import)->call;
    struct hl_detail detail = {0};
    if (err != HL_OK) {
        rpc_fail(call, hl_fail(&detail, err, "%s", text), &detail);
        return;
    }
    Heluo__V1__NodeImportResponse response =
        HELUO__V1__NODE_IMPORT_RESPONSE__INIT;
    response.size = size;
    response.left_out = (char *)(uintptr_t)text;
    rpc_answer(call, &response.base);
}

void node_import(struct rpc_call *call, const ProtobufCMessage *message,
                 void *context)
{
    const Heluo__V1__NodeImportRequest *request = (const void *)message;
    struct services *services = context;
    struct hl_detail detail = {0};
    if (!services->has_partners) {
        rpc_fail(call,
                 hl_fail(&detail, HL_EUNSUPPORTED, "this node has no partners"),
                 &detail);
        return;
    }
    struct import_call *import = rpc_call_alloc(call, sizeof(*import));
    import->call = call;
    import->import.message = bytes_of_binary(&request->message);
    import->import.done = imported;
    services->partners.import(services->partners.context, &import->import);
}
