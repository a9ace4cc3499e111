/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bench_write_load.h"

#include <stdio.h>
#include <stdlib.h>

#include "heluo/v1/catalogue.pb-c.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "tests/bench/bench_write_unit.h"

/* A unit's request, and all that it points to. */
struct item {
    struct bench_unit unit;
    Heluo__V1__UnitRecord message;
    Heluo__V1__Record record;
};

static void item_make(struct load *load, struct item *item)
{
    bench_unit_make(load->run, load->next++, &item->unit);
    heluo__v1__unit_record__init(&item->message);
    item->message.scheme = BENCH_UNIT_SCHEME;
    item->message.id = item->unit.id;
    item->message.name_zh = item->unit.name_zh;
    item->message.name_en = item->unit.name_en;
    item->message.kind = (Heluo__V1__UnitKind)BENCH_UNIT_KIND;
    item->message.division = BENCH_UNIT_DIVISION;
    item->message.division_revision = BENCH_UNIT_DIVISION_REVISION;
    heluo__v1__record__init(&item->record);
    item->record.record_case = HELUO__V1__RECORD__RECORD_UNIT;
    item->record.unit = &item->message;
}

struct puts {
    struct load *load;
    struct item item;
    Heluo__V1__Write write;
    Heluo__V1__CataloguePutRequest put;
};

static const ProtobufCMessage *next_put(void *context)
{
    struct puts *puts = context;
    item_make(puts->load, &puts->item);
    puts->write.command_id = (ProtobufCBinaryData){
        .len = sizeof(puts->item.unit.command),
        .data = puts->item.unit.command,
    };
    puts->put.write = &puts->write;
    puts->put.record = &puts->item.record;
    return &puts->put.base;
}

double load_puts(struct load *load, size_t calls, double seconds)
{
    struct puts puts = {.load = load};
    heluo__v1__write__init(&puts.write);
    heluo__v1__catalogue_put_request__init(&puts.put);
    double start = bench_now();
    struct load_calls all = {
        .path = "/heluo.v1.Catalogue/Put",
        .schema = &heluo__v1__catalogue_put_response__descriptor,
        .calls = calls,
        .until = start + seconds,
        .next = next_put,
        .context = &puts,
    };
    uint64_t answers = load_calls(load, &all);
    return (double)answers / (bench_now() - start);
}

static void check_batch(void *context, const ProtobufCMessage *message)
{
    const Heluo__V1__CataloguePutBatchResponse *response =
        (const void *)message;
    (void)context;
    HL_ASSERT(response->n_results == LOAD_BATCH_ITEMS);
    for (size_t i = 0; i < response->n_results; i++) {
        const Heluo__V1__CataloguePutBatchResponse__Result *result =
            response->results[i];
        if (result->error[0] != '\0') {
            fprintf(stderr, "bench_write: an item: %s: %s\n", result->error,
                    result->text);
            exit(1);
        }
    }
}

double load_batch(struct load *load)
{
    struct item *items = hl_alloc(LOAD_BATCH_ITEMS, sizeof(items[0]));
    Heluo__V1__CataloguePutBatchRequest__Item *rows =
        hl_alloc(LOAD_BATCH_ITEMS, sizeof(rows[0]));
    Heluo__V1__CataloguePutBatchRequest__Item **list =
        hl_alloc(LOAD_BATCH_ITEMS, sizeof(list[0]));
    for (size_t i = 0; i < LOAD_BATCH_ITEMS; i++) {
        item_make(load, &items[i]);
        heluo__v1__catalogue_put_batch_request__item__init(&rows[i]);
        rows[i].command_id = (ProtobufCBinaryData){
            .len = sizeof(items[i].unit.command),
            .data = items[i].unit.command,
        };
        rows[i].record = &items[i].record;
        list[i] = &rows[i];
    }
    Heluo__V1__CataloguePutBatchRequest request =
        HELUO__V1__CATALOGUE_PUT_BATCH_REQUEST__INIT;
    request.n_items = LOAD_BATCH_ITEMS;
    request.items = list;
    struct load_call call = {
        .path = "/heluo.v1.Catalogue/PutBatch",
        .schema = &heluo__v1__catalogue_put_batch_response__descriptor,
        .request = &request.base,
        .answer = check_batch,
    };
    double start = bench_now();
    load_call(load, &call);
    double seconds = bench_now() - start;
    hl_free(list);
    hl_free(rows);
    hl_free(items);
    return LOAD_BATCH_ITEMS / seconds;
}
