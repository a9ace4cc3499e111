/* SPDX-License-Identifier: Apache-2.0 */

/* Units, classes, places: what documents refer to, with the names by which
 * people search for it. */

#include <stdio.h>
#include <string.h>

#include "node/catalogue/division.h"
#include "node/catalogue/instrument_class.h"
#include "node/search/index_internal.h"
#include "node/text/fold.h"
#include "protocol/base/alloc.h"

enum { LIST_YEAR = 2023 }; /* of divisions whose own list is not known */

void index_set_text(struct search_index *index, grn_obj *column, grn_id id,
                    struct bytes text)
{
    grn_obj value;
    GRN_TEXT_INIT(&value, 0);
    GRN_TEXT_SET(index->ctx, &value, (const char *)text.data, text.size);
    grn_obj_set_value(index->ctx, column, id, &value, GRN_OBJ_SET);
    GRN_OBJ_FIN(index->ctx, &value);
}

static void copy_code(char out[8], const char *code)
{
    snprintf(out, 8, "%s", code);
}

static void note_place(struct search_index *index, grn_id id,
                       const struct division *at, const char *code)
{
    if (id >= index->place_count) {
        index->places =
            hl_realloc(index->places, id + 1, sizeof(index->places[0]));
        memset(index->places + index->place_count, 0,
               (id + 1 - index->place_count) * sizeof(index->places[0]));
        index->place_count = id + 1;
    }
    copy_code(index->places[id].code, code);
    copy_code(index->places[id].city, at == NULL ? "" : at->city);
}

static void note_class(struct search_index *index, grn_id id, const char *code)
{
    if (id >= index->class_count) {
        index->classes =
            hl_realloc(index->classes, id + 1, sizeof(index->classes[0]));
        memset(index->classes + index->class_count, 0,
               (id + 1 - index->class_count) * sizeof(index->classes[0]));
        index->class_count = id + 1;
    }
    copy_code(index->classes[id].code, code);
}

/* The nearest list that has it: a code is searched as people know it. */
static const struct division *find_division(uint64_t year, struct bytes code)
{
    const struct division *at = division_find(year, code);
    return at == NULL ? division_find(LIST_YEAR, code) : at;
}

static void name_of_place(const struct division *at, struct writer *out)
{
    const char *codes[] = {at->province, at->city};
    for (unsigned i = 0; i < 2; i++) {
        const struct division *above =
            codes[i][0] == '\0' || strcmp(codes[i], at->code) == 0
                ? NULL
                : find_division(LIST_YEAR, bytes_of_text(codes[i]));
        if (above != NULL) {
            fold_text(bytes_of_text(above->name_zh), out);
            writer_u8(out, ' ');
        }
    }
    fold_text(bytes_of_text(at->name_zh), out);
}

static void name_of_class(const struct instrument_class *class,
                          struct writer *out)
{
    while (class != NULL) {
        fold_text(bytes_of_text(class->name_zh), out);
        class = instrument_class_parent(class);
        if (class != NULL) {
            writer_u8(out, ' ');
        }
    }
}

grn_id index_refer(struct search_index *index, enum reference ref,
                   struct bytes key, int *added)
{
    *added = 0;
    return key.size == 0 || key.size > INDEX_KEY_MAX_BYTES
               ? GRN_ID_NIL
               : grn_table_add(index->ctx, index->schema.targets[ref], key.data,
                               (unsigned)key.size, added);
}

grn_id index_refer_to_place(struct search_index *index,
                            const struct document *document)
{
    int added;
    grn_id id = index_refer(index, REF_PLACE, document->division, &added);
    if (added) {
        char code[8];
        snprintf(code, sizeof(code), "%.*s", BYTES_ARGS(document->division));
        const struct division *at =
            find_division(document->division_revision, document->division);
        struct writer name = {0};
        if (at != NULL) {
            name_of_place(at, &name);
        }
        note_place(index, id, at, code);
        index_set_text(index, index->schema.names[REF_PLACE], id,
                       writer_view(&name));
        writer_fini(&name);
    }
    return id;
}

/* People name what they need by its class, too. */
static void add_class_title(struct search_index *index,
                            const struct instrument_class *class)
{
    struct writer title = {0};
    int added = 0;
    /* 其他 names 88 of them, and nothing that is needed. */
    if (strncmp(class->name_zh, "其他", strlen("其他")) != 0) {
        fold_compact(bytes_of_text(class->name_zh), &title);
    }
    grn_id id = title.size == 0
                    ? GRN_ID_NIL
                    : grn_table_add(index->ctx, index->schema.title, title.data,
                                    (unsigned)title.size, &added);
    if (added) {
        index_set_text(index, index->schema.shown, id,
                       bytes_of_text(class->name_zh));
    }
    writer_fini(&title);
}

void index_title_shown(grn_ctx *ctx, const struct schema *schema, grn_id title,
                       struct writer *out)
{
    grn_obj value;
    GRN_TEXT_INIT(&value, 0);
    grn_obj_get_value(ctx, schema->shown, title, &value);
    writer_bytes(out, bytes_of(GRN_TEXT_VALUE(&value), GRN_TEXT_LEN(&value)));
    GRN_OBJ_FIN(ctx, &value);
}

bool index_title_is_class(grn_ctx *ctx, const struct schema *schema,
                          grn_id title)
{
    struct writer shown = {0};
    index_title_shown(ctx, schema, title, &shown);
    struct instrument_class_named named =
        instrument_class_find_name(bytes_of_text("nrii"), writer_view(&shown));
    writer_fini(&shown);
    return named.count > 0;
}

/* Codes of one scheme and another are not the same; whose names are not known
 * are none. */
grn_id index_refer_to_class(struct search_index *index,
                            const struct document *document)
{
    int added;
    struct writer key = {0}, name = {0};
    if (document->class_code.size > 0) {
        writer_bytes(&key, document->class_scheme);
        writer_u8(&key, ' ');
        writer_bytes(&key, document->class_code);
    }
    grn_id id = index_refer(index, REF_CLASS, writer_view(&key), &added);
    if (added) {
        const struct instrument_class *class =
            instrument_class_find(document->class_scheme, document->class_code);
        name_of_class(class, &name);
        for (const struct instrument_class *above = class; above != NULL;
             above = instrument_class_parent(above)) {
            add_class_title(index, above);
        }
        note_class(index, id, class == NULL ? "" : class->code);
        index_set_text(index, index->schema.names[REF_CLASS], id,
                       writer_view(&name));
    }
    writer_fini(&key);
    writer_fini(&name);
    return id;
}

/* Several cities may state one unit: its name is what was said last. */
grn_id index_refer_to_unit(struct search_index *index,
                           const struct document *document)
{
    int added;
    grn_id id = index_refer(index, REF_UNIT, document->unit, &added);
    if (id != GRN_ID_NIL && document->unit_name.size > 0) {
        index_set_text(index, index->schema.names[REF_UNIT], id,
                       document->unit_name);
    }
    return id;
}

/* After opening: what was noted when they were added. */
static void note_again(struct search_index *index, enum reference ref,
                       grn_id id, struct bytes key)
{
    char text[64];
    snprintf(text, sizeof(text), "%.*s", BYTES_ARGS(key));
    if (ref == REF_PLACE) {
        note_place(index, id, find_division(LIST_YEAR, key), text);
        return;
    }
    char *code = strchr(text, ' ');
    struct bytes scheme =
        bytes_of(text, code == NULL ? 0 : (size_t)(code - text));
    const struct instrument_class *class =
        code == NULL ? NULL
                     : instrument_class_find(scheme, bytes_of_text(code + 1));
    note_class(index, id, class == NULL ? "" : class->code);
}

hl_err index_find_names(struct search_index *index, struct hl_detail *detail)
{
    const enum reference both[] = {REF_PLACE, REF_CLASS};
    for (unsigned i = 0; i < 2; i++) {
        grn_table_cursor *cursor =
            grn_table_cursor_open(index->ctx, index->schema.targets[both[i]],
                                  NULL, 0, NULL, 0, 0, -1, GRN_CURSOR_BY_ID);
        grn_id id;
        while (cursor != NULL &&
               (id = grn_table_cursor_next(index->ctx, cursor)) != GRN_ID_NIL) {
            void *key;
            int size = grn_table_cursor_get_key(index->ctx, cursor, &key);
            note_again(index, both[i], id, bytes_of(key, (size_t)size));
        }
        if (cursor != NULL) {
            grn_table_cursor_close(index->ctx, cursor);
        }
    }
    return schema_check(index->ctx, detail);
}
