/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_NOTE_POLICY_H
#define HL_PROTOCOL_NOTE_POLICY_H

/* Trust policies (c2sp.org/tlog-policy): which logs are known, which
 * witnesses, and which of these must have cosigned. A policy file is what
 * somebody outside the alliance checks a receipt with. Pure; a struct policy
 * belongs to its caller and is read-only once parsed, so that several threads
 * may use it. */

#include "protocol/note/checkpoint.h"

struct policy_log {
    struct bytes vkey; /* as written; the key is policy.log_keys[same index] */
    struct bytes url;  /* empty: none */
};

/* A witness or a group: they share one namespace, and each is a member of at
 * most one group, so that a vote counts in one way only. */
struct policy_node {
    struct bytes name; /* opaque octets */
    bool is_group;
    bool is_member; /* of the group nodes[group], which comes later */
    size_t group;

    /* Of a witness. */
    struct bytes vkey; /* as written */
    struct bytes url;  /* empty: none */
    size_t witness;    /* its key is policy.witness_keys[witness] */

    /* Of a group: 1 <= threshold <= member_count. */
    size_t threshold;
    size_t member_count;
};

struct policy {
    struct policy_log *logs;
    struct vkey *log_keys;     /* any kind but VKEY_COSIGNATURE */
    size_t log_count;          /* 0: the log is known from elsewhere */
    struct policy_node *nodes; /* in the order of their definition */
    size_t node_count;
    struct vkey *witness_keys; /* VKEY_COSIGNATURE, or ML-DSA (VKEY_IGNORED) */
    size_t witness_count;
    bool quorum_none; /* else quorum is an index into nodes */
    size_t quorum;
    uint8_t *text; /* a copy: what the bytes above point into */
};

/* Reads a policy; text may go away afterwards. Tabs and spaces separate,
 * lines end in LF (the last one too), '#' opens a comment only at the front of
 * a line. Witness keys are 04 or 06 (ML-DSA-44, which is never satisfied here),
 * log keys any but 04; one public key twice among the logs, or among the
 * witnesses, is refused, under whatever name.
 *
 * HL_EMALFORMED  detail names the line (or the offset of a wrong byte).
 * HL_ELIMIT      over HL_POLICY_BYTES_MAX, or HL_POLICY_ITEMS_MAX of logs, of
 *                witnesses or of groups, or a name over HL_NAME_MAX_BYTES. */
HL_MUST_USE hl_err policy_parse(struct bytes text, struct policy *out,
                                struct hl_detail *detail);

/* Releases; all-zero is fine. */
void policy_fini(struct policy *policy);

/* Appends the policy in one form: logs, then witnesses and groups in order of
 * definition, then the quorum; no comments, single spaces, thresholds as
 * numbers, members in order of definition. Reading that gives the same policy,
 * and writing that the same text. */
void policy_write(const struct policy *policy, struct writer *out);

/* Whether the quorum is met by these witnesses, one bool per
 * policy->witness_keys. */
bool policy_quorum_met(const struct policy *policy, const bool *cosigned);

struct policy_verdict {
    struct checkpoint checkpoint;
    size_t log;      /* the first of policy->logs that signed and is named as
                        the origin */
    size_t cosigned; /* how many witnesses */
};

/* Whether the witnesses' cosignatures on a note meet the quorum; for a caller
 * who knows the log from elsewhere and has verified it. *cosigned is how many
 * of the policy's witnesses cosigned.
 *
 * HL_EQUORUM     too few, or not the right ones.
 * HL_ESIGNATURE, HL_EAMBIGUOUS, HL_ECRYPTO  as cosignature_verify(). */
HL_MUST_USE hl_err policy_verify_cosignatures(const struct policy *policy,
                                              const struct note *note,
                                              const struct verifier *verifier,
                                              size_t *cosigned,
                                              struct hl_detail *detail);

/* Whether a checkpoint note is valid under the policy: signed by a log that is
 * named as its origin, and cosigned by the quorum. Every line of a key that
 * the policy names must verify, an SM2 line too: whoever lists such a key
 * asks for it. Extension lines are let pass.
 *
 * HL_ENOKEY      no log of the policy signed, or none that is named as the
 *                origin.
 * HL_ESIGNATURE  a known log's or witness's line does not verify.
 * HL_EMALFORMED, HL_ELIMIT  as note_parse(), checkpoint_parse_foreign().
 * HL_EQUORUM, HL_EAMBIGUOUS, HL_ECRYPTO  as above. */
HL_MUST_USE hl_err policy_verify(const struct policy *policy, struct bytes raw,
                                 const struct verifier *verifier,
                                 struct policy_verdict *out,
                                 struct hl_detail *detail);

#endif
