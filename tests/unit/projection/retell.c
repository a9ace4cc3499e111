/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/projection/retell.h"

#include <string.h>

#include "node/projection/replay.h"
#include "node/projection/tables.h"
#include "tests/support/support.h"

void retelling_init(struct retelling *telling, struct world *world,
                    const char *const *origins, size_t count)
{
    *telling = (struct retelling){.origins = origins, .count = count};
    assert_true(count <= RETELL_JOURNALS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct journal journal;
        bool found = false;
        assert_ok(journal_find(world->txn, bytes_of_text(origins[i]), &journal,
                               &found, NULL));
        assert_true(found);
        for (uint64_t k = 0; k < journal.frontier.size; k++) {
            struct bytes raw;
            assert_ok(journal_entry(world->txn, &journal, k, &raw, NULL));
            writer_u16(&telling->entries[i], (uint16_t)raw.size);
            writer_bytes(&telling->entries[i], raw);
        }
    }
}

void retelling_fini(struct retelling *telling)
{
    for (size_t i = 0; i < telling->count; i++) {
        writer_fini(&telling->entries[i]);
    }
}

bool retell_next(struct retelling *telling, struct world *world, size_t i)
{
    struct bytes all = writer_view(&telling->entries[i]);
    size_t at = telling->at[i];
    if (at == all.size) {
        return false;
    }
    size_t size = (size_t)all.data[at] << 8 | all.data[at + 1];
    world_append(world, telling->origins[i], bytes_slice(all, at + 2, size));
    telling->at[i] = at + 2 + size;
    return true;
}

void retell_one(struct retelling *telling, struct world *world, size_t i)
{
    while (retell_next(telling, world, i)) {
    }
}

static void drop_and_replay(struct world *world, const char *origin)
{
    struct rebuild *rebuild = NULL;
    struct rebuild_progress progress = {0};
    assert_ok(rebuild_begin(world->txn, REBUILD_ONE, bytes_of_text(origin),
                            (struct bytes){0}, &rebuild, NULL));
    while (!progress.done) {
        assert_ok(rebuild_step(rebuild, world->txn, 10, &progress, NULL));
    }
    rebuild_end(&rebuild);
}

static void check_rebuild(struct world *world)
{
    struct rebuild *rebuild = NULL;
    struct rebuild_progress progress = {0};
    assert_ok(rebuild_begin(world->txn, REBUILD_CHECK, (struct bytes){0},
                            (struct bytes){0}, &rebuild, NULL));
    while (!progress.done) {
        assert_ok(rebuild_step(rebuild, world->txn, 100, &progress, NULL));
    }
    assert_int_equal(progress.rows_different, 0);
    rebuild_end(&rebuild);
}

static size_t left(const struct retelling *telling, size_t without)
{
    size_t count = 0;
    for (size_t i = 0; i < telling->count; i++) {
        count += i != without && telling->at[i] < telling->entries[i].size;
    }
    return count;
}

void retell(struct retelling *telling, struct world *world, struct rng *rng,
            size_t without, bool forgets)
{
    memset(telling->at, 0, sizeof(telling->at));
    while (left(telling, without) > 0) {
        size_t i = rng_below(rng, telling->count);
        for (uint64_t n = rng_below(rng, 20); n > 0 && i != without; n--) {
            retell_next(telling, world, i);
        }
        if (rng_below(rng, 3) == 0) {
            world_settle(world);
        }
        if (forgets && telling->at[i] > 0 && rng_below(rng, 10) == 0) {
            world_settle(world);
            drop_and_replay(world, telling->origins[i]);
        }
    }
    world_settle(world);
}

void retell_forget(struct retelling *telling, struct world *world, size_t i)
{
    const char *name = telling->origins[i];
    struct projection_origin origin = {.number = world_number(world, name),
                                       .name = bytes_of_text(name)};
    bool more = true;
    while (more) {
        uint64_t done = 0;
        assert_ok(projection_forget(world->projection, world->txn, &origin, 3,
                                    &done, &more, NULL));
        world_settle(world);
    }
}

void retell_forgotten(struct retelling *telling, struct world *world, size_t i)
{
    const char *name = telling->origins[i];
    struct projection_origin origin = {.number = world_number(world, name),
                                       .name = bytes_of_text(name)};
    struct journal journal;
    bool found = false;
    uint64_t done = 0;
    assert_ok(journal_find(world->txn, origin.name, &journal, &found, NULL));
    assert_ok(projection_replay(world->projection, world->txn, &origin,
                                &journal, UINT64_MAX, &done, NULL));
    assert_int_equal(done, journal.frontier.size);
    world_settle(world);
}

void retell_expect(struct retelling *telling, struct rng *rng, unsigned orders,
                   const struct writer *dump)
{
    for (unsigned order = 0; order < orders; order++) {
        struct world world;
        world_init(&world);
        world_begin(&world);
        retell(telling, &world, rng, telling->count, order % 4 == 1);
        struct writer again = world_dump(&world);
        assert_true(bytes_equal(writer_view(dump), writer_view(&again)));
        writer_fini(&again);
        check_rebuild(&world);
        world_fini(&world);
    }
}

static struct writer told_without(struct retelling *telling, struct rng *rng,
                                  size_t without)
{
    struct world world;
    world_init(&world);
    world_begin(&world);
    retell(telling, &world, rng, without, false);
    struct writer dump = world_dump(&world);
    world_fini(&world);
    return dump;
}

static void expect_empty(struct world *world)
{
    struct tables tables;
    assert_ok(tables_living(world->txn, &tables, NULL));
    for (size_t i = 0; i < GENERATION_TABLES; i++) {
        struct store_row row;
        assert_ok(tables_next(&tables, generation_tables[i], (struct bytes){0},
                              (struct bytes){0}, &row, NULL));
        assert_null(row.key.data);
    }
}

void retell_expect_forgotten(struct retelling *telling, struct rng *rng)
{
    for (size_t i = 0; i < telling->count; i++) {
        struct world world;
        struct writer expected = told_without(telling, rng, i);
        world_init(&world);
        world_begin(&world);
        retell(telling, &world, rng, telling->count, false);
        retell_forget(telling, &world, i);
        struct writer dump = world_dump(&world);
        assert_true(bytes_equal(writer_view(&expected), writer_view(&dump)));
        writer_fini(&dump);
        writer_fini(&expected);
        for (size_t k = 0; k < telling->count; k++) {
            retell_forget(telling, &world, k);
        }
        expect_empty(&world);
        world_fini(&world);
    }
}
