/* SPDX-License-Identifier: Apache-2.0 */

/* Keepers who come after others, and what they must hear first. */

#include <string.h>

#include "tests/unit/engine/engine_world.h"

#define N0 "zhongyuan.example/n0"

static void keepers_after_none_ask_what_was_sealed(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    world_begin(&world, "none between");
    struct world_node *node = world_node(&world, 0);
    struct world_node *thief = world_node(&world, 4);
    world_copy(node, thief, 5);
    for (size_t i = 0; i < 3; i++) { /* n3 lags */
        world_cut(&world, 3, i, true);
    }
    world_append(node, 3);
    world_run(&world, 20000);
    assert_int_equal(world_view(world_node(&world, 1), 0).sealed.size, 8);
    world_stop(node);
    world_stop(world_node(&world, 1));
    world_stop(world_node(&world, 2));
    world_draft(&world, &draft);
    struct charter_node *kept =
        charter_find_node_mutable(&draft, bytes_of_text("n0"));
    kept->keeper_count = kept->quorum = 0;
    world_enact(&world, &draft, world_node(&world, 3));
    world_run(&world, 1000);
    world_draft(&world, &draft);
    kept = charter_find_node_mutable(&draft, bytes_of_text("n0"));
    kept->keeper_count = kept->quorum = 1;
    memcpy(kept->keepers[0], "n3", 3);
    world_enact(&world, &draft, world_node(&world, 3));
    world_run(&world, 1000);
    for (size_t i = 1; i < 3; i++) {
        writer_bytes(&thief->charters[thief->charter_count++],
                     writer_view(&world_node(&world, 3)->charters[i]));
    }
    world_cut(&world, 4, 3, false);
    world_start(thief);
    world_append(thief, 4);
    world_run(&world, 30000);
    struct engine_origin_view view = world_view(world_node(&world, 3), 0);
    assert_int_equal(view.sealed.size, 5); /* and not nine of another history */
    world_fini(&world);
}

/* Four keepers, quorum 3: fewer than 2q - m = 2 dishonest ones do no harm. n1,
 * n2, n3 seal eight, n4 lags. A charter names n5 for n1. n3 lies to n5: it has
 * cosigned nothing. */
static void one_liar_of_four_does_not_fool_a_new_keeper(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft, parsed;
    world_init(&world, "one of four", 6, 4, 3);
    struct world_node *node = world_node(&world, 0);
    struct world_node *liar = world_node(&world, 3);
    struct world_node *twin = world_node(&world, 6);
    world_start_all(&world);
    world_run(&world, 1000);
    world_append(node, 5);
    world_run(&world, 20000);
    world_copy(node, twin, 5);
    for (size_t i = 0; i < 4; i++) {
        world_cut(&world, 4, i, true);
        world_cut(&world, 5, i, true);
    }
    world_append(node, 3);
    world_run(&world, 20000);
    assert_int_equal(world_view(world_node(&world, 1), 0).sealed.size, 8);
    for (size_t i = 0; i < 4; i++) {
        world_stop(world_node(&world, i));
    }
    world_draft(&world, &draft);
    world_keep_by(&draft, "n0", (const char *const[]){"n2", "n3", "n4", "n5"});
    world_enact(&world, &draft, world_node(&world, 4));
    world_run(&world, 2000);
    writer_bytes(&twin->charters[twin->charter_count++],
                 writer_view(&world.charter));
    world_cut(&world, 6, 4, false);
    world_cut(&world, 6, 5, false);
    world_start(twin);
    world_append(twin, 4);
    world_lose_disk(liar, 0); /* it hides what it has */
    world_cut(&world, 3, 5, false);
    world_start(liar);
    world_run(&world, 20000);
    assert_int_equal(world_kept(world_node(&world, 4)), 9); /* it lags */
    assert_int_equal(world_kept(world_node(&world, 5)), 0);
    charter_init(&parsed);
    assert_ok(charter_parse(writer_view(&world.charter), &parsed, NULL));
    struct sync_message message = {.kind = SYNC_KEPT,
                                   .kept = {.origin = bytes_of_text(N0),
                                            .charter_version = 2,
                                            .charter_hash = parsed.hash}};
    world_say(&world, 3, 5, &message, 100);
    world_run(&world, 20000);
    /* Else n4, n5 and the liar are a quorum for the nine. */
    assert_int_equal(world_kept(world_node(&world, 5)), 0);
    charter_fini(&parsed);
    world_fini(&world);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keepers_after_none_ask_what_was_sealed),
        cmocka_unit_test(one_liar_of_four_does_not_fool_a_new_keeper),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
