/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo ledger balance` and `register`, and the table of the group. */

#include <inttypes.h>
#include <string.h>

#include "node/cli/cmd_ledger.h"
#include "node/cli/commands.h"
#include "node/cli/message_json.h"
#include "node/cli/paging.h"
#include "node/cli/term.h"
#include "protocol/base/alloc.h"

/* --- Balance. --------------------------------------------------------------
 */

enum { BALANCE_COLUMNS = 5, FIRST_AMOUNT = 2, PAGE_SIZE = 500 };

/* Cells, until they are aligned: amounts to the right. */
struct balance_row {
    char cells[BALANCE_COLUMNS][80];
};

/* Of sums: each account alone fits 64 bits. */
__extension__ typedef __int128 wide_fen;

static void format_sum(wide_fen fen, char out[80])
{
    char digits[48];
    size_t at = sizeof(digits) - 1;
    bool negative = fen < 0;
    digits[at] = '\0';
    for (size_t i = 0; i < 3 || fen != 0; i++, fen /= 10) {
        int digit = (int)(fen % 10);
        if (i == 2) {
            digits[--at] = '.';
        }
        digits[--at] = (char)('0' + (digit < 0 ? -digit : digit));
    }
    snprintf(out, 80, "%s%s", negative ? "-" : "", digits + at);
}

static void fill_row(struct balance_row *row, const char *account,
                     const char *partner, wide_fen debit, wide_fen credit)
{
    snprintf(row->cells[0], sizeof(row->cells[0]), "%s", account);
    snprintf(row->cells[1], sizeof(row->cells[1]), "%s", partner);
    format_sum(debit, row->cells[2]);
    format_sum(credit, row->cells[3]);
    format_sum(debit - credit, row->cells[4]);
}

static void align(struct balance_row *rows, size_t count)
{
    for (size_t column = FIRST_AMOUNT; column < BALANCE_COLUMNS; column++) {
        size_t widest = 0;
        for (size_t i = 0; i < count; i++) {
            size_t size = strlen(rows[i].cells[column]);
            widest = size > widest ? size : widest;
        }
        for (size_t i = 0; i < count; i++) {
            char text[80];
            memcpy(text, rows[i].cells[column], sizeof(text));
            snprintf(rows[i].cells[column], sizeof(text), "%*s", (int)widest,
                     text);
        }
    }
}

static void print_balances(const Heluo__V1__LedgerBalanceResponse *answer)
{
    struct term_table table = {.column_count = BALANCE_COLUMNS};
    size_t count = answer->n_balances + 2;
    struct balance_row *rows = hl_alloc(count, sizeof(rows[0]));
    wide_fen debit = 0, credit = 0;
    rows[0] = (struct balance_row){
        {"ACCOUNT", "PARTNER", "DEBIT", "CREDIT", "BALANCE"}};
    for (size_t i = 0; i < answer->n_balances; i++) {
        const Heluo__V1__LedgerBalance *balance = answer->balances[i];
        fill_row(&rows[i + 1], ledger_account_name(balance->account),
                 balance->partner, balance->debit_fen, balance->credit_fen);
        debit += balance->debit_fen;
        credit += balance->credit_fen;
    }
    fill_row(&rows[count - 1], "sum 合计", "", debit, credit);
    align(rows, count);
    for (size_t i = 0; i < count; i++) {
        const char *const cells[BALANCE_COLUMNS] = {
            rows[i].cells[0], rows[i].cells[1], rows[i].cells[2],
            rows[i].cells[3], rows[i].cells[4]};
        term_table_add(&table, cells);
    }
    term_table_print(&table, stdout);
    hl_free(rows);
}

static hl_err cmd_ledger_balance(struct cli_call *call)
{
    Heluo__V1__LedgerBalanceRequest request =
        HELUO__V1__LEDGER_BALANCE_REQUEST__INIT;
    struct node_link link = {0};
    ProtobufCMessage *answer = NULL;
    request.origin = ledger_text_option(call, "origin");
    hl_err err = node_link_open(call, &link);
    if (err == HL_OK) {
        err = node_link_ask(
            call, &link, "/heluo.v1.Ledger/Balance", &request.base,
            &heluo__v1__ledger_balance_response__descriptor, &answer);
    }
    if (err == HL_OK && call->json) {
        cli_print_json(message_json(answer));
    } else if (err == HL_OK) {
        print_balances((const Heluo__V1__LedgerBalanceResponse *)answer);
    }
    protobuf_c_message_free_unpacked(answer, NULL);
    node_link_close(&link);
    return err;
}

/* --- Register. -------------------------------------------------------------
 */

enum { REGISTER_COLUMNS = 8 };

struct listing {
    struct cli_call *call;
    struct term_table table;
    bool headed;
};

static void add_posting(struct listing *listing,
                        const Heluo__V1__LedgerPosting *posting)
{
    char when[DAY_TIME_BYTES], amount[YUAN_TEXT_BYTES], entry[340];
    day_time(posting->recorded_at_ms, when);
    yuan_format((int64_t)posting->amount_fen, amount);
    snprintf(entry, sizeof(entry), "%.300s %" PRIu64, posting->origin,
             posting->index);
    const char *const cells[REGISTER_COLUMNS] = {
        when,
        entry,
        ledger_body_word(posting->body),
        ledger_account_name(posting->from),
        ledger_account_name(posting->to),
        posting->partner,
        amount,
        posting->about};
    term_table_add(&listing->table, cells);
}

static const ProtobufCBinaryData *
take_page(void *context, const ProtobufCMessage *message, hl_err *err)
{
    static const char *const heads[REGISTER_COLUMNS] = {
        "TIME", "ENTRY", "WHAT", "FROM", "TO", "PARTNER", "AMOUNT", "ABOUT"};
    struct listing *listing = context;
    const Heluo__V1__LedgerPostingsResponse *page =
        (const Heluo__V1__LedgerPostingsResponse *)message;
    (void)err;
    for (size_t i = 0; i < page->n_postings; i++) {
        if (listing->call->json) {
            ledger_print_line(message_json(&page->postings[i]->base));
            continue;
        }
        if (!listing->headed) {
            term_table_add(&listing->table, heads);
            listing->headed = true;
        }
        add_posting(listing, page->postings[i]);
    }
    term_table_print(&listing->table, stdout);
    return &page->next_page_token;
}

static hl_err cmd_ledger_register(struct cli_call *call)
{
    Heluo__V1__LedgerPostingsRequest request =
        HELUO__V1__LEDGER_POSTINGS_REQUEST__INIT;
    struct listing listing = {.call = call,
                              .table.column_count = REGISTER_COLUMNS};
    request.origin = ledger_text_option(call, "origin");
    request.page_size = PAGE_SIZE;
    const struct paging paging = {
        .call = call,
        .path = "/heluo.v1.Ledger/Postings",
        .request = &request.base,
        .token = &request.page_token,
        .answer = &heluo__v1__ledger_postings_response__descriptor,
        .take = take_page,
        .context = &listing,
    };
    hl_err err = paging_run(&paging);
    term_table_fini(&listing.table);
    return err;
}

/* --- The table. ------------------------------------------------------------
 */

static const struct cli_option origin_options[] = {
    LEDGER_ORIGIN_OPTION, CONNECT_OPTIONS, {0}};

const struct cli_command ledger_commands[] = {
    {.name = "balance",
     .summary = "the accounts of a journal, and their balances",
     .description =
         "Shows each account in yuan: all that ever went out of it (debit),\n"
         "into it (credit), and the balance, debit less credit, as hledger "
         "has\n"
         "it: what is owed is below zero. All balances sum up to 0.00.\n"
         "    fund        what budgets were made of\n"
         "    budget      not issued\n"
         "    issued      issued, and neither held nor spent\n"
         "    held        for orders\n"
         "    allotted    to the partner, who has not given it back\n"
         "    payable     owed to the partner\n"
         "    drawn       owed to it too, by what it spent of allotments\n"
         "    settled     owed to this city's own holders and providers\n"
         "    adjusted    given back of what was owed to it\n"
         "    receivable  owed by the partner, as its journal says\n"
         "    earned      from that partner: what it owes for\n"
         "What cycles settled of it stays in these accounts; 'heluo clearing\n"
         "statement' has that.",
     .options = origin_options,
     .json = true,
     .run = cmd_ledger_balance},
    {.name = "register",
     .summary = "what moved between accounts, entry by entry",
     .description =
         "A line for each posting: when, by which entry, from which account,\n"
         "to which, how much and for what. Behind the journal's own stand "
         "those\n"
         "of others' entries by which they owe to its node. With --json a "
         "line\n"
         "each.",
     .options = origin_options,
     .json = true,
     .run = cmd_ledger_register},
    {.name = "export",
     .summary = "the same as an hledger journal",
     .description =
         "Writes every posting as a balanced transaction of plain text\n"
         "accounting, dated in UTC+8. 'hledger check --strict' accepts it, "
         "and\n"
         "'hledger balance' shows the balances of 'heluo ledger balance'.",
     .examples = "heluo ledger export --out zhengzhou.journal\n"
                 "hledger -f zhengzhou.journal balance",
     .options = ledger_export_options,
     .json = true,
     .run = cmd_ledger_export},
    {0},
};
