/* SPDX-License-Identifier: Apache-2.0 */

/* Workbooks as Excel writes them, with shared strings, more of them than the
 * reader keeps in memory. */

#include <stdio.h>
#include <string.h>
#include <xlsxwriter.h>

#include "node/table/table_reader.h"
#include "tests/support/scratch.h"
#include "tests/support/support.h"

enum { ROWS = 60000 };

static const char *const common[] = {"显微镜", "质谱仪", " "};

/* Cell texts that come in no order and often again. */
static void text_of(struct rng *rng, char text[64])
{
    uint64_t pick = rng_below(rng, 4);
    if (pick == 0) {
        snprintf(text, 64, "%s",
                 common[rng_below(rng, sizeof(common) / sizeof(*common))]);
    } else {
        snprintf(text, 64, "仪器 %llu of many, with a text behind it",
                 (unsigned long long)rng_below(rng, ROWS));
    }
}

static void make(const char *path)
{
    struct rng rng = test_rng("shared");
    lxw_workbook *book = workbook_new(path);
    lxw_worksheet *sheet = workbook_add_worksheet(book, NULL);
    worksheet_write_string(sheet, 0, 0, "a", NULL);
    worksheet_write_string(sheet, 0, 1, "b", NULL);
    worksheet_write_string(sheet, 0, 2, "n", NULL);
    for (unsigned i = 1; i <= ROWS; i++) {
        for (lxw_col_t c = 0; c < 2; c++) {
            char text[64];
            text_of(&rng, text);
            worksheet_write_string(sheet, i, c, text, NULL);
        }
        worksheet_write_number(sheet, i, 2, i / 8.0, NULL);
    }
    assert_int_equal(workbook_close(book), LXW_NO_ERROR);
}

static void strings_that_do_not_fit_in_memory_are_found_again(void **state)
{
    (void)state;
    char folder[256];
    char path[512];
    struct table_reader *reader = NULL;
    const struct table_row *row = NULL;
    struct rng rng = test_rng("shared");
    scratch_make(folder, sizeof(folder));
    snprintf(path, sizeof(path), "%s/shared.xlsx", folder);
    make(path);
    assert_ok(table_reader_open(path, NULL, &reader, NULL));
    for (unsigned i = 1; i <= ROWS; i++) {
        assert_ok(table_reader_next(reader, &row, NULL));
        assert_non_null(row);
        assert_ok(row->err);
        assert_int_equal(row->line, i + 1);
        for (size_t c = 0; c < 2; c++) {
            char text[64];
            text_of(&rng, text);
            assert_true(bytes_equal_text(row->cells[c].text, text));
        }
        char number[32];
        snprintf(number, sizeof(number), "%.10g", i / 8.0);
        assert_true(bytes_equal_text(row->cells[2].text, number));
    }
    assert_ok(table_reader_next(reader, &row, NULL));
    assert_null(row);
    table_reader_close(&reader);
    scratch_remove(folder);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_that_do_not_fit_in_memory_are_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
