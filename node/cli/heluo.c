/* SPDX-License-Identifier: Apache-2.0 */

/* The command `heluo`: everything an operator or a coordinator does. */

#include "node/cli/commands.h"

static hl_err run_errors(struct cli_call *call)
{
    json_t *rows = call->json ? json_array() : NULL;
    for (int i = 0; i < HL_ERR_COUNT; i++) {
        hl_err err = (hl_err)i;
        if (!call->json) {
            printf("%3d  %-16s grpc %2d  %s\n", hl_err_exit(err),
                   hl_err_name(err), (int)hl_err_grpc(err), hl_err_text(err));
            continue;
        }
        json_array_append_new(
            rows, json_pack("{s:i, s:s, s:i, s:s}", "exit", hl_err_exit(err),
                            "name", hl_err_name(err), "grpc",
                            (int)hl_err_grpc(err), "text", hl_err_text(err)));
    }
    if (call->json) {
        cli_print_json(rows);
    }
    return HL_OK;
}

static hl_err run_version(struct cli_call *call)
{
    if (call->json) {
        cli_print_json(json_pack("{s:s}", "version", HELUO_VERSION));
    } else {
        printf("heluo %s\n", HELUO_VERSION);
    }
    return HL_OK;
}

static const struct cli_command commands[] = {
    {.name = "status",
     .summary = "say how the node is",
     .description =
         "The first line is the verdict; below it, how things are, and what\n"
         "is wrong and what to do about it. It ends with success where the\n"
         "node takes writes, else with the error that stops it.",
     .examples = "heluo status\n"
                 "heluo status --watch --lang zh",
     .options = status_options,
     .json = true,
     .run = cmd_status},
    {.name = "unit",
     .summary = "the managing units of the catalogue",
     .description =
         "Reads and writes managing units (管理单位): the universities,\n"
         "institutes and firms that own instruments.",
     .subcommands = unit_commands},
    {.name = "instrument",
     .summary = "the instruments of the catalogue",
     .description =
         "Reads and writes instruments (大型科学仪器设备), with the\n"
         "attributes of the national interface. 'heluo import'\n"
         "brings many at once.",
     .subcommands = instrument_commands},
    {.name = "service",
     .summary = "the service items of the catalogue",
     .description = "Reads and writes service items (服务项目): what a unit\n"
                    "does for others, with which instruments, at which price.",
     .subcommands = service_commands},
    {.name = "demand",
     .summary = "the demands of firms",
     .description = "Reads and writes demands (需求): what a firm needs, in\n"
                    "words, with its budget, by when and where.",
     .subcommands = demand_commands},
    {.name = "search",
     .operands = "[TEXT...]",
     .operands_max = 64,
     .summary = "search the catalogues of all cities",
     .description =
         "Finds instruments, units, service items and demands of every city\n"
         "whose journal the node holds. What is typed is text, never a "
         "syntax;\n"
         "width, case, accents, and traditional or simplified characters make "
         "no\n"
         "difference. First stands what is called so, then what has the words "
         "in\n"
         "its names and its model, then in maker, class, unit or place, then "
         "in\n"
         "what it can do; where that is little, what has most of the words\n"
         "follows, or words that nearly are them. Without a text all is "
         "listed\n"
         "that fits the options.\n"
         "\n"
         "as of says for each city when it last said that this is all. The "
         "index\n"
         "is made anew where it was lost; meanwhile the answer is HL_EAWAY.",
     .examples =
         "heluo search 扫描电镜 --near 410105\n"
         "heluo search 質譜 --region 山东省 --min-worth 500000 --usable\n"
         "heluo search --unit 12410000415800018L --sort dearest\n"
         "heluo search --kind demand 检测 --json",
     .options = search_options,
     .json = true,
     .run = cmd_search},
    {.name = "review",
     .summary = "what stands already of what is to be bought (查重评议)",
     .description =
         "Before a purchase: which instruments of all cities are like it, how\n"
         "near they stand, how busy they are, and what follows. Likeness is "
         "of\n"
         "name, model and class, 35, 45 and 20 of a hundred, among what is "
         "said;\n"
         "from 60 on an instrument is alike. The same model is 90 at least, "
         "and\n"
         "another takes a fifth from what name and class have in common; of "
         "another\n"
         "minor class it is 50 at most. It\n"
         "is busy from 80 % of the yearly quota of its kind on (1,400 hours, "
         "800\n"
         "for 专用). SHARE: one that is alike, can be used and has time stands "
         "in\n"
         "the same city. ASK FIRST: in the same province, or its hours are "
         "not\n"
         "stated. Else it CAN BE BOUGHT. At most 300 that come nearest are "
         "looked\n"
         "at.",
     .examples = "heluo review --name 扫描电子显微镜 --model JSM-7800F \\\n"
                 "    --class 010102 --worth 3000000 --division 410105",
     .options = review_options,
     .json = true,
     .run = cmd_review},
    {.name = "match",
     .summary = "what a demand and the catalogues have for each other",
     .description =
         "Of a demand: the instruments and service items of all cities that "
         "it\n"
         "names, by their names, models and classes; those first that it names "
         "in\n"
         "several ways, then what can be used, and what is near. Of an "
         "instrument\n"
         "or a service item: the demands that name it. With the reasons.\n"
         "\n"
         "--watch prints new matches as they come: of what was stated "
         "anywhere, "
         "or\n"
         "is called something else since, with what there was before. After a "
         "stop\n"
         "it goes on where --token says; what a single change brought may come "
         "twice\n"
         "then, and nothing is missed. If it says HL_EAHEAD, a journal was "
         "cut: "
         "begin\n"
         "without the token's file.",
     .examples = "heluo match --unit-id 91410100MA41010086 --inner-id XQ-1\n"
                 "heluo match --watch --token matches.token --until-current\n"
                 "heluo match --kind instrument --unit-id 12410000415800018L "
                 "\\\n"
                 "    --inner-id 1",
     .options = match_options,
     .json = true,
     .run = cmd_match},
    {.name = "scheme",
     .summary = "the rules of this city's vouchers",
     .description = "A scheme says what vouchers pay: rates, bounds, clocks, "
                    "who may serve.\n"
                    "It is data that the node signs, never code; a voucher "
                    "keeps the version\n"
                    "by which it was issued.",
     .subcommands = scheme_commands},
    {.name = "voucher",
     .summary = "innovation vouchers (创新券)",
     .description =
         "Issues vouchers by the node's schemes, and shows them. Amounts are "
         "in\n"
         "yuan. What the ledger refuses is said with a word that stays the "
         "same,\n"
         "and is refused for ever under the same --command-id.",
     .subcommands = voucher_commands},
    {.name = "order",
     .summary = "orders that vouchers pay for",
     .description =
         "Places orders with the units of any city, and serves those of "
         "others.\n"
         "An order is named NODE/HEX: where it began, and its id. What is "
         "said of\n"
         "it is written into the own journal of who says it, and reaches the\n"
         "other side by itself.",
     .subcommands = order_commands},
    {.name = "clearing",
     .summary = "cycles by which cities settle what they owe each other",
     .description =
         "A cycle turns what is owed below a cut into a few transfers, which\n"
         "every debtor and creditor has counted for itself and signed. A "
         "cycle\n"
         "is named NODE/INDEX, by its proposal; a transfer of it\n"
         "NODE/INDEX/NUMBER.",
     .subcommands = clearing_commands},
    {.name = "blob",
     .summary = "documents, sealed to who may read them",
     .description =
         "Contracts, reports, invoices, and who holds a voucher: what must "
         "not\n"
         "stand in a journal for ever. The journal has an id; the document\n"
         "itself travels sealed, and can be erased.",
     .subcommands = blob_commands},
    {.name = "fingerprint",
     .summary = "the key by which invoices claimed twice are seen",
     .description =
         "Deliveries state a fingerprint of their invoice, which nobody can "
         "make\n"
         "who lacks the alliance's key. It has versions; two are in use while "
         "it\n"
         "changes.",
     .subcommands = fingerprint_commands},
    {.name = "ledger",
     .summary = "the accounts of vouchers",
     .description =
         "What was issued, is held, spent, and owed between cities, in double\n"
         "entry: computed from the journals, and the same at every node.",
     .subcommands = ledger_commands},
    {.name = "import",
     .operands = "FILE",
     .operands_min = 1,
     .operands_max = 1,
     .summary = "bring a file of records into the catalogue",
     .description =
         "Compares the file with what the node has, and writes only what\n"
         "changed. csv, tsv, jsonl, json and xlsx are read. What can be "
         "healed\n"
         "without a guess is healed and counted; a row that cannot is refused\n"
         "with line, column, value and reason, and the others go on. The same\n"
         "file again changes nothing, also where the command was ended in the\n"
         "middle. A row without a number of its own gets one of its content.",
     .examples =
         "heluo import instruments.xlsx --dry-run\n"
         "heluo import instruments.csv --rejects wrong.csv --report all.csv\n"
         "heluo import old.csv --suggest >mapping.csv\n"
         "heluo import register.csv --mapping uniquip --encoding MACINTOSH \\\n"
         "    --set unit_scheme=ror --set unit_id=02wn5qz54",
     .options = catalogue_import_options,
     .json = true,
     .run = cmd_import},
    {.name = "export",
     .summary = "write records of the catalogue into a file",
     .description =
         "Writes the active records of one journal as a table that 'heluo\n"
         "import' reads: imported again, it changes nothing. What is about a\n"
         "person is masked.",
     .examples = "heluo export --out instruments.xlsx --lang zh\n"
                 "heluo export --kind unit --out units.csv --origin "
                 "zy.example/luoyang",
     .options = catalogue_export_options,
     .json = true,
     .run = cmd_export},
    {.name = "report",
     .summary = "what those above ask of a catalogue",
     .description =
         "Writes this node's instruments in the national interface's form, "
         "and\n"
         "tells how good and how much used the catalogues of all cities are.",
     .subcommands = report_commands},
    {.name = "journal",
     .summary = "what stands in a journal, and whether it is sound",
     .description =
         "Reads a journal through its node. A journal is what a node has\n"
         "written, in order, under a Merkle root that it signed.",
     .subcommands = journal_commands},
    {.name = "peer",
     .summary = "the other nodes of the alliance, as this one reaches them",
     .description =
         "Shows the streams to other nodes, and steers them. There is nothing\n"
         "to set up: the charter says who the others are and where.",
     .subcommands = peer_commands},
    {.name = "clock",
     .summary = "this node's clock, and whether anybody confirms it",
     .description =
         "Vouchers and holds end by days, which cannot be taken back: after a\n"
         "start they wait until this machine's clock agrees with the node's "
         "last\n"
         "own time, or with two partners, or until an operator confirms it.",
     .subcommands = clock_commands},
    {.name = "findings",
     .summary = "what is wrong in what the journals say",
     .description =
         "Lists what the node found in the journals it holds, with the\n"
         "entries that prove it: entries without effect (invalid_entry); what\n"
         "contradicts itself (unit_in_two_homes, record_not_released,\n"
         "record_resumed_and_taken, record_in_two_homes, answer_unfounded,\n"
         "resolution_unfounded, grant_unfounded); deliveries, and spends of\n"
         "allotments, that break a rule (delivery_breaks_rule): outside the\n"
         "voucher's days (validity), by a unit (unit), or with an instrument\n"
         "or service (item), that is in no catalogue, under customs\n"
         "supervision (customs), above the published price (price); by an\n"
         "invoice that another order claims (invoice_twice), by an instrument\n"
         "that served another at the time (machine_twice), of a contract in\n"
         "parts (contract_split); and what was said of clearing cycles\n"
         "without a ground (cycle_answer_unfounded, approval_overlaps,\n"
         "final_unfounded, payment_unfounded).\n\n"
         "'heluo journal show --origin NAME --from INDEX' shows an entry. A\n"
         "finding changes nothing.",
     .options = findings_options,
     .json = true,
     .run = cmd_findings},
    {.name = "rebuild",
     .summary = "compute everything from the journals again",
     .description =
         "Computes all that is not a journal from the journals, beside what\n"
         "is there, and then switches over; the node serves on meanwhile. If\n"
         "rows differ it ends with HL_EDIFFERS: something is wrong.",
     .examples = "heluo rebuild --check",
     .options = rebuild_options,
     .json = true,
     .run = cmd_rebuild},
    {.name = "scrub",
     .summary = "read the whole store again, and mend what a disk did to it",
     .description =
         "Has the running node read every row of every table and every "
         "journal\n"
         "again: checksums, entries against the hashes of their tree, the "
         "tree\n"
         "against the signed checkpoints, and what is computed against a "
         "rebuild.\n"
         "Entries that are damaged or missing come back from partners that "
         "have\n"
         "the journal, this node's own too; hashes are computed from entries;\n"
         "what is computed is rebuilt. What cannot be repaired is listed with\n"
         "what to do, here, in the log and in heluo status, and the command\n"
         "ends with HL_EDAMAGED. 0: all was good, or is again.\n"
         "\n"
         "The node serves on meanwhile, and does the same by itself, slowly:\n"
         "scrub_interval_hours in its configuration.",
     .examples = "heluo scrub",
     .options = scrub_options,
     .json = true,
     .run = cmd_scrub},
    {.name = "backup",
     .summary = "copy a node's store, while it runs or not",
     .description =
         "Copies the store as of one moment into the new folder --out, and\n"
         "reads it again to the last byte: every checksum, every entry's "
         "hash,\n"
         "every root. Run it as the user that heluod runs as. The copy is\n"
         "marked, so that no heluod starts from it by mistake.\n"
         "\n"
         "A partner has every journal, and gives this node's own one back; a\n"
         "backup makes that quick, and serves an alliance of one.",
     .examples = "heluo backup --out /backup/$(date +%F)",
     .options = backup_options,
     .json = true,
     .run = cmd_backup},
    {.name = "restore",
     .operands = "DIR",
     .operands_min = 1,
     .operands_max = 1,
     .summary = "put a backup in the store's place",
     .description =
         "Reads the backup in DIR again to the last byte, and puts it into "
         "the\n"
         "configuration's store, which must not have one. What the node wrote\n"
         "after the backup is taken back from partners before it writes "
         "again:\n"
         "the mark beside the store, which is in no backup, sees to that.",
     .examples = "heluo restore /backup/2026-11-29",
     .options = restore_options,
     .json = true,
     .run = cmd_restore},
    {.name = "recover",
     .summary = "follow a node that takes its journal back from partners",
     .description =
         "After a lost disk, a restored backup or a machine that was set "
         "back,\n"
         "heluod takes its own journal back from partners before it writes.\n"
         "This shows how far that is, tells a machine that was found to be "
         "set\n"
         "back to begin, and ends when the journal goes on, or when a new\n"
         "journal key is needed, and then it says how to get there.\n"
         "\n"
         "The store may be empty; the keys, and best the mark too, are needed.",
     .examples = "heluo recover\n"
                 "heluo recover --set-back --config /etc/heluo/heluod.conf\n"
                 "heluo recover --lost anyang",
     .options = recover_options,
     .json = true,
     .run = cmd_recover},
    {.name = "log-level",
     .operands = "[LEVEL]",
     .operands_max = 1,
     .summary = "show or change how much the node logs",
     .description =
         "LEVEL is error, warn, info or debug. It holds until the node ends\n"
         "or reads its configuration again.",
     .options = log_level_options,
     .json = true,
     .run = cmd_log_level},
    {.name = "ca",
     .summary = "the alliance's certificate authority",
     .description =
         "Makes and revokes the certificates with which nodes, platforms and\n"
         "people of an alliance know each other (TLS).",
     .subcommands = ca_commands},
    {.name = "key",
     .summary = "keys that sign journals, cosignatures and charters",
     .description =
         "Makes and shows the keys that a charter lists. They are not the\n"
         "TLS keys, which 'heluo ca' makes.",
     .subcommands = key_commands},
    {.name = "charter",
     .summary = "the alliance's signed membership",
     .description =
         "The charter says which nodes belong to the alliance, with which\n"
         "keys, and who keeps whose journal. A threshold of the coordinators\n"
         "signs each version.\n"
         "\n"
         "A charter that nobody has signed is a draft, and the commands that\n"
         "change it do so in place. Of a signed one they make a draft of the\n"
         "next version, at --out.",
     .examples =
         "heluo charter set-node v1.charter --id luoyang \\\n"
         "    --endpoint ly.example.org:7443 --out v2.charter\n"
         "heluo charter sign v2.charter --previous v1.charter --key li.key\n"
         "heluo charter verify --pin \"$PIN\" v1.charter v2.charter",
     .subcommands = charter_commands},
    {.name = "verify",
     .operands = "FILE",
     .operands_min = 1,
     .operands_max = 1,
     .summary = "check a receipt, a checkpoint or evidence offline",
     .description =
         "Says what the file is and what it proves. Nothing but the file, and\n"
         "the charter, policy or keys that you trust, is needed: no node, no\n"
         "network.\n"
         "\n"
         "A receipt (.tlog-proof) proves that an entry stands in a journal; a\n"
         "checkpoint, how long a journal was; evidence, that an author or a\n"
         "cosigner signed two statements that cannot both be true.",
     .examples = "heluo verify --charter v3.charter order-17.tlog-proof\n"
                 "heluo verify --key \"$JOURNAL\" zhengzhou.checkpoint",
     .options = verify_options,
     .json = true,
     .run = cmd_verify},
    {.name = "errors",
     .summary = "list every error: exit code, name, gRPC status, text",
     .description = "Lists the one error table of this program.",
     .json = true,
     .run = run_errors},
    {.name = "help",
     .operands = "[COMMAND...]",
     .operands_max = CLI_DEPTH_MAX,
     .summary = "tell about a command",
     .description = "As 'heluo COMMAND --help'; and 'heluo help config' tells\n"
                    "about each key of heluod's configuration file.",
     .examples = "heluo help unit put\n"
                 "heluo help config",
     .run = cmd_help},
    {.name = "version",
     .summary = "print the version",
     .description = "Prints the version of this program.",
     .json = true,
     .run = run_version},
    {0},
};

static const struct cli_command heluo = {
    .name = "heluo",
    .summary = "federated synchronization for alliances of cities",
    .description =
        "Heluo keeps each city's catalogue of large instruments and its\n"
        "innovation-voucher ledger in a signed journal, and replicates the\n"
        "journals between the cities of an alliance.\n"
        "\n"
        "'heluo COMMAND --help' tells about each command.",
    .subcommands = commands,
};

int main(int argc, char **argv)
{
    record_commands_init();
    return cli_main(&heluo, argc, argv);
}
