/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_TABLE_XLSX_STRINGS_H
#define HL_NODE_TABLE_XLSX_STRINGS_H

/* The strings that a workbook's cells share, by number, in a spool. Inside
 * node/table/ only. One thread. */

#include "node/table/package.h"
#include "protocol/base/writer.h"

struct xlsx_strings;

/* HL_EMALFORMED, HL_ELIMIT, HL_EFULL, HL_EIO */
HL_MUST_USE hl_err xlsx_strings_open(struct package *package, const char *part,
                                     struct xlsx_strings **out,
                                     struct hl_detail *detail);
void xlsx_strings_close(struct xlsx_strings *strings); /* NULL is fine */

/* 0 for NULL. */
uint64_t xlsx_strings_count(const struct xlsx_strings *strings);

/* Appends string `index`, below the count. *fits is false, and nothing is
 * appended, where it is longer than a cell may be.
 *
 * HL_EIO */
HL_MUST_USE hl_err xlsx_strings_read(struct xlsx_strings *strings,
                                     uint64_t index, struct writer *out,
                                     bool *fits, struct hl_detail *detail);

#endif
