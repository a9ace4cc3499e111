/* SPDX-License-Identifier: Apache-2.0 */

/* The clearing desk's table of accounts. */

#include <string.h>

#include "node/statement/accounts.h"
#include "tests/support/support.h"
#include "tests/unit/statement/golden.h"

#define HEADING "node,name,account,bank_code,bank\n"
#define HEZE "heze,菏泽市科学技术局,4100-22X,102100000021,中国银行菏泽分行\n"

static void assert_refused(const char *text, hl_err err, const char *why)
{
    struct accounts accounts = {0};
    struct hl_detail detail = {0};
    write_here("accounts.csv", bytes_of_text(text));
    assert_err(accounts_read("accounts.csv", &accounts, &detail), err);
    if (strstr(detail.text, why) == NULL) {
        print_error("'%s' is not in '%s'\n", why, detail.text);
        fail();
    }
    assert_int_equal(accounts.count, 0);
}

static void assert_read(const char *text, size_t count)
{
    struct accounts accounts = {0};
    struct hl_detail detail = {0};
    write_here("accounts.csv", bytes_of_text(text));
    assert_ok(accounts_read("accounts.csv", &accounts, &detail));
    assert_int_equal(accounts.count, count);
    const struct account *heze = accounts_find(&accounts, "heze");
    assert_non_null(heze);
    assert_string_equal(heze->name, "菏泽市科学技术局");
    assert_string_equal(heze->account, "4100-22X");
    assert_string_equal(heze->bank_code, "102100000021");
    assert_string_equal(heze->bank, "中国银行菏泽分行");
    assert_null(accounts_find(&accounts, "luoyang"));
    accounts_fini(&accounts);
}

static void columns_are_known_by_both_names_in_any_order(void **state)
{
    (void)state;
    assert_read(HEADING HEZE, 1);
    assert_read(
        "\xef\xbb\xbf开户行,联行号,备注,账号,户名,节点\n"
        "中国银行菏泽分行,102100000021,,4100-22X,菏泽市科学技术局,heze\n",
        1);
}

static void what_is_missing_is_named(void **state)
{
    (void)state;
    assert_refused("node,name,account,bank\nheze,a,1,b\n", HL_EMALFORMED,
                   "no column bank_code (联行号)");
    assert_refused(HEADING "heze,,1,102100000021,b\n", HL_EMALFORMED,
                   "name (户名) ''");
}

static void values_that_are_none_are_refused(void **state)
{
    (void)state;
    assert_refused(HEADING "Heze,a,1,102100000021,b\n", HL_EMALFORMED,
                   "node (节点) 'Heze'");
    /* As a spreadsheet mangles them. */
    assert_refused(HEADING "heze,a,6.22848E+18,102100000021,b\n", HL_EMALFORMED,
                   "account (账号) '6.22848E+18'");
    assert_refused(HEADING "heze,a,12345678901234567890123456789012345,"
                           "102100000021,b\n",
                   HL_EMALFORMED, "account");
    assert_refused(HEADING "heze,a,1,10210000002,b\n", HL_EMALFORMED,
                   "bank_code (联行号) '10210000002'");
    assert_refused(HEADING "heze,a\xe2\x80\xae"
                           "b,1,102100000021,b\n",
                   HL_EMALFORMED, "name");
    assert_refused(HEADING "heze,a\xef\xbf\xbf,1,102100000021,b\n",
                   HL_EMALFORMED, "name");
}

static void a_name_has_up_to_140_characters(void **state)
{
    (void)state;
    struct writer text = {0};
    for (size_t length = 140; length <= 141; length++) {
        writer_clear(&text);
        writer_text(&text, HEADING HEZE "kaifeng,");
        for (size_t i = 0; i < length; i++) {
            writer_text(&text, "开");
        }
        writer_text(&text, ",1,102100000021,b\n");
        writer_u8(&text, 0);
        if (length == 140) {
            assert_read((const char *)text.data, 2);
        } else {
            assert_refused((const char *)text.data, HL_EMALFORMED, "name");
        }
    }
    writer_fini(&text);
}

static void a_node_has_one_account(void **state)
{
    (void)state;
    assert_refused(HEADING HEZE HEZE, HL_EMALFORMED,
                   "heze has an account above already");
}

static void a_file_that_is_not_there_is_told(void **state)
{
    (void)state;
    struct accounts accounts = {0};
    struct hl_detail detail = {0};
    assert_err(accounts_read("none.csv", &accounts, &detail), HL_ENOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_known_by_both_names_in_any_order),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(values_that_are_none_are_refused),
        cmocka_unit_test(a_name_has_up_to_140_characters),
        cmocka_unit_test(a_node_has_one_account),
        cmocka_unit_test(a_file_that_is_not_there_is_told),
    };
    return cmocka_run_group_tests(tests, here_begin, here_end);
}
