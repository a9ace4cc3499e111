/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/desk/desk_inside.h"
#include "node/writer/proposal_command.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

enum { LOOK_MS = 1000, LOOK_SOON_MS = 100 };

/* --- The writer. --------------------------------------------------------- */

struct submission {
    struct proposal_command command; /* first */
    struct desk *desk;
};

static void answered(struct write_command *of,
                     const struct write_answer *answer)
{
    struct desk *desk = ((struct submission *)of)->desk;
    pthread_mutex_lock(&desk->mutex);
    desk->submit_err = answer->err;
    desk->submitted = answer->index;
    if (answer->err != HL_OK && answer->detail != NULL) {
        desk->submit_detail = *answer->detail;
    }
    desk->submit_done = true;
    pthread_cond_signal(&desk->changed);
    pthread_mutex_unlock(&desk->mutex);
}

static const struct write_type submitting = {
    .name = "clearing",
    .run = proposal_command_run,
    .difference = proposal_command_difference,
    .answer = answered,
};

hl_err desk_submit(struct desk *desk, const struct proposal *entry,
                   uint64_t *index, struct hl_detail *detail)
{
    struct submission submission = {.desk = desk};
    proposal_command_init(&submission.command, bytes_of_text(desk->origin),
                          entry, &submitting);
    desk->submit_done = false;
    desk->submit_detail = (struct hl_detail){0};
    hl_err err =
        writer_submit(desk->writer, &submission.command.command, 1, detail);
    if (err == HL_OK) {
        pthread_mutex_lock(&desk->mutex);
        while (!desk->submit_done) {
            pthread_cond_wait(&desk->changed, &desk->mutex);
        }
        err = desk->submit_err;
        *index = desk->submitted;
        if (err != HL_OK && detail != NULL) {
            *detail = desk->submit_detail;
        }
        pthread_mutex_unlock(&desk->mutex);
    }
    proposal_command_fini(&submission.command);
    return err;
}

/* --- The thread. --------------------------------------------------------- */

static void take_changes(struct desk *desk)
{
    struct charter charter;
    desk->now = desk->limits;
    if (!desk->charter_new) {
        return;
    }
    desk->charter_new = false;
    if (charter_parse(writer_view(&desk->charter_raw), &charter, NULL) ==
        HL_OK) {
        if (desk->has_charter) {
            charter_fini(&desk->charter);
        }
        desk->charter = charter;
        desk->has_charter = true;
    }
}

static void wait_for_change(struct desk *desk)
{
    struct timespec until;
    int64_t ms = desk->waits ? LOOK_SOON_MS : LOOK_MS;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (ms % 1000) * 1000000;
    until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    while (!desk->stopping && !desk->woken &&
           pthread_cond_timedwait(&desk->changed, &desk->mutex, &until) == 0) {
    }
    desk->woken = false;
}

static void *run(void *context)
{
    struct desk *desk = context;
    pthread_mutex_lock(&desk->mutex);
    while (!desk->stopping) {
        take_changes(desk);
        pthread_mutex_unlock(&desk->mutex);
        struct hl_detail detail = {0};
        hl_err err = desk->has_charter ? desk_pass(desk, &detail) : HL_OK;
        if (err != HL_OK) {
            log_event(desk->options.log, LOG_WARN, "clearing.failed",
                      LOG_TEXT("error", hl_err_name(err)),
                      LOG_TEXT("why", detail.text));
        }
        pthread_mutex_lock(&desk->mutex);
        desk->state = desk->next;
        wait_for_change(desk);
    }
    pthread_mutex_unlock(&desk->mutex);
    return NULL;
}

/* --- Its life. ----------------------------------------------------------- */

struct desk *desk_create(const struct desk_options *options)
{
    struct desk *desk = hl_alloc(1, sizeof(*desk));
    pthread_condattr_t attributes;
    desk->options = *options;
    desk->origin = hl_copy(options->origin, strlen(options->origin));
    desk->limits = options->limits;
    desk->jobs_end = &desk->jobs;
    desk->period = -1;
    HL_ASSERT(pthread_mutex_init(&desk->mutex, NULL) == 0);
    HL_ASSERT(pthread_condattr_init(&attributes) == 0);
    HL_ASSERT(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0);
    HL_ASSERT(pthread_cond_init(&desk->changed, &attributes) == 0);
    pthread_condattr_destroy(&attributes);
    return desk;
}

void desk_start(struct desk *desk, struct writer_thread *writer)
{
    desk->writer = writer;
    HL_ASSERT(pthread_create(&desk->thread, NULL, run, desk) == 0);
    desk->started = true;
}

void desk_stop(struct desk *desk)
{
    pthread_mutex_lock(&desk->mutex);
    desk->stopping = true;
    pthread_cond_signal(&desk->changed);
    pthread_mutex_unlock(&desk->mutex);
    if (desk->started) {
        pthread_join(desk->thread, NULL);
        desk->started = false;
    }
    struct desk_job *job;
    while ((job = desk_next_job(desk)) != NULL) {
        struct hl_detail detail = {0};
        hl_fail(&detail, HL_ESTOPPING, "the node ends");
        desk_job_end(&job, HL_ESTOPPING, &detail, NULL);
    }
}

void desk_destroy(struct desk **desk)
{
    if (*desk == NULL) {
        return;
    }
    desk_stop(*desk);
    if ((*desk)->has_charter) {
        charter_fini(&(*desk)->charter);
    }
    writer_fini(&(*desk)->charter_raw);
    writer_fini(&(*desk)->held);
    pthread_cond_destroy(&(*desk)->changed);
    pthread_mutex_destroy(&(*desk)->mutex);
    hl_free((*desk)->origin);
    hl_free(*desk);
    *desk = NULL;
}

static void wake(struct desk *desk)
{
    desk->woken = true;
    pthread_cond_signal(&desk->changed);
}

void desk_set_charter(struct desk *desk, struct bytes raw)
{
    pthread_mutex_lock(&desk->mutex);
    writer_clear(&desk->charter_raw);
    writer_bytes(&desk->charter_raw, raw);
    desk->charter_new = true;
    wake(desk);
    pthread_mutex_unlock(&desk->mutex);
}

void desk_set_limits(struct desk *desk, const struct desk_limits *limits)
{
    pthread_mutex_lock(&desk->mutex);
    desk->limits = *limits;
    wake(desk);
    pthread_mutex_unlock(&desk->mutex);
}

void desk_wake(struct desk *desk)
{
    pthread_mutex_lock(&desk->mutex);
    wake(desk);
    pthread_mutex_unlock(&desk->mutex);
}

void desk_state(struct desk *desk, struct desk_state *out)
{
    pthread_mutex_lock(&desk->mutex);
    *out = desk->state;
    pthread_mutex_unlock(&desk->mutex);
}
