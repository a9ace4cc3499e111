/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/note/checkpoint.h"

#include <string.h>

#include "tests/unit/note/note_support.h"

#define ROOT "vt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ="
#define EMPTY_ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

static const char origin[] = "zhongyuan/zhengzhou";

/* Every text that some parser's test calls malformed, and more; by the line
 * that is at fault. From transparency-dev/formats log/checkpoint_test.go come
 * the rows marked F. */
static const struct {
    const char *text;
    uint64_t line;
} malformed[] = {
    {"", 1},
    {"\n", 2},
    {"Head\n9944\n", 3},             /* F: insufficient lines */
    {"\n9944\n" ROOT "\n", 1},       /* F: empty header */
    {"Log\n123\n" ROOT, 3},          /* F: missing newline on root hash */
    {"Log\nbananas\n" ROOT "\n", 2}, /* F: not a number */
    {"Log\n-34\n" ROOT "\n", 2},     /* F: negative */
    {"Log\n3438945738945739845734895735\n" ROOT "\n", 2}, /* F: too large */
    {"Log\n123\nThisIsn'tBase64\n", 3},                   /* F */
    {"Log\n123\nYmFuYW5hcw==\n", 3},    /* F takes a root of any length */
    {"Log\n9944\n" ROOT "\n\n\n\n", 4}, /* F takes empty lines as rest */
    {"Log\n\n" ROOT "\n", 2},
    {"Log\n0123\n" ROOT "\n", 2},
    {"Log\n00\n" EMPTY_ROOT "\n", 2},
    {"Log\n+1\n" ROOT "\n", 2},
    {"Log\n 1\n" ROOT "\n", 2},
    {"Log\n1 \n" ROOT "\n", 2},
    {"Log\n0x1\n" ROOT "\n", 2},
    {"Log\n9223372036854775808\n" ROOT "\n", 2}, /* 2^63 */
    {"Log\n18446744073709551616\n" ROOT "\n", 2},
    {"Log\n1\n\n", 3},
    {"Log\n1\n" ROOT " \n", 3},
    {"Log\n1\nvt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCR=\n", 3},
    {"Log\n1\nvt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ\n", 3},
    {"Log\n1\n" ROOT ROOT "\n", 3},
    {"Log\n0\n" ROOT "\n", 3},
    {"Log\n1\n" EMPTY_ROOT "\n", 3},
    {"L\x01g\n1\n" ROOT "\n", 1},
    {"L\xff\n1\n" ROOT "\n", 1},
    {"Log\n1\n" ROOT "\nextension", 4},
    {"Log\n1\n" ROOT "\na\n\nb\n", 5},
};

static void refuses_what_is_no_checkpoint(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
        struct bytes text = bytes_of_text(malformed[i].text);
        struct hl_detail detail = {0};
        struct checkpoint checkpoint = {.head.size = 77};
        assert_err(checkpoint_parse_foreign(text, &checkpoint, &detail),
                   HL_EMALFORMED);
        assert_int_equal(detail.where, HL_AT_LINE);
        assert_int_equal(detail.at, malformed[i].line);
        assert_err(checkpoint_parse(text, &checkpoint, NULL), HL_EMALFORMED);
        assert_int_equal(checkpoint.head.size, 77);
    }
}

static void reads_what_is_one(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *origin;
        uint64_t size;
    } rows[] = {
        {"go.sum database tree\n35225469\n" ROOT "\n", "go.sum database tree",
         35225469},
        {"Log\n9223372036854775807\n" ROOT "\n", "Log", INT64_MAX},
        {"Log\n0\n" EMPTY_ROOT "\n", "Log", 0},
        {"\xe6\xb2\xb3/+ x\n1\n" ROOT "\n", "\xe6\xb2\xb3/+ x", 1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct checkpoint checkpoint;
        struct writer back = {0};
        assert_ok(
            checkpoint_parse(bytes_of_text(rows[i].text), &checkpoint, NULL));
        assert_string_equal(checkpoint.origin, rows[i].origin);
        assert_int_equal(checkpoint.head.size, rows[i].size);
        assert_false(checkpoint.has_extension);
        checkpoint_write(&checkpoint, &back);
        assert_true(bytes_equal_text(writer_view(&back), rows[i].text));
        writer_fini(&back);
    }
}

static void our_own_have_no_extension_lines(void **state)
{
    (void)state;
    struct bytes text =
        bytes_of_text("Moon Log\n4027504\n" ROOT "\n6086d1a9\nWaxing\n");
    struct checkpoint checkpoint;
    struct hl_detail detail = {0};
    assert_ok(checkpoint_parse_foreign(text, &checkpoint, NULL));
    assert_true(checkpoint.has_extension);
    assert_int_equal(checkpoint.head.size, 4027504);
    assert_err(checkpoint_parse(text, &checkpoint, &detail), HL_EMALFORMED);
    assert_int_equal(detail.at, 4);
}

static void an_origin_has_at_most_255_bytes(void **state)
{
    (void)state;
    for (size_t size = 255; size <= 256; size++) {
        struct writer text = {0};
        struct checkpoint checkpoint;
        memset(writer_extend(&text, size), 'o', size);
        writer_text(&text, "\n1\n" ROOT "\n");
        assert_err(checkpoint_parse(writer_view(&text), &checkpoint, NULL),
                   size == 255 ? HL_OK : HL_ELIMIT);
        writer_fini(&text);
    }
}

static struct checkpoint example(uint64_t size)
{
    struct checkpoint checkpoint = {.head = {size, test_root(1)}};
    memcpy(checkpoint.origin, origin, sizeof(origin));
    return checkpoint;
}

static hl_err authenticate(struct bytes raw, const char *expected_origin,
                           const struct vkey *keys, size_t key_count,
                           struct checkpoint_verdict *out)
{
    struct verifier verifier = verifier_openssl();
    struct checkpoint_author author = {
        .origin = expected_origin, .keys = keys, .key_count = key_count};
    struct hl_detail detail = {0};
    hl_err err = checkpoint_authenticate(raw, &verifier, &author, out, &detail);
    assert_int_equal(err == HL_OK, detail.text[0] == '\0');
    return err;
}

static void a_signed_checkpoint_is_authenticated(void **state)
{
    (void)state;
    struct signer signer = must_signer(origin, VKEY_ED25519, 1);
    struct checkpoint checkpoint = example(7);
    struct checkpoint_verdict verdict;
    struct writer raw = {0};
    assert_ok(checkpoint_sign(&checkpoint, &signer, 1, &raw));
    assert_ok(
        authenticate(writer_view(&raw), origin, &signer.vkey, 1, &verdict));
    assert_string_equal(verdict.checkpoint.origin, origin);
    assert_int_equal(verdict.checkpoint.head.size, 7);
    assert_true(
        hash_equal(&verdict.checkpoint.head.root, &checkpoint.head.root));
    assert_ptr_equal(verdict.signed_by, &signer.vkey);
    assert_int_equal(verdict.sm2, CHECKPOINT_SM2_ABSENT);
    writer_fini(&raw);
    signer_fini(&signer);
}

static void the_origin_must_be_the_expected_one(void **state)
{
    (void)state;
    struct signer signers[] = {must_signer(origin, VKEY_ED25519, 1),
                               must_signer("zhongyuan/jinan", VKEY_ED25519, 2)};
    struct checkpoint checkpoint = example(7);
    struct checkpoint_verdict verdict;
    struct vkey keys[] = {signers[0].vkey, signers[1].vkey};
    struct writer raw = {0};
    assert_ok(checkpoint_sign(&checkpoint, signers, 1, &raw));
    /* Zhengzhou's own checkpoint, offered as Jinan's. */
    assert_err(
        authenticate(writer_view(&raw), "zhongyuan/jinan", keys, 2, &verdict),
        HL_ENOKEY);
    /* Jinan signs what names Zhengzhou. */
    writer_clear(&raw);
    must_sign_note("zhongyuan/zhengzhou\n7\n" ROOT "\n", &signers[1], 1, &raw);
    assert_err(
        authenticate(writer_view(&raw), "zhongyuan/jinan", keys, 2, &verdict),
        HL_EMALFORMED);
    /* And nobody takes Jinan's signature for Zhengzhou's. */
    assert_err(authenticate(writer_view(&raw), origin, keys, 2, &verdict),
               HL_ENOKEY);
    writer_fini(&raw);
    signer_fini(&signers[1]);
    signer_fini(&signers[0]);
}

static void what_is_signed_but_no_checkpoint_of_ours_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "zhongyuan/zhengzhou\n7\n" ROOT "\nextension\n",
        "zhongyuan/zhengzhou\nheluo charter v1\n" ROOT "\n",
        "zhongyuan/zhengzhou\n"};
    struct signer signer = must_signer(origin, VKEY_ED25519, 1);
    for (size_t i = 0; i < 3; i++) {
        struct writer raw = {0};
        struct checkpoint_verdict verdict;
        must_sign_note(texts[i], &signer, 1, &raw);
        assert_err(
            authenticate(writer_view(&raw), origin, &signer.vkey, 1, &verdict),
            HL_EMALFORMED);
        writer_fini(&raw);
    }
    signer_fini(&signer);
}

/* A note signed by the first signer, then a line of the second one's key that
 * signs good or another text. */
static void add_second_line(const struct signer *signers, bool good,
                            struct writer *raw)
{
    struct checkpoint checkpoint = example(7);
    struct writer text = {0};
    checkpoint_write(&checkpoint, &text);
    note_begin(writer_view(&text), raw);
    assert_ok(note_sign(writer_view(&text), &signers[0], raw));
    struct bytes second = good ? writer_view(&text) : bytes_of_text("other\n");
    assert_ok(note_sign(second, &signers[1], raw));
    writer_fini(&text);
}

static void a_failing_sm2_line_is_a_finding_not_a_refusal(void **state)
{
    (void)state;
    struct signer signers[] = {must_signer(origin, VKEY_ED25519, 1),
                               must_signer(origin, VKEY_SM2, 2)};
    struct vkey keys[] = {signers[0].vkey, signers[1].vkey};
    struct checkpoint_verdict verdict;
    struct writer good = {0};
    struct writer bad = {0};
    add_second_line(signers, true, &good);
    add_second_line(signers, false, &bad);
    assert_ok(authenticate(writer_view(&good), origin, keys, 2, &verdict));
    assert_int_equal(verdict.sm2, CHECKPOINT_SM2_VALID);
    assert_ptr_equal(verdict.signed_by, &keys[0]);
    assert_ok(authenticate(writer_view(&bad), origin, keys, 2, &verdict));
    assert_int_equal(verdict.sm2, CHECKPOINT_SM2_FAILED);
    assert_int_equal(verdict.checkpoint.head.size, 7);
    /* Who does not know the SM2 key accepts the same two. */
    assert_ok(authenticate(writer_view(&good), origin, keys, 1, &verdict));
    assert_int_equal(verdict.sm2, CHECKPOINT_SM2_ABSENT);
    assert_ok(authenticate(writer_view(&bad), origin, keys, 1, &verdict));
    assert_int_equal(verdict.sm2, CHECKPOINT_SM2_ABSENT);
    writer_fini(&bad);
    writer_fini(&good);
    signer_fini(&signers[1]);
    signer_fini(&signers[0]);
}

static void an_sm2_line_alone_is_not_enough(void **state)
{
    (void)state;
    struct signer signer = must_signer(origin, VKEY_SM2, 2);
    struct checkpoint checkpoint = example(7);
    struct checkpoint_verdict verdict;
    struct writer raw = {0};
    assert_ok(checkpoint_sign(&checkpoint, &signer, 1, &raw));
    assert_err(
        authenticate(writer_view(&raw), origin, &signer.vkey, 1, &verdict),
        HL_ENOKEY);
    writer_fini(&raw);
    signer_fini(&signer);
}

static void a_failing_ed25519_line_refuses_beside_a_good_one(void **state)
{
    (void)state;
    struct signer signers[] = {must_signer(origin, VKEY_ED25519, 1),
                               must_signer(origin, VKEY_ED25519, 2)};
    struct vkey keys[] = {signers[0].vkey, signers[1].vkey};
    struct checkpoint_verdict verdict;
    struct writer raw = {0};
    add_second_line(signers, false, &raw);
    assert_err(authenticate(writer_view(&raw), origin, keys, 2, &verdict),
               HL_ESIGNATURE);
    assert_ok(authenticate(writer_view(&raw), origin, keys, 1, &verdict));
    writer_fini(&raw);
    signer_fini(&signers[1]);
    signer_fini(&signers[0]);
}

static void around_a_key_change_either_key_is_enough(void **state)
{
    (void)state;
    struct signer signers[] = {must_signer(origin, VKEY_ED25519, 1),
                               must_signer(origin, VKEY_ED25519, 2)};
    struct vkey keys[] = {signers[0].vkey, signers[1].vkey};
    struct checkpoint checkpoint = example(7);
    for (size_t i = 0; i < 2; i++) {
        struct checkpoint_verdict verdict;
        struct writer raw = {0};
        assert_ok(checkpoint_sign(&checkpoint, &signers[i], 1, &raw));
        assert_ok(authenticate(writer_view(&raw), origin, keys, 2, &verdict));
        assert_ptr_equal(verdict.signed_by, &keys[i]);
        writer_fini(&raw);
    }
    keys[1] = keys[0];
    struct checkpoint_verdict verdict;
    struct writer raw = {0};
    assert_ok(checkpoint_sign(&checkpoint, signers, 2, &raw));
    assert_err(authenticate(writer_view(&raw), origin, keys, 2, &verdict),
               HL_EAMBIGUOUS);
    writer_fini(&raw);
    signer_fini(&signers[1]);
    signer_fini(&signers[0]);
}

static void signing_appends_all_lines_or_nothing(void **state)
{
    (void)state;
    struct signer signers[] = {cheap_signer(origin, VKEY_ED25519, 3),
                               failing_signer(origin, VKEY_SM2)};
    struct checkpoint checkpoint = example(7);
    struct writer raw = {0};
    writer_text(&raw, "before");
    assert_err(checkpoint_sign(&checkpoint, signers, 2, &raw), HL_ECRYPTO);
    assert_true(bytes_equal_text(writer_view(&raw), "before"));
    writer_fini(&raw);
}

static hl_err broken_verify(void *context, const struct vkey *key,
                            struct bytes message,
                            const uint8_t signature[SIGNATURE_BYTES])
{
    (void)context;
    (void)message;
    (void)signature;
    return key->kind == VKEY_SM2 ? HL_ECRYPTO : HL_OK;
}

static void a_library_failure_is_no_finding(void **state)
{
    (void)state;
    struct signer signers[] = {cheap_signer(origin, VKEY_ED25519, 3),
                               cheap_signer(origin, VKEY_SM2, 4)};
    struct vkey keys[] = {signers[0].vkey, signers[1].vkey};
    struct checkpoint checkpoint = example(7);
    struct verifier verifier = {.verify = broken_verify};
    struct checkpoint_author author = {
        .origin = origin, .keys = keys, .key_count = 2};
    struct checkpoint_verdict verdict;
    struct writer raw = {0};
    assert_ok(checkpoint_sign(&checkpoint, signers, 2, &raw));
    assert_err(checkpoint_authenticate(writer_view(&raw), &verifier, &author,
                                       &verdict, NULL),
               HL_ECRYPTO);
    writer_fini(&raw);
}

/* Every bit of a note with one line by the one key of its author. */
static void no_flipped_bit_is_authenticated(void **state)
{
    (void)state;
    struct signer signer = must_signer(origin, VKEY_ED25519, 1);
    struct checkpoint checkpoint = example(7);
    struct checkpoint_verdict verdict;
    struct writer raw = {0};
    assert_ok(checkpoint_sign(&checkpoint, &signer, 1, &raw));
    for (size_t bit = 0; bit < 8 * raw.size; bit++) {
        raw.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(
            authenticate(writer_view(&raw), origin, &signer.vkey, 1, &verdict),
            HL_OK);
        raw.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_ok(
        authenticate(writer_view(&raw), origin, &signer.vkey, 1, &verdict));
    writer_fini(&raw);
    signer_fini(&signer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_is_no_checkpoint),
        cmocka_unit_test(reads_what_is_one),
        cmocka_unit_test(our_own_have_no_extension_lines),
        cmocka_unit_test(an_origin_has_at_most_255_bytes),
        cmocka_unit_test(a_signed_checkpoint_is_authenticated),
        cmocka_unit_test(the_origin_must_be_the_expected_one),
        cmocka_unit_test(what_is_signed_but_no_checkpoint_of_ours_is_refused),
        cmocka_unit_test(a_failing_sm2_line_is_a_finding_not_a_refusal),
        cmocka_unit_test(an_sm2_line_alone_is_not_enough),
        cmocka_unit_test(a_failing_ed25519_line_refuses_beside_a_good_one),
        cmocka_unit_test(around_a_key_change_either_key_is_enough),
        cmocka_unit_test(signing_appends_all_lines_or_nothing),
        cmocka_unit_test(a_library_failure_is_no_finding),
        cmocka_unit_test(no_flipped_bit_is_authenticated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
