/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/base/text.h"

#include <string.h>

#include "tests/support/support.h"

static void utf8_is_that_of_rfc_3629(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {"", true},
        {"a\n", true},
        {"\xe6\xb2\xb3\xe6\xb4\x9b", true},
        {"\xf0\x9f\x94\xac", true},
        {"\xf4\x8f\xbf\xbf", true},
        {"\x80", false},
        {"\xc0\xaf", false},
        {"\xc1\xbf", false},
        {"\xe0\x9f\xbf", false},
        {"\xed\xa0\x80", false},
        {"\xf0\x8f\xbf\xbf", false},
        {"\xf4\x90\x80\x80", false},
        {"\xf5\x80\x80\x80", false},
        {"\xe6\xb2", false},
        {"\xe6\xb2x", false},
        {"\xff", false},
        {"eight of\xe6\xb2\xb3 them", true},
        {"seven o\xe6\xb2\xb3 them", true},
        {"eight of them\xff", false},
        {"sixteen of them.\xff", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(text_utf8_valid(bytes_of_text(cases[i].text)),
                         cases[i].good);
    }
}

static void decimals_have_one_form_and_a_bound(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t max;
        bool good;
    } cases[] = {
        {"0", 0, true},
        {"10", 10, true},
        {"18446744073709551615", UINT64_MAX, true},
        {"18446744073709551616", UINT64_MAX, false},
        {"99999999999999999999", UINT64_MAX, false},
        {"11", 10, false},
        {"", 10, false},
        {"00", 10, false},
        {"01", 10, false},
        {"+1", 10, false},
        {"-1", 10, false},
        {" 1", 10, false},
        {"1 ", 10, false},
        {"0x1", 10, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t value = 77;
        hl_err err =
            text_decimal(bytes_of_text(cases[i].text), cases[i].max, &value);
        assert_int_equal(err == HL_OK, cases[i].good);
        assert_true(err == HL_OK || value == 77);
    }
}

static void labels_and_domains_are_lower_case_dns(void **state)
{
    (void)state;
    char longest[65];
    memset(longest, 'a', sizeof(longest));
    assert_true(text_is_label(bytes_of(longest, 63)));
    assert_false(text_is_label(bytes_of(longest, 64)));
    static const char *const bad[] = {"", "-a", "a-", "A", "a_b", "a.b", "a b"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(text_is_label(bytes_of_text(bad[i])));
    }
    assert_true(text_is_domain(bytes_of_text("zhongyuan.example")));
    assert_true(text_is_domain(bytes_of_text("a.b-c.0")));
    assert_false(text_is_domain(bytes_of_text("a..b")));
    assert_false(text_is_domain(bytes_of_text(".a")));
    assert_false(text_is_domain(bytes_of_text("a.")));
    assert_false(text_is_domain(bytes_of_text("")));
}

static void lines_end_in_lf(void **state)
{
    (void)state;
    struct lines lines;
    struct bytes line;
    lines_init(&lines, bytes_of_text("one\n\nthree"));
    assert_true(lines_next(&lines, &line));
    assert_true(bytes_equal_text(line, "one"));
    assert_true(lines_next(&lines, &line));
    assert_int_equal(line.size, 0);
    assert_int_equal(lines.number, 2);
    assert_false(lines_next(&lines, &line));
    assert_false(lines_at_end(&lines));
    assert_true(bytes_equal_text(lines_rest(&lines), "three"));
}

static void fields_are_separated_by_single_spaces(void **state)
{
    (void)state;
    struct bytes fields[3];
    assert_int_equal(text_fields(bytes_of_text("a b c d"), fields, 3), 3);
    assert_true(bytes_equal_text(fields[1], "b"));
    assert_true(bytes_equal_text(fields[2], "c d"));
    assert_int_equal(text_fields(bytes_of_text("a"), fields, 3), 1);
    static const char *const bad[] = {"", " a", "a ", "a  b"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(text_fields(bytes_of_text(bad[i]), fields, 3), 0);
    }
}

static void the_well_formed_front_ends_before_the_first_wrong_byte(void **state)
{
    (void)state;
    assert_int_equal(text_utf8_prefix(bytes_of_text("")), 0);
    assert_int_equal(text_utf8_prefix(bytes_of_text("ab\xe6\x98\xbe")), 5);
    assert_int_equal(text_utf8_prefix(bytes_of_text("ab\xe6\x98")), 2);
    assert_int_equal(text_utf8_prefix(bytes_of_text("0123456789\xca,")), 10);
    assert_int_equal(text_utf8_prefix(bytes_of_text("\xff")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_is_that_of_rfc_3629),
        cmocka_unit_test(
            the_well_formed_front_ends_before_the_first_wrong_byte),
        cmocka_unit_test(decimals_have_one_form_and_a_bound),
        cmocka_unit_test(labels_and_domains_are_lower_case_dns),
        cmocka_unit_test(lines_end_in_lf),
        cmocka_unit_test(fields_are_separated_by_single_spaces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
