/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "heluo/v1/blob.pb-c.h"
#include "heluo/v1/catalogue.pb-c.h"
#include "heluo/v1/conduct.pb-c.h"
#include "heluo/v1/cycle.pb-c.h"
#include "heluo/v1/home.pb-c.h"
#include "heluo/v1/order.pb-c.h"
#include "heluo/v1/scheme.pb-c.h"
#include "heluo/v1/voucher.pb-c.h"
#include "node/cli/cmd_journal.h"
#include "node/cli/message_json.h"
#include "node/cli/term.h"
#include "protocol/tree/merkle.h"

/* The bodies that we know, by their numbers. */
static const struct {
    uint32_t number;
    const ProtobufCMessageDescriptor *schema;
} bodies[] = {
    {1, &heluo__v1__unit_record__descriptor},
    {2, &heluo__v1__unit_retire__descriptor},
    {3, &heluo__v1__rules_activate__descriptor},
    {4, &heluo__v1__key_rotate__descriptor},
    {5, &heluo__v1__instrument_record__descriptor},
    {6, &heluo__v1__instrument_retire__descriptor},
    {7, &heluo__v1__service_item_record__descriptor},
    {8, &heluo__v1__service_item_retire__descriptor},
    {9, &heluo__v1__demand_record__descriptor},
    {10, &heluo__v1__demand_retire__descriptor},
    {11, &heluo__v1__home_release__descriptor},
    {12, &heluo__v1__home_refuse__descriptor},
    {13, &heluo__v1__home_resume__descriptor},
    {20, &heluo__v1__scheme_put__descriptor},
    {21, &heluo__v1__voucher_issue__descriptor},
    {22, &heluo__v1__voucher_ended__descriptor},
    {23, &heluo__v1__order_place__descriptor},
    {24, &heluo__v1__order_accept__descriptor},
    {25, &heluo__v1__order_decline__descriptor},
    {26, &heluo__v1__order_deliver__descriptor},
    {27, &heluo__v1__hold_release__descriptor},
    {28, &heluo__v1__capture__descriptor},
    {29, &heluo__v1__capture_deny__descriptor},
    {30, &heluo__v1__order_dispute__descriptor},
    {31, &heluo__v1__dispute_resolve__descriptor},
    {32, &heluo__v1__holder_confirm__descriptor},
    {33, &heluo__v1__order_cancel__descriptor},
    {34, &heluo__v1__adjustment__descriptor},
    {35, &heluo__v1__order_review__descriptor},
    {36, &heluo__v1__command_refused__descriptor},
    {37, &heluo__v1__capture_wait__descriptor},
    {38, &heluo__v1__hold_request__descriptor},
    {39, &heluo__v1__hold_deny__descriptor},
    {40, &heluo__v1__blob_put__descriptor},
    {41, &heluo__v1__blob_erase__descriptor},
    {42, &heluo__v1__allot__descriptor},
    {43, &heluo__v1__allot_spend__descriptor},
    {44, &heluo__v1__allot_close__descriptor},
    {45, &heluo__v1__allot_return__descriptor},
    {46, &heluo__v1__cycle_proposal__descriptor},
    {47, &heluo__v1__cycle_approval__descriptor},
    {48, &heluo__v1__cycle_rejection__descriptor},
    {49, &heluo__v1__cycle_final__descriptor},
    {50, &heluo__v1__cycle_abort__descriptor},
    {51, &heluo__v1__payment_sent__descriptor},
    {52, &heluo__v1__payment_received__descriptor},
};

static void set_hex(json_t *object, const char *name, struct bytes data)
{
    struct writer hex = {0};
    term_hex(data, &hex);
    json_object_set_new(object, name,
                        json_stringn((const char *)hex.data, hex.size));
    writer_fini(&hex);
}

static void set_bytes_text(json_t *object, const char *name, struct bytes text)
{
    json_object_set_new(object, name,
                        json_stringn((const char *)text.data, text.size));
}

static void set_number(json_t *object, const char *name, uint64_t number)
{
    json_object_set_new(object, name, json_integer((json_int_t)number));
}

static const ProtobufCMessageDescriptor *schema_of(uint32_t number)
{
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        if (bodies[i].number == number) {
            return bodies[i].schema;
        }
    }
    return NULL;
}

/* By its schema where it has one and keeps to it; else as it is. */
static void set_body(json_t *object, const struct entry *entry)
{
    const ProtobufCMessageDescriptor *schema =
        schema_of(entry_body_number(entry->body_type));
    struct canonical_unknown unknown;
    ProtobufCMessage *body = NULL;
    if (schema != NULL &&
        canonical_check(entry->body, schema, &unknown, NULL) == HL_OK) {
        body = protobuf_c_message_unpack(schema, NULL, entry->body.size,
                                         entry->body.data);
    }
    if (body == NULL) {
        set_hex(object, "body_hex", entry->body);
        return;
    }
    json_object_set_new(object, "body_kind", json_string(schema->short_name));
    json_object_set_new(object, "body", message_json(body));
    protobuf_c_message_free_unpacked(body, NULL);
}

static json_t *citation_json(const struct citation *citation)
{
    json_t *object = json_object();
    set_bytes_text(object, "origin", citation->origin);
    set_number(object, "index", citation->index);
    set_hex(object, "leaf_hash", bytes_of(citation->leaf.bytes, HL_HASH_BYTES));
    return object;
}

static void set_references(json_t *object, const struct entry *entry)
{
    if (entry->has_cause) {
        json_object_set_new(object, "cause", citation_json(&entry->cause));
    }
    if (entry->seen_count > 0) {
        json_t *seen = json_array();
        for (size_t i = 0; i < entry->seen_count; i++) {
            json_array_append_new(seen, citation_json(&entry->seen[i]));
        }
        json_object_set_new(object, "seen", seen);
    }
    if (entry->has_command) {
        set_hex(object, "command_id",
                bytes_of(entry->command.id, HL_COMMAND_ID_BYTES));
        set_hex(object, "caller_hash",
                bytes_of(entry->command.caller.bytes, HL_HASH_BYTES));
    }
}

json_t *entry_json(uint64_t index, struct bytes raw)
{
    struct entry entry;
    struct canonical_unknown unknown;
    struct hl_detail detail = {0};
    struct hl_hash leaf = merkle_leaf(raw);
    json_t *object = json_object();
    set_number(object, "index", index);
    set_hex(object, "leaf_hash", bytes_of(leaf.bytes, HL_HASH_BYTES));
    set_number(object, "entry_bytes", raw.size);
    hl_err err = entry_decode(raw, &entry, &unknown, &detail);
    if (err != HL_OK || unknown.present) {
        json_object_set_new(object, "error",
                            json_string(err == HL_OK
                                            ? "written by a later version"
                                            : hl_err_name(err)));
        set_hex(object, "entry_hex", raw);
        return object;
    }
    char when[WALL_TEXT_BYTES];
    wall_format(entry.recorded_at, when);
    set_bytes_text(object, "origin", entry.origin);
    json_object_set_new(object, "recorded_at", json_string(when));
    set_number(object, "body_number", entry_body_number(entry.body_type));
    json_object_set_new(object, "critical",
                        json_boolean(entry_body_critical(entry.body_type)));
    set_references(object, &entry);
    set_body(object, &entry);
    return object;
}

void entry_print(const json_t *entry, FILE *out)
{
    json_t *rest = json_copy((json_t *)(uintptr_t)entry);
    fprintf(out, "entry %" JSON_INTEGER_FORMAT "\n",
            json_integer_value(json_object_get(entry, "index")));
    json_object_del(rest, "index");
    message_json_print(rest, 2, out);
    json_decref(rest);
}
