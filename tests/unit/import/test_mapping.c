/* SPDX-License-Identifier: Apache-2.0 */
#include "node/import/mapping.h"

#include <stdio.h>
#include <string.h>

#include "node/import/convert.h"
#include "tests/support/support.h"

static const struct record_kind *instrument(void)
{
    return record_kind_of_word("instrument");
}

/* What opening says, "" where it succeeds. */
static const char *opening(const char *text, const struct record_kind *kind,
                           struct mapping **out)
{
    static struct hl_detail detail;
    detail = (struct hl_detail){0};
    hl_err err = mapping_open_memory(bytes_of_text(text), kind, out, &detail);
    assert_int_equal(err == HL_OK, *out != NULL);
    return err == HL_OK ? "" : detail.text;
}

static void every_mistake_is_told_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } cases[] = {
        {"column\nx\n", "here column or attribute is missing"},
        {"column,attribute,unit\nx,name_zh,1\n", "not 'unit'"},
        {"column,attribute\nx,nmae\n", "line 2: there is no attribute 'nmae'"},
        {"column,attribute\nx,name_zh\ny,\n", "line 3: there is no attribute"},
        {"column,attribute,value\n,@recrod,unit\n",
         "line 2: '@recrod' is none"},
        {"column,attribute,value\n,@record,castle\n", "line 2: 'castle' is"},
        {"column,attribute,value\n,@record,unit\n", "line 2: it is of records"},
        {"column,attribute,value\nx,@format,csv\n", "line 2: a setting has no"},
        {"column,attribute,value\n,@format,doc\n", "line 2: @format 'doc'"},
        {"column,attribute,value\n,@heading,0\n", "line 2: @heading '0'"},
        {"column,attribute,value\n,@heading,-1\n", "line 2: @heading '-1'"},
        {"column,attribute,value\n,@heading,2x\n", "line 2: @heading '2x'"},
        {"column,attribute,value\n,@delimiter,tab\n",
         "line 2: @delimiter 'tab' is not one"},
        {"column,attribute,value\n,@delimiter,\"\"\"\"\n",
         "line 2: @delimiter"},
        {"column,attribute,value\n,@encoding,\n", "line 2: @encoding: a value"},
        {"column,attribute,as\nx,worth,dollar\n",
         "line 2: 'dollar' is no unit of money"},
        {"column,attribute,as\nx,begin_date,DYM\n",
         "line 2: 'DYM' is no order"},
        {"column,attribute,as\nx,status,OK\n", "line 2: 'OK' is no \"theirs="},
        {"column,attribute,as\nx,status,OK=good\n",
         "line 2: 'good' is none of normal"},
        {"column,attribute,as\nx,department,DMY\n",
         "line 2: 'DMY' is no \"the"},
        {"column,attribute,value\n,worth,much\n",
         "line 2: 'much' is no number"},
        {"column,attribute,value\n,status,bad\n", "line 2: 'bad' is none of"},
        {"column,attribute\nx,name_zh\nx,-\n", "line 3: line 2 has said that"},
        {"column,attribute,value\n,street,a\n,street,b\n",
         "line 3: line 2 has said that"},
        {"column,attribute,value\n,-,a\n", "line 2: neither a column nor"},
        {"column,attribute\n\"x,name_zh\n", "line 2: "},
        {"", "empty"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct mapping *mapping = NULL;
        const char *said = opening(cases[i].text, instrument(), &mapping);
        if (mapping != NULL || strstr(said, cases[i].said) == NULL) {
            fail_msg("of %s is said '%s'", cases[i].text, said);
        }
    }
}

static void a_mapping_says_of_what_it_is(void **state)
{
    (void)state;
    struct mapping *mapping = NULL;
    assert_string_equal(opening("column,attribute\n", NULL, &mapping),
                        "it does not say of what: ,@record,instrument");
    assert_string_equal(
        opening("column,attribute\nx,name_zh\n", NULL, &mapping),
        "line 2: say first of what: ,@record,instrument");
    assert_string_equal(opening("attribute,column,value\n@record,,unit\n"
                                "name_zh,x,\n",
                                NULL, &mapping),
                        "");
    assert_string_equal(mapping_kind(mapping)->word, "unit");
    mapping_close(&mapping);
    mapping_close(&mapping);
}

static void settings_are_of_the_file(void **state)
{
    (void)state;
    struct mapping *mapping = NULL;
    assert_string_equal(
        opening("column,attribute,value\n,@format,tsv\n,@encoding,gb18030\n"
                ",@sheet,仪器\n,@delimiter,;\n,@heading,3\n,@encoding,utf-8\n",
                instrument(), &mapping),
        "");
    struct table_options options = mapping_options(mapping);
    assert_int_equal(options.format, TABLE_TSV);
    assert_string_equal(options.encoding, "utf-8");
    assert_string_equal(options.sheet, "仪器");
    assert_int_equal(options.delimiter, ';');
    assert_int_equal(options.heading, 3);
    mapping_close(&mapping);
}

static void forms_that_many_know_are_known(void **state)
{
    (void)state;
    struct mapping *mapping = NULL;
    assert_ok(mapping_open("nrii", NULL, &mapping, NULL));
    assert_string_equal(mapping_kind(mapping)->word, "instrument");
    mapping_close(&mapping);
    assert_ok(mapping_open("uniquip", instrument(), &mapping, NULL));
    mapping_close(&mapping);
    assert_err(
        mapping_open("uniquip", record_kind_of_word("unit"), &mapping, NULL),
        HL_EMALFORMED);
    assert_null(mapping);
    assert_err(mapping_open("no-such-file.csv", NULL, &mapping, NULL),
               HL_ENOTFOUND);
    assert_null(mapping);
}

/* --- Binding -------------------------------------------------------------- */

struct bound {
    struct mapping *mapping;
    struct table_reader *reader;
    struct binding binding;
    char said[512];
};

/* set: NULL, or one more constant. */
static void bind(struct bound *bound, const char *map, const char *set,
                 const char *heading)
{
    struct hl_detail detail = {0};
    const struct table_options options = {.format = TABLE_CSV};
    *bound = (struct bound){0};
    hl_err err =
        map == NULL ? mapping_open(NULL, instrument(), &bound->mapping, &detail)
                    : mapping_open_memory(bytes_of_text(map), instrument(),
                                          &bound->mapping, &detail);
    if (err == HL_OK && set != NULL) {
        err = mapping_set(bound->mapping, bytes_of_text(set), &detail);
    }
    if (err == HL_OK) {
        assert_ok(table_reader_open_memory(bytes_of_text(heading), "", &options,
                                           &bound->reader, NULL));
        err = mapping_bind(bound->mapping, bound->reader, &bound->binding,
                           &detail);
    }
    snprintf(bound->said, sizeof(bound->said), "%s",
             err == HL_OK ? "" : detail.text);
}

static void unbind(struct bound *bound)
{
    binding_fini(&bound->binding);
    table_reader_close(&bound->reader);
    mapping_close(&bound->mapping);
}

static void columns_that_do_not_fit_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *map, *set, *heading, *said;
    } cases[] = {
        {NULL, NULL, "name_zh,quark\n", "known of the column 'quark'"},
        {NULL, NULL, "名称,仪器名称\n", "'名称' and '仪器名称' are the same"},
        {NULL, NULL, "原值(美元)\n", "known of the column '原值(美元)'"},
        {NULL, NULL, "年总运行机时(分钟)\n", "known of the column"},
        {"column,attribute\na,name_zh\n", NULL, "编号\n",
         "no column 'a', which "
         "line 2"},
        {"column,attribute\na,name_zh\n", NULL, "a,name_zh\n",
         "'a' and 'name_zh' are the same"},
        {"column,attribute\n价值(美元),worth\n", NULL, "价值(美元)\n",
         "of another unit"},
        {NULL, "worth=much", "name_zh\n", "'much' is no number"},
        {NULL, "nothing", "name_zh\n", "'nothing' is no NAME=VALUE"},
        {NULL, "castle=1", "name_zh\n", "there is no attribute 'castle'"},
        {NULL, "-=1", "name_zh\n", "'-=1' is no NAME=VALUE"},
        /* And those that do. */
        {"column,attribute\na,-\nzz,-\n", NULL, "a,名称\n", ""},
        {"column,attribute\nName,name_zh\nNAME,-\n", NULL, "NAME,Name\n", ""},
        {"column,attribute\n##编号,inner_id\n# 编号,wrong\n#,wrong\n", NULL,
         "#编号,#\n", ""},
        {NULL, NULL, "*编号,＊ 名称,原值(万元)*,联系人 *\n", ""},
        {NULL, NULL, "序号,原值（万元）,启用日期(必填),年总运行机时(小时)\n",
         ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bound bound;
        bind(&bound, cases[i].map, cases[i].set, cases[i].heading);
        if (strstr(bound.said, cases[i].said) == NULL ||
            (cases[i].said[0] == '\0') != (bound.said[0] == '\0')) {
            fail_msg("of %s is said '%s'", cases[i].heading, bound.said);
        }
        unbind(&bound);
    }
}

static void
units_of_money_are_those_of_the_mapping_else_of_the_heading(void **s)
{
    (void)s;
    static const struct {
        const char *map, *heading;
        uint64_t fen;
    } cases[] = {
        {NULL, "worth\n", 0},
        {NULL, "原值(万元)\n", 1000000},
        {NULL, "worth (yuan)\n", 100},
        {NULL, "设备原值（千元）\n", 100000},
        {"column,attribute\n买价(万元),worth\n", "买价(万元)\n", 1000000},
        {"column,attribute,as\n买价(万元),worth,元\n", "买价(万元)\n", 100},
        {"column,attribute,as\n买价(美元),worth,元\n", "买价(美元)\n", 100},
        {"column,attribute\nx,原值(万元)\n", "x\n", 1000000},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bound bound;
        bind(&bound, cases[i].map, NULL, cases[i].heading);
        assert_string_equal(bound.said, "");
        assert_int_equal(bound.binding.targets[0].unit_fen, cases[i].fen);
        unbind(&bound);
    }
}

static void a_constant_that_is_set_takes_the_place_of_the_mappings(void **state)
{
    (void)state;
    struct bound bound;
    bind(&bound, "column,attribute,value\n,street,a\n,department,b\n",
         "street=x=y", "name_zh\n");
    assert_int_equal(bound.binding.constant_count, 2);
    assert_string_equal(bound.binding.constants[0].otherwise, "b");
    assert_string_equal(bound.binding.constants[1].otherwise, "x=y");
    unbind(&bound);
}

static void only_all_attributes_by_themselves_are_an_export(void **state)
{
    (void)state;
    size_t count;
    const struct attribute *all = attributes_of(instrument(), &count);
    for (int turn = 0; turn < 4; turn++) {
        struct writer heading = {0};
        struct bound bound;
        for (size_t i = turn == 3 ? 2 : 1; i < count; i++) {
            writer_format(&heading, "%s,",
                          turn == 1 ? all[i].name_zh : all[i].name);
        }
        writer_format(&heading, "heluo_reason\n");
        writer_u8(&heading, 0);
        bind(&bound, NULL, turn == 2 ? "street=a" : NULL, (char *)heading.data);
        assert_string_equal(bound.said, "");
        assert_int_equal(bound.binding.exported, turn < 2);
        assert_true(bound.binding.rejects);
        unbind(&bound);
        writer_fini(&heading);
    }
}

static void words_are_taken_apart(void **state)
{
    (void)state;
    struct bytes rest = bytes_of_text(" a = b;; c=;d ;=e");
    struct bytes theirs, ours;
    assert_true(word_next(&rest, &theirs, &ours));
    assert_true(bytes_equal_text(theirs, "a") && bytes_equal_text(ours, "b"));
    assert_true(word_next(&rest, &theirs, &ours));
    assert_true(bytes_equal_text(theirs, "c") && bytes_equal_text(ours, ""));
    assert_non_null(ours.data);
    assert_true(word_next(&rest, &theirs, &ours));
    assert_true(bytes_equal_text(theirs, "d"));
    assert_null(ours.data);
    assert_true(word_next(&rest, &theirs, &ours));
    assert_true(bytes_equal_text(theirs, "") && bytes_equal_text(ours, "e"));
    assert_false(word_next(&rest, &theirs, &ours));
}

/* UNIQUIP 1.0, 20 January 2015, and what its aggregator adds. */
static void all_headings_of_uniquip_are_known(void **state)
{
    (void)state;
    static const char headings[] =
        "Type,ID,Name,Description,Related Facility ID,Technique,Technique:cpv,"
        "Technique:N8,Department,Site Location,Building,Location,Contact Name,"
        "Contact Telephone,Contact URL,Contact Email,Secondary Contact Name,"
        "Secondary Contact Telephone,Secondary Contact URL,Secondary Contact "
        "Email,Photo,Service Level,Web Address,Institution Name,Institution "
        "URL,Institution Logo URL,Datestamp,Approximate Coordinates,"
        "Corrections\n";
    const struct table_options options = {.format = TABLE_CSV};
    struct mapping *mapping = NULL;
    struct table_reader *reader = NULL;
    struct binding binding = {0};
    assert_ok(mapping_open("uniquip", instrument(), &mapping, NULL));
    assert_ok(table_reader_open_memory(bytes_of_text(headings), "", &options,
                                       &reader, NULL));
    assert_ok(mapping_bind(mapping, reader, &binding, NULL));
    binding_fini(&binding);
    table_reader_close(&reader);
    mapping_close(&mapping);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mistake_is_told_with_its_line),
        cmocka_unit_test(a_mapping_says_of_what_it_is),
        cmocka_unit_test(settings_are_of_the_file),
        cmocka_unit_test(all_headings_of_uniquip_are_known),
        cmocka_unit_test(forms_that_many_know_are_known),
        cmocka_unit_test(columns_that_do_not_fit_are_named),
        cmocka_unit_test(
            units_of_money_are_those_of_the_mapping_else_of_the_heading),
        cmocka_unit_test(
            a_constant_that_is_set_takes_the_place_of_the_mappings),
        cmocka_unit_test(only_all_attributes_by_themselves_are_an_export),
        cmocka_unit_test(words_are_taken_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
