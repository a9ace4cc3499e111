/* SPDX-License-Identifier: Apache-2.0 */
#include "node/catalogue/nation.h"

#include "node/catalogue/nrii_table.h"
#include "tests/support/support.h"
#include "tests/unit/catalogue/code_files.h"

static const struct nation *of(const char *name)
{
    return nation_find(bytes_of_text(name));
}

static void is_found(size_t row, char *const *columns, void *context)
{
    (void)context;
    assert_string_equal(nrii_nations[row].name_zh, columns[1]);
    assert_ptr_equal(of(columns[1]), &nrii_nations[row]);
}

static void the_table_is_the_file_and_every_name_is_found(void **state)
{
    (void)state;
    assert_int_equal(
        code_file_each("nrii_nation_names.tsv", '\t', is_found, NULL), 240);
    assert_int_equal(nrii_nations_count, 240);
    name_index_check(&nrii_nations_names, 240);
}

static void width_and_blanks_of_a_name_do_not_matter(void **state)
{
    (void)state;
    assert_string_equal(of("刚果(布)")->name_zh, "刚果（布）");
    assert_string_equal(of("科科斯（基林）群岛")->name_zh, "科科斯(基林)群岛");
    assert_string_equal(of(" 德　国\t")->name_zh, "德国");
}

static void another_name_of_a_nation_is_not_guessed(void **state)
{
    (void)state;
    assert_null(of("俄罗斯"));
    assert_null(of("USA"));
    assert_null(of("无"));
    assert_null(of(" "));
    assert_null(of(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_the_file_and_every_name_is_found),
        cmocka_unit_test(width_and_blanks_of_a_name_do_not_matter),
        cmocka_unit_test(another_name_of_a_nation_is_not_guessed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
