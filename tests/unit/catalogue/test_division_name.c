/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "node/catalogue/division.h"
#include "node/catalogue/division_table.h"
#include "tests/support/support.h"
#include "tests/unit/catalogue/code_files.h"

static hl_err find(const char *province, const char *city, const char *county,
                   const struct division **at, struct hl_detail *detail)
{
    struct division_names names = {bytes_of_text(province), bytes_of_text(city),
                                   bytes_of_text(county)};
    return division_find_names(2023, &names, at, detail);
}

static void is(const char *province, const char *city, const char *county,
               const char *code)
{
    const struct division *at = NULL;
    struct hl_detail detail = {0};
    hl_err err = find(province, city, county, &at, &detail);
    if (err != HL_OK) {
        print_error("%s %s %s: %s\n", province, city, county, detail.text);
    }
    assert_int_equal(err, HL_OK);
    assert_string_equal(at->code, code);
}

static void is_refused(const char *province, const char *city,
                       const char *county, const char *text)
{
    const struct division *at = NULL;
    struct hl_detail detail = {0};
    assert_int_equal(find(province, city, county, &at, &detail), HL_ENOTFOUND);
    assert_null(at);
    assert_string_equal(detail.text, text);
}

/* --- the whole list ----------------------------------------------------- */

static void area_is_found_by_its_names(size_t row, char *const *columns,
                                       void *context)
{
    (void)row;
    (void)context;
    const struct division *at = division_find(2023, bytes_of_text(columns[0]));
    assert_non_null(at);
    assert_string_equal(at->name_zh, columns[1]);
    const struct division *province =
        division_find(2023, bytes_of_text(at->province));
    const struct division *city = division_find(2023, bytes_of_text(at->city));
    is(province->name_zh, city->name_zh, at->name_zh, at->code);
    is("", city->name_zh, at->name_zh, at->code);
}

static void city_is_found_by_its_names(size_t row, char *const *columns,
                                       void *context)
{
    (void)row;
    (void)context;
    const struct division *at = division_find(2023, bytes_of_text(columns[0]));
    assert_non_null(at);
    assert_string_equal(at->name_zh, columns[1]);
    if (at->city[0] != '\0') {
        is(columns[2], columns[1], "", at->code);
        is("", columns[1], "", at->code);
    } else { /* a slot */
        const struct division *found = NULL;
        assert_int_equal(find(columns[2], columns[1], "", &found, NULL), HL_OK);
        assert_string_equal(found->code, found->province);
    }
}

static void every_place_of_the_list_is_found_by_its_names(void **state)
{
    (void)state;
    assert_int_equal(code_file_each("division_2023_areas.csv", ',',
                                    area_is_found_by_its_names, NULL),
                     2978);
    assert_int_equal(code_file_each("division_2023_cities.tsv", '\t',
                                    city_is_found_by_its_names, NULL),
                     342);
    name_index_check(&division_2023_names, division_2023_count);
    name_index_check(&division_2023_bares, division_2023_bares.count);
}

/* --- traps -------------------------------------------------------------- */

static void a_county_is_looked_up_inside_its_city(void **state)
{
    (void)state;
    is("江苏省", "南京市", "鼓楼区", "320106");
    is("江苏省", "徐州市", "鼓楼区", "320302");
    is("福建省", "福州市", "鼓楼区", "350102");
    is("河南省", "开封市", "鼓楼区", "410204");
    is("河南省", "", "鼓楼区", "410204");
    is_refused("江苏省", "", "鼓楼区",
               "2 places have the name \"鼓楼区\", 320106 among them");
    is_refused("", "", "鼓楼区", "a county without its city or province");
    is_refused("河南省", "郑州市", "鼓楼区",
               "no county named \"鼓楼区\" in 郑州市");
}

static void the_city_of_a_municipality_is_itself_and_never_a_slot(void **state)
{
    (void)state;
    is("北京市", "", "", "110000");
    is("北京市", "市辖区", "", "110000");
    is("北京市", "北京市", "", "110000");
    is("", "北京市", "", "110000");
    is("北京市", "市辖区", "市辖区", "110000");
    is("北京市", "市辖区", "海淀区", "110108");
    is("北京", "北京", "海淀", "110108");
    is("", "北京市", "海淀区", "110108");
    is("北京市", "", "朝阳区", "110105");
    is("重庆市", "县", "城口县", "500229");
    is("重庆市", "市辖区", "城口县", "500229");
    is("河南省", "郑州市", "市辖区", "410100");
    is_refused("", "市辖区", "", "no place is named");
    is_refused("上海市", "市辖区", "海淀区",
               "no county named \"海淀区\" in 上海市");
}

static void jiyuan_is_a_city_of_its_own(void **state)
{
    (void)state;
    is("河南省", "济源市", "", "419001");
    is("河南省", "济源市", "济源市", "419001");
    is("河南省", "", "济源市", "419001");
    is("河南省", "省直辖县级行政区划", "济源市", "419001");
    is("", "济源", "", "419001");
    is("河南省", "省直辖县级行政区划", "", "410000");
    is("湖北省", "神农架", "", "429021");
    is("新疆维吾尔自治区", "自治区直辖县级行政区划", "石河子市", "659001");
}

static void what_kind_of_place_it_is_may_be_left_out_where_unique(void **state)
{
    (void)state;
    is("河南", "郑州", "中原", "410102");
    is("", "郑州", "", "410100");
    is("内蒙古", "锡林郭勒", "", "152500");
    is("广西", "南宁", "", "450100");
    is("新疆", "伊犁", "", "654000");
    is("湖北", "恩施", "恩施", "422801");
    is("吉林", "吉林", "", "220200");
    is("云南", "德宏", "", "533100");
    is("云南", "临沧", "双江", "530925");
    is("河南", "安阳", "安阳", "410522");
    /* A city whose one county has its name. */
    is("甘肃", "嘉峪关", "", "620200");
    is("甘肃", "嘉峪关", "嘉峪关", "620201");
    is("甘肃", "", "嘉峪关市", "620201");
    is_refused("新疆", "伊犁", "伊宁",
               "2 places have the name \"伊宁\", 654002 among them");
    is_refused("新疆", "喀什", "喀", "no county named \"喀\" in 喀什地区");
}

static void width_and_blanks_of_a_name_do_not_matter(void **state)
{
    (void)state;
    is(" 河南省", "郑州市　", "中 原 区", "410102");
}

static void names_are_not_completed_from_the_middle(void **state)
{
    (void)state;
    is_refused("河", "", "", "no province named \"河\"");
    is_refused("河南省", "中原", "", "no city named \"中原\" in 河南省");
    is_refused("河南省", "济南市", "", "no city named \"济南市\" in 河南省");
    is_refused("", "", "", "no place is named");
    is_refused("", "　", " ", "no place is named");
    const struct division *at = NULL;
    struct division_names names = {bytes_of_text("河南省"), bytes_of_text(""),
                                   bytes_of_text("")};
    assert_int_equal(division_find_names(2019, &names, &at, NULL),
                     HL_EUNSUPPORTED);
}

/* --- withdrawn ---------------------------------------------------------- */

static void codes_after(const char *now, const char *code)
{
    for (const char *at = now; *at != '\0'; at += at[6] == ',' ? 7 : 6) {
        if (division_find(2023, bytes_of(at, 6)) == NULL) {
            print_error("%s: now %s\n", code, now);
        }
        assert_non_null(division_find(2023, bytes_of(at, 6)));
        assert_true(at[6] == ',' || at[6] == '\0');
    }
    assert_true(now[0] != '\0');
}

static void withdrawn_is_found(size_t row, char *const *columns, void *context)
{
    (void)context;
    const struct division_withdrawn *at = &division_withdrawn[row];
    assert_string_equal(at->code, columns[0]);
    assert_string_equal(at->name_zh, columns[1]);
    assert_int_equal(at->year, strtoul(columns[2], NULL, 10));
    assert_string_equal(at->now, columns[3]);
    struct bytes code = bytes_of_text(columns[0]);
    assert_ptr_equal(division_find_withdrawn(code), at);
    assert_null(division_find(2023, code));
    codes_after(at->now, at->code);
    uint8_t space[NAME_KEY_BYTES];
    struct bytes name = bytes_of_text(at->name_zh);
    assert_true(bytes_equal(name_key(name, space), name));
}

static void a_withdrawn_code_has_places_of_the_list_for_it(void **state)
{
    (void)state;
    assert_int_equal(code_file_each("division_withdrawn.tsv", '\t',
                                    withdrawn_is_found, NULL),
                     3237);
    assert_int_equal(division_withdrawn_count, 3237);
    assert_null(division_find_withdrawn(bytes_of_text("410100")));
    assert_null(division_find_withdrawn(bytes_of_text("41")));
}

static void looks_up(const char *code, hl_err err, const char *text)
{
    const struct division *at = NULL;
    struct hl_detail detail = {0};
    assert_int_equal(division_lookup(2023, bytes_of_text(code), &at, &detail),
                     err);
    assert_string_equal(detail.text, text);
    assert_int_equal(at != NULL, err == HL_OK);
}

static void a_withdrawn_code_is_answered_with_what_lies_there_now(void **state)
{
    (void)state;
    looks_up("371200", HL_ENOTFOUND,
             "371200 莱芜市 was withdrawn in 2018; now there: 370116,370117");
    looks_up("410306", HL_ENOTFOUND,
             "410306 吉利区 was withdrawn in 2021; now there: 410308");
    looks_up("410100", HL_OK, "");
    looks_up("999999", HL_ENOTFOUND, "no division has the code 999999");
    looks_up("", HL_ENOTFOUND, "no division has the code ");
    const struct division *at = NULL;
    assert_int_equal(division_lookup(1990, bytes_of_text("410100"), &at, NULL),
                     HL_EUNSUPPORTED);
    is_refused("山东省", "莱芜市", "",
               "莱芜市 (371200) was withdrawn in 2018; now there: "
               "370116,370117");
    is_refused("河南省", "洛阳市", "孟津县",
               "孟津县 (410322) was withdrawn in 2021; now there: 410308");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_place_of_the_list_is_found_by_its_names),
        cmocka_unit_test(a_county_is_looked_up_inside_its_city),
        cmocka_unit_test(the_city_of_a_municipality_is_itself_and_never_a_slot),
        cmocka_unit_test(jiyuan_is_a_city_of_its_own),
        cmocka_unit_test(what_kind_of_place_it_is_may_be_left_out_where_unique),
        cmocka_unit_test(width_and_blanks_of_a_name_do_not_matter),
        cmocka_unit_test(names_are_not_completed_from_the_middle),
        cmocka_unit_test(a_withdrawn_code_has_places_of_the_list_for_it),
        cmocka_unit_test(a_withdrawn_code_is_answered_with_what_lies_there_now),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
