/* SPDX-License-Identifier: Apache-2.0 */
#include "node/import/convert_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

const char *dirt_word(enum dirt dirt)
{
    static const char *const words[DIRT_COUNT] = {
        [DIRT_ROW] = "row",         [DIRT_BYTES] = "bytes",
        [DIRT_NOTHING] = "nothing", [DIRT_WIDTH] = "width",
        [DIRT_DATE] = "date",       [DIRT_ZERO] = "zero",
        [DIRT_CLASS] = "class",     [DIRT_DIVISION] = "division",
        [DIRT_LIST] = "list",       [DIRT_MONEY] = "money",
        [DIRT_NUMBER] = "number",   [DIRT_ADDRESS] = "address",
        [DIRT_CUT] = "cut",         [DIRT_NO_NUMBER] = "no-number",
        [DIRT_TWICE] = "twice",     [DIRT_RULE] = "rule",
        [DIRT_NO_NAME] = "no-name",
    };
    return words[dirt];
}

struct converter *converter_create(const struct binding *binding,
                                   const struct survey *survey,
                                   defect_fn report, void *context)
{
    struct converter *converter = hl_alloc(1, sizeof(*converter));
    *converter = (struct converter){.binding = binding,
                                    .survey = survey,
                                    .report = report,
                                    .context = context};
    converter->told = hl_alloc(binding->count + 1, sizeof(converter->told[0]));
    return converter;
}

void converter_destroy(struct converter **converter)
{
    if (*converter != NULL) {
        writer_fini(&(*converter)->texts);
        writer_fini(&(*converter)->normal);
        hl_free((*converter)->told);
        hl_free(*converter);
        *converter = NULL;
    }
}

struct writer *converter_texts(struct converter *converter)
{
    return &converter->texts;
}

void tell(struct place *place, enum severity severity, enum dirt dirt,
          const char *format, ...)
{
    char reason[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof(reason), format, arguments);
    va_end(arguments);
    const struct defect defect = {
        .severity = severity,
        .dirt = dirt,
        .line = place->line,
        .column = place->column,
        .value = place->value,
        .reason = reason,
    };
    place->good = place->good && severity != DEFECT_REFUSED;
    if (place->column != NO_COLUMN && severity != DEFECT_DOUBTED) {
        place->converter->told[place->column] = true;
    }
    place->converter->report(place->converter->context, &defect);
}

/* --- Room for one row ---------------------------------------------------- */

enum { PLACE_BYTES = 512 }; /* a date, a code, a nation's name, "http://" */

static size_t room_of(const struct target *target, size_t cell_bytes)
{
    size_t words = target->words == NULL ? 0 : strlen(target->words);
    size_t other = target->otherwise == NULL ? 0 : strlen(target->otherwise);
    size_t value = words > other ? words : other;
    /* As it was trimmed, and as what it became. */
    return 2 * cell_bytes + value + PLACE_BYTES;
}

/* All texts of a row stand in one buffer, which must not move while the record
 * borrows it. */
static void make_room(struct converter *converter, const struct table_row *row)
{
    const struct binding *binding = converter->binding;
    size_t size = PLACE_BYTES;
    for (size_t i = 0; i < binding->constant_count; i++) {
        size += room_of(&binding->constants[i], 0);
    }
    for (size_t i = 0; i < binding->count; i++) {
        size += room_of(&binding->targets[i], row->cells[i].text.size);
    }
    writer_clear(&converter->texts);
    writer_extend(&converter->texts, size);
    writer_clear(&converter->texts);
}

/* --- One cell ------------------------------------------------------------- */

static bool is_address(const struct target *target)
{
    return target_named(target, "service_url") ||
           target_named(target, "image_url");
}

/* The part of the buffer from `from` on. */
static struct bytes written(const struct writer *texts, size_t from)
{
    return bytes_slice(writer_view(texts), from, texts->size - from);
}

static void convert_text(struct place *place, struct bytes text,
                         union record_room *record)
{
    struct writer *texts = converter_texts(place->converter);
    const struct record_kind *kind = place->converter->binding->kind;
    const struct target *target = place->target;
    size_t from = texts->size;
    if (target_is_date(target)) {
        convert_date(place, text, texts);
    } else if (target_named(target, "subjects")) {
        convert_subjects(place, text, texts);
    } else if (target_named(target, "nation")) {
        convert_nation(place, text, texts);
    } else if (is_address(target)) {
        convert_address(place, text, texts);
    } else if (target_named(target, "phone")) {
        convert_phone(place, text, texts);
    } else if (target_named(target, "instruments")) {
        convert_lines(text, texts);
    } else {
        writer_bytes(texts, text);
    }
    (void)!attribute_parse(kind, target->attribute, written(texts, from),
                           record, NULL);
}

static void convert_other(struct place *place, struct bytes text,
                          union record_room *record)
{
    const struct record_kind *kind = place->converter->binding->kind;
    const struct attribute *attribute = place->target->attribute;
    struct hl_detail why = {0};
    if (attribute->form == ATTRIBUTE_MONEY) {
        *(uint64_t *)(void *)(record->bytes +
                              attribute_field(kind, attribute)->offset) =
            convert_money(place, text);
        return;
    }
    bool number = attribute->words == NULL;
    char room[NUMBER_TEXT_BYTES];
    struct bytes plain_number;
    hl_err err = attribute_parse(kind, attribute, text, record, &why);
    if (err != HL_OK && number &&
        convert_without_noise(text, room, &plain_number) &&
        attribute_parse(kind, attribute, plain_number, record, NULL) == HL_OK) {
        tell(place, DEFECT_HEALED, DIRT_NUMBER, "read as %s", room);
    } else if (err != HL_OK) {
        tell(place, DEFECT_REFUSED, number ? DIRT_NUMBER : DIRT_LIST, "%s",
             why.text);
    } else if (number) {
        convert_tell_wide(place, text);
    }
}

/* Words that mean nothing are no text; where they are one of an attribute's
 * words they are that. */
static bool means_nothing(struct place *place, struct bytes text)
{
    const struct attribute *attribute = place->target->attribute;
    if (!is_nothing(text)) {
        return false;
    }
    if (attribute != NULL) {
        const struct attribute_word *word = attribute->words;
        for (; word != NULL && word->word != NULL; word++) {
            if (bytes_equal_text(text, word->word) ||
                bytes_equal_text(text, word->word_zh)) {
                return false;
            }
        }
    }
    tell(place, DEFECT_HEALED, DIRT_NOTHING,
         "a word for nothing: taken as empty");
    return true;
}

/* The text without characters that nobody sees: no width, and the mark of a
 * file's beginning, which others' programs leave in the middle. */
static size_t copy_visible(struct place *place, struct bytes text, uint8_t *to)
{
    size_t size = 0;
    for (size_t i = 0; i < text.size;) {
        struct bytes rest = bytes_slice(text, i, text.size - i);
        if (rest.size >= 3 && (memcmp(rest.data, "\xe2\x80\x8b", 3) == 0 ||
                               memcmp(rest.data, "\xef\xbb\xbf", 3) == 0)) {
            i += 3;
        } else {
            to[size++] = text.data[i++];
        }
    }
    if (size < text.size) {
        tell(place, DEFECT_HEALED, DIRT_WIDTH,
             "characters without any width were left out");
    }
    return size;
}

/* Trimmed, and through the mapping's words. */
static struct bytes plain(struct place *place, struct bytes text)
{
    struct writer *texts = converter_texts(place->converter);
    uint8_t *at = writer_extend(texts, text.size);
    struct bytes trimmed = {0};
    if (text.size > 0) {
        size_t first = 0, end = copy_visible(place, text, at);
        while (first < end && at[first] <= ' ') {
            first++;
        }
        while (end > first && at[end - 1] <= ' ') {
            end--;
        }
        trimmed = bytes_of(at + first, end - first);
    }
    return convert_word(place->target, trimmed);
}

/* An empty cell leaves what a constant says. */
static void take_name(struct place *place, struct bytes text,
                      struct found_names *names)
{
    if (text.size == 0) {
        return;
    }
    switch (place->target->kind) {
    case TARGET_CLASS_NAME:
        names->class_name = text;
        names->class_column = place->column;
        break;
    case TARGET_PROVINCE:
        names->province = text;
        break;
    case TARGET_CITY:
        names->city = text;
        break;
    case TARGET_COUNTY:
        names->county = text;
        break;
    case TARGET_NOTHING:
    case TARGET_ATTRIBUTE:
        break;
    }
    if (place->target->kind >= TARGET_PROVINCE) {
        names->place_column = place->column;
    }
}

static void take_value(struct place *place, struct bytes text,
                       union record_room *record, struct found_names *names)
{
    struct bytes value = plain(place, text);
    if (value.size > 0 && means_nothing(place, value)) {
        value = (struct bytes){0};
    }
    if (value.size == 0 && place->target->otherwise != NULL) {
        value = bytes_of_text(place->target->otherwise);
    }
    if (place->target->kind != TARGET_ATTRIBUTE) {
        take_name(place, value, names);
    } else if (value.size == 0) {
        return;
    } else if (place->target->attribute->form == ATTRIBUTE_TEXT) {
        convert_text(place, value, record);
    } else {
        convert_other(place, value, record);
    }
}

static bool is_free_text(const struct record_kind *kind,
                         const struct target *target)
{
    return target->kind == TARGET_ATTRIBUTE &&
           target->attribute->form == ATTRIBUTE_TEXT &&
           attribute_field(kind, target->attribute)->max >= 300;
}

static void doubt_cut(struct place *place)
{
    struct converter *converter = place->converter;
    if (converter->survey == NULL ||
        !is_free_text(converter->binding->kind, place->target)) {
        return;
    }
    uint32_t length = survey_length(place->value);
    if (survey_is_cut(converter->survey, (size_t)place->column, length)) {
        tell(place, DEFECT_DOUBTED, DIRT_CUT,
             "ends at character %u, as many others do: cut by whoever wrote "
             "the file?",
             length);
    }
}

/* \xCA: as a row that was refused for its bytes is given back. */
static bool shows_bytes(struct bytes text)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i + 3 < text.size; i++) {
        if (text.data[i] == '\\' && text.data[i + 1] == 'x' &&
            memchr(digits, text.data[i + 2], 16) != NULL &&
            memchr(digits, text.data[i + 3], 16) != NULL) {
            return true;
        }
    }
    return false;
}

static void take_cell(struct place *place, const struct table_cell *cell,
                      union record_room *record, struct found_names *names)
{
    place->value = cell->text;
    if (place->target->kind == TARGET_NOTHING) {
        return;
    }
    if (cell->fault != TABLE_FINE) {
        tell(place, DEFECT_REFUSED, DIRT_BYTES, "%s",
             table_fault_text(cell->fault));
        return;
    }
    if (is_error_value(cell->text)) {
        tell(place, DEFECT_REFUSED, DIRT_BYTES, "%s",
             table_fault_text(TABLE_ERROR_VALUE));
        return;
    }
    if (place->converter->binding->rejects && shows_bytes(cell->text)) {
        tell(place, DEFECT_REFUSED, DIRT_BYTES,
             "the byte that was no character still stands there as \\xNN: put "
             "the character in its place");
        return;
    }
    doubt_cut(place);
    take_value(place, cell->text, record, names);
}

bool convert_row(struct converter *converter, const struct table_row *row,
                 union record_room *record, bool *identified)
{
    const struct binding *binding = converter->binding;
    struct found_names names = {.class_column = NO_COLUMN,
                                .place_column = NO_COLUMN};
    struct place place = {.converter = converter,
                          .column = NO_COLUMN,
                          .line = row->line,
                          .good = true};
    memset(record, 0, sizeof(*record));
    *identified = false;
    if (row->err != HL_OK) {
        /* It may be behind the last one that has a heading. */
        place.column =
            row->column < (int)binding->count ? row->column : NO_COLUMN;
        tell(&place, DEFECT_REFUSED, DIRT_ROW, "%s", row->detail.text);
        return false;
    }
    if (binding->exported && convert_is_written(converter, row, record)) {
        *identified = true;
        return true;
    }
    memset(record, 0, sizeof(*record));
    memset(converter->told, 0, binding->count * sizeof(converter->told[0]));
    make_room(converter, row);
    const uint8_t *room = converter->texts.data;
    for (size_t i = 0; i < binding->constant_count; i++) {
        place.target = &binding->constants[i];
        take_value(&place, (struct bytes){0}, record, &names);
    }
    for (size_t i = 0; i < binding->count; i++) {
        place.target = &binding->targets[i];
        place.column = (int)i;
        take_cell(&place, &row->cells[i], record, &names);
    }
    convert_whole(&place, row, record, &names);
    HL_ASSERT(converter->texts.data == room);
    *identified = convert_has_key(binding->kind, record);
    return place.good;
}
