/* SPDX-License-Identifier: Apache-2.0 */
#include "node/import/suggest.h"

#include <stdio.h>
#include <string.h>

#include "node/import/convert.h"
#include "tests/support/support.h"

static struct table_reader *open_text(const char *text)
{
    struct table_reader *reader = NULL;
    const struct table_options options = {.format = TABLE_CSV,
                                          .short_rows = true};
    assert_ok(table_reader_open_memory(bytes_of_text(text), "", &options,
                                       &reader, NULL));
    return reader;
}

/* Suggests, and checks that what is suggested opens and binds. */
static char *suggest(const char *kind_word, const char *file)
{
    static char text[8192];
    struct writer out = {0};
    struct hl_detail detail = {0};
    struct mapping *mapping = NULL;
    struct binding binding = {0};
    struct table_reader *reader = open_text(file);
    const struct record_kind *kind = record_kind_of_word(kind_word);
    assert_ok(
        suggest_mapping(kind, reader, &(struct table_options){0}, &out, NULL));
    table_reader_close(&reader);
    snprintf(text, sizeof(text), "%.*s", BYTES_ARGS(writer_view(&out)));
    hl_err err =
        mapping_open_memory(writer_view(&out), NULL, &mapping, &detail);
    if (err != HL_OK) {
        fail_msg("%s: %s", text, detail.text);
    }
    assert_ptr_equal(mapping_kind(mapping), kind);
    reader = open_text(file);
    err = mapping_bind(mapping, reader, &binding, &detail);
    if (err != HL_OK) {
        fail_msg("%s: %s", text, detail.text);
    }
    assert_int_equal(binding.count, table_reader_columns(reader));
    binding_fini(&binding);
    table_reader_close(&reader);
    mapping_close(&mapping);
    writer_fini(&out);
    return text;
}

static void expect(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("%s does not have %s", text, part);
    }
}

static void headings_say_what_columns_are(void **state)
{
    (void)state;
    const char *text =
        suggest("instrument", "资产编号,设备名称,原值（万元）,"
                              "省,市,区县,分类名称\n1,x,2,a,b,c,d\n");
    expect(text, ",@record,instrument,\r\n");
    expect(text, ",@format,csv,\r\n");
    expect(text, "\"资产编号\",inner_id,,\r\n");
    expect(text, "\"原值（万元）\",worth,,万元\r\n");
    expect(text, "\"区县\",county,,\r\n");
    expect(text, "\"分类名称\",class_name,,\r\n");
    expect(text, "# no column has unit_id");
}

static void values_say_it_where_headings_do_not(void **state)
{
    (void)state;
    const char *text = suggest(
        "instrument", "a,b,c,d,e,f,g,h\n"
                      "12410000415800018L,010102,410102,2019-03-01,日本,"
                      "http://a.example,a@b.example,\"x\"\"\n y\"\n");
    expect(text, "\"a\",unit_id,,\r\n\"# by what it holds: check it; it holds "
                 "12410000415800018L\",,,\r\n");
    expect(text, "\"b\",class_code");
    expect(text, "\"c\",division");
    expect(text, "\"d\",begin_date");
    expect(text, "\"e\",nation");
    expect(text, "\"f\",service_url");
    expect(text, "\"g\",email");
    expect(text, "\"h\",-,,\r\n\"# nothing is known of this column: name its "
                 "attribute; it holds x  ");
    assert_null(strstr(text, "no column has"));
}

static void two_of_one_kind_are_one_and_a_question(void **state)
{
    (void)state;
    const char *text =
        suggest("unit", "信用代码,统一社会信用代码,单位名称,名称\n");
    expect(text, "\"信用代码\",id");
    expect(text, "\"统一社会信用代码\",-,,\r\n\"# another column is the same");
    expect(text, "\"名称\",-");
}

/* Names that are remarks, quotes, widths of each other, or of another unit. */
static void any_heading_can_be_mapped(void **state)
{
    (void)state;
    suggest("instrument", "#,#1,\"a \"\"b\"\"\",Name,NAME,ｎａｍｅ,@record,"
                          "原值(美元),\"x\ny\",,\n1,2,3,4,5,6,7,8,9\n");
    suggest("demand", "# a,needed by,标题\n");
    suggest("service", "a\n");
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headings_say_what_columns_are),
        cmocka_unit_test(values_say_it_where_headings_do_not),
        cmocka_unit_test(two_of_one_kind_are_one_and_a_question),
        cmocka_unit_test(any_heading_can_be_mapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
