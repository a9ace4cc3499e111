/* SPDX-License-Identifier: Apache-2.0 */
#include "node/cli/paging.h"

#include "protocol/base/writer.h"

/* Moves the token on to the next page; *more is false after the last. */
static hl_err take(const struct paging *paging, const ProtobufCMessage *page,
                   struct writer *token, bool *more)
{
    hl_err err = HL_OK;
    const ProtobufCBinaryData *next = paging->take(paging->context, page, &err);
    *more = next->len > 0;
    if (err == HL_OK && *more &&
        bytes_equal(bytes_of(next->data, next->len), writer_view(token))) {
        err = hl_fail(cli_about(paging->call, ""), HL_EMALFORMED,
                      "the node gives the same page for ever");
    }
    writer_clear(token);
    writer_bytes(token, bytes_of(next->data, next->len));
    return err;
}

hl_err paging_run(const struct paging *paging)
{
    struct node_link link = {0};
    struct writer token = {0};
    bool more = true;
    hl_err err = node_link_open(paging->call, &link);
    while (err == HL_OK && more) {
        ProtobufCMessage *page = NULL;
        *paging->token =
            (ProtobufCBinaryData){.len = token.size, .data = token.data};
        err = node_link_ask(paging->call, &link, paging->path, paging->request,
                            paging->answer, &page);
        if (err == HL_OK) {
            err = take(paging, page, &token, &more);
        }
        protobuf_c_message_free_unpacked(page, NULL);
    }
    *paging->token = (ProtobufCBinaryData){0};
    node_link_close(&link);
    writer_fini(&token);
    return err;
}
