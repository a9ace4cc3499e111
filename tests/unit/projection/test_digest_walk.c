/* SPDX-License-Identifier: Apache-2.0 */

/* Two nodes that computed a half differently find the record, a node of the
 * tree at a time. */

#include <stdio.h>
#include <string.h>

#include "tests/support/support.h"
#include "tests/unit/projection/world.h"

#define LUOYANG "zhongyuan.example/luoyang"

enum { UNITS = 600 };

/* UNITS units; the odd one is named otherwise, or left out. */
static void fill(struct world *world, unsigned odd, const char *name)
{
    world_init(world);
    world_begin(world);
    for (unsigned i = 0; i < UNITS; i++) {
        world_put_unit(world, LUOYANG, i == odd && name == NULL ? i + 1 : i,
                       i == odd && name != NULL ? name : "unit");
    }
    world_settle(world);
}

/* From the root down; how many questions it took. */
static unsigned walk(struct world *ours, struct world *theirs,
                     struct digest_step *step)
{
    uint8_t path[64];
    unsigned asked = 0;
    do {
        struct writer node = {0};
        struct bytes at = bytes_of(path, asked);
        assert_true(asked < sizeof(path));
        assert_ok(projection_digest_node(theirs->txn,
                                         world_number(theirs, LUOYANG), UNITS,
                                         at, &node, NULL));
        assert_true(writer_view(&node).size > 0);
        assert_ok(projection_digest_compare(
            ours->txn, world_number(ours, LUOYANG), UNITS, at,
            writer_view(&node), step, NULL));
        path[asked++] = step->child;
        writer_fini(&node);
    } while (step->below);
    return asked;
}

static void equal_halves_differ_nowhere(void **state)
{
    (void)state;
    struct world a, b;
    struct digest_step step;
    fill(&a, UNITS, NULL);
    fill(&b, UNITS, NULL);
    assert_int_equal(walk(&a, &b, &step), 1);
    assert_true(step.same);
    world_fini(&a);
    world_fini(&b);
}

static void the_record_that_differs_is_named(void **state)
{
    (void)state;
    struct world a, b;
    struct digest_step step;
    char id[33];
    fill(&a, UNITS, NULL);
    fill(&b, 123, "another name");
    assert_in_range(walk(&a, &b, &step), 2, 6);
    assert_false(step.same);
    world_unit_id(123, id);
    assert_non_null(strstr(step.record, id));
    world_fini(&a);
    world_fini(&b);
}

static void a_record_that_only_one_has_is_found(void **state)
{
    (void)state;
    struct world a, b;
    struct digest_step step;
    char id[33];
    fill(&a, UNITS, NULL);
    fill(&b, 77, NULL);
    (void)walk(&a, &b, &step);
    assert_false(step.same);
    world_unit_id(77, id);
    assert_true(step.record[0] == '\0' || strstr(step.record, id) != NULL);
    world_fini(&a);
    world_fini(&b);
}

static void another_size_or_bytes_that_are_no_node_are_told_apart(void **state)
{
    (void)state;
    struct world a;
    struct digest_step step;
    struct writer node = {0};
    fill(&a, UNITS, NULL);
    uint32_t number = world_number(&a, LUOYANG);
    struct bytes root = {0};
    assert_err(
        projection_digest_node(a.txn, number, UNITS - 1, root, &node, NULL),
        HL_ENOTFOUND);
    assert_ok(projection_digest_node(a.txn, number, UNITS, root, &node, NULL));
    struct bytes whole = writer_view(&node);
    for (size_t size = 0; size < whole.size; size++) {
        hl_err err =
            projection_digest_compare(a.txn, number, UNITS, root,
                                      bytes_slice(whole, 0, size), &step, NULL);
        assert_err(err, HL_EMALFORMED);
    }
    assert_err(projection_digest_compare(a.txn, number, UNITS, root,
                                         bytes_of_text("\x07"), &step, NULL),
               HL_EMALFORMED);
    writer_fini(&node);
    world_fini(&a);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_halves_differ_nowhere),
        cmocka_unit_test(the_record_that_differs_is_named),
        cmocka_unit_test(a_record_that_only_one_has_is_found),
        cmocka_unit_test(another_size_or_bytes_that_are_no_node_are_told_apart),
    };
    test_seed_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
