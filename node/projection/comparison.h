/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_COMPARISON_H
#define HL_NODE_PROJECTION_COMPARISON_H

/* Compares two generations row by row, in steps, and walks rows of which some
 * may be damaged. Inside this folder. Functions return store.h's errors. */

#include "node/projection/tables.h"

/* A row that is damaged is there (its key is), and is equal to no other. */
struct walk {
    struct store_cursor *cursor;
    struct store_row row;
    bool damaged, broken;
};

/* Stands on the first row whose key is above `after`. */
HL_MUST_USE hl_err walk_open(struct walk *walk, const struct tables *tables,
                             enum store_table base, struct bytes after,
                             struct hl_detail *detail);
HL_MUST_USE hl_err walk_next(struct walk *walk, struct hl_detail *detail);
bool walk_at_end(const struct walk *walk);
void walk_close(struct walk *walk);

/* All zero before the first step. */
struct comparison {
    size_t table;              /* place in generation_tables */
    struct store_key position; /* the last key compared in it */
    uint64_t rows;
    uint64_t rows_different;
};

/* Compares about `budget` rows more. */
HL_MUST_USE hl_err comparison_step(struct comparison *comparison,
                                   const struct tables *living,
                                   const struct tables *filled, uint64_t budget,
                                   bool *done, struct hl_detail *detail);

#endif
