/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_BLOB_BLOB_FILES_INSIDE_H
#define HL_NODE_BLOB_BLOB_FILES_INSIDE_H

/* What this folder's files share. */

#include <pthread.h>

#include "node/blob/blob_files.h"

enum { BLOB_FILE_BYTES = 160 }; /* of a file's name, with its NUL */

struct blob_files {
    struct blob_files_options options;
    char *path;
    int folder;           /* descriptor */
    pthread_mutex_t lock; /* of what follows */
    uint64_t bytes;
};

enum blob_file { BLOB_FILE_WHOLE, BLOB_FILE_PART };
void blob_file_name(const struct blob_name *name, enum blob_file which,
                    char out[BLOB_FILE_BYTES]);

/* HL_EFULL where the disk or a quota says so, else HL_EIO; by errno. */
hl_err blob_file_fail(const struct blob_files *files, const char *file,
                      struct hl_detail *detail);
HL_MUST_USE hl_err blob_file_write(const struct blob_files *files, int fd,
                                   const char *file, struct bytes bytes,
                                   uint64_t at, struct hl_detail *detail);
/* HL_EIO also where it is shorter. */
HL_MUST_USE hl_err blob_file_read(const struct blob_files *files, int fd,
                                  const char *file, uint8_t *to, size_t size,
                                  uint64_t at, struct hl_detail *detail);
HL_MUST_USE hl_err blob_file_sync(const struct blob_files *files, int fd,
                                  const char *file, struct hl_detail *detail);
/* One name for another, durably; *count changes by what was replaced. */
HL_MUST_USE hl_err blob_file_rename(struct blob_files *files, const char *from,
                                    const char *to, struct hl_detail *detail);
HL_MUST_USE hl_err blob_file_remove(struct blob_files *files, const char *file,
                                    struct hl_detail *detail);

/* Whether so much more may be written; counts it.
 *
 * HL_EFULL */
HL_MUST_USE hl_err blob_files_take_room(struct blob_files *files,
                                        uint64_t bytes, uint64_t coming,
                                        struct hl_detail *detail);
void blob_files_add(struct blob_files *files, uint64_t bytes); /* unchecked */
void blob_files_give_room(struct blob_files *files, uint64_t bytes);

#endif
