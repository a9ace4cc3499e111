/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_RPC_TLS_CREDENTIALS_H
#define HL_NODE_RPC_TLS_CREDENTIALS_H

/* The server's certificate, key and roots, which the core asks for at each
 * handshake: so they change without a restart. Any thread. */

#include <grpc/grpc_security.h>
#include <pthread.h>

#include "node/rpc/rpc.h"

struct tls_credentials_port;

struct tls_credentials {
    pthread_mutex_t lock;
    char *roots, *chain, *key; /* PEM, owned */
    uint64_t version;
    struct tls_credentials_port *ports; /* each is given a version once */
};

void tls_credentials_init(struct tls_credentials *credentials);
/* After the core's server is gone. Wipes the key. */
void tls_credentials_fini(struct tls_credentials *credentials);

/* Copies. What the core cannot use it leaves aside, and keeps the former. */
void tls_credentials_set(struct tls_credentials *credentials,
                         const struct rpc_credentials *from);

/* For grpc_server_add_http2_port(); the caller's to release. Clients must
 * have a certificate, and it must verify. */
grpc_server_credentials *
tls_credentials_core(struct tls_credentials *credentials);

#endif
