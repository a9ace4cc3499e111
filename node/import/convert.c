/* SPDX-License-Identifier: Apache-2.0 */
#include "node/import/convert.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "node/catalogue/characters.h"
#include "node/catalogue/name_key.h"
#include "node/catalogue/rules.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hash.h"
#include "protocol/base/hl_limits.h"
#include "protocol/base/reader.h"

struct converter {
    const struct binding *binding;
    const struct survey *survey;
    defect_fn report;
    void *context;
    struct writer texts;  /* what cells became, of this row */
    struct writer normal; /* the record's own texts */
};

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

/* All texts of a row stand in one buffer that does not move: a row has a bound.
 */
enum { TEXTS_BYTES = 4 * HL_TABLE_ROW_MAX_BYTES };

struct converter *converter_create(const struct binding *binding,
                                   const struct survey *survey,
                                   defect_fn report, void *context)
{
    struct converter *converter = hl_alloc(1, sizeof(*converter));
    *converter = (struct converter){.binding = binding,
                                    .survey = survey,
                                    .report = report,
                                    .context = context};
    writer_extend(&converter->texts, TEXTS_BYTES);
    writer_clear(&converter->texts);
    return converter;
}

void converter_destroy(struct converter **converter)
{
    if (*converter != NULL) {
        writer_fini(&(*converter)->texts);
        writer_fini(&(*converter)->normal);
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
    place->converter->report(place->converter->context, &defect);
}

/* --- One cell ------------------------------------------------------------- */

static bool named(const struct target *target, const char *name)
{
    return strcmp(target->attribute->name, name) == 0;
}

static bool is_date(const struct target *target)
{
    return named(target, "begin_date") || named(target, "needed_by");
}

static bool is_address(const struct target *target)
{
    return named(target, "service_url") || named(target, "image_url");
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
    if (is_date(target)) {
        convert_date(place, text, texts);
    } else if (named(target, "subjects")) {
        convert_subjects(place, text, texts);
    } else if (named(target, "nation")) {
        convert_nation(place, text, texts);
    } else if (is_address(target)) {
        convert_address(place, text, texts);
    } else if (named(target, "instruments")) {
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
    if (attribute_parse(kind, attribute, text, record, &why) != HL_OK) {
        bool number = attribute->words == NULL;
        tell(place, DEFECT_REFUSED, number ? DIRT_NUMBER : DIRT_LIST, "%s",
             why.text);
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
         "a word for nothing: taken as "
         "empty");
    return true;
}

/* Trimmed, and through the mapping's words. */
static struct bytes plain(struct place *place, struct bytes text)
{
    struct writer *texts = converter_texts(place->converter);
    uint8_t *at = writer_extend(texts, text.size);
    struct bytes trimmed = {0};
    if (text.size > 0) {
        memcpy(at, text.data, text.size);
        size_t first = 0, end = text.size;
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

static void take_name(struct place *place, struct bytes text,
                      struct found_names *names)
{
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
    if (place->target->kind >= TARGET_PROVINCE && text.size > 0) {
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
    uint32_t cut = survey_cut(converter->survey, (size_t)place->column);
    if (cut > 0 && survey_length(place->value) == cut) {
        tell(place, DEFECT_DOUBTED, DIRT_CUT,
             "ends at character %u, as many others do: cut by whoever wrote "
             "the file?",
             cut);
    }
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
    doubt_cut(place);
    take_value(place, cell->text, record, names);
}

/* --- The whole record ----------------------------------------------------- */

static struct bytes *text_of(const struct record_kind *kind,
                             union record_room *record, const char *name)
{
    const struct attribute *attribute =
        attribute_find(kind, bytes_of_text(name));
    return attribute == NULL
               ? NULL
               : (void *)(record->bytes +
                          attribute_field(kind, attribute)->offset);
}

static uint64_t *number_of(const struct record_kind *kind,
                           union record_room *record, const char *name)
{
    return (void *)text_of(kind, record, name);
}

static void set_usual(struct bytes *text, const char *value)
{
    if (text != NULL && text->size == 0) {
        *text = bytes_of_text(value);
    }
}

/* A register may describe what it does not name (UNIQUIP asks for one of the
 * two): a description of one line that fits is the name as well. */
static void name_by_description(struct place *place, union record_room *record)
{
    const struct record_kind *kind = place->converter->binding->kind;
    struct bytes *zh = text_of(kind, record, "name_zh");
    struct bytes *en = text_of(kind, record, "name_en");
    const struct bytes *text = text_of(kind, record, "technical");
    if (zh == NULL || en == NULL || text == NULL || zh->size > 0 ||
        en->size > 0 || text->size == 0 || text->size > 300 ||
        memchr(text->data, '\n', text->size) != NULL) {
        return;
    }
    *en = *text;
    place->column = NO_COLUMN;
    place->value = *text;
    tell(place, DEFECT_HEALED, DIRT_NO_NAME,
         "no name: its description is taken for one");
}

static void complete(struct place *place, union record_room *record,
                     const struct found_names *names)
{
    const struct record_kind *kind = place->converter->binding->kind;
    name_by_description(place, record);
    set_usual(text_of(kind, record, kind->homed ? "unit_scheme" : "scheme"),
              "uscc");
    struct bytes *code = text_of(kind, record, "class_code");
    if (code != NULL) {
        place->column = names->class_column;
        convert_class(place, text_of(kind, record, "class_scheme"), code,
                      names);
    }
    struct bytes *division = text_of(kind, record, "division");
    if (division != NULL) {
        place->column = names->place_column;
        convert_division(place, division,
                         number_of(kind, record, "division_revision"), names);
    }
}

uint64_t record_mark(const struct record_kind *kind,
                     const union record_room *record, bool whole)
{
    struct writer text = {0};
    if (whole) {
        record_encode(kind->type, record, &text);
    } else {
        record_key(kind->type, record, &text);
    }
    struct hl_hash hash = hash_bytes(writer_view(&text));
    writer_fini(&text);
    struct reader reader;
    reader_init(&reader, bytes_of(hash.bytes, HL_HASH_BYTES));
    return reader_u64(&reader);
}

/* What is published of it: a number is in the journal for ever, and must not
 * let anyone try out whose phone is in it. */
static uint64_t mark_without_person(const struct record_kind *kind,
                                    const union record_room *record)
{
    static const char *const fields[] = {"contact", "phone", "email"};
    union record_room published = *record;
    for (size_t i = 0; i < 3; i++) {
        struct bytes *text = text_of(kind, &published, fields[i]);
        if (text != NULL) {
            *text = (struct bytes){0};
        }
    }
    return record_mark(kind, &published, true);
}

/* A row without a number gets one of its content: the same row, the same
 * number. */
static void number_by_content(struct place *place, union record_room *record)
{
    const struct record_kind *kind = place->converter->binding->kind;
    if (!kind->homed || ((struct homed *)(void *)record)->inner_id.size > 0) {
        return;
    }
    struct writer *texts = converter_texts(place->converter);
    size_t from = texts->size;
    writer_format(texts, "auto-%016llx",
                  (unsigned long long)mark_without_person(kind, record));
    ((struct homed *)(void *)record)->inner_id = written(texts, from);
    place->column = NO_COLUMN;
    place->value = (struct bytes){0};
    tell(place, DEFECT_HEALED, DIRT_NO_NUMBER,
         "no number of its own: it gets one made of its content");
}

/* Which cells only the record's own form changed. */
static void tell_width(struct place *place, const struct table_row *row,
                       const union record_room *record)
{
    const struct binding *binding = place->converter->binding;
    for (size_t i = 0; i < binding->count; i++) {
        const struct target *target = &binding->targets[i];
        if (target->kind != TARGET_ATTRIBUTE ||
            target->attribute->form != ATTRIBUTE_TEXT || is_date(target) ||
            named(target, "subjects") || named(target, "nation") ||
            is_address(target) || named(target, "class_code") ||
            named(target, "division")) {
            continue;
        }
        const struct bytes *now =
            (const void *)(record->bytes +
                           attribute_field(binding->kind, target->attribute)
                               ->offset);
        struct bytes cell = row->cells[i].text;
        uint8_t room[512];
        if (now->size == 0 || cell.size > sizeof(room) ||
            bytes_equal(*now, cell) || is_nothing(cell) ||
            target->words != NULL) {
            continue;
        }
        place->column = (int)i;
        place->value = cell;
        tell(place, DEFECT_HEALED, DIRT_WIDTH,
             "brought into the written form: '%.*s'",
             BYTES_ARGS(name_shown(*now)));
    }
}

/* The column of the field that a message begins with. */
static int column_of_message(const struct binding *binding, const char *text)
{
    char name[40] = "";
    sscanf(text, "field %39[a-z_]", name);
    for (size_t i = 0; i < binding->count; i++) {
        const struct target *target = &binding->targets[i];
        if (target->kind == TARGET_ATTRIBUTE &&
            strcmp(attribute_field(binding->kind, target->attribute)->name,
                   name) == 0) {
            return (int)i;
        }
    }
    return NO_COLUMN;
}

static void judge(struct place *place, const struct table_row *row,
                  union record_room *record)
{
    const struct binding *binding = place->converter->binding;
    const struct record_kind *kind = binding->kind;
    struct hl_detail why = {0};
    struct homed *homed = (void *)record;
    if (kind->homed) {
        homed->home = bytes_of_text("here");
    }
    hl_err err = record_validate(kind->type, record, &why);
    if (err == HL_OK) {
        err = kind->check_new(record, &why);
    }
    if (kind->homed) {
        homed->home = (struct bytes){0};
    }
    if (err != HL_OK) {
        place->column = column_of_message(binding, why.text);
        place->value = place->column == NO_COLUMN
                           ? (struct bytes){0}
                           : row->cells[place->column].text;
        tell(place, DEFECT_REFUSED, DIRT_RULE, "%s", why.text);
    }
}

static bool has_key(const struct record_kind *kind, union record_room *record)
{
    union record_room key = {0};
    record_copy_key(kind->type, record, kind->retiring, &key);
    if (kind->homed) {
        ((struct homed *)(void *)&key)->home = bytes_of_text("here");
    }
    return record_validate(kind->retiring, &key, NULL) == HL_OK;
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
    writer_clear(&converter->texts);
    if (row->err != HL_OK) {
        place.column = row->column;
        tell(&place, DEFECT_REFUSED, DIRT_ROW, "%s", row->detail.text);
        return false;
    }
    for (size_t i = 0; i < binding->constant_count; i++) {
        place.target = &binding->constants[i];
        take_value(&place, (struct bytes){0}, record, &names);
    }
    for (size_t i = 0; i < binding->count; i++) {
        place.target = &binding->targets[i];
        place.column = (int)i;
        take_cell(&place, &row->cells[i], record, &names);
    }
    complete(&place, record, &names);
    writer_clear(&converter->normal);
    record_normalise(binding->kind->type, record, &converter->normal);
    tell_width(&place, row, record);
    number_by_content(&place, record);
    judge(&place, row, record);
    *identified = has_key(binding->kind, record);
    return place.good;
}
