/* SPDX-License-Identifier: Apache-2.0 */
#include "node/writer/clock_guard.h"

#include <string.h>

#include "tests/support/support.h"

enum { BOUND_MS = 300000 };

static struct clock_reading at(int64_t mono_s, int64_t wall_s)
{
    return (struct clock_reading){.mono.ns = mono_s * 1000000000,
                                  .wall.ms = wall_s * 1000};
}

static void a_clock_that_goes_on_is_believed(void **state)
{
    (void)state;
    struct clock_guard guard;
    clock_guard_init(&guard, at(100, 5000), BOUND_MS);
    for (int64_t i = 1; i < 100000; i++) {
        assert_ok(clock_guard_check(&guard, at(100 + i, 5000 + i), NULL));
    }
}

static void slow_corrections_are_followed_however_far_they_lead(void **state)
{
    (void)state;
    struct clock_guard guard;
    clock_guard_init(&guard, at(0, 0), BOUND_MS);
    for (int64_t i = 1; i < 1000; i++) {
        assert_ok(clock_guard_check(&guard, at(i * 10, i * 20), NULL));
    }
}

static void a_step_is_refused_until_the_clock_comes_back(void **state)
{
    (void)state;
    struct clock_guard guard;
    struct hl_detail detail;
    clock_guard_init(&guard, at(0, 100000), BOUND_MS);
    assert_err(clock_guard_check(&guard, at(10, 103610), &detail), HL_ECLOCK);
    assert_non_null(strstr(detail.text, "forward by 3600 s"));
    assert_err(clock_guard_check(&guard, at(20, 103620), NULL), HL_ECLOCK);
    assert_err(clock_guard_check(&guard, at(30, 99000), &detail), HL_ECLOCK);
    assert_non_null(strstr(detail.text, "back by"));
    assert_ok(clock_guard_check(&guard, at(40, 100040), NULL));
}

static void the_bound_itself_is_still_believed(void **state)
{
    (void)state;
    struct clock_guard guard;
    clock_guard_init(&guard, at(0, 100000), BOUND_MS);
    assert_ok(clock_guard_check(&guard, at(1, 100301), NULL));
    clock_guard_init(&guard, at(0, 100000), BOUND_MS);
    assert_err(clock_guard_check(&guard, at(1, 100302), NULL), HL_ECLOCK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_that_goes_on_is_believed),
        cmocka_unit_test(slow_corrections_are_followed_however_far_they_lead),
        cmocka_unit_test(a_step_is_refused_until_the_clock_comes_back),
        cmocka_unit_test(the_bound_itself_is_still_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
