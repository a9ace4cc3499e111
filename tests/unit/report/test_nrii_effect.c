/* SPDX-License-Identifier: Apache-2.0 */

/* What units did in a year, as the national interface wants it. */

#include "node/report/nrii_effect.h"

#include <string.h>

#include "tests/support/support.h"

#define TEXT(text) bytes_of_text(text)
#define CODE TEXT("7025826f8aef4c88a27e21d9103c5dc2")
#define HOUR_MS UINT64_C(3600000)

static void assert_row(const struct nrii_effect *effect,
                       const struct nrii_form *form, const char *expected,
                       struct nrii_row *row)
{
    struct writer text = {0};
    nrii_effect_put(effect, form, CODE, &text, row);
    writer_u8(&text, 0);
    assert_string_equal(text.data, expected);
    writer_fini(&text);
}

static struct nrii_effect sample(void)
{
    struct nrii_effect effect = {.users = 2};
    const struct nrii_service services[] = {
        {.income_fen = 400001, .until_ms = 8 * HOUR_MS + HOUR_MS / 2},
        {.income_fen = 1000000, .from_ms = HOUR_MS, .until_ms = 2 * HOUR_MS},
        {.income_fen = 105000, .until_ms = 0}};
    for (size_t i = 0; i < 3; i++) {
        nrii_effect_add(&effect, &services[i], i != 1);
    }
    nrii_effect_add_worth(&effect, 50000000);
    nrii_effect_add_worth(&effect, 49999999);
    nrii_effect_add_worth(&effect, 285000000);
    return effect;
}

static void all_keys_stand_as_documented_and_in_that_order(void **state)
{
    (void)state;
    struct nrii_effect effect = sample();
    struct nrii_row row;
    assert_row(&effect, &nrii_form_effect,
               "{\"insCode\": \"7025826f8aef4c88a27e21d9103c5dc2\", "
               "\"serviceUrl\": \"\", \"serviceUrlyear\": \"\", "
               "\"billNum\": 2, \"billWorth\": 1.51, "
               "\"billWorthInstr\": 1.51, \"intensityFileIdName\": \"\", "
               "\"intensityFileUrl\": \"\", \"instrNum\": 2, "
               "\"instrWorth\": 335.00, \"specializationFileIdName\": \"\", "
               "\"specializationFileUrl\": \"\", \"remark\": \"\", "
               "\"remarks\": \"\", \"remarkOne\": \"\", \"remarkTwo\": \"\"}",
               &row);
    assert_true(nrii_row_is_complete(&row));
    assert_row(&effect, &nrii_form_effect_2016,
               "{\"insCode\": \"7025826f8aef4c88a27e21d9103c5dc2\", "
               "\"submittedRates\": \"\", \"activatedRates\": \"\", "
               "\"totalShareRates\": \"\", \"externalShareRates\": \"\", "
               "\"innovation\": \"\", "
               "\"serviceAmounts\": \"对外服务机时9.5小时；服务3次\", "
               "\"user\": \"共服务用户3次，其中企业2家\", \"project\": \"\", "
               "\"thesis\": \"\", \"book\": \"\", \"report\": \"\", "
               "\"patent\": \"\", \"output\": \"\", \"achievements\": \"\", "
               "\"serviceIncome\": \"1.51\", \"socialBenefit\": \"\", "
               "\"remark\": \"\"}",
               &row);
    assert_true(nrii_row_is_complete(&row));
}

static void every_key_has_a_chinese_name(void **state)
{
    (void)state;
    const struct nrii_form *const forms[] = {&nrii_form_effect,
                                             &nrii_form_effect_2016};
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < forms[k]->count; i++) {
            assert_true(strlen(forms[k]->name_zh(i)) > 0);
        }
    }
}

static void numbers_of_zero_are_missing_in_the_newer_form_alone(void **state)
{
    (void)state;
    struct nrii_effect none = {0};
    struct writer text = {0};
    struct nrii_row row;
    nrii_effect_put(&none, &nrii_form_effect, CODE, &text, &row);
    for (size_t i = 0; i < nrii_form_effect.count; i++) {
        const struct nrii_key *key = &nrii_form_effect.keys[i];
        assert_int_equal(row.missing >> i & 1, i > 0 && key->needed);
    }
    nrii_effect_put(&none, &nrii_form_effect_2016, CODE, &text, &row);
    assert_true(nrii_row_is_complete(&row));
    nrii_effect_put(&none, &nrii_form_effect_2016, TEXT(""), &text, &row);
    assert_int_equal(row.missing, 1);
    writer_fini(&text);
}

static void sums_stay_at_their_end(void **state)
{
    (void)state;
    struct nrii_effect effect = {.income_fen = UINT64_MAX - 1,
                                 .large_fen = UINT64_MAX - 1};
    const struct nrii_service service = {.income_fen = 2};
    nrii_effect_add(&effect, &service, true);
    nrii_effect_add_worth(&effect, UINT64_C(50000000));
    assert_true(effect.income_fen == UINT64_MAX);
    assert_true(effect.large_fen == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_keys_stand_as_documented_and_in_that_order),
        cmocka_unit_test(every_key_has_a_chinese_name),
        cmocka_unit_test(numbers_of_zero_are_missing_in_the_newer_form_alone),
        cmocka_unit_test(sums_stay_at_their_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
