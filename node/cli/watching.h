/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_WATCHING_H
#define HL_NODE_CLI_WATCHING_H

/* A stream that a command follows until it is stopped: from a token's file on,
 * through restarts of the node. One thread. */

#include "node/cli/connect.h"

/* Rows of such a command's options. */
#define WATCHING_OPTIONS                                                       \
    {"token", "FILE",                                                          \
     "Begin where this file says, and keep it up to date: after each change\n" \
     "that was printed it is replaced. It need not exist.",                    \
     CLI_OPTIONAL},                                                            \
    {                                                                          \
        "until-current", NULL, "End when all that there is has been printed.", \
            CLI_OPTIONAL                                                       \
    }

/* What a message says besides. */
struct watched {
    ProtobufCBinaryData token;
    bool current; /* there is no more, for now */
};

struct watching {
    struct cli_call *call;
    const char *path; /* "/heluo.v1.Catalogue/Watch" */
    ProtobufCMessage *request;
    ProtobufCBinaryData *token; /* in it */
    const ProtobufCMessageDescriptor *message;
    /* Prints it, if there is anything to print. */
    struct watched (*tell)(struct cli_call *call,
                           const ProtobufCMessage *message);
};

/* Until it is to end, or the node was away for longer than --timeout. Also the
 * errors of the file, and of standard output. */
HL_MUST_USE hl_err watching_run(const struct watching *watching);

#endif
