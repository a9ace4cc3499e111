/* SPDX-License-Identifier: Apache-2.0 */

/* Records that move from home to home: what each half lets happen, whose a
 * record is, and what is found. */

#include "node/projection/home.h"

#include <stdio.h>
#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/text.h"
#include "tests/support/support.h"
#include "tests/unit/projection/home_world.h"
#include "tests/unit/projection/retell.h"

#define UNRELEASED "record_not_released"
#define RESUMED "record_resumed_and_taken"
#define TWO_HOMES "record_in_two_homes"

static void open_world(struct world *world)
{
    world_init(world);
    world_begin(world);
}

static uint64_t invalid(struct world *world, const char *origin)
{
    return world_half(world, origin).invalid;
}

static void a_record_goes_where_it_is_released_to_and_taken(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    home_put(&world, "jinan", "jinan", 1, NULL);
    world_settle(&world);
    assert_string_equal(home_owner(&world, "jinan", 1), "-");
    struct place out = home_release(&world, "jinan", "jinan", 1, "luoyang");
    world_settle(&world);
    assert_string_equal(home_owner(&world, "jinan", 1), "jinan->luoyang");
    home_put(&world, "luoyang", "jinan", 1, &out);
    world_settle(&world);
    assert_string_equal(home_owner(&world, "jinan", 1), "luoyang");
    /* On, and back to where it came from. */
    out = home_release(&world, "luoyang", "jinan", 1, "anyang");
    out = (home_put(&world, "anyang", "jinan", 1, &out),
           home_release(&world, "anyang", "jinan", 1, "jinan"));
    world_settle(&world);
    assert_string_equal(home_owner(&world, "jinan", 1), "anyang->jinan");
    home_put(&world, "jinan", "jinan", 1, &out);
    home_retire(&world, "jinan", "jinan", 1);
    world_settle(&world);
    assert_string_equal(home_owner(&world, "jinan", 1), "jinan");
    assert_int_equal(invalid(&world, ALLIANCE "jinan"), 0);
    assert_int_equal(invalid(&world, ALLIANCE "luoyang"), 0);
    assert_int_equal(world_findings(&world, ALLIANCE "jinan"), 0);
    world_fini(&world);
}

static void what_is_released_is_not_changed_until_it_is_answered(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    home_put(&world, "jinan", "jinan", 1, NULL);
    home_release(&world, "jinan", "jinan", 1, "luoyang");
    home_put(&world, "jinan", "jinan", 1, NULL);
    home_retire(&world, "jinan", "jinan", 1);
    home_release(&world, "jinan", "jinan", 1, "anyang");
    world_settle(&world);
    assert_int_equal(invalid(&world, ALLIANCE "jinan"), 3);
    assert_string_equal(home_owner(&world, "jinan", 1), "jinan->luoyang");
    home_resume(&world, "jinan", "jinan", 1, NULL);
    home_resume(&world, "jinan", "jinan", 1, NULL);
    home_put(&world, "jinan", "jinan", 1, NULL);
    world_settle(&world);
    assert_int_equal(invalid(&world, ALLIANCE "jinan"), 4);
    assert_string_equal(home_owner(&world, "jinan", 1), "jinan");
    /* To itself; what is retired; what is not there. */
    home_release(&world, "jinan", "jinan", 1, "jinan");
    home_retire(&world, "jinan", "jinan", 1);
    home_release(&world, "jinan", "jinan", 1, "luoyang");
    home_release(&world, "jinan", "jinan", 2, "luoyang");
    assert_int_equal(invalid(&world, ALLIANCE "jinan"), 4);
    world_settle(&world);
    assert_int_equal(invalid(&world, ALLIANCE "jinan"), 7);
    world_fini(&world);
}

static void a_release_is_answered_once(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    home_put(&world, "jinan", "jinan", 1, NULL);
    struct place out = home_release(&world, "jinan", "jinan", 1, "luoyang");
    home_put(&world, "luoyang", "jinan", 1, NULL); /* answers nothing */
    struct place no = home_refuse(&world, "luoyang", "jinan", 1, &out);
    home_refuse(&world, "luoyang", "jinan", 1, &out);
    home_put(&world, "luoyang", "jinan", 1, &out);
    home_refuse(&world, "luoyang", "jinan", 1, NULL);
    world_settle(&world);
    assert_int_equal(invalid(&world, ALLIANCE "luoyang"), 4);
    assert_string_equal(home_owner(&world, "jinan", 1), "jinan->luoyang");
    home_resume(&world, "jinan", "jinan", 1, &no);
    out = home_release(&world, "jinan", "jinan", 1, "luoyang");
    home_put(&world, "luoyang", "jinan", 1, &out);
    home_refuse(&world, "luoyang", "jinan", 1, &out);
    home_put(&world, "luoyang", "jinan", 1, NULL); /* its own by now */
    world_settle(&world);
    assert_int_equal(invalid(&world, ALLIANCE "luoyang"), 5);
    assert_string_equal(home_owner(&world, "jinan", 1), "luoyang");
    world_fini(&world);
}

/* The home by which luoyang's half has instrument `number`, for a list of its
 * own that gives none; "" where it is to be one of its own. */
static void assert_from(struct world *world, unsigned number, const char *home)
{
    char inner[16];
    struct home_key key = home_key_of("luoyang", number, inner);
    struct bytes from = {0};
    bool found = true;
    assert_int_equal(projection_home_from_elsewhere(
                         world->txn, home_number(world, "luoyang"),
                         home_kind(key.kind), &key.of, &from, &found, NULL),
                     HL_OK);
    assert_int_equal(found, home[0] != '\0');
    assert_true(!found || bytes_equal_text(from, home));
}

static void what_moved_here_is_known_by_its_unit_and_number(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    home_put(&world, "luoyang", "luoyang", 9, NULL);
    world_settle(&world);
    assert_from(&world, 1, "");
    const char *homes[] = {"jinan", "anyang"};
    for (unsigned i = 0; i < 2; i++) {
        home_put(&world, homes[i], homes[i], i + 1, NULL);
        struct place out =
            home_release(&world, homes[i], homes[i], i + 1, "luoyang");
        home_put(&world, "luoyang", homes[i], i + 1, &out);
    }
    world_settle(&world);
    assert_from(&world, 1, "jinan");
    assert_from(&world, 2, "anyang");
    assert_from(&world, 3, "");
    assert_from(&world, 9, ""); /* its own */
    home_put(&world, "luoyang", "luoyang", 1, NULL);
    home_release(&world, "luoyang", "anyang", 2, "jinan");
    world_settle(&world);
    assert_from(&world, 1, ""); /* one of its own too */
    assert_from(&world, 2, ""); /* gone again */
    world_fini(&world);
}

/* Nobody else's word makes a node the owner, and each is told of by name. */
static void a_take_of_what_was_not_released_is_found(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    struct place put = home_put(&world, "jinan", "jinan", 1, NULL);
    home_put(&world, "luoyang", "jinan", 1, &put);
    world_settle(&world);
    assert_string_equal(home_owner(&world, "jinan", 1), "jinan");
    assert_int_equal(home_findings(&world, "luoyang", UNRELEASED), 1);
    assert_int_equal(home_findings(&world, "jinan", TWO_HOMES), 0);
    /* To another; under another leaf. */
    struct place out = home_release(&world, "jinan", "jinan", 1, "luoyang");
    home_put(&world, "anyang", "jinan", 1, &out);
    struct place forged = out;
    forged.leaf.bytes[0] ^= 1;
    home_put(&world, "kaifeng", "jinan", 1, &forged);
    world_settle(&world);
    assert_string_equal(home_owner(&world, "jinan", 1), "jinan->luoyang");
    assert_int_equal(home_findings(&world, "anyang", UNRELEASED), 1);
    assert_int_equal(home_findings(&world, "kaifeng", UNRELEASED), 1);
    /* Who had it of one of them is no owner either. */
    out = home_release(&world, "anyang", "jinan", 1, "puyang");
    home_put(&world, "puyang", "jinan", 1, &out);
    world_settle(&world);
    assert_int_equal(home_findings(&world, "puyang", UNRELEASED), 0);
    assert_int_equal(home_findings(&world, "puyang", TWO_HOMES), 1);
    home_retire(&world, "puyang", "jinan", 1);
    world_settle(&world);
    assert_int_equal(home_findings(&world, "puyang", TWO_HOMES), 0);
    world_fini(&world);
}

/* The longest key that there is, in characters of three bytes. */
static void what_is_found_names_the_record_whole(void **state)
{
    (void)state;
    struct world world;
    struct finding finding = {0};
    struct writer key = {0}, inner = {0};
    bool found = false;
    char home[64] = {0}, id[65] = {0};
    memset(home, 'h', 63);
    memset(id, '0', 32);
    for (unsigned i = 0; i < 50; i++) {
        writer_text(&inner, "字");
    }
    struct home_key of = {.of = {bytes_of_text(home), bytes_of_text("nrii"),
                                 bytes_of_text(id), writer_view(&inner)},
                          .kind = 2};
    open_world(&world);
    struct place put = home_put(&world, "jinan", "jinan", 1, NULL);
    home_put(&world, "jinan", "jinan", 2, NULL);
    home_put_of(&world, "luoyang", &of, &put);
    world_settle(&world);
    assert_int_equal(invalid(&world, ALLIANCE "luoyang"), 0);
    assert_ok(projection_next_finding(world.txn, writer_view(&key), &finding,
                                      &key, &found, NULL));
    assert_true(found);
    assert_true(text_utf8_valid(bytes_of_text(finding.subject)));
    assert_true(text_utf8_valid(bytes_of_text(finding.text_en)));
    assert_true(text_utf8_valid(bytes_of_text(finding.text_zh)));
    assert_non_null(strstr(finding.text_en, "字字 was taken by"));
    writer_fini(&inner);
    writer_fini(&key);
    world_fini(&world);
}

static void nothing_is_found_before_all_that_it_needs_is_here(void **state)
{
    (void)state;
    struct world world;
    struct place put = {.node = "jinan", .index = 2};
    open_world(&world);
    home_put(&world, "luoyang", "jinan", 1, &put);
    world_settle(&world);
    assert_string_equal(home_owner(&world, "jinan", 1), "");
    assert_int_equal(home_findings(&world, "luoyang", UNRELEASED), 0);
    home_put(&world, "jinan", "jinan", 1, NULL);
    home_put(&world, "jinan", "jinan", 2, NULL);
    world_settle(&world);
    assert_string_equal(home_owner(&world, "jinan", 1), "jinan");
    assert_int_equal(home_findings(&world, "luoyang", UNRELEASED), 0);
    home_put(&world, "jinan", "jinan", 3, NULL); /* of another record */
    world_settle(&world);
    assert_int_equal(home_findings(&world, "luoyang", UNRELEASED), 1);
    world_fini(&world);
}

static void a_take_counts_against_a_resumption(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    home_put(&world, "jinan", "jinan", 1, NULL);
    struct place out = home_release(&world, "jinan", "jinan", 1, "luoyang");
    home_resume(&world, "jinan", "jinan", 1, NULL);
    world_settle(&world);
    assert_string_equal(home_owner(&world, "jinan", 1), "jinan");
    assert_int_equal(world_findings(&world, ALLIANCE "jinan"), 0);
    home_put(&world, "luoyang", "jinan", 1, &out);
    world_settle(&world);
    assert_string_equal(home_owner(&world, "jinan", 1), "luoyang");
    assert_int_equal(home_findings(&world, "jinan", RESUMED), 1);
    assert_int_equal(home_findings(&world, "jinan", TWO_HOMES), 1);
    assert_int_equal(world_findings(&world, ALLIANCE "luoyang"), 0);
    world_fini(&world);
}

static struct home_standing standing(struct world *world, const char *node,
                                     const char *home, unsigned number)
{
    char inner[16], origin[64];
    struct home_standing now;
    struct home_key key = home_key_of(home, number, inner);
    snprintf(origin, sizeof(origin), ALLIANCE "%s", node);
    assert_ok(projection_home_standing(world->txn, home_number(world, node),
                                       bytes_of_text(origin), &key, &now,
                                       NULL));
    return now;
}

/* Whoever says that he took a record before its home stated it keeps nobody
 * from stating it. */
static void a_claim_of_others_is_no_bar_to_its_home(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    struct place some = home_put(&world, "jinan", "jinan", 9, NULL);
    home_put(&world, "luoyang", "jinan", 1, &some);
    world_settle(&world);
    assert_string_equal(home_owner(&world, "jinan", 1), "");
    assert_int_equal(standing(&world, "jinan", "jinan", 1).is, HOME_IS_NEW);
    home_release(&world, "luoyang", "jinan", 1, "jinan");
    world_settle(&world);
    assert_int_equal(standing(&world, "jinan", "jinan", 1).is, HOME_IS_NEW);
    home_put(&world, "jinan", "jinan", 1, NULL);
    world_settle(&world);
    assert_int_equal(invalid(&world, ALLIANCE "jinan"), 0);
    assert_string_equal(home_owner(&world, "jinan", 1), "jinan");
    assert_int_equal(standing(&world, "jinan", "jinan", 1).is, HOME_IS_OURS);
    world_fini(&world);
}

/* Several commands are one transaction; joint state follows at its end. */
static void within_a_transaction_the_own_half_is_ahead(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    home_put(&world, "jinan", "jinan", 1, NULL);
    struct place out = home_release(&world, "jinan", "jinan", 1, "luoyang");
    home_put(&world, "luoyang", "luoyang", 9, NULL);
    world_settle(&world);
    assert_int_equal(standing(&world, "luoyang", "jinan", 1).is,
                     HOME_IS_OFFERED);
    home_put(&world, "luoyang", "jinan", 1, &out);
    assert_int_equal(standing(&world, "luoyang", "jinan", 1).is, HOME_IS_OURS);
    home_release(&world, "luoyang", "jinan", 1, "anyang");
    struct home_standing now = standing(&world, "luoyang", "jinan", 1);
    assert_int_equal(now.is, HOME_IS_RELEASED);
    assert_string_equal(now.home.moving_to, "anyang");
    world_settle(&world);
    now = standing(&world, "luoyang", "jinan", 1);
    assert_int_equal(now.is, HOME_IS_RELEASED);
    assert_string_equal(now.home.moving_to, "anyang");
    world_fini(&world);
}

static unsigned releases(struct world *world, const char *node)
{
    char inner[16];
    unsigned count = 0;
    struct home_key key = home_key_of("jinan", 1, inner);
    assert_ok(projection_count_releases(world->txn, home_number(world, node),
                                        &key, &count, NULL));
    return count;
}

static void a_record_is_released_so_often_and_then_stays(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    home_put(&world, "jinan", "jinan", 1, NULL);
    for (unsigned i = 0; i < HOME_RELEASES_MAX; i++) {
        assert_int_equal(releases(&world, "jinan"), i);
        home_release(&world, "jinan", "jinan", 1, "luoyang");
        home_resume(&world, "jinan", "jinan", 1, NULL);
    }
    world_settle(&world);
    assert_int_equal(invalid(&world, ALLIANCE "jinan"), 0);
    home_release(&world, "jinan", "jinan", 1, "luoyang");
    world_settle(&world);
    assert_int_equal(invalid(&world, ALLIANCE "jinan"), 1);
    world_fini(&world);
}

/* A release is the same whatever stands before it, so that two who agree can
 * each take by what the other will have released. */
static void takes_that_cite_each_other_in_a_ring_come_to_an_end(void **state)
{
    (void)state;
    struct world world;
    struct place releases[2];
    open_world(&world);
    home_put(&world, "luoyang", "luoyang", 9, NULL);
    home_put(&world, "anyang", "anyang", 9, NULL);
    releases[0] = home_release(&world, "luoyang", "jinan", 1, "anyang");
    releases[1] = home_release(&world, "anyang", "jinan", 1, "luoyang");
    world_fini(&world);
    open_world(&world);
    home_put(&world, "jinan", "jinan", 1, NULL);
    home_put(&world, "luoyang", "jinan", 1, &releases[1]);
    home_release(&world, "luoyang", "jinan", 1, "anyang");
    home_put(&world, "anyang", "jinan", 1, &releases[0]);
    world_settle(&world);
    assert_int_equal(home_findings(&world, "anyang", TWO_HOMES), 0);
    home_release(&world, "anyang", "jinan", 1, "luoyang");
    home_put(&world, "luoyang", "jinan", 1, &releases[1]); /* again */
    world_settle(&world);
    assert_int_equal(invalid(&world, ALLIANCE "luoyang"), 1);
    assert_string_equal(home_owner(&world, "jinan", 1), "jinan");
    world_fini(&world);
}

static void who_waits_for_an_answer_is_listed(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    for (unsigned i = 1; i <= 5; i++) {
        home_put(&world, "jinan", "jinan", i, NULL);
        home_release(&world, "jinan", "jinan", i,
                     i % 2 == 0 ? "anyang" : "luoyang");
    }
    world_settle(&world);
    struct transit_query queries[] = {
        {bytes_of_text(ALLIANCE "luoyang"), {0}, false},
        {bytes_of_text(ALLIANCE "luoyang"), bytes_of_text(ALLIANCE "jinan"),
         false},
        {bytes_of_text(ALLIANCE "luoyang"), bytes_of_text(ALLIANCE "anyang"),
         false},
        {{0}, {0}, false},
    };
    static const unsigned expected[] = {3, 3, 0, 5};
    for (size_t q = 0; q < 4; q++) {
        struct writer position = {0}, name = {0}, texts = {0};
        unsigned count = 0;
        for (bool found = true; found; count += found) {
            struct home_key key;
            assert_ok(projection_next_transit(world.txn, &queries[q], &position,
                                              &name, &found, NULL));
            assert_true(!found ||
                        home_of_name(writer_view(&name), &texts, &key));
        }
        assert_int_equal(count, expected[q]);
        writer_fini(&texts);
        writer_fini(&name);
        writer_fini(&position);
    }
    world_fini(&world);
}

/* --- In any order. -------------------------------------------------------- */

static const char *const nodes[] = {"jinan", "luoyang", "anyang", "kaifeng"};
static const char *const origins[] = {ALLIANCE "jinan", ALLIANCE "luoyang",
                                      ALLIANCE "anyang", ALLIANCE "kaifeng"};
enum { NODES = 4, STEPS = 300, ORDERS = 20, RECORDS = 3, PLACES_MAX = 300 };

/* Whoever it is does whatever it likes, most of it what it may. */
static void tell(struct world *world, struct rng *rng, struct place *releases,
                 size_t *count)
{
    const char *node = nodes[rng_below(rng, NODES)];
    unsigned number = (unsigned)rng_below(rng, RECORDS);
    const char *home = nodes[number % 2];
    const struct place *cause =
        *count == 0
            ? NULL
            : &releases[*count - 1 - rng_below(rng, *count < 6 ? *count : 6)];
    switch (rng_below(rng, 12)) {
    case 0:
        home_retire(world, node, home, number);
        break;
    case 1:
    case 2:
        home_put(world, node, home, number, NULL);
        break;
    case 3:
    case 4:
    case 5:
    case 6:
        home_put(world, node, home, number, cause);
        break;
    case 7:
        home_refuse(world, node, home, number, cause);
        break;
    case 8:
        home_resume(world, node, home, number, NULL);
        break;
    default:
        releases[*count] = home_release(world, node, home, number,
                                        nodes[rng_below(rng, NODES)]);
        *count += 1;
        break;
    }
}

static void the_order_of_arrival_leaves_no_trace(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct world world;
    struct retelling telling;
    struct place releases[PLACES_MAX];
    size_t count = 0;
    open_world(&world);
    for (unsigned i = 0; i < STEPS; i++) {
        tell(&world, &rng, releases, &count);
    }
    retelling_init(&telling, &world, origins, NODES);
    world_settle(&world);
    struct writer first = world_dump(&world);
    assert_non_null(strstr((const char *)first.data, "home_release"));
    assert_non_null(strstr((const char *)first.data, "finding "));
    world_fini(&world);
    retell_expect(&telling, &rng, ORDERS, &first);
    retell_expect_forgotten(&telling, &rng);
    retelling_fini(&telling);
    writer_fini(&first);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_goes_where_it_is_released_to_and_taken),
        cmocka_unit_test(what_is_released_is_not_changed_until_it_is_answered),
        cmocka_unit_test(a_release_is_answered_once),
        cmocka_unit_test(what_moved_here_is_known_by_its_unit_and_number),
        cmocka_unit_test(a_take_of_what_was_not_released_is_found),
        cmocka_unit_test(what_is_found_names_the_record_whole),
        cmocka_unit_test(nothing_is_found_before_all_that_it_needs_is_here),
        cmocka_unit_test(a_take_counts_against_a_resumption),
        cmocka_unit_test(a_claim_of_others_is_no_bar_to_its_home),
        cmocka_unit_test(within_a_transaction_the_own_half_is_ahead),
        cmocka_unit_test(a_record_is_released_so_often_and_then_stays),
        cmocka_unit_test(takes_that_cite_each_other_in_a_ring_come_to_an_end),
        cmocka_unit_test(who_waits_for_an_answer_is_listed),
        cmocka_unit_test(the_order_of_arrival_leaves_no_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
