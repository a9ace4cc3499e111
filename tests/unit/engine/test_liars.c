/* SPDX-License-Identifier: Apache-2.0 */

/* Members that lie with what others signed, and what honest ones are not to be
 * talked into. */

#include <string.h>

#include "protocol/note/checkpoint.h"
#include "protocol/note/evidence.h"
#include "tests/unit/engine/engine_world.h"

#define N0 "zhongyuan.example/n0"

static uint64_t stream_between(const struct engine_world *world, size_t a,
                               size_t b)
{
    uint64_t found = UINT64_MAX;
    for (uint64_t i = 0; i < world->stream_count; i++) {
        const size_t *ends = world->streams[i].ends;
        if ((ends[0] == a && ends[1] == b) || (ends[0] == b && ends[1] == a)) {
            found = i;
        }
    }
    assert_true(found != UINT64_MAX);
    return found;
}

/* As if `from` had sent it. */
static void say(struct engine_world *world, size_t from, size_t to,
                const struct sync_message *message, uint64_t bytes)
{
    struct engine_event event = {.kind = ENGINE_MESSAGE,
                                 .stream = stream_between(world, from, to),
                                 .message = message,
                                 .bytes = bytes};
    world_event(world_node(world, to), &event);
}

static void sign(const struct signer *key, const struct head *head,
                 struct writer *note)
{
    struct checkpoint checkpoint = {.head = *head, .origin = N0};
    writer_clear(note);
    assert_ok(checkpoint_sign(&checkpoint, key, 1, note));
}

static void begin(struct engine_world *world, const char *name)
{
    world_init(world, name, 4, 3, 2);
    world_start_all(world);
    world_run(world, 1000);
    world_append(world_node(world, 0), 5);
    assert_true(world_converge(world, 3000));
    world_run(world, 15000);
    assert_int_equal(world_view(world_node(world, 3), 0).sealed.size, 5);
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
    begin(&world, "old key");
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
    say(&world, 0, 2, &message, 100);
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
    begin(&world, "credit");
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
    say(&world, 0, 2, &message, 1000000);
    assert_int_equal(world.kinds[SYNC_CREDIT], before + 1);
    assert_int_equal(world_count(&world, "peer fault"), 0);
    writer_fini(&note);
    world_fini(&world);
}

static void nothing_of_ours_is_proven_to_who_has_more_of_it(void **state)
{
    (void)state;
    struct engine_world world;
    begin(&world, "set back");
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
    say(&world, 1, 0, &message, 50);
    assert_int_equal(world.kinds[SYNC_PROOF], before);
    world_fini(&world);
}

static void a_note_with_padding_is_not_kept(void **state)
{
    (void)state;
    struct engine_world world;
    begin(&world, "padding");
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
    say(&world, 0, 2, &message, 100);
    world_run(&world, 1000);
    assert_true(world.bytes - before < 50000);
    assert_int_equal(world_count(&world, "peer fault"), 0);
    writer_fini(&note);
    world_fini(&world);
}

/* Its disk was set back to where it had cosigned less, so it has a new key. */
static void a_keeper_with_a_new_key_asks_the_others_first(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    begin(&world, "new mirror key");
    struct world_node *keeper = world_node(&world, 3);
    for (size_t i = 1; i < 3; i++) {
        world_cut(&world, 3, i, true); /* it hears the author alone */
    }
    world_draft(&world, &draft);
    world_stop(keeper);
    world_new_mirror(keeper, &draft);
    world_enact(&world, &draft, world_node(&world, 0));
    world_run(&world, 2000);
    world_start(keeper);
    world_run(&world, 5000);
    struct bytes kept = {0};
    struct writer before = {0};
    kept = writer_view(&keeper->journals[0].notes[ENGINE_NOTE_KEPT]);
    writer_bytes(&before, kept);
    world_append(world_node(&world, 0), 2);
    world_run(&world, 20000);
    kept = writer_view(&keeper->journals[0].notes[ENGINE_NOTE_KEPT]);
    assert_int_equal(keeper->journals[0].count, 7);
    assert_true(bytes_equal(kept, writer_view(&before)));
    for (size_t i = 1; i < 3; i++) {
        world_cut(&world, 3, i, false);
    }
    world_run(&world, 30000);
    kept = writer_view(&keeper->journals[0].notes[ENGINE_NOTE_KEPT]);
    assert_false(bytes_equal(kept, writer_view(&before)));
    writer_fini(&before);
    world_fini(&world);
}

static void a_cut_that_the_disk_refuses_is_not_tried_at_once(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    begin(&world, "cut, disk full");
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

/* Two heads of one size, by one key. */
static void accuse(struct world_node *at, const struct signer *key,
                   uint64_t size)
{
    struct evidence evidence = {.accused = EVIDENCE_AUTHOR, .at = size};
    struct writer notes[2] = {0};
    memcpy(evidence.name, N0, sizeof(N0));
    memcpy(evidence.origin, N0, sizeof(N0));
    for (uint8_t i = 0; i < 2; i++) {
        struct head head = {.size = size, .root = {{i}}};
        sign(key, &head, &notes[i]);
        evidence.branches[i] =
            (struct evidence_branch){.key = key->vkey,
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
    begin(&world, "two epochs");
    replace_key(&world);
    struct world_node *node = world_node(&world, 0);
    struct world_node *first = world_node(&world, 1);
    struct world_node *second = world_node(&world, 2);
    world_stop(first);
    world_stop(second);
    accuse(first, &node->old_key, 4); /* a store gives them in any order */
    accuse(first, &node->journal_key, 8);
    accuse(second, &node->journal_key, 8);
    accuse(second, &node->old_key, 4);
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
    begin(&world, "cut off");
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
    begin(&world, "claims");
    for (int i = 0; i < 60; i++) {
        struct sync_message message = {
            .kind = SYNC_HAVE,
            .have = {.origin = bytes_of_text(N0),
                     .has_claim = true,
                     .claim = {.size = UINT64_MAX / 2}}};
        say(&world, 2, 1, &message, 100);
        world_run(&world, 1000);
        assert_true(bytes_equal_text(
            world_view(world_node(&world, 1), 0).upstream, "n0"));
    }
    world_fini(&world);
}

static uint64_t kept_size(const struct world_node *keeper)
{
    struct note note = {0};
    struct checkpoint checkpoint;
    assert_ok(
        note_parse(writer_view(&keeper->journals[0].notes[ENGINE_NOTE_KEPT]),
                   &note, NULL));
    assert_ok(checkpoint_parse(note.text, &checkpoint, NULL));
    note_fini(&note);
    return checkpoint.head.size;
}

static void a_keeper_follows_the_author_into_a_new_epoch(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    begin(&world, "thief's keeper");
    struct world_node *node = world_node(&world, 0);
    struct world_node *thief = world_node(&world, 4);
    struct world_node *keeper = world_node(&world, 1);
    world_copy(node, thief, 5);
    world_stop(node);
    world_cut(&world, 4, 1, false); /* n1 alone hears the thief */
    world_cut(&world, 1, 2, true);
    world_cut(&world, 1, 3, true);
    world_start(thief);
    world_run(&world, 3000);
    world_append(thief, 4);
    world_run(&world, 15000);
    assert_int_equal(kept_size(keeper), 9);
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
    world_append(node, 3);
    world_run(&world, 30000);
    assert_int_equal(kept_size(keeper), 8);
    assert_int_equal(world_view(keeper, 0).sealed.size, 8);
    assert_int_equal(world_count(&world, "evidence"), 0);
    world_fini(&world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_replaced_key_drops_nothing_below_its_point),
        cmocka_unit_test(segments_that_are_refused_give_their_credit_back),
        cmocka_unit_test(nothing_of_ours_is_proven_to_who_has_more_of_it),
        cmocka_unit_test(a_note_with_padding_is_not_kept),
        cmocka_unit_test(a_keeper_with_a_new_key_asks_the_others_first),
        cmocka_unit_test(a_cut_that_the_disk_refuses_is_not_tried_at_once),
        cmocka_unit_test(rivals_reach_one_who_is_further_on),
        cmocka_unit_test(what_is_settled_hides_no_newer_evidence),
        cmocka_unit_test(who_only_says_that_he_has_more_is_not_followed),
        cmocka_unit_test(a_keeper_follows_the_author_into_a_new_epoch),
        cmocka_unit_test(a_wait_is_not_met_by_what_a_charter_cut_off),
    };
    test_seed_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
