/* SPDX-License-Identifier: Apache-2.0 */
#include "node/table/table_writer.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "certs/tools/file.h"
#include "node/table/decoder.h"
#include "node/table/output.h"
#include "node/table/row.h"
#include "node/table/table_reader.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/hl_limits.h"
#include "protocol/base/text.h"

/* What was put, to compare with what is read. */
struct sum {
    uint64_t rows;
    unsigned long crc;
};

struct table_writer {
    char *path;
    char *beside; /* the file until it is committed */
    enum table_format format;
    size_t columns;
    struct output output;
    struct sum sum;
};

/* --- What may be written. ------------------------------------------------ */

static bool has_noncharacter(struct bytes text)
{
    for (size_t at = 0; at + DECODER_BAD_BYTES <= text.size; at++) {
        const uint8_t *first = memchr(text.data + at, DECODER_BAD[0] & 0xff,
                                      text.size - at - DECODER_BAD_BYTES + 1);
        if (first == NULL) {
            return false;
        }
        if (memcmp(first, DECODER_BAD, DECODER_BAD_BYTES) == 0) {
            return true;
        }
        at = (size_t)(first - text.data);
    }
    return false;
}

static hl_err check_cell(struct bytes text, size_t index,
                         struct hl_detail *detail)
{
    if (text.size > HL_TABLE_CELL_MAX_BYTES) {
        return hl_fail(detail, HL_ELIMIT, "cell %zu is larger than %d bytes",
                       index + 1, HL_TABLE_CELL_MAX_BYTES);
    }
    if (!text_utf8_valid(text) || has_noncharacter(text) ||
        (text.size > 0 && memchr(text.data, 0, text.size) != NULL)) {
        return hl_fail(detail, HL_EMALFORMED,
                       "cell %zu is not UTF-8 text without U+0000 and U+FDD0",
                       index + 1);
    }
    return HL_OK;
}

static hl_err check_cells(const struct bytes *cells, size_t count,
                          struct hl_detail *detail)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        hl_err err = check_cell(cells[i], i, detail);
        if (err != HL_OK) {
            return err;
        }
        size += cells[i].size;
    }
    return size <= HL_TABLE_ROW_MAX_BYTES
               ? HL_OK
               : hl_fail(detail, HL_ELIMIT, "the row is larger than %d bytes",
                         HL_TABLE_ROW_MAX_BYTES);
}

static hl_err check_names(const struct bytes *names, size_t count,
                          struct hl_detail *detail)
{
    if (count == 0 || count > HL_TABLE_COLUMNS_MAX) {
        return hl_fail(detail, HL_ELIMIT, "%zu columns: give 1 to %d", count,
                       HL_TABLE_COLUMNS_MAX);
    }
    hl_err err = check_cells(names, count, detail);
    for (size_t i = 0; i < count && err == HL_OK; i++) {
        struct bytes name = names[i];
        bool good = name.size > 0 && !isspace(name.data[0]) &&
                    !isspace(name.data[name.size - 1]);
        for (size_t k = 0; k < i && good; k++) {
            good = !bytes_equal(name, names[k]);
        }
        if (!good) {
            err = hl_fail(detail, HL_EMALFORMED,
                          "the name of column %zu, '%.*s', is empty, has "
                          "white space around it, or is there twice",
                          i + 1, BYTES_ARGS(name));
        }
    }
    return err;
}

/* --- What was written. --------------------------------------------------- */

static void sum_cell(struct sum *sum, struct bytes cell)
{
    uint8_t size[4] = {(uint8_t)(cell.size >> 24), (uint8_t)(cell.size >> 16),
                       (uint8_t)(cell.size >> 8), (uint8_t)cell.size};
    sum->crc = crc32(sum->crc, size, sizeof(size));
    if (cell.size > 0) {
        sum->crc = crc32(sum->crc, cell.data, (unsigned)cell.size);
    }
}

static void sum_row(struct sum *sum, const struct bytes *cells, size_t count)
{
    bool blank = true;
    for (size_t i = 0; i < count; i++) {
        blank = blank && row_text_is_blank(cells[i]);
    }
    for (size_t i = 0; i < count && !blank; i++) {
        sum_cell(sum, cells[i]);
    }
    sum->rows += blank ? 0 : 1;
}

static hl_err sum_file(const char *path, struct sum *out,
                       struct hl_detail *detail)
{
    struct table_reader *reader = NULL;
    const struct table_options options = {.format = TABLE_XLSX};
    const struct table_row *row = NULL;
    hl_err err = table_reader_open(path, &options, &reader, detail);
    for (size_t i = 0; err == HL_OK && i < table_reader_columns(reader); i++) {
        sum_cell(out, table_reader_column(reader, i));
    }
    if (err == HL_OK) {
        out->rows = 1;
        err = table_reader_next(reader, &row, detail);
    }
    while (err == HL_OK && row != NULL) {
        for (size_t i = 0; i < row->count; i++) {
            sum_cell(out, row->cells[i].text);
        }
        out->rows++;
        err = table_reader_next(reader, &row, detail);
    }
    table_reader_close(&reader);
    return err;
}

static hl_err read_again(const struct table_writer *writer,
                         struct hl_detail *detail)
{
    struct sum sum = {0};
    struct hl_detail why = {0};
    hl_err err = sum_file(writer->beside, &sum, &why);
    if (err == HL_OK && sum.rows == writer->sum.rows &&
        sum.crc == writer->sum.crc) {
        return HL_OK;
    }
    return hl_fail(detail, HL_EIO,
                   "what was written does not read the same: is there room "
                   "for it, and in TMPDIR or /tmp? %s",
                   why.text);
}

static hl_err flush(const struct table_writer *writer, struct hl_detail *detail)
{
    int fd = open(writer->beside, O_RDONLY | O_CLOEXEC);
    bool done = fd >= 0 && fsync(fd) == 0;
    int cause = errno;
    if (fd >= 0) {
        close(fd);
    }
    return done ? HL_OK : output_fail_errno(cause, "flush", detail);
}

/* --- The writer. --------------------------------------------------------- */

/* An empty file in the path's folder. */
static hl_err make_beside(struct table_writer *writer, struct hl_detail *detail)
{
    struct writer name = {0};
    const char *slash = strrchr(writer->path, '/');
    size_t folder = slash == NULL ? 0 : (size_t)(slash - writer->path) + 1;
    writer_bytes(&name, bytes_of(writer->path, folder));
    writer_text(&name, ".heluo-XXXXXX");
    writer->beside = hl_copy(name.data, name.size);
    writer_fini(&name);
    int fd = mkstemp(writer->beside);
    if (fd < 0) {
        hl_err err = output_fail_errno(errno, "make a file beside it", detail);
        hl_free(writer->beside);
        writer->beside = NULL;
        return err;
    }
    /* A USB stick's file system has no modes, and needs none. */
    (void)!fchmod(fd, FILE_MODE_PUBLIC);
    close(fd);
    return HL_OK;
}

static void release(struct table_writer *writer)
{
    if (writer->beside != NULL) {
        unlink(writer->beside);
    }
    hl_free(writer->beside);
    hl_free(writer->path);
    hl_free(writer);
}

static hl_err put_row(struct table_writer *writer, const struct bytes *cells,
                      struct hl_detail *detail)
{
    hl_err err = writer->output.ops->put(writer->output.self, cells,
                                         writer->columns, detail);
    if (err == HL_OK) {
        sum_row(&writer->sum, cells, writer->columns);
    }
    return err;
}

static hl_err begin(struct table_writer *writer,
                    const struct table_target *target,
                    const struct bytes *names, struct hl_detail *detail)
{
    if (file_exists(writer->path)) {
        return hl_fail(detail, HL_EEXISTS,
                       "it is never overwritten: move it away first");
    }
    hl_err err = make_beside(writer, detail);
    if (err == HL_OK && writer->format == TABLE_XLSX) {
        err = xlsx_output_open(writer->beside, &writer->output, detail);
    } else if (err == HL_OK) {
        err = text_output_open(writer->beside, writer->format, target->mark,
                               &writer->output, detail);
    }
    return err == HL_OK ? put_row(writer, names, detail) : err;
}

hl_err table_writer_open(const char *path, const struct table_target *target,
                         const struct bytes *names, size_t count,
                         struct table_writer **out, struct hl_detail *detail)
{
    struct table_writer *writer = hl_alloc(1, sizeof(*writer));
    writer->path = hl_copy(path, strlen(path));
    writer->columns = count;
    writer->format = target->format == TABLE_AUTO ? table_format_of_name(path)
                                                  : target->format;
    hl_err err = writer->format == TABLE_AUTO
                     ? hl_fail(detail, HL_EUNSUPPORTED,
                               "the file's name tells no format: end it in "
                               ".csv, .tsv, .jsonl, .json or .xlsx")
                     : check_names(names, count, detail);
    if (err == HL_OK) {
        err = begin(writer, target, names, detail);
    }
    if (err != HL_OK) {
        table_writer_abort(&writer);
    }
    *out = writer;
    return err;
}

hl_err table_writer_put(struct table_writer *writer, const struct bytes *cells,
                        struct hl_detail *detail)
{
    hl_err err = check_cells(cells, writer->columns, detail);
    return err == HL_OK ? put_row(writer, cells, detail) : err;
}

hl_err table_writer_commit(struct table_writer **writer,
                           struct hl_detail *detail)
{
    struct table_writer *done = *writer;
    *writer = NULL;
    hl_err err = done->output.ops->finish(done->output.self, detail);
    if (err == HL_OK && done->format == TABLE_XLSX) {
        err = read_again(done, detail);
    }
    if (err == HL_OK) {
        err = flush(done, detail);
    }
    if (err == HL_OK) {
        err = file_move(done->beside, done->path, detail);
    }
    release(done);
    return err;
}

void table_writer_abort(struct table_writer **writer)
{
    struct table_writer *gone = *writer;
    *writer = NULL;
    if (gone == NULL) {
        return;
    }
    if (gone->output.ops != NULL) {
        hl_err err = gone->output.ops->finish(gone->output.self, NULL);
        (void)err;
    }
    release(gone);
}
