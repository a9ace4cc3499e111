/* SPDX-License-Identifier: Apache-2.0 */
#include "node/scrub/scrub_run.h"
#include "node/scrub/scrub_blobs.h"

#include <string.h>

#include "node/scrub/scrub_job.h"
#include "protocol/base/alloc.h"

enum {
    STEP_ROWS = 1000,
    REBUILD_ENTRIES = 2000, /* as other work of the writer's, between commits */
    REBUILD_ENTRIES_SLOW = 1000,
    REBUILD_ENTRIES_MIN = 60,
};

hl_err scrub_stopping(struct hl_detail *detail)
{
    return hl_fail(detail, HL_ESTOPPING, "the node is shutting down");
}

/* Of pages that are none the library says either. */
static bool is_damage(hl_err err)
{
    return err == HL_EDAMAGED || err == HL_EIO;
}

/* --- Reading. ------------------------------------------------------------- */

static void take_charter(struct scrub_run *run)
{
    struct writer raw = {0};
    run->options->charter(run->options->context, &raw);
    run->has_charter =
        raw.size > 0 &&
        charter_parse(writer_view(&raw), &run->charter, NULL) == HL_OK;
    writer_fini(&raw);
}

static hl_err read_all(struct scrub_run *run, struct scrub_report *report,
                       struct hl_detail *detail)
{
    struct verifier verifier = verifier_openssl();
    struct scrub_options options = {
        .verifier = &verifier,
        .charter = run->has_charter ? &run->charter : NULL,
    };
    struct scrub_walk *walk = hl_alloc(1, sizeof(*walk));
    bool done = false;
    hl_err err = HL_OK;
    scrub_walk_init(walk, &options, report);
    while (err == HL_OK && !done) {
        uint64_t bytes = 0;
        err = scrub_walk_step(walk, run->options->store, STEP_ROWS, &bytes,
                              &done, detail);
        scrubber_tell(run->scrubber, report);
        if (err == HL_EBUSY) { /* others read, as many as may */
            err = scrubber_pause(run->scrubber, BUSY_AGAIN_MS)
                      ? HL_OK
                      : scrub_stopping(detail);
            continue;
        }
        int64_t pause_ms = scrubber_hurries(run->scrubber)
                               ? 0
                               : (int64_t)(bytes * 1000 / READ_BYTES_PER_S) + 1;
        if (!scrubber_pause(run->scrubber, pause_ms)) {
            err = scrub_stopping(detail);
        }
    }
    hl_free(walk);
    return err;
}

/* --- Entries, from partners. ---------------------------------------------- */

struct asked {
    struct scrub_mend mend; /* first */
    struct waiter waiter;
};

static void on_mended(struct scrub_mend *mend, hl_err err, const char *text)
{
    struct asked *asked = (struct asked *)mend;
    waiter_done(&asked->waiter, err, text);
}

static hl_err mend_entries(struct scrub_run *run,
                           const struct scrub_finding *finding,
                           struct hl_detail *detail)
{
    struct asked asked = {.mend = {.first = finding->first,
                                   .end = finding->end,
                                   .done = on_mended}};
    memcpy(asked.mend.origin, finding->origin, sizeof(asked.mend.origin));
    waiter_init(&asked.waiter);
    run->options->mend(run->options->context, &asked.mend);
    return waiter_wait(&asked.waiter, run, detail);
}

static hl_err mend_all_entries(struct scrub_run *run, struct hl_detail *detail)
{
    struct scrub_report *report = run->report;
    for (size_t i = 0; i < report->count; i++) {
        if (report->items[i].kind != SCRUB_ENTRIES ||
            report->items[i].repaired) {
            continue;
        }
        struct hl_detail why = {0};
        hl_err err = mend_entries(run, &report->items[i], &why);
        report->items[i].repaired = err == HL_OK;
        if (err == HL_ESTOPPING) {
            *detail = why;
            return err;
        }
        if (err != HL_OK) {
            log_failure(run->options->log, LOG_WARN, "scrub.unmended",
                        report->items[i].origin, err, &why);
        }
    }
    return HL_OK;
}

/* --- In the writer's transactions. ---------------------------------------- */

static hl_err step_tiles(struct job *job, struct store_txn *txn, bool *done,
                         struct hl_detail *detail)
{
    *done = true;
    return scrub_mend_tiles(txn, job->findings, job->count, job->which,
                            job->together, detail);
}

static hl_err step_drop(struct job *job, struct store_txn *txn, bool *done,
                        struct hl_detail *detail)
{
    *done = true;
    return scrub_drop_row(txn, job->findings, detail);
}

static hl_err step_hidden(struct job *job, struct store_txn *txn, bool *done,
                          struct hl_detail *detail)
{
    *done = true;
    return store_put_hidden(txn, job->findings->table,
                            key_view(&job->findings->before), &job->moved,
                            detail);
}

/* Rows that are whole and only lie where no search finds them, of whatever
 * table: nobody else is needed for those. *moved: there were any. */
static hl_err put_hidden(struct scrub_run *run, bool *moved,
                         struct hl_detail *detail)
{
    struct scrub_report *report = run->report;
    hl_err err = HL_OK;
    *moved = false;
    for (size_t i = 0; i < report->count; i++) {
        struct job job = {.run = run,
                          .step = step_hidden,
                          .findings = &report->items[i],
                          .count = 1};
        if (report->items[i].kind != SCRUB_ROW || report->items[i].repaired) {
            continue;
        }
        err = job_do(&job, detail);
        *moved = *moved || (err == HL_OK && job.moved > 0);
        if (err != HL_OK && !is_damage(err)) {
            return err;
        }
    }
    return HL_OK;
}

/* Those of one journal together; where that fails each alone. */
static hl_err mend_tiles(struct scrub_run *run, struct hl_detail *detail)
{
    struct scrub_report *report = run->report;
    for (size_t i = 0; i < report->count; i++) {
        struct scrub_finding *first = &report->items[i];
        if (first->kind != SCRUB_TILE || first->repaired) {
            continue;
        }
        struct job job = {.run = run,
                          .step = step_tiles,
                          .findings = report->items,
                          .count = report->count,
                          .which = i,
                          .together = true};
        hl_err err = job_do(&job, detail);
        if (is_damage(err)) {
            job.together = false;
            err = job_do(&job, detail);
        }
        for (size_t j = i; err == HL_OK && j < report->count; j++) {
            struct scrub_finding *other = &report->items[j];
            other->repaired =
                other->repaired ||
                (j == i || (job.together && other->kind == SCRUB_TILE &&
                            strcmp(other->origin, first->origin) == 0));
        }
        if (err != HL_OK && !is_damage(err)) {
            return err;
        }
    }
    return HL_OK;
}

static bool all_repaired(const struct scrub_report *report,
                         enum scrub_kind kind)
{
    for (size_t i = 0; i < report->count; i++) {
        if (report->items[i].kind == kind && !report->items[i].repaired) {
            return false;
        }
    }
    return report->more == 0;
}

/* A damaged row of entries is left as long as any are missing: somebody may
 * know what to do with it. The same of hashes. */
static hl_err drop_rows(struct scrub_run *run, enum store_table table,
                        enum scrub_kind kind, struct hl_detail *detail)
{
    struct scrub_report *report = run->report;
    hl_err err = HL_OK;
    if (!all_repaired(report, kind) || !all_repaired(report, SCRUB_JOURNAL)) {
        return HL_OK;
    }
    for (size_t i = 0; i < report->count; i++) {
        struct scrub_finding *finding = &report->items[i];
        if (finding->kind != SCRUB_ROW || finding->table != table ||
            finding->repaired) {
            continue;
        }
        struct job job = {
            .run = run, .step = step_drop, .findings = finding, .count = 1};
        err = job_do(&job, detail);
        finding->repaired = err == HL_OK;
        if (err != HL_OK && !is_damage(err)) {
            return err;
        }
    }
    return HL_OK;
}

/* --- What is computed. ---------------------------------------------------- */

static hl_err step_rebuild(struct job *job, struct store_txn *txn, bool *done,
                           struct hl_detail *detail)
{
    hl_err err = HL_OK;
    bool hurries = scrubber_hurries(job->run->scrubber);
    if (!scrubber_pause(job->run->scrubber, 0)) {
        return scrub_stopping(detail);
    }
    if (job->rebuild == NULL) {
        err = rebuild_begin(txn, job->kind, (struct bytes){0},
                            bytes_of_text(job->run->options->own),
                            &job->rebuild, detail);
    }
    if (err == HL_OK) {
        uint64_t slow = REBUILD_ENTRIES_SLOW;
        err = rebuild_step(job->rebuild, txn,
                           hurries || job->entries_max < slow ? job->entries_max
                                                              : slow,
                           &job->progress, detail);
    }
    job->job.pause_ms = hurries ? 0 : STEP_PAUSE_MS;
    *done = err == HL_OK && job->progress.done;
    return err;
}

static hl_err rebuild(struct scrub_run *run, enum rebuild_kind kind,
                      uint64_t *different, struct hl_detail *detail)
{
    struct job job = {.run = run,
                      .step = step_rebuild,
                      .kind = kind,
                      .entries_max = REBUILD_ENTRIES};
    hl_err err = job_do(&job, detail);
    /* A small reserve_bytes has no room for a step of that size. */
    while (err == HL_EFULL && job.entries_max > REBUILD_ENTRIES_MIN) {
        job.entries_max /= 4;
        err = job_do(&job, detail);
    }
    *different = job.progress.rows_different;
    return err;
}

static bool any_projection(const struct scrub_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        if (scrub_is_projection(&report->items[i]) &&
            !report->items[i].repaired) {
            return true;
        }
    }
    return false;
}

static void set_projections_repaired(struct scrub_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        report->items[i].repaired =
            report->items[i].repaired || scrub_is_projection(&report->items[i]);
    }
}

/* A journal that is damaged leads to nothing: what is computed stays. */
static hl_err settle(hl_err err, struct scrub_run *run,
                     const struct hl_detail *detail)
{
    if (!is_damage(err)) {
        return err;
    }
    log_failure(run->options->log, LOG_ERROR, "scrub.unmended", "projections",
                err, detail);
    return HL_OK;
}

static hl_err mend_projections(struct scrub_run *run, struct hl_detail *detail)
{
    uint64_t different = 0;
    hl_err err = HL_OK;
    if (!any_projection(run->report)) {
        err = rebuild(run, REBUILD_CHECK, &different, detail);
        if (err == HL_OK && different > 0) {
            struct scrub_finding finding = {.kind = SCRUB_PROJECTION,
                                            .table = STORE_ROWS,
                                            .first = different};
            scrub_report_add(run->report, &finding);
        }
    }
    if (err == HL_OK && any_projection(run->report)) {
        err = rebuild(run, REBUILD_ALL, &different, detail);
        if (err == HL_OK) {
            set_projections_repaired(run->report);
        }
    }
    return settle(err, run, detail);
}

/* --- The whole. ----------------------------------------------------------- */

static bool same(const struct scrub_finding *a, const struct scrub_finding *b)
{
    return a->kind == b->kind && a->table == b->table && a->level == b->level &&
           a->first == b->first && strcmp(a->origin, b->origin) == 0 &&
           bytes_equal(key_view(&a->key), key_view(&b->key));
}

/* What stays damaged says the second reading alone. */
static void take_second(struct scrub_report *report,
                        const struct scrub_report *second)
{
    for (size_t i = 0; i < report->count; i++) {
        struct scrub_finding *finding = &report->items[i];
        finding->repaired =
            finding->repaired || finding->kind != SCRUB_PROJECTION;
    }
    for (size_t j = 0; j < second->count; j++) {
        bool known = false;
        for (size_t i = 0; i < report->count; i++) {
            if (same(&report->items[i], &second->items[j])) {
                report->items[i] = second->items[j];
                known = true;
            }
        }
        if (!known) {
            scrub_report_add(report, &second->items[j]);
        }
    }
    report->more = second->more;
}

static hl_err read_second(struct scrub_run *run, struct hl_detail *detail)
{
    struct scrub_report second = {.items = NULL};
    hl_err err = read_all(run, &second, detail);
    if (err == HL_OK) {
        take_second(run->report, &second);
    }
    scrub_report_fini(&second);
    return err;
}

/* What was moved may have hidden others, where much is damaged. */
static hl_err put_all_hidden(struct scrub_run *run, struct hl_detail *detail)
{
    enum { TURNS_MAX = 8 };
    bool moved = true;
    hl_err err = HL_OK;
    for (int turn = 0; err == HL_OK && moved && turn < TURNS_MAX; turn++) {
        err = put_hidden(run, &moved, detail);
        if (err == HL_OK && moved) {
            err = read_second(run, detail);
        }
    }
    return err;
}

static hl_err mend_all(struct scrub_run *run, struct hl_detail *detail)
{
    hl_err err = put_all_hidden(run, detail);
    if (err == HL_OK) {
        err = mend_all_entries(run, detail);
    }
    if (err == HL_OK) {
        err = mend_tiles(run, detail);
    }
    if (err == HL_OK) {
        err = drop_rows(run, STORE_ENTRIES, SCRUB_ENTRIES, detail);
    }
    if (err == HL_OK) {
        err = drop_rows(run, STORE_TILES, SCRUB_TILE, detail);
    }
    return err == HL_OK ? mend_projections(run, detail) : err;
}

static bool goes_on(void *context)
{
    const struct scrub_run *run = context;
    scrubber_tell(run->scrubber, run->report);
    return scrubber_pause(run->scrubber, 0);
}

/* Nothing is mended in a store whose pages are damaged: LMDB may end the
 * process, or write over what is in use. */
static hl_err check_pages(struct scrub_run *run, struct hl_detail *detail)
{
    for (;;) {
        hl_err err =
            store_check_pages(run->options->store, goes_on, run, detail);
        if (err == HL_ESTOPPING) {
            return scrub_stopping(detail);
        }
        if (err != HL_EBUSY) {
            return err;
        }
        if (!scrubber_pause(run->scrubber, BUSY_AGAIN_MS)) {
            return scrub_stopping(detail);
        }
    }
}

hl_err scrub_run(struct scrub_run *run, struct hl_detail *detail)
{
    hl_err err = check_pages(run, detail), mended = HL_OK;
    if (err != HL_OK) {
        return err;
    }
    take_charter(run);
    err = read_all(run, run->report, detail);
    if (err == HL_OK) {
        mended = mend_all(run, detail);
        err = mended == HL_EFULL ? HL_OK : mended;
    }
    if (err == HL_OK && run->report->count > 0) {
        err = read_second(run, detail);
    }
    if (run->has_charter) {
        charter_fini(&run->charter);
    }
    if (err == HL_OK) {
        err = scrub_blobs(run, detail);
    }
    return err == HL_OK ? mended : err;
}
