/* SPDX-License-Identifier: Apache-2.0 */

/* Ids, orders, days and times as people write them, and the ledger's words. */

#include <stdio.h>
#include <string.h>

#include "node/cli/ledger_text.h"
#include "node/ledger/order_check.h"
#include "node/ledger/refusal.h"
#include "tests/support/support.h"

#define HEX "0f3c2a9be4d1478892b06c5d7e1fa340"

static void an_id_is_32_hex_digits(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",        "0f",
        (HEX "0"), "0f3c2a9be4d1478892b06c5d7e1fa34g",
        (" " HEX), "0x3c2a9be4d1478892b06c5d7e1fa340"};
    uint8_t id[LEDGER_ID_BYTES], wanted[LEDGER_ID_BYTES];
    char text[LEDGER_ID_TEXT_BYTES];
    test_unhex(HEX, wanted, sizeof(wanted));
    assert_ok(ledger_parse_id(HEX, id, NULL));
    assert_memory_equal(id, wanted, sizeof(id));
    assert_ok(ledger_parse_id("0F3C2A9BE4D1478892B06C5D7E1FA340", id, NULL));
    assert_memory_equal(id, wanted, sizeof(id));
    ledger_format_id((ProtobufCBinaryData){sizeof(id), id}, text);
    assert_string_equal(text, HEX);
    ledger_format_id((ProtobufCBinaryData){sizeof(id) - 1, id}, text);
    assert_string_equal(text, "");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct hl_detail why = {0};
        assert_err(ledger_parse_id(bad[i], id, &why), HL_EMALFORMED);
        assert_non_null(strstr(why.text, "32 hex digits"));
    }
}

static void an_order_is_a_node_and_an_id(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "zhengzhou", "zhengzhou/",       "/" HEX, "Zhengzhou/" HEX, "a b/" HEX,
        "a/b/" HEX,  HEX "/" HEX "/" HEX};
    struct ledger_order_name name;
    char text[LEDGER_ORDER_BYTES];
    assert_ok(ledger_parse_order("zhengzhou/" HEX, &name, NULL));
    assert_string_equal(name.begun_at, "zhengzhou");
    ledger_format_order(name.begun_at, (ProtobufCBinaryData){16, name.id},
                        text);
    assert_string_equal(text, "zhengzhou/" HEX);
    assert_ok(ledger_parse_order(HEX, &name, NULL));
    assert_string_equal(name.begun_at, "");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct hl_detail why = {0};
        assert_err(ledger_parse_order(bad[i], &name, &why), HL_EMALFORMED);
        assert_non_null(strstr(why.text, "NODE/HEX"));
    }
}

static void a_node_of_any_length_is_shown_within_bounds(void **state)
{
    (void)state;
    char node[500], text[LEDGER_ORDER_BYTES];
    uint8_t id[LEDGER_ID_BYTES] = {0};
    memset(node, 'a', sizeof(node));
    node[sizeof(node) - 1] = '\0';
    ledger_format_order(node, (ProtobufCBinaryData){sizeof(id), id}, text);
    assert_int_equal(strlen(text), 63 + 1 + 32);
}

static void a_day_is_one_that_there_is(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",           "2026-02-29",  "2026-13-01",  "2026-1-1",
        "29.11.2026", "2026-11-29 ", "2026-11-291", "2026-11-29T00:00:00Z"};
    assert_ok(ledger_parse_day("2026-11-29", NULL));
    assert_ok(ledger_parse_day("2028-02-29", NULL));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_err(ledger_parse_day(bad[i], NULL), HL_EMALFORMED);
    }
}

static void times_are_rfc_3339_or_those_of_utc_8(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t ms;
    } good[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01 08:00", 0},
        {"1970-01-01T00:00:00.250Z", 250},
        {"1970-01-01t00:00:01.0009z", 1000},
        {"1970-01-01T08:00:01+08:00", 1000},
        {"1969-12-31T19:00:00-05:00", 0},
        {"1970-01-01 08:00:01", 1000},
        {"1970-01-01 08:00:01+08:00", 1000},
        {"2026-11-29 16:30", UINT64_C(1795941000000)},
        {"2026-11-29T08:30:00Z", UINT64_C(1795941000000)},
    };
    static const char *const bad[] = {
        "",
        "2026-11-29",
        "16:30",
        "2026-11-29T16:30", /* of which zone? */
        "2026-11-29T16:30:00",
        "2026-11-29 16:30Z", /* RFC 3339 has seconds */
        "2026-11-29 16:30 ",
        "2026-11-29 24:00",
        "2026-11-29 16:60",
        "2026-11-31 16:30",
        "2026-11-29T16:30:60Z",
        "2026-11-29T16:30:00+24:00",
        "2026-11-29T16:30:00+0800",
        "2026-11-29T16:30:00.Z",
        "2026-11-29T16:30:00ZZ",
        "1970-01-01 07:59", /* before 1970 */
        "29.11.2026 16:30",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        uint64_t ms = 4711;
        assert_ok(ledger_parse_time(good[i].text, &ms, NULL));
        assert_int_equal(ms, good[i].ms);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint64_t ms = 4711;
        struct hl_detail why = {0};
        assert_err(ledger_parse_time(bad[i], &ms, &why), HL_EMALFORMED);
        assert_non_null(strstr(why.text, "UTC+8"));
        assert_int_equal(ms, 4711);
    }
}

static void times_are_shown_in_utc_8(void **state)
{
    (void)state;
    char text[DAY_TIME_BYTES];
    day_time(UINT64_C(1795941000000), text);
    assert_string_equal(text, "2026-11-29 16:30:00");
    day_time(UINT64_MAX, text);
    assert_string_equal(text, "9999-12-31 23:59:59");
}

static void services_have_both_names(void **state)
{
    (void)state;
    uint32_t kind = 0;
    char text[LEDGER_SERVICE_BYTES];
    struct hl_detail why = {0};
    assert_ok(ledger_parse_service("advice", &kind, NULL));
    assert_int_equal(kind, 4);
    assert_ok(ledger_parse_service("检测检验", &kind, NULL));
    assert_int_equal(kind, 1);
    assert_err(ledger_parse_service("fun", &kind, &why), HL_EMALFORMED);
    assert_non_null(strstr(why.text, "testing, technology"));
    ledger_format_service(6, text);
    assert_string_equal(text, "other 其他");
    ledger_format_service(99, text);
    assert_string_equal(text, "unknown 未知");
}

static bool is_chinese(const char *text)
{
    return text != NULL && (unsigned char)text[0] >= 0xe4;
}

static void every_refusal_is_explained_in_chinese(void **state)
{
    (void)state;
    for (int i = 0; i < LEDGER_REFUSAL_END; i++) {
        struct hl_detail detail = {0};
        hl_err err =
            ledger_refuse(&detail, (enum ledger_refusal)i, "%s", "a reason");
        const char *word = ledger_refusal_word((enum ledger_refusal)i);
        const char *zh = ledger_refusal_zh(bytes_of_text(detail.text));
        char wanted[300];
        assert_true(ledger_is_refusal(err));
        assert_true(is_chinese(zh));
        ledger_explain(&detail);
        snprintf(wanted, sizeof(wanted), "%s %s: a reason", word, zh);
        assert_string_equal(detail.text, wanted);
    }
}

static void other_texts_are_left_as_they_are(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "no colon", ":", "holder: no word",
                                        "field holder_year: another"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct hl_detail detail = {0};
        hl_fail(&detail, HL_ESTATE, "%s", texts[i]);
        ledger_explain(&detail);
        assert_string_equal(detail.text, texts[i]);
    }
}

/* Of an order that began at the provider's desk, if it did, and is held for. */
static const char *state_of(unsigned order_state, bool at_desk, bool held)
{
    uint8_t leaf[32] = {1};
    ProtobufCBinaryData some = {sizeof(leaf), leaf};
    Heluo__V1__OrderView view = HELUO__V1__ORDER_VIEW__INIT;
    Heluo__V1__OrderRow order = HELUO__V1__ORDER_ROW__INIT;
    view.order = &order;
    view.state = (Heluo__V1__OrderState)order_state;
    order.request_leaf = at_desk ? some : (ProtobufCBinaryData){0};
    order.placed_leaf = held ? some : (ProtobufCBinaryData){0};
    return ledger_order_state(&view);
}

#define STATE(name) HELUO__V1__ORDER_STATE__ORDER_STATE_##name

static void
what_began_at_a_desk_is_granted_or_denied_and_not_accepted(void **state)
{
    (void)state;
    assert_string_equal(state_of(STATE(PLACED), false, true), "placed 待接单");
    assert_string_equal(state_of(STATE(PLACED), true, true),
                        "granted 已批待服务");
    assert_string_equal(state_of(STATE(REQUESTED), true, false),
                        "pending 待批");
    assert_string_equal(state_of(STATE(DENIED), true, false), "denied 已拒");
    assert_string_equal(state_of(STATE(DENIED), true, true),
                        "denied 不予兑付"); /* of what was delivered */
    assert_string_equal(state_of(STATE(CAPTURED), true, true),
                        state_of(STATE(CAPTURED), false, true));
}

static void an_allotment_is_spent_and_not_accepted(void **state)
{
    (void)state;
    Heluo__V1__OrderView view = HELUO__V1__ORDER_VIEW__INIT;
    Heluo__V1__OrderRow order = HELUO__V1__ORDER_ROW__INIT;
    view.order = &order;
    order.allotted = 1;
    view.state = STATE(PLACED);
    assert_string_equal(ledger_order_state(&view), "allotted 可支用");
    view.state = STATE(ACCEPTED);
    assert_string_equal(ledger_order_state(&view), "spending 支用中");
    view.state = STATE(CLOSED);
    assert_string_equal(ledger_order_state(&view), "closed 额度已关闭");
}

static void every_word_has_both_languages(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= STATE(CLOSED); i++) {
        const char *text = state_of(i, false, true);
        assert_true(is_chinese(strchr(text, ' ') + 1));
    }
    for (unsigned i = 1; i <= 9; i++) {
        const char *text = ledger_account_name((Heluo__V1__LedgerAccount)i);
        assert_string_not_equal(text, "unknown 未知");
    }
    for (uint32_t i = 20; i <= ORDER_BODY_REVIEW; i++) {
        assert_string_not_equal(ledger_body_word(i), "unknown 未知");
    }
    for (uint32_t i = ORDER_BODY_WAIT; i <= ORDER_BODY_HOLD_DENY; i++) {
        assert_string_not_equal(ledger_body_word(i), "unknown 未知");
    }
    assert_string_equal(state_of(99, true, true), "unknown 未知");
    Heluo__V1__OrderView bare = HELUO__V1__ORDER_VIEW__INIT;
    assert_string_equal(ledger_order_state(&bare), "unknown 未知");
    assert_string_equal(ledger_account_name((Heluo__V1__LedgerAccount)-1),
                        "unknown 未知");
}

static void checks_are_said_in_both_languages(void **state)
{
    (void)state;
    struct writer text = {0};
    for (int i = 1; i < ORDER_CHECK_END; i++) {
        writer_clear(&text);
        ledger_format_checks(order_check_bit((enum order_check)i), &text);
        writer_u8(&text, 0);
        assert_string_not_equal((const char *)text.data, "unknown 未知");
        assert_true(is_chinese(strchr((const char *)text.data, ' ') + 1));
    }
    writer_clear(&text);
    ledger_format_checks(0, &text);
    assert_int_equal(text.size, 0);
    ledger_format_checks(
        UINT64_C(1) << 63 | order_check_bit(ORDER_CHECK_VALIDITY), &text);
    assert_true(bytes_equal_text(writer_view(&text),
                                 "validity 超出用券期, unknown 未知"));
    writer_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_is_32_hex_digits),
        cmocka_unit_test(an_order_is_a_node_and_an_id),
        cmocka_unit_test(a_node_of_any_length_is_shown_within_bounds),
        cmocka_unit_test(a_day_is_one_that_there_is),
        cmocka_unit_test(times_are_rfc_3339_or_those_of_utc_8),
        cmocka_unit_test(times_are_shown_in_utc_8),
        cmocka_unit_test(services_have_both_names),
        cmocka_unit_test(every_refusal_is_explained_in_chinese),
        cmocka_unit_test(other_texts_are_left_as_they_are),
        cmocka_unit_test(
            what_began_at_a_desk_is_granted_or_denied_and_not_accepted),
        cmocka_unit_test(an_allotment_is_spent_and_not_accepted),
        cmocka_unit_test(every_word_has_both_languages),
        cmocka_unit_test(checks_are_said_in_both_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
