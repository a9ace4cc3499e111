/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/rebuild.h"
#include "node/projection/tables.h"

/* Deletes as much as one transaction takes, from *base on. */
static hl_err forget_step(struct store_txn *txn, size_t *base,
                          uint64_t *deleted, struct hl_detail *detail)
{
    enum { FORGET_ROWS = 256 };
    struct tables tables = {0};
    hl_err err = tables_living(txn, &tables, detail);
    tables.generation = 1 - tables.generation;
    while (err == HL_OK && *base < GENERATION_TABLES &&
           !store_txn_is_large(txn)) {
        bool left = false;
        err = tables_empty(&tables, generation_tables[*base], (struct bytes){0},
                           FORGET_ROWS, deleted, &left, detail);
        *base += !left;
    }
    return err;
}

hl_err rebuild_forget(struct store *store, struct hl_detail *detail)
{
    hl_err err = HL_OK;
    size_t base = 0;
    while (err == HL_OK && base < GENERATION_TABLES) {
        struct store_txn *txn = NULL;
        uint64_t deleted = 0;
        err = store_begin_freeing(store, &txn, detail);
        if (err == HL_OK) {
            err = forget_step(txn, &base, &deleted, detail);
        }
        if (err == HL_OK && deleted > 0) {
            err = store_commit(&txn, detail);
        }
        store_abort(&txn);
    }
    return err;
}
