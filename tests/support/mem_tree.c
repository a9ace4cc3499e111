/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/mem_tree.h"

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

void mem_tree_init(struct mem_tree *tree)
{
    *tree = (struct mem_tree){0};
}

void mem_tree_fini(struct mem_tree *tree)
{
    for (size_t level = 0; level < 64; level++) {
        hl_free(tree->levels[level]);
    }
    mem_tree_init(tree);
}

static void put(struct mem_tree *tree, size_t level, size_t index,
                const struct hl_hash *hash)
{
    if (index >= tree->capacities[level]) {
        size_t capacity = index < 8 ? 8 : 2 * index;
        tree->levels[level] =
            hl_realloc(tree->levels[level], capacity, sizeof(struct hl_hash));
        tree->capacities[level] = capacity;
    }
    tree->levels[level][index] = *hash;
}

void mem_tree_append(struct mem_tree *tree, const struct hl_hash *leaf)
{
    struct hl_hash node = *leaf;
    size_t index = (size_t)tree->size;
    size_t level = 0;
    put(tree, level, index, &node);
    while ((index & 1) != 0) {
        node = merkle_node(&tree->levels[level][index - 1], &node);
        index >>= 1;
        level++;
        put(tree, level, index, &node);
    }
    tree->size++;
}

void mem_tree_append_entry(struct mem_tree *tree, struct bytes entry)
{
    struct hl_hash leaf = merkle_leaf(entry);
    mem_tree_append(tree, &leaf);
}

void mem_tree_append_prefix(struct mem_tree *tree, const struct mem_tree *other,
                            uint64_t size)
{
    HL_ASSERT(size <= other->size);
    for (uint64_t i = 0; i < size; i++) {
        mem_tree_append(tree, &other->levels[0][i]);
    }
}

static hl_err read_node(void *context, uint64_t level, uint64_t index,
                        struct hl_hash *out)
{
    const struct mem_tree *tree = context;
    if (level >= 64 || index >= tree->size >> level) {
        return HL_ENOTFOUND;
    }
    *out = tree->levels[level][index];
    return HL_OK;
}

struct hash_source mem_tree_source(const struct mem_tree *tree)
{
    return (struct hash_source){.context = (void *)tree, .read = read_node};
}

struct head mem_tree_head(const struct mem_tree *tree, uint64_t size)
{
    struct hash_source source = mem_tree_source(tree);
    struct head head = {.size = size};
    hl_err err = prove_root(&source, size, &head.root);
    HL_ASSERT(err == HL_OK);
    return head;
}
