/* SPDX-License-Identifier: Apache-2.0 */

/* What each body moves from account to account; and that accounts stay within
 * what they hold. */

#include "node/ledger/posting.h"

#include "node/ledger/order.h"
#include "tests/support/support.h"

#define T(text) bytes_of_text(text)

static struct posting got[POSTINGS_MAX];

static void expect(size_t i, enum ledger_account from, enum ledger_account to,
                   const char *partner, uint64_t fen)
{
    assert_int_equal(got[i].from, from);
    assert_int_equal(got[i].to, to);
    assert_true(bytes_equal_text(got[i].partner, partner));
    assert_int_equal(got[i].fen, fen);
}

static void expect_one(uint32_t body, const void *record,
                       enum ledger_account from, enum ledger_account to,
                       const char *partner, uint64_t fen)
{
    assert_int_equal(postings_of(body, record, 0, got), 1);
    expect(0, from, to, partner, fen);
}

static void expect_none(uint32_t body, const void *record)
{
    assert_int_equal(postings_of(body, record, 0, got), 0);
}

static void a_scheme_moves_what_its_budget_grows_or_shrinks_by(void **state)
{
    (void)state;
    struct scheme scheme = {.budget_fen = 1000};
    expect_one(SCHEME_BODY_PUT, &scheme, ACCOUNT_FUND, ACCOUNT_BUDGET, "",
               1000);
    assert_int_equal(postings_of(SCHEME_BODY_PUT, &scheme, 400, got), 1);
    expect(0, ACCOUNT_FUND, ACCOUNT_BUDGET, "", 600);
    assert_int_equal(postings_of(SCHEME_BODY_PUT, &scheme, 1001, got), 1);
    expect(0, ACCOUNT_BUDGET, ACCOUNT_FUND, "", 1);
    assert_int_equal(postings_of(SCHEME_BODY_PUT, &scheme, 1000, got), 0);
    scheme.budget_fen = 0;
    expect_none(SCHEME_BODY_PUT, &scheme);
}

static void vouchers_move_between_budget_and_issued(void **state)
{
    (void)state;
    struct voucher_issue issue = {.amount_fen = 7};
    struct voucher_ended ended = {.amount_fen = 5};
    expect_one(VOUCHER_BODY_ISSUE, &issue, ACCOUNT_BUDGET, ACCOUNT_ISSUED, "",
               7);
    expect_one(VOUCHER_BODY_END, &ended, ACCOUNT_ISSUED, ACCOUNT_BUDGET, "", 5);
    ended.amount_fen = 0; /* all of it is held */
    expect_none(VOUCHER_BODY_END, &ended);
}

static void a_hold_is_of_what_is_issued_and_goes_where_it_says(void **state)
{
    (void)state;
    struct order_place place = {.price_fen = 100, .hold_fen = 9};
    struct order_release release = {.amount_fen = 8};
    struct order_deny deny = {.amount_fen = 7};
    expect_one(ORDER_BODY_PLACE, &place, ACCOUNT_ISSUED, ACCOUNT_HELD, "", 9);
    expect_one(ORDER_BODY_RELEASE, &release, ACCOUNT_HELD, ACCOUNT_ISSUED, "",
               8);
    expect_one(ORDER_BODY_DENY, &deny, ACCOUNT_HELD, ACCOUNT_ISSUED, "", 7);
    release.to_budget = deny.to_budget = 1;
    expect_one(ORDER_BODY_RELEASE, &release, ACCOUNT_HELD, ACCOUNT_BUDGET, "",
               8);
    expect_one(ORDER_BODY_DENY, &deny, ACCOUNT_HELD, ACCOUNT_BUDGET, "", 7);
}

static void a_capture_is_owed_or_settled_and_has_a_rest(void **state)
{
    (void)state;
    struct order_capture capture = {
        .capture_fen = 6, .rest_fen = 4, .creditor = T("luoyang")};
    assert_int_equal(postings_of(ORDER_BODY_CAPTURE, &capture, 0, got), 2);
    expect(0, ACCOUNT_HELD, ACCOUNT_PAYABLE, "luoyang", 6);
    expect(1, ACCOUNT_HELD, ACCOUNT_ISSUED, "", 4);
    capture.to_budget = 1;
    capture.creditor = T("");
    assert_int_equal(postings_of(ORDER_BODY_CAPTURE, &capture, 0, got), 2);
    expect(0, ACCOUNT_HELD, ACCOUNT_SETTLED, "", 6);
    expect(1, ACCOUNT_HELD, ACCOUNT_BUDGET, "", 4);
    capture.rest_fen = 0;
    expect_one(ORDER_BODY_CAPTURE, &capture, ACCOUNT_HELD, ACCOUNT_SETTLED, "",
               6);
    /* Nothing of it is worth a fen: the rest is with nobody. */
    capture = (struct order_capture){.rest_fen = 10, .creditor = T("luoyang")};
    expect_one(ORDER_BODY_CAPTURE, &capture, ACCOUNT_HELD, ACCOUNT_ISSUED, "",
               10);
}

static void an_adjustment_is_owed_to_the_issuer(void **state)
{
    (void)state;
    struct order_adjust adjust = {.issuer = T("zhengzhou"), .amount_fen = 3};
    expect_one(ORDER_BODY_ADJUST, &adjust, ACCOUNT_ADJUSTED, ACCOUNT_PAYABLE,
               "zhengzhou", 3);
}

static void words_move_nothing(void **state)
{
    (void)state;
    static const uint32_t words[] = {
        ORDER_BODY_ACCEPT,  ORDER_BODY_DECLINE, ORDER_BODY_DELIVER,
        ORDER_BODY_DISPUTE, ORDER_BODY_RESOLVE, ORDER_BODY_CONFIRM,
        ORDER_BODY_CANCEL,  ORDER_BODY_REVIEW,  LEDGER_BODY_REFUSED,
        ORDER_BODY_WAIT,    ORDER_BODY_REQUEST, ORDER_BODY_HOLD_DENY,
    };
    union record_room record;
    for (size_t i = 0; i < sizeof(record); i++) {
        record.bytes[i] = 1;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        expect_none(words[i], &record);
    }
    expect_none(1, &record); /* a unit */
    expect_none(UINT32_MAX, &record);
}

/* --- Accounts. ------------------------------------------------------------ */

static void an_account_has_room_up_to_the_largest_of_63_bits(void **state)
{
    (void)state;
    struct account account = {.debit_fen = INT64_MAX - 1, .credit_fen = 5};
    assert_true(account_has_room(&account, 1, 0));
    assert_false(account_has_room(&account, 2, 0));
    assert_true(account_has_room(&account, 0, INT64_MAX - 5));
    assert_false(account_has_room(&account, 0, INT64_MAX - 4));
    assert_false(account_has_room(&account, UINT64_MAX, 0));
    assert_false(account_has_room(&account, 0, UINT64_MAX));
    account.debit_fen = INT64_MAX;
    assert_true(account_has_room(&account, 0, 0));
    assert_false(account_has_room(&account, 1, 0));
    assert_int_equal(account_balance_fen(&account), 5 - INT64_MAX);
    account.credit_fen = INT64_MAX;
    account.debit_fen = 0;
    assert_int_equal(account_balance_fen(&account), INT64_MAX);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scheme_moves_what_its_budget_grows_or_shrinks_by),
        cmocka_unit_test(vouchers_move_between_budget_and_issued),
        cmocka_unit_test(a_hold_is_of_what_is_issued_and_goes_where_it_says),
        cmocka_unit_test(a_capture_is_owed_or_settled_and_has_a_rest),
        cmocka_unit_test(an_adjustment_is_owed_to_the_issuer),
        cmocka_unit_test(words_move_nothing),
        cmocka_unit_test(an_account_has_room_up_to_the_largest_of_63_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
