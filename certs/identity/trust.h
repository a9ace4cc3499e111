/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_CERTS_IDENTITY_TRUST_H
#define HL_CERTS_IDENTITY_TRUST_H

/* What an alliance's certificates are checked against: its authority's roots
 * and revocation lists, parsed once. Made anew when a file changes; owned by
 * its creator, read by any number of threads. Pure: the time is an argument. */

#include "certs/identity/certificate.h"

struct trust;

struct trust_input {
    struct bytes roots; /* PEM, one CERTIFICATE or more */
    struct bytes crls;  /* PEM, X509 CRL; empty: then nobody is admitted */
};

/* Reads both. A root is an authority's, signed by itself, with a P-256 key;
 * its time is checked at each call. A list must say when the next one comes,
 * and have no critical extension: it is whole, direct and of all reasons.
 *
 * HL_ENOCERT     no root.
 * HL_EMALFORMED  detail names the line; "roots" or "CRLs" stands in the text.
 * HL_ELIMIT      over HL_CERT_MAX_BYTES, HL_CERT_CHAIN_MAX roots, or
 *                HL_CRL_MAX_BYTES.
 * HL_ECHAIN      a certificate may not be a root.
 * HL_ECRL        a list may not be used. */
HL_MUST_USE hl_err trust_create(const struct trust_input *input,
                                struct trust **out, struct hl_detail *detail);

/* Releases and sets NULL; NULL is fine. */
void trust_destroy(struct trust **trust);

/* What a certificate is used for. */
enum trust_purpose {
    TRUST_CALLER, /* extendedKeyUsage has clientAuth */
    TRUST_SERVER, /* serverAuth */
};

/* Builds and verifies the chain from the leaf to a root: signatures, CA
 * constraints, name constraints, strictly by RFC 5280 section 6; P-256 keys
 * and ECDSA with SHA-2 throughout; the leaf is no authority, may sign, and is
 * for the purpose. Says nothing of validity and revocation. *chain, leaf
 * first and root last, is the caller's.
 *
 * HL_ECHAIN  it does not verify. */
HL_MUST_USE hl_err trust_chain(const struct trust *trust,
                               const struct certificate *certificate,
                               struct hl_wall now, enum trust_purpose purpose,
                               STACK_OF(X509) * *chain,
                               struct hl_detail *detail);

/* Whether each certificate of a verified chain, but the root, is vouched for
 * by its issuer's revocation list: of those whose thisUpdate is not in the
 * future the one with the highest CRL number (RFC 5280 5.2.3), and where that
 * is the same, or there is none, with the latest thisUpdate; a list without a
 * number is older than each with one. *until is the earliest nextUpdate of
 * those lists.
 *
 * HL_EREVOKED  the list names it, also when the list has expired.
 * HL_ECRL      there is no list of that issuer, it was not signed by it, or
 *              has expired. A list that is missing is an error, always. */
HL_MUST_USE hl_err trust_revocation(const struct trust *trust,
                                    const STACK_OF(X509) * chain,
                                    struct hl_wall now, struct hl_wall *until,
                                    struct hl_detail *detail);

#endif
