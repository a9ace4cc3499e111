/* SPDX-License-Identifier: Apache-2.0 */

/* Authors with two histories, and who is to blame. */

#include <string.h>

#include "tests/unit/engine/engine_world.h"

/* n0 goes on as two: itself, seen by n1 alone, and its twin, seen by n2. */
static void show_two_sides(struct engine_world *world, uint64_t common)
{
    struct world_node *twin = world_node(world, world->member_count);
    world_copy(world_node(world, 0), twin, common);
    for (size_t i = 2; i < world->member_count; i++) {
        world_cut(world, 0, i, true);
    }
    world_cut(world, twin->number, 2, false);
    world_start(twin);
    world_run(world, 10000);
}

/* All stop at what is sealed, which is no less than it was before the fork:
 * two keepers that saw one side may have sealed more of it. */
static void expect_quarantine(struct engine_world *world, uint64_t sealed)
{
    for (size_t i = 1; i < world->member_count; i++) {
        struct engine_origin_view view = world_view(world_node(world, i), 0);
        assert_int_equal(view.standing, ENGINE_ORIGIN_QUARANTINED);
        assert_int_equal(view.held.size, view.sealed.size);
        assert_true(view.sealed.size >= sealed);
        assert_true(world_node(world, i)->evidence_count > 0);
    }
    assert_true(world_agree(world, 0, 0));
    assert_int_equal(world_count(world, "peer fault"), 0);
}

static void two_who_saw_two_sides_stop_their_author(void **state)
{
    (void)state;
    struct engine_world world;
    world_init(&world, "equivocation", 3, 0, 0);
    world_start_all(&world);
    world_append(world_node(&world, 0), 5);
    assert_true(world_converge(&world, 3000));
    show_two_sides(&world, 5);
    world_append(world_node(&world, 0), 3);
    world_append(world_node(&world, 3), 4);
    world_run(&world, 30000);
    expect_quarantine(&world, 0); /* nobody keeps it: nothing is sealed */
    world_fini(&world);
}

static void what_was_sealed_stands(void **state)
{
    (void)state;
    struct engine_world world;
    world_init(&world, "sealed", 4, 3, 2);
    world_start_all(&world);
    world_run(&world, 1000);
    world_append(world_node(&world, 0), 5);
    assert_true(world_converge(&world, 3000));
    world_run(&world, 15000);
    assert_int_equal(world_view(world_node(&world, 3), 0).sealed.size, 5);
    show_two_sides(&world, 5);
    world_append(world_node(&world, 0), 3);
    world_append(world_node(&world, 4), 4);
    world_run(&world, 60000);
    expect_quarantine(&world, 5);
    world_fini(&world);
}

static void
who_holds_the_other_branch_comes_over_to_the_sealed_one(void **state)
{
    (void)state;
    struct engine_world world;
    world_init(&world, "index 0", 5, 3, 2);
    /* n1, n2, n3 keep n0; n4 sees the twin alone, from the first entry on. */
    struct world_node *twin = world_node(&world, 5);
    for (size_t i = 0; i < 4; i++) {
        world_cut(&world, 4, i, true);
    }
    world_cut(&world, twin->number, 4, false);
    world_start_all(&world);
    world_start(twin);
    world_run(&world, 1000);
    world_append(world_node(&world, 0), 5);
    world_append(twin, 7);
    world_run(&world, 20000);
    assert_int_equal(world_view(world_node(&world, 4), 0).held.size, 7);
    assert_int_equal(world_view(world_node(&world, 1), 0).sealed.size, 5);
    for (size_t i = 1; i < 4; i++) {
        world_cut(&world, 4, i, false);
    }
    world_run(&world, 60000);
    expect_quarantine(&world, 5);
    world_fini(&world);
}

static void an_author_who_hears_of_it_stops(void **state)
{
    (void)state;
    struct engine_world world;
    world_init(&world, "own fork", 3, 0, 0);
    world_start_all(&world);
    world_append(world_node(&world, 0), 5);
    world_run(&world, 3000);
    show_two_sides(&world, 5);
    world_append(world_node(&world, 0), 3);
    world_append(world_node(&world, 3), 4);
    world_run(&world, 30000);
    assert_int_equal(world_node(&world, 0)->own, ENGINE_OWN_FORKED);
    world_fini(&world);
}

static void evidence_outlives_a_restart(void **state)
{
    (void)state;
    struct engine_world world;
    world_init(&world, "evidence", 4, 3, 2);
    world_start_all(&world);
    world_append(world_node(&world, 0), 5);
    world_run(&world, 15000);
    show_two_sides(&world, 5);
    world_append(world_node(&world, 0), 3);
    world_append(world_node(&world, 4), 4);
    world_run(&world, 60000);
    world_stop(world_node(&world, 1));
    world_start(world_node(&world, 1));
    world_run(&world, 10000);
    expect_quarantine(&world, 5);
    world_fini(&world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_who_saw_two_sides_stop_their_author),
        cmocka_unit_test(what_was_sealed_stands),
        cmocka_unit_test(
            who_holds_the_other_branch_comes_over_to_the_sealed_one),
        cmocka_unit_test(an_author_who_hears_of_it_stops),
        cmocka_unit_test(evidence_outlives_a_restart),
    };
    test_seed_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
