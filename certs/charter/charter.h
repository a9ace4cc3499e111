/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_CERTS_CHARTER_CHARTER_H
#define HL_CERTS_CHARTER_CHARTER_H

/* The charter: who belongs to the alliance, with which keys, who keeps whose
 * journal. A signed note whose text protocol/README.md describes line by
 * line. Here it is parsed, written, and asked; charter_chain.h says which of
 * several holds. Pure; a struct charter belongs to its caller. */

#include "protocol/base/hl_time.h"
#include "protocol/note/note.h"
#include "protocol/tree/head.h"

enum {
    CHARTER_LABEL_BYTES = 64,     /* a label of 63 and its NUL */
    CHARTER_DOMAIN_BYTES = 254,   /* a domain of 253 and its NUL */
    CHARTER_ENDPOINT_BYTES = 262, /* host, ':', port and NUL */
    CHARTER_REGION_BYTES = 7,     /* six digits (GB/T 2260) and NUL */
};

/* How a journal key came to follow the one before it (design section 5). */
enum charter_succession {
    CHARTER_FIRST,   /* no key before it; holds from size 0 */
    CHARTER_ROTATE,  /* planned: the former key's checkpoints stay good */
    CHARTER_REPLACE, /* theft, loss or return: beyond the point the former
                        key's checkpoints are claims, not evidence */
};

struct charter_journal_key {
    enum charter_succession succession;
    struct head from;
    struct vkey vkey; /* VKEY_ED25519, named <alliance>/<node> */
};

/* A node's other keys, each good in a range of time. */
enum charter_purpose {
    CHARTER_MIRROR,     /* VKEY_COSIGNATURE, named <alliance>/<node>/mirror */
    CHARTER_ENCRYPTION, /* X25519: blobs are sealed to it */
    CHARTER_SM2,        /* VKEY_SM2, the second line, named as the journal */
    CHARTER_PURPOSE_COUNT,
};

#define CHARTER_NO_END INT64_MAX

struct charter_key {
    enum charter_purpose purpose;
    int64_t from_s;     /* POSIX seconds; in force from here */
    int64_t until_s;    /* up to but not including; or CHARTER_NO_END */
    struct vkey vkey;   /* but for CHARTER_ENCRYPTION */
    uint8_t x25519[32]; /* for CHARTER_ENCRYPTION */
};

enum charter_role {
    CHARTER_CLEARING,    /* may propose clearing cycles */
    CHARTER_COORDINATOR, /* a coordinator's node: keeps copies */
    CHARTER_ROLE_COUNT,
};

struct charter_grant {
    bool granted;
    bool ended;
    struct head end; /* in the node's own journal, if ended */
};

/* Lines of kinds, or that name things, that this version does not know. They
 * stand at the end of their block (the top, or a node's), in the order in
 * which they came, and mean nothing here. */
struct charter_unknown {
    char **lines;
    size_t count;
};

struct charter_node {
    char id[CHARTER_LABEL_BYTES];
    char region[CHARTER_REGION_BYTES];
    char endpoints[HL_CHARTER_ENDPOINTS_MAX][CHARTER_ENDPOINT_BYTES];
    size_t endpoint_count;

    size_t quorum; /* 0 iff there is no keeper */
    char keepers[HL_KEEPERS_MAX][CHARTER_LABEL_BYTES];
    size_t keeper_count;
    bool has_keepers_from; /* where new keepers start, if too few former ones
                              are left to ask */
    struct head keepers_from;

    struct charter_journal_key *journal_keys; /* in order of from.size */
    size_t journal_key_count;
    struct charter_key *keys; /* by purpose, then from_s */
    size_t key_count;
    struct charter_grant roles[CHARTER_ROLE_COUNT];
    bool ended;
    struct head end;
    struct charter_unknown unknown;
};

enum charter_policy {
    CHARTER_CLEARING_PERIOD_DAYS,
    CHARTER_APPROVAL_DEADLINE_HOURS,
    CHARTER_MONEY_DURABILITY, /* that callers are to ask for */
    CHARTER_POLICY_COUNT,
};

struct charter {
    char alliance[CHARTER_DOMAIN_BYTES];
    uint64_t version;          /* from 1 */
    struct hl_hash previous;   /* of version - 1; unset for version 1 */
    size_t threshold;          /* signatures that the next version needs */
    struct vkey *coordinators; /* by name */
    size_t coordinator_count;
    uint64_t policies[CHARTER_POLICY_COUNT];
    struct charter_node *nodes; /* by id */
    size_t node_count;
    struct charter_unknown unknown; /* of the top */

    /* Of a parsed one: a copy of the bytes, the note over them, the hash. */
    struct bytes raw;
    uint8_t *owned; /* what raw points to */
    struct note note;
    struct hl_hash hash; /* SHA-256 of the note's text: signatures that are
                            added later do not change it */
};

/* The tables' words and bounds. */
const char *charter_purpose_name(enum charter_purpose purpose);
const char *charter_role_name(enum charter_role role);
const char *charter_succession_name(enum charter_succession succession);

struct charter_policy_row {
    const char *name; /* with its unit */
    uint64_t min, max, initial;
    const char *help;
};
const struct charter_policy_row *charter_policy_row(enum charter_policy policy);

/* Reads a signed note, or a note whose signatures are still missing, and
 * checks every rule that one charter alone can break (charter_validate()).
 * Of all ways to write a charter exactly one is accepted: what charter_write()
 * writes. Lines that it does not know are kept and written again.
 *
 * HL_EMALFORMED, HL_ELIMIT, HL_EDUPNODE, HL_EKEYREUSE, HL_ECHARTER
 *   with the line and the rule. */
HL_MUST_USE hl_err charter_parse(struct bytes raw, struct charter *out,
                                 struct hl_detail *detail);

/* Takes the signatures of another copy of the same text in place of its own.
 *
 * HL_EMALFORMED  it is no signed note, or one over another text. */
HL_MUST_USE hl_err charter_take_signatures(struct charter *charter,
                                           struct bytes raw,
                                           struct hl_detail *detail);

/* Reads without validating, for the tools that mend a draft. */
HL_MUST_USE hl_err charter_parse_text(struct bytes text, struct charter *out,
                                      struct hl_detail *detail);

/* An empty draft; the caller fills it. */
void charter_init(struct charter *charter);
void charter_fini(struct charter *charter);

/* Appends the text, in its one form. */
void charter_write(const struct charter *charter, struct writer *out);

/* Whether that line is one of those that mean nothing here. */
bool charter_is_unknown(const struct charter *charter, struct bytes line);

/* The rules of one charter: threshold over half; names of keys; keepers that
 * exist, are not ended, hold a mirror key and overlap (2q > m); journal keys
 * in order; one root for one size of one journal (but for rotations that a
 * replacement annuls); every key, and every name
 * with its key id, used once.
 *
 * HL_EKEYREUSE, HL_ECHARTER, HL_ELIMIT  the text says node and rule. */
HL_MUST_USE hl_err charter_validate(const struct charter *charter,
                                    struct hl_detail *detail);

/* --- Changing a draft. ------------------------------------------------- */

/* The new node, in its place by id; it lives until the next one is added.
 *
 * HL_EDUPNODE  there is one of that id.
 * HL_ELIMIT    HL_CHARTER_NODES_MAX. */
HL_MUST_USE hl_err charter_add_node(struct charter *charter, struct bytes id,
                                    struct charter_node **node,
                                    struct hl_detail *detail);

/* HL_ELIMIT  HL_CHARTER_KEYS_PER_NODE_MAX. */
HL_MUST_USE hl_err charter_add_journal_key(
    struct charter_node *node, const struct charter_journal_key *key,
    struct hl_detail *detail);
/* Puts the key in its place by purpose and time. HL_ELIMIT as above. */
HL_MUST_USE hl_err charter_add_key(struct charter_node *node,
                                   const struct charter_key *key,
                                   struct hl_detail *detail);
/* Puts the key in its place by name. HL_ELIMIT HL_CHARTER_COORDINATORS_MAX. */
HL_MUST_USE hl_err charter_add_coordinator(struct charter *charter,
                                           const struct vkey *key,
                                           struct hl_detail *detail);

/* A label (text.h), and not "coordinator": its mirror key would have the name
 * of the coordinator called mirror. */
bool charter_node_id_valid(struct bytes text);
/* "host:port" with a lower-case domain, an IPv4 address or a bracketed IPv6
 * address. */
bool charter_endpoint_valid(struct bytes text);
/* Six digits whose first two are a province of GB/T 2260. */
bool charter_region_valid(struct bytes text);

/* --- Asking. ----------------------------------------------------------- */

/* NULL: it is not in the charter. */
const struct charter_node *charter_find_node(const struct charter *charter,
                                             struct bytes id);
struct charter_node *charter_find_node_mutable(struct charter *charter,
                                               struct bytes id);

/* Whether a checkpoint of that size may be signed by the node's journal key
 * number k: from the key's own point on, and, where a CHARTER_REPLACE
 * follows it, up to that point (design section 5). A key from beyond a later
 * CHARTER_REPLACE, or from its size with another root, is annulled by it: such
 * a key signs nothing. */
bool charter_accepts(const struct charter_node *node, size_t k, uint64_t size);

/* The node's key of that purpose that is in force, or NULL. Where ranges
 * overlap it is the one that began last. */
const struct charter_key *charter_key_at(const struct charter_node *node,
                                         enum charter_purpose purpose,
                                         int64_t posix_s);

/* Keys with no CHARTER_REPLACE between them are of one epoch, counted from 0:
 * from one epoch to the next a journal may be cut. */
size_t charter_epoch(const struct charter_node *node, size_t k);

/* The lowest size from which a key of the node replaced another; UINT64_MAX:
 * none did. From there on the journal may have been cut, and whoever kept it
 * honestly may have cosigned two histories of it. */
uint64_t charter_cut_from(const struct charter_node *node);

#endif
