/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo report quality`. */

#include <string.h>

#include "node/catalogue/unit.h"
#include "node/cli/cmd_report.h"
#include "node/cli/quality_text.h"
#include "node/cli/report_walk.h"
#include "node/import/convert.h"
#include "node/import/seen.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

enum { HOURS_OF_YEAR = 8784 };

const struct cli_option report_quality_options[] = {
    {"divisor", "HOURS",
     "What use is measured by, of all instruments; their kind's quota if not\n"
     "given.",
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
    struct seen *units;
    struct writer scratch;
};

static struct quality *figures_of(struct measuring *measuring,
                                  const Heluo__V1__RecordView *view)
{
    struct quality *figures = NULL;
    for (size_t i = 0; i < measuring->journals->n_journals; i++) {
        struct quality_city *city = &measuring->cities[i];
        if (strcmp(city->origin, view->origin) == 0) {
            figures = &city->figures;
        }
    }
    if (figures != NULL && view->recorded_at_ms > figures->newest_ms) {
        figures->newest_ms = view->recorded_at_ms;
    }
    return figures; /* NULL: a journal that came in the meantime */
}

static hl_err take_unit(void *context, const Heluo__V1__RecordView *view,
                        const union record_room *record)
{
    struct measuring *measuring = context;
    struct quality *figures = figures_of(measuring, view);
    uint32_t unused = 0;
    if (figures != NULL) {
        figures->units++;
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
    struct quality *figures = figures_of(measuring, view);
    const struct quality_item item = {
        .instrument = of,
        .changed_at_ms = view->recorded_at_ms,
        .unit_known = knows_unit(measuring, &of->of),
    };
    if (figures != NULL) {
        quality_add(figures, &measuring->options, &item, &measuring->scratch);
    }
    return HL_OK;
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
    for (size_t i = 0; i < measuring->journals->n_journals; i++) {
        const Heluo__V1__NodeJournal *journal =
            measuring->journals->journals[i];
        measuring->cities[i].origin = journal->origin;
        measuring->cities[i].figures.as_of_ms =
            journal->own ? self.now_ms : journal->as_of_ms;
    }
    return HL_OK;
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
    json_object_set_new(object, "cities", list);
    json_object_set_new(object, "all",
                        quality_json(&measuring->cities[count - 1].figures));
    cli_print_json(object);
}

static hl_err measure(struct measuring *measuring)
{
    const struct report_walk walks[] = {
        {"unit", "", take_unit, measuring},
        {"instrument", "", take_instrument, measuring},
    };
    hl_err err = ask_journals(measuring);
    for (size_t i = 0; i < 2 && err == HL_OK; i++) {
        err = report_walk(measuring->call, &measuring->link, &walks[i]);
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

hl_err cmd_report_quality(struct cli_call *call)
{
    struct measuring measuring = {.call = call, .units = seen_create()};
    hl_err err = lang_choose(call, &measuring.lang);
    if (err == HL_OK) {
        err = cli_get_decimal(call, "divisor", 1, HOURS_OF_YEAR, 0,
                              &measuring.options.divisor_hours);
    }
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
    seen_destroy(&measuring.units);
    writer_fini(&measuring.scratch);
    return err;
}
