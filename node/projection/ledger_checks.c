/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/ledger_checks.h"

#include <string.h>

#include "node/projection/half.h"
#include "node/projection/joint_cross.h"

struct store_key ledger_party_key(enum ledger_party row, struct bytes of)
{
    struct store_key key = {0};
    key_u8(&key, voucher_record.number);
    key_u8(&key, (uint8_t)row);
    key_bytes(&key, of);
    return key;
}

/* --- Other orders. ------------------------------------------------------- */

static hl_err see(const struct tables *tables, const struct cross_other *other,
                  struct ledger_breaches *out, struct hl_detail *detail)
{
    struct half_state state = {0};
    struct ledger_cause *seen = &out->seen[out->seen_count];
    *seen = (struct ledger_cause){.has = true, .index = other->claim.index};
    memcpy(seen->leaf.bytes, other->claim.leaf.data, HL_HASH_BYTES);
    hl_err err = half_load(tables, other->number, 0, &state, detail);
    if (err == HL_OK && state.origin.size < sizeof(seen->origin)) {
        memcpy(seen->origin, state.origin.data, state.origin.size);
        out->seen_count++;
    }
    return err;
}

static hl_err check_invoice(const struct tables *tables,
                            const struct order_view *view,
                            struct ledger_breaches *out,
                            struct hl_detail *detail)
{
    const struct order *answer = &view->answer;
    struct cross_other other;
    bool found = false;
    hl_err err = HL_OK;
    if (answer->invoice_key != 0) {
        err = cross_invoice_other(
            tables, view->provider_number, &answer->of.key, answer->invoice_key,
            answer->invoice_print, &other, &found, detail);
    }
    if (err == HL_OK && !found && answer->former_key != 0) {
        err = cross_invoice_other(tables, view->provider_number,
                                  &answer->of.key, answer->former_key,
                                  answer->former_print, &other, &found, detail);
    }
    if (err == HL_OK && found) {
        out->checks |= order_check_bit(ORDER_CHECK_INVOICE);
        err = see(tables, &other, out, detail);
    }
    return err;
}

static hl_err check_machine(const struct tables *tables,
                            const struct order_view *view,
                            struct ledger_breaches *out,
                            struct hl_detail *detail)
{
    const struct order *answer = &view->answer;
    struct cross_other other;
    struct machine machine;
    struct hl_hash item;
    bool found = false;
    if (!machine_of_delivery(answer, &item, &machine)) {
        return HL_OK;
    }
    hl_err err = cross_machine_other(tables, &machine, &other, &found, detail);
    if (err == HL_OK && found) {
        out->checks |= order_check_bit(ORDER_CHECK_MACHINE);
        err = see(tables, &other, out, detail);
    }
    return err;
}

static hl_err
check_contract(struct store_txn *txn, const struct order_view *view,
               const struct voucher *voucher, const struct scheme *scheme,
               struct ledger_breaches *out, struct hl_detail *detail)
{
    const struct order *order = &view->order;
    struct contract contract;
    struct row row;
    bool found = false;
    if (order->of.price_fen >= scheme->split_below_fen) {
        return HL_OK;
    }
    contract = contract_of_order(order, voucher);
    hl_err err = ledger_find_row(txn, view->issuer_number, &contract_record,
                                 &contract, &row, &found, detail);
    if (err == HL_OK && found && contract_is_split(&contract)) {
        out->checks |= order_check_bit(ORDER_CHECK_SPLIT);
    }
    return err;
}

/* --- Who the holder is. -------------------------------------------------- */

static hl_err check_controller(struct store_txn *txn,
                               const struct order_place *of,
                               const struct voucher *voucher,
                               struct ledger_breaches *out,
                               struct hl_detail *detail)
{
    struct bytes token = {0};
    struct store_key key = ledger_party_key(LEDGER_PARTY_TOKEN, of->unit_id);
    if (!bytes_equal_text(of->unit_scheme, "uscc")) {
        return HL_OK;
    }
    hl_err err = store_get(txn, STORE_PRIVATE, key_view(&key), &token, detail);
    if (err == HL_OK && token.size > 0 &&
        (bytes_equal(token, voucher->of.holder) ||
         bytes_equal(token, voucher->of.controller))) {
        out->checks |= order_check_bit(ORDER_CHECK_CONTROLLER);
    }
    return err;
}

hl_err ledger_breaches(struct store_txn *txn, const struct order_view *view,
                       const struct voucher *voucher,
                       const struct scheme *scheme, struct ledger_breaches *out,
                       struct hl_detail *detail)
{
    struct tables tables;
    *out = (struct ledger_breaches){
        .checks = order_check_halves(&view->order, &view->answer, voucher)};
    hl_err err = tables_living(txn, &tables, detail);
    if (err == HL_OK) {
        err = check_invoice(&tables, view, out, detail);
    }
    if (err == HL_OK) {
        err = check_machine(&tables, view, out, detail);
    }
    if (err == HL_OK) {
        err = check_contract(txn, view, voucher, scheme, out, detail);
    }
    return err == HL_OK
               ? check_controller(txn, &view->order.of, voucher, out, detail)
               : err;
}
