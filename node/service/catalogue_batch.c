/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>

#include "node/service/services_internal.h"

/* --- Many at once. ------------------------------------------------------- */

struct put_batch {
    struct rpc_call *call;
    struct services *services;
    size_t open; /* items without an answer; the writer's thread */
    struct writer checkpoint;
    struct waiting waiting; /* for keepers; .keepers 0: nobody waits */
    bool done;              /* one of them at least: */
    uint64_t last;          /* the largest index */
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
    } else {
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

static hl_err make_item(struct batch_item *item,
                        const Heluo__V1__CataloguePutBatchRequest__Item *from,
                        struct hl_detail *detail)
{
    item->write.call = item->batch->call;
    item->write.services = item->batch->services;
    item->write.command.type = &batch_item_type;
    hl_err err = catalogue_make_put(&item->write, from->record, detail);
    if (err == HL_OK) {
        err = write_call_identify(&item->write,
                                  bytes_of_binary(&from->command_id), detail);
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
    *batch = (struct put_batch){.call = call, .services = services};
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
