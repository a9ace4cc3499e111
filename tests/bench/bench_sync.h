/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_BENCH_SYNC_H
#define HL_TESTS_BENCH_SYNC_H

/* Parts of bench_sync, which bench_sync.sh calls. Each prints lines of a name
 * and a figure; what fails ends the process. */

#include "node/client/client.h"
#include "protocol/base/bytes.h"

void sync_must(hl_err err, const char *what, const struct hl_detail *detail);
struct client *sync_dial(const char *target);

/* Writes units at `writer`, rate a second for so many seconds, and watches for
 * them at `partner`: both nodes' sockets. */
void sync_latency(const char *writer, const char *partner, unsigned rate,
                  unsigned seconds);

/* The raw limits of what a stopped node's store has of that origin: hashing
 * alone, and the puts of a receiver alone, in new stores below `folder`. */
void sync_raw_store(const char *store, const char *origin, const char *folder);

/* The same segments over gRPC and TLS, with nothing behind it. Forks, so it
 * comes before anything else uses gRPC. */
void sync_raw_wire(const char *store, const char *origin, const char *folder);

#endif
