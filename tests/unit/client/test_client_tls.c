/* SPDX-License-Identifier: Apache-2.0 */

/* Calls over mutual TLS: the node that was meant answers, or nobody does. */

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "heluo/v1/node.pb-c.h"
#include "node/client/client.h"
#include "tests/support/scratch.h"
#include "tests/support/support.h"
#include "tests/unit/certs/cert_maker.h"
#include "tests/unit/client/tiny_server.h"

#define STATUS "/heluo.v1.Node/Status"
#define ALLIANCE "zy.example"
#define ZHENGZHOU "URI:spiffe://zy.example/node/zhengzhou"
#define DNS ",DNS:zhengzhou.zy.example"
#define OPERATOR "URI:spiffe://zy.example/operator/zhengzhou/li"

struct files {
    char folder[64];
    char root[96], other_root[96], certificate[96], key[96], other_key[96];
};

static struct maker_pair make(const struct maker_pair *issuer,
                              const char *names)
{
    int64_t now = (int64_t)time(NULL);
    return maker_make(&(struct maker_spec){
        .issuer = issuer,
        .names = names,
        .constraints = issuer == NULL ? "critical,CA:TRUE" : NULL,
        .key_usage = issuer == NULL ? "critical,keyCertSign,cRLSign" : NULL,
        .extended_usage = issuer == NULL ? MAKER_NONE : NULL,
        .common_name = issuer == NULL ? "root" : NULL,
        .from = now - 3600,
        .to = now + 3600});
}

/* The caller's, a text. */
static struct writer key_text(const struct maker_pair *pair)
{
    struct writer text = {0};
    BIO *bio = BIO_new(BIO_s_mem());
    char *data = NULL;
    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, pair->key, NULL, NULL,
                                                   0, NULL, NULL),
                     1);
    long size = BIO_get_mem_data(bio, &data);
    writer_bytes(&text, bytes_of(data, (size_t)size));
    BIO_free(bio);
    return text;
}

static void write_file(const struct files *files, const char *name,
                       const struct writer *text, char path[96])
{
    snprintf(path, 96, "%s/%s", files->folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text->data, 1, text->size, file), text->size);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0600), 0);
}

static void write_certificate(const struct files *files, const char *name,
                              const struct maker_pair *pair, char path[96])
{
    struct writer text = {0};
    maker_write(pair->certificate, &text);
    write_file(files, name, &text, path);
    writer_fini(&text);
}

static void write_key(const struct files *files, const char *name,
                      const struct maker_pair *pair, char path[96])
{
    struct writer text = key_text(pair);
    write_file(files, name, &text, path);
    writer_fini(&text);
}

struct world {
    struct files files;
    struct maker_pair root, other, server, caller;
    struct tiny_server *tiny;
    char target[64];
};

static void answer(struct tiny_call *call, void *context)
{
    (void)context;
    Heluo__V1__NodeStatusResponse status =
        HELUO__V1__NODE_STATUS_RESPONSE__INIT;
    status.node = "zhengzhou";
    tiny_send_message(call, &status.base);
    tiny_finish(call, 0, NULL, "");
}

static void refuse(struct tiny_call *call, void *context)
{
    (void)context;
    tiny_finish(call, 7, "HL_EDENIED", "no");
}

static void start_server(struct world *world, tiny_serve_fn serve)
{
    struct writer root = {0};
    struct writer chain = {0};
    struct writer key = key_text(&world->server);
    maker_write(world->root.certificate, &root);
    maker_write(world->server.certificate, &chain);
    writer_u8(&root, 0);
    writer_u8(&chain, 0);
    writer_u8(&key, 0);
    world->tiny =
        tiny_start(&(struct tiny_options){.address = "127.0.0.1:0",
                                          .roots = (const char *)root.data,
                                          .chain = (const char *)chain.data,
                                          .key = (const char *)key.data,
                                          .serve = serve});
    snprintf(world->target, sizeof(world->target), "127.0.0.1:%d",
             tiny_port(world->tiny));
    writer_fini(&root);
    writer_fini(&chain);
    writer_fini(&key);
}

static void world_init(struct world *world, const char *server_names,
                       tiny_serve_fn serve)
{
    *world = (struct world){0};
    scratch_make(world->files.folder, sizeof(world->files.folder));
    world->root = make(NULL, "URI:spiffe://zy.example");
    world->other = make(NULL, "URI:spiffe://zy.example");
    world->server = make(&world->root, server_names);
    world->caller = make(&world->root, OPERATOR);
    struct files *files = &world->files;
    write_certificate(files, "root.crt", &world->root, files->root);
    write_certificate(files, "other.crt", &world->other, files->other_root);
    write_certificate(files, "li.crt", &world->caller, files->certificate);
    write_key(files, "li.key", &world->caller, files->key);
    write_key(files, "other.key", &world->other, files->other_key);
    start_server(world, serve);
}

static void world_fini(struct world *world)
{
    tiny_stop(&world->tiny);
    scratch_remove(world->files.folder);
    maker_fini(&world->caller);
    maker_fini(&world->server);
    maker_fini(&world->other);
    maker_fini(&world->root);
}

static struct client_options options_of(const struct world *world)
{
    return (struct client_options){.target = world->target,
                                   .roots = world->files.root,
                                   .certificate = world->files.certificate,
                                   .key = world->files.key,
                                   .alliance = ALLIANCE,
                                   .node = "zhengzhou",
                                   .timeout_ms = 20000};
}

static hl_err call(const struct client_options *options,
                   struct hl_detail *detail)
{
    struct client *client = NULL;
    ProtobufCMessage *message = NULL;
    Heluo__V1__NodeStatusRequest request = HELUO__V1__NODE_STATUS_REQUEST__INIT;
    *detail = (struct hl_detail){0};
    hl_err err = client_create(options, &client, detail);
    if (err == HL_OK) {
        err = client_call(client, STATUS, &request.base,
                          &heluo__v1__node_status_response__descriptor,
                          &message, detail);
    }
    if (err == HL_OK) {
        protobuf_c_message_free_unpacked(message, NULL);
    }
    client_destroy(&client);
    return err;
}

static void the_node_that_was_meant_answers(void **state)
{
    (void)state;
    struct world world;
    struct hl_detail detail;
    world_init(&world, ZHENGZHOU DNS, answer);
    struct client_options options = options_of(&world);
    assert_ok(call(&options, &detail));
    world_fini(&world);
}

static void what_another_identity_says_is_not_believed(void **state)
{
    (void)state;
    static const char *const names[] = {
        "URI:spiffe://zy.example/node/luoyang" DNS,
        "URI:spiffe://zy.example/platform/zhengzhou/web" DNS,
        "URI:spiffe://other.example/node/zhengzhou" DNS,
        "URI:https://zy.example/node/zhengzhou" DNS,
        "DNS:zhengzhou.zy.example",
    };
    for (size_t i = 0; i < 2 * sizeof(names) / sizeof(names[0]); i++) {
        struct world world;
        struct hl_detail detail;
        world_init(&world, names[i / 2], i % 2 == 0 ? answer : refuse);
        struct client_options options = options_of(&world);
        assert_err(call(&options, &detail), HL_EIDENTITY);
        assert_non_null(
            strstr(detail.text, "spiffe://zy.example/node/zhengzhou"));
        world_fini(&world);
    }
}

static void no_host_of_another_name_gets_a_request(void **state)
{
    (void)state;
    struct world world;
    struct hl_detail detail;
    world_init(&world, ZHENGZHOU ",DNS:luoyang.zy.example", answer);
    struct client_options options = options_of(&world);
    assert_err(call(&options, &detail), HL_ECONNECT);
    assert_non_null(strstr(detail.text, "heluo ca check"));
    world_fini(&world);
}

static void a_server_of_another_authority_is_not_reached(void **state)
{
    (void)state;
    struct world world;
    struct hl_detail detail;
    world_init(&world, ZHENGZHOU DNS, answer);
    struct client_options options = options_of(&world);
    options.roots = world.files.other_root;
    assert_err(call(&options, &detail), HL_ECONNECT);
    world_fini(&world);
}

static void files_that_cannot_be_used_are_named(void **state)
{
    (void)state;
    struct world world;
    struct hl_detail detail;
    world_init(&world, ZHENGZHOU DNS, answer);
    struct client_options options = options_of(&world);
    options.key = world.files.other_key;
    assert_err(call(&options, &detail), HL_EMALFORMED);
    assert_non_null(strstr(detail.text, "other.key: not the certificate's"));
    options.key = world.files.root;
    assert_err(call(&options, &detail), HL_EMALFORMED);
    options = options_of(&world);
    options.certificate = world.files.key;
    assert_err(call(&options, &detail), HL_EMALFORMED);
    assert_non_null(strstr(detail.text, "li.key"));
    options.certificate = "/nonexistent/li.crt";
    assert_err(call(&options, &detail), HL_ENOTFOUND);
    assert_non_null(strstr(detail.text, "/nonexistent/li.crt"));
    options = options_of(&world);
    options.node = "Zheng/zhou";
    assert_err(call(&options, &detail), HL_EUSAGE);
    options = options_of(&world);
    options.certificate = NULL;
    assert_err(call(&options, &detail), HL_EUSAGE);
    assert_int_equal(chmod(world.files.key, 0644), 0);
    options = options_of(&world);
    assert_err(call(&options, &detail), HL_EFILEMODE);
    world_fini(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_node_that_was_meant_answers),
        cmocka_unit_test(what_another_identity_says_is_not_believed),
        cmocka_unit_test(no_host_of_another_name_gets_a_request),
        cmocka_unit_test(a_server_of_another_authority_is_not_reached),
        cmocka_unit_test(files_that_cannot_be_used_are_named),
    };
    /* What the core says of refused handshakes is expected here. */
    setenv("GRPC_VERBOSITY", "NONE", 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
