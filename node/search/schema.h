/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SEARCH_SCHEMA_H
#define HL_NODE_SEARCH_SCHEMA_H

/* Tables and columns of the index in Groonga. Inside this folder.
 *
 * Groonga's objects may be used by every thread through a context of its own;
 * who changes something has them alone (index.c). */

#include <groonga.h>

#include "protocol/base/bytes.h"
#include "protocol/base/hl_err.h"

/* One for each document's text that is indexed apart: what stands in them
 * weighs differently. */
enum text_column { TEXT_NAME, TEXT_ALIAS, TEXT_MAKER, TEXT_PROSE, TEXTS };

/* What a document refers to: a table each. */
enum reference { REF_UNIT, REF_CLASS, REF_PLACE, REF_ORIGIN, REFS };

/* Numbers of a document. */
enum fact {
    FACT_KIND, /* and, in the bytes above: status, share mode, standing */
    FACT_WORTH,
    FACT_TIME,
    FACT_TIE, /* by which equal ones are told apart, always in the same way */
    FACTS,
};

struct schema {
    grn_obj *items; /* documents, by their id */
    grn_obj *texts[TEXTS];
    grn_obj *refs[REFS]; /* columns of items */
    grn_obj *facts[FACTS];
    grn_obj *titles; /* column of items: a vector */

    grn_obj *targets[REFS]; /* tables of what is referred to */
    grn_obj *names[REFS];   /* their columns: folded text; of origins none */
    grn_obj *title;         /* table; its keys are folded, without spaces */
    grn_obj *shown;         /* its column: as it is written */

    grn_obj *words, *prose_words; /* lexicons */
    /* Index columns: of name, alias and maker; of prose; of names; of what
     * refers; of titles. */
    grn_obj *text_index, *prose_index, *name_index[REFS], *ref_index[REFS],
        *title_index;
};

/* Makes all but what fills the indexes (schema_fill()), in an empty database.
 *
 * HL_EIO  detail has Groonga's words. */
HL_MUST_USE hl_err schema_make(grn_ctx *ctx, struct schema *schema,
                               struct hl_detail *detail);
/* Finds them in one that was made so.
 *
 * HL_EDAMAGED  they are not all there. */
HL_MUST_USE hl_err schema_find(grn_ctx *ctx, struct schema *schema,
                               struct hl_detail *detail);

/* Fills the index columns from what the documents have, at once, which takes a
 * third of the time of doing so document by document; from then on Groonga
 * keeps them up to date. In two halves of about as much work, which two threads
 * may do side by side, each with a context of its own: what has words in one
 * lexicon, and the rest. */
HL_MUST_USE hl_err schema_fill_heads(grn_ctx *ctx, struct schema *schema,
                                     struct hl_detail *detail);
HL_MUST_USE hl_err schema_fill_prose(grn_ctx *ctx, struct schema *schema,
                                     struct hl_detail *detail);
/* Drops the index columns and makes empty ones, which stay so until they are
 * filled. */
HL_MUST_USE hl_err schema_empty_indexes(grn_ctx *ctx, struct schema *schema,
                                        struct hl_detail *detail);

/* HL_EIO, with Groonga's words, if the last call through it failed. */
HL_MUST_USE hl_err schema_check(grn_ctx *ctx, struct hl_detail *detail);

#endif
