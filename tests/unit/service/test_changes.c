/* SPDX-License-Identifier: Apache-2.0 */
#include "node/service/changes.h"
#include "tests/unit/sync/sync_world.h"

#define A "zy.example/zhengzhou"
#define B "zy.example/luoyang"

enum { ROOM = 1 << 20, ENTRIES = 40 };

/* Two authors with one name, and one who holds first the one's, then the
 * other's. */
struct stage {
    struct world first, second, copy;
    struct changes changes;
};

static void put_some(struct world *world, const char *name)
{
    world_begin(world);
    for (unsigned i = 0; i < ENTRIES; i++) {
        world_put_unit(world, A, i, i < ENTRIES / 2 ? "alike" : name);
        world_put_unit(world, B, i, "alike");
    }
    world_commit(world);
}

static void stage_init(struct stage *stage)
{
    *stage = (struct stage){0};
    world_init(&stage->first);
    world_init(&stage->second);
    world_init(&stage->copy);
    put_some(&stage->first, "one");
    put_some(&stage->second, "two");
    sync_copy(&stage->first, &stage->copy, A, ENTRIES, ROOM);
    sync_copy(&stage->first, &stage->copy, B, ENTRIES, ROOM);
}

static void stage_fini(struct stage *stage)
{
    loaded_fini();
    changes_fini(&stage->changes);
    world_fini(&stage->first);
    world_fini(&stage->second);
    world_fini(&stage->copy);
}

/* All there is; *count of them. */
static hl_err go_on(struct stage *stage, unsigned *count)
{
    struct change change = {0};
    hl_err err = HL_OK;
    *count = 0;
    do {
        struct store_txn *txn = NULL;
        assert_ok(store_begin_read(stage->copy.store, &txn, NULL));
        do {
            err = changes_next(&stage->changes, txn, &change, NULL);
            *count += err == HL_OK && change.found ? 1 : 0;
        } while (err == HL_OK && change.found);
        changes_rest(&stage->changes);
        store_abort(&txn);
    } while (err == HL_OK && change.more);
    return err;
}

/* By what travels of it. */
static hl_err come_again(struct stage *stage)
{
    struct store_txn *txn = NULL;
    struct writer token = {0};
    struct hl_detail detail = {0};
    positions_write(&stage->changes.seen, &token);
    changes_fini(&stage->changes);
    stage->changes = (struct changes){0};
    assert_ok(store_begin_read(stage->copy.store, &txn, NULL));
    hl_err err =
        changes_from(&stage->changes, txn, writer_view(&token), &detail);
    store_abort(&txn);
    writer_fini(&token);
    return err;
}

static void cut(struct stage *stage, uint64_t size)
{
    struct engine_action action = {
        .kind = ENGINE_STORE_CUT, .origin = bytes_of_text(A), .size = size};
    sync_apply_whole(&stage->copy, &action, UINT64_MAX);
}

static void each_change_comes_once(void **state)
{
    (void)state;
    struct stage stage;
    unsigned count = 0;
    stage_init(&stage);
    assert_ok(go_on(&stage, &count));
    assert_int_equal(count, 2 * ENTRIES);
    assert_ok(come_again(&stage));
    assert_ok(go_on(&stage, &count));
    assert_int_equal(count, 0);
    stage_fini(&stage);
}

/* More than are looked at in one go, of which few are looked for. */
static void many_come_in_many_goes(void **state)
{
    (void)state;
    struct world world;
    struct stage stage = {0};
    unsigned count = 0;
    world_init(&world);
    world_begin(&world);
    for (unsigned i = 0; i < 1500; i++) {
        world_put_unit(&world, i % 3 == 0 ? A : B, i % 1000, "one");
    }
    world_commit(&world);
    stage.copy = world;
    assert_ok(go_on(&stage, &count));
    assert_int_equal(count, 1500);
    stage.changes.kinds = UINT32_C(1) << 31; /* of no kind that there is */
    positions_set(&stage.changes.seen, bytes_of_text(A), 0, 0);
    assert_ok(go_on(&stage, &count));
    assert_int_equal(count, 0);
    assert_int_equal(positions_get(&stage.changes.seen, bytes_of_text(A)).size,
                     500);
    changes_fini(&stage.changes);
    world_fini(&world);
}

/* Its size alone would say that nothing happened. */
static void
a_journal_that_was_cut_and_grew_again_is_not_gone_on_in(void **state)
{
    (void)state;
    struct stage stage;
    unsigned count = 0;
    stage_init(&stage);
    assert_ok(go_on(&stage, &count));
    cut(&stage, ENTRIES / 2);
    sync_copy(&stage.second, &stage.copy, A, ENTRIES, ROOM);
    assert_err(go_on(&stage, &count), HL_EAHEAD);
    assert_ok(come_again(&stage));
    assert_err(go_on(&stage, &count), HL_EAHEAD);
    stage_fini(&stage);
}

static void what_a_cut_left_is_gone_on_in(void **state)
{
    (void)state;
    struct stage stage;
    unsigned count = 0;
    stage_init(&stage);
    positions_set(&stage.changes.seen, bytes_of_text(A), ENTRIES / 2, 0);
    cut(&stage, ENTRIES / 2);
    sync_copy(&stage.second, &stage.copy, A, ENTRIES, ROOM);
    assert_ok(go_on(&stage, &count));
    assert_int_equal(count, ENTRIES / 2 + ENTRIES);
    /* The cut is known now. */
    assert_int_equal(positions_get(&stage.changes.seen, bytes_of_text(A)).cuts,
                     1);
    assert_ok(come_again(&stage));
    assert_ok(go_on(&stage, &count));
    assert_int_equal(count, 0);
    cut(&stage, ENTRIES - 1);
    assert_err(come_again(&stage), HL_EAHEAD);
    stage_fini(&stage);
}

/* A store of before that: it knows of no cut. */
static void more_cuts_than_there_were_are_not_believed(void **state)
{
    (void)state;
    struct stage stage;
    unsigned count = 0;
    stage_init(&stage);
    positions_set(&stage.changes.seen, bytes_of_text(A), 1, 1);
    assert_err(go_on(&stage, &count), HL_EAHEAD);
    stage_fini(&stage);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_change_comes_once),
        cmocka_unit_test(many_come_in_many_goes),
        cmocka_unit_test(
            a_journal_that_was_cut_and_grew_again_is_not_gone_on_in),
        cmocka_unit_test(what_a_cut_left_is_gone_on_in),
        cmocka_unit_test(more_cuts_than_there_were_are_not_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
