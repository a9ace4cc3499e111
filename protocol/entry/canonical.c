/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/entry/canonical.h"

#include <string.h>

#include "protocol/base/hl_assert.h"
#include "protocol/base/text.h"
#include "protocol/entry/wire.h"

enum { ONEOFS_MAX = 8 };

/* What one call shares over all its levels. */
struct check {
    struct canonical_unknown unknown;
    struct hl_detail *detail;
};

/* One message on its way through. */
struct walk {
    struct check *check;
    const ProtobufCMessageDescriptor *schema;
    struct wire wire;
    unsigned depth;
    unsigned next; /* of the schema's fields: the first not below the tag */
    const ProtobufCFieldDescriptor *known; /* the field's, or NULL */
    struct wire_field field;
    struct wire_field last;      /* number 0 before the first */
    unsigned oneofs[ONEOFS_MAX]; /* those with a member: quantifier_offset */
    size_t oneof_count;
};

static hl_err check_message(struct check *check, struct bytes raw,
                            uint64_t base,
                            const ProtobufCMessageDescriptor *schema,
                            unsigned depth);

static hl_err refuse(const struct walk *walk, hl_err err, const char *reason)
{
    struct hl_detail *detail = walk->check->detail;
    const char *message = walk->schema->short_name;
    uint64_t at = walk->field.offset;
    if (walk->known != NULL) {
        return hl_fail_at(detail, at, err, "%s.%s %s", message,
                          walk->known->name, reason);
    }
    if (walk->field.number != 0) {
        return hl_fail_at(detail, at, err, "%s field %u %s", message,
                          walk->field.number, reason);
    }
    return hl_fail_at(detail, at, err, "%s %s", message, reason);
}

static enum wire_type wire_type_of(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return WIRE_FIXED32;
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return WIRE_FIXED64;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return WIRE_LENGTH;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM:
        break;
    }
    return WIRE_VARINT;
}

/* IEEE 754: all ones in the exponent is an infinity, or a NaN where the
 * fraction is not 0. Of NaNs there are many, of zeros two, and
 * implementations differ in which of them they write. */
static const char *float_fault(uint64_t value, uint64_t infinity, uint64_t sign)
{
    if (value == sign) {
        return "is a negative zero";
    }
    return (value & ~sign) > infinity ? "is not a number" : NULL;
}

/* Why a value is not one that its type writes; NULL where it is. */
static const char *scalar_fault(ProtobufCType type, uint64_t value)
{
    const uint64_t int32_min = UINT64_MAX - INT32_MAX;
    const char *range = "is out of its type's range";
    switch (type) {
    case PROTOBUF_C_TYPE_BOOL:
        return value > 1 ? range : NULL;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_SINT32:
        return value > UINT32_MAX ? range : NULL;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_ENUM:
        return value > INT32_MAX && value < int32_min ? range : NULL;
    case PROTOBUF_C_TYPE_FLOAT:
        return float_fault(value, 0x7f800000u, 0x80000000u);
    case PROTOBUF_C_TYPE_DOUBLE:
        return float_fault(value, 0x7ff0000000000000u, 0x8000000000000000u);
    default:
        return NULL;
    }
}

static bool is_map(const ProtobufCFieldDescriptor *field)
{
    if (field->label != PROTOBUF_C_LABEL_REPEATED ||
        field->type != PROTOBUF_C_TYPE_MESSAGE) {
        return false;
    }
    const ProtobufCMessageDescriptor *item = field->descriptor;
    struct bytes name = bytes_of_text(item->short_name);
    struct bytes suffix = bytes_of_text("Entry");
    return item->n_fields == 2 && strcmp(item->fields[0].name, "key") == 0 &&
           strcmp(item->fields[1].name, "value") == 0 &&
           name.size > suffix.size &&
           bytes_equal(suffix,
                       bytes_slice(name, name.size - suffix.size, suffix.size));
}

static bool is_packed(const ProtobufCFieldDescriptor *field)
{
    return (field->flags & PROTOBUF_C_FIELD_FLAG_PACKED) != 0;
}

/* Fields that are only written when they hold something; of the others being
 * there is the statement. */
static bool has_default(const ProtobufCFieldDescriptor *field)
{
    return field->label == PROTOBUF_C_LABEL_NONE &&
           (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0 &&
           field->type != PROTOBUF_C_TYPE_MESSAGE;
}

static bool may_repeat(const ProtobufCFieldDescriptor *field)
{
    return field->label == PROTOBUF_C_LABEL_REPEATED && !is_packed(field);
}

/* Tags ascend, so the schema is walked along with them; from its start again
 * only to name a field that stands out of order. */
static const ProtobufCFieldDescriptor *look_up(struct walk *walk)
{
    const ProtobufCMessageDescriptor *schema = walk->schema;
    uint32_t number = walk->field.number;
    if (number < walk->last.number) {
        walk->next = 0;
    }
    while (walk->next < schema->n_fields &&
           schema->fields[walk->next].id < number) {
        walk->next++;
    }
    bool found = walk->next < schema->n_fields &&
                 schema->fields[walk->next].id == number;
    return found ? &schema->fields[walk->next] : NULL;
}

static hl_err check_order(const struct walk *walk)
{
    if (walk->field.number > walk->last.number) {
        return HL_OK;
    }
    if (walk->field.number < walk->last.number) {
        return refuse(walk, HL_ENONCANONICAL,
                      "stands behind one of a higher number");
    }
    if (walk->known != NULL && !may_repeat(walk->known)) {
        return refuse(walk, HL_ENONCANONICAL, "stands there twice");
    }
    /* No type of field, known or not, is written in two wire types. */
    if (walk->field.type != walk->last.type) {
        return refuse(walk, HL_ENONCANONICAL, "changes its wire type");
    }
    return HL_OK;
}

static hl_err check_wire_type(const struct walk *walk)
{
    const ProtobufCFieldDescriptor *known = walk->known;
    enum wire_type element = wire_type_of(known->type);
    enum wire_type expected = is_packed(known) ? WIRE_LENGTH : element;
    enum wire_type found = walk->field.type;
    if (found == expected) {
        return HL_OK;
    }
    if (is_packed(known) && found == element) {
        return refuse(walk, HL_ENONCANONICAL, "is not packed");
    }
    if (may_repeat(known) && found == WIRE_LENGTH) {
        return refuse(walk, HL_ENONCANONICAL, "is packed");
    }
    return refuse(walk, HL_EMALFORMED, "has another wire type than its own");
}

static hl_err check_oneof(struct walk *walk)
{
    const ProtobufCFieldDescriptor *known = walk->known;
    if ((known->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) == 0) {
        return HL_OK;
    }
    for (size_t i = 0; i < walk->oneof_count; i++) {
        if (walk->oneofs[i] == known->quantifier_offset) {
            return refuse(walk, HL_ENONCANONICAL,
                          "is the second member of its oneof");
        }
    }
    HL_ASSERT(walk->oneof_count < ONEOFS_MAX);
    walk->oneofs[walk->oneof_count++] = known->quantifier_offset;
    return HL_OK;
}

static hl_err check_string(const struct walk *walk)
{
    struct bytes text = walk->field.bytes;
    if (!text_utf8_valid(text)) {
        return refuse(walk, HL_EMALFORMED, "is not UTF-8");
    }
    if (text.size > 0 && memchr(text.data, 0, text.size) != NULL) {
        return refuse(walk, HL_EMALFORMED, "has U+0000 in it");
    }
    return HL_OK;
}

static hl_err check_scalar(const struct walk *walk, uint64_t value)
{
    const char *fault = scalar_fault(walk->known->type, value);
    return fault == NULL ? HL_OK : refuse(walk, HL_ENONCANONICAL, fault);
}

static hl_err check_packed(const struct walk *walk)
{
    if (walk->field.bytes.size == 0) {
        return refuse(walk, HL_ENONCANONICAL, "is packed and empty");
    }
    enum wire_type type = wire_type_of(walk->known->type);
    struct wire run;
    wire_init(&run, walk->field.bytes, walk->field.content);
    while (!wire_at_end(&run)) {
        uint64_t value = 0;
        const char *reason = NULL;
        hl_err err = wire_scalar(&run, type, &value, &reason);
        if (err != HL_OK) {
            return refuse(walk, err, reason);
        }
        err = check_scalar(walk, value);
        if (err != HL_OK) {
            return err;
        }
    }
    return HL_OK;
}

static hl_err check_nested(const struct walk *walk)
{
    if (is_map(walk->known)) {
        return refuse(walk, HL_EUNSUPPORTED, "is a map");
    }
    if (walk->depth == HL_MESSAGE_DEPTH_MAX) {
        return refuse(walk, HL_ELIMIT, "is nested too deep");
    }
    return check_message(walk->check, walk->field.bytes, walk->field.content,
                         walk->known->descriptor, walk->depth + 1);
}

static hl_err check_value(const struct walk *walk)
{
    const struct wire_field *field = &walk->field;
    bool empty =
        field->type == WIRE_LENGTH ? field->bytes.size == 0 : field->value == 0;
    if (empty && has_default(walk->known)) {
        return refuse(walk, HL_ENONCANONICAL, "holds its default");
    }
    if (is_packed(walk->known)) {
        return check_packed(walk);
    }
    switch (walk->known->type) {
    case PROTOBUF_C_TYPE_STRING:
        return check_string(walk);
    case PROTOBUF_C_TYPE_BYTES:
        return HL_OK;
    case PROTOBUF_C_TYPE_MESSAGE:
        return check_nested(walk);
    default:
        return check_scalar(walk, field->value);
    }
}

static hl_err check_known(struct walk *walk)
{
    hl_err err = check_oneof(walk);
    return err == HL_OK ? check_value(walk) : err;
}

static void note_unknown(const struct walk *walk)
{
    if (!walk->check->unknown.present) {
        walk->check->unknown = (struct canonical_unknown){
            .present = true,
            .number = walk->field.number,
            .offset = walk->field.offset,
            .message = walk->schema->short_name,
        };
    }
}

/* Leaves what is known of the field in the walk for refuse(). */
static hl_err read_field(struct walk *walk)
{
    const char *reason = NULL;
    walk->known = NULL;
    hl_err err = wire_tag(&walk->wire, &walk->field, &reason);
    if (err != HL_OK) {
        return refuse(walk, err, reason);
    }
    walk->known = look_up(walk);
    err = walk->known == NULL ? HL_OK : check_wire_type(walk);
    if (err != HL_OK) {
        return err;
    }
    err = wire_value(&walk->wire, &walk->field, &reason);
    return err == HL_OK ? HL_OK : refuse(walk, err, reason);
}

static hl_err check_field(struct walk *walk)
{
    hl_err err = read_field(walk);
    if (err == HL_OK) {
        err = check_order(walk);
    }
    if (err != HL_OK) {
        return err;
    }
    walk->last = walk->field;
    if (walk->known == NULL) {
        note_unknown(walk);
        return HL_OK;
    }
    return check_known(walk);
}

static hl_err check_message(struct check *check, struct bytes raw,
                            uint64_t base,
                            const ProtobufCMessageDescriptor *schema,
                            unsigned depth)
{
    struct walk walk = {.check = check, .schema = schema, .depth = depth};
    wire_init(&walk.wire, raw, base);
    hl_err err = HL_OK;
    while (err == HL_OK && !wire_at_end(&walk.wire)) {
        err = check_field(&walk);
    }
    return err;
}

hl_err canonical_check(struct bytes raw,
                       const ProtobufCMessageDescriptor *schema,
                       struct canonical_unknown *unknown,
                       struct hl_detail *detail)
{
    struct check check = {.detail = detail};
    hl_err err = check_message(&check, raw, 0, schema, 1);
    if (err == HL_OK) {
        *unknown = check.unknown;
    }
    return err;
}
