/* SPDX-License-Identifier: Apache-2.0 */
#include "node/record/record.h"

#include <string.h>

#include "protocol/base/hl_assert.h"
#include "protocol/base/text.h"
#include "protocol/entry/wire.h"

static struct bytes field_bytes(const struct field *field, const void *record)
{
    HL_ASSERT(field->kind != FIELD_UINT);
    const uint8_t *place = (const uint8_t *)record + field->offset;
    return *(const struct bytes *)(const void *)place;
}

static uint64_t field_uint(const struct field *field, const void *record)
{
    HL_ASSERT(field->kind == FIELD_UINT);
    const uint8_t *place = (const uint8_t *)record + field->offset;
    return *(const uint64_t *)(const void *)place;
}

static hl_err validate_uint(const struct field *field, uint64_t value,
                            struct hl_detail *detail)
{
    if (value < field->min || value > field->max) {
        return hl_fail(
            detail, HL_EMALFORMED, "field %s: %llu is not in %llu to %llu",
            field->name, (unsigned long long)value,
            (unsigned long long)field->min, (unsigned long long)field->max);
    }
    return HL_OK;
}

void record_list_init(struct record_list *list, const struct field *field,
                      struct bytes value)
{
    HL_ASSERT(field->kind == FIELD_LIST);
    list->items = field->items;
    list->rest = value;
}

bool record_list_next(struct record_list *list, void *item)
{
    struct wire wire;
    struct wire_field field;
    wire_init(&wire, list->rest, 0);
    if (!wire_next(&wire, &field)) {
        return false;
    }
    size_t size = (size_t)wire_offset(&wire);
    list->rest = bytes_slice(list->rest, size, list->rest.size - size);
    record_decode(list->items, field.bytes, item);
    return true;
}

void record_list_add(const struct field *field, const void *item,
                     struct writer *out)
{
    struct writer bytes = {0};
    record_encode(field->items, item, &bytes);
    wire_add_message(out, field->number, bytes.size);
    writer_bytes(out, writer_view(&bytes));
    writer_fini(&bytes);
}

static hl_err validate_list(const struct field *field, struct bytes value,
                            struct hl_detail *detail)
{
    union record_room item;
    struct record_list list;
    uint64_t count = 0;
    hl_err err = HL_OK;
    record_list_init(&list, field, value);
    while (err == HL_OK && record_list_next(&list, &item)) {
        struct hl_detail why;
        why.text[0] = '\0';
        err = record_validate(field->items, &item, &why);
        count++;
        if (err != HL_OK) {
            return hl_fail(detail, err, "field %s, number %llu: %s",
                           field->name, (unsigned long long)count, why.text);
        }
    }
    if (count < field->min) {
        return hl_fail(detail, HL_EMALFORMED,
                       "field %s: %llu of them, at least %llu", field->name,
                       (unsigned long long)count,
                       (unsigned long long)field->min);
    }
    return count > field->max ? hl_fail(detail, HL_ELIMIT,
                                        "field %s: %llu of them, at most %llu",
                                        field->name, (unsigned long long)count,
                                        (unsigned long long)field->max)
                              : HL_OK;
}

static hl_err validate_size(const struct field *field, size_t size,
                            struct hl_detail *detail)
{
    if (size < field->min) {
        return hl_fail(detail, HL_EMALFORMED,
                       "field %s: %zu bytes, at least %llu", field->name, size,
                       (unsigned long long)field->min);
    }
    if (size > field->max) {
        return hl_fail(detail, HL_ELIMIT, "field %s: %zu bytes, at most %llu",
                       field->name, size, (unsigned long long)field->max);
    }
    return HL_OK;
}

static hl_err validate_bytes(const struct field *field, struct bytes value,
                             struct hl_detail *detail)
{
    hl_err err = validate_size(field, value.size, detail);
    if (err != HL_OK) {
        return err;
    }
    if (field->kind == FIELD_TEXT && !text_utf8_valid(value)) {
        return hl_fail(detail, HL_EMALFORMED, "field %s: not UTF-8",
                       field->name);
    }
    if (field->validate == NULL) {
        return HL_OK;
    }
    struct hl_detail why; /* large: not to be cleared for each field */
    why.text[0] = '\0';
    err = field->validate(value, &why);
    if (err != HL_OK) {
        return hl_fail(detail, err, "field %s: %s", field->name, why.text);
    }
    return HL_OK;
}

hl_err record_validate(const struct record_type *type, const void *record,
                       struct hl_detail *detail)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const struct field *field = &type->fields[i];
        hl_err err =
            field->kind == FIELD_UINT
                ? validate_uint(field, field_uint(field, record), detail)
            : field->kind == FIELD_LIST
                ? validate_list(field, field_bytes(field, record), detail)
                : validate_bytes(field, field_bytes(field, record), detail);
        if (err != HL_OK) {
            return err;
        }
    }
    return type->validate == NULL ? HL_OK : type->validate(record, detail);
}

static size_t texts_bytes(const struct record_type *type, const void *record)
{
    size_t size = 0;
    for (size_t i = 0; i < type->field_count; i++) {
        if (type->fields[i].kind != FIELD_UINT) {
            size += field_bytes(&type->fields[i], record).size;
        }
    }
    return size;
}

void record_normalise(const struct record_type *type, void *record,
                      struct writer *out)
{
    /* Nothing becomes longer, so that one extension holds all and the buffer
     * does not move under the texts. */
    size_t room = texts_bytes(type, record);
    uint8_t *at = writer_extend(out, room);
    for (size_t i = 0; i < type->field_count; i++) {
        const struct field *field = &type->fields[i];
        if (field->kind == FIELD_UINT) {
            continue;
        }
        struct bytes text = field_bytes(field, record);
        if (text.size == 0) {
            continue;
        }
        if (field->normalise != NULL) {
            text = field->normalise(text, at);
        } else {
            memcpy(at, text.data, text.size);
            text.data = at;
        }
        *(struct bytes *)(void *)((uint8_t *)record + field->offset) = text;
        at += text.size;
        room -= text.size;
    }
    writer_shrink(out, room);
    if (type->normalise != NULL) {
        type->normalise(record);
    }
}

void record_encode(const struct record_type *type, const void *record,
                   struct writer *out)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const struct field *field = &type->fields[i];
        if (field->kind == FIELD_UINT) {
            wire_add_uint(out, field->number, field_uint(field, record));
        } else if (field->kind == FIELD_LIST) {
            writer_bytes(out, field_bytes(field, record));
        } else {
            wire_add_bytes(out, field->number, field_bytes(field, record));
        }
    }
}

/* The value of a field; `first` is its first occurrence, and the wire goes on
 * behind it. *more: there is another field, now in `first`. The items of a list
 * stand behind one another, as fields ascend. */
static void take_field(const struct field *field, struct bytes raw,
                       struct wire *wire, struct wire_field *first, bool *more,
                       void *place)
{
    size_t from = (size_t)first->offset, to;
    uint64_t value = first->value;
    struct bytes bytes = first->bytes;
    do {
        to = (size_t)wire_offset(wire);
        *more = wire_next(wire, first);
    } while (*more && first->number == field->number);
    if (field->kind == FIELD_UINT) {
        *(uint64_t *)place = value;
    } else {
        *(struct bytes *)place = field->kind == FIELD_LIST
                                     ? bytes_slice(raw, from, to - from)
                                     : bytes;
    }
}

/* The first `count` fields. */
static void decode(const struct record_type *type, size_t count,
                   struct bytes raw, void *record)
{
    struct wire wire;
    struct wire_field next;
    wire_init(&wire, raw, 0);
    bool more = wire_next(&wire, &next);
    for (size_t i = 0; i < count; i++) {
        const struct field *field = &type->fields[i];
        void *place = (uint8_t *)record + field->offset;
        while (more && next.number < field->number) { /* a later program's */
            more = wire_next(&wire, &next);
        }
        if (more && next.number == field->number) {
            take_field(field, raw, &wire, &next, &more, place);
        } else if (field->kind == FIELD_UINT) {
            *(uint64_t *)place = 0;
        } else {
            *(struct bytes *)place = (struct bytes){0};
        }
    }
}

void record_decode(const struct record_type *type, struct bytes raw,
                   void *record)
{
    decode(type, type->field_count, raw, record);
}

void record_decode_key(const struct record_type *type, struct bytes raw,
                       void *record)
{
    size_t count = 0;
    while (count < type->field_count && type->fields[count].key) {
        count++;
    }
    decode(type, count, raw, record);
}

/* 00 becomes 00 FF and the end 00 00: the end comes before every byte that
 * could follow, so a shorter text comes first, and nothing follows an end. */
static void key_bytes(struct bytes value, struct writer *out)
{
    for (size_t i = 0; i < value.size; i++) {
        writer_u8(out, value.data[i]);
        if (value.data[i] == 0) {
            writer_u8(out, 0xff);
        }
    }
    writer_u16(out, 0);
}

void record_key(const struct record_type *type, const void *record,
                struct writer *out)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const struct field *field = &type->fields[i];
        if (!field->key) {
            break;
        }
        if (field->kind == FIELD_UINT) {
            writer_u64(out, field_uint(field, record));
        } else {
            key_bytes(field_bytes(field, record), out);
        }
    }
}

void record_copy_key(const struct record_type *from_type, const void *from,
                     const struct record_type *to_type, void *to)
{
    for (size_t i = 0; i < from_type->field_count; i++) {
        const struct field *field = &from_type->fields[i];
        if (!field->key) {
            break;
        }
        const struct field *other = &to_type->fields[i];
        HL_ASSERT(other->key && other->kind == field->kind);
        memcpy((uint8_t *)to + other->offset,
               (const uint8_t *)from + field->offset,
               field->kind == FIELD_UINT ? sizeof(uint64_t)
                                         : sizeof(struct bytes));
    }
}

bool record_field_differs(const struct field *field, const void *a,
                          const void *b)
{
    return field->kind == FIELD_UINT
               ? field_uint(field, a) != field_uint(field, b)
               : !bytes_equal(field_bytes(field, a), field_bytes(field, b));
}

const char *record_difference(const struct record_type *type, const void *a,
                              const void *b)
{
    for (size_t i = 0; i < type->field_count; i++) {
        if (record_field_differs(&type->fields[i], a, b)) {
            return type->fields[i].name;
        }
    }
    return NULL;
}

/* Quoted so that one record stays one line, whatever a text holds. */
static void dump_text(struct bytes value, struct writer *out)
{
    writer_u8(out, '"');
    for (size_t i = 0; i < value.size; i++) {
        uint8_t byte = value.data[i];
        if (byte < 0x20 || byte == 0x7f || byte == '"' || byte == '\\') {
            writer_format(out, "\\x%02x", byte);
        } else {
            writer_u8(out, byte);
        }
    }
    writer_u8(out, '"');
}

static void dump_list(const struct field *field, struct bytes value,
                      struct writer *out)
{
    union record_room item;
    struct record_list list;
    const char *before = "[";
    record_list_init(&list, field, value);
    while (record_list_next(&list, &item)) {
        writer_text(out, before);
        record_dump(field->items, &item, out);
        before = "; ";
    }
    writer_text(out, value.size == 0 ? "[]" : "]");
}

void record_dump(const struct record_type *type, const void *record,
                 struct writer *out)
{
    for (size_t i = 0; i < type->field_count; i++) {
        const struct field *field = &type->fields[i];
        writer_text(out, i == 0 ? "" : " ");
        writer_text(out, field->name);
        writer_text(out, "=");
        switch (field->kind) {
        case FIELD_TEXT:
            dump_text(field_bytes(field, record), out);
            break;
        case FIELD_BYTES:
            writer_hex(out, field_bytes(field, record));
            break;
        case FIELD_UINT:
            writer_format(out, "%llu",
                          (unsigned long long)field_uint(field, record));
            break;
        case FIELD_LIST:
            dump_list(field, field_bytes(field, record), out);
            break;
        }
    }
}

/* --- Messages ----------------------------------------------------------- */

static const ProtobufCFieldDescriptor *
schema_field(const struct record_type *type, uint32_t number)
{
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(type->schema, number);
    HL_ASSERT(field != NULL && field->label == PROTOBUF_C_LABEL_NONE);
    return field;
}

void record_from_message(const struct record_type *type,
                         const ProtobufCMessage *message, void *record)
{
    HL_ASSERT(message->descriptor == type->schema);
    for (size_t i = 0; i < type->field_count; i++) {
        const struct field *field = &type->fields[i];
        const ProtobufCFieldDescriptor *schema =
            schema_field(type, field->number);
        const void *from = (const uint8_t *)message + schema->offset;
        void *to = (uint8_t *)record + field->offset;
        switch (schema->type) {
        case PROTOBUF_C_TYPE_STRING:
            *(struct bytes *)to = bytes_of_text(*(char *const *)from);
            break;
        case PROTOBUF_C_TYPE_UINT64:
            *(uint64_t *)to = *(const uint64_t *)from;
            break;
        case PROTOBUF_C_TYPE_BOOL:
            *(uint64_t *)to = *(const protobuf_c_boolean *)from != 0;
            break;
        case PROTOBUF_C_TYPE_UINT32:
        case PROTOBUF_C_TYPE_ENUM: /* a negative one is out of every bound */
            *(uint64_t *)to = *(const uint32_t *)from;
            break;
        default:
            HL_ASSERT(false); /* a type that records do not use */
        }
    }
}

ProtobufCMessage *
record_to_message(const struct record_type *type, const void *record,
                  void *(*allocate)(void *context, size_t size), void *context)
{
    ProtobufCMessage *message = allocate(context, type->schema->sizeof_message);
    type->schema->message_init(message);
    for (size_t i = 0; i < type->field_count; i++) {
        const struct field *field = &type->fields[i];
        const ProtobufCFieldDescriptor *schema =
            schema_field(type, field->number);
        void *to = (uint8_t *)message + schema->offset;
        if (schema->type == PROTOBUF_C_TYPE_STRING) {
            struct bytes text = field_bytes(field, record);
            char *copy = allocate(context, text.size + 1);
            if (text.size > 0) {
                memcpy(copy, text.data, text.size);
            }
            *(char **)to = copy;
        } else if (schema->type == PROTOBUF_C_TYPE_BYTES) {
            struct bytes bytes = field_bytes(field, record);
            uint8_t *copy = allocate(context, bytes.size + 1);
            if (bytes.size > 0) {
                memcpy(copy, bytes.data, bytes.size);
            }
            *(ProtobufCBinaryData *)to =
                (ProtobufCBinaryData){.len = bytes.size, .data = copy};
        } else if (schema->type == PROTOBUF_C_TYPE_UINT64) {
            *(uint64_t *)to = field_uint(field, record);
        } else if (schema->type == PROTOBUF_C_TYPE_BOOL) {
            *(protobuf_c_boolean *)to = field_uint(field, record) != 0;
        } else {
            *(uint32_t *)to = (uint32_t)field_uint(field, record);
        }
    }
    return message;
}
