/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/store/store_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/scratch.h"

void world_init(struct store_world *world)
{
    *world = (struct store_world){0};
    scratch_make(world->folder, sizeof(world->folder));
    snprintf(world->data, sizeof(world->data), "%s/data.mdb", world->folder);
    world->options = (struct store_options){
        .folder = world->folder,
        .map_bytes = UINT64_C(1) << 30,
        .max_bytes = UINT64_C(1) << 29,
        .reserve_bytes = UINT64_C(8) << 20,
        .readers_max = 4,
        .volatile_disk = true,
    };
    world_open(world);
}

void world_fini(struct store_world *world)
{
    world_close(world);
    scratch_remove(world->folder);
}

void world_open(struct store_world *world)
{
    struct hl_detail detail = {0};
    hl_err err = store_open(&world->options, &world->store, &detail);
    if (err != HL_OK) {
        print_message("%s\n", detail.text);
    }
    assert_ok(err);
}

void world_close(struct store_world *world)
{
    store_close(&world->store);
}

struct store_txn *world_write(struct store_world *world)
{
    struct store_txn *txn = NULL;
    assert_ok(store_begin_write(world->store, &txn, NULL));
    return txn;
}

struct store_txn *world_read(struct store_world *world)
{
    struct store_txn *txn = NULL;
    assert_ok(store_begin_read(world->store, &txn, NULL));
    return txn;
}

void world_put(struct store_world *world, enum store_table table,
               const char *key, const char *value)
{
    struct store_txn *txn = world_write(world);
    assert_ok(
        store_put(txn, table, bytes_of_text(key), bytes_of_text(value), NULL));
    assert_ok(store_commit(&txn, NULL));
    assert_null(txn);
}

void assert_row(struct store_world *world, enum store_table table,
                const char *key, const char *value)
{
    struct store_txn *txn = world_read(world);
    struct bytes found;
    assert_ok(store_get(txn, table, bytes_of_text(key), &found, NULL));
    if (value == NULL) {
        assert_null(found.data);
    } else {
        assert_non_null(found.data);
        assert_true(bytes_equal_text(found, value));
    }
    store_abort(&txn);
}
