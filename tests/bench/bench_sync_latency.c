/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "heluo/v1/catalogue.pb-c.h"
#include "protocol/base/alloc.h"
#include "tests/bench/bench_latency.h"
#include "tests/bench/bench_sync.h"

enum { STRAGGLERS_MS = 5000 };

struct sides {
    const char *writer;
    struct client *watching;
    struct client_stream *watch;
};

static void *open_writer(void *context)
{
    return sync_dial(((struct sides *)context)->writer);
}

static void close_writer(void *writer)
{
    struct client *client = writer;
    client_destroy(&client);
}

static void put(void *writer, uint64_t number, const struct bench_unit *source)
{
    struct bench_unit copy = *source; /* messages point to what may change */
    Heluo__V1__UnitRecord unit = HELUO__V1__UNIT_RECORD__INIT;
    (void)number;
    unit.scheme = BENCH_UNIT_SCHEME;
    unit.id = copy.id;
    unit.name_zh = copy.name_zh;
    unit.name_en = copy.name_en;
    unit.kind = (Heluo__V1__UnitKind)BENCH_UNIT_KIND;
    unit.division = BENCH_UNIT_DIVISION;
    unit.division_revision = BENCH_UNIT_DIVISION_REVISION;
    Heluo__V1__Write write = HELUO__V1__WRITE__INIT;
    write.command_id = (ProtobufCBinaryData){.data = copy.command,
                                             .len = sizeof(copy.command)};
    Heluo__V1__CataloguePutRequest request =
        HELUO__V1__CATALOGUE_PUT_REQUEST__INIT;
    request.write = &write;
    Heluo__V1__Record record = HELUO__V1__RECORD__INIT;
    record.record_case = HELUO__V1__RECORD__RECORD_UNIT;
    record.unit = &unit;
    request.record = &record;
    ProtobufCMessage *answer = NULL;
    struct hl_detail detail = {0};
    sync_must(client_call(writer, "/heluo.v1.Catalogue/Put", &request.base,
                          &heluo__v1__catalogue_put_response__descriptor,
                          &answer, &detail),
              "Catalogue.Put", &detail);
    protobuf_c_message_free_unpacked(answer, NULL);
}

static void watch(void *context, struct latency *latency)
{
    struct sides *sides = context;
    while (!latency_over(latency)) {
        ProtobufCMessage *message = NULL;
        bool timed_out = false;
        struct hl_detail detail = {0};
        sync_must(client_stream_next(sides->watch, STRAGGLERS_MS, &message,
                                     &timed_out, &detail),
                  "Catalogue.Watch", &detail);
        if (message == NULL) {
            return;
        }
        const Heluo__V1__CatalogueChange *change = (const void *)message;
        if (change->record != NULL) {
            /* bench_unit_make() puts the number behind the name. */
            const char *space =
                strrchr(change->record->record->unit->name_en, ' ');
            latency_seen(latency, strtoull(space + 1, NULL, 10));
        }
        protobuf_c_message_free_unpacked(message, NULL);
    }
}

/* From now on: a list says where. */
static void open_watch(struct sides *sides, const char *partner)
{
    Heluo__V1__CatalogueListRequest list =
        HELUO__V1__CATALOGUE_LIST_REQUEST__INIT;
    ProtobufCMessage *answer = NULL;
    struct hl_detail detail = {0};
    sides->watching = sync_dial(partner);
    list.kind = HELUO__V1__RECORD_KIND__RECORD_KIND_UNIT;
    list.page_size = 1;
    sync_must(client_call(sides->watching, "/heluo.v1.Catalogue/List",
                          &list.base,
                          &heluo__v1__catalogue_list_response__descriptor,
                          &answer, &detail),
              "Catalogue.List", &detail);
    const Heluo__V1__CatalogueListResponse *page = (const void *)answer;
    Heluo__V1__CatalogueWatchRequest request =
        HELUO__V1__CATALOGUE_WATCH_REQUEST__INIT;
    request.token = page->watch_token;
    sides->watch = client_stream_open(
        sides->watching, "/heluo.v1.Catalogue/Watch", &request.base,
        &heluo__v1__catalogue_change__descriptor);
    protobuf_c_message_free_unpacked(answer, NULL);
}

void sync_latency(const char *writer, const char *partner, unsigned rate,
                  unsigned seconds)
{
    struct sides sides = {.writer = writer};
    struct latency_plan plan = {.rate = rate,
                                .seconds = seconds,
                                .run = (uint32_t)getpid(),
                                .context = &sides,
                                .open = open_writer,
                                .put = put,
                                .close = close_writer,
                                .watch = watch};
    open_watch(&sides, partner);
    latency_measure(&plan);
    client_stream_close(&sides.watch);
    client_destroy(&sides.watching);
}
