/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/entry/bundle.h"

#include <string.h>

#include "tests/support/support.h"

/* The entries "", 00, "hello" (C2SP tlog-tiles, entry bundles). */
static const uint8_t three[] = "\0\0\0\1\0\0\5hello";
enum { THREE_BYTES = sizeof(three) - 1 };

static void a_bundle_is_entries_with_their_lengths(void **state)
{
    (void)state;
    struct writer out = {0};
    assert_ok(bundle_append(bytes_of(NULL, 0), &out));
    assert_ok(bundle_append(bytes_of("", 1), &out));
    assert_ok(bundle_append(bytes_of_text("hello"), &out));
    assert_int_equal(out.size, THREE_BYTES);
    assert_memory_equal(out.data, three, THREE_BYTES);
    assert_ok(bundle_validate(writer_view(&out), 3, 0, NULL));
    struct bundle_walk walk;
    struct bytes entry;
    bundle_walk_init(&walk, writer_view(&out));
    assert_true(bundle_walk_next(&walk, &entry));
    assert_int_equal(entry.size, 0);
    assert_true(bundle_walk_next(&walk, &entry));
    assert_true(bytes_equal(entry, bytes_of("", 1)));
    assert_true(bundle_walk_next(&walk, &entry));
    assert_true(bytes_equal_text(entry, "hello"));
    assert_false(bundle_walk_next(&walk, &entry));
    writer_fini(&out);
}

static void a_bundle_is_exactly_its_count_of_entries(void **state)
{
    (void)state;
    static const struct {
        size_t size, count;
        uint64_t at;
        const char *text;
    } cases[] = {
        {THREE_BYTES, 2, 105, "7 bytes behind the bundle's 2 entries"},
        {THREE_BYTES, 4, 112, "entry 3 of 4 in the bundle is cut short"},
        {THREE_BYTES - 1, 3, 105, "entry 2 of 3 in the bundle is cut short"},
        {6, 3, 105, "entry 2 of 3 in the bundle is cut short"},
        {0, 1, 100, "entry 0 of 1 in the bundle is cut short"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct hl_detail detail = {0};
        assert_err(bundle_validate(bytes_of(three, cases[i].size),
                                   cases[i].count, 100, &detail),
                   HL_EMALFORMED);
        assert_string_equal(detail.text, cases[i].text);
        assert_int_equal(detail.at, cases[i].at);
    }
    assert_ok(bundle_validate(bytes_of(NULL, 0), 0, 0, NULL));
}

static void an_entry_s_length_fits_its_two_bytes(void **state)
{
    (void)state;
    static const uint8_t data[HL_ENTRY_MAX_BYTES + 1];
    struct writer out = {0};
    assert_ok(bundle_append(bytes_of(data, HL_ENTRY_MAX_BYTES), &out));
    assert_int_equal(out.size, BUNDLE_LENGTH_BYTES + HL_ENTRY_MAX_BYTES);
    assert_err(bundle_append(bytes_of(data, HL_ENTRY_MAX_BYTES + 1), &out),
               HL_ELIMIT);
    assert_ok(bundle_validate(writer_view(&out), 1, 0, NULL));
    writer_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bundle_is_entries_with_their_lengths),
        cmocka_unit_test(a_bundle_is_exactly_its_count_of_entries),
        cmocka_unit_test(an_entry_s_length_fits_its_two_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
