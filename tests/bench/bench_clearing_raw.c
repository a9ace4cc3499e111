/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bench_clearing_raw.h"

#include "node/projection/row.h"
#include "node/projection/tables.h"
#include "node/store/store_inside.h"
#include "protocol/base/hash.h"
#include "protocol/base/hl_assert.h"

enum {
    CLAIM_BYTES = 1 + 5 * 8, /* of one obligation, hashed */
    BLOCK_BYTES = 1 << 20,
};

static MDB_val at(const struct store_key *key)
{
    return store_val(key_view(key));
}

static void look_at(struct clearing_raw *raw, const MDB_val *row)
{
    const uint8_t *bytes = row->mv_data;
    for (size_t i = 0; i < row->mv_size; i++) {
        raw->sum += bytes[i];
    }
    raw->rows++;
    raw->bytes += row->mv_size;
}

/* The rows of one pair in one journal. */
static void walk_pair(struct clearing_raw *raw, MDB_cursor *cursor,
                      uint32_t number, size_t debtor, size_t creditor,
                      uint64_t from)
{
    struct obligation first = {
        .debtor = bytes_of_text(raw->load->names[debtor]),
        .creditor = bytes_of_text(raw->load->names[creditor]),
        .index = from,
    };
    struct writer begin = {0};
    record_key(&obligation_record, &first, &begin);
    struct store_key key =
        row_key(number, &obligation_record, writer_view(&begin));
    size_t same = key.size - sizeof(first.index);
    MDB_val found = at(&key), value = {0};
    int code = mdb_cursor_get(cursor, &found, &value, MDB_SET_RANGE);
    while (
        code == MDB_SUCCESS && found.mv_size > same &&
        bytes_equal(bytes_of(found.mv_data, same), bytes_of(key.data, same))) {
        look_at(raw, &value);
        code = mdb_cursor_get(cursor, &found, &value, MDB_NEXT);
    }
    HL_ASSERT(code == MDB_SUCCESS || code == MDB_NOTFOUND);
    writer_fini(&begin);
}

void clearing_raw_walk(struct clearing_raw *raw)
{
    struct tables tables;
    struct hl_detail detail = {0};
    MDB_cursor *cursor = NULL;
    clearing_must(tables_living(raw->txn, &tables, &detail), &detail);
    enum store_table rows = store_table_of(STORE_ROWS, tables.generation);
    int code = mdb_cursor_open(store_txn_raw(raw->txn),
                               raw->txn->store->tables[rows], &cursor);
    HL_ASSERT(code == MDB_SUCCESS);
    raw->rows = raw->bytes = 0;
    for (size_t i = 0; i < raw->load->nodes; i++) {
        uint32_t number = clearing_load_view(raw->load, i, raw->txn).number;
        uint64_t from = raw->from == NULL ? 0 : raw->from[i];
        for (size_t k = 0; k < raw->load->nodes; k++) {
            if (k != i) {
                walk_pair(raw, cursor, number, i, k, from);
                walk_pair(raw, cursor, number, k, i, from);
            }
        }
    }
    mdb_cursor_close(cursor);
}

void clearing_raw_hash(struct clearing_raw *raw)
{
    static const uint8_t block[BLOCK_BYTES];
    struct hash_stream stream;
    hash_stream_init(&stream);
    for (uint64_t left = raw->rows * CLAIM_BYTES; left > 0;) {
        size_t now = left < BLOCK_BYTES ? (size_t)left : BLOCK_BYTES;
        hash_stream_add(&stream, bytes_of(block, now));
        left -= now;
    }
    raw->sum += hash_stream_end(&stream).bytes[0];
}
