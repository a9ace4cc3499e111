/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_LEDGER_CASE_H
#define HL_NODE_PROJECTION_LEDGER_CASE_H

/* One entry about money, and what it is judged by: the rows of its own half.
 * The same checks decide whether it is written and whether it is valid. Inside
 * this folder. Functions return store.h's errors, and refusals in the order of
 * node/ledger/refusal.h. */

#include "node/ledger/account.h"
#include "node/ledger/cycle.h"
#include "node/ledger/order.h"
#include "node/ledger/posting.h"
#include "node/projection/projection.h"
#include "node/projection/tables.h"

/* A row with its key. */
struct kept {
    const struct record_type *type;
    struct store_key key;
    struct row row; /* its texts borrow from the store until the next put */
    bool found;
};

enum { CASE_ROOMS = 12 };

struct ledger_case {
    const struct tables *tables;
    uint32_t number;       /* of the half */
    struct bytes node;     /* whose it is, */
    struct bytes alliance; /* and what stands before it in its name */
    struct hl_wall now;    /* recorded_at of the entry */
    struct citation cause; /* no origin: there is none */
    /* Of an adjustment, where more than the own half is looked at: what the
     * issuer owes for that order. */
    bool owed_known;
    uint64_t owed_fen;
    /* Of an answer, likewise: what it answers is an allotment. */
    bool answers_allotment;
    /* Of a spend, where more is looked at: what the issuer's scheme pays, and
     * what it allotted, up to which day. */
    bool allotted_known;
    uint64_t share_fen, limit_fen;
    struct bytes expires;

    /* What was read, copied; see each check. */
    struct order order;
    struct voucher voucher;
    struct scheme scheme;
    struct budget budget;
    struct usage holder, controller;
    struct watermark watermark;
    struct kept order_kept, voucher_kept, budget_kept, scheme_kept;
    struct kept holder_kept, controller_kept, watermark_kept;
    struct cycle cycle;
    struct cycle_standing standing;
    struct transfer transfer;
    struct kept cycle_kept, standing_kept, transfer_kept;
    /* Each posting's two accounts. */
    struct posting postings[POSTINGS_MAX];
    struct account from[POSTINGS_MAX], to[POSTINGS_MAX];
    struct kept from_kept[POSTINGS_MAX], to_kept[POSTINGS_MAX];
    size_t posting_count;

    struct writer rooms[CASE_ROOMS]; /* what the copies borrow */
    size_t room_count;
};

void ledger_case_fini(struct ledger_case *of);

/* Reads the row whose key fields `record` has, and fills in the rest, copied.
 */
HL_MUST_USE hl_err ledger_find(struct ledger_case *of,
                               const struct record_type *type, void *record,
                               struct kept *out, struct hl_detail *detail);

/* The checks. `record` is of the body's type; `fill`: fields that were left
 * empty are filled in first, as far as the half says them. All rows that the
 * entry changes are in the case afterwards, as they were. */
typedef hl_err (*ledger_check_fn)(struct ledger_case *of, void *record,
                                  bool fill, struct hl_detail *detail);

hl_err ledger_check_scheme(struct ledger_case *of, void *record, bool fill,
                           struct hl_detail *detail);
hl_err ledger_check_issue(struct ledger_case *of, void *record, bool fill,
                          struct hl_detail *detail);
hl_err ledger_check_end(struct ledger_case *of, void *record, bool fill,
                        struct hl_detail *detail);
hl_err ledger_check_place(struct ledger_case *of, void *record, bool fill,
                          struct hl_detail *detail);
hl_err ledger_check_request(struct ledger_case *of, void *record, bool fill,
                            struct hl_detail *detail);
hl_err ledger_check_hold_deny(struct ledger_case *of, void *record, bool fill,
                              struct hl_detail *detail);
hl_err ledger_check_release(struct ledger_case *of, void *record, bool fill,
                            struct hl_detail *detail);
hl_err ledger_check_capture(struct ledger_case *of, void *record, bool fill,
                            struct hl_detail *detail);
hl_err ledger_check_deny(struct ledger_case *of, void *record, bool fill,
                         struct hl_detail *detail);
hl_err ledger_check_wait(struct ledger_case *of, void *record, bool fill,
                         struct hl_detail *detail);
hl_err ledger_check_dispute(struct ledger_case *of, void *record, bool fill,
                            struct hl_detail *detail);
hl_err ledger_check_resolve(struct ledger_case *of, void *record, bool fill,
                            struct hl_detail *detail);
hl_err ledger_check_confirm(struct ledger_case *of, void *record, bool fill,
                            struct hl_detail *detail);
hl_err ledger_check_cancel(struct ledger_case *of, void *record, bool fill,
                           struct hl_detail *detail);
hl_err ledger_check_review(struct ledger_case *of, void *record, bool fill,
                           struct hl_detail *detail);
hl_err ledger_check_accept(struct ledger_case *of, void *record, bool fill,
                           struct hl_detail *detail);
hl_err ledger_check_decline(struct ledger_case *of, void *record, bool fill,
                            struct hl_detail *detail);
hl_err ledger_check_deliver(struct ledger_case *of, void *record, bool fill,
                            struct hl_detail *detail);
hl_err ledger_check_allot(struct ledger_case *of, void *record, bool fill,
                          struct hl_detail *detail);
hl_err ledger_check_return(struct ledger_case *of, void *record, bool fill,
                           struct hl_detail *detail);
hl_err ledger_check_spend(struct ledger_case *of, void *record, bool fill,
                          struct hl_detail *detail);
hl_err ledger_check_close(struct ledger_case *of, void *record, bool fill,
                          struct hl_detail *detail);
hl_err ledger_check_adjust(struct ledger_case *of, void *record, bool fill,
                           struct hl_detail *detail);

hl_err ledger_check_propose(struct ledger_case *of, void *record, bool fill,
                            struct hl_detail *detail);
hl_err ledger_check_approve(struct ledger_case *of, void *record, bool fill,
                            struct hl_detail *detail);
hl_err ledger_check_reject(struct ledger_case *of, void *record, bool fill,
                           struct hl_detail *detail);
hl_err ledger_check_final(struct ledger_case *of, void *record, bool fill,
                          struct hl_detail *detail);
hl_err ledger_check_abort(struct ledger_case *of, void *record, bool fill,
                          struct hl_detail *detail);
hl_err ledger_check_sent(struct ledger_case *of, void *record, bool fill,
                         struct hl_detail *detail);
hl_err ledger_check_received(struct ledger_case *of, void *record, bool fill,
                             struct hl_detail *detail);

/* The year in UTC+8. */
uint64_t ledger_year(struct hl_wall wall);

/* What an order's scheme pays of that price, of the case's order. */
uint64_t ledger_share_fen(const struct ledger_case *of, uint64_t price_fen);

#endif
