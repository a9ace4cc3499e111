/* SPDX-License-Identifier: Apache-2.0 */

/* Foreign text on a terminal: nothing of it acts, and columns are right. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/cli/term.h"
#include "tests/support/support.h"

/* What is shown of a text; the caller frees it. */
static char *shown(const char *text, size_t columns)
{
    char *out = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&out, &size);
    assert_non_null(file);
    term_put_padded(file, text, columns);
    fclose(file);
    return out;
}

static void assert_shown(const char *text, const char *wanted)
{
    char *out = shown(text, 0);
    assert_string_equal(out, wanted);
    free(out);
}

static void plain_text_is_shown_as_it_is(void **state)
{
    (void)state;
    assert_shown("", "");
    assert_shown("Zhengzhou University", "Zhengzhou University");
    assert_shown("郑州大学 é \xf0\xa0\x80\x80", "郑州大学 é \xf0\xa0\x80\x80");
}

static void what_acts_on_a_terminal_is_shown_as_a_question_mark(void **state)
{
    (void)state;
    assert_shown("a\x1b[2Jb", "a?[2Jb");
    assert_shown("a\nb\tc\x7f", "a?b?c?");
    assert_shown("\xc2\x9b\x31m", "?1m"); /* CSI of C1 */
    assert_shown("\xe2\x80\xae"
                 "x",
                 "?x"); /* turns the direction */
    assert_shown("\xe2\x81\xa6"
                 "x",
                 "?x");
    assert_shown("\xef\xbb\xbf"
                 "x",
                 "?x"); /* invisible */
}

static void what_is_not_utf8_is_shown_as_question_marks(void **state)
{
    (void)state;
    assert_shown("\xff", "?");
    assert_shown("\xe9\x83", "??"); /* cut short */
    assert_shown("\xe9\x83"
                 "a",
                 "??a");
    assert_shown("\xc0\xaf", "??");      /* overlong */
    assert_shown("\xed\xa0\x80", "???"); /* surrogate */
    assert_shown("\xf8\x88\x80\x80\x80", "?????");
}

static void chinese_takes_two_columns(void **state)
{
    (void)state;
    assert_int_equal(term_columns(""), 0);
    assert_int_equal(term_columns("abc"), 3);
    assert_int_equal(term_columns("郑州"), 4);
    assert_int_equal(term_columns("（A）"), 5);
    assert_int_equal(term_columns("e\xcc\x81"), 1); /* e and its accent */
    assert_int_equal(term_columns("\xf0\xa0\x80\x80"), 2);
    assert_int_equal(term_columns("\x1b"), 1);
    char *out = shown("郑州", 6);
    assert_string_equal(out, "郑州  ");
    free(out);
}

static void columns_of_a_table_stand_below_one_another(void **state)
{
    (void)state;
    struct term_table table = {.column_count = 2};
    char *out = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&out, &size);
    assert_non_null(file);
    term_table_add(&table, (const char *const[]){"郑州", "one"});
    term_table_add(&table, (const char *const[]){"ab", "two"});
    term_table_print(&table, file);
    term_table_add(&table, (const char *const[]){"x", "on a later page"});
    term_table_print(&table, file);
    fclose(file);
    assert_string_equal(out, "郑州  one\nab    two\nx     on a later page\n");
    free(out);
    term_table_fini(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_is_shown_as_it_is),
        cmocka_unit_test(what_acts_on_a_terminal_is_shown_as_a_question_mark),
        cmocka_unit_test(what_is_not_utf8_is_shown_as_question_marks),
        cmocka_unit_test(chinese_takes_two_columns),
        cmocka_unit_test(columns_of_a_table_stand_below_one_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
