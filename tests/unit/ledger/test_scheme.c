/* SPDX-License-Identifier: Apache-2.0 */
#include "node/ledger/scheme.h"

#include <stdio.h>
#include <string.h>

#include "heluo/v1/scheme.pb-c.h"
#include "node/catalogue/rules.h"
#include "tests/support/support.h"

#define T(text) bytes_of_text(text)

enum { LOCAL = 1, ELSEWHERE = 2 };

/* A scheme that holds on to its lists. */
struct stage {
    struct scheme scheme;
    struct writer rates, providers, partners;
};

static void add_rate(struct stage *stage, const char *level, const char *county,
                     unsigned kind, unsigned supplier, unsigned rate_bp,
                     uint64_t order_max_fen)
{
    struct scheme_rate rate = {T(level), T(county), kind,
                               supplier, rate_bp,   order_max_fen};
    record_list_add(scheme_rates, &rate, &stage->rates);
    stage->scheme.rates = writer_view(&stage->rates);
}

static void stage_init(struct stage *stage)
{
    *stage = (struct stage){.scheme = {
                                .id = T("zz-2026"),
                                .version = 1,
                                .name_zh = T("郑州市科技创新券"),
                                .budget_fen = 1000000000,
                                .issue_unit_fen = 100,
                                .use_days = 180,
                                .claim_days = 60,
                                .payee = 1,
                            }};
}

static void stage_fini(struct stage *stage)
{
    writer_fini(&stage->rates);
    writer_fini(&stage->providers);
    writer_fini(&stage->partners);
}

static uint64_t share(const struct stage *stage, const char *county,
                      unsigned kind, bool local, uint64_t price_fen)
{
    struct scheme_order order = {T(county), kind, local, price_fen};
    return scheme_share_fen(&stage->scheme, &order);
}

static hl_err check(const struct stage *stage)
{
    return record_validate(&scheme_record, &stage->scheme, NULL);
}

/* --- Rates. -------------------------------------------------------------- */

static void a_share_is_rounded_down(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    add_rate(&stage, "市", "", 0, 0, 3333, 0);
    assert_ok(check(&stage));
    assert_int_equal(share(&stage, "410105", 1, true, 0), 0);
    assert_int_equal(share(&stage, "410105", 1, true, 1), 0);
    assert_int_equal(share(&stage, "410105", 1, true, 3), 0);
    assert_int_equal(share(&stage, "410105", 1, true, 4), 1);
    assert_int_equal(share(&stage, "", 0, false, 10000), 3333);
    assert_int_equal(share(&stage, "", 0, false, MONEY_MAX_FEN),
                     UINT64_C(333300000000000));
    stage_fini(&stage);
}

/* Shandong's, with Liaocheng's own on top where the supplier is local. */
static void levels_add_up_and_the_narrowest_of_each_counts(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    add_rate(&stage, "省", "", 0, 0, 4000, 0);
    add_rate(&stage, "省", "3715", 0, 0, 6000, 0);
    add_rate(&stage, "市", "3715", 0, LOCAL, 3000, 0);
    assert_ok(check(&stage));
    assert_int_equal(share(&stage, "370102", 1, true, 10000), 4000);
    assert_int_equal(share(&stage, "371502", 1, false, 10000), 6000);
    assert_int_equal(share(&stage, "371502", 1, true, 10000), 9000);
    add_rate(&stage, "市", "371502", 2, ELSEWHERE, 1000, 0);
    assert_int_equal(share(&stage, "371502", 2, false, 10000), 7000);
    assert_int_equal(share(&stage, "371502", 1, false, 10000), 6000);
    stage_fini(&stage);
}

static void a_kind_is_narrower_than_a_supplier_and_a_county_than_both(void **s)
{
    (void)s;
    struct stage stage;
    stage_init(&stage);
    add_rate(&stage, "市", "", 0, LOCAL, 1000, 0);
    add_rate(&stage, "市", "", 1, 0, 2000, 0);
    assert_int_equal(share(&stage, "410105", 1, true, 100), 20);
    add_rate(&stage, "市", "41", 0, 0, 500, 0);
    assert_int_equal(share(&stage, "410105", 1, true, 100), 5);
    assert_int_equal(share(&stage, "370102", 1, true, 100), 20);
    assert_int_equal(share(&stage, "370102", 2, false, 100), 0);
    stage_fini(&stage);
}

static void parts_and_the_whole_of_an_order_are_bounded(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    add_rate(&stage, "省", "", 0, 0, 5000, 3000);
    add_rate(&stage, "市", "", 0, 0, 2000, 0);
    assert_int_equal(share(&stage, "", 1, true, 5000), 3500);
    assert_int_equal(share(&stage, "", 1, true, 10000), 5000);
    stage.scheme.order_max_fen = 4000;
    assert_int_equal(share(&stage, "", 1, true, 10000), 4000);
    assert_int_equal(share(&stage, "", 1, true, 5000), 3500);
    stage_fini(&stage);
}

/* --- What a scheme may be. ----------------------------------------------- */

static void a_scheme_that_pays_more_than_all_is_none(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    assert_err(check(&stage), HL_EMALFORMED); /* without a rate */
    add_rate(&stage, "省", "", 0, 0, 6000, 0);
    add_rate(&stage, "省", "41", 0, 0, 7000, 0);
    add_rate(&stage, "市", "", 0, 0, 3000, 0);
    assert_ok(check(&stage));
    add_rate(&stage, "区", "", 0, 0, 1, 0);
    assert_err(check(&stage), HL_EMALFORMED);
    stage_fini(&stage);
}

static void a_rate_stands_once(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    add_rate(&stage, "省", "41", 1, 0, 100, 0);
    add_rate(&stage, "省", "41", 2, 0, 200, 0);
    assert_ok(check(&stage));
    add_rate(&stage, "省", "41", 1, 0, 300, 0);
    assert_err(check(&stage), HL_EMALFORMED);
    stage_fini(&stage);
}

static void bounds_of_fields_are_kept(void **state)
{
    (void)state;
    struct stage good;
    stage_init(&good);
    add_rate(&good, "省", "", 0, 0, 5000, 0);
    assert_ok(check(&good));
    struct stage bad = good;
#define REFUSES(field, value, code)                                            \
    bad = good;                                                                \
    bad.scheme.field = (value);                                                \
    assert_err(check(&bad), code)
    REFUSES(id, T("ZZ-2026"), HL_EMALFORMED);
    REFUSES(id, T(""), HL_EMALFORMED);
    REFUSES(version, 0, HL_EMALFORMED);
    REFUSES(name_zh, T(""), HL_EMALFORMED);
    REFUSES(budget_fen, MONEY_MAX_FEN + 1, HL_EMALFORMED);
    REFUSES(issue_unit_fen, 0, HL_EMALFORMED);
    REFUSES(use_days, 0, HL_EMALFORMED);
    REFUSES(claim_days, 0, HL_EMALFORMED);
    REFUSES(payee, 0, HL_EMALFORMED);
    REFUSES(payee, 3, HL_EMALFORMED);
    REFUSES(kinds, 1, HL_EMALFORMED);
    REFUSES(issue_from, T("2026-02-30"), HL_EMALFORMED);
    bad = good;
    bad.scheme.issue_from = T("2026-03-01");
    bad.scheme.issue_until = T("2026-02-01");
    assert_err(check(&bad), HL_EMALFORMED);
    bad.scheme.issue_until = T("2026-12-31");
    assert_ok(check(&bad));
    bad.scheme.use_until = T("2026-02-01");
    assert_err(check(&bad), HL_EMALFORMED);
    bad = good;
    struct writer rates = {0};
    struct scheme_rate rate = {
        .level = T("省"), .county = T("410"), .rate_bp = 1};
    record_list_add(scheme_rates, &rate, &rates);
    bad.scheme.rates = writer_view(&rates);
    assert_err(check(&bad), HL_EMALFORMED);
    writer_fini(&rates);
    stage_fini(&good);
}

/* Also where a protobuf library wrote it. */
static void a_scheme_reads_back_as_it_was_written(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    add_rate(&stage, "省", "", 0, 0, 5000, 7);
    add_rate(&stage, "市", "4101", 3, ELSEWHERE, 1, 0);
    struct scheme_partner partner = {T("shandong")};
    record_list_add(scheme_partners, &partner, &stage.partners);
    stage.scheme.partners = writer_view(&stage.partners);
    struct writer body = {0}, text = {0};
    struct scheme back;
    record_encode(&scheme_record, &stage.scheme, &body);
    record_decode(&scheme_record, writer_view(&body), &back);
    assert_null(record_difference(&scheme_record, &stage.scheme, &back));
    Heluo__V1__SchemePut *put =
        heluo__v1__scheme_put__unpack(NULL, body.size, body.data);
    assert_non_null(put);
    assert_int_equal(put->n_rates, 2);
    assert_string_equal(put->rates[1]->county, "4101");
    assert_int_equal(put->rates[0]->order_max_fen, 7);
    assert_string_equal(put->partners[0]->node, "shandong");
    uint8_t packed[1024];
    assert_int_equal(heluo__v1__scheme_put__get_packed_size(put), body.size);
    heluo__v1__scheme_put__pack(put, packed);
    assert_memory_equal(packed, body.data, body.size);
    heluo__v1__scheme_put__free_unpacked(put, NULL);
    record_dump(&scheme_record, &stage.scheme, &text);
    writer_u8(&text, 0);
    assert_non_null(strstr((char *)text.data, "county=\"4101\" kind=3"));
    assert_non_null(strstr((char *)text.data, "providers=[]"));
    writer_fini(&text);
    writer_fini(&body);
    stage_fini(&stage);
}

/* --- Days. --------------------------------------------------------------- */

static struct hl_wall at(const char *text)
{
    struct hl_wall wall;
    assert_ok(wall_parse(T(text), &wall));
    return wall;
}

static void days_are_those_of_china(void **state)
{
    (void)state;
    char day[DAY_TEXT_BYTES];
    day_of(at("2026-11-29T15:59:59Z"), 0, day);
    assert_string_equal(day, "2026-11-29");
    day_of(at("2026-11-29T16:00:00Z"), 0, day);
    assert_string_equal(day, "2026-11-30");
    day_of(at("2028-02-28T16:00:00Z"), 1, day);
    assert_string_equal(day, "2028-03-01");
    day_after(T("2026-12-31"), 365, day);
    assert_string_equal(day, "2027-12-31");
    day_after(T("9999-12-30"), 1, day);
    assert_string_equal(day, "9999-12-31");
    day_after(T("9999-12-31"), UINT64_MAX, day);
    assert_string_equal(day, "9999-12-31");
    day_of((struct hl_wall){INT64_MIN}, 0, day);
    assert_string_equal(day, "1970-01-01");
    day_of((struct hl_wall){INT64_MAX}, 1, day);
    assert_string_equal(day, "9999-12-31");
}

static void clocks_end_by_whichever_bound_comes_first(void **state)
{
    (void)state;
    struct stage stage;
    struct scheme_clocks clocks;
    struct hl_wall issued = at("2026-07-01T00:00:00Z");
    stage_init(&stage);
    scheme_clocks(&stage.scheme, issued, &clocks);
    assert_string_equal(clocks.use_until, "2026-12-28");
    assert_string_equal(clocks.claim_until, "2027-02-26");
    stage.scheme.use_until = T("2026-11-30");
    stage.scheme.claim_until = T("2026-12-31");
    scheme_clocks(&stage.scheme, issued, &clocks);
    assert_string_equal(clocks.use_until, "2026-11-30");
    assert_string_equal(clocks.claim_until, "2026-12-31");
    stage.scheme.use_days = stage.scheme.claim_days = 0;
    scheme_clocks(&stage.scheme, issued, &clocks);
    assert_string_equal(clocks.use_until, "2026-11-30");
    assert_string_equal(clocks.claim_until, "2026-12-31");
    stage_fini(&stage);
}

/* --- What may be done. --------------------------------------------------- */

static void vouchers_are_issued_within_their_bounds(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    const struct scheme *scheme = &stage.scheme;
    struct hl_wall now = at("2026-07-01T00:00:00Z");
    stage.scheme.voucher_max_fen = 30000000;
    assert_ok(scheme_may_issue(scheme, 100, now, NULL));
    assert_ok(scheme_may_issue(scheme, 30000000, now, NULL));
    assert_err(scheme_may_issue(scheme, 0, now, NULL), HL_ESTATE);
    assert_err(scheme_may_issue(scheme, 101, now, NULL), HL_ESTATE);
    assert_err(scheme_may_issue(scheme, 30000100, now, NULL), HL_ESTATE);
    stage.scheme.voucher_max_fen = 0;
    assert_ok(scheme_may_issue(scheme, MONEY_MAX_FEN, now, NULL));
    assert_err(scheme_may_issue(scheme, MONEY_MAX_FEN + 100, now, NULL),
               HL_ESTATE);
    stage.scheme.issue_from = T("2026-07-02");
    assert_err(scheme_may_issue(scheme, 100, now, NULL), HL_ESTATE);
    stage.scheme.issue_from = T("2026-07-01");
    assert_ok(scheme_may_issue(scheme, 100, now, NULL));
    stage.scheme.issue_until = T("2026-06-30");
    assert_err(scheme_may_issue(scheme, 100, now, NULL), HL_ESTATE);
    stage.scheme.issue_until = T("2026-07-01");
    assert_ok(scheme_may_issue(scheme, 100, now, NULL));
    stage.scheme.use_until = T("2026-06-30");
    assert_err(scheme_may_issue(scheme, 100, now, NULL), HL_ESTATE);
    /* What is wrong first is said first. */
    assert_err(scheme_may_issue(scheme, 101, now, NULL), HL_ESTATE);
    stage_fini(&stage);
}

static void what_is_bought_stands_in_the_schemes_lists(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    struct bytes uscc = T("uscc"), unit = T("12410000415800018L");
    assert_ok(
        scheme_may_buy(&stage.scheme, 1, T("shandong"), uscc, unit, NULL));
    stage.scheme.kinds = 1 << 2;
    assert_err(
        scheme_may_buy(&stage.scheme, 1, T("shandong"), uscc, unit, NULL),
        HL_ESTATE);
    assert_ok(
        scheme_may_buy(&stage.scheme, 2, T("shandong"), uscc, unit, NULL));
    assert_err(
        scheme_may_buy(&stage.scheme, 64, T("shandong"), uscc, unit, NULL),
        HL_ESTATE);
    struct scheme_partner partner = {T("luoyang")};
    record_list_add(scheme_partners, &partner, &stage.partners);
    stage.scheme.partners = writer_view(&stage.partners);
    assert_err(
        scheme_may_buy(&stage.scheme, 2, T("shandong"), uscc, unit, NULL),
        HL_ESTATE);
    assert_ok(scheme_may_buy(&stage.scheme, 2, T("luoyang"), uscc, unit, NULL));
    struct scheme_provider provider = {uscc, T("91410100MA41010086")};
    record_list_add(scheme_providers, &provider, &stage.providers);
    stage.scheme.providers = writer_view(&stage.providers);
    assert_err(scheme_may_buy(&stage.scheme, 2, T("luoyang"), uscc, unit, NULL),
               HL_ESTATE);
    assert_ok(scheme_may_buy(&stage.scheme, 2, T("luoyang"), uscc,
                             provider.unit_id, NULL));
    stage_fini(&stage);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_share_is_rounded_down),
        cmocka_unit_test(levels_add_up_and_the_narrowest_of_each_counts),
        cmocka_unit_test(
            a_kind_is_narrower_than_a_supplier_and_a_county_than_both),
        cmocka_unit_test(parts_and_the_whole_of_an_order_are_bounded),
        cmocka_unit_test(a_scheme_that_pays_more_than_all_is_none),
        cmocka_unit_test(a_rate_stands_once),
        cmocka_unit_test(bounds_of_fields_are_kept),
        cmocka_unit_test(a_scheme_reads_back_as_it_was_written),
        cmocka_unit_test(days_are_those_of_china),
        cmocka_unit_test(clocks_end_by_whichever_bound_comes_first),
        cmocka_unit_test(vouchers_are_issued_within_their_bounds),
        cmocka_unit_test(what_is_bought_stands_in_the_schemes_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
