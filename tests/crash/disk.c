/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/crash/disk.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "tests/crash/content.h"

enum { SECTOR_BYTES = 512, FILES_MAX = 4096, OPS_MAX = 4096 };

struct op {
    enum shim_record kind;
    struct file *file;
    uint64_t offset;
    size_t size;
    const void *data;
    const char *path, *other; /* other: a rename's new one */
    bool certain;
    bool lost; /* no flush makes it certain any more */
};

struct disk {
    struct file files[FILES_MAX];
    size_t file_count;
    struct names certain, chosen;
    struct op ops[OPS_MAX];
    size_t op_count;
    char **paths; /* of the log, with a NUL behind each */
    size_t path_count;
    char text[512];
};

struct disk *disk_create(void)
{
    return hl_alloc(1, sizeof(struct disk));
}

void disk_destroy(struct disk *disk)
{
    for (size_t i = 0; i < disk->file_count; i++) {
        hl_free(disk->files[i].certain.bytes);
        hl_free(disk->files[i].chosen.bytes);
    }
    for (size_t i = 0; i < disk->path_count; i++) {
        hl_free(disk->paths[i]);
    }
    hl_free(disk->paths);
    hl_free(disk);
}

/* The size of the path of the folder that it lies in. */
static size_t folder_size(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? 0 : (size_t)(slash - path);
}

/* --- Operations. --------------------------------------------------------- */

static bool is_of_name(const struct op *op)
{
    return op->path != NULL;
}

static void apply_to_names(struct names *names, const struct op *op)
{
    switch (op->kind) {
    case RECORD_UNLINK:
        names_drop(names, op->path);
        break;
    case RECORD_RENAME:
        names_drop(names, op->path);
        names_set(names, op->other, op->file);
        break;
    default:
        names_set(names, op->path, op->file);
    }
}

static uint64_t mix(uint64_t value)
{
    value ^= value >> 30;
    value *= UINT64_C(0xbf58476d1ce4e5b9);
    value ^= value >> 27;
    value *= UINT64_C(0x94d049bb133111eb);
    return value ^ value >> 31;
}

/* Sectors are those of the file: the write may begin and end within one. */
static void put_torn(struct content *content, const struct op *op,
                     const struct disk_choice *choice, uint64_t salt)
{
    size_t at = 0;
    while (at < op->size) {
        uint64_t sector = (op->offset + at) / SECTOR_BYTES;
        size_t end = (size_t)((sector + 1) * SECTOR_BYTES - op->offset);
        end = end < op->size ? end : op->size;
        if (mix(choice->salt ^ salt << 32 ^ sector) % 8 < choice->kept_of_8) {
            content_put(content, (size_t)op->offset + at,
                        (const uint8_t *)op->data + at, end - at);
        }
        at = end;
    }
}

static void apply_to_content(struct content *content, const struct op *op,
                             const struct disk_choice *torn, uint64_t salt)
{
    size_t offset = (size_t)op->offset;
    if (op->kind == RECORD_RESIZE) {
        content_resize(content, offset);
    } else if (op->kind == RECORD_GROW) {
        content_resize(content,
                       offset > content->size ? offset : content->size);
    } else if (torn != NULL) {
        put_torn(content, op, torn, salt);
    } else {
        content_put(content, offset, op->data, op->size);
    }
}

static struct file *file_of(struct disk *disk, uint64_t inode)
{
    for (size_t i = disk->file_count; i > 0; i--) {
        if (disk->files[i - 1].inode == inode) {
            return &disk->files[i - 1];
        }
    }
    fprintf(stderr, "the log has a file that nobody made: %" PRIu64 "\n",
            inode);
    abort();
}

static struct file *new_file(struct disk *disk, uint64_t inode)
{
    HL_ASSERT(disk->file_count < FILES_MAX);
    disk->files[disk->file_count] = (struct file){.inode = inode};
    return &disk->files[disk->file_count++];
}

static struct op *push(struct disk *disk, struct op op)
{
    HL_ASSERT(disk->op_count < OPS_MAX);
    disk->ops[disk->op_count] = op;
    return &disk->ops[disk->op_count++];
}

static const char *path_of(struct disk *disk, const void *data, size_t size)
{
    size_t count = disk->path_count++;
    disk->paths =
        hl_realloc(disk->paths, disk->path_count, sizeof(disk->paths[0]));
    disk->paths[count] = hl_copy(data, size);
    return disk->paths[count];
}

/* The file that a name has when all is carried out. */
static struct file *named(struct disk *disk, const char *path)
{
    struct names *names = &disk->chosen;
    *names = disk->certain;
    for (size_t i = 0; i < disk->op_count; i++) {
        if (is_of_name(&disk->ops[i])) {
            apply_to_names(names, &disk->ops[i]);
        }
    }
    struct name *name = names_find(names, path);
    HL_ASSERT(name != NULL);
    return name->file;
}

static void apply_name(struct disk *disk, const struct record *record,
                       const void *data)
{
    struct op op = {.kind = (enum shim_record)record->kind,
                    .path = path_of(disk, data, record->size)};
    if (op.kind == RECORD_CREATE) {
        op.file = new_file(disk, record->inode);
    } else if (op.kind == RECORD_LINK) {
        op.file = file_of(disk, record->inode);
    } else if (op.kind == RECORD_RENAME) {
        op.other = op.path + strlen(op.path) + 1;
        op.file = named(disk, op.path);
    }
    push(disk, op);
}

/* A write behind the end is two things: the file grows, and bytes come. */
static void apply_write(struct disk *disk, const struct record *record,
                        const void *data)
{
    struct file *file = file_of(disk, record->inode);
    struct op op = {.kind = RECORD_WRITE,
                    .file = file,
                    .offset = record->offset,
                    .size = record->size,
                    .data = data};
    size_t end = (size_t)record->offset + record->size;
    if (end > file->logical_size) {
        push(disk,
             (struct op){.kind = RECORD_GROW, .file = file, .offset = end});
        file->logical_size = end;
    }
    push(disk, op);
}

static void apply_size(struct disk *disk, const struct record *record)
{
    struct file *file = file_of(disk, record->inode);
    size_t size = (size_t)record->offset;
    if (record->kind == RECORD_RESIZE || size > file->logical_size) {
        file->logical_size = size;
        push(disk, (struct op){.kind = (enum shim_record)record->kind,
                               .file = file,
                               .offset = size});
    }
}

/* Sizes are the file system's own, which does not forget that it has not
 * written them. */
static void mark_lost(struct disk *disk, const struct record *record)
{
    for (size_t i = 0; i < disk->op_count; i++) {
        struct op *op = &disk->ops[i];
        if (op->kind == RECORD_WRITE && op->file->inode == record->inode) {
            op->lost = true;
        }
    }
}

void disk_apply(struct disk *disk, const struct record *record,
                const void *data)
{
    switch (record->kind) {
    case RECORD_CREATE:
    case RECORD_CREATE_FOLDER:
    case RECORD_LINK:
    case RECORD_UNLINK:
    case RECORD_RENAME:
        apply_name(disk, record, data);
        break;
    case RECORD_WRITE:
    case RECORD_WRITE_FLUSHED:
        apply_write(disk, record, data);
        break;
    case RECORD_RESIZE:
    case RECORD_GROW:
        apply_size(disk, record);
        break;
    case RECORD_FLUSH_LOST:
        mark_lost(disk, record);
        break;
    default:
        break;
    }
}

/* --- Certainty. ---------------------------------------------------------- */

bool disk_flushes(const struct record *record)
{
    return record->kind == RECORD_FLUSH ||
           record->kind == RECORD_FLUSH_FOLDER ||
           record->kind == RECORD_WRITE_FLUSHED;
}

static bool is_in_folder(const struct op *op, const char *folder, size_t size)
{
    const char *path = op->kind == RECORD_RENAME ? op->other : op->path;
    return folder_size(path) == size && memcmp(path, folder, size) == 0;
}

static void mark_certain(struct disk *disk, const struct record *record,
                         const void *data)
{
    bool folder = record->kind == RECORD_FLUSH_FOLDER;
    for (size_t i = 0; i < disk->op_count; i++) {
        struct op *op = &disk->ops[i];
        if (folder ? is_of_name(op) && is_in_folder(op, data, record->size)
                   : !is_of_name(op) && op->file->inode == record->inode) {
            op->certain = op->certain || !op->lost;
        }
    }
}

static bool is_same_path(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* Whether an uncertain one of before is about the same, and may not be
 * overtaken. */
static bool is_behind(const struct disk *disk, size_t count,
                      const struct op *op)
{
    for (size_t i = 0; i < count; i++) {
        const struct op *first = &disk->ops[i];
        if (is_of_name(first) != is_of_name(op)) {
            continue;
        }
        if (is_of_name(op) ? is_same_path(first->path, op->path) ||
                                 is_same_path(first->path, op->other) ||
                                 is_same_path(first->other, op->path) ||
                                 is_same_path(first->other, op->other)
                           : first->file == op->file) {
            return true;
        }
    }
    return false;
}

void disk_settle(struct disk *disk, const struct record *record,
                 const void *data)
{
    if (record->kind == RECORD_WRITE_FLUSHED) {
        struct op *last = &disk->ops[disk->op_count - 1];
        last->certain = true;
        if (disk->op_count > 1 && last[-1].kind == RECORD_GROW &&
            last[-1].file == last->file) {
            last[-1].certain = true;
        }
    } else if (disk_flushes(record)) {
        mark_certain(disk, record, data);
    }
    size_t left = 0;
    for (size_t i = 0; i < disk->op_count; i++) {
        struct op op = disk->ops[i];
        if (!op.certain || is_behind(disk, left, &op)) {
            disk->ops[left++] = op;
        } else if (is_of_name(&op)) {
            apply_to_names(&disk->certain, &op);
        } else {
            apply_to_content(&op.file->certain, &op, NULL, 0);
        }
    }
    disk->op_count = left;
}

/* --- States. ------------------------------------------------------------- */

size_t disk_pending(const struct disk *disk)
{
    return disk->op_count;
}

static const char *name_of(const struct disk *disk, const struct file *file)
{
    const char *found = "a file without a name";
    for (size_t i = 0; i < disk->certain.count; i++) {
        if (disk->certain.items[i].file == file) {
            found = disk->certain.items[i].path;
        }
    }
    for (size_t i = 0; i < disk->op_count; i++) {
        if (is_of_name(&disk->ops[i]) && disk->ops[i].file == file &&
            disk->ops[i].kind != RECORD_UNLINK) {
            found = disk->ops[i].kind == RECORD_RENAME ? disk->ops[i].other
                                                       : disk->ops[i].path;
        }
    }
    return found;
}

const char *disk_describe(const struct disk *disk, size_t pending)
{
    static const char *const words[SHIM_RECORDS] = {
        [RECORD_CREATE] = "the new file",      [RECORD_LINK] = "the link",
        [RECORD_CREATE_FOLDER] = "the folder", [RECORD_UNLINK] = "unlinking",
        [RECORD_RENAME] = "the rename of",     [RECORD_RESIZE] = "the size of",
        [RECORD_GROW] = "the growth of"};
    const struct op *op = &disk->ops[pending];
    char *text = (char *)(uintptr_t)disk->text;
    if (op->kind == RECORD_WRITE) {
        snprintf(text, sizeof(disk->text), "%zu bytes at %" PRIu64 " of %s",
                 op->size, op->offset, name_of(disk, op->file));
    } else if (is_of_name(op)) {
        snprintf(text, sizeof(disk->text), "%s %s%s%s", words[op->kind],
                 op->path, op->other == NULL ? "" : " to ",
                 op->other == NULL ? "" : op->other);
    } else {
        snprintf(text, sizeof(disk->text), "%s %s to %" PRIu64, words[op->kind],
                 name_of(disk, op->file), op->offset);
    }
    return text;
}

static void choose(struct disk *disk, const struct disk_choice *choice)
{
    disk->chosen = disk->certain;
    for (size_t i = 0; i < disk->file_count; i++) {
        content_copy(&disk->files[i].chosen, &disk->files[i].certain);
    }
    for (size_t i = 0; i < disk->op_count; i++) {
        const struct op *op = &disk->ops[i];
        enum disk_fate fate = op->certain ? DISK_KEPT : choice->fates[i];
        if (fate == DISK_LOST) {
            continue;
        }
        if (is_of_name(op)) {
            apply_to_names(&disk->chosen, op);
        } else {
            bool torn = fate == DISK_TORN && op->kind == RECORD_WRITE;
            apply_to_content(&op->file->chosen, op, torn ? choice : NULL, i);
        }
    }
}

static bool is_visible(struct disk *disk, const char *path)
{
    char folder[512];
    size_t size = folder_size(path);
    if (size == 0) {
        return true;
    }
    HL_ASSERT(size < sizeof(folder));
    memcpy(folder, path, size);
    folder[size] = '\0';
    struct name *name = names_find(&disk->chosen, folder);
    return name != NULL && name->file == NULL && is_visible(disk, folder);
}

static bool ends_with(const char *path, const char *end)
{
    size_t size = strlen(path), tail = strlen(end);
    return size >= tail && strcmp(path + size - tail, end) == 0;
}

static uint64_t hash_content(const struct content *content)
{
    uint64_t hash = mix(content->size), word = 0;
    size_t used = content->used;
    while (used > 0 && content->bytes[used - 1] == 0) {
        used--;
    }
    for (size_t at = 0; at < used; at += sizeof(word)) {
        size_t left = used - at;
        word = 0;
        memcpy(&word, content->bytes + at,
               left < sizeof(word) ? left : sizeof(word));
        hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 29;
    }
    return mix(hash);
}

static uint64_t hash_name(const struct name *name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (const char *at = name->path; *at != '\0'; at++) {
        hash = (hash ^ (uint8_t)*at) * UINT64_C(0x100000001b3);
    }
    bool lock = ends_with(name->path, "lock.mdb") ||
                ends_with(name->path, "store.lock");
    return mix(
        hash ^
        (name->file == NULL || lock ? 1 : hash_content(&name->file->chosen)));
}

uint64_t disk_hash(struct disk *disk, const struct disk_choice *choice,
                   const char *under)
{
    uint64_t hash = 0;
    choose(disk, choice);
    for (size_t i = 0; i < disk->chosen.count; i++) {
        const struct name *name = &disk->chosen.items[i];
        if (strncmp(name->path, under, strlen(under)) == 0 &&
            is_visible(disk, name->path)) {
            hash += hash_name(name);
        }
    }
    return hash;
}

static void write_file(const char *path, const struct content *content)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 ||
        pwrite(fd, content->bytes, content->used, 0) !=
            (ssize_t)content->used ||
        ftruncate(fd, (off_t)content->size) != 0) {
        perror(path);
        abort();
    }
    close(fd);
}

static int by_length(const void *a, const void *b)
{
    size_t one = strlen(((const struct name *)a)->path);
    size_t other = strlen(((const struct name *)b)->path);
    return (one > other) - (one < other);
}

void disk_write(struct disk *disk, const char *folder)
{
    char path[1024];
    struct names *names = &disk->chosen;
    /* A folder's path is shorter than those of what is in it. */
    qsort(names->items, names->count, sizeof(names->items[0]), by_length);
    for (size_t i = 0; i < names->count; i++) {
        const struct name *name = &names->items[i];
        snprintf(path, sizeof(path), "%s/%s", folder, name->path);
        if (!is_visible(disk, name->path)) {
            continue;
        }
        if (name->file != NULL) {
            write_file(path, &name->file->chosen);
        } else if (mkdir(path, 0700) != 0) {
            perror(path);
            abort();
        }
    }
}
