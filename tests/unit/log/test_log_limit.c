/* SPDX-License-Identifier: Apache-2.0 */
#include "node/log/log.h"

#include "tests/support/support.h"

static struct hl_mono at_ms(int64_t ms)
{
    return (struct hl_mono){.ns = ms * 1000000};
}

static void a_burst_is_let_through_and_then_one_each_interval(void **state)
{
    (void)state;
    struct log_limiter limiter = LOG_LIMITER(1000, 3);
    uint64_t held = 99;
    for (int i = 0; i < 3; i++) {
        assert_true(log_limit(&limiter, at_ms(5000), &held));
        assert_int_equal(held, 0);
    }
    assert_false(log_limit(&limiter, at_ms(5000), &held));
    assert_false(log_limit(&limiter, at_ms(5999), &held));
    assert_true(log_limit(&limiter, at_ms(6000), &held));
    assert_false(log_limit(&limiter, at_ms(6001), &held));
}

static void what_was_held_back_is_told_once(void **state)
{
    (void)state;
    struct log_limiter limiter = LOG_LIMITER(1000, 1);
    uint64_t held = 0;
    assert_true(log_limit(&limiter, at_ms(0), &held));
    for (int i = 1; i <= 7; i++) {
        assert_false(log_limit(&limiter, at_ms(i), &held));
    }
    assert_true(log_limit(&limiter, at_ms(2000), &held));
    assert_int_equal(held, 7);
    assert_true(log_limit(&limiter, at_ms(4000), &held));
    assert_int_equal(held, 0);
}

static void rest_gives_no_more_than_the_burst(void **state)
{
    (void)state;
    struct log_limiter limiter = LOG_LIMITER(10, 2);
    uint64_t held = 0;
    assert_true(log_limit(&limiter, at_ms(0), &held));
    assert_true(log_limit(&limiter, at_ms(1000000), &held));
    assert_true(log_limit(&limiter, at_ms(1000000), &held));
    assert_false(log_limit(&limiter, at_ms(1000000), &held));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_is_let_through_and_then_one_each_interval),
        cmocka_unit_test(what_was_held_back_is_told_once),
        cmocka_unit_test(rest_gives_no_more_than_the_burst),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
