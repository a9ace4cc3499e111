/* SPDX-License-Identifier: Apache-2.0 */
#include "node/search/words.h"

#include <stdio.h>
#include <string.h>

#include "node/search/other_names.h"
#include "node/text/fold.h"

enum {
    FUZZY_MIN_BYTES = 4,  /* shorter words are near to too many */
    FUZZY_TWO_BYTES = 8,  /* from here on two letters may differ */
    FUZZY_EXPANSION = 64, /* words that are looked at */
    LONGER_LOOKED_AT = 64,
};

struct words words_of(struct bytes folded)
{
    struct words words = {0};
    size_t at = 0;
    while (at < folded.size && words.count < SEARCH_WORDS_MAX) {
        size_t end = at;
        while (end < folded.size && folded.data[end] != ' ') {
            end++;
        }
        if (end > at) {
            words.items[words.count++] = bytes_slice(folded, at, end - at);
        }
        at = end + 1;
    }
    return words;
}

/* --- Forms of a Latin word. ---------------------------------------------- */

/* Forms are appended to a writer that may move: sizes first (settle()). */
static void add_form(struct parts *parts, struct part *part, struct bytes form)
{
    for (size_t i = 0; i < part->count; i++) {
        if (part->forms[i].size == form.size) {
            /* The two lexicons may both have it. */
            size_t back = 0;
            for (size_t k = i; k < part->count; k++) {
                back += part->forms[k].size;
            }
            if (memcmp(parts->texts.data + parts->texts.size - back, form.data,
                       form.size) == 0) {
                return;
            }
        }
    }
    if (part->count < PART_FORMS_MAX) {
        writer_bytes(&parts->texts, form);
        part->forms[part->count++] = bytes_of(NULL, 0);
        part->forms[part->count - 1].size = form.size;
    }
}

static bool has_posting(grn_ctx *ctx, grn_obj *index, grn_id word)
{
    grn_ii_cursor *cursor =
        grn_ii_cursor_open(ctx, (grn_ii *)index, word, GRN_ID_NIL, GRN_ID_MAX,
                           (int)grn_ii_get_n_elements(ctx, (grn_ii *)index), 0);
    bool has = cursor != NULL && grn_ii_cursor_next(ctx, cursor) != NULL;
    if (cursor != NULL) {
        grn_ii_cursor_close(ctx, cursor);
    }
    return has;
}

/* A lexicon keeps a word that nothing has any more: what was corrected is not
 * what is meant. */
static bool is_used(grn_ctx *ctx, const struct schema *schema, grn_obj *lexicon,
                    grn_id word)
{
    if (lexicon == schema->prose_words) {
        return has_posting(ctx, schema->prose_index, word);
    }
    bool used = has_posting(ctx, schema->text_index, word);
    for (unsigned i = 0; i < REFS && !used; i++) {
        used = schema->name_index[i] != NULL &&
               has_posting(ctx, schema->name_index[i], word);
    }
    return used;
}

static bool is_known(grn_ctx *ctx, const struct schema *schema,
                     struct bytes word)
{
    grn_obj *lexicons[] = {schema->words, schema->prose_words};
    for (unsigned i = 0; i < 2; i++) {
        grn_id id =
            grn_table_get(ctx, lexicons[i], word.data, (unsigned)word.size);
        if (id != GRN_ID_NIL && is_used(ctx, schema, lexicons[i], id)) {
            return true;
        }
    }
    return false;
}

static void add_longer(struct parts *parts, struct part *part, grn_ctx *ctx,
                       const struct schema *schema, grn_obj *lexicon,
                       struct bytes word)
{
    grn_table_cursor *cursor = grn_table_cursor_open(
        ctx, lexicon, word.data, (unsigned)word.size, NULL, 0, 0,
        LONGER_LOOKED_AT, GRN_CURSOR_PREFIX | GRN_CURSOR_ASCENDING);
    grn_id id;
    while (cursor != NULL && part->count < PART_FORMS_MAX &&
           (id = grn_table_cursor_next(ctx, cursor)) != GRN_ID_NIL) {
        void *key;
        int size = grn_table_cursor_get_key(ctx, cursor, &key);
        if (is_used(ctx, schema, lexicon, id)) {
            add_form(parts, part, bytes_of(key, (size_t)size));
        }
    }
    if (cursor != NULL) {
        grn_table_cursor_close(ctx, cursor);
    }
}

/* The word is folded: it has no quote in it. */
static grn_obj *select_near(grn_ctx *ctx, grn_obj *lexicon, struct bytes word,
                            int distance)
{
    char text[256];
    grn_obj *expr = NULL, *variable = NULL, *found = NULL;
    int size = snprintf(text, sizeof(text),
                        "fuzzy_search(_key, \"%.*s\", {\"prefix_length\": 1, "
                        "\"max_distance\": %d, \"max_expansion\": %d, "
                        "\"with_transposition\": true})",
                        BYTES_ARGS(word), distance, FUZZY_EXPANSION);
    GRN_EXPR_CREATE_FOR_QUERY(ctx, lexicon, expr, variable);
    if (expr != NULL && size > 0 && (size_t)size < sizeof(text)) {
        grn_expr_parse(ctx, expr, text, (unsigned)size, NULL, GRN_OP_MATCH,
                       GRN_OP_AND, GRN_EXPR_SYNTAX_SCRIPT);
        found = ctx->rc == GRN_SUCCESS
                    ? grn_table_select(ctx, lexicon, expr, NULL, GRN_OP_OR)
                    : NULL;
    }
    if (expr != NULL) {
        grn_obj_close(ctx, expr);
    }
    return found;
}

static void add_near(struct parts *parts, struct part *part, grn_ctx *ctx,
                     const struct schema *schema, grn_obj *lexicon,
                     struct bytes word, int distance)
{
    grn_obj *found = select_near(ctx, lexicon, word, distance);
    if (found == NULL) {
        return;
    }
    grn_table_cursor *cursor = grn_table_cursor_open(
        ctx, found, NULL, 0, NULL, 0, 0, -1, GRN_CURSOR_BY_ID);
    while (cursor != NULL && grn_table_cursor_next(ctx, cursor) != GRN_ID_NIL) {
        void *key;
        char text[GRN_TABLE_MAX_KEY_SIZE];
        grn_table_cursor_get_key(ctx, cursor, &key);
        grn_id id;
        memcpy(&id, key, sizeof(id));
        int size = grn_table_get_key(ctx, lexicon, id, text, sizeof(text));
        if (size > 0 && is_used(ctx, schema, lexicon, id)) {
            add_form(parts, part, bytes_of(text, (size_t)size));
        }
    }
    if (cursor != NULL) {
        grn_table_cursor_close(ctx, cursor);
    }
    grn_obj_close(ctx, found);
}

static bool is_number(struct bytes word)
{
    return word.data[0] >= '0' && word.data[0] <= '9';
}

/* False: there is none. */
static bool find_forms(struct parts *parts, const struct schema *schema,
                       grn_ctx *ctx, struct part *part, struct bytes word)
{
    grn_obj *lexicons[] = {schema->words, schema->prose_words};
    for (unsigned i = 0; i < 2; i++) {
        add_longer(parts, part, ctx, schema, lexicons[i], word);
    }
    int most = is_number(word) || word.size < FUZZY_MIN_BYTES ? 0
               : word.size < FUZZY_TWO_BYTES                  ? 1
                                                              : 2;
    for (int distance = 1; part->count == 0 && distance <= most; distance++) {
        for (unsigned i = 0; i < 2; i++) {
            add_near(parts, part, ctx, schema, lexicons[i], word, distance);
        }
    }
    return part->count > 0;
}

/* --- Parts. -------------------------------------------------------------- */

static size_t char_size(const uint8_t *at)
{
    return *at < 0x80 ? 1 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4;
}

/* Of valid UTF-8. */
static uint32_t char_code(const uint8_t *at)
{
    size_t size = char_size(at);
    uint32_t code = size == 1 ? *at : *at & (0xffu >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        code = code << 6 | (at[i] & 0x3fu);
    }
    return code;
}

enum script { SCRIPT_IDEOGRAPH, SCRIPT_NUMBER, SCRIPT_LETTER };

static enum script script_at(const uint8_t *at)
{
    return fold_is_ideograph(char_code(at)) ? SCRIPT_IDEOGRAPH
           : *at >= '0' && *at <= '9'       ? SCRIPT_NUMBER
                                            : SCRIPT_LETTER;
}

/* Where the run of one script ends that begins at `from`. */
static size_t run_end(struct bytes word, size_t from)
{
    enum script script = script_at(word.data + from);
    size_t at = from;
    while (at < word.size && script_at(word.data + at) == script) {
        at += char_size(word.data + at);
    }
    return at;
}

bool word_is_token(struct bytes folded)
{
    enum { FIRST_IDEOGRAPH = 0x3400 }; /* kana are left to Groonga */
    if (folded.size == 0 || run_end(folded, 0) != folded.size) {
        return false;
    }
    switch (script_at(folded.data)) {
    case SCRIPT_NUMBER:
        return true;
    case SCRIPT_LETTER:
        for (size_t i = 0; i < folded.size; i++) {
            if (folded.data[i] >= 0x80) {
                return false;
            }
        }
        return true;
    default:
        break;
    }
    size_t first = char_size(folded.data);
    return first < folded.size &&
           first + char_size(folded.data + first) == folded.size &&
           char_code(folded.data) >= FIRST_IDEOGRAPH &&
           char_code(folded.data + first) >= FIRST_IDEOGRAPH;
}

size_t word_pairs(struct bytes folded, struct bytes pairs[WORD_PAIRS_MAX])
{
    size_t count = 0;
    if (folded.size == 0 || script_at(folded.data) != SCRIPT_IDEOGRAPH ||
        run_end(folded, 0) != folded.size) {
        return 0;
    }
    size_t at = 0, first = char_size(folded.data);
    while (count < WORD_PAIRS_MAX && at + first < folded.size) {
        size_t second = char_size(folded.data + at + first);
        pairs[count++] = bytes_slice(folded, at, first + second);
        at += first;
        first = second;
    }
    return count;
}

static struct part *new_part(struct parts *parts)
{
    return parts->count == PARTS_MAX ? NULL : &parts->items[parts->count++];
}

static void add_own(struct parts *parts, struct bytes text)
{
    struct part *part = new_part(parts);
    if (part != NULL) {
        *part = (struct part){.forms = {text}, .count = 1};
    }
}

/* One that is mistyped makes two pairs that nothing has: the first character of
 * the one and the second of the other are right. */
static void add_ideographs(struct parts *parts, const struct schema *schema,
                           grn_ctx *ctx, struct bytes run)
{
    size_t at = 0, first = char_size(run.data);
    bool known = true;
    if (first == run.size) {
        add_own(parts, run);
    }
    while (at + first < run.size) {
        size_t second = char_size(run.data + at + first);
        struct bytes pair = bytes_slice(run, at, first + second);
        bool after_known = known;
        known = is_known(ctx, schema, pair);
        add_own(parts, known         ? pair
                       : after_known ? bytes_slice(pair, 0, first)
                                     : bytes_slice(pair, first, second));
        at += first;
        first = second;
    }
}

/* The forms' places in the writer, now that it moves no more. */
static void settle(struct parts *parts)
{
    size_t at = 0;
    for (size_t i = 0; i < parts->count; i++) {
        struct part *part = &parts->items[i];
        for (size_t k = 0; k < part->count; k++) {
            if (part->forms[k].data == NULL) {
                part->forms[k].data = parts->texts.data + at;
                at += part->forms[k].size;
            }
        }
    }
}

void parts_init(struct parts *parts, const struct search_index *index,
                grn_ctx *ctx, const struct words *words)
{
    *parts = (struct parts){0};
    for (size_t i = 0; i < words->count; i++) {
        struct bytes word = words->items[i];
        for (size_t at = 0; at < word.size;) {
            size_t end = run_end(word, at);
            struct bytes run = bytes_slice(word, at, end - at);
            if (script_at(run.data) == SCRIPT_IDEOGRAPH) {
                add_ideographs(parts, &index->schema, ctx, run);
            } else if (is_known(ctx, &index->schema, run)) {
                add_own(parts, run);
            } else {
                struct part *part = new_part(parts);
                if (part != NULL &&
                    !find_forms(parts, &index->schema, ctx, part, run)) {
                    *part = (struct part){.forms = {run}, .count = 1};
                }
            }
            at = end;
        }
    }
    settle(parts);
}

/* --- Names in a text. ---------------------------------------------------- */

enum { NAME_MIN_BYTES = 3 }; /* of a Latin one; else two ideographs */

static bool is_worth_it(struct bytes name)
{
    return script_at(name.data) == SCRIPT_IDEOGRAPH
               ? name.size > char_size(name.data)
               : name.size >= NAME_MIN_BYTES;
}

/* Where a name stands in the text, whose spaces it has not. */
static size_t end_of_name(struct bytes text, size_t from, struct bytes name)
{
    size_t at = from;
    for (size_t i = 0; i < name.size; i++) {
        while (text.data[at] == ' ') {
            at++;
        }
        at++;
    }
    return at;
}

static bool ends_word(struct bytes text, size_t at)
{
    return at == text.size || text.data[at] == ' ' ||
           script_at(text.data + at) == SCRIPT_IDEOGRAPH;
}

static bool begins_word(struct bytes text, size_t at)
{
    return at == 0 || text.data[at - 1] == ' ' ||
           script_at(text.data + at) == SCRIPT_IDEOGRAPH ||
           text.data[at - 1] >= 0x80;
}

/* Bytes of the longest name with which that begins; 0: none. What nothing is
 * called any more stays among the titles, and is none. */
static size_t longest_name(const struct schema *schema, grn_ctx *ctx,
                           struct bytes rest)
{
    size_t other = other_names_begin(rest);
    while (rest.size > other) {
        char key[GRN_TABLE_MAX_KEY_SIZE];
        grn_id id = grn_table_lcp_search(
            ctx, schema->title, (const char *)rest.data, (unsigned)rest.size);
        int size = id == GRN_ID_NIL ? 0
                                    : grn_table_get_key(ctx, schema->title, id,
                                                        key, sizeof(key));
        if (size <= 0 || (size_t)size > rest.size) {
            break;
        }
        rest.size = (size_t)size;
        if (rest.size > other && (has_posting(ctx, schema->title_index, id) ||
                                  index_title_is_class(ctx, schema, id))) {
            return rest.size;
        }
        rest.size--;
    }
    return other;
}

/* Size of the longest name that the text has from there on; 0: none. */
static size_t name_at(const struct schema *schema, grn_ctx *ctx,
                      struct bytes text, size_t from, struct bytes *name)
{
    char rest[256];
    size_t size = 0;
    for (size_t i = from; i < text.size && size < sizeof(rest); i++) {
        if (text.data[i] != ' ') {
            rest[size++] = (char)text.data[i];
        }
    }
    struct bytes own =
        bytes_of(rest, longest_name(schema, ctx, bytes_of(rest, size)));
    if (own.size == 0) {
        return 0;
    }
    size_t end = end_of_name(text, from, own);
    bool whole = text.data[end - 1] >= 0x80 || ends_word(text, end);
    if (!is_worth_it(own) || !whole) {
        return 0;
    }
    *name = bytes_slice(text, from, end - from);
    return end - from;
}

static bool has_part(const struct parts *parts, struct bytes name)
{
    for (size_t i = 0; i < parts->count; i++) {
        if (bytes_equal(parts->items[i].forms[0], name)) {
            return true;
        }
    }
    return false;
}

void parts_init_names(struct parts *parts, const struct search_index *index,
                      grn_ctx *ctx, struct bytes folded)
{
    *parts = (struct parts){0};
    size_t at = 0;
    while (at < folded.size) {
        struct bytes name;
        size_t size = folded.data[at] == ' ' || !begins_word(folded, at)
                          ? 0
                          : name_at(&index->schema, ctx, folded, at, &name);
        if (size > 0 && !has_part(parts, name)) {
            add_own(parts, name);
        }
        at += size > 0 ? size : char_size(folded.data + at);
    }
}

void parts_init_forms(struct parts *parts, const struct words *words)
{
    *parts = (struct parts){.count = words->count > 0 ? 1 : 0};
    for (size_t i = 0; i < words->count && i < PART_FORMS_MAX; i++) {
        parts->items[0].forms[parts->items[0].count++] = words->items[i];
    }
}

void parts_fini(struct parts *parts)
{
    writer_fini(&parts->texts);
}
