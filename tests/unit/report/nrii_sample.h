/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_REPORT_NRII_SAMPLE_H
#define HL_TESTS_UNIT_REPORT_NRII_SAMPLE_H

/* An instrument with all that the national form asks for. */

#include "node/report/nrii_row.h"

#define TEXT(text) bytes_of_text(text)

struct instrument sample_instrument(void);
/* As it is told upward; borrows the instrument. */
struct nrii_source sample_source(const struct instrument *instrument);

/* The place of a key in nrii_equipment; ends the program if there is none. */
size_t sample_key(const char *key);

#endif
