/* SPDX-License-Identifier: Apache-2.0 */
#include "node/catalogue/uscc.h"

#include <string.h>

#include "tests/support/support.h"

static const char *const genuine[] = {
    "91350100M000100Y43", /* the standard's own example */
    "9144030071526726XG", "914403001922038216", "12100000400000624D",
    "91110000802100433B", "91410100MA41010086", "91410300MA4103003F",
    "91371700MA3717003G", "91130400MA1304002F", "12410000415800018L",
};
enum { GENUINE = sizeof(genuine) / sizeof(genuine[0]) };

static void codes_of_the_standard_and_real_ones_are_valid(void **state)
{
    (void)state;
    for (size_t i = 0; i < GENUINE; i++) {
        assert_ok(uscc_validate(bytes_of_text(genuine[i]), NULL));
    }
}

static void no_single_character_can_be_changed(void **state)
{
    (void)state;
    for (size_t i = 0; i < GENUINE; i++) {
        for (size_t at = 0; at < 18; at++) {
            for (unsigned byte = 0; byte < 256; byte++) {
                char changed[19];
                memcpy(changed, genuine[i], 19);
                if (changed[at] == (char)byte) {
                    continue;
                }
                changed[at] = (char)byte;
                struct hl_detail detail = {0};
                assert_err(uscc_validate(bytes_of(changed, 18), &detail),
                           HL_EMALFORMED);
                assert_true(detail.text[0] != '\0');
            }
        }
    }
}

/* Of 17 characters the check character that the standard asks for, computed
 * here as it is written there. */
static char outer_check(const char *code)
{
    static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    unsigned sum = 0;
    unsigned weight = 1;
    for (size_t i = 0; i < 17; i++) {
        sum += (unsigned)(strchr(alphabet, code[i]) - alphabet) * weight;
        weight = weight * 3 % 31;
    }
    return alphabet[(31 - sum % 31) % 31];
}

static void
a_wrong_inner_code_is_refused_under_a_right_outer_check(void **state)
{
    (void)state;
    char code[] = "91350100M000100Y43";
    code[16] = '5'; /* the organisation code's own check character was 4 */
    code[17] = outer_check(code);
    struct hl_detail detail = {0};
    assert_err(uscc_validate(bytes_of_text(code), &detail), HL_EMALFORMED);
    assert_non_null(strstr(detail.text, "organisation code's check"));
    code[16] = '4';
    code[17] = outer_check(code);
    assert_ok(uscc_validate(bytes_of_text(code), &detail));
}

static void the_first_two_characters_may_be_letters(void **state)
{
    (void)state;
    char code[] = "N2350100M000100Y40";
    code[17] = outer_check(code);
    assert_ok(uscc_validate(bytes_of_text(code), NULL));
    memcpy(code, "Y1", 2);
    code[17] = outer_check(code);
    assert_ok(uscc_validate(bytes_of_text(code), NULL));
}

static void the_division_within_is_digits(void **state)
{
    (void)state;
    char code[] = "91A50100M000100Y40";
    code[17] = outer_check(code);
    assert_err(uscc_validate(bytes_of_text(code), NULL), HL_EMALFORMED);
}

static void other_lengths_and_written_forms_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "91350100M000100Y4",
        "91350100M000100Y433",
        "91350100m000100y43",
        " 91350100M000100Y4",
        ("\xef\xbc\x99"
         "1350100M000100Y43"),
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_err(uscc_validate(bytes_of_text(bad[i]), NULL), HL_EMALFORMED);
    }
}

static void organisation_codes_check_themselves(void **state)
{
    (void)state;
    static const char *const good[] = {"M000100Y4", "71526726X", "192203821",
                                       "400000624", "802100433"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_ok(organisation_code_validate(bytes_of_text(good[i]), NULL));
        for (size_t at = 0; at < 9; at++) {
            char changed[10];
            memcpy(changed, good[i], 10);
            /* Its check is modulo 11: a letter for one eleven further on goes
             * unseen, which the USCC's outer check then sees. */
            if (changed[at] > '9') {
                continue;
            }
            changed[at] = changed[at] == '1' ? '2' : '1';
            assert_err(organisation_code_validate(bytes_of(changed, 9), NULL),
                       HL_EMALFORMED);
        }
    }
    assert_err(organisation_code_validate(bytes_of_text("7152672-X"), NULL),
               HL_EMALFORMED);
    assert_err(organisation_code_validate(bytes_of_text("71526726"), NULL),
               HL_EMALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_of_the_standard_and_real_ones_are_valid),
        cmocka_unit_test(no_single_character_can_be_changed),
        cmocka_unit_test(
            a_wrong_inner_code_is_refused_under_a_right_outer_check),
        cmocka_unit_test(the_first_two_characters_may_be_letters),
        cmocka_unit_test(the_division_within_is_digits),
        cmocka_unit_test(other_lengths_and_written_forms_are_refused),
        cmocka_unit_test(organisation_codes_check_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
