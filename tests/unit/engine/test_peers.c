/* SPDX-License-Identifier: Apache-2.0 */

/* Reaching peers, and peers that break the protocol. */

#include <string.h>

#include "tests/unit/engine/engine_world.h"

/* The newest stream between two nodes that is open at both ends. */
static uint64_t stream_between(const struct engine_world *world, size_t a,
                               size_t b, size_t *count)
{
    uint64_t found = UINT64_MAX;
    *count = 0;
    for (uint64_t i = 0; i < world->stream_count; i++) {
        const size_t *ends = world->streams[i].ends;
        if ((ends[0] == a && ends[1] == b) || (ends[0] == b && ends[1] == a)) {
            found = i;
            (*count)++;
        }
    }
    return found;
}

static void inject(struct world_node *node, uint64_t stream,
                   const struct sync_message *message, uint64_t bytes)
{
    struct engine_event event = {.kind = ENGINE_MESSAGE,
                                 .stream = stream,
                                 .message = message,
                                 .bytes = bytes};
    world_event(node, &event);
}

static struct engine_peer_view peer_of(const struct world_node *node,
                                       const char *id)
{
    struct engine_peer_view view;
    for (size_t i = 0; engine_peer_at(node->engine, i, &view); i++) {
        if (bytes_equal_text(view.id, id)) {
            return view;
        }
    }
    fail_msg("no peer %s", id);
    return view;
}

/* Both dial at the same moment. */
static void dial_at_once(struct engine_world *world, const char *name)
{
    world_init(world, name, 2, 0, 0);
    world_cut(world, 0, 1, true);
    world_start_all(world);
    world_run(world, 20000);
    while (peer_of(world_node(world, 0), "n1").link != ENGINE_LINK_DOWN ||
           peer_of(world_node(world, 1), "n0").link != ENGINE_LINK_DOWN) {
        world_run(world, 100);
    }
    world_cut(world, 0, 1, false);
    for (size_t i = 0; i < 2; i++) {
        struct engine_event retry = {
            .kind = ENGINE_RETRY, .peer = bytes_of_text(i == 0 ? "n1" : "n0")};
        world_event(world_node(world, i), &retry);
    }
    world_run(world, 5000);
}

static void two_that_dial_at_once_keep_the_one_of_the_smaller_id(void **state)
{
    (void)state;
    struct engine_world world;
    dial_at_once(&world, "both dial");
    assert_int_equal(world.stream_count, 2);
    size_t count = 0;
    uint64_t stream = stream_between(&world, 0, 1, &count);
    assert_int_equal(count, 1);
    assert_int_equal(world.streams[stream].ends[0], 0);
    world_append(world_node(&world, 1), 1);
    assert_true(world_converge(&world, 1000));
    world_fini(&world);
}

/* n0 dialled the stream that lives, and does not know that n1 lost it. */
static void who_lost_the_others_stream_waits_a_keepalive(void **state)
{
    (void)state;
    struct engine_world world;
    size_t count = 0;
    dial_at_once(&world, "half open");
    uint64_t dead = stream_between(&world, 0, 1, &count);
    world_vanish(world_node(&world, 1));
    world_run(&world, 1000);
    world_start(world_node(&world, 1));
    uint64_t before = world.dials;
    world_run(&world, 20000);
    assert_in_range(world.dials - before, 2, 6);
    assert_int_equal(peer_of(world_node(&world, 0), "n1").link,
                     ENGINE_LINK_UP); /* as it believes */
    struct engine_event closed = {.kind = ENGINE_STREAM_CLOSED,
                                  .stream = dead,
                                  .peer = bytes_of_text("n1"),
                                  .err = HL_ECONNECT};
    world_event(world_node(&world, 0), &closed);
    world_append(world_node(&world, 1), 1);
    assert_true(world_converge(&world, 6000));
    assert_int_equal(world_count(&world, "peer fault"), 0);
    world_fini(&world);
}

static void dialling_backs_off_to_a_heartbeat_and_starts_anew(void **state)
{
    (void)state;
    struct engine_world world;
    world_init(&world, "back-off", 2, 0, 0);
    struct world_node *node = world_node(&world, 0);
    world_start(node);
    uint64_t before = world.dials;
    world_run(&world, 5000);
    assert_in_range(world.dials - before, 4, 10);
    before = world.dials;
    world_run(&world, 100000);
    assert_in_range(world.dials - before, 19, 42); /* every 2.5 to 5 s */
    world_start(world_node(&world, 1));
    world_run(&world, 5000);
    assert_int_equal(peer_of(node, "n1").link, ENGINE_LINK_UP);
    world_stop(world_node(&world, 1));
    before = world.dials;
    world_run(&world, 1000);
    assert_in_range(world.dials - before, 1, 6); /* quick again */
    world_fini(&world);
}

/* Drops the stream and leaves the peer alone for half a minute. */
static void expect_ban(struct engine_world *world, const char *why)
{
    struct world_node *node = world_node(world, 0);
    assert_int_equal(world_count(world, "peer fault"), 1);
    assert_int_equal(world_count(world, why), 1);
    assert_int_equal(peer_of(node, "n1").faults, 1);
    world_run(world, 25000);
    assert_int_not_equal(peer_of(node, "n1").link, ENGINE_LINK_UP);
    world_run(world, 15000);
    assert_int_equal(peer_of(node, "n1").link, ENGINE_LINK_UP);
}

static uint64_t connect_two(struct engine_world *world, const char *name)
{
    size_t count = 0;
    world_init(world, name, 2, 0, 0);
    world_start_all(world);
    world_run(world, 3000);
    return stream_between(world, 0, 1, &count);
}

static void a_second_hello_is_a_fault(void **state)
{
    (void)state;
    struct engine_world world;
    uint64_t stream = connect_two(&world, "second hello");
    struct sync_message hello = {.kind = SYNC_HELLO};
    inject(world_node(&world, 0), stream, &hello, 10);
    expect_ban(&world, "second Hello");
    world_fini(&world);
}

/* It comes back, as an honest one might, and does it again. */
static void each_fault_doubles_the_wait_whatever_lies_between(void **state)
{
    (void)state;
    struct engine_world world;
    size_t count = 0;
    uint64_t stream = connect_two(&world, "again and again");
    struct sync_message hello = {.kind = SYNC_HELLO};
    inject(world_node(&world, 0), stream, &hello, 10);
    expect_ban(&world, "second Hello");
    inject(world_node(&world, 0), stream_between(&world, 0, 1, &count), &hello,
           10);
    assert_int_equal(peer_of(world_node(&world, 0), "n1").faults, 2);
    world_run(&world, 55000);
    assert_int_not_equal(peer_of(world_node(&world, 0), "n1").link,
                         ENGINE_LINK_UP);
    world_run(&world, 15000);
    assert_int_equal(peer_of(world_node(&world, 0), "n1").link, ENGINE_LINK_UP);
    world_fini(&world);
}

static void cut_message(struct engine_world *world)
{
    size_t count = 0;
    struct engine_event event = {.kind = ENGINE_MESSAGE_BAD,
                                 .stream = stream_between(world, 0, 1, &count),
                                 .err = HL_ECONNECT};
    world_event(world_node(world, 0), &event);
}

static void a_message_that_the_line_may_have_cut_is_no_fault_once(void **state)
{
    (void)state;
    struct engine_world world;
    connect_two(&world, "cut");
    for (int i = 0; i < 3; i++) {
        cut_message(&world);
        assert_int_equal(peer_of(world_node(&world, 0), "n1").faults, 0);
        world_run(&world, 65000);
        assert_int_equal(peer_of(world_node(&world, 0), "n1").link,
                         ENGINE_LINK_UP);
    }
    cut_message(&world);
    world_run(&world, 10000);
    cut_message(&world);
    expect_ban(&world, "breaks the protocol");
    world_fini(&world);
}

static void more_than_was_granted_is_a_fault(void **state)
{
    (void)state;
    struct engine_world world;
    uint64_t stream = connect_two(&world, "over the window");
    struct sync_message message = {
        .kind = SYNC_SEGMENT,
        .segment = {.origin = bytes_of_text("zhongyuan.example/n1"),
                    .first = 77,
                    .count = 1,
                    .bundle = bytes_of("\0\1a", 3)}};
    /* Not where we are: ignored, as of a subscription that is no more. */
    for (int i = 0; i < 100; i++) {
        inject(world_node(&world, 0), stream, &message, 10000);
    }
    assert_int_equal(world_count(&world, "peer fault"), 0);
    inject(world_node(&world, 0), stream, &message, 1 << 21);
    expect_ban(&world, "more than it may");
    world_fini(&world);
}

static void evidence_that_proves_nothing_is_a_fault(void **state)
{
    (void)state;
    struct engine_world world;
    uint64_t stream = connect_two(&world, "false evidence");
    struct sync_message message = {
        .kind = SYNC_EVIDENCE, .evidence = {.raw = bytes_of_text("guilty\n")}};
    inject(world_node(&world, 0), stream, &message, 10);
    expect_ban(&world, "proves nothing");
    world_fini(&world);
}

static void a_note_that_nobody_signed_is_a_fault(void **state)
{
    (void)state;
    struct engine_world world;
    uint64_t stream = connect_two(&world, "false note");
    struct sync_message message = {
        .kind = SYNC_HAVE,
        .have = {.origin = bytes_of_text("zhongyuan.example/n1"),
                 .checkpoint = bytes_of_text("no note\n")}};
    inject(world_node(&world, 0), stream, &message, 10);
    assert_int_equal(world_count(&world, "peer fault"), 1);
    world_fini(&world);
}

static void entries_under_no_signed_tree_are_the_peers_fault(void **state)
{
    (void)state;
    struct engine_world world;
    uint64_t stream = connect_two(&world, "changed entries");
    struct world_node *author = world_node(&world, 1);
    world_append(author, 3);
    assert_true(world_converge(&world, 1000));
    const struct world_journal *own = &author->journals[1];
    /* A start proof that is right, and an entry that is not the author's. */
    struct sync_message message = {
        .kind = SYNC_SEGMENT,
        .segment = {.origin = bytes_of_text("zhongyuan.example/n1"),
                    .first = 3,
                    .count = 1,
                    .bundle = bytes_of("\0\1a", 3),
                    .has_start = true}};
    struct sync_message first = message;
    author->up = false; /* it signs a fourth, and only the liar is heard */
    world_append(author, 1);
    author->up = true;
    struct hash_source source = mem_tree_source(&own->tree);
    struct hl_hash root;
    assert_ok(prove_root(&source, 3, &root));
    first.segment.checkpoint = writer_view(&own->notes[ENGINE_NOTE_NEWEST]);
    first.segment.start.at = 3;
    first.segment.start.root = root;
    assert_ok(prove_consistency(&source, 3, 4, &first.segment.start.proof));
    inject(world_node(&world, 0), stream, &first, 100);
    assert_int_equal(world_count(&world, "peer fault"), 1);
    assert_int_equal(world_count(&world, "evidence"), 0);
    assert_int_equal(world_node(&world, 0)->journals[1].count, 3);
    world_fini(&world);
}

static void an_operator_may_forget_a_fault(void **state)
{
    (void)state;
    struct engine_world world;
    uint64_t stream = connect_two(&world, "retry");
    struct world_node *node = world_node(&world, 0);
    struct sync_message hello = {.kind = SYNC_HELLO};
    inject(node, stream, &hello, 10);
    world_run(&world, 1000);
    assert_int_not_equal(peer_of(node, "n1").link, ENGINE_LINK_UP);
    struct engine_event retry = {.kind = ENGINE_RETRY,
                                 .peer = bytes_of_text("n1")};
    world_event(node, &retry);
    world_run(&world, 6000);
    assert_int_equal(peer_of(node, "n1").link, ENGINE_LINK_UP);
    assert_int_equal(peer_of(node, "n1").faults, 0);
    world_fini(&world);
}

static void an_operator_may_pause_a_peer(void **state)
{
    (void)state;
    struct engine_world world;
    (void)connect_two(&world, "pause");
    struct world_node *node = world_node(&world, 0);
    struct engine_event event = {.kind = ENGINE_PAUSE,
                                 .peer = bytes_of_text("n1")};
    world_event(node, &event);
    assert_true(peer_of(node, "n1").paused);
    world_run(&world, 60000); /* neither dials, nor is it let in */
    assert_int_not_equal(peer_of(node, "n1").link, ENGINE_LINK_UP);
    event.kind = ENGINE_RETRY;
    world_event(node, &event);
    world_run(&world, 10000);
    assert_int_equal(peer_of(node, "n1").link, ENGINE_LINK_UP);
    assert_int_equal(world_count(&world, "peer fault"), 0);
    world_fini(&world);
}

static void a_disk_that_fails_is_tried_again(void **state)
{
    (void)state;
    struct engine_world world;
    world_init(&world, "full disk", 3, 2, 2);
    world_start_all(&world);
    world_run(&world, 1000);
    world_node(&world, 1)->disk_err = HL_EFULL;
    world_append(world_node(&world, 0), 20);
    world_run(&world, 20000);
    assert_int_equal(world_node(&world, 1)->journals[0].count, 0);
    assert_int_equal(world_node(&world, 2)->journals[0].count, 20);
    world_node(&world, 1)->disk_err = HL_OK;
    assert_true(world_converge(&world, 15000));
    assert_int_equal(world_count(&world, "peer fault"), 0);
    world_fini(&world);
}

static void a_charter_of_no_form_is_the_fault_of_who_brings_it(void **state)
{
    (void)state;
    struct engine_world world;
    world_init(&world, "no charter", 2, 0, 0);
    world_start_all(&world);
    world_run(&world, 1000);
    struct sync_message message = {
        .kind = SYNC_CHARTER,
        .charter = {.raw = bytes_of_text("this is no charter")}};
    world_say(&world, 1, 0, &message, 30);
    assert_int_equal(peer_of(world_node(&world, 0), "n1").faults, 1);
    world_fini(&world);
}

static void refused_charters_are_told_as_often_as_a_peer_may_ask(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    struct writer raw = {0};
    struct hl_hash hash;
    world_init(&world, "gap", 2, 0, 0);
    const struct signer *by[] = {&world.coordinator};
    world_start_all(&world);
    world_run(&world, 1000);
    world_draft(&world, &draft);
    draft.version += 1;
    draft.previous = (struct hl_hash){{1}};
    world_sign_by(&draft, by, 1, &raw, &hash);
    struct sync_message message = {.kind = SYNC_CHARTER,
                                   .charter = {.raw = writer_view(&raw)}};
    for (size_t i = 0; i < 1000; i++) {
        world_say(&world, 1, 0, &message, raw.size);
    }
    assert_int_equal(peer_of(world_node(&world, 0), "n1").faults, 0);
    assert_in_range(world_count(&world, "charter refused"), 1, 72);
    charter_fini(&draft);
    writer_fini(&raw);
    world_fini(&world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_that_dial_at_once_keep_the_one_of_the_smaller_id),
        cmocka_unit_test(who_lost_the_others_stream_waits_a_keepalive),
        cmocka_unit_test(dialling_backs_off_to_a_heartbeat_and_starts_anew),
        cmocka_unit_test(a_second_hello_is_a_fault),
        cmocka_unit_test(each_fault_doubles_the_wait_whatever_lies_between),
        cmocka_unit_test(a_message_that_the_line_may_have_cut_is_no_fault_once),
        cmocka_unit_test(more_than_was_granted_is_a_fault),
        cmocka_unit_test(evidence_that_proves_nothing_is_a_fault),
        cmocka_unit_test(a_note_that_nobody_signed_is_a_fault),
        cmocka_unit_test(entries_under_no_signed_tree_are_the_peers_fault),
        cmocka_unit_test(a_charter_of_no_form_is_the_fault_of_who_brings_it),
        cmocka_unit_test(refused_charters_are_told_as_often_as_a_peer_may_ask),
        cmocka_unit_test(an_operator_may_forget_a_fault),
        cmocka_unit_test(an_operator_may_pause_a_peer),
        cmocka_unit_test(a_disk_that_fails_is_tried_again),
    };
    test_seed_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
