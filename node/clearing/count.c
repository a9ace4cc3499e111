/* SPDX-License-Identifier: Apache-2.0 */
#include "node/clearing/count.h"

#include <stdlib.h>
#include <string.h>

#include "node/ledger/netting.h"
#include "node/ledger/order.h"
#include "node/projection/cycles.h"
#include "node/store/journal.h"
#include "protocol/base/alloc.h"
#include "protocol/tree/prove.h"

#define NO_PLACE SIZE_MAX

/* A final cycle of below the cut, with its places here. */
struct former {
    struct cycle cycle;
    struct cycle_lists lists;
    size_t *places; /* of each of its own; NO_PLACE: it is none */
    bool *party;    /* each of its own: it binds who approved it, nobody else */
};

/* What is known of an allotment, for all that was spent of it. */
struct allotted {
    struct order_key of; /* none: nothing */
    bool founded;        /* the issuer allotted it */
    bool beyond;         /* that is not below the cut yet */
};
enum { ALLOTTED_KEPT = 64 };

/* While it is counted. Pairs are (journal, partner): of what the journal's node
 * owes the partner, and of what it says that the partner owes. */
struct count {
    struct counting *counting;
    struct cycle_lists *lists;
    size_t n;              /* places */
    uint32_t *numbers;     /* of their halves, */
    bool *here;            /* where there is one */
    uint64_t *owes, *owed; /* n * n: from which index on that is counted */
    struct former *formers;
    size_t former_count;
    struct replaced *replaced; /* transfers, in order */
    size_t replaced_count;
    uint64_t *gets, *pays; /* by place, gross */
    bool *party;
    struct allotted allotted[ALLOTTED_KEPT]; /* of one pair, by the id */
    struct hash_stream digest;
    struct writer hashed; /* kept for its memory */
};

static struct bytes node_at(const struct count *count, size_t place)
{
    return count->lists->places[place].node;
}

static uint64_t cut_at(const struct count *count, size_t place)
{
    return count->lists->places[place].size;
}

static bool takes_part(const struct count *count, size_t place)
{
    return count->lists->places[place].takes_part != 0;
}

static bool is_done(const struct count *count)
{
    return count->counting->outcome == COUNT_DONE;
}

static void end(struct count *count, enum count_outcome outcome, size_t place,
                uint64_t at)
{
    count->counting->outcome = outcome;
    count->counting->place = place;
    count->counting->at = at;
}

/* --- Journals. ----------------------------------------------------------- */

static hl_err check_root(struct count *count, size_t place,
                         const struct journal *journal,
                         struct hl_detail *detail)
{
    struct journal_hashes hashes = {count->counting->txn, *journal, detail};
    struct hash_source source = journal_hash_source(&hashes);
    struct bytes root = count->lists->places[place].root;
    struct hl_hash ours = {{0}};
    hl_err err = prove_root(&source, cut_at(count, place), &ours);
    if (err == HL_OK &&
        !bytes_equal(root, bytes_of(ours.bytes, HL_HASH_BYTES))) {
        end(count, COUNT_OTHER_ROOT, place, 0);
    }
    return err;
}

/* Each is here to the cut, is the one that is meant, and was read. */
static hl_err open_place(struct count *count, size_t place,
                         struct hl_detail *detail)
{
    struct counting *counting = count->counting;
    struct writer origin = {0};
    struct journal journal = {0};
    struct half half = {0};
    writer_bytes(&origin, counting->alliance);
    writer_bytes(&origin, node_at(count, place));
    hl_err err = journal_find(counting->txn, writer_view(&origin), &journal,
                              &count->here[place], detail);
    writer_fini(&origin);
    if (err == HL_OK && count->here[place]) {
        count->numbers[place] = journal.number;
        err = projection_half(counting->txn, journal.number, &half, detail);
    }
    if (err != HL_OK || cut_at(count, place) == 0) {
        return err;
    }
    if (!count->here[place] || journal.frontier.size < cut_at(count, place)) {
        end(count, COUNT_LAGS, place, 0);
        return HL_OK;
    }
    err = check_root(count, place, &journal, detail);
    if (err == HL_OK && is_done(count) && half.size < cut_at(count, place)) {
        end(count, half.paused ? COUNT_PAUSED : COUNT_LAGS, place, half.size);
    }
    return err;
}

/* --- Former cycles. ------------------------------------------------------ */

static void keep_former(struct count *count, const struct cycle *cycle)
{
    count->formers = hl_realloc(count->formers, count->former_count + 1,
                                sizeof(*count->formers));
    struct former *former = &count->formers[count->former_count++];
    former->cycle = *cycle;
    cycle_read(&cycle->of, &former->lists);
    former->places = hl_alloc(former->lists.place_count, sizeof(size_t));
    for (size_t i = 0; i < former->lists.place_count; i++) {
        former->places[i] = NO_PLACE;
        (void)cycle_find_place(count->lists, former->lists.places[i].node,
                               &former->places[i]);
    }
    former->party = hl_alloc(former->lists.place_count, sizeof(bool));
    for (size_t i = 0; i < former->lists.net_count; i++) {
        former->party[former->lists.nets[i].place] = true;
    }
}

static hl_err take_former(struct count *count, const struct cycle *cycle,
                          struct hl_detail *detail)
{
    struct counting *counting = count->counting;
    enum cycle_effect effect = CYCLE_VOID;
    hl_err err = cycles_effect(counting->txn, counting->alliance, cycle,
                               count->lists, &effect, detail);
    if (err == HL_OK && effect == CYCLE_EFFECTIVE) {
        keep_former(count, cycle);
    }
    return err;
}

/* Decisions are below the cut, and below the end of its role. */
static uint64_t decides_until(const struct cycle_place *of)
{
    return of->ended != 0 && of->ended_at < of->size ? of->ended_at : of->size;
}

/* Those that this place's journal declared final. */
static hl_err find_formers(struct count *count, size_t place,
                           struct hl_detail *detail)
{
    struct projection_walk *walk = NULL;
    struct writer from = {0};
    struct row row;
    struct bytes node = node_at(count, place);
    struct cycle first = {.key = {node, 0}};
    bool found = true;
    record_key(&cycle_record, &first, &from);
    hl_err err = projection_walk_open(count->counting->txn, &cycle_record,
                                      count->numbers[place], writer_view(&from),
                                      &walk, detail);
    while (err == HL_OK && is_done(count)) {
        struct cycle cycle;
        err = projection_walk_next(walk, &row, &found, detail);
        if (err != HL_OK || !found) {
            break;
        }
        record_decode(&cycle_record, row.record, &cycle);
        if (!bytes_equal(cycle.key.proposer, node)) {
            break;
        }
        if (cycle.state == CYCLE_FINAL &&
            cycle.decided_index < decides_until(&count->lists->places[place])) {
            err = take_former(count, &cycle, detail);
        }
    }
    projection_walk_close(&walk);
    writer_fini(&from);
    return err;
}

static void raise_to(uint64_t *base, uint64_t index)
{
    *base = *base < index ? index : *base;
}

/* Up to where that cycle counted what the provider spends of the issuer's. */
static uint64_t spent_until(const struct cycle_lists *lists, size_t provider,
                            size_t issuer)
{
    for (size_t i = 0; i < lists->stop_count; i++) {
        if (lists->stops[i].provider == provider &&
            lists->stops[i].issuer == issuer) {
            return lists->stops[i].index;
        }
    }
    return lists->places[provider].size;
}

/* From where on the pairs of that cycle are counted. */
static void raise_bases(struct count *count, const struct former *former)
{
    const struct cycle_lists *lists = &former->lists;
    for (size_t i = 0; i < lists->place_count; i++) {
        size_t journal = former->places[i];
        for (size_t k = 0; k < lists->place_count; k++) {
            size_t partner = former->places[k];
            if (journal != NO_PLACE && partner != NO_PLACE &&
                former->party[i] && former->party[k]) {
                size_t pair = journal * count->n + partner;
                raise_to(&count->owes[pair], lists->places[i].size);
                raise_to(&count->owed[pair], spent_until(lists, i, k));
            }
        }
    }
}

/* What an item of a final cycle says of a transfer before it; which is another
 * one where it goes from or to others: those did not approve the item. */
struct replaced {
    struct transfer_key key;
    struct bytes from, to;
    uint64_t amount_fen;
    const struct former *by;
};

static int compare_replaced(const void *a, const void *b)
{
    const struct replaced *left = a, *right = b;
    int order = transfer_key_compare(&left->key, &right->key);
    order = order != 0 ? order : bytes_compare(left->from, right->from);
    return order != 0 ? order : bytes_compare(left->to, right->to);
}

/* Of one transfer that of the first final before the others. */
static int order_replaced(const void *a, const void *b)
{
    const struct replaced *left = a, *right = b;
    int order = compare_replaced(a, b);
    return order != 0 ? order : (left->by > right->by) - (left->by < right->by);
}

/* What several counted anew, as no honest side lets them, the first did. */
static void keep_first(struct count *count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count->replaced_count; i++) {
        if (kept == 0 || compare_replaced(&count->replaced[kept - 1],
                                          &count->replaced[i]) != 0) {
            count->replaced[kept++] = count->replaced[i];
        }
    }
    count->replaced_count = kept;
}

static void find_replaced(struct count *count)
{
    size_t total = 0;
    for (size_t f = 0; f < count->former_count; f++) {
        total += count->formers[f].lists.item_count;
    }
    count->replaced = hl_alloc(total, sizeof(*count->replaced));
    for (size_t f = 0; f < count->former_count; f++) {
        const struct cycle_lists *lists = &count->formers[f].lists;
        for (size_t i = 0; i < lists->item_count; i++) {
            const struct cycle_item *item = &lists->items[i];
            count->replaced[count->replaced_count++] =
                (struct replaced){item->key, lists->places[item->from].node,
                                  lists->places[item->to].node,
                                  item->amount_fen, &count->formers[f]};
        }
    }
    if (count->replaced_count > 0) {
        qsort(count->replaced, count->replaced_count, sizeof(*count->replaced),
              order_replaced);
    }
    keep_first(count);
}

/* NULL: no final cycle of below the cut counted it anew. */
static const struct replaced *replaced_of(const struct count *count,
                                          const struct transfer_key *key,
                                          struct bytes from, struct bytes to)
{
    struct replaced wanted = {.key = *key, .from = from, .to = to};
    return count->replaced_count == 0
               ? NULL
               : bsearch(&wanted, count->replaced, count->replaced_count,
                         sizeof(*count->replaced), compare_replaced);
}

static hl_err open_all(struct count *count, struct hl_detail *detail)
{
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && is_done(count) && i < count->n; i++) {
        err = open_place(count, i, detail);
    }
    for (size_t i = 0; err == HL_OK && is_done(count) && i < count->n; i++) {
        if (count->here[i] && cut_at(count, i) > 0) {
            err = find_formers(count, i, detail);
        }
    }
    for (size_t f = 0; f < count->former_count; f++) {
        raise_bases(count, &count->formers[f]);
    }
    find_replaced(count);
    return err;
}

/* --- Counting. ----------------------------------------------------------- */

static void hash_uint(struct writer *out, uint64_t value)
{
    writer_u64(out, value);
}

/* What is hashed of a claim: its kind, and numbers of 8 bytes. A transfer's
 * proposer is hashed behind its length. */
static void hash_claim(struct count *count, const struct claim *claim)
{
    struct writer *out = &count->hashed;
    writer_clear(out);
    writer_u8(out, (uint8_t)claim->kind);
    hash_uint(out, claim->journal);
    hash_uint(out, claim->index);
    hash_uint(out, claim->debtor);
    hash_uint(out, claim->creditor);
    hash_uint(out, claim->fen);
    if (claim->kind == CLAIM_TRANSFER || claim->kind == CLAIM_REPAYMENT) {
        hash_uint(out, claim->transfer.proposer.size);
        writer_bytes(out, claim->transfer.proposer);
        hash_uint(out, claim->transfer.index);
        hash_uint(out, claim->transfer.transfer);
    }
    hash_stream_add(&count->digest, writer_view(out));
}

/* Who owes most, that claim among it: not who happened to be the last. */
static void overflow(struct count *count, const struct claim *claim)
{
    size_t most = claim->debtor;
    count->pays[most] += claim->fen;
    for (size_t i = 0; i < count->n; i++) {
        most = count->pays[i] > count->pays[most] ? i : most;
    }
    end(count, COUNT_NO_ROOM, most, 0);
}

static hl_err add_claim(struct count *count, const struct claim *claim,
                        struct hl_detail *detail)
{
    struct counting *counting = count->counting;
    if (!is_done(count)) {
        return HL_OK;
    }
    if (claim->fen > INT64_MAX - counting->gross_fen) {
        overflow(count, claim);
        return HL_OK;
    }
    counting->gross_fen += claim->fen;
    counting->count++;
    count->gets[claim->creditor] += claim->fen;
    count->pays[claim->debtor] += claim->fen;
    count->party[claim->creditor] = count->party[claim->debtor] = true;
    hash_claim(count, claim);
    return counting->each == NULL
               ? HL_OK
               : counting->each(counting->context, claim, detail);
}

static void add_stop(struct count *count, size_t provider, size_t issuer,
                     uint64_t index)
{
    struct cycle_lists *lists = count->lists;
    if (lists->stop_count == CYCLE_STOPS_MAX) {
        end(count, COUNT_NO_ROOM, provider, 0);
        return;
    }
    lists->stops =
        hl_realloc(lists->stops, lists->stop_count + 1, sizeof(*lists->stops));
    lists->stops[lists->stop_count++] =
        (struct cycle_stop){provider, issuer, index};
}

/* Whether that pair is asked for. */
static bool is_asked(const struct count *count, size_t a, size_t b)
{
    struct bytes only = count->counting->only;
    return only.size == 0 || bytes_equal(node_at(count, a), only) ||
           bytes_equal(node_at(count, b), only);
}

/* Whether the issuer allotted what the provider spends: `spent` is the
 * provider's row. */
static hl_err find_allotted(struct count *count, size_t provider, size_t issuer,
                            const struct order_key *of, struct allotted *out,
                            struct hl_detail *detail)
{
    struct store_txn *txn = count->counting->txn;
    struct order spent = {.of = {.key = *of}}, placed = spent;
    struct writer key = {0};
    struct row row;
    bool found = false;
    *out = (struct allotted){.of = *of};
    record_key(&order_record, &spent, &key);
    hl_err err = projection_get(txn, &order_record, count->numbers[provider],
                                writer_view(&key), &row, &found, detail);
    if (err == HL_OK && found) {
        record_decode(&order_record, row.record, &spent);
        out->beyond = spent.order_index >= cut_at(count, issuer);
    }
    if (err == HL_OK && found && !out->beyond) {
        err = projection_get(txn, &order_record, count->numbers[issuer],
                             writer_view(&key), &row, &found, detail);
        if (err == HL_OK && found) {
            record_decode(&order_record, row.record, &placed);
            out->founded =
                placed.allotted != 0 &&
                placed.placed_index == spent.order_index &&
                bytes_equal(placed.placed_leaf, spent.order_leaf) &&
                bytes_equal(placed.of.provider, node_at(count, provider)) &&
                placed.of.hold_fen == spent.limit_fen &&
                bytes_equal(placed.of.until, spent.expires);
        }
    }
    writer_fini(&key);
    return err;
}

/* The same for each of many obligations: pairs have few allotments. */
static hl_err check_allotment(struct count *count, size_t provider,
                              size_t issuer, const struct order_key *of,
                              const struct allotted **out,
                              struct hl_detail *detail)
{
    uint8_t last = of->id.size == 0 ? 0 : of->id.data[of->id.size - 1];
    struct allotted *kept = &count->allotted[last % ALLOTTED_KEPT];
    *out = kept;
    return bytes_equal(kept->of.id, of->id) &&
                   bytes_equal(kept->of.begun_at, of->begun_at)
               ? HL_OK
               : find_allotted(count, provider, issuer, of, kept, detail);
}

/* One obligation of the pair; *over: the pair is counted no further. */
static hl_err count_obligation(struct count *count, size_t journal,
                               size_t debtor, size_t creditor,
                               const struct obligation *owed, bool *over,
                               struct hl_detail *detail)
{
    struct claim claim = {
        .kind = CLAIM_OWED,
        .journal = journal,
        .index = owed->index,
        .debtor = debtor,
        .creditor = creditor,
        .fen = owed->amount_fen,
        .order_begun_at = owed->of.begun_at,
        .order_id = owed->of.id,
    };
    static const struct allotted none = {.founded = true};
    const struct allotted *allotted = &none;
    hl_err err = HL_OK;
    if (debtor != journal) {
        claim.kind = CLAIM_SPENT;
        err = check_allotment(count, journal, debtor, &owed->of, &allotted,
                              detail);
    }
    if (err == HL_OK && allotted->beyond) {
        *over = true;
        add_stop(count, journal, debtor, owed->index);
        return HL_OK;
    }
    return err == HL_OK && allotted->founded ? add_claim(count, &claim, detail)
                                             : err;
}

/* All obligations of a pair in a journal, from the base to the cut. */
static hl_err count_pair(struct count *count, size_t journal, size_t debtor,
                         size_t creditor, struct hl_detail *detail)
{
    bool owes = debtor == journal;
    size_t partner = owes ? creditor : debtor;
    size_t pair = journal * count->n + partner;
    struct obligation first = {
        .debtor = node_at(count, debtor),
        .creditor = node_at(count, creditor),
        .index = owes ? count->owes[pair] : count->owed[pair],
    };
    struct projection_walk *walk = NULL;
    struct writer from = {0};
    bool found = true, over = false;
    memset(count->allotted, 0, sizeof(count->allotted));
    record_key(&obligation_record, &first, &from);
    hl_err err = projection_walk_open(count->counting->txn, &obligation_record,
                                      count->numbers[journal],
                                      writer_view(&from), &walk, detail);
    while (err == HL_OK && !over) {
        struct obligation owed;
        struct row row;
        err = projection_walk_next(walk, &row, &found, detail);
        if (err != HL_OK || !found) {
            break;
        }
        record_decode(&obligation_record, row.record, &owed);
        if (!bytes_equal(owed.debtor, first.debtor) ||
            !bytes_equal(owed.creditor, first.creditor) ||
            owed.index >= cut_at(count, journal)) {
            break;
        }
        err = count_obligation(count, journal, debtor, creditor, &owed, &over,
                               detail);
    }
    projection_walk_close(&walk);
    writer_fini(&from);
    return err;
}

/* Whether the other is below the cut of that one. */
static bool knows(const struct former *former, const struct former *other)
{
    size_t place = 0;
    return cycle_find_place(&former->lists, other->cycle.key.proposer,
                            &place) &&
           other->cycle.decided_index <
               decides_until(&former->lists.places[place]);
}

/* From where on the payee's journal tells of payments of what was counted anew
 * that are not counted yet. Bases do not say it: cycles that did not know that
 * it had been have raised them, too. */
static uint64_t repaid_from(const struct count *count,
                            const struct replaced *replaced)
{
    uint64_t from = 0;
    for (size_t f = 0; f < count->former_count; f++) {
        const struct former *former = &count->formers[f];
        const struct cycle_lists *lists = &former->lists;
        size_t payer = 0, payee = 0;
        if ((former == replaced->by || knows(former, replaced->by)) &&
            cycle_find_place(lists, replaced->from, &payer) &&
            cycle_find_place(lists, replaced->to, &payee) &&
            former->party[payer] && former->party[payee]) {
            raise_to(&from, lists->places[payee].size);
        }
    }
    return from;
}

/* What the journal's node was paid after it had been counted anew. */
static hl_err count_payments(struct count *count, size_t journal, size_t payer,
                             struct hl_detail *detail)
{
    struct payment first = {.payer = node_at(count, payer)};
    struct projection_walk *walk = NULL;
    struct writer from = {0};
    bool found = true;
    record_key(&payment_record, &first, &from);
    hl_err err = projection_walk_open(count->counting->txn, &payment_record,
                                      count->numbers[journal],
                                      writer_view(&from), &walk, detail);
    while (err == HL_OK) {
        struct payment payment;
        struct row row;
        err = projection_walk_next(walk, &row, &found, detail);
        if (err != HL_OK || !found) {
            break;
        }
        record_decode(&payment_record, row.record, &payment);
        if (!bytes_equal(payment.payer, first.payer) ||
            payment.received_index >= cut_at(count, journal)) {
            break;
        }
        const struct replaced *replaced = replaced_of(
            count, &payment.of, payment.payer, node_at(count, journal));
        if (replaced != NULL && replaced->amount_fen == payment.amount_fen &&
            payment.received_index >= repaid_from(count, replaced)) {
            struct claim claim = {
                .kind = CLAIM_REPAYMENT,
                .journal = journal,
                .index = payment.received_index,
                .debtor = journal,
                .creditor = payer,
                .fen = payment.amount_fen,
                .transfer = payment.of,
            };
            err = add_claim(count, &claim, detail);
        }
    }
    projection_walk_close(&walk);
    writer_fini(&from);
    return err;
}

/* Everything that this place's journal says of pairs that take part. */
static hl_err count_journal(struct count *count, size_t journal,
                            struct hl_detail *detail)
{
    struct projection_walk *walk = NULL;
    bool found = true;
    hl_err err = projection_walk_open(count->counting->txn, &watermark_record,
                                      count->numbers[journal],
                                      (struct bytes){0}, &walk, detail);
    while (err == HL_OK) {
        struct watermark pair;
        struct row row;
        size_t debtor = 0, creditor = 0;
        err = projection_walk_next(walk, &row, &found, detail);
        if (err != HL_OK || !found) {
            break;
        }
        record_decode(&watermark_record, row.record, &pair);
        if (cycle_find_place(count->lists, pair.debtor, &debtor) &&
            cycle_find_place(count->lists, pair.creditor, &creditor) &&
            debtor != creditor && takes_part(count, debtor) &&
            takes_part(count, creditor) && is_asked(count, debtor, creditor)) {
            err = count_pair(count, journal, debtor, creditor, detail);
        }
    }
    projection_walk_close(&walk);
    for (size_t i = 0; err == HL_OK && i < count->n; i++) {
        if (i != journal && takes_part(count, i) &&
            is_asked(count, journal, i)) {
            err = count_payments(count, journal, i, detail);
        }
    }
    return err;
}

/* --- Transfers that were not paid. --------------------------------------- */

/* Whether its payee said below the cut that it has all of it. */
static hl_err is_paid(struct count *count, const struct transfer_key *key,
                      const struct cycle_item *item, bool *paid,
                      struct hl_detail *detail)
{
    struct counting *counting = count->counting;
    struct transfer transfer;
    hl_err err =
        cycles_transfer(counting->txn, counting->alliance,
                        node_at(count, item->to), key, &transfer, detail);
    *paid = transfer.received_leaf.size > 0 &&
            transfer.received_index < cut_at(count, item->to) &&
            transfer.received_fen == item->amount_fen &&
            bytes_equal(transfer.payer, node_at(count, item->from));
    return err;
}

static hl_err count_transfer(struct count *count, const struct former *former,
                             size_t number, struct hl_detail *detail)
{
    const struct cycle_transfer *of = &former->lists.transfers[number];
    struct cycle_lists *lists = count->lists;
    struct cycle_item item = {
        .key = {former->cycle.key.proposer, former->cycle.key.index, number},
        .from = former->places[of->from],
        .to = former->places[of->to],
        .amount_fen = of->amount_fen,
    };
    bool paid = false;
    if (item.from == NO_PLACE || item.to == NO_PLACE ||
        !takes_part(count, item.from) || !takes_part(count, item.to) ||
        !is_asked(count, item.from, item.to) ||
        replaced_of(count, &item.key, node_at(count, item.from),
                    node_at(count, item.to)) != NULL ||
        lists->item_count == CYCLE_ITEMS_MAX) {
        return HL_OK;
    }
    hl_err err = is_paid(count, &item.key, &item, &paid, detail);
    if (err != HL_OK || paid) {
        return err;
    }
    lists->items =
        hl_realloc(lists->items, lists->item_count + 1, sizeof(*lists->items));
    lists->items[lists->item_count++] = item;
    struct claim claim = {
        .kind = CLAIM_TRANSFER,
        .journal = item.to,
        .debtor = item.from,
        .creditor = item.to,
        .fen = item.amount_fen,
        .transfer = item.key,
    };
    return add_claim(count, &claim, detail);
}

/* Cycles come by proposer and index, as the places do: in the order of items.
 */
static hl_err count_transfers(struct count *count, struct hl_detail *detail)
{
    hl_err err = HL_OK;
    for (size_t f = 0; err == HL_OK && f < count->former_count; f++) {
        const struct former *former = &count->formers[f];
        bool due =
            bytes_compare(former->cycle.of.pay_by, count->counting->day) < 0;
        for (size_t k = 0;
             err == HL_OK && due && k < former->lists.transfer_count; k++) {
            err = count_transfer(count, former, k, detail);
        }
    }
    return err;
}

/* --- What comes of it. --------------------------------------------------- */

static void make_nets(struct count *count)
{
    struct cycle_lists *lists = count->lists;
    lists->nets = hl_alloc(count->n, sizeof(*lists->nets));
    lists->transfers = hl_alloc(count->n, sizeof(*lists->transfers));
    for (size_t i = 0; i < count->n; i++) {
        uint64_t gets = count->gets[i], pays = count->pays[i];
        if (count->party[i]) {
            lists->nets[lists->net_count++] = (struct cycle_net){
                .place = i,
                .gets_fen = gets > pays ? gets - pays : 0,
                .pays_fen = pays > gets ? pays - gets : 0,
            };
        }
    }
    lists->transfer_count =
        netting_transfers(lists->nets, lists->net_count, lists->transfers);
}

static void count_init(struct count *count, struct counting *counting)
{
    static const char domain[] = "heluo-cycle-1";
    size_t n = counting->lists.place_count;
    *count = (struct count){
        .counting = counting,
        .lists = &counting->lists,
        .n = n,
        .numbers = hl_alloc(n, sizeof(uint32_t)),
        .here = hl_alloc(n, sizeof(bool)),
        .owes = hl_alloc(n * n, sizeof(uint64_t)),
        .owed = hl_alloc(n * n, sizeof(uint64_t)),
        .gets = hl_alloc(n, sizeof(uint64_t)),
        .pays = hl_alloc(n, sizeof(uint64_t)),
        .party = hl_alloc(n, sizeof(bool)),
    };
    hash_stream_init(&count->digest);
    hash_stream_add(&count->digest, bytes_of_text(domain));
}

static void count_fini(struct count *count)
{
    for (size_t f = 0; f < count->former_count; f++) {
        cycle_lists_fini(&count->formers[f].lists);
        hl_free(count->formers[f].party);
        hl_free(count->formers[f].places);
    }
    writer_fini(&count->hashed);
    hl_free(count->formers);
    hl_free(count->replaced);
    hl_free(count->party);
    hl_free(count->pays);
    hl_free(count->gets);
    hl_free(count->owed);
    hl_free(count->owes);
    hl_free(count->here);
    hl_free(count->numbers);
}

hl_err clearing_count(struct counting *counting, struct hl_detail *detail)
{
    struct count count;
    counting->outcome = COUNT_DONE;
    counting->count = counting->gross_fen = 0;
    count_init(&count, counting);
    hl_err err = open_all(&count, detail);
    for (size_t i = 0; err == HL_OK && is_done(&count) && i < count.n; i++) {
        if (count.here[i] && takes_part(&count, i) && cut_at(&count, i) > 0) {
            err = count_journal(&count, i, detail);
        }
    }
    if (err == HL_OK && is_done(&count)) {
        err = count_transfers(&count, detail);
    }
    if (err == HL_OK && is_done(&count)) {
        make_nets(&count);
        counting->digest = hash_stream_end(&count.digest);
    }
    count_fini(&count);
    return err;
}

bool clearing_agrees(const struct counting *counting,
                     const struct cycle_proposal *proposal, const char **field)
{
    struct cycle_rooms rooms = {0};
    struct cycle_proposal ours = *proposal;
    cycle_write(&counting->lists, &rooms, &ours);
    ours.count = counting->count;
    ours.gross_fen = counting->gross_fen;
    ours.digest = bytes_of(counting->digest.bytes, HL_HASH_BYTES);
    *field = record_difference(&cycle_proposing, &ours, proposal);
    cycle_rooms_fini(&rooms);
    return *field == NULL;
}
