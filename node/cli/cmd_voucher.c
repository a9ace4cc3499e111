/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo voucher`: issue one, end one, and the table of the group. */

#include <string.h>

#include "node/catalogue/characters.h"
#include "node/cli/cmd_ledger.h"
#include "node/cli/commands.h"
#include "node/cli/place.h"
#include "node/cli/watching.h"
#include "protocol/base/alloc.h"

/* --- Issue. ----------------------------------------------------------------
 */

static const char *const needed[] = {"scheme", "amount", "uscc", "name"};

static hl_err check_needed(struct cli_call *call)
{
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        if (!cli_has(call, needed[i])) {
            return cli_usage(
                call, "--%s is needed, or --file for a table of vouchers",
                needed[i]);
        }
    }
    return cli_has(call, "controller-name") && !cli_has(call, "controller-uscc")
               ? cli_usage(call, "--controller-name: with --controller-uscc")
               : HL_OK;
}

/* As people type codes: the caller's. */
static char *take_code(const struct cli_call *call, const char *option)
{
    const char *given = ledger_text_option(call, option);
    char *code = hl_alloc(strlen(given) + 1, 1);
    struct bytes narrow = character_narrow(
        bytes_of_text(given), CHARACTER_NARROW_ALL, (uint8_t *)code);
    for (size_t i = 0; i < narrow.size; i++) {
        code[i] = (char)character_to_upper((uint8_t)code[i]);
    }
    code[narrow.size] = '\0';
    return code;
}

static hl_err issue_one(struct cli_call *call,
                        Heluo__V1__VoucherIssueRequest *request)
{
    uint8_t id[LEDGER_ID_BYTES];
    struct ledger_command command = {.path = "/heluo.v1.Voucher/Issue",
                                     .request = &request->base};
    const struct record_subject subject = {"voucher", id, false};
    command.subject = &subject;
    hl_err err = record_choose_id(call, command.id);
    if (err == HL_OK) {
        err = ledger_take_new_id(call, command.id, id);
    }
    if (err == HL_OK) {
        err = ledger_take_yuan(call, "amount", &request->issue->amount_fen);
    }
    if (err == HL_OK) {
        err = place_find(call, "county", &request->issue->county);
    }
    request->issue->id = ledger_bytes(id);
    return err == HL_OK ? ledger_write(call, &command) : err;
}

hl_err cmd_voucher_issue(struct cli_call *call)
{
    Heluo__V1__VoucherIssueRequest request =
        HELUO__V1__VOUCHER_ISSUE_REQUEST__INIT;
    Heluo__V1__VoucherIssue issue = HELUO__V1__VOUCHER_ISSUE__INIT;
    Heluo__V1__Party holder = HELUO__V1__PARTY__INIT;
    Heluo__V1__Party controller = HELUO__V1__PARTY__INIT;
    if (cli_has(call, "file")) {
        return cmd_voucher_issue_file(call);
    }
    if (cli_has(call, "rejects")) {
        return cli_usage(call, "--rejects: with --file");
    }
    hl_err err = check_needed(call);
    if (err != HL_OK) {
        return err;
    }
    request.issue = &issue;
    request.holder = &holder;
    request.controller = cli_has(call, "controller-uscc") ? &controller : NULL;
    issue.scheme = ledger_text_option(call, "scheme");
    holder.uscc = take_code(call, "uscc");
    holder.name = ledger_text_option(call, "name");
    holder.contact = ledger_text_option(call, "contact");
    controller.uscc = take_code(call, "controller-uscc");
    controller.name = ledger_text_option(call, "controller-name");
    err = issue_one(call, &request);
    hl_free(holder.uscc);
    hl_free(controller.uscc);
    return err;
}

/* --- End. ------------------------------------------------------------------
 */

static hl_err end_voucher(struct cli_call *call, Heluo__V1__VoucherEnd how,
                          char *reason)
{
    Heluo__V1__VoucherEndRequest request = HELUO__V1__VOUCHER_END_REQUEST__INIT;
    Heluo__V1__VoucherEnded ended = HELUO__V1__VOUCHER_ENDED__INIT;
    uint8_t id[LEDGER_ID_BYTES];
    struct ledger_command command = {.path = "/heluo.v1.Voucher/End",
                                     .request = &request.base};
    request.end = &ended;
    ended.id = ledger_bytes(id);
    ended.how = how;
    ended.reason = reason;
    hl_err err = ledger_take_id(call, id);
    if (err == HL_OK) {
        err = record_choose_id(call, command.id);
    }
    return err == HL_OK ? ledger_write(call, &command) : err;
}

static hl_err cmd_voucher_cancel(struct cli_call *call)
{
    return end_voucher(call, HELUO__V1__VOUCHER_END__VOUCHER_END_CANCELLED,
                       ledger_text_option(call, "reason"));
}

static hl_err cmd_voucher_return(struct cli_call *call)
{
    return end_voucher(call, HELUO__V1__VOUCHER_END__VOUCHER_END_RETURNED,
                       ledger_text_option(call, "reason"));
}

static hl_err cmd_voucher_expire(struct cli_call *call)
{
    static char none[] = "";
    return end_voucher(call, HELUO__V1__VOUCHER_END__VOUCHER_END_EXPIRED, none);
}

/* --- The table. ------------------------------------------------------------
 */

static const struct cli_option issue_options[] = {
    {"scheme", "ID", "By which scheme (创新券办法).", CLI_OPTIONAL},
    {"amount", "YUAN", "How much, with two decimals at most.", CLI_OPTIONAL},
    {"uscc", "CODE", "The holder's unified social credit code.", CLI_OPTIONAL},
    {"name", "NAME", "The holder's name.", CLI_OPTIONAL},
    {"contact", "TEXT", "Whom to ask: a person, a telephone number.",
     CLI_OPTIONAL},
    {"controller-uscc", "CODE",
     "The code of the holder's actual controller (实际控制人);\n"
     "none: the holder.",
     CLI_OPTIONAL},
    {"controller-name", "NAME", "Its name.", CLI_OPTIONAL},
    {"county", "DIVISION",
     "Where the holder is, by which rates may differ: six digits, or the name\n"
     "of a city.",
     CLI_OPTIONAL},
    {"id", "HEX", "The voucher's id; the command's if not given.",
     CLI_OPTIONAL},
    {"file", "FILE",
     "Instead of all these: a table, of which each row is a voucher.",
     CLI_OPTIONAL},
    {"rejects", "FILE",
     "Write the refused rows of --file there, each with its reason. Correct\n"
     "them there, and issue that file. Its name says the format.",
     CLI_OPTIONAL},
    WRITE_OPTIONS,
    CONNECT_OPTIONS,
    {0}};

static const struct cli_option cancel_options[] = {
    {"reason", "TEXT", "Why; one line.", CLI_REQUIRED},
    WRITE_OPTIONS,
    CONNECT_OPTIONS,
    {0}};

static const struct cli_option return_options[] = {
    {"reason", "TEXT", "Why; one line.", CLI_OPTIONAL},
    WRITE_OPTIONS,
    CONNECT_OPTIONS,
    {0}};

static const struct cli_option expire_options[] = {
    WRITE_OPTIONS, CONNECT_OPTIONS, {0}};

static const struct cli_option show_options[] = {
    LEDGER_ORIGIN_OPTION, CONNECT_OPTIONS, {0}};

static const struct cli_option list_options[] = {
    {"scheme", "ID", "Of that scheme.", CLI_OPTIONAL},
    {"open", NULL, "Those alone that have not ended.", CLI_OPTIONAL},
    LEDGER_ORIGIN_OPTION,
    CONNECT_OPTIONS,
    {0}};

static const struct cli_option watch_options[] = {
    {"origin", "NAME", "Of that issuer alone, as zy.example/luoyang.",
     CLI_OPTIONAL},
    WATCHING_OPTIONS,
    CONNECT_OPTIONS,
    {0}};

#define ONE_ID                                                                 \
    .operands = "ID", .operands_min = 1, .operands_max = 1, .json = true

const struct cli_command voucher_commands[] = {
    {.name = "issue",
     .summary = "issue a voucher, or a table of them",
     .description =
         "Signs a voucher (创新券) into the node's journal, by the newest\n"
         "version of its scheme. Who holds it stays in this node's private\n"
         "store; in the journal a random token stands for him.\n"
         "\n"
         "--file FILE takes a csv, tsv, jsonl, json or xlsx with the columns\n"
         "    scheme 创新券办法, amount 金额, uscc 统一社会信用代码, name "
         "名称\n"
         "and, if wanted,\n"
         "    contact 联系方式, controller-uscc 实际控制人代码,\n"
         "    controller-name 实际控制人名称, county 区县, id 券号.\n"
         "Each row is answered by its line, and what one lacks stops no "
         "other.\n"
         "The same file again issues nothing twice, and says so ('repeated'):\n"
         "its commands are known by its bytes and lines. A file that was\n"
         "changed is another file, all of whose rows are new: to correct rows\n"
         "that were refused, use --rejects and issue what that wrote.\n"
         "--durability holds for all rows; --command-id and --receipt are of "
         "one\n"
         "voucher.",
     .examples =
         "heluo voucher issue --scheme zhengzhou-2026 --amount 20000 \\\n"
         "    --uscc 91410100MA41010086 --name 郑州示例科技有限公司 --county "
         "410105\n"
         "heluo voucher issue --file vouchers.csv --rejects wrong.csv",
     .options = issue_options,
     .json = true,
     .run = cmd_voucher_issue},
    {.name = "show",
     .summary = "a voucher as it stands",
     .description =
         "Shows what a voucher was issued for, and how much of it is open, "
         "held\n"
         "for orders, spent and returned. Who holds it is shown at its issuer.",
     .options = show_options,
     ONE_ID,
     .run = cmd_voucher_show},
    {.name = "list",
     .summary = "the vouchers of a city",
     .description = "Lists vouchers by their ids. With --json a line each.",
     .options = list_options,
     .json = true,
     .run = cmd_voucher_list},
    {.name = "cancel",
     .summary = "end a voucher, by its issuer",
     .description =
         "What is neither held nor spent returns to the budget; what is held\n"
         "stays with its orders, and what they leave of it follows.",
     .options = cancel_options,
     ONE_ID,
     .run = cmd_voucher_cancel},
    {.name = "return",
     .summary = "end a voucher that its holder gives back",
     .description = "As cancel, and it is said that the holder wished it.",
     .options = return_options,
     ONE_ID,
     .run = cmd_voucher_return},
    {.name = "expire",
     .summary = "end a voucher whose last day of use is over",
     .description = "The node does so by itself; this only does it at once.",
     .options = expire_options,
     ONE_ID,
     .run = cmd_voucher_expire},
    {.name = "watch",
     .summary = "print what becomes of vouchers, as it comes",
     .description =
         "Prints each voucher that is issued or changed, as it stands then, "
         "of\n"
         "all journals that the node has: from the beginning, or from the\n"
         "file's token on, until stopped. With --json a line each.",
     .examples = "heluo voucher watch --token vouchers.token --until-current",
     .options = watch_options,
     .json = true,
     .run = cmd_voucher_watch},
    {0},
};
