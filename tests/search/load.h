/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_SEARCH_LOAD_H
#define HL_TESTS_SEARCH_LOAD_H

/* A file of records as documents, read as `heluo import` reads it. For the
 * measurements of the search: what fails ends the process. */

#include "node/search/document.h"

typedef void (*document_fn)(void *context, const struct document *document);

/* Gives each row that may be put, in the file's order; the document is lent
 * for the call. How many there were. */
uint64_t load_documents(const char *path, const char *kind, document_fn take,
                        void *context);

/* The unit's own number of it: the last part of the id's key. */
struct bytes load_inner_id(struct bytes document_id);

#endif
