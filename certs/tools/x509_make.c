/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/tools/x509_make.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

static bool set_time(ASN1_TIME *time, struct hl_wall wall)
{
    return ASN1_TIME_set(time, (time_t)wall_seconds(wall)) != NULL;
}

/* The attribute's bound (ub-common-name of RFC 5280) is 64; what is longer is
 * cut: names are for people, the URI is who it is. */
static bool add_name(X509_NAME *name, const char *field, struct bytes value)
{
    enum { ATTRIBUTE_MAX = 64 };
    int size = (int)(value.size > ATTRIBUTE_MAX ? ATTRIBUTE_MAX : value.size);
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_ASC, value.data,
                                      size, -1, 0) == 1;
}

static bool add_extension(X509 *certificate, X509 *issuer, int nid,
                          const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509V3_set_ctx_nodb(&context);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool added =
        extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

static bool set_serial(X509 *certificate, const uint8_t *serial)
{
    BIGNUM *number = BN_bin2bn(serial, X509_MAKE_SERIAL_BYTES, NULL);
    bool done =
        number != NULL &&
        BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    return done;
}

static bool set_frame(X509 *certificate, const struct x509_frame *frame)
{
    return X509_set_version(certificate, X509_VERSION_3) == 1 &&
           set_serial(certificate, frame->serial) &&
           set_time(X509_getm_notBefore(certificate), frame->not_before) &&
           set_time(X509_getm_notAfter(certificate), frame->not_after) &&
           X509_set_pubkey(certificate, frame->public_key) == 1;
}

/* The text is ours or checked label by label: nothing in it is special to
 * OpenSSL's syntax of extensions. */
static bool add_alt_names(X509 *certificate, const struct writer *names)
{
    struct writer text = {0};
    writer_bytes(&text, writer_view(names));
    writer_u8(&text, 0);
    bool done = add_extension(certificate, certificate, NID_subject_alt_name,
                              (const char *)text.data);
    writer_fini(&text);
    return done;
}

static bool fill_root(X509 *root, const struct x509_frame *frame,
                      struct bytes alliance)
{
    X509_NAME *name = X509_get_subject_name(root);
    struct writer names = {0};
    writer_format(&names, "URI:spiffe://%.*s", BYTES_ARGS(alliance));
    bool done =
        set_frame(root, frame) && add_name(name, "O", alliance) &&
        add_name(name, "CN", bytes_of_text("Heluo alliance authority")) &&
        X509_set_issuer_name(root, name) == 1 &&
        add_extension(root, root, NID_basic_constraints,
                      "critical,CA:TRUE,pathlen:0") &&
        add_extension(root, root, NID_key_usage,
                      "critical,keyCertSign,cRLSign") &&
        add_extension(root, root, NID_subject_key_identifier, "hash") &&
        add_alt_names(root, &names) &&
        X509_sign(root, frame->public_key, EVP_sha256()) > 0;
    writer_fini(&names);
    return done;
}

hl_err x509_make_root(const struct x509_frame *frame, struct bytes alliance,
                      X509 **out)
{
    ERR_set_mark();
    X509 *root = X509_new();
    bool done = root != NULL && fill_root(root, frame, alliance);
    ERR_pop_to_mark();
    if (!done) {
        X509_free(root);
        return HL_ECRYPTO;
    }
    *out = root;
    return HL_OK;
}

static void leaf_names(const struct identity *identity, struct writer *names)
{
    writer_text(names, "URI:");
    spiffe_write(identity, names);
    if (identity->role == ROLE_NODE) {
        writer_format(names, ",DNS:%s.%s", identity->node, identity->alliance);
    }
}

static bool fill_leaf(X509 *leaf, const struct x509_frame *frame,
                      const struct identity *identity,
                      const struct x509_issuer *issuer)
{
    bool node = identity->role == ROLE_NODE;
    X509_NAME *name = X509_get_subject_name(leaf);
    struct writer names = {0};
    leaf_names(identity, &names);
    bool done =
        set_frame(leaf, frame) &&
        add_name(name, "O", bytes_of_text(identity->alliance)) &&
        add_name(name, "OU", bytes_of_text(role_word(identity->role))) &&
        add_name(name, "CN",
                 bytes_of_text(node ? identity->node : identity->name)) &&
        X509_set_issuer_name(leaf,
                             X509_get_subject_name(issuer->certificate)) == 1 &&
        add_extension(leaf, leaf, NID_basic_constraints, "critical,CA:FALSE") &&
        add_extension(leaf, leaf, NID_key_usage, "critical,digitalSignature") &&
        add_extension(leaf, leaf, NID_ext_key_usage,
                      node ? "serverAuth,clientAuth" : "clientAuth") &&
        add_extension(leaf, leaf, NID_subject_key_identifier, "hash") &&
        add_extension(leaf, issuer->certificate, NID_authority_key_identifier,
                      "keyid:always") &&
        add_alt_names(leaf, &names) &&
        X509_sign(leaf, issuer->key, EVP_sha256()) > 0;
    writer_fini(&names);
    return done;
}

hl_err x509_make_leaf(const struct x509_frame *frame,
                      const struct identity *identity,
                      const struct x509_issuer *issuer, X509 **out)
{
    ERR_set_mark();
    X509 *leaf = X509_new();
    bool done = leaf != NULL && fill_leaf(leaf, frame, identity, issuer);
    ERR_pop_to_mark();
    if (!done) {
        X509_free(leaf);
        return HL_ECRYPTO;
    }
    *out = leaf;
    return HL_OK;
}

/* RFC 5280 5.3.1: the reason "unspecified" is left out. */
static bool set_reason(X509_REVOKED *entry, enum revocation_reason reason)
{
    if (reason == REVOKED_UNSPECIFIED) {
        return true;
    }
    ASN1_ENUMERATED *value = ASN1_ENUMERATED_new();
    bool done = value != NULL && ASN1_ENUMERATED_set(value, (long)reason) &&
                X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, value, 0,
                                          X509V3_ADD_DEFAULT) == 1;
    ASN1_ENUMERATED_free(value);
    return done;
}

static ASN1_INTEGER *serial_of(const struct authority_row *row)
{
    BIGNUM *number = NULL;
    ASN1_INTEGER *serial = NULL;
    if (BN_hex2bn(&number, row->serial) > 0) {
        serial = BN_to_ASN1_INTEGER(number, NULL);
    }
    BN_free(number);
    return serial;
}

static bool set_entry(X509_REVOKED *entry, const struct authority_row *row)
{
    ASN1_TIME *time = ASN1_TIME_new();
    ASN1_INTEGER *serial = serial_of(row);
    bool done = time != NULL && serial != NULL &&
                set_time(time, row->revoked_at) &&
                X509_REVOKED_set_serialNumber(entry, serial) == 1 &&
                X509_REVOKED_set_revocationDate(entry, time) == 1 &&
                set_reason(entry, row->reason);
    ASN1_INTEGER_free(serial);
    ASN1_TIME_free(time);
    return done;
}

static bool add_entry(X509_CRL *list, const struct authority_row *row)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    if (entry == NULL || !set_entry(entry, row) ||
        X509_CRL_add0_revoked(list, entry) != 1) {
        X509_REVOKED_free(entry);
        return false;
    }
    return true;
}

static bool add_entries(X509_CRL *list, const struct authority_index *index)
{
    const int64_t keep_ms = X509_LIST_KEEP_DAYS * INT64_C(86400000);
    for (size_t i = 0; i < index->count; i++) {
        const struct authority_row *row = &index->rows[i];
        bool kept = wall_since_ms(index->list_made, row->not_after) <= keep_ms;
        if (row->revoked && kept && !add_entry(list, row)) {
            return false;
        }
    }
    return true;
}

static bool set_list_times(X509_CRL *list, const struct authority_index *index)
{
    ASN1_TIME *time = ASN1_TIME_new();
    bool done = time != NULL && set_time(time, index->list_made) &&
                X509_CRL_set1_lastUpdate(list, time) == 1 &&
                set_time(time, index->list_next) &&
                X509_CRL_set1_nextUpdate(list, time) == 1;
    ASN1_TIME_free(time);
    return done;
}

static bool add_list_number(X509_CRL *list, uint64_t value)
{
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    bool done = number != NULL && ASN1_INTEGER_set_uint64(number, value) == 1 &&
                X509_CRL_add1_ext_i2d(list, NID_crl_number, number, 0,
                                      X509V3_ADD_DEFAULT) == 1;
    ASN1_INTEGER_free(number);
    return done;
}

static bool add_list_issuer(X509_CRL *list, X509 *issuer)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, NULL, NULL, list, 0);
    X509V3_set_ctx_nodb(&context);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(
        NULL, &context, NID_authority_key_identifier, "keyid:always");
    bool done = extension != NULL && X509_CRL_add_ext(list, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return done;
}

static bool fill_list(X509_CRL *list, const struct authority_index *index,
                      const struct x509_issuer *issuer)
{
    return X509_CRL_set_version(list, X509_CRL_VERSION_2) == 1 &&
           X509_CRL_set_issuer_name(
               list, X509_get_subject_name(issuer->certificate)) == 1 &&
           set_list_times(list, index) && add_entries(list, index) &&
           X509_CRL_sort(list) == 1 &&
           add_list_number(list, index->list_number) &&
           add_list_issuer(list, issuer->certificate) &&
           X509_CRL_sign(list, issuer->key, EVP_sha256()) > 0;
}

hl_err x509_make_list(const struct authority_index *index,
                      const struct x509_issuer *issuer, X509_CRL **out)
{
    ERR_set_mark();
    X509_CRL *list = X509_CRL_new();
    bool done = list != NULL && fill_list(list, index, issuer);
    ERR_pop_to_mark();
    if (!done) {
        X509_CRL_free(list);
        return HL_ECRYPTO;
    }
    *out = list;
    return HL_OK;
}
