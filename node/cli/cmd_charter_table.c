/* SPDX-License-Identifier: Apache-2.0 */

/* The table of `heluo charter`. */

#include "node/cli/cmd_charter.h"
#include "node/cli/commands.h"
#include "node/cli/connect.h"
#include "node/cli/passphrase.h"

/* Options that several commands share. */
#define OUT_OPTION                                                             \
    {                                                                          \
        "out", "FILE",                                                         \
            "Where the draft goes. Needed where the charter is signed: a "     \
            "signed\ncharter never changes. The file must not exist.",         \
            CLI_OPTIONAL                                                       \
    }
#define ID_OPTION                                                              \
    {                                                                          \
        "id", "NODE", "The node's id.", CLI_REQUIRED                           \
    }
#define SIZE_OPTION(need)                                                      \
    {                                                                          \
        "size", "N", "Size of the node's journal, in entries.", need           \
    }
#define ROOT_OPTION(need)                                                      \
    {                                                                          \
        "root", "BASE64",                                                      \
            "Root of its journal at that size. Of size 0:\n"                   \
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",                    \
            need                                                               \
    }
#define ENDPOINT_OPTION                                                        \
    {                                                                          \
        "endpoint", "HOST:PORT", "Where partners reach the node.",             \
            CLI_REPEATED                                                       \
    }
#define ROLE_OPTION                                                            \
    {                                                                          \
        "role", "ROLE",                                                        \
            "clearing (may propose clearing cycles) or coordinator (a\n"       \
            "coordinator's node, which keeps copies).",                        \
            CLI_REPEATED                                                       \
    }
#define KEY_OPTIONS                                                            \
    {"mirror-key", "VKEY",                                                     \
     "The key it cosigns with as a keeper ('heluo key new mirror').",          \
     CLI_OPTIONAL},                                                            \
        {"encryption-key", "BASE64",                                           \
         "The X25519 key that blobs are sealed to.", CLI_OPTIONAL},            \
        {"sm2-key", "VKEY", "The key of the second, SM2 signature line.",      \
         CLI_OPTIONAL},                                                        \
    {                                                                          \
        "from", "TIME",                                                        \
            "From when these keys are in force, as 2026-11-21T08:30:00Z.\n"    \
            "Default: now. (The journal key goes by size, not by time.)",      \
            CLI_OPTIONAL                                                       \
    }
#define COORDINATOR_OPTION                                                     \
    {                                                                          \
        "coordinator", "VKEY",                                                 \
            "A coordinator's key ('heluo key show'); at least one.",           \
            CLI_REPEATED                                                       \
    }
#define THRESHOLD_OPTION                                                       \
    {                                                                          \
        "threshold", "N",                                                      \
            "How many coordinators must sign; more than half of them.",        \
            CLI_REQUIRED                                                       \
    }

static const struct cli_option new_options[] = {
    {"alliance", "DOMAIN", "The alliance's name, a lower-case domain name.",
     CLI_REQUIRED},
    THRESHOLD_OPTION,
    COORDINATOR_OPTION,
    {"out", "FILE", "Where the draft goes. It must not exist.", CLI_REQUIRED},
    {0},
};

static const struct cli_option add_node_options[] = {
    ID_OPTION,
    {"region", "CODE", "Six-digit division code (GB/T 2260), as 410100.",
     CLI_REQUIRED},
    {"journal-key", "VKEY",
     "The key that signs its journal ('heluo key new journal').", CLI_REQUIRED},
    ENDPOINT_OPTION,
    KEY_OPTIONS,
    ROLE_OPTION,
    OUT_OPTION,
    {0},
};

static const struct cli_option set_node_options[] = {
    ID_OPTION,
    {"region", "CODE", "Its new division code.", CLI_OPTIONAL},
    {"endpoint", "HOST:PORT",
     "Where partners reach the node. Those given replace all it had.",
     CLI_REPEATED},
    ROLE_OPTION,
    OUT_OPTION,
    {0},
};

static const struct cli_option point_options[] = {ID_OPTION,
                                                  SIZE_OPTION(CLI_REQUIRED),
                                                  ROOT_OPTION(CLI_REQUIRED),
                                                  OUT_OPTION,
                                                  {0}};

static const struct cli_option readmit_options[] = {
    ID_OPTION,
    SIZE_OPTION(CLI_REQUIRED),
    ROOT_OPTION(CLI_REQUIRED),
    {"journal-key", "VKEY", "The new key that signs from there on.",
     CLI_REQUIRED},
    OUT_OPTION,
    {0},
};

static const struct cli_option set_key_options[] = {
    ID_OPTION,
    {"journal-key", "VKEY", "The new journal key; goes with --size and --root.",
     CLI_OPTIONAL},
    SIZE_OPTION(CLI_OPTIONAL),
    ROOT_OPTION(CLI_OPTIONAL),
    {"stolen", NULL,
     "The former journal key was stolen or lost: beyond that size its\n"
     "checkpoints are no longer accepted. Without this the change is a\n"
     "planned one, and they stay good.",
     CLI_OPTIONAL},
    {"drop-closed", NULL,
     "Leave out the node's keys whose time is over, so that the charter does\n"
     "not grow for ever. What they signed is judged by the versions that\n"
     "have them.",
     CLI_OPTIONAL},
    KEY_OPTIONS,
    OUT_OPTION,
    {0},
};

static const struct cli_option set_keepers_options[] = {
    ID_OPTION,
    {"quorum", "Q",
     "How many keepers seal an entry: more than half of them. 0 for a node\n"
     "without keepers.",
     CLI_REQUIRED},
    {"keeper", "NODE", "A node that keeps this one's journal; up to 7.",
     CLI_REPEATED},
    SIZE_OPTION(CLI_OPTIONAL),
    ROOT_OPTION(CLI_OPTIONAL),
    OUT_OPTION,
    {0},
};

static const struct cli_option set_coordinators_options[] = {
    THRESHOLD_OPTION, COORDINATOR_OPTION, OUT_OPTION, {0}};

static const struct cli_option set_policy_options[] = {OUT_OPTION, {0}};

static const struct cli_option end_role_options[] = {
    ID_OPTION,
    {"role", "ROLE", "clearing or coordinator.", CLI_REQUIRED},
    SIZE_OPTION(CLI_REQUIRED),
    ROOT_OPTION(CLI_REQUIRED),
    OUT_OPTION,
    {0},
};

static const struct cli_option follow_options[] = {
    {"not", "FILE", "The other one, which is then out.", CLI_REQUIRED},
    {"out", "FILE", "Where the draft goes. It must not exist.", CLI_REQUIRED},
    {0},
};

static const struct cli_option sign_options[] = {
    {"key", "FILE", "The coordinator's key file.", CLI_REQUIRED},
    {"previous", "FILE",
     "The charter before this one, which the draft is checked against and\n"
     "whose coordinators' signatures count. Needed from version 2 on.",
     CLI_OPTIONAL},
    {"before", "FILE",
     "Where this decides between two rivals ('heluo charter follow'): the\n"
     "charter that both follow. Its coordinators sign too.",
     CLI_OPTIONAL},
    {"yes", NULL,
     "Sign without asking at the terminal, for those who have read it.",
     CLI_OPTIONAL},
    PASSPHRASE_OPTION,
    {0},
};

static const struct cli_option chain_options[] = {
    {"pin", "BASE64",
     "The hash of the charter to start from, as the nodes have it pinned:\n"
     "version 1, or a later one that was agreed on.",
     CLI_OPTIONAL},
    {0},
};

static const struct cli_option submit_options[] = {
    CONNECT_OPTIONS,
    {0},
};

static const struct cli_option fetch_options[] = {
    {"out", "FILE", "Where it goes. The file must not exist.", CLI_REQUIRED},
    CONNECT_OPTIONS,
    {0},
};

const struct cli_command charter_commands[] = {
    {.name = "new",
     .summary = "draft version 1 of an alliance's charter",
     .description =
         "Writes a draft that names the alliance and its coordinators. Add\n"
         "the nodes, let a threshold of the coordinators sign, then compare\n"
         "its hash by another way (a phone call) and pin it on every node.",
     .examples =
         "heluo charter new --alliance zhongyuan.example --threshold 2 \\\n"
         "    --coordinator \"$LI\" --coordinator \"$WANG\" \\\n"
         "    --coordinator \"$ZHAO\" --out v1.charter",
     .options = new_options,
     .json = true,
     .run = cmd_charter_new},
    {.name = "add-node",
     .operands = "FILE",
     .operands_min = 1,
     .operands_max = 1,
     .summary = "add a node",
     .description = "Adds a node with its keys. Name its keepers with\n"
                    "set-keepers, once they are in the charter.",
     .examples = "heluo charter add-node v1.charter --id zhengzhou \\\n"
                 "    --region 410100 --endpoint zz.example.org:7443 \\\n"
                 "    --journal-key \"$JOURNAL\" --mirror-key \"$MIRROR\"",
     .options = add_node_options,
     .json = true,
     .run = cmd_charter_add_node},
    {.name = "set-node",
     .operands = "FILE",
     .operands_min = 1,
     .operands_max = 1,
     .summary = "change a node's region or endpoints, grant a role",
     .description = "What is not named stays.",
     .examples = "heluo charter set-node v1.charter --id luoyang \\\n"
                 "    --endpoint ly.example.org:7443 --out v2.charter",
     .options = set_node_options,
     .json = true,
     .run = cmd_charter_set_node},
    {.name = "end-node",
     .operands = "FILE",
     .operands_min = 1,
     .operands_max = 1,
     .summary = "end a node at a size and root of its journal",
     .description =
         "Nodes are never removed. An ended node's history and debts stand\n"
         "up to that size, and what is sealed beyond it; it writes nothing\n"
         "more, and never comes back under its id: others take back what\n"
         "they held for it. One that others are to do without for a while\n"
         "needs no end. Take no less than the last size that others have of\n"
         "its journal (heluo journal list), and stop a node that still runs\n"
         "first: others let it in no more, and it is not given the charter.\n"
         "Journals that it keeps need other keepers before (heluo charter\n"
         "set-keepers).",
     .examples =
         "heluo charter end-node v2.charter --id anyang --size 5210 \\\n"
         "    --root \"$ROOT\" --out v3.charter",
     .options = point_options,
     .json = true,
     .run = cmd_charter_end_node},
    {.name = "readmit",
     .operands = "FILE",
     .operands_min = 1,
     .operands_max = 1,
     .summary = "let a quarantined node return",
     .description =
         "It returns at a size and root of its journal under a new journal\n"
         "key. What its former keys signed beyond that is a claim of its\n"
         "creditors, not evidence. Before you sign, hear its keepers: the\n"
         "size must not lie below what they sealed. A node that was ended\n"
         "does not return.",
     .examples = "heluo charter readmit v3.charter --id anyang --size 5210 \\\n"
                 "    --root \"$ROOT\" --journal-key \"$NEW\" --out v4.charter",
     .options = readmit_options,
     .json = true,
     .run = cmd_charter_readmit},
    {.name = "set-key",
     .operands = "FILE",
     .operands_min = 1,
     .operands_max = 1,
     .summary = "give a node a new key",
     .description =
         "A new mirror, encryption or SM2 key takes over from the former one\n"
         "at --from. A new journal key takes over at a size and root.",
     .examples = "heluo charter set-key v2.charter --id jinan --mirror-key "
                 "\"$NEW\" \\\n"
                 "    --out v3.charter\n"
                 "heluo charter set-key v2.charter --id jinan --journal-key "
                 "\"$NEW\" \\\n"
                 "    --size 5210 --root \"$ROOT\" --stolen --out v3.charter",
     .options = set_key_options,
     .json = true,
     .run = cmd_charter_set_key},
    {.name = "set-keepers",
     .operands = "FILE",
     .operands_min = 1,
     .operands_max = 1,
     .summary = "name the nodes that keep a node's journal",
     .description =
         "Replaces the node's keepers and quorum. --size and --root say where\n"
         "new keepers begin; give them only where too few of the former\n"
         "keepers are left to be asked: those who lost their store, and have\n"
         "a new mirror key, cannot be. The point is for the keepers who are\n"
         "new by then; the next version's draft does not carry it on.",
     .examples = "heluo charter set-keepers v1.charter --id zhengzhou \\\n"
                 "    --quorum 2 --keeper luoyang --keeper jinan",
     .options = set_keepers_options,
     .json = true,
     .run = cmd_charter_set_keepers},
    {.name = "set-policy",
     .operands = "FILE NAME=VALUE...",
     .operands_min = 2,
     .operands_max = 64,
     .summary = "change the alliance's policies",
     .description =
         "clearing-period-days      days between two clearing cycles\n"
         "approval-deadline-hours   hours a party has to approve a cycle\n"
         "money-durability          keepers that callers of money commands "
         "ask\n"
         "                          for (--durability); no node waits for "
         "them\n"
         "                          by itself",
     .examples =
         "heluo charter set-policy v2.charter clearing-period-days=1 \\\n"
         "    --out v3.charter",
     .options = set_policy_options,
     .json = true,
     .run = cmd_charter_set_policy},
    {.name = "set-coordinators",
     .operands = "FILE",
     .operands_min = 1,
     .operands_max = 1,
     .summary = "change the coordinators and their threshold",
     .description =
         "Those given replace all there were. This version is still signed\n"
         "by those of the version before; they count from the next one on.",
     .examples =
         "heluo charter set-coordinators v2.charter --threshold 2 \\\n"
         "    --coordinator \"$LI\" --coordinator \"$WANG\" --out v3.charter",
     .options = set_coordinators_options,
     .json = true,
     .run = cmd_charter_set_coordinators},
    {.name = "end-role",
     .operands = "FILE",
     .operands_min = 1,
     .operands_max = 1,
     .summary = "end a node's role at a size and root of its journal",
     .description =
         "What it did in that role beyond the point counts for nothing, also\n"
         "a cycle that was final: take no less than the last size that others\n"
         "have of its journal, and of a node that still runs the size that it\n"
         "has after it stopped (heluo journal list). Where it declared final\n"
         "what somebody never approved, take the index of that decision.",
     .examples =
         "heluo charter end-role v2.charter --id jinan --role clearing \\\n"
         "    --size 5210 --root \"$ROOT\" --out v3.charter",
     .options = end_role_options,
     .json = true,
     .run = cmd_charter_end_role},
    {.name = "follow",
     .operands = "FILE",
     .operands_min = 1,
     .operands_max = 1,
     .summary = "decide between two charters with one predecessor",
     .description =
         "Of two charters with one predecessor neither holds; the predecessor\n"
         "does. This drafts a version that follows FILE and changes nothing\n"
         "else. It decides once it is signed by a threshold of FILE's own\n"
         "coordinators and by a threshold of the predecessor's.",
     .examples = "heluo charter follow v2.charter --not v2-rival.charter \\\n"
                 "    --out v3.charter\n"
                 "heluo charter sign v3.charter --previous v2.charter \\\n"
                 "    --before v1.charter --key li.key",
     .options = follow_options,
     .json = true,
     .run = cmd_charter_follow},
    {.name = "sign",
     .operands = "FILE",
     .operands_min = 1,
     .operands_max = 1,
     .summary = "sign a charter as a coordinator",
     .description =
         "Checks the charter against the one before it, shows what it "
         "changes,\n"
         "and adds a signature line to FILE. Then pass the file on: the next\n"
         "coordinator does the same on another machine.",
     .examples = "heluo charter sign v2.charter --previous v1.charter \\\n"
                 "    --key li.key",
     .options = sign_options,
     .json = true,
     .run = cmd_charter_sign},
    {.name = "verify",
     .operands = "FILE...",
     .operands_min = 1,
     .operands_max = 1000,
     .summary = "check a chain of charters and say which one holds",
     .description =
         "Give all versions from 1 on, in any order. Every file is accounted\n"
         "for: signatures, version gaps, wrong predecessors, two successors\n"
         "of one version.\n"
         "\n"
         "Nodes pin the hash of one version and follow the chain from there.\n"
         "Move the pin, by telephone as for version 1, after a change of\n"
         "coordinators (those who left could else still sign a rival of an\n"
         "old version), and out of a contest that nothing can end because\n"
         "both sides were followed.",
     .examples = "heluo charter verify --pin \"$PIN\" v1.charter v2.charter",
     .options = chain_options,
     .json = true,
     .run = cmd_charter_verify},
    {.name = "show",
     .operands = "FILE",
     .operands_min = 1,
     .operands_max = 1,
     .summary = "show a charter",
     .description = "Shows what a charter says, and its hash. Signatures are\n"
                    "listed, not checked.",
     .examples = "heluo charter show v2.charter",
     .json = true,
     .run = cmd_charter_show},
    {.name = "diff",
     .operands = "BEFORE AFTER",
     .operands_min = 2,
     .operands_max = 2,
     .summary = "show what differs between two charters",
     .description = "Lines with - are only in the first, with + only in the\n"
                    "second.",
     .examples = "heluo charter diff v1.charter v2.charter",
     .json = true,
     .run = cmd_charter_diff},
    {.name = "submit",
     .operands = "FILE",
     .operands_min = 1,
     .operands_max = 1,
     .summary = "give a signed charter to a node",
     .description =
         "The node keeps it and passes it on to all others; from then on it\n"
         "holds there, too, with no restart. Waits until it holds at this "
         "node,\n"
         "and says why it does not.",
     .examples = "heluo charter submit v2.charter",
     .options = submit_options,
     .json = true,
     .run = cmd_charter_submit},
    {.name = "fetch",
     .summary = "get the charter that holds at a node",
     .description = "Writes it to --out, as signed.",
     .examples = "heluo charter fetch --out now.charter",
     .options = fetch_options,
     .json = true,
     .run = cmd_charter_fetch},
    {0},
};
