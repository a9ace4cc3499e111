/* SPDX-License-Identifier: Apache-2.0 */

/* Amounts of money as people write them. */

#include <string.h>

#include "node/cli/yuan.h"
#include "tests/support/support.h"

static void amounts_are_read_to_the_fen(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t fen;
    } good[] = {
        {"1", 100},
        {"0.01", 1},
        {"0.1", 10},
        {"12.30", 1230},
        {" 7 ", 700},
        {"20,000.00", 2000000},
        {"１２．５", 1250},
        /* No double holds this one. */
        {"10000000000000.00", UINT64_C(1000000000000000)},
        {"9007199254740.93", UINT64_C(900719925474093)},
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        uint64_t fen = 0;
        assert_ok(yuan_parse(bytes_of_text(good[i].text), &fen, NULL));
        assert_int_equal(fen, good[i].fen);
    }
}

static void anything_else_is_no_amount(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        hl_err err;
        const char *why;
    } bad[] = {
        {"", HL_EMALFORMED, "no amount"},
        {"ten", HL_EMALFORMED, "no number"},
        {"1e3", HL_EMALFORMED, "no number"},
        {"0x10", HL_EMALFORMED, "no number"},
        {"1.2.3", HL_EMALFORMED, "no number"},
        {"1,5", HL_EMALFORMED, "no number"},
        {"¥5", HL_EMALFORMED, "no number"},
        {"+5", HL_EMALFORMED, "no number"},
        {"-5", HL_EMALFORMED, "less than nothing"},
        {"－5", HL_EMALFORMED, "less than nothing"},
        {"-0.00", HL_EMALFORMED, "less than nothing"},
        {"0", HL_EMALFORMED, "nothing"},
        {"0.00", HL_EMALFORMED, "nothing"},
        {"1.005", HL_EMALFORMED, "decimals"},
        {"0.001", HL_EMALFORMED, "decimals"},
        {"1.000", HL_EMALFORMED, "decimals"},
        {"10000000000000.01", HL_ELIMIT, "too large"},
        {"184467440737095516.16", HL_ELIMIT, "too large"},
        {"184467440737095516.17", HL_ELIMIT, "too large"},
        {"99999999999999999999999999", HL_ELIMIT, "too large"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct hl_detail why = {0};
        uint64_t fen = 4711;
        assert_err(yuan_parse(bytes_of_text(bad[i].text), &fen, &why),
                   bad[i].err);
        assert_non_null(strstr(why.text, bad[i].why));
        assert_int_equal(fen, 4711);
    }
}

static void a_text_without_end_is_no_amount(void **state)
{
    (void)state;
    char text[5000];
    uint64_t fen = 0;
    memset(text, '1', sizeof(text));
    assert_err(yuan_parse(bytes_of(text, sizeof(text)), &fen, NULL),
               HL_EMALFORMED);
}

static void amounts_have_two_decimals(void **state)
{
    (void)state;
    static const struct {
        int64_t fen;
        const char *text;
    } shown[] = {
        {0, "0.00"},
        {7, "0.07"},
        {-7, "-0.07"},
        {123456, "1234.56"},
        {-100, "-1.00"},
        {INT64_MAX, "92233720368547758.07"},
        {INT64_MIN, "-92233720368547758.08"},
    };
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        char text[YUAN_TEXT_BYTES];
        yuan_format(shown[i].fen, text);
        assert_string_equal(text, shown[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amounts_are_read_to_the_fen),
        cmocka_unit_test(anything_else_is_no_amount),
        cmocka_unit_test(a_text_without_end_is_no_amount),
        cmocka_unit_test(amounts_have_two_decimals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
