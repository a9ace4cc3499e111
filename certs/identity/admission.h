/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_CERTS_IDENTITY_ADMISSION_H
#define HL_CERTS_IDENTITY_ADMISSION_H

/* The one check that admits: every call that a server accepts, every server
 * that is dialled, and again, every 30 seconds, every open stream. It stands
 * beside TLS's own verification, knows what TLS does not (revocation, the
 * charter, roles), and repeats what TLS knows, so that a mistake in the set-up
 * of TLS admits nobody. Pure: the time is given. Any thread, as far as the
 * look-up of nodes is. */

#include "certs/identity/trust.h"

enum admission_node {
    ADMISSION_NODE_UNKNOWN,
    ADMISSION_NODE_MEMBER,
    ADMISSION_NODE_ENDED,
};

/* What the charter says of a node. */
struct admission_nodes {
    enum admission_node (*state)(const void *context, struct bytes node);
    const void *context;
};

struct admission_input {
    struct bytes presented; /* as certificate_parse() takes it */
    const struct trust *trust;
    struct bytes alliance;
    struct hl_wall now;
    enum trust_purpose purpose;
    unsigned roles; /* of ROLE_BIT(): who may do what is asked */
    struct admission_nodes nodes;
};

struct admission_verdict {
    struct identity identity;
    struct hl_hash fingerprint; /* of the leaf */
    /* The verdict holds before this moment and not at it: the earliest end
     * of a certificate of the chain or of a revocation list. It is dropped
     * sooner when trust, charter or roles change. */
    struct hl_wall valid_until;
};

/* Checks in this order, and says the first that fails. detail says who, why,
 * and what to do. The library's error queue is as before.
 *
 * HL_ENOCERT       nothing was presented.
 * HL_ELIMIT        more than certificate_parse() reads.
 * HL_EMALFORMED    it cannot be read.
 * HL_ECHAIN        trust_chain().
 * HL_ENOTYET       a certificate of the chain begins later than now.
 * HL_EEXPIRED      one has ended. As in OpenSSL's TLS, and unlike RFC 5280,
 *                  the second of notAfter itself is outside.
 * HL_EREVOKED      trust_revocation().
 * HL_ECRL          trust_revocation().
 * HL_EIDENTITY     certificate_identity(), and so for the next two.
 * HL_EALLIANCE
 * HL_EROLE
 * HL_EUNKNOWNNODE  the identity's node is not in the charter.
 * HL_EENDED        it was ended there.
 * HL_EDENIED       the role is not among those given.
 * HL_ELIFETIME     the leaf lives longer than CERTIFICATE_LIFE_MAX_DAYS. */
HL_MUST_USE hl_err admission_check(const struct admission_input *input,
                                   struct admission_verdict *out,
                                   struct hl_detail *detail);

#endif
