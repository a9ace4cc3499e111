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

static const struct cli_option export_options[] = {
    {"out", "FILE", "Where it goes; must not exist.", CLI_REQUIRED},
    {"beyond", "FILE",
     "What the receiver has, from 'heluo journal list --json' there: leave\n"
     "that out.",
     CLI_OPTIONAL},
    {"blobs", NULL,
     "Sealed documents too ('heluo blob'), those that are here whole.",
     CLI_OPTIONAL},
    CONNECT_OPTIONS,
    {0},
};

static const struct cli_option import_options[] = {CONNECT_OPTIONS, {0}};

static const struct cli_option audit_options[] = {
    {"charter", "FILE",
     "By whose keys. That it is the right one, 'heluo charter verify' tells.",
     CLI_REQUIRED},
    {0},
};

const struct cli_command journal_commands[] = {
    {.name = "list",
     .summary = "list the journals that the node holds",
     .description =
         "Of each: how many entries are here, how many of them a quorum of "
         "its\n"
         "keepers has sealed, when the last one was recorded, when its author\n"
         "last vouched for it, whether it is in good standing, and the digest\n"
         "of what was computed from it at the newest multiple of 256\n"
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
     .summary = "fetch a whole journal, and check all of it",
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
    {.name = "export",
     .summary = "write all journals that the node holds into a file",
     .description =
         "Charters, evidence, and every journal's entries with signed\n"
         "checkpoints and proofs, as far as they are here whole: an archive, "
         "to\n"
         "be kept, audited without any node ('heluo journal audit'), or "
         "carried\n"
         "to a node that no line leads to ('heluo journal import').\n"
         "\n"
         "For the next trip of a stick take along what is there already:\n"
         "'heluo journal list --json' at the other node, as --beyond here.",
     .examples = "heluo journal export --out /media/stick/heluo.archive\n"
                 "heluo journal export --beyond there.json --out more.archive",
     .options = export_options,
     .json = true,
     .run = cmd_journal_export},
    {.name = "import",
     .operands = "FILE",
     .operands_min = 1,
     .operands_max = 1,
     .summary = "take over what an archive has",
     .description =
         "Everything is verified as from a partner, whoever brings it, and\n"
         "what is here already stays. Where something does not fit, it says "
         "so\n"
         "and stops; what came before that is taken over. The node's own\n"
         "journal is not taken from a file.",
     .examples = "heluo journal import /media/stick/heluo.archive",
     .options = import_options,
     .json = true,
     .run = cmd_journal_import},
    {.name = "audit",
     .operands = "FILE...",
     .operands_min = 1,
     .operands_max = 1000,
     .summary = "check archives, without a node",
     .description =
         "Hashes every entry, and checks each root and signature by the\n"
         "charter alone. Of archives that continue one another give the first\n"
         "one first.",
     .examples = "heluo journal audit --charter v3.charter 2026-*.archive",
     .options = audit_options,
     .json = true,
     .run = cmd_journal_audit},
    {0},
};
