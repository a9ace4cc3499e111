/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_LEDGER_VOUCHER_H
#define HL_NODE_LEDGER_VOUCHER_H

/* Vouchers (heluo/v1/voucher.proto): bodies, and the rows that are kept of
 * them. Pure, any thread. */

#include "node/ledger/scheme.h"

enum {
    VOUCHER_BODY_ISSUE = 21,
    VOUCHER_BODY_END = 22,
    VOUCHER_ID_BYTES = 16,
};

struct voucher_issue {
    struct bytes id;
    struct bytes scheme;
    uint64_t scheme_version;
    struct bytes holder, controller;
    struct bytes county;
    uint64_t amount_fen;
};

struct voucher_ended {
    struct bytes id;
    uint64_t how; /* VoucherEnd */
    struct bytes reason;
    uint64_t amount_fen; /* all that is open */
};

extern const struct record_type voucher_issuing;
extern const struct record_type voucher_ending;

/* --- Rows. --------------------------------------------------------------- */

struct voucher {
    struct voucher_issue of; /* first */
    uint64_t held_fen, spent_fen, returned_fen;
    uint64_t ended; /* VoucherEnd; 0: it is not */
    struct bytes use_until, claim_until;
    uint64_t issued_at_ms;
};

struct budget {
    struct bytes scheme;
    uint64_t version;
    uint64_t budget_fen, issued_fen;
};

extern const struct record_type voucher_record;
extern const struct record_type budget_record;

/* Whether that scheme may follow; version and budget of `former` are 0 where
 * there is none. In this order:
 *
 * scheme_version       its version is not the next one.
 * budget_below_issued  its budget is less than what is issued. */
HL_MUST_USE hl_err budget_may_become(const struct budget *former,
                                     const struct scheme *next,
                                     struct hl_detail *detail);

/* What may still be held of it: 0 once it has ended. */
uint64_t voucher_open_fen(const struct voucher *voucher);

#endif
