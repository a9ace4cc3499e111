/* SPDX-License-Identifier: Apache-2.0 */

/* What a new charter does to nodes that run: keys, ends, keepers. */

#include <string.h>

#include "tests/unit/engine/engine_world.h"

static void a_charter_reaches_all_and_those_who_were_away(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    world_begin(&world, "spread");
    world_stop(world_node(&world, 3));
    for (uint64_t i = 0; i < 3; i++) {
        world_draft(&world, &draft);
        draft.policies[CHARTER_CLEARING_PERIOD_DAYS] = 3 + i;
        world_enact(&world, &draft, world_node(&world, i));
        world_run(&world, 1000);
    }
    world_start(world_node(&world, 3));
    world_run(&world, 5000);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(world_node(&world, i)->charter_count, 4);
        assert_true(bytes_equal(engine_charter(world_node(&world, i)->engine),
                                writer_view(&world.charter)));
    }
    assert_int_equal(world_count(&world, "peer fault"), 0);
    world_fini(&world);
}

static void a_rotated_key_drops_nothing(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    world_begin(&world, "rotate");
    struct world_node *node = world_node(&world, 0);
    struct head from = mem_tree_head(&node->journals[0].tree, 5);
    world_draft(&world, &draft);
    world_new_key(node, &draft, CHARTER_ROTATE, &from);
    world_append(node, 2); /* by the old key, under way */
    world_enact(&world, &draft, world_node(&world, 1));
    world_run(&world, 2000);
    world_append(node, 2); /* the old key signs until the restart */
    world_run(&world, 2000);
    world_stop(node);
    world_take_key(node);
    world_start(node);
    world_append(node, 3);
    assert_true(world_converge(&world, 10000));
    assert_int_equal(node->own, ENGINE_OWN_GOOD);
    assert_int_equal(world_count(&world, "peer fault"), 0);
    assert_int_equal(world_count(&world, "quarantine"), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(world_node(&world, i)->journals[0].cuts, 0);
    }
    world_fini(&world);
}

static void a_stolen_key_is_cut_off_where_the_charter_says(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    world_begin(&world, "theft");
    struct world_node *node = world_node(&world, 0);
    /* The thief's entries go out, the true node is off the net. */
    struct world_node *thief = world_node(&world, 4);
    world_copy(node, thief, 5);
    for (size_t i = 1; i < 4; i++) {
        world_cut(&world, 0, i, true);
        world_cut(&world, thief->number, i, false);
    }
    world_start(thief);
    world_run(&world, 3000);
    world_stop(world_node(&world, 2)); /* so that nothing of it is sealed */
    world_stop(world_node(&world, 3));
    world_append(thief, 4);
    world_run(&world, 1000);
    assert_int_equal(world_view(world_node(&world, 1), 0).held.size, 9);
    struct head from = mem_tree_head(&node->journals[0].tree, 5);
    world_draft(&world, &draft);
    world_new_key(node, &draft, CHARTER_REPLACE, &from);
    world_stop(thief);
    world_stop(node);
    world_enact(&world, &draft, world_node(&world, 1));
    world_run(&world, 2000);
    writer_bytes(&node->charters[node->charter_count++],
                 writer_view(&world.charter));
    world_take_key(node);
    for (size_t i = 1; i < 4; i++) {
        world_cut(&world, 0, i, false);
        world_cut(&world, thief->number, i, true);
    }
    world_start(world_node(&world, 2));
    world_start(world_node(&world, 3));
    node->mark = head_empty();
    world_start(node);
    world_append(node, 3);
    assert_true(world_converge(&world, 20000));
    assert_int_equal(world_view(world_node(&world, 2), 0).held.size, 8);
    assert_int_equal(world_count(&world, "evidence"), 0);
    world_fini(&world);
}

/* n0 and its twin go on as two from five entries on, seen by n1 and by n2,
 * until n0 knows that it was found out. Nothing is sealed beyond. */
static void fork_and_stop_twin(struct engine_world *world)
{
    struct world_node *node = world_node(world, 0);
    struct world_node *twin = world_node(world, 4);
    world_copy(node, twin, 5);
    for (size_t i = 2; i < 4; i++) {
        world_cut(world, 0, i, true);
    }
    world_cut(world, twin->number, 2, false);
    world_stop(world_node(world, 3));
    world_start(twin);
    world_append(node, 3);
    world_append(twin, 4);
    world_run(world, 30000);
    assert_int_equal(node->own, ENGINE_OWN_FORKED);
    world_stop(twin);
    world_start(world_node(world, 3));
    world_run(world, 3000);
}

static void a_forked_author_returns_by_charter(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    world_begin(&world, "return");
    struct world_node *node = world_node(&world, 0);
    fork_and_stop_twin(&world);
    struct head sealed = world_view(world_node(&world, 1), 0).sealed;
    assert_true(sealed.size >= 5);
    world_draft(&world, &draft);
    world_new_key(node, &draft, CHARTER_REPLACE, &sealed);
    world_enact(&world, &draft, world_node(&world, 1));
    world_run(&world, 3000);
    world_stop(node);
    world_take_key(node);
    for (size_t i = 2; i < 4; i++) {
        world_cut(&world, 0, i, false);
    }
    node->mark = head_empty();
    world_start(node); /* the sealed side may have been its twin's */
    world_run(&world, 10000);
    assert_int_equal(node->own, ENGINE_OWN_GOOD);
    assert_int_equal(node->journals[0].count, sealed.size);
    world_append(node, 1);
    assert_true(world_converge(&world, 20000));
    assert_int_equal(world_view(world_node(&world, 3), 0).standing,
                     ENGINE_ORIGIN_GOOD);
    assert_int_equal(world_view(world_node(&world, 3), 0).held.size,
                     sealed.size + 1);
    world_fini(&world);
}

/* It was handed its new key, and hears of the charter from partners. */
static void
a_forked_author_who_starts_before_the_charter_comes_returns(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    world_begin(&world, "early return");
    struct world_node *node = world_node(&world, 0);
    fork_and_stop_twin(&world);
    world_stop(node);
    struct head sealed = world_view(world_node(&world, 1), 0).sealed;
    world_draft(&world, &draft);
    world_new_key(node, &draft, CHARTER_REPLACE, &sealed);
    world_enact(&world, &draft, world_node(&world, 1));
    world_run(&world, 3000);
    world_take_key(node);
    node->mark = head_empty();
    for (size_t i = 2; i < 4; i++) {
        world_cut(&world, 0, i, false);
    }
    world_start(node);
    assert_int_equal(node->own, ENGINE_OWN_FORKED);
    world_run(&world, 20000);
    assert_int_equal(node->own, ENGINE_OWN_GOOD);
    assert_int_equal(node->journals[0].count, sealed.size);
    world_fini(&world);
}

static void a_node_that_is_ended_stops_there_and_its_history_stays(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    world_begin(&world, "end");
    struct world_node *node = world_node(&world, 0);
    world_append(node, 4);
    world_run(&world, 1000);
    world_draft(&world, &draft);
    struct head end = mem_tree_head(&node->journals[0].tree, 7);
    world_end(&draft, "n0", &end);
    world_enact(&world, &draft, world_node(&world, 1));
    world_run(&world, 5000);
    assert_int_equal(node->own, ENGINE_OWN_ENDED);
    /* All nine may have been sealed before the charter came. */
    uint64_t sealed = world_view(world_node(&world, 1), 0).sealed.size;
    for (size_t i = 1; i < 4; i++) {
        struct engine_origin_view view = world_view(world_node(&world, i), 0);
        assert_int_equal(view.standing, ENGINE_ORIGIN_ENDED);
        assert_int_equal(view.held.size, sealed > 7 ? sealed : 7);
    }
    world_fini(&world);
}

static void a_new_keeper_cosigns_what_the_former_ones_held(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    world_init(&world, "new keeper", 5, 3, 2); /* n0 is kept by n1, n2, n3 */
    world_start_all(&world);
    world_append(world_node(&world, 0), 5);
    world_run(&world, 15000);
    assert_int_equal(world_view(world_node(&world, 0), 0).sealed.size, 5);
    world_draft(&world, &draft);
    world_keep_by(&draft, "n0", (const char *const[]){"n2", "n3", "n4"});
    world_stop(world_node(&world, 2));
    world_stop(world_node(&world, 3));
    world_enact(&world, &draft, world_node(&world, 1));
    world_append(world_node(&world, 0), 2);
    world_run(&world, 20000);
    /* One of the former three has answered, and two are asked for. */
    assert_int_equal(
        world_node(&world, 4)->journals[0].notes[ENGINE_NOTE_KEPT].size, 0);
    world_start(world_node(&world, 2));
    world_run(&world, 20000);
    assert_int_equal(world_view(world_node(&world, 0), 0).sealed.size, 7);
    world_fini(&world);
}

/* The coordinators did not ask the keepers, and would drop what they sealed:
 * refused for that journal, by who has it and by who hears of it later. */
static void
a_charter_that_names_less_than_what_is_sealed_is_refused(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    world_begin(&world, "less than sealed");
    struct world_node *node = world_node(&world, 0);
    struct world_node *late = world_node(&world, 3);
    world_stop(late);
    world_append(node, 3);
    world_run(&world, 15000);
    assert_int_equal(world_view(world_node(&world, 1), 0).sealed.size, 8);
    struct head from = mem_tree_head(&node->journals[0].tree, 5);
    world_draft(&world, &draft);
    world_new_key(node, &draft, CHARTER_REPLACE, &from);
    world_enact(&world, &draft, world_node(&world, 1));
    world_run(&world, 2000);
    world_start(late);
    world_run(&world, 20000);
    for (size_t i = 1; i < 4; i++) {
        struct engine_origin_view view = world_view(world_node(&world, i), 0);
        assert_int_equal(view.standing, ENGINE_ORIGIN_QUARANTINED);
        assert_int_equal(view.held.size, 8);
        assert_int_equal(view.sealed.size, 8);
        assert_int_equal(world_node(&world, i)->journals[0].cuts, 0);
    }
    assert_int_equal(node->own, ENGINE_OWN_NEEDS_KEY);
    assert_int_equal(world_count(&world, "peer fault"), 0);
    from = mem_tree_head(&node->journals[0].tree, 8);
    world_draft(&world, &draft);
    signer_fini(&node->next_key);
    world_new_key(node, &draft, CHARTER_REPLACE, &from);
    world_enact(&world, &draft, world_node(&world, 2));
    world_run(&world, 2000);
    world_stop(node);
    world_take_key(node);
    world_start(node);
    world_append(node, 2);
    assert_true(world_converge(&world, 20000));
    assert_int_equal(world_view(late, 0).standing, ENGINE_ORIGIN_GOOD);
    assert_int_equal(world_view(late, 0).held.size, 10);
    world_fini(&world);
}

/* A thief's history is sealed to eight; the owner does not know, and has his
 * key rotated from his own eight. (Simulator, seed 900473.) */
static void a_rotation_beside_what_is_sealed_is_refused(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    world_begin(&world, "rotation beside");
    struct world_node *node = world_node(&world, 0);
    struct world_node *thief = world_node(&world, 4);
    world_copy(node, thief, 5);
    for (size_t i = 1; i < 3; i++) {
        world_cut(&world, 0, i, true);
        world_cut(&world, 3, i, true);
        world_cut(&world, 4, i, false);
    }
    world_start(thief);
    world_run(&world, 3000);
    world_append(thief, 3);
    world_append(node, 3);
    world_run(&world, 20000);
    world_stop(thief);
    struct head from = mem_tree_head(&node->journals[0].tree, 8);
    world_draft(&world, &draft);
    world_new_key(node, &draft, CHARTER_ROTATE, &from);
    world_enact(&world, &draft, world_node(&world, 1));
    world_run(&world, 2000);
    for (size_t i = 1; i < 3; i++) {
        struct engine_origin_view view = world_view(world_node(&world, i), 0);
        assert_int_equal(view.sealed.size, 8);
        assert_int_equal(view.held.size, 8);
        assert_int_equal(view.standing, ENGINE_ORIGIN_QUARANTINED);
    }
    world_fini(&world);
}

/* n3 and n4 are keepers by the first of two charters alone. Who never went by
 * that one learns all the same that they sealed. */
static void
what_was_sealed_under_a_rival_does_not_depend_on_the_order(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter first, second;
    world_init(&world, "rival's keepers", 5, 3, 2);
    world_start_all(&world);
    world_append(world_node(&world, 0), 5);
    world_run(&world, 15000);
    world_draft(&world, &first);
    world_draft(&world, &second);
    struct charter_node *kept =
        charter_find_node_mutable(&first, bytes_of_text("n0"));
    kept->keeper_count = 2;
    memcpy(kept->keepers[0], "n3", 3);
    memcpy(kept->keepers[1], "n4", 3);
    second.policies[CHARTER_CLEARING_PERIOD_DAYS] = 3;
    for (size_t i = 0; i < 5; i++) {
        world_cut(&world, 2, i, i != 2);
    }
    world_enact(&world, &first, world_node(&world, 0));
    world_run(&world, 2000);
    world_append(world_node(&world, 0), 3);
    world_run(&world, 20000);
    assert_int_equal(world_view(world_node(&world, 1), 0).sealed.size, 8);
    world_enact(&world, &second, world_node(&world, 2));
    world_run(&world, 2000);
    for (size_t i = 0; i < 5; i++) {
        world_cut(&world, 2, i, false);
    }
    world_run(&world, 30000);
    for (size_t i = 0; i < 5; i++) {
        struct world_node *at = world_node(&world, i);
        assert_true(bytes_equal(engine_charter(at->engine),
                                writer_view(&at->charters[0])));
        assert_int_equal(world_view(at, 0).sealed.size, 8);
    }
    world_fini(&world);
}

/* Its disk does not take the charter, so that it cannot know that the keepers
 * named there seal what follows. */
static void a_charter_that_found_no_room_is_tried_again(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    world_init(&world, "no room", 5, 3, 2);
    world_start_all(&world);
    world_append(world_node(&world, 0), 5);
    world_run(&world, 15000);
    struct world_node *full = world_node(&world, 2);
    full->charter_err = HL_EFULL;
    world_draft(&world, &draft);
    struct charter_node *kept =
        charter_find_node_mutable(&draft, bytes_of_text("n0"));
    kept->keeper_count = 2;
    memcpy(kept->keepers[0], "n3", 3);
    memcpy(kept->keepers[1], "n4", 3);
    world_enact(&world, &draft, world_node(&world, 0));
    world_run(&world, 2000);
    world_append(world_node(&world, 0), 3);
    world_run(&world, 20000);
    assert_int_equal(world_view(world_node(&world, 1), 0).sealed.size, 8);
    assert_int_equal(world_view(full, 0).held.size, 8);
    assert_int_equal(world_view(full, 0).sealed.size, 5);
    full->charter_err = HL_OK;
    world_run(&world, 20000);
    assert_true(
        bytes_equal(engine_charter(full->engine), writer_view(&world.charter)));
    assert_int_equal(world_view(full, 0).held.size, 8);
    assert_int_equal(world_view(full, 0).sealed.size, 8);
    world_fini(&world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_charter_reaches_all_and_those_who_were_away),
        cmocka_unit_test(a_rotated_key_drops_nothing),
        cmocka_unit_test(a_stolen_key_is_cut_off_where_the_charter_says),
        cmocka_unit_test(a_forked_author_returns_by_charter),
        cmocka_unit_test(
            a_forked_author_who_starts_before_the_charter_comes_returns),
        cmocka_unit_test(
            a_node_that_is_ended_stops_there_and_its_history_stays),
        cmocka_unit_test(
            a_charter_that_names_less_than_what_is_sealed_is_refused),
        cmocka_unit_test(
            what_was_sealed_under_a_rival_does_not_depend_on_the_order),
        cmocka_unit_test(a_charter_that_found_no_room_is_tried_again),
        cmocka_unit_test(a_rotation_beside_what_is_sealed_is_refused),
        cmocka_unit_test(a_new_keeper_cosigns_what_the_former_ones_held),
    };
    test_seed_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
