/* SPDX-License-Identifier: Apache-2.0 */

/* The log of torchwood's witness tests: three checkpoints and the proofs from
 * one to the next (source and licence: tests/vectors/note/SOURCES.md). */

#include <string.h>

#include "protocol/base/base64.h"
#include "protocol/note/checkpoint.h"
#include "protocol/tree/merkle.h"
#include "tests/support/support.h"

#define ORIGIN                                                                 \
    "sigsum.org/v1/tree/"                                                      \
    "4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562"
#define LOG_KEY                                                                \
    "ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f"

static const struct {
    uint64_t size;
    const char *rest; /* of the note, after the origin's line */
} rows[] = {
    {1, "1\nKgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n"
        "\xe2\x80\x94 " ORIGIN " UgIom7fPZTqpxWWhyjWduBvTvGVqsokMbqTArsQilegK"
        "oFBJQjUFAmQ0+YeSPM3wfUQMFSzVnnNuWRTYrajXpNUbIQY=\n"},
    {3, "3\nRcCI1Nk56ZcSmIEfIn0SleqtV7uvrlXNccFx595Iwl0=\n\n"
        "\xe2\x80\x94 " ORIGIN " UgIom2VbtIcdFbwFAy1n7s6IkAxIY6J/GQOTuZF2ORV3"
        "9d75cbAj2aQYwyJre36kezNobZs4SUUdrcawfAB8WVrx6go=\n"},
    {5, "5\nQrtXrQZCCvpIgsSmOsah7HdICzMLLyDfxToMql9WTjY=\n\n"
        "\xe2\x80\x94 " ORIGIN " UgIomw/EOJmWi0i1FQsOj+etB7F8IccFam/jgd6wzRns"
        "4QPVmyEZtdvl1U2KEmLOZ/ASRcWJi0tW90dJWAShei7sDww=\n"},
};

static hl_err authenticate(size_t row, const char *origin, bool spoil,
                           struct checkpoint_verdict *out)
{
    uint8_t raw_key[VKEY_ED25519_BYTES];
    struct vkey key;
    struct verifier verifier = verifier_openssl();
    test_unhex(LOG_KEY, raw_key, sizeof(raw_key));
    assert_ok(vkey_make(bytes_of_text(ORIGIN), VKEY_ED25519, raw_key, &key));
    struct checkpoint_author author = {
        .origin = ORIGIN, .keys = &key, .key_count = 1};
    struct writer note = {0};
    writer_format(&note, "%s\n%s", origin, rows[row].rest);
    if (spoil) {
        uint8_t *mark = &note.data[note.size - 6];
        *mark = *mark == 'A' ? 'B' : 'A';
    }
    hl_err err = checkpoint_authenticate(writer_view(&note), &verifier, &author,
                                         out, NULL);
    writer_fini(&note);
    return err;
}

static void the_log_signed_its_checkpoints(void **state)
{
    (void)state;
    struct checkpoint_verdict verdict;
    for (size_t i = 0; i < 3; i++) {
        assert_ok(authenticate(i, ORIGIN, false, &verdict));
        assert_int_equal(verdict.checkpoint.head.size, rows[i].size);
        assert_err(authenticate(i, ORIGIN, true, &verdict), HL_ESIGNATURE);
        assert_err(authenticate(i, ORIGIN "x", false, &verdict), HL_ESIGNATURE);
    }
}

static struct proof proof_of(const char *const *lines, size_t count)
{
    struct proof proof = {.count = count};
    for (size_t i = 0; i < count; i++) {
        assert_ok(base64_decode_exact(bytes_of_text(lines[i]), HL_HASH_BYTES,
                                      proof.hashes[i].bytes));
    }
    return proof;
}

static void its_proofs_lead_from_one_to_the_next(void **state)
{
    (void)state;
    static const char *const one_to_three[] = {
        "KgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "KgIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="};
    static const char *const three_to_five[] = {
        "KgIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "KgMAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "wgiIFdZfYNv6WU1OllBKsWnLYIS/DBMqt8Uh/S4OukE=",
        "KgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="};
    static const char *const refused[] = {
        "KgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "KgIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABA="};
    struct checkpoint_verdict v[3];
    for (size_t i = 0; i < 3; i++) {
        assert_ok(authenticate(i, ORIGIN, false, &v[i]));
    }
    struct proof proof = proof_of(one_to_three, 2);
    assert_ok(merkle_verify_consistency(1, &v[0].checkpoint.head.root, 3,
                                        &v[1].checkpoint.head.root, &proof));
    proof = proof_of(refused, 2);
    assert_err(merkle_verify_consistency(1, &v[0].checkpoint.head.root, 3,
                                         &v[1].checkpoint.head.root, &proof),
               HL_EPROOF);
    proof = proof_of(three_to_five, 4);
    assert_ok(merkle_verify_consistency(3, &v[1].checkpoint.head.root, 5,
                                        &v[2].checkpoint.head.root, &proof));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_log_signed_its_checkpoints),
        cmocka_unit_test(its_proofs_lead_from_one_to_the_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
