/* SPDX-License-Identifier: Apache-2.0 */

/* What a node may lose by a partner, and the limits that its configuration sets
 * on that: they bind its commands, and nothing else. */

#include <string.h>

#include "tests/support/support.h"
#include "tests/unit/writer/ledger_scene.h"

#define T(text) bytes_of_text(text)

static hl_err run(struct scene *scene, struct ask *ask)
{
    scene_begin(scene);
    hl_err err = scene_run(scene, ask);
    scene_react(scene);
    scene_commit(scene);
    return err;
}

/* --- The issuer. ---------------------------------------------------------- */

static struct order_allot allot_of(uint8_t number, const char *issuer,
                                   const char *provider, uint64_t limit_fen)
{
    return (struct order_allot){
        .key = {T(issuer), scene_id(number)},
        .voucher = scene_id(1),
        .provider = T(provider),
        .unit_scheme = T("nrii"),
        .unit_id = T("0123456789abcdef0123456789abcdef"),
        .kind = 1,
        .limit_fen = limit_fen,
        .expires = T("2026-07-10"),
    };
}

static struct ask ask_allot(struct scene *scene, uint8_t number,
                            const char *provider, uint64_t limit_fen)
{
    struct order_allot allot = allot_of(number, OURS, provider, limit_fen);
    return scene_ask(scene, ORDER_BODY_ALLOT, &allot);
}

static uint64_t allotted(struct scene *scene, const char *provider)
{
    struct store_txn *txn = NULL;
    struct journal own;
    bool found = false;
    uint64_t fen = 4711;
    assert_ok(store_begin_read(scene->world.store, &txn, NULL));
    assert_ok(journal_find(txn, T(WORLD_ORIGIN), &own, &found, NULL));
    assert_ok(exposure_allotted(txn, own.number, T(provider), &fen, NULL));
    store_abort(&txn);
    return fen;
}

static void begin_issuer(struct scene *scene, uint64_t max_fen)
{
    scene_init(scene);
    scene_issue(scene, 0);
    scene->limits.allotted_max_fen = max_fen;
}

static void no_more_is_allotted_to_a_partner_than_the_limit(void **state)
{
    (void)state;
    struct scene scene;
    begin_issuer(&scene, 3000);
    struct ask first = ask_allot(&scene, 1, THEIRS, 2000);
    struct ask beyond = ask_allot(&scene, 2, THEIRS, 1001);
    struct ask fits = ask_allot(&scene, 3, THEIRS, 1000);
    struct ask other = ask_allot(&scene, 4, "kaifeng", 3000);
    assert_int_equal(allotted(&scene, THEIRS), 0);
    assert_err(run(&scene, &first), HL_OK);
    assert_err(run(&scene, &beyond), HL_ESTATE);
    assert_memory_equal(beyond.command.detail.text, "allotted_max: 2000 fen",
                        22);
    assert_null(strstr(beyond.command.detail.text, "3000"));
    assert_int_equal(allotted(&scene, THEIRS), 2000);
    assert_err(run(&scene, &fits), HL_OK);
    assert_int_equal(allotted(&scene, THEIRS), 3000);
    assert_err(run(&scene, &other), HL_OK); /* each has its own */
    assert_int_equal(allotted(&scene, "kaifeng"), 3000);
    scene_fini(&scene);
}

/* Also in one transaction, where the rows of the first are not committed. */
static void two_at_once_are_bound_together(void **state)
{
    (void)state;
    struct scene scene;
    begin_issuer(&scene, 3000);
    struct ask first = ask_allot(&scene, 1, THEIRS, 2000);
    struct ask second = ask_allot(&scene, 2, THEIRS, 2000);
    scene_begin(&scene);
    assert_err(scene_run(&scene, &first), HL_OK);
    assert_err(scene_run(&scene, &second), HL_ESTATE);
    scene_react(&scene);
    scene_commit(&scene);
    assert_int_equal(allotted(&scene, THEIRS), 2000);
    scene_fini(&scene);
}

/* By a retry, also after the limit was raised. */
static void what_was_above_the_limit_stays_refused(void **state)
{
    (void)state;
    struct scene scene;
    begin_issuer(&scene, 999);
    struct ask beyond = ask_allot(&scene, 1, THEIRS, 1000);
    assert_err(run(&scene, &beyond), HL_ESTATE);
    scene_newest_is(&scene, LEDGER_BODY_REFUSED, -1);
    scene.limits.allotted_max_fen = 0;
    assert_err(run(&scene, &beyond), HL_ESTATE);
    assert_memory_equal(beyond.command.detail.text, "allotted_max: ", 14);
    struct ask again = ask_allot(&scene, 1, THEIRS, 1000);
    assert_err(run(&scene, &again), HL_OK);
    scene_fini(&scene);
}

static void what_is_given_back_may_be_allotted_again(void **state)
{
    (void)state;
    struct scene scene;
    begin_issuer(&scene, 1000);
    struct ask first = ask_allot(&scene, 1, THEIRS, 1000);
    struct ask second = ask_allot(&scene, 2, THEIRS, 1000);
    struct writer raw = {0};
    assert_err(run(&scene, &first), HL_OK);
    uint64_t index = scene_size(&scene) - 1;
    scene_entry(&scene, index, &raw);
    struct citation allot = {T(WORLD_ORIGIN), index,
                             merkle_leaf(writer_view(&raw))};
    writer_fini(&raw);
    struct order_close close = {.key = scene_key(1), .issuer = T(OURS)};
    scene_begin(&scene);
    scene_hear(&scene, ORDER_BODY_CLOSE, &close, &allot);
    assert_int_equal(scene_react(&scene), 1);
    scene_commit(&scene);
    assert_int_equal(allotted(&scene, THEIRS), 0);
    assert_err(run(&scene, &second), HL_OK);
    scene_fini(&scene);
}

/* --- The provider. -------------------------------------------------------- */

static struct order_key their_key(uint8_t number)
{
    return (struct order_key){T(THEIRS), scene_id(number)};
}

/* In the transaction: 1,000 fen of their voucher 1, at that node. */
static struct citation hear_order(struct scene *scene, uint8_t number,
                                  const char *provider)
{
    struct order_place place = scene_place(number, provider);
    place.key = their_key(number);
    place.hold_fen = 1000;
    return scene_hear(scene, ORDER_BODY_PLACE, &place, NULL);
}

/* Their scheme, and voucher 1 of 10,000 fen: entries 0 and 1. */
static void begin_provider(struct scene *scene, uint64_t max_fen)
{
    scene_init(scene);
    scene->sealing = true;
    scene->limits.unsealed_max_fen = max_fen;
    struct scheme scheme = scene_scheme(scene, 0);
    struct voucher_issue issue = scene_voucher(1, 10000);
    scheme.desk_days = 1;
    issue.scheme_version = 1;
    scene_begin(scene);
    scene_hear(scene, SCHEME_BODY_PUT, &scheme, NULL);
    scene_hear(scene, VOUCHER_BODY_ISSUE, &issue, NULL);
}

static void end_hearing(struct scene *scene)
{
    scene_react(scene);
    scene_commit(scene);
}

static struct ask ask_answer(struct scene *scene, uint32_t body, uint8_t number)
{
    struct order_answer answer = {.key = their_key(number)};
    return scene_ask(scene, body, &answer);
}

static hl_err answer(struct scene *scene, uint32_t body, uint8_t number)
{
    struct ask ask = ask_answer(scene, body, number);
    return run(scene, &ask);
}

static struct exposure_holds holds_from(struct scene *scene, uint64_t sealed,
                                        uint64_t looks)
{
    struct store_txn *txn = NULL;
    struct exposure_holds holds;
    assert_ok(store_begin_read(scene->world.store, &txn, NULL));
    assert_ok(exposure_unsealed(txn, T(WORLD_ORIGIN), T(THEIR_ORIGIN), sealed,
                                looks, &holds, NULL));
    store_abort(&txn);
    return holds;
}

static void assert_holds(struct scene *scene, uint64_t sealed, uint64_t orders,
                         uint64_t accepted)
{
    struct exposure_holds holds = holds_from(scene, sealed, EXPOSURE_LOOKS_MAX);
    assert_int_equal(holds.orders, orders);
    assert_int_equal(holds.fen, 1000 * orders);
    assert_int_equal(holds.accepted_fen, 1000 * accepted);
    assert_int_equal(holds.unlooked, 0);
}

static void what_is_accepted_beyond_the_limit_waits_for_the_seal(void **state)
{
    (void)state;
    struct scene scene;
    begin_provider(&scene, 2000);
    for (uint8_t i = 1; i <= 4; i++) {
        hear_order(&scene, i, OURS); /* entries 2 to 5 */
    }
    end_hearing(&scene);
    assert_holds(&scene, 0, 4, 0);
    assert_err(answer(&scene, ORDER_BODY_ACCEPT, 1), HL_OK);
    assert_err(answer(&scene, ORDER_BODY_ACCEPT, 4), HL_OK);
    assert_holds(&scene, 0, 4, 2);
    uint64_t size = scene_size(&scene);
    struct ask beyond = ask_answer(&scene, ORDER_BODY_ACCEPT, 2);
    assert_err(run(&scene, &beyond), HL_EUNSEALED);
    assert_memory_equal(beyond.command.detail.text, "unsealed_max: ", 14);
    assert_int_equal(scene_size(&scene), size); /* and nothing is remembered */
    scene_begin(&scene);
    scene_hear_seal(&scene, 4); /* orders 1 and 2 */
    end_hearing(&scene);
    assert_err(run(&scene, &beyond), HL_OK);
    assert_holds(&scene, 4, 2, 1);
    assert_err(answer(&scene, ORDER_BODY_ACCEPT, 3), HL_OK);
    scene_fini(&scene);
}

static void without_a_limit_any_order_is_accepted(void **state)
{
    (void)state;
    struct scene scene;
    begin_provider(&scene, 0);
    for (uint8_t i = 1; i <= 3; i++) {
        hear_order(&scene, i, OURS);
    }
    end_hearing(&scene);
    for (uint8_t i = 1; i <= 3; i++) {
        assert_err(answer(&scene, ORDER_BODY_ACCEPT, i), HL_OK);
    }
    assert_holds(&scene, 0, 3, 3);
    scene_fini(&scene);
}

/* Of a journal without keepers nothing is ever sealed, and deliveries do not
 * wait for it, either. */
static void a_journal_without_keepers_is_relied_on(void **state)
{
    (void)state;
    struct scene scene;
    begin_provider(&scene, 1);
    scene.sealing = false;
    hear_order(&scene, 1, OURS);
    end_hearing(&scene);
    assert_err(answer(&scene, ORDER_BODY_ACCEPT, 1), HL_OK);
    scene_fini(&scene);
}

static void
an_order_that_is_sealed_is_accepted_whatever_else_is_not(void **state)
{
    (void)state;
    struct scene scene;
    begin_provider(&scene, 1000);
    hear_order(&scene, 1, OURS);
    hear_order(&scene, 2, OURS);
    scene_hear_seal(&scene, 3); /* the first */
    end_hearing(&scene);
    assert_err(answer(&scene, ORDER_BODY_ACCEPT, 2), HL_OK);
    assert_err(answer(&scene, ORDER_BODY_ACCEPT, 1), HL_OK);
    scene_fini(&scene);
}

static void what_is_given_up_or_of_others_is_no_exposure(void **state)
{
    (void)state;
    struct scene scene;
    begin_provider(&scene, 0);
    struct order_place none = scene_place(9, OURS);
    none.key = their_key(9);
    none.voucher = scene_id(99);
    none.hold_fen = 1000;
    scene_hear(&scene, ORDER_BODY_PLACE, &none, NULL); /* has no effect */
    hear_order(&scene, 1, OURS);
    hear_order(&scene, 2, "kaifeng");
    hear_order(&scene, 3, OURS);
    hear_order(&scene, 4, OURS);
    end_hearing(&scene);
    assert_holds(&scene, 0, 3, 0);
    assert_err(answer(&scene, ORDER_BODY_DECLINE, 1), HL_OK);
    assert_holds(&scene, 0, 2, 0);
    scene_at(&scene, "2026-07-10T16:00:00Z");
    struct order_release release = {
        .key = their_key(3), .why = RELEASE_TIMED_OUT, .amount_fen = 1000};
    scene_begin(&scene);
    scene_hear(&scene, ORDER_BODY_RELEASE, &release, NULL);
    end_hearing(&scene);
    assert_holds(&scene, 0, 1, 0);
    assert_holds(&scene, 7, 0, 0);
    assert_holds(&scene, UINT64_MAX, 0, 0);
    scene_fini(&scene);
}

/* It is spent only once it is sealed, and counts for nobody's acceptance. */
static void an_allotment_that_is_not_sealed_is_shown(void **state)
{
    (void)state;
    struct scene scene;
    begin_provider(&scene, 1000);
    struct order_allot allot = allot_of(7, THEIRS, OURS, 2000);
    scene.limits.allotted_max_fen = 1; /* ours, and no matter of validity */
    scene_hear(&scene, ORDER_BODY_ALLOT, &allot, NULL);
    hear_order(&scene, 1, OURS);
    end_hearing(&scene);
    struct exposure_holds holds = holds_from(&scene, 0, EXPOSURE_LOOKS_MAX);
    assert_int_equal(holds.orders, 2);
    assert_int_equal(holds.fen, 3000);
    assert_int_equal(holds.accepted_fen, 0);
    assert_err(answer(&scene, ORDER_BODY_ACCEPT, 1), HL_OK);
    scene_fini(&scene);
}

/* Nobody has to accept what this node asked for: it is relied on from when it
 * is held on. */
static void what_began_at_our_desk_counts_as_accepted(void **state)
{
    (void)state;
    struct scene scene;
    struct writer raw = {0};
    begin_provider(&scene, 1500);
    struct order_key key = {T(OURS), scene_id(5)};
    struct order_request request = {.of = scene_place(5, OURS),
                                    .issuer = T(THEIRS)};
    request.of.provider = (struct bytes){0};
    end_hearing(&scene);
    scene_do(&scene, ORDER_BODY_REQUEST, &request);
    uint64_t index = scene_size(&scene) - 1;
    scene_entry(&scene, index, &raw);
    struct citation asked = {T(WORLD_ORIGIN), index,
                             merkle_leaf(writer_view(&raw))};
    assert_holds(&scene, 0, 0, 0); /* not held yet */
    struct order_place grant = scene_place(5, OURS);
    grant.key = key;
    grant.hold_fen = 1000;
    scene_begin(&scene);
    scene_hear(&scene, ORDER_BODY_PLACE, &grant, &asked);
    hear_order(&scene, 1, OURS);
    end_hearing(&scene);
    assert_holds(&scene, 0, 2, 1);
    assert_err(answer(&scene, ORDER_BODY_ACCEPT, 1), HL_EUNSEALED);
    writer_fini(&raw);
    scene_fini(&scene);
}

/* Of how many entries nothing was counted is said, and whoever has a limit does
 * not take it for granted that there was nothing. */
static void more_entries_than_are_looked_at_are_told(void **state)
{
    (void)state;
    struct scene scene;
    begin_provider(&scene, 100000);
    struct voucher_issue issue = scene_voucher(2, 1);
    issue.scheme_version = 1;
    hear_order(&scene, 1, OURS); /* entry 2 */
    for (unsigned i = 3; i < EXPOSURE_LOOKS_MAX; i++) {
        scene_hear(&scene, VOUCHER_BODY_ISSUE, &issue, NULL);
    }
    end_hearing(&scene);
    struct exposure_holds holds = holds_from(&scene, 0, 3);
    assert_int_equal(holds.orders, 1);
    assert_int_equal(holds.unlooked, EXPOSURE_LOOKS_MAX - 3);
    holds = holds_from(&scene, 0, 2);
    assert_int_equal(holds.orders, 0);
    holds = holds_from(&scene, 0, EXPOSURE_LOOKS_MAX);
    assert_int_equal(holds.unlooked, 0);
    scene_begin(&scene);
    hear_order(&scene, 2, OURS);
    end_hearing(&scene);
    struct ask accept = ask_answer(&scene, ORDER_BODY_ACCEPT, 1);
    assert_err(run(&scene, &accept), HL_EUNSEALED);
    assert_non_null(strstr(accept.command.detail.text, "1000 fen or more"));
    scene_begin(&scene);
    scene_hear_seal(&scene, 1);
    end_hearing(&scene);
    assert_err(run(&scene, &accept), HL_OK);
    scene_fini(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_more_is_allotted_to_a_partner_than_the_limit),
        cmocka_unit_test(two_at_once_are_bound_together),
        cmocka_unit_test(what_was_above_the_limit_stays_refused),
        cmocka_unit_test(what_is_given_back_may_be_allotted_again),
        cmocka_unit_test(what_is_accepted_beyond_the_limit_waits_for_the_seal),
        cmocka_unit_test(without_a_limit_any_order_is_accepted),
        cmocka_unit_test(a_journal_without_keepers_is_relied_on),
        cmocka_unit_test(
            an_order_that_is_sealed_is_accepted_whatever_else_is_not),
        cmocka_unit_test(what_is_given_up_or_of_others_is_no_exposure),
        cmocka_unit_test(an_allotment_that_is_not_sealed_is_shown),
        cmocka_unit_test(what_began_at_our_desk_counts_as_accepted),
        cmocka_unit_test(more_entries_than_are_looked_at_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
