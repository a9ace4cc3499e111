/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/identity/certificate.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "certs/identity/pem.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/hl_limits.h"

static bool der_equals(const X509 *certificate, struct bytes der)
{
    unsigned char *encoded = NULL;
    int size = i2d_X509(certificate, &encoded);
    bool same = size > 0 && bytes_equal(bytes_of(encoded, (size_t)size), der);
    OPENSSL_free(encoded);
    return same;
}

hl_err certificate_from_der(struct bytes der, X509 **out)
{
    if (der.size == 0 || der.size > HL_CERT_MAX_BYTES) {
        return HL_EMALFORMED;
    }
    ERR_set_mark();
    const unsigned char *at = der.data;
    X509 *certificate = d2i_X509(NULL, &at, (long)der.size);
    bool good = certificate != NULL && der_equals(certificate, der);
    ERR_pop_to_mark();
    if (!good) {
        X509_free(certificate);
        return HL_EMALFORMED;
    }
    *out = certificate;
    return HL_OK;
}

static hl_err add(struct certificate *certificate, X509 *next,
                  struct hl_detail *detail)
{
    if (certificate->leaf == NULL) {
        certificate->leaf = next;
        return HL_OK;
    }
    if (sk_X509_num(certificate->chain) + 1 == HL_CERT_CHAIN_MAX) {
        X509_free(next);
        return hl_fail(detail, HL_ELIMIT, "more than %d certificates",
                       HL_CERT_CHAIN_MAX);
    }
    int count = sk_X509_push(certificate->chain, next);
    HL_ASSERT(count > 0);
    return HL_OK;
}

static hl_err parse_block(const struct pem_block *block, struct bytes der,
                          struct certificate *certificate,
                          struct hl_detail *detail)
{
    if (strcmp(block->label, "CERTIFICATE") != 0) {
        return hl_fail_line(detail, block->line, HL_EMALFORMED,
                            "a block '%s' where a CERTIFICATE is expected",
                            block->label);
    }
    X509 *next = NULL;
    if (certificate_from_der(der, &next) != HL_OK) {
        return hl_fail_line(detail, block->line, HL_EMALFORMED,
                            "the block is no X.509 certificate in DER");
    }
    return add(certificate, next, detail);
}

static hl_err parse_pem(struct bytes input, struct certificate *certificate,
                        struct hl_detail *detail)
{
    struct lines lines;
    lines_init(&lines, input);
    struct writer der = {0};
    struct pem_block block = {0};
    hl_err err = pem_next(&lines, &block, &der, detail);
    while (err == HL_OK && block.label[0] != '\0') {
        err = parse_block(&block, writer_view(&der), certificate, detail);
        if (err == HL_OK) {
            writer_clear(&der);
            err = pem_next(&lines, &block, &der, detail);
        }
    }
    writer_fini(&der);
    if (err == HL_OK && certificate->leaf == NULL) {
        err = hl_fail(detail, HL_ENOCERT, "no PEM block CERTIFICATE in it");
    }
    return err;
}

static hl_err parse_der(struct bytes input, struct certificate *certificate,
                        struct hl_detail *detail)
{
    if (certificate_from_der(input, &certificate->leaf) != HL_OK) {
        return hl_fail(detail, HL_EMALFORMED, "no X.509 certificate in DER");
    }
    return HL_OK;
}

hl_err certificate_parse(struct bytes input, struct certificate *out,
                         struct hl_detail *detail)
{
    const uint8_t der_sequence = 0x30;
    if (input.size == 0) {
        return hl_fail(detail, HL_ENOCERT, "none was presented");
    }
    if (input.size > HL_CERT_MAX_BYTES) {
        return hl_fail(detail, HL_ELIMIT, "larger than %d bytes",
                       HL_CERT_MAX_BYTES);
    }
    struct certificate parsed = {.chain = sk_X509_new_null()};
    HL_ASSERT(parsed.chain != NULL);
    hl_err err = input.data[0] == der_sequence
                     ? parse_der(input, &parsed, detail)
                     : parse_pem(input, &parsed, detail);
    if (err != HL_OK) {
        certificate_fini(&parsed);
        return err;
    }
    *out = parsed;
    return HL_OK;
}

void certificate_fini(struct certificate *certificate)
{
    X509_free(certificate->leaf);
    sk_X509_pop_free(certificate->chain, X509_free);
    *certificate = (struct certificate){0};
}

static struct bytes name_bytes(const GENERAL_NAME *name)
{
    const ASN1_IA5STRING *text = GENERAL_NAME_get0_value(name, NULL);
    return bytes_of(ASN1_STRING_get0_data(text),
                    (size_t)ASN1_STRING_length(text));
}

/* Counts the names of a type (GEN_URI, GEN_DNS) and gives the first one. */
static size_t find_names(const GENERAL_NAMES *names, int type,
                         struct bytes *first)
{
    size_t count = 0;
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        if (name->type == type && count++ == 0) {
            *first = name_bytes(name);
        }
    }
    return count;
}

static hl_err read_names(const X509 *certificate, GENERAL_NAMES **names,
                         struct hl_detail *detail)
{
    int critical = -1;
    ERR_set_mark();
    GENERAL_NAMES *found =
        X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, NULL);
    ERR_pop_to_mark();
    if (found == NULL) {
        return hl_fail(detail, HL_EIDENTITY, "%s",
                       critical == -1
                           ? "it has no subject alternative name"
                           : "its subject alternative names cannot be read");
    }
    *names = found;
    return HL_OK;
}

static hl_err one_uri(const GENERAL_NAMES *names, struct bytes *uri,
                      struct hl_detail *detail)
{
    size_t count = find_names(names, GEN_URI, uri);
    if (count != 1) {
        return hl_fail(detail, HL_EIDENTITY,
                       "it has %zu URIs as subject alternative names; one, "
                       "the SPIFFE ID, is expected",
                       count);
    }
    return HL_OK;
}

static hl_err check_dns(const GENERAL_NAMES *names,
                        const struct identity *identity,
                        struct hl_detail *detail)
{
    struct bytes dns = {0};
    size_t count = find_names(names, GEN_DNS, &dns);
    if (identity->role != ROLE_NODE) {
        return count == 0 ? HL_OK
                          : hl_fail(detail, HL_EIDENTITY,
                                    "it has a DNS name, '%.*s', but is no node",
                                    BYTES_ARGS(dns));
    }
    struct writer wanted = {0};
    writer_format(&wanted, "%s.%s", identity->node, identity->alliance);
    hl_err err = HL_OK;
    if (count != 1 || !bytes_equal(dns, writer_view(&wanted))) {
        err =
            hl_fail(detail, HL_EIDENTITY,
                    "a node has one DNS name, here '%.*s'; this has %zu%s%.*s",
                    BYTES_ARGS(writer_view(&wanted)), count,
                    count == 0 ? "" : ": ", BYTES_ARGS(dns));
    }
    writer_fini(&wanted);
    return err;
}

static hl_err check_alliance(struct bytes uri, struct bytes alliance,
                             struct hl_detail *detail)
{
    if (alliance.size == 0 || spiffe_is_of(uri, alliance)) {
        return HL_OK;
    }
    struct identity ignored;
    hl_err err = spiffe_parse(uri, &ignored, detail);
    return err == HL_EIDENTITY ? err
                               : hl_fail(detail, HL_EALLIANCE,
                                         "'%.*s' is not of the alliance %.*s",
                                         BYTES_ARGS(uri), BYTES_ARGS(alliance));
}

static hl_err identity_of(const GENERAL_NAMES *names, struct bytes alliance,
                          struct identity *out, struct hl_detail *detail)
{
    struct bytes uri = {0};
    struct identity identity = {0};
    hl_err err = one_uri(names, &uri, detail);
    if (err == HL_OK) {
        err = check_alliance(uri, alliance, detail);
    }
    if (err == HL_OK) {
        err = spiffe_parse(uri, &identity, detail);
    }
    if (err == HL_OK) {
        err = check_dns(names, &identity, detail);
    }
    if (err == HL_OK) {
        *out = identity;
    }
    return err;
}

hl_err certificate_identity(const X509 *leaf, struct bytes alliance,
                            struct identity *out, struct hl_detail *detail)
{
    GENERAL_NAMES *names = NULL;
    hl_err err = read_names(leaf, &names, detail);
    if (err == HL_OK) {
        err = identity_of(names, alliance, out, detail);
        GENERAL_NAMES_free(names);
    }
    return err;
}

hl_err certificate_uri(const X509 *certificate, struct writer *uri,
                       struct hl_detail *detail)
{
    GENERAL_NAMES *names = NULL;
    hl_err err = read_names(certificate, &names, detail);
    if (err == HL_OK) {
        struct bytes found = {0};
        err = one_uri(names, &found, detail);
        if (err == HL_OK) {
            writer_bytes(uri, found);
        }
        GENERAL_NAMES_free(names);
    }
    return err;
}

struct hl_hash certificate_fingerprint(const X509 *certificate)
{
    unsigned char *encoded = NULL;
    int size = i2d_X509(certificate, &encoded);
    HL_ASSERT(size > 0);
    struct hl_hash hash = hash_bytes(bytes_of(encoded, (size_t)size));
    OPENSSL_free(encoded);
    return hash;
}

void certificate_serial_text(const ASN1_INTEGER *serial,
                             char out[CERTIFICATE_SERIAL_TEXT_BYTES])
{
    size_t size = (size_t)ASN1_STRING_length(serial);
    const uint8_t *data = ASN1_STRING_get0_data(serial);
    out[0] = '\0';
    for (size_t i = 0; i < size && 2 * i + 2 < CERTIFICATE_SERIAL_TEXT_BYTES;
         i++) {
        snprintf(out + 2 * i, 3, "%02x", data[i]);
    }
}

void certificate_who(const X509 *leaf, char out[CERTIFICATE_WHO_BYTES])
{
    struct writer uri = {0};
    char serial[CERTIFICATE_SERIAL_TEXT_BYTES];
    certificate_serial_text(X509_get0_serialNumber(leaf), serial);
    const char *none = "no identity";
    if (certificate_uri(leaf, &uri, NULL) != HL_OK) {
        writer_text(&uri, none);
    }
    struct bytes text = writer_view(&uri);
    text.size = text.size > 100 ? 100 : text.size;
    snprintf(out, CERTIFICATE_WHO_BYTES, "%.*s, serial %s", BYTES_ARGS(text),
             serial);
    writer_fini(&uri);
}

hl_err certificate_time(const ASN1_TIME *time, struct hl_wall *out)
{
    const int64_t day_seconds = 86400;
    int days = 0, seconds = 0;
    ERR_set_mark();
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    bool good = epoch != NULL && time != NULL && ASN1_TIME_check(time) == 1 &&
                ASN1_TIME_diff(&days, &seconds, epoch, time) == 1;
    ASN1_TIME_free(epoch);
    ERR_pop_to_mark();
    if (!good) {
        return HL_EMALFORMED;
    }
    *out = wall_from_seconds(days * day_seconds + seconds);
    return HL_OK;
}

hl_err certificate_validity(const X509 *certificate, struct hl_wall *not_before,
                            struct hl_wall *not_after)
{
    struct hl_wall from = {0}, to = {0};
    hl_err err = certificate_time(X509_get0_notBefore(certificate), &from);
    if (err == HL_OK) {
        err = certificate_time(X509_get0_notAfter(certificate), &to);
    }
    if (err == HL_OK) {
        *not_before = from;
        *not_after = to;
    }
    return err;
}

bool certificate_key_allowed(EVP_PKEY *key)
{
    char group[32] = "";
    size_t size = 0;
    ERR_set_mark();
    bool named = key != NULL && EVP_PKEY_is_a(key, "EC") &&
                 EVP_PKEY_get_group_name(key, group, sizeof(group), &size);
    ERR_pop_to_mark();
    return named && strcmp(group, "prime256v1") == 0;
}

bool certificate_signature_allowed(int nid)
{
    return nid == NID_ecdsa_with_SHA256 || nid == NID_ecdsa_with_SHA384 ||
           nid == NID_ecdsa_with_SHA512;
}
