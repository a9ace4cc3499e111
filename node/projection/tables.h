/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_TABLES_H
#define HL_NODE_PROJECTION_TABLES_H

/* The tables of one generation in one transaction.
 * Inside this folder. Functions return store.h's errors. */

#include "node/store/key.h"

struct tables {
    struct store_txn *txn;
    unsigned generation; /* 0 or 1 */
};

/* What exists once in each generation; the first of each. */
enum { GENERATION_TABLES = 5 };
extern const enum store_table generation_tables[GENERATION_TABLES];

/* The living generation: META's row "generation" says which. A store that has
 * none yet lives in 0. */
HL_MUST_USE hl_err tables_living(struct store_txn *txn, struct tables *out,
                                 struct hl_detail *detail);
HL_MUST_USE hl_err tables_make_living(const struct tables *tables,
                                      struct hl_detail *detail);

bool bytes_begin_with(struct bytes bytes, struct bytes prefix);

/* store.h's functions on a table of this generation. */
HL_MUST_USE hl_err tables_get(const struct tables *tables,
                              enum store_table base,
                              const struct store_key *key, struct bytes *value,
                              struct hl_detail *detail);
HL_MUST_USE hl_err tables_put(const struct tables *tables,
                              enum store_table base,
                              const struct store_key *key, struct bytes value,
                              struct hl_detail *detail);
HL_MUST_USE hl_err tables_delete(const struct tables *tables,
                                 enum store_table base,
                                 const struct store_key *key,
                                 struct hl_detail *detail);
HL_MUST_USE hl_err tables_cursor(const struct tables *tables,
                                 enum store_table base,
                                 struct store_cursor **out,
                                 struct hl_detail *detail);

/* The first row whose key is above `after` and begins with `prefix` (which
 * `after` begins with, or is). row->key.data is NULL where there is none. */
HL_MUST_USE hl_err tables_next(const struct tables *tables,
                               enum store_table base, struct bytes prefix,
                               struct bytes after, struct store_row *row,
                               struct hl_detail *detail);

/* The first key that begins with `prefix`, copied: it dies with a deletion. A
 * damaged row has a key like any other. */
HL_MUST_USE hl_err tables_first_key(const struct tables *tables,
                                    enum store_table base, struct bytes prefix,
                                    struct store_key *key, bool *found,
                                    struct hl_detail *detail);

/* Deletes rows whose keys begin with `prefix`, at most `max` of them; *left
 * says whether there may be more, *deleted adds how many. Damaged rows too. */
HL_MUST_USE hl_err tables_empty(const struct tables *tables,
                                enum store_table base, struct bytes prefix,
                                uint64_t max, uint64_t *deleted, bool *left,
                                struct hl_detail *detail);

#endif
