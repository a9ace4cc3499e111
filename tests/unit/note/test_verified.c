/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/note/verified.h"

#include <string.h>

#include "tests/unit/note/note_support.h"

/* Says yes to signatures that begin with a 1, and counts. */
struct counting {
    unsigned calls;
};

static hl_err count(void *context, const struct vkey *key, struct bytes message,
                    const uint8_t signature[SIGNATURE_BYTES])
{
    (void)key, (void)message;
    ((struct counting *)context)->calls++;
    return signature[0] == 1 ? HL_OK : HL_ESIGNATURE;
}

static void what_verified_is_not_verified_again(void **state)
{
    (void)state;
    struct counting counting = {0};
    struct verifier by = {.context = &counting, .verify = count};
    struct verified *verified = verified_create(&by);
    struct verifier verifier = verified_verifier(verified);
    struct vkey key = must_vkey(PETER_VKEY);
    const uint8_t good[SIGNATURE_BYTES] = {1}, bad[SIGNATURE_BYTES] = {2};
    struct bytes text = bytes_of_text("text");
    assert_ok(verifier_verify(&verifier, &key, text, good));
    assert_ok(verifier_verify(&verifier, &key, text, good));
    assert_int_equal(counting.calls, 1);
    for (unsigned i = 0; i < 2; i++) {
        assert_err(verifier_verify(&verifier, &key, text, bad), HL_ESIGNATURE);
    }
    assert_int_equal(counting.calls, 3);
    verified_destroy(&verified);
}

/* Any other key, kind, text or signature is another matter. */
static void nothing_else_is_taken_for_it(void **state)
{
    (void)state;
    struct counting counting = {0};
    struct verifier by = {.context = &counting, .verify = count};
    struct verified *verified = verified_create(&by);
    struct verifier verifier = verified_verifier(verified);
    struct vkey key = must_vkey(PETER_VKEY);
    uint8_t signature[SIGNATURE_BYTES] = {1};
    struct bytes text = bytes_of_text("text");
    assert_ok(verifier_verify(&verifier, &key, text, signature));
    struct vkey other = key;
    other.public_key[0] ^= 1;
    assert_ok(verifier_verify(&verifier, &other, text, signature));
    other = key;
    other.kind = VKEY_COSIGNATURE;
    assert_ok(verifier_verify(&verifier, &other, text, signature));
    assert_ok(
        verifier_verify(&verifier, &key, bytes_of_text("tex"), signature));
    signature[SIGNATURE_BYTES - 1] ^= 1;
    assert_ok(verifier_verify(&verifier, &key, text, signature));
    assert_int_equal(counting.calls, 5);
    verified_destroy(&verified);
}

/* More than there is room for: what was pushed out is verified anew. */
static void its_memory_has_an_end(void **state)
{
    (void)state;
    struct counting counting = {0};
    struct verifier by = {.context = &counting, .verify = count};
    struct verified *verified = verified_create(&by);
    struct verifier verifier = verified_verifier(verified);
    struct vkey key = must_vkey(PETER_VKEY);
    const uint8_t good[SIGNATURE_BYTES] = {1};
    for (uint32_t i = 0; i < 8 * VERIFIED_MAX; i++) {
        assert_ok(
            verifier_verify(&verifier, &key, bytes_of(&i, sizeof(i)), good));
    }
    assert_int_equal(counting.calls, 8 * VERIFIED_MAX);
    uint32_t last = 8 * VERIFIED_MAX - 1;
    assert_ok(
        verifier_verify(&verifier, &key, bytes_of(&last, sizeof(last)), good));
    assert_int_equal(counting.calls, 8 * VERIFIED_MAX);
    verified_destroy(&verified);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_verified_is_not_verified_again),
        cmocka_unit_test(nothing_else_is_taken_for_it),
        cmocka_unit_test(its_memory_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
