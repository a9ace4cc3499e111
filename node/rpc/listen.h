/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_RPC_LISTEN_H
#define HL_NODE_RPC_LISTEN_H

/* Binds the server's addresses. At start, one thread. */

#include <grpc/grpc.h>

#include "node/rpc/tls_credentials.h"

/* HL_EIO  the address cannot be bound, or the certificates cannot be used;
 *         detail says which and why. */
HL_MUST_USE hl_err listen_tcp(grpc_server *core, const char *address,
                              struct tls_credentials *credentials,
                              uint16_t *port, struct hl_detail *detail);

/* The socket's file has that mode from the moment it is there: the process's
 * umask is changed meanwhile, and files that other threads create at that
 * moment are closed to others too. What an ended process left is replaced.
 *
 * HL_EIO  somebody listens there, it is no socket, it cannot be bound. */
HL_MUST_USE hl_err listen_unix(grpc_server *core, const char *path,
                               unsigned mode, struct hl_detail *detail);

#endif
