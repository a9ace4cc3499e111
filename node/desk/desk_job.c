/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "node/desk/desk_inside.h"
#include "protocol/base/alloc.h"

void desk_job_end(struct desk_job **job, hl_err err,
                  const struct hl_detail *detail,
                  const struct desk_result *result)
{
    if ((*job)->done != NULL) {
        (*job)->done((*job)->context, err, detail, result);
    } else if (err != HL_OK) { /* else it has run */
        (*job)->work((*job)->context, NULL, err, detail);
    }
    writer_fini(&(*job)->nodes);
    hl_free(*job);
    *job = NULL;
}

struct desk_job *desk_next_job(struct desk *desk)
{
    pthread_mutex_lock(&desk->mutex);
    struct desk_job *job = desk->jobs;
    if (job != NULL) {
        desk->jobs = job->next;
        desk->jobs_end = desk->jobs == NULL ? &desk->jobs : desk->jobs_end;
        desk->job_count--;
    }
    pthread_mutex_unlock(&desk->mutex);
    return job;
}

static hl_err add(struct desk *desk, struct desk_job *job,
                  struct hl_detail *detail)
{
    hl_err err = HL_OK;
    pthread_mutex_lock(&desk->mutex);
    if (desk->stopping) {
        err = hl_fail(detail, HL_ESTOPPING, "the node ends");
    } else if (desk->job_count == DESK_JOBS_MAX) {
        err = hl_fail(detail, HL_EBUSY,
                      "%d words to cycles wait already: try again in a moment",
                      DESK_JOBS_MAX);
    } else {
        *desk->jobs_end = job;
        desk->jobs_end = &job->next;
        desk->job_count++;
        desk->woken = true;
        pthread_cond_signal(&desk->changed);
    }
    pthread_mutex_unlock(&desk->mutex);
    if (err != HL_OK) {
        writer_fini(&job->nodes);
        hl_free(job);
    }
    return err;
}

hl_err desk_propose(struct desk *desk, const struct bytes *nodes, size_t count,
                    bool preview, desk_done done, void *context,
                    struct hl_detail *detail)
{
    struct desk_job *job = hl_alloc(1, sizeof(*job));
    job->proposes = true;
    job->preview = preview;
    job->done = done;
    job->context = context;
    for (size_t i = 0; i < count; i++) {
        writer_u8(&job->nodes, (uint8_t)nodes[i].size);
        writer_bytes(&job->nodes, nodes[i]);
    }
    return add(desk, job, detail);
}

hl_err desk_answer(struct desk *desk, const struct cycle_key *key, bool yes,
                   struct bytes text, desk_done done, void *context,
                   struct hl_detail *detail)
{
    struct desk_job *job = hl_alloc(1, sizeof(*job));
    job->yes = yes;
    job->done = done;
    job->context = context;
    job->index = key->index;
    snprintf(job->proposer, sizeof(job->proposer), "%.*s",
             BYTES_ARGS(key->proposer));
    snprintf(job->text, sizeof(job->text), "%.*s", BYTES_ARGS(text));
    return add(desk, job, detail);
}

hl_err desk_read(struct desk *desk, desk_work work, void *context,
                 struct hl_detail *detail)
{
    struct desk_job *job = hl_alloc(1, sizeof(*job));
    job->work = work;
    job->context = context;
    return add(desk, job, detail);
}
