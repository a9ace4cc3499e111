/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_DESK_DESK_H
#define HL_NODE_DESK_DESK_H

/* The clearing desk of a node: a thread that decides the node's own proposal,
 * answers others', and proposes by a schedule or when it is asked. It counts on
 * snapshots of the store; its entries are commands to the writer, one at a
 * time. Nothing else waits for it. */

#include "node/clearing/step.h"
#include "node/log/log.h"
#include "node/writer/writer_thread.h"

struct desk;

struct desk_limits {
    uint64_t pay_max_fen;    /* 0: every approval waits for a person */
    uint64_t debtor_max_fen; /* of one transfer to this node */
    uint32_t pay_days;
    int32_t hour; /* of the day in UTC+8 at which it proposes; -1: never */
};

struct desk_options {
    struct store *store;
    const char *origin; /* "<alliance>/<node>" */
    struct log *log;
    struct hl_wall (*wall)(void); /* any thread */
    struct desk_limits limits;
};

struct desk *desk_create(const struct desk_options *options);
/* Nothing is done before there are a writer and a charter. */
void desk_start(struct desk *desk, struct writer_thread *writer);
/* Ends the thread, before the writer ends; jobs that are left end with
 * HL_ESTOPPING. */
void desk_stop(struct desk *desk);
void desk_destroy(struct desk **desk);

/* Any thread: the charter that holds, as a note; other limits; something was
 * committed. */
void desk_set_charter(struct desk *desk, struct bytes raw);
void desk_set_limits(struct desk *desk, const struct desk_limits *limits);
void desk_wake(struct desk *desk);

/* --- Jobs: somebody waits for them. --------------------------------------- */

struct desk_result {
    uint64_t index;            /* the entry's in the own journal */
    uint64_t count, gross_fen; /* of a proposal */
};

/* Called once, in the desk's thread; the result is set on HL_OK. HL_ESTATE:
 * nothing was said, detail says why; HL_EUNSEALED: not yet; and those of
 * writer_submit() and the store. */
typedef void (*desk_done)(void *context, hl_err err,
                          const struct hl_detail *detail,
                          const struct desk_result *result);

/* Errors at once: HL_EBUSY, too many jobs wait; HL_ESTOPPING. */
/* preview: what a proposal would count, and nothing is said. */
HL_MUST_USE hl_err desk_propose(struct desk *desk, const struct bytes *nodes,
                                size_t count, bool preview, desk_done done,
                                void *context, struct hl_detail *detail);
/* A person's word. An answer that stands already is the result. */
HL_MUST_USE hl_err desk_answer(struct desk *desk, const struct cycle_key *key,
                               bool yes, struct bytes text, desk_done done,
                               void *context, struct hl_detail *detail);

/* Runs in the desk's thread, on a snapshot; err: that could not be opened, or
 * the node ends, and then view is NULL. */
typedef void (*desk_work)(void *context, const struct clearing_view *view,
                          hl_err err, const struct hl_detail *detail);
HL_MUST_USE hl_err desk_read(struct desk *desk, desk_work work, void *context,
                             struct hl_detail *detail);

/* --- What it waits for. --------------------------------------------------- */

enum { DESK_NOTES_MAX = 8 };
struct desk_note {
    char proposer[64];
    uint64_t index;
    bool held; /* for a person; else for what is not here yet */
    char why[256];
};
struct desk_state {
    struct desk_note notes[DESK_NOTES_MAX]; /* of cycles that are open */
    size_t count;
    char proposal[256]; /* why none is made, where one is due; "": none is */
    uint64_t overdue;   /* transfers that this node is to pay */
};
void desk_state(struct desk *desk, struct desk_state *out);

#endif
