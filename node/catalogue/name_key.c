/* SPDX-License-Identifier: Apache-2.0 */
#include "node/catalogue/name_key.h"

#include "node/catalogue/characters.h"

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

struct bytes name_key(struct bytes name, uint8_t *out)
{
    if (name.size == 0 || name.size > NAME_KEY_BYTES) {
        return (struct bytes){NULL, 0};
    }
    struct bytes narrow = character_narrow(name, CHARACTER_NARROW_ALL, out);
    size_t size = 0;
    for (size_t i = 0; i < narrow.size; i++) {
        if (!is_blank(narrow.data[i])) {
            out[size++] = character_to_upper(narrow.data[i]);
        }
    }
    return bytes_of(out, size);
}

bool name_equal(struct bytes a, struct bytes b)
{
    uint8_t of_a[NAME_KEY_BYTES];
    uint8_t of_b[NAME_KEY_BYTES];
    struct bytes key = name_key(a, of_a);
    return key.size > 0 && bytes_equal(key, name_key(b, of_b));
}

struct bytes name_shown(struct bytes name)
{
    size_t size =
        name.size < NAME_SHOWN_BYTES ? name.size : (size_t)NAME_SHOWN_BYTES;
    while (size < name.size && size > 0 && (name.data[size] & 0xc0u) == 0x80u) {
        size--;
    }
    return bytes_slice(name, 0, size);
}

/* The first row whose key is not below `key`. */
static size_t lower_bound(const struct name_index *index, struct bytes key)
{
    size_t low = 0;
    size_t high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (bytes_compare(bytes_of_text(index->rows[middle].key), key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct name_index name_index_find(const struct name_index *index,
                                  struct bytes name)
{
    uint8_t space[NAME_KEY_BYTES];
    struct bytes key = name_key(name, space);
    size_t first = lower_bound(index, key);
    size_t end = first;
    while (end < index->count && bytes_equal_text(key, index->rows[end].key)) {
        end++;
    }
    return (struct name_index){index->rows + first, end - first};
}
