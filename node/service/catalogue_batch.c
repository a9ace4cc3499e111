/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/rand.h>
#include <stddef.h>
#include <string.h>

#include "node/catalogue/attribute.h"
#include "node/service/services_internal.h"

/* --- Many at once. ------------------------------------------------------- */

struct put_batch {
    struct rpc_call *call;
    struct services *services;
    size_t open; /* items without an answer; the writer's thread */
    struct writer checkpoint;
    struct waiting waiting; /* for keepers; .keepers 0: nobody waits */
    bool reconcile, dry;
    bool done;     /* one of them at least: */
    uint64_t last; /* the largest index */
    Heluo__V1__CataloguePutBatchResponse response;
};

struct batch_item {
    struct write_call write; /* first */
    struct put_batch *batch;
    Heluo__V1__CataloguePutBatchResponse__Result result;
    struct hl_hash leaf;
};

static void fail_item(struct batch_item *item, hl_err err,
                      const struct hl_detail *detail)
{
    item->result.error = (char *)hl_err_name(err);
    item->result.text =
        call_text(item->batch->call, bytes_of_text(detail->text));
}

static void finish_batch(struct put_batch *batch)
{
    struct rpc_call *call = batch->call;
    batch->response.checkpoint = (ProtobufCBinaryData){
        .len = batch->checkpoint.size, .data = batch->checkpoint.data};
    struct writer checkpoint = batch->checkpoint;
    rpc_answer(call, &batch->response.base);
    writer_fini(&checkpoint);
}

static void waited(struct waiting *waiting, hl_err err, uint32_t keepers,
                   bool sealed)
{
    struct put_batch *batch =
        (struct put_batch *)((char *)waiting -
                             offsetof(struct put_batch, waiting));
    batch->response.keepers = keepers;
    batch->response.sealed = sealed;
    batch->response.reached = err == HL_OK;
    finish_batch(batch);
}

static void all_answered(struct put_batch *batch)
{
    struct services *services = batch->services;
    if (batch->waiting.keepers == 0 || !batch->done) {
        finish_batch(batch);
        return;
    }
    batch->waiting.index = batch->last;
    batch->waiting.done = waited;
    services->room.wait(services->room.context, &batch->waiting);
}

static void answer_item(struct write_command *command,
                        const struct write_answer *answer)
{
    struct batch_item *item = (struct batch_item *)command;
    struct put_batch *batch = item->batch;
    if (answer->err != HL_OK) {
        fail_item(item, answer->err, answer->detail);
    } else if (!answer->silent) {
        batch->done = true;
        batch->last = answer->index > batch->last ? answer->index : batch->last;
        item->leaf = answer->leaf;
        item->result.index = answer->index;
        item->result.leaf_hash = (ProtobufCBinaryData){
            .len = HL_HASH_BYTES, .data = item->leaf.bytes};
        item->result.recorded_at_ms = (uint64_t)answer->recorded_at.ms;
        item->result.repeated = answer->repeated;
        if (answer->checkpoint.data != NULL) {
            writer_clear(&batch->checkpoint);
            writer_bytes(&batch->checkpoint, answer->checkpoint);
        }
    }
    if (--batch->open == 0) {
        all_answered(batch);
    }
}

static const struct write_type batch_item_type = {
    .name = "record",
    .run = write_call_run,
    .difference = write_call_difference,
    .answer = answer_item,
};

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

/* Of an item that names none, for its entry. */
static hl_err choose_id(uint8_t id[HL_COMMAND_ID_BYTES],
                        struct hl_detail *detail)
{
    return RAND_bytes(id, HL_COMMAND_ID_BYTES) == 1
               ? HL_OK
               : hl_fail(detail, HL_ECRYPTO, "no random numbers are to be had");
}

static hl_err make_item(struct batch_item *item,
                        const Heluo__V1__CataloguePutBatchRequest__Item *from,
                        struct hl_detail *detail)
{
    item->write.call = item->batch->call;
    item->write.services = item->batch->services;
    item->write.command.type = &batch_item_type;
    bool retires = from->retire != NULL;
    if (retires && (from->record != NULL || item->batch->dry)) {
        return hl_fail(detail, HL_EMALFORMED,
                       "retire: not beside a record, and not in a dry run");
    }
    hl_err err = retires
                     ? catalogue_make_retire(&item->write, from->retire,
                                             from->reason, detail)
                     : catalogue_make_put(&item->write, from->record, detail);
    bool compares = item->batch->reconcile || item->batch->dry;
    struct bytes id = bytes_of_binary(&from->command_id);
    uint8_t chosen[HL_COMMAND_ID_BYTES];
    if (err == HL_OK && compares && id.size == 0) {
        err = choose_id(chosen, detail);
        id = bytes_of(chosen, sizeof(chosen));
    }
    if (err == HL_OK) {
        err = write_call_identify(&item->write, id, detail);
    }
    if (compares && !retires) {
        item->write.allow = compare;
    }
    return err;
}

enum { BATCH_ITEMS_MAX = 8190 };

void catalogue_put_batch(struct rpc_call *call, const ProtobufCMessage *message,
                         void *context)
{
    const Heluo__V1__CataloguePutBatchRequest *request = (const void *)message;
    struct services *services = context;
    struct hl_detail detail = {0};
    size_t count = request->n_items;
    if (count == 0 || count > BATCH_ITEMS_MAX) {
        rpc_fail(call,
                 hl_fail(&detail, count == 0 ? HL_EMALFORMED : HL_ELIMIT,
                         "items: %zu, and 1 to %d may be", count,
                         BATCH_ITEMS_MAX),
                 &detail);
        return;
    }
    struct put_batch *batch = rpc_call_alloc(call, sizeof(*batch));
    struct batch_item *items = rpc_call_alloc(call, count * sizeof(items[0]));
    Heluo__V1__CataloguePutBatchResponse__Result **results =
        rpc_call_alloc(call, count * sizeof(results[0]));
    *batch = (struct put_batch){.call = call,
                                .services = services,
                                .reconcile = request->reconcile,
                                .dry = request->dry_run};
    hl_err refused = request->write == NULL
                         ? HL_OK
                         : write_take_durability(services, request->write,
                                                 &batch->waiting, &detail);
    if (refused != HL_OK) {
        rpc_fail(call, refused, &detail);
        return;
    }
    heluo__v1__catalogue_put_batch_response__init(&batch->response);
    batch->response.n_results = count;
    batch->response.results = results;
    batch->response.origin = services->origin;

    struct write_command *first = NULL, **last = &first;
    for (size_t i = 0; i < count; i++) {
        items[i].batch = batch;
        heluo__v1__catalogue_put_batch_response__result__init(&items[i].result);
        results[i] = &items[i].result;
        hl_err err = make_item(&items[i], request->items[i], &detail);
        if (err != HL_OK) {
            fail_item(&items[i], err, &detail);
            continue;
        }
        *last = &items[i].write.command;
        last = &items[i].write.command.next;
        batch->open++;
    }
    if (first == NULL) {
        finish_batch(batch);
        return;
    }
    hl_err err = writer_submit(services->writer, first, batch->open, &detail);
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
    }
}
