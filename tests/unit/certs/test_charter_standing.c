/* SPDX-License-Identifier: Apache-2.0 */

/* Which of several charters holds, in whatever order they came. */

#include "certs/charter/charter_chain.h"
#include "tests/unit/certs/charter_world.h"

static struct world world;
static struct verifier verifier;
static struct charter first; /* version 1, signed by li and wang */

static int set_up(void **state)
{
    (void)state;
    struct charter draft = {0};
    world_init(&world, "chain");
    verifier = verifier_openssl();
    world_charter(&world, &draft);
    world_sign(&world, &draft, LI | WANG, &first);
    charter_fini(&draft);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    charter_fini(&first);
    world_fini(&world);
    return 0;
}

static hl_err resolve(const struct charter *const *items, size_t count,
                      const struct hl_hash *pin,
                      struct charter_standing *standing)
{
    struct charter_set set = {items, count, pin, &verifier};
    return charter_resolve(&set, standing, NULL);
}

static hl_err verify_all(const struct charter *const *items, size_t count,
                         struct charter_standing *standing, size_t *culprit)
{
    struct charter_set set = {items, count, &first.hash, &verifier};
    return charter_verify_all(&set, standing, culprit, NULL);
}

/* Runs charter_resolve() over every rotation of the set and its reverse, and
 * expects one answer. */
static void expect_standing(const struct charter *const *set, size_t count,
                            const struct charter *holds, bool contested)
{
    const struct charter *turned[8];
    assert_true(count <= 8);
    for (size_t turn = 0; turn < 2 * count; turn++) {
        for (size_t i = 0; i < count; i++) {
            size_t from = (i + turn) % count;
            turned[i] = set[turn < count ? from : count - 1 - from];
        }
        struct charter_standing standing;
        assert_ok(resolve(turned, count, &first.hash, &standing));
        assert_int_equal(standing.holds->version, holds->version);
        assert_true(hash_equal(&standing.holds->hash, &holds->hash));
        assert_int_equal(standing.rivals[0] != NULL, contested);
        assert_int_equal(standing.rivals[1] != NULL, contested);
    }
}

static void the_end_of_the_chain_holds(void **state)
{
    (void)state;
    struct charter second = {0}, third = {0}, unsigned_one = {0};
    world_follow(&world, &first, 3, LI | WANG, &second);
    world_follow(&world, &second, 4, WANG | ZHAO, &third);
    world_follow(&world, &third, 5, LI, &unsigned_one);
    const struct charter *set[] = {&first, &second, &third, &unsigned_one};
    expect_standing(set, 1, &first, false);
    expect_standing(set, 2, &second, false);
    expect_standing(set, 4, &third, false);
    const struct charter *gap[] = {&first, &third};
    expect_standing(gap, 2, &first, false);
    struct charter_standing standing;
    size_t culprit = 9;
    assert_err(verify_all(gap, 2, &standing, &culprit), HL_EVERSIONGAP);
    assert_int_equal(culprit, 1);
    assert_err(verify_all(set, 4, &standing, &culprit), HL_EQUORUM);
    assert_int_equal(culprit, 3);
    assert_ok(verify_all(set, 3, &standing, &culprit));
    assert_int_equal(standing.holds->version, 3);
    struct hl_hash other = hash_bytes(bytes_of_text("other"));
    assert_err(resolve(set, 3, &other, &standing), HL_EPIN);
    charter_fini(&second);
    charter_fini(&third);
    charter_fini(&unsigned_one);
}

static void of_two_successors_neither_holds_until_one_is_followed(void **state)
{
    (void)state;
    struct charter a = {0}, b = {0}, c = {0}, d = {0};
    world_follow(&world, &first, 3, LI | WANG, &a);
    world_follow(&world, &first, 4, WANG | ZHAO, &b);
    world_follow(&world, &a, 3, LI | ZHAO, &c);
    const struct charter *set[] = {&first, &a, &b, &c, &d};
    expect_standing(set, 3, &first, true);
    struct charter_standing standing = {0};
    size_t culprit = 0;
    assert_err(verify_all(set, 3, &standing, &culprit), HL_ESUCCESSORS);
    assert_ptr_equal(standing.holds, &first);
    expect_standing(set, 4, &c, false);
    assert_ok(verify_all(set, 4, &standing, &culprit));
    /* And if both are followed, neither holds again. */
    world_follow(&world, &b, 4, LI | ZHAO, &d);
    expect_standing(set, 5, &first, true);
    charter_fini(&a);
    charter_fini(&b);
    charter_fini(&c);
    charter_fini(&d);
}

static void expect_holds(const struct charter *const *items, size_t count,
                         const struct charter *pinned,
                         const struct charter *holds)
{
    struct charter_standing standing;
    assert_ok(resolve(items, count, &pinned->hash, &standing));
    assert_true(hash_equal(&standing.holds->hash, &holds->hash));
    assert_null(standing.rivals[0]);
    size_t culprit = 0;
    struct charter_set set = {items, count, &pinned->hash, &verifier};
    assert_ok(charter_verify_all(&set, &standing, &culprit, NULL));
}

/* Who has both sides followed leaves a contest that no charter can end; a pin
 * on what the coordinators agreed on does. */
static void a_later_pin_leaves_a_contest_behind(void **state)
{
    (void)state;
    struct charter a = {0}, b = {0}, c = {0}, d = {0}, e = {0};
    world_follow(&world, &first, 3, LI | WANG, &a);
    world_follow(&world, &first, 4, WANG | ZHAO, &b);
    world_follow(&world, &a, 5, LI | WANG, &c);
    world_follow(&world, &b, 6, WANG | ZHAO, &d);
    world_follow(&world, &c, 7, LI | WANG | ZHAO, &e);
    const struct charter *set[] = {&first, &a, &b, &c, &d, &e};
    expect_standing(set, 6, &first, true);
    expect_holds(set, 6, &c, &e);
    charter_fini(&a);
    charter_fini(&b);
    charter_fini(&c);
    charter_fini(&d);
    charter_fini(&e);
}

/* Coordinators who handed over could sign a rival of an old version, and a
 * version that follows it; behind the pin they are not heard. */
static void coordinators_who_left_decide_nothing_behind_the_pin(void **state)
{
    (void)state;
    struct charter draft = {0}, handed = {0}, later = {0};
    struct charter rival = {0}, heir = {0};
    world_successor(&first, &draft);
    for (size_t i = 0; i < WORLD_COORDINATORS; i++) {
        draft.coordinators[i] = world.strangers[i].vkey;
    }
    world_sign(&world, &draft, LI | WANG, &handed);
    charter_fini(&draft);
    world_follow(&world, &handed, 2, FALSE_LI | FALSE_WANG, &later);
    world_follow(&world, &first, 8, LI | WANG, &rival);
    world_follow(&world, &rival, 9, LI | WANG, &heir);
    const struct charter *set[] = {&first, &handed, &later, &rival, &heir};
    expect_standing(set, 5, &heir, false);
    expect_holds(set, 3, &handed, &later);
    struct charter_standing standing;
    assert_ok(resolve(set, 5, &handed.hash, &standing));
    assert_true(hash_equal(&standing.holds->hash, &later.hash));
    charter_fini(&handed);
    charter_fini(&later);
    charter_fini(&rival);
    charter_fini(&heir);
}

static void two_copies_of_one_text_are_one_charter(void **state)
{
    (void)state;
    struct charter a = {0}, again = {0};
    world_follow(&world, &first, 3, LI | WANG, &a);
    world_follow(&world, &first, 3, WANG | ZHAO, &again);
    assert_true(hash_equal(&a.hash, &again.hash));
    const struct charter *set[] = {&first, &a, &again};
    expect_standing(set, 3, &a, false);
    charter_fini(&a);
    charter_fini(&again);
}

/* A version that names coordinators of its own cannot, by their signatures,
 * decide that it is the one to follow. */
static void new_coordinators_cannot_decide_for_themselves(void **state)
{
    (void)state;
    struct charter draft = {0}, ours = {0}, theirs = {0}, decided = {0};
    world_follow(&world, &first, 3, LI | WANG, &ours);
    world_successor(&first, &draft);
    for (size_t i = 0; i < WORLD_COORDINATORS; i++) {
        draft.coordinators[i] = world.strangers[i].vkey;
    }
    world_sign(&world, &draft, LI | WANG, &theirs);
    charter_fini(&draft);
    world_follow(&world, &theirs, 9, FALSE_LI | FALSE_WANG, &decided);
    assert_ok(charter_check_next(&theirs, &decided, &verifier, NULL));
    const struct charter *set[] = {&first, &ours, &theirs, &decided};
    expect_standing(set, 4, &first, true);
    const struct charter *alone[] = {&first, &theirs, &decided};
    expect_standing(alone, 3, &decided, false);
    charter_fini(&ours);
    charter_fini(&theirs);
    charter_fini(&decided);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_end_of_the_chain_holds),
        cmocka_unit_test(of_two_successors_neither_holds_until_one_is_followed),
        cmocka_unit_test(a_later_pin_leaves_a_contest_behind),
        cmocka_unit_test(coordinators_who_left_decide_nothing_behind_the_pin),
        cmocka_unit_test(two_copies_of_one_text_are_one_charter),
        cmocka_unit_test(new_coordinators_cannot_decide_for_themselves),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
