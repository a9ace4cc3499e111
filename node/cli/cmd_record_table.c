/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo unit`, `heluo instrument`, `heluo service`, `heluo demand`: their
 * rows, the same for each. */

#include <string.h>

#include "node/cli/cmd_record.h"
#include "node/cli/commands.h"
#include "node/cli/connect.h"
#include "node/cli/watching.h"
#include "protocol/base/hl_assert.h"

#define UNIT_KEY                                                               \
    {"scheme", "WORD",                                                         \
     "Of what kind --id is: uscc (if not given), org, nrii or ror.",           \
     CLI_OPTIONAL},                                                            \
    {                                                                          \
        "id", "ID", "The unit's identifier; check characters are verified.",   \
            CLI_REQUIRED                                                       \
    }

#define HOMED_KEY                                                              \
    {"home", "NODE",                                                           \
     "The node that first stated it; the one that is asked, if not given.",    \
     CLI_OPTIONAL},                                                            \
        {"unit-scheme", "WORD",                                                \
         "Of what kind --unit-id is: uscc (if not given), org, nrii or ror.",  \
         CLI_OPTIONAL},                                                        \
        {"unit-id", "ID", "The identifier of its unit.", CLI_REQUIRED},        \
    {                                                                          \
        "inner-id", "TEXT", "Its number within that unit.", CLI_REQUIRED       \
    }

static const struct cli_option write_options[] = {
    WRITE_OPTIONS, CONNECT_OPTIONS, {0}};

#define REASON                                                                 \
    {                                                                          \
        "reason", "TEXT", "Why.", CLI_OPTIONAL                                 \
    }

static const struct cli_option unit_retire_options[] = {
    UNIT_KEY, REASON, WRITE_OPTIONS, CONNECT_OPTIONS, {0},
};
static const struct cli_option homed_retire_options[] = {
    HOMED_KEY, REASON, WRITE_OPTIONS, CONNECT_OPTIONS, {0},
};
static const struct cli_option unit_get_options[] = {
    UNIT_KEY,
    CONNECT_OPTIONS,
    {0},
};
static const struct cli_option homed_get_options[] = {
    HOMED_KEY,
    CONNECT_OPTIONS,
    {0},
};

static const struct cli_option release_options[] = {
    HOMED_KEY,
    {"to", "NODE", "The node that is to take it; one of the charter.",
     CLI_REQUIRED},
    WRITE_OPTIONS,
    CONNECT_OPTIONS,
    {0},
};
static const struct cli_option take_options[] = {
    HOMED_KEY,
    WRITE_OPTIONS,
    CONNECT_OPTIONS,
    {0},
};

static const struct cli_option moves_options[] = {
    {"out", NULL, "Those that this node released.", CLI_OPTIONAL},
    {"all", NULL, "Those between any two nodes.", CLI_OPTIONAL},
    CONNECT_OPTIONS,
    {0},
};

static const struct cli_option list_options[] = {
    {"origin", "ORIGIN",
     "Only those of one journal, ALLIANCE/NODE; of all if not given.",
     CLI_OPTIONAL},
    {"retired", NULL,
     "Also those that are retired, and what former homes said of those that\n"
     "moved.",
     CLI_OPTIONAL},
    CONNECT_OPTIONS,
    {0},
};

static const struct cli_option watch_options[] = {
    WATCHING_OPTIONS,
    CONNECT_OPTIONS,
    {0},
};

/* --- Options of put ------------------------------------------------------ */

/* One for each attribute, then those of every write: filled in before the
 * command line is read, by record_commands_init(). */
enum { PUT_OPTIONS_MAX = 64 };

static struct put_options {
    const char *kind;
    struct cli_option options[PUT_OPTIONS_MAX];
    char names[PUT_OPTIONS_MAX][RECORD_OPTION_BYTES];
    char helps[PUT_OPTIONS_MAX][512];
} unit_put = {.kind = "unit"}, instrument_put = {.kind = "instrument"},
  service_put = {.kind = "service"}, demand_put = {.kind = "demand"};

void record_option_name(const struct attribute *attribute,
                        char out[RECORD_OPTION_BYTES])
{
    size_t size = strlen(attribute->name);
    HL_ASSERT(size < RECORD_OPTION_BYTES);
    for (size_t i = 0; i <= size; i++) {
        out[i] = attribute->name[i] == '_' ? '-' : attribute->name[i];
    }
}

static void describe(const struct attribute *attribute, char out[512])
{
    static const char *const forms[] = {
        [ATTRIBUTE_TEXT] = "",
        [ATTRIBUTE_COUNT] = "",
        [ATTRIBUTE_MONEY] = ", in yuan",
        [ATTRIBUTE_TENTHS] = ", in hours",
        [ATTRIBUTE_WORD] = ": one of",
        [ATTRIBUTE_WORDS] = ": with commas between,",
    };
    size_t used = (size_t)snprintf(out, 512, "%s%s", attribute->name_zh,
                                   forms[attribute->form]);
    const struct attribute_word *word = attribute->words;
    for (unsigned i = 0; word != NULL && word->word != NULL; word++, i++) {
        used += (size_t)snprintf(out + used, 512 - used, "%s%s",
                                 i == 4   ? ",\n"
                                 : i == 0 ? " "
                                          : ", ",
                                 word->word);
    }
    snprintf(out + used, 512 - used, ".");
}

static const char *value_of(const struct attribute *attribute)
{
    switch (attribute->form) {
    case ATTRIBUTE_WORD:
        return "WORD";
    case ATTRIBUTE_WORDS:
        return "WORDS";
    case ATTRIBUTE_COUNT:
    case ATTRIBUTE_MONEY:
    case ATTRIBUTE_TENTHS:
        return "NUMBER";
    case ATTRIBUTE_TEXT:
        break;
    }
    size_t size = strlen(attribute->name);
    bool is_id = size >= 2 && strcmp(attribute->name + size - 2, "id") == 0;
    return is_id ? "ID" : "TEXT";
}

/* The least that every record of the kind has. */
static bool is_needed(const struct record_kind *kind, const char *name)
{
    static const struct {
        const char *kind; /* NULL: of all */
        const char *name;
    } needed[] = {
        {NULL, "unit_id"},   {NULL, "inner_id"}, {"unit", "id"},
        {"unit", "name_zh"}, {"unit", "kind"},   {"demand", "title"},
        {"demand", "text"},
    };
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        bool of_kind =
            needed[i].kind == NULL || strcmp(kind->word, needed[i].kind) == 0;
        if (of_kind && strcmp(name, needed[i].name) == 0) {
            return true;
        }
    }
    return false;
}

static void fill(struct put_options *put)
{
    const struct record_kind *kind = record_kind_of_word(put->kind);
    size_t count, used = 0;
    const struct attribute *attributes = attributes_of(kind, &count);
    for (size_t i = 0; i < count; i++) {
        record_option_name(&attributes[i], put->names[used]);
        describe(&attributes[i], put->helps[used]);
        if (strcmp(attributes[i].name, "home") == 0) {
            snprintf(put->helps[used], sizeof(put->helps[used]),
                     "The node that first stated it, of one that was taken; "
                     "the one that\nis asked, if not given.");
        }
        put->options[used] = (struct cli_option){
            put->names[used], value_of(&attributes[i]), put->helps[used],
            is_needed(kind, attributes[i].name) ? CLI_REQUIRED : CLI_OPTIONAL};
        used++;
    }
    size_t more = sizeof(write_options) / sizeof(write_options[0]);
    HL_ASSERT(used + more <= PUT_OPTIONS_MAX);
    memcpy(put->options + used, write_options, sizeof(write_options));
}

void record_commands_init(void)
{
    fill(&unit_put);
    fill(&instrument_put);
    fill(&service_put);
    fill(&demand_put);
}

/* --- Commands ------------------------------------------------------------ */

#define WRITE_TEXT                                                             \
    "The answer comes when the write is on disk under a signed checkpoint.\n"  \
    "While the node is away the command tries again, until --timeout. If\n"    \
    "it cannot know whether the write happened, it says with which\n"          \
    "--command-id to run it again: that has one effect, however often."

#define COMMANDS(noun, put_, retire_, get_, put_text, put_example,             \
                 retire_example)                                               \
    {.name = "put",                                                            \
     .summary = "create or change one",                                        \
     .description = put_text WRITE_TEXT,                                       \
     .examples = put_example,                                                  \
     .options = (put_).options,                                                \
     .json = true,                                                             \
     .run = cmd_record_put},                                                   \
        {.name = "retire",                                                     \
         .summary = "say that one is no longer active",                        \
         .description = "Its record stays, marked as retired; put again, it "  \
                        "is active\nagain.\n\n" WRITE_TEXT,                    \
         .examples = retire_example,                                           \
         .options = (retire_),                                                 \
         .json = true,                                                         \
         .run = cmd_record_retire},                                            \
        {.name = "get",                                                        \
         .summary = "show one",                                                \
         .description =                                                        \
             "Shows it as each journal states it; usually one does.",          \
         .options = (get_),                                                    \
         .json = true,                                                         \
         .run = cmd_record_get},                                               \
        {.name = "list",                                                       \
         .summary = "list them",                                               \
         .description = "Lists them by journal and identifier.",               \
         .examples = "heluo " noun " list --origin zy.example/zhengzhou",      \
         .options = list_options,                                              \
         .json = true,                                                         \
         .run = cmd_record_list},                                              \
        {.name = "history",                                                    \
         .summary = "show what became of one",                                 \
         .description =                                                        \
             "Shows each entry about it, journal by journal: who stated what " \
             "when, and\nwhich fields changed.",                               \
         .options = (get_),                                                    \
         .json = true,                                                         \
         .run = cmd_record_history},                                           \
    {                                                                          \
        .name = "watch", .summary = "print changes as they happen",            \
        .description =                                                         \
            "Prints a line for each change, in the order of its journal, "     \
            "from\n"                                                           \
            "the first one or from where --token says, and goes on until it "  \
            "is\n"                                                             \
            "ended (Ctrl-C). With --json, one object a line. When the node "   \
            "is\n"                                                             \
            "away it waits for it, up to --timeout, and misses nothing.",      \
        .examples = "heluo " noun " watch --token seen.token --json",          \
        .options = watch_options, .json = true, .run = cmd_record_watch        \
    }

#define CONTACT_COMMANDS                                                       \
    {.name = "contact",                                                        \
     .summary = "show who answers the phone",                                  \
     .description =                                                            \
         "Shows the person's name, phone and mailbox in clear. They are "      \
         "kept\n"                                                              \
         "by the node that states the record, for its own people; journals\n"  \
         "and partners have them masked.",                                     \
     .options = homed_get_options,                                             \
     .json = true,                                                             \
     .run = cmd_record_contact},                                               \
    {                                                                          \
        .name = "erase-contact", .summary = "forget who answers the phone",    \
        .description =                                                         \
            "Erases the person's name, phone and mailbox at this node. What "  \
            "was\n"                                                            \
            "published masked stays in the journal; put the record without "   \
            "them, and\n"                                                      \
            "it is shown no more. Backups made before still have them, and "   \
            "the\n"                                                            \
            "store's file in pages that are free, until those are used "       \
            "again.",                                                          \
        .options = homed_get_options, .json = true,                            \
        .run = cmd_record_erase_contact                                        \
    }

static const struct cli_command move_commands[] = {
    {.name = "list",
     .summary = "list what is under way",
     .description =
         "Lists what was released to this node and waits for its answer: take\n"
         "it, or refuse it. What this node refused is listed until its old\n"
         "home has taken it back, which it does by itself.",
     .options = moves_options,
     .json = true,
     .run = cmd_record_moves},
    {.name = "release",
     .summary = "give one to another node",
     .description =
         "The named node may take it from now on, or refuse it. Until then it\n"
         "stays as it is here, and nobody changes it; a release is not taken\n"
         "back. Refused, it is this node's again, by itself.\n\n" WRITE_TEXT,
     .examples = "heluo instrument move release --unit-id 12410000415800018L "
                 "\\\n"
                 "    --inner-id 20190017 --to luoyang",
     .options = release_options,
     .json = true,
     .run = cmd_record_release},
    {.name = "take",
     .summary = "take one that was released to this node",
     .description =
         "It is this node's from now on, as its old home stated it; put it to\n"
         "change it. Its identity stays, --home too.\n\n" WRITE_TEXT,
     .examples = "heluo instrument move take --home zhengzhou \\\n"
                 "    --unit-id 12410000415800018L --inner-id 20190017",
     .options = take_options,
     .json = true,
     .run = cmd_record_take},
    {.name = "refuse",
     .summary = "do not take one released to this node",
     .description = "Its old home takes it back, by itself, as soon as it "
                    "learns of it.\n\n" WRITE_TEXT,
     .examples = "heluo instrument move refuse --home zhengzhou \\\n"
                 "    --unit-id 12410000415800018L --inner-id 20190017 \\\n"
                 "    --reason 无场地",
     .options = homed_retire_options,
     .json = true,
     .run = cmd_record_refuse},
    {0},
};

#define MOVE_COMMAND                                                           \
    {                                                                          \
        .name = "move", .summary = "move them between nodes (流转)",           \
        .description =                                                         \
            "A record moves in two steps: its home releases it to a node, "    \
            "and that\nnode takes it, or refuses it. Its identity stays.",     \
        .subcommands = move_commands                                           \
    }

#define PUT_TEXT(noun)                                                         \
    "Writes the " noun " as given into the node's journal; what is not "       \
    "given\nis empty afterwards. A retired one is active again.\n\n"

const struct cli_command unit_commands[] = {
    COMMANDS("unit", unit_put, unit_retire_options, unit_get_options,
             PUT_TEXT("unit"),
             "heluo unit put --id 12410000415800018L --name-zh 郑州大学 \\\n"
             "    --kind university --division 410102",
             "heluo unit retire --id 12410000415800018L --reason merged"),
    {0},
};

const struct cli_command instrument_commands[] = {
    COMMANDS("instrument", instrument_put, homed_retire_options,
             homed_get_options, PUT_TEXT("instrument"),
             "heluo instrument put --unit-id 12410000415800018L --inner-id "
             "20190017 \\\n"
             "    --name-zh 场发射扫描电镜 --class-code 010102 --worth 2850000 "
             "\\\n"
             "    --division 410102 --status normal",
             "heluo instrument retire --unit-id 12410000415800018L \\\n"
             "    --inner-id 20190017 --reason 报废"),
    CONTACT_COMMANDS,
    MOVE_COMMAND,
    {0},
};

const struct cli_command service_commands[] = {
    COMMANDS("service", service_put, homed_retire_options, homed_get_options,
             PUT_TEXT("service item"),
             "heluo service put --unit-id 12410000415800018L --inner-id S-1 "
             "\\\n"
             "    --name-zh 扫描电镜形貌观察 --kind testing --price 300 "
             "--price-unit 样 \\\n"
             "    --instruments 20190017",
             "heluo service retire --unit-id 12410000415800018L --inner-id "
             "S-1"),
    CONTACT_COMMANDS,
    MOVE_COMMAND,
    {0},
};

const struct cli_command demand_commands[] = {
    COMMANDS("demand", demand_put, homed_retire_options, homed_get_options,
             PUT_TEXT("demand"),
             "heluo demand put --unit-id 91410100MA41010086 --inner-id D-1 "
             "\\\n"
             "    --title 电池隔膜形貌检测 --text '需要观察隔膜断面' --budget "
             "5000 \\\n"
             "    --needed-by 2027-03-31 --division 410100",
             "heluo demand retire --unit-id 91410100MA41010086 --inner-id D-1 "
             "\\\n"
             "    --reason met"),
    CONTACT_COMMANDS,
    MOVE_COMMAND,
    {0},
};
