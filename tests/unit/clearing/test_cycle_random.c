/* SPDX-License-Identifier: Apache-2.0 */

/* What holds of cycles in any federation. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/base/alloc.h"
#include "tests/support/support.h"
#include "tests/unit/clearing/cycle_play.h"
#include "tests/unit/projection/retell.h"

enum { WORLDS = 12, SMALL_WORLDS = 3, CLAIM_TEXT_BYTES = 160 };

static struct cycle_play play;

static void begin(struct rng *rng, size_t cities, unsigned turns)
{
    uint64_t seed = rng_next(rng);
    cycle_play_init(&play, seed, cities);
    print_message("  world %llu, %zu cities\n", (unsigned long long)seed,
                  cities);
    cycle_play_go(&play, turns);
}

static size_t any_size(struct rng *rng)
{
    return rng_below(rng, 5) == 0 ? 3 + rng_below(rng, CITIES_MAX - 2)
                                  : 3 + rng_below(rng, 5);
}

/* --- Nets. --------------------------------------------------------------- */

static void check_nets(const struct cycle *cycle)
{
    struct cycle_lists lists;
    uint64_t gets = 0, pays = 0, moved = 0;
    cycle_read(&cycle->of, &lists);
    for (size_t i = 0; i < lists.net_count; i++) {
        gets += lists.nets[i].gets_fen;
        pays += lists.nets[i].pays_fen;
    }
    for (size_t i = 0; i < lists.transfer_count; i++) {
        moved += lists.transfers[i].amount_fen;
    }
    assert_int_equal(gets, pays);
    assert_int_equal(gets, moved);
    assert_true(gets <= cycle->of.gross_fen);
    assert_true(lists.transfer_count < lists.net_count);
    cycle_lists_fini(&lists);
}

static void check_sums(void *context, const struct cycle *cycle)
{
    unsigned *seen = context;
    check_nets(cycle);
    /* What became final is what everybody counts to this day. */
    struct cycle_judgement verdict = cycle_play_judge(&play, cycle, NULL, NULL);
    if (verdict.as == CYCLE_AS_FINAL) {
        assert_int_equal(verdict.outcome, COUNT_DONE);
        assert_null(verdict.field);
        ++*seen;
    }
}

static void nets_sum_up_to_zero_and_final_cycles_are_counted_again(void **state)
{
    struct rng rng = test_rng(__func__);
    unsigned seen = 0;
    (void)state;
    for (unsigned world = 0; world < WORLDS; world++) {
        begin(&rng, any_size(&rng), 200);
        cycle_play_each(&play, check_sums, &seen);
        cycle_play_fini(&play);
    }
    assert_true(seen > 0);
}

/* --- Obligations. -------------------------------------------------------- */

struct claims {
    char (*texts)[CLAIM_TEXT_BYTES];
    size_t count;
    uint64_t orders;       /* of kinds 0 and 1 */
    uint64_t repaid, late; /* transfers: what came back, and what should */
};

/* Which one it is, wherever it is counted. */
static hl_err keep_claim(void *context, const struct claim *claim,
                         struct hl_detail *detail)
{
    struct claims *claims = context;
    (void)detail;
    claims->texts =
        hl_realloc(claims->texts, claims->count + 1, sizeof(claims->texts[0]));
    char *text = claims->texts[claims->count++];
    if (claim->kind == CLAIM_TRANSFER) {
        snprintf(text, CLAIM_TEXT_BYTES, "transfer %.*s/%llu/%llu",
                 BYTES_ARGS(claim->transfer.proposer),
                 (unsigned long long)claim->transfer.index,
                 (unsigned long long)claim->transfer.transfer);
        return HL_OK;
    }
    claims->orders += claim->kind != CLAIM_REPAYMENT;
    claims->repaid += claim->kind == CLAIM_REPAYMENT;
    /* Places are those of all members, always. */
    snprintf(text, CLAIM_TEXT_BYTES, "entry %s/%llu",
             play.world.cities[claim->journal],
             (unsigned long long)claim->index);
    return HL_OK;
}

/* Whether its payee has all of it, by now. */
static bool is_paid(const struct cycle_lists *lists,
                    const struct cycle_item *item)
{
    struct transfer transfer;
    assert_ok(cycles_transfer(
        play.world.of.world.txn, bytes_of_text(ORDER_ALLIANCE),
        lists->places[item->to].node, &item->key, &transfer, NULL));
    return transfer.received_leaf.size > 0 &&
           transfer.received_fen == item->amount_fen &&
           bytes_equal(transfer.payer, lists->places[item->from].node);
}

/* What was counted anew, and paid all the same. */
static void keep_late(struct claims *claims, const struct cycle *cycle)
{
    struct cycle_lists lists;
    cycle_read(&cycle->of, &lists);
    for (size_t i = 0; i < lists.item_count; i++) {
        claims->late += is_paid(&lists, &lists.items[i]);
    }
    cycle_lists_fini(&lists);
}

static void keep_final(void *context, const struct cycle *cycle)
{
    struct claims none = {0};
    struct cycle_judgement verdict =
        cycle_play_judge(&play, cycle, keep_claim, &none);
    hl_free(none.texts);
    if (verdict.as == CYCLE_AS_FINAL) {
        (void)cycle_play_judge(&play, cycle, keep_claim, context);
        keep_late(context, cycle);
    }
}

static int compare_claims(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void check_once(struct claims *claims)
{
    if (claims->count > 0) {
        qsort(claims->texts, claims->count, sizeof(claims->texts[0]),
              compare_claims);
    }
    for (size_t i = 1; i < claims->count; i++) {
        if (strcmp(claims->texts[i - 1], claims->texts[i]) == 0) {
            fail_msg("%s is in two final cycles", claims->texts[i]);
        }
    }
}

static uint64_t obligations_of(const char *city)
{
    struct projection_walk *walk = NULL;
    struct row row;
    uint64_t count = 0;
    bool found = true;
    assert_ok(projection_walk_open(play.world.of.world.txn, &obligation_record,
                                   order_number(&play.world.of, city),
                                   (struct bytes){0}, &walk, NULL));
    while (found) {
        assert_ok(projection_walk_next(walk, &row, &found, NULL));
        count += found;
    }
    projection_walk_close(&walk);
    return count;
}

static void each_obligation_is_in_one_final_cycle(void **state)
{
    struct rng rng = test_rng(__func__);
    (void)state;
    for (unsigned world = 0; world < WORLDS; world++) {
        struct claims before = {0}, after = {0};
        uint64_t obligations = 0;
        begin(&rng, any_size(&rng), 250);
        cycle_play_each(&play, keep_final, &before);
        check_once(&before);
        cycle_play_clear(&play);
        cycle_play_each(&play, keep_final, &after);
        check_once(&after);
        for (size_t i = 0; i < play.world.count; i++) {
            obligations += obligations_of(play.world.cities[i]);
        }
        assert_int_equal(after.orders, obligations - play.foul);
        assert_int_equal(after.repaid, after.late);
        hl_free(before.texts);
        hl_free(after.texts);
        cycle_play_fini(&play);
    }
}

/* --- In any order. ------------------------------------------------------- */

static void tell(struct rng *rng, struct retelling *telling,
                 char origins[][HL_NAME_MAX_BYTES + 1], const char **list)
{
    begin(rng, 3 + rng_below(rng, 2), 150);
    for (size_t i = 0; i < play.world.count; i++) {
        snprintf(origins[i], HL_NAME_MAX_BYTES + 1, "%s",
                 order_origin(play.world.cities[i]));
        list[i] = origins[i];
    }
    retelling_init(telling, &play.world.of.world, list, play.world.count);
}

static void the_order_of_arrival_does_not_matter(void **state)
{
    struct rng rng = test_rng(__func__);
    char origins[RETELL_JOURNALS_MAX][HL_NAME_MAX_BYTES + 1];
    const char *list[RETELL_JOURNALS_MAX];
    (void)state;
    for (unsigned world = 0; world < SMALL_WORLDS; world++) {
        struct retelling telling;
        tell(&rng, &telling, origins, list);
        struct writer dump = world_dump(&play.world.of.world);
        retell_expect(&telling, &rng, 4, &dump);
        writer_fini(&dump);
        retelling_fini(&telling);
        cycle_play_fini(&play);
    }
}

static void what_is_forgotten_leaves_nothing(void **state)
{
    struct rng rng = test_rng(__func__);
    char origins[RETELL_JOURNALS_MAX][HL_NAME_MAX_BYTES + 1];
    const char *list[RETELL_JOURNALS_MAX];
    (void)state;
    for (unsigned world = 0; world < SMALL_WORLDS; world++) {
        struct retelling telling;
        tell(&rng, &telling, origins, list);
        retell_expect_forgotten(&telling, &rng);
        retelling_fini(&telling);
        cycle_play_fini(&play);
    }
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            nets_sum_up_to_zero_and_final_cycles_are_counted_again),
        cmocka_unit_test(each_obligation_is_in_one_final_cycle),
        cmocka_unit_test(the_order_of_arrival_does_not_matter),
        cmocka_unit_test(what_is_forgotten_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
