/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SEARCH_MATCH_H
#define HL_NODE_SEARCH_MATCH_H

/* Documents that have the words of a question, with how much it says that they
 * have them there. Inside this folder; one question's. */

#include "node/search/index_internal.h"

/* What a place weighs. Apart by so much that no number of lesser places
 * outweighs a better one. */
enum { WEIGHT_NAME = 1000000, WEIGHT_ABOUT = 1000, WEIGHT_PROSE = 1 };

struct matches {
    const struct search_index *index;
    grn_ctx *ctx;
    struct match *items; /* by document */
    bool borrowed;       /* they are the reader's */
    grn_id *ids;         /* of those that have a word, as they were found */
    size_t count, room;
    grn_id *titled; /* of those that are called so */
    size_t titled_count, titled_room;
    unsigned words; /* that were looked for */
};

/* A reader has room for one at a time, which spares clearing as much memory as
 * there are documents; NULL: it has room of its own. */
void matches_init(struct matches *matches, const struct search_index *index,
                  grn_ctx *ctx, struct reader *reader);
void matches_fini(struct matches *matches);

void matches_note_title(struct matches *matches, grn_id id);

/* Counts one word for each document that has one of its forms: as it is
 * written in a text, or in the name of its unit, class or place. longer: a form
 * that nothing has is taken for what it begins.
 *
 * HL_EIO  Groonga's. */
HL_MUST_USE hl_err matches_add(struct matches *matches,
                               const struct bytes *forms, size_t count,
                               bool longer, struct hl_detail *detail);

#endif
