/* SPDX-License-Identifier: Apache-2.0 */

/* csv and tsv. libcsv knows no lines, and where a quote goes wrong it has
 * nothing to say but that, and loses its place; hence our own reader, which
 * stays at the front of a row until the row has been read. */

#include <string.h>

#include "node/table/decoder.h"
#include "node/table/input.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/hl_limits.h"

enum { END = -1, SEP_LINE_BYTES = 5 };

struct csv_input {
    struct decoder decoder;
    struct writer text; /* decoded, from the row's front on */
    size_t start;       /* of the row, in text */
    size_t at;
    uint64_t line; /* of `at` */
    uint8_t delimiter;
    bool stops[256];   /* what ends a run within an unquoted cell */
    uint64_t doubtful; /* the last line that a failed row's quotes led to */
};

/* More text behind what is kept, which is all from `start` on. */
static hl_err fill(struct csv_input *csv, struct hl_detail *detail)
{
    size_t kept = csv->text.size - csv->start;
    if (csv->start > 0) {
        memmove(csv->text.data, csv->text.data + csv->start, kept);
        writer_shrink(&csv->text, csv->start);
        csv->at -= csv->start;
        csv->start = 0;
    }
    return decoder_read(&csv->decoder, &csv->text, detail);
}

/* Sees to it that `ahead` bytes from `at` on are there, or the end is. */
static hl_err look(struct csv_input *csv, size_t ahead,
                   struct hl_detail *detail)
{
    hl_err err = HL_OK;
    while (err == HL_OK && csv->text.size - csv->at < ahead &&
           !csv->decoder.ended) {
        err = fill(csv, detail);
    }
    return err;
}

/* The byte `ahead` of `at`, or END; look() comes before. */
static int byte_at(const struct csv_input *csv, size_t ahead)
{
    size_t at = csv->at + ahead;
    return at < csv->text.size ? csv->text.data[at] : END;
}

static bool is_end_of_line(int c)
{
    return c == '\n' || c == '\r' || c == END;
}

/* Steps over one line end, where `at` stands at one. */
static hl_err end_line(struct csv_input *csv, struct hl_detail *detail)
{
    hl_err err = look(csv, 2, detail);
    if (err != HL_OK || byte_at(csv, 0) == END) {
        return err;
    }
    csv->at += byte_at(csv, 0) == '\r' && byte_at(csv, 1) == '\n' ? 2 : 1;
    csv->line++;
    return HL_OK;
}

/* To the front of the next line, keeping nothing. */
static hl_err skip_line(struct csv_input *csv, struct hl_detail *detail)
{
    for (;;) {
        csv->start = csv->at;
        hl_err err = look(csv, 1, detail);
        if (err != HL_OK) {
            return err;
        }
        while (!is_end_of_line(byte_at(csv, 0))) {
            csv->at++;
        }
        if (csv->at < csv->text.size || csv->decoder.ended) {
            err = end_line(csv, detail);
            csv->start = csv->at;
            return err;
        }
    }
}

/* --- Cells. -------------------------------------------------------------- */

/* A run of an unquoted cell. A quote in it is a character, but not in lines
 * that may be the rest of a cell whose quotes went wrong. */
static void put_run(struct csv_input *csv, struct row *row, struct bytes run)
{
    if (csv->line <= csv->doubtful && run.size > 0 &&
        memchr(run.data, '"', run.size) != NULL) {
        row_fail(row, (int)row->count, HL_EMALFORMED,
                 "a quote that may belong to the row that failed above");
    }
    row_put(row, run);
}

static hl_err read_unquoted(struct csv_input *csv, struct row *row,
                            struct hl_detail *detail)
{
    for (;;) {
        hl_err err = look(csv, 1, detail);
        if (err != HL_OK) {
            return err;
        }
        size_t from = csv->at;
        size_t at = from;
        while (at < csv->text.size && !csv->stops[csv->text.data[at]]) {
            at++;
        }
        put_run(csv, row, bytes_of(csv->text.data + from, at - from));
        csv->at = at;
        if (at < csv->text.size || csv->decoder.ended || row->err != HL_OK) {
            return HL_OK;
        }
    }
}

/* CR LF may lie on both sides of a fill(), so a LF looks behind itself. */
static void count_lines(struct csv_input *csv, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        uint8_t c = csv->text.data[i];
        csv->line += c == '\r' || (c == '\n' && csv->text.data[i - 1] != '\r');
    }
}

/* A run within quotes, up to the next quote. */
static hl_err read_run(struct csv_input *csv, struct row *row,
                       struct hl_detail *detail)
{
    hl_err err = look(csv, 1, detail);
    if (err != HL_OK) {
        return err;
    }
    if (csv->at == csv->text.size) {
        row_fail(row, (int)row->count, HL_EMALFORMED,
                 "a quote is opened and never closed");
        return HL_OK;
    }
    const uint8_t *from = csv->text.data + csv->at;
    size_t left = csv->text.size - csv->at;
    const uint8_t *quote = memchr(from, '"', left);
    size_t size = quote == NULL ? left : (size_t)(quote - from);
    row_put(row, bytes_of(from, size));
    count_lines(csv, csv->at, csv->at + size);
    csv->at += size;
    return HL_OK;
}

/* From behind the opening quote to behind the closing one. */
static hl_err read_quoted(struct csv_input *csv, struct row *row,
                          struct hl_detail *detail)
{
    while (row->err == HL_OK) {
        hl_err err = read_run(csv, row, detail);
        if (err != HL_OK || row->err != HL_OK) {
            return err;
        }
        if (byte_at(csv, 0) != '"') {
            continue;
        }
        err = look(csv, 2, detail);
        if (err != HL_OK) {
            return err;
        }
        csv->at++;
        if (byte_at(csv, 0) != '"') {
            break;
        }
        row_put(row, bytes_of_text("\""));
        csv->at++;
    }
    int next = byte_at(csv, 0);
    if (next != csv->delimiter && !is_end_of_line(next)) {
        row_fail(row, (int)row->count, HL_EMALFORMED,
                 "text follows a closing quote: a quote within a cell is "
                 "written twice");
    }
    return HL_OK;
}

static hl_err read_cell(struct csv_input *csv, struct row *row,
                        struct hl_detail *detail)
{
    hl_err err = look(csv, 1, detail);
    if (err == HL_OK && byte_at(csv, 0) == '"') {
        csv->at++;
        err = read_quoted(csv, row, detail);
    } else if (err == HL_OK) {
        err = read_unquoted(csv, row, detail);
    }
    row_end_cell(row, TABLE_FINE);
    return err;
}

/* --- Rows. --------------------------------------------------------------- */

/* Behind the failed row's first line, wherever its quotes had led. The lines
 * that are read again lead no further: one with an odd number of quotes ended
 * the cell that went through it, and other quotes fail there. So no text makes
 * this slow. */
static hl_err recover(struct csv_input *csv, const struct row *row,
                      struct hl_detail *detail)
{
    csv->doubtful = csv->line > csv->doubtful ? csv->line : csv->doubtful;
    csv->at = csv->start;
    csv->line = row->line;
    return skip_line(csv, detail);
}

static hl_err read_row(struct csv_input *csv, struct row *row,
                       struct hl_detail *detail)
{
    hl_err err = HL_OK;
    csv->start = csv->at;
    row_begin(row, csv->line);
    for (;;) {
        err = read_cell(csv, row, detail);
        if (err != HL_OK || row->err != HL_OK ||
            byte_at(csv, 0) != csv->delimiter) {
            break;
        }
        csv->at++;
    }
    if (err != HL_OK) {
        return err;
    }
    return row->err == HL_OK ? end_line(csv, detail)
                             : recover(csv, row, detail);
}

static hl_err next(void *self, struct row *row, bool *got,
                   struct hl_detail *detail)
{
    struct csv_input *csv = self;
    csv->start = csv->at;
    hl_err err = look(csv, 1, detail);
    *got = err == HL_OK && csv->at < csv->text.size;
    return *got ? read_row(csv, row, detail) : err;
}

/* --- The heading's line, and the delimiter. ------------------------------ */

/* `sep=;` alone on the first line: Excel's own. */
static hl_err take_sep(struct csv_input *csv, struct hl_detail *detail)
{
    static const char sep[] = "sep=";
    hl_err err = look(csv, SEP_LINE_BYTES + 1, detail);
    if (err != HL_OK || csv->text.size - csv->at < SEP_LINE_BYTES ||
        memcmp(csv->text.data + csv->at, sep, sizeof(sep) - 1) != 0 ||
        !is_end_of_line(byte_at(csv, SEP_LINE_BYTES))) {
        return err;
    }
    csv->delimiter = csv->text.data[csv->at + SEP_LINE_BYTES - 1];
    return skip_line(csv, detail);
}

static hl_err find_heading(struct csv_input *csv, uint64_t heading,
                           struct hl_detail *detail)
{
    hl_err err = look(csv, 1, detail);
    while (err == HL_OK && csv->at < csv->text.size &&
           (csv->line < heading || is_end_of_line(byte_at(csv, 0)))) {
        err = skip_line(csv, detail);
        if (err == HL_OK) {
            err = look(csv, 1, detail);
        }
    }
    return err;
}

/* Whichever stands most often outside of quotes in the heading. */
static hl_err guess_delimiter(struct csv_input *csv, struct hl_detail *detail)
{
    static const uint8_t known[] = {',', ';', '\t'};
    size_t counts[sizeof(known)] = {0};
    bool quoted = false;
    csv->start = csv->at;
    for (size_t i = 0; i < HL_TABLE_ROW_MAX_BYTES; i++) {
        hl_err err = look(csv, i + 1, detail);
        int c = byte_at(csv, i);
        if (err != HL_OK) {
            return err;
        }
        if (c == END || (is_end_of_line(c) && !quoted)) {
            break;
        }
        quoted = quoted != (c == '"');
        for (size_t k = 0; k < sizeof(known); k++) {
            counts[k] += !quoted && c == known[k];
        }
    }
    size_t best = 0;
    for (size_t k = 1; k < sizeof(known); k++) {
        best = counts[k] > counts[best] ? k : best;
    }
    csv->delimiter = known[best];
    return HL_OK;
}

static hl_err prepare(struct csv_input *csv,
                      const struct table_options *options,
                      struct hl_detail *detail)
{
    hl_err err = HL_OK;
    if (options->format == TABLE_TSV) {
        csv->delimiter = '\t';
    } else {
        csv->delimiter = (uint8_t)options->delimiter;
        err = take_sep(csv, detail);
    }
    if (err == HL_OK) {
        err = find_heading(csv, options->heading, detail);
    }
    if (err == HL_OK && csv->delimiter == 0) {
        err = guess_delimiter(csv, detail);
    }
    uint8_t delimiter = csv->delimiter;
    if (err == HL_OK &&
        (delimiter == '"' || delimiter >= 0x80 || is_end_of_line(delimiter))) {
        err = hl_fail(detail, HL_EUNSUPPORTED,
                      "byte 0x%02X cannot part cells: use one such as ; or |",
                      (unsigned)delimiter);
    }
    csv->stops[delimiter] = csv->stops['\r'] = csv->stops['\n'] = true;
    return err;
}

static const char *encoding(const void *self)
{
    const struct csv_input *csv = self;
    return csv->decoder.encoding;
}

static void close_csv(void *self)
{
    struct csv_input *csv = self;
    decoder_close(&csv->decoder);
    writer_fini(&csv->text);
    hl_free(csv);
}

static const struct input_ops ops = {next, encoding, close_csv, NULL};

hl_err csv_input_open(struct source *source,
                      const struct table_options *options, struct input *out,
                      struct hl_detail *detail)
{
    struct csv_input *csv = hl_alloc(1, sizeof(*csv));
    csv->line = 1;
    hl_err err = decoder_open(source, options->encoding, &csv->decoder, detail);
    if (err == HL_OK) {
        err = prepare(csv, options, detail);
    }
    if (err != HL_OK) {
        close_csv(csv);
        return err;
    }
    *out = (struct input){&ops, csv};
    return HL_OK;
}
