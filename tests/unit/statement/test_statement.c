/* SPDX-License-Identifier: Apache-2.0 */

/* What makes a statement, and what does not. */

#include <string.h>

#include "tests/unit/statement/statement_sample.h"

#define TEXT(text) (char *)(uintptr_t)(text)

static struct sample sample;

static int set_up(void **state)
{
    (void)state;
    sample_init(&sample);
    return 0;
}

static void assert_refused(hl_err err, const char *why)
{
    struct statement statement = {0};
    struct hl_detail detail = {0};
    assert_err(statement_make(&sample.input, &statement, &detail), err);
    if (strstr(detail.text, why) == NULL) {
        print_error("'%s' is not in '%s'\n", why, detail.text);
        fail();
    }
}

static void lines_add_up_by_partner_and_to_the_net(void **state)
{
    (void)state;
    struct statement statement = sample_statement(&sample);
    static const struct statement_partner wanted[] = {
        {"heze", 125000, 5050, 2},
        {"kaifeng", 0, 20000, 1},
        {"luoyang", 30001, 99, 2},
    };
    assert_int_equal(statement.partner_count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(statement.partners[i].node, wanted[i].node);
        assert_int_equal(statement.partners[i].owed_fen, wanted[i].owed_fen);
        assert_int_equal(statement.partners[i].due_fen, wanted[i].due_fen);
        assert_int_equal(statement.partners[i].lines, wanted[i].lines);
    }
    assert_int_equal(statement.owed_fen, 155001);
    assert_int_equal(statement.due_fen, 25149);
    assert_int_equal(statement.pays_fen, 129852);
    assert_int_equal(statement.gets_fen, 0);
    statement_fini(&statement);
}

static void transfers_of_others_are_none_of_the_nodes(void **state)
{
    (void)state;
    struct statement statement = sample_statement(&sample);
    assert_int_equal(statement.transfer_count, 2);
    assert_string_equal(statement.transfers[1].partner, "luoyang");
    statement_fini(&statement);
}

static enum transfer_state state_of_second(void)
{
    struct statement statement = sample_statement(&sample);
    enum transfer_state state = statement.transfers[1].state;
    statement_fini(&statement);
    return state;
}

static void a_transfer_goes_from_to_pay_to_received(void **state)
{
    (void)state;
    Heluo__V1__TransferView *view = &sample.transfers[1];
    assert_int_equal(state_of_second(), TRANSFER_TO_PAY);
    view->sent_reference = TEXT("77");
    assert_int_equal(state_of_second(), TRANSFER_SENT);
    view->replaced_by = TEXT("heze/1900");
    assert_int_equal(state_of_second(), TRANSFER_REPLACED);
    view->received_day = TEXT("2026-12-14");
    assert_int_equal(state_of_second(), TRANSFER_RECEIVED);
}

static void a_transfer_is_overdue_behind_its_day_in_utc8(void **state)
{
    (void)state;
    const int64_t day_ms = 86400000;
    const int64_t end = INT64_C(1796054400000) + 15 * day_ms;
    sample.input.now.ms = end - 1;
    assert_int_equal(state_of_second(), TRANSFER_TO_PAY);
    sample.input.now.ms = end;
    assert_int_equal(state_of_second(), TRANSFER_OVERDUE);
    sample.transfers[1].sent_reference = TEXT("77");
    assert_int_equal(state_of_second(), TRANSFER_OVERDUE);
}

static void nobody_owes_a_transfer_of_a_cycle_that_is_not_final(void **state)
{
    (void)state;
    sample.cycle.standing = HELUO__V1__CYCLE_STANDING__CYCLE_STANDING_DECLARED;
    assert_int_equal(state_of_second(), TRANSFER_NOT_FINAL);
}

static void nobody_waits_for_a_transfer_of_an_aborted_cycle(void **state)
{
    (void)state;
    sample.cycle.standing = HELUO__V1__CYCLE_STANDING__CYCLE_STANDING_ABORTED;
    assert_int_equal(state_of_second(), TRANSFER_VOID);
}

static void who_is_paid_has_to_get_it(void **state)
{
    (void)state;
    sample.input.node = "kaifeng";
    sample.input.claims = &sample.claim_list[4];
    sample.input.claim_count = 1;
    struct statement statement = sample_statement(&sample);
    assert_int_equal(statement.transfers[0].pays, true);
    statement_fini(&statement);
    sample.transfers[2].from = TEXT("heze");
    sample.transfers[2].to = TEXT("kaifeng");
    sample.claims[4].debtor = TEXT("heze");
    sample.claims[4].creditor = TEXT("kaifeng");
    sample.nets[1].pays_fen = 0;
    sample.nets[1].gets_fen = 20000;
    statement = sample_statement(&sample);
    assert_int_equal(statement.transfers[0].state, TRANSFER_TO_GET);
    statement_fini(&statement);
}

static void a_node_without_lines_has_a_statement_of_nothing(void **state)
{
    (void)state;
    sample.nets[3].pays_fen = 0;
    sample.input.claim_count = 0;
    sample.cycle.n_transfers = 0;
    struct statement statement = sample_statement(&sample);
    assert_int_equal(statement.partner_count, 0);
    assert_int_equal(statement.pays_fen + statement.gets_fen, 0);
    statement_fini(&statement);
}

static void lines_that_do_not_make_the_net_are_refused(void **state)
{
    (void)state;
    sample.claims[0].amount_fen++;
    assert_refused(HL_EMALFORMED,
                   "net of -1298.53, and the cycle has -1298.52");
}

static void a_line_that_is_left_out_is_noticed(void **state)
{
    (void)state;
    sample.input.claim_count--;
    assert_refused(HL_EMALFORMED, "the cycle has -1298.52");
}

static void transfers_that_do_not_make_the_net_are_refused(void **state)
{
    (void)state;
    sample.transfers[0].amount_fen--;
    assert_refused(HL_EMALFORMED, "transfers that do not sum up");
}

static void lines_of_others_are_refused(void **state)
{
    (void)state;
    sample.claims[0].debtor = TEXT("luoyang");
    assert_refused(HL_EMALFORMED, "not between that node and another");
    sample.claims[0].debtor = TEXT("zhengzhou");
    sample.claims[0].creditor = TEXT("zhengzhou");
    assert_refused(HL_EMALFORMED, "not between that node and another");
}

static void a_node_of_no_place_has_no_statement(void **state)
{
    (void)state;
    sample.input.node = "anyang";
    assert_refused(HL_ENOTFOUND, "anyang has no place in cycle heze/1207");
}

static void sums_beyond_64_bits_are_refused(void **state)
{
    (void)state;
    sample.claims[0].amount_fen = UINT64_MAX;
    assert_refused(HL_ELIMIT, "beyond 64 bits");
    sample.claims[0].amount_fen = (uint64_t)INT64_MAX;
    assert_refused(HL_ELIMIT, "beyond 64 bits");
}

static void what_is_no_cycle_is_refused(void **state)
{
    (void)state;
    sample.cycle.name = TEXT("heze/1208");
    assert_refused(HL_EMALFORMED, "no name");
    sample_init(&sample);
    sample.cycle.digest.len = 31;
    assert_refused(HL_EMALFORMED, "a hash that is none");
    sample_init(&sample);
    sample.nets[0].place = 4;
    assert_refused(HL_EMALFORMED, "a net of no place");
    sample_init(&sample);
    sample.stop.issuer = 4;
    assert_refused(HL_EMALFORMED, "a stop of no place");
    sample_init(&sample);
    sample.places[0].root.len = 0;
    assert_refused(HL_EMALFORMED, "a place of the cut that is none");
    sample_init(&sample);
    sample.cycle.decided_leaf.len = 0;
    assert_refused(HL_EMALFORMED, "without its decision");
    sample_init(&sample);
    sample.transfers[1].number = 0;
    assert_refused(HL_EMALFORMED, "not numbered from 0 on");
    sample_init(&sample);
    sample.transfers[0].sent_day = TEXT("2026-02-30");
    assert_refused(HL_EMALFORMED, "whose day is none");
    sample_init(&sample);
    sample.transfers[0].pay_by = TEXT("2026-12-16");
    assert_refused(HL_EMALFORMED, "whose day is none");
}

static void
a_payment_is_named_by_its_transfer_within_35_characters(void **state)
{
    (void)state;
    char name[STATEMENT_PAYMENT_BYTES];
    struct statement statement = sample_statement(&sample);
    statement_payment_name(&statement, &sample.transfers[1], name);
    assert_string_equal(name, "heze/1207/1");
    sample.cycle.name = TEXT("a-name-of-28-characters-zzzz/1207");
    statement_payment_name(&statement, &sample.transfers[1], name);
    assert_string_equal(name, "a-name-of-28-characters-zzzz/1207/1");
    sample.cycle.name = TEXT("a-name-of-29-characters-zzzzz/1207");
    statement_payment_name(&statement, &sample.transfers[1], name);
    assert_string_equal(name, "1e1e1e1e1e1e1e1e1e1e1e1e1e1e/000001");
    statement_fini(&statement);
}

static void yuan_are_exact(void **state)
{
    (void)state;
    char text[STATEMENT_YUAN_BYTES];
    statement_yuan(0, true, text);
    assert_string_equal(text, "0.00");
    statement_yuan(7, true, text);
    assert_string_equal(text, "-0.07");
    statement_yuan(INT64_MAX, true, text);
    assert_string_equal(text, "-92233720368547758.07");
}

int main(void)
{
#define RULE(rule) cmocka_unit_test_setup(rule, set_up)
    const struct CMUnitTest tests[] = {
        RULE(lines_add_up_by_partner_and_to_the_net),
        RULE(transfers_of_others_are_none_of_the_nodes),
        RULE(a_transfer_goes_from_to_pay_to_received),
        RULE(a_transfer_is_overdue_behind_its_day_in_utc8),
        RULE(nobody_owes_a_transfer_of_a_cycle_that_is_not_final),
        RULE(nobody_waits_for_a_transfer_of_an_aborted_cycle),
        RULE(who_is_paid_has_to_get_it),
        RULE(a_node_without_lines_has_a_statement_of_nothing),
        RULE(lines_that_do_not_make_the_net_are_refused),
        RULE(a_line_that_is_left_out_is_noticed),
        RULE(transfers_that_do_not_make_the_net_are_refused),
        RULE(lines_of_others_are_refused),
        RULE(a_node_of_no_place_has_no_statement),
        RULE(sums_beyond_64_bits_are_refused),
        RULE(what_is_no_cycle_is_refused),
        RULE(a_payment_is_named_by_its_transfer_within_35_characters),
        RULE(yuan_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
