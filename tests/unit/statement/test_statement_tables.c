/* SPDX-License-Identifier: Apache-2.0 */

/* A statement as text, CSV and XLSX. */

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/statement/render.h"
#include "node/table/table_reader.h"
#include "node/text/columns.h"
#include "tests/unit/statement/golden.h"
#include "tests/unit/statement/statement_sample.h"

static struct sample sample;
static struct statement statement;
static struct writer out;

static int set_up(void **state)
{
    (void)state;
    sample_init(&sample);
    statement = sample_statement(&sample);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    writer_fini(&out);
    statement_fini(&statement);
    return 0;
}

/* --- Text. --------------------------------------------------------------- */

static void text_is_as_in_the_files(void **state)
{
    (void)state;
    statement_text(&statement, STATEMENT_BOTH, &out);
    assert_golden(&out, "both.txt");
    writer_clear(&out);
    statement_text(&statement, STATEMENT_ZH, &out);
    assert_golden(&out, "zh.txt");
    writer_clear(&out);
    statement_text(&statement, STATEMENT_EN, &out);
    assert_golden(&out, "en.txt");
}

/* The column at which a word of the line begins, as a terminal counts. */
static size_t column_of(const char *line, const char *word)
{
    const char *at = strstr(line, word);
    assert_non_null(at);
    char before[512];
    snprintf(before, sizeof(before), "%.*s", (int)(at - line), line);
    return text_columns(before);
}

/* This program sets no locale: it runs in "C". */
static void columns_are_aligned_beside_chinese_words(void **state)
{
    (void)state;
    statement_text(&statement, STATEMENT_BOTH, &out);
    writer_u8(&out, 0);
    const char *text = strstr((const char *)out.data, "== 划转");
    assert_non_null(text);
    const char *sent = strstr(text, "heze/1207/0");
    const char *to_pay = strstr(text, "heze/1207/1");
    assert_non_null(sent);
    assert_non_null(to_pay);
    assert_int_equal(column_of(sent, "已付待确认 / sent"),
                     column_of(to_pay, "待付 / to pay"));
    assert_int_equal(
        column_of(sent, "heze/1207/0  =") - column_of(sent, "已付待确认"),
        column_of(to_pay, "heze/1207/1\n") - column_of(to_pay, "待付"));
}

static void what_acts_on_a_terminal_is_no_part_of_it(void **state)
{
    (void)state;
    sample.transfers[0].sent_reference = (char *)(uintptr_t) "a\x1b[2Jb\nc\xff";
    statement_text(&statement, STATEMENT_BOTH, &out);
    writer_u8(&out, 0);
    assert_non_null(strstr((const char *)out.data, "a?[2Jb?c?"));
}

/* --- CSV. ---------------------------------------------------------------- */

static void csv_is_as_in_the_file(void **state)
{
    (void)state;
    statement_csv(&statement, STATEMENT_BOTH, &out);
    assert_golden(&out, "both.csv");
}

static void csv_has_the_mark_and_rows_of_one_width(void **state)
{
    (void)state;
    const struct table_options options = {.format = TABLE_CSV};
    struct table_reader *reader = NULL;
    const struct table_row *row = NULL;
    struct hl_detail detail = {0};
    size_t rows = 0;
    statement_csv(&statement, STATEMENT_EN, &out);
    assert_memory_equal(out.data, "\xef\xbb\xbf", 3);
    /* A heading of its own, as the statement's has no names. */
    struct writer whole = {0};
    writer_text(&whole, "a,b,c,d,e,f,g,h,i,j,k,l,m\r\n");
    writer_bytes(&whole, bytes_slice(writer_view(&out), 3, out.size - 3));
    assert_ok(table_reader_open_memory(writer_view(&whole), "", &options,
                                       &reader, &detail));
    do {
        assert_ok(table_reader_next(reader, &row, &detail));
        if (row != NULL) {
            assert_ok(row->err);
            rows++;
        }
    } while (row != NULL);
    table_reader_close(&reader);
    writer_fini(&whole);
    assert_true(rows > 30);
}

static void csv_has_nothing_that_a_spreadsheet_computes(void **state)
{
    (void)state;
    statement_csv(&statement, STATEMENT_BOTH, &out);
    writer_u8(&out, 0);
    assert_non_null(strstr((const char *)out.data, "'=工行"));
    assert_null(strstr((const char *)out.data, ",=工行"));
    /* Figures below zero are figures. */
    assert_non_null(strstr((const char *)out.data, ",-1298.52,"));
}

/* Excel takes what an East Asian keyboard writes for the same signs. */
static void wide_signs_are_no_formulas_either(void **state)
{
    static const char *const texts[] = {"＝1+1", "＋1", "－1", "＠a",
                                        "+1",    "-1",  "@a"};
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char wanted[16];
        sample.transfers[0].sent_reference = (char *)(uintptr_t)texts[i];
        snprintf(wanted, sizeof(wanted), ",'%s", texts[i]);
        writer_clear(&out);
        statement_csv(&statement, STATEMENT_BOTH, &out);
        writer_u8(&out, 0);
        assert_non_null(strstr((const char *)out.data, wanted));
    }
}

/* --- XLSX. --------------------------------------------------------------- */

static struct table_reader *open_sheet(const char *path, const char *sheet)
{
    const struct table_options options = {.format = TABLE_XLSX, .sheet = sheet};
    struct table_reader *reader = NULL;
    struct hl_detail detail = {0};
    hl_err err = table_reader_open(path, &options, &reader, &detail);
    if (err != HL_OK) {
        print_error("%s\n", detail.text);
    }
    assert_ok(err);
    return reader;
}

/* The cells of a row, with '|' between them; of all rows below the heading. */
static void sheet_text(const char *path, const char *sheet, struct writer *text)
{
    struct table_reader *reader = open_sheet(path, sheet);
    const struct table_row *row = NULL;
    struct hl_detail detail = {0};
    assert_ok(table_reader_next(reader, &row, &detail));
    while (row != NULL) {
        for (size_t i = 0; i < row->count; i++) {
            writer_text(text, i == 0 ? "" : "|");
            writer_bytes(text, row->cells[i].text);
        }
        writer_u8(text, '\n');
        assert_ok(table_reader_next(reader, &row, &detail));
    }
    writer_u8(text, 0);
    table_reader_close(&reader);
}

/* A number is read without the zeros that a text would have. */
static void xlsx_has_a_sheet_each_and_numbers(void **state)
{
    (void)state;
    static const char path[] = "statement.xlsx";
    struct hl_detail detail = {0};
    assert_ok(statement_xlsx(&statement, STATEMENT_BOTH, path, &detail));
    sheet_text(path, "按伙伴 by partner", &out);
    assert_string_equal((const char *)out.data,
                        "heze|1250|50.5|-1199.5|2\n"
                        "kaifeng|0|200|200|1\n"
                        "luoyang|300.01|0.99|-299.02|2\n"
                        "合计 / sum|1550.01|251.49|-1298.52|5\n");
    writer_clear(&out);
    sheet_text(path, "划转 transfers", &out);
    assert_string_equal(
        (const char *)out.data,
        "heze/1207/0|zhengzhou|heze|1000|2026-12-15|已付待确认 / sent|"
        "heze/1207/0|=工行 2026(1203);|7|2026-12-03|||\n"
        "heze/1207/1|zhengzhou|luoyang|298.52|2026-12-15|待付 / to pay|"
        "heze/1207/1|||||\n");
    writer_clear(&out);
    sheet_text(path, "明细 lines", &out);
    assert_non_null(
        strstr((const char *)out.data,
               "1|heze|券款 / captured|zhengzhou|4501|"
               "heze/00112233445566778899aabbccddeeff|2026-11-30 22:44:59|1250|"
               "\n"));
    writer_clear(&out);
    sheet_text(path, "摘要 summary", &out);
    assert_non_null(strstr((const char *)out.data,
                           "核验 / verify|heluo clearing verify heze/1207\n"));
    writer_clear(&out);
    sheet_text(path, "截止点 cut", &out);
    assert_non_null(strstr((const char *)out.data, "\nkaifeng|0||是 / yes|\n"));
    writer_clear(&out);
    sheet_text(path, "答复 answers", &out);
    assert_non_null(strstr((const char *)out.data, "heze|已确认 / approved|"));
}

/* Beyond what a number holds the figures are a text, and exact. */
static void xlsx_rounds_nothing(void **state)
{
    (void)state;
    static const char path[] = "large.xlsx";
    struct hl_detail detail = {0};
    sample.cycle.gross_fen = UINT64_C(1000000000000000);
    assert_ok(statement_xlsx(&statement, STATEMENT_EN, path, &detail));
    sheet_text(path, "summary", &out);
    assert_non_null(strstr((const char *)out.data,
                           "gross of all (yuan)|10000000000000.00\n"));
    writer_clear(&out);
    sample.cycle.gross_fen = UINT64_C(999999999999999);
    assert_ok(statement_xlsx(&statement, STATEMENT_EN, path, &detail));
    sheet_text(path, "summary", &out);
    assert_non_null(strstr((const char *)out.data,
                           "gross of all (yuan)|9999999999999.99\n"));
}

static void xlsx_that_cannot_be_written_is_told(void **state)
{
    (void)state;
    struct hl_detail detail = {0};
    assert_err(
        statement_xlsx(&statement, STATEMENT_BOTH, "none/of/it.xlsx", &detail),
        HL_EIO);
    assert_err(statement_xlsx(&statement, STATEMENT_BOTH, "/dev/full", &detail),
               HL_EFULL);
}

static bool is_refused_with_small_files(void)
{
    const struct rlimit limit = {20000, 20000};
    struct hl_detail detail = {0};
    struct sample_lines lines;
    sample_add_lines(&sample, 3000, &lines);
    struct statement many = sample_statement(&sample);
    signal(SIGXFSZ, SIG_IGN);
    bool good =
        setrlimit(RLIMIT_FSIZE, &limit) == 0 &&
        statement_xlsx(&many, STATEMENT_EN, "many.xlsx", &detail) == HL_EIO;
    statement_fini(&many);
    sample_lines_fini(&lines);
    return good;
}

/* Of the library's temporary files, too, whose writes it does not look at. In a
 * process of its own, as this cannot be undone. */
static void xlsx_that_is_cut_is_told(void **state)
{
    (void)state;
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(is_refused_with_small_files() ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
#define RULE(rule) cmocka_unit_test_setup_teardown(rule, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        RULE(text_is_as_in_the_files),
        RULE(columns_are_aligned_beside_chinese_words),
        RULE(what_acts_on_a_terminal_is_no_part_of_it),
        RULE(csv_is_as_in_the_file),
        RULE(csv_has_the_mark_and_rows_of_one_width),
        RULE(csv_has_nothing_that_a_spreadsheet_computes),
        RULE(wide_signs_are_no_formulas_either),
        RULE(xlsx_has_a_sheet_each_and_numbers),
        RULE(xlsx_rounds_nothing),
        RULE(xlsx_that_cannot_be_written_is_told),
        RULE(xlsx_that_is_cut_is_told),
    };
    return cmocka_run_group_tests(tests, here_begin, here_end);
}
