/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "protocol/base/alloc.h"
#include "tests/sim/audit_cycle.h"
#include "tests/sim/book_inside.h"
#include "tests/sim/world.h"

/* The second count. It asks of each obligation whether a final cycle of below
 * the cut counted it, where node/clearing keeps up to where all were. */

struct tally {
    struct audit *audit;
    struct audit_cycle *cycle;
    struct cycle_lists lists;
    size_t n;
    struct book *books; /* by place, as of the cut */
    size_t *cities;
    struct pile formers; /* struct former */
    uint64_t *gets, *pays;
    bool *party;
    struct pile stops; /* struct cycle_stop */
    struct pile items; /* struct cycle_item */
};

struct former {
    const struct book_cycle *of;
    struct cycle_lists lists;
};

static bool same_hash(const struct hl_hash *hash, struct bytes bytes)
{
    return bytes_equal(bytes_of(hash->bytes, HL_HASH_BYTES), bytes);
}

static struct bytes name_of(const struct tally *tally, size_t place)
{
    return tally->lists.places[place].node;
}

static bool takes_part(const struct tally *tally, size_t place)
{
    return tally->lists.places[place].takes_part != 0;
}

/* --- Journals. ----------------------------------------------------------- */

/* The books as of the cut; false: nobody's journal stands so by now. */
static bool open_place(struct tally *tally, size_t place)
{
    struct world *world = tally->audit->world;
    const struct cycle_place *of = &tally->lists.places[place];
    struct head head = {.size = of->size};
    size_t city = alliance_find(&world->alliance, of->node);
    tally->cities[place] = city;
    if (city == SIZE_MAX) {
        return false;
    }
    if (of->size == 0) {
        audit_book_at(tally->audit, city, 0, 0, &tally->books[place]);
        return true;
    }
    memcpy(head.root.bytes, of->root.data, HL_HASH_BYTES);
    unsigned on = truth_branches_of(&world->truths[city], &head);
    size_t branch = 0;
    while (on != 0 && (on >> branch & 1) == 0) {
        branch++;
    }
    if (on != 0) {
        audit_book_at(tally->audit, city, branch, of->size,
                      &tally->books[place]);
    }
    return on != 0;
}

/* --- Former cycles. ------------------------------------------------------ */

/* Whether all its parties approved it below the cut. */
static bool was_approved(const struct tally *tally,
                         const struct book_cycle *cycle,
                         const struct cycle_lists *lists)
{
    struct cycle_votes votes;
    bool all = true;
    cycle_read_votes(cycle->row.votes, &votes);
    for (size_t i = 0; all && i < votes.count; i++) {
        size_t place = 0;
        struct bytes party = lists->places[lists->nets[i].place].node;
        if (!cycle_find_place(&tally->lists, party, &place) ||
            tally->lists.places[place].size <= votes.items[i].index) {
            all = false;
            break;
        }
        const struct book_cycle *answer =
            book_cycle(&tally->books[place], &cycle->row.key);
        all = answer != NULL && answer->row.answer == CYCLE_APPROVED &&
              answer->row.answer_index == votes.items[i].index &&
              same_hash(&answer->answer_leaf, votes.items[i].leaf) &&
              hash_equal(&answer->proposal_leaf, &cycle->leaf);
    }
    cycle_votes_fini(&votes);
    return all;
}

static void find_formers(struct tally *tally, size_t place)
{
    const struct book_cycle *cycles = tally->books[place].cycles.items;
    const struct cycle_place *of = &tally->lists.places[place];
    for (size_t i = 0; i < tally->books[place].cycles.count; i++) {
        bool may = of->ended == 0 || cycles[i].row.decided_index < of->ended_at;
        if (!cycles[i].proposed || cycles[i].row.state != CYCLE_FINAL || !may) {
            continue;
        }
        struct former former = {&cycles[i], {0}};
        cycle_read(&cycles[i].row.of, &former.lists);
        if (was_approved(tally, &cycles[i], &former.lists)) {
            struct former *kept = pile_add(&tally->formers, sizeof(*kept));
            *kept = former;
        } else {
            cycle_lists_fini(&former.lists);
        }
    }
}

static bool was_party(const struct former *former, struct bytes node,
                      size_t *place)
{
    const struct cycle_lists *lists = &former->lists;
    bool found = cycle_find_place(lists, node, place), party = false;
    for (size_t i = 0; found && !party && i < lists->net_count; i++) {
        party = lists->nets[i].place == *place;
    }
    return party;
}

/* Whether one of them counted what stands there, or passed it. */
static bool was_counted(const struct tally *tally, size_t journal,
                        size_t partner, uint64_t index, bool spent)
{
    const struct former *formers = tally->formers.items;
    for (size_t f = 0; f < tally->formers.count; f++) {
        const struct cycle_lists *lists = &formers[f].lists;
        size_t own = 0, other = 0;
        if (!was_party(&formers[f], name_of(tally, journal), &own) ||
            !was_party(&formers[f], name_of(tally, partner), &other)) {
            continue;
        }
        uint64_t until = lists->places[own].size;
        for (size_t i = 0; spent && i < lists->stop_count; i++) {
            if (lists->stops[i].provider == own &&
                lists->stops[i].issuer == other) {
                until = lists->stops[i].index;
            }
        }
        if (index < until) {
            return true;
        }
    }
    return false;
}

/* The item by which one of them counted that transfer. */
static bool was_replaced(const struct tally *tally,
                         const struct transfer_key *key, struct bytes from,
                         struct bytes to, uint64_t fen, bool *same)
{
    const struct former *formers = tally->formers.items;
    for (size_t f = 0; f < tally->formers.count; f++) {
        const struct cycle_lists *lists = &formers[f].lists;
        for (size_t i = 0; i < lists->item_count; i++) {
            const struct cycle_item *item = &lists->items[i];
            if (item->key.index == key->index &&
                item->key.transfer == key->transfer &&
                bytes_equal(item->key.proposer, key->proposer) &&
                bytes_equal(lists->places[item->from].node, from) &&
                bytes_equal(lists->places[item->to].node, to)) {
                *same = item->amount_fen == fen;
                return true;
            }
        }
    }
    return false;
}

/* --- Counting. ----------------------------------------------------------- */

static void add(struct tally *tally, const struct cycle_claim *claim,
                size_t debtor, size_t creditor)
{
    struct cycle_claim *kept = pile_add(&tally->cycle->claims, sizeof(*kept));
    *kept = *claim;
    kept->debtor = tally->cities[debtor];
    kept->creditor = tally->cities[creditor];
    tally->pays[debtor] += claim->fen;
    tally->gets[creditor] += claim->fen;
    tally->party[debtor] = tally->party[creditor] = true;
}

/* What the issuer allotted below the cut: that very entry, and those words. */
static bool was_allotted(const struct tally *tally, size_t provider,
                         size_t issuer, const struct book_debt *debt,
                         bool *beyond)
{
    const struct book_order *spent =
        book_order(&tally->books[provider], &debt->of);
    const struct book_order *placed =
        book_order(&tally->books[issuer], &debt->of);
    *beyond = spent != NULL &&
              spent->row.order_index >= tally->lists.places[issuer].size;
    return spent != NULL && placed != NULL && placed->placed &&
           placed->row.placed_index == spent->row.order_index &&
           hash_equal(&placed->placed_leaf, &spent->order_leaf) &&
           bytes_equal(placed->row.of.provider, name_of(tally, provider)) &&
           book_spends(placed, spent);
}

static bool is_stopped(const struct tally *tally, size_t provider,
                       size_t issuer)
{
    const struct cycle_stop *stops = tally->stops.items;
    for (size_t i = 0; i < tally->stops.count; i++) {
        if (stops[i].provider == provider && stops[i].issuer == issuer) {
            return true;
        }
    }
    return false;
}

static void count_debt(struct tally *tally, size_t journal,
                       const struct book_debt *debt)
{
    size_t debtor = 0, creditor = 0;
    bool beyond = false;
    if (!cycle_find_place(&tally->lists, debt->debtor, &debtor) ||
        !cycle_find_place(&tally->lists, debt->creditor, &creditor) ||
        !takes_part(tally, debtor) || !takes_part(tally, creditor)) {
        return;
    }
    bool spent = debtor != journal;
    size_t partner = spent ? debtor : creditor;
    if (was_counted(tally, journal, partner, debt->index, spent) ||
        (spent && is_stopped(tally, journal, partner))) {
        return;
    }
    if (spent && !was_allotted(tally, journal, partner, debt, &beyond)) {
        if (beyond) {
            struct cycle_stop *stop = pile_add(&tally->stops, sizeof(*stop));
            *stop = (struct cycle_stop){journal, partner, debt->index};
        }
        return;
    }
    struct cycle_claim claim = {
        .kind = spent ? CYCLE_CLAIM_SPENT : CYCLE_CLAIM_OWED,
        .journal = tally->cities[journal],
        .index = debt->index,
        .fen = debt->fen,
    };
    add(tally, &claim, debtor, creditor);
}

/* What it was paid by a transfer that one of the formers counted anew. */
static void count_payment(struct tally *tally, size_t journal,
                          const struct book_transfer *paid)
{
    size_t payer = 0;
    bool same = false;
    const struct transfer *row = &paid->row;
    if (!paid->received ||
        !cycle_find_place(&tally->lists, row->payer, &payer) ||
        payer == journal || !takes_part(tally, payer) ||
        was_counted(tally, journal, payer, row->received_index, false) ||
        !was_replaced(tally, &row->key, row->payer, name_of(tally, journal),
                      row->received_fen, &same) ||
        !same) {
        return;
    }
    struct cycle_claim claim = {
        .kind = CYCLE_CLAIM_REPAID,
        .journal = tally->cities[journal],
        .index = row->received_index,
        .fen = row->received_fen,
        .proposer =
            alliance_find(&tally->audit->world->alliance, row->key.proposer),
        .proposal = row->key.index,
        .transfer = row->key.transfer,
    };
    add(tally, &claim, journal, payer);
}

static void count_journal(struct tally *tally, size_t journal)
{
    const struct book *book = &tally->books[journal];
    const struct book_debt *debts = book->debts.items;
    const struct book_transfer *transfers = book->transfers.items;
    for (size_t i = 0; i < book->debts.count; i++) {
        count_debt(tally, journal, &debts[i]);
    }
    for (size_t i = 0; i < book->transfers.count; i++) {
        count_payment(tally, journal, &transfers[i]);
    }
}

/* One that was to be paid, and was not. */
static void count_transfer(struct tally *tally, const struct former *former,
                           size_t number)
{
    const struct cycle_transfer *of = &former->lists.transfers[number];
    const struct transfer_key key = {former->of->row.key.proposer,
                                     former->of->row.key.index, number};
    struct bytes from_node = former->lists.places[of->from].node;
    struct bytes to_node = former->lists.places[of->to].node;
    size_t from = 0, to = 0;
    bool same = false;
    if (!cycle_find_place(&tally->lists, from_node, &from) ||
        !cycle_find_place(&tally->lists, to_node, &to) ||
        !takes_part(tally, from) || !takes_part(tally, to) ||
        was_replaced(tally, &key, from_node, to_node, of->amount_fen, &same)) {
        return;
    }
    const struct book_transfer *paid = book_transfer(&tally->books[to], &key);
    if (paid != NULL && paid->received &&
        paid->row.received_fen == of->amount_fen &&
        bytes_equal(paid->row.payer, from_node)) {
        return;
    }
    struct cycle_item *item = pile_add(&tally->items, sizeof(*item));
    *item = (struct cycle_item){key, from, to, of->amount_fen};
    struct cycle_claim claim = {
        .kind = CYCLE_CLAIM_TRANSFER,
        .journal = tally->cities[to],
        .fen = of->amount_fen,
        .proposer = alliance_find(&tally->audit->world->alliance, key.proposer),
        .proposal = key.index,
        .transfer = number,
    };
    add(tally, &claim, from, to);
}

static void count_all(struct tally *tally)
{
    const struct former *formers = tally->formers.items;
    int64_t day = book_day_of(tally->cycle->of.day);
    for (size_t i = 0; i < tally->n; i++) {
        if (takes_part(tally, i)) {
            count_journal(tally, i);
        }
    }
    for (size_t f = 0; f < tally->formers.count; f++) {
        if (book_day_of(formers[f].of->row.of.pay_by) >= day) {
            continue;
        }
        for (size_t k = 0; k < formers[f].lists.transfer_count; k++) {
            count_transfer(tally, &formers[f], k);
        }
    }
}

/* --- Whether the proposal says so. --------------------------------------- */

static const char *check_stops(const struct tally *tally)
{
    const struct cycle_lists *lists = &tally->lists;
    const struct cycle_stop *stops = tally->stops.items;
    bool same = lists->stop_count == tally->stops.count;
    for (size_t i = 0; same && i < lists->stop_count; i++) {
        bool found = false;
        for (size_t k = 0; k < tally->stops.count; k++) {
            found = found || (stops[k].provider == lists->stops[i].provider &&
                              stops[k].issuer == lists->stops[i].issuer &&
                              stops[k].index == lists->stops[i].index);
        }
        same = found;
    }
    return same ? NULL : "where allotments stop it";
}

static const char *check_items(const struct tally *tally)
{
    const struct cycle_lists *lists = &tally->lists;
    const struct cycle_item *items = tally->items.items;
    bool same = lists->item_count == tally->items.count;
    for (size_t i = 0; same && i < lists->item_count; i++) {
        bool found = false;
        for (size_t k = 0; k < tally->items.count; k++) {
            const struct cycle_item *a = &items[k], *b = &lists->items[i];
            found = found || (a->key.index == b->key.index &&
                              a->key.transfer == b->key.transfer &&
                              bytes_equal(a->key.proposer, b->key.proposer) &&
                              a->from == b->from && a->to == b->to &&
                              a->amount_fen == b->amount_fen);
        }
        same = found;
    }
    return same ? NULL : "transfers that were not paid";
}

/* Nets are what is got less what is paid, and sum up to zero. */
static const char *check_nets(const struct tally *tally)
{
    const struct cycle_lists *lists = &tally->lists;
    int64_t sum = 0;
    size_t at = 0;
    for (size_t i = 0; i < tally->n; i++) {
        int64_t net = (int64_t)tally->gets[i] - (int64_t)tally->pays[i];
        if (!tally->party[i]) {
            continue;
        }
        const struct cycle_net *said =
            at < lists->net_count ? &lists->nets[at++] : NULL;
        if (said == NULL || said->place != i ||
            (int64_t)said->gets_fen - (int64_t)said->pays_fen != net ||
            (said->gets_fen > 0 && said->pays_fen > 0)) {
            return "a net";
        }
        sum += net;
    }
    return sum == 0 && at == lists->net_count ? NULL : "whose nets these are";
}

/* Who has most left to pay pays who has most left to get. */
static const char *check_transfers(const struct tally *tally)
{
    const struct cycle_lists *lists = &tally->lists;
    int64_t left[ALLIANCE_CITIES_MAX] = {0};
    for (size_t i = 0; i < tally->n; i++) {
        left[i] = (int64_t)tally->gets[i] - (int64_t)tally->pays[i];
    }
    for (size_t i = 0; i < lists->transfer_count; i++) {
        const struct cycle_transfer *of = &lists->transfers[i];
        size_t from = 0, to = 0;
        for (size_t k = 1; k < tally->n; k++) {
            from = left[k] < left[from] ? k : from;
            to = left[k] > left[to] ? k : to;
        }
        int64_t fen = -left[from] < left[to] ? -left[from] : left[to];
        if (of->from != from || of->to != to ||
            (int64_t)of->amount_fen != fen) {
            return "a transfer";
        }
        left[from] += fen;
        left[to] -= fen;
    }
    for (size_t i = 0; i < tally->n; i++) {
        if (left[i] != 0) {
            return "what the transfers leave";
        }
    }
    return NULL;
}

static const char *compare(const struct tally *tally)
{
    const struct cycle_claim *claims = tally->cycle->claims.items;
    const struct cycle_proposal *of = &tally->cycle->of;
    uint64_t gross = 0;
    for (size_t i = 0; i < tally->cycle->claims.count; i++) {
        gross += claims[i].fen;
    }
    const char *why = of->count != tally->cycle->claims.count ? "how many"
                      : of->gross_fen != gross                ? "how much"
                                                              : NULL;
    why = why == NULL ? check_stops(tally) : why;
    why = why == NULL ? check_items(tally) : why;
    why = why == NULL ? check_nets(tally) : why;
    return why == NULL ? check_transfers(tally) : why;
}

/* --- All of it. ---------------------------------------------------------- */

static void tally_init(struct tally *tally, struct audit *audit,
                       struct audit_cycle *cycle)
{
    *tally = (struct tally){.audit = audit, .cycle = cycle};
    cycle_read(&cycle->of, &tally->lists);
    tally->n = tally->lists.place_count;
    tally->books = hl_alloc(tally->n, sizeof(tally->books[0]));
    tally->cities = hl_alloc(tally->n, sizeof(tally->cities[0]));
    tally->gets = hl_alloc(tally->n, sizeof(tally->gets[0]));
    tally->pays = hl_alloc(tally->n, sizeof(tally->pays[0]));
    tally->party = hl_alloc(tally->n, sizeof(tally->party[0]));
}

static void tally_fini(struct tally *tally)
{
    struct former *formers = tally->formers.items;
    for (size_t f = 0; f < tally->formers.count; f++) {
        cycle_lists_fini(&formers[f].lists);
    }
    for (size_t i = 0; i < tally->n; i++) {
        book_fini(&tally->books[i]);
    }
    hl_free(tally->formers.items);
    hl_free(tally->stops.items);
    hl_free(tally->items.items);
    hl_free(tally->party);
    hl_free(tally->pays);
    hl_free(tally->gets);
    hl_free(tally->cities);
    hl_free(tally->books);
    cycle_lists_fini(&tally->lists);
}

static void count(struct audit *audit, struct audit_cycle *cycle)
{
    struct tally tally;
    bool known = true;
    tally_init(&tally, audit, cycle);
    for (size_t i = 0; known && i < tally.n; i++) {
        known = open_place(&tally, i);
    }
    for (size_t i = 0; known && i < tally.n; i++) {
        find_formers(&tally, i);
    }
    if (known) {
        count_all(&tally);
        cycle->why = compare(&tally);
    }
    cycle->verdict = !known               ? CYCLE_UNKNOWN
                     : cycle->why == NULL ? CYCLE_RIGHT
                                          : CYCLE_WRONG_SUM;
    tally_fini(&tally);
}

struct audit_cycle *audit_add_cycle(struct audit *audit, size_t city,
                                    uint64_t index, const struct hl_hash *leaf,
                                    const struct cycle_proposal *record)
{
    struct audit_cycle *cycle = audit_cycle(audit, leaf);
    if (cycle == NULL) {
        cycle = pile_add(&audit->cycles, sizeof(*cycle));
        *cycle = (struct audit_cycle){
            .city = city, .index = index, .leaf = *leaf, .of = *record};
        count(audit, cycle);
    }
    return cycle;
}

struct audit_cycle *audit_cycle(struct audit *audit, const struct hl_hash *leaf)
{
    struct audit_cycle *cycles = audit->cycles.items;
    for (size_t i = 0; i < audit->cycles.count; i++) {
        if (hash_equal(&cycles[i].leaf, leaf)) {
            return &cycles[i];
        }
    }
    return NULL;
}

void audit_cycles_fini(struct audit *audit)
{
    struct audit_cycle *cycles = audit->cycles.items;
    for (size_t i = 0; i < audit->cycles.count; i++) {
        hl_free(cycles[i].claims.items);
    }
    hl_free(audit->cycles.items);
}
