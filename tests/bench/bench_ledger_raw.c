/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bench_ledger_raw.h"

#include <string.h>

#include "node/projection/ledger.h"
#include "node/reactor/reactor.h"
#include "protocol/base/alloc.h"

struct ledger_raw {
    struct raw *raw;
    uint32_t run;
    uint64_t next[STEPS]; /* command */
};

/* A command as the node's service has it, without a call. */
struct asking {
    struct write_command command; /* first */
    uint32_t body;
    struct ledger_item item;
};

static void fill_ids(struct asking *asking, union record_room *record)
{
    struct bytes id = bytes_of(asking->item.id, sizeof(asking->item.id));
    if (asking->body == VOUCHER_BODY_ISSUE) {
        ((struct voucher_issue *)(void *)record)->id = id;
    } else if (asking->body == ORDER_BODY_PLACE) {
        ((struct order_place *)(void *)record)->key =
            (struct order_key){bytes_of_text(LEDGER_NODE), id};
    }
}

static hl_err run_asking(struct write_command *command,
                         struct write_context *context,
                         struct hl_detail *detail)
{
    struct asking *asking = (struct asking *)command;
    union record_room record = asking->item.record;
    struct ledger_cause cause = {0};
    struct writer room = {0};
    struct ledger_writer writer = {
        .txn = context->txn,
        .number = context->number,
        .origin = bytes_of_text(RAW_ORIGIN),
        .now = context->now,
        .seals = context->facts->seals,
        .context = context->facts->context,
    };
    fill_ids(asking, &record);
    context->body_type = entry_body_type(asking->body, true);
    hl_err err =
        ledger_decide(&writer, asking->body, &record, &cause, &room, detail);
    if (err == HL_OK) {
        context->has_cause = cause.has;
        context->cause_index = cause.index;
        context->cause_leaf = cause.leaf;
        memcpy(context->cause_origin, cause.origin, sizeof(cause.origin));
        record_encode(ledger_body_type(asking->body), &record, context->body);
    }
    writer_fini(&room);
    return err;
}

static const struct write_type type = {.name = "ledger", .run = run_asking};

static void identify(struct asking *asking)
{
    struct writer asked = {0};
    record_encode(ledger_body_type(asking->body), &asking->item.record, &asked);
    raw_identify(&asking->command, asking->item.id, writer_view(&asked));
    writer_fini(&asked);
}

struct raw_times ledger_raw_write(struct ledger_raw *raw, enum ledger_step step,
                                  size_t count, size_t each)
{
    struct raw_times times = {0};
    each = each < 1 ? 1 : each;
    struct asking *askings = hl_alloc(each, sizeof(askings[0]));
    for (size_t done = 0; done < count;) {
        size_t now = count - done < each ? count - done : each;
        for (size_t i = 0; i < now; i++) {
            askings[i].command = (struct write_command){
                .type = &type,
                .next = i + 1 < now ? &askings[i + 1].command : NULL};
            askings[i].body = ledger_step_body(step);
            ledger_item_make(raw->run, step, raw->next[step]++,
                             &askings[i].item);
            identify(&askings[i]);
        }
        raw_commit(raw->raw, &askings[0].command, &times);
        done += now;
    }
    hl_free(askings);
    return times;
}

static void put_scheme(struct ledger_raw *raw)
{
    struct raw_times times = {0};
    struct writer room = {0};
    struct asking asking = {.command = {.type = &type},
                            .body = SCHEME_BODY_PUT};
    ledger_item_make(raw->run, STEP_ISSUE, UINT64_MAX, &asking.item);
    ledger_scheme_make(&room, (void *)&asking.item.record);
    identify(&asking);
    raw_commit(raw->raw, &asking.command, &times);
    writer_fini(&room);
}

struct ledger_raw *ledger_raw_open(const char *folder, uint32_t run)
{
    struct ledger_raw *raw = hl_alloc(1, sizeof(*raw));
    raw->raw = raw_open(folder);
    raw->run = run;
    put_scheme(raw);
    ledger_raw_write(raw, STEP_ISSUE, LEDGER_HOLDERS, LEDGER_HOLDERS);
    return raw;
}

void ledger_raw_close(struct ledger_raw **raw)
{
    raw_close(&(*raw)->raw);
    hl_free(*raw);
    *raw = NULL;
}
