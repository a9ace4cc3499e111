/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <zlib.h>

#include "node/store/store.h"
#include "node/store/store_inside.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

/* A stored value: version, payload, CRC-32 of table, key, version and
 * payload. */
enum {
    ENVELOPE_VERSION = 1,
    ENVELOPE_HEAD_BYTES = 1,
    ENVELOPE_SUM_BYTES = 4,
    ENVELOPE_BYTES = ENVELOPE_HEAD_BYTES + ENVELOPE_SUM_BYTES,
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

struct store_cursor {
    struct store_txn *txn;
    enum store_table table;
    MDB_cursor *raw;
    bool placed;
};

static MDB_val val_of(struct bytes bytes)
{
    /* LMDB does not write through the pointers it is given. */
    return (MDB_val){.mv_size = bytes.size,
                     .mv_data = (void *)(uintptr_t)bytes.data};
}

static uint32_t envelope_sum(enum store_table table, struct bytes key,
                             struct bytes head_and_payload)
{
    const uint8_t prefix[2] = {(uint8_t)table, (uint8_t)(key.size & 0xff)};
    uLong sum = crc32(0, prefix, sizeof(prefix));
    sum = crc32(sum, key.data, (uInt)key.size);
    sum = crc32(sum, head_and_payload.data, (uInt)head_and_payload.size);
    return (uint32_t)sum;
}

static void envelope_make(struct writer *out, enum store_table table,
                          struct bytes key, struct bytes payload)
{
    writer_clear(out);
    writer_u8(out, ENVELOPE_VERSION);
    writer_bytes(out, payload);
    writer_u32(out, envelope_sum(table, key, writer_view(out)));
}

static bool envelope_open(enum store_table table, struct bytes key,
                          struct bytes raw, struct bytes *payload)
{
    if (raw.size < ENVELOPE_BYTES ||
        raw.size > STORE_VALUE_MAX_BYTES + ENVELOPE_BYTES ||
        key.size > STORE_KEY_MAX_BYTES) {
        return false;
    }
    size_t summed = raw.size - ENVELOPE_SUM_BYTES;
    uint32_t sum = 0;
    for (size_t i = summed; i < raw.size; i++) {
        sum = sum << 8 | raw.data[i];
    }
    *payload = bytes_slice(raw, ENVELOPE_HEAD_BYTES, raw.size - ENVELOPE_BYTES);
    return raw.data[0] == ENVELOPE_VERSION &&
           sum == envelope_sum(table, key, bytes_slice(raw, 0, summed));
}

static hl_err fail_damaged(const struct store_txn *txn, enum store_table table,
                           struct bytes key, struct hl_detail *detail)
{
    static const char digits[] = "0123456789abcdef";
    char text[65] = {0};
    for (size_t i = 0; i < key.size && i < sizeof(text) / 2; i++) {
        text[2 * i] = digits[key.data[i] >> 4];
        text[2 * i + 1] = digits[key.data[i] & 15];
    }
    return hl_fail(detail, HL_EDAMAGED,
                   "the store '%s' is damaged: in table %d, key %s, is not "
                   "what was written there",
                   txn->store->folder, (int)table, text);
}

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
    int code = mdb_txn_begin(store->env, NULL, 0, &raw);
    if (code != MDB_SUCCESS) {
        return store_fail(store, code, "write", detail);
    }
    struct store_txn *txn = make_txn(store, raw, true);
    uint64_t reserve = store->reserve_bytes / store->page_bytes;
    /* A part stays for the free list, which LMDB writes at the commit. */
    txn->dirty_pages_max = reserve - reserve / 16;
    store->writing = txn;
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
    MDB_val raw_key = val_of(key), raw;
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
        return fail_damaged(txn, table, key, detail);
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
static hl_err count_change(struct store_txn *txn, enum store_table table,
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
    hl_err err = count_change(txn, table, key.size + value.size, detail);
    if (err != HL_OK) {
        return err;
    }
    envelope_make(&store->envelope, table, key, value);
    MDB_val raw_key = val_of(key);
    MDB_val raw = val_of(writer_view(&store->envelope));
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
    hl_err err = count_change(txn, table, 0, detail);
    if (err != HL_OK) {
        return err;
    }
    MDB_val raw_key = val_of(key);
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

hl_err store_cursor_open(struct store_txn *txn, enum store_table table,
                         struct store_cursor **out, struct hl_detail *detail)
{
    struct store *store = txn->store;
    MDB_cursor *raw = NULL;
    int code = mdb_cursor_open(txn->raw, store->tables[table], &raw);
    if (code != MDB_SUCCESS) {
        return store_fail(store, code, "read", detail);
    }
    struct store_cursor *cursor = hl_alloc(1, sizeof(*cursor));
    *cursor = (struct store_cursor){.txn = txn, .table = table, .raw = raw};
    *out = cursor;
    return HL_OK;
}

void store_cursor_close(struct store_cursor **cursor)
{
    if (*cursor != NULL) {
        mdb_cursor_close((*cursor)->raw);
        hl_free(*cursor);
        *cursor = NULL;
    }
}

static hl_err finish_move(struct store_cursor *cursor, int code,
                          const MDB_val *raw_key, const MDB_val *raw,
                          struct store_row *row, struct hl_detail *detail)
{
    cursor->placed = code == MDB_SUCCESS;
    if (code == MDB_NOTFOUND) {
        *row = (struct store_row){0};
        return HL_OK;
    }
    if (code != MDB_SUCCESS) {
        return store_fail(cursor->txn->store, code, "read", detail);
    }
    struct bytes key = bytes_of(raw_key->mv_data, raw_key->mv_size);
    struct bytes payload;
    if (!envelope_open(cursor->table, key, bytes_of(raw->mv_data, raw->mv_size),
                       &payload)) {
        return fail_damaged(cursor->txn, cursor->table, key, detail);
    }
    *row = (struct store_row){.key = key, .value = payload};
    return HL_OK;
}

hl_err store_seek(struct store_cursor *cursor, struct bytes key,
                  struct store_row *row, struct hl_detail *detail)
{
    MDB_val raw_key = val_of(key), raw = {0};
    int code = mdb_cursor_get(cursor->raw, &raw_key, &raw,
                              key.size == 0 ? MDB_FIRST : MDB_SET_RANGE);
    return finish_move(cursor, code, &raw_key, &raw, row, detail);
}

hl_err store_seek_below(struct store_cursor *cursor, struct bytes key,
                        struct store_row *row, struct hl_detail *detail)
{
    MDB_val raw_key = val_of(key), raw = {0};
    int code = MDB_NOTFOUND;
    if (key.size > 0) {
        code = mdb_cursor_get(cursor->raw, &raw_key, &raw, MDB_SET_RANGE);
    }
    if (code == MDB_NOTFOUND) {
        code = mdb_cursor_get(cursor->raw, &raw_key, &raw, MDB_LAST);
    } else if (code == MDB_SUCCESS) {
        code = mdb_cursor_get(cursor->raw, &raw_key, &raw, MDB_PREV);
    }
    return finish_move(cursor, code, &raw_key, &raw, row, detail);
}

static hl_err step(struct store_cursor *cursor, MDB_cursor_op op,
                   struct store_row *row, struct hl_detail *detail)
{
    MDB_val raw_key = {0}, raw = {0};
    /* LMDB would begin again at the other end. */
    int code = cursor->placed ? mdb_cursor_get(cursor->raw, &raw_key, &raw, op)
                              : MDB_NOTFOUND;
    return finish_move(cursor, code, &raw_key, &raw, row, detail);
}

hl_err store_next(struct store_cursor *cursor, struct store_row *row,
                  struct hl_detail *detail)
{
    return step(cursor, MDB_NEXT, row, detail);
}

hl_err store_previous(struct store_cursor *cursor, struct store_row *row,
                      struct hl_detail *detail)
{
    return step(cursor, MDB_PREV, row, detail);
}
