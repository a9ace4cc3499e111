/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bench_ledger_item.h"

#include <string.h>
#include <time.h>

#include "heluo/v1/scheme.pb-c.h"
#include "protocol/base/hash.h"
#include "protocol/base/hl_assert.h"

const uint64_t ledger_budget_fen = 1ull << 46;
const uint64_t ledger_holder_year_max_fen = 1ull << 38;

static const uint64_t first_fen = 1ull << 36; /* of what orders are of */

enum {
    ISSUE_FEN = 1000000,
    PRICE_FEN = 10000,
    PRICES = 50,
    KIND_TESTING = 1,
    NOT_NEEDED = 10, /* per cent of a price */
};

/* When it was done: now, as its voucher was issued before. */
static uint64_t now_ms(void)
{
    struct timespec now = {0};
    int base = timespec_get(&now, TIME_UTC);
    HL_ASSERT(base == TIME_UTC);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void scatter(uint64_t run, uint64_t what, uint64_t number,
                    uint8_t out[VOUCHER_ID_BYTES])
{
    uint64_t seed[] = {run, what, number};
    struct hl_hash hash = hash_bytes(bytes_of(seed, sizeof(seed)));
    memcpy(out, hash.bytes, VOUCHER_ID_BYTES);
}

static struct bytes view(const uint8_t id[VOUCHER_ID_BYTES])
{
    return bytes_of(id, VOUCHER_ID_BYTES);
}

static uint64_t price_of(uint64_t number)
{
    return PRICE_FEN + number % PRICES * LEDGER_UNIT_FEN;
}

/* --- Each step. ---------------------------------------------------------- */

static void make_issue(uint32_t run, uint64_t number, struct ledger_item *item)
{
    bool first = number < LEDGER_HOLDERS;
    struct voucher_issue *issue = (void *)&item->record;
    memcpy(item->of, item->id, sizeof(item->of));
    scatter(run, STEPS, number % LEDGER_HOLDERS, item->whose);
    item->fen = first ? first_fen - first_fen % LEDGER_UNIT_FEN : ISSUE_FEN;
    *issue = (struct voucher_issue){
        .scheme = bytes_of_text(LEDGER_SCHEME),
        .holder = view(item->whose),
        .county = bytes_of_text("410105"),
        .amount_fen = item->fen,
    };
}

static void make_place(uint32_t run, uint64_t number, struct ledger_item *item)
{
    struct order_place *place = (void *)&item->record;
    uint8_t random[VOUCHER_ID_BYTES];
    memcpy(item->of, item->id, sizeof(item->of));
    scatter(run, STEPS + 1, number, random);
    unsigned voucher = (random[0] * 256u + random[1]) * 256u + random[2];
    scatter(run, STEP_ISSUE, voucher % LEDGER_HOLDERS, item->whose);
    item->fen = price_of(number);
    *place = (struct order_place){
        .voucher = view(item->whose),
        .provider = bytes_of_text(LEDGER_NODE),
        .unit_scheme = bytes_of_text("uscc"),
        .unit_id = bytes_of_text("12410000415800018L"),
        .kind = KIND_TESTING,
        .price_fen = item->fen,
    };
}

static struct order_key key_of(uint32_t run, uint64_t number,
                               struct ledger_item *item)
{
    scatter(run, STEP_PLACE, number, item->of);
    return (struct order_key){bytes_of_text(LEDGER_NODE), view(item->of)};
}

static void make_accept(uint32_t run, uint64_t number, struct ledger_item *item)
{
    struct order_answer *accept = (void *)&item->record;
    *accept = (struct order_answer){.key = key_of(run, number, item)};
}

static void make_deliver(uint32_t run, uint64_t number,
                         struct ledger_item *item)
{
    struct order_deliver *deliver = (void *)&item->record;
    uint64_t price = price_of(number), done_ms = now_ms();
    item->fen = price - price * NOT_NEEDED / 100;
    *deliver = (struct order_deliver){
        .key = key_of(run, number, item),
        .price_fen = item->fen,
        .from_ms = done_ms,
        .until_ms = done_ms,
    };
}

static const struct {
    const char *name;
    uint32_t body;
    void (*make)(uint32_t run, uint64_t number, struct ledger_item *item);
} steps[STEPS] = {
    [STEP_ISSUE] = {"issue", VOUCHER_BODY_ISSUE, make_issue},
    [STEP_PLACE] = {"place", ORDER_BODY_PLACE, make_place},
    [STEP_ACCEPT] = {"accept", ORDER_BODY_ACCEPT, make_accept},
    [STEP_DELIVER] = {"deliver", ORDER_BODY_DELIVER, make_deliver},
};

void ledger_item_make(uint32_t run, enum ledger_step step, uint64_t number,
                      struct ledger_item *out)
{
    HL_ASSERT(step < STEPS);
    scatter(run, step, number, out->id);
    memset(&out->record, 0, sizeof(out->record));
    out->fen = 0;
    steps[step].make(run, number, out);
}

const char *ledger_step_name(enum ledger_step step)
{
    return steps[step].name;
}

uint32_t ledger_step_body(enum ledger_step step)
{
    return steps[step].body;
}

/* --- The scheme. --------------------------------------------------------- */

void ledger_scheme_make(struct writer *room, struct scheme *out)
{
    struct scheme_rate rate = {.level = bytes_of_text("市"),
                               .rate_bp = LEDGER_RATE_BP};
    record_list_add(scheme_rates, &rate, room);
    *out = (struct scheme){
        .id = bytes_of_text(LEDGER_SCHEME),
        .version = 1,
        .name_zh = bytes_of_text("科技创新券"),
        .budget_fen = ledger_budget_fen,
        .issue_unit_fen = LEDGER_UNIT_FEN,
        .use_days = LEDGER_DAYS,
        .claim_days = LEDGER_DAYS,
        .payee = HELUO__V1__SCHEME_PAYEE__SCHEME_PAYEE_PROVIDER,
        .holder_year_max_fen = ledger_holder_year_max_fen,
        .rates = writer_view(room),
    };
}
