/* SPDX-License-Identifier: Apache-2.0 */

/* The order in which the ledger's rules are checked. Each command begins by
 * breaking all the rules that can be broken together, and mends one after the
 * other: the next word is said each time, and nothing is at the end. What no
 * command can break, as the ledger fills it in, an entry of a journal breaks.
 */

#include <stdio.h>
#include <string.h>

#include "node/ledger/cycle.h"
#include "node/ledger/refusal.h"
#include "node/projection/row.h"
#include "tests/support/support.h"
#include "tests/unit/projection/order_world.h"

#define T(text) bytes_of_text(text)
#define Z "zhengzhou"
#define L "luoyang"
#define UNIT "0123456789abcdef0123456789abcdef"

/* Which words were said. */
static bool seen[LEDGER_REFUSAL_END];

static void see(enum ledger_refusal refusal)
{
    seen[refusal] = true;
}

static void refused(struct order_world *world, const char *node, uint32_t body,
                    const void *record, const struct said *cause,
                    enum ledger_refusal refusal)
{
    order_refused(world, node, body, record, cause,
                  ledger_refusal_word(refusal));
    see(refusal);
}

/* By an entry, too. */
static void ignored(struct order_world *world, const char *node, uint32_t body,
                    const void *record, const struct said *cause,
                    enum ledger_refusal refusal)
{
    order_ignored(world, node, body, record, cause,
                  ledger_refusal_word(refusal));
    see(refusal);
}

static void neither(struct order_world *world, const char *node, uint32_t body,
                    const void *record, const struct said *cause,
                    enum ledger_refusal refusal)
{
    refused(world, node, body, record, cause, refusal);
    ignored(world, node, body, record, cause, refusal);
}

/* --- Accounts that are full, as after some centuries. --------------------- */

static void set_account(struct order_world *world, const char *node,
                        struct account account)
{
    struct tables tables;
    struct writer key = {0}, record = {0}, value = {0};
    uint32_t number = order_number(world, node);
    record_key(&account_record, &account, &key);
    record_encode(&account_record, &account, &record);
    struct row row = {.record = writer_view(&record)};
    row_encode(&row, &value);
    struct store_key at = row_key(number, &account_record, writer_view(&key));
    assert_ok(tables_living(world->world.txn, &tables, NULL));
    assert_ok(tables_put(&tables, STORE_ROWS, &at, writer_view(&value), NULL));
    writer_fini(&value);
    writer_fini(&record);
    writer_fini(&key);
}

/* An account without room on one side; it was like that, to be given back. */
static struct account fill(struct order_world *world, const char *node,
                           enum ledger_account code, const char *partner,
                           bool debit)
{
    struct account former = {.account = code, .partner = T(partner)};
    order_find(world, node, &account_record, &former);
    former.partner = T(partner);
    struct account full = former;
    *(debit ? &full.debit_fen : &full.credit_fen) = INT64_MAX;
    set_account(world, node, full);
    return former;
}

/* --- What stories are made of. -------------------------------------------- */

static void begin(struct order_world *world)
{
    order_world_init(world);
    world->unchecked = true; /* accounts are set */
    struct scheme scheme = order_scheme(world, "a", 1);
    order_do(world, Z, SCHEME_BODY_PUT, &scheme, NULL);
}

static void issue(struct order_world *world, uint8_t number)
{
    struct voucher_issue issue = order_voucher(number, 10000);
    order_do(world, Z, VOUCHER_BODY_ISSUE, &issue, NULL);
}

static struct said place(struct order_world *world, uint8_t number,
                         const char *provider)
{
    struct order_place place = order_place_of(Z, number, 1, provider, 1000);
    return order_do(world, Z, ORDER_BODY_PLACE, &place, NULL);
}

static struct said answer(struct order_world *world, const char *provider,
                          uint32_t body, uint8_t number)
{
    struct order_answer answer = {.key = order_key(Z, number)};
    return order_do(world, provider, body, &answer, NULL);
}

static struct said deliver(struct order_world *world, const char *provider,
                           uint8_t number)
{
    struct order_deliver delivery = order_delivery(Z, number, 2000);
    answer(world, provider, ORDER_BODY_ACCEPT, number);
    return order_do(world, provider, ORDER_BODY_DELIVER, &delivery, NULL);
}

static struct said capture(struct order_world *world, uint8_t number,
                           const struct said *delivery)
{
    struct order_capture capture = {.key = order_key(Z, number),
                                    .price_fen = 2000};
    return order_do(world, Z, ORDER_BODY_CAPTURE, &capture, delivery);
}

/* --- Schemes and vouchers. ------------------------------------------------ */

static void rules_of_a_scheme(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    issue(&world, 1);
    struct account fund = fill(&world, Z, ACCOUNT_FUND, "", false);
    struct account budget = fill(&world, Z, ACCOUNT_BUDGET, "", true);
    struct scheme next = order_scheme(&world, "a", 3);
    next.budget_fen = 9999;
    neither(&world, Z, SCHEME_BODY_PUT, &next, NULL, LEDGER_SCHEME_VERSION);
    next.version = 2;
    neither(&world, Z, SCHEME_BODY_PUT, &next, NULL,
            LEDGER_BUDGET_BELOW_ISSUED);
    next.budget_fen = 10000;
    neither(&world, Z, SCHEME_BODY_PUT, &next, NULL, LEDGER_ACCOUNT_ROOM);
    set_account(&world, Z, budget);
    neither(&world, Z, SCHEME_BODY_PUT, &next, NULL, LEDGER_ACCOUNT_ROOM);
    set_account(&world, Z, fund);
    order_do(&world, Z, SCHEME_BODY_PUT, &next, NULL);
    order_world_fini(&world);
}

/* Of yuan, at most 300; from July on, and a budget of 500. */
static void put_strict(struct order_world *world)
{
    struct scheme scheme = order_scheme(world, "b", 1);
    scheme.issue_unit_fen = 100;
    scheme.voucher_max_fen = 300;
    scheme.budget_fen = 500;
    scheme.issue_from = T("2026-07-03");
    order_do(world, Z, SCHEME_BODY_PUT, &scheme, NULL);
}

static void rules_of_an_issue(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    issue(&world, 1);
    put_strict(&world);
    struct account budget = fill(&world, Z, ACCOUNT_BUDGET, "", true);
    struct voucher_issue next = order_voucher(1, 550);
    next.scheme = T("c");
    next.scheme_version = 2;
#define REFUSED(name) neither(&world, Z, VOUCHER_BODY_ISSUE, &next, NULL, name)
    REFUSED(LEDGER_VOUCHER_EXISTS);
    next.id = order_id(2);
    REFUSED(LEDGER_NO_SCHEME);
    next.scheme = T("b");
    REFUSED(LEDGER_OTHER_VERSION);
    next.scheme_version = 1;
    REFUSED(LEDGER_AMOUNT_UNIT);
    next.amount_fen = 600;
    REFUSED(LEDGER_AMOUNT_MAX);
    next.amount_fen = 300;
    REFUSED(LEDGER_ISSUE_CLOSED);
    order_world_at(&world, "2026-07-03T00:00:00Z");
    set_account(&world, Z, budget);
    order_do(&world, Z, VOUCHER_BODY_ISSUE, &next, NULL);
    fill(&world, Z, ACCOUNT_BUDGET, "", true);
    next.id = order_id(3);
    REFUSED(LEDGER_BUDGET_LEFT);
    next.amount_fen = 200;
    REFUSED(LEDGER_ACCOUNT_ROOM);
#undef REFUSED
    set_account(&world, Z, budget);
    order_do(&world, Z, VOUCHER_BODY_ISSUE, &next, NULL);
    order_world_fini(&world);
}

/* As a budget is left only for who may issue at all, the one is tried before
 * the other where both are broken. */
static void what_is_closed_is_said_before_what_is_left(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    put_strict(&world);
    struct scheme poor = order_scheme(&world, "b", 2);
    poor.budget_fen = 100;
    poor.issue_until = T("2026-06-30");
    order_do(&world, Z, SCHEME_BODY_PUT, &poor, NULL);
    struct voucher_issue next = order_voucher(1, 200);
    next.scheme = T("b");
    next.scheme_version = 2;
    neither(&world, Z, VOUCHER_BODY_ISSUE, &next, NULL, LEDGER_ISSUE_CLOSED);
    order_world_fini(&world);
}

static void rules_of_an_end(void **state)
{
    (void)state;
    enum { CANCELLED = 1, EXPIRED = 3 };
    struct order_world world;
    begin(&world);
    issue(&world, 1);
    issue(&world, 2);
    struct voucher_ended ended = {.id = order_id(1), .how = CANCELLED};
    order_do(&world, Z, VOUCHER_BODY_END, &ended, NULL);
    struct account issued = fill(&world, Z, ACCOUNT_ISSUED, "", true);
    ended = (struct voucher_ended){
        .id = order_id(9), .how = EXPIRED, .amount_fen = 1};
#define REFUSED(name) neither(&world, Z, VOUCHER_BODY_END, &ended, NULL, name)
    REFUSED(LEDGER_NO_VOUCHER);
    ended.id = order_id(1);
    REFUSED(LEDGER_VOUCHER_ENDED);
    ended.id = order_id(2);
    REFUSED(LEDGER_NOT_EXPIRED);
    ended.how = CANCELLED;
    ended.amount_fen = 9999; /* the ledger fills that in */
    ignored(&world, Z, VOUCHER_BODY_END, &ended, NULL, LEDGER_AMOUNT_OPEN);
    ended.amount_fen = 10000;
    REFUSED(LEDGER_ACCOUNT_ROOM);
#undef REFUSED
    set_account(&world, Z, issued);
    order_do(&world, Z, VOUCHER_BODY_END, &ended, NULL);
    order_world_fini(&world);
}

/* --- Placing. ------------------------------------------------------------- */

/* Of kinds 1 and 2, of which the second alone is paid for; at luoyang, by one
 * unit; 600 fen a year for a holder, 400 for who controls him. */
static void put_narrow(struct order_world *world)
{
    struct writer rates = {0}, providers = {0}, partners = {0};
    struct scheme scheme = order_scheme(world, "a", 2);
    struct scheme_rate rate = {.level = T("市"), .kind = 2, .rate_bp = 5000};
    struct scheme_provider provider = {T("nrii"), T(UNIT)};
    struct scheme_partner partner = {T(L)};
    record_list_add(scheme_rates, &rate, &rates);
    record_list_add(scheme_providers, &provider, &providers);
    record_list_add(scheme_partners, &partner, &partners);
    scheme.rates = writer_view(&rates);
    scheme.providers = writer_view(&providers);
    scheme.partners = writer_view(&partners);
    scheme.kinds = 1 << 1 | 1 << 2;
    scheme.holder_year_max_fen = 600;
    scheme.controller_year_max_fen = 400;
    order_do(world, Z, SCHEME_BODY_PUT, &scheme, NULL);
    writer_fini(&partners);
    writer_fini(&providers);
    writer_fini(&rates);
}

/* Voucher 1 ended, 2 is over and 3 is good; with 800 fen each. */
static void issue_narrow(struct order_world *world)
{
    struct voucher_issue issue = order_voucher(1, 800);
    struct voucher_ended ended = {.id = order_id(1), .how = 1};
    issue.scheme_version = 2;
    order_do(world, Z, VOUCHER_BODY_ISSUE, &issue, NULL);
    order_do(world, Z, VOUCHER_BODY_END, &ended, NULL);
    issue.id = order_id(2);
    order_do(world, Z, VOUCHER_BODY_ISSUE, &issue, NULL);
    order_world_at(world, "2026-08-01T00:00:00Z");
    issue.id = order_id(3);
    order_do(world, Z, VOUCHER_BODY_ISSUE, &issue, NULL);
}

static void rules_of_an_order(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    issue(&world, 4);
    struct order_place former = order_place_of(Z, 1, 4, L, 1000);
    order_do(&world, Z, ORDER_BODY_PLACE, &former, NULL);
    put_narrow(&world);
    issue_narrow(&world);
    struct account held = fill(&world, Z, ACCOUNT_HELD, "", false);
    struct order_place next = order_place_of(L, 1, 9, "anyang", 2000);
    next.price_fen = 2000; /* of which 1,000 are paid */
    next.until = T("2026-07-31");
    next.unit_id = T("fedcba9876543210fedcba9876543210");
    next.kind = 3;
#define REFUSED(name) neither(&world, Z, ORDER_BODY_PLACE, &next, NULL, name)
    REFUSED(LEDGER_BEGUN_ELSEWHERE);
    next.key.begun_at = T(Z);
    REFUSED(LEDGER_ORDER_EXISTS);
    next.key.id = order_id(2);
    REFUSED(LEDGER_NO_VOUCHER);
    next.voucher = order_id(1);
    REFUSED(LEDGER_VOUCHER_ENDED);
    next.voucher = order_id(2);
    REFUSED(LEDGER_USE_OVER);
    next.voucher = order_id(3);
    REFUSED(LEDGER_UNTIL_RANGE);
    next.until = T("2026-10-31"); /* a day more than it is claimed */
    REFUSED(LEDGER_UNTIL_RANGE);
    next.until = T("2026-10-30");
    REFUSED(LEDGER_KIND_EXCLUDED);
    next.kind = 1;
    REFUSED(LEDGER_PARTNER_EXCLUDED);
    next.provider = T(L);
    REFUSED(LEDGER_PROVIDER_EXCLUDED);
    next.unit_id = T(UNIT);
    REFUSED(LEDGER_NO_RATE);
    next.kind = 2;
    REFUSED(LEDGER_HOLD_SHARE);
    next.hold_fen = 1001;
    REFUSED(LEDGER_HOLD_SHARE);
    next.hold_fen = 1000;
    REFUSED(LEDGER_VOUCHER_LEFT);
    next.hold_fen = 800;
    REFUSED(LEDGER_HOLDER_YEAR);
    next.hold_fen = 600;
    REFUSED(LEDGER_CONTROLLER_YEAR);
    next.hold_fen = 400;
    REFUSED(LEDGER_ACCOUNT_ROOM);
#undef REFUSED
    set_account(&world, Z, held);
    world.absent = L; /* which is no matter of validity */
    refused(&world, Z, ORDER_BODY_PLACE, &next, NULL, LEDGER_NO_PROVIDER);
    world.absent = NULL;
    order_do(&world, Z, ORDER_BODY_PLACE, &next, NULL);
    order_world_fini(&world);
}

/* --- Resolving. ----------------------------------------------------------- */

/* Order 1 is resolved, 2 declined and 3 delivered; until July 31. */
static void begin_orders(struct order_world *world, struct said *declined,
                         struct said *delivered)
{
    begin(world);
    issue(world, 1);
    for (uint8_t i = 1; i <= 3; i++) {
        place(world, i, L);
    }
    struct said first = deliver(world, L, 1);
    capture(world, 1, &first);
    *declined = answer(world, L, ORDER_BODY_DECLINE, 2);
    *delivered = deliver(world, L, 3);
}

static void rules_of_a_release(void **state)
{
    (void)state;
    struct order_world world;
    struct said declined, delivered;
    begin_orders(&world, &declined, &delivered);
    struct account issued = fill(&world, Z, ACCOUNT_ISSUED, "", false);
    struct order_release release = {order_key(Z, 9), RELEASE_DECLINED, 1, 1};
    struct order_release late = {order_key(Z, 9), RELEASE_TIMED_OUT, 1, 1};
    struct said other = declined;
    strcpy(other.node, "anyang");
#define REFUSED(record, cause, name)                                           \
    neither(&world, Z, ORDER_BODY_RELEASE, record, cause, name)
    REFUSED(&release, &other, LEDGER_NO_ORDER);
    REFUSED(&late, NULL, LEDGER_NO_ORDER);
    release.key = late.key = order_key(Z, 1);
    REFUSED(&release, &other, LEDGER_RESOLVED);
    REFUSED(&late, NULL, LEDGER_RESOLVED);
    release.key = late.key = order_key(Z, 2);
    REFUSED(&release, &other, LEDGER_NOTHING_OPEN);
    REFUSED(&release, NULL, LEDGER_NOTHING_OPEN);
    REFUSED(&late, NULL, LEDGER_NOT_OVER);
    order_world_at(&world, "2026-09-01T00:00:00Z");
    release.amount_fen = late.amount_fen = 999;
    ignored(&world, Z, ORDER_BODY_RELEASE, &release, &declined,
            LEDGER_HOLD_SUM);
    ignored(&world, Z, ORDER_BODY_RELEASE, &late, NULL, LEDGER_HOLD_SUM);
    release.amount_fen = late.amount_fen = 1000;
    ignored(&world, Z, ORDER_BODY_RELEASE, &late, NULL, LEDGER_HOLD_SUM);
    release.to_budget = late.to_budget = 0;
    REFUSED(&late, NULL, LEDGER_ACCOUNT_ROOM);
    REFUSED(&release, &declined, LEDGER_ACCOUNT_ROOM);
#undef REFUSED
    set_account(&world, Z, issued);
    order_do(&world, Z, ORDER_BODY_RELEASE, &release, &declined);
    order_world_fini(&world);
}

static void rules_of_a_denial(void **state)
{
    (void)state;
    struct order_world world;
    struct said declined, delivered;
    begin_orders(&world, &declined, &delivered);
    struct account held = fill(&world, Z, ACCOUNT_HELD, "", true);
    struct order_deny deny = {order_key(Z, 9), T("发票不符"), 1, 1};
#define REFUSED(cause, name)                                                   \
    neither(&world, Z, ORDER_BODY_DENY, &deny, cause, name)
    REFUSED(NULL, LEDGER_NO_ORDER);
    deny.key = order_key(Z, 1);
    REFUSED(NULL, LEDGER_RESOLVED);
    deny.key = order_key(Z, 3);
    REFUSED(NULL, LEDGER_NOTHING_OPEN);
    deny.amount_fen = 999;
    ignored(&world, Z, ORDER_BODY_DENY, &deny, &delivered, LEDGER_HOLD_SUM);
    deny.amount_fen = 1000;
    deny.to_budget = 0;
    REFUSED(&delivered, LEDGER_ACCOUNT_ROOM);
#undef REFUSED
    set_account(&world, Z, held);
    order_do(&world, Z, ORDER_BODY_DENY, &deny, &delivered);
    order_world_fini(&world);
}

static void rules_of_a_capture(void **state)
{
    (void)state;
    struct order_world world;
    struct said declined, delivered;
    begin_orders(&world, &declined, &delivered);
    struct order_word dispute = {order_key(Z, 3), T("样品损坏")};
    struct order_resolve resolve = {order_key(Z, 3), 900, T("双方同意")};
    order_do(&world, Z, ORDER_BODY_DISPUTE, &dispute, NULL);
    struct account payable = fill(&world, Z, ACCOUNT_PAYABLE, L, false);
    struct account issued = fill(&world, Z, ACCOUNT_ISSUED, "", false);
    struct order_capture capture = {
        .key = order_key(Z, 9), .price_fen = 2000, .capture_fen = 1};
#define REFUSED(cause, name)                                                   \
    neither(&world, Z, ORDER_BODY_CAPTURE, &capture, cause, name)
    REFUSED(NULL, LEDGER_NO_ORDER);
    capture.key = order_key(Z, 1);
    REFUSED(NULL, LEDGER_RESOLVED);
    capture.key = order_key(Z, 3);
    REFUSED(NULL, LEDGER_NOTHING_OPEN);
    REFUSED(&delivered, LEDGER_DISPUTED);
    order_do(&world, Z, ORDER_BODY_RESOLVE, &resolve, NULL);
    capture.capture_fen = 901;
    ignored(&world, Z, ORDER_BODY_CAPTURE, &capture, &delivered,
            LEDGER_CAPTURE_SUM);
    capture.capture_fen = 900;
    capture.rest_fen = 100;
    capture.creditor = T(L);
    REFUSED(&delivered, LEDGER_ACCOUNT_ROOM);
    set_account(&world, Z, payable);
    REFUSED(&delivered, LEDGER_ACCOUNT_ROOM); /* for the rest */
#undef REFUSED
    set_account(&world, Z, issued);
    order_do(&world, Z, ORDER_BODY_CAPTURE, &capture, &delivered);
    order_world_fini(&world);
}

static void rules_of_a_wait(void **state)
{
    (void)state;
    struct order_world world;
    struct said declined, delivered;
    begin_orders(&world, &declined, &delivered);
    struct order_wait wait = {order_key(Z, 9), T("2026-07-08"), 0};
#define REFUSED(cause, name)                                                   \
    neither(&world, Z, ORDER_BODY_WAIT, &wait, cause, name)
    REFUSED(NULL, LEDGER_NO_ORDER);
    wait.key = order_key(Z, 1);
    REFUSED(NULL, LEDGER_RESOLVED);
    wait.key = order_key(Z, 3);
    REFUSED(NULL, LEDGER_NOTHING_OPEN);
    order_do(&world, Z, ORDER_BODY_WAIT, &wait, &delivered);
    REFUSED(NULL, LEDGER_NOTHING_OPEN);
    wait.checks = 2;
    REFUSED(&delivered, LEDGER_WAITS);
#undef REFUSED
    /* Also after one that asks nobody. */
    struct said other = place(&world, 4, L);
    other = deliver(&world, L, 4);
    wait = (struct order_wait){.key = order_key(Z, 4), .checks = 2};
    order_do(&world, Z, ORDER_BODY_WAIT, &wait, &other);
    neither(&world, Z, ORDER_BODY_WAIT, &wait, &other, LEDGER_WAITS);
    order_world_fini(&world);
}

/* --- What people say. ----------------------------------------------------- */

static void rules_of_what_people_say_of_an_open_order(void **state)
{
    (void)state;
    struct order_world world;
    struct said declined, delivered;
    begin_orders(&world, &declined, &delivered);
    struct order_word word = {order_key(Z, 9), T("样品损坏")};
    struct order_word confirm = {.key = order_key(Z, 9)};
    struct order_resolve resolve = {order_key(Z, 9), 1001, T("双方同意")};
    struct {
        uint32_t body;
        const void *record;
        struct order_key *key;
        enum ledger_refusal twice;
    } words[] = {
        {ORDER_BODY_DISPUTE, &word, &word.key, LEDGER_DISPUTED},
        {ORDER_BODY_CONFIRM, &confirm, &confirm.key, LEDGER_CONFIRMED},
        {ORDER_BODY_CANCEL, &word, &word.key, LEDGER_CANCELLED},
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        uint32_t body = words[i].body;
        const void *record = words[i].record;
        *words[i].key = order_key(Z, 9);
        neither(&world, Z, body, record, NULL, LEDGER_NO_ORDER);
        *words[i].key = order_key(Z, 1);
        neither(&world, Z, body, record, NULL, LEDGER_RESOLVED);
        *words[i].key = order_key(Z, 3);
        order_do(&world, Z, body, record, NULL);
        neither(&world, Z, body, record, NULL, words[i].twice);
    }
    place(&world, 4, L);
    confirm.key = order_key(Z, 4);
    refused(&world, Z, ORDER_BODY_CONFIRM, &confirm, NULL,
            LEDGER_NOT_DELIVERED);
    neither(&world, Z, ORDER_BODY_RESOLVE, &resolve, NULL, LEDGER_NO_ORDER);
    resolve.key = order_key(Z, 1);
    neither(&world, Z, ORDER_BODY_RESOLVE, &resolve, NULL, LEDGER_RESOLVED);
    resolve.key = order_key(Z, 3);
    neither(&world, Z, ORDER_BODY_RESOLVE, &resolve, NULL, LEDGER_MAX_HOLD);
    resolve.max_fen = 1000;
    order_do(&world, Z, ORDER_BODY_RESOLVE, &resolve, NULL);
    order_world_fini(&world);
}

static void rules_of_a_review(void **state)
{
    (void)state;
    struct order_world world;
    struct said declined, delivered;
    begin_orders(&world, &declined, &delivered);
    struct order_review review = {order_key(Z, 9), 5, T("很好")};
    neither(&world, Z, ORDER_BODY_REVIEW, &review, NULL, LEDGER_NO_ORDER);
    review.key = order_key(Z, 3);
    neither(&world, Z, ORDER_BODY_REVIEW, &review, NULL, LEDGER_NOT_CAPTURED);
    review.key = order_key(Z, 1);
    order_do(&world, Z, ORDER_BODY_REVIEW, &review, NULL);
    neither(&world, Z, ORDER_BODY_REVIEW, &review, NULL, LEDGER_REVIEWED);
    order_world_fini(&world);
}

/* --- The provider. -------------------------------------------------------- */

/* What its half has of an order of that id that was another. */
static void answer_another(struct order_world *world, uint8_t number,
                           uint32_t last)
{
    struct said other = {.node = Z, .index = 1000, .leaf = {{7}}};
    struct order_answer word = {.key = order_key(Z, number), .issuer = T(Z)};
    struct order_deliver deliver = order_delivery(Z, number, 2000);
    order_say(world, L, ORDER_BODY_ACCEPT, &word, &other);
    if (last == ORDER_BODY_DECLINE) {
        order_say(world, L, ORDER_BODY_DECLINE, &word, &other);
    } else if (last == ORDER_BODY_DELIVER) {
        order_say(world, L, ORDER_BODY_DELIVER, &deliver, &other);
    }
}

/* For luoyang 1 to 6: resolved, once more and answered as another, open and
 * answered as another, declined, accepted, delivered; 7 is new. For anyang 8,
 * which is resolved, too. */
static void begin_asked(struct order_world *world)
{
    begin(world);
    issue(world, 1);
    answer_another(world, 2, ORDER_BODY_DELIVER);
    answer_another(world, 3, ORDER_BODY_DELIVER);
    for (uint8_t i = 1; i <= 8; i++) {
        place(world, i, i == 8 ? "anyang" : L);
    }
    struct said first = deliver(world, L, 1);
    struct said last = deliver(world, "anyang", 8);
    capture(world, 1, &first);
    capture(world, 2, &first); /* by a word that is none */
    capture(world, 8, &last);
    answer(world, L, ORDER_BODY_DECLINE, 4);
    answer(world, L, ORDER_BODY_ACCEPT, 5);
    deliver(world, L, 6);
}

static void rules_of_an_acceptance(void **state)
{
    (void)state;
    struct order_world world;
    begin_asked(&world);
    struct order_answer word = {.key = order_key(Z, 9)};
#define REFUSED(name) refused(&world, L, ORDER_BODY_ACCEPT, &word, NULL, name)
    REFUSED(LEDGER_NO_ORDER);
    word.key = order_key(Z, 7);
    word.issuer = bytes_of_text(L);
    REFUSED(LEDGER_NO_ORDER);
    word.issuer = (struct bytes){0};
    word.key = order_key(Z, 8);
    REFUSED(LEDGER_OTHER_PROVIDER);
    word.key = order_key(Z, 2);
    REFUSED(LEDGER_RESOLVED);
    word.key = order_key(Z, 3);
    REFUSED(LEDGER_OTHER_ORDER);
    word.key = order_key(Z, 4);
    REFUSED(LEDGER_DECLINED);
    word.key = order_key(Z, 5);
    REFUSED(LEDGER_ACCEPTED);
    word.key = order_key(Z, 6);
    REFUSED(LEDGER_ACCEPTED);
#undef REFUSED
    word.key = order_key(Z, 7);
    order_do(&world, L, ORDER_BODY_ACCEPT, &word, NULL);
    order_world_fini(&world);
}

static void rules_of_a_refusal_by_the_provider(void **state)
{
    (void)state;
    struct order_world world;
    begin_asked(&world);
    struct order_answer word = {.key = order_key(Z, 9)};
#define REFUSED(name) refused(&world, L, ORDER_BODY_DECLINE, &word, NULL, name)
    REFUSED(LEDGER_NO_ORDER);
    word.key = order_key(Z, 8);
    REFUSED(LEDGER_OTHER_PROVIDER);
    word.key = order_key(Z, 2);
    REFUSED(LEDGER_RESOLVED);
    word.key = order_key(Z, 3);
    REFUSED(LEDGER_OTHER_ORDER);
    word.key = order_key(Z, 4);
    REFUSED(LEDGER_DECLINED);
    word.key = order_key(Z, 6);
    REFUSED(LEDGER_DELIVERED);
#undef REFUSED
    word.key = order_key(Z, 5);
    order_do(&world, L, ORDER_BODY_DECLINE, &word, NULL);
    order_world_fini(&world);
}

static void rules_of_a_delivery(void **state)
{
    (void)state;
    struct order_world world;
    begin_asked(&world);
    struct order_deliver next = order_delivery(Z, 9, 2000);
    next.until_ms = (uint64_t)world.now.ms + 1;
#define REFUSED(name) refused(&world, L, ORDER_BODY_DELIVER, &next, NULL, name)
    REFUSED(LEDGER_NO_ORDER);
    next.key = order_key(Z, 8);
    REFUSED(LEDGER_OTHER_PROVIDER);
    next.key = order_key(Z, 2);
    REFUSED(LEDGER_RESOLVED);
    next.key = order_key(Z, 3);
    REFUSED(LEDGER_OTHER_ORDER);
    next.key = order_key(Z, 4);
    REFUSED(LEDGER_DECLINED);
    next.key = order_key(Z, 6);
    REFUSED(LEDGER_DELIVERED);
    next.key = order_key(Z, 7);
    REFUSED(LEDGER_NOT_ACCEPTED);
    next.key = order_key(Z, 5);
    REFUSED(LEDGER_SERVICE_TIMES);
#undef REFUSED
    next.until_ms--;
    order_do(&world, L, ORDER_BODY_DELIVER, &next, NULL);
    order_world_fini(&world);
}

static bool seals(void *context, struct bytes origin)
{
    (void)context;
    return bytes_equal_text(origin, ORDER_ALLIANCE Z);
}

/* What is refused anyway waits for no seal. */
static void a_seal_is_asked_for_last(void **state)
{
    (void)state;
    struct order_world world;
    begin_asked(&world);
    struct order_deliver next = order_delivery(Z, 5, 2000);
    next.until_ms = (uint64_t)world.now.ms + 1;
    struct ledger_cause cause = {0};
    struct writer room = {0};
    struct ledger_writer writer = {
        .txn = world.world.txn,
        .number = order_number(&world, L),
        .origin = T(order_origin(L)),
        .now = world.now,
        .seals = seals,
    };
    assert_err(
        ledger_decide(&writer, ORDER_BODY_DELIVER, &next, &cause, &room, NULL),
        HL_ESTATE);
    next.until_ms--;
    assert_err(
        ledger_decide(&writer, ORDER_BODY_DELIVER, &next, &cause, &room, NULL),
        HL_EUNSEALED);
    struct order_answer accept = {.key = order_key(Z, 7)};
    assert_ok(ledger_decide(&writer, ORDER_BODY_ACCEPT, &accept, &cause, &room,
                            NULL));
    writer_fini(&room);
    order_world_fini(&world);
}

/* Captured of luoyang: 1; 10, which it declined, and 2, which is another, by
 * words that are none. 11 pays the holder. */
static void begin_captured(struct order_world *world)
{
    begin_asked(world);
    struct said none = {.node = L, .index = 1000};
    place(world, 10, L);
    capture(world, 10, &none);
    struct said order = {.node = Z,
                         .index = order_of(world, Z, Z, 10).placed_index};
    memcpy(order.leaf.bytes, order_of(world, Z, Z, 10).placed_leaf.data, 32);
    struct order_answer word = {.key = order_key(Z, 10), .issuer = T(Z)};
    order_say(world, L, ORDER_BODY_DECLINE, &word, &order);
    struct scheme refund = order_scheme(world, "b", 1);
    refund.payee = 2;
    order_do(world, Z, SCHEME_BODY_PUT, &refund, NULL);
    struct voucher_issue issue = order_voucher(2, 10000);
    issue.scheme = T("b");
    order_do(world, Z, VOUCHER_BODY_ISSUE, &issue, NULL);
    struct order_place by = order_place_of(Z, 11, 2, L, 1000);
    order_do(world, Z, ORDER_BODY_PLACE, &by, NULL);
    struct said delivery = deliver(world, L, 11);
    capture(world, 11, &delivery);
}

static void rules_of_an_adjustment(void **state)
{
    (void)state;
    struct order_world world;
    begin_captured(&world);
    struct account payable = fill(&world, L, ACCOUNT_PAYABLE, Z, false);
    struct order_adjust next = {
        .key = order_key(Z, 9), .amount_fen = 2001, .reason = T("多收")};
#define REFUSED(name) refused(&world, L, ORDER_BODY_ADJUST, &next, NULL, name)
    REFUSED(LEDGER_NO_ORDER);
    next.key = order_key(Z, 8);
    REFUSED(LEDGER_OTHER_PROVIDER);
    next.key = order_key(Z, 3);
    REFUSED(LEDGER_NOT_CAPTURED);
    next.key = order_key(Z, 2);
    REFUSED(LEDGER_OTHER_ORDER);
    next.key = order_key(Z, 10);
    REFUSED(LEDGER_DECLINED);
    next.key = order_key(Z, 11);
    REFUSED(LEDGER_NOTHING_OWED);
    next.key = order_key(Z, 1);
    REFUSED(LEDGER_ADJUST_SUM);
    next.amount_fen = 1001;
    REFUSED(LEDGER_ADJUST_SUM);
    next.amount_fen = UINT64_MAX;
    REFUSED(LEDGER_ADJUST_SUM);
    next.amount_fen = 1000;
    REFUSED(LEDGER_ACCOUNT_ROOM);
#undef REFUSED
    set_account(&world, L, payable);
    order_do(&world, L, ORDER_BODY_ADJUST, &next, NULL);
    order_world_fini(&world);
}

/* Whatever the issuer's half says. */
static void rules_of_an_answer_in_its_own_half(void **state)
{
    (void)state;
    struct order_world world;
    begin_asked(&world);
    struct account payable = fill(&world, L, ACCOUNT_PAYABLE, Z, false);
    struct order order = order_of(&world, Z, Z, 6);
    struct said good = {.node = Z, .index = order.placed_index};
    memcpy(good.leaf.bytes, order.placed_leaf.data, HL_HASH_BYTES);
    struct said bad = good;
    bad.index++;
    struct order_adjust next = {order_key(Z, 6), T("anyang"), 2001, T("多收")};
#define IGNORED(cause, name)                                                   \
    ignored(&world, L, ORDER_BODY_ADJUST, &next, cause, name)
    IGNORED(NULL, LEDGER_NO_ORDER);
    IGNORED(&bad, LEDGER_NO_ORDER);
    next.issuer = T(Z);
    IGNORED(&bad, LEDGER_OTHER_ORDER);
    next.key = order_key(Z, 7);
    IGNORED(&good, LEDGER_NOTHING_OWED);
    next.key = order_key(Z, 6);
    IGNORED(&good, LEDGER_ADJUST_SUM);
    next.amount_fen = 2000;
    IGNORED(&good, LEDGER_ACCOUNT_ROOM);
#undef IGNORED
    set_account(&world, L, payable);
    assert_true(order_say(&world, L, ORDER_BODY_ADJUST, &next, &good).counts);
    order_world_fini(&world);
}

/* --- At a desk. ----------------------------------------------------------- */

/* Luoyang asks zhengzhou, or that issuer, for 1,000 fen of voucher 1. */
static struct said ask_of(struct order_world *world, uint8_t number,
                          const char *issuer)
{
    struct order_request request = order_request_of(L, number, 1, issuer, 1000);
    return order_do(world, L, ORDER_BODY_REQUEST, &request, NULL);
}

/* Zhengzhou holds it; it is asked for 3 days later. */
static struct said grant(struct order_world *world, uint8_t number,
                         const struct said *request)
{
    struct order_place place = order_place_of(L, number, 1, L, 1000);
    return order_do(world, Z, ORDER_BODY_PLACE, &place, request);
}

static struct said deny_hold(struct order_world *world, uint8_t number,
                             const struct said *request)
{
    struct order_hold_deny deny = {order_key(L, number), T(L),
                                   T("no_voucher: none")};
    return order_do(world, Z, ORDER_BODY_HOLD_DENY, &deny, request);
}

static void begin_desk(struct order_world *world)
{
    begin(world);
    struct scheme scheme = order_scheme(world, "a", 2);
    scheme.desk_days = 3;
    order_do(world, Z, SCHEME_BODY_PUT, &scheme, NULL);
    struct voucher_issue issue = order_voucher(1, 10000);
    issue.scheme_version = 2;
    order_do(world, Z, VOUCHER_BODY_ISSUE, &issue, NULL);
}

static void rules_of_a_request(void **state)
{
    (void)state;
    struct order_world world;
    begin_desk(&world);
    ask_of(&world, 1, Z);
    struct order_request next = order_request_of(Z, 1, 1, L, 1000);
#define REFUSED(name) neither(&world, L, ORDER_BODY_REQUEST, &next, NULL, name)
    REFUSED(LEDGER_BEGUN_ELSEWHERE);
    next.of.key.begun_at = T(L);
    REFUSED(LEDGER_AT_HOME);
    next.issuer = T(Z);
    REFUSED(LEDGER_ORDER_EXISTS);
    next.issuer = T("anyang"); /* of whomever it is asked */
    REFUSED(LEDGER_ORDER_EXISTS);
    next.of.key.id = order_id(2);
#undef REFUSED
    world.absent = "anyang"; /* which is no matter of validity */
    refused(&world, L, ORDER_BODY_REQUEST, &next, NULL, LEDGER_NO_ISSUER);
    world.absent = NULL;
    order_do(&world, L, ORDER_BODY_REQUEST, &next, NULL);
    /* One that this half placed, or answered, has its id, too. */
    place(&world, 3, Z);
    next = order_request_of(Z, 3, 1, L, 1000);
    neither(&world, Z, ORDER_BODY_REQUEST, &next, NULL, LEDGER_ORDER_EXISTS);
    order_world_fini(&world);
}

/* The schemes of rules_of_an_order(), of which the vouchers after 3 are from a
 * desk, too. */
static void begin_narrow(struct order_world *world)
{
    begin(world);
    put_narrow(world);
    issue_narrow(world);
}

static void rules_of_a_grant(void **state)
{
    (void)state;
    struct order_world world;
    begin_narrow(&world);
    struct said request = {.node = L, .index = 7}, other = {.node = "anyang"};
    struct order_hold_deny former = {order_key(L, 1), T(L), T("no_rate: x")};
    order_do(&world, Z, ORDER_BODY_HOLD_DENY, &former, &request);
    struct order_place next = order_place_of(L, 1, 9, L, 1000);
    next.until = T("2026-07-31");
    next.kind = 3;
#define REFUSED(name)                                                          \
    neither(&world, Z, ORDER_BODY_PLACE, &next, &request, name)
    neither(&world, Z, ORDER_BODY_PLACE, &next, NULL, LEDGER_BEGUN_ELSEWHERE);
    neither(&world, Z, ORDER_BODY_PLACE, &next, &other, LEDGER_BEGUN_ELSEWHERE);
    next.provider = T("anyang");
    REFUSED(LEDGER_BEGUN_ELSEWHERE);
    neither(&world, Z, ORDER_BODY_PLACE, &next, &other, LEDGER_BEGUN_ELSEWHERE);
    next.provider = T(L);
    REFUSED(LEDGER_ORDER_EXISTS);
    next.key.id = order_id(2);
    REFUSED(LEDGER_NO_VOUCHER);
    next.voucher = order_id(1);
    REFUSED(LEDGER_VOUCHER_ENDED);
    next.voucher = order_id(2);
    REFUSED(LEDGER_USE_OVER);
    next.voucher = order_id(3);
    REFUSED(LEDGER_UNTIL_RANGE);
    next.until = T("2026-10-30");
    REFUSED(LEDGER_NOT_AT_DESK);
    struct scheme desk = order_scheme(&world, "a", 3);
    desk.desk_days = 1;
    desk.kinds = 1 << 1;
    order_do(&world, Z, SCHEME_BODY_PUT, &desk, NULL);
    REFUSED(LEDGER_NOT_AT_DESK); /* its voucher is of the version before */
    struct voucher_issue issue = order_voucher(4, 800);
    issue.scheme_version = 3;
    order_do(&world, Z, VOUCHER_BODY_ISSUE, &issue, NULL);
    next.voucher = order_id(4);
    REFUSED(LEDGER_KIND_EXCLUDED);
    next.kind = 1;
    REFUSED(LEDGER_VOUCHER_LEFT);
    next.hold_fen = 800;
#undef REFUSED
    world.absent = L;
    refused(&world, Z, ORDER_BODY_PLACE, &next, &request, LEDGER_NO_PROVIDER);
    world.absent = NULL;
    order_do(&world, Z, ORDER_BODY_PLACE, &next, &request);
    neither(&world, Z, ORDER_BODY_PLACE, &next, &request, LEDGER_ORDER_EXISTS);
    order_world_fini(&world);
}

static void rules_of_a_denied_hold(void **state)
{
    (void)state;
    struct order_world world;
    begin_desk(&world);
    struct said first = ask_of(&world, 1, Z), second = ask_of(&world, 2, Z);
    struct said other = {.node = "anyang"};
    grant(&world, 1, &first);
    struct order_hold_deny next = {order_key(Z, 1), T(L), T("no_rate: x")};
#define REFUSED(cause, name)                                                   \
    neither(&world, Z, ORDER_BODY_HOLD_DENY, &next, cause, name)
    REFUSED(NULL, LEDGER_NOTHING_OPEN);
    REFUSED(&first, LEDGER_NOTHING_OPEN);
    next.key = order_key(L, 1);
    REFUSED(NULL, LEDGER_BEGUN_ELSEWHERE);
    REFUSED(&other, LEDGER_BEGUN_ELSEWHERE);
    next.provider = T("anyang");
    REFUSED(&first, LEDGER_BEGUN_ELSEWHERE);
    REFUSED(&other, LEDGER_BEGUN_ELSEWHERE);
    next.provider = T(L);
    REFUSED(&first, LEDGER_ORDER_EXISTS);
    next.key = order_key(L, 2);
    order_do(&world, Z, ORDER_BODY_HOLD_DENY, &next, &second);
    REFUSED(&second, LEDGER_ORDER_EXISTS);
#undef REFUSED
    order_world_fini(&world);
}

/* Luoyang's 1 is asked for, 2 denied, 3 granted, 4 taken back; the first of
 * anyang. 5 is declined after it was granted, 6 is delivered. */
static void begin_requested(struct order_world *world)
{
    begin_desk(world);
    ask_of(world, 1, "anyang");
    struct said request = ask_of(world, 2, Z);
    deny_hold(world, 2, &request);
    for (uint8_t number = 3; number <= 6; number++) {
        request = ask_of(world, number, Z);
        if (number != 4) {
            grant(world, number, &request);
        }
    }
    struct order_answer word = {.key = order_key(L, 4)};
    struct order_deliver delivery = order_delivery(L, 6, 2000);
    delivery.issuer = (struct bytes){0};
    order_do(world, L, ORDER_BODY_DECLINE, &word, NULL);
    word.key = order_key(L, 5);
    order_do(world, L, ORDER_BODY_DECLINE, &word, NULL);
    order_do(world, L, ORDER_BODY_DELIVER, &delivery, NULL);
}

static void rules_of_a_withdrawal(void **state)
{
    (void)state;
    struct order_world world;
    begin_requested(&world);
    struct order_answer next = {.key = order_key(L, 9)};
#define REFUSED(name) refused(&world, L, ORDER_BODY_DECLINE, &next, NULL, name)
    REFUSED(LEDGER_NO_ORDER);
    next.key = order_key(L, 1);
    next.issuer = T(Z);
    REFUSED(LEDGER_NO_ORDER);
    next.issuer = (struct bytes){0};
    /* Others say nothing of it, whatever became of it. */
    for (uint8_t i = 1; i <= 6; i++) {
        next.key = order_key(L, i);
        refused(&world, "anyang", ORDER_BODY_DECLINE, &next, NULL,
                LEDGER_OTHER_PROVIDER);
        refused(&world, "anyang", ORDER_BODY_ACCEPT, &next, NULL,
                LEDGER_OTHER_PROVIDER);
    }
    next.key = order_key(L, 2);
    REFUSED(LEDGER_RESOLVED);
    next.key = order_key(L, 4);
    REFUSED(LEDGER_DECLINED);
    next.key = order_key(L, 5);
    REFUSED(LEDGER_DECLINED);
    next.key = order_key(L, 6);
    REFUSED(LEDGER_DELIVERED);
#undef REFUSED
    next.key = order_key(L, 1);
    order_do(&world, L, ORDER_BODY_DECLINE, &next, NULL);
    next.key = order_key(L, 3); /* by its hold, which is here */
    order_do(&world, L, ORDER_BODY_DECLINE, &next, NULL);
    order_world_fini(&world);
}

/* Whatever the issuer's half says. */
static void rules_of_a_withdrawal_in_its_own_half(void **state)
{
    (void)state;
    struct order_world world;
    begin_requested(&world);
    struct said own = place(&world, 1, L);
    struct order_answer next = {.key = order_key(L, 9), .issuer = T(Z)};
#define IGNORED(name) ignored(&world, L, ORDER_BODY_DECLINE, &next, NULL, name)
    IGNORED(LEDGER_NO_ORDER);
    next.key = order_key(Z, 1);
    answer(&world, L, ORDER_BODY_ACCEPT, 1);
    IGNORED(LEDGER_NO_ORDER); /* it is no request, but an answer */
    next.key = order_key(L, 1);
    IGNORED(LEDGER_NO_ORDER); /* that one is anyang's to answer */
    ignored(&world, L, ORDER_BODY_DECLINE, &next, &own, LEDGER_OTHER_ORDER);
    next.key = order_key(L, 4);
    IGNORED(LEDGER_DECLINED);
    next.key = order_key(L, 6);
    IGNORED(LEDGER_DECLINED);
#undef IGNORED
    next.key = order_key(L, 2);
    assert_true(order_say(&world, L, ORDER_BODY_DECLINE, &next, NULL).counts);
    order_world_fini(&world);
}

static void rules_of_a_delivery_at_a_desk(void **state)
{
    (void)state;
    struct order_world world;
    begin_requested(&world);
    struct order_deliver next = order_delivery(L, 1, 2000);
    struct ledger_cause cite;
    next.issuer = (struct bytes){0};
    /* Not for ever: its answer is on its way. */
    assert_err(
        order_decide(&world, L, ORDER_BODY_DELIVER, &next, NULL, &cite, NULL),
        HL_EUNSEALED);
#define REFUSED(name) refused(&world, L, ORDER_BODY_DELIVER, &next, NULL, name)
    next.key = order_key(L, 2);
    REFUSED(LEDGER_RESOLVED);
    next.key = order_key(L, 4);
    REFUSED(LEDGER_DECLINED);
    next.key = order_key(L, 5);
    REFUSED(LEDGER_DECLINED);
    next.key = order_key(L, 6);
    REFUSED(LEDGER_DELIVERED);
    next.key = order_key(L, 3);
    next.issuer = T("anyang");
    REFUSED(LEDGER_NO_ORDER);
    next.issuer = T(Z);
    next.until_ms = (uint64_t)world.now.ms + 1;
    REFUSED(LEDGER_SERVICE_TIMES);
#undef REFUSED
    next.until_ms--;
    order_do(&world, L, ORDER_BODY_DELIVER, &next, NULL);
    order_world_fini(&world);
}

/* --- What a decision gives. ----------------------------------------------- */

static void a_record_is_filled_in_only_where_it_is_allowed(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    issue(&world, 1);
    place(&world, 1, L);
    place(&world, 2, L);
    struct ledger_cause cause = {0};
    struct writer room = {0};
    struct ledger_writer writer = {
        .txn = world.world.txn,
        .number = order_number(&world, Z),
        .origin = T(order_origin(Z)),
        .now = world.now,
    };
    struct order_place next = order_place_of("", 3, 9, L, 1000);
    next.hold_fen = 0;
    next.until = T("");
    const struct order_place asked = next;
    assert_err(
        ledger_decide(&writer, ORDER_BODY_PLACE, &next, &cause, &room, NULL),
        HL_ENOTFOUND);
    assert_null(record_difference(&order_placing, &next, &asked));
    next.voucher = order_id(1);
    assert_ok(
        ledger_decide(&writer, ORDER_BODY_PLACE, &next, &cause, &room, NULL));
    assert_true(bytes_equal_text(next.key.begun_at, Z));
    assert_true(bytes_equal_text(next.until, "2026-09-29"));
    assert_int_equal(next.hold_fen, 1000);
    /* What stood in the room before is no part of it. */
    struct order_answer accept = {.key = order_key(Z, 1)};
    writer.number = order_number(&world, L);
    writer.origin = T(order_origin(L));
    assert_ok(ledger_decide(&writer, ORDER_BODY_ACCEPT, &accept, &cause, &room,
                            NULL));
    assert_true(bytes_equal_text(accept.issuer, Z));
    assert_string_equal(cause.origin, ORDER_ALLIANCE Z);
    assert_int_equal(cause.index, order_of(&world, Z, Z, 1).placed_index);
    writer_fini(&room);
    order_world_fini(&world);
}

/* --- The table. ----------------------------------------------------------- */

/* --- Allotments. ---------------------------------------------------------- */

/* Zhengzhou's, of voucher 1. */
static struct order_allot allot_of(uint8_t number, const char *provider,
                                   uint64_t limit_fen)
{
    return (struct order_allot){
        .key = order_key(Z, number),
        .voucher = order_id(1),
        .provider = T(provider),
        .unit_scheme = T("nrii"),
        .unit_id = T(UNIT),
        .kind = 1,
        .limit_fen = limit_fen,
        .expires = T("2026-07-10"),
    };
}

static void rules_of_an_allotment(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    issue(&world, 1);
    struct scheme refunds = order_scheme(&world, "b", 1);
    refunds.payee = 2;
    order_do(&world, Z, SCHEME_BODY_PUT, &refunds, NULL);
    struct voucher_issue issue = order_voucher(2, 10000);
    issue.scheme = T("b");
    order_do(&world, Z, VOUCHER_BODY_ISSUE, &issue, NULL);
    struct order_allot former = allot_of(4, L, 1000);
    order_do(&world, Z, ORDER_BODY_ALLOT, &former, NULL);
    struct account held = fill(&world, Z, ACCOUNT_ALLOTTED, "kaifeng", false);
    struct order_allot next = allot_of(4, Z, 9001);
    next.key.begun_at = T(L);
    next.voucher = order_id(9);
    next.expires = T("2026-06-30");
#define REFUSED(name) neither(&world, Z, ORDER_BODY_ALLOT, &next, NULL, name)
    REFUSED(LEDGER_BEGUN_ELSEWHERE);
    next.key.begun_at = T(Z);
    REFUSED(LEDGER_AT_HOME);
    next.provider = T("kaifeng");
    REFUSED(LEDGER_ORDER_EXISTS);
    next.key.id = order_id(5);
    REFUSED(LEDGER_NO_VOUCHER);
    next.voucher = order_id(2);
    REFUSED(LEDGER_UNTIL_RANGE);
    next.expires = T("2026-08-01"); /* a day more than it is used */
    REFUSED(LEDGER_UNTIL_RANGE);
    next.expires = T("2026-07-31");
    REFUSED(LEDGER_PAYS_HOLDER);
    next.voucher = order_id(1);
    REFUSED(LEDGER_VOUCHER_LEFT);
    next.limit_fen = 9000;
    REFUSED(LEDGER_ACCOUNT_ROOM);
    set_account(&world, Z, held);
    world.absent = "kaifeng";
    world.limits.allotted_max_fen = 8999; /* nor is what we dare */
    refused(&world, Z, ORDER_BODY_ALLOT, &next, NULL, LEDGER_NO_PROVIDER);
    world.absent = NULL;
    refused(&world, Z, ORDER_BODY_ALLOT, &next, NULL, LEDGER_ALLOTTED_MAX);
    world.limits.allotted_max_fen = 9000;
#undef REFUSED
    order_do(&world, Z, ORDER_BODY_ALLOT, &next, NULL);
    assert_int_equal(order_balance(&world, Z, ACCOUNT_ALLOTTED, "kaifeng"),
                     9000);
    order_world_fini(&world);
}

static struct order_spend spend_of(uint64_t amount_fen, uint64_t after_fen)
{
    return (struct order_spend){.of = order_delivery(Z, 4, 2000),
                                .amount_fen = amount_fen,
                                .spent_after_fen = after_fen,
                                .limit_fen = 1500,
                                .expires = T("2026-07-10")};
}

/* Of 1,500 fen at Luoyang, of which 1,000 are spent. */
static struct said begin_to_spend(struct order_world *world)
{
    begin(world);
    issue(world, 1);
    struct order_allot allot = allot_of(4, L, 1500);
    struct said said = order_do(world, Z, ORDER_BODY_ALLOT, &allot, NULL);
    struct order_spend spend = {.of = order_delivery(Z, 4, 2000)};
    order_do(world, L, ORDER_BODY_SPEND, &spend, NULL);
    assert_int_equal(order_of(world, L, Z, 4).spent_fen, 1000);
    return said;
}

static void rules_of_a_spend(void **state)
{
    (void)state;
    struct order_world world;
    struct said allot = begin_to_spend(&world);
    struct said order = place(&world, 6, L);
    struct order_spend next = spend_of(600, 1500);
    next.of.key = order_key(Z, 6);
    next.of.issuer = T(Z);
    next.limit_fen = 1600;
    next.of.until_ms = (uint64_t)world.now.ms + 1;
#define REFUSED(name) refused(&world, L, ORDER_BODY_SPEND, &next, NULL, name)
#define IGNORED(name) ignored(&world, L, ORDER_BODY_SPEND, &next, &allot, name)
    REFUSED(LEDGER_NOT_ALLOTTED);
    (void)order;
    next.of.key = order_key(Z, 4);
    next.amount_fen = 1001; /* of 2,000 the scheme pays half */
    REFUSED(LEDGER_HOLD_SHARE);
    next.amount_fen = 600;
    IGNORED(LEDGER_OTHER_LIMIT);
    next.limit_fen = 1500;
    next.expires = T("2026-07-09");
    IGNORED(LEDGER_OTHER_LIMIT);
    next.expires = T("2026-07-10");
    order_world_at(&world, "2026-07-10T16:00:00Z");
    next.of.until_ms = (uint64_t)world.now.ms + 1;
    IGNORED(LEDGER_EXPIRED);
    REFUSED(LEDGER_EXPIRED);
    order_world_fini(&world);

    /* Also the first, which the own half alone would let be. */
    allot = begin_to_spend(&world);
    struct order_allot other = allot_of(5, L, 1000);
    order_do(&world, Z, ORDER_BODY_ALLOT, &other, NULL);
    struct order_spend first = {.of = order_delivery(Z, 5, 2000),
                                .limit_fen = 1001};
    refused(&world, L, ORDER_BODY_SPEND, &first, NULL, LEDGER_OTHER_LIMIT);
    first.limit_fen = 1000;
    first.expires = T("2026-07-11");
    refused(&world, L, ORDER_BODY_SPEND, &first, NULL, LEDGER_OTHER_LIMIT);
    first.expires = T("2026-07-10");
    order_do(&world, L, ORDER_BODY_SPEND, &first, NULL);
    order_world_fini(&world);

    allot = begin_to_spend(&world);
    next.of.until_ms = (uint64_t)world.now.ms + 1;
    IGNORED(LEDGER_SERVICE_TIMES);
    next.of.until_ms = (uint64_t)world.now.ms;
    next.spent_after_fen = 1599;
    IGNORED(LEDGER_SPENT_SUM);
    next.spent_after_fen = 1600;
    IGNORED(LEDGER_LIMIT_LEFT);
    REFUSED(LEDGER_LIMIT_LEFT);
#undef IGNORED
#undef REFUSED
    next.amount_fen = 500;
    next.spent_after_fen = 1500;
    order_do(&world, L, ORDER_BODY_SPEND, &next, NULL);
    struct order_spend more = {.of = order_delivery(Z, 4, 2)};
    refused(&world, L, ORDER_BODY_SPEND, &more, NULL, LEDGER_LIMIT_LEFT);
    order_world_fini(&world);
}

static void rules_of_a_close_and_a_return(void **state)
{
    (void)state;
    struct order_world world;
    struct said allot = begin_to_spend(&world);
    struct said order = place(&world, 6, L);
    struct order_close close = {.key = order_key(Z, 4), .issuer = T(Z)};
    struct order_return back = {
        .key = order_key(Z, 6), .why = 1, .spent_fen = 1501, .provider = T(L)};
    close.spent_fen = 999;
    neither(&world, L, ORDER_BODY_CLOSE, &close, &allot, LEDGER_SPENT_SUM);
    close.spent_fen = 1000;
    struct said closed = order_do(&world, L, ORDER_BODY_CLOSE, &close, NULL);
    neither(&world, L, ORDER_BODY_CLOSE, &close, &allot, LEDGER_CLOSED);
    struct order_spend spend = spend_of(500, 1500);
    neither(&world, L, ORDER_BODY_SPEND, &spend, &allot, LEDGER_CLOSED);

    neither(&world, Z, ORDER_BODY_RETURN, &back, NULL, LEDGER_NOT_ALLOTTED);
    (void)order;
    back.key = order_key(Z, 4);
    neither(&world, Z, ORDER_BODY_RETURN, &back, NULL, LEDGER_NOTHING_OPEN);
    neither(&world, Z, ORDER_BODY_RETURN, &back, &closed, LEDGER_HOLD_SUM);
    back.spent_fen = 1000;
    back.rest_fen = 499;
    ignored(&world, Z, ORDER_BODY_RETURN, &back, &closed, LEDGER_HOLD_SUM);
    back.rest_fen = 500;
    back.provider = T(Z);
    ignored(&world, Z, ORDER_BODY_RETURN, &back, &closed, LEDGER_HOLD_SUM);
    back.provider = T(L);
    struct account drawn = fill(&world, Z, ACCOUNT_DRAWN, L, false);
    neither(&world, Z, ORDER_BODY_RETURN, &back, &closed, LEDGER_ACCOUNT_ROOM);
    set_account(&world, Z, drawn);
    order_do(&world, Z, ORDER_BODY_RETURN, &back, &closed);
    assert_int_equal(order_balance(&world, Z, ACCOUNT_DRAWN, L), 1000);
    neither(&world, Z, ORDER_BODY_RETURN, &back, &closed, LEDGER_RESOLVED);
    order_world_fini(&world);
}

/* Neither side takes one for the other. */
static void what_is_allotted_is_no_other_order(void **state)
{
    (void)state;
    struct order_world world;
    struct said allot = begin_to_spend(&world);
    struct said spent = {.node = L, .index = 0};
    struct order_deliver delivery = order_delivery(Z, 4, 2000);
    struct order_answer decline = {.key = order_key(Z, 4), .issuer = T(Z)};
    delivery.issuer = T(Z);
    neither(&world, L, ORDER_BODY_DELIVER, &delivery, &allot, LEDGER_ALLOTTED);
    neither(&world, L, ORDER_BODY_DECLINE, &decline, &allot, LEDGER_ALLOTTED);
    struct order_word word = {order_key(Z, 4), T("不同意")};
    struct order_resolve resolve = {.key = order_key(Z, 4), .reason = T("否")};
    struct order_release release = {.key = order_key(Z, 4), .why = 1};
    struct order_capture capture = {.key = order_key(Z, 4), .price_fen = 2000};
    struct order_deny deny = {.key = order_key(Z, 4), .reason = T("否")};
    struct order_wait wait = {.key = order_key(Z, 4), .checks = 2};
    const struct {
        uint32_t body;
        const void *record;
    } others[] = {
        {ORDER_BODY_DISPUTE, &word},    {ORDER_BODY_CONFIRM, &word},
        {ORDER_BODY_RESOLVE, &resolve}, {ORDER_BODY_RELEASE, &release},
        {ORDER_BODY_CAPTURE, &capture}, {ORDER_BODY_DENY, &deny},
        {ORDER_BODY_WAIT, &wait},
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        refused(&world, Z, others[i].body, others[i].record, &spent,
                LEDGER_ALLOTTED);
    }
    order_world_fini(&world);
}

/* --- Cycles. -------------------------------------------------------------- */

/* What Z would pay L, of nothing that anybody looks at. */
static struct cycle_proposal a_proposal(struct cycle_rooms *rooms)
{
    static const uint8_t digest[HL_HASH_BYTES] = {1};
    struct cycle_place places[] = {{.node = T(L), .takes_part = 1},
                                   {.node = T(Z), .takes_part = 1}};
    struct cycle_net nets[] = {{.place = 0, .gets_fen = 5},
                               {.place = 1, .pays_fen = 5}};
    struct cycle_transfer transfer = {.from = 1, .to = 0, .amount_fen = 5};
    struct cycle_lists lists = {.places = places,
                                .place_count = 2,
                                .nets = nets,
                                .net_count = 2,
                                .transfers = &transfer,
                                .transfer_count = 1};
    struct cycle_proposal proposal = {
        .charter = 1,
        .count = 1,
        .gross_fen = 5,
        .digest = bytes_of(digest, HL_HASH_BYTES),
        .pay_by = T("2026-07-02"),
        .day = T("2026-07-02"),
    };
    cycle_write(&lists, rooms, &proposal);
    return proposal;
}

static void rules_of_a_cycle(void **state)
{
    (void)state;
    struct order_world world;
    struct cycle_rooms rooms = {0};
    struct writer votes = {0};
    struct cycle_vote vote = {.leaf = a_proposal(&rooms).digest};
    struct cycle_proposal proposal = a_proposal(&rooms);
    begin(&world);
    neither(&world, L, CYCLE_BODY_PROPOSAL, &proposal, NULL, LEDGER_CYCLE_DAY);
    proposal.day = T("2026-07-01");
    struct said said =
        order_do(&world, L, CYCLE_BODY_PROPOSAL, &proposal, NULL);
    neither(&world, L, CYCLE_BODY_PROPOSAL, &proposal, NULL,
            LEDGER_CYCLE_STANDS);
    struct said other = {.node = L, .index = said.index + 1};
    struct cycle_approval approval = {.key = {T(L), said.index}};
    struct cycle_rejection rejection = {.key = approval.key,
                                        .reason = CYCLE_WRONG};
    neither(&world, Z, CYCLE_BODY_APPROVAL, &approval, NULL, LEDGER_NO_CYCLE);
    neither(&world, Z, CYCLE_BODY_APPROVAL, &approval, &other, LEDGER_NO_CYCLE);
    approval.closed_leaf = vote.leaf;
    neither(&world, Z, CYCLE_BODY_APPROVAL, &approval, &said,
            LEDGER_APPROVAL_CLOSES);
    approval.closed_leaf = (struct bytes){0};
    order_do(&world, Z, CYCLE_BODY_APPROVAL, &approval, &said);
    neither(&world, Z, CYCLE_BODY_APPROVAL, &approval, &said,
            LEDGER_CYCLE_ANSWERED);
    neither(&world, Z, CYCLE_BODY_REJECTION, &rejection, &said,
            LEDGER_CYCLE_ANSWERED);
    struct cycle_final final = {.index = said.index + 1};
    struct cycle_abort abort = {.index = said.index, .reason = T("撤回")};
    cycle_add_vote(&vote, &votes);
    cycle_add_vote(&vote, &votes);
    cycle_add_vote(&vote, &votes);
    final.votes = writer_view(&votes);
    neither(&world, L, CYCLE_BODY_FINAL, &final, NULL, LEDGER_NO_CYCLE);
    final.index = said.index;
    neither(&world, L, CYCLE_BODY_FINAL, &final, NULL, LEDGER_CYCLE_VOTES);
    neither(&world, Z, CYCLE_BODY_ABORT, &abort, NULL, LEDGER_NO_CYCLE);
    order_do(&world, L, CYCLE_BODY_ABORT, &abort, NULL);
    neither(&world, L, CYCLE_BODY_ABORT, &abort, NULL, LEDGER_CYCLE_DECIDED);
    writer_fini(&votes);
    cycle_rooms_fini(&rooms);
    order_world_fini(&world);
}

/* One that L proposed, and both approved. */
static struct said a_final_cycle(struct order_world *world, struct said *said)
{
    struct cycle_rooms rooms = {0};
    struct writer votes = {0};
    struct cycle_proposal proposal = a_proposal(&rooms);
    proposal.day = T("2026-07-01");
    *said = order_do(world, L, CYCLE_BODY_PROPOSAL, &proposal, NULL);
    struct cycle_approval approval = {.key = {T(L), said->index}};
    const char *const parties[] = {L, Z};
    for (size_t i = 0; i < 2; i++) {
        struct said given =
            order_do(world, parties[i], CYCLE_BODY_APPROVAL, &approval, said);
        struct cycle_vote vote = {given.index,
                                  bytes_of(given.leaf.bytes, HL_HASH_BYTES)};
        cycle_add_vote(&vote, &votes);
    }
    struct payment_sent sent = {.key = {T(L), said->index, 0},
                                .reference = T("2026-1"),
                                .day = T("2026-07-02")};
    refused(world, Z, PAYMENT_BODY_SENT, &sent, NULL, LEDGER_CYCLE_UNDECIDED);
    struct cycle_final final = {.index = said->index,
                                .votes = writer_view(&votes)};
    struct said decided = order_do(world, L, CYCLE_BODY_FINAL, &final, NULL);
    writer_fini(&votes);
    cycle_rooms_fini(&rooms);
    return decided;
}

static void rules_of_a_payment(void **state)
{
    (void)state;
    struct order_world world;
    struct said said;
    begin(&world);
    struct said decided = a_final_cycle(&world, &said);
    world_settle(&world.world);
    struct payment_sent sent = {.key = {T(L), said.index, 1},
                                .reference = T("2026-1"),
                                .day = T("2026-07-02")};
    struct payment_received received = {.key = {T(L), said.index, 0},
                                        .payer = T(Z),
                                        .amount_fen = 4,
                                        .day = T("2026-07-02")};
    refused(&world, Z, PAYMENT_BODY_SENT, &sent, NULL, LEDGER_NO_TRANSFER);
    sent.key.transfer = 0;
    refused(&world, L, PAYMENT_BODY_SENT, &sent, NULL, LEDGER_OTHER_SIDE);
    ignored(&world, Z, PAYMENT_BODY_SENT, &sent, NULL, LEDGER_NO_CYCLE);
    order_do(&world, Z, PAYMENT_BODY_SENT, &sent, NULL);
    refused(&world, Z, PAYMENT_BODY_SENT, &sent, NULL, LEDGER_PAYMENT_SAID);
    ignored(&world, Z, PAYMENT_BODY_SENT, &sent, &decided, LEDGER_PAYMENT_SAID);
    refused(&world, L, PAYMENT_BODY_RECEIVED, &received, NULL,
            LEDGER_PAYMENT_SUM);
    received.amount_fen = 0;
    order_do(&world, L, PAYMENT_BODY_RECEIVED, &received, NULL);
    received.amount_fen = 5;
    refused(&world, L, PAYMENT_BODY_RECEIVED, &received, NULL,
            LEDGER_PAYMENT_SAID);
    ignored(&world, L, PAYMENT_BODY_RECEIVED, &received, &decided,
            LEDGER_PAYMENT_SAID);
    order_world_fini(&world);
}

/* The last test: those before it have seen them. */
static void every_word_is_said_by_some_rule(void **state)
{
    (void)state;
    unsigned missing = 0;
    for (unsigned i = 0; i < LEDGER_REFUSAL_END; i++) {
        if (!seen[i]) {
            print_message("nothing is refused as %s\n",
                          ledger_refusal_word((enum ledger_refusal)i));
            missing++;
        }
    }
    assert_int_equal(missing, 0);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_of_a_scheme),
        cmocka_unit_test(rules_of_an_issue),
        cmocka_unit_test(what_is_closed_is_said_before_what_is_left),
        cmocka_unit_test(rules_of_an_end),
        cmocka_unit_test(rules_of_an_order),
        cmocka_unit_test(rules_of_a_release),
        cmocka_unit_test(rules_of_a_denial),
        cmocka_unit_test(rules_of_a_capture),
        cmocka_unit_test(rules_of_a_wait),
        cmocka_unit_test(rules_of_what_people_say_of_an_open_order),
        cmocka_unit_test(rules_of_a_review),
        cmocka_unit_test(rules_of_an_acceptance),
        cmocka_unit_test(rules_of_a_refusal_by_the_provider),
        cmocka_unit_test(rules_of_a_delivery),
        cmocka_unit_test(a_seal_is_asked_for_last),
        cmocka_unit_test(rules_of_an_adjustment),
        cmocka_unit_test(rules_of_an_answer_in_its_own_half),
        cmocka_unit_test(rules_of_a_request),
        cmocka_unit_test(rules_of_a_grant),
        cmocka_unit_test(rules_of_a_denied_hold),
        cmocka_unit_test(rules_of_a_withdrawal),
        cmocka_unit_test(rules_of_a_withdrawal_in_its_own_half),
        cmocka_unit_test(rules_of_a_delivery_at_a_desk),
        cmocka_unit_test(a_record_is_filled_in_only_where_it_is_allowed),
        cmocka_unit_test(rules_of_an_allotment),
        cmocka_unit_test(rules_of_a_spend),
        cmocka_unit_test(rules_of_a_close_and_a_return),
        cmocka_unit_test(what_is_allotted_is_no_other_order),
        cmocka_unit_test(rules_of_a_cycle),
        cmocka_unit_test(rules_of_a_payment),
        cmocka_unit_test(every_word_is_said_by_some_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
