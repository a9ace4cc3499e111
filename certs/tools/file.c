/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* renameat2 */

#include "certs/tools/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

static hl_err fail_errno(struct hl_detail *detail, const char *what)
{
    hl_err err = errno == ENOENT   ? HL_ENOTFOUND
                 : errno == EEXIST ? HL_EEXISTS
                                   : HL_EIO;
    return hl_fail(detail, err, "cannot %s: %s", what, strerror(errno));
}

static hl_err read_all(int fd, size_t max_bytes, struct writer *out,
                       struct hl_detail *detail)
{
    size_t before = out->size;
    for (;;) {
        enum { CHUNK_BYTES = 16384 };
        uint8_t *to = writer_extend(out, CHUNK_BYTES);
        ssize_t got = read(fd, to, CHUNK_BYTES);
        writer_shrink(out, CHUNK_BYTES - (got > 0 ? (size_t)got : 0));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return fail_errno(detail, "read");
        }
        if (got == 0) {
            return HL_OK;
        }
        if (out->size - before > max_bytes) {
            return hl_fail(detail, HL_ELIMIT, "larger than %zu bytes",
                           max_bytes);
        }
    }
}

static hl_err check_file(int fd, bool secret, struct hl_detail *detail)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return fail_errno(detail, "look at it");
    }
    if (!S_ISREG(status.st_mode)) {
        return hl_fail(detail, HL_EIO, "not a regular file");
    }
    if (secret && (status.st_mode & 077) != 0) {
        return hl_fail(detail, HL_EFILEMODE,
                       "holds a secret, but its mode is %04o: "
                       "set it with chmod 600",
                       (unsigned)(status.st_mode & 07777));
    }
    return HL_OK;
}

static hl_err read_file(const char *path, bool secret, size_t max_bytes,
                        struct writer *out, struct hl_detail *detail)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return fail_errno(detail, "open");
    }
    size_t before = out->size;
    hl_err err = check_file(fd, secret, detail);
    if (err == HL_OK) {
        err = read_all(fd, max_bytes, out, detail);
    }
    if (err != HL_OK) {
        OPENSSL_cleanse(out->size == before ? NULL : out->data + before,
                        out->size - before);
        writer_shrink(out, out->size - before);
    }
    close(fd);
    return err;
}

hl_err file_read(const char *path, size_t max_bytes, struct writer *out,
                 struct hl_detail *detail)
{
    return read_file(path, false, max_bytes, out, detail);
}

hl_err file_read_secret(const char *path, size_t max_bytes, struct writer *out,
                        struct hl_detail *detail)
{
    return read_file(path, true, max_bytes, out, detail);
}

static bool write_all(int fd, struct bytes content)
{
    size_t done = 0;
    while (done < content.size) {
        ssize_t put = write(fd, content.data + done, content.size - done);
        if (put < 0 && errno != EINTR) {
            return false;
        }
        done += put > 0 ? (size_t)put : 0;
    }
    return true;
}

/* The folder a path lies in, as text with its '/'; "./" for a bare name. */
static void folder_of(const char *path, struct writer *out)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        writer_text(out, "./");
    } else {
        writer_bytes(out, bytes_of(path, (size_t)(slash - path) + 1));
    }
}

/* The folder a path lies in, to sync it later; below 0 on failure. Opened
 * before anything is made there, so that a failure leaves nothing. */
static int open_folder(const char *path)
{
    struct writer folder = {0};
    folder_of(path, &folder);
    writer_u8(&folder, 0);
    int fd =
        open((const char *)folder.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int saved = errno;
    writer_fini(&folder);
    errno = saved;
    return fd;
}

/* Writes content to a new file beside path; its name, with NUL, stands in
 * *name on success, and no file is left on failure. */
static bool write_beside(const char *path, mode_t mode, struct bytes content,
                         struct writer *name)
{
    folder_of(path, name);
    writer_text(name, ".heluo-XXXXXX");
    writer_u8(name, 0);
    int fd = mkstemp((char *)name->data);
    if (fd < 0) {
        return false;
    }
    /* A USB stick's file system has no modes: no matter for what is public. */
    bool moded =
        fchmod(fd, mode) == 0 || (mode == FILE_MODE_PUBLIC && errno == EPERM);
    bool done = moded && write_all(fd, content) && fsync(fd) == 0;
    done = close(fd) == 0 && done;
    if (!done) {
        int saved = errno;
        unlink((char *)name->data);
        errno = saved;
    }
    return done;
}

typedef int (*place_fn)(const char *from, const char *to);

/* A rename that never replaces. */
static int move_new(const char *from, const char *to)
{
    int done = renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
    if (done == 0 || (errno != EINVAL && errno != ENOSYS)) {
        return done;
    }
    /* Not every file system can (NFS). There a folder goes at worst over an
     * empty one, and a file has two names for a moment. */
    struct stat status;
    if (lstat(from, &status) == 0 && S_ISDIR(status.st_mode)) {
        return rename(from, to);
    }
    return link(from, to) == 0 ? unlink(from) : -1;
}

/* Places the content; the folder is open. */
static hl_err write_in(int folder, const char *path, mode_t mode,
                       struct bytes content, place_fn place,
                       struct hl_detail *detail)
{
    struct writer name = {0};
    hl_err err = HL_OK;
    if (!write_beside(path, mode, content, &name)) {
        err = fail_errno(detail, "write");
    } else {
        const char *temporary = (const char *)name.data;
        bool placed = place(temporary, path) == 0;
        if (!placed) {
            err = fail_errno(detail, "create");
        }
        unlink(temporary);
        if (placed && fsync(folder) != 0) {
            err = fail_errno(detail, "sync its folder");
            if (place == move_new) {
                unlink(path);
            }
        }
    }
    writer_fini(&name);
    return err;
}

static hl_err write_file(const char *path, mode_t mode, struct bytes content,
                         place_fn place, struct hl_detail *detail)
{
    int folder = open_folder(path);
    if (folder < 0) {
        return fail_errno(detail, "write: its folder");
    }
    hl_err err = write_in(folder, path, mode, content, place, detail);
    close(folder);
    return err;
}

hl_err file_create(const char *path, mode_t mode, struct bytes content,
                   struct hl_detail *detail)
{
    if (file_exists(path)) {
        return hl_fail(detail, HL_EEXISTS,
                       "it is never overwritten: move it away first");
    }
    /* Fails where somebody else was faster since. Links would do as well, but
     * for USB sticks, whose file systems have none. */
    return write_file(path, mode, content, move_new, detail);
}

hl_err file_replace(const char *path, mode_t mode, struct bytes content,
                    struct hl_detail *detail)
{
    /* Where the path is a link, the file behind it is meant. */
    char *real = realpath(path, NULL);
    hl_err err =
        write_file(real == NULL ? path : real, mode, content, rename, detail);
    free(real);
    return err;
}

hl_err file_create_folder(const char *path, mode_t mode,
                          struct hl_detail *detail)
{
    int folder = open_folder(path);
    if (folder < 0) {
        return fail_errno(detail, "create the folder");
    }
    hl_err err = HL_OK;
    if (mkdir(path, mode) != 0) {
        err = fail_errno(detail, "create the folder");
    } else if (chmod(path, mode) != 0 || fsync(folder) != 0) {
        err = fail_errno(detail, "set up the folder");
        rmdir(path);
    }
    close(folder);
    return err;
}

bool file_exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

static bool look_at_folder(const char *path, struct stat *out)
{
    struct writer folder = {0};
    folder_of(path, &folder);
    writer_u8(&folder, 0);
    bool found = stat((const char *)folder.data, out) == 0;
    writer_fini(&folder);
    return found;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

bool file_same_place(const char *one, const char *other)
{
    struct stat a, b;
    return strcmp(last_part(one), last_part(other)) == 0 &&
           look_at_folder(one, &a) && look_at_folder(other, &b) &&
           a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

hl_err file_move(const char *from, const char *to, struct hl_detail *detail)
{
    int folder = open_folder(to);
    if (folder < 0) {
        return fail_errno(detail, "rename: its folder");
    }
    hl_err err = HL_OK;
    if (move_new(from, to) != 0) {
        err = fail_errno(detail, "rename");
    } else if (fsync(folder) != 0) {
        err = fail_errno(detail, "sync its folder");
        (void)move_new(to, from);
    }
    close(folder);
    return err;
}

hl_err file_lock_folder(const char *folder, int *lock, struct hl_detail *detail)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return fail_errno(detail, "open the folder");
    }
    int done = flock(fd, LOCK_EX);
    while (done != 0 && errno == EINTR) {
        done = flock(fd, LOCK_EX);
    }
    if (done != 0) {
        hl_err err = fail_errno(detail, "lock the folder");
        close(fd);
        return err;
    }
    *lock = fd;
    return HL_OK;
}

hl_err file_lock_folder_of(const char *path, int *lock,
                           struct hl_detail *detail)
{
    struct writer folder = {0};
    folder_of(path, &folder);
    writer_u8(&folder, 0);
    hl_err err = file_lock_folder((const char *)folder.data, lock, detail);
    writer_fini(&folder);
    return err;
}

void file_unlock(int lock)
{
    close(lock);
}
