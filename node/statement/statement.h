/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_STATEMENT_STATEMENT_H
#define HL_NODE_STATEMENT_STATEMENT_H

/* The statement of a clearing cycle for one node: what it owes and is owed in
 * it, to and by whom, and what it pays or gets of it. A function of what a node
 * answers about the cycle, which is checked: lines that do not sum up to the
 * net and the transfers of the cycle make no statement. The forms it takes are
 * in render.h. Pure, any thread. */

#include <stdbool.h>

#include "heluo/v1/clearing.pb-c.h"
#include "node/ledger/scheme.h"
#include "protocol/base/hl_err.h"
#include "protocol/base/hl_time.h"

struct statement_input {
    const Heluo__V1__CycleView *cycle;
    const char *alliance;
    const char *node;                        /* whose statement */
    Heluo__V1__ClearingClaim *const *claims; /* of that node, all */
    size_t claim_count;
    struct hl_wall now; /* when it is made */
};

/* What is between the node and another; gross, both ways. */
struct statement_partner {
    const char *node;
    uint64_t owed_fen; /* by the node to the partner */
    uint64_t due_fen;  /* to the node by the partner */
    uint64_t lines;
};

enum transfer_state {
    TRANSFER_NOT_FINAL, /* nobody owes it yet */
    TRANSFER_VOID,      /* nor ever will */
    TRANSFER_TO_PAY,
    TRANSFER_TO_GET,
    TRANSFER_SENT,
    TRANSFER_OVERDUE,  /* its day is over; also where it was said to be sent */
    TRANSFER_REPLACED, /* counted anew by a later cycle */
    TRANSFER_RECEIVED,
};

struct statement_transfer {
    const Heluo__V1__TransferView *view;
    const char *partner;
    bool pays; /* the node does; else it is paid */
    enum transfer_state state;
};

/* Borrows all of its input. */
struct statement {
    struct statement_input of;
    bool final;                         /* the cycle is, for ever */
    struct statement_partner *partners; /* by name */
    size_t partner_count;
    struct statement_transfer *transfers; /* the node's, by number */
    size_t transfer_count;
    uint64_t owed_fen, due_fen;  /* gross */
    uint64_t pays_fen, gets_fen; /* net; one of both is 0 */
};

/* HL_ENOTFOUND   the node has no place in the cycle.
 * HL_EMALFORMED  what was answered is no cycle, or does not agree with itself.
 * HL_ELIMIT      sums beyond 64 bits. */
HL_MUST_USE hl_err statement_make(const struct statement_input *input,
                                  struct statement *out,
                                  struct hl_detail *detail);
/* All zero is fine. */
void statement_fini(struct statement *statement);

/* Whether the debtor of the line is the node. */
bool statement_owes(const struct statement *statement,
                    const Heluo__V1__ClearingClaim *claim);

/* The name by which a transfer's payment is known at banks: at most 35
 * characters, the transfer's own name where it fits, else the first 28 hex
 * digits of its proposal's leaf and its number. */
enum { STATEMENT_PAYMENT_BYTES = 36 };
void statement_payment_name(const struct statement *statement,
                            const Heluo__V1__TransferView *transfer,
                            char out[STATEMENT_PAYMENT_BYTES]);

/* Yuan with two decimals, from fen. */
enum { STATEMENT_YUAN_BYTES = 24 };
void statement_yuan(uint64_t fen, bool below_zero,
                    char out[STATEMENT_YUAN_BYTES]);

#endif
