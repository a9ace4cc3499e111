/* SPDX-License-Identifier: Apache-2.0 */

/* Charters of which none holds until one names which it follows: what was done
 * under one is set aside, and what that one had settled counts again. */

#include <stdio.h>
#include <string.h>

#include "protocol/note/evidence.h"
#include "tests/unit/engine/world_inside.h"

#define N0 "zhongyuan.example/n0"

/* --- Replacements that are set aside. ------------------------------------ */

/* Two drafts that both follow: one gives n0 a new key from there, the other
 * names another policy. */
static void draft_rivals(struct engine_world *world, const struct head *from,
                         struct charter *first, struct charter *second)
{
    world_draft(world, first);
    world_draft(world, second);
    world_new_key(world_node(world, 0), first, CHARTER_REPLACE, from);
    second->policies[CHARTER_CLEARING_PERIOD_DAYS] = 3;
}

static void a_node_whose_replacement_is_set_aside_goes_on(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter first, second;
    world_begin(&world, "set aside");
    struct world_node *node = world_node(&world, 0);
    struct head from = mem_tree_head(&node->journals[0].tree, 5);
    draft_rivals(&world, &from, &first, &second);
    world_enact(&world, &first, world_node(&world, 1));
    world_run(&world, 2000);
    assert_int_equal(node->own, ENGINE_OWN_NEEDS_KEY);
    world_enact(&world, &second, world_node(&world, 1));
    world_run(&world, 30000);
    assert_true(bytes_equal(engine_charter(node->engine),
                            writer_view(&node->charters[0])));
    assert_int_equal(node->own, ENGINE_OWN_GOOD);
    world_fini(&world);
}

/* n0 and its twin have forked; a charter settles that, and is set aside. */
static void what_a_charter_settled_counts_again(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter first, second;
    world_begin(&world, "settled again");
    struct world_node *node = world_node(&world, 0);
    struct world_node *twin = world_node(&world, 4);
    world_copy(node, twin, 5);
    for (size_t i = 2; i < 4; i++) {
        world_cut(&world, 0, i, true);
    }
    world_cut(&world, 4, 2, false);
    world_stop(world_node(&world, 3)); /* so that nothing more is sealed */
    world_start(twin);
    world_append(node, 3);
    world_append(twin, 4);
    world_run(&world, 30000);
    assert_int_equal(node->own, ENGINE_OWN_FORKED);
    world_stop(twin);
    world_start(world_node(&world, 3));
    world_cut(&world, 4, 2, true);
    for (size_t i = 2; i < 4; i++) {
        world_cut(&world, 0, i, false);
    }
    world_run(&world, 3000);
    struct head sealed = world_view(world_node(&world, 1), 0).sealed;
    draft_rivals(&world, &sealed, &first, &second);
    world_enact(&world, &first, world_node(&world, 1));
    world_run(&world, 3000);
    assert_int_equal(world_view(world_node(&world, 1), 0).standing,
                     ENGINE_ORIGIN_GOOD);
    world_enact(&world, &second, world_node(&world, 1));
    world_run(&world, 10000);
    for (size_t i = 1; i < 4; i++) {
        assert_int_equal(world_view(world_node(&world, i), 0).standing,
                         ENGINE_ORIGIN_QUARANTINED);
    }
    assert_int_equal(node->own, ENGINE_OWN_FORKED);
    world_fini(&world);
}

/* n1 has cosigned a thief's history; a charter cuts it, and is set aside: what
 * n1 said binds it again, for its key and the author's are what they were. */
static void a_keepers_word_binds_again(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter first, second;
    world_begin(&world, "binds again");
    struct world_node *node = world_node(&world, 0);
    struct world_node *thief = world_node(&world, 4);
    struct world_node *keeper = world_node(&world, 1);
    world_copy(node, thief, 5);
    world_stop(node);
    world_cut(&world, 4, 1, false);
    world_cut(&world, 1, 2, true);
    world_cut(&world, 1, 3, true);
    world_start(thief);
    world_run(&world, 3000);
    world_append(thief, 4);
    world_run(&world, 15000);
    assert_int_equal(world_kept(keeper), 9);
    struct head said = world_note_head(
        writer_view(&keeper->journals[0].notes[ENGINE_NOTE_KEPT]));
    world_stop(thief);
    world_cut(&world, 4, 1, true);
    struct head from = mem_tree_head(&node->journals[0].tree, 5);
    draft_rivals(&world, &from, &first, &second);
    world_enact(&world, &first, keeper);
    writer_bytes(&node->charters[node->charter_count++],
                 writer_view(&world.charter));
    world_run(&world, 2000);
    world_enact(&world, &second, keeper);
    writer_bytes(&node->charters[node->charter_count++],
                 writer_view(&world.charter));
    world_run(&world, 2000);
    world_cut(&world, 1, 2, false);
    world_cut(&world, 1, 3, false);
    world_start(node);
    world_run(&world, 3000);
    world_append(node, 7);
    world_run(&world, 30000);
    struct head says = world_note_head(
        writer_view(&keeper->journals[0].notes[ENGINE_NOTE_KEPT]));
    assert_true(head_equal(&says, &said));
    assert_int_equal(world_count(&world, "it cosigned two histories"), 0);
    world_fini(&world);
}

/* --- Answers. ------------------------------------------------------------ */

/* n2 as a former keeper of n0's journal, to n4, who is new. */
static void answer(struct engine_world *world, const struct hl_hash *charter)
{
    struct sync_message message = {.kind = SYNC_KEPT,
                                   .kept = {.origin = bytes_of_text(N0),
                                            .charter_version = 2,
                                            .charter_hash = *charter}};
    world_say(world, 2, 4, &message, 100);
    world_run(world, 10000);
}

/* Who holds a rival may go on cosigning as that has it. */
static void an_answer_under_a_rival_counts_not(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft, parsed;
    world_init(&world, "rival answers", 5, 3, 2);
    world_start_all(&world);
    world_append(world_node(&world, 0), 5);
    world_run(&world, 15000);
    world_draft(&world, &draft);
    world_keep_by(&draft, "n0", (const char *const[]){"n2", "n3", "n4"});
    world_stop(world_node(&world, 3));
    world_node(&world, 2)->charter_err = HL_EFULL; /* stays with the first */
    world_enact(&world, &draft, world_node(&world, 1));
    world_append(world_node(&world, 0), 2);
    world_run(&world, 20000);
    assert_int_equal(world_kept(world_node(&world, 4)), 0); /* n1 answered */
    struct hl_hash rival = {.bytes = {1}};
    answer(&world, &rival);
    assert_int_equal(world_kept(world_node(&world, 4)), 0);
    charter_init(&parsed);
    assert_ok(charter_parse(writer_view(&world.charter), &parsed, NULL));
    answer(&world, &parsed.hash);
    assert_int_equal(world_kept(world_node(&world, 4)), 7);
    charter_fini(&parsed);
    world_fini(&world);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_whose_replacement_is_set_aside_goes_on),
        cmocka_unit_test(what_a_charter_settled_counts_again),
        cmocka_unit_test(a_keepers_word_binds_again),
        cmocka_unit_test(an_answer_under_a_rival_counts_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
