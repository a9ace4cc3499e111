/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_STORE_STORE_FILE_H
#define HL_NODE_STORE_STORE_FILE_H

/* What is looked at before the library maps the store's file: a lock against
 * another process, and whether the file is one that can be mapped at all. */

#include <stdbool.h>

#include "protocol/base/hl_err.h"

/* Takes the folder's lock, which the system drops when the process ends.
 *
 * HL_ENOTFOUND  there is no such folder.
 * HL_ELOCKED    another process has it; detail names it.
 * HL_EIO        the lock's file cannot be made. */
HL_MUST_USE hl_err store_file_lock(const char *folder, int *fd,
                                   struct hl_detail *detail);

/* *fresh: there is no file, or an empty one. A file that ends before its last
 * page would end the process when it is read (SIGBUS).
 *
 * HL_EDAMAGED  no store, or cut short.
 * HL_ELIMIT    larger than map_bytes.
 * HL_EIO */
HL_MUST_USE hl_err store_file_check(const char *path, uint64_t map_bytes,
                                    bool *fresh, struct hl_detail *detail);

#endif
