/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SERVICE_KEY_CLAIMS_H
#define HL_NODE_SERVICE_KEY_CLAIMS_H

/* What journals say of the alliance's key of fingerprints: which blobs are
 * which version of it. Only coordinators' nodes are heard, and of two that
 * state one version the lowest (origin, index) counts: the same at every node
 * that has those journals and that charter. Inside this folder. */

#include "certs/charter/charter.h"
#include "node/blob/blob_store.h"
#include "node/store/store.h"

/* Who makes keys, ascending by origin. */
struct key_authors {
    size_t count;
    struct key_author {
        char origin[HL_NAME_MAX_BYTES + 1];
        uint64_t end; /* entries from there on do not count */
    } * items;
};

/* The coordinators' nodes of that charter. */
void key_authors_of(const struct charter *charter, struct key_authors *out);
void key_authors_fini(struct key_authors *authors);

/* A blob that is said to be a version of the key. */
struct key_claim {
    uint32_t version;
    const struct key_author *author; /* borrowed */
    uint64_t index;
    bool counts;           /* its digest is the version's */
    struct hl_hash digest; /* of the key */
    struct blob_name name;
    struct blob_seal seal;
    bool reads; /* it is sealed to this node */
    bool erased;
};

/* The newest version first; in it by origin and index, so that the first one
 * counts. */
struct key_claims {
    struct key_claim *items;
    size_t count, capacity;
};

/* `self`: this node's id. And store.h's errors. */
HL_MUST_USE hl_err key_claims_read(struct store_txn *txn,
                                   const struct key_authors *authors,
                                   struct bytes self, struct key_claims *out,
                                   struct hl_detail *detail);
void key_claims_fini(struct key_claims *claims);

/* Something that differs where the claims may. */
HL_MUST_USE hl_err key_claims_mark(struct store_txn *txn,
                                   const struct key_authors *authors,
                                   struct hl_hash *out,
                                   struct hl_detail *detail);

#endif
