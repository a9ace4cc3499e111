/* SPDX-License-Identifier: Apache-2.0 */
#include "node/table/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static hl_err fail_errno(const char *doing, struct hl_detail *detail)
{
    return hl_fail(detail, errno == ENOENT ? HL_ENOTFOUND : HL_EIO,
                   "cannot %s: %s", doing, strerror(errno));
}

hl_err source_open(const char *path, struct source *out,
                   struct hl_detail *detail)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return fail_errno("open", detail);
    }
    struct stat status;
    hl_err err = HL_OK;
    if (fstat(fd, &status) != 0) {
        err = fail_errno("look at it", detail);
    } else if (!S_ISREG(status.st_mode)) {
        err = hl_fail(detail, HL_EIO,
                      "not a regular file: it is read more than once");
    }
    if (err != HL_OK) {
        close(fd);
        return err;
    }
    *out = (struct source){.fd = fd, .size = (uint64_t)status.st_size};
    return HL_OK;
}

void source_of_memory(struct bytes memory, struct source *out)
{
    *out = (struct source){.fd = -1, .memory = memory, .size = memory.size};
}

void source_close(struct source *source)
{
    if (source->fd >= 0) {
        close(source->fd);
    }
    source->fd = -1;
}

hl_err source_read(struct source *source, uint8_t *buffer, size_t size,
                   size_t *got, struct hl_detail *detail)
{
    if (source->fd < 0) {
        size_t at = (size_t)source->offset;
        size_t left = source->memory.size - at;
        *got = left < size ? left : size;
        if (*got > 0) {
            memcpy(buffer, source->memory.data + at, *got);
        }
        source->offset += *got;
        return HL_OK;
    }
    ssize_t done = 0;
    do {
        done = pread(source->fd, buffer, size, (off_t)source->offset);
    } while (done < 0 && errno == EINTR);
    if (done < 0) {
        return fail_errno("read", detail);
    }
    *got = (size_t)done;
    source->offset += *got;
    return HL_OK;
}

void source_rewind(struct source *source)
{
    source->offset = 0;
}
