/* SPDX-License-Identifier: Apache-2.0 */
#include "node/store/journal_entries.h"

#include <inttypes.h>

#include "node/store/key.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/bundle.h"

static hl_err fail_missing(uint64_t index, struct hl_detail *detail)
{
    return hl_fail(detail, HL_EDAMAGED,
                   "entry %" PRIu64 " is missing from the store or broken",
                   index);
}

bool entries_key_decode(struct bytes key, uint32_t *number, uint64_t *index)
{
    struct reader in;
    reader_init(&in, key);
    *number = reader_u32(&in);
    *index = reader_u64(&in);
    return reader_finish(&in) == HL_OK;
}

size_t entries_that_fit(const struct bytes *entries, size_t count,
                        size_t bundle_bytes)
{
    HL_ASSERT(count > 0);
    size_t used = 0;
    size_t fitting = 0;
    while (fitting < count) {
        used += BUNDLE_LENGTH_BYTES + entries[fitting].size;
        if (fitting > 0 && used > bundle_bytes) {
            break;
        }
        fitting++;
    }
    return fitting;
}

hl_err entries_put(struct store_txn *txn, uint32_t number, uint64_t first,
                   const struct bytes *entries, size_t count,
                   struct bytes *stored, struct hl_detail *detail)
{
    struct writer bundle = {0};
    struct store_key key = key_entry(number, first);
    hl_err err = HL_OK;
    for (size_t i = 0; i < count && err == HL_OK; i++) {
        err = bundle_append(entries[i], &bundle);
        if (err != HL_OK) {
            hl_fail(detail, err, "entry %" PRIu64 " has %zu bytes of %d",
                    first + i, entries[i].size, HL_ENTRY_MAX_BYTES);
        }
    }
    if (err == HL_OK) {
        err = store_put(txn, STORE_ENTRIES, key_view(&key),
                        writer_view(&bundle), detail);
    }
    if (err == HL_OK) {
        err = store_get(txn, STORE_ENTRIES, key_view(&key), stored, detail);
    }
    if (err == HL_OK && !bytes_equal(*stored, writer_view(&bundle))) {
        err = hl_fail(detail, HL_EDAMAGED,
                      "entry %" PRIu64 " comes back from the store with "
                      "other bytes: check this machine's memory",
                      first);
    }
    writer_fini(&bundle);
    return err;
}

/* One entry of a bundle whose bytes the checksum covers; broken all the same
 * only by a fault of a program. */
static struct bytes take(struct reader *bundle)
{
    return reader_bytes(bundle, reader_u16(bundle));
}

/* Stands the walk on the bundle of the row, at walk->next. */
static hl_err enter(struct entries_walk *walk, const struct store_row *row,
                    struct hl_detail *detail)
{
    uint32_t number = 0;
    uint64_t index = 0;
    if (row->key.data == NULL ||
        !entries_key_decode(row->key, &number, &index) ||
        number != walk->number || index > walk->next ||
        (walk->searches && !store_is_found(walk->cursor, row))) {
        return fail_missing(walk->next, detail);
    }
    reader_init(&walk->bundle, row->value);
    for (; index < walk->next; index++) {
        take(&walk->bundle);
    }
    return reader_left(&walk->bundle) == 0 ? fail_missing(walk->next, detail)
                                           : HL_OK;
}

static hl_err begin(struct entries_walk *walk, struct store_txn *txn,
                    struct hl_detail *detail)
{
    if (walk->next >= walk->end) {
        return HL_OK;
    }
    struct store_key above = key_entry(walk->number, walk->next + 1);
    struct store_row row;
    hl_err err = store_cursor_open(txn, STORE_ENTRIES, &walk->cursor, detail);
    if (err == HL_OK) {
        err = store_seek_below(walk->cursor, key_view(&above), &row, detail);
    }
    if (err == HL_OK) {
        err = enter(walk, &row, detail);
    }
    if (err != HL_OK) {
        entries_walk_fini(walk);
    }
    return err;
}

hl_err entries_walk_init(struct entries_walk *walk, struct store_txn *txn,
                         uint32_t number, uint64_t first, uint64_t end,
                         struct hl_detail *detail)
{
    *walk = (struct entries_walk){.number = number, .next = first, .end = end};
    return begin(walk, txn, detail);
}

hl_err entries_search_init(struct entries_walk *walk, struct store_txn *txn,
                           uint32_t number, uint64_t first, uint64_t end,
                           struct hl_detail *detail)
{
    *walk = (struct entries_walk){
        .number = number, .next = first, .end = end, .searches = true};
    return begin(walk, txn, detail);
}

hl_err entries_walk_next(struct entries_walk *walk, struct bytes *entry,
                         struct hl_detail *detail)
{
    if (walk->next >= walk->end) {
        *entry = (struct bytes){0};
        return HL_OK;
    }
    if (reader_left(&walk->bundle) == 0) {
        struct store_row row;
        hl_err err = store_next(walk->cursor, &row, detail);
        if (err == HL_OK) {
            err = enter(walk, &row, detail);
        }
        if (err != HL_OK) {
            return err;
        }
    }
    struct bytes found = take(&walk->bundle);
    if (walk->bundle.failed) {
        return fail_missing(walk->next, detail);
    }
    walk->next++;
    *entry = found;
    return HL_OK;
}

void entries_walk_fini(struct entries_walk *walk)
{
    store_cursor_close(&walk->cursor);
}

/* Where the newest bundle begins; *there is false where none is left. */
static hl_err find_last(struct store_txn *txn, uint32_t number, uint64_t end,
                        uint64_t *first, bool *there, struct hl_detail *detail)
{
    struct store_cursor *cursor = NULL;
    struct store_row row;
    struct store_key above = key_entry(number, end);
    uint32_t found = 0;
    hl_err err = store_cursor_open(txn, STORE_ENTRIES, &cursor, detail);
    if (err == HL_OK) {
        err = store_seek_below(cursor, key_view(&above), &row, detail);
    }
    if (err == HL_OK) {
        *there = row.key.data != NULL &&
                 entries_key_decode(row.key, &found, first) && found == number;
    }
    store_cursor_close(&cursor);
    return err;
}

/* Puts the bundle that begins at `first` again, with the entries below size
 * only. */
static hl_err shorten(struct store_txn *txn, uint32_t number, uint64_t first,
                      uint64_t size, struct hl_detail *detail)
{
    struct store_key key = key_entry(number, first);
    struct bytes old;
    hl_err err = store_get(txn, STORE_ENTRIES, key_view(&key), &old, detail);
    if (err != HL_OK) {
        return err;
    }
    struct reader in;
    reader_init(&in, old);
    for (uint64_t index = first; index < size; index++) {
        take(&in);
    }
    if (in.failed) {
        return fail_missing(size - 1, detail);
    }
    if (reader_left(&in) == 0) {
        return HL_OK;
    }
    uint8_t *kept = hl_copy(old.data, in.offset);
    err = store_put(txn, STORE_ENTRIES, key_view(&key),
                    bytes_of(kept, in.offset), detail);
    hl_free(kept);
    return err;
}

hl_err entries_cut(struct store_txn *txn, uint32_t number, uint64_t size,
                   uint64_t old_size, struct hl_detail *detail)
{
    uint64_t first = 0;
    bool there = false;
    uint64_t end = old_size;
    for (;;) {
        hl_err err = find_last(txn, number, end, &first, &there, detail);
        if (err != HL_OK || !there) {
            return err;
        }
        if (first < size) {
            return shorten(txn, number, first, size, detail);
        }
        struct store_key key = key_entry(number, first);
        err = store_delete(txn, STORE_ENTRIES, key_view(&key), detail);
        if (err != HL_OK) {
            return err;
        }
        end = first;
    }
}

hl_err entries_check_end(struct store_txn *txn, uint32_t number, uint64_t size,
                         struct hl_detail *detail)
{
    struct store_cursor *cursor = NULL;
    struct store_row row;
    struct store_key key = key_entry(number, size);
    uint32_t found = 0;
    uint64_t index = 0;
    hl_err err = store_cursor_open(txn, STORE_ENTRIES, &cursor, detail);
    if (err == HL_OK) {
        err = store_seek(cursor, key_view(&key), &row, detail);
    }
    if (err == HL_OK && row.key.data != NULL &&
        entries_key_decode(row.key, &found, &index) && found == number) {
        err = hl_fail(detail, HL_EDAMAGED,
                      "there is an entry %" PRIu64
                      " behind the end of the journal at %" PRIu64,
                      index, size);
    }
    store_cursor_close(&cursor);
    return err;
}
