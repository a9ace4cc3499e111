/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_TABLE_XLSX_STYLES_H
#define HL_NODE_TABLE_XLSX_STYLES_H

/* Which of a workbook's cell styles show their numbers as dates. Inside
 * node/table/ only. One thread. */

#include "node/table/number.h"
#include "node/table/package.h"

struct xlsx_styles {
    uint8_t *kinds; /* enum number_kind of each style */
    size_t count;
};

/* HL_EMALFORMED, HL_ELIMIT, HL_EIO */
HL_MUST_USE hl_err xlsx_styles_read(struct package *package, const char *part,
                                    struct xlsx_styles *out,
                                    struct hl_detail *detail);
void xlsx_styles_fini(struct xlsx_styles *styles); /* all-zero is fine */

/* Of an attribute s; NULL, or a style that is not there, is NUMBER_PLAIN. */
enum number_kind xlsx_styles_kind(const struct xlsx_styles *styles,
                                  const char *style);

#endif
