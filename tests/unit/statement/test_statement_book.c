/* SPDX-License-Identifier: Apache-2.0 */

/* A statement as an hledger journal; what hledger makes of it. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/statement/render.h"
#include "tests/unit/statement/golden.h"
#include "tests/unit/statement/statement_sample.h"

#define TEXT(text) (char *)(uintptr_t)(text)

static struct sample sample;
static struct writer out;

static int set_up(void **state)
{
    (void)state;
    sample_init(&sample);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    writer_fini(&out);
    return 0;
}

static void make(void)
{
    struct statement statement = sample_statement(&sample);
    struct hl_detail detail = {0};
    writer_clear(&out);
    assert_ok(statement_journal(&statement, &out, &detail));
    statement_fini(&statement);
}

/* What hledger prints of the journal; fails where it fails. */
static void ask_hledger(const char *command, char *answer, size_t size)
{
    char line[256];
    write_here("statement.journal", writer_view(&out));
    snprintf(line, sizeof(line),
             "LC_ALL=C.UTF-8 hledger -f statement.journal %s", command);
    FILE *pipe = popen(line, "r");
    assert_non_null(pipe);
    size_t got = fread(answer, 1, size - 1, pipe);
    answer[got] = '\0';
    assert_int_equal(pclose(pipe), 0);
}

static void need_hledger(void)
{
    if (system("command -v hledger >/dev/null") != 0) {
        print_message("hledger is not there\n");
        assert_null(getenv("HELUO_NO_SKIP"));
        skip();
    }
}

static void assert_books(const char *balances)
{
    char answer[4096];
    make();
    ask_hledger("check --strict", answer, sizeof(answer));
    ask_hledger("balance --flat --no-total --format "
                "'%(account) %(total)'",
                answer, sizeof(answer));
    assert_string_equal(answer, balances);
}

static void journal_is_as_in_the_file(void **state)
{
    (void)state;
    make();
    assert_golden(&out, "statement.journal");
}

static void what_is_left_is_still_to_be_paid(void **state)
{
    (void)state;
    need_hledger();
    assert_books("assets:bank ¥-1000.00\n"
                 "assets:in-transit:heze ¥1000.00\n"
                 "equity:ledger ¥1298.52\n"
                 "liabilities:clearing:heze ¥-1000.00\n"
                 "liabilities:clearing:luoyang ¥-298.52\n");
}

static void what_was_received_is_paid(void **state)
{
    (void)state;
    need_hledger();
    sample.transfers[0].received_day = TEXT("2026-12-04");
    sample.transfers[1].received_day = TEXT("2026-12-05");
    assert_books("assets:bank ¥-1298.52\n"
                 "equity:ledger ¥1298.52\n");
}

/* It stands in a later cycle's books, also where it was paid after all. */
static void what_was_counted_anew_goes_back_to_the_ledger(void **state)
{
    (void)state;
    need_hledger();
    sample.transfers[0].replaced_by = TEXT("heze/1900");
    sample.transfers[1].replaced_by = TEXT("heze/1900");
    sample.transfers[1].received_day = TEXT("2027-01-05");
    assert_books("assets:bank ¥-1298.52\n"
                 "assets:in-transit:heze ¥1000.00\n"
                 "equity:ledger ¥298.52\n");
}

static void who_is_paid_has_it_at_the_bank(void **state)
{
    (void)state;
    need_hledger();
    sample.input.node = "kaifeng";
    sample.input.claims = &sample.claim_list[4];
    sample.input.claim_count = 1;
    sample.claims[4].debtor = TEXT("heze");
    sample.claims[4].creditor = TEXT("kaifeng");
    sample.nets[1].pays_fen = 0;
    sample.nets[1].gets_fen = 20000;
    sample.transfers[2].from = TEXT("heze");
    sample.transfers[2].to = TEXT("kaifeng");
    assert_books("assets:clearing:heze ¥200.00\n"
                 "equity:ledger ¥-200.00\n");
    sample.transfers[2].received_day = TEXT("2026-12-05");
    assert_books("assets:bank ¥200.00\n"
                 "equity:ledger ¥-200.00\n");
    sample.transfers[2].replaced_by = TEXT("heze/1900");
    assert_books("assets:bank ¥200.00\n"
                 "equity:ledger ¥-200.00\n");
}

static void nothing_that_is_not_final_stands_in_books(void **state)
{
    (void)state;
    struct hl_detail detail = {0};
    sample.cycle.standing = HELUO__V1__CYCLE_STANDING__CYCLE_STANDING_VOID;
    struct statement statement = sample_statement(&sample);
    assert_err(statement_journal(&statement, &out, &detail), HL_ESTATE);
    assert_int_equal(out.size, 0);
    statement_fini(&statement);
}

int main(void)
{
#define RULE(rule) cmocka_unit_test_setup_teardown(rule, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        RULE(journal_is_as_in_the_file),
        RULE(what_is_left_is_still_to_be_paid),
        RULE(what_was_received_is_paid),
        RULE(what_was_counted_anew_goes_back_to_the_ledger),
        RULE(who_is_paid_has_it_at_the_bank),
        RULE(nothing_that_is_not_final_stands_in_books),
    };
    return cmocka_run_group_tests(tests, here_begin, here_end);
}
