/* SPDX-License-Identifier: Apache-2.0 */
#include "node/store/store.h"
#include "node/store/store_inside.h"
#include "protocol/base/alloc.h"

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

/* Neither keys nor the library's pages have a checksum that is looked at
 * before a search: where they changed, a walk could go round for ever. */
static hl_err out_of_order(struct store_cursor *cursor, struct store_row *row,
                           struct hl_detail *detail)
{
    struct bytes key = row->key;
    *row = (struct store_row){0};
    cursor->placed = false;
    return store_fail_damaged(cursor->txn, cursor->table, key, detail);
}

static hl_err finish_move(struct store_cursor *cursor, int code,
                          const MDB_val *raw_key, const MDB_val *raw,
                          struct store_row *row, struct hl_detail *detail)
{
    cursor->placed = code == MDB_SUCCESS;
    cursor->last = (struct bytes){0};
    *row = (struct store_row){0};
    if (code == MDB_NOTFOUND) {
        return HL_OK;
    }
    if (code != MDB_SUCCESS) {
        return store_fail(cursor->txn->store, code, "read", detail);
    }
    struct bytes key = bytes_of(raw_key->mv_data, raw_key->mv_size);
    struct bytes payload;
    if (!cursor->txn->writes) {
        cursor->last = key;
    }
    row->key = key;
    /* No key of ours: where it ends, and what stands behind it, is as wrong. */
    if (key.size > STORE_KEY_MAX_BYTES) {
        return out_of_order(cursor, row, detail);
    }
    if (!envelope_open(cursor->table, key, bytes_of(raw->mv_data, raw->mv_size),
                       &payload)) {
        return store_fail_damaged(cursor->txn, cursor->table, key, detail);
    }
    *row = (struct store_row){.key = key, .value = payload};
    return HL_OK;
}

hl_err store_seek(struct store_cursor *cursor, struct bytes key,
                  struct store_row *row, struct hl_detail *detail)
{
    MDB_val raw_key = store_val(key), raw = {0};
    int code = mdb_cursor_get(cursor->raw, &raw_key, &raw,
                              key.size == 0 ? MDB_FIRST : MDB_SET_RANGE);
    hl_err err = finish_move(cursor, code, &raw_key, &raw, row, detail);
    if (row->key.data != NULL && bytes_compare(row->key, key) < 0) {
        return out_of_order(cursor, row, detail);
    }
    return err;
}

hl_err store_seek_below(struct store_cursor *cursor, struct bytes key,
                        struct store_row *row, struct hl_detail *detail)
{
    MDB_val raw_key = store_val(key), raw = {0};
    int code = MDB_NOTFOUND;
    if (key.size > 0) {
        code = mdb_cursor_get(cursor->raw, &raw_key, &raw, MDB_SET_RANGE);
    }
    if (code == MDB_NOTFOUND) {
        code = mdb_cursor_get(cursor->raw, &raw_key, &raw, MDB_LAST);
    } else if (code == MDB_SUCCESS) {
        code = mdb_cursor_get(cursor->raw, &raw_key, &raw, MDB_PREV);
    }
    hl_err err = finish_move(cursor, code, &raw_key, &raw, row, detail);
    if (row->key.data != NULL && key.size > 0 &&
        bytes_compare(row->key, key) >= 0) {
        return out_of_order(cursor, row, detail);
    }
    return err;
}

static hl_err step(struct store_cursor *cursor, MDB_cursor_op op,
                   struct store_row *row, struct hl_detail *detail)
{
    MDB_val raw_key = {0}, raw = {0};
    struct bytes last = cursor->last;
    /* LMDB would begin again at the other end. */
    int code = cursor->placed ? mdb_cursor_get(cursor->raw, &raw_key, &raw, op)
                              : MDB_NOTFOUND;
    hl_err err = finish_move(cursor, code, &raw_key, &raw, row, detail);
    if (last.data != NULL && row->key.data != NULL) {
        int order = bytes_compare(row->key, last);
        if (op == MDB_NEXT ? order <= 0 : order >= 0) {
            return out_of_order(cursor, row, detail);
        }
    }
    return err;
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
