/* SPDX-License-Identifier: Apache-2.0 */
#include "node/cli/voucher_file.h"

#include <string.h>

#include "node/catalogue/characters.h"
#include "node/catalogue/uscc.h"
#include "node/cli/place.h"
#include "node/cli/yuan.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hash.h"

enum column {
    COLUMN_SCHEME,
    COLUMN_AMOUNT,
    COLUMN_USCC,
    COLUMN_NAME,
    COLUMN_CONTACT,
    COLUMN_CONTROLLER_USCC,
    COLUMN_CONTROLLER_NAME,
    COLUMN_COUNTY,
    COLUMN_ID,
    COLUMNS,
};

enum { COLUMN_NOT_THERE = -1 };

static const struct {
    const char *name, *name_zh;
    bool needed;
} columns[COLUMNS] = {
    [COLUMN_SCHEME] = {"scheme", "创新券办法", true},
    [COLUMN_AMOUNT] = {"amount", "金额", true},
    [COLUMN_USCC] = {"uscc", "统一社会信用代码", true},
    [COLUMN_NAME] = {"name", "名称", true},
    [COLUMN_CONTACT] = {"contact", "联系方式", false},
    [COLUMN_CONTROLLER_USCC] = {"controller-uscc", "实际控制人代码", false},
    [COLUMN_CONTROLLER_NAME] = {"controller-name", "实际控制人名称", false},
    [COLUMN_COUNTY] = {"county", "区县", false},
    [COLUMN_ID] = {"id", "券号", false},
};

const char *const voucher_file_added[2] = {"heluo_reason", "heluo_refused"};

struct voucher_file {
    struct table_reader *reader;
    struct hl_hash hash; /* of all its bytes */
    uint64_t rows;
    int at[COLUMNS]; /* or COLUMN_NOT_THERE */
};

/* --- The heading.
 * -------------------------------------------------------------- */

bool voucher_file_is_added(struct bytes column)
{
    return bytes_equal_text(column, voucher_file_added[0]) ||
           bytes_equal_text(column, voucher_file_added[1]);
}

static hl_err bind_column(struct voucher_file *file, size_t index,
                          struct hl_detail *detail)
{
    struct bytes name = table_reader_column(file->reader, index);
    for (size_t i = 0; i < COLUMNS; i++) {
        if (!bytes_equal_text(name, columns[i].name) &&
            !bytes_equal_text(name, columns[i].name_zh)) {
            continue;
        }
        if (file->at[i] != COLUMN_NOT_THERE) {
            return hl_fail(detail, HL_EMALFORMED,
                           "two columns have the %s (%s)", columns[i].name,
                           columns[i].name_zh);
        }
        file->at[i] = (int)index;
        return HL_OK;
    }
    return voucher_file_is_added(name)
               ? HL_OK
               : hl_fail(detail, HL_EMALFORMED,
                         "column '%.*s': it is none of those that an issue has "
                         "(--help lists them); correct its name, or delete it",
                         BYTES_ARGS(name));
}

static hl_err bind(struct voucher_file *file, struct hl_detail *detail)
{
    hl_err err = HL_OK;
    for (size_t i = 0; i < COLUMNS; i++) {
        file->at[i] = COLUMN_NOT_THERE;
    }
    size_t count = table_reader_columns(file->reader);
    for (size_t i = 0; err == HL_OK && i < count; i++) {
        err = bind_column(file, i, detail);
    }
    for (size_t i = 0; err == HL_OK && i < COLUMNS; i++) {
        if (columns[i].needed && file->at[i] == COLUMN_NOT_THERE) {
            err = hl_fail(detail, HL_EMALFORMED, "no column has the %s (%s)",
                          columns[i].name, columns[i].name_zh);
        }
    }
    return err;
}

hl_err voucher_file_open(struct bytes file, const char *name,
                         struct voucher_file **out, struct hl_detail *detail)
{
    const struct table_options options = {.short_rows = true};
    struct voucher_file *made = hl_alloc(1, sizeof(*made));
    made->hash = hash_bytes(file);
    hl_err err =
        table_reader_open_memory(file, name, &options, &made->reader, detail);
    if (err == HL_OK) {
        err = bind(made, detail);
    }
    if (err != HL_OK) {
        voucher_file_close(&made);
    }
    *out = made;
    return err;
}

void voucher_file_close(struct voucher_file **file)
{
    if (*file != NULL) {
        table_reader_close(&(*file)->reader);
        hl_free(*file);
        *file = NULL;
    }
}

const struct table_reader *voucher_file_reader(const struct voucher_file *file)
{
    return file->reader;
}

/* --- A row.
 * -------------------------------------------------------------------- */

/* One row on its way: errors name the column. */
struct reading {
    const struct voucher_file *file;
    const struct table_row *row;
    struct hl_detail *detail;
};

static hl_err wrong(const struct reading *reading, enum column column,
                    const char *why)
{
    return hl_fail(reading->detail, HL_EMALFORMED, "%s %s: %s",
                   columns[column].name, columns[column].name_zh, why);
}

/* Without the white space around it, as a text of its own, "" where there is
 * nothing; full-width letters as others. */
static hl_err take_text(const struct reading *reading, enum column column,
                        char **out)
{
    int at = reading->file->at[column];
    const struct table_cell *cell =
        at == COLUMN_NOT_THERE ? NULL : &reading->row->cells[at];
    if (cell != NULL && cell->fault != TABLE_FINE) {
        return wrong(reading, column, table_fault_text(cell->fault));
    }
    size_t size = cell == NULL ? 0 : cell->text.size;
    char *text = hl_alloc(size + 1, 1);
    bool name = column == COLUMN_NAME || column == COLUMN_CONTROLLER_NAME ||
                column == COLUMN_CONTACT;
    size = size == 0 ? 0
                     : character_narrow(cell->text,
                                        name ? CHARACTER_NARROW_ALNUM
                                             : CHARACTER_NARROW_ALL,
                                        (uint8_t *)text)
                           .size;
    text[size] = '\0';
    *out = text;
    return size == 0 && columns[column].needed
               ? wrong(reading, column, "it is missing")
               : HL_OK;
}

static hl_err take_amount(const struct reading *reading, uint64_t *fen)
{
    char *text = NULL;
    struct hl_detail why = {0};
    hl_err err = take_text(reading, COLUMN_AMOUNT, &text);
    if (err == HL_OK && yuan_parse(bytes_of_text(text), fen, &why) != HL_OK) {
        err = wrong(reading, COLUMN_AMOUNT, why.text);
    }
    hl_free(text);
    return err;
}

static hl_err take_county(const struct reading *reading, char **out)
{
    char *text = NULL, *code = NULL;
    struct hl_detail why = {0};
    hl_err err = take_text(reading, COLUMN_COUNTY, &text);
    if (err == HL_OK && place_find_text(text, &code, &why) != HL_OK) {
        err = wrong(reading, COLUMN_COUNTY, why.text);
    }
    if (err == HL_OK) {
        *out = hl_copy(code, strlen(code));
    }
    hl_free(text);
    return err;
}

static hl_err take_id(const struct reading *reading, const uint8_t *fallback,
                      ProtobufCBinaryData *out)
{
    char *text = NULL;
    struct hl_detail why = {0};
    out->data = hl_copy(fallback, LEDGER_ID_BYTES);
    out->len = LEDGER_ID_BYTES;
    hl_err err = take_text(reading, COLUMN_ID, &text);
    if (err == HL_OK && text[0] != '\0' &&
        ledger_parse_id(text, out->data, &why) != HL_OK) {
        err = wrong(reading, COLUMN_ID, why.text);
    }
    hl_free(text);
    return err;
}

static hl_err take_uscc(const struct reading *reading, enum column column,
                        char **out)
{
    struct hl_detail why = {0};
    hl_err err = take_text(reading, column, out);
    for (char *c = *out; err == HL_OK && *c != '\0'; c++) {
        *c = (char)character_to_upper((uint8_t)*c);
    }
    if (err == HL_OK && (*out)[0] != '\0' &&
        uscc_validate(bytes_of_text(*out), &why) != HL_OK) {
        err = wrong(reading, column, why.text);
    }
    return err;
}

static Heluo__V1__Party *new_party(void)
{
    Heluo__V1__Party *party = hl_alloc(1, sizeof(*party));
    heluo__v1__party__init(party);
    party->uscc = party->name = party->contact = NULL;
    return party;
}

static hl_err take_holder(const struct reading *reading,
                          Heluo__V1__LedgerCommand *command)
{
    command->holder = new_party();
    hl_err err = take_uscc(reading, COLUMN_USCC, &command->holder->uscc);
    if (err == HL_OK) {
        err = take_text(reading, COLUMN_NAME, &command->holder->name);
    }
    if (err == HL_OK) {
        err = take_text(reading, COLUMN_CONTACT, &command->holder->contact);
    }
    return err;
}

/* None where both cells are empty. */
static hl_err take_controller(const struct reading *reading,
                              Heluo__V1__LedgerCommand *command)
{
    Heluo__V1__Party *party = new_party();
    command->controller = party;
    hl_err err = take_uscc(reading, COLUMN_CONTROLLER_USCC, &party->uscc);
    if (err == HL_OK) {
        err = take_text(reading, COLUMN_CONTROLLER_NAME, &party->name);
    }
    if (err != HL_OK) {
        return err;
    }
    if (party->uscc[0] == '\0' && party->name[0] != '\0') {
        return wrong(reading, COLUMN_CONTROLLER_USCC,
                     "it is missing, and a name is there");
    }
    party->contact = hl_copy("", 0);
    if (party->uscc[0] == '\0') {
        heluo__v1__party__free_unpacked(party, NULL);
        command->controller = NULL;
    }
    return HL_OK;
}

static hl_err take_issue(const struct reading *reading,
                         Heluo__V1__LedgerCommand *command)
{
    Heluo__V1__VoucherIssue *issue = hl_alloc(1, sizeof(*issue));
    heluo__v1__voucher_issue__init(issue);
    command->what_case = HELUO__V1__LEDGER_COMMAND__WHAT_ISSUE;
    command->issue = issue;
    issue->scheme = issue->county = NULL;
    hl_err err = take_text(reading, COLUMN_SCHEME, &issue->scheme);
    if (err == HL_OK) {
        err = take_amount(reading, &issue->amount_fen);
    }
    if (err == HL_OK) {
        err = take_county(reading, &issue->county);
    }
    return err == HL_OK ? take_id(reading, command->command_id.data, &issue->id)
                        : err;
}

static hl_err take_row(const struct reading *reading, const uint8_t *id,
                       Heluo__V1__LedgerCommand **out)
{
    Heluo__V1__LedgerCommand *command = hl_alloc(1, sizeof(*command));
    heluo__v1__ledger_command__init(command);
    command->command_id = (ProtobufCBinaryData){
        .len = LEDGER_ID_BYTES, .data = hl_copy(id, LEDGER_ID_BYTES)};
    hl_err err = take_issue(reading, command);
    if (err == HL_OK) {
        err = take_holder(reading, command);
    }
    if (err == HL_OK) {
        err = take_controller(reading, command);
    }
    if (err != HL_OK) {
        heluo__v1__ledger_command__free_unpacked(command, NULL);
        command = NULL;
    }
    *out = command;
    return err;
}

static void derive_id(const struct voucher_file *file, uint64_t line,
                      uint8_t out[LEDGER_ID_BYTES])
{
    struct writer place = {0};
    writer_text(&place, "heluo voucher issue --file\n");
    writer_bytes(&place, bytes_of(file->hash.bytes, HL_HASH_BYTES));
    writer_u64(&place, line);
    writer_u64(&place, file->rows);
    struct hl_hash hash = hash_bytes(writer_view(&place));
    memcpy(out, hash.bytes, LEDGER_ID_BYTES);
    writer_fini(&place);
}

hl_err voucher_file_next(struct voucher_file *file, struct voucher_row *out,
                         bool *more, struct hl_detail *detail)
{
    const struct table_row *row = NULL;
    hl_err err = table_reader_next(file->reader, &row, detail);
    *out = (struct voucher_row){0};
    *more = err == HL_OK && row != NULL;
    if (!*more) {
        return err;
    }
    file->rows++;
    out->line = row->line;
    out->row = row;
    derive_id(file, row->line, out->command_id);
    struct reading reading = {file, row, &out->detail};
    out->err = row->err;
    out->detail = row->detail;
    if (out->err == HL_OK) {
        out->err = take_row(&reading, out->command_id, &out->command);
    }
    return HL_OK;
}
