/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_CRASH_CONTENT_H
#define HL_TESTS_CRASH_CONTENT_H

/* What is in the files of a disk (disk.h), and under which names. */

#include <stddef.h>
#include <stdint.h>

/* Zero from `used` to `size`. */
struct content {
    uint8_t *bytes;
    size_t size, used, capacity;
};

struct file {
    uint64_t inode;
    size_t logical_size; /* with all that is pending */
    struct content certain, chosen;
};

/* A folder has no file. */
struct name {
    const char *path;
    struct file *file;
};

enum { CONTENT_NAMES_MAX = 64 };

struct names {
    struct name items[CONTENT_NAMES_MAX];
    size_t count;
};

/* Bytes that come back when a file grows again are zero. */
void content_resize(struct content *content, size_t size);
void content_put(struct content *content, size_t offset, const uint8_t *data,
                 size_t size);
void content_copy(struct content *to, const struct content *from);

/* NULL: there is none. */
struct name *names_find(struct names *names, const char *path);
void names_set(struct names *names, const char *path, struct file *file);
void names_drop(struct names *names, const char *path);

#endif
