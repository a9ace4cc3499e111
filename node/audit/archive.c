/* SPDX-License-Identifier: Apache-2.0 */
#include "node/audit/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "federation/message/message.h"
#include "protocol/base/hl_assert.h"

static const char MAGIC[] = "heluo-archive/v1\n";
enum { MAGIC_BYTES = sizeof(MAGIC) - 1, LENGTH_BYTES = 4 };

static hl_err fail_io(const char *doing, struct hl_detail *detail)
{
    return hl_fail(detail,
                   errno == ENOSPC || errno == EDQUOT ? HL_EFULL : HL_EIO,
                   "cannot %s: %s", doing, strerror(errno));
}

static void begin_digest(struct archive *archive)
{
    archive->digest =
        archive->digest == NULL ? EVP_MD_CTX_new() : archive->digest;
    HL_ASSERT(archive->digest != NULL);
    int done = EVP_DigestInit_ex(archive->digest, EVP_sha256(), NULL);
    HL_ASSERT(done == 1);
}

static void digest(struct archive *archive, const void *data, size_t size)
{
    int done = EVP_DigestUpdate(archive->digest, data, size);
    HL_ASSERT(done == 1);
}

static struct hl_hash end_digest(struct archive *archive)
{
    struct hl_hash hash;
    int done = EVP_DigestFinal_ex(archive->digest, hash.bytes, NULL);
    HL_ASSERT(done == 1);
    return hash;
}

/* --- Writing. ------------------------------------------------------------ */

static hl_err put(struct archive *archive, const void *data, size_t size,
                  struct hl_detail *detail)
{
    digest(archive, data, size);
    return fwrite(data, 1, size, archive->file) == size
               ? HL_OK
               : fail_io("write", detail);
}

static hl_err put_length(struct archive *archive, size_t size,
                         struct hl_detail *detail)
{
    const uint8_t length[LENGTH_BYTES] = {(uint8_t)(size >> 24),
                                          (uint8_t)(size >> 16),
                                          (uint8_t)(size >> 8), (uint8_t)size};
    return put(archive, length, sizeof(length), detail);
}

hl_err archive_create(const char *path, struct archive *out,
                      struct hl_detail *detail)
{
    *out = (struct archive){0};
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) {
        return errno == EEXIST
                   ? hl_fail(detail, HL_EEXISTS, "nothing is replaced")
                   : hl_fail(detail, HL_EIO, "%s", strerror(errno));
    }
    out->file = fdopen(fd, "wb");
    HL_ASSERT(out->file != NULL);
    begin_digest(out);
    return put(out, MAGIC, MAGIC_BYTES, detail);
}

hl_err archive_put(struct archive *archive, struct bytes message,
                   struct hl_detail *detail)
{
    hl_err err = put_length(archive, message.size, detail);
    archive->messages++;
    return err == HL_OK ? put(archive, message.data, message.size, detail)
                        : err;
}

hl_err archive_finish(struct archive *archive, struct hl_detail *detail)
{
    hl_err err = put_length(archive, 0, detail);
    if (err != HL_OK) {
        return err;
    }
    struct hl_hash hash = end_digest(archive);
    bool done =
        fwrite(hash.bytes, 1, HL_HASH_BYTES, archive->file) == HL_HASH_BYTES &&
        fflush(archive->file) == 0 && fsync(fileno(archive->file)) == 0;
    return done ? HL_OK : fail_io("write", detail);
}

/* --- Reading. ------------------------------------------------------------ */

static hl_err get(struct archive *archive, void *data, size_t size,
                  struct hl_detail *detail)
{
    if (fread(data, 1, size, archive->file) == size) {
        return HL_OK;
    }
    return ferror(archive->file)
               ? fail_io("read", detail)
               : hl_fail(detail, HL_EMALFORMED,
                         "it ends early: copy it again from where it was made");
}

hl_err archive_next(struct archive *archive, struct bytes *message,
                    struct hl_detail *detail)
{
    uint8_t length[LENGTH_BYTES];
    *message = (struct bytes){0};
    hl_err err = get(archive, length, sizeof(length), detail);
    if (err != HL_OK) {
        return err;
    }
    digest(archive, length, sizeof(length));
    size_t size = (size_t)length[0] << 24 | (size_t)length[1] << 16 |
                  (size_t)length[2] << 8 | length[3];
    if (size == 0) {
        return HL_OK;
    }
    if (size > SYNC_MESSAGE_MAX_BYTES) {
        return hl_fail(detail, HL_EMALFORMED,
                       "it is no archive, or was changed: a message of %zu "
                       "bytes",
                       size);
    }
    writer_clear(&archive->frame);
    void *room = writer_extend(&archive->frame, size);
    err = get(archive, room, size, detail);
    if (err == HL_OK) {
        digest(archive, room, size);
        archive->messages++;
        *message = writer_view(&archive->frame);
    }
    return err;
}

static hl_err begin(struct archive *archive, struct hl_detail *detail)
{
    char magic[MAGIC_BYTES];
    rewind(archive->file);
    begin_digest(archive);
    archive->messages = 0;
    if (fread(magic, 1, MAGIC_BYTES, archive->file) != MAGIC_BYTES ||
        memcmp(magic, MAGIC, MAGIC_BYTES) != 0) {
        return hl_fail(detail, HL_EMALFORMED,
                       "it is no archive of 'heluo journal export'");
    }
    digest(archive, magic, MAGIC_BYTES);
    return HL_OK;
}

static hl_err check(struct archive *archive, struct hl_detail *detail)
{
    struct bytes message;
    struct hl_hash stated;
    hl_err err = begin(archive, detail);
    do {
        if (err == HL_OK) {
            err = archive_next(archive, &message, detail);
        }
    } while (err == HL_OK && message.data != NULL);
    if (err == HL_OK) {
        err = get(archive, stated.bytes, HL_HASH_BYTES, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    struct hl_hash hash = end_digest(archive);
    if (!hash_equal(&hash, &stated) || fgetc(archive->file) != EOF) {
        return hl_fail(detail, HL_EMALFORMED,
                       "it was changed since it was made: copy it again");
    }
    return HL_OK;
}

hl_err archive_open(const char *path, struct archive *out,
                    struct hl_detail *detail)
{
    *out = (struct archive){0};
    out->file = fopen(path, "rbe");
    if (out->file == NULL) {
        return hl_fail(detail, errno == ENOENT ? HL_ENOTFOUND : HL_EIO, "%s",
                       strerror(errno));
    }
    hl_err err = check(out, detail);
    return err == HL_OK ? begin(out, detail) : err;
}

void archive_close(struct archive *archive)
{
    if (archive->file != NULL) {
        fclose(archive->file);
    }
    EVP_MD_CTX_free(archive->digest);
    writer_fini(&archive->frame);
    *archive = (struct archive){0};
}
