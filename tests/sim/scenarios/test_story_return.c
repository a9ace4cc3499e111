/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "node/projection/bodies.h"
#include "tests/sim/story.h"

static const char *const version_words[] = {" Segment zhengzhou", NULL};

/* What people decide: how a city returns whose key told two histories, which
 * of two charters holds; and nodes of another version, or without room. */

static const char *const return_words[] = {
    "quarantines", "lets zhengzhou return", "lets return", "is accused",
    "finds fault", "zhengzhou is sure",     "a new key",   NULL};

/* --- Two histories, and a charter that ends the quarrel. ----------------- */

/* A second machine under zhengzhou's keys, which jinan alone talks with; the
 * other one's word goes to luoyang, and from there to kaifeng. */
static struct host *second_machine(struct world *world)
{
    struct host *first = story_host(world, "zhengzhou");
    struct host *second = world_clone(world, first);
    size_t kaifeng = story_host(world, "kaifeng")->port;
    network_block(&world->network, second->port, kaifeng);
    network_block(&world->network, kaifeng, second->port);
    story_part(world, "jinan", "luoyang");
    story_part(world, "jinan", "kaifeng");
    for (size_t i = 1; i < 4; i++) {
        network_break(&world->network, first->port, world->hosts[i]->port);
    }
    host_start(second);
    story_run_s(world, 30);
    return second;
}

static void meet(struct world *world)
{
    story_join(world, "jinan", "luoyang");
    story_join(world, "jinan", "kaifeng");
    story_run_s(world, 40);
}

static uint64_t cut_away(struct world *world, const char *at)
{
    struct host *host = story_host(world, at);
    struct store_txn *txn = NULL;
    uint64_t count = 0;
    assert_ok(store_begin_read(host->store, &txn, NULL));
    assert_ok(sync_store_count_cut(
        txn, bytes_of_text(world->alliance.cities[0].origin), &count, NULL));
    store_abort(&txn);
    return count;
}

static void a_thief_is_cut_off_and_the_owner_returns(void **state)
{
    (void)state;
    struct world *world = story_begin(4);
    struct host *owner = story_host(world, "zhengzhou");
    story_put(world, "zhengzhou", 4);
    story_run_s(world, 20);
    assert_int_equal(story_sealed(world, "jinan", "zhengzhou"), 4);
    struct host *thief = second_machine(world);
    owner->honest = true;
    owner->liar.deaf = false;
    for (unsigned i = 0; i < 3; i++) {
        platform_put(&world->platform, thief, i, "stolen", 0);
    }
    story_put(world, "zhengzhou", 2);
    story_run_s(world, 20);
    assert_int_equal(story_held(world, "jinan", "zhengzhou"), 7);
    assert_int_equal(story_sealed(world, "luoyang", "zhengzhou"), 6);
    story_listen(world, return_words);
    meet(world);
    assert_int_equal(owner->own, ENGINE_OWN_FORKED);
    assert_int_equal(story_held(world, "jinan", "zhengzhou"), 6);
    assert_int_equal(cut_away(world, "jinan"), 3);
    assert_int_equal(cut_away(world, "kaifeng"), 0);
    assert_true(operator_return(owner));
    story_run_until_level(world, 60);
    story_expect(world, "jinan quarantines zhengzhou at 4\n"
                        "kaifeng quarantines zhengzhou at 6\n"
                        "luoyang quarantines zhengzhou at 6\n"
                        "zhengzhou quarantines zhengzhou at 6\n"
                        "zhengzhou is accused with evidence\n"
                        "the charter lets zhengzhou return from 6\n"
                        "zhengzhou lets return zhengzhou at 0\n"
                        "jinan lets return zhengzhou at 0\n"
                        "luoyang lets return zhengzhou at 0\n"
                        "kaifeng lets return zhengzhou at 0\n"
                        "zhengzhou is sure of its journal\n");
    struct request *sealed = story_put_kept(world, "zhengzhou", ENGINE_SEALED);
    story_run_s(world, 30);
    assert_true(sealed->acknowledged[PLATFORM_SEALED]);
    assert_int_equal(story_held(world, "jinan", "zhengzhou"), 7);
    assert_int_equal(cut_away(world, "jinan"), 3);
    story_end(&world);
}

/* The author lied: his own machine has entries beyond what the charter leaves
 * him, and gives them up. */
static void a_forked_author_returns_by_charter(void **state)
{
    (void)state;
    struct world *world = story_begin(4);
    struct host *author = story_host(world, "zhengzhou");
    story_put(world, "zhengzhou", 4);
    story_run_s(world, 20);
    struct host *second = second_machine(world);
    story_part(world, "zhengzhou", "luoyang");
    story_put(world, "zhengzhou", 5);
    platform_put(&world->platform, second, 1, "other", 0);
    story_run_s(world, 20);
    story_join(world, "zhengzhou", "luoyang");
    story_run_s(world, 3);
    story_listen(world, return_words);
    meet(world);
    assert_true(operator_return(author));
    story_run_until_level(world, 60);
    story_expect(world, "jinan quarantines zhengzhou at 4\n"
                        "luoyang quarantines zhengzhou at 9\n"
                        "kaifeng quarantines zhengzhou at 9\n"
                        "the charter lets zhengzhou return from 9\n"
                        "jinan lets return zhengzhou at 0\n"
                        "luoyang lets return zhengzhou at 0\n"
                        "kaifeng lets return zhengzhou at 0\n"
                        "zhengzhou is sure of its journal\n");
    uint64_t left = story_held(world, "zhengzhou", "zhengzhou");
    story_put(world, "zhengzhou", 2);
    story_run_until_level(world, 30);
    assert_int_equal(story_held(world, "kaifeng", "zhengzhou"), left + 2);
    assert_int_equal(author->own, ENGINE_OWN_GOOD);
    story_end(&world);
}

/* Who only passes on what he was told is nobody's liar. */
static void the_honest_relay_of_a_forked_author_is_not_blamed(void **state)
{
    (void)state;
    struct world *world = story_begin(4);
    story_put(world, "zhengzhou", 2);
    story_run_s(world, 20);
    struct host *second = second_machine(world);
    platform_put(&world->platform, second, 1, "other", 0);
    story_put(world, "zhengzhou", 1);
    story_run_s(world, 20);
    static const char *const blame_words[] = {"finds fault", NULL};
    story_listen(world, blame_words);
    meet(world);
    story_expect(world, "");
    assert_true(world->witness.caught[0] > 0);
    assert_int_equal(world->witness.caught[1], 0);
    story_end(&world);
}

/* --- Charters. ----------------------------------------------------------- */

static bool goes_by(struct world *world, const char *city, size_t number)
{
    const struct host *host = story_host(world, city);
    return bytes_equal(engine_charter(driver_engine(host->driver)),
                       writer_view(&world->alliance.charters[number]));
}

static void all_go_by(struct world *world, size_t number)
{
    for (size_t i = 0; i < world->alliance.city_count; i++) {
        assert_true(goes_by(world, world->alliance.cities[i].id, number));
    }
}

static void two_charters_contest_until_a_third_decides(void **state)
{
    (void)state;
    static const char *const words[] = {"has a charter", "charters contest",
                                        NULL};
    struct world *world = story_begin(2);
    story_part(world, "zhengzhou", "jinan");
    story_run_s(world, 20);
    story_listen(world, words);
    alliance_move(&world->alliance, 0);
    operator_give_charter(story_host(world, "zhengzhou"));
    story_run_s(world, 1);
    alliance_rival(&world->alliance, 0, NULL);
    struct engine_event rival = {.kind = ENGINE_CHARTER,
                                 .note =
                                     writer_view(&world->alliance.charters[2])};
    host_event(story_host(world, "jinan"), &rival);
    story_run_s(world, 1);
    assert_true(goes_by(world, "zhengzhou", 1));
    assert_true(goes_by(world, "jinan", 2));
    story_join(world, "zhengzhou", "jinan");
    story_run_s(world, 10);
    all_go_by(world, 0);
    struct request *kept = story_put_kept(world, "zhengzhou", 1);
    story_run_s(world, 10);
    assert_true(kept->acknowledged[PLATFORM_KEEPERS]); /* work goes on */
    alliance_move(&world->alliance, 1);
    operator_give_charter(story_host(world, "jinan"));
    story_run_s(world, 5);
    all_go_by(world, 3);
    story_expect(world, "zhengzhou has a charter  at 2\n"
                        "jinan has a charter  at 2\n"
                        "zhengzhou sees charters contest  at 1: HL_ESUCCESSORS "
                        "two charters follow the one that holds\n"
                        "zhengzhou has a charter  at 1\n"
                        "jinan sees charters contest  at 1: HL_ESUCCESSORS two "
                        "charters follow the one that holds\n"
                        "jinan has a charter  at 1\n"
                        "jinan has a charter  at 3\n"
                        "zhengzhou has a charter  at 3\n");
    story_end(&world);
}

/* --- Versions. ----------------------------------------------------------- */

static void an_older_program_keeps_what_it_cannot_read(void **state)
{
    (void)state;
    struct world *world = story_begin(4);
    struct body_table older = program_bodies;
    older.count = 2; /* of units only */
    static const char *const others[] = {"jinan", "luoyang", "kaifeng"};
    for (size_t i = 0; i < 3; i++) {
        story_stop(world, others[i]);
        story_host(world, others[i])->bodies = &older;
        story_start(world, others[i]);
    }
    story_run_s(world, 20);
    story_part(world, "zhengzhou", "kaifeng"); /* hears it from another */
    story_listen(world, version_words);
    story_put(world, "zhengzhou", 2);
    platform_rules(&world->platform, story_host(world, "zhengzhou"));
    story_run_s(world, 5);
    story_put(world, "zhengzhou", 3);
    story_put(world, "jinan", 1); /* pauses nobody else */
    story_run_until_level(world, 40);
    story_run_s(world, 20);
    assert_int_equal(story_sealed(world, "zhengzhou", "zhengzhou"), 6);
    story_expect(world,
                 "zhengzhou > luoyang Segment zhengzhou 0..3 of 3 with start\n"
                 "zhengzhou > jinan Segment zhengzhou 0..3 of 3 with start\n"
                 "zhengzhou > kaifeng Segment zhengzhou 0..3 of 3 with start\n"
                 "zhengzhou > luoyang Segment zhengzhou 3..6 of 6\n"
                 "zhengzhou > jinan Segment zhengzhou 3..6 of 6\n"
                 "luoyang > kaifeng Segment zhengzhou 0..6 of 6 with start\n");
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(story_held(world, others[i], "zhengzhou"), 6);
        assert_int_equal(story_applied(world, others[i], "zhengzhou"), 2);
        assert_int_equal(story_applied(world, others[i], "jinan"), 1);
    }
    for (size_t i = 0; i < 3; i++) {
        story_stop(world, others[i]);
        story_host(world, others[i])->bodies = NULL;
        story_start(world, others[i]);
    }
    story_run_s(world, 10);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(story_applied(world, others[i], "zhengzhou"), 6);
    }
    story_end(&world);
}

/* --- Room. --------------------------------------------------------------- */

static void a_keeper_without_room_catches_up_when_it_has_some(void **state)
{
    (void)state;
    struct world *world = story_begin(4);
    struct host *full = story_host(world, "jinan");
    full->full = true;
    uint64_t messages = world->network.messages;
    story_put(world, "zhengzhou", 5);
    struct request *all = story_put_kept(world, "zhengzhou", 3);
    struct request *sealed = story_put_kept(world, "zhengzhou", ENGINE_SEALED);
    story_run_s(world, 60);
    assert_true(sealed->acknowledged[PLATFORM_SEALED]);
    assert_false(all->acknowledged[PLATFORM_KEEPERS]);
    assert_int_equal(story_held(world, "jinan", "zhengzhou"), 0);
    assert_in_range(world->network.messages - messages, 1, 2000);
    full->full = false;
    story_run_until_level(world, 30);
    story_run_s(world, 20);
    assert_true(all->acknowledged[PLATFORM_KEEPERS]);
    story_end(&world);
}

static void an_author_without_room_refuses_and_goes_on_later(void **state)
{
    (void)state;
    struct world *world = story_begin(3);
    story_host(world, "zhengzhou")->full = true;
    struct request *put = story_put_kept(world, "zhengzhou", ENGINE_SEALED);
    story_put(world, "jinan", 3);
    story_run_s(world, 20);
    assert_false(put->acknowledged[PLATFORM_DISK]);
    assert_int_equal(story_held(world, "luoyang", "jinan"), 3);
    assert_int_equal(story_held(world, "zhengzhou", "jinan"), 0);
    story_host(world, "zhengzhou")->full = false;
    story_run_until_level(world, 30);
    story_run_s(world, 20);
    assert_true(put->acknowledged[PLATFORM_SEALED]);
    assert_int_equal(story_held(world, "jinan", "zhengzhou"), 1);
    story_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thief_is_cut_off_and_the_owner_returns),
        cmocka_unit_test(a_forked_author_returns_by_charter),
        cmocka_unit_test(the_honest_relay_of_a_forked_author_is_not_blamed),
        cmocka_unit_test(two_charters_contest_until_a_third_decides),
        cmocka_unit_test(an_older_program_keeps_what_it_cannot_read),
        cmocka_unit_test(a_keeper_without_room_catches_up_when_it_has_some),
        cmocka_unit_test(an_author_without_room_refuses_and_goes_on_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
