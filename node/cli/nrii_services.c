/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo report nrii`: services (types 6 and 7), by orders. */

#include <stdlib.h>
#include <string.h>

#include "node/catalogue/instrument.h"
#include "node/cli/ledger_text.h"
#include "node/cli/nrii_report.h"
#include "node/cli/report_orders.h"
#include "node/import/seen.h"
#include "node/report/nrii_effect.h"
#include "node/report/served.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hash.h"
#include "protocol/base/reader.h"

/* What an order may name: an instrument, or a service item and the first
 * instrument of its list that this node states. */
struct item {
    uint64_t mark;
    uint64_t instrument; /* mark of that; of an instrument its own */
    char *text;          /* of an instrument its inner id, else the name */
    char *subjects;
    bool supervised;
};

struct items {
    struct item *list; /* ascending by mark, once all are there */
    size_t count, room;
};

struct unit {
    char *scheme, *id;
    struct nrii_effect effect;
};

struct services {
    struct nrii_report *report;
    struct items instruments, items;
    struct unit *units; /* a city has some hundred: they are looked through */
    size_t unit_count;
    struct seen *users; /* of units */
};

/* --- Items ---------------------------------------------------------------- */

static char *copy_of(struct bytes text)
{
    return hl_copy(text.data, text.size);
}

static void add_item(struct items *items, const struct item *item)
{
    if (items->count == items->room) {
        items->room = items->room == 0 ? 256 : items->room * 2;
        items->list =
            hl_realloc(items->list, items->room, sizeof(items->list[0]));
    }
    items->list[items->count++] = *item;
}

static int compare_items(const void *a, const void *b)
{
    const struct item *one = a, *other = b;
    return (one->mark > other->mark) - (one->mark < other->mark);
}

static void sort_items(struct items *items)
{
    if (items->count > 0) {
        qsort(items->list, items->count, sizeof(items->list[0]), compare_items);
    }
}

static const struct item *find_item(const struct items *items, uint64_t mark)
{
    const struct item key = {.mark = mark};
    return items->count == 0 ? NULL
                             : bsearch(&key, items->list, items->count,
                                       sizeof(key), compare_items);
}

static void items_fini(struct items *items)
{
    for (size_t i = 0; i < items->count; i++) {
        hl_free(items->list[i].text);
        hl_free(items->list[i].subjects);
    }
    hl_free(items->list);
}

/* --- Units ---------------------------------------------------------------- */

static struct unit *unit_of(struct services *services, const struct homed *of)
{
    for (size_t i = 0; i < services->unit_count; i++) {
        struct unit *unit = &services->units[i];
        if (bytes_equal_text(of->unit_scheme, unit->scheme) &&
            bytes_equal_text(of->unit_id, unit->id)) {
            return unit;
        }
    }
    services->units = hl_realloc(services->units, services->unit_count + 1,
                                 sizeof(services->units[0]));
    struct unit *unit = &services->units[services->unit_count++];
    *unit = (struct unit){.scheme = copy_of(of->unit_scheme),
                          .id = copy_of(of->unit_id)};
    return unit;
}

/* An enterprise is known by a token of its voucher's issuer. */
static void count_user(struct services *services, struct unit *unit,
                       const Heluo__V1__OrderView *view)
{
    const struct bytes parts[] = {
        bytes_of(unit->scheme, strlen(unit->scheme) + 1),
        bytes_of(unit->id, strlen(unit->id) + 1),
        bytes_of(view->issuer, strlen(view->issuer) + 1),
        bytes_of_text(view->holder_token)};
    struct hl_hash hash = hash_parts(parts, sizeof(parts) / sizeof(parts[0]));
    struct reader reader;
    uint32_t unused = 0;
    reader_init(&reader, bytes_of(hash.bytes, HL_HASH_BYTES));
    unit->effect.users +=
        !seen_add(services->users, reader_u64(&reader), 0, 0, &unused, &unused);
}

/* --- The catalogue -------------------------------------------------------- */

/* Also one that has ended or moved on since: it served here. */
static hl_err take_instrument(void *context, const Heluo__V1__RecordView *view,
                              const union record_room *record)
{
    struct services *services = context;
    const struct instrument *of = (const void *)record;
    uint64_t mark =
        served_mark(record_kind_of_word("instrument")->number, &of->of);
    const struct item item = {.mark = mark,
                              .instrument = mark,
                              .text = copy_of(of->of.inner_id),
                              .subjects = copy_of(of->subjects),
                              .supervised = of->customs_supervised != 0};
    add_item(&services->instruments, &item);
    if (!view->retired && strcmp(view->owner, view->origin) == 0) {
        nrii_effect_add_worth(&unit_of(services, &of->of)->effect,
                              of->worth_fen);
    }
    return HL_OK;
}

static hl_err take_item(void *context, const Heluo__V1__RecordView *view,
                        const union record_room *record)
{
    struct services *services = context;
    const struct service_item *of = (const void *)record;
    uint32_t instrument = record_kind_of_word("instrument")->number;
    struct homed named = of->of;
    struct bytes rest = of->instruments;
    struct item item = {
        .mark = served_mark(record_kind_of_word("service")->number, &of->of)};
    (void)view;
    while (item.instrument == 0 && served_next_id(&rest, &named.inner_id)) {
        uint64_t mark = served_mark(instrument, &named);
        if (find_item(&services->instruments, mark) != NULL) {
            item.instrument = mark;
        }
    }
    if (item.instrument != 0) {
        item.text = copy_of(of->name_zh.size > 0 ? of->name_zh : of->name_en);
        add_item(&services->items, &item);
    }
    return HL_OK;
}

static hl_err walk(struct services *services, const char *kind,
                   hl_err (*visit)(void *context,
                                   const Heluo__V1__RecordView *view,
                                   const union record_room *record))
{
    struct nrii_report *report = services->report;
    const struct report_walk walk = {.kind = kind,
                                     .origin = report->self.origin,
                                     .retired = true,
                                     .visit = visit,
                                     .context = services};
    return report_walk(report->call, &report->link, &walk);
}

/* --- Orders --------------------------------------------------------------- */

/* What was owed back was no income. */
static uint64_t income_of(const Heluo__V1__OrderRow *order)
{
    return order->delivered_fen > order->adjusted_fen
               ? order->delivered_fen - order->adjusted_fen
               : 0;
}

static hl_err write_record(struct services *services,
                           const struct nrii_service *of,
                           const struct homed *item)
{
    struct nrii_file *file = &services->report->file;
    struct nrii_row row;
    const struct nrii_subject subject = {item->unit_scheme, item->unit_id,
                                         of->inner_id, of->order};
    writer_clear(&file->text);
    nrii_record_put(of, &file->text, &row);
    return nrii_file_put(file, &subject, &row);
}

static hl_err take_order(void *context, const Heluo__V1__OrderView *view)
{
    struct services *services = context;
    struct nrii_report *report = services->report;
    const Heluo__V1__OrderRow *order = view->order;
    const struct homed item = report_order_item(order);
    char name[LEDGER_ORDER_BYTES];
    uint64_t mark = served_mark(order->item_kind, &item);
    if (report->year != 0 && nrii_year(order->until_ms) != report->year) {
        return HL_OK;
    }
    const struct item *service = find_item(&services->items, mark);
    const struct item *instrument = find_item(
        &services->instruments, service == NULL ? mark : service->instrument);
    if (instrument == NULL) {
        report->unmatched++;
        return HL_OK;
    }
    ledger_format_order(order->begun_at, order->id, name);
    const struct nrii_service of = {
        .order = bytes_of_text(name),
        .ins_code = ins_codes_find(&report->codes, &item),
        .inner_id = bytes_of_text(instrument->text),
        .subjects = bytes_of_text(instrument->subjects),
        .supervised = instrument->supervised,
        .content = bytes_of_text(service == NULL ? "" : service->text),
        .kind = order->kind,
        .income_fen = income_of(order),
        .from_ms = order->from_ms,
        .until_ms = order->until_ms,
        .stars = order->stars,
        .contract = order->contract.len > 0};
    if (report->file.form == &nrii_form_record) {
        return write_record(services, &of, &item);
    }
    struct unit *unit = unit_of(services, &item);
    nrii_effect_add(&unit->effect, &of, order->invoice.len > 0);
    count_user(services, unit, view);
    return HL_OK;
}

/* --- Effects -------------------------------------------------------------- */

static hl_err write_effects(struct services *services)
{
    struct nrii_report *report = services->report;
    hl_err err = HL_OK;
    for (size_t i = 0; i < services->unit_count && err == HL_OK; i++) {
        const struct unit *unit = &services->units[i];
        const struct homed of = {.unit_scheme = bytes_of_text(unit->scheme),
                                 .unit_id = bytes_of_text(unit->id)};
        const struct nrii_subject subject = {.unit_scheme = of.unit_scheme,
                                             .unit_id = of.unit_id};
        struct nrii_row row;
        writer_clear(&report->file.text);
        nrii_effect_put(&unit->effect, report->file.form,
                        ins_codes_find(&report->codes, &of), &report->file.text,
                        &row);
        err = nrii_file_put(&report->file, &subject, &row);
    }
    return err;
}

static void services_fini(struct services *services)
{
    items_fini(&services->instruments);
    items_fini(&services->items);
    for (size_t i = 0; i < services->unit_count; i++) {
        hl_free(services->units[i].scheme);
        hl_free(services->units[i].id);
    }
    hl_free(services->units);
    seen_destroy(&services->users);
}

hl_err nrii_report_services(struct nrii_report *report)
{
    struct services services = {.report = report, .users = seen_create()};
    const struct report_orders orders = {.origin = report->self.origin,
                                         .visit = take_order,
                                         .context = &services};
    hl_err err = walk(&services, "instrument", take_instrument);
    sort_items(&services.instruments);
    if (err == HL_OK) {
        err = walk(&services, "service", take_item);
    }
    sort_items(&services.items);
    if (err == HL_OK) {
        err = report_orders(report->call, &report->link, &orders);
    }
    if (err == HL_OK && report->file.form != &nrii_form_record) {
        err = write_effects(&services);
    }
    services_fini(&services);
    return err;
}
