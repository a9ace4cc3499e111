/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SEARCH_QUESTION_H
#define HL_NODE_SEARCH_QUESTION_H

/* What heluod asks (heluo/v1/index.proto), most of it as a caller sent it, as a
 * question to the index; and the tokens of pages. Inside this folder; pure. */

#include <heluo/v1/index.pb-c.h>

#include "node/search/query.h"

/* Borrows the request, and `unit`, to which what it has of that is appended.
 *
 * HL_EMALFORMED, HL_ELIMIT  detail names the field. */
HL_MUST_USE hl_err question_read(const Heluo__V1__IndexFindRequest *request,
                                 struct search_query *query,
                                 struct writer *unit, struct hl_detail *detail);

/* Appends what the page after this one is asked for with. */
void question_write_token(const Heluo__V1__IndexFindRequest *request,
                          const struct search_result *result,
                          struct writer *out);

#endif
