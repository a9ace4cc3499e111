/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bench_write_raw.h"

#include "node/catalogue/unit.h"
#include "protocol/base/alloc.h"
#include "tests/bench/bench_write_unit.h"

struct raw_units {
    struct raw *raw;
    uint32_t run;
    uint64_t next;
    struct record_sum work;
};

struct raw_units *raw_units_open(const char *folder, uint32_t run)
{
    struct raw_units *raw = hl_alloc(1, sizeof(*raw));
    raw->raw = raw_open(folder);
    raw->run = run;
    return raw;
}

void raw_units_close(struct raw_units **raw)
{
    raw_close(&(*raw)->raw);
    hl_free(*raw);
    *raw = NULL;
}

struct put {
    struct write_command command; /* first */
    struct bench_unit source;
    struct unit unit;
};

static hl_err run_put(struct write_command *command,
                      struct write_context *context, struct hl_detail *detail)
{
    struct put *put = (struct put *)command;
    (void)detail;
    context->body_type = entry_body_type(UNIT_BODY_PUT, false);
    record_encode(&unit_record, &put->unit, context->body);
    return HL_OK;
}

static const struct write_type put_type = {.name = "put", .run = run_put};

static void put_make(struct raw_units *raw, struct put *put)
{
    *put = (struct put){.command = {.type = &put_type}};
    bench_unit_make(raw->run, raw->next++, &put->source);
    put->unit = (struct unit){
        .scheme = bytes_of_text(BENCH_UNIT_SCHEME),
        .id = bytes_of_text(put->source.id),
        .name_zh = bytes_of_text(put->source.name_zh),
        .name_en = bytes_of_text(put->source.name_en),
        .kind = BENCH_UNIT_KIND,
        .division = bytes_of_text(BENCH_UNIT_DIVISION),
        .division_revision = BENCH_UNIT_DIVISION_REVISION,
    };
    struct writer body = {0};
    record_encode(&unit_record, &put->unit, &body);
    raw_identify(&put->command, put->source.command, writer_view(&body));
    writer_fini(&body);
}

struct raw_times raw_units_write(struct raw_units *raw, size_t count,
                                 size_t each)
{
    struct raw_times times = {0};
    struct put *puts = hl_alloc(each, sizeof(puts[0]));
    record_clear_sum();
    for (size_t done = 0; done < count;) {
        size_t now = count - done < each ? count - done : each;
        for (size_t i = 0; i < now; i++) {
            put_make(raw, &puts[i]);
            puts[i].command.next = i + 1 < now ? &puts[i + 1].command : NULL;
        }
        raw_commit(raw->raw, &puts[0].command, &times);
        done += now;
    }
    hl_free(puts);
    raw->work = raw_work(count);
    return times;
}

struct record_sum raw_units_work(const struct raw_units *raw)
{
    return raw->work;
}
