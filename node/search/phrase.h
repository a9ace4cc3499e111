/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SEARCH_PHRASE_H
#define HL_NODE_SEARCH_PHRASE_H

/* Where ideographs stand in a row, read from the postings of their pairs.
 * Groonga's own search for a phrase makes a table of all that it finds, which
 * takes longer than the finding. Inside this folder. */

#include "node/search/index_internal.h"

/* The places of one text, one by one, ascending by document and section. */
struct phrase;

/* pairs: all neighbours in the text, in order, WORD_PAIRS_MAX at most. */
struct phrase *phrase_open(grn_ctx *ctx, grn_obj *lexicon, grn_obj *index,
                           const struct bytes *pairs, size_t count);
void phrase_close(struct phrase **phrase);

struct phrase_at {
    grn_id document;
    unsigned section; /* from 1 on */
    unsigned times;
};
/* False: there is no further one. */
bool phrase_next(struct phrase *phrase, struct phrase_at *out);

#endif
