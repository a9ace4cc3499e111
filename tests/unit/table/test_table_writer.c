/* SPDX-License-Identifier: Apache-2.0 */
#include "node/table/table_writer.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/table/table_reader.h"
#include "protocol/base/hl_limits.h"
#include "tests/support/scratch.h"
#include "tests/support/support.h"

static const enum table_format formats[] = {TABLE_CSV, TABLE_TSV, TABLE_JSONL,
                                            TABLE_JSON, TABLE_XLSX};
enum { FORMATS = sizeof(formats) / sizeof(*formats), COLUMNS = 3 };

static char folder[256];

static int set_up(void **state)
{
    (void)state;
    scratch_make(folder, sizeof(folder));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

static void path_of(const char *stem, enum table_format format, char path[512])
{
    snprintf(path, 512, "%s/%s.%s", folder, stem, table_format_name(format));
}

static size_t files_in(const char *where)
{
    size_t count = 0;
    DIR *opened = opendir(where);
    assert_non_null(opened);
    for (struct dirent *item = readdir(opened); item != NULL;
         item = readdir(opened)) {
        count +=
            strcmp(item->d_name, ".") != 0 && strcmp(item->d_name, "..") != 0;
    }
    closedir(opened);
    return count;
}

/* --- What is written is read. -------------------------------------------- */

static const char *const names[COLUMNS] = {"名称, or \"name\"", "=price;",
                                           "sep=|"};

static const char *const nasty[] = {
    "",
    "plain",
    "显微镜",
    "\xf0\x9f\x98\x80",
    " spaces ",
    "  ",
    "\t",
    "tab\tin",
    "a,b;c|d",
    "\"",
    "\"\"",
    "\"quoted\"",
    "5\" disk",
    "line\nfeed",
    "cr\rlf\r\n",
    "\r",
    "\n",
    "=1+1",
    "+1",
    "-1",
    "@x",
    "'",
    "sep=;",
    "\xef\xbb\xbfmark",
    "\xc2\xa0",
    "\xe3\x80\x80",
    "\\x00 \\n \\",
    "_x000D_",
    "_x005F_x000D_",
    "_xD83D__xDE00_",
    "_x00e9_ __x0041__",
    "\x01\x02\x1f\x7f",
    "\xc2\x80\xc2\x9f",
    "\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd",
    "<&>'\" ]]> &amp; <![CDATA[",
    "{\"a\": [1]}",
    "[1]",
    "null",
    "true",
    "0012",
    "1e5",
    "2016/1/1",
    "79.50",
    "#N/A",
    "\xe2\x80\xa8\xe2\x80\xae",
};
enum { NASTY = sizeof(nasty) / sizeof(*nasty) };

static void open_writer(const char *path, enum table_format format, bool mark,
                        struct table_writer **writer)
{
    struct bytes columns[COLUMNS];
    struct hl_detail detail = {0};
    const struct table_target target = {.format = format, .mark = mark};
    for (size_t i = 0; i < COLUMNS; i++) {
        columns[i] = bytes_of_text(names[i]);
    }
    hl_err err =
        table_writer_open(path, &target, columns, COLUMNS, writer, &detail);
    if (err != HL_OK) {
        fail_msg("%s: %s", path, detail.text);
    }
}

static void commit(struct table_writer **writer)
{
    struct hl_detail detail = {0};
    hl_err err = table_writer_commit(writer, &detail);
    if (err != HL_OK) {
        fail_msg("%s", detail.text);
    }
    assert_null(*writer);
}

static void open_reader(const char *path, enum table_format format,
                        struct table_reader **reader)
{
    struct hl_detail detail = {0};
    hl_err err = table_reader_open(path, NULL, reader, &detail);
    if (err != HL_OK) {
        fail_msg("%s: %s", path, detail.text);
    }
    assert_int_equal(table_reader_format(*reader), format);
    assert_int_equal(table_reader_columns(*reader), COLUMNS);
    for (size_t i = 0; i < COLUMNS; i++) {
        assert_true(
            bytes_equal_text(table_reader_column(*reader, i), names[i]));
    }
}

static void expect_row(struct table_reader *reader, const struct bytes *cells)
{
    const struct table_row *row = NULL;
    assert_ok(table_reader_next(reader, &row, NULL));
    assert_non_null(row);
    if (row->err != HL_OK) {
        fail_msg("line %lu: %s", (unsigned long)row->line, row->detail.text);
    }
    for (size_t i = 0; i < COLUMNS; i++) {
        assert_int_equal(row->cells[i].fault, TABLE_FINE);
        if (!bytes_equal(row->cells[i].text, cells[i])) {
            fail_msg("'%.*s' came back as '%.*s'", BYTES_ARGS(cells[i]),
                     BYTES_ARGS(row->cells[i].text));
        }
    }
}

static void expect_end(struct table_reader **reader)
{
    const struct table_row *row = NULL;
    assert_ok(table_reader_next(*reader, &row, NULL));
    assert_null(row);
    table_reader_close(reader);
}

static void nasty_row(size_t index, struct bytes cells[COLUMNS])
{
    cells[0] = bytes_of_text(nasty[index]);
    cells[1] = bytes_of_text("x");
    cells[2] = bytes_of_text(nasty[(index * 7 + 3) % NASTY]);
    if (index % 2 == 1) {
        struct bytes first = cells[0];
        cells[0] = cells[1];
        cells[1] = first;
    }
}

static void nasty_texts_come_back_from_every_format(void **state)
{
    (void)state;
    for (size_t f = 0; f < (size_t)2 * FORMATS; f++) {
        char path[512];
        struct bytes cells[COLUMNS];
        struct table_writer *writer = NULL;
        struct table_reader *reader = NULL;
        enum table_format format = formats[f / 2];
        path_of(f % 2 == 0 ? "nasty" : "marked", format, path);
        open_writer(path, format, f % 2 == 1, &writer);
        for (size_t i = 0; i < NASTY; i++) {
            nasty_row(i, cells);
            assert_ok(table_writer_put(writer, cells, NULL));
        }
        commit(&writer);
        open_reader(path, format, &reader);
        for (size_t i = 0; i < NASTY; i++) {
            nasty_row(i, cells);
            expect_row(reader, cells);
        }
        expect_end(&reader);
    }
    assert_int_equal(files_in(folder), 2 * FORMATS);
}

static void random_text(struct rng *rng, struct writer *out)
{
    size_t parts = rng_below(rng, 6);
    for (size_t i = 0; i < parts; i++) {
        if (rng_below(rng, 2) == 0) {
            writer_text(out, nasty[rng_below(rng, NASTY)]);
        } else {
            writer_u8(out, (uint8_t)(1 + rng_below(rng, 127)));
        }
    }
}

static void random_row(struct rng *rng, struct writer *room,
                       struct bytes cells[COLUMNS])
{
    size_t sizes[COLUMNS];
    writer_clear(room);
    for (size_t i = 0; i < COLUMNS; i++) {
        size_t before = room->size;
        random_text(rng, room);
        if (i == 0) {
            writer_text(room, "x");
        }
        sizes[i] = room->size - before;
    }
    size_t offset = 0;
    for (size_t i = 0; i < COLUMNS; i++) {
        cells[i] = bytes_slice(writer_view(room), offset, sizes[i]);
        offset += sizes[i];
    }
}

static void random_texts_come_back_from_every_format(void **state)
{
    (void)state;
    enum { ROWS = 2000 };
    for (size_t f = 0; f < FORMATS; f++) {
        char path[512];
        struct bytes cells[COLUMNS];
        struct writer room = {0};
        struct table_writer *writer = NULL;
        struct table_reader *reader = NULL;
        struct rng rng = test_rng(table_format_name(formats[f]));
        path_of("random", formats[f], path);
        open_writer(path, formats[f], false, &writer);
        for (size_t i = 0; i < ROWS; i++) {
            random_row(&rng, &room, cells);
            assert_ok(table_writer_put(writer, cells, NULL));
        }
        commit(&writer);
        rng = test_rng(table_format_name(formats[f]));
        open_reader(path, formats[f], &reader);
        for (size_t i = 0; i < ROWS; i++) {
            random_row(&rng, &room, cells);
            expect_row(reader, cells);
        }
        expect_end(&reader);
        writer_fini(&room);
    }
}

static void one_column_and_no_rows_come_back(void **state)
{
    (void)state;
    for (size_t f = 0; f < FORMATS; f++) {
        char path[512];
        struct table_writer *writer = NULL;
        struct table_reader *reader = NULL;
        const struct table_target target = {.format = formats[f]};
        struct bytes name = bytes_of_text("only; one");
        path_of("one", formats[f], path);
        assert_ok(table_writer_open(path, &target, &name, 1, &writer, NULL));
        commit(&writer);
        /* JSON without an object has no names. */
        bool json = formats[f] == TABLE_JSON;
        hl_err err = table_reader_open(path, NULL, &reader, NULL);
        if (formats[f] == TABLE_JSONL || json) {
            assert_err(err, HL_EMALFORMED);
            continue;
        }
        assert_ok(err);
        assert_true(bytes_equal(table_reader_column(reader, 0), name));
        expect_end(&reader);
    }
}

/* --- What is not written. ------------------------------------------------ */

static void what_would_not_come_back_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t size;
    } bad[] = {
        {"a\0b", 3}, {"\xff", 1}, {"\xed\xa0\x80", 3}, {"x\xef\xb7\x90", 4}};
    for (size_t f = 0; f < FORMATS; f++) {
        char path[512];
        struct bytes cells[COLUMNS] = {0};
        struct table_writer *writer = NULL;
        struct table_reader *reader = NULL;
        path_of("bad", formats[f], path);
        open_writer(path, formats[f], false, &writer);
        for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
            cells[1] = bytes_of(bad[i].text, bad[i].size);
            assert_err(table_writer_put(writer, cells, NULL), HL_EMALFORMED);
        }
        char *large = calloc(1, HL_TABLE_CELL_MAX_BYTES + 1);
        memset(large, 'x', HL_TABLE_CELL_MAX_BYTES + 1);
        cells[1] = bytes_of(large, HL_TABLE_CELL_MAX_BYTES + 1);
        assert_err(table_writer_put(writer, cells, NULL), HL_ELIMIT);
        /* The writer is still good, and the largest cell comes back, but in an
         * xlsx, which says so. */
        cells[0] = bytes_of_text("x");
        cells[1] = bytes_of(large, HL_TABLE_CELL_MAX_BYTES);
        bool xlsx = formats[f] == TABLE_XLSX;
        assert_err(table_writer_put(writer, cells, NULL),
                   xlsx ? HL_ELIMIT : HL_OK);
        cells[1] = bytes_of(large, xlsx ? 32767 : 5);
        assert_ok(table_writer_put(writer, cells, NULL));
        commit(&writer);
        open_reader(path, formats[f], &reader);
        if (!xlsx) {
            cells[1] = bytes_of(large, HL_TABLE_CELL_MAX_BYTES);
            expect_row(reader, cells);
        }
        cells[1] = bytes_of(large, xlsx ? 32767 : 5);
        expect_row(reader, cells);
        expect_end(&reader);
        free(large);
    }
}

static void names_that_would_not_be_read_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *names[2];
    } cases[] = {{{"a", "a"}}, {{"a", ""}}, {{" a", "b"}}, {{"a", "b\n"}}};
    char path[512];
    path_of("names", TABLE_CSV, path);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct table_writer *writer = NULL;
        const struct table_target target = {0};
        const struct bytes columns[] = {bytes_of_text(cases[i].names[0]),
                                        bytes_of_text(cases[i].names[1])};
        assert_err(table_writer_open(path, &target, columns, 2, &writer, NULL),
                   HL_EMALFORMED);
        assert_null(writer);
    }
    assert_int_equal(files_in(folder), 0);
}

/* --- Files. -------------------------------------------------------------- */

static void a_file_that_is_there_is_never_replaced(void **state)
{
    (void)state;
    char path[512];
    struct table_writer *first = NULL;
    struct table_writer *second = NULL;
    const struct table_target target = {0};
    struct bytes name = bytes_of_text("a");
    path_of("there", TABLE_CSV, path);
    assert_ok(table_writer_open(path, &target, &name, 1, &first, NULL));
    assert_ok(table_writer_open(path, &target, &name, 1, &second, NULL));
    assert_int_equal(access(path, F_OK), -1);
    commit(&first);
    assert_err(table_writer_commit(&second, NULL), HL_EEXISTS);
    assert_err(table_writer_open(path, &target, &name, 1, &second, NULL),
               HL_EEXISTS);
    assert_int_equal(files_in(folder), 1);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0644);
}

static void a_writer_that_is_aborted_leaves_nothing(void **state)
{
    (void)state;
    for (size_t f = 0; f < FORMATS; f++) {
        char path[512];
        struct table_writer *writer = NULL;
        struct bytes cells[COLUMNS] = {bytes_of_text("x")};
        path_of("aborted", formats[f], path);
        open_writer(path, formats[f], false, &writer);
        assert_ok(table_writer_put(writer, cells, NULL));
        table_writer_abort(&writer);
        assert_null(writer);
    }
    assert_int_equal(files_in(folder), 0);
}

static void a_path_that_cannot_be_is_refused(void **state)
{
    (void)state;
    char path[512];
    struct table_writer *writer = NULL;
    const struct table_target target = {0};
    struct bytes name = bytes_of_text("a");
    assert_err(
        table_writer_open("/nowhere/x.csv", &target, &name, 1, &writer, NULL),
        HL_EIO);
    snprintf(path, sizeof(path), "%s/noformat", folder);
    assert_err(table_writer_open(path, &target, &name, 1, &writer, NULL),
               HL_EUNSUPPORTED);
    assert_int_equal(files_in(folder), 0);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
#define RULE(rule) cmocka_unit_test_setup_teardown(rule, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        RULE(nasty_texts_come_back_from_every_format),
        RULE(random_texts_come_back_from_every_format),
        RULE(one_column_and_no_rows_come_back),
        RULE(what_would_not_come_back_is_refused),
        RULE(names_that_would_not_be_read_are_refused),
        RULE(a_file_that_is_there_is_never_replaced),
        RULE(a_writer_that_is_aborted_leaves_nothing),
        RULE(a_path_that_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
