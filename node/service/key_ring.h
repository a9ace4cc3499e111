/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SERVICE_KEY_RING_H
#define HL_NODE_SERVICE_KEY_RING_H

/* The versions of the alliance's key of fingerprints that this node has: those
 * that coordinators' blobs bring it, and those of its own file. What is sealed
 * to the node is kept as it came and opened at each start; in the clear a key
 * is in memory alone. Any thread. */

#include "certs/charter/charter.h"
#include "node/blob/blob_store.h"
#include "node/ledger/fingerprint.h"
#include "node/log/log.h"
#include "node/store/store.h"

struct key_ring;

struct key_ring_options {
    struct store *store;
    const char *node; /* its id; copied */
    struct log *log;
};
struct key_ring *key_ring_create(const struct key_ring_options *options);
void key_ring_destroy(struct key_ring **ring); /* wipes; NULL is fine */

/* Where blobs lie, and what opens them: borrowed. */
void key_ring_set_blobs(struct key_ring *ring, const struct blob_store *blobs,
                        const struct blob_key *keys, size_t count);
/* Who makes keys. */
void key_ring_set_charter(struct key_ring *ring, const struct charter *charter);
/* Those of the node's own file. */
void key_ring_set_file(struct key_ring *ring,
                       const struct fingerprint_keys *keys);

/* Takes what has come since the last time; of little cost where nothing has. */
void key_ring_look(struct key_ring *ring);

/* The two newest that are here, to be forgotten by the caller. */
void key_ring_now(struct key_ring *ring, struct fingerprint_keys *out);
/* One of them, or of those before; false: it is not here. */
bool key_ring_find(struct key_ring *ring, uint32_t version,
                   struct fingerprint_key *out);
/* The newest that is known of, 0: none. And store.h's errors. */
HL_MUST_USE hl_err key_ring_newest(struct key_ring *ring, struct store_txn *txn,
                                   uint32_t *version, struct hl_detail *detail);

/* What is known of versions, the newest first. */
enum { KEY_RING_SHOWN = 8 };
struct key_ring_view {
    uint32_t newest; /* as key_ring_newest(), as of the last look */
    size_t count;
    struct key_ring_version {
        uint32_t version;
        char origin[HL_NAME_MAX_BYTES + 1]; /* "": only the node's file */
        char rival[HL_NAME_MAX_BYTES + 1];  /* who has another; or "file" */
        struct hl_hash digest;
        hl_err err; /* HL_OK: it is here */
        struct hl_detail why;
    } items[KEY_RING_SHOWN];
};
void key_ring_view(struct key_ring *ring, struct key_ring_view *out);

/* The first of those that fingerprints are to be stated under, and that is not
 * here; NULL: all are. And the first that has a rival. */
const struct key_ring_version *key_ring_lacks(const struct key_ring_view *view);
const struct key_ring_version *
key_ring_rivalled(const struct key_ring_view *view);

#endif
