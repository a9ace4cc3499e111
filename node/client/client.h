/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLIENT_CLIENT_H
#define HL_NODE_CLIENT_CLIENT_H

/* Calls to a node, for the command line and for tests: blocking, one thread.
 * Through the node's unix socket, or over TLS with a certificate. Ends at the
 * deadline, always. */

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

#include "protocol/base/bytes.h"
#include "protocol/base/hl_err.h"

struct client;

struct client_options {
    const char *target; /* "unix:/run/heluo/heluo.sock" or "host:port" */
    /* For host:port: files. The node that answers must be this one. */
    const char *roots, *certificate, *key;
    const char *alliance, *node;
    int64_t timeout_ms; /* of a unary call; of each message of a stream the
                           caller says */
};

/* HL_ENOTFOUND, HL_EIO, HL_EFILEMODE  a file; HL_EUSAGE  options that do not
 * go together. Connecting comes with the first call. */
HL_MUST_USE hl_err client_create(const struct client_options *options,
                                 struct client **out, struct hl_detail *detail);
void client_destroy(struct client **client);

/* A unary call. *response is the caller's: protobuf_c_message_free_unpacked.
 * A failure that the node names (heluo-error) comes back as that error, with
 * its text; other statuses as the nearest one.
 *
 * HL_ECONNECT   nobody answers there; detail says where and what to look at.
 * HL_EDEADLINE  no answer in time: a write may or may not have happened. */
HL_MUST_USE hl_err client_call(struct client *client, const char *path,
                               const ProtobufCMessage *request,
                               const ProtobufCMessageDescriptor *answer,
                               ProtobufCMessage **response,
                               struct hl_detail *detail);

/* A server stream. client_stream_next() waits for a message for at most
 * wait_ms (negative: without end); *message is NULL where the stream has
 * ended well, and *timed_out where none came in time. */
struct client_stream;
HL_MUST_USE hl_err client_stream_open(struct client *client, const char *path,
                                      const ProtobufCMessage *request,
                                      const ProtobufCMessageDescriptor *answer,
                                      struct client_stream **out,
                                      struct hl_detail *detail);
HL_MUST_USE hl_err client_stream_next(struct client_stream *stream,
                                      int64_t wait_ms,
                                      ProtobufCMessage **message,
                                      bool *timed_out,
                                      struct hl_detail *detail);
void client_stream_close(struct client_stream **stream);

#endif
