/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/base/bytes.h"

#include <string.h>

#include "protocol/base/reader.h"
#include "protocol/base/writer.h"
#include "tests/support/support.h"

static void what_the_writer_writes_the_reader_reads(void **state)
{
    (void)state;
    struct writer out = {0};
    writer_u8(&out, 0x01);
    writer_u16(&out, 0x0203);
    writer_u32(&out, 0x04050607);
    writer_u64(&out, 0x08090a0b0c0d0e0f);
    writer_text(&out, "heluo");
    writer_format(&out, "-%d", 42);
    assert_memory_equal(out.data, "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17", 15);

    struct reader in;
    reader_init(&in, writer_view(&out));
    assert_int_equal(reader_u8(&in), 0x01);
    assert_int_equal(reader_u16(&in), 0x0203);
    assert_int_equal(reader_u32(&in), 0x04050607);
    assert_int_equal(reader_u64(&in), 0x08090a0b0c0d0e0f);
    assert_err(reader_finish(&in), HL_EMALFORMED);
    assert_true(bytes_equal_text(reader_bytes(&in, 8), "heluo-42"));
    assert_ok(reader_finish(&in));
    writer_fini(&out);
}

static void a_failed_reader_stays_failed_and_yields_zeros(void **state)
{
    (void)state;
    struct reader in;
    reader_init(&in, bytes_of_text("abc"));
    assert_int_equal(reader_u32(&in), 0);
    assert_int_equal(reader_u8(&in), 0);
    uint8_t copied[2] = {7, 7};
    reader_copy(&in, 2, copied);
    assert_int_equal(copied[0] | copied[1], 0);
    assert_int_equal(reader_left(&in), 0);
    assert_err(reader_finish(&in), HL_EMALFORMED);
}

static void varints_have_one_form(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        uint64_t value;
        bool good;
    } cases[] = {
        {"00", 0, true},
        {"7f", 127, true},
        {"8001", 128, true},
        {"ffffffffffffffffff01", UINT64_MAX, true},
        {"8000", 0, false},
        {"ff00", 0, false},
        {"80", 0, false},
        {"ffffffffffffffffff02", 0, false},
        {"ffffffffffffffffffff01", 0, false},
        {"80808080808080808000", 0, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t raw[16];
        size_t size = strlen(cases[i].hex) / 2;
        test_unhex(cases[i].hex, raw, size);
        struct reader in;
        reader_init(&in, bytes_of(raw, size));
        assert_int_equal(reader_varint(&in), cases[i].value);
        assert_int_equal(reader_finish(&in) == HL_OK, cases[i].good);
    }
}

static void order_is_that_of_memcmp_with_prefixes_first(void **state)
{
    (void)state;
    static const char *const sorted[] = {"", "a", "ab", "b", "ba"};
    for (size_t i = 0; i < 5; i++) {
        for (size_t k = 0; k < 5; k++) {
            int order = bytes_compare(bytes_of_text(sorted[i]),
                                      bytes_of_text(sorted[k]));
            assert_int_equal(i < k, order < 0);
            assert_int_equal(i == k, order == 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_writer_writes_the_reader_reads),
        cmocka_unit_test(a_failed_reader_stays_failed_and_yields_zeros),
        cmocka_unit_test(varints_have_one_form),
        cmocka_unit_test(order_is_that_of_memcmp_with_prefixes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
