/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_CLEARING_STEP_H
#define HL_NODE_CLEARING_STEP_H

/* What a node has to say next of clearing cycles: the decision of its own
 * proposal, its answer to another's, or a proposal. Level-triggered, as a
 * reactor: asked on a snapshot whenever something may have changed, it gives
 * one entry at a time, which whoever asks appends before it asks again. It
 * counts a million obligations, so it is asked beside the writer. No clock,
 * file or thread. Functions return store.h's errors. */

#include "node/clearing/view.h"
#include "node/reactor/reactor.h"

struct clearing_options {
    /* An approval by which this node pays more waits for a person's word. */
    uint64_t pay_max_fen;
    /* A cycle by which it gets more from one debtor is rejected. */
    uint64_t debtor_max_fen;
    uint64_t answer_ms; /* from a proposal on; so long parties have */
    uint64_t pay_days;
    /* So long a proposal waits already for who is busy with a former one. */
    int64_t waited_ms;
};

/* A person's word to a proposal. */
struct clearing_word {
    struct cycle_key key;
    bool yes;
    struct bytes text; /* why not */
};

enum clearing_did {
    CLEARING_NOTHING, /* there is nothing to say */
    CLEARING_ENTRY,   /* the entry is to be appended */
    CLEARING_WAITS,   /* for what is not here, or not sealed, yet */
    CLEARING_HELD,    /* for a person's word */
};

struct clearing_step {
    enum clearing_did did;
    struct cycle_key about; /* borrows from the snapshot; none of a proposal */
    struct proposal entry;
    bool busy;     /* it waits for who is busy with a former one */
    char why[256]; /* for people: what it waits for, or why it says so */
};
void clearing_step_clear(struct clearing_step *step);
void clearing_step_fini(struct clearing_step *step);

/* Of the own proposal that is open: final once all parties' approvals are here
 * and sealed; aborted once one rejected it, once its time is over, or where
 * another's of overlapping participants, whose id is less, is open. */
HL_MUST_USE hl_err clearing_decide(const struct clearing_view *view,
                                   const struct clearing_options *options,
                                   struct clearing_step *step,
                                   struct hl_detail *detail);

/* To one proposal, the own too: an approval where the own count is the same and
 * within bounds. To what is declared final without this node's a rejection: who
 * approved it would wait for that approval. `word` may be NULL. */
HL_MUST_USE hl_err clearing_answer(const struct clearing_view *view,
                                   const struct clearing_options *options,
                                   const struct cycle_key *key,
                                   const struct clearing_word *word,
                                   struct clearing_step *step,
                                   struct hl_detail *detail);

/* Proposals of whoever may make them that have no answer of this node, one
 * after the other: what is open, or was declared final where this node is a
 * party. `position` is empty for the first. */
HL_MUST_USE hl_err clearing_next_open(const struct clearing_view *view,
                                      struct writer *position,
                                      struct cycle *out, bool *found,
                                      struct hl_detail *detail);

/* A new proposal, where this node may make one, has none open, and there is
 * something to clear. Who takes part: `only`, if there are any; all nodes that
 * the charter does not end; of an abortion (`after`, or NULL) those of the
 * former who neither kept silent nor rejected it truly. */
struct clearing_only {
    const struct bytes *nodes;
    size_t count;
};
HL_MUST_USE hl_err clearing_propose(const struct clearing_view *view,
                                    const struct clearing_options *options,
                                    const struct clearing_only *only,
                                    const struct cycle *after,
                                    struct clearing_step *step,
                                    struct hl_detail *detail);

/* What stands between this node and each partner, as far as all journals are
 * applied here, sealed or not: what no cycle counted, and transfers on their
 * way. The array, by partner, is the caller's to free; names borrow from the
 * charter. */
struct clearing_position {
    struct bytes partner;
    uint64_t gets_fen, pays_fen, to_get_fen, to_pay_fen;
};
HL_MUST_USE hl_err clearing_positions(const struct clearing_view *view,
                                      struct clearing_position **out,
                                      size_t *count, struct hl_detail *detail);

/* Transfers of final cycles that this node is to pay or to get, and which are
 * neither said to have come nor counted anew; borrow from the snapshot. */
struct clearing_transfer {
    struct transfer_key key;
    struct bytes from, to; /* nodes */
    uint64_t amount_fen;
    struct bytes pay_by; /* day */
};
typedef hl_err (*clearing_transfer_fn)(void *context,
                                       const struct clearing_transfer *transfer,
                                       struct hl_detail *detail);
HL_MUST_USE hl_err clearing_open_transfers(const struct clearing_view *view,
                                           clearing_transfer_fn each,
                                           void *context,
                                           struct hl_detail *detail);
/* How many of them it is to pay, and their day is over; not what it sent to who
 * is ended. */
HL_MUST_USE hl_err clearing_overdue(const struct clearing_view *view,
                                    uint64_t *count, struct hl_detail *detail);

/* The own last proposal, as it stands; *found is false where there is none. */
HL_MUST_USE hl_err clearing_last(const struct clearing_view *view,
                                 struct cycle *out, bool *found,
                                 struct hl_detail *detail);

#endif
