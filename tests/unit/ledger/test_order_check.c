/* SPDX-License-Identifier: Apache-2.0 */

/* Rules that a delivery may break. */

#include "node/ledger/order_check.h"
#include "tests/support/support.h"

#define T(text) bytes_of_text(text)

static uint64_t at(const char *time)
{
    struct hl_wall wall;
    assert_ok(wall_parse(T(time), &wall));
    return (uint64_t)wall.ms;
}

/* Issued on July 1, and used up to July 31. */
static uint64_t breaks(const char *from, const char *until)
{
    struct voucher voucher = {.use_until = T("2026-07-31"),
                              .issued_at_ms = at("2026-07-01T04:00:00Z")};
    struct order placed = {0};
    struct order answer = {.from_ms = at(from), .until_ms = at(until)};
    return order_check_halves(&placed, &answer, &voucher);
}

static void a_service_lies_in_the_days_of_its_voucher(void **state)
{
    (void)state;
    uint64_t validity = order_check_bit(ORDER_CHECK_VALIDITY);
    assert_int_equal(validity, 2);
    assert_int_equal(breaks("2026-07-02T00:00:00Z", "2026-07-02T01:00:00Z"), 0);
    assert_int_equal(breaks("2026-07-01T04:00:00Z", "2026-07-01T04:00:00Z"), 0);
    assert_int_equal(breaks("2026-07-01T03:59:59Z", "2026-07-01T05:00:00Z"),
                     validity);
    /* The day is that of UTC+8. */
    assert_int_equal(breaks("2026-07-31T15:00:00Z", "2026-07-31T15:59:59Z"), 0);
    assert_int_equal(breaks("2026-07-31T15:00:00Z", "2026-07-31T16:00:00Z"),
                     validity);
    assert_int_equal(breaks("2026-06-01T00:00:00Z", "2026-09-01T00:00:00Z"),
                     validity);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_service_lies_in_the_days_of_its_voucher),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
