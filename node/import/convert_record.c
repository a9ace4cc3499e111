/* SPDX-License-Identifier: Apache-2.0 */

/* A record whose fields are taken: completed, brought into its written form,
 * and judged. */

#include <stdio.h>
#include <string.h>

#include "node/catalogue/name_key.h"
#include "node/catalogue/rules.h"
#include "node/import/convert_internal.h"
#include "protocol/base/hash.h"
#include "protocol/base/reader.h"

/* The part of the buffer from `from` on. */
static struct bytes written(const struct writer *texts, size_t from)
{
    return bytes_slice(writer_view(texts), from, texts->size - from);
}

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
    if (!place->good || zh == NULL || en == NULL || text == NULL ||
        zh->size > 0 || en->size > 0 || text->size == 0 || text->size > 300 ||
        memchr(text->data, '\n', text->size) != NULL) {
        return;
    }
    *en = *text;
    place->column = NO_COLUMN;
    place->value = *text;
    tell(place, DEFECT_HEALED, DIRT_NO_NAME,
         "no name: its description is taken for one");
}

/* The column of an attribute; NO_COLUMN where the file has none. */
static int column_of(const struct binding *binding, const char *name)
{
    for (size_t i = 0; i < binding->count; i++) {
        if (binding->targets[i].kind == TARGET_ATTRIBUTE &&
            target_named(&binding->targets[i], name)) {
            return (int)i;
        }
    }
    return NO_COLUMN;
}

/* Where what is said of a code stands: its own column, if there is one that is
 * not empty, else that of the names it is made of. */
static void stand_at(struct place *place, struct bytes code, const char *name,
                     int names_column)
{
    int own = column_of(place->converter->binding, name);
    place->column = code.size > 0 && own != NO_COLUMN ? own : names_column;
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
        stand_at(place, *code, "class_code", names->class_column);
        convert_class(place, text_of(kind, record, "class_scheme"), code,
                      names);
    }
    struct bytes *division = text_of(kind, record, "division");
    if (division != NULL) {
        stand_at(place, *division, "division", names->place_column);
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

/* Which cells only the record's own form changed, and nothing was told of. A
 * list has another form in a record by design. */
static void tell_width(struct place *place, const struct table_row *row,
                       const union record_room *record)
{
    const struct binding *binding = place->converter->binding;
    for (size_t i = 0; i < binding->count; i++) {
        const struct target *target = &binding->targets[i];
        struct bytes cell = row->cells[i].text;
        if (target->kind != TARGET_ATTRIBUTE ||
            target->attribute->form != ATTRIBUTE_TEXT ||
            target_named(target, "subjects") ||
            target_named(target, "instruments") || place->converter->told[i] ||
            cell.size == 0 || target->words != NULL) {
            continue;
        }
        const struct bytes *now =
            (const void *)(record->bytes +
                           attribute_field(binding->kind, target->attribute)
                               ->offset);
        if (now->size == 0 || bytes_equal(*now, cell)) {
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
int convert_column_of(const struct binding *binding, const char *text)
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
    int column =
        err == HL_OK ? NO_COLUMN : convert_column_of(binding, why.text);
    if (!place->good && column != NO_COLUMN && place->converter->told[column]) {
        return; /* it is refused already, and why is said better there */
    }
    if (err != HL_OK) {
        place->column = column;
        place->value = place->column == NO_COLUMN
                           ? (struct bytes){0}
                           : row->cells[place->column].text;
        tell(place, DEFECT_REFUSED, DIRT_RULE, "%s", why.text);
    }
}

bool convert_has_key(const struct record_kind *kind,
                     const union record_room *record)
{
    union record_room key = {0};
    record_copy_key(kind->type, record, kind->retiring, &key);
    if (kind->homed) {
        ((struct homed *)(void *)&key)->home = bytes_of_text("here");
    }
    return record_validate(kind->retiring, &key, NULL) == HL_OK;
}

bool convert_is_written(const struct converter *converter,
                        const struct table_row *row, union record_room *record)
{
    const struct binding *binding = converter->binding;
    const struct record_kind *kind = binding->kind;
    struct homed *homed = (void *)record;
    for (size_t i = 0; i < binding->count; i++) {
        const struct target *target = &binding->targets[i];
        if (row->cells[i].fault != TABLE_FINE ||
            (target->kind == TARGET_ATTRIBUTE &&
             attribute_parse(kind, target->attribute, row->cells[i].text,
                             record, NULL) != HL_OK)) {
            return false;
        }
    }
    union record_room normal = *record;
    struct writer texts = {0};
    record_normalise(kind->type, &normal, &texts);
    bool same = record_difference(kind->type, &normal, record) == NULL;
    writer_fini(&texts);
    if (kind->homed) {
        homed->home = bytes_of_text("here");
    }
    bool good = same && record_validate(kind->type, record, NULL) == HL_OK &&
                kind->check_new(record, NULL) == HL_OK;
    if (kind->homed) {
        homed->home = (struct bytes){0};
    }
    return good;
}

void convert_whole(struct place *place, const struct table_row *row,
                   union record_room *record, const struct found_names *names)
{
    struct converter *converter = place->converter;
    complete(place, record, names);
    writer_clear(&converter->normal);
    record_normalise(converter->binding->kind->type, record,
                     &converter->normal);
    tell_width(place, row, record);
    number_by_content(place, record);
    judge(place, row, record);
}
