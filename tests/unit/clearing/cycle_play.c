/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/clearing/cycle_play.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/ledger/refusal.h"
#include "node/projection/bodies.h"
#include "protocol/base/alloc.h"
#include "protocol/note/checkpoint.h"
#include "protocol/tree/prove.h"
#include "tests/support/support.h"

#define T(text) bytes_of_text(text)

enum { HOURS_MAX = 24 * 20 }; /* vouchers are used for 30 days */

/* In order, with names that begin others. */
static const char *const names[CITIES_MAX] = {
    "a",         "a-a",      "a0",        "aa",          "anyang",  "b",
    "b-1",       "baoding",  "hebi",      "jiaozuo",     "jinan",   "kaifeng",
    "l",         "luohe",    "luoyang",   "nanyang",     "puyang",  "qingdao",
    "sanmenxia", "shandong", "shangqiu",  "x",           "x-x",     "xinxiang",
    "xinyang",   "xuchang",  "zhengzhou", "zhengzhou-2", "zhoukou", "zhumadian",
};

static uint64_t below(struct cycle_play *play, uint64_t bound)
{
    return rng_below(&play->rng, bound);
}

static size_t any_city(struct cycle_play *play)
{
    return (size_t)below(play, play->world.count);
}

static size_t other_city(struct cycle_play *play, size_t city)
{
    size_t other = (size_t)below(play, play->world.count - 1);
    return other < city ? other : other + 1;
}

static const char *name_of(const struct cycle_play *play, size_t city)
{
    return play->world.cities[city];
}

/* Often alike, so that sums are, too. */
static uint64_t any_fen(struct cycle_play *play)
{
    return below(play, 2) == 0 ? 100 * (1 + below(play, 3))
                               : 1 + below(play, 100000);
}

void cycle_play_init(struct cycle_play *play, uint64_t seed, size_t cities)
{
    size_t chosen = 0;
    memset(play, 0, sizeof(*play));
    rng_init(&play->rng, seed);
    for (size_t i = 0; i < CITIES_MAX && chosen < cities; i++) {
        if (below(play, CITIES_MAX - i) < cities - chosen) {
            play->names[chosen++] = names[i];
        }
    }
    clearing_world_init(&play->world, play->names);
}

void cycle_play_fini(struct cycle_play *play)
{
    clearing_world_fini(&play->world);
}

/* --- Saying. ------------------------------------------------------------- */

/* Whether the ledger allows it; then it is said. */
static bool try_to(struct cycle_play *play, const char *city, uint32_t body,
                   const void *record, const struct said *cause,
                   struct said *said)
{
    struct order_world *world = &play->world.of;
    struct ledger_cause cite;
    struct hl_detail detail = {0};
    hl_err err = order_decide(world, city, body, record, cause, &cite, &detail);
    if (ledger_is_refusal(err) || err == HL_EUNSEALED) {
        return false;
    }
    assert_ok(err);
    *said = order_do(world, city, body, record, cause);
    return true;
}

static void pass_hours(struct cycle_play *play, unsigned hours)
{
    char time[32];
    play->hours += hours;
    snprintf(time, sizeof(time), "2026-07-%02uT%02u:00:00Z",
             1 + (4 + play->hours) / 24, (4 + play->hours) % 24);
    order_world_at(&play->world.of, time);
}

/* --- Debts. -------------------------------------------------------------- */

static void owe(struct cycle_play *play)
{
    size_t debtor = any_city(play);
    struct play_debt debt = {.debtor = debtor,
                             .creditor = other_city(play, debtor),
                             .left_fen = any_fen(play)};
    if (play->debt_count < PLAY_DEBTS_MAX) {
        clearing_owe(&play->world, name_of(play, debt.debtor),
                     name_of(play, debt.creditor), debt.left_fen);
        debt.order = play->world.orders;
        play->debts[play->debt_count++] = debt;
    }
}

static void give_back(struct cycle_play *play)
{
    if (play->debt_count == 0) {
        return;
    }
    struct play_debt *debt = &play->debts[below(play, play->debt_count)];
    uint8_t id[VOUCHER_ID_BYTES] = {(uint8_t)(debt->order >> 8),
                                    (uint8_t)debt->order};
    if (debt->left_fen == 0) {
        return;
    }
    struct order_adjust adjust = {
        .key = {T(name_of(play, debt->debtor)), bytes_of(id, sizeof(id))},
        .amount_fen = 1 + below(play, debt->left_fen),
        .reason = T("多收"),
    };
    order_do(&play->world.of, name_of(play, debt->creditor), ORDER_BODY_ADJUST,
             &adjust, NULL);
    debt->left_fen -= adjust.amount_fen;
}

static void allot_by(struct cycle_play *play, size_t issuer)
{
    struct play_allot of = {.issuer = issuer,
                            .provider = other_city(play, issuer),
                            .left_fen = 1000 + below(play, 100000)};
    of.limit_fen = of.left_fen;
    if (play->allot_count < PLAY_ALLOTS_MAX) {
        of.said = clearing_allot(&play->world, name_of(play, of.issuer),
                                 name_of(play, of.provider), of.left_fen);
        of.order = play->world.orders;
        play->allots[play->allot_count++] = of;
    }
}

static void allot(struct cycle_play *play)
{
    allot_by(play, any_city(play));
}

static struct play_allot *any_allot(struct cycle_play *play)
{
    struct play_allot *of = play->allot_count == 0
                                ? NULL
                                : &play->allots[below(play, play->allot_count)];
    return of != NULL && !of->closed && of->left_fen > 0 ? of : NULL;
}

static void spend(struct cycle_play *play)
{
    struct play_allot *of = any_allot(play);
    if (of != NULL) {
        uint64_t fen = 1 + below(play, of->left_fen / 2 + 1);
        clearing_spend(&play->world, &of->said, name_of(play, of->provider),
                       fen);
        of->left_fen -= fen;
    }
}

/* The provider gives the rest back, and the issuer takes it, mostly. */
static void close_allotment(struct cycle_play *play)
{
    struct play_allot *of = any_allot(play);
    if (of == NULL) {
        return;
    }
    const char *issuer = name_of(play, of->issuer);
    const char *provider = name_of(play, of->provider);
    uint8_t id[VOUCHER_ID_BYTES] = {(uint8_t)(of->order >> 8),
                                    (uint8_t)of->order};
    struct order_key key = {T(issuer), bytes_of(id, sizeof(id))};
    struct order_close close = {.key = key,
                                .issuer = T(issuer),
                                .spent_fen = of->limit_fen - of->left_fen};
    struct order_return back = {.key = key,
                                .why = 1,
                                .spent_fen = close.spent_fen,
                                .rest_fen = of->left_fen,
                                .provider = T(provider)};
    struct said closed =
        order_do(&play->world.of, provider, ORDER_BODY_CLOSE, &close, NULL);
    of->closed = true;
    if (below(play, 3) > 0) {
        order_do(&play->world.of, issuer, ORDER_BODY_RETURN, &back, &closed);
    }
}

/* Of another limit, or by another leaf: nobody owes that. */
static void spend_foully(struct cycle_play *play)
{
    struct said cause;
    size_t issuer = any_city(play);
    const char *provider = name_of(play, other_city(play, issuer));
    uint64_t fen = any_fen(play);
    cause = clearing_allot(&play->world, name_of(play, issuer), provider, fen);
    uint8_t id[VOUCHER_ID_BYTES] = {(uint8_t)(play->world.orders >> 8),
                                    (uint8_t)play->world.orders};
    bool other_leaf = below(play, 2) == 0;
    struct order_spend spend = {
        .of = order_delivery(name_of(play, issuer), 0, fen),
        .amount_fen = fen,
        .spent_after_fen = fen,
        .limit_fen = other_leaf ? fen : fen + 1,
        .expires = T("2026-07-31"),
    };
    spend.of.key =
        (struct order_key){T(name_of(play, issuer)), bytes_of(id, sizeof(id))};
    cause.leaf.bytes[0] ^= other_leaf ? 1 : 0;
    struct said said =
        order_say(&play->world.of, provider, ORDER_BODY_SPEND, &spend, &cause);
    assert_true(said.counts);
    play->foul++;
}

/* --- Seals. -------------------------------------------------------------- */

/* The keepers of that city are away: no more than this is sealed. */
static void hold(struct cycle_play *play, size_t city)
{
    struct store_txn *txn = play->world.of.world.txn;
    const char *origin = order_origin(name_of(play, city));
    struct charter_node *member =
        clearing_member(&play->world, name_of(play, city));
    struct journal journal;
    struct checkpoint checkpoint = {0};
    struct writer note = {0};
    bool found = false;
    if (member->keeper_count > 0) {
        return;
    }
    member->keeper_count = 1;
    assert_ok(journal_find(txn, T(origin), &journal, &found, NULL));
    snprintf(checkpoint.origin, sizeof(checkpoint.origin), "%s", origin);
    checkpoint.head = journal_head(&journal);
    checkpoint_write(&checkpoint, &note);
    writer_format(&note, "\n— %s AAAAAAAA\n", origin);
    assert_ok(journal_put_checkpoint(txn, &journal, JOURNAL_SEALED,
                                     writer_view(&note), NULL));
    writer_fini(&note);
}

static void release(struct cycle_play *play)
{
    for (size_t i = 0; i < play->world.count; i++) {
        clearing_member(&play->world, name_of(play, i))->keeper_count = 0;
    }
}

/* --- Cycles. ------------------------------------------------------------- */

static void be_silent(struct cycle_play *play, bool some)
{
    for (size_t i = 0; i < play->world.count; i++) {
        play->world.silent[i] = some && below(play, 6) == 0;
    }
}

static void choose_few(struct cycle_play *play, const char **few)
{
    size_t count = 0, wanted = 2 + (size_t)below(play, 2);
    for (size_t i = 0; i < play->world.count; i++) {
        if (below(play, play->world.count - i) < wanted - count) {
            few[count++] = name_of(play, i);
        }
    }
    few[count] = NULL;
}

static bool has_proposed(struct cycle_play *play, size_t city)
{
    struct clearing_view view =
        clearing_view_of(&play->world, name_of(play, city));
    struct cycle last;
    bool found = false;
    assert_ok(clearing_last(&view, &last, &found, NULL));
    return found && last.state == CYCLE_ABORTED;
}

static void propose(struct cycle_play *play)
{
    const char *few[CITIES_MAX + 1];
    size_t city = any_city(play);
    bool after = has_proposed(play, city) && below(play, 2) == 0;
    bool of_few = !after && below(play, 3) == 0;
    choose_few(play, few);
    clearing_asked(&play->world, name_of(play, city), of_few ? few : NULL,
                   after);
}

/* A person's no to a proposal that asks the city. */
static void say_no(struct cycle_play *play)
{
    struct clearing_world *world = &play->world;
    const char *city = name_of(play, any_city(play));
    struct clearing_view view = clearing_view_of(world, city);
    struct writer position = {0};
    struct cycle cycle;
    bool found = false;
    world_settle(&world->of.world);
    assert_ok(clearing_next_open(&view, &position, &cycle, &found, NULL));
    if (found) {
        struct clearing_word no = {.key = cycle.key, .text = T("发票未到")};
        assert_ok(clearing_answer(&view, &world->options, &cycle.key, &no,
                                  &world->step, NULL));
        if (world->step.did == CLEARING_ENTRY) {
            clearing_say(world, city);
        }
    }
    writer_fini(&position);
}

/* --- What is wrong. ------------------------------------------------------ */

/* Nets and transfers of what is not so, but sums up. */
static void swap_nets(struct cycle_lists *lists)
{
    for (size_t i = 0; i < lists->net_count; i++) {
        struct cycle_net *net = &lists->nets[i];
        uint64_t gets = net->gets_fen;
        net->gets_fen = net->pays_fen;
        net->pays_fen = gets;
    }
    for (size_t i = 0; i < lists->transfer_count; i++) {
        struct cycle_transfer *transfer = &lists->transfers[i];
        uint64_t from = transfer->from;
        transfer->from = transfer->to;
        transfer->to = from;
    }
}

/* Changes one thing of it. */
static void spoil(struct cycle_play *play, struct cycle_lists *lists,
                  struct cycle_proposal *proposal, uint8_t *hash)
{
    size_t place = (size_t)below(play, lists->place_count);
    switch (below(play, 9)) {
    case 0:
        proposal->count++;
        break;
    case 1:
        proposal->gross_fen++;
        break;
    case 2:
        hash[0] ^= 1;
        proposal->digest = bytes_of(hash, HL_HASH_BYTES);
        break;
    case 3:
        swap_nets(lists);
        break;
    case 4: /* one who has no part in the sums */
        lists->places[place].takes_part ^= 1;
        break;
    case 5:
        memset(hash, 7, HL_HASH_BYTES);
        lists->places[place].root = bytes_of(hash, HL_HASH_BYTES);
        break;
    case 6:
        lists->stop_count /= 2;
        break;
    case 7:
        lists->item_count /= 2;
        break;
    default: /* as of a day on which less was overdue */
        proposal->day = T("2026-07-01");
    }
}

/* What it would propose, but for one thing. */
static void propose_wrongly(struct cycle_play *play)
{
    struct clearing_world *world = &play->world;
    const char *city = name_of(play, any_city(play));
    struct clearing_view view = clearing_view_of(world, city);
    struct clearing_only all = {0};
    struct writer copy = {0};
    struct cycle_proposal proposal;
    struct cycle_lists lists;
    struct cycle_rooms rooms = {0};
    uint8_t hash[HL_HASH_BYTES];
    world_settle(&world->of.world);
    assert_ok(clearing_propose(&view, &world->options, &all, NULL, &world->step,
                               NULL));
    if (world->step.did != CLEARING_ENTRY) {
        return;
    }
    writer_bytes(&copy, writer_view(&world->step.entry.body));
    record_decode(&cycle_proposing, writer_view(&copy), &proposal);
    cycle_read(&proposal, &lists);
    memcpy(hash, proposal.digest.data, sizeof(hash));
    spoil(play, &lists, &proposal, hash);
    cycle_write(&lists, &rooms, &proposal);
    if (record_validate(&cycle_proposing, &proposal, NULL) == HL_OK) {
        order_say(&world->of, city, CYCLE_BODY_PROPOSAL, &proposal, NULL);
    }
    cycle_rooms_fini(&rooms);
    cycle_lists_fini(&lists);
    writer_fini(&copy);
}

/* Rightly counted, of less than there is, as who lags behind does. */
static void propose_less(struct cycle_play *play)
{
    uint64_t sizes[CITIES_MAX];
    for (size_t i = 0; i < play->world.count; i++) {
        uint64_t size =
            world_size(&play->world.of.world, order_origin(name_of(play, i)));
        uint64_t back = below(play, 2) == 0 && size > 12 ? 12 : size;
        sizes[i] = below(play, 3) == 0 ? size - below(play, back) : UINT64_MAX;
    }
    clearing_asked_less(&play->world, name_of(play, any_city(play)), sizes);
}

/* A proposal that is open is declared final by votes that nobody gave: no more
 * than entries that are not approvals. */
static void finish_wrongly(struct cycle_play *play)
{
    struct clearing_world *world = &play->world;
    const char *city = name_of(play, any_city(play));
    struct clearing_view view = clearing_view_of(world, city);
    struct cycle cycle;
    struct cycle_lists lists;
    struct writer votes = {0};
    struct hl_hash leaf = {{1}};
    bool found = false;
    world_settle(&world->of.world);
    assert_ok(clearing_last(&view, &cycle, &found, NULL));
    if (!found || cycle.state != CYCLE_OPEN) {
        return;
    }
    cycle_read(&cycle.of, &lists);
    for (size_t i = 0; i < lists.net_count; i++) {
        struct cycle_vote vote = {below(play, 2),
                                  bytes_of(leaf.bytes, HL_HASH_BYTES)};
        cycle_add_vote(&vote, &votes);
    }
    struct cycle_final final = {cycle.key.index, writer_view(&votes)};
    order_say(&world->of, city, CYCLE_BODY_FINAL, &final, NULL);
    cycle_lists_fini(&lists);
    writer_fini(&votes);
}

/* A charter ends the role of one, who may not know, and decides its proposal
 * all the same: that is no decision. */
static void end_role(struct cycle_play *play)
{
    struct clearing_world *world = &play->world;
    size_t city = any_city(play);
    const char *name = name_of(play, city);
    struct charter_grant *role =
        &clearing_member(world, name)->roles[CHARTER_CLEARING];
    if (play->role_ended) {
        return;
    }
    play->role_ended = true;
    clearing_asked(world, name, NULL, false);
    world->silent[city] = true;
    clearing_round(world);
    world->silent[city] = false;
    world->charter.version++;
    role->ended = true;
    role->end.size = world_size(&world->of.world, order_origin(name));
}

/* --- Payments. ----------------------------------------------------------- */

static void pay_cycle(struct cycle_play *play, const struct cycle *cycle)
{
    struct cycle_lists lists;
    struct said final = {.index = cycle->decided_index}, said;
    cycle_read(&cycle->of, &lists);
    struct writer text = {0};
    writer_bytes(&text, cycle->key.proposer);
    memcpy(final.leaf.bytes, cycle->decided_leaf.data, HL_HASH_BYTES);
    snprintf(final.node, sizeof(final.node), "%.*s",
             BYTES_ARGS(cycle->key.proposer));
    for (size_t i = 0; i < lists.transfer_count; i++) {
        const struct cycle_transfer *of = &lists.transfers[i];
        size_t from = 0, to = 0;
        struct transfer_key key = {writer_view(&text), cycle->key.index, i};
        for (size_t k = 0; k < play->world.count; k++) {
            struct bytes name = T(name_of(play, k));
            from = bytes_equal(name, lists.places[of->from].node) ? k : from;
            to = bytes_equal(name, lists.places[of->to].node) ? k : to;
        }
        struct payment_sent sent = {key, T("202607010001"), T("2026-07-02")};
        struct payment_received received = {.key = key,
                                            .payer = T(name_of(play, from)),
                                            .amount_fen = of->amount_fen,
                                            .day = T("2026-07-02")};
        if (below(play, 3) == 0) {
            (void)try_to(play, name_of(play, from), PAYMENT_BODY_SENT, &sent,
                         &final, &said);
        }
        if (below(play, 3) > 0) {
            (void)try_to(play, name_of(play, to), PAYMENT_BODY_RECEIVED,
                         &received, &final, &said);
        } else if (below(play, 20) == 0) { /* of another sum: it pays nothing */
            received.amount_fen++;
            order_say(&play->world.of, name_of(play, to), PAYMENT_BODY_RECEIVED,
                      &received, &final);
        }
    }
    writer_fini(&text);
    cycle_lists_fini(&lists);
}

/* Of any final cycle of any city's: many are late. */
struct chosen {
    struct cycle_play *play;
    struct writer copy;
    uint64_t seen;
};

static void choose_final(void *context, const struct cycle *cycle)
{
    struct chosen *chosen = context;
    if (cycle->state == CYCLE_FINAL &&
        below(chosen->play, ++chosen->seen) == 0) {
        writer_clear(&chosen->copy);
        record_encode(&cycle_record, cycle, &chosen->copy);
    }
}

static void pay(struct cycle_play *play)
{
    struct chosen chosen = {.play = play};
    struct cycle cycle;
    cycle_play_each(play, choose_final, &chosen);
    if (chosen.seen > 0) {
        record_decode(&cycle_record, writer_view(&chosen.copy), &cycle);
        pay_cycle(play, &cycle);
    }
    writer_fini(&chosen.copy);
}

/* --- What happens. ------------------------------------------------------- */

static void rounds(struct cycle_play *play)
{
    for (uint64_t n = 1 + below(play, 3); n > 0; n--) {
        clearing_round(&play->world);
    }
}

static void hold_some(struct cycle_play *play)
{
    hold(play, any_city(play));
}

/* What is spent of an allotment that is not sealed: pairs stop there. */
static void spend_unsealed(struct cycle_play *play)
{
    size_t count = play->allot_count, issuer = any_city(play);
    hold(play, issuer);
    allot_by(play, issuer);
    if (play->allot_count == count) {
        return;
    }
    struct play_allot *of = &play->allots[count];
    const char *provider = name_of(play, of->provider);
    uint64_t fen = 1 + below(play, of->left_fen);
    clearing_spend(&play->world, &of->said, provider, fen);
    of->left_fen -= fen;
    propose(play);
}

static void silence(struct cycle_play *play)
{
    be_silent(play, below(play, 2) == 0);
}

static void bound(struct cycle_play *play)
{
    play->world.options.debtor_max_fen =
        below(play, 3) == 0 ? 20000 : UINT64_MAX;
}

static void pass_time(struct cycle_play *play)
{
    if (play->hours < HOURS_MAX) {
        pass_hours(play, below(play, 2) == 0 ? 2 : 24);
    }
}

static void settle(struct cycle_play *play)
{
    clearing_settle(&play->world);
}

void cycle_play_go(struct cycle_play *play, unsigned turns)
{
    static const struct {
        unsigned often;
        void (*happens)(struct cycle_play *play);
    } acts[] = {
        {30, owe},
        {6, give_back},
        {5, allot},
        {14, spend},
        {1, spend_foully},
        {2, close_allotment},
        {3, hold_some},
        {3, spend_unsealed},
        {3, release},
        {14, propose},
        {8, rounds},
        {8, settle},
        {2, say_no},
        {3, silence},
        {2, bound},
        {5, pass_time},
        {4, propose_wrongly},
        {8, propose_less},
        {1, finish_wrongly},
        {8, pay},
    };
    unsigned sum = 0;
    for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
        sum += acts[i].often;
    }
    while (turns-- > 0) {
        uint64_t drawn = below(play, sum);
        size_t i = 0;
        while (drawn >= acts[i].often) {
            drawn -= acts[i++].often;
        }
        acts[i].happens(play);
        if (below(play, 150) == 0) {
            end_role(play);
        }
    }
    world_settle(&play->world.of.world);
}

/* Who goes on asking: the first whose role is not ended. */
static const char *asker(struct cycle_play *play)
{
    for (size_t i = 0; i < play->world.count; i++) {
        const char *city = name_of(play, i);
        if (!clearing_member(&play->world, city)
                 ->roles[CHARTER_CLEARING]
                 .ended) {
            return city;
        }
    }
    fail();
    return NULL;
}

void cycle_play_clear(struct cycle_play *play)
{
    struct clearing_world *world = &play->world;
    release(play);
    be_silent(play, false);
    world->options.debtor_max_fen = UINT64_MAX;
    clearing_settle(world);
    pass_hours(play, 2); /* what is open has had its time */
    clearing_settle(world);
    char why[sizeof(world->step.why)] = "";
    for (unsigned tries = 0; tries < 40; tries++) {
        bool asked = clearing_asked(world, asker(play), NULL, false);
        memcpy(why, asked ? "asked" : world->step.why, asked ? 6 : sizeof(why));
        if (strstr(why, "nothing is to be cleared") != NULL) {
            return;
        }
        clearing_settle(world);
        pass_hours(play, 2);
    }
    fail_msg("it does not come to an end: %s", why);
}

/* --- Looking. ------------------------------------------------------------ */

static void each_of(struct cycle_play *play, const char *city,
                    cycle_play_fn each, void *context)
{
    struct projection_walk *walk = NULL;
    struct cycle first = {.key = {T(city), 0}};
    struct writer from = {0};
    bool found = true;
    record_key(&cycle_record, &first, &from);
    assert_ok(projection_walk_open(play->world.of.world.txn, &cycle_record,
                                   order_number(&play->world.of, city),
                                   writer_view(&from), &walk, NULL));
    while (found) {
        struct row row;
        struct cycle cycle;
        assert_ok(projection_walk_next(walk, &row, &found, NULL));
        if (!found) {
            break;
        }
        record_decode(&cycle_record, row.record, &cycle);
        if (!bytes_equal_text(cycle.key.proposer, city)) {
            break;
        }
        if (cycle_is_proposed(&cycle)) {
            each(context, &cycle);
        }
    }
    projection_walk_close(&walk);
    writer_fini(&from);
}

void cycle_play_each(struct cycle_play *play, cycle_play_fn each, void *context)
{
    world_settle(&play->world.of.world);
    for (size_t i = 0; i < play->world.count; i++) {
        each_of(play, name_of(play, i), each, context);
    }
}

struct cycle_judgement cycle_play_judge(struct cycle_play *play,
                                        const struct cycle *cycle,
                                        claim_fn each, void *context)
{
    struct clearing_view view =
        clearing_view_of(&play->world, name_of(play, 0));
    return cycle_judge(&view, cycle, each, context);
}
