/* SPDX-License-Identifier: Apache-2.0 */

/* Fingerprints of invoices, and the file of their keys. */

#include "node/ledger/fingerprint.h"

#include <stdio.h>

#include "tests/support/support.h"

#define T(text) bytes_of_text(text)
#define KEY_1 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_2 "ff0102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F"

static const struct fingerprint_invoice invoice = {
    "91410100MA41010086", "044001900111", "12345678", "2026-11-29", 780000};

static struct hl_hash print_of(const struct fingerprint_key *key,
                               const struct fingerprint_invoice *of)
{
    struct hl_hash print;
    assert_ok(fingerprint_of(key, of, &print, NULL));
    return print;
}

/* As Python's hashlib.scrypt() has it. */
static void a_fingerprint_is_scrypt_of_what_is_printed(void **state)
{
    (void)state;
    static const char expected[] =
        "7c04a5e53bd49ea1a756334ad372ef7eb1ff51d203334098a9bf5528882f63bc";
    struct fingerprint_keys keys;
    char hex[2 * HL_HASH_BYTES + 1];
    assert_ok(fingerprint_parse(T("1 " KEY_1), &keys, NULL));
    struct hl_hash print = print_of(&keys.items[0], &invoice);
    for (size_t i = 0; i < HL_HASH_BYTES; i++) {
        snprintf(hex + 2 * i, 3, "%02x", print.bytes[i]);
    }
    assert_string_equal(hex, expected);
}

static void whatever_differs_makes_another(void **state)
{
    (void)state;
    struct fingerprint_keys keys;
    assert_ok(fingerprint_parse(T("1 " KEY_1 "\n2 " KEY_2), &keys, NULL));
    struct fingerprint_invoice others[] = {invoice, invoice, invoice,
                                           invoice, invoice, invoice};
    others[1].seller = "91410300MA4103003F";
    others[2].code = "";
    others[3].number = "12345679";
    others[4].date = "2026-11-28";
    others[5].amount_fen++;
    struct hl_hash first = print_of(&keys.items[0], &invoice);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        struct hl_hash print = print_of(&keys.items[0], &others[i]);
        assert_int_equal(hash_equal(&print, &first), i == 0);
    }
    struct hl_hash former = print_of(&keys.items[1], &invoice);
    assert_false(hash_equal(&former, &first));
}

static void the_newest_key_comes_first(void **state)
{
    (void)state;
    struct fingerprint_keys keys;
    assert_ok(fingerprint_parse(
        T("# of the alliance\n\n7 " KEY_1 " # the former\r\n8 " KEY_2 "\n"),
        &keys, NULL));
    assert_int_equal(keys.count, 2);
    assert_int_equal(keys.items[0].version, 8);
    assert_int_equal(keys.items[0].secret[0], 0xff);
    assert_int_equal(keys.items[1].version, 7);
    assert_int_equal(keys.items[1].secret[31], 0x1f);
    fingerprint_forget(&keys);
    assert_int_equal(keys.count, 0);
}

static void other_files_are_none_of_keys(void **state)
{
    (void)state;
    static const char *const files[] = {
        "",
        "# nothing\n",
        KEY_1,
        "0 " KEY_1,
        "1000001 " KEY_1,
        "99999999999999999999 " KEY_1,
        "1  " KEY_1,
        "1 " KEY_1 "0",
        "1 0" KEY_1,
        "1 g00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "1 " KEY_1 "\n1 " KEY_2,
        "1 " KEY_1 "\n2 " KEY_2 "\n3 " KEY_1,
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct fingerprint_keys keys;
        assert_err(fingerprint_parse(T(files[i]), &keys, NULL), HL_EMALFORMED);
        assert_int_equal(keys.count, 0);
    }
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fingerprint_is_scrypt_of_what_is_printed),
        cmocka_unit_test(whatever_differs_makes_another),
        cmocka_unit_test(the_newest_key_comes_first),
        cmocka_unit_test(other_files_are_none_of_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
