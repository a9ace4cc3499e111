/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_STORE_STORE_FILES_H
#define HL_NODE_STORE_STORE_FILES_H

/* What the store does to its files beside LMDB: the lock of the folder, a look
 * at the data file before LMDB maps it, room on the disk. Inside node/store/
 * only, but for store_flush_folder(), which a backup needs as well. */

#include <stdbool.h>

#include "node/store/store_pages.h"
#include "protocol/base/hl_err.h"
#include "protocol/base/writer.h"

/* Takes the folder's lock without waiting; closing *lock gives it back.
 *
 * HL_ENOTFOUND  there is no such folder.
 * HL_ELOCKED    another process holds it; detail has its number.
 * HL_EIO        the lock cannot be made. */
HL_MUST_USE hl_err store_files_lock(const char *folder, int *lock,
                                    struct hl_detail *detail);

/* What the data file says of itself. All zero: there is none yet. */
struct store_file {
    uint64_t page_bytes;
    uint64_t pages; /* that its newest state may use */
    uint64_t size;
};

/* LMDB maps whatever the file claims to be and dies of a signal where the file
 * ends early, so the claim is checked first: both head pages, and that the
 * pages are there.
 *
 * HL_EDAMAGED  no LMDB file, or shorter than it says.
 * HL_EIO       it cannot be read. */
HL_MUST_USE hl_err store_files_inspect(const char *folder,
                                       struct store_file *out,
                                       struct hl_detail *detail);

/* store_pages_check() over the folder's file.
 *
 * HL_EDAMAGED  detail has the page, and what to do. */
HL_MUST_USE hl_err store_files_check(const char *folder,
                                     const struct pages_options *options,
                                     bool (*goes_on)(void *context),
                                     void *context, struct hl_detail *detail);

/* Room at the end of a file. The file systems that copy on each write (btrfs,
 * ZFS) promise less than the call sounds like; there a full disk may still
 * show at a commit. */
struct store_room {
    const char *folder;
    int fd;
    uint64_t ready; /* bytes that are there for certain */
};

/* A new store is made under this name in the folder, and gets its own when it
 * is whole: a power loss before leaves no store rather than half of one. */
#define STORE_FILES_NEW "data.mdb.new"

/* Gives the new store its name, for good. Only an empty file is replaced.
 *
 * HL_EEXISTS  there is a store by now.
 * HL_EIO */
HL_MUST_USE hl_err store_files_place(const char *folder,
                                     struct hl_detail *detail);
/* What a creation left that was broken off. */
void store_files_forget_new(const char *folder);

/* Puts on the disk what the open store shows: that its name and its head pages
 * were read does not say that they are there, as whoever wrote them may have
 * ended before they were flushed, or because that failed. And then what is on
 * the disk may be another head than the one that is read here.
 *
 * HL_EFULL, HL_EIO */
HL_MUST_USE hl_err store_files_settle(const struct store_room *room,
                                      uint64_t page_bytes,
                                      struct hl_detail *detail);

/* Extends the file to `end` bytes at least.
 *
 * HL_EFULL  the disk or the quota is full, or the disk read-only.
 * HL_EIO    anything else. */
HL_MUST_USE hl_err store_room_ensure(struct store_room *room, uint64_t end,
                                     uint64_t step, struct hl_detail *detail);

/* What an errno of writing means, with the disk's state in the detail. */
hl_err store_room_fail(const struct store_room *room, int cause,
                       uint64_t needed, struct hl_detail *detail);

HL_MUST_USE hl_err store_room_free(const struct store_room *room,
                                   uint64_t *free_bytes,
                                   struct hl_detail *detail);

/* "3.5 GiB": a size as a person reads it. */
enum { STORE_SIZE_TEXT_BYTES = 64 };
const char *store_size_text(uint64_t bytes, char out[STORE_SIZE_TEXT_BYTES]);

/* Flushes the names in a folder, so that they outlive a power loss.
 *
 * HL_EIO  they may not. */
HL_MUST_USE hl_err store_flush_folder(const char *folder,
                                      struct hl_detail *detail);

#endif
