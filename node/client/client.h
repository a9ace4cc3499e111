/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLIENT_CLIENT_H
#define HL_NODE_CLIENT_CLIENT_H

/* Calls to a node, for the command line and for tests: blocking, one thread.
 * Through the node's unix socket, or over TLS with a certificate. Ends at the
 * deadline, always.
 *
 * The first client of a process sets what the gRPC core reads from the
 * environment alone: TLS 1.3, and names looked up by the system. */

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

#include "protocol/base/bytes.h"
#include "protocol/base/hl_err.h"

struct client;

/* A larger answer is refused with HL_ELIMIT. */
enum { CLIENT_ANSWER_MAX_BYTES = 4 * 1024 * 1024 };

struct client_options {
    const char *target; /* "unix:/run/heluo/heluo.sock" or "host:port" */
    /* For host:port: files. The node that answers must be this one. */
    const char *roots, *certificate, *key;
    const char *alliance, *node;
    int64_t timeout_ms; /* of a unary call, above 0; of each message of a
                           stream the caller says */
};

/* Connecting comes with the first call. detail names the file.
 *
 * HL_EUSAGE      options that do not go together, or no such node's name.
 * HL_ENOTFOUND, HL_EIO, HL_ELIMIT  a file.
 * HL_EFILEMODE   others may read the key.
 * HL_EMALFORMED, HL_ENOCERT  no certificate, no key, or not of one another. */
HL_MUST_USE hl_err client_create(const struct client_options *options,
                                 struct client **out, struct hl_detail *detail);
/* Its streams are closed before. Sets NULL; NULL is fine. */
void client_destroy(struct client **client);

/* For the calls from now on; above 0. */
void client_set_timeout(struct client *client, int64_t timeout_ms);

/* A unary call. *response is the caller's: protobuf_c_message_free_unpacked.
 * A failure that the node names (heluo-error) comes back as that error, with
 * its text; other statuses as the nearest one.
 *
 * HL_ECONNECT   nobody answers there, or the connection broke: a write may or
 *               may not have happened. detail says what to look at.
 * HL_EDEADLINE  no answer in time: likewise.
 * HL_EIDENTITY  another node answered.
 * HL_ELIMIT     the answer is too large, HL_EMALFORMED is no such message. */
HL_MUST_USE hl_err client_call(struct client *client, const char *path,
                               const ProtobufCMessage *request,
                               const ProtobufCMessageDescriptor *answer,
                               ProtobufCMessage **response,
                               struct hl_detail *detail);

/* A server stream. client_stream_next() waits for a message for at most
 * wait_ms (negative: without end); *message is NULL where the stream has
 * ended well, and where none came in time: then *timed_out is true, and the
 * stream goes on. Errors are those of client_call(); after one, and after the
 * end, only client_stream_close() may follow, which cancels what is open. */
struct client_stream;
struct client_stream *
client_stream_open(struct client *client, const char *path,
                   const ProtobufCMessage *request,
                   const ProtobufCMessageDescriptor *answer);
HL_MUST_USE hl_err client_stream_next(struct client_stream *stream,
                                      int64_t wait_ms,
                                      ProtobufCMessage **message,
                                      bool *timed_out,
                                      struct hl_detail *detail);
void client_stream_close(struct client_stream **stream);

#endif
