/* SPDX-License-Identifier: Apache-2.0 */

/* Counts and rates of a catalogue. */

#include "node/report/quality.h"

#include "tests/support/support.h"
#include "tests/unit/report/nrii_sample.h"

#define DAY_MS UINT64_C(86400000)
#define NOW_MS (UINT64_C(20000) * DAY_MS)

static const struct quality_options by_kind = {.now_ms = NOW_MS,
                                               .idle_ms = 90 * DAY_MS};

static void add(struct quality *quality, const struct quality_options *options,
                const struct instrument *instrument)
{
    struct writer scratch = {0};
    const struct quality_item item = {
        .instrument = instrument, .changed_at_ms = NOW_MS, .unit_known = true};
    quality_add(quality, options, &item, &scratch);
    writer_fini(&scratch);
}

static struct instrument running(uint64_t kind, uint64_t run, uint64_t service)
{
    struct instrument instrument = sample_instrument();
    instrument.kind = kind;
    instrument.run_hours_tenths = run * 10;
    instrument.service_hours_tenths = service * 10;
    return instrument;
}

static void a_whole_record_fills_all_mandatory_keys(void **state)
{
    (void)state;
    struct quality quality = {0};
    struct instrument instrument = sample_instrument();
    uint64_t of = 0;
    size_t worst = 0;
    add(&quality, &by_kind, &instrument);
    assert_int_equal(quality_filled(&quality, &of), 33);
    assert_int_equal(of, 33); /* 34 without insCode */
    assert_false(quality_worst(&quality, &worst));
    assert_int_equal(quality_valid_codes(&quality, &of), 4);
    assert_int_equal(of, 4);
}

static void the_key_that_most_lack_is_the_worst(void **state)
{
    (void)state;
    struct quality quality = {0};
    struct instrument instrument = sample_instrument();
    uint64_t of = 0;
    size_t worst = 0;
    instrument.fee = (struct bytes){0};
    add(&quality, &by_kind, &instrument);
    instrument.phone = (struct bytes){0};
    add(&quality, &by_kind, &instrument);
    assert_int_equal(quality_filled(&quality, &of), 63);
    assert_int_equal(of, 66);
    assert_true(quality_worst(&quality, &worst));
    assert_int_equal(worst, sample_key("fee"));
}

static void a_code_is_valid_if_its_list_has_it(void **state)
{
    (void)state;
    struct quality quality = {0};
    struct instrument instrument = sample_instrument();
    uint64_t of = 0;
    instrument.class_code = TEXT("019998");
    instrument.nation = TEXT("俄罗斯");
    instrument.subjects = TEXT("430,999");
    instrument.division = TEXT("371200");
    add(&quality, &by_kind, &instrument);
    assert_int_equal(quality_valid_codes(&quality, &of), 0);
    assert_int_equal(of, 4);
    /* Stated, though nobody knows it. */
    assert_int_equal(quality_filled(&quality, &of), 33);
    instrument.subjects = instrument.nation = (struct bytes){0};
    add(&quality, &by_kind, &instrument);
    assert_int_equal(quality_valid_codes(&quality, &of), 0);
    assert_int_equal(of, 6);
}

static void use_is_of_the_quota_of_its_kind(void **state)
{
    (void)state;
    struct quality quality = {0};
    struct instrument general = running(1, 1400, 700);
    struct instrument special = running(2, 200, 0);
    add(&quality, &by_kind, &general);
    add(&quality, &by_kind, &special);
    assert_int_equal(quality.quota_tenths, 22000);
    assert_int_equal(
        quality_basis_points(quality.run_tenths, quality.quota_tenths),
        7272); /* 16000 / 22000, rounded down */
    assert_int_equal(
        quality_basis_points(quality.service_tenths, quality.run_tenths), 4375);
    assert_int_equal(quality.above_half, 1);
}

static void use_is_of_the_divisor_that_is_given(void **state)
{
    (void)state;
    const struct quality_options survey = {.divisor_hours = 1600,
                                           .now_ms = NOW_MS};
    struct quality quality = {0};
    struct instrument special = running(2, 800, 800);
    add(&quality, &survey, &special);
    assert_int_equal(quality.quota_tenths, 16000);
    assert_int_equal(quality.above_half, 0); /* 50 % is not above it */
    special = running(2, 1281, 0);
    add(&quality, &survey, &special);
    assert_int_equal(quality.above_half, 1);
    assert_int_equal(quality.above_four_fifths, 1);
    special = running(2, 1280, 0);
    add(&quality, &survey, &special);
    assert_int_equal(quality.above_four_fifths, 1);
}

static void hours_that_are_not_stated_are_not_zero(void **state)
{
    (void)state;
    struct quality quality = {0};
    struct instrument instrument = running(1, 0, 0);
    add(&quality, &by_kind, &instrument);
    assert_int_equal(quality.idle, 1);
    instrument.hours_year = 0;
    add(&quality, &by_kind, &instrument);
    assert_int_equal(quality.idle, 1);
    assert_int_equal(quality.hours_stated, 1);
    assert_int_equal(quality.quota_tenths, 14000);
    assert_int_equal(
        quality_basis_points(quality.service_tenths, quality.run_tenths), 0);
}

static void what_changed_within_a_year_is_counted(void **state)
{
    (void)state;
    struct quality quality = {0};
    struct writer scratch = {0};
    struct instrument instrument = sample_instrument();
    const uint64_t ages[] = {0, 364 * DAY_MS, 365 * DAY_MS, 800 * DAY_MS};
    for (size_t i = 0; i < 4; i++) {
        const struct quality_item item = {.instrument = &instrument,
                                          .changed_at_ms = NOW_MS - ages[i],
                                          .unit_known = i < 3};
        quality_add(&quality, &by_kind, &item, &scratch);
    }
    assert_int_equal(quality.changed, 2);
    assert_int_equal(quality.unit_known, 3);
    assert_int_equal(quality.instruments, 4);
    writer_fini(&scratch);
}

static void who_was_not_served_lately_is_idle_unless_new(void **state)
{
    (void)state;
    static const struct {
        uint64_t served_until_ms;
        bool stated_lately;
        enum quality_service service;
    } cases[] = {
        {NOW_MS, false, QUALITY_SERVED},
        {NOW_MS - 90 * DAY_MS, true, QUALITY_SERVED},
        {NOW_MS - 90 * DAY_MS, false, QUALITY_SERVED},
        {NOW_MS - 90 * DAY_MS - 1, false, QUALITY_STOPPED},
        {NOW_MS - 90 * DAY_MS - 1, true, QUALITY_NEW}, /* taken over */
        {1, false, QUALITY_STOPPED},
        {0, false, QUALITY_NEVER},
        {0, true, QUALITY_NEW},
    };
    struct quality quality = {0};
    struct writer scratch = {0};
    struct instrument instrument = sample_instrument();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct quality_item item = {
            .instrument = &instrument,
            .stated_lately = cases[i].stated_lately,
            .served_until_ms = cases[i].served_until_ms};
        assert_int_equal(quality_service_of(&by_kind, &item), cases[i].service);
        quality_add(&quality, &by_kind, &item, &scratch);
    }
    assert_int_equal(quality.services[QUALITY_SERVED], 3);
    assert_int_equal(quality.services[QUALITY_NEW], 2);
    assert_int_equal(quality.services[QUALITY_STOPPED], 2);
    assert_int_equal(quality.services[QUALITY_NEVER], 1);
    assert_int_equal(quality_idle(&quality), 3);
    writer_fini(&scratch);
}

static void cities_add_up(void **state)
{
    (void)state;
    struct quality one = {0}, two = {0}, all = {0}, together = {0};
    struct instrument a = running(1, 1000, 10), b = running(2, 0, 0);
    b.worth_fen = UINT64_MAX;
    b.street = (struct bytes){0};
    one.as_of_ms = 7;
    two.as_of_ms = 5;
    two.newest_ms = 4;
    one.units = 3;
    two.units = 4;
    add(&one, &by_kind, &a);
    add(&two, &by_kind, &b);
    add(&together, &by_kind, &a);
    add(&together, &by_kind, &b);
    together.as_of_ms = 5;
    together.newest_ms = 4;
    together.units = 7;
    quality_merge(&all, &one);
    quality_merge(&all, &two);
    assert_memory_equal(&all, &together, sizeof(all));
    assert_true(all.worth_fen == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_record_fills_all_mandatory_keys),
        cmocka_unit_test(the_key_that_most_lack_is_the_worst),
        cmocka_unit_test(a_code_is_valid_if_its_list_has_it),
        cmocka_unit_test(use_is_of_the_quota_of_its_kind),
        cmocka_unit_test(use_is_of_the_divisor_that_is_given),
        cmocka_unit_test(hours_that_are_not_stated_are_not_zero),
        cmocka_unit_test(what_changed_within_a_year_is_counted),
        cmocka_unit_test(who_was_not_served_lately_is_idle_unless_new),
        cmocka_unit_test(cities_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
