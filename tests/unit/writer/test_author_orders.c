/* SPDX-License-Identifier: Apache-2.0 */

/* The author answers orders by itself: what waits for a seal, and what a new
 * day brings. */

#include "node/ledger/order_check.h"
#include "tests/support/support.h"
#include "tests/unit/writer/ledger_scene.h"

#define T(text) bytes_of_text(text)

static uint64_t resolved(struct scene *scene, uint8_t number)
{
    return scene_order_of(scene, number).resolved;
}

/* --- Answers. ------------------------------------------------------------- */

static void
what_is_delivered_is_captured_at_once_where_nothing_is_sealed(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    scene_issue(&scene, 0);
    struct citation order = scene_order(&scene, 1);
    scene_begin(&scene);
    scene_hear_delivery(&scene, 1, &order);
    assert_int_equal(scene_react(&scene), 1);
    assert_int_equal(scene_react(&scene), 0);
    scene_commit(&scene);
    scene_newest_is(&scene, ORDER_BODY_CAPTURE, 1);
    assert_int_equal(resolved(&scene, 1), ORDER_CAPTURED);
    assert_int_equal(scene_order_of(&scene, 1).captured_fen, 1000);
    assert_int_equal(scene_findings(&scene), 0);
    scene_restart(&scene);
    assert_int_equal(scene_idle(&scene), 0);
    scene_fini(&scene);
}

static void what_is_declined_is_released_at_once(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    scene.sealing = true; /* that can be taken back */
    scene_issue(&scene, 0);
    struct citation order = scene_order(&scene, 1);
    struct order_answer decline = {.key = scene_key(1), .issuer = T(OURS)};
    scene_begin(&scene);
    scene_hear(&scene, ORDER_BODY_DECLINE, &decline, &order);
    assert_int_equal(scene_react(&scene), 1);
    scene_commit(&scene);
    scene_newest_is(&scene, ORDER_BODY_RELEASE, 0);
    assert_int_equal(resolved(&scene, 1), ORDER_RELEASED);
    scene_fini(&scene);
}

/* Of a node that is both, one answer brings the next. */
static void a_wish_to_cancel_at_home_is_followed_to_its_end(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    scene_issue(&scene, 0);
    struct order_place place = scene_place(1, OURS);
    struct order_word cancel = {scene_key(1), T("不需要了")};
    scene_do(&scene, ORDER_BODY_PLACE, &place);
    assert_int_equal(scene_do(&scene, ORDER_BODY_CANCEL, &cancel), 2);
    assert_int_equal(scene_order_of(&scene, 1).answer, ANSWER_DECLINED);
    assert_int_equal(resolved(&scene, 1), ORDER_RELEASED);
    assert_false(scene_wants(&scene));
    scene_fini(&scene);
}

/* Who accepted it is asked, and not told. */
static void a_wish_to_cancel_declines_what_is_not_accepted(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    scene_issue(&scene, 0);
    struct order_place place = scene_place(1, OURS);
    struct order_answer accept = {.key = scene_key(1)};
    struct order_word cancel = {scene_key(1), T("不需要了")};
    scene_do(&scene, ORDER_BODY_PLACE, &place);
    scene_do(&scene, ORDER_BODY_ACCEPT, &accept);
    assert_int_equal(scene_do(&scene, ORDER_BODY_CANCEL, &cancel), 0);
    assert_int_equal(resolved(&scene, 1), ORDER_OPEN);
    assert_int_equal(scene_do(&scene, ORDER_BODY_DECLINE, &accept), 1);
    assert_int_equal(resolved(&scene, 1), ORDER_RELEASED);
    scene_fini(&scene);
}

/* --- Seals. --------------------------------------------------------------- */

static void begin_sealed(struct scene *scene, struct citation *order)
{
    scene_init(scene);
    scene->sealing = true;
    scene_issue(scene, 0);
    *order = scene_order(scene, 1);
}

static void seal(struct scene *scene, uint64_t size, size_t expected)
{
    scene_begin(scene);
    scene_hear_seal(scene, size);
    assert_int_equal(scene_react(scene), expected);
    scene_commit(scene);
}

static void a_delivery_is_captured_when_its_seal_covers_it(void **state)
{
    (void)state;
    struct scene scene;
    struct citation order;
    begin_sealed(&scene, &order);
    scene_begin(&scene);
    scene_hear_delivery(&scene, 1, &order); /* their entries 0 and 1 */
    assert_int_equal(scene_react(&scene), 0);
    scene_commit(&scene);
    assert_int_equal(scene_idle(&scene), 0);
    seal(&scene, 1, 0);
    assert_int_equal(resolved(&scene, 1), ORDER_OPEN);
    scene_restart(&scene); /* looks at all, whatever was sealed */
    assert_int_equal(scene_idle(&scene), 0);
    seal(&scene, 2, 1);
    scene_newest_is(&scene, ORDER_BODY_CAPTURE, 1);
    assert_int_equal(resolved(&scene, 1), ORDER_CAPTURED);
    seal(&scene, 2, 0);
    scene_fini(&scene);
}

/* Nobody seals any more what a charter has ended: it stands to there. */
static void what_a_charter_ends_needs_no_seal(void **state)
{
    (void)state;
    struct scene scene;
    struct citation order;
    begin_sealed(&scene, &order);
    scene_begin(&scene);
    scene_hear_delivery(&scene, 1, &order);
    assert_int_equal(scene_react(&scene), 0);
    scene.end = scene_theirs(&scene);
    scene_commit(&scene);
    scene.end.size++; /* the rest is not here yet */
    scene.ended = true;
    scene.endings++;
    assert_int_equal(scene_idle(&scene), 0);
    scene.end.size--;
    scene.endings++;
    assert_int_equal(scene_idle(&scene), 1);
    scene_newest_is(&scene, ORDER_BODY_CAPTURE, 1);
    assert_int_equal(resolved(&scene, 1), ORDER_CAPTURED);
    scene_fini(&scene);
}

static void a_seal_may_come_with_the_delivery(void **state)
{
    (void)state;
    struct scene scene;
    struct citation order;
    begin_sealed(&scene, &order);
    scene_begin(&scene);
    scene_hear_delivery(&scene, 1, &order);
    scene_hear_seal(&scene, 2);
    assert_int_equal(scene_react(&scene), 1);
    scene_commit(&scene);
    assert_int_equal(resolved(&scene, 1), ORDER_CAPTURED);
    scene_fini(&scene);
}

static void what_waits_outlives_aborted_transactions(void **state)
{
    (void)state;
    struct scene scene;
    struct citation order;
    begin_sealed(&scene, &order);
    /* The delivery came, and did not stay. */
    scene_begin(&scene);
    scene_hear_delivery(&scene, 1, &order);
    assert_int_equal(scene_react(&scene), 0);
    scene_abort(&scene);
    assert_int_equal(scene_idle(&scene), 0);
    scene_begin(&scene);
    scene_hear_delivery(&scene, 1, &order);
    assert_int_equal(scene_react(&scene), 0);
    scene_commit(&scene);
    /* The seal, too; twice. */
    for (unsigned i = 0; i < 2; i++) {
        scene_begin(&scene);
        scene_hear_seal(&scene, 2);
        assert_int_equal(scene_react(&scene), 1);
        scene_abort(&scene);
        assert_int_equal(resolved(&scene, 1), ORDER_OPEN);
    }
    /* And one in which nobody reacted. */
    scene_begin(&scene);
    scene_abort(&scene);
    seal(&scene, 2, 1);
    assert_int_equal(resolved(&scene, 1), ORDER_CAPTURED);
    scene_fini(&scene);
}

static void what_waits_outlives_a_restart(void **state)
{
    (void)state;
    struct scene scene;
    struct citation order;
    begin_sealed(&scene, &order);
    scene_begin(&scene);
    scene_hear_delivery(&scene, 1, &order);
    assert_int_equal(scene_react(&scene), 0);
    scene_commit(&scene);
    scene_restart(&scene);
    assert_true(scene_wants(&scene));
    assert_int_equal(scene_idle(&scene), 0);
    assert_false(scene_wants(&scene));
    seal(&scene, 2, 1);
    assert_int_equal(resolved(&scene, 1), ORDER_CAPTURED);
    scene_fini(&scene);
}

/* The seal came while nothing could be signed, or the process died then. */
static void a_seal_that_was_not_looked_at_is_looked_at_later(void **state)
{
    (void)state;
    struct scene scene;
    struct citation order;
    begin_sealed(&scene, &order);
    scene_begin(&scene);
    scene_hear_delivery(&scene, 1, &order);
    assert_int_equal(scene_react(&scene), 0);
    scene_commit(&scene);
    scene_begin(&scene);
    scene_hear_seal(&scene, 2);
    scene_commit(&scene);
    assert_true(scene_wants(&scene));
    scene_restart(&scene);
    assert_int_equal(scene_idle(&scene), 1);
    assert_int_equal(resolved(&scene, 1), ORDER_CAPTURED);
    scene_fini(&scene);
}

static void each_delivery_waits_for_its_own_seal(void **state)
{
    (void)state;
    enum { ORDERS = 5 };
    struct scene scene;
    struct citation order;
    begin_sealed(&scene, &order);
    for (uint8_t i = 1; i <= ORDERS; i++) {
        if (i > 1) {
            order = scene_order(&scene, i);
        }
        scene_begin(&scene);
        scene_hear_delivery(&scene, i, &order);
        assert_int_equal(scene_react(&scene), 0);
        scene_commit(&scene);
    }
    seal(&scene, 4, 2);
    seal(&scene, 5, 0);
    seal(&scene, 2 * ORDERS, ORDERS - 2);
    for (uint8_t i = 1; i <= ORDERS; i++) {
        assert_int_equal(resolved(&scene, i), ORDER_CAPTURED);
    }
    assert_int_equal(scene_findings(&scene), 0);
    scene_fini(&scene);
}

static void a_node_waits_for_no_seal_of_its_own(void **state)
{
    (void)state;
    struct scene scene;
    struct citation order;
    begin_sealed(&scene, &order);
    struct order_place place = scene_place(2, OURS);
    struct order_answer accept = {.key = scene_key(2)};
    struct order_deliver deliver = scene_delivery(&scene, 2);
    scene_do(&scene, ORDER_BODY_PLACE, &place);
    scene_do(&scene, ORDER_BODY_ACCEPT, &accept);
    assert_int_equal(scene_do(&scene, ORDER_BODY_DELIVER, &deliver), 1);
    assert_int_equal(resolved(&scene, 2), ORDER_CAPTURED);
    scene_fini(&scene);
}

/* --- What people say meanwhile. ------------------------------------------- */

static void a_dispute_waits_for_its_end_and_not_for_a_seal(void **state)
{
    (void)state;
    struct scene scene;
    struct citation order;
    begin_sealed(&scene, &order);
    struct order_word dispute = {scene_key(1), T("样品损坏")};
    struct order_resolve resolve = {scene_key(1), 0, T("双方同意")};
    scene_begin(&scene);
    scene_hear_delivery(&scene, 1, &order);
    assert_int_equal(scene_react(&scene), 0);
    scene_commit(&scene);
    assert_int_equal(scene_do(&scene, ORDER_BODY_DISPUTE, &dispute), 0);
    seal(&scene, 2, 0);
    assert_int_equal(scene_do(&scene, ORDER_BODY_RESOLVE, &resolve), 1);
    scene_newest_is(&scene, ORDER_BODY_DENY, 1);
    struct order denied = scene_order_of(&scene, 1);
    assert_int_equal(denied.resolved, ORDER_DENIED);
    assert_true(bytes_equal_text(denied.reason, "双方同意"));
    scene_fini(&scene);
}

/* As it gives nobody anything. */
static void a_denial_needs_no_seal(void **state)
{
    (void)state;
    struct scene scene;
    struct citation order;
    begin_sealed(&scene, &order);
    struct order_resolve resolve = {scene_key(1), 0, T("双方同意")};
    scene_begin(&scene);
    scene_hear_delivery(&scene, 1, &order);
    assert_int_equal(scene_react(&scene), 0);
    scene_commit(&scene);
    assert_int_equal(scene_do(&scene, ORDER_BODY_RESOLVE, &resolve), 1);
    scene_newest_is(&scene, ORDER_BODY_DENY, 1);
    assert_int_equal(resolved(&scene, 1), ORDER_DENIED);
    seal(&scene, 2, 0);
    scene_fini(&scene);
}

/* --- What is waited for. -------------------------------------------------- */

/* Hears a delivery of order 1 that was done then; what is made. */
static size_t hear_done(struct scene *scene, const struct citation *order,
                        const char *from, const char *until)
{
    struct order_answer accept = {.key = scene_key(1), .issuer = T(OURS)};
    struct order_deliver delivery = scene_delivery(scene, 1);
    struct hl_wall begun, done;
    assert_ok(wall_parse(T(from), &begun));
    assert_ok(wall_parse(T(until), &done));
    delivery.issuer = T(OURS);
    delivery.from_ms = (uint64_t)begun.ms;
    delivery.until_ms = (uint64_t)done.ms;
    scene_begin(scene);
    scene_hear(scene, ORDER_BODY_ACCEPT, &accept, order);
    scene_hear(scene, ORDER_BODY_DELIVER, &delivery, order);
    size_t made = scene_react(scene);
    scene_commit(scene);
    return made;
}

static void a_service_outside_its_vouchers_days_waits_for_a_person(void **state)
{
    (void)state;
    static const struct {
        const char *from, *until;
        size_t made;
    } done[] = {
        /* Issued on July 1, and used for 30 days; then it expires, too. */
        {"2026-07-01T03:59:59Z", "2026-07-01T05:00:00Z", 1},
        {"2026-07-31T15:00:00Z", "2026-07-31T16:00:00Z", 2},
    };
    for (size_t i = 0; i < sizeof(done) / sizeof(done[0]); i++) {
        struct scene scene;
        scene_init(&scene);
        scene_issue(&scene, 0);
        struct citation order = scene_order(&scene, 1);
        struct order_resolve resolve = {scene_key(1), 700, T("照付")};
        scene_at(&scene, done[i].until);
        assert_int_equal(hear_done(&scene, &order, done[i].from, done[i].until),
                         done[i].made);
        struct order held = scene_order_of(&scene, 1);
        assert_int_equal(held.checks, order_check_bit(ORDER_CHECK_VALIDITY));
        assert_int_equal(held.ask_until.size, 0);
        assert_int_equal(held.disputed, DISPUTE_OPEN);
        scene_restart(&scene);
        assert_int_equal(scene_idle(&scene), 0);
        assert_int_equal(scene_do(&scene, ORDER_BODY_RESOLVE, &resolve), 1);
        scene_newest_is(&scene, ORDER_BODY_CAPTURE, 1);
        assert_int_equal(scene_order_of(&scene, 1).captured_fen, 700);
        scene_fini(&scene);
    }
}

/* One that was decided before it was seen. */
static void a_decision_before_the_delivery_is_none_of_its_breaches(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    scene_issue(&scene, 3);
    struct citation order = scene_order(&scene, 1);
    struct order_resolve resolve = {scene_key(1), 900, T("减半")};
    scene_do(&scene, ORDER_BODY_RESOLVE, &resolve);
    assert_int_equal(hear_done(&scene, &order, "2026-06-30T00:00:00Z",
                               "2026-06-30T01:00:00Z"),
                     1);
    struct order held = scene_order_of(&scene, 1);
    assert_int_equal(held.disputed, DISPUTE_OPEN);
    assert_int_equal(held.ask_until.size, 0); /* nobody is asked any more */
    assert_int_equal(scene_do(&scene, ORDER_BODY_RESOLVE, &resolve), 1);
    assert_int_equal(scene_order_of(&scene, 1).captured_fen, 900);
    scene_fini(&scene);
}

/* A person sees why, and decides once. */
static void a_breach_is_said_also_of_what_is_disputed(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    scene_issue(&scene, 0);
    struct citation order = scene_order(&scene, 1);
    struct order_word dispute = {scene_key(1), T("样品损坏")};
    struct order_resolve resolve = {scene_key(1), 900, T("减半")};
    scene_do(&scene, ORDER_BODY_DISPUTE, &dispute);
    assert_int_equal(hear_done(&scene, &order, "2026-06-30T00:00:00Z",
                               "2026-06-30T01:00:00Z"),
                     1);
    assert_int_equal(scene_order_of(&scene, 1).checks, 2);
    assert_int_equal(scene_do(&scene, ORDER_BODY_RESOLVE, &resolve), 1);
    assert_int_equal(resolved(&scene, 1), ORDER_CAPTURED);
    scene_fini(&scene);
}

/* What two provinces are asked to pay by one invoice. */
static void
an_invoice_that_is_claimed_twice_waits_and_cites_the_other(void **state)
{
    (void)state;
    static const uint8_t print[HL_HASH_BYTES] = {7};
    struct scene scene;
    struct writer raw = {0};
    struct citation others = {T(WORLD_ORIGIN), 1000, {{1}}};
    scene_init(&scene);
    struct scheme scheme = scene_scheme(&scene, 0);
    struct voucher_issue issue = scene_voucher(1, 10000);
    scheme.hold_checks = order_check_bit(ORDER_CHECK_INVOICE);
    scene_do(&scene, SCHEME_BODY_PUT, &scheme);
    scene_do(&scene, VOUCHER_BODY_ISSUE, &issue);
    struct citation order = scene_order(&scene, 1);
    struct order_answer accept = {.key = scene_key(2), .issuer = T(OURS)};
    struct order_deliver delivery = scene_delivery(&scene, 2);
    delivery.issuer = T(OURS);
    delivery.invoice_key = 1;
    delivery.invoice_print = bytes_of(print, HL_HASH_BYTES);
    scene_begin(&scene);
    scene_hear(&scene, ORDER_BODY_ACCEPT, &accept, &others);
    struct citation former =
        scene_hear(&scene, ORDER_BODY_DELIVER, &delivery, &others);
    accept.key = delivery.key = scene_key(1);
    scene_hear(&scene, ORDER_BODY_ACCEPT, &accept, &order);
    scene_hear(&scene, ORDER_BODY_DELIVER, &delivery, &order);
    assert_int_equal(scene_react(&scene), 1);
    scene_commit(&scene);
    scene_newest_is(&scene, ORDER_BODY_WAIT, 3);
    struct entry wait = scene_entry(&scene, scene_size(&scene) - 1, &raw);
    assert_int_equal(wait.seen_count, 1);
    assert_true(bytes_equal_text(wait.seen[0].origin, THEIR_ORIGIN));
    assert_int_equal(wait.seen[0].index, former.index);
    assert_true(hash_equal(&wait.seen[0].leaf, &former.leaf));
    assert_int_equal(scene_order_of(&scene, 1).checks,
                     order_check_bit(ORDER_CHECK_INVOICE));
    writer_fini(&raw);
    scene_fini(&scene);
}

/* It is found all the same. */
static void what_the_scheme_does_not_hold_for_is_captured(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    struct scheme scheme = scene_scheme(&scene, 0);
    struct voucher_issue issue = scene_voucher(1, 10000);
    scheme.hold_checks = 0;
    scene_do(&scene, SCHEME_BODY_PUT, &scheme);
    scene_do(&scene, VOUCHER_BODY_ISSUE, &issue);
    struct citation order = scene_order(&scene, 1);
    assert_int_equal(hear_done(&scene, &order, "2026-06-01T00:00:00Z",
                               "2026-06-01T01:00:00Z"),
                     1);
    scene_newest_is(&scene, ORDER_BODY_CAPTURE, 1);
    assert_int_equal(scene_order_of(&scene, 1).checks, 0);
    scene_fini(&scene);
}

/* Whatever the provider dated. */
static void a_holder_has_his_days_from_when_he_is_asked(void **state)
{
    (void)state;
    struct scene scene;
    struct citation order;
    scene_init(&scene);
    scene.sealing = true;
    scene_issue(&scene, 3);
    order = scene_order(&scene, 1);
    scene_begin(&scene);
    scene_hear_delivery(&scene, 1, &order); /* on July 1 */
    assert_int_equal(scene_react(&scene), 0);
    scene_commit(&scene);
    scene_at(&scene, "2026-07-09T16:00:00Z"); /* the 10th in UTC+8 */
    seal(&scene, 2, 1);
    scene_newest_is(&scene, ORDER_BODY_WAIT, 1);
    assert_true(
        bytes_equal_text(scene_order_of(&scene, 1).ask_until, "2026-07-13"));
    scene_at(&scene, "2026-07-13T15:59:59Z");
    assert_int_equal(scene_idle(&scene), 0);
    scene_at(&scene, "2026-07-13T16:00:00Z");
    assert_int_equal(scene_idle(&scene), 1);
    assert_int_equal(resolved(&scene, 1), ORDER_CAPTURED);
    scene_fini(&scene);
}

/* They could be over by tomorrow. */
static void no_days_are_given_while_the_time_is_unsure(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    scene_issue(&scene, 3);
    struct citation order = scene_order(&scene, 1);
    scene.unsure = true;
    scene_at(&scene, "2026-07-02T04:00:00Z");
    scene_begin(&scene);
    scene_hear_delivery(&scene, 1, &order);
    assert_int_equal(scene_react(&scene), 0);
    scene_commit(&scene);
    assert_int_equal(resolved(&scene, 1), ORDER_OPEN);
    scene.unsure = false;
    assert_int_equal(scene_idle(&scene), 1);
    assert_true(
        bytes_equal_text(scene_order_of(&scene, 1).ask_until, "2026-07-05"));
    scene_fini(&scene);
}

/* Also on a day on which all that is open was looked at before. */
static void what_came_while_the_time_was_unsure_is_looked_at_again(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    scene_issue(&scene, 3);
    struct citation order = scene_order(&scene, 1);
    assert_int_equal(scene_idle(&scene), 0);
    scene.unsure = true;
    scene_begin(&scene);
    scene_hear_delivery(&scene, 1, &order);
    assert_int_equal(scene_react(&scene), 0);
    scene_commit(&scene);
    assert_false(scene_wants(&scene));
    scene.unsure = false;
    assert_true(scene_wants(&scene));
    assert_int_equal(scene_idle(&scene), 1);
    scene_newest_is(&scene, ORDER_BODY_WAIT, 1);
    assert_false(scene_wants(&scene));
    scene_fini(&scene);
}

static void who_is_asked_may_say_that_he_is_content(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    scene_issue(&scene, 3);
    struct citation order = scene_order(&scene, 1);
    struct order_word confirm = {.key = scene_key(1)};
    scene_begin(&scene);
    scene_hear_delivery(&scene, 1, &order);
    assert_int_equal(scene_react(&scene), 1);
    scene_commit(&scene);
    assert_int_equal(scene_do(&scene, ORDER_BODY_CONFIRM, &confirm), 1);
    scene_newest_is(&scene, ORDER_BODY_CAPTURE, 1);
    scene_fini(&scene);
}

/* --- Days. ---------------------------------------------------------------- */

/* Order 1 is not answered and held until July 10, 2 was delivered on July 7 and
 * its holder has three days; voucher 2 was for use until July 10, too. */
static void begin_days(struct scene *scene)
{
    scene_init(scene);
    scene_issue(scene, 3);
    struct scheme next = scene_scheme(scene, 3);
    struct voucher_issue issue = scene_voucher(2, 500);
    next.version = 2;
    next.use_days = 9;
    scene_do(scene, SCHEME_BODY_PUT, &next);
    scene_do(scene, VOUCHER_BODY_ISSUE, &issue);
    scene_order(scene, 1);
    struct citation order = scene_order(scene, 2);
    scene_at(scene, "2026-07-07T04:00:00Z");
    scene_begin(scene);
    scene_hear_delivery(scene, 2, &order);
    assert_int_equal(scene_react(scene), 1);
    scene_commit(scene);
}

static void expect_over(struct scene *scene)
{
    struct voucher voucher = {.of = {.id = scene_id(2)}};
    assert_int_equal(resolved(scene, 1), ORDER_RELEASED);
    assert_int_equal(resolved(scene, 2), ORDER_CAPTURED);
    assert_true(scene_find(scene, &voucher_record, &voucher));
    assert_int_equal(voucher.ended, 3); /* expired */
    assert_int_equal(voucher.returned_fen, 500);
    assert_int_equal(scene_findings(scene), 0);
}

static void a_new_day_in_china_is_looked_at_whole(void **state)
{
    (void)state;
    struct scene scene;
    begin_days(&scene);
    scene_at(&scene, "2026-07-10T00:00:00Z");
    assert_true(scene_wants(&scene));
    assert_int_equal(scene_idle(&scene), 0);
    scene_at(&scene, "2026-07-10T15:59:59Z");
    assert_false(scene_wants(&scene));
    scene_at(&scene, "2026-07-10T16:00:00Z");
    assert_true(scene_wants(&scene));
    assert_int_equal(scene_idle(&scene), 3);
    expect_over(&scene);
    assert_false(scene_wants(&scene));
    assert_int_equal(scene_idle(&scene), 0);
    scene_fini(&scene);
}

/* A clock that is wrong at a start would end every voucher. */
static void nothing_is_over_while_the_time_is_unsure(void **state)
{
    (void)state;
    struct scene scene;
    begin_days(&scene);
    scene.unsure = true;
    scene_restart(&scene);
    scene_at(&scene, "2026-08-11T16:00:00Z");
    assert_true(scene_wants(&scene));
    assert_int_equal(scene_idle(&scene), 0);
    assert_false(scene_wants(&scene));
    /* Nor by what comes meanwhile. */
    struct order_word cancel = {scene_key(1), T("")};
    assert_int_equal(scene_do(&scene, ORDER_BODY_CANCEL, &cancel), 0);
    assert_int_equal(resolved(&scene, 1), ORDER_OPEN);
    scene.unsure = false;
    assert_true(scene_wants(&scene));
    assert_int_equal(scene_idle(&scene), 4);
    expect_over(&scene);
    assert_false(scene_wants(&scene));
    scene_fini(&scene);
}

/* An entry that was dated weeks ahead, by a clock that was set right since. */
static void a_day_is_over_by_the_clock_and_not_by_an_entrys_date(void **state)
{
    (void)state;
    struct scene scene;
    struct order_word cancel = {scene_key(1), T("")};
    begin_days(&scene);
    scene.unsure = true;
    scene_at(&scene, "2026-08-11T16:00:00Z");
    assert_int_equal(scene_do(&scene, ORDER_BODY_CANCEL, &cancel), 0);
    scene.unsure = false;
    scene_at(&scene, "2026-07-09T00:00:00Z");
    scene_restart(&scene); /* looks at all */
    assert_int_equal(scene_idle(&scene), 0);
    scene_at(&scene, "2026-07-10T16:00:00Z");
    assert_int_equal(scene_idle(&scene), 3); /* and fits, by its date */
    expect_over(&scene);
    scene_fini(&scene);
}

/* Also by whatever transaction comes first. */
static void a_day_begins_with_any_transaction(void **state)
{
    (void)state;
    struct scene scene;
    begin_days(&scene);
    scene_at(&scene, "2026-07-10T16:00:00Z");
    struct voucher_issue issue = scene_voucher(3, 1);
    assert_int_equal(scene_do(&scene, VOUCHER_BODY_ISSUE, &issue), 3);
    expect_over(&scene);
    assert_false(scene_wants(&scene));
    scene_fini(&scene);
}

static void days_that_a_process_slept_through_are_looked_at(void **state)
{
    (void)state;
    struct scene scene;
    begin_days(&scene);
    scene_at(&scene, "2026-07-20T00:00:00Z");
    scene_restart(&scene);
    assert_int_equal(scene_idle(&scene), 3);
    expect_over(&scene);
    scene_fini(&scene);
}

static void a_day_that_is_aborted_is_looked_at_again(void **state)
{
    (void)state;
    struct scene scene;
    begin_days(&scene);
    scene_at(&scene, "2026-07-10T16:00:00Z");
    scene_begin(&scene);
    assert_int_equal(scene_react(&scene), 3);
    scene_abort(&scene);
    assert_true(scene_wants(&scene));
    assert_int_equal(scene_idle(&scene), 3);
    expect_over(&scene);
    scene_fini(&scene);
}

/* A delivery that is here, and not sealed, is none that came too late. */
static void a_day_ends_no_hold_whose_delivery_waits_for_a_seal(void **state)
{
    (void)state;
    struct scene scene;
    struct citation order;
    begin_sealed(&scene, &order);
    scene_begin(&scene);
    scene_hear_delivery(&scene, 1, &order);
    assert_int_equal(scene_react(&scene), 0);
    scene_commit(&scene);
    scene_at(&scene, "2026-07-20T00:00:00Z");
    assert_int_equal(scene_idle(&scene), 0);
    assert_int_equal(resolved(&scene, 1), ORDER_OPEN);
    seal(&scene, 2, 1);
    assert_int_equal(resolved(&scene, 1), ORDER_CAPTURED);
    scene_fini(&scene);
}

/* --- Many. ---------------------------------------------------------------- */

/* Orders of 1 fen, at theirs, which numbers tell apart. */
static void place_many(struct scene *scene, uint32_t count)
{
    enum { AT_ONCE = 200 };
    for (uint32_t i = 0; i < count; i++) {
        uint8_t id[16] = {(uint8_t)(i >> 8), (uint8_t)i, 1};
        struct order_place place = scene_place(1, THEIRS);
        place.key.id = bytes_of(id, sizeof(id));
        place.price_fen = 2;
        place.hold_fen = 1;
        if (i % AT_ONCE == 0) {
            scene_begin(scene);
        }
        struct ask ask = scene_ask(scene, ORDER_BODY_PLACE, &place);
        assert_int_equal(scene_run(scene, &ask), HL_OK);
        if (i % AT_ONCE == AT_ONCE - 1 || i == count - 1) {
            scene_react(scene);
            scene_commit(scene);
        }
    }
}

/* So much is looked at in one transaction, and the rest in the next ones. */
static void a_look_at_all_takes_as_many_transactions_as_it_needs(void **state)
{
    (void)state;
    enum { MANY = 2500, AT_MOST = 2000 };
    struct scene scene;
    scene_init(&scene);
    scene_issue(&scene, 0);
    place_many(&scene, MANY);
    while (scene_wants(&scene)) {
        assert_int_equal(scene_idle(&scene), 0);
    }
    scene_at(&scene, "2026-07-10T16:00:00Z"); /* until is over */
    size_t made = 0, turns = 0;
    for (; scene_wants(&scene); turns++) {
        scene_begin(&scene);
        size_t lost = scene_react(&scene);
        scene_abort(&scene); /* it comes again */
        assert_in_range(lost, 0, AT_MOST);
        assert_int_equal(scene_idle(&scene), lost);
        made += lost;
    }
    assert_int_equal(made, MANY);
    assert_true(turns > 1);
    assert_int_equal(scene_findings(&scene), 0);
    scene_fini(&scene);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            what_is_delivered_is_captured_at_once_where_nothing_is_sealed),
        cmocka_unit_test(what_is_declined_is_released_at_once),
        cmocka_unit_test(a_wish_to_cancel_at_home_is_followed_to_its_end),
        cmocka_unit_test(a_wish_to_cancel_declines_what_is_not_accepted),
        cmocka_unit_test(a_delivery_is_captured_when_its_seal_covers_it),
        cmocka_unit_test(what_a_charter_ends_needs_no_seal),
        cmocka_unit_test(a_seal_may_come_with_the_delivery),
        cmocka_unit_test(what_waits_outlives_aborted_transactions),
        cmocka_unit_test(what_waits_outlives_a_restart),
        cmocka_unit_test(a_seal_that_was_not_looked_at_is_looked_at_later),
        cmocka_unit_test(each_delivery_waits_for_its_own_seal),
        cmocka_unit_test(a_node_waits_for_no_seal_of_its_own),
        cmocka_unit_test(a_dispute_waits_for_its_end_and_not_for_a_seal),
        cmocka_unit_test(a_denial_needs_no_seal),
        cmocka_unit_test(
            a_service_outside_its_vouchers_days_waits_for_a_person),
        cmocka_unit_test(
            a_decision_before_the_delivery_is_none_of_its_breaches),
        cmocka_unit_test(a_breach_is_said_also_of_what_is_disputed),
        cmocka_unit_test(
            an_invoice_that_is_claimed_twice_waits_and_cites_the_other),
        cmocka_unit_test(what_the_scheme_does_not_hold_for_is_captured),
        cmocka_unit_test(a_holder_has_his_days_from_when_he_is_asked),
        cmocka_unit_test(no_days_are_given_while_the_time_is_unsure),
        cmocka_unit_test(
            what_came_while_the_time_was_unsure_is_looked_at_again),
        cmocka_unit_test(who_is_asked_may_say_that_he_is_content),
        cmocka_unit_test(a_new_day_in_china_is_looked_at_whole),
        cmocka_unit_test(nothing_is_over_while_the_time_is_unsure),
        cmocka_unit_test(a_day_is_over_by_the_clock_and_not_by_an_entrys_date),
        cmocka_unit_test(a_day_begins_with_any_transaction),
        cmocka_unit_test(days_that_a_process_slept_through_are_looked_at),
        cmocka_unit_test(a_day_that_is_aborted_is_looked_at_again),
        cmocka_unit_test(a_day_ends_no_hold_whose_delivery_waits_for_a_seal),
        cmocka_unit_test(a_look_at_all_takes_as_many_transactions_as_it_needs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
