/* SPDX-License-Identifier: Apache-2.0 */
#include "node/search/match.h"

#include <string.h>

#include "node/search/phrase.h"
#include "node/search/words.h"
#include "protocol/base/alloc.h"

static struct match *room_of(struct reader *reader, size_t count)
{
    if (reader->match_room < count) {
        hl_free(reader->matches);
        reader->match_room = count + count / 4;
        reader->matches =
            hl_alloc(reader->match_room, sizeof(reader->matches[0]));
    }
    return reader->matches;
}

void matches_init(struct matches *matches, const struct search_index *index,
                  grn_ctx *ctx, struct reader *reader)
{
    size_t count = (size_t)index->max_id + 1;
    *matches = (struct matches){
        .index = index,
        .ctx = ctx,
        .items = reader == NULL ? hl_alloc(count, sizeof(struct match))
                                : room_of(reader, count),
        .borrowed = reader != NULL,
    };
}

static void clear(struct matches *matches, const grn_id *ids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        matches->items[ids[i]] = (struct match){0};
    }
}

void matches_fini(struct matches *matches)
{
    if (matches->borrowed) {
        clear(matches, matches->ids, matches->count);
        clear(matches, matches->titled, matches->titled_count);
    } else {
        hl_free(matches->items);
    }
    hl_free(matches->ids);
    hl_free(matches->titled);
}

static void append(grn_id **ids, size_t *count, size_t *room, grn_id id)
{
    if (*count == *room) {
        *room = *room * 2 + 1024;
        *ids = hl_realloc(*ids, *room, sizeof(**ids));
    }
    (*ids)[(*count)++] = id;
}

void matches_note_title(struct matches *matches, grn_id id)
{
    if (id <= matches->index->max_id && !matches->items[id].titled) {
        matches->items[id].titled = true;
        append(&matches->titled, &matches->titled_count, &matches->titled_room,
               id);
    }
}

static void count_one(struct matches *matches, grn_id id, uint64_t score)
{
    if (id > matches->index->max_id) {
        return;
    }
    struct match *item = &matches->items[id];
    if (item->words == 0) {
        append(&matches->ids, &matches->count, &matches->room, id);
    }
    if (item->last != matches->words) {
        item->last = (uint8_t)matches->words;
        item->words++;
        item->last_named = false;
    }
    if (score >= WEIGHT_NAME && !item->last_named) {
        item->last_named = true;
        item->named++;
    }
    score += item->score;
    item->score = score > UINT32_MAX ? UINT32_MAX : (uint32_t)score;
}

/* --- One index. ---------------------------------------------------------- */

/* An index column, and what its sections weigh. */
struct source {
    grn_obj *lexicon, *index;
    int weights[TEXT_PROSE];
    unsigned sections;
};

typedef void (*found_fn)(struct matches *matches, grn_id id, uint64_t score,
                         grn_obj *context);

/* False: no document has it. */
static bool each_posting(struct matches *matches, const struct source *source,
                         struct bytes token, found_fn found, grn_obj *context)
{
    grn_ctx *ctx = matches->ctx;
    grn_id id =
        grn_table_get(ctx, source->lexicon, token.data, (unsigned)token.size);
    grn_ii *index = (grn_ii *)source->index;
    grn_ii_cursor *cursor =
        id == GRN_ID_NIL
            ? NULL
            : grn_ii_cursor_open(ctx, index, id, GRN_ID_NIL, GRN_ID_MAX,
                                 (int)grn_ii_get_n_elements(ctx, index) - 1, 0);
    const grn_posting *posting;
    bool any = false;
    while (cursor != NULL &&
           (posting = grn_ii_cursor_next(ctx, cursor)) != NULL) {
        unsigned section = posting->sid == 0 ? 0 : posting->sid - 1;
        int weight = section < source->sections ? source->weights[section] : 0;
        found(matches, posting->rid, (uint64_t)posting->tf * (uint64_t)weight,
              context);
        any = true;
    }
    if (cursor != NULL) {
        grn_ii_cursor_close(ctx, cursor);
    }
    return any;
}

static bool each_record(struct matches *matches, grn_obj *set, found_fn found,
                        grn_obj *context)
{
    grn_ctx *ctx = matches->ctx;
    grn_hash_cursor *cursor = grn_hash_cursor_open(
        ctx, (grn_hash *)set, NULL, 0, NULL, 0, 0, -1, GRN_CURSOR_BY_ID);
    bool any = false;
    while (cursor != NULL && grn_hash_cursor_next(ctx, cursor) != GRN_ID_NIL) {
        void *key, *value;
        grn_id id;
        double score; /* comes first in the value: groonga.h */
        grn_hash_cursor_get_key(ctx, cursor, &key);
        grn_hash_cursor_get_value(ctx, cursor, &value);
        memcpy(&id, key, sizeof(id));
        memcpy(&score, value, sizeof(score)); /* on any address */
        found(matches, id, (uint64_t)score, context);
        any = true;
    }
    if (cursor != NULL) {
        grn_hash_cursor_close(ctx, cursor);
    }
    return any;
}

/* longer: where nothing has it as it is, what begins with it. */
static bool each_phrase(struct matches *matches, const struct source *source,
                        struct bytes text, bool longer, found_fn found,
                        grn_obj *context)
{
    grn_ctx *ctx = matches->ctx;
    grn_search_optarg options = {
        .mode = GRN_OP_MATCH,
        .weight_vector =
            (int[TEXT_PROSE]){source->weights[0], source->weights[1],
                              source->weights[2]},
        .vector_size = (int)source->sections,
    };
    bool any = false;
    grn_obj *set = grn_table_create(
        ctx, NULL, 0, NULL, GRN_OBJ_TABLE_HASH_KEY | GRN_OBJ_WITH_SUBREC,
        grn_ctx_at(ctx, grn_obj_get_range(ctx, source->index)), NULL);
    grn_obj query;
    GRN_TEXT_INIT(&query, GRN_OBJ_DO_SHALLOW_COPY);
    GRN_TEXT_SET(ctx, &query, (const char *)text.data, text.size);
    grn_ctx_set_match_escalation_threshold(ctx, longer ? 0 : -1);
    if (set != NULL) {
        grn_obj_search(ctx, source->index, &query, set, GRN_OP_OR, &options);
        any =
            ctx->rc == GRN_SUCCESS && each_record(matches, set, found, context);
        grn_obj_close(ctx, set);
    }
    GRN_OBJ_FIN(ctx, &query);
    return any;
}

static bool each_row(struct matches *matches, const struct source *source,
                     const struct bytes *pairs, size_t count, found_fn found,
                     grn_obj *context)
{
    struct phrase_at at;
    bool any = false;
    struct phrase *phrase =
        phrase_open(matches->ctx, source->lexicon, source->index, pairs, count);
    while (phrase_next(phrase, &at)) {
        unsigned section = at.section == 0 ? 0 : at.section - 1;
        int weight = section < source->sections ? source->weights[section] : 0;
        found(matches, at.document, (uint64_t)at.times * (uint64_t)weight,
              context);
        any = true;
    }
    phrase_close(&phrase);
    return any;
}

static bool each_found(struct matches *matches, const struct source *source,
                       struct bytes text, bool longer, found_fn found,
                       grn_obj *context)
{
    struct bytes pairs[WORD_PAIRS_MAX];
    size_t count = word_pairs(text, pairs);
    bool token = word_is_token(text);
    if (token && each_posting(matches, source, text, found, context)) {
        return true;
    }
    /* Of ideographs, no word of the lexicons begins with more than two. */
    if (count > 0 && count < WORD_PAIRS_MAX) {
        return !token &&
               each_row(matches, source, pairs, count, found, context);
    }
    return (!token || longer) &&
           each_phrase(matches, source, text, longer, found, context);
}

/* --- All of them. -------------------------------------------------------- */

static void take(struct matches *matches, grn_id id, uint64_t score,
                 grn_obj *context)
{
    (void)context;
    count_one(matches, id, score);
}

/* All that refer to what has that name. */
static void take_named(struct matches *matches, grn_id to, uint64_t score,
                       grn_obj *context)
{
    grn_ctx *ctx = matches->ctx;
    grn_ii *index = (grn_ii *)context;
    grn_ii_cursor *cursor =
        grn_ii_cursor_open(ctx, index, to, GRN_ID_NIL, GRN_ID_MAX,
                           (int)grn_ii_get_n_elements(ctx, index), 0);
    const grn_posting *posting;
    while (cursor != NULL &&
           (posting = grn_ii_cursor_next(ctx, cursor)) != NULL) {
        count_one(matches, posting->rid, score);
    }
    if (cursor != NULL) {
        grn_ii_cursor_close(ctx, cursor);
    }
}

static void find_one(struct matches *matches, struct bytes form, bool longer)
{
    const struct schema *schema = &matches->index->schema;
    const struct source heads = {
        .lexicon = schema->words,
        .index = schema->text_index,
        .weights = {WEIGHT_NAME, WEIGHT_NAME, WEIGHT_ABOUT},
        .sections = TEXT_PROSE,
    };
    const struct source prose = {
        .lexicon = schema->prose_words,
        .index = schema->prose_index,
        .weights = {WEIGHT_PROSE},
        .sections = 1,
    };
    bool any = each_found(matches, &heads, form, longer, take, NULL);
    any = each_found(matches, &prose, form, longer && !any, take, NULL) || any;
    for (unsigned i = 0; i < REFS; i++) {
        const struct source names = {
            .lexicon = schema->words,
            .index = schema->name_index[i],
            .weights = {WEIGHT_ABOUT},
            .sections = 1,
        };
        if (names.index != NULL) {
            any = each_found(matches, &names, form, longer && !any, take_named,
                             schema->ref_index[i]) ||
                  any;
        }
    }
}

hl_err matches_add(struct matches *matches, const struct bytes *forms,
                   size_t count, bool longer, struct hl_detail *detail)
{
    hl_err err = HL_OK;
    matches->words++;
    for (size_t i = 0; err == HL_OK && i < count; i++) {
        find_one(matches, forms[i], longer);
        err = schema_check(matches->ctx, detail);
    }
    return err;
}
