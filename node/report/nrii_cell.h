/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_REPORT_NRII_CELL_H
#define HL_NODE_REPORT_NRII_CELL_H

/* One value of a row for the national interface, in JSON, and what the form
 * would say of it. Inside node/report/ only. Pure, any thread. */

#include "node/catalogue/attribute.h"
#include "node/catalogue/division.h"
#include "node/report/nrii_row.h"
#include "protocol/base/writer.h"

/* One key's value on its way. */
struct nrii_cell {
    const struct nrii_key *key;
    /* Of an instrument's (nrii_row.c): */
    const struct nrii_source *source;
    const struct attribute *attribute; /* NULL: of no single one */
    const struct division *place;      /* NULL: none on the list */
    struct writer *out;
    struct nrii_row *row;
    uint64_t bit;
};

void nrii_cell_word(struct nrii_cell *cell, const char *word);
/* Cut to what the form takes; empty, it may be missing. */
void nrii_cell_text(struct nrii_cell *cell, struct bytes text);
/* Of which a part is worth nothing: not cut, but wrong, or left out. */
void nrii_cell_whole(struct nrii_cell *cell, struct bytes text);
/* Writes nothing. */
void nrii_cell_lack(struct nrii_cell *cell);
/* It is on none of the form's lists; "" stands there. */
void nrii_cell_refuse(struct nrii_cell *cell);

/* What the platform calls a unit. */
void nrii_cell_ins_code(struct nrii_cell *cell, struct bytes code);
/* Codes with commas between, as names. */
void nrii_cell_subjects(struct nrii_cell *cell, struct bytes codes);
/* In 万元 with two decimals, rounded; returns how many hundredths that is. */
uint64_t nrii_cell_wan(struct nrii_cell *cell, uint64_t fen);

#endif
