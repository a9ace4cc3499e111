/* SPDX-License-Identifier: Apache-2.0 */

/* How entries should lie in the store: one value each, or neighbours of a
 * commit in bundles of a given size. Per layout: time of an entry in a durable
 * commit (entries alone, without hashes), pages used per entry, reading one
 * entry at random and all in order, each also as a ratio to one value per
 * entry. Bytes are random; the store does not look into them. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "node/store/journal_entries.h"
#include "node/store/key.h"
#include "protocol/base/alloc.h"
#include "tests/support/rng.h"
#include "tests/support/scratch.h"

enum { RUN_MAX = 2000, READS = 20000 };

struct layout {
    const char *name;
    size_t bundle_bytes; /* 0: one value per entry */
};

static const struct layout layouts[] = {
    {"one each", 0},
    {"4 KiB", 4096 - 16 - 5},
    {"16 KiB", JOURNAL_BUNDLE_BYTES},
    {"64 KiB", 16 * 4096 - 16 - 5},
};
enum { LAYOUTS = sizeof(layouts) / sizeof(layouts[0]) };

struct figures {
    double write_us, bytes, random_us, scan_us; /* per entry */
};

static void must(bool holds)
{
    if (!holds) {
        fputs("bench_store_layout: a step failed\n", stderr);
        exit(EXIT_FAILURE);
    }
}

static double now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

struct place {
    char folder[256];
    struct store *store;
};

static void place_init(struct place *place)
{
    scratch_make(place->folder, sizeof(place->folder));
    const struct store_options options = {.folder = place->folder,
                                          .map_bytes = UINT64_C(1) << 36,
                                          .max_bytes = UINT64_C(1) << 36,
                                          .reserve_bytes = UINT64_C(64) << 20,
                                          .readers_max = 4};
    must(store_open(&options, &place->store, NULL) == HL_OK);
}

static void place_fini(struct place *place)
{
    store_close(&place->store);
    scratch_remove(place->folder);
}

static uint64_t used_bytes(struct place *place)
{
    struct store_usage usage;
    must(store_usage(place->store, &usage, NULL) == HL_OK);
    return usage.used_bytes;
}

static void write_run(struct place *place, const struct layout *layout,
                      uint64_t first, const struct bytes *entries, size_t count)
{
    struct store_txn *txn = NULL;
    struct bytes stored;
    must(store_begin_write(place->store, &txn, NULL) == HL_OK);
    for (size_t done = 0; done < count;) {
        size_t fit = entries_that_fit(entries + done, count - done,
                                      layout->bundle_bytes);
        must(entries_put(txn, 0, first + done, entries + done, fit, &stored,
                         NULL) == HL_OK);
        done += fit;
    }
    must(store_commit(&txn, NULL) == HL_OK);
}

static void read_one(struct store_txn *txn, const struct layout *layout,
                     uint64_t index, uint64_t end, struct bytes *entry)
{
    if (layout->bundle_bytes == 0) {
        struct store_key key = key_entry(0, index);
        must(store_get(txn, STORE_ENTRIES, key_view(&key), entry, NULL) ==
             HL_OK);
        return;
    }
    struct entries_walk walk;
    must(entries_walk_init(&walk, txn, 0, index, end, NULL) == HL_OK);
    must(entries_walk_next(&walk, entry, NULL) == HL_OK);
    entries_walk_fini(&walk);
}

static void measure_reads(struct place *place, const struct layout *layout,
                          uint64_t end, struct figures *out)
{
    struct rng rng;
    struct store_txn *txn = NULL;
    struct bytes entry;
    struct entries_walk walk;
    uint64_t seen = 0;
    rng_init(&rng, 2);
    must(store_begin_read(place->store, &txn, NULL) == HL_OK);
    double begin = now_us();
    for (int i = 0; i < READS; i++) {
        read_one(txn, layout, rng_below(&rng, end), end, &entry);
    }
    out->random_us = (now_us() - begin) / READS;
    begin = now_us();
    must(entries_walk_init(&walk, txn, 0, 0, end, NULL) == HL_OK);
    do {
        must(entries_walk_next(&walk, &entry, NULL) == HL_OK);
        seen += entry.data != NULL;
    } while (entry.data != NULL);
    entries_walk_fini(&walk);
    out->scan_us = (now_us() - begin) / (double)seen;
    must(seen == end);
    store_abort(&txn);
}

static struct figures measure(const struct layout *layout, size_t run,
                              size_t size)
{
    struct place place;
    struct figures out = {0};
    struct bytes entries[RUN_MAX];
    uint64_t count = run == 1 ? 2000 : run == 64 ? 64 * 100 : 16000;
    uint8_t *bytes = hl_alloc(run, size);
    struct rng rng;
    rng_init(&rng, 1);
    rng_fill(&rng, bytes, run * size);
    for (size_t i = 0; i < run; i++) {
        entries[i] = bytes_of(bytes + i * size, size);
    }
    place_init(&place);
    uint64_t before = used_bytes(&place);
    double begin = now_us();
    for (uint64_t first = 0; first < count; first += run) {
        write_run(&place, layout, first, entries, run);
    }
    out.write_us = (now_us() - begin) / (double)count;
    out.bytes = (double)(used_bytes(&place) - before) / (double)count;
    measure_reads(&place, layout, count, &out);
    place_fini(&place);
    hl_free(bytes);
    return out;
}

int main(void)
{
    static const size_t runs[] = {1, 64, RUN_MAX};
    static const size_t sizes[] = {300, 1500, 3000, 6000};
    printf("%6s %6s  %-9s %16s %16s %16s %16s\n", "entry", "commit", "layout",
           "write us", "bytes", "random us", "scan us");
    for (size_t r = 0; r < sizeof(runs) / sizeof(runs[0]); r++) {
        for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
            struct figures base = {0};
            for (size_t l = 0; l < LAYOUTS; l++) {
                struct figures it = measure(&layouts[l], runs[r], sizes[s]);
                if (l == 0) {
                    base = it;
                }
                printf("%6zu %6zu  %-9s %9.2f x%5.2f %9.0f x%5.2f "
                       "%9.2f x%5.2f %9.3f x%5.2f\n",
                       sizes[s], runs[r], layouts[l].name, it.write_us,
                       it.write_us / base.write_us, it.bytes,
                       it.bytes / base.bytes, it.random_us,
                       it.random_us / base.random_us, it.scan_us,
                       it.scan_us / base.scan_us);
                if (runs[r] == 1) {
                    l = LAYOUTS; /* a run of one is the same in each */
                }
            }
        }
    }
    return 0;
}
