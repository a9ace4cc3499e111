/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_DESK_DESK_INSIDE_H
#define HL_NODE_DESK_DESK_INSIDE_H

/* The desk's parts. Inside this folder. */

#include <pthread.h>

#include "node/desk/desk.h"

enum { DESK_JOBS_MAX = 64, DESK_TEXT_BYTES = 501 };

struct desk_job {
    bool proposes, preview;
    struct writer nodes; /* of a proposal: each behind its size of 8 bits */
    char proposer[64];   /* of an answer */
    uint64_t index;
    bool yes;
    char text[DESK_TEXT_BYTES];
    desk_done done;
    desk_work work; /* instead of all of that */
    void *context;
    struct desk_job *next;
};
void desk_job_end(struct desk_job **job, hl_err err,
                  const struct hl_detail *detail,
                  const struct desk_result *result);

struct desk {
    struct desk_options options;
    char *origin;
    struct writer_thread *writer;
    pthread_t thread;
    bool started;

    pthread_mutex_t mutex; /* of what follows */
    pthread_cond_t changed;
    bool woken, stopping;
    struct writer charter_raw;
    bool charter_new;
    struct desk_limits limits;
    struct desk_job *jobs, **jobs_end;
    size_t job_count;
    struct desk_state state;

    /* The thread's: */
    struct charter charter;
    bool has_charter;
    struct desk_limits now; /* the limits of this pass */
    struct desk_state next; /* the state that it finds */
    struct writer held;     /* names of cycles that a person is asked of */
    uint64_t followed;      /* own proposal that nothing follows any more, */
    bool has_followed;      /* if there is one */
    unsigned follows;       /* proposals after an abort, in a row */
    int64_t period;         /* for which it proposed, or had nothing to */
    int64_t overdue_ms;     /* when it last looked for what is overdue */
    int64_t tried_ms;       /* when it last tried to propose */
    int64_t busy_ms;        /* since then it waits for who is busy; 0: it
                               does not */
    bool waits;             /* something is open: look again soon */
    uint64_t submitted;     /* entry that the writer answered, */
    hl_err submit_err;      /* or why not */
    struct hl_detail submit_detail;
    bool submit_done;
};

/* One look at everything (desk_pass.c). Errors are the store's. */
HL_MUST_USE hl_err desk_pass(struct desk *desk, struct hl_detail *detail);
/* One job of those that wait; NULL: there is none. */
struct desk_job *desk_next_job(struct desk *desk);

/* Has the writer append it, and waits for that. */
hl_err desk_submit(struct desk *desk, const struct proposal *entry,
                   uint64_t *index, struct hl_detail *detail);

#endif
