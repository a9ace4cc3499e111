/* SPDX-License-Identifier: Apache-2.0 */

/* Orders in the halves of their issuer and of their provider: what each entry
 * lets happen to vouchers, accounts, obligations and yearly sums. */

#include <string.h>

#include "node/ledger/account.h"
#include "tests/support/support.h"
#include "tests/unit/projection/order_world.h"

#define T(text) bytes_of_text(text)
#define Z "zhengzhou"
#define L "luoyang"

enum { CANCELLED = 1, REFUND = 2 };

/* --- What stories are made of. -------------------------------------------- */

static void say_scheme(struct order_world *world, struct scheme scheme)
{
    order_do(world, Z, SCHEME_BODY_PUT, &scheme, NULL);
}

static void issue(struct order_world *world, uint8_t number,
                  uint64_t amount_fen)
{
    struct voucher_issue issue = order_voucher(number, amount_fen);
    order_do(world, Z, VOUCHER_BODY_ISSUE, &issue, NULL);
}

/* Zhengzhou's scheme "a", and voucher 1 of 10,000 fen. */
static void begin(struct order_world *world)
{
    order_world_init(world);
    say_scheme(world, order_scheme(world, "a", 1));
    issue(world, 1, 10000);
}

static struct said place(struct order_world *world, uint8_t number,
                         const char *provider, uint64_t hold_fen)
{
    struct order_place place = order_place_of(Z, number, 1, provider, hold_fen);
    return order_do(world, Z, ORDER_BODY_PLACE, &place, NULL);
}

static struct said accept(struct order_world *world, const char *provider,
                          uint8_t number)
{
    struct order_answer accept = {.key = order_key(Z, number)};
    return order_do(world, provider, ORDER_BODY_ACCEPT, &accept, NULL);
}

static struct said decline(struct order_world *world, const char *provider,
                           uint8_t number)
{
    struct order_answer decline = {.key = order_key(Z, number),
                                   .reason = T("仪器维修")};
    return order_do(world, provider, ORDER_BODY_DECLINE, &decline, NULL);
}

static struct said deliver(struct order_world *world, const char *provider,
                           uint8_t number, uint64_t price_fen)
{
    struct order_deliver deliver = order_delivery(Z, number, price_fen);
    accept(world, provider, number);
    return order_do(world, provider, ORDER_BODY_DELIVER, &deliver, NULL);
}

static struct said capture(struct order_world *world, uint8_t number,
                           uint64_t price_fen, const struct said *delivery)
{
    struct order_capture capture = {.key = order_key(Z, number),
                                    .price_fen = price_fen};
    return order_do(world, Z, ORDER_BODY_CAPTURE, &capture, delivery);
}

static struct said release(struct order_world *world, uint8_t number,
                           const struct said *word)
{
    struct order_release release = {
        .key = order_key(Z, number),
        .why = word == NULL ? RELEASE_TIMED_OUT : RELEASE_DECLINED,
    };
    return order_do(world, Z, ORDER_BODY_RELEASE, &release, word);
}

static struct said deny(struct order_world *world, uint8_t number,
                        const struct said *delivery)
{
    struct order_deny deny = {.key = order_key(Z, number),
                              .reason = T("发票不符")};
    return order_do(world, Z, ORDER_BODY_DENY, &deny, delivery);
}

static void end(struct order_world *world, uint8_t number)
{
    struct voucher_ended ended = {.id = order_id(number), .how = CANCELLED};
    order_do(world, Z, VOUCHER_BODY_END, &ended, NULL);
}

static void expect_voucher(struct order_world *world, uint8_t number,
                           uint64_t held, uint64_t spent, uint64_t returned)
{
    struct voucher voucher = order_voucher_of(world, Z, number);
    assert_int_equal(voucher.held_fen, held);
    assert_int_equal(voucher.spent_fen, spent);
    assert_int_equal(voucher.returned_fen, returned);
}

static struct watermark watermark_of(struct order_world *world,
                                     const char *debtor, const char *creditor)
{
    struct watermark mark = {.debtor = T(debtor), .creditor = T(creditor)};
    order_find(world, debtor, &watermark_record, &mark);
    return mark;
}

/* --- The issuer's half. --------------------------------------------------- */

static void an_order_holds_its_part_of_a_voucher(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    struct said said = place(&world, 1, L, 3000);
    struct order order = order_of(&world, Z, Z, 1);
    assert_true(order_is_placed(&order));
    assert_int_equal(order.resolved, ORDER_OPEN);
    assert_int_equal(order.placed_index, said.index);
    assert_memory_equal(order.placed_leaf.data, said.leaf.bytes, 32);
    assert_int_equal(order.placed_at_ms, world.now.ms);
    assert_int_equal(order.of.hold_fen, 3000);
    expect_voucher(&world, 1, 3000, 0, 0);
    assert_int_equal(order_balance(&world, Z, ACCOUNT_ISSUED, ""), 7000);
    assert_int_equal(order_balance(&world, Z, ACCOUNT_HELD, ""), 3000);
    place(&world, 2, L, 7000);
    expect_voucher(&world, 1, 10000, 0, 0);
    struct order_place more = order_place_of(Z, 3, 1, L, 1);
    order_refused(&world, Z, ORDER_BODY_PLACE, &more, NULL, "voucher_left");
    order_ignored(&world, Z, ORDER_BODY_PLACE, &more, NULL, "voucher_left");
    order_world_fini(&world);
}

static void what_is_declined_is_free_again(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    place(&world, 1, L, 3000);
    struct order_release early = {
        .key = order_key(Z, 1), .why = RELEASE_DECLINED, .amount_fen = 3000};
    order_ignored(&world, Z, ORDER_BODY_RELEASE, &early, NULL, "nothing_open");
    struct said own = {.node = Z};
    order_ignored(&world, Z, ORDER_BODY_RELEASE, &early, &own, "nothing_open");
    struct said word = decline(&world, L, 1);
    struct said said = release(&world, 1, &word);
    struct order order = order_of(&world, Z, Z, 1);
    assert_int_equal(order.resolved, ORDER_RELEASED);
    assert_int_equal(order.resolved_index, said.index);
    assert_int_equal(order.cause_index, word.index);
    assert_memory_equal(order.cause_leaf.data, word.leaf.bytes, 32);
    expect_voucher(&world, 1, 0, 0, 0);
    assert_int_equal(order_balance(&world, Z, ACCOUNT_HELD, ""), 0);
    assert_int_equal(order_balance(&world, Z, ACCOUNT_ISSUED, ""), 10000);
    place(&world, 2, L, 10000);
    order_world_fini(&world);
}

/* The last day is the provider's whole, in UTC+8. */
static void a_hold_times_out_after_its_last_day(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    place(&world, 1, L, 3000);
    struct order_release release_of = {
        .key = order_key(Z, 1), .why = RELEASE_TIMED_OUT, .amount_fen = 3000};
    order_world_at(&world, "2026-08-31T15:59:59Z");
    order_refused(&world, Z, ORDER_BODY_RELEASE, &release_of, NULL, "not_over");
    order_ignored(&world, Z, ORDER_BODY_RELEASE, &release_of, NULL, "not_over");
    order_world_at(&world, "2026-08-31T16:00:00Z");
    release(&world, 1, NULL);
    assert_int_equal(order_of(&world, Z, Z, 1).cause_leaf.size, 0);
    expect_voucher(&world, 1, 0, 0, 0);
    order_world_fini(&world);
}

static void what_is_captured_is_owed_to_the_provider(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    place(&world, 1, L, 3000);
    struct said delivery = deliver(&world, L, 1, 6000);
    struct said said = capture(&world, 1, 6000, &delivery);
    struct order order = order_of(&world, Z, Z, 1);
    assert_int_equal(order.resolved, ORDER_CAPTURED);
    assert_int_equal(order.captured_fen, 3000);
    assert_int_equal(order.cause_index, delivery.index);
    expect_voucher(&world, 1, 0, 3000, 0);
    assert_int_equal(order_balance(&world, Z, ACCOUNT_PAYABLE, L), 3000);
    struct obligation owed = {
        .debtor = T(Z), .creditor = T(L), .index = said.index};
    assert_true(order_find(&world, Z, &obligation_record, &owed));
    assert_int_equal(owed.amount_fen, 3000);
    assert_true(bytes_equal(owed.of.id, order_id(1)));
    assert_int_equal(watermark_of(&world, Z, L).count, 1);
    assert_int_equal(watermark_of(&world, Z, L).amount_fen, 3000);
    order_world_fini(&world);
}

/* The share of what it cost in fact, and no more than was held. */
static void the_rest_of_a_hold_is_free_again(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    place(&world, 1, L, 3000);
    place(&world, 2, L, 2000);
    struct said less = deliver(&world, L, 1, 3001);
    capture(&world, 1, 3001, &less);
    assert_int_equal(order_of(&world, Z, Z, 1).captured_fen, 1500);
    expect_voucher(&world, 1, 2000, 1500, 0);
    struct said more = deliver(&world, L, 2, 1000000);
    capture(&world, 2, 1000000, &more);
    assert_int_equal(order_of(&world, Z, Z, 2).captured_fen, 2000);
    expect_voucher(&world, 1, 0, 3500, 0);
    assert_int_equal(order_balance(&world, Z, ACCOUNT_ISSUED, ""), 6500);
    assert_int_equal(watermark_of(&world, Z, L).count, 2);
    assert_int_equal(watermark_of(&world, Z, L).amount_fen, 3500);
    order_world_fini(&world);
}

static void what_is_free_of_an_ended_voucher_returns_to_the_budget(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    for (uint8_t i = 1; i <= 3; i++) {
        place(&world, i, L, 2000);
    }
    struct said word = decline(&world, L, 1);
    struct said whole = deliver(&world, L, 2, 1000);
    struct said none = deliver(&world, L, 3, 4000);
    end(&world, 1);
    expect_voucher(&world, 1, 6000, 0, 4000);
    struct order_release to_voucher = {
        .key = order_key(Z, 1), .why = RELEASE_DECLINED, .amount_fen = 2000};
    order_ignored(&world, Z, ORDER_BODY_RELEASE, &to_voucher, &word,
                  "hold_sum");
    release(&world, 1, &word);
    expect_voucher(&world, 1, 4000, 0, 6000);
    capture(&world, 2, 1000, &whole);
    expect_voucher(&world, 1, 2000, 500, 7500);
    deny(&world, 3, &none);
    expect_voucher(&world, 1, 0, 500, 9500);
    assert_int_equal(order_balance(&world, Z, ACCOUNT_BUDGET, ""), 999500);
    assert_int_equal(order_balance(&world, Z, ACCOUNT_ISSUED, ""), 0);
    struct order_place place_of = order_place_of(Z, 4, 1, L, 1);
    order_ignored(&world, Z, ORDER_BODY_PLACE, &place_of, NULL,
                  "voucher_ended");
    order_world_fini(&world);
}

static void what_is_denied_is_free_and_says_why(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    place(&world, 1, L, 3000);
    struct order_deny early = {
        .key = order_key(Z, 1), .reason = T("发票不符"), .amount_fen = 3000};
    order_ignored(&world, Z, ORDER_BODY_DENY, &early, NULL, "nothing_open");
    struct said delivery = deliver(&world, L, 1, 6000);
    deny(&world, 1, &delivery);
    struct order order = order_of(&world, Z, Z, 1);
    assert_int_equal(order.resolved, ORDER_DENIED);
    assert_true(bytes_equal_text(order.reason, "发票不符"));
    expect_voucher(&world, 1, 0, 0, 0);
    assert_int_equal(watermark_of(&world, Z, L).count, 0);
    order_world_fini(&world);
}

static struct said dispute(struct order_world *world, uint8_t number)
{
    struct order_word dispute = {order_key(Z, number), T("样品损坏")};
    return order_do(world, Z, ORDER_BODY_DISPUTE, &dispute, NULL);
}

static struct said resolve(struct order_world *world, uint8_t number,
                           uint64_t max_fen)
{
    struct order_resolve resolve = {order_key(Z, number), max_fen,
                                    T("双方同意")};
    return order_do(world, Z, ORDER_BODY_RESOLVE, &resolve, NULL);
}

static void a_dispute_parks_the_capture_and_its_end_bounds_it(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    place(&world, 1, L, 3000);
    place(&world, 2, L, 3000);
    struct said first = deliver(&world, L, 1, 6000);
    struct said second = deliver(&world, L, 2, 6000);
    dispute(&world, 1);
    struct order_capture whole = {.key = order_key(Z, 1),
                                  .price_fen = 6000,
                                  .capture_fen = 3000,
                                  .creditor = T(L)};
    order_ignored(&world, Z, ORDER_BODY_CAPTURE, &whole, &first, "disputed");
    struct order_word again = {order_key(Z, 1), T("样品损坏")};
    order_refused(&world, Z, ORDER_BODY_DISPUTE, &again, NULL, "disputed");
    order_ignored(&world, Z, ORDER_BODY_DISPUTE, &again, NULL, "disputed");
    resolve(&world, 1, 1000);
    order_ignored(&world, Z, ORDER_BODY_CAPTURE, &whole, &first, "capture_sum");
    dispute(&world, 1); /* it goes on */
    resolve(&world, 1, 2999);
    capture(&world, 1, 6000, &first);
    struct order order = order_of(&world, Z, Z, 1);
    assert_int_equal(order.captured_fen, 2999);
    assert_int_equal(order.disputed, DISPUTE_RESOLVED);
    assert_int_equal(order.max_fen, 2999);
    /* A person may decide it with no dispute before. */
    resolve(&world, 2, 0);
    capture(&world, 2, 6000, &second);
    assert_int_equal(order_of(&world, Z, Z, 2).captured_fen, 0);
    assert_int_equal(watermark_of(&world, Z, L).count, 1);
    expect_voucher(&world, 1, 0, 2999, 0);
    order_world_fini(&world);
}

/* One that breaks a rule is disputed by that. */
static void what_a_delivery_waits_for_is_said_once(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    place(&world, 1, L, 3000);
    place(&world, 2, L, 3000);
    struct said first = deliver(&world, L, 1, 6000);
    struct said second = deliver(&world, L, 2, 6000);
    struct order_wait wait = {order_key(Z, 1), T("2026-07-08"), 0};
    order_do(&world, Z, ORDER_BODY_WAIT, &wait, &first);
    struct order order = order_of(&world, Z, Z, 1);
    assert_true(bytes_equal_text(order.ask_until, "2026-07-08"));
    assert_int_equal(order.disputed, DISPUTE_NONE);
    wait.ask_until = T("2026-07-09");
    order_ignored(&world, Z, ORDER_BODY_WAIT, &wait, &first, "waits");
    /* A former decision is not one of this. */
    resolve(&world, 2, 2999);
    wait = (struct order_wait){.key = order_key(Z, 2), .checks = 2};
    order_do(&world, Z, ORDER_BODY_WAIT, &wait, &second);
    order = order_of(&world, Z, Z, 2);
    assert_int_equal(order.checks, 2);
    assert_int_equal(order.disputed, DISPUTE_OPEN);
    assert_int_equal(order.reason.size, 0);
    struct order_capture whole = {.key = order_key(Z, 2),
                                  .price_fen = 6000,
                                  .capture_fen = 3000,
                                  .creditor = T(L)};
    order_ignored(&world, Z, ORDER_BODY_CAPTURE, &whole, &second, "disputed");
    resolve(&world, 2, 1000);
    capture(&world, 2, 6000, &second);
    order = order_of(&world, Z, Z, 2);
    assert_int_equal(order.captured_fen, 1000);
    assert_int_equal(order.checks, 2);
    order_world_fini(&world);
}

/* Whoever disputed it said why. */
static void a_broken_rule_leaves_an_open_disputes_reason(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    place(&world, 1, L, 3000);
    struct said delivery = deliver(&world, L, 1, 6000);
    struct order_wait wait = {.key = order_key(Z, 1), .checks = 2};
    dispute(&world, 1);
    order_do(&world, Z, ORDER_BODY_WAIT, &wait, &delivery);
    struct order order = order_of(&world, Z, Z, 1);
    assert_int_equal(order.disputed, DISPUTE_OPEN);
    assert_true(order.reason.size > 0);
    order_world_fini(&world);
}

static void words_of_people_count_once(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    place(&world, 1, L, 3000);
    struct order_word confirm = {.key = order_key(Z, 1)};
    struct order_word cancel = {order_key(Z, 1), T("不需要了")};
    struct order_review review = {order_key(Z, 1), 5, T("很好")};
    order_refused(&world, Z, ORDER_BODY_CONFIRM, &confirm, NULL,
                  "not_delivered");
    struct said delivery = deliver(&world, L, 1, 6000);
    order_do(&world, Z, ORDER_BODY_CONFIRM, &confirm, NULL);
    order_ignored(&world, Z, ORDER_BODY_CONFIRM, &confirm, NULL, "confirmed");
    order_do(&world, Z, ORDER_BODY_CANCEL, &cancel, NULL);
    order_ignored(&world, Z, ORDER_BODY_CANCEL, &cancel, NULL, "cancelled");
    struct order order = order_of(&world, Z, Z, 1);
    assert_int_equal(order.confirmed, 1);
    assert_int_equal(order.cancelled, 1);
    assert_true(bytes_equal_text(order.reason, "不需要了"));
    assert_int_equal(order.resolved, ORDER_OPEN); /* a wish is a wish */
    order_ignored(&world, Z, ORDER_BODY_REVIEW, &review, NULL, "not_captured");
    capture(&world, 1, 6000, &delivery);
    order_do(&world, Z, ORDER_BODY_REVIEW, &review, NULL);
    review.stars = 1;
    order_ignored(&world, Z, ORDER_BODY_REVIEW, &review, NULL, "reviewed");
    assert_int_equal(order_of(&world, Z, Z, 1).stars, 5);
    order_world_fini(&world);
}

static void a_decision_says_why_also_after_a_wish(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    place(&world, 1, L, 3000);
    resolve(&world, 1, 0);
    struct order_word wish = {.key = order_key(Z, 1)};
    order_do(&world, Z, ORDER_BODY_CANCEL, &wish, NULL);
    struct order order = order_of(&world, Z, Z, 1);
    assert_int_equal(order.cancelled, 1);
    assert_true(bytes_equal_text(order.reason, "双方同意"));
    order_world_fini(&world);
}

/* All that may be said of an open order, of one that is not. */
static void expect_resolved(struct order_world *world, uint8_t number,
                            const struct said *word)
{
    struct order_key key = order_key(Z, number);
    struct order_capture capture = {
        .key = key, .price_fen = 6000, .capture_fen = 3000, .creditor = T(L)};
    struct order_deny deny = {key, T("发票不符"), 3000, 0};
    struct order_release release = {key, RELEASE_DECLINED, 3000, 0};
    struct order_release late = {key, RELEASE_TIMED_OUT, 3000, 0};
    struct order_word why = {key, T("样品损坏")};
    struct order_word confirm = {.key = key};
    struct order_resolve resolve = {key, 1, T("双方同意")};
    const struct {
        uint32_t body;
        const void *record;
        const struct said *cause;
    } words[] = {
        {ORDER_BODY_CAPTURE, &capture, word},
        {ORDER_BODY_DENY, &deny, word},
        {ORDER_BODY_RELEASE, &release, word},
        {ORDER_BODY_RELEASE, &late, NULL},
        {ORDER_BODY_DISPUTE, &why, NULL},
        {ORDER_BODY_RESOLVE, &resolve, NULL},
        {ORDER_BODY_CONFIRM, &confirm, NULL},
        {ORDER_BODY_CANCEL, &why, NULL},
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        order_ignored(world, Z, words[i].body, words[i].record, words[i].cause,
                      "resolved");
    }
}

static void an_order_is_resolved_once(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    for (uint8_t i = 1; i <= 3; i++) {
        place(&world, i, L, 3000);
    }
    struct said word = decline(&world, L, 1);
    struct said first = deliver(&world, L, 2, 6000);
    struct said second = deliver(&world, L, 3, 6000);
    order_world_at(&world, "2026-09-01T00:00:00Z");
    release(&world, 1, &word);
    capture(&world, 2, 6000, &first);
    deny(&world, 3, &second);
    expect_resolved(&world, 1, &word);
    expect_resolved(&world, 2, &first);
    expect_resolved(&world, 3, &second);
    expect_voucher(&world, 1, 0, 3000, 0);
    assert_int_equal(watermark_of(&world, Z, L).count, 1);
    order_world_fini(&world);
}

static void an_id_is_one_orders(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    place(&world, 1, L, 3000);
    struct order_place again = order_place_of(Z, 1, 1, L, 3000);
    order_ignored(&world, Z, ORDER_BODY_PLACE, &again, NULL, "order_exists");
    struct said word = decline(&world, L, 1);
    release(&world, 1, &word);
    order_ignored(&world, Z, ORDER_BODY_PLACE, &again, NULL, "order_exists");
    again = order_place_of(L, 1, 1, L, 3000);
    order_ignored(&world, Z, ORDER_BODY_PLACE, &again, NULL, "begun_elsewhere");
    order_world_fini(&world);
}

static void wrong_sums_have_no_effect(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    place(&world, 1, L, 3000);
    struct said delivery = deliver(&world, L, 1, 5000);
    const struct order_capture good = {.key = order_key(Z, 1),
                                       .price_fen = 5000,
                                       .capture_fen = 2500,
                                       .rest_fen = 500,
                                       .creditor = T(L)};
    struct order_capture bad = good;
#define IGNORED(field, value)                                                  \
    bad = good;                                                                \
    bad.field = (value);                                                       \
    order_ignored(&world, Z, ORDER_BODY_CAPTURE, &bad, &delivery, "capture_sum")
    IGNORED(price_fen, 4998);
    IGNORED(capture_fen, 2499);
    IGNORED(capture_fen, 2501);
    IGNORED(capture_fen, 0);
    IGNORED(rest_fen, 499);
    IGNORED(rest_fen, 501);
    IGNORED(to_budget, 1);
    IGNORED(creditor, T(Z));
    IGNORED(creditor, T("anyang"));
    IGNORED(creditor, T(""));
#undef IGNORED
    struct order_deny deny = {order_key(Z, 1), T("发票不符"), 2999, 0};
    order_ignored(&world, Z, ORDER_BODY_DENY, &deny, &delivery, "hold_sum");
    deny.amount_fen = 3001;
    order_ignored(&world, Z, ORDER_BODY_DENY, &deny, &delivery, "hold_sum");
    deny.amount_fen = 3000;
    deny.to_budget = 1;
    order_ignored(&world, Z, ORDER_BODY_DENY, &deny, &delivery, "hold_sum");
    expect_voucher(&world, 1, 3000, 0, 0);
    assert_true(
        order_say(&world, Z, ORDER_BODY_CAPTURE, &good, &delivery).counts);
    order_world_fini(&world);
}

/* --- Whom the issuer owes nothing. ---------------------------------------- */

static void in_refund_mode_nobody_is_owed(void **state)
{
    (void)state;
    struct order_world world;
    order_world_init(&world);
    struct scheme scheme = order_scheme(&world, "a", 1);
    scheme.payee = REFUND;
    say_scheme(&world, scheme);
    issue(&world, 1, 10000);
    place(&world, 1, L, 3000);
    struct said delivery = deliver(&world, L, 1, 5000);
    struct order_capture owed = {.key = order_key(Z, 1),
                                 .price_fen = 5000,
                                 .capture_fen = 2500,
                                 .rest_fen = 500,
                                 .creditor = T(L)};
    order_ignored(&world, Z, ORDER_BODY_CAPTURE, &owed, &delivery,
                  "capture_sum");
    capture(&world, 1, 5000, &delivery);
    assert_int_equal(order_balance(&world, Z, ACCOUNT_SETTLED, ""), 2500);
    assert_int_equal(order_balance(&world, Z, ACCOUNT_PAYABLE, L), 0);
    assert_int_equal(watermark_of(&world, Z, L).count, 0);
    expect_voucher(&world, 1, 0, 2500, 0);
    struct order_adjust adjust = {
        .key = order_key(Z, 1), .amount_fen = 1, .reason = T("多收")};
    order_refused(&world, L, ORDER_BODY_ADJUST, &adjust, NULL, "nothing_owed");
    order_world_fini(&world);
}

/* Both halves are one journal's, and one row. */
static void a_provider_of_the_issuers_own_is_settled_at_home(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    struct said first = place(&world, 1, Z, 3000);
    place(&world, 2, Z, 3000);
    struct said delivery = deliver(&world, Z, 1, 5000);
    struct order order = order_of(&world, Z, Z, 1);
    assert_true(order_is_placed(&order));
    assert_int_equal(order.answer, ANSWER_DELIVERED);
    assert_true(bytes_equal_text(order.issuer, Z));
    capture(&world, 1, 5000, &delivery);
    assert_int_equal(order_balance(&world, Z, ACCOUNT_SETTLED, ""), 2500);
    assert_int_equal(order_balance(&world, Z, ACCOUNT_PAYABLE, Z), 0);
    assert_int_equal(watermark_of(&world, Z, Z).count, 0);
    struct said word = decline(&world, Z, 2);
    release(&world, 2, &word);
    expect_voucher(&world, 1, 0, 2500, 0);
    struct order_adjust adjust = {order_key(Z, 1), T(Z), 1, T("多收")};
    order_refused(&world, Z, ORDER_BODY_ADJUST, &adjust, NULL, "nothing_owed");
    order_ignored(&world, Z, ORDER_BODY_ADJUST, &adjust, &first,
                  "nothing_owed");
    assert_int_equal(order_findings(&world, Z, "resolution_unfounded"), 0);
    assert_int_equal(order_findings(&world, Z, "answer_unfounded"), 0);
    order_world_fini(&world);
}

/* --- Years. --------------------------------------------------------------- */

/* Of holder 1 and, with the controller 9, of holder 2. */
static void begin_bounded(struct order_world *world)
{
    order_world_init(world);
    struct scheme scheme = order_scheme(world, "a", 1);
    scheme.use_days = scheme.claim_days = 400;
    scheme.holder_year_max_fen = 5000;
    scheme.controller_year_max_fen = 6000;
    say_scheme(world, scheme);
    for (uint8_t number = 1; number <= 2; number++) {
        struct voucher_issue issue = order_voucher(number, 10000);
        issue.controller = order_id(9);
        order_do(world, Z, VOUCHER_BODY_ISSUE, &issue, NULL);
    }
    issue(world, 3, 10000); /* its own controller */
}

static struct said place_by(struct order_world *world, uint8_t number,
                            uint8_t voucher, uint64_t hold_fen)
{
    struct order_place place = order_place_of(Z, number, voucher, L, hold_fen);
    place.until = T("2027-06-30");
    return order_do(world, Z, ORDER_BODY_PLACE, &place, NULL);
}

static void refused_by(struct order_world *world, uint8_t number,
                       uint8_t voucher, uint64_t hold_fen, const char *word)
{
    struct order_place place = order_place_of(Z, number, voucher, L, hold_fen);
    place.until = T("2027-06-30");
    order_refused(world, Z, ORDER_BODY_PLACE, &place, NULL, word);
    order_ignored(world, Z, ORDER_BODY_PLACE, &place, NULL, word);
}

static void a_year_bounds_a_holder_and_who_controls_him(void **state)
{
    (void)state;
    struct order_world world;
    begin_bounded(&world);
    place_by(&world, 1, 1, 4000);
    refused_by(&world, 2, 1, 1001, "holder_year");
    refused_by(&world, 2, 2, 2001, "controller_year");
    place_by(&world, 2, 2, 2000);
    refused_by(&world, 3, 1, 1, "controller_year");
    place_by(&world, 3, 3, 5000);
    refused_by(&world, 4, 3, 1, "holder_year");
    assert_int_equal(order_used(&world, Z, 2026, USAGE_HOLDER, 1), 4000);
    assert_int_equal(order_used(&world, Z, 2026, USAGE_HOLDER, 2), 2000);
    assert_int_equal(order_used(&world, Z, 2026, USAGE_CONTROLLER, 9), 6000);
    assert_int_equal(order_used(&world, Z, 2026, USAGE_CONTROLLER, 3), 5000);
    assert_int_equal(order_used(&world, Z, 2026, USAGE_CONTROLLER, 1), 0);
    /* As much as is left, where nothing is asked for. */
    struct said word = decline(&world, L, 2);
    release(&world, 2, &word);
    struct order_place rest = order_place_of(Z, 4, 2, L, 4000);
    rest.hold_fen = 0;
    order_do(&world, Z, ORDER_BODY_PLACE, &rest, NULL);
    assert_int_equal(order_of(&world, Z, Z, 4).of.hold_fen, 2000);
    order_world_fini(&world);
}

/* A year ends at midnight in UTC+8; what was placed in it counts in it, also
 * what is resolved later. */
static void what_is_free_again_is_free_in_the_year_of_its_order(void **state)
{
    (void)state;
    struct order_world world;
    begin_bounded(&world);
    order_world_at(&world, "2026-12-31T15:59:59Z");
    place_by(&world, 1, 1, 4000);
    place_by(&world, 2, 1, 1000);
    refused_by(&world, 3, 1, 1, "holder_year");
    order_world_at(&world, "2026-12-31T16:00:00Z");
    place_by(&world, 3, 1, 3000);
    assert_int_equal(order_used(&world, Z, 2026, USAGE_HOLDER, 1), 5000);
    assert_int_equal(order_used(&world, Z, 2027, USAGE_HOLDER, 1), 3000);
    assert_int_equal(order_used(&world, Z, 2027, USAGE_CONTROLLER, 9), 3000);
    struct said less = deliver(&world, L, 1, 6000);
    struct said word = decline(&world, L, 2);
    capture(&world, 1, 6000, &less);
    release(&world, 2, &word);
    assert_int_equal(order_used(&world, Z, 2026, USAGE_HOLDER, 1), 3000);
    assert_int_equal(order_used(&world, Z, 2026, USAGE_CONTROLLER, 9), 3000);
    assert_int_equal(order_used(&world, Z, 2027, USAGE_HOLDER, 1), 3000);
    refused_by(&world, 4, 1, 2001, "holder_year");
    struct said last = deliver(&world, L, 3, 6000);
    end(&world, 1);
    deny(&world, 3, &last);
    assert_int_equal(order_used(&world, Z, 2027, USAGE_HOLDER, 1), 0);
    assert_int_equal(order_used(&world, Z, 2027, USAGE_CONTROLLER, 9), 0);
    order_world_fini(&world);
}

/* An order counts by the version of its voucher. */
static void a_version_without_bounds_counts_nothing(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    struct scheme bounded = order_scheme(&world, "a", 2);
    bounded.holder_year_max_fen = 100;
    say_scheme(&world, bounded);
    struct voucher_issue second = order_voucher(2, 10000);
    second.scheme_version = 2;
    second.holder = order_id(1);
    order_do(&world, Z, VOUCHER_BODY_ISSUE, &second, NULL);
    place(&world, 1, L, 3000);
    struct order_place by = order_place_of(Z, 2, 2, L, 100);
    order_do(&world, Z, ORDER_BODY_PLACE, &by, NULL);
    assert_int_equal(order_used(&world, Z, 2026, USAGE_HOLDER, 1), 100);
    struct said word = decline(&world, L, 1);
    release(&world, 1, &word);
    assert_int_equal(order_used(&world, Z, 2026, USAGE_HOLDER, 1), 100);
    order_world_fini(&world);
}

/* --- The provider's half. ------------------------------------------------- */

static void a_provider_answers_one_after_the_other(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    struct said order = place(&world, 1, L, 3000);
    struct order_answer word = {.key = order_key(Z, 1), .issuer = T(Z)};
    struct order_deliver delivery = order_delivery(Z, 1, 6000);
    order_ignored(&world, L, ORDER_BODY_ACCEPT, &word, NULL, "no_order");
    order_ignored(&world, L, ORDER_BODY_DELIVER, &delivery, &order,
                  "not_accepted");
    struct said said = accept(&world, L, 1);
    struct order half = order_of(&world, L, Z, 1);
    assert_false(order_is_placed(&half));
    assert_int_equal(half.answer, ANSWER_ACCEPTED);
    assert_int_equal(half.answer_index, said.index);
    assert_int_equal(half.order_index, order.index);
    assert_memory_equal(half.order_leaf.data, order.leaf.bytes, 32);
    order_ignored(&world, L, ORDER_BODY_ACCEPT, &word, &order, "accepted");
    delivery.until_ms = (uint64_t)world.now.ms + 1;
    order_ignored(&world, L, ORDER_BODY_DELIVER, &delivery, &order,
                  "service_times");
    delivery.until_ms--;
    delivery.invoice = bytes_of(order.leaf.bytes, HL_HASH_BYTES);
    said = order_do(&world, L, ORDER_BODY_DELIVER, &delivery, NULL);
    half = order_of(&world, L, Z, 1);
    assert_int_equal(half.answer, ANSWER_DELIVERED);
    assert_int_equal(half.answer_index, said.index);
    assert_int_equal(half.delivered_fen, 6000);
    assert_memory_equal(half.invoice.data, order.leaf.bytes, 32);
    assert_int_equal(half.report.size, 0);
    order_ignored(&world, L, ORDER_BODY_DELIVER, &delivery, &order,
                  "delivered");
    order_ignored(&world, L, ORDER_BODY_DECLINE, &word, &order, "delivered");
    order_ignored(&world, L, ORDER_BODY_ACCEPT, &word, &order, "accepted");
    order_world_fini(&world);
}

static void what_is_declined_stays_declined(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    struct said first = place(&world, 1, L, 3000);
    struct said second = place(&world, 2, L, 3000);
    decline(&world, L, 1);
    accept(&world, L, 2);
    decline(&world, L, 2); /* given up */
    struct order half = order_of(&world, L, Z, 2);
    assert_int_equal(half.answer, ANSWER_DECLINED);
    assert_true(bytes_equal_text(half.answer_reason, "仪器维修"));
    const struct said *orders[] = {&first, &second};
    for (uint8_t i = 1; i <= 2; i++) {
        struct order_answer word = {.key = order_key(Z, i), .issuer = T(Z)};
        struct order_deliver delivery = order_delivery(Z, i, 6000);
        const struct said *order = orders[i - 1];
        order_ignored(&world, L, ORDER_BODY_ACCEPT, &word, order, "declined");
        order_ignored(&world, L, ORDER_BODY_DECLINE, &word, order, "declined");
        order_ignored(&world, L, ORDER_BODY_DELIVER, &delivery, order,
                      "declined");
    }
    order_world_fini(&world);
}

/* What it answered first, by place and content, and by whose word. */
static void a_half_answers_one_order_of_an_id(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    struct said order = place(&world, 1, L, 3000);
    accept(&world, L, 1);
    struct order_answer word = {.key = order_key(Z, 1), .issuer = T(Z)};
    struct said other = order;
    other.index++;
    order_ignored(&world, L, ORDER_BODY_DECLINE, &word, &other, "other_order");
    other = order;
    other.leaf.bytes[31] ^= 1;
    order_ignored(&world, L, ORDER_BODY_DECLINE, &word, &other, "other_order");
    word.issuer = T("anyang");
    order_ignored(&world, L, ORDER_BODY_DECLINE, &word, &order, "no_order");
    strcpy(other.node, "anyang");
    order_ignored(&world, L, ORDER_BODY_DECLINE, &word, &other, "other_order");
    assert_int_equal(order_of(&world, L, Z, 1).answer, ANSWER_ACCEPTED);
    order_world_fini(&world);
}

static struct said adjust(struct order_world *world, uint8_t number,
                          uint64_t amount_fen)
{
    struct order_adjust adjust = {.key = order_key(Z, number),
                                  .amount_fen = amount_fen,
                                  .reason = T("多收")};
    return order_do(world, L, ORDER_BODY_ADJUST, &adjust, NULL);
}

static void what_was_paid_too_much_is_owed_back(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    struct said first = place(&world, 1, L, 3000);
    place(&world, 2, L, 3000);
    struct order_adjust more = {order_key(Z, 1), T(Z), 1, T("多收")};
    order_ignored(&world, L, ORDER_BODY_ADJUST, &more, &first, "nothing_owed");
    struct said delivery = deliver(&world, L, 1, 5000);
    order_refused(&world, L, ORDER_BODY_ADJUST, &more, NULL, "not_captured");
    capture(&world, 1, 5000, &delivery);
    delivery = deliver(&world, L, 2, 6000);
    capture(&world, 2, 6000, &delivery);
    struct said said = adjust(&world, 1, 1000);
    adjust(&world, 1, 1500);
    adjust(&world, 2, 7);
    more.amount_fen = 1;
    order_refused(&world, L, ORDER_BODY_ADJUST, &more, NULL, "adjust_sum");
    assert_int_equal(order_of(&world, L, Z, 1).adjusted_fen, 2500);
    assert_int_equal(order_of(&world, L, Z, 1).answer, ANSWER_DELIVERED);
    assert_int_equal(order_balance(&world, L, ACCOUNT_ADJUSTED, ""), -2507);
    assert_int_equal(order_balance(&world, L, ACCOUNT_PAYABLE, Z), 2507);
    struct obligation owed = {
        .debtor = T(L), .creditor = T(Z), .index = said.index};
    assert_true(order_find(&world, L, &obligation_record, &owed));
    assert_int_equal(owed.amount_fen, 1000);
    assert_int_equal(watermark_of(&world, L, Z).count, 3);
    assert_int_equal(watermark_of(&world, L, Z).amount_fen, 2507);
    /* What is captured only its issuer's journal says: of its own the half
     * knows what it delivered. */
    more.amount_fen = 2501;
    order_ignored(&world, L, ORDER_BODY_ADJUST, &more, &first, "adjust_sum");
    more.amount_fen = 2500;
    assert_true(order_say(&world, L, ORDER_BODY_ADJUST, &more, &first).counts);
    order_world_fini(&world);
}

/* A node may be both: what it owes by its orders, and what it gives back. */
static void two_nodes_owe_each_other_by_both_kinds(void **state)
{
    (void)state;
    struct order_world world;
    begin(&world);
    place(&world, 1, L, 3000);
    struct said delivery = deliver(&world, L, 1, 6000);
    capture(&world, 1, 6000, &delivery);
    adjust(&world, 1, 100);
    struct scheme scheme = order_scheme(&world, "a", 1);
    struct voucher_issue issue_of = order_voucher(1, 10000);
    struct order_place place_of = order_place_of(L, 1, 1, Z, 2000);
    struct order_answer accept_of = {.key = order_key(L, 1)};
    struct order_deliver deliver_of = order_delivery(L, 1, 4000);
    struct order_capture capture_of = {.key = order_key(L, 1),
                                       .price_fen = 4000};
    order_do(&world, L, SCHEME_BODY_PUT, &scheme, NULL);
    order_do(&world, L, VOUCHER_BODY_ISSUE, &issue_of, NULL);
    order_do(&world, L, ORDER_BODY_PLACE, &place_of, NULL);
    order_do(&world, Z, ORDER_BODY_ACCEPT, &accept_of, NULL);
    delivery = order_do(&world, Z, ORDER_BODY_DELIVER, &deliver_of, NULL);
    order_do(&world, L, ORDER_BODY_CAPTURE, &capture_of, &delivery);
    assert_int_equal(order_balance(&world, L, ACCOUNT_PAYABLE, Z), 2100);
    assert_int_equal(watermark_of(&world, L, Z).count, 2);
    assert_int_equal(watermark_of(&world, Z, L).amount_fen, 3000);
    order_world_fini(&world);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_holds_its_part_of_a_voucher),
        cmocka_unit_test(what_is_declined_is_free_again),
        cmocka_unit_test(a_hold_times_out_after_its_last_day),
        cmocka_unit_test(what_is_captured_is_owed_to_the_provider),
        cmocka_unit_test(the_rest_of_a_hold_is_free_again),
        cmocka_unit_test(
            what_is_free_of_an_ended_voucher_returns_to_the_budget),
        cmocka_unit_test(what_is_denied_is_free_and_says_why),
        cmocka_unit_test(a_dispute_parks_the_capture_and_its_end_bounds_it),
        cmocka_unit_test(what_a_delivery_waits_for_is_said_once),
        cmocka_unit_test(a_broken_rule_leaves_an_open_disputes_reason),
        cmocka_unit_test(words_of_people_count_once),
        cmocka_unit_test(a_decision_says_why_also_after_a_wish),
        cmocka_unit_test(an_order_is_resolved_once),
        cmocka_unit_test(an_id_is_one_orders),
        cmocka_unit_test(wrong_sums_have_no_effect),
        cmocka_unit_test(in_refund_mode_nobody_is_owed),
        cmocka_unit_test(a_provider_of_the_issuers_own_is_settled_at_home),
        cmocka_unit_test(a_year_bounds_a_holder_and_who_controls_him),
        cmocka_unit_test(what_is_free_again_is_free_in_the_year_of_its_order),
        cmocka_unit_test(a_version_without_bounds_counts_nothing),
        cmocka_unit_test(a_provider_answers_one_after_the_other),
        cmocka_unit_test(what_is_declined_stays_declined),
        cmocka_unit_test(a_half_answers_one_order_of_an_id),
        cmocka_unit_test(what_was_paid_too_much_is_owed_back),
        cmocka_unit_test(two_nodes_owe_each_other_by_both_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
