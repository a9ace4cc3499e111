/* SPDX-License-Identifier: Apache-2.0 */
#include "node/writer/author.h"

#include <string.h>

#include "protocol/note/checkpoint.h"
#include "tests/support/support.h"
#include "tests/unit/writer/writer_world.h"

static const struct hl_wall noon = {.ms = 1795262400000};

static void put_one(struct world *world, struct put *put)
{
    struct hl_detail detail;
    assert_ok(author_begin(world->author, noon, &detail));
    assert_ok(author_run(world->author, &put->command, &detail));
    if (author_pending(world->author) == 0) {
        author_abort(world->author);
    } else {
        assert_ok(author_commit(world->author, &detail));
    }
}

static struct checkpoint checkpoint_of(struct world *world)
{
    struct verifier verifier = verifier_openssl();
    struct checkpoint_author author = {
        .origin = WORLD_ORIGIN, .keys = &world->signer.vkey, .key_count = 1};
    struct checkpoint_verdict verdict;
    assert_ok(checkpoint_authenticate(author_checkpoint(world->author),
                                      &verifier, &author, &verdict, NULL));
    return verdict.checkpoint;
}

static void what_was_committed_stands_under_a_signed_checkpoint(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    world_open(&world);
    struct put puts[300];
    for (unsigned i = 0; i < 300; i++) {
        put_init(&puts[i], i, "unit");
        put_one(&world, &puts[i]);
        assert_err(puts[i].command.result.err, HL_OK);
        assert_int_equal(puts[i].command.result.index, i);
        struct checkpoint checkpoint = checkpoint_of(&world);
        assert_int_equal(checkpoint.head.size, i + 1);
        assert_true(head_equal(&checkpoint.head, &world.mark.head));
    }
    struct store_txn *txn = NULL;
    struct journal journal;
    bool found = false;
    uint64_t entries = 0;
    struct hl_detail detail = {0};
    assert_ok(store_begin_read(world.store, &txn, &detail));
    assert_ok(journal_find(txn, bytes_of_text(WORLD_ORIGIN), &journal, &found,
                           &detail));
    assert_ok(journal_verify(txn, &journal, &entries, &detail));
    assert_int_equal(entries, 300);
    store_abort(&txn);
    world_fini(&world);
}

static void the_same_id_gets_the_first_answer_also_after_a_restart(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    world_open(&world);
    struct put first, other;
    put_init(&first, 1, "unit");
    put_init(&other, 2, "unit");
    put_one(&world, &first);
    put_one(&world, &other);
    for (int i = 0; i < 2; i++) {
        struct put again;
        put_init(&again, 1, "unit");
        put_one(&world, &again);
        assert_err(again.command.result.err, HL_OK);
        assert_true(again.command.result.repeated);
        assert_int_equal(again.command.result.index, 0);
        assert_true(
            hash_equal(&again.command.result.leaf, &first.command.result.leaf));
        assert_int_equal(again.command.result.recorded_at.ms, noon.ms);
        world_close(&world);
        world_open(&world);
        assert_err(world.refusal, HL_OK);
    }
    assert_int_equal(author_head(world.author).size, 2);
    world_fini(&world);
}

static void the_same_id_twice_in_one_transaction_is_one_entry(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    world_open(&world);
    struct put puts[3];
    struct hl_detail detail;
    assert_ok(author_begin(world.author, noon, &detail));
    for (unsigned i = 0; i < 3; i++) {
        put_init(&puts[i], 1, i == 2 ? "other" : "unit");
        assert_ok(author_run(world.author, &puts[i].command, &detail));
    }
    assert_int_equal(author_pending(world.author), 1);
    assert_ok(author_commit(world.author, &detail));
    assert_false(puts[0].command.result.repeated);
    assert_true(puts[1].command.result.repeated);
    assert_err(puts[2].command.result.err, HL_EEXISTS);
    assert_non_null(strstr(puts[2].command.detail.text, "name_zh"));
    world_fini(&world);
}

static void a_refused_command_leaves_nothing(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    world_open(&world);
    struct put put;
    put_init(&put, 1, "unit");
    put.refuse = HL_ENOTFOUND;
    put_one(&world, &put);
    assert_err(put.command.result.err, HL_ENOTFOUND);
    assert_int_equal(author_head(world.author).size, 0);
    put.refuse = HL_OK;
    put_one(&world, &put);
    assert_err(put.command.result.err, HL_OK);
    assert_false(put.command.result.repeated);
    world_fini(&world);
}

static void time_never_goes_back_in_the_journal(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    world_open(&world);
    struct put put;
    struct hl_detail detail;
    put_init(&put, 1, "unit");
    put_one(&world, &put);
    put_init(&put, 2, "unit");
    struct hl_wall earlier = {.ms = noon.ms - 5000};
    assert_ok(author_begin(world.author, earlier, &detail));
    assert_ok(author_run(world.author, &put.command, &detail));
    assert_ok(author_commit(world.author, &detail));
    assert_int_equal(put.command.result.recorded_at.ms, noon.ms);
    world_fini(&world);
}

static void a_mark_that_cannot_be_written_publishes_nothing(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    world_open(&world);
    struct put put;
    struct hl_detail detail;
    put_init(&put, 1, "unit");
    world.mark_fails = true;
    assert_ok(author_begin(world.author, noon, &detail));
    assert_ok(author_run(world.author, &put.command, &detail));
    assert_err(author_commit(world.author, &detail), HL_EFLUSH);
    assert_int_equal(author_head(world.author).size, 0);
    assert_int_equal(checkpoint_of(&world).head.size, 0);
    /* It is on the disk all the same, and a restart finds it. */
    world.mark_fails = false;
    world_close(&world);
    world_open(&world);
    assert_err(world.refusal, HL_OK);
    assert_int_equal(author_head(world.author).size, 1);
    assert_int_equal(world.mark.head.size, 1);
    world_fini(&world);
}

/* --- The rollback guard. ------------------------------------------------- */

static void fill(struct world *world, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        struct put put;
        put_init(&put, i, "unit");
        put_one(world, &put);
    }
}

static void expect_refusal(struct world *world, const char *text)
{
    world_open(world);
    assert_err(world->refusal, HL_EMARK);
    assert_non_null(strstr(world->why.text, text));
    world_close(world);
}

static void a_store_behind_its_mark_signs_nothing(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    world_open(&world);
    fill(&world, 0, 5);
    struct head five = world.mark.head;
    world_close(&world);

    world.mark.head.size = 6;
    expect_refusal(&world, "it was set back");
    world.mark.head = five;
    world.mark.head.root.bytes[0] ^= 1;
    expect_refusal(&world, "another history");
    world.mark.head = five;
    world.mark.key.fingerprint.bytes[0] ^= 1;
    expect_refusal(&world, "another key");
    world.mark.key.fingerprint.bytes[0] ^= 1;
    world.has_mark = false;
    expect_refusal(&world, "there is no mark");
    world.has_mark = true;
    world_open(&world);
    assert_err(world.refusal, HL_OK);
    world_fini(&world);
}

static void a_mark_behind_its_store_goes_on(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    world_open(&world);
    fill(&world, 0, 3);
    struct head three = world.mark.head;
    fill(&world, 3, 7);
    world_close(&world);
    world.mark.head = three;
    world_open(&world);
    assert_err(world.refusal, HL_OK);
    assert_int_equal(world.mark.head.size, 7);
    fill(&world, 7, 8);
    assert_int_equal(checkpoint_of(&world).head.size, 8);
    world_fini(&world);
}

/* A new key comes with a mark of its own that knows nothing yet. */
static void a_store_short_of_its_new_key_signs_nothing(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    world_open(&world);
    fill(&world, 0, 5);
    struct head five = world.mark.head;
    world_close(&world);

    world.mark.head = head_empty();
    world.key_from = five;
    world.key_from.size = 6;
    expect_refusal(&world, "from size 6");
    world.key_from = five;
    world.key_from.root.bytes[0] ^= 1;
    expect_refusal(&world, "than the charter");
    world.key_from = five;
    world_open(&world);
    assert_err(world.refusal, HL_OK);
    fill(&world, 5, 6);
    assert_int_equal(checkpoint_of(&world).head.size, 6);
    world_fini(&world);
}

/* Else the thief's victim would sign what the charter has dropped. */
static void what_a_replaced_key_signed_is_not_signed_again(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    world_open(&world);
    fill(&world, 0, 5);
    struct head five = world.mark.head;
    fill(&world, 5, 7);
    world_close(&world);

    world_new_key(&world);
    world.key_from = five;
    world.key_replaces = true;
    expect_refusal(&world, "replace the former one from size 5");
    world.key_replaces = false; /* a planned rotation: the owner is the same */
    world_open(&world);
    assert_err(world.refusal, HL_OK);
    world_close(&world);
    world.key_replaces = true; /* and now they are this key's */
    world_open(&world);
    assert_err(world.refusal, HL_OK);
    fill(&world, 7, 8);
    assert_int_equal(checkpoint_of(&world).head.size, 8);
    world_fini(&world);
}

/* --- Entries of a newer program. ----------------------------------------- */

static void append_raw(struct world *world, uint32_t body_type)
{
    struct store_txn *txn = NULL;
    struct journal journal;
    struct writer raw = {0};
    assert_ok(store_begin_write(world->store, &txn, NULL));
    assert_ok(journal_find_or_create(txn, bytes_of_text(WORLD_ORIGIN), &journal,
                                     NULL));
    struct entry entry = {
        .origin = bytes_of_text(WORLD_ORIGIN),
        .index = journal.frontier.size,
        .recorded_at = noon,
        .body_type = body_type,
        .body = bytes_of_text("\x08\x01"),
    };
    assert_ok(entry_encode(&entry, &raw, NULL));
    struct bytes view = writer_view(&raw);
    struct journal_run run = {
        .entries = &view, .count = 1, .recorded_at = noon};
    assert_ok(journal_append(txn, &journal, &run, NULL));
    assert_ok(store_commit(&txn, NULL));
    writer_fini(&raw);
}

static void nothing_is_written_behind_entries_of_a_newer_program(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    world_open(&world);
    fill(&world, 0, 3);
    append_raw(&world, entry_body_type(9999, true));
    world_close(&world);
    for (int i = 0; i < 2; i++) {
        world_open(&world);
        assert_err(world.refusal, HL_ENEWER);
        assert_non_null(strstr(world.why.text, "upgrade heluod"));
        world_close(&world);
    }
    world_fini(&world);
}

static void an_unknown_body_that_is_not_critical_is_passed(void **state)
{
    (void)state;
    struct world world;
    world_init(&world);
    world_open(&world);
    fill(&world, 0, 3);
    append_raw(&world, entry_body_type(9999, false));
    world_close(&world);
    world_open(&world);
    assert_err(world.refusal, HL_OK);
    fill(&world, 3, 5);
    assert_int_equal(author_head(world.author).size, 6);
    world_fini(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_committed_stands_under_a_signed_checkpoint),
        cmocka_unit_test(
            the_same_id_gets_the_first_answer_also_after_a_restart),
        cmocka_unit_test(the_same_id_twice_in_one_transaction_is_one_entry),
        cmocka_unit_test(a_refused_command_leaves_nothing),
        cmocka_unit_test(time_never_goes_back_in_the_journal),
        cmocka_unit_test(a_mark_that_cannot_be_written_publishes_nothing),
        cmocka_unit_test(a_store_behind_its_mark_signs_nothing),
        cmocka_unit_test(a_mark_behind_its_store_goes_on),
        cmocka_unit_test(a_store_short_of_its_new_key_signs_nothing),
        cmocka_unit_test(what_a_replaced_key_signed_is_not_signed_again),
        cmocka_unit_test(nothing_is_written_behind_entries_of_a_newer_program),
        cmocka_unit_test(an_unknown_body_that_is_not_critical_is_passed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
