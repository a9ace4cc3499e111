/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/entry/wire.h"

#include "protocol/base/hl_assert.h"

enum { VARINT_MAX_BYTES = 10, NUMBER_MAX = 536870911 };

void wire_init(struct wire *wire, struct bytes raw, uint64_t base)
{
    reader_init(&wire->reader, raw);
    wire->base = base;
}

bool wire_at_end(const struct wire *wire)
{
    return wire->reader.offset == wire->reader.input.size;
}

uint64_t wire_offset(const struct wire *wire)
{
    return wire->base + wire->reader.offset;
}

/* The reader says only that a varint is wrong. Which error it is decides
 * whether another protobuf parser would have read it. */
static hl_err varint_fault(struct bytes raw, const char **reason)
{
    struct reader reader;
    reader_init(&reader, raw);
    for (size_t i = 1; i <= VARINT_MAX_BYTES; i++) {
        uint8_t byte = reader_u8(&reader);
        if (reader.failed) {
            *reason = "is cut short";
            return HL_EMALFORMED;
        }
        if ((byte & 0x80u) == 0 && (i < VARINT_MAX_BYTES || byte <= 1)) {
            *reason = "has a varint that is not in its shortest form";
            return HL_ENONCANONICAL;
        }
    }
    *reason = "has a varint of more than 64 bits";
    return HL_EMALFORMED;
}

static hl_err read_varint(struct wire *wire, uint64_t *value,
                          const char **reason)
{
    size_t start = wire->reader.offset;
    uint64_t read = reader_varint(&wire->reader);
    if (wire->reader.failed) {
        struct bytes input = wire->reader.input;
        return varint_fault(bytes_slice(input, start, input.size - start),
                            reason);
    }
    *value = read;
    return HL_OK;
}

static hl_err read_fixed(struct wire *wire, size_t size, uint64_t *value,
                         const char **reason)
{
    struct bytes raw = reader_bytes(&wire->reader, size);
    if (wire->reader.failed) {
        *reason = "is cut short";
        return HL_EMALFORMED;
    }
    uint64_t read = 0;
    for (size_t i = 0; i < size; i++) {
        read |= (uint64_t)raw.data[i] << (8 * i);
    }
    *value = read;
    return HL_OK;
}

static hl_err read_length(struct wire *wire, struct wire_field *field,
                          const char **reason)
{
    uint64_t size = 0;
    hl_err err = read_varint(wire, &size, reason);
    if (err != HL_OK) {
        return err;
    }
    if (size > reader_left(&wire->reader)) {
        *reason = "is cut short";
        return HL_EMALFORMED;
    }
    field->content = wire_offset(wire);
    field->bytes = reader_bytes(&wire->reader, (size_t)size);
    return HL_OK;
}

hl_err wire_tag(struct wire *wire, struct wire_field *field,
                const char **reason)
{
    *field = (struct wire_field){.offset = wire_offset(wire)};
    uint64_t tag = 0;
    hl_err err = read_varint(wire, &tag, reason);
    if (err != HL_OK) {
        return err;
    }
    if (tag > UINT32_MAX || tag >> 3 == 0) {
        *reason = "has a field number outside 1 to 2^29 - 1";
        return HL_EMALFORMED;
    }
    field->number = (uint32_t)(tag >> 3);
    field->type = (enum wire_type)(tag & 7u);
    return HL_OK;
}

hl_err wire_scalar(struct wire *wire, enum wire_type type, uint64_t *value,
                   const char **reason)
{
    HL_ASSERT(type != WIRE_LENGTH);
    switch (type) {
    case WIRE_VARINT:
        return read_varint(wire, value, reason);
    case WIRE_FIXED64:
        return read_fixed(wire, 8, value, reason);
    case WIRE_FIXED32:
        return read_fixed(wire, 4, value, reason);
    case WIRE_LENGTH:
        break;
    }
    *reason = "is a group or of no known wire type";
    return HL_EMALFORMED;
}

hl_err wire_value(struct wire *wire, struct wire_field *field,
                  const char **reason)
{
    if (field->type == WIRE_LENGTH) {
        return read_length(wire, field, reason);
    }
    field->content = wire_offset(wire);
    return wire_scalar(wire, field->type, &field->value, reason);
}

bool wire_next(struct wire *wire, struct wire_field *field)
{
    if (wire_at_end(wire)) {
        return false;
    }
    const char *reason = NULL;
    hl_err err = wire_tag(wire, field, &reason);
    HL_ASSERT(err == HL_OK);
    err = wire_value(wire, field, &reason);
    HL_ASSERT(err == HL_OK);
    return true;
}

void wire_collect(struct bytes raw, uint64_t base, struct wire_field *fields,
                  size_t count)
{
    for (size_t i = 0; i < count; i++) {
        fields[i] = (struct wire_field){.offset = base};
    }
    struct wire wire;
    struct wire_field field;
    wire_init(&wire, raw, base);
    while (wire_next(&wire, &field)) {
        if (field.number < count) {
            fields[field.number] = field;
        }
    }
}

size_t wire_varint_size(uint64_t value)
{
    size_t size = 1;
    while (value >= 0x80u) {
        value >>= 7;
        size++;
    }
    return size;
}

size_t wire_uint_size(uint64_t value)
{
    return value == 0 ? 0 : 1 + wire_varint_size(value);
}

size_t wire_bytes_size(size_t size)
{
    return size == 0 ? 0 : 1 + wire_varint_size(size) + size;
}

static void add_varint(struct writer *out, uint64_t value)
{
    while (value >= 0x80u) {
        writer_u8(out, (uint8_t)(value | 0x80u));
        value >>= 7;
    }
    writer_u8(out, (uint8_t)value);
}

static void add_tag(struct writer *out, uint32_t number, enum wire_type type)
{
    HL_ASSERT(number >= 1);
    HL_ASSERT(number <= NUMBER_MAX);
    add_varint(out, (uint64_t)number << 3 | type);
}

void wire_add_uint(struct writer *out, uint32_t number, uint64_t value)
{
    if (value != 0) {
        add_tag(out, number, WIRE_VARINT);
        add_varint(out, value);
    }
}

void wire_add_bytes(struct writer *out, uint32_t number, struct bytes value)
{
    if (value.size > 0) {
        wire_add_message(out, number, value.size);
        writer_bytes(out, value);
    }
}

void wire_add_message(struct writer *out, uint32_t number, size_t size)
{
    add_tag(out, number, WIRE_LENGTH);
    add_varint(out, size);
}
