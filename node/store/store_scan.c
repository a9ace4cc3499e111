/* SPDX-License-Identifier: Apache-2.0 */
#include "node/store/store_inside.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

/* Neither keys nor the library's pages have a checksum of their own, and a
 * search goes by the keys of the pages above: a row may lie there, whole, and
 * not be found. So each one that a walk meets is searched as well. */

static bool is_found(const struct store_cursor *cursor, const MDB_val *key,
                     const MDB_val *value)
{
    MDB_val searched = *key, found = {0};
    int code =
        mdb_get(cursor->txn->raw, cursor->txn->store->tables[cursor->table],
                &searched, &found);
    return code == MDB_SUCCESS && found.mv_data == value->mv_data;
}

bool store_is_found(const struct store_cursor *cursor,
                    const struct store_row *row)
{
    struct bytes value;
    return store_get(cursor->txn, cursor->table, row->key, &value, NULL) ==
               HL_OK &&
           value.data == row->value.data;
}

/* By a cursor that stands nowhere: one that does looks at the first and the
 * last key of its page before it searches, and takes a changed one that is the
 * same for the row. */
static int seek_behind(struct store_cursor *cursor, struct bytes after,
                       MDB_val *key, MDB_val *raw)
{
    mdb_cursor_close(cursor->raw);
    cursor->raw = NULL;
    int code = mdb_cursor_open(cursor->txn->raw,
                               cursor->txn->store->tables[cursor->table],
                               &cursor->raw);
    if (code != MDB_SUCCESS) {
        return code;
    }
    *key = store_val(after);
    code = mdb_cursor_get(cursor->raw, key, raw,
                          after.size == 0 ? MDB_FIRST : MDB_SET_RANGE);
    if (code == MDB_SUCCESS && after.size > 0 &&
        bytes_equal(bytes_of(key->mv_data, key->mv_size), after)) {
        code = mdb_cursor_get(cursor->raw, key, raw, MDB_NEXT);
    }
    return code;
}

static hl_err show(struct store_cursor *cursor, int code,
                   const MDB_val *raw_key, const MDB_val *raw,
                   struct store_scan_row *row, struct hl_detail *detail)
{
    *row = (struct store_scan_row){0};
    if (code == MDB_NOTFOUND) {
        return HL_OK;
    }
    if (code != MDB_SUCCESS) {
        return store_fail(cursor->txn->store, code, "read", detail);
    }
    row->key = bytes_of(raw_key->mv_data, raw_key->mv_size);
    bool whole =
        envelope_open(cursor->table, row->key,
                      bytes_of(raw->mv_data, raw->mv_size), &row->value);
    row->damaged = !whole || !is_found(cursor, raw_key, raw);
    if (row->damaged) {
        row->value = (struct bytes){0};
    }
    return HL_OK;
}

hl_err store_scan_first(struct store_cursor *cursor, struct bytes after,
                        struct store_scan_row *row, struct hl_detail *detail)
{
    MDB_val key = {0}, raw = {0};
    int code = seek_behind(cursor, after, &key, &raw);
    return show(cursor, code, &key, &raw, row, detail);
}

hl_err store_scan_next(struct store_cursor *cursor, struct store_scan_row *row,
                       struct hl_detail *detail)
{
    MDB_val key = {0}, raw = {0};
    int code = mdb_cursor_get(cursor->raw, &key, &raw, MDB_NEXT);
    return show(cursor, code, &key, &raw, row, detail);
}

hl_err store_row_count(struct store_txn *txn, enum store_table table,
                       uint64_t *count, struct hl_detail *detail)
{
    MDB_stat stat;
    int code = mdb_stat(txn->raw, txn->store->tables[table], &stat);
    if (code != MDB_SUCCESS) {
        return store_fail(txn->store, code, "read", detail);
    }
    *count = stat.ms_entries;
    return HL_OK;
}

hl_err store_table_bytes(struct store_txn *txn, enum store_table table,
                         uint64_t *bytes, struct hl_detail *detail)
{
    MDB_stat stat;
    int code = mdb_stat(txn->raw, txn->store->tables[table], &stat);
    if (code != MDB_SUCCESS) {
        return store_fail(txn->store, code, "read", detail);
    }
    *bytes =
        (stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages) *
        (uint64_t)stat.ms_psize;
    return HL_OK;
}

static hl_err fail_drop(struct store_cursor *cursor, int code,
                        struct hl_detail *detail)
{
    hl_err err = store_fail(cursor->txn->store, code, "write", detail);
    cursor->txn->broken = true;
    cursor->txn->broken_by = err;
    return err;
}

/* Removes the first damaged row behind `after` and before one that is whole
 * and found; *dropped: there was one. By the place where it lies: a search for
 * its key need not find it, and past it may not find others either. */
static hl_err drop_next(struct store_cursor *cursor, struct bytes after,
                        bool *dropped, struct hl_detail *detail)
{
    MDB_val key, raw;
    struct bytes payload;
    *dropped = false;
    int code = seek_behind(cursor, after, &key, &raw);
    while (code == MDB_SUCCESS &&
           envelope_open(cursor->table, bytes_of(key.mv_data, key.mv_size),
                         bytes_of(raw.mv_data, raw.mv_size), &payload)) {
        if (is_found(cursor, &key, &raw)) {
            return HL_OK;
        }
        code = mdb_cursor_get(cursor->raw, &key, &raw, MDB_NEXT);
    }
    if (code != MDB_SUCCESS) {
        return code == MDB_NOTFOUND
                   ? HL_OK
                   : store_fail(cursor->txn->store, code, "read", detail);
    }
    hl_err err = store_count_change(cursor->txn, cursor->table, 0, detail);
    if (err == HL_OK) {
        code = mdb_cursor_del(cursor->raw, 0);
        err = code == MDB_SUCCESS ? HL_OK : fail_drop(cursor, code, detail);
    }
    *dropped = err == HL_OK;
    return err;
}

/* --- What no search finds. ------------------------------------------------ */

enum { HIDDEN_ROWS_MAX = 256, HIDDEN_BYTES_MAX = 1 << 20 };

struct hidden {
    struct store_key key;
    struct bytes value; /* ours */
};

struct hidden_rows {
    struct hidden items[HIDDEN_ROWS_MAX];
    size_t count, bytes;
};

/* Takes the first row behind `after` out, if it is one of them. */
static hl_err take_hidden(struct store_cursor *cursor, struct bytes after,
                          struct hidden_rows *rows, bool *more,
                          struct hl_detail *detail)
{
    MDB_val key, raw;
    struct bytes payload;
    *more = false;
    int code = seek_behind(cursor, after, &key, &raw);
    if (code == MDB_NOTFOUND) {
        return HL_OK;
    }
    if (code != MDB_SUCCESS) {
        return store_fail(cursor->txn->store, code, "read", detail);
    }
    if (!envelope_open(cursor->table, bytes_of(key.mv_data, key.mv_size),
                       bytes_of(raw.mv_data, raw.mv_size), &payload) ||
        is_found(cursor, &key, &raw)) {
        return HL_OK;
    }
    hl_err err = store_count_change(cursor->txn, cursor->table, 0, detail);
    if (err != HL_OK) {
        return err;
    }
    struct hidden *row = &rows->items[rows->count++];
    *row = (struct hidden){
        .value = bytes_of(hl_copy(payload.data, payload.size), payload.size)};
    key_bytes(&row->key, bytes_of(key.mv_data, key.mv_size));
    rows->bytes += payload.size;
    code = mdb_cursor_del(cursor->raw, 0);
    *more = code == MDB_SUCCESS;
    return *more ? HL_OK : fail_drop(cursor, code, detail);
}

/* What is found under its key is newer. */
static hl_err put_hidden(struct store_txn *txn, enum store_table table,
                         const struct hidden *row, struct hl_detail *detail)
{
    struct bytes there;
    hl_err err = store_get(txn, table, key_view(&row->key), &there, detail);
    return err == HL_OK && there.data == NULL
               ? store_put(txn, table, key_view(&row->key), row->value, detail)
               : err;
}

/* Whether a damaged row stands before the next one that is whole and found. */
static bool is_damaged_behind(struct store_cursor *cursor, struct bytes after)
{
    MDB_val key, raw;
    struct bytes payload;
    int code = seek_behind(cursor, after, &key, &raw);
    while (code == MDB_SUCCESS) {
        if (!envelope_open(cursor->table, bytes_of(key.mv_data, key.mv_size),
                           bytes_of(raw.mv_data, raw.mv_size), &payload)) {
            return true;
        }
        if (is_found(cursor, &key, &raw)) {
            return false;
        }
        code = mdb_cursor_get(cursor->raw, &key, &raw, MDB_NEXT);
    }
    return code != MDB_NOTFOUND;
}

hl_err store_put_hidden(struct store_txn *txn, enum store_table table,
                        struct bytes after, uint64_t *moved,
                        struct hl_detail *detail)
{
    HL_ASSERT(txn->writes);
    struct hidden_rows *rows = hl_alloc(1, sizeof(*rows));
    struct store_cursor *cursor = NULL;
    hl_err err = store_cursor_open(txn, table, &cursor, detail);
    bool more = err == HL_OK && !is_damaged_behind(cursor, after);
    while (more && rows->count < HIDDEN_ROWS_MAX &&
           rows->bytes < HIDDEN_BYTES_MAX) {
        err = take_hidden(cursor, after, rows, &more, detail);
    }
    store_cursor_close(&cursor);
    for (size_t i = 0; i < rows->count; i++) {
        if (err == HL_OK) {
            err = put_hidden(txn, table, &rows->items[i], detail);
        }
        hl_free((void *)(uintptr_t)rows->items[i].value.data);
    }
    *moved = rows->count;
    hl_free(rows);
    return err;
}

hl_err store_drop_damaged(struct store_txn *txn, enum store_table table,
                          struct bytes after, uint64_t *dropped,
                          struct hl_detail *detail)
{
    HL_ASSERT(txn->writes);
    struct store_cursor *cursor = NULL;
    *dropped = 0;
    hl_err err = store_cursor_open(txn, table, &cursor, detail);
    bool more = err == HL_OK;
    while (more) {
        err = drop_next(cursor, after, &more, detail);
        *dropped += more;
    }
    store_cursor_close(&cursor);
    return err;
}
