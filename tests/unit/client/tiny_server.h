/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_CLIENT_TINY_SERVER_H
#define HL_TESTS_UNIT_CLIENT_TINY_SERVER_H

/* A gRPC server as small as it can be, which answers as a test wants it: also
 * as no node of ours would. A thread of its own serves one call at a time. */

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stdint.h>

#include "protocol/base/bytes.h"

struct tiny_server;
struct tiny_call;

/* Serves one call of any method, on the server's thread; ends it by
 * tiny_finish() or leaves it for the caller to give up. */
typedef void (*tiny_serve_fn)(struct tiny_call *call, void *context);

struct tiny_options {
    const char *address;     /* "unix:/path" or "127.0.0.1:0" */
    const char *roots;       /* PEM; with the next two: mutual TLS */
    const char *chain, *key; /* PEM */
    tiny_serve_fn serve;
    void *context;
};

struct tiny_server *tiny_start(const struct tiny_options *options);
/* Ends every call and connection. Sets NULL. */
void tiny_stop(struct tiny_server **server);
int tiny_port(const struct tiny_server *server);

bool tiny_is(const struct tiny_call *call, const char *path);
/* The request, borrowed while the call is served. */
struct bytes tiny_request(const struct tiny_call *call);
void tiny_send(struct tiny_call *call, struct bytes message);
void tiny_send_message(struct tiny_call *call, const ProtobufCMessage *message);
/* error: of trailing metadata "heluo-error", or NULL. */
void tiny_finish(struct tiny_call *call, int status, const char *error,
                 const char *text);
/* Waits until the caller has given the call up. */
void tiny_wait_for_cancel(struct tiny_call *call);

#endif
