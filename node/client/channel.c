/* SPDX-License-Identifier: Apache-2.0 */
#include "node/client/channel.h"

#include <grpc/grpc_security.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "certs/identity/certificate.h"
#include "certs/tools/file.h"
#include "node/grpc/core.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_limits.h"

/* The file is a few hundred bytes; a key of 4096 bits of RSA is 3.3 kB. */
enum { KEY_MAX_BYTES = 16384 };

/* The last ones of create_core()'s arguments. */
enum { NETWORK_ARGS = 4 };

struct tls_files {
    struct writer roots;
    struct writer certificate;
    struct writer key;
    char dns[SPIFFE_MAX_BYTES];
};

static bool is_socket(const char *target)
{
    return strncmp(target, "unix:", 5) == 0;
}

static hl_err check_socket(const char *target, struct hl_detail *detail)
{
    size_t max = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;
    size_t size = strlen(target + 5);
    if (size == 0 || size > max) {
        return hl_fail(detail, HL_EUSAGE,
                       "the path of a socket has 1 to %zu bytes, this one %zu: "
                       "%s",
                       max, size, target + 5);
    }
    return HL_OK;
}

static hl_err check_options(const struct client_options *options,
                            struct hl_detail *detail)
{
    if (is_socket(options->target)) {
        return check_socket(options->target, detail);
    }
    if (strchr(options->target, ':') == NULL ||
        strchr(options->target, '/') != NULL) {
        return hl_fail(detail, HL_EUSAGE, "'%s' is not of the form host:port",
                       options->target);
    }
    if (options->roots == NULL || options->certificate == NULL ||
        options->key == NULL || options->alliance == NULL ||
        options->node == NULL) {
        return hl_fail(detail, HL_EUSAGE,
                       "over the network, an alliance, a node, a certificate, "
                       "its key and the alliance's root are needed");
    }
    return HL_OK;
}

/* Who must answer, and the host name that such a node's certificate has. */
static hl_err expect_node(const struct client_options *options,
                          struct channel *channel, char dns[SPIFFE_MAX_BYTES],
                          struct hl_detail *detail)
{
    struct identity identity;
    struct writer spiffe = {0};
    if (identity_make(ROLE_NODE, bytes_of_text(options->alliance),
                      bytes_of_text(options->node), bytes_of_text(""),
                      &identity, detail) != HL_OK) {
        return HL_EUSAGE;
    }
    spiffe_write(&identity, &spiffe);
    channel->spiffe = hl_copy(spiffe.data, spiffe.size);
    writer_fini(&spiffe);
    snprintf(dns, SPIFFE_MAX_BYTES, "%s.%s", identity.node, identity.alliance);
    return HL_OK;
}

/* Puts the file's name before what is said of it. */
static hl_err about_file(const char *path, hl_err err, struct hl_detail *detail)
{
    char text[HL_DETAIL_TEXT_BYTES];
    if (err != HL_OK && detail != NULL) {
        snprintf(text, sizeof(text), "%s", detail->text);
        return hl_fail(detail, err, "%s: %s", path, text);
    }
    return err;
}

/* No passphrase is asked for: the core could not pass it on. */
static int no_passphrase(char *buffer, int size, int writes, void *context)
{
    (void)buffer;
    (void)size;
    (void)writes;
    (void)context;
    return -1;
}

static hl_err check_key(const struct tls_files *files,
                        const struct certificate *certificate,
                        struct hl_detail *detail)
{
    hl_err err = HL_OK;
    BIO *bio = BIO_new_mem_buf(files->key.data, (int)files->key.size);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
    if (key == NULL) {
        err = hl_fail(detail, HL_EMALFORMED, "no private key in the clear");
    } else if (X509_check_private_key(certificate->leaf, key) != 1) {
        err = hl_fail(detail, HL_EMALFORMED, "not the certificate's key");
    }
    EVP_PKEY_free(key);
    BIO_free(bio);
    return err;
}

/* The core says of unusable files only that it could not connect. */
static hl_err check_files(const struct client_options *options,
                          const struct tls_files *files,
                          struct hl_detail *detail)
{
    struct certificate root = {0};
    struct certificate own = {0};
    hl_err err = about_file(
        options->roots,
        certificate_parse(writer_view(&files->roots), &root, detail), detail);
    if (err == HL_OK) {
        err = about_file(
            options->certificate,
            certificate_parse(writer_view(&files->certificate), &own, detail),
            detail);
    }
    if (err == HL_OK) {
        err = about_file(options->key, check_key(files, &own, detail), detail);
    }
    certificate_fini(&own);
    certificate_fini(&root);
    return err;
}

static hl_err read_files(const struct client_options *options,
                         struct tls_files *files, struct hl_detail *detail)
{
    hl_err err = about_file(
        options->roots,
        file_read(options->roots, HL_CERT_MAX_BYTES, &files->roots, detail),
        detail);
    if (err == HL_OK) {
        err = about_file(options->certificate,
                         file_read(options->certificate, HL_CERT_MAX_BYTES,
                                   &files->certificate, detail),
                         detail);
    }
    if (err == HL_OK) {
        err = about_file(
            options->key,
            file_read_secret(options->key, KEY_MAX_BYTES, &files->key, detail),
            detail);
    }
    if (err == HL_OK) {
        err = check_files(options, files, detail);
    }
    /* The core takes texts. */
    writer_u8(&files->roots, 0);
    writer_u8(&files->certificate, 0);
    writer_u8(&files->key, 0);
    return err;
}

static void files_fini(struct tls_files *files)
{
    writer_fini(&files->roots);
    writer_fini(&files->certificate);
    OPENSSL_cleanse(files->key.data, files->key.size);
    writer_fini(&files->key);
}

static grpc_arg integer_arg(char *key, int value)
{
    return (grpc_arg){
        .type = GRPC_ARG_INTEGER, .key = key, .value.integer = value};
}

/* Nothing of the surroundings decides where a call goes: no proxy, no service
 * configuration out of the DNS, no connection shared with another client. */
static grpc_channel *create_core(const char *target, char *dns,
                                 grpc_channel_credentials *credentials)
{
    grpc_arg args[] = {
        integer_arg(GRPC_ARG_ENABLE_HTTP_PROXY, 0),
        integer_arg(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1),
        integer_arg(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1),
        integer_arg(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH,
                    CLIENT_ANSWER_MAX_BYTES),
        /* Inflating comes before the limit: identity alone. */
        integer_arg(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1),
        integer_arg(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 10000),
        integer_arg(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100),
        integer_arg(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000),
        /* From here on, of connections over the network. A socket tells when
         * its other end is gone. */
        integer_arg(GRPC_ARG_KEEPALIVE_TIME_MS, 30000),
        integer_arg(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10000),
        integer_arg(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0),
        {.type = GRPC_ARG_STRING,
         .key = GRPC_SSL_TARGET_NAME_OVERRIDE_ARG,
         .value.string = dns},
    };
    grpc_channel_args all = {.num_args = sizeof(args) / sizeof(args[0]) -
                                         (dns[0] == '\0'),
                             .args = args};
    return grpc_channel_create(target, credentials, &all);
}

static void dial(const struct client_options *options, struct tls_files *files,
                 struct channel *channel)
{
    struct writer target = {0};
    grpc_channel_credentials *credentials = NULL;
    if (is_socket(options->target)) {
        writer_text(&target, options->target);
        credentials = grpc_insecure_credentials_create();
    } else {
        grpc_ssl_pem_key_cert_pair pair = {
            .private_key = (const char *)files->key.data,
            .cert_chain = (const char *)files->certificate.data};
        writer_format(&target, "dns:///%s", options->target);
        credentials = grpc_ssl_credentials_create_ex(
            (const char *)files->roots.data, &pair, NULL, NULL);
    }
    writer_u8(&target, 0);
    channel->core =
        create_core((const char *)target.data, files->dns, credentials);
    grpc_channel_credentials_release(credentials);
    writer_fini(&target);
}

hl_err channel_open(const struct client_options *options, struct channel *out,
                    struct hl_detail *detail)
{
    struct channel channel = {0};
    struct tls_files files = {0};
    hl_err err = check_options(options, detail);
    if (err == HL_OK && !is_socket(options->target)) {
        err = expect_node(options, &channel, files.dns, detail);
        if (err == HL_OK) {
            err = read_files(options, &files, detail);
        }
    }
    if (err != HL_OK) {
        hl_free(channel.spiffe);
        goto out;
    }
    core_begin();
    channel.target = hl_copy(options->target, strlen(options->target));
    dial(options, &files, &channel);
    *out = channel;
out:
    files_fini(&files);
    return err;
}

void channel_close(struct channel *channel)
{
    if (channel->core == NULL) {
        return;
    }
    grpc_channel_destroy(channel->core);
    core_end();
    hl_free(channel->target);
    hl_free(channel->spiffe);
    *channel = (struct channel){0};
}

grpc_call *channel_call(struct channel *channel, const char *path,
                        grpc_completion_queue *queue, gpr_timespec deadline)
{
    grpc_slice method = grpc_slice_from_copied_string(path);
    grpc_call *call =
        grpc_channel_create_call(channel->core, NULL, GRPC_PROPAGATE_DEFAULTS,
                                 queue, method, NULL, deadline, NULL);
    grpc_slice_unref(method);
    return call;
}

static const grpc_auth_property *find_property(const grpc_auth_context *context,
                                               const char *name)
{
    grpc_auth_property_iterator it =
        grpc_auth_context_find_properties_by_name(context, name);
    return grpc_auth_property_iterator_next(&it);
}

hl_err channel_check_peer(const struct channel *channel, grpc_call *call,
                          struct hl_detail *detail)
{
    grpc_auth_context *context =
        channel->spiffe == NULL ? NULL : grpc_call_auth_context(call);
    if (context == NULL) {
        return HL_OK;
    }
    hl_err err = HL_OK;
    const grpc_auth_property *id =
        find_property(context, GRPC_PEER_SPIFFE_ID_PROPERTY_NAME);
    bool connected =
        find_property(context, GRPC_TRANSPORT_SECURITY_TYPE_PROPERTY_NAME) !=
        NULL;
    if (connected &&
        (id == NULL || !bytes_equal_text(bytes_of(id->value, id->value_length),
                                         channel->spiffe))) {
        err = hl_fail(detail, HL_EIDENTITY,
                      "at %s answers %.*s, and not %s: nothing it says is "
                      "believed",
                      channel->target, id == NULL ? 6 : (int)id->value_length,
                      id == NULL ? "nobody" : id->value, channel->spiffe);
    }
    grpc_auth_context_release(context);
    return err;
}
