/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/ledger/cross.h"
#include "node/ledger/order_check.h"
#include "node/projection/half.h"
#include "node/projection/joint.h"
#include "node/projection/row.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/origin.h"

/* One order, with what each half says of it. */
struct judging {
    const struct joint_case *of;
    const struct joint_member *placing; /* NULL: nobody here placed it */
    struct order placed;
    const struct joint_member *asking; /* NULL: nobody here requested it */
    struct order request;
};

static struct bytes node_of(const struct joint_member *member)
{
    return origin_node(member->origin);
}

static void order_of(const struct judging *judging,
                     const struct joint_member *member, struct order *out)
{
    if (member == judging->placing) {
        *out = judging->placed; /* one half is both, mostly */
    } else {
        record_decode(&order_record, member->row.record, out);
    }
}

/* The journal of that node, in the alliance of a member. */
static hl_err find_journal(const struct judging *judging,
                           const struct joint_member *member, struct bytes node,
                           struct journal *journal, bool *found,
                           struct hl_detail *detail)
{
    struct writer origin = {0};
    writer_bytes(&origin,
                 bytes_slice(member->origin, 0,
                             member->origin.size - node_of(member).size));
    writer_bytes(&origin, node);
    hl_err err = journal_find(judging->of->tables->txn, writer_view(&origin),
                              journal, found, detail);
    writer_fini(&origin);
    return err;
}

/* How far that journal is applied. */
static hl_err size_of(const struct judging *judging,
                      const struct joint_member *member, struct bytes node,
                      uint64_t *size, struct hl_detail *detail)
{
    struct journal journal;
    struct half_state state = {0};
    bool found = false;
    hl_err err = find_journal(judging, member, node, &journal, &found, detail);
    if (err == HL_OK && found) {
        err = half_load(judging->of->tables, journal.number, 0, &state, detail);
    }
    *size = state.half.size;
    return err;
}

static void describe(const struct order_key *key, char *out, size_t room)
{
    int size = snprintf(out, room, "%.*s/", BYTES_ARGS(key->begun_at));
    for (size_t i = 0; i < key->id.size; i++) {
        size +=
            snprintf(out + size, room - (size_t)size, "%02x", key->id.data[i]);
    }
}

static void report(const struct judging *judging,
                   const struct joint_member *member, enum finding_kind kind,
                   uint64_t index, struct bytes other, uint64_t cited)
{
    struct writer en = {0}, zh = {0};
    char subject[128];
    struct order order;
    record_decode_key(&order_record, member->row.record, &order);
    describe(&order.of.key, subject, sizeof(subject));
    const char *en_what = "such word", *zh_what = "并无相应的答复";
    if (kind == FINDING_ANSWER_UNFOUNDED) {
        en_what = "placing";
        zh_what = "并未下此订单";
    } else if (kind == FINDING_GRANT_UNFOUNDED) {
        en_what = "such request";
        zh_what = "并未如此申请此订单";
    }
    writer_format(&en,
                  "order %s: entry %" PRIu64 " cites entry %" PRIu64
                  " of %.*s, which is no %s of it",
                  subject, index, cited, BYTES_ARGS(other), en_what);
    writer_format(&zh,
                  "订单 %s：第 %" PRIu64 " 号条目引用 %.*s 的第 %" PRIu64
                  " 号条目，但后者%s",
                  subject, index, BYTES_ARGS(other), cited, zh_what);
    writer_u8(&en, 0);
    writer_u8(&zh, 0);
    struct finding_text text = {
        .index = index,
        .subject = subject,
        .en = (const char *)en.data,
        .zh = (const char *)zh.data,
    };
    joint_report(judging->of->findings, member, kind, &text);
    writer_fini(&zh);
    writer_fini(&en);
}

/* Its voucher, in the half that placed it; `key` alone is filled in before. */
static hl_err find_voucher(const struct judging *judging,
                           struct voucher *voucher, bool *found,
                           struct hl_detail *detail)
{
    struct writer key = {0};
    struct row row;
    uint32_t number = judging->placing->row.number;
    record_key(&voucher_record, voucher, &key);
    struct store_key at = row_key(number, &voucher_record, writer_view(&key));
    writer_fini(&key);
    hl_err err = row_get(judging->of->tables, &at, number, &row, found, detail);
    if (err == HL_OK && *found) {
        record_decode(&voucher_record, row.record, voucher);
    }
    return err;
}

static void report_breach(const struct judging *judging,
                          const struct joint_member *member,
                          const struct order *answer, uint64_t checks)
{
    struct writer en = {0}, zh = {0};
    char subject[128];
    bool spent = answer->answer == ANSWER_SPENT;
    describe(&answer->of.key, subject, sizeof(subject));
    writer_format(&en,
                  "order %s, as %s by entry %" PRIu64 ", breaks: ", subject,
                  spent ? "spent" : "delivered", answer->answer_index);
    order_check_words(checks, false, &en);
    writer_format(&zh, "订单 %s 由第 %" PRIu64 " 号条目%s，不合规则：", subject,
                  answer->answer_index, spent ? "使用" : "交付");
    order_check_words(checks, true, &zh);
    writer_u8(&en, 0);
    writer_u8(&zh, 0);
    struct finding_text text = {
        .index = answer->answer_index,
        .subject = subject,
        .en = (const char *)en.data,
        .zh = (const char *)zh.data,
    };
    joint_report(judging->of->findings, member, FINDING_DELIVERY_BREAKS_RULE,
                 &text);
    writer_fini(&zh);
    writer_fini(&en);
}

/* A delivery of this very order, or a spend of this very allotment: what the
 * two halves show of it. */
static hl_err judge_delivery(const struct judging *judging,
                             const struct joint_member *member,
                             const struct order *answer,
                             struct hl_detail *detail)
{
    struct voucher voucher = {.of = {.id = judging->placed.of.voucher}};
    bool found = false;
    hl_err err = find_voucher(judging, &voucher, &found, detail);
    uint64_t checks =
        err == HL_OK && found
            ? order_check_halves(&judging->placed, answer, &voucher)
            : 0;
    if (checks != 0) {
        report_breach(judging, member, answer, checks);
    }
    return err;
}

/* Whether what a half answers was placed so. */
static bool is_founded(const struct judging *judging,
                       const struct joint_member *member,
                       const struct order *order)
{
    const struct order *placed = &judging->placed;
    bool spends = order->spent_fen > 0;
    return judging->placing != NULL &&
           (!spends ||
            (placed->allotted != 0 && order->limit_fen == placed->of.hold_fen &&
             bytes_equal(order->expires, placed->of.until))) &&
           bytes_equal(order->issuer, node_of(judging->placing)) &&
           order->order_index == placed->placed_index &&
           bytes_equal(order->order_leaf, placed->placed_leaf) &&
           bytes_equal(placed->of.provider, node_of(member));
}

/* A half that answered: the issuer's placed it so, or does not reach as far
 * here as that is cited. */
static hl_err judge_answer(const struct judging *judging,
                           const struct joint_member *member,
                           const struct order *order, struct hl_detail *detail)
{
    uint64_t size = 0;
    if (is_founded(judging, member, order)) {
        return order->answer == ANSWER_DELIVERED
                   ? judge_delivery(judging, member, order, detail)
                   : HL_OK;
    }
    hl_err err = size_of(judging, member, order->issuer, &size, detail);
    if (err == HL_OK && size > order->order_index) {
        report(judging, member, FINDING_ANSWER_UNFOUNDED, order->answer_index,
               order->issuer, order->order_index);
    }
    return err;
}

/* What counts of it. */
static uint64_t spent_of(const struct order *placed, const struct order *answer)
{
    uint64_t limit = placed->of.hold_fen;
    return answer->spent_fen < limit ? answer->spent_fen : limit;
}

static bool says(const struct order *placed, const struct order *answer)
{
    bool returned = placed->allotted != 0 && placed->resolved == ORDER_CAPTURED;
    uint64_t answered = placed->resolved == ORDER_RELEASED ? ANSWER_DECLINED
                        : returned                         ? ANSWER_CLOSED
                                                           : ANSWER_DELIVERED;
    bool same_price =
        placed->resolved != ORDER_CAPTURED ||
        (returned ? placed->captured_fen == spent_of(placed, answer)
                  : placed->resolved_price_fen == answer->delivered_fen);
    bool same_answer = answer->answer == answered ||
                       (returned && answer->answer == ANSWER_DECLINED);
    return same_price && same_answer &&
           answer->answer_index == placed->cause_index &&
           bytes_equal(answer->answer_leaf, placed->cause_leaf);
}

/* The half that placed it, where it resolved it by another's word. */
static hl_err judge_resolution(const struct judging *judging,
                               struct hl_detail *detail)
{
    const struct order *placed = &judging->placed;
    const struct joint_members *members = judging->of->members;
    uint64_t size = 0;
    if (placed->cause_leaf.size == 0) {
        return HL_OK;
    }
    for (size_t i = 0; i < members->count; i++) {
        struct order answer;
        order_of(judging, &members->items[i], &answer);
        if (bytes_equal(node_of(&members->items[i]), placed->of.provider) &&
            says(placed, &answer)) {
            return HL_OK;
        }
    }
    hl_err err =
        size_of(judging, judging->placing, placed->of.provider, &size, detail);
    if (err == HL_OK && size > placed->cause_index) {
        report(judging, judging->placing, FINDING_RESOLUTION_UNFOUNDED,
               placed->resolved_index, placed->of.provider,
               placed->cause_index);
    }
    return err;
}

/* What is held is as it was asked for. */
static bool grants(const struct order *placed, const struct order *request)
{
    const struct order_place *a = &placed->of, *b = &request->of;
    return order_same_request(placed, request) &&
           bytes_equal(a->voucher, b->voucher) &&
           bytes_equal(a->unit_scheme, b->unit_scheme) &&
           bytes_equal(a->unit_id, b->unit_id) &&
           a->item_kind == b->item_kind &&
           bytes_equal(a->item_home, b->item_home) &&
           bytes_equal(a->item_inner_id, b->item_inner_id) &&
           a->kind == b->kind && a->price_fen == b->price_fen &&
           (b->hold_fen == 0 || a->hold_fen == b->hold_fen) &&
           (b->until.size == 0 || bytes_equal(a->until, b->until));
}

/* A half that says that it answers a request: there is that one, or the journal
 * does not reach as far here as it is cited. */
static hl_err judge_grant(const struct judging *judging,
                          const struct joint_member *member,
                          const struct order *order, struct hl_detail *detail)
{
    struct bytes begun_at = order->of.key.begun_at;
    uint64_t size = 0;
    const struct order *request = &judging->request;
    bool founded =
        judging->asking != NULL &&
        bytes_equal(request->issuer, node_of(member)) &&
        (order_is_placed(order) ? grants(order, request)
                                : order_same_request(order, request));
    hl_err err =
        founded ? HL_OK : size_of(judging, member, begun_at, &size, detail);
    if (err == HL_OK && !founded && size > order->request_index) {
        uint64_t index = order_is_placed(order) ? order->placed_index
                                                : order->resolved_index;
        report(judging, member, FINDING_GRANT_UNFOUNDED, index, begun_at,
               order->request_index);
    }
    return err;
}

/* Who asked, and who placed: where it began, or whom that half asked. */
static void find_sides(struct judging *judging)
{
    const struct joint_members *members = judging->of->members;
    for (size_t i = 0; i < members->count; i++) {
        struct order order;
        record_decode(&order_record, members->items[i].row.record, &order);
        if (!bytes_equal(order.of.key.begun_at, node_of(&members->items[i]))) {
            continue;
        }
        if (order_is_placed(&order)) {
            judging->placing = &members->items[i];
            judging->placed = order;
        } else if (order_is_requested(&order)) {
            judging->asking = &members->items[i];
            judging->request = order;
        }
    }
    for (size_t i = 0; judging->asking != NULL && i < members->count; i++) {
        struct order order;
        record_decode(&order_record, members->items[i].row.record, &order);
        if (bytes_equal(judging->request.issuer, node_of(&members->items[i])) &&
            order_same_request(&order, &judging->request)) {
            judging->placing = &members->items[i];
            judging->placed = order; /* or denied */
        }
    }
}

/* Who has it open, and who is to act. */
static void set_open(const struct judging *judging,
                     const struct joint_member *owner, struct bytes to)
{
    struct record_home *home = judging->of->home;
    HL_ASSERT(to.size < sizeof(home->moving_to));
    home->moved = true;
    memcpy(home->owner, owner->origin.data, owner->origin.size);
    memcpy(home->moving_to, to.data, to.size);
}

/* A hold for a request that is not here, as its journal was cut off before it,
 * or never had it: nobody else has it open, and its day comes. */
static void set_stray_open(const struct judging *judging)
{
    const struct joint_members *members = judging->of->members;
    for (size_t i = 0; i < members->count && !judging->of->home->moved; i++) {
        struct order order;
        record_decode(&order_record, members->items[i].row.record, &order);
        if (order_is_placed(&order) && order.resolved == ORDER_OPEN) {
            set_open(judging, &members->items[i], order.of.provider);
        }
    }
}

static hl_err judge_half(const struct judging *judging,
                         const struct joint_member *member,
                         struct hl_detail *detail)
{
    struct order order;
    order_of(judging, member, &order);
    bool home = bytes_equal(order.of.key.begun_at, node_of(member));
    hl_err err = HL_OK;
    if (order.order_leaf.size > 0) {
        err = judge_answer(judging, member, &order, detail);
    }
    return err == HL_OK && !home && order_is_requested(&order)
               ? judge_grant(judging, member, &order, detail)
               : err;
}

hl_err joint_judge_order(const struct joint_case *of, struct hl_detail *detail)
{
    struct judging judging = {.of = of};
    hl_err err = HL_OK;
    find_sides(&judging);
    for (size_t i = 0; i < of->members->count && err == HL_OK; i++) {
        err = judge_half(&judging, &of->members->items[i], detail);
    }
    if (judging.placing != NULL && judging.placed.resolved == ORDER_OPEN) {
        set_open(&judging, judging.placing, judging.placed.of.provider);
    } else if (judging.placing == NULL && judging.asking != NULL &&
               judging.request.answer == ANSWER_NONE) {
        set_open(&judging, judging.asking, judging.request.issuer);
    } else {
        set_stray_open(&judging);
    }
    return err == HL_OK && judging.placing != NULL
               ? judge_resolution(&judging, detail)
               : err;
}

/* --- Spends. ------------------------------------------------------------- */

/* What the half of that number has of an order, which borrows from the store.
 */
static hl_err find_order(const struct judging *judging, uint32_t number,
                         const struct order_key *key, struct order *out,
                         bool *found, struct hl_detail *detail)
{
    struct writer bytes = {0};
    struct row row;
    *out = (struct order){.of = {.key = *key}};
    record_key(&order_record, out, &bytes);
    struct store_key at = row_key(number, &order_record, writer_view(&bytes));
    writer_fini(&bytes);
    hl_err err = row_get(judging->of->tables, &at, number, &row, found, detail);
    if (err == HL_OK && *found) {
        record_decode(&order_record, row.record, out);
    }
    return err;
}

/* The half where the order began: nobody else allots it. Fills in `placing`,
 * and what was placed. */
static hl_err find_allotting(struct judging *judging,
                             const struct joint_member *member,
                             const struct order_key *key,
                             struct joint_member *placing,
                             struct hl_detail *detail)
{
    struct journal journal;
    struct half_state state = {0};
    bool found = false;
    hl_err err =
        find_journal(judging, member, key->begun_at, &journal, &found, detail);
    if (err == HL_OK && found) {
        err = find_order(judging, journal.number, key, &judging->placed, &found,
                         detail);
    }
    if (err == HL_OK && found) {
        err = half_load(judging->of->tables, journal.number, 0, &state, detail);
    }
    if (err == HL_OK && found) {
        *placing = (struct joint_member){.origin = state.origin,
                                         .row = {.number = journal.number}};
        judging->placing = placing;
    }
    return err;
}

/* The half's row of the order is that of its newest spend, which has what is
 * the same for all of them. */
static hl_err judge_spend(const struct joint_case *of,
                          const struct joint_member *member,
                          struct hl_detail *detail)
{
    struct judging judging = {.of = of};
    struct joint_member placing;
    struct spend spend;
    struct order answer;
    bool found = false;
    record_decode(&spend_record, member->row.record, &spend);
    hl_err err = find_order(&judging, member->row.number, &spend.of, &answer,
                            &found, detail);
    if (err == HL_OK && found) {
        err = find_allotting(&judging, member, &spend.of, &placing, detail);
    }
    if (err != HL_OK || !found || !is_founded(&judging, member, &answer)) {
        return err;
    }
    spend_as_answer(&spend, &answer);
    return judge_delivery(&judging, member, &answer, detail);
}

hl_err joint_judge_spend(const struct joint_case *of, struct hl_detail *detail)
{
    hl_err err = HL_OK;
    for (size_t i = 0; i < of->members->count && err == HL_OK; i++) {
        err = judge_spend(of, &of->members->items[i], detail);
    }
    return err;
}
