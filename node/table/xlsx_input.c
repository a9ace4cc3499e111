/* SPDX-License-Identifier: Apache-2.0 */

/* xlsx: one sheet of a workbook, row by row. */

#include <inttypes.h>
#include <string.h>

#include "node/table/input.h"
#include "node/table/number.h"
#include "node/table/xlsx_book.h"
#include "node/table/xlsx_strings.h"
#include "node/table/xlsx_styles.h"
#include "node/table/xlsx_text.h"
#include "node/table/xml.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/hl_limits.h"
#include "protocol/base/text.h"

enum { SHOWN_BYTES = 40 };

enum cell_type {
    CELL_NUMBER,
    CELL_SHARED, /* the number of a shared string */
    CELL_TEXT,   /* a formula's */
    CELL_INLINE,
    CELL_BOOLEAN,
    CELL_ERROR,
    CELL_DATE, /* ISO 8601 */
};

static const struct {
    const char *name;
    enum cell_type type;
} cell_types[] = {
    {"n", CELL_NUMBER},         {"s", CELL_SHARED},  {"str", CELL_TEXT},
    {"inlineStr", CELL_INLINE}, {"b", CELL_BOOLEAN}, {"e", CELL_ERROR},
    {"d", CELL_DATE},
};

struct cell {
    size_t column;
    enum cell_type type;
    enum number_kind kind;
    bool has_formula;
    bool has_value;
};

struct xlsx_input {
    struct package *package;
    struct xlsx_strings *strings; /* NULL: none */
    struct xlsx_styles styles;
    bool is_1904;
    char name[XLSX_NAMES_BYTES], others[XLSX_NAMES_BYTES]; /* of sheets */
    struct xml *xml;
    struct row *row; /* of the caller, while xml_run() runs */
    uint64_t last;   /* number of the last row that was begun */
    bool in_row;
    bool in_cell;
    bool in_text; /* within what the cell's text is made of */
    bool done;    /* a row was filled */
    unsigned phonetic;
    struct cell cell;
    struct xlsx_collected value;
    struct writer text;
};

/* --- A cell's value. ----------------------------------------------------- */

static void put_text(struct xlsx_input *xlsx, struct bytes written)
{
    writer_clear(&xlsx->text);
    xlsx_unescape(written, &xlsx->text);
    row_put(xlsx->row, writer_view(&xlsx->text));
}

static void put_number(struct xlsx_input *xlsx, struct bytes written)
{
    char text[NUMBER_TEXT_BYTES];
    double value = 0;
    bool is_date = xlsx->cell.kind != NUMBER_PLAIN &&
                   number_parse(written, &value) &&
                   number_date(value, xlsx->cell.kind, xlsx->is_1904, text);
    if (is_date || number_normalise(written, text)) {
        row_put(xlsx->row, bytes_of_text(text));
    } else if (written.size > 0) {
        row_fail(xlsx->row, (int)xlsx->cell.column, HL_EMALFORMED,
                 "'%.*s' is no number",
                 written.size < SHOWN_BYTES ? (int)written.size : SHOWN_BYTES,
                 (const char *)written.data);
    }
}

static void put_shared(struct xlsx_input *xlsx, struct xml *xml,
                       struct bytes written)
{
    uint64_t index = 0;
    uint64_t count = xlsx_strings_count(xlsx->strings);
    bool fits = true;
    struct hl_detail detail = {0};
    if (count == 0 || text_decimal(written, count - 1, &index) != HL_OK) {
        row_fail(xlsx->row, (int)xlsx->cell.column, HL_EMALFORMED,
                 "the cell's text is not in the file");
        return;
    }
    writer_clear(&xlsx->text);
    hl_err err =
        xlsx_strings_read(xlsx->strings, index, &xlsx->text, &fits, &detail);
    if (err != HL_OK) {
        xml_fail(xml, err, detail.text);
        return;
    }
    if (!fits) {
        row_fail(xlsx->row, (int)xlsx->cell.column, HL_ELIMIT,
                 "a cell is larger than %d bytes", HL_TABLE_CELL_MAX_BYTES);
    }
    row_put(xlsx->row, writer_view(&xlsx->text));
}

/* A day without its time of day, which ISO 8601 has at midnight. */
static void put_iso_date(struct xlsx_input *xlsx, struct bytes written)
{
    static const char midnight[] = "T00:00:00";
    size_t day = sizeof("YYYY-MM-DD") - 1;
    bool whole =
        written.size >= day + sizeof(midnight) - 1 &&
        memcmp(written.data + day, midnight, sizeof(midnight) - 1) == 0 &&
        written.size <= day + sizeof("T00:00:00.000Z") - 1;
    row_put(xlsx->row, whole ? bytes_slice(written, 0, day) : written);
}

static void put_value(struct xlsx_input *xlsx, struct xml *xml)
{
    struct bytes written = writer_view(&xlsx->value.text);
    if (!xlsx_collected_fits(&xlsx->value)) {
        row_fail(xlsx->row, (int)xlsx->cell.column, HL_ELIMIT,
                 "a cell is larger than %d bytes", HL_TABLE_CELL_MAX_BYTES);
        return;
    }
    switch (xlsx->cell.type) {
    case CELL_NUMBER:
        put_number(xlsx, written);
        break;
    case CELL_SHARED:
        put_shared(xlsx, xml, written);
        break;
    case CELL_BOOLEAN:
        row_put(
            xlsx->row,
            bytes_of_text(bytes_equal_text(written, "0") ? "false" : "true"));
        break;
    case CELL_DATE:
        put_iso_date(xlsx, written);
        break;
    case CELL_TEXT:
    case CELL_INLINE:
    case CELL_ERROR:
    default:
        put_text(xlsx, written);
    }
}

/* --- Cells and rows. ----------------------------------------------------- */

/* The column of "C7", counted from 0; false: no reference. */
static bool column_of(const char *reference, size_t *column)
{
    size_t value = 0;
    size_t i = 0;
    for (; reference[i] >= 'A' && reference[i] <= 'Z' && i < 4; i++) {
        value = value * 26 + (size_t)(reference[i] - 'A') + 1;
    }
    *column = value - 1;
    return i > 0 && i < 4 && reference[i] >= '0' && reference[i] <= '9';
}

static void begin_cell(struct xlsx_input *xlsx, const char **attributes)
{
    const char *reference = xml_attribute(attributes, "r");
    const char *type = xml_attribute(attributes, "t");
    xlsx->in_cell = true;
    xlsx->phonetic = 0;
    xlsx_collect_anew(&xlsx->value);
    xlsx->cell = (struct cell){
        .column = xlsx->row->count,
        .kind = xlsx_styles_kind(&xlsx->styles, xml_attribute(attributes, "s")),
    };
    if (reference != NULL && !column_of(reference, &xlsx->cell.column)) {
        row_fail(xlsx->row, TABLE_NO_COLUMN, HL_EMALFORMED,
                 "'%.20s' is no place of a cell", reference);
    }
    for (size_t i = 0;
         type != NULL && i < sizeof(cell_types) / sizeof(*cell_types); i++) {
        if (strcmp(type, cell_types[i].name) == 0) {
            xlsx->cell.type = cell_types[i].type;
        }
    }
}

static enum table_fault fault_of(const struct cell *cell)
{
    if (cell->type == CELL_ERROR) {
        return TABLE_ERROR_VALUE;
    }
    return cell->has_formula && !cell->has_value ? TABLE_NO_VALUE : TABLE_FINE;
}

static void end_cell(struct xlsx_input *xlsx, struct xml *xml)
{
    struct row *row = xlsx->row;
    const struct cell *cell = &xlsx->cell;
    xlsx->in_cell = false;
    xlsx->in_text = false;
    if (!cell->has_value && !cell->has_formula) {
        return;
    }
    if (cell->column < row->count) {
        row_fail(row, TABLE_NO_COLUMN, HL_EMALFORMED,
                 "its cells are not in order");
    }
    row_pad(row, cell->column);
    if (cell->has_value && row->err == HL_OK) {
        put_value(xlsx, xml);
    }
    row_end_cell(row, fault_of(cell));
}

static void begin_row(struct xlsx_input *xlsx, struct xml *xml,
                      const char **attributes)
{
    const char *number = xml_attribute(attributes, "r");
    uint64_t line = xlsx->last + 1;
    if (number != NULL &&
        (text_decimal(bytes_of_text(number), UINT32_MAX, &line) != HL_OK ||
         line <= xlsx->last)) {
        xml_fail(xml, HL_EMALFORMED, "rows are not in order");
        return;
    }
    xlsx->last = line;
    xlsx->in_row = true;
    row_begin(xlsx->row, line);
}

static void on_start(void *context, struct xml *xml, const char *name,
                     const char **attributes)
{
    struct xlsx_input *xlsx = context;
    if (!xlsx->in_row) {
        if (strcmp(name, "row") == 0) {
            begin_row(xlsx, xml, attributes);
        }
    } else if (!xlsx->in_cell) {
        if (strcmp(name, "c") == 0) {
            begin_cell(xlsx, attributes);
        }
    } else if (strcmp(name, "rPh") == 0) {
        xlsx->phonetic++;
    } else if (strcmp(name, "f") == 0) {
        xlsx->cell.has_formula = true;
    } else if (strcmp(name, xlsx->cell.type == CELL_INLINE ? "t" : "v") == 0) {
        xlsx->cell.has_value = true;
        xlsx->in_text = xlsx->phonetic == 0;
    }
}

static void on_end(void *context, struct xml *xml, const char *name)
{
    struct xlsx_input *xlsx = context;
    if (xlsx->in_cell) {
        if (strcmp(name, "c") == 0) {
            end_cell(xlsx, xml);
        } else if (strcmp(name, "rPh") == 0 && xlsx->phonetic > 0) {
            xlsx->phonetic--;
        } else if (strcmp(name, "t") == 0 || strcmp(name, "v") == 0) {
            xlsx->in_text = false;
        }
    } else if (xlsx->in_row && strcmp(name, "row") == 0) {
        xlsx->in_row = false;
        xlsx->done = true;
        xml_pause(xml);
    }
}

static void on_text(void *context, struct xml *xml, struct bytes text)
{
    struct xlsx_input *xlsx = context;
    (void)xml;
    if (xlsx->in_text) {
        xlsx_collect(&xlsx->value, text);
    }
}

static const struct xml_handlers handlers = {on_start, on_end, on_text};

static hl_err next(void *self, struct row *row, bool *got,
                   struct hl_detail *detail)
{
    struct xlsx_input *xlsx = self;
    bool more = true;
    hl_err err = HL_OK;
    xlsx->row = row;
    xlsx->done = false;
    while (err == HL_OK && more && !xlsx->done) {
        err = xml_run(xlsx->xml, &more, detail);
    }
    *got = err == HL_OK && xlsx->done;
    return err;
}

/* --- Opening. ------------------------------------------------------------ */

static const char *encoding(const void *self)
{
    (void)self;
    return NULL;
}

static const char *sheet(const void *self, const char **others)
{
    const struct xlsx_input *xlsx = self;
    *others = xlsx->others;
    return xlsx->name;
}

static void close_xlsx(void *self)
{
    struct xlsx_input *xlsx = self;
    xml_close(xlsx->xml);
    xlsx_strings_close(xlsx->strings);
    xlsx_styles_fini(&xlsx->styles);
    writer_fini(&xlsx->value.text);
    writer_fini(&xlsx->text);
    package_close(xlsx->package);
    hl_free(xlsx);
}

static const struct input_ops ops = {next, encoding, close_xlsx, sheet};

static hl_err open_parts(struct xlsx_input *xlsx, const char *sheet,
                         struct hl_detail *detail)
{
    struct xlsx_book book = {0};
    hl_err err = xlsx_book_read(xlsx->package, sheet, &book, detail);
    xlsx->is_1904 = book.is_1904;
    memcpy(xlsx->name, book.name, sizeof(xlsx->name));
    memcpy(xlsx->others, book.others, sizeof(xlsx->others));
    if (err == HL_OK && book.strings[0] != '\0') {
        err = xlsx_strings_open(xlsx->package, book.strings, &xlsx->strings,
                                detail);
    }
    if (err == HL_OK && book.styles[0] != '\0') {
        err =
            xlsx_styles_read(xlsx->package, book.styles, &xlsx->styles, detail);
    }
    return err == HL_OK ? xml_open(xlsx->package, book.sheet, &handlers, xlsx,
                                   &xlsx->xml, detail)
                        : err;
}

hl_err xlsx_input_open(struct source *source,
                       const struct table_options *options, struct input *out,
                       struct hl_detail *detail)
{
    struct xlsx_input *xlsx = hl_alloc(1, sizeof(*xlsx));
    hl_err err = package_open(source, &xlsx->package, detail);
    if (err == HL_OK) {
        err = open_parts(xlsx, options->sheet, detail);
    }
    if (err == HL_ENOTFOUND) {
        /* A part, not the file. */
        err = HL_EMALFORMED;
    }
    if (err != HL_OK) {
        close_xlsx(xlsx);
        return err;
    }
    *out = (struct input){&ops, xlsx};
    return HL_OK;
}
