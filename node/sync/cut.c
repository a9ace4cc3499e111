/* SPDX-License-Identifier: Apache-2.0 */
#include "node/sync/cut.h"

#include "node/projection/replay.h"
#include "node/store/key.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/reader.h"
#include "protocol/entry/bundle.h"
#include "protocol/entry/entry.h"

/* --- Rows ----------------------------------------------------------------- */

static hl_err fail_row(struct hl_detail *detail)
{
    return hl_fail(detail, HL_EDAMAGED,
                   "what the store keeps of a journal's cut cannot be read");
}

/* The row of a cut, or of any other. */
static bool decode(const struct store_row *row, struct cut *out)
{
    struct reader key, in;
    reader_init(&key, row->key);
    reader_init(&in, row->value);
    *out = (struct cut){.number = reader_u32(&key), .cut = reader_u32(&key)};
    out->open = reader_u8(&in) != 0;
    out->size = reader_u64(&in);
    out->before = reader_u64(&in);
    reader_bytes(&in, (size_t)reader_u16(&in) * HL_HASH_BYTES);
    return reader_finish(&key) == HL_OK && !in.failed;
}

hl_err cut_find_newest(struct store_txn *txn, uint32_t number, struct cut *out,
                       bool *found, struct hl_detail *detail)
{
    struct store_cursor *cursor = NULL;
    struct store_row row = {0};
    struct store_key above = key_cut(number, UINT32_MAX);
    *found = false;
    hl_err err = store_cursor_open(txn, STORE_CUTS, &cursor, detail);
    if (err == HL_OK) {
        err = store_seek_below(cursor, key_view(&above), &row, detail);
    }
    if (err == HL_OK && row.key.data != NULL) {
        struct cut last;
        err = decode(&row, &last) ? HL_OK : fail_row(detail);
        if (err == HL_OK && last.number == number) {
            *out = last;
            *found = true;
        }
    }
    store_cursor_close(&cursor);
    return err;
}

hl_err cut_find_open(struct store_txn *txn, uint32_t number, struct cut *out,
                     bool *found, struct hl_detail *detail)
{
    struct cut last = {0};
    hl_err err = cut_find_newest(txn, number, &last, found, detail);
    if (err != HL_OK) {
        return err;
    }
    *found = *found && last.open;
    if (*found) {
        *out = last;
    }
    return HL_OK;
}

hl_err cut_list(struct store_txn *txn, uint32_t number, struct cut **cuts,
                size_t *count, struct hl_detail *detail)
{
    struct store_cursor *cursor = NULL;
    struct store_row row = {0};
    struct store_key first = key_cut(number, 0);
    struct cut *list = NULL;
    size_t size = 0;
    hl_err err = store_cursor_open(txn, STORE_CUTS, &cursor, detail);
    if (err == HL_OK) {
        err = store_seek(cursor, key_view(&first), &row, detail);
    }
    while (err == HL_OK && row.key.data != NULL) {
        struct cut cut;
        if (!decode(&row, &cut)) {
            err = fail_row(detail);
            break;
        }
        if (cut.number != number) {
            break;
        }
        list = hl_realloc(list, size + 1, sizeof(*list));
        list[size++] = cut;
        err = store_next(cursor, &row, detail);
    }
    store_cursor_close(&cursor);
    if (err != HL_OK) {
        hl_free(list);
        return err;
    }
    *cuts = list;
    *count = size;
    return HL_OK;
}

hl_err cut_count(struct store_txn *txn, uint32_t number, uint64_t *count,
                 struct hl_detail *detail)
{
    struct cut *cuts = NULL;
    size_t size = 0;
    hl_err err = cut_list(txn, number, &cuts, &size, detail);
    if (err == HL_OK) {
        *count = 0;
        for (size_t i = 0; i < size; i++) {
            *count += cuts[i].before - cuts[i].size;
        }
    }
    hl_free(cuts);
    return err;
}

hl_err sync_store_cuts(struct store_txn *txn, uint32_t number, uint64_t since,
                       uint64_t size, struct sync_cuts *out,
                       struct hl_detail *detail)
{
    struct cut newest = {0};
    struct cut *cuts = NULL;
    size_t count = 0;
    bool found = false;
    *out = (struct sync_cuts){0};
    hl_err err = cut_find_newest(txn, number, &newest, &found, detail);
    if (err != HL_OK) {
        return err;
    }
    out->count = found ? (uint64_t)newest.cut + 1 : 0;
    out->missed = out->count < since; /* the store is an older one */
    if (out->count <= since) {
        return HL_OK;
    }
    err = cut_list(txn, number, &cuts, &count, detail);
    for (size_t i = 0; err == HL_OK && i < count; i++) {
        out->missed |= cuts[i].cut >= since && cuts[i].size < size;
    }
    hl_free(cuts);
    return err;
}

/* --- Beginning and closing ------------------------------------------------ */

/* What the entries were under, where it lies beyond: proof and note. */
static hl_err write_note(struct store_txn *txn, const struct journal *journal,
                         struct writer *row, struct hl_detail *detail)
{
    struct proof proof = {0};
    struct bytes note = {0};
    hl_err err =
        journal_checkpoint(txn, journal, JOURNAL_NEWEST, &note, detail);
    if (err == HL_OK) {
        err = journal_end_proof(txn, journal, &proof, detail);
    }
    if (err == HL_OK) {
        writer_u16(row, (uint16_t)proof.count);
        writer_bytes(row, bytes_of(proof.hashes, proof.count * HL_HASH_BYTES));
        writer_bytes(row, note);
    }
    return err;
}

hl_err cut_begin(struct store_txn *txn, const struct journal *journal,
                 uint64_t size, struct cut *out, struct hl_detail *detail)
{
    HL_ASSERT(size < journal->frontier.size);
    struct cut last = {0};
    bool found = false;
    hl_err err = cut_find_newest(txn, journal->number, &last, &found, detail);
    if (err != HL_OK) {
        return err;
    }
    HL_ASSERT(!found || !last.open);
    struct cut cut = {
        .number = journal->number,
        .cut = found ? last.cut + 1 : 0,
        .open = true,
        .size = size,
        .before = journal->frontier.size,
    };
    struct store_key key = key_cut(cut.number, cut.cut);
    struct writer row = {0};
    writer_u8(&row, 1);
    writer_u64(&row, cut.size);
    writer_u64(&row, cut.before);
    err = write_note(txn, journal, &row, detail);
    if (err == HL_OK) {
        err = store_put(txn, STORE_CUTS, key_view(&key), writer_view(&row),
                        detail);
    }
    writer_fini(&row);
    if (err == HL_OK) {
        err = journal_cut_checkpoints(txn, journal, size, detail);
    }
    if (err == HL_OK) {
        *out = cut;
    }
    return err;
}

static hl_err close_cut(struct cut *cut, struct store_txn *txn,
                        struct hl_detail *detail)
{
    struct store_key key = key_cut(cut->number, cut->cut);
    struct bytes row;
    hl_err err = store_get(txn, STORE_CUTS, key_view(&key), &row, detail);
    if (err != HL_OK) {
        return err;
    }
    if (row.size == 0) {
        return fail_row(detail);
    }
    uint8_t *copy = hl_copy(row.data, row.size);
    copy[0] = 0;
    err = store_put(txn, STORE_CUTS, key_view(&key), bytes_of(copy, row.size),
                    detail);
    hl_free(copy);
    cut->open = err != HL_OK;
    return err;
}

/* --- Moving entries ------------------------------------------------------- */

enum { CUT_ENTRIES = 64 }; /* at once: 4 MiB where each is of the largest */

/* Copies [first, end) out of the store, whose bytes end with the next put. */
static hl_err copy_entries(struct store_txn *txn, const struct journal *journal,
                           uint64_t first, struct writer *out,
                           struct hl_detail *detail)
{
    struct journal_walk *walk = NULL;
    struct bytes entry;
    hl_err err = journal_walk_open(txn, journal, first, &walk, detail);
    while (err == HL_OK) {
        err = journal_walk_next(walk, &entry, detail);
        if (err != HL_OK || entry.data == NULL) {
            break;
        }
        err = bundle_append(entry, out);
    }
    journal_walk_close(&walk);
    return err;
}

static hl_err put_entries(const struct cut *cut, struct store_txn *txn,
                          uint64_t first, struct bytes entries,
                          struct hl_detail *detail)
{
    struct bundle_walk walk;
    struct bytes entry;
    hl_err err = HL_OK;
    bundle_walk_init(&walk, entries);
    for (uint64_t i = first; err == HL_OK && bundle_walk_next(&walk, &entry);
         i++) {
        struct store_key key = key_cut_entry(cut->number, cut->cut, i);
        err = store_put(txn, STORE_CUT_ENTRIES, key_view(&key), entry, detail);
    }
    return err;
}

/* When the last entry that stays was recorded; where it does not say so, the
 * journal goes on with what it had. */
static hl_err time_at(struct store_txn *txn, const struct journal *journal,
                      uint64_t size, struct hl_wall *out,
                      struct hl_detail *detail)
{
    struct bytes raw;
    struct entry entry;
    struct canonical_unknown unknown;
    *out = size == 0 ? (struct hl_wall){0} : journal->recorded_at;
    if (size == 0) {
        return HL_OK;
    }
    hl_err err = journal_entry(txn, journal, size - 1, &raw, detail);
    if (err == HL_OK && entry_decode(raw, &entry, &unknown, NULL) == HL_OK &&
        !unknown.present) {
        *out = entry.recorded_at;
    }
    return err;
}

/* The last entries go first, so that what is left is a journal at any time. */
static hl_err move_some(const struct cut *cut, struct store_txn *txn,
                        struct journal *journal, uint64_t *moved,
                        struct hl_detail *detail)
{
    struct hl_wall recorded_at;
    struct writer entries = {0};
    uint64_t count = journal->frontier.size - cut->size;
    if (count > CUT_ENTRIES) {
        count = CUT_ENTRIES;
    }
    uint64_t first = journal->frontier.size - count;
    hl_err err = copy_entries(txn, journal, first, &entries, detail);
    if (err == HL_OK) {
        err = put_entries(cut, txn, first, writer_view(&entries), detail);
    }
    if (err == HL_OK) {
        err = time_at(txn, journal, first, &recorded_at, detail);
    }
    if (err == HL_OK) {
        err = journal_cut(txn, journal, first, recorded_at, detail);
    }
    writer_fini(&entries);
    *moved = count;
    return err;
}

/* --- Steps ---------------------------------------------------------------- */

enum { FORGET_ROWS = 64 };

/* A half that read entries beyond the cut: one that paused has read the entry
 * at its size as well. */
static bool reads_beyond(const struct half *half, uint64_t size)
{
    return half->size > size || (half->paused && half->size == size);
}

/* One piece of the work. */
static hl_err work(struct cut *cut, const struct sync_target *target,
                   struct bytes origin, struct journal *journal,
                   uint64_t *steps, struct hl_detail *detail)
{
    struct half half;
    struct projection_origin by = {
        .number = cut->number,
        .name = origin,
        .own = bytes_equal(origin, target->own),
    };
    hl_err err = projection_now(target->projection, target->txn, cut->number,
                                &half, detail);
    if (err != HL_OK) {
        return err;
    }
    if (reads_beyond(&half, cut->size)) {
        bool left = false;
        return projection_forget(target->projection, target->txn, &by,
                                 FORGET_ROWS, steps, &left, detail);
    }
    if (journal->frontier.size > cut->size) {
        return move_some(cut, target->txn, journal, steps, detail);
    }
    *steps = 0;
    return close_cut(cut, target->txn, detail);
}

hl_err cut_step(struct cut *cut, const struct sync_target *target,
                struct bytes origin, uint64_t steps_max,
                struct sync_progress *progress, struct hl_detail *detail)
{
    struct journal journal;
    bool found = false;
    uint64_t done = 0;
    hl_err err = journal_find(target->txn, origin, &journal, &found, detail);
    if (err == HL_OK && !found) {
        err = fail_row(detail);
    }
    while (err == HL_OK && cut->open) {
        uint64_t steps = 0;
        err = work(cut, target, origin, &journal, &steps, detail);
        done += steps;
        if (done >= steps_max || store_txn_is_large(target->txn)) {
            break;
        }
    }
    progress->steps += done;
    return err;
}
