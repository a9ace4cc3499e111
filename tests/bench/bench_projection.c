/* SPDX-License-Identifier: Apache-2.0 */

/* What applying an entry costs beside what the store alone takes for it: the
 * same rows put to one table, in the same transactions. At each size of a
 * half, batches are applied, half of them changes and half of them new. */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "node/catalogue/unit.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "tests/unit/projection/world.h"

static const char origin_name[] = "zhongyuan.example/zhengzhou";
static const char name_text[] = "Zhengzhou University, Laboratory Centre";

enum { FILL_BATCH = 2000, ROUNDS = 5, RAW_VALUE_BYTES = 220 };

static double now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct writer make_entry(uint64_t index, unsigned number)
{
    char id[33];
    world_unit_id(number, id);
    struct unit unit = {
        .scheme = bytes_of_text("nrii"),
        .id = bytes_of_text(id),
        .name_zh = bytes_of_text(name_text),
        .kind = 1,
        .division = bytes_of_text("410105"),
        .division_revision = 2023,
    };
    struct writer body = {0};
    record_encode(&unit_record, &unit, &body);
    struct entry entry = {
        .origin = bytes_of_text(origin_name),
        .index = index,
        .recorded_at = {(int64_t)index},
        .body_type = entry_body_type(UNIT_BODY_PUT, false),
        .body = writer_view(&body),
    };
    struct writer raw = {0};
    hl_err err = entry_encode(&entry, &raw, NULL);
    HL_ASSERT(err == HL_OK);
    writer_fini(&body);
    return raw;
}

/* Seconds of applying and committing, without making the entries. */
static double apply_batch(struct world *world, uint64_t first, size_t count,
                          const unsigned *numbers)
{
    struct writer *raws = hl_alloc(count, sizeof(*raws));
    for (size_t i = 0; i < count; i++) {
        raws[i] = make_entry(first + i, numbers[i]);
    }
    struct projection_origin origin = {1, bytes_of_text(origin_name), true};
    double start = now_seconds();
    world_begin(world);
    for (size_t i = 0; i < count; i++) {
        hl_err err = projection_apply(world->projection, world->txn, &origin,
                                      first + i, writer_view(&raws[i]), NULL);
        HL_ASSERT(err == HL_OK);
    }
    world_commit(world);
    double seconds = now_seconds() - start;
    for (size_t i = 0; i < count; i++) {
        writer_fini(&raws[i]);
    }
    hl_free(raws);
    return seconds;
}

static double raw_batch(struct world *world, size_t count,
                        const unsigned *numbers)
{
    static const uint8_t value[RAW_VALUE_BYTES];
    double start = now_seconds();
    world_begin(world);
    for (size_t i = 0; i < count; i++) {
        struct writer key = world_unit_key(numbers[i]);
        hl_err err = store_put(world->txn, STORE_ROWS_1, writer_view(&key),
                               bytes_of(value, sizeof(value)), NULL);
        HL_ASSERT(err == HL_OK);
        writer_fini(&key);
    }
    hl_err err = store_commit(&world->txn, NULL);
    HL_ASSERT(err == HL_OK);
    return now_seconds() - start;
}

static uint64_t fill(struct world *world, uint64_t size, uint64_t rows)
{
    unsigned numbers[FILL_BATCH];
    while (size < rows) {
        size_t count =
            rows - size < FILL_BATCH ? (size_t)(rows - size) : FILL_BATCH;
        for (size_t i = 0; i < count; i++) {
            numbers[i] = (unsigned)(size + i);
        }
        apply_batch(world, size, count, numbers);
        raw_batch(world, count, numbers);
        size += count;
    }
    return size;
}

static uint64_t measure(struct world *world, uint64_t size, size_t batch)
{
    static unsigned numbers[FILL_BATCH];
    double applied = 1e9;
    double raw = 1e9;
    uint64_t rows = size;
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < batch; i++) {
            numbers[i] = i % 2 == 0
                             ? (unsigned)size + (unsigned)i
                             : (unsigned)((size + i) * 2654435761u % rows);
        }
        double seconds = apply_batch(world, size, batch, numbers);
        applied = seconds < applied ? seconds : applied;
        seconds = raw_batch(world, batch, numbers);
        raw = seconds < raw ? seconds : raw;
        size += batch;
    }
    double each = applied / (double)batch * 1e6;
    double raw_each = raw / (double)batch * 1e6;
    printf("%9llu  %5zu  %10.2f  %10.2f  %6.1f\n", (unsigned long long)rows,
           batch, each, raw_each, each / raw_each);
    fflush(stdout);
    return size;
}

int main(int argc, char **argv)
{
    uint64_t most = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    struct world world;
    world_init(&world);
    printf("applying entries (row, digest, joint state), no flushing\n");
    printf("     rows  batch  us/entry    raw put us  ratio\n");
    uint64_t size = 0;
    for (uint64_t rows = 1000; rows <= most; rows *= 10) {
        size = fill(&world, size, rows);
        static const size_t batches[] = {1, 64, 2000};
        for (size_t i = 0; i < 3; i++) {
            size = measure(&world, size, batches[i]);
        }
    }
    world_fini(&world);
    return 0;
}
