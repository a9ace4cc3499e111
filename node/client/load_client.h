/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLIENT_LOAD_CLIENT_H
#define HL_NODE_CLIENT_LOAD_CLIENT_H

/* Many unary calls at a time, for benches and tests: over one connection or
 * several, each with a number of calls under way. One thread, which does all
 * the work in load_client_run(). */

#include "node/client/client.h"

struct load_client;

enum { LOAD_CONNECTIONS_MAX = 4096, LOAD_CALLS_MAX = 65536 };

/* Errors as client_create(). options->timeout_ms is of each call. */
HL_MUST_USE hl_err load_client_create(const struct client_options *options,
                                      size_t connections,
                                      struct load_client **out,
                                      struct hl_detail *detail);
void load_client_destroy(struct load_client **load);

struct load_answer {
    uint64_t number; /* of the request, counted from 0 */
    hl_err err;
    const ProtobufCMessage *message; /* NULL unless err is HL_OK */
    const struct hl_detail *detail;  /* why, unless it is */
    int64_t latency_ns;
};

struct load_job {
    const char *path;
    const ProtobufCMessageDescriptor *schema; /* of the answers */
    size_t calls; /* under way at a time, over all connections */
    /* The next request; borrowed until the next call. NULL: no more. */
    const ProtobufCMessage *(*request)(void *context, uint64_t number);
    /* As answers come, in any order; may be NULL. The answer is borrowed. */
    void (*answer)(void *context, const struct load_answer *answer);
    void *context;
};

/* Returns when the last answer was given. */
void load_client_run(struct load_client *load, const struct load_job *job);

#endif
