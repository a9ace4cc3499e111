/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_CERTS_TOOLS_X509_MAKE_H
#define HL_CERTS_TOOLS_X509_MAKE_H

/* Makes the three things an authority signs, in the form that admission.h
 * asks for: ECDSA on P-256 with SHA-256. Time and serial are arguments. Each
 * may fail with
 *
 * HL_ECRYPTO  the library failed.
 *
 * One thread. */

#include "certs/tools/authority_index.h"

enum { X509_MAKE_SERIAL_BYTES = 16 };

/* What is common to certificates. */
struct x509_frame {
    EVP_PKEY *public_key;
    uint8_t serial[X509_MAKE_SERIAL_BYTES]; /* first bit 0, not all zero */
    struct hl_wall not_before, not_after;
};

struct x509_issuer {
    X509 *certificate;
    EVP_PKEY *key;
};

/* An authority signed by itself; public_key is its whole key. Its one URI is
 * spiffe://<alliance> (SPIFFE X509-SVID 4.1). */
HL_MUST_USE hl_err x509_make_root(const struct x509_frame *frame,
                                  struct bytes alliance, X509 **out);

/* A leaf: clientAuth, and for a node serverAuth and its DNS name too. */
HL_MUST_USE hl_err x509_make_leaf(const struct x509_frame *frame,
                                  const struct identity *identity,
                                  const struct x509_issuer *issuer, X509 **out);

/* The list that the index names as its last: each revoked certificate, until
 * it has expired for as long as any list lives. */
HL_MUST_USE hl_err x509_make_list(const struct authority_index *index,
                                  const struct x509_issuer *issuer,
                                  X509_CRL **out);

/* After this, an expired certificate leaves the list (RFC 5280 3.3). */
enum { X509_LIST_KEEP_DAYS = 30 };

#endif
