/* SPDX-License-Identifier: Apache-2.0 */
#include "node/store/key.h"

#include <string.h>

#include "protocol/base/hl_assert.h"

struct bytes key_view(const struct store_key *key)
{
    return bytes_of(key->bytes, key->size);
}

static void add(struct store_key *key, uint64_t value, size_t size)
{
    HL_ASSERT(key->size + size <= sizeof(key->bytes));
    for (size_t i = 0; i < size; i++) {
        key->bytes[key->size + i] = (uint8_t)(value >> 8 * (size - 1 - i));
    }
    key->size += size;
}

void key_u8(struct store_key *key, uint8_t value)
{
    add(key, value, 1);
}

void key_u16(struct store_key *key, uint16_t value)
{
    add(key, value, 2);
}

void key_u32(struct store_key *key, uint32_t value)
{
    add(key, value, 4);
}

void key_u64(struct store_key *key, uint64_t value)
{
    add(key, value, 8);
}

void key_part(struct store_key *key, struct bytes part)
{
    HL_ASSERT(part.size <= sizeof(key->bytes) - key->size);
    if (part.size > 0) {
        memcpy(key->bytes + key->size, part.data, part.size);
    }
    key->size += part.size;
}

struct store_key key_meta(const char *name)
{
    struct store_key key = {.size = 0};
    key_part(&key, bytes_of_text(name));
    return key;
}

struct store_key key_journal(uint32_t number)
{
    struct store_key key = {.size = 0};
    key_u32(&key, number);
    return key;
}

struct store_key key_run(uint32_t number, uint64_t first)
{
    struct store_key key = key_journal(number);
    key_u64(&key, first);
    return key;
}

struct store_key key_hashes(uint32_t number, unsigned level, uint64_t row)
{
    struct store_key key = key_journal(number);
    key_u8(&key, (uint8_t)level);
    key_u64(&key, row);
    return key;
}

struct store_key key_checkpoint(uint32_t number, unsigned kind)
{
    struct store_key key = key_journal(number);
    key_u8(&key, (uint8_t)kind);
    return key;
}

bool key_is_of(struct bytes key, uint32_t number)
{
    struct store_key start = key_journal(number);
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
