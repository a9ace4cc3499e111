/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/tree/frontier.h"

#include <string.h>

#include "tests/support/support.h"

static struct hl_hash random_hash(struct rng *rng)
{
    struct hl_hash hash;
    rng_fill(rng, hash.bytes, sizeof(hash.bytes));
    return hash;
}

/* RFC 6962 section 2.1, read literally. */
static struct hl_hash tree_hash(const struct hl_hash *leaves, size_t count)
{
    if (count == 0) {
        return merkle_empty_root();
    }
    if (count == 1) {
        return leaves[0];
    }
    size_t split = 1;
    while (split * 2 < count) {
        split *= 2;
    }
    struct hl_hash left = tree_hash(leaves, split);
    struct hl_hash right = tree_hash(leaves + split, count - split);
    return merkle_node(&left, &right);
}

static void the_root_is_that_of_the_recursive_definition(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct hl_hash leaves[300];
    struct frontier frontier;
    frontier_init(&frontier);
    for (size_t n = 0; n <= 300; n++) {
        struct hl_hash expected = tree_hash(leaves, n);
        struct hl_hash root = frontier_root(&frontier);
        assert_int_equal(frontier.size, n);
        assert_true(hash_equal(&root, &expected));
        if (n < 300) {
            leaves[n] = random_hash(&rng);
            frontier_append(&frontier, &leaves[n]);
        }
        frontier_check(&frontier);
    }
}

static void a_frontier_survives_the_disk_and_goes_on(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct frontier frontier;
    frontier_init(&frontier);
    for (size_t n = 0; n < 300; n++) {
        struct writer raw = {0};
        frontier_encode(&frontier, &raw);
        assert_int_equal(raw.size,
                         8 + 32 * (size_t)__builtin_popcountll(frontier.size));
        struct frontier read = {0};
        assert_ok(frontier_decode(writer_view(&raw), &read));
        struct hl_hash leaf = random_hash(&rng);
        frontier_append(&frontier, &leaf);
        frontier_append(&read, &leaf);
        struct hl_hash expected = frontier_root(&frontier);
        struct hl_hash root = frontier_root(&read);
        assert_int_equal(read.size, n + 1);
        assert_true(hash_equal(&root, &expected));
        writer_fini(&raw);
    }
}

static void only_the_length_that_the_size_asks_for_is_read(void **state)
{
    (void)state;
    uint8_t raw[8 + 64 * 32] = {0};
    struct frontier out = {.size = 77};
    static const struct {
        uint8_t size[8];
        size_t edge;
    } cases[] = {
        {{0}, 0},
        {{0, 0, 0, 0, 0, 0, 0, 5}, 2},
        {{0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 63},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memcpy(raw, cases[i].size, 8);
        size_t good = 8 + cases[i].edge * 32;
        for (size_t length = 0; length <= sizeof(raw); length++) {
            out.size = 77;
            hl_err err = frontier_decode(bytes_of(raw, length), &out);
            assert_err(err, length == good ? HL_OK : HL_EMALFORMED);
            assert_true(length == good || out.size == 77);
        }
    }
    raw[0] = 0x80;
    memset(raw + 1, 0, 7);
    assert_err(frontier_decode(bytes_of(raw, 8 + 32), &out), HL_EMALFORMED);
}

static void memory_does_not_grow_with_the_tree(void **state)
{
    (void)state;
    assert_true(sizeof(struct frontier) <= 8 + 63 * 32);
    /* One below the largest tree: an append there still has its place. */
    struct frontier frontier = {.size = MERKLE_SIZE_MAX - 1};
    struct hl_hash leaf = merkle_leaf(bytes_of_text("last"));
    frontier_append(&frontier, &leaf);
    assert_int_equal(frontier.size, MERKLE_SIZE_MAX);
    assert_true(hash_equal(&frontier.edge[62], &leaf));
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_root_is_that_of_the_recursive_definition),
        cmocka_unit_test(a_frontier_survives_the_disk_and_goes_on),
        cmocka_unit_test(only_the_length_that_the_size_asks_for_is_read),
        cmocka_unit_test(memory_does_not_grow_with_the_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
