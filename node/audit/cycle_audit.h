/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_AUDIT_CYCLE_AUDIT_H
#define HL_NODE_AUDIT_CYCLE_AUDIT_H

/* Whether a clearing cycle is final, and right: recomputed from journals and
 * charters alone (design section 10), by whoever has them. Reads a snapshot; no
 * clock, file or thread. Functions return store.h's errors; what is wrong with
 * a cycle is no error of theirs. */

#include "node/clearing/count.h"
#include "node/clearing/view.h"

enum cycle_place_is {
    CYCLE_PLACE_RIGHT,
    CYCLE_PLACE_ABSENT, /* its journal is not here, */
    CYCLE_PLACE_SHORT,  /* or not up to the cut, */
    CYCLE_PLACE_PAUSED, /* or holds what this program does not know */
    CYCLE_PLACE_OTHER_ROOT,
    CYCLE_PLACE_UNSEALED, /* up to the cut */
};

struct cycle_place_audit {
    enum cycle_place_is is;
    uint64_t size, sealed; /* as they are here */
};

enum cycle_vote_is {
    CYCLE_VOTE_RIGHT,
    CYCLE_VOTE_ABSENT, /* its journal does not reach that far here */
    CYCLE_VOTE_OTHER,  /* there is no such approval */
    CYCLE_VOTE_REJECTED,
    CYCLE_VOTE_UNSEALED,
};

/* A party's approval, in the order of the nets. */
struct cycle_vote_audit {
    enum cycle_vote_is is;
    uint64_t index; /* as the decision cites it; else as it is here, or 0 */
};

/* What is missing or wrong, in English and Chinese. */
struct cycle_fault {
    hl_err err;
    char *text;
};

/* What the proposal states that was computed as well. */
enum cycle_figure {
    CYCLE_COUNT,
    CYCLE_GROSS,
    CYCLE_DIGEST,
    CYCLE_NETS,
    CYCLE_TRANSFERS,
    CYCLE_ITEMS, /* former transfers that are counted anew */
    CYCLE_STOPS, /* allotments that are not below the cut */
    CYCLE_FIGURES,
};

struct cycle_audit {
    bool found;
    struct cycle cycle;       /* borrows from the snapshot */
    struct cycle_lists lists; /* of its proposal */
    enum cycle_standing_as as;
    bool decision_sealed;
    struct cycle_place_audit *places; /* by place */
    struct cycle_vote_audit *votes;   /* by net */
    bool counted;
    struct counting counting; /* where it is counted */
    bool same[CYCLE_FIGURES]; /* likewise */

    struct cycle_fault *faults; /* none: final and right */
    size_t fault_count;
};

struct cycle_audit_input {
    struct store_txn *txn;
    /* From the newest, which holds, back. */
    const struct charter *const *charters;
    size_t charter_count;
    struct cycle_key key;
};

HL_MUST_USE hl_err cycle_audit(const struct cycle_audit_input *input,
                               struct cycle_audit *out,
                               struct hl_detail *detail);
void cycle_audit_fini(struct cycle_audit *audit);

/* HL_OK: final and right. Else the gravest fault's: HL_EDIFFERS where something
 * is shown to be wrong, HL_ENOTFOUND where something is missing, others. */
hl_err cycle_audit_verdict(const struct cycle_audit *audit, const char **text);

#endif
