/* SPDX-License-Identifier: Apache-2.0 */

/* Mojaloop nets by settlement windows, and people have found faults with them.
 * Each that a cycle could have, too, is a test here, and names the issues
 * (mojaloop/project, unless it says another). */

#include <stdio.h>
#include <string.h>

#include "node/projection/cycles.h"
#include "protocol/base/alloc.h"
#include "tests/support/rng.h"
#include "tests/support/support.h"
#include "tests/unit/clearing/clearing_world.h"

#define T(text) bytes_of_text(text)
#define A "anyang"
#define L "luoyang"
#define S "shandong"
#define Z "zhengzhou"

enum { WORLDS = 4, WINDOWS = 6 };

static const char *const four[] = {A, L, S, Z, NULL};

static struct clearing_world world;
/* What each city was to get by all orders, less what it was to pay; and what it
 * got, less what it paid. */
static int64_t earned[CITIES_MAX], got[CITIES_MAX];

static int begin(void **state)
{
    (void)state;
    memset(earned, 0, sizeof(earned));
    memset(got, 0, sizeof(got));
    clearing_world_init(&world, four);
    return 0;
}

static int end(void **state)
{
    (void)state;
    clearing_world_fini(&world);
    return 0;
}

static size_t city_of(struct bytes node)
{
    size_t city = 0;
    while (city < world.count && !bytes_equal_text(node, world.cities[city])) {
        city++;
    }
    assert_true(city < world.count);
    return city;
}

/* --- Debts. -------------------------------------------------------------- */

static void note_debt(const char *debtor, const char *creditor, uint64_t fen)
{
    earned[city_of(T(debtor))] -= (int64_t)fen;
    earned[city_of(T(creditor))] += (int64_t)fen;
}

static void owe(const char *debtor, const char *creditor, uint64_t fen)
{
    clearing_owe(&world, debtor, creditor, fen);
    note_debt(debtor, creditor, fen);
}

/* What the creditor gives back of the first order. */
static void give_back(const char *debtor, const char *creditor, uint64_t fen)
{
    static uint8_t id[VOUCHER_ID_BYTES] = {0, 1};
    struct order_adjust adjust = {
        .key = {T(debtor), bytes_of(id, sizeof(id))},
        .amount_fen = fen,
        .reason = T("多收"),
    };
    order_do(&world.of, creditor, ORDER_BODY_ADJUST, &adjust, NULL);
    note_debt(creditor, debtor, fen);
}

/* --- Positions. ---------------------------------------------------------- */

static struct clearing_position sum_of(const char *city)
{
    struct clearing_view view = clearing_view_of(&world, city);
    struct clearing_position *items = NULL, sum = {0};
    size_t count = 0;
    world_settle(&world.of.world);
    assert_ok(clearing_positions(&view, &items, &count, NULL));
    for (size_t i = 0; i < count; i++) {
        sum.gets_fen += items[i].gets_fen;
        sum.pays_fen += items[i].pays_fen;
        sum.to_get_fen += items[i].to_get_fen;
        sum.to_pay_fen += items[i].to_pay_fen;
    }
    hl_free(items);
    return sum;
}

static void stands(const char *city, uint64_t gets, uint64_t pays,
                   uint64_t to_get, uint64_t to_pay)
{
    struct clearing_position sum = sum_of(city);
    assert_int_equal(sum.gets_fen, gets);
    assert_int_equal(sum.pays_fen, pays);
    assert_int_equal(sum.to_get_fen, to_get);
    assert_int_equal(sum.to_pay_fen, to_pay);
}

/* Of all that was ever owed nothing is lost, or is there twice. */
static void nothing_is_lost(void)
{
    for (size_t i = 0; i < world.count; i++) {
        struct clearing_position sum = sum_of(world.cities[i]);
        assert_int_equal((int64_t)(sum.gets_fen + sum.to_get_fen) -
                             (int64_t)(sum.pays_fen + sum.to_pay_fen) + got[i],
                         earned[i]);
    }
}

/* --- Cycles. ------------------------------------------------------------- */

static void propose(const char *city, const char *const *only)
{
    clearing_must_propose(&world, city, only);
}

static void becomes(const char *proposer, enum cycle_standing_as as)
{
    clearing_settle(&world);
    assert_int_equal(clearing_as(&world, proposer), as);
}

/* That city alone says what it has to say. */
static void says(size_t city)
{
    for (size_t i = 0; i < world.count; i++) {
        world.silent[i] = i != city;
    }
    (void)clearing_round(&world);
    memset(world.silent, 0, sizeof(world.silent));
}

struct paying {
    struct cycle_transfer of;
    size_t from, to; /* cities */
};

static struct paying transfer_of(const struct cycle *cycle, size_t number)
{
    struct cycle_lists lists;
    cycle_read(&cycle->of, &lists);
    assert_true(number < lists.transfer_count);
    struct paying paying = {.of = lists.transfers[number]};
    paying.from = city_of(lists.places[paying.of.from].node);
    paying.to = city_of(lists.places[paying.of.to].node);
    cycle_lists_fini(&lists);
    return paying;
}

/* The payee of that transfer of the proposer's last cycle has it. */
static void pay(const char *proposer, size_t number)
{
    struct cycle cycle = clearing_cycle(&world, proposer);
    struct paying paying = transfer_of(&cycle, number);
    struct said final = {.index = cycle.decided_index};
    snprintf(final.node, sizeof(final.node), "%s", proposer);
    memcpy(final.leaf.bytes, cycle.decided_leaf.data, HL_HASH_BYTES);
    struct payment_received received = {
        .key = {T(proposer), cycle.key.index, number},
        .payer = T(world.cities[paying.from]),
        .amount_fen = paying.of.amount_fen,
        .day = T("2026-07-02"),
    };
    order_do(&world.of, world.cities[paying.to], PAYMENT_BODY_RECEIVED,
             &received, &final);
    got[paying.to] += (int64_t)paying.of.amount_fen;
    got[paying.from] -= (int64_t)paying.of.amount_fen;
}

/* --- An entry that comes while a window closes, under load. -------------- */

/* Of transfers in flight some were in the closing window, some in the next,
 * some in none: #2526, #4375; helm #806 waits a while, and hopes. Here the cut
 * says it, whenever and by whomever it is counted. */

/* What was said since the last cut, or is below it. */
struct window {
    int64_t net[CITIES_MAX];
    uint64_t gross, count;
};

static struct said allotted; /* by Z, for L */

static void add(struct window *window, size_t debtor, size_t creditor,
                uint64_t fen)
{
    window->net[debtor] -= (int64_t)fen;
    window->net[creditor] += (int64_t)fen;
    window->gross += fen;
    window->count++;
}

static void load(struct rng *rng, struct window *window)
{
    for (uint64_t more = rng_below(rng, 3); more > 0; more--) {
        size_t debtor = rng_below(rng, world.count);
        size_t creditor =
            (debtor + 1 + rng_below(rng, world.count - 1)) % world.count;
        uint64_t fen = 1 + rng_below(rng, 1000);
        if (rng_below(rng, 4) == 0) {
            debtor = city_of(T(Z));
            creditor = city_of(T(L));
            clearing_spend(&world, &allotted, L, fen);
        } else {
            clearing_owe(&world, world.cities[debtor], world.cities[creditor],
                         fen);
        }
        note_debt(world.cities[debtor], world.cities[creditor], fen);
        add(window, debtor, creditor, fen);
    }
}

/* What was proposed is that, and nothing else. */
static void is_of(const struct cycle *cycle, const struct window *window)
{
    struct cycle_lists lists;
    int64_t net[CITIES_MAX] = {0};
    cycle_read(&cycle->of, &lists);
    for (size_t i = 0; i < lists.net_count; i++) {
        net[city_of(lists.places[lists.nets[i].place].node)] =
            (int64_t)lists.nets[i].gets_fen - (int64_t)lists.nets[i].pays_fen;
    }
    cycle_lists_fini(&lists);
    assert_int_equal(cycle->of.count, window->count);
    assert_int_equal(cycle->of.gross_fen, window->gross);
    assert_memory_equal(net, window->net, sizeof(net));
}

/* Cities speak in any order, and more comes between any two of them. */
static void close_under_load(struct rng *rng, const char *proposer,
                             struct window *next)
{
    while (clearing_as(&world, proposer) == CYCLE_AS_OPEN) {
        load(rng, next);
        says(rng_below(rng, world.count));
        world_settle(&world.of.world);
    }
    assert_int_equal(clearing_as(&world, proposer), CYCLE_AS_FINAL);
}

static void
what_comes_while_a_window_closes_is_in_one_and_by_the_cut(void **state)
{
    struct rng rng = test_rng(__func__);
    for (unsigned seed = 0; seed < WORLDS; seed++) {
        struct window next = {0};
        allotted = clearing_allot(&world, Z, L, 100000);
        for (unsigned i = 0; i < WINDOWS; i++) {
            const char *proposer = world.cities[rng_below(&rng, world.count)];
            owe(S, L, 5); /* of each something */
            add(&next, city_of(T(S)), city_of(T(L)), 5);
            load(&rng, &next);
            propose(proposer, NULL);
            struct cycle cycle = clearing_cycle(&world, proposer);
            is_of(&cycle, &next);
            memset(&next, 0, sizeof(next));
            close_under_load(&rng, proposer, &next);
            nothing_is_lost();
        }
        end(state);
        begin(state);
    }
}

/* --- A window with nothing in it. ---------------------------------------- */

/* A window without transfers, or of amount 0, stayed PENDING_SETTLEMENT for
 * ever: #936. Here nothing is proposed of nothing; and what comes to 0 is final
 * as everything else. */
static void a_window_with_none_leaves_nothing_open(void **state)
{
    (void)state;
    uint64_t size = world_size(&world.of.world, order_origin(L));
    clearing_nothing_is_left(&world, L);
    assert_int_equal(world_size(&world.of.world, order_origin(L)), size);
    owe(Z, L, 100);
    owe(L, Z, 100);
    propose(L, NULL);
    becomes(L, CYCLE_AS_FINAL);
    struct cycle cycle = clearing_cycle(&world, L);
    assert_int_equal(cycle.of.count, 2);
    assert_int_equal(cycle.of.transfers.size, 0);
    clearing_nothing_is_left(&world, L);
    clearing_nothing_is_left(&world, Z);
    stands(L, 0, 0, 0, 0);
    owe(Z, L, 30);
    propose(Z, NULL);
    becomes(Z, CYCLE_AS_FINAL);
    assert_int_equal(clearing_transferred(&world, Z, Z, L), 30);
    nothing_is_lost();
}

/* --- A payee off by one. ------------------------------------------------- */

/* One side of a settlement was short of one payment, or was not found at all
 * behind the first: #4375, #597. Payees side by side, whose names begin others'
 * and of which some get the same; the first and the last among them. */
static const char *const payees[] = {"p",  "p-0", "p-1", "p0",  "p00",
                                     "p1", "p10", "p2",  "q-p", NULL};
enum { PAYER = 4 };

static uint64_t due(size_t city, bool in)
{
    return in && city != PAYER ? 1000 + city / 2 : 0;
}

static void each_gets_its_own(bool edges)
{
    const char *payer = world.cities[PAYER];
    for (size_t i = 0; i < world.count; i++) {
        bool edge = i == 0 || i == world.count - 1;
        uint64_t fen = due(i, edges || !edge);
        assert_int_equal(
            clearing_transferred(&world, payer, payer, world.cities[i]), fen);
        if (i != PAYER) {
            stands(world.cities[i], 0, 0, fen, 0);
        }
    }
}

static void owe_payees(bool edges)
{
    for (size_t i = 0; i < world.count; i++) {
        bool edge = i == 0 || i == world.count - 1;
        if (due(i, edges || !edge) > 0) {
            owe(world.cities[PAYER], world.cities[i], due(i, true));
        }
    }
}

static void pay_all(const char *proposer, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        pay(proposer, i);
        nothing_is_lost();
    }
}

static void each_payee_gets_its_own_at_the_edges_too(void **state)
{
    const char *payer = payees[PAYER];
    end(state);
    clearing_world_init(&world, payees);
    /* Without the edges nets and places are numbered otherwise. */
    for (unsigned edges = 0; edges < 3; edges++) {
        owe_payees(edges > 0);
        propose(payer, NULL);
        becomes(payer, CYCLE_AS_FINAL);
        each_gets_its_own(edges > 0);
        pay_all(payer, world.count - (edges > 0 ? 1 : 3));
        for (size_t i = 0; i < world.count; i++) {
            stands(world.cities[i], 0, 0, 0, 0);
        }
        clearing_nothing_is_left(&world, payer);
    }
}

/* --- A position counted twice after settlement. -------------------------- */

/* The position of a payee was doubled by its settlement instead of ended:
 * #510, #4115. */
static void a_position_is_not_counted_twice_after_settlement(void **state)
{
    (void)state;
    owe(Z, L, 100);
    stands(L, 100, 0, 0, 0);
    propose(L, NULL);
    stands(L, 100, 0, 0, 0);
    becomes(L, CYCLE_AS_FINAL);
    stands(L, 0, 0, 100, 0);
    stands(Z, 0, 0, 0, 100);
    give_back(Z, L, 40); /* once it is final, and once it is paid */
    stands(L, 0, 40, 100, 0);
    pay(L, 0);
    give_back(Z, L, 7);
    stands(L, 0, 47, 0, 0);
    stands(Z, 47, 0, 0, 0);
    order_world_at(&world.of, "2026-07-05T04:00:00Z");
    stands(L, 0, 47, 0, 0);
    propose(Z, NULL);
    becomes(Z, CYCLE_AS_FINAL);
    assert_int_equal(clearing_cycle(&world, Z).of.gross_fen, 47);
    assert_int_equal(clearing_cycle(&world, Z).of.count, 2);
    stands(L, 0, 0, 0, 47);
    /* Not paid in time it is a claim again, and no transfer. */
    order_world_at(&world.of, "2026-07-09T04:00:00Z");
    stands(L, 0, 47, 0, 0);
    stands(Z, 47, 0, 0, 0);
    nothing_is_lost();
    propose(L, NULL);
    becomes(L, CYCLE_AS_FINAL);
    stands(L, 0, 0, 0, 47);
    pay(L, 0);
    clearing_nothing_is_left(&world, Z);
    stands(L, 0, 0, 0, 0);
    nothing_is_lost();
}

/* --- Partial settlement of windows that overlap. ------------------------- */

/* A settlement of several windows was settled for some of its participants, or
 * aborted, and its windows were in another: #535, #2653. */

/* Z's is aborted by that of lesser id; what both had is in one. */
static void two_proposals_that_overlap_count_nothing_twice(void **state)
{
    static const char *const left[] = {A, L, Z, NULL};
    static const char *const right[] = {L, S, Z, NULL};
    (void)state;
    owe(Z, L, 100);
    owe(A, L, 10);
    owe(S, Z, 7);
    propose(Z, right);
    owe(Z, L, 20); /* in the second alone */
    propose(A, left);
    says(city_of(T(L)));
    nothing_is_lost();
    becomes(A, CYCLE_AS_FINAL);
    assert_int_equal(clearing_as(&world, Z), CYCLE_AS_ABORTED);
    assert_int_equal(clearing_cycle(&world, A).of.gross_fen, 130);
    nothing_is_lost();
    propose(Z, NULL); /* what is left over */
    becomes(Z, CYCLE_AS_FINAL);
    assert_int_equal(clearing_cycle(&world, Z).of.gross_fen, 7);
    clearing_nothing_is_left(&world, S);
    nothing_is_lost();
}

/* Of three transfers one is paid; then a window of few, and one of all. */
static void what_is_settled_in_part_is_counted_on_in_parts(void **state)
{
    static const char *const few[] = {L, Z, NULL};
    (void)state;
    owe(Z, A, 300);
    owe(Z, L, 200);
    owe(Z, S, 100);
    propose(L, NULL);
    becomes(L, CYCLE_AS_FINAL);
    stands(Z, 0, 0, 0, 600);
    pay(L, 0);
    assert_int_equal(got[city_of(T(A))], 300);
    nothing_is_lost();
    order_world_at(&world.of, "2026-07-05T04:00:00Z");
    stands(Z, 0, 300, 0, 0);
    owe(L, Z, 50);
    propose(Z, few);
    becomes(Z, CYCLE_AS_FINAL);
    assert_int_equal(clearing_cycle(&world, Z).of.gross_fen, 250);
    assert_int_equal(clearing_transferred(&world, Z, Z, L), 150);
    stands(Z, 0, 100, 0, 150); /* S waits */
    nothing_is_lost();
    propose(S, NULL);
    becomes(S, CYCLE_AS_FINAL);
    assert_int_equal(clearing_cycle(&world, S).of.gross_fen, 100);
    pay(S, 0);
    pay(Z, 0);
    clearing_nothing_is_left(&world, A);
    order_world_at(&world.of, "2026-07-15T04:00:00Z");
    clearing_nothing_is_left(&world, L);
    nothing_is_lost();
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        IN_WORLD(what_comes_while_a_window_closes_is_in_one_and_by_the_cut),
        IN_WORLD(a_window_with_none_leaves_nothing_open),
        IN_WORLD(each_payee_gets_its_own_at_the_edges_too),
        IN_WORLD(a_position_is_not_counted_twice_after_settlement),
        IN_WORLD(two_proposals_that_overlap_count_nothing_twice),
        IN_WORLD(what_is_settled_in_part_is_counted_on_in_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
