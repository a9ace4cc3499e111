/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/shim/shim.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

void shim_begin(void)
{
    if (shim_records()) {
        pthread_mutex_lock(&mutex);
    }
}

void shim_end(void)
{
    if (shim_records()) {
        pthread_mutex_unlock(&mutex);
    }
}

bool shim_records(void)
{
    return getenv("RECORD_FILE") != NULL;
}

/* The part of a path below the folder; NULL where it is elsewhere. */
static const char *below(const char *path)
{
    const char *folder = getenv("RECORD_FOLDER");
    size_t size = folder == NULL ? 0 : strlen(folder);
    if (size == 0 || strncmp(path, folder, size) != 0) {
        return NULL;
    }
    return path[size] == '/' ? path + size + 1
                             : (path[size] == '\0' ? path + size : NULL);
}

/* One write for a record, behind all others: several processes may record. */
static void append(struct record record, const void *data)
{
    int kept = errno;
    uint8_t *raw = malloc(sizeof(record) + record.size);
    int fd = NEXT(open)(getenv("RECORD_FILE"),
                        O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (raw == NULL || fd < 0) {
        abort();
    }
    memcpy(raw, &record, sizeof(record));
    if (record.size > 0) {
        memcpy(raw + sizeof(record), data, record.size);
    }
    size_t size = sizeof(record) + record.size;
    if (NEXT(write)(fd, raw, size) != (ssize_t)size) {
        abort();
    }
    NEXT(close)(fd);
    free(raw);
    errno = kept;
}

static uint64_t inode_of(int fd)
{
    struct stat file;
    return fstat(fd, &file) == 0 ? (uint64_t)file.st_ino : 0;
}

static bool is_regular(int fd)
{
    struct stat file;
    return fstat(fd, &file) == 0 && S_ISREG(file.st_mode);
}

void shim_record_bytes(int fd, off_t offset, const void *data, size_t size,
                       bool flushed)
{
    char path[SHIM_PATH_BYTES];
    shim_path_of(fd, path);
    if (!shim_records() || below(path) == NULL || !is_regular(fd)) {
        return;
    }
    flushed = flushed && (fcntl(fd, F_GETFL) & O_DSYNC) != 0;
    append(
        (struct record){.kind = flushed ? RECORD_WRITE_FLUSHED : RECORD_WRITE,
                        .size = (uint32_t)size,
                        .inode = inode_of(fd),
                        .offset = (uint64_t)offset},
        data);
}

void shim_record_fd(enum shim_record kind, int fd, uint64_t offset)
{
    char path[SHIM_PATH_BYTES];
    shim_path_of(fd, path);
    const char *name = shim_records() ? below(path) : NULL;
    if (name == NULL) {
        return;
    }
    if (kind == RECORD_FLUSH && !is_regular(fd)) {
        kind = RECORD_FLUSH_FOLDER;
    }
    append((struct record){.kind = kind,
                           .size = (uint32_t)strlen(name),
                           .inode = inode_of(fd),
                           .offset = offset},
           name);
}

void shim_record_at(enum shim_record kind, int folder, const char *path)
{
    char whole[SHIM_PATH_BYTES];
    struct stat file = {0};
    shim_path_at(folder, path, whole);
    const char *name = shim_records() ? below(whole) : NULL;
    if (name == NULL) {
        return;
    }
    (void)lstat(whole, &file); /* gone after an unlink */
    append((struct record){.kind = kind,
                           .size = (uint32_t)strlen(name),
                           .inode = (uint64_t)file.st_ino},
           name);
}

void shim_record_rename(int from_folder, const char *from, int to_folder,
                        const char *to)
{
    char whole[2][SHIM_PATH_BYTES], text[2 * SHIM_PATH_BYTES];
    shim_path_at(from_folder, from, whole[0]);
    shim_path_at(to_folder, to, whole[1]);
    if (!shim_records() || below(whole[0]) == NULL || below(whole[1]) == NULL) {
        return;
    }
    int size = snprintf(text, sizeof(text), "%s%c%s", below(whole[0]), 0,
                        below(whole[1]));
    append((struct record){.kind = RECORD_RENAME, .size = (uint32_t)size},
           text);
}
