/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_PAGING_H
#define HL_NODE_CLI_PAGING_H

/* A list that a node gives in pages, one after the other: a long one takes the
 * memory of a page. One thread. */

#include "node/cli/connect.h"

struct paging {
    struct cli_call *call;
    const char *path; /* "/heluo.v1.Voucher/List" */
    ProtobufCMessage *request;
    ProtobufCBinaryData *token; /* page_token in it, empty */
    const ProtobufCMessageDescriptor *answer;
    /* Takes a page, and returns its next_page_token, which is empty on the
     * last. */
    const ProtobufCBinaryData *(*take)(void *context,
                                       const ProtobufCMessage *page,
                                       hl_err *err);
    void *context;
};

/* Also the errors of `take`.
 *
 * HL_EMALFORMED  the node gives the same page for ever. */
HL_MUST_USE hl_err paging_run(const struct paging *paging);

#endif
