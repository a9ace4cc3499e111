/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_BASE_HASH_H
#define HL_PROTOCOL_BASE_HASH_H

/* SHA-256 (FIPS 180-4). Cannot fail, allocates nothing; a struct
 * hash_stream apart holds no state. Any thread. */

#include <stdbool.h>

#include "protocol/base/bytes.h"

enum { HL_HASH_BYTES = 32 };

struct hl_hash {
    uint8_t bytes[HL_HASH_BYTES];
};

/* Over the concatenation of the parts. */
struct hl_hash hash_parts(const struct bytes *parts, size_t count);

struct hl_hash hash_bytes(struct bytes data);

/* SHA-256 over prefix and then data (or left and right): what a Merkle tree
 * needs, in one call and without copying the data. */
struct hl_hash hash_prefixed(uint8_t prefix, struct bytes data);
struct hl_hash hash_pair(uint8_t prefix, const struct hl_hash *left,
                         const struct hl_hash *right);

/* Over bytes that come piece by piece. Plain memory. */
struct hash_stream {
    uint64_t state[16]; /* of the library */
};
void hash_stream_init(struct hash_stream *stream);
void hash_stream_add(struct hash_stream *stream, struct bytes data);
struct hl_hash hash_stream_end(struct hash_stream *stream);

bool hash_equal(const struct hl_hash *a, const struct hl_hash *b);

#endif
