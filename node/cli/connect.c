/* SPDX-License-Identifier: Apache-2.0 */
#include "node/cli/connect.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/daemon/config.h"

#define DEFAULT_SOCKET "/run/heluo/heluo.sock"
#define DEFAULT_CONFIG "/etc/heluo/heluod.conf"

enum {
    TIMEOUT_S = 10,
    TIMEOUT_MAX_S = 86400,
    FIRST_PAUSE_MS = 100,
    LONGEST_PAUSE_MS = 2000,
};

static const char *const network_options[] = {"alliance", "node", "certificate",
                                              "key", "root"};

/* The socket that the configuration names. One that nobody asked for may be
 * wrong or out of reach: it is edited while the node runs, and is not
 * everybody's to read. */
static hl_err configured_socket(struct cli_call *call, struct writer *target)
{
    const char *given = cli_get(call, "config");
    const char *path = given == NULL ? DEFAULT_CONFIG : given;
    struct config config = {0};
    hl_err err = config_read(path, &config, cli_about(call, path));
    if (err != HL_OK && given != NULL) {
        return err;
    }
    bool found = err == HL_OK && config.socket[0] != '\0';
    writer_format(target, "unix:%s", found ? config.socket : DEFAULT_SOCKET);
    if (err == HL_OK) {
        config_fini(&config);
    }
    return HL_OK;
}

static hl_err choose_socket(struct cli_call *call, struct writer *target)
{
    for (size_t i = 0; i < sizeof(network_options) / sizeof(char *); i++) {
        if (cli_has(call, network_options[i])) {
            return cli_usage(call, "--%s goes with --connect",
                             network_options[i]);
        }
    }
    const char *given = cli_get(call, "socket");
    const char *set = getenv("HELUO_SOCKET");
    if (given != NULL && cli_has(call, "config")) {
        return cli_usage(call, "give one of --socket and --config");
    }
    if (given == NULL && !cli_has(call, "config") && set != NULL &&
        set[0] != '\0') {
        given = set;
    }
    if (given == NULL) {
        return configured_socket(call, target);
    }
    writer_format(target, "unix:%s", given);
    return HL_OK;
}

static hl_err choose_network(struct cli_call *call, struct writer *target,
                             struct client_options *options)
{
    for (size_t i = 0; i < sizeof(network_options) / sizeof(char *); i++) {
        if (!cli_has(call, network_options[i])) {
            return cli_usage(call, "--connect needs --%s too",
                             network_options[i]);
        }
    }
    if (cli_has(call, "socket") || cli_has(call, "config")) {
        return cli_usage(call,
                         "--socket and --config do not go with --connect");
    }
    writer_text(target, cli_get(call, "connect"));
    options->alliance = cli_get(call, "alliance");
    options->node = cli_get(call, "node");
    options->certificate = cli_get(call, "certificate");
    options->key = cli_get(call, "key");
    options->roots = cli_get(call, "root");
    return HL_OK;
}

hl_err node_link_open(struct cli_call *call, struct node_link *out)
{
    struct client_options options = {0};
    struct writer target = {0};
    struct client *client = NULL;
    uint64_t timeout_s = 0;
    hl_err err = cli_get_decimal(call, "timeout", 1, TIMEOUT_MAX_S, TIMEOUT_S,
                                 &timeout_s);
    if (err == HL_OK) {
        err = cli_has(call, "connect") ? choose_network(call, &target, &options)
                                       : choose_socket(call, &target);
    }
    if (err == HL_OK) {
        /* The error that we print says all that the core would log. */
        setenv("GRPC_VERBOSITY", "NONE", 0);
        writer_u8(&target, 0);
        options.target = (const char *)target.data;
        options.timeout_ms = (int64_t)timeout_s * 1000;
        err = client_create(&options, &client, cli_about(call, ""));
    }
    if (err == HL_OK) {
        *out = (struct node_link){.client = client,
                                  .timeout_ms = options.timeout_ms};
    }
    writer_fini(&target);
    return err;
}

void node_link_close(struct node_link *link)
{
    client_destroy(&link->client);
}

hl_err node_link_ask(struct cli_call *call, struct node_link *link,
                     const char *path, const ProtobufCMessage *request,
                     const ProtobufCMessageDescriptor *answer,
                     ProtobufCMessage **response)
{
    return client_call(link->client, path, request, answer, response,
                       cli_about(call, ""));
}

hl_err node_link_ask_once(struct cli_call *call, const char *path,
                          const ProtobufCMessage *request,
                          const ProtobufCMessageDescriptor *answer,
                          ProtobufCMessage **response)
{
    struct node_link link = {0};
    hl_err err = node_link_open(call, &link);
    if (err == HL_OK) {
        err = node_link_ask(call, &link, path, request, answer, response);
    }
    node_link_close(&link);
    return err;
}

hl_err node_link_ask_until(struct cli_call *call, struct node_link *link,
                           const char *path, const ProtobufCMessage *request,
                           const ProtobufCMessageDescriptor *answer,
                           ProtobufCMessage **response)
{
    int64_t end_ms = node_link_now_ms() + link->timeout_ms;
    int64_t pause_ms = FIRST_PAUSE_MS;
    client_set_timeout(link->client, link->timeout_ms);
    for (;;) {
        hl_err err = node_link_ask(call, link, path, request, answer, response);
        int64_t left_ms = end_ms - node_link_now_ms();
        if (!node_link_is_passing(err) || left_ms <= pause_ms) {
            return err;
        }
        node_link_pause(pause_ms);
        client_set_timeout(link->client, left_ms - pause_ms);
        pause_ms =
            pause_ms * 2 > LONGEST_PAUSE_MS ? LONGEST_PAUSE_MS : pause_ms * 2;
    }
}

bool node_link_is_passing(hl_err err)
{
    return hl_err_grpc(err) == GRPC_UNAVAILABLE || err == HL_EBUSY;
}

int64_t node_link_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void node_link_pause(int64_t ms)
{
    struct timespec pause = {.tv_sec = ms / 1000,
                             .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}
