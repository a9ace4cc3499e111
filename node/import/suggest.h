/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_IMPORT_SUGGEST_H
#define HL_NODE_IMPORT_SUGGEST_H

/* A mapping proposed for a file never seen: by its headings, else by what its
 * first rows hold. Pure; one thread. */

#include "node/import/mapping.h"
#include "protocol/base/writer.h"

/* How many of the file's columns have a heading that is known. */
size_t suggest_known(const struct record_kind *kind,
                     const struct table_reader *reader);

/* Appends a mapping as a csv, with remarks in lines that begin with '#'; in it
 * is what the file was opened with. Reads some rows of the file.
 *
 * HL_EMALFORMED, HL_ELIMIT, HL_EIO  as table_reader_next() */
HL_MUST_USE hl_err suggest_mapping(const struct record_kind *kind,
                                   struct table_reader *reader,
                                   const struct table_options *options,
                                   struct writer *out,
                                   struct hl_detail *detail);

#endif
