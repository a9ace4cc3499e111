/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "node/projection/bodies.h"
#include "node/projection/cycles.h"
#include "node/projection/ledger.h"
#include "protocol/entry/origin.h"
#include "tests/support/support.h"
#include "tests/unit/clearing/clearing_world.h"

#define T(text) bytes_of_text(text)
#define A "anyang"
#define L "luoyang"
#define S "shandong"
#define Z "zhengzhou"

static const char *const three[] = {L, S, Z, NULL};

static struct clearing_world world;

static int begin(void **state)
{
    (void)state;
    clearing_world_init(&world, three);
    return 0;
}

static int end(void **state)
{
    (void)state;
    clearing_world_fini(&world);
    return 0;
}

static void propose(const char *city)
{
    clearing_must_propose(&world, city, NULL);
}

static size_t place_of(const char *node)
{
    return node[0] == 'l' ? 0 : node[0] == 's' ? 1 : 2;
}

static struct cycle_key key_of(const char *proposer)
{
    return clearing_cycle(&world, proposer).key;
}

/* --- One cycle. ---------------------------------------------------------- */

static void what_is_owed_becomes_few_transfers(void **state)
{
    (void)state;
    clearing_owe(&world, Z, L, 1000);
    clearing_owe(&world, L, S, 700);
    clearing_owe(&world, S, Z, 400);
    clearing_owe(&world, Z, L, 50);
    propose(L);
    struct cycle cycle = clearing_cycle(&world, L);
    assert_int_equal(cycle.of.count, 4);
    assert_int_equal(cycle.of.gross_fen, 2150);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_OPEN);
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_FINAL);
    /* Z pays 650: of which L gets 350 and S gets 300. */
    assert_int_equal(clearing_transferred(&world, L, Z, L), 350);
    assert_int_equal(clearing_transferred(&world, L, Z, S), 300);
    assert_int_equal(clearing_transferred(&world, L, L, S), 0);
    clearing_nothing_is_left(&world, L);
    clearing_nothing_is_left(&world, Z);
}

static void where_nothing_is_owed_nothing_is_proposed(void **state)
{
    (void)state;
    clearing_nothing_is_left(&world, Z);
    clearing_owe(&world, Z, Z, 100); /* at home nobody owes anybody */
    clearing_nothing_is_left(&world, Z);
}

static void who_is_named_and_is_none_is_not_left_out_silently(void **state)
{
    static const char *const named[] = {Z, L, "zhengzhuo", NULL};
    (void)state;
    clearing_owe(&world, Z, L, 1000);
    assert_false(clearing_asked(&world, L, named, false));
    assert_non_null(strstr(world.step.why, "no node zhengzhuo"));
}

static void who_owes_as_much_as_it_gets_is_a_party(void **state)
{
    (void)state;
    clearing_owe(&world, Z, L, 100);
    clearing_owe(&world, L, S, 100);
    propose(S);
    struct cycle cycle = clearing_cycle(&world, S);
    struct cycle_lists lists;
    cycle_read(&cycle.of, &lists);
    assert_int_equal(lists.net_count, 3);
    assert_int_equal(lists.transfer_count, 1);
    cycle_lists_fini(&lists);
    world.silent[place_of(L)] = true;
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, S), CYCLE_AS_OPEN);
    world.silent[place_of(L)] = false;
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, S), CYCLE_AS_FINAL);
}

static void what_comes_late_is_in_the_next(void **state)
{
    (void)state;
    clearing_owe(&world, Z, L, 100);
    propose(L);
    clearing_owe(&world, Z, L, 30); /* while the window closes */
    clearing_settle(&world);
    assert_int_equal(clearing_cycle(&world, L).of.gross_fen, 100);
    propose(Z); /* whoever */
    clearing_owe(&world, Z, L, 5);
    clearing_settle(&world);
    assert_int_equal(clearing_cycle(&world, Z).of.gross_fen, 30);
    assert_int_equal(clearing_as(&world, Z), CYCLE_AS_FINAL);
    propose(S);
    clearing_settle(&world);
    assert_int_equal(clearing_cycle(&world, S).of.gross_fen, 5);
    clearing_nothing_is_left(&world, L);
}

/* Its journal is sealed up to nothing, and nothing of it is counted. */
static void a_proposal_is_approved_once_it_is_sealed(void **state)
{
    (void)state;
    struct charter_node *proposer = clearing_member(&world, L);
    clearing_owe(&world, Z, S, 100);
    proposer->keeper_count = proposer->quorum = 1;
    propose(L);
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_OPEN);
    proposer->keeper_count = proposer->quorum = 0;
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_FINAL);
}

/* L's proposal waits for S; what Z approved is open. */
static void leave_open(void)
{
    clearing_owe(&world, Z, S, 100);
    propose(L);
    world.silent[place_of(S)] = true;
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_OPEN);
}

static void who_approves_two_at_once_is_found(void **state)
{
    (void)state;
    leave_open();
    struct cycle first = clearing_cycle(&world, L);
    struct said second =
        order_say(&world.of, S, CYCLE_BODY_PROPOSAL, &first.of, NULL);
    struct cycle_approval approval = {.key = {T(S), second.index}};
    order_say(&world.of, Z, CYCLE_BODY_APPROVAL, &approval, &second);
    assert_int_equal(order_findings(&world.of, Z, "approval_overlaps"), 1);
}

static void what_a_charter_ended_is_open_no_more(void **state)
{
    (void)state;
    leave_open();
    struct charter_grant *role =
        &clearing_member(&world, L)->roles[CHARTER_CLEARING];
    role->ended = true;
    role->end.size = clearing_cycle(&world, L).key.index + 1;
    world.charter.version++;
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_ABANDONED);
    world.silent[place_of(S)] = false;
    propose(S);
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, S), CYCLE_AS_FINAL);
    assert_int_equal(order_findings(&world.of, Z, "approval_overlaps"), 0);
}

/* All approved it, and its proposer decides above where its role has ended. */
static void what_is_decided_beyond_the_end_of_a_role_is_nothing(void **state)
{
    (void)state;
    clearing_owe(&world, Z, S, 100);
    propose(L);
    world.silent[place_of(L)] = true;
    clearing_settle(&world);
    struct cycle cycle = clearing_cycle(&world, L);
    struct charter_grant *role =
        &clearing_member(&world, L)->roles[CHARTER_CLEARING];
    role->ended = true;
    role->end.size = cycle.key.index + 1;
    struct writer votes = {0};
    const char *const parties[] = {S, Z};
    for (size_t i = 0; i < 2; i++) {
        struct cycle answer;
        struct clearing_view view = clearing_view_of(&world, L);
        assert_ok(cycles_answer(view.txn, clearing_alliance(&view),
                                T(parties[i]), &cycle.key, &answer, NULL));
        struct cycle_vote vote = {answer.answer_index, answer.answer_leaf};
        cycle_add_vote(&vote, &votes);
    }
    struct cycle_final final = {.index = cycle.key.index,
                                .votes = writer_view(&votes)};
    order_say(&world.of, L, CYCLE_BODY_FINAL, &final, NULL);
    writer_fini(&votes);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_ABANDONED);
    propose(S);
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, S), CYCLE_AS_FINAL);
    assert_int_equal(clearing_transferred(&world, S, Z, S), 100);
}

/* K is lost after Z approved its proposal. */
static void who_is_held_back_by_who_is_lost_is_left_out(void **state)
{
    static const char *const four[] = {"kaifeng", L, S, Z, NULL};
    enum { K_AT, L_AT };
    (void)state;
    clearing_world_fini(&world);
    clearing_world_init(&world, four);
    clearing_owe(&world, Z, L, 100);
    propose("kaifeng");
    world.silent[L_AT] = true;
    clearing_settle(&world);
    world.silent[K_AT] = true;
    world.silent[L_AT] = false;
    world.of.now.ms += 7200000;
    clearing_owe(&world, S, L, 70);
    propose(L);
    clearing_settle(&world);
    assert_int_equal(clearing_rejection(&world, Z, L), CYCLE_BUSY);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_ABORTED);
    assert_true(clearing_asked(&world, L, NULL, true));
    assert_int_equal(clearing_cycle(&world, L).of.gross_fen, 70);
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_FINAL);
}

/* The spend is below the cut, and its allotment is not sealed yet. */
/* Who owes and is owed are parties both, and what is spent lies below the cut:
 * all of that pair behind it waits, too. */
static void a_spend_whose_allotment_is_not_below_the_cut_waits(void **state)
{
    (void)state;
    clearing_owe(&world, Z, S, 5);
    struct said allotted = clearing_allot(&world, Z, L, 1000);
    clearing_owe(&world, S, L, 10);
    clearing_spend(&world, &allotted, L, 40);
    const uint64_t sizes[] = {UINT64_MAX, UINT64_MAX, allotted.index};
    assert_true(clearing_asked_less(&world, S, sizes));
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, S), CYCLE_AS_FINAL);
    assert_int_equal(clearing_cycle(&world, S).of.gross_fen, 15);
    propose(S);
    clearing_settle(&world);
    assert_int_equal(clearing_transferred(&world, S, Z, L), 40);
    clearing_nothing_is_left(&world, S);
}

static void a_spend_waits_for_its_allotment(void **state)
{
    (void)state;
    struct charter_node *issuer = clearing_member(&world, Z);
    struct said allotted = clearing_allot(&world, Z, L, 1000);
    clearing_owe(&world, S, L, 10);
    clearing_spend(&world, &allotted, L, 40);
    clearing_owe(&world, S, L, 20);
    issuer->keeper_count = issuer->quorum = 1;
    propose(S);
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, S), CYCLE_AS_FINAL);
    assert_int_equal(clearing_cycle(&world, S).of.gross_fen, 30);
    issuer->keeper_count = issuer->quorum = 0;
    propose(S);
    clearing_settle(&world);
    assert_int_equal(clearing_transferred(&world, S, Z, L), 40);
    clearing_nothing_is_left(&world, S);
}

static void what_is_above_the_seal_is_waited_for(void **state)
{
    (void)state;
    struct charter_node *debtor = clearing_member(&world, Z);
    struct cycle answer;
    clearing_owe(&world, Z, S, 100);
    propose(L);
    debtor->keeper_count = debtor->quorum = 1;
    clearing_settle(&world);
    struct cycle cycle = clearing_cycle(&world, L);
    struct clearing_view view = clearing_view_of(&world, L);
    assert_ok(cycles_answer(view.txn, clearing_alliance(&view), T(S),
                            &cycle.key, &answer, NULL));
    assert_int_equal(answer.answer, CYCLE_UNANSWERED);
    debtor->keeper_count = debtor->quorum = 0;
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_FINAL);
}

static void what_is_counted_otherwise_is_rejected(void **state)
{
    (void)state;
    static const struct clearing_only all;
    struct cycle_proposal proposal;
    struct writer copy = {0};
    uint8_t digest[HL_HASH_BYTES] = {1};
    clearing_owe(&world, Z, S, 100);
    struct clearing_view view = clearing_view_of(&world, L);
    world_settle(&world.of.world);
    assert_ok(
        clearing_propose(&view, &world.options, &all, NULL, &world.step, NULL));
    assert_int_equal(world.step.did, CLEARING_ENTRY);
    writer_bytes(&copy, writer_view(&world.step.entry.body));
    record_decode(&cycle_proposing, writer_view(&copy), &proposal);
    proposal.digest = bytes_of(digest, sizeof(digest));
    order_say(&world.of, L, CYCLE_BODY_PROPOSAL, &proposal, NULL);
    writer_fini(&copy);
    clearing_settle(&world);
    assert_int_equal(clearing_rejection(&world, Z, L), CYCLE_WRONG);
    assert_int_equal(clearing_rejection(&world, S, L), CYCLE_WRONG);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_ABORTED);
}

static void what_nobody_approved_is_void(void **state)
{
    (void)state;
    struct writer votes = {0};
    uint8_t leaf[HL_HASH_BYTES] = {1};
    const struct cycle_vote vote = {0, bytes_of(leaf, sizeof(leaf))};
    clearing_owe(&world, Z, S, 100);
    propose(L);
    cycle_add_vote(&vote, &votes);
    cycle_add_vote(&vote, &votes);
    struct cycle_final final = {.index = key_of(L).index,
                                .votes = writer_view(&votes)};
    order_say(&world.of, L, CYCLE_BODY_FINAL, &final, NULL);
    writer_fini(&votes);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_VOID);
    assert_int_equal(order_findings(&world.of, L, "final_unfounded"), 1);
    propose(S);
    clearing_settle(&world);
    assert_int_equal(clearing_transferred(&world, S, Z, S), 100);
}

static void what_is_given_back_is_counted_the_other_way(void **state)
{
    (void)state;
    struct said capture = clearing_owe(&world, Z, L, 100);
    propose(L);
    clearing_settle(&world);
    (void)capture;
    static uint8_t id[VOUCHER_ID_BYTES] = {0, 1};
    struct order_adjust adjust = {
        .key = {T(Z), bytes_of(id, sizeof(id))},
        .amount_fen = 40,
        .reason = T("多收"),
    };
    order_do(&world.of, L, ORDER_BODY_ADJUST, &adjust, NULL);
    propose(L);
    clearing_settle(&world);
    assert_int_equal(clearing_transferred(&world, L, L, Z), 40);
    clearing_nothing_is_left(&world, S);
}

/* --- Who does not agree. ------------------------------------------------- */

static void who_is_silent_is_left_out_and_comes_back(void **state)
{
    (void)state;
    clearing_owe(&world, Z, L, 100);
    clearing_owe(&world, S, L, 10);
    clearing_owe(&world, L, S, 4);
    propose(L);
    world.silent[place_of(S)] = true;
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_OPEN);
    order_world_at(&world.of, "2026-07-01T06:00:00Z");
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_ABORTED);
    assert_true(clearing_asked(&world, L, NULL, true));
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_FINAL);
    assert_int_equal(clearing_cycle(&world, L).of.gross_fen, 100);
    /* Its approval comes too late for the first, and harms nobody. */
    world.silent[place_of(S)] = false;
    clearing_settle(&world);
    propose(L);
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_FINAL);
    assert_int_equal(clearing_cycle(&world, L).of.gross_fen, 14);
    assert_int_equal(clearing_transferred(&world, L, S, L), 6);
    clearing_nothing_is_left(&world, L);
}

static void a_persons_no_leaves_a_city_out(void **state)
{
    (void)state;
    clearing_owe(&world, Z, L, 100);
    clearing_owe(&world, L, S, 10);
    propose(L);
    struct cycle_key key = key_of(L);
    struct clearing_word no = {.key = key, .text = T("发票未到")};
    struct clearing_view view = clearing_view_of(&world, S);
    world_settle(&world.of.world);
    assert_ok(
        clearing_answer(&view, &world.options, &key, &no, &world.step, NULL));
    clearing_say(&world, S);
    clearing_settle(&world);
    assert_int_equal(clearing_rejection(&world, S, L), CYCLE_PERSON);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_ABORTED);
    assert_true(clearing_asked(&world, L, NULL, true));
    clearing_settle(&world);
    assert_int_equal(clearing_cycle(&world, L).of.gross_fen, 100);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_FINAL);
}

static void what_is_above_the_bound_waits_for_a_person(void **state)
{
    (void)state;
    clearing_owe(&world, Z, L, 100);
    world.options.pay_max_fen = 99;
    propose(L);
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_OPEN);
    struct cycle_key key = key_of(L);
    struct clearing_view view = clearing_view_of(&world, Z);
    world_settle(&world.of.world);
    assert_ok(
        clearing_answer(&view, &world.options, &key, NULL, &world.step, NULL));
    assert_int_equal(world.step.did, CLEARING_HELD);
    struct clearing_word yes = {.key = key, .yes = true};
    assert_ok(
        clearing_answer(&view, &world.options, &key, &yes, &world.step, NULL));
    clearing_say(&world, Z);
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_FINAL);
}

static void more_of_a_debtor_than_it_is_trusted_with_is_rejected(void **state)
{
    (void)state;
    clearing_owe(&world, Z, L, 100);
    world.options.debtor_max_fen = 99;
    propose(S);
    clearing_settle(&world);
    assert_int_equal(clearing_rejection(&world, L, S), CYCLE_LIMIT);
    assert_int_equal(clearing_as(&world, S), CYCLE_AS_ABORTED);
    assert_false(clearing_asked(&world, S, NULL, true));
}

/* Who proposes it, and pays by it, could put it off for ever. */
static void what_is_to_be_paid_in_years_is_rejected(void **state)
{
    (void)state;
    clearing_owe(&world, Z, L, 100);
    world.options.pay_days = CYCLE_PAY_DAYS_MAX + 1;
    propose(Z);
    clearing_settle(&world);
    assert_int_equal(clearing_rejection(&world, L, Z), CYCLE_LIMIT);
    assert_int_equal(clearing_as(&world, Z), CYCLE_AS_ABORTED);
    world.options.pay_days = CYCLE_PAY_DAYS_MAX;
    propose(Z);
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, Z), CYCLE_AS_FINAL);
}

static void a_person_may_take_more_of_a_debtor(void **state)
{
    (void)state;
    clearing_owe(&world, Z, L, 100);
    world.options.debtor_max_fen = 99;
    propose(S);
    struct cycle_key key = key_of(S);
    struct clearing_word yes = {.key = key, .yes = true};
    struct clearing_view view = clearing_view_of(&world, L);
    world_settle(&world.of.world);
    assert_ok(
        clearing_answer(&view, &world.options, &key, &yes, &world.step, NULL));
    clearing_say(&world, L);
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, S), CYCLE_AS_FINAL);
}

/* --- Lies. --------------------------------------------------------------- */

/* One that cites approvals from far in the future: it would be waited for for
 * ever. */
static void a_final_without_approvals_stops_nobody(void **state)
{
    (void)state;
    struct writer votes = {0};
    clearing_owe(&world, Z, L, 100);
    propose(L);
    struct cycle cycle = clearing_cycle(&world, L);
    struct cycle_vote vote = {1000000, cycle.leaf};
    cycle_add_vote(&vote, &votes);
    cycle_add_vote(&vote, &votes);
    struct cycle_final final = {cycle.key.index, writer_view(&votes)};
    order_say(&world.of, L, CYCLE_BODY_FINAL, &final, NULL);
    world_settle(&world.of.world);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_DECLARED);
    propose(S);
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, S), CYCLE_AS_FINAL);
    assert_int_equal(clearing_cycle(&world, S).of.gross_fen, 100);
    writer_fini(&votes);
}

/* By what Z approved, and an approval of S, which gave none. */
static void declare_final_without_it(uint64_t index)
{
    struct writer votes = {0};
    struct cycle cycle = clearing_cycle(&world, L);
    struct cycle answer;
    assert_ok(cycles_answer(world.of.world.txn, T(ORDER_ALLIANCE), T(Z),
                            &cycle.key, &answer, NULL));
    assert_int_equal(answer.answer, CYCLE_APPROVED);
    struct cycle_vote lie = {index, cycle.leaf};
    struct cycle_vote given = {answer.answer_index, answer.answer_leaf};
    cycle_add_vote(&lie, &votes);
    cycle_add_vote(&given, &votes);
    struct cycle_final final = {cycle.key.index, writer_view(&votes)};
    assert_true(order_say(&world.of, L, CYCLE_BODY_FINAL, &final, NULL).counts);
    world_settle(&world.of.world);
    writer_fini(&votes);
}

/* Its role, at what it declared; else it would wait for the approvals that are
 * cited, for ever. */
static void
who_approved_a_false_final_is_free_once_a_charter_ends_it(void **state)
{
    (void)state;
    clearing_owe(&world, Z, S, 100);
    propose(L);
    world.silent[place_of(S)] = true;
    world.silent[place_of(L)] = true;
    clearing_settle(&world);
    declare_final_without_it(1000000);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_DECLARED);
    struct charter_grant *role =
        &clearing_member(&world, L)->roles[CHARTER_CLEARING];
    role->ended = true;
    role->end.size = clearing_cycle(&world, L).decided_index;
    world.charter.version++;
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_ABANDONED);
    world.silent[place_of(S)] = false;
    propose(S);
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, S), CYCLE_AS_FINAL);
    assert_int_equal(clearing_cycle(&world, S).of.gross_fen, 100);
    clearing_nothing_is_left(&world, Z);
}

/* Nobody answers twice: so it needs no charter, and nothing is waited for. */
static void a_final_that_a_party_rejected_is_void(void **state)
{
    (void)state;
    clearing_owe(&world, Z, S, 100);
    propose(L);
    world.silent[place_of(S)] = true;
    world.silent[place_of(L)] = true;
    clearing_settle(&world);
    struct cycle_key key = key_of(L);
    struct clearing_view view = clearing_view_of(&world, S);
    struct clearing_word no = {.key = key, .text = T("no")};
    assert_ok(
        clearing_answer(&view, &world.options, &key, &no, &world.step, NULL));
    clearing_say(&world, S);
    declare_final_without_it(1000000);
    assert_int_equal(order_findings(&world.of, L, "final_unfounded"), 1);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_VOID);
    world.silent[place_of(S)] = false;
    propose(S);
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, S), CYCLE_AS_FINAL);
    assert_int_equal(clearing_cycle(&world, S).of.gross_fen, 100);
    clearing_nothing_is_left(&world, Z);
}

/* Of which nobody asks it any more, but for another already. */
static void who_did_not_approve_a_final_says_so(void **state)
{
    static const char *const others[] = {L, S, NULL};
    (void)state;
    clearing_owe(&world, Z, S, 100);
    propose(L);
    world.silent[place_of(S)] = true;
    world.silent[place_of(L)] = true;
    clearing_settle(&world);
    declare_final_without_it(1000000);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_DECLARED);
    struct cycle_key false_final = {T(L), key_of(L).index};
    clearing_owe(&world, L, S, 5);
    clearing_must_propose(&world, L, others);
    world.silent[place_of(S)] = false;
    clearing_settle(&world);
    struct cycle answer;
    assert_ok(cycles_answer(world.of.world.txn, T(ORDER_ALLIANCE), T(S),
                            &false_final, &answer, NULL));
    assert_int_equal(answer.rejection, CYCLE_WRONG);
    world.silent[place_of(L)] = false;
    clearing_settle(&world);
    propose(S);
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, S), CYCLE_AS_FINAL);
    assert_int_equal(clearing_cycle(&world, S).of.gross_fen, 100);
}

/* How many proposals a look shows that city. */
static unsigned asks_of(const char *city)
{
    struct clearing_view view = clearing_view_of(&world, city);
    struct writer position = {0};
    struct cycle cycle;
    unsigned count = 0;
    bool found = true;
    world_settle(&world.of.world);
    while (found) {
        assert_ok(clearing_next_open(&view, &position, &cycle, &found, NULL));
        count += found;
    }
    writer_fini(&position);
    return count;
}

/* S and Z are its parties, and Z approved it. */
static void let_a_false_final_be(void)
{
    clearing_owe(&world, Z, S, 100);
    propose(L);
    world.silent[place_of(S)] = true;
    world.silent[place_of(L)] = true;
    clearing_settle(&world);
    declare_final_without_it(1000000);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_DECLARED);
}

/* Nobody else is looked for: what is final was approved by all. */
static void only_a_party_is_asked_of_a_false_final(void **state)
{
    (void)state;
    let_a_false_final_be();
    assert_int_equal(asks_of(S), 1);
    assert_int_equal(asks_of(L), 0);
    assert_int_equal(asks_of(Z), 0);
}

/* Any node can write that, and again and again: nobody approved it who goes by
 * a charter. */
static void a_false_final_of_who_has_no_role_is_not_answered(void **state)
{
    (void)state;
    let_a_false_final_be();
    struct cycle_key key = key_of(L);
    struct clearing_view view = clearing_view_of(&world, S);
    clearing_member(&world, L)->roles[CHARTER_CLEARING].granted = false;
    assert_int_equal(asks_of(S), 0);
    assert_ok(
        clearing_answer(&view, &world.options, &key, NULL, &world.step, NULL));
    assert_int_equal(world.step.did, CLEARING_NOTHING);
}

/* Whose own proposal is open for long. */
static void a_false_final_is_seen_behind_what_is_answered(void **state)
{
    static const char *const others[] = {L, S, NULL};
    (void)state;
    let_a_false_final_be();
    clearing_owe(&world, L, S, 5);
    clearing_must_propose(&world, Z, others);
    assert_int_equal(asks_of(S), 1);
    struct cycle_key key = key_of(Z);
    struct clearing_view view = clearing_view_of(&world, S);
    assert_ok(
        clearing_answer(&view, &world.options, &key, NULL, &world.step, NULL));
    clearing_say(&world, S);
    assert_int_equal(clearing_as(&world, Z), CYCLE_AS_OPEN);
    assert_int_equal(asks_of(S), 1);
    world.silent[place_of(S)] = false;
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, Z), CYCLE_AS_OPEN);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_VOID);
}

/* Nobody else can say that it never comes. */
static void
a_final_by_an_approval_of_who_is_ended_before_it_is_void(void **state)
{
    (void)state;
    clearing_owe(&world, Z, S, 100);
    propose(L);
    world.silent[place_of(S)] = true;
    world.silent[place_of(L)] = true;
    clearing_settle(&world);
    declare_final_without_it(1000000);
    struct charter_node *lost = clearing_member(&world, S);
    lost->ended = true;
    lost->end.size = world_size(&world.of.world, order_origin(S)) + 1;
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_DECLARED);
    lost->end.size--;
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_VOID);
    clearing_owe(&world, Z, L, 5);
    world.silent[place_of(L)] = false;
    propose(Z);
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, Z), CYCLE_AS_FINAL);
    assert_int_equal(clearing_cycle(&world, Z).of.gross_fen, 5);
}

/* By a proposer that did not wait for that: what is not sealed may be lost. */
static void a_final_is_one_once_the_approvals_are_sealed(void **state)
{
    (void)state;
    clearing_owe(&world, Z, S, 100);
    propose(L);
    world.silent[place_of(L)] = true;
    clearing_settle(&world);
    struct writer votes = {0};
    struct cycle cycle = clearing_cycle(&world, L);
    static const char *const parties[] = {S, Z};
    for (size_t i = 0; i < 2; i++) {
        struct cycle answer;
        assert_ok(cycles_answer(world.of.world.txn, T(ORDER_ALLIANCE),
                                T(parties[i]), &cycle.key, &answer, NULL));
        struct cycle_vote vote = {answer.answer_index, answer.answer_leaf};
        cycle_add_vote(&vote, &votes);
    }
    struct charter_node *party = clearing_member(&world, Z);
    party->keeper_count = party->quorum = 1;
    struct cycle_final final = {cycle.key.index, writer_view(&votes)};
    assert_true(order_say(&world.of, L, CYCLE_BODY_FINAL, &final, NULL).counts);
    world_settle(&world.of.world);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_DECLARED);
    party->keeper_count = party->quorum = 0;
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_FINAL);
    writer_fini(&votes);
}

static void a_final_by_others_approvals_is_void(void **state)
{
    (void)state;
    struct writer votes = {0};
    clearing_owe(&world, Z, L, 100);
    propose(L);
    struct cycle cycle = clearing_cycle(&world, L);
    struct cycle_vote vote = {0, cycle.leaf};
    cycle_add_vote(&vote, &votes);
    cycle_add_vote(&vote, &votes);
    struct cycle_final final = {cycle.key.index, writer_view(&votes)};
    order_say(&world.of, L, CYCLE_BODY_FINAL, &final, NULL);
    assert_int_equal(order_findings(&world.of, L, "final_unfounded"), 1);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_VOID);
    propose(S);
    clearing_settle(&world);
    assert_int_equal(clearing_cycle(&world, S).of.gross_fen, 100);
    writer_fini(&votes);
}

/* By a charter that was drafted where the journal was shorter. */
static void what_is_sealed_is_final_though_its_node_ends_below(void **state)
{
    (void)state;
    clearing_owe(&world, Z, S, 100);
    propose(L);
    clearing_settle(&world);
    struct charter_node *lost = clearing_member(&world, L);
    lost->ended = true;
    lost->end.size = clearing_cycle(&world, L).decided_index;
    world.charter.version++;
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_FINAL);
    world.silent[place_of(L)] = true;
    clearing_nothing_is_left(&world, S);
    clearing_owe(&world, Z, S, 7);
    assert_false(clearing_asked(&world, L, NULL, false));
    propose(S);
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, S), CYCLE_AS_FINAL);
    assert_int_equal(clearing_cycle(&world, S).of.gross_fen, 7);
}

/* The same once more, by another: its cut is behind what made the first final.
 * Who approves it all the same is found. */
static void what_is_final_is_not_counted_again(void **state)
{
    (void)state;
    clearing_owe(&world, Z, L, 100);
    propose(L);
    clearing_settle(&world);
    struct cycle first = clearing_cycle(&world, L);
    struct writer copy = {0};
    record_encode(&cycle_record, &first, &copy);
    record_decode(&cycle_record, writer_view(&copy), &first);
    struct said again =
        order_do(&world.of, S, CYCLE_BODY_PROPOSAL, &first.of, NULL);
    struct cycle_approval twice = {.key = {T(S), again.index},
                                   .closed_index = first.decided_index,
                                   .closed_leaf = first.decided_leaf};
    order_say(&world.of, Z, CYCLE_BODY_APPROVAL, &twice, &again);
    clearing_settle(&world);
    assert_int_equal(clearing_rejection(&world, L, S), CYCLE_BUSY);
    assert_int_equal(clearing_as(&world, S), CYCLE_AS_ABORTED);
    assert_int_equal(order_findings(&world.of, Z, "approval_overlaps"), 1);
    assert_int_equal(order_findings(&world.of, L, "approval_overlaps"), 0);
    clearing_nothing_is_left(&world, L);
    writer_fini(&copy);
}

/* A count that leaves something out, as everybody sees. */
static void a_wrong_count_is_rejected(void **state)
{
    (void)state;
    struct cycle_rooms rooms = {0};
    struct cycle_lists lists;
    clearing_owe(&world, Z, L, 100);
    clearing_owe(&world, Z, L, 20);
    propose(L);
    struct cycle right = clearing_cycle(&world, L);
    struct writer copy = {0};
    record_encode(&cycle_record, &right, &copy);
    record_decode(&cycle_record, writer_view(&copy), &right);
    struct cycle_abort abort = {right.key.index, T("重提")};
    order_do(&world.of, L, CYCLE_BODY_ABORT, &abort, NULL);
    cycle_read(&right.of, &lists);
    lists.nets[0].gets_fen = lists.nets[1].pays_fen = 100;
    lists.transfers[0].amount_fen = 100;
    struct cycle_proposal wrong = right.of;
    cycle_write(&lists, &rooms, &wrong);
    order_do(&world.of, L, CYCLE_BODY_PROPOSAL, &wrong, NULL);
    clearing_settle(&world);
    assert_int_equal(clearing_rejection(&world, Z, L), CYCLE_WRONG);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_ABORTED);
    cycle_lists_fini(&lists);
    cycle_rooms_fini(&rooms);
    writer_fini(&copy);
}

/* --- Two proposers. ------------------------------------------------------ */

static void of_two_proposals_the_lesser_id_goes_before(void **state)
{
    (void)state;
    clearing_owe(&world, Z, L, 100);
    propose(Z);
    propose(L);
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_FINAL);
    assert_int_equal(clearing_as(&world, Z), CYCLE_AS_ABORTED);
    clearing_nothing_is_left(&world, Z);
}

static void who_waits_for_another_says_that_it_is_busy(void **state)
{
    (void)state;
    clearing_owe(&world, Z, L, 100);
    propose(L);
    world.silent[place_of(L)] = true;
    clearing_settle(&world); /* Z approved, and L does not decide */
    clearing_owe(&world, S, Z, 7);
    assert_false(clearing_asked(&world, Z, NULL, false));
    order_world_at(&world.of, "2026-07-01T06:00:00Z"); /* its time is over */
    propose(Z);
    clearing_settle(&world);
    assert_int_equal(clearing_rejection(&world, Z, Z), CYCLE_BUSY);
    /* A charter ends the role of who is lost. */
    struct charter_grant *role =
        &clearing_member(&world, L)->roles[CHARTER_CLEARING];
    role->ended = true;
    role->end.size = world_size(&world.of.world, order_origin(L));
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_ABANDONED);
    world.silent[place_of(L)] = false;
    propose(Z);
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, Z), CYCLE_AS_FINAL);
    assert_int_equal(clearing_cycle(&world, Z).of.gross_fen, 107);
    clearing_nothing_is_left(&world, S);
}

/* The decision may be below the cut, and only not here yet. */
static void who_lags_does_not_say_that_it_is_busy(void **state)
{
    (void)state;
    struct charter_node *lost = clearing_member(&world, L);
    clearing_owe(&world, Z, L, 100);
    clearing_owe(&world, S, Z, 7);
    propose(L);
    world.silent[place_of(L)] = true;
    clearing_settle(&world);
    order_world_at(&world.of, "2026-07-01T06:00:00Z");
    propose(S);
    lost->keeper_count = lost->quorum = 1;
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, S), CYCLE_AS_OPEN);
    lost->keeper_count = lost->quorum = 0;
    clearing_settle(&world);
    assert_int_equal(clearing_rejection(&world, Z, S), CYCLE_BUSY);
    assert_int_equal(clearing_as(&world, S), CYCLE_AS_ABORTED);
}

/* S proposes and approves what lies beyond all that Z ever wrote. */
static struct said approve_beyond_all(void)
{
    struct cycle_proposal proposal = clearing_cycle(&world, L).of;
    struct cycle_lists lists;
    struct cycle_rooms rooms = {0};
    cycle_read(&proposal, &lists);
    lists.places[place_of(Z)].size += 1000;
    proposal.answer_by_ms = INT64_MAX;
    cycle_write(&lists, &rooms, &proposal);
    struct said said =
        order_say(&world.of, S, CYCLE_BODY_PROPOSAL, &proposal, NULL);
    struct cycle_approval approval = {.key = {T(S), said.index}};
    order_say(&world.of, S, CYCLE_BODY_APPROVAL, &approval, &said);
    cycle_lists_fini(&lists);
    cycle_rooms_fini(&rooms);
    return said;
}

static bool asks_after(int64_t waited_ms)
{
    world.options.waited_ms = waited_ms;
    bool asked = clearing_asked(&world, L, NULL, false);
    world.options.waited_ms = 0;
    return asked;
}

static void goes_without_S(void)
{
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_FINAL);
    assert_int_equal(clearing_cycle(&world, L).of.gross_fen, 50);
}

/* Nobody can seal it, and it would keep everybody waiting for ever. */
static void who_approved_what_is_nowhere_is_left_out(void **state)
{
    (void)state;
    clearing_owe(&world, Z, S, 100);
    propose(L);
    clearing_settle(&world);
    struct said beyond = approve_beyond_all();
    struct cycle_abort abort = {.index = beyond.index, .reason = T("无")};
    order_say(&world.of, S, CYCLE_BODY_ABORT, &abort, NULL);
    clearing_owe(&world, Z, L, 50);
    assert_false(asks_after(0));
    assert_true(world.step.busy);
    assert_false(asks_after(59999));
    assert_true(asks_after(60000));
    assert_false(world.step.busy);
    goes_without_S();
}

/* Nor is a decision waited for longer than parties have to answer. */
static void who_approved_what_is_never_decided_is_left_out(void **state)
{
    (void)state;
    clearing_owe(&world, Z, S, 100);
    propose(L);
    clearing_settle(&world);
    (void)approve_beyond_all();
    clearing_owe(&world, Z, L, 50);
    assert_false(asks_after((int64_t)world.options.answer_ms - 1));
    assert_true(world.step.busy);
    assert_true(asks_after((int64_t)world.options.answer_ms));
    goes_without_S();
}

static void reject(const char *city, const char *proposer,
                   enum cycle_reason reason, struct bytes paused, uint64_t at)
{
    struct cycle cycle = clearing_cycle(&world, proposer);
    struct said proposal = {.index = cycle.key.index};
    snprintf(proposal.node, sizeof(proposal.node), "%s", proposer);
    memcpy(proposal.leaf.bytes, cycle.leaf.data, HL_HASH_BYTES);
    struct cycle_rejection rejection = {.key = key_of(proposer),
                                        .reason = reason,
                                        .text = T("稍后"),
                                        .paused = paused,
                                        .paused_at = at};
    order_say(&world.of, city, CYCLE_BODY_REJECTION, &rejection, &proposal);
}

/* It would say so again for ever, and nobody could clear anything. */
static void who_is_busy_with_nothing_is_left_out(void **state)
{
    (void)state;
    clearing_owe(&world, Z, L, 100);
    clearing_owe(&world, S, L, 10);
    propose(L);
    reject(S, L, CYCLE_BUSY, (struct bytes){0}, 0);
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_ABORTED);
    assert_true(clearing_asked(&world, L, NULL, true));
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_FINAL);
    assert_int_equal(clearing_cycle(&world, L).of.gross_fen, 100);
}

static void who_is_paused_beyond_the_cut_is_left_out(void **state)
{
    (void)state;
    clearing_owe(&world, Z, L, 100);
    clearing_owe(&world, S, L, 10);
    propose(L);
    reject(S, L, CYCLE_PAUSED, T(Z),
           world_size(&world.of.world, order_origin(Z)));
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_ABORTED);
    assert_true(clearing_asked(&world, L, NULL, true));
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_FINAL);
    assert_int_equal(clearing_cycle(&world, L).of.gross_fen, 100);
}

/* All that it says, up to what decided its last proposal. */
static uint64_t before_decision(const char *proposer)
{
    return clearing_cycle(&world, proposer).decided_index;
}

static void what_was_approved_long_ago_is_not_counted_again(void **state)
{
    static const char *const four[] = {A, L, S, Z, NULL};
    static const char *const both[3][3] = {
        {L, Z, NULL}, {L, S, NULL}, {S, Z, NULL}};
    (void)state;
    clearing_world_fini(&world);
    clearing_world_init(&world, four);
    clearing_owe(&world, Z, L, 100);
    assert_true(clearing_asked(&world, A, both[0], false));
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, A), CYCLE_AS_FINAL);
    /* Both approve others' meanwhile. */
    clearing_owe(&world, S, L, 5);
    assert_true(clearing_asked(&world, Z, both[1], false));
    clearing_settle(&world);
    clearing_owe(&world, S, Z, 7);
    assert_true(clearing_asked(&world, L, both[2], false));
    clearing_settle(&world);
    /* By a cut below the first decision that is not cleared yet. */
    const uint64_t sizes[] = {before_decision(A), UINT64_MAX, UINT64_MAX,
                              UINT64_MAX};
    clearing_owe(&world, Z, L, 1);
    assert_true(clearing_asked_less(&world, Z, sizes));
    assert_int_equal(clearing_cycle(&world, Z).of.gross_fen, 101);
    clearing_settle(&world);
    assert_int_equal(clearing_rejection(&world, L, Z), CYCLE_BUSY);
    assert_int_equal(clearing_as(&world, Z), CYCLE_AS_ABORTED);
}

static void two_clear_by_themselves(void **state)
{
    static const char *const both[] = {L, Z, NULL};
    (void)state;
    clearing_owe(&world, Z, L, 100);
    clearing_owe(&world, L, Z, 70);
    clearing_owe(&world, S, L, 5);
    assert_true(clearing_asked(&world, L, both, false));
    clearing_settle(&world);
    assert_int_equal(clearing_transferred(&world, L, Z, L), 30);
    assert_int_equal(clearing_cycle(&world, L).of.gross_fen, 170);
    propose(S);
    clearing_settle(&world);
    assert_int_equal(clearing_cycle(&world, S).of.gross_fen, 5);
}

/* --- Allotments. --------------------------------------------------------- */

static void what_is_spent_counts_with_its_allotment(void **state)
{
    (void)state;
    struct said allotted = clearing_allot(&world, Z, L, 1000);
    clearing_spend(&world, &allotted, L, 300);
    clearing_spend(&world, &allotted, L, 200);
    propose(S);
    clearing_settle(&world);
    assert_int_equal(clearing_transferred(&world, S, Z, L), 500);
    clearing_spend(&world, &allotted, L, 100);
    propose(S);
    clearing_settle(&world);
    assert_int_equal(clearing_transferred(&world, S, Z, L), 100);
    clearing_nothing_is_left(&world, L);
}

/* As its allotment says, but of another limit. */
static void spend_falsely(const struct said *allotted, const uint8_t *id,
                          uint64_t fen, uint64_t spent_after_fen)
{
    struct order_spend spend = {
        .of = order_delivery(Z, 0, fen),
        .amount_fen = fen,
        .spent_after_fen = spent_after_fen,
        .limit_fen = 2000,
        .expires = T("2026-07-31"),
    };
    spend.of.key.id = bytes_of(id, VOUCHER_ID_BYTES);
    assert_true(
        order_say(&world.of, L, ORDER_BODY_SPEND, &spend, allotted).counts);
}

static void
what_was_not_allotted_so_does_not_count_beside_what_was(void **state)
{
    static const uint8_t second[VOUCHER_ID_BYTES] = {0, 2};
    (void)state;
    struct said allotted = clearing_allot(&world, Z, L, 1000);
    struct said other = clearing_allot(&world, Z, L, 1000);
    clearing_spend(&world, &allotted, L, 300);
    spend_falsely(&other, second, 100, 100);
    clearing_spend(&world, &allotted, L, 200);
    spend_falsely(&other, second, 50, 150);
    propose(S);
    clearing_settle(&world);
    assert_int_equal(clearing_cycle(&world, S).of.count, 2);
    assert_int_equal(clearing_transferred(&world, S, Z, L), 500);
}

/* --- Payments. ----------------------------------------------------------- */

static struct payment_received payment(const char *proposer, const char *payer,
                                       uint64_t fen)
{
    struct cycle_key key = key_of(proposer);
    return (struct payment_received){
        .key = {key.proposer, key.index, 0},
        .payer = T(payer),
        .amount_fen = fen,
        .day = T("2026-07-03"),
    };
}

/* What was decided last by that proposer. */
static struct said decision(const char *proposer)
{
    struct cycle cycle = clearing_cycle(&world, proposer);
    struct said said = {.index = cycle.decided_index};
    snprintf(said.node, sizeof(said.node), "%s", proposer);
    memcpy(said.leaf.bytes, cycle.decided_leaf.data, HL_HASH_BYTES);
    return said;
}

static uint64_t overdue_at(const char *city)
{
    struct clearing_view view = clearing_view_of(&world, city);
    uint64_t count = 0;
    world_settle(&world.of.world);
    assert_ok(clearing_overdue(&view, &count, NULL));
    return count;
}

static void what_is_not_paid_in_time_is_counted_again(void **state)
{
    (void)state;
    clearing_owe(&world, Z, L, 100);
    propose(L);
    clearing_settle(&world);
    struct payment_received late = payment(L, Z, 100);
    static uint8_t name[] = L;
    late.key.proposer = bytes_of(name, sizeof(name) - 1);
    struct said final = decision(L);
    order_world_at(&world.of, "2026-07-02T04:00:00Z");
    clearing_nothing_is_left(&world, L); /* today it may be paid yet */
    assert_int_equal(overdue_at(Z), 0);
    order_world_at(&world.of, "2026-07-03T04:00:00Z");
    assert_int_equal(overdue_at(Z), 1);
    assert_int_equal(overdue_at(L), 0);
    clearing_owe(&world, L, Z, 30);
    propose(L);
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, L), CYCLE_AS_FINAL);
    assert_int_equal(clearing_transferred(&world, L, Z, L), 70);
    assert_int_equal(overdue_at(Z), 0);
    assert_int_equal(clearing_cycle(&world, L).of.count, 2);
    /* Then it comes all the same: L owes it back. */
    order_do(&world.of, L, PAYMENT_BODY_RECEIVED, &late, &final);
    propose(S);
    clearing_settle(&world);
    assert_int_equal(clearing_transferred(&world, S, L, Z), 100);
    clearing_nothing_is_left(&world, Z);
}

static void a_payment_beyond_a_lower_cut_is_given_back(void **state)
{
    static const char *const four[] = {A, L, S, Z, NULL};
    (void)state;
    clearing_world_fini(&world);
    clearing_world_init(&world, four);
    clearing_owe(&world, Z, L, 100);
    propose(L);
    clearing_settle(&world);
    struct said final = decision(L);
    struct payment_received paid = payment(L, Z, 100);
    struct said received =
        order_do(&world.of, L, PAYMENT_BODY_RECEIVED, &paid, &final);
    /* A cycle to which neither is a party knows of it. */
    clearing_owe(&world, S, A, 5);
    propose(S);
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, S), CYCLE_AS_FINAL);
    struct said other = decision(S);
    struct payment_received also = payment(S, S, 5);
    order_do(&world.of, A, PAYMENT_BODY_RECEIVED, &also, &other);
    /* One of who lags does not, and counts the transfer anew. */
    const uint64_t sizes[] = {UINT64_MAX, received.index, UINT64_MAX,
                              UINT64_MAX};
    order_world_at(&world.of, "2026-07-03T04:00:00Z");
    clearing_owe(&world, Z, L, 3);
    assert_true(clearing_asked_less(&world, Z, sizes));
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, Z), CYCLE_AS_FINAL);
    assert_int_equal(clearing_transferred(&world, Z, Z, L), 103);
    propose(A);
    clearing_settle(&world);
    assert_int_equal(clearing_transferred(&world, A, L, Z), 100);
    clearing_nothing_is_left(&world, A); /* it is given back once */
}

static void what_is_paid_is_done_with(void **state)
{
    (void)state;
    clearing_owe(&world, Z, L, 100);
    propose(L);
    clearing_settle(&world);
    struct said final = decision(L);
    struct payment_received paid = payment(L, Z, 100);
    order_do(&world.of, L, PAYMENT_BODY_RECEIVED, &paid, &final);
    order_refused(&world.of, L, PAYMENT_BODY_RECEIVED, &paid, &final,
                  "payment_said");
    order_world_at(&world.of, "2026-07-09T04:00:00Z");
    clearing_nothing_is_left(&world, L);
    assert_int_equal(order_findings(&world.of, L, "payment_unfounded"), 0);
}

/* It will say of nothing more that it has come. */
static void what_was_sent_to_who_is_ended_is_not_overdue(void **state)
{
    (void)state;
    clearing_owe(&world, Z, L, 100);
    propose(S);
    clearing_settle(&world);
    struct charter_node *payee = clearing_member(&world, L);
    payee->ended = true;
    payee->end.size = world_size(&world.of.world, order_origin(L));
    order_world_at(&world.of, "2026-07-09T04:00:00Z");
    assert_int_equal(overdue_at(Z), 1);
    struct said final = decision(S);
    struct payment_sent sent = {.key = {T(S), key_of(S).index, 0},
                                .reference = T("7"),
                                .day = T("2026-07-09")};
    order_do(&world.of, Z, PAYMENT_BODY_SENT, &sent, &final);
    assert_int_equal(overdue_at(Z), 0);
    payee->ended = false;
    assert_int_equal(overdue_at(Z), 1);
}

static bool seals(void *context, struct bytes origin)
{
    const char *const *kept = context;
    return bytes_equal_text(origin_node(origin), *kept);
}

/* Its proposer did not wait for that. */
static void what_a_party_may_lose_the_approval_of_is_not_paid(void **state)
{
    (void)state;
    const char *kept = Z; /* by others, and they seal nothing */
    struct hl_detail detail = {0};
    struct ledger_cause cause = {0};
    struct writer room = {0};
    clearing_owe(&world, Z, S, 100);
    propose(L);
    clearing_settle(&world);
    struct ledger_writer writer = {
        .txn = world.of.world.txn,
        .number = order_number(&world.of, S),
        .origin = T(order_origin(S)),
        .now = world.of.now,
        .seals = seals,
        .context = &kept,
    };
    struct payment_received paid = payment(L, Z, 100);
    assert_err(ledger_decide(&writer, PAYMENT_BODY_RECEIVED, &paid, &cause,
                             &room, &detail),
               HL_EUNSEALED);
    kept = A;
    assert_ok(ledger_decide(&writer, PAYMENT_BODY_RECEIVED, &paid, &cause,
                            &room, &detail));
    writer_fini(&room);
}

static void a_payment_of_another_sum_pays_nothing(void **state)
{
    (void)state;
    clearing_owe(&world, Z, L, 100);
    propose(L);
    clearing_settle(&world);
    struct said final = decision(L);
    struct payment_received paid = payment(L, Z, 99);
    order_refused(&world.of, L, PAYMENT_BODY_RECEIVED, &paid, &final,
                  "payment_sum");
    order_say(&world.of, L, PAYMENT_BODY_RECEIVED, &paid, &final);
    assert_int_equal(order_findings(&world.of, L, "payment_unfounded"), 1);
    order_world_at(&world.of, "2026-07-09T04:00:00Z");
    propose(L);
    clearing_settle(&world);
    assert_int_equal(clearing_transferred(&world, L, Z, L), 100);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        IN_WORLD(what_is_owed_becomes_few_transfers),
        IN_WORLD(where_nothing_is_owed_nothing_is_proposed),
        IN_WORLD(who_is_named_and_is_none_is_not_left_out_silently),
        IN_WORLD(who_owes_as_much_as_it_gets_is_a_party),
        IN_WORLD(what_comes_late_is_in_the_next),
        IN_WORLD(a_proposal_is_approved_once_it_is_sealed),
        IN_WORLD(who_approves_two_at_once_is_found),
        IN_WORLD(what_a_charter_ended_is_open_no_more),
        IN_WORLD(what_is_decided_beyond_the_end_of_a_role_is_nothing),
        IN_WORLD(who_is_held_back_by_who_is_lost_is_left_out),
        IN_WORLD(who_lags_does_not_say_that_it_is_busy),
        IN_WORLD(who_approved_what_is_nowhere_is_left_out),
        IN_WORLD(who_approved_what_is_never_decided_is_left_out),
        IN_WORLD(who_is_busy_with_nothing_is_left_out),
        IN_WORLD(who_is_paused_beyond_the_cut_is_left_out),
        IN_WORLD(a_spend_whose_allotment_is_not_below_the_cut_waits),
        IN_WORLD(a_spend_waits_for_its_allotment),
        IN_WORLD(what_is_above_the_seal_is_waited_for),
        IN_WORLD(what_is_counted_otherwise_is_rejected),
        IN_WORLD(what_nobody_approved_is_void),
        IN_WORLD(what_is_given_back_is_counted_the_other_way),
        IN_WORLD(who_is_silent_is_left_out_and_comes_back),
        IN_WORLD(a_persons_no_leaves_a_city_out),
        IN_WORLD(what_is_above_the_bound_waits_for_a_person),
        IN_WORLD(more_of_a_debtor_than_it_is_trusted_with_is_rejected),
        IN_WORLD(what_is_to_be_paid_in_years_is_rejected),
        IN_WORLD(a_person_may_take_more_of_a_debtor),
        IN_WORLD(a_final_without_approvals_stops_nobody),
        IN_WORLD(who_approved_a_false_final_is_free_once_a_charter_ends_it),
        IN_WORLD(a_final_that_a_party_rejected_is_void),
        IN_WORLD(who_did_not_approve_a_final_says_so),
        IN_WORLD(only_a_party_is_asked_of_a_false_final),
        IN_WORLD(a_false_final_of_who_has_no_role_is_not_answered),
        IN_WORLD(a_false_final_is_seen_behind_what_is_answered),
        IN_WORLD(a_final_by_an_approval_of_who_is_ended_before_it_is_void),
        IN_WORLD(a_final_is_one_once_the_approvals_are_sealed),
        IN_WORLD(a_final_by_others_approvals_is_void),
        IN_WORLD(what_is_sealed_is_final_though_its_node_ends_below),
        IN_WORLD(what_is_final_is_not_counted_again),
        IN_WORLD(a_wrong_count_is_rejected),
        IN_WORLD(of_two_proposals_the_lesser_id_goes_before),
        IN_WORLD(who_waits_for_another_says_that_it_is_busy),
        IN_WORLD(what_was_approved_long_ago_is_not_counted_again),
        IN_WORLD(two_clear_by_themselves),
        IN_WORLD(what_is_spent_counts_with_its_allotment),
        IN_WORLD(what_was_not_allotted_so_does_not_count_beside_what_was),
        IN_WORLD(what_is_not_paid_in_time_is_counted_again),
        IN_WORLD(a_payment_beyond_a_lower_cut_is_given_back),
        IN_WORLD(what_is_paid_is_done_with),
        IN_WORLD(what_was_sent_to_who_is_ended_is_not_overdue),
        IN_WORLD(what_a_party_may_lose_the_approval_of_is_not_paid),
        IN_WORLD(a_payment_of_another_sum_pays_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
