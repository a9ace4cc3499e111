/* SPDX-License-Identifier: Apache-2.0 */
#define ZLIB_CONST

#include "protocol/entry/segment.h"

#include <string.h>
#include <zlib.h>

#include "heluo/v1/segment.pb-c.h"
#include "protocol/base/alloc.h"
#include "tests/support/support.h"

/* Segments of a foreign sender, made with protobuf-c and zlib, which bound
 * nothing. */

enum { BUFFER_BYTES = SEGMENT_MESSAGE_MAX_BYTES + 65536 };

struct foreign {
    Heluo__V1__Segment segment;
    Heluo__V1__Start start;
    uint8_t *entries; /* BUFFER_BYTES, all zero: empty entries */
    uint8_t *other;   /* BUFFER_BYTES, all zero */
    struct writer raw;
    struct segment_codec *codec;
};

/* Two empty entries. */
static void foreign_reset(struct foreign *foreign)
{
    heluo__v1__segment__init(&foreign->segment);
    heluo__v1__start__init(&foreign->start);
    foreign->start.root = (ProtobufCBinaryData){32, foreign->other};
    foreign->start.proof.data = foreign->other;
    foreign->segment.origin = "a.b/c";
    foreign->segment.first = 1;
    foreign->segment.count = 2;
    foreign->segment.entries = (ProtobufCBinaryData){4, foreign->entries};
    foreign->segment.checkpoint = (ProtobufCBinaryData){1, foreign->other};
    foreign->segment.end_proof.data = foreign->other;
    foreign->segment.start = &foreign->start;
    memset(foreign->entries, 0, BUFFER_BYTES);
}

static int set_up(void **state)
{
    struct foreign *foreign = hl_alloc(1, sizeof(*foreign));
    foreign->entries = hl_alloc(BUFFER_BYTES, 1);
    foreign->other = hl_alloc(BUFFER_BYTES, 1);
    foreign->codec = segment_codec_create();
    foreign_reset(foreign);
    *state = foreign;
    return 0;
}

static int tear_down(void **state)
{
    struct foreign *foreign = *state;
    segment_codec_destroy(foreign->codec);
    writer_fini(&foreign->raw);
    hl_free(foreign->entries);
    hl_free(foreign->other);
    hl_free(foreign);
    return 0;
}

static void pack(struct foreign *foreign)
{
    writer_clear(&foreign->raw);
    size_t size = heluo__v1__segment__get_packed_size(&foreign->segment);
    heluo__v1__segment__pack(&foreign->segment,
                             writer_extend(&foreign->raw, size));
}

/* Decodes and puts all back as it was. */
static hl_err decode(struct foreign *foreign, struct hl_detail *detail)
{
    static struct segment read;
    pack(foreign);
    read.first = 77;
    *detail = (struct hl_detail){0};
    hl_err err = segment_decode(foreign->codec, writer_view(&foreign->raw),
                                &read, detail);
    assert_true(err == HL_OK || read.first == 77);
    foreign_reset(foreign);
    return err;
}

static void expect(struct foreign *foreign, hl_err err, const char *text)
{
    struct hl_detail detail;
    hl_err found = decode(foreign, &detail);
    assert_string_equal(detail.text, text);
    assert_err(found, err);
}

/* Replaces the entries by size zeros, deflated; says how large that is. */
static size_t deflate_zeros(struct foreign *foreign, size_t size)
{
    z_stream stream = {0};
    assert_int_equal(
        deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = foreign->other;
    stream.avail_in = (unsigned)size;
    stream.next_out = foreign->entries;
    stream.avail_out = BUFFER_BYTES;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    foreign->segment.entries.len = BUFFER_BYTES - stream.avail_out;
    deflateEnd(&stream);
    return foreign->segment.entries.len;
}

/* count empty entries, deflated, and said to be so. */
static void deflate_empty_entries(struct foreign *foreign, uint32_t count)
{
    deflate_zeros(foreign, 2 * (size_t)count);
    foreign->segment.count = count;
    foreign->segment.inflated_size = 2 * count;
}

/* A bundle of exactly that size in entries as large as they can be. */
static void largest_entries(struct foreign *foreign, size_t size)
{
    struct writer bundle = {0};
    uint32_t count = 0;
    while (bundle.size < size) {
        size_t left = size - bundle.size - BUNDLE_LENGTH_BYTES;
        size_t entry = left < HL_ENTRY_MAX_BYTES ? left : HL_ENTRY_MAX_BYTES;
        assert_ok(bundle_append(bytes_of(foreign->other, entry), &bundle));
        count++;
    }
    assert_int_equal(bundle.size, size);
    memcpy(foreign->entries, bundle.data, size);
    foreign->segment.entries.len = size;
    foreign->segment.count = count;
    writer_fini(&bundle);
}

static void every_bound_itself_is_within(void **state)
{
    struct foreign *foreign = *state;
    Heluo__V1__Segment *segment = &foreign->segment;
    expect(foreign, HL_OK, "");
    segment->first = MERKLE_SIZE_MAX - 2;
    expect(foreign, HL_OK, "");
    segment->count = HL_SEGMENT_ENTRIES_MAX;
    segment->entries.len = 2 * HL_SEGMENT_ENTRIES_MAX;
    expect(foreign, HL_OK, "");
    deflate_empty_entries(foreign, HL_SEGMENT_ENTRIES_MAX);
    expect(foreign, HL_OK, "");
    segment->checkpoint.len = HL_NOTE_MAX_BYTES;
    segment->end_proof.len = 32 * HL_PROOF_HASHES_MAX;
    foreign->start.proof.len = 32 * HL_PROOF_HASHES_MAX;
    largest_entries(foreign, HL_SEGMENT_MAX_BYTES);
    expect(foreign, HL_OK, "");
    segment->start = NULL;
    segment->first = 0;
    segment->checkpoint.len = 0;
    expect(foreign, HL_OK, "");
}

static void one_beyond_a_bound_is_over_the_limit(void **state)
{
    struct foreign *foreign = *state;
    Heluo__V1__Segment *segment = &foreign->segment;
    segment->first = MERKLE_SIZE_MAX - 1;
    expect(foreign, HL_ELIMIT, "Segment.first and count reach beyond 2^63 - 1");
    segment->first = UINT64_MAX;
    expect(foreign, HL_ELIMIT, "Segment.first and count reach beyond 2^63 - 1");
    segment->count = HL_SEGMENT_ENTRIES_MAX + 1;
    segment->entries.len = 2 * (HL_SEGMENT_ENTRIES_MAX + 1);
    expect(foreign, HL_ELIMIT, "Segment.count 16385 is over 16384");
    segment->count = UINT32_MAX;
    expect(foreign, HL_ELIMIT, "Segment.count 4294967295 is over 16384");
    segment->checkpoint.len = HL_NOTE_MAX_BYTES + 1;
    expect(foreign, HL_ELIMIT, "Segment.checkpoint is over 1000000 bytes");
    segment->end_proof.len = 32 * (HL_PROOF_HASHES_MAX + 1);
    expect(foreign, HL_ELIMIT, "Segment.end_proof has more than 63 hashes");
    foreign->start.proof.len = 32 * (HL_PROOF_HASHES_MAX + 1);
    expect(foreign, HL_ELIMIT, "Start.proof has more than 63 hashes");
    largest_entries(foreign, HL_SEGMENT_MAX_BYTES + 1);
    expect(foreign, HL_ELIMIT,
           "Segment.entries of 1048577 bytes is over 1048576");
    /* The other fields and the entries' tag and length take 54 bytes. */
    segment->entries.len = SEGMENT_MESSAGE_MAX_BYTES - 54;
    expect(foreign, HL_ELIMIT,
           "Segment.entries of 2056714 bytes is over 1048576");
    segment->entries.len = SEGMENT_MESSAGE_MAX_BYTES - 53;
    expect(foreign, HL_ELIMIT, "segment of 2056769 bytes is over 2056768");
}

static void the_frame_has_its_form(void **state)
{
    struct foreign *foreign = *state;
    Heluo__V1__Segment *segment = &foreign->segment;
    segment->origin = "";
    expect(foreign, HL_EMALFORMED,
           "Segment.origin '' is not <alliance>/<node>");
    segment->origin = "a.b";
    expect(foreign, HL_EMALFORMED,
           "Segment.origin 'a.b' is not <alliance>/<node>");
    segment->count = 0;
    expect(foreign, HL_EMALFORMED, "Segment.count is missing");
    segment->end_proof.len = 33;
    expect(foreign, HL_EMALFORMED,
           "Segment.end_proof of 33 bytes is not whole hashes");
    foreign->start.proof.len = 31;
    expect(foreign, HL_EMALFORMED,
           "Start.proof of 31 bytes is not whole hashes");
    foreign->start.root.len = 0;
    expect(foreign, HL_EMALFORMED, "Start.root has 0 bytes, not 32");
    foreign->start.root.len = 33;
    expect(foreign, HL_EMALFORMED, "Start.root has 33 bytes, not 32");
}

static void the_bundle_is_exactly_count_entries(void **state)
{
    struct foreign *foreign = *state;
    Heluo__V1__Segment *segment = &foreign->segment;
    segment->count = 3;
    expect(foreign, HL_EMALFORMED,
           "Segment.entries of 4 bytes cannot be 3 entries");
    segment->count = 1;
    expect(foreign, HL_EMALFORMED, "2 bytes behind the bundle's 1 entries");
    foreign->entries[3] = 1;
    expect(foreign, HL_EMALFORMED, "entry 1 of 2 in the bundle is cut short");
    segment->entries.len = 0;
    expect(foreign, HL_EMALFORMED,
           "Segment.entries of 0 bytes cannot be 2 entries");
    deflate_empty_entries(foreign, 1000);
    segment->count = 999;
    expect(foreign, HL_EMALFORMED, "2 bytes behind the bundle's 999 entries");
    deflate_empty_entries(foreign, 1000);
    segment->count = 1001;
    expect(foreign, HL_EMALFORMED,
           "Segment.entries of 2000 bytes cannot be 1001 entries");
}

static void nothing_is_inflated_that_claims_more_than_it_may(void **state)
{
    struct foreign *foreign = *state;
    Heluo__V1__Segment *segment = &foreign->segment;
    /* Not deflated data at all: that it is not even tried shows in that the
     * bound is named and not the data. */
    for (int i = 0; i < 2; i++) {
        memset(foreign->entries, 0xff, 4096);
        segment->entries.len = 4096;
        segment->inflated_size = i == 0 ? HL_SEGMENT_MAX_BYTES + 1 : UINT32_MAX;
        expect(foreign, HL_ELIMIT,
               i == 0 ? "Segment.entries of 1048577 bytes is over 1048576"
                      : "Segment.entries of 4294967295 bytes is over 1048576");
    }
    memset(foreign->entries, 0xff, 4096);
    segment->entries.len = 4096;
    segment->inflated_size = 5000;
    segment->count = 2501;
    expect(foreign, HL_EMALFORMED,
           "Segment.entries of 5000 bytes cannot be 2501 entries");
    memset(foreign->entries, 0xff, 4096);
    segment->entries.len = 4096;
    segment->inflated_size = 5000;
    expect(foreign, HL_EMALFORMED, "Segment.entries are not deflated data");
}

static void no_claim_goes_beyond_what_deflate_reaches(void **state)
{
    struct foreign *foreign = *state;
    Heluo__V1__Segment *segment = &foreign->segment;
    memset(foreign->entries, 0xff, 10);
    segment->entries.len = 10;
    segment->inflated_size = 10321;
    expect(foreign, HL_EMALFORMED,
           "Segment.inflated_size is more than deflate reaches");
    memset(foreign->entries, 0xff, 10);
    segment->entries.len = 10;
    segment->inflated_size = 10320;
    expect(foreign, HL_EMALFORMED, "Segment.entries are not deflated data");
    segment->entries.len = 0;
    segment->inflated_size = 4;
    expect(foreign, HL_EMALFORMED,
           "Segment.inflated_size is more than deflate reaches");
    /* What zlib makes of a whole segment of zeros is within the ratio. */
    size_t deflated = deflate_zeros(foreign, HL_SEGMENT_MAX_BYTES);
    assert_in_range(deflated, HL_SEGMENT_MAX_BYTES / 1032 + 1, 2000);
    foreign_reset(foreign);
}

static void a_deflated_bundle_is_shorter_than_it_was(void **state)
{
    struct foreign *foreign = *state;
    deflate_empty_entries(foreign, 2);
    size_t deflated = foreign->segment.entries.len;
    foreign->segment.inflated_size = (uint32_t)deflated;
    expect(foreign, HL_EMALFORMED,
           "Segment.inflated_size is not above the deflated");
}

static void a_claim_is_met_exactly(void **state)
{
    struct foreign *foreign = *state;
    Heluo__V1__Segment *segment = &foreign->segment;
    for (int over = -2; over <= 2; over++) {
        deflate_empty_entries(foreign, 1000);
        segment->inflated_size = (uint32_t)(2000 + over);
        segment->count = 999;
        expect(foreign, HL_EMALFORMED,
               over < 0   ? "Segment.entries do not end at inflated_size"
               : over > 0 ? "Segment.entries inflate to less than inflated_size"
                          : "2 bytes behind the bundle's 999 entries");
    }
    /* A bomb: 2 MB behind a claim of 1 MiB. */
    deflate_zeros(foreign, 2000000);
    segment->inflated_size = HL_SEGMENT_MAX_BYTES;
    expect(foreign, HL_EMALFORMED,
           "Segment.entries do not end at inflated_size");
    /* And a claim of 1 MiB with next to nothing behind it. */
    deflate_zeros(foreign, 4);
    size_t deflated = segment->entries.len;
    segment->entries.len = 1100;
    segment->inflated_size = HL_SEGMENT_MAX_BYTES;
    assert_in_range(deflated, 1, 10);
    expect(foreign, HL_EMALFORMED,
           "Segment.entries inflate to less than inflated_size");
}

static void deflated_bytes_end_with_their_stream(void **state)
{
    struct foreign *foreign = *state;
    Heluo__V1__Segment *segment = &foreign->segment;
    deflate_empty_entries(foreign, 1000);
    segment->entries.len++;
    expect(foreign, HL_EMALFORMED,
           "Segment.entries have bytes behind their deflated end");
    deflate_empty_entries(foreign, 1000);
    size_t whole = segment->entries.len;
    for (size_t size = 2; size < whole; size++) {
        struct hl_detail detail;
        deflate_empty_entries(foreign, 1000);
        segment->entries.len = size;
        assert_err(decode(foreign, &detail), HL_EMALFORMED);
    }
}

static void fields_of_a_later_version_are_ignored(void **state)
{
    struct foreign *foreign = *state;
    struct segment read;
    struct hl_detail detail = {0};
    pack(foreign);
    /* Field 9 behind all others, and field 3 of a Start. */
    static const uint8_t later[] = {0x48, 0x01};
    writer_bytes(&foreign->raw, bytes_of(later, sizeof(later)));
    assert_ok(segment_decode(foreign->codec, writer_view(&foreign->raw), &read,
                             &detail));
    assert_int_equal(read.count, 2);
    writer_clear(&foreign->raw);
    uint8_t hex[49];
    test_unhex("0a03612f6218012202000042240a20", hex, 15);
    memset(hex + 15, 0xaa, 32);
    hex[47] = 0x18;
    hex[48] = 0x01;
    assert_ok(segment_decode(foreign->codec, bytes_of(hex, sizeof(hex)), &read,
                             &detail));
    assert_true(read.has_start);
    assert_int_equal(read.start.root.bytes[31], 0xaa);
}

static void a_segment_is_canonical(void **state)
{
    struct foreign *foreign = *state;
    struct segment read;
    uint8_t raw[13];
    struct hl_detail detail = {0};
    test_unhex("0a03612f62180122020000", raw, 11);
    assert_ok(
        segment_decode(foreign->codec, bytes_of(raw, 11), &read, &detail));
    test_unhex("0a03612f621801100122020000", raw, 13);
    assert_err(
        segment_decode(foreign->codec, bytes_of(raw, 13), &read, &detail),
        HL_ENONCANONICAL);
    assert_string_equal(detail.text,
                        "Segment.first stands behind one of a higher number");
    test_unhex("0a03612f621801220200002800", raw, 13);
    assert_err(
        segment_decode(foreign->codec, bytes_of(raw, 13), &read, &detail),
        HL_ENONCANONICAL);
    assert_string_equal(detail.text, "Segment.inflated_size holds its default");
}

static void faults_are_named_by_offset(void **state)
{
    struct foreign *foreign = *state;
    struct hl_detail detail;
    /* origin at 0, first at 7, count at 9, entries at 11, their content at
     * 13, checkpoint at 17, start at 20 with its root at 22. */
    foreign->entries[3] = 1;
    assert_err(decode(foreign, &detail), HL_EMALFORMED);
    assert_int_equal(detail.at, 15);
    foreign->start.root.len = 31;
    assert_err(decode(foreign, &detail), HL_EMALFORMED);
    assert_int_equal(detail.at, 22);
    foreign->segment.first = UINT64_MAX;
    assert_err(decode(foreign, &detail), HL_ELIMIT);
    assert_int_equal(detail.at, 7);
    deflate_empty_entries(foreign, 1000);
    foreign->segment.count = 999;
    assert_err(decode(foreign, &detail), HL_EMALFORMED);
    assert_int_equal(detail.at, 1998);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_bound_itself_is_within),
        TEST(one_beyond_a_bound_is_over_the_limit),
        TEST(the_frame_has_its_form),
        TEST(the_bundle_is_exactly_count_entries),
        TEST(nothing_is_inflated_that_claims_more_than_it_may),
        TEST(no_claim_goes_beyond_what_deflate_reaches),
        TEST(a_deflated_bundle_is_shorter_than_it_was),
        TEST(a_claim_is_met_exactly),
        TEST(deflated_bytes_end_with_their_stream),
        TEST(fields_of_a_later_version_are_ignored),
        TEST(a_segment_is_canonical),
        TEST(faults_are_named_by_offset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
