/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/entry/canonical.h"

#include <string.h>

#include "canonical_test.pb-c.h"
#include "protocol/base/alloc.h"
#include "tests/support/support.h"

/* The check beside protobuf-c, over messages made at random from their schema:
 * what protobuf-c writes passes, and what passes protobuf-c writes again. */

enum { REPEAT_MAX = 4, BLOB_MAX_BYTES = 140, MESSAGES = 1500, MUTATIONS = 60 };

static ProtobufCMessage *
random_message(struct rng *rng, const ProtobufCMessageDescriptor *schema);

static void *member(ProtobufCMessage *message, unsigned offset)
{
    return (char *)message + offset;
}

/* Small and large, and often a bound. */
static uint64_t random_number(struct rng *rng)
{
    static const uint64_t bounds[] = {
        0, 1, 127, 128, INT32_MAX, UINT32_MAX, INT64_MAX, UINT64_MAX,
    };
    if (rng_below(rng, 3) == 0) {
        return bounds[rng_below(rng, sizeof(bounds) / sizeof(bounds[0]))];
    }
    return rng_next(rng) >> rng_below(rng, 64);
}

/* A whole number, so that there is no NaN and no negative zero. */
static double random_real(struct rng *rng)
{
    return (double)rng_below(rng, 2001) - 1000.0;
}

static char *random_text(struct rng *rng)
{
    static const char *const texts[] = {
        "", "a", "共享", "河南省/洛阳市", "x-ray \xf0\x9f\x94\xac",
    };
    const char *text = texts[rng_below(rng, sizeof(texts) / sizeof(texts[0]))];
    return hl_copy(text, strlen(text));
}

static ProtobufCBinaryData random_data(struct rng *rng)
{
    ProtobufCBinaryData data = {.len = rng_below(rng, BLOB_MAX_BYTES)};
    data.data = hl_alloc(data.len, 1);
    rng_fill(rng, data.data, data.len);
    return data;
}

static void store32(void *out, uint64_t value)
{
    uint32_t narrow = (uint32_t)value;
    memcpy(out, &narrow, sizeof(narrow));
}

static void store64(void *out, uint64_t value)
{
    memcpy(out, &value, sizeof(value));
}

static void store_random(struct rng *rng, const ProtobufCFieldDescriptor *field,
                         void *out)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_BOOL:
        store32(out, rng_below(rng, 2));
        return;
    case PROTOBUF_C_TYPE_FLOAT:
        *(float *)out = (float)random_real(rng);
        return;
    case PROTOBUF_C_TYPE_DOUBLE:
        *(double *)out = random_real(rng);
        return;
    case PROTOBUF_C_TYPE_STRING:
        *(char **)out = random_text(rng);
        return;
    case PROTOBUF_C_TYPE_BYTES:
        *(ProtobufCBinaryData *)out = random_data(rng);
        return;
    case PROTOBUF_C_TYPE_MESSAGE:
        *(ProtobufCMessage **)out = random_message(rng, field->descriptor);
        return;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
        store64(out, random_number(rng));
        return;
    default:
        store32(out, random_number(rng));
    }
}

static size_t size_of(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    default:
        return 4;
    }
}

static void fill_repeated(struct rng *rng, ProtobufCMessage *message,
                          const ProtobufCFieldDescriptor *field)
{
    size_t count = 1 + rng_below(rng, REPEAT_MAX);
    size_t size = size_of(field->type);
    char *items = hl_alloc(count, size);
    for (size_t i = 0; i < count; i++) {
        store_random(rng, field, items + i * size);
    }
    *(void **)member(message, field->offset) = items;
    *(size_t *)member(message, field->quantifier_offset) = count;
}

static void fill(struct rng *rng, ProtobufCMessage *message,
                 const ProtobufCFieldDescriptor *field)
{
    if (rng_below(rng, 4) != 0) {
        return;
    }
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        fill_repeated(rng, message, field);
        return;
    }
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
        uint32_t *member_id = member(message, field->quantifier_offset);
        if (*member_id != 0) {
            return;
        }
        *member_id = field->id;
    }
    store_random(rng, field, member(message, field->offset));
}

static ProtobufCMessage *
random_message(struct rng *rng, const ProtobufCMessageDescriptor *schema)
{
    ProtobufCMessage *message = hl_alloc(1, schema->sizeof_message);
    protobuf_c_message_init(schema, message);
    for (unsigned i = 0; i < schema->n_fields; i++) {
        fill(rng, message, &schema->fields[i]);
    }
    return message;
}

static void pack(const ProtobufCMessage *message, struct writer *out)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    size_t written = protobuf_c_message_pack(message, writer_extend(out, size));
    assert_int_equal(written, size);
}

static void pack_random(struct rng *rng, struct writer *out)
{
    ProtobufCMessage *message =
        random_message(rng, &heluo__test__all__descriptor);
    pack(message, out);
    protobuf_c_message_free_unpacked(message, NULL);
}

static void what_protobuf_c_packs_is_canonical(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct writer raw = {0};
    for (int i = 0; i < MESSAGES; i++) {
        struct canonical_unknown unknown;
        struct hl_detail detail = {0};
        writer_clear(&raw);
        pack_random(&rng, &raw);
        hl_err err =
            canonical_check(writer_view(&raw), &heluo__test__all__descriptor,
                            &unknown, &detail);
        assert_string_equal(detail.text, "");
        assert_ok(err);
        assert_false(unknown.present);
    }
    writer_fini(&raw);
}

/* Changes, drops, doubles or inserts a few bytes at one place. */
static void mutate(struct rng *rng, struct bytes raw, struct writer *out)
{
    size_t at = rng_below(rng, raw.size + 1);
    size_t run = rng_below(rng, 4);
    size_t rest = raw.size - at;
    run = run < rest ? run : rest;
    uint8_t noise[4];
    rng_fill(rng, noise, sizeof(noise));
    writer_bytes(out, bytes_slice(raw, 0, at));
    switch (rng_below(rng, 4)) {
    case 0: /* drops */
        break;
    case 1: /* doubles */
        writer_bytes(out, bytes_slice(raw, at, run));
        writer_bytes(out, bytes_slice(raw, at, run));
        break;
    case 2: /* inserts */
        writer_bytes(out, bytes_of(noise, 1 + rng_below(rng, 4)));
        writer_bytes(out, bytes_slice(raw, at, run));
        break;
    default: /* changes, by little more often than by much */
        noise[0] = run == 0 ? 0 : (uint8_t)(raw.data[at] + 1);
        writer_bytes(out, bytes_of(noise, run));
    }
    writer_bytes(out, bytes_slice(raw, at + run, rest - run));
}

/* Whether the bytes passed; if so they are what protobuf-c makes of them. */
static bool passes_and_repacks(struct bytes raw)
{
    struct canonical_unknown unknown;
    hl_err err =
        canonical_check(raw, &heluo__test__all__descriptor, &unknown, NULL);
    if (err != HL_OK || unknown.present) {
        return false;
    }
    ProtobufCMessage *message = protobuf_c_message_unpack(
        &heluo__test__all__descriptor, NULL, raw.size, raw.data);
    assert_non_null(message);
    struct writer again = {0};
    pack(message, &again);
    assert_true(bytes_equal(writer_view(&again), raw));
    writer_fini(&again);
    protobuf_c_message_free_unpacked(message, NULL);
    return true;
}

static void what_passes_is_what_protobuf_c_packs_again(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct writer raw = {0};
    struct writer mutated = {0};
    size_t passed = 0;
    for (int i = 0; i < MESSAGES; i++) {
        writer_clear(&raw);
        pack_random(&rng, &raw);
        assert_true(passes_and_repacks(writer_view(&raw)));
        for (int j = 0; j < MUTATIONS; j++) {
            writer_clear(&mutated);
            mutate(&rng, writer_view(&raw), &mutated);
            struct bytes view = writer_view(&mutated);
            bool same = bytes_equal(view, writer_view(&raw));
            passed += passes_and_repacks(view) && !same ? 1 : 0;
        }
    }
    print_message("%zu of %d mutated messages were canonical\n", passed,
                  MESSAGES * MUTATIONS);
    assert_in_range(passed, MESSAGES, MESSAGES * MUTATIONS - MESSAGES);
    writer_fini(&raw);
    writer_fini(&mutated);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_protobuf_c_packs_is_canonical),
        cmocka_unit_test(what_passes_is_what_protobuf_c_packs_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
