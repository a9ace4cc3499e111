/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs/identity/admission.h"
#include "certs/tools/file.h"
#include "tests/unit/certs/cert_maker.h"
#include "tests/unit/daemon/home.h"

static const int64_t day = 86400;

static struct hl_wall after_days(const struct home *home, int64_t days)
{
    return wall_from_seconds(wall_seconds(home->now) + days * day);
}

static void a_good_set_is_loaded_whole(void **state)
{
    (void)state;
    struct home home;
    home_init(&home, __func__);
    assert_ok(home_load(&home));
    assert_string_equal(home.subject, "");
    assert_non_null(home.made.trust);
    assert_memory_equal(&home.made.charter->hash, &home.charter.hash,
                        HL_HASH_BYTES);
    assert_false(home.made.charter_contested);
    assert_string_equal(home.made.journal_key.public.name,
                        "zhongyuan.example/luoyang");
    assert_int_equal(home.made.journal_key_entry.from.size, 0);
    assert_memory_equal(home.made.roots.data, "-----BEGIN CERTIFICATE", 22);
    assert_memory_equal(home.made.chain.data, "-----BEGIN CERTIFICATE", 22);
    assert_memory_equal(home.made.key.data, "-----BEGIN PRIVATE KEY", 22);
    assert_int_equal(wall_seconds(home.made.certificate_until),
                     wall_seconds(after_days(&home, 90)));
    assert_int_equal(wall_seconds(home.made.crl_until),
                     wall_seconds(after_days(&home, AUTHORITY_LIST_DAYS)));
    home_fini(&home);
}

static void each_file_that_is_missing_is_named(void **state)
{
    (void)state;
    struct home home;
    home_init(&home, __func__);
    char **const paths[] = {
        &home.config.tls_roots,       &home.config.tls_crl,
        &home.config.tls_certificate, &home.config.tls_key,
        &home.config.journal_key,     &home.config.charters.items[0]};
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        char aside[128];
        snprintf(aside, sizeof(aside), "%s.aside", *paths[i]);
        assert_int_equal(rename(*paths[i], aside), 0);
        home_assert_refused(&home, HL_ENOTFOUND, *paths[i], "No such file");
        assert_int_equal(rename(aside, *paths[i]), 0);
        assert_ok(home_load(&home));
    }
    home_fini(&home);
}

static void each_file_of_nonsense_is_named(void **state)
{
    (void)state;
    struct home home;
    home_init(&home, __func__);
    const struct {
        const char *path;
        hl_err err;
        const char *why;
    } files[] = {
        {home.config.tls_roots, HL_ENOCERT, "root"},
        {home.config.tls_certificate, HL_ENOCERT, ""},
        {home.config.tls_key, HL_EMALFORMED, ""},
        {home.config.journal_key, HL_EMALFORMED, ""},
        {home.config.charters.items[0], HL_EMALFORMED, ""},
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct writer good = {0};
        test_read_file(files[i].path, &good);
        home_write(&home, files[i].path, 0600, bytes_of_text("nonsense\n"));
        home_assert_refused(&home, files[i].err, files[i].path, files[i].why);
        assert_true(home.detail.text[0] != '\0');
        home_write(&home, files[i].path, 0600, writer_view(&good));
        assert_ok(home_load(&home));
        writer_fini(&good);
    }
    home_fini(&home);
}

static void a_file_of_trust_that_is_cut_short_is_named(void **state)
{
    (void)state;
    struct home home;
    home_init(&home, __func__);
    const char *const paths[] = {home.config.tls_roots, home.config.tls_crl};
    for (size_t i = 0; i < 2; i++) {
        struct writer good = {0};
        test_read_file(paths[i], &good);
        struct bytes half = bytes_slice(writer_view(&good), 0, good.size / 2);
        home_write(&home, paths[i], 0644, half);
        home_assert_refused(&home, HL_EMALFORMED, paths[i], "");
        home_write(&home, paths[i], 0644, writer_view(&good));
        writer_fini(&good);
    }
    home_fini(&home);
}

static void a_node_that_was_ended_signs_nothing(void **state)
{
    (void)state;
    struct home home;
    home_init(&home, __func__);
    struct charter_node *node =
        charter_find_node_mutable(&home.draft, bytes_of_text("luoyang"));
    node->ended = true;
    node->end = (struct head){.size = 7};
    for (size_t i = 0; i < home.draft.node_count; i++) {
        home.draft.nodes[i].quorum = 0;
        home.draft.nodes[i].keeper_count = 0;
    }
    home_charter(&home);
    assert_ok(home_load(&home));
    assert_err(home.made.signing.err, HL_EENDED);
    assert_non_null(
        strstr(home.made.signing.why.text, "has ended node luoyang"));
    assert_err(home.made.time.err, HL_OK);
    home_fini(&home);
}

static void keys_that_others_may_read_are_refused(void **state)
{
    (void)state;
    struct home home;
    home_init(&home, __func__);
    const char *const keys[] = {home.config.tls_key, home.config.journal_key};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(chmod(keys[i], 0640), 0);
        home_assert_refused(&home, HL_EFILEMODE, keys[i], "chmod 600");
        assert_int_equal(chmod(keys[i], 0600), 0);
    }
    assert_ok(home_load(&home));
    home_fini(&home);
}

static void the_journal_key_is_the_one_that_the_charter_has(void **state)
{
    (void)state;
    struct home home;
    home_init(&home, __func__);
    const char *path = home.config.journal_key;
    home_key(&home, KEY_JOURNAL, "luoyang", "", NULL);
    assert_ok(home_load(&home)); /* partners may have a newer charter */
    assert_err(home.made.signing.err, HL_ENOKEY);
    assert_non_null(
        strstr(home.made.signing.why.text, "does not have this journal key"));
    home_key(&home, KEY_JOURNAL, "jinan", "", NULL);
    home_assert_refused(&home, HL_EIDENTITY, path,
                        "not of zhongyuan.example/luoyang");
    home_key(&home, KEY_MIRROR, "luoyang", "", NULL);
    home_assert_refused(&home, HL_EIDENTITY, path, "kind mirror, not journal");
    home_key(&home, KEY_JOURNAL, "luoyang", "secret", NULL);
    home_assert_refused(&home, HL_EPASSPHRASE, path, "in the clear");
    home_fini(&home);
}

static void a_journal_key_that_was_replaced_signs_no_more(void **state)
{
    (void)state;
    struct home home;
    home_init(&home, __func__);
    struct charter_node *node =
        charter_find_node_mutable(&home.draft, bytes_of_text("luoyang"));
    struct charter_journal_key newer = {
        .succession = CHARTER_REPLACE,
        .from = {.size = 5},
        .vkey =
            world_key(&home.world, "zhongyuan.example/luoyang", VKEY_ED25519)};
    assert_ok(charter_add_journal_key(node, &newer, NULL));
    home_charter(&home);
    assert_ok(home_load(&home));
    assert_err(home.made.signing.err, HL_ENOKEY);
    assert_non_null(
        strstr(home.made.signing.why.text, "has replaced this journal key"));
    credentials_fini(&home.made);
    home_key(&home, KEY_JOURNAL, "luoyang", "", &node->journal_keys[1].vkey);
    home_charter(&home);
    assert_ok(home_load(&home));
    assert_int_equal(home.made.journal_key_entry.from.size, 5);
    home_fini(&home);
}

static void the_mirror_key_is_looked_at_where_it_is_named(void **state)
{
    (void)state;
    struct home home;
    home_init(&home, __func__);
    hl_err err;
    char *journal = home.config.journal_key;
    char *none = home.config.mirror_key;
    char path[128];
    snprintf(path, sizeof(path), "%s/mirror.key", home.folder);
    home.config.mirror_key = path;
    home_assert_refused(&home, HL_ENOTFOUND, "/mirror.key", "");
    home.config.journal_key = path;
    home_key(&home, KEY_MIRROR, "jinan", "", NULL);
    home.config.journal_key = journal;
    home_assert_refused(&home, HL_EIDENTITY, "/mirror.key", "not of");
    home.config.journal_key = path;
    home_key(&home, KEY_MIRROR, "luoyang", "", NULL);
    home.config.journal_key = journal;
    err = home_load(&home);
    home.config.mirror_key = none;
    assert_ok(err);
    home_fini(&home);
}

static void the_tls_key_belongs_to_the_certificate(void **state)
{
    (void)state;
    struct home home;
    home_init(&home, __func__);
    EVP_PKEY *other = maker_key_p256();
    struct writer text = {0};
    assert_ok(secret_write_key(other, bytes_of_text(""), &text));
    home_write(&home, home.config.tls_key, 0600, writer_view(&text));
    home_assert_refused(&home, HL_EMALFORMED, home.config.tls_key,
                        "not the key of the certificate");
    writer_clear(&text);
    assert_ok(secret_write_key(other, bytes_of_text("secret"), &text));
    home_write(&home, home.config.tls_key, 0600, writer_view(&text));
    home_assert_refused(&home, HL_EPASSPHRASE, home.config.tls_key,
                        "in the clear");
    EVP_PKEY_free(other);
    secret_fini(&text);
    home_fini(&home);
}

static void the_certificate_is_this_nodes(void **state)
{
    (void)state;
    struct home home;
    home_init(&home, __func__);
    const char *path = home.config.tls_certificate;
    home_certify(&home, "node/jinan", 90);
    home_assert_refused(&home, HL_EIDENTITY, path, "of node jinan");
    home_certify(&home, "node/nowhere", 90);
    home_assert_refused(&home, HL_EUNKNOWNNODE, path, "");
    home_certify(&home, "platform/luoyang/shop", 90);
    home_assert_refused(&home, HL_ECHAIN, path, "serverAuth");
    struct maker_pair root = maker_root("another root");
    struct writer pem = {0};
    maker_write(root.certificate, &pem);
    home_write(&home, path, 0644, writer_view(&pem));
    home_assert_refused(&home, HL_ECHAIN, path, "");
    maker_fini(&root);
    writer_fini(&pem);
    home_fini(&home);
}

/* Whether the set loads, with that doubt about the time. */
static void assert_untimely(struct home *home, hl_err err, const char *path)
{
    assert_ok(home_load(home));
    assert_err(home->made.time.err, err);
    assert_non_null(strstr(home->made.time.why.text, path));
    assert_err(home->made.signing.err, HL_OK);
    credentials_fini(&home->made);
}

static void what_time_alone_has_ended_is_a_doubt_and_no_refusal(void **state)
{
    (void)state;
    struct home home;
    home_init(&home, __func__);
    const char *path = home.config.tls_certificate;
    const struct hl_wall now = home.now;
    home_certify(&home, "node/luoyang", 2);
    home.now = after_days(&home, 3);
    assert_untimely(&home, HL_EEXPIRED, path);
    home.now = after_days(&home, -4);
    assert_untimely(&home, HL_ENOTYET, path);
    home.now = now;
    home_certify(&home, "node/luoyang", 90);
    home.now = after_days(&home, AUTHORITY_LIST_DAYS + 1);
    assert_untimely(&home, HL_ECRL, home.config.tls_crl);
    home.now = now;
    home_write(&home, home.config.tls_crl, 0644, bytes_of_text("nonsense\n"));
    assert_untimely(&home, HL_ECRL, home.config.tls_crl);
    home_fini(&home);
}

static void a_certificate_that_was_revoked_is_refused(void **state)
{
    (void)state;
    struct home home;
    home_init(&home, __func__);
    const struct authority_index *index = &home.authority->index;
    const struct authority_revocation revocation = {
        .serial = index->rows[index->count - 1].serial,
        .reason = (enum revocation_reason)0,
        .list_days = 7,
        .now = home.now};
    assert_ok(authority_revoke(home.authority, &revocation, NULL));
    home_assert_refused(&home, HL_EREVOKED, home.config.tls_certificate, "");
    home_fini(&home);
}

static void the_charter_is_the_pinned_one_or_follows_it(void **state)
{
    (void)state;
    struct home home;
    struct charter second = {0}, rival = {0};
    home_init(&home, __func__);
    world_follow(&home.world, &home.charter, 5, LI | WANG, &second);
    world_follow(&home.world, &home.charter, 6, LI | WANG, &rival);
    home_add_charter(&home, "charter-2", &second);
    assert_ok(home_load(&home));
    assert_int_equal(home.made.charter->version, 2);
    home_add_charter(&home, "charter-2b", &rival);
    assert_ok(home_load(&home));
    assert_int_equal(home.made.charter->version, 1);
    assert_true(home.made.charter_contested);
    char *digit = home.config.charter_pin + 63;
    *digit = *digit == '0' ? '1' : '0';
    home_assert_refused(&home, HL_EPIN, "charter_pin", "");
    charter_fini(&second);
    charter_fini(&rival);
    home_fini(&home);
}

static void who_the_charter_does_not_have_is_nobody(void **state)
{
    (void)state;
    struct home home;
    home_init(&home, __func__);
    char *node = home.config.node, *alliance = home.config.alliance;
    char other[] = "kaifeng", elsewhere[] = "zy.example";
    home.config.node = other;
    home_assert_refused(&home, HL_EUNKNOWNNODE, "node", "no node kaifeng");
    home.config.node = node;
    home.config.alliance = elsewhere;
    home_assert_refused(&home, HL_EALLIANCE, "alliance", "zy.example");
    home.config.alliance = alliance;
    home_fini(&home);
}

static void a_change_of_any_file_is_seen_once(void **state)
{
    (void)state;
    struct home home;
    struct credentials_watch watch = {0};
    home_init(&home, __func__);
    const char *const paths[] = {
        home.config.tls_roots,       home.config.tls_crl,
        home.config.tls_certificate, home.config.tls_key,
        home.config.journal_key,     home.config.charters.items[0]};
    assert_true(credentials_changed(&watch, &home.config));
    assert_false(credentials_changed(&watch, &home.config));
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct writer content = {0};
        test_read_file(paths[i], &content);
        home_write(&home, paths[i], 0600, writer_view(&content));
        assert_true(credentials_changed(&watch, &home.config));
        assert_false(credentials_changed(&watch, &home.config));
        assert_int_equal(chmod(paths[i], 0644), 0);
        assert_true(credentials_changed(&watch, &home.config));
        assert_int_equal(truncate(paths[i], 3), 0);
        assert_true(credentials_changed(&watch, &home.config));
        assert_int_equal(unlink(paths[i]), 0);
        assert_true(credentials_changed(&watch, &home.config));
        assert_false(credentials_changed(&watch, &home.config));
        writer_fini(&content);
    }
    home_add_charter(&home, "charter-2", &home.charter);
    assert_true(credentials_changed(&watch, &home.config));
    assert_false(credentials_changed(&watch, &home.config));
    home_fini(&home);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_set_is_loaded_whole),
        cmocka_unit_test(each_file_that_is_missing_is_named),
        cmocka_unit_test(each_file_of_nonsense_is_named),
        cmocka_unit_test(a_file_of_trust_that_is_cut_short_is_named),
        cmocka_unit_test(a_node_that_was_ended_signs_nothing),
        cmocka_unit_test(keys_that_others_may_read_are_refused),
        cmocka_unit_test(the_journal_key_is_the_one_that_the_charter_has),
        cmocka_unit_test(a_journal_key_that_was_replaced_signs_no_more),
        cmocka_unit_test(the_mirror_key_is_looked_at_where_it_is_named),
        cmocka_unit_test(the_tls_key_belongs_to_the_certificate),
        cmocka_unit_test(the_certificate_is_this_nodes),
        cmocka_unit_test(what_time_alone_has_ended_is_a_doubt_and_no_refusal),
        cmocka_unit_test(a_certificate_that_was_revoked_is_refused),
        cmocka_unit_test(the_charter_is_the_pinned_one_or_follows_it),
        cmocka_unit_test(who_the_charter_does_not_have_is_nobody),
        cmocka_unit_test(a_change_of_any_file_is_seen_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
