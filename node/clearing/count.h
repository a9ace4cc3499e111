/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLEARING_COUNT_H
#define HL_NODE_CLEARING_COUNT_H

/* What a clearing cycle counts below its cut, and what comes of it: a function
 * of the rows that stand at an index below the cut, so that every party, and
 * whoever has the journals, computes the same (design section 10). Reads a
 * snapshot in which nothing is put meanwhile; no clock, file or thread.
 * Functions return store.h's errors. */

#include "node/ledger/cycle.h"
#include "node/projection/projection.h"

enum claim_kind {
    CLAIM_OWED,      /* by an order, or back: the debtor's journal says so */
    CLAIM_SPENT,     /* of an allotment, in the creditor's journal */
    CLAIM_REPAYMENT, /* of a transfer that was paid after it was counted anew */
    CLAIM_TRANSFER,  /* of a former cycle, that was not paid in time */
};

struct claim {
    enum claim_kind kind;
    size_t journal; /* places; of a transfer the creditor's */
    uint64_t index; /* in that journal; of a transfer 0 */
    size_t debtor, creditor;
    uint64_t fen;
    struct bytes order_begun_at, order_id; /* of the first two kinds */
    struct transfer_key transfer;          /* of the others */
};

/* Told of each claim in the order in which it is hashed; borrows from the
 * snapshot. */
typedef hl_err (*claim_fn)(void *context, const struct claim *claim,
                           struct hl_detail *detail);

enum count_outcome {
    COUNT_DONE,
    COUNT_LAGS,       /* that place's journal is not here so far */
    COUNT_PAUSED,     /* it is, and cannot be read beyond `at` */
    COUNT_OTHER_ROOT, /* it is another one */
    COUNT_NO_ROOM,    /* what that place owes, or spends, is more than fits */
};

struct counting {
    struct store_txn *txn;
    struct bytes alliance; /* what stands before a node in a journal's name */
    struct cycle_lists lists; /* `places` are given, the others are made; all
                                 are the caller's */
    struct bytes day;         /* what was to be paid before it is overdue */
    struct bytes only;        /* a node: of what it owes and is owed; or none */
    claim_fn each;            /* NULL: nobody */
    void *context;

    enum count_outcome outcome;
    size_t place; /* of whose journal, unless COUNT_DONE */
    uint64_t at;
    uint64_t count, gross_fen;
    struct hl_hash digest;
};

/* All that follows is set with COUNT_DONE alone. There is no room for more than
 * INT64_MAX fen, nor for more stops than a proposal holds. */
HL_MUST_USE hl_err clearing_count(struct counting *counting,
                                  struct hl_detail *detail);

/* Whether what was counted is what that proposal says; else *field is the name
 * of what differs. */
bool clearing_agrees(const struct counting *counting,
                     const struct cycle_proposal *proposal, const char **field);

#endif
