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
    bool sealed;         /* this charter's quorum is met. What was sealed under
                            an earlier one stays sealed, which this does not
                            say: ask that charter. */
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

/* Whether evidence that evidence_verify() accepts is against a member, and
 * still open. *accused is the node.
 *
 * From one epoch of keys to the next (charter_epoch()) a journal may be cut,
 * and a key that was replaced may be in other hands. So an author is accused
 * by keys of the epoch that holds; what those before signed, a charter has
 * settled. A keeper who honestly followed the author from one epoch into the
 * next has cosigned two branches, and its words do not say under which charter
 * they were given: it is accused only by words that are shorter than where any
 * key replaced another (charter_cut_from()). Beyond, two sealed branches name
 * those who cosigned both, and people decide.
 *
 * HL_EALLIANCE, HL_EUNKNOWNNODE  the accused is no node of the charter.
 * HL_ENOKEY    a key is not, or not at that size, the accused's.
 * HL_ESETTLED  of a former epoch, or the accused author is ended. */
HL_MUST_USE hl_err charter_judge_evidence(const struct charter *charter,
                                          const struct evidence *evidence,
                                          const struct charter_node **accused,
                                          struct hl_detail *detail);

/* Has admission_check() ask this charter: sets the alliance and the look-up of
 * nodes. Borrows it. (Coordinators and clearing desks are no nodes: what ends
 * their certificates is their lifetime and the revocation list.) */
void charter_admit_by(const struct charter *charter,
                      struct admission_input *input);

#endif
