/* SPDX-License-Identifier: Apache-2.0 */
#include "node/import/mapping_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "node/catalogue/characters.h"
#include "node/catalogue/name_key.h"
#include "node/import/nrii.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

static char *text_of(struct bytes text)
{
    return hl_copy(text.size == 0 ? (const uint8_t *)"" : text.data, text.size);
}

/* --- Reading a mapping ---------------------------------------------------- */

enum part { PART_COLUMN, PART_ATTRIBUTE, PART_VALUE, PART_AS, PART_COUNT };

static const char *const part_names[PART_COUNT] = {"column", "attribute",
                                                   "value", "as"};

struct columns {
    int at[PART_COUNT]; /* -1: the table has no such column */
};

static hl_err find_columns(const struct table_reader *reader,
                           struct columns *out, struct hl_detail *detail)
{
    for (int i = 0; i < PART_COUNT; i++) {
        out->at[i] = -1;
    }
    for (size_t i = 0; i < table_reader_columns(reader); i++) {
        int part = 0;
        while (part < PART_COUNT &&
               !name_equal(table_reader_column(reader, i),
                           bytes_of_text(part_names[part]))) {
            part++;
        }
        if (part == PART_COUNT) {
            return hl_fail(
                detail, HL_EMALFORMED,
                "a mapping has the columns column, attribute, value "
                "and as, not '%.*s'",
                BYTES_ARGS(name_shown(table_reader_column(reader, i))));
        }
        out->at[part] = (int)i;
    }
    if (out->at[PART_COLUMN] < 0 || out->at[PART_ATTRIBUTE] < 0) {
        return hl_fail(detail, HL_EMALFORMED,
                       "a mapping has the columns column, attribute, value and "
                       "as; here column or attribute is missing");
    }
    return HL_OK;
}

static struct bytes cell(const struct table_row *row,
                         const struct columns *columns, enum part part)
{
    return columns->at[part] < 0 ? (struct bytes){0}
                                 : row->cells[columns->at[part]].text;
}

static hl_err take_record(struct mapping *mapping, struct bytes value,
                          struct hl_detail *detail)
{
    for (size_t i = 0; i < RECORD_KINDS; i++) {
        if (bytes_equal_text(value, record_kinds[i].word)) {
            if (mapping->kind != NULL && mapping->kind != &record_kinds[i]) {
                return hl_fail(detail, HL_EMALFORMED,
                               "it is of records of kind %s, and %s is asked "
                               "for",
                               record_kinds[i].word, mapping->kind->word);
            }
            mapping->kind = &record_kinds[i];
            return HL_OK;
        }
    }
    return hl_fail(detail, HL_EMALFORMED,
                   "'%.*s' is none of unit, instrument, service, demand",
                   BYTES_ARGS(name_shown(value)));
}

static hl_err take_setting(struct mapping *mapping, struct bytes name,
                           struct bytes value, struct hl_detail *detail)
{
    char text[MAPPING_SETTING_MAX_BYTES + 1];
    if (value.size == 0 || value.size >= sizeof(text)) {
        return hl_fail(detail, HL_EMALFORMED, "%.*s: a value of 1 to %d bytes",
                       BYTES_ARGS(name_shown(name)), MAPPING_SETTING_MAX_BYTES);
    }
    memcpy(text, value.data, value.size);
    text[value.size] = '\0';
    if (bytes_equal_text(name, "@record")) {
        return take_record(mapping, value, detail);
    }
    if (bytes_equal_text(name, "@format")) {
        return table_format_parse(text, &mapping->format) == HL_OK
                   ? HL_OK
                   : hl_fail(detail, HL_EMALFORMED,
                             "@format '%s' is none of csv, tsv, jsonl, json, "
                             "xlsx",
                             text);
    }
    if (bytes_equal_text(name, "@heading")) {
        char *end = NULL;
        mapping->heading = strtoull(text, &end, 10);
        return character_is_digit((uint8_t)text[0]) && *end == '\0' &&
                       mapping->heading > 0 && mapping->heading < UINT32_MAX
                   ? HL_OK
                   : hl_fail(detail, HL_EMALFORMED,
                             "@heading '%s' is no line's number", text);
    }
    if (bytes_equal_text(name, "@delimiter")) {
        mapping->delimiter = text[0];
        return value.size == 1 && strchr("\"\r\n", text[0]) == NULL
                   ? HL_OK
                   : hl_fail(detail, HL_EMALFORMED,
                             "@delimiter '%s' is not one character such as ;",
                             text);
    }
    char **where = bytes_equal_text(name, "@encoding") ? &mapping->encoding
                   : bytes_equal_text(name, "@sheet")  ? &mapping->sheet
                                                       : NULL;
    if (where == NULL) {
        return hl_fail(detail, HL_EMALFORMED,
                       "'%.*s' is none of @record, @format, @encoding, @sheet, "
                       "@delimiter, @heading",
                       BYTES_ARGS(name_shown(name)));
    }
    hl_free(*where);
    *where = text_of(value);
    return HL_OK;
}

static hl_err take_unit(struct target *target, struct bytes as,
                        struct hl_detail *detail)
{
    target->unit_fen = money_unit(as);
    return target->unit_fen > 0
               ? HL_OK
               : hl_fail(detail, HL_EMALFORMED,
                         "'%.*s' is no unit of money: 元, 千元 or 万元",
                         BYTES_ARGS(name_shown(as)));
}

static hl_err take_order(struct target *target, struct bytes as,
                         struct hl_detail *detail)
{
    static const char *const orders[] = {"YMD", "DMY", "MDY"};
    for (int i = 0; i < 3; i++) {
        if (bytes_equal_text(as, orders[i])) {
            target->dates = (enum date_order)i;
            return HL_OK;
        }
    }
    return hl_fail(detail, HL_EMALFORMED,
                   "'%.*s' is no order of a date: YMD, DMY or MDY",
                   BYTES_ARGS(name_shown(as)));
}

/* Whether the attribute takes the value; where that is a rule of texts, it is
 * seen with the rows. */
static hl_err check_value(const struct record_kind *kind,
                          const struct target *target, struct bytes value,
                          struct hl_detail *detail)
{
    union record_room unused = {0};
    uint64_t fen = 0;
    const struct attribute *attribute = target->attribute;
    if (attribute == NULL || attribute->form == ATTRIBUTE_TEXT ||
        value.size == 0) {
        return HL_OK;
    }
    return attribute->form == ATTRIBUTE_MONEY
               ? attribute_parse_money(
                     value, target->unit_fen == 0 ? 100 : target->unit_fen,
                     &fen, detail)
               : attribute_parse(kind, attribute, value, &unused, detail);
}

static hl_err take_words(const struct record_kind *kind, struct target *target,
                         struct bytes as, struct hl_detail *detail)
{
    struct bytes rest = as;
    struct bytes theirs, ours;
    while (word_next(&rest, &theirs, &ours)) {
        if (ours.data == NULL) {
            return hl_fail(detail, HL_EMALFORMED,
                           "'%.*s' is no \"theirs=ours; ...\"",
                           BYTES_ARGS(name_shown(theirs)));
        }
        hl_err err = check_value(kind, target, ours, detail);
        if (err != HL_OK) {
            return err;
        }
    }
    target->words = text_of(as);
    return HL_OK;
}

/* What `as` may say depends on the attribute. */
static hl_err take_as(const struct record_kind *kind, struct target *target,
                      struct bytes as, struct hl_detail *detail)
{
    const struct attribute *attribute = target->attribute;
    if (as.size == 0) {
        return HL_OK;
    }
    if (attribute != NULL && attribute->form == ATTRIBUTE_MONEY) {
        return take_unit(target, as, detail);
    }
    return target_is_date(target) ? take_order(target, as, detail)
                                  : take_words(kind, target, as, detail);
}

static hl_err take_target(const struct record_kind *kind, struct bytes name,
                          struct target *out, struct hl_detail *detail)
{
    bool known = false;
    *out = heading_target(kind, name, &known);
    if (!known) {
        return hl_fail(detail, HL_EMALFORMED,
                       "there is no attribute '%.*s': 'heluo %s put --help' "
                       "has them all",
                       BYTES_ARGS(name_shown(name)), kind->word);
    }
    return HL_OK;
}

static bool has_mark(struct bytes column, size_t at)
{
    return column.size > at && column.data[at] == '#';
}

/* The line that says already what this one says; NULL: none. */
static const struct line *find_twin(const struct mapping *mapping,
                                    struct bytes column,
                                    const struct target *target)
{
    for (size_t i = 0; i < mapping->count; i++) {
        const struct line *line = &mapping->lines[i];
        if (column.size == 0 ? line->column[0] == '\0' &&
                                   mapping_same_target(&line->target, target)
                             : bytes_equal_text(column, line->column)) {
            return line;
        }
    }
    return NULL;
}

static hl_err check_line(const struct mapping *mapping, struct bytes column,
                         const struct target *target, struct bytes value,
                         struct hl_detail *detail)
{
    const struct line *twin = find_twin(mapping, column, target);
    if (twin != NULL) {
        return hl_fail(detail, HL_EMALFORMED,
                       "line %" PRIu64 " has said that already", twin->number);
    }
    if (column.size == 0 && target->kind == TARGET_NOTHING) {
        return hl_fail(detail, HL_EMALFORMED,
                       "neither a column nor an attribute");
    }
    return check_value(mapping->kind, target, value, detail);
}

static void keep_line(struct mapping *mapping, struct bytes column,
                      uint64_t number, const struct target *target)
{
    mapping->lines = hl_realloc(mapping->lines, mapping->count + 1,
                                sizeof(mapping->lines[0]));
    mapping->lines[mapping->count++] = (struct line){
        .column = text_of(column), .number = number, .target = *target};
}

static hl_err add_line(struct mapping *mapping, const struct table_row *row,
                       const struct columns *columns, struct hl_detail *detail)
{
    struct bytes column = cell(row, columns, PART_COLUMN);
    struct bytes name = cell(row, columns, PART_ATTRIBUTE);
    struct bytes value = cell(row, columns, PART_VALUE);
    struct target target = {0};
    if (has_mark(column, 0) && !has_mark(column, 1)) {
        return HL_OK;
    }
    if (has_mark(column, 0)) {
        column = bytes_slice(column, 1, column.size - 1);
    }
    if (name.size > 0 && name.data[0] == '@') {
        return column.size == 0
                   ? take_setting(mapping, name, value, detail)
                   : hl_fail(detail, HL_EMALFORMED, "a setting has no column");
    }
    if (mapping->kind == NULL) {
        return hl_fail(detail, HL_EMALFORMED,
                       "say first of what: ,@record,instrument");
    }
    hl_err err = take_target(mapping->kind, name, &target, detail);
    if (err == HL_OK) {
        err = take_as(mapping->kind, &target, cell(row, columns, PART_AS),
                      detail);
    }
    if (err == HL_OK) {
        err = check_line(mapping, column, &target, value, detail);
    }
    if (err != HL_OK) {
        hl_free(target.words);
        return err;
    }
    if (value.size > 0) {
        target.otherwise = text_of(value);
    }
    keep_line(mapping, column, row->line, &target);
    return HL_OK;
}

static hl_err read_lines(struct mapping *mapping, struct table_reader *reader,
                         struct hl_detail *detail)
{
    struct columns columns;
    const struct table_row *row = NULL;
    hl_err err = find_columns(reader, &columns, detail);
    while (err == HL_OK) {
        err = table_reader_next(reader, &row, detail);
        if (err != HL_OK || row == NULL) {
            break;
        }
        struct hl_detail why = row->detail;
        err = row->err != HL_OK ? row->err
                                : add_line(mapping, row, &columns, &why);
        if (err != HL_OK) {
            hl_fail(detail, err, "line %" PRIu64 ": %s", row->line, why.text);
        }
    }
    return err;
}

static hl_err finish(struct mapping *mapping, hl_err err, struct mapping **out,
                     struct hl_detail *detail)
{
    if (err == HL_OK && mapping->kind == NULL) {
        err = hl_fail(detail, HL_EMALFORMED,
                      "it does not say of what: ,@record,instrument");
    }
    if (err != HL_OK) {
        mapping_close(&mapping);
    }
    *out = mapping;
    return err;
}

static struct mapping *begin(const struct record_kind *kind)
{
    struct mapping *mapping = hl_alloc(1, sizeof(*mapping));
    mapping->kind = kind;
    return mapping;
}

hl_err mapping_open_memory(struct bytes text, const struct record_kind *kind,
                           struct mapping **out, struct hl_detail *detail)
{
    struct mapping *mapping = begin(kind);
    struct table_reader *reader = NULL;
    const struct table_options options = {.format = TABLE_CSV,
                                          .short_rows = true};
    hl_err err = table_reader_open_memory(text, "", &options, &reader, detail);
    if (err == HL_OK) {
        err = read_lines(mapping, reader, detail);
    }
    table_reader_close(&reader);
    return finish(mapping, err, out, detail);
}

hl_err mapping_open(const char *name, const struct record_kind *kind,
                    struct mapping **out, struct hl_detail *detail)
{
    *out = NULL;
    if (name == NULL) {
        return finish(begin(kind), HL_OK, out, detail);
    }
    const char *known = mapping_known(name);
    if (known != NULL) {
        hl_err err =
            mapping_open_memory(bytes_of_text(known), kind, out, detail);
        if (err == HL_OK) {
            (*out)->known_form = true;
        }
        return err;
    }
    struct mapping *mapping = begin(kind);
    struct table_reader *reader = NULL;
    const struct table_options options = {.short_rows = true};
    hl_err err = table_reader_open(name, &options, &reader, detail);
    if (err == HL_OK) {
        err = read_lines(mapping, reader, detail);
    }
    table_reader_close(&reader);
    return finish(mapping, err, out, detail);
}

static void free_line(struct line *line)
{
    hl_free(line->column);
    hl_free(line->target.words);
    hl_free(line->target.otherwise);
}

static void forget_constant(struct mapping *mapping,
                            const struct target *target)
{
    size_t kept = 0;
    for (size_t i = 0; i < mapping->count; i++) {
        struct line *line = &mapping->lines[i];
        if (line->column[0] == '\0' &&
            mapping_same_target(&line->target, target)) {
            free_line(line);
        } else {
            mapping->lines[kept++] = *line;
        }
    }
    mapping->count = kept;
}

hl_err mapping_set(struct mapping *mapping, struct bytes text,
                   struct hl_detail *detail)
{
    const uint8_t *sign =
        text.size == 0 ? NULL : memchr(text.data, '=', text.size);
    if (sign == NULL) {
        return hl_fail(detail, HL_EMALFORMED, "'%.*s' is no NAME=VALUE",
                       BYTES_ARGS(name_shown(text)));
    }
    size_t at = (size_t)(sign - text.data);
    struct bytes value = bytes_slice(text, at + 1, text.size - at - 1);
    struct target target;
    hl_err err =
        take_target(mapping->kind, bytes_slice(text, 0, at), &target, detail);
    if (err == HL_OK && target.kind == TARGET_NOTHING) {
        err = hl_fail(detail, HL_EMALFORMED, "'%.*s' is no NAME=VALUE",
                      BYTES_ARGS(name_shown(text)));
    }
    if (err == HL_OK) {
        err = check_value(mapping->kind, &target, value, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    forget_constant(mapping, &target);
    target.otherwise = text_of(value);
    keep_line(mapping, (struct bytes){0}, 0, &target);
    return HL_OK;
}

void mapping_close(struct mapping **mapping)
{
    if (*mapping == NULL) {
        return;
    }
    for (size_t i = 0; i < (*mapping)->count; i++) {
        free_line(&(*mapping)->lines[i]);
    }
    hl_free((*mapping)->lines);
    hl_free((*mapping)->encoding);
    hl_free((*mapping)->sheet);
    hl_free(*mapping);
    *mapping = NULL;
}

const struct record_kind *mapping_kind(const struct mapping *mapping)
{
    return mapping->kind;
}

struct table_options mapping_options(const struct mapping *mapping)
{
    return (struct table_options){
        .format = mapping->format,
        .encoding = mapping->encoding,
        .sheet = mapping->sheet,
        .delimiter = mapping->delimiter,
        .heading = mapping->heading,
    };
}
