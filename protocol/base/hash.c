/* SPDX-License-Identifier: Apache-2.0 */

/* The low-level SHA-256 calls are deprecated in OpenSSL 3 in favour of EVP,
 * which looks its algorithm up and keeps a context on the heap. Here, where
 * every Merkle node is one short hash, that costs a quarter of the rate (see
 * scripts/bench protocol), and a hash that cannot fail has no error path. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "protocol/base/hash.h"

#include <openssl/sha.h>
#include <string.h>

struct hl_hash hash_parts(const struct bytes *parts, size_t count)
{
    struct hl_hash out;
    SHA256_CTX context;
    SHA256_Init(&context);
    for (size_t i = 0; i < count; i++) {
        SHA256_Update(&context, parts[i].data, parts[i].size);
    }
    SHA256_Final(out.bytes, &context);
    return out;
}

struct hl_hash hash_bytes(struct bytes data)
{
    return hash_parts(&data, 1);
}

struct hl_hash hash_prefixed(uint8_t prefix, struct bytes data)
{
    struct bytes parts[] = {bytes_of(&prefix, 1), data};
    return hash_parts(parts, 2);
}

struct hl_hash hash_pair(uint8_t prefix, const struct hl_hash *left,
                         const struct hl_hash *right)
{
    uint8_t input[1 + 2 * HL_HASH_BYTES];
    input[0] = prefix;
    memcpy(input + 1, left->bytes, HL_HASH_BYTES);
    memcpy(input + 1 + HL_HASH_BYTES, right->bytes, HL_HASH_BYTES);
    return hash_bytes(bytes_of(input, sizeof(input)));
}

_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct hash_stream),
               "the library's state has room");

static SHA256_CTX *context_of(struct hash_stream *stream)
{
    return (SHA256_CTX *)(void *)stream->state;
}

void hash_stream_init(struct hash_stream *stream)
{
    SHA256_Init(context_of(stream));
}

void hash_stream_add(struct hash_stream *stream, struct bytes data)
{
    SHA256_Update(context_of(stream), data.data, data.size);
}

struct hl_hash hash_stream_end(struct hash_stream *stream)
{
    struct hl_hash out;
    SHA256_Final(out.bytes, context_of(stream));
    return out;
}

bool hash_equal(const struct hl_hash *a, const struct hl_hash *b)
{
    return memcmp(a->bytes, b->bytes, HL_HASH_BYTES) == 0;
}
