/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_VOUCHER_FILE_H
#define HL_NODE_CLI_VOUCHER_FILE_H

/* A table of vouchers that are to be issued: its rows as commands. Owned by its
 * caller, one thread. */

#include "heluo/v1/ledger.pb-c.h"
#include "node/cli/ledger_text.h"
#include "node/table/table_reader.h"

struct voucher_file;

struct voucher_row {
    uint64_t line;
    /* Of the command: by the bytes of the whole file, the line and the row's
     * number. So the same file issues nothing twice. */
    uint8_t command_id[LEDGER_ID_BYTES];
    /* The caller's: heluo__v1__ledger_command__free_unpacked(). NULL where the
     * row cannot be issued: */
    Heluo__V1__LedgerCommand *command;
    hl_err err;
    struct hl_detail detail;
    const struct table_row *row; /* until the next */
};

/* Borrows the bytes until voucher_file_close(); the name tells the format,
 * where the bytes do not. Columns are known by their English and Chinese names.
 *
 * HL_EMALFORMED  a column is missing, or of none of these names; and
 *                table_reader_open()'s errors. */
HL_MUST_USE hl_err voucher_file_open(struct bytes file, const char *name,
                                     struct voucher_file **out,
                                     struct hl_detail *detail);
void voucher_file_close(struct voucher_file **file); /* NULL is fine */

/* The next row; *more is false behind the last one. Errors are
 * table_reader_next()'s. */
HL_MUST_USE hl_err voucher_file_next(struct voucher_file *file,
                                     struct voucher_row *out, bool *more,
                                     struct hl_detail *detail);

const struct table_reader *voucher_file_reader(const struct voucher_file *file);

/* Columns that refused rows are written with: why, and the id of the command
 * that was refused, by which the file differs from every other. They are passed
 * over in what is issued. */
bool voucher_file_is_added(struct bytes column);
extern const char *const voucher_file_added[2];

#endif
