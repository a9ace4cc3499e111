/* SPDX-License-Identifier: Apache-2.0 */

/* Until when instruments were served last. */

#include "node/report/served.h"

#include <stdio.h>

#include "node/catalogue/kinds.h"
#include "tests/support/support.h"

#define TEXT(text) bytes_of_text(text)

enum { MANY = 100000 };

static uint64_t mark_of(const char *kind, const struct homed *of)
{
    return served_mark(record_kind_of_word(kind)->number, of);
}

static struct homed item(const char *inner_id)
{
    return (struct homed){TEXT("zhengzhou"), TEXT("uscc"),
                          TEXT("12410000415800018L"), TEXT(inner_id)};
}

static void the_newest_service_stays(void **state)
{
    (void)state;
    struct served *served = served_create();
    assert_int_equal(served_until_ms(served, 5), 0);
    served_add(served, 5, 20);
    served_add(served, 5, 10);
    assert_int_equal(served_until_ms(served, 5), 20);
    served_add(served, 5, 21);
    assert_int_equal(served_until_ms(served, 5), 21);
    served_destroy(&served);
    assert_null(served);
}

static void many_are_kept_apart(void **state)
{
    (void)state;
    struct served *served = served_create();
    char id[16];
    for (uint64_t i = 1; i <= MANY; i++) {
        snprintf(id, sizeof(id), "SEM-%u", (unsigned)i);
        struct homed of = item(id);
        served_add(served, mark_of("instrument", &of), i);
    }
    for (uint64_t i = 1; i <= MANY; i++) {
        snprintf(id, sizeof(id), "SEM-%u", (unsigned)i);
        struct homed of = item(id);
        assert_int_equal(served_until_ms(served, mark_of("instrument", &of)),
                         i);
    }
    served_destroy(&served);
}

static void each_part_of_a_key_tells_apart(void **state)
{
    (void)state;
    struct homed of = item("1");
    uint64_t mark = mark_of("instrument", &of);
    assert_true(mark == mark_of("instrument", &of));
    assert_false(mark == mark_of("service", &of));
    struct bytes *parts[] = {&of.home, &of.unit_scheme, &of.unit_id,
                             &of.inner_id};
    for (size_t i = 0; i < 4; i++) {
        struct bytes former = *parts[i];
        *parts[i] = TEXT("other");
        assert_false(mark == mark_of("instrument", &of));
        *parts[i] = former;
    }
    /* Nor is it where one part ends and the next begins. */
    of.unit_id = TEXT("12410000415800018L1");
    of.inner_id = TEXT("");
    assert_false(mark == mark_of("instrument", &of));
}

static void who_serves_uses_all_instruments_of_the_item(void **state)
{
    (void)state;
    struct served *served = served_create();
    struct service_item service = {.of = item("S-1"),
                                   .instruments = TEXT("SEM-1\n\nSEM-2")};
    struct homed first = item("SEM-1"), second = item("SEM-2");
    struct homed other = item("SEM-3");
    served_spread(served, &service);
    assert_int_equal(served_until_ms(served, mark_of("instrument", &first)), 0);
    served_add(served, mark_of("instrument", &second), 9);
    served_add(served, mark_of("service", &service.of), 7);
    served_spread(served, &service);
    assert_int_equal(served_until_ms(served, mark_of("instrument", &first)), 7);
    assert_int_equal(served_until_ms(served, mark_of("instrument", &second)),
                     9);
    assert_int_equal(served_until_ms(served, mark_of("instrument", &other)), 0);
    service.instruments = TEXT("");
    served_spread(served, &service);
    served_destroy(&served);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_service_stays),
        cmocka_unit_test(many_are_kept_apart),
        cmocka_unit_test(each_part_of_a_key_tells_apart),
        cmocka_unit_test(who_serves_uses_all_instruments_of_the_item),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
