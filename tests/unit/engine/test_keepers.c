/* SPDX-License-Identifier: Apache-2.0 */

/* What keepers cosign, and when they must not. */

#include <string.h>

#include "protocol/note/checkpoint.h"
#include "tests/unit/engine/engine_world.h"

#define N0 "zhongyuan.example/n0"

/* Off the net from n2 and n3, n1 is shown another history by a thief, to
 * `size`, while n0 goes on with the others to 12. */
static void steal(struct engine_world *world, uint64_t size)
{
    struct world_node *node = world_node(world, 0);
    struct world_node *thief = world_node(world, 4);
    world_copy(node, thief, 5);
    world_cut(world, 0, 1, true);
    world_cut(world, 1, 2, true);
    world_cut(world, 1, 3, true);
    world_cut(world, 4, 1, false);
    world_start(thief);
    world_run(world, 3000);
    world_append(thief, size - 5);
    world_append(node, 7);
    world_run(world, 15000);
    assert_int_equal(world_kept(world_node(world, 1)), size);
    assert_int_equal(world_kept(world_node(world, 2)), 12);
}

/* The thief's history is shorter than the point from which the charter lets the
 * author go on: what n1 cosigned stands beside the way to there. (Simulator,
 * seeds 41 and 51088.) */
static void what_the_charter_cut_beside_its_point_binds_no_keeper(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    world_begin(&world, "beside");
    struct world_node *node = world_node(&world, 0);
    struct world_node *keeper = world_node(&world, 1);
    steal(&world, 8);
    struct head from = mem_tree_head(&node->journals[0].tree, 12);
    world_draft(&world, &draft);
    world_new_key(node, &draft, CHARTER_REPLACE, &from);
    world_stop(world_node(&world, 4));
    world_enact(&world, &draft, world_node(&world, 2));
    world_run(&world, 2000);
    world_stop(node);
    world_take_key(node);
    world_cut(&world, 4, 1, true);
    world_cut(&world, 0, 1, false);
    world_cut(&world, 1, 2, false);
    world_cut(&world, 1, 3, false);
    world_start(node);
    world_append(node, 1);
    world_run(&world, 30000);
    assert_int_equal(world_view(keeper, 0).held.size, 13);
    assert_int_equal(world_kept(keeper), 13);
    assert_int_equal(world_count(&world, "evidence"), 0);
    assert_int_equal(world_count(&world, "peer fault"), 0);
    world_fini(&world);
}

/* As if `from` had said that this is the candidate of n0. */
static void name_candidate(struct engine_world *world, size_t from, size_t to,
                           struct bytes note)
{
    struct sync_message message = {
        .kind = SYNC_HAVE,
        .have = {.origin = bytes_of_text(N0), .candidate = note}};
    world_say(world, from, to, &message, 100);
}

/* Else one partner could have each keeper cosign another checkpoint, and none
 * would ever be sealed. */
static void only_what_its_author_marked_is_cosigned(void **state)
{
    (void)state;
    struct engine_world world;
    world_begin(&world, "candidates");
    struct world_node *node = world_node(&world, 0);
    uint64_t size = 5;
    for (int i = 0; i < 20; i++) {
        world_append(node, 1);
        world_run(&world, 200);
        size++;
        struct bytes newest =
            writer_view(&node->journals[0].notes[ENGINE_NOTE_NEWEST]);
        name_candidate(&world, 3, 1 + (size_t)i % 2, newest);
        if (i % 2 == 0) {
            world_wait_for(node, (uint64_t)i, size - 1, 2, 5000);
            world_run(&world, 200);
            assert_true(world.waits[i].done);
            assert_ok(world.waits[i].err);
        }
    }
    /* What the author did not mark is nowhere in a keeper's name. */
    int unmarked = 0;
    for (int i = 0; i < 3; i++) {
        world_append(node, 1);
        world_run(&world, 100);
        name_candidate(
            &world, 3, 1,
            writer_view(&node->journals[0].notes[ENGINE_NOTE_NEWEST]));
        world_run(&world, 100);
        unmarked += world_kept(world_node(&world, 1)) < ++size ? 1 : 0;
    }
    assert_in_range(unmarked, 2, 3); /* one heartbeat may come between */
    world_fini(&world);
}

/* A keeper whose disk was set back, and nobody noticed. */
static void a_word_that_the_store_has_not_silences_the_keeper(void **state)
{
    (void)state;
    struct engine_world world;
    world_begin(&world, "mirror");
    struct world_node *keeper = world_node(&world, 1);
    struct writer *kept = &keeper->journals[0].notes[ENGINE_NOTE_KEPT];
    struct writer before = {0};
    writer_bytes(&before, writer_view(kept));
    world_append(world_node(&world, 0), 4);
    world_run(&world, 15000);
    assert_int_equal(world_kept(keeper), 9);
    world_stop(keeper);
    writer_clear(kept);
    writer_bytes(kept, writer_view(&before));
    world_start(keeper);
    world_run(&world, 15000);
    assert_true(world_count(&world, "n1: mirror") > 0);
    world_append(world_node(&world, 0), 1);
    world_run(&world, 15000);
    assert_int_equal(world_kept(keeper), 5); /* nothing since */
    assert_int_equal(world_view(world_node(&world, 2), 0).sealed.size, 10);
    writer_fini(&before);
    world_fini(&world);
}

/* Its disk was set back to where it had cosigned less, so it has a new key. */
static void a_keeper_with_a_new_key_asks_the_others_first(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    world_begin(&world, "new mirror key");
    struct world_node *keeper = world_node(&world, 3);
    for (size_t i = 1; i < 3; i++) {
        world_cut(&world, 3, i, true); /* it hears the author alone */
    }
    world_draft(&world, &draft);
    world_stop(keeper);
    world_new_mirror(keeper, &draft);
    world_enact(&world, &draft, world_node(&world, 0));
    world_run(&world, 2000);
    world_start(keeper);
    world_run(&world, 5000);
    struct bytes kept = {0};
    struct writer before = {0};
    kept = writer_view(&keeper->journals[0].notes[ENGINE_NOTE_KEPT]);
    writer_bytes(&before, kept);
    world_append(world_node(&world, 0), 2);
    world_run(&world, 20000);
    kept = writer_view(&keeper->journals[0].notes[ENGINE_NOTE_KEPT]);
    assert_int_equal(keeper->journals[0].count, 7);
    assert_true(bytes_equal(kept, writer_view(&before)));
    for (size_t i = 1; i < 3; i++) {
        world_cut(&world, 3, i, false);
    }
    world_run(&world, 30000);
    kept = writer_view(&keeper->journals[0].notes[ENGINE_NOTE_KEPT]);
    assert_false(bytes_equal(kept, writer_view(&before)));
    writer_fini(&before);
    world_fini(&world);
}

static void a_keeper_follows_the_author_into_a_new_epoch(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    world_begin(&world, "thief's keeper");
    struct world_node *node = world_node(&world, 0);
    struct world_node *thief = world_node(&world, 4);
    struct world_node *keeper = world_node(&world, 1);
    world_copy(node, thief, 5);
    world_stop(node);
    world_cut(&world, 4, 1, false); /* n1 alone hears the thief */
    world_cut(&world, 1, 2, true);
    world_cut(&world, 1, 3, true);
    world_start(thief);
    world_run(&world, 3000);
    world_append(thief, 4);
    world_run(&world, 15000);
    assert_int_equal(world_kept(keeper), 9);
    struct head from = mem_tree_head(&node->journals[0].tree, 5);
    world_draft(&world, &draft);
    world_new_key(node, &draft, CHARTER_REPLACE, &from);
    world_stop(thief);
    world_enact(&world, &draft, keeper);
    world_run(&world, 2000);
    writer_bytes(&node->charters[node->charter_count++],
                 writer_view(&world.charter));
    world_take_key(node);
    world_cut(&world, 4, 1, true);
    world_cut(&world, 1, 2, false);
    world_cut(&world, 1, 3, false);
    node->mark = head_empty();
    world_start(node);
    world_append(node, 3);
    world_run(&world, 30000);
    assert_int_equal(world_kept(keeper), 8);
    assert_int_equal(world_view(keeper, 0).sealed.size, 8);
    assert_int_equal(world_count(&world, "evidence"), 0);
    world_fini(&world);
}

/* n1 has lost its disk, and with it what it cosigned. An empty answer would say
 * that it never cosigned anything. */
static void
who_forgot_what_it_cosigned_says_nothing_until_it_has_asked(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    world_begin(&world, "silence");
    struct world_node *author = world_node(&world, 0);
    struct world_node *keeper = world_node(&world, 1);
    world_stop(keeper);
    world_lose_disk(keeper, 0);
    world_draft(&world, &draft);
    world_new_mirror(keeper, &draft);
    world_enact(&world, &draft, world_node(&world, 2));
    world_run(&world, 1000);
    for (size_t i = 2; i < 4; i++) {
        world_stop(world_node(&world, i));
    }
    world_stop(author);
    world_lose_disk(author, 0);
    author->mark_agrees = false;
    writer_bytes(&keeper->charters[keeper->charter_count++],
                 writer_view(&world.charter));
    world_start(keeper);
    world_start(author);
    world_start(world_node(&world, 2));
    struct engine_event lost = {.kind = ENGINE_LOST,
                                .peer = bytes_of_text("n3")};
    world_event(author, &lost);
    world_run(&world, 20000);
    assert_false(engine_vouches(keeper->engine, bytes_of_text(N0)));
    assert_int_equal(author->own, ENGINE_OWN_UNSURE); /* one of two answered */
    world_start(world_node(&world, 3));
    world_run(&world, 20000);
    assert_true(engine_vouches(keeper->engine, bytes_of_text(N0)));
    assert_int_equal(author->own, ENGINE_OWN_GOOD);
    assert_int_equal(world_view(author, 0).held.size, 5);
    world_fini(&world);
}

/* Two who have forgotten do not ask each other without end. (Simulator, seed
 * 200134.) */
static void two_who_forgot_ask_each_other_once_a_heartbeat(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    world_begin(&world, "two forgot");
    world_stop(world_node(&world, 3));
    world_draft(&world, &draft);
    for (size_t i = 1; i <= 2; i++) {
        world_stop(world_node(&world, i));
        world_lose_disk(world_node(&world, i), 0);
        world_new_mirror(world_node(&world, i), &draft);
    }
    world_enact(&world, &draft, world_node(&world, 0));
    world_run(&world, 1000);
    world_start(world_node(&world, 1));
    world_start(world_node(&world, 2));
    world_run(&world, 10000);
    uint64_t before = world.kinds[SYNC_KEPT_WANT];
    world_run(&world, 50000);
    /* Ten heartbeats, each asks two others about two journals at most. */
    assert_in_range(world.kinds[SYNC_KEPT_WANT] - before, 1, 100);
    world_fini(&world);
}

static void enact_new_mirrors(struct engine_world *world, size_t first,
                              size_t last)
{
    struct charter draft;
    world_draft(world, &draft);
    charter_find_node_mutable(&draft, bytes_of_text("n0"))->has_keepers_from =
        false;
    for (size_t i = first; i <= last; i++) {
        struct world_node *keeper = world_node(world, i);
        world_stop(keeper);
        world_lose_disk(keeper, 0);
        world_new_mirror(keeper, &draft);
    }
    world_enact(world, &draft, world_node(world, 3));
    world_run(world, 1000);
    for (size_t i = first; i <= last; i++) {
        world_start(world_node(world, i));
    }
    world_run(world, 20000);
}

static void enact_point(struct engine_world *world, uint64_t size)
{
    struct charter draft;
    world_draft(world, &draft);
    struct charter_node *kept =
        charter_find_node_mutable(&draft, bytes_of_text("n0"));
    kept->has_keepers_from = true;
    kept->keepers_from =
        mem_tree_head(&world_node(world, 0)->journals[0].tree, size);
    world_enact(world, &draft, world_node(world, 3));
    world_run(world, 20000);
}

/* Two of three have lost what they cosigned, and cannot learn it from the third
 * alone. A later loss is not covered by the point that was named before. */
static void a_point_is_for_the_keepers_that_it_was_named_for(void **state)
{
    (void)state;
    struct engine_world world;
    world_begin(&world, "point");
    struct world_node *author = world_node(&world, 0);
    enact_new_mirrors(&world, 1, 2);
    assert_true(world_view(world_node(&world, 1), 0).asks);
    assert_false(world_view(world_node(&world, 3), 0).asks);
    world_append(author, 2);
    world_run(&world, 20000);
    assert_int_equal(world_view(author, 0).sealed.size, 5);
    enact_point(&world, 7);
    assert_false(world_view(world_node(&world, 1), 0).asks);
    assert_int_equal(world_view(author, 0).sealed.size, 7);
    world_append(author, 2);
    world_run(&world, 20000);
    assert_int_equal(world_view(author, 0).sealed.size, 9);
    enact_new_mirrors(&world, 1, 2);
    assert_false(
        engine_vouches(world_node(&world, 1)->engine, bytes_of_text(N0)));
    world_append(author, 2);
    world_run(&world, 20000);
    assert_int_equal(world_view(author, 0).sealed.size, 9);
    enact_point(&world, 9); /* whatever was named before */
    assert_int_equal(world_view(author, 0).sealed.size, 11);
    assert_int_equal(world_count(&world, "peer fault"), 0);
    world_fini(&world);
}

/* The candidate is open; n3 shows the author's next one, unasked. */
static void a_word_that_nobody_asked_for_hides_no_candidate(void **state)
{
    (void)state;
    struct engine_world world;
    world_begin(&world, "hide");
    struct world_node *node = world_node(&world, 0);
    world_append(node, 1);
    world_wait_for(node, 0, 5, ENGINE_SEALED, 4500);
    world_run(&world, 1);
    world_append(node, 1);
    world_run(&world, 10);
    struct sync_message message = {
        .kind = SYNC_KEPT,
        .kept = {.origin = bytes_of_text(N0),
                 .charter_version = 1,
                 .checkpoint = writer_view(
                     &node->journals[0].notes[ENGINE_NOTE_NEWEST])}};
    world_say(&world, 3, 1, &message, 100);
    world_say(&world, 3, 2, &message, 100);
    world_run(&world, 4600);
    assert_true(world.waits[0].done);
    assert_ok(world.waits[0].err);
    world_fini(&world);
}

/* Its word under the former key was for a disk that is gone. */
static void a_keeper_that_lost_its_disk_counts_for_nothing(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    world_begin(&world, "durability");
    struct world_node *author = world_node(&world, 0);
    struct world_node *keeper = world_node(&world, 1);
    world_stop(world_node(&world, 2));
    world_stop(world_node(&world, 3));
    world_append(author, 1);
    world_wait_for(author, 0, 5, 1, 10000);
    world_run(&world, 5000);
    assert_true(world.waits[0].done && world.waits[0].err == HL_OK);
    world_stop(keeper);
    world_lose_disk(keeper, 0);
    world_draft(&world, &draft);
    world_new_mirror(keeper, &draft);
    world_enact(&world, &draft, author);
    world_run(&world, 2000);
    world_wait_for(author, 1, 5, 1, 10000);
    world_run(&world, 20000);
    assert_true(world.waits[1].done && world.waits[1].err != HL_OK);
    world_fini(&world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_charter_cut_beside_its_point_binds_no_keeper),
        cmocka_unit_test(only_what_its_author_marked_is_cosigned),
        cmocka_unit_test(a_keeper_with_a_new_key_asks_the_others_first),
        cmocka_unit_test(a_keeper_follows_the_author_into_a_new_epoch),
        cmocka_unit_test(
            who_forgot_what_it_cosigned_says_nothing_until_it_has_asked),
        cmocka_unit_test(two_who_forgot_ask_each_other_once_a_heartbeat),
        cmocka_unit_test(a_point_is_for_the_keepers_that_it_was_named_for),
        cmocka_unit_test(a_word_that_the_store_has_not_silences_the_keeper),
        cmocka_unit_test(a_word_that_nobody_asked_for_hides_no_candidate),
        cmocka_unit_test(a_keeper_that_lost_its_disk_counts_for_nothing),
    };
    test_seed_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
