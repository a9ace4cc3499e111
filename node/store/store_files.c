/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* renameat2 */

#include "node/store/store_files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "protocol/base/hl_assert.h"

enum { PATH_BYTES = 4096 };

static hl_err path_of(const char *folder, const char *name,
                      char out[PATH_BYTES], struct hl_detail *detail)
{
    int size = snprintf(out, PATH_BYTES, "%s/%s", folder, name);
    return size > 0 && size < PATH_BYTES
               ? HL_OK
               : hl_fail(detail, HL_EIO, "the path '%s' is too long", folder);
}

static hl_err fail_locked(int fd, const char *folder, struct hl_detail *detail)
{
    char holder[24] = {0};
    ssize_t got = pread(fd, holder, sizeof(holder) - 1, 0);
    holder[got > 0 ? strcspn(holder, "\n") : 0] = 0;
    return hl_fail(detail, HL_ELOCKED,
                   "the store '%s' is in use by process %s: stop it first",
                   folder, holder[0] == 0 ? "?" : holder);
}

static hl_err note_holder(int fd, const char *path, struct hl_detail *detail)
{
    char text[24];
    int size = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
    ssize_t put =
        ftruncate(fd, 0) == 0 ? pwrite(fd, text, (size_t)size, 0) : -1;
    bool done = put == (ssize_t)size;
    if (put >= 0 && !done) {
        errno = ENOSPC; /* a disk that fills up writes a part */
    }
    /* The number only helps a reader: a full disk must not keep a node from
     * serving what it has. */
    return done || errno == ENOSPC || errno == EDQUOT
               ? HL_OK
               : hl_fail(detail, HL_EIO, "cannot write '%s': %s", path,
                         strerror(errno));
}

hl_err store_files_lock(const char *folder, int *lock, struct hl_detail *detail)
{
    char path[PATH_BYTES];
    hl_err err = path_of(folder, "store.lock", path, detail);
    if (err != HL_OK) {
        return err;
    }
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        return hl_fail(detail, errno == ENOENT ? HL_ENOTFOUND : HL_EIO,
                       "cannot open the store's lock '%s': %s", path,
                       strerror(errno));
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        err = errno == EWOULDBLOCK
                  ? fail_locked(fd, folder, detail)
                  : hl_fail(detail, HL_EIO, "cannot lock '%s': %s", path,
                            strerror(errno));
    } else {
        err = note_holder(fd, path, detail);
    }
    if (err != HL_OK) {
        close(fd);
        return err;
    }
    *lock = fd;
    return HL_OK;
}

/* Where LMDB 0.9 keeps what is read here: a page head of 16 bytes, then the
 * meta, in the machine's own byte order and for 64-bit machines. */
enum {
    META_BYTES = 152,
    META_FLAGS_AT = 10,
    META_IS_META = 8,
    META_MAGIC_AT = 16,
    META_VERSION_AT = 20,
    META_PAGE_BYTES_AT = 40,
    META_FREE_ROOT_AT = 80,
    META_MAIN_ROOT_AT = 128,
    META_LAST_PAGE_AT = 136,
    META_TXN_AT = 144,
    META_PAGE_BYTES_MAX = 65536,
    META_PAGE_BYTES_MIN = 512,
};
static const uint32_t META_MAGIC = 0xBEEFC0DE;

struct meta {
    uint64_t page_bytes;
    uint64_t last_page;
    uint64_t txn;
};

static uint64_t field(const uint8_t *page, size_t at, size_t size)
{
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    switch (size) {
    case sizeof(u16):
        memcpy(&u16, page + at, size);
        return u16;
    case sizeof(u32):
        memcpy(&u32, page + at, size);
        return u32;
    default:
        memcpy(&u64, page + at, sizeof(u64));
        return u64;
    }
}

/* A root is a page, or all ones for a tree without any. */
static bool root_possible(const uint8_t *page, size_t at, uint64_t last_page)
{
    uint64_t root = field(page, at, 8);
    return root == UINT64_MAX || (root > 1 && root <= last_page);
}

static bool meta_decode(const uint8_t page[META_BYTES], struct meta *out)
{
    *out = (struct meta){
        .page_bytes = field(page, META_PAGE_BYTES_AT, 4),
        .last_page = field(page, META_LAST_PAGE_AT, 8),
        .txn = field(page, META_TXN_AT, 8),
    };
    bool page_bytes_possible = out->page_bytes >= META_PAGE_BYTES_MIN &&
                               out->page_bytes <= META_PAGE_BYTES_MAX &&
                               (out->page_bytes & (out->page_bytes - 1)) == 0;
    return (field(page, META_FLAGS_AT, 2) & META_IS_META) != 0 &&
           field(page, META_MAGIC_AT, 4) == META_MAGIC &&
           field(page, META_VERSION_AT, 4) == 1 && page_bytes_possible;
}

/* Only of the newest: where LMDB could not write one, it leaves one of the
 * number before, whose pages are of the commit that failed. */
static bool meta_possible(const uint8_t page[META_BYTES],
                          const struct meta *meta)
{
    return meta->last_page >= 1 && meta->last_page < (UINT64_C(1) << 48) &&
           root_possible(page, META_FREE_ROOT_AT, meta->last_page) &&
           root_possible(page, META_MAIN_ROOT_AT, meta->last_page);
}

static hl_err fail_head(const char *path, size_t which,
                        struct hl_detail *detail)
{
    return hl_fail(detail, HL_EDAMAGED,
                   "'%s' is no store, or its head page %zu is damaged: "
                   "restore the folder from a backup",
                   path, which);
}

static hl_err inspect_fd(int fd, const char *path, struct store_file *out,
                         struct hl_detail *detail)
{
    struct stat state;
    if (fstat(fd, &state) != 0 || !S_ISREG(state.st_mode)) {
        return hl_fail(detail, HL_EDAMAGED, "'%s' is no regular file", path);
    }
    if (state.st_size == 0) {
        *out = (struct store_file){0};
        return HL_OK;
    }
    uint8_t pages[2][META_BYTES] = {0};
    struct meta metas[2] = {0};
    for (size_t i = 0; i < 2; i++) {
        off_t at = (off_t)(i * metas[0].page_bytes);
        ssize_t got = pread(fd, pages[i], sizeof(pages[i]), at);
        if (got < 0) {
            return hl_fail(detail, HL_EIO, "cannot read '%s': %s", path,
                           strerror(errno));
        }
        if (got != sizeof(pages[i]) || !meta_decode(pages[i], &metas[i]) ||
            metas[i].page_bytes != metas[0].page_bytes) {
            return fail_head(path, i, detail);
        }
    }
    size_t which = metas[1].txn > metas[0].txn;
    const struct meta *newest = &metas[which];
    if (!meta_possible(pages[which], newest)) {
        return fail_head(path, which, detail);
    }
    *out = (struct store_file){.page_bytes = newest->page_bytes,
                               .pages = newest->last_page + 1,
                               .size = (uint64_t)state.st_size};
    return out->size / out->page_bytes >= out->pages
               ? HL_OK
               : hl_fail(detail, HL_EDAMAGED,
                         "'%s' is cut off: it has %" PRIu64 " bytes of %" PRIu64
                         ": restore the folder from a backup",
                         path, out->size, out->pages * out->page_bytes);
}

hl_err store_files_inspect(const char *folder, struct store_file *out,
                           struct hl_detail *detail)
{
    char path[PATH_BYTES];
    hl_err err = path_of(folder, "data.mdb", path, detail);
    if (err != HL_OK) {
        return err;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        *out = (struct store_file){0};
        return HL_OK;
    }
    if (fd < 0) {
        return hl_fail(detail, HL_EIO, "cannot open '%s': %s", path,
                       strerror(errno));
    }
    err = inspect_fd(fd, path, out, detail);
    close(fd);
    return err;
}

/* --- Pages ---------------------------------------------------------------- */

struct page_reader {
    int fd;
    bool (*goes_on)(void *context);
    void *context;
};

static bool read_exactly(void *context, uint64_t offset, void *buffer,
                         size_t size)
{
    const struct page_reader *reader = context;
    size_t done = 0;
    while (done < size) {
        ssize_t got = pread(reader->fd, (uint8_t *)buffer + done, size - done,
                            (off_t)(offset + done));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return false;
        }
        done += (size_t)got;
    }
    return true;
}

static bool goes_on(void *context)
{
    const struct page_reader *reader = context;
    return reader->goes_on == NULL || reader->goes_on(reader->context);
}

hl_err store_files_check(const char *folder,
                         const struct pages_options *options,
                         bool (*ask)(void *context), void *context,
                         struct hl_detail *detail)
{
    char path[4096];
    struct stat status;
    hl_err err = path_of(folder, "data.mdb", path, detail);
    if (err != HL_OK) {
        return err;
    }
    struct page_reader reader = {.fd = open(path, O_RDONLY | O_CLOEXEC),
                                 .goes_on = ask,
                                 .context = context};
    if (reader.fd < 0 || fstat(reader.fd, &status) != 0) {
        err = hl_fail(detail, HL_EIO, "cannot read '%s': %s", path,
                      strerror(errno));
    } else {
        const struct pages_source source = {.context = &reader,
                                            .size = (uint64_t)status.st_size,
                                            .read = read_exactly,
                                            .goes_on = goes_on};
        struct hl_detail why = {0};
        err = store_pages_check(&source, options, &why);
        if (err != HL_OK) {
            hl_fail(detail, err,
                    err == HL_EDAMAGED
                        ? "'%s': %s. Stop the node, keep this file aside, and "
                          "restore a backup, or start with an empty store: "
                          "its journals come back from partners"
                        : "'%s': %s",
                    path, why.text);
        }
    }
    if (reader.fd >= 0) {
        close(reader.fd);
    }
    return err;
}

/* --- What is there, for good. -------------------------------------------- */

hl_err store_flush_folder(const char *folder, struct hl_detail *detail)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool done = fd >= 0 && fsync(fd) == 0;
    int cause = errno;
    if (fd >= 0) {
        close(fd);
    }
    return done ? HL_OK
                : hl_fail(detail, HL_EIO,
                          "cannot flush the folder '%s': %s; see to the disk",
                          folder, strerror(cause));
}

/* An empty file is what an older program left that was ended while it made a
 * store. Whatever else has come since (a restore) is not replaced. */
static bool move_new(const char *from, const char *to)
{
    struct stat state;
    if (stat(to, &state) == 0 && state.st_size == 0) {
        (void)unlink(to);
    }
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) {
        return true;
    }
    /* Not every file system can. */
    return (errno == EINVAL || errno == ENOSYS) && link(from, to) == 0 &&
           unlink(from) == 0;
}

hl_err store_files_place(const char *folder, struct hl_detail *detail)
{
    char from[PATH_BYTES], to[PATH_BYTES];
    hl_err err = path_of(folder, STORE_FILES_NEW, from, detail);
    if (err == HL_OK) {
        err = path_of(folder, "data.mdb", to, detail);
    }
    if (err == HL_OK && !move_new(from, to)) {
        err = hl_fail(detail, errno == EEXIST ? HL_EEXISTS : HL_EIO,
                      "cannot rename '%s' to '%s': %s", from, to,
                      strerror(errno));
    }
    return err == HL_OK ? store_flush_folder(folder, detail) : err;
}

void store_files_forget_new(const char *folder)
{
    char path[PATH_BYTES];
    if (path_of(folder, STORE_FILES_NEW, path, NULL) == HL_OK) {
        (void)unlink(path);
    }
}

/* Each meta lies in one sector and is written as it is, so that nothing can be
 * torn. */
static bool rewrite_heads(int fd, uint64_t page_bytes)
{
    uint8_t page[META_BYTES];
    bool done = true;
    for (uint64_t i = 0; done && i < 2; i++) {
        off_t at = (off_t)(i * page_bytes);
        done = pread(fd, page, sizeof(page), at) == sizeof(page) &&
               pwrite(fd, page, sizeof(page), at) == sizeof(page);
    }
    return done && fdatasync(fd) == 0;
}

hl_err store_files_settle(const struct store_room *room, uint64_t page_bytes,
                          struct hl_detail *detail)
{
    errno = EIO; /* of what was read or written in part */
    return rewrite_heads(room->fd, page_bytes)
               ? store_flush_folder(room->folder, detail)
               : store_room_fail(room, errno, META_BYTES, detail);
}

const char *store_size_text(uint64_t bytes, char out[STORE_SIZE_TEXT_BYTES])
{
    static const char units[][4] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 1024) {
        snprintf(out, STORE_SIZE_TEXT_BYTES, "%" PRIu64 " B", bytes);
        return out;
    }
    size_t unit = 0;
    while (bytes >= UINT64_C(1024) * 1024) {
        bytes /= 1024;
        unit++;
    }
    uint64_t tenths = bytes % 1024 * 10 / 1024;
    if (tenths == 0) {
        snprintf(out, STORE_SIZE_TEXT_BYTES, "%" PRIu64 " %s", bytes / 1024,
                 units[unit]);
    } else {
        snprintf(out, STORE_SIZE_TEXT_BYTES, "%" PRIu64 ".%" PRIu64 " %s",
                 bytes / 1024, tenths, units[unit]);
    }
    return out;
}

hl_err store_room_free(const struct store_room *room, uint64_t *free_bytes,
                       struct hl_detail *detail)
{
    struct statvfs disk;
    if (fstatvfs(room->fd, &disk) != 0) {
        return hl_fail(detail, HL_EIO, "cannot ask for the disk of '%s': %s",
                       room->folder, strerror(errno));
    }
    *free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    return HL_OK;
}

hl_err store_room_fail(const struct store_room *room, int cause,
                       uint64_t needed, struct hl_detail *detail)
{
    char free_text[STORE_SIZE_TEXT_BYTES] = "?";
    char needed_text[STORE_SIZE_TEXT_BYTES];
    uint64_t free_bytes = 0;
    if (store_room_free(room, &free_bytes, NULL) == HL_OK) {
        store_size_text(free_bytes, free_text);
    }
    store_size_text(needed, needed_text);
    switch (cause) {
    case EROFS:
        return hl_fail(detail, HL_EFULL,
                       "the disk of '%s' is read-only: mount it writable; "
                       "writes go on by themselves",
                       room->folder);
    case EDQUOT:
        return hl_fail(detail, HL_EFULL,
                       "the quota on the disk of '%s' is used up, %s needed: "
                       "raise it or make room; writes go on by themselves",
                       room->folder, needed_text);
    case ENOSPC:
        return hl_fail(detail, HL_EFULL,
                       "the disk of '%s' is full: %s free, %s needed: make "
                       "room; writes go on by themselves",
                       room->folder, free_text, needed_text);
    case EFBIG:
        return hl_fail(detail, HL_EFULL,
                       "the store '%s' may not grow by %s: the limit on the "
                       "size of files (ulimit -f) is reached; raise it",
                       room->folder, needed_text);
    default:
        return hl_fail(detail, HL_EIO, "cannot write the store '%s': %s",
                       room->folder, strerror(cause));
    }
}

hl_err store_room_ensure(struct store_room *room, uint64_t end, uint64_t step,
                         struct hl_detail *detail)
{
    HL_ASSERT(step > 0);
    struct statvfs disk;
    if (fstatvfs(room->fd, &disk) == 0 && (disk.f_flag & ST_RDONLY) != 0) {
        return store_room_fail(room, EROFS, 0, detail);
    }
    if (room->ready >= end) {
        return HL_OK;
    }
    uint64_t goal = (end + step - 1) / step * step;
    /* A disk that cannot give it all would give what it has before it says
     * so, and leave nothing to anybody else. */
    struct stat file;
    if (fstat(room->fd, &file) != 0 || fstatvfs(room->fd, &disk) != 0) {
        return store_room_fail(room, errno, goal - room->ready, detail);
    }
    uint64_t held = (uint64_t)file.st_blocks * 512;
    uint64_t free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    if (goal > held && goal - held > free_bytes) {
        return store_room_fail(room, ENOSPC, goal - room->ready, detail);
    }
    int cause = 0;
    do {
        cause = posix_fallocate(room->fd, (off_t)room->ready,
                                (off_t)(goal - room->ready));
    } while (cause == EINTR);
    if (cause != 0) {
        return store_room_fail(room, cause, goal - room->ready, detail);
    }
    room->ready = goal;
    return HL_OK;
}
