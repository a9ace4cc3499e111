/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_GRPC_CORE_H
#define HL_NODE_GRPC_CORE_H

/* The gRPC core of this process, begun and ended: TLS 1.3 alone, the system's
 * resolver.
 *
 * A program with it does not clean up libcrypto when it exits. The core's own
 * threads may go on behind core_end(), with a channel that was destroyed while
 * they dialled (or while they wait to dial again, for seconds), and would be in
 * the midst of libcrypto. */

/* Any thread; as often as one likes, each time followed by one core_end(). The
 * first one of a process before it starts a thread: it may change the
 * environment. */
void core_begin(void);
void core_end(void);

#endif
