/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "node/audit/cycle_audit.h"
#include "tests/support/support.h"
#include "tests/unit/clearing/clearing_world.h"

#define T(text) bytes_of_text(text)
#define L "luoyang"
#define S "shandong"
#define Z "zhengzhou"

static const char *const three[] = {L, S, Z, NULL};

static struct clearing_world world;
static struct cycle_audit audit;

static int begin(void **state)
{
    (void)state;
    clearing_world_init(&world, three);
    snprintf(world.charter.alliance, sizeof(world.charter.alliance),
             "zhongyuan.example");
    return 0;
}

static int end(void **state)
{
    (void)state;
    cycle_audit_fini(&audit);
    clearing_world_fini(&world);
    return 0;
}

/* Z owes L 1000, L owes S 700; proposed by L, and approved by those who speak.
 */
static struct cycle_key clear(void)
{
    clearing_owe(&world, Z, L, 1000);
    clearing_owe(&world, L, S, 700);
    assert_true(clearing_asked(&world, L, NULL, false));
    clearing_settle(&world);
    return (struct cycle_key){T(L), clearing_cycle(&world, L).key.index};
}

static void look_by(const struct charter *const *charters, size_t count,
                    struct cycle_key key)
{
    const struct cycle_audit_input input = {.txn = world.of.world.txn,
                                            .charters = charters,
                                            .charter_count = count,
                                            .key = key};
    cycle_audit_fini(&audit);
    world_settle(&world.of.world);
    assert_ok(cycle_audit(&input, &audit, NULL));
}

static void look(struct cycle_key key)
{
    const struct charter *charter = &world.charter;
    look_by(&charter, 1, key);
}

/* The verdict, and a part of what is said. */
static void comes_to(hl_err wanted, const char *part)
{
    const char *text = NULL;
    hl_err err = cycle_audit_verdict(&audit, &text);
    assert_int_equal(err, wanted);
    if (strstr(text, part) == NULL) {
        fail_msg("'%s' does not say '%s'", text, part);
    }
}

static void is_right(void)
{
    const char *text = NULL;
    if (cycle_audit_verdict(&audit, &text) != HL_OK) {
        fail_msg("%s", text);
    }
    assert_int_equal(audit.fault_count, 0);
    assert_int_equal(audit.as, CYCLE_AS_FINAL);
    assert_true(audit.counted && audit.decision_sealed);
}

static void keep(const char *city)
{
    struct charter_node *node = clearing_member(&world, city);
    node->keeper_count = 1;
    node->quorum = 1;
    snprintf(node->keepers[0], sizeof(node->keepers[0]), "%s", S);
}

/* --- Right. -------------------------------------------------------------- */

static void a_final_cycle_is_right(void **state)
{
    (void)state;
    look(clear());
    is_right();
    assert_int_equal(audit.counting.gross_fen, 1700);
    assert_int_equal(audit.counting.lists.transfer_count, 2);
    for (size_t i = 0; i < audit.lists.net_count; i++) {
        assert_int_equal(audit.votes[i].is, CYCLE_VOTE_RIGHT);
        assert_true(audit.votes[i].index > 0);
    }
}

/* Whatever the journals say later. */
static void it_stays_right(void **state)
{
    (void)state;
    struct said allotted = clearing_allot(&world, Z, L, 1000);
    clearing_spend(&world, &allotted, L, 300);
    struct cycle_key first = clear();
    clearing_spend(&world, &allotted, L, 200);
    clearing_owe(&world, S, Z, 50);
    assert_true(clearing_asked(&world, S, NULL, false));
    clearing_settle(&world);
    /* The first one's transfers were not paid: they are in a third. */
    order_world_at(&world.of, "2026-07-09T04:00:00Z");
    clearing_owe(&world, Z, S, 5);
    assert_true(clearing_asked(&world, Z, NULL, false));
    clearing_settle(&world);
    look(first);
    is_right();
    assert_int_equal(audit.counting.gross_fen, 2000);
    look(clearing_cycle(&world, S).key);
    is_right();
    look(clearing_cycle(&world, Z).key);
    is_right();
    assert_true(audit.lists.item_count > 0);
}

/* --- Missing. ------------------------------------------------------------ */

static void who_did_not_answer_is_named(void **state)
{
    (void)state;
    world.silent[1] = true;
    look(clear());
    comes_to(HL_ENOTFOUND, "no decision of it is in the journal of luoyang");
    assert_int_equal(audit.fault_count, 2);
    assert_non_null(strstr(audit.faults[1].text, "shandong did not answer"));
    assert_true(audit.counted);
    assert_int_equal(audit.as, CYCLE_AS_OPEN);
}

static void what_is_not_here_is_named_with_who_has_it(void **state)
{
    (void)state;
    struct charter_node *node = NULL;
    assert_ok(charter_add_node(&world.charter, T("kaifeng"), &node, NULL));
    keep("kaifeng");
    look((struct cycle_key){T("kaifeng"), 7});
    comes_to(HL_ENOTFOUND, "the journal of kaifeng is in no archive");
    comes_to(HL_ENOTFOUND, "one of kaifeng, shandong ");
    look((struct cycle_key){T(L), 7000});
    comes_to(HL_ENOTFOUND, "7001 are needed");
    look((struct cycle_key){T(L), 0});
    comes_to(HL_ENOTFOUND, "is no proposal");
    look((struct cycle_key){T("nobody"), 0});
    comes_to(HL_EUNKNOWNNODE, "nobody is no node");
    assert_false(audit.found);
}

static void what_is_not_sealed_is_not_final(void **state)
{
    (void)state;
    struct cycle_key key = clear();
    keep(Z); /* nothing of it was sealed */
    look(key);
    comes_to(HL_EQUORUM, "the cut of zhengzhou is not sealed");
    assert_int_equal(audit.fault_count, 2);
    assert_non_null(strstr(audit.faults[1].text, "the approval of zhengzhou"));
    keep(L);
    look(key);
    comes_to(HL_EQUORUM, "the cut of luoyang is not sealed");
    assert_false(audit.decision_sealed);
    assert_int_equal(audit.as, CYCLE_AS_DECLARED);
}

static void a_newer_charter_than_those_given_is_asked_for(void **state)
{
    (void)state;
    world.charter.version = 2;
    struct cycle_key key = clear();
    look(key);
    is_right();
    world.charter.version = 1;
    look(key);
    comes_to(HL_EVERSIONGAP, "version 2");
}

/* Without its keys nothing is sealed: that is no reason to export again. */
static void a_newer_charter_is_asked_for_before_what_it_would_mend(void **state)
{
    (void)state;
    world.charter.version = 2;
    struct cycle_key key = clear();
    world.charter.version = 1;
    keep(Z); /* nothing of it was sealed */
    look(key);
    comes_to(HL_EVERSIONGAP, "version 2");
    assert_int_equal(audit.faults[0].err, HL_EVERSIONGAP);
}

/* --- Wrong. -------------------------------------------------------------- */

/* A proposal that differs, which all approve all the same. */
static void propose_wrong(void (*change)(struct cycle_proposal *proposal))
{
    const struct clearing_only all = {0};
    struct cycle_proposal proposal;
    struct writer copy = {0}, votes = {0};
    clearing_owe(&world, Z, L, 1000);
    world_settle(&world.of.world);
    struct clearing_view view = clearing_view_of(&world, L);
    assert_ok(
        clearing_propose(&view, &world.options, &all, NULL, &world.step, NULL));
    assert_int_equal(world.step.did, CLEARING_ENTRY);
    writer_bytes(&copy, writer_view(&world.step.entry.body));
    record_decode(&cycle_proposing, writer_view(&copy), &proposal);
    change(&proposal);
    struct said proposed =
        order_say(&world.of, L, CYCLE_BODY_PROPOSAL, &proposal, NULL);
    assert_true(proposed.counts);
    struct cycle_approval approval = {.key = {T(L), proposed.index}};
    const char *const parties[] = {L, Z};
    for (size_t i = 0; i < 2; i++) {
        struct said yes = order_say(&world.of, parties[i], CYCLE_BODY_APPROVAL,
                                    &approval, &proposed);
        assert_true(yes.counts);
        struct cycle_vote vote = {yes.index,
                                  bytes_of(yes.leaf.bytes, HL_HASH_BYTES)};
        cycle_add_vote(&vote, &votes);
    }
    struct cycle_final final = {.index = proposed.index,
                                .votes = writer_view(&votes)};
    assert_true(order_say(&world.of, L, CYCLE_BODY_FINAL, &final, NULL).counts);
    writer_fini(&votes);
    writer_fini(&copy);
    look((struct cycle_key){T(L), proposed.index});
    assert_int_equal(audit.as, CYCLE_AS_FINAL);
}

static void add_fen(struct cycle_proposal *proposal)
{
    proposal->gross_fen++;
}

static void count_one_more(struct cycle_proposal *proposal)
{
    proposal->count++;
}

static void take_another_digest(struct cycle_proposal *proposal)
{
    static uint8_t digest[HL_HASH_BYTES] = {1};
    proposal->digest = bytes_of(digest, sizeof(digest));
}

/* One net, and the transfer to it, of another sum. */
static void pay_less(struct cycle_proposal *proposal)
{
    static struct cycle_rooms rooms;
    struct cycle_lists lists;
    cycle_read(proposal, &lists);
    lists.nets[0].gets_fen = lists.nets[1].pays_fen = 999;
    lists.transfers[0].amount_fen = 999;
    cycle_write(&lists, &rooms, proposal);
    cycle_lists_fini(&lists);
}

static void take_another_root(struct cycle_proposal *proposal)
{
    static struct cycle_rooms rooms;
    static uint8_t root[HL_HASH_BYTES] = {2};
    struct cycle_lists lists;
    cycle_read(proposal, &lists);
    lists.places[1].root = bytes_of(root, sizeof(root));
    cycle_write(&lists, &rooms, proposal);
    cycle_lists_fini(&lists);
}

static void all_may_agree_on_what_is_wrong(void **state)
{
    (void)state;
    propose_wrong(add_fen);
    comes_to(HL_EDIFFERS, "gross");
    assert_int_equal(audit.fault_count, 1);
}

static void a_count_that_differs_is_named(void **state)
{
    (void)state;
    propose_wrong(count_one_more);
    comes_to(HL_EDIFFERS, "count");
    assert_int_equal(audit.fault_count, 1);
}

static void a_digest_that_differs_is_named(void **state)
{
    (void)state;
    propose_wrong(take_another_digest);
    comes_to(HL_EDIFFERS, "digest");
    assert_int_equal(audit.fault_count, 1);
}

static void nets_and_transfers_that_differ_are_named(void **state)
{
    (void)state;
    propose_wrong(pay_less);
    comes_to(HL_EDIFFERS, "nets");
    assert_int_equal(audit.fault_count, 2);
    assert_non_null(strstr(audit.faults[1].text, "transfers"));
}

static void another_root_is_named_and_nothing_is_counted(void **state)
{
    (void)state;
    propose_wrong(take_another_root);
    comes_to(HL_EDIFFERS, "the journal of shandong has another root");
    assert_int_equal(audit.fault_count, 1);
    assert_false(audit.counted);
}

static void an_approval_that_was_not_given_is_named(void **state)
{
    (void)state;
    struct writer votes = {0};
    world.silent[0] = world.silent[2] = true;
    struct cycle_key key = clear();
    struct cycle cycle = clearing_cycle(&world, L);
    for (int i = 0; i < 3; i++) {
        struct cycle_vote vote = {0, cycle.leaf}; /* something else */
        cycle_add_vote(&vote, &votes);
    }
    struct cycle_final final = {.index = key.index,
                                .votes = writer_view(&votes)};
    assert_true(order_say(&world.of, L, CYCLE_BODY_FINAL, &final, NULL).counts);
    writer_fini(&votes);
    look(key);
    assert_int_equal(audit.as, CYCLE_AS_VOID);
    comes_to(HL_EDIFFERS, "entry 0 of luoyang is not the approval");
    assert_int_equal(audit.fault_count, 3);
}

/* No newer export has it. */
static void an_approval_that_a_charter_cut_off_is_named(void **state)
{
    (void)state;
    struct writer votes = {0};
    world.silent[0] = world.silent[1] = true;
    struct cycle_key key = clear();
    struct cycle cycle = clearing_cycle(&world, L);
    for (int i = 0; i < 3; i++) {
        struct cycle_vote vote = {1000, cycle.leaf};
        cycle_add_vote(&vote, &votes);
    }
    struct cycle_final final = {.index = key.index,
                                .votes = writer_view(&votes)};
    assert_true(order_say(&world.of, L, CYCLE_BODY_FINAL, &final, NULL).counts);
    writer_fini(&votes);
    struct charter_node *lost = clearing_member(&world, S);
    lost->ended = true;
    lost->end.size = world_size(&world.of.world, order_origin(S));
    world.silent[2] = true;
    look(key);
    assert_int_equal(audit.as, CYCLE_AS_VOID);
    assert_non_null(strstr(audit.faults[audit.fault_count - 2].text,
                           "the charter ended shandong before entry 1000"));
}

static void what_was_rejected_is_not_final(void **state)
{
    (void)state;
    world.options.debtor_max_fen = 500;
    clearing_owe(&world, Z, L, 1000);
    assert_true(clearing_asked(&world, S, NULL, false));
    clearing_settle(&world);
    look(clearing_cycle(&world, S).key);
    comes_to(HL_ESTATE, "it is aborted: luoyang rejects it");
    assert_int_equal(audit.fault_count, 1);
}

static void who_has_no_clearing_role_clears_nothing(void **state)
{
    (void)state;
    struct cycle_key key = clear();
    clearing_member(&world, L)->roles[CHARTER_CLEARING].granted = false;
    look(key);
    comes_to(HL_EDENIED, "no clearing role");
}

/* --- Charters. ----------------------------------------------------------- */

/* A role that a later charter ended below the cut: by the charter of its time
 * the cycle is right. */
static void the_charter_of_its_time_says_who_decides(void **state)
{
    (void)state;
    struct cycle_key key = clear();
    struct charter later = world.charter;
    later.nodes =
        memcpy(test_malloc(later.node_count * sizeof(*later.nodes)),
               world.charter.nodes, later.node_count * sizeof(*later.nodes));
    later.version = 2;
    struct charter_node *ended = charter_find_node_mutable(&later, T(Z));
    ended->roles[CHARTER_CLEARING].ended = true;
    ended->roles[CHARTER_CLEARING].end.size = 1;
    const struct charter *chain[] = {&later, &world.charter};
    look_by(chain, 2, key);
    is_right();
    look_by(chain, 1, key);
    comes_to(HL_EVERSIONGAP, "give that, too");
    test_free(later.nodes);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        IN_WORLD(a_final_cycle_is_right),
        IN_WORLD(it_stays_right),
        IN_WORLD(who_did_not_answer_is_named),
        IN_WORLD(what_is_not_here_is_named_with_who_has_it),
        IN_WORLD(what_is_not_sealed_is_not_final),
        IN_WORLD(a_newer_charter_than_those_given_is_asked_for),
        IN_WORLD(a_newer_charter_is_asked_for_before_what_it_would_mend),
        IN_WORLD(all_may_agree_on_what_is_wrong),
        IN_WORLD(a_count_that_differs_is_named),
        IN_WORLD(a_digest_that_differs_is_named),
        IN_WORLD(nets_and_transfers_that_differ_are_named),
        IN_WORLD(another_root_is_named_and_nothing_is_counted),
        IN_WORLD(an_approval_that_was_not_given_is_named),
        IN_WORLD(an_approval_that_a_charter_cut_off_is_named),
        IN_WORLD(what_was_rejected_is_not_final),
        IN_WORLD(who_has_no_clearing_role_clears_nothing),
        IN_WORLD(the_charter_of_its_time_says_who_decides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
