/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_STORE_STORE_INSIDE_H
#define HL_NODE_STORE_STORE_INSIDE_H

/* What store.c (the environment) and store_txn.c (transactions, values) share;
 * the only files that know LMDB. */

#include <lmdb.h>
#include <stdatomic.h>

#include "node/store/store.h"
#include "node/store/store_files.h"

struct store {
    MDB_env *env;
    MDB_dbi tables[STORE_TABLE_COUNT];
    char *folder;
    int lock;
    struct store_room room;
    uint64_t page_bytes;
    uint64_t map_bytes, max_bytes, reserve_bytes;
    unsigned readers_max;
    atomic_uint readers;
    atomic_bool flush_failed; /* nothing is answered any more */
    struct store_txn *writing;
    struct writer envelope; /* the writer's, kept for its memory */
};

/* LMDB's code or errno, as an hl_err with "<doing>: <why>". Never HL_OK. */
hl_err store_fail(struct store *store, int code, const char *doing,
                  struct hl_detail *detail);

/* For opening tables. */
MDB_txn *store_txn_raw(struct store_txn *txn);

/* Pages that the newest commit has in use: those up to the last one, less the
 * free list. LMDB's code. */
HL_MUST_USE int store_count_pages(struct store *store, uint64_t *pages);

#endif
