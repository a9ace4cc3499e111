/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "node/service/services_internal.h"
#include "tests/support/rng.h"
#include "tests/support/support.h"

static void a_token_reads_back_as_it_was_written(void **state)
{
    (void)state;
    struct rng rng = test_rng("a_token_reads_back_as_it_was_written");
    for (int round = 0; round < 200; round++) {
        struct positions positions = {0};
        uint64_t count = rng_below(&rng, 50);
        for (uint64_t i = 0; i < count; i++) {
            char origin[64];
            snprintf(origin, sizeof(origin), "zy.example/n%u",
                     (unsigned)rng_below(&rng, 60));
            positions_set(&positions, bytes_of_text(origin),
                          rng_below(&rng, 1u << 20), rng_below(&rng, 3));
        }
        struct writer token = {0};
        positions_write(&positions, &token);
        struct positions back = {0};
        assert_ok(positions_read(writer_view(&token), &back, NULL));
        assert_int_equal(back.count, positions.count);
        for (size_t i = 0; i < back.count; i++) {
            assert_string_equal(back.items[i].origin,
                                positions.items[i].origin);
            assert_int_equal(back.items[i].size, positions.items[i].size);
            assert_int_equal(back.items[i].cuts, positions.items[i].cuts);
            if (i > 0) {
                assert_true(
                    strcmp(back.items[i - 1].origin, back.items[i].origin) < 0);
            }
        }
        writer_fini(&token);
        positions_fini(&positions);
        positions_fini(&back);
    }
}

static void positions_are_found_whatever_the_order_they_came_in(void **state)
{
    (void)state;
    struct positions positions = {0};
    positions_set(&positions, bytes_of_text("zy.example/c"), 3, 0);
    positions_set(&positions, bytes_of_text("zy.example/a"), 1, 0);
    positions_set(&positions, bytes_of_text("zy.example/b"), 2, 0);
    positions_set(&positions, bytes_of_text("zy.example/a"), 7, 0);
    assert_int_equal(positions.count, 3);
    assert_int_equal(
        positions_get(&positions, bytes_of_text("zy.example/a")).size, 7);
    assert_int_equal(
        positions_get(&positions, bytes_of_text("zy.example/c")).size, 3);
    assert_int_equal(
        positions_get(&positions, bytes_of_text("zy.example/d")).size, 0);
    positions_fini(&positions);
}

/* Two positions out of order, or the same one twice, are not ours. */
static void a_token_that_we_would_not_write_is_refused(void **state)
{
    (void)state;
    static const char a[] = "\x0a\x10\x0a\x0czy.example/a\x10\x01";
    static const char b[] = "\x0a\x10\x0a\x0czy.example/b\x10\x01";
    char token[64];
    struct positions out = {0};
    size_t each = sizeof(a) - 1;
    memcpy(token, a, each);
    memcpy(token + each, b, each);
    assert_ok(positions_read(bytes_of(token, 2 * each), &out, NULL));
    assert_int_equal(out.count, 2);
    positions_fini(&out);
    memcpy(token, b, each);
    memcpy(token + each, a, each);
    assert_err(positions_read(bytes_of(token, 2 * each), &out, NULL),
               HL_EMALFORMED);
    memcpy(token + each, b, each);
    assert_err(positions_read(bytes_of(token, 2 * each), &out, NULL),
               HL_EMALFORMED);
    for (size_t size = 1; size < each; size++) {
        assert_err(positions_read(bytes_of(a, size), &out, NULL),
                   HL_EMALFORMED);
    }
    assert_err(positions_read(bytes_of_text("\x0a\x04\x0a\x02/x"), &out, NULL),
               HL_EMALFORMED);
    assert_err(positions_read(bytes_of_text("\x12\x01x"), &out, NULL),
               HL_EMALFORMED);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_reads_back_as_it_was_written),
        cmocka_unit_test(positions_are_found_whatever_the_order_they_came_in),
        cmocka_unit_test(a_token_that_we_would_not_write_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
