/* SPDX-License-Identifier: Apache-2.0 */
#include "node/table/table_reader.h"

#include <stdio.h>
#include <string.h>

#include "protocol/base/hl_limits.h"
#include "tests/support/support.h"
#include "tests/unit/table/table_dump.h"

#define REGISTER HELUO_TESTS_DIR "/data/st_andrews_uniquip_equipment.csv"

static void dump(struct bytes file, const char *name,
                 const struct table_options *options, const char *expected)
{
    struct writer said = {0};
    table_dump_memory(file, name, options, &said);
    writer_u8(&said, 0);
    assert_string_equal((char *)said.data, expected);
    writer_fini(&said);
}

static void dump_text(const char *file, const char *expected)
{
    dump(bytes_of_text(file), "x.csv", NULL, expected);
}

/* --- The real register. -------------------------------------------------- */

static void the_real_register_needs_its_encoding_declared(void **state)
{
    (void)state;
    struct table_reader *reader = NULL;
    struct hl_detail detail = {0};
    assert_err(table_reader_open(REGISTER, NULL, &reader, &detail),
               HL_EMALFORMED);
    assert_null(reader);
    assert_int_equal(detail.where, HL_AT_LINE);
    assert_int_equal(detail.at, 112);
    assert_non_null(strstr(detail.text, "0xCA"));
}

/* Counts rows, and cells with a fault or that hold `part`. */
static void count(const char *encoding, const char *part, size_t *rows,
                  size_t *faults, size_t *parts)
{
    struct table_reader *reader = NULL;
    const struct table_options options = {.encoding = encoding};
    const struct table_row *row = NULL;
    *rows = *faults = *parts = 0;
    assert_ok(table_reader_open(REGISTER, &options, &reader, NULL));
    assert_int_equal(table_reader_columns(reader), 8);
    assert_true(
        bytes_equal_text(table_reader_column(reader, 7), "Service Level"));
    assert_ok(table_reader_next(reader, &row, NULL));
    while (row != NULL) {
        (*rows)++;
        assert_ok(row->err);
        assert_int_equal(row->line, *rows + 1);
        for (size_t i = 0; i < row->count; i++) {
            char text[1024];
            snprintf(text, sizeof(text), "%.*s",
                     BYTES_ARGS(row->cells[i].text));
            *faults += row->cells[i].fault == TABLE_BAD_BYTES;
            *parts += strstr(text, part) != NULL;
        }
        assert_ok(table_reader_next(reader, &row, NULL));
    }
    table_reader_close(&reader);
}

static void the_real_register_is_read_to_its_last_row(void **state)
{
    (void)state;
    size_t rows, faults, parts;
    /* 0xCA is a no-break space in Mac Roman. */
    count("macintosh", "\xc2\xa0", &rows, &faults, &parts);
    assert_int_equal(rows, 623);
    assert_int_equal(faults, 0);
    assert_int_equal(parts, 10);
    /* Declared wrongly, each is met and shown. */
    count("utf-8", "\\xCA", &rows, &faults, &parts);
    assert_int_equal(rows, 623);
    assert_int_equal(faults, 10);
    assert_int_equal(parts, 10);
}

/* --- Encodings. ---------------------------------------------------------- */

static void an_encoding_that_nobody_knows_is_refused(void **state)
{
    (void)state;
    const char *const names[] = {"klingon", "", "UTF-8//IGNORE",
                                 "a-name-that-is-much-longer-than-any-is"};
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        const struct table_options options = {.encoding = names[i]};
        struct table_reader *reader = NULL;
        assert_err(table_reader_open_memory(bytes_of_text("a\n1\n"), "x.csv",
                                            &options, &reader, NULL),
                   HL_EUNSUPPORTED);
    }
}

static void a_character_that_is_cut_at_the_end_is_shown(void **state)
{
    (void)state;
    const struct table_options utf8 = {.encoding = "utf-8"};
    const struct table_options utf16 = {.encoding = "utf-16le"};
    const struct table_options gb = {.encoding = "gbk"};
    dump(bytes_of_text("a\nx\xe6\x98"), "x.csv", &utf8,
         "csv utf-8: a\n2: x\\xE6\\x98{BYTES}\n");
    dump(bytes_of_text("a\nx\xcf"), "x.csv", &gb,
         "csv GB18030: a\n2: x\\xCF{BYTES}\n");
    dump(bytes_of("a\0\n\0x\0\x3d\xd8y\0z", 11), "x.csv", &utf16,
         "csv utf-16le: a\n2: x\\x3D\\xD8y\\x7A{BYTES}\n");
}

/* Cells, and characters, that lie across the pieces in which a file is read. */
static void pieces_leave_no_seam(void **state)
{
    (void)state;
    struct writer file = {0};
    struct table_reader *reader = NULL;
    const struct table_row *row = NULL;
    enum { ROWS = 40000 };
    writer_text(&file, "name,value\r\n");
    for (unsigned i = 0; i < ROWS; i++) {
        writer_format(&file, "\"显微镜 \"\"%u\"\"\r\nline\",é%u\r\n", i, i);
    }
    assert_ok(table_reader_open_memory(writer_view(&file), "x.csv", NULL,
                                       &reader, NULL));
    for (unsigned i = 0; i < ROWS; i++) {
        char expected[64];
        assert_ok(table_reader_next(reader, &row, NULL));
        assert_ok(row->err);
        assert_int_equal(row->line, 2 + 2 * i);
        snprintf(expected, sizeof(expected), "显微镜 \"%u\"\r\nline", i);
        assert_true(bytes_equal_text(row->cells[0].text, expected));
        snprintf(expected, sizeof(expected), "é%u", i);
        assert_true(bytes_equal_text(row->cells[1].text, expected));
    }
    assert_ok(table_reader_next(reader, &row, NULL));
    assert_null(row);
    table_reader_close(&reader);
    writer_fini(&file);
}

/* --- Options. ------------------------------------------------------------ */

static void short_rows_are_filled_up_where_that_is_asked_for(void **state)
{
    (void)state;
    const struct table_options options = {.short_rows = true};
    dump(bytes_of_text("a,b,c\n1\n1,2,3,4\n"), "x.csv", &options,
         "csv UTF-8: a|b|c\n2: 1||\n"
         "3! HL_EMALFORMED -: cell 4 has a value, but there are 3 columns\n");
}

static void a_delimiter_can_be_declared(void **state)
{
    (void)state;
    const struct table_options bar = {.delimiter = '|'};
    const struct table_options quote = {.delimiter = '"'};
    dump(bytes_of_text("a,b|c\n1|2\n"), "x.csv", &bar,
         "csv UTF-8: a,b|c\n2: 1|2\n");
    dump(bytes_of_text("a\n"), "x.csv", &quote,
         "! HL_EUNSUPPORTED: byte 0x22 cannot part cells: use one such as ; "
         "or |\n");
}

static void a_format_is_known_by_content_where_the_name_says_nothing(void **s)
{
    (void)s;
    static const struct {
        const char *file;
        enum table_format format;
    } cases[] = {
        {"a,b\n1,2\n", TABLE_CSV},
        {" [ {\"a\": 1} ]", TABLE_JSON},
        {"\xef\xbb\xbf[{\"a\": 1}]", TABLE_JSON},
        {"{\"a\": 1}\n{\"a\": 2}\n", TABLE_JSONL},
        {"{\n\"rows\": [{\"a\": 1}]}", TABLE_JSON},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct table_reader *reader = NULL;
        assert_ok(table_reader_open_memory(bytes_of_text(cases[i].file), "",
                                           NULL, &reader, NULL));
        assert_int_equal(table_reader_format(reader), cases[i].format);
        table_reader_close(&reader);
    }
}

static void names_of_formats_are_parsed(void **state)
{
    (void)state;
    enum table_format format = TABLE_AUTO;
    assert_ok(table_format_parse("xlsx", &format));
    assert_int_equal(format, TABLE_XLSX);
    assert_err(table_format_parse("auto", &format), HL_EMALFORMED);
    assert_err(table_format_parse("xls", &format), HL_EMALFORMED);
    assert_int_equal(table_format_of_name("a/b.JSONL"), TABLE_JSONL);
    assert_int_equal(table_format_of_name("a/b"), TABLE_AUTO);
}

static void a_path_that_is_no_file_is_refused(void **state)
{
    (void)state;
    struct table_reader *reader = NULL;
    assert_err(table_reader_open("/nowhere/x.csv", NULL, &reader, NULL),
               HL_ENOTFOUND);
    assert_err(table_reader_open("/dev/null", NULL, &reader, NULL), HL_EIO);
}

/* --- Bounds. ------------------------------------------------------------- */

static void put_many(struct writer *out, const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        writer_text(out, text);
    }
}

static void a_cell_over_its_bound_fails_its_row_alone(void **state)
{
    (void)state;
    struct writer file = {0};
    writer_text(&file, "a,b\n1,");
    put_many(&file, "x", HL_TABLE_CELL_MAX_BYTES + 1);
    writer_text(&file, "\n\"");
    put_many(&file, "x", HL_TABLE_CELL_MAX_BYTES + 1);
    writer_text(&file, "\",2\n3,4\n");
    dump(writer_view(&file), "x.csv", NULL,
         "csv UTF-8: a|b\n"
         "2! HL_ELIMIT b: a cell is larger than 65535 bytes\n"
         "3! HL_ELIMIT a: a cell is larger than 65535 bytes\n"
         "4: 3|4\n");
    writer_fini(&file);
}

static void a_row_over_its_bound_fails_alone(void **state)
{
    (void)state;
    struct writer file = {0};
    put_many(&file, "a,", 1);
    for (unsigned i = 1; i < 20; i++) {
        writer_format(&file, "c%u%s", i, i == 19 ? "\n" : ",");
    }
    for (unsigned i = 0; i < 20; i++) {
        put_many(&file, "x", 60000);
        writer_text(&file, i == 19 ? "\n" : ",");
    }
    put_many(&file, "1,", 19);
    writer_text(&file, "2\n");
    struct writer said = {0};
    table_dump_memory(writer_view(&file), "x.csv", NULL, &said);
    writer_u8(&said, 0);
    assert_non_null(strstr((char *)said.data,
                           "2! HL_ELIMIT -: the row is larger than 1048576 "
                           "bytes\n3: 1|1|"));
    writer_fini(&said);
    writer_fini(&file);
}

static void a_thousand_columns_are_read_and_one_more_is_not(void **state)
{
    (void)state;
    struct writer file = {0};
    for (unsigned i = 1; i <= HL_TABLE_COLUMNS_MAX; i++) {
        writer_format(&file, "%s%u", i == 1 ? "" : ",", i);
    }
    struct table_reader *reader = NULL;
    assert_ok(table_reader_open_memory(writer_view(&file), "x.csv", NULL,
                                       &reader, NULL));
    assert_int_equal(table_reader_columns(reader), HL_TABLE_COLUMNS_MAX);
    table_reader_close(&reader);
    writer_text(&file, ",1001");
    assert_err(table_reader_open_memory(writer_view(&file), "x.csv", NULL,
                                        &reader, NULL),
               HL_ELIMIT);
    writer_fini(&file);
}

static void a_line_of_json_over_its_bound_fails_alone(void **state)
{
    (void)state;
    struct writer file = {0};
    writer_text(&file, "{\"a\": 1}\n{\"a\": \"");
    put_many(&file, "xxxxxxxxxx", HL_TABLE_ROW_MAX_BYTES / 5);
    writer_text(&file, "\"}\n{\"a\": 2}\n");
    dump(writer_view(&file), "x.jsonl", NULL,
         "jsonl UTF-8: a\n1: 1\n"
         "2! HL_ELIMIT -: the line is larger than 1048576 bytes\n3: 2\n");
    writer_fini(&file);
}

static void an_element_of_json_over_its_bound_ends_the_file(void **state)
{
    (void)state;
    struct writer file = {0};
    writer_text(&file, "[{\"a\": 1},\n{\"a\": \"");
    put_many(&file, "xxxxxxxxxx", HL_TABLE_ROW_MAX_BYTES / 5);
    writer_text(&file, "\"}]");
    dump(writer_view(&file), "x.json", NULL,
         "! HL_ELIMIT @2: an element is larger than 1048576 bytes\n");
    writer_fini(&file);
}

/* Lines whose quotes each lead on to where a row is too wide, were they all
 * followed. */
static void quotes_make_no_text_slow_and_lose_no_line(void **state)
{
    (void)state;
    enum { LINES = 200000 };
    struct writer file = {0};
    writer_text(&file, "a,b\n");
    put_many(&file, "a\",\"\"\",\n", LINES);
    writer_text(&file, "1,2\n");
    struct table_reader *reader = NULL;
    const struct table_row *row = NULL;
    assert_ok(table_reader_open_memory(writer_view(&file), "x.csv", NULL,
                                       &reader, NULL));
    for (uint64_t i = 0; i < LINES; i++) {
        assert_ok(table_reader_next(reader, &row, NULL));
        assert_int_equal(row->line, i + 2);
        assert_true(row->err != HL_OK);
    }
    assert_ok(table_reader_next(reader, &row, NULL));
    assert_ok(row->err);
    assert_ok(table_reader_next(reader, &row, NULL));
    assert_null(row);
    table_reader_close(&reader);
    writer_fini(&file);
}

static void a_stray_quote_costs_no_other_row(void **state)
{
    (void)state;
    dump_text("a,b\n\"1,2\n3,4\n5,\"6\"\n7,8\n",
              "csv UTF-8: a|b\n"
              "2! HL_EMALFORMED a: text follows a closing quote: a quote "
              "within a cell is written twice\n"
              "3: 3|4\n4: 5|6\n5: 7|8\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_real_register_needs_its_encoding_declared),
        cmocka_unit_test(the_real_register_is_read_to_its_last_row),
        cmocka_unit_test(an_encoding_that_nobody_knows_is_refused),
        cmocka_unit_test(a_character_that_is_cut_at_the_end_is_shown),
        cmocka_unit_test(pieces_leave_no_seam),
        cmocka_unit_test(short_rows_are_filled_up_where_that_is_asked_for),
        cmocka_unit_test(a_delimiter_can_be_declared),
        cmocka_unit_test(
            a_format_is_known_by_content_where_the_name_says_nothing),
        cmocka_unit_test(names_of_formats_are_parsed),
        cmocka_unit_test(a_path_that_is_no_file_is_refused),
        cmocka_unit_test(a_cell_over_its_bound_fails_its_row_alone),
        cmocka_unit_test(a_row_over_its_bound_fails_alone),
        cmocka_unit_test(a_thousand_columns_are_read_and_one_more_is_not),
        cmocka_unit_test(a_line_of_json_over_its_bound_fails_alone),
        cmocka_unit_test(an_element_of_json_over_its_bound_ends_the_file),
        cmocka_unit_test(quotes_make_no_text_slow_and_lose_no_line),
        cmocka_unit_test(a_stray_quote_costs_no_other_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
