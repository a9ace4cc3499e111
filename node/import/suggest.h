/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_IMPORT_SUGGEST_H
#define HL_NODE_IMPORT_SUGGEST_H

/* A mapping proposed for a file never seen: by its headings, else by what its
 * first rows hold. Pure; one thread. */

#include "node/import/mapping.h"
#include "protocol/base/writer.h"

/* Appends a mapping as a csv, with remarks in lines that begin with '#'. Reads
 * some rows of the file.
 *
 * HL_EMALFORMED, HL_ELIMIT, HL_EIO  as table_reader_next() */
HL_MUST_USE hl_err suggest_mapping(const struct record_kind *kind,
                                   struct table_reader *reader,
                                   struct writer *out,
                                   struct hl_detail *detail);

#endif
