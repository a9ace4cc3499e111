/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/tree/span.h"

#include <string.h>

#include "tests/support/mem_tree.h"
#include "tests/support/support.h"

enum { ENTRIES = 40 };

static struct mem_tree tree;
static struct hash_source source;

static int set_up(void **state)
{
    (void)state;
    mem_tree_init(&tree);
    source = mem_tree_source(&tree);
    for (uint8_t i = 0; i < ENTRIES; i++) {
        mem_tree_append_entry(&tree, bytes_of(&i, 1));
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mem_tree_fini(&tree);
    return 0;
}

static struct frontier frontier_at(uint64_t size)
{
    struct frontier frontier;
    assert_ok(prove_frontier(&source, size, &frontier));
    return frontier;
}

static struct span span_of(uint64_t first, uint64_t end, uint64_t head_size,
                           struct proof *end_proof)
{
    assert_ok(span_prove_end(&source, end, head_size, end_proof));
    return (struct span){
        .first = first,
        .leaves = tree.levels[0] + first,
        .count = (size_t)(end - first),
        .head = mem_tree_head(&tree, head_size),
        .end_proof = end_proof,
    };
}

static void assert_refused(const struct frontier *before,
                           const struct span *span, hl_err err)
{
    struct frontier frontier = *before;
    assert_err(span_append(&frontier, span), err);
    assert_memory_equal(&frontier, before, sizeof(frontier));
}

static void every_honest_run_under_every_head_is_appended(void **state)
{
    (void)state;
    for (uint64_t head = 0; head <= ENTRIES; head++) {
        for (uint64_t end = 0; end <= head; end++) {
            for (uint64_t first = 0; first <= end; first++) {
                struct proof end_proof;
                struct frontier frontier = frontier_at(first);
                struct span span = span_of(first, end, head, &end_proof);
                assert_ok(span_append(&frontier, &span));
                struct head expected = mem_tree_head(&tree, end);
                struct hl_hash root = frontier_root(&frontier);
                assert_int_equal(frontier.size, end);
                assert_true(hash_equal(&root, &expected.root));
            }
        }
    }
}

static void a_run_that_ends_at_its_head_needs_no_proof(void **state)
{
    (void)state;
    struct proof end_proof;
    struct span span = span_of(3, 17, 17, &end_proof);
    assert_int_equal(end_proof.count, 0);
    struct frontier frontier = frontier_at(3);
    assert_ok(span_append(&frontier, &span));
    end_proof.count = 1;
    struct frontier before = frontier_at(3);
    assert_refused(&before, &span, HL_EPROOF);
}

static void one_changed_bit_and_nothing_is_appended(void **state)
{
    (void)state;
    struct frontier before = frontier_at(5);
    for (size_t bit = 0; bit < 256; bit++) {
        uint8_t mask = (uint8_t)(1u << bit % 8);
        struct proof end_proof;
        struct hl_hash leaves[6];
        struct span span = span_of(5, 11, 30, &end_proof);
        memcpy(leaves, span.leaves, sizeof(leaves));
        span.leaves = leaves;
        for (size_t i = 0; i < 6; i++) {
            leaves[i].bytes[bit / 8] ^= mask;
            assert_refused(&before, &span, HL_EPROOF);
            leaves[i].bytes[bit / 8] ^= mask;
        }
        for (size_t i = 0; i < end_proof.count; i++) {
            end_proof.hashes[i].bytes[bit / 8] ^= mask;
            assert_refused(&before, &span, HL_EPROOF);
            end_proof.hashes[i].bytes[bit / 8] ^= mask;
        }
        span.head.root.bytes[bit / 8] ^= mask;
        assert_refused(&before, &span, HL_EPROOF);
    }
}

static void entries_left_out_added_or_swapped_are_refused(void **state)
{
    (void)state;
    struct frontier before = frontier_at(5);
    struct proof end_proof;
    struct span span = span_of(5, 11, 30, &end_proof);
    span.count = 5;
    assert_refused(&before, &span, HL_EPROOF);
    span.count = 7;
    assert_refused(&before, &span, HL_EPROOF);
    span.count = 6;
    struct hl_hash leaves[6];
    memcpy(leaves, span.leaves, sizeof(leaves));
    leaves[0] = span.leaves[1];
    leaves[1] = span.leaves[0];
    span.leaves = leaves;
    assert_refused(&before, &span, HL_EPROOF);
}

static void a_run_must_begin_where_we_end_and_end_within_its_head(void **state)
{
    (void)state;
    struct frontier before = frontier_at(5);
    struct proof end_proof;
    struct span span = span_of(6, 11, 30, &end_proof);
    assert_refused(&before, &span, HL_EMALFORMED);
    span = span_of(4, 11, 30, &end_proof);
    assert_refused(&before, &span, HL_EMALFORMED);
    span = span_of(5, 11, 11, &end_proof);
    span.count = 7;
    assert_refused(&before, &span, HL_EMALFORMED);
    span.count = SIZE_MAX;
    assert_refused(&before, &span, HL_EMALFORMED);
    span = span_of(5, 11, 11, &end_proof);
    span.head = mem_tree_head(&tree, 4);
    span.count = 0;
    assert_refused(&before, &span, HL_EMALFORMED);
}

static void a_head_that_no_tree_has_is_malformed(void **state)
{
    (void)state;
    struct frontier before = frontier_at(0);
    struct proof end_proof = {0};
    struct span span = {.end_proof = &end_proof, .head = head_empty()};
    struct frontier frontier = before;
    assert_ok(span_append(&frontier, &span));
    span.head.root = mem_tree_head(&tree, 1).root;
    assert_refused(&before, &span, HL_EMALFORMED);
    span.head.size = MERKLE_SIZE_MAX + 1;
    assert_refused(&before, &span, HL_EMALFORMED);
}

static void a_start_proof_holds_under_its_head_only(void **state)
{
    (void)state;
    for (uint64_t size = 0; size <= ENTRIES; size++) {
        struct head head = mem_tree_head(&tree, size);
        for (uint64_t at = 0; at <= size; at++) {
            struct start_proof start;
            assert_ok(span_prove_start(&source, at, size, &start));
            struct head expected = mem_tree_head(&tree, at);
            assert_int_equal(start.at, at);
            assert_true(hash_equal(&start.root, &expected.root));
            assert_ok(start_proof_verify(&start, &head));
            start.root.bytes[0] ^= 1;
            assert_err(start_proof_verify(&start, &head), HL_EPROOF);
            start.root.bytes[0] ^= 1;
            start.proof.count++;
            assert_err(start_proof_verify(&start, &head), HL_EPROOF);
        }
        struct start_proof start;
        assert_err(span_prove_start(&source, size + 1, size, &start),
                   HL_EMALFORMED);
    }
    struct start_proof start;
    assert_err(span_prove_start(&source, 0, UINT64_MAX, &start), HL_EMALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_honest_run_under_every_head_is_appended),
        cmocka_unit_test(a_run_that_ends_at_its_head_needs_no_proof),
        cmocka_unit_test(one_changed_bit_and_nothing_is_appended),
        cmocka_unit_test(entries_left_out_added_or_swapped_are_refused),
        cmocka_unit_test(a_run_must_begin_where_we_end_and_end_within_its_head),
        cmocka_unit_test(a_head_that_no_tree_has_is_malformed),
        cmocka_unit_test(a_start_proof_holds_under_its_head_only),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
