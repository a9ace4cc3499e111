/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/entry/segment.h"

#include <string.h>

#include "tests/support/support.h"

static void assert_proof(const struct proof *a, const struct proof *b)
{
    assert_int_equal(a->count, b->count);
    assert_memory_equal(a->hashes, b->hashes, a->count * HL_HASH_BYTES);
}

static void assert_segment(const struct segment *a, const struct segment *b)
{
    assert_true(bytes_equal(a->origin, b->origin));
    assert_true(a->first == b->first);
    assert_int_equal(a->count, b->count);
    assert_true(bytes_equal(a->bundle, b->bundle));
    assert_true(bytes_equal(a->checkpoint, b->checkpoint));
    assert_proof(&a->end_proof, &b->end_proof);
    assert_int_equal(a->has_start, b->has_start);
    assert_int_equal(a->start.at, b->start.at);
    assert_true(hash_equal(&a->start.root, &b->start.root));
    assert_proof(&a->start.proof, &b->start.proof);
}

/* Encodes, decodes, compares; leaves the bytes in raw. */
static void round_trip(struct segment_codec *codec,
                       const struct segment *segment, bool want_deflate,
                       struct writer *raw)
{
    struct segment read;
    struct hl_detail detail = {0};
    writer_clear(raw);
    assert_ok(segment_encode(codec, segment, want_deflate, raw));
    hl_err err = segment_decode(codec, writer_view(raw), &read, &detail);
    assert_string_equal(detail.text, "");
    assert_ok(err);
    assert_segment(segment, &read);
}

static void segments_have_these_bytes(void **state)
{
    (void)state;
    static const char expected[] =
        "0a03612f62"           /* origin */
        "10ac02"               /* first */
        "1802"                 /* count */
        "22080001780003616263" /* entries "x", "abc" */
        "32056e6f74650a"       /* checkpoint */
        "3a20"                 /* end_proof */
        "3031323334353637383961626364656630313233343536373839616263646566"
        "4244" /* start */
        "0a20"
        "3031323334353637383961626364656630313233343536373839616263646566"
        "1220"
        "3031323334353637383961626364656630313233343536373839616263646566";
    struct segment segment = {
        .origin = bytes_of_text("a/b"),
        .first = 300,
        .count = 2,
        .bundle = bytes_of("\0\1x\0\3abc", 8),
        .checkpoint = bytes_of_text("note\n"),
        .end_proof = {.count = 1},
        .has_start = true,
        .start = {.at = 300, .proof = {.count = 1}},
    };
    memcpy(&segment.end_proof.hashes[0], "0123456789abcdef0123456789abcdef",
           32);
    segment.start.root = segment.end_proof.hashes[0];
    segment.start.proof.hashes[0] = segment.end_proof.hashes[0];
    struct segment_codec *codec = segment_codec_create();
    struct writer raw = {0};
    struct writer hex = {0};
    round_trip(codec, &segment, false, &raw);
    test_hex(writer_view(&raw), &hex);
    writer_u8(&hex, 0);
    assert_string_equal((const char *)hex.data, expected);
    writer_fini(&raw);
    writer_fini(&hex);
    segment_codec_destroy(codec);
}

static void random_proof(struct rng *rng, struct proof *out)
{
    out->count = rng_below(rng, HL_PROOF_HASHES_MAX + 1);
    rng_fill(rng, out->hashes, out->count * HL_HASH_BYTES);
}

/* Half text, half noise, so that some shrink much, some little, some not. */
static void random_bundle(struct rng *rng, uint32_t count, struct writer *out)
{
    static const char text[] = "洛阳市 大型仪器 共享 X射线衍射仪 ";
    uint8_t noise[64];
    for (uint32_t i = 0; i < count; i++) {
        struct writer entry = {0};
        rng_fill(rng, noise, sizeof(noise));
        writer_bytes(&entry, bytes_of(noise, rng_below(rng, sizeof(noise))));
        for (uint64_t j = rng_below(rng, 6); j > 0; j--) {
            writer_text(&entry, text);
        }
        assert_ok(bundle_append(writer_view(&entry), out));
        writer_fini(&entry);
    }
}

static void random_segment(struct rng *rng, struct writer *bundle,
                           struct segment *out)
{
    *out = (struct segment){
        .origin = bytes_of_text("zhongyuan.example/luoyang"),
        .first = rng_next(rng) >> (2 + rng_below(rng, 62)),
        .count = 1 + (uint32_t)(rng_below(rng, 300) >> rng_below(rng, 9)),
        .checkpoint = bytes_of_text("a checkpoint\n"),
        .has_start = rng_below(rng, 2) == 0,
    };
    writer_clear(bundle);
    random_bundle(rng, out->count, bundle);
    out->bundle = writer_view(bundle);
    random_proof(rng, &out->end_proof);
    if (out->has_start) {
        out->start.at = out->first;
        rng_fill(rng, &out->start.root, HL_HASH_BYTES);
        random_proof(rng, &out->start.proof);
    }
}

static void what_is_encoded_is_read_back_plain_and_deflated(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct segment_codec *codec = segment_codec_create();
    struct writer bundle = {0};
    struct writer raw = {0};
    size_t shrunk = 0;
    for (int i = 0; i < 1000; i++) {
        struct segment segment;
        random_segment(&rng, &bundle, &segment);
        round_trip(codec, &segment, false, &raw);
        size_t plain = raw.size;
        round_trip(codec, &segment, true, &raw);
        assert_in_range(raw.size, 1, plain);
        shrunk += raw.size < plain ? 1 : 0;
    }
    assert_in_range(shrunk, 500, 999);
    writer_fini(&bundle);
    writer_fini(&raw);
    segment_codec_destroy(codec);
}

static void what_does_not_shrink_goes_as_it_is(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    static uint8_t noise[5000];
    rng_fill(&rng, noise, sizeof(noise));
    struct writer bundle = {0};
    struct writer plain = {0};
    struct writer deflated = {0};
    assert_ok(bundle_append(bytes_of(noise, sizeof(noise)), &bundle));
    struct segment segment = {
        .origin = bytes_of_text("a/b"),
        .count = 1,
        .bundle = writer_view(&bundle),
    };
    struct segment_codec *codec = segment_codec_create();
    round_trip(codec, &segment, false, &plain);
    round_trip(codec, &segment, true, &deflated);
    assert_true(bytes_equal(writer_view(&plain), writer_view(&deflated)));
    writer_fini(&bundle);
    writer_fini(&plain);
    writer_fini(&deflated);
    segment_codec_destroy(codec);
}

static void a_codec_is_as_new_after_every_use(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct segment_codec *used = segment_codec_create();
    struct writer bundle = {0};
    struct writer raw = {0};
    struct writer fresh_raw = {0};
    for (int i = 0; i < 100; i++) {
        struct segment segment;
        random_segment(&rng, &bundle, &segment);
        struct segment_codec *fresh = segment_codec_create();
        round_trip(used, &segment, true, &raw);
        round_trip(fresh, &segment, true, &fresh_raw);
        assert_true(bytes_equal(writer_view(&raw), writer_view(&fresh_raw)));
        raw.data[rng_below(&rng, raw.size)] ^= 0x55u;
        struct segment read;
        struct segment fresh_read;
        assert_err(segment_decode(used, writer_view(&raw), &read, NULL),
                   segment_decode(fresh, writer_view(&raw), &fresh_read, NULL));
        segment_codec_destroy(fresh);
    }
    writer_fini(&bundle);
    writer_fini(&raw);
    writer_fini(&fresh_raw);
    segment_codec_destroy(used);
}

static void what_is_read_can_be_sent_on(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct segment_codec *codec = segment_codec_create();
    struct segment_codec *other = segment_codec_create();
    struct writer bundle = {0};
    struct writer raw = {0};
    struct writer again = {0};
    size_t accepted = 0;
    for (int i = 0; i < 300; i++) {
        struct segment segment;
        struct segment read;
        random_segment(&rng, &bundle, &segment);
        round_trip(codec, &segment, rng_below(&rng, 2) == 0, &raw);
        raw.data[rng_below(&rng, raw.size)] = (uint8_t)rng_next(&rng);
        hl_err err = segment_decode(codec, writer_view(&raw), &read, NULL);
        if (err == HL_OK) {
            accepted++;
            round_trip(other, &read, rng_below(&rng, 2) == 0, &again);
        }
    }
    assert_in_range(accepted, 20, 299);
    writer_fini(&bundle);
    writer_fini(&raw);
    writer_fini(&again);
    segment_codec_destroy(codec);
    segment_codec_destroy(other);
}

static void a_segment_that_could_not_be_read_is_not_written(void **state)
{
    (void)state;
    static uint8_t zeros[HL_NOTE_MAX_BYTES + 1];
    const struct segment good = {
        .origin = bytes_of_text("a/b"),
        .count = 2,
        .bundle = bytes_of(zeros, 4),
        .has_start = true,
    };
    struct segment bad[9];
    for (size_t i = 0; i < 9; i++) {
        bad[i] = good;
    }
    bad[0].origin = bytes_of_text("a");
    bad[1].count = 0;
    bad[2].count = 1;
    bad[3].count = 3;
    bad[4].first = MERKLE_SIZE_MAX - 1;
    bad[4].start.at = bad[4].first;
    bad[5].checkpoint = bytes_of(zeros, HL_NOTE_MAX_BYTES + 1);
    bad[6].end_proof.count = HL_PROOF_HASHES_MAX + 1;
    bad[7].start.proof.count = HL_PROOF_HASHES_MAX + 1;
    bad[8].bundle = bytes_of(zeros, 0);
    static const hl_err expected[] = {
        HL_EMALFORMED, HL_EMALFORMED, HL_EMALFORMED, HL_EMALFORMED, HL_ELIMIT,
        HL_ELIMIT,     HL_ELIMIT,     HL_ELIMIT,     HL_EMALFORMED,
    };
    struct segment_codec *codec = segment_codec_create();
    struct writer out = {0};
    for (size_t i = 0; i < 9; i++) {
        assert_err(segment_encode(codec, &bad[i], true, &out), expected[i]);
        assert_int_equal(out.size, 0);
    }
    round_trip(codec, &good, true, &out);
    writer_fini(&out);
    segment_codec_destroy(codec);
}

static void deflate_is_for_lines_slower_than_zlib(void **state)
{
    (void)state;
    assert_true(segment_wants_deflate(1000000, 60000000));
    assert_false(segment_wants_deflate(100000000, 60000000));
    assert_false(segment_wants_deflate(60000000, 60000000));
    assert_true(segment_wants_deflate(0, 60000000));
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_have_these_bytes),
        cmocka_unit_test(what_is_encoded_is_read_back_plain_and_deflated),
        cmocka_unit_test(what_does_not_shrink_goes_as_it_is),
        cmocka_unit_test(a_codec_is_as_new_after_every_use),
        cmocka_unit_test(what_is_read_can_be_sent_on),
        cmocka_unit_test(a_segment_that_could_not_be_read_is_not_written),
        cmocka_unit_test(deflate_is_for_lines_slower_than_zlib),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
