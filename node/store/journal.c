/* SPDX-License-Identifier: Apache-2.0 */
#include "node/store/journal.h"

#include "node/store/journal_checkpoint.h"
#include "node/store/journal_entries.h"
#include "node/store/journal_rows.h"
#include "node/store/key.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/bundle.h"

struct head journal_head(const struct journal *journal)
{
    return (struct head){.size = journal->frontier.size,
                         .root = frontier_root(&journal->frontier)};
}

static hl_err fail_row(const char *what, struct hl_detail *detail)
{
    return hl_fail(detail, HL_EDAMAGED,
                   "the store's row of %s is not of its form", what);
}

static hl_err decode_number(struct bytes raw, uint32_t *out,
                            struct hl_detail *detail)
{
    struct reader in;
    reader_init(&in, raw);
    uint32_t number = reader_u32(&in);
    if (reader_finish(&in) != HL_OK) {
        return fail_row("an origin", detail);
    }
    *out = number;
    return HL_OK;
}

static hl_err load(struct store_txn *txn, uint32_t number, struct journal *out,
                   struct hl_detail *detail)
{
    struct store_key key = key_journal(number);
    struct journal journal = {.number = number};
    struct bytes raw;
    hl_err err = store_get(txn, STORE_JOURNALS, key_view(&key), &raw, detail);
    if (err != HL_OK) {
        return err;
    }
    struct reader in;
    reader_init(&in, raw);
    journal.recorded_at.ms = (int64_t)reader_u64(&in);
    struct bytes rest = reader_bytes(&in, reader_left(&in));
    if (in.failed || frontier_decode(rest, &journal.frontier) != HL_OK) {
        return fail_row("a journal", detail);
    }
    *out = journal;
    return HL_OK;
}

static hl_err save(struct store_txn *txn, const struct journal *journal,
                   struct hl_detail *detail)
{
    struct store_key key = key_journal(journal->number);
    struct writer row = {0};
    writer_u64(&row, (uint64_t)journal->recorded_at.ms);
    frontier_encode(&journal->frontier, &row);
    hl_err err = store_put(txn, STORE_JOURNALS, key_view(&key),
                           writer_view(&row), detail);
    writer_fini(&row);
    return err;
}

static bool origin_possible(struct bytes origin)
{
    return origin.size > 0 && origin.size <= HL_NAME_MAX_BYTES;
}

hl_err journal_find(struct store_txn *txn, struct bytes origin,
                    struct journal *out, bool *found, struct hl_detail *detail)
{
    if (!origin_possible(origin)) {
        *found = false;
        return HL_OK;
    }
    struct store_key key = key_origin(origin);
    struct bytes raw;
    uint32_t number = 0;
    hl_err err = store_get(txn, STORE_ORIGINS, key_view(&key), &raw, detail);
    if (err == HL_OK && raw.data == NULL) {
        *found = false;
        return HL_OK;
    }
    if (err == HL_OK) {
        err = decode_number(raw, &number, detail);
    }
    if (err == HL_OK) {
        err = load(txn, number, out, detail);
    }
    if (err == HL_OK) {
        *found = true;
    }
    return err;
}

/* The next number; numbers are never given twice. */
static hl_err take_number(struct store_txn *txn, uint32_t *out,
                          struct hl_detail *detail)
{
    struct store_key key = key_meta(STORE_META_JOURNALS);
    struct bytes raw;
    uint32_t number = 0;
    hl_err err = store_get(txn, STORE_META, key_view(&key), &raw, detail);
    if (err == HL_OK && raw.data != NULL) {
        err = decode_number(raw, &number, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    if (number == UINT32_MAX) {
        return hl_fail(detail, HL_ELIMIT, "too many journals for one store");
    }
    struct writer row = {0};
    writer_u32(&row, number + 1);
    err = store_put(txn, STORE_META, key_view(&key), writer_view(&row), detail);
    writer_fini(&row);
    if (err == HL_OK) {
        *out = number;
    }
    return err;
}

static hl_err create(struct store_txn *txn, struct bytes origin,
                     struct journal *out, struct hl_detail *detail)
{
    if (!origin_possible(origin)) {
        return hl_fail(detail, HL_ELIMIT, "a journal's name has 1 to %d bytes",
                       HL_NAME_MAX_BYTES);
    }
    struct store_key key = key_origin(origin);
    struct journal journal = {0};
    struct writer row = {0};
    frontier_init(&journal.frontier);
    hl_err err = take_number(txn, &journal.number, detail);
    if (err == HL_OK) {
        writer_u32(&row, journal.number);
        err = store_put(txn, STORE_ORIGINS, key_view(&key), writer_view(&row),
                        detail);
    }
    if (err == HL_OK) {
        err = save(txn, &journal, detail);
    }
    writer_fini(&row);
    if (err == HL_OK) {
        *out = journal;
    }
    return err;
}

hl_err journal_find_or_create(struct store_txn *txn, struct bytes origin,
                              struct journal *out, struct hl_detail *detail)
{
    bool found = false;
    hl_err err = journal_find(txn, origin, out, &found, detail);
    return err != HL_OK || found ? err : create(txn, origin, out, detail);
}

hl_err journal_next_origin(struct store_txn *txn, struct bytes after,
                           struct bytes *name, struct journal *out,
                           struct hl_detail *detail)
{
    struct store_cursor *cursor = NULL;
    struct store_row row = {0};
    uint32_t number = 0;
    hl_err err = store_cursor_open(txn, STORE_ORIGINS, &cursor, detail);
    if (err == HL_OK) {
        err = store_seek(cursor, after, &row, detail);
    }
    if (err == HL_OK && row.key.data != NULL && after.size > 0 &&
        bytes_equal(row.key, after)) {
        err = store_next(cursor, &row, detail);
    }
    store_cursor_close(&cursor);
    if (err == HL_OK && row.key.data != NULL) {
        err = decode_number(row.value, &number, detail);
        if (err == HL_OK) {
            err = load(txn, number, out, detail);
        }
    }
    if (err == HL_OK) {
        *name = row.key;
    }
    return err;
}

/* The appending under way. */
struct append {
    struct store_txn *txn;
    struct journal journal;
    struct rows_sink sink;
    struct hl_detail *detail;
};

/* The leaves of a bundle, from the bytes that the store gave back. */
static hl_err append_leaves(struct append *append, struct bytes stored)
{
    struct bundle_walk walk;
    struct bytes entry;
    bundle_walk_init(&walk, stored);
    struct writer leaves = {0};
    while (bundle_walk_next(&walk, &entry)) {
        struct hl_hash leaf = merkle_leaf(entry);
        writer_bytes(&leaves, bytes_of(&leaf, sizeof(leaf)));
    }
    /* Putting rows ends the life of `stored`, so they come after. */
    hl_err err = HL_OK;
    for (size_t at = 0; err == HL_OK && at < leaves.size; at += HL_HASH_BYTES) {
        struct hl_hash leaf;
        struct reader in;
        reader_init(&in, bytes_slice(writer_view(&leaves), at, HL_HASH_BYTES));
        reader_copy(&in, HL_HASH_BYTES, leaf.bytes);
        err = rows_append(&append->sink, &append->journal.frontier, &leaf,
                          append->detail);
    }
    writer_fini(&leaves);
    return err;
}

static hl_err append_run(struct append *append, const struct journal_run *run)
{
    hl_err err =
        rows_sink_init(&append->sink, append->txn, append->journal.number,
                       append->journal.frontier.size, append->detail);
    size_t done = 0;
    while (err == HL_OK && done < run->count) {
        struct bytes stored = {0};
        size_t count = entries_that_fit(run->entries + done, run->count - done,
                                        JOURNAL_BUNDLE_BYTES);
        err = entries_put(append->txn, append->journal.number,
                          append->journal.frontier.size, run->entries + done,
                          count, &stored, append->detail);
        if (err == HL_OK) {
            err = append_leaves(append, stored);
        }
        done += count;
    }
    return err == HL_OK ? rows_finish(&append->sink, append->detail) : err;
}

hl_err journal_append(struct store_txn *txn, struct journal *journal,
                      const struct journal_run *run, struct hl_detail *detail)
{
    if (run->count == 0) {
        return HL_OK;
    }
    if (run->count > MERKLE_SIZE_MAX - journal->frontier.size) {
        return hl_fail(detail, HL_ELIMIT,
                       "the journal is as long as it may be");
    }
    struct append *append = hl_alloc(1, sizeof(*append));
    append->txn = txn;
    append->journal = *journal;
    append->detail = detail;
    hl_err err = append_run(append, run);
    if (err == HL_OK) {
        append->journal.recorded_at = run->recorded_at;
        err = save(txn, &append->journal, detail);
    }
    if (err == HL_OK) {
        HL_ASSERT(append->journal.frontier.size ==
                  journal->frontier.size + run->count);
        *journal = append->journal;
    }
    hl_free(append);
    return err;
}

hl_err journal_cut(struct store_txn *txn, struct journal *journal,
                   uint64_t size, struct hl_wall recorded_at,
                   struct hl_detail *detail)
{
    HL_ASSERT(size <= journal->frontier.size);
    uint64_t old_size = journal->frontier.size;
    struct journal_hashes hashes = {
        .txn = txn, .journal = *journal, .detail = detail};
    struct hash_source source = journal_hash_source(&hashes);
    struct journal cut = {.number = journal->number,
                          .recorded_at = recorded_at};
    hl_err err = prove_frontier(&source, size, &cut.frontier);
    if (err == HL_OK) {
        err = entries_cut(txn, cut.number, size, old_size, detail);
    }
    if (err == HL_OK) {
        err = rows_cut(txn, cut.number, size, old_size, detail);
    }
    if (err == HL_OK) {
        err = journal_cut_checkpoints(txn, &cut, size, detail);
    }
    if (err == HL_OK) {
        err = save(txn, &cut, detail);
    }
    if (err == HL_OK) {
        *journal = cut;
    }
    return err;
}
