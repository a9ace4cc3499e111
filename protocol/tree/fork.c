/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/tree/fork.h"

static hl_err branch_validate(const struct fork_branch *branch, uint64_t at)
{
    hl_err err = head_validate(&branch->head);
    if (err == HL_OK && (at == 0 || at > branch->head.size)) {
        err = HL_EMALFORMED;
    }
    return err;
}

static hl_err branch_verify(const struct fork_branch *branch, uint64_t at)
{
    return merkle_verify_consistency(at, &branch->root_at, branch->head.size,
                                     &branch->head.root, &branch->proof);
}

hl_err fork_verify(const struct fork *fork)
{
    const struct fork_branch *one = &fork->branches[0];
    const struct fork_branch *other = &fork->branches[1];
    if (branch_validate(one, fork->at) != HL_OK ||
        branch_validate(other, fork->at) != HL_OK) {
        return HL_EMALFORMED;
    }
    if (branch_verify(one, fork->at) != HL_OK ||
        branch_verify(other, fork->at) != HL_OK) {
        return HL_EPROOF;
    }
    return hash_equal(&one->root_at, &other->root_at) ? HL_ENOTFORK : HL_OK;
}

static hl_err settle(enum fault fault, struct fork_verdict *out)
{
    *out = (struct fork_verdict){.fault = fault};
    return HL_OK;
}

static hl_err ask(uint64_t at, uint64_t size, struct fork_verdict *out)
{
    *out = (struct fork_verdict){
        .fault = FAULT_UNDECIDED,
        .ask = {.at = at, .size = size},
    };
    return HL_OK;
}

/* The only way to FAULT_AUTHOR: nobody is accused on what does not verify. */
static hl_err accuse(const struct fork *fork, struct fork_verdict *out)
{
    hl_err err = fork_verify(fork);
    if (err == HL_OK) {
        *out = (struct fork_verdict){.fault = FAULT_AUTHOR, .fork = *fork};
    }
    return err;
}

/* A branch whose head stands at the size of the fork. */
static struct fork_branch branch_at_head(const struct head *head)
{
    return (struct fork_branch){.head = *head, .root_at = head->root};
}

static struct fork_branch branch_of_start(const struct head *head,
                                          const struct start_proof *start)
{
    return (struct fork_branch){
        .head = *head,
        .root_at = start->root,
        .proof = start->proof,
    };
}

static hl_err between_unequal(const struct head *smaller,
                              const struct head *larger,
                              const struct start_proof *link,
                              struct fork_verdict *out)
{
    if (smaller->size == 0) {
        return settle(FAULT_NONE, out);
    }
    if (link == NULL || link->at != smaller->size) {
        return ask(smaller->size, larger->size, out);
    }
    if (start_proof_verify(link, larger) != HL_OK) {
        return settle(FAULT_PEER, out);
    }
    if (hash_equal(&link->root, &smaller->root)) {
        return settle(FAULT_NONE, out);
    }
    struct fork fork = {
        .at = smaller->size,
        .branches = {branch_at_head(smaller), branch_of_start(larger, link)},
    };
    return accuse(&fork, out);
}

hl_err fork_between(const struct head *a, const struct head *b,
                    const struct start_proof *link, struct fork_verdict *out)
{
    if (head_validate(a) != HL_OK || head_validate(b) != HL_OK) {
        return HL_EMALFORMED;
    }
    if (a->size != b->size) {
        bool in_order = a->size < b->size;
        return between_unequal(in_order ? a : b, in_order ? b : a, link, out);
    }
    if (hash_equal(&a->root, &b->root)) {
        return settle(FAULT_NONE, out);
    }
    struct fork fork = {
        .at = a->size,
        .branches = {branch_at_head(a), branch_at_head(b)},
    };
    return accuse(&fork, out);
}

/* Our entries lead, by the end proof, to our head. */
static hl_err ours_validate(const struct fork_ours *ours)
{
    hl_err err = head_validate(&ours->head);
    if (err != HL_OK || ours->size > ours->head.size) {
        return HL_EMALFORMED;
    }
    struct start_proof end = {.at = ours->size, .proof = *ours->end_proof};
    err = prove_root(ours->source, ours->size, &end.root);
    return err == HL_OK ? start_proof_verify(&end, &ours->head) : err;
}

/* The contradiction between our root at a size that we hold and theirs. */
static hl_err accuse_at(const struct fork_ours *ours, uint64_t at,
                        const struct hl_hash *our_root,
                        const struct fork_branch *their_branch,
                        struct fork_verdict *out)
{
    struct prove_beyond tree = {
        .source = ours->source,
        .held = ours->size,
        .size = ours->head.size,
        .end_proof = ours->end_proof,
    };
    struct fork fork = {.at = at};
    fork.branches[0].head = ours->head;
    fork.branches[0].root_at = *our_root;
    fork.branches[1] = *their_branch;
    hl_err err = prove_consistency_beyond(&tree, at, &fork.branches[0].proof);
    return err == HL_OK ? accuse(&fork, out) : err;
}

/* All that they claim fits us: if a run failed all the same, then its bytes
 * are not the author's. */
static hl_err fits(const struct fork_theirs *theirs, struct fork_verdict *out)
{
    return settle(theirs->run_failed ? FAULT_PEER : FAULT_NONE, out);
}

/* t <= s: our own entries say what their head must be. */
static hl_err decide_within(const struct fork_ours *ours,
                            const struct fork_theirs *theirs,
                            struct fork_verdict *out)
{
    struct hl_hash root;
    hl_err err = prove_root(ours->source, theirs->head.size, &root);
    if (err != HL_OK) {
        return err;
    }
    if (hash_equal(&root, &theirs->head.root)) {
        return fits(theirs, out);
    }
    struct fork_branch branch = branch_at_head(&theirs->head);
    return accuse_at(ours, theirs->head.size, &root, &branch, out);
}

/* Both heads extend all that we hold. */
static hl_err decide_extension(const struct fork_ours *ours,
                               const struct fork_theirs *theirs,
                               struct fork_verdict *out)
{
    if (theirs->run_failed || ours->head.size == ours->size) {
        return fits(theirs, out);
    }
    return fork_between(&ours->head, &theirs->head, NULL, out);
}

/* at <= s, and the start proof verifies. */
static hl_err decide_start_within(const struct fork_ours *ours,
                                  const struct fork_theirs *theirs,
                                  const struct start_proof *start,
                                  struct fork_verdict *out)
{
    struct hl_hash root;
    hl_err err = prove_root(ours->source, start->at, &root);
    if (err != HL_OK) {
        return err;
    }
    if (!hash_equal(&root, &start->root)) {
        struct fork_branch branch = branch_of_start(&theirs->head, start);
        return accuse_at(ours, start->at, &root, &branch, out);
    }
    if (start->at < ours->size) {
        return ask(ours->size, theirs->head.size, out);
    }
    return decide_extension(ours, theirs, out);
}

/* at = h: the start proof runs from our head to theirs. */
static hl_err decide_start_at_head(const struct fork_ours *ours,
                                   const struct fork_theirs *theirs,
                                   struct fork_verdict *out)
{
    hl_err err = fork_between(&ours->head, &theirs->head, theirs->start, out);
    if (err == HL_OK && out->fault == FAULT_NONE) {
        return fits(theirs, out);
    }
    return err;
}

/* t > s. */
static hl_err decide_beyond(const struct fork_ours *ours,
                            const struct fork_theirs *theirs,
                            struct fork_verdict *out)
{
    const struct start_proof *start = theirs->start;
    if (start == NULL) {
        return ours->size == 0 ? decide_extension(ours, theirs, out)
                               : ask(ours->size, theirs->head.size, out);
    }
    if (start_proof_verify(start, &theirs->head) != HL_OK) {
        return settle(FAULT_PEER, out);
    }
    if (start->at <= ours->size) {
        return decide_start_within(ours, theirs, start, out);
    }
    if (start->at == ours->head.size) {
        return decide_start_at_head(ours, theirs, out);
    }
    return ask(ours->size, theirs->head.size, out);
}

hl_err fork_decide(const struct fork_ours *ours,
                   const struct fork_theirs *theirs, struct fork_verdict *out)
{
    hl_err err = ours_validate(ours);
    if (err != HL_OK) {
        return err;
    }
    if (head_validate(&theirs->head) != HL_OK) {
        return settle(FAULT_PEER, out);
    }
    if (head_equal(&theirs->head, &ours->head)) {
        return fits(theirs, out);
    }
    if (theirs->head.size == ours->head.size) {
        return fork_between(&ours->head, &theirs->head, NULL, out);
    }
    if (theirs->head.size <= ours->size) {
        return decide_within(ours, theirs, out);
    }
    return decide_beyond(ours, theirs, out);
}
