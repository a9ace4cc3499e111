/* SPDX-License-Identifier: Apache-2.0 */
#include "node/store/key.h"

#include <string.h>

#include "protocol/base/hl_assert.h"

void key_bytes(struct store_key *key, struct bytes value)
{
    HL_ASSERT(value.size <= sizeof(key->data) - key->size);
    if (value.size > 0) {
        memcpy(key->data + key->size, value.data, value.size);
        key->size += value.size;
    }
}

static void append_number(struct store_key *key, uint64_t value, size_t size)
{
    uint8_t raw[8];
    for (size_t i = 0; i < size; i++) {
        raw[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
    }
    key_bytes(key, bytes_of(raw, size));
}

void key_u8(struct store_key *key, uint8_t value)
{
    append_number(key, value, 1);
}

void key_u32(struct store_key *key, uint32_t value)
{
    append_number(key, value, 4);
}

void key_u64(struct store_key *key, uint64_t value)
{
    append_number(key, value, 8);
}

struct bytes key_view(const struct store_key *key)
{
    return bytes_of(key->data, key->size);
}

struct store_key key_meta(enum store_meta row)
{
    struct store_key key = {0};
    append_number(&key, (uint64_t)row, 2);
    return key;
}

struct store_key key_origin(struct bytes name)
{
    struct store_key key = {0};
    key_bytes(&key, name);
    return key;
}

struct store_key key_journal(uint32_t number)
{
    struct store_key key = {0};
    key_u32(&key, number);
    return key;
}

struct store_key key_entry(uint32_t number, uint64_t index)
{
    struct store_key key = key_journal(number);
    key_u64(&key, index);
    return key;
}

struct store_key key_tile(uint32_t number, uint8_t level, uint64_t place)
{
    struct store_key key = key_journal(number);
    key_u8(&key, level);
    key_u64(&key, place);
    return key;
}

struct store_key key_checkpoint(uint32_t number, uint8_t kind)
{
    struct store_key key = key_journal(number);
    key_u8(&key, kind);
    return key;
}

struct store_key key_charter(uint64_t version, const struct hl_hash *hash)
{
    struct store_key key = {0};
    key_u64(&key, version);
    key_bytes(&key, bytes_of(hash->bytes, HL_HASH_BYTES));
    return key;
}

struct store_key key_evidence(const struct hl_hash *hash)
{
    struct store_key key = {0};
    key_bytes(&key, bytes_of(hash->bytes, HL_HASH_BYTES));
    return key;
}

struct store_key key_cut(uint32_t number, uint32_t cut)
{
    struct store_key key = key_journal(number);
    key_u32(&key, cut);
    return key;
}

struct store_key key_cut_entry(uint32_t number, uint32_t cut, uint64_t index)
{
    struct store_key key = key_cut(number, cut);
    key_u64(&key, index);
    return key;
}
