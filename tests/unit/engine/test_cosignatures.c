/* SPDX-License-Identifier: Apache-2.0 */

/* What a cosignature says, and does not say: it covers the text and a time, not
 * the author's line, and not the charter under which it was given. */

#include <stdio.h>

#include "protocol/note/cosignature.h"
#include "protocol/note/evidence.h"
#include "tests/unit/engine/world_inside.h"

#define N0 "zhongyuan.example/n0"

static struct bytes kept_note(const struct world_node *keeper)
{
    return writer_view(&keeper->journals[0].notes[ENGINE_NOTE_KEPT]);
}

/* The text, the author's line by that key, and a cosigner's line as it stands
 * under another note of the same text. */
static void sign_again(struct bytes raw, const struct signer *author,
                       const struct vkey *cosigner, struct writer *out)
{
    struct note note = {0};
    assert_ok(note_parse(raw, &note, NULL));
    note_begin(note.text, out);
    assert_ok(note_sign(note.text, author, out));
    const struct note_signature *line = note_line_of(&note, cosigner);
    assert_non_null(line);
    note_add_line(cosigner, line->payload, out);
    note_fini(&note);
}

/* n1 has cosigned a thief's nine; a charter cuts them, and n1 follows n0 under
 * its new key to that size. `again`: the nine, signed anew by n0. */
static void follow_into_a_new_epoch(struct engine_world *world, uint64_t size,
                                    struct writer *again)
{
    struct charter draft;
    struct writer thiefs = {0};
    world_begin(world, "signed again");
    struct world_node *node = world_node(world, 0);
    struct world_node *thief = world_node(world, 4);
    struct world_node *keeper = world_node(world, 1);
    world_copy(node, thief, 5);
    world_stop(node);
    world_cut(world, 4, 1, false);
    world_cut(world, 1, 2, true);
    world_cut(world, 1, 3, true);
    world_start(thief);
    world_run(world, 3000);
    world_append(thief, 4);
    world_run(world, 15000);
    assert_int_equal(world_kept(keeper), 9);
    writer_bytes(&thiefs, kept_note(keeper));
    struct head from = mem_tree_head(&node->journals[0].tree, 5);
    world_draft(world, &draft);
    world_new_key(node, &draft, CHARTER_REPLACE, &from);
    world_stop(thief);
    world_enact(world, &draft, keeper);
    world_run(world, 2000);
    writer_bytes(&node->charters[node->charter_count++],
                 writer_view(&world->charter));
    world_take_key(node);
    world_cut(world, 4, 1, true);
    world_cut(world, 1, 2, false);
    world_cut(world, 1, 3, false);
    node->mark = head_empty();
    world_start(node);
    world_append(node, size - 5);
    world_run(world, 30000);
    assert_int_equal(world_kept(keeper), size);
    sign_again(writer_view(&thiefs), &node->journal_key, &keeper->mirror.vkey,
               again);
    writer_fini(&thiefs);
}

static void an_old_word_signed_again_silences_no_keeper(void **state)
{
    (void)state;
    struct engine_world world;
    struct writer again = {0};
    follow_into_a_new_epoch(&world, 8, &again);
    struct sync_message message = {.kind = SYNC_HAVE,
                                   .have = {.origin = bytes_of_text(N0),
                                            .checkpoint = writer_view(&again)}};
    world_say(&world, 0, 1, &message, 100);
    world_run(&world, 1000);
    assert_int_equal(world_count(&world, "n1: mirror"), 0);
    writer_fini(&again);
    world_fini(&world);
}

static void an_old_word_signed_again_accuses_no_keeper(void **state)
{
    (void)state;
    struct engine_world world;
    struct writer again = {0}, raw = {0};
    follow_into_a_new_epoch(&world, 12, &again);
    const struct mem_tree *tree = &world_node(&world, 0)->journals[0].tree;
    const struct world_node *keeper = world_node(&world, 1);
    struct hash_source source = mem_tree_source(tree);
    struct evidence evidence = {.accused = EVIDENCE_COSIGNER, .at = 9};
    snprintf(evidence.name, sizeof(evidence.name), "%s",
             keeper->mirror.vkey.name);
    snprintf(evidence.origin, sizeof(evidence.origin), N0);
    evidence.branches[0] = (struct evidence_branch){
        .key = keeper->mirror.vkey,
        .root_at = world_note_head(writer_view(&again)).root,
        .note = writer_view(&again)};
    evidence.branches[1] =
        (struct evidence_branch){.key = keeper->mirror.vkey,
                                 .root_at = mem_tree_head(tree, 9).root,
                                 .note = kept_note(keeper)};
    assert_ok(prove_consistency(&source, 9, 12, &evidence.branches[1].proof));
    assert_ok(evidence_verify(&evidence, &world.verifier, NULL));
    evidence_write(&evidence, &raw);
    struct sync_message message = {.kind = SYNC_EVIDENCE,
                                   .evidence = {.raw = writer_view(&raw)}};
    world_say(&world, 0, 2, &message, 100);
    world_run(&world, 2000);
    assert_int_equal(world_count(&world, "it cosigned two histories"), 0);
    assert_int_equal(world_count(&world, "n2: peer fault"), 0);
    writer_fini(&again);
    writer_fini(&raw);
    world_fini(&world);
}

/* n1's clock is a minute slow, and its new key holds from now on. */
static void a_word_is_not_given_before_its_key_holds(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    world_begin(&world, "early word");
    struct world_node *author = world_node(&world, 0);
    struct world_node *keeper = world_node(&world, 1);
    world_draft(&world, &draft);
    world_stop(keeper);
    world_new_mirror(keeper, &draft);
    world_enact(&world, &draft, author);
    world_run(&world, 2000);
    world.wall_ms -= 60000;
    world_start(keeper);
    world_run(&world, 10000);
    world_append(author, 1);
    world_run(&world, 20000);
    assert_int_equal(world_view(author, 0).sealed.size, 6); /* by the others */
    assert_int_equal(world_kept(keeper), 5); /* by its former key */
    world_stop(world_node(&world, 3));
    world_append(author, 1);
    world_wait_for(author, 0, 6, ENGINE_SEALED, 200000);
    world_run(&world, 20000);
    world.wall_ms += 60000;
    world_run(&world, 20000);
    assert_true(world.waits[0].done);
    assert_ok(world.waits[0].err);
    assert_int_equal(world_kept(keeper), 7);
    world_fini(&world);
}

/* n1's clock was an hour fast for a while, long before any charter cut
 * anything. */
static void a_clock_set_back_silences_no_keeper_later(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    struct writer seven = {0};
    world_begin(&world, "clock back");
    struct world_node *node = world_node(&world, 0);
    struct world_node *thief = world_node(&world, 4);
    struct world_node *keeper = world_node(&world, 1);
    world_copy(node, thief, 5);
    world_stop(node);
    world_cut(&world, 4, 1, false);
    world_cut(&world, 1, 2, true);
    world_cut(&world, 1, 3, true);
    world_start(thief);
    world.wall_ms += 3600000;
    world_run(&world, 3000);
    world_append(thief, 2);
    world_run(&world, 15000);
    assert_int_equal(world_kept(keeper), 7);
    writer_bytes(&seven, kept_note(keeper));
    world.wall_ms -= 3600000;
    world_append(thief, 2);
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
    world_append(node, 1);
    world_run(&world, 30000);
    assert_int_equal(world_kept(keeper), 6);
    /* The word under the seven, beside a line that is accepted (as in
     * test_cosignatures: any may be put there). */
    struct note note = {0};
    struct writer again = {0};
    assert_ok(note_parse(writer_view(&seven), &note, NULL));
    note_begin(note.text, &again);
    assert_ok(note_sign(note.text, &node->journal_key, &again));
    note_add_line(&keeper->mirror.vkey,
                  note_line_of(&note, &keeper->mirror.vkey)->payload, &again);
    note_fini(&note);
    struct sync_message message = {.kind = SYNC_HAVE,
                                   .have = {.origin = bytes_of_text(N0),
                                            .checkpoint = writer_view(&again)}};
    world_say(&world, 0, 1, &message, 100);
    world_run(&world, 1000);
    assert_int_equal(world_count(&world, "n1: mirror"), 0);
    writer_fini(&again);
    writer_fini(&seven);
    world_fini(&world);
}

static void a_wait_is_met_by_a_keeper_with_a_new_mirror_key(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    world_begin(&world, "waits");
    struct world_node *author = world_node(&world, 0);
    struct world_node *keeper = world_node(&world, 1);
    world_append(author, 2);
    world_run(&world, 20000);
    assert_int_equal(world_kept(keeper), 7);
    world_draft(&world, &draft);
    world_stop(keeper);
    world_new_mirror(keeper, &draft);
    world_enact(&world, &draft, author);
    world_run(&world, 2000);
    world_start(keeper);
    world_run(&world, 20000);
    world_wait_for(author, 0, 6, 3, 60000);
    world_run(&world, 70000);
    assert_true(world.waits[0].done);
    assert_ok(world.waits[0].err);
    world_fini(&world);
}

/* It starts again before it hears them, and they say what they said before it
 * has a candidate: it is told once more. */
static void an_author_that_starts_again_hears_its_keepers(void **state)
{
    (void)state;
    for (int64_t ms = 0; ms < 40; ms++) {
        struct engine_world world;
        world_begin(&world, "starts again");
        struct world_node *author = world_node(&world, 0);
        world_append_urgent(author, 1);
        world_run(&world, ms);
        world_vanish(author);
        world_run(&world, 1000);
        world_start(author);
        world_run(&world, 30000);
        assert_int_equal(world_view(author, 0).sealed.size, 6);
        world_fini(&world);
    }
}

/* Its disk is full when the quorum's words are there. */
static void a_seal_that_found_no_room_is_stored_later(void **state)
{
    (void)state;
    struct engine_world world;
    world_begin(&world, "no room for a seal");
    struct world_node *author = world_node(&world, 0);
    author->disk_err = HL_EFULL;
    world_append_urgent(author, 1);
    world_run(&world, 20000);
    assert_int_equal(world_kept(world_node(&world, 1)), 6);
    assert_int_equal(world_view(author, 0).sealed.size, 5);
    author->disk_err = HL_OK;
    world_run(&world, 20000);
    assert_int_equal(world_view(author, 0).sealed.size, 6);
    assert_true(world_equal(&world));
    world_fini(&world);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_old_word_signed_again_silences_no_keeper),
        cmocka_unit_test(an_old_word_signed_again_accuses_no_keeper),
        cmocka_unit_test(a_word_is_not_given_before_its_key_holds),
        cmocka_unit_test(a_clock_set_back_silences_no_keeper_later),
        cmocka_unit_test(a_wait_is_met_by_a_keeper_with_a_new_mirror_key),
        cmocka_unit_test(an_author_that_starts_again_hears_its_keepers),
        cmocka_unit_test(a_seal_that_found_no_room_is_stored_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
