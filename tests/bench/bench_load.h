/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_BENCH_LOAD_H
#define HL_TESTS_BENCH_LOAD_H

/* The side of the clients: calls to a running node over one connection, a
 * number of them under way at a time. What fails ends the process. */

#include "node/client/load_client.h"

struct load {
    struct load_client *client;
    uint32_t run;
    uint64_t next; /* for whoever makes the requests */
};

void load_open(struct load *load, const struct client_options *options,
               uint32_t run);
void load_close(struct load *load);

/* Requests of one method, until that moment and as long as there are any. */
struct load_calls {
    const char *path;
    const ProtobufCMessageDescriptor *schema; /* of the answers */
    size_t calls;                             /* under way at a time */
    double until;                             /* as bench_now() */
    /* NULL: no more; borrowed until the next. */
    const ProtobufCMessage *(*next)(void *context);
    void *context;
};

/* How many were answered; all of them had an effect. */
uint64_t load_calls(struct load *load, const struct load_calls *calls);

/* A second: calls that do nothing (grpc.health.v1.Health/Check). */
double load_checks(struct load *load, size_t calls, double seconds);

/* One call. */
struct load_call {
    const char *path;
    const ProtobufCMessageDescriptor *schema;
    const ProtobufCMessage *request;
    void (*answer)(void *context, const ProtobufCMessage *message);
    void *context;
};
void load_call(struct load *load, const struct load_call *call);

struct load_state {
    uint64_t writes, commits, size;
};
struct load_state load_state(struct load *load);

double bench_now(void); /* seconds, monotonic */

#endif
