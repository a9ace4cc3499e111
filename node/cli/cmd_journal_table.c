/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo journal`: its rows. */

#include "node/cli/cmd_journal.h"
#include "node/cli/commands.h"

#define ORIGIN_OPTION                                                          \
    {                                                                          \
        "origin", "ORIGIN",                                                    \
            "Whose journal, ALLIANCE/NODE; the node's own if not given.",      \
            CLI_OPTIONAL                                                       \
    }

static const struct cli_option list_options[] = {CONNECT_OPTIONS, {0}};

static const struct cli_option show_options[] = {
    ORIGIN_OPTION,
    {"from", "N",
     "The first entry; so that the last one is shown if not given.",
     CLI_OPTIONAL},
    {"count", "N", "How many, up to 100000; 10 if not given.", CLI_OPTIONAL},
    CONNECT_OPTIONS,
    {0},
};

static const struct cli_option verify_journal_options[] = {
    ORIGIN_OPTION,
    {"charter", "FILE",
     "Verify the author's signature, and how many keepers hold it, by this\n"
     "charter. That it is the right one, 'heluo charter verify' tells.",
     CLI_OPTIONAL},
    {"from-checkpoint", "FILE",
     "A checkpoint of this journal from earlier: what it covered must be\n"
     "there unchanged.",
     CLI_OPTIONAL},
    {"save-checkpoint", "FILE",
     "Write the checkpoint that was verified there, for the next time; it\n"
     "may be the same file.",
     CLI_OPTIONAL},
    CONNECT_OPTIONS,
    {0},
};

static const struct cli_option receipt_options[] = {
    ORIGIN_OPTION,
    {"out", "FILE", "Where the receipt goes; must not exist.", CLI_REQUIRED},
    CONNECT_OPTIONS,
    {0},
};

static const struct cli_option checkpoint_options[] = {
    ORIGIN_OPTION,
    {"out", "FILE",
     "Where it goes; must not exist. To standard output if not given.",
     CLI_OPTIONAL},
    CONNECT_OPTIONS,
    {0},
};

const struct cli_command journal_commands[] = {
    {.name = "list",
     .summary = "list the journals that the node holds",
     .description =
         "Of each: how many entries, when the last one was recorded, and the\n"
         "digest of what was computed from it at the newest multiple of 256\n"
         "entries. Two nodes whose digests at one size differ compute\n"
         "differently: run 'heluo rebuild --check' on both.",
     .options = list_options,
     .json = true,
     .run = cmd_journal_list},
    {.name = "show",
     .summary = "show entries",
     .description =
         "Shows entries as the node gives them; of bodies that this program\n"
         "does not know, the bytes as hex.",
     .examples = "heluo journal show\n"
                 "heluo journal show --from 0 --count 100 --json",
     .options = show_options,
     .json = true,
     .run = cmd_journal_show},
    {.name = "verify",
     .summary = "fetch a whole journal and check it against its checkpoint",
     .description =
         "Fetches every entry, hashes them here, and compares the root with\n"
         "the one that the author signed. Nothing that the node says is\n"
         "believed. With --from-checkpoint it also tells whether history was\n"
         "rewritten since: that ends with HL_EDIFFERS, and the two\n"
         "checkpoints, if the author signed both, are the evidence.",
     .examples = "heluo journal verify --charter v3.charter \\\n"
                 "    --from-checkpoint zhengzhou.checkpoint \\\n"
                 "    --save-checkpoint zhengzhou.checkpoint",
     .options = verify_journal_options,
     .json = true,
     .run = cmd_journal_verify},
    {.name = "receipt",
     .operands = "INDEX",
     .operands_min = 1,
     .operands_max = 1,
     .summary = "fetch the receipt of an entry",
     .description = "Fetches the proof that an entry stands in a journal\n"
                    "(.tlog-proof). 'heluo verify' checks it offline.",
     .examples = "heluo journal receipt 17 --out entry-17.tlog-proof",
     .options = receipt_options,
     .run = cmd_journal_receipt},
    {.name = "checkpoint",
     .summary = "fetch the newest checkpoint",
     .description = "Fetches the signed note that says how long a journal is\n"
                    "and what its Merkle root is (C2SP tlog-checkpoint).",
     .options = checkpoint_options,
     .run = cmd_journal_checkpoint},
    {0},
};
