/* SPDX-License-Identifier: Apache-2.0 */

/* Whatever a peer presents: it is read or refused, means one thing, and is
 * admitted only if a key of the authority vouched for it. The authority is
 * that of corpus/identity, whose private keys are gone (make_identity.c). */

#include <openssl/err.h>

#include "certs/identity/admission.h"
#include "protocol/base/hl_assert.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/identity_trust.h"

static enum admission_node node_state(const void *context, struct bytes node)
{
    (void)context;
    return bytes_equal_text(node, "luoyang")   ? ADMISSION_NODE_MEMBER
           : bytes_equal_text(node, "kaifeng") ? ADMISSION_NODE_ENDED
                                               : ADMISSION_NODE_UNKNOWN;
}

/* An identity has one text. */
static void check_text(struct bytes input)
{
    struct identity identity = {0}, again = {0};
    hl_err err = spiffe_parse(input, &identity, NULL);
    HL_ASSERT(err == HL_OK || err == HL_EIDENTITY || err == HL_EROLE);
    if (err != HL_OK) {
        return;
    }
    struct writer text = {0};
    spiffe_write(&identity, &text);
    HL_ASSERT(bytes_equal(writer_view(&text), input));
    HL_ASSERT(text.size <= SPIFFE_MAX_BYTES);
    err = spiffe_parse(writer_view(&text), &again, NULL);
    HL_ASSERT(err == HL_OK);
    HL_ASSERT(identity_equal(&identity, &again));
    writer_fini(&text);
}

/* What a certificate states is the URI that is in it. */
static void check_identity(const X509 *leaf)
{
    struct identity identity = {0};
    struct writer uri = {0}, text = {0};
    char who[CERTIFICATE_WHO_BYTES];
    certificate_who(leaf, who);
    hl_err err = certificate_identity(leaf, bytes_of_text(""), &identity, NULL);
    HL_ASSERT(err == HL_OK || err == HL_EIDENTITY || err == HL_EROLE);
    if (err == HL_OK) {
        err = certificate_uri(leaf, &uri, NULL);
        HL_ASSERT(err == HL_OK);
        spiffe_write(&identity, &text);
        HL_ASSERT(bytes_equal(writer_view(&uri), writer_view(&text)));
    }
    writer_fini(&uri);
    writer_fini(&text);
}

static bool vouched_for(const struct certificate *certificate,
                        const struct certificate *root)
{
    bool vouched =
        X509_verify(certificate->leaf, X509_get0_pubkey(root->leaf)) == 1;
    for (int i = 0; !vouched && i < sk_X509_num(certificate->chain); i++) {
        X509 *between = sk_X509_value(certificate->chain, i);
        vouched =
            X509_verify(between, X509_get0_pubkey(root->leaf)) == 1 &&
            X509_verify(certificate->leaf, X509_get0_pubkey(between)) == 1;
    }
    return vouched;
}

static void check_admitted(const struct admission_input *input,
                           const struct admission_verdict *verdict)
{
    struct certificate certificate = {0}, root = {0};
    hl_err err = certificate_parse(input->presented, &certificate, NULL);
    HL_ASSERT(err == HL_OK);
    err = certificate_parse(bytes_of_text(identity_roots), &root, NULL);
    HL_ASSERT(err == HL_OK);
    HL_ASSERT(vouched_for(&certificate, &root));
    struct hl_hash fingerprint = certificate_fingerprint(certificate.leaf);
    HL_ASSERT(hash_equal(&fingerprint, &verdict->fingerprint));
    HL_ASSERT(verdict->valid_until.ms > input->now.ms);
    HL_ASSERT(bytes_equal_text(input->alliance, verdict->identity.alliance));
    HL_ASSERT(input->roles & ROLE_BIT(verdict->identity.role));
    certificate_fini(&certificate);
    certificate_fini(&root);
    ERR_clear_error(); /* vouched_for() asks the library itself */
}

static void check_admission(const struct trust *trust, struct bytes input,
                            enum trust_purpose purpose)
{
    const struct admission_input asked = {
        .presented = input,
        .trust = trust,
        .alliance = bytes_of_text("zy.example"),
        .now = wall_from_seconds(1500),
        .purpose = purpose,
        .roles = ROLE_ALL & ~ROLE_BIT(ROLE_CLEARING),
        .nodes = {.state = node_state},
    };
    struct admission_verdict verdict = {0}, again = {0};
    struct hl_detail detail = {0};
    hl_err err = admission_check(&asked, &verdict, &detail);
    HL_ASSERT(err == admission_check(&asked, &again, NULL));
    HL_ASSERT(err != HL_ECRYPTO);
    HL_ASSERT((err == HL_OK) == (detail.text[0] == '\0'));
    if (err == HL_OK) {
        HL_ASSERT(again.valid_until.ms == verdict.valid_until.ms);
        check_admitted(&asked, &verdict);
    }
}

static void check_trust(struct bytes input)
{
    struct trust *trust = NULL;
    hl_err err = trust_create(
        &(struct trust_input){.roots = input, .crls = input}, &trust, NULL);
    HL_ASSERT(err != HL_OK); /* no block is root and list at once */
    err = trust_create(
        &(struct trust_input){.roots = bytes_of_text(identity_roots),
                              .crls = input},
        &trust, NULL);
    HL_ASSERT((err == HL_OK) == (trust != NULL));
    trust_destroy(&trust);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes input = bytes_of(data, size);
    struct trust *trust = NULL;
    struct certificate certificate = {0};
    hl_err err = trust_create(
        &(struct trust_input){.roots = bytes_of_text(identity_roots),
                              .crls = bytes_of_text(identity_crls)},
        &trust, NULL);
    HL_ASSERT(err == HL_OK);
    check_text(input);
    check_trust(input);
    if (certificate_parse(input, &certificate, NULL) == HL_OK) {
        check_identity(certificate.leaf);
        certificate_fini(&certificate);
    }
    check_admission(trust, input, TRUST_CALLER);
    check_admission(trust, input, TRUST_SERVER);
    trust_destroy(&trust);
    HL_ASSERT(ERR_peek_error() == 0);
    return 0;
}
