/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/desk/desk_inside.h"
#include "node/projection/cycles.h"
#include "protocol/base/reader.h"

/* One look at everything. Each entry changes what is seen next, so that after
 * it all is looked at again. */

enum {
    OVERDUE_MS = 60000, /* between two looks at what is overdue */
    TRY_MS = 5000, /* between two tries to propose, where one had to wait */
    FOLLOWS_SLOWER = 9, /* so often that time doubles, as aborts follow */
    HOUR_MS = 3600 * 1000,
    UTC8_MS = 8 * HOUR_MS,
    DAY_MS = 24 * HOUR_MS,
};

struct pass {
    struct desk *desk;
    struct clearing_view view;
    struct clearing_options options;
    struct clearing_step step;
    bool said; /* something was appended */
};

/* --- Snapshots. ---------------------------------------------------------- */

static hl_err open_view(struct pass *pass, struct hl_detail *detail)
{
    struct desk *desk = pass->desk;
    struct journal journal;
    bool found = false;
    hl_err err = store_begin_read(desk->options.store, &pass->view.txn, detail);
    if (err != HL_OK) {
        return err;
    }
    pass->view.origin = bytes_of_text(desk->origin);
    pass->view.charter = &desk->charter;
    pass->view.now = desk->options.wall();
    err = journal_find(pass->view.txn, pass->view.origin, &journal, &found,
                       detail);
    pass->view.number = journal.number;
    if (err == HL_OK && !found) {
        err = hl_fail(detail, HL_ENOTFOUND, "no own journal is here yet");
    }
    return err;
}

static void close_view(struct pass *pass)
{
    if (pass->view.txn != NULL) {
        store_abort(&pass->view.txn);
    }
}

/* What the step says goes to the writer; the snapshot is over. */
static hl_err append(struct pass *pass, uint64_t *index,
                     struct hl_detail *detail)
{
    struct desk *desk = pass->desk;
    uint32_t body = entry_body_number(pass->step.entry.body_type);
    close_view(pass);
    hl_err err = desk_submit(desk, &pass->step.entry, index, detail);
    if (err == HL_OK) {
        pass->said = true;
        log_event(desk->options.log, LOG_INFO, "clearing.said",
                  LOG_UINT("body", body), LOG_UINT("index", *index),
                  LOG_TEXT("why", pass->step.why));
    }
    return err;
}

/* --- What is waited for. ------------------------------------------------- */

static void note(struct pass *pass)
{
    struct desk *desk = pass->desk;
    const struct clearing_step *step = &pass->step;
    if (step->did != CLEARING_WAITS && step->did != CLEARING_HELD) {
        return;
    }
    desk->waits = true;
    if (desk->next.count == DESK_NOTES_MAX) {
        return;
    }
    struct desk_note *out = &desk->next.notes[desk->next.count++];
    snprintf(out->proposer, sizeof(out->proposer), "%.*s",
             BYTES_ARGS(step->about.proposer));
    out->index = step->about.index;
    out->held = step->did == CLEARING_HELD;
    snprintf(out->why, sizeof(out->why), "%s", step->why);
}

/* A cycle that a person is asked of is not counted again and again: why is
 * what its count said. */
static bool is_held(const struct desk *desk, const struct cycle_key *key,
                    struct bytes *why)
{
    struct reader reader;
    reader_init(&reader, writer_view(&desk->held));
    while (reader_left(&reader) > 0) {
        struct bytes node = reader_bytes(&reader, reader_u8(&reader));
        uint64_t index = reader_u64(&reader);
        uint64_t pays = reader_u64(&reader);
        *why = reader_bytes(&reader, reader_u8(&reader));
        if (index == key->index && bytes_equal(node, key->proposer) &&
            pays == desk->now.pay_max_fen) {
            return true;
        }
    }
    return false;
}

static void hold(struct desk *desk, const struct cycle_key *key,
                 const char *why)
{
    size_t size = strlen(why) < UINT8_MAX ? strlen(why) : UINT8_MAX;
    writer_u8(&desk->held, (uint8_t)key->proposer.size);
    writer_bytes(&desk->held, key->proposer);
    writer_u64(&desk->held, key->index);
    writer_u64(&desk->held, desk->now.pay_max_fen);
    writer_u8(&desk->held, (uint8_t)size);
    writer_bytes(&desk->held, (struct bytes){(const uint8_t *)why, size});
}

/* --- Own decisions, and answers. ----------------------------------------- */

static hl_err answer_open(struct pass *pass, bool *entry,
                          struct hl_detail *detail)
{
    struct desk *desk = pass->desk;
    struct writer position = {0};
    struct cycle cycle;
    bool found = true;
    hl_err err = HL_OK;
    while (err == HL_OK && !*entry) {
        err =
            clearing_next_open(&pass->view, &position, &cycle, &found, detail);
        if (err != HL_OK || !found) {
            break;
        }
        struct bytes why;
        if (cycle.state == CYCLE_OPEN && is_held(desk, &cycle.key, &why)) {
            clearing_step_clear(&pass->step);
            pass->step.did = CLEARING_HELD;
            pass->step.about = cycle.key;
            snprintf(pass->step.why, sizeof(pass->step.why), "%.*s",
                     BYTES_ARGS(why));
        } else {
            err = clearing_answer(&pass->view, &pass->options, &cycle.key, NULL,
                                  &pass->step, detail);
            if (pass->step.did == CLEARING_HELD) {
                hold(desk, &cycle.key, pass->step.why);
            }
        }
        *entry = pass->step.did == CLEARING_ENTRY;
        note(pass);
    }
    writer_fini(&position);
    return err;
}

/* Decides and answers as long as there is something to say. */
static hl_err say_all(struct pass *pass, struct hl_detail *detail)
{
    hl_err err = HL_OK;
    bool entry = true;
    while (err == HL_OK && entry) {
        uint64_t index = 0;
        entry = false;
        pass->desk->next.count = 0;
        err = open_view(pass, detail);
        if (err == HL_OK) {
            err = clearing_decide(&pass->view, &pass->options, &pass->step,
                                  detail);
            entry = pass->step.did == CLEARING_ENTRY;
            note(pass);
        }
        if (err == HL_OK && !entry) {
            err = answer_open(pass, &entry, detail);
        }
        if (err == HL_OK && entry) {
            err = append(pass, &index, detail);
        }
        close_view(pass);
    }
    return err;
}

/* --- Proposals. ---------------------------------------------------------- */

/* What the step's proposal counts. */
static void take_counts(const struct pass *pass, struct desk_result *result)
{
    struct cycle_proposal proposal;
    record_decode(&cycle_proposing, writer_view(&pass->step.entry.body),
                  &proposal);
    result->count = proposal.count;
    result->gross_fen = proposal.gross_fen;
}

/* preview: nothing is appended. */
static hl_err propose(struct pass *pass, const struct clearing_only *only,
                      bool after, bool preview, struct desk_result *result,
                      struct hl_detail *detail)
{
    struct cycle last;
    bool found = false;
    hl_err err = open_view(pass, detail);
    if (err == HL_OK && after) {
        err = clearing_last(&pass->view, &last, &found, detail);
    }
    if (err == HL_OK) {
        err = clearing_propose(&pass->view, &pass->options, only,
                               after && found ? &last : NULL, &pass->step,
                               detail);
    }
    if (err == HL_OK && pass->step.did == CLEARING_ENTRY) {
        take_counts(pass, result);
    }
    if (err == HL_OK && pass->step.did == CLEARING_ENTRY && !preview) {
        err = append(pass, &result->index, detail);
    }
    close_view(pass);
    return err;
}

/* Whether the own last proposal was aborted, and nothing followed it yet. */
static hl_err is_to_follow(struct pass *pass, bool *out, uint64_t *which,
                           struct hl_detail *detail)
{
    struct desk *desk = pass->desk;
    struct cycle last = {0};
    bool found = false;
    hl_err err = open_view(pass, detail);
    if (err == HL_OK) {
        err = clearing_last(&pass->view, &last, &found, detail);
    }
    *out = err == HL_OK && found && last.state == CYCLE_ABORTED &&
           !(desk->has_followed && desk->followed == last.key.index);
    *which = last.key.index;
    desk->follows = last.state == CYCLE_FINAL ? 0 : desk->follows;
    close_view(pass);
    return err;
}

/* The period that has begun at the hour of the schedule; -1: none is due. */
static int64_t period_due(const struct pass *pass)
{
    const struct desk *desk = pass->desk;
    int64_t days =
        (int64_t)desk->charter.policies[CHARTER_CLEARING_PERIOD_DAYS];
    if (desk->now.hour < 0) {
        return -1;
    }
    int64_t since = pass->desk->options.wall().ms + UTC8_MS -
                    desk->now.hour * (int64_t)HOUR_MS;
    return since / DAY_MS / (days < 1 ? 1 : days);
}

/* That of the own last proposal, so that a restart does not propose again. */
static hl_err period_of_last(struct pass *pass, int64_t *out,
                             struct hl_detail *detail)
{
    const struct desk *desk = pass->desk;
    int64_t days =
        (int64_t)desk->charter.policies[CHARTER_CLEARING_PERIOD_DAYS];
    struct cycle last;
    bool found = false;
    hl_err err = open_view(pass, detail);
    if (err == HL_OK) {
        err = clearing_last(&pass->view, &last, &found, detail);
    }
    *out = !found ? -1
                  : ((int64_t)last.proposed_at_ms + UTC8_MS -
                     desk->now.hour * (int64_t)HOUR_MS) /
                        DAY_MS / (days < 1 ? 1 : days);
    close_view(pass);
    return err;
}

/* By the schedule, or after an abortion. */
static hl_err propose_due(struct pass *pass, struct hl_detail *detail)
{
    static const struct clearing_only all;
    struct desk *desk = pass->desk;
    int64_t due = period_due(pass), last = -1;
    bool follow = false;
    uint64_t which = 0;
    struct desk_result result = {0};
    desk->next.proposal[0] = '\0';
    hl_err err = is_to_follow(pass, &follow, &which, detail);
    if (err == HL_OK && due >= 0 && due != desk->period) {
        err = period_of_last(pass, &last, detail);
        desk->period = last == due ? due : desk->period;
    }
    bool scheduled = !follow && due >= 0 && due != desk->period;
    int64_t now = desk->options.wall().ms;
    int64_t pause = (int64_t)TRY_MS << (follow ? desk->follows : 0);
    if (err != HL_OK || (!follow && !scheduled) ||
        (now >= desk->tried_ms && now - desk->tried_ms < pause)) {
        desk->waits = desk->waits || follow || scheduled;
        return err;
    }
    desk->tried_ms = now;
    pass->options.waited_ms =
        desk->busy_ms == 0 || now < desk->busy_ms ? 0 : now - desk->busy_ms;
    err = propose(pass, &all, follow, false, &result, detail);
    pass->options.waited_ms = 0;
    if (!pass->step.busy) {
        desk->busy_ms = 0;
    } else if (desk->busy_ms == 0) {
        desk->busy_ms = now;
    }
    if (err == HL_OK && pass->step.did == CLEARING_WAITS) {
        snprintf(desk->next.proposal, sizeof(desk->next.proposal), "%s",
                 pass->step.why);
        desk->waits = true;
        return HL_OK;
    }
    if (err == HL_OK && follow) {
        desk->has_followed = true;
        desk->followed = which;
        desk->follows += desk->follows < FOLLOWS_SLOWER ? 1 : 0;
    } else if (err == HL_OK) {
        desk->period = due;
    }
    return err;
}

static hl_err look_for_overdue(struct pass *pass, struct hl_detail *detail)
{
    struct desk *desk = pass->desk;
    int64_t now = desk->options.wall().ms;
    if (desk->overdue_ms != 0 && now >= desk->overdue_ms &&
        now - desk->overdue_ms < OVERDUE_MS && !pass->said) {
        return HL_OK;
    }
    desk->overdue_ms = now;
    hl_err err = open_view(pass, detail);
    if (err == HL_OK) {
        err = clearing_overdue(&pass->view, &desk->next.overdue, detail);
    }
    close_view(pass);
    return err;
}

/* --- Jobs. --------------------------------------------------------------- */

static hl_err run_proposal(struct pass *pass, const struct desk_job *job,
                           struct desk_result *result, struct hl_detail *detail)
{
    struct bytes nodes[CYCLE_PLACES_MAX];
    struct clearing_only only = {.nodes = nodes};
    struct reader reader;
    reader_init(&reader, writer_view(&job->nodes));
    while (reader_left(&reader) > 0 && only.count < CYCLE_PLACES_MAX) {
        nodes[only.count++] = reader_bytes(&reader, reader_u8(&reader));
    }
    hl_err err = propose(pass, &only, false, job->preview, result, detail);
    if (err == HL_OK && pass->step.did != CLEARING_ENTRY) {
        err = hl_fail(
            detail, pass->step.did == CLEARING_WAITS ? HL_EUNSEALED : HL_ESTATE,
            "%s%s", pass->step.did == CLEARING_WAITS ? "it waits " : "",
            pass->step.why);
    }
    return err;
}

/* What stands already, where that is what is asked for. */
static hl_err find_answered(struct pass *pass, const struct desk_job *job,
                            const struct cycle_key *key, bool *found,
                            uint64_t *index, struct hl_detail *detail)
{
    struct cycle own;
    hl_err err =
        cycles_row(pass->view.txn, pass->view.number, key, &own, found, detail);
    *found = err == HL_OK && *found && own.answer != CYCLE_UNANSWERED;
    if (!*found) {
        return err;
    }
    *index = own.answer_index;
    return (own.answer == CYCLE_APPROVED) == job->yes
               ? HL_OK
               : hl_fail(detail, HL_ESTATE,
                         "entry %" PRIu64 " of this node %s it already",
                         own.answer_index,
                         own.answer == CYCLE_APPROVED ? "approved"
                                                      : "rejected");
}

static hl_err run_answer(struct pass *pass, const struct desk_job *job,
                         uint64_t *index, struct hl_detail *detail)
{
    struct cycle_key key = {bytes_of_text(job->proposer), job->index};
    struct clearing_word word = {
        .key = key, .yes = job->yes, .text = bytes_of_text(job->text)};
    bool found = false;
    hl_err err = open_view(pass, detail);
    if (err == HL_OK) {
        err = find_answered(pass, job, &key, &found, index, detail);
    }
    if (err != HL_OK || found) {
        close_view(pass);
        return err;
    }
    err = clearing_answer(&pass->view, &pass->options, &key, &word, &pass->step,
                          detail);
    if (err == HL_OK && pass->step.did == CLEARING_ENTRY) {
        uint32_t body = entry_body_number(pass->step.entry.body_type);
        err = append(pass, index, detail);
        if (err == HL_OK && job->yes && body != CYCLE_BODY_APPROVAL) {
            err = hl_fail(detail, HL_ESTATE, "this node rejected it: %s",
                          pass->step.why);
        }
    } else if (err == HL_OK) {
        err = hl_fail(
            detail, pass->step.did == CLEARING_WAITS ? HL_EUNSEALED : HL_ESTATE,
            "%s%s", pass->step.did == CLEARING_WAITS ? "it waits " : "",
            pass->step.why[0] != '\0'
                ? pass->step.why
                : "no open proposal of that name asks this node");
    }
    close_view(pass);
    return err;
}

static hl_err run_work(struct pass *pass, const struct desk_job *job,
                       struct hl_detail *detail)
{
    hl_err err = open_view(pass, detail);
    if (err == HL_OK) {
        job->work(job->context, &pass->view, HL_OK, NULL);
    }
    close_view(pass);
    return err;
}

static void run_jobs(struct pass *pass)
{
    struct desk_job *job;
    while ((job = desk_next_job(pass->desk)) != NULL) {
        struct hl_detail detail = {0};
        struct desk_result result = {0};
        hl_err err = job->work != NULL ? run_work(pass, job, &detail)
                     : job->proposes
                         ? run_proposal(pass, job, &result, &detail)
                         : run_answer(pass, job, &result.index, &detail);
        desk_job_end(&job, err, &detail, &result);
    }
}

hl_err desk_pass(struct desk *desk, struct hl_detail *detail)
{
    struct pass pass = {
        .desk = desk,
        .options =
            {
                .pay_max_fen = desk->now.pay_max_fen,
                .debtor_max_fen = desk->now.debtor_max_fen,
                .answer_ms =
                    desk->charter.policies[CHARTER_APPROVAL_DEADLINE_HOURS] *
                    HOUR_MS,
                .pay_days = desk->now.pay_days,
            },
    };
    desk->waits = false;
    run_jobs(&pass);
    hl_err err = say_all(&pass, detail);
    if (err == HL_OK) {
        err = propose_due(&pass, detail);
    }
    if (err == HL_OK && pass.said) {
        err = say_all(&pass, detail); /* to one's own proposal, too */
    }
    if (err == HL_OK) {
        err = look_for_overdue(&pass, detail);
    }
    clearing_step_fini(&pass.step);
    return err;
}
