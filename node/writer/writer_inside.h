/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_WRITER_WRITER_INSIDE_H
#define HL_NODE_WRITER_WRITER_INSIDE_H

/* The writer's parts: writer_thread.c is its life, its queue and its loop,
 * writer_batch.c what stands in one transaction. Inside this folder. */

#include <pthread.h>

#include "node/writer/writer_thread.h"

/* How long a refused condition (a full disk) stands before it is tried again
 * without a command that asks for it. */
enum { PROBE_MS = 1000, MS_PER_S = 1000, NS_PER_MS = 1000000 };

struct writer_thread {
    struct author *author;
    struct writer_limits limits;
    struct clock_reading (*clock)(void);
    struct clock_guard guard; /* the writer's thread */
    struct writer_guest guest;
    bool has_guest;
    struct hl_mono blocked_until; /* the store refused the guest's work */
    struct hl_mono react_at;      /* reactors failed: not before */
    bool alone;                   /* they had the last transaction alone */
    bool mute; /* nothing may be signed, when that was last asked */
    struct hl_mono probed_at;
    struct hl_mono job_at; /* when the job's next step is due */
    struct log *log;
    void *context;
    void (*committed)(void *context);
    void (*failed)(void *context);

    pthread_t thread;
    pthread_mutex_t mutex; /* of all below */
    pthread_cond_t wake;
    struct write_command *first, **last;
    uint32_t waiting;
    struct writer_round *outside, **outside_last; /* of the full queue */
    struct writer_job *job;
    bool woken; /* for the guest */
    bool stopping, drop, broken;
    bool sealed_off; /* refusal stands for good: HL_EMARK, HL_EFLUSH */
    hl_err refusal;
    struct hl_detail why;
    uint64_t writes, commits, turns;
    struct head head;
    struct hl_wall recorded_at;
    struct writer note;
};

/* Lets in who waits outside, while the queue has room. Under the mutex. */
void writer_admit(struct writer_thread *writer);

/* All of these by the writer's thread. */

/* Commands, the guest's work, or a look at what refuses writes. */
void batch_run(struct writer_thread *writer);
/* With nothing waiting, a condition that refuses writes is looked at again, so
 * that status and health tell the truth without a command that tries. */
void batch_probe(struct writer_thread *writer);
bool batch_guest_waits(struct writer_thread *writer);
bool batch_reacts(struct writer_thread *writer);
/* Begins a transaction, if the clock lets it. */
HL_MUST_USE hl_err batch_begin(struct writer_thread *writer,
                               struct hl_mono *began, struct hl_detail *detail);
/* Answers all that waits, because nothing can be written. */
void batch_refuse_waiting(struct writer_thread *writer, hl_err err,
                          const struct hl_detail *why);
void batch_set_refusal(struct writer_thread *writer, hl_err err,
                       const struct hl_detail *why);
/* The outcome of a write is unknown. */
void batch_break_down(struct writer_thread *writer,
                      const struct hl_detail *why);
/* What may leave, as of now. */
void batch_publish(struct writer_thread *writer, size_t entries);

#endif
