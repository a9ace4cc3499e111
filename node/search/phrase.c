/* SPDX-License-Identifier: Apache-2.0 */
#include "node/search/phrase.h"

#include "node/search/words.h"
#include "protocol/base/alloc.h"

/* The postings of one pair; it stands `offset` ideographs behind the first. */
struct stream {
    grn_ii_cursor *cursor;
    const grn_posting *at; /* NULL: past the last */
    unsigned offset;
};

struct phrase {
    grn_ctx *ctx;
    struct stream streams[WORD_PAIRS_MAX];
    size_t count;
    bool ended;
};

static void step(struct phrase *phrase, struct stream *stream)
{
    stream->at = grn_ii_cursor_next(phrase->ctx, stream->cursor);
    phrase->ended = phrase->ended || stream->at == NULL;
}

static void add_stream(struct phrase *phrase, grn_obj *lexicon, grn_ii *index,
                       struct bytes pair, unsigned offset)
{
    grn_ctx *ctx = phrase->ctx;
    grn_id id = grn_table_get(ctx, lexicon, pair.data, (unsigned)pair.size);
    struct stream *stream = &phrase->streams[phrase->count];
    stream->offset = offset;
    if (id != GRN_ID_NIL) { /* all elements: positions, too */
        stream->cursor =
            grn_ii_cursor_open(ctx, index, id, GRN_ID_NIL, GRN_ID_MAX,
                               (int)grn_ii_get_n_elements(ctx, index), 0);
    }
    if (stream->cursor == NULL) {
        phrase->ended = true;
        return;
    }
    phrase->count++;
    step(phrase, stream);
}

struct phrase *phrase_open(grn_ctx *ctx, grn_obj *lexicon, grn_obj *index,
                           const struct bytes *pairs, size_t count)
{
    struct phrase *phrase = hl_alloc(1, sizeof(*phrase));
    phrase->ctx = ctx;
    /* Every other pair has all ideographs, with the last one. */
    for (size_t i = 0; i < count && !phrase->ended; i++) {
        if (i % 2 == 0 || i + 1 == count) {
            add_stream(phrase, lexicon, (grn_ii *)index, pairs[i], (unsigned)i);
        }
    }
    return phrase;
}

void phrase_close(struct phrase **phrase)
{
    struct phrase *closing = *phrase;
    *phrase = NULL;
    for (size_t i = 0; i < closing->count; i++) {
        grn_ii_cursor_close(closing->ctx, closing->streams[i].cursor);
    }
    hl_free(closing);
}

static int compare(const grn_posting *a, const grn_posting *b)
{
    return a->rid != b->rid   ? (a->rid < b->rid ? -1 : 1)
           : a->sid != b->sid ? (a->sid < b->sid ? -1 : 1)
                              : 0;
}

/* Brings all to the next place that they have in common. */
static bool align(struct phrase *phrase)
{
    size_t same = 0;
    const struct stream *last = &phrase->streams[0];
    for (size_t i = 0; same < phrase->count; i = (i + 1) % phrase->count) {
        struct stream *stream = &phrase->streams[i];
        while (!phrase->ended && compare(stream->at, last->at) < 0) {
            step(phrase, stream);
        }
        if (phrase->ended) {
            return false;
        }
        same = compare(stream->at, last->at) == 0 ? same + 1 : 1;
        last = stream;
    }
    return true;
}

/* How often they stand in a row there. */
static unsigned count_rows(struct phrase *phrase)
{
    unsigned times = 0;
    uint32_t at[WORD_PAIRS_MAX];
    bool started[WORD_PAIRS_MAX] = {false};
    for (;;) {
        const grn_posting *first =
            grn_ii_cursor_next_pos(phrase->ctx, phrase->streams[0].cursor);
        bool all = first != NULL;
        if (first == NULL) {
            return times;
        }
        uint32_t from = first->pos;
        for (size_t i = 1; i < phrase->count && all; i++) {
            struct stream *stream = &phrase->streams[i];
            uint32_t wanted = from + stream->offset;
            while (!started[i] || at[i] < wanted) {
                const grn_posting *next =
                    grn_ii_cursor_next_pos(phrase->ctx, stream->cursor);
                if (next == NULL) {
                    return times;
                }
                started[i] = true;
                at[i] = next->pos;
            }
            all = at[i] == wanted;
        }
        times += all ? 1 : 0;
    }
}

bool phrase_next(struct phrase *phrase, struct phrase_at *out)
{
    while (!phrase->ended && align(phrase)) {
        out->document = phrase->streams[0].at->rid;
        out->section = phrase->streams[0].at->sid;
        out->times = count_rows(phrase);
        step(phrase, &phrase->streams[0]);
        if (out->times > 0) {
            return true;
        }
    }
    return false;
}
