/* SPDX-License-Identifier: Apache-2.0 */
#include "node/store/key.h"
#include "protocol/note/checkpoint.h"
#include "tests/unit/sync/sync_world.h"

#define A "zy.example/zhengzhou"
#define B "zy.example/luoyang"

enum { ROOM = 1 << 20 };

/* A copy of a source, and one of the source's first entries alone. */
struct trio {
    struct world source, copy, never;
    struct rng rng;
};

static void append_random(struct trio *trio, const char *origin)
{
    unsigned unit = (unsigned)rng_below(&trio->rng, 400);
    switch (rng_below(&trio->rng, 8)) {
    case 0:
        world_retire_unit(&trio->source, origin, unit);
        break;
    case 1:
        world_append(&trio->source, origin, bytes_of_text("no entry"));
        break;
    default:
        world_put_unit(&trio->source, origin, unit,
                       rng_below(&trio->rng, 2) == 0 ? "one" : "two");
        break;
    }
}

static void trio_init(struct trio *trio, const char *name, unsigned entries)
{
    *trio = (struct trio){.rng = test_rng(name)};
    world_init(&trio->source);
    world_init(&trio->copy);
    world_init(&trio->never);
    world_begin(&trio->source);
    for (unsigned i = 0; i < entries; i++) {
        append_random(trio, A);
        append_random(trio, B);
    }
    world_commit(&trio->source);
    sync_copy(&trio->source, &trio->copy, A, entries, ROOM);
    sync_copy(&trio->source, &trio->copy, B, entries, ROOM);
    sync_copy(&trio->source, &trio->never, B, entries, ROOM);
}

static void trio_fini(struct trio *trio)
{
    loaded_fini();
    world_fini(&trio->source);
    world_fini(&trio->copy);
    world_fini(&trio->never);
}

static struct engine_action cut_to(uint64_t size)
{
    return (struct engine_action){
        .kind = ENGINE_STORE_CUT, .origin = bytes_of_text(A), .size = size};
}

static uint64_t count_cut(struct world *world)
{
    struct store_txn *txn = NULL;
    uint64_t count = 0;
    assert_ok(store_begin_read(world->store, &txn, NULL));
    assert_ok(sync_store_count_cut(txn, bytes_of_text(A), &count, NULL));
    store_abort(&txn);
    return count;
}

/* The entries of cut number `cut` are those of the source. */
static void assert_evidence(struct trio *trio, uint32_t cut, uint64_t first,
                            uint64_t end)
{
    struct journal from = sync_journal(&trio->source, A);
    struct journal to = sync_journal(&trio->copy, A);
    struct store_txn *source = NULL, *copy = NULL;
    assert_ok(store_begin_read(trio->source.store, &source, NULL));
    assert_ok(store_begin_read(trio->copy.store, &copy, NULL));
    for (uint64_t i = first; i < end; i++) {
        struct bytes original, kept;
        struct store_key key = key_cut_entry(to.number, cut, i);
        assert_ok(journal_entry(source, &from, i, &original, NULL));
        assert_ok(
            store_get(copy, STORE_CUT_ENTRIES, key_view(&key), &kept, NULL));
        assert_true(bytes_equal(original, kept));
    }
    store_abort(&source);
    store_abort(&copy);
}

static void assert_cut(struct trio *trio, uint64_t size, uint64_t steps_max)
{
    struct engine_action action = cut_to(size);
    sync_apply_whole(&trio->copy, &action, steps_max);
    sync_copy(&trio->source, &trio->never, A, size, ROOM);
    sync_assert_same(&trio->copy, &trio->never);
    sync_verify(&trio->copy, A, size);
}

static void a_cut_journal_is_one_that_was_never_longer(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {1, 255, 256, 300, 599};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct trio trio;
        trio_init(&trio, __func__, 600);
        assert_cut(&trio, sizes[i], UINT64_MAX);
        assert_int_equal(count_cut(&trio.copy), 600 - sizes[i]);
        assert_evidence(&trio, 0, sizes[i], 600);
        trio_fini(&trio);
    }
}

static void a_cut_in_many_transactions_comes_to_the_same(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {1, 300, 511};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct trio trio;
        trio_init(&trio, __func__, 600);
        assert_cut(&trio, sizes[i], 10);
        assert_int_equal(count_cut(&trio.copy), 600 - sizes[i]);
        assert_evidence(&trio, 0, sizes[i], 600);
        trio_fini(&trio);
    }
}

static void a_journal_can_be_cut_to_nothing_and_come_again(void **state)
{
    (void)state;
    struct trio trio;
    trio_init(&trio, __func__, 300);
    struct engine_action action = cut_to(0);
    sync_apply_whole(&trio.copy, &action, 50);
    sync_assert_same(&trio.copy, &trio.never);
    assert_int_equal(count_cut(&trio.copy), 300);
    sync_copy(&trio.source, &trio.copy, A, 300, ROOM);
    sync_assert_same(&trio.copy, &trio.source);
    trio_fini(&trio);
}

static void each_cut_keeps_what_it_took(void **state)
{
    (void)state;
    struct trio trio;
    trio_init(&trio, __func__, 300);
    struct engine_action action = cut_to(200);
    sync_apply_whole(&trio.copy, &action, UINT64_MAX);
    sync_copy(&trio.source, &trio.copy, A, 250, ROOM);
    action = cut_to(180);
    sync_apply_whole(&trio.copy, &action, UINT64_MAX);
    assert_int_equal(count_cut(&trio.copy), 100 + 70);
    assert_evidence(&trio, 0, 200, 300);
    assert_evidence(&trio, 1, 180, 250);
    /* What is that long already is not cut again. */
    sync_apply_whole(&trio.copy, &action, UINT64_MAX);
    assert_int_equal(count_cut(&trio.copy), 100 + 70);
    trio_fini(&trio);
}

/* The process dies after any number of steps; a new one has the store alone. */
static void a_cut_that_a_crash_met_is_finished_by_the_next_start(void **state)
{
    (void)state;
    for (unsigned steps = 1; steps < 40; steps += 3) {
        struct trio trio;
        trio_init(&trio, __func__, 300);
        struct engine_action action = cut_to(100);
        struct sync_progress progress = {0};
        for (unsigned i = 0; i < steps && !progress.done; i++) {
            assert_ok(sync_apply(&trio.copy, &action, 1, &progress));
        }
        projection_destroy(&trio.copy.projection);
        trio.copy.projection = projection_create();
        /* The engine is told how it will be. */
        sync_load(&trio.copy);
        const struct engine_journal *told = loaded_journal(A);
        assert_int_equal(told->frontier.size, 100);
        struct writer name = {0};
        world_begin(&trio.copy);
        assert_ok(sync_store_next_behind(trio.copy.txn, (struct bytes){0},
                                         &name, NULL));
        store_abort(&trio.copy.txn);
        if (name.size > 0) {
            assert_true(bytes_equal_text(writer_view(&name), A));
            sync_bring_on(&trio.copy, A, 7);
        }
        writer_fini(&name);
        sync_copy(&trio.source, &trio.never, A, 100, ROOM);
        sync_assert_same(&trio.copy, &trio.never);
        sync_verify(&trio.copy, A, 100);
        assert_int_equal(count_cut(&trio.copy), 200);
        assert_evidence(&trio, 0, 100, 300);
        trio_fini(&trio);
    }
}

static void an_aborted_step_is_taken_again(void **state)
{
    (void)state;
    struct trio trio;
    trio_init(&trio, __func__, 300);
    struct engine_action action = cut_to(100);
    struct sync_op *op = sync_op_of(&action);
    struct sync_progress progress = {0};
    bool aborts = true;
    while (!progress.done || aborts) {
        world_begin(&trio.copy);
        struct sync_target target = {.txn = trio.copy.txn,
                                     .projection = trio.copy.projection};
        aborts = !aborts;
        assert_ok(sync_op_apply(op, &target, 1, &progress, NULL));
        if (aborts) {
            projection_reset(trio.copy.projection);
            store_abort(&trio.copy.txn);
        } else {
            world_commit(&trio.copy);
        }
    }
    sync_op_destroy(&op);
    sync_bring_on(&trio.copy, A, 100);
    sync_copy(&trio.source, &trio.never, A, 100, ROOM);
    sync_assert_same(&trio.copy, &trio.never);
    trio_fini(&trio);
}

static void nothing_is_appended_while_a_cut_goes_on(void **state)
{
    (void)state;
    struct trio trio;
    trio_init(&trio, __func__, 300);
    struct engine_action action = cut_to(100);
    struct sync_progress progress = {0};
    assert_ok(sync_apply(&trio.copy, &action, 1, &progress));
    assert_false(progress.done);
    struct sent sent;
    sync_send(&trio.source, A, 100, 300, ROOM, &sent);
    assert_err(sync_apply(&trio.copy, &sent.action, 9, &progress), HL_EBUSY);
    sent_fini(&sent);
    /* Others are not kept waiting. */
    world_begin(&trio.source);
    append_random(&trio, B);
    world_commit(&trio.source);
    sync_copy(&trio.source, &trio.copy, B, 301, ROOM);
    sync_apply_whole(&trio.copy, &action, 1000);
    sync_copy(&trio.source, &trio.copy, A, 300, ROOM);
    sync_assert_same(&trio.copy, &trio.source);
    trio_fini(&trio);
}

static void notes_beyond_the_cut_go_and_what_binds_stays(void **state)
{
    (void)state;
    struct trio trio;
    trio_init(&trio, __func__, 300);
    struct writer sealed = sync_note(&trio.source, A, 250);
    struct writer at = sync_note(&trio.source, A, 100);
    struct engine_action note = {
        .kind = ENGINE_STORE_NOTE,
        .origin = bytes_of_text(A),
        .note_kind = ENGINE_NOTE_SEALED,
        .note = writer_view(&sealed),
    };
    struct sync_progress progress = {0};
    assert_ok(sync_apply(&trio.copy, &note, 9, &progress));
    note.note_kind = ENGINE_NOTE_KEPT;
    assert_ok(sync_apply(&trio.copy, &note, 9, &progress));
    struct engine_action action = cut_to(100);
    sync_apply_whole(&trio.copy, &action, 20);
    sync_load(&trio.copy);
    const struct engine_journal *got = loaded_journal(A);
    assert_int_equal(got->notes[ENGINE_NOTE_NEWEST].size, 0);
    assert_int_equal(got->end_proof.count, 0);
    assert_true(
        bytes_equal(got->notes[ENGINE_NOTE_SEALED], writer_view(&sealed)));
    assert_true(
        bytes_equal(got->notes[ENGINE_NOTE_KEPT], writer_view(&sealed)));
    /* One that fits comes with the cut. */
    sync_copy(&trio.source, &trio.copy, A, 300, ROOM);
    action.note = writer_view(&at);
    sync_apply_whole(&trio.copy, &action, 20);
    sync_load(&trio.copy);
    assert_true(bytes_equal(loaded_journal(A)->notes[ENGINE_NOTE_NEWEST],
                            writer_view(&at)));
    assert_int_equal(loaded_journal(A)->end_proof.count, 0);
    writer_fini(&sealed);
    writer_fini(&at);
    trio_fini(&trio);
}

/* The entry at which it paused is gone, and another may come there. */
static void a_half_that_paused_at_the_cut_goes_on_behind_it(void **state)
{
    (void)state;
    struct world source, other, copy;
    world_init(&source);
    world_init(&other);
    world_init(&copy);
    world_begin(&source);
    world_put_unit(&source, A, 1, "one");
    world_append_body(&source, A, entry_body_type(900, true),
                      (struct bytes){0});
    world_commit(&source);
    world_begin(&other);
    world_put_unit(&other, A, 1, "one");
    world_put_unit(&other, A, 2, "two");
    world_commit(&other);
    sync_copy(&source, &copy, A, 2, ROOM);
    struct engine_action action = cut_to(1);
    sync_apply_whole(&copy, &action, 20);
    sync_copy(&other, &copy, A, 2, ROOM);
    sync_assert_same(&copy, &other);
    world_fini(&source);
    world_fini(&other);
    world_fini(&copy);
}

/* The own journal, cut by a charter or back from partners. */
static void a_cut_own_journal_forgets_the_commands_beyond(void **state)
{
    (void)state;
    struct world source, copy, never;
    world_init(&source);
    world_init(&copy);
    world_init(&never);
    source.own = copy.own = never.own = A;
    world_begin(&source);
    for (uint8_t i = 0; i < 100; i++) {
        struct entry entry = {
            .origin = bytes_of_text(A),
            .index = i,
            .has_command = true,
            .command = {.id = {(uint8_t)(i + 1)}},
            .body_type = entry_body_type(500, false),
        };
        struct writer raw = {0};
        assert_ok(entry_encode(&entry, &raw, NULL));
        world_append(&source, A, writer_view(&raw));
        writer_fini(&raw);
    }
    world_commit(&source);
    sync_copy(&source, &copy, A, 100, ROOM);
    sync_copy(&source, &never, A, 60, ROOM);
    struct engine_action action = cut_to(60);
    sync_apply_whole(&copy, &action, 10);
    sync_assert_same(&copy, &never);
    world_fini(&source);
    world_fini(&copy);
    world_fini(&never);
}

/* --- And back ------------------------------------------------------------- */

static struct head head_of(const struct writer *note)
{
    struct note parsed = {0};
    struct checkpoint checkpoint;
    assert_ok(note_parse(writer_view(note), &parsed, NULL));
    assert_ok(checkpoint_parse(parsed.text, &checkpoint, NULL));
    note_fini(&parsed);
    return checkpoint.head;
}

static void bring_back(struct trio *trio, struct world *named_by, uint64_t size)
{
    struct writer note = sync_note(named_by, A, size);
    struct engine_action action = {.kind = ENGINE_STORE_UNCUT,
                                   .origin = bytes_of_text(A),
                                   .head = head_of(&note),
                                   .note = writer_view(&note)};
    sync_apply_whole(&trio->copy, &action, 1000);
    writer_fini(&note);
}

static void what_was_cut_comes_back_up_to_a_head(void **state)
{
    (void)state;
    struct trio trio;
    trio_init(&trio, "back", 300);
    struct engine_action cut = cut_to(100);
    sync_apply_whole(&trio.copy, &cut, 1000);
    bring_back(&trio, &trio.source, 220);
    sync_verify(&trio.copy, A, 220);
    bring_back(&trio, &trio.source, 300);
    sync_verify(&trio.copy, A, 300);
    sync_assert_same(&trio.source, &trio.copy);   /* its half as well */
    assert_int_equal(count_cut(&trio.copy), 200); /* evidence stays */
    trio_fini(&trio);
}

/* And without any note over that head. */
static void what_two_cuts_took_comes_back(void **state)
{
    (void)state;
    struct trio trio, other;
    trio_init(&trio, "back from two", 300);
    trio_init(&other, "another history meanwhile", 250);
    struct engine_action cut = cut_to(200);
    sync_apply_whole(&trio.copy, &cut, 1000);
    cut = cut_to(0);
    sync_apply_whole(&trio.copy, &cut, 1000);
    sync_copy(&other.source, &trio.copy, A, 250, ROOM);
    sync_apply_whole(&trio.copy, &cut, 1000);
    struct writer note = sync_note(&trio.source, A, 300);
    struct engine_action action = {.kind = ENGINE_STORE_UNCUT,
                                   .origin = bytes_of_text(A),
                                   .head = head_of(&note)};
    sync_apply_whole(&trio.copy, &action, 1000);
    sync_verify(&trio.copy, A, 300);
    sync_assert_same(&trio.source, &trio.copy);
    writer_fini(&note);
    trio_fini(&trio);
    trio_fini(&other);
}

/* The one that has it is an older one; the newer took another history away. */
static void what_comes_back_is_what_leads_to_the_head(void **state)
{
    (void)state;
    struct trio trio, other;
    trio_init(&trio, "back from which", 200);
    trio_init(&other, "another history", 150);
    struct engine_action cut = cut_to(0);
    sync_apply_whole(&trio.copy, &cut, 1000);
    sync_copy(&other.source, &trio.copy, A, 150, ROOM);
    sync_apply_whole(&trio.copy, &cut, 1000);
    bring_back(&trio, &trio.source, 170);
    sync_verify(&trio.copy, A, 170);
    trio_fini(&trio);
    trio_fini(&other);
}

static void what_is_not_there_leaves_the_journal_as_it_is(void **state)
{
    (void)state;
    struct trio trio, other;
    trio_init(&trio, "nothing back", 200);
    trio_init(&other, "never seen", 300);
    bring_back(&trio, &other.source, 250); /* nothing was cut */
    sync_verify(&trio.copy, A, 200);
    struct engine_action cut = cut_to(80);
    sync_apply_whole(&trio.copy, &cut, 1000);
    bring_back(&trio, &other.source, 150); /* another root */
    bring_back(&trio, &trio.source, 80);   /* it has that */
    sync_verify(&trio.copy, A, 80);
    trio_fini(&trio);
    trio_fini(&other);
}

/* Cuts to nothing, each of a shorter copy than the one before; then a head that
 * none of them leads to. There are 2^27 ways. */
static void to_look_for_what_is_not_there_is_bounded(void **state)
{
    (void)state;
    struct trio trio, other;
    trio_init(&trio, "many cuts", 60);
    trio_init(&other, "never seen", 100);
    for (unsigned i = 0; i < 28; i++) {
        struct engine_action cut = cut_to(0);
        if (i > 0) {
            sync_copy(&trio.source, &trio.copy, A, 60 - i, ROOM);
        }
        sync_apply_whole(&trio.copy, &cut, 1000);
    }
    bring_back(&trio, &other.source, 80); /* it ends */
    sync_verify(&trio.copy, A, 0);
    trio_fini(&trio);
    trio_fini(&other);
}

/* The first cut has what is looked for, the others took another history. */
static void what_lies_under_many_others_comes_back(void **state)
{
    (void)state;
    struct trio trio, other;
    trio_init(&trio, "under many", 60);
    trio_init(&other, "others", 50);
    struct engine_action cut = cut_to(0);
    sync_apply_whole(&trio.copy, &cut, 1000);
    for (unsigned i = 0; i < 16; i++) {
        sync_copy(&other.source, &trio.copy, A, 50, ROOM);
        sync_apply_whole(&trio.copy, &cut, 1000);
    }
    bring_back(&trio, &trio.source, 50);
    sync_verify(&trio.copy, A, 50);
    trio_fini(&trio);
    trio_fini(&other);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_cut_comes_back_up_to_a_head),
        cmocka_unit_test(what_two_cuts_took_comes_back),
        cmocka_unit_test(what_comes_back_is_what_leads_to_the_head),
        cmocka_unit_test(what_is_not_there_leaves_the_journal_as_it_is),
        cmocka_unit_test(a_cut_journal_is_one_that_was_never_longer),
        cmocka_unit_test(a_cut_in_many_transactions_comes_to_the_same),
        cmocka_unit_test(a_journal_can_be_cut_to_nothing_and_come_again),
        cmocka_unit_test(each_cut_keeps_what_it_took),
        cmocka_unit_test(a_cut_that_a_crash_met_is_finished_by_the_next_start),
        cmocka_unit_test(an_aborted_step_is_taken_again),
        cmocka_unit_test(nothing_is_appended_while_a_cut_goes_on),
        cmocka_unit_test(notes_beyond_the_cut_go_and_what_binds_stays),
        cmocka_unit_test(a_half_that_paused_at_the_cut_goes_on_behind_it),
        cmocka_unit_test(a_cut_own_journal_forgets_the_commands_beyond),
        cmocka_unit_test(to_look_for_what_is_not_there_is_bounded),
        cmocka_unit_test(what_lies_under_many_others_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
