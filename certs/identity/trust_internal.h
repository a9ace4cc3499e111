/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_CERTS_IDENTITY_TRUST_INTERNAL_H
#define HL_CERTS_IDENTITY_TRUST_INTERNAL_H

/* What trust.c makes and revocation.c reads. */

#include "certs/identity/trust.h"

struct trust {
    X509_STORE *store; /* the roots */
    STACK_OF(X509_CRL) * crls;
};

/* HL_ECRL  the list has no nextUpdate, a critical extension, or a signature
 *          of another algorithm. */
HL_MUST_USE hl_err revocation_validate(const X509_CRL *crl,
                                       struct hl_detail *detail);

#endif
