/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_BLOB_BLOB_FILES_H
#define HL_NODE_BLOB_BLOB_FILES_H

/* Sealed blobs as files of one folder:
 *
 *   <node>.<id in hex>        the sealed form, and behind it its parts' leaves
 *   <node>.<id in hex>.part   the parts that have come, in order
 *   draft-<hex>               one that is being sealed here; gone after a start
 *
 * A whole one appears under its name only when its bytes are on the disk, and
 * never changes. Any thread. */

#include "node/blob/blob_store.h"
#include "protocol/base/hl_time.h"

/* Of the store's folder. */
#define BLOB_FOLDER "blobs"

struct blob_files;

struct blob_files_options {
    const char *folder;     /* made where it is not there */
    uint64_t max_bytes;     /* of all files */
    uint64_t reserve_bytes; /* of the disk that are left to the journals */
};

/* HL_EIO */
HL_MUST_USE hl_err blob_files_open(const struct blob_files_options *options,
                                   struct blob_files **out,
                                   struct hl_detail *detail);
void blob_files_close(struct blob_files **files); /* sets NULL; NULL is fine */
struct blob_store blob_files_store(struct blob_files *files);

struct blob_usage {
    uint64_t bytes, max_bytes;
    uint64_t whole; /* blobs */
    uint64_t newer; /* of them, that came after that moment */
};
void blob_files_usage(struct blob_files *files, struct hl_wall since,
                      struct blob_usage *out);

/* Each that has a file, whole or not, once or twice. `each` may remove it.
 *
 * HL_EIO */
HL_MUST_USE hl_err blob_files_each(struct blob_files *files,
                                   void (*each)(void *context,
                                                const struct blob_name *name),
                                   void *context, struct hl_detail *detail);

/* Reads a whole one again.
 *
 * HL_ENOTFOUND  it is not here.
 * HL_EDAMAGED   it is not what it was. */
HL_MUST_USE hl_err blob_files_verify(struct blob_files *files,
                                     const struct blob_name *name,
                                     const struct blob_seal *seal,
                                     struct hl_detail *detail);

/* --- One that is sealed here (blob_draft.c). ------------------------------ */

struct blob_draft;

/* Room for a sealed form of that size is made sure of.
 *
 * HL_EFULL, HL_EIO */
HL_MUST_USE hl_err blob_draft_begin(struct blob_files *files, uint64_t size,
                                    struct blob_draft **out,
                                    struct hl_detail *detail);
HL_MUST_USE hl_err blob_draft_add(struct blob_draft *draft, struct bytes sealed,
                                  struct hl_detail *detail);
/* It is on the disk, and what it is; but not under a name. */
HL_MUST_USE hl_err blob_draft_finish(struct blob_draft *draft,
                                     struct blob_seal *seal,
                                     struct hl_detail *detail);
/* Gives it its name, durably, in place of what had it; again, too, where that
 * was removed meanwhile. */
HL_MUST_USE hl_err blob_draft_place(struct blob_draft *draft,
                                    const struct blob_name *name,
                                    struct hl_detail *detail);
/* Removes it; what was placed stays. Sets NULL; NULL is fine. */
void blob_draft_drop(struct blob_draft **draft);

#endif
