/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SERVICE_CLEARING_CALL_H
#define HL_NODE_SERVICE_CLEARING_CALL_H

/* What the service Clearing is made of. Inside this folder. */

#include "heluo/v1/clearing.pb-c.h"
#include "node/clearing/view.h"
#include "node/service/services_internal.h"

/* "<proposer>/<index>"; the key borrows the text.
 *
 * HL_EMALFORMED */
HL_MUST_USE hl_err clearing_parse_name(const char *name, struct cycle_key *out,
                                       struct hl_detail *detail);
char *clearing_name(struct rpc_call *call, const struct cycle_key *key);

/* A snapshot, with the charter that holds; to be closed.
 *
 * HL_EUNAVAILABLE  there is no charter yet. */
struct clearing_reading {
    struct rpc_call *call;
    struct services *services;
    struct charter charter;
    struct clearing_view view;
};
HL_MUST_USE hl_err clearing_open(struct rpc_call *call,
                                 struct services *services,
                                 struct clearing_reading *out,
                                 struct hl_detail *detail);
void clearing_close(struct clearing_reading *reading);

/* A cycle as it stands; whole: with its cut, nets and transfers. Lives as long
 * as the call. */
HL_MUST_USE hl_err clearing_show(const struct clearing_reading *reading,
                                 const struct cycle *cycle, bool whole,
                                 Heluo__V1__CycleView **out,
                                 struct hl_detail *detail);

/* clearing_claims.c */
void clearing_claims(struct rpc_call *call, const ProtobufCMessage *request,
                     void *context);

#endif
