/* SPDX-License-Identifier: Apache-2.0 */

/* Vouchers and orders at their bounds: amounts, rates that round, sums without
 * room, ids, names and days. */

#include <string.h>

#include "node/catalogue/rules.h"
#include "node/projection/home.h"
#include "tests/support/support.h"
#include "tests/unit/projection/books.h"
#include "tests/unit/projection/order_world.h"
#include "tests/unit/projection/retell.h"

#define T(text) bytes_of_text(text)
#define Z "zhengzhou"
#define L "luoyang"

static void say_scheme(struct order_world *world, const struct scheme *scheme)
{
    order_do(world, Z, SCHEME_BODY_PUT, scheme, NULL);
}

/* Of scheme "a" at that rate, with as much money as there is. */
static void begin_at(struct order_world *world, uint64_t rate_bp)
{
    order_world_init(world);
    struct scheme scheme = order_scheme_at(world, "a", 1, rate_bp);
    scheme.budget_fen = MONEY_MAX_FEN;
    say_scheme(world, &scheme);
    struct voucher_issue issue = order_voucher(1, MONEY_MAX_FEN);
    order_do(world, Z, VOUCHER_BODY_ISSUE, &issue, NULL);
}

/* As much as may be held of that price. */
static struct said place_at(struct order_world *world, uint8_t number,
                            uint64_t price_fen)
{
    struct order_place place = order_place_of(Z, number, 1, L, 0);
    place.price_fen = price_fen;
    return order_do(world, Z, ORDER_BODY_PLACE, &place, NULL);
}

static void nothing_is_paid_of(struct order_world *world, uint64_t price_fen)
{
    struct order_place place = order_place_of(Z, 99, 1, L, 1);
    place.price_fen = price_fen;
    order_refused(world, Z, ORDER_BODY_PLACE, &place, NULL, "no_rate");
    order_ignored(world, Z, ORDER_BODY_PLACE, &place, NULL, "no_rate");
}

static struct said deliver(struct order_world *world, uint8_t number,
                           uint64_t price_fen)
{
    struct order_answer accept = {.key = order_key(Z, number)};
    struct order_deliver delivery = order_delivery(Z, number, price_fen);
    order_do(world, L, ORDER_BODY_ACCEPT, &accept, NULL);
    return order_do(world, L, ORDER_BODY_DELIVER, &delivery, NULL);
}

static uint64_t held(struct order_world *world, uint8_t number)
{
    return order_of(world, Z, Z, number).of.hold_fen;
}

/* What is captured of an order of that price, where it is delivered at that
 * one. */
static uint64_t captured(struct order_world *world, uint8_t number,
                         uint64_t price_fen, uint64_t delivered_fen)
{
    place_at(world, number, price_fen);
    struct said delivery = deliver(world, number, delivered_fen);
    struct order_capture capture = {.key = order_key(Z, number),
                                    .price_fen = delivered_fen};
    order_do(world, Z, ORDER_BODY_CAPTURE, &capture, &delivery);
    return order_of(world, Z, Z, number).captured_fen;
}

/* --- Amounts and rates. --------------------------------------------------- */

static void a_share_is_rounded_down_when_held_and_when_captured(void **state)
{
    (void)state;
    struct order_world world;
    begin_at(&world, 1);
    nothing_is_paid_of(&world, 1);
    nothing_is_paid_of(&world, 9999);
    place_at(&world, 1, 10000);
    assert_int_equal(held(&world, 1), 1);
    place_at(&world, 2, 19999);
    assert_int_equal(held(&world, 2), 1);
    assert_int_equal(captured(&world, 3, 20000, 19999), 1);
    order_world_fini(&world);
    begin_at(&world, 3333);
    nothing_is_paid_of(&world, 3);
    assert_int_equal(captured(&world, 1, 10001, 10001), 3333);
    assert_int_equal(captured(&world, 2, 10001, 4), 1);
    assert_int_equal(captured(&world, 3, 4, 10001), 1); /* as held */
    order_world_fini(&world);
}

/* Each level is, by itself. */
static void levels_are_rounded_down_one_by_one(void **state)
{
    (void)state;
    struct order_world world;
    struct writer rates = {0};
    order_world_init(&world);
    struct scheme scheme = order_scheme(&world, "a", 1);
    const char *const levels[] = {"省", "市", "区"};
    for (size_t i = 0; i < 3; i++) {
        struct scheme_rate rate = {.level = T(levels[i]), .rate_bp = 3333};
        record_list_add(scheme_rates, &rate, &rates);
    }
    scheme.rates = writer_view(&rates);
    say_scheme(&world, &scheme);
    struct voucher_issue issue = order_voucher(1, 10000);
    order_do(&world, Z, VOUCHER_BODY_ISSUE, &issue, NULL);
    place_at(&world, 1, 5);
    assert_int_equal(held(&world, 1), 3); /* of 4.9995 */
    writer_fini(&rates);
    order_world_fini(&world);
}

/* An order is over then, and nobody is owed anything. */
static void a_delivery_may_be_worth_nothing(void **state)
{
    (void)state;
    struct order_world world;
    begin_at(&world, 1);
    assert_int_equal(captured(&world, 1, 10000, 1), 0);
    struct order order = order_of(&world, Z, Z, 1);
    assert_int_equal(order.resolved, ORDER_CAPTURED);
    assert_int_equal(order_voucher_of(&world, Z, 1).held_fen, 0);
    assert_int_equal(order_balance(&world, Z, ACCOUNT_HELD, ""), 0);
    struct watermark mark = {.debtor = T(Z), .creditor = T(L)};
    assert_false(order_find(&world, Z, &watermark_record, &mark));
    order_world_fini(&world);
}

static void an_order_may_be_of_all_money_there_is(void **state)
{
    (void)state;
    struct order_world world;
    begin_at(&world, 10000);
    assert_int_equal(captured(&world, 1, MONEY_MAX_FEN, MONEY_MAX_FEN),
                     MONEY_MAX_FEN);
    assert_int_equal(order_balance(&world, Z, ACCOUNT_PAYABLE, L),
                     MONEY_MAX_FEN);
    struct order_adjust adjust = {.key = order_key(Z, 1),
                                  .amount_fen = MONEY_MAX_FEN,
                                  .reason = T("多收")};
    order_do(&world, L, ORDER_BODY_ADJUST, &adjust, NULL);
    adjust.amount_fen = 1;
    order_refused(&world, L, ORDER_BODY_ADJUST, &adjust, NULL, "adjust_sum");
    order_world_fini(&world);
}

/* --- Numbers that are none. ----------------------------------------------- */

/* Tries the body with each of its numbers far beyond its bound: nothing has an
 * effect. Then as it is. */
static void try_wild(struct order_world *world, const char *node, uint32_t body,
                     const void *good, const struct said *cause)
{
    static const uint64_t wild[] = {
        MONEY_MAX_FEN + 1,
        INT64_MAX,
        (uint64_t)INT64_MAX + 1,
        UINT64_MAX,
    };
    const struct record_type *type = ledger_body_type(body);
    for (size_t i = 0; i < type->field_count; i++) {
        const struct field *field = &type->fields[i];
        for (size_t k = 0; k < 4 && field->kind == FIELD_UINT; k++) {
            union record_room bad;
            memcpy(&bad, good, type->size);
            memcpy(bad.bytes + field->offset, &wild[k], sizeof(wild[k]));
            if (order_say(world, node, body, &bad, cause).counts) {
                fail_msg("%s counts with %s=%llu", type->name, field->name,
                         (unsigned long long)wild[k]);
            }
        }
    }
    assert_true(order_say(world, node, body, good, cause).counts);
}

static void numbers_beyond_all_bounds_have_no_effect(void **state)
{
    (void)state;
    struct order_world world;
    order_world_init(&world);
    struct scheme scheme = order_scheme(&world, "a", 1);
    struct voucher_issue issue = order_voucher(1, 10000);
    struct voucher_ended ended = {order_id(1), 1, T("资料不实"), 7000};
    struct order_place places[3];
    struct said orders[3];
    try_wild(&world, Z, SCHEME_BODY_PUT, &scheme, NULL);
    try_wild(&world, Z, VOUCHER_BODY_ISSUE, &issue, NULL);
    for (uint8_t i = 0; i < 3; i++) {
        places[i] = order_place_of(Z, i + 1, 1, L, 1000);
        if (i == 0) {
            try_wild(&world, Z, ORDER_BODY_PLACE, &places[i], NULL);
        } else {
            order_do(&world, Z, ORDER_BODY_PLACE, &places[i], NULL);
        }
        struct order order = order_of(&world, Z, Z, i + 1);
        orders[i] = (struct said){.node = Z, .index = order.placed_index};
        memcpy(orders[i].leaf.bytes, order.placed_leaf.data, HL_HASH_BYTES);
    }
    struct order_answer accept = {order_key(Z, 1), T(Z), T("")};
    struct order_deliver deliver_of = order_delivery(Z, 1, 2000);
    order_do(&world, L, ORDER_BODY_ACCEPT, &accept, NULL);
    try_wild(&world, L, ORDER_BODY_DELIVER, &deliver_of, &orders[0]);
    struct said word = {.node = L, .index = 1};
    struct order_wait wait = {order_key(Z, 1), T("2026-07-08"), 2};
    try_wild(&world, Z, ORDER_BODY_WAIT, &wait, &word);
    struct order_resolve resolve = {order_key(Z, 1), 900, T("双方同意")};
    try_wild(&world, Z, ORDER_BODY_RESOLVE, &resolve, NULL);
    try_wild(&world, Z, VOUCHER_BODY_END, &ended, NULL);
    struct order_capture capture = {order_key(Z, 1), 2000, 900, 100, 1, T(L)};
    struct order_release release = {order_key(Z, 2), RELEASE_DECLINED, 1000, 1};
    struct order_deny deny = {order_key(Z, 3), T("发票不符"), 1000, 1};
    struct order_review review = {order_key(Z, 1), 5, T("")};
    struct order_adjust adjust = {order_key(Z, 1), T(Z), 900, T("多收")};
    try_wild(&world, Z, ORDER_BODY_CAPTURE, &capture, &word);
    try_wild(&world, Z, ORDER_BODY_RELEASE, &release, &word);
    try_wild(&world, Z, ORDER_BODY_DENY, &deny, &word);
    try_wild(&world, Z, ORDER_BODY_REVIEW, &review, NULL);
    try_wild(&world, L, ORDER_BODY_ADJUST, &adjust, &orders[0]);
    order_world_fini(&world);
}

static void numbers_of_a_desk_beyond_all_bounds_have_no_effect(void **state)
{
    (void)state;
    struct order_world world;
    begin_at(&world, 5000);
    struct scheme scheme = order_scheme(&world, "a", 2);
    scheme.desk_days = 3;
    struct order_request request = order_request_of(L, 1, 2, Z, 1000);
    request.of.item_kind = 2;
    request.of.item_home = T(L);
    request.of.item_inner_id = T("17");
    struct order_place place = request.of;
    struct said cause = {.node = L};
    place.provider = T(L);
    scheme.budget_fen = MONEY_MAX_FEN;
    try_wild(&world, Z, SCHEME_BODY_PUT, &scheme, NULL);
    struct voucher_ended ended = {.id = order_id(1), .how = 1};
    struct voucher_issue issue = order_voucher(2, 10000);
    issue.scheme_version = 2;
    order_do(&world, Z, VOUCHER_BODY_END, &ended, NULL);
    order_do(&world, Z, VOUCHER_BODY_ISSUE, &issue, NULL);
    try_wild(&world, L, ORDER_BODY_REQUEST, &request, NULL);
    try_wild(&world, Z, ORDER_BODY_PLACE, &place, &cause);
    order_world_fini(&world);
}

/* --- Sums. ---------------------------------------------------------------- */

/* Held and freed by the most that there is, until an account is full. */
static void sums_at_their_bound_are_refused_and_not_wrapped(void **state)
{
    (void)state;
    struct order_world world;
    begin_at(&world, 10000);
    world.unchecked = true;
    struct said word = {.node = L};
    struct order_place place = order_place_of(Z, 0, 1, L, MONEY_MAX_FEN);
    place.price_fen = MONEY_MAX_FEN;
    uint8_t id[VOUCHER_ID_BYTES] = {0};
    uint64_t rounds = 0;
    bool fits = true;
    while (fits) {
        memcpy(id, &rounds, sizeof(rounds));
        place.key.id = bytes_of(id, sizeof(id));
        struct order_release release = {place.key, RELEASE_DECLINED,
                                        MONEY_MAX_FEN, 0};
        fits = order_say(&world, Z, ORDER_BODY_PLACE, &place, NULL).counts;
        if (fits) {
            rounds++;
            fits = order_say(&world, Z, ORDER_BODY_RELEASE, &release, &word)
                       .counts;
        }
    }
    /* Issued once, and given back so often: one time less than there is room
     * for, in the credit of what is issued. */
    assert_int_equal(rounds, INT64_MAX / (int64_t)MONEY_MAX_FEN);
    struct order order = {.of = place};
    assert_true(order_find(&world, Z, &order_record, &order));
    assert_int_equal(order.resolved, ORDER_OPEN);
    struct order_release release = {place.key, RELEASE_DECLINED, MONEY_MAX_FEN,
                                    0};
    order_ignored(&world, Z, ORDER_BODY_RELEASE, &release, &word,
                  "account_room");
    books_check(world.world.txn, order_number(&world, Z), Z);
    order_world_fini(&world);
}

/* --- Names and days. ------------------------------------------------------ */

#define LONG_A "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzza"
#define LONG_B "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzb"

enum { STRANGE = 5 };

static struct bytes strange_id(size_t i)
{
    static uint8_t ids[STRANGE][VOUCHER_ID_BYTES];
    memset(ids[1], 0xff, VOUCHER_ID_BYTES);
    memset(ids[2] + 8, 0xff, 8); /* 00 before FF, */
    memset(ids[3], 0xff, 8);     /* and behind it */
    ids[4][0] = 1;
    return bytes_of(ids[i], VOUCHER_ID_BYTES);
}

static unsigned open_orders(struct order_world *world)
{
    char to[128], owner[128];
    strcpy(to, order_origin(LONG_B));
    strcpy(owner, order_origin(LONG_A));
    struct transit_query query = {T(to), T(owner), true};
    struct writer position = {0}, name = {0};
    unsigned count = 0;
    for (bool found = true; found; count += found) {
        struct order_view view;
        assert_ok(projection_next_transit(world->world.txn, &query, &position,
                                          &name, &found, NULL));
        if (found) {
            assert_ok(ledger_order_named(world->world.txn, T(owner),
                                         writer_view(&name), &view, NULL));
            assert_true(view.placed);
        }
    }
    writer_fini(&name);
    writer_fini(&position);
    return count;
}

/* From its placing to what is given back of it. */
static void live_through(struct order_world *world, size_t i)
{
    struct order_key key = {T(LONG_A), strange_id(i)};
    struct order_place place = order_place_of(LONG_A, 0, 0, LONG_B, 100);
    struct order_answer accept = {.key = key};
    struct order_deliver delivery = order_delivery(LONG_A, 0, 200);
    struct order_capture capture = {.key = key, .price_fen = 200};
    struct order_adjust adjust = {
        .key = key, .amount_fen = 1, .reason = T("多收")};
    place.key = delivery.key = key;
    place.voucher = strange_id(i);
    order_do(world, LONG_A, ORDER_BODY_PLACE, &place, NULL);
    world_settle(&world->world);
    assert_int_equal(open_orders(world), 1);
    order_do(world, LONG_B, ORDER_BODY_ACCEPT, &accept, NULL);
    struct said word =
        order_do(world, LONG_B, ORDER_BODY_DELIVER, &delivery, NULL);
    order_do(world, LONG_A, ORDER_BODY_CAPTURE, &capture, &word);
    order_do(world, LONG_B, ORDER_BODY_ADJUST, &adjust, NULL);
    world_settle(&world->world);
    assert_int_equal(open_orders(world), 0);
}

/* The same, begun at the desk. */
static void live_through_at_a_desk(struct order_world *world, size_t i)
{
    struct order_key key = {T(LONG_B), strange_id(i)};
    struct order_request request = order_request_of(LONG_B, 0, 0, LONG_A, 100);
    struct order_deliver delivery = order_delivery(LONG_B, 0, 200);
    struct order_capture capture = {.key = key, .price_fen = 200};
    request.of.key = delivery.key = key;
    request.of.voucher = strange_id(i);
    delivery.issuer = (struct bytes){0};
    struct said asked =
        order_do(world, LONG_B, ORDER_BODY_REQUEST, &request, NULL);
    struct order_place place = request.of;
    place.provider = T(LONG_B);
    order_do(world, LONG_A, ORDER_BODY_PLACE, &place, &asked);
    world_settle(&world->world);
    assert_int_equal(open_orders(world), 1);
    struct said word =
        order_do(world, LONG_B, ORDER_BODY_DELIVER, &delivery, NULL);
    order_do(world, LONG_A, ORDER_BODY_CAPTURE, &capture, &word);
    world_settle(&world->world);
    assert_int_equal(open_orders(world), 0);
}

static void ids_of_any_bytes_and_the_longest_names_do(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct order_world world;
    struct retelling telling;
    const char *const origins[] = {ORDER_ALLIANCE LONG_A,
                                   ORDER_ALLIANCE LONG_B};
    order_world_init(&world);
    assert_int_equal(strlen(LONG_A), 63);
    struct scheme scheme = order_scheme(&world, "a", 1);
    scheme.desk_days = 1;
    order_do(&world, LONG_A, SCHEME_BODY_PUT, &scheme, NULL);
    for (size_t i = 0; i < STRANGE; i++) {
        struct voucher_issue issue = order_voucher(0, 200);
        issue.id = issue.holder = strange_id(i);
        order_do(&world, LONG_A, VOUCHER_BODY_ISSUE, &issue, NULL);
        live_through(&world, i);
        live_through_at_a_desk(&world, i);
    }
    assert_int_equal(order_findings(&world, LONG_A, "resolution_unfounded"), 0);
    assert_int_equal(order_findings(&world, LONG_A, "grant_unfounded"), 0);
    assert_int_equal(order_findings(&world, LONG_B, "answer_unfounded"), 0);
    struct writer dump = world_dump(&world.world);
    retelling_init(&telling, &world.world, origins, 2);
    retell_expect(&telling, &rng, 4, &dump);
    retell_expect_forgotten(&telling, &rng);
    retelling_fini(&telling);
    writer_fini(&dump);
    order_world_fini(&world);
}

/* Time is an author's claim: it may be the first moment, or the last. */
static void days_have_a_first_and_a_last(void **state)
{
    (void)state;
    struct order_world world;
    order_world_init(&world);
    world.now.ms = 0;
    struct scheme scheme = order_scheme(&world, "a", 1);
    scheme.holder_year_max_fen = 1000;
    say_scheme(&world, &scheme);
    struct voucher_issue issue = order_voucher(1, 10000);
    order_do(&world, Z, VOUCHER_BODY_ISSUE, &issue, NULL);
    struct order_place place = order_place_of(Z, 1, 1, L, 1000);
    place.until = T("1970-01-01");
    order_do(&world, Z, ORDER_BODY_PLACE, &place, NULL);
    assert_int_equal(order_used(&world, Z, 1970, USAGE_HOLDER, 1), 1000);
    world.now.ms = INT64_MAX;
    issue = order_voucher(2, 10000);
    order_do(&world, Z, VOUCHER_BODY_ISSUE, &issue, NULL);
    assert_true(bytes_equal_text(order_voucher_of(&world, Z, 2).use_until,
                                 "9999-12-31"));
    place = order_place_of(Z, 2, 2, L, 1000);
    place.until = T("");
    order_do(&world, Z, ORDER_BODY_PLACE, &place, NULL);
    assert_int_equal(order_used(&world, Z, 9999, USAGE_HOLDER, 2), 1000);
    struct order_release late = {.key = order_key(Z, 2),
                                 .why = RELEASE_TIMED_OUT};
    order_refused(&world, Z, ORDER_BODY_RELEASE, &late, NULL, "not_over");
    late.key = order_key(Z, 1);
    order_do(&world, Z, ORDER_BODY_RELEASE, &late, NULL);
    assert_int_equal(order_used(&world, Z, 1970, USAGE_HOLDER, 1), 0);
    order_world_fini(&world);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_share_is_rounded_down_when_held_and_when_captured),
        cmocka_unit_test(levels_are_rounded_down_one_by_one),
        cmocka_unit_test(a_delivery_may_be_worth_nothing),
        cmocka_unit_test(an_order_may_be_of_all_money_there_is),
        cmocka_unit_test(numbers_beyond_all_bounds_have_no_effect),
        cmocka_unit_test(numbers_of_a_desk_beyond_all_bounds_have_no_effect),
        cmocka_unit_test(sums_at_their_bound_are_refused_and_not_wrapped),
        cmocka_unit_test(ids_of_any_bytes_and_the_longest_names_do),
        cmocka_unit_test(days_have_a_first_and_a_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
