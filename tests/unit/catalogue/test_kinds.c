/* SPDX-License-Identifier: Apache-2.0 */

/* What holds of every kind of record, by its tables. */

#include "node/catalogue/kinds.h"

#include <stdlib.h>
#include <string.h>

#include "node/catalogue/attribute.h"
#include "protocol/base/alloc.h"
#include "protocol/entry/canonical.h"
#include "tests/support/support.h"

enum { ROOM_BYTES = 65536, LONGEST = 40 };

/* Letters and now and then a Chinese character: no rule is kept but bounds. */
static void fill(const struct record_type *type, struct rng *rng, uint8_t *room,
                 void *record)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const struct field *field = &type->fields[i];
        void *place = (uint8_t *)record + field->offset;
        if (field->kind == FIELD_UINT) {
            *(uint64_t *)place =
                field->min + rng_below(rng, field->max - field->min + 1);
            continue;
        }
        size_t size = 0;
        size_t wanted =
            rng_below(rng, (field->max < LONGEST ? field->max : LONGEST) + 1);
        while (size < wanted) {
            if (wanted - size >= 3 && rng_below(rng, 4) == 0) {
                memcpy(room + size, "仪", 3);
                size += 3;
            } else {
                room[size++] = (uint8_t)('a' + rng_below(rng, 26));
            }
        }
        *(struct bytes *)place = bytes_of(room, size);
        room += size;
    }
}

static void *allocate(void *context, size_t size)
{
    (void)context;
    return hl_alloc(1, size);
}

static void records_come_back_from_bytes_and_messages(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    uint8_t *room = hl_alloc(1, ROOM_BYTES);
    for (size_t k = 0; k < RECORD_KINDS; k++) {
        const struct record_type *type = record_kinds[k].type;
        assert_true(type->size <= RECORD_MAX_BYTES);
        for (int round = 0; round < 100; round++) {
            union record_room record = {0}, read = {0};
            struct writer raw = {0};
            struct canonical_unknown unknown;
            fill(type, &rng, room, &record);
            record_encode(type, &record, &raw);
            assert_ok(canonical_check(writer_view(&raw), type->schema, &unknown,
                                      NULL));
            assert_false(unknown.present);
            record_decode(type, writer_view(&raw), &read);
            assert_null(record_difference(type, &record, &read));
            ProtobufCMessage *message =
                record_to_message(type, &record, allocate, NULL);
            memset(&read, 0, sizeof(read));
            record_from_message(type, message, &read);
            assert_null(record_difference(type, &record, &read));
            protobuf_c_message_free_unpacked(message, NULL);
            writer_fini(&raw);
        }
    }
    hl_free(room);
}

/* Every field of the schema is in the table, and every one of the table has an
 * attribute under two names of its own. */
static void no_field_is_forgotten(void **state)
{
    (void)state;
    for (size_t k = 0; k < RECORD_KINDS; k++) {
        const struct record_kind *kind = &record_kinds[k];
        size_t count;
        const struct attribute *attributes = attributes_of(kind, &count);
        assert_int_equal(kind->type->field_count, kind->type->schema->n_fields);
        assert_int_equal(kind->retiring->field_count,
                         kind->retiring->schema->n_fields);
        assert_int_equal(count, kind->type->field_count);
        for (size_t i = 0; i < count; i++) {
            const struct field *field = &kind->type->fields[i];
            const ProtobufCFieldDescriptor *schema =
                protobuf_c_message_descriptor_get_field(kind->type->schema,
                                                        field->number);
            assert_string_equal(schema->name, field->name);
            assert_int_equal(attributes[i].field, field->number);
            assert_int_equal(strncmp(field->name, attributes[i].name,
                                     strlen(attributes[i].name)),
                             0);
            assert_ptr_equal(
                attribute_find(kind, bytes_of_text(attributes[i].name)),
                &attributes[i]);
            assert_ptr_equal(
                attribute_find(kind, bytes_of_text(attributes[i].name_zh)),
                &attributes[i]);
        }
    }
}

/* Words too: each number of an enumeration has one. */
static void what_is_written_of_an_attribute_is_read_back(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    uint8_t *room = hl_alloc(1, ROOM_BYTES);
    for (size_t k = 0; k < RECORD_KINDS; k++) {
        const struct record_kind *kind = &record_kinds[k];
        size_t count;
        const struct attribute *attributes = attributes_of(kind, &count);
        for (int round = 0; round < 200; round++) {
            union record_room record = {0}, read = {0};
            struct writer texts[64] = {0};
            fill(kind->type, &rng, room, &record);
            if (strcmp(kind->word, "instrument") == 0) {
                /* There is no carrier of number 5. */
                const struct field *carrier = attribute_field(
                    kind, attribute_find(kind, bytes_of_text("carrier_type")));
                uint64_t *place = (void *)(record.bytes + carrier->offset);
                *place = *place == 5 ? 6 : *place;
            }
            for (size_t i = 0; i < count; i++) {
                struct hl_detail detail = {0};
                attribute_format(kind, &attributes[i], &record, &texts[i]);
                hl_err err =
                    attribute_parse(kind, &attributes[i],
                                    writer_view(&texts[i]), &read, &detail);
                if (err != HL_OK) {
                    fail_msg("%s: %s", attributes[i].name, detail.text);
                }
            }
            assert_null(record_difference(kind->type, &record, &read));
            for (size_t i = 0; i < count; i++) {
                writer_fini(&texts[i]);
            }
        }
    }
    hl_free(room);
}

static void form_is_brought_once_and_stands(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    uint8_t *room = hl_alloc(1, ROOM_BYTES);
    for (size_t k = 0; k < RECORD_KINDS; k++) {
        const struct record_type *type = record_kinds[k].type;
        for (int round = 0; round < 100; round++) {
            union record_room record = {0};
            struct writer first = {0}, second = {0};
            fill(type, &rng, room, &record);
            record_normalise(type, &record, &first);
            union record_room once = record;
            record_normalise(type, &record, &second);
            assert_null(record_difference(type, &once, &record));
            writer_fini(&first);
            writer_fini(&second);
        }
    }
    hl_free(room);
}

static void kinds_are_found_by_number_word_and_body(void **state)
{
    (void)state;
    for (size_t k = 0; k < RECORD_KINDS; k++) {
        const struct record_kind *kind = &record_kinds[k];
        bool retire = true;
        assert_ptr_equal(record_kind_of_number(kind->number), kind);
        assert_ptr_equal(record_kind_of_word(kind->word), kind);
        assert_ptr_equal(record_kind_of_body(kind->body_put, &retire), kind);
        assert_false(retire);
        assert_ptr_equal(record_kind_of_body(kind->body_retire, &retire), kind);
        assert_true(retire);
        for (size_t i = 0; kind->type->fields[i].key; i++) {
            assert_true(kind->retiring->fields[i].key);
        }
    }
    bool retire;
    assert_null(record_kind_of_number(0));
    assert_null(record_kind_of_word("castle"));
    assert_null(record_kind_of_body(3, &retire));
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_back_from_bytes_and_messages),
        cmocka_unit_test(no_field_is_forgotten),
        cmocka_unit_test(what_is_written_of_an_attribute_is_read_back),
        cmocka_unit_test(form_is_brought_once_and_stands),
        cmocka_unit_test(kinds_are_found_by_number_word_and_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
