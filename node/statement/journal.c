/* SPDX-License-Identifier: Apache-2.0 */

/* A statement as an hledger journal. Four steps, each a balanced transaction:
 *
 *   a debt of the cycle    equity:ledger        <-> payable or receivable
 *   netting                payable, receivable  <-> clearing
 *   paid                   clearing             <-> bank (in transit between)
 *   counted anew           clearing             <-> equity:ledger
 *
 * What stays in clearing is what is still to be paid or to be got. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/statement/render.h"
#include "node/statement/sheet.h"
#include "node/text/columns.h"

enum { ACCOUNT_COLUMNS = 44, AMOUNT_COLUMNS = 20 };

enum book_account {
    BOOK_LEDGER,
    BOOK_PAYABLE,
    BOOK_RECEIVABLE,
    BOOK_TO_PAY,
    BOOK_TO_GET,
    BOOK_TRANSIT,
    BOOK_BANK,
    BOOK_ACCOUNTS,
};

/* What is with a partner has an account each, below the name. The first words
 * are those of `heluo ledger export`. */
static const struct {
    const char *name;
    bool with_partner;
    struct words words;
} accounts[BOOK_ACCOUNTS] = {
    [BOOK_LEDGER] = {"equity:ledger",
                     false,
                     {"账本转入转出", "taken from the ledger, or left to it"}},
    [BOOK_PAYABLE] = {"liabilities:payable",
                      true,
                      {"应付", "owed to the partner"}},
    [BOOK_RECEIVABLE] = {"assets:receivable",
                         true,
                         {"应收", "owed by the partner"}},
    [BOOK_TO_PAY] = {"liabilities:clearing",
                     true,
                     {"待付清算款", "to pay, as the cycle has it"}},
    [BOOK_TO_GET] = {"assets:clearing",
                     true,
                     {"待收清算款", "to get, as the cycle has it"}},
    [BOOK_TRANSIT] = {"assets:in-transit",
                      true,
                      {"在途资金", "sent, and not said to be received"}},
    [BOOK_BANK] = {"assets:bank", false, {"银行存款", "at the bank"}},
};

/* --- Lines. -------------------------------------------------------------- */

/* Text of others within a line: none of it ends a field. */
static void put_plain(const char *text, struct writer *out)
{
    struct writer clean = {0};
    text_clean(text, &clean);
    for (size_t i = 0; i < clean.size; i++) {
        bool ends = strchr(";|()", clean.data[i]) != NULL;
        writer_u8(out, ends ? '?' : clean.data[i]);
    }
    writer_fini(&clean);
}

static void put_name(enum book_account account, const char *partner,
                     struct writer *out)
{
    writer_text(out, accounts[account].name);
    if (accounts[account].with_partner) {
        writer_format(out, ":%s", partner);
    }
}

/* A debit, or below zero a credit. */
static void put_posting(enum book_account account, const char *partner,
                        uint64_t fen, bool below_zero, struct writer *out)
{
    struct writer name = {0};
    char amount[STATEMENT_YUAN_BYTES];
    put_name(account, partner, &name);
    statement_yuan(fen, below_zero, amount);
    int pad =
        name.size < ACCOUNT_COLUMNS ? (int)(ACCOUNT_COLUMNS - name.size) : 0;
    writer_format(out, "    %.*s%*s  %*s¥%s\n", BYTES_ARGS(writer_view(&name)),
                  pad, "", AMOUNT_COLUMNS - (int)strlen(amount), "", amount);
    writer_fini(&name);
}

static void put_pair(enum book_account debit, enum book_account credit,
                     const char *partner, uint64_t fen, struct writer *out)
{
    put_posting(debit, partner, fen, false, out);
    put_posting(credit, partner, fen, true, out);
}

/* --- What stands before. ------------------------------------------------- */

static void declare(enum book_account account, const char *partner,
                    struct writer *out)
{
    struct writer name = {0};
    put_name(account, partner, &name);
    writer_format(out, "account %.*s", BYTES_ARGS(writer_view(&name)));
    writer_text(out, "  ; ");
    words_put(accounts[account].words, STATEMENT_BOTH, out);
    writer_u8(out, '\n');
    writer_fini(&name);
}

/* hledger's strict mode wants each account declared. */
static void put_heading(const struct statement *statement, struct writer *out)
{
    writer_text(out, "\ndecimal-mark .\ncommodity ¥1000.00\n\n");
    declare(BOOK_LEDGER, "", out);
    declare(BOOK_BANK, "", out);
    for (size_t i = 0; i < statement->partner_count; i++) {
        declare(BOOK_PAYABLE, statement->partners[i].node, out);
        declare(BOOK_RECEIVABLE, statement->partners[i].node, out);
    }
    for (size_t i = 0; i < statement->transfer_count; i++) {
        const struct statement_transfer *transfer = &statement->transfers[i];
        declare(transfer->pays ? BOOK_TO_PAY : BOOK_TO_GET, transfer->partner,
                out);
        if (transfer->pays) {
            declare(BOOK_TRANSIT, transfer->partner, out);
        }
    }
}

/* --- The cycle. ---------------------------------------------------------- */

static void begin(uint64_t ms, struct writer *out)
{
    char when[DAY_TIME_BYTES];
    day_time(ms, when);
    writer_format(out, "\n%.10s ", when);
}

static void put_claim(const struct statement *statement,
                      const Heluo__V1__ClearingClaim *claim, struct writer *out)
{
    const Heluo__V1__CycleView *cycle = statement->of.cycle;
    bool owes = statement_owes(statement, claim);
    bool entry = claim->kind != HELUO__V1__CLAIM_KIND__CLAIM_KIND_TRANSFER;
    /* A transfer of a former cycle has no time of its own. */
    begin(entry ? claim->recorded_at_ms : cycle->proposed_at_ms, out);
    writer_u8(out, '(');
    put_plain(entry ? claim->journal : claim->transfer, out);
    if (entry) {
        writer_format(out, " %" PRIu64, claim->index);
    }
    writer_text(out, ") ");
    words_put(words_of_claim(claim), STATEMENT_BOTH, out);
    writer_u8(out, ' ');
    put_plain(claim->order[0] != '\0' ? claim->order : claim->transfer, out);
    writer_u8(out, '\n');
    if (owes) {
        put_pair(BOOK_LEDGER, BOOK_PAYABLE, claim->creditor, claim->amount_fen,
                 out);
    } else {
        put_pair(BOOK_RECEIVABLE, BOOK_LEDGER, claim->debtor, claim->amount_fen,
                 out);
    }
}

/* It balances, as gross and transfers both make the net. */
static void put_netting(const struct statement *statement, struct writer *out)
{
    const Heluo__V1__CycleView *cycle = statement->of.cycle;
    begin(cycle->decided_at_ms, out);
    writer_format(out, "(%s %" PRIu64 ") 轧差 / netting %s\n", cycle->proposer,
                  cycle->decided_index, cycle->name);
    for (size_t i = 0; i < statement->partner_count; i++) {
        const struct statement_partner *partner = &statement->partners[i];
        if (partner->owed_fen > 0) {
            put_posting(BOOK_PAYABLE, partner->node, partner->owed_fen, false,
                        out);
        }
        if (partner->due_fen > 0) {
            put_posting(BOOK_RECEIVABLE, partner->node, partner->due_fen, true,
                        out);
        }
    }
    for (size_t i = 0; i < statement->transfer_count; i++) {
        const struct statement_transfer *transfer = &statement->transfers[i];
        put_posting(transfer->pays ? BOOK_TO_PAY : BOOK_TO_GET,
                    transfer->partner, transfer->view->amount_fen,
                    transfer->pays, out);
    }
}

/* --- What became of transfers. ------------------------------------------- */

static void begin_transfer(const struct statement *statement,
                           const struct statement_transfer *transfer,
                           const char *day, const char *reference,
                           struct words words, struct writer *out)
{
    writer_format(out, "\n%s ", day);
    if (reference[0] != '\0') {
        writer_u8(out, '(');
        put_plain(reference, out);
        writer_text(out, ") ");
    }
    words_put(words, STATEMENT_BOTH, out);
    writer_format(out, " %s/%" PRIu32 "\n", statement->of.cycle->name,
                  transfer->view->number);
}

/* Where it was counted anew, the ledger has what is paid after that. */
static void put_received(const struct statement *statement,
                         const struct statement_transfer *transfer,
                         struct writer *out)
{
    const Heluo__V1__TransferView *view = transfer->view;
    bool anew = view->replaced_by[0] != '\0';
    begin_transfer(statement, transfer, view->received_day,
                   view->received_reference,
                   words_of_transfer(TRANSFER_RECEIVED), out);
    if (transfer->pays) {
        put_pair(anew ? BOOK_LEDGER : BOOK_TO_PAY,
                 view->sent_day[0] != '\0' ? BOOK_TRANSIT : BOOK_BANK,
                 transfer->partner, view->amount_fen, out);
    } else {
        put_pair(BOOK_BANK, anew ? BOOK_LEDGER : BOOK_TO_GET, transfer->partner,
                 view->amount_fen, out);
    }
}

static void put_transfer(const struct statement *statement,
                         const struct statement_transfer *transfer,
                         struct writer *out)
{
    const Heluo__V1__TransferView *view = transfer->view;
    if (transfer->pays && view->sent_day[0] != '\0') {
        begin_transfer(statement, transfer, view->sent_day,
                       view->sent_reference, words_of_transfer(TRANSFER_SENT),
                       out);
        put_pair(BOOK_TRANSIT, BOOK_BANK, transfer->partner, view->amount_fen,
                 out);
    }
    if (view->replaced_by[0] != '\0') {
        begin_transfer(statement, transfer, view->pay_by, view->replaced_by,
                       words_of_transfer(TRANSFER_REPLACED), out);
        put_pair(transfer->pays ? BOOK_TO_PAY : BOOK_LEDGER,
                 transfer->pays ? BOOK_LEDGER : BOOK_TO_GET, transfer->partner,
                 view->amount_fen, out);
    }
    if (view->received_day[0] != '\0') {
        put_received(statement, transfer, out);
    }
}

hl_err statement_journal(const struct statement *statement, struct writer *out,
                         struct hl_detail *detail)
{
    if (!statement->final) {
        return hl_fail(detail, HL_ESTATE,
                       "cycle %s is not final: nothing of it stands in books",
                       statement->of.cycle->name);
    }
    sheets_facts(statement, "; ", out);
    put_heading(statement, out);
    for (size_t i = 0; i < statement->of.claim_count; i++) {
        put_claim(statement, statement->of.claims[i], out);
    }
    if (statement->partner_count > 0) {
        put_netting(statement, out);
    }
    for (size_t i = 0; i < statement->transfer_count; i++) {
        put_transfer(statement, &statement->transfers[i], out);
    }
    return HL_OK;
}
