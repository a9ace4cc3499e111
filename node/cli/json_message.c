/* SPDX-License-Identifier: Apache-2.0 */
#include "node/cli/json_message.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

/* Where in the text: for messages. */
struct place {
    char name[160];
};

static void enter(const struct place *at, const char *name, size_t index,
                  bool listed, struct place *out)
{
    const char *dot = at->name[0] == '\0' ? "" : ".";
    if (listed) {
        snprintf(out->name, sizeof(out->name), "%.130s[%zu]", at->name,
                 index + 1);
    } else {
        snprintf(out->name, sizeof(out->name), "%.100s%s%.50s", at->name, dot,
                 name);
    }
}

static hl_err fail(const struct place *at, const char *wanted,
                   struct hl_detail *detail)
{
    return hl_fail(detail, HL_EMALFORMED, "%s: %s is wanted", at->name, wanted);
}

static hl_err take_text(const json_t *value, const struct place *at, char **out,
                        struct hl_detail *detail)
{
    if (!json_is_string(value)) {
        return fail(at, "a text", detail);
    }
    /* An empty one is the default, which is nobody's. */
    if (json_string_length(value) > 0) {
        *out = hl_copy(json_string_value(value), json_string_length(value));
    }
    return HL_OK;
}

static hl_err take_unsigned(const json_t *value, const struct place *at,
                            uint64_t max, uint64_t *out,
                            struct hl_detail *detail)
{
    json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 0 || (uint64_t)number > max) {
        return fail(at, "a whole number that is not negative", detail);
    }
    *out = (uint64_t)number;
    return HL_OK;
}

static hl_err take_enum(const json_t *value, const struct place *at,
                        const ProtobufCEnumDescriptor *schema, int *out,
                        struct hl_detail *detail)
{
    const char *name = json_string_value(value);
    const ProtobufCEnumValue *known =
        name == NULL
            ? NULL
            : protobuf_c_enum_descriptor_get_value_by_name(schema, name);
    if (known == NULL) {
        char wanted[200];
        snprintf(wanted, sizeof(wanted), "%s, or another of that kind",
                 schema->values[schema->n_values - 1].name);
        return fail(at, wanted, detail);
    }
    *out = known->value;
    return HL_OK;
}

static hl_err take_message(const json_t *object, const struct place *at,
                           const ProtobufCMessageDescriptor *schema,
                           ProtobufCMessage **out, struct hl_detail *detail);

static hl_err take_value(const json_t *value, const struct place *at,
                         const ProtobufCFieldDescriptor *field, void *to,
                         struct hl_detail *detail)
{
    uint64_t number = 0;
    hl_err err = HL_OK;
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        return take_text(value, at, to, detail);
    case PROTOBUF_C_TYPE_ENUM:
        return take_enum(value, at, field->descriptor, to, detail);
    case PROTOBUF_C_TYPE_MESSAGE:
        return take_message(value, at, field->descriptor, to, detail);
    case PROTOBUF_C_TYPE_UINT64:
        return take_unsigned(value, at, INT64_MAX, to, detail);
    case PROTOBUF_C_TYPE_UINT32:
        err = take_unsigned(value, at, UINT32_MAX, &number, detail);
        *(uint32_t *)to = (uint32_t)number;
        return err;
    default:
        HL_ASSERT(false); /* a type that no such message has */
    }
    return err;
}

static size_t size_of(ProtobufCType type)
{
    return type == PROTOBUF_C_TYPE_UINT32 || type == PROTOBUF_C_TYPE_ENUM
               ? sizeof(uint32_t)
               : sizeof(uint64_t);
}

static hl_err take_list(const json_t *list, const struct place *at,
                        const ProtobufCFieldDescriptor *field, char *message,
                        struct hl_detail *detail)
{
    size_t count = json_array_size(list);
    size_t *taken = (size_t *)(void *)(message + field->quantifier_offset);
    if (!json_is_array(list)) {
        return fail(at, "a list", detail);
    }
    char *items = hl_alloc(count + 1, size_of(field->type));
    *(void **)(void *)(message + field->offset) = items;
    hl_err err = HL_OK;
    for (size_t i = 0; i < count && err == HL_OK; i++) {
        struct place item;
        enter(at, "", i, true, &item);
        err = take_value(json_array_get(list, i), &item, field,
                         items + i * size_of(field->type), detail);
        *taken += err == HL_OK ? 1 : 0;
    }
    return err;
}

static hl_err take_member(const char *name, const json_t *value,
                          const struct place *at, ProtobufCMessage *message,
                          struct hl_detail *detail)
{
    struct place member;
    enter(at, name, 0, false, &member);
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field_by_name(message->descriptor,
                                                        name);
    if (field == NULL) {
        return hl_fail(detail, HL_EMALFORMED, "%s: there is no such field",
                       member.name);
    }
    char *to = (char *)message;
    return field->label == PROTOBUF_C_LABEL_REPEATED
               ? take_list(value, &member, field, to, detail)
               : take_value(value, &member, field, to + field->offset, detail);
}

static hl_err take_message(const json_t *object, const struct place *at,
                           const ProtobufCMessageDescriptor *schema,
                           ProtobufCMessage **out, struct hl_detail *detail)
{
    if (!json_is_object(object)) {
        return fail(at, "an object", detail);
    }
    ProtobufCMessage *message = hl_alloc(1, schema->sizeof_message);
    schema->message_init(message);
    hl_err err = HL_OK;
    for (void *at_member = json_object_iter((json_t *)(uintptr_t)object);
         at_member != NULL && err == HL_OK;
         at_member =
             json_object_iter_next((json_t *)(uintptr_t)object, at_member)) {
        err =
            take_member(json_object_iter_key(at_member),
                        json_object_iter_value(at_member), at, message, detail);
    }
    if (err != HL_OK) {
        protobuf_c_message_free_unpacked(message, NULL);
        return err;
    }
    *out = message;
    return HL_OK;
}

hl_err json_message(const json_t *object,
                    const ProtobufCMessageDescriptor *schema,
                    ProtobufCMessage **out, struct hl_detail *detail)
{
    struct place top = {""};
    if (!json_is_object(object)) {
        return hl_fail(detail, HL_EMALFORMED, "no JSON object");
    }
    return take_message(object, &top, schema, out, detail);
}
