/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_TEXT_FOLD_H
#define HL_NODE_TEXT_FOLD_H

/* The form in which texts are searched: what people type in different ways
 * becomes one. Compatibility forms (full and half width, superscripts, circled
 * numbers) become plain (NFKD), letters lose case and accents, traditional
 * characters become simplified, and everything that is neither letter nor
 * number becomes a space, one for each run of it and none at either end.
 * Pure, any thread. */

#include "protocol/base/bytes.h"
#include "protocol/base/writer.h"

enum { FOLD_OF_ONE_MAX = 32 }; /* code points that one becomes */

/* A walk over a text. */
struct fold {
    struct bytes text;
    size_t at;                      /* bytes that were looked at */
    bool begun;                     /* something but a space was given */
    bool space;                     /* one is due before what comes next: */
    size_t space_from;              /* where it begins */
    int32_t codes[FOLD_OF_ONE_MAX]; /* of one code point of the text: */
    unsigned next, count;
    size_t from, to;
};

/* A code point of the folded text, and the bytes of the text that it stands
 * for. */
struct folded {
    uint32_t code;
    size_t from, to;
};

/* Borrows the text while it is walked. What is no UTF-8 is a space. */
void fold_begin(struct fold *fold, struct bytes text);
/* False: that was all. */
bool fold_next(struct fold *fold, struct folded *out);

/* Appends the folded text, in UTF-8: at most FOLD_OF_ONE_MAX times as long. */
void fold_text(struct bytes text, struct writer *out);

/* The same without spaces: how names are compared whole. */
void fold_compact(struct bytes text, struct writer *out);

/* Of a folded text: whether words of it are written without spaces between,
 * so that any two neighbours may be a word. */
bool fold_is_ideograph(uint32_t code);

#endif
