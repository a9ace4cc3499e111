/* SPDX-License-Identifier: Apache-2.0 */

/* The reading of a whole store says what is damaged, and where. */

#include "node/scrub/scrub_walk.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/store/store_inside.h"
#include "protocol/base/alloc.h"
#include "protocol/base/text.h"
#include "tests/support/pages.h"
#include "tests/unit/store/store_world.h"

static struct scrub_report scrub(struct store_world *world, uint64_t at_once)
{
    struct verifier verifier = verifier_openssl();
    struct scrub_options options = {.verifier = &verifier};
    struct scrub_report report = {.items = NULL};
    struct scrub_walk walk;
    bool done = false;
    scrub_walk_init(&walk, &options, &report);
    while (!done) {
        uint64_t bytes = 0;
        assert_ok(
            scrub_walk_step(&walk, world->store, at_once, &bytes, &done, NULL));
    }
    return report;
}

/* That, and nothing else. */
static void assert_found(struct store_world *world, enum scrub_kind kind,
                         enum store_table table, const char *says)
{
    for (uint64_t at_once = 3; at_once < 5000; at_once *= 11) {
        struct scrub_report report = scrub(world, at_once);
        bool found = false;
        for (size_t i = 0; i < report.count; i++) {
            const struct scrub_finding *item = &report.items[i];
            char text[SCRUB_TEXT_BYTES];
            scrub_finding_text(item, true, text);
            assert_true(text_utf8_valid(bytes_of_text(text)));
            assert_null(strchr(text, '%'));
            scrub_finding_text(item, false, text);
            assert_null(strchr(text, '%'));
            found = found || (item->kind == kind && item->table == table &&
                              strstr(text, says) != NULL);
        }
        assert_true(found);
        scrub_report_fini(&report);
    }
}

static void assert_good(struct store_world *world)
{
    struct scrub_report report = scrub(world, 100);
    assert_int_equal(report.count, 0);
    assert_int_equal(report.entries, 2 * 1500);
    assert_true(report.rows > 0);
    scrub_report_fini(&report);
}

static void append(struct store_txn *txn, const char *origin)
{
    enum { ENTRIES = 1500 };
    static char texts[ENTRIES][32];
    struct bytes entries[ENTRIES];
    struct journal journal;
    for (size_t i = 0; i < ENTRIES; i++) {
        snprintf(texts[i], sizeof(texts[i]), "%s entry %zu", origin, i);
        entries[i] = bytes_of_text(texts[i]);
    }
    const struct journal_run run = {.entries = entries, .count = ENTRIES};
    assert_ok(
        journal_find_or_create(txn, bytes_of_text(origin), &journal, NULL));
    assert_ok(journal_append(txn, &journal, &run, NULL));
}

static void fill(struct store_world *world)
{
    world_init(world);
    struct store_txn *txn = world_write(world);
    append(txn, "zy/ant");
    append(txn, "zy/bee");
    assert_ok(store_commit(&txn, NULL));
    for (int table = STORE_ROWS; table <= STORE_FINDINGS_1; table++) {
        world_put(world, (enum store_table)table, "row", "what is computed");
    }
    world_put(world, STORE_CUTS, "row", "a cut");
    world_put(world, STORE_CUT_ENTRIES, "row", "what it took away");
    world_put(world, STORE_PRIVATE, "row", "a person");
}

/* The first row of the table; again to put it right. */
static void spoil(struct store_world *world, enum store_table table)
{
    struct store_txn *txn = world_write(world);
    MDB_cursor *cursor = NULL;
    MDB_val key, value;
    assert_int_equal(mdb_cursor_open(store_txn_raw(txn),
                                     world->store->tables[table], &cursor),
                     0);
    assert_int_equal(mdb_cursor_get(cursor, &key, &value, MDB_FIRST), 0);
    uint8_t *copy = hl_copy(value.mv_data, value.mv_size);
    copy[value.mv_size - 1] ^= 16;
    value.mv_data = copy;
    assert_int_equal(mdb_cursor_put(cursor, &key, &value, MDB_CURRENT), 0);
    mdb_cursor_close(cursor);
    assert_ok(store_commit(&txn, NULL));
    hl_free(copy);
}

static void a_changed_byte_in_each_table_is_found_and_named(void **state)
{
    (void)state;
    struct store_world world;
    fill(&world);
    assert_good(&world);
    for (int table = 0; table < STORE_TABLE_COUNT; table++) {
        enum store_table at = (enum store_table)table;
        if (at == STORE_CHECKPOINTS || at == STORE_CHARTERS ||
            at == STORE_EVIDENCE) {
            continue; /* empty here */
        }
        char says[64];
        spoil(&world, at);
        snprintf(says, sizeof(says), "table %s, key ", store_table_name(at));
        assert_found(&world, SCRUB_ROW, at, says);
        spoil(&world, at);
        assert_good(&world);
    }
    world_fini(&world);
}

static void remove_row(struct store_world *world, enum store_table table,
                       struct store_key key)
{
    struct store_txn *txn = world_write(world);
    assert_ok(store_delete(txn, table, key_view(&key), NULL));
    assert_ok(store_commit(&txn, NULL));
}

static void what_is_missing_is_found_and_named(void **state)
{
    (void)state;
    struct store_world world;
    fill(&world);
    remove_row(&world, STORE_ENTRIES, key_entry(1, 0));
    assert_found(&world, SCRUB_ENTRIES, STORE_ENTRIES,
                 "journal zy/bee: entries 0 to ");
    remove_row(&world, STORE_TILES, key_tile(0, 0, 3));
    assert_found(&world, SCRUB_TILE, STORE_TILES,
                 "journal zy/ant: hashes 96 to 127 of tile level 0");
    remove_row(&world, STORE_TILES, key_tile(0, 1, 0));
    assert_found(&world, SCRUB_TILE, STORE_TILES, "of tile level 1");
    remove_row(&world, STORE_JOURNALS, key_journal(1));
    assert_found(&world, SCRUB_JOURNAL, STORE_JOURNALS, "journal zy/bee");
    world_fini(&world);
}

static void statements_that_are_none_are_found(void **state)
{
    (void)state;
    struct store_world world;
    fill(&world);
    world_put(&world, STORE_CHARTERS, "charter", "no charter");
    assert_found(&world, SCRUB_STATEMENT, STORE_CHARTERS, "does not verify");
    world_put(&world, STORE_EVIDENCE, "evidence", "no evidence");
    assert_found(&world, SCRUB_STATEMENT, STORE_EVIDENCE, "does not verify");
    struct store_txn *txn = world_write(&world);
    struct journal journal;
    bool found = false;
    assert_ok(
        journal_find(txn, bytes_of_text("zy/ant"), &journal, &found, NULL));
    assert_ok(journal_put_checkpoint(txn, &journal, JOURNAL_SEALED,
                                     bytes_of_text("no note"), NULL));
    assert_ok(store_commit(&txn, NULL));
    assert_found(&world, SCRUB_CHECKPOINT, STORE_CHECKPOINTS,
                 "a kept checkpoint (kind 2)");
    world_fini(&world);
}

/* Two findings of one damage tell the same. */
static void what_a_partner_has_is_to_be_had_from_one(void **state)
{
    (void)state;
    static const enum store_table tables[] = {STORE_ENTRIES, STORE_TILES};
    for (size_t i = 0; i < 2; i++) {
        struct scrub_finding finding = {.kind = SCRUB_ROW, .table = tables[i]};
        char text[SCRUB_TEXT_BYTES];
        scrub_finding_text(&finding, false, text);
        assert_non_null(strstr(text, "connect a node that has the journal"));
        finding.table = STORE_META;
        scrub_finding_text(&finding, false, text);
        assert_non_null(strstr(text, "restore the newest backup"));
    }
}

/* A page that is reached twice, where another one was to be, leads the walk
 * back, and it comes to an end all the same. */
static void a_walk_that_is_led_back_ends(void **state)
{
    (void)state;
    struct store_world world;
    size_t keys[PAGE_KEYS_MAX];
    world_init(&world);
    for (int i = 0; i < 600; i++) {
        char key[24];
        snprintf(key, sizeof(key), "unit-%04d", i);
        world_put(&world, STORE_ROWS, key, "a row");
    }
    size_t count =
        page_branch_keys(world.data, bytes_of_text("unit-"), 9, keys);
    assert_true(count > 3);
    /* The page's number stands first in a node, before its key. */
    for (size_t i = 0; i + 2 < count; i++) {
        uint8_t here[4];
        int fd = open(world.data, O_RDWR);
        assert_int_equal(pread(fd, here, 4, (off_t)(keys[i] - 8)), 4);
        world_close(&world);
        assert_int_equal(pwrite(fd, here, 4, (off_t)(keys[i + 2] - 8)), 4);
        world_open(&world);
        for (uint64_t at_once = 1; at_once < 1000; at_once *= 31) {
            struct scrub_report report = scrub(&world, at_once);
            assert_true(report.rows < 5000);
            scrub_report_fini(&report);
        }
        close(fd);
    }
    world_fini(&world);
}

/* So many that not all are listed: they are counted. */
static void more_damage_than_is_listed_is_counted(void **state)
{
    (void)state;
    struct scrub_report report = {.items = NULL};
    struct scrub_finding finding = {.kind = SCRUB_ROOT};
    for (int i = 0; i < SCRUB_FINDINGS_MAX + 3; i++) {
        scrub_report_add(&report, &finding);
    }
    assert_int_equal(report.count, SCRUB_FINDINGS_MAX);
    assert_int_equal(report.more, 3);
    scrub_report_fini(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_changed_byte_in_each_table_is_found_and_named),
        cmocka_unit_test(what_is_missing_is_found_and_named),
        cmocka_unit_test(statements_that_are_none_are_found),
        cmocka_unit_test(what_a_partner_has_is_to_be_had_from_one),
        cmocka_unit_test(a_walk_that_is_led_back_ends),
        cmocka_unit_test(more_damage_than_is_listed_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
