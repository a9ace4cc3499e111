/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/trie.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/base/alloc.h"
#include "tests/support/support.h"
#include "tests/unit/projection/world.h"

enum { NAMES = 3000, NAME_BYTES = 6 };

/* The set as it should be: record i is there iff rows[i] is not 0, and its
 * row's hash is made of that. */
struct model {
    uint32_t rows[NAMES];
};

static void name_of(unsigned record, uint8_t name[NAME_BYTES])
{
    memcpy(name, "\x01name", 5);
    name[4] = (uint8_t)(record >> 8);
    name[5] = (uint8_t)record;
}

static struct hl_hash row_of(uint32_t row)
{
    return hash_bytes(bytes_of(&row, sizeof(row)));
}

/* --- The digest once more, as the protocol's page has it ----------------- */

struct item {
    struct hl_hash place;
    uint8_t name[NAME_BYTES];
    struct hl_hash row;
};

static int by_place(const void *a, const void *b)
{
    return memcmp(((const struct item *)a)->place.bytes,
                  ((const struct item *)b)->place.bytes, 32);
}

static int by_name(const void *a, const void *b)
{
    return memcmp(((const struct item *)a)->name,
                  ((const struct item *)b)->name, NAME_BYTES);
}

static unsigned nibble(const struct item *item, unsigned depth)
{
    unsigned byte = item->place.bytes[depth / 2];
    return depth % 2 == 0 ? byte >> 4 : byte & 15;
}

static struct hl_hash naive_node(struct item *items, size_t count,
                                 unsigned depth)
{
    struct writer preimage = {0};
    if (count <= 16) {
        qsort(items, count, sizeof(*items), by_name);
        writer_u8(&preimage, 0);
        for (size_t i = 0; i < count; i++) {
            writer_u16(&preimage, NAME_BYTES);
            writer_bytes(&preimage, bytes_of(items[i].name, NAME_BYTES));
            writer_bytes(&preimage, bytes_of(items[i].row.bytes, 32));
        }
    } else {
        uint16_t present = 0;
        struct writer hashes = {0};
        for (size_t i = 0; i < count;) {
            unsigned child = nibble(&items[i], depth);
            size_t end = i;
            while (end < count && nibble(&items[end], depth) == child) {
                end++;
            }
            struct hl_hash hash = naive_node(items + i, end - i, depth + 1);
            present = (uint16_t)(present | 1u << child);
            writer_bytes(&hashes, bytes_of(hash.bytes, 32));
            i = end;
        }
        writer_u8(&preimage, 1);
        writer_u16(&preimage, present);
        writer_bytes(&preimage, writer_view(&hashes));
        writer_fini(&hashes);
    }
    struct hl_hash hash = hash_bytes(writer_view(&preimage));
    writer_fini(&preimage);
    return hash;
}

static struct hl_hash naive_root(const struct model *model)
{
    struct item *items = hl_alloc(NAMES, sizeof(*items));
    size_t count = 0;
    for (unsigned i = 0; i < NAMES; i++) {
        if (model->rows[i] != 0) {
            name_of(i, items[count].name);
            items[count].place =
                hash_bytes(bytes_of(items[count].name, NAME_BYTES));
            items[count].row = row_of(model->rows[i]);
            count++;
        }
    }
    qsort(items, count, sizeof(*items), by_place);
    struct hl_hash root = naive_node(items, count, 0);
    hl_free(items);
    return root;
}

/* --- Driving the tree --------------------------------------------------- */

struct change_list {
    struct trie_change changes[NAMES];
    uint8_t names[NAMES][NAME_BYTES];
    size_t count;
};

static int by_change_place(const void *a, const void *b)
{
    return memcmp(((const struct trie_change *)a)->place.bytes,
                  ((const struct trie_change *)b)->place.bytes, 32);
}

static void list_change(struct change_list *list, struct model *model,
                        unsigned record, uint32_t row)
{
    model->rows[record] = row;
    uint8_t *name = list->names[record];
    name_of(record, name);
    struct trie_change change = {
        .name = bytes_of(name, NAME_BYTES),
        .place = trie_place(bytes_of(name, NAME_BYTES)),
        .present = row != 0,
        .row = row_of(row),
    };
    for (size_t i = 0; i < list->count; i++) {
        if (list->changes[i].name.data == name) {
            list->changes[i] = change;
            return;
        }
    }
    list->changes[list->count++] = change;
}

static struct hl_hash carry_out(struct change_list *list, struct world *world,
                                uint32_t number)
{
    struct tables tables = {world->txn, 0};
    struct hl_hash root;
    qsort(list->changes, list->count, sizeof(list->changes[0]),
          by_change_place);
    assert_ok(
        trie_update(&tables, number, list->changes, list->count, &root, NULL));
    list->count = 0;
    return root;
}

static size_t count_nodes(struct world *world, uint32_t number)
{
    struct tables tables = {world->txn, 0};
    struct store_key prefix = digest_key(number, DIGEST_NODE);
    struct store_key after = prefix;
    size_t count = 0;
    for (;;) {
        struct store_row row;
        assert_ok(tables_next(&tables, STORE_DIGESTS, key_view(&prefix),
                              key_view(&after), &row, NULL));
        if (row.key.data == NULL) {
            return count;
        }
        after.size = 0;
        key_bytes(&after, row.key);
        count++;
    }
}

static void the_root_is_a_function_of_the_set_alone(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct world world;
    world_init(&world);
    world_begin(&world);
    struct model *model = hl_alloc(1, sizeof(*model));
    struct change_list *list = hl_alloc(1, sizeof(*list));
    for (unsigned round = 0; round < 120; round++) {
        /* Grows, shrinks to nearly nothing, grows: splits and joins. */
        bool shrinking = round % 40 >= 20;
        size_t size = 1 + (size_t)rng_below(&rng, round % 3 == 0 ? 3 : 400);
        for (size_t i = 0; i < size; i++) {
            unsigned record = (unsigned)rng_below(&rng, NAMES);
            bool gone = rng_below(&rng, 10) < (shrinking ? 9 : 2);
            uint32_t row = gone ? 0 : 1 + (uint32_t)rng_below(&rng, 1000);
            list_change(list, model, record, row);
        }
        struct hl_hash root = carry_out(list, &world, 1);
        struct hl_hash naive = naive_root(model);
        assert_memory_equal(root.bytes, naive.bytes, 32);
    }
    for (unsigned i = 0; i < NAMES; i++) {
        list_change(list, model, i, 0);
    }
    struct hl_hash root = carry_out(list, &world, 1);
    struct hl_hash empty = trie_empty_root();
    assert_memory_equal(root.bytes, empty.bytes, 32);
    assert_int_equal(count_nodes(&world, 1), 0);
    hl_free(list);
    hl_free(model);
    world_fini(&world);
}

static void
equal_sets_of_other_histories_have_one_root_and_one_tree(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct world world;
    world_init(&world);
    world_begin(&world);
    struct model *model = hl_alloc(1, sizeof(*model));
    struct change_list *list = hl_alloc(1, sizeof(*list));
    /* One half gets a thousand records at once, the other those and all the
     * rest singly, of which the rest go again. */
    for (unsigned i = 0; i < 1000; i++) {
        list_change(list, model, i, i + 1);
    }
    struct hl_hash at_once = carry_out(list, &world, 1);
    for (unsigned i = 0; i < NAMES; i++) {
        list_change(list, model, i, 1 + (uint32_t)rng_below(&rng, 9));
        carry_out(list, &world, 2);
    }
    struct hl_hash other = {{0}};
    for (unsigned i = NAMES; i > 0; i--) {
        list_change(list, model, i - 1, i <= 1000 ? i : 0);
        other = carry_out(list, &world, 2);
    }
    assert_memory_equal(at_once.bytes, other.bytes, 32);
    assert_int_equal(count_nodes(&world, 1), count_nodes(&world, 2));
    hl_free(list);
    hl_free(model);
    world_fini(&world);
}

static void the_one_record_that_differs_is_found_in_few_steps(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct world world;
    world_init(&world);
    world_begin(&world);
    struct model *model = hl_alloc(1, sizeof(*model));
    struct change_list *list = hl_alloc(1, sizeof(*list));
    for (unsigned half = 1; half <= 2; half++) {
        for (unsigned i = 0; i < NAMES; i++) {
            list_change(list, model, i, i + 1);
        }
        carry_out(list, &world, half);
    }
    struct tables tables = {world.txn, 0};
    struct writer name = {0};
    uint64_t nodes = 0;
    assert_ok(trie_difference(&tables, 1, &tables, 2, &name, &nodes, NULL));
    assert_int_equal(name.size, 0);
    assert_int_equal(nodes, 2);
    for (unsigned round = 0; round < 200; round++) {
        unsigned record = (unsigned)rng_below(&rng, NAMES);
        uint32_t former = model->rows[record];
        list_change(list, model, record, round % 2 == 0 ? 0 : former + 1);
        struct hl_hash changed = carry_out(list, &world, 2);
        writer_clear(&name);
        assert_ok(trie_difference(&tables, 1, &tables, 2, &name, &nodes, NULL));
        uint8_t wanted[NAME_BYTES];
        name_of(record, wanted);
        assert_true(
            bytes_equal(writer_view(&name), bytes_of(wanted, NAME_BYTES)));
        assert_true(nodes <= 2 * 5 + TRIE_BUCKET_MAX);
        list_change(list, model, record, former);
        struct hl_hash back = carry_out(list, &world, 2);
        assert_memory_not_equal(changed.bytes, back.bytes, 32);
    }
    writer_fini(&name);
    hl_free(list);
    hl_free(model);
    world_fini(&world);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_root_is_a_function_of_the_set_alone),
        cmocka_unit_test(
            equal_sets_of_other_histories_have_one_root_and_one_tree),
        cmocka_unit_test(the_one_record_that_differs_is_found_in_few_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
