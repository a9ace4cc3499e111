/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo export`: the inverse of `heluo import`. */

#include <inttypes.h>
#include <string.h>

#include "node/cli/cmd_record.h"
#include "node/cli/commands.h"
#include "node/cli/report_walk.h"
#include "node/table/table_writer.h"

enum { ATTRIBUTES_MAX = 64 };

const struct cli_option catalogue_export_options[] = {
    {"kind", "WORD", "instrument (if not given), unit, service or demand.",
     CLI_OPTIONAL},
    {"out", "FILE",
     "Where to; csv, tsv, jsonl, json or xlsx, as its name says. It must not\n"
     "exist.",
     CLI_REQUIRED},
    {"origin", "ORIGIN",
     "Those of that journal, ALLIANCE/NODE; of the node's own if not given.",
     CLI_OPTIONAL},
    {"lang", "LANG", "zh: the columns have their Chinese names.", CLI_OPTIONAL},
    CONNECT_OPTIONS,
    {0},
};

struct exporting {
    struct cli_call *call;
    struct node_link link;
    const struct record_kind *kind;
    const struct attribute *columns[ATTRIBUTES_MAX];
    size_t count;
    struct table_writer *writer;
    uint64_t rows;
};

/* All attributes but the home, which is the node's that imports. */
static hl_err open_writer(struct exporting *exporting)
{
    struct cli_call *call = exporting->call;
    const char *lang = cli_get(call, "lang");
    struct bytes names[ATTRIBUTES_MAX];
    size_t count;
    bool zh = lang != NULL && strcmp(lang, "zh") == 0;
    const struct attribute *all = attributes_of(exporting->kind, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(all[i].name, "home") == 0) {
            continue;
        }
        names[exporting->count] =
            bytes_of_text(zh ? all[i].name_zh : all[i].name);
        exporting->columns[exporting->count++] = &all[i];
    }
    const char *path = cli_get(call, "out");
    const struct table_target target = {.mark = true};
    return table_writer_open(path, &target, names, exporting->count,
                             &exporting->writer, cli_about(call, path));
}

static hl_err put_row(void *context, const Heluo__V1__RecordView *view,
                      const union record_room *record)
{
    struct exporting *exporting = context;
    (void)view;
    struct writer text = {0};
    size_t ends[ATTRIBUTES_MAX];
    struct bytes cells[ATTRIBUTES_MAX];
    for (size_t i = 0; i < exporting->count; i++) {
        attribute_format(exporting->kind, exporting->columns[i], record, &text);
        ends[i] = text.size;
    }
    for (size_t i = 0; i < exporting->count; i++) {
        size_t from = i == 0 ? 0 : ends[i - 1];
        cells[i] = bytes_slice(writer_view(&text), from, ends[i] - from);
    }
    hl_err err = table_writer_put(
        exporting->writer, cells,
        cli_about(exporting->call, cli_get(exporting->call, "out")));
    writer_fini(&text);
    exporting->rows++;
    return err;
}

static hl_err export_all(struct exporting *exporting)
{
    const char *given = cli_get(exporting->call, "origin");
    struct report_self self = {.origin = ""};
    hl_err err = given == NULL
                     ? report_ask_self(exporting->call, &exporting->link, &self)
                     : HL_OK;
    const struct report_walk walk = {.kind = exporting->kind->word,
                                     .origin =
                                         given == NULL ? self.origin : given,
                                     .visit = put_row,
                                     .context = exporting};
    return err == HL_OK ? report_walk(exporting->call, &exporting->link, &walk)
                        : err;
}

hl_err cmd_export(struct cli_call *call)
{
    const char *word = cli_get(call, "kind");
    struct exporting exporting = {
        .call = call,
        .kind = record_kind_of_word(word == NULL ? "instrument" : word)};
    if (exporting.kind == NULL) {
        return cli_usage(call,
                         "--kind '%s' is none of unit, instrument, service, "
                         "demand",
                         word);
    }
    hl_err err = node_link_open(call, &exporting.link);
    if (err == HL_OK) {
        err = open_writer(&exporting);
    }
    if (err == HL_OK) {
        err = export_all(&exporting);
    }
    if (err == HL_OK) {
        err = table_writer_commit(&exporting.writer,
                                  cli_about(call, cli_get(call, "out")));
    } else {
        table_writer_abort(&exporting.writer);
    }
    if (err == HL_OK && call->json) {
        cli_print_json(json_pack("{s:I}", "rows", (json_int_t)exporting.rows));
    } else if (err == HL_OK) {
        printf("%" PRIu64 " rows\n", exporting.rows);
    }
    node_link_close(&exporting.link);
    return err;
}
