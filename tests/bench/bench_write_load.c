/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bench_write_load.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "grpc/health/v1/health.pb-c.h"
#include "heluo/v1/catalogue.pb-c.h"
#include "heluo/v1/node.pb-c.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "tests/bench/bench_write_unit.h"

double bench_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void end(const char *what, hl_err err, const char *why)
{
    fprintf(stderr, "bench_write: %s: %s: %s\n", what, hl_err_name(err), why);
    exit(1);
}

void load_open(struct load *load, const struct client_options *options,
               uint32_t run)
{
    struct hl_detail detail = {0};
    *load = (struct load){.run = run};
    hl_err err = load_client_create(options, 1, &load->client, &detail);
    if (err != HL_OK) {
        end(options->target, err, detail.text);
    }
}

void load_close(struct load *load)
{
    load_client_destroy(&load->client);
}

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

/* --- One request after the other, for a time. ---------------------------- */

struct timed {
    struct load *load;
    double until;
    uint64_t answers;
    struct item item;
    Heluo__V1__Write write;
    Heluo__V1__CataloguePutRequest put;
    Grpc__Health__V1__HealthCheckRequest check;
};

static const ProtobufCMessage *next_check(void *context, uint64_t number)
{
    struct timed *timed = context;
    (void)number;
    return bench_now() < timed->until ? &timed->check.base : NULL;
}

static const ProtobufCMessage *next_put(void *context, uint64_t number)
{
    struct timed *timed = context;
    (void)number;
    if (bench_now() >= timed->until) {
        return NULL;
    }
    item_make(timed->load, &timed->item);
    timed->write.command_id = (ProtobufCBinaryData){
        .len = sizeof(timed->item.unit.command),
        .data = timed->item.unit.command,
    };
    timed->put.write = &timed->write;
    timed->put.record = &timed->item.record;
    return &timed->put.base;
}

static void count_answer(void *context, const struct load_answer *answer)
{
    struct timed *timed = context;
    if (answer->err != HL_OK) {
        end("a call", answer->err, answer->detail->text);
    }
    timed->answers++;
}

static double run_timed(struct load *load, struct load_job *job, double seconds)
{
    struct timed timed = {.load = load};
    heluo__v1__write__init(&timed.write);
    heluo__v1__catalogue_put_request__init(&timed.put);
    grpc__health__v1__health_check_request__init(&timed.check);
    timed.check.service = "";
    job->answer = count_answer;
    job->context = &timed;
    double start = bench_now();
    timed.until = start + seconds;
    load_client_run(load->client, job);
    return (double)timed.answers / (bench_now() - start);
}

double load_checks(struct load *load, size_t calls, double seconds)
{
    struct load_job job = {
        .path = "/grpc.health.v1.Health/Check",
        .schema = &grpc__health__v1__health_check_response__descriptor,
        .calls = calls,
        .request = next_check,
    };
    return run_timed(load, &job, seconds);
}

double load_puts(struct load *load, size_t calls, double seconds)
{
    struct load_job job = {
        .path = "/heluo.v1.Catalogue/Put",
        .schema = &heluo__v1__catalogue_put_response__descriptor,
        .calls = calls,
        .request = next_put,
    };
    return run_timed(load, &job, seconds);
}

/* --- One request. -------------------------------------------------------- */

struct single {
    const ProtobufCMessage *request;
    void (*answer)(void *context, const ProtobufCMessage *message);
    void *context;
};

static const ProtobufCMessage *next_single(void *context, uint64_t number)
{
    struct single *single = context;
    return number == 0 ? single->request : NULL;
}

static void take_single(void *context, const struct load_answer *answer)
{
    struct single *single = context;
    if (answer->err != HL_OK) {
        end("a call", answer->err, answer->detail->text);
    }
    single->answer(single->context, answer->message);
}

static void run_single(struct load *load, const char *path,
                       const ProtobufCMessageDescriptor *schema,
                       struct single *single)
{
    struct load_job job = {
        .path = path,
        .schema = schema,
        .calls = 1,
        .request = next_single,
        .answer = take_single,
        .context = single,
    };
    load_client_run(load->client, &job);
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
    struct single single = {.request = &request.base, .answer = check_batch};
    double start = bench_now();
    run_single(load, "/heluo.v1.Catalogue/PutBatch",
               &heluo__v1__catalogue_put_batch_response__descriptor, &single);
    double seconds = bench_now() - start;
    hl_free(list);
    hl_free(rows);
    hl_free(items);
    return LOAD_BATCH_ITEMS / seconds;
}

static void take_state(void *context, const ProtobufCMessage *message)
{
    const Heluo__V1__NodeStatusResponse *response = (const void *)message;
    struct load_state *state = context;
    *state = (struct load_state){
        .writes = response->writes_total,
        .commits = response->commits_total,
        .size = response->journal_size,
    };
}

struct load_state load_state(struct load *load)
{
    struct load_state state = {0};
    Heluo__V1__NodeStatusRequest request = HELUO__V1__NODE_STATUS_REQUEST__INIT;
    struct single single = {
        .request = &request.base, .answer = take_state, .context = &state};
    run_single(load, "/heluo.v1.Node/Status",
               &heluo__v1__node_status_response__descriptor, &single);
    return state;
}
