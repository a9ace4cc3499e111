/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_CERTS_CHARTER_CHARTER_JUDGE_H
#define HL_CERTS_CHARTER_CHARTER_JUDGE_H

/* What a charter makes of a signed statement: whose it is, which keys count
 * for it, and whether enough keepers hold it. Pure, any thread. */

#include "certs/charter/charter.h"
#include "certs/identity/admission.h"
#include "protocol/note/checkpoint.h"
#include "protocol/note/evidence.h"

struct charter_judgement {
    const struct charter_node *author; /* in the charter */
    struct checkpoint checkpoint;
    enum checkpoint_sm2 sm2; /* a failed SM2 line is a finding, no refusal */

    /* Of each keeper of the author's, by its place in author->keepers: the
     * time of its cosignature, or 0. */
    int64_t keeper_time_s[HL_KEEPERS_MAX];
    size_t keeper_count; /* how many cosigned; each counts once, whatever its
                            keys, and the author himself never */
    bool sealed;         /* there is a quorum, and it is met */
};

/* Judges a checkpoint: signed by a journal key of the node it names that the
 * charter accepts at its size; not beyond that node's end; cosigned by its
 * keepers' mirror keys in force at the time that each cosignature states.
 *
 * HL_EMALFORMED    no checkpoint.
 * HL_EALLIANCE     of another alliance.
 * HL_EUNKNOWNNODE  of a node that is not in the charter.
 * HL_ENOKEY        no line by a key that is accepted at this size.
 * HL_ESIGNATURE    a line of a known key does not verify.
 * HL_EENDED        beyond the point where the node ended.
 * HL_EPROOF        at a size for which the charter names another root. */
HL_MUST_USE hl_err charter_judge_checkpoint(const struct charter *charter,
                                            const struct note *note,
                                            const struct verifier *verifier,
                                            struct charter_judgement *out,
                                            struct hl_detail *detail);

/* Whether evidence that evidence_verify() accepts is against a member: an
 * author's keys are journal keys accepted at the sizes of their notes; a
 * cosigner's key is one of its mirror keys. *accused is the node.
 *
 * HL_EUNKNOWNNODE  the accused is no node of the charter.
 * HL_ENOKEY        a key is not, or not at that size, the accused's. */
HL_MUST_USE hl_err charter_judge_evidence(const struct charter *charter,
                                          const struct evidence *evidence,
                                          const struct charter_node **accused,
                                          struct hl_detail *detail);

/* What admission_check() asks of the charter. Borrows it. */
struct admission_nodes charter_admission(const struct charter *charter);

#endif
