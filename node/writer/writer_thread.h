/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_WRITER_WRITER_THREAD_H
#define HL_NODE_WRITER_WRITER_THREAD_H

/* The one thread that writes the store. Commands wait in a bounded queue; as
 * many as wait go into one transaction (group commit), bounded in entries and
 * in time; then one signature, one commit, one mark, and all are answered.
 * Jobs (a rebuild) go on in small steps between. */

#include "node/log/log.h"
#include "node/writer/author.h"
#include "node/writer/clock_guard.h"
#include "node/writer/guest.h"

struct writer_thread;

struct writer_limits {
    uint32_t queue_commands; /* waiting; past it HL_EBUSY */
    uint32_t commit_entries; /* in one transaction */
    uint32_t commit_ms;
};

struct writer_options {
    struct author *author; /* taken over: nobody else uses it meanwhile */
    hl_err refusal;        /* of author_create() */
    const struct hl_detail *why;
    struct writer_limits limits;
    const struct writer_guest *guest;    /* NULL: none; copied */
    struct clock_reading (*clock)(void); /* any thread */
    int64_t clock_jump_ms;
    struct log *log;
    void *context;
    /* After each commit that appended, from the writer's thread: watchers may
     * look again. */
    void (*committed)(void *context);
    /* Once: the outcome of a write is unknown, and every command from now on
     * is refused. End the process soon. Any thread but the caller's. */
    void (*failed)(void *context);
};

void writer_start(const struct writer_options *options,
                  struct writer_thread **out);

/* Finishes what waits, or, when `drop`, refuses it with HL_ESTOPPING; ends the
 * thread; sets NULL; NULL is fine. */
void writer_stop(struct writer_thread **writer, bool drop);

/* The guest has something to do. Any thread. */
void writer_wake(struct writer_thread *writer);

/* Queues commands (linked by next), all of them or none; each is answered
 * once, if this returns HL_OK. Any thread.
 *
 * HL_EBUSY      the queue is full.
 * HL_ESTOPPING  the writer ends.
 * HL_EMARK      nothing may be signed; detail says why.
 * HL_EFLUSH     a write failed, and the process is about to end. */
HL_MUST_USE hl_err writer_submit(struct writer_thread *writer,
                                 struct write_command *commands, size_t count,
                                 struct hl_detail *detail);

/* Commands of somebody who can wait; zeroed but for them, and theirs to keep
 * until the first of them is answered. */
struct writer_round {
    struct write_command *commands; /* linked by next */
    size_t count;
    struct writer_round *next; /* the writer's */
};

/* The same, but where the queue is full they wait outside of it, and come in
 * before anybody else when there is room. What bounds them is how many may
 * wait so: one round for each stream.
 *
 * HL_ESTOPPING, HL_EMARK, HL_EFLUSH */
HL_MUST_USE hl_err writer_submit_round(struct writer_thread *writer,
                                       struct writer_round *round,
                                       struct hl_detail *detail);

/* Work in steps, each in a write transaction of its own, between commands.
 * step() says with *done that it was the last, and in pause_ms how long the
 * next one is to wait; end() runs once, with the first error or HL_OK. One job
 * at a time. The writer's thread. */
struct writer_job {
    int64_t pause_ms;
    hl_err (*step)(struct writer_job *job, struct store_txn *txn, bool *done,
                   struct hl_detail *detail);
    void (*end)(struct writer_job *job, hl_err err,
                const struct hl_detail *detail);
};

/* HL_EBUSY  another job runs. HL_ESTOPPING. */
HL_MUST_USE hl_err writer_submit_job(struct writer_thread *writer,
                                     struct writer_job *job,
                                     struct hl_detail *detail);

/* What may leave the process, as of now: the head and the signed note over it,
 * copied. Any thread. */
void writer_published(struct writer_thread *writer, struct head *head,
                      struct hl_wall *recorded_at, struct writer *note);

struct writer_state {
    hl_err refusal; /* why writes are refused at this moment, or HL_OK */
    struct hl_detail why;
    uint32_t waiting; /* commands */
    uint64_t writes, commits;
    uint64_t turns; /* of the thread's loop: at least one each second, or it
                       hangs */
};
void writer_state(struct writer_thread *writer, struct writer_state *out);

#endif
