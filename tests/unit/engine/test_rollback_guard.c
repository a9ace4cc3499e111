/* SPDX-License-Identifier: Apache-2.0 */

/* Stores that were lost or set back, and the author's guard against a second
 * history. */

#include "tests/unit/engine/world_inside.h"

static void an_empty_disk_takes_the_journal_back(void **state)
{
    (void)state;
    struct engine_world world;
    world_begin(&world, "empty disk");
    struct world_node *node = world_node(&world, 0);
    world_stop(node);
    world_lose_disk(node, 0);
    node->mark_agrees = false;
    world_start(node);
    assert_int_equal(node->own, ENGINE_OWN_UNSURE);
    world_run(&world, 10000);
    assert_int_equal(node->own, ENGINE_OWN_GOOD);
    assert_int_equal(node->journals[0].count, 5);
    world_append(node, 1);
    assert_true(world_converge(&world, 3000));
    assert_int_equal(world_count(&world, "evidence"), 0);
    world_fini(&world);
}

static void it_waits_for_a_keeper_that_cannot_be_reached(void **state)
{
    (void)state;
    struct engine_world world;
    world_begin(&world, "keeper away");
    struct world_node *node = world_node(&world, 0);
    world_stop(node);
    world_stop(world_node(&world, 2));
    world_lose_disk(node, 2);
    node->mark_agrees = false;
    world_start(node);
    world_run(&world, 60000);
    assert_int_equal(node->own, ENGINE_OWN_UNSURE);
    assert_int_equal(node->journals[0].count, 5);
    struct engine_event lost = {.kind = ENGINE_LOST,
                                .peer = bytes_of_text("n2")};
    world_event(node, &lost);
    assert_int_equal(node->own, ENGINE_OWN_GOOD);
    world_fini(&world);
}

/* Two of three are declared lost, and one of them answers after all. It is none
 * of the quorum that must, as what it shows is not waited for; but that is
 * taken back. (Simulator, seed 7 with 8 minutes.) */
static void the_answer_of_a_keeper_that_is_lost_does_not_count(void **state)
{
    (void)state;
    struct engine_world world;
    world_begin(&world, "lost answers");
    struct world_node *node = world_node(&world, 0);
    for (size_t i = 0; i < 3; i++) {
        world_cut(&world, 3, i, true);
    }
    world_append(node, 3);
    world_run(&world, 10000);
    assert_int_equal(world_view(world_node(&world, 1), 0).sealed.size, 8);
    for (size_t i = 0; i < 3; i++) {
        world_stop(world_node(&world, i));
        world_cut(&world, 3, i, false);
    }
    world_lose_disk(node, 0);
    node->mark_agrees = false;
    node->has_no_mark = true;
    world_start(node);
    world_run(&world, 10000);
    assert_int_equal(node->journals[0].count, 5);
    for (size_t i = 1; i < 3; i++) {
        struct engine_event event = {
            .kind = ENGINE_LOST,
            .peer = bytes_of_text(world_node(&world, i)->id)};
        world_event(node, &event);
    }
    world_start(world_node(&world, 1));
    world_run(&world, 20000);
    assert_int_equal(node->own, ENGINE_OWN_UNSURE);
    assert_int_equal(node->journals[0].count, 8);
    world_fini(&world);
}

/* What left to nobody but the one who is away, or only to outsiders. */
static void what_no_partner_has_takes_a_new_key(void **state)
{
    (void)state;
    struct engine_world world;
    world_begin(&world, "receipts outside");
    struct world_node *node = world_node(&world, 0);
    for (size_t i = 1; i < 4; i++) {
        world_cut(&world, 0, i, true);
    }
    world_append(node, 3); /* the mark is at 8; receipts may be out */
    world_stop(node);
    world_lose_disk(node, 0);
    node->mark_agrees = false;
    for (size_t i = 1; i < 4; i++) {
        world_cut(&world, 0, i, false);
    }
    world_start(node);
    world_run(&world, 20000);
    assert_int_equal(node->own, ENGINE_OWN_NEEDS_KEY);
    assert_int_equal(node->journals[0].count, 5);
    world_fini(&world);
}

static void a_machine_that_was_set_back_pushes_nothing(void **state)
{
    (void)state;
    struct engine_world world;
    world_begin(&world, "snapshot");
    struct world_node *node = world_node(&world, 0);
    world_stop(node);
    world_lose_disk(node, 3);
    node->mark = mem_tree_head(&node->journals[0].tree, 3);
    world_start(node); /* the mark agrees: it was set back as well */
    for (size_t i = 1; i < 4; i++) {
        world_cut(&world, 0, i, true);
    }
    world_append(node, 1);
    for (size_t i = 1; i < 4; i++) {
        world_cut(&world, 0, i, false);
    }
    uint64_t segments = world.kinds[SYNC_SEGMENT];
    world_run(&world, 20000);
    assert_int_equal(world.kinds[SYNC_SEGMENT], segments);
    assert_true(node->own == ENGINE_OWN_SET_BACK ||
                node->own == ENGINE_OWN_FORKED);
    world_fini(&world);
}

static void a_snapshot_that_wrote_nothing_recovers_by_a_word(void **state)
{
    (void)state;
    struct engine_world world;
    world_begin(&world, "recover");
    struct world_node *node = world_node(&world, 0);
    world_stop(node);
    world_lose_disk(node, 3);
    node->mark = mem_tree_head(&node->journals[0].tree, 3);
    world_start(node);
    world_run(&world, 10000);
    assert_int_equal(node->own, ENGINE_OWN_SET_BACK);
    assert_int_equal(node->journals[0].count, 3);
    struct engine_event recover = {.kind = ENGINE_RECOVER};
    world_event(node, &recover);
    world_run(&world, 20000);
    /* The journal is back; what left under the lost mark nobody knows. */
    assert_int_equal(node->journals[0].count, 5);
    assert_int_equal(node->own, ENGINE_OWN_NEEDS_KEY);
    world_fini(&world);
}

static void restart_alone(struct engine_world *world, struct world_node *node,
                          bool alone)
{
    world_stop(node);
    for (size_t i = 1; i < 4; i++) {
        world_cut(world, 0, i, alone);
    }
    node->mark_agrees =
        !node->has_no_mark && node->mark.size <= node->journals[0].count;
    world_start(node);
    world_run(world, 20000);
}

/* Found out or told: a mark that was set back is none after a restart either,
 * with nobody there to tell it again, or with the store taken back beyond it.
 */
static void what_was_set_back_is_remembered(void **state)
{
    (void)state;
    struct engine_world world;
    world_begin(&world, "restart");
    struct world_node *node = world_node(&world, 0);
    world_stop(node);
    world_lose_disk(node, 3);
    node->mark = mem_tree_head(&node->journals[0].tree, 3);
    world_start(node);
    world_run(&world, 10000);
    assert_int_equal(node->own, ENGINE_OWN_SET_BACK);
    restart_alone(&world, node, true);
    assert_int_equal(node->own, ENGINE_OWN_UNSURE);
    restart_alone(&world, node, false);
    assert_int_equal(node->own, ENGINE_OWN_NEEDS_KEY);
    assert_int_equal(node->journals[0].count, 5);
    restart_alone(&world, node, false);
    assert_int_equal(node->own, ENGINE_OWN_NEEDS_KEY);
    restart_alone(&world, node, true);
    assert_int_equal(node->own, ENGINE_OWN_UNSURE);
    world_fini(&world);
}

static void what_an_operator_said_is_remembered(void **state)
{
    (void)state;
    struct engine_world world;
    world_begin(&world, "restart told");
    struct world_node *node = world_node(&world, 0);
    struct engine_event recover = {.kind = ENGINE_RECOVER};
    world_event(node, &recover);
    assert_true(node->has_no_mark);
    restart_alone(&world, node, true);
    assert_int_equal(node->own, ENGINE_OWN_UNSURE);
    world_fini(&world);
}

/* Its keepers cannot be asked any more, and the charter says where its journal
 * goes on: that is enough for the key that it names, once. */
static void what_a_charter_decides_waits_for_nobody(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    world_begin(&world, "decided");
    struct world_node *node = world_node(&world, 0);
    for (size_t i = 2; i < 4; i++) {
        world_stop(world_node(&world, i));
    }
    world_stop(node);
    world_lose_disk(node, 0);
    node->mark_agrees = false;
    struct head from =
        mem_tree_head(&world_node(&world, 1)->journals[0].tree, 5);
    world_draft(&world, &draft);
    world_new_key(node, &draft, CHARTER_REPLACE, &from);
    world_enact(&world, &draft, world_node(&world, 1));
    world_run(&world, 1000);
    world_take_key(node);
    node->mark = head_empty();
    world_start(node);
    world_run(&world, 5000);
    assert_int_equal(node->own, ENGINE_OWN_GOOD);
    assert_int_equal(node->journals[0].count, 5);
    /* It has signed under the key since: the next loss is another one. */
    world_append(node, 2);
    world_run(&world, 2000);
    world_stop(node);
    world_lose_disk(node, 0);
    world_start(node);
    world_run(&world, 10000);
    assert_int_equal(node->own, ENGINE_OWN_UNSURE);
    world_fini(&world);
}

/* n0 lost its disk, and has the first charter alone: under that it cannot judge
 * what keepers answer. What the disk says to the next one: err. */
static void recover_with_charter_late(struct engine_world *world,
                                      const char *name, hl_err err)
{
    struct charter draft;
    world_begin(world, name);
    struct world_node *node = world_node(world, 0);
    struct head from = mem_tree_head(&node->journals[0].tree, 5);
    world_draft(world, &draft);
    world_new_key(node, &draft, CHARTER_ROTATE, &from);
    world_enact(world, &draft, world_node(world, 1));
    world_run(world, 2000);
    world_stop(node);
    world_take_key(node);
    world_start(node);
    world_append(node, 4);
    world_run(world, 20000);
    assert_int_equal(world_view(world_node(world, 1), 0).sealed.size, 9);
    world_stop(node);
    world_lose_disk(node, 0);
    node->mark_agrees = false;
    writer_clear(&node->charters[1]);
    node->charter_count = 1;
    node->charter_err = err;
    world_start(node);
    world_run(world, 3000);
    node->charter_err = HL_OK;
    world_run(world, 60000);
    assert_int_equal(node->journals[0].count, 9);
    assert_int_equal(node->own, ENGINE_OWN_GOOD);
    world_fini(world);
}

/* Three that were brought back for a mark, under no note, and the next key
 * replaces what signed them: they are not its own. */
static void what_no_note_covers_is_not_taken_for_a_new_key(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    world_begin(&world, "no note");
    struct world_node *node = world_node(&world, 0);
    struct head from = mem_tree_head(&node->journals[0].tree, 5);
    for (size_t i = 1; i < 4; i++) {
        world_cut(&world, 0, i, true);
    }
    world_append(node, 3);
    world_stop(node);
    writer_clear(&node->journals[0].notes[ENGINE_NOTE_NEWEST]);
    writer_clear(&node->journals[0].notes[ENGINE_NOTE_WHOLE]);
    world_draft(&world, &draft);
    world_new_key(node, &draft, CHARTER_REPLACE, &from);
    world_enact(&world, &draft, world_node(&world, 1));
    writer_bytes(&node->charters[node->charter_count++],
                 writer_view(&world.charter));
    world_take_key(node);
    node->mark = head_empty();
    node->mark_agrees = false; /* the author sees that none is this key's */
    world_start(node);
    world_run(&world, 5000);
    assert_int_equal(node->journals[0].count, 5);
    assert_int_equal(node->own, ENGINE_OWN_GOOD);
    for (size_t i = 1; i < 4; i++) {
        world_cut(&world, 0, i, false);
    }
    world_append(node, 2);
    assert_true(world_converge(&world, 30000));
    assert_int_equal(world_view(world_node(&world, 1), 0).held.size, 7);
    world_fini(&world);
}

static void what_cannot_be_judged_is_no_answer(void **state)
{
    (void)state;
    struct engine_world world;
    recover_with_charter_late(&world, "charter at once", HL_OK);
    recover_with_charter_late(&world, "charter late", HL_EFULL);
}

/* Of three, two are declared lost, and the charter has named the point. */
static void a_charter_decides_where_few_keepers_are_left(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    world_begin(&world, "few left");
    struct world_node *node = world_node(&world, 0);
    struct head from = mem_tree_head(&node->journals[0].tree, 5);
    world_stop(node);
    world_lose_disk(node, 0);
    world_stop(world_node(&world, 1));
    world_stop(world_node(&world, 2));
    world_draft(&world, &draft);
    world_new_key(node, &draft, CHARTER_REPLACE, &from);
    world_enact(&world, &draft, world_node(&world, 3));
    world_run(&world, 2000);
    world_take_key(node);
    node->mark = head_empty();
    node->mark_agrees = false;
    world_start(node);
    world_run(&world, 5000);
    for (size_t i = 1; i < 3; i++) {
        struct engine_event event = {
            .kind = ENGINE_LOST,
            .peer = bytes_of_text(world_node(&world, i)->id)};
        world_event(node, &event);
    }
    world_run(&world, 60000);
    assert_int_equal(node->own, ENGINE_OWN_GOOD);
    world_fini(&world);
}

static void swap_keys(struct world_node *node)
{
    struct signer key = node->journal_key;
    node->journal_key = node->old_key;
    node->old_key = key;
}

/* n0 rotated its key and has signed eight; then its machine is set back to
 * before all that, charter and keys with it, and it writes. */
static void a_node_set_back_behind_a_rotation_shows_nothing(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    world_begin(&world, "set back behind");
    struct world_node *node = world_node(&world, 0);
    struct head from = mem_tree_head(&node->journals[0].tree, 5);
    world_draft(&world, &draft);
    world_new_key(node, &draft, CHARTER_ROTATE, &from);
    world_enact(&world, &draft, world_node(&world, 1));
    world_run(&world, 2000);
    world_stop(node);
    world_take_key(node);
    world_start(node);
    world_append(node, 3);
    world_run(&world, 20000);
    assert_int_equal(world_view(world_node(&world, 1), 0).sealed.size, 8);
    world_stop(node);
    swap_keys(node);
    world_lose_disk(node, 5);
    node->mark = from;
    node->charter_count = 1;
    writer_clear(&node->charters[1]);
    world_start(node);
    world_journal_add(&node->journals[0], bytes_of_text("something else"));
    world_append(node, 1);        /* before it has met anybody */
    node->charter_err = HL_EFULL; /* stands for a disk slower than the net */
    world_run(&world, 300);
    node->charter_err = HL_OK;
    world_run(&world, 30000);
    world_append(node, 2);
    world_run(&world, 30000);
    assert_int_equal(world_count(&world, "it signed two histories"), 0);
    assert_int_equal(node->own, ENGINE_OWN_SET_BACK);
    world_fini(&world);
}

/* The same without a rotation: the guard sees it. */
static void a_node_set_back_shows_nothing(void **state)
{
    (void)state;
    struct engine_world world;
    world_begin(&world, "set back");
    struct world_node *node = world_node(&world, 0);
    struct head from = mem_tree_head(&node->journals[0].tree, 5);
    world_append(node, 3);
    world_run(&world, 20000);
    world_stop(node);
    world_lose_disk(node, 5);
    node->mark = from;
    world_start(node);
    world_journal_add(&node->journals[0], bytes_of_text("something else"));
    world_append(node, 1);
    world_run(&world, 30000);
    assert_int_equal(world_count(&world, "it signed two histories"), 0);
    assert_int_equal(node->own, ENGINE_OWN_SET_BACK);
    world_fini(&world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_set_back_is_remembered),
        cmocka_unit_test(what_an_operator_said_is_remembered),
        cmocka_unit_test(what_a_charter_decides_waits_for_nobody),
        cmocka_unit_test(an_empty_disk_takes_the_journal_back),
        cmocka_unit_test(it_waits_for_a_keeper_that_cannot_be_reached),
        cmocka_unit_test(the_answer_of_a_keeper_that_is_lost_does_not_count),
        cmocka_unit_test(what_no_partner_has_takes_a_new_key),
        cmocka_unit_test(a_machine_that_was_set_back_pushes_nothing),
        cmocka_unit_test(a_snapshot_that_wrote_nothing_recovers_by_a_word),
        cmocka_unit_test(what_no_note_covers_is_not_taken_for_a_new_key),
        cmocka_unit_test(what_cannot_be_judged_is_no_answer),
        cmocka_unit_test(a_charter_decides_where_few_keepers_are_left),
        cmocka_unit_test(a_node_set_back_behind_a_rotation_shows_nothing),
        cmocka_unit_test(a_node_set_back_shows_nothing),
    };
    test_seed_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
