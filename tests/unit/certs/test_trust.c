/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/identity/trust.h"

#include <string.h>

#include <openssl/err.h>

#include "protocol/base/hl_limits.h"
#include "tests/support/support.h"
#include "tests/unit/certs/admission_world.h"

static void a_revoked_certificate_is_refused(void **state)
{
    (void)state;
    static const long serials[] = {5, 1, 0};
    struct world *world = make_world();
    add_list(world, (struct maker_list){.serials = serials});
    present(world, (struct maker_spec){0});
    assert_err(ask(world), HL_EREVOKED);
    present(world, (struct maker_spec){.serial = 2});
    assert_ok(ask(world));
    /* Also by a list that has ended itself. */
    world->input.now = wall_from_seconds(1700);
    writer_clear(&world->crls);
    add_list(world, (struct maker_list){.serials = serials, .next = 1600});
    present(world, (struct maker_spec){0});
    assert_err(ask(world), HL_EREVOKED);
    destroy_world(world);
}

static void without_a_usable_list_nobody_is_admitted(void **state)
{
    (void)state;
    struct maker_pair foreign = maker_root("foreign");
    EVP_PKEY *wrong = maker_key_p256();
    const struct {
        struct maker_list list;
        const char *said;
    } cases[] = {
        {{.issuer = &foreign}, "is not there"},
        {{.signing_key = wrong}, "was not signed by it"},
        {{.made = 1501}, "begins in the future"},
        {{.next = 1500}, "ended at 1970-01-01T00:25:00Z"},
    };
    struct world *world = make_world();
    present(world, (struct maker_spec){0});
    assert_err(ask(world), HL_ECRL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        writer_clear(&world->crls);
        add_list(world, cases[i].list);
        assert_err(ask(world), HL_ECRL);
        assert_non_null(strstr(world->detail.text, cases[i].said));
        assert_non_null(strstr(world->detail.text, "heluo ca crl"));
    }
    EVP_PKEY_free(wrong);
    maker_fini(&foreign);
    destroy_world(world);
}

static void a_list_holds_to_the_millisecond(void **state)
{
    (void)state;
    struct world *world = make_world();
    add_list(world, (struct maker_list){.made = 1400, .next = 1600});
    present(world, (struct maker_spec){0});
    static const struct {
        int64_t now_ms;
        hl_err err;
    } cases[] = {{1399999, HL_ECRL},
                 {1400000, HL_OK},
                 {1599999, HL_OK},
                 {1600000, HL_ECRL}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        world->input.now = (struct hl_wall){.ms = cases[i].now_ms};
        assert_err(ask(world), cases[i].err);
    }
    destroy_world(world);
}

static void the_newest_list_that_has_begun_counts(void **state)
{
    (void)state;
    static const long serials[] = {1, 0};
    struct world *world = make_world();
    /* Forged and future lists stand beside, and change nothing. */
    EVP_PKEY *wrong = maker_key_p256();
    add_list(world, (struct maker_list){.made = 1300, .next = 1600});
    add_list(world, (struct maker_list){.made = 1200, .serials = serials});
    add_list(world, (struct maker_list){.made = 1499, .signing_key = wrong});
    add_list(world, (struct maker_list){.made = 1501, .serials = serials});
    present(world, (struct maker_spec){0});
    assert_ok(ask(world));
    assert_int_equal(world->verdict.valid_until.ms, 1600 * 1000);
    world->input.now = wall_from_seconds(1501);
    assert_err(ask(world), HL_EREVOKED);
    EVP_PKEY_free(wrong);
    destroy_world(world);
}

/* Two lists, in both orders: the second of a pair is the one that counts. */
static void the_highest_number_counts_before_the_time(void **state)
{
    (void)state;
    static const struct {
        int64_t made[2];
        long number[2];
    } pairs[] = {
        {{1300, 1300}, {2, 3}},     /* made within one second */
        {{1400, 1300}, {127, 128}}, /* the clock was set back */
        {{1300, 1301}, {3, 3}},     {{1300, 1301}, {0, 0}},
        {{1400, 1300}, {0, 1}},
    };
    static const long serials[] = {1, 0};
    struct world *world = make_world();
    present(world, (struct maker_spec){0});
    for (size_t i = 0; i < 4 * sizeof(pairs) / sizeof(pairs[0]); i++) {
        size_t counting = i / 2 % 2; /* 1: the one that counts revokes */
        writer_clear(&world->crls);
        for (size_t j = 0; j < 2; j++) {
            size_t which = i % 2 == 0 ? j : 1 - j;
            add_list(world, (struct maker_list){
                                .made = pairs[i / 4].made[which],
                                .number = pairs[i / 4].number[which],
                                .serials = which == counting ? serials : NULL});
        }
        assert_err(ask(world), counting == 1 ? HL_EREVOKED : HL_OK);
    }
    /* A higher number that has not begun does not count yet. */
    writer_clear(&world->crls);
    add_list(world, (struct maker_list){.made = 1300, .number = 2});
    add_list(world, (struct maker_list){
                        .made = 1501, .number = 3, .serials = serials});
    assert_ok(ask(world));
    destroy_world(world);
}

static struct maker_pair make_intermediate(const struct maker_pair *root,
                                           const char *key_usage)
{
    return maker_make(&(struct maker_spec){
        .issuer = root,
        .common_name = "between",
        .constraints = "critical,CA:TRUE",
        .key_usage = key_usage,
        .extended_usage = MAKER_NONE,
        .serial = 9,
        .to = 1900,
    });
}

static void an_intermediate_needs_lists_of_both(void **state)
{
    (void)state;
    struct world *world = make_world();
    struct maker_pair between =
        make_intermediate(&world->root, "critical,keyCertSign,cRLSign");
    present(world, (struct maker_spec){.issuer = &between});
    add_list(world, (struct maker_list){.issuer = &between});
    add_list(world, (struct maker_list){0});
    assert_err(ask(world), HL_ECHAIN); /* it was not presented */
    maker_write(between.certificate, &world->presented);
    assert_ok(ask(world));
    assert_int_equal(world->verdict.valid_until.ms, 1900 * 1000);
    writer_clear(&world->crls);
    add_list(world, (struct maker_list){0});
    assert_err(ask(world), HL_ECRL);
    static const long serials[] = {9, 0};
    add_list(world, (struct maker_list){.issuer = &between});
    add_list(world, (struct maker_list){.made = 950, .serials = serials});
    assert_err(ask(world), HL_EREVOKED);
    maker_fini(&between);
    destroy_world(world);
}

static void who_may_not_sign_lists_or_certificates_is_not_heard(void **state)
{
    (void)state;
    struct world *world = make_world();
    struct maker_pair between =
        make_intermediate(&world->root, "critical,keyCertSign");
    add_list(world, (struct maker_list){.issuer = &between});
    add_list(world, (struct maker_list){0});
    present(world, (struct maker_spec){.issuer = &between});
    maker_write(between.certificate, &world->presented);
    assert_err(ask(world), HL_ECRL);
    /* A node that signs certificates for others. */
    struct maker_pair node = maker_make(
        &(struct maker_spec){.issuer = &world->root, .names = LUOYANG});
    present(world, (struct maker_spec){.issuer = &node});
    maker_write(node.certificate, &world->presented);
    assert_err(ask(world), HL_ECHAIN);
    maker_fini(&node);
    maker_fini(&between);
    destroy_world(world);
}

static void a_root_that_is_none_is_refused(void **state)
{
    (void)state;
    EVP_PKEY *rsa = maker_key_rsa();
    const struct maker_spec bad[] = {
        {.names = LUOYANG},
        {.constraints = "critical,CA:TRUE", .key = rsa},
        {.constraints = "critical,CA:TRUE", .digest = EVP_sha1()},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct world *world = make_world();
        writer_clear(&world->roots);
        world->leaf = maker_make(&bad[i]);
        maker_write(world->leaf.certificate, &world->roots);
        assert_err(create_trust(world), HL_ECHAIN);
        assert_null(world->trust);
        destroy_world(world);
    }
    EVP_PKEY_free(rsa);
    struct world *world = make_world();
    struct maker_pair between =
        make_intermediate(&world->root, "critical,keyCertSign,cRLSign");
    writer_clear(&world->roots);
    maker_write(between.certificate, &world->roots);
    assert_err(create_trust(world), HL_ECHAIN);
    maker_fini(&between);
    destroy_world(world);
}

static void trust_says_which_input_is_wrong(void **state)
{
    (void)state;
    struct world *world = make_world();
    writer_text(&world->crls, "-----BEGIN X509 CRL-----\nAAEC\n"
                              "-----END X509 CRL-----\n");
    assert_err(create_trust(world), HL_EMALFORMED);
    assert_non_null(strstr(world->detail.text, "CRLs"));
    writer_clear(&world->crls);
    maker_write(world->root.certificate, &world->crls);
    assert_err(create_trust(world), HL_EMALFORMED);
    writer_clear(&world->crls);
    add_list(world, (struct maker_list){.next = -1});
    assert_err(create_trust(world), HL_ECRL);
    writer_clear(&world->crls);
    add_list(world, (struct maker_list){.partial = "critical,onlyuser:TRUE"});
    assert_err(create_trust(world), HL_ECRL);
    writer_clear(&world->crls);
    add_list(world, (struct maker_list){.digest = EVP_sha1()});
    assert_err(create_trust(world), HL_ECRL);
    writer_clear(&world->roots);
    assert_err(create_trust(world), HL_ENOCERT);
    writer_text(&world->roots, "-----BEGIN CERTIFICATE-----\nAAEC\n"
                               "-----END CERTIFICATE-----\n");
    assert_err(create_trust(world), HL_EMALFORMED);
    assert_non_null(strstr(world->detail.text, "roots"));
    writer_extend(&world->roots, HL_CERT_MAX_BYTES);
    assert_err(create_trust(world), HL_ELIMIT);
    assert_int_equal(ERR_peek_error(), 0);
    destroy_world(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_revoked_certificate_is_refused),
        cmocka_unit_test(without_a_usable_list_nobody_is_admitted),
        cmocka_unit_test(a_list_holds_to_the_millisecond),
        cmocka_unit_test(the_newest_list_that_has_begun_counts),
        cmocka_unit_test(the_highest_number_counts_before_the_time),
        cmocka_unit_test(an_intermediate_needs_lists_of_both),
        cmocka_unit_test(who_may_not_sign_lists_or_certificates_is_not_heard),
        cmocka_unit_test(a_root_that_is_none_is_refused),
        cmocka_unit_test(trust_says_which_input_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
