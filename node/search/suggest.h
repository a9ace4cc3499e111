/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SEARCH_SUGGEST_H
#define HL_NODE_SEARCH_SUGGEST_H

/* Names that begin with what was typed so far. */

#include "node/search/index.h"

enum { SUGGESTIONS_MAX = 100 };

struct suggestion {
    struct bytes text; /* as it is written */
    uint64_t records;  /* that are called so; 0: it is a class's name */
};

struct suggestions {
    struct suggestion items[SUGGESTIONS_MAX];
    size_t count;
    struct writer texts; /* what they borrow */
};

/* Names, models and numbers of records, and names of classes, of most records
 * first, then short ones first; up to `count`. Of a beginning that very many
 * have, those are looked at that stand first in the order of their letters. To
 * be released by suggestions_fini(), after an error too.
 *
 * HL_EAWAY  the index is loading. */
HL_MUST_USE hl_err search_suggest(struct search_index *index, struct bytes text,
                                  size_t count, struct suggestions *out,
                                  struct hl_detail *detail);
void suggestions_fini(struct suggestions *suggestions);

#endif
