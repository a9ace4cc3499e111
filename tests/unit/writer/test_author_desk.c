/* SPDX-License-Identifier: Apache-2.0 */

/* Orders that begin at a provider's desk: what the issuer's node answers by
 * itself, and what the provider's may do meanwhile. */

#include "node/projection/replay.h"
#include "tests/support/support.h"
#include "tests/unit/writer/ledger_scene.h"

#define T(text) bytes_of_text(text)

static struct order_key their_key(uint8_t number)
{
    return (struct order_key){T(THEIRS), scene_id(number)};
}

static struct order_key our_key(uint8_t number)
{
    return (struct order_key){T(OURS), scene_id(number)};
}

/* 2,000 fen of voucher 1, of which the scheme pays half. */
static struct order_request request_of(struct order_key key, const char *issuer)
{
    struct order_request request = {.of = scene_place(1, OURS),
                                    .issuer = T(issuer)};
    request.of.key = key;
    request.of.provider = (struct bytes){0};
    request.of.until = (struct bytes){0};
    request.of.item_kind = 2;
    request.of.item_inner_id = T("SEM-1");
    return request;
}

static struct order order_of(struct scene *scene, struct order_key key)
{
    struct order order = {.of = {.key = key}};
    assert_true(scene_find(scene, &order_record, &order));
    return order;
}

/* --- The issuer. ---------------------------------------------------------- */

static void begin(struct scene *scene, uint64_t desk_days)
{
    scene_init(scene);
    struct scheme scheme = scene_scheme(scene, 0);
    struct voucher_issue issue = scene_voucher(1, 10000);
    scheme.desk_days = desk_days;
    scene_do(scene, SCHEME_BODY_PUT, &scheme);
    scene_do(scene, VOUCHER_BODY_ISSUE, &issue);
}

/* They ask; how many answers that has. */
static size_t hear_request(struct scene *scene, uint8_t number)
{
    struct order_request request = request_of(their_key(number), OURS);
    scene_begin(scene);
    scene_hear(scene, ORDER_BODY_REQUEST, &request, NULL);
    size_t made = scene_react(scene);
    scene_commit(scene);
    return made;
}

static struct citation our_newest(struct scene *scene)
{
    struct writer raw = {0};
    uint64_t index = scene_size(scene) - 1;
    scene_entry(scene, index, &raw);
    struct citation newest = {T(WORLD_ORIGIN), index,
                              merkle_leaf(writer_view(&raw))};
    writer_fini(&raw);
    return newest;
}

static void what_a_desk_asks_for_is_held(void **state)
{
    (void)state;
    struct scene scene;
    struct voucher voucher = {.of = {.id = scene_id(1)}};
    begin(&scene, 3);
    scene.sealing = true; /* a hold can be taken back: it waits for no seal */
    assert_int_equal(hear_request(&scene, 7), 1);
    scene_newest_is(&scene, ORDER_BODY_PLACE, 0);
    struct order order = order_of(&scene, their_key(7));
    assert_true(order_is_placed(&order));
    assert_int_equal(order.of.hold_fen, 1000);
    assert_true(bytes_equal_text(order.of.provider, THEIRS));
    assert_true(bytes_equal_text(order.of.item_home, THEIRS));
    assert_true(order.of.until.size > 0);
    assert_true(scene_find(&scene, &voucher_record, &voucher));
    assert_int_equal(voucher.held_fen, 1000);
    assert_int_equal(scene_idle(&scene), 0);
    scene_restart(&scene);
    assert_int_equal(scene_idle(&scene), 0);
    assert_int_equal(scene_findings(&scene), 0);
    scene_fini(&scene);
}

static void what_is_not_allowed_is_denied_with_the_reason(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, 0);
    assert_int_equal(hear_request(&scene, 7), 1);
    scene_newest_is(&scene, ORDER_BODY_HOLD_DENY, 0);
    struct order order = order_of(&scene, their_key(7));
    assert_false(order_is_placed(&order));
    assert_int_equal(order.resolved, ORDER_DENIED);
    assert_memory_equal(order.reason.data, "not_at_desk: ", 13);
    assert_int_equal(scene_idle(&scene), 0);
    scene_restart(&scene);
    assert_int_equal(scene_idle(&scene), 0);
    assert_int_equal(scene_findings(&scene), 0);
    scene_fini(&scene);
}

/* The charter that has it may be on its way. */
static void a_provider_that_is_not_known_yet_waits(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, 3);
    scene.strange = true;
    assert_int_equal(hear_request(&scene, 7), 0);
    assert_int_equal(scene_idle(&scene), 0);
    scene.strange = false;
    scene_restart(&scene);
    assert_int_equal(scene_idle(&scene), 1);
    scene_newest_is(&scene, ORDER_BODY_PLACE, 0);
    scene_fini(&scene);
}

static void a_charter_that_ends_it_denies_what_it_asks_for(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, 3);
    scene.strange = scene.ended = true;
    assert_int_equal(hear_request(&scene, 7), 1);
    scene_newest_is(&scene, ORDER_BODY_HOLD_DENY, 0);
    scene_fini(&scene);
}

/* A clock that is wrong at a start would deny everything. */
static void what_the_day_forbids_waits_for_a_clock_that_is_sure(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, 3);
    scene.unsure = true;
    scene_restart(&scene);
    scene_at(&scene, "2027-07-01T04:00:00Z");
    assert_int_equal(hear_request(&scene, 7), 0);
    /* What is not the day's doing does not wait. */
    struct order_request other = request_of(their_key(8), OURS);
    other.of.voucher = scene_id(2);
    scene_begin(&scene);
    scene_hear(&scene, ORDER_BODY_REQUEST, &other, NULL);
    assert_int_equal(scene_react(&scene), 1);
    scene_commit(&scene);
    scene_newest_is(&scene, ORDER_BODY_HOLD_DENY, 1);
    assert_int_equal(scene_idle(&scene), 0);
    scene.unsure = false;
    assert_true(scene_wants(&scene));
    assert_true(scene_idle(&scene) > 0);
    struct order order = order_of(&scene, their_key(7));
    assert_int_equal(order.resolved, ORDER_DENIED);
    assert_memory_equal(order.reason.data, "use_over: ", 10);
    scene_fini(&scene);
}

/* As one that a charter cuts off before that. */
static void forget_them(struct scene *scene)
{
    struct store_txn *txn = author_txn(scene->world.author);
    struct journal journal;
    bool found = false, left = true;
    assert_ok(journal_find(txn, T(THEIR_ORIGIN), &journal, &found, NULL));
    assert_true(found);
    struct projection_origin origin = {.number = journal.number,
                                       .name = T(THEIR_ORIGIN)};
    while (left) {
        uint64_t done = 0;
        assert_ok(projection_forget(author_projection(scene->world.author), txn,
                                    &origin, 100, &done, &left, NULL));
    }
}

static void a_hold_is_free_on_its_day_though_its_request_is_gone(void **state)
{
    (void)state;
    struct scene scene;
    struct voucher voucher = {.of = {.id = scene_id(1)}};
    begin(&scene, 3);
    hear_request(&scene, 7);
    scene_begin(&scene);
    forget_them(&scene);
    assert_int_equal(scene_react(&scene), 0);
    scene_commit(&scene);
    scene_at(&scene, "2026-12-31T04:00:00Z");
    assert_true(scene_idle(&scene) > 0);
    assert_int_equal(order_of(&scene, their_key(7)).resolved, ORDER_RELEASED);
    assert_true(scene_find(&scene, &voucher_record, &voucher));
    assert_int_equal(voucher.held_fen, 0);
    scene_fini(&scene);
}

static void deliver(struct scene *scene, const struct citation *order)
{
    struct order_deliver deliver = {
        .key = their_key(7),
        .issuer = T(OURS),
        .price_fen = 2000,
        .from_ms = (uint64_t)scene->now.ms,
        .until_ms = (uint64_t)scene->now.ms,
    };
    scene_begin(scene);
    scene_hear(scene, ORDER_BODY_DELIVER, &deliver, order);
    assert_int_equal(scene_react(scene), 1);
    scene_commit(scene);
}

/* Nobody but the provider has spoken: the holder is asked. */
static void who_was_spoken_for_is_asked(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, 3);
    hear_request(&scene, 7);
    struct citation order = our_newest(&scene);
    deliver(&scene, &order);
    scene_newest_is(&scene, ORDER_BODY_WAIT, 1);
    assert_true(bytes_equal_text(order_of(&scene, their_key(7)).ask_until,
                                 "2026-07-04"));
    struct order_word confirm = {.key = their_key(7)};
    assert_int_equal(scene_do(&scene, ORDER_BODY_CONFIRM, &confirm), 1);
    scene_newest_is(&scene, ORDER_BODY_CAPTURE, 1);
    assert_int_equal(order_of(&scene, their_key(7)).captured_fen, 1000);
    assert_int_equal(scene_findings(&scene), 0);
    scene_fini(&scene);
}

/* Their withdrawal and our hold cross each other. */
static void what_is_withdrawn_meanwhile_is_released(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, 3);
    struct order_answer withdraw = {.key = their_key(7), .issuer = T(OURS)};
    hear_request(&scene, 7);
    scene_begin(&scene);
    scene_hear(&scene, ORDER_BODY_DECLINE, &withdraw, NULL);
    assert_int_equal(scene_react(&scene), 1);
    scene_commit(&scene);
    scene_newest_is(&scene, ORDER_BODY_RELEASE, 1);
    assert_int_equal(order_of(&scene, their_key(7)).resolved, ORDER_RELEASED);
    assert_int_equal(scene_findings(&scene), 0);
    scene_fini(&scene);
}

static void what_is_withdrawn_before_is_not_held(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene, 3);
    struct order_request request = request_of(their_key(7), OURS);
    struct order_answer withdraw = {.key = their_key(7), .issuer = T(OURS)};
    scene_begin(&scene);
    scene_hear(&scene, ORDER_BODY_REQUEST, &request, NULL);
    scene_hear(&scene, ORDER_BODY_DECLINE, &withdraw, NULL);
    assert_int_equal(scene_react(&scene), 0);
    scene_commit(&scene);
    assert_int_equal(scene_idle(&scene), 0);
    scene_fini(&scene);
}

/* --- The provider. -------------------------------------------------------- */

/* Our own request of the voucher that they issued; what cites it. */
static struct citation ask(struct scene *scene)
{
    struct order_request request = request_of(our_key(7), THEIRS);
    scene_init(scene);
    assert_int_equal(scene_do(scene, ORDER_BODY_REQUEST, &request), 0);
    return our_newest(scene);
}

static struct citation hear_grant(struct scene *scene,
                                  const struct citation *request)
{
    struct order_place place = request_of(our_key(7), THEIRS).of;
    struct scheme scheme = scene_scheme(scene, 0);
    struct voucher_issue issue = scene_voucher(1, 10000);
    scheme.desk_days = 3;
    place.provider = T(OURS);
    place.item_home = T(OURS);
    place.hold_fen = 1000;
    place.until = T("2026-07-10");
    scene_begin(scene);
    scene_hear(scene, SCHEME_BODY_PUT, &scheme, NULL);
    issue.scheme_version = 1;
    scene_hear(scene, VOUCHER_BODY_ISSUE, &issue, NULL);
    struct citation grant =
        scene_hear(scene, ORDER_BODY_PLACE, &place, request);
    assert_int_equal(scene_react(scene), 0);
    scene_commit(scene);
    return grant;
}

static hl_err run(struct scene *scene, uint32_t body, const void *record)
{
    scene_begin(scene);
    struct ask ask = scene_ask(scene, body, record);
    hl_err err = scene_run(scene, &ask);
    scene_react(scene);
    scene_commit(scene);
    return err;
}

static struct order_deliver our_delivery(const struct scene *scene)
{
    return (struct order_deliver){.key = our_key(7),
                                  .price_fen = 2000,
                                  .from_ms = (uint64_t)scene->now.ms,
                                  .until_ms = (uint64_t)scene->now.ms};
}

static void who_asked_serves_without_accepting(void **state)
{
    (void)state;
    struct scene scene;
    struct citation request = ask(&scene);
    struct order_deliver deliver = our_delivery(&scene);
    /* Nothing is remembered while the answer is on its way. */
    assert_int_equal(run(&scene, ORDER_BODY_DELIVER, &deliver), HL_EUNSEALED);
    struct citation grant = hear_grant(&scene, &request);
    assert_int_equal(run(&scene, ORDER_BODY_DELIVER, &deliver), HL_OK);
    scene_newest_is(&scene, ORDER_BODY_DELIVER, (int64_t)grant.index);
    assert_int_equal(order_of(&scene, our_key(7)).answer, ANSWER_DELIVERED);
    /* No catalogue here has the instrument: that is all. */
    assert_int_equal(scene_findings(&scene), 1);
    scene_fini(&scene);
}

static void who_asked_may_take_it_back(void **state)
{
    (void)state;
    struct scene scene;
    struct order_answer withdraw = {.key = our_key(7)};
    ask(&scene);
    assert_int_equal(run(&scene, ORDER_BODY_DECLINE, &withdraw), HL_OK);
    scene_newest_is(&scene, ORDER_BODY_DECLINE, -1);
    assert_int_equal(run(&scene, ORDER_BODY_DECLINE, &withdraw), HL_ESTATE);
    assert_int_equal(scene_findings(&scene), 0);
    scene_fini(&scene);
}

static void what_is_denied_is_served_no_more(void **state)
{
    (void)state;
    struct scene scene;
    struct citation request = ask(&scene);
    struct order_hold_deny deny = {.key = our_key(7),
                                   .provider = T(OURS),
                                   .reason = T("no_voucher: none")};
    struct order_deliver deliver = our_delivery(&scene);
    scene_begin(&scene);
    scene_hear(&scene, ORDER_BODY_HOLD_DENY, &deny, &request);
    assert_int_equal(scene_react(&scene), 0);
    scene_commit(&scene);
    assert_int_equal(run(&scene, ORDER_BODY_DELIVER, &deliver), HL_ESTATE);
    scene_fini(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_desk_asks_for_is_held),
        cmocka_unit_test(what_is_not_allowed_is_denied_with_the_reason),
        cmocka_unit_test(a_provider_that_is_not_known_yet_waits),
        cmocka_unit_test(a_charter_that_ends_it_denies_what_it_asks_for),
        cmocka_unit_test(what_the_day_forbids_waits_for_a_clock_that_is_sure),
        cmocka_unit_test(a_hold_is_free_on_its_day_though_its_request_is_gone),
        cmocka_unit_test(who_was_spoken_for_is_asked),
        cmocka_unit_test(what_is_withdrawn_meanwhile_is_released),
        cmocka_unit_test(what_is_withdrawn_before_is_not_held),
        cmocka_unit_test(who_asked_serves_without_accepting),
        cmocka_unit_test(who_asked_may_take_it_back),
        cmocka_unit_test(what_is_denied_is_served_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
