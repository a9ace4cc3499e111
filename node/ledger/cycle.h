/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_LEDGER_CYCLE_H
#define HL_NODE_LEDGER_CYCLE_H

/* Clearing cycles (heluo/v1/cycle.proto): bodies, and the rows that are kept of
 * them. Pure, any thread. */

#include "node/record/record.h"

enum {
    CYCLE_BODY_PROPOSAL = 46,
    CYCLE_BODY_APPROVAL = 47,
    CYCLE_BODY_REJECTION = 48,
    CYCLE_BODY_FINAL = 49,
    CYCLE_BODY_ABORT = 50,
    PAYMENT_BODY_SENT = 51,
    PAYMENT_BODY_RECEIVED = 52,
};

/* CycleState, CycleAnswer, CycleReason. */
enum { CYCLE_OPEN, CYCLE_FINAL, CYCLE_ABORTED };
enum { CYCLE_UNANSWERED, CYCLE_APPROVED, CYCLE_REJECTED };
enum cycle_reason {
    CYCLE_NO_REASON,
    CYCLE_BUSY,
    CYCLE_PAUSED,
    CYCLE_WRONG,
    CYCLE_LIMIT,
    CYCLE_PERSON,
};

enum {
    CYCLE_PLACES_MAX = 1000,
    CYCLE_STOPS_MAX = 1000,
    CYCLE_ITEMS_MAX = 1000,
    CYCLE_PAY_DAYS_MAX = 365,
};

/* --- Items of lists. ----------------------------------------------------- */

struct cycle_place {
    struct bytes node;
    uint64_t size;
    struct bytes root; /* none at size 0 */
    uint64_t takes_part;
    uint64_t ended, ended_at; /* of its clearing role */
};

struct cycle_stop {
    uint64_t provider, issuer; /* places */
    uint64_t index;
};

/* Which transfer: begins every struct that is of one. */
struct transfer_key {
    struct bytes proposer; /* node */
    uint64_t index;        /* of the proposal */
    uint64_t transfer;
};

struct cycle_item {
    struct transfer_key key;
    uint64_t from, to; /* places here */
    uint64_t amount_fen;
};

struct cycle_net {
    uint64_t place;
    uint64_t gets_fen, pays_fen;
};

struct cycle_transfer {
    uint64_t from, to; /* places */
    uint64_t amount_fen;
};

struct cycle_vote {
    uint64_t index;
    struct bytes leaf;
};

/* --- Bodies. ------------------------------------------------------------- */

/* Which cycle: its proposal. */
struct cycle_key {
    struct bytes proposer; /* node */
    uint64_t index;
};

struct cycle_proposal {
    uint64_t charter;
    struct bytes places, stops, items, nets, transfers; /* lists */
    uint64_t count, gross_fen;
    struct bytes digest;
    uint64_t answer_by_ms;
    struct bytes pay_by; /* day */
    struct bytes day;    /* what was to be paid before it is overdue */
};

struct cycle_approval {
    struct cycle_key key;
    uint64_t closed_index;
    struct bytes closed_leaf;
};

struct cycle_rejection {
    struct cycle_key key;
    uint64_t reason; /* enum cycle_reason */
    struct bytes text;
    struct bytes paused; /* node */
    uint64_t paused_at;
};

struct cycle_final {
    uint64_t index;
    struct bytes votes; /* list */
};

struct cycle_abort {
    uint64_t index;
    struct bytes reason;
};

struct payment_sent {
    struct transfer_key key;
    struct bytes reference, day;
};

struct payment_received {
    struct transfer_key key;
    struct bytes payer; /* node */
    uint64_t amount_fen;
    struct bytes reference, day;
};

extern const struct record_type cycle_proposing;
extern const struct record_type cycle_approving;
extern const struct record_type cycle_rejecting;
extern const struct record_type cycle_finishing;
extern const struct record_type cycle_aborting;
extern const struct record_type payment_sending;
extern const struct record_type payment_receiving;

/* --- Rows. --------------------------------------------------------------- */

struct cycle {
    struct cycle_key key;
    struct cycle_proposal of; /* none, but the proposer's */
    uint64_t proposed_at_ms;
    struct bytes leaf; /* none: it did not propose */
    uint64_t state;
    uint64_t decided_index;
    struct bytes decided_leaf;
    uint64_t decided_at_ms;
    struct bytes votes;
    struct bytes reason;

    uint64_t answer;
    uint64_t answer_index;
    struct bytes answer_leaf;
    uint64_t answer_at_ms;
    struct bytes proposal_leaf;
    uint64_t closed_index;
    struct bytes closed_leaf;
    uint64_t rejection; /* enum cycle_reason */
    struct bytes text;
    struct bytes paused;
    uint64_t paused_at;
    struct cycle_key closed; /* no proposer: it is the first approval */
};

/* What stands of a node: its last approval, its proposal that is open, and its
 * last proposal. */
enum { CYCLE_STANDING_APPROVED = 1, CYCLE_STANDING_OPEN, CYCLE_STANDING_LAST };
struct cycle_standing {
    uint64_t number;
    struct cycle_key of;
};

struct transfer {
    struct transfer_key key;
    uint64_t sent_index;
    struct bytes sent_leaf; /* none: it was not sent */
    struct bytes sent_reference, sent_day;
    uint64_t sent_final; /* the index that it cites in the proposer's journal */
    struct bytes payer;
    uint64_t received_index;
    struct bytes received_leaf; /* none: it was not received */
    uint64_t received_fen;
    struct bytes received_reference, received_day;
    uint64_t received_final;
};

struct payment {
    struct bytes payer; /* node */
    uint64_t received_index;
    uint64_t amount_fen;
    struct transfer_key of;
};

extern const struct record_type cycle_record;
extern const struct record_type cycle_standing_record;
extern const struct record_type transfer_record;
extern const struct record_type payment_record;

/* --- Lists, read. -------------------------------------------------------- */

/* A proposal's lists as arrays, whose texts borrow from it. */
struct cycle_lists {
    struct cycle_place *places;
    struct cycle_stop *stops;
    struct cycle_item *items;
    struct cycle_net *nets;
    struct cycle_transfer *transfers;
    size_t place_count, stop_count, item_count, net_count, transfer_count;
};
void cycle_read(const struct cycle_proposal *proposal, struct cycle_lists *out);
void cycle_lists_fini(struct cycle_lists *lists);

/* The other way: appends to the rooms, one for each list, from which the
 * proposal borrows. */
struct cycle_rooms {
    struct writer places, stops, items, nets, transfers;
};
void cycle_write(const struct cycle_lists *lists, struct cycle_rooms *rooms,
                 struct cycle_proposal *out);
void cycle_rooms_fini(struct cycle_rooms *rooms);

struct cycle_votes {
    struct cycle_vote *items;
    size_t count;
};
void cycle_read_votes(struct bytes votes, struct cycle_votes *out);
void cycle_votes_fini(struct cycle_votes *votes);
void cycle_add_vote(const struct cycle_vote *vote, struct writer *out);

/* The place of that node; false: it is none of them. */
bool cycle_find_place(const struct cycle_lists *lists, struct bytes node,
                      size_t *place);

/* -1, 0, 1: by proposer, index and transfer. */
int transfer_key_compare(const struct transfer_key *a,
                         const struct transfer_key *b);
/* Whether that half proposed it. */
bool cycle_is_proposed(const struct cycle *cycle);
/* Whether that answer to the proposal is the vote that a final cites. */
bool cycle_is_vote(const struct cycle *answer, const struct cycle *proposed,
                   const struct cycle_vote *vote);

#endif
