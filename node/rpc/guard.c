/* SPDX-License-Identifier: Apache-2.0 */
#include "node/rpc/guard.h"

#include <string.h>

#include "protocol/base/hl_limits.h"
#include "protocol/base/reader.h"
#include "protocol/base/text.h"
#include "protocol/entry/wire.h"

enum {
    /* What an allocation takes beside what was asked for, and what protobuf-c
     * notes of each field while it unpacks. */
    ALLOCATION_BYTES = 32,
    NOTE_BYTES = 48,
};

struct walk {
    struct reader reader;
    uint64_t base; /* of the reader's input in the whole message */
};

struct guard {
    struct hl_detail *detail;
    uint64_t memory, memory_max;
};

struct field {
    uint32_t number;
    uint32_t type;
    uint64_t offset;
    struct bytes bytes; /* of WIRE_LENGTH */
    uint64_t content;
};

static hl_err check_message(struct guard *guard, struct bytes raw,
                            uint64_t base, unsigned depth,
                            const ProtobufCMessageDescriptor *schema);

/* Of 1 to 10 bytes, padded or not; what is above 64 bits is dropped, as
 * everywhere. */
static uint64_t read_varint(struct reader *reader)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        uint8_t byte = reader_u8(reader);
        value |= (uint64_t)(byte & 0x7fu) << shift;
        if ((byte & 0x80u) == 0) {
            return value;
        }
    }
    reader_fail(reader);
    return 0;
}

static void read_bytes(struct walk *walk, struct field *field)
{
    uint64_t size = read_varint(&walk->reader);
    if (size > reader_left(&walk->reader)) {
        reader_fail(&walk->reader);
    }
    field->content = walk->base + walk->reader.offset;
    field->bytes = reader_bytes(&walk->reader, (size_t)size);
}

static hl_err read_value(struct guard *guard, struct walk *walk,
                         struct field *field)
{
    switch (field->type) {
    case WIRE_VARINT:
        read_varint(&walk->reader);
        break;
    case WIRE_FIXED64:
        reader_bytes(&walk->reader, 8);
        break;
    case WIRE_LENGTH:
        read_bytes(walk, field);
        break;
    case WIRE_FIXED32:
        reader_bytes(&walk->reader, 4);
        break;
    default:
        return hl_fail_at(guard->detail, field->offset, HL_EMALFORMED,
                          "field %u is a group or of no known wire type",
                          field->number);
    }
    return walk->reader.failed
               ? hl_fail_at(guard->detail, field->offset, HL_EMALFORMED,
                            "field %u is cut short", field->number)
               : HL_OK;
}

static hl_err read_field(struct guard *guard, struct walk *walk,
                         struct field *field)
{
    *field = (struct field){.offset = walk->base + walk->reader.offset};
    uint64_t tag = read_varint(&walk->reader);
    if (walk->reader.failed || tag > UINT32_MAX || tag >> 3 == 0) {
        return hl_fail_at(guard->detail, field->offset, HL_EMALFORMED,
                          "no field begins here");
    }
    field->number = (uint32_t)(tag >> 3);
    field->type = (uint32_t)(tag & 7u);
    return read_value(guard, walk, field);
}

/* --- What the schema says. ----------------------------------------------- */

static enum wire_type wire_of(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return WIRE_FIXED32;
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return WIRE_FIXED64;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return WIRE_LENGTH;
    default:
        return WIRE_VARINT;
    }
}

static hl_err spend(struct guard *guard, const struct field *field,
                    uint64_t bytes)
{
    guard->memory += bytes;
    return guard->memory <= guard->memory_max
               ? HL_OK
               : hl_fail_at(guard->detail, field->offset, HL_ELIMIT,
                            "the message has too many fields for its size");
}

/* The largest element of a packed field has 8 bytes in memory, the smallest 1
 * on the wire: the factor covers it. */
static bool is_packed(const ProtobufCFieldDescriptor *known,
                      const struct field *field)
{
    return known->label == PROTOBUF_C_LABEL_REPEATED &&
           field->type == WIRE_LENGTH && wire_of(known->type) != WIRE_LENGTH;
}

static hl_err check_text(struct guard *guard, const struct field *field,
                         const ProtobufCFieldDescriptor *known)
{
    bool nul = field->bytes.size > 0 &&
               memchr(field->bytes.data, 0, field->bytes.size) != NULL;
    return !nul && text_utf8_valid(field->bytes)
               ? HL_OK
               : hl_fail_at(guard->detail, field->content, HL_EMALFORMED,
                            "field %s %s", known->name,
                            nul ? "has U+0000 in it" : "is not UTF-8");
}

static hl_err check_known(struct guard *guard, const struct field *field,
                          unsigned depth, const ProtobufCFieldDescriptor *known)
{
    uint64_t size = field->bytes.size;
    if (is_packed(known, field)) {
        return spend(guard, field, size * sizeof(uint64_t) + NOTE_BYTES);
    }
    if (field->type != (uint32_t)wire_of(known->type)) {
        return hl_fail_at(guard->detail, field->offset, HL_EMALFORMED,
                          "field %s is of another wire type", known->name);
    }
    if (known->type == PROTOBUF_C_TYPE_MESSAGE) {
        const ProtobufCMessageDescriptor *inner = known->descriptor;
        hl_err err =
            spend(guard, field,
                  inner->sizeof_message + ALLOCATION_BYTES + NOTE_BYTES);
        return err != HL_OK ? err
                            : check_message(guard, field->bytes, field->content,
                                            depth + 1, inner);
    }
    if (known->type == PROTOBUF_C_TYPE_STRING) {
        hl_err err = check_text(guard, field, known);
        if (err != HL_OK) {
            return err;
        }
    }
    return spend(guard, field,
                 NOTE_BYTES + (field->type == WIRE_LENGTH
                                   ? size + ALLOCATION_BYTES
                                   : sizeof(uint64_t)));
}

static hl_err check_message(struct guard *guard, struct bytes raw,
                            uint64_t base, unsigned depth,
                            const ProtobufCMessageDescriptor *schema)
{
    struct walk walk = {.base = base};
    struct field field = {.offset = base};
    hl_err err = HL_OK;
    if (depth > HL_MESSAGE_DEPTH_MAX) {
        return hl_fail_at(guard->detail, base, HL_ELIMIT,
                          "messages stand within messages more than %d deep",
                          HL_MESSAGE_DEPTH_MAX);
    }
    reader_init(&walk.reader, raw);
    while (err == HL_OK && reader_left(&walk.reader) > 0) {
        err = read_field(guard, &walk, &field);
        if (err != HL_OK) {
            break;
        }
        const ProtobufCFieldDescriptor *known =
            protobuf_c_message_descriptor_get_field(schema, field.number);
        err = known != NULL
                  ? check_known(guard, &field, depth, known)
                  : spend(guard, &field,
                          field.bytes.size + ALLOCATION_BYTES + NOTE_BYTES +
                              sizeof(ProtobufCMessageUnknownField));
    }
    return err;
}

enum {
    MEMORY_FACTOR = 16,
    MEMORY_FREE_BYTES = 64 * 1024,
    SHORT_FACTOR = 48,
    SHORT_BYTES = 512 * 1024,
};

uint64_t guard_memory_max(size_t size)
{
    uint64_t first = size < SHORT_BYTES ? size : SHORT_BYTES;
    return first * SHORT_FACTOR + (size - first) * MEMORY_FACTOR +
           MEMORY_FREE_BYTES;
}

hl_err guard_check(struct bytes raw, const ProtobufCMessageDescriptor *schema,
                   struct hl_detail *detail)
{
    struct guard guard = {
        .detail = detail,
        .memory_max = guard_memory_max(raw.size),
    };
    return check_message(&guard, raw, 0, 1, schema);
}
