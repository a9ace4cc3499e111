/* SPDX-License-Identifier: Apache-2.0 */

/* The national interface's form: its keys, and what stands there. */

#include "node/report/nrii_row.h"

#include <jansson.h>
#include <string.h>

#include "node/catalogue/attribute.h"
#include "tests/support/support.h"
#include "tests/unit/report/nrii_sample.h"

/* As the interface's documents and the payloads of its clients have them, byte
 * by byte; written down here once more, apart from the program's own table. */
static const struct {
    const char *key;
    const char *value; /* of the sample, as JSON */
    bool needed;
} documented[] = {
    {"insCode", "\"7025826f8aef4c88a27e21d9103c5dc2\"", true},
    {"innerId", "\"20190017\"", true},
    {"cname", "\"场发射扫描电镜\"", true},
    {"ename", "\"FE-SEM\"", true},
    {"instrBelongsType", "1", true},
    {"instrBelongsName", "\"Z001\"", false},
    {"resourceName", "\"无\"", false},
    {"insideDepart", "\"分析测试中心\"", true},
    {"instrCategory", "\"010102\"", true},
    {"instrSource", "\"购置\"", true},
    {"instrSupervise", "\"是\"", true},
    {"worth", "285.00", true},
    {"nation", "\"日本\"", true},
    {"manufacturer", "\"日立\"", true},
    {"beginDate", "\"2019-03-01\"", true},
    {"type", "\"通用\"", true},
    {"instrVersion", "\"SU8010\"", true},
    {"technical", "\"分辨率 1.0 nm\\n加速电压 \\\"30 kV\\\"\\\\\"", true},
    {"function", "\"形貌观察\"", true},
    {"subject", "\"材料科学,化学\"", true},
    {"serviceContent", "\"测试\"", true},
    {"achievement", "\"论文 12 篇\"", true},
    {"requirement", "\"网上预约\"", true},
    {"fee", "\"300 元/样\"", true},
    {"serviceUrl", "\"https://yq.example.cn/20190017\"", false},
    {"funds", "\"中央财政资金,单位自有资金\"", true},
    {"runMachine", "1200.5", true},
    {"serviceMachine", "400.0", true},
    {"status", "\"偶有故障\"", false},
    {"shareMode", "\"外部共享\"", false},
    {"province", "\"河南省\"", true},
    {"city", "\"郑州市\"", true},
    {"county", "\"中原区\"", true},
    {"street", "\"示例路 1 号\"", true},
    {"contact", "\"张三丰\"", true},
    {"phone", "\"13912345678\"", true},
    {"email", "\"zhangsf@example.cn\"", true},
    {"address", "\"河南省郑州市示例路 1 号\"", true},
    {"postalcode", "\"450001\"", true},
    {"image", "\"https://yq.example.cn/20190017.jpg\"", false},
    {"auditStatus", "-1", false},
};
enum { DOCUMENTED = sizeof(documented) / sizeof(documented[0]) };

#define BIT(key) (UINT64_C(1) << sample_key(key))

static json_t *row_of_source(const struct nrii_source *source,
                             struct nrii_row *row)
{
    struct writer text = {0};
    json_error_t error;
    nrii_row_put(source, &text, row);
    json_t *object = json_loadb((const char *)text.data, text.size,
                                JSON_REJECT_DUPLICATES, &error);
    if (object == NULL) {
        fail_msg("%s in %.*s", error.text, BYTES_ARGS(writer_view(&text)));
    }
    writer_fini(&text);
    return object;
}

static json_t *row_of(const struct instrument *instrument, struct nrii_row *row)
{
    struct nrii_source source = sample_source(instrument);
    return row_of_source(&source, row);
}

static void assert_value(const struct instrument *instrument, const char *key,
                         const char *value)
{
    struct nrii_row row;
    json_t *object = row_of(instrument, &row);
    assert_string_equal(json_string_value(json_object_get(object, key)), value);
    json_decref(object);
}

static struct nrii_row judge(const struct instrument *instrument)
{
    struct nrii_row row;
    json_decref(row_of(instrument, &row));
    return row;
}

/* --- Keys ----------------------------------------------------------------- */

static void all_keys_stand_as_documented_and_in_that_order(void **state)
{
    (void)state;
    struct instrument instrument = sample_instrument();
    struct nrii_source source = sample_source(&instrument);
    struct writer expected = {0}, text = {0};
    struct nrii_row row;
    for (size_t i = 0; i < DOCUMENTED; i++) {
        writer_format(&expected, "%s\"%s\": %s", i == 0 ? "{" : ", ",
                      documented[i].key, documented[i].value);
    }
    writer_u8(&expected, '}');
    writer_u8(&expected, 0);
    nrii_row_put(&source, &text, &row);
    writer_u8(&text, 0);
    assert_string_equal(text.data, expected.data);
    assert_true(nrii_row_is_complete(&row));
    assert_int_equal(row.cut, 0);
    writer_fini(&expected);
    writer_fini(&text);
}

static void the_table_asks_for_what_the_form_refuses_empty(void **state)
{
    (void)state;
    assert_int_equal(nrii_equipment_count, DOCUMENTED - 1);
    for (size_t i = 0; i < nrii_equipment_count; i++) {
        assert_string_equal(nrii_equipment[i].key, documented[i].key);
        assert_int_equal(nrii_equipment[i].needed, documented[i].needed);
        assert_true(strlen(nrii_key_zh(i)) > 0);
    }
}

/* --- What is missing ------------------------------------------------------ */

/* Each attribute of the form in turn is taken away; `mask` is what then has to
 * be missing. */
static void without(const char *name, uint64_t mask)
{
    struct instrument instrument = sample_instrument();
    const struct record_kind *kind = record_kind_of_word("instrument");
    const struct attribute *attribute =
        attribute_find(kind, bytes_of_text(name));
    assert_non_null(attribute);
    assert_ok(
        attribute_parse(kind, attribute, bytes_of_text(""), &instrument, NULL));
    struct nrii_row row = judge(&instrument);
    if (row.missing != mask || row.wrong != 0) {
        fail_msg("%s: missing %llx, not %llx", name,
                 (unsigned long long)row.missing, (unsigned long long)mask);
    }
}

static void each_needed_field_that_is_empty_is_missing(void **state)
{
    (void)state;
    for (size_t i = 0; i < nrii_equipment_count; i++) {
        const char *name = nrii_equipment[i].attribute;
        const char *key = nrii_equipment[i].key;
        bool takes_nothing = strcmp(key, "ename") == 0 ||
                             strcmp(key, "achievement") == 0 ||
                             strcmp(key, "instrBelongsType") == 0;
        bool has_default = strcmp(key, "instrSupervise") == 0 ||
                           strcmp(key, "runMachine") == 0 ||
                           strcmp(key, "serviceMachine") == 0;
        bool personal = strcmp(key, "contact") == 0 ||
                        strcmp(key, "phone") == 0 || strcmp(key, "email") == 0;
        if (name != NULL && !personal) {
            bool missing =
                strcmp(key, "instrBelongsName") == 0 ||
                (nrii_equipment[i].needed && !takes_nothing && !has_default);
            without(name, missing ? UINT64_C(1) << i : 0);
        }
    }
    without("division", BIT("province") | BIT("city") | BIT("county"));
}

static void a_masked_contact_is_no_contact(void **state)
{
    (void)state;
    struct instrument instrument = sample_instrument();
    struct nrii_source source = sample_source(&instrument);
    struct nrii_row row;
    source.contact = (struct contact){0};
    source.ins_code = (struct bytes){0};
    json_decref(row_of_source(&source, &row));
    assert_int_equal(row.missing, BIT("contact") | BIT("phone") | BIT("email") |
                                      BIT("insCode"));
    source.ins_code = TEXT("12410000415800018L");
    json_decref(row_of_source(&source, &row));
    assert_int_equal(row.wrong, BIT("insCode"));
}

static void what_may_be_nothing_is_nothing(void **state)
{
    (void)state;
    struct instrument instrument = sample_instrument();
    instrument.name_en = instrument.achievement = (struct bytes){0};
    assert_value(&instrument, "ename", "无");
    assert_value(&instrument, "achievement", "无");
}

static void hours_of_zero_are_stated_where_a_year_is(void **state)
{
    (void)state;
    struct instrument instrument = sample_instrument();
    instrument.run_hours_tenths = instrument.service_hours_tenths = 0;
    assert_int_equal(judge(&instrument).missing, 0);
    instrument.hours_year = 0;
    assert_int_equal(judge(&instrument).missing,
                     BIT("runMachine") | BIT("serviceMachine"));
    instrument.run_hours_tenths = 1;
    assert_int_equal(judge(&instrument).missing, 0);
}

/* --- Limits --------------------------------------------------------------- */

static void texts_are_cut_by_characters(void **state)
{
    (void)state;
    char name[400] = "", expected[400] = "";
    for (int i = 0; i < 101; i++) {
        strcat(name, "镜");
        strcat(expected, i < 100 ? "镜" : "");
    }
    struct instrument instrument = sample_instrument();
    instrument.name_zh = TEXT(expected);
    assert_int_equal(judge(&instrument).cut, 0);
    instrument.name_zh = TEXT(name);
    assert_int_equal(judge(&instrument).cut, BIT("cname"));
    assert_true(judge(&instrument).missing == 0);
    assert_value(&instrument, "cname", expected);
}

static void half_a_number_is_wrong_and_half_an_address_left_out(void **state)
{
    (void)state;
    char url[140] = "https://example.cn/";
    struct instrument instrument = sample_instrument();
    struct nrii_source source = sample_source(&instrument);
    struct nrii_row row;
    memset(url + strlen(url), 'a', 100);
    instrument.service_url = TEXT(url);
    source.contact.phone = TEXT("0371-67781234,0371-67781235");
    source.contact.email =
        TEXT("a-mailbox-of-a-name-above-fifty-characters@example.cn");
    json_t *object = row_of_source(&source, &row);
    assert_int_equal(row.wrong, BIT("phone") | BIT("email"));
    assert_int_equal(row.cut, BIT("serviceUrl"));
    assert_string_equal(
        json_string_value(json_object_get(object, "serviceUrl")), "");
    json_decref(object);
}

static void worth_is_rounded_to_a_hundred_yuan(void **state)
{
    (void)state;
    static const struct {
        uint64_t fen;
        const char *worth;
    } cases[] = {{285000050, "285.00"},
                 {79504999, "79.50"},
                 {79505000, "79.51"},
                 {UINT64_C(1000000000000000), "1000000000.00"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct instrument instrument = sample_instrument();
        struct nrii_source source = sample_source(&instrument);
        struct writer text = {0};
        struct nrii_row row;
        char expected[64];
        instrument.worth_fen = cases[i].fen;
        nrii_row_put(&source, &text, &row);
        writer_u8(&text, 0);
        snprintf(expected, sizeof(expected), "\"worth\": %s,", cases[i].worth);
        assert_non_null(strstr((const char *)text.data, expected));
        writer_fini(&text);
    }
}

/* --- Codes ---------------------------------------------------------------- */

static void codes_off_their_lists_are_wrong(void **state)
{
    (void)state;
    struct instrument instrument = sample_instrument();
    instrument.class_code = TEXT("019998");
    instrument.nation = TEXT("俄罗斯");
    instrument.subjects = TEXT("430,999");
    instrument.division = TEXT("371200"); /* withdrawn */
    assert_int_equal(judge(&instrument).wrong,
                     BIT("instrCategory") | BIT("nation") | BIT("subject") |
                         BIT("province") | BIT("city") | BIT("county"));
    assert_int_equal(judge(&instrument).missing, 0);
    instrument = sample_instrument();
    instrument.class_scheme = TEXT("old12");
    assert_int_equal(judge(&instrument).wrong, BIT("instrCategory"));
}

static void a_class_that_is_none_of_the_others_has_one_code(void **state)
{
    (void)state;
    struct instrument instrument = sample_instrument();
    instrument.class_code = TEXT("999999");
    assert_value(&instrument, "instrCategory", "990000");
    instrument.class_code = TEXT("990000");
    assert_value(&instrument, "instrCategory", "990000");
}

static void places_are_names_of_three_ranks(void **state)
{
    (void)state;
    static const struct {
        const char *code, *province, *city, *county;
        uint64_t missing;
    } cases[] = {
        {"410102", "河南省", "郑州市", "中原区", 0},
        {"110105", "北京市", "北京市", "朝阳区", 0},
        {"419001", "河南省", "济源市", "济源市", 0},
        {"441900", "广东省", "东莞市", "东莞市", 0},
        {"410100", "河南省", "郑州市", "", 1},
        {"110000", "北京市", "北京市", "", 1},
        {"410000", "河南省", "", "", 2},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct instrument instrument = sample_instrument();
        instrument.division = TEXT(cases[i].code);
        assert_value(&instrument, "province", cases[i].province);
        assert_value(&instrument, "city", cases[i].city);
        assert_value(&instrument, "county", cases[i].county);
        assert_int_equal(judge(&instrument).missing,
                         cases[i].missing == 0   ? 0
                         : cases[i].missing == 1 ? BIT("county")
                                                 : BIT("city") | BIT("county"));
    }
}

static void what_it_is_part_of_has_an_id_or_a_name(void **state)
{
    (void)state;
    static const struct {
        uint64_t type;
        const char *id, *name;
    } cases[] = {{0, "无", "无"},     {1, "Z001", "无"},  {2, "Z001", "无"},
                 {3, "无", "无"},     {4, "无", "无"},    {6, "无", "实验室"},
                 {7, "无", "实验室"}, {8, "无", "实验室"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct instrument instrument = sample_instrument();
        struct nrii_row row;
        instrument.carrier_type = cases[i].type;
        instrument.carrier_name = TEXT("实验室");
        assert_value(&instrument, "instrBelongsName", cases[i].id);
        assert_value(&instrument, "resourceName", cases[i].name);
        json_t *object = row_of(&instrument, &row);
        const json_t *type = json_object_get(object, "instrBelongsType");
        assert_int_equal(json_is_integer(type),
                         cases[i].type % 4 != 0 || cases[i].type == 8);
        json_decref(object);
    }
    struct instrument instrument = sample_instrument();
    instrument.carrier_type = 6;
    assert_int_equal(judge(&instrument).missing, BIT("resourceName"));
    instrument.carrier_type = 5; /* there is none of that number */
    assert_int_equal(judge(&instrument).wrong, BIT("instrBelongsType"));
}

static void words_for_facilities_are_normal_for_instruments(void **state)
{
    (void)state;
    static const char *const words[] = {
        "", "正常", "偶有故障", "故障频繁", "待修", "待报废", "正常", "正常"};
    for (uint64_t status = 0; status < 8; status++) {
        struct instrument instrument = sample_instrument();
        instrument.status = status;
        assert_value(&instrument, "status", words[status]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_keys_stand_as_documented_and_in_that_order),
        cmocka_unit_test(the_table_asks_for_what_the_form_refuses_empty),
        cmocka_unit_test(each_needed_field_that_is_empty_is_missing),
        cmocka_unit_test(a_masked_contact_is_no_contact),
        cmocka_unit_test(what_may_be_nothing_is_nothing),
        cmocka_unit_test(hours_of_zero_are_stated_where_a_year_is),
        cmocka_unit_test(texts_are_cut_by_characters),
        cmocka_unit_test(half_a_number_is_wrong_and_half_an_address_left_out),
        cmocka_unit_test(worth_is_rounded_to_a_hundred_yuan),
        cmocka_unit_test(codes_off_their_lists_are_wrong),
        cmocka_unit_test(a_class_that_is_none_of_the_others_has_one_code),
        cmocka_unit_test(places_are_names_of_three_ranks),
        cmocka_unit_test(what_it_is_part_of_has_an_id_or_a_name),
        cmocka_unit_test(words_for_facilities_are_normal_for_instruments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
