/* SPDX-License-Identifier: Apache-2.0 */

/* Nodes that follow each other's journals. */

#include "tests/unit/engine/engine_world.h"

static void two_nodes_hold_each_others_journals(void **state)
{
    (void)state;
    struct engine_world world;
    world_init(&world, "two", 2, 0, 0);
    world_append(world_node(&world, 0), 3);
    world_start_all(&world);
    assert_true(world_converge(&world, 2000));
    world_append(world_node(&world, 1), 1);
    world_append(world_node(&world, 0), 2000);
    assert_true(world_converge(&world, 500));
    assert_int_equal(world_count(&world, "peer fault"), 0);
    world_fini(&world);
}

static void what_was_missed_while_cut_off_is_pulled(void **state)
{
    (void)state;
    struct engine_world world;
    world_init(&world, "cut", 3, 2, 2);
    world_start_all(&world);
    world_append(world_node(&world, 0), 10);
    assert_true(world_converge(&world, 2000));
    for (size_t i = 1; i < 3; i++) {
        world_cut(&world, 0, i, true);
    }
    world_append(world_node(&world, 0), 10000);
    world_append(world_node(&world, 1), 5);
    world_run(&world, 60000);
    assert_false(world_equal(&world));
    assert_int_equal(world_view(world_node(&world, 2), 1).held.size, 5);
    for (size_t i = 1; i < 3; i++) {
        world_cut(&world, 0, i, false);
    }
    assert_true(world_converge(&world, 10000));
    assert_int_equal(world_count(&world, "peer fault"), 0);
    world_fini(&world);
}

static void a_journal_comes_through_a_third(void **state)
{
    (void)state;
    struct engine_world world;
    world_init(&world, "relay", 3, 2, 2);
    world_cut(&world, 0, 2, true);
    world_start_all(&world);
    world_append(world_node(&world, 0), 10);
    assert_true(world_converge(&world, 20000));
    world_append(world_node(&world, 0), 1);
    assert_true(world_converge(&world, 20000));
    assert_int_equal(world_count(&world, "peer fault"), 0);
    /* And so do cosignatures, the other way. */
    world_run(&world, 20000);
    assert_int_equal(world_view(world_node(&world, 0), 0).sealed.size, 11);
    assert_int_equal(world_view(world_node(&world, 2), 0).sealed.size, 11);
    world_fini(&world);
}

static void a_restart_goes_on_where_the_disk_ended(void **state)
{
    (void)state;
    struct engine_world world;
    world_init(&world, "restart", 3, 2, 2);
    world_start_all(&world);
    world_append(world_node(&world, 0), 100000);
    struct world_journal *copy = &world_node(&world, 1)->journals[0];
    while (copy->count == 0) { /* in the middle of it */
        world_run(&world, 1);
    }
    assert_in_range(copy->count, 1, 99999);
    world_stop(world_node(&world, 1));
    world_run(&world, 1000);
    world_start(world_node(&world, 1));
    assert_true(world_converge(&world, 10000));
    assert_int_equal(world_count(&world, "peer fault"), 0);
    world_fini(&world);
}

static void keepers_seal_what_a_write_waits_for(void **state)
{
    (void)state;
    struct engine_world world;
    world_init(&world, "seal", 4, 3, 2);
    world_start_all(&world);
    world_run(&world, 1000);
    world_append(world_node(&world, 0), 5);
    world_wait_for(world_node(&world, 0), 1, 4, 1, 5000);
    world_wait_for(world_node(&world, 0), 2, 4, ENGINE_SEALED, 5000);
    world_wait_for(world_node(&world, 0), 3, 4, 3, 5000);
    world_wait_for(world_node(&world, 0), 4, 4, 4, 5000);
    world_run(&world, 300);
    for (size_t i = 1; i < 4; i++) {
        assert_true(world.waits[i].done);
        assert_err(world.waits[i].err, HL_OK);
    }
    assert_true(world.waits[2].sealed);
    assert_true(world.waits[4].done);
    assert_err(world.waits[4].err, HL_EKEEPERS);
    world_run(&world, 10000);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(world_view(world_node(&world, i), 0).sealed.size, 5);
    }
    world_fini(&world);
}

/* Without a write that waits: else it would take a heartbeat. */
static void keepers_seal_at_once_what_others_rely_on(void **state)
{
    (void)state;
    struct engine_world world;
    world_init(&world, "urgent", 4, 3, 2);
    world_start_all(&world);
    world_run(&world, 1000);
    for (uint64_t i = 1; i <= 3; i++) {
        world_append_urgent(world_node(&world, 0), 2);
        world_append(world_node(&world, 0), 1);
        world_run(&world, 300);
        assert_true(world_view(world_node(&world, 0), 0).sealed.size >=
                    3 * i - 1);
        assert_true(world_view(world_node(&world, 3), 0).sealed.size >=
                    3 * i - 1);
    }
    world_fini(&world);
}

static void a_wait_that_nobody_can_meet_ends_at_its_time(void **state)
{
    (void)state;
    struct engine_world world;
    world_init(&world, "deadline", 4, 3, 2);
    world_start(world_node(&world, 0));
    world_start(world_node(&world, 1));
    world_run(&world, 1000);
    world_append(world_node(&world, 0), 5);
    world_wait_for(world_node(&world, 0), 1, 4, ENGINE_SEALED, 3000);
    world_run(&world, 2990);
    assert_false(world.waits[1].done);
    world_run(&world, 20);
    assert_true(world.waits[1].done);
    assert_err(world.waits[1].err, HL_EDEADLINE);
    assert_int_equal(world.waits[1].keepers, 1);
    world_fini(&world);
}

static void say_digest(struct world_node *node, uint8_t what)
{
    struct engine_event applied = {
        .kind = ENGINE_APPLIED,
        .origin = bytes_of_text("zhongyuan.example/n0"),
        .digest = {.size = 256, .rules = 1, .digest = {.bytes = {what}}}};
    world_event(node, &applied);
}

static void
another_digest_of_the_same_entries_is_walked_to_its_record(void **state)
{
    (void)state;
    struct engine_world world;
    world_init(&world, "digests", 2, 0, 0);
    world_start_all(&world);
    world_append(world_node(&world, 0), 300);
    assert_true(world_converge(&world, 3000));
    say_digest(world_node(&world, 0), 1);
    say_digest(world_node(&world, 1), 2);
    world_node(&world, 0)->half_size = 300;
    world_node(&world, 1)->half_size = 299; /* not level yet */
    world_append(world_node(&world, 0), 1);
    world_run(&world, 12000);
    assert_in_range(world_count(&world, "computes it differently"), 1, 2);
    assert_int_equal(world_count(&world, "unit 4711"), 0);
    world_node(&world, 0)->half_size = 301;
    world_node(&world, 1)->half_size = 301;
    world_append(world_node(&world, 1), 1);
    for (size_t i = 0; i < 3; i++) { /* heartbeats tell of what changed */
        world_run(&world, 6000);
        world_node(&world, 0)->half_size = 301 + i + 1;
        world_node(&world, 1)->half_size = 301 + i + 1;
        world_append(world_node(&world, 0), 1);
    }
    world_run(&world, 12000);
    assert_in_range(world_count(&world, "first at unit 4711"), 1, 2);
    world_fini(&world);
}

static void say_sealed(struct engine_world *world, const struct writer *note)
{
    struct sync_message message = {
        .kind = SYNC_HAVE,
        .have = {.origin = bytes_of_text("zhongyuan.example/n0"),
                 .sealed = writer_view(note)}};
    world_say(world, 1, 3, &message, 100);
}

/* The shorter one comes while the longer one is on its way to the disk. */
static void a_sealed_size_never_shrinks(void **state)
{
    (void)state;
    struct engine_world world;
    struct writer six = {0}, eight = {0};
    world_begin(&world, "sealed twice");
    struct world_node *author = world_node(&world, 0);
    struct world_node *late = world_node(&world, 3);
    const struct writer *sealed =
        &world_node(&world, 1)->journals[0].notes[ENGINE_NOTE_SEALED];
    world_append(author, 1);
    world_run(&world, 10000);
    writer_bytes(&six, writer_view(sealed));
    world_append(author, 2);
    world_run(&world, 10000);
    writer_bytes(&eight, writer_view(sealed));
    assert_int_equal(world_note_head(writer_view(&six)).size, 6);
    assert_int_equal(world_note_head(writer_view(&eight)).size, 8);
    /* It has forgotten both, and hears of them from nobody else. */
    world_stop(late);
    writer_clear(&late->journals[0].notes[ENGINE_NOTE_SEALED]);
    world_stop(author);
    world_stop(world_node(&world, 2));
    writer_clear(&world_node(&world, 1)->journals[0].notes[ENGINE_NOTE_SEALED]);
    world_stop(world_node(&world, 1));
    world_start(world_node(&world, 1));
    world_start(late);
    world_run(&world, 3000);
    assert_int_equal(world_view(late, 0).sealed.size, 0);
    say_sealed(&world, &eight);
    say_sealed(&world, &six);
    world_run(&world, WORLD_DISK_MS + 1);
    assert_int_equal(world_view(late, 0).sealed.size, 8);
    writer_fini(&six);
    writer_fini(&eight);
    world_fini(&world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_nodes_hold_each_others_journals),
        cmocka_unit_test(what_was_missed_while_cut_off_is_pulled),
        cmocka_unit_test(a_journal_comes_through_a_third),
        cmocka_unit_test(a_restart_goes_on_where_the_disk_ended),
        cmocka_unit_test(keepers_seal_what_a_write_waits_for),
        cmocka_unit_test(keepers_seal_at_once_what_others_rely_on),
        cmocka_unit_test(a_wait_that_nobody_can_meet_ends_at_its_time),
        cmocka_unit_test(
            another_digest_of_the_same_entries_is_walked_to_its_record),
        cmocka_unit_test(a_sealed_size_never_shrinks),
    };
    test_seed_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
