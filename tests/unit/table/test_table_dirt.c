/* SPDX-License-Identifier: Apache-2.0 */

/* Files of tests/unit/table/data, a kind of dirt each (make.py there), beside
 * what a reader says of them, which is in FILE.dump. */

#include <stdio.h>
#include <string.h>

#include "tests/support/support.h"
#include "tests/unit/table/table_dump.h"

#define DATA HELUO_TESTS_DIR "/unit/table/data/"

struct dirty {
    const char *file;
    struct table_options options;
};

static void expect(const struct dirty *files, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char path[512];
        struct writer said = {0};
        struct writer expected = {0};
        snprintf(path, sizeof(path), DATA "%s", files[i].file);
        table_dump(path, &files[i].options, &said);
        snprintf(path, sizeof(path), DATA "%s.dump", files[i].file);
        test_read_file(path, &expected);
        writer_u8(&said, 0);
        writer_u8(&expected, 0);
        if (strcmp((char *)said.data, (char *)expected.data) != 0) {
            print_error("%s is said to be\n%s", files[i].file,
                        (char *)said.data);
        }
        assert_string_equal((char *)said.data, (char *)expected.data);
        writer_fini(&said);
        writer_fini(&expected);
    }
}
#define EXPECT(files) expect(files, sizeof(files) / sizeof(*(files)))

static void encodings_are_known_by_their_bytes_or_declared(void **state)
{
    (void)state;
    static const struct dirty files[] = {
        {.file = "plain.csv"},
        {.file = "bom.csv"},
        {.file = "bom.csv", .options.encoding = "gb18030"},
        {.file = "gb18030.csv"},
        {.file = "gb18030.csv", .options.encoding = "GB18030"},
        {.file = "utf16le.txt"},
        {.file = "utf16_no_mark.csv"},
        {.file = "macroman.csv", .options.encoding = "macroman"},
        {.file = "latin1.csv", .options.encoding = "latin1"},
    };
    EXPECT(files);
}

static void latin_text_that_is_gb18030_by_chance_is_not_taken_for_it(void **s)
{
    (void)s;
    struct writer file = {0};
    struct writer said = {0};
    test_read_file(DATA "latin1.csv", &file);
    table_dump_memory(writer_view(&file), "latin1.csv", NULL, &said);
    writer_u8(&said, 0);
    assert_string_equal(
        (char *)said.data,
        "! HL_EMALFORMED @2: byte 0xE9 is not UTF-8, and the file is not "
        "GB18030: declare its encoding, such as macintosh, windows-1252, "
        "utf-16le; or declare utf-8 or gb18030 all the same, and only rows "
        "with such bytes are refused\n");
    writer_fini(&file);
    writer_fini(&said);
}

static void bytes_that_are_not_valid_are_shown_and_marked(void **state)
{
    (void)state;
    static const struct dirty files[] = {
        {.file = "bad_utf8.csv", .options.encoding = "utf-8"},
        {.file = "bad_utf8.json", .options.encoding = "utf-8"},
        {.file = "nul.csv"},
        {.file = "nul.jsonl"},
    };
    EXPECT(files);
}

static void csv_is_read_as_excel_writes_it(void **state)
{
    (void)state;
    static const struct dirty files[] = {
        {.file = "line_ends.csv"},
        {.file = "quotes.csv"},
        {.file = "blank_lines.csv"},
        {.file = "semicolon.csv"},
        {.file = "sep.csv"},
        {.file = "tab.tsv"},
        {.file = "heading_only.csv"},
        {.file = "formula.csv"},
        {.file = "titled.csv", .options.heading = 3},
    };
    EXPECT(files);
}

static void a_row_that_is_wrong_is_named_and_the_next_is_read(void **state)
{
    (void)state;
    static const struct dirty files[] = {
        {.file = "ragged.csv"},       {.file = "unclosed.csv"},
        {.file = "behind_quote.csv"}, {.file = "lines.jsonl"},
        {.file = "nested.json"},      {.file = "long.xlsx"},
    };
    EXPECT(files);
}

static void a_file_without_a_usable_heading_is_refused(void **state)
{
    (void)state;
    static const struct dirty files[] = {
        {.file = "empty.csv"},       {.file = "only_blank.csv"},
        {.file = "twice.csv"},       {.file = "unnamed.csv"},
        {.file = "empty_list.json"},
    };
    EXPECT(files);
}

static void json_is_an_array_of_objects_or_has_one_in_it(void **state)
{
    (void)state;
    static const struct dirty files[] = {
        {.file = "array.json"},
        {.file = "wrapped.json"},
        {.file = "two_lists.json"},
        {.file = "broken.json"},
        {.file = "cut.json"},
        {.file = "no_object.json"},
        {.file = "lines.json"},
        {.file = "array.json", .options.format = TABLE_JSON},
    };
    EXPECT(files);
}

static void xlsx_cells_are_what_excel_shows(void **state)
{
    (void)state;
    static const struct dirty files[] = {
        {.file = "values.xlsx"},
        {.file = "1904.xlsx"},
        {.file = "sheets.xlsx"},
        {.file = "several.xlsx"},
        {.file = "sheets.xlsx", .options.sheet = "目录"},
        {.file = "titled.xlsx", .options.heading = 2},
        {.file = "plain.xlsx"},
    };
    EXPECT(files);
}

static void a_hidden_sheet_is_read_by_its_name_alone(void **state)
{
    (void)state;
    struct writer said = {0};
    const struct table_options notes = {.sheet = "Notes"};
    const struct table_options none = {.sheet = "nowhere"};
    const struct table_options chart = {.sheet = "Chart"};
    table_dump(DATA "sheets.xlsx", &notes, &said);
    table_dump(DATA "sheets.xlsx", &none, &said);
    table_dump(DATA "sheets.xlsx", &chart, &said);
    writer_u8(&said, 0);
    assert_string_equal(
        (char *)said.data,
        "xlsx: hidden\n2: 1\n"
        "! HL_EMALFORMED: no sheet 'nowhere' with cells; there are: Notes, "
        "Chart, 目录\n"
        "! HL_EMALFORMED: no sheet 'Chart' with cells; there are: Notes, "
        "Chart, 目录\n");
    writer_fini(&said);
}

static void xlsx_has_bounds_and_no_document_type(void **state)
{
    (void)state;
    static const struct dirty files[] = {
        {.file = "bomb.xlsx"},      {.file = "deep.xlsx"},
        {.file = "dtd.xlsx"},       {.file = "entity.xlsx"},
        {.file = "large_tag.xlsx"}, {.file = "bad_xml.xlsx"},
        {.file = "rows_back.xlsx"},
    };
    EXPECT(files);
}

static void what_is_no_table_is_refused_with_advice(void **state)
{
    (void)state;
    static const struct dirty files[] = {
        {.file = "old.xls"},     {.file = "encrypted.xlsx"},
        {.file = "locked.xlsx"}, {.file = "page.xls"},
        {.file = "sheet.ods"},   {.file = "book.xlsb"},
        {.file = "other.zip"},   {.file = "cut.xlsx"},
        {.file = "text.xlsx"},
    };
    EXPECT(files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodings_are_known_by_their_bytes_or_declared),
        cmocka_unit_test(
            latin_text_that_is_gb18030_by_chance_is_not_taken_for_it),
        cmocka_unit_test(bytes_that_are_not_valid_are_shown_and_marked),
        cmocka_unit_test(csv_is_read_as_excel_writes_it),
        cmocka_unit_test(a_row_that_is_wrong_is_named_and_the_next_is_read),
        cmocka_unit_test(a_file_without_a_usable_heading_is_refused),
        cmocka_unit_test(json_is_an_array_of_objects_or_has_one_in_it),
        cmocka_unit_test(xlsx_cells_are_what_excel_shows),
        cmocka_unit_test(a_hidden_sheet_is_read_by_its_name_alone),
        cmocka_unit_test(xlsx_has_bounds_and_no_document_type),
        cmocka_unit_test(what_is_no_table_is_refused_with_advice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
