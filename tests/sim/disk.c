/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/disk.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "tests/support/scratch.h"

static const char *const files[] = {"data.mdb", "lock.mdb", "store.lock",
                                    "backup.mdb"};
enum { FILE_COUNT = sizeof(files) / sizeof(files[0]) };

static void die(const char *what, const char *path)
{
    fprintf(stderr, "sim: cannot %s %s\n", what, path);
    abort();
}

void disks_init(struct disks *disks)
{
    *disks = (struct disks){0};
    scratch_make_in_memory(disks->root, sizeof(disks->root));
}

static void path_of(const char *folder, const char *file, char out[256])
{
    snprintf(out, 256, "%s/%s", folder, file);
}

static void remove_files(const char *folder, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char path[256];
        path_of(folder, files[i], path);
        unlink(path);
    }
}

void disks_fini(struct disks *disks)
{
    scratch_remove(disks->root);
}

void disk_init(struct disk *disk, struct disks *disks)
{
    *disk = (struct disk){0};
    snprintf(disk->folder, sizeof(disk->folder), "%s/%u", disks->root,
             disks->count++);
    if (mkdir(disk->folder, 0700) != 0) {
        die("make", disk->folder);
    }
}

void disk_fini(struct disk *disk)
{
    shelf_clear(&disk->shelf);
    shelf_clear(&disk->shelf_backup);
}

struct store *disk_open(const struct disk *disk)
{
    struct store_options options = {
        .folder = disk->folder,
        .map_bytes = 1ull << 30,
        .max_bytes = 1ull << 30,
        .reserve_bytes = 16 << 20,
        .readers_max = 8,
        .volatile_disk = true,
    };
    struct hl_detail detail = {0};
    struct store *store = NULL;
    if (store_open(&options, &store, &detail) != HL_OK) {
        die(detail.text, disk->folder);
    }
    return store;
}

void disk_wipe(struct disk *disk)
{
    remove_files(disk->folder, FILE_COUNT - 1);
    shelf_clear(&disk->shelf);
}

static bool copy_part(int from, int to, void *buffer, size_t size)
{
    off_t at = lseek(from, 0, SEEK_CUR);
    ssize_t got = read(from, buffer, size);
    if (got <= 0) {
        return false;
    }
    /* Holes stay holes: a store is mostly room for what is to come. */
    const uint8_t *data = buffer;
    bool hole = data[0] == 0 && memcmp(data, data + 1, (size_t)got - 1) == 0;
    if (!hole && pwrite(to, data, (size_t)got, at) != got) {
        die("write", "a copy");
    }
    return true;
}

static void copy(const char *source, const char *target)
{
    int from = open(source, O_RDONLY | O_CLOEXEC);
    int to = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct stat stat;
    if (from < 0 || to < 0 || fstat(from, &stat) != 0 ||
        ftruncate(to, stat.st_size) != 0) {
        die("copy", source);
    }
    enum { PART_BYTES = 65536 };
    void *buffer = hl_alloc(1, PART_BYTES);
    while (copy_part(from, to, buffer, PART_BYTES)) {
    }
    hl_free(buffer);
    close(from);
    close(to);
}

void disk_backup(struct disk *disk)
{
    char data[256], backup[256];
    path_of(disk->folder, "data.mdb", data);
    path_of(disk->folder, "backup.mdb", backup);
    if (access(data, F_OK) != 0) {
        return; /* the disk was lost, and the machine has not started since */
    }
    copy(data, backup);
    shelf_copy(&disk->shelf_backup, &disk->shelf);
    disk->has_backup = true;
}

void disk_restore(struct disk *disk)
{
    HL_ASSERT(disk->has_backup);
    char data[256], backup[256];
    path_of(disk->folder, "data.mdb", data);
    path_of(disk->folder, "backup.mdb", backup);
    disk_wipe(disk);
    copy(backup, data);
    shelf_copy(&disk->shelf, &disk->shelf_backup);
}

static void clone(struct disk *disk, const struct disk *from, const char *file)
{
    char data[256], source[256];
    path_of(disk->folder, "data.mdb", data);
    path_of(from->folder, file, source);
    disk_wipe(disk);
    copy(source, data);
}

void disk_clone(struct disk *disk, const struct disk *from)
{
    clone(disk, from, "data.mdb");
    shelf_copy(&disk->shelf, &from->shelf);
}

void disk_clone_backup(struct disk *disk, const struct disk *from)
{
    HL_ASSERT(from->has_backup);
    clone(disk, from, "backup.mdb");
}
