/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_TESTS_UNIT_CERTS_CERT_MAKER_H
#define HL_TESTS_UNIT_CERTS_CERT_MAKER_H

/* Makes certificates and revocation lists of every shape, also those that an
 * authority of ours would never make, with fresh keys. What cannot be made
 * ends the program: nothing here is under test. */

#include <openssl/x509.h>

#include "protocol/base/writer.h"

struct maker_pair {
    X509 *certificate;
    EVP_PKEY *key;
};

/* All-zero fields stand for what the comment says. */
struct maker_spec {
    const struct maker_pair *issuer; /* itself */
    EVP_PKEY *key;                   /* a new one on P-256 */
    const char *common_name;         /* "leaf" */
    const char *names;               /* none: as in openssl.cnf, "URI:..." */
    const char *constraints;         /* "critical,CA:FALSE" */
    const char *key_usage;           /* "critical,digitalSignature" */
    const char *extended_usage;      /* "serverAuth,clientAuth" */
    int64_t from, to;                /* POSIX seconds; 0: 1000 and 2000 */
    const EVP_MD *digest;            /* SHA-256 */
    long serial;                     /* 1 */
};

/* Leaves an extension out. */
#define MAKER_NONE "-"

struct maker_pair maker_make(const struct maker_spec *spec);
void maker_fini(struct maker_pair *pair);

/* An authority of that name, which lives from 0 to 1,000,000. */
struct maker_pair maker_root(const char *common_name);

struct maker_list {
    const struct maker_pair *issuer;
    EVP_PKEY *signing_key; /* the issuer's */
    int64_t made, next;    /* 0: 900 and 3000; next -1: none */
    const long *serials;   /* revoked ones, up to a 0; NULL: none */
    const EVP_MD *digest;  /* SHA-256 */
    long number;           /* CRL number; 0: none */
    const char *partial;   /* an issuingDistributionPoint */
};

/* Both append PEM. */
void maker_write_list(const struct maker_list *list, struct writer *out);
void maker_write(const X509 *certificate, struct writer *out);
void maker_write_der(const X509 *certificate, struct writer *out);

EVP_PKEY *maker_key_p256(void);
EVP_PKEY *maker_key_p384(void);
EVP_PKEY *maker_key_rsa(void);
EVP_PKEY *maker_key_ed25519(void);

#endif
