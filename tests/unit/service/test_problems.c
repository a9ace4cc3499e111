/* SPDX-License-Identifier: Apache-2.0 */
#include "node/service/problems.h"

#include <stdio.h>
#include <string.h>

#include "protocol/base/text.h"
#include "tests/support/support.h"

static const int64_t hour_ms = 3600000;

/* All is well. */
static struct node_facts healthy(void)
{
    return (struct node_facts){
        .now = {.ms = 1795262400000},
        .certificate_until = {.ms = 1795262400000 + 90 * 24 * hour_ms},
        .crl_until = {.ms = 1795262400000 + 7 * 24 * hour_ms},
        .store_bytes = 1 << 20,
        .store_max_bytes = 1 << 30,
        .disk_free_bytes = 50ull << 30,
        .connections = 10,
        .connections_max = 100,
    };
}

/* The one problem that those facts have. */
static struct problem only(const struct node_facts *facts)
{
    struct problem found[PROBLEMS_MAX];
    assert_int_equal(problems_find(facts, found), 1);
    assert_true(text_utf8_valid(bytes_of_text(found[0].text_en)));
    assert_true(text_utf8_valid(bytes_of_text(found[0].text_zh)));
    assert_null(strchr(found[0].text_en, '%'));
    assert_null(strchr(found[0].text_zh, '%'));
    return found[0];
}

static void a_healthy_node_has_no_problem(void **state)
{
    (void)state;
    struct node_facts facts = healthy();
    struct problem found[PROBLEMS_MAX];
    assert_int_equal(problems_find(&facts, found), 0);
}

static void refused_writes_say_why_in_both_languages(void **state)
{
    (void)state;
    static const hl_err refusals[] = {
        HL_EFULL, HL_EMARK, HL_ECLOCK, HL_EFLUSH, HL_ENOKEY, HL_EENDED, HL_EIO};
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct node_facts facts = healthy();
        facts.refusal = hl_fail(&facts.why, refusals[i], "the very cause 原因");
        struct problem problem = only(&facts);
        assert_string_equal(problem.code, hl_err_name(refusals[i]));
        assert_true(problem.urgent);
        assert_non_null(strstr(problem.text_en, "the very cause"));
        assert_non_null(strstr(problem.text_zh, "the very cause"));
    }
}

static void certificates_are_told_of_before_and_after_their_end(void **state)
{
    (void)state;
    struct node_facts facts = healthy();
    facts.certificate_until.ms = facts.now.ms + 73 * hour_ms;
    assert_string_equal(only(&facts).code, "certificate-soon");
    assert_non_null(strstr(only(&facts).text_en, "in 3 days"));
    assert_false(only(&facts).urgent);
    facts.certificate_until.ms = facts.now.ms;
    assert_string_equal(only(&facts).code, "certificate-ended");
    assert_true(only(&facts).urgent);
    facts = healthy();
    facts.crl_until.ms = facts.now.ms + 47 * hour_ms;
    assert_non_null(strstr(only(&facts).text_en, "in 47 hours"));
    facts.crl_until.ms = facts.now.ms - 1;
    assert_string_equal(only(&facts).code, "crl-ended");
    facts.crl_until.ms = 0; /* not known */
    struct problem found[PROBLEMS_MAX];
    assert_int_equal(problems_find(&facts, found), 0);
}

static void room_that_runs_out_is_told(void **state)
{
    (void)state;
    struct node_facts facts = healthy();
    facts.disk_free_bytes = 500ull << 20;
    assert_non_null(strstr(only(&facts).text_en, "500 MiB"));
    facts = healthy();
    facts.store_bytes = facts.store_max_bytes / 100 * 91;
    assert_string_equal(only(&facts).code, "store-nearly-full");
    facts = healthy();
    facts.connections = 95;
    assert_string_equal(only(&facts).code, "connections-nearly-full");
    assert_non_null(strstr(only(&facts).text_en, "raise connections"));
    facts = healthy();
    facts.findings = 3;
    assert_non_null(strstr(only(&facts).text_en, "3 findings"));
}

static void who_let_this_node_in_no_more_are_named(void **state)
{
    (void)state;
    struct node_facts facts = healthy();
    snprintf(facts.ended_by, sizeof(facts.ended_by), "luoyang, shandong");
    struct problem problem = only(&facts);
    assert_string_equal(problem.code, "ended-by");
    assert_non_null(strstr(problem.text_en, "luoyang, shandong"));
    assert_non_null(strstr(problem.text_zh, "luoyang, shandong"));
}

static void a_search_that_is_away_is_told_once(void **state)
{
    (void)state;
    struct node_facts facts = healthy();
    facts.search_loading = true;
    facts.search_records = 46000;
    assert_string_equal(only(&facts).code, "search-loading");
    assert_non_null(strstr(only(&facts).text_en, "46000 records"));
    assert_non_null(strstr(only(&facts).text_zh, "46000 条"));
    facts.search_silent = true;
    assert_string_equal(only(&facts).code, "search-away");
    facts = healthy();
    facts.search_no_room = true;
    assert_string_equal(only(&facts).code, "search-disk-full");
    assert_false(only(&facts).urgent);
}

static void what_a_disk_changed_and_nobody_has_is_told(void **state)
{
    (void)state;
    struct node_facts facts = healthy();
    facts.damaged = 2;
    hl_fail(&facts.damaged_why, HL_EDAMAGED, "journal zy/a: restore it");
    struct problem problem = only(&facts);
    assert_string_equal(problem.code, "store-damaged");
    assert_true(problem.urgent);
    assert_non_null(strstr(problem.text_en, "in 2 places"));
    assert_non_null(strstr(problem.text_en, "journal zy/a: restore it"));
    assert_non_null(strstr(problem.text_zh, "2 处损坏"));
}

static void what_an_operator_must_mend_before_a_restart_is_told(void **state)
{
    (void)state;
    struct node_facts facts = healthy();
    facts.config = HL_ECONFIG;
    hl_fail(&facts.config_why, HL_ECONFIG, "heluod.conf:14: no such key");
    assert_string_equal(only(&facts).code, "config-wrong");
    assert_non_null(strstr(only(&facts).text_en, "heluod.conf:14"));
    facts = healthy();
    facts.charter_contested = true;
    assert_string_equal(only(&facts).code, "charter-contested");
    assert_non_null(strstr(only(&facts).text_zh, "heluo charter follow"));
}

static void whose_journal_is_not_kept_yet_is_told(void **state)
{
    (void)state;
    struct node_facts facts = healthy();
    snprintf(facts.unkept, sizeof(facts.unkept), "luoyang, shandong");
    struct problem problem = only(&facts);
    assert_string_equal(problem.code, "keeper-waits");
    assert_false(problem.urgent);
    assert_non_null(strstr(problem.text_en, "of: luoyang, shandong. It"));
    assert_non_null(strstr(problem.text_zh, "luoyang, shandong"));
}

static void exposure_is_told_from_four_fifths_on(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        size_t at;
    } rows[] = {
        {"exposure-allotted-high", offsetof(struct node_facts, allotted_high)},
        {"exposure-allotted-full", offsetof(struct node_facts, allotted_full)},
        {"exposure-unsealed-high", offsetof(struct node_facts, unsealed_high)},
        {"exposure-unsealed-full", offsetof(struct node_facts, unsealed_full)},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct node_facts facts = healthy();
        strcpy((char *)&facts + rows[i].at, "luoyang, shandong");
        struct problem problem = only(&facts);
        assert_string_equal(problem.code, rows[i].code);
        assert_false(problem.urgent);
        assert_non_null(strstr(problem.text_en, ": luoyang, shandong. "));
        assert_non_null(strstr(problem.text_zh, "：luoyang, shandong。"));
    }
}

static void what_clearing_waits_for_is_said(void **state)
{
    (void)state;
    struct node_facts held = healthy(), overdue = healthy(), waits = healthy();
    held.cycles_held = 2;
    overdue.transfers_overdue = 3;
    snprintf(waits.proposal_waits, sizeof(waits.proposal_waits), "for luoyang");
    struct problem first = only(&held), second = only(&overdue);
    struct problem third = only(&waits);
    assert_string_equal(first.code, "clearing-held");
    assert_non_null(strstr(first.text_zh, "2"));
    assert_string_equal(second.code, "clearing-overdue");
    assert_non_null(strstr(second.text_en, "3"));
    assert_string_equal(third.code, "clearing-waits");
    assert_non_null(strstr(third.text_en, "for luoyang"));
}

static void long_reasons_are_cut_and_never_overrun(void **state)
{
    (void)state;
    struct node_facts facts = healthy();
    memset(facts.why.text, 'x', sizeof(facts.why.text) - 1);
    facts.refusal = HL_EFULL;
    memset(facts.reload_why.text, 'y', sizeof(facts.reload_why.text) - 1);
    facts.reload = HL_EIO;
    struct problem found[PROBLEMS_MAX];
    assert_int_equal(problems_find(&facts, found), 2);
    for (int i = 0; i < 2; i++) {
        assert_true(strlen(found[i].text_en) < PROBLEM_TEXT_BYTES);
        assert_true(strlen(found[i].text_zh) < PROBLEM_TEXT_BYTES);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_healthy_node_has_no_problem),
        cmocka_unit_test(refused_writes_say_why_in_both_languages),
        cmocka_unit_test(certificates_are_told_of_before_and_after_their_end),
        cmocka_unit_test(room_that_runs_out_is_told),
        cmocka_unit_test(who_let_this_node_in_no_more_are_named),
        cmocka_unit_test(a_search_that_is_away_is_told_once),
        cmocka_unit_test(what_a_disk_changed_and_nobody_has_is_told),
        cmocka_unit_test(what_an_operator_must_mend_before_a_restart_is_told),
        cmocka_unit_test(whose_journal_is_not_kept_yet_is_told),
        cmocka_unit_test(exposure_is_told_from_four_fifths_on),
        cmocka_unit_test(what_clearing_waits_for_is_said),
        cmocka_unit_test(long_reasons_are_cut_and_never_overrun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
