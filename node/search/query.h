/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SEARCH_QUERY_H
#define HL_NODE_SEARCH_QUERY_H

/* Asking the index. What a person typed is text, and never a syntax.
 *
 * First what has all words of it, each as it is written; where that is less
 * than a page, after it what has most of their parts, with Latin words taken
 * for ones that they begin or nearly are. */

#include "node/search/index.h"
#include "protocol/base/hl_limits.h"

enum search_sort {
    SEARCH_BEST, /* by how well it fits, then usable, then near */
    SEARCH_DEAREST,
    SEARCH_CHEAPEST,
    SEARCH_NEWEST,
    SEARCH_NEAREST,
};

enum {
    SEARCH_HITS_MAX = 100,
    SEARCH_TEXT_MAX_BYTES = 1000,
    SEARCH_PROSE_MAX_BYTES = 16384,
    SEARCH_WORDS_MAX = 16, /* further ones are not looked at */
    SEARCH_MARKS_MAX = 64,
    SEARCH_FACET_MAX = 100,
    SEARCH_VALUE_BYTES = HL_NAME_MAX_BYTES + 1, /* an origin is the longest */
};

/* A place in the order of the hits, from which a page goes on. Lower ones come
 * first. */
struct search_place {
    uint64_t rank, tie;
};

/* How the text is taken. */
enum search_how {
    SEARCH_WORDS, /* words, of which a document has all, or most */
    SEARCH_NAMES, /* prose: what it names, by the names that there are of
                     records and classes; a document has one or more */
    SEARCH_LINES, /* a line each, of which a document has one or more */
};

struct search_query {
    enum search_how how;
    struct bytes text;            /* as typed; empty or blank: all there is */
    uint32_t kinds;               /* bits by record_kind.number */
    struct bytes class_prefix;    /* digits of an nrii code */
    struct bytes division_prefix; /* digits */
    struct bytes unit;            /* scheme, space, id */
    struct bytes origin;
    /* Both included. Where there is a bound, what states none does not fit. */
    uint64_t min_worth_fen, max_worth_fen;
    uint32_t statuses; /* bits; 0: all */
    bool usable;       /* STANDING_USABLE alone */
    struct bytes near; /* a division's code */
    enum search_sort sort;
    size_t hits;   /* up to SEARCH_HITS_MAX */
    size_t facets; /* values of each that are told, up to SEARCH_FACET_MAX */
    /* Of a page after the first: what the one before it said. */
    bool goes_on, loose;
    struct search_place after;
};

struct search_hit {
    struct bytes id, origin;
    struct search_place place;
    unsigned level;   /* enum search_level */
    unsigned missing; /* parts of the text that it has not */
};

/* Where the words stand. */
enum search_level {
    LEVEL_EXACT, /* it is called so */
    LEVEL_NAME,  /* all in what it is called */
    LEVEL_NAME_PARTLY,
    LEVEL_ABOUT, /* in maker, class, unit or place */
    LEVEL_PROSE,
    LEVEL_LOOSE, /* not all of them */
};

enum search_facet { FACET_CITY, FACET_CLASS, FACET_UNIT, FACET_ORIGIN, FACETS };

struct search_count {
    char value[SEARCH_VALUE_BYTES];
    uint64_t count;
};

struct search_result {
    struct search_hit hits[SEARCH_HITS_MAX];
    size_t hit_count;
    bool more;
    struct search_place last;
    uint64_t total;
    bool loose; /* some of them, at least, have only part of the words */
    unsigned part_count; /* of the text, where it was taken apart */
    struct search_count facets[FACETS][SEARCH_FACET_MAX];
    size_t facet_count[FACETS];
    /* The folded words by which they were found, for marking them. */
    struct bytes words[SEARCH_MARKS_MAX];
    size_t word_count;
    struct writer texts, word_texts; /* what the above borrow */
};

/* The result is to be released by search_result_fini(), after an error too.
 *
 * HL_EAWAY  the index is loading. */
HL_MUST_USE hl_err search_ask(struct search_index *index,
                              const struct search_query *query,
                              struct search_result *out,
                              struct hl_detail *detail);
void search_result_fini(struct search_result *result);

#endif
