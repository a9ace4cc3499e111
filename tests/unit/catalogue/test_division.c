/* SPDX-License-Identifier: Apache-2.0 */
#include "node/catalogue/division.h"

#include <string.h>

#include "node/catalogue/division_table.h"
#include "tests/support/support.h"

static const struct division *of_2023(const char *code)
{
    return division_find(2023, bytes_of_text(code));
}

static void the_table_ascends_and_every_row_is_found(void **state)
{
    (void)state;
    assert_int_equal(division_2023_count, 3348);
    for (size_t i = 0; i < division_2023_count; i++) {
        const struct division *row = &division_2023[i];
        assert_ptr_equal(of_2023(row->code), row);
        if (i > 0) {
            assert_true(strcmp(division_2023[i - 1].code, row->code) < 0);
        }
    }
}

static void
cities_and_provinces_that_are_named_exist_and_name_themselves(void **state)
{
    (void)state;
    for (size_t i = 0; i < division_2023_count; i++) {
        const struct division *row = &division_2023[i];
        const struct division *province = of_2023(row->province);
        assert_non_null(province);
        assert_string_equal(province->province, row->province);
        if (row->city[0] != '\0') {
            const struct division *city = of_2023(row->city);
            assert_non_null(city);
            assert_string_equal(city->city, row->city);
        }
    }
}

static void a_city_is_looked_up_and_not_derived_from_digits(void **state)
{
    (void)state;
    assert_string_equal(of_2023("410105")->city, "410100");
    assert_string_equal(of_2023("410100")->city, "410100");
    assert_string_equal(of_2023("419001")->city, "419001");
    assert_string_equal(of_2023("419001")->name_zh, "济源市");
    assert_string_equal(of_2023("419000")->city, "");
    assert_string_equal(of_2023("110101")->city, "110000");
    assert_string_equal(of_2023("110100")->city, "");
    assert_string_equal(of_2023("110000")->city, "110000");
    assert_string_equal(of_2023("410000")->city, "");
    assert_string_equal(of_2023("441900")->city, "441900");
    assert_string_equal(of_2023("371702")->province, "370000");
}

static void a_code_belongs_to_its_list(void **state)
{
    (void)state;
    assert_null(of_2023("371200")); /* withdrawn in 2019 */
    assert_null(of_2023("000000"));
    assert_null(of_2023("999999"));
    assert_null(of_2023("41010"));
    assert_null(of_2023(""));
    assert_false(division_list_known(2019));
    assert_null(division_find(2019, bytes_of_text("410100")));
    assert_true(division_list_known(2023));
}

static void counties_lie_in_most_cities(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        bool has;
    } cases[] = {{"410100", true},  {"110000", true},  {"410102", false},
                 {"419001", false}, {"441900", false}, {"110105", false}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct division *at =
            division_find(2023, bytes_of_text(cases[i].code));
        assert_non_null(at);
        assert_int_equal(division_has_counties(2023, at), cases[i].has);
        assert_false(division_has_counties(2019, at));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_ascends_and_every_row_is_found),
        cmocka_unit_test(
            cities_and_provinces_that_are_named_exist_and_name_themselves),
        cmocka_unit_test(a_city_is_looked_up_and_not_derived_from_digits),
        cmocka_unit_test(a_code_belongs_to_its_list),
        cmocka_unit_test(counties_lie_in_most_cities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
