/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SEARCH_TALLY_H
#define HL_NODE_SEARCH_TALLY_H

/* What is done with each document that fits the words: whether it fits the
 * other conditions too, where it stands in the order, what is counted. Inside
 * this folder; one question's. */

#include "node/search/index_internal.h"
#include "node/search/query.h"

struct tally_item {
    struct search_place place;
    grn_id id;
    unsigned level, missing;
};

struct tally {
    struct search_index *index;
    grn_ctx *ctx;
    const struct search_query *query;
    grn_column_cache *facts[FACTS]; /* for what few need */

    /* By the ids of what documents refer to. */
    uint8_t *near;    /* places: 0 the same county, to 3 elsewhere */
    bool *place_fits; /* NULL: all do; so below */
    bool *class_fits;
    size_t place_count, class_count;
    grn_id unit, origin; /* GRN_ID_NIL: any */
    bool nothing;        /* can fit */

    uint32_t *counts[REFS]; /* NULL: not counted */
    size_t sizes[REFS];
    uint64_t total;

    /* The best of them, the worst first: one more than the page has. */
    struct tally_item items[SEARCH_HITS_MAX + 1];
    size_t count, room;
};

void tally_begin(struct tally *tally, struct search_index *index, grn_ctx *ctx,
                 const struct search_query *query);
void tally_end(struct tally *tally);

/* missing: words of it that the document has not; score: higher is better. */
void tally_add(struct tally *tally, grn_id id, unsigned level, unsigned missing,
               double score);

/* Fills the result's hits, total and facets. */
void tally_tell(struct tally *tally, struct search_result *out);

#endif
