/* SPDX-License-Identifier: Apache-2.0 */
#include "federation/message/layout.h"

#include <string.h>

#include "protocol/base/hl_assert.h"
#include "protocol/base/text.h"
#include "protocol/entry/origin.h"
#include "protocol/entry/proof_field.h"

enum { NIBBLE_MAX = 15 };

static const void *in(const struct sync_message *message, size_t at)
{
    return (const uint8_t *)message + at;
}

static struct bytes bytes_at(const struct sync_message *message, size_t at)
{
    const struct bytes *bytes = in(message, at);
    return *bytes;
}

static bool flag_at(const struct sync_message *message, size_t at)
{
    const bool *flag = in(message, at);
    return *flag;
}

static bool is_present(const struct part *part,
                       const struct sync_message *message)
{
    switch (part->when) {
    case PART_FLAGGED:
        return flag_at(message, part->on);
    case PART_UNDER_NOTE:
        return bytes_at(message, part->on).size > 0;
    case PART_ALWAYS:
        break;
    }
    return true;
}

/* --- What a value must be. ------------------------------------------------ */

/* One part at its place, for the checks and their details. */
struct place {
    const struct layout *layout;
    const struct part *part;
    uint64_t offset;
    uint64_t content;
    struct hl_detail *detail;
};

static hl_err refuse(const struct place *place, hl_err err, const char *reason)
{
    return hl_fail_at(place->detail, place->offset, err, "%s.%s %s",
                      place->layout->name, place->part->name, reason);
}

static hl_err check_length(const struct place *place, struct bytes value,
                           size_t max)
{
    if (value.size > max) {
        return hl_fail_at(place->detail, place->offset, HL_ELIMIT,
                          "%s.%s of %zu bytes is over %zu", place->layout->name,
                          place->part->name, value.size, max);
    }
    return HL_OK;
}

static hl_err check_name(const struct place *place, struct bytes name,
                         bool (*has_form)(struct bytes), const char *fault)
{
    hl_err err = check_length(place, name, HL_NAME_MAX_BYTES);
    if (err == HL_OK && !has_form(name)) {
        return refuse(place, HL_EMALFORMED, fault);
    }
    return err;
}

static hl_err check_path(const struct place *place, struct bytes path)
{
    hl_err err = check_length(place, path, SYNC_DIGEST_PATH_MAX);
    for (size_t i = 0; err == HL_OK && i < path.size; i++) {
        if (path.data[i] > NIBBLE_MAX) {
            err =
                hl_fail_at(place->detail, place->content + i, HL_EMALFORMED,
                           "%s.path has a byte above 15", place->layout->name);
        }
    }
    return err;
}

static hl_err check_size(const struct place *place, uint64_t size)
{
    return size > MERKLE_SIZE_MAX
               ? refuse(place, HL_ELIMIT, "reaches beyond 2^63 - 1")
               : HL_OK;
}

static hl_err check_digest_size(const struct place *place, uint64_t size)
{
    if (size == 0 || size % SYNC_DIGEST_EVERY_ENTRIES != 0) {
        return refuse(place, HL_EMALFORMED, "is no multiple of 256 above 0");
    }
    return check_size(place, size);
}

static hl_err check_bytes(const struct place *place, struct bytes value)
{
    switch (place->part->form) {
    case PART_ORIGIN:
        return origin_validate(value, place->layout->name, place->offset,
                               place->detail);
    case PART_DOMAIN:
        return check_name(place, value, text_is_domain, "is not a domain");
    case PART_LABEL:
        return check_name(place, value, text_is_label, "is not a node id");
    case PART_PATH:
        return check_path(place, value);
    default:
        return check_length(place, value, place->part->max);
    }
}

static hl_err check_value(const struct place *place,
                          const struct sync_message *message)
{
    const void *value = in(message, place->part->at);
    switch (place->part->form) {
    case PART_ORIGIN:
    case PART_DOMAIN:
    case PART_LABEL:
    case PART_BYTES:
    case PART_PATH:
        return check_bytes(place, *(const struct bytes *)value);
    case PART_SIZE:
        return check_size(place, *(const uint64_t *)value);
    case PART_DIGEST_SIZE:
        return check_digest_size(place, *(const uint64_t *)value);
    case PART_PROOF:
        return ((const struct proof *)value)->count > HL_PROOF_HASHES_MAX
                   ? refuse(place, HL_ELIMIT, "has too many hashes")
                   : HL_OK;
    case PART_MESSAGE:
    case PART_FLAG:
    case PART_U32:
    case PART_U64:
    case PART_HASH:
        break;
    }
    return HL_OK;
}

hl_err layout_validate(const struct layout *layout,
                       const struct sync_message *message)
{
    static const struct wire_field nowhere[LAYOUT_PARTS_MAX + 1];
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && i < layout->count; i++) {
        const struct part *part = &layout->parts[i];
        struct place place = {.layout = layout, .part = part};
        if (!is_present(part, message)) {
            continue;
        }
        err = part->form == PART_MESSAGE ? layout_validate(part->inner, message)
                                         : check_value(&place, message);
    }
    if (err == HL_OK && layout->rule != NULL) {
        err = layout->rule(message, nowhere, NULL);
    }
    return err;
}

/* --- Writing. ------------------------------------------------------------- */

/* What a part is on the wire, but for a message: either a number or bytes; of
 * the one that it is not the default. */
struct wire_value {
    uint64_t number;
    struct bytes bytes;
};

static struct wire_value value_of(const struct part *part,
                                  const struct sync_message *message)
{
    const void *value = in(message, part->at);
    switch (part->form) {
    case PART_ORIGIN:
    case PART_DOMAIN:
    case PART_LABEL:
    case PART_BYTES:
    case PART_PATH:
        return (struct wire_value){.bytes = *(const struct bytes *)value};
    case PART_FLAG:
        return (struct wire_value){.number = *(const bool *)value};
    case PART_U32:
        return (struct wire_value){.number = *(const uint32_t *)value};
    case PART_U64:
    case PART_SIZE:
    case PART_DIGEST_SIZE:
        return (struct wire_value){.number = *(const uint64_t *)value};
    case PART_HASH:
        return (struct wire_value){.bytes = bytes_of(value, HL_HASH_BYTES)};
    case PART_PROOF:
        return (struct wire_value){.bytes = proof_field_bytes(value)};
    case PART_MESSAGE:
        break;
    }
    HL_ASSERT(part->form != PART_MESSAGE);
    return (struct wire_value){0};
}

static size_t part_size(const struct part *part,
                        const struct sync_message *message)
{
    if (!is_present(part, message)) {
        return 0;
    }
    if (part->form == PART_MESSAGE) {
        size_t size = layout_size(part->inner, message);
        return 1 + wire_varint_size(size) + size;
    }
    struct wire_value value = value_of(part, message);
    return wire_uint_size(value.number) + wire_bytes_size(value.bytes.size);
}

size_t layout_size(const struct layout *layout,
                   const struct sync_message *message)
{
    size_t size = 0;
    for (size_t i = 0; i < layout->count; i++) {
        size += part_size(&layout->parts[i], message);
    }
    return size;
}

static void part_add(const struct part *part, uint32_t number,
                     const struct sync_message *message, struct writer *out)
{
    if (!is_present(part, message)) {
        return;
    }
    if (part->form == PART_MESSAGE) {
        wire_add_message(out, number, layout_size(part->inner, message));
        layout_add(part->inner, message, out);
        return;
    }
    struct wire_value value = value_of(part, message);
    wire_add_uint(out, number, value.number);
    wire_add_bytes(out, number, value.bytes);
}

void layout_add(const struct layout *layout, const struct sync_message *message,
                struct writer *out)
{
    for (size_t i = 0; i < layout->count; i++) {
        part_add(&layout->parts[i], (uint32_t)(i + 1), message, out);
    }
}

/* --- Reading. ------------------------------------------------------------- */

/* The value as it stands in the field; a hash and a proof are checked here,
 * as only what is whole fits into the struct. */
static hl_err take(const struct place *place, const struct wire_field *field,
                   struct sync_message *out)
{
    const struct part *part = place->part;
    void *value = (uint8_t *)out + part->at;
    switch (part->form) {
    case PART_ORIGIN:
    case PART_DOMAIN:
    case PART_LABEL:
    case PART_BYTES:
    case PART_PATH:
        *(struct bytes *)value = field->bytes;
        return HL_OK;
    case PART_FLAG:
        *(bool *)value = field->value != 0;
        return HL_OK;
    case PART_U32:
        *(uint32_t *)value = (uint32_t)field->value;
        return HL_OK;
    case PART_U64:
    case PART_SIZE:
    case PART_DIGEST_SIZE:
        *(uint64_t *)value = field->value;
        return HL_OK;
    case PART_HASH:
        return proof_field_hash(field, place->layout->name, part->name, value,
                                place->detail);
    case PART_PROOF:
        return proof_field_read(field, place->layout->name, part->name, value,
                                place->detail);
    case PART_MESSAGE:
        break;
    }
    return layout_read(part->inner, field->bytes, field->content, out,
                       place->detail);
}

static hl_err part_read(const struct place *place,
                        const struct wire_field *field,
                        struct sync_message *out)
{
    const struct part *part = place->part;
    bool present = field->number != 0;
    if (part->when == PART_FLAGGED) {
        *(bool *)((uint8_t *)out + part->on) = present;
    }
    if (!is_present(part, out)) {
        return present
                   ? refuse(place, HL_EMALFORMED, "stands without a checkpoint")
                   : HL_OK;
    }
    hl_err err = take(place, field, out);
    return err == HL_OK ? check_value(place, out) : err;
}

hl_err layout_read(const struct layout *layout, struct bytes raw, uint64_t base,
                   struct sync_message *out, struct hl_detail *detail)
{
    struct wire_field fields[LAYOUT_PARTS_MAX + 1];
    wire_collect(raw, base, fields, layout->count + 1);
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && i < layout->count; i++) {
        const struct wire_field *field = &fields[i + 1];
        struct place place = {layout, &layout->parts[i], field->offset,
                              field->content, detail};
        err = part_read(&place, field, out);
    }
    if (err == HL_OK && layout->rule != NULL) {
        err = layout->rule(out, fields, detail);
    }
    return err;
}
