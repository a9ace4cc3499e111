/* SPDX-License-Identifier: Apache-2.0 */
#include "node/search/schema.h"

#include <stdio.h>
#include <string.h>

static const char *const text_names[TEXTS] = {"name", "alias", "maker",
                                              "prose"};
static const char *const ref_names[REFS] = {"unit", "class", "place", "origin"};
static const char *const target_names[REFS] = {"Units", "Classes", "Places",
                                               "Origins"};
static const char *const fact_names[FACTS] = {"kind", "worth", "time", "tie"};

/* Of documents neighbouring ideographs are a word each, and Latin words and
 * numbers are whole ones. What is indexed is folded already; the normalizer
 * only lets the tokenizer see which characters are of one kind. */
#define TOKENIZER "TokenBigram"
#define NORMALIZER "NormalizerAuto"

hl_err schema_check(grn_ctx *ctx, struct hl_detail *detail)
{
    return ctx->rc == GRN_SUCCESS
               ? HL_OK
               : hl_fail(detail, HL_EIO, "the text index: %s (%d)", ctx->errbuf,
                         (int)ctx->rc);
}

/* --- Making. ------------------------------------------------------------- */

/* Goes on through failures, and says at the end that there was one: the
 * context keeps only the last call's. */
struct maker {
    grn_ctx *ctx;
    hl_err err;
    struct hl_detail *detail;
};

static void note(struct maker *maker)
{
    if (maker->err == HL_OK) {
        maker->err = schema_check(maker->ctx, maker->detail);
    }
}

static grn_obj *make_table(struct maker *maker, const char *name,
                           grn_table_flags flags)
{
    if (maker->err != HL_OK) {
        return NULL;
    }
    grn_obj *table =
        grn_table_create(maker->ctx, name, (unsigned)strlen(name), NULL,
                         flags | GRN_OBJ_PERSISTENT,
                         grn_ctx_at(maker->ctx, GRN_DB_SHORT_TEXT), NULL);
    note(maker);
    return table;
}

static grn_obj *make_column(struct maker *maker, grn_obj *table,
                            const char *name, grn_column_flags flags,
                            grn_obj *type)
{
    if (maker->err != HL_OK) {
        return NULL;
    }
    grn_obj *column =
        grn_column_create(maker->ctx, table, name, (unsigned)strlen(name), NULL,
                          flags | GRN_OBJ_PERSISTENT, type);
    note(maker);
    return column;
}

static void set_text_info(struct maker *maker, grn_obj *table,
                          grn_info_type info, const char *value)
{
    if (maker->err != HL_OK) {
        return;
    }
    grn_obj text;
    GRN_TEXT_INIT(&text, 0);
    GRN_TEXT_SETS(maker->ctx, &text, value);
    grn_obj_set_info(maker->ctx, table, info, &text);
    note(maker);
    GRN_OBJ_FIN(maker->ctx, &text);
}

static grn_obj *make_lexicon(struct maker *maker, const char *name)
{
    grn_obj *table = make_table(maker, name, GRN_OBJ_TABLE_PAT_KEY);
    set_text_info(maker, table, GRN_INFO_DEFAULT_TOKENIZER, TOKENIZER);
    set_text_info(maker, table, GRN_INFO_NORMALIZER, NORMALIZER);
    return table;
}

enum { POSITIONS = GRN_OBJ_COLUMN_INDEX | GRN_OBJ_WITH_POSITION };

static void make_indexes(struct maker *maker, struct schema *schema)
{
    schema->text_index =
        make_column(maker, schema->words, "items",
                    POSITIONS | GRN_OBJ_WITH_SECTION, schema->items);
    schema->prose_index = make_column(maker, schema->prose_words, "items",
                                      POSITIONS, schema->items);
    for (unsigned i = 0; i < REFS; i++) {
        if (i != REF_ORIGIN) {
            schema->name_index[i] =
                make_column(maker, schema->words, ref_names[i], POSITIONS,
                            schema->targets[i]);
            schema->ref_index[i] =
                make_column(maker, schema->targets[i], "items",
                            GRN_OBJ_COLUMN_INDEX, schema->items);
        }
    }
    schema->title_index = make_column(maker, schema->title, "items",
                                      GRN_OBJ_COLUMN_INDEX, schema->items);
}

static void make_tables(struct maker *maker, struct schema *schema)
{
    schema->items = make_table(maker, "Items", GRN_OBJ_TABLE_HASH_KEY);
    for (unsigned i = 0; i < REFS; i++) {
        schema->targets[i] =
            make_table(maker, target_names[i], GRN_OBJ_TABLE_HASH_KEY);
    }
    schema->title = make_table(maker, "Titles", GRN_OBJ_TABLE_PAT_KEY);
    schema->words = make_lexicon(maker, "Words");
    schema->prose_words = make_lexicon(maker, "ProseWords");
}

static void make_columns(struct maker *maker, struct schema *schema)
{
    grn_obj *text = grn_ctx_at(maker->ctx, GRN_DB_TEXT);
    grn_obj *number = grn_ctx_at(maker->ctx, GRN_DB_UINT64);
    for (unsigned i = 0; i < TEXTS; i++) {
        schema->texts[i] = make_column(maker, schema->items, text_names[i],
                                       GRN_OBJ_COLUMN_SCALAR, text);
    }
    for (unsigned i = 0; i < REFS; i++) {
        schema->refs[i] =
            make_column(maker, schema->items, ref_names[i],
                        GRN_OBJ_COLUMN_SCALAR, schema->targets[i]);
        if (i != REF_ORIGIN) {
            schema->names[i] = make_column(maker, schema->targets[i], "name",
                                           GRN_OBJ_COLUMN_SCALAR, text);
        }
    }
    for (unsigned i = 0; i < FACTS; i++) {
        schema->facts[i] = make_column(maker, schema->items, fact_names[i],
                                       GRN_OBJ_COLUMN_SCALAR, number);
    }
    schema->titles = make_column(maker, schema->items, "titles",
                                 GRN_OBJ_COLUMN_VECTOR, schema->title);
    schema->shown =
        make_column(maker, schema->title, "shown", GRN_OBJ_COLUMN_SCALAR, text);
}

hl_err schema_make(grn_ctx *ctx, struct schema *schema,
                   struct hl_detail *detail)
{
    struct maker maker = {.ctx = ctx, .detail = detail};
    *schema = (struct schema){0};
    make_tables(&maker, schema);
    make_columns(&maker, schema);
    make_indexes(&maker, schema);
    return maker.err;
}

/* --- Finding. ------------------------------------------------------------ */

static grn_obj *find(grn_ctx *ctx, const char *table, const char *column,
                     bool *missing)
{
    char name[64];
    int size = column == NULL
                   ? snprintf(name, sizeof(name), "%s", table)
                   : snprintf(name, sizeof(name), "%s.%s", table, column);
    grn_obj *found = grn_ctx_get(ctx, name, size);
    *missing = *missing || found == NULL;
    return found;
}

static void find_indexes(grn_ctx *ctx, struct schema *schema, bool *missing)
{
    schema->text_index = find(ctx, "Words", "items", missing);
    schema->prose_index = find(ctx, "ProseWords", "items", missing);
    for (unsigned i = 0; i < REFS; i++) {
        if (i != REF_ORIGIN) {
            schema->name_index[i] = find(ctx, "Words", ref_names[i], missing);
            schema->ref_index[i] = find(ctx, target_names[i], "items", missing);
        }
    }
    schema->title_index = find(ctx, "Titles", "items", missing);
}

hl_err schema_find(grn_ctx *ctx, struct schema *schema,
                   struct hl_detail *detail)
{
    bool missing = false;
    *schema = (struct schema){0};
    schema->items = find(ctx, "Items", NULL, &missing);
    for (unsigned i = 0; i < TEXTS; i++) {
        schema->texts[i] = find(ctx, "Items", text_names[i], &missing);
    }
    for (unsigned i = 0; i < FACTS; i++) {
        schema->facts[i] = find(ctx, "Items", fact_names[i], &missing);
    }
    for (unsigned i = 0; i < REFS; i++) {
        schema->refs[i] = find(ctx, "Items", ref_names[i], &missing);
        schema->targets[i] = find(ctx, target_names[i], NULL, &missing);
        if (i != REF_ORIGIN) {
            schema->names[i] = find(ctx, target_names[i], "name", &missing);
        }
    }
    schema->titles = find(ctx, "Items", "titles", &missing);
    schema->title = find(ctx, "Titles", NULL, &missing);
    schema->shown = find(ctx, "Titles", "shown", &missing);
    schema->words = find(ctx, "Words", NULL, &missing);
    schema->prose_words = find(ctx, "ProseWords", NULL, &missing);
    find_indexes(ctx, schema, &missing);
    return missing ? hl_fail(detail, HL_EDAMAGED,
                             "the text index lacks a table or a column")
                   : HL_OK;
}

/* --- Filling. ------------------------------------------------------------ */

static hl_err fill(grn_ctx *ctx, grn_obj *index, grn_obj *const *sources,
                   unsigned count, struct hl_detail *detail)
{
    grn_obj ids;
    GRN_UINT32_INIT(&ids, GRN_OBJ_VECTOR);
    for (unsigned i = 0; i < count; i++) {
        GRN_UINT32_PUT(ctx, &ids, grn_obj_id(ctx, sources[i]));
    }
    grn_obj_set_info(ctx, index, GRN_INFO_SOURCE, &ids);
    hl_err err = schema_check(ctx, detail);
    GRN_OBJ_FIN(ctx, &ids);
    return err;
}

static hl_err fill_ref(grn_ctx *ctx, struct schema *schema, enum reference ref,
                       struct hl_detail *detail)
{
    return fill(ctx, schema->ref_index[ref], &schema->refs[ref], 1, detail);
}

hl_err schema_fill_heads(grn_ctx *ctx, struct schema *schema,
                         struct hl_detail *detail)
{
    hl_err err =
        fill(ctx, schema->text_index, schema->texts, TEXT_PROSE, detail);
    for (unsigned i = 0; err == HL_OK && i < REFS; i++) {
        if (i != REF_ORIGIN) {
            err =
                fill(ctx, schema->name_index[i], &schema->names[i], 1, detail);
        }
    }
    return err == HL_OK ? fill_ref(ctx, schema, REF_PLACE, detail) : err;
}

hl_err schema_fill_prose(grn_ctx *ctx, struct schema *schema,
                         struct hl_detail *detail)
{
    hl_err err =
        fill(ctx, schema->prose_index, &schema->texts[TEXT_PROSE], 1, detail);
    if (err == HL_OK) {
        err = fill_ref(ctx, schema, REF_UNIT, detail);
    }
    if (err == HL_OK) {
        err = fill_ref(ctx, schema, REF_CLASS, detail);
    }
    return err == HL_OK
               ? fill(ctx, schema->title_index, &schema->titles, 1, detail)
               : err;
}

hl_err schema_empty_indexes(grn_ctx *ctx, struct schema *schema,
                            struct hl_detail *detail)
{
    grn_obj *indexes[] = {schema->text_index, schema->prose_index,
                          schema->title_index};
    struct maker maker = {.ctx = ctx, .detail = detail};
    for (unsigned i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++) {
        grn_obj_remove(ctx, indexes[i]);
        note(&maker);
    }
    for (unsigned i = 0; i < REFS; i++) {
        if (i != REF_ORIGIN) {
            grn_obj_remove(ctx, schema->name_index[i]);
            note(&maker);
            grn_obj_remove(ctx, schema->ref_index[i]);
            note(&maker);
        }
    }
    make_indexes(&maker, schema);
    return maker.err;
}
