/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_LEDGER_ORDER_H
#define HL_NODE_LEDGER_ORDER_H

/* Orders (heluo/v1/order.proto): bodies, and the rows that are kept of them.
 * Pure, any thread. */

#include "node/ledger/voucher.h"

enum {
    ORDER_BODY_PLACE = 23,
    ORDER_BODY_ACCEPT = 24,
    ORDER_BODY_DECLINE = 25,
    ORDER_BODY_DELIVER = 26,
    ORDER_BODY_RELEASE = 27,
    ORDER_BODY_CAPTURE = 28,
    ORDER_BODY_DENY = 29,
    ORDER_BODY_DISPUTE = 30,
    ORDER_BODY_RESOLVE = 31,
    ORDER_BODY_CONFIRM = 32,
    ORDER_BODY_CANCEL = 33,
    ORDER_BODY_ADJUST = 34,
    ORDER_BODY_REVIEW = 35,
    LEDGER_BODY_REFUSED = 36,
    ORDER_BODY_WAIT = 37,
    ORDER_BODY_REQUEST = 38,
    ORDER_BODY_HOLD_DENY = 39,
    ORDER_BODY_ALLOT = 42,
    ORDER_BODY_SPEND = 43,
    ORDER_BODY_CLOSE = 44,
    ORDER_BODY_RETURN = 45,
};

/* OrderResolved, OrderAnswer, OrderDisputed and HoldReleaseWhy. */
enum { ORDER_OPEN, ORDER_CAPTURED, ORDER_RELEASED, ORDER_DENIED };
enum {
    ANSWER_NONE,
    ANSWER_ACCEPTED,
    ANSWER_DECLINED,
    ANSWER_DELIVERED,
    ANSWER_SPENT,
    ANSWER_CLOSED
};
enum { DISPUTE_NONE, DISPUTE_OPEN, DISPUTE_RESOLVED };
enum { RELEASE_DECLINED = 1, RELEASE_TIMED_OUT };
enum { RETURN_CLOSED = 1, RETURN_ENDED };

/* Whether a body of that number is of an order, and begins with its key. */
bool order_is_body(uint32_t body);

/* Which order: begins every struct below. */
struct order_key {
    struct bytes begun_at; /* node */
    struct bytes id;
};

struct order_place {
    struct order_key key;
    struct bytes voucher;
    struct bytes provider; /* node */
    struct bytes unit_scheme, unit_id;
    uint64_t item_kind;
    struct bytes item_home, item_inner_id;
    uint64_t kind; /* ServiceKind */
    uint64_t price_fen, hold_fen;
    struct bytes until; /* day */
};

struct order_request {
    struct order_place of; /* of which `provider` is none of it */
    struct bytes issuer;   /* node */
};

struct order_hold_deny {
    struct order_key key;
    struct bytes provider; /* node */
    struct bytes reason;
};

struct order_release {
    struct order_key key;
    uint64_t why; /* HoldReleaseWhy */
    uint64_t amount_fen, to_budget;
};

struct order_capture {
    struct order_key key;
    uint64_t price_fen, capture_fen, rest_fen, to_budget;
    struct bytes creditor; /* node, or empty */
};

struct order_deny {
    struct order_key key;
    struct bytes reason;
    uint64_t amount_fen, to_budget;
};

/* OrderDispute, OrderCancel and, without a reason, HolderConfirm. */
struct order_word {
    struct order_key key;
    struct bytes reason;
};

struct order_wait {
    struct order_key key;
    struct bytes ask_until; /* day, or empty */
    uint64_t checks;        /* node/ledger/order_check.h */
};

struct order_resolve {
    struct order_key key;
    uint64_t max_fen;
    struct bytes reason;
};

struct order_review {
    struct order_key key;
    uint64_t stars;
    struct bytes text;
};

/* OrderAccept, without a reason, and OrderDecline. */
struct order_answer {
    struct order_key key;
    struct bytes issuer; /* node */
    struct bytes reason;
};

struct order_deliver {
    struct order_key key;
    struct bytes issuer;
    uint64_t price_fen, from_ms, until_ms;
    struct bytes contract, report, invoice;
    struct bytes unit_scheme, unit_id;
    uint64_t item_kind;
    struct bytes item_home, item_inner_id;
    uint64_t quantity;
    uint64_t invoice_key;
    struct bytes invoice_print;
    uint64_t former_key;
    struct bytes former_print;
};

struct order_allot {
    struct order_key key;
    struct bytes voucher, provider, unit_scheme, unit_id;
    uint64_t kind, limit_fen;
    struct bytes expires; /* day */
};

struct order_spend {
    struct order_deliver of; /* what was served */
    uint64_t amount_fen, spent_after_fen, limit_fen;
    struct bytes expires;
};

struct order_close {
    struct order_key key;
    struct bytes issuer;
    uint64_t spent_fen;
};

struct order_return {
    struct order_key key;
    uint64_t why; /* AllotReturnWhy */
    uint64_t spent_fen, rest_fen, to_budget;
    struct bytes provider;
};

struct order_adjust {
    struct order_key key;
    struct bytes issuer;
    uint64_t amount_fen;
    struct bytes reason;
};

struct command_refused {
    uint64_t asked; /* body type */
    struct bytes error, text;
};

extern const struct record_type order_placing;
extern const struct record_type order_requesting;
extern const struct record_type order_hold_denying;
extern const struct record_type order_releasing;
extern const struct record_type order_capturing;
extern const struct record_type order_denying;
extern const struct record_type order_disputing;
extern const struct record_type order_waiting;
extern const struct record_type order_resolving;
extern const struct record_type order_confirming;
extern const struct record_type order_cancelling;
extern const struct record_type order_reviewing;
extern const struct record_type order_accepting;
extern const struct record_type order_declining;
extern const struct record_type order_delivering;
extern const struct record_type order_adjusting;
extern const struct record_type order_allotting;
extern const struct record_type order_spending;
extern const struct record_type order_closing;
extern const struct record_type order_returning;
extern const struct record_type command_refusing;

/* --- Rows. --------------------------------------------------------------- */

struct order {
    struct order_place of; /* first */
    uint64_t placed_at_ms, placed_index;
    struct bytes placed_leaf;
    uint64_t resolved; /* OrderResolved */
    uint64_t resolved_index, resolved_at_ms;
    uint64_t cause_index;
    struct bytes cause_leaf;
    uint64_t captured_fen;
    uint64_t disputed; /* OrderDisputed */
    uint64_t max_fen, confirmed, cancelled, stars;
    struct bytes reason;
    uint64_t resolved_price_fen;

    struct bytes issuer; /* node */
    uint64_t answer;     /* OrderAnswer */
    uint64_t answer_index;
    struct bytes answer_leaf;
    uint64_t answer_at_ms, order_index;
    struct bytes order_leaf;
    uint64_t delivered_fen, from_ms, until_ms;
    struct bytes contract, report, invoice;
    uint64_t adjusted_fen;
    struct bytes answer_reason;
    struct bytes served_unit_scheme, served_unit_id;
    uint64_t served_kind;
    struct bytes served_home, served_inner_id;
    uint64_t quantity;
    uint64_t catalogue; /* checks */
    uint64_t invoice_key;
    struct bytes invoice_print;
    uint64_t former_key;
    struct bytes former_print;

    struct bytes ask_until; /* the issuer's: day, or empty */
    uint64_t checks;

    uint64_t request_index;
    struct bytes request_leaf;

    uint64_t allotted;
    uint64_t spent_fen, limit_fen;
    struct bytes expires;
};

extern const struct record_type order_record;

/* Whether that half placed it. */
bool order_is_placed(const struct order *order);
/* Whether it began by a request: the provider's half made that, the issuer's
 * answered it. */
bool order_is_requested(const struct order *order);
/* Whether both are of one request. */
bool order_same_request(const struct order *a, const struct order *b);
/* An allotment as an order that is placed, and no price is agreed. */
struct order_place order_of_allot(const struct order_allot *allot);
/* Whether its half said that its delivery waits, and for what. */
bool order_has_waited(const struct order *order);

struct usage {
    struct bytes scheme;
    uint64_t year, whose;
    struct bytes token;
    uint64_t used_fen;
};
enum { USAGE_HOLDER = 1, USAGE_CONTROLLER = 2 };

struct due {
    struct bytes use_until, voucher;
};

struct obligation {
    struct bytes debtor, creditor; /* nodes */
    uint64_t index;
    uint64_t amount_fen;
    struct order_key of;
};

struct watermark {
    struct bytes debtor, creditor;
    uint64_t base_index, count, amount_fen;
};

extern const struct record_type usage_record;
extern const struct record_type due_record;
extern const struct record_type obligation_record;
extern const struct record_type watermark_record;

#endif
