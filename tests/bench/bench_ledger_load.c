/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bench_ledger_load.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heluo/v1/ledger.pb-c.h"
#include "node/projection/ledger.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

/* --- Requests. ----------------------------------------------------------- */

static const struct {
    const char *path;
    const ProtobufCMessageDescriptor *request;
    Heluo__V1__LedgerCommand__WhatCase what;
} methods[STEPS] = {
    [STEP_ISSUE] = {"/heluo.v1.Voucher/Issue",
                    &heluo__v1__voucher_issue_request__descriptor,
                    HELUO__V1__LEDGER_COMMAND__WHAT_ISSUE},
    [STEP_PLACE] = {"/heluo.v1.Order/Place",
                    &heluo__v1__order_place_request__descriptor,
                    HELUO__V1__LEDGER_COMMAND__WHAT_PLACE},
    [STEP_ACCEPT] = {"/heluo.v1.Order/Accept",
                     &heluo__v1__order_accept_request__descriptor,
                     HELUO__V1__LEDGER_COMMAND__WHAT_ACCEPT},
    [STEP_DELIVER] = {"/heluo.v1.Order/Deliver",
                      &heluo__v1__order_deliver_request__descriptor,
                      HELUO__V1__LEDGER_COMMAND__WHAT_DELIVER},
};

/* A body's message, and all that it points to. */
struct body {
    struct ledger_item item;
    union {
        max_align_t align;
        uint8_t bytes[1024];
    } room;
    size_t used;
    ProtobufCMessage *message;
};

static void *allocate(void *context, size_t size)
{
    struct body *body = context;
    size_t align = sizeof(max_align_t);
    void *at = body->room.bytes + body->used;
    body->used += (size + align - 1) / align * align;
    HL_ASSERT(body->used <= sizeof(body->room));
    return at;
}

static void body_make(struct ledger_load *load, enum ledger_step step,
                      struct body *body)
{
    body->used = 0;
    ledger_item_make(load->load.run, step, load->next[step]++, &body->item);
    body->message = record_to_message(ledger_body_type(ledger_step_body(step)),
                                      &body->item.record, allocate, body);
}

static ProtobufCBinaryData id_of(struct body *body)
{
    return (ProtobufCBinaryData){.len = sizeof(body->item.id),
                                 .data = body->item.id};
}

/* --- A call for each. ---------------------------------------------------- */

/* Every request of a step begins so. */
struct request {
    ProtobufCMessage base;
    Heluo__V1__Write *write;
    ProtobufCMessage *body;
};

struct calling {
    struct ledger_load *load;
    enum ledger_step step;
    uint64_t end; /* of the commands */
    struct body body;
    Heluo__V1__Write write;
    union {
        struct request request;
        Heluo__V1__VoucherIssueRequest largest;
    } room;
};

static const ProtobufCMessage *next(void *context)
{
    struct calling *calling = context;
    struct request *request = &calling->room.request;
    if (calling->load->next[calling->step] == calling->end) {
        return NULL;
    }
    body_make(calling->load, calling->step, &calling->body);
    calling->write.command_id = id_of(&calling->body);
    methods[calling->step].request->message_init(&request->base);
    request->write = &calling->write;
    request->body = calling->body.message;
    return &request->base;
}

/* Those of accepts and deliveries are there to be answered. */
static uint64_t end_of(const struct ledger_load *load, enum ledger_step step)
{
    return step == STEP_ISSUE || step == STEP_PLACE ? UINT64_MAX
                                                    : load->next[step - 1];
}

static struct ledger_rate rate(struct ledger_load *load, uint64_t commands,
                               double seconds, const struct load_state *before)
{
    struct load_state after = load_state(&load->load);
    HL_ASSERT(commands > 0);
    return (struct ledger_rate){
        .per_s = (double)commands / seconds,
        .commit = (double)commands / (double)(after.commits - before->commits)};
}

struct ledger_rate ledger_load_calls(struct ledger_load *load,
                                     enum ledger_step step, size_t calls,
                                     double seconds)
{
    struct calling calling = {
        .load = load, .step = step, .end = end_of(load, step)};
    struct load_state before = load_state(&load->load);
    heluo__v1__write__init(&calling.write);
    double start = bench_now();
    struct load_calls all = {
        .path = methods[step].path,
        .schema = &heluo__v1__ledger_response__descriptor,
        .calls = calls,
        .until = calling.end == UINT64_MAX ? start + seconds : DBL_MAX,
        .next = next,
        .context = &calling,
    };
    uint64_t answers = load_calls(&load->load, &all);
    return rate(load, answers, bench_now() - start, &before);
}

/* --- A batch. ------------------------------------------------------------ */

static void check_batch(void *context, const ProtobufCMessage *message)
{
    const Heluo__V1__LedgerBatchResponse *response = (const void *)message;
    const size_t *count = context;
    HL_ASSERT(response->n_results == *count);
    for (size_t i = 0; i < response->n_results; i++) {
        const Heluo__V1__LedgerResult *result = response->results[i];
        if (result->error[0] != '\0') {
            fprintf(stderr, "bench_ledger: a command: %s: %s\n", result->error,
                    result->text);
            exit(1);
        }
    }
}

static double batch(struct ledger_load *load, enum ledger_step step,
                    size_t count)
{
    struct body *bodies = hl_alloc(count, sizeof(bodies[0]));
    Heluo__V1__LedgerCommand *commands = hl_alloc(count, sizeof(commands[0]));
    Heluo__V1__LedgerCommand **list = hl_alloc(count, sizeof(list[0]));
    for (size_t i = 0; i < count; i++) {
        body_make(load, step, &bodies[i]);
        heluo__v1__ledger_command__init(&commands[i]);
        commands[i].command_id = id_of(&bodies[i]);
        commands[i].what_case = methods[step].what;
        commands[i].issue = (void *)bodies[i].message; /* or another member */
        list[i] = &commands[i];
    }
    Heluo__V1__LedgerBatchRequest request =
        HELUO__V1__LEDGER_BATCH_REQUEST__INIT;
    request.n_commands = count;
    request.commands = list;
    struct load_call call = {
        .path = "/heluo.v1.Ledger/Batch",
        .schema = &heluo__v1__ledger_batch_response__descriptor,
        .request = &request.base,
        .answer = check_batch,
        .context = &count,
    };
    double start = bench_now();
    load_call(&load->load, &call);
    double seconds = bench_now() - start;
    hl_free(list);
    hl_free(commands);
    hl_free(bodies);
    return seconds;
}

struct ledger_rate ledger_load_batch(struct ledger_load *load,
                                     enum ledger_step step)
{
    struct load_state before = load_state(&load->load);
    double seconds = batch(load, step, LEDGER_BATCH);
    return rate(load, LEDGER_BATCH, seconds, &before);
}

/* --- Before all else. ---------------------------------------------------- */

static void put_scheme(struct ledger_load *load)
{
    struct writer room = {0}, body = {0};
    struct scheme scheme;
    struct ledger_item item;
    Heluo__V1__Write write = HELUO__V1__WRITE__INIT;
    Heluo__V1__SchemePutRequest request = HELUO__V1__SCHEME_PUT_REQUEST__INIT;
    ledger_scheme_make(&room, &scheme);
    record_encode(&scheme_record, &scheme, &body);
    ledger_item_make(load->load.run, STEP_ISSUE, UINT64_MAX, &item);
    write.command_id =
        (ProtobufCBinaryData){.len = sizeof(item.id), .data = item.id};
    request.write = &write;
    request.scheme = heluo__v1__scheme_put__unpack(NULL, body.size, body.data);
    HL_ASSERT(request.scheme != NULL);
    struct load_call call = {
        .path = "/heluo.v1.Scheme/Put",
        .schema = &heluo__v1__ledger_response__descriptor,
        .request = &request.base,
    };
    load_call(&load->load, &call);
    heluo__v1__scheme_put__free_unpacked(request.scheme, NULL);
    writer_fini(&body);
    writer_fini(&room);
}

void ledger_load_open(struct ledger_load *load,
                      const struct client_options *options, uint32_t run)
{
    *load = (struct ledger_load){0};
    load_open(&load->load, options, run);
    put_scheme(load);
    (void)batch(load, STEP_ISSUE, LEDGER_HOLDERS);
}

void ledger_load_close(struct ledger_load *load)
{
    load_close(&load->load);
}
