/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/rpc/rpc_world.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "certs/charter/charter.h"
#include "protocol/base/alloc.h"

struct rpc_limits world_limits(void)
{
    return (struct rpc_limits){.threads = 2,
                               .calls_max = 2000,
                               .calls_per_caller = 1000,
                               .connections_max = 1000,
                               .message_max_bytes = 4 << 20,
                               .handshake_timeout_ms = 10000,
                               .idle_timeout_ms = 600000,
                               .keepalive_ms = 20000,
                               .admission_interval_ms = 600000};
}

void world_revoke(struct world *world, const long *serials)
{
    struct writer roots = {0};
    struct writer crls = {0};
    struct trust *trust = NULL;
    int64_t now = (int64_t)time(NULL);
    maker_write(world->files.root.certificate, &roots);
    maker_write_list(&(struct maker_list){.issuer = &world->files.root,
                                          .made = now - 3600,
                                          .next = now + 7200,
                                          .serials = serials},
                     &crls);
    assert_ok(trust_create(&(struct trust_input){.roots = writer_view(&roots),
                                                 .crls = writer_view(&crls)},
                           &trust, NULL));
    gate_set(world->gate, &trust, NULL);
    assert_null(trust);
    writer_fini(&roots);
    writer_fini(&crls);
}

void world_charter(struct world *world, const char *const *nodes)
{
    struct charter *charter = hl_alloc(1, sizeof(*charter));
    charter_init(charter);
    snprintf(charter->alliance, sizeof(charter->alliance), "zy.example");
    for (; *nodes != NULL; nodes++) {
        struct charter_node *node = NULL;
        assert_ok(
            charter_add_node(charter, bytes_of_text(*nodes), &node, NULL));
    }
    gate_set(world->gate, NULL, &charter);
    assert_null(charter);
}

static void start(struct world *world, const struct rpc_service *services,
                  const struct rpc_limits *limits)
{
    struct writer roots = {0};
    struct writer chain = {0};
    struct writer key = {0};
    struct hl_detail detail = {0};
    const char *listen[] = {world->listen};
    maker_write(world->files.root.certificate, &roots);
    maker_write(world->server_pair.certificate, &chain);
    files_key(&world->server_pair, &key);
    struct rpc_server_options options = {.listen = listen,
                                         .listen_count = 1,
                                         .socket_path = world->socket,
                                         .socket_mode = 0600,
                                         .gate = world->gate,
                                         .services = services,
                                         .limits = *limits,
                                         .log = world->log};
    struct rpc_credentials credentials = {.roots = writer_view(&roots),
                                          .chain = writer_view(&chain),
                                          .key = writer_view(&key)};
    hl_err err =
        rpc_server_start(&options, &credentials, &world->server, &detail);
    if (err != HL_OK) {
        fail_msg("%s: %s", hl_err_name(err), detail.text);
    }
    writer_fini(&roots);
    writer_fini(&chain);
    writer_fini(&key);
}

static size_t count_threads(void)
{
    size_t count = 0;
    DIR *threads = opendir("/proc/self/task");
    assert_non_null(threads);
    for (struct dirent *at; (at = readdir(threads)) != NULL;) {
        count += at->d_name[0] != '.';
    }
    closedir(threads);
    return count;
}

/* Some of the core's threads end after it says that it has ended. One that is
 * at it when the process ends does not give back what OpenSSL keeps for it:
 * to LeakSanitizer, a leak. */
static void await_core_threads(size_t before)
{
    for (int tries = 0; tries < 5000 && count_threads() > before; tries++) {
        world_pause();
    }
}

void world_init(struct world *world, const struct rpc_service *services,
                const struct rpc_limits *limits)
{
    static const char *const nodes[] = {"zhengzhou", "luoyang", NULL};
    char name[] = "/tmp/heluo-rpc-log-XXXXXX";
    struct rpc_limits wide = world_limits();
    *world = (struct world){.listen = "127.0.0.1:0",
                            .threads_before = count_threads()};
    world->log_fd = mkstemp(name);
    assert_true(world->log_fd >= 0);
    unlink(name);
    world->log = log_create(world->log_fd, LOG_AS_TEXT, LOG_DEBUG);
    rpc_global_init(world->log);
    files_init(&world->files);
    const struct maker_pair *root = &world->files.root;
    world->li =
        files_add(&world->files, files_leaf(root, WORLD_LI, -3600, 3600, 10));
    world->web =
        files_add(&world->files, files_leaf(root, WORLD_WEB, -3600, 3600, 11));
    world->server_pair = files_leaf(
        root, "URI:spiffe://zy.example/node/zhengzhou,DNS:zhengzhou.zy.example",
        -3600, 3600, 2);
    world->gate =
        gate_create(bytes_of_text("zy.example"), bytes_of_text("zhengzhou"));
    world_revoke(world, NULL);
    world_charter(world, nodes);
    snprintf(world->socket, sizeof(world->socket), "%s/s", world->files.folder);
    snprintf(world->socket_target, sizeof(world->socket_target), "unix:%s",
             world->socket);
    start(world, services, limits == NULL ? &wide : limits);
    snprintf(world->target, sizeof(world->target), "127.0.0.1:%u",
             rpc_server_port(world->server, 0));
}

void world_fini(struct world *world)
{
    rpc_server_stop(&world->server, 5000);
    gate_destroy(&world->gate);
    maker_fini(&world->server_pair);
    files_fini(&world->files);
    rpc_global_fini();
    await_core_threads(world->threads_before);
    log_destroy(&world->log);
    close(world->log_fd);
}

struct client *world_client(struct world *world,
                            const struct files_caller *caller)
{
    struct client *client = NULL;
    struct hl_detail detail = {0};
    struct client_options options = {.target = world->socket_target,
                                     .timeout_ms = 20000};
    if (caller != NULL) {
        options = (struct client_options){.target = world->target,
                                          .roots = world->files.roots,
                                          .certificate = caller->certificate,
                                          .key = caller->key,
                                          .alliance = "zy.example",
                                          .node = "zhengzhou",
                                          .timeout_ms = 20000};
    }
    hl_err err = client_create(&options, &client, &detail);
    if (err != HL_OK) {
        fail_msg("%s: %s", hl_err_name(err), detail.text);
    }
    return client;
}

hl_err world_call(struct client *client, const struct rpc_method *method,
                  struct hl_detail *detail)
{
    ProtobufCMessage *request = hl_alloc(1, method->request->sizeof_message);
    ProtobufCMessage *answer = NULL;
    *detail = (struct hl_detail){0};
    method->request->message_init(request);
    hl_err err = client_call(client, method->path, request, method->response,
                             &answer, detail);
    if (err == HL_OK) {
        protobuf_c_message_free_unpacked(answer, NULL);
    }
    hl_free(request);
    return err;
}

size_t world_log_count(const struct world *world, const char *text)
{
    size_t found = 0;
    off_t size = lseek(world->log_fd, 0, SEEK_END);
    char *all = hl_alloc((size_t)size + 1, 1);
    assert_int_equal(pread(world->log_fd, all, (size_t)size, 0), size);
    for (const char *at = all; (at = strstr(at, text)) != NULL; at++) {
        found++;
    }
    hl_free(all);
    return found;
}

void world_pause(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}
