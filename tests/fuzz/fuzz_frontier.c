/* SPDX-License-Identifier: Apache-2.0 */

/* Frontiers from the disk: one form each, and appending to what was read
 * keeps a form that reads back as itself. */

#include "protocol/base/hl_assert.h"
#include "protocol/tree/frontier.h"
#include "tests/fuzz/fuzz.h"

static void check_round_trip(const struct frontier *frontier,
                             struct hl_hash root)
{
    struct writer raw = {0};
    struct frontier again = {0};
    frontier_encode(frontier, &raw);
    hl_err err = frontier_decode(writer_view(&raw), &again);
    HL_ASSERT(err == HL_OK);
    struct hl_hash same = frontier_root(&again);
    HL_ASSERT(again.size == frontier->size);
    HL_ASSERT(hash_equal(&same, &root));
    writer_fini(&raw);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct frontier frontier = {0};
    if (frontier_decode(bytes_of(data, size), &frontier) != HL_OK) {
        return 0;
    }
    frontier_check(&frontier);
    struct writer raw = {0};
    frontier_encode(&frontier, &raw);
    HL_ASSERT(bytes_equal(writer_view(&raw), bytes_of(data, size)));
    writer_fini(&raw);
    check_round_trip(&frontier, frontier_root(&frontier));
    for (size_t i = 0; i < 3 && frontier.size < MERKLE_SIZE_MAX; i++) {
        struct hl_hash leaf = merkle_leaf(bytes_of(&i, sizeof(i)));
        struct hl_hash before = frontier_root(&frontier);
        uint64_t grown = frontier.size + 1;
        frontier_append(&frontier, &leaf);
        struct hl_hash after = frontier_root(&frontier);
        HL_ASSERT(frontier.size == grown);
        HL_ASSERT(!hash_equal(&before, &after));
        check_round_trip(&frontier, after);
    }
    return 0;
}
