/* SPDX-License-Identifier: Apache-2.0 */
#include "node/scrub/scrub_job.h"

#include <time.h>

enum { BUSY_TIMES = 1200 }; /* ten minutes: another rebuild runs */

void waiter_init(struct waiter *waiter)
{
    pthread_condattr_t attr;
    *waiter = (struct waiter){.done = false};
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&waiter->mutex, NULL);
    pthread_cond_init(&waiter->cond, &attr);
    pthread_condattr_destroy(&attr);
}

void waiter_done(struct waiter *waiter, hl_err err, const char *text)
{
    pthread_mutex_lock(&waiter->mutex);
    waiter->done = true;
    waiter->err = err;
    hl_fail(&waiter->why, err, "%s", text);
    pthread_cond_signal(&waiter->cond);
    pthread_mutex_unlock(&waiter->mutex);
}

hl_err waiter_wait(struct waiter *waiter, struct scrub_run *run,
                   struct hl_detail *detail)
{
    pthread_mutex_lock(&waiter->mutex);
    while (!waiter->done) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec++;
        pthread_cond_timedwait(&waiter->cond, &waiter->mutex, &until);
        scrubber_tell(run->scrubber, run->report);
    }
    pthread_mutex_unlock(&waiter->mutex);
    if (waiter->err != HL_OK) {
        *detail = waiter->why;
    }
    pthread_cond_destroy(&waiter->cond);
    pthread_mutex_destroy(&waiter->mutex);
    return waiter->err;
}

/* --- In the writer's transactions. ---------------------------------------- */

static hl_err on_step(struct writer_job *writer_job, struct store_txn *txn,
                      bool *done, struct hl_detail *detail)
{
    struct job *job = (struct job *)writer_job;
    return job->step(job, txn, done, detail);
}

/* As the operator's rebuild gives its room back. */
static void forget_rebuild(struct job *job, hl_err err)
{
    struct hl_detail why = {0};
    bool begun = job->rebuild != NULL;
    rebuild_end(&job->rebuild);
    if (!begun || err == HL_OK || err == HL_ESTOPPING || err == HL_EFLUSH) {
        return;
    }
    err = rebuild_forget(job->run->options->store, &why);
    if (err != HL_OK) {
        log_failure(job->run->options->log, LOG_ERROR, "rebuild.left", "store",
                    err, &why);
    }
}

static void on_end(struct writer_job *writer_job, hl_err err,
                   const struct hl_detail *detail)
{
    struct job *job = (struct job *)writer_job;
    forget_rebuild(job, err);
    waiter_done(&job->waiter, err, err == HL_OK ? "" : detail->text);
}

hl_err job_do(struct job *job, struct hl_detail *detail)
{
    struct scrub_run *run = job->run;
    hl_err err = HL_EBUSY;
    job->job = (struct writer_job){.step = on_step, .end = on_end};
    for (int i = 0; err == HL_EBUSY && i < BUSY_TIMES; i++) {
        waiter_init(&job->waiter);
        err = writer_submit_job(run->options->writer, &job->job, detail);
        scrubber_tell(run->scrubber, run->report);
        if (err == HL_EBUSY && !scrubber_pause(run->scrubber, BUSY_AGAIN_MS)) {
            return scrub_stopping(detail);
        }
    }
    return err == HL_OK ? waiter_wait(&job->waiter, run, detail) : err;
}
