/* SPDX-License-Identifier: Apache-2.0 */

/* A disk that fails, for a program that does not know: preloaded
 * (LD_PRELOAD), it stands before the calls by which LMDB and we write. The
 * file that FAULT_FILE names is read again at each of them; without it, or
 * while it is empty, all is as ever. Each of its lines:
 *
 *   CALL WHAT [NAME [AFTER]]
 *
 *   CALL   fallocate, fsync (fdatasync too), write (pwrite, writev, pwritev
 *          too; on a descriptor that flushes by itself it is both)
 *   WHAT   ENOSPC, EIO, EROFS, EDQUOT, or short: a write of half the bytes
 *   NAME   files whose path ends so; "*" or nothing: all regular files
 *   AFTER  so many go well first; calls count that a line is about
 *
 * A log that goes to a file is one of all files. */

#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum call { CALL_FALLOCATE, CALL_FSYNC, CALL_WRITE, CALL_COUNT };

static const char *const call_names[CALL_COUNT] = {"fallocate", "fsync",
                                                   "write"};

/* Preloaded code has nothing but statics. */
static atomic_ulong calls_seen[CALL_COUNT];

/* What is to happen: 0 is nothing, SHORT half of the write. */
enum { SHORT = -1, RULES_MAX_BYTES = 1024 };

static int error_of(const char *word)
{
    static const struct {
        const char *word;
        int error;
    } words[] = {{"ENOSPC", ENOSPC},
                 {"EIO", EIO},
                 {"EROFS", EROFS},
                 {"EDQUOT", EDQUOT},
                 {"short", SHORT}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i].word, word) == 0) {
            return words[i].error;
        }
    }
    fprintf(stderr, "fault: no such word: %s\n", word);
    abort();
}

static bool is_of(int fd, const char *name)
{
    char link[64], path[4096];
    struct stat file;
    if (fstat(fd, &file) != 0 || !S_ISREG(file.st_mode)) {
        return false;
    }
    if (strcmp(name, "*") == 0) {
        return true;
    }
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof(path) - 1);
    if (size < (ssize_t)strlen(name)) {
        return false;
    }
    path[size] = '\0';
    return strcmp(path + (size_t)size - strlen(name), name) == 0;
}

static int apply_line(const char *line, enum call call, int fd)
{
    char name[256] = "*", word[16], what[16];
    unsigned long after = 0;
    if (sscanf(line, "%15s %15s %255s %lu", word, what, name, &after) < 2 ||
        strcmp(word, call_names[call]) != 0 || !is_of(fd, name)) {
        return 0;
    }
    return atomic_fetch_add(&calls_seen[call], 1) < after ? 0 : error_of(what);
}

static int fault_of(enum call call, int fd)
{
    char rules[RULES_MAX_BYTES];
    const char *path = getenv("FAULT_FILE");
    int kept = errno;
    int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        errno = kept;
        return 0;
    }
    ssize_t size = pread(file, rules, sizeof(rules) - 1, 0);
    close(file);
    rules[size > 0 ? size : 0] = '\0';
    int fault = 0;
    char *rest = NULL;
    for (char *line = strtok_r(rules, "\n", &rest); line != NULL && fault == 0;
         line = strtok_r(NULL, "\n", &rest)) {
        fault = apply_line(line, call, fd);
    }
    errno = kept;
    return fault;
}

/* The function that would have been called. */
static void *next(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL) {
        fprintf(stderr, "fault: no %s\n", name);
        abort();
    }
    return found;
}

/* ISO C has no conversion from an object pointer to a function's. */
#define NEXT(function)                                                         \
    (*(union {                                                                 \
          void *found;                                                         \
          __typeof__(&function) call;                                          \
      }){next(#function)}                                                      \
          .call)

/* --- What stands before. ------------------------------------------------- */

int posix_fallocate(int fd, off_t offset, off_t size)
{
    int fault = fault_of(CALL_FALLOCATE, fd);
    return fault != 0 ? fault : NEXT(posix_fallocate)(fd, offset, size);
}

int fallocate(int fd, int mode, off_t offset, off_t size)
{
    errno = fault_of(CALL_FALLOCATE, fd);
    return errno != 0 ? -1 : NEXT(fallocate)(fd, mode, offset, size);
}

int fdatasync(int fd)
{
    int fault = fault_of(CALL_FSYNC, fd);
    if (fault != 0) {
        errno = fault;
        return -1;
    }
    return NEXT(fdatasync)(fd);
}

int fsync(int fd)
{
    int fault = fault_of(CALL_FSYNC, fd);
    if (fault != 0) {
        errno = fault;
        return -1;
    }
    return NEXT(fsync)(fd);
}

/* 0 with *size as it should be, or the error. */
static int fault_of_write(int fd, size_t *size)
{
    int fault = fault_of(CALL_WRITE, fd);
    if (fault == SHORT) {
        *size /= 2;
        return 0;
    }
    errno = fault != 0 ? fault : errno;
    return fault;
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
    return fault_of_write(fd, &size) != 0
               ? -1
               : NEXT(pwrite)(fd, data, size, offset);
}

ssize_t write(int fd, const void *data, size_t size)
{
    return fault_of_write(fd, &size) != 0 ? -1 : NEXT(write)(fd, data, size);
}

/* Half of a vector is its first part. */
ssize_t writev(int fd, const struct iovec *parts, int count)
{
    size_t size = (size_t)count;
    return fault_of_write(fd, &size) != 0
               ? -1
               : NEXT(writev)(fd, parts, size > 0 ? (int)size : 1);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
    size_t size = (size_t)count;
    return fault_of_write(fd, &size) != 0
               ? -1
               : NEXT(pwritev)(fd, parts, size > 0 ? (int)size : 1, offset);
}
