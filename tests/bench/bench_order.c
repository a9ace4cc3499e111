/* SPDX-License-Identifier: Apache-2.0 */

/* An order at the provider's desk, from the call to the issuer's answer there,
 * beside a durable write at each of the two nodes, in turns; bench_order.sh
 * starts them:
 *
 *   bench_order PROVIDER ISSUER ISSUER_ID VOUCHER COUNT
 *
 * PROVIDER and ISSUER are the nodes' sockets. Prints medians and 99th
 * percentiles in microseconds. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "heluo/v1/catalogue.pb-c.h"
#include "heluo/v1/ledger.pb-c.h"
#include "heluo/v1/service_item.pb-c.h"
#include "node/client/client.h"
#include "protocol/base/alloc.h"
#include "tests/bench/bench_latency.h"
#include "tests/bench/bench_write_unit.h"

enum { CALL_MS = 60000, WARM_UP = 20, ID_BYTES = 16, PRICE_FEN = 200 };

static void must(hl_err err, const char *what, const struct hl_detail *detail)
{
    if (err != HL_OK) {
        fprintf(stderr, "bench_order: %s: %s: %s\n", what, hl_err_name(err),
                detail->text);
        exit(1);
    }
}

static struct client *dial(const char *target)
{
    struct client_options options = {.target = target, .timeout_ms = CALL_MS};
    struct client *client = NULL;
    struct hl_detail detail = {0};
    must(client_create(&options, &client, &detail), target, &detail);
    return client;
}

static void call(struct client *client, const char *path,
                 const ProtobufCMessage *request,
                 const ProtobufCMessageDescriptor *schema)
{
    ProtobufCMessage *answer = NULL;
    struct hl_detail detail = {0};
    must(client_call(client, path, request, schema, &answer, &detail), path,
         &detail);
    protobuf_c_message_free_unpacked(answer, NULL);
}

/* --- What is measured. --------------------------------------------------- */

struct bench {
    struct client *provider, *issuer;
    struct client_stream *orders; /* as they change at the provider's */
    char *issuer_id;
    uint8_t voucher[ID_BYTES];
};

/* A unit: one call, one commit. */
static void put(struct client *client, uint32_t run, uint64_t number)
{
    struct bench_unit made;
    bench_unit_make(run, number, &made);
    Heluo__V1__UnitRecord unit = HELUO__V1__UNIT_RECORD__INIT;
    unit.scheme = BENCH_UNIT_SCHEME;
    unit.id = made.id;
    unit.name_zh = made.name_zh;
    unit.name_en = made.name_en;
    unit.kind = (Heluo__V1__UnitKind)BENCH_UNIT_KIND;
    unit.division = BENCH_UNIT_DIVISION;
    unit.division_revision = BENCH_UNIT_DIVISION_REVISION;
    Heluo__V1__Record record = HELUO__V1__RECORD__INIT;
    record.record_case = HELUO__V1__RECORD__RECORD_UNIT;
    record.unit = &unit;
    Heluo__V1__Write write = HELUO__V1__WRITE__INIT;
    write.command_id = (ProtobufCBinaryData){.data = made.command,
                                             .len = sizeof(made.command)};
    Heluo__V1__CataloguePutRequest request =
        HELUO__V1__CATALOGUE_PUT_REQUEST__INIT;
    request.write = &write;
    request.record = &record;
    call(client, "/heluo.v1.Catalogue/Put", &request.base,
         &heluo__v1__catalogue_put_response__descriptor);
}

static void request_order(const struct bench *bench, uint8_t *id)
{
    Heluo__V1__HoldRequest asked = HELUO__V1__HOLD_REQUEST__INIT;
    asked.id = (ProtobufCBinaryData){.data = id, .len = ID_BYTES};
    asked.issuer = bench->issuer_id;
    asked.voucher = (ProtobufCBinaryData){.data = (uint8_t *)bench->voucher,
                                          .len = ID_BYTES};
    asked.unit_scheme = "uscc";
    asked.unit_id = "12410000415800018L";
    asked.kind = HELUO__V1__SERVICE_KIND__SERVICE_KIND_TESTING;
    asked.price_fen = PRICE_FEN;
    Heluo__V1__Write write = HELUO__V1__WRITE__INIT;
    write.command_id = asked.id;
    Heluo__V1__OrderRequestRequest request =
        HELUO__V1__ORDER_REQUEST_REQUEST__INIT;
    request.write = &write;
    request.request = &asked;
    call(bench->provider, "/heluo.v1.Order/Request", &request.base,
         &heluo__v1__ledger_response__descriptor);
}

/* Until that order is placed, as the provider's node has it. An answer of
 * another kind ends the process. */
static void await_placed(const struct bench *bench, const uint8_t *id)
{
    for (bool placed = false; !placed;) {
        ProtobufCMessage *message = NULL;
        bool timed_out = false;
        struct hl_detail detail = {0};
        must(client_stream_next(bench->orders, CALL_MS, &message, &timed_out,
                                &detail),
             "Order.Watch", &detail);
        if (message == NULL) {
            fprintf(stderr, "bench_order: no answer within %d ms\n", CALL_MS);
            exit(1);
        }
        const Heluo__V1__OrderChange *change = (const void *)message;
        const Heluo__V1__OrderView *view = change->order;
        if (view != NULL && view->order->id.len == ID_BYTES &&
            memcmp(view->order->id.data, id, ID_BYTES) == 0) {
            placed = view->state == HELUO__V1__ORDER_STATE__ORDER_STATE_PLACED;
            if (view->state == HELUO__V1__ORDER_STATE__ORDER_STATE_DENIED) {
                fprintf(stderr, "bench_order: denied: %s\n",
                        view->order->reason);
                exit(1);
            }
        }
        protobuf_c_message_free_unpacked(message, NULL);
    }
}

/* --- Series. ------------------------------------------------------------- */

struct series {
    const char *name;
    double *us;
    size_t count;
};

static int64_t series_add(struct series *series, int64_t since_ns)
{
    int64_t now = bench_now_ns();
    series->us[series->count++] = (double)(now - since_ns) / 1e3;
    return now;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static void series_print(struct series *series)
{
    qsort(series->us, series->count, sizeof(series->us[0]), compare);
    printf("%s_p50_us %.0f\n%s_p99_us %.0f\n", series->name,
           series->us[series->count / 2], series->name,
           series->us[series->count * 99 / 100]);
    free(series->us);
}

static void measure(const struct bench *bench, size_t count)
{
    struct series asked = {.name = "asked"}, answered = {.name = "answered"},
                  provider = {.name = "provider"}, issuer = {.name = "issuer"};
    struct series *all[] = {&asked, &answered, &provider, &issuer};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        all[i]->us = hl_alloc(WARM_UP + count, sizeof(double));
    }
    uint32_t run = (uint32_t)getpid();
    for (size_t i = 0; i < WARM_UP + count; i++) {
        if (i == WARM_UP) {
            asked.count = answered.count = provider.count = issuer.count = 0;
        }
        struct bench_unit named;
        bench_unit_make(run, i, &named);
        int64_t start = bench_now_ns();
        request_order(bench, named.command);
        (void)series_add(&asked, start);
        await_placed(bench, named.command);
        int64_t now = series_add(&answered, start);
        put(bench->provider, run + 1, i);
        now = series_add(&provider, now);
        put(bench->issuer, run + 1, i);
        (void)series_add(&issuer, now);
    }
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        series_print(all[i]);
    }
}

int main(int argc, char **argv)
{
    if (argc != 6 || strlen(argv[4]) != 2 * (size_t)ID_BYTES) {
        fprintf(stderr, "usage: bench_order PROVIDER ISSUER ISSUER_ID VOUCHER "
                        "COUNT\n");
        return 2;
    }
    struct bench bench = {.provider = dial(argv[1]),
                          .issuer = dial(argv[2]),
                          .issuer_id = argv[3]};
    for (size_t i = 0; i < ID_BYTES; i++) {
        if (sscanf(argv[4] + 2 * i, "%2hhx", &bench.voucher[i]) != 1) {
            fprintf(stderr, "bench_order: %s is no voucher's id\n", argv[4]);
            return 2;
        }
    }
    struct client *watching = dial(argv[1]);
    Heluo__V1__OrderWatchRequest watch = HELUO__V1__ORDER_WATCH_REQUEST__INIT;
    bench.orders =
        client_stream_open(watching, "/heluo.v1.Order/Watch", &watch.base,
                           &heluo__v1__order_change__descriptor);
    measure(&bench, (size_t)strtoull(argv[5], NULL, 10));
    client_stream_close(&bench.orders);
    client_destroy(&watching);
    client_destroy(&bench.provider);
    client_destroy(&bench.issuer);
    return 0;
}
