/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/rebuild.h"

#include <string.h>

#include "node/catalogue/unit.h"
#include "node/projection/row.h"
#include "tests/support/support.h"
#include "tests/unit/projection/world.h"

static const char *const origins[] = {"zhongyuan.example/zhengzhou",
                                      "zhongyuan.example/luoyang",
                                      "zhongyuan.example/kaifeng"};

/* Some valid entries, some not, some with commands. */
static void append_random(struct world *world, struct rng *rng, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const char *origin = origins[rng_below(rng, 3)];
        unsigned unit = (unsigned)rng_below(rng, 150);
        switch (rng_below(rng, 6)) {
        case 0:
            world_retire_unit(world, origin, unit);
            break;
        case 1:
            world_append(world, origin, bytes_of_text("no entry"));
            break;
        default:
            world_put_unit(world, origin, unit, i % 2 == 0 ? "a" : "b");
            break;
        }
    }
    /* A command of our own. */
    struct entry entry = {
        .origin = bytes_of_text(origins[0]),
        .index = world_size(world, origins[0]),
        .recorded_at = {(int64_t)world_size(world, origins[0]) * 1000},
        .has_command = true,
        .body_type = entry_body_type(500, false),
    };
    rng_fill(rng, entry.command.id, sizeof(entry.command.id));
    struct writer raw = {0};
    assert_ok(entry_encode(&entry, &raw, NULL));
    world_append(world, origins[0], writer_view(&raw));
    writer_fini(&raw);
}

static struct world *new_world(struct world *world, struct rng *rng)
{
    world_init(world);
    world->own = origins[0];
    world_begin(world);
    append_random(world, rng, 1500);
    world_commit(world);
    return world;
}

static struct rebuild *begin(struct world *world, enum rebuild_kind kind,
                             const char *origin)
{
    struct rebuild *rebuild = NULL;
    assert_ok(rebuild_begin(world->txn, kind, bytes_of_text(origin),
                            bytes_of_text(origins[0]), &rebuild, NULL));
    return rebuild;
}

static struct rebuild_progress step(struct world *world,
                                    struct rebuild *rebuild, uint64_t max)
{
    struct rebuild_progress progress = {0};
    assert_ok(rebuild_step(rebuild, world->txn, max, &progress, NULL));
    return progress;
}

/* Runs it in a transaction a step; between steps life goes on, if rng. */
static struct rebuild_progress run(struct world *world, enum rebuild_kind kind,
                                   const char *origin, uint64_t max,
                                   struct rng *rng)
{
    world_begin(world);
    struct rebuild *rebuild = begin(world, kind, origin);
    struct rebuild_progress progress = {0};
    while (!progress.done) {
        if (rng != NULL && rng_below(rng, 3) == 0) {
            append_random(world, rng, (unsigned)rng_below(rng, 30));
            world_settle(world);
        }
        progress = step(world, rebuild, max);
        world_commit(world);
        world_begin(world);
    }
    rebuild_end(&rebuild);
    world_commit(world);
    return progress;
}

static struct writer dump(struct world *world)
{
    world_begin(world);
    struct writer out = world_dump(world);
    world_commit(world);
    return out;
}

static unsigned generation(struct world *world)
{
    world_begin(world);
    struct tables living;
    assert_ok(tables_living(world->txn, &living, NULL));
    world_commit(world);
    return living.generation;
}

static uint64_t rows_in(struct world *world, unsigned of_generation)
{
    static const enum store_table bases[] = {
        STORE_ROWS, STORE_COMMANDS, STORE_DIGESTS, STORE_JOINT, STORE_FINDINGS};
    uint64_t count = 0;
    world_begin(world);
    for (size_t i = 0; i < 5; i++) {
        struct store_cursor *cursor = NULL;
        struct store_row row;
        assert_ok(store_cursor_open(world->txn,
                                    store_table_of(bases[i], of_generation),
                                    &cursor, NULL));
        assert_ok(store_seek(cursor, (struct bytes){0}, &row, NULL));
        while (row.key.data != NULL) {
            count++;
            assert_ok(store_next(cursor, &row, NULL));
        }
        store_cursor_close(&cursor);
    }
    world_commit(world);
    return count;
}

/* Writes a row over that no journal would make. */
static void damage(struct world *world, const char *origin, unsigned unit)
{
    world_begin(world);
    struct row row;
    struct tables living;
    assert_ok(tables_living(world->txn, &living, NULL));
    assert_true(world_row(world, origin, unit, &row));
    struct writer value = {0};
    row.index += 1000000;
    row_encode(&row, &value);
    struct writer key = world_unit_key(unit);
    struct store_key at =
        row_key(world_number(world, origin), &unit_record, writer_view(&key));
    assert_ok(tables_put(&living, STORE_ROWS, &at, writer_view(&value), NULL));
    writer_fini(&key);
    writer_fini(&value);
    world_commit(world);
}

static unsigned some_unit(struct world *world, const char *origin)
{
    struct row row;
    world_begin(world);
    unsigned unit = 0;
    while (!world_row(world, origin, unit, &row)) {
        unit++;
    }
    world_commit(world);
    return unit;
}

static void
a_rebuilt_generation_equals_the_living_one_and_takes_over(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct world world;
    new_world(&world, &rng);
    struct writer before = dump(&world);
    assert_int_equal(generation(&world), 0);
    struct rebuild_progress progress = run(&world, REBUILD_ALL, "", 100, NULL);
    assert_int_equal(generation(&world), 1);
    assert_int_equal(progress.entries_done, 1501);
    assert_int_equal(progress.entries_total, 1501);
    assert_int_equal(progress.rows_different, 0);
    assert_true(progress.rows > 100);
    assert_int_equal(rows_in(&world, 0), 0);
    struct writer after = dump(&world);
    assert_true(bytes_equal(writer_view(&before), writer_view(&after)));
    run(&world, REBUILD_ALL, "", 1000000, NULL);
    assert_int_equal(generation(&world), 0);
    writer_fini(&before);
    writer_fini(&after);
    world_fini(&world);
}

static void a_rebuild_keeps_up_with_what_is_written_meanwhile(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct world world;
    new_world(&world, &rng);
    for (int round = 0; round < 4; round++) {
        enum rebuild_kind kind = round % 2 == 0 ? REBUILD_ALL : REBUILD_CHECK;
        struct rebuild_progress progress = run(&world, kind, "", 70, &rng);
        assert_int_equal(progress.rows_different, 0);
        assert_true(progress.entries_done > 1501);
    }
    assert_int_equal(generation(&world), 0);
    assert_int_equal(rows_in(&world, 1), 0);
    world_fini(&world);
}

static void a_check_reports_a_wrong_row_and_a_rebuild_mends_it(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct world world;
    new_world(&world, &rng);
    struct writer before = dump(&world);
    damage(&world, origins[1], some_unit(&world, origins[1]));
    struct rebuild_progress progress =
        run(&world, REBUILD_CHECK, "", 300, NULL);
    assert_int_equal(progress.rows_different, 1);
    assert_int_equal(generation(&world), 0);
    progress = run(&world, REBUILD_ALL, "", 300, NULL);
    assert_int_equal(progress.rows_different, 1);
    progress = run(&world, REBUILD_CHECK, "", 300, NULL);
    assert_int_equal(progress.rows_different, 0);
    struct writer after = dump(&world);
    assert_true(bytes_equal(writer_view(&before), writer_view(&after)));
    writer_fini(&before);
    writer_fini(&after);
    world_fini(&world);
}

static void what_an_unfinished_rebuild_left_is_emptied_first(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct world world;
    new_world(&world, &rng);
    for (unsigned steps = 1; steps < 8; steps++) {
        world_begin(&world);
        struct rebuild *rebuild = begin(&world, REBUILD_ALL, "");
        for (unsigned i = 0; i < steps * 3; i++) {
            step(&world, rebuild, 60);
        }
        rebuild_end(&rebuild);
        world_commit(&world);
    }
    struct rebuild_progress progress = run(&world, REBUILD_ALL, "", 500, NULL);
    assert_int_equal(progress.rows_different, 0);
    world_fini(&world);
}

static uint64_t used_bytes(struct world *world)
{
    struct store_usage usage;
    assert_ok(store_usage(world->store, &usage, NULL));
    return usage.used_bytes;
}

static void reopen_bounded(struct world *world, uint64_t max_bytes)
{
    struct store_options options = {
        .folder = world->folder,
        .map_bytes = (uint64_t)8 << 30,
        .max_bytes = max_bytes,
        .readers_max = 4,
        .reserve_bytes = 64ull << 20,
        .volatile_disk = true,
    };
    store_close(&world->store);
    assert_ok(store_open(&options, &world->store, NULL));
}

/* Else one rebuild too many would end all writing: the bound refuses also the
 * rebuild that would begin with emptying. */
static void
what_a_rebuild_left_is_forgotten_in_a_store_that_it_filled(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct world world;
    new_world(&world, &rng);
    struct writer before = dump(&world);
    uint64_t used = used_bytes(&world);

    world_begin(&world);
    struct rebuild *rebuild = begin(&world, REBUILD_ALL, "");
    for (unsigned i = 0; i < 20; i++) {
        step(&world, rebuild, 60);
    }
    rebuild_end(&rebuild);
    world_commit(&world);
    assert_true(used_bytes(&world) > used);

    struct store_txn *txn = NULL;
    reopen_bounded(&world, used + (used_bytes(&world) - used) / 2);
    assert_err(store_begin_write(world.store, &txn, NULL), HL_EFULL);
    assert_ok(rebuild_forget(world.store, NULL));
    assert_ok(store_begin_write(world.store, &txn, NULL));
    store_abort(&txn);
    assert_ok(rebuild_forget(world.store, NULL));

    struct writer after = dump(&world);
    assert_true(bytes_equal(writer_view(&before), writer_view(&after)));
    writer_fini(&before);
    writer_fini(&after);
    world_fini(&world);
}

/* Else every write would be refused until it has failed. */
static void a_rebuild_that_has_no_room_does_not_begin(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct world world;
    new_world(&world, &rng);
    uint64_t used = used_bytes(&world);
    struct rebuild *rebuild = NULL;
    struct hl_detail detail = {0};
    reopen_bounded(&world, used + 4096);
    world_begin(&world);
    assert_err(rebuild_begin(world.txn, REBUILD_CHECK, (struct bytes){0},
                             bytes_of_text(origins[0]), &rebuild, &detail),
               HL_EFULL);
    assert_non_null(strstr(detail.text, "raise max_store_bytes"));
    assert_ok(rebuild_begin(world.txn, REBUILD_ONE, bytes_of_text(origins[0]),
                            bytes_of_text(origins[0]), &rebuild, NULL));
    rebuild_end(&rebuild);
    world_commit(&world);
    world_fini(&world);
}

/* Whatever is asked for in one step: a transaction has room for so much. */
static void a_step_is_no_larger_than_a_transaction(void **state)
{
    (void)state;
    struct world world;
    world_init_narrow(&world, 4 << 20);
    world.own = origins[0];
    for (unsigned unit = 0; unit < 12000; unit += 50) {
        world_begin(&world);
        for (unsigned i = 0; i < 50; i++) {
            world_put_unit(&world, origins[i % 3], unit + i, "a");
        }
        world_settle(&world);
        world_commit(&world);
    }
    struct rebuild_progress progress =
        run(&world, REBUILD_CHECK, "", 8000, NULL);
    assert_int_equal(progress.entries_done, 12000);
    assert_int_equal(progress.rows_different, 0);
    world_fini(&world);
}

static void one_half_is_dropped_and_replayed(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct world world;
    new_world(&world, &rng);
    struct writer before = dump(&world);
    for (size_t i = 0; i < 3; i++) {
        damage(&world, origins[i], some_unit(&world, origins[i]));
        struct rebuild_progress progress =
            run(&world, REBUILD_ONE, origins[i], 1, NULL);
        assert_int_equal(progress.entries_done, progress.entries_total);
        struct writer after = dump(&world);
        assert_true(bytes_equal(writer_view(&before), writer_view(&after)));
        writer_fini(&after);
    }
    assert_int_equal(generation(&world), 0);
    writer_fini(&before);
    world_fini(&world);
}

static void a_half_without_its_rows_is_made_anew(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct world world;
    new_world(&world, &rng);
    struct writer before = dump(&world);
    /* As after a cut: the journal is shorter than what was applied. Here the
     * rows are gone and the joint index still names them. */
    world_begin(&world);
    struct tables living;
    assert_ok(tables_living(world.txn, &living, NULL));
    uint64_t deleted = 0;
    bool left = false;
    struct store_key prefix = {0};
    key_u32(&prefix, world_number(&world, origins[2]));
    assert_ok(tables_empty(&living, STORE_ROWS, key_view(&prefix), 1000,
                           &deleted, &left, NULL));
    assert_true(deleted > 10);
    world_commit(&world);
    struct rebuild_progress progress = run(&world, REBUILD_ALL, "", 200, NULL);
    assert_true(progress.rows_different >= deleted);
    struct writer after = dump(&world);
    assert_true(bytes_equal(writer_view(&before), writer_view(&after)));
    writer_fini(&before);
    writer_fini(&after);
    world_fini(&world);
}

static void an_unknown_origin_is_not_rebuilt(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct world world;
    new_world(&world, &rng);
    world_begin(&world);
    struct rebuild *rebuild = NULL;
    assert_err(rebuild_begin(world.txn, REBUILD_ONE,
                             bytes_of_text("zhongyuan.example/anyang"),
                             bytes_of_text(origins[0]), &rebuild, NULL),
               HL_ENOTFOUND);
    assert_null(rebuild);
    rebuild_end(&rebuild);
    world_commit(&world);
    world_fini(&world);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_rebuilt_generation_equals_the_living_one_and_takes_over),
        cmocka_unit_test(a_rebuild_keeps_up_with_what_is_written_meanwhile),
        cmocka_unit_test(a_check_reports_a_wrong_row_and_a_rebuild_mends_it),
        cmocka_unit_test(what_an_unfinished_rebuild_left_is_emptied_first),
        cmocka_unit_test(
            what_a_rebuild_left_is_forgotten_in_a_store_that_it_filled),
        cmocka_unit_test(a_rebuild_that_has_no_room_does_not_begin),
        cmocka_unit_test(a_step_is_no_larger_than_a_transaction),
        cmocka_unit_test(one_half_is_dropped_and_replayed),
        cmocka_unit_test(a_half_without_its_rows_is_made_anew),
        cmocka_unit_test(an_unknown_origin_is_not_rebuilt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
