/* SPDX-License-Identifier: Apache-2.0 */

/* Who confirms a clock after a start: the last own time, two partners, or an
 * operator. */

#include "tests/unit/engine/engine_world.h"

enum { DAY_MS = 24 * 3600 * 1000 };

static struct hl_wall now(const struct engine_world *world)
{
    return (struct hl_wall){.ms = world->wall_ms + world->now_ns / 1000000};
}

static struct hl_mono mono(const struct engine_world *world)
{
    return (struct hl_mono){.ns = world->now_ns};
}

static bool sure(const struct engine_world *world)
{
    return engine_time_is_sure(world->nodes[0]->engine, now(world));
}

static bool right(const struct engine_world *world, int64_t off_ms)
{
    struct hl_wall wall = {.ms = now(world).ms + off_ms};
    return engine_clock_is_right(world->nodes[0]->engine, mono(world), wall,
                                 1000);
}

/* All start again, n0 cut off, days after its last entry. */
static void begin(struct engine_world *world, int64_t days)
{
    world_begin(world, "clock");
    struct world_node *node = world_node(world, 0);
    node->own_time = now(world);
    for (size_t i = 0; i < 4; i++) {
        world_stop(world_node(world, i));
        world_cut(world, 0, i, i > 0);
    }
    world->wall_ms += days * DAY_MS;
    world_start_all(world);
    for (size_t i = 1; i < 4; i++) {
        world_append(world_node(world, i), 1); /* which it vouches for */
    }
    world_run(world, 20000);
}

static void within_a_day_of_the_last_own_time_it_is_sure(void **state)
{
    (void)state;
    struct engine_world world;
    begin(&world, 0);
    assert_true(sure(&world));
    assert_false(right(&world, 0)); /* nobody says so */
    world_fini(&world);
}

static void beyond_two_partners_say_so(void **state)
{
    (void)state;
    struct engine_world world;
    begin(&world, 40);
    assert_false(sure(&world));
    world_cut(&world, 0, 1, false);
    world_run(&world, 2000);
    assert_false(sure(&world)); /* one may be wrong */
    world_cut(&world, 0, 2, false);
    world_run(&world, 20000);
    assert_true(sure(&world));
    assert_true(right(&world, 0));
    world_fini(&world);
}

static void an_operator_says_so(void **state)
{
    (void)state;
    struct engine_world world;
    begin(&world, 40);
    assert_false(sure(&world));
    struct engine_event event = {.kind = ENGINE_CLOCK};
    world_event(world_node(&world, 0), &event);
    assert_true(sure(&world));
    assert_true(right(&world, 0));
    world_run(&world, 20000);
    assert_true(sure(&world));
    assert_true(right(&world, 900));
    assert_false(right(&world, 1100));
    assert_false(right(&world, -1100));
    world_fini(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(within_a_day_of_the_last_own_time_it_is_sure),
        cmocka_unit_test(beyond_two_partners_say_so),
        cmocka_unit_test(an_operator_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
