/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "node/store/key.h"
#include "protocol/tree/span.h"
#include "tests/unit/sync/sync_world.h"

#define A "zy.example/zhengzhou"
#define B "zy.example/luoyang"

enum { ROOM = 1 << 20, SMALL = 6000 };

struct pair {
    struct world source, target;
};

/* A source with journals A and B, some units in both. */
static void pair_init(struct pair *pair, unsigned entries)
{
    world_init(&pair->source);
    world_init(&pair->target);
    world_begin(&pair->source);
    for (unsigned i = 0; i < entries; i++) {
        world_put_unit(&pair->source, A, i % 40, i % 3 == 0 ? "one" : "two");
        world_put_unit(&pair->source, B, 30 + i % 30, "three");
    }
    world_append(&pair->source, A, bytes_of_text("no entry"));
    world_retire_unit(&pair->source, A, 1);
    world_commit(&pair->source);
}

static void pair_fini(struct pair *pair)
{
    loaded_fini();
    world_fini(&pair->source);
    world_fini(&pair->target);
}

static void what_is_sent_segment_by_segment_is_the_same_journal(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair, 600);
    sync_copy(&pair.source, &pair.target, A, 602, SMALL);
    sync_copy(&pair.source, &pair.target, B, 600, ROOM);
    sync_assert_same(&pair.source, &pair.target);
    sync_verify(&pair.target, A, 602);
    sync_verify(&pair.target, B, 600);
    pair_fini(&pair);
}

static void a_copy_goes_on_where_it_was_left(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair, 600);
    sync_copy(&pair.source, &pair.target, A, 123, SMALL);
    /* A restart: nothing is known but what the store has. */
    projection_destroy(&pair.target.projection);
    pair.target.projection = projection_create();
    sync_copy(&pair.source, &pair.target, A, 124, SMALL);
    sync_copy(&pair.source, &pair.target, A, 602, ROOM);
    sync_copy(&pair.source, &pair.target, B, 600, ROOM);
    sync_assert_same(&pair.source, &pair.target);
    pair_fini(&pair);
}

static void a_copy_serves_what_it_has(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair, 600);
    struct world third;
    world_init(&third);
    sync_copy(&pair.source, &pair.target, A, 602, ROOM);
    sync_copy(&pair.source, &pair.target, B, 600, ROOM);
    sync_copy(&pair.target, &third, A, 602, SMALL);
    sync_copy(&pair.target, &third, B, 600, SMALL);
    sync_assert_same(&pair.source, &third);
    world_fini(&third);
    pair_fini(&pair);
}

/* The more is there, the more pages the same entries touch. */
static void
a_segment_that_outgrows_a_transaction_is_applied_in_several(void **state)
{
    (void)state;
    struct pair pair;
    world_init(&pair.source);
    world_init_narrow(&pair.target, 768 << 10);
    world_begin(&pair.source);
    for (unsigned i = 0; i < 2000; i++) {
        world_put_unit(&pair.source, A, i % 1000, i < 1000 ? "one" : "two");
    }
    world_commit(&pair.source);
    unsigned behind = 0;
    for (uint64_t at = 0; at < 2000;) {
        struct sent sent;
        struct sync_progress progress = {0};
        sync_send(&pair.source, A, at, 2000, ROOM / 4, &sent);
        assert_ok(
            sync_apply(&pair.target, &sent.action, UINT64_MAX, &progress));
        assert_true(progress.done);
        behind += progress.behind;
        sync_bring_on(&pair.target, A, 2000);
        at = sent.next;
        sent_fini(&sent);
    }
    assert_true(behind > 0);
    sync_assert_same(&pair.source, &pair.target);
    sync_verify(&pair.target, A, 2000);
    pair_fini(&pair);
}

/* Each segment by itself, as its receiver sees it. */
static void every_segment_verifies_on_hashes_alone(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair, 600);
    struct frontier frontier;
    frontier_init(&frontier);
    for (uint64_t at = 0; at < 602;) {
        struct sent sent;
        sync_send(&pair.source, A, at, 602, SMALL, &sent);
        struct hl_hash leaves[1024];
        struct bundle_walk walk;
        struct bytes entry;
        size_t count = 0;
        assert_ok(
            bundle_validate(sent.segment.bundle, sent.segment.count, 0, NULL));
        bundle_walk_init(&walk, sent.segment.bundle);
        while (bundle_walk_next(&walk, &entry)) {
            leaves[count++] = merkle_leaf(entry);
        }
        struct span span = {
            .first = at,
            .leaves = leaves,
            .count = count,
            .head = {.size = 602},
            .end_proof = &sent.segment.end_proof,
        };
        struct journal journal = sync_journal(&pair.source, A);
        span.head.root = frontier_root(&journal.frontier);
        assert_ok(start_proof_verify(&sent.segment.start, &span.head));
        assert_ok(span_append(&frontier, &span));
        at = sent.next;
        sent_fini(&sent);
    }
    pair_fini(&pair);
}

static void a_segment_keeps_to_the_room_it_is_given(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair, 600);
    struct segment_codec *codec = segment_codec_create();
    for (uint64_t room = 3000; room < 60000; room += 1777) {
        struct sent sent;
        struct writer raw = {0};
        sync_send(&pair.source, A, 5, 602, room, &sent);
        assert_ok(segment_encode(codec, &sent.segment, false, &raw));
        assert_true(raw.size + 16 <= room);
        assert_true(sent.segment.count > 1);
        writer_fini(&raw);
        sent_fini(&sent);
    }
    /* One entry always. */
    struct sent sent;
    sync_send(&pair.source, A, 5, 602, 1, &sent);
    assert_int_equal(sent.segment.count, 1);
    sent_fini(&sent);
    segment_codec_destroy(codec);
    pair_fini(&pair);
}

static void a_segment_has_so_many_entries_at_most(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    world_begin(&world);
    for (unsigned i = 0; i < HL_SEGMENT_ENTRIES_MAX + 10; i++) {
        world_append_unapplied(&world, A, bytes_of_text("x"));
    }
    world_commit(&world);
    struct sent sent;
    sync_send(&world, A, 3, HL_SEGMENT_ENTRIES_MAX + 10, ROOM, &sent);
    assert_int_equal(sent.segment.count, HL_SEGMENT_ENTRIES_MAX);
    sent_fini(&sent);
    world_fini(&world);
}

static void what_the_journal_does_not_reach_is_not_sent(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair, 10);
    struct store_txn *txn = NULL;
    struct writer buffer = {0};
    struct segment segment;
    uint64_t next = 0;
    struct engine_action send = {
        .kind = ENGINE_SEND_SEGMENT,
        .origin = bytes_of_text(A),
        .from = 5,
        .size = 13,
        .bytes_max = ROOM,
    };
    assert_ok(store_begin_read(pair.source.store, &txn, NULL));
    assert_err(sync_store_segment(txn, &send, &buffer, &segment, &next, NULL),
               HL_ENOTFOUND);
    send.origin = bytes_of_text("zy.example/kaifeng");
    assert_err(sync_store_segment(txn, &send, &buffer, &segment, &next, NULL),
               HL_ENOTFOUND);
    store_abort(&txn);
    writer_fini(&buffer);
    pair_fini(&pair);
}

static void
a_segment_behind_one_that_failed_is_refused_and_leaves_nothing(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair, 50);
    struct sync_progress progress = {0};
    struct sent sent;
    sync_copy(&pair.source, &pair.target, A, 20, ROOM);
    struct writer before = sync_dump(&pair.target);
    sync_send(&pair.source, A, 30, 50, ROOM, &sent);
    assert_err(sync_apply(&pair.target, &sent.action, 9, &progress), HL_EBUSY);
    sent_fini(&sent);
    sync_send(&pair.source, A, 10, 50, ROOM, &sent);
    assert_err(sync_apply(&pair.target, &sent.action, 9, &progress), HL_EBUSY);
    sent_fini(&sent);
    sync_send(&pair.source, B, 1, 50, ROOM, &sent);
    assert_err(sync_apply(&pair.target, &sent.action, 9, &progress), HL_EBUSY);
    sent_fini(&sent);
    struct writer after = sync_dump(&pair.target);
    assert_true(bytes_equal(writer_view(&before), writer_view(&after)));
    sync_load(&pair.target);
    assert_int_equal(loaded.journal_count, 1);
    writer_fini(&before);
    writer_fini(&after);
    pair_fini(&pair);
}

static void entries_that_lead_to_another_root_are_not_kept(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair, 50);
    struct sync_progress progress = {0};
    struct sent sent;
    sync_send(&pair.source, A, 0, 50, ROOM, &sent);
    sent.after.edge[0].bytes[3] ^= 1;
    assert_err(sync_apply(&pair.target, &sent.action, 9, &progress),
               HL_EDAMAGED);
    sent_fini(&sent);
    assert_int_equal(sync_journal(&pair.target, A).frontier.size, 0);
    pair_fini(&pair);
}

static void an_aborted_transaction_is_as_if_it_had_not_been(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair, 300);
    sync_copy(&pair.source, &pair.target, A, 100, SMALL);
    struct sent sent;
    struct sync_progress progress = {0};
    sync_send(&pair.source, A, 100, 302, ROOM, &sent);
    struct sync_op *op = sync_op_of(&sent.action);
    world_begin(&pair.target);
    struct sync_target target = {.txn = pair.target.txn,
                                 .projection = pair.target.projection};
    assert_ok(sync_op_apply(op, &target, 9, &progress, NULL));
    projection_reset(pair.target.projection);
    store_abort(&pair.target.txn);
    sync_op_destroy(&op);
    sent_fini(&sent);
    sync_copy(&pair.source, &pair.target, A, 302, SMALL);
    sync_copy(&pair.source, &pair.target, B, 300, ROOM);
    sync_assert_same(&pair.source, &pair.target);
    pair_fini(&pair);
}

static void commands_of_the_own_journal_come_back_with_it(void **state)
{
    (void)state;
    struct pair pair;
    world_init(&pair.source);
    world_init(&pair.target);
    pair.source.own = A;
    pair.target.own = A;
    struct entry entry = {
        .origin = bytes_of_text(A),
        .has_command = true,
        .command = {.id = {7}},
        .body_type = entry_body_type(500, false),
    };
    struct writer raw = {0};
    assert_ok(entry_encode(&entry, &raw, NULL));
    world_begin(&pair.source);
    world_append(&pair.source, A, writer_view(&raw));
    world_commit(&pair.source);
    writer_fini(&raw);
    sync_copy(&pair.source, &pair.target, A, 1, ROOM);
    sync_assert_same(&pair.source, &pair.target);
    world_begin(&pair.target);
    bool found = false;
    uint64_t index = 9;
    assert_ok(projection_command(pair.target.txn, &entry.command, &index,
                                 &found, NULL));
    assert_true(found);
    assert_int_equal(index, 0);
    store_abort(&pair.target.txn);
    pair_fini(&pair);
}

static void a_paused_half_keeps_and_relays_what_comes(void **state)
{
    (void)state;
    struct pair pair;
    struct world third;
    pair_init(&pair, 10);
    world_init(&third);
    world_begin(&pair.source);
    world_append_body(&pair.source, A, entry_body_type(900, true),
                      (struct bytes){0});
    world_put_unit(&pair.source, A, 3, "after");
    world_commit(&pair.source);
    sync_copy(&pair.source, &pair.target, A, 13, ROOM);
    sync_copy(&pair.source, &pair.target, A, 14, ROOM);
    sync_copy(&pair.source, &pair.target, B, 10, ROOM);
    sync_assert_same(&pair.source, &pair.target);
    sync_copy(&pair.target, &third, A, 14, SMALL);
    sync_verify(&third, A, 14);
    world_begin(&pair.target);
    assert_true(world_half(&pair.target, A).paused);
    store_abort(&pair.target.txn);
    /* And it is not behind: there is nothing to be done for it. */
    struct writer name = {0};
    world_begin(&pair.target);
    assert_ok(sync_store_next_behind(pair.target.txn, (struct bytes){0}, &name,
                                     NULL));
    store_abort(&pair.target.txn);
    assert_int_equal(name.size, 0);
    writer_fini(&name);
    world_fini(&third);
    pair_fini(&pair);
}

static void a_half_that_lags_is_found_and_brought_on(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair, 700);
    struct writer name = {0};
    struct sync_progress progress = {0};
    struct sent sent;
    sync_copy(&pair.source, &pair.target, B, 700, ROOM);
    /* Entries that were kept and not applied, as at a pause of a program that
     * knew less. */
    sync_send(&pair.source, A, 0, 602, SMALL, &sent);
    world_begin(&pair.target);
    struct bundle_walk walk;
    struct bytes entry;
    bundle_walk_init(&walk, sent.segment.bundle);
    while (bundle_walk_next(&walk, &entry)) {
        world_append_unapplied(&pair.target, A, entry);
    }
    world_commit(&pair.target);
    uint64_t at = sent.next;
    sent_fini(&sent);
    sync_send(&pair.source, A, at, 702, ROOM, &sent);
    assert_ok(sync_apply(&pair.target, &sent.action, 9, &progress));
    assert_true(progress.behind);
    sent_fini(&sent);
    world_begin(&pair.target);
    assert_ok(sync_store_next_behind(pair.target.txn, (struct bytes){0}, &name,
                                     NULL));
    assert_true(bytes_equal_text(writer_view(&name), A));
    store_abort(&pair.target.txn);
    sync_bring_on(&pair.target, A, 100);
    sync_assert_same(&pair.source, &pair.target);
    writer_fini(&name);
    pair_fini(&pair);
}

/* --- Loading -------------------------------------------------------------- */

static void store_note(struct world *world, const char *origin,
                       enum engine_note kind, struct bytes note)
{
    struct engine_action action = {
        .kind = ENGINE_STORE_NOTE,
        .origin = bytes_of_text(origin),
        .note_kind = kind,
        .note = note,
    };
    struct sync_progress progress = {0};
    assert_ok(sync_apply(world, &action, 9, &progress));
    assert_true(progress.done);
}

static void a_start_gives_the_engine_what_was_stored(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair, 300);
    struct sent sent;
    struct sync_progress progress = {0};
    sync_copy(&pair.source, &pair.target, A, 256, ROOM);
    sync_send(&pair.source, A, 256, 302, 3000, &sent);
    assert_true(sent.next < 302);
    assert_ok(sync_apply(&pair.target, &sent.action, 9, &progress));
    struct writer whole = sync_note(&pair.source, A, 256);
    struct writer sealed = sync_note(&pair.source, A, 200);
    struct writer kept = sync_note(&pair.source, A, 201);
    store_note(&pair.target, A, ENGINE_NOTE_WHOLE, writer_view(&whole));
    store_note(&pair.target, A, ENGINE_NOTE_SEALED, writer_view(&sealed));
    store_note(&pair.target, A, ENGINE_NOTE_KEPT, writer_view(&kept));
    sync_load(&pair.target);
    assert_int_equal(loaded.journal_count, 1);
    const struct engine_journal *got = loaded_journal(A);
    assert_int_equal(got->frontier.size, sent.next);
    struct hl_hash root = frontier_root(&got->frontier);
    struct hl_hash expected = frontier_root(&sent.after);
    assert_true(hash_equal(&root, &expected));
    assert_true(
        bytes_equal(got->notes[ENGINE_NOTE_NEWEST], writer_view(&sent.note)));
    assert_true(
        bytes_equal(got->notes[ENGINE_NOTE_WHOLE], writer_view(&whole)));
    assert_true(
        bytes_equal(got->notes[ENGINE_NOTE_SEALED], writer_view(&sealed)));
    assert_true(bytes_equal(got->notes[ENGINE_NOTE_KEPT], writer_view(&kept)));
    assert_int_equal(got->end_proof.count, sent.segment.end_proof.count);
    assert_memory_equal(got->end_proof.hashes, sent.segment.end_proof.hashes,
                        got->end_proof.count * HL_HASH_BYTES);
    assert_true(got->end_proof.count > 0);
    assert_int_equal(got->digest.size, 256);
    writer_fini(&whole);
    writer_fini(&sealed);
    writer_fini(&kept);
    sent_fini(&sent);
    /* Level with its checkpoint there is no proof. */
    sync_copy(&pair.source, &pair.target, A, 302, ROOM);
    sync_load(&pair.target);
    assert_int_equal(loaded_journal(A)->end_proof.count, 0);
    pair_fini(&pair);
}

static void a_checkpoint_can_come_before_the_first_entry(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair, 20);
    struct writer note = sync_note(&pair.source, A, 22);
    store_note(&pair.target, A, ENGINE_NOTE_SEALED, writer_view(&note));
    sync_load(&pair.target);
    assert_int_equal(loaded_journal(A)->frontier.size, 0);
    assert_true(bytes_equal(loaded_journal(A)->notes[ENGINE_NOTE_SEALED],
                            writer_view(&note)));
    sync_copy(&pair.source, &pair.target, A, 22, ROOM);
    sync_verify(&pair.target, A, 22);
    writer_fini(&note);
    pair_fini(&pair);
}

static void evidence_is_kept_by_what_it_says(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair, 1);
    struct sync_progress progress = {0};
    static const char *const files[] = {"one", "two", "one"};
    for (size_t i = 0; i < 3; i++) {
        struct engine_action action = {
            .kind = ENGINE_STORE_EVIDENCE,
            .ticket = 7,
            .note = bytes_of_text(files[i]),
        };
        assert_ok(sync_apply(&pair.target, &action, 9, &progress));
    }
    sync_load(&pair.target);
    assert_int_equal(loaded.evidence_count, 2);
    pair_fini(&pair);
}

static void what_is_no_charter_is_refused_alone(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair, 1);
    struct sync_progress progress = {0};
    struct engine_action action = {
        .kind = ENGINE_STORE_CHARTER,
        .note = bytes_of_text("no charter"),
    };
    assert_err(sync_apply(&pair.target, &action, 9, &progress), HL_EMALFORMED);
    sync_load(&pair.target);
    assert_int_equal(loaded.charter_count, 0);
    pair_fini(&pair);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sent_segment_by_segment_is_the_same_journal),
        cmocka_unit_test(a_copy_goes_on_where_it_was_left),
        cmocka_unit_test(a_copy_serves_what_it_has),
        cmocka_unit_test(
            a_segment_that_outgrows_a_transaction_is_applied_in_several),
        cmocka_unit_test(every_segment_verifies_on_hashes_alone),
        cmocka_unit_test(a_segment_keeps_to_the_room_it_is_given),
        cmocka_unit_test(a_segment_has_so_many_entries_at_most),
        cmocka_unit_test(what_the_journal_does_not_reach_is_not_sent),
        cmocka_unit_test(
            a_segment_behind_one_that_failed_is_refused_and_leaves_nothing),
        cmocka_unit_test(entries_that_lead_to_another_root_are_not_kept),
        cmocka_unit_test(an_aborted_transaction_is_as_if_it_had_not_been),
        cmocka_unit_test(commands_of_the_own_journal_come_back_with_it),
        cmocka_unit_test(a_paused_half_keeps_and_relays_what_comes),
        cmocka_unit_test(a_half_that_lags_is_found_and_brought_on),
        cmocka_unit_test(a_start_gives_the_engine_what_was_stored),
        cmocka_unit_test(a_checkpoint_can_come_before_the_first_entry),
        cmocka_unit_test(evidence_is_kept_by_what_it_says),
        cmocka_unit_test(what_is_no_charter_is_refused_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
