/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_CMD_CLEARING_STATEMENT_H
#define HL_NODE_CLI_CMD_CLEARING_STATEMENT_H

/* `heluo clearing statement`, for the table of its group. */

#include "node/cli/cli.h"

extern const struct cli_option clearing_statement_options[];
hl_err cmd_clearing_statement(struct cli_call *call);

/* Its row there. */
#define CLEARING_STATEMENT_COMMAND                                             \
    {                                                                          \
        .name = "statement", .operands = "[CYCLE]", .operands_max = 1,         \
        .summary = "state a cycle for a node, its bank and auditors",          \
        .description =                                                         \
            "What the node owes and is owed in that cycle, or the newest: "    \
            "by\n"                                                             \
            "partner, line by line, and what it pays or gets of it. Each "     \
            "form\n"                                                           \
            "says by which entries, roots and commands it is verified.\n"      \
            "    text     tables\n"                                            \
            "    csv      the same below one another\n"                        \
            "    xlsx     the same, a sheet each\n"                            \
            "    hledger  a journal of its own, for hledger(1); of a cycle\n"  \
            "             that is final\n"                                     \
            "    pain001  ISO 20022 pain.001.001.09, for the payer's bank:\n"  \
            "             what is still to be paid, a transfer each\n"         \
            "\n"                                                               \
            "Who is paid where is in a table of the columns node, name,\n"     \
            "account, bank_code (of 12 digits) and bank, or 节点, 户名,\n" \
            "账号, 联行号, 开户行; in a spreadsheet all are texts.",           \
        .examples =                                                            \
            "heluo clearing statement --format xlsx --out 对账单.xlsx\n"    \
            "heluo clearing statement heze/1207 --format pain001 \\\n"         \
            "    --accounts accounts.csv --out 1207.xml",                      \
        .options = clearing_statement_options, .json = true,                   \
        .run = cmd_clearing_statement                                          \
    }

#endif
