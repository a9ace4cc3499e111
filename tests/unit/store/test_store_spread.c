/* SPDX-License-Identifier: Apache-2.0 */

/* Where the pages of a commit lie in the file. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/base/hash.h"
#include "tests/unit/store/store_world.h"

enum { PAGE = 4096, ROWS_EACH = 20 };

/* Rows anywhere in the table, in a transaction of their own. */
static void put_scattered(struct store_world *world, uint64_t *next)
{
    static const uint8_t value[300] = {1};
    struct store_txn *txn = world_write(world);
    for (size_t i = 0; i < ROWS_EACH; i++) {
        uint64_t number = (*next)++;
        struct hl_hash key = hash_bytes(bytes_of(&number, sizeof(number)));
        assert_ok(store_put(txn, STORE_ROWS,
                            bytes_of(key.bytes, sizeof(key.bytes)),
                            bytes_of(value, sizeof(value)), NULL));
    }
    assert_ok(store_commit(&txn, NULL));
}

static uint8_t *read_data(const struct store_world *world, size_t *size)
{
    FILE *file = fopen(world->data, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *size = (size_t)ftell(file);
    rewind(file);
    uint8_t *data = malloc(*size);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, *size, file), *size);
    fclose(file);
    return data;
}

/* What one commit changes: pages, and runs of them. */
static void measure(struct store_world *world, uint64_t *next, size_t *pages,
                    size_t *runs)
{
    static const uint8_t zeros[PAGE];
    size_t before_size, size;
    uint8_t *before = read_data(world, &before_size);
    put_scattered(world, next);
    uint8_t *after = read_data(world, &size);
    bool in_run = false;
    for (size_t at = 0; at < size; at += PAGE) {
        /* A file that grows is prepared with zeros. */
        const uint8_t *former = at + PAGE <= before_size ? before + at : zeros;
        bool same = memcmp(former, after + at, PAGE) == 0;
        *pages += same ? 0 : 1;
        *runs += !same && !in_run ? 1 : 0;
        in_run = !same;
    }
    free(after);
    free(before);
}

static void pages_of_a_commit_lie_in_runs(void **state)
{
    (void)state;
    struct store_world world;
    struct store_usage usage;
    world_init(&world);
    world_close(&world);
    world.options.reserve_bytes = UINT64_C(64) << 20;
    world_open(&world);
    uint64_t next = 0;
    size_t pages = 0, runs = 0;
    for (size_t i = 0; i < 2000; i++) {
        if (i >= 1000 && i % 49 == 0) {
            measure(&world, &next, &pages, &runs);
        } else {
            put_scattered(&world, &next);
        }
    }
    print_message("%zu pages in %zu runs\n", pages, runs);
    assert_true(pages > 2 * runs);
    assert_ok(store_usage(world.store, &usage, NULL));
    assert_true(usage.used_bytes > 4096 * PAGE);
    assert_true(usage.file_bytes <
                4 * usage.used_bytes + world.options.reserve_bytes);
    world_fini(&world);
}

static void a_small_store_stays_small(void **state)
{
    (void)state;
    struct store_world world;
    struct store_usage usage;
    world_init(&world);
    uint64_t next = 0;
    for (size_t i = 0; i < 100; i++) {
        put_scattered(&world, &next);
    }
    assert_ok(store_usage(world.store, &usage, NULL));
    assert_true(usage.file_bytes <
                3 * usage.used_bytes + world.options.reserve_bytes);
    world_fini(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_of_a_commit_lie_in_runs),
        cmocka_unit_test(a_small_store_stays_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
