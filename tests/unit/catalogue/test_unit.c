/* SPDX-License-Identifier: Apache-2.0 */
#include "node/catalogue/unit.h"

#include <string.h>

#include "tests/support/support.h"

#define TEXT(text) bytes_of(text, sizeof(text) - 1)

static struct unit good_unit(void)
{
    return (struct unit){
        .scheme = TEXT("uscc"),
        .id = TEXT("12100000400000624D"),
        .name_zh = TEXT("郑州大学（北校区）"),
        .name_en = TEXT("Zhengzhou University"),
        .kind = 1,
        .division = TEXT("410105"),
        .division_revision = 2023,
        .switchboard = TEXT("+86 371-6778 1234"),
        .mailbox = TEXT("lab@zzu.edu.cn"),
    };
}

static void assert_refused(const struct unit *unit, hl_err err,
                           const char *words)
{
    struct hl_detail detail = {0};
    assert_err(record_validate(&unit_record, unit, &detail), err);
    assert_non_null(strstr(detail.text, words));
}

static void a_unit_is_valid_with_what_may_be_left_out_left_out(void **state)
{
    (void)state;
    struct unit unit = good_unit();
    assert_ok(record_validate(&unit_record, &unit, NULL));
    unit.name_en = unit.switchboard = unit.mailbox = (struct bytes){0};
    assert_ok(record_validate(&unit_record, &unit, NULL));
}

static void each_scheme_has_its_own_form_of_id(void **state)
{
    (void)state;
    static const struct {
        const char *scheme, *id;
        hl_err err;
    } cases[] = {
        {"uscc", "12100000400000624D", HL_OK},
        {"uscc", "12100000400000624E", HL_EMALFORMED},
        {"uscc", "71526726X", HL_EMALFORMED},
        {"org", "71526726X", HL_OK},
        {"org", "71526726Y", HL_EMALFORMED},
        {"org", "7152672-X", HL_EMALFORMED},
        {"nrii", "0123456789abcdef0123456789abcdef", HL_OK},
        {"nrii", "0123456789ABCDEF0123456789abcdef", HL_EMALFORMED},
        {"nrii", "0123456789abcdef0123456789abcde", HL_EMALFORMED},
        {"nrii", "0123456789abcdef0123456789abcdeg", HL_EMALFORMED},
        {"USCC", "12100000400000624D", HL_EMALFORMED},
        {"tax", "12100000400000624D", HL_EMALFORMED},
        {"", "12100000400000624D", HL_EMALFORMED},
        {"uscc", "", HL_EMALFORMED},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct unit unit = good_unit();
        unit.scheme = bytes_of_text(cases[i].scheme);
        unit.id = bytes_of_text(cases[i].id);
        assert_err(record_validate(&unit_record, &unit, NULL), cases[i].err);
        struct unit_retire retire = {.scheme = unit.scheme, .id = unit.id};
        assert_err(record_validate(&unit_retiring, &retire, NULL),
                   cases[i].err);
    }
}

static void names_are_bounded_lines(void **state)
{
    (void)state;
    uint8_t letters[301];
    memset(letters, 'a', sizeof(letters));
    struct unit unit = good_unit();
    unit.name_zh = bytes_of(letters, 300);
    assert_ok(record_validate(&unit_record, &unit, NULL));
    unit.name_zh = bytes_of(letters, 301);
    assert_refused(&unit, HL_ELIMIT, "field name_zh: 301 bytes, at most 300");
    unit.name_zh = (struct bytes){0};
    assert_refused(&unit, HL_EMALFORMED, "field name_zh: 0 bytes");
    static const char *const bad[] = {"a\tb",
                                      "a\nb",
                                      "\x7f",
                                      "a\xc2\x9b"
                                      "b",
                                      "a\xe2\x80\xae"
                                      "b",
                                      " a",
                                      "a ",
                                      "\xe2\x80\xa8",
                                      "\xff"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        unit = good_unit();
        unit.name_en = bytes_of_text(bad[i]);
        assert_refused(&unit, HL_EMALFORMED, "field name_en");
    }
}

static void kinds_and_years_have_bounds(void **state)
{
    (void)state;
    struct unit unit = good_unit();
    unit.kind = 0;
    assert_refused(&unit, HL_EMALFORMED, "field kind: 0");
    unit.kind = 8;
    assert_refused(&unit, HL_EMALFORMED, "field kind: 8");
    unit.kind = 7;
    unit.division_revision = 0;
    assert_refused(&unit, HL_EMALFORMED, "field division_revision");
}

static void validity_knows_provinces_and_no_list(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        bool good;
    } cases[] = {{"410105", true},  {"419999", true},  {"710000", true},
                 {"820000", true},  {"160000", false}, {"000000", false},
                 {"41010a", false}, {"41010", false},  {"4101055", false}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct unit unit = good_unit();
        unit.division = bytes_of_text(cases[i].code);
        hl_err err = record_validate(&unit_record, &unit, NULL);
        assert_int_equal(err == HL_OK, cases[i].good);
    }
}

static void what_a_new_unit_names_is_in_the_list_of_its_year(void **state)
{
    (void)state;
    struct unit unit = good_unit();
    assert_ok(unit_check_new(&unit, NULL));
    unit.division = TEXT("371200"); /* in the list of 2019, not in 2023's */
    struct hl_detail detail = {0};
    assert_err(unit_check_new(&unit, &detail), HL_EMALFORMED);
    assert_non_null(strstr(detail.text, "field division: 371200"));
    unit.division_revision = 2019; /* not carried: form is all */
    assert_ok(unit_check_new(&unit, NULL));
    unit.division_revision = 1979;
    assert_err(unit_check_new(&unit, NULL), HL_EMALFORMED);
    unit.division_revision = 2101;
    assert_err(unit_check_new(&unit, NULL), HL_EMALFORMED);
}

static void mailboxes_and_switchboards_have_a_form(void **state)
{
    (void)state;
    static const char *const good[] = {"", "lab@zzu.edu.cn", "a.b+c@x-y.cn"};
    static const char *const bad[] = {"lab",     "@zzu.cn",          "lab@",
                                      "lab@zzu", "a@b@c.cn",         "a b@c.cn",
                                      "a@-b.cn", "a@b-.cn",          "a@b..cn",
                                      "a@b.cn.", "\xe5\xae\xa4@b.cn"};
    struct unit unit = good_unit();
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        unit.mailbox = bytes_of_text(good[i]);
        assert_ok(record_validate(&unit_record, &unit, NULL));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        unit.mailbox = bytes_of_text(bad[i]);
        assert_refused(&unit, HL_EMALFORMED, "field mailbox");
    }
    unit = good_unit();
    unit.switchboard = TEXT("0371/1234");
    assert_refused(&unit, HL_EMALFORMED, "field switchboard");
    unit.switchboard = TEXT("0371\0");
    assert_refused(&unit, HL_EMALFORMED, "field switchboard");
}

static void what_people_type_becomes_the_one_written_form(void **state)
{
    (void)state;
    struct unit unit = {
        .scheme = TEXT(" USCC"),
        .id = TEXT("　９１350100m000100y4３ \r\n"),
        .name_zh = TEXT("\t郑州大学（北校区）Ａ１　"),
        .name_en = TEXT("\xc2\xa0"
                        "Zhengzhou　University（N）"),
        .kind = 3,
        .division = TEXT("４１０１０５"),
        .switchboard = TEXT("０３７１－１２３４"),
        .mailbox = TEXT(" lab＠zzu.edu.cn"),
    };
    struct writer out = {0};
    record_normalise(&unit_record, &unit, &out);
    assert_true(bytes_equal_text(unit.scheme, "uscc"));
    assert_true(bytes_equal_text(unit.id, "91350100M000100Y43"));
    assert_ok(record_validate(
        &unit_retiring,
        &(struct unit_retire){.scheme = unit.scheme, .id = unit.id}, NULL));
    assert_true(bytes_equal_text(unit.name_zh, "郑州大学（北校区）A1"));
    assert_true(bytes_equal_text(unit.name_en, "Zhengzhou University(N)"));
    assert_true(bytes_equal_text(unit.division, "410105"));
    assert_true(bytes_equal_text(unit.switchboard, "0371-1234"));
    assert_true(bytes_equal_text(unit.mailbox, "lab@zzu.edu.cn"));
    writer_fini(&out);
}

/* The last byte of one and a space are not taken for a no-break space. */
static void no_character_is_taken_apart(void **state)
{
    (void)state;
    struct writer out = {0};
    for (uint32_t point = 0x4e00; point <= 0x9fff; point++) {
        const uint8_t name[] = {(uint8_t)(0xe0 | point >> 12),
                                (uint8_t)(0x80 | (point >> 6 & 0x3f)),
                                (uint8_t)(0x80 | (point & 0x3f)), ' ', '1'};
        struct unit unit = {.name_zh = bytes_of(name, sizeof(name))};
        writer_clear(&out);
        record_normalise(&unit_record, &unit, &out);
        assert_true(bytes_equal(unit.name_zh, bytes_of(name, sizeof(name))));
    }
    writer_fini(&out);
}

static void each_scheme_has_its_own_letters(void **state)
{
    (void)state;
    struct writer out = {0};
    struct unit unit = {.scheme = TEXT("Org"), .id = TEXT("71526726-x")};
    record_normalise(&unit_record, &unit, &out);
    assert_true(bytes_equal_text(unit.id, "71526726X"));
    unit = (struct unit){.scheme = TEXT("nrii"), .id = TEXT("0123-ABCD")};
    record_normalise(&unit_record, &unit, &out);
    assert_true(bytes_equal_text(unit.id, "0123-abcd"));
    unit = (struct unit){.scheme = TEXT("other"), .id = TEXT("aB")};
    record_normalise(&unit_record, &unit, &out);
    assert_true(bytes_equal_text(unit.id, "aB"));
    unit = (struct unit){0};
    record_normalise(&unit_record, &unit, &out);
    assert_int_equal(unit.id.size, 0);
    writer_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_unit_is_valid_with_what_may_be_left_out_left_out),
        cmocka_unit_test(each_scheme_has_its_own_form_of_id),
        cmocka_unit_test(names_are_bounded_lines),
        cmocka_unit_test(kinds_and_years_have_bounds),
        cmocka_unit_test(validity_knows_provinces_and_no_list),
        cmocka_unit_test(what_a_new_unit_names_is_in_the_list_of_its_year),
        cmocka_unit_test(mailboxes_and_switchboards_have_a_form),
        cmocka_unit_test(what_people_type_becomes_the_one_written_form),
        cmocka_unit_test(no_character_is_taken_apart),
        cmocka_unit_test(each_scheme_has_its_own_letters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
