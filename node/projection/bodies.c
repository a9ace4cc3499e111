/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/bodies.h"

#include "heluo/v1/entry.pb-c.h"
#include "node/catalogue/demand.h"
#include "node/catalogue/home.h"
#include "node/catalogue/instrument.h"
#include "node/catalogue/service_item.h"
#include "node/catalogue/unit.h"
#include "node/ledger/account.h"
#include "node/ledger/blob_entry.h"
#include "node/ledger/cycle.h"
#include "node/ledger/scheme.h"
#include "node/ledger/voucher.h"
#include "node/projection/conduct.h"
#include "node/projection/effect.h"
#include "node/projection/effect_blob.h"
#include "node/projection/effect_ledger.h"
#include "node/projection/joint_cross.h"
#include "protocol/base/reader.h"

#define HOMED(kind, KIND)                                                      \
    {KIND##_BODY_PUT,  false,          &kind##_record,                         \
     effect_put_homed, &kind##_record, 0},                                     \
    {                                                                          \
        KIND##_BODY_RETIRE, false, &kind##_retiring, effect_retire,            \
            &kind##_record, offsetof(struct homed_retire, reason)              \
    }

static const struct body_type types[] = {
    {UNIT_BODY_PUT, false, &unit_record, effect_put, &unit_record, 0},
    {UNIT_BODY_RETIRE, false, &unit_retiring, effect_retire, &unit_record,
     offsetof(struct unit_retire, reason)},
    {CONDUCT_BODY_RULES, true, &rules_activating, effect_activate_rules, NULL,
     0},
    {CONDUCT_BODY_KEY, true, &key_rotate_record, effect_rotate_key,
     &key_rotate_record, 0},
    HOMED(instrument, INSTRUMENT),
    HOMED(service_item, SERVICE_ITEM),
    HOMED(demand, DEMAND),
    {HOME_BODY_RELEASE, true, &home_releasing, effect_release, NULL, 0},
    {HOME_BODY_REFUSE, true, &home_refusing, effect_refuse_home, NULL, 0},
    {HOME_BODY_RESUME, true, &home_resuming, effect_resume, NULL, 0},
    {SCHEME_BODY_PUT, true, &scheme_record, effect_ledger, &scheme_record, 0},
    {VOUCHER_BODY_ISSUE, true, &voucher_issuing, effect_ledger, &voucher_record,
     0},
    {VOUCHER_BODY_END, true, &voucher_ending, effect_ledger, &voucher_record,
     0},
    {ORDER_BODY_PLACE, true, &order_placing, effect_ledger, &order_record, 0},
    {ORDER_BODY_ACCEPT, true, &order_accepting, effect_ledger, &order_record,
     0},
    {ORDER_BODY_DECLINE, true, &order_declining, effect_ledger, &order_record,
     0},
    {ORDER_BODY_DELIVER, true, &order_delivering, effect_ledger, &order_record,
     0},
    {ORDER_BODY_RELEASE, true, &order_releasing, effect_ledger, &order_record,
     0},
    {ORDER_BODY_CAPTURE, true, &order_capturing, effect_ledger, &order_record,
     0},
    {ORDER_BODY_DENY, true, &order_denying, effect_ledger, &order_record, 0},
    {ORDER_BODY_DISPUTE, true, &order_disputing, effect_ledger, &order_record,
     0},
    {ORDER_BODY_RESOLVE, true, &order_resolving, effect_ledger, &order_record,
     0},
    {ORDER_BODY_CONFIRM, true, &order_confirming, effect_ledger, &order_record,
     0},
    {ORDER_BODY_CANCEL, true, &order_cancelling, effect_ledger, &order_record,
     0},
    {ORDER_BODY_ADJUST, true, &order_adjusting, effect_ledger, &order_record,
     0},
    {ORDER_BODY_REVIEW, false, &order_reviewing, effect_ledger, &order_record,
     0},
    {LEDGER_BODY_REFUSED, false, &command_refusing, effect_nothing, NULL, 0},
    {ORDER_BODY_WAIT, true, &order_waiting, effect_ledger, &order_record, 0},
    {ORDER_BODY_REQUEST, true, &order_requesting, effect_ledger, &order_record,
     0},
    {ORDER_BODY_HOLD_DENY, true, &order_hold_denying, effect_ledger,
     &order_record, 0},
    {ORDER_BODY_ALLOT, true, &order_allotting, effect_ledger, &order_record, 0},
    {ORDER_BODY_SPEND, true, &order_spending, effect_ledger, &order_record, 0},
    {ORDER_BODY_CLOSE, true, &order_closing, effect_ledger, &order_record, 0},
    {ORDER_BODY_RETURN, true, &order_returning, effect_ledger, &order_record,
     0},
    {BLOB_BODY_PUT, false, &blob_record, effect_blob_put, &blob_record, 0},
    {BLOB_BODY_ERASE, false, &blob_erasing, effect_blob_erase, &blob_record, 0},
    {CYCLE_BODY_PROPOSAL, true, &cycle_proposing, effect_ledger, &cycle_record,
     0},
    {CYCLE_BODY_APPROVAL, true, &cycle_approving, effect_ledger, &cycle_record,
     0},
    {CYCLE_BODY_REJECTION, true, &cycle_rejecting, effect_ledger, &cycle_record,
     0},
    {CYCLE_BODY_FINAL, true, &cycle_finishing, effect_ledger, &cycle_record, 0},
    {CYCLE_BODY_ABORT, true, &cycle_aborting, effect_ledger, &cycle_record, 0},
    {PAYMENT_BODY_SENT, true, &payment_sending, effect_ledger, &transfer_record,
     0},
    {PAYMENT_BODY_RECEIVED, true, &payment_receiving, effect_ledger,
     &transfer_record, 0},
};

#define MOVES(kind)                                                            \
    {                                                                          \
        &kind##_record, true, false,                                           \
            {FINDING_UNRELEASED_TAKE, FINDING_RESUMED_TAKEN,                   \
             FINDING_RECORD_IN_TWO_HOMES},                                     \
            joint_judge_home                                                   \
    }

static const struct joint_rule joints[] = {
    {&unit_record, false, false, {FINDING_UNIT_IN_TWO_HOMES}, joint_judge_unit},
    MOVES(instrument),
    MOVES(service_item),
    MOVES(demand),
    {&order_record,
     false,
     true,
     {FINDING_ANSWER_UNFOUNDED, FINDING_RESOLUTION_UNFOUNDED,
      FINDING_GRANT_UNFOUNDED, FINDING_DELIVERY_BREAKS_RULE},
     joint_judge_order},
    {&invoice_record,
     false,
     true,
     {FINDING_INVOICE_TWICE},
     joint_judge_invoice},
    {&machine_record,
     false,
     true,
     {FINDING_MACHINE_TWICE},
     joint_judge_machine},
    {&contract_record,
     false,
     true,
     {FINDING_CONTRACT_SPLIT},
     joint_judge_contract},
    {&spend_record,
     false,
     true,
     {FINDING_DELIVERY_BREAKS_RULE},
     joint_judge_spend},
    {&cycle_record,
     false,
     true,
     {FINDING_CYCLE_ANSWER_UNFOUNDED, FINDING_APPROVAL_OVERLAPS,
      FINDING_FINAL_UNFOUNDED},
     joint_judge_cycle},
    {&transfer_record,
     false,
     true,
     {FINDING_PAYMENT_UNFOUNDED},
     joint_judge_transfer},
};

const struct body_table program_bodies = {
    .types = types,
    .count = sizeof(types) / sizeof(types[0]),
    .rules_max = CONDUCT_RULES_MAX,
    .joints = joints,
    .joint_count = sizeof(joints) / sizeof(joints[0]),
};

const struct body_type *bodies_find(const struct body_table *table,
                                    uint32_t number)
{
    for (size_t i = 0; i < table->count; i++) {
        if (table->types[i].number == number) {
            return &table->types[i];
        }
    }
    return NULL;
}

const struct record_type *bodies_row(const struct body_table *table,
                                     uint8_t type_number)
{
    static const struct record_type *const others[] = {
        &home_release_record,   &home_answer_record, &budget_record,
        &account_record,        &usage_record,       &due_record,
        &obligation_record,     &watermark_record,   &invoice_record,
        &machine_record,        &contract_record,    &spend_record,
        &cycle_standing_record, &payment_record};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (others[i]->number == type_number) {
            return others[i];
        }
    }
    for (size_t i = 0; i < table->count; i++) {
        const struct record_type *row = table->types[i].row;
        if (row != NULL && row->number == type_number) {
            return row;
        }
    }
    return NULL;
}

const struct joint_rule *bodies_joint(const struct body_table *table,
                                      uint8_t type_number)
{
    for (size_t i = 0; i < table->joint_count; i++) {
        if (table->joints[i].type->number == type_number) {
            return &table->joints[i];
        }
    }
    return NULL;
}

static void write_schema(const ProtobufCMessageDescriptor *schema,
                         struct writer *out)
{
    writer_u32(out, schema->n_fields);
    for (unsigned i = 0; i < schema->n_fields; i++) {
        writer_u32(out, schema->fields[i].id);
    }
}

uint64_t bodies_knowledge(const struct body_table *table)
{
    struct writer all = {0};
    writer_u64(&all, table->rules_max);
    write_schema(&heluo__v1__entry__descriptor, &all);
    write_schema(&heluo__v1__citation__descriptor, &all);
    write_schema(&heluo__v1__command__descriptor, &all);
    for (size_t i = 0; i < table->count; i++) {
        writer_u32(&all, table->types[i].number);
        write_schema(table->types[i].type->schema, &all);
    }
    struct hl_hash hash = hash_bytes(writer_view(&all));
    writer_fini(&all);
    struct reader reader;
    reader_init(&reader, bytes_of(hash.bytes, HL_HASH_BYTES));
    return reader_u64(&reader);
}
