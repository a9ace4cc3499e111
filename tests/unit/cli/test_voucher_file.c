/* SPDX-License-Identifier: Apache-2.0 */

/* Tables of vouchers that are to be issued. */

#include <stdio.h>
#include <string.h>

#include "node/cli/voucher_file.h"
#include "tests/support/support.h"

#define HEADING                                                                \
    "scheme,amount,uscc,name,contact,controller-uscc,"                         \
    "controller-name,county,id\n"
#define FIRM "91410100MA41010086"
#define OTHER "91410300MA4103003F"

static struct voucher_file *open_file(const char *text)
{
    struct voucher_file *file = NULL;
    assert_ok(voucher_file_open(bytes_of_text(text), "t.csv", &file, NULL));
    return file;
}

static struct voucher_row next(struct voucher_file *file)
{
    struct voucher_row row;
    bool more = false;
    assert_ok(voucher_file_next(file, &row, &more, NULL));
    assert_true(more);
    return row;
}

static void release(struct voucher_row *row)
{
    heluo__v1__ledger_command__free_unpacked(row->command, NULL);
}

static void assert_end(struct voucher_file *file)
{
    struct voucher_row row;
    bool more = true;
    assert_ok(voucher_file_next(file, &row, &more, NULL));
    assert_false(more);
    voucher_file_close(&file);
}

static void a_row_is_a_command(void **state)
{
    (void)state;
    struct voucher_file *file =
        open_file("\xef\xbb\xbf" HEADING "zz,\"1,000.50\",９1410100ma41010086,"
                  " 郑州（精密） ,李工,91410300MA4103003f,洛阳控股,郑州,\n");
    struct voucher_row row = next(file);
    assert_ok(row.err);
    const Heluo__V1__LedgerCommand *command = row.command;
    assert_int_equal(row.line, 2);
    assert_int_equal(command->what_case, HELUO__V1__LEDGER_COMMAND__WHAT_ISSUE);
    assert_string_equal(command->issue->scheme, "zz");
    assert_int_equal(command->issue->amount_fen, 100050);
    assert_string_equal(command->issue->county, "410100");
    assert_string_equal(command->holder->uscc, FIRM);
    assert_string_equal(command->holder->name, "郑州（精密）");
    assert_string_equal(command->holder->contact, "李工");
    assert_string_equal(command->controller->uscc, OTHER);
    assert_string_equal(command->controller->name, "洛阳控股");
    /* Its own id is the command's. */
    assert_int_equal(command->command_id.len, LEDGER_ID_BYTES);
    assert_memory_equal(command->command_id.data, row.command_id,
                        LEDGER_ID_BYTES);
    assert_memory_equal(command->issue->id.data, row.command_id,
                        LEDGER_ID_BYTES);
    /* It can be sent. */
    uint8_t packed[1024];
    assert_true(heluo__v1__ledger_command__get_packed_size(command) <
                sizeof(packed));
    heluo__v1__ledger_command__pack(command, packed);
    release(&row);
    assert_end(file);
}

static void headings_may_be_chinese_and_in_any_order(void **state)
{
    (void)state;
    struct voucher_file *file =
        open_file("券号,名称,金额,创新券办法,统一社会信用代码,区县,联系方式,"
                  "实际控制人代码,实际控制人名称,heluo_reason,heluo_refused\n"
                  "0f3c2a9be4d1478892b06c5d7e1fa340,甲,1,zz," FIRM
                  ",410105,,,,former,00\n");
    struct voucher_row row = next(file);
    uint8_t id[LEDGER_ID_BYTES];
    test_unhex("0f3c2a9be4d1478892b06c5d7e1fa340", id, sizeof(id));
    assert_ok(row.err);
    assert_memory_equal(row.command->issue->id.data, id, sizeof(id));
    assert_string_equal(row.command->issue->county, "410105");
    assert_string_equal(row.command->holder->contact, "");
    assert_null(row.command->controller);
    release(&row);
    assert_end(file);
}

static void ids_follow_from_all_bytes_and_the_row(void **state)
{
    (void)state;
    const char *text =
        "scheme,amount,uscc,name\nzz,1," FIRM ",甲\nzz,1," FIRM ",甲\n";
    struct voucher_file *one = open_file(text), *again = open_file(text);
    struct voucher_file *other = open_file("scheme,amount,uscc,name\n"
                                           "zz,1," FIRM ",甲\n"
                                           "zz,1," FIRM ",乙\n");
    struct voucher_row rows[] = {next(one), next(one), next(again),
                                 next(other)};
    assert_memory_equal(rows[0].command_id, rows[2].command_id,
                        LEDGER_ID_BYTES);
    assert_memory_not_equal(rows[0].command_id, rows[1].command_id,
                            LEDGER_ID_BYTES);
    assert_memory_not_equal(rows[0].command_id, rows[3].command_id,
                            LEDGER_ID_BYTES);
    /* For ever: a later program issues nothing twice either. */
    uint8_t first[LEDGER_ID_BYTES];
    test_unhex("5402226ae456115c22ce9da8addd97d1", first, sizeof(first));
    assert_memory_equal(rows[0].command_id, first, sizeof(first));
    for (size_t i = 0; i < 4; i++) {
        release(&rows[i]);
    }
    voucher_file_close(&one);
    voucher_file_close(&again);
    voucher_file_close(&other);
}

static void rows_of_one_line_are_rows_each(void **state)
{
    (void)state;
    static const char row[] =
        "{\"scheme\":\"zz\",\"amount\":1,\"uscc\":\"" FIRM "\",\"name\":\"a\"}";
    char text[512];
    struct voucher_file *file = NULL;
    snprintf(text, sizeof(text), "[%s,%s]", row, row);
    assert_ok(voucher_file_open(bytes_of_text(text), "t.json", &file, NULL));
    struct voucher_row one = next(file), two = next(file);
    assert_int_equal(one.line, two.line);
    assert_memory_not_equal(one.command_id, two.command_id, LEDGER_ID_BYTES);
    release(&one);
    release(&two);
    assert_end(file);
}

static void what_is_wrong_with_a_row_names_its_column(void **state)
{
    (void)state;
    static const struct {
        const char *row, *why;
    } bad[] = {
        {",1," FIRM ",甲,,,,,", "scheme 创新券办法: it is missing"},
        {"zz,," FIRM ",甲,,,,,", "amount 金额: it is missing"},
        {"zz,1.005," FIRM ",甲,,,,,", "amount 金额: '1.005' has more"},
        {"zz,-1," FIRM ",甲,,,,,", "amount 金额: '-1' is less"},
        {"zz,1,,甲,,,,,", "uscc 统一社会信用代码: it is missing"},
        {"zz,1,91410100MA41010087,甲,,,,,", "uscc 统一社会信用代码: "},
        {"zz,1," FIRM ",,,,,,", "name 名称: it is missing"},
        {"zz,1," FIRM ",甲,,123,,,", "controller-uscc 实际控制人代码: "},
        {"zz,1," FIRM ",甲,,,乙,,", "controller-uscc 实际控制人代码: it is"},
        {"zz,1," FIRM ",甲,,,,不存在,", "county 区县: "},
        {"zz,1," FIRM ",甲,,,,,12", "id 券号: '12' is no id"},
        {"zz,1," FIRM ",\"甲", "quote"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char text[512];
        snprintf(text, sizeof(text), HEADING "%s\n", bad[i].row);
        struct voucher_file *file = open_file(text);
        struct voucher_row row = next(file);
        assert_err(row.err, HL_EMALFORMED);
        assert_null(row.command);
        assert_non_null(strstr(row.detail.text, bad[i].why));
        voucher_file_close(&file);
    }
}

static void a_heading_that_is_not_understood_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *heading, *why;
    } bad[] = {
        {"scheme,amount,uscc", "no column has the name (名称)"},
        {"amount,uscc,name", "no column has the scheme (创新券办法)"},
        {"scheme,amount,金额,uscc,name", "two columns have the amount (金额)"},
        {"scheme,amount,uscc,name,备注", "column '备注': it is none"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char text[256];
        struct voucher_file *file = NULL;
        struct hl_detail why = {0};
        snprintf(text, sizeof(text), "%s\n1,1,1,1,1\n", bad[i].heading);
        assert_err(voucher_file_open(bytes_of_text(text), "t.csv", &file, &why),
                   HL_EMALFORMED);
        assert_null(file);
        assert_non_null(strstr(why.text, bad[i].why));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_is_a_command),
        cmocka_unit_test(headings_may_be_chinese_and_in_any_order),
        cmocka_unit_test(ids_follow_from_all_bytes_and_the_row),
        cmocka_unit_test(rows_of_one_line_are_rows_each),
        cmocka_unit_test(what_is_wrong_with_a_row_names_its_column),
        cmocka_unit_test(a_heading_that_is_not_understood_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
