/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/base/bytes.h"

#include <string.h>

#include "protocol/base/hl_assert.h"

struct bytes bytes_of(const void *data, size_t size)
{
    return (struct bytes){.data = data, .size = size};
}

struct bytes bytes_of_text(const char *text)
{
    return bytes_of(text, strlen(text));
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.size == b.size &&
           (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

bool bytes_equal_text(struct bytes a, const char *text)
{
    return bytes_equal(a, bytes_of_text(text));
}

int bytes_compare(struct bytes a, struct bytes b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
    if (order != 0) {
        return order;
    }
    return a.size < b.size ? -1 : a.size > b.size;
}

struct bytes bytes_slice(struct bytes whole, size_t offset, size_t size)
{
    HL_ASSERT(offset <= whole.size);
    HL_ASSERT(size <= whole.size - offset);
    return bytes_of(offset == 0 ? whole.data : whole.data + offset, size);
}
