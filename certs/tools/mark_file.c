/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/tools/mark_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs/tools/file.h"
#include "protocol/base/base64.h"
#include "protocol/base/hl_assert.h"

/* What stands between the mark's text and its checksum. */
static const char sum_label[] = "sum ";

static void write_slot(const struct mark *mark, struct writer *out)
{
    size_t begin = out->size;
    mark_write(mark, out);
    struct bytes text = bytes_slice(writer_view(out), begin, out->size - begin);
    struct hl_hash sum = hash_bytes(text);
    writer_text(out, sum_label);
    base64_encode(bytes_of(sum.bytes, sizeof(sum.bytes)), out);
    writer_text(out, "\n");
    size_t rest = MARK_SLOT_BYTES - (out->size - begin);
    memset(writer_extend(out, rest), 0, rest);
}

void mark_file_text(const struct mark *mark, struct writer *out)
{
    for (unsigned i = 0; i < MARK_SLOTS; i++) {
        write_slot(mark, out);
    }
}

/* Where the line with the checksum begins; the slot's size if it has none. */
static size_t find_sum(struct bytes slot)
{
    const size_t size = sizeof(sum_label) - 1;
    for (size_t at = 1; at + size <= slot.size; at++) {
        if (slot.data[at - 1] == '\n' &&
            bytes_equal_text(bytes_slice(slot, at, size), sum_label)) {
            return at;
        }
    }
    return slot.size;
}

/* Valid is what write_slot() writes and nothing else: so it is written again,
 * and compared. */
static bool slot_parse(struct bytes slot, struct mark *out)
{
    struct mark mark;
    struct writer again = {0};
    struct bytes text = bytes_slice(slot, 0, find_sum(slot));
    bool valid = mark_parse(text, &mark, NULL) == HL_OK;
    if (valid) {
        write_slot(&mark, &again);
        valid = bytes_equal(writer_view(&again), slot);
    }
    writer_fini(&again);
    if (valid) {
        *out = mark;
    }
    return valid;
}

static hl_err parse(struct bytes raw, struct mark *out, unsigned *newest,
                    struct hl_detail *detail)
{
    struct mark marks[MARK_SLOTS];
    bool valid[MARK_SLOTS];
    if (raw.size != MARK_FILE_BYTES) {
        return hl_fail(detail, HL_EMALFORMED,
                       "no mark: it has %zu bytes, not %d", raw.size,
                       MARK_FILE_BYTES);
    }
    for (size_t i = 0; i < MARK_SLOTS; i++) {
        valid[i] = slot_parse(
            bytes_slice(raw, i * MARK_SLOT_BYTES, MARK_SLOT_BYTES), &marks[i]);
    }
    if (!valid[0] && !valid[1]) {
        return hl_fail(detail, HL_EMALFORMED, "no mark: both slots are broken");
    }
    unsigned best = 0;
    if (valid[0] && valid[1]) {
        bool fit = vkey_equal(&marks[0].key, &marks[1].key) &&
                   (marks[0].head.size != marks[1].head.size ||
                    head_equal(&marks[0].head, &marks[1].head));
        if (!fit) {
            return hl_fail(detail, HL_EMALFORMED,
                           "the two slots are of different histories");
        }
        best = marks[1].head.size > marks[0].head.size;
    } else if (valid[1]) {
        best = 1;
    }
    *out = marks[best];
    *newest = best;
    return HL_OK;
}

hl_err mark_file_parse(struct bytes raw, struct mark *out,
                       struct hl_detail *detail)
{
    unsigned newest = 0;
    return parse(raw, out, &newest, detail);
}

static hl_err fail_errno(struct hl_detail *detail, const char *what)
{
    return hl_fail(detail, errno == ENOENT ? HL_ENOTFOUND : HL_EIO,
                   "cannot %s it: %s", what, strerror(errno));
}

static hl_err read_mark(int fd, struct mark_file *out, struct hl_detail *detail)
{
    /* One byte more than there should be shows a longer file. */
    uint8_t raw[MARK_FILE_BYTES + 1];
    struct stat state;
    unsigned newest = 0;
    if (fstat(fd, &state) != 0) {
        return fail_errno(detail, "look at");
    }
    if (!S_ISREG(state.st_mode)) {
        return hl_fail(detail, HL_EIO, "it is no regular file");
    }
    ssize_t got = pread(fd, raw, sizeof(raw), 0);
    if (got < 0) {
        return fail_errno(detail, "read");
    }
    hl_err err = parse(bytes_of(raw, (size_t)got), &out->mark, &newest, detail);
    if (err == HL_OK) {
        out->fd = fd;
        out->next = 1 - newest;
    }
    return err;
}

/* Two that follow one mark in their memory would each sign on from where it
 * stood: two histories. The lock of a store does not keep them apart where
 * each has a copy of its own. */
static hl_err lock_mark(int fd, struct hl_detail *detail)
{
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        return HL_OK;
    }
    return errno == EWOULDBLOCK
               ? hl_fail(detail, HL_ELOCKED,
                         "another process signs with it: stop that one first")
               : fail_errno(detail, "lock");
}

hl_err mark_file_open(const char *path, struct mark_file *out,
                      struct hl_detail *detail)
{
    *out = (struct mark_file){.fd = -1};
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return fail_errno(detail, "open");
    }
    hl_err err = lock_mark(fd, detail);
    if (err == HL_OK) {
        err = read_mark(fd, out, detail);
    }
    if (err != HL_OK) {
        close(fd);
    }
    return err;
}

static bool write_flushed(int fd, off_t at, struct bytes slot)
{
    ssize_t done = 0;
    do {
        done = pwrite(fd, slot.data, slot.size, at);
    } while (done < 0 && errno == EINTR);
    if (done >= 0 && (size_t)done != slot.size) {
        /* A block that is there is written whole or the disk fails. */
        errno = EIO;
        return false;
    }
    return done >= 0 && fdatasync(fd) == 0;
}

hl_err mark_file_write(struct mark_file *file, const struct head *head,
                       struct hl_detail *detail)
{
    HL_ASSERT(file->fd >= 0);
    bool same = head_equal(head, &file->mark.head);
    if (same && file->flushed) {
        return HL_OK;
    }
    HL_ASSERT(same || head->size > file->mark.head.size);
    const struct mark mark = {.key = file->mark.key, .head = *head};
    struct writer slot = {0};
    write_slot(&mark, &slot);
    bool done = write_flushed(file->fd, (off_t)file->next * MARK_SLOT_BYTES,
                              writer_view(&slot));
    writer_fini(&slot);
    if (!done) {
        return hl_fail(detail, HL_EFLUSH,
                       "whether the mark is on the disk is unknown (%s): "
                       "restart",
                       strerror(errno));
    }
    file->mark = mark;
    file->next = 1 - file->next;
    file->flushed = true;
    return HL_OK;
}

void mark_file_close(struct mark_file *file)
{
    if (file->fd >= 0) {
        close(file->fd);
        file->fd = -1;
    }
}

enum { ASIDE_MAX = 1000 };

static hl_err move_aside(const char *path, char aside[MARK_ASIDE_BYTES],
                         struct hl_detail *detail)
{
    hl_err err = HL_EEXISTS;
    for (int i = 1; err == HL_EEXISTS && i <= ASIDE_MAX; i++) {
        int size = snprintf(aside, MARK_ASIDE_BYTES, "%s.set-back-%d", path, i);
        if (size >= MARK_ASIDE_BYTES) {
            return hl_fail(detail, HL_EIO, "the path is too long");
        }
        err = file_move(path, aside, detail);
    }
    return err;
}

/* A mark that cannot be read is to go, too; not one that is in use. */
hl_err mark_file_set_aside(const char *path, struct mark_file *file,
                           char aside[MARK_ASIDE_BYTES],
                           struct hl_detail *detail)
{
    struct mark_file opened = {.fd = -1};
    if (file == NULL) {
        hl_err err = mark_file_open(path, &opened, detail);
        if (err != HL_OK && err != HL_EMALFORMED) {
            return err;
        }
    }
    hl_err err = move_aside(path, aside, detail);
    mark_file_close(&opened);
    if (err == HL_OK && file != NULL) {
        mark_file_close(file);
    }
    return err;
}
