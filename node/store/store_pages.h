/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_STORE_STORE_PAGES_H
#define HL_NODE_STORE_STORE_PAGES_H

/* Whether the pages of a store are what LMDB takes them for. LMDB 0.9 follows
 * whatever number stands in a page, so one changed bit can end the process by a
 * signal, or have a page written twice. This reads the file without it: every
 * page that the newest state reaches has its own number and a type that fits
 * and nodes that lie inside it, is reached once, and is not free. The layout is
 * that of liblmdb 0.9 on 64-bit machines (mdb.c: MDB_meta, MDB_db, MDB_page,
 * MDB_node). What keys and values hold is not looked at: it ends nobody, they
 * have checksums, and the scrub mends them. Pure but for `read`; any thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/base/hl_err.h"

struct pages_source {
    void *context;
    uint64_t size; /* bytes of the file */
    /* Exactly so many bytes; false where they cannot be read. */
    bool (*read)(void *context, uint64_t offset, void *buffer, size_t size);
    /* Now and then; false ends it with HL_ESTOPPING. NULL: never asked. */
    bool (*goes_on)(void *context);
};

struct pages_options {
    uint64_t txn; /* the state of that transaction; 0: the newest */
    /* Leaves lie lowest and are nearly all; without them a large file is
     * walked in a moment. */
    bool leaves;
};

/* HL_EDAMAGED   detail names the page and what is wrong with it.
 * HL_ENOTFOUND  that transaction is neither of the file's two.
 * HL_EIO, HL_ESTOPPING */
HL_MUST_USE hl_err store_pages_check(const struct pages_source *source,
                                     const struct pages_options *options,
                                     struct hl_detail *detail);

#endif
