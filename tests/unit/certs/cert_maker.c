/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/certs/cert_maker.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "certs/identity/pem.h"

static void must(bool done, const char *what)
{
    if (!done) {
        fprintf(stderr, "cert_maker: cannot %s\n", what);
        ERR_print_errors_fp(stderr);
        exit(EXIT_FAILURE);
    }
}

EVP_PKEY *maker_key_p256(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    must(key != NULL, "make a P-256 key");
    return key;
}

EVP_PKEY *maker_key_p384(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-384");
    must(key != NULL, "make a P-384 key");
    return key;
}

EVP_PKEY *maker_key_rsa(void)
{
    EVP_PKEY *key = EVP_RSA_gen(2048);
    must(key != NULL, "make an RSA key");
    return key;
}

EVP_PKEY *maker_key_ed25519(void)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    must(key != NULL, "make an Ed25519 key");
    return key;
}

static void set_time(ASN1_TIME *time, int64_t seconds)
{
    must(ASN1_TIME_set(time, (time_t)seconds) != NULL, "set a time");
}

static void add_extension(X509 *certificate, X509 *issuer, int nid,
                          const char *given, const char *fallback)
{
    const char *value = given == NULL ? fallback : given;
    if (strcmp(value, MAKER_NONE) == 0) {
        return;
    }
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    must(extension != NULL, value);
    must(X509_add_ext(certificate, extension, -1) == 1, "add an extension");
    X509_EXTENSION_free(extension);
}

static void set_name(X509 *certificate, const char *common_name)
{
    X509_NAME *name = X509_get_subject_name(certificate);
    must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                    (const unsigned char *)common_name, -1, -1,
                                    0) == 1,
         "name it");
}

static void add_extensions(X509 *made, X509 *issuer,
                           const struct maker_spec *spec)
{
    add_extension(made, issuer, NID_basic_constraints, spec->constraints,
                  "critical,CA:FALSE");
    add_extension(made, issuer, NID_key_usage, spec->key_usage,
                  "critical,digitalSignature");
    add_extension(made, issuer, NID_ext_key_usage, spec->extended_usage,
                  "serverAuth,clientAuth");
    add_extension(made, issuer, NID_subject_alt_name, spec->names, MAKER_NONE);
    add_extension(made, issuer, NID_subject_key_identifier, NULL, "hash");
    add_extension(made, issuer, NID_authority_key_identifier, NULL,
                  issuer == made ? MAKER_NONE : "keyid:always");
}

static EVP_PKEY *key_of(EVP_PKEY *given)
{
    if (given == NULL) {
        return maker_key_p256();
    }
    must(EVP_PKEY_up_ref(given) == 1, "share a key");
    return given;
}

struct maker_pair maker_make(const struct maker_spec *spec)
{
    struct maker_pair pair = {.certificate = X509_new(),
                              .key = key_of(spec->key)};
    X509 *made = pair.certificate;
    must(made != NULL, "make a certificate");
    X509 *issuer = spec->issuer == NULL ? made : spec->issuer->certificate;
    EVP_PKEY *signing = spec->issuer == NULL ? pair.key : spec->issuer->key;
    must(X509_set_version(made, X509_VERSION_3) == 1, "set the version");
    long serial = spec->serial == 0 ? 1 : spec->serial;
    must(ASN1_INTEGER_set(X509_get_serialNumber(made), serial) == 1,
         "set the serial");
    set_time(X509_getm_notBefore(made), spec->from == 0 ? 1000 : spec->from);
    set_time(X509_getm_notAfter(made), spec->to == 0 ? 2000 : spec->to);
    set_name(made, spec->common_name == NULL ? "leaf" : spec->common_name);
    must(X509_set_issuer_name(made, X509_get_subject_name(issuer)) == 1,
         "name the issuer");
    must(X509_set_pubkey(made, pair.key) == 1, "set the key");
    add_extensions(made, issuer, spec);
    bool pure = EVP_PKEY_is_a(signing, "ED25519");
    const EVP_MD *digest = spec->digest == NULL ? EVP_sha256() : spec->digest;
    must(X509_sign(made, signing, pure ? NULL : digest) > 0, "sign it");
    return pair;
}

void maker_fini(struct maker_pair *pair)
{
    X509_free(pair->certificate);
    EVP_PKEY_free(pair->key);
    *pair = (struct maker_pair){0};
}

struct maker_pair maker_root(const char *common_name)
{
    return maker_make(&(struct maker_spec){
        .common_name = common_name,
        .constraints = "critical,CA:TRUE",
        .key_usage = "critical,keyCertSign,cRLSign",
        .extended_usage = MAKER_NONE,
        .from = 1,
        .to = 1000000,
    });
}

static void add_revoked(X509_CRL *crl, long serial)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    ASN1_TIME *when = ASN1_TIME_set(NULL, 900);
    must(entry != NULL && number != NULL && when != NULL, "revoke");
    must(ASN1_INTEGER_set(number, serial) == 1, "revoke");
    must(X509_REVOKED_set_serialNumber(entry, number) == 1, "revoke");
    must(X509_REVOKED_set_revocationDate(entry, when) == 1, "revoke");
    must(X509_CRL_add0_revoked(crl, entry) == 1, "revoke");
    ASN1_INTEGER_free(number);
    ASN1_TIME_free(when);
}

static void set_list_times(X509_CRL *crl, const struct maker_list *list)
{
    ASN1_TIME *time = ASN1_TIME_set(NULL, 0);
    must(time != NULL, "set a time");
    set_time(time, list->made == 0 ? 900 : list->made);
    must(X509_CRL_set1_lastUpdate(crl, time) == 1, "set a time");
    if (list->next != -1) {
        set_time(time, list->next == 0 ? 3000 : list->next);
        must(X509_CRL_set1_nextUpdate(crl, time) == 1, "set a time");
    }
    ASN1_TIME_free(time);
}

static void add_partial(X509_CRL *crl, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, NULL, NULL, NULL, crl, 0);
    X509V3_set_ctx_nodb(&context);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(
        NULL, &context, NID_issuing_distribution_point, value);
    must(extension != NULL, value);
    must(X509_CRL_add_ext(crl, extension, -1) == 1, "add an extension");
    X509_EXTENSION_free(extension);
}

static void add_number(X509_CRL *crl, long value)
{
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    must(number != NULL && ASN1_INTEGER_set(number, value) == 1,
         "make a number");
    must(X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0,
                               X509V3_ADD_DEFAULT) == 1,
         "add a number");
    ASN1_INTEGER_free(number);
}

static void write_pem(const char *label, unsigned char *der, int size,
                      struct writer *out)
{
    must(size > 0, "encode");
    pem_write(label, bytes_of(der, (size_t)size), out);
    OPENSSL_free(der);
}

void maker_write_list(const struct maker_list *list, struct writer *out)
{
    X509_CRL *crl = X509_CRL_new();
    must(crl != NULL, "make a list");
    must(X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1, "set a version");
    must(X509_CRL_set_issuer_name(
             crl, X509_get_subject_name(list->issuer->certificate)) == 1,
         "name the issuer");
    set_list_times(crl, list);
    for (size_t i = 0; list->serials != NULL && list->serials[i] != 0; i++) {
        add_revoked(crl, list->serials[i]);
    }
    if (list->number != 0) {
        add_number(crl, list->number);
    }
    if (list->partial != NULL) {
        add_partial(crl, list->partial);
    }
    EVP_PKEY *key =
        list->signing_key == NULL ? list->issuer->key : list->signing_key;
    const EVP_MD *digest = list->digest == NULL ? EVP_sha256() : list->digest;
    must(X509_CRL_sign(crl, key, digest) > 0, "sign a list");
    unsigned char *der = NULL;
    int size = i2d_X509_CRL(crl, &der);
    write_pem("X509 CRL", der, size, out);
    X509_CRL_free(crl);
}

void maker_write(const X509 *certificate, struct writer *out)
{
    unsigned char *der = NULL;
    int size = i2d_X509(certificate, &der);
    write_pem("CERTIFICATE", der, size, out);
}

void maker_write_der(const X509 *certificate, struct writer *out)
{
    unsigned char *der = NULL;
    int size = i2d_X509(certificate, &der);
    must(size > 0, "encode");
    writer_bytes(out, bytes_of(der, (size_t)size));
    OPENSSL_free(der);
}
