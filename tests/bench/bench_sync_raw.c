/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bench_sync_raw.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <zlib.h>

#include "federation/message/message.h"
#include "node/projection/projection.h"
#include "node/store/journal.h"
#include "node/sync/sync_store.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "tests/bench/bench_latency.h"
#include "tests/bench/bench_record.h"
#include "tests/bench/bench_sync.h"

/* As node/sync/driver_disk.c and federation/engine have them. */
enum { STEPS_OF_TRANSACTION = 2000, SEGMENT_ROOM_BYTES = 8 << 20 };

static double seconds_since(int64_t start_ns)
{
    return (double)(bench_now_ns() - start_ns) / 1e9;
}

static struct store *open_store(const char *folder)
{
    struct store *store = NULL;
    struct hl_detail detail = {0};
    struct store_options options = {
        .folder = folder,
        .map_bytes = 1ull << 40,
        .max_bytes = 64ull << 30,
        .reserve_bytes = 64ull << 20,
        .readers_max = 512,
    };
    sync_must(store_open(&options, &store, &detail), folder, &detail);
    return store;
}

/* --- What the sender makes. ---------------------------------------------- */

static void add_segment(struct segments *segments,
                        const struct segment *segment)
{
    struct hl_detail detail = {0};
    struct sync_message message = {.kind = SYNC_SEGMENT, .segment = *segment};
    segments->items = hl_realloc(segments->items, segments->count + 1,
                                 sizeof(segments->items[0]));
    struct raw_segment *item = &segments->items[segments->count++];
    *item =
        (struct raw_segment){.first = segment->first, .count = segment->count};
    writer_bytes(&item->bundle, segment->bundle);
    sync_must(sync_encode(segments->codec, &message, false, &item->message),
              "sync_encode", &detail);
    segments->entries += segment->count;
    segments->bytes += item->message.size;
}

struct segments segments_read(const char *folder, const char *origin)
{
    struct segments segments = {.codec = segment_codec_create()};
    struct store *store = open_store(folder);
    struct store_txn *txn = NULL;
    struct journal journal;
    struct writer buffer = {0};
    struct hl_detail detail = {0};
    bool found = false;
    sync_must(store_begin_read(store, &txn, &detail), folder, &detail);
    sync_must(
        journal_find(txn, bytes_of_text(origin), &journal, &found, &detail),
        origin, &detail);
    HL_ASSERT(found);
    struct engine_action action = {
        .kind = ENGINE_SEND_SEGMENT,
        .origin = bytes_of_text(origin),
        .size = journal.frontier.size,
        .bytes_max = SEGMENT_ROOM_BYTES,
    };
    sync_must(journal_checkpoint(txn, &journal, JOURNAL_NEWEST, &action.note,
                                 &detail),
              origin, &detail);
    writer_bytes(&segments.note, action.note);
    action.note = writer_view(&segments.note);
    while (action.from < action.size) {
        struct segment segment;
        sync_must(sync_store_segment(txn, &action, &buffer, &segment,
                                     &action.from, &detail),
                  origin, &detail);
        add_segment(&segments, &segment);
    }
    store_abort(&txn);
    store_close(&store);
    writer_fini(&buffer);
    return segments;
}

void segments_fini(struct segments *segments)
{
    for (size_t i = 0; i < segments->count; i++) {
        writer_fini(&segments->items[i].bundle);
        writer_fini(&segments->items[i].message);
    }
    hl_free(segments->items);
    writer_fini(&segments->note);
    segment_codec_destroy(segments->codec);
}

/* --- Hashing. ------------------------------------------------------------ */

static struct frontier hash_segment(const struct raw_segment *segment,
                                    struct frontier frontier)
{
    struct bundle_walk walk;
    struct bytes entry;
    bundle_walk_init(&walk, writer_view(&segment->bundle));
    while (bundle_walk_next(&walk, &entry)) {
        struct hl_hash leaf = merkle_leaf(entry);
        frontier_append(&frontier, &leaf);
    }
    return frontier;
}

static void measure_hashing(struct segments *segments)
{
    struct frontier frontier;
    frontier_init(&frontier);
    int64_t start = bench_now_ns();
    for (size_t i = 0; i < segments->count; i++) {
        frontier = hash_segment(&segments->items[i], frontier);
        segments->items[i].after = frontier;
    }
    printf("raw_hashing %.0f\n",
           (double)segments->entries / seconds_since(start));
}

/* --- zlib. --------------------------------------------------------------- */

static void measure_zlib(const struct segments *segments)
{
    uint64_t deflated = 0;
    int64_t start = bench_now_ns();
    for (size_t i = 0; i < segments->count; i++) {
        const struct writer *bundle = &segments->items[i].bundle;
        uLongf size = compressBound(bundle->size);
        uint8_t *out = hl_alloc(1, size);
        int code = compress2(out, &size, bundle->data, bundle->size,
                             SEGMENT_DEFLATE_LEVEL);
        HL_ASSERT(code == Z_OK);
        deflated += size;
        hl_free(out);
    }
    printf("raw_zlib %.0f\nzlib_ratio %.2f\n",
           (double)segments->entries / seconds_since(start),
           (double)segments->bytes / (double)deflated);
}

/* --- Puts. --------------------------------------------------------------- */

/* The receiver's own code, without the engine, calls and threads, and the
 * puts that it made, alone, in turns: a transaction at a time. */
struct receiver {
    const struct segments *segments;
    const char *origin;
    struct store *ours, *raw;
    struct projection *projection;
    double ours_s, raw_s;
    uint64_t commits;
};

/* What lags is brought on. */
static bool bring_on(struct receiver *receiver, struct store_txn *txn)
{
    struct sync_target target = {.txn = txn,
                                 .projection = receiver->projection};
    struct sync_progress progress = {0};
    struct hl_detail detail = {0};
    sync_must(sync_store_bring_on(&target, bytes_of_text(receiver->origin),
                                  STEPS_OF_TRANSACTION, &progress, &detail),
              receiver->origin, &detail);
    return !progress.done;
}

static bool store_segment(struct receiver *receiver, struct store_txn *txn,
                          const struct raw_segment *segment)
{
    struct segment sent = {.first = segment->first,
                           .count = segment->count,
                           .bundle = writer_view(&segment->bundle)};
    static const struct proof none;
    struct engine_action action = {
        .kind = ENGINE_STORE_SEGMENT,
        .origin = bytes_of_text(receiver->origin),
        .segment = &sent,
        .frontier = &segment->after,
        .note_kind = ENGINE_NOTE_NEWEST,
        .note = writer_view(&receiver->segments->note),
        .end_proof = &none,
    };
    struct sync_target target = {.txn = txn,
                                 .projection = receiver->projection};
    struct sync_progress progress = {0};
    struct hl_detail detail = {0};
    struct sync_op *op = sync_op_of(&action);
    sync_must(
        sync_op_apply(op, &target, STEPS_OF_TRANSACTION, &progress, &detail),
        "a segment", &detail);
    sync_op_destroy(&op);
    return progress.behind;
}

/* Segment NULL: what is left. True: something is. */
static bool transact(struct receiver *receiver,
                     const struct raw_segment *segment)
{
    struct store_txn *txn = NULL;
    struct hl_detail detail = {0};
    record_clear();
    record_on(true);
    int64_t start = bench_now_ns();
    sync_must(store_begin_write(receiver->ours, &txn, &detail), "ours",
              &detail);
    bool behind = segment == NULL ? bring_on(receiver, txn)
                                  : store_segment(receiver, txn, segment);
    sync_must(projection_settle(receiver->projection, txn, &detail), "ours",
              &detail);
    record_on(false);
    sync_must(store_commit(&txn, &detail), "ours", &detail);
    receiver->ours_s += seconds_since(start);
    start = bench_now_ns();
    sync_must(store_begin_write(receiver->raw, &txn, &detail), "raw", &detail);
    sync_must(record_replay(txn, false, &detail), "raw", &detail);
    sync_must(store_commit(&txn, &detail), "raw", &detail);
    receiver->raw_s += seconds_since(start);
    receiver->commits++;
    return behind;
}

static struct store *make_store(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    int failed = mkdir(path, 0700);
    HL_ASSERT(failed == 0);
    return open_store(path);
}

static void measure_puts(const struct segments *segments, const char *origin,
                         const char *folder)
{
    struct receiver receiver = {
        .segments = segments,
        .origin = origin,
        .ours = make_store(folder, "receiver"),
        .raw = make_store(folder, "raw"),
        .projection = projection_create(),
    };
    record_clear_sum();
    for (size_t i = 0; i < segments->count; i++) {
        bool behind = transact(&receiver, &segments->items[i]);
        while (behind) {
            behind = transact(&receiver, NULL);
        }
    }
    double entries = (double)segments->entries;
    struct record_sum sum = record_sum();
    printf("raw_puts %.0f\nreceiver %.0f\nputs_of_entry %.1f\n"
           "put_bytes_of_entry %.0f\nentries_of_commit %.0f\n",
           entries / receiver.raw_s, entries / receiver.ours_s,
           sum.puts / entries, sum.put_bytes / entries,
           entries / (double)receiver.commits);
    projection_destroy(&receiver.projection);
    store_close(&receiver.ours);
    store_close(&receiver.raw);
    record_fini();
}

void sync_raw_store(const char *store, const char *origin, const char *folder)
{
    struct segments segments = segments_read(store, origin);
    printf("bytes_of_entry %.0f\nentries_of_segment %.0f\n",
           (double)segments.bytes / (double)segments.entries,
           (double)segments.entries / (double)segments.count);
    measure_hashing(&segments);
    measure_zlib(&segments);
    measure_puts(&segments, origin, folder);
    segments_fini(&segments);
}
