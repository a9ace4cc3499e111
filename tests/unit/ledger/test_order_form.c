/* SPDX-License-Identifier: Apache-2.0 */

/* The form of bodies about vouchers and orders: what stands in order.proto and
 * voucher.proto of their bounds, field by field. */

#include "node/ledger/order.h"

#include <stddef.h>
#include <string.h>

#include "node/catalogue/rules.h"
#include "tests/support/support.h"

#define T(text) bytes_of_text(text)

static const uint8_t some[64] = {7};
static const char node[] = "zhengzhou";

/* One good record of each type. */
#define KEY                                                                    \
    {                                                                          \
        {(const uint8_t *)node, 9},                                            \
        {                                                                      \
            some, 16                                                           \
        }                                                                      \
    }
#define TEXT(text)                                                             \
    {                                                                          \
        (const uint8_t *)(text), sizeof(text) - 1                              \
    }
static const struct voucher_issue issue = {
    {some, 16}, TEXT("a"), 1, {some, 16}, {some, 16}, TEXT("410105"), 100};
static const struct voucher_ended ended = {
    {some, 16}, 1, TEXT("资料不实"), 100};
static const struct order_place place = {
    .key = KEY,
    .voucher = {some, 16},
    .provider = TEXT("luoyang"),
    .unit_scheme = TEXT("nrii"),
    .unit_id = TEXT("0123456789abcdef0123456789abcdef"),
    .item_kind = 2,
    .item_home = TEXT("luoyang"),
    .item_inner_id = TEXT("17"),
    .kind = 1,
    .price_fen = 2,
    .hold_fen = 1,
    .until = TEXT("2026-08-31"),
};
static const struct order_request request = {
    .of = {.key = KEY,
           .voucher = {some, 16},
           .unit_scheme = TEXT("nrii"),
           .unit_id = TEXT("0123456789abcdef0123456789abcdef"),
           .item_kind = 2,
           .item_home = TEXT("luoyang"),
           .item_inner_id = TEXT("17"),
           .kind = 1,
           .price_fen = 2,
           .hold_fen = 1,
           .until = TEXT("2026-08-31")},
    .issuer = TEXT("luoyang"),
};
static const struct order_hold_deny hold_deny = {KEY, TEXT("zhengzhou"),
                                                 TEXT("no_voucher: none")};
static const struct order_release release = {KEY, 1, 1, 1};
static const struct order_capture capture = {KEY, 2, 1, 1, 1, TEXT("luoyang")};
static const struct order_deny deny = {KEY, TEXT("发票不符"), 1, 1};
static const struct order_word dispute = {KEY, TEXT("样品损坏")};
static const struct order_word confirm = {.key = KEY};
static const struct order_wait waiting = {KEY, TEXT("2026-07-10"), 2};
static const struct order_resolve resolve = {KEY, 1, TEXT("双方同意")};
static const struct order_review review = {KEY, 5, TEXT("很好")};
static const struct order_answer answer = {KEY, TEXT("zhengzhou"),
                                           TEXT("仪器维修")};
static const struct order_deliver deliver = {
    .key = KEY,
    .issuer = TEXT("zhengzhou"),
    .price_fen = 2,
    .from_ms = 1,
    .until_ms = 2,
    .contract = {some, 32},
    .report = {some, 32},
    .invoice = {some, 32},
};
static const struct order_adjust adjust = {KEY, TEXT("zhengzhou"), 1,
                                           TEXT("多收")};
static const struct command_refused refused = {23, TEXT("HL_ESTATE"),
                                               TEXT("no_voucher: none")};

static const struct {
    const struct record_type *type;
    const void *good;
} bodies[] = {
    {&voucher_issuing, &issue},        {&voucher_ending, &ended},
    {&order_placing, &place},          {&order_releasing, &release},
    {&order_capturing, &capture},      {&order_denying, &deny},
    {&order_disputing, &dispute},      {&order_resolving, &resolve},
    {&order_confirming, &confirm},     {&order_cancelling, &dispute},
    {&order_reviewing, &review},       {&order_accepting, &answer},
    {&order_declining, &answer},       {&order_delivering, &deliver},
    {&order_adjusting, &adjust},       {&command_refusing, &refused},
    {&order_waiting, &waiting},        {&order_requesting, &request},
    {&order_hold_denying, &hold_deny},
};
enum { BODIES = sizeof(bodies) / sizeof(bodies[0]) };

static const void *good_of(const struct record_type *type)
{
    size_t i = 0;
    while (bodies[i].type != type) {
        i++;
    }
    return bodies[i].good;
}

/* The place of a field in a record; its type has it. */
static void *field_in(const struct record_type *type, void *record,
                      const char *name)
{
    for (size_t i = 0; i < type->field_count; i++) {
        if (strcmp(type->fields[i].name, name) == 0) {
            return (uint8_t *)record + type->fields[i].offset;
        }
    }
    fail_msg("%s has no field %s", type->name, name);
    return NULL;
}

static hl_err with(const struct record_type *type, const char *name,
                   const void *value, size_t size)
{
    union record_room room;
    memcpy(&room, good_of(type), type->size);
    memcpy(field_in(type, &room, name), value, size);
    return record_validate(type, &room, NULL);
}

static hl_err with_number(const struct record_type *type, const char *name,
                          uint64_t value)
{
    return with(type, name, &value, sizeof(value));
}

static hl_err with_text(const struct record_type *type, const char *name,
                        struct bytes value)
{
    return with(type, name, &value, sizeof(value));
}

static void good_records_pass(void **state)
{
    (void)state;
    for (size_t i = 0; i < BODIES; i++) {
        struct hl_detail detail = {0};
        if (record_validate(bodies[i].type, bodies[i].good, &detail) != HL_OK) {
            fail_msg("%s: %s", bodies[i].type->name, detail.text);
        }
    }
}

static void numbers_have_their_bounds(void **state)
{
    (void)state;
    static const struct {
        const struct record_type *type;
        const char *name;
        uint64_t least, most;
    } bounds[] = {
        {&voucher_issuing, "scheme_version", 1, 9999},
        {&voucher_issuing, "amount_fen", 1, MONEY_MAX_FEN},
        {&voucher_ending, "how", 1, 3},
        {&voucher_ending, "amount_fen", 0, MONEY_MAX_FEN},
        {&order_placing, "item_kind", 1, 3},
        {&order_placing, "kind", 1, 6},
        {&order_placing, "price_fen", 1, MONEY_MAX_FEN},
        {&order_placing, "hold_fen", 1, MONEY_MAX_FEN},
        {&order_requesting, "item_kind", 1, 3},
        {&order_requesting, "kind", 1, 6},
        {&order_requesting, "price_fen", 1, MONEY_MAX_FEN},
        {&order_requesting, "hold_fen", 0, MONEY_MAX_FEN},
        {&order_releasing, "why", 1, 2},
        {&order_releasing, "amount_fen", 1, MONEY_MAX_FEN},
        {&order_releasing, "to_budget", 0, 1},
        {&order_capturing, "price_fen", 1, MONEY_MAX_FEN},
        {&order_capturing, "capture_fen", 0, MONEY_MAX_FEN},
        {&order_capturing, "rest_fen", 0, MONEY_MAX_FEN},
        {&order_capturing, "to_budget", 0, 1},
        {&order_denying, "amount_fen", 1, MONEY_MAX_FEN},
        {&order_denying, "to_budget", 0, 1},
        {&order_waiting, "checks", 0, UINT32_MAX},
        {&order_resolving, "max_fen", 0, MONEY_MAX_FEN},
        {&order_reviewing, "stars", 1, 5},
        {&order_delivering, "price_fen", 1, MONEY_MAX_FEN},
        {&order_delivering, "from_ms", 0, 2}, /* until_ms is 2 */
        {&order_delivering, "until_ms", 1, INT64_MAX},
        {&order_adjusting, "amount_fen", 1, MONEY_MAX_FEN},
        {&command_refusing, "asked", 1, UINT32_MAX},
    };
    for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        const struct record_type *type = bounds[i].type;
        const char *name = bounds[i].name;
        uint64_t least = bounds[i].least, most = bounds[i].most;
        assert_ok(with_number(type, name, least));
        assert_ok(with_number(type, name, most));
        assert_err(with_number(type, name, most + 1), HL_EMALFORMED);
        assert_err(with_number(type, name, UINT64_MAX), HL_EMALFORMED);
        assert_err(with_number(type, name, (uint64_t)INT64_MAX + 1),
                   HL_EMALFORMED);
        if (least > 0) {
            assert_err(with_number(type, name, least - 1), HL_EMALFORMED);
        }
    }
}

/* Of all bytes, but in no other number. */
static void ids_have_16_bytes(void **state)
{
    (void)state;
    static const struct {
        const struct record_type *type;
        const char *name;
        bool may_be_none;
    } ids[] = {
        {&voucher_issuing, "id", false},
        {&voucher_issuing, "holder", false},
        {&voucher_issuing, "controller", true},
        {&voucher_ending, "id", false},
        {&order_placing, "voucher", false},
        {&order_placing, "id", false},
        {&order_requesting, "voucher", false},
        {&order_requesting, "id", false},
        {&order_hold_denying, "id", false},
        {&order_releasing, "id", false},
        {&order_capturing, "id", false},
        {&order_denying, "id", false},
        {&order_disputing, "id", false},
        {&order_waiting, "id", false},
        {&order_resolving, "id", false},
        {&order_confirming, "id", false},
        {&order_cancelling, "id", false},
        {&order_reviewing, "id", false},
        {&order_accepting, "id", false},
        {&order_declining, "id", false},
        {&order_delivering, "id", false},
        {&order_adjusting, "id", false},
    };
    uint8_t ones[17];
    static const uint8_t zeros[17];
    memset(ones, 0xff, sizeof(ones));
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        const struct record_type *type = ids[i].type;
        const char *name = ids[i].name;
        assert_ok(with_text(type, name, bytes_of(zeros, 16)));
        assert_ok(with_text(type, name, bytes_of(ones, 16)));
        assert_err(with_text(type, name, bytes_of(ones, 15)), HL_EMALFORMED);
        assert_err(with_text(type, name, bytes_of(zeros, 17)), HL_ELIMIT);
        assert_err(with_text(type, name, (struct bytes){0}),
                   ids[i].may_be_none ? HL_OK : HL_EMALFORMED);
    }
}

static void nodes_are_labels_of_up_to_63_bytes(void **state)
{
    (void)state;
    static const struct {
        const struct record_type *type;
        const char *name;
    } nodes[] = {
        {&order_placing, "begun_at"},      {&order_placing, "provider"},
        {&order_placing, "item_home"},     {&order_releasing, "begun_at"},
        {&order_capturing, "begun_at"},    {&order_capturing, "creditor"},
        {&order_denying, "begun_at"},      {&order_disputing, "begun_at"},
        {&order_resolving, "begun_at"},    {&order_confirming, "begun_at"},
        {&order_cancelling, "begun_at"},   {&order_reviewing, "begun_at"},
        {&order_accepting, "begun_at"},    {&order_accepting, "issuer"},
        {&order_declining, "begun_at"},    {&order_declining, "issuer"},
        {&order_delivering, "begun_at"},   {&order_delivering, "issuer"},
        {&order_adjusting, "begun_at"},    {&order_adjusting, "issuer"},
        {&order_waiting, "begun_at"},      {&order_requesting, "begun_at"},
        {&order_requesting, "issuer"},     {&order_requesting, "item_home"},
        {&order_hold_denying, "begun_at"}, {&order_hold_denying, "provider"},
    };
    char longest[64];
    memset(longest, 'z', sizeof(longest));
    for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
        const struct record_type *type = nodes[i].type;
        const char *name = nodes[i].name;
        assert_ok(with_text(type, name, bytes_of(longest, 63)));
        assert_ok(with_text(type, name, T("z")));
        assert_err(with_text(type, name, bytes_of(longest, 64)), HL_ELIMIT);
        assert_err(with_text(type, name, T("Luoyang")), HL_EMALFORMED);
        assert_err(with_text(type, name, T("luo/yang")), HL_EMALFORMED);
    }
}

/* Who asks for an item of his own does not say whose; the hold and its last day
 * are the issuer's to say. */
static void what_a_request_may_leave_out(void **state)
{
    (void)state;
    struct order_request plain = request;
    assert_ok(with_text(&order_requesting, "item_home", T("")));
    assert_ok(with_text(&order_requesting, "until", T("")));
    assert_err(with_text(&order_requesting, "until", T("2026-02-29")),
               HL_EMALFORMED);
    assert_err(with_text(&order_requesting, "until", T("2026")), HL_EMALFORMED);
    assert_err(with_text(&order_requesting, "issuer", T("")), HL_EMALFORMED);
    assert_err(with_text(&order_requesting, "item_inner_id", T("")),
               HL_EMALFORMED);
    plain.of.item_kind = 0;
    assert_err(record_validate(&order_requesting, &plain, NULL), HL_EMALFORMED);
    plain.of.item_home = T("");
    assert_err(record_validate(&order_requesting, &plain, NULL), HL_EMALFORMED);
    plain.of.item_inner_id = T("");
    assert_ok(record_validate(&order_requesting, &plain, NULL));
    plain.of.unit_id = T("0123456789abcdef");
    assert_err(record_validate(&order_requesting, &plain, NULL), HL_EMALFORMED);
    assert_err(with_text(&order_hold_denying, "provider", T("")),
               HL_EMALFORMED);
    assert_err(with_text(&order_hold_denying, "reason", T("")), HL_EMALFORMED);
}

/* Who settles at home names nobody; an order may name no item. */
static void what_may_be_left_out(void **state)
{
    (void)state;
    struct order_place plain = place;
    assert_ok(with_text(&order_capturing, "creditor", T("")));
    assert_err(with_text(&order_placing, "item_home", T("")), HL_EMALFORMED);
    plain.item_kind = 0;
    assert_err(record_validate(&order_placing, &plain, NULL), HL_EMALFORMED);
    plain.item_home = T("");
    assert_err(record_validate(&order_placing, &plain, NULL), HL_EMALFORMED);
    plain.item_inner_id = T("");
    assert_ok(record_validate(&order_placing, &plain, NULL));
    /* Something is waited for. */
    struct order_wait nothing = {.key = waiting.key};
    assert_ok(with_text(&order_waiting, "ask_until", T("")));
    assert_err(record_validate(&order_waiting, &nothing, NULL), HL_EMALFORMED);
    assert_ok(with_text(&order_cancelling, "reason", T("")));
    assert_ok(with_text(&order_declining, "reason", T("")));
    assert_ok(with_text(&voucher_ending, "reason", T("")));
    assert_err(with_text(&order_disputing, "reason", T("")), HL_EMALFORMED);
    assert_err(with_text(&order_denying, "reason", T("")), HL_EMALFORMED);
    assert_err(with_text(&order_resolving, "reason", T("")), HL_EMALFORMED);
    assert_err(with_text(&order_adjusting, "reason", T("")), HL_EMALFORMED);
}

static void texts_have_their_rules(void **state)
{
    (void)state;
    static const char *const reasons[] = {"a\nb", " a", "a ", "\xe2\x80\x8b"};
    static const struct record_type *const reasoned[] = {
        &order_disputing, &order_cancelling,  &order_denying,
        &order_resolving, &order_declining,   &order_adjusting,
        &voucher_ending,  &order_hold_denying};
    char longest[501];
    memset(longest, 'a', sizeof(longest));
    for (size_t i = 0; i < sizeof(reasoned) / sizeof(reasoned[0]); i++) {
        for (size_t k = 0; k < sizeof(reasons) / sizeof(reasons[0]); k++) {
            assert_err(with_text(reasoned[i], "reason", T(reasons[k])),
                       HL_EMALFORMED);
        }
        assert_ok(with_text(reasoned[i], "reason", bytes_of(longest, 500)));
        assert_err(with_text(reasoned[i], "reason", bytes_of(longest, 501)),
                   HL_ELIMIT);
    }
    for (size_t k = 0; k < sizeof(reasons) / sizeof(reasons[0]); k++) {
        assert_err(with_text(&voucher_issuing, "scheme", T(reasons[k])),
                   HL_EMALFORMED);
    }
    assert_ok(with_text(&order_reviewing, "text", T("a\nb")));
    assert_err(with_text(&order_placing, "until", T("2026-02-29")),
               HL_EMALFORMED);
    assert_err(with_text(&order_placing, "until", T("")), HL_EMALFORMED);
    assert_err(with_text(&order_waiting, "ask_until", T("2026-02-29")),
               HL_EMALFORMED);
    assert_err(with_text(&order_placing, "unit_id", T("1")), HL_EMALFORMED);
    assert_err(with_text(&voucher_issuing, "county", T("4101")), HL_EMALFORMED);
    assert_err(with_text(&order_delivering, "report", bytes_of(some, 31)),
               HL_EMALFORMED);
    assert_err(with_text(&order_delivering, "report", bytes_of(some, 33)),
               HL_ELIMIT);
    assert_ok(with_text(&order_delivering, "report", (struct bytes){0}));
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_records_pass),
        cmocka_unit_test(numbers_have_their_bounds),
        cmocka_unit_test(ids_have_16_bytes),
        cmocka_unit_test(nodes_are_labels_of_up_to_63_bytes),
        cmocka_unit_test(what_may_be_left_out),
        cmocka_unit_test(what_a_request_may_leave_out),
        cmocka_unit_test(texts_have_their_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
