/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo unit`: its rows. */

#include "node/cli/cmd_unit.h"
#include "node/cli/commands.h"
#include "node/cli/connect.h"

#define ID_OPTIONS                                                             \
    {"scheme", "WORD",                                                         \
     "Of what kind --id is: uscc (if not given), org or nrii.", CLI_OPTIONAL}, \
    {                                                                          \
        "id", "ID", "The unit's identifier; check characters are verified.",   \
            CLI_REQUIRED                                                       \
    }

#define WRITE_OPTIONS                                                          \
    {"command-id", "HEX",                                                      \
     "32 hex digits that name this request, for a repetition of it; made at\n" \
     "random if not given.",                                                   \
     CLI_OPTIONAL},                                                            \
        {"durability", "HOW",                                                  \
         "Wait until so many keepers have it, too (1 to 7), or 'sealed': "     \
         "until a\n"                                                           \
         "quorum of them has. Without it: until it is on the node's own "      \
         "disk.",                                                              \
         CLI_OPTIONAL},                                                        \
        {"wait", "MS",                                                         \
         "How long for that, at most; 10000 if not given, and up to 60000.",   \
         CLI_OPTIONAL},                                                        \
    {                                                                          \
        "receipt", "FILE",                                                     \
            "Write the receipt there: 'heluo verify' checks it offline.",      \
            CLI_OPTIONAL                                                       \
    }

static const struct cli_option put_options[] = {
    ID_OPTIONS,
    {"name-zh", "TEXT", "Its name in Chinese.", CLI_REQUIRED},
    {"name-en", "TEXT", "Its name in English.", CLI_OPTIONAL},
    {"kind", "WORD",
     "university, institute, enterprise, hospital, platform, government or\n"
     "other.",
     CLI_REQUIRED},
    {"division", "CODE", "Six digits (GB/T 2260).", CLI_REQUIRED},
    {"division-revision", "YEAR",
     "Of the list that the code is from; 2023 if not given.", CLI_OPTIONAL},
    {"switchboard", "TEXT", "Its telephone, no person's.", CLI_OPTIONAL},
    {"mailbox", "TEXT", "Of a role, no person's.", CLI_OPTIONAL},
    WRITE_OPTIONS,
    CONNECT_OPTIONS,
    {0},
};

static const struct cli_option retire_options[] = {
    ID_OPTIONS,    {"reason", "TEXT", "Why.", CLI_OPTIONAL},
    WRITE_OPTIONS, CONNECT_OPTIONS,
    {0},
};

static const struct cli_option get_options[] = {
    ID_OPTIONS,
    CONNECT_OPTIONS,
    {0},
};

static const struct cli_option list_options[] = {
    {"home", "ORIGIN",
     "Only those of one journal, ALLIANCE/NODE; of all if not given.",
     CLI_OPTIONAL},
    {"retired", NULL, "Also those that are retired.", CLI_OPTIONAL},
    CONNECT_OPTIONS,
    {0},
};

static const struct cli_option watch_options[] = {
    {"token", "FILE",
     "Begin where this file says, and keep it up to date: after each change\n"
     "that was printed it is replaced. It need not exist.",
     CLI_OPTIONAL},
    {"until-current", NULL, "End when all that there is has been printed.",
     CLI_OPTIONAL},
    CONNECT_OPTIONS,
    {0},
};

#define WRITE_TEXT                                                             \
    "The answer comes when the write is on disk under a signed checkpoint.\n"  \
    "While the node is away the command tries again, until --timeout. If\n"    \
    "it cannot know whether the write happened, it says with which\n"          \
    "--command-id to run it again: that has one effect, however often."

const struct cli_command unit_commands[] = {
    {.name = "put",
     .summary = "create or change a unit",
     .description =
         "Writes the unit as given into the node's journal; what is not given\n"
         "is empty afterwards. A retired one is active again.\n"
         "\n" WRITE_TEXT,
     .examples =
         "heluo unit put --id 12410000415800505E --name-zh 郑州大学 \\\n"
         "    --kind university --division 410102",
     .options = put_options,
     .json = true,
     .run = cmd_unit_put},
    {.name = "retire",
     .summary = "say that a unit is no longer active",
     .description = "Its record stays, marked as retired.\n"
                    "\n" WRITE_TEXT,
     .examples = "heluo unit retire --id 12410000415800505E --reason merged",
     .options = retire_options,
     .json = true,
     .run = cmd_unit_retire},
    {.name = "get",
     .summary = "show a unit",
     .description = "Shows it as each home node states it; usually one does.",
     .options = get_options,
     .json = true,
     .run = cmd_unit_get},
    {.name = "list",
     .summary = "list the units",
     .description = "Lists them by home, scheme and identifier.",
     .examples = "heluo unit list --home zy.example/zhengzhou",
     .options = list_options,
     .json = true,
     .run = cmd_unit_list},
    {.name = "watch",
     .summary = "print changes as they happen",
     .description =
         "Prints a line for each change, in the order of its journal, from\n"
         "the first one or from where --token says, and goes on until it is\n"
         "ended (Ctrl-C). With --json, one object a line. When the node is\n"
         "away it waits for it, up to --timeout, and misses nothing.",
     .examples = "heluo unit watch --token seen.token --json",
     .options = watch_options,
     .json = true,
     .run = cmd_unit_watch},
    {0},
};
