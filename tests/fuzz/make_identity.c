/* SPDX-License-Identifier: Apache-2.0 */

/* Makes corpus/identity and identity_trust.h anew:
 *
 *   make_identity tests/fuzz
 *
 * An authority, one certificate of every shape, and near misses. The private
 * keys are never written: what is here can be verified, and not extended. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/base/hl_assert.h"
#include "tests/unit/certs/cert_maker.h"

#define LUOYANG "URI:spiffe://zy.example/node/luoyang,DNS:luoyang.zy.example"

static const char *folder;

static void write_file(const char *name, struct bytes content)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (file == NULL ||
        fwrite(content.data, 1, content.size, file) != content.size ||
        fclose(file) != 0) {
        perror(path);
        exit(EXIT_FAILURE);
    }
}

static void write_seed(const char *name, struct bytes content)
{
    char path[256];
    snprintf(path, sizeof(path), "corpus/identity/%s", name);
    write_file(path, content);
}

static const struct {
    const char *name;
    struct maker_spec spec;
} shapes[] = {
    {"node", {.names = LUOYANG}},
    {"platform", {.names = "URI:spiffe://zy.example/platform/luoyang/shop"}},
    {"operator", {.names = "URI:spiffe://zy.example/operator/luoyang/li"}},
    {"coordinator",
     {.names = "URI:spiffe://zy.example/coordinator/henan",
      .extended_usage = "clientAuth"}},
    {"clearing-denied", {.names = "URI:spiffe://zy.example/clearing/desk"}},
    {"expired", {.names = LUOYANG, .from = 1000, .to = 1400}},
    {"not-yet", {.names = LUOYANG, .from = 1600}},
    {"revoked", {.names = LUOYANG, .serial = 66}},
    {"long-life", {.names = LUOYANG, .to = 90000000}},
    {"other-alliance", {.names = "URI:spiffe://other.example/clearing/desk"}},
    {"unknown-role", {.names = "URI:spiffe://zy.example/auditor/li"}},
    {"unknown-node", {.names = "URI:spiffe://zy.example/operator/nowhere/li"}},
    {"ended-node", {.names = "URI:spiffe://zy.example/operator/kaifeng/li"}},
    {"no-names", {0}},
    {"no-uri", {.names = "DNS:luoyang.zy.example"}},
    {"two-uris", {.names = LUOYANG ",URI:spiffe://zy.example/node/kaifeng"}},
    {"wildcard",
     {.names = "URI:spiffe://zy.example/node/luoyang,DNS:*.zy.example"}},
    {"other-names", {.names = LUOYANG ",IP:10.0.0.1,email:li@zy.example"}},
    {"authority",
     {.names = LUOYANG,
      .constraints = "critical,CA:TRUE",
      .key_usage = "critical,keyCertSign,digitalSignature"}},
    {"no-usage", {.names = LUOYANG, .key_usage = MAKER_NONE}},
    {"server-only", {.names = LUOYANG, .extended_usage = "serverAuth"}},
};

static void write_shapes(const struct maker_pair *root)
{
    for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        struct maker_spec spec = shapes[i].spec;
        struct writer der = {0};
        spec.issuer = root;
        struct maker_pair pair = maker_make(&spec);
        maker_write_der(pair.certificate, &der);
        write_seed(shapes[i].name, writer_view(&der));
        writer_fini(&der);
        maker_fini(&pair);
    }
}

static void write_keys(const struct maker_pair *root)
{
    static const struct {
        const char *name;
        EVP_PKEY *(*make)(void);
    } keys[] = {{"key-rsa", maker_key_rsa},
                {"key-p384", maker_key_p384},
                {"key-ed25519", maker_key_ed25519}};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        EVP_PKEY *key = keys[i].make();
        struct writer der = {0};
        struct maker_pair pair = maker_make(
            &(struct maker_spec){.issuer = root, .key = key, .names = LUOYANG});
        maker_write_der(pair.certificate, &der);
        write_seed(keys[i].name, writer_view(&der));
        writer_fini(&der);
        maker_fini(&pair);
        EVP_PKEY_free(key);
    }
}

static void write_chain(const struct maker_pair *root, struct writer *crls)
{
    struct writer text = {0};
    struct maker_pair between =
        maker_make(&(struct maker_spec){.issuer = root,
                                        .common_name = "between",
                                        .constraints = "critical,CA:TRUE",
                                        .key_usage = "critical,keyCertSign,"
                                                     "cRLSign",
                                        .extended_usage = MAKER_NONE});
    struct maker_pair leaf =
        maker_make(&(struct maker_spec){.issuer = &between, .names = LUOYANG});
    maker_write(leaf.certificate, &text);
    write_seed("chain-cut.pem", writer_view(&text));
    maker_write(between.certificate, &text);
    write_seed("chain.pem", writer_view(&text));
    maker_write_list(&(struct maker_list){.issuer = &between}, crls);
    maker_fini(&leaf);
    maker_fini(&between);
    writer_fini(&text);
}

static void write_stranger(void)
{
    struct maker_pair root = maker_root("zy root");
    struct maker_pair leaf =
        maker_make(&(struct maker_spec){.issuer = &root, .names = LUOYANG});
    struct writer text = {0};
    maker_write(leaf.certificate, &text);
    maker_write(root.certificate, &text);
    write_seed("stranger.pem", writer_view(&text));
    maker_fini(&leaf);
    maker_fini(&root);
    writer_fini(&text);
}

static void write_texts(void)
{
    static const struct {
        const char *name, *text;
    } texts[] = {
        {"uri-node", "spiffe://zy.example/node/luoyang"},
        {"uri-platform", "spiffe://zy.example/platform/luoyang/shop"},
        {"uri-clearing", "spiffe://a/clearing/0"},
        {"uri-slash", "spiffe://zy.example/node/luoyang/"},
        {"pem-no-end", "-----BEGIN CERTIFICATE-----\nAAEC\n"},
        {"pem-header", "-----BEGIN CERTIFICATE-----\n"
                       "Proc-Type: 4,ENCRYPTED\n\nAAEC\n"
                       "-----END CERTIFICATE-----\n"},
        {"pem-other", "-----BEGIN X509 CRL-----\r\nAA==\r\n"
                      "-----END X509 CRL-----\r\n"},
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        write_seed(texts[i].name, bytes_of_text(texts[i].text));
    }
}

static void add_string(struct writer *out, const char *name, struct bytes text)
{
    writer_format(out, "\nstatic const char %s[] =\n    \"", name);
    for (size_t i = 0; i < text.size; i++) {
        bool last = i + 1 == text.size;
        if (text.data[i] == '\n') {
            writer_text(out, last ? "\\n\";\n" : "\\n\"\n    \"");
        } else {
            writer_u8(out, text.data[i]);
        }
    }
}

static void write_trust(struct bytes roots, struct bytes crls)
{
    struct writer text = {0};
    writer_text(&text,
                "/* SPDX-License-Identifier: Apache-2.0 */\n"
                "#ifndef HL_TESTS_FUZZ_IDENTITY_TRUST_H\n"
                "#define HL_TESTS_FUZZ_IDENTITY_TRUST_H\n\n"
                "/* Made by make_identity.c, with corpus/identity. */\n");
    add_string(&text, "identity_roots", roots);
    add_string(&text, "identity_crls", crls);
    writer_text(&text, "\n#endif\n");
    write_file("identity_trust.h", writer_view(&text));
    writer_fini(&text);
}

int main(int argc, char **argv)
{
    static const long revoked[] = {66, 0};
    if (argc != 2) {
        fprintf(stderr, "usage: %s tests/fuzz\n", argv[0]);
        return EXIT_FAILURE;
    }
    folder = argv[1];
    struct maker_pair root = maker_root("zy root");
    struct writer roots = {0}, crls = {0};
    maker_write(root.certificate, &roots);
    maker_write_list(&(struct maker_list){.issuer = &root, .serials = revoked},
                     &crls);
    write_seed("list.pem", writer_view(&crls));
    write_shapes(&root);
    write_keys(&root);
    write_chain(&root, &crls);
    write_stranger();
    write_texts();
    write_trust(writer_view(&roots), writer_view(&crls));
    writer_fini(&roots);
    writer_fini(&crls);
    maker_fini(&root);
    return EXIT_SUCCESS;
}
