/* SPDX-License-Identifier: Apache-2.0 */

/* The walk over a store's pages beside LMDB: it finds nothing in sound ones,
 * whatever was put, deleted and grown, and ends on damaged ones, where LMDB
 * would follow a number into nowhere. */

#include "node/store/store_pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hash.h"
#include "tests/unit/store/store_world.h"

enum { ROUNDS = 120, KEYS = 4000, LARGE = 30000, FLIPS = 20000 };

static bool read_memory(void *context, uint64_t offset, void *buffer,
                        size_t size)
{
    const struct bytes *file = context;
    if (offset > file->size || size > file->size - offset) {
        return false;
    }
    memcpy(buffer, file->data + offset, size);
    return true;
}

static hl_err check(struct bytes file, bool leaves, struct hl_detail *detail)
{
    const struct pages_source source = {
        .context = &file, .size = file.size, .read = read_memory};
    const struct pages_options options = {.leaves = leaves};
    return store_pages_check(&source, &options, detail);
}

static struct bytes read_file(const struct store_world *world)
{
    struct writer text = {0};
    test_read_file(world->data, &text);
    return writer_view(&text); /* the test's to free */
}

static void free_file(struct bytes file)
{
    hl_free((void *)(uintptr_t)file.data);
}

static struct bytes key_of(uint64_t number, struct hl_hash *room)
{
    *room = hash_bytes(bytes_of(&number, sizeof(number)));
    return bytes_of(room->bytes, sizeof(room->bytes));
}

/* Small and large values, in several tables, and some away again. */
static void change(struct store_world *world, struct rng *rng)
{
    static uint8_t value[LARGE];
    struct store_txn *txn = world_write(world);
    size_t count = 1 + rng_below(rng, 120);
    for (size_t i = 0; i < count; i++) {
        enum store_table table =
            rng_below(rng, 3) == 0 ? STORE_ENTRIES : STORE_ROWS;
        struct hl_hash room;
        struct bytes key = key_of(rng_below(rng, KEYS), &room);
        uint64_t kind = rng_below(rng, 8);
        size_t size = kind == 0 ? rng_below(rng, LARGE) : rng_below(rng, 400);
        if (kind >= 6) {
            assert_ok(store_delete(txn, table, key, NULL));
        } else {
            assert_ok(store_put(txn, table, key, bytes_of(value, size), NULL));
        }
    }
    assert_ok(store_commit(&txn, NULL));
}

static void sound_pages_are_found_sound(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct store_world world;
    world_init(&world);
    for (int round = 0; round < ROUNDS; round++) {
        struct hl_detail detail = {0};
        if (round % 40 == 39) { /* all away, and the tree grows anew */
            struct store_txn *txn = world_write(&world);
            assert_ok(store_clear(txn, STORE_ROWS, NULL));
            assert_ok(store_commit(&txn, NULL));
        }
        change(&world, &rng);
        struct bytes file = read_file(&world);
        hl_err err = check(file, true, &detail);
        if (err != HL_OK) {
            fail_msg("round %d: %s", round, detail.text);
        }
        assert_ok(check(file, false, NULL));
        free_file(file);
        assert_ok(store_check_pages(world.store, NULL, NULL, NULL));
    }
    world_fini(&world);
}

/* A bit anywhere: the walk ends, and reads nothing beyond the file (under a
 * sanitizer); and it notices most of what stands in heads of pages. */
static void changed_bits_end_in_an_answer(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct store_world world;
    world_init(&world);
    for (int round = 0; round < 40; round++) {
        change(&world, &rng);
    }
    struct bytes file = read_file(&world);
    uint8_t *data = (uint8_t *)(uintptr_t)file.data;
    size_t found = 0;
    for (size_t i = 0; i < FLIPS; i++) {
        struct hl_detail detail = {0};
        size_t at = (size_t)rng_below(&rng, file.size);
        if (i % 2 == 0) { /* a page's head, and the places of its nodes */
            at = at / 4096 * 4096 + (size_t)rng_below(&rng, 32);
        }
        uint8_t bit = (uint8_t)(1u << rng_below(&rng, 8));
        data[at] ^= bit;
        hl_err err = check(file, true, &detail);
        assert_true(err == HL_OK || err == HL_EDAMAGED || err == HL_EIO);
        assert_int_equal(err == HL_OK, detail.text[0] == '\0');
        found += err == HL_OK ? 0 : 1;
        data[at] ^= bit;
    }
    /* Most of the file is room that nothing uses. */
    assert_true(found > FLIPS / 100);
    assert_ok(check(file, true, NULL));
    free_file(file);
    world_fini(&world);
}

static uint64_t u64_at(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

/* The first page of that type. */
static uint8_t *find_page(struct bytes file, unsigned type)
{
    for (size_t at = 2 * 4096; at + 4096 <= file.size; at += 4096) {
        uint8_t *page = (uint8_t *)(uintptr_t)file.data + at;
        uint16_t flags;
        memcpy(&flags, page + 10, sizeof(flags));
        if (flags == type && u64_at(page) == at / 4096) {
            return page;
        }
    }
    fail_msg("no page of type %u", type);
    return NULL;
}

static void what_is_wrong_is_said_with_its_page(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct store_world world;
    world_init(&world);
    for (int round = 0; round < 8; round++) {
        change(&world, &rng);
    }
    struct bytes file = read_file(&world);
    struct hl_detail detail = {0};
    struct bytes copy = bytes_of(hl_copy(file.data, file.size), file.size);
    uint8_t *branch = find_page(copy, 1);
    branch[0] ^= 1;
    hl_err err = check(copy, true, &detail);
    /* It may be one that is free. */
    if (err == HL_EDAMAGED) {
        assert_non_null(strstr(detail.text, "another page's number"));
    }
    free_file(copy);
    assert_err(check(bytes_of(file.data, 4096), true, &detail), HL_EDAMAGED);
    copy = bytes_of(hl_copy(file.data, file.size), file.size);
    memset((uint8_t *)(uintptr_t)copy.data, 0, 2 * 4096);
    assert_err(check(copy, true, &detail), HL_EDAMAGED);
    assert_non_null(strstr(detail.text, "no heads"));
    free_file(copy);
    free_file(file);
    world_fini(&world);
}

/* A store whose pages are damaged is not opened, and not changed. */
static void a_damaged_store_is_not_opened(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct store_world world;
    world_init(&world);
    for (int round = 0; round < 30; round++) {
        change(&world, &rng);
    }
    world_close(&world);
    struct bytes file = read_file(&world);
    uint8_t *data = (uint8_t *)(uintptr_t)file.data;
    /* The root of the tables' tree, which the newest head names. */
    size_t head = u64_at(data + 144) >= u64_at(data + 4096 + 144) ? 0 : 4096;
    uint64_t root = u64_at(data + head + 128);
    data[root * 4096 + 10] ^= 2; /* no leaf any more */
    FILE *out = fopen(world.data, "r+b");
    assert_non_null(out);
    assert_int_equal(fwrite(data, 1, file.size, out), file.size);
    assert_int_equal(fclose(out), 0);
    struct store *store = NULL;
    struct hl_detail detail = {0};
    struct store_options options = world.options;
    options.volatile_disk = false;
    assert_err(store_open(&options, &store, &detail), HL_EDAMAGED);
    assert_non_null(strstr(detail.text, "of another type than its place"));
    assert_non_null(strstr(detail.text, "restore a backup"));
    free_file(file);
    world.store = NULL;
    world_fini(&world);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_pages_are_found_sound),
        cmocka_unit_test(changed_bits_end_in_an_answer),
        cmocka_unit_test(what_is_wrong_is_said_with_its_page),
        cmocka_unit_test(a_damaged_store_is_not_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
