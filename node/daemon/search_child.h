/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_DAEMON_SEARCH_CHILD_H
#define HL_NODE_DAEMON_SEARCH_CHILD_H

/* The process heluo-search, started and started again: a thread of its own
 * that waits for its end. Its end is never the daemon's. */

#include "node/log/log.h"

struct search_child;

/* The program beside this one, with the same configuration; copied. */
void search_child_start(const char *config_path, struct log *log,
                        struct search_child **out);

/* Ends it, first by SIGTERM, so that it closes its index whole, and after
 * grace_ms by SIGKILL. Sets NULL; NULL is fine. */
void search_child_stop(struct search_child **child, int64_t grace_ms);

#endif
