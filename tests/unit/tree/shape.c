/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/tree/shape.h"

#include <string.h>

#include "protocol/tree/merkle.h"

static void walk(uint64_t start, uint64_t end, uint64_t size, bool whole,
                 struct shape *out)
{
    if (start == 0 && end == size) {
        out->steps[out->count++] = whole ? 'W' : 'S';
        return;
    }
    uint64_t split = 1;
    while (split * 2 < size) {
        split *= 2;
    }
    char step = 'R';
    if (end <= split) {
        walk(start, end, split, whole, out);
    } else if (start >= split) {
        walk(start - split, end - split, size - split, whole, out);
        step = 'L';
    } else {
        walk(0, end - split, size - split, false, out);
        step = 'B';
    }
    out->steps[out->count++] = step;
}

bool shape_of(uint64_t start, uint64_t end, uint64_t size, struct shape *out)
{
    *out = (struct shape){0};
    if (!merkle_subtree_valid(start, end) || end > size ||
        size > MERKLE_SIZE_MAX) {
        return false;
    }
    walk(start, end, size, true, out);
    return true;
}

bool shape_equal(const struct shape *a, const struct shape *b)
{
    return a->count == b->count && memcmp(a->steps, b->steps, a->count) == 0;
}
