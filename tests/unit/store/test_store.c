/* SPDX-License-Identifier: Apache-2.0 */
#include "node/store/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/store/key.h"
#include "tests/unit/store/store_world.h"

static void what_is_committed_is_there_after_reopening(void **state)
{
    (void)state;
    struct store_world world;
    world_init(&world);
    world_put(&world, STORE_ROWS, "a", "one");
    world_put(&world, STORE_ROWS, "empty", "");
    world_put(&world, STORE_ROWS_1, "a", "other table");
    world_put(&world, STORE_ROWS, "a", "two");
    world_close(&world);
    world_open(&world);
    assert_row(&world, STORE_ROWS, "a", "two");
    assert_row(&world, STORE_ROWS, "empty", "");
    assert_row(&world, STORE_ROWS_1, "a", "other table");
    assert_row(&world, STORE_ROWS, "b", NULL);
    world_fini(&world);
}

static void an_aborted_transaction_leaves_nothing(void **state)
{
    (void)state;
    struct store_world world;
    world_init(&world);
    world_put(&world, STORE_ROWS, "a", "one");
    struct store_txn *txn = world_write(&world);
    assert_ok(store_put(txn, STORE_ROWS, bytes_of_text("a"),
                        bytes_of_text("two"), NULL));
    assert_ok(store_delete(txn, STORE_ROWS, bytes_of_text("none"), NULL));
    store_abort(&txn);
    assert_null(txn);
    assert_row(&world, STORE_ROWS, "a", "one");
    world_fini(&world);
}

static void a_snapshot_does_not_see_later_commits(void **state)
{
    (void)state;
    struct store_world world;
    world_init(&world);
    world_put(&world, STORE_ROWS, "a", "one");
    struct store_txn *before = world_read(&world);
    world_put(&world, STORE_ROWS, "a", "two");
    struct bytes value;
    assert_ok(store_get(before, STORE_ROWS, bytes_of_text("a"), &value, NULL));
    assert_true(bytes_equal_text(value, "one"));
    store_abort(&before);
    world_fini(&world);
}

static void walk(struct store_cursor *cursor, const char *expected)
{
    struct store_row row;
    char seen[16] = {0};
    assert_ok(store_seek(cursor, (struct bytes){0}, &row, NULL));
    while (row.key.data != NULL) {
        strncat(seen, (const char *)row.key.data, 1);
        assert_ok(store_next(cursor, &row, NULL));
    }
    /* It stays at the end. */
    assert_ok(store_next(cursor, &row, NULL));
    assert_null(row.key.data);
    assert_string_equal(seen, expected);
}

static void a_cursor_finds_neighbours_on_both_sides(void **state)
{
    (void)state;
    struct store_world world;
    struct store_cursor *cursor = NULL;
    struct store_row row;
    world_init(&world);
    world_put(&world, STORE_JOINT, "b", "2");
    world_put(&world, STORE_JOINT, "d", "4");
    world_put(&world, STORE_JOINT, "f", "6");
    struct store_txn *txn = world_read(&world);
    assert_ok(store_cursor_open(txn, STORE_JOINT, &cursor, NULL));
    walk(cursor, "bdf");
    static const struct {
        const char *key, *at_or_above, *below;
    } rows[] = {{"a", "b", NULL}, {"b", "b", NULL}, {"c", "d", "b"},
                {"d", "d", "b"},  {"f", "f", "d"},  {"g", NULL, "f"},
                {"", "b", "f"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bytes key = bytes_of_text(rows[i].key);
        assert_ok(store_seek(cursor, key, &row, NULL));
        assert_true(rows[i].at_or_above == NULL
                        ? row.key.data == NULL
                        : bytes_equal_text(row.key, rows[i].at_or_above));
        assert_ok(store_seek_below(cursor, key, &row, NULL));
        assert_true(rows[i].below == NULL
                        ? row.key.data == NULL
                        : bytes_equal_text(row.key, rows[i].below));
    }
    assert_ok(store_previous(cursor, &row, NULL));
    assert_true(bytes_equal_text(row.value, "4"));
    store_cursor_close(&cursor);
    store_abort(&txn);
    world_fini(&world);
}

static void an_empty_table_has_no_neighbours(void **state)
{
    (void)state;
    struct store_world world;
    struct store_cursor *cursor = NULL;
    struct store_row row;
    world_init(&world);
    struct store_txn *txn = world_read(&world);
    assert_ok(store_cursor_open(txn, STORE_FINDINGS, &cursor, NULL));
    assert_ok(store_seek(cursor, (struct bytes){0}, &row, NULL));
    assert_null(row.key.data);
    assert_ok(store_seek_below(cursor, bytes_of_text("x"), &row, NULL));
    assert_null(row.key.data);
    assert_ok(store_previous(cursor, &row, NULL));
    assert_null(row.key.data);
    store_cursor_close(&cursor);
    store_abort(&txn);
    world_fini(&world);
}

static void clearing_empties_one_table(void **state)
{
    (void)state;
    struct store_world world;
    world_init(&world);
    world_put(&world, STORE_ROWS, "a", "one");
    world_put(&world, STORE_ROWS_1, "a", "one");
    struct store_txn *txn = world_write(&world);
    assert_ok(store_clear(txn, STORE_ROWS_1, NULL));
    assert_ok(store_commit(&txn, NULL));
    assert_row(&world, STORE_ROWS, "a", "one");
    assert_row(&world, STORE_ROWS_1, "a", NULL);
    world_fini(&world);
}

static void a_second_open_is_refused_and_told_by_whom(void **state)
{
    (void)state;
    struct store_world world;
    struct store *second = NULL;
    struct hl_detail detail = {0};
    char pid[24];
    world_init(&world);
    assert_err(store_open(&world.options, &second, &detail), HL_ELOCKED);
    snprintf(pid, sizeof(pid), "process %ld:", (long)getpid());
    assert_non_null(strstr(detail.text, pid));
    world_close(&world);
    world_open(&world);
    world_fini(&world);
}

static void a_missing_folder_is_named(void **state)
{
    (void)state;
    struct store_world world;
    struct store *store = NULL;
    struct hl_detail detail = {0};
    world_init(&world);
    struct store_options options = world.options;
    options.folder = "/tmp/heluo-no-such-folder";
    assert_err(store_open(&options, &store, &detail), HL_ENOTFOUND);
    assert_non_null(strstr(detail.text, "/tmp/heluo-no-such-folder"));
    world_fini(&world);
}

static void readers_are_bounded(void **state)
{
    (void)state;
    struct store_world world;
    struct store_txn *txns[4], *one_more = NULL;
    struct store_usage usage;
    world_init(&world);
    for (size_t i = 0; i < 4; i++) {
        txns[i] = world_read(&world);
    }
    assert_err(store_begin_read(world.store, &one_more, NULL), HL_EBUSY);
    assert_null(one_more);
    /* Neither a writer nor a look at the usage is one of them. */
    world_put(&world, STORE_ROWS, "a", "one");
    assert_ok(store_usage(world.store, &usage, NULL));
    store_abort(&txns[0]);
    txns[0] = world_read(&world);
    for (size_t i = 0; i < 4; i++) {
        store_abort(&txns[i]);
    }
    world_fini(&world);
}

static void read_whole(const char *path, struct writer *out)
{
    writer_clear(out);
    test_read_file(path, out);
}

static void a_newer_format_is_refused_and_left_alone(void **state)
{
    (void)state;
    struct store_world world;
    struct store *store = NULL;
    struct hl_detail detail = {0};
    struct writer before = {0}, after = {0};
    const uint8_t newer[4] = {0, 0, 0, 2};
    struct store_key key = key_meta(STORE_META_FORMAT);
    world_init(&world);
    struct store_txn *txn = world_write(&world);
    assert_ok(
        store_put(txn, STORE_META, key_view(&key), bytes_of(newer, 4), NULL));
    assert_ok(store_commit(&txn, NULL));
    world_close(&world);
    read_whole(world.data, &before);
    assert_err(store_open(&world.options, &store, &detail), HL_ENEWER);
    assert_non_null(strstr(detail.text, "format 2"));
    read_whole(world.data, &after);
    assert_true(bytes_equal(writer_view(&before), writer_view(&after)));
    writer_fini(&before);
    writer_fini(&after);
    world_fini(&world);
}

static void assert_refused(struct store_world *world, hl_err expected,
                           const char *words)
{
    struct store *store = NULL;
    struct hl_detail detail = {0};
    assert_err(store_open(&world->options, &store, &detail), expected);
    if (strstr(detail.text, words) == NULL) {
        fail_msg("'%s' does not say '%s'", detail.text, words);
    }
}

static void overwrite(const char *path, off_t at, const void *data, size_t size)
{
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, data, size, at), size);
    close(fd);
}

static void what_is_no_store_is_refused(void **state)
{
    (void)state;
    struct store_world world;
    world_init(&world);
    world_put(&world, STORE_ROWS, "a", "one");
    world_close(&world);

    overwrite(world.data, 16, "XXXX", 4); /* the magic number */
    assert_refused(&world, HL_EDAMAGED, "no store");
    assert_int_equal(truncate(world.data, 0), 0);
    assert_int_equal(truncate(world.data, 16384), 0);
    assert_refused(&world, HL_EDAMAGED, "no store");
    assert_int_equal(truncate(world.data, 100), 0);
    assert_refused(&world, HL_EDAMAGED, "no store");
    /* An empty file is what a creation cut short leaves. */
    assert_int_equal(truncate(world.data, 0), 0);
    world_open(&world);
    assert_row(&world, STORE_ROWS, "a", NULL);
    world_fini(&world);
}

/* As LMDB leaves it where it cannot write one: of the number before, and with
 * pages beyond its last. */
static void a_head_page_of_a_failed_commit_is_passed_over(void **state)
{
    (void)state;
    struct store_world world;
    struct writer file = {0};
    world_init(&world);
    world_put(&world, STORE_ROWS, "a", "one");
    world_put(&world, STORE_ROWS, "b", "two");
    world_close(&world);
    read_whole(world.data, &file);
    uint64_t txns[2], root = 900;
    memcpy(&txns[0], file.data + 144, sizeof(txns[0]));
    memcpy(&txns[1], file.data + 4096 + 144, sizeof(txns[1]));
    off_t older = txns[0] < txns[1] ? 0 : 4096;
    overwrite(world.data, older + 128, &root, sizeof(root));
    world_open(&world);
    assert_row(&world, STORE_ROWS, "b", "two");
    world_put(&world, STORE_ROWS, "c", "three");
    world_close(&world);
    world_open(&world);
    assert_row(&world, STORE_ROWS, "c", "three");
    world_close(&world);

    overwrite(world.data, 128, &root, sizeof(root));
    overwrite(world.data, 4096 + 128, &root, sizeof(root));
    assert_refused(&world, HL_EDAMAGED, "head page");
    assert_int_equal(truncate(world.data, 0), 0);
    writer_fini(&file);
    world_fini(&world);
}

static void a_creation_that_was_cut_short_leaves_no_trace(void **state)
{
    (void)state;
    struct store_world world;
    char half[128];
    world_init(&world);
    world_close(&world);
    snprintf(half, sizeof(half), "%s.new", world.data);
    assert_int_equal(rename(world.data, half), 0);
    overwrite(half, 0, "half of a head page", 19);
    world_open(&world);
    assert_row(&world, STORE_ROWS, "a", NULL);
    assert_int_equal(access(half, F_OK), -1);
    world_fini(&world);
}

static void a_cut_off_file_is_refused(void **state)
{
    (void)state;
    struct store_world world;
    world_init(&world);
    for (char key[2] = "a"; key[0] <= 'z'; key[0]++) {
        world_put(&world, STORE_ROWS, key, "some value");
    }
    world_close(&world);
    assert_int_equal(truncate(world.data, 5 * 4096), 0);
    assert_refused(&world, HL_EDAMAGED, "cut off");
    world_fini(&world);
}

static void a_map_below_the_file_is_refused(void **state)
{
    (void)state;
    struct store_world world;
    world_init(&world);
    world_put(&world, STORE_ROWS, "a", "one");
    world_close(&world);
    world.options.map_bytes = 8192;
    assert_refused(&world, HL_ELIMIT, "map_bytes");
    world_fini(&world);
}

/* For root too, who may write anywhere: the lock's place is taken. */
static void a_folder_that_cannot_be_written_is_named(void **state)
{
    (void)state;
    struct store_world world;
    world_init(&world);
    world_close(&world);
    char lock[128];
    snprintf(lock, sizeof(lock), "%s/store.lock", world.folder);
    assert_int_equal(unlink(lock), 0);
    assert_int_equal(mkdir(lock, 0700), 0);
    assert_refused(&world, HL_EIO, world.folder);
    assert_int_equal(rmdir(lock), 0);
    world_fini(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_committed_is_there_after_reopening),
        cmocka_unit_test(an_aborted_transaction_leaves_nothing),
        cmocka_unit_test(a_snapshot_does_not_see_later_commits),
        cmocka_unit_test(a_cursor_finds_neighbours_on_both_sides),
        cmocka_unit_test(an_empty_table_has_no_neighbours),
        cmocka_unit_test(clearing_empties_one_table),
        cmocka_unit_test(a_second_open_is_refused_and_told_by_whom),
        cmocka_unit_test(a_missing_folder_is_named),
        cmocka_unit_test(readers_are_bounded),
        cmocka_unit_test(a_newer_format_is_refused_and_left_alone),
        cmocka_unit_test(what_is_no_store_is_refused),
        cmocka_unit_test(a_head_page_of_a_failed_commit_is_passed_over),
        cmocka_unit_test(a_creation_that_was_cut_short_leaves_no_trace),
        cmocka_unit_test(a_cut_off_file_is_refused),
        cmocka_unit_test(a_map_below_the_file_is_refused),
        cmocka_unit_test(a_folder_that_cannot_be_written_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
