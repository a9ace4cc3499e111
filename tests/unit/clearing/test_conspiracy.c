/* SPDX-License-Identifier: Apache-2.0 */

/* Two cities agree on a cycle that is not so, propose it, approve it, and
 * declare it final: whoever approved none of it loses nothing by it. */

#include <stdio.h>
#include <string.h>

#include "node/ledger/netting.h"
#include "node/projection/cycles.h"
#include "protocol/base/alloc.h"
#include "tests/support/support.h"
#include "tests/unit/clearing/clearing_world.h"

#define T(text) bytes_of_text(text)
#define A "anyang"
#define L "luoyang"
#define S "shandong"
#define Z "zhengzhou"

enum { A_AT, L_AT, S_AT, Z_AT };

static const char *const four[] = {A, L, S, Z, NULL};

static struct clearing_world world;
static uint64_t agreed_fen;
static bool decided; /* and not left open for ever */

static int begin(void **state)
{
    (void)state;
    agreed_fen = 1;
    decided = true;
    clearing_world_init(&world, four);
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
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, city), CYCLE_AS_FINAL);
}

/* --- What A and S agree on. ---------------------------------------------- */

/* A's cut of now, in which all take part; and that S pays A so much. */
static void agree(const struct cycle_item *item, struct cycle_proposal *out,
                  struct cycle_rooms *rooms, struct writer *copy)
{
    struct clearing_view view = clearing_view_of(&world, A);
    struct clearing_only all = {0};
    struct cycle_net nets[] = {{A_AT, agreed_fen, 0}, {S_AT, 0, agreed_fen}};
    struct cycle_transfer transfer = {S_AT, A_AT, agreed_fen};
    struct cycle_lists lists;
    world_settle(&world.of.world);
    assert_ok(
        clearing_propose(&view, &world.options, &all, NULL, &world.step, NULL));
    assert_int_equal(world.step.did, CLEARING_ENTRY);
    writer_bytes(copy, writer_view(&world.step.entry.body));
    record_decode(&cycle_proposing, writer_view(copy), out);
    cycle_read(out, &lists);
    struct cycle_lists theirs = {
        .places = lists.places,
        .place_count = lists.place_count,
        .items = (struct cycle_item *)(uintptr_t)item,
        .item_count = item == NULL ? 0 : 1,
        .nets = nets,
        .net_count = 2,
        .transfers = &transfer,
        .transfer_count = 1,
    };
    cycle_write(&theirs, rooms, out);
    cycle_lists_fini(&lists);
    out->count = 1;
    out->gross_fen = agreed_fen;
    out->answer_by_ms = decided ? out->answer_by_ms : INT64_MAX;
}

/* Its approval, which says what ended the one before, if there was one. */
static struct cycle_vote approve(const char *city, const struct said *proposed)
{
    static uint8_t leaves[4][HL_HASH_BYTES];
    static unsigned next;
    struct clearing_view view = clearing_view_of(&world, city);
    struct cycle_approval approval = {.key = {T(A), proposed->index}};
    struct cycle_key key;
    struct cycle former;
    bool found = false;
    assert_ok(cycles_standing(view.txn, view.number, CYCLE_STANDING_APPROVED,
                              &key, &found, NULL));
    if (found) {
        assert_ok(cycles_find(view.txn, clearing_alliance(&view), &key, &former,
                              &found, NULL));
        approval.closed_index = former.decided_index;
        approval.closed_leaf = former.decided_leaf;
    }
    struct said yes =
        order_say(&world.of, city, CYCLE_BODY_APPROVAL, &approval, proposed);
    assert_true(yes.counts);
    memcpy(leaves[next % 4], yes.leaf.bytes, HL_HASH_BYTES);
    return (struct cycle_vote){yes.index,
                               bytes_of(leaves[next++ % 4], HL_HASH_BYTES)};
}

/* Whether such a proposal has an effect at all; then it is final, or open. */
static bool conspire(const struct cycle_item *item)
{
    struct cycle_proposal proposal;
    struct cycle_rooms rooms = {0};
    struct writer copy = {0}, votes = {0};
    agree(item, &proposal, &rooms, &copy);
    bool good = record_validate(&cycle_proposing, &proposal, NULL) == HL_OK;
    if (good) {
        struct said proposed =
            order_say(&world.of, A, CYCLE_BODY_PROPOSAL, &proposal, NULL);
        assert_true(proposed.counts);
        const struct cycle_vote theirs[] = {approve(A, &proposed),
                                            approve(S, &proposed)};
        cycle_add_vote(&theirs[0], &votes);
        cycle_add_vote(&theirs[1], &votes);
        struct cycle_final final = {proposed.index, writer_view(&votes)};
        assert_true(
            !decided ||
            order_say(&world.of, A, CYCLE_BODY_FINAL, &final, NULL).counts);
        world_settle(&world.of.world);
        assert_int_equal(clearing_as(&world, A),
                         decided ? CYCLE_AS_FINAL : CYCLE_AS_OPEN);
    }
    cycle_rooms_fini(&rooms);
    writer_fini(&votes);
    writer_fini(&copy);
    return good;
}

/* --- What others have. --------------------------------------------------- */

static void claims_of_others_are_still_counted(void **state)
{
    (void)state;
    struct said allotted = clearing_allot(&world, Z, L, 1000);
    clearing_owe(&world, Z, L, 100);
    clearing_spend(&world, &allotted, L, 20);
    clearing_owe(&world, L, A, 7);
    assert_true(conspire(NULL));
    propose(L);
    assert_int_equal(clearing_cycle(&world, L).of.gross_fen, 127);
    clearing_nothing_is_left(&world, Z);
}

/* What Z has to pay L by L's cycle, on whose day it is over. */
static struct cycle_item overdue(void)
{
    clearing_owe(&world, Z, L, 100);
    propose(L);
    struct cycle_item item = {
        .key = {T(L), clearing_cycle(&world, L).key.index, 0},
        .amount_fen = 100};
    order_world_at(&world.of, "2026-07-05T04:00:00Z");
    return item;
}

static uint64_t to_get(const char *city)
{
    struct clearing_view view = clearing_view_of(&world, city);
    struct clearing_position *items = NULL;
    size_t count = 0;
    uint64_t fen = 0;
    world_settle(&world.of.world);
    assert_ok(clearing_positions(&view, &items, &count, NULL));
    for (size_t i = 0; i < count; i++) {
        fen += items[i].gets_fen + items[i].to_get_fen;
    }
    hl_free(items);
    return fen;
}

static void a_transfer_of_others_is_not_counted_anew(void **state)
{
    (void)state;
    struct cycle_item item = overdue();
    item.from = Z_AT;
    item.to = L_AT;
    assert_false(conspire(&item));
}

static void who_names_anothers_transfer_as_its_own_replaces_none(void **state)
{
    (void)state;
    struct cycle_item item = overdue();
    item.from = S_AT;
    item.to = A_AT;
    assert_true(conspire(&item));
    assert_int_equal(to_get(L), 100);
    propose(L);
    assert_int_equal(clearing_transferred(&world, L, Z, L), 100);
    clearing_nothing_is_left(&world,
                             Z); /* it was counted anew by that, and once */
    assert_int_equal(to_get(L), 100);
    order_world_at(&world.of, "2026-07-09T04:00:00Z");
    propose(Z);
    assert_int_equal(clearing_transferred(&world, Z, Z, L), 100);
}

/* It was paid after it had been counted anew. */
static void what_comes_back_to_others_is_still_counted(void **state)
{
    (void)state;
    struct cycle_item item = overdue();
    struct cycle first = clearing_cycle(&world, L);
    struct said final = {.index = first.decided_index};
    snprintf(final.node, sizeof(final.node), "%s", L);
    memcpy(final.leaf.bytes, first.decided_leaf.data, HL_HASH_BYTES);
    propose(Z);
    struct payment_received late = {.key = item.key,
                                    .payer = T(Z),
                                    .amount_fen = 100,
                                    .day = T("2026-07-05")};
    order_do(&world.of, L, PAYMENT_BODY_RECEIVED, &late, &final);
    assert_true(conspire(NULL));
    propose(L);
    assert_int_equal(clearing_transferred(&world, L, L, Z), 100);
    clearing_nothing_is_left(&world, Z);
}

/* By two transfers of which one alone has room in 63 bits. */
static void
what_two_say_to_owe_each_other_keeps_nobody_from_clearing(void **state)
{
    static const char *const named[] = {L, S, Z, A, NULL};
    static const char *const others[] = {A, L, Z, NULL};
    (void)state;
    clearing_owe(&world, Z, L, 100);
    agreed_fen = INT64_MAX;
    assert_true(conspire(NULL));
    assert_true(conspire(NULL));
    order_world_at(&world.of, "2026-07-05T04:00:00Z");
    assert_int_equal(to_get(L), 100);
    assert_false(clearing_asked(&world, L, named, false));
    assert_non_null(strstr(world.step.why, "what shandong owes"));
    assert_true(clearing_asked(&world, Z, others, false));
    clearing_settle(&world);
    clearing_owe(&world, L, Z, 30);
    propose(L);
    assert_int_equal(clearing_cycle(&world, L).of.gross_fen, 30);
}

/* --- What is never decided. ---------------------------------------------- */

/* A's proposal would go before all others', until the end of days. */
static void what_two_leave_open_for_ever_is_not_waited_for(void **state)
{
    (void)state;
    clearing_owe(&world, Z, L, 100);
    clearing_owe(&world, L, S, 7);
    decided = false;
    assert_true(conspire(NULL));
    world.silent[A_AT] = true;
    world.options.waited_ms = (int64_t)world.options.answer_ms;
    assert_true(clearing_asked(&world, Z, NULL, false));
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, Z), CYCLE_AS_FINAL);
    assert_int_equal(clearing_cycle(&world, Z).of.gross_fen, 100);
}

/* Others need not wait for what leaves them out. */
static void what_two_have_open_stops_nobody_else(void **state)
{
    static const char *const others[] = {L, Z, NULL};
    (void)state;
    clearing_owe(&world, Z, L, 100);
    decided = false;
    world.options.answer_ms = INT64_MAX / 2; /* so it is awaited */
    assert_true(conspire(NULL));
    world.silent[A_AT] = true;
    assert_true(clearing_asked(&world, Z, others, false));
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, Z), CYCLE_AS_FINAL);
}

/* S says at once that it is not so, and A does not hear of it. */
static void what_is_rejected_does_not_go_before(void **state)
{
    struct cycle_proposal proposal;
    struct cycle_rooms rooms = {0};
    struct writer copy = {0};
    (void)state;
    clearing_owe(&world, Z, L, 100);
    clearing_owe(&world, S, A, 1);
    agree(NULL, &proposal, &rooms, &copy);
    order_say(&world.of, A, CYCLE_BODY_PROPOSAL, &proposal, NULL);
    world.silent[A_AT] = true;
    clearing_settle(&world);
    assert_int_equal(clearing_rejection(&world, S, A), CYCLE_WRONG);
    assert_int_equal(clearing_as(&world, A), CYCLE_AS_OPEN);
    world.silent[A_AT] = false;
    assert_true(clearing_asked(&world, Z, NULL, false));
    cycle_rooms_fini(&rooms);
    writer_fini(&copy);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        IN_WORLD(claims_of_others_are_still_counted),
        IN_WORLD(a_transfer_of_others_is_not_counted_anew),
        IN_WORLD(who_names_anothers_transfer_as_its_own_replaces_none),
        IN_WORLD(what_comes_back_to_others_is_still_counted),
        IN_WORLD(what_two_say_to_owe_each_other_keeps_nobody_from_clearing),
        IN_WORLD(what_two_leave_open_for_ever_is_not_waited_for),
        IN_WORLD(what_two_have_open_stops_nobody_else),
        IN_WORLD(what_is_rejected_does_not_go_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
