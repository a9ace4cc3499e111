/* SPDX-License-Identifier: Apache-2.0 */

/* A list of records as a stream. Each request is a round of commands; the next
 * is read when the writer has answered that, and what the caller may make this
 * hold is bounded: a request, the marks of a million keys, a strict list's 8
 * MiB, and a thousand refusals. */

#include "node/service/catalogue_import.h"

#include <stdio.h>
#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/reader.h"

typedef Heluo__V1__CatalogueImportRequest__Row row_t;

/* --- Rounds. ------------------------------------------------------------- */

uint64_t import_mark(struct bytes bytes)
{
    struct hl_hash hash = hash_bytes(bytes);
    struct reader reader;
    reader_init(&reader, bytes_of(hash.bytes, HL_HASH_BYTES));
    return reader_u64(&reader);
}

static void begin_round(struct import_stream *import, size_t capacity)
{
    struct rpc_call *call = import->batch.call;
    import->mark = rpc_call_mark(call);
    import->items = rpc_call_alloc(call, capacity * sizeof(import->items[0]));
    import->numbers =
        rpc_call_alloc(call, capacity * sizeof(import->numbers[0]));
    import->count = 0;
    records_begin(&import->batch);
}

struct batch_item *import_item(struct import_stream *import, uint32_t number)
{
    struct batch_item *item = &import->items[import->count];
    import->numbers[import->count++] = number;
    records_item_init(&import->batch, item);
    return item;
}

static void end_round(struct import_stream *import)
{
    rpc_call_release(import->batch.call, import->mark);
    import->items = NULL;
    import->count = 0;
}

static void note_refusal(struct import_stream *import, uint32_t number,
                         const char *error, const char *text)
{
    uint64_t count = import->response.failed++;
    if (count >= IMPORT_REFUSALS_MAX) {
        return;
    }
    if ((count & (count - 1)) == 0) { /* room for twice as many */
        import->refusals =
            hl_realloc(import->refusals, count == 0 ? 1 : (size_t)count * 2,
                       sizeof(import->refusals[0]));
    }
    struct import_refusal *refusal = &import->refusals[count];
    refusal->number = number;
    refusal->error = error;
    snprintf(refusal->text, sizeof(refusal->text), "%s", text);
}

static void refuse(struct import_stream *import, uint32_t number, hl_err err,
                   const struct hl_detail *detail)
{
    note_refusal(import, number, hl_err_name(err), detail->text);
}

static void tally(struct import_stream *import, const struct batch_item *item,
                  uint32_t number)
{
    Heluo__V1__CatalogueImportResponse *response = &import->response;
    if (item->result.error[0] != '\0') {
        if (import->stage != IMPORT_RETIRING) {
            note_refusal(import, number, item->result.error, item->result.text);
        } else if (response->not_retired[0] == '\0') {
            snprintf(import->unretired, sizeof(import->unretired), "%s",
                     item->result.text); /* which goes with the round */
            response->not_retired = import->unretired;
        }
        return;
    }
    if (import->stage == IMPORT_RETIRING) {
        response->retired++;
        return;
    }
    switch (item->result.outcome) {
    case HELUO__V1__PUT_OUTCOME__PUT_OUTCOME_NEW:
        response->created++;
        break;
    case HELUO__V1__PUT_OUTCOME__PUT_OUTCOME_CHANGED:
        response->changed++;
        break;
    default:
        response->unchanged++;
        break;
    }
}

static void round_answered(struct records *batch)
{
    struct import_stream *import = (struct import_stream *)batch;
    for (size_t i = 0; i < import->count; i++) {
        tally(import, &import->items[i], import->numbers[i]);
    }
    end_round(import);
    rpc_read_on(batch->call);
}

static void submit_round(struct import_stream *import)
{
    struct hl_detail detail = {0};
    struct rpc_call *call = import->batch.call;
    hl_err err = records_submit(&import->batch, &detail);
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
    }
}

/* --- Rows. --------------------------------------------------------------- */

/* Whether the row is to be put; else it is refused, or the same as one before.
 */
static bool is_first(struct import_stream *import, uint32_t number,
                     const union record_room *record)
{
    const struct record_type *type = import->kind->type;
    struct writer text = {0};
    struct hl_detail detail = {0};
    uint32_t former = 0, line = 0;
    record_key(type, record, &text);
    uint64_t key = import_mark(writer_view(&text));
    writer_clear(&text);
    record_encode(type, record, &text);
    uint32_t content = (uint32_t)import_mark(writer_view(&text));
    writer_fini(&text);
    if (!seen_add(import->seen, key, content, number, &former, &line)) {
        return true;
    }
    if (former == content) {
        import->response.twice++;
    } else {
        hl_err err =
            hl_fail(&detail, HL_EMALFORMED,
                    "the same key as row %u, with another content", line);
        refuse(import, number, err, &detail);
    }
    return false;
}

/* The key of a refused row is in the list, too, if it is one. */
static void note_refused(struct import_stream *import, uint32_t number,
                         const union record_room *record)
{
    union record_room key;
    struct writer text = {0};
    uint32_t former = 0, line = 0;
    import_retirement_of(import->kind, record, &key);
    if (record_validate(import->kind->retiring, &key, NULL) != HL_OK) {
        import->unidentified++;
        return;
    }
    record_key(import->kind->type, record, &text);
    seen_add(import->seen, import_mark(writer_view(&text)), UINT32_MAX, number,
             &former, &line);
    writer_fini(&text);
}

static hl_err spool(struct import_stream *import, const row_t *row,
                    uint32_t number, struct hl_detail *detail)
{
    struct writer *spool = &import->spool;
    row_t numbered = *row;
    numbered.number = number;
    size_t size = protobuf_c_message_get_packed_size(&numbered.base);
    if (spool->size + size > IMPORT_STRICT_MAX_BYTES) {
        return hl_fail(detail, HL_ELIMIT,
                       "a strict list has at most %d bytes: send it as "
                       "dry_run, and then once more, not strict",
                       IMPORT_STRICT_MAX_BYTES);
    }
    uint8_t *packed = hl_alloc(1, size + 1);
    protobuf_c_message_pack(&numbered.base, packed);
    writer_u32(spool, (uint32_t)size);
    writer_bytes(spool, bytes_of(packed, size));
    hl_free(packed);
    return HL_OK;
}

/* An item of a row that may be put; NULL: it is refused, or there already. */
static struct batch_item *make_item(struct import_stream *import,
                                    const row_t *row, uint32_t number)
{
    struct rpc_call *call = import->batch.call;
    struct hl_detail detail = {0};
    const struct record_kind *kind;
    union record_room record;
    hl_err err = record_of_request(call, import->batch.services, row->record,
                                   &kind, &record, &detail);
    if (err == HL_OK && kind != import->kind) {
        err = hl_fail(&detail, HL_EMALFORMED,
                      "a record of another kind: %s, in a list of %s",
                      kind->word, import->kind->word);
    }
    if (err == HL_OK) {
        err = records_find_home(&import->batch, kind, &record, &detail);
    }
    if (err != HL_OK) {
        import->unidentified++;
        refuse(import, number, err, &detail);
        return NULL;
    }
    err = record_validate(kind->type, &record, &detail);
    if (err != HL_OK) {
        note_refused(import, number, &record);
        refuse(import, number, err, &detail);
        return NULL;
    }
    if (import->stage == IMPORT_TAKING && !is_first(import, number, &record)) {
        return NULL;
    }
    struct batch_item *item = import_item(import, number);
    err = catalogue_make_put_of(&item->write, kind, &record, &detail);
    if (err == HL_OK) {
        err = records_add(item, (struct bytes){0}, false, &detail);
    }
    if (err != HL_OK) {
        import->count--;
        refuse(import, number, err, &detail);
        return NULL;
    }
    return item;
}

static hl_err take_row(struct import_stream *import, const row_t *row,
                       struct hl_detail *detail)
{
    uint64_t count = ++import->response.rows;
    if (count > IMPORT_ROWS_MAX) {
        return hl_fail(detail, HL_ELIMIT, "a list has at most %d rows",
                       IMPORT_ROWS_MAX);
    }
    uint32_t number = row->number == 0 ? (uint32_t)count : row->number;
    bool taken = make_item(import, row, number) != NULL;
    return taken && import->strict && !import->dry
               ? spool(import, row, number, detail)
               : HL_OK;
}

/* --- Options. ------------------------------------------------------------ */

static hl_err
open_import(struct import_stream *import,
            const Heluo__V1__CatalogueImportRequest__Options *from,
            struct hl_detail *detail)
{
    hl_err err = catalogue_check_owner(import->batch.services, detail);
    if (err != HL_OK) {
        return err;
    }
    import->kind = record_kind_of_number((uint32_t)from->kind);
    if (import->kind == NULL) {
        return hl_fail(detail, HL_EMALFORMED,
                       "options.kind: missing, or one that this node does not "
                       "know");
    }
    import->opened = true;
    import->dry = from->dry_run;
    import->strict = from->strict;
    import->complete = from->complete;
    import->retire_many = from->retire_many;
    import->batch.dry = from->dry_run || from->strict;
    err = from->write == NULL
              ? HL_OK
              : write_take_durability(import->batch.services, from->write,
                                      &import->waiting, detail);
    return err != HL_OK ? err : import_note_beginning(import, detail);
}

static hl_err check_request(struct import_stream *import,
                            const Heluo__V1__CatalogueImportRequest *request,
                            struct hl_detail *detail)
{
    if (import->opened == (request->options != NULL)) {
        return hl_fail(detail, HL_EMALFORMED,
                       import->opened
                           ? "options: in the first request alone"
                           : "options: missing in the first request");
    }
    if (request->n_rows > IMPORT_ROUND_MAX) {
        return hl_fail(detail, HL_ELIMIT, "rows: %zu, and at most %d may be",
                       request->n_rows, IMPORT_ROUND_MAX);
    }
    return import->opened ? HL_OK
                          : open_import(import, request->options, detail);
}

static void received(struct rpc_call *call, const ProtobufCMessage *message,
                     void *context)
{
    const Heluo__V1__CatalogueImportRequest *request = (const void *)message;
    struct import_stream *import = context;
    struct hl_detail detail = {0};
    hl_err err = check_request(import, request, &detail);
    if (err == HL_OK) {
        begin_round(import, request->n_rows);
    }
    for (size_t i = 0; err == HL_OK && i < request->n_rows; i++) {
        err = take_row(import, request->rows[i], &detail);
    }
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
    } else {
        submit_round(import);
    }
}

/* --- After the last. ----------------------------------------------------- */

/* The next rows of a strict list, of which none was refused. False: there are
 * no more. */
static bool write_spooled(struct import_stream *import)
{
    struct bytes all = writer_view(&import->spool);
    if (import->spool_offset == all.size) {
        writer_fini(&import->spool);
        import->spool = (struct writer){0};
        import->spool_offset = 0;
        return false;
    }
    struct reader reader;
    reader_init(&reader, bytes_of(all.data + import->spool_offset,
                                  all.size - import->spool_offset));
    begin_round(import, IMPORT_ROUND_MAX);
    while (reader_left(&reader) > 0 && import->count < IMPORT_ROUND_MAX) {
        struct bytes packed = reader_bytes(&reader, reader_u32(&reader));
        ProtobufCMessage *row = protobuf_c_message_unpack(
            &heluo__v1__catalogue_import_request__row__descriptor, NULL,
            packed.size, packed.data);
        (void)make_item(import, (const row_t *)row,
                        ((const row_t *)row)->number);
        protobuf_c_message_free_unpacked(row, NULL);
    }
    import->spool_offset += reader.offset;
    submit_round(import);
    return true;
}

static void set_refusals(struct import_stream *import)
{
    struct rpc_call *call = import->batch.call;
    Heluo__V1__CatalogueImportResponse *response = &import->response;
    size_t count = response->failed < IMPORT_REFUSALS_MAX
                       ? (size_t)response->failed
                       : IMPORT_REFUSALS_MAX;
    Heluo__V1__CatalogueImportResponse__Refusal *list =
        rpc_call_alloc(call, count * sizeof(list[0]));
    response->refusals =
        rpc_call_alloc(call, count * sizeof(response->refusals[0]));
    response->n_refusals = count;
    for (size_t i = 0; i < count; i++) {
        heluo__v1__catalogue_import_response__refusal__init(&list[i]);
        list[i].number = import->refusals[i].number;
        list[i].error = (char *)(uintptr_t)import->refusals[i].error;
        list[i].text = import->refusals[i].text;
        response->refusals[i] = &list[i];
    }
}

static void respond(struct import_stream *import)
{
    const struct writer *checkpoint = &import->batch.checkpoint;
    set_refusals(import);
    import->response.checkpoint = (ProtobufCBinaryData){
        .len = checkpoint->size, .data = checkpoint->data};
    import->response.origin = import->batch.services->origin;
    rpc_answer(import->batch.call, &import->response.base);
}

static void waited(struct waiting *waiting, hl_err err, uint32_t keepers,
                   bool sealed)
{
    struct import_stream *import =
        (struct import_stream *)((char *)waiting -
                                 offsetof(struct import_stream, waiting));
    import->response.keepers = keepers;
    import->response.sealed = sealed;
    import->response.reached = err == HL_OK;
    respond(import);
}

/* Counts, then retires; false: that is done. */
static bool go_on_completing(struct import_stream *import)
{
    struct hl_detail detail = {0};
    bool done = false;
    bool retires = import->stage == IMPORT_RETIRING;
    begin_round(import, retires ? IMPORT_ROUND_MAX : 0);
    hl_err err = import_look(import, &done, &detail);
    if (err != HL_OK) {
        rpc_fail(import->batch.call, err, &detail);
        return true;
    }
    if (!done || import->count > 0) {
        submit_round(import);
        return true;
    }
    end_round(import);
    writer_clear(&import->key);
    if (retires || import->response.missing == 0 ||
        !import_may_retire(import)) {
        return false;
    }
    if (!import->response.written) {
        import->response.retired = import->response.missing;
        return false;
    }
    import->stage = IMPORT_RETIRING;
    return go_on_completing(import);
}

static enum import_stage after_rows(const struct import_stream *import)
{
    return import->complete ? IMPORT_COUNTING : IMPORT_ANSWERING;
}

static enum import_stage after_taking(struct import_stream *import)
{
    Heluo__V1__CatalogueImportResponse *response = &import->response;
    bool spared = import->strict && response->failed > 0;
    response->written = !import->dry && !spared;
    if (spared && import->complete) {
        response->not_retired = (char *)"a strict list with refused rows";
        return IMPORT_ANSWERING;
    }
    if (!response->written || !import->strict) {
        return after_rows(import);
    }
    response->created = response->changed = response->unchanged = 0;
    import->batch.dry = false;
    return IMPORT_WRITING;
}

/* One step after the last request; again until all is done. */
static void closed(struct rpc_call *call, void *context)
{
    struct import_stream *import = context;
    struct hl_detail detail = {0};
    if (!import->opened) {
        hl_err err = hl_fail(&detail, HL_EMALFORMED, "no request came");
        rpc_fail(call, err, &detail);
        return;
    }
    if (import->stage == IMPORT_TAKING) {
        import->stage = after_taking(import);
    }
    if (import->stage == IMPORT_WRITING) {
        if (write_spooled(import)) {
            return;
        }
        import->stage = after_rows(import);
    }
    if (import->stage != IMPORT_ANSWERING) {
        if (go_on_completing(import)) {
            return;
        }
        import->stage = IMPORT_ANSWERING;
    }
    if (!records_wait(&import->batch, &import->waiting)) {
        respond(import);
    }
}

static void gone(struct rpc_call *call, void *context)
{
    struct import_stream *import = context;
    (void)call;
    seen_destroy(&import->seen);
    writer_fini(&import->spool);
    writer_fini(&import->key);
    writer_fini(&import->batch.checkpoint);
    hl_free(import->refusals);
}

void catalogue_import(struct rpc_call *call, const ProtobufCMessage *message,
                      void *context)
{
    (void)message;
    struct import_stream *import = rpc_call_alloc(call, sizeof(*import));
    import->batch = (struct records){.call = call,
                                     .services = context,
                                     .answered = round_answered,
                                     .reconcile = true,
                                     .patient = true};
    import->waiting.done = waited;
    import->seen = seen_create();
    heluo__v1__catalogue_import_response__init(&import->response);
    rpc_intake_start(call, &(struct rpc_intake){.received = received,
                                                .closed = closed,
                                                .gone = gone,
                                                .context = import});
}
