/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_CERTS_TOOLS_AUTHORITY_H
#define HL_CERTS_TOOLS_AUTHORITY_H

/* The alliance's certificate authority: a folder of four files.
 *
 *   root.key  the private key (mode 0600), maybe under a passphrase
 *   root.crt  the root certificate: give it to every node
 *   root.crl  the newest revocation list: give it to every node, always
 *   index     authority_index.h
 *
 * What is decided stands in the index, on disk, before anybody sees it: a
 * process that dies leaves at worst a certificate that nobody got, or a list
 * that is older than the index, which the next authority_open() replaces.
 * One process at a time signs: the folder is locked. One thread. */

#include "certs/tools/x509_make.h"

enum {
    AUTHORITY_ROOT_DAYS = 3650, /* the defaults, and their bounds */
    AUTHORITY_ROOT_DAYS_MAX = 7300,
    AUTHORITY_LEAF_DAYS = 90,
    AUTHORITY_LEAF_DAYS_MAX = CERTIFICATE_LIFE_MAX_DAYS - 1,
    AUTHORITY_LIST_DAYS = 7,
    AUTHORITY_LIST_DAYS_MAX = X509_LIST_KEEP_DAYS,
    /* What is made now begins this long ago, for clocks that are slow. */
    AUTHORITY_SKEW_SECONDS = 300,
};

struct authority {
    char *folder;
    char alliance[SPIFFE_ALLIANCE_BYTES];
    X509 *root;
    struct hl_wall not_after; /* of the root */
    struct authority_index index;
    EVP_PKEY *key; /* NULL where it is only viewed */
    int lock;
};

struct authority_setup {
    const char *folder;
    struct bytes alliance;
    uint64_t days;           /* of the root */
    struct bytes passphrase; /* empty: the key is in the clear */
    struct hl_wall now;
};

/* Makes the folder, which appears whole or not at all.
 *
 * HL_EIDENTITY  the alliance is no domain.
 * HL_EEXISTS    the folder exists, or one with ".part" behind its name.
 * HL_EIO        it cannot be written.
 * HL_ECRYPTO    the library failed. */
HL_MUST_USE hl_err authority_init(const struct authority_setup *setup,
                                  struct hl_detail *detail);

/* Reads an authority without its key and lock.
 *
 * HL_ENOTFOUND, HL_EIO, HL_ELIMIT  a file; detail names it.
 * HL_EMALFORMED  a file is not what it should be; detail names it. */
HL_MUST_USE hl_err authority_view(const char *folder, struct authority **out,
                                  struct hl_detail *detail);

/* Waits for the folder's lock, reads all of it, and mends the revocation list
 * that a process which died left behind the index.
 *
 * As authority_view(), and:
 * HL_EFILEMODE    others may read the key.
 * HL_EPASSPHRASE  wrong, or missing.
 * HL_ECRL         the list is ahead of the index, which was set back: what it
 *                 forgot would hold again. Nothing is changed. */
HL_MUST_USE hl_err authority_open(const char *folder, struct bytes passphrase,
                                  struct authority **out,
                                  struct hl_detail *detail);

/* Unlocks, wipes, releases, sets NULL; NULL is fine. */
void authority_close(struct authority **authority);

struct authority_request {
    const struct identity *identity; /* of this alliance (asserts) */
    EVP_PKEY *public_key;            /* on P-256 (asserts) */
    uint64_t days;                   /* 1 .. AUTHORITY_LEAF_DAYS_MAX */
    struct hl_wall now;
};

/* Makes a certificate that is in the index when this returns. After an error
 * the authority is good for closing only; so also below.
 *
 * HL_EEXPIRED  the root has ended.
 * HL_ELIMIT    the certificate would outlive it.
 * HL_EIO       the index cannot be written. */
HL_MUST_USE hl_err authority_issue(struct authority *authority,
                                   const struct authority_request *request,
                                   X509 **out, struct hl_detail *detail);

/* Makes and publishes a revocation list that holds for days from now.
 *
 * HL_EEXPIRED  the root has ended.
 * HL_EIO       a file cannot be written. */
HL_MUST_USE hl_err authority_publish(struct authority *authority, uint64_t days,
                                     struct hl_wall now,
                                     struct hl_detail *detail);

struct authority_revocation {
    const char *serial; /* lower-case hex */
    enum revocation_reason reason;
    uint64_t list_days;
    struct hl_wall now;
};

/* Revokes and publishes. One that is revoked already stays as it was, and the
 * list is published again: repeating is safe.
 *
 * HL_ENOTFOUND  it was never issued here.
 * As authority_publish(). */
HL_MUST_USE hl_err authority_revoke(
    struct authority *authority, const struct authority_revocation *revocation,
    struct hl_detail *detail);

/* Finds what was issued for a certificate, to renew it. *row is borrowed.
 *
 * HL_ECHAIN    another authority signed it.
 * HL_ENOTFOUND it is not in the index.
 * HL_EREVOKED  it is revoked: who holds it now is not known. */
HL_MUST_USE hl_err authority_recall(const struct authority *authority,
                                    X509 *certificate,
                                    const struct authority_row **row,
                                    struct hl_detail *detail);

/* Takes the key out of a PKCS#10 request (RFC 2986), in PEM. Nothing else in
 * it is used: who it is for is said by who issues.
 *
 * HL_EMALFORMED    it is no request.
 * HL_ESIGNATURE    who made it does not hold the key.
 * HL_EUNSUPPORTED  the key is not on P-256. */
HL_MUST_USE hl_err authority_request_key(struct bytes request, EVP_PKEY **key,
                                         struct hl_detail *detail);

enum authority_state {
    AUTHORITY_VALID,
    AUTHORITY_SOON, /* less than a third of its life is left: renew */
    AUTHORITY_EXPIRED,
    AUTHORITY_REVOKED,
};

enum authority_state authority_state(const struct authority_row *row,
                                     struct hl_wall now);
const char *authority_state_word(enum authority_state state);

#endif
