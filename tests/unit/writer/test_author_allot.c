/* SPDX-License-Identifier: Apache-2.0 */

/* Allotments: what a provider spends by itself, and how the rest comes back. */

#include "tests/support/support.h"
#include "tests/unit/writer/ledger_scene.h"

#define T(text) bytes_of_text(text)
#define UNIT "0123456789abcdef0123456789abcdef"

static struct order_key key_at(const char *node)
{
    return (struct order_key){T(node), scene_id(7)};
}

/* 3,000 fen of voucher 1, up to July 10. */
static struct order_allot allot_of(const char *issuer, const char *provider)
{
    return (struct order_allot){
        .key = key_at(issuer),
        .voucher = scene_id(1),
        .provider = T(provider),
        .unit_scheme = T("nrii"),
        .unit_id = T(UNIT),
        .kind = 1,
        .limit_fen = 3000,
        .expires = T("2026-07-10"),
    };
}

static struct order order_of(struct scene *scene, const char *issuer)
{
    struct order order = {.of = {.key = key_at(issuer)}};
    assert_true(scene_find(scene, &order_record, &order));
    return order;
}

static struct voucher our_voucher(struct scene *scene)
{
    struct voucher voucher = {.of = {.id = scene_id(1)}};
    assert_true(scene_find(scene, &voucher_record, &voucher));
    return voucher;
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

static uint64_t balance(struct scene *scene, enum ledger_account which,
                        const char *partner)
{
    struct account account = {.account = which, .partner = T(partner)};
    return scene_find(scene, &account_record, &account)
               ? (uint64_t)account_balance_fen(&account)
               : 0;
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

/* --- The issuer. ---------------------------------------------------------- */

/* What cites the allotment. */
static struct citation begin(struct scene *scene)
{
    struct order_allot allot = allot_of(OURS, THEIRS);
    scene_init(scene);
    scene_issue(scene, 0);
    assert_int_equal(scene_do(scene, ORDER_BODY_ALLOT, &allot), 0);
    return our_newest(scene);
}

static struct order_spend spend_of(const struct scene *scene,
                                   const char *issuer, uint64_t amount_fen,
                                   uint64_t after_fen)
{
    return (struct order_spend){
        .of = {.key = key_at(issuer),
               .issuer = T(issuer),
               .price_fen = 2 * amount_fen,
               .from_ms = (uint64_t)scene->now.ms,
               .until_ms = (uint64_t)scene->now.ms},
        .amount_fen = amount_fen,
        .spent_after_fen = after_fen,
        .limit_fen = 3000,
        .expires = T("2026-07-10"),
    };
}

/* They spend 1,000 and 500 of it, and close it; how many answers that has. */
static size_t hear_all(struct scene *scene, const struct citation *allot)
{
    struct order_spend first = spend_of(scene, OURS, 1000, 1000);
    struct order_spend second = spend_of(scene, OURS, 500, 1500);
    struct order_close close = {
        .key = key_at(OURS), .issuer = T(OURS), .spent_fen = 1500};
    scene_begin(scene);
    scene_hear(scene, ORDER_BODY_SPEND, &first, allot);
    scene_hear(scene, ORDER_BODY_SPEND, &second, allot);
    assert_int_equal(scene_react(scene), 0);
    scene_hear(scene, ORDER_BODY_CLOSE, &close, allot);
    size_t made = scene_react(scene);
    scene_commit(scene);
    return made;
}

static void what_is_allotted_is_held(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    assert_int_equal(our_voucher(&scene).held_fen, 3000);
    assert_int_equal(balance(&scene, ACCOUNT_ALLOTTED, THEIRS), 3000);
    assert_int_equal(balance(&scene, ACCOUNT_HELD, ""), 0);
    struct order order = order_of(&scene, OURS);
    assert_int_equal(order.allotted, 1);
    struct order_word dispute = {key_at(OURS), T("不同意")};
    assert_int_equal(run(&scene, ORDER_BODY_DISPUTE, &dispute), HL_ESTATE);
    scene_fini(&scene);
}

static void the_rest_comes_back_once_the_close_is_sealed(void **state)
{
    (void)state;
    struct scene scene;
    struct citation allot = begin(&scene);
    scene.sealing = true;
    assert_int_equal(hear_all(&scene, &allot), 0);
    assert_int_equal(our_voucher(&scene).held_fen, 3000);
    scene_begin(&scene);
    scene_hear_seal(&scene, 2);
    assert_int_equal(scene_react(&scene), 0);
    scene_hear_seal(&scene, 3);
    assert_int_equal(scene_react(&scene), 1);
    scene_commit(&scene);
    scene_newest_is(&scene, ORDER_BODY_RETURN, 2);
    struct voucher voucher = our_voucher(&scene);
    assert_int_equal(voucher.held_fen, 0);
    assert_int_equal(voucher.spent_fen, 1500);
    assert_int_equal(balance(&scene, ACCOUNT_ALLOTTED, THEIRS), 0);
    assert_int_equal(balance(&scene, ACCOUNT_DRAWN, THEIRS), 1500);
    assert_int_equal(balance(&scene, ACCOUNT_PAYABLE, THEIRS), 0);
    assert_int_equal(scene_idle(&scene), 0);
    scene_restart(&scene);
    assert_int_equal(scene_idle(&scene), 0);
    assert_int_equal(scene_findings(&scene), 0);
    scene_fini(&scene);
}

/* Its last day is over here: that frees nothing, as it may have spent. */
static void no_day_of_ours_gives_it_back(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    scene_at(&scene, "2026-08-20T00:00:00Z");
    scene_restart(&scene);
    scene_idle(&scene); /* the voucher expires */
    assert_int_equal(order_of(&scene, OURS).resolved, ORDER_OPEN);
    assert_int_equal(our_voucher(&scene).held_fen, 3000);
    scene_fini(&scene);
}

static void a_charter_that_ends_the_provider_gives_it_back(void **state)
{
    (void)state;
    struct scene scene;
    struct citation allot = begin(&scene);
    struct order_spend spend = spend_of(&scene, OURS, 1000, 1000);
    scene_begin(&scene);
    scene_hear(&scene, ORDER_BODY_SPEND, &spend, &allot);
    scene.end = scene_theirs(&scene);
    scene_commit(&scene);
    assert_int_equal(scene_idle(&scene), 0);
    scene.end.size++; /* not all of it is here */
    scene.ended = true;
    scene.endings++;
    assert_int_equal(scene_idle(&scene), 0);
    scene.end.size--;
    scene.endings++;
    assert_int_equal(scene_idle(&scene), 1);
    scene_newest_is(&scene, ORDER_BODY_RETURN, -1);
    assert_int_equal(our_voucher(&scene).spent_fen, 1000);
    assert_int_equal(our_voucher(&scene).held_fen, 0);
    assert_int_equal(scene_findings(&scene), 0);
    scene_fini(&scene);
}

/* By another limit than there is, which its own half alone lets be. */
static void who_spends_more_leaves_nothing_held(void **state)
{
    (void)state;
    struct scene scene;
    struct citation allot = begin(&scene);
    struct order_spend spend = spend_of(&scene, OURS, 3500, 3500);
    struct order_close close = {
        .key = key_at(OURS), .issuer = T(OURS), .spent_fen = 3500};
    spend.limit_fen = 4000;
    scene_begin(&scene);
    scene_hear(&scene, ORDER_BODY_SPEND, &spend, &allot);
    scene_hear(&scene, ORDER_BODY_CLOSE, &close, &allot);
    assert_int_equal(scene_react(&scene), 1);
    scene_commit(&scene);
    scene_newest_is(&scene, ORDER_BODY_RETURN, 1);
    assert_int_equal(our_voucher(&scene).held_fen, 0);
    assert_int_equal(our_voucher(&scene).spent_fen, 3000);
    assert_int_equal(scene_findings(&scene), 0);
    scene_fini(&scene);
}

static void who_declines_it_gives_all_back(void **state)
{
    (void)state;
    struct scene scene;
    struct citation allot = begin(&scene);
    struct order_answer decline = {.key = key_at(OURS), .issuer = T(OURS)};
    scene_begin(&scene);
    scene_hear(&scene, ORDER_BODY_DECLINE, &decline, &allot);
    assert_int_equal(scene_react(&scene), 1);
    scene_commit(&scene);
    scene_newest_is(&scene, ORDER_BODY_RETURN, 0);
    assert_int_equal(scene_findings(&scene), 0);
    assert_int_equal(our_voucher(&scene).held_fen, 0);
    assert_int_equal(balance(&scene, ACCOUNT_ALLOTTED, THEIRS), 0);
    scene_fini(&scene);
}

/* --- The provider. -------------------------------------------------------- */

/* Of what our catalogue has. */
static void hear_allot(struct scene *scene, bool sealed)
{
    struct put unit;
    struct scheme scheme = scene_scheme(scene, 0);
    struct voucher_issue issue = scene_voucher(1, 10000);
    struct order_allot allot = allot_of(THEIRS, OURS);
    put_init(&unit, 1000, "研究所"); /* of an id of its own */
    unit.unit.id = T(UNIT);
    scene_begin(scene);
    assert_ok(author_run(scene->world.author, &unit.command, NULL));
    scene_hear(scene, SCHEME_BODY_PUT, &scheme, NULL);
    issue.scheme_version = 1;
    scene_hear(scene, VOUCHER_BODY_ISSUE, &issue, NULL);
    scene_hear(scene, ORDER_BODY_ALLOT, &allot, NULL);
    if (sealed) {
        scene_hear_seal(scene, 3);
    }
    assert_int_equal(scene_react(scene), 0);
    scene_commit(scene);
    put_fini(&unit);
}

/* A service of 1,500 fen, of which the scheme pays half. */
static struct order_spend asked(const struct scene *scene)
{
    return (struct order_spend){.of = {.key = key_at(THEIRS),
                                       .price_fen = 1500,
                                       .from_ms = (uint64_t)scene->now.ms,
                                       .until_ms = (uint64_t)scene->now.ms}};
}

static void a_sealed_allotment_is_spent_to_its_limit(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    scene.sealing = true;
    struct order_spend spend = asked(&scene);
    hear_allot(&scene, false);
    assert_int_equal(run(&scene, ORDER_BODY_SPEND, &spend), HL_EUNSEALED);
    scene_begin(&scene);
    scene_hear_seal(&scene, 3);
    scene_react(&scene);
    scene_commit(&scene);
    for (unsigned i = 0; i < 4; i++) { /* each is 750 of 3,000 */
        assert_int_equal(run(&scene, ORDER_BODY_SPEND, &spend), HL_OK);
    }
    assert_int_equal(run(&scene, ORDER_BODY_SPEND, &spend), HL_ESTATE);
    struct order order = order_of(&scene, THEIRS);
    assert_int_equal(order.answer, ANSWER_SPENT);
    assert_int_equal(order.spent_fen, 3000);
    struct watermark owed = {.debtor = T(THEIRS), .creditor = T(OURS)};
    assert_true(scene_find(&scene, &watermark_record, &owed));
    assert_int_equal(owed.amount_fen, 3000);
    assert_int_equal(owed.count, 4);
    assert_int_equal(scene_findings(&scene), 0);
    scene_fini(&scene);
}

static void more_than_the_scheme_pays_is_refused(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    hear_allot(&scene, false);
    struct order_spend spend = asked(&scene);
    spend.amount_fen = 751;
    assert_int_equal(run(&scene, ORDER_BODY_SPEND, &spend), HL_ESTATE);
    spend.amount_fen = 750;
    assert_int_equal(run(&scene, ORDER_BODY_SPEND, &spend), HL_OK);
    struct order_deliver deliver = spend.of;
    assert_int_equal(run(&scene, ORDER_BODY_DELIVER, &deliver), HL_ESTATE);
    struct order_answer decline = {.key = key_at(THEIRS)};
    assert_int_equal(run(&scene, ORDER_BODY_DECLINE, &decline), HL_ESTATE);
    scene_fini(&scene);
}

static void nobody_spends_by_another_limit_or_last_day(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    hear_allot(&scene, false);
    struct order_spend spend = asked(&scene);
    spend.limit_fen = 3001;
    assert_int_equal(run(&scene, ORDER_BODY_SPEND, &spend), HL_ESTATE);
    spend.limit_fen = 3000;
    spend.expires = T("2026-07-11");
    assert_int_equal(run(&scene, ORDER_BODY_SPEND, &spend), HL_ESTATE);
    spend.expires = T("2026-07-10");
    assert_int_equal(run(&scene, ORDER_BODY_SPEND, &spend), HL_OK);
    assert_int_equal(order_of(&scene, THEIRS).spent_fen, 750);
    scene_fini(&scene);
}

static void it_is_closed_by_itself_after_its_last_day(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    hear_allot(&scene, false);
    struct order_spend spend = asked(&scene);
    assert_int_equal(run(&scene, ORDER_BODY_SPEND, &spend), HL_OK);
    scene_at(&scene, "2026-07-10T15:59:59Z");
    assert_int_equal(scene_idle(&scene), 0);
    scene_at(&scene, "2026-07-10T16:00:00Z");
    assert_int_equal(run(&scene, ORDER_BODY_SPEND, &spend), HL_ESTATE);
    struct order order = order_of(&scene, THEIRS);
    assert_int_equal(order.answer, ANSWER_CLOSED);
    assert_int_equal(order.spent_fen, 750);
    assert_int_equal(run(&scene, ORDER_BODY_SPEND, &spend), HL_ESTATE);
    struct order_close close = {.key = key_at(THEIRS)};
    assert_int_equal(run(&scene, ORDER_BODY_CLOSE, &close), HL_ESTATE);
    assert_int_equal(scene_idle(&scene), 0);
    assert_int_equal(scene_findings(&scene), 0);
    scene_fini(&scene);
}

static void it_is_closed_when_its_issuer_asks(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    hear_allot(&scene, false);
    struct order_word cancel = {key_at(THEIRS), T("不需要了")};
    scene_begin(&scene);
    scene_hear(&scene, ORDER_BODY_CANCEL, &cancel, NULL);
    assert_int_equal(scene_react(&scene), 1);
    scene_commit(&scene);
    scene_newest_is(&scene, ORDER_BODY_CLOSE, 2);
    scene_fini(&scene);
}

/* One that its issuer may lose, and place anew under its id, would then be
 * another one, which could not be closed any more. */
static void it_is_closed_once_it_is_sealed(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    scene.sealing = true;
    hear_allot(&scene, false);
    struct order_close close = {.key = key_at(THEIRS)};
    struct order_answer decline = {.key = key_at(THEIRS), .reason = T("原因")};
    assert_int_equal(run(&scene, ORDER_BODY_CLOSE, &close), HL_EUNSEALED);
    assert_int_equal(run(&scene, ORDER_BODY_DECLINE, &decline), HL_EUNSEALED);
    struct order_word cancel = {key_at(THEIRS), T("不需要了")};
    scene_begin(&scene);
    scene_hear(&scene, ORDER_BODY_CANCEL, &cancel, NULL);
    assert_int_equal(scene_react(&scene), 0);
    scene_commit(&scene);
    scene_begin(&scene);
    scene_hear_seal(&scene, 3);
    assert_int_equal(scene_react(&scene), 1);
    scene_commit(&scene);
    scene_newest_is(&scene, ORDER_BODY_CLOSE, 2);
    scene_fini(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_allotted_is_held),
        cmocka_unit_test(the_rest_comes_back_once_the_close_is_sealed),
        cmocka_unit_test(no_day_of_ours_gives_it_back),
        cmocka_unit_test(a_charter_that_ends_the_provider_gives_it_back),
        cmocka_unit_test(who_spends_more_leaves_nothing_held),
        cmocka_unit_test(who_declines_it_gives_all_back),
        cmocka_unit_test(a_sealed_allotment_is_spent_to_its_limit),
        cmocka_unit_test(more_than_the_scheme_pays_is_refused),
        cmocka_unit_test(nobody_spends_by_another_limit_or_last_day),
        cmocka_unit_test(it_is_closed_by_itself_after_its_last_day),
        cmocka_unit_test(it_is_closed_when_its_issuer_asks),
        cmocka_unit_test(it_is_closed_once_it_is_sealed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
