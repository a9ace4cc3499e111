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

/* Nodes with the keys to seal to, ascending; this one is among them. */
struct blob_readers {
    size_t count;
    struct bytes nodes[HL_BLOB_READERS_MAX];
    uint8_t keys[HL_BLOB_READERS_MAX][BLOB_KEY_BYTES];
};
/* This node and those, by the charter that holds; borrows the names. For who
 * checked that this node has a key.
 *
 * HL_ELIMIT        too many.
 * HL_EUNKNOWNNODE  the charter has no such node.
 * HL_ENOKEY        it has no key of it.
 * HL_EUNSUPPORTED  this node has no partners. */
HL_MUST_USE hl_err blob_readers_find(const struct services *services,
                                     char *const *names, size_t count,
                                     struct blob_readers *out,
                                     struct hl_detail *detail);
/* As an entry has them. */
void blob_readers_write(const struct blob_readers *readers, struct writer *out);
/* blob_sealer_create() with random numbers of its own.
 *
 * HL_ECRYPTO, and its errors */
HL_MUST_USE hl_err blob_readers_seal(const struct blob_readers *readers,
                                     const struct blob_head *head,
                                     const uint8_t salt[BLOB_SALT_BYTES],
                                     struct writer *out,
                                     struct blob_sealer **sealer,
                                     struct hl_detail *detail);

/* Where blobs lie, and what opens them. */
struct blob_place {
    const struct blob_store *store;
    const struct blob_key *keys;
    size_t key_count;
};
/* Opens one of a single part: appends the document; *opener, which has the
 * head, is the caller's to destroy.
 *
 * HL_EAWAY   it is not whole yet.
 * HL_EPROOF  it is larger; and the opener's errors. */
HL_MUST_USE hl_err blob_open_single(const struct blob_place *place,
                                    const struct blob_name *name,
                                    const struct blob_seal *seal,
                                    struct blob_opener **opener,
                                    struct writer *document,
                                    struct hl_detail *detail);

void blob_service_put(struct rpc_call *call, const ProtobufCMessage *request,
                      void *context);
void blob_service_key(struct rpc_call *call, const ProtobufCMessage *request,
                      void *context);
void blob_service_get(struct rpc_call *call, const ProtobufCMessage *request,
                      void *context);

#endif
