/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/entry/wire.h"

#include <string.h>

#include "tests/support/support.h"

static void varints_are_read_in_their_shortest_form_only(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        hl_err err;
        uint64_t value;
    } cases[] = {
        {"00", HL_OK, 0},
        {"7f", HL_OK, 127},
        {"8001", HL_OK, 128},
        {"ffffffffffffffffff01", HL_OK, UINT64_MAX},
        {"8000", HL_ENONCANONICAL, 0},
        {"ff00", HL_ENONCANONICAL, 0},
        {"80808080808080808000", HL_ENONCANONICAL, 0},
        {"", HL_EMALFORMED, 0},
        {"80", HL_EMALFORMED, 0},
        {"808080808080808080", HL_EMALFORMED, 0},
        {"ffffffffffffffffff02", HL_EMALFORMED, 0},
        {"ffffffffffffffffff80", HL_EMALFORMED, 0},
        {"ffffffffffffffffff8100", HL_EMALFORMED, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t raw[16];
        size_t size = strlen(cases[i].hex) / 2;
        test_unhex(cases[i].hex, raw, size);
        struct wire wire;
        wire_init(&wire, bytes_of(raw, size), 0);
        uint64_t value = 77;
        const char *reason = NULL;
        assert_err(wire_scalar(&wire, WIRE_VARINT, &value, &reason),
                   cases[i].err);
        assert_int_equal(value, cases[i].err == HL_OK ? cases[i].value : 77);
        assert_int_equal(reason == NULL, cases[i].err == HL_OK);
    }
}

static void fields_know_their_place_in_the_outermost_message(void **state)
{
    (void)state;
    uint8_t raw[16];
    test_unhex("0a036162631201011902000000000000", raw, 16);
    /* The last byte is missing from the fixed64 on purpose. */
    struct wire wire;
    struct wire_field field;
    const char *reason = NULL;
    wire_init(&wire, bytes_of(raw, 8), 100);
    assert_true(wire_next(&wire, &field));
    assert_int_equal(field.number, 1);
    assert_int_equal(field.offset, 100);
    assert_int_equal(field.content, 102);
    assert_true(bytes_equal_text(field.bytes, "abc"));
    assert_true(wire_next(&wire, &field));
    assert_int_equal(field.offset, 105);
    assert_false(wire_next(&wire, &field));
    wire_init(&wire, bytes_of(raw, 16), 100);
    assert_true(wire_next(&wire, &field));
    assert_true(wire_next(&wire, &field));
    assert_ok(wire_tag(&wire, &field, &reason));
    assert_err(wire_value(&wire, &field, &reason), HL_EMALFORMED);
    assert_string_equal(reason, "is cut short");
}

static void fixed_values_are_little_endian(void **state)
{
    (void)state;
    static const uint8_t raw[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    struct wire wire;
    uint64_t value = 0;
    const char *reason = NULL;
    wire_init(&wire, bytes_of(raw, sizeof(raw)), 0);
    assert_ok(wire_scalar(&wire, WIRE_FIXED32, &value, &reason));
    assert_int_equal(value, 0x04030201);
    assert_ok(wire_scalar(&wire, WIRE_FIXED64, &value, &reason));
    assert_int_equal(value, 0x0c0b0a0908070605);
    assert_true(wire_at_end(&wire));
}

static void sizes_foretell_what_is_written(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct writer out = {0};
    uint8_t data[300] = {0};
    for (int i = 0; i < 2000; i++) {
        uint64_t value = rng_next(&rng) >> rng_below(&rng, 64);
        size_t size = rng_below(&rng, sizeof(data));
        writer_clear(&out);
        wire_add_uint(&out, 15, value);
        assert_int_equal(out.size, wire_uint_size(value));
        struct wire wire;
        struct wire_field field;
        wire_init(&wire, writer_view(&out), 0);
        assert_int_equal(wire_next(&wire, &field), value != 0);
        assert_true(value == 0 || field.value == value);
        writer_clear(&out);
        wire_add_bytes(&out, 1, bytes_of(data, size));
        assert_int_equal(out.size, wire_bytes_size(size));
    }
    wire_add_uint(&out, 1, 0);
    writer_clear(&out);
    wire_add_uint(&out, 1, 0);
    wire_add_bytes(&out, 1, bytes_of(NULL, 0));
    assert_int_equal(out.size, 0);
    writer_fini(&out);
}

static void the_last_of_each_number_is_collected(void **state)
{
    (void)state;
    uint8_t raw[8];
    test_unhex("0801080210034807", raw, 8);
    struct wire_field fields[4];
    wire_collect(bytes_of(raw, 8), 50, fields, 4);
    assert_int_equal(fields[1].value, 2);
    assert_int_equal(fields[1].offset, 52);
    assert_int_equal(fields[2].value, 3);
    assert_int_equal(fields[3].number, 0);
    assert_int_equal(fields[3].offset, 50);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(varints_are_read_in_their_shortest_form_only),
        cmocka_unit_test(fields_know_their_place_in_the_outermost_message),
        cmocka_unit_test(fixed_values_are_little_endian),
        cmocka_unit_test(sizes_foretell_what_is_written),
        cmocka_unit_test(the_last_of_each_number_is_collected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
