/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/effect_cross.h"

#include "node/projection/joint_cross.h"
#include "node/projection/row.h"

/* A row, as the half has it; its texts are copied into `room`. */
struct found {
    struct store_key key;
    bool there;
    uint64_t first_index;
    struct writer room;
};

static hl_err find(const struct effect *effect, const struct record_type *type,
                   void *record, struct found *out, struct hl_detail *detail)
{
    struct writer key = {0};
    struct row row;
    uint32_t number = effect->half->number;
    record_key(type, record, &key);
    out->key = row_key(number, type, writer_view(&key));
    writer_fini(&key);
    hl_err err = row_get(&effect->projection->tables, &out->key, number, &row,
                         &out->there, detail);
    out->first_index = effect->index;
    if (err == HL_OK && out->there) {
        out->first_index = row.first_index;
        writer_bytes(&out->room, row.record);
        record_decode(type, writer_view(&out->room), record);
    }
    return err;
}

/* What other halves have of that name is looked at beside it. */
static hl_err keep(struct effect *effect, const struct record_type *type,
                   const void *record, const struct found *found,
                   struct hl_detail *detail)
{
    struct writer bytes = {0};
    record_encode(type, record, &bytes);
    struct row row = {
        .first_index = found->first_index,
        .index = effect->index,
        .recorded_at = effect->entry->recorded_at,
        .record = writer_view(&bytes),
    };
    hl_err err = effect_write_row(effect, &found->key, &row, detail);
    writer_fini(&bytes);
    return err == HL_OK && !found->there
               ? joint_add(&effect->projection->tables, effect->half->number,
                           row_name(key_view(&found->key)), detail)
               : err;
}

/* --- Invoices. ----------------------------------------------------------- */

static hl_err claim_invoice(struct effect *effect, uint64_t key,
                            struct bytes print, const struct cross_claim *claim,
                            struct hl_detail *detail)
{
    struct invoice invoice = {.key = key, .print = print};
    struct found found = {0};
    if (key == 0) {
        return HL_OK;
    }
    hl_err err = find(effect, &invoice_record, &invoice, &found, detail);
    if (err == HL_OK) {
        invoice.first = found.there ? invoice.first : *claim;
        invoice.last = *claim;
        invoice.count++;
        err = keep(effect, &invoice_record, &invoice, &found, detail);
    }
    writer_fini(&found.room);
    return err;
}

/* --- Machines. ----------------------------------------------------------- */

static bool mark(void *context, struct bytes name, uint32_t number)
{
    (void)number;
    frame_joint_changed(context, name);
    return true;
}

static hl_err use_machine(struct effect *effect, const struct machine *machine,
                          struct hl_detail *detail)
{
    struct machine read = *machine;
    struct found found = {0};
    hl_err err = find(effect, &machine_record, &read, &found, detail);
    if (err == HL_OK) {
        err = keep(effect, &machine_record, machine, &found, detail);
    }
    if (err == HL_OK) {
        err = cross_neighbours(&effect->projection->tables,
                               row_name(key_view(&found.key)), machine, mark,
                               effect->projection, detail);
    }
    writer_fini(&found.room);
    return err;
}

static hl_err drop_machine(struct projection *projection, uint32_t number,
                           struct bytes name, struct hl_detail *detail)
{
    struct store_key key = {0};
    struct machine machine = {0};
    struct row row;
    bool found = false;
    key_u32(&key, number);
    key_bytes(&key, name);
    hl_err err =
        row_get(&projection->tables, &key, number, &row, &found, detail);
    if (err == HL_EDAMAGED) {
        return HL_OK; /* whose it was is not known any more */
    }
    if (err == HL_OK && found) {
        record_decode(&machine_record, row.record, &machine);
        err = cross_neighbours(&projection->tables, name, &machine, mark,
                               projection, detail);
    }
    return err;
}

/* --- Spends. ------------------------------------------------------------- */

static hl_err note_spend(struct effect *effect, const struct order *answer,
                         struct hl_detail *detail)
{
    struct spend spend = spend_of_answer(answer);
    struct found found = {0};
    hl_err err = find(effect, &spend_record, &spend, &found, detail);
    if (err == HL_OK) {
        err = keep(effect, &spend_record, &spend, &found, detail);
    }
    writer_fini(&found.room);
    return err;
}

/* Marks all spends of the order of that key, with which theirs begin, in any
 * half. */
static hl_err mark_spends(struct projection *projection, struct bytes key,
                          struct hl_detail *detail)
{
    struct store_key prefix = {0};
    struct store_cursor *cursor = NULL;
    struct store_row next = {0};
    key_u8(&prefix, spend_record.number);
    key_bytes(&prefix, key);
    size_t size = prefix.size + sizeof(uint64_t); /* with the spend's index */
    hl_err err =
        tables_cursor(&projection->tables, STORE_JOINT, &cursor, detail);
    if (err == HL_OK) {
        err = store_seek(cursor, key_view(&prefix), &next, detail);
    }
    while (err == HL_OK && next.key.data != NULL &&
           bytes_begin_with(next.key, key_view(&prefix))) {
        frame_joint_changed(projection, bytes_slice(next.key, 0, size));
        err = store_next(cursor, &next, detail);
    }
    store_cursor_close(&cursor);
    return err;
}

hl_err effect_cross_allot(struct effect *effect, const struct order *allotted,
                          struct hl_detail *detail)
{
    struct writer key = {0};
    record_key(&order_record, allotted, &key);
    hl_err err = mark_spends(effect->projection, writer_view(&key), detail);
    writer_fini(&key);
    return err;
}

/* --- Forgetting. --------------------------------------------------------- */

hl_err cross_drop_row(struct projection *projection, uint32_t number,
                      struct bytes name, struct hl_detail *detail)
{
    uint8_t type = name.size == 0 ? 0 : name.data[0];
    if (type == machine_record.number) {
        return drop_machine(projection, number, name, detail);
    }
    return type == order_record.number
               ? mark_spends(projection, bytes_slice(name, 1, name.size - 1),
                             detail)
               : HL_OK;
}

hl_err effect_cross_deliver(struct effect *effect, const struct order *answer,
                            struct hl_detail *detail)
{
    struct cross_claim claim = {answer->of.key, answer->answer_index,
                                answer->answer_leaf};
    struct hl_hash item;
    struct machine machine;
    hl_err err = answer->answer == ANSWER_SPENT
                     ? note_spend(effect, answer, detail)
                     : HL_OK;
    if (err == HL_OK) {
        err = claim_invoice(effect, answer->invoice_key, answer->invoice_print,
                            &claim, detail);
    }
    if (err == HL_OK) {
        err = claim_invoice(effect, answer->former_key, answer->former_print,
                            &claim, detail);
    }
    if (err != HL_OK || !machine_of_delivery(answer, &item, &machine)) {
        return err;
    }
    machine.claim = claim;
    return use_machine(effect, &machine, detail);
}

/* --- Contracts. ---------------------------------------------------------- */

hl_err effect_cross_contract(struct effect *effect, const struct order *order,
                             const struct voucher *voucher,
                             const struct scheme *scheme, bool counts,
                             struct hl_detail *detail)
{
    uint64_t price = order->of.price_fen;
    struct contract contract = contract_of_order(order, voucher);
    struct found found = {0};
    if (price >= scheme->split_below_fen) {
        return HL_OK;
    }
    hl_err err = find(effect, &contract_record, &contract, &found, detail);
    if (err == HL_OK && counts) {
        uint64_t room = UINT64_MAX - contract.price_fen;
        contract.orders++;
        contract.price_fen += price < room ? price : room;
        contract.below_fen = scheme->split_below_fen;
    } else if (err == HL_OK) {
        contract.orders -= contract.orders > 0 ? 1 : 0;
        contract.price_fen -=
            price < contract.price_fen ? price : contract.price_fen;
    }
    if (err == HL_OK) {
        err = keep(effect, &contract_record, &contract, &found, detail);
    }
    writer_fini(&found.room);
    return err;
}
