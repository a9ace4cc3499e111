/* SPDX-License-Identifier: Apache-2.0 */

/* In what form the file of an import is read. */

#include <string.h>

#include "node/cli/import_run.h"
#include "node/cli/term.h"
#include "node/import/suggest.h"

enum { HEADING_LINES_MAX = 10 /* that are tried for the heading */ };

hl_err import_open(struct import_run *run)
{
    table_reader_close(&run->reader);
    return table_reader_open(run->path, &run->options, &run->reader,
                             cli_about(run->call, run->path));
}

/* Whether its rows were refused before. */
static bool is_given_back(const struct table_reader *reader)
{
    for (size_t i = 0; i < table_reader_columns(reader); i++) {
        if (bytes_equal_text(table_reader_column(reader, i), "heluo_reason")) {
            return true;
        }
    }
    return false;
}

static bool has_settings(const struct table_options *options)
{
    return options->format != TABLE_AUTO || options->encoding != NULL ||
           options->sheet != NULL || options->delimiter != '\0' ||
           options->heading != 0;
}

/* Refused rows come back in a file of this program's own: how the one was
 * written that they are from, in which sheet, below which title, is not said of
 * it, though the mapping is the same. */
hl_err import_open_first(struct import_run *run)
{
    struct table_options said = run->options;
    if (has_settings(&said)) {
        run->options = (struct table_options){.short_rows = said.short_rows};
        if (import_open(run) == HL_OK && is_given_back(run->reader)) {
            return HL_OK;
        }
        run->options = said;
    }
    return import_open(run);
}

/* --- Sheets --------------------------------------------------------------- */

hl_err import_check_sheets(struct import_run *run)
{
    const char *others = NULL;
    const char *sheet = table_reader_sheet(run->reader, &others);
    if (sheet == NULL || others[0] == '\0') {
        return HL_OK;
    }
    if (cli_has(run->call, "complete")) {
        return hl_fail(cli_about(run->call, run->path), HL_EMALFORMED,
                       "which of its sheets has all records? Say --sheet: "
                       "besides '%s' there are %s",
                       sheet, others);
    }
    if (!run->call->json) {
        fputs("only the sheet '", stderr);
        term_put(stderr, sheet);
        fputs("' is read, and not: ", stderr);
        term_put(stderr, others);
        fputs(" (--sheet NAME reads another)\n", stderr);
    }
    return HL_OK;
}

/* --- Whose they are ------------------------------------------------------- */

/* Without it no row could be taken, and each would say so. */
hl_err import_check_unit(struct import_run *run)
{
    const struct binding *binding = &run->binding;
    const char *name = binding->kind->homed ? "unit_id" : "id";
    bool has = false;
    for (size_t i = 0; i < binding->count; i++) {
        has = has || target_named(&binding->targets[i], name);
    }
    for (size_t i = 0; i < binding->constant_count; i++) {
        has = has || target_named(&binding->constants[i], name);
    }
    const struct attribute *attribute =
        attribute_find(binding->kind, bytes_of_text(name));
    return has ? HL_OK
               : hl_fail(cli_about(run->call, run->path), HL_EMALFORMED,
                         "no column has the %s (%s): name it in a mapping, or "
                         "say --set %s=... if all rows have one",
                         attribute->name, attribute->name_zh, name);
}

/* --- The heading ---------------------------------------------------------- */

static size_t known(const struct import_run *run)
{
    return suggest_known(mapping_kind(run->mapping), run->reader);
}

/* Titles and remarks stand above many a heading: the first of the lines that
 * has the most columns that are known. */
hl_err import_find_heading(struct import_run *run)
{
    uint64_t found = run->options.heading;
    hl_err err = import_open_first(run);
    size_t most = err == HL_OK ? known(run) : 0;
    if (found != 0 || (err != HL_OK && err != HL_EMALFORMED) ||
        (err == HL_OK && most * 2 >= table_reader_columns(run->reader))) {
        return err;
    }
    for (uint64_t line = 2; line <= HEADING_LINES_MAX; line++) {
        run->options.heading = line;
        if (import_open(run) == HL_OK && known(run) > most) {
            most = known(run);
            found = table_reader_heading(run->reader);
        }
    }
    run->options.heading = found;
    return import_open(run);
}
