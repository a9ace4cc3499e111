/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CATALOGUE_KINDS_H
#define HL_NODE_CATALOGUE_KINDS_H

/* The kinds of records of the catalogue: the one table from which services,
 * commands and imports derive. Pure, any thread. */

#include "node/record/record.h"

struct record_kind {
    uint32_t number;  /* RecordKind of catalogue.proto; member of Record */
    const char *word; /* in commands and files */
    const char *name_zh;
    const struct record_type *type;
    const struct record_type *retiring;
    uint32_t body_put, body_retire;
    size_t reason_offset; /* in the struct of `retiring`: a struct bytes */
    bool homed;           /* its struct begins with struct homed */
    /* What a command checks beyond record_validate(). */
    hl_err (*check_new)(const void *record, struct hl_detail *detail);
};

extern const struct record_kind record_kinds[];
enum { RECORD_KINDS = 4 };

/* NULL: none. */
const struct record_kind *record_kind_of_number(uint32_t number);
const struct record_kind *record_kind_of_word(const char *word);
/* By the number of a body; *retire says which of the two it is. */
const struct record_kind *record_kind_of_body(uint32_t body, bool *retire);

#endif
