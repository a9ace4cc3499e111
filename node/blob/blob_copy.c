/* SPDX-License-Identifier: Apache-2.0 */
#include "node/blob/blob_copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/blob/blob_files_inside.h"
#include "protocol/base/alloc.h"

static bool is_whole(const char *file)
{
    const char *dot = strchr(file, '.');
    return dot != NULL && dot != file && strlen(dot + 1) == 2 * HL_HASH_BYTES &&
           strncmp(file, "draft-", 6) != 0;
}

static hl_err fail(const char *folder, const char *file,
                   struct hl_detail *detail)
{
    int error = errno;
    return hl_fail(detail,
                   error == ENOSPC || error == EDQUOT ? HL_EFULL : HL_EIO,
                   "%s/%s: %s", folder, file, strerror(error));
}

/* The sealed form's size, of a file that has its parts' leaves behind it. */
static uint64_t sealed_size(uint64_t file)
{
    uint64_t each = BLOB_PART_BYTES + HL_HASH_BYTES;
    uint64_t parts = file / each + (file % each != 0);
    return parts * HL_HASH_BYTES < file ? file - parts * HL_HASH_BYTES : 0;
}

/* By the leaves behind it: that these are the journal's, its node knows. */
static hl_err read_again(int fd, const struct blob_files *files,
                         const char *file, struct hl_detail *detail)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return fail(files->path, file, detail);
    }
    uint64_t size = sealed_size((uint64_t)status.st_size);
    uint8_t *part = hl_alloc(BLOB_PART_BYTES, 1);
    hl_err err = size == 0 ? HL_EDAMAGED : HL_OK;
    for (uint64_t i = 0; err == HL_OK && i < blob_part_count(size); i++) {
        struct hl_hash kept;
        size_t bytes = blob_part_size(size, i);
        err = blob_file_read(files, fd, file, part, bytes, i * BLOB_PART_BYTES,
                             detail);
        if (err == HL_OK) {
            err = blob_file_read(files, fd, file, kept.bytes, HL_HASH_BYTES,
                                 size + i * HL_HASH_BYTES, detail);
        }
        struct hl_hash leaf = merkle_leaf(bytes_of(part, bytes));
        if (err == HL_OK && !hash_equal(&leaf, &kept)) {
            err = HL_EDAMAGED;
        }
    }
    hl_free(part);
    return err == HL_EDAMAGED
               ? hl_fail(detail, err, "%s/%s is not what it was: heluo scrub",
                         files->path, file)
               : err;
}

static hl_err copy_bytes(int from, int to, const char *file,
                         const struct blob_files *source,
                         struct blob_files *target, struct hl_detail *detail)
{
    struct stat status;
    uint8_t *room = hl_alloc(BLOB_PART_BYTES, 1);
    hl_err err =
        fstat(from, &status) == 0 ? HL_OK : fail(source->path, file, detail);
    for (uint64_t at = 0; err == HL_OK && at < (uint64_t)status.st_size;) {
        uint64_t left = (uint64_t)status.st_size - at;
        size_t size = left < BLOB_PART_BYTES ? (size_t)left : BLOB_PART_BYTES;
        err = blob_file_read(source, from, file, room, size, at, detail);
        if (err == HL_OK) {
            err = blob_file_write(target, to, file, bytes_of(room, size), at,
                                  detail);
        }
        at += size;
    }
    hl_free(room);
    return err == HL_OK ? blob_file_sync(target, to, file, detail) : err;
}

/* Beside its name, so that what is broken off is none. */
static hl_err copy_file(int from, const char *file,
                        const struct blob_files *source,
                        struct blob_files *target, struct hl_detail *detail)
{
    static const char beside[] = "draft-copy";
    int to = openat(target->folder, beside,
                    O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    hl_err err = to < 0 ? fail(target->path, file, detail)
                        : copy_bytes(from, to, file, source, target, detail);
    if (err == HL_OK) {
        err = read_again(to, target, file, detail);
    }
    if (to >= 0) {
        close(to);
    }
    if (err == HL_OK &&
        renameat(target->folder, beside, target->folder, file) != 0) {
        err = fail(target->path, file, detail);
    }
    return err;
}

/* One that was erased meanwhile is no loss. */
static hl_err take_file(const char *file, const struct blob_files *source,
                        struct blob_files *target, struct blob_copies *out,
                        struct hl_detail *detail)
{
    struct stat status;
    int from = openat(source->folder, file, O_RDONLY | O_CLOEXEC);
    if (from < 0) {
        return errno == ENOENT ? HL_OK : fail(source->path, file, detail);
    }
    hl_err err = read_again(from, source, file, detail);
    if (err == HL_OK &&
        linkat(source->folder, file, target->folder, file, 0) != 0 &&
        errno != EEXIST && errno != ENOENT) {
        err = copy_file(from, file, source, target, detail);
    }
    if (err == HL_OK && fstatat(target->folder, file, &status, 0) == 0) {
        out->count++;
        out->bytes += (uint64_t)status.st_size;
    }
    close(from);
    return err;
}

static hl_err take_all(DIR *folder, const struct blob_files *source,
                       struct blob_files *target, struct blob_copies *out,
                       struct hl_detail *detail)
{
    const struct dirent *found;
    hl_err err = HL_OK;
    while (err == HL_OK && (found = readdir(folder)) != NULL) {
        if (is_whole(found->d_name)) {
            err = take_file(found->d_name, source, target, out, detail);
        }
    }
    return err == HL_OK ? blob_file_sync(target, target->folder, "", detail)
                        : err;
}

hl_err blob_copy_folder(const char *from, const char *into,
                        struct blob_copies *out, struct hl_detail *detail)
{
    /* Only path and folder are used of these. */
    struct blob_files source = {.path = (char *)(uintptr_t)from};
    struct blob_files target = {.path = (char *)(uintptr_t)into};
    DIR *folder = opendir(from);
    *out = (struct blob_copies){0};
    if (folder == NULL) {
        return errno == ENOENT ? HL_OK : fail(from, "", detail);
    }
    hl_err err = mkdir(into, 0700) == 0 || errno == EEXIST
                     ? HL_OK
                     : fail(into, "", detail);
    source.folder = dirfd(folder);
    target.folder = open(into, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (err == HL_OK && target.folder < 0) {
        err = fail(into, "", detail);
    }
    if (err == HL_OK) {
        err = take_all(folder, &source, &target, out, detail);
    }
    if (target.folder >= 0) {
        close(target.folder);
    }
    closedir(folder);
    return err;
}

void blob_copy_remove(const char *folder)
{
    DIR *open_one = opendir(folder);
    const struct dirent *found;
    if (open_one == NULL) {
        return;
    }
    while ((found = readdir(open_one)) != NULL) {
        if (found->d_name[0] != '.') {
            (void)unlinkat(dirfd(open_one), found->d_name, 0);
        }
    }
    closedir(open_one);
    (void)rmdir(folder);
}
