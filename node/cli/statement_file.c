/* SPDX-License-Identifier: Apache-2.0 */
#include "node/cli/statement_file.h"

#include <inttypes.h>
#include <string.h>

#include "certs/tools/file.h"
#include "node/cli/out_file.h"

/* --- Forms. -------------------------------------------------------------- */

struct statement_form {
    const char *word;
    bool tables; /* has a language */
    bool accounts;
    mode_t mode;
    /* Appends what is to be written. NULL: xlsx, which writes its file itself.
     */
    hl_err (*make)(const struct statement *statement,
                   const struct statement_order *order,
                   const struct accounts *accounts, struct writer *out,
                   struct hl_detail *detail);
};

static hl_err make_text(const struct statement *statement,
                        const struct statement_order *order,
                        const struct accounts *accounts, struct writer *out,
                        struct hl_detail *detail)
{
    (void)accounts;
    (void)detail;
    statement_text(statement, order->lang, out);
    return HL_OK;
}

static hl_err make_csv(const struct statement *statement,
                       const struct statement_order *order,
                       const struct accounts *accounts, struct writer *out,
                       struct hl_detail *detail)
{
    (void)accounts;
    (void)detail;
    statement_csv(statement, order->lang, out);
    return HL_OK;
}

static hl_err make_journal(const struct statement *statement,
                           const struct statement_order *order,
                           const struct accounts *accounts, struct writer *out,
                           struct hl_detail *detail)
{
    (void)order;
    (void)accounts;
    return statement_journal(statement, out, detail);
}

static hl_err make_pain001(const struct statement *statement,
                           const struct statement_order *order,
                           const struct accounts *accounts, struct writer *out,
                           struct hl_detail *detail)
{
    (void)order;
    return statement_pain001(statement, accounts, out, detail);
}

/* What names accounts is nobody else's to read. */
static const struct statement_form forms[] = {
    {"text", true, false, FILE_MODE_PUBLIC, make_text},
    {"csv", true, false, FILE_MODE_PUBLIC, make_csv},
    {"xlsx", true, false, FILE_MODE_PUBLIC, NULL},
    {"hledger", false, false, FILE_MODE_PUBLIC, make_journal},
    {"pain001", false, true, FILE_MODE_SECRET, make_pain001},
};

static const struct statement_form *form_of(const char *word)
{
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (strcmp(forms[i].word, word) == 0) {
            return &forms[i];
        }
    }
    return NULL;
}

/* --- Options. ------------------------------------------------------------ */

static hl_err take_lang(struct cli_call *call, enum statement_lang *lang)
{
    const char *word = cli_get(call, "lang");
    if (word == NULL || strcmp(word, "both") == 0) {
        *lang = STATEMENT_BOTH;
    } else if (strcmp(word, "zh") == 0) {
        *lang = STATEMENT_ZH;
    } else if (strcmp(word, "en") == 0) {
        *lang = STATEMENT_EN;
    } else {
        return cli_usage(call, "--lang is '%s': give zh, en or both", word);
    }
    return HL_OK;
}

static hl_err check_order(struct cli_call *call,
                          const struct statement_order *order)
{
    const struct statement_form *form = order->form;
    if (form->make == NULL && order->path == NULL) {
        return cli_usage(call, "--format %s: with --out", form->word);
    }
    if (form->accounts != (order->accounts_path != NULL)) {
        return cli_usage(call, "--accounts goes with --format pain001, which "
                               "needs it");
    }
    if (!form->tables && cli_has(call, "lang")) {
        return cli_usage(call, "--lang does not go with --format %s",
                         form->word);
    }
    return call->json && order->path == NULL
               ? cli_usage(call, "--json: with --out; a statement is no JSON")
               : HL_OK;
}

hl_err statement_order_take(struct cli_call *call, struct statement_order *out)
{
    const char *word = cli_get(call, "format");
    struct statement_order order = {
        .form = form_of(word == NULL ? "text" : word),
        .path = cli_get(call, "out"),
        .accounts_path = cli_get(call, "accounts"),
    };
    if (order.form == NULL) {
        return cli_usage(call,
                         "--format is '%s': give text, csv, xlsx, hledger or "
                         "pain001",
                         word);
    }
    hl_err err = take_lang(call, &order.lang);
    if (err == HL_OK) {
        err = check_order(call, &order);
    }
    if (err == HL_OK) {
        *out = order;
    }
    return err;
}

/* --- The file. ----------------------------------------------------------- */

static hl_err write_out(struct cli_call *call, const struct writer *text,
                        struct out_file *file)
{
    FILE *out = file->out != NULL ? file->out : stdout;
    bool done = fwrite(text->data, 1, text->size, out) == text->size &&
                fflush(out) == 0;
    if (done) {
        return HL_OK;
    }
    return file->out != NULL ? out_file_fail(file, "write")
                             : hl_fail(cli_about(call, "standard output"),
                                       HL_EIO, "nobody takes the statement");
}

static hl_err write_file(struct cli_call *call,
                         const struct statement_order *order,
                         const struct statement *statement,
                         const struct writer *text)
{
    struct out_file file = {0};
    hl_err err = HL_OK;
    if (order->path != NULL) {
        err = out_file_open(&file, call, order->path, order->form->mode);
    }
    if (err == HL_OK && order->form->make == NULL) {
        err = statement_xlsx(statement, order->lang, file.beside,
                             cli_about(call, order->path));
    } else if (err == HL_OK) {
        err = write_out(call, text, &file);
    }
    if (err == HL_OK && order->path != NULL) {
        err = out_file_commit(&file);
    }
    out_file_close(&file);
    return err;
}

static void tell(const struct cli_call *call, const struct statement *statement)
{
    char net[STATEMENT_YUAN_BYTES];
    uint64_t fen = statement->pays_fen + statement->gets_fen;
    statement_yuan(fen, statement->pays_fen > 0, net);
    if (call->json) {
        cli_print_json(
            json_pack("{s:s, s:s, s:I, s:I, s:I, s:I}", "cycle",
                      statement->of.cycle->name, "node", statement->of.node,
                      "lines", (json_int_t)statement->of.claim_count,
                      "transfers", (json_int_t)statement->transfer_count,
                      "owed_fen", (json_int_t)statement->owed_fen, "due_fen",
                      (json_int_t)statement->due_fen));
    } else {
        printf("%s, %s: %zu lines, %zu transfers, net %s\n",
               statement->of.cycle->name, statement->of.node,
               statement->of.claim_count, statement->transfer_count, net);
    }
}

static hl_err make_and_write(struct cli_call *call,
                             const struct statement_order *order,
                             const struct statement *statement)
{
    struct accounts accounts = {0};
    struct writer text = {0};
    hl_err err = HL_OK;
    if (order->accounts_path != NULL) {
        err = accounts_read(order->accounts_path, &accounts,
                            cli_about(call, order->accounts_path));
    }
    if (err == HL_OK && order->form->make != NULL) {
        const char *about = order->form->accounts ? order->accounts_path : "";
        err = order->form->make(statement, order, &accounts, &text,
                                cli_about(call, about));
    }
    if (err == HL_OK) {
        err = write_file(call, order, statement, &text);
    }
    writer_fini(&text);
    accounts_fini(&accounts);
    return err;
}

hl_err statement_order_fill(struct cli_call *call,
                            const struct statement_order *order,
                            const struct statement_input *input)
{
    struct statement statement = {0};
    hl_err err = statement_make(input, &statement, cli_about(call, ""));
    if (err == HL_OK) {
        err = make_and_write(call, order, &statement);
    }
    if (err == HL_OK && order->path != NULL) {
        tell(call, &statement);
    }
    statement_fini(&statement);
    return err;
}
