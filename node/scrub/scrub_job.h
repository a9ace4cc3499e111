/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_SCRUB_SCRUB_JOB_H
#define HL_NODE_SCRUB_SCRUB_JOB_H

/* What a scrub has others do, and waits for. Inside this folder. */

#include <pthread.h>

#include "node/projection/rebuild.h"
#include "node/scrub/scrub_run.h"

/* Whoever is waited for says so by waiter_done(), from any thread, once. */
struct waiter {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    bool done;
    hl_err err;
    struct hl_detail why;
};

void waiter_init(struct waiter *waiter);
void waiter_done(struct waiter *waiter, hl_err err, const char *text);
/* Who looks on is told now and then that it goes on; ends the waiter. */
HL_MUST_USE hl_err waiter_wait(struct waiter *waiter, struct scrub_run *run,
                               struct hl_detail *detail);

struct scrub_memory;

/* Something to do in the writer's transactions. */
struct job {
    struct writer_job job; /* first */
    struct waiter waiter;
    struct scrub_run *run;
    hl_err (*step)(struct job *job, struct store_txn *txn, bool *done,
                   struct hl_detail *detail);
    const struct scrub_finding *findings; /* of whatever it is about */
    size_t count, which;
    bool together;
    enum rebuild_kind kind;
    uint64_t entries_max; /* in a step */
    struct rebuild *rebuild;
    struct rebuild_progress progress;
    uint64_t moved;
    const struct scrub_memory *memory;
};

/* Errors of the steps, or HL_ESTOPPING; HL_EBUSY: another rebuild runs. */
HL_MUST_USE hl_err job_do(struct job *job, struct hl_detail *detail);

#endif
