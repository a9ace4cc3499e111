/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/identity/admission.h"

#include <string.h>

#include <openssl/err.h>

#include "protocol/base/hl_limits.h"
#include "tests/support/support.h"
#include "tests/unit/certs/cert_maker.h"

/* The leaf lives from 1000 to 2000, the list from 900 to 3000, the root from
 * 1 to 1,000,000; it is 1500. */
enum { NOW = 1500 };

#define LUOYANG "URI:spiffe://zy.example/node/luoyang,DNS:luoyang.zy.example"

struct world {
    struct maker_pair root;
    struct maker_pair leaf;
    struct writer roots, crls, presented;
    struct trust *trust;
    struct admission_input input;
    struct admission_verdict verdict;
    struct hl_detail detail;
};

static enum admission_node node_state(void *context, struct bytes node)
{
    (void)context;
    return bytes_equal_text(node, "luoyang")   ? ADMISSION_NODE_MEMBER
           : bytes_equal_text(node, "kaifeng") ? ADMISSION_NODE_ENDED
                                               : ADMISSION_NODE_UNKNOWN;
}

static struct world *make_world(void)
{
    static struct world world;
    world = (struct world){.root = maker_root("zy root")};
    maker_write(world.root.certificate, &world.roots);
    world.input = (struct admission_input){
        .alliance = bytes_of_text("zy.example"),
        .now = wall_from_seconds(NOW),
        .purpose = TRUST_CALLER,
        .roles = ROLE_ALL,
        .nodes = {.state = node_state},
    };
    return &world;
}

static void destroy_world(struct world *world)
{
    trust_destroy(&world->trust);
    maker_fini(&world->root);
    maker_fini(&world->leaf);
    writer_fini(&world->roots);
    writer_fini(&world->crls);
    writer_fini(&world->presented);
}

static void add_list(struct world *world, struct maker_list list)
{
    list.issuer = list.issuer == NULL ? &world->root : list.issuer;
    maker_write_list(&list, &world->crls);
}

static void present(struct world *world, struct maker_spec spec)
{
    spec.issuer = spec.issuer == NULL ? &world->root : spec.issuer;
    spec.names = spec.names == NULL ? LUOYANG : spec.names;
    maker_fini(&world->leaf);
    world->leaf = maker_make(&spec);
    writer_clear(&world->presented);
    maker_write(world->leaf.certificate, &world->presented);
}

static hl_err create_trust(struct world *world)
{
    trust_destroy(&world->trust);
    return trust_create(
        &(struct trust_input){.roots = writer_view(&world->roots),
                              .crls = writer_view(&world->crls)},
        &world->trust, &world->detail);
}

static hl_err ask(struct world *world)
{
    assert_ok(create_trust(world));
    world->input.trust = world->trust;
    world->input.presented = writer_view(&world->presented);
    world->detail = (struct hl_detail){0};
    world->verdict = (struct admission_verdict){.valid_until = {.ms = -7}};
    hl_err err =
        admission_check(&world->input, &world->verdict, &world->detail);
    assert_int_equal(ERR_peek_error(), 0);
    assert_int_equal(err == HL_OK, world->detail.text[0] == '\0');
    assert_int_equal(err == HL_OK, world->verdict.valid_until.ms != -7);
    return err;
}

/* One certificate, with a good root and a good list. */
static hl_err ask_for(struct maker_spec spec)
{
    struct world *world = make_world();
    add_list(world, (struct maker_list){0});
    present(world, spec);
    hl_err err = ask(world);
    destroy_world(world);
    return err;
}

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
        cmocka_unit_test(a_revoked_certificate_is_refused),
        cmocka_unit_test(without_a_usable_list_nobody_is_admitted),
        cmocka_unit_test(a_list_holds_to_the_millisecond),
        cmocka_unit_test(the_newest_list_that_has_begun_counts),
        cmocka_unit_test(an_intermediate_needs_lists_of_both),
        cmocka_unit_test(who_may_not_sign_lists_or_certificates_is_not_heard),
        cmocka_unit_test(identity_alliance_role_and_node_are_checked),
        cmocka_unit_test(a_role_that_is_not_asked_for_is_denied),
        cmocka_unit_test(a_life_has_a_longest),
        cmocka_unit_test(the_first_error_in_the_documented_order_is_said),
        cmocka_unit_test(a_root_that_is_none_is_refused),
        cmocka_unit_test(trust_says_which_input_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
