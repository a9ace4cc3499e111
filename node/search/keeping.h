/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SEARCH_KEEPING_H
#define HL_NODE_SEARCH_KEEPING_H

/* The index's folder. Its file "kept" says that the index was closed whole, and
 * what is in it; it is taken away before the index is opened, so an index that
 * a killed process leaves has none, and is made anew. One process at a time
 * holds the folder. */

#include "node/search/index.h"

struct keeping {
    const char *folder; /* borrowed */
    int lock;           /* -1: none */
    bool fresh;         /* the index is new */
    const char *why;    /* it is: for the log */
};

/* Opens what was kept, with the token (Catalogue.Watch) that it was kept
 * under; or else a new index, loading, with an empty one, and throws away what
 * else is there of one. The folder is made if its parent is there.
 *
 * HL_ELOCKED  another process holds it.
 * HL_EIO      it cannot be made, read, or emptied. */
HL_MUST_USE hl_err keeping_open(struct keeping *keeping, const char *folder,
                                struct search_index **index,
                                struct writer *token, struct hl_detail *detail);

/* Closes the index whole, and says so. What fails leaves it to be thrown away.
 * Takes the index. */
HL_MUST_USE hl_err keeping_keep(struct keeping *keeping,
                                struct search_index **index, struct bytes token,
                                struct hl_detail *detail);

/* Gives the folder free; an index that was not kept is thrown away by the next
 * one who opens it. */
void keeping_close(struct keeping *keeping);

#endif
