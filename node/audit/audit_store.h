/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_AUDIT_AUDIT_STORE_H
#define HL_NODE_AUDIT_AUDIT_STORE_H

/* A store for as long as it is looked at: what archives hold goes into it, and
 * is applied, as at a node. Its files are in TMPDIR (or /tmp), and have no name
 * there any more once it is open: however this process ends, nothing of them
 * stays. One thread. Functions return store.h's errors. */

#include "node/audit/archive_audit.h"
#include "node/projection/projection.h"

struct audit_store;

/* `bytes` of archives are to go in. */
HL_MUST_USE hl_err audit_store_open(uint64_t bytes, struct audit_store **out,
                                    struct hl_detail *detail);
void audit_store_close(struct audit_store **store); /* NULL is fine */

/* Takes what audit_read() reads, and lets archives overlap. */
struct audit_sink audit_store_sink(struct audit_store *store);

/* Puts what is sealed, when all is read; then a snapshot of it, which ends
 * before the store. */
HL_MUST_USE hl_err audit_store_finish(struct audit_store *store,
                                      const struct audit *audit,
                                      struct store_txn **snapshot,
                                      struct hl_detail *detail);

#endif
