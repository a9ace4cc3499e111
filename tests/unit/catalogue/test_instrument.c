/* SPDX-License-Identifier: Apache-2.0 */
#include "node/catalogue/instrument.h"

#include <string.h>

#include "node/catalogue/attribute.h"
#include "node/catalogue/demand.h"
#include "node/catalogue/service_item.h"
#include "tests/support/support.h"

#define TEXT(text) bytes_of_text(text)

static struct instrument good(void)
{
    return (struct instrument){
        .of = {.home = TEXT("zhengzhou"),
               .unit_scheme = TEXT("uscc"),
               .unit_id = TEXT("12410000415800018L"),
               .inner_id = TEXT("20190017")},
        .name_zh = TEXT("场发射扫描电镜"),
        .class_scheme = TEXT("nrii"),
        .class_code = TEXT("010102"),
        .worth_fen = 285000000,
        .begin_date = TEXT("2019-03-01"),
        .technical = TEXT("分辨率 1.0 nm\n  加速电压 30 kV"),
        .subjects = TEXT("430,150"),
        .service_url = TEXT("https://lab.example.cn/a"),
        .division = TEXT("410102"),
        .division_revision = 2023,
        .postcode = TEXT("450001"),
        .contact = TEXT("张*"),
        .phone = TEXT("138****1234"),
        .email = TEXT("z***@example.cn"),
    };
}

static void assert_refused(const struct instrument *instrument,
                           const char *expected)
{
    struct hl_detail detail = {0};
    hl_err err = record_validate(&instrument_record, instrument, &detail);
    if (err == HL_OK || strstr(detail.text, expected) == NULL) {
        fail_msg("%s: '%s', not %s", hl_err_name(err), detail.text, expected);
    }
}

static void
an_instrument_is_valid_with_what_may_be_left_out_left_out(void **state)
{
    (void)state;
    struct instrument instrument = good();
    assert_ok(record_validate(&instrument_record, &instrument, NULL));
    assert_ok(instrument_check_new(&instrument, NULL));
    instrument =
        (struct instrument){.of = instrument.of, .name_en = TEXT("SEM")};
    assert_ok(record_validate(&instrument_record, &instrument, NULL));
    assert_ok(instrument_check_new(&instrument, NULL));
    instrument.name_en = (struct bytes){0};
    assert_refused(&instrument, "field name_zh: missing, and name_en too");
}

static void its_identity_is_whole(void **state)
{
    (void)state;
    struct instrument instrument = good();
    instrument.of.home = TEXT("Zheng/zhou");
    assert_refused(&instrument, "field home: no node's id");
    instrument = good();
    instrument.of.unit_id = TEXT("12410000415800018M");
    assert_refused(&instrument, "field unit_id: ");
    instrument = good();
    instrument.of.unit_scheme = TEXT("tax");
    assert_refused(&instrument, "field unit_scheme: uscc, org, nrii or ror");
    instrument = good();
    instrument.of.inner_id = (struct bytes){0};
    assert_refused(&instrument, "field inner_id");
    instrument = good();
    instrument.of.unit_scheme = TEXT("ror");
    instrument.of.unit_id = TEXT("02wn5qz54");
    assert_ok(record_validate(&instrument_record, &instrument, NULL));
    instrument.of.unit_id = TEXT("02wn5qz55");
    assert_refused(&instrument, "field unit_id: the check digits");
    instrument.of.unit_id = TEXT("02wn5oz54");
    assert_refused(&instrument, "character 6 of a ror id");
}

static void dates_are_days_that_there_were(void **state)
{
    (void)state;
    static const char *const days[] = {"", "1900-01-01", "2024-02-29",
                                       "2000-02-29", "2026-12-31"};
    static const char *const none[] = {"2023-02-29", "1900-02-29", "2024-13-01",
                                       "2024-00-10", "2024-01-32", "2024-1-01",
                                       "2024/01/01", "1899-12-31", "20240101"};
    struct instrument instrument = good();
    for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
        instrument.begin_date = TEXT(days[i]);
        assert_ok(record_validate(&instrument_record, &instrument, NULL));
    }
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        instrument.begin_date = TEXT(none[i]);
        assert_refused(&instrument, "field begin_date");
    }
}

static void fields_keep_their_form(void **state)
{
    (void)state;
    struct instrument instrument = good();
    instrument.class_scheme = (struct bytes){0};
    assert_refused(&instrument, "field class_scheme is missing");
    instrument = good();
    instrument.class_code = TEXT("10102");
    assert_refused(&instrument, "field class_code: six digits");
    instrument = good();
    instrument.subjects = TEXT("430;150");
    assert_refused(&instrument, "field subjects");
    instrument.subjects = TEXT("430,");
    assert_refused(&instrument, "field subjects");
    instrument = good();
    instrument.technical = TEXT("a\n");
    assert_refused(&instrument, "field technical: a line end");
    instrument.technical = TEXT("a\n\x01");
    assert_refused(&instrument, "field technical: a control character");
    instrument = good();
    instrument.service_url = TEXT("ftp://x");
    assert_refused(&instrument, "field service_url");
    instrument = good();
    instrument.phone = TEXT("见网站");
    assert_refused(&instrument, "field phone");
    instrument = good();
    instrument.email = TEXT("z***");
    assert_refused(&instrument, "field email");
    instrument = good();
    instrument.division_revision = 0;
    assert_refused(&instrument, "field division_revision");
    instrument = good();
    instrument.division = (struct bytes){0};
    assert_refused(&instrument, "field division_revision");
    instrument = good();
    instrument.worth_fen = MONEY_MAX_FEN + 1;
    assert_refused(&instrument, "field worth_fen");
    instrument = good();
    instrument.division = TEXT("371200"); /* withdrawn before that list */
    assert_ok(record_validate(&instrument_record, &instrument, NULL));
    assert_err(instrument_check_new(&instrument, NULL), HL_EMALFORMED);
}

static void what_people_type_becomes_the_one_written_form(void **state)
{
    (void)state;
    struct instrument instrument = {
        .of = {.home = TEXT("zhengzhou"),
               .unit_scheme = TEXT("USCC"),
               .unit_id = TEXT("１２410000415800018ｌ"),
               .inner_id = TEXT(" ２０19－17 ")},
        .name_zh = TEXT(" 扫描电镜（ＳＥＭ） "),
        .technical = TEXT("\r\n分辨率：１ nm \r\n\t加速电压\r\r\n"),
        .phone = TEXT("（０３７１）６７７８"),
    };
    struct writer out = {0};
    record_normalise(&instrument_record, &instrument, &out);
    assert_true(bytes_equal_text(instrument.of.unit_id, "12410000415800018L"));
    assert_true(bytes_equal_text(instrument.of.inner_id, "2019-17"));
    assert_true(bytes_equal_text(instrument.name_zh, "扫描电镜（SEM）"));
    assert_true(
        bytes_equal_text(instrument.technical, "分辨率：1 nm\n 加速电压"));
    assert_true(bytes_equal_text(instrument.phone, "(0371)6778"));
    assert_ok(record_validate(&instrument_record, &instrument, NULL));
    writer_fini(&out);
}

static void service_items_and_demands_have_their_own_least(void **state)
{
    (void)state;
    struct homed of = good().of;
    struct service_item item = {.of = of, .name_zh = TEXT("形貌观察")};
    assert_ok(record_validate(&service_item_record, &item, NULL));
    item.name_zh = (struct bytes){0};
    assert_err(record_validate(&service_item_record, &item, NULL),
               HL_EMALFORMED);
    struct demand demand = {
        .of = of, .title = TEXT("检测"), .text = TEXT("隔膜断面")};
    assert_ok(record_validate(&demand_record, &demand, NULL));
    demand.text = (struct bytes){0};
    assert_err(record_validate(&demand_record, &demand, NULL), HL_EMALFORMED);
}

/* --- Attributes ---------------------------------------------------------- */

static hl_err money(const char *text, uint64_t unit_fen, uint64_t *fen)
{
    return attribute_parse_money(TEXT(text), unit_fen, fen, NULL);
}

static void money_is_read_exactly_or_not_at_all(void **state)
{
    (void)state;
    uint64_t fen = 0;
    assert_ok(money("795000", 100, &fen));
    assert_int_equal(fen, 79500000);
    assert_ok(money("79.5", 1000000, &fen)); /* 万元 */
    assert_int_equal(fen, 79500000);
    assert_ok(money("79.500000000", 1000000, &fen));
    assert_int_equal(fen, 79500000);
    assert_err(money("79,5", 100, &fen), HL_EMALFORMED);
    assert_err(money("1234,567", 100, &fen), HL_EMALFORMED);
    assert_err(money("1,23,456", 100, &fen), HL_EMALFORMED);
    assert_err(money("1,234.567,8", 1000000, &fen), HL_EMALFORMED);
    assert_err(money("1,", 100, &fen), HL_EMALFORMED);
    assert_ok(money("1,234,567.89", 100, &fen));
    assert_int_equal(fen, 123456789);
    assert_ok(money("１２３．４５", 100, &fen));
    assert_int_equal(fen, 12345);
    assert_ok(money("0.000001", 1000000, &fen));
    assert_int_equal(fen, 1);
    assert_err(money("0.0000001", 1000000, &fen), HL_EMALFORMED);
    assert_err(money("1.005", 100, &fen), HL_EMALFORMED);
    assert_err(money("-1", 100, &fen), HL_EMALFORMED);
    assert_err(money("", 100, &fen), HL_EMALFORMED);
    assert_err(money(".", 100, &fen), HL_EMALFORMED);
    assert_err(money("1.2.3", 100, &fen), HL_EMALFORMED);
    assert_err(money("约30万", 100, &fen), HL_EMALFORMED);
    assert_err(money("184467440737095516.16", 100, &fen), HL_ELIMIT);
    assert_err(money("1844674407370955161600", 1, &fen), HL_ELIMIT);
}

static hl_err set(const char *name, const char *text,
                  struct instrument *instrument, struct hl_detail *detail)
{
    const struct record_kind *kind = record_kind_of_word("instrument");
    return attribute_parse(kind, attribute_find(kind, TEXT(name)), TEXT(text),
                           instrument, detail);
}

static void words_are_read_in_both_languages(void **state)
{
    (void)state;
    struct instrument instrument = {0};
    struct hl_detail detail = {0};
    assert_ok(set("status", "待修", &instrument, &detail));
    assert_int_equal(instrument.status, 4);
    assert_ok(set("运行状态", "normal", &instrument, &detail));
    assert_int_equal(instrument.status, 1);
    assert_ok(set("customs_supervised", "是", &instrument, &detail));
    assert_int_equal(instrument.customs_supervised, 1);
    assert_ok(set("customs_supervised", "", &instrument, &detail));
    assert_int_equal(instrument.customs_supervised, 0);
    assert_ok(set("funds", "中央财政资金、 other", &instrument, &detail));
    assert_int_equal(instrument.funds, 9);
    assert_ok(set("run_hours", "1,200.5", &instrument, &detail));
    assert_int_equal(instrument.run_hours_tenths, 12005);
    assert_err(set("status", "坏", &instrument, &detail), HL_EMALFORMED);
    assert_non_null(strstr(detail.text, "'坏' is none of normal (正常)"));
    assert_err(set("funds", "own,", &instrument, &detail), HL_EMALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            an_instrument_is_valid_with_what_may_be_left_out_left_out),
        cmocka_unit_test(its_identity_is_whole),
        cmocka_unit_test(dates_are_days_that_there_were),
        cmocka_unit_test(fields_keep_their_form),
        cmocka_unit_test(what_people_type_becomes_the_one_written_form),
        cmocka_unit_test(service_items_and_demands_have_their_own_least),
        cmocka_unit_test(money_is_read_exactly_or_not_at_all),
        cmocka_unit_test(words_are_read_in_both_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
