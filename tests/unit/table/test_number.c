/* SPDX-License-Identifier: Apache-2.0 */
#include "node/table/number.h"

#include <string.h>

#include "tests/support/support.h"

static void numbers_have_fifteen_digits_and_no_noise(void **state)
{
    (void)state;
    static const struct {
        const char *written;
        const char *shown; /* NULL: no number */
    } cases[] = {
        {"79.500000000000000", "79.5"},
        {"79.599999999999994", "79.6"},
        {"0.30000000000000004", "0.3"},
        {"-1.5", "-1.5"},
        {"1.0", "1"},
        {"0", "0"},
        {"0.0", "0"},
        {"007", "7"},
        {"1E-05", "0.00001"},
        {"1e-7", "0.0000001"},
        {"1e-8", "1e-8"},
        {"1.25e-9", "1.25e-9"},
        {"1e20", "100000000000000000000"},
        {"1e21", "1e21"},
        {"123456789012345678", "123456789012345678"},
        {"123456789012345678901", "123456789012346000000"},
        {"99999999999999.94", "99999999999999.9"},
        {"0x10", NULL},
        {"inf", NULL},
        {"nan", NULL},
        {"1e999", NULL},
        {"", NULL},
        {" 1", NULL},
        {"1 ", NULL},
        {"-", NULL},
        {"1,5", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char text[NUMBER_TEXT_BYTES] = "";
        bool good = number_normalise(bytes_of_text(cases[i].written), text);
        assert_int_equal(good, cases[i].shown != NULL);
        if (good && strcmp(text, cases[i].shown) != 0) {
            fail_msg("%s became %s", cases[i].written, text);
        }
    }
}

static void formats_of_dates_are_known_by_their_letters(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        enum number_kind kind;
    } cases[] = {
        {"General", NUMBER_PLAIN},
        {"0.00", NUMBER_PLAIN},
        {"0.00E+00", NUMBER_PLAIN},
        {"#,##0.00 \"yards\"", NUMBER_PLAIN},
        {"[Red]0", NUMBER_PLAIN},
        {"[$¥-804]#,##0", NUMBER_PLAIN},
        {"0\\d", NUMBER_PLAIN},
        {"@", NUMBER_PLAIN},
        {"yyyy/m/d", NUMBER_DATE},
        {"YYYY-MM-DD", NUMBER_DATE},
        {"yyyy\"年\"m\"月\"d\"日\";@", NUMBER_DATE},
        {"[$-804]yyyy年m月", NUMBER_DATE},
        {"[$-404]e/m/d", NUMBER_DATE},
        {"mmm", NUMBER_DATE},
        {"d/m/yy h:mm", NUMBER_DATE},
        {"h:mm AM/PM", NUMBER_TIME},
        {"mm:ss.0", NUMBER_TIME},
        {"[h]:mm:ss", NUMBER_PLAIN},
        {"[mm]:ss", NUMBER_PLAIN},
        {"0;yyyy", NUMBER_PLAIN},
        {"\"", NUMBER_PLAIN},
        {"\\", NUMBER_PLAIN},
        {"[", NUMBER_PLAIN},
        {"", NUMBER_PLAIN},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        if (number_kind_of_code(bytes_of_text(cases[i].code)) !=
            cases[i].kind) {
            fail_msg("%s", cases[i].code);
        }
    }
    assert_int_equal(number_kind_of_id(0), NUMBER_PLAIN);
    assert_int_equal(number_kind_of_id(14), NUMBER_DATE);
    assert_int_equal(number_kind_of_id(20), NUMBER_TIME);
    assert_int_equal(number_kind_of_id(46), NUMBER_PLAIN);
}

static void days_are_dates_in_both_systems(void **state)
{
    (void)state;
    static const struct {
        double days;
        enum number_kind kind;
        bool is_1904;
        const char *shown; /* NULL: no day */
    } cases[] = {
        {1, NUMBER_DATE, false, "1900-01-01"},
        {59, NUMBER_DATE, false, "1900-02-28"},
        {60, NUMBER_DATE, false, "1900-02-29"},
        {61, NUMBER_DATE, false, "1900-03-01"},
        {42370, NUMBER_DATE, false, "2016-01-01"},
        {42429, NUMBER_DATE, false, "2016-02-29"},
        {40967, NUMBER_DATE, true, "2016-02-29"},
        {2958465, NUMBER_DATE, false, "9999-12-31"},
        {2958466, NUMBER_DATE, false, NULL},
        {2958465, NUMBER_DATE, true, NULL},
        {0, NUMBER_DATE, true, "1904-01-01"},
        {-1, NUMBER_DATE, false, NULL},
        {1e300, NUMBER_DATE, false, NULL},
        {42370.999999, NUMBER_DATE, false, "2016-01-02"},
        {42370.5, NUMBER_DATE, false, "2016-01-01 12:00:00"},
        {0.25, NUMBER_TIME, false, "06:00:00"},
        {1.25, NUMBER_TIME, false, NULL},
        {5, NUMBER_PLAIN, false, NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char text[NUMBER_TEXT_BYTES] = "";
        bool good =
            number_date(cases[i].days, cases[i].kind, cases[i].is_1904, text);
        assert_int_equal(good, cases[i].shown != NULL);
        assert_string_equal(good ? text : "", good ? cases[i].shown : "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_have_fifteen_digits_and_no_noise),
        cmocka_unit_test(formats_of_dates_are_known_by_their_letters),
        cmocka_unit_test(days_are_dates_in_both_systems),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
