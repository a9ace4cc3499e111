/* SPDX-License-Identifier: Apache-2.0 */

/* What orders say of each other's, and of the catalogue of who served them. */

#include <stdio.h>
#include <string.h>

#include "node/catalogue/instrument.h"
#include "node/catalogue/service_item.h"
#include "node/catalogue/unit.h"
#include "node/projection/joint_cross.h"
#include "node/projection/ledger_checks.h"
#include "tests/support/rng.h"
#include "tests/support/support.h"
#include "tests/unit/projection/order_world.h"
#include "tests/unit/projection/retell.h"

#define T(text) bytes_of_text(text)
#define Z "zhengzhou"
#define L "luoyang"
#define A "anyang"
#define UNIT "0123456789abcdef0123456789abcdef"
#define BREACH "delivery_breaks_rule"
#define TWICE "invoice_twice"
#define MACHINE "machine_twice"
#define SPLIT "contract_split"

enum { INSTRUMENT = 2, SERVICE = 3, HOUR_MS = 3600 * 1000 };

/* --- What stories are made of. -------------------------------------------- */

static void begin_split(struct order_world *world, uint64_t below_fen)
{
    order_world_init(world);
    struct scheme scheme = order_scheme(world, "a", 1);
    struct voucher_issue issue = order_voucher(1, 100000);
    scheme.split_below_fen = below_fen;
    order_do(world, Z, SCHEME_BODY_PUT, &scheme, NULL);
    order_do(world, Z, VOUCHER_BODY_ISSUE, &issue, NULL);
    order_world_at(world, "2026-07-10T00:00:00Z");
}

static void begin(struct order_world *world)
{
    begin_split(world, 0);
}

static struct homed item_of(const char *inner_id)
{
    return (struct homed){.home = T(L),
                          .unit_scheme = T("nrii"),
                          .unit_id = T(UNIT),
                          .inner_id = T(inner_id)};
}

static void put_unit(struct order_world *world, const char *node)
{
    struct unit unit = {
        .scheme = T("nrii"), .id = T(UNIT), .name_zh = T("研究所"), .kind = 2};
    assert_true(order_say(world, node, UNIT_BODY_PUT, &unit, NULL).counts);
}

static void put_instrument(struct order_world *world, const char *inner_id,
                           bool customs)
{
    struct instrument instrument = {.of = item_of(inner_id),
                                    .name_zh = T("电镜"),
                                    .customs_supervised = customs};
    assert_true(
        order_say(world, L, INSTRUMENT_BODY_PUT, &instrument, NULL).counts);
}

static void put_service(struct order_world *world, const char *inner_id,
                        uint64_t price_fen)
{
    struct service_item item = {.of = item_of(inner_id),
                                .name_zh = T("电镜检测"),
                                .kind = 1,
                                .price_fen = price_fen};
    assert_true(order_say(world, L, SERVICE_ITEM_BODY_PUT, &item, NULL).counts);
}

static void retire_instrument(struct order_world *world, const char *inner_id)
{
    struct homed_retire retire = {.of = item_of(inner_id), .reason = T("报废")};
    assert_true(
        order_say(world, L, INSTRUMENT_BODY_RETIRE, &retire, NULL).counts);
}

static struct order_place placing(uint8_t number, const char *provider,
                                  uint64_t kind, const char *inner_id)
{
    struct order_place place = order_place_of(Z, number, 1, provider, 1000);
    place.item_kind = kind;
    place.item_home = kind == 0 ? T("") : T(L);
    place.item_inner_id = T(inner_id);
    return place;
}

/* Ordered, accepted; and what it is delivered by, from an hour to the next of
 * July 9 in UTC. */
static struct order_deliver begin_order(struct order_world *world,
                                        const struct order_place *place,
                                        uint8_t number, unsigned from,
                                        unsigned until)
{
    char node[64];
    struct hl_wall day;
    struct order_answer accept = {.key = order_key(Z, number)};
    struct order_deliver deliver = order_delivery(Z, number, 2000);
    snprintf(node, sizeof(node), "%.*s", BYTES_ARGS(place->provider));
    order_do(world, Z, ORDER_BODY_PLACE, place, NULL);
    order_do(world, node, ORDER_BODY_ACCEPT, &accept, NULL);
    assert_ok(wall_parse(T("2026-07-09T00:00:00Z"), &day));
    deliver.from_ms = (uint64_t)day.ms + from * (uint64_t)HOUR_MS;
    deliver.until_ms = (uint64_t)day.ms + until * (uint64_t)HOUR_MS;
    return deliver;
}

static struct said deliver_as(struct order_world *world, const char *provider,
                              const struct order_deliver *deliver)
{
    return order_do(world, provider, ORDER_BODY_DELIVER, deliver, NULL);
}

static struct said serve(struct order_world *world, uint8_t number,
                         uint64_t kind, const char *inner_id, unsigned from,
                         unsigned until)
{
    struct order_place place = placing(number, L, kind, inner_id);
    struct order_deliver deliver =
        begin_order(world, &place, number, from, until);
    return deliver_as(world, L, &deliver);
}

/* As the issuer's node sees it. */
static struct ledger_breaches breaches(struct order_world *world,
                                       uint8_t number)
{
    struct order_view view;
    struct voucher voucher;
    struct scheme scheme;
    struct ledger_breaches out;
    struct order_key key = order_key(Z, number);
    world_settle(&world->world);
    assert_ok(
        ledger_order(world->world.txn, T(order_origin(Z)), &key, &view, NULL));
    assert_true(view.answered);
    assert_ok(ledger_terms(world->world.txn, view.issuer_number, &view.order,
                           &voucher, &scheme, NULL));
    assert_ok(ledger_breaches(world->world.txn, &view, &voucher, &scheme, &out,
                              NULL));
    return out;
}

static uint64_t bit(enum order_check check)
{
    return order_check_bit(check);
}

/* --- The catalogue. ------------------------------------------------------- */

static void what_is_in_the_catalogue_breaks_nothing(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    put_unit(&world, L);
    put_instrument(&world, "1", false);
    serve(&world, 1, INSTRUMENT, "1", 1, 2);
    assert_int_equal(breaches(&world, 1).checks, 0);
    assert_int_equal(order_findings(&world, L, BREACH), 0);
    struct order served = order_of(&world, L, Z, 1);
    assert_true(bytes_equal_text(served.served_unit_id, UNIT));
    assert_true(bytes_equal_text(served.served_inner_id, "1"));
    order_world_fini(&world);
}

static void who_serves_is_in_the_catalogue_with_what(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    serve(&world, 1, INSTRUMENT, "1", 1, 2);
    assert_int_equal(breaches(&world, 1).checks,
                     bit(ORDER_CHECK_UNIT) | bit(ORDER_CHECK_ITEM));
    put_unit(&world, L);
    put_instrument(&world, "2", true);
    serve(&world, 2, INSTRUMENT, "2", 3, 4);
    assert_int_equal(breaches(&world, 2).checks, bit(ORDER_CHECK_CUSTOMS));
    put_instrument(&world, "3", false);
    retire_instrument(&world, "3");
    serve(&world, 3, INSTRUMENT, "3", 5, 6);
    assert_int_equal(breaches(&world, 3).checks, bit(ORDER_CHECK_ITEM));
    serve(&world, 4, 0, "", 7, 8);
    assert_int_equal(breaches(&world, 4).checks, 0);
    assert_int_equal(order_findings(&world, L, BREACH), 3);
    order_world_fini(&world);
}

/* Whatever becomes of it afterwards, and whatever comes to be. */
static void the_catalogue_is_that_of_the_time(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    put_unit(&world, L);
    put_instrument(&world, "1", false);
    serve(&world, 1, INSTRUMENT, "1", 1, 2);
    serve(&world, 2, INSTRUMENT, "2", 1, 2);
    retire_instrument(&world, "1");
    put_instrument(&world, "2", false);
    assert_int_equal(breaches(&world, 1).checks, 0);
    assert_int_equal(breaches(&world, 2).checks, bit(ORDER_CHECK_ITEM));
    order_world_fini(&world);
}

static void what_was_ordered_is_what_is_served(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    put_unit(&world, L);
    put_instrument(&world, "1", false);
    put_instrument(&world, "2", false);
    struct order_place place = placing(1, L, INSTRUMENT, "1");
    struct order_deliver other = begin_order(&world, &place, 1, 1, 2);
    other.unit_scheme = T("nrii");
    other.unit_id = T(UNIT);
    other.item_kind = INSTRUMENT;
    other.item_home = T(L);
    other.item_inner_id = T("2");
    deliver_as(&world, L, &other);
    assert_int_equal(breaches(&world, 1).checks, bit(ORDER_CHECK_ITEM));
    assert_int_equal(order_findings(&world, L, BREACH), 1);
    order_world_fini(&world);
}

static void a_price_is_at_most_what_is_published(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    put_unit(&world, L);
    put_service(&world, "7", 667);
    for (uint8_t i = 1; i <= 3; i++) {
        struct order_place place = placing(i, L, SERVICE, "7");
        place.price_fen = 6000;
        struct order_deliver deliver = begin_order(&world, &place, i, 1, 2);
        deliver.quantity = i; /* of 2,000 fen */
        deliver_as(&world, L, &deliver);
        assert_int_equal(breaches(&world, i).checks,
                         i < 3 ? bit(ORDER_CHECK_PRICE) : 0);
    }
    order_world_fini(&world);
}

static void a_service_outside_its_vouchers_days_is_found(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    put_unit(&world, L);
    struct order_place place = placing(1, L, 0, "");
    struct order_deliver early = begin_order(&world, &place, 1, 1, 2);
    early.from_ms = 1000;
    deliver_as(&world, L, &early);
    assert_int_equal(breaches(&world, 1).checks, bit(ORDER_CHECK_VALIDITY));
    assert_int_equal(order_findings(&world, L, BREACH), 1);
    order_world_fini(&world);
}

/* --- Invoices. ------------------------------------------------------------ */

static struct said serve_invoiced(struct order_world *world, uint8_t number,
                                  const char *provider, uint64_t key,
                                  uint8_t print)
{
    static uint8_t prints[256][HL_HASH_BYTES];
    prints[print][0] = print;
    struct order_place place = placing(number, provider, 0, "");
    struct order_deliver deliver = begin_order(world, &place, number, 1, 2);
    deliver.invoice_key = key;
    deliver.invoice_print = bytes_of(prints[print], HL_HASH_BYTES);
    if (key > 1) { /* under the former key, too */
        deliver.former_key = key - 1;
        deliver.former_print = deliver.invoice_print;
    }
    return deliver_as(world, provider, &deliver);
}

static void an_invoice_pays_for_one_order_in_all_provinces(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    serve_invoiced(&world, 1, L, 1, 1);
    serve_invoiced(&world, 2, A, 1, 2);
    assert_int_equal(order_findings(&world, L, TWICE), 0);
    assert_int_equal(breaches(&world, 1).checks & bit(ORDER_CHECK_INVOICE), 0);
    struct said second = serve_invoiced(&world, 3, A, 1, 1);
    assert_int_equal(order_findings(&world, L, TWICE), 1);
    assert_int_equal(order_findings(&world, A, TWICE), 1);
    assert_true((breaches(&world, 1).checks & bit(ORDER_CHECK_INVOICE)) != 0);
    assert_int_equal(breaches(&world, 2).checks & bit(ORDER_CHECK_INVOICE), 0);
    struct ledger_breaches of = breaches(&world, 1);
    assert_int_equal(of.seen_count, 1);
    assert_string_equal(of.seen[0].origin, order_origin(A));
    assert_int_equal(of.seen[0].index, second.index);
    assert_true(hash_equal(&of.seen[0].leaf, &second.leaf));
    order_world_fini(&world);
}

static void an_invoice_pays_for_one_order_of_one_provider(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    serve_invoiced(&world, 1, L, 1, 1);
    serve_invoiced(&world, 2, L, 1, 1);
    assert_int_equal(order_findings(&world, L, TWICE), 1);
    assert_true((breaches(&world, 1).checks & bit(ORDER_CHECK_INVOICE)) != 0);
    assert_true((breaches(&world, 2).checks & bit(ORDER_CHECK_INVOICE)) != 0);
    order_world_fini(&world);
}

/* The one has the new key only when the other has the former, too. */
static void an_invoice_is_known_while_keys_change(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    serve_invoiced(&world, 1, L, 1, 1);
    serve_invoiced(&world, 2, A, 2, 1);
    assert_int_equal(order_findings(&world, L, TWICE), 1);
    assert_true((breaches(&world, 1).checks & bit(ORDER_CHECK_INVOICE)) != 0);
    assert_true((breaches(&world, 2).checks & bit(ORDER_CHECK_INVOICE)) != 0);
    order_world_fini(&world);
}

/* --- Machines. ------------------------------------------------------------ */

static void an_instrument_serves_one_order_at_a_time(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    serve(&world, 1, INSTRUMENT, "1", 1, 3);
    serve(&world, 2, INSTRUMENT, "1", 3, 5); /* they touch */
    serve(&world, 3, INSTRUMENT, "2", 1, 5); /* another */
    serve(&world, 4, INSTRUMENT, "1", 5, 5);
    assert_int_equal(order_findings(&world, L, MACHINE), 0);
    struct said last = serve(&world, 5, INSTRUMENT, "1", 2, 3);
    assert_int_equal(order_findings(&world, L, MACHINE), 2); /* 1 and 5 */
    assert_true((breaches(&world, 1).checks & bit(ORDER_CHECK_MACHINE)) != 0);
    assert_true((breaches(&world, 5).checks & bit(ORDER_CHECK_MACHINE)) != 0);
    assert_int_equal(breaches(&world, 2).checks & bit(ORDER_CHECK_MACHINE), 0);
    assert_int_equal(breaches(&world, 3).checks & bit(ORDER_CHECK_MACHINE), 0);
    assert_int_equal(breaches(&world, 1).seen[0].index, last.index);
    order_world_fini(&world);
}

/* Whoever says that he used it. */
static void an_instrument_serves_once_in_all_journals(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    serve(&world, 1, INSTRUMENT, "1", 1, 3);
    struct order_place place = placing(2, A, INSTRUMENT, "1");
    struct order_deliver deliver = begin_order(&world, &place, 2, 2, 4);
    deliver_as(&world, A, &deliver);
    assert_int_equal(order_findings(&world, L, MACHINE), 1);
    assert_int_equal(order_findings(&world, A, MACHINE), 1);
    assert_true((breaches(&world, 1).checks & bit(ORDER_CHECK_MACHINE)) != 0);
    order_world_fini(&world);
}

/* Of many uses those beside one are looked at. */
static void uses_are_compared_with_their_neighbours(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    serve(&world, 1, INSTRUMENT, "1", 0, 23);
    for (uint8_t i = 0; i < CROSS_NEIGHBOURS + 1; i++) {
        serve(&world, i + 2, INSTRUMENT, "1", i + 1u, i + 2u);
    }
    /* The long one, and those of which it is one of the four before. */
    assert_int_equal(order_findings(&world, L, MACHINE), 1 + CROSS_NEIGHBOURS);
    order_world_fini(&world);
}

/* --- Allotments. ---------------------------------------------------------- */

static void allot(struct order_world *world)
{
    struct order_place place = placing(1, L, 0, "");
    struct order_allot allot = {.key = place.key,
                                .voucher = place.voucher,
                                .provider = place.provider,
                                .unit_scheme = place.unit_scheme,
                                .unit_id = place.unit_id,
                                .kind = 1,
                                .limit_fen = 50000};
    world->unchecked = true; /* they know no allotments */
    order_do(world, Z, ORDER_BODY_ALLOT, &allot, NULL);
    order_world_at(world, "2026-07-11T00:00:00Z");
}

/* With that item of the unit's; 0: with none. For an hour on July 10. */
static struct order_spend spending(uint64_t kind, const char *inner_id)
{
    struct hl_wall day;
    struct order_spend spend = {.of = order_delivery(Z, 1, 2000)};
    assert_ok(wall_parse(T("2026-07-10T00:00:00Z"), &day));
    spend.of.from_ms = (uint64_t)day.ms;
    spend.of.until_ms = (uint64_t)day.ms + HOUR_MS;
    if (kind != 0) {
        spend.of.unit_scheme = T("nrii");
        spend.of.unit_id = T(UNIT);
        spend.of.item_kind = kind;
        spend.of.item_home = T(L);
        spend.of.item_inner_id = T(inner_id);
    }
    return spend;
}

static struct said spend_as(struct order_world *world,
                            const struct order_spend *spend)
{
    return order_do(world, L, ORDER_BODY_SPEND, spend, NULL);
}

enum { BREACHES_MAX = 8 };

/* What is found of Luoyang's spends, by their entries. */
struct found_breaches {
    size_t count;
    uint64_t indices[BREACHES_MAX];
    char rules[BREACHES_MAX][32];
};

/* It begins so, and the rest is the rules' names. */
static void note_breach(struct found_breaches *out,
                        const struct finding *finding)
{
    char before[128], before_zh[128];
    struct order_key key = order_key(Z, 1);
    char id[2 * VOUCHER_ID_BYTES + 1] = "";
    for (size_t i = 0; i < key.id.size; i++) {
        snprintf(id + 2 * i, 3, "%02x", key.id.data[i]);
    }
    int size = snprintf(before, sizeof(before),
                        "order %s/%s, as spent by entry %llu, breaks: ", Z, id,
                        (unsigned long long)finding->index);
    int size_zh = snprintf(before_zh, sizeof(before_zh),
                           "订单 %s/%s 由第 %llu 号条目使用，不合规则：", Z, id,
                           (unsigned long long)finding->index);
    assert_true(out->count < BREACHES_MAX);
    assert_memory_equal(finding->text_en, before, (size_t)size);
    assert_memory_equal(finding->text_zh, before_zh, (size_t)size_zh);
    out->indices[out->count] = finding->index;
    snprintf(out->rules[out->count++], sizeof(out->rules[0]), "%s",
             finding->text_en + size);
}

static struct found_breaches breaches_of_spends(struct world *world)
{
    struct found_breaches out = {0};
    struct writer key = {0};
    struct finding finding;
    bool found = true;
    world_settle(world);
    while (found) {
        assert_ok(projection_next_finding(world->txn, writer_view(&key),
                                          &finding, &key, &found, NULL));
        if (found && strcmp(finding.kind, BREACH) == 0) {
            note_breach(&out, &finding);
        }
    }
    writer_fini(&key);
    return out;
}

static void assert_breaches(struct world *world,
                            const struct found_breaches *expected)
{
    struct found_breaches found = breaches_of_spends(world);
    assert_int_equal(found.count, expected->count);
    for (size_t i = 0; i < found.count; i++) {
        assert_int_equal(found.indices[i], expected->indices[i]);
        assert_string_equal(found.rules[i], expected->rules[i]);
    }
}

/* Whoever came first, also once one of them was forgotten, and came again. */
static void expect_breaches(struct order_world *world,
                            const struct found_breaches *expected)
{
    enum { JOURNALS = 2 };
    static const char *const origins[JOURNALS] = {ORDER_ALLIANCE Z,
                                                  ORDER_ALLIANCE L};
    static const struct found_breaches none;
    struct retelling telling;
    assert_breaches(&world->world, expected);
    retelling_init(&telling, &world->world, origins, JOURNALS);
    for (size_t first = 0; first < JOURNALS; first++) {
        struct world told;
        world_init(&told);
        world_begin(&told);
        memset(telling.at, 0, sizeof(telling.at));
        retell_one(&telling, &told, first);
        assert_breaches(&told, &none);
        retell_one(&telling, &told, JOURNALS - 1 - first);
        assert_breaches(&told, expected);
        for (size_t i = 0; i < JOURNALS; i++) {
            retell_forget(&telling, &told, i);
            assert_breaches(&told, &none);
            retell_forgotten(&telling, &told, i);
            assert_breaches(&told, expected);
        }
        world_fini(&told);
    }
    retelling_fini(&telling);
}

static void expect_breach(struct found_breaches *expected,
                          const struct said *said, const char *rules)
{
    expected->indices[expected->count] = said->index;
    snprintf(expected->rules[expected->count++], sizeof(expected->rules[0]),
             "%s", rules);
}

/* The newest, which alone the order's row has, breaks nothing. */
static void each_spend_is_judged_by_itself(void **state)
{
    (void)state;
    struct order_world world;
    struct found_breaches expected = {0};
    struct said said;
    begin(&world);
    put_unit(&world, L);
    put_instrument(&world, "1", false);
    put_instrument(&world, "2", true);
    put_service(&world, "7", 1999);
    put_service(&world, "8", 2000);
    allot(&world);
    struct order_spend spend = spending(0, "");
    spend_as(&world, &spend);
    spend.of.from_ms = 1000;
    said = spend_as(&world, &spend);
    expect_breach(&expected, &said, "validity");
    spend = spending(0, "");
    spend.of.unit_scheme = T("nrii");
    spend.of.unit_id = T("0123456789abcdef0123456789abcde0");
    said = spend_as(&world, &spend);
    expect_breach(&expected, &said, "unit");
    spend = spending(INSTRUMENT, "3");
    said = spend_as(&world, &spend);
    expect_breach(&expected, &said, "item");
    spend = spending(INSTRUMENT, "2");
    said = spend_as(&world, &spend);
    expect_breach(&expected, &said, "customs");
    spend = spending(SERVICE, "7");
    said = spend_as(&world, &spend);
    expect_breach(&expected, &said, "price");
    spend = spending(SERVICE, "8");
    spend_as(&world, &spend);
    spend = spending(INSTRUMENT, "1");
    spend_as(&world, &spend);
    expect_breaches(&world, &expected);

    /* Also when no more is spent. */
    struct order_close close = {.key = order_key(Z, 1)};
    order_do(&world, L, ORDER_BODY_CLOSE, &close, NULL);
    expect_breaches(&world, &expected);
    order_world_fini(&world);
}

static void a_spends_catalogue_is_that_of_its_time(void **state)
{
    (void)state;
    struct order_world world;
    struct found_breaches expected = {0};
    begin(&world);
    put_unit(&world, L);
    put_instrument(&world, "1", false);
    allot(&world);
    struct order_spend spend = spending(INSTRUMENT, "1");
    spend_as(&world, &spend);
    retire_instrument(&world, "1");
    spend.of.from_ms += HOUR_MS;
    spend.of.until_ms += HOUR_MS;
    struct said said = spend_as(&world, &spend);
    expect_breach(&expected, &said, "item");
    put_instrument(&world, "1", false);
    spend.of.from_ms += HOUR_MS;
    spend.of.until_ms += HOUR_MS;
    spend_as(&world, &spend);
    expect_breaches(&world, &expected);
    order_world_fini(&world);
}

/* --- Contracts. ----------------------------------------------------------- */

static void a_contract_is_not_split(void **state)
{
    (void)state;
    struct order_world world;
    begin_split(&world, 5000);
    for (uint8_t i = 1; i <= 3; i++) { /* of 2,000 each */
        serve(&world, i, 0, "", 1, 2);
        assert_int_equal(order_findings(&world, Z, SPLIT), i == 3);
    }
    assert_true((breaches(&world, 1).checks & bit(ORDER_CHECK_SPLIT)) != 0);
    /* A large one is none of its parts, nor is one of another month. */
    struct order_place large = placing(4, L, 0, "");
    large.price_fen = 5000;
    struct order_deliver deliver = begin_order(&world, &large, 4, 1, 2);
    deliver_as(&world, L, &deliver);
    assert_int_equal(breaches(&world, 4).checks & bit(ORDER_CHECK_SPLIT), 0);
    order_world_at(&world, "2026-07-31T16:00:00Z"); /* August in UTC+8 */
    struct voucher_issue issue = order_voucher(1, 10000);
    issue.id = order_id(9);
    issue.holder = order_id(1);
    order_do(&world, Z, VOUCHER_BODY_ISSUE, &issue, NULL);
    struct order_place next = placing(5, L, 0, "");
    next.voucher = order_id(9);
    deliver = begin_order(&world, &next, 5, 1, 2);
    deliver_as(&world, L, &deliver);
    assert_int_equal(breaches(&world, 5).checks & bit(ORDER_CHECK_SPLIT), 0);
    order_world_fini(&world);
}

static void what_came_to_nothing_is_no_part_of_a_contract(void **state)
{
    (void)state;
    struct order_world world;
    begin_split(&world, 5000);
    for (uint8_t i = 1; i <= 3; i++) {
        struct order_place place = placing(i, L, 0, "");
        order_do(&world, Z, ORDER_BODY_PLACE, &place, NULL);
    }
    assert_int_equal(order_findings(&world, Z, SPLIT), 1);
    struct order_answer word = {.key = order_key(Z, 2)};
    struct order_release release = {.key = order_key(Z, 2),
                                    .why = RELEASE_DECLINED};
    struct said decline = order_do(&world, L, ORDER_BODY_DECLINE, &word, NULL);
    order_do(&world, Z, ORDER_BODY_RELEASE, &release, &decline);
    assert_int_equal(order_findings(&world, Z, SPLIT), 0);
    order_world_fini(&world);
}

/* No price is agreed for it, and its scheme's version has another bound. */
static void an_allotment_is_no_part_of_a_contract(void **state)
{
    (void)state;
    struct order_world world;
    begin_split(&world, 5000);
    struct order_place place = placing(1, L, 0, "");
    order_do(&world, Z, ORDER_BODY_PLACE, &place, NULL);
    struct scheme scheme = order_scheme(&world, "a", 2);
    scheme.split_below_fen = 1500;
    order_do(&world, Z, SCHEME_BODY_PUT, &scheme, NULL);
    struct voucher_issue issue = order_voucher(2, 10000);
    issue.scheme_version = 2;
    issue.holder = order_id(1);
    order_do(&world, Z, VOUCHER_BODY_ISSUE, &issue, NULL);
    struct order_allot allot = {.key = order_key(Z, 2),
                                .voucher = order_id(2),
                                .provider = T(L),
                                .unit_scheme = place.unit_scheme,
                                .unit_id = place.unit_id,
                                .kind = 1,
                                .limit_fen = 1000};
    world.unchecked = true; /* they know no allotments */
    order_do(&world, Z, ORDER_BODY_ALLOT, &allot, NULL);
    assert_int_equal(order_findings(&world, Z, SPLIT), 0);
    order_world_fini(&world);
}

/* --- Parties. ------------------------------------------------------------- */

static void nobody_is_paid_by_his_own_voucher(void **state)
{
    (void)state;
    static const char unit[] = "91410100MA41010086";
    struct order_world world;
    begin(&world);
    struct order_place place = placing(1, L, 0, "");
    place.unit_scheme = T("uscc");
    place.unit_id = T(unit);
    struct order_deliver deliver = begin_order(&world, &place, 1, 1, 2);
    deliver_as(&world, L, &deliver);
    assert_int_equal(breaches(&world, 1).checks & bit(ORDER_CHECK_CONTROLLER),
                     0);
    struct store_key key = ledger_party_key(LEDGER_PARTY_TOKEN, T(unit));
    assert_ok(store_put(world.world.txn, STORE_PRIVATE, key_view(&key),
                        order_id(1), NULL));
    assert_true((breaches(&world, 1).checks & bit(ORDER_CHECK_CONTROLLER)) !=
                0);
    order_world_fini(&world);
}

/* --- All together. -------------------------------------------------------- */

/* One after the other and at random: of three instruments, for some hours each
 * within three days; with some invoices; by two providers. */
static void serve_any(struct order_world *world, struct rng *rng,
                      uint8_t number)
{
    static const char *const items[] = {"1", "2", "3"};
    static uint8_t prints[6][HL_HASH_BYTES];
    const char *provider = rng_below(rng, 3) == 0 ? A : L;
    struct order_place place =
        placing(number, provider, INSTRUMENT, items[rng_below(rng, 3)]);
    unsigned from = (unsigned)rng_below(rng, 72);
    uint64_t print = rng_below(rng, 6);
    struct order_deliver deliver = begin_order(
        world, &place, number, from, from + (unsigned)rng_below(rng, 6));
    prints[print][0] = (uint8_t)print;
    deliver.invoice_key = rng_below(rng, 3);
    deliver.invoice_print = deliver.invoice_key == 0
                                ? T("")
                                : bytes_of(prints[print], HL_HASH_BYTES);
    deliver_as(world, provider, &deliver);
}

static void the_order_of_arrival_leaves_no_trace(void **state)
{
    (void)state;
    enum { COUNT = 60, ORDERS = 12 };
    static const char *const origins[] = {ORDER_ALLIANCE Z, ORDER_ALLIANCE L,
                                          ORDER_ALLIANCE A};
    static const char *const kinds[] = {BREACH, TWICE, MACHINE};
    struct rng rng = test_rng(__func__);
    struct order_world world;
    struct retelling telling;
    begin_split(&world, 5000);
    order_world_at(&world, "2026-07-14T00:00:00Z");
    put_unit(&world, L);
    put_instrument(&world, "1", false);
    put_instrument(&world, "2", true);
    for (uint8_t i = 0; i < COUNT; i++) {
        serve_any(&world, &rng, i);
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        assert_true(order_findings(&world, L, kinds[i]) > 0);
        assert_true(order_findings(&world, A, kinds[i]) > 0);
    }
    assert_true(order_findings(&world, Z, SPLIT) > 0);
    retelling_init(&telling, &world.world, origins, 3);
    world_settle(&world.world);
    struct writer dump = world_dump(&world.world);
    order_world_fini(&world);
    retell_expect(&telling, &rng, ORDERS, &dump);
    retell_expect_forgotten(&telling, &rng);
    retelling_fini(&telling);
    writer_fini(&dump);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_in_the_catalogue_breaks_nothing),
        cmocka_unit_test(who_serves_is_in_the_catalogue_with_what),
        cmocka_unit_test(the_catalogue_is_that_of_the_time),
        cmocka_unit_test(what_was_ordered_is_what_is_served),
        cmocka_unit_test(a_price_is_at_most_what_is_published),
        cmocka_unit_test(a_service_outside_its_vouchers_days_is_found),
        cmocka_unit_test(an_invoice_pays_for_one_order_in_all_provinces),
        cmocka_unit_test(an_invoice_pays_for_one_order_of_one_provider),
        cmocka_unit_test(an_invoice_is_known_while_keys_change),
        cmocka_unit_test(an_instrument_serves_one_order_at_a_time),
        cmocka_unit_test(an_instrument_serves_once_in_all_journals),
        cmocka_unit_test(uses_are_compared_with_their_neighbours),
        cmocka_unit_test(each_spend_is_judged_by_itself),
        cmocka_unit_test(a_spends_catalogue_is_that_of_its_time),
        cmocka_unit_test(a_contract_is_not_split),
        cmocka_unit_test(what_came_to_nothing_is_no_part_of_a_contract),
        cmocka_unit_test(an_allotment_is_no_part_of_a_contract),
        cmocka_unit_test(nobody_is_paid_by_his_own_voucher),
        cmocka_unit_test(the_order_of_arrival_leaves_no_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
