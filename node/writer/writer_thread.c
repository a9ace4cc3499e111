/* SPDX-License-Identifier: Apache-2.0 */
#include "node/writer/writer_thread.h"

#include <pthread.h>
#include <time.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

/* How long a refused condition (a full disk) stands before it is tried again
 * without a command that asks for it. */
enum { PROBE_MS = 1000 };

struct writer_thread {
    struct author *author;
    struct writer_limits limits;
    struct clock_reading (*clock)(void);
    struct clock_guard guard; /* the writer's thread */
    struct log *log;
    void *context;
    void (*committed)(void *context);
    void (*failed)(void *context);

    pthread_t thread;
    pthread_mutex_t mutex; /* of all below */
    pthread_cond_t wake;
    struct write_command *first, **last;
    uint32_t waiting;
    struct writer_job *job;
    bool stopping, drop, broken;
    bool sealed_off; /* refusal stands for good: HL_EMARK, HL_EFLUSH */
    hl_err refusal;
    struct hl_detail why;
    uint64_t writes, commits, turns;
    struct head head;
    struct hl_wall recorded_at;
    struct writer note;
};

/* --- Answering. ---------------------------------------------------------- */

static void answer(struct write_command *command,
                   const struct write_answer *result)
{
    command->type->answer(command, result);
}

static void answer_all(struct write_command *commands, hl_err err,
                       const struct hl_detail *detail)
{
    while (commands != NULL) {
        struct write_command *next = commands->next;
        struct write_answer result = {.err = err, .detail = detail};
        answer(commands, &result);
        commands = next;
    }
}

static void answer_results(struct write_command *commands, struct bytes note)
{
    while (commands != NULL) {
        struct write_command *next = commands->next;
        struct write_answer result = commands->result;
        result.checkpoint = note;
        answer(commands, &result);
        commands = next;
    }
}

/* --- State that others see. ---------------------------------------------- */

static void set_refusal(struct writer_thread *writer, hl_err err,
                        const struct hl_detail *why)
{
    pthread_mutex_lock(&writer->mutex);
    bool changed = writer->refusal != err && !writer->sealed_off;
    if (!writer->sealed_off) {
        writer->refusal = err;
        writer->why = err == HL_OK ? (struct hl_detail){0} : *why;
    }
    pthread_mutex_unlock(&writer->mutex);
    if (changed && err == HL_OK) {
        log_event(writer->log, LOG_INFO, "writes.resumed",
                  LOG_TEXT("why", "the cause is gone"));
    } else if (changed) {
        log_failure(writer->log, LOG_ERROR, "writes.refused", "store", err,
                    why);
    }
}

static void publish(struct writer_thread *writer, size_t entries)
{
    struct bytes note = author_checkpoint(writer->author);
    pthread_mutex_lock(&writer->mutex);
    writer->head = author_head(writer->author);
    writer->recorded_at = author_recorded_at(writer->author);
    writer_clear(&writer->note);
    writer_bytes(&writer->note, note);
    if (entries > 0) {
        writer->writes += entries;
        writer->commits++;
    }
    pthread_mutex_unlock(&writer->mutex);
}

static void break_down(struct writer_thread *writer,
                       const struct hl_detail *why)
{
    set_refusal(writer, HL_EFLUSH, why);
    pthread_mutex_lock(&writer->mutex);
    writer->sealed_off = true;
    writer->broken = true;
    pthread_mutex_unlock(&writer->mutex);
    writer->failed(writer->context);
}

/* --- One transaction. ---------------------------------------------------- */

struct batch {
    struct write_command *first; /* all that are to be answered, in order */
    struct write_command **last;
    size_t count;
};

static void batch_init(struct batch *batch)
{
    *batch = (struct batch){.first = NULL};
    batch->last = &batch->first;
}

static void batch_add(struct batch *batch, struct write_command *command)
{
    command->next = NULL;
    *batch->last = command;
    batch->last = &command->next;
    batch->count++;
}

/* The next waiting command; NULL where there is none. */
static struct write_command *take(struct writer_thread *writer)
{
    pthread_mutex_lock(&writer->mutex);
    struct write_command *command = writer->first;
    if (command != NULL) {
        writer->first = command->next;
        if (writer->first == NULL) {
            writer->last = &writer->first;
        }
        writer->waiting--;
    }
    pthread_mutex_unlock(&writer->mutex);
    return command;
}

/* Gives what was taken and not answered back to the front. */
static void untake(struct writer_thread *writer, struct batch *batch)
{
    if (batch->first == NULL) {
        return;
    }
    pthread_mutex_lock(&writer->mutex);
    *batch->last = writer->first;
    if (writer->first == NULL) {
        writer->last = batch->last;
    }
    writer->first = batch->first;
    writer->waiting += (uint32_t)batch->count;
    pthread_mutex_unlock(&writer->mutex);
}

static bool is_enough(struct writer_thread *writer, struct hl_mono began)
{
    if (author_pending(writer->author) >= writer->limits.commit_entries ||
        author_is_large(writer->author)) {
        return true;
    }
    int64_t passed_ns = mono_since_ns(writer->clock().mono, began);
    return passed_ns / 1000000 >= writer->limits.commit_ms;
}

/* A command met damage: it is answered with that, and the others, whose work
 * was in the same transaction, run again without it. */
static void set_aside(struct writer_thread *writer, struct batch *batch,
                      struct write_command *culprit, hl_err err,
                      const struct hl_detail *detail)
{
    author_abort(writer->author);
    untake(writer, batch);
    culprit->next = NULL;
    log_failure(writer->log, LOG_ERROR, "write.failed", culprit->type->name,
                err, detail);
    answer_all(culprit, err, detail);
}

/* The store takes nothing at this moment, or what it took is unknown. */
static void give_up(struct writer_thread *writer, struct batch *batch,
                    hl_err err, const struct hl_detail *why)
{
    author_abort(writer->author);
    if (err == HL_EFLUSH) {
        break_down(writer, why);
    } else {
        set_refusal(writer, err, why);
    }
    answer_all(batch->first, err, why);
}

static void finish(struct writer_thread *writer, struct batch *batch)
{
    struct hl_detail detail = {0};
    size_t entries = author_pending(writer->author);
    if (entries == 0) {
        author_abort(writer->author);
        answer_results(batch->first, author_checkpoint(writer->author));
        return;
    }
    hl_err err = author_commit(writer->author, &detail);
    if (err != HL_OK) {
        give_up(writer, batch, err, &detail);
        return;
    }
    publish(writer, entries);
    set_refusal(writer, HL_OK, NULL);
    answer_results(batch->first, author_checkpoint(writer->author));
    writer->committed(writer->context);
}

/* Answers all that waits, because nothing can be written. */
static void refuse_waiting(struct writer_thread *writer, hl_err err,
                           const struct hl_detail *why)
{
    struct batch batch;
    batch_init(&batch);
    struct write_command *command;
    while ((command = take(writer)) != NULL) {
        batch_add(&batch, command);
    }
    answer_all(batch.first, err, why);
}

static hl_err begin(struct writer_thread *writer, struct hl_mono *began,
                    struct hl_detail *detail)
{
    struct clock_reading now = writer->clock();
    *began = now.mono;
    hl_err err = clock_guard_check(&writer->guard, now, detail);
    if (err == HL_OK) {
        err = author_begin(writer->author, now.wall, detail);
    }
    return err;
}

/* HL_OK, or why nothing is signed any more. */
static hl_err check_allowed(struct writer_thread *writer, struct hl_detail *why)
{
    pthread_mutex_lock(&writer->mutex);
    hl_err err = writer->sealed_off ? writer->refusal : HL_OK;
    if (err != HL_OK) {
        *why = writer->why;
    }
    pthread_mutex_unlock(&writer->mutex);
    return err;
}

static void run_batch(struct writer_thread *writer)
{
    struct hl_detail detail = {0};
    struct hl_mono began;
    hl_err err = check_allowed(writer, &detail);
    if (err == HL_OK) {
        err = begin(writer, &began, &detail);
    }
    if (err == HL_EFLUSH) {
        break_down(writer, &detail);
    }
    if (err != HL_OK) {
        set_refusal(writer, err, &detail);
        refuse_waiting(writer, err, &detail);
        return;
    }
    struct batch batch;
    batch_init(&batch);
    struct write_command *command;
    while (!is_enough(writer, began) && (command = take(writer)) != NULL) {
        err = author_run(writer->author, command, &detail);
        if (err == HL_EDAMAGED) {
            set_aside(writer, &batch, command, err, &detail);
            return;
        }
        batch_add(&batch, command);
        if (err != HL_OK) {
            give_up(writer, &batch, err, &detail);
            return;
        }
    }
    finish(writer, &batch);
}

/* --- Jobs, and the loop. ------------------------------------------------- */

static void end_job(struct writer_thread *writer, struct writer_job *job,
                    hl_err err, const struct hl_detail *detail)
{
    pthread_mutex_lock(&writer->mutex);
    writer->job = NULL;
    pthread_mutex_unlock(&writer->mutex);
    job->end(job, err, detail);
}

static void run_job(struct writer_thread *writer, struct writer_job *job)
{
    struct hl_detail detail = {0};
    struct hl_mono began;
    bool done = false;
    hl_err err = begin(writer, &began, &detail);
    if (err == HL_OK) {
        err = job->step(job, author_txn(writer->author), &done, &detail);
        if (err == HL_OK) {
            err = author_commit(writer->author, &detail);
        } else {
            author_abort(writer->author);
        }
    }
    if (err == HL_EFLUSH) {
        break_down(writer, &detail);
    }
    if (err != HL_OK || done) {
        end_job(writer, job, err, &detail);
    }
}

/* With nothing waiting, a condition that refuses writes is looked at again, so
 * that status and health tell the truth without a command that tries. */
static void probe(struct writer_thread *writer)
{
    struct hl_detail detail = {0};
    struct hl_mono began;
    hl_err err = begin(writer, &began, &detail);
    if (err == HL_OK) {
        author_abort(writer->author);
    }
    set_refusal(writer, err, &detail);
}

enum next { NEXT_BATCH, NEXT_JOB, NEXT_PROBE, NEXT_END };

/* Waits for something to do. A job and the commands take turns. */
static enum next wait_for_work(struct writer_thread *writer,
                               struct writer_job **job, bool *job_last)
{
    pthread_mutex_lock(&writer->mutex);
    writer->turns++;
    enum next next;
    for (;;) {
        *job = writer->job;
        bool commands = writer->first != NULL;
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
            struct timespec until;
            clock_gettime(CLOCK_MONOTONIC, &until);
            until.tv_sec += PROBE_MS / 1000;
            if (pthread_cond_timedwait(&writer->wake, &writer->mutex, &until) ==
                0) {
                continue;
            }
            next = NEXT_PROBE;
        }
        break;
    }
    *job_last = next == NEXT_JOB;
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
    refuse_waiting(writer, err, &why);
    if (job != NULL) {
        end_job(writer, job, err, &why);
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
            run_batch(writer);
            break;
        case NEXT_JOB:
            run_job(writer, job);
            break;
        case NEXT_PROBE:
            probe(writer);
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
    writer->limits = options->limits;
    writer->clock = options->clock;
    clock_guard_init(&writer->guard, options->clock(), options->clock_jump_ms);
    writer->log = options->log;
    writer->context = options->context;
    writer->committed = options->committed;
    writer->failed = options->failed;
    writer->last = &writer->first;
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
    publish(writer, 0);
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

void writer_refuse(struct writer_thread *writer, hl_err err,
                   const struct hl_detail *why)
{
    set_refusal(writer, err, why);
    pthread_mutex_lock(&writer->mutex);
    writer->sealed_off = true;
    pthread_mutex_unlock(&writer->mutex);
}

static hl_err may_submit(struct writer_thread *writer, size_t count,
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

hl_err writer_submit(struct writer_thread *writer,
                     struct write_command *commands, size_t count,
                     struct hl_detail *detail)
{
    HL_ASSERT(commands != NULL);
    pthread_mutex_lock(&writer->mutex);
    hl_err err = may_submit(writer, count, detail);
    if (err == HL_OK) {
        *writer->last = commands;
        while (commands->next != NULL) {
            commands = commands->next;
        }
        writer->last = &commands->next;
        writer->waiting += (uint32_t)count;
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
