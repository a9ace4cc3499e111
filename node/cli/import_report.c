/* SPDX-License-Identifier: Apache-2.0 */

/* What an import says: on the terminal, in a report, in a file of rows to be
 * corrected. */

#include "node/cli/import_run.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "node/cli/term.h"
#include "protocol/base/alloc.h"

enum { TOLD_MAX = 20, PROGRESS_ROWS = 500, BAR_COLUMNS = 30 };

static const char *severity_word(enum severity severity)
{
    static const char *const words[] = {"healed", "doubted", "refused"};
    return words[severity];
}

static struct bytes column_name(const struct import_run *run, int column)
{
    return column == NO_COLUMN
               ? (struct bytes){0}
               : table_reader_column(run->reader, (size_t)column);
}

static const char *const added[] = {"heluo_line", "heluo_column",
                                    "heluo_reason"};
enum { ADDED = sizeof(added) / sizeof(added[0]) };

/* Columns that rejects have beside the file's own; rejects that are imported
 * again have them already. */
static bool is_added(struct bytes name)
{
    for (size_t i = 0; i < ADDED; i++) {
        if (bytes_equal_text(name, added[i])) {
            return true;
        }
    }
    return false;
}

/* --- Rejects and report --------------------------------------------------- */

static hl_err open_rejects(struct import_run *run, const char *path)
{
    struct bytes *names = hl_alloc(IMPORT_CELLS_MAX, sizeof(names[0]));
    const struct table_target target = {
        .format = table_format_of_name(path) == TABLE_AUTO
                      ? table_reader_format(run->reader)
                      : TABLE_AUTO,
        .mark = true};
    size_t count = 0;
    for (size_t i = 0; i < table_reader_columns(run->reader); i++) {
        struct bytes name = table_reader_column(run->reader, i);
        if (!is_added(name)) {
            names[count++] = name;
        }
    }
    for (size_t i = 0; i < ADDED; i++) {
        names[count++] = bytes_of_text(added[i]);
    }
    hl_err err = table_writer_open(path, &target, names, count, &run->rejects,
                                   cli_about(run->call, path));
    hl_free(names);
    return err;
}

hl_err import_open_reports(struct import_run *run)
{
    static const char *const columns[] = {"severity", "kind",  "line",
                                          "column",   "value", "reason"};
    const char *report = cli_get(run->call, "report");
    const char *rejects = cli_get(run->call, "rejects");
    hl_err err = HL_OK;
    if (report != NULL && run->report == NULL) {
        struct bytes names[6];
        for (size_t i = 0; i < 6; i++) {
            names[i] = bytes_of_text(columns[i]);
        }
        const struct table_target target = {.mark = true};
        err = table_writer_open(report, &target, names, 6, &run->report,
                                cli_about(run->call, report));
    }
    if (err == HL_OK && rejects != NULL && run->rejects == NULL) {
        err = open_rejects(run, rejects);
    }
    return err;
}

static hl_err close_one(struct import_run *run, struct table_writer **writer,
                        const char *option, bool keep)
{
    if (*writer == NULL || !keep) {
        table_writer_abort(writer);
        return HL_OK;
    }
    const char *path = cli_get(run->call, option);
    return table_writer_commit(writer, cli_about(run->call, path));
}

hl_err import_close_reports(struct import_run *run, hl_err err)
{
    /* What is known is kept also where the node went away in the middle. */
    struct hl_detail why = run->call->detail;
    char subject[sizeof(run->call->subject)];
    memcpy(subject, run->call->subject, sizeof(subject));
    bool keep = run->trouble == HL_OK;
    hl_err kept = close_one(run, &run->report, "report", keep);
    hl_err other = close_one(run, &run->rejects, "rejects",
                             keep && run->counts.failed > 0);
    kept = kept == HL_OK ? other : kept;
    if (err != HL_OK) {
        run->call->detail = why;
        cli_name(run->call, subject);
        return err;
    }
    return kept;
}

/* What a table cannot hold is said without its cells: no row goes missing. A
 * full disk ends the import. */
struct output {
    struct table_writer *writer;
    const char *option;
    struct bytes *cells; /* the last is the reason */
    size_t count;
    size_t from, to; /* those that are the file's */
};

static void put(struct import_run *run, const struct output *out)
{
    struct bytes *reason = &out->cells[out->count - 1];
    if (run->trouble != HL_OK) {
        return;
    }
    hl_err err =
        table_writer_put(out->writer, out->cells, &run->trouble_detail);
    if (err == HL_EMALFORMED || err == HL_ELIMIT) {
        struct writer text = {0};
        writer_format(&text, "%.*s (what stands there cannot be shown here)",
                      BYTES_ARGS(*reason));
        for (size_t i = out->from; i < out->to; i++) {
            out->cells[i] = (struct bytes){0};
        }
        *reason = writer_view(&text);
        err = table_writer_put(out->writer, out->cells, &run->trouble_detail);
        writer_fini(&text);
    }
    run->trouble = err;
    if (err != HL_OK) {
        snprintf(run->trouble_path, sizeof(run->trouble_path), "%s",
                 cli_get(run->call, out->option));
    }
}

/* cells: NULL where the row could not be read. */
static void reject(struct import_run *run, uint64_t line,
                   const struct bytes *cells, struct bytes column,
                   const char *reason)
{
    if (run->rejects == NULL) {
        return;
    }
    struct bytes *all = hl_alloc(IMPORT_CELLS_MAX, sizeof(all[0]));
    char number[24];
    size_t count = 0;
    snprintf(number, sizeof(number), "%" PRIu64, line);
    for (size_t i = 0; i < run->binding.count; i++) {
        if (!is_added(table_reader_column(run->reader, i))) {
            all[count++] = cells == NULL ? (struct bytes){0} : cells[i];
        }
    }
    size_t own = count;
    all[count++] = bytes_of_text(number);
    all[count++] = column;
    all[count++] = bytes_of_text(reason);
    put(run, &(struct output){run->rejects, "rejects", all, count, 0, own});
    hl_free(all);
}

/* The first refusal of a row is the one beside it. */
static void reject_row(struct import_run *run, const struct defect *defect)
{
    if (run->rejected || run->row == NULL || run->rejects == NULL) {
        run->rejected = true;
        return;
    }
    run->rejected = true;
    size_t count = run->row->err == HL_OK ? run->row->count : 0;
    struct bytes *cells = hl_alloc(count + 1, sizeof(cells[0]));
    for (size_t i = 0; i < count; i++) {
        const struct table_cell *cell = &run->row->cells[i];
        /* Nothing would be nothing when it comes back. */
        cells[i] = cell->fault == TABLE_NO_VALUE ? bytes_of_text("#VALUE!")
                                                 : cell->text;
    }
    reject(run, defect->line, count == 0 ? NULL : cells,
           column_name(run, defect->column), defect->reason);
    hl_free(cells);
}

static void put_report(struct import_run *run, const struct defect *defect)
{
    char line[24];
    if (run->report == NULL) {
        return;
    }
    snprintf(line, sizeof(line), "%" PRIu64, defect->line);
    struct bytes cells[] = {
        bytes_of_text(severity_word(defect->severity)),
        bytes_of_text(dirt_word(defect->dirt)),
        bytes_of_text(line),
        column_name(run, defect->column),
        defect->value,
        bytes_of_text(defect->reason),
    };
    put(run, &(struct output){run->report, "report", cells, 6, 4, 5});
}

/* --- The terminal --------------------------------------------------------- */

static void clear_bar(const struct import_run *run)
{
    if (run->progress) {
        fputs("\r\033[K", stderr);
    }
}

static void put_bytes(FILE *out, struct bytes text)
{
    struct writer copy = {0};
    writer_bytes(&copy, text);
    writer_u8(&copy, 0);
    term_put(out, (const char *)copy.data);
    writer_fini(&copy);
}

void import_tell(void *context, const struct defect *defect)
{
    struct import_run *run = context;
    if (run->quiet) {
        if (defect->severity == DEFECT_REFUSED) {
            run->rejected = true;
        }
        return;
    }
    run->counts.dirt[defect->dirt][defect->severity]++;
    put_report(run, defect);
    if (defect->severity != DEFECT_REFUSED) {
        return;
    }
    reject_row(run, defect);
    if (run->told++ >= TOLD_MAX) {
        return;
    }
    clear_bar(run);
    fprintf(stderr, "line %" PRIu64, defect->line);
    if (defect->column != NO_COLUMN) {
        fputs(", column ", stderr);
        put_bytes(stderr, column_name(run, defect->column));
        fputs(", '", stderr);
        put_bytes(stderr, defect->value);
        fputs("'", stderr);
    }
    fputs(": ", stderr);
    term_put(stderr, defect->reason);
    fputs("\n", stderr);
}

void import_tell_refused(struct import_run *run, const struct import_row *row,
                         const char *reason)
{
    bool quiet = run->quiet;
    const struct table_row *reading = run->row;
    int column = convert_column_of(&run->binding, reason);
    bool has_value = column != NO_COLUMN && row->cells != NULL;
    const struct defect defect = {.severity = DEFECT_REFUSED,
                                  .dirt = DIRT_RULE,
                                  .line = row->line,
                                  .column = column,
                                  .value = has_value ? row->cells[column]
                                                     : (struct bytes){0},
                                  .reason = reason};
    run->quiet = false; /* nobody has told of it yet */
    run->row = NULL;    /* it is not the one that is being read */
    import_tell(run, &defect);
    run->quiet = quiet;
    run->row = reading;
    reject(run, row->line, row->cells, column_name(run, column), reason);
}

void import_show_progress(struct import_run *run, bool last)
{
    uint64_t done = run->counts.rows, all = run->survey.rows;
    if (!run->progress || (!last && done % PROGRESS_ROWS != 0)) {
        return;
    }
    int filled = all == 0 ? BAR_COLUMNS : (int)(done * BAR_COLUMNS / all);
    fprintf(stderr, "\r[%-*.*s] %" PRIu64 " of %" PRIu64 " rows%s", BAR_COLUMNS,
            filled, "##############################", done, all,
            last ? "\r\033[K" : "");
    fflush(stderr);
}

static json_t *dirt_json(const struct import_run *run, enum severity severity)
{
    json_t *object = json_object();
    for (int i = 0; i < DIRT_COUNT; i++) {
        uint64_t count = run->counts.dirt[i][severity];
        if (count > 0) {
            json_object_set_new(object, dirt_word((enum dirt)i),
                                json_integer((json_int_t)count));
        }
    }
    return object;
}

/* Read, but the import ended before. */
static uint64_t unanswered(const struct import_counts *counts)
{
    return counts->rows - counts->created - counts->changed -
           counts->unchanged - counts->failed - counts->twice;
}

static void summary_json(struct import_run *run)
{
    const struct import_counts *counts = &run->counts;
    json_t *object = json_pack(
        "{s:b, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "dry_run",
        cli_has(run->call, "dry-run") ? 1 : 0, "written", run->dry ? 0 : 1,
        "rows", (json_int_t)counts->rows, "new", (json_int_t)counts->created,
        "changed", (json_int_t)counts->changed, "unchanged",
        (json_int_t)counts->unchanged, "retired", (json_int_t)counts->retired,
        "failed", (json_int_t)counts->failed, "twice",
        (json_int_t)counts->twice, "unanswered",
        (json_int_t)unanswered(counts));
    const char *others = NULL;
    const char *sheet = table_reader_sheet(run->reader, &others);
    if (sheet != NULL && others[0] != '\0') {
        json_object_set_new(object, "sheet", cli_json_text(sheet));
        json_object_set_new(object, "other_sheets", cli_json_text(others));
    }
    json_object_set_new(object, "healed", dirt_json(run, DEFECT_HEALED));
    json_object_set_new(object, "doubted", dirt_json(run, DEFECT_DOUBTED));
    json_object_set_new(object, "refused", dirt_json(run, DEFECT_REFUSED));
    import_begin_diff(run);
    import_end_diff(run, object);
}

static void print_dirt(const struct import_run *run, enum severity severity)
{
    const char *between = "";
    for (int i = 0; i < DIRT_COUNT; i++) {
        uint64_t count = run->counts.dirt[i][severity];
        if (count > 0) {
            if (between[0] == '\0') {
                printf("%-10s ", severity_word(severity));
            }
            printf("%s%s %" PRIu64, between, dirt_word((enum dirt)i), count);
            between = ", ";
        }
    }
    if (between[0] != '\0') {
        putchar('\n');
    }
}

void import_summary(struct import_run *run)
{
    const struct import_counts *counts = &run->counts;
    if (run->call->json) {
        summary_json(run);
        return;
    }
    if (run->told > TOLD_MAX) {
        fprintf(stderr,
                "and %" PRIu64 " more: --report FILE has all of them, and "
                "--rejects FILE the rows\n",
                run->told - TOLD_MAX);
    }
    const char *written = !run->dry ? ""
                          : cli_has(run->call, "dry-run")
                              ? "dry run, nothing was written; "
                              : "nothing was written; ";
    printf("%s%" PRIu64 " rows: %" PRIu64 " new, %" PRIu64 " changed, %" PRIu64
           " unchanged, %" PRIu64 " retired, %" PRIu64 " failed",
           written, counts->rows, counts->created, counts->changed,
           counts->unchanged, counts->retired, counts->failed);
    if (counts->twice > 0) {
        printf(", %" PRIu64 " twice in the file", counts->twice);
    }
    if (unanswered(counts) > 0) {
        printf(", %" PRIu64 " without the node's answer", unanswered(counts));
    }
    putchar('\n');
    print_dirt(run, DEFECT_HEALED);
    print_dirt(run, DEFECT_DOUBTED);
    print_dirt(run, DEFECT_REFUSED);
}
