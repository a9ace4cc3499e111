/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/identity/certificate.h"

#include <string.h>

#include <openssl/err.h>

#include "protocol/base/hl_limits.h"
#include "tests/support/support.h"
#include "tests/unit/certs/cert_maker.h"

static void pem_and_der_give_the_same_certificate(void **state)
{
    (void)state;
    struct maker_pair root = maker_root("root");
    struct writer pem = {0}, der = {0};
    maker_write(root.certificate, &pem);
    maker_write_der(root.certificate, &der);
    struct certificate a = {0}, b = {0};
    assert_ok(certificate_parse(writer_view(&pem), &a, NULL));
    assert_ok(certificate_parse(writer_view(&der), &b, NULL));
    struct hl_hash fingerprint = certificate_fingerprint(a.leaf);
    struct hl_hash wanted = hash_bytes(writer_view(&der));
    assert_true(hash_equal(&fingerprint, &wanted));
    assert_int_equal(X509_cmp(a.leaf, b.leaf), 0);
    certificate_fini(&a);
    certificate_fini(&b);
    writer_fini(&pem);
    writer_fini(&der);
    maker_fini(&root);
}

static void a_chain_has_a_bound(void **state)
{
    (void)state;
    struct maker_pair root = maker_root("root");
    struct writer pem = {0};
    struct certificate parsed = {0};
    for (int i = 0; i < HL_CERT_CHAIN_MAX; i++) {
        maker_write(root.certificate, &pem);
    }
    assert_ok(certificate_parse(writer_view(&pem), &parsed, NULL));
    assert_int_equal(sk_X509_num(parsed.chain), HL_CERT_CHAIN_MAX - 1);
    certificate_fini(&parsed);
    maker_write(root.certificate, &pem);
    assert_err(certificate_parse(writer_view(&pem), &parsed, NULL), HL_ELIMIT);
    assert_null(parsed.leaf);
    writer_extend(&pem, HL_CERT_MAX_BYTES);
    assert_err(certificate_parse(writer_view(&pem), &parsed, NULL), HL_ELIMIT);
    writer_fini(&pem);
    maker_fini(&root);
}

static void der_is_one_certificate_and_minimal(void **state)
{
    (void)state;
    struct maker_pair root = maker_root("root");
    struct writer der = {0};
    maker_write_der(root.certificate, &der);
    struct bytes whole = writer_view(&der);
    X509 *out = NULL;
    assert_err(
        certificate_from_der(bytes_slice(whole, 0, whole.size - 1), &out),
        HL_EMALFORMED);
    writer_u8(&der, 0);
    assert_err(certificate_from_der(writer_view(&der), &out), HL_EMALFORMED);
    assert_null(out);
    /* The same with a length in one byte more than it needs. */
    whole = writer_view(&der);
    assert_int_equal(whole.data[1], 0x82);
    struct writer padded = {0};
    writer_bytes(&padded, bytes_of("\x30\x83\x00", 3));
    writer_bytes(&padded, bytes_slice(whole, 2, whole.size - 3));
    assert_err(certificate_from_der(writer_view(&padded), &out), HL_EMALFORMED);
    assert_int_equal(ERR_peek_error(), 0);
    writer_fini(&padded);
    writer_fini(&der);
    maker_fini(&root);
}

static void only_certificates_are_read(void **state)
{
    (void)state;
    struct certificate out = {0};
    struct hl_detail detail = {0};
    static const char *const key = "-----BEGIN PRIVATE KEY-----\n"
                                   "AAEC\n"
                                   "-----END PRIVATE KEY-----\n";
    assert_err(certificate_parse(bytes_of_text(key), &out, &detail),
               HL_EMALFORMED);
    assert_non_null(strstr(detail.text, "'PRIVATE KEY'"));
    static const char *const junk = "-----BEGIN CERTIFICATE-----\n"
                                    "AAEC\n"
                                    "-----END CERTIFICATE-----\n";
    assert_err(certificate_parse(bytes_of_text(junk), &out, &detail),
               HL_EMALFORMED);
    assert_int_equal(detail.at, 1);
    assert_err(certificate_parse(bytes_of_text("\x30\x01"), &out, NULL),
               HL_EMALFORMED);
    assert_err(certificate_parse(bytes_of_text("hello\n"), &out, NULL),
               HL_ENOCERT);
    assert_err(certificate_parse(bytes_of_text(""), &out, NULL), HL_ENOCERT);
    assert_null(out.leaf);
}

struct name_case {
    const char *names;
    hl_err err;
};

#define NODE_URI "URI:spiffe://zy.example/node/luoyang"

static void
the_names_of_a_certificate_are_exactly_those_of_its_role(void **state)
{
    (void)state;
    static const struct name_case cases[] = {
        {NODE_URI ",DNS:luoyang.zy.example", HL_OK},
        {"DNS:luoyang.zy.example," NODE_URI, HL_OK},
        {NODE_URI ",DNS:luoyang.zy.example,IP:10.0.0.1", HL_OK},
        {"URI:spiffe://zy.example/clearing/desk", HL_OK},
        {MAKER_NONE, HL_EIDENTITY},
        {"DNS:luoyang.zy.example", HL_EIDENTITY},
        {NODE_URI, HL_EIDENTITY},
        {NODE_URI ",DNS:kaifeng.zy.example", HL_EIDENTITY},
        {NODE_URI ",DNS:*.zy.example", HL_EIDENTITY},
        {NODE_URI ",DNS:luoyang.zy.example,DNS:kaifeng.zy.example",
         HL_EIDENTITY},
        {NODE_URI ",URI:spiffe://zy.example/node/kaifeng,"
                  "DNS:luoyang.zy.example",
         HL_EIDENTITY},
        {NODE_URI "," NODE_URI ",DNS:luoyang.zy.example", HL_EIDENTITY},
        {"URI:spiffe://zy.example/clearing/desk,DNS:luoyang.zy.example",
         HL_EIDENTITY},
        {"URI:spiffe://zy.example", HL_EIDENTITY},
        {"URI:https://zy.example/node/luoyang", HL_EIDENTITY},
        {"URI:spiffe://other.example/node/luoyang,DNS:x", HL_EALLIANCE},
        {"URI:spiffe://other.example/auditor/a", HL_EALLIANCE},
        {"URI:spiffe://zy.example/auditor/a", HL_EROLE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct maker_pair leaf =
            maker_make(&(struct maker_spec){.names = cases[i].names});
        struct identity identity = {.role = ROLE_COUNT};
        struct hl_detail detail = {0};
        assert_err(certificate_identity(leaf.certificate,
                                        bytes_of_text("zy.example"), &identity,
                                        &detail),
                   cases[i].err);
        assert_int_equal(identity.role == ROLE_COUNT, cases[i].err != HL_OK);
        assert_int_equal(detail.text[0] == '\0', cases[i].err == HL_OK);
        maker_fini(&leaf);
    }
    assert_int_equal(ERR_peek_error(), 0);
}

static void two_extensions_of_names_are_not_read(void **state)
{
    (void)state;
    struct maker_pair leaf = maker_make(
        &(struct maker_spec){.names = "URI:spiffe://zy.example/clearing/desk"});
    struct maker_pair other = maker_make(&(struct maker_spec){
        .names = "URI:spiffe://zy.example/clearing/other"});
    int at = X509_get_ext_by_NID(other.certificate, NID_subject_alt_name, -1);
    X509_EXTENSION *second = X509_get_ext(other.certificate, at);
    assert_int_equal(X509_add_ext(leaf.certificate, second, -1), 1);
    struct identity identity;
    assert_err(certificate_identity(leaf.certificate, bytes_of_text(""),
                                    &identity, NULL),
               HL_EIDENTITY);
    maker_fini(&leaf);
    maker_fini(&other);
}

static void times_reach_beyond_2049(void **state)
{
    (void)state;
    const int64_t late = INT64_C(4102444800); /* 2100-01-01 */
    struct maker_pair pair =
        maker_make(&(struct maker_spec){.from = 1, .to = late});
    struct hl_wall from, to;
    assert_ok(certificate_validity(pair.certificate, &from, &to));
    assert_int_equal(from.ms, 1000);
    assert_int_equal(to.ms, late * 1000);
    ASN1_TIME *never = ASN1_TIME_new();
    assert_err(certificate_time(never, &to), HL_EMALFORMED);
    assert_err(certificate_time(NULL, &to), HL_EMALFORMED);
    ASN1_TIME_free(never);
    maker_fini(&pair);
}

static void a_message_says_who_it_is(void **state)
{
    (void)state;
    struct maker_pair leaf = maker_make(&(struct maker_spec){
        .names = "URI:spiffe://zy.example/clearing/desk", .serial = 0x1234});
    struct maker_pair none = maker_make(&(struct maker_spec){.serial = 7});
    char who[CERTIFICATE_WHO_BYTES];
    certificate_who(leaf.certificate, who);
    assert_string_equal(who, "spiffe://zy.example/clearing/desk, serial 1234");
    certificate_who(none.certificate, who);
    assert_string_equal(who, "no identity, serial 07");
    maker_fini(&leaf);
    maker_fini(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pem_and_der_give_the_same_certificate),
        cmocka_unit_test(a_chain_has_a_bound),
        cmocka_unit_test(der_is_one_certificate_and_minimal),
        cmocka_unit_test(only_certificates_are_read),
        cmocka_unit_test(
            the_names_of_a_certificate_are_exactly_those_of_its_role),
        cmocka_unit_test(two_extensions_of_names_are_not_read),
        cmocka_unit_test(times_reach_beyond_2049),
        cmocka_unit_test(a_message_says_who_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
