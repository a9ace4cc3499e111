/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_IMPORT_RUN_H
#define HL_NODE_CLI_IMPORT_RUN_H

/* What the files of `heluo import` share: one file on its way into a node. */

#include "heluo/v1/catalogue.pb-c.h"
#include "node/cli/cmd_record.h"
#include "node/cli/connect.h"
#include "node/import/convert.h"
#include "node/import/seen.h"
#include "node/table/table_writer.h"
#include "protocol/base/hl_limits.h"

enum {
    IMPORT_BATCH_ROWS = 500,
    IMPORT_BATCH_BYTES = 1048576,
    IMPORT_CELLS_MAX = HL_TABLE_COLUMNS_MAX + 3,
};

struct import_counts {
    uint64_t rows, created, changed, unchanged, retired, failed, twice;
    uint64_t unidentified; /* of the failed: not even their key is known */
    uint64_t dirt[DIRT_COUNT][SEVERITY_COUNT]; /* by severity */
};

/* A row that waits for the node's word. */
struct import_row {
    uint64_t line;
    Heluo__V1__Record *record;
    struct bytes *cells;      /* for the rejects; owned, each with a NUL */
    char id[RECORD_ID_BYTES]; /* for people */
};

/* By which a file is known to have changed. */
struct import_file {
    uint64_t device, inode, size;
    int64_t changed_s, changed_ns;
};

struct import_run {
    struct cli_call *call;
    struct node_link link;
    const char *path;
    struct import_file file;
    struct mapping *mapping;
    struct table_options options;
    struct table_reader *reader;
    struct survey survey;
    struct binding binding;
    struct converter *converter;
    struct seen *seen;
    struct table_writer *report, *rejects; /* NULL: not asked for */
    struct import_row rows[IMPORT_BATCH_ROWS];
    size_t count, bytes;
    struct import_counts counts;
    const struct table_row *row; /* that is being converted */
    bool rejected;               /* that row */
    bool dry;                    /* nothing is written */
    bool show;                   /* what would be */
    bool listing;                /* as JSON, whose beginning is printed */
    uint64_t listed;
    bool quiet; /* what the file's rows are was told already */
    bool progress;
    bool answered;  /* by the node, once at least */
    uint64_t told;  /* defects printed on the terminal */
    hl_err trouble; /* with the report or the rejects: */
    struct hl_detail trouble_detail;
    char trouble_path[512];
    char origin[HL_NAME_MAX_BYTES + 1]; /* of the node's journal */
};

/* import_report.c */

/* A defect_fn; context is the run. */
void import_tell(void *context, const struct defect *defect);
hl_err import_open_reports(struct import_run *run);
/* Keeps them, or, where err is one, leaves them away. */
hl_err import_close_reports(struct import_run *run, hl_err err);
/* A row that the node refuses. */
void import_tell_refused(struct import_run *run, const struct import_row *row,
                         const char *reason);
void import_show_progress(struct import_run *run, bool last);
void import_summary(struct import_run *run);

/* import_diff.c: where run->show says so. */

void import_show_new(struct import_run *run, const struct import_row *row);
void import_show_changed(
    struct import_run *run, const struct import_row *row,
    const Heluo__V1__CataloguePutBatchResponse__Result *result);
void import_show_missing(struct import_run *run,
                         const Heluo__V1__RecordView *view);
/* The JSON answer begins with what would change, one a line. */
void import_begin_diff(struct import_run *run);
/* And ends with the summary, which is given up. */
void import_end_diff(const struct import_run *run, json_t *summary);

/* import_open.c */

/* Opens the file, anew. */
hl_err import_open(struct import_run *run);
/* The same, and finds out how: as the options say, if these are not rows that
 * were refused before. */
hl_err import_open_first(struct import_run *run);
/* And looks for its heading, where no option says it. */
hl_err import_find_heading(struct import_run *run);
/* Tells of sheets that are not read; where the file is to be complete that is
 * an error.
 *
 * HL_EMALFORMED */
hl_err import_check_sheets(struct import_run *run);

/* Some column, or a constant, says whose the records are.
 *
 * HL_EMALFORMED */
hl_err import_check_unit(struct import_run *run);

/* import_file.c: where the file has changed since it was first looked at, that
 * is the error; so is one that cannot be read twice.
 *
 * HL_EIO, HL_EMALFORMED */
hl_err import_look_at_file(struct import_run *run);
hl_err import_check_file(struct import_run *run);
/* Ctrl-C ends the import between two batches. */
void import_hold_signals(void);
bool import_is_stopped(void);

/* import_send.c */

/* Its unit and number, for people. */
void import_describe(const struct record_kind *kind,
                     const union record_room *record, char id[RECORD_ID_BYTES]);
/* Adds the record to the batch, and sends it where that is full. */
hl_err import_add(struct import_run *run, const union record_room *record);
hl_err import_flush(struct import_run *run);
void import_drop(struct import_run *run);
/* Asks a question of the node: again and again while it is slow or, where it
 * has answered before, away. A wrong address or certificate is told at once. */
hl_err import_ask(struct import_run *run, const char *method,
                  const ProtobufCMessage *request,
                  const ProtobufCMessageDescriptor *schema,
                  ProtobufCMessage **answer);

/* import_complete.c: retires what the file does not have. */
hl_err import_complete(struct import_run *run);

#endif
