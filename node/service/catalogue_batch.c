/* SPDX-License-Identifier: Apache-2.0 */
#include "node/service/catalogue_batch.h"

#include <string.h>

#include "node/catalogue/attribute.h"
#include "protocol/entry/origin.h"

/* --- Answers. ------------------------------------------------------------ */

void records_refuse(struct batch_item *item, hl_err err,
                    const struct hl_detail *detail)
{
    item->result.error = (char *)hl_err_name(err);
    item->result.text =
        call_text(item->batch->call, bytes_of_text(detail->text));
}

static void note_written(struct batch_item *item,
                         const struct write_answer *answer)
{
    struct records *batch = item->batch;
    batch->wrote = true;
    batch->last = answer->index > batch->last ? answer->index : batch->last;
    item->leaf = answer->leaf;
    item->result.index = answer->index;
    item->result.leaf_hash =
        (ProtobufCBinaryData){.len = HL_HASH_BYTES, .data = item->leaf.bytes};
    item->result.recorded_at_ms = (uint64_t)answer->recorded_at.ms;
    item->result.repeated = answer->repeated;
    if (answer->checkpoint.data != NULL) {
        writer_clear(&batch->checkpoint);
        writer_bytes(&batch->checkpoint, answer->checkpoint);
    }
}

static void answer_item(struct write_command *command,
                        const struct write_answer *answer)
{
    struct batch_item *item = (struct batch_item *)command;
    struct records *batch = item->batch;
    if (answer->err != HL_OK) {
        records_refuse(item, answer->err, answer->detail);
    } else if (!answer->silent) {
        note_written(item, answer);
    }
    if (--batch->open == 0) {
        batch->answered(batch);
    }
}

static const struct write_type batch_item_type = {
    .name = "record",
    .run = write_call_run,
    .difference = write_call_difference,
    .answer = answer_item,
};

bool records_wait(struct records *batch, struct waiting *waiting)
{
    struct services *services = batch->services;
    if (waiting->keepers == 0 || !batch->wrote) {
        return false;
    }
    waiting->index = batch->last;
    services->room.wait(services->room.context, waiting);
    return true;
}

/* --- Comparing with what there is. --------------------------------------- */

static Heluo__V1__FieldChange *change_of(struct rpc_call *call,
                                         const struct record_kind *kind,
                                         const struct attribute *attribute,
                                         const void *before, const void *after)
{
    Heluo__V1__FieldChange *change = rpc_call_alloc(call, sizeof(*change));
    struct writer text = {0};
    heluo__v1__field_change__init(change);
    change->field = (char *)attribute_field(kind, attribute)->name;
    attribute_format(kind, attribute, before, &text);
    change->before = call_text(call, writer_view(&text));
    writer_clear(&text);
    attribute_format(kind, attribute, after, &text);
    change->after = call_text(call, writer_view(&text));
    writer_fini(&text);
    return change;
}

static void tell_changes(struct batch_item *item, const void *before,
                         const void *after)
{
    struct rpc_call *call = item->batch->call;
    const struct record_kind *kind = item->write.kind;
    size_t count;
    const struct attribute *attributes = attributes_of(kind, &count);
    item->result.changes =
        rpc_call_alloc(call, count * sizeof(item->result.changes[0]));
    item->result.n_changes = 0;
    for (size_t i = 0; i < count; i++) {
        if (record_field_differs(attribute_field(kind, &attributes[i]), before,
                                 after)) {
            item->result.changes[item->result.n_changes++] =
                change_of(call, kind, &attributes[i], before, after);
        }
    }
}

/* Runs again where its transaction had to be begun anew: sets everything. */
static hl_err compare(struct write_call *write, struct write_context *context,
                      bool *silent, struct hl_detail *detail)
{
    struct batch_item *item = (struct batch_item *)write;
    const struct record_kind *kind = write->kind;
    union record_room now, former = {0};
    struct row row;
    bool found = false, other_contact = false;
    hl_err err = record_may_put(write, context, detail);
    if (err != HL_OK) {
        return err;
    }
    record_decode(kind->type, write->body, &now);
    struct writer key = {0};
    record_key(kind->type, &now, &key);
    err = projection_get(context->txn, kind->type, context->number,
                         writer_view(&key), &row, &found, detail);
    writer_fini(&key);
    if (err != HL_OK) {
        return err;
    }
    bool differs = !found || row.retired;
    if (found) {
        record_decode(kind->type, row.record, &former);
        differs =
            differs || record_difference(kind->type, &now, &former) != NULL;
        item->result.first_index = row.first_index;
    }
    if (found && differs && item->batch->dry) {
        tell_changes(item, &former, &now);
    }
    err =
        contact_keep(write, context, item->batch->dry, &other_contact, detail);
    item->result.outcome = !found ? HELUO__V1__PUT_OUTCOME__PUT_OUTCOME_NEW
                           : differs || other_contact
                               ? HELUO__V1__PUT_OUTCOME__PUT_OUTCOME_CHANGED
                               : HELUO__V1__PUT_OUTCOME__PUT_OUTCOME_UNCHANGED;
    *silent = item->batch->dry || !differs;
    return err;
}

static hl_err find_home(struct records *batch, struct store_txn *txn,
                        const struct record_kind *kind, struct homed *homed,
                        struct hl_detail *detail)
{
    struct journal journal;
    struct bytes home = {0};
    bool found = false;
    hl_err err = journal_find(txn, bytes_of_text(batch->services->origin),
                              &journal, &found, detail);
    if (err == HL_OK && found) {
        err = projection_home_from_elsewhere(txn, journal.number, kind, homed,
                                             &home, &found, detail);
    }
    if (err == HL_OK && found) {
        homed->home = bytes_of(call_text(batch->call, home), home.size);
    }
    return err;
}

hl_err records_find_home(struct records *batch, const struct record_kind *kind,
                         union record_room *record, struct hl_detail *detail)
{
    struct homed *homed = (void *)record;
    struct store_txn *txn = NULL;
    if (!kind->homed || (!batch->reconcile && !batch->dry) ||
        !bytes_equal(homed->home,
                     origin_node(bytes_of_text(batch->services->origin)))) {
        return HL_OK;
    }
    hl_err err = store_begin_read(batch->services->options.store, &txn, detail);
    if (err == HL_OK) {
        err = find_home(batch, txn, kind, homed, detail);
    }
    store_abort(&txn);
    return err;
}

/* --- Items. -------------------------------------------------------------- */

void records_begin(struct records *batch)
{
    batch->first = NULL;
    batch->end = &batch->first;
    batch->open = 0;
}

void records_item_init(struct records *batch, struct batch_item *item)
{
    item->batch = batch;
    item->write.call = batch->call;
    item->write.services = batch->services;
    item->write.command.type = &batch_item_type;
    heluo__v1__catalogue_put_batch_response__result__init(&item->result);
}

hl_err records_add(struct batch_item *item, struct bytes command_id,
                   bool retires, struct hl_detail *detail)
{
    struct records *batch = item->batch;
    bool compares = batch->reconcile || batch->dry;
    uint8_t chosen[HL_COMMAND_ID_BYTES];
    hl_err err = HL_OK;
    if (compares && command_id.size == 0) {
        err = write_choose_id(chosen, detail);
        command_id = bytes_of(chosen, sizeof(chosen));
    }
    if (err == HL_OK) {
        err = write_call_identify(&item->write, command_id, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    if (compares && !retires) {
        item->write.allow = compare;
    }
    *batch->end = &item->write.command;
    batch->end = &item->write.command.next;
    batch->open++;
    return HL_OK;
}

hl_err records_submit(struct records *batch, struct hl_detail *detail)
{
    if (batch->first == NULL) {
        batch->answered(batch);
        return HL_OK;
    }
    if (batch->patient) {
        batch->round = (struct writer_round){.commands = batch->first,
                                             .count = batch->open};
        return writer_submit_round(batch->services->writer, &batch->round,
                                   detail);
    }
    return writer_submit(batch->services->writer, batch->first, batch->open,
                         detail);
}

/* --- PutBatch: answered item by item. ------------------------------------ */

enum { PUT_ITEMS_MAX = 8190 };

struct put_batch {
    struct records batch;   /* first */
    struct waiting waiting; /* for keepers; .keepers 0: nobody waits */
    Heluo__V1__CataloguePutBatchResponse response;
};

static void respond(struct put_batch *put)
{
    struct writer checkpoint = put->batch.checkpoint;
    put->response.checkpoint =
        (ProtobufCBinaryData){.len = checkpoint.size, .data = checkpoint.data};
    rpc_answer(put->batch.call, &put->response.base);
    writer_fini(&checkpoint);
}

static void waited(struct waiting *waiting, hl_err err, uint32_t keepers,
                   bool sealed)
{
    struct put_batch *put =
        (struct put_batch *)((char *)waiting -
                             offsetof(struct put_batch, waiting));
    put->response.keepers = keepers;
    put->response.sealed = sealed;
    put->response.reached = err == HL_OK;
    respond(put);
}

static void all_answered(struct records *batch)
{
    struct put_batch *put = (struct put_batch *)batch;
    if (!records_wait(batch, &put->waiting)) {
        respond(put);
    }
}

static hl_err make_put(struct batch_item *item, const Heluo__V1__Record *from,
                       struct hl_detail *detail)
{
    struct records *batch = item->batch;
    const struct record_kind *kind;
    union record_room record;
    hl_err err = catalogue_check_owner(batch->services, detail);
    if (err == HL_OK) {
        err = record_of_request(batch->call, batch->services, from, &kind,
                                &record, detail);
    }
    if (err == HL_OK) {
        err = records_find_home(batch, kind, &record, detail);
    }
    return err == HL_OK
               ? catalogue_make_put_of(&item->write, kind, &record, detail)
               : err;
}

static hl_err make_item(struct batch_item *item,
                        const Heluo__V1__CataloguePutBatchRequest__Item *from,
                        struct hl_detail *detail)
{
    bool retires = from->retire != NULL;
    if (retires && (from->record != NULL || item->batch->dry)) {
        return hl_fail(detail, HL_EMALFORMED,
                       "retire: not beside a record, and not in a dry run");
    }
    hl_err err = retires ? catalogue_make_retire(&item->write, from->retire,
                                                 from->reason, detail)
                         : make_put(item, from->record, detail);
    return err != HL_OK ? err
                        : records_add(item, bytes_of_binary(&from->command_id),
                                      retires, detail);
}

static hl_err make_put_batch(struct rpc_call *call, struct services *services,
                             const Heluo__V1__CataloguePutBatchRequest *request,
                             struct put_batch **out, struct hl_detail *detail)
{
    size_t count = request->n_items;
    if (count == 0 || count > PUT_ITEMS_MAX) {
        return hl_fail(detail, count == 0 ? HL_EMALFORMED : HL_ELIMIT,
                       "items: %zu, and 1 to %d may be", count, PUT_ITEMS_MAX);
    }
    struct put_batch *put = rpc_call_alloc(call, sizeof(*put));
    put->batch = (struct records){.call = call,
                                  .services = services,
                                  .answered = all_answered,
                                  .reconcile = request->reconcile,
                                  .dry = request->dry_run};
    put->waiting.done = waited;
    heluo__v1__catalogue_put_batch_response__init(&put->response);
    put->response.n_results = count;
    put->response.results =
        rpc_call_alloc(call, count * sizeof(put->response.results[0]));
    put->response.origin = services->origin;
    *out = put;
    return request->write == NULL
               ? HL_OK
               : write_take_durability(services, request->write, &put->waiting,
                                       detail);
}

void catalogue_put_batch(struct rpc_call *call, const ProtobufCMessage *message,
                         void *context)
{
    const Heluo__V1__CataloguePutBatchRequest *request = (const void *)message;
    struct put_batch *put = NULL;
    struct hl_detail detail = {0};
    hl_err err = make_put_batch(call, context, request, &put, &detail);
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
        return;
    }
    struct batch_item *items =
        rpc_call_alloc(call, request->n_items * sizeof(items[0]));
    records_begin(&put->batch);
    for (size_t i = 0; i < request->n_items; i++) {
        records_item_init(&put->batch, &items[i]);
        put->response.results[i] = &items[i].result;
        err = make_item(&items[i], request->items[i], &detail);
        if (err != HL_OK) {
            records_refuse(&items[i], err, &detail);
        }
    }
    err = records_submit(&put->batch, &detail);
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
    }
}
