/* SPDX-License-Identifier: Apache-2.0 */
#include "node/catalogue/subject.h"

#include "node/catalogue/nrii_table.h"
#include "tests/support/support.h"
#include "tests/unit/catalogue/code_files.h"

static void is_found(size_t row, char *const *columns, void *context)
{
    (void)context;
    const struct subject *subject = &nrii_subjects[row];
    assert_string_equal(subject->code, columns[0]);
    assert_string_equal(subject->name_zh, columns[1]);
    assert_ptr_equal(subject_find(bytes_of_text(columns[0])), subject);
    assert_ptr_equal(subject_find_name(bytes_of_text(columns[1])), subject);
}

static void the_table_is_the_file_and_every_row_is_found(void **state)
{
    (void)state;
    assert_int_equal(
        code_file_each("nrii_subject_codes.tsv", '\t', is_found, NULL), 62);
    assert_int_equal(nrii_subjects_count, 62);
    name_index_check(&nrii_subjects_names, 62);
}

static void codes_are_exact_and_names_are_narrowed(void **state)
{
    (void)state;
    assert_string_equal(
        subject_find_name(bytes_of_text("　航空、航天 科学技术 "))->code,
        "590");
    assert_null(subject_find(bytes_of_text("15")));
    assert_null(subject_find(bytes_of_text("1500")));
    assert_null(subject_find(bytes_of_text("")));
    assert_null(subject_find_name(bytes_of_text("化")));
    assert_null(subject_find_name(bytes_of_text("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_the_file_and_every_row_is_found),
        cmocka_unit_test(codes_are_exact_and_names_are_narrowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
