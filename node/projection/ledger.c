/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/ledger.h"

#include <string.h>

#include "heluo/v1/scheme.pb-c.h"
#include "node/ledger/refusal.h"
#include "node/projection/cycles.h"
#include "node/projection/effect_ledger.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/origin.h"

static struct bytes alliance_of(struct bytes origin)
{
    return bytes_slice(origin, 0, origin.size - origin_node(origin).size);
}

/* --- Names. -------------------------------------------------------------- */

void ledger_order_name(const struct order_key *key, struct writer *out)
{
    struct order order = {.of = {.key = *key}};
    writer_u8(out, order_record.number);
    record_key(&order_record, &order, out);
}

/* Its first key field, a label, which ends in 00 00; empty: it is no order. */
static struct bytes begun_at_of(struct bytes name)
{
    size_t end = 1;
    while (end < name.size && name.data[end] != 0) {
        end++;
    }
    return name.size > 1 && name.data[0] == order_record.number
               ? bytes_slice(name, 1, end - 1)
               : (struct bytes){0};
}

/* --- Reading. ------------------------------------------------------------ */

/* The half of that node, and its row of the order of that name. */
static hl_err find_half(struct store_txn *txn, struct bytes alliance,
                        struct bytes node, struct bytes name, uint32_t *number,
                        struct order *out, bool *found,
                        struct hl_detail *detail)
{
    struct writer origin = {0};
    struct journal journal;
    struct row row;
    writer_bytes(&origin, alliance);
    writer_bytes(&origin, node);
    hl_err err =
        journal_find(txn, writer_view(&origin), &journal, found, detail);
    if (err == HL_OK && *found) {
        *number = journal.number;
        err = projection_get(txn, &order_record, journal.number,
                             bytes_slice(name, 1, name.size - 1), &row, found,
                             detail);
    }
    if (err == HL_OK && *found) {
        record_decode(&order_record, row.record, out);
    }
    writer_fini(&origin);
    return err;
}

static bool answers(const struct order *answer, const struct order *placed)
{
    bool withdrawn = answer->order_leaf.size == 0; /* of the same request */
    return answer->answer != 0 &&
           (withdrawn ||
            (bytes_equal(answer->order_leaf, placed->placed_leaf) &&
             answer->order_index == placed->placed_index));
}

/* What the issuer says to a request of the provider's. */
static hl_err find_grant(struct store_txn *txn, struct bytes alliance,
                         struct bytes name, struct order_view *out,
                         struct hl_detail *detail)
{
    struct order found_order;
    bool found = false;
    out->requested = true;
    hl_err err = find_half(txn, alliance, out->answer.issuer, name,
                           &out->issuer_number, &found_order, &found, detail);
    if (err == HL_OK && found &&
        order_same_request(&found_order, &out->answer)) {
        out->order = found_order;
        out->placed = order_is_placed(&out->order);
        out->denied = !out->placed;
        out->answered = out->placed && answers(&out->answer, &out->order);
    }
    return err;
}

static hl_err find_sides(struct store_txn *txn, struct bytes alliance,
                         struct bytes name, struct order_view *out,
                         struct hl_detail *detail)
{
    bool found = false;
    struct bytes begun_at = begun_at_of(name);
    hl_err err = find_half(txn, alliance, begun_at, name, &out->issuer_number,
                           &out->order, &found, detail);
    out->placed = err == HL_OK && found && order_is_placed(&out->order);
    if (err == HL_OK && found && !out->placed &&
        order_is_requested(&out->order)) {
        out->answer = out->order;
        out->provider_number = out->issuer_number;
        out->order = (struct order){0};
        return find_grant(txn, alliance, name, out, detail);
    }
    if (!out->placed) {
        return err;
    }
    if (bytes_equal(out->order.of.provider, begun_at)) { /* one row is both */
        out->provider_number = out->issuer_number;
        out->answer = out->order;
    } else {
        err = find_half(txn, alliance, out->order.of.provider, name,
                        &out->provider_number, &out->answer, &found, detail);
    }
    out->answered = err == HL_OK && found && answers(&out->answer, &out->order);
    return err;
}

/* A hold of this node's own whose request is not here, or not any more. */
static hl_err find_stray(struct store_txn *txn, struct bytes origin,
                         struct bytes name, struct order_view *out,
                         struct hl_detail *detail)
{
    struct order order;
    struct bytes own = origin_node(origin);
    uint32_t number = 0;
    bool found = false;
    hl_err err = find_half(txn, alliance_of(origin), own, name, &number, &order,
                           &found, detail);
    if (err == HL_OK && found && order_is_placed(&order)) {
        *out = (struct order_view){.placed = true,
                                   .order = order,
                                   .issuer_number = number,
                                   .requested = true,
                                   .answer = {.issuer = own}};
    }
    return err;
}

hl_err ledger_order_named(struct store_txn *txn, struct bytes origin,
                          struct bytes name, struct order_view *out,
                          struct hl_detail *detail)
{
    *out = (struct order_view){0};
    if (begun_at_of(name).size == 0) {
        return HL_OK;
    }
    hl_err err = find_sides(txn, alliance_of(origin), name, out, detail);
    return err == HL_OK && !out->placed
               ? find_stray(txn, origin, name, out, detail)
               : err;
}

hl_err ledger_order(struct store_txn *txn, struct bytes origin,
                    const struct order_key *key, struct order_view *out,
                    struct hl_detail *detail)
{
    struct writer name = {0};
    ledger_order_name(key, &name);
    hl_err err =
        ledger_order_named(txn, origin, writer_view(&name), out, detail);
    writer_fini(&name);
    return err;
}

hl_err ledger_next_due(struct store_txn *txn, uint32_t number,
                       struct hl_wall now, struct writer *position,
                       struct due *out, bool *found, struct hl_detail *detail)
{
    char today[DAY_TEXT_BYTES];
    struct row row;
    struct bytes key;
    day_of(now, 0, today);
    hl_err err =
        projection_next(txn, &due_record, number, writer_view(position), &row,
                        &key, found, detail);
    if (err == HL_OK && *found) {
        writer_clear(position);
        writer_bytes(position, key);
        record_decode(&due_record, row.record, out);
        *found = bytes_compare(out->use_until, bytes_of_text(today)) < 0;
    }
    return err;
}

hl_err ledger_find_row(struct store_txn *txn, uint32_t number,
                       const struct record_type *type, void *record,
                       struct row *row, bool *found, struct hl_detail *detail)
{
    struct writer key = {0};
    record_key(type, record, &key);
    hl_err err = projection_get(txn, type, number, writer_view(&key), row,
                                found, detail);
    writer_fini(&key);
    if (err == HL_OK && *found) {
        record_decode(type, row->record, record);
    }
    return err;
}

hl_err ledger_terms(struct store_txn *txn, uint32_t number,
                    const struct order *order, struct voucher *voucher,
                    struct scheme *scheme, struct hl_detail *detail)
{
    struct row row;
    bool found = false;
    *voucher = (struct voucher){.of = {.id = order->of.voucher}};
    *scheme = (struct scheme){0};
    hl_err err = ledger_find_row(txn, number, &voucher_record, voucher, &row,
                                 &found, detail);
    if (err == HL_OK && found) {
        scheme->id = voucher->of.scheme;
        scheme->version = voucher->of.scheme_version;
        err = ledger_find_row(txn, number, &scheme_record, scheme, &row, &found,
                              detail);
    }
    return err == HL_OK && !found
               ? hl_fail(detail, HL_EDAMAGED,
                         "the voucher of an order, or its scheme, is not "
                         "there: heluo rebuild makes it anew")
               : err;
}

/* --- What may be relied upon. -------------------------------------------- */

/* No keeper cosigns what a charter has ended. */
static bool is_at_end(const struct ledger_writer *writer, struct bytes origin,
                      const struct journal *journal)
{
    struct head end;
    struct head head = journal_head(journal);
    return writer->ended != NULL &&
           writer->ended(writer->context, origin, &end) &&
           head_equal(&head, &end);
}

hl_err ledger_relied(const struct ledger_writer *writer, struct bytes node,
                     uint64_t *size, struct hl_detail *detail)
{
    struct journal journal;
    struct writer origin = {0};
    bool found = false;
    hl_err err = HL_OK;
    *size = UINT64_MAX;
    if (writer->seals == NULL ||
        bytes_equal(node, origin_node(writer->origin))) {
        return HL_OK;
    }
    writer_bytes(&origin, alliance_of(writer->origin));
    writer_bytes(&origin, node);
    if (writer->seals(writer->context, writer_view(&origin))) {
        *size = 0;
        err = journal_find(writer->txn, writer_view(&origin), &journal, &found,
                           detail);
    }
    if (err == HL_OK && found) {
        err = journal_sealed_size(writer->txn, &journal, size, detail);
    }
    if (err == HL_OK && found &&
        is_at_end(writer, writer_view(&origin), &journal)) {
        *size = journal.frontier.size;
    }
    writer_fini(&origin);
    return err;
}

/* --- Deciding. ----------------------------------------------------------- */

static void cite(struct ledger_cause *cause, struct bytes alliance,
                 struct bytes node, uint64_t index, struct bytes leaf)
{
    cause->has = true;
    cause->index = index;
    memcpy(cause->leaf.bytes, leaf.data, HL_HASH_BYTES);
    memcpy(cause->origin, alliance.data, alliance.size);
    memcpy(cause->origin + alliance.size, node.data, node.size);
    cause->origin[alliance.size + node.size] = '\0';
}

/* What the issuer came to owe its provider for that order, cleared or not. */
static hl_err find_owed(struct store_txn *txn, const struct order_view *view,
                        struct ledger_case *of, struct hl_detail *detail)
{
    struct voucher voucher;
    struct scheme scheme;
    if (view->order.resolved != ORDER_CAPTURED) {
        return ledger_refuse(detail, LEDGER_NOT_CAPTURED,
                             "nothing of that order is captured");
    }
    hl_err err = ledger_terms(txn, view->issuer_number, &view->order, &voucher,
                              &scheme, detail);
    bool owed = scheme.payee == HELUO__V1__SCHEME_PAYEE__SCHEME_PAYEE_PROVIDER;
    of->owed_known = true;
    of->owed_fen = owed ? view->order.captured_fen : 0;
    return err;
}

/* An order that this node began, and has no hold for: it may be given up. What
 * comes of it otherwise is not known yet, or nothing. */
static hl_err decide_requested(uint32_t body, const struct order_view *view,
                               struct order_answer *answer, struct writer *room,
                               struct hl_detail *detail)
{
    size_t at = room->size;
    if (view->denied) {
        return ledger_refuse(detail, LEDGER_RESOLVED,
                             "the issuer denied that order: nothing is held "
                             "for it");
    }
    if (view->answer.answer != ANSWER_NONE) {
        return ledger_refuse(detail, LEDGER_DECLINED,
                             "entry %llu took that request back",
                             (unsigned long long)view->answer.answer_index);
    }
    if (body != ORDER_BODY_DECLINE) {
        return hl_fail(detail, HL_EUNSEALED,
                       "the issuer has not answered that request yet; try "
                       "again in a moment");
    }
    writer_bytes(room, view->answer.issuer);
    answer->issuer = bytes_slice(writer_view(room), at, room->size - at);
    return HL_OK;
}

/* What was ordered is what was served, where nothing else is said. Borrows from
 * the transaction. */
static void fill_served(const struct order_place *of,
                        struct order_deliver *deliver)
{
    if (deliver->unit_scheme.size == 0 && deliver->unit_id.size == 0) {
        deliver->unit_scheme = of->unit_scheme;
        deliver->unit_id = of->unit_id;
        if (deliver->item_kind == 0 && deliver->item_home.size == 0 &&
            deliver->item_inner_id.size == 0) {
            deliver->item_kind = of->item_kind;
            deliver->item_home = of->item_home;
            deliver->item_inner_id = of->item_inner_id;
        }
    }
}

/* What is allotted, copied; and what the issuer's scheme pays of a service by
 * it. */
static hl_err find_allotted(const struct ledger_writer *writer,
                            const struct order_view *view, uint64_t price_fen,
                            struct ledger_case *of, struct hl_detail *detail)
{
    HL_ASSERT(of->room_count < CASE_ROOMS);
    struct writer *expires = &of->rooms[of->room_count++];
    writer_bytes(expires, view->order.of.until);
    of->expires = writer_view(expires);
    of->limit_fen = view->order.of.hold_fen;
    struct voucher voucher;
    struct scheme scheme;
    hl_err err = ledger_terms(writer->txn, view->issuer_number, &view->order,
                              &voucher, &scheme, detail);
    struct scheme_order order = {.county = voucher.of.county,
                                 .kind = view->order.of.kind,
                                 .price_fen = price_fen};
    of->allotted_known = true;
    of->share_fen = err == HL_OK ? scheme_share_fen(&scheme, &order) : 0;
    return err;
}

/* Allotments are spent and closed, and other orders delivered. */
static hl_err decide_allotted(const struct ledger_writer *writer, uint32_t body,
                              const struct order_view *view, const void *record,
                              struct ledger_case *of, struct hl_detail *detail)
{
    const struct order_spend *spend = record;
    bool spends = body == ORDER_BODY_SPEND || body == ORDER_BODY_CLOSE;
    bool allotted = view->order.allotted != 0;
    if (spends && !allotted) {
        return ledger_refuse(detail, LEDGER_NOT_ALLOTTED,
                             "that order is no allotment: deliver it");
    }
    if (allotted && !spends && body != ORDER_BODY_DECLINE) {
        return ledger_refuse(detail, LEDGER_ALLOTTED,
                             "that is an allotment: spend of it, and close it");
    }
    of->answers_allotment = allotted;
    return body == ORDER_BODY_SPEND
               ? find_allotted(writer, view, spend->of.price_fen, of, detail)
               : HL_OK;
}

/* What the provider's half alone does not know: whether there is such an order
 * for it, and what became of it. */
static hl_err decide_answer(const struct ledger_writer *writer, uint32_t body,
                            void *record, struct ledger_cause *cause,
                            struct ledger_case *of, struct writer *room,
                            struct hl_detail *detail)
{
    /* Begins every body of the provider's. */
    struct order_answer *answer = record;
    struct order_view view;
    size_t at = room->size;
    hl_err err =
        ledger_order(writer->txn, writer->origin, &answer->key, &view, detail);
    struct bytes issuer =
        view.requested ? view.answer.issuer : answer->key.begun_at;
    bool other =
        answer->issuer.size > 0 && !bytes_equal(answer->issuer, issuer);
    if (err == HL_OK && (!(view.placed || view.requested) || other)) {
        return ledger_refuse(detail, LEDGER_NO_ORDER,
                             "no journal here placed such an order");
    }
    struct bytes provider =
        view.placed ? view.order.of.provider : view.answer.of.provider;
    if (err == HL_OK && !bytes_equal(provider, origin_node(writer->origin))) {
        return ledger_refuse(detail, LEDGER_OTHER_PROVIDER,
                             "that order is for node %.*s",
                             BYTES_ARGS(provider));
    }
    if (err != HL_OK) {
        return err;
    }
    if (!view.placed) {
        return decide_requested(body, &view, answer, room, detail);
    }
    /* Copied: the order's rows are put anew. */
    writer_bytes(room, issuer);
    answer->issuer = bytes_slice(writer_view(room), at, room->size - at);
    cite(cause, alliance_of(writer->origin), answer->issuer,
         view.order.placed_index, view.order.placed_leaf);
    if (body == ORDER_BODY_DELIVER || body == ORDER_BODY_SPEND) {
        fill_served(&view.order.of, record); /* begins both */
    }
    if (body == ORDER_BODY_ADJUST) {
        return find_owed(writer->txn, &view, of, detail);
    }
    if (view.order.resolved != 0) {
        return ledger_refuse(detail, LEDGER_RESOLVED,
                             "the issuer resolved that order: nothing is held "
                             "for it");
    }
    return decide_allotted(writer, body, &view, record, of, detail);
}

/* What is said of an order for good is said of one that stands for good. Who
 * closed an allotment that its issuer then placed anew could not close that:
 * nothing else would give it back. */
static hl_err check_sealed(const struct ledger_writer *writer,
                           const struct ledger_cause *order,
                           struct hl_detail *detail)
{
    uint64_t relied = 0;
    struct bytes issuer = origin_node(bytes_of_text(order->origin));
    hl_err err = ledger_relied(writer, issuer, &relied, detail);
    return err == HL_OK && order->index >= relied
               ? hl_fail(detail, HL_EUNSEALED,
                         "the order is not sealed yet by its keepers; try "
                         "again in a moment")
               : err;
}

static bool is_answer(uint32_t body)
{
    return body == ORDER_BODY_ACCEPT || body == ORDER_BODY_DECLINE ||
           body == ORDER_BODY_DELIVER || body == ORDER_BODY_ADJUST ||
           body == ORDER_BODY_SPEND || body == ORDER_BODY_CLOSE;
}

/* A holder is content with what he got, not with what he may get. */
static hl_err decide_confirm(const struct ledger_writer *writer,
                             const void *record, struct hl_detail *detail)
{
    const struct order_word *word = record;
    struct order_view view;
    hl_err err =
        ledger_order(writer->txn, writer->origin, &word->key, &view, detail);
    return err == HL_OK &&
                   (!view.answered || view.answer.answer != ANSWER_DELIVERED)
               ? ledger_refuse(detail, LEDGER_NOT_DELIVERED,
                               "no delivery of that order is here yet")
               : err;
}

static bool is_member(const struct ledger_writer *writer, struct bytes node)
{
    struct writer origin = {0};
    writer_bytes(&origin, alliance_of(writer->origin));
    writer_bytes(&origin, node);
    bool member = writer->member == NULL ||
                  writer->member(writer->context, writer_view(&origin));
    writer_fini(&origin);
    return member;
}

/* What is asked of nobody would be held for nothing, or wait for ever. */
static hl_err decide_asked(const struct ledger_writer *writer, uint32_t body,
                           const void *record, struct hl_detail *detail)
{
    const struct order_place *place = record;
    const struct order_allot *allot = record;
    const struct order_request *request = record;
    bool places = body != ORDER_BODY_REQUEST;
    struct bytes node = body == ORDER_BODY_PLACE   ? place->provider
                        : body == ORDER_BODY_ALLOT ? allot->provider
                                                   : request->issuer;
    return is_member(writer, node)
               ? HL_OK
               : ledger_refuse(
                     detail, places ? LEDGER_NO_PROVIDER : LEDGER_NO_ISSUER,
                     "the charter has no node %.*s that %s", BYTES_ARGS(node),
                     places ? "serves" : "issues vouchers");
}

/* --- Payments. ----------------------------------------------------------- */

/* Whether its decision may be relied on, and all approvals that it cites. */
static hl_err is_relied_on(const struct ledger_writer *writer,
                           const struct cycle *cycle, bool *out,
                           struct hl_detail *detail)
{
    struct cycle_lists lists;
    struct cycle_votes votes;
    uint64_t relied = 0;
    hl_err err = ledger_relied(writer, cycle->key.proposer, &relied, detail);
    *out = err == HL_OK && cycle->decided_index < relied;
    cycle_read(&cycle->of, &lists);
    cycle_read_votes(cycle->votes, &votes);
    for (size_t i = 0; err == HL_OK && *out && i < votes.count; i++) {
        struct bytes party = lists.places[lists.nets[i].place].node;
        err = ledger_relied(writer, party, &relied, detail);
        *out = votes.items[i].index < relied;
    }
    cycle_votes_fini(&votes);
    cycle_lists_fini(&lists);
    return err;
}

/* Both bodies begin with the transfer's key. The cycle is final, for ever. */
static hl_err find_final(const struct ledger_writer *writer,
                         const struct transfer_key *key, struct cycle *cycle,
                         struct ledger_cause *cause, struct hl_detail *detail)
{
    struct cycle_key of = {key->proposer, key->index};
    struct bytes alliance = alliance_of(writer->origin);
    enum cycle_effect effect = CYCLE_MISSING;
    bool found = false, relied = false;
    hl_err err = cycles_find(writer->txn, alliance, &of, cycle, &found, detail);
    if (err == HL_OK && !found) {
        return ledger_refuse(detail, LEDGER_NO_CYCLE,
                             "no journal here proposed such a cycle");
    }
    if (err == HL_OK) {
        err =
            cycles_effect(writer->txn, alliance, cycle, NULL, &effect, detail);
    }
    if (err == HL_OK) {
        err = is_relied_on(writer, cycle, &relied, detail);
    }
    if (err == HL_OK && cycle->state != CYCLE_FINAL) {
        return ledger_refuse(detail, LEDGER_CYCLE_UNDECIDED,
                             "that cycle is not final");
    }
    if (err == HL_OK && (effect != CYCLE_EFFECTIVE || !relied)) {
        return hl_fail(detail, HL_EUNSEALED,
                       "that cycle is not sealed as final here; try again in a "
                       "moment");
    }
    if (err == HL_OK) {
        cite(cause, alliance, key->proposer, cycle->decided_index,
             cycle->decided_leaf);
    }
    return err;
}

/* The transfer, and this node's side of it. */
static hl_err decide_payment(const struct ledger_writer *writer, uint32_t body,
                             void *record, struct ledger_cause *cause,
                             struct writer *room, struct hl_detail *detail)
{
    const struct transfer_key *key = record;
    struct payment_received *received = record;
    bool is_payer = body == PAYMENT_BODY_SENT;
    struct cycle cycle;
    struct cycle_lists lists = {0};
    hl_err err = find_final(writer, key, &cycle, cause, detail);
    if (err != HL_OK) {
        return err;
    }
    cycle_read(&cycle.of, &lists);
    if (key->transfer >= lists.transfer_count) {
        err = ledger_refuse(detail, LEDGER_NO_TRANSFER,
                            "it has %zu of them, counted from 0",
                            lists.transfer_count);
        goto out;
    }
    const struct cycle_transfer *transfer = &lists.transfers[key->transfer];
    struct bytes from = lists.places[transfer->from].node;
    struct bytes to = lists.places[transfer->to].node;
    if (!bytes_equal(is_payer ? from : to, origin_node(writer->origin))) {
        err = ledger_refuse(detail, LEDGER_OTHER_SIDE,
                            "%.*s pays that, and %.*s gets it",
                            BYTES_ARGS(from), BYTES_ARGS(to));
        goto out;
    }
    if (!is_payer) {
        size_t at = room->size;
        writer_bytes(room, from);
        struct bytes payer =
            bytes_slice(writer_view(room), at, room->size - at);
        received->payer = received->payer.size == 0 ? payer : received->payer;
        received->amount_fen = received->amount_fen == 0 ? transfer->amount_fen
                                                         : received->amount_fen;
        if (!bytes_equal(received->payer, from) ||
            received->amount_fen != transfer->amount_fen) {
            err = ledger_refuse(detail, LEDGER_PAYMENT_SUM,
                                "%.*s pays %llu fen by it", BYTES_ARGS(from),
                                (unsigned long long)transfer->amount_fen);
        }
    }
out:
    cycle_lists_fini(&lists);
    return err;
}

/* `filled` is a copy of the record, to be filled in. */
static hl_err decide(const struct ledger_writer *writer, uint32_t body,
                     void *filled, struct ledger_cause *cause,
                     struct ledger_case *of, struct writer *room,
                     struct hl_detail *detail)
{
    hl_err err = is_answer(body) ? decide_answer(writer, body, filled, cause,
                                                 of, room, detail)
                                 : HL_OK;
    if (body == PAYMENT_BODY_SENT || body == PAYMENT_BODY_RECEIVED) {
        err = decide_payment(writer, body, filled, cause, room, detail);
    }
    if (err == HL_OK && cause->has) {
        of->cause = (struct citation){bytes_of_text(cause->origin),
                                      cause->index, cause->leaf};
    }
    if (err == HL_OK) {
        err = ledger_check_of(body)(of, filled, true, detail);
    }
    if (err == HL_OK && body == ORDER_BODY_CONFIRM) {
        err = decide_confirm(writer, filled, detail);
    }
    if (err == HL_OK &&
        (body == ORDER_BODY_PLACE || body == ORDER_BODY_REQUEST ||
         body == ORDER_BODY_ALLOT)) {
        err = decide_asked(writer, body, filled, detail);
    }
    if (err == HL_OK) {
        err = exposure_allow(writer, body, filled, cause, detail);
    }
    return err == HL_OK && (body == ORDER_BODY_DELIVER || of->answers_allotment)
               ? check_sealed(writer, cause, detail)
               : err;
}

/* What was filled in may borrow from the case: the record borrows `room`. */
static void give(const struct record_type *type, const void *filled,
                 void *record, struct writer *room)
{
    struct writer copy = {0};
    record_encode(type, filled, &copy);
    size_t at = room->size;
    writer_bytes(room, writer_view(&copy));
    writer_fini(&copy);
    record_decode(type, bytes_slice(writer_view(room), at, room->size - at),
                  record);
}

hl_err ledger_decide(const struct ledger_writer *writer, uint32_t body,
                     void *record, struct ledger_cause *cause,
                     struct writer *room, struct hl_detail *detail)
{
    struct tables tables;
    union record_room filled;
    const struct record_type *type = ledger_body_type(body);
    struct ledger_case of = {
        .tables = &tables,
        .number = writer->number,
        .node = origin_node(writer->origin),
        .alliance = alliance_of(writer->origin),
        .now = writer->now,
    };
    hl_err err = tables_living(writer->txn, &tables, detail);
    if (err == HL_OK) {
        memcpy(&filled, record, type->size);
        err = decide(writer, body, &filled, cause, &of, room, detail);
    }
    if (err == HL_OK) {
        give(type, &filled, record, room);
    }
    ledger_case_fini(&of);
    return err;
}
