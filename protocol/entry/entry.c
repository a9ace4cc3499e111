/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/entry/entry.h"

#include <string.h>

#include "heluo/v1/entry.pb-c.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/origin.h"
#include "protocol/entry/wire.h"

/* Field numbers of entry.proto; the last of each is a count. */
enum {
    ENTRY_ORIGIN = 1,
    ENTRY_INDEX,
    ENTRY_RECORDED_AT,
    ENTRY_CAUSE,
    ENTRY_SEEN,
    ENTRY_COMMAND,
    ENTRY_BODY_TYPE,
    ENTRY_BODY,
    ENTRY_FIELDS,
};
enum { CITATION_ORIGIN = 1, CITATION_INDEX, CITATION_LEAF, CITATION_FIELDS };
enum { COMMAND_ID = 1, COMMAND_CALLER, COMMAND_REQUEST, COMMAND_FIELDS };

static hl_err read_origin(const struct wire_field *field, const char *message,
                          struct bytes *out, struct hl_detail *detail)
{
    *out = field->bytes;
    return origin_validate(field->bytes, message, field->offset, detail);
}

static hl_err read_number(const struct wire_field *field, const char *name,
                          uint64_t max, uint64_t *out, struct hl_detail *detail)
{
    if (field->value > max) {
        return hl_fail_at(
            detail, field->offset, HL_ELIMIT, "%s %llu is above %llu", name,
            (unsigned long long)field->value, (unsigned long long)max);
    }
    *out = field->value;
    return HL_OK;
}

static hl_err read_exact(const struct wire_field *field, const char *name,
                         size_t size, uint8_t *out, struct hl_detail *detail)
{
    if (field->bytes.size != size) {
        return hl_fail_at(detail, field->offset, HL_EMALFORMED,
                          "%s has %zu bytes, not %zu", name, field->bytes.size,
                          size);
    }
    memcpy(out, field->bytes.data, size);
    return HL_OK;
}

static hl_err read_hash(const struct wire_field *field, const char *name,
                        struct hl_hash *out, struct hl_detail *detail)
{
    return read_exact(field, name, HL_HASH_BYTES, out->bytes, detail);
}

static hl_err read_citation(const struct wire_field *field,
                            struct citation *out, struct hl_detail *detail)
{
    struct wire_field fields[CITATION_FIELDS];
    wire_collect(field->bytes, field->content, fields, CITATION_FIELDS);
    hl_err err =
        read_origin(&fields[CITATION_ORIGIN], "Citation", &out->origin, detail);
    if (err == HL_OK) {
        err = read_number(&fields[CITATION_INDEX], "Citation.index",
                          ENTRY_INDEX_MAX, &out->index, detail);
    }
    if (err == HL_OK) {
        err = read_hash(&fields[CITATION_LEAF], "Citation.leaf_hash",
                        &out->leaf, detail);
    }
    return err;
}

static hl_err read_cause(const struct wire_field *field, struct entry *out,
                         struct hl_detail *detail)
{
    out->has_cause = field->number != 0;
    return out->has_cause ? read_citation(field, &out->cause, detail) : HL_OK;
}

/* Most entries cite nothing, and need no second walk. */
static hl_err read_seen(struct bytes raw, const struct wire_field *last,
                        struct entry *out, struct hl_detail *detail)
{
    struct wire wire;
    struct wire_field field;
    hl_err err = HL_OK;
    if (last->number == 0) {
        return HL_OK;
    }
    wire_init(&wire, raw, 0);
    while (err == HL_OK && wire_next(&wire, &field)) {
        if (field.number != ENTRY_SEEN) {
            continue;
        }
        if (out->seen_count == HL_ENTRY_SEEN_MAX) {
            return hl_fail_at(detail, field.offset, HL_ELIMIT,
                              "Entry.seen has more than %d citations",
                              HL_ENTRY_SEEN_MAX);
        }
        err = read_citation(&field, &out->seen[out->seen_count], detail);
        out->seen_count++;
    }
    return err;
}

static hl_err read_command(const struct wire_field *field, struct entry *out,
                           struct hl_detail *detail)
{
    out->has_command = field->number != 0;
    if (!out->has_command) {
        return HL_OK;
    }
    struct command *command = &out->command;
    struct wire_field fields[COMMAND_FIELDS];
    wire_collect(field->bytes, field->content, fields, COMMAND_FIELDS);
    hl_err err = read_exact(&fields[COMMAND_ID], "Command.id",
                            HL_COMMAND_ID_BYTES, command->id, detail);
    if (err == HL_OK) {
        err = read_hash(&fields[COMMAND_CALLER], "Command.caller_hash",
                        &command->caller, detail);
    }
    if (err == HL_OK) {
        err = read_hash(&fields[COMMAND_REQUEST], "Command.request_digest",
                        &command->request, detail);
    }
    return err;
}

static hl_err read_recorded_at(const struct wire_field *field,
                               struct hl_wall *out, struct hl_detail *detail)
{
    uint64_t ms = 0;
    hl_err err =
        read_number(field, "Entry.recorded_at_ms", INT64_MAX, &ms, detail);
    out->ms = (int64_t)ms;
    return err;
}

static hl_err read_body(const struct wire_field *fields, struct entry *out,
                        struct hl_detail *detail)
{
    out->body_type = (uint32_t)fields[ENTRY_BODY_TYPE].value;
    out->body = fields[ENTRY_BODY].bytes;
    if (out->body_type == 0) {
        return hl_fail_at(detail, fields[ENTRY_BODY_TYPE].offset, HL_EMALFORMED,
                          "Entry.body_type is missing");
    }
    return HL_OK;
}

static hl_err read_frame(struct bytes raw, struct entry *out,
                         struct hl_detail *detail)
{
    struct wire_field fields[ENTRY_FIELDS];
    wire_collect(raw, 0, fields, ENTRY_FIELDS);
    hl_err err =
        read_origin(&fields[ENTRY_ORIGIN], "Entry", &out->origin, detail);
    if (err == HL_OK) {
        err = read_number(&fields[ENTRY_INDEX], "Entry.index", ENTRY_INDEX_MAX,
                          &out->index, detail);
    }
    if (err == HL_OK) {
        err = read_recorded_at(&fields[ENTRY_RECORDED_AT], &out->recorded_at,
                               detail);
    }
    if (err == HL_OK) {
        err = read_cause(&fields[ENTRY_CAUSE], out, detail);
    }
    if (err == HL_OK) {
        err = read_seen(raw, &fields[ENTRY_SEEN], out, detail);
    }
    if (err == HL_OK) {
        err = read_command(&fields[ENTRY_COMMAND], out, detail);
    }
    return err == HL_OK ? read_body(fields, out, detail) : err;
}

hl_err entry_decode(struct bytes raw, struct entry *out,
                    struct canonical_unknown *unknown, struct hl_detail *detail)
{
    if (raw.size > HL_ENTRY_MAX_BYTES) {
        return hl_fail(detail, HL_ELIMIT, "entry of %zu bytes is over %d",
                       raw.size, HL_ENTRY_MAX_BYTES);
    }
    struct canonical_unknown found;
    hl_err err =
        canonical_check(raw, &heluo__v1__entry__descriptor, &found, detail);
    if (err != HL_OK) {
        return err;
    }
    struct entry entry = {0};
    err = found.present ? HL_OK : read_frame(raw, &entry, detail);
    if (err == HL_OK) {
        *unknown = found;
        *out = entry;
    }
    return err;
}

static void add_citation(struct writer *out, uint32_t number,
                         const struct citation *citation)
{
    size_t size = wire_bytes_size(citation->origin.size) +
                  wire_uint_size(citation->index) +
                  wire_bytes_size(HL_HASH_BYTES);
    wire_add_message(out, number, size);
    wire_add_bytes(out, CITATION_ORIGIN, citation->origin);
    wire_add_uint(out, CITATION_INDEX, citation->index);
    wire_add_bytes(out, CITATION_LEAF,
                   bytes_of(citation->leaf.bytes, HL_HASH_BYTES));
}

static void add_command(struct writer *out, const struct command *command)
{
    size_t size = wire_bytes_size(HL_COMMAND_ID_BYTES) +
                  2 * wire_bytes_size(HL_HASH_BYTES);
    wire_add_message(out, ENTRY_COMMAND, size);
    wire_add_bytes(out, COMMAND_ID, bytes_of(command->id, HL_COMMAND_ID_BYTES));
    wire_add_bytes(out, COMMAND_CALLER,
                   bytes_of(command->caller.bytes, HL_HASH_BYTES));
    wire_add_bytes(out, COMMAND_REQUEST,
                   bytes_of(command->request.bytes, HL_HASH_BYTES));
}

static void add_entry(struct writer *out, const struct entry *entry)
{
    wire_add_bytes(out, ENTRY_ORIGIN, entry->origin);
    wire_add_uint(out, ENTRY_INDEX, entry->index);
    wire_add_uint(out, ENTRY_RECORDED_AT, (uint64_t)entry->recorded_at.ms);
    if (entry->has_cause) {
        add_citation(out, ENTRY_CAUSE, &entry->cause);
    }
    for (size_t i = 0; i < entry->seen_count; i++) {
        add_citation(out, ENTRY_SEEN, &entry->seen[i]);
    }
    if (entry->has_command) {
        add_command(out, &entry->command);
    }
    wire_add_uint(out, ENTRY_BODY_TYPE, entry->body_type);
    wire_add_bytes(out, ENTRY_BODY, entry->body);
}

/* Reading it back is the whole check: what we could not read, we never
 * write. */
static hl_err check_written(struct bytes raw, struct hl_detail *detail)
{
    struct entry entry;
    struct canonical_unknown unknown;
    hl_err err = entry_decode(raw, &entry, &unknown, detail);
    HL_ASSERT(err != HL_OK || !unknown.present);
    return err;
}

hl_err entry_encode(const struct entry *entry, struct writer *out,
                    struct hl_detail *detail)
{
    if (entry->seen_count > HL_ENTRY_SEEN_MAX) {
        return hl_fail(detail, HL_ELIMIT,
                       "Entry.seen has more than %d citations",
                       HL_ENTRY_SEEN_MAX);
    }
    if (entry->body.size > HL_ENTRY_MAX_BYTES) {
        return hl_fail(detail, HL_ELIMIT, "Entry.body of %zu bytes is over %d",
                       entry->body.size, HL_ENTRY_MAX_BYTES);
    }
    size_t start = out->size;
    add_entry(out, entry);
    size_t size = out->size - start;
    hl_err err =
        check_written(bytes_slice(writer_view(out), start, size), detail);
    if (err != HL_OK) {
        writer_shrink(out, size);
    }
    return err;
}

bool entry_body_critical(uint32_t body_type)
{
    return (body_type & 1u) != 0;
}

uint32_t entry_body_number(uint32_t body_type)
{
    return body_type >> 1;
}

uint32_t entry_body_type(uint32_t number, bool critical)
{
    HL_ASSERT(number <= UINT32_MAX >> 1);
    return number << 1 | (critical ? 1u : 0u);
}
