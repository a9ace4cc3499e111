/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo findings`, `heluo log-level` and `heluo rebuild`. */

#include <inttypes.h>
#include <unistd.h>

#include "heluo/v1/node.pb-c.h"
#include "node/cli/commands.h"
#include "node/cli/connect.h"
#include "node/cli/message_json.h"
#include "node/cli/status_text.h"
#include "node/cli/term.h"
#include "protocol/base/alloc.h"

enum { PAGE_SIZE = 1000 };

static hl_err ask_level(struct cli_call *call, struct node_link *link)
{
    Heluo__V1__NodeStatusRequest request = HELUO__V1__NODE_STATUS_REQUEST__INIT;
    ProtobufCMessage *answer = NULL;
    hl_err err =
        node_link_ask(call, link, "/heluo.v1.Node/Status", &request.base,
                      &heluo__v1__node_status_response__descriptor, &answer);
    if (err != HL_OK) {
        return err;
    }
    const char *level = ((Heluo__V1__NodeStatusResponse *)answer)->log_level;
    if (call->json) {
        cli_print_json(json_pack("{s:o}", "level", cli_json_text(level)));
    } else {
        term_put(stdout, level);
        putchar('\n');
    }
    protobuf_c_message_free_unpacked(answer, NULL);
    return HL_OK;
}

static hl_err set_level(struct cli_call *call, struct node_link *link,
                        const char *level)
{
    Heluo__V1__NodeSetLogLevelRequest request =
        HELUO__V1__NODE_SET_LOG_LEVEL_REQUEST__INIT;
    ProtobufCMessage *answer = NULL;
    request.level = (char *)(uintptr_t)level;
    hl_err err = node_link_ask(
        call, link, "/heluo.v1.Node/SetLogLevel", &request.base,
        &heluo__v1__node_set_log_level_response__descriptor, &answer);
    if (err != HL_OK) {
        return err;
    }
    const char *former = ((Heluo__V1__NodeSetLogLevelResponse *)answer)->former;
    if (call->json) {
        cli_print_json(json_pack("{s:o, s:o}", "level", cli_json_text(level),
                                 "former", cli_json_text(former)));
    } else {
        printf("%s, before: ", level);
        term_put(stdout, former);
        putchar('\n');
    }
    protobuf_c_message_free_unpacked(answer, NULL);
    return HL_OK;
}

hl_err cmd_log_level(struct cli_call *call)
{
    struct node_link link = {0};
    hl_err err = node_link_open(call, &link);
    if (err == HL_OK) {
        err = call->operand_count == 0
                  ? ask_level(call, &link)
                  : set_level(call, &link, call->operands[0]);
    }
    node_link_close(&link);
    return err;
}

const struct cli_option log_level_options[] = {
    CONNECT_OPTIONS,
    {0},
};

/* Pages of findings, as they come. */
struct findings {
    struct cli_call *call;
    struct node_link link;
    Heluo__V1__NodeFindingsRequest request;
    enum lang lang;
    json_t *list; /* where --json was asked for */
    uint64_t count;
};

static void tell_finding(const struct findings *findings,
                         const Heluo__V1__NodeFinding *finding)
{
    if (findings->list != NULL) {
        json_array_append_new(findings->list, message_json(&finding->base));
        return;
    }
    const char *text = findings->lang == LANG_ZH && finding->text_zh[0] != '\0'
                           ? finding->text_zh
                           : finding->text_en;
    term_put(stdout, finding->kind);
    fputs("  ", stdout);
    term_put(stdout, finding->origin);
    printf(" %" PRIu64 "  ", finding->index);
    term_put(stdout, finding->subject);
    fputs("\n    ", stdout);
    term_put(stdout, text);
    putchar('\n');
}

static hl_err next_findings(struct findings *findings, bool *more)
{
    ProtobufCMessage *answer = NULL;
    hl_err err =
        node_link_ask(findings->call, &findings->link,
                      "/heluo.v1.Node/Findings", &findings->request.base,
                      &heluo__v1__node_findings_response__descriptor, &answer);
    if (err != HL_OK) {
        return err;
    }
    Heluo__V1__NodeFindingsResponse *page =
        (Heluo__V1__NodeFindingsResponse *)answer;
    for (size_t i = 0; i < page->n_findings; i++) {
        tell_finding(findings, page->findings[i]);
    }
    findings->count += page->n_findings;
    *more = page->next_page_token.len > 0;
    if (*more && page->n_findings == 0) {
        err = hl_fail(&findings->call->detail, HL_EMALFORMED,
                      "the node gives empty pages, for ever");
    }
    /* The request takes the token over. */
    ProtobufCBinaryData former = findings->request.page_token;
    findings->request.page_token = page->next_page_token;
    page->next_page_token = former;
    protobuf_c_message_free_unpacked(answer, NULL);
    return err;
}

hl_err cmd_findings(struct cli_call *call)
{
    struct findings findings = {.call = call};
    bool more = true;
    heluo__v1__node_findings_request__init(&findings.request);
    findings.request.page_size = PAGE_SIZE;
    findings.list = call->json ? json_array() : NULL;
    hl_err err = lang_choose(call, &findings.lang);
    if (err == HL_OK) {
        err = node_link_open(call, &findings.link);
    }
    while (err == HL_OK && more) {
        err = next_findings(&findings, &more);
    }
    if (err == HL_OK && call->json) {
        cli_print_json(json_incref(findings.list));
    } else if (err == HL_OK && findings.count == 0) {
        puts("no findings");
    }
    json_decref(findings.list);
    if (findings.request.page_token.len > 0) {
        hl_free(findings.request.page_token.data);
    }
    node_link_close(&findings.link);
    return err;
}

const struct cli_option findings_options[] = {
    {"lang", "WORD", "zh or en; as LC_ALL or LANG say if not given.",
     CLI_OPTIONAL},
    CONNECT_OPTIONS,
    {0},
};

static void show_progress(const Heluo__V1__NodeRebuildProgress *progress)
{
    if (isatty(STDERR_FILENO) == 1) {
        uint64_t total = progress->entries_total;
        uint64_t percent =
            total == 0 ? 100 : progress->entries_done / (total / 100 + 1);
        fprintf(
            stderr, "\r%" PRIu64 " of %" PRIu64 " entries, %" PRIu64 " %%%s",
            progress->entries_done, total, percent, progress->done ? "\n" : "");
    }
}

static hl_err tell_rebuilt(struct cli_call *call,
                           const Heluo__V1__NodeRebuildProgress *end)
{
    if (call->json) {
        cli_print_json(message_json(&end->base));
    } else {
        printf("%" PRIu64 " rows from %" PRIu64 " entries, %" PRIu64
               " different\n",
               end->rows, end->entries_done, end->rows_different);
    }
    if (end->rows_different > 0) {
        return hl_fail(&call->detail, HL_EDIFFERS,
                       "%" PRIu64 " rows: report this, and keep the store as "
                       "it is",
                       end->rows_different);
    }
    return HL_OK;
}

static hl_err follow_rebuild(struct cli_call *call, struct node_link *link,
                             struct client_stream *stream)
{
    for (;;) {
        bool timed_out = false;
        ProtobufCMessage *message = NULL;
        hl_err err = client_stream_next(stream, link->timeout_ms, &message,
                                        &timed_out, cli_about(call, ""));
        if (err != HL_OK) {
            return err;
        }
        if (message == NULL) {
            return timed_out ? hl_fail(&call->detail, HL_EDEADLINE,
                                       "no progress was told: see 'heluo "
                                       "status'")
                             : hl_fail(&call->detail, HL_EMALFORMED,
                                       "the node ended before it was done");
        }
        const Heluo__V1__NodeRebuildProgress *progress =
            (const Heluo__V1__NodeRebuildProgress *)message;
        bool done = progress->done;
        show_progress(progress);
        if (done) {
            err = tell_rebuilt(call, progress);
        }
        protobuf_c_message_free_unpacked(message, NULL);
        if (done) {
            return err;
        }
    }
}

hl_err cmd_rebuild(struct cli_call *call)
{
    Heluo__V1__NodeRebuildRequest request =
        HELUO__V1__NODE_REBUILD_REQUEST__INIT;
    struct node_link link = {0};
    const char *origin = cli_get(call, "origin");
    request.origin = (char *)(uintptr_t)(origin == NULL ? "" : origin);
    request.check_only = cli_has(call, "check");
    hl_err err = node_link_open(call, &link);
    if (err == HL_OK) {
        struct client_stream *stream = client_stream_open(
            link.client, "/heluo.v1.Node/Rebuild", &request.base,
            &heluo__v1__node_rebuild_progress__descriptor);
        err = follow_rebuild(call, &link, stream);
        client_stream_close(&stream);
    }
    node_link_close(&link);
    return err;
}

const struct cli_option rebuild_options[] = {
    {"origin", "ORIGIN",
     "Drop and replay what comes of this journal alone (ALLIANCE/NODE).",
     CLI_OPTIONAL},
    {"check", NULL, "Compare with what is there, and keep that.", CLI_OPTIONAL},
    CONNECT_OPTIONS,
    {0},
};
