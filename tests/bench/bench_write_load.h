/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_BENCH_WRITE_LOAD_H
#define HL_TESTS_BENCH_WRITE_LOAD_H

/* The side of the clients: calls to a running node over one connection, a
 * number of them under way at a time. What fails ends the process. */

#include "node/client/load_client.h"

enum { LOAD_BATCH_ITEMS = 8190 };

struct load {
    struct load_client *client;
    uint32_t run;
    uint64_t next; /* unit */
};

void load_open(struct load *load, const struct client_options *options,
               uint32_t run);
void load_close(struct load *load);

/* A second. Calls that do nothing (grpc.health.v1.Health/Check); puts of one
 * unit each. */
double load_checks(struct load *load, size_t calls, double seconds);
double load_puts(struct load *load, size_t calls, double seconds);

/* Units a second of one call of Unit.PutBatch; making the request is not
 * measured. */
double load_batch(struct load *load);

struct load_state {
    uint64_t writes, commits, size;
};
struct load_state load_state(struct load *load);

double bench_now(void); /* seconds, monotonic */

#endif
