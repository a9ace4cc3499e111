/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_TABLE_XLSX_TEXT_H
#define HL_NODE_TABLE_XLSX_TEXT_H

/* Texts of an xlsx, in which _xHHHH_ stands for a UTF-16 unit that XML cannot
 * hold (ECMA-376 part 1, 22.9.2.19, ST_Xstring). Pure, any thread. */

#include "protocol/base/writer.h"

enum { XLSX_ESCAPE_BYTES = 7 };

/* Appends what it means. A half of a surrogate pair stays as it is written. */
void xlsx_unescape(struct bytes text, struct writer *out);

/* Appends it so that XML can hold it, and xlsx_unescape() gives it back. */
void xlsx_escape(struct bytes text, struct writer *out);

/* How many characters xlsx_escape() makes of it. */
size_t xlsx_written_characters(struct bytes text);

/* A text that comes in pieces. What is over HL_TABLE_CELL_MAX_BYTES as it is
 * written is dropped, and known by `size`. */
struct xlsx_collected {
    struct writer text;
    size_t size;
};
void xlsx_collect(struct xlsx_collected *collected, struct bytes text);
bool xlsx_collected_fits(const struct xlsx_collected *collected);
void xlsx_collect_anew(struct xlsx_collected *collected);

#endif
