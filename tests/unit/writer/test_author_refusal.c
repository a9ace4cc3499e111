/* SPDX-License-Identifier: Apache-2.0 */

/* What the ledger refuses is journalled, and answered the same for ever. */

#include <string.h>

#include "tests/support/support.h"
#include "tests/unit/writer/ledger_scene.h"

#define T(text) bytes_of_text(text)

/* A command in a transaction of its own. */
static hl_err ask(struct scene *scene, struct ask *asked)
{
    scene_begin(scene);
    hl_err err = scene_run(scene, asked);
    if (author_has_work(scene->world.author)) {
        scene_commit(scene);
    } else {
        scene_abort(scene);
    }
    return err;
}

/* The same once more, as a caller's retry has it. */
static struct ask again(const struct ask *former)
{
    struct ask retry = *former;
    retry.command.result = (struct write_answer){0};
    retry.command.detail = (struct hl_detail){0};
    return retry;
}

static void expect_same(struct scene *scene, const struct ask *former)
{
    uint64_t size = scene_size(scene);
    struct ask retry = again(former);
    assert_err(ask(scene, &retry), former->command.result.err);
    assert_string_equal(retry.command.detail.text, former->command.detail.text);
    assert_int_equal(scene_size(scene), size);
}

static void a_refusal_is_an_entry_that_says_what_was_answered(void **state)
{
    (void)state;
    struct scene scene;
    struct writer raw = {0};
    scene_init(&scene);
    struct voucher_issue issue = scene_voucher(1, 100);
    struct ask asked = scene_ask(&scene, VOUCHER_BODY_ISSUE, &issue);
    assert_err(ask(&scene, &asked), HL_ENOTFOUND);
    assert_int_equal(scene_size(&scene), 1);
    struct entry entry = scene_entry(&scene, 0, &raw);
    assert_int_equal(entry.body_type,
                     entry_body_type(LEDGER_BODY_REFUSED, false));
    assert_false(entry.has_cause);
    assert_true(entry.has_command);
    assert_memory_equal(&entry.command, &asked.command.id,
                        sizeof(entry.command));
    struct command_refused refused;
    record_decode(&command_refusing, entry.body, &refused);
    assert_int_equal(refused.asked, entry_body_type(VOUCHER_BODY_ISSUE, true));
    assert_true(bytes_equal_text(refused.error, "HL_ENOTFOUND"));
    assert_true(bytes_equal_text(refused.text, asked.command.detail.text));
    assert_ptr_equal(strstr(asked.command.detail.text, "no_scheme: "),
                     asked.command.detail.text);
    assert_int_equal(scene_findings(&scene), 0);
    writer_fini(&raw);
    scene_fini(&scene);
}

/* Also when it would be allowed by now, and when it would be refused for
 * another reason. */
static void it_is_answered_the_same_for_ever(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    struct voucher_issue issue = scene_voucher(2, 100);
    struct ask first = scene_ask(&scene, VOUCHER_BODY_ISSUE, &issue);
    assert_err(ask(&scene, &first), HL_ENOTFOUND);
    expect_same(&scene, &first);
    scene_restart(&scene);
    expect_same(&scene, &first);
    scene_issue(&scene, 0);
    expect_same(&scene, &first);
    scene_at(&scene, "2027-07-01T00:00:00Z");
    scene_restart(&scene);
    expect_same(&scene, &first);
    /* A new id is a new try. */
    struct ask second = scene_ask(&scene, VOUCHER_BODY_ISSUE, &issue);
    assert_err(ask(&scene, &second), HL_OK);
    struct ask third = scene_ask(&scene, VOUCHER_BODY_ISSUE, &issue);
    assert_err(ask(&scene, &third), HL_EEXISTS);
    expect_same(&scene, &third);
    expect_same(&scene, &first);
    assert_int_equal(scene_findings(&scene), 0);
    scene_fini(&scene);
}

static void of_each_kind_of_refusal_the_error_is_kept(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    scene_issue(&scene, 0);
    struct voucher_issue twice = scene_voucher(1, 1);
    struct order_place none = scene_place(1, THEIRS);
    struct order_place much = scene_place(1, THEIRS);
    none.voucher = scene_id(9);
    much.hold_fen = 1001;
    struct ask asks[] = {
        scene_ask(&scene, VOUCHER_BODY_ISSUE, &twice),
        scene_ask(&scene, ORDER_BODY_PLACE, &none),
        scene_ask(&scene, ORDER_BODY_PLACE, &much),
    };
    const hl_err errors[] = {HL_EEXISTS, HL_ENOTFOUND, HL_ESTATE};
    for (size_t i = 0; i < 3; i++) {
        assert_err(ask(&scene, &asks[i]), errors[i]);
    }
    scene_restart(&scene);
    for (size_t i = 0; i < 3; i++) {
        expect_same(&scene, &asks[i]);
    }
    scene_fini(&scene);
}

/* Which field is another, nobody knows: what was asked is not kept. */
static void its_id_with_another_request_names_no_field(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    struct voucher_issue issue = scene_voucher(1, 100);
    struct ask first = scene_ask(&scene, VOUCHER_BODY_ISSUE, &issue);
    assert_err(ask(&scene, &first), HL_ENOTFOUND);
    issue.amount_fen = 200;
    struct ask other = scene_ask(&scene, VOUCHER_BODY_ISSUE, &issue);
    memcpy(other.command.id.id, first.command.id.id, HL_COMMAND_ID_BYTES);
    assert_err(ask(&scene, &other), HL_EEXISTS);
    assert_non_null(strstr(other.command.detail.text, "another request"));
    assert_null(strstr(other.command.detail.text, "amount_fen"));
    assert_int_equal(scene_size(&scene), 1);
    expect_same(&scene, &first);
    /* Of what was done it is known. */
    scene_issue(&scene, 0);
    issue = scene_voucher(2, 100);
    issue.scheme_version = 1;
    struct ask done = scene_ask(&scene, VOUCHER_BODY_ISSUE, &issue);
    assert_ok(ask(&scene, &done));
    issue.amount_fen = 200;
    other = scene_ask(&scene, VOUCHER_BODY_ISSUE, &issue);
    memcpy(other.command.id.id, done.command.id.id, HL_COMMAND_ID_BYTES);
    assert_err(ask(&scene, &other), HL_EEXISTS);
    assert_non_null(strstr(other.command.detail.text, "amount_fen"));
    scene_fini(&scene);
}

/* An id is its caller's. */
static void another_callers_id_is_another(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    struct voucher_issue issue = scene_voucher(1, 100);
    struct ask first = scene_ask(&scene, VOUCHER_BODY_ISSUE, &issue);
    assert_err(ask(&scene, &first), HL_ENOTFOUND);
    scene_issue(&scene, 0);
    issue.id = scene_id(3);
    struct ask other = scene_ask(&scene, VOUCHER_BODY_ISSUE, &issue);
    memcpy(other.command.id.id, first.command.id.id, HL_COMMAND_ID_BYTES);
    other.command.id.caller = hash_bytes(T("another"));
    assert_ok(ask(&scene, &other));
    scene_fini(&scene);
}

static void a_retry_in_the_same_transaction_is_answered_the_same(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    struct voucher_issue issue = scene_voucher(1, 100);
    struct scheme scheme = scene_scheme(&scene, 0);
    struct ask first = scene_ask(&scene, VOUCHER_BODY_ISSUE, &issue);
    struct ask put = scene_ask(&scene, SCHEME_BODY_PUT, &scheme);
    struct ask retry = again(&first);
    struct ask anew = scene_ask(&scene, VOUCHER_BODY_ISSUE, &issue);
    scene_begin(&scene);
    assert_err(scene_run(&scene, &first), HL_ENOTFOUND);
    assert_ok(scene_run(&scene, &put));
    assert_err(scene_run(&scene, &retry), HL_ENOTFOUND);
    assert_ok(scene_run(&scene, &anew));
    scene_commit(&scene);
    assert_int_equal(scene_size(&scene), 3);
    scene_fini(&scene);
}

/* What an aborted transaction refused was never answered. */
static void what_is_aborted_is_not_remembered(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    struct voucher_issue issue = scene_voucher(2, 100);
    struct ask asked = scene_ask(&scene, VOUCHER_BODY_ISSUE, &issue);
    scene_begin(&scene);
    assert_err(scene_run(&scene, &asked), HL_ENOTFOUND);
    scene_abort(&scene);
    scene_issue(&scene, 0);
    struct ask retry = again(&asked);
    assert_ok(ask(&scene, &retry));
    scene_fini(&scene);
}

/* The bound is of a second of the wall clock; what is allowed, and what is
 * repeated, counts for nothing. */
static void beyond_so_many_in_a_second_nothing_is_remembered(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    scene.world.refusals_per_second = 2;
    scene_restart(&scene);
    scene_issue(&scene, 0);
    struct order_place none = scene_place(1, THEIRS);
    struct order_place good = scene_place(2, THEIRS);
    none.voucher = scene_id(2);
    struct ask asks[4];
    for (size_t i = 0; i < 4; i++) {
        asks[i] = scene_ask(&scene, ORDER_BODY_PLACE, &none);
    }
    struct ask allowed = scene_ask(&scene, ORDER_BODY_PLACE, &good);
    assert_err(ask(&scene, &asks[0]), HL_ENOTFOUND);
    assert_err(ask(&scene, &asks[1]), HL_ENOTFOUND);
    uint64_t size = scene_size(&scene);
    assert_err(ask(&scene, &asks[2]), HL_EBUSY);
    assert_err(ask(&scene, &asks[3]), HL_EBUSY);
    assert_int_equal(scene_size(&scene), size);
    expect_same(&scene, &asks[0]);
    assert_ok(ask(&scene, &allowed));
    /* In the next one it is refused for ever, or no more. */
    scene.now.ms += 1000;
    struct ask retry = again(&asks[2]);
    assert_err(ask(&scene, &retry), HL_ENOTFOUND);
    struct voucher_issue issue = scene_voucher(2, 10000);
    scene_do(&scene, VOUCHER_BODY_ISSUE, &issue);
    expect_same(&scene, &retry);
    retry = again(&asks[3]);
    assert_ok(ask(&scene, &retry));
    scene_fini(&scene);
}

/* Its order is not sealed yet: that is to be tried again. */
static void what_waits_for_a_seal_is_not_remembered(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    scene.sealing = true;
    struct scheme scheme = scene_scheme(&scene, 0);
    struct voucher_issue issue = scene_voucher(1, 10000);
    struct order_place place = scene_place(1, OURS);
    struct order_answer accept = {.key = {T(THEIRS), scene_id(1)}};
    struct order_deliver deliver = {.key = accept.key, .price_fen = 2000};
    issue.scheme_version = 1;
    place.key = accept.key;
    place.hold_fen = 1000;
    scene_begin(&scene);
    scene_hear(&scene, SCHEME_BODY_PUT, &scheme, NULL);
    scene_hear(&scene, VOUCHER_BODY_ISSUE, &issue, NULL);
    scene_hear(&scene, ORDER_BODY_PLACE, &place, NULL);
    scene_hear_seal(&scene, 2);
    assert_int_equal(scene_react(&scene), 0);
    scene_commit(&scene);
    scene_do(&scene, ORDER_BODY_ACCEPT, &accept);
    struct ask asked = scene_ask(&scene, ORDER_BODY_DELIVER, &deliver);
    uint64_t size = scene_size(&scene);
    assert_err(ask(&scene, &asked), HL_EUNSEALED);
    assert_int_equal(scene_size(&scene), size);
    scene_begin(&scene);
    scene_hear_seal(&scene, 3);
    scene_commit(&scene);
    struct ask retry = again(&asked);
    assert_ok(ask(&scene, &retry));
    scene_newest_is(&scene, ORDER_BODY_DELIVER, 2);
    scene_fini(&scene);
}

/* A day that a scheme does not state leaves no hole in its text: an entry whose
 * text ends in a space breaks a rule of form. */
static void what_is_not_stated_leaves_no_hole(void **state)
{
    (void)state;
    static const char *const days[][2] = {{"2027-01-01", ""},
                                          {"", "2026-01-01"}};
    struct scene scene;
    scene_init(&scene);
    for (size_t i = 0; i < 2; i++) {
        struct scheme scheme = scene_scheme(&scene, 0);
        scheme.version = i + 1;
        scheme.issue_from = T(days[i][0]);
        scheme.issue_until = T(days[i][1]);
        scene_do(&scene, SCHEME_BODY_PUT, &scheme);
        struct voucher_issue issue = scene_voucher(1, 100);
        issue.scheme_version = i + 1;
        struct ask asked = scene_ask(&scene, VOUCHER_BODY_ISSUE, &issue);
        assert_err(ask(&scene, &asked), HL_ESTATE);
        assert_non_null(strstr(asked.command.detail.text, "issue_closed: "));
    }
    assert_int_equal(scene_findings(&scene), 0);
    scene_fini(&scene);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refusal_is_an_entry_that_says_what_was_answered),
        cmocka_unit_test(it_is_answered_the_same_for_ever),
        cmocka_unit_test(of_each_kind_of_refusal_the_error_is_kept),
        cmocka_unit_test(its_id_with_another_request_names_no_field),
        cmocka_unit_test(another_callers_id_is_another),
        cmocka_unit_test(a_retry_in_the_same_transaction_is_answered_the_same),
        cmocka_unit_test(what_is_aborted_is_not_remembered),
        cmocka_unit_test(beyond_so_many_in_a_second_nothing_is_remembered),
        cmocka_unit_test(what_waits_for_a_seal_is_not_remembered),
        cmocka_unit_test(what_is_not_stated_leaves_no_hole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
