/* SPDX-License-Identifier: Apache-2.0 */
#include "node/ledger/order.h"

#include <assert.h>

#include "heluo/v1/order.pb-c.h"
#include "heluo/v1/voucher.pb-c.h"
#include "node/catalogue/rules.h"
#include "node/catalogue/unit_id.h"
#include "protocol/base/hash.h"

enum {
    NODE_MAX_BYTES = 63,
    REASON_MAX_BYTES = 500,
    YEAR_MAX = 9999,
    COUNT_MAX = 1000000,
};

#define SAME(ours, theirs)                                                     \
    static_assert((int)(ours) == (int)HELUO__V1__##theirs, "as in "            \
                                                           "order.proto")
SAME(ORDER_CAPTURED, ORDER_RESOLVED__ORDER_RESOLVED_CAPTURED);
SAME(ORDER_RELEASED, ORDER_RESOLVED__ORDER_RESOLVED_RELEASED);
SAME(ORDER_DENIED, ORDER_RESOLVED__ORDER_RESOLVED_DENIED);
SAME(ANSWER_ACCEPTED, ORDER_ANSWER__ORDER_ANSWER_ACCEPTED);
SAME(ANSWER_DECLINED, ORDER_ANSWER__ORDER_ANSWER_DECLINED);
SAME(ANSWER_DELIVERED, ORDER_ANSWER__ORDER_ANSWER_DELIVERED);
SAME(ANSWER_SPENT, ORDER_ANSWER__ORDER_ANSWER_SPENT);
SAME(ANSWER_CLOSED, ORDER_ANSWER__ORDER_ANSWER_CLOSED);
SAME(RETURN_CLOSED, ALLOT_RETURN_WHY__ALLOT_RETURN_WHY_CLOSED);
SAME(RETURN_ENDED, ALLOT_RETURN_WHY__ALLOT_RETURN_WHY_ENDED);
SAME(DISPUTE_OPEN, ORDER_DISPUTED__ORDER_DISPUTED_OPEN);
SAME(DISPUTE_RESOLVED, ORDER_DISPUTED__ORDER_DISPUTED_RESOLVED);
SAME(RELEASE_DECLINED, HOLD_RELEASE_WHY__HOLD_RELEASE_WHY_DECLINED);
SAME(RELEASE_TIMED_OUT, HOLD_RELEASE_WHY__HOLD_RELEASE_WHY_TIMED_OUT);

#define OF(type, prefix, number_, name_, kind_, min_, max_, key_, rule_)       \
    {                                                                          \
        .number = (number_), .name = #name_, .kind = (kind_),                  \
        .offset = offsetof(struct type, prefix name_), .min = (min_),          \
        .max = (max_), .key = (key_), .validate = (rule_)                      \
    }
#define PLAIN(type, number, name, kind, min, max, rule)                        \
    OF(type, , number, name, kind, min, max, false, rule)
#define NODE(type, number, name, min)                                          \
    OF(type, , number, name, FIELD_TEXT, min, NODE_MAX_BYTES, false, rule_node)
#define ID(type, prefix, number, name, key)                                    \
    OF(type, prefix, number, name, FIELD_BYTES, VOUCHER_ID_BYTES,              \
       VOUCHER_ID_BYTES, key, NULL)
#define KEY(type, prefix)                                                      \
    OF(type, prefix, 1, begun_at, FIELD_TEXT, 1, NODE_MAX_BYTES, true,         \
       rule_home),                                                             \
        ID(type, prefix, 2, id, true)
#define FEN(type, number, name, min)                                           \
    PLAIN(type, number, name, FIELD_UINT, min, MONEY_MAX_FEN, NULL)
#define FLAG(type, number, name)                                               \
    PLAIN(type, number, name, FIELD_UINT, 0, 1, NULL)
#define TIME(type, number, name)                                               \
    PLAIN(type, number, name, FIELD_UINT, 0, INT64_MAX, NULL)
#define INDEX(type, number, name) TIME(type, number, name)
#define DIGEST(type, number, name)                                             \
    PLAIN(type, number, name, FIELD_BYTES, 0, HL_HASH_BYTES, rule_digest)
#define REASON(type, number, name, min)                                        \
    ROW_NAME(type, number, name, min, REASON_MAX_BYTES)

static hl_err rule_node(struct bytes text, struct hl_detail *detail)
{
    return text.size == 0 ? HL_OK : rule_home(text, detail);
}

static hl_err rule_day(struct bytes text, struct hl_detail *detail)
{
    return text.size == 0 ? HL_OK : rule_date(text, detail);
}

/* None, or all of it. */
static hl_err rule_digest(struct bytes bytes, struct hl_detail *detail)
{
    return bytes.size == 0 || bytes.size == HL_HASH_BYTES
               ? HL_OK
               : hl_fail(detail, HL_EMALFORMED,
                         "%zu bytes, and a SHA-256 has 32", bytes.size);
}

/* Of a request the issuer completes what is left empty. */
#define ORDERED(type, prefix, held_min, day_min, day_rule)                     \
    OF(type, prefix, 5, unit_scheme, FIELD_TEXT, 1, 16, false, NULL),          \
        OF(type, prefix, 6, unit_id, FIELD_TEXT, 1, 64, false, NULL),          \
        OF(type, prefix, 7, item_kind, FIELD_UINT, 0, 3, false, NULL),         \
        OF(type, prefix, 8, item_home, FIELD_TEXT, 0, NODE_MAX_BYTES, false,   \
           rule_node),                                                         \
        OF(type, prefix, 9, item_inner_id, FIELD_TEXT, 0, INNER_ID_MAX_BYTES,  \
           false, character_validate_line),                                    \
        OF(type, prefix, 10, kind, FIELD_UINT, 1, 6, false, NULL),             \
        OF(type, prefix, 11, price_fen, FIELD_UINT, 1, MONEY_MAX_FEN, false,   \
           NULL),                                                              \
        OF(type, prefix, 12, hold_fen, FIELD_UINT, held_min, MONEY_MAX_FEN,    \
           false, NULL),                                                       \
        OF(type, prefix, 13, until, FIELD_TEXT, day_min, 10, false, day_rule)

/* --- Bodies. ------------------------------------------------------------- */

static const struct field place_fields[] = {
    KEY(order_place, key.),
    ID(order_place, , 3, voucher, false),
    NODE(order_place, 4, provider, 1),
    ORDERED(order_place, , 1, 10, rule_date),
};

static const struct field request_fields[] = {
    KEY(order_request, of.key.),
    ID(order_request, of., 3, voucher, false),
    NODE(order_request, 4, issuer, 1),
    ORDERED(order_request, of., 0, 0, rule_day),
};

static const struct field hold_deny_fields[] = {
    KEY(order_hold_deny, key.),
    NODE(order_hold_deny, 3, provider, 1),
    REASON(order_hold_deny, 4, reason, 1),
};

static const struct field release_fields[] = {
    KEY(order_release, key.),
    PLAIN(order_release, 3, why, FIELD_UINT, 1, 2, NULL),
    FEN(order_release, 4, amount_fen, 1),
    FLAG(order_release, 5, to_budget),
};

static const struct field capture_fields[] = {
    KEY(order_capture, key.),
    FEN(order_capture, 3, price_fen, 1),
    FEN(order_capture, 4, capture_fen, 0),
    FEN(order_capture, 5, rest_fen, 0),
    FLAG(order_capture, 6, to_budget),
    NODE(order_capture, 7, creditor, 0),
};

static const struct field deny_fields[] = {
    KEY(order_deny, key.),
    REASON(order_deny, 3, reason, 1),
    FEN(order_deny, 4, amount_fen, 1),
    FLAG(order_deny, 5, to_budget),
};

static const struct field word_fields[] = {
    KEY(order_word, key.),
    REASON(order_word, 3, reason, 1),
};

static const struct field wish_fields[] = {
    KEY(order_word, key.),
    REASON(order_word, 3, reason, 0),
};

static const struct field confirm_fields[] = {KEY(order_word, key.)};

static const struct field wait_fields[] = {
    KEY(order_wait, key.),
    PLAIN(order_wait, 3, ask_until, FIELD_TEXT, 0, 10, rule_day),
    PLAIN(order_wait, 4, checks, FIELD_UINT, 0, UINT32_MAX, NULL),
};

static const struct field resolve_fields[] = {
    KEY(order_resolve, key.),
    FEN(order_resolve, 3, max_fen, 0),
    REASON(order_resolve, 4, reason, 1),
};

static const struct field review_fields[] = {
    KEY(order_review, key.),
    PLAIN(order_review, 3, stars, FIELD_UINT, 1, 5, NULL),
    ROW_TEXT(order_review, 4, text, 0, 2000),
};

static const struct field accept_fields[] = {
    KEY(order_answer, key.),
    NODE(order_answer, 3, issuer, 1),
};

static const struct field decline_fields[] = {
    KEY(order_answer, key.),
    NODE(order_answer, 3, issuer, 1),
    REASON(order_answer, 4, reason, 0),
};

#define SERVED(type, prefix)                                                   \
    KEY(type, prefix key.),                                                    \
        OF(type, prefix, 3, issuer, FIELD_TEXT, 1, NODE_MAX_BYTES, false,      \
           rule_node),                                                         \
        OF(type, prefix, 4, price_fen, FIELD_UINT, 1, MONEY_MAX_FEN, false,    \
           NULL),                                                              \
        OF(type, prefix, 5, from_ms, FIELD_UINT, 0, INT64_MAX, false, NULL),   \
        OF(type, prefix, 6, until_ms, FIELD_UINT, 0, INT64_MAX, false, NULL),  \
        OF(type, prefix, 7, contract, FIELD_BYTES, 0, HL_HASH_BYTES, false,    \
           rule_digest),                                                       \
        OF(type, prefix, 8, report, FIELD_BYTES, 0, HL_HASH_BYTES, false,      \
           rule_digest),                                                       \
        OF(type, prefix, 9, invoice, FIELD_BYTES, 0, HL_HASH_BYTES, false,     \
           rule_digest),                                                       \
        OF(type, prefix, 10, unit_scheme, FIELD_TEXT, 0, 16, false, NULL),     \
        OF(type, prefix, 11, unit_id, FIELD_TEXT, 0, 64, false, NULL),         \
        OF(type, prefix, 12, item_kind, FIELD_UINT, 0, 3, false, NULL),        \
        OF(type, prefix, 13, item_home, FIELD_TEXT, 0, NODE_MAX_BYTES, false,  \
           rule_node),                                                         \
        OF(type, prefix, 14, item_inner_id, FIELD_TEXT, 0, INNER_ID_MAX_BYTES, \
           false, character_validate_line),                                    \
        OF(type, prefix, 15, quantity, FIELD_UINT, 0, COUNT_MAX, false, NULL), \
        OF(type, prefix, 16, invoice_key, FIELD_UINT, 0, COUNT_MAX, false,     \
           NULL),                                                              \
        OF(type, prefix, 17, invoice_print, FIELD_BYTES, 0, HL_HASH_BYTES,     \
           false, rule_digest),                                                \
        OF(type, prefix, 18, former_key, FIELD_UINT, 0, COUNT_MAX, false,      \
           NULL),                                                              \
        OF(type, prefix, 19, former_print, FIELD_BYTES, 0, HL_HASH_BYTES,      \
           false, rule_digest)

static const struct field deliver_fields[] = {SERVED(order_deliver, )};

static const struct field spend_fields[] = {
    SERVED(order_spend, of.),
    FEN(order_spend, 20, amount_fen, 1),
    FEN(order_spend, 21, spent_after_fen, 1),
    FEN(order_spend, 22, limit_fen, 1),
    PLAIN(order_spend, 23, expires, FIELD_TEXT, 10, 10, rule_date),
};

static const struct field close_fields[] = {
    KEY(order_close, key.),
    NODE(order_close, 3, issuer, 1),
    FEN(order_close, 4, spent_fen, 0),
};

static const struct field allot_fields[] = {
    KEY(order_allot, key.),
    ID(order_allot, , 3, voucher, false),
    NODE(order_allot, 4, provider, 1),
    PLAIN(order_allot, 5, unit_scheme, FIELD_TEXT, 1, 16, NULL),
    PLAIN(order_allot, 6, unit_id, FIELD_TEXT, 1, 64, NULL),
    PLAIN(order_allot, 7, kind, FIELD_UINT, 1, 6, NULL),
    FEN(order_allot, 8, limit_fen, 1),
    PLAIN(order_allot, 9, expires, FIELD_TEXT, 10, 10, rule_date),
};

static const struct field return_fields[] = {
    KEY(order_return, key.),
    PLAIN(order_return, 3, why, FIELD_UINT, 1, 2, NULL),
    FEN(order_return, 4, spent_fen, 0),
    FEN(order_return, 5, rest_fen, 0),
    FLAG(order_return, 6, to_budget),
    NODE(order_return, 7, provider, 1),
};

static const struct field adjust_fields[] = {
    KEY(order_adjust, key.),
    NODE(order_adjust, 3, issuer, 1),
    FEN(order_adjust, 4, amount_fen, 1),
    REASON(order_adjust, 5, reason, 1),
};

static const struct field refused_fields[] = {
    PLAIN(command_refused, 1, asked, FIELD_UINT, 1, UINT32_MAX, NULL),
    PLAIN(command_refused, 2, error, FIELD_TEXT, 1, 32,
          character_validate_line),
    PLAIN(command_refused, 3, text, FIELD_TEXT, 1, HL_DETAIL_TEXT_BYTES - 1,
          character_validate_line),
};

static hl_err validate_item(uint64_t kind, struct bytes home,
                            struct bytes inner_id, struct hl_detail *detail)
{
    bool item = kind != 0;
    return item != (home.size > 0) || item != (inner_id.size > 0)
               ? hl_fail(detail, HL_EMALFORMED,
                         "field item_kind: what is ordered has a kind, a home "
                         "and an inner id, or none of them")
               : HL_OK;
}

static hl_err validate_place(const void *record, struct hl_detail *detail)
{
    const struct order_place *place = record;
    hl_err err = validate_item(place->item_kind, place->item_home,
                               place->item_inner_id, detail);
    return err == HL_OK
               ? unit_id_validate(place->unit_scheme, place->unit_id, detail)
               : err;
}

/* An item without a home is the requesting node's. */
static hl_err validate_request(const void *record, struct hl_detail *detail)
{
    const struct order_request *request = record;
    struct order_place place = request->of;
    if (place.item_kind != 0 && place.item_home.size == 0) {
        place.item_home = place.key.begun_at;
    }
    return validate_place(&place, detail);
}

static hl_err validate_wait(const void *record, struct hl_detail *detail)
{
    const struct order_wait *wait = record;
    return wait->ask_until.size == 0 && wait->checks == 0
               ? hl_fail(detail, HL_EMALFORMED,
                         "field checks: nothing is waited for")
               : HL_OK;
}

/* The newest key's, and a former one's beside it. */
static hl_err validate_prints(const struct order_deliver *deliver,
                              struct hl_detail *detail)
{
    bool has = deliver->invoice_key != 0, former = deliver->former_key != 0;
    return has != (deliver->invoice_print.size > 0) ||
                   former != (deliver->former_print.size > 0) ||
                   (former && deliver->former_key >= deliver->invoice_key)
               ? hl_fail(detail, HL_EMALFORMED,
                         "field invoice_key: a fingerprint has a key, and a "
                         "former one a former key")
               : HL_OK;
}

static hl_err validate_allot(const void *record, struct hl_detail *detail)
{
    const struct order_allot *allot = record;
    return unit_id_validate(allot->unit_scheme, allot->unit_id, detail);
}

/* Of a spend, too, which begins with one. */
static hl_err validate_deliver(const void *record, struct hl_detail *detail)
{
    const struct order_deliver *deliver = record;
    hl_err err = validate_item(deliver->item_kind, deliver->item_home,
                               deliver->item_inner_id, detail);
    if (err == HL_OK && deliver->until_ms < deliver->from_ms) {
        err = hl_fail(detail, HL_EMALFORMED, "field until_ms: before from_ms");
    }
    if (err == HL_OK) {
        err = validate_prints(deliver, detail);
    }
    bool unit = deliver->unit_scheme.size > 0 || deliver->unit_id.size > 0;
    if (err == HL_OK && !unit && deliver->item_kind != 0) {
        return hl_fail(detail, HL_EMALFORMED,
                       "field unit_id: an item is some unit's");
    }
    return err == HL_OK && unit ? unit_id_validate(deliver->unit_scheme,
                                                   deliver->unit_id, detail)
                                : err;
}

#define TYPE(number_, name_, struct_, fields_, schema_, validate_)             \
    {                                                                          \
        .number = (number_), .name = (name_), .size = sizeof(struct struct_),  \
        .fields = (fields_),                                                   \
        .field_count = sizeof(fields_) / sizeof((fields_)[0]),                 \
        .schema = &heluo__v1__##schema_##__descriptor, .validate = (validate_) \
    }
#define BODY(name, type, fields, schema)                                       \
    TYPE(0, name, type, fields, schema, NULL)

const struct record_type order_placing = TYPE(
    0, "order_place", order_place, place_fields, order_place, validate_place);
const struct record_type order_requesting =
    TYPE(0, "hold_request", order_request, request_fields, hold_request,
         validate_request);
const struct record_type order_hold_denying =
    BODY("hold_deny", order_hold_deny, hold_deny_fields, hold_deny);
const struct record_type order_releasing =
    BODY("hold_release", order_release, release_fields, hold_release);
const struct record_type order_capturing =
    BODY("capture", order_capture, capture_fields, capture);
const struct record_type order_denying =
    BODY("capture_deny", order_deny, deny_fields, capture_deny);
const struct record_type order_disputing =
    BODY("order_dispute", order_word, word_fields, order_dispute);
const struct record_type order_waiting = TYPE(
    0, "capture_wait", order_wait, wait_fields, capture_wait, validate_wait);
const struct record_type order_resolving =
    BODY("dispute_resolve", order_resolve, resolve_fields, dispute_resolve);
const struct record_type order_confirming =
    BODY("holder_confirm", order_word, confirm_fields, holder_confirm);
const struct record_type order_cancelling =
    BODY("order_cancel", order_word, wish_fields, order_cancel);
const struct record_type order_reviewing =
    BODY("order_review", order_review, review_fields, order_review);
const struct record_type order_accepting =
    BODY("order_accept", order_answer, accept_fields, order_accept);
const struct record_type order_declining =
    BODY("order_decline", order_answer, decline_fields, order_decline);
const struct record_type order_delivering =
    TYPE(0, "order_deliver", order_deliver, deliver_fields, order_deliver,
         validate_deliver);
const struct record_type order_adjusting =
    BODY("adjustment", order_adjust, adjust_fields, adjustment);
const struct record_type order_allotting =
    TYPE(0, "allot", order_allot, allot_fields, allot, validate_allot);
const struct record_type order_spending = TYPE(
    0, "allot_spend", order_spend, spend_fields, allot_spend, validate_deliver);
const struct record_type order_closing =
    BODY("allot_close", order_close, close_fields, allot_close);
const struct record_type order_returning =
    BODY("allot_return", order_return, return_fields, allot_return);
const struct record_type command_refusing =
    BODY("command_refused", command_refused, refused_fields, command_refused);

/* --- Rows. --------------------------------------------------------------- */

/* Bounds are those of the bodies; what one half does not have is empty. */
#define ANY_TEXT(type, prefix, number, name, max)                              \
    OF(type, prefix, number, name, FIELD_TEXT, 0, max, false, NULL)
#define ANY_BYTES(type, prefix, number, name)                                  \
    OF(type, prefix, number, name, FIELD_BYTES, 0, HL_HASH_BYTES, false, NULL)
#define ANY(type, prefix, number, name)                                        \
    OF(type, prefix, number, name, FIELD_UINT, 0, UINT64_MAX, false, NULL)

static const struct field order_fields[] = {
    KEY(order, of.key.),
    ANY_BYTES(order, of., 3, voucher),
    ANY_TEXT(order, of., 4, provider, NODE_MAX_BYTES),
    ANY_TEXT(order, of., 5, unit_scheme, 16),
    ANY_TEXT(order, of., 6, unit_id, 64),
    ANY(order, of., 7, item_kind),
    ANY_TEXT(order, of., 8, item_home, NODE_MAX_BYTES),
    ANY_TEXT(order, of., 9, item_inner_id, INNER_ID_MAX_BYTES),
    ANY(order, of., 10, kind),
    ANY(order, of., 11, price_fen),
    ANY(order, of., 12, hold_fen),
    ANY_TEXT(order, of., 13, until, 10),
    ANY(order, , 14, placed_at_ms),
    ANY(order, , 15, placed_index),
    ANY_BYTES(order, , 16, placed_leaf),
    ANY(order, , 17, resolved),
    ANY(order, , 18, resolved_index),
    ANY(order, , 19, resolved_at_ms),
    ANY(order, , 20, cause_index),
    ANY_BYTES(order, , 21, cause_leaf),
    ANY(order, , 22, captured_fen),
    ANY(order, , 23, disputed),
    ANY(order, , 24, max_fen),
    ANY(order, , 25, confirmed),
    ANY(order, , 26, cancelled),
    ANY(order, , 27, stars),
    ANY_TEXT(order, , 28, reason, REASON_MAX_BYTES),
    ANY(order, , 29, resolved_price_fen),
    ANY_TEXT(order, , 30, issuer, NODE_MAX_BYTES),
    ANY(order, , 31, answer),
    ANY(order, , 32, answer_index),
    ANY_BYTES(order, , 33, answer_leaf),
    ANY(order, , 34, answer_at_ms),
    ANY(order, , 35, order_index),
    ANY_BYTES(order, , 36, order_leaf),
    ANY(order, , 37, delivered_fen),
    ANY(order, , 38, from_ms),
    ANY(order, , 39, until_ms),
    ANY_BYTES(order, , 40, contract),
    ANY_BYTES(order, , 41, report),
    ANY_BYTES(order, , 42, invoice),
    ANY(order, , 43, adjusted_fen),
    ANY_TEXT(order, , 44, answer_reason, REASON_MAX_BYTES),
    ANY_TEXT(order, , 45, served_unit_scheme, 16),
    ANY_TEXT(order, , 46, served_unit_id, 64),
    ANY(order, , 47, served_kind),
    ANY_TEXT(order, , 48, served_home, NODE_MAX_BYTES),
    ANY_TEXT(order, , 49, served_inner_id, INNER_ID_MAX_BYTES),
    ANY(order, , 50, quantity),
    ANY(order, , 51, catalogue),
    ANY(order, , 52, invoice_key),
    ANY_BYTES(order, , 53, invoice_print),
    ANY(order, , 54, former_key),
    ANY_BYTES(order, , 55, former_print),
    ANY_TEXT(order, , 60, ask_until, 10),
    ANY(order, , 61, checks),
    ANY(order, , 62, request_index),
    ANY_BYTES(order, , 63, request_leaf),
    ANY(order, , 64, allotted),
    ANY(order, , 65, spent_fen),
    ANY(order, , 66, limit_fen),
    ANY_TEXT(order, , 67, expires, 10),
};

#define SUM(type, number, name)                                                \
    PLAIN(type, number, name, FIELD_UINT, 0, INT64_MAX, NULL)
#define NODE_KEY(type, number, name)                                           \
    OF(type, , number, name, FIELD_TEXT, 1, NODE_MAX_BYTES, true, rule_home)

static const struct field usage_fields[] = {
    OF(usage, , 1, scheme, FIELD_TEXT, 1, 40, true, NULL),
    OF(usage, , 2, year, FIELD_UINT, 1, YEAR_MAX, true, NULL),
    OF(usage, , 3, whose, FIELD_UINT, USAGE_HOLDER, USAGE_CONTROLLER, true,
       NULL),
    ID(usage, , 4, token, true),
    SUM(usage, 5, used_fen),
};

static const struct field due_fields[] = {
    OF(due, , 1, use_until, FIELD_TEXT, 10, 10, true, rule_date),
    ID(due, , 2, voucher, true),
};

static const struct field obligation_fields[] = {
    NODE_KEY(obligation, 1, debtor),
    NODE_KEY(obligation, 2, creditor),
    OF(obligation, , 3, index, FIELD_UINT, 0, INT64_MAX, true, NULL),
    FEN(obligation, 4, amount_fen, 1),
    OF(obligation, of., 5, begun_at, FIELD_TEXT, 1, NODE_MAX_BYTES, false,
       rule_home),
    ID(obligation, of., 6, id, false),
};

static const struct field watermark_fields[] = {
    NODE_KEY(watermark, 1, debtor),  NODE_KEY(watermark, 2, creditor),
    INDEX(watermark, 3, base_index), INDEX(watermark, 4, count),
    SUM(watermark, 5, amount_fen),
};

const struct record_type order_record =
    TYPE(12, "order", order, order_fields, order_row, NULL);
const struct record_type usage_record =
    TYPE(13, "usage", usage, usage_fields, usage_row, NULL);
const struct record_type due_record =
    TYPE(14, "due", due, due_fields, due_row, NULL);
const struct record_type obligation_record =
    TYPE(15, "obligation", obligation, obligation_fields, obligation_row, NULL);
const struct record_type watermark_record =
    TYPE(16, "watermark", watermark, watermark_fields, watermark_row, NULL);

bool order_is_body(uint32_t body)
{
    return (body >= ORDER_BODY_PLACE && body <= ORDER_BODY_HOLD_DENY &&
            body != LEDGER_BODY_REFUSED) ||
           (body >= ORDER_BODY_ALLOT && body <= ORDER_BODY_RETURN);
}

bool order_is_placed(const struct order *order)
{
    return order->placed_leaf.size > 0;
}

bool order_is_requested(const struct order *order)
{
    return order->request_leaf.size > 0;
}

bool order_same_request(const struct order *a, const struct order *b)
{
    return order_is_requested(a) && a->request_index == b->request_index &&
           bytes_equal(a->request_leaf, b->request_leaf);
}

bool order_has_waited(const struct order *order)
{
    return order->ask_until.size > 0 || order->checks != 0;
}

struct order_place order_of_allot(const struct order_allot *allot)
{
    return (struct order_place){
        .key = allot->key,
        .voucher = allot->voucher,
        .provider = allot->provider,
        .unit_scheme = allot->unit_scheme,
        .unit_id = allot->unit_id,
        .kind = allot->kind,
        .hold_fen = allot->limit_fen,
        .until = allot->expires,
    };
}
