/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo ledger export`: postings as an hledger journal (hledger.org). */

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "certs/tools/file.h"
#include "node/cli/cmd_ledger.h"
#include "node/cli/out_file.h"
#include "node/cli/paging.h"
#include "protocol/base/alloc.h"

enum { PAGE_SIZE = 1000, AMOUNT_COLUMN = 44, AMOUNT_COLUMNS = 20 };

const struct cli_option ledger_export_options[] = {
    LEDGER_ORIGIN_OPTION,
    {"out", "FILE",
     "Where to; it must not exist. Standard output if not given.",
     CLI_OPTIONAL},
    CONNECT_OPTIONS,
    {0}};

/* What is with a partner has an account each, below the name. */
static const struct {
    const char *name;
    bool with_partner;
    const char *comment;
} accounts[] = {
    [HELUO__V1__LEDGER_ACCOUNT__LEDGER_ACCOUNT_FUND] =
        {"assets:fund", false, "专项资金: what budgets were made of"},
    [HELUO__V1__LEDGER_ACCOUNT__LEDGER_ACCOUNT_BUDGET] = {"equity:budget",
                                                          false,
                                                          "未发放: not issued"},
    [HELUO__V1__LEDGER_ACCOUNT__LEDGER_ACCOUNT_ISSUED] =
        {"liabilities:vouchers:issued", false,
         "已发放: issued, and neither held nor spent"},
    [HELUO__V1__LEDGER_ACCOUNT__LEDGER_ACCOUNT_HELD] =
        {"liabilities:vouchers:held", false, "已预占: held for orders"},
    [HELUO__V1__LEDGER_ACCOUNT__LEDGER_ACCOUNT_PAYABLE] =
        {"liabilities:payable", true, "应付: owed to the partner"},
    [HELUO__V1__LEDGER_ACCOUNT__LEDGER_ACCOUNT_SETTLED] =
        {"liabilities:settled", false,
         "自付: owed to own holders and providers"},
    [HELUO__V1__LEDGER_ACCOUNT__LEDGER_ACCOUNT_ADJUSTED] =
        {"expenses:adjusted", false, "退回: given back of what was earned"},
    [HELUO__V1__LEDGER_ACCOUNT__LEDGER_ACCOUNT_RECEIVABLE] =
        {"assets:receivable", true, "应收: owed by the partner"},
    [HELUO__V1__LEDGER_ACCOUNT__LEDGER_ACCOUNT_EARNED] =
        {"revenues:earned", true, "服务收入: what the partner owes for"},
    [HELUO__V1__LEDGER_ACCOUNT__LEDGER_ACCOUNT_ALLOTTED] =
        {"liabilities:vouchers:allotted", true,
         "已授额度: to the partner, not given back"},
    [HELUO__V1__LEDGER_ACCOUNT__LEDGER_ACCOUNT_DRAWN] =
        {"liabilities:drawn", true,
         "额度已支用: owed by the partner's entries"},
};
enum { ACCOUNTS = sizeof(accounts) / sizeof(accounts[0]) };

struct exporting {
    struct cli_call *call;
    struct out_file file;
    FILE *out;
    /* The entry whose transaction is open; "": none is. */
    char origin[320];
    uint64_t index;
    uint64_t transactions, postings;
    char **declared; /* accounts of partners */
    size_t declared_count;
};

/* What a journal's author chose: no such character ends a name, a code or a
 * description here. */
static void put_plain(const char *text, FILE *out)
{
    for (; *text != '\0'; text++) {
        bool plain =
            isalnum((unsigned char)*text) || strchr("-./", *text) != NULL;
        fputc(plain ? *text : '?', out);
    }
}

/* --- Accounts. -------------------------------------------------------------
 */

static bool is_known(Heluo__V1__LedgerAccount account)
{
    return (unsigned)account < ACCOUNTS && accounts[account].name != NULL;
}

static void name_account(Heluo__V1__LedgerAccount account, const char *partner,
                         struct writer *out)
{
    writer_text(out, accounts[account].name);
    if (accounts[account].with_partner) {
        writer_u8(out, ':');
        for (; *partner != '\0'; partner++) {
            bool plain = isalnum((unsigned char)*partner) || *partner == '-';
            writer_u8(out, plain ? (uint8_t)*partner : '?');
        }
    }
    writer_u8(out, 0);
}

static void print_heading(FILE *out)
{
    fputs("; The ledger of a heluo node. Dates are those of UTC+8.\n"
          "decimal-mark .\n"
          "commodity ¥1000.00\n\n",
          out);
    for (size_t i = 0; i < ACCOUNTS; i++) {
        if (accounts[i].name != NULL) {
            fprintf(out, "account %-32s ; %s\n", accounts[i].name,
                    accounts[i].comment);
        }
    }
}

/* hledger's strict mode wants each account declared. */
static void declare(struct exporting *exporting,
                    Heluo__V1__LedgerAccount account, const char *partner)
{
    struct writer name = {0};
    bool found = !accounts[account].with_partner;
    name_account(account, partner, &name);
    for (size_t i = 0; !found && i < exporting->declared_count; i++) {
        found = strcmp(exporting->declared[i], (const char *)name.data) == 0;
    }
    if (!found) {
        exporting->declared =
            hl_realloc(exporting->declared, exporting->declared_count + 1,
                       sizeof(exporting->declared[0]));
        exporting->declared[exporting->declared_count++] =
            hl_copy(name.data, name.size);
        exporting->origin[0] = '\0'; /* it ends a transaction */
        fprintf(exporting->out, "\naccount %s\n", (const char *)name.data);
    }
    writer_fini(&name);
}

/* --- Transactions. ---------------------------------------------------------
 */

/* An entry's postings are one transaction; they come together. */
static void begin(struct exporting *exporting,
                  const Heluo__V1__LedgerPosting *posting)
{
    char when[DAY_TIME_BYTES];
    if (exporting->index == posting->index &&
        strcmp(exporting->origin, posting->origin) == 0) {
        return;
    }
    exporting->transactions++;
    exporting->index = posting->index;
    snprintf(exporting->origin, sizeof(exporting->origin), "%s",
             posting->origin);
    day_time(posting->recorded_at_ms, when);
    fprintf(exporting->out, "\n%.10s (", when);
    put_plain(posting->origin, exporting->out);
    fprintf(exporting->out, " %" PRIu64 ") %s ", posting->index,
            ledger_body_word(posting->body));
    put_plain(posting->about, exporting->out);
    fputc('\n', exporting->out);
}

static void print_half(struct exporting *exporting,
                       Heluo__V1__LedgerAccount account, const char *partner,
                       int64_t fen)
{
    struct writer name = {0};
    char amount[YUAN_TEXT_BYTES];
    name_account(account, partner, &name);
    yuan_format(fen, amount);
    fprintf(exporting->out, "    %-*s  %*s¥%s\n", AMOUNT_COLUMN,
            (const char *)name.data,
            (int)(AMOUNT_COLUMNS - (int)strlen(amount)), "", amount);
    writer_fini(&name);
}

static hl_err put_posting(struct exporting *exporting,
                          const Heluo__V1__LedgerPosting *posting)
{
    int64_t fen = (int64_t)posting->amount_fen;
    if (!is_known(posting->from) || !is_known(posting->to) || fen < 0 ||
        strlen(posting->origin) >= sizeof(exporting->origin)) {
        return hl_fail(cli_about(exporting->call, ""), HL_EUNSUPPORTED,
                       "entry %" PRIu64 " of %s has a posting that this "
                       "program does not know",
                       posting->index, posting->origin);
    }
    declare(exporting, posting->from, posting->partner);
    declare(exporting, posting->to, posting->partner);
    begin(exporting, posting);
    print_half(exporting, posting->from, posting->partner, fen);
    print_half(exporting, posting->to, posting->partner, -fen);
    exporting->postings++;
    return HL_OK;
}

static const ProtobufCBinaryData *
take_page(void *context, const ProtobufCMessage *message, hl_err *err)
{
    struct exporting *exporting = context;
    const Heluo__V1__LedgerPostingsResponse *page =
        (const Heluo__V1__LedgerPostingsResponse *)message;
    for (size_t i = 0; *err == HL_OK && i < page->n_postings; i++) {
        *err = put_posting(exporting, page->postings[i]);
    }
    if (*err == HL_OK && ferror(exporting->out) != 0 &&
        exporting->file.out != NULL) {
        *err = out_file_fail(&exporting->file, "write");
    }
    return &page->next_page_token;
}

static hl_err export_all(struct exporting *exporting)
{
    Heluo__V1__LedgerPostingsRequest request =
        HELUO__V1__LEDGER_POSTINGS_REQUEST__INIT;
    request.origin = ledger_text_option(exporting->call, "origin");
    request.page_size = PAGE_SIZE;
    const struct paging paging = {
        .call = exporting->call,
        .path = "/heluo.v1.Ledger/Postings",
        .request = &request.base,
        .token = &request.page_token,
        .answer = &heluo__v1__ledger_postings_response__descriptor,
        .take = take_page,
        .context = exporting,
    };
    print_heading(exporting->out);
    return paging_run(&paging);
}

static void tell(const struct exporting *exporting)
{
    if (exporting->call->json) {
        cli_print_json(json_pack("{s:I, s:I}", "transactions",
                                 (json_int_t)exporting->transactions,
                                 "postings", (json_int_t)exporting->postings));
    } else {
        printf("%" PRIu64 " transactions\n", exporting->transactions);
    }
}

hl_err cmd_ledger_export(struct cli_call *call)
{
    struct exporting exporting = {.call = call, .out = stdout};
    const char *path = cli_get(call, "out");
    hl_err err = HL_OK;
    if (path == NULL && call->json) {
        return cli_usage(call, "--json: with --out; a journal is text");
    }
    if (path != NULL) {
        err = out_file_open(&exporting.file, call, path, FILE_MODE_PUBLIC);
        exporting.out = exporting.file.out;
    }
    if (err == HL_OK) {
        err = export_all(&exporting);
    }
    if (err == HL_OK && path != NULL) {
        err = out_file_commit(&exporting.file);
    }
    if (err == HL_OK && path != NULL) {
        tell(&exporting);
    }
    out_file_close(&exporting.file);
    for (size_t i = 0; i < exporting.declared_count; i++) {
        hl_free(exporting.declared[i]);
    }
    hl_free(exporting.declared);
    return err;
}
