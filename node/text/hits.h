/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_TEXT_HITS_H
#define HL_NODE_TEXT_HITS_H

/* Where in a text the words stand by which it was found, and the part of it
 * that shows them. Pure, any thread. */

#include "protocol/base/bytes.h"

enum {
    HITS_MAX = 16,          /* of one part; further ones are not marked */
    HITS_BEFORE_CHARS = 12, /* shown before the first mark */
};

struct hit {
    size_t from, to; /* bytes of `part` */
};

struct hits {
    struct bytes part;          /* of the text, borrowed */
    struct hit marks[HITS_MAX]; /* ascending, apart from each other */
    size_t count;
};

/* Finds the folded (fold.h) words in the text, a word in Latin letters or in
 * digits only where one of the text begins with it, and the part around the
 * first place, of at most `chars` code points. False: none of them is there;
 * *out is the beginning of the text then, without marks. */
bool hits_mark(struct bytes text, const struct bytes *words, size_t count,
               size_t chars, struct hits *out);

#endif
