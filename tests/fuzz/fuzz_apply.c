/* SPDX-License-Identifier: Apache-2.0 */

/* Applying foreign entries never fails, whatever they hold. The input is
 * entries, each behind its length as a u16; the first byte says after how many
 * the transaction settles. */

#include <stdlib.h>

#include "protocol/base/hl_assert.h"
#include "protocol/base/reader.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/projection/world.h"

static const char origin_name[] = "zhongyuan.example/zhengzhou";

static void apply(struct projection *projection, struct store_txn *txn,
                  struct bytes raw)
{
    struct projection_origin origin = {1, bytes_of_text(origin_name), true};
    struct open_half *half = NULL;
    hl_err err = frame_open(projection, txn, &origin, &half, NULL);
    HL_ASSERT(err == HL_OK);
    uint64_t before = half->state.half.size;
    bool paused = half->state.half.paused;
    err = projection_apply(projection, txn, &origin, before, raw, NULL);
    HL_ASSERT(err == HL_OK);
    uint64_t moved = half->state.half.size - before;
    HL_ASSERT(moved == (paused || half->state.half.paused ? 0 : 1));
}

static struct world world;

static void close_world(void)
{
    world_fini(&world);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (world.store == NULL) {
        world_init(&world);
        atexit(close_world);
    }
    struct reader reader;
    reader_init(&reader, bytes_of(data, size));
    unsigned settle_every = 1 + reader_u8(&reader) % 8u;
    world_begin(&world);
    for (unsigned i = 1; reader_left(&reader) >= 2; i++) {
        size_t bytes = reader_u16(&reader);
        size_t left = reader_left(&reader);
        apply(world.projection, world.txn,
              reader_bytes(&reader, bytes < left ? bytes : left));
        if (i % settle_every == 0) {
            world_settle(&world);
        }
    }
    world_settle(&world);
    struct writer dump = world_dump(&world);
    writer_fini(&dump);
    projection_reset(world.projection);
    store_abort(&world.txn);
    return 0;
}
