/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/tree/prove.h"

#include <inttypes.h>
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

static void assert_digest(const struct writer *out, const char *hex)
{
    uint8_t expected[HL_HASH_BYTES];
    test_unhex(hex, expected, sizeof(expected));
    struct hl_hash digest = hash_bytes(writer_view(out));
    assert_memory_equal(digest.bytes, expected, HL_HASH_BYTES);
}

static void assert_root(const struct hash_source *source, uint64_t size,
                        const char *hex)
{
    uint8_t expected[HL_HASH_BYTES];
    size_t bytes = strlen(hex) / 2;
    test_unhex(hex, expected, bytes);
    struct hl_hash root;
    assert_ok(prove_root(source, size, &root));
    assert_memory_equal(root.bytes, expected, bytes);
}

static void write_hashes(const struct proof *proof, struct writer *out)
{
    writer_bytes(out, bytes_of(proof->hashes, proof->count * HL_HASH_BYTES));
}

static void write_hex(const struct proof *proof, struct writer *out)
{
    for (size_t i = 0; i < proof->count; i++) {
        writer_text(out, " ");
        test_hex(bytes_of(proof->hashes[i].bytes, HL_HASH_BYTES), out);
    }
    writer_text(out, "\n");
}

static void roots_are_those_published(void **state)
{
    (void)state;
    struct mem_tree tree;
    fill(&tree, 256);
    uint8_t zero = 0;
    struct hash_source source = mem_tree_source(&tree);
    assert_root(&source, 1, "96a296d2");
    assert_root(&source, 2, "a20bf9a7");
    assert_root(&source, 3, "3b6cccd7");
    assert_root(&source, 7, "35601918");
    assert_root(&source, 64,
                "4433a69f32158463382405ec957c31b8"
                "bc89a1f08964b920f6cf53dc13098cb3");
    assert_root(&source, 130,
                "f05d2f5ef24c72dd70b0a8f28e576b3a"
                "caf944c00e014524c47aa42325d7d1c3");
    assert_root(&source, 256,
                "0387b1bfaad194ad5b534d6a57c9710a"
                "83484cb544258df5f4df94bc41820b5f");
    mem_tree_append_entry(&tree, bytes_of(&zero, 1));
    assert_root(&source, 257,
                "27f15b399b51e27cb63a4282e7f09bdf"
                "2e3b019ff6ad06c4a9e066fb754257e4");
    assert_root(&source, 0,
                "e3b0c44298fc1c149afbf4c8996fb924"
                "27ae41e4649b934ca495991b7852b855");
    struct writer full_tile = {0};
    writer_bytes(&full_tile, bytes_of(tree.levels[0], TILE_MAX_BYTES));
    assert_digest(&full_tile, "28228937e55af53c1517329fdbfd33d2"
                              "d43200d0be86f765eae4dfae6f07f5b1");
    writer_fini(&full_tile);
    mem_tree_fini(&tree);
}

/* transparency-dev/merkle testonly/constants.go: the leaf inputs behind the
 * published proof vectors. */
static void the_roots_behind_the_proof_vectors_are_ours(void **state)
{
    (void)state;
    static const char *const entries[] = {
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    };
    struct mem_tree tree;
    mem_tree_init(&tree);
    for (size_t i = 0; i < 8; i++) {
        uint8_t raw[16];
        size_t size = strlen(entries[i]) / 2;
        test_unhex(entries[i], raw, size);
        mem_tree_append_entry(&tree, bytes_of(raw, size));
    }
    struct hash_source source = mem_tree_source(&tree);
    assert_root(&source, 8,
                "5dc9da79a70659a9ad559cb701ded9a2"
                "ab9d823aad2f4960cfe370eff4604328");
    mem_tree_fini(&tree);
}

static void all_proofs_to_64_entries_have_the_published_digests(void **state)
{
    (void)state;
    struct mem_tree tree;
    fill(&tree, 64);
    struct hash_source source = mem_tree_source(&tree);
    struct writer inclusion = {0};
    struct writer consistency = {0};
    for (uint64_t n = 1; n <= 64; n++) {
        for (uint64_t i = 0; i < n; i++) {
            struct proof proof;
            assert_ok(prove_inclusion(&source, i, n, &proof));
            write_hashes(&proof, &inclusion);
            if (i > 0) {
                assert_ok(prove_consistency(&source, i, n, &proof));
                write_hashes(&proof, &consistency);
            }
        }
    }
    assert_digest(&inclusion, "5601b22ed7d83190e79b81a3512e0977"
                              "a7225be0e32a0fa968c9e4d20cd6b473");
    assert_digest(&consistency, "ca04516c086549670889a022a6b2609f"
                                "0f5b74814ce936780c0951bd5ed5c2b7");
    writer_fini(&inclusion);
    writer_fini(&consistency);
    mem_tree_fini(&tree);
}

/* The draft's vectors count the empty subtree [n, n), which has the empty root
 * and empty proofs; we have none (start < end), and write its lines here. */
enum { DRAFT_MAX = 130 };

static void subtree_hashes_have_the_drafts_digest(void **state)
{
    (void)state;
    struct mem_tree tree;
    fill(&tree, DRAFT_MAX);
    struct hash_source source = mem_tree_source(&tree);
    struct writer out = {0};
    for (uint64_t end = 0; end <= DRAFT_MAX; end++) {
        for (uint64_t start = 0; start <= end; start++) {
            struct hl_hash root = merkle_empty_root();
            if (start < end &&
                prove_subtree_root(&source, start, end, &root) != HL_OK) {
                continue;
            }
            writer_format(&out, "[%" PRIu64 ", %" PRIu64 ") ", start, end);
            test_hex(bytes_of(root.bytes, HL_HASH_BYTES), &out);
            writer_text(&out, "\n");
        }
    }
    assert_digest(&out, "b82806ad4265bb151c1119c0f4db437b"
                        "b4d1a1f887b3a7fba1cd4ebf552e3e81");
    writer_fini(&out);
    mem_tree_fini(&tree);
}

static void subtree_inclusion_proofs_have_the_drafts_digest(void **state)
{
    (void)state;
    struct mem_tree tree;
    fill(&tree, DRAFT_MAX);
    struct hash_source source = mem_tree_source(&tree);
    struct writer out = {0};
    for (uint64_t end = 0; end <= DRAFT_MAX; end++) {
        for (uint64_t start = 0; start < end; start++) {
            if (!merkle_subtree_valid(start, end)) {
                continue;
            }
            struct hl_hash root;
            assert_ok(prove_subtree_root(&source, start, end, &root));
            for (uint64_t i = start; i < end; i++) {
                struct proof proof;
                assert_ok(
                    prove_subtree_inclusion(&source, i, start, end, &proof));
                assert_ok(merkle_verify_subtree_inclusion(
                    i, start, end, &tree.levels[0][i], &root, &proof));
                writer_format(&out, "%" PRIu64 " [%" PRIu64 ", %" PRIu64 ")", i,
                              start, end);
                write_hex(&proof, &out);
            }
        }
    }
    assert_digest(&out, "ac2a8f989e44d99e399db448050ff5f1"
                        "9757df53cfb716aa81015d3955d8163f");
    writer_fini(&out);
    mem_tree_fini(&tree);
}

static struct proof checked_subtree_proof(const struct hash_source *source,
                                          uint64_t start, uint64_t end,
                                          uint64_t size)
{
    struct hl_hash subtree_root;
    struct hl_hash root;
    struct proof proof;
    assert_ok(prove_root(source, size, &root));
    assert_ok(prove_subtree_root(source, start, end, &subtree_root));
    assert_ok(prove_subtree_consistency(source, start, end, size, &proof));
    assert_ok(merkle_verify_subtree_consistency(start, end, size, &subtree_root,
                                                &root, &proof));
    return proof;
}

static void subtree_consistency_proofs_have_the_drafts_digest(void **state)
{
    (void)state;
    struct mem_tree tree;
    fill(&tree, DRAFT_MAX);
    struct hash_source source = mem_tree_source(&tree);
    struct writer out = {0};
    for (uint64_t size = 0; size <= DRAFT_MAX; size++) {
        for (uint64_t end = 0; end <= size; end++) {
            for (uint64_t start = 0; start <= end; start++) {
                struct proof proof = {0};
                if (merkle_subtree_valid(start, end)) {
                    proof = checked_subtree_proof(&source, start, end, size);
                } else if (start < end) {
                    continue;
                }
                writer_format(&out, "[%" PRIu64 ", %" PRIu64 ") %" PRIu64,
                              start, end, size);
                write_hex(&proof, &out);
            }
        }
    }
    assert_digest(&out, "10fa99b37bf9bf9ffa26b412fbd98bd7"
                        "5363256d0b75d61bc4538b9c9c5a0a74");
    writer_fini(&out);
    mem_tree_fini(&tree);
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
        cmocka_unit_test(roots_are_those_published),
        cmocka_unit_test(the_roots_behind_the_proof_vectors_are_ours),
        cmocka_unit_test(all_proofs_to_64_entries_have_the_published_digests),
        cmocka_unit_test(subtree_hashes_have_the_drafts_digest),
        cmocka_unit_test(subtree_inclusion_proofs_have_the_drafts_digest),
        cmocka_unit_test(subtree_consistency_proofs_have_the_drafts_digest),
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
