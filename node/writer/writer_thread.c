/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "node/writer/writer_inside.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

/* --- Jobs, and the loop. ------------------------------------------------- */

static void end_job(struct writer_thread *writer, struct writer_job *job,
                    hl_err err, const struct hl_detail *detail)
{
    pthread_mutex_lock(&writer->mutex);
    writer->job = NULL;
    pthread_mutex_unlock(&writer->mutex);
    writer->job_at = (struct hl_mono){0};
    job->end(job, err, detail);
}

static void run_job(struct writer_thread *writer, struct writer_job *job)
{
    struct hl_detail detail = {0};
    struct hl_mono began;
    bool done = false;
    hl_err err = batch_begin(writer, &began, &detail);
    if (err == HL_OK) {
        err = job->step(job, author_txn(writer->author), &done, &detail);
        if (err == HL_OK) {
            err = author_commit(writer->author, &detail);
        } else {
            author_abort(writer->author);
        }
    }
    if (err == HL_EFLUSH) {
        batch_break_down(writer, &detail);
    }
    if (err != HL_OK || done) {
        end_job(writer, job, err, &detail);
        return;
    }
    writer->job_at = writer->clock().mono;
    writer->job_at.ns += job->pause_ms * NS_PER_MS;
}

/* Until the next step of the job; 0: it is due. */
static int64_t job_in_ms(const struct writer_thread *writer)
{
    int64_t ns = mono_since_ns(writer->job_at, writer->clock().mono);
    return ns <= 0 ? 0 : ns / NS_PER_MS + 1;
}

enum next { NEXT_BATCH, NEXT_JOB, NEXT_PROBE, NEXT_END };

static struct timespec in_ms(int64_t ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += ms / MS_PER_S;
    at.tv_nsec += (long)(ms % MS_PER_S) * NS_PER_MS;
    if (at.tv_nsec >= (long)MS_PER_S * NS_PER_MS) {
        at.tv_sec++;
        at.tv_nsec -= (long)MS_PER_S * NS_PER_MS;
    }
    return at;
}

/* Waits for something to do. A job and the commands take turns; for the guest
 * there is a batch, if an empty one. */
static enum next wait_for_work(struct writer_thread *writer,
                               struct writer_job **job, bool *job_last)
{
    bool guest = batch_guest_waits(writer) || batch_reacts(writer);
    int64_t guest_ms = writer->has_guest
                           ? writer->guest.next_ms(writer->guest.context)
                           : PROBE_MS;
    int64_t job_ms = job_in_ms(writer);
    int64_t until_ms = guest_ms < PROBE_MS ? guest_ms : (int64_t)PROBE_MS;
    struct timespec until =
        in_ms(job_ms > 0 && job_ms < until_ms ? job_ms : until_ms);
    pthread_mutex_lock(&writer->mutex);
    writer->turns++;
    enum next next;
    for (;;) {
        *job = job_ms == 0 ? writer->job : NULL; /* that is due */
        /* What partners sent comes again. */
        bool commands = writer->first != NULL ||
                        ((guest || writer->woken) && !writer->stopping);
        if (writer->broken || (writer->stopping && writer->drop)) {
            next = NEXT_END;
        } else if (commands && (*job == NULL || *job_last)) {
            next = NEXT_BATCH;
        } else if (*job != NULL && !writer->stopping) {
            next = NEXT_JOB;
        } else if (commands) {
            next = NEXT_BATCH;
        } else if (writer->stopping) {
            next = NEXT_END;
        } else {
            if (pthread_cond_timedwait(&writer->wake, &writer->mutex, &until) ==
                0) {
                continue;
            }
            next = guest_ms < PROBE_MS ? NEXT_BATCH : NEXT_PROBE;
        }
        break;
    }
    *job_last = next == NEXT_JOB;
    writer->woken = writer->woken && next != NEXT_BATCH;
    pthread_mutex_unlock(&writer->mutex);
    return next;
}

static void wind_up(struct writer_thread *writer)
{
    struct hl_detail why;
    pthread_mutex_lock(&writer->mutex);
    writer->stopping = true;
    struct writer_job *job = writer->job;
    hl_err err = writer->broken ? HL_EFLUSH : HL_ESTOPPING;
    why = writer->why;
    pthread_mutex_unlock(&writer->mutex);
    if (err == HL_ESTOPPING) {
        hl_fail(&why, err, "the node is shutting down");
    }
    batch_refuse_waiting(writer, err, &why);
    if (job != NULL) {
        end_job(writer, job, err, &why);
    }
    if (writer->has_guest) {
        writer->guest.ended(writer->guest.context);
    }
}

static void *run(void *context)
{
    struct writer_thread *writer = context;
    bool job_last = false;
    for (;;) {
        struct writer_job *job;
        switch (wait_for_work(writer, &job, &job_last)) {
        case NEXT_BATCH:
            batch_run(writer);
            break;
        case NEXT_JOB:
            run_job(writer, job);
            break;
        case NEXT_PROBE:
            batch_probe(writer);
            break;
        case NEXT_END:
            wind_up(writer);
            return NULL;
        }
    }
}

/* --- From other threads. ------------------------------------------------- */

void writer_start(const struct writer_options *options,
                  struct writer_thread **out)
{
    struct writer_thread *writer = hl_alloc(1, sizeof(*writer));
    writer->author = options->author;
    writer->has_guest = options->guest != NULL;
    if (writer->has_guest) {
        writer->guest = *options->guest;
    }
    writer->limits = options->limits;
    writer->clock = options->clock;
    clock_guard_init(&writer->guard, options->clock(), options->clock_jump_ms);
    writer->log = options->log;
    writer->context = options->context;
    writer->committed = options->committed;
    writer->failed = options->failed;
    writer->last = &writer->first;
    writer->outside_last = &writer->outside;
    writer->refusal = options->refusal;
    if (options->refusal != HL_OK) {
        writer->why = *options->why;
        writer->sealed_off = true;
    }
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&writer->mutex, NULL);
    pthread_cond_init(&writer->wake, &attr);
    pthread_condattr_destroy(&attr);
    batch_publish(writer, 0);
    int failed = pthread_create(&writer->thread, NULL, run, writer);
    HL_ASSERT(failed == 0);
    *out = writer;
}

void writer_stop(struct writer_thread **writer, bool drop)
{
    struct writer_thread *gone = *writer;
    if (gone == NULL) {
        return;
    }
    pthread_mutex_lock(&gone->mutex);
    gone->stopping = true;
    gone->drop = gone->drop || drop;
    pthread_cond_signal(&gone->wake);
    pthread_mutex_unlock(&gone->mutex);
    pthread_join(gone->thread, NULL);
    pthread_cond_destroy(&gone->wake);
    pthread_mutex_destroy(&gone->mutex);
    writer_fini(&gone->note);
    hl_free(gone);
    *writer = NULL;
}

void writer_wake(struct writer_thread *writer)
{
    pthread_mutex_lock(&writer->mutex);
    writer->woken = true;
    pthread_cond_signal(&writer->wake);
    pthread_mutex_unlock(&writer->mutex);
}

/* Whether anything is taken. */
static hl_err may_write(const struct writer_thread *writer,
                        struct hl_detail *detail)
{
    if (writer->sealed_off) {
        if (detail != NULL) {
            *detail = writer->why;
        }
        return writer->refusal;
    }
    if (writer->stopping) {
        return hl_fail(detail, HL_ESTOPPING, "the node is shutting down");
    }
    return HL_OK;
}

static hl_err has_room(const struct writer_thread *writer, size_t count,
                       struct hl_detail *detail)
{
    /* What was taken and given back may stand above the bound. */
    uint64_t after = (uint64_t)writer->waiting + count;
    if (after > writer->limits.queue_commands) {
        return hl_fail(detail, HL_EBUSY,
                       "%u commands wait already, and %u may (queue_commands)",
                       (unsigned)writer->waiting,
                       (unsigned)writer->limits.queue_commands);
    }
    return HL_OK;
}

static void enqueue(struct writer_thread *writer,
                    struct write_command *commands, size_t count)
{
    *writer->last = commands;
    while (commands->next != NULL) {
        commands = commands->next;
    }
    writer->last = &commands->next;
    writer->waiting += (uint32_t)count;
}

/* A round comes in as soon as one more command would, and may then stand above
 * the bound: else those who come with one at a time could keep it outside for
 * ever. */
void writer_admit(struct writer_thread *writer)
{
    while (writer->outside != NULL &&
           writer->waiting < writer->limits.queue_commands) {
        struct writer_round *round = writer->outside;
        writer->outside = round->next;
        if (writer->outside == NULL) {
            writer->outside_last = &writer->outside;
        }
        enqueue(writer, round->commands, round->count);
    }
}

hl_err writer_submit(struct writer_thread *writer,
                     struct write_command *commands, size_t count,
                     struct hl_detail *detail)
{
    HL_ASSERT(commands != NULL);
    pthread_mutex_lock(&writer->mutex);
    hl_err err = may_write(writer, detail);
    if (err == HL_OK) {
        err = has_room(writer, count, detail);
    }
    if (err == HL_OK) {
        enqueue(writer, commands, count);
        pthread_cond_signal(&writer->wake);
    }
    pthread_mutex_unlock(&writer->mutex);
    return err;
}

hl_err writer_submit_round(struct writer_thread *writer,
                           struct writer_round *round, struct hl_detail *detail)
{
    HL_ASSERT(round->commands != NULL);
    pthread_mutex_lock(&writer->mutex);
    hl_err err = may_write(writer, detail);
    if (err == HL_OK) {
        round->next = NULL;
        *writer->outside_last = round;
        writer->outside_last = &round->next;
        writer_admit(writer);
        pthread_cond_signal(&writer->wake);
    }
    pthread_mutex_unlock(&writer->mutex);
    return err;
}

hl_err writer_submit_job(struct writer_thread *writer, struct writer_job *job,
                         struct hl_detail *detail)
{
    pthread_mutex_lock(&writer->mutex);
    hl_err err = HL_OK;
    if (writer->stopping || writer->broken) {
        err = hl_fail(detail, HL_ESTOPPING, "the node is shutting down");
    } else if (writer->job != NULL) {
        err = hl_fail(detail, HL_EBUSY,
                      "a rebuild runs already: wait for its end");
    } else {
        writer->job = job;
        pthread_cond_signal(&writer->wake);
    }
    pthread_mutex_unlock(&writer->mutex);
    return err;
}

void writer_published(struct writer_thread *writer, struct head *head,
                      struct hl_wall *recorded_at, struct writer *note)
{
    pthread_mutex_lock(&writer->mutex);
    *head = writer->head;
    if (recorded_at != NULL) {
        *recorded_at = writer->recorded_at;
    }
    if (note != NULL) {
        writer_clear(note);
        writer_bytes(note, writer_view(&writer->note));
    }
    pthread_mutex_unlock(&writer->mutex);
}

void writer_state(struct writer_thread *writer, struct writer_state *out)
{
    pthread_mutex_lock(&writer->mutex);
    *out = (struct writer_state){
        .refusal = writer->refusal,
        .why = writer->why,
        .waiting = writer->waiting,
        .writes = writer->writes,
        .commits = writer->commits,
        .turns = writer->turns,
    };
    pthread_mutex_unlock(&writer->mutex);
}
