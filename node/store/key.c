/* SPDX-License-Identifier: Apache-2.0 */
#include "node/store/key.h"

#include <string.h>

#include "protocol/base/hl_assert.h"

struct bytes store_key_view(const struct store_key *key)
{
    return bytes_of(key->bytes, key->size);
}

static void add(struct store_key *key, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        key->bytes[key->size + i] = (uint8_t)(value >> 8 * (size - 1 - i));
    }
    key->size += size;
}

struct store_key key_meta(enum store_meta row)
{
    struct store_key key = {.size = 0};
    add(&key, row, 1);
    return key;
}

struct store_key key_origin(uint32_t number)
{
    struct store_key key = {.size = 0};
    add(&key, number, 4);
    return key;
}

struct store_key key_run(uint32_t number, uint64_t first)
{
    struct store_key key = key_origin(number);
    add(&key, first, 8);
    return key;
}

struct store_key key_hashes(uint32_t number, unsigned level, uint64_t row)
{
    struct store_key key = key_origin(number);
    add(&key, level, 1);
    add(&key, row, 8);
    return key;
}

struct store_key key_checkpoint(uint32_t number, unsigned kind)
{
    struct store_key key = key_origin(number);
    add(&key, kind, 1);
    return key;
}

bool key_is_of(struct bytes key, uint32_t number)
{
    struct store_key start = key_origin(number);
    return key.size >= start.size &&
           memcmp(key.data, start.bytes, start.size) == 0;
}

uint64_t key_last_u64(struct bytes key)
{
    HL_ASSERT(key.size >= 8);
    uint64_t value = 0;
    for (size_t i = key.size - 8; i < key.size; i++) {
        value = value << 8 | key.data[i];
    }
    return value;
}
