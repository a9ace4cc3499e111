/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_TEXT_SIMPLIFIED_H
#define HL_NODE_TEXT_SIMPLIFIED_H

/* Of each character of CJK Extension A and CJK Unified Ideographs, what it is
 * in simplified writing: itself, where it is the same. Character by character
 * several become one (乾 and 干), which is what a search wants. Made when the
 * program is built (simplified_table.c). */

#include <stdint.h>

enum {
    SIMPLIFIED_FIRST = 0x3400,
    SIMPLIFIED_LAST = 0x9fff,
    SIMPLIFIED_COUNT = SIMPLIFIED_LAST - SIMPLIFIED_FIRST + 1,
};

extern const uint16_t simplified_of[SIMPLIFIED_COUNT];

#endif
