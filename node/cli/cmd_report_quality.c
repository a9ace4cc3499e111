/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo report quality`. */

#include <string.h>

#include "node/catalogue/unit.h"
#include "node/cli/cmd_report.h"
#include "node/cli/ledger_text.h"
#include "node/cli/quality_text.h"
#include "node/cli/report_orders.h"
#include "node/cli/report_walk.h"
#include "node/import/convert.h"
#include "node/import/seen.h"
#include "node/report/served.h"
#include "node/table/table_writer.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

enum { HOURS_OF_YEAR = 8784, IDLE_DAYS = 90, IDLE_DAYS_MAX = 36500 };

#define DAY_MS UINT64_C(86400000)

const struct cli_option report_quality_options[] = {
    {"divisor", "HOURS",
     "What use is measured by, of all instruments; their kind's quota if not\n"
     "given.",
     CLI_OPTIONAL},
    {"idle-days", "DAYS",
     "Who was not served for so long is idle; 90 if not given.", CLI_OPTIONAL},
    {"idle", "FILE",
     "List the idle instruments there, and when each was served last.\n"
     "csv, tsv, jsonl, json or xlsx, as its name says; it must not exist.",
     CLI_OPTIONAL},
    {"lang", "WORD", "zh or en; as LC_ALL or LANG say if not given.",
     CLI_OPTIONAL},
    CONNECT_OPTIONS,
    {0},
};

struct measuring {
    struct cli_call *call;
    struct node_link link;
    enum lang lang;
    struct quality_options options;
    Heluo__V1__NodeJournalsResponse *journals; /* the cities' names are there */
    struct quality_city *cities; /* one for each journal, and one for all */
    uint64_t *lately; /* of each journal the first index within idle_ms */
    struct seen *units;
    struct served *served;
    struct table_writer *idle; /* NULL: not asked for */
    struct writer scratch;
};

/* The journal's place; their count: one that came in the meantime. */
static size_t place_of(struct measuring *measuring,
                       const Heluo__V1__RecordView *view)
{
    size_t count = measuring->journals->n_journals, at = 0;
    while (at < count &&
           strcmp(measuring->cities[at].origin, view->origin) != 0) {
        at++;
    }
    struct quality *figures = &measuring->cities[at].figures;
    if (at < count && view->recorded_at_ms > figures->newest_ms) {
        figures->newest_ms = view->recorded_at_ms;
    }
    return at;
}

/* --- Idle ones. ---------------------------------------------------------- */

static const char *const idle_columns[] = {
    "origin", "unit_scheme", "unit_id",      "inner_id",
    "name",   "idle",        "last_service", "闲置情况"};
enum { IDLE_COLUMNS = sizeof(idle_columns) / sizeof(idle_columns[0]) };

static hl_err open_idle(struct measuring *measuring)
{
    const char *path = cli_get(measuring->call, "idle");
    const struct table_target target = {.mark = true};
    struct bytes names[IDLE_COLUMNS];
    for (size_t i = 0; i < IDLE_COLUMNS; i++) {
        names[i] = bytes_of_text(idle_columns[i]);
    }
    return path == NULL ? HL_OK
                        : table_writer_open(path, &target, names, IDLE_COLUMNS,
                                            &measuring->idle,
                                            cli_about(measuring->call, path));
}

static hl_err list_idle(struct measuring *measuring, const char *origin,
                        const struct quality_item *item)
{
    const struct instrument *of = item->instrument;
    enum quality_service service =
        quality_service_of(&measuring->options, item);
    bool stopped = service == QUALITY_STOPPED;
    char last[DAY_TIME_BYTES] = "";
    if (measuring->idle == NULL || (!stopped && service != QUALITY_NEVER)) {
        return HL_OK;
    }
    if (stopped) {
        day_time(item->served_until_ms, last);
    }
    const struct bytes cells[IDLE_COLUMNS] = {
        bytes_of_text(origin),
        of->of.unit_scheme,
        of->of.unit_id,
        of->of.inner_id,
        of->name_zh.size > 0 ? of->name_zh : of->name_en,
        bytes_of_text(stopped ? "stopped" : "never"),
        bytes_of_text(last),
        bytes_of_text(stopped ? "停止服务" : "从未服务")};
    return table_writer_put(
        measuring->idle, cells,
        cli_about(measuring->call, cli_get(measuring->call, "idle")));
}

/* --- What is measured. --------------------------------------------------- */

static hl_err take_order(void *context, const Heluo__V1__OrderView *view)
{
    struct measuring *measuring = context;
    const struct homed item = report_order_item(view->order);
    served_add(measuring->served, served_mark(view->order->item_kind, &item),
               view->order->until_ms);
    return HL_OK;
}

static hl_err take_service(void *context, const Heluo__V1__RecordView *view,
                           const union record_room *record)
{
    struct measuring *measuring = context;
    (void)view;
    served_spread(measuring->served, (const void *)record);
    return HL_OK;
}

static hl_err take_unit(void *context, const Heluo__V1__RecordView *view,
                        const union record_room *record)
{
    struct measuring *measuring = context;
    size_t at = place_of(measuring, view);
    uint32_t unused = 0;
    if (at < measuring->journals->n_journals) {
        measuring->cities[at].figures.units++;
    }
    seen_add(measuring->units,
             record_mark(record_kind_of_word("unit"), record, false), 0, 0,
             &unused, &unused);
    return HL_OK;
}

static bool knows_unit(const struct measuring *measuring,
                       const struct homed *of)
{
    union record_room room = {0};
    struct unit *unit = (void *)&room;
    unit->scheme = of->unit_scheme;
    unit->id = of->unit_id;
    return seen_has(measuring->units,
                    record_mark(record_kind_of_word("unit"), &room, false));
}

static hl_err take_instrument(void *context, const Heluo__V1__RecordView *view,
                              const union record_room *record)
{
    struct measuring *measuring = context;
    const struct instrument *of = (const void *)record;
    uint32_t kind = record_kind_of_word("instrument")->number;
    size_t at = place_of(measuring, view);
    if (at == measuring->journals->n_journals) {
        return HL_OK;
    }
    const struct quality_item item = {
        .instrument = of,
        .changed_at_ms = view->recorded_at_ms,
        .unit_known = knows_unit(measuring, &of->of),
        .stated_lately = view->first_index >= measuring->lately[at],
        .served_until_ms =
            served_until_ms(measuring->served, served_mark(kind, &of->of)),
    };
    quality_add(&measuring->cities[at].figures, &measuring->options, &item,
                &measuring->scratch);
    return list_idle(measuring, view->origin, &item);
}

/* Which journals there are, and how old each one's news is. */
static hl_err ask_journals(struct measuring *measuring)
{
    Heluo__V1__NodeJournalsRequest request =
        HELUO__V1__NODE_JOURNALS_REQUEST__INIT;
    ProtobufCMessage *answer = NULL;
    struct report_self self;
    hl_err err = report_ask_self(measuring->call, &measuring->link, &self);
    if (err == HL_OK) {
        err = node_link_ask(measuring->call, &measuring->link,
                            "/heluo.v1.Node/Journals", &request.base,
                            &heluo__v1__node_journals_response__descriptor,
                            &answer);
    }
    if (err != HL_OK) {
        return err;
    }
    measuring->options.now_ms = self.now_ms;
    measuring->journals = (Heluo__V1__NodeJournalsResponse *)answer;
    measuring->cities = hl_alloc(measuring->journals->n_journals + 1,
                                 sizeof(*measuring->cities));
    measuring->lately = hl_alloc(measuring->journals->n_journals + 1,
                                 sizeof(*measuring->lately));
    for (size_t i = 0; i < measuring->journals->n_journals; i++) {
        const Heluo__V1__NodeJournal *journal =
            measuring->journals->journals[i];
        measuring->cities[i].origin = journal->origin;
        measuring->cities[i].figures.as_of_ms =
            journal->own ? self.now_ms : journal->as_of_ms;
    }
    return HL_OK;
}

/* Who was served when, by the orders that each city delivered; and since when
 * what each states is new. */
static hl_err ask_orders(struct measuring *measuring)
{
    const struct quality_options *options = &measuring->options;
    hl_err err = HL_OK;
    for (size_t i = 0; i < measuring->journals->n_journals && err == HL_OK;
         i++) {
        const Heluo__V1__NodeJournal *journal =
            measuring->journals->journals[i];
        const struct report_orders orders = {.origin = journal->origin,
                                             .visit = take_order,
                                             .context = measuring};
        const struct report_moment moment = {
            .origin = journal->origin,
            .size = journal->size,
            .ms = options->now_ms > options->idle_ms
                      ? options->now_ms - options->idle_ms
                      : 0};
        err = report_orders(measuring->call, &measuring->link, &orders);
        if (err == HL_OK) {
            err = report_index_at(measuring->call, &measuring->link, &moment,
                                  &measuring->lately[i]);
        }
    }
    return err;
}

/* Cities that have a catalogue, then all; how many they are. */
static size_t add_up(struct measuring *measuring)
{
    size_t kept = 0;
    struct quality all = {0};
    for (size_t i = 0; i < measuring->journals->n_journals; i++) {
        const struct quality_city city = measuring->cities[i];
        if (city.figures.instruments == 0 && city.figures.units == 0) {
            continue;
        }
        measuring->cities[kept++] = city;
        quality_merge(&all, &city.figures);
    }
    measuring->cities[kept++] = (struct quality_city){NULL, all};
    return kept;
}

static void tell_json(const struct measuring *measuring, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i + 1 < count; i++) {
        json_t *city = json_object();
        json_t *figures = quality_json(&measuring->cities[i].figures);
        json_object_set_new(city, "origin",
                            cli_json_text(measuring->cities[i].origin));
        json_object_update(city, figures);
        json_decref(figures);
        json_array_append_new(list, city);
    }
    json_t *object = json_object();
    uint64_t divisor = measuring->options.divisor_hours;
    json_object_set_new(object, "divisor_hours",
                        divisor == 0 ? json_null()
                                     : json_integer((json_int_t)divisor));
    json_object_set_new(
        object, "idle_days",
        json_integer((json_int_t)(measuring->options.idle_ms / DAY_MS)));
    json_object_set_new(object, "cities", list);
    json_object_set_new(object, "all",
                        quality_json(&measuring->cities[count - 1].figures));
    cli_print_json(object);
}

static hl_err walk_all(struct measuring *measuring)
{
    struct report_walk walks[] = {
        {.kind = "unit", .visit = take_unit},
        {.kind = "service", .visit = take_service, .retired = true},
        {.kind = "instrument", .visit = take_instrument},
    };
    hl_err err = HL_OK;
    for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]) && err == HL_OK;
         i++) {
        walks[i].origin = "";
        walks[i].context = measuring;
        err = report_walk(measuring->call, &measuring->link, &walks[i]);
    }
    return err;
}

static hl_err measure(struct measuring *measuring)
{
    hl_err err = ask_journals(measuring);
    if (err == HL_OK) {
        err = open_idle(measuring);
    }
    if (err == HL_OK) {
        err = ask_orders(measuring);
    }
    if (err == HL_OK) {
        err = walk_all(measuring);
    }
    if (err == HL_OK && measuring->idle != NULL) {
        err = table_writer_commit(
            &measuring->idle,
            cli_about(measuring->call, cli_get(measuring->call, "idle")));
    }
    if (err != HL_OK) {
        return err;
    }
    size_t count = add_up(measuring);
    if (measuring->call->json) {
        tell_json(measuring, count);
    } else {
        quality_print(measuring->cities, count, measuring->lang, stdout);
    }
    return HL_OK;
}

static hl_err take_options(struct measuring *measuring)
{
    struct cli_call *call = measuring->call;
    uint64_t days = 0;
    hl_err err = lang_choose(call, &measuring->lang);
    if (err == HL_OK) {
        err = cli_get_decimal(call, "divisor", 1, HOURS_OF_YEAR, 0,
                              &measuring->options.divisor_hours);
    }
    if (err == HL_OK) {
        err = cli_get_decimal(call, "idle-days", 1, IDLE_DAYS_MAX, IDLE_DAYS,
                              &days);
    }
    measuring->options.idle_ms = days * DAY_MS;
    return err;
}

hl_err cmd_report_quality(struct cli_call *call)
{
    struct measuring measuring = {
        .call = call, .units = seen_create(), .served = served_create()};
    hl_err err = take_options(&measuring);
    if (err == HL_OK) {
        err = node_link_open(call, &measuring.link);
    }
    if (err == HL_OK) {
        err = measure(&measuring);
    }
    node_link_close(&measuring.link);
    if (measuring.journals != NULL) {
        protobuf_c_message_free_unpacked(&measuring.journals->base, NULL);
    }
    hl_free(measuring.cities);
    hl_free(measuring.lately);
    seen_destroy(&measuring.units);
    served_destroy(&measuring.served);
    table_writer_abort(&measuring.idle);
    writer_fini(&measuring.scratch);
    return err;
}
