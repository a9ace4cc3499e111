/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_NRII_FILE_H
#define HL_NODE_CLI_NRII_FILE_H

/* The file of one form of the national interface, on its way: a JSON array of
 * the rows that the form takes, beside it a table of the others, and counts. By
 * --out, --missing and --incomplete. One thread. */

#include "node/cli/out_file.h"
#include "node/cli/status_text.h"
#include "node/report/nrii_form.h"
#include "node/table/table_writer.h"

struct nrii_file {
    struct cli_call *call;
    enum lang lang;
    const struct nrii_form *form;
    bool personal; /* its rows name people */
    struct out_file file;
    struct table_writer *missing; /* NULL: not asked for */
    struct writer text;           /* a row's, for the caller to fill */
    uint64_t rows, complete, written, cut_rows, cut;
    uint64_t lacking[NRII_KEYS_MAX], wrong[NRII_KEYS_MAX],
        cut_of[NRII_KEYS_MAX];
};

/* out_file_open()'s and table_writer_open()'s errors. */
HL_MUST_USE hl_err nrii_file_open(struct nrii_file *file);

/* What the table says a row is about. */
struct nrii_subject {
    struct bytes unit_scheme, unit_id, inner_id, name;
};
/* The row in file->text. */
HL_MUST_USE hl_err nrii_file_put(struct nrii_file *file,
                                 const struct nrii_subject *subject,
                                 const struct nrii_row *row);

HL_MUST_USE hl_err nrii_file_commit(struct nrii_file *file);

/* What was written, and what not; `more`, or NULL, is added to the answer in
 * JSON, and released. */
void nrii_file_tell(const struct nrii_file *file, json_t *more);

/* Leaves nothing of a file that was not committed. */
void nrii_file_close(struct nrii_file *file);

#endif
