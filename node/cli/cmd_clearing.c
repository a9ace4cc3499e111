/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo clearing`: what a clearing desk says, and the table of its commands.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "certs/tools/clock.h"
#include "node/cli/cmd_clearing.h"
#include "node/cli/cmd_clearing_statement.h"
#include "node/cli/cmd_clearing_verify.h"
#include "node/cli/commands.h"
#include "node/cli/term.h"
#include "node/ledger/scheme.h"

enum { NODES_MAX = 1000 };

/* --- Proposing, and a person's word. ------------------------------------- */

static void print_proposed(const struct cli_call *call,
                           const Heluo__V1__ClearingProposeResponse *said)
{
    char count[24];
    if (call->json) {
        cli_print_json(json_pack("{s:s, s:I, s:I, s:I}", "name", said->name,
                                 "index", (json_int_t)said->index, "count",
                                 (json_int_t)said->count, "gross_fen",
                                 (json_int_t)said->gross_fen));
        return;
    }
    if (said->name[0] != '\0') {
        printf("cycle ");
        term_put(stdout, said->name);
        printf("\n");
    }
    snprintf(count, sizeof(count), "%" PRIu64, said->count);
    ledger_print_field("claims 债权笔数", count);
    ledger_print_yuan("gross 总额", said->gross_fen);
}

static hl_err cmd_clearing_propose(struct cli_call *call)
{
    Heluo__V1__ClearingProposeRequest request =
        HELUO__V1__CLEARING_PROPOSE_REQUEST__INIT;
    ProtobufCMessage *answer = NULL;
    char *nodes[NODES_MAX];
    while (request.n_nodes < NODES_MAX &&
           cli_get_nth(call, "with", request.n_nodes) != NULL) {
        nodes[request.n_nodes] =
            (char *)(uintptr_t)cli_get_nth(call, "with", request.n_nodes);
        request.n_nodes++;
    }
    request.nodes = nodes;
    request.preview = cli_has(call, "preview");
    hl_err err = node_link_ask_once(
        call, "/heluo.v1.Clearing/Propose", &request.base,
        &heluo__v1__clearing_propose_response__descriptor, &answer);
    if (err == HL_OK) {
        const Heluo__V1__ClearingProposeResponse *said =
            (const Heluo__V1__ClearingProposeResponse *)answer;
        print_proposed(call, said);
    }
    if (answer != NULL) {
        protobuf_c_message_free_unpacked(answer, NULL);
    }
    return err;
}

static hl_err answer(struct cli_call *call, bool approve)
{
    Heluo__V1__ClearingAnswerRequest request =
        HELUO__V1__CLEARING_ANSWER_REQUEST__INIT;
    ProtobufCMessage *answer = NULL;
    request.name = (char *)(uintptr_t)call->operands[0];
    request.approve = approve;
    if (!approve) {
        request.text = ledger_text_option(call, "reason");
    }
    hl_err err = node_link_ask_once(
        call, "/heluo.v1.Clearing/Answer", &request.base,
        &heluo__v1__clearing_answer_response__descriptor, &answer);
    if (err == HL_OK) {
        const Heluo__V1__ClearingAnswerResponse *said =
            (const Heluo__V1__ClearingAnswerResponse *)answer;
        if (call->json) {
            cli_print_json(
                json_pack("{s:I}", "index", (json_int_t)said->index));
        } else {
            printf("%s at index %" PRIu64 "\n",
                   approve ? "approved 已确认" : "rejected 已拒绝",
                   said->index);
        }
    }
    if (answer != NULL) {
        protobuf_c_message_free_unpacked(answer, NULL);
    }
    return err;
}

static hl_err cmd_clearing_approve(struct cli_call *call)
{
    return answer(call, true);
}

static hl_err cmd_clearing_reject(struct cli_call *call)
{
    return answer(call, false);
}

/* --- Payments. ----------------------------------------------------------- */

/* Both bodies begin so. */
struct payment {
    ProtobufCMessage base;
    char *proposer;
    uint64_t index;
    uint32_t transfer;
};

static hl_err say(struct cli_call *call, const char *path,
                  ProtobufCMessage *request, ProtobufCMessage *body, char **day)
{
    struct payment *payment = (struct payment *)(void *)body;
    struct ledger_command command = {.path = path, .request = request};
    char name[CLEARING_NAME_BYTES], today[DAY_TEXT_BYTES];
    hl_err err = clearing_take_transfer(call, name, &payment->transfer);
    if (err == HL_OK) {
        err = ledger_take_day(call, "day", day);
    }
    if (err == HL_OK) {
        err = record_choose_id(call, command.id);
    }
    if (err != HL_OK) {
        return err;
    }
    char *slash = strchr(name, '/');
    *slash = '\0';
    payment->proposer = name;
    payment->index = strtoull(slash + 1, NULL, 10);
    if ((*day)[0] == '\0') {
        day_of(clock_wall(), 0, today);
        *day = today;
    }
    return ledger_write(call, &command);
}

static hl_err cmd_clearing_sent(struct cli_call *call)
{
    Heluo__V1__PaymentSentRequest request =
        HELUO__V1__PAYMENT_SENT_REQUEST__INIT;
    Heluo__V1__PaymentSent payment = HELUO__V1__PAYMENT_SENT__INIT;
    request.payment = &payment;
    payment.reference = ledger_text_option(call, "reference");
    return say(call, "/heluo.v1.Clearing/Sent", &request.base, &payment.base,
               &payment.day);
}

static hl_err cmd_clearing_received(struct cli_call *call)
{
    Heluo__V1__PaymentReceivedRequest request =
        HELUO__V1__PAYMENT_RECEIVED_REQUEST__INIT;
    Heluo__V1__PaymentReceived payment = HELUO__V1__PAYMENT_RECEIVED__INIT;
    request.payment = &payment;
    payment.reference = ledger_text_option(call, "reference");
    return say(call, "/heluo.v1.Clearing/Received", &request.base,
               &payment.base, &payment.day);
}

/* --- The table. ---------------------------------------------------------- */

static const struct cli_option propose_options[] = {
    {"with", "NODE",
     "Takes part; give it for each, two at least. All nodes, if not given.",
     CLI_REPEATED},
    {"preview", NULL, "Show what it would count, and propose nothing.",
     CLI_OPTIONAL},
    CONNECT_OPTIONS,
    {0}};

static const struct cli_option approve_options[] = {CONNECT_OPTIONS, {0}};

static const struct cli_option reject_options[] = {
    {"reason", "TEXT", "Why; one line.", CLI_REQUIRED}, CONNECT_OPTIONS, {0}};

#define DAY_OPTION                                                             \
    {                                                                          \
        "day", "DAY", "Of the payment; today, if not given.", CLI_OPTIONAL     \
    }

static const struct cli_option sent_options[] = {
    {"reference", "TEXT", "The bank's (流水号).", CLI_REQUIRED},
    DAY_OPTION,
    WRITE_OPTIONS,
    CONNECT_OPTIONS,
    {0}};

static const struct cli_option received_options[] = {
    {"reference", "TEXT", "The bank's (流水号), where there is one.",
     CLI_OPTIONAL},
    DAY_OPTION,
    WRITE_OPTIONS,
    CONNECT_OPTIONS,
    {0}};

#define ONE(what)                                                              \
    .operands = what, .operands_min = 1, .operands_max = 1, .json = true

const struct cli_command clearing_commands[] = {
    {.name = "propose",
     .summary = "propose a clearing cycle",
     .description =
         "Counts what is owed below what is sealed of all journals here, and\n"
         "signs a proposal of it: who gets and pays how much, by few\n"
         "transfers. Every node that owes or gets something counts for "
         "itself,\n"
         "and answers. The cycle is final once all have approved it and that\n"
         "is sealed; it is known by NODE/INDEX, which is printed.\n"
         "\n"
         "The node has the clearing role, and no open proposal.",
     .examples = "heluo clearing propose\n"
                 "heluo clearing propose --with luoyang --with zhengzhou",
     .options = propose_options,
     .json = true,
     .run = cmd_clearing_propose},
    {.name = "list",
     .summary = "show cycles, the newest first",
     .description = "Cycles that are known here, whoever proposed them.",
     .examples = "heluo clearing list --open",
     .options = clearing_list_options,
     .json = true,
     .run = cmd_clearing_list},
    {.name = "show",
     .summary = "show a cycle: parties, answers, transfers",
     .description =
         "The cycle of that name, or the newest: who gets and pays how much,\n"
         "what each party answered, and the transfers with what became of\n"
         "them.",
     .examples = "heluo clearing show zhengzhou/12 --wait final --timeout 60",
     .operands = "[CYCLE]",
     .operands_max = 1,
     .options = clearing_show_options,
     .json = true,
     .run = cmd_clearing_show},
    {.name = "approve",
     .summary = "approve a proposal that waits for a person",
     .description =
         "This node counts again, and approves what it finds the same: it "
         "owes\n"
         "and claims by that cycle once it is final. An approval is never\n"
         "withdrawn.",
     .examples = "heluo clearing approve zhengzhou/12",
     .options = approve_options,
     .run = cmd_clearing_approve,
     ONE("CYCLE")},
    {.name = "reject",
     .summary = "reject a proposal",
     .description =
         "The cycle is aborted, and proposed again without this node. What it\n"
         "owes and claims waits for a later one.",
     .examples = "heluo clearing reject zhengzhou/12 --reason 发票未到",
     .options = reject_options,
     .run = cmd_clearing_reject,
     ONE("CYCLE")},
    {.name = "sent",
     .summary = "say that a transfer is paid, with the bank's reference",
     .description = "By who pays, for information: the transfer is discharged "
                    "by the word\n"
                    "of who is paid alone.",
     .examples = "heluo clearing sent zhengzhou/12/0 --reference 202612010001",
     .options = sent_options,
     .run = cmd_clearing_sent,
     ONE("TRANSFER")},
    {.name = "received",
     .summary = "say that a transfer has come: it is discharged",
     .description = "By who is paid, and of all of it. What is not said to "
                    "have come when\n"
                    "its day is over is counted again in the next cycle.",
     .examples = "heluo clearing received zhengzhou/12/0",
     .options = received_options,
     .run = cmd_clearing_received,
     ONE("TRANSFER")},
    {.name = "position",
     .summary = "show what stands between this node and others",
     .description =
         "What each partner owes this node, and what it owes them, that no\n"
         "cycle has counted yet (overdue transfers among it), sealed or not;\n"
         "and the transfers of final cycles that are on their way.",
     .examples = "heluo clearing position",
     .options = approve_options,
     .json = true,
     .run = cmd_clearing_position},
    {.name = "claims",
     .summary = "show all that a cycle counts",
     .description =
         "Each claim with the order, or the former transfer, that it is of,\n"
         "and the entry that says so. The node counts anew: with a million of\n"
         "them that takes seconds.",
     .examples = "heluo clearing claims zhengzhou/12 --of luoyang",
     .options = clearing_claims_options,
     .run = cmd_clearing_claims,
     ONE("CYCLE")},
    {.name = "explain",
     .summary = "walk from a transfer to the entries it comes from",
     .description =
         "The transfer; the positions of both its sides; what these are made\n"
         "of, down to orders and entries; and the commands that fetch the\n"
         "receipts by which everybody can check them.",
     .examples = "heluo clearing explain zhengzhou/12/0",
     .options = clearing_explain_options,
     .run = cmd_clearing_explain,
     ONE("TRANSFER")},
    CLEARING_STATEMENT_COMMAND,
    CLEARING_VERIFY_COMMAND,
    {0}};
