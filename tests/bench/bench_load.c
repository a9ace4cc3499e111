/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bench_load.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "grpc/health/v1/health.pb-c.h"
#include "heluo/v1/node.pb-c.h"

double bench_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void end(const char *what, hl_err err, const char *why)
{
    fprintf(stderr, "bench: %s: %s: %s\n", what, hl_err_name(err), why);
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

/* --- One request after the other. ---------------------------------------- */

struct running {
    const struct load_calls *calls;
    void (*answer)(void *context, const ProtobufCMessage *message);
    void *context;
    uint64_t answers;
};

static const ProtobufCMessage *next(void *context, uint64_t number)
{
    struct running *running = context;
    const struct load_calls *calls = running->calls;
    (void)number;
    return bench_now() < calls->until ? calls->next(calls->context) : NULL;
}

static void take(void *context, const struct load_answer *answer)
{
    struct running *running = context;
    if (answer->err != HL_OK) {
        end(running->calls->path, answer->err, answer->detail->text);
    }
    if (running->answer != NULL) {
        running->answer(running->context, answer->message);
    }
    running->answers++;
}

static void run(struct load *load, struct running *running)
{
    struct load_job job = {
        .path = running->calls->path,
        .schema = running->calls->schema,
        .calls = running->calls->calls,
        .request = next,
        .answer = take,
        .context = running,
    };
    load_client_run(load->client, &job);
}

uint64_t load_calls(struct load *load, const struct load_calls *calls)
{
    struct running running = {.calls = calls};
    run(load, &running);
    return running.answers;
}

static const ProtobufCMessage *next_check(void *context)
{
    return context;
}

double load_checks(struct load *load, size_t calls, double seconds)
{
    Grpc__Health__V1__HealthCheckRequest check =
        GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    check.service = "";
    double start = bench_now();
    struct load_calls all = {
        .path = "/grpc.health.v1.Health/Check",
        .schema = &grpc__health__v1__health_check_response__descriptor,
        .calls = calls,
        .until = start + seconds,
        .next = next_check,
        .context = &check.base,
    };
    uint64_t answers = load_calls(load, &all);
    return (double)answers / (bench_now() - start);
}

/* --- One request. -------------------------------------------------------- */

static const ProtobufCMessage *next_single(void *context)
{
    const ProtobufCMessage **request = context;
    const ProtobufCMessage *taken = *request;
    *request = NULL;
    return taken;
}

void load_call(struct load *load, const struct load_call *call)
{
    const ProtobufCMessage *request = call->request;
    struct load_calls calls = {
        .path = call->path,
        .schema = call->schema,
        .calls = 1,
        .until = DBL_MAX,
        .next = next_single,
        .context = &request,
    };
    struct running running = {
        .calls = &calls, .answer = call->answer, .context = call->context};
    run(load, &running);
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
    struct load_call call = {
        .path = "/heluo.v1.Node/Status",
        .schema = &heluo__v1__node_status_response__descriptor,
        .request = &request.base,
        .answer = take_state,
        .context = &state,
    };
    load_call(load, &call);
    return state;
}
