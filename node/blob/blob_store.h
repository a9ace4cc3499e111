/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_BLOB_BLOB_STORE_H
#define HL_NODE_BLOB_BLOB_STORE_H

/* Where sealed blobs lie: files in a node (blob_files.h), memory in the
 * simulator. Beside the journals and not in them, nor in LMDB, whose freed
 * pages would keep what is erased. Parts of one that is on its way are kept in
 * order, so that it goes on where it stood. Any thread. */

#include "protocol/blob/blob.h"

enum { BLOB_NODE_BYTES = 64 };

/* Of whose journal, and which. */
struct blob_name {
    char node[BLOB_NODE_BYTES];
    struct hl_hash id;
};

struct blob_held {
    bool whole;
    uint64_t parts; /* the first ones, that are here */
};

struct blob_store {
    void *context;
    void (*held)(void *context, const struct blob_name *name,
                 const struct blob_seal *seal, struct blob_held *out);
    /* Part `index`, which comes next and was verified. *whole: it was the last,
     * and all of them lead to the root and are on the disk.
     *
     * HL_EFULL   no room on the disk, or in the bounds.
     * HL_EPROOF  those that were here before are not what they were: they are
     *            dropped, and the first comes next.
     * HL_EIO */
    hl_err (*append)(void *context, const struct blob_name *name,
                     const struct blob_seal *seal, uint64_t index,
                     struct bytes part, bool *whole, struct hl_detail *detail);
    /* Appends a part of a whole one; what is read is not verified.
     *
     * HL_ENOTFOUND  it is not here, or not whole.
     * HL_EIO */
    hl_err (*read)(void *context, const struct blob_name *name,
                   const struct blob_seal *seal, uint64_t index,
                   struct writer *out, struct hl_detail *detail);
    /* The leaves of a whole one, for proofs; likewise. */
    hl_err (*leaves)(void *context, const struct blob_name *name,
                     const struct blob_seal *seal, struct blob_leaves *out,
                     struct hl_detail *detail);
    /* Nothing of it is here any more. HL_EIO. */
    hl_err (*remove)(void *context, const struct blob_name *name,
                     struct hl_detail *detail);
};

#endif
