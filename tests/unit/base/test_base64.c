/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/base/base64.h"

#include <openssl/evp.h>

#include "tests/support/support.h"

static void encodes_the_vectors_of_rfc_4648_section_10(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        struct writer text = {0};
        struct writer back = {0};
        base64_encode(bytes_of_text(pairs[i][0]), &text);
        assert_true(bytes_equal_text(writer_view(&text), pairs[i][1]));
        assert_ok(base64_decode(writer_view(&text), &back));
        assert_true(bytes_equal_text(writer_view(&back), pairs[i][0]));
        writer_fini(&text);
        writer_fini(&back);
    }
}

static void refuses_what_is_not_canonical(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "Q",     "QQ",    "QQ=",     "QR==",     "QUJ=",  "QQ==\n",
        " QQ==", "QQ= =", "Q=Q=",    "====",     "=QQQ",  "QQ==QQ==",
        "Zm9-",  "Zm9_",  "Zm\x80v", "Zm9vYmF=", "QQ===", "AAA=AAAA"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct writer out = {0};
        writer_u8(&out, 7);
        assert_err(base64_decode(bytes_of_text(bad[i]), &out), HL_EMALFORMED);
        assert_int_equal(out.size, 1);
        writer_fini(&out);
    }
}

static void decode_exact_wants_the_exact_length(void **state)
{
    (void)state;
    uint8_t out[4] = {9, 9, 9, 9};
    assert_err(base64_decode_exact(bytes_of_text("QUJD"), 4, out),
               HL_EMALFORMED);
    assert_err(base64_decode_exact(bytes_of_text("QUJDREU="), 4, out),
               HL_EMALFORMED);
    assert_int_equal(out[0], 9);
    assert_ok(base64_decode_exact(bytes_of_text("QUJDRA=="), 4, out));
    assert_memory_equal(out, "ABCD", 4);
}

static void agrees_with_openssl_on_random_bytes(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    for (size_t i = 0; i < 2000; i++) {
        uint8_t data[200];
        size_t size = (size_t)rng_below(&rng, sizeof(data));
        rng_fill(&rng, data, size);
        uint8_t expected[300];
        int length = EVP_EncodeBlock(expected, data, (int)size);
        struct writer text = {0};
        struct writer back = {0};
        base64_encode(bytes_of(data, size), &text);
        assert_true(bytes_equal(writer_view(&text),
                                bytes_of(expected, (size_t)length)));
        assert_ok(base64_decode(writer_view(&text), &back));
        assert_true(bytes_equal(writer_view(&back), bytes_of(data, size)));
        writer_fini(&text);
        writer_fini(&back);
    }
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_the_vectors_of_rfc_4648_section_10),
        cmocka_unit_test(refuses_what_is_not_canonical),
        cmocka_unit_test(decode_exact_wants_the_exact_length),
        cmocka_unit_test(agrees_with_openssl_on_random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
