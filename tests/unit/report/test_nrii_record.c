/* SPDX-License-Identifier: Apache-2.0 */

/* Services as the national interface wants them. */

#include "node/report/nrii_record.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/support.h"

#define TEXT(text) bytes_of_text(text)
/* 2026-11-24 08:30 in UTC+8. */
#define FROM_MS UINT64_C(1795480200000)
#define MINUTE_MS UINT64_C(60000)
#define NEW_YEAR_2027_MS UINT64_C(1798732800000)

static const char order[] = "luoyang/000102030405060708090a0b0c0d0e0f";

/* Byte by byte, and in this order. */
static const char documented[] =
    "{\"recordInnerId\": \"luoyang/000102030405060708090a0b0c0d0e0f\", "
    "\"insCode\": \"7025826f8aef4c88a27e21d9103c5dc2\", "
    "\"innerId\": \"SEM-1\", \"amounts\": 4000.01, "
    "\"endTime\": \"2026-11-24 17\", \"serviceAmount\": 8.5, "
    "\"serviceContent\": \"断口分析\", \"serviceWay\": \"委托共享\", "
    "\"serviceType\": 130, \"serviceDirection\": 138, "
    "\"subjectName\": \"无\", \"subjectIncome\": \"无\", "
    "\"subjectArea\": \"材料科学,化学\", \"subjectContent\": \"无\", "
    "\"applicant\": \"无\", \"applicantPhone\": \"无\", "
    "\"applicantEmail\": \"无\", \"applicantUnit\": \"无\", "
    "\"comment\": \"非常满意\", \"adressType\": 0, \"moveAddress\": \"\", "
    "\"signAgreement\": 0, \"serviceCode\": \"\", \"record\": \"无\", "
    "\"auditStatus\": -1}";

static struct nrii_service sample(void)
{
    return (struct nrii_service){
        .order = TEXT(order),
        .ins_code = TEXT("7025826f8aef4c88a27e21d9103c5dc2"),
        .inner_id = TEXT("SEM-1"),
        .subjects = TEXT("430,150"),
        .content = TEXT("断口分析"),
        .kind = 1,
        .income_fen = 400001,
        .from_ms = FROM_MS,
        .until_ms = FROM_MS + 510 * MINUTE_MS,
        .stars = 5,
        .contract = true,
    };
}

static json_t *row_of(const struct nrii_service *of, struct nrii_row *row)
{
    struct writer text = {0};
    nrii_record_put(of, &text, row);
    json_t *object = json_loadb((const char *)text.data, text.size,
                                JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(object);
    writer_fini(&text);
    return object;
}

static uint64_t bit(const char *key)
{
    for (size_t i = 0; i < nrii_form_record.count; i++) {
        if (strcmp(nrii_form_record.keys[i].key, key) == 0) {
            return UINT64_C(1) << i;
        }
    }
    fail_msg("no key %s", key);
    return 0;
}

static void assert_text(const struct nrii_service *of, const char *key,
                        const char *value)
{
    struct nrii_row row;
    json_t *object = row_of(of, &row);
    assert_string_equal(json_string_value(json_object_get(object, key)), value);
    json_decref(object);
}

static uint64_t missing_of(const struct nrii_service *of)
{
    struct nrii_row row;
    json_decref(row_of(of, &row));
    return row.missing;
}

static void all_keys_stand_as_documented_and_in_that_order(void **state)
{
    (void)state;
    struct nrii_service service = sample();
    struct writer text = {0};
    struct nrii_row row;
    nrii_record_put(&service, &text, &row);
    writer_u8(&text, 0);
    assert_string_equal(text.data, documented);
    assert_true(nrii_row_is_complete(&row));
    assert_int_equal(row.cut, 0);
    writer_fini(&text);
    for (size_t i = 0; i < nrii_form_record.count; i++) {
        assert_true(strlen(nrii_form_record.name_zh(i)) > 0);
    }
}

static void what_the_form_asks_for_is_missing(void **state)
{
    (void)state;
    struct nrii_service service = sample();
    service.ins_code = service.inner_id = service.subjects = TEXT("");
    assert_true(missing_of(&service) ==
                (bit("insCode") | bit("innerId") | bit("subjectArea")));
    service = sample();
    service.ins_code = TEXT("12410000415800018L");
    service.subjects = TEXT("999");
    struct nrii_row row;
    json_decref(row_of(&service, &row));
    assert_true(row.wrong == (bit("insCode") | bit("subjectArea")));
}

static void tax_of_a_supervised_instrument_is_not_known(void **state)
{
    (void)state;
    struct nrii_service service = sample();
    service.supervised = true;
    assert_true(missing_of(&service) == bit("record"));
    assert_text(&service, "record", "");
}

static void hours_are_rounded_to_tenths(void **state)
{
    (void)state;
    static const struct {
        uint64_t minutes, tenths;
    } cases[] = {{0, 0}, {2, 0}, {3, 1}, {8, 1}, {9, 2}, {60, 10}, {1437, 240}};
    struct nrii_service service = sample();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        service.until_ms = service.from_ms + cases[i].minutes * MINUTE_MS;
        assert_int_equal(nrii_service_tenths(&service), cases[i].tenths);
        assert_true(missing_of(&service) ==
                    (cases[i].tenths == 0 ? bit("serviceAmount") : 0));
    }
    service.until_ms = service.from_ms - 1;
    assert_int_equal(nrii_service_tenths(&service), 0);
}

static void years_and_hours_are_those_of_utc8(void **state)
{
    (void)state;
    struct nrii_service service = sample();
    uint64_t new_year = NEW_YEAR_2027_MS;
    assert_int_equal(nrii_year(new_year - 1), 2026);
    assert_int_equal(nrii_year(new_year), 2027);
    service.until_ms = new_year;
    assert_text(&service, "endTime", "2027-01-01 00");
    service.until_ms = new_year - 1;
    assert_text(&service, "endTime", "2026-12-31 23");
    assert_int_equal(nrii_year(0), 1970);
    assert_int_equal(nrii_year(UINT64_MAX), 9999);
}

static void stars_are_words(void **state)
{
    (void)state;
    static const char *const words[] = {
        "", "极差", "不满意", "一般", "基本满意", "非常满意", ""};
    for (uint64_t stars = 0; stars < 7; stars++) {
        struct nrii_service service = sample();
        service.stars = stars;
        assert_text(&service, "comment", words[stars]);
        assert_true(missing_of(&service) == 0);
    }
}

static void without_an_item_the_kind_of_service_is_its_content(void **state)
{
    (void)state;
    struct nrii_service service = sample();
    struct nrii_row row;
    service.content = TEXT("");
    assert_text(&service, "serviceContent", "检测检验");
    service.kind = 4;
    assert_text(&service, "serviceContent", "科技咨询");
    assert_text(&service, "serviceWay", "其他");
    service.kind = 99; /* of a later program */
    assert_text(&service, "serviceContent", "其他");
    char name[700] = "";
    for (int i = 0; i < 201; i++) {
        strcat(name, "测");
    }
    service.content = TEXT(name);
    json_decref(row_of(&service, &row));
    assert_true(row.cut == bit("serviceContent"));
}

static void no_contract_is_one(void **state)
{
    (void)state;
    struct nrii_service service = sample();
    struct nrii_row row;
    service.contract = false;
    json_t *object = row_of(&service, &row);
    assert_int_equal(
        json_integer_value(json_object_get(object, "signAgreement")), 1);
    json_decref(object);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_keys_stand_as_documented_and_in_that_order),
        cmocka_unit_test(what_the_form_asks_for_is_missing),
        cmocka_unit_test(tax_of_a_supervised_instrument_is_not_known),
        cmocka_unit_test(hours_are_rounded_to_tenths),
        cmocka_unit_test(years_and_hours_are_those_of_utc8),
        cmocka_unit_test(stars_are_words),
        cmocka_unit_test(without_an_item_the_kind_of_service_is_its_content),
        cmocka_unit_test(no_contract_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
