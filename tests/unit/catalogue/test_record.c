/* SPDX-License-Identifier: Apache-2.0 */
#include "node/record/record.h"

#include <string.h>

#include "heluo/v1/unit.pb-c.h"
#include "node/catalogue/unit.h"
#include "protocol/entry/canonical.h"
#include "tests/support/support.h"

/* Arbitrary texts, not only valid ones: reading and writing do not judge. */
static struct bytes random_text(struct rng *rng, uint8_t *room, size_t max)
{
    size_t size = (size_t)rng_below(rng, max + 1);
    for (size_t i = 0; i < size; i++) {
        room[i] = (uint8_t)('a' + rng_below(rng, 26));
    }
    return bytes_of(room, size);
}

static struct unit random_unit(struct rng *rng, uint8_t room[7][300])
{
    return (struct unit){
        .scheme = random_text(rng, room[0], 4),
        .id = random_text(rng, room[1], 32),
        .name_zh = random_text(rng, room[2], 300),
        .name_en = random_text(rng, room[3], 300),
        .kind = rng_below(rng, 8),
        .division = random_text(rng, room[4], 6),
        .division_revision = rng_below(rng, 3000),
        .switchboard = random_text(rng, room[5], 20),
        .mailbox = random_text(rng, room[6], 20),
    };
}

static void what_is_written_is_canonical_and_read_back(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    uint8_t room[7][300];
    for (int round = 0; round < 500; round++) {
        struct unit unit = random_unit(&rng, room);
        struct writer raw = {0};
        record_encode(&unit_record, &unit, &raw);
        struct canonical_unknown unknown;
        assert_ok(canonical_check(writer_view(&raw),
                                  &heluo__v1__unit_record__descriptor, &unknown,
                                  NULL));
        assert_false(unknown.present);
        struct unit read;
        record_decode(&unit_record, writer_view(&raw), &read);
        assert_null(record_difference(&unit_record, &unit, &read));
        writer_fini(&raw);
    }
}

static void the_first_field_that_differs_is_named(void **state)
{
    (void)state;
    struct unit a = {.name_zh = bytes_of_text("a"), .kind = 1};
    struct unit b = a;
    assert_null(record_difference(&unit_record, &a, &b));
    b.mailbox = bytes_of_text("x");
    assert_string_equal(record_difference(&unit_record, &a, &b), "mailbox");
    b.kind = 2;
    assert_string_equal(record_difference(&unit_record, &a, &b), "kind");
}

struct pair {
    struct bytes first, second;
    uint64_t place;
};
static const struct field pair_fields[] = {
    {1, "first", FIELD_BYTES, offsetof(struct pair, first), 0, 8, true, NULL,
     NULL, NULL},
    {2, "second", FIELD_BYTES, offsetof(struct pair, second), 0, 8, true, NULL,
     NULL, NULL},
    {3, "place", FIELD_UINT, offsetof(struct pair, place), 2, 5, true, NULL,
     NULL, NULL},
};
static const struct record_type pair_type = {
    .name = "pair",
    .size = sizeof(struct pair),
    .fields = pair_fields,
    .field_count = 3,
};

static int pair_compare(const struct pair *a, const struct pair *b)
{
    int order = bytes_compare(a->first, b->first);
    if (order == 0) {
        order = bytes_compare(a->second, b->second);
    }
    if (order == 0) {
        order = (a->place > b->place) - (a->place < b->place);
    }
    return (order > 0) - (order < 0);
}

static struct bytes random_bytes(struct rng *rng, uint8_t *room)
{
    static const uint8_t bytes[] = {0, 1, 0xff, 'a'};
    size_t size = (size_t)rng_below(rng, 4);
    for (size_t i = 0; i < size; i++) {
        room[i] = bytes[rng_below(rng, sizeof(bytes))];
    }
    return bytes_of(room, size);
}

static void keys_sort_as_their_fields_and_none_begins_another(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    uint8_t room[4][4];
    for (int round = 0; round < 20000; round++) {
        struct pair a = {random_bytes(&rng, room[0]),
                         random_bytes(&rng, room[1]), rng_below(&rng, 3)};
        struct pair b = {random_bytes(&rng, room[2]),
                         random_bytes(&rng, room[3]), rng_below(&rng, 3)};
        struct writer key_a = {0};
        struct writer key_b = {0};
        record_key(&pair_type, &a, &key_a);
        record_key(&pair_type, &b, &key_b);
        struct bytes x = writer_view(&key_a);
        struct bytes y = writer_view(&key_b);
        int order = bytes_compare(x, y);
        assert_int_equal((order > 0) - (order < 0), pair_compare(&a, &b));
        size_t shorter = x.size < y.size ? x.size : y.size;
        if (order != 0) {
            assert_int_not_equal(memcmp(x.data, y.data, shorter), 0);
        }
        writer_fini(&key_a);
        writer_fini(&key_b);
    }
}

static void bounds_of_bytes_and_numbers_are_kept(void **state)
{
    (void)state;
    struct pair pair = {.place = 2};
    assert_ok(record_validate(&pair_type, &pair, NULL));
    pair.place = 6;
    struct hl_detail detail = {0};
    assert_err(record_validate(&pair_type, &pair, &detail), HL_EMALFORMED);
    assert_string_equal(detail.text, "field place: 6 is not in 2 to 5");
    pair.place = 5;
    pair.second = bytes_of_text("123456789");
    assert_err(record_validate(&pair_type, &pair, &detail), HL_ELIMIT);
    assert_string_equal(detail.text, "field second: 9 bytes, at most 8");
}

static void a_dump_is_one_line_whatever_a_text_holds(void **state)
{
    (void)state;
    struct unit_retire retire = {
        .scheme = bytes_of_text("uscc"),
        .id = bytes_of_text("a\"b\\\n"),
        .reason = bytes_of_text("并入"),
    };
    struct writer out = {0};
    record_dump(&unit_retiring, &retire, &out);
    assert_true(bytes_equal_text(
        writer_view(&out),
        "scheme=\"uscc\" id=\"a\\x22b\\x5c\\x0a\" reason=\"并入\""));
    writer_clear(&out);
    struct pair pair = {.first = bytes_of_text("\x01z"), .place = 3};
    record_dump(&pair_type, &pair, &out);
    assert_true(
        bytes_equal_text(writer_view(&out), "first=017a second= place=3"));
    writer_fini(&out);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_canonical_and_read_back),
        cmocka_unit_test(the_first_field_that_differs_is_named),
        cmocka_unit_test(keys_sort_as_their_fields_and_none_begins_another),
        cmocka_unit_test(bounds_of_bytes_and_numbers_are_kept),
        cmocka_unit_test(a_dump_is_one_line_whatever_a_text_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
