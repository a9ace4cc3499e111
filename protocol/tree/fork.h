/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_PROTOCOL_TREE_FORK_H
#define HL_PROTOCOL_TREE_FORK_H

/* Who is at fault when two accounts of one journal do not fit: the author, who
 * signed both sides of a contradiction, or the peer, who sent bytes that
 * belong to no signed tree.
 *
 * An author is accused only with evidence that fork_verify() accepts, and that
 * anyone can check again. Whoever signs heads of one growing tree only can
 * never be accused, whatever roots, proofs and entries a peer makes up: a
 * consistency proof that verifies under the head of a real tree yields that
 * tree's own earlier root, unless SHA-256 has a collision. This rests on two
 * things the caller has done: the author's signature on each head was checked,
 * and both are of one origin and key.
 *
 * Pure apart from the source of our hashes; any thread that may use it. */

#include "protocol/tree/head.h"
#include "protocol/tree/prove.h"

/* One side of a contradiction: under a signed head, the root of the first `at`
 * entries, and the proof from there to the head (empty if at is its size). */
struct fork_branch {
    struct head head;
    struct hl_hash root_at;
    struct proof proof;
};

/* Evidence: two signed heads whose trees have different roots at one size. The
 * order of the branches means nothing. */
struct fork {
    uint64_t at;
    struct fork_branch branches[2];
};

/* HL_OK: the contradiction is proven, if the author signed both heads.
 *
 * HL_EMALFORMED  at is 0 or above a head's size, or head_validate() refuses
 *                a head.
 * HL_EPROOF      a branch's proof does not verify.
 * HL_ENOTFORK    both branches have the same root there. */
HL_MUST_USE hl_err fork_verify(const struct fork *fork);

enum fault {
    FAULT_NONE,      /* both sides fit, as far as we hold the journal */
    FAULT_AUTHOR,    /* verdict.fork is the evidence */
    FAULT_PEER,      /* what the peer sent belongs to no tree the author
                        signed; nothing is said of the author */
    FAULT_UNDECIDED, /* a start proof is missing; verdict.ask says which */
};

/* Which start proof would settle it: of the root at `at`, under the head of
 * that size. If `size` is that of our own head, fork_between() judges the
 * answer, else fork_decide() does. */
struct fork_ask {
    uint64_t at;
    uint64_t size;
};

struct fork_verdict {
    enum fault fault;
    struct fork fork;    /* for FAULT_AUTHOR */
    struct fork_ask ask; /* for FAULT_UNDECIDED */
};

/* Our copy. Every segment was accepted under a signed head not smaller than
 * its end, so the newest head is never smaller than what we hold. */
struct fork_ours {
    uint64_t size; /* entries held, all of them in source */
    const struct hash_source *source;
    struct head head;              /* newest signed one; head_empty() if none */
    const struct proof *end_proof; /* size -> head.size, kept from the last
                                      segment; empty if equal or size is 0 */
};

/* What a peer shows. */
struct fork_theirs {
    struct head head;                /* signature checked */
    const struct start_proof *start; /* under that head; NULL: none came */
    bool run_failed; /* span_append() refused, with HL_EPROOF, a run that
                        begins at our size, under that head */
};

/* Decides, with s our size, h our head's size, t theirs; the first row that
 * fits. "Fits" is FAULT_PEER when a run failed, as then its entries or its end
 * proof are wrong, and what stands in the last column otherwise.
 *
 *  their head            start proof            then            verdict
 *  --------------------  ---------------------  --------------  ------------
 *  head_validate() no    any                                    PEER
 *  t = h                 any                    roots differ    AUTHOR at t
 *                                               same head       fits: NONE
 *  t <= s                any                    other root      AUTHOR at t
 *                                               than ours at t
 *                                               our root        fits: NONE
 *  t > s                 none, s > 0                            ask s -> t
 *                        does not verify                        PEER
 *                        at <= s                other root      AUTHOR at at
 *                                               than ours there
 *                        at < s                 our root        ask s -> t
 *                        at = s (or none and    our root, h = s fits: NONE
 *                        s = 0)                 our root, h > s fits: ask
 *                                                               min -> max
 *                                                               of h and t
 *                        at = h                 our head's root fits: NONE
 *                                               another root    AUTHOR at h
 *                        any other at                           ask s -> t
 *
 * "h > s" is where both heads lie beyond what we hold and both extend it: they
 * may contradict one another further on. The caller asks, for the proof
 * between the two heads, whoever showed the larger one. If nobody answers, he
 * pulls on under either of them: that one is then `ours.head`, with its end
 * proof; the other is kept aside and shown here again as our size grows, and a
 * contradiction comes out when that reaches the smaller of both at the latest.
 * That a peer who was asked for one proof answers with another is for the
 * caller to count; here it is no fault, as our size may have grown meanwhile.
 *
 * On an error there is no verdict and nobody is accused:
 *
 * HL_EMALFORMED  ours.size is above our head's, or head_validate() refuses
 *                our head: the store is damaged.
 * HL_EPROOF      our entries and end proof do not lead to our own head, or
 *                evidence built from them does not verify: likewise.
 * HL_ELIMIT      evidence needs more hashes than a proof may have (2^62).
 * others         the source's. */
HL_MUST_USE hl_err fork_decide(const struct fork_ours *ours,
                               const struct fork_theirs *theirs,
                               struct fork_verdict *out);

/* Decides between two signed heads of one author alone. `link` is a peer's
 * start proof from the smaller one's size, under the larger one.
 *
 *  sizes equal            NONE if the roots are, else AUTHOR
 *  smaller is empty       NONE
 *  no link, or from another size   ask smaller -> larger
 *  link does not verify   PEER
 *  its root is the smaller head's  NONE, else AUTHOR
 *
 * HL_EMALFORMED  head_validate() refuses a head. */
HL_MUST_USE hl_err fork_between(const struct head *a, const struct head *b,
                                const struct start_proof *link,
                                struct fork_verdict *out);

#endif
