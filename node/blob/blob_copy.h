/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_BLOB_BLOB_COPY_H
#define HL_NODE_BLOB_BLOB_COPY_H

/* Copies of the folder of sealed blobs, for backups: of whole ones, which never
 * change, so that on one file system a link is a copy. Its node may run. For
 * tools: blocks. */

#include "protocol/base/hl_err.h"

struct blob_copies {
    uint64_t count, bytes;
};

/* Copies what `into` has not, each read again to its last byte; makes the
 * folder where there is something to copy, and `from` need not be there.
 *
 * HL_EDAMAGED  one is not what it was.
 * HL_EFULL, HL_EIO */
HL_MUST_USE hl_err blob_copy_folder(const char *from, const char *into,
                                    struct blob_copies *out,
                                    struct hl_detail *detail);

/* Removes a folder that blob_copy_folder() made. */
void blob_copy_remove(const char *folder);

#endif
