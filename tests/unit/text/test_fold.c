/* SPDX-License-Identifier: Apache-2.0 */
#include "node/text/fold.h"

#include <string.h>

#include "tests/support/support.h"

static void assert_folds(const char *text, const char *expected)
{
    struct writer out = {0};
    fold_text(bytes_of_text(text), &out);
    writer_u8(&out, 0);
    assert_string_equal((const char *)out.data, expected);
    writer_fini(&out);
}

static void width_case_and_accents_make_no_difference(void **state)
{
    (void)state;
    assert_folds("ＪＥＭ－２１００Ｆ", "jem 2100f");
    assert_folds("JEM-2100F", "jem 2100f");
    assert_folds("Zeiß Élan naïve", "zeiss elan naive");
    assert_folds("ｶﾞ", "カ"); /* half-width, its mark apart */
    assert_folds("ガ", "カ");
    assert_folds("10 m² ① ㎏", "10 m2 1 kg");
    assert_folds("İSTANBUL", "istanbul");
}

static void traditional_and_simplified_characters_are_one(void **state)
{
    (void)state;
    assert_folds("掃描電子顯微鏡", "扫描电子显微镜");
    assert_folds("扫描电子显微镜", "扫描电子显微镜");
    assert_folds("質譜儀", "质谱仪");
    assert_folds("乾燥箱", "干燥箱");
    assert_folds("裡裏", "里里");
    assert_folds("神", "神"); /* a compatibility form: U+FA19 */
}

static void what_is_no_letter_and_no_number_is_one_space(void **state)
{
    (void)state;
    assert_folds("  扫描，电镜\t\n(SEM) ", "扫描 电镜 sem");
    assert_folds("a--b", "a b");
    assert_folds("!\"#", "");
    assert_folds("", "");
    assert_folds("soft\xc2\xadhyphen", "softhyphen"); /* is not there */
    assert_folds("a\xff\xfe"
                 "b",
                 "a b");                           /* no UTF-8 */
    assert_folds("OR city:1 +-*\"(", "or city 1"); /* never a syntax */
}

static void names_are_compared_without_spaces(void **state)
{
    (void)state;
    struct writer out = {0};
    fold_compact(bytes_of_text(" ＪＥＭ-2100 掃描，電鏡"), &out);
    assert_true(bytes_equal_text(writer_view(&out), "jem2100扫描电镜"));
    writer_fini(&out);
}

static void each_code_point_knows_where_it_comes_from(void **state)
{
    (void)state;
    struct fold fold;
    struct folded folded;
    fold_begin(&fold, bytes_of_text("。Ａ㎏、鏡"));
    const struct folded expected[] = {
        {'a', 3, 6}, {'k', 6, 9}, {'g', 6, 9}, {' ', 9, 12}, {0x955c, 12, 15},
    };
    for (size_t i = 0; i < 5; i++) {
        assert_true(fold_next(&fold, &folded));
        assert_int_equal(folded.code, expected[i].code);
        assert_int_equal(folded.from, expected[i].from);
        assert_int_equal(folded.to, expected[i].to);
    }
    assert_false(fold_next(&fold, &folded));
    assert_false(fold_next(&fold, &folded));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(width_case_and_accents_make_no_difference),
        cmocka_unit_test(traditional_and_simplified_characters_are_one),
        cmocka_unit_test(what_is_no_letter_and_no_number_is_one_space),
        cmocka_unit_test(names_are_compared_without_spaces),
        cmocka_unit_test(each_code_point_knows_where_it_comes_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
