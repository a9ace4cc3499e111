/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tests/sim/story.h"

static const char *const rotate_words[] = {"zhengzhou starts",
                                           "zhengzhou is sure",
                                           "zhengzhou needs",
                                           "zhengzhou has a charter",
                                           "quarantines",
                                           "finds fault",
                                           NULL};

static const char *const clock_words[] = {"luoyang starts", "luoyang answers",
                                          "luoyang says", NULL};

static const char *const verdict_words[] = {"quarantines", "finds fault",
                                            "lets return", NULL};
static const char *const zhengzhou_words[] = {
    "zhengzhou is ", "zhengzhou needs", "zhengzhou may not", "a new key", NULL};
static const char *const jinan_words[] = {"jinan is ", "jinan needs",
                                          "jinan may not", NULL};

/* --- Forks. -------------------------------------------------------------- */

static void two_histories_are_seen_by_both_who_were_told(void **state)
{
    (void)state;
    struct world *world = story_begin(4);
    struct request *sealed = story_put_kept(world, "zhengzhou", ENGINE_SEALED);
    story_run_s(world, 10);
    assert_true(sealed->acknowledged[PLATFORM_SEALED]);
    struct host *first = story_host(world, "zhengzhou");
    struct host *second = world_clone(world, first);
    host_start(second);
    for (size_t i = 1; i < 4; i++) {
        network_break(&world->network, first->port, world->hosts[i]->port);
    }
    /* Each partner hears one of the two, and not the other partners yet. */
    story_part(world, "jinan", "luoyang");
    story_part(world, "kaifeng", "luoyang");
    story_run_s(world, 30);
    platform_put(&world->platform, first, 1, "one", 0);
    platform_put(&world->platform, second, 1, "two", 0);
    story_run_s(world, 10);
    assert_int_equal(story_held(world, "jinan", "zhengzhou"), 2);
    assert_int_equal(story_held(world, "luoyang", "zhengzhou"), 2);
    story_listen(world, verdict_words);
    story_join(world, "jinan", "luoyang");
    story_join(world, "kaifeng", "luoyang");
    story_run_until_level(world, 60);
    story_run_s(world, 10);
    /* Two of three keepers had sealed what the second machine wrote: that
     * stands, and luoyang drops what it had in its place. */
    for (size_t i = 1; i < 4; i++) {
        struct engine_origin_view view;
        assert_true(host_view(world->hosts[i], 0, &view));
        assert_int_equal(view.held.size, 2);
        assert_true(truth_branch_has(&world->truths[0], 1, &view.held));
        assert_int_equal(view.standing, ENGINE_ORIGIN_QUARANTINED);
    }
    story_expect(world, "jinan quarantines zhengzhou at 2\n"
                        "kaifeng quarantines zhengzhou at 2\n"
                        "luoyang quarantines zhengzhou at 1\n");
    story_end(&world);
}

/* The debtor goes back before everything that was sealed: that stands. */
static void a_fork_at_the_very_beginning_drops_nothing_sealed(void **state)
{
    (void)state;
    struct world *world = story_begin(4);
    struct host *first = story_host(world, "zhengzhou");
    struct host *second = world_clone(world, first);
    second->honest = first->honest = true; /* so far */
    second->liar.deaf = first->liar.deaf = false;
    struct request *sealed = story_put_kept(world, "zhengzhou", ENGINE_SEALED);
    story_put(world, "zhengzhou", 8);
    story_run_s(world, 20);
    assert_true(sealed->acknowledged[PLATFORM_SEALED]);
    assert_int_equal(story_sealed(world, "jinan", "zhengzhou"), 9);
    story_listen(world, verdict_words);
    second->honest = first->honest = false;
    second->liar.deaf = first->liar.deaf = true;
    host_start(second);
    for (size_t i = 1; i < 4; i++) {
        network_break(&world->network, first->port, world->hosts[i]->port);
    }
    story_run_s(world, 10);
    for (unsigned i = 0; i < 20; i++) {
        platform_put(&world->platform, second, i, "other", 0);
    }
    story_run_s(world, 60);
    for (size_t i = 1; i < 4; i++) {
        struct engine_origin_view view;
        assert_true(host_view(world->hosts[i], 0, &view));
        assert_int_equal(view.held.size, 9);
        assert_true(truth_branch_has(&world->truths[0], 0, &view.held));
        assert_int_equal(view.standing, ENGINE_ORIGIN_QUARANTINED);
    }
    story_expect(world, "jinan quarantines zhengzhou at 9\n"
                        "kaifeng quarantines zhengzhou at 9\n"
                        "luoyang quarantines zhengzhou at 9\n");
    story_end(&world);
}

/* A keeper that lies along with the author cosigns both histories: now both
 * may be sealed, and whoever sees both names the two of them. */
static void a_keeper_that_cosigns_two_histories_is_named(void **state)
{
    (void)state;
    struct world *world = story_found(4, 3, 2);
    for (size_t i = 0; i < 4; i++) {
        host_start(world->hosts[i]);
    }
    story_run_s(world, 10);
    story_put_kept(world, "zhengzhou", ENGINE_SEALED);
    story_run_s(world, 15);
    struct host *author = story_host(world, "zhengzhou");
    struct host *keeper = story_host(world, "jinan");
    struct host *second_keeper = world_clone(world, keeper);
    struct host *second_author = world_clone(world, author);
    for (size_t i = 0; i < 4; i++) {
        network_break(&world->network, author->port, world->hosts[i]->port);
        network_break(&world->network, keeper->port, world->hosts[i]->port);
    }
    host_start(second_author);
    host_start(second_keeper);
    story_part(world, "luoyang", "kaifeng");
    story_run_s(world, 20);
    platform_put(&world->platform, author, 1, "one", 0);
    platform_put(&world->platform, second_author, 1, "two", 0);
    story_run_s(world, 30);
    story_join(world, "luoyang", "kaifeng");
    story_run_s(world, 60);
    assert_true(world->witness.caught[0] > 0);
    assert_true(world->witness.caught[1] > 0);
    assert_true(world->tally.reports[ENGINE_REPORT_SEALED_TWICE] > 0);
    story_end(&world);
}

/* --- Disks, stores and marks. -------------------------------------------- */

static void a_lost_disk_comes_back_from_the_keepers(void **state)
{
    (void)state;
    struct world *world = story_begin(4);
    story_put(world, "zhengzhou", 10);
    struct request *kept = story_put_kept(world, "zhengzhou", 2);
    story_run_s(world, 10);
    assert_true(kept->acknowledged[PLATFORM_KEEPERS]);
    struct host *host = story_host(world, "zhengzhou");
    story_stop(world, "zhengzhou");
    disk_wipe(&host->disk);
    host->has_mark = false;
    host->set_back = true;
    memset(host->sealed_seen, 0, sizeof(host->sealed_seen));
    operator_lost(host);
    story_listen(world, zhengzhou_words);
    story_start(world, "zhengzhou");
    story_run_until_level(world, 120);
    story_expect(world, "zhengzhou may not sign: HL_EMARK\n"
                        "zhengzhou is unsure of its journal\n"
                        "zhengzhou is unsure of its journal\n"
                        "zhengzhou needs a new journal key\n"
                        "the charter admits a new key of zhengzhou from 11\n"
                        "zhengzhou needs a new journal key\n"
                        "zhengzhou is sure of its journal\n");
    assert_int_equal(story_held(world, "zhengzhou", "zhengzhou"), 11);
    story_put(world, "zhengzhou", 1);
    story_run_until_level(world, 20);
    story_end(&world);
}

static void a_restored_store_is_brought_up_to_its_mark(void **state)
{
    (void)state;
    struct world *world = story_begin(3);
    struct host *host = story_host(world, "jinan");
    story_put(world, "jinan", 4);
    story_run_s(world, 10);
    disk_backup(&host->disk);
    story_put(world, "jinan", 4);
    story_run_s(world, 10);
    story_stop(world, "jinan");
    disk_restore(&host->disk);
    host->set_back = true;
    memset(host->sealed_seen, 0, sizeof(host->sealed_seen));
    operator_lost(host);
    story_listen(world, jinan_words);
    story_start(world, "jinan");
    story_put(world, "jinan", 1); /* refused until the store is whole */
    story_run_until_level(world, 60);
    story_expect(world, "jinan may not sign: HL_EMARK\n"
                        "jinan is unsure of its journal\n"
                        "jinan is asked 9: put 8\n"
                        "jinan is unsure of its journal\n"
                        "jinan is sure of its journal\n");
    story_run_s(world, 20);
    assert_int_equal(story_held(world, "zhengzhou", "jinan"), 9);
    story_end(&world);
}

/* --- Keys and clocks. ---------------------------------------------------- */

static void a_key_is_changed_under_load_and_nothing_is_dropped(void **state)
{
    (void)state;
    struct world *world = story_begin(3);
    story_listen(world, rotate_words);
    for (unsigned i = 0; i < 30; i++) {
        story_put(world, "zhengzhou", 5);
        story_run_s(world, 1);
        if (i == 10) {
            assert_true(operator_rotate(story_host(world, "zhengzhou")));
        }
    }
    story_run_until_level(world, 30);
    assert_int_equal(story_held(world, "jinan", "zhengzhou"), 150);
    assert_int_equal(story_host(world, "zhengzhou")->journal_key, 1);
    story_expect(world, "zhengzhou has a charter  at 2\n"
                        "zhengzhou is sure of its journal\n"
                        "zhengzhou starts\n"
                        "zhengzhou is sure of its journal\n");
    story_end(&world);
}

static void a_clock_nine_years_ahead_for_a_minute_writes_nothing(void **state)
{
    (void)state;
    struct world *world = story_begin(3);
    struct host *host = story_host(world, "luoyang");
    story_put(world, "luoyang", 1);
    story_run_s(world, 5);
    story_listen(world, clock_words);
    host->skew_ms = 9ll * 365 * 86400 * 1000;
    story_put(world, "luoyang", 3);
    story_run_s(world, 60);
    assert_int_equal(story_held(world, "zhengzhou", "luoyang"), 1);
    host->skew_ms = 0;
    story_run_until_level(world, 30);
    story_run_s(world, 10);
    assert_int_equal(story_held(world, "zhengzhou", "luoyang"), 4);
    story_expect(world, "luoyang answers 3 with entry 1\n"
                        "luoyang answers 2 with entry 2\n"
                        "luoyang answers 4 with entry 3\n");
    story_end(&world);
}

/* Nobody saw it jump: partners' heartbeats say that it is wrong. */
static void a_node_that_starts_nine_years_ahead_writes_nothing(void **state)
{
    (void)state;
    struct world *world = story_begin(4);
    struct host *host = story_host(world, "luoyang");
    for (size_t i = 0; i < 4; i++) {
        story_put(world, world->alliance.cities[i].id, 1);
    }
    story_run_s(world, 15);
    story_listen(world, clock_words);
    story_stop(world, "luoyang");
    host->skew_ms = 9ll * 365 * 86400 * 1000;
    story_start(world, "luoyang");
    story_run_s(world, 10);
    story_put(world, "luoyang", 3);
    struct request *sealed =
        story_put_kept(world, "zhengzhou", 2); /* it cosigns nothing now */
    story_run_s(world, 30);
    assert_int_equal(story_held(world, "zhengzhou", "luoyang"), 1);
    assert_true(sealed->acknowledged[PLATFORM_KEEPERS]);
    size_t author = story_host(world, "zhengzhou")->city;
    struct frontier held;
    assert_int_equal(host_kept(host, author, &held).size, 1);
    story_stop(world, "luoyang");
    host->skew_ms = 0;
    story_start(world, "luoyang");
    story_run_until_level(world, 30);
    story_run_s(world, 20);
    assert_int_equal(story_held(world, "zhengzhou", "luoyang"), 4);
    assert_int_equal(host_kept(host, author, &held).size, 2);
    story_expect(world, "luoyang starts\n"
                        "luoyang starts\n"
                        "luoyang answers 7 with entry 1\n"
                        "luoyang answers 5 with entry 2\n"
                        "luoyang answers 6 with entry 3\n");
    struct engine_origin_view view;
    assert_true(host_view(story_host(world, "jinan"), host->city, &view));
    assert_in_range(view.as_of.ms, 1, host_wall(host).ms);
    story_end(&world);
}

static void start_off(struct world *world, const char *city, int64_t hours)
{
    struct host *host = story_host(world, city);
    story_stop(world, city);
    host->skew_ms = hours * 3600 * 1000;
    story_start(world, city);
    story_put(world, city, 1);
    story_run_s(world, 15);
}

/* As a machine's does whose battery clock counts in another zone, until NTP
 * sees it; one of those who say so was wrong meanwhile, the other way. */
static void
a_clock_wrong_from_the_start_is_believed_when_set_right(void **state)
{
    (void)state;
    struct world *world = story_begin(3);
    struct host *host = story_host(world, "luoyang");
    for (size_t i = 0; i < 3; i++) {
        story_put(world, world->alliance.cities[i].id, 1);
    }
    story_run_s(world, 15);
    start_off(world, "luoyang", -8);
    assert_int_equal(story_held(world, "zhengzhou", "luoyang"), 2);
    start_off(world, "zhengzhou", 8);
    start_off(world, "zhengzhou", 0);
    host->skew_ms = 0;
    story_put(world, "luoyang", 1);
    story_run_until_level(world, 30);
    assert_int_equal(story_held(world, "zhengzhou", "luoyang"), 3);
    /* What nobody else says is not. */
    host->skew_ms = 8ll * 3600 * 1000;
    story_put(world, "luoyang", 1);
    story_run_s(world, 60);
    assert_int_equal(story_held(world, "zhengzhou", "luoyang"), 3);
    story_end(&world);
}

static void one_partner_alone_does_not_tell_the_time(void **state)
{
    (void)state;
    struct world *world = story_begin(3);
    struct host *host = story_host(world, "luoyang");
    for (size_t i = 0; i < 3; i++) {
        story_put(world, world->alliance.cities[i].id, 1);
    }
    story_run_s(world, 15);
    story_stop(world, "jinan");
    start_off(world, "luoyang", -8);
    host->skew_ms = 0;
    story_put(world, "luoyang", 1);
    story_run_s(world, 60);
    assert_int_equal(story_held(world, "zhengzhou", "luoyang"), 2);
    story_start(world, "jinan");
    story_run_until_level(world, 30);
    story_run_s(world, 10);
    assert_int_equal(story_held(world, "zhengzhou", "luoyang"), 3);
    story_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_histories_are_seen_by_both_who_were_told),
        cmocka_unit_test(a_fork_at_the_very_beginning_drops_nothing_sealed),
        cmocka_unit_test(a_keeper_that_cosigns_two_histories_is_named),
        cmocka_unit_test(a_lost_disk_comes_back_from_the_keepers),
        cmocka_unit_test(a_restored_store_is_brought_up_to_its_mark),
        cmocka_unit_test(a_key_is_changed_under_load_and_nothing_is_dropped),
        cmocka_unit_test(a_clock_nine_years_ahead_for_a_minute_writes_nothing),
        cmocka_unit_test(
            a_clock_wrong_from_the_start_is_believed_when_set_right),
        cmocka_unit_test(one_partner_alone_does_not_tell_the_time),
        cmocka_unit_test(a_node_that_starts_nine_years_ahead_writes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
