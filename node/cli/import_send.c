/* SPDX-License-Identifier: Apache-2.0 */

/* Batches of rows on their way to the node, and what it says of each. */

#include "node/cli/import_run.h"

#include <inttypes.h>
#include <string.h>

#include "protocol/base/alloc.h"

enum { PAUSE_MS = 200, PAUSE_MAX_MS = 2000, ASK_S = 60 };

/* --- Rows ----------------------------------------------------------------- */

static void *allocate(void *context, size_t size)
{
    (void)context;
    return hl_alloc(1, size);
}

static void release(struct import_run *run, struct import_row *row)
{
    for (size_t i = 0; row->cells != NULL && i < run->binding.count; i++) {
        hl_free((void *)(uintptr_t)row->cells[i].data);
    }
    hl_free(row->cells);
    protobuf_c_message_free_unpacked(&row->record->base, NULL);
    *row = (struct import_row){0};
}

void import_drop(struct import_run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        release(run, &run->rows[i]);
    }
    run->count = 0;
    run->bytes = 0;
}

/* The row's cells outlive it only where they may have to be given back. */
static struct bytes *keep_cells(struct import_run *run)
{
    if (run->rejects == NULL || run->row == NULL) {
        return NULL;
    }
    struct bytes *cells = hl_alloc(run->binding.count + 1, sizeof(cells[0]));
    for (size_t i = 0; i < run->binding.count; i++) {
        struct bytes text = run->row->cells[i].text;
        cells[i] =
            bytes_of(hl_copy(text.size == 0 ? (const uint8_t *)"" : text.data,
                             text.size),
                     text.size);
        run->bytes += text.size;
    }
    return cells;
}

void import_describe(const struct record_kind *kind,
                     const union record_room *record, char id[RECORD_ID_BYTES])
{
    const char *const names[] = {kind->homed ? "unit_id" : "id", "inner_id"};
    struct writer text = {0};
    for (size_t i = 0; i < 2; i++) {
        const struct attribute *attribute =
            attribute_find(kind, bytes_of_text(names[i]));
        if (attribute != NULL) {
            writer_text(&text, i == 0 ? "" : " ");
            attribute_format(kind, attribute, record, &text);
        }
    }
    snprintf(id, RECORD_ID_BYTES, "%.*s", BYTES_ARGS(writer_view(&text)));
    writer_fini(&text);
}

hl_err import_add(struct import_run *run, const union record_room *record)
{
    const struct record_kind *kind = run->binding.kind;
    struct import_row *row = &run->rows[run->count++];
    row->line = run->row->line;
    row->cells = keep_cells(run);
    row->record = hl_alloc(1, sizeof(*row->record));
    heluo__v1__record__init(row->record);
    row->record->record_case = (Heluo__V1__Record__RecordCase)kind->number;
    *record_member(row->record) =
        record_to_message(kind->type, record, allocate, NULL);
    import_describe(kind, record, row->id);
    run->bytes += protobuf_c_message_get_packed_size(&row->record->base);
    return run->count == IMPORT_BATCH_ROWS || run->bytes >= IMPORT_BATCH_BYTES
               ? import_flush(run)
               : HL_OK;
}

/* --- Calls ---------------------------------------------------------------- */

hl_err import_ask(struct import_run *run, const char *method,
                  const ProtobufCMessage *request,
                  const ProtobufCMessageDescriptor *schema,
                  ProtobufCMessage **answer)
{
    int64_t end_ms = node_link_now_ms() + (int64_t)ASK_S * 1000;
    int64_t pause_ms = PAUSE_MS;
    for (;;) {
        hl_err err = node_link_ask(run->call, &run->link, method, request,
                                   schema, answer);
        run->answered = run->answered || err == HL_OK;
        bool passing =
            err == HL_EDEADLINE || (run->answered && node_link_is_passing(err));
        if (!passing || import_is_stopped() ||
            node_link_now_ms() + pause_ms > end_ms) {
            return err;
        }
        node_link_pause(pause_ms);
        pause_ms = pause_ms * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : pause_ms * 2;
    }
}

/* --- Answers -------------------------------------------------------------- */

static void
take_result(struct import_run *run, const struct import_row *row,
            const Heluo__V1__CataloguePutBatchResponse__Result *result)
{
    if (result->error[0] != '\0') {
        run->counts.failed++;
        import_tell_refused(run, row, result->text);
        return;
    }
    switch (result->outcome) {
    case HELUO__V1__PUT_OUTCOME__PUT_OUTCOME_NEW:
        run->counts.created++;
        import_show_new(run, row);
        break;
    case HELUO__V1__PUT_OUTCOME__PUT_OUTCOME_CHANGED:
        run->counts.changed++;
        import_show_changed(run, row, result);
        break;
    default:
        run->counts.unchanged++;
        break;
    }
}

static hl_err take_results(struct import_run *run,
                           const Heluo__V1__CataloguePutBatchResponse *answer)
{
    if (answer->n_results != run->count) {
        return hl_fail(&run->call->detail, HL_EMALFORMED,
                       "the node answers %zu of %zu rows", answer->n_results,
                       run->count);
    }
    snprintf(run->origin, sizeof(run->origin), "%s", answer->origin);
    for (size_t i = 0; i < run->count; i++) {
        take_result(run, &run->rows[i], answer->results[i]);
    }
    return HL_OK;
}

hl_err import_flush(struct import_run *run)
{
    Heluo__V1__CataloguePutBatchRequest request =
        HELUO__V1__CATALOGUE_PUT_BATCH_REQUEST__INIT;
    Heluo__V1__CataloguePutBatchRequest__Item items[IMPORT_BATCH_ROWS];
    Heluo__V1__CataloguePutBatchRequest__Item *list[IMPORT_BATCH_ROWS];
    ProtobufCMessage *answer = NULL;
    if (run->count == 0) {
        return HL_OK;
    }
    for (size_t i = 0; i < run->count; i++) {
        heluo__v1__catalogue_put_batch_request__item__init(&items[i]);
        items[i].record = run->rows[i].record;
        list[i] = &items[i];
    }
    request.items = list;
    request.n_items = run->count;
    request.reconcile = true;
    request.dry_run = run->dry;
    hl_err err = import_check_file(run);
    if (err == HL_OK) {
        err = import_ask(run, "/heluo.v1.Catalogue/PutBatch", &request.base,
                         &heluo__v1__catalogue_put_batch_response__descriptor,
                         &answer);
    }
    if (err == HL_OK) {
        err = take_results(
            run, (const Heluo__V1__CataloguePutBatchResponse *)answer);
    }
    protobuf_c_message_free_unpacked(answer, NULL);
    import_drop(run);
    return err;
}
