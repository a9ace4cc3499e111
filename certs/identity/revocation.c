/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "certs/identity/trust_internal.h"

hl_err revocation_validate(const X509_CRL *crl, struct hl_detail *detail)
{
    struct hl_wall time = {0};
    if (certificate_time(X509_CRL_get0_lastUpdate(crl), &time) != HL_OK ||
        certificate_time(X509_CRL_get0_nextUpdate(crl), &time) != HL_OK) {
        return hl_fail(detail, HL_ECRL,
                       "CRLs: a list does not say when it was made and when "
                       "the next one comes");
    }
    if (!certificate_signature_allowed(X509_CRL_get_signature_nid(crl))) {
        return hl_fail(detail, HL_ECRL,
                       "CRLs: a list is not signed with ECDSA and SHA-2");
    }
    for (int i = 0; i < X509_CRL_get_ext_count(crl); i++) {
        if (X509_EXTENSION_get_critical(X509_CRL_get_ext(crl, i))) {
            return hl_fail(detail, HL_ECRL,
                           "CRLs: a list is partial, indirect or a delta; "
                           "only whole lists are used");
        }
    }
    return HL_OK;
}

/* What an issuer says of its certificates now. */
struct list {
    X509_CRL *crl; /* NULL: there is none that counts */
    struct hl_wall made, next_update;
    const char *why_none;
};

static bool may_sign_lists(X509 *issuer)
{
    return (X509_get_extension_flags(issuer) & EXFLAG_KUSAGE) != 0 &&
           (X509_get_key_usage(issuer) & KU_CRL_SIGN) != 0;
}

/* Below, equal or above 0, as one's CRL number is to the other's; a list
 * without a number is below all that have one. */
static int compare_numbers(const X509_CRL *one, const X509_CRL *other)
{
    ASN1_INTEGER *a = X509_CRL_get_ext_d2i(one, NID_crl_number, NULL, NULL);
    ASN1_INTEGER *b = X509_CRL_get_ext_d2i(other, NID_crl_number, NULL, NULL);
    int order = a != NULL && b != NULL ? ASN1_INTEGER_cmp(a, b)
                                       : (a != NULL) - (b != NULL);
    ASN1_INTEGER_free(a);
    ASN1_INTEGER_free(b);
    return order;
}

static bool is_newer(const struct list *list, const X509_CRL *crl,
                     struct hl_wall made)
{
    if (list->crl == NULL) {
        return true;
    }
    int order = compare_numbers(crl, list->crl);
    return order > 0 || (order == 0 && made.ms > list->made.ms);
}

/* Takes a list of that issuer's name if it counts and is newer. */
static void consider(struct list *list, X509_CRL *crl, X509 *issuer,
                     struct hl_wall now)
{
    struct hl_wall made = {0}, next = {0};
    if (certificate_time(X509_CRL_get0_lastUpdate(crl), &made) != HL_OK ||
        certificate_time(X509_CRL_get0_nextUpdate(crl), &next) != HL_OK) {
        return; /* refused when the trust was made */
    }
    if (!may_sign_lists(issuer) ||
        X509_CRL_verify(crl, X509_get0_pubkey(issuer)) != 1) {
        list->why_none = "was not signed by it";
    } else if (made.ms > now.ms) {
        list->why_none = "begins in the future; check the clock";
    } else if (is_newer(list, crl, made)) {
        list->crl = crl;
        list->made = made;
        list->next_update = next;
    }
}

static struct list list_of(const struct trust *trust, X509 *issuer,
                           struct hl_wall now)
{
    struct list list = {.why_none = "is not there"};
    for (int i = 0; i < sk_X509_CRL_num(trust->crls); i++) {
        X509_CRL *crl = sk_X509_CRL_value(trust->crls, i);
        if (X509_NAME_cmp(X509_CRL_get_issuer(crl),
                          X509_get_subject_name(issuer)) == 0) {
            consider(&list, crl, issuer, now);
        }
    }
    return list;
}

static hl_err check_one(const struct trust *trust, X509 *certificate,
                        X509 *issuer, struct hl_wall now,
                        struct hl_wall *next_update, struct hl_detail *detail)
{
    struct list list = list_of(trust, issuer, now);
    if (list.crl == NULL) {
        return hl_fail(detail, HL_ECRL,
                       "the issuer's revocation list %s: fetch the newest, "
                       "or make it with 'heluo ca crl'",
                       list.why_none);
    }
    X509_REVOKED *entry = NULL;
    if (X509_CRL_get0_by_cert(list.crl, &entry, certificate) != 0) {
        return hl_fail(detail, HL_EREVOKED,
                       "its authority revoked it: ask for a new one, made "
                       "with 'heluo ca issue'");
    }
    if (now.ms >= list.next_update.ms) {
        char text[WALL_TEXT_BYTES];
        wall_format(list.next_update, text);
        return hl_fail(detail, HL_ECRL,
                       "the issuer's revocation list ended at %s: fetch the "
                       "newest, or make it with 'heluo ca crl'",
                       text);
    }
    *next_update = list.next_update;
    return HL_OK;
}

hl_err trust_revocation(const struct trust *trust, const STACK_OF(X509) * chain,
                        struct hl_wall now, struct hl_wall *until,
                        struct hl_detail *detail)
{
    struct hl_wall earliest = {.ms = INT64_MAX};
    hl_err err = HL_OK;
    ERR_set_mark();
    for (int i = 0; err == HL_OK && i + 1 < sk_X509_num(chain); i++) {
        struct hl_wall next = earliest;
        err = check_one(trust, sk_X509_value(chain, i),
                        sk_X509_value(chain, i + 1), now, &next, detail);
        earliest = next.ms < earliest.ms ? next : earliest;
    }
    ERR_pop_to_mark();
    if (err == HL_OK) {
        *until = earliest;
    }
    return err;
}
