/* SPDX-License-Identifier: Apache-2.0 */
#include "node/ledger/refusal.h"

#include <string.h>

#include "tests/support/support.h"

static void words_are_words_and_no_two_are_alike(void **state)
{
    (void)state;
    for (unsigned i = 0; i < LEDGER_REFUSAL_END; i++) {
        const char *word = ledger_refusal_word((enum ledger_refusal)i);
        assert_int_equal(strspn(word, "abcdefghijklmnopqrstuvwxyz_"),
                         strlen(word));
        assert_true(strlen(word) > 0);
        for (unsigned k = 0; k < i; k++) {
            assert_string_not_equal(
                word, ledger_refusal_word((enum ledger_refusal)k));
        }
    }
}

/* Each of the table: what it returns, and how its text begins. */
static void a_refusal_says_its_word_and_then_why(void **state)
{
    (void)state;
#define NAME(name, word, err) #word,
#define ERR(name, word, err) err,
    static const char *const names[] = {LEDGER_REFUSALS(NAME)};
    static const hl_err errors[] = {LEDGER_REFUSALS(ERR)};
#undef NAME
#undef ERR
    for (unsigned i = 0; i < LEDGER_REFUSAL_END; i++) {
        struct hl_detail detail = {0};
        hl_err err = ledger_refuse(&detail, (enum ledger_refusal)i, "%u of %s",
                                   7, "nine");
        size_t size = strlen(names[i]);
        assert_err(err, errors[i]);
        assert_true(ledger_is_refusal(err));
        assert_memory_equal(detail.text, names[i], size);
        assert_string_equal(detail.text + size, ": 7 of nine");
        assert_err(ledger_refuse(NULL, (enum ledger_refusal)i, "x"), errors[i]);
    }
    assert_err(errors[LEDGER_NO_VOUCHER], HL_ENOTFOUND);
    assert_err(errors[LEDGER_VOUCHER_EXISTS], HL_EEXISTS);
    assert_err(errors[LEDGER_HOLDER_YEAR], HL_ESTATE);
}

/* What is cut to fit is text none the less. */
static void a_long_text_is_cut_at_a_character(void **state)
{
    (void)state;
    struct hl_detail detail = {0};
    char text[3 * 200 + 1] = "";
    for (unsigned i = 0; i < 200; i++) {
        strcat(text, "券");
    }
    for (unsigned skip = 0; skip < 3; skip++) {
        const char *padded[] = {"", "a", "aa"};
        assert_err(
            ledger_refuse(&detail, LEDGER_NO_RATE, "%s%s", padded[skip], text),
            HL_ESTATE);
        size_t size = strlen(detail.text);
        assert_true(size < HL_DETAIL_TEXT_BYTES);
        assert_true(size > HL_DETAIL_TEXT_BYTES - 5);
        assert_string_equal(detail.text + size - 3, "券");
    }
}

/* It is a line of an entry's, which ends in none. */
static void a_text_ends_in_no_space_wherever_it_is_cut(void **state)
{
    (void)state;
    struct hl_detail detail = {0};
    char text[HL_DETAIL_TEXT_BYTES + 3] = "";
    for (size_t i = 0; i + 2 < sizeof(text); i += 2) {
        memcpy(text + i, "a ", 2);
    }
    for (size_t skip = 0; skip < 2; skip++) {
        (void)ledger_refuse(&detail, LEDGER_NO_RATE, "%s", text + skip);
        size_t size = strlen(detail.text);
        assert_true(size > HL_DETAIL_TEXT_BYTES - 4);
        assert_int_equal(detail.text[size - 1], 'a');
    }
    (void)ledger_refuse(&detail, LEDGER_NO_RATE, "up to   ");
    assert_string_equal(detail.text, "no_rate: up to");
    (void)ledger_refuse(&detail, LEDGER_NO_RATE, " ");
    assert_string_equal(detail.text, "no_rate:");
}

static void other_errors_are_no_refusals(void **state)
{
    (void)state;
    static const hl_err others[] = {
        HL_OK,      HL_EMALFORMED, HL_ELIMIT, HL_EUNSEALED, HL_EBUSY,
        HL_EDENIED, HL_EDAMAGED,   HL_EFULL,  HL_EFLUSH,    HL_EIO,
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_false(ledger_is_refusal(others[i]));
    }
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_words_and_no_two_are_alike),
        cmocka_unit_test(a_refusal_says_its_word_and_then_why),
        cmocka_unit_test(a_long_text_is_cut_at_a_character),
        cmocka_unit_test(a_text_ends_in_no_space_wherever_it_is_cut),
        cmocka_unit_test(other_errors_are_no_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
