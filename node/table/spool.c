/* SPDX-License-Identifier: Apache-2.0 */
#include "node/table/spool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

enum { BLOCK_BYTES = 16384, BLOCKS = 64 };

/* Block n of the file has its one place at n modulo BLOCKS. Writing fills the
 * places in turn, so that what never grows over them needs no file. */
struct spool {
    int fd; /* below 0: there is no file yet */
    uint64_t size;
    uint64_t flushed;        /* whole blocks */
    uint64_t held[BLOCKS];   /* number of the block at that place, plus 1 */
    uint8_t *blocks[BLOCKS]; /* NULL: not used yet */
};

struct spool *spool_create(void)
{
    struct spool *spool = hl_alloc(1, sizeof(*spool));
    spool->fd = -1;
    return spool;
}

void spool_destroy(struct spool *spool)
{
    for (size_t i = 0; spool != NULL && i < BLOCKS; i++) {
        hl_free(spool->blocks[i]);
    }
    if (spool != NULL && spool->fd >= 0) {
        close(spool->fd);
    }
    hl_free(spool);
}

uint64_t spool_size(const struct spool *spool)
{
    return spool->size;
}

static uint8_t *block_of(struct spool *spool, uint64_t number)
{
    uint8_t **block = &spool->blocks[number % BLOCKS];
    if (*block == NULL) {
        *block = hl_alloc(BLOCK_BYTES, 1);
    }
    return *block;
}

static hl_err fail_errno(const char *doing, struct hl_detail *detail)
{
    bool full = errno == ENOSPC || errno == EDQUOT;
    return hl_fail(detail, full ? HL_EFULL : HL_EIO,
                   "cannot %s a temporary file (TMPDIR, or /tmp): %s", doing,
                   strerror(errno));
}

static hl_err open_file(struct spool *spool, struct hl_detail *detail)
{
    char path[4096];
    const char *folder = getenv("TMPDIR");
    int size = snprintf(path, sizeof(path), "%s/heluo-XXXXXX",
                        folder == NULL || *folder == '\0' ? "/tmp" : folder);
    errno = ENAMETOOLONG;
    spool->fd = size < (int)sizeof(path) ? mkstemp(path) : -1;
    if (spool->fd < 0) {
        return fail_errno("make", detail);
    }
    return unlink(path) == 0 ? HL_OK : fail_errno("make", detail);
}

static hl_err write_block(struct spool *spool, uint64_t number, size_t size,
                          struct hl_detail *detail)
{
    const uint8_t *from = spool->blocks[number % BLOCKS];
    hl_err err = spool->fd < 0 ? open_file(spool, detail) : HL_OK;
    for (size_t done = 0; err == HL_OK && done < size;) {
        off_t at = (off_t)(number * BLOCK_BYTES + done);
        ssize_t put = pwrite(spool->fd, from + done, size - done, at);
        if (put < 0 && errno != EINTR) {
            err = fail_errno("write to", detail);
        }
        done += put > 0 ? (size_t)put : 0;
    }
    return err;
}

/* Whole blocks up to `end`. */
static hl_err flush(struct spool *spool, uint64_t end, struct hl_detail *detail)
{
    hl_err err = HL_OK;
    while (err == HL_OK && spool->flushed < end) {
        err = write_block(spool, spool->flushed, BLOCK_BYTES, detail);
        spool->flushed += err == HL_OK ? 1 : 0;
    }
    return err;
}

hl_err spool_append(struct spool *spool, struct bytes data,
                    struct hl_detail *detail)
{
    while (data.size > 0) {
        uint64_t number = spool->size / BLOCK_BYTES;
        size_t at = (size_t)(spool->size % BLOCK_BYTES);
        size_t room = BLOCK_BYTES - at;
        size_t size = data.size < room ? data.size : room;
        if (at == 0 && number >= BLOCKS) {
            hl_err err = flush(spool, number, detail);
            if (err != HL_OK) {
                return err;
            }
        }
        spool->held[number % BLOCKS] = number + 1;
        memcpy(block_of(spool, number) + at, data.data, size);
        spool->size += size;
        data = bytes_slice(data, size, data.size - size);
    }
    return HL_OK;
}

hl_err spool_finish(struct spool *spool, struct hl_detail *detail)
{
    uint64_t blocks = spool->size / BLOCK_BYTES;
    size_t rest = (size_t)(spool->size % BLOCK_BYTES);
    if (spool->size <= (uint64_t)BLOCKS * BLOCK_BYTES) {
        return HL_OK;
    }
    hl_err err = flush(spool, blocks, detail);
    return err == HL_OK && rest > 0 ? write_block(spool, blocks, rest, detail)
                                    : err;
}

static hl_err read_block(struct spool *spool, uint64_t number,
                         struct hl_detail *detail)
{
    uint64_t from = number * BLOCK_BYTES;
    uint64_t left = spool->size - from;
    size_t size = left < BLOCK_BYTES ? (size_t)left : BLOCK_BYTES;
    uint8_t *to = block_of(spool, number);
    spool->held[number % BLOCKS] = 0;
    for (size_t done = 0; done < size;) {
        ssize_t got =
            pread(spool->fd, to + done, size - done, (off_t)(from + done));
        if (got == 0) {
            errno = EIO;
        }
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return fail_errno("read", detail);
        }
        done += got > 0 ? (size_t)got : 0;
    }
    spool->held[number % BLOCKS] = number + 1;
    return HL_OK;
}

hl_err spool_read(struct spool *spool, uint64_t offset, size_t size,
                  struct writer *out, struct hl_detail *detail)
{
    HL_ASSERT(offset <= spool->size);
    HL_ASSERT(size <= spool->size - offset);
    while (size > 0) {
        uint64_t number = offset / BLOCK_BYTES;
        size_t at = (size_t)(offset % BLOCK_BYTES);
        size_t part = size < BLOCK_BYTES - at ? size : BLOCK_BYTES - at;
        hl_err err = spool->held[number % BLOCKS] == number + 1
                         ? HL_OK
                         : read_block(spool, number, detail);
        if (err != HL_OK) {
            return err;
        }
        writer_bytes(out, bytes_of(spool->blocks[number % BLOCKS] + at, part));
        offset += part;
        size -= part;
    }
    return HL_OK;
}
