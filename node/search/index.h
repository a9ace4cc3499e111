/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SEARCH_INDEX_H
#define HL_NODE_SEARCH_INDEX_H

/* The text index: documents in Groonga's files, in a folder of their own.
 *
 * Groonga writes through memory maps: a process that is killed, or a disk that
 * is full (SIGBUS ends the process then), leaves files that open and lack a
 * part. So nothing here is ever mended: an index that was not closed by
 * search_index_close() with `keep` is to be thrown away by its owner, who is
 * told apart by what the owner keeps beside it (keeping.h).
 *
 * One thread writes; any may ask (query.h), of whom each sees whole documents.
 */

#include "node/search/document.h"
#include "protocol/base/hl_err.h"

/* Once in a process, before the first index and after the last. */
HL_MUST_USE hl_err search_library_open(struct hl_detail *detail);
void search_library_close(void);

struct search_index;

/* A new one in a folder that is empty, loading (search_index_load()).
 *
 * HL_EIO  detail says why. */
HL_MUST_USE hl_err search_index_create(const char *folder,
                                       struct search_index **out,
                                       struct hl_detail *detail);

/* One that was kept.
 *
 * HL_EIO, HL_EDAMAGED  there is none, or it is not whole. */
HL_MUST_USE hl_err search_index_open(const char *folder,
                                     struct search_index **out,
                                     struct hl_detail *detail);

/* keep: brings everything to the disk first; what fails then is returned, and
 * the index is not to be opened again. Sets NULL; NULL is fine. */
HL_MUST_USE hl_err search_index_close(struct search_index **index, bool keep,
                                      struct hl_detail *detail);

/* Many documents come: they are stored and not indexed one by one. Nothing is
 * found meanwhile. */
HL_MUST_USE hl_err search_index_load(struct search_index *index,
                                     struct hl_detail *detail);
/* They are there: indexes all at once. */
HL_MUST_USE hl_err search_index_loaded(struct search_index *index,
                                       struct hl_detail *detail);
bool search_index_is_loading(const struct search_index *index);

/* Adds it, or puts it in the place of the one of its id. */
HL_MUST_USE hl_err search_index_put(struct search_index *index,
                                    const struct document *document,
                                    struct hl_detail *detail);
/* It need not be there. */
HL_MUST_USE hl_err search_index_remove(struct search_index *index,
                                       struct bytes id,
                                       struct hl_detail *detail);
uint64_t search_index_count(const struct search_index *index);

#endif
