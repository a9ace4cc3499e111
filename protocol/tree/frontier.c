/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/tree/frontier.h"

#include "protocol/base/hl_assert.h"
#include "protocol/base/reader.h"

static size_t edge_count(uint64_t size)
{
    return (size_t)__builtin_popcountll(size);
}

void frontier_init(struct frontier *frontier)
{
    *frontier = (struct frontier){0};
}

void frontier_append(struct frontier *frontier, const struct hl_hash *leaf)
{
    HL_ASSERT(frontier->size < MERKLE_SIZE_MAX);
    size_t count = edge_count(frontier->size);
    struct hl_hash node = *leaf;
    for (uint64_t full = frontier->size; (full & 1) != 0; full >>= 1) {
        count--;
        node = merkle_node(&frontier->edge[count], &node);
    }
    frontier->edge[count] = node;
    frontier->size++;
}

struct hl_hash frontier_root(const struct frontier *frontier)
{
    size_t count = edge_count(frontier->size);
    if (count == 0) {
        return merkle_empty_root();
    }
    struct hl_hash root = frontier->edge[count - 1];
    for (size_t i = count - 1; i > 0; i--) {
        root = merkle_node(&frontier->edge[i - 1], &root);
    }
    return root;
}

void frontier_encode(const struct frontier *frontier, struct writer *out)
{
    frontier_check(frontier);
    writer_u64(out, frontier->size);
    writer_bytes(out, bytes_of(frontier->edge,
                               edge_count(frontier->size) * HL_HASH_BYTES));
}

hl_err frontier_decode(struct bytes raw, struct frontier *out)
{
    struct reader in;
    reader_init(&in, raw);
    struct frontier decoded = {.size = reader_u64(&in)};
    if (decoded.size > MERKLE_SIZE_MAX) {
        return HL_EMALFORMED;
    }
    reader_copy(&in, edge_count(decoded.size) * HL_HASH_BYTES, decoded.edge);
    hl_err err = reader_finish(&in);
    if (err == HL_OK) {
        *out = decoded;
    }
    return err;
}

void frontier_check(const struct frontier *frontier)
{
    HL_ASSERT(frontier->size <= MERKLE_SIZE_MAX);
}
