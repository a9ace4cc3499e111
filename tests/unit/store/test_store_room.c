/* SPDX-License-Identifier: Apache-2.0 */

/* Rooms that end: the store's own bound, one transaction's, the disk's. */

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "node/store/key.h"
#include "node/store/store_files.h"
#include "tests/unit/store/store_world.h"

enum { VALUE_BYTES = 3000 };

static hl_err put_at(struct store_txn *txn, enum store_table table, uint64_t at)
{
    static const uint8_t value[VALUE_BYTES] = {1};
    struct store_key key = key_entry(0, at);
    return store_put(txn, table, key_view(&key), bytes_of(value, VALUE_BYTES),
                     NULL);
}

/* Puts 100 rows in a transaction of their own. */
static hl_err put_many(struct store_world *world, uint64_t first,
                       struct hl_detail *detail)
{
    struct store_txn *txn = NULL;
    hl_err err = store_begin_write(world->store, &txn, detail);
    for (uint64_t i = 0; err == HL_OK && i < 100; i++) {
        err = put_at(txn, STORE_ROWS, first + i);
    }
    if (err == HL_OK) {
        err = store_commit(&txn, detail);
    }
    store_abort(&txn);
    return err;
}

static void fill(struct store_world *world, struct hl_detail *detail)
{
    hl_err err = HL_OK;
    uint64_t first = 0;
    for (; err == HL_OK; first += 100) {
        assert_in_range(first, 0, 100000);
        err = put_many(world, first, detail);
    }
    assert_err(err, HL_EFULL);
}

static void at_its_bound_the_store_refuses_until_room_is_made(void **state)
{
    (void)state;
    struct store_world world;
    struct store_usage usage;
    struct hl_detail detail = {0};
    world_init(&world);
    world_close(&world);
    world.options.max_bytes = UINT64_C(6) << 20;
    world_open(&world);
    fill(&world, &detail);
    assert_non_null(strstr(detail.text, "of 6 MiB"));
    assert_ok(store_usage(world.store, &usage, NULL));
    assert_in_range(usage.used_bytes, 6 << 20, 7 << 20);
    assert_int_equal(usage.max_bytes, 6 << 20);
    /* Reads go on; opening too. */
    world_close(&world);
    world_open(&world);
    struct store_txn *txn = world_read(&world);
    struct store_key key = key_entry(0, 7);
    struct bytes value;
    assert_ok(store_get(txn, STORE_ROWS, key_view(&key), &value, NULL));
    assert_int_equal(value.size, VALUE_BYTES);
    store_abort(&txn);

    assert_ok(store_begin_freeing(world.store, &txn, NULL));
    assert_ok(store_clear(txn, STORE_ROWS, NULL));
    assert_ok(store_commit(&txn, NULL));
    assert_ok(put_many(&world, 0, NULL));
    assert_ok(store_usage(world.store, &usage, NULL));
    assert_in_range(usage.used_bytes, 0, 2 << 20);
    world_fini(&world);
}

static void a_transaction_that_outgrows_its_room_writes_nothing(void **state)
{
    (void)state;
    struct store_world world;
    struct hl_detail detail = {0};
    world_init(&world);
    world_put(&world, STORE_ROWS, "a", "one");
    struct store_txn *txn = world_write(&world);
    uint64_t at = 0, large_at = 0;
    hl_err err = HL_OK;
    assert_false(store_txn_is_large(txn));
    for (; err == HL_OK; at++) {
        assert_in_range(at, 0, 100000);
        err = put_at(txn, STORE_JOINT, at);
        if (large_at == 0 && store_txn_is_large(txn)) {
            large_at = at;
        }
    }
    assert_err(err, HL_EFULL);
    /* 8 MiB are ready, and each row takes a page. */
    assert_in_range(at, 1500, 2048);
    assert_in_range(large_at, at / 3, at * 2 / 3);
    assert_err(store_commit(&txn, &detail), HL_EFULL);
    assert_null(txn);
    assert_row(&world, STORE_ROWS, "a", "one");
    world_put(&world, STORE_ROWS, "b", "two");
    txn = world_read(&world);
    struct store_key key = key_entry(0, 0);
    struct bytes value;
    assert_ok(store_get(txn, STORE_JOINT, key_view(&key), &value, NULL));
    assert_null(value.data);
    store_abort(&txn);
    world_fini(&world);
}

static void a_value_without_end_is_refused(void **state)
{
    (void)state;
    static uint8_t value[STORE_VALUE_MAX_BYTES + 1];
    struct store_world world;
    world_init(&world);
    struct store_txn *txn = world_write(&world);
    struct bytes key = bytes_of_text("a");
    assert_err(
        store_put(txn, STORE_ROWS, key, bytes_of(value, sizeof(value)), NULL),
        HL_ELIMIT);
    assert_ok(store_put(txn, STORE_ROWS, key,
                        bytes_of(value, sizeof(value) - 1), NULL));
    assert_ok(store_commit(&txn, NULL));
    world_fini(&world);
}

static off_t file_size(const struct store_world *world)
{
    struct stat file;
    assert_int_equal(stat(world->data, &file), 0);
    return file.st_size;
}

static void change_at_random(struct store_txn *txn, struct rng *rng)
{
    static const uint8_t value[9000] = {2};
    static const size_t sizes[] = {10, 300, 2500, 9000};
    enum store_table table = STORE_ROWS + (enum store_table)rng_below(rng, 3);
    size_t size = (size_t)rng_below(rng, sizes[rng_below(rng, 4)]);
    struct store_key key = key_entry(0, rng_below(rng, 20000));
    if (rng_below(rng, 5) == 0) {
        assert_ok(store_delete(txn, table, key_view(&key), NULL));
    } else {
        assert_ok(
            store_put(txn, table, key_view(&key), bytes_of(value, size), NULL));
    }
}

static void a_commit_never_needs_more_disk_than_was_made_ready(void **state)
{
    (void)state;
    struct store_world world;
    struct rng rng = test_rng(__func__);
    world_init(&world);
    for (int i = 0; i < 40; i++) {
        struct store_txn *txn = world_write(&world);
        off_t ready = file_size(&world);
        uint64_t changes = 0;
        while (!store_txn_is_large(txn) && changes < 3000) {
            change_at_random(txn, &rng);
            changes++;
        }
        assert_true(changes > 50);
        assert_ok(store_commit(&txn, NULL));
        assert_int_equal(file_size(&world), ready);
    }
    world_fini(&world);
}

/* A limit on the size of files meets the same call as a full disk. */
static void
without_disk_writes_are_refused_and_go_on_by_themselves(void **state)
{
    (void)state;
    struct store_world world;
    struct hl_detail detail = {0};
    struct rlimit before, tight;
    world_init(&world);
    world_put(&world, STORE_ROWS, "a", "one");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    tight = before;
    tight.rlim_cur = (rlim_t)file_size(&world);
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    fill(&world, &detail);
    struct store_txn *txn = NULL;
    assert_err(store_begin_write(world.store, &txn, NULL), HL_EFULL);
    assert_row(&world, STORE_ROWS, "a", "one");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_non_null(strstr(detail.text, "ulimit"));
    world_put(&world, STORE_ROWS, "a", "two");
    assert_row(&world, STORE_ROWS, "a", "two");
    world_fini(&world);
}

static void what_the_disk_cannot_hold_is_refused_and_takes_nothing(void **state)
{
    (void)state;
    struct hl_detail detail = {0};
    struct stat file;
    FILE *scratch = tmpfile();
    assert_non_null(scratch);
    struct store_room room = {.folder = "scratch", .fd = fileno(scratch)};
    uint64_t free_bytes = 0;
    assert_ok(store_room_free(&room, &free_bytes, NULL));
    assert_err(store_room_ensure(&room, free_bytes + (UINT64_C(1) << 30),
                                 1 << 20, &detail),
               HL_EFULL);
    assert_non_null(strstr(detail.text, "is full"));
    assert_int_equal(fstat(room.fd, &file), 0);
    assert_int_equal(file.st_blocks, 0);
    assert_ok(store_room_ensure(&room, 1 << 20, 1 << 20, NULL));
    fclose(scratch);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_its_bound_the_store_refuses_until_room_is_made),
        cmocka_unit_test(a_transaction_that_outgrows_its_room_writes_nothing),
        cmocka_unit_test(a_value_without_end_is_refused),
        cmocka_unit_test(a_commit_never_needs_more_disk_than_was_made_ready),
        cmocka_unit_test(
            without_disk_writes_are_refused_and_go_on_by_themselves),
        cmocka_unit_test(
            what_the_disk_cannot_hold_is_refused_and_takes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
