/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_CERTS_IDENTITY_CERTIFICATE_H
#define HL_CERTS_IDENTITY_CERTIFICATE_H

/* X.509 certificates (RFC 5280) as the alliance uses them: what they are, not
 * whether they hold; that is admission.h. Pure; a struct certificate belongs
 * to its caller, and several threads may read one. */

#include <openssl/x509.h>

#include "certs/identity/spiffe.h"
#include "protocol/base/hash.h"
#include "protocol/base/hl_time.h"

enum {
    /* The longest life of a certificate that is not an authority's: a year
     * and a month. A key that leaked is worth nothing after it, even to
     * those whose revocation list is forged or lost. */
    CERTIFICATE_LIFE_MAX_DAYS = 398,
    /* RFC 5280 4.1.2.2: at most 20 bytes, here as lower-case hex and a NUL. */
    CERTIFICATE_SERIAL_TEXT_BYTES = 41,
    CERTIFICATE_WHO_BYTES = 160,
};

/* A leaf and what was presented with it. */
struct certificate {
    X509 *leaf;
    STACK_OF(X509) * chain; /* after the leaf, in order; may be empty */
};

/* Reads one DER certificate, or PEM with the leaf first. What follows the
 * leaf need not belong to it. DER must be minimal: one certificate has one
 * fingerprint.
 *
 * HL_ENOCERT     no bytes, or a PEM text without a certificate.
 * HL_ELIMIT      over HL_CERT_MAX_BYTES, or HL_CERT_CHAIN_MAX certificates.
 * HL_EMALFORMED  detail names the line or the certificate. */
HL_MUST_USE hl_err certificate_parse(struct bytes input,
                                     struct certificate *out,
                                     struct hl_detail *detail);

/* Releases; all-zero is fine. */
void certificate_fini(struct certificate *certificate);

/* One DER certificate and nothing else, owned by the caller.
 *
 * HL_EMALFORMED  not that. */
HL_MUST_USE hl_err certificate_from_der(struct bytes der, X509 **out);

/* The identity that a certificate states. Checked in this order:
 *
 * HL_EIDENTITY  it does not have exactly one URI as subject alternative name,
 *               or that is no SPIFFE ID (SPIFFE X509-SVID, section 2).
 * HL_EALLIANCE  it is of another alliance; an empty one stands for any.
 * HL_EROLE      its role is one that this version does not know.
 * HL_EIDENTITY  it is a node's and does not have exactly one DNS name,
 *               <node>.<alliance>, under which it is dialled; or it is
 *               another's and has one, and could pose as a host. */
HL_MUST_USE hl_err certificate_identity(const X509 *leaf, struct bytes alliance,
                                        struct identity *out,
                                        struct hl_detail *detail);

/* The one URI of a certificate, appended, whatever it says: an authority's is
 * spiffe://<alliance> alone.
 *
 * HL_EIDENTITY  none, or several, or the names cannot be read. */
HL_MUST_USE hl_err certificate_uri(const X509 *certificate, struct writer *uri,
                                   struct hl_detail *detail);

/* SHA-256 over the DER form. */
struct hl_hash certificate_fingerprint(const X509 *certificate);

void certificate_serial_text(const ASN1_INTEGER *serial,
                             char out[CERTIFICATE_SERIAL_TEXT_BYTES]);

/* For messages: the URI, cut, as far as there is one, and the serial. */
void certificate_who(const X509 *leaf, char out[CERTIFICATE_WHO_BYTES]);

/* Validity bounds, to the second. Both fail like this:
 *
 * HL_EMALFORMED  no time of the form that RFC 5280 4.1.2.5 has. */
HL_MUST_USE hl_err certificate_time(const ASN1_TIME *time, struct hl_wall *out);
HL_MUST_USE hl_err certificate_validity(const X509 *certificate,
                                        struct hl_wall *not_before,
                                        struct hl_wall *not_after);

/* The key is on P-256, named as such (RFC 5480); signature is ECDSA with
 * SHA-256, SHA-384 or SHA-512. No other is used in an alliance. */
bool certificate_key_allowed(EVP_PKEY *key);
bool certificate_signature_allowed(int nid);

#endif
