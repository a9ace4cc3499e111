/* SPDX-License-Identifier: Apache-2.0 */

/* Charters that do not go with what keepers have sealed. */

#include "tests/unit/engine/engine_world.h"

/* n1 and n2 seal a thief's history to that size; n3 alone has the true one, and
 * both halves are apart. */
static void seal_thiefs(struct engine_world *world, uint64_t thiefs,
                        uint64_t trues)
{
    struct world_node *node = world_node(world, 0);
    struct world_node *thief = world_node(world, 4);
    world_copy(node, thief, 5);
    world_cut(world, 0, 1, true);
    world_cut(world, 0, 2, true);
    world_cut(world, 1, 3, true);
    world_cut(world, 2, 3, true);
    world_cut(world, 4, 1, false);
    world_cut(world, 4, 2, false);
    world_start(thief);
    world_run(world, 3000);
    world_append(thief, thiefs - 5);
    world_append(node, trues - 5);
    world_run(world, 20000);
    for (size_t i = 1; i < 3; i++) {
        assert_int_equal(world_view(world_node(world, i), 0).sealed.size,
                         thiefs);
    }
    assert_int_equal(world_view(world_node(world, 3), 0).held.size, trues);
    world_stop(thief);
    world_cut(world, 4, 1, true);
    world_cut(world, 4, 2, true);
}

/* They meet, and all hold what is sealed, after a cut or two. */
static void heal_and_expect(struct engine_world *world,
                            const struct head *sealed)
{
    world_cut(world, 0, 1, false);
    world_cut(world, 0, 2, false);
    world_cut(world, 1, 3, false);
    world_cut(world, 2, 3, false);
    world_run(world, 90000);
    for (size_t i = 1; i < 4; i++) {
        struct world_node *node = world_node(world, i);
        assert_int_equal(node->journals[0].count, sealed->size);
        struct head held = mem_tree_head(&node->journals[0].tree, sealed->size);
        assert_true(head_equal(&held, sealed));
        assert_in_range(node->journals[0].cuts, 0, 2);
        struct head known = world_view(node, 0).sealed;
        assert_true(head_equal(&known, sealed));
    }
}

static void a_point_beside_what_is_sealed_is_refused(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    world_begin(&world, "point beside");
    struct world_node *node = world_node(&world, 0);
    seal_thiefs(&world, 8, 12);
    struct head sealed = world_view(world_node(&world, 1), 0).sealed;
    struct head from = mem_tree_head(&node->journals[0].tree, 12);
    world_draft(&world, &draft);
    world_new_key(node, &draft, CHARTER_REPLACE, &from);
    world_enact(&world, &draft, world_node(&world, 3));
    world_run(&world, 2000);
    world_stop(node);
    world_take_key(node);
    world_start(node);
    heal_and_expect(&world, &sealed);
    assert_int_equal(world_view(world_node(&world, 3), 0).standing,
                     ENGINE_ORIGIN_QUARANTINED);
    assert_int_equal(node->own, ENGINE_OWN_NEEDS_KEY);
    world_fini(&world);
}

static void an_end_beside_what_is_sealed_is_refused(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    world_begin(&world, "end beside");
    struct world_node *node = world_node(&world, 0);
    seal_thiefs(&world, 8, 9);
    struct head sealed = world_view(world_node(&world, 1), 0).sealed;
    struct head end = mem_tree_head(&node->journals[0].tree, 9);
    world_draft(&world, &draft);
    world_end(&draft, "n0", &end);
    world_enact(&world, &draft, world_node(&world, 3));
    heal_and_expect(&world, &sealed);
    for (size_t i = 1; i < 4; i++) {
        assert_int_equal(world_view(world_node(&world, i), 0).standing,
                         ENGINE_ORIGIN_ENDED);
    }
    world_fini(&world);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_point_beside_what_is_sealed_is_refused),
        cmocka_unit_test(an_end_beside_what_is_sealed_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
