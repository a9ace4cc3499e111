/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_LEDGER_REFUSAL_H
#define HL_NODE_LEDGER_REFUSAL_H

/* Why the ledger does not do what it is asked: the table of refusals. Each has
 * a word that stays the same, begins the text, and is what programs compare.
 *
 * The table is in the order in which rules are checked: of several that are
 * broken the first is said. Between a check and another of this table stands
 * nothing. What a refusal is of, the function that checks it says. Pure. */

#include <stdbool.h>

#include "protocol/base/hl_err.h"

#define LEDGER_REFUSALS(X)                                                     \
    /* Schemes. */                                                             \
    X(SCHEME_VERSION, scheme_version, HL_EEXISTS)                              \
    X(BUDGET_BELOW_ISSUED, budget_below_issued, HL_ESTATE)                     \
    /* Issue. */                                                               \
    X(VOUCHER_EXISTS, voucher_exists, HL_EEXISTS)                              \
    X(NO_SCHEME, no_scheme, HL_ENOTFOUND)                                      \
    X(OTHER_VERSION, other_version, HL_ESTATE)                                 \
    X(AMOUNT_UNIT, amount_unit, HL_ESTATE)                                     \
    X(AMOUNT_MAX, amount_max, HL_ESTATE)                                       \
    X(ISSUE_CLOSED, issue_closed, HL_ESTATE)                                   \
    X(BUDGET_LEFT, budget_left, HL_ESTATE)                                     \
    /* Ends of vouchers; orders. */                                            \
    X(BEGUN_ELSEWHERE, begun_elsewhere, HL_ESTATE)                             \
    X(AT_HOME, at_home, HL_ESTATE)                                             \
    X(ORDER_EXISTS, order_exists, HL_EEXISTS)                                  \
    X(NO_VOUCHER, no_voucher, HL_ENOTFOUND)                                    \
    X(VOUCHER_ENDED, voucher_ended, HL_ESTATE)                                 \
    X(NOT_EXPIRED, not_expired, HL_ESTATE)                                     \
    X(AMOUNT_OPEN, amount_open, HL_ESTATE)                                     \
    X(USE_OVER, use_over, HL_ESTATE)                                           \
    X(UNTIL_RANGE, until_range, HL_ESTATE)                                     \
    X(NOT_AT_DESK, not_at_desk, HL_ESTATE)                                     \
    X(KIND_EXCLUDED, kind_excluded, HL_ESTATE)                                 \
    X(PARTNER_EXCLUDED, partner_excluded, HL_ESTATE)                           \
    X(PROVIDER_EXCLUDED, provider_excluded, HL_ESTATE)                         \
    X(PAYS_HOLDER, pays_holder, HL_ESTATE)                                     \
    X(NO_RATE, no_rate, HL_ESTATE)                                             \
    X(HOLD_SHARE, hold_share, HL_ESTATE)                                       \
    X(VOUCHER_LEFT, voucher_left, HL_ESTATE)                                   \
    X(HOLDER_YEAR, holder_year, HL_ESTATE)                                     \
    X(CONTROLLER_YEAR, controller_year, HL_ESTATE)                             \
    X(NO_PROVIDER, no_provider, HL_ENOTFOUND)                                  \
    X(NO_ISSUER, no_issuer, HL_ENOTFOUND)                                      \
    X(ALLOTTED_MAX, allotted_max, HL_ESTATE)                                   \
    /* What is said of an order. */                                            \
    X(NO_ORDER, no_order, HL_ENOTFOUND)                                        \
    X(OTHER_PROVIDER, other_provider, HL_ESTATE)                               \
    X(RESOLVED, resolved, HL_ESTATE)                                           \
    X(ALLOTTED, allotted, HL_ESTATE)                                           \
    X(NOT_ALLOTTED, not_allotted, HL_ESTATE)                                   \
    X(NOT_CAPTURED, not_captured, HL_ESTATE)                                   \
    X(OTHER_ORDER, other_order, HL_ESTATE)                                     \
    X(DECLINED, declined, HL_ESTATE)                                           \
    X(ACCEPTED, accepted, HL_ESTATE)                                           \
    X(DELIVERED, delivered, HL_ESTATE)                                         \
    X(NOT_ACCEPTED, not_accepted, HL_ESTATE)                                   \
    X(SERVICE_TIMES, service_times, HL_ESTATE)                                 \
    X(CLOSED, closed, HL_ESTATE)                                               \
    X(OTHER_LIMIT, other_limit, HL_ESTATE)                                     \
    X(EXPIRED, expired, HL_ESTATE)                                             \
    X(SPENT_SUM, spent_sum, HL_ESTATE)                                         \
    X(LIMIT_LEFT, limit_left, HL_ESTATE)                                       \
    X(NOTHING_OPEN, nothing_open, HL_ESTATE)                                   \
    X(WAITS, waits, HL_ESTATE)                                                 \
    X(DISPUTED, disputed, HL_ESTATE)                                           \
    X(MAX_HOLD, max_hold, HL_ESTATE)                                           \
    X(CONFIRMED, confirmed, HL_ESTATE)                                         \
    X(NOT_DELIVERED, not_delivered, HL_ESTATE)                                 \
    X(CANCELLED, cancelled, HL_ESTATE)                                         \
    X(NOT_OVER, not_over, HL_ESTATE)                                           \
    X(HOLD_SUM, hold_sum, HL_ESTATE)                                           \
    X(CAPTURE_SUM, capture_sum, HL_ESTATE)                                     \
    X(REVIEWED, reviewed, HL_ESTATE)                                           \
    X(NOTHING_OWED, nothing_owed, HL_ESTATE)                                   \
    X(ADJUST_SUM, adjust_sum, HL_ESTATE)                                       \
    /* Cycles, and payments. */                                                \
    X(CYCLE_DAY, cycle_day, HL_ESTATE)                                         \
    X(CYCLE_STANDS, cycle_open, HL_ESTATE)                                     \
    X(NO_CYCLE, no_cycle, HL_ENOTFOUND)                                        \
    X(CYCLE_DECIDED, cycle_decided, HL_ESTATE)                                 \
    X(CYCLE_ANSWERED, cycle_answered, HL_ESTATE)                               \
    X(APPROVAL_CLOSES, approval_closes, HL_ESTATE)                             \
    X(CYCLE_VOTES, cycle_votes, HL_ESTATE)                                     \
    X(CYCLE_UNDECIDED, cycle_undecided, HL_ESTATE)                             \
    X(NO_TRANSFER, no_transfer, HL_ENOTFOUND)                                  \
    X(OTHER_SIDE, other_side, HL_ESTATE)                                       \
    X(PAYMENT_SUM, payment_sum, HL_ESTATE)                                     \
    X(PAYMENT_SAID, payment_said, HL_ESTATE)                                   \
    /* Any. */                                                                 \
    X(ACCOUNT_ROOM, account_room, HL_ESTATE)

#define LEDGER_REFUSAL_ENUM(name, word, err) LEDGER_##name,
enum ledger_refusal { LEDGER_REFUSALS(LEDGER_REFUSAL_ENUM) LEDGER_REFUSAL_END };
#undef LEDGER_REFUSAL_ENUM

const char *ledger_refusal_word(enum ledger_refusal refusal);

/* Fills the detail, if there is one, with "word: text", which ends in no space;
 * returns the refusal's error. */
hl_err ledger_refuse(struct hl_detail *detail, enum ledger_refusal refusal,
                     const char *format, ...) HL_PRINTF(3, 4);

/* Whether the detail is of that refusal. */
bool ledger_is_refused(const struct hl_detail *detail,
                       enum ledger_refusal refusal);

/* Whether that is an error of a refusal, which the journal remembers. */
bool ledger_is_refusal(hl_err err);

#endif
