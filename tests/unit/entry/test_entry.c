/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/entry/entry.h"

#include <string.h>

#include "heluo/v1/entry.pb-c.h"
#include "tests/support/support.h"

static const uint8_t the_id[] = "0123456789abcdef";
static const uint8_t the_hash[] = "0123456789abcdef0123456789abcdef";

/* An entry that uses every field. */
static struct entry full_entry(void)
{
    struct entry entry = {
        .origin = bytes_of_text("zhongyuan.example/luoyang"),
        .index = 300,
        .recorded_at = {.ms = 1795249800123},
        .has_cause = true,
        .seen_count = 2,
        .has_command = true,
        .body_type = entry_body_type(7, true),
        .body = bytes_of_text("body"),
    };
    struct citation citation = {
        .origin = bytes_of_text("zhongyuan.example/zhengzhou"),
        .index = 127,
    };
    memcpy(citation.leaf.bytes, the_hash, HL_HASH_BYTES);
    entry.cause = citation;
    entry.seen[0] = citation;
    citation.index = 0;
    entry.seen[1] = citation;
    memcpy(entry.command.id, the_id, sizeof(entry.command.id));
    memcpy(entry.command.caller.bytes, the_hash, HL_HASH_BYTES);
    memcpy(entry.command.request.bytes, the_hash, HL_HASH_BYTES);
    return entry;
}

static void assert_citation(const struct citation *a, const struct citation *b)
{
    assert_true(bytes_equal(a->origin, b->origin));
    assert_true(a->index == b->index);
    assert_true(hash_equal(&a->leaf, &b->leaf));
}

static void assert_entry(const struct entry *a, const struct entry *b)
{
    assert_true(bytes_equal(a->origin, b->origin));
    assert_true(a->index == b->index);
    assert_true(a->recorded_at.ms == b->recorded_at.ms);
    assert_int_equal(a->has_cause, b->has_cause);
    assert_citation(&a->cause, &b->cause);
    assert_int_equal(a->seen_count, b->seen_count);
    for (size_t i = 0; i < a->seen_count; i++) {
        assert_citation(&a->seen[i], &b->seen[i]);
    }
    assert_int_equal(a->has_command, b->has_command);
    assert_memory_equal(&a->command, &b->command, sizeof(a->command));
    assert_int_equal(a->body_type, b->body_type);
    assert_true(bytes_equal(a->body, b->body));
}

static void assert_round_trip(const struct entry *entry)
{
    struct writer raw = {0};
    struct entry read;
    struct canonical_unknown unknown;
    assert_ok(entry_encode(entry, &raw, NULL));
    assert_ok(entry_decode(writer_view(&raw), &read, &unknown, NULL));
    assert_false(unknown.present);
    assert_entry(entry, &read);
    writer_fini(&raw);
}

static void entries_have_these_bytes(void **state)
{
    (void)state;
    static const char expected[] =
        "0a197a686f6e677975616e2e6578616d706c652f6c756f79616e67" /* origin */
        "10ac02"                                                 /* index */
        "18bb87e8e99f34" /* recorded_at_ms */
        "2241"           /* cause */
        "0a1b7a686f6e677975616e2e6578616d706c652f7a68656e677a686f75"
        "107f"
        "1a203031323334353637383961626364656630313233343536373839616263646566"
        "2a41" /* seen */
        "0a1b7a686f6e677975616e2e6578616d706c652f7a68656e677a686f75"
        "107f"
        "1a203031323334353637383961626364656630313233343536373839616263646566"
        "2a3f"
        "0a1b7a686f6e677975616e2e6578616d706c652f7a68656e677a686f75"
        "1a203031323334353637383961626364656630313233343536373839616263646566"
        "3256" /* command */
        "0a1030313233343536373839616263646566"
        "12203031323334353637383961626364656630313233343536373839616263646566"
        "1a203031323334353637383961626364656630313233343536373839616263646566"
        "380f"          /* body_type: number 7, critical */
        "4204626f6479"; /* body */
    struct entry entry = full_entry();
    struct writer raw = {0};
    struct writer hex = {0};
    assert_ok(entry_encode(&entry, &raw, NULL));
    test_hex(writer_view(&raw), &hex);
    writer_u8(&hex, 0);
    assert_string_equal((const char *)hex.data, expected);
    assert_round_trip(&entry);
    writer_fini(&raw);
    writer_fini(&hex);
}

static void the_least_entry_has_an_origin_and_a_body_type(void **state)
{
    (void)state;
    struct entry entry = {
        .origin = bytes_of_text("a/b"),
        .body_type = 2,
    };
    struct writer raw = {0};
    struct writer hex = {0};
    assert_ok(entry_encode(&entry, &raw, NULL));
    test_hex(writer_view(&raw), &hex);
    writer_u8(&hex, 0);
    assert_string_equal((const char *)hex.data, "0a03612f623802");
    assert_round_trip(&entry);
    writer_fini(&raw);
    writer_fini(&hex);
}

static void an_entry_that_could_not_be_read_is_not_written(void **state)
{
    (void)state;
    struct writer out = {0};
    static uint8_t body[HL_ENTRY_MAX_BYTES + 1];
    const struct entry good = full_entry();
    struct entry bad[7];
    for (size_t i = 0; i < 7; i++) {
        bad[i] = good;
    }
    bad[0].origin = bytes_of_text("no-node");
    bad[1].index = ENTRY_INDEX_MAX + 1;
    bad[2].recorded_at.ms = -1;
    bad[3].seen_count = HL_ENTRY_SEEN_MAX + 1;
    bad[4].body_type = 0;
    bad[5].body = bytes_of(body, HL_ENTRY_MAX_BYTES);
    bad[6].body = bytes_of(body, HL_ENTRY_MAX_BYTES + 1);
    static const hl_err expected[] = {
        HL_EMALFORMED, HL_ELIMIT, HL_ELIMIT, HL_ELIMIT,
        HL_EMALFORMED, HL_ELIMIT, HL_ELIMIT,
    };
    writer_text(&out, "before");
    for (size_t i = 0; i < 7; i++) {
        struct hl_detail detail = {0};
        assert_err(entry_encode(&bad[i], &out, &detail), expected[i]);
        assert_string_not_equal(detail.text, "");
        assert_true(bytes_equal_text(writer_view(&out), "before"));
    }
    assert_ok(entry_encode(&good, &out, NULL));
    assert_memory_equal(out.data, "before", 6);
    writer_fini(&out);
}

static void
the_largest_entry_round_trips_and_one_byte_more_does_not(void **state)
{
    (void)state;
    static uint8_t body[HL_ENTRY_MAX_BYTES];
    struct entry entry = full_entry();
    struct writer out = {0};
    entry.body = bytes_of(body, 1000);
    assert_ok(entry_encode(&entry, &out, NULL));
    /* From 1000 to 64 KiB the length of the length grows by one. */
    size_t largest = 1000 + (HL_ENTRY_MAX_BYTES - out.size) - 1;
    entry.body = bytes_of(body, largest);
    writer_clear(&out);
    assert_ok(entry_encode(&entry, &out, NULL));
    assert_int_equal(out.size, HL_ENTRY_MAX_BYTES);
    assert_round_trip(&entry);
    entry.body = bytes_of(body, largest + 1);
    assert_err(entry_encode(&entry, &out, NULL), HL_ELIMIT);
    writer_fini(&out);
}

static void
a_field_of_a_later_version_is_reported_and_nothing_else_judged(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        uint32_t number;
        uint64_t at;
        const char *message;
    } cases[] = {
        {"0a03612f6238024801", 9, 7, "Entry"},
        /* no body_type, no origin: a later version may do without */
        {"4801", 9, 0, "Entry"},
        {"0a03612f6222022001", 4, 7, "Citation"},
        {"0a03612f622a022001", 4, 7, "Citation"},
        {"0a03612f6232022200", 4, 7, "Command"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t raw[16];
        size_t size = strlen(cases[i].hex) / 2;
        test_unhex(cases[i].hex, raw, size);
        static const struct entry nothing;
        struct entry entry = full_entry();
        struct canonical_unknown unknown = {0};
        assert_ok(entry_decode(bytes_of(raw, size), &entry, &unknown, NULL));
        assert_true(unknown.present);
        assert_int_equal(unknown.number, cases[i].number);
        assert_int_equal(unknown.offset, cases[i].at);
        assert_string_equal(unknown.message, cases[i].message);
        assert_memory_equal(&entry, &nothing, sizeof(entry));
    }
}

static void every_cut_of_an_entry_is_refused_or_lacks_its_end(void **state)
{
    (void)state;
    struct entry whole = full_entry();
    struct writer raw = {0};
    assert_ok(entry_encode(&whole, &raw, NULL));
    size_t accepted = 0;
    for (size_t size = 0; size < raw.size; size++) {
        struct entry entry;
        struct canonical_unknown unknown;
        hl_err err = entry_decode(bytes_slice(writer_view(&raw), 0, size),
                                  &entry, &unknown, NULL);
        assert_true(err == HL_OK || err == HL_EMALFORMED);
        accepted += err == HL_OK ? 1 : 0;
    }
    /* Only what ends before the body, which may be empty. */
    assert_int_equal(accepted, 1);
    writer_fini(&raw);
}

static struct bytes random_origin(struct rng *rng)
{
    static const char *const origins[] = {
        "a/b",
        "zhongyuan.example/zhengzhou",
        "x-1.y-2.z/n0",
    };
    return bytes_of_text(origins[rng_below(rng, 3)]);
}

static void random_citation(struct rng *rng, struct citation *out)
{
    out->origin = random_origin(rng);
    out->index = rng_next(rng) >> (1 + rng_below(rng, 63));
    rng_fill(rng, out->leaf.bytes, HL_HASH_BYTES);
    out->index -= out->index > ENTRY_INDEX_MAX ? 1 : 0;
}

static void random_entry(struct rng *rng, uint8_t *body, size_t body_max,
                         struct entry *out)
{
    *out = (struct entry){.origin = random_origin(rng)};
    out->index = rng_next(rng) >> (2 + rng_below(rng, 62));
    out->recorded_at.ms = (int64_t)(rng_next(rng) >> (1 + rng_below(rng, 63)));
    out->has_cause = rng_below(rng, 2) == 0;
    if (out->has_cause) {
        random_citation(rng, &out->cause);
    }
    out->seen_count = rng_below(rng, 2) * rng_below(rng, 65);
    for (size_t i = 0; i < out->seen_count; i++) {
        random_citation(rng, &out->seen[i]);
    }
    out->has_command = rng_below(rng, 2) == 0;
    if (out->has_command) {
        rng_fill(rng, &out->command, sizeof(out->command));
    }
    out->body_type = 1 + (uint32_t)rng_below(rng, UINT32_MAX);
    out->body = bytes_of(body, rng_below(rng, body_max));
    rng_fill(rng, body, out->body.size);
}

static void
what_is_encoded_is_read_back_and_is_what_protobuf_c_writes(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    uint8_t body[2000];
    struct writer raw = {0};
    struct writer again = {0};
    for (int i = 0; i < 3000; i++) {
        struct entry entry;
        random_entry(&rng, body, sizeof(body), &entry);
        assert_round_trip(&entry);
        writer_clear(&raw);
        writer_clear(&again);
        assert_ok(entry_encode(&entry, &raw, NULL));
        Heluo__V1__Entry *message =
            heluo__v1__entry__unpack(NULL, raw.size, raw.data);
        assert_non_null(message);
        size_t size = heluo__v1__entry__get_packed_size(message);
        heluo__v1__entry__pack(message, writer_extend(&again, size));
        assert_true(bytes_equal(writer_view(&raw), writer_view(&again)));
        assert_true(message->index == entry.index);
        assert_int_equal(message->n_seen, entry.seen_count);
        assert_int_equal(message->body_type, entry.body_type);
        heluo__v1__entry__free_unpacked(message, NULL);
    }
    writer_fini(&raw);
    writer_fini(&again);
}

static void what_is_read_is_what_would_be_written(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    uint8_t body[40];
    struct writer raw = {0};
    struct writer again = {0};
    size_t accepted = 0;
    for (int i = 0; i < 30000; i++) {
        struct entry entry;
        struct canonical_unknown unknown;
        random_entry(&rng, body, sizeof(body), &entry);
        entry.seen_count = entry.seen_count < 2 ? entry.seen_count : 2;
        writer_clear(&raw);
        assert_ok(entry_encode(&entry, &raw, NULL));
        raw.data[rng_below(&rng, raw.size)] = (uint8_t)rng_next(&rng);
        hl_err err = entry_decode(writer_view(&raw), &entry, &unknown, NULL);
        if (err != HL_OK || unknown.present) {
            continue;
        }
        accepted++;
        writer_clear(&again);
        assert_ok(entry_encode(&entry, &again, NULL));
        assert_true(bytes_equal(writer_view(&raw), writer_view(&again)));
    }
    assert_in_range(accepted, 1000, 29000);
    writer_fini(&raw);
    writer_fini(&again);
}

static void a_body_type_is_a_number_and_a_critical_bit(void **state)
{
    (void)state;
    assert_int_equal(entry_body_type(1, false), 2);
    assert_int_equal(entry_body_type(1, true), 3);
    assert_true(entry_body_critical(3));
    assert_false(entry_body_critical(2));
    assert_int_equal(entry_body_number(3), 1);
    assert_int_equal(entry_body_number(UINT32_MAX), INT32_MAX);
    assert_int_equal(entry_body_type(INT32_MAX, true), UINT32_MAX);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_have_these_bytes),
        cmocka_unit_test(the_least_entry_has_an_origin_and_a_body_type),
        cmocka_unit_test(an_entry_that_could_not_be_read_is_not_written),
        cmocka_unit_test(
            the_largest_entry_round_trips_and_one_byte_more_does_not),
        cmocka_unit_test(
            a_field_of_a_later_version_is_reported_and_nothing_else_judged),
        cmocka_unit_test(every_cut_of_an_entry_is_refused_or_lacks_its_end),
        cmocka_unit_test(
            what_is_encoded_is_read_back_and_is_what_protobuf_c_writes),
        cmocka_unit_test(what_is_read_is_what_would_be_written),
        cmocka_unit_test(a_body_type_is_a_number_and_a_critical_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
