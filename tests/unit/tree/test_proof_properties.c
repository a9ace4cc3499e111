/* SPDX-License-Identifier: Apache-2.0 */

/* That true claims verify, and what is changed by a single bit does not: for
 * all small trees, and for samples of large ones. */

#include <inttypes.h>
#include <string.h>

#include "tests/support/mem_tree.h"
#include "tests/support/support.h"
#include "tests/unit/tree/shape.h"

enum { SMALL = 64, MEDIUM = 24, LARGE = 100000, SAMPLES = 10000 };

enum kind { INCLUSION, CONSISTENCY, SUBTREE_INCLUSION, SUBTREE_CONSISTENCY };

/* Whatever one of the four verifiers is asked. */
struct claim {
    enum kind kind;
    uint64_t numbers[3];  /* in the order of the verifier's parameters */
    struct hl_hash inner; /* leaf, old root or subtree's root */
    struct hl_hash root;
    struct proof proof;
};

static struct mem_tree tree;
static struct hash_source source;

static int set_up(void **state)
{
    (void)state;
    struct rng rng = test_rng("leaves");
    mem_tree_init(&tree);
    source = mem_tree_source(&tree);
    for (size_t i = 0; i < LARGE; i++) {
        struct hl_hash leaf;
        rng_fill(&rng, leaf.bytes, sizeof(leaf.bytes));
        mem_tree_append(&tree, &leaf);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mem_tree_fini(&tree);
    return 0;
}

static size_t number_count(const struct claim *claim)
{
    return claim->kind <= CONSISTENCY ? 2 : 3;
}

static bool verifies(const struct claim *claim)
{
    const uint64_t *n = claim->numbers;
    const struct hl_hash *inner = &claim->inner;
    const struct hl_hash *root = &claim->root;
    const struct proof *proof = &claim->proof;
    hl_err err = HL_OK;
    switch (claim->kind) {
    case INCLUSION:
        err = merkle_verify_inclusion(n[0], n[1], inner, root, proof);
        break;
    case CONSISTENCY:
        err = merkle_verify_consistency(n[0], inner, n[1], root, proof);
        break;
    case SUBTREE_INCLUSION:
        err = merkle_verify_subtree_inclusion(n[0], n[1], n[2], inner, root,
                                              proof);
        break;
    case SUBTREE_CONSISTENCY:
        err = merkle_verify_subtree_consistency(n[0], n[1], n[2], inner, root,
                                                proof);
        break;
    }
    assert_true(err == HL_OK || err == HL_EPROOF);
    return err == HL_OK;
}

static bool claim_shape(const struct claim *claim, struct shape *out)
{
    const uint64_t *n = claim->numbers;
    switch (claim->kind) {
    case INCLUSION:
        return n[0] < MERKLE_SIZE_MAX && shape_of(n[0], n[0] + 1, n[1], out);
    case CONSISTENCY:
        return shape_of(0, n[0], n[1], out);
    case SUBTREE_INCLUSION:
        return merkle_subtree_valid(n[1], n[2]) && n[0] >= n[1] &&
               n[0] < n[2] &&
               shape_of(n[0] - n[1], n[0] - n[1] + 1, n[2] - n[1], out);
    case SUBTREE_CONSISTENCY:
        return shape_of(n[0], n[1], n[2], out);
    }
    return false;
}

static struct claim inclusion(uint64_t index, uint64_t size)
{
    struct claim claim = {.kind = INCLUSION, .numbers = {index, size}};
    claim.inner = tree.levels[0][index];
    assert_ok(prove_root(&source, size, &claim.root));
    assert_ok(prove_inclusion(&source, index, size, &claim.proof));
    return claim;
}

static struct claim consistency(uint64_t old_size, uint64_t new_size)
{
    struct claim claim = {.kind = CONSISTENCY, .numbers = {old_size, new_size}};
    assert_ok(prove_root(&source, old_size, &claim.inner));
    assert_ok(prove_root(&source, new_size, &claim.root));
    assert_ok(prove_consistency(&source, old_size, new_size, &claim.proof));
    return claim;
}

static struct claim subtree_inclusion(uint64_t index, uint64_t start,
                                      uint64_t end)
{
    struct claim claim = {.kind = SUBTREE_INCLUSION,
                          .numbers = {index, start, end}};
    claim.inner = tree.levels[0][index];
    assert_ok(prove_subtree_root(&source, start, end, &claim.root));
    assert_ok(
        prove_subtree_inclusion(&source, index, start, end, &claim.proof));
    return claim;
}

static struct claim subtree_consistency(uint64_t start, uint64_t end,
                                        uint64_t size)
{
    struct claim claim = {.kind = SUBTREE_CONSISTENCY,
                          .numbers = {start, end, size}};
    assert_ok(prove_subtree_root(&source, start, end, &claim.inner));
    assert_ok(prove_root(&source, size, &claim.root));
    assert_ok(
        prove_subtree_consistency(&source, start, end, size, &claim.proof));
    return claim;
}

static void assert_refused(const struct claim *claim, const char *what)
{
    if (verifies(claim)) {
        fail_msg("kind %d of %" PRIu64 ", %" PRIu64 ", %" PRIu64
                 " verifies with another %s",
                 claim->kind, claim->numbers[0], claim->numbers[1],
                 claim->numbers[2], what);
    }
}

static void refuses_flip(struct claim *claim, struct hl_hash *hash, size_t bit,
                         const char *what)
{
    uint8_t mask = (uint8_t)(1u << bit % 8);
    hash->bytes[bit / 8] ^= mask;
    assert_refused(claim, what);
    hash->bytes[bit / 8] ^= mask;
}

static void refuses_flips_at(struct claim *claim, size_t bit)
{
    refuses_flip(claim, &claim->root, bit, "root");
    refuses_flip(claim, &claim->inner, bit, "inner hash");
    for (size_t i = 0; i < claim->proof.count; i++) {
        refuses_flip(claim, &claim->proof.hashes[i], bit, "proof hash");
    }
}

static void refuses_another_length(struct claim *claim)
{
    struct proof whole = claim->proof;
    claim->proof.count++;
    assert_refused(claim, "hash behind the proof");
    if (whole.count > 0) {
        claim->proof.count = whole.count - 1;
        assert_refused(claim, "end of the proof");
        memmove(claim->proof.hashes, claim->proof.hashes + 1,
                (whole.count - 1) * sizeof(whole.hashes[0]));
        assert_refused(claim, "beginning of the proof");
    }
    claim->proof = whole;
}

/* A changed number is refused, unless it asks for the same computation. */
static size_t judges_number_flip(struct claim *claim, size_t which,
                                 unsigned bit)
{
    struct shape before;
    struct shape after;
    assert_true(claim_shape(claim, &before));
    claim->numbers[which] ^= UINT64_C(1) << bit;
    bool same = claim_shape(claim, &after) && shape_equal(&before, &after);
    bool verified = verifies(claim);
    if (verified != same) {
        fail_msg("kind %d of %" PRIu64 ", %" PRIu64 ", %" PRIu64
                 ": verifies %d, same shape %d",
                 claim->kind, claim->numbers[0], claim->numbers[1],
                 claim->numbers[2], verified, same);
    }
    claim->numbers[which] ^= UINT64_C(1) << bit;
    return verified ? 0 : 1;
}

static size_t judges_all_number_flips(struct claim *claim)
{
    size_t refused = 0;
    for (size_t i = 0; i < number_count(claim); i++) {
        for (unsigned bit = 0; bit < 64; bit++) {
            refused += judges_number_flip(claim, i, bit);
        }
    }
    return refused;
}

/* Everything that may be wrong with a claim; of hash bits, all or one. */
static void check_claim(struct claim claim, struct rng *rng)
{
    assert_true(verifies(&claim));
    bool every_bit = rng == NULL;
    for (size_t bit = 0; every_bit && bit < 256; bit++) {
        refuses_flips_at(&claim, bit);
    }
    if (!every_bit) {
        refuses_flips_at(&claim, (size_t)rng_below(rng, 256));
    }
    refuses_another_length(&claim);
    size_t refused = judges_all_number_flips(&claim);
    assert_true(refused > 60 * number_count(&claim));
}

static void every_bit_counts_in_trees_to_64_entries(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= SMALL; n++) {
        for (uint64_t i = 0; i < n; i++) {
            check_claim(inclusion(i, n), NULL);
            check_claim(consistency(i + 1, n), NULL);
        }
    }
}

static void check_subtree(uint64_t start, uint64_t end, struct rng *rng)
{
    if (!merkle_subtree_valid(start, end)) {
        return;
    }
    for (uint64_t i = start; i < end; i++) {
        check_claim(subtree_inclusion(i, start, end), rng);
    }
    for (uint64_t n = end; n <= MEDIUM; n++) {
        check_claim(subtree_consistency(start, end, n), rng);
    }
}

static void every_component_counts_in_subtrees_to_24_entries(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    for (uint64_t end = 1; end <= MEDIUM; end++) {
        for (uint64_t start = 0; start < end; start++) {
            check_subtree(start, end, &rng);
        }
    }
}

/* [start, end): a random valid subtree in a tree of that size. */
static void random_subtree(struct rng *rng, uint64_t size, uint64_t *start,
                           uint64_t *end)
{
    uint64_t width = UINT64_C(1) << rng_below(rng, 17);
    *start = rng_below(rng, size) / width * width;
    uint64_t longest = size - *start < width ? size - *start : width;
    *end = *start + 1 + rng_below(rng, longest);
}

static struct claim random_claim(struct rng *rng)
{
    uint64_t size = 1 + rng_below(rng, LARGE);
    uint64_t start = 0;
    uint64_t end = 0;
    random_subtree(rng, size, &start, &end);
    switch ((enum kind)rng_below(rng, 4)) {
    case INCLUSION:
        return inclusion(rng_below(rng, size), size);
    case CONSISTENCY:
        return consistency(1 + rng_below(rng, size), size);
    case SUBTREE_INCLUSION:
        return subtree_inclusion(start + rng_below(rng, end - start), start,
                                 end);
    case SUBTREE_CONSISTENCY:
    default:
        return subtree_consistency(start, end, size);
    }
}

static void every_component_counts_in_samples_to_100000_entries(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    for (size_t i = 0; i < SAMPLES; i++) {
        struct claim claim = random_claim(&rng);
        assert_true(verifies(&claim));
        refuses_flips_at(&claim, (size_t)rng_below(&rng, 256));
        refuses_another_length(&claim);
        for (size_t n = 0; n < number_count(&claim); n++) {
            judges_number_flip(&claim, n, (unsigned)rng_below(&rng, 17));
            judges_number_flip(&claim, n, (unsigned)rng_below(&rng, 64));
        }
    }
}

/* The known limit of inclusion proofs, said where it can be seen. */
static void an_inclusion_proof_does_not_prove_the_size(void **state)
{
    (void)state;
    struct claim claim = inclusion(0, 5);
    claim.numbers[1] = 7;
    assert_true(verifies(&claim));
    claim.numbers[1] = 9;
    assert_false(verifies(&claim));
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_bit_counts_in_trees_to_64_entries),
        cmocka_unit_test(every_component_counts_in_subtrees_to_24_entries),
        cmocka_unit_test(every_component_counts_in_samples_to_100000_entries),
        cmocka_unit_test(an_inclusion_proof_does_not_prove_the_size),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
