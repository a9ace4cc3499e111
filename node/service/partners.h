/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SERVICE_PARTNERS_H
#define HL_NODE_SERVICE_PARTNERS_H

/* The other nodes, as services show them and operators steer them; the daemon's
 * federation knows them. Any thread. */

#include "certs/charter/charter.h"
#include "federation/engine/engine.h"

/* A node of the charter and its journal, as known here. */
struct partner {
    char id[CHARTER_LABEL_BYTES];
    bool self;
    /* As a peer: nothing of it for this node itself. */
    enum engine_link link;
    bool paused;                      /* by the operator */
    int64_t retry_in_ms;              /* while down; -1: not by itself */
    uint32_t faults;                  /* not forgotten yet */
    char fault[HL_DETAIL_TEXT_BYTES]; /* the last one; empty: none */
    hl_err last;                      /* why it was closed, or not reached */
    bool keeps;                       /* this node's journal */
    bool answered;     /* what it has of it, while it is taken back */
    uint64_t cosigned; /* of this node's journal, as its keeper */
    /* Its journal: */
    struct head held;
    uint64_t newest, sealed; /* sizes */
    struct hl_wall as_of;    /* that the author signed; 0: never heard */
    enum engine_standing standing;
    char upstream[CHARTER_LABEL_BYTES]; /* where it is followed; empty: none */
    uint32_t keepers, quorum;
    bool asks; /* this node is to keep it, and has yet to hear its former
                  keepers: engine_asks() */
};

/* All of them, and how this node's own journal stands. */
struct partners_view {
    enum engine_own own;
    uint64_t own_known; /* size of the longest signed head of it that is known,
                           where partners may have more than this node */
    bool contested;     /* two charters follow the one that holds */
    bool time_unsure;   /* nobody confirms the clock: engine_time_is_sure() */
    struct partner *items; /* by id; by hl_free() */
    size_t count;
};

/* A message out of an archive; it lives until `done` has run, once, perhaps
 * before partners.import() returns. size: of the journal, as held now. err and
 * text: the engine's; HL_ESTOPPING; of sync_decode(). */
struct partners_import {
    struct bytes message; /* borrowed */
    void (*done)(struct partners_import *import, hl_err err, uint64_t size,
                 const char *text);
    struct partners_import *next; /* whose list it is in meanwhile */
    uint64_t number;
};

struct partners {
    void *context;
    /* A moment old at most. */
    void (*view)(void *context, struct partners_view *out);
    /* RETRY, PAUSE, LOST (a node's id), CHARTER (raw), RECOVER, CLOCK. */
    void (*tell)(void *context, enum engine_event_kind kind, struct bytes what);
    void (*import)(void *context, struct partners_import *import);
    /* Appends the raw bytes of the charter that holds. */
    void (*charter)(void *context, struct writer *out);
};

void partners_view_fini(struct partners_view *view);
const struct partner *partners_find(const struct partners_view *view,
                                    struct bytes id);

#endif
