/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/crash/content.h"

#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

enum { FILE_MAX_BYTES = 64 << 20 };

static void reserve(struct content *content, size_t size)
{
    HL_ASSERT(size <= FILE_MAX_BYTES);
    if (content->capacity < size) {
        size_t capacity = size + size / 2 + 4096;
        content->bytes = hl_realloc(content->bytes, capacity, 1);
        memset(content->bytes + content->capacity, 0,
               capacity - content->capacity);
        content->capacity = capacity;
    }
}

void content_resize(struct content *content, size_t size)
{
    if (content->used > size) {
        memset(content->bytes + size, 0, content->used - size);
        content->used = size;
    }
    content->size = size;
}

void content_put(struct content *content, size_t offset, const uint8_t *data,
                 size_t size)
{
    reserve(content, offset + size);
    memcpy(content->bytes + offset, data, size);
    content->used =
        content->used > offset + size ? content->used : offset + size;
    content->size =
        content->size > content->used ? content->size : content->used;
}

void content_copy(struct content *to, const struct content *from)
{
    content_resize(to, 0);
    if (from->used > 0) {
        content_put(to, 0, from->bytes, from->used);
    }
    content_resize(to, from->size);
}

struct name *names_find(struct names *names, const char *path)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->items[i].path, path) == 0) {
            return &names->items[i];
        }
    }
    return NULL;
}

void names_set(struct names *names, const char *path, struct file *file)
{
    struct name *name = names_find(names, path);
    if (name == NULL) {
        HL_ASSERT(names->count < CONTENT_NAMES_MAX);
        name = &names->items[names->count++];
    }
    *name = (struct name){.path = path, .file = file};
}

void names_drop(struct names *names, const char *path)
{
    struct name *name = names_find(names, path);
    if (name != NULL) {
        *name = names->items[--names->count];
    }
}
