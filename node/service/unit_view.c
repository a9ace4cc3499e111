/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "node/catalogue/unit.h"
#include "node/service/services_internal.h"

/* --- Showing. ------------------------------------------------------------ */

Heluo__V1__UnitView *unit_view(struct rpc_call *call, struct bytes home,
                               const struct row *row)
{
    struct unit unit;
    record_decode(&unit_record, row->record, &unit);
    Heluo__V1__UnitRecord *record = rpc_call_alloc(call, sizeof(*record));
    heluo__v1__unit_record__init(record);
    record->scheme = call_text(call, unit.scheme);
    record->id = call_text(call, unit.id);
    record->name_zh = call_text(call, unit.name_zh);
    record->name_en = call_text(call, unit.name_en);
    record->kind = (Heluo__V1__UnitKind)unit.kind;
    record->division = call_text(call, unit.division);
    record->division_revision = (uint32_t)unit.division_revision;
    record->switchboard = call_text(call, unit.switchboard);
    record->mailbox = call_text(call, unit.mailbox);

    Heluo__V1__UnitView *view = rpc_call_alloc(call, sizeof(*view));
    heluo__v1__unit_view__init(view);
    view->unit = record;
    view->home = call_text(call, home);
    view->first_index = row->first_index;
    view->index = row->index;
    view->recorded_at_ms = (uint64_t)row->recorded_at.ms;
    view->retired = row->retired;
    view->retire_reason = call_text(call, row->reason);
    return view;
}

void unit_views_add(struct rpc_call *call, struct unit_views *list,
                    Heluo__V1__UnitView *view)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity * 2 + 8;
        Heluo__V1__UnitView **items =
            rpc_call_alloc(call, capacity * sizeof(items[0]));
        if (list->count > 0) {
            memcpy(items, list->items, list->count * sizeof(items[0]));
        }
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = view;
}

struct unit unit_of_request(struct rpc_call *call,
                            const Heluo__V1__UnitRecord *from)
{
    struct unit unit = {
        .scheme = bytes_of_text(from->scheme),
        .id = bytes_of_text(from->id),
        .name_zh = bytes_of_text(from->name_zh),
        .name_en = bytes_of_text(from->name_en),
        .kind = (uint64_t)from->kind,
        .division = bytes_of_text(from->division),
        .division_revision = from->division_revision,
        .switchboard = bytes_of_text(from->switchboard),
        .mailbox = bytes_of_text(from->mailbox),
    };
    struct writer text = {0};
    unit_normalise(&unit, &text);
    struct bytes *texts[] = {&unit.scheme,  &unit.id,       &unit.name_zh,
                             &unit.name_en, &unit.division, &unit.switchboard,
                             &unit.mailbox};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        *texts[i] = bytes_of(call_text(call, *texts[i]), texts[i]->size);
    }
    writer_fini(&text);
    return unit;
}

hl_err unit_find(struct store_txn *txn, uint32_t number,
                 const struct unit *key_of, struct row *row, bool *found,
                 struct hl_detail *detail)
{
    struct writer key = {0};
    record_key(&unit_record, key_of, &key);
    hl_err err = projection_get(txn, &unit_record, number, writer_view(&key),
                                row, found, detail);
    writer_fini(&key);
    return err;
}
