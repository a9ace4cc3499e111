/* SPDX-License-Identifier: Apache-2.0 */
#include "node/store/journal.h"

#include <inttypes.h>
#include <string.h>

#include "node/store/journal_tiles.h"
#include "node/store/key.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/reader.h"
#include "protocol/entry/bundle.h"
#include "protocol/note/checkpoint.h"

/* Entries of one commit stand in runs, several in one value: a page of the
 * store holds whole values only, and one entry each would leave up to half of
 * it empty. A larger run would cost more to check when one entry is read. */
enum { RUN_MAX_BYTES = 16384 };

struct head journal_head(const struct journal *journal)
{
    return (struct head){
        .size = journal->frontier.size,
        .root = frontier_root(&journal->frontier),
    };
}

/* --- Origins and states. ------------------------------------------------- */

static hl_err damaged(const char *what, uint32_t number,
                      struct hl_detail *detail)
{
    return hl_fail(detail, HL_EDAMAGED, "journal number %" PRIu32 ": %s",
                   number, what);
}

static hl_err read_u32(struct store_txn *txn, enum store_table table,
                       struct bytes key, uint32_t *value, bool *found,
                       struct hl_detail *detail)
{
    struct bytes raw;
    hl_err err = store_get(txn, table, key, &raw, detail);
    *found = err == HL_OK && raw.data != NULL;
    if (!*found) {
        return err;
    }
    struct reader reader;
    reader_init(&reader, raw);
    *value = reader_u32(&reader);
    return reader_finish(&reader) == HL_OK
               ? HL_OK
               : damaged("its number cannot be read", 0, detail);
}

static hl_err put_u32(struct store_txn *txn, enum store_table table,
                      struct bytes key, uint32_t value,
                      struct hl_detail *detail)
{
    uint8_t raw[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16),
                      (uint8_t)(value >> 8), (uint8_t)value};
    return store_put(txn, table, key, bytes_of(raw, sizeof(raw)), detail);
}

static hl_err load(struct store_txn *txn, uint32_t number, struct journal *out,
                   struct hl_detail *detail)
{
    struct store_key key = key_journal(number);
    struct bytes raw;
    hl_err err = store_get(txn, STORE_JOURNALS, key_view(&key), &raw, detail);
    if (err != HL_OK) {
        return err;
    }
    if (raw.size < 8) {
        return damaged("its state is missing", number, detail);
    }
    struct reader reader;
    reader_init(&reader, raw);
    struct journal journal = {.number = number};
    journal.recorded_at.ms = (int64_t)reader_u64(&reader);
    err = frontier_decode(bytes_slice(raw, 8, raw.size - 8), &journal.frontier);
    if (err != HL_OK) {
        return damaged("its frontier cannot be read", number, detail);
    }
    *out = journal;
    return HL_OK;
}

static hl_err save(struct store_txn *txn, const struct journal *journal,
                   struct hl_detail *detail)
{
    struct writer raw = {0};
    writer_u64(&raw, (uint64_t)journal->recorded_at.ms);
    frontier_encode(&journal->frontier, &raw);
    struct store_key key = key_journal(journal->number);
    hl_err err = store_put(txn, STORE_JOURNALS, key_view(&key),
                           writer_view(&raw), detail);
    writer_fini(&raw);
    return err;
}

hl_err journal_find(struct store_txn *txn, struct bytes origin,
                    struct journal *out, bool *found, struct hl_detail *detail)
{
    uint32_t number = 0;
    *found = false;
    if (origin.size == 0 || origin.size > HL_NAME_MAX_BYTES) {
        return HL_OK;
    }
    hl_err err = read_u32(txn, STORE_ORIGINS, origin, &number, found, detail);
    return err == HL_OK && *found ? load(txn, number, out, detail) : err;
}

hl_err journal_find_or_create(struct store_txn *txn, struct bytes origin,
                              struct journal *out, struct hl_detail *detail)
{
    bool found = false;
    HL_ASSERT(origin.size > 0 && origin.size <= HL_NAME_MAX_BYTES);
    hl_err err = journal_find(txn, origin, out, &found, detail);
    if (err != HL_OK || found) {
        return err;
    }
    uint32_t number = 0;
    struct store_key key = key_meta("origins");
    err = read_u32(txn, STORE_META, key_view(&key), &number, &found, detail);
    if (err == HL_OK) {
        err = put_u32(txn, STORE_META, key_view(&key), number + 1, detail);
    }
    if (err == HL_OK) {
        err = put_u32(txn, STORE_ORIGINS, origin, number, detail);
    }
    struct journal journal = {.number = number};
    frontier_init(&journal.frontier);
    if (err == HL_OK) {
        err = save(txn, &journal, detail);
    }
    if (err == HL_OK) {
        *out = journal;
    }
    return err;
}

hl_err journal_next_origin(struct store_txn *txn, struct bytes after,
                           struct bytes *name, struct journal *out,
                           struct hl_detail *detail)
{
    struct store_cursor *cursor = NULL;
    hl_err err = store_cursor_open(txn, STORE_ORIGINS, &cursor, detail);
    if (err != HL_OK) {
        return err;
    }
    struct store_row row = {0};
    err = store_seek(cursor, after, &row, detail);
    if (err == HL_OK && row.key.data != NULL && after.size > 0 &&
        bytes_equal(row.key, after)) {
        err = store_next(cursor, &row, detail);
    }
    if (err == HL_OK && row.key.data != NULL && row.value.size != 4) {
        err = damaged("its number cannot be read", 0, detail);
    }
    if (err == HL_OK && row.key.data != NULL) {
        struct reader reader;
        reader_init(&reader, row.value);
        err = load(txn, reader_u32(&reader), out, detail);
    }
    store_cursor_close(&cursor);
    if (err == HL_OK) {
        *name = row.key;
    }
    return err;
}

/* --- Appending. ---------------------------------------------------------- */

/* How many of the entries from `from` on go into one value. */
static size_t run_length(const struct journal_run *run, size_t from,
                         struct writer *bundle, hl_err *err)
{
    size_t at = from;
    writer_clear(bundle);
    while (at < run->count) {
        struct bytes entry = run->entries[at];
        if (at > from &&
            bundle->size + BUNDLE_LENGTH_BYTES + entry.size > RUN_MAX_BYTES) {
            break;
        }
        *err = bundle_append(entry, bundle);
        if (*err != HL_OK) {
            break;
        }
        at++;
    }
    return at - from;
}

/* Hashes what the store now has, and compares it with what was to be put. */
static hl_err take_in(struct store_txn *txn, struct bytes key,
                      struct bytes wanted, struct journal *journal,
                      struct tile_writer *tiles, struct hl_detail *detail)
{
    struct bytes raw;
    hl_err err = store_get(txn, STORE_ENTRIES, key, &raw, detail);
    if (err != HL_OK) {
        return err;
    }
    if (raw.data == NULL || !bytes_equal(raw, wanted)) {
        return damaged("what was written does not read back", journal->number,
                       detail);
    }
    struct hl_hash leaves[RUN_MAX_BYTES / BUNDLE_LENGTH_BYTES];
    size_t count = 0;
    struct bundle_walk walk;
    struct bytes entry;
    bundle_walk_init(&walk, raw);
    while (bundle_walk_next(&walk, &entry)) {
        leaves[count++] = merkle_leaf(entry);
    }
    for (size_t i = 0; err == HL_OK && i < count; i++) {
        frontier_append(&journal->frontier, &leaves[i]);
        err = tile_writer_add(tiles, &leaves[i], detail);
    }
    return err;
}

static hl_err append_runs(struct store_txn *txn, struct journal *journal,
                          const struct journal_run *run,
                          struct tile_writer *tiles, struct hl_detail *detail)
{
    struct writer bundle = {0};
    hl_err err = HL_OK;
    for (size_t at = 0; err == HL_OK && at < run->count;) {
        size_t length = run_length(run, at, &bundle, &err);
        if (err != HL_OK) {
            err =
                hl_fail(detail, err, "entry over %d bytes", HL_ENTRY_MAX_BYTES);
            break;
        }
        struct store_key key = key_run(journal->number, journal->frontier.size);
        err = store_put(txn, STORE_ENTRIES, key_view(&key),
                        writer_view(&bundle), detail);
        if (err == HL_OK) {
            err = take_in(txn, key_view(&key), writer_view(&bundle), journal,
                          tiles, detail);
        }
        at += length;
    }
    writer_fini(&bundle);
    return err;
}

hl_err journal_append(struct store_txn *txn, struct journal *journal,
                      const struct journal_run *run, struct hl_detail *detail)
{
    if (run->count > MERKLE_SIZE_MAX - journal->frontier.size) {
        return hl_fail(detail, HL_ELIMIT, "the journal is full");
    }
    struct journal next = *journal;
    next.recorded_at = run->recorded_at;
    struct tile_writer tiles;
    hl_err err = tile_writer_init(&tiles, txn, &next, detail);
    if (err == HL_OK) {
        err = append_runs(txn, &next, run, &tiles, detail);
    }
    if (err == HL_OK) {
        err = tile_writer_finish(&tiles, detail);
    }
    if (err == HL_OK) {
        err = save(txn, &next, detail);
    }
    if (err == HL_OK) {
        *journal = next;
    }
    return err;
}

/* --- Reading entries. ---------------------------------------------------- */

struct journal_walk {
    struct store_cursor *cursor;
    uint32_t number;
    uint64_t at, size; /* the next entry; the journal's size */
    struct bytes run;
    struct bundle_walk entries;
    bool in_run;
};

static hl_err check_run(const struct journal_walk *walk,
                        const struct store_row *row, struct hl_detail *detail)
{
    if (row->key.data == NULL || !key_is_of(row->key, walk->number)) {
        return hl_fail(detail, HL_EDAMAGED,
                       "journal number %" PRIu32 ": entry %" PRIu64
                       " is missing",
                       walk->number, walk->at);
    }
    return HL_OK;
}

/* Counts while it validates: the checksum was right, so this cannot fail but
 * by a program's fault, and is cheap. */
static bool bundle_count(struct bytes bundle, uint64_t *count)
{
    struct reader reader;
    reader_init(&reader, bundle);
    *count = 0;
    while (reader_left(&reader) > 0) {
        (void)reader_bytes(&reader, reader_u16(&reader));
        (*count)++;
    }
    return reader_finish(&reader) == HL_OK;
}

static hl_err enter_run(struct journal_walk *walk, const struct store_row *row,
                        struct hl_detail *detail)
{
    hl_err err = check_run(walk, row, detail);
    if (err != HL_OK) {
        return err;
    }
    uint64_t first = key_last_u64(row->key);
    uint64_t count = 0;
    if (!bundle_count(row->value, &count) || first > walk->at ||
        walk->at - first >= count) {
        return hl_fail(detail, HL_EDAMAGED,
                       "journal number %" PRIu32 ": entry %" PRIu64
                       " is missing",
                       walk->number, walk->at);
    }
    bundle_walk_init(&walk->entries, row->value);
    struct bytes skipped;
    for (uint64_t i = first; i < walk->at; i++) {
        bool there = bundle_walk_next(&walk->entries, &skipped);
        HL_ASSERT(there);
    }
    walk->in_run = true;
    return HL_OK;
}

hl_err journal_walk_open(struct store_txn *txn, const struct journal *journal,
                         uint64_t first, struct journal_walk **out,
                         struct hl_detail *detail)
{
    struct journal_walk *walk = hl_alloc(1, sizeof(*walk));
    walk->number = journal->number;
    walk->at = first;
    walk->size = journal->frontier.size;
    hl_err err = store_cursor_open(txn, STORE_ENTRIES, &walk->cursor, detail);
    if (err == HL_OK && first < walk->size) {
        struct store_key key = key_run(journal->number, first + 1);
        struct store_row row;
        err = store_seek_below(walk->cursor, key_view(&key), &row, detail);
        if (err == HL_OK) {
            err = enter_run(walk, &row, detail);
        }
    }
    if (err != HL_OK) {
        journal_walk_close(&walk);
        return err;
    }
    *out = walk;
    return HL_OK;
}

hl_err journal_walk_next(struct journal_walk *walk, struct bytes *entry,
                         struct hl_detail *detail)
{
    if (walk->at >= walk->size) {
        *entry = (struct bytes){0};
        return HL_OK;
    }
    if (!bundle_walk_next(&walk->entries, entry)) {
        struct store_row row;
        hl_err err = store_next(walk->cursor, &row, detail);
        if (err == HL_OK) {
            err = enter_run(walk, &row, detail);
        }
        if (err != HL_OK) {
            return err;
        }
        bool there = bundle_walk_next(&walk->entries, entry);
        HL_ASSERT(there);
    }
    walk->at++;
    return HL_OK;
}

void journal_walk_close(struct journal_walk **walk)
{
    if (*walk == NULL) {
        return;
    }
    store_cursor_close(&(*walk)->cursor);
    hl_free(*walk);
    *walk = NULL;
}

hl_err journal_entry(struct store_txn *txn, const struct journal *journal,
                     uint64_t index, struct bytes *entry,
                     struct hl_detail *detail)
{
    if (index >= journal->frontier.size) {
        return hl_fail(detail, HL_ENOTFOUND,
                       "there is no entry %" PRIu64
                       ": the journal has %" PRIu64,
                       index, journal->frontier.size);
    }
    struct journal_walk *walk = NULL;
    hl_err err = journal_walk_open(txn, journal, index, &walk, detail);
    if (err == HL_OK) {
        err = journal_walk_next(walk, entry, detail);
    }
    journal_walk_close(&walk);
    return err;
}

static hl_err entry_tile(struct store_txn *txn, const struct journal *journal,
                         const struct tile *tile, struct writer *out,
                         struct hl_detail *detail)
{
    struct journal_walk *walk = NULL;
    hl_err err = journal_walk_open(txn, journal, tile->index * TILE_WIDTH,
                                   &walk, detail);
    for (unsigned i = 0; err == HL_OK && i < tile->width; i++) {
        struct bytes entry;
        err = journal_walk_next(walk, &entry, detail);
        if (err == HL_OK) {
            err = bundle_append(entry, out);
        }
    }
    journal_walk_close(&walk);
    return err;
}

hl_err journal_tile(struct store_txn *txn, const struct journal *journal,
                    const struct tile *tile, struct writer *out,
                    struct hl_detail *detail)
{
    unsigned level = tile->kind == TILE_ENTRIES ? 0 : tile->level;
    if (tile->width == 0 ||
        tile_width(level, tile->index, journal->frontier.size) < tile->width) {
        return hl_fail(detail, HL_ENOTFOUND,
                       "a journal of %" PRIu64 " entries has no such tile",
                       journal->frontier.size);
    }
    if (tile->kind == TILE_ENTRIES) {
        return entry_tile(txn, journal, tile, out, detail);
    }
    return tiles_read(txn, journal->number, level, tile->index * TILE_WIDTH,
                      tile->width, out, detail);
}

/* --- Checkpoints. -------------------------------------------------------- */

hl_err journal_checkpoint(struct store_txn *txn, const struct journal *journal,
                          enum journal_checkpoint_kind kind, struct bytes *note,
                          struct hl_detail *detail)
{
    struct store_key key = key_checkpoint(journal->number, kind);
    return store_get(txn, STORE_CHECKPOINTS, key_view(&key), note, detail);
}

hl_err journal_put_checkpoint(struct store_txn *txn,
                              const struct journal *journal,
                              enum journal_checkpoint_kind kind,
                              struct bytes note, struct hl_detail *detail)
{
    struct store_key key = key_checkpoint(journal->number, kind);
    return store_put(txn, STORE_CHECKPOINTS, key_view(&key), note, detail);
}

/* The head that a stored note states. */
static hl_err head_of_note(struct bytes raw, struct head *head,
                           struct hl_detail *detail)
{
    struct note note = {0};
    struct checkpoint checkpoint;
    hl_err err = note_parse(raw, &note, detail);
    if (err == HL_OK) {
        err = checkpoint_parse(note.text, &checkpoint, detail);
    }
    note_fini(&note);
    if (err == HL_OK) {
        *head = checkpoint.head;
    }
    return err;
}

/* --- Cutting. ------------------------------------------------------------ */

static hl_err delete_from(struct store_txn *txn, enum store_table table,
                          const struct store_key *from, size_t common,
                          struct hl_detail *detail)
{
    for (;;) {
        struct store_cursor *cursor = NULL;
        struct store_row row = {0};
        hl_err err = store_cursor_open(txn, table, &cursor, detail);
        if (err == HL_OK) {
            err = store_seek(cursor, key_view(from), &row, detail);
        }
        uint8_t key[STORE_KEY_MAX_BYTES];
        size_t size = row.key.size;
        bool ours = row.key.data != NULL && size >= common &&
                    memcmp(row.key.data, from->bytes, common) == 0;
        if (ours) {
            memcpy(key, row.key.data, size);
        }
        store_cursor_close(&cursor);
        if (!ours) {
            return err;
        }
        err = store_delete(txn, table, bytes_of(key, size), detail);
        if (err != HL_OK) {
            return err;
        }
    }
}

/* The run in which the cut lies keeps what is before it. */
static hl_err cut_entries(struct store_txn *txn, const struct journal *journal,
                          uint64_t size, struct hl_detail *detail)
{
    struct writer kept = {0};
    struct store_cursor *cursor = NULL;
    struct store_row row = {0};
    struct store_key end = key_run(journal->number, size);
    hl_err err = store_cursor_open(txn, STORE_ENTRIES, &cursor, detail);
    if (err == HL_OK && size > 0) {
        err = store_seek_below(cursor, key_view(&end), &row, detail);
    }
    uint64_t first = 0;
    if (err == HL_OK && row.key.data != NULL &&
        key_is_of(row.key, journal->number)) {
        first = key_last_u64(row.key);
        struct bundle_walk walk;
        struct bytes entry;
        bundle_walk_init(&walk, row.value);
        for (uint64_t i = first;
             err == HL_OK && i < size && bundle_walk_next(&walk, &entry); i++) {
            err = bundle_append(entry, &kept);
        }
    }
    store_cursor_close(&cursor);
    if (err == HL_OK && kept.size > 0) {
        struct store_key key = key_run(journal->number, first);
        err = store_put(txn, STORE_ENTRIES, key_view(&key), writer_view(&kept),
                        detail);
    }
    writer_fini(&kept);
    return err == HL_OK ? delete_from(txn, STORE_ENTRIES, &end, 4, detail)
                        : err;
}

static hl_err cut_checkpoints(struct store_txn *txn,
                              const struct journal *journal, uint64_t size,
                              struct hl_detail *detail)
{
    hl_err err = HL_OK;
    for (unsigned kind = 0; err == HL_OK && kind < JOURNAL_CHECKPOINT_KINDS;
         kind++) {
        struct store_key key = key_checkpoint(journal->number, kind);
        struct bytes note;
        struct head head = {0};
        err = store_get(txn, STORE_CHECKPOINTS, key_view(&key), &note, detail);
        if (err != HL_OK || note.data == NULL) {
            continue;
        }
        err = head_of_note(note, &head, detail);
        if (err == HL_OK && head.size > size) {
            err = store_delete(txn, STORE_CHECKPOINTS, key_view(&key), detail);
        }
    }
    return err;
}

hl_err journal_cut(struct store_txn *txn, struct journal *journal,
                   uint64_t size, struct hl_wall recorded_at,
                   struct hl_detail *detail)
{
    HL_ASSERT(size <= journal->frontier.size);
    struct journal next = *journal;
    next.recorded_at = recorded_at;
    struct journal_hashes hashes = {
        .txn = txn, .journal = *journal, .detail = detail};
    struct hash_source source = journal_hash_source(&hashes);
    hl_err err = prove_frontier(&source, size, &next.frontier);
    if (err == HL_OK) {
        err = cut_entries(txn, journal, size, detail);
    }
    if (err == HL_OK) {
        err = tiles_cut(txn, journal->number, size, detail);
    }
    if (err == HL_OK) {
        err = cut_checkpoints(txn, journal, size, detail);
    }
    if (err == HL_OK) {
        err = save(txn, &next, detail);
    }
    if (err == HL_OK) {
        *journal = next;
    }
    return err;
}

/* --- Verifying. ---------------------------------------------------------- */

static hl_err verify_entries(struct store_txn *txn,
                             const struct journal *journal,
                             struct frontier *frontier,
                             struct hl_detail *detail)
{
    struct journal_walk *walk = NULL;
    struct tile_checker tiles = {.txn = txn, .number = journal->number};
    hl_err err = journal_walk_open(txn, journal, 0, &walk, detail);
    while (err == HL_OK && frontier->size < journal->frontier.size) {
        struct bytes entry;
        err = journal_walk_next(walk, &entry, detail);
        if (err == HL_OK) {
            struct hl_hash leaf = merkle_leaf(entry);
            frontier_append(frontier, &leaf);
            err = tile_checker_add(&tiles, &leaf, detail);
        }
    }
    journal_walk_close(&walk);
    return err;
}

static hl_err verify_checkpoint(struct store_txn *txn,
                                const struct journal *journal,
                                struct hl_detail *detail)
{
    struct bytes note;
    struct head head;
    hl_err err =
        journal_checkpoint(txn, journal, JOURNAL_NEWEST, &note, detail);
    if (err != HL_OK || note.data == NULL) {
        return err;
    }
    err = head_of_note(note, &head, detail);
    if (err != HL_OK) {
        return err;
    }
    struct hl_hash root;
    struct journal_hashes hashes = {
        .txn = txn, .journal = *journal, .detail = detail};
    struct hash_source source = journal_hash_source(&hashes);
    if (head.size > journal->frontier.size) {
        return damaged("its checkpoint is longer than its entries",
                       journal->number, detail);
    }
    err = prove_root(&source, head.size, &root);
    if (err == HL_OK && !hash_equal(&root, &head.root)) {
        err = damaged("its checkpoint is not over its entries", journal->number,
                      detail);
    }
    return err;
}

hl_err journal_verify(struct store_txn *txn, const struct journal *journal,
                      uint64_t *entries, struct hl_detail *detail)
{
    struct frontier frontier;
    frontier_init(&frontier);
    hl_err err = verify_entries(txn, journal, &frontier, detail);
    if (err == HL_OK) {
        struct hl_hash there = frontier_root(&journal->frontier);
        struct hl_hash found = frontier_root(&frontier);
        if (!hash_equal(&there, &found)) {
            err = damaged("its frontier is not that of its entries",
                          journal->number, detail);
        }
    }
    if (err == HL_OK) {
        err = verify_checkpoint(txn, journal, detail);
    }
    if (err == HL_OK) {
        *entries = frontier.size;
    }
    return err;
}
