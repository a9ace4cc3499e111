/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/truth.h"

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

void truth_init(struct truth *truth)
{
    *truth = (struct truth){.branch_count = 1};
    frontier_init(&truth->branches[0].frontier);
}

static void branch_fini(struct branch *branch)
{
    hl_free(branch->leaves);
    hl_free(branch->roots);
    *branch = (struct branch){0};
}

void truth_fini(struct truth *truth)
{
    for (size_t i = 0; i < truth->branch_count; i++) {
        branch_fini(&truth->branches[i]);
    }
}

static void branch_append(struct branch *branch, const struct hl_hash *leaf)
{
    if (branch->count == branch->capacity) {
        branch->capacity = branch->capacity * 2 + 64;
        branch->leaves = hl_realloc(branch->leaves, branch->capacity,
                                    sizeof(branch->leaves[0]));
        branch->roots = hl_realloc(branch->roots, branch->capacity,
                                   sizeof(branch->roots[0]));
    }
    frontier_append(&branch->frontier, leaf);
    branch->leaves[branch->count] = *leaf;
    branch->roots[branch->count] = frontier_root(&branch->frontier);
    branch->count++;
}

void truth_append(struct truth *truth, size_t branch,
                  const struct hl_hash *leaf)
{
    HL_ASSERT(branch < truth->branch_count);
    branch_append(&truth->branches[branch], leaf);
}

static void branch_copy(const struct branch *from, uint64_t size,
                        struct branch *to)
{
    HL_ASSERT(size <= from->count);
    *to = (struct branch){0};
    frontier_init(&to->frontier);
    for (uint64_t i = 0; i < size; i++) {
        branch_append(to, &from->leaves[i]);
    }
}

size_t truth_fork(struct truth *truth, size_t branch, uint64_t size)
{
    HL_ASSERT(truth->branch_count < TRUTH_BRANCHES_MAX);
    size_t number = truth->branch_count++;
    branch_copy(&truth->branches[branch], size, &truth->branches[number]);
    return number;
}

void truth_cut(struct truth *truth, uint64_t size)
{
    truth->epochs++;
    if (truth->branches[0].count == size) {
        return;
    }
    truth_fork(truth, 0, truth->branches[0].count);
    struct branch kept;
    branch_copy(&truth->branches[0], size, &kept);
    branch_fini(&truth->branches[0]);
    truth->branches[0] = kept;
}

uint64_t truth_return(struct truth *truth, size_t branch, uint64_t size)
{
    const struct branch *before = &truth->branches[0];
    const struct branch *after = &truth->branches[branch];
    uint64_t same = 0;
    while (same < size && same < before->count &&
           hash_equal(&before->leaves[same], &after->leaves[same])) {
        same++;
    }
    struct branch kept;
    truth->epochs++;
    truth_fork(truth, 0, before->count);
    branch_copy(after, size, &kept);
    branch_fini(&truth->branches[0]);
    truth->branches[0] = kept;
    return same;
}

struct head truth_head(const struct truth *truth, size_t branch)
{
    const struct frontier *frontier = &truth->branches[branch].frontier;
    return (struct head){.size = frontier->size,
                         .root = frontier_root(frontier)};
}

bool truth_branch_has(const struct truth *truth, size_t branch,
                      const struct head *head)
{
    const struct branch *on = &truth->branches[branch];
    if (head->size == 0) {
        struct head empty = head_empty();
        return head_equal(&empty, head);
    }
    return head->size <= on->count &&
           hash_equal(&on->roots[head->size - 1], &head->root);
}

unsigned truth_branches_of(const struct truth *truth, const struct head *head)
{
    unsigned found = 0;
    for (size_t i = 0; i < truth->branch_count; i++) {
        found |= truth_branch_has(truth, i, head) ? 1u << i : 0;
    }
    return found;
}
