/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_CERTS_CHARTER_CHARTER_CHAIN_H
#define HL_CERTS_CHARTER_CHARTER_CHAIN_H

/* Which charter holds (design section 5).
 *
 *   pinned v1 --- v2 --- v3 ...     each signed by a threshold of the
 *                                   coordinators of the one before
 *
 * Two charters that both follow one predecessor are both set aside, and the
 * predecessor holds:
 *
 *   P --+-- A                       neither A nor B holds: P does
 *       +-- B
 *
 *   P --+-- A --- C                 C names A as its predecessor, signed by a
 *       +-- B                       threshold of A's and also of P's
 *                                   coordinators: A and C hold, B is out
 *
 * P's coordinators must sign C too: else each of A and B, which may name
 * coordinators of its own, could decide for itself. What holds is a function
 * of the set of charters, not of the order in which they came. Pure. */

#include "certs/charter/charter.h"

/* The chain starts at the pinned charter. That is version 1, which carries a
 * threshold of its own coordinators' signatures, or a later one that operators
 * have agreed on: after a hand-over, so that coordinators who left decide
 * nothing any more, or out of a contest that no charter can end.
 *
 * HL_EPIN         its hash is another one.
 * HL_EQUORUM      too few of its own coordinators signed it.
 * HL_ESIGNATURE   a coordinator's line does not verify. */
HL_MUST_USE hl_err charter_check_first(const struct charter *first,
                                       const struct hl_hash *pin,
                                       const struct verifier *verifier,
                                       struct hl_detail *detail);

/* Whether `next` may follow `previous`, signatures apart: alliance, version
 * and hash; no node removed; journal keys only added; what ended stays ended,
 * unless a journal key replaces the last one at the very point of the end; no
 * quorum of keepers that those who lag behind the former one could meet.
 *
 * HL_EALLIANCE, HL_EVERSIONGAP, HL_EPREDECESSOR, HL_ECHARTER */
HL_MUST_USE hl_err charter_check_change(const struct charter *previous,
                                        const struct charter *next,
                                        struct hl_detail *detail);

/* The same, and a threshold of previous's coordinators signed `next`.
 *
 * HL_EQUORUM, HL_ESIGNATURE  and those of charter_check_change(). */
HL_MUST_USE hl_err charter_check_next(const struct charter *previous,
                                      const struct charter *next,
                                      const struct verifier *verifier,
                                      struct hl_detail *detail);

/* How many coordinators of `by` signed `charter`. *count is set also where it
 * is 0.
 *
 * HL_ESIGNATURE  a line of one of them does not verify. */
HL_MUST_USE hl_err charter_count_signatures(const struct charter *charter,
                                            const struct charter *by,
                                            const struct verifier *verifier,
                                            size_t *count,
                                            struct hl_detail *detail);

struct charter_standing {
    const struct charter *holds;
    /* Two that both follow `holds` with nothing to decide between them; NULL
     * where all is well. */
    const struct charter *rivals[2];
};

/* Parsed charters in any order, and what they are checked by. Borrowed. */
struct charter_set {
    const struct charter *const *items;
    size_t count;
    const struct hl_hash *pin; /* hash of the charter to start from */
    const struct verifier *verifier;
};

/* What holds of the set. It must hold the pinned charter; whatever does not
 * check out is passed over, as is a second copy of a text whose other copy has
 * the signatures.
 *
 * HL_EPIN  the pinned charter is not among them.
 * HL_EQUORUM, HL_ESIGNATURE  it is, but is not signed as it should be. */
HL_MUST_USE hl_err charter_resolve(const struct charter_set *set,
                                   struct charter_standing *standing,
                                   struct hl_detail *detail);

/* For the coordinator at the desk, who wants to know about each of the files
 * and not just what holds: every charter of the set is accounted for, but for
 * those that are not newer than the pinned one. On an error *culprit is its
 * number in the set, or set->count if it is none.
 *
 * HL_EVERSIONGAP    its predecessor is not in the set.
 * HL_EPREDECESSOR   it names another predecessor than the charter here.
 * HL_ESUCCESSORS    two follow one; standing is set, and says which.
 * and those of charter_check_first() and charter_check_next(). */
HL_MUST_USE hl_err charter_verify_all(const struct charter_set *set,
                                      struct charter_standing *standing,
                                      size_t *culprit,
                                      struct hl_detail *detail);

#endif
