/* SPDX-License-Identifier: Apache-2.0 */

/* Members that lie with what others signed, and what honest ones are not to be
 * talked into. */

#include <string.h>

#include "protocol/note/checkpoint.h"
#include "protocol/note/cosignature.h"
#include "protocol/note/evidence.h"
#include "tests/unit/engine/engine_world.h"

#define N0 "zhongyuan.example/n0"

static void sign(const struct signer *key, const struct head *head,
                 struct writer *note)
{
    struct checkpoint checkpoint = {.head = *head, .origin = N0};
    writer_clear(note);
    assert_ok(checkpoint_sign(&checkpoint, key, 1, note));
}

/* n0 has had its key replaced from size 5 on, and all hold 8 entries. */
static void replace_key(struct engine_world *world)
{
    struct charter draft;
    struct world_node *node = world_node(world, 0);
    struct head from = mem_tree_head(&node->journals[0].tree, 5);
    world_draft(world, &draft);
    world_new_key(node, &draft, CHARTER_REPLACE, &from);
    world_enact(world, &draft, world_node(world, 1));
    world_run(world, 2000);
    world_stop(node);
    world_take_key(node);
    world_start(node);
    world_append(node, 3);
    assert_true(world_converge(world, 20000));
}

static void a_replaced_key_drops_nothing_below_its_point(void **state)
{
    (void)state;
    struct engine_world world;
    world_begin(&world, "old key");
    replace_key(&world);
    struct world_node *node = world_node(&world, 0);
    struct head other = {.size = 3, .root = {{7}}};
    struct writer note = {0};
    sign(&node->old_key, &other, &note);
    struct sync_message message = {.kind = SYNC_SEGMENT,
                                   .segment = {.origin = bytes_of_text(N0),
                                               .first = 8,
                                               .count = 1,
                                               .bundle = bytes_of("\0\1a", 3),
                                               .checkpoint = writer_view(&note),
                                               .has_start = true}};
    world_say(&world, 0, 2, &message, 100);
    world_run(&world, 5000);
    assert_int_equal(world_node(&world, 2)->journals[0].cuts, 0);
    assert_int_equal(world_view(world_node(&world, 2), 0).held.size, 8);
    writer_fini(&note);
    world_fini(&world);
}

static void segments_that_are_refused_give_their_credit_back(void **state)
{
    (void)state;
    struct engine_world world;
    world_begin(&world, "credit");
    struct world_node *node = world_node(&world, 0);
    struct head beyond = {.size = 9, .root = {{7}}};
    struct writer note = {0};
    struct charter draft; /* that nobody hears of */
    world_draft(&world, &draft);
    world_new_key(node, &draft, CHARTER_ROTATE, &beyond);
    charter_fini(&draft);
    sign(&node->next_key, &beyond, &note);
    struct sync_message message = {
        .kind = SYNC_SEGMENT,
        .segment = {.origin = bytes_of_text(N0),
                    .first = 5,
                    .count = 1,
                    .bundle = bytes_of("\0\1a", 3),
                    .checkpoint = writer_view(&note)}};
    uint64_t before = world.kinds[SYNC_CREDIT];
    world_say(&world, 0, 2, &message, 1000000);
    assert_int_equal(world.kinds[SYNC_CREDIT], before + 1);
    assert_int_equal(world_count(&world, "peer fault"), 0);
    writer_fini(&note);
    world_fini(&world);
}

static void nothing_of_ours_is_proven_to_who_has_more_of_it(void **state)
{
    (void)state;
    struct engine_world world;
    world_begin(&world, "set back");
    struct world_node *node = world_node(&world, 0);
    world_stop(node);
    world_lose_disk(node, 3);
    node->mark = mem_tree_head(&node->journals[0].tree, 3);
    for (size_t i = 1; i < 4; i++) {
        world_cut(&world, 0, i, true);
    }
    world_start(node);
    world_append(node, 1); /* another fourth, which must not leave */
    for (size_t i = 1; i < 4; i++) {
        world_cut(&world, 0, i, false);
    }
    world_run(&world, 10000);
    assert_int_equal(node->own, ENGINE_OWN_SET_BACK);
    uint64_t before = world.kinds[SYNC_PROOF];
    struct sync_message message = {
        .kind = SYNC_PROOF_WANT,
        .proof_want = {.origin = bytes_of_text(N0), .at = 2}};
    world_say(&world, 1, 0, &message, 50);
    assert_int_equal(world.kinds[SYNC_PROOF], before);
    world_fini(&world);
}

static void a_note_with_padding_is_not_kept(void **state)
{
    (void)state;
    struct engine_world world;
    world_begin(&world, "padding");
    world_stop(world_node(&world, 3));
    world_cut(&world, 0, 1, true); /* n1 follows n0 at n2 */
    world_run(&world, 15000);
    struct world_node *node = world_node(&world, 0);
    struct writer note = {0};
    struct head six = {.size = 6, .root = {{7}}};
    sign(&node->journal_key, &six, &note);
    char line[8000];
    memset(line, 'A', sizeof(line));
    for (int i = 0; i < 13; i++) {
        writer_format(&note, "\xe2\x80\x94 nobody%d ", i);
        writer_bytes(&note, bytes_of(line, sizeof(line)));
        writer_format(&note, "\n");
    }
    struct sync_message message = {
        .kind = SYNC_HAVE,
        .have = {.origin = bytes_of_text(N0), .candidate = writer_view(&note)}};
    uint64_t before = world.bytes;
    world_say(&world, 0, 2, &message, 100);
    world_run(&world, 1000);
    assert_true(world.bytes - before < 50000);
    assert_int_equal(world_count(&world, "peer fault"), 0);
    writer_fini(&note);
    world_fini(&world);
}

static void a_cut_that_the_disk_refuses_is_not_tried_at_once(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    world_begin(&world, "cut, disk full");
    struct world_node *node = world_node(&world, 0);
    struct world_node *full = world_node(&world, 2);
    world_stop(world_node(&world, 1)); /* nothing is sealed by one */
    world_stop(world_node(&world, 3));
    world_append(node, 4);
    world_run(&world, 1000);
    struct head from = mem_tree_head(&node->journals[0].tree, 5);
    world_draft(&world, &draft);
    world_new_key(node, &draft, CHARTER_REPLACE, &from);
    world_stop(node);
    world_enact(&world, &draft, full);
    full->disk_err = HL_OK;
    world_run(&world, 1);
    full->disk_err = HL_EFULL;
    uint64_t before = world.events;
    world_run(&world, 20000);
    /* Dials and ticks; a cut at each answer of the disk would be 10,000. */
    assert_true(world.events - before < 1000);
    full->disk_err = HL_OK;
    world_run(&world, 12000);
    assert_int_equal(full->journals[0].count, 5);
    world_fini(&world);
}

static void rivals_reach_one_who_is_further_on(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    struct writer a = {0}, b = {0};
    world_init(&world, "rivals", 2, 0, 0);
    world_cut(&world, 0, 1, true);
    world_start_all(&world);
    struct world_node *behind = world_node(&world, 0);
    struct world_node *ahead = world_node(&world, 1);
    world_draft(&world, &draft);
    struct writer first = world.charter;
    world.charter = (struct writer){0};
    writer_bytes(&world.charter, writer_view(&first));
    draft.policies[CHARTER_CLEARING_PERIOD_DAYS] = 3;
    world_enact(&world, &draft, behind);
    writer_bytes(&b, writer_view(&world.charter));
    writer_clear(&world.charter);
    writer_bytes(&world.charter, writer_view(&first));
    world_draft(&world, &draft);
    draft.policies[CHARTER_CLEARING_PERIOD_DAYS] = 4;
    world_enact(&world, &draft, behind);
    writer_bytes(&a, writer_view(&world.charter));
    struct engine_event event = {.kind = ENGINE_CHARTER,
                                 .note = writer_view(&a)};
    world_event(ahead, &event);
    world_run(&world, 100);
    world_draft(&world, &draft); /* follows a, and n0 does not hear of it */
    world_enact(&world, &draft, ahead);
    world_run(&world, 100);
    assert_int_equal(behind->charter_count, 3);
    assert_int_equal(ahead->charter_count, 3);
    world_cut(&world, 0, 1, false);
    world_run(&world, 20000);
    assert_int_equal(behind->charter_count, 4);
    assert_int_equal(ahead->charter_count, 4);
    writer_fini(&first);
    writer_fini(&a);
    writer_fini(&b);
    world_fini(&world);
}

/* Two heads of one size, by one key; both cosigned by the mirror key, if there
 * is one, which is accused then. */
static void accuse(struct world_node *at, const struct signer *key,
                   const struct signer *mirror, uint64_t size)
{
    struct evidence evidence = {.accused = mirror == NULL ? EVIDENCE_AUTHOR
                                                          : EVIDENCE_COSIGNER,
                                .at = size};
    const struct signer *accused = mirror == NULL ? key : mirror;
    struct writer notes[2] = {0};
    memcpy(evidence.name, accused->vkey.name, sizeof(evidence.name));
    memcpy(evidence.origin, N0, sizeof(N0));
    for (uint8_t i = 0; i < 2; i++) {
        struct head head = {.size = size, .root = {{i}}};
        sign(key, &head, &notes[i]);
        if (mirror != NULL) {
            struct note note = {0};
            struct writer line = {0};
            assert_ok(note_parse(writer_view(&notes[i]), &note, NULL));
            assert_ok(cosignature_sign(note.text, mirror, 1, &line));
            note_fini(&note);
            writer_bytes(&notes[i], writer_view(&line));
            writer_fini(&line);
        }
        evidence.branches[i] =
            (struct evidence_branch){.key = accused->vkey,
                                     .root_at = head.root,
                                     .note = writer_view(&notes[i])};
    }
    evidence_write(&evidence, &at->evidence[at->evidence_count++]);
    writer_fini(&notes[0]);
    writer_fini(&notes[1]);
}

static void what_is_settled_hides_no_newer_evidence(void **state)
{
    (void)state;
    struct engine_world world;
    world_begin(&world, "two epochs");
    replace_key(&world);
    struct world_node *node = world_node(&world, 0);
    struct world_node *first = world_node(&world, 1);
    struct world_node *second = world_node(&world, 2);
    world_stop(first);
    world_stop(second);
    accuse(first, &node->old_key, NULL,
           4); /* a store gives them in any order */
    accuse(first, &node->journal_key, NULL, 8);
    accuse(second, &node->journal_key, NULL, 8);
    accuse(second, &node->old_key, NULL, 4);
    world_start(first);
    assert_int_equal(world_view(first, 0).standing, ENGINE_ORIGIN_QUARANTINED);
    world_start(second);
    assert_int_equal(world_view(second, 0).standing, ENGINE_ORIGIN_QUARANTINED);
    world_fini(&world);
}

static void a_wait_is_not_met_by_what_a_charter_cut_off(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    world_begin(&world, "cut off");
    struct world_node *node = world_node(&world, 0);
    for (size_t i = 2; i < 4; i++) {
        world_cut(&world, 0, i, true);
        world_cut(&world, 1, i, true);
    }
    world_append(node, 4); /* n1 alone cosigns nine */
    world_run(&world, 15000);
    assert_int_equal(world_view(node, 0).sealed.size, 5);
    struct head from = mem_tree_head(&node->journals[0].tree, 5);
    world_draft(&world, &draft);
    world_new_key(node, &draft, CHARTER_REPLACE, &from);
    world_stop(node);
    world_take_key(node);
    node->mark = head_empty();
    world_start(node); /* the charter that admits its key is not here yet */
    world_run(&world, 6000);
    assert_int_equal(node->own, ENGINE_OWN_UNSURE);
    world_enact(&world, &draft, world_node(&world, 1));
    for (size_t i = 2; i < 4; i++) {
        world_cut(&world, 0, i, false);
        world_cut(&world, 1, i, false);
    }
    world_run(&world, 20000);
    assert_int_equal(node->own, ENGINE_OWN_GOOD);
    assert_int_equal(node->journals[0].count, 5);
    for (size_t i = 1; i < 4; i++) {
        world_cut(&world, 0, i, true);
    }
    world_append(node, 1);
    world_wait_for(node, 0, 5, 1, 5000);
    assert_false(world.waits[0].done);
    world_run(&world, 6000);
    assert_int_equal(world.waits[0].err, HL_EDEADLINE);
    world_fini(&world);
}

static void who_only_says_that_he_has_more_is_not_followed(void **state)
{
    (void)state;
    struct engine_world world;
    world_begin(&world, "claims");
    for (int i = 0; i < 60; i++) {
        struct sync_message message = {
            .kind = SYNC_HAVE,
            .have = {.origin = bytes_of_text(N0),
                     .has_claim = true,
                     .claim = {.size = UINT64_MAX / 2}}};
        world_say(&world, 2, 1, &message, 100);
        world_run(&world, 1000);
        assert_true(bytes_equal_text(
            world_view(world_node(&world, 1), 0).upstream, "n0"));
    }
    world_fini(&world);
}

/* n1 goes by an older charter, in which n2 has no second mirror key; a liar
 * puts a false line by that key under a checkpoint. Who passes it on would be
 * blamed by all who know the key. */
static void a_line_that_nobody_could_verify_is_not_passed_on(void **state)
{
    (void)state;
    struct engine_world world;
    world_begin(&world, "unknown line");
    struct world_journal *journal = &world_node(&world, 0)->journals[0];
    struct writer note = {0};
    world_append(world_node(&world, 0), 1);
    writer_bytes(&note, writer_view(&journal->notes[ENGINE_NOTE_NEWEST]));
    struct vkey unknown = world_node(&world, 2)->mirror.vkey;
    unknown.id ^= 1;
    uint8_t payload[72] = {1};
    note_add_line(&unknown, bytes_of(payload, sizeof(payload)), &note);
    struct sync_message message = {
        .kind = SYNC_HAVE,
        .have = {.origin = bytes_of_text(N0), .candidate = writer_view(&note)}};
    world_say(&world, 0, 1, &message, 100);
    world_run(&world, 15000);
    struct writer *kept =
        &world_node(&world, 1)->journals[0].notes[ENGINE_NOTE_KEPT];
    struct note parsed = {0};
    assert_ok(note_parse(writer_view(kept), &parsed, NULL));
    assert_non_null(note_line_of(&parsed, &world_node(&world, 1)->mirror.vkey));
    assert_null(note_line_of(&parsed, &unknown));
    note_fini(&parsed);
    writer_fini(&note);
    world_fini(&world);
}

/* Each is a look into the store, and an answer outside all windows. */
static void who_asks_without_end_is_not_answered(void **state)
{
    (void)state;
    struct engine_world world;
    world_begin(&world, "questions");
    struct sync_message message = {
        .kind = SYNC_PROOF_WANT,
        .proof_want = {.origin = bytes_of_text(N0), .at = 3}};
    uint64_t before = world.kinds[SYNC_PROOF];
    for (int i = 0; i < 5000; i++) {
        world_say(&world, 2, 1, &message, 40);
    }
    uint64_t answered = world.kinds[SYNC_PROOF] - before;
    assert_in_range(answered, 20, 200);
    world_run(&world, 6000);
    world_say(&world, 2, 1, &message, 40);
    assert_int_equal(world.kinds[SYNC_PROOF] - before, answered + 1);
    world_fini(&world);
}

/* What is on its way to the disk decides whether a segment fits: its sender is
 * not to blame meanwhile. (Simulator, seed 41086.) */
static void nobody_is_blamed_for_a_disk_that_is_slow(void **state)
{
    (void)state;
    struct engine_world world;
    world_begin(&world, "slow disk");
    struct world_node *node = world_node(&world, 0);
    struct world_node *slow = world_node(&world, 2);
    struct writer note = {0};
    struct head beyond = {.size = 9, .root = {{7}}};
    sign(&node->journal_key, &beyond, &note);
    struct sync_message misfit = {.kind = SYNC_SEGMENT,
                                  .segment = {.origin = bytes_of_text(N0),
                                              .first = 6,
                                              .count = 1,
                                              .bundle = bytes_of("\0\1a", 3),
                                              .checkpoint = writer_view(&note),
                                              .has_start = true}};
    for (int i = 0; i < 4; i++) {
        world_append(node, 1);
        world_run(&world, WORLD_LATENCY_MS + 1); /* it is being stored */
        misfit.segment.first = world_view(slow, 0).held.size + 1;
        world_say(&world, 0, 2, &misfit, 100);
        world_run(&world, 100);
    }
    assert_int_equal(world_count(&world, "peer fault"), 0);
    world_run(&world, 5000);
    assert_int_equal(world_view(slow, 0).held.size, 9);
    writer_fini(&note);
    world_fini(&world);
}

/* n1's is sealed to eight, and n0's to five. */
static void a_sealed_note_of_one_journal_says_nothing_of_another(void **state)
{
    (void)state;
    struct engine_world world;
    world_begin(&world, "another journal");
    world_append(world_node(&world, 1), 8);
    world_run(&world, 15000);
    struct world_node *node = world_node(&world, 2);
    assert_int_equal(world_view(node, 1).sealed.size, 8);
    struct sync_message message = {
        .kind = SYNC_HAVE,
        .have = {.origin = bytes_of_text(N0),
                 .sealed = writer_view(
                     &node->journals[1].notes[ENGINE_NOTE_SEALED])}};
    world_say(&world, 3, 2, &message, 100);
    world_run(&world, 1000);
    assert_int_equal(world_view(node, 0).standing, ENGINE_ORIGIN_GOOD);
    struct world_node *liar = world_node(&world, 3);
    accuse(liar, &world_node(&world, 0)->journal_key, NULL, 4);
    message = (struct sync_message){
        .kind = SYNC_EVIDENCE,
        .evidence = {.raw = writer_view(&liar->evidence[0])}};
    world_say(&world, 3, 2, &message, 100);
    world_run(&world, 1000);
    assert_int_equal(world_count(&world, "n2: quarantine n0 at 5"), 1);
    world_fini(&world);
}

/* Whoever comes later hears of it as well. */
static void what_a_store_has_against_a_keeper_is_told(void **state)
{
    (void)state;
    struct engine_world world;
    world_begin(&world, "accused keeper");
    struct world_node *knows = world_node(&world, 2);
    world_stop(knows);
    accuse(knows, &world_node(&world, 0)->journal_key,
           &world_node(&world, 1)->mirror, 4);
    world_start(knows);
    world_run(&world, 2000);
    assert_int_equal(world_node(&world, 3)->evidence_count, 1);
    assert_int_equal(world_node(&world, 0)->evidence_count, 1);
    assert_int_equal(world_view(knows, 0).standing, ENGINE_ORIGIN_GOOD);
    world_fini(&world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_replaced_key_drops_nothing_below_its_point),
        cmocka_unit_test(segments_that_are_refused_give_their_credit_back),
        cmocka_unit_test(nothing_of_ours_is_proven_to_who_has_more_of_it),
        cmocka_unit_test(a_note_with_padding_is_not_kept),
        cmocka_unit_test(a_cut_that_the_disk_refuses_is_not_tried_at_once),
        cmocka_unit_test(rivals_reach_one_who_is_further_on),
        cmocka_unit_test(what_is_settled_hides_no_newer_evidence),
        cmocka_unit_test(a_line_that_nobody_could_verify_is_not_passed_on),
        cmocka_unit_test(who_asks_without_end_is_not_answered),
        cmocka_unit_test(nobody_is_blamed_for_a_disk_that_is_slow),
        cmocka_unit_test(a_sealed_note_of_one_journal_says_nothing_of_another),
        cmocka_unit_test(what_a_store_has_against_a_keeper_is_told),
        cmocka_unit_test(who_only_says_that_he_has_more_is_not_followed),
        cmocka_unit_test(a_wait_is_not_met_by_what_a_charter_cut_off),
    };
    test_seed_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
