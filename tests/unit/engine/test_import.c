/* SPDX-License-Identifier: Apache-2.0 */

/* What an operator brings in a file: journals that no line leads to. */

#include <string.h>

#include "protocol/entry/bundle.h"
#include "protocol/tree/span.h"
#include "tests/unit/engine/engine_world.h"

enum { FROM = 0, TO = 1 }; /* nodes; cut off from each other */

struct archive {
    struct writer bundle;
    struct sync_message message;
};

/* Entries [first, next) of the first node's journal under its newest. */
static void pack(struct engine_world *world, struct archive *archive,
                 uint64_t first, uint64_t next)
{
    struct world_journal *journal = &world_node(world, FROM)->journals[FROM];
    struct hash_source source = mem_tree_source(&journal->tree);
    writer_clear(&archive->bundle);
    for (uint64_t i = first; i < next; i++) {
        assert_ok(
            bundle_append(writer_view(&journal->entries[i]), &archive->bundle));
    }
    archive->message = (struct sync_message){
        .kind = SYNC_SEGMENT,
        .segment = {.origin = bytes_of_text("zhongyuan.example/n0"),
                    .first = first,
                    .count = (uint32_t)(next - first),
                    .bundle = writer_view(&archive->bundle),
                    .checkpoint =
                        writer_view(&journal->notes[ENGINE_NOTE_NEWEST])}};
    assert_ok(span_prove_end(&source, next, journal->count,
                             &archive->message.segment.end_proof));
}

static struct world_wait import(struct engine_world *world,
                                const struct sync_message *message)
{
    static const struct world_wait none;
    struct engine_event event = {
        .kind = ENGINE_IMPORT, .message = message, .wait = 7};
    world->waits[7] = none;
    world_event(world_node(world, TO), &event);
    world_run(world, 100);
    assert_true(world->waits[7].done);
    return world->waits[7];
}

static void begin(struct engine_world *world, const char *test, size_t entries)
{
    world_init(world, test, 3, 2, 2);
    world_start_all(world);
    world_run(world, 1000);
    world_cut(world, FROM, TO, true);
    world_cut(world, FROM, 2, true);
    world_append(world_node(world, FROM), entries);
}

static void a_journal_comes_in_a_file(void **state)
{
    (void)state;
    struct engine_world world;
    struct archive archive = {0};
    begin(&world, "import", 30);
    pack(&world, &archive, 0, 10);
    struct world_wait got = import(&world, &archive.message);
    assert_err(got.err, HL_OK);
    assert_int_equal(got.size, 10);
    pack(&world, &archive, 0, 10); /* again: it is here */
    got = import(&world, &archive.message);
    assert_err(got.err, HL_OK);
    assert_int_equal(got.size, 10);
    pack(&world, &archive, 5, 20); /* it overlaps */
    got = import(&world, &archive.message);
    assert_err(got.err, HL_OK);
    assert_int_equal(got.size, 20);
    pack(&world, &archive, 25, 30); /* a gap */
    assert_err(import(&world, &archive.message).err, HL_EAHEAD);
    pack(&world, &archive, 20, 30);
    assert_err(import(&world, &archive.message).err, HL_OK);
    /* Passed on like any other. */
    world_run(&world, 10000);
    assert_int_equal(world_node(&world, 2)->journals[FROM].count, 30);
    /* And the line, once there is one, goes on from there. */
    world_cut(&world, FROM, TO, false);
    world_cut(&world, FROM, 2, false);
    world_append(world_node(&world, FROM), 5);
    assert_true(world_converge(&world, 60000));
    assert_int_equal(world_count(&world, "peer fault"), 0);
    writer_fini(&archive.bundle);
    world_fini(&world);
}

static void what_does_not_verify_is_refused(void **state)
{
    (void)state;
    struct engine_world world;
    struct archive archive = {0};
    begin(&world, "import refused", 10);
    pack(&world, &archive, 0, 10);
    archive.bundle.data[archive.bundle.size - 1] ^= 1;
    assert_err(import(&world, &archive.message).err, HL_EPROOF);
    archive.bundle.data[archive.bundle.size - 1] ^= 1;
    struct bytes note = archive.message.segment.checkpoint;
    archive.message.segment.checkpoint = bytes_of_text("no note\n");
    assert_err(import(&world, &archive.message).err, HL_EMALFORMED);
    archive.message.segment.checkpoint = note;
    archive.message.segment.origin = bytes_of_text("zhongyuan.example/n9");
    assert_err(import(&world, &archive.message).err, HL_EUNKNOWNNODE);
    archive.message.segment.origin = bytes_of_text("zhongyuan.example/n2");
    assert_err(import(&world, &archive.message).err, HL_EMALFORMED);
    struct sync_message hello = {.kind = SYNC_HELLO};
    assert_err(import(&world, &hello).err, HL_EMALFORMED);
    struct sync_message evidence = {
        .kind = SYNC_EVIDENCE, .evidence = {.raw = bytes_of_text("nothing")}};
    assert_err(import(&world, &evidence).err, HL_EMALFORMED);
    assert_int_equal(world_node(&world, TO)->journals[FROM].count, 0);
    assert_int_equal(world_count(&world, "peer fault"), 0);
    writer_fini(&archive.bundle);
    world_fini(&world);
}

/* Its author signed two histories: the second one is brought in a file. */
static void another_history_is_refused_and_accuses_nobody(void **state)
{
    (void)state;
    struct engine_world world;
    struct archive archive = {0};
    begin(&world, "import fork", 0);
    struct world_node *twin = world_node(&world, 3);
    world_append(world_node(&world, FROM), 4);
    pack(&world, &archive, 0, 4);
    assert_err(import(&world, &archive.message).err, HL_OK);
    world_copy(world_node(&world, FROM), twin, 2);
    world_append(twin, 2);
    struct world_journal *other = &twin->journals[FROM];
    archive.message.segment.checkpoint =
        writer_view(&other->notes[ENGINE_NOTE_NEWEST]);
    assert_err(import(&world, &archive.message).err, HL_EFORK);
    assert_int_equal(world_node(&world, TO)->journals[FROM].count, 4);
    assert_int_equal(world_count(&world, "evidence"), 0);
    writer_fini(&archive.bundle);
    world_fini(&world);
}

static void a_disk_that_fails_is_said(void **state)
{
    (void)state;
    struct engine_world world;
    struct archive archive = {0};
    begin(&world, "import full", 4);
    world_node(&world, TO)->disk_err = HL_EFULL;
    pack(&world, &archive, 0, 4);
    assert_err(import(&world, &archive.message).err, HL_EFULL);
    world_node(&world, TO)->disk_err = HL_OK;
    assert_err(import(&world, &archive.message).err, HL_EBUSY);
    world_run(&world, 10000);
    assert_err(import(&world, &archive.message).err, HL_OK);
    writer_fini(&archive.bundle);
    world_fini(&world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_journal_comes_in_a_file),
        cmocka_unit_test(what_does_not_verify_is_refused),
        cmocka_unit_test(another_history_is_refused_and_accuses_nobody),
        cmocka_unit_test(a_disk_that_fails_is_said),
    };
    test_seed_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
