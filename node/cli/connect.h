/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLI_CONNECT_H
#define HL_NODE_CLI_CONNECT_H

/* The way from a command to its node: the options that all such commands have,
 * and the client they come to. One thread. */

#include "node/cli/cli.h"
#include "node/client/client.h"

/* Rows of a command's options, before its all-zero row. */
#define CONNECT_OPTIONS                                                        \
    {"socket", "PATH",                                                         \
     "The node's unix socket. Else: that of --config, else the\n"              \
     "environment's HELUO_SOCKET, else that of /etc/heluo/heluod.conf if it\n" \
     "can be read, else /run/heluo/heluo.sock.",                               \
     CLI_OPTIONAL},                                                            \
        {"config", "FILE", "heluod's configuration, for its `socket`.",        \
         CLI_OPTIONAL},                                                        \
        {"connect", "HOST:PORT",                                               \
         "Over the network instead, with the five options below. It is\n"      \
         "--node that has to answer.",                                         \
         CLI_OPTIONAL},                                                        \
        {"alliance", "NAME", "Of the node.", CLI_OPTIONAL},                    \
        {"node", "ID", "Which node.", CLI_OPTIONAL},                           \
        {"certificate", "FILE", "Yours, from 'heluo ca issue'.",               \
         CLI_OPTIONAL},                                                        \
        {"key", "FILE", "Its private key.", CLI_OPTIONAL},                     \
        {"root", "FILE", "The alliance's root.crt.", CLI_OPTIONAL},            \
    {                                                                          \
        "timeout", "S", "Seconds to wait for an answer; 10 if not given.",     \
            CLI_OPTIONAL                                                       \
    }

/* A node as a command speaks to it. */
struct node_link {
    struct client *client;
    int64_t timeout_ms;
};

/* HL_EUSAGE  options that do not go together; and client_create()'s. */
HL_MUST_USE hl_err node_link_open(struct cli_call *call, struct node_link *out);
void node_link_close(struct node_link *link);

/* client_call(), its detail into the call. */
HL_MUST_USE hl_err node_link_ask(struct cli_call *call, struct node_link *link,
                                 const char *path,
                                 const ProtobufCMessage *request,
                                 const ProtobufCMessageDescriptor *answer,
                                 ProtobufCMessage **response);

/* That one question, over a link of its own. */
HL_MUST_USE hl_err node_link_ask_once(struct cli_call *call, const char *path,
                                      const ProtobufCMessage *request,
                                      const ProtobufCMessageDescriptor *answer,
                                      ProtobufCMessage **response);

/* The same again and again while the node is away or busy, for as long as
 * --timeout says. */
HL_MUST_USE hl_err node_link_ask_until(struct cli_call *call,
                                       struct node_link *link, const char *path,
                                       const ProtobufCMessage *request,
                                       const ProtobufCMessageDescriptor *answer,
                                       ProtobufCMessage **response);

/* Whether the same may go well a little later: the node is away, or refuses
 * at the moment. */
bool node_link_is_passing(hl_err err);

/* Milliseconds of a clock that never goes back; a pause. */
int64_t node_link_now_ms(void);
void node_link_pause(int64_t ms);

#endif
