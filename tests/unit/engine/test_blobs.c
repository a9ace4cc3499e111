/* SPDX-License-Identifier: Apache-2.0 */

/* Blobs reach who wants them, from whoever has them. */

#include <string.h>

#include "tests/unit/engine/engine_world.h"

static void begin(struct engine_world *world, const char *test, uint64_t parts)
{
    world_begin(world, test);
    world_make_blob(world, 0, parts);
    world_node(world, 0)->held[0].parts = parts;
}

static bool has(struct engine_world *world, size_t node, size_t blob)
{
    return world_node(world, node)->held[blob].parts ==
           blob_part_count(world->blobs[blob].seal.size);
}

static void a_reader_gets_it_from_its_author(void **state)
{
    (void)state;
    struct engine_world world;
    for (uint64_t parts = 1; parts < 40; parts = 3 * parts + 1) {
        begin(&world, "blob", parts);
        uint64_t before = world.kinds[SYNC_BLOB_PART];
        world_want_blob(world_node(&world, 1), 0);
        world_run(&world, 1000);
        assert_true(has(&world, 1, 0));
        assert_int_equal(world.kinds[SYNC_BLOB_PART] - before, parts);
        assert_int_equal(engine_blobs_wanted(world_node(&world, 1)->engine), 0);
        world_fini(&world);
    }
}

/* Nobody asks for more than a window ahead. */
static void no_more_than_a_window_is_under_way(void **state)
{
    (void)state;
    struct engine_world world;
    begin(&world, "blob window", 40);
    struct world_node *reader = world_node(&world, 1);
    world_want_blob(reader, 0);
    while (!has(&world, 1, 0)) {
        world_run(&world, 1);
        assert_true(world.kinds[SYNC_BLOB_PART] <=
                    reader->held[0].parts + SYNC_BLOB_WINDOW_PARTS);
    }
    world_fini(&world);
}

/* Where a part takes longer than a peer is waited for, each is sent hardly more
 * than once, and what waits behind them waits for few. */
static void a_slow_line_bears_it(void **state)
{
    (void)state;
    struct engine_world world;
    begin(&world, "blob slow", 40);
    struct world_node *reader = world_node(&world, 1);
    world_cut(&world, 1, 2, true);
    world_cut(&world, 1, 3, true);
    world.part_ms = 33000;
    uint64_t before = world.kinds[SYNC_BLOB_PART];
    world_want_blob(reader, 0);
    world_run(&world, 30 * 60000);
    assert_true(reader->held[0].parts > 30);
    uint64_t stream = world_stream_between(&world, 0, 1);
    const struct world_stream *s = &world.streams[stream];
    int64_t until =
        s->free_ns[0] > s->free_ns[1] ? s->free_ns[0] : s->free_ns[1];
    assert_true(until - world.now_ns < 100 * INT64_C(1000000000));
    world_run(&world, 30 * 60000);
    assert_true(has(&world, 1, 0));
    assert_in_range(world.kinds[SYNC_BLOB_PART] - before, 40, 60);
    world_fini(&world);
}

/* And of a quick one it makes use again. */
static void a_line_that_becomes_quick_is_used(void **state)
{
    (void)state;
    struct engine_world world;
    begin(&world, "blob quick again", 200);
    struct world_node *reader = world_node(&world, 1);
    world.part_ms = 5000;
    world_want_blob(reader, 0);
    world_run(&world, 60000);
    assert_in_range(reader->held[0].parts, 8, 14);
    world.part_ms = 1;
    world_run(&world, 12000);
    assert_true(has(&world, 1, 0));
    world_fini(&world);
}

static void a_city_behind_another_gets_it_by_way_of_that(void **state)
{
    (void)state;
    struct engine_world world;
    begin(&world, "blob chain", 9);
    for (size_t i = 1; i < 4; i++) {
        world_cut(&world, 3, i, i != 1);
    }
    world_cut(&world, 0, 3, true);
    world_want_blob(world_node(&world, 3), 0);
    world_run(&world, 20000);
    assert_int_equal(world_node(&world, 3)->held[0].parts, 0);
    world_want_blob(world_node(&world, 1), 0);
    world_run(&world, 40000);
    assert_true(has(&world, 1, 0));
    assert_true(has(&world, 3, 0));
    world_fini(&world);
}

static void who_has_it_not_is_passed_over_at_once(void **state)
{
    (void)state;
    struct engine_world world;
    begin(&world, "blob absent", 9);
    world_node(&world, 0)->held[0].parts = 0; /* its author lost it */
    world_node(&world, 2)->held[0].parts = 9;
    world_want_blob(world_node(&world, 1), 0);
    world_run(&world, 1000);
    assert_true(has(&world, 1, 0));
    world_fini(&world);
}

/* All are asked again, ever more seldom. */
static void while_nobody_has_it_few_words_are_lost(void **state)
{
    (void)state;
    struct engine_world world;
    begin(&world, "blob nowhere", 9);
    world_node(&world, 0)->held[0].parts = 0;
    world_want_blob(world_node(&world, 1), 0);
    world_run(&world, 3600000);
    assert_in_range(world.kinds[SYNC_BLOB_WANT], 12, 60);
    world_node(&world, 3)->held[0].parts = 9;
    world_run(&world, 700000);
    assert_true(has(&world, 1, 0));
    world_fini(&world);
}

static void whoever_comes_is_asked_at_once(void **state)
{
    (void)state;
    struct engine_world world;
    begin(&world, "blob comes", 9);
    world_stop(world_node(&world, 0));
    world_run(&world, 5000);
    world_want_blob(world_node(&world, 1), 0);
    world_run(&world, 3600000);
    assert_false(has(&world, 1, 0));
    world_start(world_node(&world, 0));
    world_run(&world, 10000);
    assert_true(has(&world, 1, 0));
    world_fini(&world);
}

static void who_lies_is_left_alone_and_another_is_asked(void **state)
{
    (void)state;
    struct engine_world world;
    begin(&world, "blob liar", 9);
    world_node(&world, 0)->held[0].spoilt = true;
    world_node(&world, 2)->held[0].parts = 9;
    world.tracing = true;
    world_want_blob(world_node(&world, 1), 0);
    world_run(&world, 10000);
    assert_true(has(&world, 1, 0));
    assert_int_equal(world_count(&world, "n1: peer fault n0"), 1);
    assert_int_equal(world_count(&world, "peer fault"), 1);
    world_fini(&world);
}

static void it_goes_on_where_it_stood(void **state)
{
    (void)state;
    struct engine_world world;
    begin(&world, "blob resumes", 30);
    struct world_node *reader = world_node(&world, 1);
    world_want_blob(reader, 0);
    while (reader->held[0].parts < 7) {
        world_run(&world, 1);
    }
    world_stop(reader);
    assert_true(reader->held[0].parts < 30);
    uint64_t had = reader->held[0].parts;
    world_run(&world, 1000);
    uint64_t before = world.kinds[SYNC_BLOB_PART];
    world_start(reader);
    world_want_blob(reader, 0);
    world_run(&world, 10000);
    assert_true(has(&world, 1, 0));
    /* Whose stream is there first may not have it, and says so. */
    assert_in_range(world.kinds[SYNC_BLOB_PART] - before, 30 - had,
                    30 - had + 2);
    world_fini(&world);
}

static void the_line_breaks_and_it_goes_on_elsewhere(void **state)
{
    (void)state;
    struct engine_world world;
    begin(&world, "blob line", 30);
    struct world_node *reader = world_node(&world, 1);
    world_node(&world, 3)->held[0].parts = 30;
    world_want_blob(reader, 0);
    while (reader->held[0].parts < 3) {
        world_run(&world, 1);
    }
    world_cut(&world, 0, 1, true);
    world_run(&world, 15000);
    assert_true(has(&world, 1, 0));
    world_fini(&world);
}

static void what_the_disk_lost_is_asked_for_again(void **state)
{
    (void)state;
    struct engine_world world;
    begin(&world, "blob torn", 20);
    struct world_node *reader = world_node(&world, 1);
    world_want_blob(reader, 0);
    while (reader->held[0].parts < 9) {
        world_run(&world, 1);
    }
    reader->held[0].err = HL_EPROOF;
    world_run(&world, 30000);
    assert_true(has(&world, 1, 0));
    assert_int_equal(world_count(&world, "peer fault"), 0);
    world_fini(&world);
}

static void a_full_disk_is_tried_again(void **state)
{
    (void)state;
    struct engine_world world;
    begin(&world, "blob full", 20);
    struct world_node *reader = world_node(&world, 1);
    world_make_blob(&world, 1, 3);
    world_node(&world, 0)->held[1].parts = 3;
    reader->held[0].err = HL_EFULL;
    world_want_blob(reader, 0);
    world_run(&world, 1000);
    world_want_blob(reader, 1); /* nobody stands in its way */
    world_run(&world, 1000);
    assert_true(has(&world, 1, 1));
    assert_int_equal(reader->held[0].parts, 0);
    reader->held[0].err = HL_OK;
    world_run(&world, 120000);
    assert_true(has(&world, 1, 0));
    world_fini(&world);
}

static void what_is_gone_is_wanted_no_longer(void **state)
{
    (void)state;
    struct engine_world world;
    begin(&world, "blob gone", 40);
    struct world_node *reader = world_node(&world, 1);
    world_want_blob(reader, 0);
    while (reader->held[0].parts < 9) {
        world_run(&world, 1);
    }
    struct engine_event gone = {.kind = ENGINE_BLOB_GONE,
                                .origin = bytes_of_text("zhongyuan.example/n0"),
                                .blob = world.blobs[0].id};
    world_event(reader, &gone);
    uint64_t had = reader->held[0].parts;
    world_run(&world, 30000);
    assert_int_equal(reader->held[0].parts, had);
    assert_int_equal(engine_blobs_wanted(reader->engine), 0);
    world_make_blob(&world, 1, 3);
    world_node(&world, 0)->held[1].parts = 3;
    world_want_blob(reader, 1); /* what came late of the former is no fault */
    world_run(&world, 1000);
    assert_true(has(&world, 1, 1));
    world_fini(&world);
}

static void want_unknown(struct world_node *node, uint32_t number)
{
    struct engine_event event = {.kind = ENGINE_BLOB_WANTED,
                                 .origin =
                                     bytes_of_text("zhongyuan.example/n0"),
                                 .seal = {.size = 100}};
    memcpy(event.blob.bytes, &number, sizeof(number));
    world_event(node, &event);
}

/* What a lost city never sent does not keep out what others send. */
static void the_hopeless_give_way(void **state)
{
    (void)state;
    struct engine_world world;
    begin(&world, "blob hopeless", 3);
    struct world_node *reader = world_node(&world, 1);
    for (uint32_t i = 0; i < ENGINE_BLOBS_MAX; i++) {
        want_unknown(reader, i);
    }
    assert_false(engine_has_blob_room(reader->engine));
    world_want_blob(reader, 0); /* not taken */
    world_run(&world, 1000);
    assert_false(has(&world, 1, 0));
    world_run(&world, 600000);
    assert_true(engine_has_blob_room(reader->engine));
    world_want_blob(reader, 0);
    world_run(&world, 5000);
    assert_true(has(&world, 1, 0));
    world_fini(&world);
}

/* A question too many is not answered: nobody's disk is read for ever. */
static void a_peer_may_ask_so_much(void **state)
{
    (void)state;
    struct engine_world world;
    begin(&world, "blob flood", 2);
    struct sync_message message = {
        .kind = SYNC_BLOB_WANT,
        .blob_want = {.origin = bytes_of_text("zhongyuan.example/n0"),
                      .id = world.blobs[0].id,
                      .first = 5,
                      .count = 1}};
    uint64_t before = world.kinds[SYNC_BLOB_PART];
    for (size_t i = 0; i < 3000; i++) {
        world_say(&world, 1, 0, &message, 50);
    }
    world_run(&world, 100);
    assert_in_range(world.kinds[SYNC_BLOB_PART] - before, 1000, 2048);
    world_fini(&world);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reader_gets_it_from_its_author),
        cmocka_unit_test(no_more_than_a_window_is_under_way),
        cmocka_unit_test(a_slow_line_bears_it),
        cmocka_unit_test(a_line_that_becomes_quick_is_used),
        cmocka_unit_test(a_city_behind_another_gets_it_by_way_of_that),
        cmocka_unit_test(who_has_it_not_is_passed_over_at_once),
        cmocka_unit_test(while_nobody_has_it_few_words_are_lost),
        cmocka_unit_test(whoever_comes_is_asked_at_once),
        cmocka_unit_test(who_lies_is_left_alone_and_another_is_asked),
        cmocka_unit_test(it_goes_on_where_it_stood),
        cmocka_unit_test(the_line_breaks_and_it_goes_on_elsewhere),
        cmocka_unit_test(what_the_disk_lost_is_asked_for_again),
        cmocka_unit_test(a_full_disk_is_tried_again),
        cmocka_unit_test(what_is_gone_is_wanted_no_longer),
        cmocka_unit_test(the_hopeless_give_way),
        cmocka_unit_test(a_peer_may_ask_so_much),
    };
    test_seed_init(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
