/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/identity/admission.h"

#include <string.h>

#include "protocol/base/hl_limits.h"
#include "tests/support/support.h"
#include "tests/unit/certs/admission_world.h"

static void a_good_certificate_is_admitted_until_its_next_bound(void **state)
{
    (void)state;
    struct world *world = make_world();
    add_list(world, (struct maker_list){0});
    present(world, (struct maker_spec){0});
    assert_ok(ask(world));
    assert_int_equal(world->verdict.identity.role, ROLE_NODE);
    assert_string_equal(world->verdict.identity.node, "luoyang");
    assert_int_equal(world->verdict.valid_until.ms, 2000 * 1000);
    struct hl_hash wanted = certificate_fingerprint(world->leaf.certificate);
    assert_true(hash_equal(&world->verdict.fingerprint, &wanted));
    world->input.purpose = TRUST_SERVER;
    assert_ok(ask(world));
    /* A list that ends sooner bounds it. */
    writer_clear(&world->crls);
    add_list(world, (struct maker_list){.next = 1600});
    assert_ok(ask(world));
    assert_int_equal(world->verdict.valid_until.ms, 1600 * 1000);
    destroy_world(world);
}

static void every_role_is_admitted(void **state)
{
    (void)state;
    static const char *const names[] = {
        LUOYANG,
        "URI:spiffe://zy.example/platform/luoyang/shop",
        "URI:spiffe://zy.example/operator/luoyang/li",
        "URI:spiffe://zy.example/coordinator/henan",
        "URI:spiffe://zy.example/clearing/desk",
    };
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        assert_ok(ask_for((struct maker_spec){.names = names[i]}));
    }
}

static void nothing_presented_is_no_certificate(void **state)
{
    (void)state;
    struct world *world = make_world();
    add_list(world, (struct maker_list){0});
    assert_err(ask(world), HL_ENOCERT);
    writer_text(&world->presented, "-----BEGIN CERTIFICATE-----\nAA\n");
    assert_err(ask(world), HL_EMALFORMED);
    writer_extend(&world->presented, HL_CERT_MAX_BYTES);
    assert_err(ask(world), HL_ELIMIT);
    destroy_world(world);
}

static void a_certificate_of_another_authority_is_refused(void **state)
{
    (void)state;
    struct maker_pair foreign = maker_root("foreign");
    struct maker_pair same_name = maker_root("zy root");
    assert_err(ask_for((struct maker_spec){.issuer = &foreign}), HL_ECHAIN);
    assert_err(ask_for((struct maker_spec){.issuer = &same_name}), HL_ECHAIN);
    maker_fini(&foreign);
    maker_fini(&same_name);
    struct world *world = make_world();
    add_list(world, (struct maker_list){0});
    world->leaf = maker_make(&(struct maker_spec){.names = LUOYANG});
    maker_write(world->leaf.certificate, &world->presented);
    assert_err(ask(world), HL_ECHAIN);
    destroy_world(world);
}

static void a_changed_byte_breaks_the_signature(void **state)
{
    (void)state;
    struct world *world = make_world();
    add_list(world, (struct maker_list){0});
    present(world, (struct maker_spec){0});
    struct writer der = {0};
    maker_write_der(world->leaf.certificate, &der);
    size_t at = 0;
    while (memcmp(der.data + at, "luoyang", 7) != 0) {
        at++;
        assert_true(at + 7 < der.size);
    }
    der.data[at] = 'k';
    writer_clear(&world->presented);
    writer_bytes(&world->presented, writer_view(&der));
    assert_err(ask(world), HL_ECHAIN);
    writer_fini(&der);
    destroy_world(world);
}

static void usages_must_be_said_and_fit(void **state)
{
    (void)state;
    static const struct maker_spec bad[] = {
        {.extended_usage = "serverAuth"},
        {.extended_usage = "anyExtendedKeyUsage"},
        {.extended_usage = MAKER_NONE},
        {.key_usage = "critical,keyAgreement"},
        {.key_usage = MAKER_NONE},
        {.constraints = "critical,CA:TRUE",
         .key_usage = "critical,digitalSignature,keyCertSign"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_err(ask_for(bad[i]), HL_ECHAIN);
    }
    assert_ok(ask_for((struct maker_spec){.extended_usage = "clientAuth"}));
    struct world *world = make_world();
    add_list(world, (struct maker_list){0});
    present(world, (struct maker_spec){.extended_usage = "clientAuth"});
    world->input.purpose = TRUST_SERVER;
    assert_err(ask(world), HL_ECHAIN);
    assert_non_null(strstr(world->detail.text, "serverAuth"));
    destroy_world(world);
}

static void only_p256_and_sha2_are_used(void **state)
{
    (void)state;
    EVP_PKEY *(*const others[])(void) = {maker_key_rsa, maker_key_p384,
                                         maker_key_ed25519};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        EVP_PKEY *key = others[i]();
        assert_err(ask_for((struct maker_spec){.key = key}), HL_ECHAIN);
        EVP_PKEY_free(key);
    }
    assert_err(ask_for((struct maker_spec){.digest = EVP_sha1()}), HL_ECHAIN);
    assert_err(ask_for((struct maker_spec){.digest = EVP_sha224()}), HL_ECHAIN);
    assert_ok(ask_for((struct maker_spec){.digest = EVP_sha384()}));
}

static void validity_has_exact_seconds(void **state)
{
    (void)state;
    static const struct {
        int64_t now_ms;
        hl_err err;
    } cases[] = {
        {999999, HL_ENOTYET},   {1000000, HL_OK}, {1999999, HL_OK},
        {2000000, HL_EEXPIRED}, {-1, HL_ENOTYET}, {5000000, HL_EEXPIRED},
    };
    struct world *world = make_world();
    add_list(world, (struct maker_list){0});
    present(world, (struct maker_spec){0});
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        world->input.now = (struct hl_wall){.ms = cases[i].now_ms};
        assert_err(ask(world), cases[i].err);
    }
    assert_non_null(strstr(world->detail.text, "1970-01-01T00:33:20Z"));
    assert_non_null(strstr(world->detail.text, "heluo ca renew"));
    assert_non_null(strstr(world->detail.text, "node/luoyang"));
    destroy_world(world);
}

static void an_authority_that_ended_admits_nobody(void **state)
{
    (void)state;
    struct world *world = make_world();
    add_list(world, (struct maker_list){.next = 3000000});
    present(world, (struct maker_spec){.to = 1100000});
    world->input.now = wall_from_seconds(1000000);
    assert_err(ask(world), HL_EEXPIRED);
    assert_non_null(strstr(world->detail.text, "authority"));
    destroy_world(world);
}

static void a_renewed_root_of_the_same_name_takes_over(void **state)
{
    (void)state;
    struct world *world = make_world();
    struct maker_pair renewed = maker_make(&(struct maker_spec){
        .key = world->root.key,
        .common_name = "zy root",
        .constraints = "critical,CA:TRUE",
        .key_usage = "critical,keyCertSign,cRLSign",
        .extended_usage = MAKER_NONE,
        .from = 500000,
        .to = 2000000,
        .serial = 2,
    });
    maker_write(renewed.certificate, &world->roots);
    add_list(world, (struct maker_list){.next = 3000000});
    present(world, (struct maker_spec){.to = 1100000});
    assert_ok(ask(world));
    world->input.now = wall_from_seconds(1000000);
    assert_ok(ask(world));
    maker_fini(&renewed);
    destroy_world(world);
}

static void identity_alliance_role_and_node_are_checked(void **state)
{
    (void)state;
    static const struct {
        const char *names;
        hl_err err;
    } cases[] = {
        {MAKER_NONE, HL_EIDENTITY},
        {"URI:spiffe://zy.example/node/luoyang", HL_EIDENTITY},
        {LUOYANG ",URI:spiffe://zy.example/node/b", HL_EIDENTITY},
        {"URI:spiffe://zy.example.cn/clearing/desk", HL_EALLIANCE},
        {"URI:spiffe://zy.example/auditor/a", HL_EROLE},
        {"URI:spiffe://zy.example/node/xinyang,DNS:xinyang.zy.example",
         HL_EUNKNOWNNODE},
        {"URI:spiffe://zy.example/operator/xinyang/li", HL_EUNKNOWNNODE},
        {"URI:spiffe://zy.example/node/kaifeng,DNS:kaifeng.zy.example",
         HL_EENDED},
        {"URI:spiffe://zy.example/platform/kaifeng/shop", HL_EENDED},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_err(ask_for((struct maker_spec){.names = cases[i].names}),
                   cases[i].err);
    }
}

static void a_role_that_is_not_asked_for_is_denied(void **state)
{
    (void)state;
    struct world *world = make_world();
    add_list(world, (struct maker_list){0});
    present(world, (struct maker_spec){0});
    world->input.roles = ROLE_ALL & ~ROLE_BIT(ROLE_NODE);
    assert_err(ask(world), HL_EDENIED);
    assert_non_null(strstr(world->detail.text, "'node'"));
    world->input.roles = 0;
    assert_err(ask(world), HL_EDENIED);
    world->input.roles = ROLE_BIT(ROLE_NODE);
    assert_ok(ask(world));
    destroy_world(world);
}

static void a_life_has_a_longest(void **state)
{
    (void)state;
    const int64_t days = 86400 * (int64_t)CERTIFICATE_LIFE_MAX_DAYS;
    struct world *world = make_world();
    add_list(world, (struct maker_list){0});
    present(world, (struct maker_spec){.to = 1000 + days});
    assert_ok(ask(world));
    present(world, (struct maker_spec){.to = 1001 + days});
    assert_err(ask(world), HL_ELIFETIME);
    destroy_world(world);
}

/* Each row mends the fault that the row before ended in; so each error is
 * said before all that come after it. */
static void the_first_error_in_the_documented_order_is_said(void **state)
{
    (void)state;
    static const long serials[] = {1, 0};
    const int64_t too_long = 1000 + 86400 * INT64_C(500);
    const char *stranger = "URI:spiffe://other.example/auditor/a";
    const char *auditor = "URI:spiffe://zy.example/auditor/a";
    const char *unknown =
        "URI:spiffe://zy.example/node/xinyang,DNS:xinyang.zy.example";
    struct world *world = make_world();
    world->input.roles = 0;
    world->input.now = wall_from_seconds(900);
    add_list(world, (struct maker_list){.serials = serials, .next = 1200});
    assert_err(ask(world), HL_ENOCERT);
    present(world, (struct maker_spec){.names = MAKER_NONE,
                                       .to = too_long,
                                       .extended_usage = MAKER_NONE});
    assert_err(ask(world), HL_ECHAIN);
    present(world, (struct maker_spec){.names = MAKER_NONE, .to = 1300});
    assert_err(ask(world), HL_ENOTYET);
    world->input.now = wall_from_seconds(1300);
    assert_err(ask(world), HL_EEXPIRED);
    present(world, (struct maker_spec){.names = MAKER_NONE, .to = too_long});
    assert_err(ask(world), HL_EREVOKED);
    present(world, (struct maker_spec){
                       .names = MAKER_NONE, .to = too_long, .serial = 2});
    assert_err(ask(world), HL_ECRL);
    world->input.now = wall_from_seconds(1100);
    assert_err(ask(world), HL_EIDENTITY);
    present(world, (struct maker_spec){
                       .names = stranger, .to = too_long, .serial = 2});
    assert_err(ask(world), HL_EALLIANCE);
    present(world,
            (struct maker_spec){.names = auditor, .to = too_long, .serial = 2});
    assert_err(ask(world), HL_EROLE);
    present(world,
            (struct maker_spec){.names = unknown, .to = too_long, .serial = 2});
    assert_err(ask(world), HL_EUNKNOWNNODE);
    present(world, (struct maker_spec){.to = too_long, .serial = 2});
    assert_err(ask(world), HL_EDENIED);
    world->input.roles = ROLE_ALL;
    assert_err(ask(world), HL_ELIFETIME);
    destroy_world(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_certificate_is_admitted_until_its_next_bound),
        cmocka_unit_test(every_role_is_admitted),
        cmocka_unit_test(nothing_presented_is_no_certificate),
        cmocka_unit_test(a_certificate_of_another_authority_is_refused),
        cmocka_unit_test(a_changed_byte_breaks_the_signature),
        cmocka_unit_test(usages_must_be_said_and_fit),
        cmocka_unit_test(only_p256_and_sha2_are_used),
        cmocka_unit_test(validity_has_exact_seconds),
        cmocka_unit_test(an_authority_that_ended_admits_nobody),
        cmocka_unit_test(a_renewed_root_of_the_same_name_takes_over),
        cmocka_unit_test(identity_alliance_role_and_node_are_checked),
        cmocka_unit_test(a_role_that_is_not_asked_for_is_denied),
        cmocka_unit_test(a_life_has_a_longest),
        cmocka_unit_test(the_first_error_in_the_documented_order_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
