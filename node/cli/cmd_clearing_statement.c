/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo clearing statement`. */

#include "node/cli/cmd_clearing_statement.h"

#include <string.h>

#include "heluo/v1/clearing.pb-c.h"
#include "node/cli/connect.h"
#include "node/cli/report_walk.h"
#include "node/cli/statement_file.h"
#include "protocol/base/alloc.h"

/* As many as a sheet has rows, nearly. */
enum { CLAIMS_MAX = 1000000 };

const struct cli_option clearing_statement_options[] = {
    {"of", "NODE", "Whose; that of the node that is asked, if not given.",
     CLI_OPTIONAL},
    STATEMENT_FILE_OPTIONS,
    CONNECT_OPTIONS,
    {0}};

struct gathering {
    struct cli_call *call;
    struct node_link link;
    struct report_self self;
    const char *node; /* whose statement */
    Heluo__V1__ClearingGetResponse *answer;
    Heluo__V1__ClearingClaim **claims;
    size_t count;
};

/* protobuf-c's texts are not const, and it does not change them. */
static char *text(const char *text)
{
    return (char *)(uintptr_t)text;
}

static hl_err ask_cycle(struct gathering *gathering)
{
    struct cli_call *call = gathering->call;
    Heluo__V1__ClearingGetRequest request =
        HELUO__V1__CLEARING_GET_REQUEST__INIT;
    ProtobufCMessage *answer = NULL;
    request.name = text(call->operand_count > 0 ? call->operands[0] : "");
    hl_err err = node_link_ask(
        call, &gathering->link, "/heluo.v1.Clearing/Get", &request.base,
        &heluo__v1__clearing_get_response__descriptor, &answer);
    gathering->answer = (Heluo__V1__ClearingGetResponse *)answer;
    if (err == HL_OK && gathering->answer->cycle == NULL) {
        err = hl_fail(cli_about(call, ""), HL_EMALFORMED,
                      "the node's answer has no cycle");
    }
    return err;
}

static hl_err keep(struct gathering *gathering, ProtobufCMessage *message)
{
    if (gathering->count == CLAIMS_MAX) {
        protobuf_c_message_free_unpacked(message, NULL);
        return hl_fail(cli_about(gathering->call, ""), HL_ELIMIT,
                       "the cycle has more than %d lines of %s", CLAIMS_MAX,
                       gathering->node);
    }
    gathering->claims = hl_realloc(gathering->claims, gathering->count + 1,
                                   sizeof(gathering->claims[0]));
    gathering->claims[gathering->count++] = (Heluo__V1__ClearingClaim *)message;
    return HL_OK;
}

/* The next one; *more is false behind the last. */
static hl_err take_claim(struct gathering *gathering,
                         struct client_stream *stream, bool *more)
{
    ProtobufCMessage *message = NULL;
    bool timed_out = false;
    hl_err err =
        client_stream_next(stream, gathering->link.timeout_ms, &message,
                           &timed_out, cli_about(gathering->call, ""));
    if (err == HL_OK && timed_out) {
        err = hl_fail(cli_about(gathering->call, ""), HL_EDEADLINE,
                      "no line in time: --timeout says how long to wait");
    }
    *more = err == HL_OK && message != NULL;
    return *more ? keep(gathering, message) : err;
}

static hl_err ask_claims(struct gathering *gathering)
{
    Heluo__V1__ClearingClaimsRequest request =
        HELUO__V1__CLEARING_CLAIMS_REQUEST__INIT;
    request.name = gathering->answer->cycle->name;
    request.node = text(gathering->node);
    struct client_stream *stream = client_stream_open(
        gathering->link.client, "/heluo.v1.Clearing/Claims", &request.base,
        &heluo__v1__clearing_claim__descriptor);
    bool more = true;
    hl_err err = HL_OK;
    while (err == HL_OK && more) {
        err = take_claim(gathering, stream, &more);
    }
    client_stream_close(&stream);
    return err;
}

/* A journal's name is that of the alliance, and of the node behind the '/'. */
static hl_err choose_node(struct gathering *gathering)
{
    const char *given = cli_get(gathering->call, "of");
    hl_err err =
        report_ask_self(gathering->call, &gathering->link, &gathering->self);
    if (err == HL_OK) {
        const char *slash = strchr(gathering->self.origin, '/');
        gathering->node = given != NULL   ? given
                          : slash == NULL ? gathering->self.origin
                                          : slash + 1;
    }
    return err;
}

static hl_err gather(struct gathering *gathering)
{
    hl_err err = node_link_open(gathering->call, &gathering->link);
    if (err == HL_OK) {
        err = choose_node(gathering);
    }
    if (err == HL_OK) {
        err = ask_cycle(gathering);
    }
    return err == HL_OK ? ask_claims(gathering) : err;
}

static void release(struct gathering *gathering)
{
    for (size_t i = 0; i < gathering->count; i++) {
        heluo__v1__clearing_claim__free_unpacked(gathering->claims[i], NULL);
    }
    hl_free(gathering->claims);
    if (gathering->answer != NULL) {
        heluo__v1__clearing_get_response__free_unpacked(gathering->answer,
                                                        NULL);
    }
    node_link_close(&gathering->link);
}

hl_err cmd_clearing_statement(struct cli_call *call)
{
    struct gathering gathering = {.call = call};
    struct statement_order order = {0};
    hl_err err = statement_order_take(call, &order);
    if (err == HL_OK) {
        err = gather(&gathering);
    }
    if (err == HL_OK) {
        const struct statement_input input = {
            .cycle = gathering.answer->cycle,
            .alliance = gathering.answer->alliance,
            .node = gathering.node,
            .claims = gathering.claims,
            .claim_count = gathering.count,
            .now = {(int64_t)gathering.self.now_ms},
        };
        err = statement_order_fill(call, &order, &input);
    }
    release(&gathering);
    return err;
}
