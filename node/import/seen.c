/* SPDX-License-Identifier: Apache-2.0 */
#include "node/import/seen.h"

#include <stddef.h>

#include "protocol/base/alloc.h"

enum { FIRST_CAPACITY = 1024 };

struct slot {
    uint64_t key; /* 0: free */
    uint32_t content, line;
};

/* Open addressing; keys are hashes already. */
struct seen {
    struct slot *slots;
    size_t capacity; /* a power of two */
    size_t count;
};

struct seen *seen_create(void)
{
    struct seen *seen = hl_alloc(1, sizeof(*seen));
    seen->capacity = FIRST_CAPACITY;
    seen->slots = hl_alloc(seen->capacity, sizeof(seen->slots[0]));
    return seen;
}

void seen_destroy(struct seen **seen)
{
    if (*seen != NULL) {
        hl_free((*seen)->slots);
        hl_free(*seen);
        *seen = NULL;
    }
}

static struct slot *find(const struct seen *seen, uint64_t key)
{
    size_t at = (size_t)key & (seen->capacity - 1);
    while (seen->slots[at].key != 0 && seen->slots[at].key != key) {
        at = (at + 1) & (seen->capacity - 1);
    }
    return &seen->slots[at];
}

static void grow(struct seen *seen)
{
    struct seen larger = {.capacity = seen->capacity * 2, .count = seen->count};
    larger.slots = hl_alloc(larger.capacity, sizeof(larger.slots[0]));
    for (size_t i = 0; i < seen->capacity; i++) {
        if (seen->slots[i].key != 0) {
            *find(&larger, seen->slots[i].key) = seen->slots[i];
        }
    }
    hl_free(seen->slots);
    *seen = larger;
}

bool seen_add(struct seen *seen, uint64_t key, uint32_t content, uint32_t line,
              uint32_t *former_content, uint32_t *former_line)
{
    key = key == 0 ? 1 : key;
    if (seen->count * 4 >= seen->capacity * 3) {
        grow(seen);
    }
    struct slot *slot = find(seen, key);
    if (slot->key != 0) {
        *former_content = slot->content;
        *former_line = slot->line;
        return true;
    }
    *slot = (struct slot){key, content, line};
    seen->count++;
    return false;
}

bool seen_has(const struct seen *seen, uint64_t key)
{
    return find(seen, key == 0 ? 1 : key)->key != 0;
}
