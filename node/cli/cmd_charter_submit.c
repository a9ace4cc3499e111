/* SPDX-License-Identifier: Apache-2.0 */

/* `heluo charter submit` and `heluo charter fetch`: charters and a node that
 * runs. */

#include <inttypes.h>
#include <string.h>

#include "certs/tools/file.h"
#include "heluo/v1/node.pb-c.h"
#include "node/cli/cmd_charter.h"
#include "node/cli/connect.h"

enum { HOLDS_WAIT_MS = 10000, LOOK_MS = 100 };

static hl_err ask_charter(struct cli_call *call, struct node_link *link,
                          ProtobufCMessage **answer)
{
    Heluo__V1__NodeCharterRequest request =
        HELUO__V1__NODE_CHARTER_REQUEST__INIT;
    return node_link_ask(call, link, "/heluo.v1.Node/Charter", &request.base,
                         &heluo__v1__node_charter_response__descriptor, answer);
}

/* Whether that charter, or a later version, holds there. */
static hl_err ask_holds(struct cli_call *call, struct node_link *link,
                        const struct charter *charter, uint64_t *version,
                        bool *holds)
{
    ProtobufCMessage *answer = NULL;
    hl_err err = ask_charter(call, link, &answer);
    if (err == HL_OK) {
        const Heluo__V1__NodeCharterResponse *now =
            (const Heluo__V1__NodeCharterResponse *)answer;
        *version = now->version;
        *holds =
            now->version > charter->version ||
            (now->hash.len == HL_HASH_BYTES &&
             memcmp(now->hash.data, charter->hash.bytes, HL_HASH_BYTES) == 0);
        protobuf_c_message_free_unpacked(answer, NULL);
    }
    return err;
}

static hl_err wait_until_it_holds(struct cli_call *call, struct node_link *link,
                                  const struct charter *charter)
{
    int64_t until_ms = node_link_now_ms() + HOLDS_WAIT_MS;
    bool holds = false;
    uint64_t version = 0;
    hl_err err = ask_holds(call, link, charter, &version, &holds);
    while (err == HL_OK && !holds && node_link_now_ms() < until_ms) {
        node_link_pause(LOOK_MS);
        err = ask_holds(call, link, charter, &version, &holds);
    }
    if (err != HL_OK) {
        return err;
    }
    if (!holds) {
        return hl_fail(cli_about(call, call->operands[0]), HL_EQUORUM,
                       "the node has it, and version %" PRIu64
                       " still holds: it lacks signatures, a version before "
                       "it, or has a rival (heluo charter verify; the node's "
                       "log says which)",
                       version);
    }
    if (call->json) {
        cli_print_json(json_pack("{s:I, s:I}", "version",
                                 (json_int_t)charter->version, "holds",
                                 (json_int_t)version));
    } else {
        printf("version %" PRIu64 " holds at this node, which passes it on\n",
               version);
    }
    return HL_OK;
}

static hl_err submit(struct cli_call *call, struct node_link *link,
                     const struct charter *charter)
{
    Heluo__V1__NodeSubmitCharterRequest request =
        HELUO__V1__NODE_SUBMIT_CHARTER_REQUEST__INIT;
    ProtobufCMessage *answer = NULL;
    request.charter =
        (ProtobufCBinaryData){.len = charter->raw.size,
                              .data = (uint8_t *)(uintptr_t)charter->raw.data};
    hl_err err = node_link_ask(
        call, link, "/heluo.v1.Node/SubmitCharter", &request.base,
        &heluo__v1__node_submit_charter_response__descriptor, &answer);
    if (answer != NULL) {
        protobuf_c_message_free_unpacked(answer, NULL);
    }
    return err == HL_OK ? wait_until_it_holds(call, link, charter) : err;
}

hl_err cmd_charter_submit(struct cli_call *call)
{
    struct charter charter;
    struct node_link link = {0};
    hl_err err = cmd_charter_read_signed(call, call->operands[0], &charter);
    if (err != HL_OK) {
        return err;
    }
    err = node_link_open(call, &link);
    if (err == HL_OK) {
        err = submit(call, &link, &charter);
    }
    node_link_close(&link);
    charter_fini(&charter);
    return err;
}

hl_err cmd_charter_fetch(struct cli_call *call)
{
    struct node_link link = {0};
    ProtobufCMessage *answer = NULL;
    const char *out = cli_get(call, "out");
    hl_err err = node_link_open(call, &link);
    if (err == HL_OK) {
        err = ask_charter(call, &link, &answer);
    }
    if (err == HL_OK) {
        const Heluo__V1__NodeCharterResponse *now =
            (const Heluo__V1__NodeCharterResponse *)answer;
        err = file_create(out, FILE_MODE_PUBLIC,
                          bytes_of(now->charter.data, now->charter.len),
                          cli_about(call, out));
        if (err == HL_OK && call->json) {
            cli_print_json(json_pack("{s:I, s:o}", "version",
                                     (json_int_t)now->version, "file",
                                     cli_json_text(out)));
        } else if (err == HL_OK) {
            printf("version %" PRIu64 " holds at this node\n", now->version);
        }
    }
    if (answer != NULL) {
        protobuf_c_message_free_unpacked(answer, NULL);
    }
    node_link_close(&link);
    return err;
}
