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
    const struct nrii_source *source;
    const struct nrii_key *key;
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

#endif
