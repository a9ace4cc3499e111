/* SPDX-License-Identifier: Apache-2.0 */

/* What a segment costs beside the library call at its heart: deflated beside
 * zlib with the same level, bytes and a reused stream; plain beside memcpy.
 * Both are run in turn, round by round, so that a change of the machine's mood
 * meets both; medians are printed. MB are 10^6 bytes of bundle. */

#define ZLIB_CONST

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "protocol/base/alloc.h"
#include "protocol/entry/entry.h"
#include "protocol/entry/segment.h"
#include "tests/support/rng.h"

enum { ENTRY_BYTES = 512, ROUNDS = 41, ROUND_BUNDLE_BYTES = 1 << 20 };

/* The bytes of one bundle in each of their forms, and where results go. */
struct fixture {
    struct segment_codec *codec;
    z_stream deflater;
    z_stream inflater;
    struct segment segment;
    struct writer bundle;
    struct writer deflated; /* by zlib alone */
    struct writer raw_plain;
    struct writer raw_deflated;
    struct writer out;
    uint8_t *room; /* as large as the bundle */
};

static void must(bool holds)
{
    if (!holds) {
        fputs("bench_segment: a step failed\n", stderr);
        exit(EXIT_FAILURE);
    }
}

/* Numbers, Chinese text and a hash, as a record of the catalogue has them. */
static void make_body(struct rng *rng, size_t size, struct writer *out)
{
    static const char *const words[] = {
        "洛阳市", "大型仪器", "共享",   "X射线衍射仪", "扫描电子显微镜",
        "材料",   "开放时间", "周一至", "河南科技",    "预约",
        "分析",   "服务",     "中心",   "收费标准",    "元/小时",
    };
    uint8_t hash[HL_HASH_BYTES];
    rng_fill(rng, hash, sizeof(hash));
    writer_clear(out);
    writer_bytes(out, bytes_of(hash, sizeof(hash)));
    while (out->size < size) {
        size_t word = rng_below(rng, sizeof(words) / sizeof(words[0]));
        writer_text(out, words[word]);
        if (rng_below(rng, 8) == 0) {
            writer_format(out, "%u", (unsigned)rng_below(rng, 100000));
        }
    }
    writer_shrink(out, out->size - size);
}

static void make_entry(struct rng *rng, uint64_t index, struct writer *out)
{
    struct writer body = {0};
    struct entry entry = {
        .origin = bytes_of_text("zhongyuan.example/luoyang"),
        .index = index,
        .recorded_at = {.ms = 1795249800123 + (int64_t)index * 1000},
        .has_command = true,
        .body_type = entry_body_type(20, true),
    };
    rng_fill(rng, &entry.command, sizeof(entry.command));
    make_body(rng, 300, &body);
    entry.body = writer_view(&body);
    must(entry_encode(&entry, out, NULL) == HL_OK);
    make_body(rng, 300 + ENTRY_BYTES - out->size, &body);
    entry.body = writer_view(&body);
    writer_clear(out);
    must(entry_encode(&entry, out, NULL) == HL_OK);
    must(out->size == ENTRY_BYTES);
    writer_fini(&body);
}

static void make_bundle(uint32_t count, struct writer *out)
{
    struct rng rng;
    struct writer entry = {0};
    rng_init(&rng, count);
    for (uint32_t i = 0; i < count; i++) {
        writer_clear(&entry);
        make_entry(&rng, 100000 + i, &entry);
        must(bundle_append(writer_view(&entry), out) == HL_OK);
    }
    writer_fini(&entry);
}

static void zlib_deflate(struct fixture *f)
{
    z_stream *stream = &f->deflater;
    must(deflateReset(stream) == Z_OK);
    stream->next_in = f->bundle.data;
    stream->avail_in = (unsigned)f->bundle.size;
    stream->next_out = f->room;
    stream->avail_out = (unsigned)f->bundle.size;
    must(deflate(stream, Z_FINISH) == Z_STREAM_END);
}

static void zlib_inflate(struct fixture *f)
{
    z_stream *stream = &f->inflater;
    must(inflateReset(stream) == Z_OK);
    stream->next_in = f->deflated.data;
    stream->avail_in = (unsigned)f->deflated.size;
    stream->next_out = f->room;
    stream->avail_out = (unsigned)f->bundle.size;
    must(inflate(stream, Z_FINISH) == Z_STREAM_END);
}

static void copy_bundle(struct fixture *f)
{
    memcpy(f->room, f->bundle.data, f->bundle.size);
    /* Or the compiler, which knows nobody reads it, leaves it out. */
    __asm__ volatile("" : : "r"(f->room) : "memory");
}

static void encode(struct fixture *f, bool want_deflate)
{
    writer_clear(&f->out);
    must(segment_encode(f->codec, &f->segment, want_deflate, &f->out) == HL_OK);
}

static void decode(struct fixture *f, const struct writer *raw)
{
    struct segment read;
    must(segment_decode(f->codec, writer_view(raw), &read, NULL) == HL_OK);
    must(read.bundle.size == f->bundle.size);
}

static void encode_deflated(struct fixture *f)
{
    encode(f, true);
}

static void encode_plain(struct fixture *f)
{
    encode(f, false);
}

static void decode_deflated(struct fixture *f)
{
    decode(f, &f->raw_deflated);
}

static void decode_plain(struct fixture *f)
{
    decode(f, &f->raw_plain);
}

typedef void (*run_fn)(struct fixture *);

static double mb_per_s(struct fixture *f, run_fn run)
{
    size_t repeats = ROUND_BUNDLE_BYTES / f->bundle.size + 1;
    struct timespec start;
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (size_t i = 0; i < repeats; i++) {
        run(f);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    double ns = (double)(end.tv_sec - start.tv_sec) * 1e9 +
                (double)(end.tv_nsec - start.tv_nsec);
    return (double)(repeats * f->bundle.size) * 1e3 / ns;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof(*values), compare);
    return values[ROUNDS / 2];
}

static void measure(struct fixture *f, const char *name, run_fn ours,
                    const char *beside, run_fn theirs)
{
    double our[ROUNDS];
    double their[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        their[i] = mb_per_s(f, theirs);
        our[i] = mb_per_s(f, ours);
    }
    double a = median(our);
    double b = median(their);
    printf("  %-16s %9.1f MB/s   %-8s %9.1f MB/s   ratio %.2f\n", name, a,
           beside, b, a / b);
}

static void fixture_init(struct fixture *f, uint32_t count)
{
    *f = (struct fixture){.codec = segment_codec_create()};
    make_bundle(count, &f->bundle);
    f->room = hl_alloc(f->bundle.size, 1);
    must(deflateInit2(&f->deflater, SEGMENT_DEFLATE_LEVEL, Z_DEFLATED, -15, 8,
                      Z_DEFAULT_STRATEGY) == Z_OK);
    must(inflateInit2(&f->inflater, -15) == Z_OK);
    f->segment = (struct segment){
        .origin = bytes_of_text("zhongyuan.example/luoyang"),
        .first = 100000,
        .count = count,
        .bundle = writer_view(&f->bundle),
        .checkpoint = bytes_of_text("stands for a signed note"),
        .end_proof = {.count = 17},
    };
    must(segment_encode(f->codec, &f->segment, false, &f->raw_plain) == HL_OK);
    must(segment_encode(f->codec, &f->segment, true, &f->raw_deflated) ==
         HL_OK);
    zlib_deflate(f);
    writer_bytes(&f->deflated,
                 bytes_of(f->room, f->bundle.size - f->deflater.avail_out));
}

static void fixture_fini(struct fixture *f)
{
    deflateEnd(&f->deflater);
    inflateEnd(&f->inflater);
    hl_free(f->room);
    writer_fini(&f->out);
    writer_fini(&f->raw_deflated);
    writer_fini(&f->raw_plain);
    writer_fini(&f->deflated);
    writer_fini(&f->bundle);
    segment_codec_destroy(f->codec);
}

int main(void)
{
    static const uint32_t counts[] = {8, 128, 512};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct fixture f;
        fixture_init(&f, counts[i]);
        printf("%u entries of %d bytes, deflated %.2f to 1\n", counts[i],
               ENTRY_BYTES, (double)f.bundle.size / (double)f.deflated.size);
        measure(&f, "encode, deflated", encode_deflated, "zlib", zlib_deflate);
        measure(&f, "decode, deflated", decode_deflated, "zlib", zlib_inflate);
        measure(&f, "encode, plain", encode_plain, "memcpy", copy_bundle);
        measure(&f, "decode, plain", decode_plain, "memcpy", copy_bundle);
        fixture_fini(&f);
    }
    return EXIT_SUCCESS;
}
