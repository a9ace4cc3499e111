/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SERVICE_BLOB_CALL_H
#define HL_NODE_SERVICE_BLOB_CALL_H

/* What the service Blob is made of. Inside this folder. */

#include "heluo/v1/blob.pb-c.h"
#include "node/ledger/blob_entry.h"
#include "node/service/services_internal.h"

/* HL_EUNSUPPORTED  this node keeps no blobs, or has no key for them. */
HL_MUST_USE hl_err blob_check_kept(const struct services *services,
                                   struct hl_detail *detail);

/* The name of its bytes. The origin is one of this alliance's. */
struct blob_name blob_name_of(struct bytes origin, struct bytes id);

/* What that journal says of it; borrows from the transaction.
 *
 * HL_ENOTFOUND  nothing. */
HL_MUST_USE hl_err blob_find(struct store_txn *txn, struct bytes origin,
                             struct bytes id, struct row *row,
                             struct blob_put *put, struct hl_detail *detail);

/* Documents that come in pieces. */
struct blob_uploads *blob_uploads_create(void);
void blob_uploads_destroy(struct blob_uploads **uploads);

void blob_service_put(struct rpc_call *call, const ProtobufCMessage *request,
                      void *context);
void blob_service_get(struct rpc_call *call, const ProtobufCMessage *request,
                      void *context);

#endif
