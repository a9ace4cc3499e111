/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/blob/blob.h"
#include "protocol/tree/prove.h"

uint64_t blob_part_count(uint64_t size)
{
    return size / BLOB_PART_BYTES + (size % BLOB_PART_BYTES != 0);
}

size_t blob_part_size(uint64_t size, uint64_t index)
{
    HL_ASSERT(index < blob_part_count(size));
    uint64_t left = size - index * BLOB_PART_BYTES;
    return left < BLOB_PART_BYTES ? (size_t)left : BLOB_PART_BYTES;
}

void blob_leaves_add(struct blob_leaves *leaves, const struct hl_hash *leaf)
{
    if (leaves->count == leaves->capacity) {
        leaves->capacity = leaves->capacity == 0 ? 16 : 2 * leaves->capacity;
        leaves->hashes = hl_realloc(leaves->hashes, leaves->capacity,
                                    sizeof(*leaves->hashes));
    }
    leaves->hashes[leaves->count++] = *leaf;
}

void blob_leaves_fini(struct blob_leaves *leaves)
{
    hl_free(leaves->hashes);
    *leaves = (struct blob_leaves){0};
}

static struct hl_hash perfect(const struct hl_hash *leaves, size_t width)
{
    if (width == 1) {
        return leaves[0];
    }
    struct hl_hash left = perfect(leaves, width / 2);
    struct hl_hash right = perfect(leaves + width / 2, width / 2);
    return merkle_node(&left, &right);
}

static hl_err read_node(void *context, uint64_t level, uint64_t index,
                        struct hl_hash *out)
{
    const struct blob_leaves *leaves = context;
    size_t width = (size_t)1 << level;
    HL_ASSERT((index + 1) * width <= leaves->count);
    *out = perfect(leaves->hashes + index * width, width);
    return HL_OK;
}

static struct hash_source source_of(const struct blob_leaves *leaves)
{
    /* read_node() changes nothing. */
    return (struct hash_source){.context = (void *)(uintptr_t)leaves,
                                .read = read_node};
}

struct hl_hash blob_leaves_root(const struct blob_leaves *leaves)
{
    struct hash_source source = source_of(leaves);
    struct hl_hash root;
    hl_err err = prove_root(&source, leaves->count, &root);
    HL_ASSERT(err == HL_OK);
    return root;
}

void blob_leaves_prove(const struct blob_leaves *leaves, uint64_t index,
                       struct proof *out)
{
    struct hash_source source = source_of(leaves);
    hl_err err = prove_inclusion(&source, index, leaves->count, out);
    HL_ASSERT(err == HL_OK);
}

hl_err blob_part_verify(const struct blob_seal *seal, uint64_t index,
                        struct bytes part, const struct proof *proof)
{
    uint64_t count = blob_part_count(seal->size);
    if (index >= count || part.size != blob_part_size(seal->size, index)) {
        return HL_EPROOF;
    }
    struct hl_hash leaf = merkle_leaf(part);
    return merkle_verify_inclusion(index, count, &leaf, &seal->root, proof);
}
