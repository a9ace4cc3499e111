/* SPDX-License-Identifier: Apache-2.0 */
#include "node/store/store_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/base/alloc.h"

static void read_owner(int fd, char *owner, size_t size)
{
    ssize_t got = pread(fd, owner, size - 1, 0);
    owner[got > 0 ? got : 0] = '\0';
    owner[strcspn(owner, "\n")] = '\0';
}

hl_err store_file_lock(const char *folder, int *fd, struct hl_detail *detail)
{
    size_t size = strlen(folder) + sizeof("/heluo.lock");
    char *path = hl_alloc(1, size);
    snprintf(path, size, "%s/heluo.lock", folder);
    hl_err err = HL_OK;
    char owner[32];
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0) {
        err = hl_fail(detail, errno == ENOENT ? HL_ENOTFOUND : HL_EIO, "%s: %s",
                      errno == ENOENT ? folder : path, strerror(errno));
    } else if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        read_owner(lock, owner, sizeof(owner));
        err = hl_fail(detail, HL_ELOCKED,
                      "store %s is in use by process %s: one node has one "
                      "store",
                      folder, owner[0] == '\0' ? "?" : owner);
    } else {
        /* For people only: the lock is what counts. */
        int length = snprintf(owner, sizeof(owner), "%ld\n", (long)getpid());
        if (ftruncate(lock, 0) != 0 ||
            pwrite(lock, owner, (size_t)length, 0) != length) {
            errno = 0;
        }
    }
    hl_free(path);
    if (err != HL_OK && lock >= 0) {
        close(lock);
    }
    if (err == HL_OK) {
        *fd = lock;
    }
    return err;
}

/* LMDB 0.9's meta page (struct MDB_page, then struct MDB_meta), of a machine
 * with 64-bit words, in the machine's byte order. Offsets in bytes. */
enum {
    META_MAGIC_AT = 16,
    META_VERSION_AT = 20,
    META_PAGE_BYTES_AT = 40,
    META_LAST_PAGE_AT = 136,
    META_TXN_AT = 144,
    META_BYTES = 152,
    META_MAGIC = (int)0xBEEFC0DE,
    META_VERSION = 1,
    PAGE_BYTES_MIN = 512,
    PAGE_BYTES_MAX = 65536,
};

struct meta {
    uint32_t page_bytes;
    uint64_t last_page, txn;
};

static bool read_meta(int fd, uint64_t at, struct meta *out)
{
    uint8_t raw[META_BYTES];
    if (pread(fd, raw, sizeof(raw), (off_t)at) != (ssize_t)sizeof(raw)) {
        return false;
    }
    uint32_t magic, version;
    memcpy(&magic, raw + META_MAGIC_AT, sizeof(magic));
    memcpy(&version, raw + META_VERSION_AT, sizeof(version));
    memcpy(&out->page_bytes, raw + META_PAGE_BYTES_AT, sizeof(out->page_bytes));
    memcpy(&out->last_page, raw + META_LAST_PAGE_AT, sizeof(out->last_page));
    memcpy(&out->txn, raw + META_TXN_AT, sizeof(out->txn));
    return magic == (uint32_t)META_MAGIC && version == META_VERSION &&
           out->page_bytes >= PAGE_BYTES_MIN &&
           out->page_bytes <= PAGE_BYTES_MAX &&
           (out->page_bytes & (out->page_bytes - 1)) == 0;
}

static hl_err check_size(const char *path, int fd, uint64_t size,
                         uint64_t map_bytes, struct hl_detail *detail)
{
    struct meta first, second;
    if (!read_meta(fd, 0, &first) ||
        !read_meta(fd, first.page_bytes, &second) ||
        second.page_bytes != first.page_bytes) {
        return hl_fail(detail, HL_EDAMAGED,
                       "%s is not a store, or its beginning is damaged: "
                       "restore it from a backup",
                       path);
    }
    const struct meta *newest = first.txn > second.txn ? &first : &second;
    if (newest->last_page >= size / newest->page_bytes) {
        return hl_fail(detail, HL_EDAMAGED,
                       "%s is cut short: it has %" PRIu64
                       " bytes, and needs page %" PRIu64
                       ": restore it from a backup",
                       path, size, newest->last_page);
    }
    if ((newest->last_page + 1) * newest->page_bytes > map_bytes) {
        return hl_fail(detail, HL_ELIMIT,
                       "%s is larger than map_bytes (%" PRIu64 "): raise it",
                       path, map_bytes);
    }
    return HL_OK;
}

hl_err store_file_check(const char *path, uint64_t map_bytes, bool *fresh,
                        struct hl_detail *detail)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        *fresh = true;
        return HL_OK;
    }
    struct stat file;
    hl_err err = HL_OK;
    if (fd < 0 || fstat(fd, &file) != 0) {
        err = hl_fail(detail, HL_EIO, "%s: %s", path, strerror(errno));
    } else if (!S_ISREG(file.st_mode)) {
        err = hl_fail(detail, HL_EIO, "%s is no regular file", path);
    } else if (file.st_size == 0) {
        *fresh = true;
    } else {
        *fresh = false;
        err = check_size(path, fd, (uint64_t)file.st_size, map_bytes, detail);
    }
    if (fd >= 0) {
        close(fd);
    }
    return err;
}
