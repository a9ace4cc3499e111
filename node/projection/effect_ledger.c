/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/effect_ledger.h"

#include <string.h>

#include "node/ledger/refusal.h"
#include "node/projection/catalogue_checks.h"
#include "node/projection/effect_cross.h"
#include "node/projection/effect_cycle.h"
#include "node/projection/effect_rows.h"
#include "node/projection/ledger.h"
#include "node/projection/row.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/origin.h"
#include "protocol/tree/merkle.h"

static hl_err post(struct ledger_work *work, struct hl_detail *detail)
{
    struct ledger_case *of = &work->of;
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && i < of->posting_count; i++) {
        of->from[i].debit_fen += of->postings[i].fen;
        of->to[i].credit_fen += of->postings[i].fen;
        err = effect_keep(work->effect, &of->from_kept[i], &of->from[i], NULL,
                          detail);
        if (err == HL_OK) {
            err = effect_keep(work->effect, &of->to_kept[i], &of->to[i], NULL,
                              detail);
        }
    }
    return err;
}

/* --- Schemes and vouchers. ----------------------------------------------- */

static hl_err put_scheme(struct ledger_work *work, const void *record,
                         struct hl_detail *detail)
{
    const struct scheme *scheme = record;
    struct ledger_case *of = &work->of;
    of->budget.version = scheme->version;
    of->budget.budget_fen = scheme->budget_fen;
    hl_err err = effect_state(work->effect, &of->scheme_kept.key, NULL, detail);
    return err == HL_OK ? effect_keep(work->effect, &of->budget_kept,
                                      &of->budget, NULL, detail)
                        : err;
}

static struct due due_of(const struct voucher *voucher)
{
    return (struct due){voucher->use_until, voucher->of.id};
}

static hl_err issue_voucher(struct ledger_work *work, const void *record,
                            struct hl_detail *detail)
{
    const struct voucher_issue *issue = record;
    struct ledger_case *of = &work->of;
    struct scheme_clocks clocks;
    scheme_clocks(&of->scheme, of->now, &clocks);
    struct voucher voucher = {
        .of = *issue,
        .use_until = bytes_of_text(clocks.use_until),
        .claim_until = bytes_of_text(clocks.claim_until),
        .issued_at_ms = (uint64_t)of->now.ms,
    };
    struct due due = due_of(&voucher);
    of->budget.issued_fen += issue->amount_fen;
    hl_err err =
        effect_keep(work->effect, &of->voucher_kept, &voucher, NULL, detail);
    if (err == HL_OK) {
        err = effect_add(work->effect, &due_record, &due, detail);
    }
    return err == HL_OK ? effect_keep(work->effect, &of->budget_kept,
                                      &of->budget, NULL, detail)
                        : err;
}

static hl_err end_voucher(struct ledger_work *work, const void *record,
                          struct hl_detail *detail)
{
    const struct voucher_ended *ended = record;
    struct ledger_case *of = &work->of;
    struct due due = due_of(&of->voucher);
    of->voucher.ended = ended->how;
    of->voucher.returned_fen += ended->amount_fen;
    of->budget.issued_fen -= ended->amount_fen;
    hl_err err = effect_keep(work->effect, &of->voucher_kept, &of->voucher,
                             &ended->reason, detail);
    if (err == HL_OK) {
        err = effect_drop(work->effect, &due_record, &due, detail);
    }
    return err == HL_OK ? effect_keep(work->effect, &of->budget_kept,
                                      &of->budget, NULL, detail)
                        : err;
}

/* --- The voucher's side of an order. ------------------------------------- */

static hl_err keep_usages(struct ledger_work *work, struct hl_detail *detail)
{
    struct ledger_case *of = &work->of;
    hl_err err = HL_OK;
    if (of->holder_kept.type != NULL) {
        err = effect_keep(work->effect, &of->holder_kept, &of->holder, NULL,
                          detail);
    }
    if (err == HL_OK && of->controller_kept.type != NULL) {
        err = effect_keep(work->effect, &of->controller_kept, &of->controller,
                          NULL, detail);
    }
    return err;
}

/* An ended voucher's row stays one. */
static hl_err keep_voucher(struct ledger_work *work, struct hl_detail *detail)
{
    struct ledger_case *of = &work->of;
    struct writer reason = {0};
    writer_bytes(&reason, of->voucher_kept.row.reason);
    struct bytes view = writer_view(&reason);
    hl_err err = effect_keep(work->effect, &of->voucher_kept, &of->voucher,
                             of->voucher.ended != 0 ? &view : NULL, detail);
    writer_fini(&reason);
    return err;
}

/* Of what was held so much is spent, and the rest free. Reads reasons that
 * borrow from the store, so it comes first. */
static hl_err free_hold(struct ledger_work *work, uint64_t spent_fen,
                        struct hl_detail *detail)
{
    struct ledger_case *of = &work->of;
    uint64_t rest = of->order.of.hold_fen - spent_fen;
    of->voucher.held_fen -= of->order.of.hold_fen;
    of->voucher.spent_fen += spent_fen;
    of->holder.used_fen -= of->holder_kept.type == NULL ? 0 : rest;
    of->controller.used_fen -= of->controller_kept.type == NULL ? 0 : rest;
    if (of->voucher.ended != 0) {
        of->voucher.returned_fen += rest;
        of->budget.issued_fen -= rest;
    }
    hl_err err = keep_voucher(work, detail);
    if (err == HL_OK) {
        err = keep_usages(work, detail);
    }
    return err == HL_OK && of->voucher.ended != 0
               ? effect_keep(work->effect, &of->budget_kept, &of->budget, NULL,
                             detail)
               : err;
}

/* --- Orders. ------------------------------------------------------------- */

static struct bytes view_of(const struct hl_hash *hash)
{
    return bytes_of(hash->bytes, HL_HASH_BYTES);
}

static hl_err keep_order(struct ledger_work *work, struct hl_detail *detail)
{
    return effect_keep_joint(work->effect, &work->of.order_kept,
                             &work->of.order, detail);
}

static hl_err cite_cause(struct ledger_work *work, struct hl_detail *detail)
{
    return effect_cite(work->effect, &work->of.order_kept, &work->of.cause,
                       detail);
}

/* Whether it is a request of the provider's that the entry answers. */
static bool answers_request(struct ledger_work *work)
{
    struct ledger_case *of = &work->of;
    bool answers = !bytes_equal(of->order.of.key.begun_at, of->node);
    if (answers) {
        of->order.request_index = of->cause.index;
        of->order.request_leaf = view_of(&of->cause.leaf);
    }
    return answers;
}

/* The voucher and its scheme were read for the hold. For an allotment no price
 * is agreed, and what is spent of it is no contract of its own. */
static hl_err count_contract(struct ledger_work *work, bool counts,
                             struct hl_detail *detail)
{
    const struct ledger_case *of = &work->of;
    return of->order.allotted != 0
               ? HL_OK
               : effect_cross_contract(work->effect, &of->order, &of->voucher,
                                       &of->scheme, counts, detail);
}

static hl_err place(struct ledger_work *work, const void *record,
                    struct hl_detail *detail)
{
    const struct order_place *place = record;
    struct ledger_case *of = &work->of;
    of->order.of = *place;
    of->order.placed_at_ms = (uint64_t)of->now.ms;
    of->order.placed_index = work->effect->index;
    of->order.placed_leaf = view_of(&work->leaf);
    bool requested = answers_request(work);
    of->voucher.held_fen += place->hold_fen;
    of->holder.used_fen += place->hold_fen;
    of->controller.used_fen += place->hold_fen;
    hl_err err = keep_voucher(work, detail);
    if (err == HL_OK) {
        err = keep_usages(work, detail);
    }
    if (err == HL_OK) {
        err = keep_order(work, detail);
    }
    if (err == HL_OK) {
        err = count_contract(work, true, detail);
    }
    return err == HL_OK && requested ? cite_cause(work, detail) : err;
}

static hl_err allot(struct ledger_work *work, const void *record,
                    struct hl_detail *detail)
{
    struct order_place placed = order_of_allot(record);
    work->of.order.allotted = 1;
    hl_err err = place(work, &placed, detail);
    return err == HL_OK
               ? effect_cross_allot(work->effect, &work->of.order, detail)
               : err;
}

static hl_err deny_hold(struct ledger_work *work, const void *record,
                        struct hl_detail *detail)
{
    const struct order_hold_deny *deny = record;
    struct order *order = &work->of.order;
    order->of.key = deny->key;
    order->of.provider = deny->provider;
    order->resolved = ORDER_DENIED;
    order->resolved_index = work->effect->index;
    order->resolved_at_ms = (uint64_t)work->of.now.ms;
    order->reason = deny->reason;
    answers_request(work);
    hl_err err = keep_order(work, detail);
    return err == HL_OK ? cite_cause(work, detail) : err;
}

/* by_word: of the provider's, which is the cause. */
static hl_err resolve_order(struct ledger_work *work, uint64_t how,
                            uint64_t fen, bool by_word,
                            struct hl_detail *detail)
{
    struct ledger_case *of = &work->of;
    of->order.resolved = how;
    of->order.resolved_index = work->effect->index;
    of->order.resolved_at_ms = (uint64_t)of->now.ms;
    of->order.captured_fen = fen;
    if (by_word) {
        of->order.cause_index = of->cause.index;
        of->order.cause_leaf = view_of(&of->cause.leaf);
    }
    hl_err err = free_hold(work, fen, detail);
    if (err == HL_OK) {
        err = keep_order(work, detail);
    }
    if (err == HL_OK && by_word) {
        err = cite_cause(work, detail);
    }
    return err == HL_OK && how != ORDER_CAPTURED
               ? count_contract(work, false, detail)
               : err;
}

static hl_err release(struct ledger_work *work, const void *record,
                      struct hl_detail *detail)
{
    const struct order_release *of = record;
    return resolve_order(work, ORDER_RELEASED, 0, of->why == RELEASE_DECLINED,
                         detail);
}

static hl_err deny(struct ledger_work *work, const void *record,
                   struct hl_detail *detail)
{
    work->of.order.reason = ((const struct order_deny *)record)->reason;
    return resolve_order(work, ORDER_DENIED, 0, true, detail);
}

static hl_err give_back(struct ledger_work *work, const void *record,
                        struct hl_detail *detail)
{
    const struct order_return *back = record;
    return resolve_order(work, ORDER_CAPTURED, back->spent_fen,
                         back->why == RETURN_CLOSED, detail);
}

/* So much more is owed, of the case's watermark. */
static hl_err owe_of(struct ledger_work *work, const struct order_key *order,
                     struct bytes debtor, struct bytes creditor, uint64_t fen,
                     struct hl_detail *detail)
{
    struct ledger_case *of = &work->of;
    struct obligation obligation = {
        .debtor = debtor,
        .creditor = creditor,
        .index = work->effect->index,
        .amount_fen = fen,
        .of = *order,
    };
    of->watermark.count++;
    of->watermark.amount_fen += fen;
    hl_err err =
        effect_add(work->effect, &obligation_record, &obligation, detail);
    return err == HL_OK ? effect_keep(work->effect, &of->watermark_kept,
                                      &of->watermark, NULL, detail)
                        : err;
}

/* By this node to the creditor. */
static hl_err owe(struct ledger_work *work, const struct order_key *order,
                  struct bytes creditor, uint64_t fen, struct hl_detail *detail)
{
    return owe_of(work, order, work->of.node, creditor, fen, detail);
}

static hl_err capture(struct ledger_work *work, const void *record,
                      struct hl_detail *detail)
{
    const struct order_capture *capture = record;
    work->of.order.resolved_price_fen = capture->price_fen;
    hl_err err =
        resolve_order(work, ORDER_CAPTURED, capture->capture_fen, true, detail);
    return err == HL_OK && capture->creditor.size > 0 &&
                   capture->capture_fen > 0
               ? owe(work, &capture->key, capture->creditor,
                     capture->capture_fen, detail)
               : err;
}

static hl_err dispute(struct ledger_work *work, const void *record,
                      struct hl_detail *detail)
{
    work->of.order.disputed = DISPUTE_OPEN;
    work->of.order.reason = ((const struct order_word *)record)->reason;
    return keep_order(work, detail);
}

/* Rules that are broken are a new matter, also where a former one is decided.
 */
static hl_err wait(struct ledger_work *work, const void *record,
                   struct hl_detail *detail)
{
    const struct order_wait *wait = record;
    struct order *order = &work->of.order;
    order->ask_until = wait->ask_until;
    order->checks = wait->checks;
    if (wait->checks != 0) {
        order->reason = order->disputed == DISPUTE_RESOLVED ? (struct bytes){0}
                                                            : order->reason;
        order->disputed = DISPUTE_OPEN;
    }
    return keep_order(work, detail);
}

static hl_err resolve_dispute(struct ledger_work *work, const void *record,
                              struct hl_detail *detail)
{
    const struct order_resolve *resolve = record;
    struct order *order = &work->of.order;
    order->disputed = DISPUTE_RESOLVED;
    order->max_fen = resolve->max_fen;
    order->reason = resolve->reason;
    return keep_order(work, detail);
}

static hl_err confirm(struct ledger_work *work, const void *record,
                      struct hl_detail *detail)
{
    (void)record;
    work->of.order.confirmed = 1;
    return keep_order(work, detail);
}

/* A decision's reason stays: a denial gives it, and must give one. */
static hl_err cancel(struct ledger_work *work, const void *record,
                     struct hl_detail *detail)
{
    struct order *order = &work->of.order;
    order->cancelled = 1;
    if (order->disputed != DISPUTE_RESOLVED) {
        order->reason = ((const struct order_word *)record)->reason;
    }
    return keep_order(work, detail);
}

static hl_err review(struct ledger_work *work, const void *record,
                     struct hl_detail *detail)
{
    work->of.order.stars = ((const struct order_review *)record)->stars;
    return keep_order(work, detail);
}

/* --- The provider's side. ------------------------------------------------ */

static hl_err request(struct ledger_work *work, const void *record,
                      struct hl_detail *detail)
{
    const struct order_request *request = record;
    struct ledger_case *of = &work->of;
    of->order.of = request->of;
    of->order.of.provider = of->node;
    if (request->of.item_kind != 0 && request->of.item_home.size == 0) {
        of->order.of.item_home = of->node;
    }
    of->order.issuer = request->issuer;
    of->order.request_index = work->effect->index;
    of->order.request_leaf = view_of(&work->leaf);
    return keep_order(work, detail);
}

static hl_err answer(struct ledger_work *work, uint64_t how,
                     struct bytes issuer, struct hl_detail *detail)
{
    struct ledger_case *of = &work->of;
    of->order.issuer = issuer;
    of->order.answer = how;
    of->order.answer_index = work->effect->index;
    of->order.answer_leaf = view_of(&work->leaf);
    of->order.answer_at_ms = (uint64_t)of->now.ms;
    if (of->cause.origin.size == 0) { /* of a request */
        return keep_order(work, detail);
    }
    of->order.order_index = of->cause.index;
    of->order.order_leaf = view_of(&of->cause.leaf);
    hl_err err = keep_order(work, detail);
    return err == HL_OK ? cite_cause(work, detail) : err;
}

static hl_err accept(struct ledger_work *work, const void *record,
                     struct hl_detail *detail)
{
    const struct order_answer *word = record;
    return answer(work, ANSWER_ACCEPTED, word->issuer, detail);
}

static hl_err decline(struct ledger_work *work, const void *record,
                      struct hl_detail *detail)
{
    const struct order_answer *word = record;
    work->of.order.answer_reason = word->reason;
    return answer(work, ANSWER_DECLINED, word->issuer, detail);
}

static hl_err keep_served(struct ledger_work *work,
                          const struct order_deliver *deliver,
                          struct hl_detail *detail)
{
    struct order *order = &work->of.order;
    order->delivered_fen = deliver->price_fen;
    order->from_ms = deliver->from_ms;
    order->until_ms = deliver->until_ms;
    order->contract = deliver->contract;
    order->report = deliver->report;
    order->invoice = deliver->invoice;
    order->served_unit_scheme = deliver->unit_scheme;
    order->served_unit_id = deliver->unit_id;
    order->served_kind = deliver->item_kind;
    order->served_home = deliver->item_home;
    order->served_inner_id = deliver->item_inner_id;
    order->quantity = deliver->quantity;
    order->invoice_key = deliver->invoice_key;
    order->invoice_print = deliver->invoice_print;
    order->former_key = deliver->former_key;
    order->former_print = deliver->former_print;
    return catalogue_checks(&work->effect->projection->tables,
                            work->effect->half->number, deliver,
                            &order->catalogue, detail);
}

static hl_err deliver(struct ledger_work *work, const void *record,
                      struct hl_detail *detail)
{
    const struct order_deliver *deliver = record;
    struct order *order = &work->of.order;
    hl_err err = keep_served(work, deliver, detail);
    if (err == HL_OK) {
        err = answer(work, ANSWER_DELIVERED, deliver->issuer, detail);
    }
    return err == HL_OK ? effect_cross_deliver(work->effect, order, detail)
                        : err;
}

static hl_err spend(struct ledger_work *work, const void *record,
                    struct hl_detail *detail)
{
    const struct order_spend *spend = record;
    struct order *order = &work->of.order;
    order->limit_fen = spend->limit_fen;
    order->expires = spend->expires;
    order->spent_fen = spend->spent_after_fen;
    hl_err err = keep_served(work, &spend->of, detail);
    if (err == HL_OK) {
        err = answer(work, ANSWER_SPENT, spend->of.issuer, detail);
    }
    if (err == HL_OK) {
        err = effect_cross_deliver(work->effect, order, detail);
    }
    return err == HL_OK ? owe_of(work, &spend->of.key, spend->of.issuer,
                                 work->of.node, spend->amount_fen, detail)
                        : err;
}

static hl_err close_allotment(struct ledger_work *work, const void *record,
                              struct hl_detail *detail)
{
    const struct order_close *close = record;
    return answer(work, ANSWER_CLOSED, close->issuer, detail);
}

static hl_err adjust(struct ledger_work *work, const void *record,
                     struct hl_detail *detail)
{
    const struct order_adjust *adjust = record;
    work->of.order.adjusted_fen += adjust->amount_fen;
    hl_err err = keep_order(work, detail);
    return err == HL_OK ? owe(work, &adjust->key, adjust->issuer,
                              adjust->amount_fen, detail)
                        : err;
}

/* --- The table. ---------------------------------------------------------- */

static const struct {
    uint32_t body;
    const struct record_type *type;
    ledger_check_fn check;
    hl_err (*apply)(struct ledger_work *work, const void *record,
                    struct hl_detail *detail);
} entries[] = {
    {SCHEME_BODY_PUT, &scheme_record, ledger_check_scheme, put_scheme},
    {VOUCHER_BODY_ISSUE, &voucher_issuing, ledger_check_issue, issue_voucher},
    {VOUCHER_BODY_END, &voucher_ending, ledger_check_end, end_voucher},
    {ORDER_BODY_PLACE, &order_placing, ledger_check_place, place},
    {ORDER_BODY_ACCEPT, &order_accepting, ledger_check_accept, accept},
    {ORDER_BODY_DECLINE, &order_declining, ledger_check_decline, decline},
    {ORDER_BODY_DELIVER, &order_delivering, ledger_check_deliver, deliver},
    {ORDER_BODY_RELEASE, &order_releasing, ledger_check_release, release},
    {ORDER_BODY_CAPTURE, &order_capturing, ledger_check_capture, capture},
    {ORDER_BODY_DENY, &order_denying, ledger_check_deny, deny},
    {ORDER_BODY_DISPUTE, &order_disputing, ledger_check_dispute, dispute},
    {ORDER_BODY_RESOLVE, &order_resolving, ledger_check_resolve,
     resolve_dispute},
    {ORDER_BODY_CONFIRM, &order_confirming, ledger_check_confirm, confirm},
    {ORDER_BODY_CANCEL, &order_cancelling, ledger_check_cancel, cancel},
    {ORDER_BODY_ADJUST, &order_adjusting, ledger_check_adjust, adjust},
    {ORDER_BODY_REVIEW, &order_reviewing, ledger_check_review, review},
    {ORDER_BODY_WAIT, &order_waiting, ledger_check_wait, wait},
    {ORDER_BODY_REQUEST, &order_requesting, ledger_check_request, request},
    {ORDER_BODY_HOLD_DENY, &order_hold_denying, ledger_check_hold_deny,
     deny_hold},
    {ORDER_BODY_ALLOT, &order_allotting, ledger_check_allot, allot},
    {ORDER_BODY_SPEND, &order_spending, ledger_check_spend, spend},
    {ORDER_BODY_CLOSE, &order_closing, ledger_check_close, close_allotment},
    {ORDER_BODY_RETURN, &order_returning, ledger_check_return, give_back},
    {CYCLE_BODY_PROPOSAL, &cycle_proposing, ledger_check_propose,
     effect_cycle_propose},
    {CYCLE_BODY_APPROVAL, &cycle_approving, ledger_check_approve,
     effect_cycle_approve},
    {CYCLE_BODY_REJECTION, &cycle_rejecting, ledger_check_reject,
     effect_cycle_reject},
    {CYCLE_BODY_FINAL, &cycle_finishing, ledger_check_final,
     effect_cycle_finish},
    {CYCLE_BODY_ABORT, &cycle_aborting, ledger_check_abort, effect_cycle_abort},
    {PAYMENT_BODY_SENT, &payment_sending, ledger_check_sent,
     effect_payment_sent},
    {PAYMENT_BODY_RECEIVED, &payment_receiving, ledger_check_received,
     effect_payment_received},
};
enum { ENTRIES = sizeof(entries) / sizeof(entries[0]) };

static size_t entry_of(uint32_t body)
{
    size_t i = 0;
    while (i < ENTRIES && entries[i].body != body) {
        i++;
    }
    return i;
}

ledger_check_fn ledger_check_of(uint32_t body)
{
    size_t i = entry_of(body);
    return i == ENTRIES ? NULL : entries[i].check;
}

const struct record_type *ledger_body_type(uint32_t body)
{
    size_t i = entry_of(body);
    return i == ENTRIES ? NULL : entries[i].type;
}

hl_err effect_ledger(struct effect *effect, const void *record,
                     struct hl_detail *detail)
{
    const struct entry *entry = effect->entry;
    size_t i = entry_of(entry_body_number(entry->body_type));
    HL_ASSERT(i < ENTRIES);
    struct hl_detail why = {0};
    union record_room room;
    memcpy(&room, record, effect->body->type->size);
    struct bytes origin = effect->half->state.origin;
    struct bytes node = origin_node(origin);
    struct ledger_work work = {
        .effect = effect,
        .of =
            {
                .tables = &effect->projection->tables,
                .number = effect->half->number,
                .node = node,
                .alliance = bytes_slice(origin, 0, origin.size - node.size),
                .now = entry->recorded_at,
                .cause = entry->cause,
            },
        .leaf = merkle_leaf(effect->raw),
    };
    if (!entry->has_cause) {
        work.of.cause.origin = (struct bytes){0};
    }
    hl_err err = entries[i].check(&work.of, &room, false, &why);
    if (ledger_is_refusal(err)) {
        err = effect_refuse(effect, "%s", why.text);
    } else if (err == HL_OK) {
        err = entries[i].apply(&work, record, detail);
        if (err == HL_OK) {
            err = post(&work, detail);
        }
    } else if (detail != NULL) {
        *detail = why;
    }
    ledger_case_fini(&work.of);
    return err;
}

/* --- Forgetting. --------------------------------------------------------- */

static hl_err uncite(const struct tables *tables, uint32_t number,
                     struct bytes alliance, struct bytes node, uint64_t index,
                     struct bytes name, struct hl_detail *detail)
{
    struct writer origin = {0};
    writer_bytes(&origin, alliance);
    writer_bytes(&origin, node);
    struct citation cause = {writer_view(&origin), index, {{0}}};
    hl_err err = joint_uncite(tables, number, &cause, name, detail);
    writer_fini(&origin);
    return err;
}

hl_err ledger_drop_row(struct projection *projection, uint32_t number,
                       struct bytes name, struct hl_detail *detail)
{
    const struct tables *tables = &projection->tables;
    struct half_state state = {0};
    struct store_key key = {0};
    struct writer copy = {0};
    struct row row;
    struct order order = {0};
    bool found = false;
    if (name.size == 0 || name.data[0] != order_record.number) {
        return effect_cycle_drop_row(projection, number, name, detail);
    }
    key_u32(&key, number);
    key_bytes(&key, name);
    hl_err err = row_get(tables, &key, number, &row, &found, detail);
    if (err == HL_EDAMAGED) {
        return HL_OK; /* what it cited is not known any more */
    }
    if (err == HL_OK && found) {
        err = half_load(tables, number, 0, &state, detail);
    }
    if (err != HL_OK || !found) {
        return err;
    }
    writer_bytes(&copy, row.record);
    size_t at = copy.size;
    writer_bytes(&copy, state.origin);
    record_decode(&order_record, bytes_slice(writer_view(&copy), 0, at),
                  &order);
    struct bytes origin =
        bytes_slice(writer_view(&copy), at, state.origin.size);
    struct bytes alliance =
        bytes_slice(origin, 0, origin.size - origin_node(origin).size);
    if (order.cause_leaf.size > 0) {
        err = uncite(tables, number, alliance, order.of.provider,
                     order.cause_index, name, detail);
    }
    bool asked = order_is_requested(&order) &&
                 !bytes_equal(order.of.key.begun_at, origin_node(origin));
    if (err == HL_OK && asked) {
        err = uncite(tables, number, alliance, order.of.provider,
                     order.request_index, name, detail);
    }
    if (err == HL_OK && order.order_leaf.size > 0) {
        err = uncite(tables, number, alliance, order.issuer, order.order_index,
                     name, detail);
    }
    writer_fini(&copy);
    return err;
}
