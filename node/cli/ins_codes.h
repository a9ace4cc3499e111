/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_INS_CODES_H
#define HL_NODE_CLI_INS_CODES_H

/* What the national platform calls units (insCode). One thread. */

#include "node/catalogue/rules.h"
#include "node/cli/cli.h"

struct ins_codes {
    struct ins_code *items;
    size_t count;
    const char *usual; /* of whom nothing else says it; NULL: nothing does */
};

/* By --ins-code and --ins-codes.
 *
 * HL_EUSAGE, HL_EMALFORMED, and table_reader_open()'s */
HL_MUST_USE hl_err ins_codes_take(struct cli_call *call, struct ins_codes *out);
void ins_codes_fini(struct ins_codes *codes);

/* As the table says; else the unit's id, if that is its scheme; else the usual
 * one, or empty. Borrowed. */
struct bytes ins_codes_find(const struct ins_codes *codes,
                            const struct homed *of);

#endif
