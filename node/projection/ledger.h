/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_LEDGER_H
#define HL_NODE_PROJECTION_LEDGER_H

/* Vouchers, orders and accounts: what may be written, and readers. Functions
 * return store.h's errors. */

#include "node/ledger/account.h"
#include "node/ledger/order.h"
#include "node/projection/exposure.h"
#include "node/projection/home.h"
#include "node/projection/projection.h"

/* Who writes, and when. */
struct ledger_writer {
    struct store_txn *txn;
    uint32_t number;     /* of the own journal */
    struct bytes origin; /* its name */
    struct hl_wall now;
    /* Whether keepers seal that journal: what cannot be taken back waits for
     * it. NULL: none is sealed. */
    bool (*seals)(void *context, struct bytes origin);
    /* Whether that node is one to ask for something. NULL: every one is. */
    bool (*member)(void *context, struct bytes origin);
    /* Whether the charter ends that journal, and where: that stands then,
     * sealed or not. NULL: it ends none. */
    bool (*ended)(void *context, struct bytes origin, struct head *end);
    void *context;
    /* What commands may not exceed; reactors have none. */
    struct exposure_limits limits;
};

/* The entry of another's journal, or of the own, that it answers. */
struct ledger_cause {
    bool has;
    uint64_t index;
    struct hl_hash leaf;
    char origin[HL_NAME_MAX_BYTES + 1];
};

/* The type of that body's record; NULL: it is not about money. */
const struct record_type *ledger_body_type(uint32_t body);

/* Whether an entry with that body may be appended now. Fills in what was left
 * empty and follows from the ledger: a scheme's version; amounts; until;
 * begun_at; issuer. The record borrows from `room` then, which is appended to;
 * where it is refused, it is as it was. *cause is what it is to cite. The
 * record's form is the caller's to validate, before and after.
 *
 * Refusals of node/ledger/refusal.h, and:
 *
 * HL_EUNSEALED  the order is not sealed yet, or exposure_allow() says so;
 * nothing is to be remembered. */
HL_MUST_USE hl_err ledger_decide(const struct ledger_writer *writer,
                                 uint32_t body, void *record,
                                 struct ledger_cause *cause,
                                 struct writer *room, struct hl_detail *detail);

/* --- Orders. ------------------------------------------------------------- */

/* Both halves of an order, as they stand here. */
struct order_view {
    bool placed; /* the issuer's half is here: */
    bool denied; /* or it says that nothing is held */
    struct order order;
    uint32_t issuer_number; /* of its journal */
    bool requested;         /* it began at the provider's, whose half is */
    bool answered;          /* or it cites that one of the issuer's: */
    struct order answer;
    uint32_t provider_number;
};

/* In the alliance of `origin`; borrows from the transaction. */
HL_MUST_USE hl_err ledger_order(struct store_txn *txn, struct bytes origin,
                                const struct order_key *key,
                                struct order_view *out,
                                struct hl_detail *detail);

/* The same by its joint name, with what that journal's own half holds where the
 * request for it is not here; neither placed nor requested where the name is
 * another record's. */
HL_MUST_USE hl_err ledger_order_named(struct store_txn *txn,
                                      struct bytes origin, struct bytes name,
                                      struct order_view *out,
                                      struct hl_detail *detail);
/* Appends the joint name. */
void ledger_order_name(const struct order_key *key, struct writer *out);

/* Up to where entries of that node's journal may be relied upon for what cannot
 * be taken back: what is sealed; all of the own, of every journal where nothing
 * is sealed by the charter, and of one that it ends, where that is here to its
 * end. */
HL_MUST_USE hl_err ledger_relied(const struct ledger_writer *writer,
                                 struct bytes node, uint64_t *size,
                                 struct hl_detail *detail);

/* The row whose key fields `record` has; fills in the rest, which borrows from
 * the transaction. */
HL_MUST_USE hl_err ledger_find_row(struct store_txn *txn, uint32_t number,
                                   const struct record_type *type, void *record,
                                   struct row *row, bool *found,
                                   struct hl_detail *detail);

/* The voucher of an order, and its version of the scheme, of the half that
 * placed it. Both borrow from the transaction. */
HL_MUST_USE hl_err ledger_terms(struct store_txn *txn, uint32_t number,
                                const struct order *order,
                                struct voucher *voucher, struct scheme *scheme,
                                struct hl_detail *detail);

/* Vouchers of that half that may be expired at that moment, one after the
 * other: `position` is empty for the first. Borrows from the transaction. */
HL_MUST_USE hl_err ledger_next_due(struct store_txn *txn, uint32_t number,
                                   struct hl_wall now, struct writer *position,
                                   struct due *out, bool *found,
                                   struct hl_detail *detail);

#endif
