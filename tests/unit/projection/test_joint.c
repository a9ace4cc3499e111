/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/joint.h"

#include <string.h>

#include "node/catalogue/unit.h"
#include "tests/support/support.h"
#include "tests/unit/projection/world.h"

#define A "zhongyuan.example/zhengzhou"
#define B "zhongyuan.example/luoyang"

static void open_world(struct world *world)
{
    world_init(world);
    world_begin(world);
}

static unsigned two_homes(struct world *world, const char *origin)
{
    struct writer key = {0};
    unsigned count = 0;
    for (;;) {
        struct finding finding = {0};
        bool found = false;
        assert_ok(projection_next_finding(world->txn, writer_view(&key),
                                          &finding, &key, &found, NULL));
        if (!found) {
            break;
        }
        count += strcmp(finding.kind, "unit_in_two_homes") == 0 &&
                 bytes_equal_text(finding.origin, origin);
    }
    writer_fini(&key);
    return count;
}

static void a_unit_active_in_two_journals_is_found_until_it_is_not(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    world_put_unit(&world, A, 1, "one");
    world_put_unit(&world, B, 2, "two");
    world_settle(&world);
    assert_int_equal(two_homes(&world, A), 0);
    world_put_unit(&world, B, 1, "one");
    world_settle(&world);
    assert_int_equal(two_homes(&world, A), 1);
    assert_int_equal(two_homes(&world, B), 1);
    assert_int_equal(world_findings(&world, A), 1);
    world_retire_unit(&world, A, 1);
    world_settle(&world);
    assert_int_equal(two_homes(&world, A), 0);
    assert_int_equal(two_homes(&world, B), 0);
    world_put_unit(&world, A, 1, "one again");
    world_settle(&world);
    assert_int_equal(two_homes(&world, A) + two_homes(&world, B), 2);
    struct writer key = world_unit_key(1);
    uint32_t number = 0;
    bool found = false;
    assert_ok(projection_next_home(world.txn, &unit_record, writer_view(&key),
                                   NULL, &number, &found, NULL));
    assert_true(found);
    assert_int_equal(number, world_number(&world, A));
    assert_ok(projection_next_home(world.txn, &unit_record, writer_view(&key),
                                   &number, &number, &found, NULL));
    assert_true(found);
    assert_int_equal(number, world_number(&world, B));
    assert_ok(projection_next_home(world.txn, &unit_record, writer_view(&key),
                                   &number, &number, &found, NULL));
    assert_false(found);
    writer_fini(&key);
    world_fini(&world);
}

static void joint_state_is_there_before_digests_are(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    world_put_unit(&world, A, 1, "one");
    world_put_unit(&world, B, 1, "one");
    assert_ok(projection_settle_joint(world.projection, world.txn, NULL));
    assert_int_equal(two_homes(&world, A) + two_homes(&world, B), 2);
    world_retire_unit(&world, B, 1);
    assert_ok(projection_settle_joint(world.projection, world.txn, NULL));
    assert_int_equal(two_homes(&world, A) + two_homes(&world, B), 0);
    world_settle(&world);
    struct writer parted = world_dump(&world);
    world_fini(&world);
    open_world(&world);
    world_put_unit(&world, A, 1, "one");
    world_put_unit(&world, B, 1, "one");
    world_retire_unit(&world, B, 1);
    world_settle(&world);
    struct writer whole = world_dump(&world);
    assert_true(bytes_equal(writer_view(&parted), writer_view(&whole)));
    writer_fini(&parted);
    writer_fini(&whole);
    world_fini(&world);
}

/* One step of each of four origins' stories, the same whenever it comes. */
static void tell(struct world *world, unsigned origin, uint64_t step)
{
    static const char *const names[] = {A, B, "zhongyuan.example/kaifeng",
                                        "zhongyuan.example/anyang"};
    struct rng rng;
    rng_init(&rng, test_seed() * 1000 + origin * 100 + step);
    unsigned unit = (unsigned)rng_below(&rng, 12);
    switch (rng_below(&rng, 4)) {
    case 0:
        world_retire_unit(world, names[origin], unit);
        break;
    case 1:
        world_append(world, names[origin], bytes_of_text("damaged"));
        break;
    default:
        world_put_unit(world, names[origin], unit, "name");
        break;
    }
}

static void the_order_of_arrival_leaves_no_trace(void **state)
{
    (void)state;
    enum { ORIGINS = 4, STEPS = 40, ORDERS = 25 };
    struct rng rng = test_rng(__func__);
    struct writer first = {0};
    for (unsigned order = 0; order < ORDERS; order++) {
        struct world world;
        open_world(&world);
        uint64_t told[ORIGINS] = {0};
        unsigned left = ORIGINS * STEPS;
        while (left > 0) {
            unsigned origin = (unsigned)rng_below(&rng, ORIGINS);
            if (told[origin] < STEPS) {
                tell(&world, origin, told[origin]++);
                left--;
            }
            uint64_t settles = rng_below(&rng, 10);
            if (settles < 2) {
                world_settle(&world);
            } else if (settles == 2) { /* as before a reaction */
                assert_ok(
                    projection_settle_joint(world.projection, world.txn, NULL));
            }
        }
        world_settle(&world);
        struct writer dump = world_dump(&world);
        if (order == 0) {
            first = dump;
            assert_non_null(strstr((const char *)first.data, "finding "));
        } else {
            assert_true(bytes_equal(writer_view(&first), writer_view(&dump)));
            writer_fini(&dump);
        }
        world_fini(&world);
    }
    writer_fini(&first);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_unit_active_in_two_journals_is_found_until_it_is_not),
        cmocka_unit_test(joint_state_is_there_before_digests_are),
        cmocka_unit_test(the_order_of_arrival_leaves_no_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
