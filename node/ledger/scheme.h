/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_LEDGER_SCHEME_H
#define HL_NODE_LEDGER_SCHEME_H

/* Voucher schemes (heluo/v1/scheme.proto): the rules of an issuer as data, and
 * what they say of a voucher and of an order. Pure, any thread. */

#include "node/record/record.h"
#include "protocol/base/hl_time.h"

struct scheme {
    struct bytes id;
    uint64_t version;
    struct bytes name_zh, name_en, source;
    uint64_t budget_fen;
    struct bytes issue_from, issue_until; /* days; so below */
    uint64_t issue_unit_fen, voucher_max_fen;
    uint64_t use_days;
    struct bytes use_until;
    uint64_t claim_days;
    struct bytes claim_until;
    uint64_t payee; /* SchemePayee */
    uint64_t order_max_fen, holder_year_max_fen, controller_year_max_fen;
    uint64_t confirm_days, desk_days;
    uint64_t kinds;
    struct bytes rates, providers, partners; /* lists; see below */
    uint64_t hold_checks;                    /* node/ledger/order_check.h */
    uint64_t split_below_fen;
};

struct scheme_rate {
    struct bytes level, county;
    uint64_t kind, supplier, rate_bp, order_max_fen;
};

struct scheme_provider {
    struct bytes unit_scheme, unit_id;
};

struct scheme_partner {
    struct bytes node;
};

enum { SCHEME_BODY_PUT = 20, SCHEME_LEVELS_MAX = 8 };

/* The rule of fields that have a scheme's id. */
hl_err scheme_rule_id(struct bytes text, struct hl_detail *detail);

extern const struct record_type scheme_record;
extern const struct record_type scheme_rate_record;
extern const struct record_type scheme_provider_record;
extern const struct record_type scheme_partner_record;

/* The fields of its three lists, for record_list_init(). */
extern const struct field *const scheme_rates;
extern const struct field *const scheme_providers;
extern const struct field *const scheme_partners;

/* --- Vouchers. ----------------------------------------------------------- */

enum { DAY_TEXT_BYTES = 11 }; /* "2026-11-29" and its NUL */

struct scheme_clocks {
    char use_until[DAY_TEXT_BYTES];   /* the last day of use, */
    char claim_until[DAY_TEXT_BYTES]; /* and of a claim */
};

/* Of a voucher issued at that moment. */
void scheme_clocks(const struct scheme *scheme, struct hl_wall issued,
                   struct scheme_clocks *out);

/* Whether a voucher of that amount may be issued at that moment, the budget
 * apart. In this order:
 *
 * amount_unit   not a multiple of the issue unit, or 0.
 * amount_max    above what a voucher may be.
 * issue_closed  vouchers of this scheme are not issued yet, or no more; or
 *               would end before they began.
 *
 * Words are those of refusal.h, here and below. */
HL_MUST_USE hl_err scheme_may_issue(const struct scheme *scheme,
                                    uint64_t amount_fen, struct hl_wall now,
                                    struct hl_detail *detail);

/* --- Orders. ------------------------------------------------------------- */

struct scheme_order {
    struct bytes county; /* of the holder: six digits, or empty */
    uint64_t kind;       /* ServiceKind */
    bool local;          /* the supplier is in the issuer's region */
    uint64_t price_fen;  /* at most MONEY_MAX_FEN */
};

/* What the voucher pays of it, rounded down for each level, before what is left
 * of the voucher and of yearly bounds; 0: no rate fits. */
uint64_t scheme_share_fen(const struct scheme *scheme,
                          const struct scheme_order *order);

/* Whether such a service may be bought from that unit, at that node. In this
 * order:
 *
 * kind_excluded, partner_excluded, provider_excluded  it is not among the
 *                                                     scheme's. */
HL_MUST_USE hl_err scheme_may_buy(const struct scheme *scheme, uint64_t kind,
                                  struct bytes node, struct bytes unit_scheme,
                                  struct bytes unit_id,
                                  struct hl_detail *detail);

/* --- Days. --------------------------------------------------------------- */

/* The day in UTC+8 at that moment, and that many days after it; years beyond
 * 9999 are shown as its last day. */
void day_of(struct hl_wall wall, uint64_t after, char out[DAY_TEXT_BYTES]);
/* That moment in UTC+8, "2026-11-29 16:30:00". */
enum { DAY_TIME_BYTES = 20 };
void day_time(uint64_t ms, char out[DAY_TIME_BYTES]);
/* Of a day that rule_date() accepted. */
void day_after(struct bytes day, uint64_t after, char out[DAY_TEXT_BYTES]);

#endif
