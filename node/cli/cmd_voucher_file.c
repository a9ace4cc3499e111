/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo voucher issue --file`: a table of vouchers, in batches, each row with
 * an answer of its own. */

#include <inttypes.h>
#include <stdint.h>
#include <string.h>

#include "certs/tools/file.h"
#include "node/cli/cmd_ledger.h"
#include "node/cli/term.h"
#include "node/cli/voucher_file.h"
#include "node/ledger/refusal.h"
#include "node/table/table_writer.h"
#include "protocol/base/alloc.h"

enum { FILE_MAX_BYTES = 67108864, BATCH = 500, PAUSE_MS = 300 };

/* A row of the batch, kept until it is answered. */
struct waiting_row {
    struct voucher_row row;
    /* Its cells, where refused rows are written; one after the other, and where
     * each ends. */
    struct writer cells;
    size_t *ends;
    size_t cell_count;
};

struct issuing {
    struct cli_call *call;
    const char *path;
    struct node_link link;
    struct record_durability durability;
    struct writer bytes; /* of the file */
    struct voucher_file *file;
    struct waiting_row rows[BATCH];
    size_t count;
    struct table_writer *rejects;
    uint64_t issued, repeated, refused;
    uint64_t issued_fen;
    bool short_of_keepers; /* of some batch */
    hl_err first;          /* refusal, */
    uint64_t first_line;   /* and where */
};

/* --- Rows that were refused. -----------------------------------------------
 */

static hl_err open_rejects(struct issuing *issuing)
{
    const char *path = cli_get(issuing->call, "rejects");
    const struct table_reader *reader = voucher_file_reader(issuing->file);
    size_t columns = table_reader_columns(reader), count = 0;
    struct bytes *names = hl_alloc(columns + 2, sizeof(names[0]));
    const struct table_target target = {
        .format = table_format_of_name(path) == TABLE_AUTO
                      ? table_reader_format(reader)
                      : TABLE_AUTO,
        .mark = true};
    for (size_t i = 0; i < columns; i++) {
        if (!voucher_file_is_added(table_reader_column(reader, i))) {
            names[count++] = table_reader_column(reader, i);
        }
    }
    names[count++] = bytes_of_text(voucher_file_added[0]);
    names[count++] = bytes_of_text(voucher_file_added[1]);
    hl_err err =
        table_writer_open(path, &target, names, count, &issuing->rejects,
                          cli_about(issuing->call, path));
    hl_free(names);
    return err;
}

/* The row's own cells, while they are there. */
static void keep_cells(struct issuing *issuing, struct waiting_row *waiting)
{
    const struct table_row *row = waiting->row.row;
    if (!cli_has(issuing->call, "rejects")) {
        return;
    }
    waiting->cell_count = row->count;
    waiting->ends = hl_alloc(row->count + 1, sizeof(waiting->ends[0]));
    for (size_t i = 0; i < row->count; i++) {
        writer_bytes(&waiting->cells, row->cells[i].text);
        waiting->ends[i] = waiting->cells.size;
    }
}

static hl_err reject(struct issuing *issuing, const struct waiting_row *waiting,
                     const char *why)
{
    const struct table_reader *reader = voucher_file_reader(issuing->file);
    size_t columns = table_reader_columns(reader), count = 0;
    char refused[LEDGER_ID_TEXT_BYTES];
    if (!cli_has(issuing->call, "rejects")) {
        return HL_OK;
    }
    hl_err err = issuing->rejects == NULL ? open_rejects(issuing) : HL_OK;
    if (err != HL_OK) {
        return err;
    }
    struct bytes *cells = hl_alloc(columns + 2, sizeof(cells[0]));
    struct bytes all = writer_view(&waiting->cells);
    for (size_t i = 0; i < columns; i++) {
        bool there = i < waiting->cell_count;
        size_t from = i == 0 || !there ? 0 : waiting->ends[i - 1];
        if (!voucher_file_is_added(table_reader_column(reader, i))) {
            cells[count++] =
                there ? bytes_slice(all, from, waiting->ends[i] - from)
                      : (struct bytes){0};
        }
    }
    ledger_format_id(ledger_bytes(waiting->row.command_id), refused);
    cells[count++] = bytes_of_text(why);
    cells[count++] = bytes_of_text(refused);
    err = table_writer_put(
        issuing->rejects, cells,
        cli_about(issuing->call, cli_get(issuing->call, "rejects")));
    hl_free(cells);
    return err;
}

/* --- Answers. --------------------------------------------------------------
 */

static json_t *line_json(const struct waiting_row *waiting)
{
    json_t *object = json_object();
    json_object_set_new(object, "line",
                        json_integer((json_int_t)waiting->row.line));
    return object;
}

static hl_err tell_refused(struct issuing *issuing,
                           const struct waiting_row *waiting, hl_err err,
                           struct hl_detail *why)
{
    if (issuing->refused++ == 0) {
        issuing->first = err;
        issuing->first_line = waiting->row.line;
    }
    if (issuing->call->json) {
        json_t *object = line_json(waiting);
        json_object_set_new(object, "error", json_string(hl_err_name(err)));
        json_object_set_new(object, "text", cli_json_text(why->text));
        ledger_print_line(object);
    } else {
        ledger_explain(why);
        printf("line %" PRIu64 "  refused: %s: ", waiting->row.line,
               hl_err_text(err));
        term_put(stdout, why->text);
        putchar('\n');
    }
    return reject(issuing, waiting, why->text);
}

static void tell_issued(struct issuing *issuing,
                        const struct waiting_row *waiting,
                        const Heluo__V1__LedgerResult *result)
{
    const Heluo__V1__VoucherIssue *issue = waiting->row.command->issue;
    char id[LEDGER_ID_TEXT_BYTES];
    ledger_format_id(issue->id, id);
    if (result->repeated) {
        issuing->repeated++;
    } else {
        issuing->issued++;
        issuing->issued_fen += issue->amount_fen;
    }
    if (!issuing->call->json) {
        printf("line %" PRIu64 "  %s: voucher %s, index %" PRIu64 "\n",
               waiting->row.line, result->repeated ? "repeated" : "issued", id,
               result->index);
        return;
    }
    json_t *object = line_json(waiting);
    json_object_set_new(object, "voucher", json_string(id));
    json_object_set_new(object, "index",
                        json_integer((json_int_t)result->index));
    json_object_set_new(object, "repeated", json_boolean(result->repeated));
    ledger_print_line(object);
}

static hl_err error_of(const char *name)
{
    for (int err = 1; err < HL_ERR_COUNT; err++) {
        if (strcmp(hl_err_name((hl_err)err), name) == 0) {
            return (hl_err)err;
        }
    }
    return HL_EUNSUPPORTED;
}

/* What would be answered the same again. Anything else may have happened, or
 * may go well later: the file is to be given again as it is. */
static bool is_final(hl_err err)
{
    return ledger_is_refusal(err) || hl_err_grpc(err) == GRPC_INVALID_ARGUMENT;
}

static hl_err stop(struct issuing *issuing, hl_err err,
                   const struct hl_detail *why)
{
    struct hl_detail told = *why;
    return hl_fail(cli_about(issuing->call, issuing->path), err,
                   "run again with the same file: no row has effect twice. %s",
                   told.text);
}

static hl_err tell_row(struct issuing *issuing, struct waiting_row *waiting,
                       const Heluo__V1__LedgerResult *result)
{
    struct hl_detail why = {0};
    if (waiting->row.err != HL_OK) {
        return tell_refused(issuing, waiting, waiting->row.err,
                            &waiting->row.detail);
    }
    if (result->error[0] == '\0') {
        tell_issued(issuing, waiting, result);
        return HL_OK;
    }
    hl_err err = hl_fail(&why, error_of(result->error), "%s", result->text);
    return is_final(err) ? tell_refused(issuing, waiting, err, &why)
                         : stop(issuing, err, &why);
}

/* --- Batches. --------------------------------------------------------------
 */

static hl_err ask(struct issuing *issuing,
                  const Heluo__V1__LedgerBatchRequest *request,
                  ProtobufCMessage **answer)
{
    hl_err err = node_link_ask_until(
        issuing->call, &issuing->link, "/heluo.v1.Ledger/Batch", &request->base,
        &heluo__v1__ledger_batch_response__descriptor, answer);
    if (err != HL_OK) {
        return stop(issuing, err, &issuing->call->detail);
    }
    const Heluo__V1__LedgerBatchResponse *response =
        (const Heluo__V1__LedgerBatchResponse *)*answer;
    return response->n_results == request->n_commands
               ? HL_OK
               : hl_fail(cli_about(issuing->call, ""), HL_EMALFORMED,
                         "the node answers %zu of %zu vouchers",
                         response->n_results, request->n_commands);
}

/* Rows that the node did not come to, as it refuses so many in a second. */
static size_t count_passing(const ProtobufCMessage *answer)
{
    const Heluo__V1__LedgerBatchResponse *response =
        (const Heluo__V1__LedgerBatchResponse *)answer;
    size_t count = 0;
    for (size_t i = 0; i < response->n_results; i++) {
        const char *error = response->results[i]->error;
        count +=
            error[0] != '\0' && node_link_is_passing(error_of(error)) ? 1 : 0;
    }
    return count;
}

/* Again, all of them, as long as that brings some further. */
static hl_err ask_for_all(struct issuing *issuing,
                          const Heluo__V1__LedgerBatchRequest *request,
                          ProtobufCMessage **answer)
{
    size_t least = SIZE_MAX;
    int64_t end_ms = 0;
    for (;;) {
        hl_err err = ask(issuing, request, answer);
        size_t passing = err == HL_OK ? count_passing(*answer) : 0;
        int64_t now_ms = node_link_now_ms();
        if (passing < least) {
            least = passing;
            end_ms = now_ms + issuing->link.timeout_ms;
        }
        if (passing == 0 || now_ms >= end_ms) {
            return err;
        }
        protobuf_c_message_free_unpacked(*answer, NULL);
        *answer = NULL;
        node_link_pause(PAUSE_MS);
    }
}

/* Of those that can be asked for; NULL: none can. */
static hl_err ask_batch(struct issuing *issuing, ProtobufCMessage **answer)
{
    Heluo__V1__LedgerBatchRequest request =
        HELUO__V1__LEDGER_BATCH_REQUEST__INIT;
    Heluo__V1__LedgerCommand *commands[BATCH];
    request.commands = commands;
    for (size_t i = 0; i < issuing->count; i++) {
        if (issuing->rows[i].row.err == HL_OK) {
            commands[request.n_commands++] = issuing->rows[i].row.command;
        }
    }
    request.durability = issuing->durability.keepers;
    request.sealed = issuing->durability.sealed;
    request.wait_ms = issuing->durability.wait_ms;
    return request.n_commands == 0 ? HL_OK
                                   : ask_for_all(issuing, &request, answer);
}

static bool waits(const struct issuing *issuing)
{
    return issuing->durability.keepers > 0 || issuing->durability.sealed;
}

static hl_err send_batch(struct issuing *issuing)
{
    ProtobufCMessage *answer = NULL;
    size_t next = 0;
    hl_err err = ask_batch(issuing, &answer);
    const Heluo__V1__LedgerBatchResponse *response =
        (const Heluo__V1__LedgerBatchResponse *)answer;
    if (err == HL_OK && answer != NULL && waits(issuing) &&
        !response->reached) {
        issuing->short_of_keepers = true;
    }
    for (size_t i = 0; err == HL_OK && i < issuing->count; i++) {
        bool was_asked = issuing->rows[i].row.err == HL_OK;
        err = tell_row(issuing, &issuing->rows[i],
                       was_asked ? response->results[next] : NULL);
        next += was_asked ? 1 : 0;
    }
    protobuf_c_message_free_unpacked(answer, NULL);
    return err;
}

static void forget_batch(struct issuing *issuing)
{
    for (size_t i = 0; i < issuing->count; i++) {
        struct waiting_row *waiting = &issuing->rows[i];
        if (waiting->row.command != NULL) {
            heluo__v1__ledger_command__free_unpacked(waiting->row.command,
                                                     NULL);
        }
        writer_fini(&waiting->cells);
        hl_free(waiting->ends);
        *waiting = (struct waiting_row){0};
    }
    issuing->count = 0;
}

static hl_err read_batch(struct issuing *issuing, bool *more)
{
    hl_err err = HL_OK;
    *more = true;
    while (err == HL_OK && *more && issuing->count < BATCH) {
        struct waiting_row *waiting = &issuing->rows[issuing->count];
        err = voucher_file_next(issuing->file, &waiting->row, more,
                                cli_about(issuing->call, issuing->path));
        if (err == HL_OK && *more) {
            keep_cells(issuing, waiting);
            issuing->count++;
        }
    }
    return err;
}

static hl_err issue_all(struct issuing *issuing)
{
    bool more = true;
    hl_err err = HL_OK;
    while (err == HL_OK && more) {
        err = read_batch(issuing, &more);
        if (err == HL_OK) {
            err = send_batch(issuing);
        }
        forget_batch(issuing);
    }
    return err;
}

/* --- The whole. ------------------------------------------------------------
 */

static void print_summary(const struct issuing *issuing)
{
    char sum[YUAN_TEXT_BYTES];
    if (issuing->call->json) {
        ledger_print_line(json_pack("{s:I, s:I, s:I, s:I}", "issued",
                                    (json_int_t)issuing->issued, "repeated",
                                    (json_int_t)issuing->repeated, "refused",
                                    (json_int_t)issuing->refused, "issued_fen",
                                    (json_int_t)issuing->issued_fen));
        return;
    }
    yuan_format((int64_t)issuing->issued_fen, sum);
    printf("%" PRIu64 " issued, ¥%s; %" PRIu64 " repeated; %" PRIu64
           " refused\n",
           issuing->issued, sum, issuing->repeated, issuing->refused);
}

/* Only of a run that came to the end: one that did not is made again, and then
 * has all of them. */
static hl_err close_rejects(struct issuing *issuing)
{
    const char *path = cli_get(issuing->call, "rejects");
    return issuing->rejects == NULL
               ? HL_OK
               : table_writer_commit(&issuing->rejects,
                                     cli_about(issuing->call, path));
}

static hl_err conclude(struct issuing *issuing)
{
    uint64_t rows = issuing->issued + issuing->repeated + issuing->refused;
    if (issuing->refused > 0) {
        return hl_fail(
            cli_about(issuing->call, issuing->path), issuing->first,
            "%" PRIu64 " of %" PRIu64
            " rows were refused, the first in line %" PRIu64
            "; the others are issued. %s",
            issuing->refused, rows, issuing->first_line,
            cli_has(issuing->call, "rejects")
                ? "Correct and issue what --rejects wrote, not this file again"
                : "Run again with --rejects FILE, then correct and issue that "
                  "file, not this one");
    }
    return issuing->short_of_keepers
               ? hl_fail(cli_about(issuing->call, issuing->path), HL_EDEADLINE,
                         "all is written, and too few keepers are known to "
                         "have it: run again with the same file to wait on")
               : HL_OK;
}

static hl_err open_all(struct issuing *issuing)
{
    struct cli_call *call = issuing->call;
    hl_err err = file_read(issuing->path, FILE_MAX_BYTES, &issuing->bytes,
                           cli_about(call, issuing->path));
    if (err == HL_OK) {
        err = voucher_file_open(writer_view(&issuing->bytes), issuing->path,
                                &issuing->file, cli_about(call, issuing->path));
    }
    const char *rejects = cli_get(call, "rejects");
    if (err == HL_OK && rejects != NULL && file_exists(rejects)) {
        err =
            hl_fail(cli_about(call, rejects), HL_EEXISTS, "nothing was issued");
    }
    if (err == HL_OK) {
        err = record_take_durability(call, &issuing->durability);
    }
    if (err == HL_OK) {
        err = node_link_open(call, &issuing->link);
    }
    if (err == HL_OK && waits(issuing)) {
        record_wait_longer(&issuing->link, issuing->durability.wait_ms);
    }
    return err;
}

static hl_err check_options(struct cli_call *call)
{
    static const char *const others[] = {
        "scheme",          "amount",          "uscc",   "name", "contact",
        "controller-uscc", "controller-name", "county", "id",   "command-id",
        "receipt"};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (cli_has(call, others[i])) {
            return cli_usage(call, "--%s does not go with --file", others[i]);
        }
    }
    return HL_OK;
}

hl_err cmd_voucher_issue_file(struct cli_call *call)
{
    hl_err err = check_options(call);
    if (err != HL_OK) {
        return err;
    }
    struct issuing *issuing = hl_alloc(1, sizeof(*issuing));
    issuing->call = call;
    issuing->path = cli_get(call, "file");
    err = open_all(issuing);
    if (err == HL_OK) {
        err = issue_all(issuing);
        print_summary(issuing);
    }
    if (err == HL_OK) {
        err = close_rejects(issuing);
    }
    if (err == HL_OK) {
        err = conclude(issuing);
    }
    table_writer_abort(&issuing->rejects);
    node_link_close(&issuing->link);
    voucher_file_close(&issuing->file);
    writer_fini(&issuing->bytes);
    hl_free(issuing);
    return err;
}
