/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_RPC_ACCEPT4_H
#define HL_NODE_RPC_ACCEPT4_H

/* The process's accept4(), in the place of libc's: gRPC's core stops
 * listening for ever at the first error that is not EAGAIN, and bounds no
 * connections. This one goes past what a listener can survive (no descriptors
 * left, a connection that died while it waited), and closes what is over the
 * limit. State is the process's, as the symbol is. Any thread. */

#include <stdint.h>
#include <sys/socket.h>

struct accept4_statistics {
    uint32_t open;         /* TCP connections now */
    uint64_t refused;      /* closed at once: over the limit */
    uint64_t out_of_files; /* closed at once: no descriptor was left */
};

/* TCP connections open at a time, in the whole process; those that are open
 * stay. Connections to unix sockets are never counted. */
void accept4_set_limit(uint32_t connections_max);

void accept4_statistics(struct accept4_statistics *out);

/* As accept4(2), but for the errors named above. */
int accept4(int fd, struct sockaddr *address, socklen_t *size, int flags);

#endif
