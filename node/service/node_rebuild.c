/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "heluo/v1/node.pb-c.h"
#include "node/projection/rebuild.h"
#include "node/service/services_internal.h"
#include "protocol/base/alloc.h"

/* Entries or rows in one step, between two transactions of commands. */
/* More than what a commit of commands between two steps may add. */
enum { STEP_ENTRIES = 4000 };

/* One rebuild: the writer's job, and the call that looks on. It goes on when
 * the caller goes away; whoever of the two ends last frees it. */
struct rebuild_run {
    struct writer_job job; /* first */
    struct services *services;
    enum rebuild_kind kind;
    char origin[HL_NAME_MAX_BYTES + 1];
    struct rebuild *rebuild; /* the writer's thread */

    /* Under the services' mutex: */
    struct rpc_call *call; /* NULL: nobody looks on any more */
    bool ended;
    hl_err err;
    struct hl_detail detail;
    struct rebuild_progress progress;

    /* The call's own: what it has been told. */
    struct rebuild_progress told;
    bool has_told;
};

static hl_err step(struct writer_job *job, struct store_txn *txn, bool *done,
                   struct hl_detail *detail)
{
    struct rebuild_run *run = (struct rebuild_run *)job;
    hl_err err = HL_OK;
    if (run->rebuild == NULL) {
        err = rebuild_begin(txn, run->kind, bytes_of_text(run->origin),
                            bytes_of_text(run->services->origin), &run->rebuild,
                            detail);
    }
    struct rebuild_progress progress = {0};
    if (err == HL_OK) {
        err = rebuild_step(run->rebuild, txn, STEP_ENTRIES, &progress, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    *done = progress.done;
    pthread_mutex_lock(&run->services->mutex);
    /* The last one is told by end(), when it is on the disk. */
    run->progress = progress;
    run->progress.done = false;
    if (run->call != NULL) {
        rpc_wake(run->call);
    }
    pthread_mutex_unlock(&run->services->mutex);
    return HL_OK;
}

/* A rebuild that failed gives its room back, which may be what every write
 * waits for. Where the node ends, its next start does it. */
static void give_back(struct services *services, hl_err err)
{
    struct hl_detail why = {0};
    if (err == HL_OK || err == HL_ESTOPPING || err == HL_EFLUSH) {
        return;
    }
    err = rebuild_forget(services->options.store, &why);
    if (err != HL_OK) {
        log_failure(services->options.log, LOG_ERROR, "rebuild.left", "store",
                    err, &why);
    }
}

static void end(struct writer_job *job, hl_err err,
                const struct hl_detail *detail)
{
    struct rebuild_run *run = (struct rebuild_run *)job;
    struct services *services = run->services;
    rebuild_end(&run->rebuild);
    give_back(services, err);
    log_event(services->options.log, err == HL_OK ? LOG_INFO : LOG_ERROR,
              "rebuild.ended", LOG_TEXT("error", hl_err_name(err)),
              LOG_TEXT("why", err == HL_OK ? "" : detail->text),
              LOG_UINT("entries", run->progress.entries_done),
              LOG_UINT("rows", run->progress.rows),
              LOG_UINT("different", run->progress.rows_different));
    pthread_mutex_lock(&services->mutex);
    services->rebuild = NULL;
    run->ended = true;
    run->err = err;
    if (err == HL_OK) {
        run->progress.done = true;
    } else {
        run->detail = *detail;
    }
    bool last = run->call == NULL;
    if (!last) {
        rpc_wake(run->call);
    }
    pthread_mutex_unlock(&services->mutex);
    if (last) {
        hl_free(run);
    }
}

static void tell(struct rpc_call *call, const struct rebuild_progress *progress)
{
    Heluo__V1__NodeRebuildProgress message =
        HELUO__V1__NODE_REBUILD_PROGRESS__INIT;
    message.entries_done = progress->entries_done;
    message.entries_total = progress->entries_total;
    message.rows = progress->rows;
    message.rows_different = progress->rows_different;
    message.done = progress->done;
    rpc_send(call, &message.base);
}

static void pump(struct rpc_call *call, void *context)
{
    struct rebuild_run *run = context;
    pthread_mutex_lock(&run->services->mutex);
    struct rebuild_progress now = run->progress;
    bool ended = run->ended;
    hl_err err = run->err;
    struct hl_detail detail = run->detail;
    pthread_mutex_unlock(&run->services->mutex);
    if (ended && err != HL_OK) {
        rpc_fail(call, err, &detail);
    } else if (!run->has_told || memcmp(&now, &run->told, sizeof(now)) != 0) {
        run->told = now;
        run->has_told = true;
        tell(call, &now);
    } else if (ended) {
        rpc_finish(call);
    }
}

static void gone(struct rpc_call *call, void *context)
{
    (void)call;
    struct rebuild_run *run = context;
    pthread_mutex_lock(&run->services->mutex);
    run->call = NULL;
    bool last = run->ended;
    pthread_mutex_unlock(&run->services->mutex);
    if (last) {
        hl_free(run);
    }
}

static struct rebuild_run *run_new(struct services *services,
                                   const Heluo__V1__NodeRebuildRequest *request)
{
    struct rebuild_run *run = hl_alloc(1, sizeof(*run));
    run->services = services;
    run->job.step = step;
    run->job.end = end;
    run->kind = request->check_only ? REBUILD_CHECK : REBUILD_ALL;
    if (request->origin[0] != '\0') {
        run->kind = REBUILD_ONE;
        memcpy(run->origin, request->origin, strlen(request->origin) + 1);
    }
    return run;
}

/* The caller may have gone already; it has not been freed, for it has not
 * ended. */
static void begin_job(struct rebuild_run *run)
{
    struct services *services = run->services;
    bool orphan = false;
    pthread_mutex_lock(&services->mutex);
    run->err = writer_submit_job(services->writer, &run->job, &run->detail);
    if (run->err == HL_OK) {
        services->rebuild = run;
    } else {
        run->ended = true;
        orphan = run->call == NULL;
        if (!orphan) {
            rpc_wake(run->call);
        }
    }
    pthread_mutex_unlock(&services->mutex);
    if (orphan) {
        hl_free(run);
    }
}

void node_rebuild(struct rpc_call *call, const ProtobufCMessage *message,
                  void *context)
{
    const Heluo__V1__NodeRebuildRequest *request = (const void *)message;
    struct services *services = context;
    struct hl_detail detail = {0};
    hl_err err = HL_OK;
    if (strlen(request->origin) > HL_NAME_MAX_BYTES) {
        err = hl_fail(&detail, HL_ELIMIT, "origin: over %d bytes",
                      HL_NAME_MAX_BYTES);
    } else if (request->origin[0] != '\0' && request->check_only) {
        err = hl_fail(&detail, HL_EMALFORMED,
                      "check_only: compares all journals; leave origin empty");
    }
    if (err != HL_OK) {
        rpc_fail(call, err, &detail);
        return;
    }
    struct rebuild_run *run = run_new(services, request);
    run->call = call;
    struct rpc_stream stream = {.pump = pump, .gone = gone, .context = run};
    rpc_stream_start(call, &stream);
    begin_job(run);
}

bool rebuild_percent(struct services *services, uint32_t *percent)
{
    pthread_mutex_lock(&services->mutex);
    const struct rebuild_run *run = services->rebuild;
    bool runs = run != NULL;
    *percent = 0;
    if (runs && run->progress.entries_total > 0) {
        *percent = (uint32_t)(run->progress.entries_done * 100 /
                              run->progress.entries_total);
    }
    pthread_mutex_unlock(&services->mutex);
    return runs;
}
