/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "protocol/base/alloc.h"
#include "tests/unit/sync/stage.h"

/* --- To the disk ---------------------------------------------------------- */

static void what_is_stored_is_answered_in_order_after_the_commit(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage, 300, 200);
    struct sent a, b;
    sync_send(&stage.source, A, 200, 300, ROOM, &a);
    sync_send(&stage.source, B, 200, 300, ROOM, &b);
    struct engine_action actions[] = {a.action, b.action,
                                      stage_note(3, A, writer_view(&a.note))};
    actions[0].ticket = 1;
    actions[1].ticket = 2;
    stage_give(&stage, actions, 3);
    assert_int_equal(driver_waiting(stage.driver), 3);
    assert_ok(stage_apply(&stage));
    assert_int_equal(script.count, 0);
    assert_int_equal(driver_waiting(stage.driver), 3);
    world_commit(&stage.world);
    stage_committed(&stage, HL_OK);
    assert_int_equal(driver_waiting(stage.driver), 0);
    stage_expect(0, ENGINE_STORED, 1, HL_OK);
    stage_expect(1, ENGINE_STORED, 2, HL_OK);
    stage_expect(2, ENGINE_STORED, 3, HL_OK);
    /* Each half once. */
    stage_expect(3, ENGINE_APPLIED, 0, HL_OK);
    stage_expect(4, ENGINE_APPLIED, 0, HL_OK);
    assert_int_equal(script.count, 5);
    assert_string_equal(script.events[3].origin, A);
    assert_string_equal(script.events[4].origin, B);
    assert_int_equal(script.events[3].digest_size, 256);
    sync_assert_same(&stage.source, &stage.world);
    sent_fini(&a);
    sent_fini(&b);
    stage_fini(&stage);
}

static void an_abort_fails_all_that_was_in_the_transaction(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage, 300, 200);
    struct sent a, b;
    sync_send(&stage.source, A, 200, 300, ROOM, &a);
    sync_send(&stage.source, B, 200, 300, ROOM, &b);
    struct engine_action actions[] = {a.action, b.action};
    actions[0].ticket = 1;
    actions[1].ticket = 2;
    stage_give(&stage, actions, 2);
    assert_ok(stage_apply(&stage));
    stage_abort(&stage, HL_EFULL);
    stage_expect(0, ENGINE_STORED, 1, HL_EFULL);
    stage_expect(1, ENGINE_STORED, 2, HL_EFULL);
    assert_int_equal(script.count, 2);
    /* And they can be given again. */
    stage_give(&stage, actions, 2);
    stage_commit(&stage);
    sync_assert_same(&stage.source, &stage.world);
    sent_fini(&a);
    sent_fini(&b);
    stage_fini(&stage);
}

static void one_that_fails_takes_its_origin_along_and_nobody_else(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage, 300, 200);
    struct sent gap, a, b;
    sync_send(&stage.source, A, 250, 300, ROOM, &gap);
    sync_send(&stage.source, A, 200, 250, ROOM, &a);
    sync_send(&stage.source, B, 200, 300, ROOM, &b);
    struct engine_action actions[] = {gap.action, b.action, a.action};
    for (size_t i = 0; i < 3; i++) {
        actions[i].ticket = i + 1;
    }
    stage_give(&stage, actions, 3);
    stage_commit(&stage);
    stage_expect(0, ENGINE_STORED, 1, HL_EBUSY);
    stage_expect(1, ENGINE_STORED, 2, HL_OK);
    stage_expect(2, ENGINE_STORED, 3, HL_EBUSY);
    assert_int_equal(sync_journal(&stage.world, A).frontier.size, 200);
    assert_int_equal(sync_journal(&stage.world, B).frontier.size, 300);
    sent_fini(&gap);
    sent_fini(&a);
    sent_fini(&b);
    stage_fini(&stage);
}

/* Given while the answer of the one before was on its way. */
static struct engine_action follower;

static void give_follower(const struct engine_event *event,
                          struct engine_actions *out)
{
    if (event->kind == ENGINE_STORED && event->ticket == 1) {
        *out = (struct engine_actions){&follower, 1};
    }
}

static void what_is_given_before_a_failure_is_told_fails_too(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage, 300, 200);
    struct sent gap;
    sync_send(&stage.source, A, 250, 300, ROOM, &gap);
    struct engine_action actions[] = {stage_note(1, B, writer_view(&gap.note)),
                                      gap.action};
    actions[1].ticket = 2;
    stage_give(&stage, actions, 2);
    follower = stage_note(3, A, writer_view(&gap.note));
    script.step = give_follower;
    stage_commit(&stage);
    stage_expect(0, ENGINE_STORED, 1, HL_OK);
    stage_expect(1, ENGINE_STORED, 2, HL_EBUSY);
    script.count = 0;
    stage_commit(&stage);
    stage_expect(0, ENGINE_STORED, 3, HL_EBUSY);
    sent_fini(&gap);
    stage_fini(&stage);
}

static void a_transaction_takes_so_many_entries_at_most(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage, 3000, 1);
    struct sent a[6];
    struct engine_action actions[6];
    for (size_t i = 0; i < 6; i++) {
        uint64_t from = i == 0 ? 1 : a[i - 1].next;
        sync_send(&stage.source, A, from, i == 5 ? 3000 : 1 + (i + 1) * 500,
                  ROOM, &a[i]);
        actions[i] = a[i].action;
        actions[i].ticket = i + 1;
    }
    stage_give(&stage, actions, 6);
    stage_commit(&stage);
    assert_int_equal(sync_journal(&stage.world, A).frontier.size, 2001);
    /* Appending takes its part of the room: the half lags a little. */
    world_begin(&stage.world);
    assert_in_range(world_half(&stage.world, A).size, 1800, 2000);
    store_abort(&stage.world.txn);
    assert_int_equal(driver_waiting(stage.driver), 3);
    stage_commit(&stage);
    assert_int_equal(sync_journal(&stage.world, A).frontier.size, 3000);
    assert_int_equal(driver_waiting(stage.driver), 0);
    for (size_t i = 0; i < 6; i++) {
        sent_fini(&a[i]);
    }
    stage_fini(&stage);
}

/* Appended they are safe, and appending is the least of it. */
static void a_journal_runs_ahead_of_its_half(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage, 12000, 1);
    struct sent sent;
    sync_send(&stage.source, A, 1, 12000, ROOM, &sent);
    struct engine_action action = sent.action;
    action.ticket = 1;
    stage_give(&stage, &action, 1);
    stage_commit(&stage);
    stage_expect(0, ENGINE_STORED, 1, HL_OK);
    assert_true(sent.next > 4000);
    assert_int_equal(sync_journal(&stage.world, A).frontier.size, sent.next);
    unsigned commits = 1;
    while (driver_waiting(stage.driver) > 0) {
        stage_commit(&stage);
        commits++;
    }
    assert_int_equal(commits, (sent.next + 1999) / 2000);
    world_begin(&stage.world);
    assert_int_equal(world_half(&stage.world, A).size, sent.next);
    store_abort(&stage.world.txn);
    sent_fini(&sent);
    stage_fini(&stage);
}

static void a_long_cut_is_answered_when_all_of_it_is_done(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage, 3000, 3000);
    struct writer note = sync_note(&stage.source, B, 2000);
    struct engine_action actions[] = {
        {.kind = ENGINE_STORE_CUT,
         .ticket = 1,
         .origin = bytes_of_text(A),
         .size = 500},
        stage_note(2, B, writer_view(&note)),
    };
    stage_give(&stage, actions, 2);
    unsigned commits = 0;
    while (script.count == 0) {
        stage_commit(&stage);
        commits++;
        assert_true(commits < 20);
        if (script.count > 0 && script.events[0].kind == ENGINE_APPLIED) {
            script.count = 0;
        }
    }
    assert_true(commits > 1);
    stage_expect(0, ENGINE_STORED, 1, HL_OK);
    while (driver_waiting(stage.driver) > 0) {
        stage_commit(&stage);
        commits++;
        assert_true(commits < 20);
    }
    sync_verify(&stage.world, A, 500);
    world_begin(&stage.world);
    assert_int_equal(world_half(&stage.world, A).size, 500);
    store_abort(&stage.world.txn);
    writer_fini(&note);
    stage_fini(&stage);
}

static void a_cut_that_was_met_by_a_restart_goes_on_by_itself(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage, 3000, 3000);
    struct engine_action cut = {.kind = ENGINE_STORE_CUT,
                                .ticket = 1,
                                .origin = bytes_of_text(A),
                                .size = 500};
    stage_give(&stage, &cut, 1);
    stage_commit(&stage);
    driver_destroy(&stage.driver);
    script_reset();
    assert_ok(stage_open(&stage, ""));
    assert_int_equal(script.journals, 2);
    assert_int_equal(driver_waiting(stage.driver), 1);
    unsigned commits = 0;
    while (driver_waiting(stage.driver) > 0) {
        stage_commit(&stage);
        commits++;
        assert_true(commits < 20);
    }
    for (size_t i = 0; i < script.count; i++) {
        assert_int_equal(script.events[i].kind, ENGINE_APPLIED);
    }
    sync_verify(&stage.world, A, 500);
    world_begin(&stage.world);
    assert_int_equal(world_half(&stage.world, A).size, 500);
    store_abort(&stage.world.txn);
    stage_fini(&stage);
}

static void a_lagging_half_is_level_only_when_that_was_committed(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage, 300, 300);
    struct engine_action cut = {.kind = ENGINE_STORE_CUT,
                                .ticket = 1,
                                .origin = bytes_of_text(A),
                                .size = 200};
    stage_give(&stage, &cut, 1);
    assert_ok(stage_apply(&stage));
    stage_abort(&stage, HL_EIO);
    stage_expect(0, ENGINE_STORED, 1, HL_EIO);
    stage_give(&stage, &cut, 1);
    while (driver_waiting(stage.driver) > 0) {
        stage_commit(&stage);
    }
    sync_verify(&stage.world, A, 200);
    world_begin(&stage.world);
    assert_int_equal(world_half(&stage.world, A).size, 200);
    store_abort(&stage.world.txn);
    stage_fini(&stage);
}

static void past_the_bound_an_operation_fails_in_its_turn(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage, 2, 1);
    enum { COUNT = 4100 };
    struct engine_action *actions = hl_alloc(COUNT, sizeof(*actions));
    for (size_t i = 0; i < COUNT; i++) {
        actions[i] = (struct engine_action){.kind = ENGINE_STORE_EVIDENCE,
                                            .ticket = i,
                                            .note = bytes_of_text("one")};
    }
    stage_give(&stage, actions, COUNT);
    assert_int_equal(driver_waiting(stage.driver), COUNT);
    while (driver_waiting(stage.driver) > 0) {
        stage_commit(&stage);
    }
    assert_int_equal(script.stored, COUNT);
    assert_int_equal(script.failed, COUNT - 4096);
    hl_free(actions);
    stage_fini(&stage);
}

/* --- To peers ------------------------------------------------------------- */

static struct engine_action send_a;
static unsigned sends_left;

/* The next one from where the last one ended. */
static void send_on(const struct engine_event *event,
                    struct engine_actions *out)
{
    if (event->kind == ENGINE_SENT) {
        send_a.from = event->next;
    }
    if (sends_left > 0) {
        sends_left--;
        *out = (struct engine_actions){&send_a, 1};
    }
}

static void each_segment_that_left_is_told_in_a_step_of_its_own(void **state)
{
    (void)state;
    for (int deflate = 0; deflate < 2; deflate++) {
        struct stage stage;
        stage_init(&stage, 300, 300);
        driver_destroy(&stage.driver);
        stage.want_deflate = deflate == 1;
        assert_ok(stage_open(&stage, ""));
        struct writer note = sync_note(&stage.source, A, 300);
        send_a = (struct engine_action){
            .kind = ENGINE_SEND_SEGMENT,
            .stream = 7,
            .origin = bytes_of_text(A),
            .note = writer_view(&note),
            .size = 300,
            .bytes_max = 6000,
        };
        sends_left = 3;
        script.step = send_on;
        stage_tick(&stage);
        assert_int_equal(stage.sends, 3);
        assert_int_equal(script.count, 4);
        for (size_t i = 1; i < 4; i++) {
            stage_expect(i, ENGINE_SENT, 0, HL_OK);
            assert_int_equal(script.events[i].stream, 7);
            assert_string_equal(script.events[i].origin, A);
            assert_true(script.events[i].next > script.events[i].from);
            assert_true(script.events[i].bytes <= 6000);
        }
        assert_int_equal(script.events[3].bytes, stage.sent.size);
        assert_int_equal(script.events[3].from, script.events[2].next);
        /* What came is a message like any other. */
        script.count = 0;
        driver_message(stage.driver, 8, writer_view(&stage.sent),
                       (struct hl_mono){0}, (struct hl_wall){0});
        stage_expect(0, ENGINE_MESSAGE, 0, HL_OK);
        assert_int_equal(script.events[0].bytes, stage.sent.size);
        writer_fini(&note);
        stage_fini(&stage);
    }
}

static void a_segment_that_cannot_be_read_is_told_too(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage, 30, 30);
    send_a = (struct engine_action){
        .kind = ENGINE_SEND_SEGMENT,
        .origin = bytes_of_text(A),
        .from = 5,
        .size = 31,
        .bytes_max = 6000,
    };
    sends_left = 1;
    script.step = send_on;
    stage_tick(&stage);
    assert_int_equal(stage.sends, 0);
    stage_expect(1, ENGINE_SENT, 0, HL_ENOTFOUND);
    assert_int_equal(script.events[1].next, 5);
    stage_fini(&stage);
}

static void bad_bytes_are_an_event(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage, 1, 1);
    driver_message(stage.driver, 8, bytes_of_text("\xff"), (struct hl_mono){0},
                   (struct hl_wall){0});
    stage_expect(0, ENGINE_MESSAGE_BAD, 0, HL_EMALFORMED);
    assert_int_equal(script.events[0].stream, 8);
    stage_fini(&stage);
}

static void a_message_that_cannot_be_encoded_breaks_its_stream(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage, 1, 1);
    struct sync_message message = {.kind = SYNC_HELLO};
    struct engine_action action = {
        .kind = ENGINE_SEND, .stream = 9, .message = &message};
    stage_next(&action, 1);
    stage_tick(&stage);
    assert_int_equal(stage.sends, 0);
    assert_int_equal(stage.closes, 1);
    stage_expect(1, ENGINE_STREAM_CLOSED, 0, HL_ELIMIT);
    assert_int_equal(script.events[1].stream, 9);
    stage_fini(&stage);
}

static void what_is_for_others_is_handed_on(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage, 1, 1);
    struct sync_message message = {.kind = SYNC_HAVE};
    struct engine_action actions[] = {
        {.kind = ENGINE_DIAL},
        {.kind = ENGINE_CLOSE, .err = HL_EPROOF},
        {.kind = ENGINE_SEND, .message = &message},
        {.kind = ENGINE_OWN_STATE},
        {.kind = ENGINE_WAIT_DONE},
        {.kind = ENGINE_REPORT},
        {.kind = ENGINE_DROP_MARK},
    };
    stage_give(&stage, actions, 7);
    assert_int_equal(stage.dials, 1);
    assert_int_equal(stage.closes, 1);
    assert_err(stage.closed_with, HL_EPROOF);
    assert_int_equal(stage.sends, 1);
    assert_int_equal(stage.states, 1);
    assert_int_equal(stage.drops, 1);
    assert_int_equal(stage.waits, 1);
    assert_int_equal(stage.reports, 1);
    stage_fini(&stage);
}

/* --- The tree, and the start ---------------------------------------------- */

static struct stage *tree_stage;
static unsigned nodes_read;

static void read_nodes(const struct engine_event *event,
                       struct engine_actions *out)
{
    static const char *const names[] = {A, B, A};
    (void)event, (void)out;
    for (size_t i = 0; i < 3; i++) {
        struct hl_hash node, expected;
        struct store_txn *txn = NULL;
        struct journal_hashes hashes = {
            .journal = sync_journal(&tree_stage->source, names[i])};
        assert_ok(store_begin_read(tree_stage->source.store, &txn, NULL));
        hashes.txn = txn;
        struct hash_source source = journal_hash_source(&hashes);
        assert_ok(source.read(source.context, 3, i, &expected));
        store_abort(&txn);
        assert_ok(script.tree.read(script.tree.context, bytes_of_text(names[i]),
                                   3, i, &node));
        assert_true(hash_equal(&node, &expected));
        nodes_read++;
    }
    struct hl_hash node;
    assert_err(script.tree.read(script.tree.context,
                                bytes_of_text("zy.example/xinyang"), 0, 0,
                                &node),
               HL_ENOTFOUND);
}

static void a_step_reads_the_trees_of_the_store(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage, 300, 300);
    tree_stage = &stage;
    nodes_read = 0;
    script.step = read_nodes;
    stage_tick(&stage);
    stage_tick(&stage);
    assert_int_equal(nodes_read, 6);
    stage_fini(&stage);
}

static void the_own_digest_is_told_when_there_is_a_new_one(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage, 1, 1);
    world_begin(&stage.world);
    for (unsigned i = 0; i < 300; i++) {
        world_put_unit(&stage.world, "zy.example/kaifeng", i, "own");
    }
    world_commit(&stage.world);
    struct engine_event event = {.kind = ENGINE_OWN_ADVANCED,
                                 .head = {.size = 255}};
    driver_event(stage.driver, &event);
    assert_int_equal(script.count, 1);
    event.head.size = 300;
    driver_event(stage.driver, &event);
    assert_int_equal(script.count, 3);
    stage_expect(2, ENGINE_APPLIED, 0, HL_OK);
    assert_int_equal(script.events[2].digest_size, 256);
    event.head.size = 301;
    driver_event(stage.driver, &event);
    assert_int_equal(script.count, 4);
    stage_fini(&stage);
}

static void an_engine_that_does_not_start_leaves_nothing(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage, 1, 1);
    driver_destroy(&stage.driver);
    script.start_err = HL_EPIN;
    assert_err(stage_open(&stage, ""), HL_EPIN);
    assert_null(stage.driver);
    stage_fini(&stage);
}

static void the_operators_charter_waits_for_the_disk_unasked(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage, 1, 1);
    driver_destroy(&stage.driver);
    script_reset();
    assert_ok(stage_open(&stage, "no charter, but the script does not mind"));
    assert_int_equal(script.charters, 1);
    assert_int_equal(driver_waiting(stage.driver), 1);
    /* The store minds, and nobody waits for an answer. */
    stage_commit(&stage);
    assert_int_equal(driver_waiting(stage.driver), 0);
    assert_int_equal(script.count, 0);
    stage_fini(&stage);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_stored_is_answered_in_order_after_the_commit),
        cmocka_unit_test(an_abort_fails_all_that_was_in_the_transaction),
        cmocka_unit_test(one_that_fails_takes_its_origin_along_and_nobody_else),
        cmocka_unit_test(what_is_given_before_a_failure_is_told_fails_too),
        cmocka_unit_test(a_transaction_takes_so_many_entries_at_most),
        cmocka_unit_test(a_journal_runs_ahead_of_its_half),
        cmocka_unit_test(a_long_cut_is_answered_when_all_of_it_is_done),
        cmocka_unit_test(a_cut_that_was_met_by_a_restart_goes_on_by_itself),
        cmocka_unit_test(a_lagging_half_is_level_only_when_that_was_committed),
        cmocka_unit_test(past_the_bound_an_operation_fails_in_its_turn),
        cmocka_unit_test(each_segment_that_left_is_told_in_a_step_of_its_own),
        cmocka_unit_test(a_segment_that_cannot_be_read_is_told_too),
        cmocka_unit_test(bad_bytes_are_an_event),
        cmocka_unit_test(a_message_that_cannot_be_encoded_breaks_its_stream),
        cmocka_unit_test(what_is_for_others_is_handed_on),
        cmocka_unit_test(a_step_reads_the_trees_of_the_store),
        cmocka_unit_test(the_own_digest_is_told_when_there_is_a_new_one),
        cmocka_unit_test(an_engine_that_does_not_start_leaves_nothing),
        cmocka_unit_test(the_operators_charter_waits_for_the_disk_unasked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
