/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/base/hl_time.h"

#include <time.h>

#include "tests/support/support.h"

static void formats_and_parses_known_moments(void **state)
{
    (void)state;
    static const struct {
        int64_t seconds;
        const char *text;
    } cases[] = {{0, "1970-01-01T00:00:00Z"},
                 {-1, "1969-12-31T23:59:59Z"},
                 {951782400, "2000-02-29T00:00:00Z"},
                 {1795249845, "2026-11-21T08:30:45Z"},
                 {-62167219200, "0000-01-01T00:00:00Z"},
                 {253402300799, "9999-12-31T23:59:59Z"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[WALL_TEXT_BYTES];
        wall_format(wall_from_seconds(cases[i].seconds), text);
        assert_string_equal(text, cases[i].text);
        struct hl_wall wall;
        assert_ok(wall_parse(bytes_of_text(cases[i].text), &wall));
        assert_int_equal(wall_seconds(wall), cases[i].seconds);
    }
}

static void agrees_with_the_c_library(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    for (size_t i = 0; i < 20000; i++) {
        time_t seconds = (time_t)rng_below(&rng, 253402300800);
        struct tm broken;
        char expected[64];
        char text[WALL_TEXT_BYTES];
        gmtime_r(&seconds, &broken);
        strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%SZ", &broken);
        wall_format(wall_from_seconds(seconds), text);
        assert_string_equal(text, expected);
        struct hl_wall wall;
        assert_ok(wall_parse(bytes_of_text(text), &wall));
        assert_int_equal(wall_seconds(wall), seconds);
    }
}

static void refuses_moments_that_are_not(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "2026-11-21",
                                      "2026-11-21T08:30:45",
                                      "2026-11-21T08:30:45z",
                                      "2026-11-21 08:30:45Z",
                                      "2026-02-29T00:00:00Z",
                                      "2026-13-01T00:00:00Z",
                                      "2026-00-01T00:00:00Z",
                                      "2026-01-00T00:00:00Z",
                                      "2026-01-01T24:00:00Z",
                                      "2026-01-01T00:60:00Z",
                                      "2026-01-01T00:00:60Z",
                                      "2026-01-01T00:00:0 Z",
                                      "+026-01-01T00:00:00Z",
                                      "2026-01-01T00:00:00.0Z"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct hl_wall wall;
        assert_err(wall_parse(bytes_of_text(bad[i]), &wall), HL_EMALFORMED);
    }
}

static void differences_and_bounds_saturate(void **state)
{
    (void)state;
    struct hl_wall low = {INT64_MIN}, high = {INT64_MAX};
    assert_int_equal(wall_since_ms(high, low), INT64_MAX);
    assert_int_equal(wall_since_ms(low, high), INT64_MIN);
    struct hl_mono before = {5}, after = {9};
    assert_int_equal(mono_since_ns(after, before), 4);
    char text[WALL_TEXT_BYTES];
    wall_format(high, text);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
    wall_format(low, text);
    assert_string_equal(text, "0000-01-01T00:00:00Z");
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_and_parses_known_moments),
        cmocka_unit_test(agrees_with_the_c_library),
        cmocka_unit_test(refuses_moments_that_are_not),
        cmocka_unit_test(differences_and_bounds_saturate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
