/* SPDX-License-Identifier: Apache-2.0 */
#include "node/search/query.h"

#include <string.h>

#include "node/search/tally.h"
#include "node/search/words.h"
#include "node/text/fold.h"
#include "protocol/base/alloc.h"

enum {
    LOOSE_BELOW = 10,  /* hits with all words; else others are looked for */
    PARTS_NEEDED = 60, /* of a hundred */
};

/* What a word's place weighs. Apart by so much that no number of lesser places
 * outweighs a better one. */
#define WEIGHT_NAME 1e6
#define WEIGHT_ABOUT 1e3
static const char match_columns[] =
    "name * 1000000 || alias * 1000000 || maker * 1000 || prose || "
    "unit.name * 1000 || class.name * 1000 || place.name * 1000";

struct asking {
    struct search_index *index;
    grn_ctx *ctx;
    const struct search_query *query;
    struct search_result *out;
    struct tally tally;
    struct words words;
    uint8_t *seen; /* by id: 1 it is called so, 2 it is in the tally */
    grn_id max_id;
};

enum { SEEN_TITLE = 1, SEEN_TOLD = 2 };

/* --- Groonga's expressions. ---------------------------------------------- */

/* Documents that have one of the forms, or, of words, all of them; with
 * scores. NULL: Groonga failed. */
static grn_obj *select_texts(grn_ctx *ctx, const struct schema *schema,
                             const struct bytes *texts, size_t count,
                             grn_operator op)
{
    grn_obj *expr = NULL, *columns = NULL, *variable = NULL, *found = NULL;
    GRN_EXPR_CREATE_FOR_QUERY(ctx, schema->items, expr, variable);
    GRN_EXPR_CREATE_FOR_QUERY(ctx, schema->items, columns, variable);
    if (expr != NULL && columns != NULL) {
        grn_expr_parse(ctx, columns, match_columns, sizeof(match_columns) - 1,
                       NULL, GRN_OP_MATCH, GRN_OP_AND, GRN_EXPR_SYNTAX_SCRIPT);
        for (size_t i = 0; i < count; i++) {
            grn_expr_append_obj(ctx, expr, columns, GRN_OP_PUSH, 1);
            grn_expr_append_const_str(ctx, expr, (const char *)texts[i].data,
                                      (unsigned)texts[i].size, GRN_OP_PUSH, 1);
            grn_expr_append_op(ctx, expr, GRN_OP_MATCH, 2);
            if (i > 0) {
                grn_expr_append_op(ctx, expr, op, 2);
            }
        }
        found = grn_table_select(ctx, schema->items, expr, NULL, GRN_OP_OR);
    }
    if (columns != NULL) {
        grn_obj_close(ctx, columns);
    }
    if (expr != NULL) {
        grn_obj_close(ctx, expr);
    }
    return found;
}

/* Walks a set of documents that was selected. */
static void each_found(struct asking *asking, grn_obj *found,
                       void (*visit)(struct asking *asking, grn_id id,
                                     double score, void *context),
                       void *context)
{
    grn_ctx *ctx = asking->ctx;
    grn_hash_cursor *cursor = grn_hash_cursor_open(
        ctx, (grn_hash *)found, NULL, 0, NULL, 0, 0, -1, GRN_CURSOR_BY_ID);
    while (cursor != NULL && grn_hash_cursor_next(ctx, cursor) != GRN_ID_NIL) {
        void *key, *value;
        grn_hash_cursor_get_key(ctx, cursor, &key);
        grn_hash_cursor_get_value(ctx, cursor, &value);
        grn_id id;
        double score; /* what a result's value begins with; unaligned */
        memcpy(&id, key, sizeof(id));
        memcpy(&score, value, sizeof(score));
        if (id <= asking->max_id) {
            visit(asking, id, score, context);
        }
    }
    if (cursor != NULL) {
        grn_hash_cursor_close(ctx, cursor);
    }
}

/* --- All words. ---------------------------------------------------------- */

static unsigned level_of(const struct asking *asking, grn_id id, double score)
{
    return (asking->seen[id] & SEEN_TITLE) != 0                 ? LEVEL_EXACT
           : score >= WEIGHT_NAME * (double)asking->words.count ? LEVEL_NAME
           : score >= WEIGHT_NAME  ? LEVEL_NAME_PARTLY
           : score >= WEIGHT_ABOUT ? LEVEL_ABOUT
                                   : LEVEL_PROSE;
}

static void take_strict(struct asking *asking, grn_id id, double score,
                        void *context)
{
    (void)context;
    tally_add(&asking->tally, id, level_of(asking, id, score), 0, score);
    asking->seen[id] |= SEEN_TOLD;
}

/* Documents that are called what was typed, spaces apart. */
static void find_titles(struct asking *asking, struct bytes folded)
{
    const struct schema *schema = &asking->index->schema;
    struct writer compact = {0};
    for (size_t i = 0; i < folded.size; i++) {
        if (folded.data[i] != ' ') {
            writer_u8(&compact, folded.data[i]);
        }
    }
    grn_id title = compact.size > GRN_TABLE_MAX_KEY_SIZE
                       ? GRN_ID_NIL
                       : grn_table_get(asking->ctx, schema->title, compact.data,
                                       (unsigned)compact.size);
    writer_fini(&compact);
    if (title == GRN_ID_NIL) {
        return;
    }
    grn_ii *index = (grn_ii *)schema->title_index;
    grn_ii_cursor *cursor =
        grn_ii_cursor_open(asking->ctx, index, title, GRN_ID_NIL, GRN_ID_MAX,
                           (int)grn_ii_get_n_elements(asking->ctx, index), 0);
    const grn_posting *posting;
    while (cursor != NULL &&
           (posting = grn_ii_cursor_next(asking->ctx, cursor)) != NULL) {
        if (posting->rid <= asking->max_id) {
            asking->seen[posting->rid] |= SEEN_TITLE;
        }
    }
    if (cursor != NULL) {
        grn_ii_cursor_close(asking->ctx, cursor);
    }
}

/* The title's documents have no word of it where it is written together and
 * they have it apart. */
static void take_titles(struct asking *asking)
{
    for (grn_id id = 1; id <= asking->max_id; id++) {
        if (asking->seen[id] == SEEN_TITLE) {
            tally_add(&asking->tally, id, LEVEL_EXACT, 0, 0);
            asking->seen[id] |= SEEN_TOLD;
        }
    }
}

static hl_err ask_strict(struct asking *asking, struct hl_detail *detail)
{
    grn_obj *found =
        select_texts(asking->ctx, &asking->index->schema, asking->words.items,
                     asking->words.count, GRN_OP_AND);
    hl_err err = schema_check(asking->ctx, detail);
    if (found != NULL) {
        each_found(asking, found, take_strict, NULL);
        grn_obj_close(asking->ctx, found);
    }
    take_titles(asking);
    return err;
}

/* --- Most of their parts. ------------------------------------------------ */

struct loose {
    float *scores;
    uint8_t *matched;
    grn_id *touched;
    size_t count, room;
};

static void take_part(struct asking *asking, grn_id id, double score,
                      void *context)
{
    struct loose *loose = context;
    if ((asking->seen[id] & SEEN_TOLD) != 0) {
        return;
    }
    if (loose->matched[id]++ == 0) {
        if (loose->count == loose->room) {
            loose->room = loose->room * 2 + 1024;
            loose->touched = hl_realloc(loose->touched, loose->room,
                                        sizeof(loose->touched[0]));
        }
        loose->touched[loose->count++] = id;
    }
    loose->scores[id] += (float)score;
}

static void take_loose(struct asking *asking, const struct loose *loose,
                       size_t parts, unsigned needed)
{
    for (size_t i = 0; i < loose->count; i++) {
        grn_id id = loose->touched[i];
        size_t matched = loose->matched[id];
        if (matched * 100 >= parts * needed) {
            tally_add(&asking->tally, id, LEVEL_LOOSE,
                      (unsigned)(parts - matched), (double)loose->scores[id]);
        }
    }
}

static void keep_word(struct search_result *out, struct bytes word)
{
    if (out->word_count < SEARCH_MARKS_MAX) {
        writer_bytes(&out->word_texts, word);
        out->words[out->word_count++] = bytes_of(NULL, 0);
        out->words[out->word_count - 1].size = word.size;
    }
}

/* needed: of a hundred of the parts. */
static hl_err ask_parts(struct asking *asking, const struct parts *parts,
                        unsigned needed, struct hl_detail *detail)
{
    hl_err err = HL_OK;
    struct loose loose = {
        .scores = hl_alloc(asking->max_id + 1, sizeof(float)),
        .matched = hl_alloc(asking->max_id + 1, 1),
    };
    for (size_t i = 0; err == HL_OK && i < parts->count; i++) {
        const struct part *part = &parts->items[i];
        grn_obj *found = select_texts(asking->ctx, &asking->index->schema,
                                      part->forms, part->count, GRN_OP_OR);
        err = schema_check(asking->ctx, detail);
        if (found != NULL) {
            each_found(asking, found, take_part, &loose);
            grn_obj_close(asking->ctx, found);
        }
        for (size_t k = 0; k < part->count; k++) {
            keep_word(asking->out, part->forms[k]);
        }
    }
    if (err == HL_OK) {
        uint64_t before = asking->tally.total;
        take_loose(asking, &loose, parts->count, needed);
        asking->out->loose = asking->tally.total > before;
    }
    hl_free(loose.scores);
    hl_free(loose.matched);
    hl_free(loose.touched);
    return err;
}

static hl_err ask_loose(struct asking *asking, struct hl_detail *detail)
{
    struct parts parts;
    parts_init(&parts, asking->index, asking->ctx, &asking->words);
    hl_err err = ask_parts(asking, &parts, PARTS_NEEDED, detail);
    parts_fini(&parts);
    return err;
}

static hl_err ask_names(struct asking *asking, struct bytes folded,
                        struct hl_detail *detail)
{
    struct parts parts;
    parts_init_names(&parts, asking->index, asking->ctx, folded);
    hl_err err = ask_parts(asking, &parts, 0, detail);
    parts_fini(&parts);
    return err;
}

static hl_err ask_lines(struct asking *asking, struct bytes text,
                        struct hl_detail *detail)
{
    struct writer folded[PART_FORMS_MAX] = {{0}};
    struct words lines = {0};
    size_t at = 0;
    while (at < text.size && lines.count < PART_FORMS_MAX) {
        size_t end = at;
        while (end < text.size && text.data[end] != '\n') {
            end++;
        }
        struct writer *line = &folded[lines.count];
        fold_text(bytes_slice(text, at, end - at), line);
        if (line->size > 0) {
            lines.items[lines.count++] = writer_view(line);
        }
        at = end + 1;
    }
    struct parts parts;
    parts_init_forms(&parts, &lines);
    hl_err err = ask_parts(asking, &parts, 0, detail);
    for (size_t i = 0; i < PART_FORMS_MAX; i++) {
        writer_fini(&folded[i]);
    }
    return err;
}

/* --- Everything. --------------------------------------------------------- */

static void ask_all(struct asking *asking)
{
    grn_table_cursor *cursor =
        grn_table_cursor_open(asking->ctx, asking->index->schema.items, NULL, 0,
                              NULL, 0, 0, -1, GRN_CURSOR_BY_ID);
    grn_id id;
    while (cursor != NULL &&
           (id = grn_table_cursor_next(asking->ctx, cursor)) != GRN_ID_NIL) {
        tally_add(&asking->tally, id, LEVEL_PROSE, 0, 0);
    }
    if (cursor != NULL) {
        grn_table_cursor_close(asking->ctx, cursor);
    }
}

static void settle_words(struct search_result *out)
{
    size_t at = 0;
    for (size_t i = 0; i < out->word_count; i++) {
        out->words[i].data = out->word_texts.data + at;
        at += out->words[i].size;
    }
}

static hl_err ask(struct asking *asking, struct bytes folded,
                  struct hl_detail *detail)
{
    const struct search_query *query = asking->query;
    hl_err err = HL_OK;
    if (query->how == SEARCH_NAMES) {
        return ask_names(asking, folded, detail);
    }
    if (query->how == SEARCH_LINES) {
        return ask_lines(asking, query->text, detail);
    }
    asking->words = words_of(folded);
    for (size_t i = 0; i < asking->words.count; i++) {
        keep_word(asking->out, asking->words.items[i]);
    }
    if (asking->words.count == 0) {
        ask_all(asking);
        return schema_check(asking->ctx, detail);
    }
    find_titles(asking, folded);
    err = ask_strict(asking, detail);
    bool loose =
        query->goes_on ? query->loose : asking->tally.total < LOOSE_BELOW;
    return err == HL_OK && loose ? ask_loose(asking, detail) : err;
}

hl_err search_ask(struct search_index *index, const struct search_query *query,
                  struct search_result *out, struct hl_detail *detail)
{
    *out = (struct search_result){0};
    if (search_index_is_loading(index)) {
        return hl_fail(detail, HL_EAWAY, "the text index is being made");
    }
    struct asking asking = {.index = index, .query = query, .out = out};
    struct writer folded = {0};
    fold_text(query->text, &folded);
    asking.ctx = search_index_enter(index);
    asking.max_id = index->max_id;
    asking.seen = hl_alloc((size_t)asking.max_id + 1, 1);
    tally_begin(&asking.tally, index, asking.ctx, query);
    hl_err err = ask(&asking, writer_view(&folded), detail);
    if (err == HL_OK) {
        tally_tell(&asking.tally, out);
        settle_words(out);
    }
    tally_end(&asking.tally);
    search_index_leave(index, asking.ctx);
    hl_free(asking.seen);
    writer_fini(&folded);
    return err;
}

void search_result_fini(struct search_result *result)
{
    writer_fini(&result->texts);
    writer_fini(&result->word_texts);
}
