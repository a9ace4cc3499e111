/* SPDX-License-Identifier: Apache-2.0 */

/* What is still to be looked at, over transactions that come to be or not. */

#include "node/writer/agenda.h"
#include "tests/support/support.h"

#define T(text) bytes_of_text(text)

static void expect_ripe(struct agenda *agenda, size_t node, uint64_t relied,
                        const char *expected)
{
    struct bytes name;
    bool found = agenda_next_ripe(&agenda->nodes[node], relied, &name);
    assert_int_equal(found, expected != NULL);
    if (found) {
        assert_true(bytes_equal_text(name, expected));
    }
}

static void items_ripen_in_the_order_of_their_entries(void **state)
{
    (void)state;
    struct agenda agenda;
    agenda_init(&agenda);
    agenda_wait(&agenda, T("luoyang"), 7, T("c"));
    agenda_wait(&agenda, T("luoyang"), 3, T("a"));
    agenda_wait(&agenda, T("jinan"), 1, T("z"));
    agenda_wait(&agenda, T("luoyang"), 5, T("b"));
    agenda_wait(&agenda, T("luoyang"), 5, T("b"));
    assert_int_equal(agenda.node_count, 2);
    agenda_open(&agenda);
    expect_ripe(&agenda, 0, 3, NULL);
    expect_ripe(&agenda, 0, 6, "a");
    assert_true(agenda_has_ripe(&agenda.nodes[0], 6));
    expect_ripe(&agenda, 0, 6, "b");
    expect_ripe(&agenda, 0, 6, NULL);
    expect_ripe(&agenda, 1, 2, "z");
    agenda_keep(&agenda);
    expect_ripe(&agenda, 0, 8, "c");
    expect_ripe(&agenda, 0, 8, NULL);
    agenda_fini(&agenda);
}

static void what_was_taken_in_vain_is_there_again(void **state)
{
    (void)state;
    struct agenda agenda;
    struct bytes name;
    agenda_init(&agenda);
    agenda_open(&agenda);
    agenda_wait(&agenda, T("luoyang"), 3, T("a"));
    agenda_leave(&agenda, T("one"));
    agenda_leave(&agenda, T("two"));
    assert_true(agenda_next_left(&agenda, &name));
    agenda.open.due = true;
    agenda_keep(&agenda);
    for (unsigned i = 0; i < 2; i++) {
        agenda_open(&agenda);
        assert_true(agenda.open.due);
        expect_ripe(&agenda, 0, 4, "a");
        assert_true(agenda_next_left(&agenda, &name));
        assert_true(bytes_equal_text(name, "two"));
        assert_false(agenda_next_left(&agenda, &name));
        agenda_leave(&agenda, T("three"));
        agenda_drop(&agenda);
    }
    agenda_open(&agenda);
    assert_true(agenda_next_left(&agenda, &name));
    agenda_keep(&agenda);
    agenda_open(&agenda);
    assert_false(agenda_next_left(&agenda, &name));
    expect_ripe(&agenda, 0, 4, "a");
    agenda_keep(&agenda);
    agenda_open(&agenda);
    expect_ripe(&agenda, 0, 4, NULL);
    agenda_fini(&agenda);
}

/* Many that wait are kept and let go without a move of all for each. */
static void many_wait_and_go(void **state)
{
    (void)state;
    enum { MANY = 50000, AT_ONCE = 100 };
    struct agenda agenda;
    agenda_init(&agenda);
    for (uint64_t i = 0; i < MANY; i++) {
        agenda_wait(&agenda, T("luoyang"), i, T("name"));
    }
    for (uint64_t i = 0; i < MANY; i += AT_ONCE) {
        agenda_wait(&agenda, T("luoyang"), MANY + i, T("later"));
        for (uint64_t j = 0; j < AT_ONCE; j++) {
            expect_ripe(&agenda, 0, i + AT_ONCE, "name");
        }
        expect_ripe(&agenda, 0, i + AT_ONCE, NULL);
        agenda_open(&agenda);
        agenda_keep(&agenda);
    }
    for (size_t i = 0; i < MANY / AT_ONCE; i++) {
        expect_ripe(&agenda, 0, UINT64_MAX, "later");
    }
    expect_ripe(&agenda, 0, UINT64_MAX, NULL);
    agenda_fini(&agenda);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_ripen_in_the_order_of_their_entries),
        cmocka_unit_test(what_was_taken_in_vain_is_there_again),
        cmocka_unit_test(many_wait_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
