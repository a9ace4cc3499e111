/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/entry/canonical.h"

#include <string.h>

#include "canonical_test.pb-c.h"
#include "protocol/entry/wire.h"
#include "tests/support/support.h"

#define ALL &heluo__test__all__descriptor

/* A wire message by hand, and what must come of it. */
struct sample {
    const char *hex;
    hl_err err;
    uint64_t at;      /* where the detail points */
    const char *text; /* what the detail says */
};

static hl_err check_hex(const char *hex, struct canonical_unknown *unknown,
                        struct hl_detail *detail)
{
    uint8_t raw[256];
    size_t size = strlen(hex) / 2;
    assert_true(size <= sizeof(raw));
    test_unhex(hex, raw, size);
    return canonical_check(bytes_of(raw, size), ALL, unknown, detail);
}

static void expect(const struct sample *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct sample *sample = &samples[i];
        struct canonical_unknown unknown = {.number = 77};
        struct hl_detail detail = {0};
        hl_err err = check_hex(sample->hex, &unknown, &detail);
        if (err != sample->err) {
            print_error("%s: %s\n", sample->hex, detail.text);
        }
        assert_err(err, sample->err);
        if (err == HL_OK) {
            assert_false(unknown.present);
            assert_int_equal(unknown.number, 0);
            continue;
        }
        assert_int_equal(unknown.number, 77);
        assert_int_equal(detail.where, HL_AT_OFFSET);
        assert_string_equal(detail.text, sample->text);
        assert_int_equal(detail.at, sample->at);
    }
}

#define EXPECT(samples) expect(samples, sizeof(samples) / sizeof((samples)[0]))

static void canonical_messages_pass(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {.hex = ""},
        {.hex = "0801"},
        /* int32 -1, enum -3, an enum value that has no name */
        {.hex = "08ffffffffffffffffff01"},
        {.hex = "0880808080f8ffffffff01"},
        {.hex = "08ffffffff07"},
        {.hex = "40fdffffffffffffffff01"},
        {.hex = "4063"},
        /* uint32, sint32 at their greatest; uint64 */
        {.hex = "18ffffffff0f"},
        {.hex = "28ffffffff0f"},
        {.hex = "20ffffffffffffffffff01"},
        {.hex = "3801"},
        /* 1.0f, infinity, the least denormal */
        {.hex = "6d0000803f"},
        {.hex = "6d0000807f"},
        {.hex = "6d01000000"},
        {.hex = "71000000000000f0ff"},
        {.hex = "7a03e6b2b3"},
        {.hex = "82010100"},
        /* an empty message says that it is there */
        {.hex = "8a0100"},
        {.hex = "8a01050801120161"},
        /* packed: zeros stand */
        {.hex = "920103000102"},
        {.hex = "a201020001"},
        /* not packed as declared, zeros stand */
        {.hex = "c00100c00105"},
        /* empty elements of repeated fields stand */
        {.hex = "ca0100ca010161ca0100"},
        {.hex = "da0100da01020801"},
        /* members of a oneof may hold their default */
        {.hex = "e00100"},
        {.hex = "ea0100"},
        {.hex = "f20100"},
        {.hex = "e00101fa0100"},
        {.hex = "fa0100880200"},
        {.hex = "9a020bffffffffffffffffff0100"},
        {.hex = "0801c00c01"},
    };
    EXPECT(samples);
}

static void fields_ascend_and_singular_ones_stand_once(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"18010801", HL_ENONCANONICAL, 2,
         "All.int32_value stands behind one of a higher number"},
        {"08010801", HL_ENONCANONICAL, 2, "All.int32_value stands there twice"},
        {"8a01008a0100", HL_ENONCANONICAL, 3, "All.inner stands there twice"},
        {"9201010192010101", HL_ENONCANONICAL, 4,
         "All.numbers stands there twice"},
        {"ca0100c00101ca0100", HL_ENONCANONICAL, 3,
         "All.loose stands behind one of a higher number"},
        {"a006015001", HL_EMALFORMED, 3,
         "All.sfixed32_value has another wire type than its own"},
        {"a006010801", HL_ENONCANONICAL, 3,
         "All.int32_value stands behind one of a higher number"},
        {"a00601980601", HL_ENONCANONICAL, 3,
         "All field 99 stands behind one of a higher number"},
        {"a00601a20600", HL_ENONCANONICAL, 3,
         "All field 100 changes its wire type"},
    };
    EXPECT(samples);
}

static void varints_are_shortest_in_tag_length_and_value(void **state)
{
    (void)state;
    const char *padded = "All has a varint that is not in its shortest form";
    const struct sample samples[] = {
        {"880001", HL_ENONCANONICAL, 0, padded},
        {"a0860001", HL_ENONCANONICAL, 0, padded},
        {"088100", HL_ENONCANONICAL, 0,
         "All.int32_value has a varint that is not in its shortest form"},
        {"0880808080808080808000", HL_ENONCANONICAL, 0,
         "All.int32_value has a varint that is not in its shortest form"},
        {"7a810061", HL_ENONCANONICAL, 0,
         "All.text has a varint that is not in its shortest form"},
        {"9201028100", HL_ENONCANONICAL, 0,
         "All.numbers has a varint that is not in its shortest form"},
        {"a0068100", HL_ENONCANONICAL, 0,
         "All field 100 has a varint that is not in its shortest form"},
        {"08ffffffffffffffffff02", HL_EMALFORMED, 0,
         "All.int32_value has a varint of more than 64 bits"},
        {"8a0103088100", HL_ENONCANONICAL, 3,
         "Inner.number has a varint that is not in its shortest form"},
    };
    EXPECT(samples);
}

static void defaults_are_not_written(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"0800", HL_ENONCANONICAL, 0, "All.int32_value holds its default"},
        {"2800", HL_ENONCANONICAL, 0, "All.sint32_value holds its default"},
        {"3800", HL_ENONCANONICAL, 0, "All.bool_value holds its default"},
        {"4000", HL_ENONCANONICAL, 0, "All.color holds its default"},
        {"4d00000000", HL_ENONCANONICAL, 0,
         "All.fixed32_value holds its default"},
        {"590000000000000000", HL_ENONCANONICAL, 0,
         "All.fixed64_value holds its default"},
        {"6d00000000", HL_ENONCANONICAL, 0,
         "All.float_value holds its default"},
        {"7a00", HL_ENONCANONICAL, 0, "All.text holds its default"},
        {"820100", HL_ENONCANONICAL, 0, "All.data holds its default"},
        {"8a01020800", HL_ENONCANONICAL, 3, "Inner.number holds its default"},
        {"08018a01021200", HL_ENONCANONICAL, 5, "Inner.text holds its default"},
    };
    EXPECT(samples);
}

static void values_lie_in_the_range_of_their_type(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"3802", HL_ENONCANONICAL, 0,
         "All.bool_value is out of its type's range"},
        {"188080808010", HL_ENONCANONICAL, 0,
         "All.uint32_value is out of its type's range"},
        {"288080808010", HL_ENONCANONICAL, 0,
         "All.sint32_value is out of its type's range"},
        {"088080808008", HL_ENONCANONICAL, 0,
         "All.int32_value is out of its type's range"},
        /* -2^31 - 1; and -1 as if it were 32 bits wide */
        {"08fffffffff7ffffffff01", HL_ENONCANONICAL, 0,
         "All.int32_value is out of its type's range"},
        {"08ffffffff0f", HL_ENONCANONICAL, 0,
         "All.int32_value is out of its type's range"},
        {"40ffffffff0f", HL_ENONCANONICAL, 0,
         "All.color is out of its type's range"},
        {"a2010102", HL_ENONCANONICAL, 0,
         "All.flags is out of its type's range"},
        {"9a01058080808008", HL_ENONCANONICAL, 0,
         "All.colors is out of its type's range"},
        {"c0018080808010", HL_ENONCANONICAL, 0,
         "All.loose is out of its type's range"},
        {"6d00000080", HL_ENONCANONICAL, 0,
         "All.float_value is a negative zero"},
        {"6d0000c07f", HL_ENONCANONICAL, 0, "All.float_value is not a number"},
        {"71010000000000f0ff", HL_ENONCANONICAL, 0,
         "All.double_value is not a number"},
        {"aa01080000000000000080", HL_ENONCANONICAL, 0,
         "All.doubles is a negative zero"},
    };
    EXPECT(samples);
}

static void repeated_numbers_are_packed_as_declared(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"900101", HL_ENONCANONICAL, 0, "All.numbers is not packed"},
        {"920100", HL_ENONCANONICAL, 0, "All.numbers is packed and empty"},
        {"c2010101", HL_ENONCANONICAL, 0, "All.loose is packed"},
        {"aa010700000000000000", HL_EMALFORMED, 0, "All.doubles is cut short"},
        {"92010180", HL_EMALFORMED, 0, "All.numbers is cut short"},
        {"950101000000", HL_EMALFORMED, 0,
         "All.numbers has another wire type than its own"},
    };
    EXPECT(samples);
}

static void a_oneof_has_one_member_at_most(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"e00101ea0100", HL_ENONCANONICAL, 3,
         "All.first_text is the second member of its oneof"},
        {"e00101fa0100880200", HL_ENONCANONICAL, 6,
         "All.first_flag is the second member of its oneof"},
        {"fa0100800200", HL_ENONCANONICAL, 3,
         "All.second_number is the second member of its oneof"},
        {"e00100e00100", HL_ENONCANONICAL, 3,
         "All.first_number stands there twice"},
    };
    EXPECT(samples);
}

static void what_is_no_message_of_the_schema_is_malformed(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"08", HL_EMALFORMED, 0, "All.int32_value is cut short"},
        {"80", HL_EMALFORMED, 0, "All is cut short"},
        {"080180", HL_EMALFORMED, 2, "All is cut short"},
        {"7a0261", HL_EMALFORMED, 0, "All.text is cut short"},
        {"7affffffffffffffffff01", HL_EMALFORMED, 0, "All.text is cut short"},
        {"4d010000", HL_EMALFORMED, 0, "All.fixed32_value is cut short"},
        {"0001", HL_EMALFORMED, 0,
         "All has a field number outside 1 to 2^29 - 1"},
        {"808080801001", HL_EMALFORMED, 0,
         "All has a field number outside 1 to 2^29 - 1"},
        /* groups, known and unknown; wire types 6 and 7 */
        {"0b0c", HL_EMALFORMED, 0,
         "All.int32_value has another wire type than its own"},
        {"a306a406", HL_EMALFORMED, 0,
         "All field 100 is a group or of no known wire type"},
        {"a40601", HL_EMALFORMED, 0,
         "All field 100 is a group or of no known wire type"},
        {"a60601", HL_EMALFORMED, 0,
         "All field 100 is a group or of no known wire type"},
        {"a70601", HL_EMALFORMED, 0,
         "All field 100 is a group or of no known wire type"},
        {"0a0101", HL_EMALFORMED, 0,
         "All.int32_value has another wire type than its own"},
        {"7801", HL_EMALFORMED, 0,
         "All.text has another wire type than its own"},
        {"8d0101000000", HL_EMALFORMED, 0,
         "All.inner has another wire type than its own"},
        {"8a0101ff", HL_EMALFORMED, 3, "Inner is cut short"},
        {"8a01020805c00c", HL_EMALFORMED, 5, "All.last is cut short"},
    };
    EXPECT(samples);
}

static void strings_are_utf8_without_nul(void **state)
{
    (void)state;
    static const struct sample samples[] = {
        {"7a01ff", HL_EMALFORMED, 0, "All.text is not UTF-8"},
        {"7a02c080", HL_EMALFORMED, 0, "All.text is not UTF-8"},
        {"7a03eda080", HL_EMALFORMED, 0, "All.text is not UTF-8"},
        {"7a0100", HL_EMALFORMED, 0, "All.text has U+0000 in it"},
        {"7a03610062", HL_EMALFORMED, 0, "All.text has U+0000 in it"},
        {"ca010100", HL_EMALFORMED, 0, "All.texts has U+0000 in it"},
        {"ea0101ff", HL_EMALFORMED, 0, "All.first_text is not UTF-8"},
    };
    EXPECT(samples);
}

static void unknown_fields_are_reported_not_refused(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        struct canonical_unknown unknown;
    } cases[] = {
        {"a00601", {true, 100, 0, "All"}},
        /* a default, an empty one, a repeated one */
        {"0801a00600", {true, 100, 2, "All"}},
        {"0801a20600a20600", {true, 100, 2, "All"}},
        {"a00601a80601c00c01", {true, 100, 0, "All"}},
        {"8a010408011801", {true, 3, 5, "Inner"}},
        /* the first one met */
        {"8a01021801a00601", {true, 3, 3, "Inner"}},
        {"f8ffffff0f01", {true, 536870911, 0, "All"}},
        /* what it holds is not looked into */
        {"a20602ffff", {true, 100, 0, "All"}},
        {"a5060000c07f", {true, 100, 0, "All"}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct canonical_unknown unknown = {0};
        struct hl_detail detail = {0};
        hl_err err = check_hex(cases[i].hex, &unknown, &detail);
        assert_string_equal(detail.text, "");
        assert_ok(err);
        assert_true(unknown.present);
        assert_int_equal(unknown.number, cases[i].unknown.number);
        assert_int_equal(unknown.offset, cases[i].unknown.offset);
        assert_string_equal(unknown.message, cases[i].unknown.message);
    }
}

/* Messages in messages, the outermost counted, the innermost empty. */
static void nest(size_t levels, struct writer *out)
{
    struct writer inner = {0};
    struct writer outer = {0};
    for (size_t i = 1; i < levels; i++) {
        writer_clear(&outer);
        wire_add_message(&outer, 1, inner.size);
        writer_bytes(&outer, writer_view(&inner));
        struct writer swap = inner;
        inner = outer;
        outer = swap;
    }
    writer_bytes(out, writer_view(&inner));
    writer_fini(&inner);
    writer_fini(&outer);
}

static hl_err check_nest(size_t levels, struct hl_detail *detail)
{
    struct writer raw = {0};
    struct canonical_unknown unknown;
    nest(levels, &raw);
    hl_err err = canonical_check(
        writer_view(&raw), &heluo__test__nest__descriptor, &unknown, detail);
    writer_fini(&raw);
    return err;
}

static void nesting_is_bounded(void **state)
{
    (void)state;
    struct hl_detail detail = {0};
    assert_ok(check_nest(1, &detail));
    assert_ok(check_nest(HL_MESSAGE_DEPTH_MAX, &detail));
    assert_err(check_nest(HL_MESSAGE_DEPTH_MAX + 1, &detail), HL_ELIMIT);
    assert_string_equal(detail.text, "Nest.inner is nested too deep");
    assert_int_equal(detail.at, 2 * (HL_MESSAGE_DEPTH_MAX - 1));
    assert_err(check_nest(20000, &detail), HL_ELIMIT);
}

static void depth_within_an_unknown_field_costs_nothing(void **state)
{
    (void)state;
    struct writer raw = {0};
    struct canonical_unknown unknown;
    nest(20000, &raw);
    /* Inner has no field 3. */
    struct writer whole = {0};
    wire_add_bytes(&whole, 3, writer_view(&raw));
    assert_ok(canonical_check(writer_view(&whole),
                              &heluo__test__inner__descriptor, &unknown, NULL));
    assert_true(unknown.present);
    writer_fini(&raw);
    writer_fini(&whole);
}

static void maps_have_no_canonical_form(void **state)
{
    (void)state;
    static const uint8_t mapped[] = {0x0a, 0x03, 0x0a, 0x01, 0x61};
    static const uint8_t other[] = {0x10, 0x01};
    struct canonical_unknown unknown;
    struct hl_detail detail = {0};
    const ProtobufCMessageDescriptor *schema = &heluo__test__mapped__descriptor;
    assert_err(canonical_check(bytes_of(mapped, sizeof(mapped)), schema,
                               &unknown, &detail),
               HL_EUNSUPPORTED);
    assert_string_equal(detail.text, "Mapped.values is a map");
    assert_ok(canonical_check(bytes_of(other, sizeof(other)), schema, &unknown,
                              &detail));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical_messages_pass),
        cmocka_unit_test(fields_ascend_and_singular_ones_stand_once),
        cmocka_unit_test(varints_are_shortest_in_tag_length_and_value),
        cmocka_unit_test(defaults_are_not_written),
        cmocka_unit_test(values_lie_in_the_range_of_their_type),
        cmocka_unit_test(repeated_numbers_are_packed_as_declared),
        cmocka_unit_test(a_oneof_has_one_member_at_most),
        cmocka_unit_test(what_is_no_message_of_the_schema_is_malformed),
        cmocka_unit_test(strings_are_utf8_without_nul),
        cmocka_unit_test(unknown_fields_are_reported_not_refused),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(depth_within_an_unknown_field_costs_nothing),
        cmocka_unit_test(maps_have_no_canonical_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
