/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/note/cosignature.h"

#include <string.h>

#include "protocol/base/base64.h"
#include "protocol/note/checkpoint.h"
#include "tests/unit/note/note_support.h"

/* The checkpoint that tlog-witness and torchwood use as their example. */
#define SIGSUM_TEXT                                                            \
    "sigsum.org/v1/tree/"                                                      \
    "4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562\n5\n"    \
    "QrtXrQZCCvpIgsSmOsah7HdICzMLLyDfxToMql9WTjY=\n"
#define SIGSUM_LINE                                                            \
    "\xe2\x80\x94 example.com/witness "                                        \
    "EKHAGQAAAABkGFDLBPkKNZFw49ZCQrVn7T5dfwKcHbmx3GEZkmJUXhZwdfd15uO+pAOz8"    \
    "N3/OhMgIB1+wM6wumhne7KwX1hpczoWBw==\n"

static const char text[] = "o/n\n7\nvt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ"
                           "=\n";

static hl_err verify(struct bytes raw, const struct vkey *keys, size_t count,
                     int64_t *time_s, size_t *cosigned)
{
    struct note note = must_note(raw);
    struct verifier verifier = verifier_openssl();
    struct cosignature_verdict verdict = {.time_s = time_s};
    struct hl_detail detail = {0};
    hl_err err =
        cosignature_verify(&note, &verifier, keys, count, &verdict, &detail);
    assert_int_equal(err == HL_OK, detail.text[0] == '\0');
    if (err == HL_OK) {
        *cosigned = verdict.count;
    }
    note_fini(&note);
    return err;
}

static void the_line_of_the_vector_is_made_to_the_byte(void **state)
{
    (void)state;
    uint8_t seed[32];
    struct signer signer;
    struct writer out = {0};
    test_unhex(WITNESS_SEED, seed, sizeof(seed));
    assert_ok(signer_ed25519(bytes_of_text("example.com/witness"),
                             VKEY_COSIGNATURE, seed, &signer));
    note_begin(bytes_of_text(SIGSUM_TEXT), &out);
    assert_ok(cosignature_sign(bytes_of_text(SIGSUM_TEXT), &signer, 1679315147,
                               &out));
    assert_true(
        bytes_equal_text(writer_view(&out), SIGSUM_TEXT "\n" SIGSUM_LINE));
    writer_fini(&out);
    signer_fini(&signer);
}

static void the_line_of_the_vector_verifies(void **state)
{
    (void)state;
    struct vkey keys[] = {
        must_vkey("example.com/witness+05828f80+"
                  "AWSEitir7W6FmBs7OHWyUrh2frtLAvcDrKOx5xu9ao5Q"),
        must_vkey("example.com/witness+10a1c019+"
                  "BGSEitir7W6FmBs7OHWyUrh2frtLAvcDrKOx5xu9ao5Q")};
    int64_t time_s[2] = {-1, -1};
    size_t cosigned = 0;
    struct bytes raw = bytes_of_text(SIGSUM_TEXT "\n" SIGSUM_LINE);
    assert_ok(verify(raw, keys, 2, time_s, &cosigned));
    assert_int_equal(time_s[0], 0); /* the same key as 01 has no line */
    assert_int_equal(time_s[1], 1679315147);
    assert_int_equal(cosigned, 1);
}

static void the_message_is_two_lines_and_the_whole_text(void **state)
{
    (void)state;
    struct writer out = {0};
    cosignature_message(1, bytes_of_text("o\n1\nr\nextension\n"), &out);
    assert_true(bytes_equal_text(
        writer_view(&out), "cosignature/v1\ntime 1\no\n1\nr\nextension\n"));
    writer_clear(&out);
    cosignature_message(INT64_MAX, bytes_of_text("o\n"), &out);
    assert_true(bytes_equal_text(writer_view(&out),
                                 "cosignature/v1\ntime 9223372036854775807\n"
                                 "o\n"));
    writer_fini(&out);
}

/* transparency-dev/formats TestSigCoversExtensionLines, by changing the
 * text rather than the signature. */
static void extension_lines_are_cosigned(void **state)
{
    (void)state;
    struct signer signer = must_signer("w", VKEY_COSIGNATURE, 1);
    struct bytes extended = bytes_of_text("o\n7\nr\nExtendo\n");
    struct writer raw = {0};
    int64_t time_s;
    size_t cosigned;
    note_begin(extended, &raw);
    assert_ok(cosignature_sign(extended, &signer, 5, &raw));
    assert_ok(verify(writer_view(&raw), &signer.vkey, 1, &time_s, &cosigned));
    raw.data[6] = 'e';
    assert_err(verify(writer_view(&raw), &signer.vkey, 1, &time_s, &cosigned),
               HL_ESIGNATURE);
    writer_fini(&raw);
    signer_fini(&signer);
}

/* A cosignature line with a time of any value, signed as that. */
static void forge_line(const struct signer *signer, uint64_t time_s,
                       struct writer *raw)
{
    struct writer message = {0};
    struct writer payload = {0};
    writer_format(&message, "cosignature/v1\ntime %llu\n%s",
                  (unsigned long long)time_s, text);
    writer_u64(&payload, time_s);
    uint8_t *signature = writer_extend(&payload, SIGNATURE_BYTES);
    assert_ok(signer_sign(signer, writer_view(&message), signature));
    note_add_line(&signer->vkey, writer_view(&payload), raw);
    writer_fini(&payload);
    writer_fini(&message);
}

static void times_lie_between_1_and_2_63_minus_1(void **state)
{
    (void)state;
    static const struct {
        uint64_t time_s;
        hl_err expected;
    } rows[] = {{0, HL_ESIGNATURE},
                {1, HL_OK},
                {INT64_MAX, HL_OK},
                {(uint64_t)INT64_MAX + 1, HL_ESIGNATURE},
                {UINT64_MAX, HL_ESIGNATURE}};
    struct signer signer = must_signer("w", VKEY_COSIGNATURE, 1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct writer raw = {0};
        int64_t time_s = -1;
        size_t cosigned;
        note_begin(bytes_of_text(text), &raw);
        forge_line(&signer, rows[i].time_s, &raw);
        assert_err(
            verify(writer_view(&raw), &signer.vkey, 1, &time_s, &cosigned),
            rows[i].expected);
        assert_int_equal(
            time_s, rows[i].expected == HL_OK ? (int64_t)rows[i].time_s : -1);
        writer_fini(&raw);
    }
    signer_fini(&signer);
}

static hl_err accept_all(void *context, const struct vkey *key,
                         struct bytes message,
                         const uint8_t signature[SIGNATURE_BYTES])
{
    (void)context;
    (void)key;
    (void)message;
    (void)signature;
    return HL_OK;
}

static void no_signature_makes_up_for_a_time_out_of_bounds(void **state)
{
    (void)state;
    static const uint64_t times_s[] = {0, (uint64_t)INT64_MAX + 1, UINT64_MAX};
    struct signer signer = cheap_signer("w", VKEY_COSIGNATURE, 1);
    struct verifier verifier = {.verify = accept_all};
    for (size_t i = 0; i < 3; i++) {
        struct writer raw = {0};
        int64_t time_s;
        struct cosignature_verdict verdict = {.time_s = &time_s};
        note_begin(bytes_of_text(text), &raw);
        forge_line(&signer, times_s[i], &raw);
        struct note note = must_note(writer_view(&raw));
        assert_err(cosignature_verify(&note, &verifier, &signer.vkey, 1,
                                      &verdict, NULL),
                   HL_ESIGNATURE);
        note_fini(&note);
        writer_fini(&raw);
    }
}

static void the_time_is_signed(void **state)
{
    (void)state;
    struct signer signer = must_signer("w", VKEY_COSIGNATURE, 1);
    struct writer raw = {0};
    struct writer line = {0};
    struct writer payload = {0};
    int64_t time_s;
    size_t cosigned;
    assert_ok(cosignature_sign(bytes_of_text(text), &signer, 5, &line));
    /* The line ends in the base64 of id, time and signature, and LF. */
    struct bytes base64 =
        bytes_slice(writer_view(&line), line.size - 1 - 104, 104);
    assert_ok(base64_decode(base64, &payload));
    payload.data[11]++;
    note_begin(bytes_of_text(text), &raw);
    note_add_line(&signer.vkey, bytes_of(payload.data + 4, payload.size - 4),
                  &raw);
    assert_err(verify(writer_view(&raw), &signer.vkey, 1, &time_s, &cosigned),
               HL_ESIGNATURE);
    writer_fini(&payload);
    writer_fini(&line);
    writer_fini(&raw);
    signer_fini(&signer);
}

static void a_known_keys_line_of_another_length_spoils_the_note(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 8, 64, 71, 73, 2428};
    struct signer signers[] = {must_signer("w", VKEY_COSIGNATURE, 1),
                               must_signer("x", VKEY_COSIGNATURE, 2)};
    struct vkey keys[] = {signers[0].vkey, signers[1].vkey};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct writer raw = {0};
        uint8_t payload[2428] = {0};
        int64_t time_s[2];
        size_t cosigned;
        payload[7] = 1;
        note_begin(bytes_of_text(text), &raw);
        assert_ok(cosignature_sign(bytes_of_text(text), &signers[0], 5, &raw));
        note_add_line(&keys[1], bytes_of(payload, sizes[i]), &raw);
        assert_err(verify(writer_view(&raw), keys, 2, time_s, &cosigned),
                   HL_ESIGNATURE);
        assert_ok(verify(writer_view(&raw), keys, 1, time_s, &cosigned));
        writer_fini(&raw);
    }
    signer_fini(&signers[1]);
    signer_fini(&signers[0]);
}

static void of_several_lines_by_one_key_the_first_counts(void **state)
{
    (void)state;
    struct signer signer = must_signer("w", VKEY_COSIGNATURE, 1);
    struct writer raw = {0};
    int64_t time_s;
    size_t cosigned;
    note_begin(bytes_of_text(text), &raw);
    assert_ok(cosignature_sign(bytes_of_text(text), &signer, 5, &raw));
    assert_ok(cosignature_sign(bytes_of_text(text), &signer, 9, &raw));
    note_add_line(&signer.vkey, bytes_of("bad", 3), &raw);
    assert_ok(verify(writer_view(&raw), &signer.vkey, 1, &time_s, &cosigned));
    assert_int_equal(time_s, 5);
    assert_int_equal(cosigned, 1);
    writer_fini(&raw);
    signer_fini(&signer);
}

static void that_nobody_cosigned_is_no_error(void **state)
{
    (void)state;
    struct signer author = must_signer("o/n", VKEY_ED25519, 1);
    struct signer stranger = must_signer("w", VKEY_COSIGNATURE, 2);
    struct writer raw = {0};
    int64_t time_s = -1;
    size_t cosigned = 9;
    must_sign_note(text, &author, 1, &raw);
    assert_ok(verify(writer_view(&raw), &stranger.vkey, 1, &time_s, &cosigned));
    assert_int_equal(time_s, 0);
    assert_int_equal(cosigned, 0);
    assert_ok(verify(writer_view(&raw), NULL, 0, NULL, &cosigned));
    writer_fini(&raw);
    signer_fini(&stranger);
    signer_fini(&author);
}

static void one_key_listed_twice_is_ambiguous(void **state)
{
    (void)state;
    struct signer signer = must_signer("w", VKEY_COSIGNATURE, 1);
    struct vkey keys[] = {signer.vkey, signer.vkey};
    struct writer raw = {0};
    int64_t time_s[2];
    size_t cosigned;
    note_begin(bytes_of_text(text), &raw);
    assert_ok(cosignature_sign(bytes_of_text(text), &signer, 5, &raw));
    assert_err(verify(writer_view(&raw), keys, 2, time_s, &cosigned),
               HL_EAMBIGUOUS);
    writer_fini(&raw);
    signer_fini(&signer);
}

/* A 01 signature over the very message of a cosignature is none, and a
 * cosigner's line is no author's: the kinds have different ids. */
static void a_cosignature_never_counts_as_an_authors_line(void **state)
{
    (void)state;
    struct signer author = must_signer("o/n", VKEY_ED25519, 1);
    struct signer twin = must_signer("o/n", VKEY_COSIGNATURE, 1);
    struct vkey keys[] = {author.vkey, twin.vkey};
    struct verifier verifier = verifier_openssl();
    struct checkpoint_author known = {
        .origin = "o/n", .keys = keys, .key_count = 2};
    struct checkpoint_verdict verdict;
    struct writer raw = {0};
    int64_t time_s[2];
    size_t cosigned;
    assert_int_not_equal(keys[0].id, keys[1].id);
    note_begin(bytes_of_text(text), &raw);
    assert_ok(cosignature_sign(bytes_of_text(text), &twin, 5, &raw));
    assert_err(checkpoint_authenticate(writer_view(&raw), &verifier, &known,
                                       &verdict, NULL),
               HL_ENOKEY);
    assert_ok(verify(writer_view(&raw), keys, 2, time_s, &cosigned));
    assert_int_equal(time_s[0], 0);
    assert_int_equal(time_s[1], 5);
    writer_fini(&raw);
    signer_fini(&twin);
    signer_fini(&author);
}

/* What a published checkpoint looks like: author's two lines, keepers', an
 * unknown witness's, and one of ML-DSA. */
static void each_line_is_asked_for_by_its_own_kind(void **state)
{
    (void)state;
    struct signer signers[] = {must_signer("o/n", VKEY_ED25519, 1),
                               must_signer("o/n", VKEY_SM2, 2),
                               must_signer("o/a", VKEY_COSIGNATURE, 3),
                               must_signer("o/b", VKEY_COSIGNATURE, 4)};
    struct vkey keys[5] = {signers[0].vkey,
                           signers[1].vkey,
                           signers[2].vkey,
                           signers[3].vkey,
                           {.name = "o/m", .id = 6}};
    struct verifier verifier = verifier_openssl();
    struct checkpoint_author author = {
        .origin = "o/n", .keys = keys, .key_count = 5};
    struct checkpoint_verdict verdict;
    struct writer raw = {0};
    uint8_t mldsa[8 + 2420] = {0};
    int64_t time_s[5];
    size_t cosigned;
    keys[4].kind = VKEY_IGNORED;
    keys[4].alg = 6;
    must_sign_note(text, signers, 2, &raw);
    note_add_line(&keys[4], bytes_of(mldsa, sizeof(mldsa)), &raw);
    writer_text(&raw, SIGSUM_LINE);
    assert_ok(cosignature_sign(bytes_of_text(text), &signers[3], 44, &raw));
    assert_ok(cosignature_sign(bytes_of_text(text), &signers[2], 33, &raw));
    assert_ok(checkpoint_authenticate(writer_view(&raw), &verifier, &author,
                                      &verdict, NULL));
    assert_int_equal(verdict.sm2, CHECKPOINT_SM2_VALID);
    assert_ok(verify(writer_view(&raw), keys, 5, time_s, &cosigned));
    static const int64_t expected[5] = {0, 0, 33, 44, 0};
    assert_memory_equal(time_s, expected, sizeof(expected));
    assert_int_equal(cosigned, 2);
    writer_fini(&raw);
    for (size_t i = 0; i < 4; i++) {
        signer_fini(&signers[i]);
    }
}

static void a_signer_that_fails_adds_no_line(void **state)
{
    (void)state;
    struct signer signer = failing_signer("w", VKEY_COSIGNATURE);
    struct writer out = {0};
    assert_err(cosignature_sign(bytes_of_text(text), &signer, 5, &out),
               HL_ECRYPTO);
    assert_int_equal(out.size, 0);
    writer_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_line_of_the_vector_is_made_to_the_byte),
        cmocka_unit_test(the_line_of_the_vector_verifies),
        cmocka_unit_test(the_message_is_two_lines_and_the_whole_text),
        cmocka_unit_test(extension_lines_are_cosigned),
        cmocka_unit_test(times_lie_between_1_and_2_63_minus_1),
        cmocka_unit_test(no_signature_makes_up_for_a_time_out_of_bounds),
        cmocka_unit_test(the_time_is_signed),
        cmocka_unit_test(a_known_keys_line_of_another_length_spoils_the_note),
        cmocka_unit_test(of_several_lines_by_one_key_the_first_counts),
        cmocka_unit_test(that_nobody_cosigned_is_no_error),
        cmocka_unit_test(one_key_listed_twice_is_ambiguous),
        cmocka_unit_test(a_cosignature_never_counts_as_an_authors_line),
        cmocka_unit_test(each_line_is_asked_for_by_its_own_kind),
        cmocka_unit_test(a_signer_that_fails_adds_no_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
