/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SERVICE_LEDGER_CALL_H
#define HL_NODE_SERVICE_LEDGER_CALL_H

/* Commands about money: what Scheme, Voucher, Order and Ledger are made of.
 * Inside this folder. */

#include "heluo/v1/ledger.pb-c.h"
#include "node/projection/ledger.h"
#include "node/service/services_internal.h"

/* A command. Its type remembers what the ledger refuses. */
struct ledger_call {
    struct write_call write; /* first */
    uint32_t body;
    union record_room record; /* as asked; borrows the call's memory */
    const Heluo__V1__Party *holder, *controller; /* of an issue; or NULL */
    const struct fingerprint_invoice *invoice;   /* of a service; or NULL */
    struct hl_hash asked; /* what tells the request apart, but for those */
    /* Theirs; the writer's thread. */
    uint8_t tokens[2][VOUCHER_ID_BYTES];
};

/* Takes the message of that body, `from` (NULL: it is missing), and what stands
 * beside it; `call->write` has its call and services. What is left empty is
 * completed when the command runs; everything else has its form.
 *
 * HL_EMALFORMED, HL_ELIMIT  it has not.
 * HL_EDENIED                this is a coordinator's node. */
HL_MUST_USE hl_err ledger_call_take(struct ledger_call *call, uint32_t body,
                                    const ProtobufCMessage *from,
                                    struct bytes command_id,
                                    struct hl_detail *detail);

/* For write_command.type: with the `answer` of the one that is given. */
hl_err ledger_call_identify(struct write_command *command,
                            struct write_context *context,
                            struct hl_detail *detail);
hl_err ledger_call_run(struct write_command *command,
                       struct write_context *context, struct hl_detail *detail);
const char *ledger_call_difference(const struct write_command *command,
                                   const struct entry *former);

/* --- Invoices (order_invoice.c). ------------------------------------------ */

/* Takes the invoice of a delivery or a spend, if it has one (`from`): the body
 * to be taken in *body's place, with its fingerprints: tens of milliseconds.
 * Sets call->invoice. Both live as long as the call.
 *
 * HL_EMALFORMED  the invoice; or the node has no key.
 * HL_ECRYPTO, and store.h's. */
HL_MUST_USE hl_err order_take_invoice(struct ledger_call *call,
                                      const Heluo__V1__Invoice *from,
                                      const ProtobufCMessage **body,
                                      struct hl_detail *detail);
/* Which invoice it is, for whoever has the node's private store alone; where
 * keys change, the same. */
HL_MUST_USE hl_err order_invoice_mark(struct write_context *context,
                                      const struct fingerprint_invoice *invoice,
                                      struct hl_hash *out,
                                      struct hl_detail *detail);

/* --- Parties (party.c). -------------------------------------------------- */

/* HL_EMALFORMED, HL_ELIMIT */
HL_MUST_USE hl_err party_check(const Heluo__V1__Party *party, const char *field,
                               struct hl_detail *detail);
/* The token of that party, in the private store; made where there is none. */
HL_MUST_USE hl_err party_token(struct write_context *context,
                               const Heluo__V1__Party *party,
                               uint8_t token[VOUCHER_ID_BYTES],
                               struct hl_detail *detail);
/* What is known of the party of that token becomes what is said now, as far as
 * that says something. */
HL_MUST_USE hl_err party_keep(struct write_context *context,
                              const Heluo__V1__Party *party, struct bytes token,
                              struct hl_detail *detail);
/* Who has that token, living as long as the call; NULL: it is not known. */
HL_MUST_USE hl_err party_of_token(struct rpc_call *call, struct store_txn *txn,
                                  struct bytes token, Heluo__V1__Party **out,
                                  struct hl_detail *detail);

/* --- Views (ledger_view.c); living as long as the call. ------------------- */

struct ledger_reading {
    struct rpc_call *call;
    struct services *services;
    struct store_txn *txn;
};

HL_MUST_USE hl_err ledger_view_voucher(const struct ledger_reading *reading,
                                       struct bytes origin,
                                       const struct row *row,
                                       Heluo__V1__VoucherView **out,
                                       struct hl_detail *detail);
/* Of an order by its joint name; NULL: no half here has it. */
HL_MUST_USE hl_err ledger_view_order(const struct ledger_reading *reading,
                                     struct bytes name,
                                     Heluo__V1__OrderView **out,
                                     struct hl_detail *detail);

/* Names the blob that says who holds its voucher, where it is sealed to this
 * node and here, and the caller may open it (order_holder.c). */
HL_MUST_USE hl_err ledger_find_holder(const struct ledger_reading *reading,
                                      Heluo__V1__OrderView *view,
                                      struct hl_detail *detail);

/* The journal of a request's origin (empty: the own one).
 *
 * HL_ENOTFOUND  it is not here. */
HL_MUST_USE hl_err ledger_find_journal(const struct ledger_reading *reading,
                                       const char *origin,
                                       struct journal *journal,
                                       struct bytes *name,
                                       struct hl_detail *detail);

/* --- Handlers. ----------------------------------------------------------- */

void ledger_write(struct rpc_call *call, const ProtobufCMessage *request,
                  void *context);
void ledger_batch(struct rpc_call *call, const ProtobufCMessage *request,
                  void *context);
void ledger_balance(struct rpc_call *call, const ProtobufCMessage *request,
                    void *context);
void ledger_postings(struct rpc_call *call, const ProtobufCMessage *request,
                     void *context);
void scheme_list(struct rpc_call *call, const ProtobufCMessage *request,
                 void *context);
void voucher_get(struct rpc_call *call, const ProtobufCMessage *request,
                 void *context);
void voucher_list(struct rpc_call *call, const ProtobufCMessage *request,
                  void *context);
void voucher_watch(struct rpc_call *call, const ProtobufCMessage *request,
                   void *context);
void order_get(struct rpc_call *call, const ProtobufCMessage *request,
               void *context);
void order_list(struct rpc_call *call, const ProtobufCMessage *request,
                void *context);
void order_watch(struct rpc_call *call, const ProtobufCMessage *request,
                 void *context);

#endif
