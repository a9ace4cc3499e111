/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_REACTOR_REACTOR_H
#define HL_NODE_REACTOR_REACTOR_H

/* Reactors: what others' journals ask of this node, and the entries by which
 * it answers by itself (design section 7).
 *
 * A reactor is level-triggered. What concerns this node and has no answer in
 * its own half is open; an open item is looked at when something that it is
 * made of changed, and all of them when a process starts and when a day begins
 * in UTC+8, so that nothing is forgotten. The answer is appended in the
 * transaction in which what it waited for was applied, and closes the item:
 * replay and restore answer nothing twice. Items are joint records, known by
 * their names.
 *
 * Reads projections and proposes entries, which the author appends; no clock,
 * file or thread. Functions return store.h's errors. */

#include "node/projection/projection.h"
#include "protocol/tree/head.h"

/* What a reactor may know beside the projections. */
struct reactor_facts {
    void *context;
    /* Whether the charter that holds ends that journal, and where. NULL: none
     * is. */
    bool (*ended)(void *context, struct bytes origin, struct head *end);
    /* Counts what ended() says anew: all that is open is looked at again. */
    uint64_t endings;
    /* Whether keepers seal that journal. NULL: none is. */
    bool (*seals)(void *context, struct bytes origin);
    /* Whether the charter has that node as a city's, and does not end it. NULL:
     * whoever. */
    bool (*member)(void *context, struct bytes origin);
    /* The clock may be far ahead: nothing is done that a day alone brings, as
     * it could not be taken back. When that is over all that is open is looked
     * at again. */
    bool time_is_unsure;
};

struct reactor_view {
    struct store_txn *txn; /* joint state is as of its last settling */
    uint32_t number;       /* of the own journal */
    struct bytes origin;   /* its name */
    struct hl_wall now;    /* by the clock, */
    struct hl_wall dated;  /* and what an entry is dated: not before the last */
    const struct reactor_facts *facts;
};

enum { PROPOSAL_SEEN_MAX = 2 };

/* An entry to append. All zero, and by proposal_fini(). */
struct proposal {
    bool made;
    uint32_t body_type;
    struct writer body;
    bool has_cause;
    struct citation cause; /* its origin borrows cause_origin */
    struct writer cause_origin;
    /* What it relied on beside it. */
    size_t seen_count;
    struct citation seen[PROPOSAL_SEEN_MAX]; /* origins borrow seen_origins */
    struct writer seen_origins[PROPOSAL_SEEN_MAX];
    /* None is made yet: it is looked at again when the journal of that node may
     * be relied upon beyond that entry. */
    bool waits;
    char node[64];
    uint64_t index;
};

void proposal_clear(struct proposal *proposal);
void proposal_fini(struct proposal *proposal);

/* Up to where entries of that node's journal may be relied upon
 * (node/projection/ledger.h). */
HL_MUST_USE hl_err reactor_relied(const struct reactor_view *view,
                                  struct bytes node, uint64_t *size,
                                  struct hl_detail *detail);

/* Whether that record may be an item of some reactor. */
bool reactor_concerns(struct bytes name);

/* The answer to that item; none is made where it is not open, or waits on. */
HL_MUST_USE hl_err reactor_answer(const struct reactor_view *view,
                                  struct bytes name, struct proposal *out,
                                  struct hl_detail *detail);

/* The open items one after the other: `position` is empty for the first, and
 * becomes that of the item found. */
HL_MUST_USE hl_err reactor_next(const struct reactor_view *view,
                                struct writer *position, struct writer *name,
                                bool *found, struct hl_detail *detail);

#endif
