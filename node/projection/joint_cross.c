/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/joint_cross.h"

#include <inttypes.h>
#include <stdio.h>

#include "node/projection/row.h"
#include "protocol/base/reader.h"

/* --- Texts. -------------------------------------------------------------- */

enum { SUBJECT_BYTES = 128, MEMBER_TAIL_BYTES = 5 };

static void describe(const struct order_key *key, char out[SUBJECT_BYTES])
{
    int size = snprintf(out, SUBJECT_BYTES, "%.*s/", BYTES_ARGS(key->begun_at));
    for (size_t i = 0; i < key->id.size; i++) {
        size += snprintf(out + size, SUBJECT_BYTES - (size_t)size, "%02x",
                         key->id.data[i]);
    }
}

/* Ends both texts, and takes them. */
static void report(const struct joint_case *of,
                   const struct joint_member *member, enum finding_kind kind,
                   uint64_t index, const char *subject, struct writer *en,
                   struct writer *zh)
{
    writer_u8(en, 0);
    writer_u8(zh, 0);
    struct finding_text text = {index, subject, (const char *)en->data,
                                (const char *)zh->data};
    joint_report(of->findings, member, kind, &text);
    writer_fini(en);
    writer_fini(zh);
}

/* --- Invoices. ----------------------------------------------------------- */

static void report_invoice(const struct joint_case *of,
                           const struct joint_member *member,
                           const struct invoice *own,
                           const struct joint_member *other,
                           const struct cross_claim *claim)
{
    char subject[SUBJECT_BYTES], second[SUBJECT_BYTES];
    struct writer en = {0}, zh = {0};
    describe(&own->last.of, subject);
    describe(&claim->of, second);
    writer_format(&en,
                  "order %s: entry %" PRIu64
                  " claims an invoice that entry %" PRIu64
                  " of %.*s claims for order %s, too",
                  subject, own->last.index, claim->index,
                  BYTES_ARGS(other->origin), second);
    writer_format(&zh,
                  "订单 %s：第 %" PRIu64 " 号条目所用发票，%.*s 的第 %" PRIu64
                  " 号条目已用于订单 %s",
                  subject, own->last.index, BYTES_ARGS(other->origin),
                  claim->index, second);
    report(of, member, FINDING_INVOICE_TWICE, own->last.index, subject, &en,
           &zh);
}

hl_err joint_judge_invoice(const struct joint_case *of,
                           struct hl_detail *detail)
{
    (void)detail;
    const struct joint_members *members = of->members;
    for (size_t i = 0; i < members->count; i++) {
        const struct joint_member *member = &members->items[i];
        const struct joint_member *other = &members->items[i == 0 ? 1 : 0];
        struct invoice own, second;
        record_decode(&invoice_record, member->row.record, &own);
        if (members->count > 1) {
            record_decode(&invoice_record, other->row.record, &second);
            report_invoice(of, member, &own, other, &second.first);
        } else if (own.count > 1) {
            report_invoice(of, member, &own, member, &own.first);
        }
    }
    return HL_OK;
}

static bool take_other(const struct invoice *invoice, bool same_half,
                       const struct order_key *of, struct cross_claim *out)
{
    if (!same_half || !order_key_equal(&invoice->first.of, of)) {
        *out = invoice->first;
        return true;
    }
    *out = invoice->last;
    return !order_key_equal(&invoice->last.of, of);
}

hl_err cross_invoice_other(const struct tables *tables, uint32_t number,
                           const struct order_key *of, uint64_t key,
                           struct bytes print, struct cross_other *out,
                           bool *found, struct hl_detail *detail)
{
    struct invoice invoice = {.key = key, .print = print};
    struct writer of_key = {0};
    struct store_key prefix = {0}, at = {0};
    struct store_row next = {0};
    struct store_cursor *cursor = NULL;
    *found = false;
    record_key(&invoice_record, &invoice, &of_key);
    key_u8(&prefix, invoice_record.number);
    key_bytes(&prefix, writer_view(&of_key));
    key_u8(&prefix, 1);
    hl_err err = tables_cursor(tables, STORE_JOINT, &cursor, detail);
    if (err == HL_OK) {
        err = store_seek(cursor, key_view(&prefix), &next, detail);
    }
    while (err == HL_OK && !*found && next.key.data != NULL &&
           bytes_begin_with(next.key, key_view(&prefix))) {
        struct reader reader;
        struct row row;
        bool there = false;
        reader_init(&reader, next.key);
        reader_bytes(&reader, prefix.size);
        uint32_t half = reader_u32(&reader);
        at = row_key(half, &invoice_record, writer_view(&of_key));
        err = row_get(tables, &at, half, &row, &there, detail);
        if (err == HL_OK && there) {
            record_decode(&invoice_record, row.record, &invoice);
            out->number = half;
            *found = take_other(&invoice, half == number, of, &out->claim);
        }
        if (err == HL_OK && !*found) {
            err = store_next(cursor, &next, detail);
        }
    }
    store_cursor_close(&cursor);
    writer_fini(&of_key);
    return err;
}

/* --- Machines. ----------------------------------------------------------- */

/* Of a key in STORE_JOINT: a member's ends in 1 and the half's number, and has
 * no value. */
static bool read_member(const struct store_row *row, struct bytes *name,
                        uint32_t *number)
{
    struct reader reader;
    if (row->value.size > 0 || row->key.size <= MEMBER_TAIL_BYTES) {
        return false;
    }
    reader_init(&reader, row->key);
    *name = reader_bytes(&reader, row->key.size - MEMBER_TAIL_BYTES);
    reader_u8(&reader);
    *number = reader_u32(&reader);
    return true;
}

struct walk {
    struct store_cursor *cursor;
    struct store_key prefix; /* of all uses of that instrument */
    bool (*visit)(void *context, struct bytes name, uint32_t number);
    void *context;
    bool goes_on;
};

/* From `row` on, in one direction; each name once. */
static hl_err walk(struct walk *walk, struct store_row *row, bool forward,
                   struct hl_detail *detail)
{
    struct writer last = {0};
    size_t count = 0;
    hl_err err = HL_OK;
    while (err == HL_OK && walk->goes_on && row->key.data != NULL &&
           bytes_begin_with(row->key, key_view(&walk->prefix))) {
        struct bytes name;
        uint32_t number = 0;
        if (read_member(row, &name, &number) &&
            !bytes_equal(name, writer_view(&last))) {
            if (count == CROSS_NEIGHBOURS) {
                break;
            }
            count++;
            writer_clear(&last);
            writer_bytes(&last, name);
            walk->goes_on = walk->visit(walk->context, name, number);
        }
        err = forward ? store_next(walk->cursor, row, detail)
                      : store_previous(walk->cursor, row, detail);
    }
    writer_fini(&last);
    return err;
}

hl_err cross_neighbours(const struct tables *tables, struct bytes name,
                        const struct machine *machine,
                        bool (*visit)(void *context, struct bytes name,
                                      uint32_t number),
                        void *context, struct hl_detail *detail)
{
    struct walk of = {.visit = visit, .context = context, .goes_on = true};
    struct writer item = {0};
    struct store_key behind = {0};
    struct store_row row = {0};
    record_key(&machine_item_record, machine, &item);
    key_u8(&of.prefix, machine_record.number);
    key_bytes(&of.prefix, writer_view(&item));
    writer_fini(&item);
    key_bytes(&behind, name);
    key_u8(&behind, 2); /* behind all that is of that name */
    hl_err err = tables_cursor(tables, STORE_JOINT, &of.cursor, detail);
    if (err == HL_OK) {
        err = store_seek_below(of.cursor, name, &row, detail);
    }
    if (err == HL_OK) {
        err = walk(&of, &row, false, detail);
    }
    if (err == HL_OK && of.goes_on) {
        err = store_seek(of.cursor, key_view(&behind), &row, detail);
    }
    if (err == HL_OK && of.goes_on) {
        err = walk(&of, &row, true, detail);
    }
    store_cursor_close(&of.cursor);
    return err;
}

struct search {
    const struct tables *tables;
    const struct machine *machine;
    struct cross_other *out;
    bool *found;
    hl_err err;
    struct hl_detail *detail;
};

static bool look(void *context, struct bytes name, uint32_t number)
{
    struct search *search = context;
    struct machine other;
    struct store_key key = {0};
    struct row row;
    bool there = false;
    key_u32(&key, number);
    key_bytes(&key, name);
    search->err =
        row_get(search->tables, &key, number, &row, &there, search->detail);
    if (search->err != HL_OK || !there) {
        return search->err == HL_OK;
    }
    record_decode(&machine_record, row.record, &other);
    *search->found =
        machine_overlaps(search->machine, &other) &&
        !order_key_equal(&search->machine->claim.of, &other.claim.of);
    *search->out = (struct cross_other){number, other.claim};
    return !*search->found;
}

hl_err cross_machine_other(const struct tables *tables,
                           const struct machine *machine,
                           struct cross_other *out, bool *found,
                           struct hl_detail *detail)
{
    struct search search = {tables, machine, out, found, HL_OK, detail};
    struct writer key = {0};
    struct store_key name = {0};
    *found = false;
    record_key(&machine_record, machine, &key);
    key_u8(&name, machine_record.number);
    key_bytes(&name, writer_view(&key));
    writer_fini(&key);
    hl_err err = cross_neighbours(tables, key_view(&name), machine, look,
                                  &search, detail);
    return err == HL_OK ? search.err : err;
}

/* What is said of the other is of its name alone: of several halves that have
 * one of that name it does not matter which. */
hl_err joint_judge_machine(const struct joint_case *of,
                           struct hl_detail *detail)
{
    hl_err err = HL_OK;
    for (size_t i = 0; err == HL_OK && i < of->members->count; i++) {
        const struct joint_member *member = &of->members->items[i];
        struct cross_other other;
        struct machine machine;
        bool found = false;
        record_decode(&machine_record, member->row.record, &machine);
        err = cross_machine_other(of->tables, &machine, &other, &found, detail);
        if (err != HL_OK || !found) {
            continue;
        }
        char subject[SUBJECT_BYTES], second[SUBJECT_BYTES];
        struct writer en = {0}, zh = {0};
        describe(&machine.claim.of, subject);
        describe(&other.claim.of, second);
        writer_format(&en,
                      "order %s: by entry %" PRIu64
                      " its instrument served order %s at the same time",
                      subject, machine.claim.index, second);
        writer_format(&zh,
                      "订单 %s：据第 %" PRIu64
                      " 号条目，所用仪器同时服务于订单 %s，机时重叠",
                      subject, machine.claim.index, second);
        report(of, member, FINDING_MACHINE_TWICE, machine.claim.index, subject,
               &en, &zh);
    }
    return err;
}

/* --- Contracts. ---------------------------------------------------------- */

hl_err joint_judge_contract(const struct joint_case *of,
                            struct hl_detail *detail)
{
    (void)detail;
    for (size_t i = 0; i < of->members->count; i++) {
        const struct joint_member *member = &of->members->items[i];
        struct contract contract;
        char subject[SUBJECT_BYTES];
        struct writer en = {0}, zh = {0};
        record_decode(&contract_record, member->row.record, &contract);
        if (!contract_is_split(&contract)) {
            continue;
        }
        snprintf(subject, sizeof(subject), "%.*s %" PRIu64,
                 BYTES_ARGS(contract.unit_id), contract.month);
        writer_format(&en,
                      "one holder has %" PRIu64
                      " orders of scheme %.*s at unit %.*s of %.*s in month "
                      "%" PRIu64 ", each below %" PRIu64 " fen, together "
                      "%" PRIu64,
                      contract.orders, BYTES_ARGS(contract.scheme),
                      BYTES_ARGS(contract.unit_id),
                      BYTES_ARGS(contract.provider), contract.month,
                      contract.below_fen, contract.price_fen);
        writer_format(&zh,
                      "同一持券人 %" PRIu64 " 月在 %.*s 的机构 %.*s 按办法 "
                      "%.*s 下单 %" PRIu64 " 笔，每笔低于 %" PRIu64
                      " 分，合计 %" PRIu64 " 分：疑似拆分合同",
                      contract.month, BYTES_ARGS(contract.provider),
                      BYTES_ARGS(contract.unit_id), BYTES_ARGS(contract.scheme),
                      contract.orders, contract.below_fen, contract.price_fen);
        report(of, member, FINDING_CONTRACT_SPLIT, member->row.index, subject,
               &en, &zh);
    }
    return HL_OK;
}
