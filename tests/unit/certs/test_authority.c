/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/tools/authority.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/x509v3.h>

#include "certs/identity/admission.h"
#include "certs/tools/file.h"
#include "protocol/base/hl_limits.h"
#include "tests/support/scratch.h"
#include "tests/support/support.h"
#include "tests/unit/certs/cert_maker.h"

static const int64_t day = 86400;
static const int64_t start = 1800000000;

struct place {
    char folder[64]; /* made for the test */
    char ca[80];
};

static struct place make_place(void)
{
    struct place place = {0};
    scratch_make(place.folder, sizeof(place.folder));
    snprintf(place.ca, sizeof(place.ca), "%s/ca", place.folder);
    return place;
}

static const char *const names[] = {"root.key", "root.crt", "root.crl",
                                    "index"};

static void file_in(const struct place *place, const char *name, char *out,
                    size_t size)
{
    snprintf(out, size, "%s/%s", place->ca, name);
}

static void destroy_place(const struct place *place)
{
    char path[128];
    for (size_t i = 0; i < 4; i++) {
        file_in(place, names[i], path, sizeof(path));
        unlink(path);
    }
    rmdir(place->ca);
    assert_int_equal(rmdir(place->folder), 0);
}

static hl_err init(const struct place *place, const char *passphrase)
{
    const struct authority_setup setup = {
        .folder = place->ca,
        .alliance = bytes_of_text("zy.example"),
        .days = 3650,
        .passphrase = bytes_of_text(passphrase),
        .now = wall_from_seconds(start),
    };
    return authority_init(&setup, NULL);
}

static struct authority *open_it(const struct place *place)
{
    struct authority *authority = NULL;
    assert_ok(authority_open(place->ca, bytes_of_text(""), &authority, NULL));
    return authority;
}

static hl_err issue(struct authority *authority, const char *uri, uint64_t days,
                    int64_t now, X509 **out)
{
    struct identity identity = {0};
    EVP_PKEY *key = maker_key_p256();
    assert_ok(spiffe_parse(bytes_of_text(uri), &identity, NULL));
    hl_err err = authority_issue(
        authority,
        &(struct authority_request){.identity = &identity,
                                    .public_key = key,
                                    .days = days,
                                    .now = wall_from_seconds(now)},
        out, NULL);
    EVP_PKEY_free(key);
    return err;
}

static enum admission_node everybody(const void *context, struct bytes node)
{
    (void)context;
    (void)node;
    return ADMISSION_NODE_MEMBER;
}

/* Admission by what the folder holds. */
static hl_err admit(const struct place *place, const X509 *leaf, int64_t now)
{
    char path[128];
    struct writer roots = {0}, crls = {0}, presented = {0};
    struct trust *trust = NULL;
    file_in(place, "root.crt", path, sizeof(path));
    assert_ok(file_read(path, HL_CERT_MAX_BYTES, &roots, NULL));
    file_in(place, "root.crl", path, sizeof(path));
    assert_ok(file_read(path, HL_CRL_MAX_BYTES, &crls, NULL));
    assert_ok(trust_create(&(struct trust_input){.roots = writer_view(&roots),
                                                 .crls = writer_view(&crls)},
                           &trust, NULL));
    maker_write(leaf, &presented);
    struct admission_verdict verdict;
    hl_err err = admission_check(
        &(struct admission_input){.presented = writer_view(&presented),
                                  .trust = trust,
                                  .alliance = bytes_of_text("zy.example"),
                                  .now = wall_from_seconds(now),
                                  .roles = ROLE_ALL,
                                  .nodes = {.state = everybody}},
        &verdict, NULL);
    trust_destroy(&trust);
    writer_fini(&roots);
    writer_fini(&crls);
    writer_fini(&presented);
    return err;
}

static void what_it_issues_is_admitted_while_it_lives(void **state)
{
    (void)state;
    static const char *const uris[] = {
        "spiffe://zy.example/node/luoyang",
        "spiffe://zy.example/platform/luoyang/shop",
        "spiffe://zy.example/operator/luoyang/li",
        "spiffe://zy.example/coordinator/henan",
        "spiffe://zy.example/clearing/desk",
    };
    struct place place = make_place();
    assert_ok(init(&place, ""));
    struct authority *authority = open_it(&place);
    assert_string_equal(authority->alliance, "zy.example");
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        X509 *leaf = NULL;
        assert_ok(issue(authority, uris[i], 3, start, &leaf));
        assert_ok(admit(&place, leaf, start));
        assert_ok(admit(&place, leaf, start - AUTHORITY_SKEW_SECONDS));
        assert_err(admit(&place, leaf, start - AUTHORITY_SKEW_SECONDS - 1),
                   HL_ENOTYET);
        assert_ok(admit(&place, leaf, start + 3 * day - 1));
        assert_err(admit(&place, leaf, start + 3 * day), HL_EEXPIRED);
        X509_free(leaf);
    }
    authority_close(&authority);
    destroy_place(&place);
}

static void the_longest_life_it_gives_is_admitted(void **state)
{
    (void)state;
    struct place place = make_place();
    assert_ok(init(&place, ""));
    struct authority *authority = open_it(&place);
    X509 *leaf = NULL;
    assert_ok(issue(authority, "spiffe://zy.example/clearing/desk",
                    AUTHORITY_LEAF_DAYS_MAX, start, &leaf));
    assert_ok(admit(&place, leaf, start));
    X509_free(leaf);
    authority_close(&authority);
    destroy_place(&place);
}

static hl_err revoke(struct authority *authority, const char *serial,
                     int64_t now)
{
    return authority_revoke(
        authority,
        &(struct authority_revocation){.serial = serial,
                                       .reason = REVOKED_KEY_COMPROMISE,
                                       .list_days = 7,
                                       .now = wall_from_seconds(now)},
        NULL);
}

static void what_it_revokes_is_refused_and_not_renewed(void **state)
{
    (void)state;
    struct place place = make_place();
    assert_ok(init(&place, ""));
    struct authority *authority = open_it(&place);
    X509 *leaf = NULL, *other = NULL;
    const struct authority_row *row = NULL;
    char serial[CERTIFICATE_SERIAL_TEXT_BYTES];
    assert_ok(
        issue(authority, "spiffe://zy.example/node/luoyang", 3, start, &leaf));
    assert_ok(
        issue(authority, "spiffe://zy.example/node/luoyang", 3, start, &other));
    certificate_serial_text(X509_get0_serialNumber(leaf), serial);
    assert_ok(authority_recall(authority, leaf, &row, NULL));
    assert_string_equal(row->identity.node, "luoyang");
    assert_err(revoke(authority, "00ff", start), HL_ENOTFOUND);
    assert_ok(revoke(authority, serial, start));
    assert_err(admit(&place, leaf, start), HL_EREVOKED);
    assert_ok(admit(&place, other, start));
    assert_err(authority_recall(authority, leaf, &row, NULL), HL_EREVOKED);
    assert_ok(revoke(authority, serial, start)); /* repeating is safe */
    assert_int_equal(authority->index.list_number, 3);
    assert_err(admit(&place, leaf, start), HL_EREVOKED);
    authority_close(&authority);
    X509_free(leaf);
    X509_free(other);
    destroy_place(&place);
}

static void an_expired_entry_leaves_the_list_at_last(void **state)
{
    (void)state;
    struct place place = make_place();
    assert_ok(init(&place, ""));
    struct authority *authority = open_it(&place);
    X509 *leaf = NULL;
    char serial[CERTIFICATE_SERIAL_TEXT_BYTES], path[128];
    assert_ok(
        issue(authority, "spiffe://zy.example/node/luoyang", 1, start, &leaf));
    certificate_serial_text(X509_get0_serialNumber(leaf), serial);
    X509_free(leaf);
    assert_ok(revoke(authority, serial, start));
    struct stat with, without;
    file_in(&place, "root.crl", path, sizeof(path));
    int64_t later = start + (1 + X509_LIST_KEEP_DAYS) * day;
    assert_ok(authority_publish(authority, 7, wall_from_seconds(later), NULL));
    assert_int_equal(stat(path, &with), 0);
    later += AUTHORITY_SKEW_SECONDS + 1;
    assert_ok(authority_publish(authority, 7, wall_from_seconds(later), NULL));
    assert_int_equal(stat(path, &without), 0);
    assert_true(without.st_size < with.st_size);
    authority_close(&authority);
    destroy_place(&place);
}

static void a_list_that_fell_behind_the_index_is_mended(void **state)
{
    (void)state;
    struct place place = make_place();
    assert_ok(init(&place, ""));
    char path[128];
    file_in(&place, "root.crl", path, sizeof(path));
    struct writer old = {0};
    assert_ok(file_read(path, HL_CRL_MAX_BYTES, &old, NULL));
    struct authority *authority = open_it(&place);
    X509 *leaf = NULL;
    char serial[CERTIFICATE_SERIAL_TEXT_BYTES];
    assert_ok(
        issue(authority, "spiffe://zy.example/node/luoyang", 3, start, &leaf));
    certificate_serial_text(X509_get0_serialNumber(leaf), serial);
    assert_ok(revoke(authority, serial, start));
    authority_close(&authority);
    /* As a process that dies between index and list leaves it. */
    assert_ok(file_replace(path, FILE_MODE_PUBLIC, writer_view(&old), NULL));
    assert_ok(admit(&place, leaf, start));
    authority = open_it(&place);
    authority_close(&authority);
    assert_err(admit(&place, leaf, start), HL_EREVOKED);
    assert_int_equal(unlink(path), 0);
    authority = open_it(&place);
    authority_close(&authority);
    assert_err(admit(&place, leaf, start), HL_EREVOKED);
    X509_free(leaf);
    writer_fini(&old);
    destroy_place(&place);
}

static void an_index_that_was_set_back_signs_nothing(void **state)
{
    (void)state;
    struct place place = make_place();
    assert_ok(init(&place, ""));
    char path[128];
    file_in(&place, "index", path, sizeof(path));
    struct authority *authority = open_it(&place);
    X509 *leaf = NULL;
    char serial[CERTIFICATE_SERIAL_TEXT_BYTES];
    assert_ok(
        issue(authority, "spiffe://zy.example/node/luoyang", 3, start, &leaf));
    struct writer old = {0};
    assert_ok(file_read(path, AUTHORITY_INDEX_MAX_BYTES, &old, NULL));
    certificate_serial_text(X509_get0_serialNumber(leaf), serial);
    assert_ok(revoke(authority, serial, start));
    authority_close(&authority);
    assert_ok(file_replace(path, FILE_MODE_PUBLIC, writer_view(&old), NULL));
    struct hl_detail detail = {0};
    assert_err(authority_open(place.ca, bytes_of_text(""), &authority, &detail),
               HL_ECRL);
    assert_non_null(strstr(detail.text, "number 2, the index knows 1"));
    assert_null(authority);
    assert_err(admit(&place, leaf, start), HL_EREVOKED);
    X509_free(leaf);
    writer_fini(&old);
    destroy_place(&place);
}

static void the_list_of_another_authority_is_replaced(void **state)
{
    (void)state;
    struct place place = make_place(), other = make_place();
    assert_ok(init(&place, ""));
    assert_ok(init(&other, ""));
    struct authority *authority = open_it(&other);
    assert_ok(authority_publish(authority, 7, wall_from_seconds(start), NULL));
    authority_close(&authority);
    char path[128];
    struct writer foreign = {0};
    file_in(&other, "root.crl", path, sizeof(path));
    assert_ok(file_read(path, HL_CRL_MAX_BYTES, &foreign, NULL));
    file_in(&place, "root.crl", path, sizeof(path));
    assert_ok(
        file_replace(path, FILE_MODE_PUBLIC, writer_view(&foreign), NULL));
    authority = open_it(&place);
    X509 *leaf = NULL;
    assert_ok(
        issue(authority, "spiffe://zy.example/node/luoyang", 3, start, &leaf));
    assert_ok(admit(&place, leaf, start));
    authority_close(&authority);
    X509_free(leaf);
    writer_fini(&foreign);
    destroy_place(&place);
    destroy_place(&other);
}

static void a_root_bounds_what_it_signs(void **state)
{
    (void)state;
    struct place place = make_place();
    assert_ok(init(&place, ""));
    struct authority *authority = open_it(&place);
    const char *uri = "spiffe://zy.example/node/luoyang";
    const int64_t end = start + 3650 * day;
    X509 *leaf = NULL;
    assert_ok(issue(authority, uri, 10, end - 10 * day, &leaf));
    X509_free(leaf);
    leaf = NULL;
    assert_err(issue(authority, uri, 11, end - 10 * day, &leaf), HL_ELIMIT);
    assert_err(issue(authority, uri, 1, end, &leaf), HL_EEXPIRED);
    assert_err(authority_publish(authority, 7, wall_from_seconds(end), NULL),
               HL_EEXPIRED);
    assert_null(leaf);
    authority_close(&authority);
    destroy_place(&place);
}

static bool constraints_are_critical(const X509 *certificate)
{
    int at = X509_get_ext_by_NID(certificate, NID_basic_constraints, -1);
    return at >= 0 &&
           X509_EXTENSION_get_critical(X509_get_ext(certificate, at)) == 1;
}

static void a_root_certifies_leaves_alone(void **state)
{
    (void)state;
    struct place place = make_place();
    assert_ok(init(&place, ""));
    struct authority *authority = open_it(&place);
    X509 *leaf = NULL;
    assert_ok(
        issue(authority, "spiffe://zy.example/node/luoyang", 3, start, &leaf));
    assert_int_equal(X509_get_pathlen(authority->root), 0);
    assert_true(constraints_are_critical(authority->root));
    assert_true(constraints_are_critical(leaf));
    assert_int_equal(X509_check_ca(leaf), 0);
    X509_free(leaf);
    authority_close(&authority);
    destroy_place(&place);
}

static void a_passphrase_guards_the_root(void **state)
{
    (void)state;
    struct place place = make_place();
    struct authority *authority = NULL;
    struct hl_detail detail = {0};
    assert_ok(init(&place, "opensesame"));
    assert_err(authority_open(place.ca, bytes_of_text(""), &authority, &detail),
               HL_EPASSPHRASE);
    assert_err(
        authority_open(place.ca, bytes_of_text("wrong"), &authority, &detail),
        HL_EPASSPHRASE);
    assert_non_null(strstr(detail.text, "root.key: "));
    assert_null(authority);
    assert_ok(authority_view(place.ca, &authority, NULL)); /* needs no key */
    authority_close(&authority);
    assert_ok(authority_open(place.ca, bytes_of_text("opensesame"), &authority,
                             NULL));
    authority_close(&authority);
    destroy_place(&place);
}

static void an_authority_is_never_overwritten(void **state)
{
    (void)state;
    struct place place = make_place();
    assert_ok(init(&place, ""));
    assert_err(init(&place, ""), HL_EEXISTS);
    struct authority *authority = open_it(&place);
    authority_close(&authority);
    destroy_place(&place);
}

static void a_damaged_folder_names_the_file(void **state)
{
    (void)state;
    static const struct {
        const char *name, *content;
        mode_t mode;
        hl_err err;
    } cases[] = {
        {"index", "heluo ca index v2\n", 0644, HL_EMALFORMED},
        {"root.crt", "", 0644, HL_ENOCERT},
        {"root.key", "hello\n", 0600, HL_EMALFORMED},
        {"root.key", "hello\n", 0640, HL_EFILEMODE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct place place = make_place();
        struct authority *authority = NULL;
        struct hl_detail detail = {0};
        char path[128];
        assert_ok(init(&place, ""));
        file_in(&place, cases[i].name, path, sizeof(path));
        assert_ok(file_replace(path, cases[i].mode,
                               bytes_of_text(cases[i].content), NULL));
        assert_err(
            authority_open(place.ca, bytes_of_text(""), &authority, &detail),
            cases[i].err);
        assert_int_equal(
            strncmp(detail.text, cases[i].name, strlen(cases[i].name)), 0);
        assert_null(authority);
        destroy_place(&place);
    }
}

static void the_key_must_be_that_of_the_root(void **state)
{
    (void)state;
    struct place a = make_place(), b = make_place();
    char from[128], to[128];
    struct authority *authority = NULL;
    assert_ok(init(&a, ""));
    assert_ok(init(&b, ""));
    file_in(&a, "root.key", from, sizeof(from));
    file_in(&b, "root.key", to, sizeof(to));
    assert_int_equal(rename(from, to), 0);
    assert_err(authority_open(b.ca, bytes_of_text(""), &authority, NULL),
               HL_EMALFORMED);
    destroy_place(&a);
    destroy_place(&b);
}

static void a_status_says_when_to_renew(void **state)
{
    (void)state;
    const struct authority_row row = {
        .not_before = wall_from_seconds(0),
        .not_after = wall_from_seconds(90 * day),
    };
    struct authority_row revoked = row;
    revoked.revoked = true;
    assert_int_equal(authority_state(&row, wall_from_seconds(60 * day)),
                     AUTHORITY_VALID);
    assert_int_equal(authority_state(&row, wall_from_seconds(60 * day + 1)),
                     AUTHORITY_SOON);
    assert_int_equal(authority_state(&row, wall_from_seconds(90 * day)),
                     AUTHORITY_EXPIRED);
    assert_int_equal(authority_state(&revoked, wall_from_seconds(0)),
                     AUTHORITY_REVOKED);
}

#define HEAD "heluo ca index v1\n"
#define ISSUED                                                                 \
    "issued 4a 2026-01-01T00:00:00Z 2026-02-01T00:00:00Z "                     \
    "spiffe://zy.example/node/a\n"
#define REVOKED "revoked 4a 2026-01-02T00:00:00Z superseded\n"
#define LIST "list 7 2026-01-02T00:00:00Z 2026-01-09T00:00:00Z\n"

static void an_index_is_read_as_it_was_written(void **state)
{
    (void)state;
    struct authority_index index = {0}, again = {0};
    struct bytes text = bytes_of_text(HEAD ISSUED REVOKED LIST);
    assert_ok(authority_index_parse(text, &index, NULL));
    const struct authority_row *row = authority_index_find(&index, "4a");
    assert_true(row->revoked);
    assert_int_equal(row->reason, REVOKED_SUPERSEDED);
    assert_int_equal(index.list_number, 7);
    struct authority_row fresh = *row;
    fresh.revoked = false;
    authority_index_init(&again);
    authority_index_issued(&again, &fresh);
    authority_index_revoked(&again, "4a", row->revoked_at, row->reason);
    authority_index_listed(&again, 7, index.list_made, index.list_next);
    assert_true(bytes_equal(writer_view(&again.text), text));
    authority_index_fini(&index);
    authority_index_fini(&again);
}

static void an_index_that_breaks_its_rules_is_refused_by_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t line;
    } cases[] = {
        {"", 1},
        {"heluo ca index v2\n", 1},
        {HEAD ISSUED ISSUED, 3},
        {HEAD REVOKED, 2},
        {HEAD ISSUED REVOKED REVOKED, 4},
        {HEAD LIST LIST, 3},
        {HEAD "\n", 2},
        {HEAD "moved 4a\n", 2},
        {HEAD "issued 4A 2026-01-01T00:00:00Z 2026-02-01T00:00:00Z "
              "spiffe://zy.example/node/a\n",
         2},
        {HEAD "issued 4a 2026-01-01 2026-02-01T00:00:00Z "
              "spiffe://zy.example/node/a\n",
         2},
        {HEAD "issued 4a 2026-01-01T00:00:00Z 2026-02-01T00:00:00Z x\n", 2},
        {HEAD "issued 4a 2026-01-01T00:00:00Z\n", 2},
        {HEAD ISSUED "revoked 4a 2026-01-02T00:00:00Z because\n", 3},
        {HEAD "list 0 2026-01-02T00:00:00Z 2026-01-09T00:00:00Z\n", 2},
        {HEAD "list x 2026-01-02T00:00:00Z 2026-01-09T00:00:00Z\n", 2},
        {HEAD ISSUED "revo", 3},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct authority_index index = {0};
        struct hl_detail detail = {0};
        assert_err(authority_index_parse(bytes_of_text(cases[i].text), &index,
                                         &detail),
                   HL_EMALFORMED);
        assert_int_equal(detail.where, HL_AT_LINE);
        assert_int_equal(detail.at, cases[i].line);
        assert_null(index.rows);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_issues_is_admitted_while_it_lives),
        cmocka_unit_test(the_longest_life_it_gives_is_admitted),
        cmocka_unit_test(what_it_revokes_is_refused_and_not_renewed),
        cmocka_unit_test(an_expired_entry_leaves_the_list_at_last),
        cmocka_unit_test(a_list_that_fell_behind_the_index_is_mended),
        cmocka_unit_test(an_index_that_was_set_back_signs_nothing),
        cmocka_unit_test(the_list_of_another_authority_is_replaced),
        cmocka_unit_test(a_root_bounds_what_it_signs),
        cmocka_unit_test(a_root_certifies_leaves_alone),
        cmocka_unit_test(a_passphrase_guards_the_root),
        cmocka_unit_test(an_authority_is_never_overwritten),
        cmocka_unit_test(a_damaged_folder_names_the_file),
        cmocka_unit_test(the_key_must_be_that_of_the_root),
        cmocka_unit_test(a_status_says_when_to_renew),
        cmocka_unit_test(an_index_is_read_as_it_was_written),
        cmocka_unit_test(an_index_that_breaks_its_rules_is_refused_by_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
