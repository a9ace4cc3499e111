/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo report nrii`: which form, and instruments (type 4). */

#include <string.h>

#include "node/cli/cmd_report.h"
#include "node/cli/nrii_report.h"
#include "node/report/nrii_effect.h"
#include "node/report/nrii_row.h"
#include "protocol/base/alloc.h"

enum { YEAR_MIN = 1970, YEAR_MAX = 9999 };

const struct cli_option report_nrii_options[] = {
    {"out", "FILE", "Where to, JSON; it must not exist.", CLI_REQUIRED},
    {"type", "FORM",
     "4: instruments (单台套仪器), the one if none is given; 6: services\n"
     "(服务记录); 7: what units did in a year (服务成效);\n"
     "7-2016: the same in the form of that year.",
     CLI_OPTIONAL},
    {"year", "YYYY",
     "Of 6 and 7: services that ended in that year, in UTC+8. Form 7\n"
     "needs it; of 6 it is all of them if none is given.",
     CLI_OPTIONAL},
    {"missing", "FILE",
     "List the rows there that the form would refuse, or that were cut: "
     "which,\n"
     "and the keys in both languages. csv, tsv, jsonl, json or xlsx, as its\n"
     "name says; it must not exist.",
     CLI_OPTIONAL},
    {"incomplete", NULL,
     "Write rows into --out that the form would refuse, too.", CLI_OPTIONAL},
    {"ins-code", "HEX",
     "insCode, 32 hex digits, of the units of which nothing else says it.",
     CLI_OPTIONAL},
    {"ins-codes", "FILE",
     "A table with the columns unit_id and ins_code: what the platform calls\n"
     "each unit.",
     CLI_OPTIONAL},
    {"lang", "WORD", "zh or en; as LC_ALL or LANG say if not given.",
     CLI_OPTIONAL},
    CONNECT_OPTIONS,
    {0},
};

/* --- Rows ----------------------------------------------------------------- */

static bool names_person(const struct instrument *of)
{
    return of->contact.size > 0 || of->phone.size > 0 || of->email.size > 0;
}

/* *answer is what the contact borrows. */
static hl_err ask_contact(struct nrii_report *report,
                          const Heluo__V1__RecordView *view,
                          struct contact *out, ProtobufCMessage **answer)
{
    const Heluo__V1__InstrumentRecord *of = view->record->instrument;
    Heluo__V1__CatalogueContactRequest request =
        HELUO__V1__CATALOGUE_CONTACT_REQUEST__INIT;
    Heluo__V1__RecordKey key = HELUO__V1__RECORD_KEY__INIT;
    key.kind = HELUO__V1__RECORD_KIND__RECORD_KIND_INSTRUMENT;
    key.home = of->home;
    key.unit_scheme = of->unit_scheme;
    key.unit_id = of->unit_id;
    key.inner_id = of->inner_id;
    request.key = &key;
    hl_err err = node_link_ask(
        report->call, &report->link, "/heluo.v1.Catalogue/Contact",
        &request.base, &heluo__v1__catalogue_contact_response__descriptor,
        answer);
    if (err == HL_ENOTFOUND) {
        return HL_OK; /* erased, or it came from elsewhere */
    }
    if (err == HL_OK) {
        const Heluo__V1__CatalogueContactResponse *contact =
            (const Heluo__V1__CatalogueContactResponse *)*answer;
        *out = (struct contact){bytes_of_text(contact->contact),
                                bytes_of_text(contact->phone),
                                bytes_of_text(contact->email)};
    }
    return err;
}

static hl_err take_row(void *context, const Heluo__V1__RecordView *view,
                       const union record_room *record)
{
    struct nrii_report *report = context;
    const struct instrument *of = (const void *)record;
    ProtobufCMessage *answer = NULL;
    struct nrii_source source = {
        .instrument = of,
        .ins_code = ins_codes_find(&report->codes, &of->of),
    };
    const struct nrii_subject subject = {
        of->of.unit_scheme, of->of.unit_id, of->of.inner_id,
        of->name_zh.size > 0 ? of->name_zh : of->name_en};
    struct nrii_row row;
    hl_err err = names_person(of)
                     ? ask_contact(report, view, &source.contact, &answer)
                     : HL_OK;
    if (err == HL_OK) {
        writer_clear(&report->file.text);
        nrii_row_put(&source, &report->file.text, &row);
        err = nrii_file_put(&report->file, &subject, &row);
    }
    protobuf_c_message_free_unpacked(answer, NULL);
    return err;
}

static hl_err report_instruments(struct nrii_report *report)
{
    const struct report_walk walk = {.kind = "instrument",
                                     .origin = report->self.origin,
                                     .visit = take_row,
                                     .context = report};
    return report_walk(report->call, &report->link, &walk);
}

/* --- Forms ---------------------------------------------------------------- */

static const struct {
    const struct nrii_form *form;
    bool personal;
    bool takes_year, needs_year;
    hl_err (*write)(struct nrii_report *report);
} forms[] = {
    {&nrii_form_equipment, true, false, false, report_instruments},
    {&nrii_form_record, false, true, false, nrii_report_services},
    {&nrii_form_effect, false, true, true, nrii_report_services},
    {&nrii_form_effect_2016, false, true, true, nrii_report_services},
};
enum { FORMS = sizeof(forms) / sizeof(forms[0]) };

static hl_err take_form(struct nrii_report *report, size_t *form)
{
    struct cli_call *call = report->call;
    const char *word = cli_get(call, "type");
    size_t at = 0;
    while (word != NULL && at < FORMS &&
           strcmp(forms[at].form->word, word) != 0) {
        at++;
    }
    if (at == FORMS) {
        return cli_usage(call, "--type: '%s' is none of 4, 6, 7, 7-2016", word);
    }
    if (cli_has(call, "year") && !forms[at].takes_year) {
        return cli_usage(call, "--year: of services, with --type 6 or 7");
    }
    if (!cli_has(call, "year") && forms[at].needs_year) {
        return cli_usage(call, "--type %s: of which --year", word);
    }
    *form = at;
    report->file = (struct nrii_file){
        .call = call, .form = forms[at].form, .personal = forms[at].personal};
    return cli_get_decimal(call, "year", YEAR_MIN, YEAR_MAX, 0, &report->year);
}

static hl_err write_all(struct nrii_report *report, size_t form)
{
    struct cli_call *call = report->call;
    hl_err err = ins_codes_take(call, &report->codes);
    if (err == HL_OK) {
        err = node_link_open(call, &report->link);
    }
    if (err == HL_OK) {
        err = nrii_file_open(&report->file);
    }
    if (err == HL_OK) {
        err = report_ask_self(call, &report->link, &report->self);
    }
    if (err == HL_OK) {
        err = forms[form].write(report);
    }
    return err == HL_OK ? nrii_file_commit(&report->file) : err;
}

/* The year, and what is in no row. */
static json_t *more_of(const struct nrii_report *report, size_t form)
{
    json_t *more = json_object();
    json_object_set_new(more, "type", json_string(forms[form].form->word));
    if (forms[form].takes_year) {
        json_object_set_new(more, "year",
                            report->year == 0
                                ? json_null()
                                : json_integer((json_int_t)report->year));
        json_object_set_new(more, "unmatched",
                            json_integer((json_int_t)report->unmatched));
    }
    return more;
}

hl_err cmd_report_nrii(struct cli_call *call)
{
    struct nrii_report *report = hl_alloc(1, sizeof(*report));
    size_t form = 0;
    report->call = call;
    hl_err err = take_form(report, &form);
    if (err == HL_OK) {
        err = lang_choose(call, &report->file.lang);
    }
    if (err == HL_OK) {
        err = write_all(report, form);
    }
    if (err == HL_OK) {
        nrii_file_tell(&report->file, more_of(report, form));
    }
    nrii_file_close(&report->file);
    node_link_close(&report->link);
    ins_codes_fini(&report->codes);
    hl_free(report);
    return err;
}
