/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_CERTS_IDENTITY_SPIFFE_H
#define HL_CERTS_IDENTITY_SPIFFE_H

/* Who somebody is: a role in an alliance, written as a SPIFFE ID (SPIFFE-ID
 * standard, section 2) in the one URI of a certificate:
 *
 *   spiffe://<alliance>/node/<id>
 *   spiffe://<alliance>/platform/<node>/<name>
 *   spiffe://<alliance>/operator/<node>/<name>
 *   spiffe://<alliance>/coordinator/<name>
 *   spiffe://<alliance>/clearing/<name>
 *
 * The alliance is a domain, ids and names are labels (text.h), so that each
 * identity has exactly one text. Plain memory, pure, any thread. */

#include <stdbool.h>

#include "protocol/base/bytes.h"
#include "protocol/base/hl_err.h"
#include "protocol/base/writer.h"

enum role {
    ROLE_NODE,        /* a city's server */
    ROLE_PLATFORM,    /* a program of the city that calls its node */
    ROLE_OPERATOR,    /* a person who runs a node */
    ROLE_COORDINATOR, /* a person or node of the alliance as such */
    ROLE_CLEARING,    /* the clearing desk */
    ROLE_COUNT
};

/* Sets of roles. */
#define ROLE_BIT(role) (1u << (role))
#define ROLE_ALL (ROLE_BIT(ROLE_COUNT) - 1u)

enum {
    SPIFFE_ALLIANCE_BYTES = 254, /* with the NUL, as the next */
    SPIFFE_LABEL_BYTES = 64,
    SPIFFE_MAX_BYTES = 420, /* the longest ID that parses, without a NUL */
};

struct identity {
    enum role role;
    char alliance[SPIFFE_ALLIANCE_BYTES];
    char node[SPIFFE_LABEL_BYTES]; /* "" for coordinator and clearing */
    char name[SPIFFE_LABEL_BYTES]; /* "" for a node */
};

/* The word of the role in an ID. */
const char *role_word(enum role role);

/* Whether identities of the role belong to a node; whether they have a name. */
bool role_has_node(enum role role);
bool role_has_name(enum role role);

/* Puts an identity together; node and name are "" where the role has none.
 *
 * HL_EIDENTITY  alliance, node or name is missing, is not the role's, or is
 *               no domain or label. */
HL_MUST_USE hl_err identity_make(enum role role, struct bytes alliance,
                                 struct bytes node, struct bytes name,
                                 struct identity *out,
                                 struct hl_detail *detail);

/* Reads an ID. Not a byte more than the forms above is accepted: no port, no
 * query, no trailing slash, no percent-encoding.
 *
 * HL_EROLE      the role's word is a label, but none of ours: a certificate
 *               for a newer version of this program.
 * HL_EIDENTITY  anything else is wrong. */
HL_MUST_USE hl_err spiffe_parse(struct bytes uri, struct identity *out,
                                struct hl_detail *detail);

/* Whether the ID, well-formed or not, begins with spiffe://<alliance>/. */
bool spiffe_is_of(struct bytes uri, struct bytes alliance);

/* Appends the ID; spiffe_parse() gives the same identity again. */
void spiffe_write(const struct identity *identity, struct writer *out);

bool identity_equal(const struct identity *a, const struct identity *b);

#endif
