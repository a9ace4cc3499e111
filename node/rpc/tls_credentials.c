/* SPDX-License-Identifier: Apache-2.0 */
#include "node/rpc/tls_credentials.h"

#include <openssl/crypto.h>
#include <string.h>

#include "protocol/base/alloc.h"

struct tls_credentials_port {
    struct tls_credentials *credentials;
    uint64_t given;
    struct tls_credentials_port *next;
};

void tls_credentials_init(struct tls_credentials *credentials)
{
    *credentials = (struct tls_credentials){0};
    pthread_mutex_init(&credentials->lock, NULL);
}

static void release(struct tls_credentials *credentials)
{
    hl_free(credentials->roots);
    hl_free(credentials->chain);
    if (credentials->key != NULL) {
        OPENSSL_cleanse(credentials->key, strlen(credentials->key));
        hl_free(credentials->key);
    }
}

void tls_credentials_fini(struct tls_credentials *credentials)
{
    release(credentials);
    while (credentials->ports != NULL) {
        struct tls_credentials_port *port = credentials->ports;
        credentials->ports = port->next;
        hl_free(port);
    }
    pthread_mutex_destroy(&credentials->lock);
}

void tls_credentials_set(struct tls_credentials *credentials,
                         const struct rpc_credentials *from)
{
    pthread_mutex_lock(&credentials->lock);
    release(credentials);
    credentials->roots = hl_copy(from->roots.data, from->roots.size);
    credentials->chain = hl_copy(from->chain.data, from->chain.size);
    credentials->key = hl_copy(from->key.data, from->key.size);
    credentials->version++;
    pthread_mutex_unlock(&credentials->lock);
}

static grpc_ssl_certificate_config_reload_status
fetch(void *context, grpc_ssl_server_certificate_config **config)
{
    struct tls_credentials_port *port = context;
    struct tls_credentials *credentials = port->credentials;
    pthread_mutex_lock(&credentials->lock);
    bool fresh = port->given != credentials->version;
    if (fresh) {
        grpc_ssl_pem_key_cert_pair pair = {.private_key = credentials->key,
                                           .cert_chain = credentials->chain};
        *config = grpc_ssl_server_certificate_config_create(credentials->roots,
                                                            &pair, 1);
        port->given = credentials->version;
    }
    pthread_mutex_unlock(&credentials->lock);
    return fresh ? GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW
                 : GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
}

grpc_server_credentials *
tls_credentials_core(struct tls_credentials *credentials)
{
    struct tls_credentials_port *port = hl_alloc(1, sizeof(*port));
    pthread_mutex_lock(&credentials->lock);
    *port = (struct tls_credentials_port){.credentials = credentials,
                                          .next = credentials->ports};
    credentials->ports = port;
    pthread_mutex_unlock(&credentials->lock);
    return grpc_ssl_server_credentials_create_with_options(
        grpc_ssl_server_credentials_create_options_using_config_fetcher(
            GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY, fetch,
            port));
}
