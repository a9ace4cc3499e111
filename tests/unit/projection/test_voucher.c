/* SPDX-License-Identifier: Apache-2.0 */

/* Schemes, vouchers and accounts in the half of their issuer. */

#include <stdio.h>
#include <string.h>

#include "heluo/v1/voucher.pb-c.h"
#include "node/catalogue/rules.h"
#include "node/ledger/account.h"
#include "node/ledger/scheme.h"
#include "node/ledger/voucher.h"
#include "tests/support/rng.h"
#include "tests/support/support.h"
#include "tests/unit/projection/world.h"

#define O "zy.example/zhengzhou"

enum { CANCELLED = 1, RETURNED = 2, EXPIRED = 3 };

struct stage {
    struct world world;
    struct hl_wall now;
    uint64_t refused; /* so far */
};

static void stage_init(struct stage *stage)
{
    *stage = (struct stage){0};
    world_init(&stage->world);
    world_begin(&stage->world);
    assert_ok(wall_parse(bytes_of_text("2026-07-01T00:00:00Z"), &stage->now));
}

static void stage_fini(struct stage *stage)
{
    world_commit(&stage->world);
    world_fini(&stage->world);
}

static void append(struct stage *stage, uint32_t number,
                   const struct record_type *type, const void *record)
{
    struct writer body = {0}, raw = {0};
    record_encode(type, record, &body);
    struct entry entry = {
        .origin = bytes_of_text(O),
        .index = world_size(&stage->world, O),
        .recorded_at = stage->now,
        .body_type = entry_body_type(number, true),
        .body = writer_view(&body),
    };
    assert_ok(entry_encode(&entry, &raw, NULL));
    world_append(&stage->world, O, writer_view(&raw));
    world_settle(&stage->world);
    writer_fini(&raw);
    writer_fini(&body);
}

/* Whether the last one had an effect. */
static bool counted(struct stage *stage)
{
    uint64_t refused = world_half(&stage->world, O).invalid;
    bool counts = refused == stage->refused;
    stage->refused = refused;
    return counts;
}

static bool put_scheme(struct stage *stage, const char *id, uint64_t version,
                       uint64_t budget_fen)
{
    struct writer rates = {0};
    struct scheme_rate rate = {.level = bytes_of_text("市"), .rate_bp = 5000};
    record_list_add(scheme_rates, &rate, &rates);
    struct scheme scheme = {
        .id = bytes_of_text(id),
        .version = version,
        .name_zh = bytes_of_text("科技创新券"),
        .budget_fen = budget_fen,
        .issue_unit_fen = 100,
        .use_days = 30,
        .claim_days = 60,
        .payee = 1,
        .rates = writer_view(&rates),
    };
    append(stage, SCHEME_BODY_PUT, &scheme_record, &scheme);
    writer_fini(&rates);
    return counted(stage);
}

static struct bytes id_of(uint8_t number, uint8_t id[VOUCHER_ID_BYTES])
{
    memset(id, 0, VOUCHER_ID_BYTES);
    id[VOUCHER_ID_BYTES - 1] = number;
    return bytes_of(id, VOUCHER_ID_BYTES);
}

static bool issue(struct stage *stage, uint8_t number, const char *scheme,
                  uint64_t version, uint64_t amount_fen)
{
    uint8_t id[VOUCHER_ID_BYTES];
    struct voucher_issue issue = {
        .id = id_of(number, id),
        .scheme = bytes_of_text(scheme),
        .scheme_version = version,
        .holder = bytes_of(id, sizeof(id)),
        .county = bytes_of_text("410105"),
        .amount_fen = amount_fen,
    };
    append(stage, VOUCHER_BODY_ISSUE, &voucher_issuing, &issue);
    return counted(stage);
}

static bool find(struct stage *stage, const struct record_type *type,
                 void *record, struct row *row)
{
    struct writer key = {0};
    bool found = false;
    record_key(type, record, &key);
    assert_ok(projection_get(stage->world.txn, type,
                             world_number(&stage->world, O), writer_view(&key),
                             row, &found, NULL));
    writer_fini(&key);
    if (found) {
        record_decode(type, row->record, record);
    }
    return found;
}

static bool end(struct stage *stage, uint8_t number, unsigned how)
{
    uint8_t id[VOUCHER_ID_BYTES];
    struct voucher_ended ended = {.id = id_of(number, id),
                                  .how = how,
                                  .reason = bytes_of_text("资料不实")};
    struct voucher voucher = {.of = {.id = ended.id}};
    struct row row;
    if (find(stage, &voucher_record, &voucher, &row)) {
        ended.amount_fen = voucher_open_fen(&voucher);
    }
    append(stage, VOUCHER_BODY_END, &voucher_ending, &ended);
    return counted(stage);
}

static struct voucher voucher_of(struct stage *stage, uint8_t number)
{
    uint8_t id[VOUCHER_ID_BYTES];
    struct row row;
    struct voucher voucher = {.of = {.id = id_of(number, id)}};
    assert_true(find(stage, &voucher_record, &voucher, &row));
    assert_int_equal(row.retired, voucher.ended != 0);
    return voucher;
}

static uint64_t issued_of(struct stage *stage, const char *scheme)
{
    struct row row;
    struct budget budget = {.scheme = bytes_of_text(scheme)};
    assert_true(find(stage, &budget_record, &budget, &row));
    return budget.issued_fen;
}

static int64_t balance(struct stage *stage, enum ledger_account code)
{
    struct row row;
    struct account account = {.account = code};
    return find(stage, &account_record, &account, &row)
               ? account_balance_fen(&account)
               : 0;
}

static void expect_balances(struct stage *stage, int64_t budget, int64_t issued)
{
    assert_int_equal(balance(stage, ACCOUNT_BUDGET), budget);
    assert_int_equal(balance(stage, ACCOUNT_ISSUED), issued);
    assert_int_equal(balance(stage, ACCOUNT_FUND), -(budget + issued));
}

static void versions_of_a_scheme_follow_one_another(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    assert_false(put_scheme(&stage, "a", 2, 1000));
    assert_true(put_scheme(&stage, "a", 1, 1000));
    assert_false(put_scheme(&stage, "a", 1, 2000));
    assert_false(put_scheme(&stage, "a", 3, 2000));
    assert_true(put_scheme(&stage, "a", 2, 2000));
    assert_true(put_scheme(&stage, "b", 1, 500));
    expect_balances(&stage, 2500, 0);
    stage_fini(&stage);
}

static void a_budget_holds_what_is_issued(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    assert_false(issue(&stage, 1, "a", 1, 100)); /* no such scheme */
    assert_true(put_scheme(&stage, "a", 1, 1050));
    assert_false(issue(&stage, 1, "a", 2, 100)); /* no such version */
    assert_false(issue(&stage, 1, "a", 1, 1100));
    assert_false(issue(&stage, 1, "a", 1, 150)); /* no whole yuan */
    assert_true(issue(&stage, 1, "a", 1, 600));
    assert_false(issue(&stage, 1, "a", 1, 100)); /* the same once more */
    assert_false(issue(&stage, 2, "a", 1, 500));
    assert_true(issue(&stage, 2, "a", 1, 400));
    expect_balances(&stage, 50, 1000);
    assert_false(put_scheme(&stage, "a", 2, 999));
    assert_true(put_scheme(&stage, "a", 2, 1000));
    expect_balances(&stage, 0, 1000);
    assert_false(issue(&stage, 3, "a", 2, 100));
    assert_true(put_scheme(&stage, "a", 3, 1100));
    assert_false(issue(&stage, 3, "a", 2, 100)); /* not by a former version */
    assert_true(issue(&stage, 3, "a", 3, 100));
    assert_int_equal(issued_of(&stage, "a"), 1100);
    /* What was issued stays as it was. */
    assert_int_equal(voucher_of(&stage, 1).of.scheme_version, 1);
    stage_fini(&stage);
}

static void what_ended_returns_to_the_budget_once(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    assert_true(put_scheme(&stage, "a", 1, 1000));
    assert_true(issue(&stage, 1, "a", 1, 600));
    assert_false(end(&stage, 9, CANCELLED));
    assert_true(end(&stage, 1, RETURNED));
    struct voucher voucher = voucher_of(&stage, 1);
    assert_int_equal(voucher.ended, RETURNED);
    assert_int_equal(voucher.returned_fen, 600);
    assert_int_equal(voucher_open_fen(&voucher), 0);
    expect_balances(&stage, 1000, 0);
    assert_int_equal(issued_of(&stage, "a"), 0);
    assert_false(end(&stage, 1, CANCELLED));
    assert_false(issue(&stage, 1, "a", 1, 100)); /* an id is one voucher's */
    assert_true(issue(&stage, 2, "a", 1, 1000));
    stage_fini(&stage);
}

/* Days are those of UTC+8. */
static void a_voucher_expires_after_its_last_day(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    assert_true(put_scheme(&stage, "a", 1, 1000));
    assert_true(issue(&stage, 1, "a", 1, 600));
    struct voucher voucher = voucher_of(&stage, 1);
    assert_true(bytes_equal_text(voucher.use_until, "2026-07-31"));
    assert_true(bytes_equal_text(voucher.claim_until, "2026-09-29"));
    assert_ok(wall_parse(bytes_of_text("2026-07-31T15:59:59Z"), &stage.now));
    assert_false(end(&stage, 1, EXPIRED));
    assert_ok(wall_parse(bytes_of_text("2026-07-31T16:00:00Z"), &stage.now));
    assert_true(end(&stage, 1, EXPIRED));
    expect_balances(&stage, 1000, 0);
    stage_fini(&stage);
}

static void sums_at_their_bound_are_refused_and_not_wrapped(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    /* Up and down by the most there is: 2 x 10^15 fen a round. */
    uint64_t version = 1;
    bool fits = true;
    while (fits && version < 9999) {
        fits = put_scheme(&stage, "a", version,
                          version % 2 == 0 ? 0 : MONEY_MAX_FEN);
        version++;
    }
    assert_int_equal(version, 9999); /* one scheme has no room for more */
    assert_true(put_scheme(&stage, "b", 1, MONEY_MAX_FEN));
    version = 2;
    do {
        fits = put_scheme(&stage, "b", version,
                          version % 2 == 0 ? 0 : MONEY_MAX_FEN);
        version++;
    } while (fits && version < 9999);
    assert_false(fits);
    assert_int_equal(
        balance(&stage, ACCOUNT_FUND) + balance(&stage, ACCOUNT_BUDGET), 0);
    stage_fini(&stage);
}

/* Whatever is asked for, and in whatever order. */
static void accounts_always_sum_up_to_zero(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct stage stage;
    uint64_t version = 0, vouchers = 0;
    int64_t open = 0;
    stage_init(&stage);
    for (unsigned i = 0; i < 600; i++) {
        uint8_t number = (uint8_t)rng_below(&rng, 60);
        uint64_t amount = rng_below(&rng, 12) * 50;
        switch (rng_below(&rng, 8)) {
        case 0:
            version +=
                put_scheme(&stage, "a", version + 1, rng_below(&rng, 20000))
                    ? 1
                    : 0;
            break;
        case 1:
        case 2:
            if (end(&stage, number, CANCELLED)) {
                open -= (int64_t)voucher_of(&stage, number).returned_fen;
            }
            break;
        default:
            if (issue(&stage, number, "a", version, amount)) {
                open += (int64_t)amount;
                vouchers++;
            }
            break;
        }
        assert_int_equal(balance(&stage, ACCOUNT_FUND) +
                             balance(&stage, ACCOUNT_BUDGET) +
                             balance(&stage, ACCOUNT_ISSUED),
                         0);
        assert_int_equal(balance(&stage, ACCOUNT_ISSUED), open);
        assert_true(balance(&stage, ACCOUNT_BUDGET) >= 0);
        if (version > 0) {
            assert_int_equal(issued_of(&stage, "a"), open);
        }
    }
    assert_true(vouchers > 20);
    stage_fini(&stage);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_of_a_scheme_follow_one_another),
        cmocka_unit_test(a_budget_holds_what_is_issued),
        cmocka_unit_test(what_ended_returns_to_the_budget_once),
        cmocka_unit_test(a_voucher_expires_after_its_last_day),
        cmocka_unit_test(sums_at_their_bound_are_refused_and_not_wrapped),
        cmocka_unit_test(accounts_always_sum_up_to_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
