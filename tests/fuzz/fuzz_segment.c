/* SPDX-License-Identifier: Apache-2.0 */

/* Segments: what is read is within its bounds, holds as many entries as it
 * says, and reads the same when sent on, plain or deflated. */

#include <string.h>

#include "protocol/base/hl_assert.h"
#include "protocol/entry/segment.h"
#include "tests/fuzz/fuzz.h"

static bool proof_equal(const struct proof *a, const struct proof *b)
{
    return a->count == b->count &&
           memcmp(a->hashes, b->hashes, a->count * HL_HASH_BYTES) == 0;
}

static void check_equal(const struct segment *a, const struct segment *b)
{
    HL_ASSERT(bytes_equal(a->origin, b->origin));
    HL_ASSERT(a->first == b->first);
    HL_ASSERT(a->count == b->count);
    HL_ASSERT(bytes_equal(a->bundle, b->bundle));
    HL_ASSERT(bytes_equal(a->checkpoint, b->checkpoint));
    HL_ASSERT(proof_equal(&a->end_proof, &b->end_proof));
    HL_ASSERT(a->has_start == b->has_start);
    HL_ASSERT(hash_equal(&a->start.root, &b->start.root));
    HL_ASSERT(proof_equal(&a->start.proof, &b->start.proof));
}

static void check_bounds(const struct segment *segment)
{
    struct bundle_walk walk;
    struct bytes entry;
    size_t count = 0;
    HL_ASSERT(segment->bundle.size <= HL_SEGMENT_MAX_BYTES);
    HL_ASSERT(segment->count <= HL_SEGMENT_ENTRIES_MAX);
    HL_ASSERT(segment->first <= MERKLE_SIZE_MAX - segment->count);
    bundle_walk_init(&walk, segment->bundle);
    while (bundle_walk_next(&walk, &entry)) {
        count++;
    }
    HL_ASSERT(count == segment->count);
}

static void check_sent_on(struct segment_codec *codec,
                          const struct segment *segment, bool want_deflate)
{
    struct writer raw = {0};
    struct segment again;
    hl_err err = segment_encode(codec, segment, want_deflate, &raw);
    HL_ASSERT(err == HL_OK);
    err = segment_decode(codec, writer_view(&raw), &again, NULL);
    HL_ASSERT(err == HL_OK);
    check_equal(segment, &again);
    writer_fini(&raw);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct segment_codec *codec = segment_codec_create();
    struct segment_codec *other = segment_codec_create();
    struct hl_detail detail = {0};
    struct segment segment;
    hl_err err = segment_decode(codec, bytes_of(data, size), &segment, &detail);
    if (err == HL_OK) {
        check_bounds(&segment);
        check_sent_on(other, &segment, false);
        check_sent_on(other, &segment, true);
    } else {
        HL_ASSERT(detail.text[0] != '\0');
        HL_ASSERT(detail.at <= HL_SEGMENT_MAX_BYTES + size);
    }
    segment_codec_destroy(codec);
    segment_codec_destroy(other);
    return 0;
}
