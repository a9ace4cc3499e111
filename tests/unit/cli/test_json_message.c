/* SPDX-License-Identifier: Apache-2.0 */
#include "node/cli/json_message.h"

#include <string.h>

#include "heluo/v1/scheme.pb-c.h"
#include "heluo/v1/voucher.pb-c.h"
#include "node/cli/message_json.h"
#include "tests/support/support.h"

static hl_err read_text(const char *text, ProtobufCMessage **out,
                        struct hl_detail *detail)
{
    json_t *object = json_loads(text, 0, NULL);
    assert_non_null(object);
    *out = NULL;
    hl_err err =
        json_message(object, &heluo__v1__scheme_put__descriptor, out, detail);
    json_decref(object);
    return err;
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    ProtobufCMessage *message;
    assert_ok(read_text("{\"id\": \"a\", \"version\": 9223372036854775807,"
                        " \"use_days\": 4294967295, \"source\": \"\","
                        " \"payee\": \"SCHEME_PAYEE_HOLDER\","
                        " \"rates\": [{\"level\": \"省\"}, {}],"
                        " \"partners\": []}",
                        &message, NULL));
    const Heluo__V1__SchemePut *put = (const Heluo__V1__SchemePut *)message;
    assert_string_equal(put->id, "a");
    assert_int_equal(put->version, INT64_MAX);
    assert_int_equal(put->use_days, UINT32_MAX);
    assert_int_equal(put->payee, HELUO__V1__SCHEME_PAYEE__SCHEME_PAYEE_HOLDER);
    assert_int_equal(put->n_rates, 2);
    assert_string_equal(put->rates[0]->level, "省");
    assert_string_equal(put->rates[1]->level, "");
    json_t *json = message_json(message);
    ProtobufCMessage *again = NULL;
    assert_ok(
        json_message(json, &heluo__v1__scheme_put__descriptor, &again, NULL));
    json_t *same = message_json(again);
    assert_true(json_equal(json, same));
    json_decref(same);
    json_decref(json);
    protobuf_c_message_free_unpacked(again, NULL);
    protobuf_c_message_free_unpacked(message, NULL);
}

static void every_field_is_told_empty_bytes_too(void **state)
{
    (void)state;
    Heluo__V1__VoucherIssue issue = HELUO__V1__VOUCHER_ISSUE__INIT;
    json_t *json = message_json(&issue.base);
    assert_int_equal(json_object_size(json),
                     heluo__v1__voucher_issue__descriptor.n_fields);
    assert_string_equal(json_string_value(json_object_get(json, "holder")), "");
    json_decref(json);
}

static void what_does_not_fit_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } wrong[] = {
        {"[]", "no JSON object"},
        {"{\"x\": 1}", "x: there is no such field"},
        {"{\"id\": 1}", "id: a text is wanted"},
        {"{\"id\": null}", "id: a text is wanted"},
        {"{\"version\": \"1\"}", "version: a whole number"},
        {"{\"version\": -1}", "version: a whole number"},
        {"{\"version\": 1.5}", "version: a whole number"},
        {"{\"use_days\": 4294967296}", "use_days: a whole number"},
        {"{\"payee\": 1}", "payee: SCHEME_PAYEE_HOLDER, or another"},
        {"{\"payee\": \"x\"}", "payee: SCHEME_PAYEE_HOLDER, or another"},
        {"{\"rates\": {}}", "rates: a list is wanted"},
        {"{\"rates\": [{}, 1]}", "rates[2]: an object is wanted"},
        {"{\"rates\": [{}, {\"kind\": \"x\"}]}",
         "rates[2].kind: a whole number"},
        {"{\"rates\": [{\"level\": \"a\"}], \"y\": 1}", "y: there is no"},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        ProtobufCMessage *message;
        struct hl_detail detail = {0};
        assert_err(read_text(wrong[i].text, &message, &detail), HL_EMALFORMED);
        assert_null(message);
        assert_ptr_equal(strstr(detail.text, wrong[i].says), detail.text);
    }
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(every_field_is_told_empty_bytes_too),
        cmocka_unit_test(what_does_not_fit_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
