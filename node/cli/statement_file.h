/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_STATEMENT_FILE_H
#define HL_NODE_CLI_STATEMENT_FILE_H

/* A statement in the form that a command asks for, to where it says. One
 * thread. */

#include "node/cli/cli.h"
#include "node/statement/render.h"

/* Rows of such a command's options. */
#define STATEMENT_FILE_OPTIONS                                                 \
    {"format", "WORD",                                                         \
     "text, csv, xlsx, hledger or pain001; text if not given.", CLI_OPTIONAL}, \
        {"out", "FILE",                                                        \
         "Where to; it must not exist. Standard output if not given, but "     \
         "for\n"                                                               \
         "xlsx.",                                                              \
         CLI_OPTIONAL},                                                        \
        {"accounts", "FILE", "Who is paid where; for pain001.", CLI_OPTIONAL}, \
    {                                                                          \
        "lang", "WORD",                                                        \
            "zh, en or both, of text, csv and xlsx; both if not given.",       \
            CLI_OPTIONAL                                                       \
    }

struct statement_order {
    const struct statement_form *form;
    enum statement_lang lang;
    const char *path;          /* or NULL */
    const char *accounts_path; /* or NULL */
};

/* Before a node is asked.
 *
 * HL_EUSAGE  options that do not go together. */
HL_MUST_USE hl_err statement_order_take(struct cli_call *call,
                                        struct statement_order *out);

/* Errors are those of statement_make(), of the form, and of the file; then no
 * file is left. */
HL_MUST_USE hl_err statement_order_fill(struct cli_call *call,
                                        const struct statement_order *order,
                                        const struct statement_input *input);

#endif
