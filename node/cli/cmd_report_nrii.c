/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo report nrii`. */

#include <inttypes.h>
#include <string.h>

#include "certs/tools/file.h"
#include "node/cli/cmd_report.h"
#include "node/cli/ins_codes.h"
#include "node/cli/out_file.h"
#include "node/cli/report_walk.h"
#include "node/cli/status_text.h"
#include "node/cli/term.h"
#include "node/report/nrii_row.h"
#include "node/table/table_writer.h"
#include "protocol/base/alloc.h"

const struct cli_option report_nrii_options[] = {
    {"out", "FILE", "Where to, JSON; it must not exist.", CLI_REQUIRED},
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

enum { KEYS_MAX = 64 };

struct reporting {
    struct cli_call *call;
    struct node_link link;
    enum lang lang;
    struct out_file file;
    struct table_writer *missing; /* NULL: not asked for */
    struct ins_codes codes;
    struct writer text;
    uint64_t rows, complete, written, cut_rows, cut;
    uint64_t lacking[KEYS_MAX], wrong[KEYS_MAX], cut_of[KEYS_MAX];
};

/* --- The file ------------------------------------------------------------- */

static hl_err commit_file(struct reporting *reporting)
{
    fputs(reporting->written == 0 ? "[]\n" : "\n]\n", reporting->file.out);
    return out_file_commit(&reporting->file);
}

/* --- What is missing ------------------------------------------------------ */

static const char *const missing_columns[] = {
    "row",    "unit_scheme", "unit_id", "inner_id", "name",  "missing",
    "缺少项", "wrong",       "有误项",  "cut",      "截断项"};
enum { MISSING_COLUMNS = 11, MISSING_SETS = 3 };

static hl_err open_missing(struct reporting *reporting)
{
    const char *path = cli_get(reporting->call, "missing");
    const struct table_target target = {.mark = true};
    struct bytes names[MISSING_COLUMNS];
    if (path == NULL) {
        return HL_OK;
    }
    for (size_t i = 0; i < MISSING_COLUMNS; i++) {
        names[i] = bytes_of_text(missing_columns[i]);
    }
    return table_writer_open(path, &target, names, MISSING_COLUMNS,
                             &reporting->missing,
                             cli_about(reporting->call, path));
}

static void name_keys(uint64_t keys, bool zh, struct writer *out)
{
    for (size_t i = 0; i < nrii_equipment_count; i++) {
        if ((keys >> i & 1) != 0) {
            writer_format(out, "%s%s",
                          out->size == 0 ? ""
                          : zh           ? "、"
                                         : ",",
                          zh ? nrii_key_zh(i) : nrii_equipment[i].key);
        }
    }
}

static hl_err list_row(struct reporting *reporting, const struct instrument *of,
                       const struct nrii_row *row)
{
    char number[24];
    const uint64_t sets[MISSING_SETS] = {row->missing, row->wrong, row->cut};
    struct writer texts[MISSING_SETS * 2] = {0};
    if (reporting->missing == NULL ||
        (nrii_row_is_complete(row) && row->cut == 0)) {
        return HL_OK;
    }
    snprintf(number, sizeof(number), "%" PRIu64, reporting->rows);
    struct bytes cells[MISSING_COLUMNS] = {
        bytes_of_text(number), of->of.unit_scheme, of->of.unit_id,
        of->of.inner_id, of->name_zh.size > 0 ? of->name_zh : of->name_en};
    for (size_t i = 0; i < MISSING_SETS * 2; i++) {
        name_keys(sets[i / 2], i % 2 == 1, &texts[i]);
        cells[MISSING_COLUMNS - MISSING_SETS * 2 + i] = writer_view(&texts[i]);
    }
    hl_err err = table_writer_put(
        reporting->missing, cells,
        cli_about(reporting->call, cli_get(reporting->call, "missing")));
    for (size_t i = 0; i < MISSING_SETS * 2; i++) {
        writer_fini(&texts[i]);
    }
    return err;
}

/* --- Rows ----------------------------------------------------------------- */

static bool names_person(const struct instrument *of)
{
    return of->contact.size > 0 || of->phone.size > 0 || of->email.size > 0;
}

/* *answer is what the contact borrows. */
static hl_err ask_contact(struct reporting *reporting,
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
        reporting->call, &reporting->link, "/heluo.v1.Catalogue/Contact",
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

static void count(struct reporting *reporting, const struct nrii_row *row)
{
    reporting->rows++;
    reporting->complete += nrii_row_is_complete(row);
    reporting->cut_rows += row->cut != 0;
    for (size_t i = 0; i < nrii_equipment_count; i++) {
        reporting->lacking[i] += row->missing >> i & 1;
        reporting->wrong[i] += row->wrong >> i & 1;
        reporting->cut_of[i] += row->cut >> i & 1;
        reporting->cut += row->cut >> i & 1;
    }
}

static hl_err write_row(struct reporting *reporting, const struct nrii_row *row)
{
    if (!nrii_row_is_complete(row) && !cli_has(reporting->call, "incomplete")) {
        return HL_OK;
    }
    fputs(reporting->written == 0 ? "[\n" : ",\n", reporting->file.out);
    reporting->written++;
    return fwrite(reporting->text.data, 1, reporting->text.size,
                  reporting->file.out) == reporting->text.size
               ? HL_OK
               : out_file_fail(&reporting->file, "write");
}

static hl_err take_row(void *context, const Heluo__V1__RecordView *view,
                       const union record_room *record)
{
    struct reporting *reporting = context;
    const struct instrument *of = (const void *)record;
    ProtobufCMessage *answer = NULL;
    struct nrii_source source = {
        .instrument = of,
        .ins_code = ins_codes_find(&reporting->codes, &of->of),
    };
    struct nrii_row row;
    hl_err err = names_person(of)
                     ? ask_contact(reporting, view, &source.contact, &answer)
                     : HL_OK;
    if (err == HL_OK) {
        writer_clear(&reporting->text);
        nrii_row_put(&source, &reporting->text, &row);
        count(reporting, &row);
        err = write_row(reporting, &row);
    }
    if (err == HL_OK) {
        err = list_row(reporting, of, &row);
    }
    protobuf_c_message_free_unpacked(answer, NULL);
    return err;
}

static hl_err write_rows(struct reporting *reporting)
{
    struct report_self self;
    hl_err err = report_ask_self(reporting->call, &reporting->link, &self);
    if (err != HL_OK) {
        return err;
    }
    const struct report_walk walk = {.kind = "instrument",
                                     .origin = self.origin,
                                     .visit = take_row,
                                     .context = reporting};
    return report_walk(reporting->call, &reporting->link, &walk);
}

/* --- The answer ----------------------------------------------------------- */

static json_t *counts_json(const uint64_t counts[KEYS_MAX])
{
    json_t *object = json_object();
    for (size_t i = 0; i < nrii_equipment_count; i++) {
        if (counts[i] > 0) {
            json_object_set_new(object, nrii_equipment[i].key,
                                json_integer((json_int_t)counts[i]));
        }
    }
    return object;
}

static void tell_json(const struct reporting *reporting)
{
    json_t *object = json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I}", "rows", (json_int_t)reporting->rows,
        "complete", (json_int_t)reporting->complete, "incomplete",
        (json_int_t)(reporting->rows - reporting->complete), "written",
        (json_int_t)reporting->written, "cut", (json_int_t)reporting->cut,
        "cut_rows", (json_int_t)reporting->cut_rows);
    json_object_set_new(object, "personal_data",
                        json_boolean(reporting->written > 0));
    json_object_set_new(object, "missing_by_key",
                        counts_json(reporting->lacking));
    json_object_set_new(object, "wrong_by_key", counts_json(reporting->wrong));
    json_object_set_new(object, "cut_by_key", counts_json(reporting->cut_of));
    cli_print_json(object);
}

enum { TOLD_COLUMNS = 5 };

static void tell_keys(const struct reporting *reporting)
{
    static const char *const heads[LANG_COUNT][TOLD_COLUMNS] = {
        {"KEY", "NAME", "MISSING", "WRONG", "CUT"},
        {"字段", "名称", "缺少", "有误", "截断"}};
    struct term_table table = {.column_count = TOLD_COLUMNS};
    char numbers[3][24];
    for (size_t i = 0; i < nrii_equipment_count; i++) {
        const uint64_t counts[] = {reporting->lacking[i], reporting->wrong[i],
                                   reporting->cut_of[i]};
        if (counts[0] + counts[1] + counts[2] == 0) {
            continue;
        }
        if (table.row_count == 0) {
            term_table_add(&table, heads[reporting->lang]);
        }
        for (size_t k = 0; k < 3; k++) {
            snprintf(numbers[k], sizeof(numbers[k]), "%" PRIu64, counts[k]);
        }
        term_table_add(&table, (const char *const[]){nrii_equipment[i].key,
                                                     nrii_key_zh(i), numbers[0],
                                                     numbers[1], numbers[2]});
    }
    term_table_print(&table, stdout);
    term_table_fini(&table);
}

static void tell(const struct reporting *reporting)
{
    static const char *const counts[LANG_COUNT] = {
        "%" PRIu64 " rows: %" PRIu64 " complete, %" PRIu64
        " incomplete; %" PRIu64 " written; %" PRIu64 " texts cut in %" PRIu64
        " rows\n",
        "共 %" PRIu64 " 条：完整 %" PRIu64 "，不完整 %" PRIu64 "；写出 %" PRIu64
        "；%" PRIu64 " 处文本被截断，涉及 %" PRIu64 " 条\n"};
    static const char *const personal[LANG_COUNT] = {
        "The file names people and their numbers: it is personal data, and "
        "readable by you\nalone (mode 0600). Delete it when it was sent.\n",
        "文件含联系人姓名与电话，属个人信息，仅本人可读（0600）；报送后请删除。"
        "\n"};
    if (reporting->call->json) {
        tell_json(reporting);
        return;
    }
    printf(counts[reporting->lang], reporting->rows, reporting->complete,
           reporting->rows - reporting->complete, reporting->written,
           reporting->cut, reporting->cut_rows);
    tell_keys(reporting);
    if (reporting->written > 0) {
        fputs(personal[reporting->lang], stdout);
    }
}

static hl_err write_all(struct reporting *reporting)
{
    struct cli_call *call = reporting->call;
    hl_err err = ins_codes_take(call, &reporting->codes);
    if (err == HL_OK) {
        err = node_link_open(call, &reporting->link);
    }
    if (err == HL_OK) {
        /* Nobody else sees any of it. */
        err = out_file_open(&reporting->file, call, cli_get(call, "out"),
                            FILE_MODE_SECRET);
    }
    if (err == HL_OK) {
        err = open_missing(reporting);
    }
    if (err == HL_OK) {
        err = write_rows(reporting);
    }
    if (err == HL_OK && reporting->missing != NULL) {
        err = table_writer_commit(&reporting->missing,
                                  cli_about(call, cli_get(call, "missing")));
    }
    return err == HL_OK ? commit_file(reporting) : err;
}

hl_err cmd_report_nrii(struct cli_call *call)
{
    struct reporting *reporting = hl_alloc(1, sizeof(*reporting));
    reporting->call = call;
    hl_err err = lang_choose(call, &reporting->lang);
    if (err == HL_OK) {
        err = write_all(reporting);
    }
    if (err == HL_OK) {
        tell(reporting);
    }
    table_writer_abort(&reporting->missing);
    out_file_close(&reporting->file);
    node_link_close(&reporting->link);
    ins_codes_fini(&reporting->codes);
    writer_fini(&reporting->text);
    hl_free(reporting);
    return err;
}
