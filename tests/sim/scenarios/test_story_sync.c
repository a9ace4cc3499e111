/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/story.h"

static const char *const pull_words[] = {" Want zhengzhou", NULL};

static const char *const say_words[] = {" says of ", " answers ", NULL};

static const char *const relay_words[] = {" Want zhengzhou", " Want luoyang",
                                          " Segment ", NULL};

static const char *const sync_words[] = {" Hello ", " Want ", " Segment ",
                                         NULL};

static void two_that_meet_exchange_what_they_have(void **state)
{
    (void)state;
    struct world *world = story_found(2, 1, 1);
    story_start(world, "zhengzhou");
    story_put(world, "zhengzhou", 3);
    story_run_s(world, 1);
    story_listen(world, sync_words);
    story_start(world, "jinan");
    story_put(world, "jinan", 1);
    story_run_until_level(world, 20);
    story_expect(world,
                 "zhengzhou > jinan Hello charter 1\n"
                 "jinan > zhengzhou Hello charter 1\n"
                 "zhengzhou > jinan Want jinan from 0\n"
                 "jinan > zhengzhou Want zhengzhou from 0\n"
                 "jinan > zhengzhou Segment jinan 0..1 of 1 with start\n"
                 "zhengzhou > jinan Segment zhengzhou 0..3 of 3 with start\n");
    assert_int_equal(story_held(world, "jinan", "zhengzhou"), 3);
    assert_int_equal(story_held(world, "zhengzhou", "jinan"), 1);
    story_end(&world);
}

static void a_pull_goes_on_in_the_middle_after_a_break(void **state)
{
    (void)state;
    struct world *world = story_begin(2);
    size_t a = story_host(world, "zhengzhou")->port;
    size_t b = story_host(world, "jinan")->port;
    story_part(world, "zhengzhou", "jinan");
    story_run_s(world, 30);
    story_put(world, "zhengzhou", 20000);
    story_run_s(world, 10);
    story_listen(world, pull_words);
    story_join(world, "zhengzhou", "jinan");
    uint64_t held = 0;
    for (int tenths = 0; held == 0 && tenths < 400; tenths++) {
        world_run(world, WORLD_S / 10);
        held = story_held(world, "jinan", "zhengzhou");
    }
    assert_in_range(held, 1, 19999);
    network_break(&world->network, a, b);
    uint64_t bytes = world->network.bytes;
    story_run_until_level(world, 60);
    /* What was stored is not sent again: the rest is less than the whole. */
    assert_true(world->network.bytes - bytes < (20000 - held) * 400 + 2000000);
    assert_int_equal(story_held(world, "jinan", "zhengzhou"), 20000);
    story_expect(world, "jinan > zhengzhou Want zhengzhou from 0\n"
                        "jinan > zhengzhou Want zhengzhou from 5397\n");
    story_end(&world);
}

static void what_two_cannot_tell_each_other_a_third_relays(void **state)
{
    (void)state;
    struct world *world = story_begin(3);
    story_part(world, "zhengzhou", "luoyang");
    story_run_s(world, 30);
    story_listen(world, relay_words);
    story_put(world, "zhengzhou", 3);
    story_put(world, "luoyang", 2);
    assert_in_range(story_run_until_level(world, 20), 1, 20);
    story_expect_upstream(world, "luoyang", "zhengzhou", "jinan");
    story_expect_upstream(world, "zhengzhou", "luoyang", "jinan");
    story_expect(world,
                 "zhengzhou > jinan Segment zhengzhou 0..3 of 3 with start\n"
                 "luoyang > jinan Segment luoyang 0..2 of 2 with start\n"
                 "jinan > zhengzhou Segment luoyang 0..2 of 2 with start\n"
                 "jinan > luoyang Segment zhengzhou 0..3 of 3 with start\n");
    story_join(world, "zhengzhou", "luoyang");
    story_run_s(world, 30);
    story_put(world, "zhengzhou", 1);
    story_run_until_level(world, 5);
    story_expect_upstream(world, "luoyang", "zhengzhou", "zhengzhou");
    story_end(&world);
}

static void a_partition_stops_nobody_and_heals_by_itself(void **state)
{
    (void)state;
    static const char *const left[] = {"zhengzhou", "jinan"};
    static const char *const right[] = {"luoyang", "kaifeng"};
    struct world *world = story_begin(4);
    for (size_t i = 0; i < 4; i++) {
        story_part(world, left[i % 2], right[i / 2]);
    }
    story_run_s(world, 40);
    story_listen(world, say_words);
    struct request *here = story_put_kept(world, "zhengzhou", 1);
    struct request *sealed = story_put_kept(world, "luoyang", ENGINE_SEALED);
    story_put(world, "jinan", 5);
    story_run_s(world, 40);
    assert_true(here->acknowledged[PLATFORM_KEEPERS]);
    assert_true(sealed->acknowledged[PLATFORM_DISK]);
    assert_false(sealed->acknowledged[PLATFORM_SEALED]);
    assert_int_equal(story_held(world, "jinan", "zhengzhou"), 1);
    assert_int_equal(story_held(world, "kaifeng", "zhengzhou"), 0);
    for (size_t i = 0; i < 4; i++) {
        story_join(world, left[i % 2], right[i / 2]);
    }
    assert_in_range(story_run_until_level(world, 15), 1, 15);
    story_run_s(world, 60);
    assert_true(sealed->acknowledged[PLATFORM_SEALED]);
    story_expect(world, "zhengzhou answers 1 with entry 0\n"
                        "luoyang answers 2 with entry 0\n"
                        "jinan answers 3 with entry 0\n"
                        "jinan answers 4 with entry 1\n"
                        "jinan answers 5 with entry 2\n"
                        "jinan answers 6 with entry 3\n"
                        "jinan answers 7 with entry 4\n"
                        "zhengzhou says of 1: HL_OK, 1 keepers\n"
                        "luoyang says of 2: HL_EDEADLINE, 1 keepers\n"
                        "luoyang answers 2 with entry 0\n"
                        "luoyang says of 2: HL_OK, 2 keepers, sealed\n");
    story_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_that_meet_exchange_what_they_have),
        cmocka_unit_test(a_pull_goes_on_in_the_middle_after_a_break),
        cmocka_unit_test(what_two_cannot_tell_each_other_a_third_relays),
        cmocka_unit_test(a_partition_stops_nobody_and_heals_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
