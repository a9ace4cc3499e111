/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SEARCH_WORDS_H
#define HL_NODE_SEARCH_WORDS_H

/* What was asked, in words: as they are written, and taken apart for those who
 * wrote them a little differently. Inside this folder. */

#include "node/search/index_internal.h"
#include "node/search/query.h"

/* A folded text's words: what stands between spaces. */
struct words {
    struct bytes items[SEARCH_WORDS_MAX];
    size_t count;
};

/* Borrows the text. */
struct words words_of(struct bytes folded);

/* Whether it is one word of the lexicons: a pair of ideographs, or a run of
 * letters or of digits. */
bool word_is_token(struct bytes folded);

enum { WORD_PAIRS_MAX = 16 };

/* The first pairs of neighbours in a word that is ideographs alone; how many.
 * 0: it is not. */
size_t word_pairs(struct bytes folded, struct bytes pairs[WORD_PAIRS_MAX]);

enum { PART_FORMS_MAX = 8, PARTS_MAX = 32 };

/* A part of what was asked that a document has in one of several forms. */
struct part {
    struct bytes forms[PART_FORMS_MAX];
    size_t count;
};

struct parts {
    struct part items[PARTS_MAX];
    size_t count;
    struct writer texts; /* forms that are not the asked one's own: */
};

/* Neighbouring ideographs are a part each, of which one alone is left where no
 * document has both; a Latin word or a number is one, and where no document has
 * it, its forms are those that begin with it, else those that differ from it in
 * a letter, else in two of eight. To be released. */
void parts_init(struct parts *parts, const struct search_index *index,
                grn_ctx *ctx, const struct words *words);
/* The names of records and classes, and those that people use for instruments,
 * that stand in the text, the longest where
 * several begin; a Latin one between spaces. The text is folded, and may be
 * long. To be released. */
void parts_init_names(struct parts *parts, const struct search_index *index,
                      grn_ctx *ctx, struct bytes folded);
/* One part, of which the words are the forms. Borrows them. */
void parts_init_forms(struct parts *parts, const struct words *words);
void parts_fini(struct parts *parts);

#endif
