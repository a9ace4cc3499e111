/* SPDX-License-Identifier: Apache-2.0 */
#include "federation/message/message.h"

#include "federation/message/layout.h"
#include "heluo/v1/sync.pb-c.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/canonical.h"

/* In sync.proto a kind's member of the oneof has the number kind + 1. */
_Static_assert(HELUO__V1__SYNC_MESSAGE__KIND_HELLO == SYNC_HELLO + 1 &&
                   HELUO__V1__SYNC_MESSAGE__KIND_SEGMENT == SYNC_SEGMENT + 1 &&
                   HELUO__V1__SYNC_MESSAGE__KIND_BLOB_PART ==
                       SYNC_BLOB_PART + 1 &&
                   SYNC_BLOB_PART + 1 == SYNC_KIND_COUNT,
               "kinds stand in the order of sync.proto");

static uint32_t number_of(enum sync_kind kind)
{
    return (uint32_t)kind + 1;
}

static hl_err encode_fields(const struct sync_message *message,
                            struct writer *out)
{
    const struct layout *layout = layout_of(message->kind);
    hl_err err = layout_validate(layout, message);
    if (err != HL_OK) {
        return err;
    }
    size_t size = layout_size(layout, message);
    if (1 + wire_varint_size(size) + size > SYNC_MESSAGE_MAX_BYTES) {
        return HL_ELIMIT;
    }
    wire_add_message(out, number_of(message->kind), size);
    layout_add(layout, message, out);
    return HL_OK;
}

hl_err sync_encode(struct segment_codec *codec,
                   const struct sync_message *message, bool want_deflate,
                   struct writer *out)
{
    HL_ASSERT((unsigned)message->kind < SYNC_KIND_COUNT);
    if (message->kind == SYNC_SEGMENT) {
        return segment_add(codec, &message->segment, want_deflate,
                           number_of(SYNC_SEGMENT), out);
    }
    return encode_fields(message, out);
}

/* The member of the oneof that is there. */
static hl_err find_kind(struct bytes raw,
                        const struct canonical_unknown *unknown,
                        struct wire_field *member, struct hl_detail *detail)
{
    struct wire_field fields[SYNC_KIND_COUNT + 1];
    wire_collect(raw, 0, fields, SYNC_KIND_COUNT + 1);
    for (size_t i = 1; i <= SYNC_KIND_COUNT; i++) {
        if (fields[i].number != 0) {
            *member = fields[i];
            return HL_OK;
        }
    }
    if (unknown->present) {
        return hl_fail_at(detail, unknown->offset, HL_EUNSUPPORTED,
                          "SyncMessage field %u is of no kind known here",
                          unknown->number);
    }
    return hl_fail_at(detail, 0, HL_EMALFORMED, "SyncMessage is of no kind");
}

static hl_err decode_member(struct segment_codec *codec,
                            const struct wire_field *member,
                            struct sync_message *out, struct hl_detail *detail)
{
    if (out->kind == SYNC_SEGMENT) {
        return segment_read(codec, member->bytes, member->content,
                            &out->segment, detail);
    }
    return layout_read(layout_of(out->kind), member->bytes, member->content,
                       out, detail);
}

hl_err sync_decode(struct segment_codec *codec, struct bytes raw,
                   struct sync_message *out, struct hl_detail *detail)
{
    if (raw.size > SYNC_MESSAGE_MAX_BYTES) {
        return hl_fail(detail, HL_ELIMIT, "message of %zu bytes is over %d",
                       raw.size, SYNC_MESSAGE_MAX_BYTES);
    }
    struct canonical_unknown unknown;
    struct wire_field member = {0};
    hl_err err = canonical_check(raw, &heluo__v1__sync_message__descriptor,
                                 &unknown, detail);
    if (err == HL_OK) {
        err = find_kind(raw, &unknown, &member, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    struct sync_message message = {.kind = (enum sync_kind)(member.number - 1)};
    err = decode_member(codec, &member, &message, detail);
    if (err == HL_OK) {
        *out = message;
    }
    return err;
}
