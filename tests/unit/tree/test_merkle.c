/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/tree/merkle.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/base/base64.h"
#include "protocol/base/text.h"
#include "tests/support/support.h"

static void assert_hash_hex(struct hl_hash hash, const char *hex)
{
    uint8_t expected[HL_HASH_BYTES];
    test_unhex(hex, expected, sizeof(expected));
    assert_memory_equal(hash.bytes, expected, HL_HASH_BYTES);
}

static void leaves_and_nodes_have_their_own_prefix(void **state)
{
    (void)state;
    assert_hash_hex(
        merkle_leaf(bytes_of(NULL, 0)),
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    assert_hash_hex(
        merkle_leaf(bytes_of_text("L123456")),
        "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56");
    uint8_t joined[] = "\1N123N456";
    assert_hash_hex(
        hash_bytes(bytes_of(joined, 9)),
        "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb");
    struct hl_hash left = merkle_leaf(bytes_of_text("left"));
    struct hl_hash right = merkle_leaf(bytes_of_text("right"));
    uint8_t raw[65] = {1};
    memcpy(raw + 1, left.bytes, 32);
    memcpy(raw + 33, right.bytes, 32);
    struct hl_hash node = merkle_node(&left, &right);
    struct hl_hash expected = hash_bytes(bytes_of(raw, sizeof(raw)));
    assert_true(hash_equal(&node, &expected));
    assert_hash_hex(
        merkle_empty_root(),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void a_subtree_starts_at_a_multiple_of_its_rounded_width(void **state)
{
    (void)state;
    static const struct {
        uint64_t start, end;
        bool valid;
    } cases[] = {
        {0, 1, true},
        {0, 7, true},
        {4, 6, true},
        {8, 13, true},
        {7, 8, true},
        {4, 8, true},
        {2, 5, false},
        {4, 9, false},
        {1, 3, false},
        {2, 6, false},
        {0, 0, false},
        {1, 1, false},
        {3, 2, false},
        {0, MERKLE_SIZE_MAX, true},
        {0, MERKLE_SIZE_MAX + 1, false},
        {MERKLE_SIZE_MAX - 1, MERKLE_SIZE_MAX, true},
        {1, MERKLE_SIZE_MAX, false},
        {UINT64_MAX - 1, UINT64_MAX, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(merkle_subtree_valid(cases[i].start, cases[i].end),
                         cases[i].valid);
    }
}

static void sizes_and_counts_beyond_the_limits_do_not_verify(void **state)
{
    (void)state;
    struct hl_hash root = merkle_leaf(bytes_of_text("a"));
    struct proof proof = {0};
    const uint64_t over = MERKLE_SIZE_MAX + 1;
    assert_ok(merkle_verify_consistency(MERKLE_SIZE_MAX, &root, MERKLE_SIZE_MAX,
                                        &root, &proof));
    assert_err(merkle_verify_consistency(over, &root, over, &root, &proof),
               HL_EPROOF);
    assert_err(merkle_verify_consistency(0, &root, 0, &root, &proof),
               HL_EPROOF);
    assert_err(merkle_verify_consistency(0, &root, 1, &root, &proof),
               HL_EPROOF);
    assert_err(merkle_verify_inclusion(0, 0, &root, &root, &proof), HL_EPROOF);
    assert_err(
        merkle_verify_inclusion(UINT64_MAX, UINT64_MAX, &root, &root, &proof),
        HL_EPROOF);
    assert_err(merkle_verify_inclusion(over, over, &root, &root, &proof),
               HL_EPROOF);
    /* Two siblings lead from a perfect 2^62 to a tree just too large. */
    struct hl_hash half = merkle_node(&root, &root);
    struct hl_hash whole = merkle_node(&half, &root);
    proof = (struct proof){.count = 2, .hashes = {root, root}};
    assert_ok(merkle_verify_consistency(1, &root, 3, &whole, &proof));
    assert_err(merkle_verify_consistency(UINT64_C(1) << 62, &root, over + 1,
                                         &whole, &proof),
               HL_EPROOF);
    static const size_t counts[] = {HL_PROOF_HASHES_MAX + 1, SIZE_MAX};
    for (size_t i = 0; i < 2; i++) {
        proof.count = counts[i];
        assert_err(
            merkle_verify_inclusion(0, MERKLE_SIZE_MAX, &root, &root, &proof),
            HL_EPROOF);
        assert_err(
            merkle_verify_consistency(1, &root, MERKLE_SIZE_MAX, &root, &proof),
            HL_EPROOF);
    }
}

static void the_longest_inclusion_proof_has_63_hashes(void **state)
{
    (void)state;
    struct hl_hash root = merkle_leaf(bytes_of_text("a"));
    struct hl_hash leaf = root;
    struct proof proof = {.count = HL_PROOF_HASHES_MAX};
    for (size_t i = 0; i < proof.count; i++) {
        proof.hashes[i] = merkle_leaf(bytes_of(&i, 1));
        root = merkle_node(&root, &proof.hashes[i]);
    }
    assert_ok(
        merkle_verify_inclusion(0, MERKLE_SIZE_MAX, &leaf, &root, &proof));
    assert_ok(
        merkle_verify_consistency(1, &leaf, MERKLE_SIZE_MAX, &root, &proof));
}

/* A field of a row as 32 bytes. One of another length enters as a hash of it,
 * so that the verifier is asked about every row; that the formats themselves
 * refuse such a length is said where it makes a difference. */
static struct hl_hash vector_hash(const json_t *text)
{
    assert_non_null(json_string_value(text));
    struct writer raw = {0};
    assert_ok(base64_decode(bytes_of_text(json_string_value(text)), &raw));
    struct hl_hash hash = hash_prefixed(0xff, writer_view(&raw));
    if (raw.size == HL_HASH_BYTES) {
        memcpy(hash.bytes, raw.data, HL_HASH_BYTES);
    }
    writer_fini(&raw);
    return hash;
}

static struct hl_hash hash_field(const json_t *row, const char *name)
{
    return vector_hash(json_object_get(row, name));
}

/* jansson has no integers above 2^63 - 1, which some rows use; read as reals
 * they are above every limit of ours, and all others are exact. */
static uint64_t number_field(const json_t *row, const char *name)
{
    const json_t *value = json_object_get(row, name);
    assert_true(json_is_real(value));
    double number = json_real_value(value);
    assert_true(number < 0x1p53 || number >= 0x1p63);
    return number < 0x1p53 ? (uint64_t)number : UINT64_MAX;
}

static struct proof proof_field(const json_t *row)
{
    const json_t *list = json_object_get(row, "proof");
    struct proof proof = {.count = json_array_size(list)};
    assert_true(proof.count <= HL_PROOF_HASHES_MAX);
    for (size_t i = 0; i < proof.count; i++) {
        proof.hashes[i] = vector_hash(json_array_get(list, i));
    }
    return proof;
}

/* Whether the row's leaf hash has a hash's length: where another type than
 * struct hl_hash would let it in, it must be refused. */
static bool has_leaf_hash(const json_t *row)
{
    const json_t *leaf = json_object_get(row, "leafHash");
    return json_string_length(leaf) == base64_encoded_size(HL_HASH_BYTES);
}

static hl_err verify_inclusion_row(const json_t *row)
{
    if (!has_leaf_hash(row)) {
        return HL_EPROOF;
    }
    struct proof proof = proof_field(row);
    struct hl_hash leaf = hash_field(row, "leafHash");
    struct hl_hash root = hash_field(row, "root");
    return merkle_verify_inclusion(number_field(row, "leafIdx"),
                                   number_field(row, "treeSize"), &leaf, &root,
                                   &proof);
}

static hl_err verify_consistency_row(const json_t *row)
{
    struct proof proof = proof_field(row);
    struct hl_hash old_root = hash_field(row, "root1");
    struct hl_hash new_root = hash_field(row, "root2");
    return merkle_verify_consistency(number_field(row, "size1"), &old_root,
                                     number_field(row, "size2"), &new_root,
                                     &proof);
}

static hl_err verify_subtree_inclusion_row(const json_t *row)
{
    if (!has_leaf_hash(row)) {
        return HL_EPROOF;
    }
    struct proof proof = proof_field(row);
    struct hl_hash leaf = hash_field(row, "leafHash");
    struct hl_hash root = hash_field(row, "root");
    return merkle_verify_subtree_inclusion(
        number_field(row, "leafIdx"), number_field(row, "start"),
        number_field(row, "end"), &leaf, &root, &proof);
}

static hl_err verify_subtree_consistency_row(const json_t *row)
{
    struct proof proof = proof_field(row);
    struct hl_hash subtree_root = hash_field(row, "root1");
    struct hl_hash root = hash_field(row, "root2");
    return merkle_verify_subtree_consistency(
        number_field(row, "start"), number_field(row, "end"),
        number_field(row, "size"), &subtree_root, &root, &proof);
}

/* Rows where the source, and we, are stricter than plain RFC 9162: a leaf hash
 * that is not 32 bytes, and a consistency proof from size 0. They must be
 * errors, and are named so that their loss is seen. */
static const char *const strict[] = {
    "inclusion/single-entry/empty-root-and-leaf",
    "subtreeinclusion/single-entry/empty-root-and-leaf",
    "subtreeinclusion/single-entry/empty-root-and-leaf-subtree",
    "consistency/additional/sizes-are-equal-zero-and-proof-is-empty",
    "subtreeconsistency/additional/sizes-are-equal-zero-and-proof-is-empty",
};

struct tally {
    size_t rows;
    size_t strict;
};

static bool expected_verdict(const char *name, bool want_error,
                             struct tally *tally)
{
    for (size_t i = 0; i < sizeof(strict) / sizeof(strict[0]); i++) {
        if (strcmp(name, strict[i]) == 0) {
            tally->strict++;
            assert_true(want_error);
        }
    }
    return !want_error;
}

static void check_row(struct bytes line, hl_err (*verify)(const json_t *row),
                      struct tally *tally)
{
    json_error_t error;
    json_t *row = json_loadb((const char *)line.data, line.size,
                             JSON_DECODE_INT_AS_REAL, &error);
    if (row == NULL) {
        print_error("row %zu: %s\n", tally->rows, error.text);
    }
    assert_non_null(row);
    const char *name = json_string_value(json_object_get(row, "case"));
    bool want_error = json_is_true(json_object_get(row, "wantErr"));
    bool expected = expected_verdict(name, want_error, tally);
    hl_err err = verify(row);
    if ((err == HL_OK) != expected) {
        fail_msg("%s: got %s", name, hl_err_name(err));
    }
    assert_true(err == HL_OK || err == HL_EPROOF);
    tally->rows++;
    json_decref(row);
}

static struct tally check_vectors(const char *file,
                                  hl_err (*verify)(const json_t *row))
{
    struct writer content = {0};
    test_read_vector(file, &content);
    struct lines lines;
    struct bytes line;
    struct tally tally = {0};
    lines_init(&lines, writer_view(&content));
    while (lines_next(&lines, &line)) {
        check_row(line, verify, &tally);
    }
    assert_true(lines_at_end(&lines));
    writer_fini(&content);
    return tally;
}

static void inclusion_vectors_agree(void **state)
{
    (void)state;
    struct tally tally =
        check_vectors("merkle/merkle_inclusion.jsonl", verify_inclusion_row);
    assert_int_equal(tally.rows, 98);
    assert_int_equal(tally.strict, 1);
}

static void consistency_vectors_agree(void **state)
{
    (void)state;
    struct tally tally = check_vectors("merkle/merkle_consistency.jsonl",
                                       verify_consistency_row);
    assert_int_equal(tally.rows, 98);
    assert_int_equal(tally.strict, 1);
}

static void subtree_inclusion_vectors_agree(void **state)
{
    (void)state;
    struct tally tally = check_vectors("merkle/merkle_subtreeinclusion.jsonl",
                                       verify_subtree_inclusion_row);
    assert_int_equal(tally.rows, 204);
    assert_int_equal(tally.strict, 2);
}

static void subtree_consistency_vectors_agree(void **state)
{
    (void)state;
    struct tally tally = check_vectors("merkle/merkle_subtreeconsistency.jsonl",
                                       verify_subtree_consistency_row);
    assert_int_equal(tally.rows, 118);
    assert_int_equal(tally.strict, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_and_nodes_have_their_own_prefix),
        cmocka_unit_test(a_subtree_starts_at_a_multiple_of_its_rounded_width),
        cmocka_unit_test(sizes_and_counts_beyond_the_limits_do_not_verify),
        cmocka_unit_test(the_longest_inclusion_proof_has_63_hashes),
        cmocka_unit_test(inclusion_vectors_agree),
        cmocka_unit_test(consistency_vectors_agree),
        cmocka_unit_test(subtree_inclusion_vectors_agree),
        cmocka_unit_test(subtree_consistency_vectors_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
