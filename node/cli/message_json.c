/* SPDX-License-Identifier: Apache-2.0 */
#include "node/cli/message_json.h"

#include <stdlib.h>

#include "node/cli/cli.h"
#include "node/cli/term.h"

static json_t *enum_json(const ProtobufCEnumDescriptor *schema, int value)
{
    const ProtobufCEnumValue *known =
        protobuf_c_enum_descriptor_get_value(schema, value);
    return known == NULL ? json_integer(value) : json_string(known->name);
}

static json_t *bytes_json(const ProtobufCBinaryData *data)
{
    struct writer hex = {0};
    term_hex(bytes_of(data->data, data->len), &hex);
    json_t *value =
        json_stringn(hex.size == 0 ? "" : (const char *)hex.data, hex.size);
    writer_fini(&hex);
    return value;
}

/* JSON has no numbers above 2^63: our counts and times stay below. */
static json_t *unsigned_json(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *value_json(const ProtobufCFieldDescriptor *field, const void *at)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        return json_integer(*(const int32_t *)at);
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        return unsigned_json(*(const uint32_t *)at);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return json_integer(*(const int64_t *)at);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return unsigned_json(*(const uint64_t *)at);
    case PROTOBUF_C_TYPE_FLOAT:
        return json_real((double)*(const float *)at);
    case PROTOBUF_C_TYPE_DOUBLE:
        return json_real(*(const double *)at);
    case PROTOBUF_C_TYPE_BOOL:
        return json_boolean(*(const protobuf_c_boolean *)at);
    case PROTOBUF_C_TYPE_ENUM:
        return enum_json(field->descriptor, *(const int *)at);
    case PROTOBUF_C_TYPE_STRING:
        return cli_json_text(*(const char *const *)at);
    case PROTOBUF_C_TYPE_BYTES:
        return bytes_json(at);
    case PROTOBUF_C_TYPE_MESSAGE:
        return message_json(*(const ProtobufCMessage *const *)at);
    }
    return json_null();
}

static size_t size_of(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return sizeof(uint64_t);
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_ENUM:
        break;
    }
    return sizeof(uint32_t);
}

static json_t *field_json(const ProtobufCFieldDescriptor *field,
                          const char *message)
{
    const char *at = message + field->offset;
    if (field->label != PROTOBUF_C_LABEL_REPEATED) {
        bool absent = field->type == PROTOBUF_C_TYPE_MESSAGE &&
                      *(const void *const *)(const void *)at == NULL;
        return absent ? NULL : value_json(field, at);
    }
    json_t *list = json_array();
    const char *items = *(const char *const *)(const void *)at;
    size_t count =
        *(const size_t *)(const void *)(message + field->quantifier_offset);
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(
            list, value_json(field, items + i * size_of(field->type)));
    }
    return list;
}

json_t *message_json(const ProtobufCMessage *message)
{
    json_t *object = json_object();
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        json_t *value = field_json(field, (const char *)message);
        if (value != NULL) {
            json_object_set_new(object, field->name, value);
        }
    }
    return object;
}

static void print_scalar(const json_t *value, FILE *out)
{
    if (json_is_string(value)) {
        term_put(out, json_string_value(value));
        return;
    }
    char *text = json_dumps(value, JSON_ENCODE_ANY);
    fputs(text, out);
    free(text);
}

static void print_member(const char *name, const json_t *value, size_t indent,
                         FILE *out)
{
    size_t count = json_array_size(value);
    for (size_t i = 0; i < count; i++) {
        print_member(name, json_array_get(value, i), indent, out);
    }
    if (json_is_array(value)) {
        return;
    }
    fprintf(out, "%*s%s:", (int)indent, "", name);
    if (json_is_object(value)) {
        fputc('\n', out);
        message_json_print(value, indent + 2, out);
        return;
    }
    fputc(' ', out);
    print_scalar(value, out);
    fputc('\n', out);
}

void message_json_print(const json_t *object, size_t indent, FILE *out)
{
    const char *name = NULL;
    json_t *value = NULL;
    /* jansson iterates over what is not const. */
    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        print_member(name, value, indent, out);
    }
}
