/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "node/blob/blob_files_inside.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

enum { SYNC_PARTS = 16 };

/* --- Files. -------------------------------------------------------------- */

void blob_file_name(const struct blob_name *name, enum blob_file which,
                    char out[BLOB_FILE_BYTES])
{
    struct writer hex = {0};
    writer_hex(&hex, bytes_of(name->id.bytes, HL_HASH_BYTES));
    (void)snprintf(out, BLOB_FILE_BYTES, "%s.%.*s%s", name->node,
                   BYTES_ARGS(writer_view(&hex)),
                   which == BLOB_FILE_PART ? ".part" : "");
    writer_fini(&hex);
}

hl_err blob_file_fail(const struct blob_files *files, const char *file,
                      struct hl_detail *detail)
{
    int error = errno;
    bool full = error == ENOSPC || error == EDQUOT || error == EROFS;
    return hl_fail(detail, full ? HL_EFULL : HL_EIO, "%s/%s: %s", files->path,
                   file, strerror(error));
}

hl_err blob_file_write(const struct blob_files *files, int fd, const char *file,
                       struct bytes bytes, uint64_t at,
                       struct hl_detail *detail)
{
    for (size_t done = 0; done < bytes.size;) {
        ssize_t wrote = pwrite(fd, bytes.data + done, bytes.size - done,
                               (off_t)(at + done));
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote < 0) {
            return blob_file_fail(files, file, detail);
        }
        done += (size_t)wrote;
    }
    return HL_OK;
}

hl_err blob_file_read(const struct blob_files *files, int fd, const char *file,
                      uint8_t *to, size_t size, uint64_t at,
                      struct hl_detail *detail)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = pread(fd, to + done, size - done, (off_t)(at + done));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return blob_file_fail(files, file, detail);
        }
        if (got == 0) {
            return hl_fail(detail, HL_EIO, "%s/%s is shorter than it was",
                           files->path, file);
        }
        done += (size_t)got;
    }
    return HL_OK;
}

hl_err blob_file_sync(const struct blob_files *files, int fd, const char *file,
                      struct hl_detail *detail)
{
    return fsync(fd) == 0 ? HL_OK : blob_file_fail(files, file, detail);
}

static uint64_t size_of(const struct blob_files *files, const char *file)
{
    struct stat status;
    return fstatat(files->folder, file, &status, 0) == 0
               ? (uint64_t)status.st_size
               : 0;
}

hl_err blob_file_rename(struct blob_files *files, const char *from,
                        const char *to, struct hl_detail *detail)
{
    uint64_t former = size_of(files, to);
    if (renameat(files->folder, from, files->folder, to) != 0) {
        return blob_file_fail(files, from, detail);
    }
    blob_files_give_room(files, former);
    return blob_file_sync(files, files->folder, to, detail);
}

hl_err blob_file_remove(struct blob_files *files, const char *file,
                        struct hl_detail *detail)
{
    uint64_t size = size_of(files, file);
    if (unlinkat(files->folder, file, 0) != 0) {
        return errno == ENOENT ? HL_OK : blob_file_fail(files, file, detail);
    }
    blob_files_give_room(files, size);
    return HL_OK;
}

/* --- Room. --------------------------------------------------------------- */

hl_err blob_files_take_room(struct blob_files *files, uint64_t bytes,
                            uint64_t coming, struct hl_detail *detail)
{
    struct statvfs disk;
    uint64_t max = files->options.max_bytes;
    if (fstatvfs(files->folder, &disk) != 0) {
        return blob_file_fail(files, "", detail);
    }
    uint64_t left = (uint64_t)disk.f_bavail * disk.f_frsize;
    if (left < coming + files->options.reserve_bytes) {
        return hl_fail(detail, HL_EFULL,
                       "the disk has %llu bytes left, and a blob needs %llu "
                       "beside what the journals need",
                       (unsigned long long)left, (unsigned long long)coming);
    }
    pthread_mutex_lock(&files->lock);
    bool fits = files->bytes <= max && coming <= max - files->bytes;
    files->bytes += fits ? bytes : 0;
    pthread_mutex_unlock(&files->lock);
    return fits ? HL_OK
                : hl_fail(detail, HL_EFULL,
                          "blobs may take %llu bytes (max_blobs_bytes), and "
                          "%llu more do not fit",
                          (unsigned long long)max, (unsigned long long)coming);
}

void blob_files_add(struct blob_files *files, uint64_t bytes)
{
    pthread_mutex_lock(&files->lock);
    files->bytes += bytes;
    pthread_mutex_unlock(&files->lock);
}

void blob_files_give_room(struct blob_files *files, uint64_t bytes)
{
    pthread_mutex_lock(&files->lock);
    files->bytes -= bytes < files->bytes ? bytes : files->bytes;
    pthread_mutex_unlock(&files->lock);
}

/* --- The store. ---------------------------------------------------------- */

static uint64_t file_size(const struct blob_seal *seal)
{
    return seal->size + blob_part_count(seal->size) * HL_HASH_BYTES;
}

static void held(void *context, const struct blob_name *name,
                 const struct blob_seal *seal, struct blob_held *out)
{
    const struct blob_files *files = context;
    char file[BLOB_FILE_BYTES];
    blob_file_name(name, BLOB_FILE_WHOLE, file);
    out->whole = size_of(files, file) == file_size(seal);
    blob_file_name(name, BLOB_FILE_PART, file);
    uint64_t size = size_of(files, file);
    /* All of them, and no name yet: the last one again makes it whole. */
    out->parts = size >= seal->size ? blob_part_count(seal->size) - 1
                                    : size / BLOB_PART_BYTES;
}

/* Reads it all: whatever a crash left of it, it becomes whole only as what its
 * root says. */
static hl_err read_leaves(const struct blob_files *files, int fd,
                          const char *file, uint64_t size,
                          struct blob_leaves *out, struct hl_detail *detail)
{
    uint8_t *part = hl_alloc(BLOB_PART_BYTES, 1);
    hl_err err = HL_OK;
    for (uint64_t i = 0; i < blob_part_count(size) && err == HL_OK; i++) {
        size_t bytes = blob_part_size(size, i);
        err = blob_file_read(files, fd, file, part, bytes, i * BLOB_PART_BYTES,
                             detail);
        if (err == HL_OK) {
            struct hl_hash leaf = merkle_leaf(bytes_of(part, bytes));
            blob_leaves_add(out, &leaf);
        }
    }
    hl_free(part);
    return err;
}

static hl_err finish(struct blob_files *files, const struct blob_name *name,
                     const struct blob_seal *seal, int fd, const char *file,
                     struct hl_detail *detail)
{
    char whole[BLOB_FILE_BYTES];
    struct blob_leaves leaves = {0};
    blob_file_name(name, BLOB_FILE_WHOLE, whole);
    hl_err err = read_leaves(files, fd, file, seal->size, &leaves, detail);
    if (err == HL_OK) {
        struct hl_hash root = blob_leaves_root(&leaves);
        if (!hash_equal(&root, &seal->root)) {
            err = blob_file_remove(files, file, detail);
            err = err == HL_OK ? hl_fail(detail, HL_EPROOF,
                                         "%s/%s was changed on the disk",
                                         files->path, file)
                               : err;
        }
    }
    if (err == HL_OK) {
        struct bytes trailer =
            bytes_of(leaves.hashes, leaves.count * HL_HASH_BYTES);
        err = blob_file_write(files, fd, file, trailer, seal->size, detail);
    }
    if (err == HL_OK && ftruncate(fd, (off_t)file_size(seal)) != 0) {
        err = blob_file_fail(files, file, detail);
    }
    if (err == HL_OK) {
        err = blob_file_sync(files, fd, file, detail);
    }
    blob_leaves_fini(&leaves);
    return err == HL_OK ? blob_file_rename(files, file, whole, detail) : err;
}

static hl_err append_to(struct blob_files *files, const struct blob_name *name,
                        const struct blob_seal *seal, int fd, const char *file,
                        uint64_t index, struct bytes part, bool *whole,
                        struct hl_detail *detail)
{
    bool last = index + 1 == blob_part_count(seal->size);
    hl_err err =
        blob_file_write(files, fd, file, part, index * BLOB_PART_BYTES, detail);
    if (err == HL_OK && last) {
        err = finish(files, name, seal, fd, file, detail);
        *whole = err == HL_OK;
    } else if (err == HL_OK && index % SYNC_PARTS == SYNC_PARTS - 1) {
        /* So that the last one has not all of it to wait for. */
        err = blob_file_sync(files, fd, file, detail);
    }
    return err;
}

static hl_err append(void *context, const struct blob_name *name,
                     const struct blob_seal *seal, uint64_t index,
                     struct bytes part, bool *whole, struct hl_detail *detail)
{
    struct blob_files *files = context;
    char file[BLOB_FILE_BYTES];
    bool last = index + 1 == blob_part_count(seal->size);
    uint64_t bytes =
        part.size + (last ? blob_part_count(seal->size) * HL_HASH_BYTES : 0);
    uint64_t coming = file_size(seal) - index * BLOB_PART_BYTES;
    *whole = false;
    blob_file_name(name, BLOB_FILE_PART, file);
    uint64_t former = size_of(files, file);
    hl_err err = blob_files_take_room(files, bytes, coming, detail);
    if (err != HL_OK) {
        return err;
    }
    int fd = openat(files->folder, file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    err = fd < 0 ? blob_file_fail(files, file, detail)
                 : append_to(files, name, seal, fd, file, index, part, whole,
                             detail);
    if (fd >= 0) {
        close(fd);
    }
    if (err == HL_EPROOF) {
        blob_files_give_room(files, bytes);
    } else {
        /* What was there before and is written again. */
        uint64_t from = index * BLOB_PART_BYTES;
        blob_files_give_room(files, former > from ? former - from : 0);
        blob_files_give_room(files, err == HL_OK ? 0 : bytes);
    }
    return err;
}

static hl_err open_whole(const struct blob_files *files,
                         const struct blob_name *name,
                         const struct blob_seal *seal,
                         char file[BLOB_FILE_BYTES], int *out,
                         struct hl_detail *detail)
{
    blob_file_name(name, BLOB_FILE_WHOLE, file);
    if (size_of(files, file) != file_size(seal)) {
        return hl_fail(detail, HL_ENOTFOUND, "the blob's bytes are not here");
    }
    *out = openat(files->folder, file, O_RDONLY | O_CLOEXEC);
    return *out >= 0 ? HL_OK : blob_file_fail(files, file, detail);
}

static hl_err read_part(void *context, const struct blob_name *name,
                        const struct blob_seal *seal, uint64_t index,
                        struct writer *out, struct hl_detail *detail)
{
    const struct blob_files *files = context;
    char file[BLOB_FILE_BYTES];
    int fd = -1;
    hl_err err = open_whole(files, name, seal, file, &fd, detail);
    if (err != HL_OK) {
        return err;
    }
    size_t size = blob_part_size(seal->size, index);
    err = blob_file_read(files, fd, file, writer_extend(out, size), size,
                         index * BLOB_PART_BYTES, detail);
    if (err != HL_OK) {
        writer_shrink(out, size);
    }
    close(fd);
    return err;
}

static hl_err leaves_of(void *context, const struct blob_name *name,
                        const struct blob_seal *seal, struct blob_leaves *out,
                        struct hl_detail *detail)
{
    const struct blob_files *files = context;
    char file[BLOB_FILE_BYTES];
    int fd = -1;
    hl_err err = open_whole(files, name, seal, file, &fd, detail);
    for (uint64_t i = 0; err == HL_OK && i < blob_part_count(seal->size); i++) {
        struct hl_hash leaf;
        err = blob_file_read(files, fd, file, leaf.bytes, HL_HASH_BYTES,
                             seal->size + i * HL_HASH_BYTES, detail);
        if (err == HL_OK) {
            blob_leaves_add(out, &leaf);
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    return err;
}

static hl_err remove_both(void *context, const struct blob_name *name,
                          struct hl_detail *detail)
{
    struct blob_files *files = context;
    char file[BLOB_FILE_BYTES];
    blob_file_name(name, BLOB_FILE_PART, file);
    hl_err err = blob_file_remove(files, file, detail);
    blob_file_name(name, BLOB_FILE_WHOLE, file);
    return err == HL_OK ? blob_file_remove(files, file, detail) : err;
}

struct blob_store blob_files_store(struct blob_files *files)
{
    return (struct blob_store){
        .context = files,
        .held = held,
        .append = append,
        .read = read_part,
        .leaves = leaves_of,
        .remove = remove_both,
    };
}

hl_err blob_files_verify(struct blob_files *files, const struct blob_name *name,
                         const struct blob_seal *seal, struct hl_detail *detail)
{
    char file[BLOB_FILE_BYTES];
    struct blob_leaves leaves = {0}, kept = {0};
    int fd = -1;
    hl_err err = open_whole(files, name, seal, file, &fd, detail);
    if (err != HL_OK) {
        return err;
    }
    err = read_leaves(files, fd, file, seal->size, &leaves, detail);
    close(fd);
    if (err == HL_OK) {
        err = leaves_of(files, name, seal, &kept, detail);
    }
    bool same =
        err == HL_OK && leaves.count == kept.count &&
        memcmp(leaves.hashes, kept.hashes, leaves.count * HL_HASH_BYTES) == 0;
    struct hl_hash root = blob_leaves_root(&leaves);
    same = same && hash_equal(&root, &seal->root);
    blob_leaves_fini(&leaves);
    blob_leaves_fini(&kept);
    return same ? HL_OK
                : hl_fail(detail, HL_EDAMAGED, "%s/%s is not what it was",
                          files->path, file);
}

/* --- The folder. --------------------------------------------------------- */

static bool name_of(const char *file, bool *part, struct blob_name *out)
{
    const char *dot = strchr(file, '.');
    enum { HEX = 2 * HL_HASH_BYTES };
    if (dot == NULL || (size_t)(dot - file) >= sizeof(out->node) ||
        strlen(dot + 1) < HEX) {
        return false;
    }
    *part = strcmp(dot + 1 + HEX, ".part") == 0;
    if (!*part && dot[1 + HEX] != '\0') {
        return false;
    }
    memset(out, 0, sizeof(*out));
    memcpy(out->node, file, (size_t)(dot - file));
    for (size_t i = 0; i < HL_HASH_BYTES; i++) {
        unsigned byte = 0;
        if (sscanf(dot + 1 + 2 * i, "%2x", &byte) != 1) {
            return false;
        }
        out->id.bytes[i] = (uint8_t)byte;
    }
    return true;
}

typedef void (*file_fn)(void *context, const char *file);

static hl_err each_file(const struct blob_files *files, file_fn each,
                        void *context, struct hl_detail *detail)
{
    DIR *folder = opendir(files->path);
    const struct dirent *found;
    if (folder == NULL) {
        return blob_file_fail(files, "", detail);
    }
    while ((found = readdir(folder)) != NULL) {
        each(context, found->d_name);
    }
    closedir(folder);
    return HL_OK;
}

static void count_file(void *context, const char *file)
{
    struct blob_files *files = context;
    if (strncmp(file, "draft-", 6) == 0) {
        (void)unlinkat(files->folder, file, 0);
    } else if (file[0] != '.') {
        files->bytes += size_of(files, file);
    }
}

hl_err blob_files_open(const struct blob_files_options *options,
                       struct blob_files **out, struct hl_detail *detail)
{
    struct blob_files *files = hl_alloc(1, sizeof(*files));
    files->options = *options;
    files->path = hl_copy(options->folder, strlen(options->folder));
    pthread_mutex_init(&files->lock, NULL);
    hl_err err = mkdir(options->folder, 0700) == 0 || errno == EEXIST
                     ? HL_OK
                     : blob_file_fail(files, "", detail);
    files->folder = open(options->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (err == HL_OK && files->folder < 0) {
        err = blob_file_fail(files, "", detail);
    }
    if (err == HL_OK) {
        err = each_file(files, count_file, files, detail);
    }
    if (err != HL_OK) {
        blob_files_close(&files);
        return err;
    }
    *out = files;
    return HL_OK;
}

void blob_files_close(struct blob_files **files)
{
    struct blob_files *gone = *files;
    if (gone == NULL) {
        return;
    }
    if (gone->folder >= 0) {
        close(gone->folder);
    }
    pthread_mutex_destroy(&gone->lock);
    hl_free(gone->path);
    hl_free(gone);
    *files = NULL;
}

struct counting {
    const struct blob_files *files;
    struct hl_wall since;
    struct blob_usage *out;
};

static void count_whole(void *context, const char *file)
{
    const struct counting *counting = context;
    struct blob_name name;
    struct stat status;
    bool part;
    if (!name_of(file, &part, &name) || part ||
        fstatat(counting->files->folder, file, &status, 0) != 0) {
        return;
    }
    int64_t ms = (int64_t)status.st_mtim.tv_sec * 1000 +
                 status.st_mtim.tv_nsec / 1000000;
    counting->out->whole++;
    counting->out->newer += ms >= counting->since.ms;
}

void blob_files_usage(struct blob_files *files, struct hl_wall since,
                      struct blob_usage *out)
{
    struct counting counting = {files, since, out};
    *out = (struct blob_usage){.max_bytes = files->options.max_bytes};
    pthread_mutex_lock(&files->lock);
    out->bytes = files->bytes;
    pthread_mutex_unlock(&files->lock);
    if (each_file(files, count_whole, &counting, NULL) != HL_OK) {
        out->whole = out->newer = 0;
    }
}

struct each {
    void (*each)(void *context, const struct blob_name *name);
    void *context;
};

static void pass_on(void *context, const char *file)
{
    const struct each *each = context;
    struct blob_name name;
    bool part;
    if (name_of(file, &part, &name)) {
        each->each(each->context, &name);
    }
}

hl_err blob_files_each(struct blob_files *files,
                       void (*each)(void *context,
                                    const struct blob_name *name),
                       void *context, struct hl_detail *detail)
{
    struct each all = {each, context};
    return each_file(files, pass_on, &all, detail);
}
