/* SPDX-License-Identifier: Apache-2.0 */

/* A disk that fails, and one that remembers, for a program that does not know:
 * preloaded (LD_PRELOAD), it stands before the calls by which LMDB and we
 * write.
 *
 * Failing. The file that FAULT_FILE names is read again at each call; without
 * it, or while it is empty, all is as ever. Each of its lines:
 *
 *   CALL WHAT [NAME [AFTER [TIMES]]]
 *
 *   CALL   fallocate, fsync (fdatasync too), write (pwrite, writev, pwritev
 *          too; on a descriptor that flushes by itself it is both), dwrite
 *          (only on such a one), open, read, truncate, name (rename, link,
 * unlink, mkdir, rmdir), map, socket; any is each of a file's that can end with
 * WHAT WHAT   ENOSPC, EIO, EROFS, EDQUOT, EMFILE; short: a write of half the
 *          bytes; kill: the process ends there, a write in the machine's memory
 *          only; lost: a flush that fails, with what it was of, for good
 *   NAME   files whose path ends so; "*" or nothing: all regular files; one
 *          that ends with a "/": all below that folder, and itself
 *   AFTER  so many go well first; calls count that a line is about
 *   TIMES  so many fail then, and what they were is told in FAULT_FILE.hit;
 *          nothing: all
 *
 * A log that goes to a file is one of all files.
 *
 * Remembering: tests/shim/record.h. A clock that is set: tests/shim/clock.c. */

#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/shim/shim.h"

void *shim_next(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL) {
        fprintf(stderr, "fault: no %s\n", name);
        abort();
    }
    return found;
}

void shim_path_of(int fd, char out[SHIM_PATH_BYTES])
{
    char link[64];
    int kept = errno;
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, out, SHIM_PATH_BYTES - 1);
    out[size > 0 ? size : 0] = '\0';
    errno = kept;
}

void shim_path_at(int folder, const char *path, char out[SHIM_PATH_BYTES])
{
    int kept = errno;
    out[0] = '\0';
    if (path[0] != '/') {
        if (folder == AT_FDCWD) {
            out = getcwd(out, SHIM_PATH_BYTES) == NULL ? strcpy(out, "") : out;
        } else {
            shim_path_of(folder, out);
        }
        strncat(out, "/", SHIM_PATH_BYTES - strlen(out) - 1);
        path = strncmp(path, "./", 2) == 0 ? path + 2 : path;
    }
    strncat(out, path, SHIM_PATH_BYTES - strlen(out) - 1);
    size_t size = strlen(out);
    if (size > 1 && out[size - 1] == '/') {
        out[size - 1] = '\0';
    }
    errno = kept;
}

static bool fails(int fault)
{
    errno = fault != 0 ? fault : errno;
    return fault != 0;
}

/* --- Room and flushing. -------------------------------------------------- */

int posix_fallocate(int fd, off_t offset, off_t size)
{
    int result = shim_fault_of(CALL_FALLOCATE, fd);
    if (result == 0) {
        shim_begin();
        result = NEXT(posix_fallocate)(fd, offset, size);
        if (result == 0) {
            shim_record_fd(RECORD_GROW, fd, (uint64_t)(offset + size));
        }
        shim_end();
    }
    return result;
}

int fallocate(int fd, int mode, off_t offset, off_t size)
{
    if (fails(shim_fault_of(CALL_FALLOCATE, fd))) {
        return -1;
    }
    shim_begin();
    int result = NEXT(fallocate)(fd, mode, offset, size);
    if (result == 0 && mode == 0) {
        shim_record_fd(RECORD_GROW, fd, (uint64_t)(offset + size));
    }
    shim_end();
    return result;
}

int ftruncate(int fd, off_t size)
{
    if (fails(shim_fault_of(CALL_TRUNCATE, fd))) {
        return -1;
    }
    shim_begin();
    int result = NEXT(ftruncate)(fd, size);
    if (result == 0) {
        shim_record_fd(RECORD_RESIZE, fd, (uint64_t)size);
    }
    shim_end();
    return result;
}

static int lose(int fd)
{
    shim_record_fd(RECORD_FLUSH_LOST, fd, 0);
    shim_end();
    errno = EIO;
    return -1;
}

static int flush(int fd, int (*call)(int fd))
{
    int fault = shim_fault_of(CALL_FSYNC, fd);
    if (fault != SHIM_LOST && fails(fault)) {
        return -1;
    }
    shim_begin();
    if (fault == SHIM_LOST) {
        return lose(fd);
    }
    int result = call(fd);
    if (result == 0) {
        shim_record_fd(RECORD_FLUSH, fd, 0);
    }
    shim_end();
    return result;
}

int fdatasync(int fd)
{
    return flush(fd, NEXT(fdatasync));
}

int fsync(int fd)
{
    return flush(fd, NEXT(fsync));
}

/* --- Writing and reading. ------------------------------------------------ */

/* What becomes of the thread's write: 0, SHIM_KILL, SHIM_LOST. */
static _Thread_local int fate;

/* 0 with *size as it should be, or the error. */
static int fault_of_write(int fd, size_t *size)
{
    int fault = shim_fault_of(CALL_WRITE, fd);
    fate = fault == SHIM_KILL || fault == SHIM_LOST ? fault : 0;
    if (fault == SHIM_SHORT) {
        *size /= 2;
    }
    if (fault < 0) {
        return 0;
    }
    errno = fault != 0 ? fault : errno;
    return fault;
}

/* Where the bytes lie that a write without a place has put. */
static off_t before(int fd, ssize_t put)
{
    int kept = errno;
    off_t end = lseek(fd, 0, SEEK_CUR);
    errno = kept;
    return end - put;
}

static ssize_t wrote(int fd, const void *data, ssize_t put, off_t offset)
{
    if (put > 0) {
        shim_record_bytes(fd, offset, data, (size_t)put, fate == 0);
    }
    if (fate == SHIM_KILL) {
        raise(SIGKILL);
    } else if (fate == SHIM_LOST) {
        return lose(fd);
    }
    shim_end();
    return put;
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
    if (fault_of_write(fd, &size) != 0) {
        return -1;
    }
    shim_begin();
    return wrote(fd, data, NEXT(pwrite)(fd, data, size, offset), offset);
}

ssize_t write(int fd, const void *data, size_t size)
{
    if (fault_of_write(fd, &size) != 0) {
        return -1;
    }
    shim_begin();
    ssize_t put = NEXT(write)(fd, data, size);
    return wrote(fd, data, put, shim_records() ? before(fd, put) : 0);
}

static ssize_t wrote_parts(int fd, const struct iovec *parts, ssize_t put,
                           off_t offset)
{
    uint8_t *all = put > 0 && shim_records() ? malloc((size_t)put) : NULL;
    if (all == NULL) {
        shim_end();
        return put;
    }
    size_t left = (size_t)put;
    for (uint8_t *to = all; left > 0; parts++) {
        size_t size = parts->iov_len < left ? parts->iov_len : left;
        memcpy(to, parts->iov_base, size);
        to += size;
        left -= size;
    }
    put = wrote(fd, all, put, offset);
    free(all);
    return put;
}

/* Half of a vector is its first part. */
ssize_t writev(int fd, const struct iovec *parts, int count)
{
    size_t size = (size_t)count;
    if (fault_of_write(fd, &size) != 0) {
        return -1;
    }
    shim_begin();
    ssize_t put = NEXT(writev)(fd, parts, size > 0 ? (int)size : 1);
    return wrote_parts(fd, parts, put, shim_records() ? before(fd, put) : 0);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
    size_t size = (size_t)count;
    if (fault_of_write(fd, &size) != 0) {
        return -1;
    }
    shim_begin();
    return wrote_parts(
        fd, parts, NEXT(pwritev)(fd, parts, size > 0 ? (int)size : 1, offset),
        offset);
}

ssize_t read(int fd, void *data, size_t size)
{
    return fails(shim_fault_of(CALL_READ, fd)) ? -1
                                               : NEXT(read)(fd, data, size);
}

ssize_t pread(int fd, void *data, size_t size, off_t offset)
{
    return fails(shim_fault_of(CALL_READ, fd))
               ? -1
               : NEXT(pread)(fd, data, size, offset);
}

void *mmap(void *at, size_t size, int protection, int flags, int fd,
           off_t offset)
{
    if ((flags & MAP_ANONYMOUS) == 0 && fails(shim_fault_of(CALL_MAP, fd))) {
        return MAP_FAILED;
    }
    return NEXT(mmap)(at, size, protection, flags, fd, offset);
}

/* --- Names. -------------------------------------------------------------- */

static void opened(int folder, const char *path, int flags, bool there)
{
    if ((flags & O_CREAT) != 0 && !there) {
        shim_record_at(RECORD_CREATE, folder, path);
    } else if ((flags & O_TRUNC) != 0 && (flags & O_ACCMODE) != O_RDONLY) {
        int fd = NEXT(openat)(folder, path, O_PATH | O_CLOEXEC);
        shim_record_fd(RECORD_RESIZE, fd, 0);
        NEXT(close)(fd);
    }
}

static int open_at(int folder, const char *path, int flags, mode_t mode)
{
    struct stat file;
    if (fails(shim_fault_at(CALL_OPEN, folder, path))) {
        return -1;
    }
    shim_begin();
    int kept = errno;
    bool there = shim_records() &&
                 fstatat(folder, path, &file, AT_SYMLINK_NOFOLLOW) == 0;
    errno = kept;
    int fd = NEXT(openat)(folder, path, flags, mode);
    if (fd >= 0 && shim_records()) {
        opened(folder, path, flags, there);
    }
    shim_end();
    return fd;
}

static mode_t mode_of(int flags, va_list rest)
{
    return (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return open_at(AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return open_at(folder, path, flags, mode);
}

int mkstemp(char *path)
{
    if (fails(shim_fault_at(CALL_OPEN, AT_FDCWD, path))) {
        return -1;
    }
    shim_begin();
    int fd = NEXT(mkstemp)(path);
    if (fd >= 0) {
        shim_record_at(RECORD_CREATE, AT_FDCWD, path);
    }
    shim_end();
    return fd;
}

int mkdir(const char *path, mode_t mode)
{
    if (fails(shim_fault_at(CALL_NAME, AT_FDCWD, path))) {
        return -1;
    }
    shim_begin();
    int result = NEXT(mkdir)(path, mode);
    if (result == 0) {
        shim_record_at(RECORD_CREATE_FOLDER, AT_FDCWD, path);
    }
    shim_end();
    return result;
}

static int take_away(const char *path, int (*call)(const char *path))
{
    if (fails(shim_fault_at(CALL_NAME, AT_FDCWD, path))) {
        return -1;
    }
    shim_begin();
    int result = call(path);
    if (result == 0) {
        shim_record_at(RECORD_UNLINK, AT_FDCWD, path);
    }
    shim_end();
    return result;
}

int unlink(const char *path)
{
    return take_away(path, NEXT(unlink));
}

int rmdir(const char *path)
{
    return take_away(path, NEXT(rmdir));
}

int link(const char *from, const char *to)
{
    if (fails(shim_fault_at(CALL_NAME, AT_FDCWD, to))) {
        return -1;
    }
    shim_begin();
    int result = NEXT(link)(from, to);
    if (result == 0) {
        shim_record_at(RECORD_LINK, AT_FDCWD, to);
    }
    shim_end();
    return result;
}

int rename(const char *from, const char *to)
{
    if (fails(shim_fault_at(CALL_NAME, AT_FDCWD, to))) {
        return -1;
    }
    shim_begin();
    int result = NEXT(rename)(from, to);
    if (result == 0) {
        shim_record_rename(AT_FDCWD, from, AT_FDCWD, to);
    }
    shim_end();
    return result;
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to,
              unsigned flags)
{
    if (fails(shim_fault_at(CALL_NAME, to_folder, to))) {
        return -1;
    }
    shim_begin();
    int result = NEXT(renameat2)(from_folder, from, to_folder, to, flags);
    if (result == 0) {
        shim_record_rename(from_folder, from, to_folder, to);
    }
    shim_end();
    return result;
}

/* --- Descriptors of no file. --------------------------------------------- */

int socket(int domain, int type, int protocol)
{
    return fails(shim_fault_of(CALL_SOCKET, -1))
               ? -1
               : NEXT(socket)(domain, type, protocol);
}
