/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/daemon/home.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs/tools/file.h"
#include "protocol/base/alloc.h"
#include "tests/support/scratch.h"
#include "tests/unit/certs/cert_maker.h"

#define ALLIANCE "zhongyuan.example"

static const int64_t start = 1800000000;

void home_write(struct home *home, const char *path, mode_t mode,
                struct bytes content)
{
    (void)home;
    assert_ok(file_replace(path, mode, content, NULL));
}

static void configure(struct home *home)
{
    struct writer text = {0};
    writer_text(&text, "alliance = " ALLIANCE "\nnode = luoyang\n"
                       "journal_key = journal.key\nmark = mark\n"
                       "charters = {charter-1}\ncharter_pin = ");
    for (int i = 0; i < 64; i++) {
        writer_text(&text, "0");
    }
    writer_text(&text, "\ntls_certificate = node.crt\ntls_key = node.key\n"
                       "tls_roots = ca/root.crt\ntls_crl = ca/root.crl\n");
    assert_ok(config_parse(writer_view(&text), bytes_of_text(home->folder),
                           &home->config, NULL));
    writer_fini(&text);
}

static void make_authority(struct home *home)
{
    char folder[96];
    snprintf(folder, sizeof(folder), "%s/ca", home->folder);
    const struct authority_setup setup = {.folder = folder,
                                          .alliance = bytes_of_text(ALLIANCE),
                                          .days = 3650,
                                          .now = home->now};
    assert_ok(authority_init(&setup, NULL));
    assert_ok(
        authority_open(folder, bytes_of_text(""), &home->authority, NULL));
}

void home_certify(struct home *home, const char *who, uint64_t days)
{
    struct identity identity = {0};
    struct writer uri = {0}, certificate = {0}, key_text = {0};
    X509 *made = NULL;
    EVP_PKEY *key = maker_key_p256();
    writer_format(&uri, "spiffe://" ALLIANCE "/%s", who);
    assert_ok(spiffe_parse(writer_view(&uri), &identity, NULL));
    const struct authority_request request = {.identity = &identity,
                                              .public_key = key,
                                              .days = days,
                                              .now = home->now};
    assert_ok(authority_issue(home->authority, &request, &made, NULL));
    maker_write(made, &certificate);
    assert_ok(secret_write_key(key, bytes_of_text(""), &key_text));
    home_write(home, home->config.tls_certificate, 0644,
               writer_view(&certificate));
    home_write(home, home->config.tls_key, 0600, writer_view(&key_text));
    X509_free(made);
    EVP_PKEY_free(key);
    writer_fini(&uri);
    writer_fini(&certificate);
    secret_fini(&key_text);
}

void home_key(struct home *home, enum key_kind kind, const char *node,
              const char *passphrase, struct vkey *public)
{
    struct writer text = {0};
    struct key_public made;
    const struct keyfile_spec spec = {.kind = kind,
                                      .alliance = bytes_of_text(ALLIANCE),
                                      .id = bytes_of_text(node),
                                      .passphrase = bytes_of_text(passphrase)};
    assert_ok(keyfile_new(&spec, &text, &made, NULL));
    home_write(home, home->config.journal_key, 0600, writer_view(&text));
    if (public != NULL) {
        *public = made.vkey;
    }
    secret_fini(&text);
}

void home_charter(struct home *home)
{
    charter_fini(&home->charter);
    world_sign(&home->world, &home->draft, LI | WANG, &home->charter);
    home_write(home, home->config.charters.items[0], 0644, home->charter.raw);
    for (size_t i = 0; i < HL_HASH_BYTES; i++) {
        snprintf(home->config.charter_pin + 2 * i, 3, "%02x",
                 home->charter.hash.bytes[i]);
    }
}

void home_add_charter(struct home *home, const char *name,
                      const struct charter *charter)
{
    char path[128];
    struct config_list *list = &home->config.charters;
    snprintf(path, sizeof(path), "%s/%s", home->folder, name);
    home_write(home, path, 0644, charter->raw);
    assert_true(list->count < CONFIG_LIST_MAX);
    list->items[list->count++] = hl_copy(path, strlen(path));
}

void home_init(struct home *home, const char *test_name)
{
    memset(home, 0, sizeof(*home));
    scratch_make(home->folder, sizeof(home->folder));
    home->now = wall_from_seconds(start);
    world_init(&home->world, test_name);
    configure(home);
    make_authority(home);
    home_certify(home, "node/luoyang", 90);
    world_charter(&home->world, &home->draft);
    struct charter_node *node =
        charter_find_node_mutable(&home->draft, bytes_of_text("luoyang"));
    home_key(home, KEY_JOURNAL, "luoyang", "", &node->journal_keys[0].vkey);
    home_charter(home);
}

void home_fini(struct home *home)
{
    credentials_fini(&home->made);
    charter_fini(&home->charter);
    charter_fini(&home->draft);
    authority_close(&home->authority);
    config_fini(&home->config);
    world_fini(&home->world);
    scratch_remove(home->folder);
}

hl_err home_load(struct home *home)
{
    credentials_fini(&home->made);
    return credentials_load(&home->config, NULL, home->now, &home->made,
                            home->subject, &home->detail);
}

void home_assert_refused(struct home *home, hl_err err, const char *subject,
                         const char *why)
{
    hl_err got = home_load(home);
    size_t size = strlen(home->subject), tail = strlen(subject);
    bool same =
        size >= tail && strcmp(home->subject + size - tail, subject) == 0;
    if (got != err || !same || strstr(home->detail.text, why) == NULL) {
        fail_msg("%s: %s: %s, not %s of %s: %s", home->subject,
                 hl_err_name(got), home->detail.text, hl_err_name(err), subject,
                 why);
    }
    assert_null(home->made.trust);
    assert_null(home->made.charter);
}
