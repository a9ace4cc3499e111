/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/tree/prove.h"

#include <string.h>

#include "tests/support/mem_tree.h"
#include "tests/support/support.h"

static void fill(struct mem_tree *tree, uint64_t size)
{
    mem_tree_init(tree);
    for (uint64_t i = 0; i < size; i++) {
        uint8_t entry = (uint8_t)i;
        mem_tree_append_entry(tree, bytes_of(&entry, 1));
    }
}

static void what_no_tree_has_is_not_proven(void **state)
{
    (void)state;
    struct mem_tree tree;
    fill(&tree, 8);
    struct hash_source source = mem_tree_source(&tree);
    const uint64_t over = MERKLE_SIZE_MAX + 1;
    struct hl_hash root;
    struct frontier frontier;
    struct proof out = {.count = 77};
    assert_err(prove_root(&source, over, &root), HL_EMALFORMED);
    assert_err(prove_frontier(&source, over, &frontier), HL_EMALFORMED);
    assert_err(prove_subtree_root(&source, 2, 5, &root), HL_EMALFORMED);
    assert_err(prove_inclusion(&source, 8, 8, &out), HL_EMALFORMED);
    assert_err(prove_inclusion(&source, 0, 0, &out), HL_EMALFORMED);
    assert_err(prove_inclusion(&source, 0, over, &out), HL_EMALFORMED);
    assert_err(prove_inclusion(&source, UINT64_MAX, 8, &out), HL_EMALFORMED);
    assert_err(prove_consistency(&source, 0, 8, &out), HL_EMALFORMED);
    assert_err(prove_consistency(&source, 8, 7, &out), HL_EMALFORMED);
    assert_err(prove_consistency(&source, 1, over, &out), HL_EMALFORMED);
    assert_err(prove_subtree_inclusion(&source, 3, 4, 8, &out), HL_EMALFORMED);
    assert_err(prove_subtree_inclusion(&source, 8, 4, 8, &out), HL_EMALFORMED);
    assert_err(prove_subtree_consistency(&source, 2, 5, 8, &out),
               HL_EMALFORMED);
    assert_err(prove_subtree_consistency(&source, 4, 8, 7, &out),
               HL_EMALFORMED);
    assert_int_equal(out.count, 77);
    mem_tree_fini(&tree);
}

/* A tree all of whose entries are equal has one hash a level. */
static hl_err read_uniform(void *context, uint64_t level, uint64_t index,
                           struct hl_hash *out)
{
    (void)index;
    const struct hl_hash *levels = context;
    *out = levels[level];
    return HL_OK;
}

static void proofs_are_whole_up_to_the_largest_tree(void **state)
{
    (void)state;
    struct hl_hash levels[63] = {merkle_leaf(bytes_of_text("same"))};
    for (size_t i = 1; i < 63; i++) {
        levels[i] = merkle_node(&levels[i - 1], &levels[i - 1]);
    }
    struct hash_source source = {levels, read_uniform};
    struct hl_hash root;
    struct proof proof;
    assert_ok(prove_root(&source, MERKLE_SIZE_MAX, &root));
    static const uint64_t indices[] = {0, 1, MERKLE_SIZE_MAX / 2,
                                       MERKLE_SIZE_MAX - 1};
    for (size_t i = 0; i < 4; i++) {
        assert_ok(
            prove_inclusion(&source, indices[i], MERKLE_SIZE_MAX, &proof));
        assert_ok(merkle_verify_inclusion(indices[i], MERKLE_SIZE_MAX,
                                          &levels[0], &root, &proof));
    }
    struct hl_hash old_root;
    const uint64_t old_size = (UINT64_C(1) << 62) + 12;
    assert_ok(prove_root(&source, old_size, &old_root));
    assert_ok(prove_consistency(&source, old_size, MERKLE_SIZE_MAX, &proof));
    assert_ok(merkle_verify_consistency(old_size, &old_root, MERKLE_SIZE_MAX,
                                        &root, &proof));
    /* 63 siblings and the seed: one more than a proof may have. */
    assert_err(prove_consistency(&source, 3, MERKLE_SIZE_MAX, &proof),
               HL_ELIMIT);
    assert_ok(prove_consistency(&source, 3, UINT64_C(1) << 62, &proof));
    assert_int_equal(proof.count, 63);
}

struct failing {
    struct hash_source inner;
    size_t reads_left;
};

static hl_err read_failing(void *context, uint64_t level, uint64_t index,
                           struct hl_hash *out)
{
    struct failing *failing = context;
    if (failing->reads_left == 0) {
        return HL_EIO;
    }
    failing->reads_left--;
    return failing->inner.read(failing->inner.context, level, index, out);
}

static void a_failed_read_is_passed_on_and_nothing_is_written(void **state)
{
    (void)state;
    struct mem_tree tree;
    fill(&tree, 100);
    struct failing failing = {.inner = mem_tree_source(&tree)};
    struct hash_source source = {&failing, read_failing};
    size_t failed = 0;
    hl_err err = HL_EIO;
    for (size_t reads = 0; err != HL_OK; reads++) {
        struct proof proof = {.count = 77};
        failing.reads_left = reads;
        err = prove_consistency(&source, 37, 99, &proof);
        assert_true(err == HL_OK || err == HL_EIO);
        assert_true((err == HL_OK) == (proof.count != 77));
        failed += err == HL_OK ? 0 : 1;
    }
    assert_int_equal(failing.reads_left, 0);
    assert_true(failed > 6);
    struct frontier frontier = {.size = 77};
    struct hl_hash root;
    failing.reads_left = 2;
    assert_err(prove_frontier(&source, 99, &frontier), HL_EIO);
    assert_int_equal(frontier.size, 77);
    failing.reads_left = 2;
    assert_err(prove_root(&source, 99, &root), HL_EIO);
    mem_tree_fini(&tree);
}

static void a_frontier_from_any_size_goes_on_as_the_grown_one(void **state)
{
    (void)state;
    struct mem_tree tree;
    fill(&tree, 200);
    struct hash_source source = mem_tree_source(&tree);
    struct frontier grown;
    frontier_init(&grown);
    for (uint64_t n = 0; n < 200; n++) {
        struct frontier frontier;
        assert_ok(prove_frontier(&source, n, &frontier));
        struct hl_hash expected = frontier_root(&grown);
        struct hl_hash root = frontier_root(&frontier);
        assert_int_equal(frontier.size, n);
        assert_true(hash_equal(&root, &expected));
        frontier_append(&grown, &tree.levels[0][n]);
        frontier_append(&frontier, &tree.levels[0][n]);
        expected = frontier_root(&grown);
        root = frontier_root(&frontier);
        assert_true(hash_equal(&root, &expected));
    }
    mem_tree_fini(&tree);
}

static void what_lies_beyond_is_proven_from_the_end_proof(void **state)
{
    (void)state;
    struct mem_tree whole;
    fill(&whole, 70);
    struct hash_source all = mem_tree_source(&whole);
    for (uint64_t held = 1; held <= 70; held++) {
        struct mem_tree part;
        fill(&part, held);
        struct hash_source source = mem_tree_source(&part);
        for (uint64_t size = held; size <= 70; size++) {
            struct proof end_proof;
            assert_ok(prove_consistency(&all, held, size, &end_proof));
            struct prove_beyond tree = {&source, held, size, &end_proof};
            for (uint64_t old = 1; old <= held; old++) {
                struct proof expected = {0};
                struct proof proof = {0};
                assert_ok(prove_consistency(&all, old, size, &expected));
                assert_ok(prove_consistency_beyond(&tree, old, &proof));
                assert_memory_equal(&proof, &expected, sizeof(proof));
            }
        }
        mem_tree_fini(&part);
    }
    mem_tree_fini(&whole);
}

static void an_end_proof_of_another_length_is_refused(void **state)
{
    (void)state;
    struct mem_tree tree;
    fill(&tree, 30);
    struct hash_source source = mem_tree_source(&tree);
    struct proof end_proof;
    struct proof out = {.count = 77};
    assert_ok(prove_consistency(&source, 11, 30, &end_proof));
    struct prove_beyond beyond = {&source, 11, 30, &end_proof};
    end_proof.count++;
    assert_err(prove_consistency_beyond(&beyond, 5, &out), HL_EPROOF);
    end_proof.count -= 2;
    assert_err(prove_consistency_beyond(&beyond, 5, &out), HL_EPROOF);
    end_proof.count++;
    assert_err(prove_consistency_beyond(&beyond, 0, &out), HL_EMALFORMED);
    assert_err(prove_consistency_beyond(&beyond, 12, &out), HL_EMALFORMED);
    beyond.size = 10;
    assert_err(prove_consistency_beyond(&beyond, 5, &out), HL_EMALFORMED);
    beyond.size = UINT64_MAX;
    assert_err(prove_consistency_beyond(&beyond, 5, &out), HL_EMALFORMED);
    beyond = (struct prove_beyond){&source, 3, MERKLE_SIZE_MAX, &end_proof};
    assert_err(prove_consistency_beyond(&beyond, 2, &out), HL_ELIMIT);
    assert_int_equal(out.count, 77);
    mem_tree_fini(&tree);
}

/* Tiles cut from a tree, one at a time. */
struct tiles {
    const struct mem_tree *tree;
    uint8_t bytes[TILE_MAX_BYTES];
    unsigned less; /* hashes to leave out */
    unsigned more; /* hashes to add, made up */
    hl_err err;
};

static hl_err read_tile(void *context, const struct tile *tile,
                        struct bytes *out)
{
    struct tiles *tiles = context;
    assert_int_equal(tile->kind, TILE_HASHES);
    assert_true(tile->width >= 1);
    assert_true(tile->width <= TILE_WIDTH);
    const struct hl_hash *hashes = tiles->tree->levels[tile->level * 8];
    memcpy(tiles->bytes, hashes + tile->index * TILE_WIDTH,
           tile->width * sizeof(hashes[0]));
    size_t width = tile->width - tiles->less + tiles->more;
    *out = bytes_of(tiles->bytes, width * HL_HASH_BYTES);
    return tiles->err;
}

static void tiles_give_every_node_of_the_tree(void **state)
{
    (void)state;
    struct mem_tree tree;
    const uint64_t size = 70001;
    fill(&tree, size);
    struct tiles tiles = {.tree = &tree};
    struct tile_source reader = {&tiles, read_tile, size};
    struct hash_source source = hash_source_of_tiles(&reader);
    struct rng rng = test_rng(__func__);
    for (uint64_t level = 0; level < 17; level++) {
        uint64_t count = size >> level;
        for (size_t i = 0; i < 200; i++) {
            uint64_t index = i == 0 ? count - 1 : rng_below(&rng, count);
            struct hl_hash hash;
            assert_ok(source.read(source.context, level, index, &hash));
            assert_true(hash_equal(&hash, &tree.levels[level][index]));
        }
        struct hl_hash hash;
        assert_err(source.read(source.context, level, count, &hash),
                   HL_ENOTFOUND);
    }
    struct hl_hash root;
    struct head expected = mem_tree_head(&tree, size);
    assert_ok(prove_root(&source, size, &root));
    assert_true(hash_equal(&root, &expected.root));
    struct hl_hash hash;
    assert_err(source.read(source.context, 63, 0, &hash), HL_ENOTFOUND);
    assert_err(source.read(source.context, 64, 0, &hash), HL_ENOTFOUND);
    mem_tree_fini(&tree);
}

static void a_tile_may_be_wider_than_asked_for_but_not_narrower(void **state)
{
    (void)state;
    struct mem_tree tree;
    fill(&tree, 300);
    struct tiles tiles = {.tree = &tree, .less = 1};
    struct tile_source reader = {&tiles, read_tile, 300};
    struct hash_source source = hash_source_of_tiles(&reader);
    struct hl_hash hash;
    assert_err(source.read(source.context, 0, 299, &hash), HL_EMALFORMED);
    tiles.less = 0;
    tiles.more = 100;
    assert_ok(source.read(source.context, 0, 299, &hash));
    assert_true(hash_equal(&hash, &tree.levels[0][299]));
    assert_err(source.read(source.context, 0, 0, &hash), HL_EMALFORMED);
    tiles.more = 0;
    tiles.err = HL_EIO;
    assert_err(source.read(source.context, 0, 0, &hash), HL_EIO);
    mem_tree_fini(&tree);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_no_tree_has_is_not_proven),
        cmocka_unit_test(proofs_are_whole_up_to_the_largest_tree),
        cmocka_unit_test(a_failed_read_is_passed_on_and_nothing_is_written),
        cmocka_unit_test(a_frontier_from_any_size_goes_on_as_the_grown_one),
        cmocka_unit_test(what_lies_beyond_is_proven_from_the_end_proof),
        cmocka_unit_test(an_end_proof_of_another_length_is_refused),
        cmocka_unit_test(tiles_give_every_node_of_the_tree),
        cmocka_unit_test(a_tile_may_be_wider_than_asked_for_but_not_narrower),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
