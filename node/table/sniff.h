/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_TABLE_SNIFF_H
#define HL_NODE_TABLE_SNIFF_H

/* What a file is. Inside node/table/ only. One thread. */

#include "node/table/source.h"
#include "node/table/table_format.h"

/* By its first bytes, then its name; `declared` wins but over what is refused.
 *
 * HL_EMALFORMED    empty, or it is not what it was declared to be.
 * HL_EUNSUPPORTED  .xls, encrypted, HTML: detail says what to do.
 * HL_EIO */
HL_MUST_USE hl_err sniff_format(struct source *source, const char *name,
                                enum table_format declared,
                                enum table_format *out,
                                struct hl_detail *detail);

#endif
