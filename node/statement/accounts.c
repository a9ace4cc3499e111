/* SPDX-License-Identifier: Apache-2.0 */
#include "node/statement/accounts.h"

#include <inttypes.h>
#include <string.h>

#include "node/table/table_reader.h"
#include "node/text/columns.h"
#include "protocol/base/alloc.h"
#include "protocol/base/text.h"

enum {
    COLUMNS = 5,
    ACCOUNTS_MAX = 1000,
    NAME_MAX_CHARACTERS = 140, /* of pain.001 */
    ACCOUNT_MAX_BYTES = 34,
    BANK_CODE_DIGITS = 12,
    NOT_THERE = -1,
};

/* --- Values. ------------------------------------------------------------- */

static bool is_node(const char *text)
{
    return text_is_label(bytes_of_text(text));
}

/* Shown as it is, and not too long; U+FFFE and U+FFFF have no place in XML. */
static bool is_name(const char *text)
{
    struct writer clean = {0};
    size_t characters = 0;
    text_clean(text, &clean);
    bool good = bytes_equal_text(writer_view(&clean), text) &&
                strstr(text, "\xef\xbf\xbe") == NULL &&
                strstr(text, "\xef\xbf\xbf") == NULL;
    writer_fini(&clean);
    while (*text != '\0') {
        (void)glyph_next(&text);
        characters++;
    }
    return good && characters > 0 && characters <= NAME_MAX_CHARACTERS;
}

static bool is_account(const char *text)
{
    static const char plain[] = "0123456789-ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz";
    size_t size = strlen(text);
    return size > 0 && size <= ACCOUNT_MAX_BYTES && strspn(text, plain) == size;
}

static bool is_bank_code(const char *text)
{
    return strlen(text) == BANK_CODE_DIGITS &&
           strspn(text, "0123456789") == BANK_CODE_DIGITS;
}

static const struct {
    const char *name, *name_zh;
    bool (*is_good)(const char *text);
    const char *wanted;
} columns[COLUMNS] = {
    {"node", "节点", is_node, "a node's name"},
    {"name", "户名", is_name, "1 to 140 characters"},
    {"account", "账号", is_account,
     "1 to 34 digits, letters or '-'; in a spreadsheet as text"},
    {"bank_code", "联行号", is_bank_code,
     "12 digits (CNAPS); in a spreadsheet as text"},
    {"bank", "开户行", is_name, "1 to 140 characters"},
};

/* --- The heading. -------------------------------------------------------- */

static hl_err bind_columns(const struct table_reader *reader, int at[COLUMNS],
                           struct hl_detail *detail)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        at[i] = NOT_THERE;
        for (size_t k = 0; k < table_reader_columns(reader); k++) {
            struct bytes name = table_reader_column(reader, k);
            bool found = bytes_equal_text(name, columns[i].name) ||
                         bytes_equal_text(name, columns[i].name_zh);
            at[i] = found ? (int)k : at[i];
        }
        if (at[i] == NOT_THERE) {
            return hl_fail(detail, HL_EMALFORMED,
                           "there is no column %s (%s): give node, name, "
                           "account, bank_code and bank",
                           columns[i].name, columns[i].name_zh);
        }
    }
    return HL_OK;
}

/* --- Rows. --------------------------------------------------------------- */

static void release(struct account *account)
{
    hl_free(account->node);
    hl_free(account->name);
    hl_free(account->account);
    hl_free(account->bank_code);
    hl_free(account->bank);
}

static hl_err take_value(const struct table_row *row, size_t column,
                         const struct table_cell *cell, char **out,
                         struct hl_detail *detail)
{
    *out = hl_copy(cell->text.data, cell->text.size);
    if (cell->fault == TABLE_FINE && columns[column].is_good(*out)) {
        return HL_OK;
    }
    return hl_fail_line(detail, row->line, HL_EMALFORMED,
                        "%s (%s) '%s' is not what it is to be: %s",
                        columns[column].name, columns[column].name_zh, *out,
                        columns[column].wanted);
}

static hl_err take_row(const struct table_row *row, const int at[COLUMNS],
                       struct account *out, struct hl_detail *detail)
{
    char **const values[COLUMNS] = {&out->node, &out->name, &out->account,
                                    &out->bank_code, &out->bank};
    if (row->err != HL_OK) {
        return hl_fail_line(detail, row->line, row->err, "%s",
                            row->detail.text);
    }
    hl_err err = HL_OK;
    for (size_t i = 0; i < COLUMNS && err == HL_OK; i++) {
        err = take_value(row, i, &row->cells[at[i]], values[i], detail);
    }
    return err;
}

static hl_err keep(struct accounts *accounts, const struct table_row *row,
                   struct account *account, struct hl_detail *detail)
{
    if (accounts_find(accounts, account->node) != NULL) {
        return hl_fail_line(detail, row->line, HL_EMALFORMED,
                            "%s has an account above already", account->node);
    }
    if (accounts->count == ACCOUNTS_MAX) {
        return hl_fail_line(detail, row->line, HL_ELIMIT,
                            "more than %d accounts", ACCOUNTS_MAX);
    }
    accounts->items = hl_realloc(accounts->items, accounts->count + 1,
                                 sizeof(*accounts->items));
    accounts->items[accounts->count++] = *account;
    *account = (struct account){0};
    return HL_OK;
}

static hl_err read_rows(struct table_reader *reader, struct accounts *accounts,
                        struct hl_detail *detail)
{
    const struct table_row *row = NULL;
    int at[COLUMNS];
    hl_err err = bind_columns(reader, at, detail);
    if (err == HL_OK) {
        err = table_reader_next(reader, &row, detail);
    }
    while (err == HL_OK && row != NULL) {
        struct account account = {0};
        err = take_row(row, at, &account, detail);
        if (err == HL_OK) {
            err = keep(accounts, row, &account, detail);
        }
        release(&account);
        if (err == HL_OK) {
            err = table_reader_next(reader, &row, detail);
        }
    }
    return err;
}

hl_err accounts_read(const char *path, struct accounts *out,
                     struct hl_detail *detail)
{
    const struct table_options options = {.format = TABLE_AUTO};
    struct table_reader *reader = NULL;
    *out = (struct accounts){0};
    hl_err err = table_reader_open(path, &options, &reader, detail);
    if (err == HL_OK) {
        err = read_rows(reader, out, detail);
    }
    table_reader_close(&reader);
    if (err != HL_OK) {
        accounts_fini(out);
    }
    return err;
}

void accounts_fini(struct accounts *accounts)
{
    for (size_t i = 0; i < accounts->count; i++) {
        release(&accounts->items[i]);
    }
    hl_free(accounts->items);
    *accounts = (struct accounts){0};
}

const struct account *accounts_find(const struct accounts *accounts,
                                    const char *node)
{
    for (size_t i = 0; i < accounts->count; i++) {
        if (strcmp(accounts->items[i].node, node) == 0) {
            return &accounts->items[i];
        }
    }
    return NULL;
}
