/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_STORE_STORE_INSIDE_H
#define HL_NODE_STORE_STORE_INSIDE_H

/* What store.c (the environment), store_txn.c, store_cursor.c and store_value.c
 * (the envelope of values) share; the only files that know LMDB. */

#include <lmdb.h>
#include <stdatomic.h>

#include "node/store/key.h"
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
    uint64_t spread_txn;      /* the newest when store_spread_plan() was due */
    struct store_txn *writing;
    struct writer envelope; /* the writer's, kept for its memory */
};

/* What a transaction did to a table, to know how many pages it dirties. */
struct table_use {
    bool begun;
    uint64_t leaves, pages; /* at the first change; without overflow pages */
    uint64_t changes;
    uint64_t overflow_pages; /* put */
    uint64_t estimate;       /* pages dirtied, at most */
};

struct store_txn {
    struct store *store;
    MDB_txn *raw;
    bool writes;
    bool broken;      /* only fit to be aborted */
    hl_err broken_by; /* when it is */
    uint64_t dirty_pages, dirty_pages_max;
    struct table_use uses[STORE_TABLE_COUNT];
};

/* LMDB's code or errno, as an hl_err with "<doing>: <why>". Never HL_OK. */
hl_err store_fail(struct store *store, int code, const char *doing,
                  struct hl_detail *detail);

/* For opening tables. */
MDB_txn *store_txn_raw(struct store_txn *txn);

/* Pages that the newest commit has in use: those up to the last one, less the
 * free list. LMDB's code. */
HL_MUST_USE int store_count_pages(struct store *store, uint64_t *pages);

/* How many pages in a row the next transaction is to ask for (0: none), so that
 * later ones find theirs in a row. */
HL_MUST_USE hl_err store_spread_plan(struct store *store, uint64_t *pages,
                                     struct hl_detail *detail);
/* Asks for them, first of all in the transaction. */
HL_MUST_USE hl_err store_spread(struct store_txn *txn, uint64_t pages,
                                struct hl_detail *detail);

MDB_val store_val(struct bytes bytes);

struct store_cursor {
    struct store_txn *txn;
    enum store_table table;
    MDB_cursor *raw;
    bool placed;
    struct bytes last; /* the key it stands at, in a snapshot */
};

/* Counts a change of that many bytes before it is made. */
HL_MUST_USE hl_err store_count_change(struct store_txn *txn,
                                      enum store_table table, size_t size,
                                      struct hl_detail *detail);

/* Sets *out to the value as it is stored. */
void envelope_make(struct writer *out, enum store_table table, struct bytes key,
                   struct bytes payload);
/* The payload, inside raw. False: it is not what was put there. */
bool envelope_open(enum store_table table, struct bytes key, struct bytes raw,
                   struct bytes *payload);

/* HL_EDAMAGED, with table and key. */
hl_err store_fail_damaged(const struct store_txn *txn, enum store_table table,
                          struct bytes key, struct hl_detail *detail);

#endif
