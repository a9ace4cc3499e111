/* SPDX-License-Identifier: Apache-2.0 */

/* What bit rot does to a store is found, named, and put back where something
 * is left to compare with. */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/store/journal_scrub.h"
#include "node/store/store_inside.h"
#include "protocol/base/alloc.h"
#include "tests/support/pages.h"
#include "tests/unit/store/store_world.h"

/* --- Rows. ---------------------------------------------------------------- */

/* As a disk would: the envelope stays as it is. */
static void spoil(struct store_world *world, enum store_table table,
                  struct bytes key)
{
    struct store_txn *txn = world_write(world);
    MDB_dbi dbi = world->store->tables[table];
    MDB_val raw_key = store_val(key), raw;
    assert_int_equal(mdb_get(store_txn_raw(txn), dbi, &raw_key, &raw), 0);
    uint8_t *copy = hl_copy(raw.mv_data, raw.mv_size);
    copy[raw.mv_size / 2] ^= 4;
    MDB_val spoilt = {.mv_size = raw.mv_size, .mv_data = copy};
    assert_int_equal(mdb_put(store_txn_raw(txn), dbi, &raw_key, &spoilt, 0), 0);
    assert_ok(store_commit(&txn, NULL));
    hl_free(copy);
}

struct scanned {
    unsigned rows, damaged;
    struct store_key last, before; /* the last damaged one, and what is before
                                      it */
};

static struct scanned scan(struct store_world *world, enum store_table table)
{
    struct scanned seen = {0};
    struct store_cursor *cursor = NULL;
    struct store_scan_row row;
    struct store_key good = {0};
    struct store_txn *txn = world_read(world);
    assert_ok(store_cursor_open(txn, table, &cursor, NULL));
    assert_ok(store_scan_first(cursor, bytes_of(NULL, 0), &row, NULL));
    while (row.key.data != NULL) {
        seen.rows++;
        if (row.damaged) {
            seen.damaged++;
            seen.before = good;
            seen.last.size = 0;
            key_bytes(&seen.last, row.key);
        } else {
            good.size = 0;
            key_bytes(&good, row.key);
        }
        assert_ok(store_scan_next(cursor, &row, NULL));
    }
    store_cursor_close(&cursor);
    store_abort(&txn);
    return seen;
}

static void a_changed_value_in_any_table_is_found_and_named(void **state)
{
    (void)state;
    struct store_world world;
    world_init(&world);
    for (int table = 0; table < STORE_TABLE_COUNT; table++) {
        enum store_table at = (enum store_table)table;
        world_put(&world, at, "ant", "one");
        world_put(&world, at, "bee", "two");
        world_put(&world, at, "cow", "three");
        unsigned rows = scan(&world, at).rows;
        assert_int_equal(scan(&world, at).damaged, 0);
        spoil(&world, at, bytes_of_text("bee"));
        struct scanned seen = scan(&world, at);
        assert_int_equal(seen.rows, rows);
        assert_int_equal(seen.damaged, 1);
        assert_true(bytes_equal_text(key_view(&seen.last), "bee"));
        uint64_t dropped = 0;
        struct store_txn *txn = world_write(&world);
        assert_ok(store_drop_damaged(txn, at, key_view(&seen.before), &dropped,
                                     NULL));
        assert_int_equal(dropped, 1);
        assert_ok(store_commit(&txn, NULL));
        assert_int_equal(scan(&world, at).damaged, 0);
        assert_row(&world, at, "ant", "one");
        assert_row(&world, at, "bee", NULL);
        assert_row(&world, at, "cow", "three");
        assert_non_null(store_table_name(at));
    }
    world_fini(&world);
}

/* In the file, while nobody has it open. */
static void change_file(const struct store_world *world, struct bytes bytes,
                        size_t at, uint8_t bits)
{
    struct writer file = {0};
    size_t found = 0;
    test_read_file(world->data, &file);
    int fd = open(world->data, O_RDWR);
    assert_true(fd >= 0);
    for (size_t i = 0; i + bytes.size <= file.size; i++) {
        if (memcmp(file.data + i, bytes.data, bytes.size) == 0) {
            uint8_t byte = file.data[i + at] ^ bits;
            assert_int_equal(pwrite(fd, &byte, 1, (off_t)(i + at)), 1);
            found++;
        }
    }
    close(fd);
    writer_fini(&file);
    assert_true(found > 0);
}

/* A search goes by the keys: behind a changed one others are not found
 * either, though they are whole. */
static void a_row_with_a_changed_key_is_found_and_dropped(void **state)
{
    (void)state;
    struct store_world world;
    world_init(&world);
    world_put(&world, STORE_ROWS, "key-aa", "one");
    world_put(&world, STORE_ROWS, "key-bb", "two");
    world_put(&world, STORE_ROWS, "key-cc", "three");
    for (int turn = 0; turn < 2; turn++) {
        world_close(&world);
        change_file(&world, bytes_of_text("key-bb"), 4,
                    turn == 0 ? 0x20 : 0x10);
        world_open(&world);
        struct scanned seen = scan(&world, STORE_ROWS);
        assert_int_equal(seen.rows, 3);
        assert_true(seen.damaged >= 1);
        uint64_t dropped = 0;
        struct store_txn *txn = world_write(&world);
        assert_ok(store_drop_damaged(txn, STORE_ROWS, key_view(&seen.before),
                                     &dropped, NULL));
        assert_int_equal(dropped, 1);
        assert_ok(store_commit(&txn, NULL));
        assert_int_equal(scan(&world, STORE_ROWS).damaged, 0);
        world_put(&world, STORE_ROWS, "key-bb", "two");
        assert_row(&world, STORE_ROWS, "key-cc", "three");
    }
    world_fini(&world);
}

/* --- Journals. ------------------------------------------------------------ */

struct told {
    struct journal_damaged items[64];
    size_t count;
};

static void take(void *context, const struct journal_damaged *damaged)
{
    struct told *told = context;
    assert_true(told->count < 64);
    told->items[told->count++] = *damaged;
}

struct book {
    struct store_world world;
    struct journal journal;
    struct told told;
};

static struct bytes text_of(uint64_t index, char room[32])
{
    snprintf(room, 32, "entry %llu", (unsigned long long)index);
    return bytes_of_text(room);
}

enum { AT_ONCE = 2000 };

static void append(struct book *book, uint64_t count)
{
    static char texts[AT_ONCE][32];
    static struct bytes entries[AT_ONCE];
    while (count > 0) {
        size_t some = count < AT_ONCE ? (size_t)count : AT_ONCE;
        for (size_t i = 0; i < some; i++) {
            entries[i] = text_of(book->journal.frontier.size + i, texts[i]);
        }
        struct journal_run run = {.entries = entries, .count = some};
        struct store_txn *txn = world_write(&book->world);
        assert_ok(journal_append(txn, &book->journal, &run, NULL));
        assert_ok(store_commit(&txn, NULL));
        count -= some;
    }
}

static void book_init(struct book *book, uint64_t entries)
{
    *book = (struct book){0};
    world_init(&book->world);
    struct store_txn *txn = world_write(&book->world);
    assert_ok(journal_find_or_create(txn, bytes_of_text("zy/a"), &book->journal,
                                     NULL));
    assert_ok(journal_find_or_create(txn, bytes_of_text("zy/b"), &book->journal,
                                     NULL));
    assert_ok(store_commit(&txn, NULL));
    append(book, entries);
}

/* What a reading in steps tells. */
static const struct told *read_again(struct book *book, uint64_t at_once)
{
    struct journal_scrub scrub = {.tell = take, .context = &book->told};
    bool done = false;
    book->told.count = 0;
    while (!done) {
        struct store_txn *txn = world_read(&book->world);
        assert_ok(journal_scrub_step(&scrub, txn, &book->journal, at_once,
                                     &done, NULL));
        store_abort(&txn);
    }
    return &book->told;
}

static void assert_told(const struct told *told, enum journal_damage what,
                        unsigned level, uint64_t first, uint64_t end)
{
    bool found = false;
    for (size_t i = 0; i < told->count; i++) {
        const struct journal_damaged *item = &told->items[i];
        found = found || (item->what == what && item->level == level &&
                          item->first == first && item->end == end);
    }
    assert_true(found);
}

static void remove_row(struct book *book, enum store_table table,
                       const struct store_key *key)
{
    struct store_txn *txn = world_write(&book->world);
    assert_ok(store_delete(txn, table, key_view(key), NULL));
    assert_ok(store_commit(&txn, NULL));
}

static hl_err mend(struct book *book, uint64_t first, size_t count, bool wrong,
                   uint64_t *next)
{
    static char texts[AT_ONCE][32];
    static struct bytes entries[AT_ONCE];
    struct store_txn *txn = world_write(&book->world);
    for (size_t i = 0; i < count; i++) {
        entries[i] = text_of(first + i, texts[i]);
    }
    if (wrong) {
        texts[0][0] ^= 1;
    }
    hl_err err = journal_mend_entries(txn, &book->journal, first, entries,
                                      count, next, NULL);
    if (err == HL_OK) {
        assert_ok(store_commit(&txn, NULL));
    }
    store_abort(&txn);
    return err;
}

static hl_err mend_row(struct book *book, unsigned level, uint64_t place)
{
    struct journal_row_place row = {level, place};
    struct store_txn *txn = world_write(&book->world);
    hl_err err = journal_mend_rows(txn, &book->journal, &row, 1, NULL);
    if (err == HL_OK) {
        assert_ok(store_commit(&txn, NULL));
    }
    store_abort(&txn);
    return err;
}

static void assert_whole(struct book *book)
{
    uint64_t entries = 0;
    struct store_txn *txn = world_read(&book->world);
    assert_ok(journal_verify(txn, &book->journal, &entries, NULL));
    assert_int_equal(entries, book->journal.frontier.size);
    store_abort(&txn);
    assert_int_equal(read_again(book, 777)->count, 0);
    assert_int_equal(scan(&book->world, STORE_ENTRIES).damaged, 0);
    assert_int_equal(scan(&book->world, STORE_TILES).damaged, 0);
}

/* Where the bundle begins that holds the entry, and where the next one. */
static void bundle_at(struct book *book, uint64_t index, uint64_t *first,
                      uint64_t *end)
{
    struct store_cursor *cursor = NULL;
    struct store_row row;
    struct store_key above = key_entry(book->journal.number, index + 1);
    struct store_txn *txn = world_read(&book->world);
    assert_ok(store_cursor_open(txn, STORE_ENTRIES, &cursor, NULL));
    assert_ok(store_seek_below(cursor, key_view(&above), &row, NULL));
    *first = 0;
    *end = book->journal.frontier.size;
    for (size_t i = 4; i < 12; i++) {
        *first = *first << 8 | row.key.data[i];
    }
    assert_ok(store_next(cursor, &row, NULL));
    for (size_t i = 4; row.key.data != NULL && i < 12; i++) {
        *end = (i == 4 ? 0 : *end << 8) | row.key.data[i];
    }
    store_cursor_close(&cursor);
    store_abort(&txn);
}

static void lost_entries_are_found_and_only_the_same_get_back(void **state)
{
    (void)state;
    for (int damaged = 0; damaged < 2; damaged++) {
        struct book book;
        book_init(&book, 5000);
        assert_whole(&book);
        for (uint64_t at = 0; at < 5000; at += 1666) {
            uint64_t first = 0, end = 0, next = 0;
            bundle_at(&book, at, &first, &end);
            struct store_key key = key_entry(book.journal.number, first);
            if (damaged == 1) {
                spoil(&book.world, STORE_ENTRIES, key_view(&key));
            } else {
                remove_row(&book, STORE_ENTRIES, &key);
            }
            const struct told *told = read_again(&book, 500);
            assert_int_equal(told->count, 1);
            assert_told(told, JOURNAL_DAMAGE_ENTRIES, 0, first, end);
            assert_err(mend(&book, first, 50, true, &next), HL_EPROOF);
            assert_err(mend(&book, first + 1, 50, false, &next), HL_ENOTFOUND);
            /* In two pieces, of which the second one is too long. */
            assert_ok(mend(&book, first, 10, false, &next));
            assert_int_equal(next, first + 10);
            assert_ok(mend(&book, next, AT_ONCE, false, &next));
            assert_true(next >= end);
            assert_whole(&book);
        }
        world_fini(&book.world);
    }
}

static void damaged_hashes_of_any_level_are_found_and_computed(void **state)
{
    (void)state;
    struct book book;
    book_init(&book, 65536 + 300);
    const struct {
        unsigned level;
        uint64_t place;
    } rows[] = {{0, 0}, {0, 77}, {0, 2057}, {1, 0}, {1, 7}, {1, 8}, {2, 0}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct store_key key = key_tile(book.journal.number,
                                        (uint8_t)rows[i].level, rows[i].place);
        for (int damaged = 0; damaged < 2; damaged++) {
            if (damaged == 1) {
                spoil(&book.world, STORE_TILES, key_view(&key));
            } else {
                remove_row(&book, STORE_TILES, &key);
            }
            const struct told *told = read_again(&book, 10000);
            assert_int_equal(told->count, 1);
            assert_told(told, JOURNAL_DAMAGE_TILE, rows[i].level,
                        rows[i].place * 32, rows[i].place * 32 + 32);
            assert_ok(mend_row(&book, rows[i].level, rows[i].place));
            assert_int_equal(read_again(&book, 10000)->count, 0);
        }
    }
    assert_whole(&book);
    world_fini(&book.world);
}

static void entries_and_their_hashes_come_back_together(void **state)
{
    (void)state;
    struct book book;
    book_init(&book, 5003);
    const uint64_t ats[] = {1000, 5002}; /* below a full tile, at the edge */
    for (size_t i = 0; i < 2; i++) {
        uint64_t first = 0, end = 0, next = 0;
        bundle_at(&book, ats[i], &first, &end);
        struct store_key key = key_entry(book.journal.number, first);
        struct store_key row = key_tile(book.journal.number, 0, ats[i] / 32);
        spoil(&book.world, STORE_ENTRIES, key_view(&key));
        remove_row(&book, STORE_TILES, &row);
        const struct told *told = read_again(&book, 10000);
        assert_told(told, JOURNAL_DAMAGE_ENTRIES, 0, first, end);
        assert_told(told, JOURNAL_DAMAGE_TILE, 0, ats[i] / 32 * 32,
                    ats[i] / 32 * 32 + 32);
        assert_err(mend_row(&book, 0, ats[i] / 32), HL_EDAMAGED);
        assert_err(mend(&book, first, 40, true, &next), HL_EPROOF);
        assert_ok(mend(&book, first, AT_ONCE, false, &next));
        assert_true(next >= end);
        assert_whole(&book);
    }
    world_fini(&book.world);
}

/* Past a changed key a search finds neither it nor others, which come to light
 * again when it is gone. */
static void what_a_changed_key_hid_is_not_put_twice(void **state)
{
    (void)state;
    struct book book;
    book_init(&book, 0);
    for (int i = 0; i < 40; i++) {
        append(&book, 8);
    }
    for (uint64_t at = 8; at < 320; at += 8) {
        static const struct {
            size_t at;
            uint8_t bits;
        } flips[] = {{4, 0x80}, {9, 0x02}, {11, 0x01}};
        uint64_t next = 0;
        char room[32];
        struct store_key place = key_entry(book.journal.number, at);
        /* The key, and what the value begins with. */
        key_u8(&place, 1);
        key_u8(&place, 0);
        key_u8(&place, (uint8_t)text_of(at, room).size);
        key_bytes(&place, text_of(at, room));
        world_close(&book.world);
        change_file(&book.world, key_view(&place), flips[at / 8 % 3].at,
                    flips[at / 8 % 3].bits);
        world_open(&book.world);
        assert_true(scan(&book.world, STORE_ENTRIES).damaged > 0);
        while (read_again(&book, 1000)->count > 0) {
            next = book.told.items[0].first;
            assert_ok(mend(&book, next, 320 - next, false, &next));
        }
        assert_whole(&book);
    }
    world_fini(&book.world);
}

/* What is told is given back, until nothing is. */
static void mend_all(struct book *book, uint64_t at_once)
{
    uint64_t size = book->journal.frontier.size;
    for (int turn = 0; read_again(book, at_once)->count > 0; turn++) {
        assert_true(turn < 8);
        uint64_t next = book->told.items[0].first;
        assert_int_equal(book->told.items[0].what, JOURNAL_DAMAGE_ENTRIES);
        size_t count = size - next < AT_ONCE ? (size_t)(size - next) : AT_ONCE;
        assert_ok(mend(book, next, count, false, &next));
    }
}

/* Keys and what the value begins with, as they lie in the file. */
static struct store_key place_of(const struct book *book, uint64_t at)
{
    char room[32];
    struct store_key place = key_entry(book->journal.number, at);
    key_u8(&place, 1);
    key_u8(&place, 0);
    key_u8(&place, (uint8_t)text_of(at, room).size);
    key_bytes(&place, text_of(at, room));
    return place;
}

static void after_any_bit_of_a_key_all_is_had_again(void **state)
{
    (void)state;
    struct book book;
    book_init(&book, 0);
    for (int i = 0; i < 40; i++) {
        append(&book, 8);
    }
    for (uint64_t at = 8; at < 320; at += 24) {
        for (size_t bit = 0; bit < 9; bit++) {
            struct store_key place = place_of(&book, at);
            world_close(&book.world);
            change_file(&book.world, key_view(&place), 11 - bit / 8,
                        (uint8_t)(1 << bit % 8));
            world_open(&book.world);
            mend_all(&book, at + bit);
            assert_whole(&book);
        }
    }
    world_fini(&book.world);
}

static void after_any_bit_of_a_key_that_leads_all_is_had_again(void **state)
{
    (void)state;
    struct book book;
    size_t keys[PAGE_KEYS_MAX], hit = 0;
    book_init(&book, 0);
    struct store_key ours = key_journal(book.journal.number);
    for (int i = 0; i < 400; i++) {
        append(&book, 8);
    }
    for (unsigned bit = 0; bit < 96; bit += bit < 13 ? 1 : 19) {
        size_t count =
            page_branch_keys(book.world.data, key_view(&ours), 12, keys);
        for (size_t i = 0; i < count; i++) {
            world_close(&book.world);
            page_flip(book.world.data, keys[i] + 11 - bit / 8, bit % 8);
            world_open(&book.world);
            if (scan(&book.world, STORE_ENTRIES).damaged == 0) {
                continue; /* a page of before */
            }
            hit++;
            mend_all(&book, 333);
            assert_whole(&book);
            break;
        }
    }
    assert_true(hit > 5);
    world_fini(&book.world);
}

static void remove_hashes(struct book *book, uint8_t level, uint64_t place)
{
    struct store_key key = key_tile(book->journal.number, level, place);
    remove_row(book, STORE_TILES, &key);
}

static void lose_region(struct book *book, uint64_t from, bool above)
{
    for (uint64_t at = from, first = 0; at < from + 1000;) {
        bundle_at(book, at, &first, &at);
        struct store_key key = key_entry(book->journal.number, first);
        if (first % 500 != 250) {
            remove_row(book, STORE_ENTRIES, &key);
        }
    }
    for (uint64_t at = from; at < from + 1000; at += ROW_WIDTH) {
        remove_hashes(book, 0, at / ROW_WIDTH);
    }
    if (above) {
        remove_hashes(book, 1, from / 256 / ROW_WIDTH);
        remove_hashes(book, 2, 0);
    }
}

static void mend_all_rows(struct book *book)
{
    const struct told *told = read_again(book, 5000);
    struct journal_row_place rows[64];
    size_t count = 0;
    for (unsigned level = 0; level < ROW_LEVELS; level++) {
        for (size_t i = 0; i < told->count; i++) {
            assert_int_equal(told->items[i].what, JOURNAL_DAMAGE_TILE);
            if (told->items[i].level == level) {
                rows[count++] = (struct journal_row_place){
                    level, told->items[i].first / ROW_WIDTH};
            }
        }
    }
    struct store_txn *txn = world_write(&book->world);
    assert_ok(journal_mend_rows(txn, &book->journal, rows, count, NULL));
    assert_ok(store_commit(&txn, NULL));
}

/* A disk takes neighbours: entries, their hashes, and those above. What is
 * given comes in pieces that end anywhere. */
static void where_a_whole_region_is_lost_all_comes_back(void **state)
{
    (void)state;
    static const struct {
        uint64_t from;
        size_t piece;
        bool above;
    } rounds[] = {{20000, 300, false},
                  {20000, 461, false},
                  {20000, AT_ONCE, true},
                  {68000, 300, false},
                  {68000, AT_ONCE, true}};
    struct book book;
    book_init(&book, 66000);
    while (book.journal.frontier.size < 69000) {
        append(&book, 50);
    }
    for (size_t i = 0; i < sizeof(rounds) / sizeof(rounds[0]); i++) {
        uint64_t from = rounds[i].from, next = 0;
        lose_region(&book, from, rounds[i].above);
        const struct told *told = read_again(&book, 5000);
        next = told->items[0].first;
        assert_int_equal(told->items[0].what, JOURNAL_DAMAGE_ENTRIES);
        assert_err(mend(&book, next, rounds[i].piece, true, &next), HL_EPROOF);
        while (next < 69000) {
            uint64_t before = next;
            size_t left = (size_t)(69000 - next);
            assert_ok(mend(&book, next,
                           left < rounds[i].piece ? left : rounds[i].piece,
                           false, &next));
            assert_true(next > before);
        }
        mend_all_rows(&book);
        assert_whole(&book);
    }
    world_fini(&book.world);
}

/* Where nothing else is left to compare with, the frontier is; and other
 * entries than the journal's do not lead to it. */
static void with_hashes_lost_too_other_entries_stay_out(void **state)
{
    (void)state;
    struct book book;
    uint64_t next = 0;
    book_init(&book, 20);
    struct store_key key = key_entry(book.journal.number, 0);
    struct store_key row = key_tile(book.journal.number, 0, 0);
    remove_row(&book, STORE_ENTRIES, &key);
    remove_row(&book, STORE_TILES, &row);
    assert_err(mend(&book, 0, 20, true, &next), HL_EPROOF);
    assert_ok(mend(&book, 0, 20, false, &next));
    assert_whole(&book);
    world_fini(&book.world);
}

static void a_journal_may_grow_while_it_is_read_again(void **state)
{
    (void)state;
    struct book book;
    book_init(&book, 700);
    struct journal_scrub scrub = {.tell = take, .context = &book.told};
    bool done = false;
    for (int i = 0; !done; i++) {
        if (i < 5) {
            append(&book, 301);
        }
        struct store_txn *txn = world_read(&book.world);
        assert_ok(
            journal_scrub_step(&scrub, txn, &book.journal, 333, &done, NULL));
        store_abort(&txn);
    }
    assert_int_equal(scrub.frontier.size, 700 + 5 * 301);
    assert_int_equal(book.told.count, 0);
    world_fini(&book.world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_changed_value_in_any_table_is_found_and_named),
        cmocka_unit_test(a_row_with_a_changed_key_is_found_and_dropped),
        cmocka_unit_test(lost_entries_are_found_and_only_the_same_get_back),
        cmocka_unit_test(damaged_hashes_of_any_level_are_found_and_computed),
        cmocka_unit_test(entries_and_their_hashes_come_back_together),
        cmocka_unit_test(what_a_changed_key_hid_is_not_put_twice),
        cmocka_unit_test(after_any_bit_of_a_key_all_is_had_again),
        cmocka_unit_test(after_any_bit_of_a_key_that_leads_all_is_had_again),
        cmocka_unit_test(where_a_whole_region_is_lost_all_comes_back),
        cmocka_unit_test(with_hashes_lost_too_other_entries_stay_out),
        cmocka_unit_test(a_journal_may_grow_while_it_is_read_again),
    };
    test_seed_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
