/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo scheme put`, `list` and `show`. */

#include <inttypes.h>
#include <string.h>

#include "certs/tools/file.h"
#include "heluo/v1/ledger.pb-c.h"
#include "node/cli/cmd_ledger.h"
#include "node/cli/cmd_record.h"
#include "node/cli/commands.h"
#include "node/cli/connect.h"
#include "node/cli/json_message.h"
#include "node/cli/message_json.h"
#include "node/cli/term.h"
#include "node/cli/yuan.h"

enum { SCHEME_MAX_BYTES = 1048576 };

/* --- Put. ---------------------------------------------------------------- */

static hl_err read_scheme(struct cli_call *call, const char *path,
                          ProtobufCMessage **out)
{
    struct hl_detail *detail = cli_about(call, path);
    struct writer text = {0};
    json_error_t wrong;
    hl_err err = file_read(path, SCHEME_MAX_BYTES, &text, detail);
    json_t *object = err != HL_OK
                         ? NULL
                         : json_loadb((const char *)text.data, text.size,
                                      JSON_REJECT_DUPLICATES, &wrong);
    if (err == HL_OK && object == NULL) {
        err = hl_fail(detail, HL_EMALFORMED, "line %d, column %d: %s",
                      wrong.line, wrong.column, wrong.text);
    }
    if (err == HL_OK) {
        err = json_message(object, &heluo__v1__scheme_put__descriptor, out,
                           detail);
    }
    json_decref(object);
    writer_fini(&text);
    return err;
}

static hl_err cmd_scheme_put(struct cli_call *call)
{
    Heluo__V1__SchemePutRequest request = HELUO__V1__SCHEME_PUT_REQUEST__INIT;
    struct ledger_command command = {.path = "/heluo.v1.Scheme/Put",
                                     .request = &request.base};
    ProtobufCMessage *scheme = NULL;
    hl_err err = read_scheme(call, call->operands[0], &scheme);
    if (err == HL_OK) {
        request.scheme = (Heluo__V1__SchemePut *)scheme;
        err = record_choose_id(call, command.id);
    }
    if (err == HL_OK) {
        err = ledger_write(call, &command);
    }
    protobuf_c_message_free_unpacked(scheme, NULL);
    return err;
}

/* --- List and show. ------------------------------------------------------ */

static char *text_of(const char *text)
{
    return (char *)(uintptr_t)(text == NULL ? "" : text);
}

static void print_yuan(uint64_t fen)
{
    char text[YUAN_TEXT_BYTES];
    yuan_format((int64_t)fen, text);
    fputs(text, stdout);
}

static void print_line(const Heluo__V1__SchemeView *view)
{
    const Heluo__V1__SchemePut *scheme = view->scheme;
    term_put(stdout, scheme->id);
    printf("  version %" PRIu64 "  ", scheme->version);
    term_put(stdout, scheme->name_zh);
    fputs("  ¥", stdout);
    print_yuan(view->issued_fen);
    fputs(" of ¥", stdout);
    print_yuan(scheme->budget_fen);
    puts(view->newest ? " issued" : " issued; replaced");
}

static json_t *view_json(const Heluo__V1__SchemeView *view)
{
    return message_json(&view->base);
}

static hl_err print_page(struct cli_call *call,
                         const Heluo__V1__SchemeListResponse *page, bool whole)
{
    for (size_t i = 0; i < page->n_schemes; i++) {
        const Heluo__V1__SchemeView *view = page->schemes[i];
        if (view->scheme == NULL) {
            return hl_fail(cli_about(call, ""), HL_EMALFORMED,
                           "the node's answer lacks a scheme");
        }
        if (!call->json && !whole) {
            print_line(view);
            continue;
        }
        json_t *object = view_json(view);
        if (call->json) {
            json_dumpf(object, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
            putchar('\n');
        } else {
            message_json_print(object, 0, stdout);
            putchar('\n');
        }
        json_decref(object);
    }
    return HL_OK;
}

/* All pages. */
static hl_err each_page(struct cli_call *call, const char *id, size_t *count)
{
    Heluo__V1__SchemeListRequest request = HELUO__V1__SCHEME_LIST_REQUEST__INIT;
    struct node_link link = {0};
    struct writer token = {0};
    bool more = true;
    request.origin = text_of(cli_get(call, "origin"));
    request.id = text_of(id);
    hl_err err = node_link_open(call, &link);
    while (err == HL_OK && more) {
        ProtobufCMessage *answer = NULL;
        request.page_token =
            (ProtobufCBinaryData){.len = token.size, .data = token.data};
        err = node_link_ask(call, &link, "/heluo.v1.Scheme/List", &request.base,
                            &heluo__v1__scheme_list_response__descriptor,
                            &answer);
        const Heluo__V1__SchemeListResponse *page =
            (const Heluo__V1__SchemeListResponse *)answer;
        if (err == HL_OK) {
            err = print_page(call, page, id != NULL);
            *count += page->n_schemes;
            writer_clear(&token);
            writer_bytes(&token, bytes_of(page->next_page_token.data,
                                          page->next_page_token.len));
            more = token.size > 0;
        }
        protobuf_c_message_free_unpacked(answer, NULL);
    }
    node_link_close(&link);
    writer_fini(&token);
    return err;
}

static hl_err cmd_scheme_list(struct cli_call *call)
{
    size_t count = 0;
    return each_page(call, NULL, &count);
}

static hl_err cmd_scheme_show(struct cli_call *call)
{
    size_t count = 0;
    hl_err err = each_page(call, call->operands[0], &count);
    return err == HL_OK && count == 0
               ? hl_fail(cli_about(call, call->operands[0]), HL_ENOTFOUND,
                         "there is no such scheme")
               : err;
}

/* --- The table. ---------------------------------------------------------- */

static const struct cli_option put_options[] = {
    WRITE_OPTIONS, CONNECT_OPTIONS, {0}};

static const struct cli_option list_options[] = {
    LEDGER_ORIGIN_OPTION, CONNECT_OPTIONS, {0}};

const struct cli_command scheme_commands[] = {
    {.name = "put",
     .operands = "FILE",
     .operands_min = 1,
     .operands_max = 1,
     .summary = "state a scheme, or its next version",
     .description =
         "Signs the scheme in the file into the node's journal. The file is "
         "JSON\n"
         "with the fields of SchemePut (protocol/proto/heluo/v1/scheme.proto): "
         "money\n"
         "in fen, rates in basis points, days as YYYY-MM-DD. The version is "
         "one "
         "more\n"
         "than the last of its id, the first is 1. What was issued before "
         "keeps "
         "its\n"
         "version. node/ledger/examples/ has the rules of real regions.",
     .examples = "heluo scheme put node/ledger/examples/shandong-2019.json",
     .options = put_options,
     .json = true,
     .run = cmd_scheme_put},
    {.name = "list",
     .summary = "the schemes of a city, by their newest versions",
     .description =
         "Lists schemes, and how much of each budget is issued. With --json\n"
         "a line each.",
     .options = list_options,
     .json = true,
     .run = cmd_scheme_list},
    {.name = "show",
     .operands = "ID",
     .operands_min = 1,
     .operands_max = 1,
     .summary = "all versions of one scheme",
     .description = "Shows every field of every version.",
     .options = list_options,
     .json = true,
     .run = cmd_scheme_show},
    {0},
};
