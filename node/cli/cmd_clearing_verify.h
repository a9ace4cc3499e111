/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_CMD_CLEARING_VERIFY_H
#define HL_NODE_CLI_CMD_CLEARING_VERIFY_H

/* `heluo clearing verify`, for the table of its group. */

#include "node/cli/cli.h"

extern const struct cli_option clearing_verify_options[];
hl_err cmd_clearing_verify(struct cli_call *call);

enum { CLEARING_VERIFY_ARCHIVES_MAX = 1000 };

/* Its row there. */
#define CLEARING_VERIFY_COMMAND                                                     \
    {                                                                               \
        .name = "verify", .operands = "CYCLE ARCHIVE...", .operands_min = 2,        \
        .operands_max = 1 + CLEARING_VERIFY_ARCHIVES_MAX,                           \
        .summary = "recompute a cycle from archives, without a node",               \
        .description =                                                              \
            "By charters and archives ('heluo journal export') alone: every\n"      \
            "entry is hashed, under a checkpoint that its author signed; "          \
            "what\n"                                                                \
            "is sealed is counted by cosignatures; then the cycle is "              \
            "counted\n"                                                             \
            "anew from its journals, up to its cut. It shows what was "             \
            "found,\n"                                                              \
            "and says 'final and right 已终局且核对无误', or all that is\n" \
            "missing or wrong:\n"                                                   \
            "    HL_ENOTFOUND   a journal, an approval or the decision is "         \
            "not\n"                                                                 \
            "                   in these archives; who has it is said\n"            \
            "    HL_EQUORUM     it is there, and not sealed: export again\n"        \
            "    HL_EDIFFERS    a root, an approval or a figure is another\n"       \
            "    HL_ESTATE      the cycle was aborted\n"                            \
            "One archive of a node that holds all journals is enough; "             \
            "several\n"                                                             \
            "may overlap, and are compared. What is unpacked meanwhile lies "       \
            "in\n"                                                                  \
            "TMPDIR, some twenty times the archives' size.",                        \
        .examples =                                                                 \
            "heluo clearing verify zhengzhou/1207 all.archive \\\n"                 \
            "    --charter v1.charter --charter v2.charter --pin HASH",             \
        .options = clearing_verify_options, .json = true,                           \
        .run = cmd_clearing_verify                                                  \
    }

#endif
