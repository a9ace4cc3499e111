/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/identity/trust.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "certs/identity/pem.h"
#include "certs/identity/trust_internal.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/hl_limits.h"

static hl_err validate_root(X509 *root, uint64_t line, struct hl_detail *detail)
{
    EVP_PKEY *key = X509_get0_pubkey(root);
    if (X509_check_ca(root) != 1) {
        return hl_fail_line(detail, line, HL_ECHAIN,
                            "roots: the certificate is no authority's");
    }
    if (!certificate_key_allowed(key)) {
        return hl_fail_line(detail, line, HL_ECHAIN,
                            "roots: the key is not on P-256");
    }
    if (X509_self_signed(root, 1) != 1 ||
        !certificate_signature_allowed(X509_get_signature_nid(root))) {
        return hl_fail_line(detail, line, HL_ECHAIN,
                            "roots: the certificate is not signed by itself "
                            "with ECDSA and SHA-2");
    }
    return HL_OK;
}

static hl_err add_root(struct trust *trust, struct bytes der, uint64_t line,
                       struct hl_detail *detail)
{
    X509 *root = NULL;
    if (certificate_from_der(der, &root) != HL_OK) {
        return hl_fail_line(detail, line, HL_EMALFORMED,
                            "roots: the block is no X.509 certificate in DER");
    }
    hl_err err = validate_root(root, line, detail);
    if (err == HL_OK) {
        int added = X509_STORE_add_cert(trust->store, root);
        HL_ASSERT(added == 1);
    }
    X509_free(root);
    return err;
}

static hl_err add_crl(struct trust *trust, struct bytes der, uint64_t line,
                      struct hl_detail *detail)
{
    const unsigned char *at = der.data;
    X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)der.size);
    hl_err err = HL_OK;
    if (crl == NULL || at != der.data + der.size) {
        err = hl_fail_line(detail, line, HL_EMALFORMED,
                           "CRLs: the block is no X.509 CRL in DER");
    } else {
        err = revocation_validate(crl, detail);
    }
    if (err != HL_OK) {
        X509_CRL_free(crl);
        return err;
    }
    int count = sk_X509_CRL_push(trust->crls, crl);
    HL_ASSERT(count > 0);
    return HL_OK;
}

/* One of the two inputs: what its blocks are, and where they go. */
struct part {
    const char *name;
    const char *label;
    struct bytes text;
    size_t bytes_max;
    size_t count_max;
    hl_err (*add)(struct trust *, struct bytes, uint64_t, struct hl_detail *);
};

static hl_err add_block(struct trust *trust, const struct part *part,
                        const struct pem_block *block, struct bytes der,
                        struct hl_detail *detail)
{
    if (strcmp(block->label, part->label) != 0) {
        return hl_fail_line(detail, block->line, HL_EMALFORMED,
                            "%s: a block '%s' where %s is expected", part->name,
                            block->label, part->label);
    }
    return part->add(trust, der, block->line, detail);
}

static hl_err add_blocks(struct trust *trust, const struct part *part,
                         size_t *count, struct hl_detail *detail)
{
    struct lines lines;
    lines_init(&lines, part->text);
    struct writer der = {0};
    struct pem_block block = {0};
    *count = 0;
    hl_err err = pem_next(&lines, &block, &der, detail);
    while (err == HL_OK && block.label[0] != '\0') {
        if ((*count)++ == part->count_max) {
            err = hl_fail_line(detail, block.line, HL_ELIMIT,
                               "%s: more than %zu blocks", part->name,
                               part->count_max);
            break;
        }
        err = add_block(trust, part, &block, writer_view(&der), detail);
        if (err == HL_OK) {
            writer_clear(&der);
            err = pem_next(&lines, &block, &der, detail);
        }
    }
    writer_fini(&der);
    return err;
}

static hl_err fill(struct trust *trust, const struct part *part, size_t *count,
                   struct hl_detail *detail)
{
    if (part->text.size > part->bytes_max) {
        return hl_fail(detail, HL_ELIMIT, "%s: larger than %zu bytes",
                       part->name, part->bytes_max);
    }
    ERR_set_mark();
    hl_err err = add_blocks(trust, part, count, detail);
    ERR_pop_to_mark();
    return err;
}

static struct trust *make_empty(void)
{
    struct trust *trust = hl_alloc(1, sizeof(*trust));
    trust->store = X509_STORE_new();
    trust->crls = sk_X509_CRL_new_null();
    HL_ASSERT(trust->store != NULL);
    HL_ASSERT(trust->crls != NULL);
    return trust;
}

hl_err trust_create(const struct trust_input *input, struct trust **out,
                    struct hl_detail *detail)
{
    const struct part roots = {
        .name = "roots",
        .label = "CERTIFICATE",
        .text = input->roots,
        .bytes_max = HL_CERT_MAX_BYTES,
        .count_max = HL_CERT_CHAIN_MAX,
        .add = add_root,
    };
    const struct part crls = {
        .name = "CRLs",
        .label = "X509 CRL",
        .text = input->crls,
        .bytes_max = HL_CRL_MAX_BYTES,
        .count_max = 2 * HL_CERT_CHAIN_MAX,
        .add = add_crl,
    };
    struct trust *trust = make_empty();
    size_t root_count = 0, crl_count = 0;
    hl_err err = fill(trust, &roots, &root_count, detail);
    if (err == HL_OK && root_count == 0) {
        err = hl_fail(detail, HL_ENOCERT, "roots: no PEM block CERTIFICATE");
    }
    if (err == HL_OK) {
        err = fill(trust, &crls, &crl_count, detail);
    }
    if (err != HL_OK) {
        trust_destroy(&trust);
        return err;
    }
    *out = trust;
    return HL_OK;
}

void trust_destroy(struct trust **trust)
{
    if (*trust == NULL) {
        return;
    }
    sk_X509_CRL_pop_free((*trust)->crls, X509_CRL_free);
    X509_STORE_free((*trust)->store);
    hl_free(*trust);
    *trust = NULL;
}

/* Validity is admission's, in its own order: here the library only needs the
 * time to prefer, of two roots with one name, the one that holds. */
static int let_time_pass(int good, X509_STORE_CTX *context)
{
    int error = X509_STORE_CTX_get_error(context);
    return good || error == X509_V_ERR_CERT_HAS_EXPIRED ||
           error == X509_V_ERR_CERT_NOT_YET_VALID;
}

static bool set_up(X509_STORE_CTX *context, const struct trust *trust,
                   const struct certificate *certificate, struct hl_wall now,
                   enum trust_purpose purpose)
{
    if (X509_STORE_CTX_init(context, trust->store, certificate->leaf,
                            certificate->chain) != 1 ||
        X509_STORE_CTX_set_purpose(
            context, purpose == TRUST_CALLER ? X509_PURPOSE_SSL_CLIENT
                                             : X509_PURPOSE_SSL_SERVER) != 1) {
        return false;
    }
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_time(param, (time_t)wall_seconds(now));
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
    X509_VERIFY_PARAM_set_depth(param, HL_CERT_CHAIN_MAX);
    X509_STORE_CTX_set_verify_cb(context, let_time_pass);
    return true;
}

static const char *usage_name(enum trust_purpose purpose)
{
    return purpose == TRUST_CALLER ? "clientAuth" : "serverAuth";
}

static hl_err fail_verify(X509_STORE_CTX *context, enum trust_purpose purpose,
                          struct hl_detail *detail)
{
    int error = X509_STORE_CTX_get_error(context);
    bool other_use = error == X509_V_ERR_INVALID_PURPOSE;
    return hl_fail(detail, HL_ECHAIN, "%s%s%s (certificate %d of the chain)",
                   X509_verify_cert_error_string(error),
                   other_use ? ", which here is " : "",
                   other_use ? usage_name(purpose) : "",
                   X509_STORE_CTX_get_error_depth(context) + 1);
}

static hl_err check_algorithms(const STACK_OF(X509) * chain,
                               struct hl_detail *detail)
{
    for (int i = 0; i < sk_X509_num(chain); i++) {
        const X509 *one = sk_X509_value(chain, i);
        if (!certificate_key_allowed(X509_get0_pubkey(one))) {
            return hl_fail(detail, HL_ECHAIN,
                           "the key is not on P-256 (certificate %d of the "
                           "chain)",
                           i + 1);
        }
        if (!certificate_signature_allowed(X509_get_signature_nid(one))) {
            return hl_fail(detail, HL_ECHAIN,
                           "not signed with ECDSA and SHA-2 (certificate %d "
                           "of the chain)",
                           i + 1);
        }
    }
    return HL_OK;
}

/* Usages that are left out stand for all of them in RFC 5280; here they must
 * be said. */
static hl_err check_leaf(X509 *leaf, enum trust_purpose purpose,
                         struct hl_detail *detail)
{
    uint32_t flags = X509_get_extension_flags(leaf);
    uint32_t wanted = purpose == TRUST_CALLER ? XKU_SSL_CLIENT : XKU_SSL_SERVER;
    if (X509_check_ca(leaf) != 0) {
        return hl_fail(detail, HL_ECHAIN,
                       "it is an authority's, not somebody's");
    }
    if ((flags & EXFLAG_KUSAGE) == 0 ||
        (X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE) == 0) {
        return hl_fail(detail, HL_ECHAIN,
                       "its keyUsage lacks digitalSignature");
    }
    if ((flags & EXFLAG_XKUSAGE) == 0 ||
        (X509_get_extended_key_usage(leaf) & wanted) == 0) {
        return hl_fail(detail, HL_ECHAIN, "its extendedKeyUsage lacks %s",
                       usage_name(purpose));
    }
    return HL_OK;
}

static hl_err verify(X509_STORE_CTX *context, const struct trust *trust,
                     const struct certificate *certificate, struct hl_wall now,
                     enum trust_purpose purpose, struct hl_detail *detail)
{
    if (!set_up(context, trust, certificate, now, purpose)) {
        return hl_fail(detail, HL_ECRYPTO, "cannot set up the verification");
    }
    if (X509_verify_cert(context) != 1) {
        return fail_verify(context, purpose, detail);
    }
    hl_err err = check_algorithms(X509_STORE_CTX_get0_chain(context), detail);
    return err != HL_OK ? err : check_leaf(certificate->leaf, purpose, detail);
}

hl_err trust_chain(const struct trust *trust,
                   const struct certificate *certificate, struct hl_wall now,
                   enum trust_purpose purpose, STACK_OF(X509) * *chain,
                   struct hl_detail *detail)
{
    ERR_set_mark();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    HL_ASSERT(context != NULL);
    hl_err err = verify(context, trust, certificate, now, purpose, detail);
    if (err == HL_OK) {
        *chain = X509_STORE_CTX_get1_chain(context);
        HL_ASSERT(*chain != NULL);
    }
    X509_STORE_CTX_free(context);
    ERR_pop_to_mark();
    return err;
}
