/* SPDX-License-Identifier: Apache-2.0 */

/* Published roots, and digests over all proofs of small trees. */

#include "protocol/tree/prove.h"

#include <inttypes.h>
#include <string.h>

#include "protocol/base/base64.h"
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

/* The three entries of C2SP tlog-tiles: "", 00, "hello". */
static void the_tree_of_three_entries_has_its_published_root(void **state)
{
    (void)state;
    struct mem_tree tree = {0};
    mem_tree_append_entry(&tree, bytes_of(NULL, 0));
    mem_tree_append_entry(&tree, bytes_of("\0", 1));
    mem_tree_append_entry(&tree, bytes_of_text("hello"));
    struct head head = mem_tree_head(&tree, 3);
    struct writer root = {0};
    base64_encode(bytes_of(head.root.bytes, HL_HASH_BYTES), &root);
    assert_true(bytes_equal_text(
        writer_view(&root), "kE/aGgO4EUHEayLBICpsmh3EXE/2HdZHK21az6/mhdE="));
    struct writer leaf = {0};
    test_hex(bytes_of(tree.levels[0][2].bytes, HL_HASH_BYTES), &leaf);
    assert_true(bytes_equal_text(
        writer_view(&leaf),
        "8a2a5c9b768827de5a9552c38a044c66959c68f6d2f21b5260af54d2f87db827"));
    writer_fini(&root);
    writer_fini(&leaf);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tree_of_three_entries_has_its_published_root),
        cmocka_unit_test(roots_are_those_published),
        cmocka_unit_test(the_roots_behind_the_proof_vectors_are_ours),
        cmocka_unit_test(all_proofs_to_64_entries_have_the_published_digests),
        cmocka_unit_test(subtree_hashes_have_the_drafts_digest),
        cmocka_unit_test(subtree_inclusion_proofs_have_the_drafts_digest),
        cmocka_unit_test(subtree_consistency_proofs_have_the_drafts_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
