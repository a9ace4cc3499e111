/* SPDX-License-Identifier: Apache-2.0 */
#include "node/reactor/order_reactor.h"

#include <assert.h>
#include <string.h>

#include "node/ledger/refusal.h"
#include "node/projection/ledger_checks.h"
#include "node/reactor/reactor_inside.h"
#include "protocol/entry/origin.h"

bool order_reactor_concerns(struct bytes name)
{
    return name.size > 0 && name.data[0] == order_record.number;
}

/* --- Days. --------------------------------------------------------------- */

static bool is_over(const struct reactor_view *view, struct bytes day)
{
    char today[DAY_TEXT_BYTES];
    day_of(view->now, 0, today);
    return !view->facts->time_is_unsure &&
           bytes_compare(bytes_of_text(today), day) > 0;
}

/* --- The issuer. --------------------------------------------------------- */

/* What it cites of the provider's journal. */
struct word {
    struct writer origin;
    struct citation cause;
};

static void word_of(const struct reactor_view *view, struct bytes provider,
                    uint64_t index, struct bytes leaf, struct word *out)
{
    size_t alliance = view->origin.size - origin_node(view->origin).size;
    *out = (struct word){0};
    writer_bytes(&out->origin, bytes_slice(view->origin, 0, alliance));
    writer_bytes(&out->origin, provider);
    out->cause.origin = writer_view(&out->origin);
    out->cause.index = index;
    memcpy(out->cause.leaf.bytes, leaf.data, HL_HASH_BYTES);
}

static void answer_of(const struct reactor_view *view,
                      const struct order_view *order, struct word *out)
{
    word_of(view, order->order.of.provider, order->answer.answer_index,
            order->answer.answer_leaf, out);
}

static hl_err release(const struct reactor_view *view,
                      const struct order_view *order, uint64_t why,
                      struct proposal *out, struct hl_detail *detail)
{
    struct order_release body = {.key = order->order.of.key, .why = why};
    struct word word = {0};
    if (why == RELEASE_DECLINED) {
        answer_of(view, order, &word);
    }
    hl_err err = reactor_propose(view, ORDER_BODY_RELEASE, &body,
                                 why == RELEASE_DECLINED ? &word.cause : NULL,
                                 out, detail);
    writer_fini(&word.origin);
    return err;
}

/* By the provider's word. */
static hl_err resolve(const struct reactor_view *view,
                      const struct order_view *order, uint32_t body,
                      void *record, struct proposal *out,
                      struct hl_detail *detail)
{
    struct word word;
    answer_of(view, order, &word);
    hl_err err = reactor_propose(view, body, record, &word.cause, out, detail);
    writer_fini(&word.origin);
    return err;
}

/* Whether that entry of the node's may be relied upon; else it is waited for.
 */
static hl_err is_relied_at(const struct reactor_view *view, struct bytes node,
                           uint64_t index, struct proposal *out,
                           struct hl_detail *detail)
{
    uint64_t relied = 0;
    hl_err err = reactor_relied(view, node, &relied, detail);
    if (err == HL_OK && index >= relied) {
        out->waits = true;
        out->index = index;
        memcpy(out->node, node.data, node.size);
        out->node[node.size] = '\0';
    }
    return err;
}

/* The provider's word. */
static hl_err is_relied(const struct reactor_view *view,
                        const struct order_view *order, struct proposal *out,
                        struct hl_detail *detail)
{
    return is_relied_at(view, order->order.of.provider,
                        order->answer.answer_index, out, detail);
}

/* Whether a charter ends that journal: its node will serve no more. */
static bool is_ended(const struct reactor_view *view, struct bytes origin)
{
    struct head end;
    return view->facts->ended != NULL &&
           view->facts->ended(view->facts->context, origin, &end);
}

/* --- What is delivered. -------------------------------------------------- */

/* What began at the provider's desk was nobody's word but the provider's. */
static uint64_t ask_days(const struct scheme *scheme,
                         const struct order *placed)
{
    bool desk = order_is_requested(placed);
    return desk && scheme->desk_days > scheme->confirm_days
               ? scheme->desk_days
               : scheme->confirm_days;
}

/* What it says relies on the deliveries that this one collides with. */
static void see(const struct ledger_breaches *breaches, struct proposal *out)
{
    static_assert((int)PROPOSAL_SEEN_MAX == (int)LEDGER_SEEN_MAX, "room");
    out->seen_count = breaches->seen_count;
    for (size_t i = 0; i < breaches->seen_count; i++) {
        const struct ledger_cause *seen = &breaches->seen[i];
        writer_text(&out->seen_origins[i], seen->origin);
        out->seen[i] = (struct citation){writer_view(&out->seen_origins[i]),
                                         seen->index, seen->leaf};
    }
}

/* What there is to wait for; said once, as of now. Days are not counted from a
 * day that may be wrong. */
static hl_err begin_to_wait(const struct reactor_view *view,
                            const struct order_view *order, bool *waits,
                            struct proposal *out, struct hl_detail *detail)
{
    char until[DAY_TEXT_BYTES];
    struct voucher voucher;
    struct scheme scheme;
    const struct order *placed = &order->order;
    struct order_wait wait = {.key = placed->of.key};
    struct ledger_breaches breaches;
    hl_err err = ledger_terms(view->txn, view->number, placed, &voucher,
                              &scheme, detail);
    if (err != HL_OK) {
        return err;
    }
    err =
        ledger_breaches(view->txn, order, &voucher, &scheme, &breaches, detail);
    wait.checks = scheme.hold_checks & breaches.checks;
    uint64_t days = ask_days(&scheme, placed);
    if (days > 0 && placed->confirmed == 0 &&
        placed->disputed != DISPUTE_RESOLVED) {
        day_of(view->now, days, until);
        wait.ask_until = bytes_of_text(until);
    }
    *waits = wait.checks != 0 || wait.ask_until.size > 0;
    bool unsure = wait.ask_until.size > 0 && view->facts->time_is_unsure;
    if (err != HL_OK || !*waits || unsure) {
        return err;
    }
    err = resolve(view, order, ORDER_BODY_WAIT, &wait, out, detail);
    if (wait.checks != 0) {
        see(&breaches, out);
    }
    return err;
}

/* Nobody minds, or somebody decided. */
static bool is_over_waiting(const struct reactor_view *view,
                            const struct order *placed)
{
    bool content = placed->ask_until.size == 0 || placed->confirmed != 0 ||
                   placed->disputed == DISPUTE_RESOLVED ||
                   is_over(view, placed->ask_until);
    return content && placed->disputed != DISPUTE_OPEN;
}

/* A delivery that may be relied upon. */
static hl_err answer_relied(const struct reactor_view *view,
                            const struct order_view *order,
                            struct proposal *out, struct hl_detail *detail)
{
    bool waits = false;
    const struct order *placed = &order->order;
    struct order_capture capture = {.key = placed->of.key,
                                    .price_fen = order->answer.delivered_fen};
    hl_err err = order_has_waited(placed)
                     ? HL_OK
                     : begin_to_wait(view, order, &waits, out, detail);
    return err == HL_OK && !waits && is_over_waiting(view, placed)
               ? resolve(view, order, ORDER_BODY_CAPTURE, &capture, out, detail)
               : err;
}

static hl_err answer_delivery(const struct reactor_view *view,
                              const struct order_view *order,
                              struct proposal *out, struct hl_detail *detail)
{
    const struct order *placed = &order->order;
    struct order_deny deny = {.key = placed->of.key, .reason = placed->reason};
    if (placed->disputed == DISPUTE_RESOLVED && placed->max_fen == 0) {
        /* Which gives nobody anything: no seal is needed. */
        return resolve(view, order, ORDER_BODY_DENY, &deny, out, detail);
    }
    hl_err err = is_relied(view, order, out, detail);
    return err == HL_OK && !out->waits ? answer_relied(view, order, out, detail)
                                       : err;
}

/* --- Allotments. --------------------------------------------------------- */

/* What counts of what was spent is never more than the limit, whatever its
 * provider's journal claims. */
static uint64_t spent_of(const struct order_view *order)
{
    uint64_t spent = order->answered ? order->answer.spent_fen : 0;
    uint64_t limit = order->order.of.hold_fen;
    return spent < limit ? spent : limit;
}

static hl_err give_back(const struct reactor_view *view,
                        const struct order_view *order, uint64_t why,
                        struct proposal *out, struct hl_detail *detail)
{
    struct order_return back = {
        .key = order->order.of.key,
        .why = why,
        .spent_fen = spent_of(order),
    };
    return why == RETURN_CLOSED
               ? resolve(view, order, ORDER_BODY_RETURN, &back, out, detail)
               : reactor_propose(view, ORDER_BODY_RETURN, &back, NULL, out,
                                 detail);
}

static hl_err is_at_its_end(const struct reactor_view *view,
                            struct bytes provider, bool *out,
                            struct hl_detail *detail)
{
    struct word origin = {0};
    size_t alliance = view->origin.size - origin_node(view->origin).size;
    writer_bytes(&origin.origin, bytes_slice(view->origin, 0, alliance));
    writer_bytes(&origin.origin, provider);
    hl_err err =
        reactor_is_at_end(view, writer_view(&origin.origin), out, detail);
    writer_fini(&origin.origin);
    return err;
}

/* What is free of an allotment cannot be spent any more: its close is sealed,
 * and so is all before it; or a charter ends its provider's journal, and all of
 * that is here. */
static hl_err answer_allotted(const struct reactor_view *view,
                              const struct order_view *order,
                              struct proposal *out, struct hl_detail *detail)
{
    bool closed = order->answered && (order->answer.answer == ANSWER_CLOSED ||
                                      order->answer.answer == ANSWER_DECLINED);
    bool ended = false;
    hl_err err = HL_OK;
    if (closed) {
        err = is_relied(view, order, out, detail);
    }
    if (err == HL_OK && closed && !out->waits) {
        return give_back(view, order, RETURN_CLOSED, out, detail);
    }
    if (err == HL_OK && !closed) {
        err = is_at_its_end(view, order->order.of.provider, &ended, detail);
    }
    return err == HL_OK && ended
               ? give_back(view, order, RETURN_ENDED, out, detail)
               : err;
}

static hl_err answer_placed(const struct reactor_view *view,
                            const struct order_view *order,
                            struct proposal *out, struct hl_detail *detail)
{
    uint64_t answer = order->answered ? order->answer.answer : ANSWER_NONE;
    if (order->order.allotted != 0) {
        return answer_allotted(view, order, out, detail);
    }
    if (answer == ANSWER_DELIVERED) {
        return answer_delivery(view, order, out, detail);
    }
    if (answer == ANSWER_DECLINED) {
        return release(view, order, RELEASE_DECLINED, out, detail);
    }
    return is_over(view, order->order.of.until)
               ? release(view, order, RELEASE_TIMED_OUT, out, detail)
               : HL_OK;
}

/* Whether that is refused only for now: a provider that is not known yet may be
 * so by a charter that is on its way, and the clock may be wrong. */
static bool may_be_held_later(const struct reactor_view *view,
                              struct bytes provider,
                              const struct hl_detail *why)
{
    static const enum ledger_refusal by_day[] = {
        LEDGER_USE_OVER, LEDGER_UNTIL_RANGE, LEDGER_HOLDER_YEAR,
        LEDGER_CONTROLLER_YEAR};
    bool is_by_day = false;
    for (size_t i = 0; i < sizeof(by_day) / sizeof(by_day[0]); i++) {
        is_by_day = is_by_day || ledger_is_refused(why, by_day[i]);
    }
    return (is_by_day && view->facts->time_is_unsure) ||
           (ledger_is_refused(why, LEDGER_NO_PROVIDER) &&
            !is_ended(view, provider));
}

/* What a partner asks for is held, or the reason given why not. */
static hl_err answer_request(const struct reactor_view *view,
                             const struct order_view *order,
                             struct proposal *out, struct hl_detail *detail)
{
    struct hl_detail why;
    const struct order *request = &order->answer;
    struct order_place place = request->of;
    struct word word;
    place.provider = place.key.begun_at;
    word_of(view, place.provider, request->request_index, request->request_leaf,
            &word);
    hl_err err = reactor_propose_or(view, ORDER_BODY_PLACE, &place, &word.cause,
                                    out, &why, detail);
    if (err == HL_OK && !out->made && why.text[0] != '\0' &&
        !may_be_held_later(view, word.cause.origin, &why)) {
        struct order_hold_deny deny = {.key = place.key,
                                       .provider = place.provider,
                                       .reason = bytes_of_text(why.text)};
        err = reactor_propose(view, ORDER_BODY_HOLD_DENY, &deny, &word.cause,
                              out, detail);
    }
    writer_fini(&word.origin);
    return err;
}

/* --- The provider. ------------------------------------------------------- */

static hl_err answer_asked(const struct reactor_view *view,
                           const struct order_view *order, struct proposal *out,
                           struct hl_detail *detail)
{
    struct order_answer decline = {.key = order->order.of.key,
                                   .reason = order->order.reason};
    struct order_close close = {.key = order->order.of.key};
    bool cancelled = order->order.cancelled != 0;
    if (order->order.allotted != 0 &&
        (cancelled || is_over(view, order->order.of.until)) &&
        !(order->answered && order->answer.answer != ANSWER_SPENT)) {
        hl_err err = is_relied_at(view, order->order.of.key.begun_at,
                                  order->order.placed_index, out, detail);
        return err == HL_OK && !out->waits
                   ? reactor_propose(view, ORDER_BODY_CLOSE, &close, NULL, out,
                                     detail)
                   : err;
    }
    return order->order.cancelled != 0 && !order->answered
               ? reactor_propose(view, ORDER_BODY_DECLINE, &decline, NULL, out,
                                 detail)
               : HL_OK;
}

hl_err order_reactor_answer(const struct reactor_view *view, struct bytes name,
                            struct proposal *out, struct hl_detail *detail)
{
    struct order_view order;
    hl_err err =
        ledger_order_named(view->txn, view->origin, name, &order, detail);
    if (err == HL_OK && order.requested && !order.placed && !order.denied &&
        order.answer.answer == ANSWER_NONE &&
        bytes_equal(order.answer.issuer, origin_node(view->origin))) {
        return answer_request(view, &order, out, detail);
    }
    if (err != HL_OK || !order.placed || order.order.resolved != ORDER_OPEN) {
        return err;
    }
    if (order.issuer_number == view->number) {
        err = answer_placed(view, &order, out, detail);
    }
    if (err == HL_OK && !out->made &&
        bytes_equal(order.order.of.provider, origin_node(view->origin))) {
        err = answer_asked(view, &order, out, detail);
    }
    return err;
}

hl_err order_reactor_next_placed(const struct reactor_view *view,
                                 struct writer *position, struct writer *name,
                                 bool *found, struct hl_detail *detail)
{
    struct transit_query query = {.owner = view->origin, .orders = true};
    return projection_next_transit(view->txn, &query, position, name, found,
                                   detail);
}

hl_err order_reactor_next_asked(const struct reactor_view *view,
                                struct writer *position, struct writer *name,
                                bool *found, struct hl_detail *detail)
{
    struct transit_query query = {.to = view->origin, .orders = true};
    return projection_next_transit(view->txn, &query, position, name, found,
                                   detail);
}
