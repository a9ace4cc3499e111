/* SPDX-License-Identifier: Apache-2.0 */
#include "node/reactor/voucher_reactor.h"

#include "heluo/v1/voucher.pb-c.h"
#include "node/reactor/reactor_inside.h"

bool voucher_reactor_concerns(struct bytes name)
{
    return name.size > 0 && name.data[0] == voucher_record.number;
}

hl_err voucher_reactor_answer(const struct reactor_view *view,
                              struct bytes name, struct proposal *out,
                              struct hl_detail *detail)
{
    struct row row;
    bool found = false;
    struct voucher voucher;
    if (view->facts->time_is_unsure) {
        return HL_OK;
    }
    hl_err err = projection_get(view->txn, &voucher_record, view->number,
                                bytes_slice(name, 1, name.size - 1), &row,
                                &found, detail);
    if (err != HL_OK || !found) {
        return err;
    }
    record_decode(&voucher_record, row.record, &voucher);
    struct voucher_ended ended = {
        .id = voucher.of.id,
        .how = HELUO__V1__VOUCHER_END__VOUCHER_END_EXPIRED,
    };
    return reactor_propose(view, VOUCHER_BODY_END, &ended, NULL, out, detail);
}

hl_err voucher_reactor_next(const struct reactor_view *view,
                            struct writer *position, struct writer *name,
                            bool *found, struct hl_detail *detail)
{
    struct due due;
    if (view->facts->time_is_unsure) {
        *found = false;
        return HL_OK;
    }
    hl_err err = ledger_next_due(view->txn, view->number, view->now, position,
                                 &due, found, detail);
    if (err == HL_OK && *found) {
        struct voucher voucher = {.of = {.id = due.voucher}};
        writer_clear(name);
        writer_u8(name, voucher_record.number);
        record_key(&voucher_record, &voucher, name);
    }
    return err;
}
