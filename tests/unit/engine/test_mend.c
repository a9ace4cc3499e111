/* SPDX-License-Identifier: Apache-2.0 */

/* Entries that a disk lost come back from whoever has them. */

#include "tests/unit/engine/engine_world.h"

static struct world_wait mend(struct engine_world *world, size_t node,
                              size_t origin, uint64_t from, uint64_t end,
                              int64_t ms)
{
    static const char *const origins[] = {
        "zhongyuan.example/n0", "zhongyuan.example/n1", "zhongyuan.example/n2",
        "zhongyuan.example/n3"};
    static const struct world_wait none;
    struct world_journal *journal = &world_node(world, node)->journals[origin];
    struct engine_event event = {.kind = ENGINE_MEND,
                                 .origin = bytes_of_text(origins[origin]),
                                 .from = from,
                                 .next = end,
                                 .wait = 9};
    journal->lost = from;
    journal->lost_end = end;
    world->waits[9] = none;
    world_event(world_node(world, node), &event);
    world_run(world, ms);
    return world->waits[9];
}

static void begin(struct engine_world *world, const char *test, size_t entries)
{
    world_begin(world, test);
    world_append(world_node(world, 0), entries);
    assert_true(world_converge(world, 20000));
}

static void lost_entries_of_any_journal_come_back(void **state)
{
    (void)state;
    struct engine_world world;
    begin(&world, "mend", 20000);
    /* Of a partner's, in several segments; and of the own one. */
    for (size_t node = 1; node + 1 > 0; node--) {
        struct world_wait got = mend(&world, node, 0, 3, 19000, 5000);
        assert_true(got.done);
        assert_err(got.err, HL_OK);
        assert_int_equal(world_node(&world, node)->journals[0].lost, 19000);
    }
    /* It is followed again, and its author writes on. */
    world_append(world_node(&world, 0), 7);
    assert_true(world_converge(&world, 10000));
    assert_int_equal(world_view(world_node(&world, 1), 0).held.size, 20012);
    assert_int_equal(world_count(&world, "peer fault"), 0);
    world_fini(&world);
}

static void what_is_appended_meanwhile_is_not_missed(void **state)
{
    (void)state;
    struct engine_world world;
    begin(&world, "mend and append", 3000);
    (void)mend(&world, 1, 0, 0, 3000, 1);
    world_append(world_node(&world, 0), 500);
    assert_true(world_converge(&world, 20000));
    assert_true(world.waits[9].done);
    assert_err(world.waits[9].err, HL_OK);
    world_fini(&world);
}

/* Nothing proves that he lied: his disk may be as bad. */
static void who_gives_other_entries_is_passed_over(void **state)
{
    (void)state;
    struct engine_world world;
    begin(&world, "mend liar", 10);
    world_node(&world, 0)->journals[0].entries[4].data[0] ^= 1;
    struct world_wait got = mend(&world, 1, 0, 2, 8, 5000);
    assert_true(got.done);
    assert_err(got.err, HL_OK);
    /* All of them. */
    for (size_t i = 2; i < 4; i++) {
        world_node(&world, i)->journals[0].entries[4].data[0] ^= 1;
    }
    got = mend(&world, 1, 0, 2, 8, 5000);
    assert_true(got.done);
    assert_err(got.err, HL_EPROOF);
    assert_int_equal(world_node(&world, 1)->journals[0].lost, 2);
    world_fini(&world);
}

static void without_partners_it_is_said_at_once(void **state)
{
    (void)state;
    struct engine_world world;
    begin(&world, "mend alone", 10);
    for (size_t i = 1; i < 4; i++) {
        world_stop(world_node(&world, i));
    }
    world_run(&world, 1000);
    struct world_wait got = mend(&world, 0, 0, 2, 8, 0);
    assert_true(got.done);
    assert_err(got.err, HL_ECONNECT);
    world_fini(&world);
}

/* Whoever has fewer sends nothing: another is asked in time. */
static void who_sends_nothing_is_passed_over_in_time(void **state)
{
    (void)state;
    struct engine_world world;
    begin(&world, "mend silent", 10);
    for (size_t i = 1; i < 4; i++) {
        world_cut(&world, 0, i, true);
    }
    world_append(world_node(&world, 0), 5);
    world_run(&world, 1000);
    for (size_t i = 1; i < 4; i++) {
        world_cut(&world, 0, i, false);
        world_node(&world, i)->disk_err = HL_EFULL;
    }
    world_run(&world, 30000);
    struct world_wait got = mend(&world, 0, 0, 15, 16, 45000);
    assert_true(got.done);
    assert_err(got.err, HL_EDEADLINE);
    world_fini(&world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lost_entries_of_any_journal_come_back),
        cmocka_unit_test(what_is_appended_meanwhile_is_not_missed),
        cmocka_unit_test(who_gives_other_entries_is_passed_over),
        cmocka_unit_test(without_partners_it_is_said_at_once),
        cmocka_unit_test(who_sends_nothing_is_passed_over_in_time),
    };
    test_seed_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
