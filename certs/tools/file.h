/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_CERTS_TOOLS_FILE_H
#define HL_CERTS_TOOLS_FILE_H

/* Small files of the operator: keys, certificates, charters. Reads are
 * bounded; writes are whole or not there: a new file appears under its name
 * only when its bytes are on the disk, and never replaces one that is there
 * unless asked. One thread. */

#include <sys/types.h>

#include "protocol/base/writer.h"

enum {
    FILE_MODE_SECRET = 0600,
    FILE_MODE_PUBLIC = 0644,
};

/* Appends the file's bytes.
 *
 * HL_ENOTFOUND  there is no such file.
 * HL_ELIMIT     it is larger than max_bytes.
 * HL_EIO        it cannot be read, or is no regular file. */
HL_MUST_USE hl_err file_read(const char *path, size_t max_bytes,
                             struct writer *out, struct hl_detail *detail);

/* The same for a file that holds a secret.
 *
 * HL_EFILEMODE  others than its owner may read or write it. */
HL_MUST_USE hl_err file_read_secret(const char *path, size_t max_bytes,
                                    struct writer *out,
                                    struct hl_detail *detail);

/* Creates path with exactly that mode (whatever the umask) and content,
 * synced, its folder too.
 *
 * HL_EEXISTS  the path exists; it is untouched.
 * HL_EIO      it cannot be written; nothing is left behind. */
HL_MUST_USE hl_err file_create(const char *path, mode_t mode,
                               struct bytes content, struct hl_detail *detail);

/* The same, and a file of that name is replaced in one step.
 *
 * HL_EIO  it cannot be written; the former content stands, or, where only the
 *         sync of the folder failed, the new one. */
HL_MUST_USE hl_err file_replace(const char *path, mode_t mode,
                                struct bytes content, struct hl_detail *detail);

/* Creates a folder with that mode.
 *
 * HL_EEXISTS  the path exists.
 * HL_EIO      it cannot be made; nothing is left behind. */
HL_MUST_USE hl_err file_create_folder(const char *path, mode_t mode,
                                      struct hl_detail *detail);

bool file_exists(const char *path);

/* Whether two paths name one place, by whatever way they lead to its folder;
 * nothing needs to be there. False where a folder is not there. */
bool file_same_place(const char *one, const char *other);

/* Gives a file or folder another name in the same folder, synced; what has
 * that name is never replaced.
 *
 * HL_EEXISTS    the new name is not free; so also below:
 * HL_ENOTFOUND  there is no such file,
 * HL_EIO        it cannot be done: the old name stands. */
HL_MUST_USE hl_err file_move(const char *from, const char *to,
                             struct hl_detail *detail);

/* Waits until no other process holds the folder's lock, and takes it. The
 * system drops it when the process ends, however it ends.
 *
 * HL_ENOTFOUND  there is no such folder.
 * HL_EIO        it cannot be locked. */
HL_MUST_USE hl_err file_lock_folder(const char *folder, int *lock,
                                    struct hl_detail *detail);
/* The same for the folder that a file lies in, or would. */
HL_MUST_USE hl_err file_lock_folder_of(const char *path, int *lock,
                                       struct hl_detail *detail);

void file_unlock(int lock);

#endif
