/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_REPORT_NRII_FORM_H
#define HL_NODE_REPORT_NRII_FORM_H

/* A form of the national interface: its keys, byte by byte and in their order,
 * and what a row of it lacks. Pure, any thread. */

#include "node/import/nrii.h"

enum { NRII_KEYS_MAX = 64 };

struct nrii_form {
    const char *word; /* by which commands know it: "4", the type's number */
    const struct nrii_key *keys;
    size_t count;
    const char *(*name_zh)(size_t at); /* what the key means */
};

/* Sets of keys: bit i is the form's keys[i]. */
struct nrii_row {
    uint64_t missing; /* the form refuses it empty, and it is */
    uint64_t wrong;   /* stated, and not as the form takes it */
    uint64_t cut;     /* lost what was above the form's limit */
};

/* Whether the form would take it. */
bool nrii_row_is_complete(const struct nrii_row *row);

/* 32 hex digits: what the platform calls a unit. */
bool nrii_ins_code_valid(struct bytes text);

#endif
