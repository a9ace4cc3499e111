/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/note/signer.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/note/sm2.h"
#include "tests/unit/note/note_support.h"

/* Peter's published signer key, and its exact line (note_test.go TestSign). */
static void the_published_signer_key_makes_the_published_line(void **state)
{
    (void)state;
    struct signer signer;
    struct writer out = {0};
    assert_ok(signer_from_skey(bytes_of_text(PETER_SKEY), &signer, NULL));
    struct vkey expected = must_vkey(PETER_VKEY);
    assert_true(vkey_equal(&signer.vkey, &expected));
    note_begin(bytes_of_text(PETER_TEXT), &out);
    assert_ok(note_sign(bytes_of_text(PETER_TEXT), &signer, &out));
    assert_true(
        bytes_equal_text(writer_view(&out), PETER_TEXT "\n" PETER_LINE));
    writer_fini(&out);
    signer_fini(&signer);
}

static void assert_no_skey(struct bytes text)
{
    struct signer signer = {0};
    struct hl_detail detail = {0};
    assert_err(signer_from_skey(text, &signer, &detail), HL_EMALFORMED);
    assert_true(strlen(detail.text) > 0);
    assert_null(signer.context);
}

/* golang.org/x/mod sumdb/note TestNewSigner; every bit, not only bytes + 1. */
static void
refuses_every_part_and_every_changed_bit_of_a_signer_key(void **state)
{
    (void)state;
    struct bytes whole = bytes_of_text(PETER_SKEY);
    uint8_t *changed = hl_copy(whole.data, whole.size);
    for (size_t from = 0; from < whole.size; from++) {
        for (size_t to = from + 1; to <= whole.size; to++) {
            if (from != 0 || to != whole.size) {
                assert_no_skey(bytes_slice(whole, from, to - from));
            }
        }
    }
    for (size_t bit = 0; bit < 8 * whole.size; bit++) {
        changed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_no_skey(bytes_of(changed, whole.size));
        changed[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    hl_free(changed);
}

static void each_kind_signs_and_verifies(void **state)
{
    (void)state;
    static const enum vkey_kind kinds[] = {VKEY_ED25519, VKEY_COSIGNATURE,
                                           VKEY_SM2};
    struct verifier verifier = verifier_openssl();
    for (size_t i = 0; i < 3; i++) {
        struct signer signer = must_signer("EnochRoot", kinds[i], 9);
        uint8_t message[] = "hi";
        struct bytes hi = bytes_of(message, 2);
        uint8_t signature[SIGNATURE_BYTES];
        assert_ok(signer_sign(&signer, hi, signature));
        assert_ok(verifier_verify(&verifier, &signer.vkey, hi, signature));
        for (size_t bit = 0; bit < 8 * SIGNATURE_BYTES; bit += 5) {
            signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_err(verifier_verify(&verifier, &signer.vkey, hi, signature),
                       HL_ESIGNATURE);
            signature[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        message[0]++;
        assert_err(verifier_verify(&verifier, &signer.vkey, hi, signature),
                   HL_ESIGNATURE);
        signer_fini(&signer);
        assert_null(signer.context);
    }
}

static void an_empty_message_can_be_signed(void **state)
{
    (void)state;
    struct verifier verifier = verifier_openssl();
    static const enum vkey_kind kinds[] = {VKEY_ED25519, VKEY_SM2};
    for (size_t i = 0; i < 2; i++) {
        struct signer signer = must_signer("n", kinds[i], 9);
        uint8_t signature[SIGNATURE_BYTES];
        struct bytes none = {0};
        assert_ok(signer_sign(&signer, none, signature));
        assert_ok(verifier_verify(&verifier, &signer.vkey, none, signature));
        signer_fini(&signer);
    }
}

/* The key of GM/T 0003.5 (SM2, recommended curve) and its public point. */
static void the_sm2_point_is_that_of_the_standard(void **state)
{
    (void)state;
    uint8_t scalar[32];
    uint8_t point[65];
    struct signer signer;
    test_unhex(
        "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8",
        scalar, sizeof(scalar));
    test_unhex(
        "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
        "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13",
        point, sizeof(point));
    assert_ok(signer_sm2(bytes_of_text("n"), scalar, &signer));
    assert_memory_equal(signer.vkey.public_key, point, sizeof(point));
    signer_fini(&signer);
}

/* GM/T 0003.5 annex A: "message digest" signed under the default id. */
static void the_sm2_signature_of_the_standard_verifies(void **state)
{
    (void)state;
    uint8_t point[65];
    uint8_t signature[SIGNATURE_BYTES];
    struct vkey key;
    struct verifier verifier = verifier_openssl();
    test_unhex(
        "0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
        "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13",
        point, sizeof(point));
    test_unhex(
        "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
        "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa",
        signature, sizeof(signature));
    assert_ok(vkey_make(bytes_of_text("n"), VKEY_SM2, point, &key));
    assert_ok(verifier_verify(&verifier, &key, bytes_of_text("message digest"),
                              signature));
    signature[40] ^= 1;
    assert_err(verifier_verify(&verifier, &key, bytes_of_text("message digest"),
                               signature),
               HL_ESIGNATURE);
}

/* Signs with SM2 under a given distinguishing id, or none, as r || s. */
static void sign_under_id(EVP_PKEY *key, const char *id, struct bytes message,
                          uint8_t signature[SIGNATURE_BYTES])
{
    uint8_t der[80];
    size_t size = sizeof(der);
    EVP_PKEY_CTX *context = NULL;
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit(digest, &context, EVP_sm3(), NULL, key),
                     1);
    if (id != NULL) {
        assert_int_equal(EVP_PKEY_CTX_set1_id(context, id, (int)strlen(id)), 1);
    }
    assert_int_equal(
        EVP_DigestSign(digest, der, &size, message.data, message.size), 1);
    EVP_MD_CTX_free(digest);
    const uint8_t *at = der;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &at, (long)size);
    assert_non_null(pair);
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature + 32, 32);
    ECDSA_SIG_free(pair);
}

static void sm2_signatures_hold_only_under_the_one_id(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        hl_err expected;
    } rows[] = {{"1234567812345678", HL_OK},
                {"1234567812345679", HL_ESIGNATURE},
                {"ALICE123@YAHOO.COM", HL_ESIGNATURE},
                {NULL, HL_ESIGNATURE}};
    uint8_t scalar[32] = {0};
    uint8_t point[65];
    EVP_PKEY *pair = NULL;
    struct vkey key;
    struct bytes message = bytes_of_text("a checkpoint\n");
    struct verifier verifier = verifier_openssl();
    scalar[31] = 7;
    assert_ok(sm2_key_from_scalar(scalar, &pair, point));
    assert_ok(vkey_make(bytes_of_text("n"), VKEY_SM2, point, &key));
    for (size_t i = 0; i < 4; i++) {
        uint8_t signature[SIGNATURE_BYTES];
        sign_under_id(pair, rows[i].id, message, signature);
        assert_err(verifier_verify(&verifier, &key, message, signature),
                   rows[i].expected);
    }
    EVP_PKEY_free(pair);
}

static void sm2_scalars_lie_between_1_and_n_minus_2(void **state)
{
    (void)state;
    static const struct {
        const char *scalar;
        hl_err expected;
    } rows[] = {
        {"0000000000000000000000000000000000000000000000000000000000000000",
         HL_EMALFORMED},
        {"0000000000000000000000000000000000000000000000000000000000000001",
         HL_OK},
        {"fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54121",
         HL_OK}, /* n - 2 */
        {"fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54122",
         HL_EMALFORMED},
        {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
         HL_EMALFORMED},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t scalar[32];
        struct signer signer = {0};
        test_unhex(rows[i].scalar, scalar, sizeof(scalar));
        assert_err(signer_sm2(bytes_of_text("n"), scalar, &signer),
                   rows[i].expected);
        signer_fini(&signer);
    }
}

static void signatures_out_of_range_do_not_verify(void **state)
{
    (void)state;
    static const enum vkey_kind kinds[] = {VKEY_ED25519, VKEY_SM2};
    struct verifier verifier = verifier_openssl();
    for (size_t i = 0; i < 2; i++) {
        struct signer signer = must_signer("n", kinds[i], 9);
        for (unsigned fill = 0; fill <= 0xff; fill += 0xff) {
            uint8_t signature[SIGNATURE_BYTES];
            memset(signature, (int)fill, sizeof(signature));
            assert_err(verifier_verify(&verifier, &signer.vkey,
                                       bytes_of_text("x"), signature),
                       HL_ESIGNATURE);
        }
        signer_fini(&signer);
    }
}

static void a_key_that_is_no_point_verifies_nothing(void **state)
{
    (void)state;
    static const enum vkey_kind kinds[] = {VKEY_ED25519, VKEY_SM2};
    struct verifier verifier = verifier_openssl();
    uint8_t signature[SIGNATURE_BYTES] = {1};
    for (size_t i = 0; i < 2; i++) {
        uint8_t public_key[VKEY_PUBLIC_MAX_BYTES];
        struct vkey key;
        memset(public_key, 0xee, sizeof(public_key));
        public_key[0] = 4;
        assert_ok(vkey_make(bytes_of_text("n"), kinds[i], public_key, &key));
        assert_err(
            verifier_verify(&verifier, &key, bytes_of_text("x"), signature),
            HL_ESIGNATURE);
    }
}

static void keys_that_are_ignored_verify_nothing(void **state)
{
    (void)state;
    struct verifier verifier = cheap_verifier();
    struct vkey key = {.name = "n", .kind = VKEY_IGNORED};
    uint8_t signature[SIGNATURE_BYTES] = {0};
    assert_err(verifier_verify(&verifier, &key, bytes_of_text("x"), signature),
               HL_ESIGNATURE);
}

/* A stale error would be taken for its own by the next TLS call. */
static void the_error_queue_stays_as_the_caller_left_it(void **state)
{
    (void)state;
    static const enum vkey_kind kinds[] = {VKEY_ED25519, VKEY_SM2};
    struct verifier verifier = verifier_openssl();
    for (size_t i = 0; i < 4; i++) {
        struct signer signer = must_signer("n", kinds[i % 2], 9);
        struct signer none = {0};
        uint8_t signature[SIGNATURE_BYTES] = {1};
        uint8_t zero[32] = {0};
        struct vkey broken = signer.vkey;
        memset(broken.public_key + 1, 0xee, 31);
        ERR_clear_error();
        if (i >= 2) {
            ERR_raise(ERR_LIB_USER, 77);
        }
        assert_err(verifier_verify(&verifier, &signer.vkey, bytes_of_text("x"),
                                   signature),
                   HL_ESIGNATURE);
        assert_err(
            verifier_verify(&verifier, &broken, bytes_of_text("x"), signature),
            HL_ESIGNATURE);
        assert_err(signer_sm2(bytes_of_text("n"), zero, &none), HL_EMALFORMED);
        assert_int_equal(ERR_GET_REASON(ERR_get_error()), i >= 2 ? 77 : 0);
        assert_int_equal(ERR_get_error(), 0);
        signer_fini(&signer);
    }
}

static void a_bad_name_makes_no_signer(void **state)
{
    (void)state;
    struct signer signer = {0};
    uint8_t secret[32] = {9};
    assert_err(signer_ed25519(bytes_of_text("bad name"), VKEY_ED25519, secret,
                              &signer),
               HL_EMALFORMED);
    assert_err(signer_sm2(bytes_of_text("a+b"), secret, &signer),
               HL_EMALFORMED);
    assert_null(signer.context);
}

static void a_scheme_of_ones_own_fits_the_interface(void **state)
{
    (void)state;
    struct signer signer = cheap_signer("n", VKEY_ED25519, 3);
    struct signer other = cheap_signer("n", VKEY_ED25519, 4);
    struct verifier verifier = cheap_verifier();
    struct writer raw = {0};
    bool signed_by = false;
    struct note_verdict verdict = {.signed_by = &signed_by};
    must_sign_note("t\n", &signer, 1, &raw);
    struct note note = must_note(writer_view(&raw));
    assert_ok(note_verify(&note, &verifier, &signer.vkey, 1, &verdict, NULL));
    assert_true(signed_by);
    assert_err(note_verify(&note, &verifier, &other.vkey, 1, &verdict, NULL),
               HL_ENOKEY);
    other.vkey.id = signer.vkey.id;
    assert_err(note_verify(&note, &verifier, &other.vkey, 1, &verdict, NULL),
               HL_ESIGNATURE);
    note_fini(&note);
    writer_fini(&raw);
    signer_fini(&signer);
}

static void a_signer_that_fails_adds_no_line(void **state)
{
    (void)state;
    struct signer signer = failing_signer("n", VKEY_ED25519);
    struct writer out = {0};
    assert_err(note_sign(bytes_of_text("t\n"), &signer, &out), HL_ECRYPTO);
    assert_int_equal(out.size, 0);
    writer_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_signer_key_makes_the_published_line),
        cmocka_unit_test(
            refuses_every_part_and_every_changed_bit_of_a_signer_key),
        cmocka_unit_test(each_kind_signs_and_verifies),
        cmocka_unit_test(an_empty_message_can_be_signed),
        cmocka_unit_test(the_sm2_point_is_that_of_the_standard),
        cmocka_unit_test(the_sm2_signature_of_the_standard_verifies),
        cmocka_unit_test(sm2_signatures_hold_only_under_the_one_id),
        cmocka_unit_test(sm2_scalars_lie_between_1_and_n_minus_2),
        cmocka_unit_test(signatures_out_of_range_do_not_verify),
        cmocka_unit_test(a_key_that_is_no_point_verifies_nothing),
        cmocka_unit_test(keys_that_are_ignored_verify_nothing),
        cmocka_unit_test(the_error_queue_stays_as_the_caller_left_it),
        cmocka_unit_test(a_bad_name_makes_no_signer),
        cmocka_unit_test(a_scheme_of_ones_own_fits_the_interface),
        cmocka_unit_test(a_signer_that_fails_adds_no_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
