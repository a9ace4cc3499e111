/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "node/store/store_inside.h"

/* Room for a commit's pages side by side.
 *
 * LMDB copies each page that a transaction changes to a free one, which it
 * takes from the oldest record of its free list, and the pages of a record,
 * those that one transaction freed, lie anywhere in the file: every page
 * becomes a write of its own, which a disk answers eight times slower than as
 * many bytes in a row. In a file of which a third is in use, and with the free
 * list in the order of the file, a transaction's pages come in runs.
 *
 * So from time to time a transaction asks for more pages in a row than are
 * free. LMDB then reads its whole free list, sorts it, finds no such run, and
 * takes it from behind the last page. The value goes again at once, its pages
 * with it into the list, and the commit writes that in order: following
 * transactions use the file from its begin to its end. */

enum {
    /* A smaller store is not worth it. */
    USED_PAGES_MIN = 1024,
    /* Sorting takes time for each page of the list: 20 ms at this many. */
    FREE_PAGES_MAX = 1 << 17,
    /* In a row; LMDB looks at 60 records of its list for each. */
    RUN_PAGES_MIN = 16,
    /* The longest run is this part of what is ready for a transaction. */
    RESERVE_PART = 8,
    /* Between two times. */
    COMMITS_MIN = 16,
    PAGE_HEAD_BYTES = 16,
    /* Of the disk's free space the store may hold this part as free pages. */
    DISK_PART = 8,
};

/* Whether what the last sorting put in order is used up: its records stand in
 * the list, LMDB's table 0, under smaller numbers than what was freed since. */
static int is_used_up(struct store *store, bool *used_up)
{
    MDB_txn *txn = NULL;
    MDB_cursor *cursor = NULL;
    MDB_val key, value;
    size_t first = 0;
    int code = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &txn);
    if (code != MDB_SUCCESS) {
        return code;
    }
    code = mdb_cursor_open(txn, 0, &cursor);
    if (code == MDB_SUCCESS) {
        code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
        if (code == MDB_SUCCESS && key.mv_size == sizeof(first)) {
            memcpy(&first, key.mv_data, sizeof(first));
        }
        mdb_cursor_close(cursor);
    }
    mdb_txn_abort(txn);
    *used_up = code == MDB_NOTFOUND || first >= store->spread_txn;
    return code == MDB_NOTFOUND ? MDB_SUCCESS : code;
}

/* How many pages in a row bring the store nearer to its goal. */
static uint64_t run_pages(const struct store *store, uint64_t used,
                          uint64_t unused)
{
    uint64_t goal = 2 * used < FREE_PAGES_MAX ? 2 * used : FREE_PAGES_MAX;
    uint64_t most = store->reserve_bytes / store->page_bytes / RESERVE_PART;
    uint64_t run = unused < goal ? goal - unused : 0;
    run = run < most ? run : most;
    return run > RUN_PAGES_MIN ? run : RUN_PAGES_MIN;
}

/* The longer the list is, the more of it is read and written, so it is left
 * alone until it is used up. Sets *pages to the run, and *free_bytes to what
 * the store holds unused with it. */
static int plan(struct store *store, uint64_t *pages, uint64_t *free_bytes)
{
    MDB_envinfo info;
    bool used_up = false;
    uint64_t used = 0;
    int code = mdb_env_info(store->env, &info);
    uint64_t all = (uint64_t)info.me_last_pgno + 1;
    if (code != MDB_SUCCESS || all < USED_PAGES_MIN ||
        info.me_last_txnid < store->spread_txn + COMMITS_MIN) {
        return code;
    }
    code = is_used_up(store, &used_up);
    if (code != MDB_SUCCESS || !used_up) {
        return code;
    }
    store->spread_txn = info.me_last_txnid;
    code = store_count_pages(store, &used);
    uint64_t unused = all - used;
    if (code == MDB_SUCCESS && used >= USED_PAGES_MIN &&
        unused < 2 * (uint64_t)FREE_PAGES_MAX) {
        uint64_t run = run_pages(store, used, unused);
        uint64_t end = (all + run) * store->page_bytes + store->reserve_bytes;
        *pages = end <= store->map_bytes ? run : 0;
        *free_bytes = (unused + run) * store->page_bytes;
    }
    return code;
}

hl_err store_spread_plan(struct store *store, uint64_t *pages,
                         struct hl_detail *detail)
{
    uint64_t run = 0, free_bytes = 0, disk_bytes = 0;
    int code = plan(store, &run, &free_bytes);
    if (code != MDB_SUCCESS) {
        return store_fail(store, code, "write", detail);
    }
    hl_err err =
        run > 0 ? store_room_free(&store->room, &disk_bytes, detail) : HL_OK;
    *pages = free_bytes <= disk_bytes / DISK_PART ? run : 0;
    return err;
}

hl_err store_spread(struct store_txn *txn, uint64_t pages,
                    struct hl_detail *detail)
{
    struct store *store = txn->store;
    struct store_key key = key_meta(STORE_META_SPREAD);
    MDB_val raw_key = store_val(key_view(&key));
    MDB_val value = {.mv_size = pages * store->page_bytes - PAGE_HEAD_BYTES};
    MDB_dbi table = store->tables[STORE_META];
    /* Nothing is written: no byte of the value ever reaches the disk. */
    int code = mdb_put(txn->raw, table, &raw_key, &value, MDB_RESERVE);
    if (code == MDB_SUCCESS) {
        code = mdb_del(txn->raw, table, &raw_key, NULL);
    }
    txn->dirty_pages += pages;
    return code == MDB_SUCCESS ? HL_OK
                               : store_fail(store, code, "write", detail);
}
