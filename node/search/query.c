/* SPDX-License-Identifier: Apache-2.0 */
#include "node/search/query.h"

#include "node/search/match.h"
#include "node/search/tally.h"
#include "node/search/words.h"
#include "node/text/fold.h"

enum {
    LOOSE_BELOW = 10,  /* hits with all words; else others are looked for */
    PARTS_NEEDED = 60, /* of a hundred */
};

struct asking {
    struct search_index *index;
    grn_ctx *ctx;
    const struct search_query *query;
    struct search_result *out;
    struct tally tally;
    struct words words;
    struct matches matches; /* of the words, as they are written */
};

/* --- All words. ---------------------------------------------------------- */

static unsigned level_of(const struct asking *asking, grn_id id)
{
    const struct match *match = &asking->matches.items[id];
    return match->titled                         ? LEVEL_EXACT
           : match->named == asking->words.count ? LEVEL_NAME
           : match->named > 0                    ? LEVEL_NAME_PARTLY
           : match->score >= WEIGHT_ABOUT        ? LEVEL_ABOUT
                                                 : LEVEL_PROSE;
}

static bool has_all(const struct asking *asking, grn_id id)
{
    return asking->words.count > 0 &&
           (asking->matches.items[id].titled ||
            asking->matches.items[id].words == asking->words.count);
}

/* Documents that are called what was typed, spaces apart. */
static void find_titles(struct asking *asking)
{
    const struct schema *schema = &asking->index->schema;
    struct writer compact = {0};
    fold_compact(asking->query->text, &compact);
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
        matches_note_title(&asking->matches, posting->rid);
    }
    if (cursor != NULL) {
        grn_ii_cursor_close(asking->ctx, cursor);
    }
}

static hl_err ask_strict(struct asking *asking, struct hl_detail *detail)
{
    struct matches *matches = &asking->matches;
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && i < asking->words.count; i++) {
        err = matches_add(matches, &asking->words.items[i], 1,
                          asking->words.count == 1, detail);
    }
    for (size_t i = 0; err == HL_OK && i < matches->count; i++) {
        grn_id id = matches->ids[i];
        if (has_all(asking, id)) {
            tally_add(&asking->tally, id, level_of(asking, id), 0,
                      matches->items[id].score);
        }
    }
    /* What is called so has no word of it where it is written together and the
     * title apart. */
    for (size_t i = 0; err == HL_OK && i < matches->titled_count; i++) {
        grn_id id = matches->titled[i];
        if (matches->items[id].words == 0) {
            tally_add(&asking->tally, id, LEVEL_EXACT, 0, 0);
        }
    }
    return err;
}

/* --- Most of their parts. ------------------------------------------------ */

/* needed: of a hundred of the words. */
static void take_loose(struct asking *asking, const struct matches *loose,
                       unsigned needed)
{
    for (size_t i = 0; i < loose->count; i++) {
        grn_id id = loose->ids[i];
        unsigned has = loose->items[id].words;
        if (!has_all(asking, id) && has * 100 >= loose->words * needed) {
            tally_add(&asking->tally, id, LEVEL_LOOSE, loose->words - has,
                      loose->items[id].score);
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

static hl_err ask_parts(struct asking *asking, const struct parts *parts,
                        unsigned needed, struct hl_detail *detail)
{
    struct matches loose;
    hl_err err = HL_OK;
    matches_init(&loose, asking->index, asking->ctx, NULL);
    for (size_t i = 0; err == HL_OK && i < parts->count; i++) {
        const struct part *part = &parts->items[i];
        err = matches_add(&loose, part->forms, part->count, true, detail);
        for (size_t k = 0; k < part->count; k++) {
            keep_word(asking->out, part->forms[k]);
        }
    }
    if (err == HL_OK) {
        uint64_t before = asking->tally.total;
        take_loose(asking, &loose, needed);
        asking->out->part_count = loose.words;
        asking->out->loose = asking->tally.total > before;
    }
    matches_fini(&loose);
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

/* Signs without a word are something, which nothing has. */
static bool is_blank(struct bytes text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] > ' ') {
            return false;
        }
    }
    return true;
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
        if (is_blank(query->text)) {
            ask_all(asking);
        }
        return schema_check(asking->ctx, detail);
    }
    find_titles(asking);
    err = ask_strict(asking, detail);
    bool loose =
        query->goes_on ? query->loose : asking->tally.total < LOOSE_BELOW;
    return err == HL_OK && loose ? ask_loose(asking, detail) : err;
}

hl_err search_ask(struct search_index *index, const struct search_query *query,
                  struct search_result *out, struct hl_detail *detail)
{
    *out = (struct search_result){0};
    struct reader *reader = NULL;
    hl_err err = search_index_enter(index, &reader, detail);
    if (err != HL_OK) {
        return err;
    }
    struct asking asking = {.index = index, .query = query, .out = out};
    struct writer folded = {0};
    fold_text(query->text, &folded);
    asking.ctx = reader->ctx;
    matches_init(&asking.matches, index, asking.ctx, reader);
    tally_begin(&asking.tally, index, asking.ctx, query);
    err = ask(&asking, writer_view(&folded), detail);
    if (err == HL_OK) {
        tally_tell(&asking.tally, out);
        settle_words(out);
    }
    tally_end(&asking.tally);
    matches_fini(&asking.matches); /* the reader's */
    search_index_leave(index, reader);
    writer_fini(&folded);
    return err;
}

void search_result_fini(struct search_result *result)
{
    writer_fini(&result->texts);
    writer_fini(&result->word_texts);
}
