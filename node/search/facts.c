/* SPDX-License-Identifier: Apache-2.0 */

/* What every question reads of every document that fits its words: in memory,
 * side by side. In Groonga's columns each of them lies elsewhere. */

#include <string.h>

#include "node/search/index_internal.h"
#include "protocol/base/alloc.h"

void index_note_facts(struct search_index *index, grn_id id,
                      const struct document_facts *facts)
{
    if (id >= index->facts_room) {
        size_t room = (size_t)id + id / 2 + 1024;
        index->facts = hl_realloc(index->facts, room, sizeof(index->facts[0]));
        memset(index->facts + index->facts_room, 0,
               (room - index->facts_room) * sizeof(index->facts[0]));
        index->facts_room = room;
    }
    index->facts[id] = *facts;
}

/* A reference, or the low half of a number. */
static uint32_t number_at(grn_ctx *ctx, grn_column_cache *column, grn_id id)
{
    size_t size = 0;
    uint32_t number = 0;
    const void *value = grn_column_cache_ref(ctx, column, id, &size);
    if (value != NULL && size >= sizeof(number)) {
        memcpy(&number, value, sizeof(number));
    }
    return number;
}

hl_err index_read_facts(struct search_index *index, struct hl_detail *detail)
{
    const struct schema *schema = &index->schema;
    grn_ctx *ctx = index->ctx;
    grn_column_cache *refs[REFS];
    grn_column_cache *kind =
        grn_column_cache_open(ctx, schema->facts[FACT_KIND]);
    for (unsigned i = 0; i < REFS; i++) {
        refs[i] = grn_column_cache_open(ctx, schema->refs[i]);
    }
    grn_table_cursor *cursor = grn_table_cursor_open(
        ctx, schema->items, NULL, 0, NULL, 0, 0, -1, GRN_CURSOR_BY_ID);
    grn_id id;
    while (cursor != NULL &&
           (id = grn_table_cursor_next(ctx, cursor)) != GRN_ID_NIL) {
        struct document_facts facts = {.kind = number_at(ctx, kind, id)};
        for (unsigned i = 0; i < REFS; i++) {
            grn_id to = number_at(ctx, refs[i], id);
            facts.refs[i] =
                to <= grn_table_size(ctx, schema->targets[i]) ? to : GRN_ID_NIL;
        }
        index_note_facts(index, id, &facts);
    }
    if (cursor != NULL) {
        grn_table_cursor_close(ctx, cursor);
    }
    for (unsigned i = 0; i < REFS; i++) {
        grn_column_cache_close(ctx, refs[i]);
    }
    grn_column_cache_close(ctx, kind);
    return schema_check(ctx, detail);
}
