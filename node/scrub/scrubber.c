/* SPDX-License-Identifier: Apache-2.0 */
#include "node/scrub/scrubber.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "certs/tools/clock.h"
#include "node/projection/rebuild.h"
#include "node/scrub/scrub_memory.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

struct scrubber {
    struct scrubber_options options;
    pthread_t thread;
    pthread_mutex_t mutex; /* of all below */
    pthread_cond_t wake;
    bool stopping;
    uint64_t asked;  /* number of the newest run that somebody wants */
    int64_t told_ms; /* when the view was last changed by a run */
    struct scrubber_view view;
    struct scrub_report last;   /* of the run that ended */
    struct scrub_memory memory; /* the thread's own */
};

enum { DEATHS_MAX = 2 };

/* --- Time. ---------------------------------------------------------------- */

bool scrubber_pause(struct scrubber *scrubber, int64_t ms)
{
    struct timespec until = clock_mono_in_ms(ms);
    pthread_mutex_lock(&scrubber->mutex);
    while (!scrubber->stopping && ms > 0 &&
           pthread_cond_timedwait(&scrubber->wake, &scrubber->mutex, &until) ==
               0) {
    }
    bool stopping = scrubber->stopping;
    pthread_mutex_unlock(&scrubber->mutex);
    return !stopping;
}

bool scrubber_hurries(struct scrubber *scrubber)
{
    pthread_mutex_lock(&scrubber->mutex);
    bool hurries = scrubber->asked > scrubber->view.ended;
    pthread_mutex_unlock(&scrubber->mutex);
    return hurries;
}

void scrubber_tell(struct scrubber *scrubber, const struct scrub_report *report)
{
    enum { TOLD_EACH_MS = 100 };
    struct timespec now = clock_mono_in_ms(0);
    int64_t now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    pthread_mutex_lock(&scrubber->mutex);
    bool due = now_ms - scrubber->told_ms >= TOLD_EACH_MS;
    if (due) {
        scrubber->told_ms = now_ms;
        scrubber->view.beats++;
        scrubber->view.rows = report->rows;
        scrubber->view.entries = report->entries;
        scrubber->view.found = report->count + report->more;
    }
    pthread_mutex_unlock(&scrubber->mutex);
    if (!due) {
        return;
    }
    scrubber->options.changed(scrubber->options.context);
}

/* --- The thread. ---------------------------------------------------------- */

static void log_findings(struct scrubber *scrubber,
                         const struct scrub_report *report)
{
    enum { LOGGED_MAX = 50 };
    for (size_t i = 0; i < report->count && i < LOGGED_MAX; i++) {
        const struct scrub_finding *finding = &report->items[i];
        char text[SCRUB_TEXT_BYTES];
        scrub_finding_text(finding, false, text);
        log_event(scrubber->options.log,
                  finding->repaired ? LOG_WARN : LOG_ERROR,
                  finding->repaired ? "scrub.repaired" : "scrub.damaged",
                  LOG_TEXT("table", store_table_name(finding->table)),
                  LOG_TEXT("journal", finding->origin), LOG_TEXT("why", text));
    }
}

static uint64_t count_repaired(const struct scrub_report *report)
{
    uint64_t count = 0;
    for (size_t i = 0; i < report->count; i++) {
        count += report->items[i].repaired;
    }
    return count;
}

/* One that the node's end cut short knows no more than the one before. */
static void remember(struct scrub_run *run, hl_err err)
{
    struct scrub_memory *memory = &run->scrubber->memory;
    const struct scrub_report *report = run->report;
    memory->begun = 0;
    if (err != HL_ESTOPPING) {
        memory->left = report->count + report->more - count_repaired(report);
        memory->why[0] = '\0';
    }
    for (size_t i = 0; err != HL_ESTOPPING && i < report->count; i++) {
        if (!report->items[i].repaired) {
            char text[SCRUB_TEXT_BYTES];
            scrub_finding_text(&report->items[i], false, text);
            snprintf(memory->why, sizeof(memory->why), "%.*s",
                     (int)sizeof(memory->why) - 1, text);
            break;
        }
    }
    scrub_memory_write(run, memory);
}

static void show_left(struct scrubber_view *view,
                      const struct scrub_memory *memory)
{
    view->left = memory->left;
    hl_fail(&view->left_why, HL_EDAMAGED, "%s", memory->why);
    if (memory->begun >= DEATHS_MAX) {
        view->left = memory->left > 0 ? memory->left : 1;
        hl_fail(&view->left_why, HL_EDAMAGED,
                "the process ended in each of the last %u scrubs, and none "
                "begins by itself any more; heluo scrub tries again: if the "
                "node ends again, restore the newest backup, or begin with an "
                "empty store and heluo recover",
                (unsigned)memory->begun);
    }
}

static void end_run(struct scrubber *scrubber, struct scrub_report *report,
                    hl_err err, const struct hl_detail *why)
{
    uint64_t repaired = count_repaired(report);
    uint64_t found = report->count + report->more;
    log_findings(scrubber, report);
    log_event(scrubber->options.log,
              err != HL_OK || repaired < found ? LOG_ERROR : LOG_INFO,
              "scrub.ended", LOG_TEXT("error", hl_err_name(err)),
              LOG_TEXT("why", err == HL_OK ? "" : why->text),
              LOG_UINT("rows", report->rows),
              LOG_UINT("entries", report->entries), LOG_UINT("found", found),
              LOG_UINT("repaired", repaired));
    pthread_mutex_lock(&scrubber->mutex);
    struct scrubber_view *view = &scrubber->view;
    view->ended = view->running;
    view->running = 0;
    view->rows = report->rows;
    view->entries = report->entries;
    view->found = found;
    view->repaired = repaired;
    show_left(view, &scrubber->memory);
    view->err = err;
    view->why = *why;
    view->ended_at = scrubber->options.wall();
    scrub_report_fini(&scrubber->last);
    scrubber->last = *report;
    pthread_mutex_unlock(&scrubber->mutex);
    scrubber->options.changed(scrubber->options.context);
}

static void run_once(struct scrubber *scrubber)
{
    struct scrub_report report = {.items = NULL};
    struct hl_detail why = {0};
    pthread_mutex_lock(&scrubber->mutex);
    struct scrubber_view *view = &scrubber->view;
    view->running = view->ended + 1;
    view->rows = view->entries = view->found = view->repaired = 0;
    pthread_mutex_unlock(&scrubber->mutex);
    struct scrub_run run = {
        .scrubber = scrubber, .options = &scrubber->options, .report = &report};
    scrubber->memory.begun++;
    scrub_memory_write(&run, &scrubber->memory);
    log_event(scrubber->options.log, LOG_INFO, "scrub.begun",
              LOG_TEXT("why", scrubber_hurries(scrubber) ? "asked" : "due"));
    hl_err err = scrub_run(&run, &why);
    remember(&run, err);
    end_run(scrubber, &report, err, &why);
}

/* Until one is asked for, or due. False: the end. */
static bool wait_for_run(struct scrubber *scrubber, int64_t due_ms)
{
    struct timespec until = clock_mono_in_ms(due_ms);
    pthread_mutex_lock(&scrubber->mutex);
    bool due = false;
    while (!scrubber->stopping && !due &&
           scrubber->asked <= scrubber->view.ended) {
        if (due_ms <= 0) {
            pthread_cond_wait(&scrubber->wake, &scrubber->mutex);
        } else {
            due = pthread_cond_timedwait(&scrubber->wake, &scrubber->mutex,
                                         &until) != 0;
        }
    }
    bool stopping = scrubber->stopping;
    pthread_mutex_unlock(&scrubber->mutex);
    return !stopping;
}

static void *run(void *context)
{
    struct scrubber *scrubber = context;
    int64_t interval_ms = scrubber->options.interval_ms;
    bool dies = scrubber->memory.begun >= DEATHS_MAX;
    int64_t due_ms = interval_ms == 0 || dies ? 0 : scrubber->options.first_ms;
    if (dies) {
        log_event(scrubber->options.log, LOG_ERROR, "scrub.off",
                  LOG_TEXT("why", scrubber->view.left_why.text));
    }
    while (wait_for_run(scrubber, due_ms)) {
        run_once(scrubber);
        due_ms = interval_ms;
    }
    return NULL;
}

/* --- From other threads. -------------------------------------------------- */

void scrubber_start(const struct scrubber_options *options,
                    struct scrubber **out)
{
    struct scrubber *scrubber = hl_alloc(1, sizeof(*scrubber));
    scrubber->options = *options;
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&scrubber->mutex, NULL);
    pthread_cond_init(&scrubber->wake, &attr);
    pthread_condattr_destroy(&attr);
    scrub_memory_read(options->store, &scrubber->memory);
    show_left(&scrubber->view, &scrubber->memory);
    int failed = pthread_create(&scrubber->thread, NULL, run, scrubber);
    HL_ASSERT(failed == 0);
    *out = scrubber;
}

void scrubber_stop(struct scrubber **scrubber)
{
    struct scrubber *gone = *scrubber;
    if (gone == NULL) {
        return;
    }
    pthread_mutex_lock(&gone->mutex);
    gone->stopping = true;
    pthread_cond_broadcast(&gone->wake);
    pthread_mutex_unlock(&gone->mutex);
    pthread_join(gone->thread, NULL);
    pthread_cond_destroy(&gone->wake);
    pthread_mutex_destroy(&gone->mutex);
    scrub_report_fini(&gone->last);
    hl_free(gone);
    *scrubber = NULL;
}

/* One that goes on may be past what is damaged since. */
uint64_t scrubber_ask(struct scrubber *scrubber)
{
    pthread_mutex_lock(&scrubber->mutex);
    const struct scrubber_view *view = &scrubber->view;
    uint64_t number = view->ended + (view->running > 0 ? 2 : 1);
    if (number > scrubber->asked) {
        scrubber->asked = number;
    }
    pthread_cond_broadcast(&scrubber->wake);
    pthread_mutex_unlock(&scrubber->mutex);
    return number;
}

void scrubber_view(struct scrubber *scrubber, struct scrubber_view *out)
{
    pthread_mutex_lock(&scrubber->mutex);
    *out = scrubber->view;
    pthread_mutex_unlock(&scrubber->mutex);
}

bool scrubber_finding(struct scrubber *scrubber, size_t i,
                      struct scrub_finding *out)
{
    pthread_mutex_lock(&scrubber->mutex);
    bool there = i < scrubber->last.count;
    if (there) {
        *out = scrubber->last.items[i];
    }
    pthread_mutex_unlock(&scrubber->mutex);
    return there;
}
