/* SPDX-License-Identifier: Apache-2.0 */
#include "node/catalogue/instrument_class.h"

#include <string.h>

#include "node/catalogue/nrii_table.h"
#include "tests/support/support.h"
#include "tests/unit/catalogue/code_files.h"

static const struct instrument_class *of_nrii(const char *code)
{
    return instrument_class_find(bytes_of_text("nrii"), bytes_of_text(code));
}

static struct instrument_class_named by_name(const char *name)
{
    return instrument_class_find_name(bytes_of_text("nrii"),
                                      bytes_of_text(name));
}

static struct instrument_class_comparison compare(const char *code,
                                                  const char *name)
{
    return instrument_class_compare(bytes_of_text("nrii"), bytes_of_text(code),
                                    bytes_of_text(name));
}

/* --- the list ----------------------------------------------------------- */

static void is_found(size_t row, char *const *columns, void *context)
{
    size_t *levels = context;
    const struct instrument_class *class = &nrii_classes[row];
    assert_string_equal(class->code, columns[0]);
    assert_string_equal(class->parent, columns[1]);
    assert_int_equal(class->level, columns[2][0] - '0');
    assert_string_equal(class->name_zh, columns[3]);
    assert_ptr_equal(of_nrii(columns[0]), class);
    struct instrument_class_named named = by_name(columns[3]);
    bool among = named.count > CLASS_NAMED_MAX;
    for (size_t i = 0; i < named.count && i < CLASS_NAMED_MAX; i++) {
        among = among || named.items[i] == class;
    }
    assert_true(among);
    levels[class->level]++;
}

static void the_table_is_the_file_and_every_row_is_found(void **state)
{
    (void)state;
    size_t levels[4] = {0};
    assert_int_equal(code_file_each("nrii_instrument_class_codes.tsv", '\t',
                                    is_found, levels),
                     739);
    assert_int_equal(nrii_classes_count, 739);
    assert_int_equal(levels[CLASS_MAJOR], 15);
    assert_int_equal(levels[CLASS_MIDDLE], 93);
    assert_int_equal(levels[CLASS_MINOR], 631);
    name_index_check(&nrii_classes_names, 739);
}

static void every_class_lies_in_one_of_the_level_above(void **state)
{
    (void)state;
    for (size_t i = 0; i < nrii_classes_count; i++) {
        const struct instrument_class *class = &nrii_classes[i];
        const struct instrument_class *parent = instrument_class_parent(class);
        if (class->level == CLASS_MAJOR) {
            assert_null(parent);
        } else {
            assert_non_null(parent);
            assert_int_equal(parent->level, class->level - 1);
            assert_memory_equal(parent->code, class->code,
                                2 * (size_t)parent->level);
        }
        if (i > 0) {
            assert_true(strcmp(nrii_classes[i - 1].code, class->code) < 0);
        }
    }
    const struct instrument_class *middle =
        instrument_class_parent(of_nrii("020101"));
    assert_string_equal(middle->name_zh, "力学性能测试仪器");
    assert_string_equal(instrument_class_parent(middle)->name_zh,
                        "物理性能测试仪器");
}

static void a_name_may_be_of_several_classes(void **state)
{
    (void)state;
    assert_int_equal(by_name("有机质谱仪").count, 1);
    assert_string_equal(by_name("有机质谱仪").items[0]->code, "010201");
    struct instrument_class_named analysers = by_name("频谱分析仪");
    assert_int_equal(analysers.count, 2);
    assert_string_equal(analysers.items[0]->code, "030905");
    assert_string_equal(analysers.items[1]->code, "040108");
    assert_int_equal(by_name("其他").count, 88);
    assert_string_equal(by_name("其他").items[0]->code, "010199");
    assert_int_equal(by_name("没有这种仪器").count, 0);
    assert_int_equal(by_name("").count, 0);
}

static void width_blanks_and_case_of_a_name_do_not_matter(void **state)
{
    (void)state;
    assert_string_equal(by_name("ＰＣＲ仪").items[0]->code, "011011");
    assert_string_equal(by_name(" pcr 仪　").items[0]->code, "011011");
    assert_string_equal(by_name("孔隙度/比表面测量仪").items[0]->code,
                        "020503");
    assert_string_equal(
        by_name("（273.15-1234.93）K温度基准装置").items[0]->code, "030201");
    assert_string_equal(by_name("(273.15-1234.93)K温度基准装置").items[0]->code,
                        "030201");
}

static void a_name_longer_than_any_is_nobodys(void **state)
{
    (void)state;
    char name[NAME_KEY_BYTES + 2];
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    assert_int_equal(by_name(name).count, 0);
    assert_int_equal(compare("010201", name).verdict, CLASS_NAME_UNKNOWN);
    /* And is quoted without its end, which is not inside a character. */
    assert_int_equal(name_shown(bytes_of_text(name)).size, NAME_SHOWN_BYTES);
    memcpy(name + NAME_SHOWN_BYTES - 2, "仪", strlen("仪"));
    assert_int_equal(name_shown(bytes_of_text(name)).size,
                     NAME_SHOWN_BYTES - 2);
    assert_int_equal(name_shown(bytes_of_text("仪")).size, strlen("仪"));
}

/* --- another scheme ----------------------------------------------------- */

static void codes_of_another_scheme_are_never_taken_for_nriis(void **state)
{
    (void)state;
    struct bytes other = bytes_of_text("zhejiang-2019");
    assert_true(instrument_class_scheme_known(bytes_of_text("nrii")));
    assert_false(instrument_class_scheme_known(other));
    assert_false(instrument_class_scheme_known(bytes_of_text("NRII")));
    assert_false(instrument_class_scheme_known(bytes_of_text("")));
    assert_null(instrument_class_find(other, bytes_of_text("010201")));
    assert_int_equal(
        instrument_class_find_name(other, bytes_of_text("有机质谱仪")).count,
        0);
    struct instrument_class_comparison comparison = instrument_class_compare(
        other, bytes_of_text("040000"), bytes_of_text("天文仪器"));
    assert_int_equal(comparison.verdict, CLASS_NOT_CHECKED);
    assert_null(comparison.of_code);
    assert_int_equal(comparison.of_name.count, 0);
}

/* --- a zero that a spreadsheet dropped ---------------------------------- */

static void heals_to(const char *text, const char *code, bool healed)
{
    char out[CLASS_CODE_DIGITS + 1];
    bool said = !healed;
    assert_int_equal(
        instrument_class_heal(bytes_of_text(text), out, &said, NULL), HL_OK);
    assert_string_equal(out, code);
    assert_int_equal(said, healed);
}

static void a_dropped_zero_is_put_back_and_said(void **state)
{
    (void)state;
    heals_to("10201", "010201", true);
    heals_to("010201", "010201", false);
    heals_to("110101", "110101", false);
    heals_to(" １０２０１ ", "010201", true);
    heals_to("０１０２０１", "010201", false);
    heals_to("01 02 01", "010201", false);
}

static void what_is_no_code_is_not_made_one(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",        "1020",   "102",
                                        "0102011", "01020a", "-10201",
                                        "1020.1",  "无",     "质谱仪"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char code[CLASS_CODE_DIGITS + 1] = "before";
        bool healed = true;
        struct hl_detail detail = {0};
        assert_int_equal(instrument_class_heal(bytes_of_text(wrong[i]), code,
                                               &healed, &detail),
                         HL_EMALFORMED);
        assert_string_equal(code, "before");
        assert_true(healed);
        assert_non_null(strstr(detail.text, "six digits"));
    }
}

/* --- code and name ------------------------------------------------------ */

static void explains(const char *code, const char *name, hl_err err,
                     const char *text)
{
    struct instrument_class_comparison comparison = compare(code, name);
    struct hl_detail detail = {0};
    assert_int_equal(instrument_class_explain(&comparison, bytes_of_text(code),
                                              bytes_of_text(name), &detail),
                     err);
    assert_string_equal(detail.text, text);
}

static void
a_name_agrees_that_is_the_codes_or_of_a_class_around_it(void **state)
{
    (void)state;
    assert_int_equal(compare("010201", "有机质谱仪").verdict, CLASS_AGREES);
    assert_int_equal(compare("010201", "质谱仪器").verdict, CLASS_AGREES);
    assert_int_equal(compare("010201", " 分析仪器　").verdict, CLASS_AGREES);
    assert_int_equal(compare("050503", "合成孔径雷达").verdict, CLASS_AGREES);
    assert_int_equal(compare("070702", "合成孔径雷达").verdict, CLASS_AGREES);
    assert_int_equal(compare("010199", "其他").verdict, CLASS_AGREES);
    assert_int_equal(compare("990000", "其他仪器").verdict, CLASS_AGREES);
    assert_int_equal(compare("010201", "").verdict, CLASS_NOT_CHECKED);
    assert_int_equal(compare("010201", "　 ").verdict, CLASS_NOT_CHECKED);
    explains("010201", "有机质谱仪", HL_OK, "");
    explains("010201", "", HL_OK, "");
}

/* 12 major classes, of which 04 is 天文, 08 电子测量 and 12 其他 (domain notes,
 * 1.2): the form of each code is good. */
static void
codes_of_the_other_order_of_major_classes_are_found_out(void **state)
{
    (void)state;
    explains(
        "040000", "天文仪器", HL_EMALFORMED,
        "040000 is \"电子测量仪器\", but \"天文仪器\" is 080000: a code of "
        "another list?");
    explains(
        "080000", "电子测量仪器", HL_EMALFORMED,
        "080000 is \"天文仪器\", but \"电子测量仪器\" is 040000: a code of "
        "another list?");
    explains(
        "120000", "其他仪器", HL_EMALFORMED,
        "120000 is \"工艺实验设备\", but \"其他仪器\" is 990000: a code of "
        "another list?");
    explains(
        "040203", "射电望远镜", HL_EMALFORMED,
        "040203 is \"信号开发和截获测量系统\", but \"射电望远镜\" is 080203: "
        "a code of another list?");
    /* And 080103 示波器, which here is 天体照相仪. */
    struct instrument_class_comparison comparison = compare("080103", "示波器");
    assert_int_equal(comparison.verdict, CLASS_NAME_OF_OTHER);
    assert_string_equal(comparison.of_code->name_zh, "天体照相仪");
    assert_int_equal(comparison.of_name.count, 1);
    assert_string_equal(comparison.of_name.items[0]->code, "040103");
}

static void of_several_classes_of_the_name_the_nearest_are_said(void **state)
{
    (void)state;
    struct instrument_class_comparison comparison =
        compare("040103", "频谱分析仪");
    assert_int_equal(comparison.verdict, CLASS_NAME_OF_OTHER);
    assert_int_equal(comparison.of_name.count, 1);
    assert_string_equal(comparison.of_name.items[0]->code, "040108");
    comparison = compare("040401", "频谱分析仪");
    assert_int_equal(comparison.of_name.count, 1);
    explains(
        "010101", "频谱分析仪", HL_EMALFORMED,
        "010101 is \"透射电镜\", but \"频谱分析仪\" is 030905 or 040108: a "
        "code of another list?");
    explains(
        "010101", "其他", HL_EMALFORMED,
        "010101 is \"透射电镜\", but \"其他\" is 010199: a code of another "
        "list?");
    explains("140101", "其他", HL_EMALFORMED,
             "140101 is \"激光器\", but \"其他\" is 149900: a code of another "
             "list?");
}

static void what_the_list_does_not_have_is_said(void **state)
{
    (void)state;
    explains("010298", "有机质谱仪", HL_ENOTFOUND,
             "no class has the code 010298; \"有机质谱仪\" is 010201");
    explains("10201", "没有", HL_ENOTFOUND, "no class has the code 10201");
    explains("", "", HL_ENOTFOUND, "no class has the code ");
    explains("010201", "四极杆", HL_EMALFORMED,
             "010201 is \"有机质谱仪\"; no class is named \"四极杆\"");
    explains("150000", "其他", HL_ENOTFOUND,
             "no class has the code 150000; \"其他\" is 010199 or 010299 or "
             "010399 or 010499 or more");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_the_file_and_every_row_is_found),
        cmocka_unit_test(every_class_lies_in_one_of_the_level_above),
        cmocka_unit_test(a_name_may_be_of_several_classes),
        cmocka_unit_test(width_blanks_and_case_of_a_name_do_not_matter),
        cmocka_unit_test(a_name_longer_than_any_is_nobodys),
        cmocka_unit_test(codes_of_another_scheme_are_never_taken_for_nriis),
        cmocka_unit_test(a_dropped_zero_is_put_back_and_said),
        cmocka_unit_test(what_is_no_code_is_not_made_one),
        cmocka_unit_test(
            a_name_agrees_that_is_the_codes_or_of_a_class_around_it),
        cmocka_unit_test(
            codes_of_the_other_order_of_major_classes_are_found_out),
        cmocka_unit_test(of_several_classes_of_the_name_the_nearest_are_said),
        cmocka_unit_test(what_the_list_does_not_have_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
