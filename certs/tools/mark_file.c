/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/tools/mark_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "protocol/base/base64.h"
#include "protocol/base/hl_assert.h"

/* Behind the mark's lines: "sum <base64 of their SHA-256>". */
static void slot_text(const struct mark *mark, struct writer *out)
{
    size_t start = out->size;
    mark_write(mark, out);
    struct hl_hash sum =
        hash_bytes(bytes_of(out->data + start, out->size - start));
    writer_text(out, "sum ");
    base64_encode(bytes_of(sum.bytes, sizeof(sum.bytes)), out);
    writer_text(out, "\n");
    HL_ASSERT(out->size - start <= MARK_SLOT_BYTES);
    size_t left = MARK_SLOT_BYTES - (out->size - start);
    memset(writer_extend(out, left), '\n', left);
}

void mark_file_text(const struct mark *mark, struct writer *out)
{
    for (unsigned i = 0; i < MARK_SLOTS; i++) {
        slot_text(mark, out);
    }
}

/* A slot is valid if it is exactly what would be written for the mark that it
 * states. */
static bool slot_parse(struct bytes slot, struct mark *out)
{
    const uint8_t *sum = NULL;
    for (size_t i = 4; i < slot.size; i++) {
        if (memcmp(slot.data + i - 4, "\nsum", 4) == 0) {
            sum = slot.data + i - 3;
        }
    }
    struct mark mark;
    if (sum == NULL ||
        mark_parse(bytes_of(slot.data, (size_t)(sum - slot.data)), &mark,
                   NULL) != HL_OK) {
        return false;
    }
    struct writer again = {0};
    slot_text(&mark, &again);
    bool same = bytes_equal(writer_view(&again), slot);
    writer_fini(&again);
    if (same) {
        *out = mark;
    }
    return same;
}

static bool parse(struct bytes raw, struct mark *out, unsigned *slot)
{
    bool found = false;
    for (unsigned i = 0; i < MARK_SLOTS; i++) {
        struct mark mark;
        if (!slot_parse(bytes_slice(raw, i * MARK_SLOT_BYTES, MARK_SLOT_BYTES),
                        &mark)) {
            continue;
        }
        if (!found || mark.head.size > out->head.size) {
            *out = mark;
            *slot = i;
            found = true;
        }
    }
    return found;
}

hl_err mark_file_parse(struct bytes raw, struct mark *out,
                       struct hl_detail *detail)
{
    unsigned slot;
    if (raw.size != MARK_FILE_BYTES || !parse(raw, out, &slot)) {
        return hl_fail(detail, HL_EMALFORMED,
                       "no mark, or one that is damaged: the node cannot know "
                       "how far its journal had come");
    }
    return HL_OK;
}

hl_err mark_file_open(const char *path, struct mark_file *out,
                      struct hl_detail *detail)
{
    uint8_t raw[MARK_FILE_BYTES + 1];
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        return hl_fail(detail, errno == ENOENT ? HL_ENOTFOUND : HL_EIO,
                       "mark %s: %s", path, strerror(errno));
    }
    hl_err err = HL_OK;
    struct mark_file file = {.fd = fd};
    ssize_t got = pread(fd, raw, sizeof(raw), 0);
    unsigned slot = 0;
    if (got < 0) {
        err = hl_fail(detail, HL_EIO, "mark %s: %s", path, strerror(errno));
    } else if (got != MARK_FILE_BYTES ||
               !parse(bytes_of(raw, (size_t)got), &file.mark, &slot)) {
        err = hl_fail(detail, HL_EMALFORMED, "mark %s: it is damaged, or none",
                      path);
    }
    if (err != HL_OK) {
        close(fd);
        return err;
    }
    file.next = (slot + 1) % MARK_SLOTS;
    *out = file;
    return HL_OK;
}

hl_err mark_file_write(struct mark_file *file, const struct head *head,
                       struct hl_detail *detail)
{
    struct writer slot = {0};
    struct mark mark = {.key = file->mark.key, .head = *head};
    slot_text(&mark, &slot);
    ssize_t wrote = pwrite(file->fd, slot.data, slot.size,
                           (off_t)file->next * MARK_SLOT_BYTES);
    bool whole = wrote == (ssize_t)slot.size;
    writer_fini(&slot);
    if (!whole || fdatasync(file->fd) != 0) {
        return hl_fail(detail, HL_EFLUSH, "the mark cannot be written: %s",
                       wrote >= 0 && !whole ? "short write" : strerror(errno));
    }
    file->mark = mark;
    file->next = (file->next + 1) % MARK_SLOTS;
    return HL_OK;
}

void mark_file_close(struct mark_file *file)
{
    if (file->fd >= 0) {
        close(file->fd);
    }
    file->fd = -1;
}
