/* SPDX-License-Identifier: Apache-2.0 */
#include "node/search/suggest.h"

#include <stdlib.h>

#include "node/search/index_internal.h"
#include "node/text/fold.h"
#include "protocol/base/alloc.h"

enum { LOOKED_AT_MAX = 5000 };

struct title {
    grn_id id;
    size_t size; /* of its key */
    uint64_t records;
};

struct looking {
    struct search_index *index;
    grn_ctx *ctx;
    struct title *titles;
    size_t count;
};

static uint64_t count_records(struct looking *looking, grn_id title)
{
    grn_ii *index = (grn_ii *)looking->index->schema.title_index;
    grn_ii_cursor *cursor =
        grn_ii_cursor_open(looking->ctx, index, title, GRN_ID_NIL, GRN_ID_MAX,
                           (int)grn_ii_get_n_elements(looking->ctx, index), 0);
    uint64_t count = 0;
    while (cursor != NULL && grn_ii_cursor_next(looking->ctx, cursor) != NULL) {
        count++;
    }
    if (cursor != NULL) {
        grn_ii_cursor_close(looking->ctx, cursor);
    }
    return count;
}

static void look(struct looking *looking, struct bytes beginning)
{
    grn_table_cursor *cursor = grn_table_cursor_open(
        looking->ctx, looking->index->schema.title, beginning.data,
        (unsigned)beginning.size, NULL, 0, 0, LOOKED_AT_MAX,
        GRN_CURSOR_PREFIX | GRN_CURSOR_ASCENDING);
    grn_id id;
    while (cursor != NULL && looking->count < LOOKED_AT_MAX &&
           (id = grn_table_cursor_next(looking->ctx, cursor)) != GRN_ID_NIL) {
        void *key;
        int size = grn_table_cursor_get_key(looking->ctx, cursor, &key);
        uint64_t records = count_records(looking, id);
        if (size > 0 &&
            (records > 0 ||
             index_title_is_class(looking->ctx, &looking->index->schema, id))) {
            looking->titles[looking->count++] =
                (struct title){id, (size_t)size, records};
        }
    }
    if (cursor != NULL) {
        grn_table_cursor_close(looking->ctx, cursor);
    }
}

static int by_records(const void *a, const void *b)
{
    const struct title *left = a, *right = b;
    return left->records != right->records
               ? (left->records > right->records ? -1 : 1)
           : left->size != right->size ? (left->size < right->size ? -1 : 1)
           : left->id != right->id     ? (left->id < right->id ? -1 : 1)
                                       : 0;
}

/* The texts move while they are written: sizes first. */
static void tell(struct looking *looking, size_t count, struct suggestions *out)
{
    size_t at = 0;
    if (looking->count > 0) {
        qsort(looking->titles, looking->count, sizeof(looking->titles[0]),
              by_records);
    }
    for (size_t i = 0; i < looking->count && out->count < count; i++) {
        size_t from = out->texts.size;
        index_title_shown(looking->ctx, &looking->index->schema,
                          looking->titles[i].id, &out->texts);
        out->items[out->count].text.size = out->texts.size - from;
        out->items[out->count++].records = looking->titles[i].records;
    }
    for (size_t i = 0; i < out->count; i++) {
        out->items[i].text.data = out->texts.data + at;
        at += out->items[i].text.size;
    }
}

hl_err search_suggest(struct search_index *index, struct bytes text,
                      size_t count, struct suggestions *out,
                      struct hl_detail *detail)
{
    struct writer compact = {0};
    struct reader *reader = NULL;
    *out = (struct suggestions){0};
    hl_err err = search_index_enter(index, &reader, detail);
    if (err != HL_OK) {
        return err;
    }
    fold_compact(text, &compact);
    if (compact.size == 0 || compact.size > INDEX_KEY_MAX_BYTES) {
        search_index_leave(index, reader);
        writer_fini(&compact);
        return HL_OK;
    }
    struct looking looking = {
        .index = index,
        .ctx = reader->ctx,
        .titles = hl_alloc(LOOKED_AT_MAX, sizeof(struct title))};
    look(&looking, writer_view(&compact));
    tell(&looking, count < SUGGESTIONS_MAX ? count : SUGGESTIONS_MAX, out);
    err = schema_check(reader->ctx, detail);
    search_index_leave(index, reader);
    hl_free(looking.titles);
    writer_fini(&compact);
    return err;
}

void suggestions_fini(struct suggestions *suggestions)
{
    writer_fini(&suggestions->texts);
}
