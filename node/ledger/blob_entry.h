/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_LEDGER_BLOB_ENTRY_H
#define HL_NODE_LEDGER_BLOB_ENTRY_H

/* What journals say of blobs (heluo/v1/blob.proto): documents of orders, and
 * who holds a voucher. Pure, any thread. */

#include "node/record/record.h"
#include "protocol/blob/blob.h"

enum {
    BLOB_BODY_PUT = 40,
    BLOB_BODY_ERASE = 41,
};

struct blob_put {
    struct bytes id;
    uint64_t kind; /* BlobKind */
    uint64_t size; /* of the sealed form */
    struct bytes root;
    struct bytes readers;    /* nodes, with spaces between */
    uint64_t key_version;    /* of a key of fingerprints; else 0, */
    struct bytes key_digest; /* and empty */
};

struct blob_erase {
    struct bytes id;
};

extern const struct record_type blob_record; /* also the row's */
extern const struct record_type blob_erasing;

/* What everybody may know of its sealed form. */
struct blob_seal blob_seal_of(const struct blob_put *put);

/* The next reader, taken off the list; false past the last. */
bool blob_next_reader(struct bytes *readers, struct bytes *node);
bool blob_has_reader(const struct blob_put *put, struct bytes node);

#endif
