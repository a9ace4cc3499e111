/* SPDX-License-Identifier: Apache-2.0 */
#include "federation/engine/scratch.h"

#include <stdalign.h>
#include <string.h>

#include "protocol/base/alloc.h"

enum { BLOCK_BYTES = 65536 };

struct scratch_block {
    struct scratch_block *next;
    size_t size, used;
    alignas(max_align_t) uint8_t data[];
};

static struct scratch_block *add_block(struct scratch *scratch, size_t size)
{
    struct scratch_block *block = hl_alloc(1, sizeof(*block) + size);
    block->size = size;
    block->next = scratch->blocks;
    scratch->blocks = block;
    return block;
}

void *scratch_alloc(struct scratch *scratch, size_t size)
{
    size_t align = alignof(max_align_t);
    size_t rounded = (size + align - 1) / align * align;
    struct scratch_block *block = scratch->blocks;
    if (block == NULL || block->size - block->used < rounded) {
        block =
            add_block(scratch, rounded > BLOCK_BYTES ? rounded : BLOCK_BYTES);
    }
    void *out = block->data + block->used;
    block->used += rounded;
    memset(out, 0, size);
    return out;
}

struct bytes scratch_copy(struct scratch *scratch, struct bytes data)
{
    if (data.size == 0) {
        return (struct bytes){0};
    }
    uint8_t *copy = scratch_alloc(scratch, data.size);
    memcpy(copy, data.data, data.size);
    return bytes_of(copy, data.size);
}

struct bytes scratch_text(struct scratch *scratch, const char *text)
{
    return scratch_copy(scratch, bytes_of_text(text));
}

/* Keeps one block: most steps need no other. */
void scratch_clear(struct scratch *scratch)
{
    struct scratch_block *block = scratch->blocks;
    if (block == NULL) {
        return;
    }
    while (block->next != NULL) {
        struct scratch_block *next = block->next;
        hl_free(block);
        block = next;
    }
    if (block->size > BLOCK_BYTES) {
        hl_free(block);
        block = NULL;
    } else {
        block->used = 0;
    }
    scratch->blocks = block;
}

void scratch_fini(struct scratch *scratch)
{
    while (scratch->blocks != NULL) {
        struct scratch_block *next = scratch->blocks->next;
        hl_free(scratch->blocks);
        scratch->blocks = next;
    }
}
