/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void *hl_alloc(size_t count, size_t size)
{
    void *memory = count == 0 || size == 0 ? calloc(1, 1) : calloc(count, size);
    if (memory == NULL) {
        abort();
    }
    return memory;
}

void *hl_realloc(void *memory, size_t count, size_t size)
{
    size_t total = 0;
    if (__builtin_mul_overflow(count, size, &total)) {
        abort();
    }
    void *grown = realloc(memory, total == 0 ? 1 : total);
    if (grown == NULL) {
        abort();
    }
    return grown;
}

void *hl_copy(const void *data, size_t size)
{
    if (size == SIZE_MAX) {
        abort();
    }
    char *copy = hl_alloc(size + 1, 1);
    if (size > 0) {
        memcpy(copy, data, size);
    }
    return copy;
}

void hl_free(void *memory)
{
    free(memory);
}
