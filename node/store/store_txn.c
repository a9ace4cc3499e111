/* SPDX-License-Identifier: Apache-2.0 */
#include "node/store/store.h"
#include "node/store/store_inside.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

static hl_err refuse_after_flush(const struct store *store,
                                 struct hl_detail *detail)
{
    return hl_fail(detail, HL_EFLUSH,
                   "the store '%s' answers no more, as the outcome of a write "
                   "is unknown: restart",
                   store->folder);
}

static struct store_txn *make_txn(struct store *store, MDB_txn *raw,
                                  bool writes)
{
    struct store_txn *txn = hl_alloc(1, sizeof(*txn));
    txn->store = store;
    txn->raw = raw;
    txn->writes = writes;
    return txn;
}

static void release_txn(struct store_txn *txn)
{
    if (txn->writes) {
        txn->store->writing = NULL;
    } else {
        atomic_fetch_sub(&txn->store->readers, 1);
    }
    hl_free(txn);
}

MDB_txn *store_txn_raw(struct store_txn *txn)
{
    return txn->raw;
}

hl_err store_begin_read(struct store *store, struct store_txn **out,
                        struct hl_detail *detail)
{
    MDB_txn *raw = NULL;
    if (atomic_load(&store->flush_failed)) {
        return refuse_after_flush(store, detail);
    }
    if (atomic_fetch_add(&store->readers, 1) >= store->readers_max) {
        atomic_fetch_sub(&store->readers, 1);
        return hl_fail(detail, HL_EBUSY, "%u readers at a time are the most",
                       store->readers_max);
    }
    int code = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &raw);
    if (code != MDB_SUCCESS) {
        atomic_fetch_sub(&store->readers, 1);
        return store_fail(store, code, "read", detail);
    }
    *out = make_txn(store, raw, false);
    return HL_OK;
}

/* The free list is long to count, so it is looked at only when the file's own
 * size says that the bound may be near. */
static hl_err check_bound(struct store *store, struct hl_detail *detail)
{
    MDB_envinfo info;
    uint64_t pages = 0;
    int code = mdb_env_info(store->env, &info);
    if (code == MDB_SUCCESS &&
        (info.me_last_pgno + 1) * store->page_bytes < store->max_bytes) {
        return HL_OK;
    }
    if (code == MDB_SUCCESS) {
        code = store_count_pages(store, &pages);
    }
    if (code != MDB_SUCCESS) {
        return store_fail(store, code, "write", detail);
    }
    if (pages * store->page_bytes < store->max_bytes) {
        return HL_OK;
    }
    char used[STORE_SIZE_TEXT_BYTES], max[STORE_SIZE_TEXT_BYTES];
    return hl_fail(detail, HL_EFULL,
                   "the store '%s' has reached its bound: %s in use of %s: "
                   "raise max_store_bytes; writes go on by themselves",
                   store->folder,
                   store_size_text(pages * store->page_bytes, used),
                   store_size_text(store->max_bytes, max));
}

static hl_err ensure_room(struct store *store, struct hl_detail *detail)
{
    enum { STEP_BYTES = 1 << 20 };
    MDB_envinfo info;
    int code = mdb_env_info(store->env, &info);
    if (code != MDB_SUCCESS) {
        return store_fail(store, code, "write", detail);
    }
    uint64_t end =
        (info.me_last_pgno + 1) * store->page_bytes + store->reserve_bytes;
    /* In steps, as each extension is a write of the file system's own. */
    uint64_t step = store->reserve_bytes / 8;
    return store_room_ensure(&store->room, end,
                             step < STEP_BYTES ? STEP_BYTES : step, detail);
}

static hl_err begin_write(struct store *store, bool bounded,
                          struct store_txn **out, struct hl_detail *detail)
{
    HL_ASSERT(store->writing == NULL);
    MDB_txn *raw = NULL;
    if (atomic_load(&store->flush_failed)) {
        return refuse_after_flush(store, detail);
    }
    hl_err err = bounded ? check_bound(store, detail) : HL_OK;
    if (err == HL_OK) {
        err = ensure_room(store, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    uint64_t run = 0;
    err = store_spread_plan(store, &run, detail);
    if (err != HL_OK) {
        return err;
    }
    int code = mdb_txn_begin(store->env, NULL, 0, &raw);
    if (code != MDB_SUCCESS) {
        return store_fail(store, code, "write", detail);
    }
    struct store_txn *txn = make_txn(store, raw, true);
    uint64_t reserve = store->reserve_bytes / store->page_bytes;
    /* A part stays for the free list, which LMDB writes at the commit. */
    txn->dirty_pages_max = reserve - reserve / 16;
    store->writing = txn;
    err = run > 0 ? store_spread(txn, run, detail) : HL_OK;
    if (err != HL_OK) {
        store_abort(&txn);
        return err;
    }
    *out = txn;
    return HL_OK;
}

hl_err store_begin_write(struct store *store, struct store_txn **out,
                         struct hl_detail *detail)
{
    return begin_write(store, true, out, detail);
}

hl_err store_begin_freeing(struct store *store, struct store_txn **out,
                           struct hl_detail *detail)
{
    return begin_write(store, false, out, detail);
}

bool store_txn_is_large(const struct store_txn *txn)
{
    return txn->dirty_pages * 2 >= txn->dirty_pages_max;
}

/* LMDB's own codes come before it writes anything; an errno may come from a
 * write, which is harmless, or from the flush or the head page after it, which
 * is not, and nothing tells them apart. */
static hl_err fail_commit(struct store *store, int code,
                          struct hl_detail *detail)
{
    if (code < 0 && code != MDB_PANIC) {
        return store_fail(store, code, "commit to", detail);
    }
    atomic_store(&store->flush_failed, true);
    return hl_fail(detail, HL_EFLUSH,
                   "the store '%s': whether the last write is on the disk is "
                   "unknown (%s): restart",
                   store->folder, mdb_strerror(code));
}

hl_err store_commit(struct store_txn **txn, struct hl_detail *detail)
{
    struct store_txn *self = *txn;
    struct store *store = self->store;
    *txn = NULL;
    if (self->broken) {
        hl_err err = hl_fail(detail, self->broken_by,
                             "an earlier write of the transaction failed: "
                             "nothing of it is written");
        mdb_txn_abort(self->raw);
        release_txn(self);
        return err;
    }
    int code = mdb_txn_commit(self->raw);
    release_txn(self);
    return code == MDB_SUCCESS ? HL_OK : fail_commit(store, code, detail);
}

void store_abort(struct store_txn **txn)
{
    if (*txn != NULL) {
        mdb_txn_abort((*txn)->raw);
        release_txn(*txn);
        *txn = NULL;
    }
}

hl_err store_get(struct store_txn *txn, enum store_table table,
                 struct bytes key, struct bytes *value,
                 struct hl_detail *detail)
{
    struct store *store = txn->store;
    MDB_val raw_key = store_val(key), raw;
    int code = mdb_get(txn->raw, store->tables[table], &raw_key, &raw);
    if (code == MDB_NOTFOUND) {
        *value = (struct bytes){0};
        return HL_OK;
    }
    if (code != MDB_SUCCESS) {
        return store_fail(store, code, "read", detail);
    }
    struct bytes payload;
    if (!envelope_open(table, key, bytes_of(raw.mv_data, raw.mv_size),
                       &payload)) {
        return store_fail_damaged(txn, table, key, detail);
    }
    *value = payload;
    return HL_OK;
}

static hl_err fail_change(struct store_txn *txn, hl_err err)
{
    txn->broken = true;
    txn->broken_by = err;
    return err;
}

static uint64_t tree_pages(const MDB_stat *stat)
{
    return (uint64_t)stat->ms_branch_pages + stat->ms_leaf_pages;
}

/* Counts a change before it is made: what the tree has grown by so far, one
 * page for each change as long as there are that many, the path to them, and
 * the pages of long values. */
hl_err store_count_change(struct store_txn *txn, enum store_table table,
                          size_t size, struct hl_detail *detail)
{
    struct store *store = txn->store;
    struct table_use *use = &txn->uses[table];
    MDB_stat stat;
    int code = mdb_stat(txn->raw, store->tables[table], &stat);
    if (code != MDB_SUCCESS) {
        return fail_change(txn, store_fail(store, code, "write", detail));
    }
    if (!use->begun) {
        use->begun = true;
        use->leaves = stat.ms_leaf_pages;
        use->pages = tree_pages(&stat);
    }
    use->changes++;
    if (size > store->page_bytes / 2 - 64) {
        use->overflow_pages += (size + 16) / store->page_bytes + 1;
    }
    uint64_t now = tree_pages(&stat);
    uint64_t grown = now > use->pages ? now - use->pages : 0;
    uint64_t copied = use->changes < use->leaves ? use->changes : use->leaves;
    uint64_t estimate =
        grown + copied + stat.ms_depth + 2 + use->overflow_pages;
    txn->dirty_pages += estimate - use->estimate;
    use->estimate = estimate;
    if (txn->dirty_pages > txn->dirty_pages_max) {
        char reserve[STORE_SIZE_TEXT_BYTES];
        return fail_change(
            txn, hl_fail(detail, HL_EFULL,
                         "one transaction writes more than the %s that are "
                         "held ready for it",
                         store_size_text(store->reserve_bytes, reserve)));
    }
    return HL_OK;
}

hl_err store_put(struct store_txn *txn, enum store_table table,
                 struct bytes key, struct bytes value, struct hl_detail *detail)
{
    HL_ASSERT(txn->writes);
    HL_ASSERT(key.size > 0);
    HL_ASSERT(key.size <= STORE_KEY_MAX_BYTES);
    struct store *store = txn->store;
    if (value.size > STORE_VALUE_MAX_BYTES) {
        return hl_fail(detail, HL_ELIMIT,
                       "a value of %zu bytes is larger than the store takes",
                       value.size);
    }
    hl_err err = store_count_change(txn, table, key.size + value.size, detail);
    if (err != HL_OK) {
        return err;
    }
    envelope_make(&store->envelope, table, key, value);
    MDB_val raw_key = store_val(key);
    MDB_val raw = store_val(writer_view(&store->envelope));
    int code = mdb_put(txn->raw, store->tables[table], &raw_key, &raw, 0);
    return code == MDB_SUCCESS
               ? HL_OK
               : fail_change(txn, store_fail(store, code, "write", detail));
}

hl_err store_delete(struct store_txn *txn, enum store_table table,
                    struct bytes key, struct hl_detail *detail)
{
    HL_ASSERT(txn->writes);
    struct store *store = txn->store;
    hl_err err = store_count_change(txn, table, 0, detail);
    if (err != HL_OK) {
        return err;
    }
    MDB_val raw_key = store_val(key);
    int code = mdb_del(txn->raw, store->tables[table], &raw_key, NULL);
    return code == MDB_SUCCESS || code == MDB_NOTFOUND
               ? HL_OK
               : fail_change(txn, store_fail(store, code, "write", detail));
}

hl_err store_clear(struct store_txn *txn, enum store_table table,
                   struct hl_detail *detail)
{
    HL_ASSERT(txn->writes);
    struct store *store = txn->store;
    int code = mdb_drop(txn->raw, store->tables[table], 0);
    return code == MDB_SUCCESS
               ? HL_OK
               : fail_change(txn, store_fail(store, code, "write", detail));
}
