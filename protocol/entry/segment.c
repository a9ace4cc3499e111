/* SPDX-License-Identifier: Apache-2.0 */
#define ZLIB_CONST

#include "protocol/entry/segment.h"

#include <string.h>
#include <zlib.h>

#include "heluo/v1/segment.pb-c.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/canonical.h"
#include "protocol/entry/origin.h"
#include "protocol/entry/proof_field.h"
#include "protocol/entry/wire.h"

/* Raw deflate with the full window. */
enum { WINDOW_BITS = -15, MEMORY_LEVEL = 8 };

/* RFC 1951: at best two bits make 258 bytes. */
enum { DEFLATE_RATIO_MAX = 1032 };

/* Field numbers of segment.proto; the last of each is a count. */
enum {
    SEGMENT_ORIGIN = 1,
    SEGMENT_FIRST,
    SEGMENT_COUNT,
    SEGMENT_ENTRIES,
    SEGMENT_INFLATED_SIZE,
    SEGMENT_CHECKPOINT,
    SEGMENT_END_PROOF,
    SEGMENT_START,
    SEGMENT_FIELDS,
};
enum { START_ROOT = 1, START_PROOF, START_FIELDS };

struct segment_codec {
    z_stream deflater;
    z_stream inflater;
    struct writer deflated;
    struct writer inflated;
};

static void *zlib_alloc(void *opaque, unsigned count, unsigned size)
{
    (void)opaque;
    return hl_alloc(count, size);
}

static void zlib_free(void *opaque, void *memory)
{
    (void)opaque;
    hl_free(memory);
}

static void zlib_prepare(z_stream *stream)
{
    *stream = (z_stream){.zalloc = zlib_alloc, .zfree = zlib_free};
}

struct segment_codec *segment_codec_create(void)
{
    struct segment_codec *codec = hl_alloc(1, sizeof(*codec));
    zlib_prepare(&codec->deflater);
    zlib_prepare(&codec->inflater);
    int deflating =
        deflateInit2(&codec->deflater, SEGMENT_DEFLATE_LEVEL, Z_DEFLATED,
                     WINDOW_BITS, MEMORY_LEVEL, Z_DEFAULT_STRATEGY);
    HL_ASSERT(deflating == Z_OK);
    int inflating = inflateInit2(&codec->inflater, WINDOW_BITS);
    HL_ASSERT(inflating == Z_OK);
    return codec;
}

void segment_codec_destroy(struct segment_codec *codec)
{
    if (codec == NULL) {
        return;
    }
    deflateEnd(&codec->deflater);
    inflateEnd(&codec->inflater);
    writer_fini(&codec->deflated);
    writer_fini(&codec->inflated);
    hl_free(codec);
}

/* The bundle deflated into less room than it has itself; empty where it does
 * not fit there. */
static struct bytes deflate_bundle(struct segment_codec *codec,
                                   struct bytes bundle)
{
    size_t room = bundle.size - 1;
    z_stream *stream = &codec->deflater;
    int reset = deflateReset(stream);
    HL_ASSERT(reset == Z_OK);
    writer_clear(&codec->deflated);
    stream->next_in = bundle.data;
    stream->avail_in = (unsigned)bundle.size;
    stream->next_out = writer_extend(&codec->deflated, room);
    stream->avail_out = (unsigned)room;
    if (deflate(stream, Z_FINISH) != Z_STREAM_END) {
        return bytes_of(NULL, 0);
    }
    return bytes_slice(writer_view(&codec->deflated), 0,
                       room - stream->avail_out);
}

static const char *inflate_fault(const z_stream *stream, int result)
{
    if (result == Z_STREAM_END) {
        if (stream->avail_out > 0) {
            return "inflate to less than inflated_size";
        }
        return stream->avail_in > 0 ? "have bytes behind their deflated end"
                                    : NULL;
    }
    if (result == Z_DATA_ERROR) {
        return "are not deflated data";
    }
    return stream->avail_out > 0 ? "are cut short"
                                 : "do not end at inflated_size";
}

/* Into exactly the room that was claimed, which is within bounds. */
static hl_err inflate_bundle(struct segment_codec *codec,
                             const struct wire_field *entries, size_t size,
                             struct bytes *out, struct hl_detail *detail)
{
    z_stream *stream = &codec->inflater;
    int reset = inflateReset(stream);
    HL_ASSERT(reset == Z_OK);
    writer_clear(&codec->inflated);
    stream->next_in = entries->bytes.data;
    stream->avail_in = (unsigned)entries->bytes.size;
    stream->next_out = writer_extend(&codec->inflated, size);
    stream->avail_out = (unsigned)size;
    const char *fault = inflate_fault(stream, inflate(stream, Z_FINISH));
    if (fault != NULL) {
        return hl_fail_at(detail, entries->offset, HL_EMALFORMED,
                          "Segment.entries %s", fault);
    }
    *out = writer_view(&codec->inflated);
    return HL_OK;
}

/* fields says where the members stand, for the detail. */
static hl_err check_run(const struct segment *segment,
                        const struct wire_field *fields,
                        struct hl_detail *detail)
{
    uint32_t count = segment->count;
    if (count > HL_SEGMENT_ENTRIES_MAX) {
        return hl_fail_at(detail, fields[SEGMENT_COUNT].offset, HL_ELIMIT,
                          "Segment.count %u is over %d", count,
                          HL_SEGMENT_ENTRIES_MAX);
    }
    if (count == 0) {
        return hl_fail_at(detail, fields[SEGMENT_COUNT].offset, HL_EMALFORMED,
                          "Segment.count is missing");
    }
    if (segment->first > MERKLE_SIZE_MAX - count) {
        return hl_fail_at(detail, fields[SEGMENT_FIRST].offset, HL_ELIMIT,
                          "Segment.first and count reach beyond 2^63 - 1");
    }
    if (segment->checkpoint.size > HL_NOTE_MAX_BYTES) {
        return hl_fail_at(detail, fields[SEGMENT_CHECKPOINT].offset, HL_ELIMIT,
                          "Segment.checkpoint is over %d bytes",
                          HL_NOTE_MAX_BYTES);
    }
    return origin_validate(segment->origin, "Segment",
                           fields[SEGMENT_ORIGIN].offset, detail);
}

/* Before anything of that size is made. */
static hl_err check_bundle_size(uint64_t size, uint32_t count, uint64_t offset,
                                struct hl_detail *detail)
{
    if (size > HL_SEGMENT_MAX_BYTES) {
        return hl_fail_at(detail, offset, HL_ELIMIT,
                          "Segment.entries of %llu bytes is over %d",
                          (unsigned long long)size, HL_SEGMENT_MAX_BYTES);
    }
    if (size < (uint64_t)count * BUNDLE_LENGTH_BYTES) {
        return hl_fail_at(detail, offset, HL_EMALFORMED,
                          "Segment.entries of %llu bytes cannot be %u entries",
                          (unsigned long long)size, count);
    }
    return HL_OK;
}

static hl_err check_ratio(const struct wire_field *fields,
                          struct hl_detail *detail)
{
    uint64_t inflated = fields[SEGMENT_INFLATED_SIZE].value;
    uint64_t deflated = fields[SEGMENT_ENTRIES].bytes.size;
    if (deflated >= inflated) {
        return hl_fail_at(detail, fields[SEGMENT_INFLATED_SIZE].offset,
                          HL_EMALFORMED,
                          "Segment.inflated_size is not above the deflated");
    }
    if (inflated > deflated * DEFLATE_RATIO_MAX) {
        return hl_fail_at(detail, fields[SEGMENT_INFLATED_SIZE].offset,
                          HL_EMALFORMED,
                          "Segment.inflated_size is more than deflate reaches");
    }
    return HL_OK;
}

static hl_err read_deflated(struct segment_codec *codec,
                            const struct wire_field *fields,
                            struct segment *out, struct hl_detail *detail)
{
    uint64_t size = fields[SEGMENT_INFLATED_SIZE].value;
    hl_err err = check_bundle_size(
        size, out->count, fields[SEGMENT_INFLATED_SIZE].offset, detail);
    if (err == HL_OK) {
        err = check_ratio(fields, detail);
    }
    if (err == HL_OK) {
        err = inflate_bundle(codec, &fields[SEGMENT_ENTRIES], (size_t)size,
                             &out->bundle, detail);
    }
    return err == HL_OK ? bundle_validate(out->bundle, out->count, 0, detail)
                        : err;
}

static hl_err read_plain(const struct wire_field *entries, struct segment *out,
                         struct hl_detail *detail)
{
    out->bundle = entries->bytes;
    hl_err err = check_bundle_size(out->bundle.size, out->count,
                                   entries->offset, detail);
    return err == HL_OK ? bundle_validate(out->bundle, out->count,
                                          entries->content, detail)
                        : err;
}

static hl_err read_start(const struct wire_field *field, struct segment *out,
                         struct hl_detail *detail)
{
    out->has_start = field->number != 0;
    if (!out->has_start) {
        return HL_OK;
    }
    struct wire_field fields[START_FIELDS];
    wire_collect(field->bytes, field->content, fields, START_FIELDS);
    out->start.at = out->first;
    hl_err err = proof_field_hash(&fields[START_ROOT], "Start", "root",
                                  &out->start.root, detail);
    return err == HL_OK ? proof_field_read(&fields[START_PROOF], "Start",
                                           "proof", &out->start.proof, detail)
                        : err;
}

/* All but the entries. */
static hl_err read_frame(const struct wire_field *fields, struct segment *out,
                         struct hl_detail *detail)
{
    out->origin = fields[SEGMENT_ORIGIN].bytes;
    out->first = fields[SEGMENT_FIRST].value;
    out->count = (uint32_t)fields[SEGMENT_COUNT].value;
    out->checkpoint = fields[SEGMENT_CHECKPOINT].bytes;
    hl_err err = check_run(out, fields, detail);
    if (err == HL_OK) {
        err = proof_field_read(&fields[SEGMENT_END_PROOF], "Segment",
                               "end_proof", &out->end_proof, detail);
    }
    return err == HL_OK ? read_start(&fields[SEGMENT_START], out, detail) : err;
}

hl_err segment_read(struct segment_codec *codec, struct bytes raw,
                    uint64_t base, struct segment *out,
                    struct hl_detail *detail)
{
    if (raw.size > SEGMENT_MESSAGE_MAX_BYTES) {
        return hl_fail_at(detail, base, HL_ELIMIT,
                          "segment of %zu bytes is over %d", raw.size,
                          SEGMENT_MESSAGE_MAX_BYTES);
    }
    struct segment segment = {0};
    struct wire_field fields[SEGMENT_FIELDS];
    wire_collect(raw, base, fields, SEGMENT_FIELDS);
    hl_err err = read_frame(fields, &segment, detail);
    if (err == HL_OK && fields[SEGMENT_INFLATED_SIZE].value != 0) {
        err = read_deflated(codec, fields, &segment, detail);
    } else if (err == HL_OK) {
        err = read_plain(&fields[SEGMENT_ENTRIES], &segment, detail);
    }
    if (err == HL_OK) {
        *out = segment;
    }
    return err;
}

hl_err segment_decode(struct segment_codec *codec, struct bytes raw,
                      struct segment *out, struct hl_detail *detail)
{
    if (raw.size > SEGMENT_MESSAGE_MAX_BYTES) {
        return hl_fail(detail, HL_ELIMIT, "segment of %zu bytes is over %d",
                       raw.size, SEGMENT_MESSAGE_MAX_BYTES);
    }
    struct canonical_unknown ignored;
    hl_err err =
        canonical_check(raw, &heluo__v1__segment__descriptor, &ignored, detail);
    return err == HL_OK ? segment_read(codec, raw, 0, out, detail) : err;
}

static hl_err check_ours(const struct segment *segment)
{
    static const struct wire_field nowhere[SEGMENT_FIELDS];
    HL_ASSERT(!segment->has_start || segment->start.at == segment->first);
    if (segment->end_proof.count > HL_PROOF_HASHES_MAX ||
        (segment->has_start &&
         segment->start.proof.count > HL_PROOF_HASHES_MAX)) {
        return HL_ELIMIT;
    }
    hl_err err = check_run(segment, nowhere, NULL);
    if (err == HL_OK) {
        err = check_bundle_size(segment->bundle.size, segment->count, 0, NULL);
    }
    return err == HL_OK
               ? bundle_validate(segment->bundle, segment->count, 0, NULL)
               : err;
}

static size_t start_size(const struct start_proof *start)
{
    return wire_bytes_size(HL_HASH_BYTES) +
           wire_bytes_size(proof_field_bytes(&start->proof).size);
}

static void add_start(struct writer *out, const struct start_proof *start)
{
    wire_add_message(out, SEGMENT_START, start_size(start));
    wire_add_bytes(out, START_ROOT, bytes_of(start->root.bytes, HL_HASH_BYTES));
    wire_add_bytes(out, START_PROOF, proof_field_bytes(&start->proof));
}

/* The bundle as it goes out. */
struct packed {
    struct bytes entries;
    uint64_t inflated_size;
};

static struct packed pack_bundle(struct segment_codec *codec,
                                 struct bytes bundle, bool want_deflate)
{
    struct bytes deflated =
        want_deflate ? deflate_bundle(codec, bundle) : bytes_of(NULL, 0);
    return deflated.size > 0 ? (struct packed){deflated, bundle.size}
                             : (struct packed){bundle, 0};
}

static size_t segment_size(const struct segment *segment,
                           const struct packed *packed)
{
    size_t start = segment->has_start ? start_size(&segment->start) : 0;
    return wire_bytes_size(segment->origin.size) +
           wire_uint_size(segment->first) + wire_uint_size(segment->count) +
           wire_bytes_size(packed->entries.size) +
           wire_uint_size(packed->inflated_size) +
           wire_bytes_size(segment->checkpoint.size) +
           wire_bytes_size(proof_field_bytes(&segment->end_proof).size) +
           wire_bytes_size(start);
}

static void add_segment(struct writer *out, const struct segment *segment,
                        const struct packed *packed)
{
    wire_add_bytes(out, SEGMENT_ORIGIN, segment->origin);
    wire_add_uint(out, SEGMENT_FIRST, segment->first);
    wire_add_uint(out, SEGMENT_COUNT, segment->count);
    wire_add_bytes(out, SEGMENT_ENTRIES, packed->entries);
    wire_add_uint(out, SEGMENT_INFLATED_SIZE, packed->inflated_size);
    wire_add_bytes(out, SEGMENT_CHECKPOINT, segment->checkpoint);
    wire_add_bytes(out, SEGMENT_END_PROOF,
                   proof_field_bytes(&segment->end_proof));
    if (segment->has_start) {
        add_start(out, &segment->start);
    }
}

hl_err segment_encode(struct segment_codec *codec,
                      const struct segment *segment, bool want_deflate,
                      struct writer *out)
{
    hl_err err = check_ours(segment);
    if (err == HL_OK) {
        struct packed packed =
            pack_bundle(codec, segment->bundle, want_deflate);
        add_segment(out, segment, &packed);
    }
    return err;
}

hl_err segment_add(struct segment_codec *codec, const struct segment *segment,
                   bool want_deflate, uint32_t number, struct writer *out)
{
    hl_err err = check_ours(segment);
    if (err == HL_OK) {
        struct packed packed =
            pack_bundle(codec, segment->bundle, want_deflate);
        wire_add_message(out, number, segment_size(segment, &packed));
        add_segment(out, segment, &packed);
    }
    return err;
}

bool segment_wants_deflate(uint64_t line_bytes_per_s,
                           uint64_t deflate_bytes_per_s)
{
    return line_bytes_per_s < deflate_bytes_per_s;
}
