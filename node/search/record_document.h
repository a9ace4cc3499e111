/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SEARCH_RECORD_DOCUMENT_H
#define HL_NODE_SEARCH_RECORD_DOCUMENT_H

/* What a change of the catalogue does to the index. Inside this folder. */

#include <heluo/v1/catalogue.pb-c.h>

#include "node/search/index.h"

/* Of a change that has a record: whether another journal than the one that
 * says it has the record now. Then its owner's word counts, wherever in the
 * stream it stood: to be asked for (Catalogue.Get). */
bool record_document_is_elsewhere(const Heluo__V1__CatalogueChange *change);

/* Its key. What it points to is the view's. */
void record_document_key(const Heluo__V1__RecordView *view,
                         Heluo__V1__RecordKey *out);

/* What cannot be a record is left out.
 *
 * HL_EIO  the index's; so below. */
HL_MUST_USE hl_err record_document_put(struct search_index *index,
                                       const Heluo__V1__RecordView *view,
                                       struct hl_detail *detail);
/* It may have its key alone. */
HL_MUST_USE hl_err record_document_remove(struct search_index *index,
                                          const Heluo__V1__RecordView *view,
                                          struct hl_detail *detail);

#endif
