/* SPDX-License-Identifier: Apache-2.0 */

/* Authors with two histories, and who is to blame. */

#include <string.h>

#include "protocol/note/checkpoint.h"
#include "protocol/note/cosignature.h"
#include "protocol/note/evidence.h"
#include "tests/unit/engine/engine_world.h"
#include <stdio.h>

/* n0 goes on as two: itself, seen by n1 alone, and its twin, seen by n2. */
static void show_two_sides(struct engine_world *world, uint64_t common)
{
    struct world_node *twin = world_node(world, world->member_count);
    world_copy(world_node(world, 0), twin, common);
    for (size_t i = 2; i < world->member_count; i++) {
        world_cut(world, 0, i, true);
    }
    world_cut(world, twin->number, 2, false);
    world_start(twin);
    world_run(world, 10000);
}

/* All stop at what is sealed, which is no less than it was before the fork:
 * two keepers that saw one side may have sealed more of it. */
static void expect_quarantine(struct engine_world *world, uint64_t sealed)
{
    for (size_t i = 1; i < world->member_count; i++) {
        struct engine_origin_view view = world_view(world_node(world, i), 0);
        assert_int_equal(view.standing, ENGINE_ORIGIN_QUARANTINED);
        assert_int_equal(view.held.size, view.sealed.size);
        assert_true(view.sealed.size >= sealed);
        assert_true(world_node(world, i)->evidence_count > 0);
    }
    assert_true(world_agree(world, 0, 0));
    assert_int_equal(world_count(world, "peer fault"), 0);
}

static void two_who_saw_two_sides_stop_their_author(void **state)
{
    (void)state;
    struct engine_world world;
    world_init(&world, "equivocation", 3, 0, 0);
    world_start_all(&world);
    world_append(world_node(&world, 0), 5);
    assert_true(world_converge(&world, 3000));
    show_two_sides(&world, 5);
    world_append(world_node(&world, 0), 3);
    world_append(world_node(&world, 3), 4);
    world_run(&world, 30000);
    expect_quarantine(&world, 0); /* nobody keeps it: nothing is sealed */
    world_fini(&world);
}

static void what_was_sealed_stands(void **state)
{
    (void)state;
    struct engine_world world;
    world_init(&world, "sealed", 4, 3, 2);
    world_start_all(&world);
    world_run(&world, 1000);
    world_append(world_node(&world, 0), 5);
    assert_true(world_converge(&world, 3000));
    world_run(&world, 15000);
    assert_int_equal(world_view(world_node(&world, 3), 0).sealed.size, 5);
    show_two_sides(&world, 5);
    world_append(world_node(&world, 0), 3);
    world_append(world_node(&world, 4), 4);
    world_run(&world, 60000);
    expect_quarantine(&world, 5);
    world_fini(&world);
}

static void
who_holds_the_other_branch_comes_over_to_the_sealed_one(void **state)
{
    (void)state;
    struct engine_world world;
    world_init(&world, "index 0", 5, 3, 2);
    /* n1, n2, n3 keep n0; n4 sees the twin alone, from the first entry on. */
    struct world_node *twin = world_node(&world, 5);
    for (size_t i = 0; i < 4; i++) {
        world_cut(&world, 4, i, true);
    }
    world_cut(&world, twin->number, 4, false);
    world_start_all(&world);
    world_start(twin);
    world_run(&world, 1000);
    world_append(world_node(&world, 0), 5);
    world_append(twin, 7);
    world_run(&world, 20000);
    assert_int_equal(world_view(world_node(&world, 4), 0).held.size, 7);
    assert_int_equal(world_view(world_node(&world, 1), 0).sealed.size, 5);
    for (size_t i = 1; i < 4; i++) {
        world_cut(&world, 4, i, false);
    }
    world_run(&world, 60000);
    expect_quarantine(&world, 5);
    world_fini(&world);
}

static void an_author_who_hears_of_it_stops(void **state)
{
    (void)state;
    struct engine_world world;
    world_init(&world, "own fork", 3, 0, 0);
    world_start_all(&world);
    world_append(world_node(&world, 0), 5);
    world_run(&world, 3000);
    show_two_sides(&world, 5);
    world_append(world_node(&world, 0), 3);
    world_append(world_node(&world, 3), 4);
    world_run(&world, 30000);
    assert_int_equal(world_node(&world, 0)->own, ENGINE_OWN_FORKED);
    world_fini(&world);
}

static void evidence_outlives_a_restart(void **state)
{
    (void)state;
    struct engine_world world;
    world_init(&world, "evidence", 4, 3, 2);
    world_start_all(&world);
    world_append(world_node(&world, 0), 5);
    world_run(&world, 15000);
    show_two_sides(&world, 5);
    world_append(world_node(&world, 0), 3);
    world_append(world_node(&world, 4), 4);
    world_run(&world, 60000);
    world_stop(world_node(&world, 1));
    world_start(world_node(&world, 1));
    world_run(&world, 10000);
    expect_quarantine(&world, 5);
    world_fini(&world);
}

/* Evidence against the one or the other: two notes of one size. */
static void craft(struct engine_world *world, const struct signer *author,
                  const struct signer *cosigner, bool accuse_author,
                  struct writer *out)
{
    struct writer notes[2] = {{0}, {0}};
    struct evidence evidence = {.accused = accuse_author ? EVIDENCE_AUTHOR
                                                         : EVIDENCE_COSIGNER,
                                .at = 1};
    const struct signer *by = accuse_author ? author : cosigner;
    (void)world;
    snprintf(evidence.name, sizeof(evidence.name), "%s", by->vkey.name);
    snprintf(evidence.origin, sizeof(evidence.origin), "%s", author->vkey.name);
    for (size_t i = 0; i < 2; i++) {
        struct checkpoint checkpoint = {.head = {.size = 1}};
        checkpoint.head.root.bytes[0] = (uint8_t)(i + 1);
        snprintf(checkpoint.origin, sizeof(checkpoint.origin), "%s",
                 author->vkey.name);
        assert_ok(checkpoint_sign(&checkpoint, author, 1, &notes[i]));
        if (cosigner != NULL) {
            struct note note = {0};
            struct writer more = {0};
            writer_bytes(&more, writer_view(&notes[i]));
            assert_ok(note_parse(writer_view(&notes[i]), &note, NULL));
            assert_ok(cosignature_sign(note.text, cosigner, 1767225600, &more));
            note_fini(&note);
            writer_fini(&notes[i]);
            notes[i] = more;
        }
        evidence.branches[i] =
            (struct evidence_branch){.key = by->vkey,
                                     .root_at = checkpoint.head.root,
                                     .note = writer_view(&notes[i])};
    }
    evidence_write(&evidence, out);
    writer_fini(&notes[0]);
    writer_fini(&notes[1]);
}

/* Against n0 as a keeper, and as an author. */
static void a_full_disk_loses_no_evidence(void **state)
{
    (void)state;
    struct engine_world world;
    struct writer as_author = {0}, as_keeper = {0};
    world_begin(&world, "unstored");
    struct world_node *node = world_node(&world, 0);
    struct world_node *other = world_node(&world, 1);
    craft(&world, &node->journal_key, NULL, true, &as_author);
    craft(&world, &other->journal_key, &node->mirror, false, &as_keeper);
    struct world_node *full = world_node(&world, 3);
    full->disk_err = HL_EFULL;
    struct sync_message message = {
        .kind = SYNC_EVIDENCE, .evidence = {.raw = writer_view(&as_keeper)}};
    world_say(&world, 2, 3, &message, 100);
    message.evidence.raw = writer_view(&as_author);
    world_say(&world, 2, 3, &message, 100);
    world_run(&world, 100);
    full->disk_err = HL_OK;
    world_run(&world, 30000);
    assert_int_equal(world_view(full, 0).standing, ENGINE_ORIGIN_QUARANTINED);
    writer_fini(&as_author);
    writer_fini(&as_keeper);
    world_fini(&world);
}

/* n0 forks under a key that it rotated to while n3 was away. n3's disk takes
 * the charter a little later than the evidence comes. */
static void evidence_that_overtakes_its_charter_is_not_lost(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    world_begin(&world, "overtakes");
    struct world_node *node = world_node(&world, 0);
    struct world_node *twin = world_node(&world, 4);
    struct world_node *late = world_node(&world, 3);
    world_copy(node, twin, 5);
    world_stop(late);
    struct head from = mem_tree_head(&node->journals[0].tree, 5);
    world_draft(&world, &draft);
    world_new_key(node, &draft, CHARTER_ROTATE, &from);
    world_enact(&world, &draft, world_node(&world, 1));
    world_run(&world, 2000);
    world_stop(node);
    world_take_key(node);
    writer_bytes(&twin->charters[twin->charter_count++],
                 writer_view(&world.charter));
    twin->journal_key = node->journal_key;
    twin->journal_key.destroy = NULL;
    world_cut(&world, 0, 2, true);
    world_cut(&world, 4, 2, false);
    world_start(node);
    world_start(twin);
    world_append(node, 3);
    world_append(twin, 4);
    world_run(&world, 30000);
    assert_int_equal(node->own, ENGINE_OWN_FORKED);
    world_stop(twin);
    world_cut(&world, 4, 2, true);
    late->charter_err = HL_EFULL; /* stands for a disk slower than the net */
    world_start(late);
    world_run(&world, 1000);
    late->charter_err = HL_OK;
    world_run(&world, 120000);
    assert_true(
        bytes_equal(engine_charter(late->engine), writer_view(&world.charter)));
    for (size_t i = 1; i < 4; i++) {
        assert_int_equal(world_view(world_node(&world, i), 0).standing,
                         ENGINE_ORIGIN_QUARANTINED);
    }
    world_fini(&world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_who_saw_two_sides_stop_their_author),
        cmocka_unit_test(what_was_sealed_stands),
        cmocka_unit_test(
            who_holds_the_other_branch_comes_over_to_the_sealed_one),
        cmocka_unit_test(an_author_who_hears_of_it_stops),
        cmocka_unit_test(evidence_outlives_a_restart),
        cmocka_unit_test(a_full_disk_loses_no_evidence),
        cmocka_unit_test(evidence_that_overtakes_its_charter_is_not_lost),
    };
    test_seed_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
