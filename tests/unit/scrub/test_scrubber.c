/* SPDX-License-Identifier: Apache-2.0 */

/* A scrub beside a writer: when it runs, what it mends, and what it leaves. */

#include "node/scrub/scrubber.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "node/store/store_inside.h"
#include "protocol/base/alloc.h"
#include "tests/support/pages.h"
#include "tests/support/support.h"
#include "tests/unit/writer/writer_world.h"

struct scene {
    struct world world;
    struct writer_thread *writer;
    struct scrubber *scrubber;
    atomic_int changes, mends;
};

static struct clock_reading read_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (struct clock_reading){.mono.ns = (int64_t)now.tv_sec * 1000000000 +
                                             now.tv_nsec,
                                  .wall.ms = 1795262400000};
}

static struct hl_wall read_wall(void)
{
    return (struct hl_wall){1795262400000};
}

static void nothing(void *context)
{
    (void)context;
}

static void count_change(void *context)
{
    atomic_fetch_add(&((struct scene *)context)->changes, 1);
}

static void no_charter(void *context, struct writer *out)
{
    (void)context, (void)out;
}

/* Nobody has them. */
static void mend(void *context, struct scrub_mend *wanted)
{
    atomic_fetch_add(&((struct scene *)context)->mends, 1);
    assert_true(wanted->first < wanted->end);
    assert_string_equal(wanted->origin, WORLD_ORIGIN);
    wanted->done(wanted, HL_ECONNECT, "nobody is there");
}

static void start(struct scene *scene, int64_t first_ms, int64_t interval_ms)
{
    struct writer_options writer = {
        .author = scene->world.author,
        .refusal = scene->world.refusal,
        .why = &scene->world.why,
        .limits = {.queue_commands = 100,
                   .commit_entries = 50,
                   .commit_ms = 1000},
        .clock = read_clock,
        .clock_jump_ms = INT64_C(1) << 40,
        .context = scene,
        .committed = nothing,
        .failed = nothing,
    };
    writer_start(&writer, &scene->writer);
    struct scrubber_options options = {
        .store = scene->world.store,
        .writer = scene->writer,
        .own = WORLD_ORIGIN,
        .wall = read_wall,
        .interval_ms = interval_ms,
        .first_ms = first_ms,
        .context = scene,
        .mend = mend,
        .charter = no_charter,
        .changed = count_change,
    };
    scrubber_start(&options, &scene->scrubber);
}

static void stop(struct scene *scene)
{
    scrubber_stop(&scene->scrubber);
    writer_stop(&scene->writer, false);
}

static struct scrubber_view wait_for(struct scene *scene, uint64_t run)
{
    struct scrubber_view view;
    for (;;) {
        scrubber_view(scene->scrubber, &view);
        if (view.ended >= run) {
            return view;
        }
        sched_yield();
    }
}

static void write_units(struct scene *scene, unsigned count)
{
    start(scene, 0, 0);
    for (unsigned i = 0; i < count; i++) {
        struct put put;
        put_init(&put, i, "a unit");
        assert_ok(
            writer_submit(scene->writer, &put.command, 1, &scene->world.why));
        while (atomic_load(&put.answers) == 0) {
            sched_yield();
        }
        assert_ok(put.err);
        put_fini(&put);
    }
    stop(scene);
    world_close(&scene->world);
    world_open(&scene->world);
}

/* The n-th row of the table; while nobody else writes. */
static void spoil(struct scene *scene, enum store_table table, int n)
{
    struct store_txn *txn = NULL;
    MDB_cursor *cursor = NULL;
    MDB_val key, value;
    assert_ok(store_begin_write(scene->world.store, &txn, NULL));
    assert_int_equal(mdb_cursor_open(store_txn_raw(txn),
                                     scene->world.store->tables[table],
                                     &cursor),
                     0);
    for (int i = 0; i <= n; i++) {
        assert_int_equal(
            mdb_cursor_get(cursor, &key, &value, i == 0 ? MDB_FIRST : MDB_NEXT),
            0);
    }
    uint8_t *copy = hl_copy(value.mv_data, value.mv_size);
    copy[0] ^= 16;
    value.mv_data = copy;
    assert_int_equal(mdb_cursor_put(cursor, &key, &value, MDB_CURRENT), 0);
    mdb_cursor_close(cursor);
    assert_ok(store_commit(&txn, NULL));
    hl_free(copy);
}

static void scene_init(struct scene *scene)
{
    memset(scene, 0, sizeof(*scene));
    world_init(&scene->world);
    world_open(&scene->world);
    write_units(scene, 40);
}

static void it_runs_when_due_and_when_asked(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    start(&scene, 5, 5);
    struct scrubber_view view = wait_for(&scene, 3);
    assert_err(view.err, HL_OK);
    assert_int_equal(view.left, 0);
    assert_int_equal(view.entries, 40);
    stop(&scene);
    start(&scene, 0, 0); /* only then */
    assert_int_equal(scrubber_ask(scene.scrubber), 1);
    view = wait_for(&scene, 1);
    assert_err(view.err, HL_OK);
    assert_true(view.rows > 40);
    assert_true(atomic_load(&scene.changes) > 0);
    /* One that is asked for while another goes on begins behind it. */
    uint64_t second = scrubber_ask(scene.scrubber);
    assert_true(scrubber_ask(scene.scrubber) >= second);
    wait_for(&scene, second);
    stop(&scene);
    world_fini(&scene.world);
}

static void what_the_store_has_twice_is_mended(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    spoil(&scene, STORE_TILES, 1);
    spoil(&scene, STORE_ROWS, 7);
    spoil(&scene, STORE_COMMANDS, 3);
    start(&scene, 0, 0);
    struct scrubber_view view = wait_for(&scene, scrubber_ask(scene.scrubber));
    assert_err(view.err, HL_OK);
    assert_true(view.found >= 3);
    assert_int_equal(view.repaired, view.found);
    assert_int_equal(view.left, 0);
    struct scrub_finding finding;
    assert_true(scrubber_finding(scene.scrubber, 0, &finding));
    assert_true(finding.repaired);
    view = wait_for(&scene, scrubber_ask(scene.scrubber));
    assert_int_equal(view.found, 0);
    assert_false(scrubber_finding(scene.scrubber, 0, &finding));
    assert_int_equal(atomic_load(&scene.mends), 0);
    stop(&scene);
    world_fini(&scene.world);
}

static void what_nobody_has_is_left_and_said(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    spoil(&scene, STORE_ENTRIES, 2);
    spoil(&scene, STORE_TILES, 0);
    start(&scene, 0, 0);
    for (int i = 0; i < 2; i++) {
        struct scrubber_view view =
            wait_for(&scene, scrubber_ask(scene.scrubber));
        assert_err(view.err, HL_OK);
        assert_true(view.left > 0);
        struct scrub_finding finding;
        bool entries = false;
        for (size_t at = 0; scrubber_finding(scene.scrubber, at, &finding);
             at++) {
            entries = entries ||
                      (finding.kind == SCRUB_ENTRIES && !finding.repaired &&
                       finding.first == 2 && finding.end == 3);
        }
        assert_true(entries);
        assert_int_equal(atomic_load(&scene.mends), i + 1);
    }
    stop(&scene);
    start(&scene, 0, 0); /* also after a restart */
    struct scrubber_view view;
    scrubber_view(scene.scrubber, &view);
    assert_true(view.left > 0);
    assert_non_null(strstr(view.left_why.text, "connect a node"));
    stop(&scene);
    world_fini(&scene.world);
}

static void put_begun(struct scene *scene, uint8_t begun)
{
    struct store_txn *txn = NULL;
    struct store_key key = key_meta(STORE_META_SCRUB);
    const uint8_t value[12] = {0, 0, 0, begun};
    assert_ok(store_begin_write(scene->world.store, &txn, NULL));
    assert_ok(store_put(txn, STORE_META, key_view(&key),
                        bytes_of(value, sizeof(value)), NULL));
    assert_ok(store_commit(&txn, NULL));
}

/* Else a node would die an hour after each of its starts. */
static void one_that_ended_the_process_twice_begins_no_more(void **state)
{
    (void)state;
    struct scene scene;
    struct scrubber_view view;
    scene_init(&scene);
    put_begun(&scene, 1);
    start(&scene, 1, 1);
    wait_for(&scene, 2);
    stop(&scene);
    put_begun(&scene, 2);
    start(&scene, 1, 1);
    scrubber_view(scene.scrubber, &view);
    assert_int_equal(view.left, 1);
    assert_non_null(strstr(view.left_why.text, "restore the newest backup"));
    struct timespec some = {.tv_nsec = 20000000};
    nanosleep(&some, NULL);
    scrubber_view(scene.scrubber, &view);
    assert_int_equal(view.running + view.ended, 0);
    /* Whoever asks for one knows what he does; and if it ends, all is well. */
    view = wait_for(&scene, scrubber_ask(scene.scrubber));
    assert_int_equal(view.left, 0);
    wait_for(&scene, 2);
    stop(&scene);
    world_fini(&scene.world);
}

/* Others read, as many as may: it waits for them. */
static void it_waits_for_a_reader_of_its_own(void **state)
{
    (void)state;
    enum { READERS = 16 };
    struct scene scene;
    struct store_txn *readers[READERS] = {NULL};
    scene_init(&scene);
    for (int i = 0; i < READERS; i++) {
        assert_ok(store_begin_read(scene.world.store, &readers[i], NULL));
    }
    start(&scene, 0, 0);
    uint64_t run = scrubber_ask(scene.scrubber);
    int changes = 0;
    while (changes < 1) {
        changes = atomic_load(&scene.changes);
        sched_yield();
    }
    for (int i = 0; i < READERS; i++) {
        store_abort(&readers[i]);
    }
    assert_err(wait_for(&scene, run).err, HL_OK);
    stop(&scene);
    world_fini(&scene.world);
}

/* Whoever is alone has them nevertheless: they only lie where a search does
 * not come by. */
static void what_is_hidden_needs_nobody(void **state)
{
    (void)state;
    struct scene scene;
    char path[96];
    size_t keys[PAGE_KEYS_MAX], hit = 0;
    struct store_key ours = key_journal(0);
    scene_init(&scene);
    snprintf(path, sizeof(path), "%s/data.mdb", scene.world.folder);
    for (unsigned bit = 0; bit < 8; bit++) {
        size_t count = page_branch_keys(path, key_view(&ours), 12, keys);
        assert_true(count > 0);
        world_close(&scene.world);
        page_flip(path, keys[bit % count] + 11, bit);
        world_open(&scene.world);
        start(&scene, 0, 0);
        struct scrubber_view view =
            wait_for(&scene, scrubber_ask(scene.scrubber));
        assert_err(view.err, HL_OK);
        assert_int_equal(view.left, 0);
        hit += view.found > 0;
        stop(&scene);
    }
    assert_true(hit > 1);
    assert_int_equal(atomic_load(&scene.mends), 0);
    world_fini(&scene.world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_runs_when_due_and_when_asked),
        cmocka_unit_test(what_the_store_has_twice_is_mended),
        cmocka_unit_test(what_nobody_has_is_left_and_said),
        cmocka_unit_test(it_waits_for_a_reader_of_its_own),
        cmocka_unit_test(one_that_ended_the_process_twice_begins_no_more),
        cmocka_unit_test(what_is_hidden_needs_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
