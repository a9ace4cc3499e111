/* SPDX-License-Identifier: Apache-2.0 */
#include "node/rpc/attendant.h"

#include <time.h>

#include "node/rpc/call.h"
#include "node/rpc/server.h"
#include "protocol/base/hl_assert.h"

enum { NS_PER_MS = 1000000, NS_PER_S = 1000000000 };

void attendant_init(struct attendant *attendant, struct rpc_server *server)
{
    pthread_condattr_t clock;
    *attendant = (struct attendant){.server = server};
    pthread_mutex_init(&attendant->lock, NULL);
    pthread_mutex_init(&attendant->streams_lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&attendant->due, &clock);
    pthread_condattr_destroy(&clock);
}

void attendant_fini(struct attendant *attendant)
{
    pthread_cond_destroy(&attendant->due);
    pthread_mutex_destroy(&attendant->streams_lock);
    pthread_mutex_destroy(&attendant->lock);
}

/* --- Streams. ------------------------------------------------------------ */

void attendant_add(struct attendant *attendant, struct rpc_call *call)
{
    pthread_mutex_lock(&attendant->streams_lock);
    call->stream.next = attendant->streams;
    if (attendant->streams != NULL) {
        attendant->streams->stream.previous = call;
    }
    attendant->streams = call;
    pthread_mutex_unlock(&attendant->streams_lock);
}

void attendant_remove(struct attendant *attendant, struct rpc_call *call)
{
    struct call_stream *stream = &call->stream;
    pthread_mutex_lock(&attendant->streams_lock);
    if (stream->previous != NULL) {
        stream->previous->stream.next = stream->next;
    } else {
        attendant->streams = stream->next;
    }
    if (stream->next != NULL) {
        stream->next->stream.previous = stream->previous;
    }
    pthread_mutex_unlock(&attendant->streams_lock);
}

/* The caller is told at once, also where it does not read. */
static void cancel(struct rpc_call *call, hl_err err,
                   const struct hl_detail *detail)
{
    struct rpc_server *server = call->server;
    atomic_fetch_add(&server->refused_admission, 1);
    log_event(server->log, LOG_INFO, "stream.ended",
              LOG_TEXT("who", call->caller.spiffe),
              LOG_TEXT("method", call->method->row->path),
              LOG_TEXT("error", hl_err_name(err)),
              LOG_TEXT("why", detail->text));
    grpc_call_cancel_with_status(call->core, GRPC_STATUS_UNAUTHENTICATED,
                                 detail->text, NULL);
}

void attendant_check(struct attendant *attendant)
{
    struct gate *gate = attendant->server->gate;
    struct hl_wall now = now_wall();
    struct hl_mono instant = now_mono();
    pthread_mutex_lock(&attendant->streams_lock);
    for (struct rpc_call *call = attendant->streams; call != NULL;
         call = call->stream.next) {
        struct rpc_caller again;
        struct hl_detail detail = {0};
        stream_check_idle(call, instant);
        if (call->caller.local || call->stream.refused) {
            continue;
        }
        hl_err err = gate_admit(gate, call->stream.presented,
                                call->method->row->roles, now, &again, &detail);
        if (err != HL_OK) {
            call->stream.refused = true;
            cancel(call, err, &detail);
        }
    }
    pthread_mutex_unlock(&attendant->streams_lock);
}

void attendant_end_streams(struct attendant *attendant)
{
    pthread_mutex_lock(&attendant->streams_lock);
    for (struct rpc_call *call = attendant->streams; call != NULL;
         call = call->stream.next) {
        stream_end(call, HL_ESTOPPING, NULL);
    }
    pthread_mutex_unlock(&attendant->streams_lock);
}

/* --- The thread. --------------------------------------------------------- */

void attendant_post(struct attendant *attendant, struct rpc_call *call)
{
    pthread_mutex_lock(&attendant->lock);
    if (!call->stream.posted) {
        call->stream.posted = true;
        call->stream.next_posted = NULL;
        call_ref(call);
        if (attendant->last != NULL) {
            attendant->last->stream.next_posted = call;
        } else {
            attendant->first = call;
        }
        attendant->last = call;
        pthread_cond_signal(&attendant->due);
    }
    pthread_mutex_unlock(&attendant->lock);
}

/* Under the lock. */
static struct rpc_call *take_posted(struct attendant *attendant)
{
    struct rpc_call *call = attendant->first;
    if (call != NULL) {
        attendant->first = call->stream.next_posted;
        attendant->last = attendant->first == NULL ? NULL : attendant->last;
        call->stream.posted = false;
    }
    return call;
}

static void set_next_check(struct attendant *attendant)
{
    attendant->next_check = now_mono();
    attendant->next_check.ns +=
        (int64_t)attendant->server->limits.admission_interval_ms * NS_PER_MS;
}

/* Until something is posted, it is time for the check, or the end. */
static void wait(struct attendant *attendant)
{
    struct timespec until = {.tv_sec = attendant->next_check.ns / NS_PER_S,
                             .tv_nsec =
                                 (long)(attendant->next_check.ns % NS_PER_S)};
    pthread_cond_timedwait(&attendant->due, &attendant->lock, &until);
}

static void work(struct attendant *attendant, struct rpc_call *posted)
{
    if (posted != NULL) {
        stream_drive(posted);
        call_unref(posted);
    }
    if (now_mono().ns >= attendant->next_check.ns) {
        attendant_check(attendant);
        set_next_check(attendant);
    }
}

static void *attend(void *context)
{
    struct attendant *attendant = context;
    pthread_mutex_lock(&attendant->lock);
    while (!attendant->stop) {
        struct rpc_call *posted = take_posted(attendant);
        if (posted == NULL && now_mono().ns < attendant->next_check.ns) {
            wait(attendant);
            continue;
        }
        pthread_mutex_unlock(&attendant->lock);
        work(attendant, posted);
        pthread_mutex_lock(&attendant->lock);
    }
    pthread_mutex_unlock(&attendant->lock);
    return NULL;
}

void attendant_start(struct attendant *attendant)
{
    set_next_check(attendant);
    int failed = pthread_create(&attendant->thread, NULL, attend, attendant);
    HL_ASSERT(failed == 0);
}

void attendant_stop(struct attendant *attendant)
{
    pthread_mutex_lock(&attendant->lock);
    HL_ASSERT(attendant->first == NULL);
    attendant->stop = true;
    pthread_cond_signal(&attendant->due);
    pthread_mutex_unlock(&attendant->lock);
    pthread_join(attendant->thread, NULL);
}
