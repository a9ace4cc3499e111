/* SPDX-License-Identifier: Apache-2.0 */

/* What was signed, sealed and cut under a charter that a contest then sets
 * aside: it rests, and is not lost. */

#include <string.h>

#include "protocol/base/alloc.h"
#include "tests/unit/engine/world_inside.h"

#define N0 "zhongyuan.example/n0"

static struct bytes kept_note(const struct world_node *keeper)
{
    return writer_view(&keeper->journals[0].notes[ENGINE_NOTE_KEPT]);
}

/* A planned rotation; n0 goes on under the new key, and keepers seal that. Then
 * a rival of that charter comes to light. */
static void seal_by_a_rotated_key(struct engine_world *world,
                                  struct charter *second)
{
    struct charter first;
    world_begin(world, "rotation set aside");
    struct world_node *node = world_node(world, 0);
    struct head from = mem_tree_head(&node->journals[0].tree, 5);
    world_draft(world, &first);
    world_draft(world, second);
    world_new_key(node, &first, CHARTER_ROTATE, &from);
    second->policies[CHARTER_CLEARING_PERIOD_DAYS] = 3;
    world_enact(world, &first, world_node(world, 1));
    world_run(world, 2000);
    world_stop(node);
    world_take_key(node);
    world_start(node);
    world_run(world, 2000);
    world_append(node, 3);
    world_run(world, 20000);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(world_view(world_node(world, i), 0).sealed.size, 8);
        assert_int_equal(world_node(world, i)->journals[0].count, 8);
    }
}

static void what_was_sealed_under_a_charter_set_aside_is_kept(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter second;
    seal_by_a_rotated_key(&world, &second);
    world_enact(&world, &second, world_node(&world, 1));
    world_run(&world, 20000);
    for (size_t i = 1; i < 4; i++) {
        assert_int_equal(world_node(&world, i)->journals[0].count, 8);
    }
    world_fini(&world);
}

/* The contest is decided for the rotation a moment later. */
static void and_comes_back_when_the_contest_is_decided(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter second, third;
    seal_by_a_rotated_key(&world, &second);
    world_draft(&world, &third); /* follows the rotation */
    world_enact(&world, &second, world_node(&world, 1));
    world_run(&world, 20000);
    world_enact(&world, &third, world_node(&world, 1));
    world_run(&world, 120000);
    size_t most = 0;
    for (size_t i = 0; i < 4; i++) {
        size_t count = world_node(&world, i)->journals[0].count;
        most = count > most ? count : most;
    }
    uint64_t uncuts = 0;
    for (size_t i = 0; i < 4; i++) {
        uncuts += world_node(&world, i)->journals[0].uncuts;
    }
    assert_true(most == 8 || uncuts > 0);
    assert_int_equal(world_node(&world, 0)->own, ENGINE_OWN_GOOD);
    world_fini(&world);
}

/* n0 is cut off, and writes on. Meanwhile a rival comes to light among the
 * others, who know already what decides for the rotation: nothing is contested
 * there. n0 hears of the rival first. */
static void an_author_who_was_away_keeps_what_it_wrote(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter second, third;
    struct writer decides = {0}, rival = {0};
    struct hl_hash hash;
    seal_by_a_rotated_key(&world, &second);
    struct world_node *node = world_node(&world, 0);
    const struct signer *li[] = {&world.coordinator};
    world_draft(&world, &third);
    world_sign_by(&third, li, 1, &decides, &hash);
    world_sign_by(&second, li, 1, &rival, &hash);
    for (size_t i = 1; i < 4; i++) {
        world_cut(&world, 0, i, true);
    }
    world_append(node, 2);
    world_give(world_node(&world, 1), &decides);
    world_run(&world, 1000);
    world_give(world_node(&world, 1), &rival);
    world_run(&world, 1000);
    for (size_t i = 1; i < 4; i++) {
        assert_int_equal(world_node(&world, i)->journals[0].cuts, 0);
        world_cut(&world, 0, i, false);
    }
    world_run(&world, 120000);
    assert_true(
        bytes_equal(engine_charter(node->engine), writer_view(&decides)));
    assert_int_equal(node->journals[0].count, 10);
    assert_int_equal(node->own, ENGINE_OWN_GOOD);
    writer_fini(&decides);
    writer_fini(&rival);
    world_fini(&world);
}

/* The same; and n4, no keeper of its, has what n0 wrote, and goes away. n0
 * takes back eight, is sure, and writes on: it signs two histories. */
static void an_author_who_was_away_signs_one_history(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter first, second, third;
    struct writer decides = {0}, rival = {0};
    struct hl_hash hash;
    const struct signer *li[] = {&world.coordinator};
    world_init(&world, "two by itself", 5, 3, 2);
    world_start_all(&world);
    world_run(&world, 1000);
    struct world_node *node = world_node(&world, 0);
    world_append(node, 5);
    world_run(&world, 20000);
    struct head from = mem_tree_head(&node->journals[0].tree, 5);
    world_draft(&world, &first);
    world_draft(&world, &second);
    world_new_key(node, &first, CHARTER_ROTATE, &from);
    second.policies[CHARTER_CLEARING_PERIOD_DAYS] = 3;
    world_enact(&world, &first, world_node(&world, 1));
    world_run(&world, 2000);
    world_stop(node);
    world_take_key(node);
    world_start(node);
    world_run(&world, 2000);
    world_append(node, 3);
    world_run(&world, 20000);
    assert_int_equal(world_view(world_node(&world, 1), 0).sealed.size, 8);
    world_draft(&world, &third);
    world_sign_by(&third, li, 1, &decides, &hash);
    world_sign_by(&second, li, 1, &rival, &hash);
    for (size_t i = 1; i < 4; i++) {
        world_cut(&world, 0, i, true);
        world_cut(&world, 4, i, true);
    }
    world_append(node, 2); /* n4 has them as well */
    world_run(&world, 2000);
    assert_int_equal(world_node(&world, 4)->journals[0].count, 10);
    world_stop(world_node(&world, 4));
    world_give(world_node(&world, 1), &decides);
    world_run(&world, 1000);
    world_give(world_node(&world, 1), &rival);
    world_run(&world, 1000);
    for (size_t i = 1; i < 4; i++) {
        world_cut(&world, 0, i, false);
        world_cut(&world, 4, i, false);
    }
    world_run(&world, 60000);
    if (node->own == ENGINE_OWN_GOOD && node->journals[0].count == 8) {
        world_journal_add(&node->journals[0], bytes_of_text("another"));
        world_append(node, 2);
    }
    world_run(&world, 20000);
    world_start(world_node(&world, 4));
    world_run(&world, 60000);
    assert_int_equal(world_count(&world, "it signed two histories"), 0);
    writer_fini(&decides);
    writer_fini(&rival);
    world_fini(&world);
}

/* n4 joins by a charter of which a rival comes to light, and which is then
 * decided for. */
static void who_joined_by_a_charter_set_aside_keeps_its_journal(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter one, admits, second, third, parsed;
    world_init(&world, "joined", 5, 0, 0);
    world_draft(&world, &admits); /* all five; to be version 2 */
    world_draft(&world, &one);
    one.version = 1;
    one.previous = (struct hl_hash){{0}};
    hl_free(one.nodes[4].journal_keys);
    hl_free(one.nodes[4].keys);
    one.node_count = 4;
    world_sign_charter(&world, &one);
    charter_fini(&one);
    for (size_t i = 0; i < 5; i++) {
        struct world_node *node = world_node(&world, i);
        writer_clear(&node->charters[0]);
        writer_bytes(&node->charters[0], writer_view(&world.charter));
    }
    charter_init(&parsed);
    assert_ok(charter_parse(writer_view(&world.charter), &parsed, NULL));
    admits.previous = parsed.hash;
    charter_fini(&parsed);
    struct charter_node *in =
        charter_find_node_mutable(&admits, bytes_of_text("n4"));
    in->keeper_count = 3;
    in->quorum = 2;
    memcpy(in->keepers[0], "n1", 3);
    memcpy(in->keepers[1], "n2", 3);
    memcpy(in->keepers[2], "n3", 3);
    world_draft(&world, &second);
    second.policies[CHARTER_CLEARING_PERIOD_DAYS] = 3;
    for (size_t i = 0; i < 4; i++) {
        world_start(world_node(&world, i));
    }
    world_enact(&world, &admits, world_node(&world, 1));
    world_run(&world, 1000);
    writer_bytes(&world_node(&world, 4)->charters[1],
                 writer_view(&world.charter));
    world_node(&world, 4)->charter_count = 2;
    world_draft(&world, &third); /* follows the one that admits */
    world_start(world_node(&world, 4));
    world_run(&world, 2000);
    world_append(world_node(&world, 4), 5);
    world_run(&world, 20000);
    assert_int_equal(world_view(world_node(&world, 2), 4).sealed.size, 5);
    world_enact(&world, &second, world_node(&world, 1));
    world_run(&world, 20000);
    world_enact(&world, &third, world_node(&world, 1));
    world_run(&world, 120000);
    uint64_t uncuts = 0;
    for (size_t i = 0; i < 5; i++) {
        const struct world_journal *at = &world_node(&world, i)->journals[4];
        uncuts += at->uncuts;
    }
    assert_true(world_node(&world, 4)->journals[4].count == 5 || uncuts > 0);
    world_fini(&world);
}

/* n0 has three that are not sealed yet. A charter, by mistake, has it go on
 * from five under another key; a rival sets that aside at once. */
static void what_a_charter_set_aside_has_cut_comes_back(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter first, second;
    world_begin(&world, "cut by mistake");
    struct world_node *node = world_node(&world, 0);
    struct head from = mem_tree_head(&node->journals[0].tree, 5);
    world_stop(world_node(&world, 2));
    world_stop(world_node(&world, 3));
    world_append(node, 3);
    world_run(&world, 10000);
    assert_int_equal(world_view(node, 0).sealed.size, 5);
    assert_int_equal(world_kept(world_node(&world, 1)), 8);
    world_cut(&world, 0, 1, true);
    world_draft(&world, &first);
    world_draft(&world, &second);
    world_new_key(node, &first, CHARTER_REPLACE, &from);
    second.policies[CHARTER_CLEARING_PERIOD_DAYS] = 3;
    world_enact(&world, &first, world_node(&world, 1));
    world_enact(&world, &second, world_node(&world, 1));
    world_run(&world, 1000);
    world_cut(&world, 0, 1, false); /* n0 hears of both, one by one */
    world_start(world_node(&world, 2));
    world_start(world_node(&world, 3));
    world_run(&world, 60000);
    assert_true(bytes_equal(engine_charter(node->engine),
                            writer_view(&node->charters[0])));
    assert_true(node->own == ENGINE_OWN_GOOD ||
                node->journals[0].uncuts +
                        world_node(&world, 1)->journals[0].uncuts >
                    0);
    world_fini(&world);
}

/* n0 is ended at what is sealed; a rival sets that aside. */
static void a_node_whose_end_is_set_aside_goes_on(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter first, second;
    world_begin(&world, "end set aside");
    struct world_node *node = world_node(&world, 0);
    struct head end = mem_tree_head(&node->journals[0].tree, 5);
    world_draft(&world, &first);
    world_draft(&world, &second);
    world_end(&first, "n0", &end);
    second.policies[CHARTER_CLEARING_PERIOD_DAYS] = 3;
    world_enact(&world, &first, world_node(&world, 1));
    world_run(&world, 20000);
    assert_int_equal(node->own, ENGINE_OWN_ENDED);
    world_enact(&world, &second, world_node(&world, 1));
    world_run(&world, 60000);
    world_append(node, 2);
    world_run(&world, 60000);
    assert_int_equal(node->own, ENGINE_OWN_GOOD);
    assert_int_equal(world_view(world_node(&world, 2), 0).sealed.size, 7);
    assert_int_equal(world_kept(world_node(&world, 1)), 7);
    world_fini(&world);
}

static void swap_keys(struct world_node *node)
{
    struct signer key = node->journal_key;
    node->journal_key = node->old_key;
    node->old_key = key;
}

static void a_new_mirror_key_lets_a_keeper_speak_again(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter first, second, third;
    world_begin(&world, "foreign word");
    struct world_node *node = world_node(&world, 0);
    struct world_node *keeper = world_node(&world, 1);
    struct head five = mem_tree_head(&node->journals[0].tree, 5);
    for (size_t i = 2; i < 4; i++) {
        world_cut(&world, 0, i, true);
        world_cut(&world, 1, i, true);
    }
    world_draft(&world, &first);
    world_draft(&world, &second);
    world_new_key(node, &first, CHARTER_ROTATE, &five);
    second.policies[CHARTER_CLEARING_PERIOD_DAYS] = 3;
    world_enact(&world, &first, keeper);
    world_run(&world, 2000);
    world_stop(node);
    world_take_key(node);
    world_start(node);
    world_append(node, 3);
    world_run(&world, 20000);
    assert_int_equal(world_kept(keeper), 8); /* under the first of the two */
    world_stop(node);
    world_enact(&world, &second, keeper);
    world_run(&world, 2000);
    for (size_t i = 2; i < 4; i++) {
        world_cut(&world, 0, i, false);
        world_cut(&world, 1, i, false);
    }
    world_run(&world, 5000);
    /* It is decided for the second, and n1 has a new mirror key. */
    world_draft(&world, &third);
    world_stop(keeper);
    world_new_mirror(keeper, &third);
    world_enact(&world, &third, world_node(&world, 2));
    world_run(&world, 3000);
    world_start(keeper);
    swap_keys(node);
    world_lose_disk(node, 5);
    node->mark = five;
    for (size_t i = 0; i < world_node(&world, 2)->charter_count; i++) {
        writer_clear(&node->charters[i]);
        writer_bytes(&node->charters[i],
                     writer_view(&world_node(&world, 2)->charters[i]));
    }
    node->charter_count = world_node(&world, 2)->charter_count;
    world_start(node);
    world_run(&world, 10000);
    world_append(node, 2);
    world_run(&world, 120000);
    assert_true(bytes_equal(engine_charter(keeper->engine),
                            writer_view(&world.charter)));
    assert_true(keeper->journals[0].count >= 7);
    assert_int_equal(world_view(node, 0).sealed.size, 7); /* by n2, n3 */
    assert_int_equal(world_kept(keeper), 7);
    world_fini(&world);
}

/* n1 has cosigned a thief's nine; a charter cut them, and n1 followed n0 to
 * eight. That charter is set aside, and somebody shows the nine. */
static void an_older_word_silences_no_keeper_in_a_contest(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter first, second;
    struct writer thiefs = {0};
    world_begin(&world, "older word");
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
    writer_bytes(&thiefs, kept_note(keeper));
    struct head from = mem_tree_head(&node->journals[0].tree, 5);
    world_draft(&world, &first);
    world_draft(&world, &second);
    world_new_key(node, &first, CHARTER_REPLACE, &from);
    second.policies[CHARTER_CLEARING_PERIOD_DAYS] = 3;
    world_stop(thief);
    world_enact(&world, &first, keeper);
    world_run(&world, 2000);
    writer_bytes(&node->charters[node->charter_count++],
                 writer_view(&world.charter));
    world_take_key(node);
    world_cut(&world, 4, 1, true);
    world_cut(&world, 0, 2, true); /* so that nothing of it is sealed */
    world_cut(&world, 0, 3, true);
    node->mark = head_empty();
    world_start(node);
    world_append(node, 3);
    world_run(&world, 30000);
    assert_int_equal(world_kept(keeper), 8);
    world_enact(&world, &second, keeper);
    world_run(&world, 5000);
    assert_int_equal(world_count(&world, "n1: mirror"), 0);
    /* n2 has the nine from the thief, with n1's line. */
    world_cut(&world, 1, 2, false);
    world_run(&world, 5000);
    struct sync_message message = {
        .kind = SYNC_HAVE,
        .have = {.origin = bytes_of_text(N0),
                 .checkpoint = writer_view(&thiefs)}};
    world_say(&world, 2, 1, &message, 100);
    world_run(&world, 5000);
    assert_int_equal(world_count(&world, "n1: mirror"), 0);
    writer_fini(&thiefs);
    world_fini(&world);
}

/* As "what a charter settled counts again", but n3 comes when it is settled. */
static void evidence_that_counts_again_is_told(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter first, second;
    world_begin(&world, "settled, told");
    struct world_node *node = world_node(&world, 0);
    struct world_node *twin = world_node(&world, 4);
    world_copy(node, twin, 5);
    for (size_t i = 2; i < 4; i++) {
        world_cut(&world, 0, i, true);
    }
    world_cut(&world, 4, 2, false);
    world_stop(world_node(&world, 3));
    world_start(twin);
    world_append(node, 3);
    world_append(twin, 4);
    world_run(&world, 30000);
    assert_int_equal(node->own, ENGINE_OWN_FORKED);
    world_stop(twin);
    world_cut(&world, 4, 2, true);
    for (size_t i = 2; i < 4; i++) {
        world_cut(&world, 0, i, false);
    }
    struct head from = mem_tree_head(&node->journals[0].tree, 5);
    world_draft(&world, &first);
    world_draft(&world, &second);
    world_new_key(node, &first, CHARTER_REPLACE, &from);
    second.policies[CHARTER_CLEARING_PERIOD_DAYS] = 3;
    world_enact(&world, &first, world_node(&world, 1));
    world_run(&world, 3000);
    world_start(world_node(&world, 3));
    world_run(&world, 20000);
    world_enact(&world, &second, world_node(&world, 1));
    world_run(&world, 120000);
    for (size_t i = 1; i < 4; i++) {
        assert_int_equal(world_view(world_node(&world, i), 0).standing,
                         ENGINE_ORIGIN_QUARANTINED);
    }
    world_fini(&world);
}

/* n1 and n2 seal eight; n3, who has nine of a twin's, cuts them for that. What
 * would bring the eight back meets a full disk. */
static void what_a_full_disk_refused_is_brought_back_later(void **state)
{
    (void)state;
    struct engine_world world;
    world_begin(&world, "refused");
    struct world_node *node = world_node(&world, 0);
    struct world_node *twin = world_node(&world, 4);
    struct world_node *late = world_node(&world, 3);
    world_copy(node, twin, 5);
    for (size_t i = 0; i < 3; i++) {
        world_cut(&world, 3, i, true);
    }
    world_cut(&world, 3, 4, false);
    world_start(twin);
    world_append(node, 3);
    world_append(twin, 4);
    world_run(&world, 30000);
    assert_int_equal(world_view(world_node(&world, 1), 0).sealed.size, 8);
    assert_int_equal(late->journals[0].count, 9);
    world_stop(twin);
    world_cut(&world, 3, 1, false);
    for (size_t i = 0; i < 60000 && late->journals[0].cuts == 0; i++) {
        world_run(&world, 1);
    }
    assert_int_equal(late->journals[0].cuts, 1);
    assert_int_equal(late->journals[0].uncuts, 0);
    late->disk_err = HL_EFULL;
    world_cut(&world, 3, 1, true); /* nobody to fetch it from */
    world_run(&world, 3000);
    late->disk_err = HL_OK;
    world_run(&world, 60000);
    assert_int_equal(late->journals[0].count, 5);
    assert_in_range(late->journals[0].uncuts, 1, 100);
    world_fini(&world);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_sealed_under_a_charter_set_aside_is_kept),
        cmocka_unit_test(and_comes_back_when_the_contest_is_decided),
        cmocka_unit_test(an_author_who_was_away_keeps_what_it_wrote),
        cmocka_unit_test(an_author_who_was_away_signs_one_history),
        cmocka_unit_test(who_joined_by_a_charter_set_aside_keeps_its_journal),
        cmocka_unit_test(what_a_charter_set_aside_has_cut_comes_back),
        cmocka_unit_test(a_node_whose_end_is_set_aside_goes_on),
        cmocka_unit_test(a_new_mirror_key_lets_a_keeper_speak_again),
        cmocka_unit_test(an_older_word_silences_no_keeper_in_a_contest),
        cmocka_unit_test(evidence_that_counts_again_is_told),
        cmocka_unit_test(what_a_full_disk_refused_is_brought_back_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
