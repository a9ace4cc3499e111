/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo import`: a file is compared with what the node has, and only what
 * changed is written. */

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "node/catalogue/rules.h"
#include "node/cli/commands.h"
#include "node/cli/import_run.h"
#include "node/import/suggest.h"
#include "protocol/base/alloc.h"

const struct cli_option catalogue_import_options[] = {
    {"kind", "WORD",
     "What the rows are: instrument (if neither this nor a mapping says),\n"
     "unit, service or demand.",
     CLI_OPTIONAL},
    {"mapping", "FILE",
     "Which column is what: a table with the columns column, attribute, value\n"
     "and as; or 'uniquip' or 'nrii', which the program knows. Without it the\n"
     "headings say so: attributes' names, Latin or Chinese, and usual others.\n"
     "Lines without a column are constants, and with a name of these settings\n"
     "of the file: @record, @format, @encoding, @sheet, @delimiter, @heading\n"
     "(the heading's line, where a title stands above it).",
     CLI_OPTIONAL},
    {"set", "NAME=VALUE", "An attribute that all rows have.", CLI_REPEATED},
    {"suggest", NULL,
     "Print a mapping for this file instead; correct it and use it.",
     CLI_OPTIONAL},
    {"dry-run", NULL,
     "Write nothing; print what would change, with --json as `changes`.",
     CLI_OPTIONAL},
    {"strict", NULL,
     "Look at all rows first, and write none where one is refused.",
     CLI_OPTIONAL},
    {"complete", NULL,
     "The file has all of the node's records of this kind: what it has not is\n"
     "retired. Above 5 % of them that is asked, or needs --yes.",
     CLI_OPTIONAL},
    {"yes", NULL, "Do not ask.", CLI_OPTIONAL},
    {"rejects", "FILE",
     "Write the refused rows there, each with its reason, to be corrected and\n"
     "imported again. Its name says the format.",
     CLI_OPTIONAL},
    {"report", "FILE",
     "Write all that was healed, doubted and refused there: line, column,\n"
     "value and reason.",
     CLI_OPTIONAL},
    {"format", "WORD",
     "csv, tsv, jsonl, json or xlsx, where the file does not say it itself.",
     CLI_OPTIONAL},
    {"encoding", "NAME",
     "As iconv(1) has them: GB18030, MACINTOSH. Without it: UTF-8, else\n"
     "GB 18030, if the file is that; else the file is refused. Where it is\n"
     "given, rows with other bytes are refused one by one.",
     CLI_OPTIONAL},
    {"sheet", "NAME",
     "Of an xlsx; the first with cells that is not hidden if not given.",
     CLI_OPTIONAL},
    CONNECT_OPTIONS,
    {0},
};

/* --- Opening -------------------------------------------------------------- */

static hl_err open_mapping(struct import_run *run)
{
    struct cli_call *call = run->call;
    const char *word = cli_get(call, "kind");
    const char *name = cli_get(call, "mapping");
    const struct record_kind *kind =
        word == NULL ? NULL : record_kind_of_word(word);
    if (word != NULL && kind == NULL) {
        return cli_usage(call,
                         "--kind '%s' is none of unit, instrument, service, "
                         "demand",
                         word);
    }
    if (kind == NULL && name == NULL) {
        kind = record_kind_of_word("instrument");
    }
    hl_err err = mapping_open(name, kind, &run->mapping,
                              cli_about(call, name == NULL ? "" : name));
    const char *set = NULL;
    for (size_t i = 0;
         err == HL_OK && (set = cli_get_nth(call, "set", i)) != NULL; i++) {
        err = mapping_set(run->mapping, bytes_of_text(set),
                          cli_about(call, "--set"));
    }
    return err;
}

static hl_err take_options(struct import_run *run)
{
    struct cli_call *call = run->call;
    const char *format = cli_get(call, "format");
    run->options = mapping_options(run->mapping);
    if (format != NULL &&
        table_format_parse(format, &run->options.format) != HL_OK) {
        return cli_usage(call,
                         "--format '%s' is none of csv, tsv, jsonl, json, xlsx",
                         format);
    }
    if (cli_has(call, "encoding")) {
        run->options.encoding = cli_get(call, "encoding");
    }
    if (cli_has(call, "sheet")) {
        run->options.sheet = cli_get(call, "sheet");
    }
    run->options.short_rows = true;
    return HL_OK;
}

/* --- Rows ----------------------------------------------------------------- */

static void refuse(struct import_run *run, bool identified)
{
    run->counts.failed++;
    run->counts.unidentified += identified ? 0 : 1;
}

/* For a message only. */
static uint32_t short_line(const struct import_run *run)
{
    return run->row->line > UINT32_MAX ? UINT32_MAX : (uint32_t)run->row->line;
}

/* Whether its number was made of its content. */
static bool is_numbered(const struct import_run *run,
                        const union record_room *record)
{
    const struct homed *homed = (const void *)record;
    return run->binding.kind->homed && homed->inner_id.size > 5 &&
           memcmp(homed->inner_id.data, "auto-", 5) == 0;
}

static void tell_twice(struct import_run *run, enum severity severity,
                       const char *reason)
{
    const struct defect defect = {.severity = severity,
                                  .dirt = DIRT_TWICE,
                                  .line = run->row->line,
                                  .column = NO_COLUMN,
                                  .reason = reason};
    import_tell(run, &defect);
}

static const char twice_begins[] = "the same number as line ";
static const char twice_advice[] =
    ", with another content: give it a number of its own, or empty "
    "heluo_reason if this is the row that is right. Its number is ";

/* Whether the file has had the record already; tells so. */
static bool is_twice(struct import_run *run, const union record_room *record,
                     bool *refused)
{
    uint64_t key = record_mark(run->binding.kind, record, false);
    uint32_t content = (uint32_t)record_mark(run->binding.kind, record, true);
    uint32_t former = 0, line = 0;
    char id[RECORD_ID_BYTES];
    char reason[sizeof(twice_begins) + sizeof(twice_advice) + sizeof(id) + 16];
    if (!seen_add(run->seen, key, content, short_line(run), &former, &line)) {
        return false;
    }
    *refused = former != content;
    if (*refused && is_numbered(run, record)) {
        snprintf(reason, sizeof(reason),
                 "the same as line %" PRIu32
                 " but for the person to ask: it needs a number of its own",
                 line);
    } else if (*refused) {
        import_describe(run->binding.kind, record, id);
        snprintf(reason, sizeof(reason), "%s%" PRIu32 "%s%s", twice_begins,
                 line, twice_advice, id);
    } else {
        snprintf(reason, sizeof(reason),
                 "the same row as line %" PRIu32 ": taken once", line);
    }
    tell_twice(run, *refused ? DEFECT_REFUSED : DEFECT_DOUBTED, reason);
    return true;
}

/* Whether it comes back as it was refused, because of another row of its file:
 * that one is not here, and this one would take its place in silence. */
static bool is_still_twice(struct import_run *run,
                           const union record_room *record)
{
    struct bytes reason = {0};
    char id[RECORD_ID_BYTES], kept[sizeof(twice_advice) + sizeof(id) + 64];
    for (size_t i = 0; run->binding.rejects && i < run->binding.count; i++) {
        if (bytes_equal_text(table_reader_column(run->reader, i),
                             "heluo_reason")) {
            reason = run->row->cells[i].text;
        }
    }
    if (reason.size == 0 || reason.size >= sizeof(kept)) {
        return false;
    }
    memcpy(kept, reason.data, reason.size);
    kept[reason.size] = '\0';
    import_describe(run->binding.kind, record, id);
    const char *number = strstr(kept, twice_advice);
    if (number == NULL || strcmp(number + sizeof(twice_advice) - 1, id) != 0) {
        return false;
    }
    tell_twice(run, DEFECT_REFUSED, kept);
    return true;
}

static hl_err take_row(struct import_run *run)
{
    union record_room record;
    bool identified = false, refused = false;
    run->counts.rows++;
    run->rejected = false;
    bool good = convert_row(run->converter, run->row, &record, &identified);
    if (!good) {
        refuse(run, identified);
        if (identified) {
            uint32_t unused = 0;
            seen_add(run->seen, record_mark(run->binding.kind, &record, false),
                     UINT32_MAX, short_line(run), &unused, &unused);
        }
        return HL_OK;
    }
    if (is_still_twice(run, &record)) {
        refuse(run, true);
        return HL_OK;
    }
    if (is_twice(run, &record, &refused)) {
        if (refused) {
            refuse(run, true);
        } else {
            run->counts.twice++;
        }
        return HL_OK;
    }
    return import_add(run, &record);
}

/* Of the reports, or of somebody who has seen enough. */
static hl_err trouble(struct import_run *run)
{
    if (run->trouble != HL_OK) {
        run->call->detail = run->trouble_detail;
        cli_name(run->call, run->trouble_path);
        return run->trouble;
    }
    return import_is_stopped()
               ? hl_fail(cli_about(run->call, run->path), HL_ECANCELLED,
                         "stopped: what was written stays, and the same "
                         "command again does the rest")
               : HL_OK;
}

static hl_err take_rows(struct import_run *run)
{
    hl_err err = HL_OK;
    while (err == HL_OK) {
        err = table_reader_next(run->reader, &run->row,
                                cli_about(run->call, run->path));
        if (err != HL_OK || run->row == NULL) {
            return err;
        }
        err = take_row(run);
        import_show_progress(run, false);
        if (err == HL_OK) {
            err = trouble(run);
        }
    }
    return err;
}

/* One pass over the file, which is the one that the binding is of: whatever
 * changes it changes the time that it was changed at. */
static hl_err pass(struct import_run *run)
{
    seen_destroy(&run->seen);
    run->seen = seen_create();
    run->counts = (struct import_counts){0};
    hl_err err = import_open(run);
    if (err == HL_OK) {
        err = import_check_file(run);
    }
    if (err == HL_OK &&
        table_reader_columns(run->reader) != run->binding.count) {
        err = hl_fail(cli_about(run->call, run->path), HL_EIO,
                      "the file changed while it was read");
    }
    if (err == HL_OK) {
        err = take_rows(run);
    }
    if (err == HL_OK) {
        err = import_flush(run);
    }
    if (err == HL_OK) {
        err = trouble(run);
    }
    if (err == HL_OK) {
        err = import_check_file(run);
    }
    import_show_progress(run, true);
    import_drop(run);
    return err;
}

/* --strict: all of it dry at first, and what is refused is told then. */
static hl_err pass_strictly(struct import_run *run)
{
    run->dry = true;
    hl_err err = pass(run);
    if (err != HL_OK) {
        return err;
    }
    if (run->counts.failed > 0) {
        return hl_fail(cli_about(run->call, run->path), HL_EMALFORMED,
                       "nothing was written, as --strict has it: %" PRIu64
                       " of %" PRIu64 " rows are refused",
                       run->counts.failed, run->counts.rows);
    }
    run->dry = false;
    run->quiet = true;
    struct import_counts counts = run->counts;
    err = pass(run);
    run->quiet = false;
    for (int i = 0; i < DIRT_COUNT; i++) {
        for (int j = 0; j < SEVERITY_COUNT; j++) {
            run->counts.dirt[i][j] += counts.dirt[i][j];
        }
    }
    return err;
}

static hl_err import_all(struct import_run *run)
{
    bool dry = run->dry;
    bool strict = cli_has(run->call, "strict") && !dry;
    hl_err err = strict ? pass_strictly(run) : pass(run);
    if (err == HL_OK && cli_has(run->call, "complete")) {
        err = import_complete(run);
    }
    bool told = err == HL_OK || run->counts.rows > 0;
    if (told) {
        import_summary(run);
    }
    if (err == HL_OK && run->counts.failed > 0) {
        err = hl_fail(
            cli_about(run->call, run->path), HL_EMALFORMED,
            "%" PRIu64 " of %" PRIu64 " rows were refused; the others are %s",
            run->counts.failed, run->counts.rows, dry ? "good" : "imported");
    }
    return err;
}

static hl_err suggest(struct import_run *run)
{
    struct writer text = {0};
    hl_err err = import_find_heading(run);
    if (err == HL_OK) {
        err = suggest_mapping(mapping_kind(run->mapping), run->reader,
                              &run->options, &text,
                              cli_about(run->call, run->path));
    }
    if (err == HL_OK) {
        fwrite(text.data, 1, text.size, stdout);
    }
    writer_fini(&text);
    return err;
}

static hl_err run_import(struct import_run *run)
{
    struct hl_detail *detail = cli_about(run->call, run->path);
    hl_err err = import_look_at_file(run);
    if (err == HL_OK) {
        err = import_open_first(run);
    }
    if (err == HL_OK) {
        err = import_check_sheets(run);
    }
    if (err == HL_OK) {
        err = mapping_bind(run->mapping, run->reader, &run->binding, detail);
    }
    if (err == HL_OK) {
        err = import_check_unit(run);
    }
    if (err == HL_OK) {
        err = survey_read(run->reader, &run->survey, detail);
    }
    if (err == HL_OK) {
        err = import_open_reports(run);
    }
    if (err == HL_OK) {
        import_hold_signals();
        err = node_link_open(run->call, &run->link);
    }
    if (err == HL_OK) {
        run->converter =
            converter_create(&run->binding, &run->survey, import_tell, run);
        err = import_all(run);
    }
    return import_close_reports(run, err);
}

hl_err cmd_import(struct cli_call *call)
{
    struct import_run *run = hl_alloc(1, sizeof(*run));
    run->call = call;
    run->path = call->operands[0];
    run->dry = cli_has(call, "dry-run");
    run->show = run->dry;
    run->progress = isatty(STDERR_FILENO) != 0;
    hl_err err = open_mapping(run);
    if (err == HL_OK) {
        err = take_options(run);
    }
    if (err == HL_OK) {
        err = cli_has(call, "suggest") ? suggest(run) : run_import(run);
    }
    node_link_close(&run->link);
    converter_destroy(&run->converter);
    seen_destroy(&run->seen);
    survey_fini(&run->survey);
    binding_fini(&run->binding);
    table_reader_close(&run->reader);
    mapping_close(&run->mapping);
    hl_free(run);
    return err;
}
