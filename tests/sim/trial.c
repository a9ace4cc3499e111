/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/trial.h"

#include <stdio.h>
#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "tests/clearing/cycle_files.h"
#include "tests/sim/check.h"
#include "tests/sim/operator.h"
#include "tests/sim/records.h"

enum {
    QUIET_EVERY_S = 60,
    REST_WITHIN_S = 300,  /* after the faults */
    STARTS_WITHIN_S = 10, /* at first */
};

/* In most runs a day ends in UTC+8 soon, in some of them a year. */
static int64_t some_begin(struct rng *rng)
{
    enum { SOON_S = 100, LATER_S = 160 };
    static const int64_t midnights_s[] = {
        1798732800, /* 2027-01-01 in UTC+8 */
        1781539200, /* 2026-06-16 */
    };
    uint64_t which = rng_below(rng, 3);
    int64_t before_s = SOON_S + (int64_t)rng_below(rng, LATER_S);
    return which == 2 ? WORLD_BEGIN_S : midnights_s[which] - before_s;
}

static struct world_options choose(const struct trial_options *options)
{
    struct rng rng;
    rng_init(&rng, options->seed);
    size_t cities = 3 + (size_t)rng_below(&rng, 4);
    cities = rng_below(&rng, 20) == 0 ? 12 : cities;
    cities = rng_below(&rng, 20) == 0 ? 2 : cities;
    size_t joiners = (size_t)rng_below(&rng, 3);
    int64_t begin_s = some_begin(&rng);
    return (struct world_options){
        .joiners = options->calm ? 0 : joiners,
        .seed = options->seed,
        .cities = options->cities != 0 ? options->cities : cities,
        .clears = true,
        .ed25519 = !options->calm && options->seed % 50 == 0,
        .unchecked = options->calm || options->unchecked,
        .begin_s = begin_s,
    };
}

/* Nearly a day passes at once, by the clocks of all. Those who were up believe
 * it where two partners say so, too. */
static void leap(void *context, uint64_t unused)
{
    enum { LEAP_MS = 86400000 - 120000 };
    struct world *world = context;
    (void)unused;
    world_trace(world, "a day passes");
    world->leapt_ms += LEAP_MS;
}

static void midnight(void *context, uint64_t unused)
{
    struct world *world = context;
    (void)unused;
    world_trace(world, "a day begins");
    world->tally.money[MONEY_MIDNIGHTS]++;
}

/* The first midnight; and the second, in large alliances alone, and not in all
 * of them. */
static void plan_days(struct world *world, const struct trial_options *options)
{
    struct rng rng = world_rng(world, "days");
    int64_t utc8_s = world->options.begin_s + 8 * 3600;
    int64_t midnight_ns = (86400 - utc8_s % 86400) * WORLD_S;
    if (world->options.begin_s == WORLD_BEGIN_S || options->calm) {
        return;
    }
    world_at(world, midnight_ns, midnight, world, 0);
    if (world->options.cities > 3 && rng_below(&rng, 2) == 0) {
        int64_t after_ns = (30 + (int64_t)rng_below(&rng, 85)) * WORLD_S;
        world_at(world, midnight_ns + after_ns, leap, world, 0);
        world_at(world, midnight_ns + 120 * WORLD_S, midnight, world, 0);
    }
}

/* Its clock is set back and its node begun anew: what it writes in the next
 * minutes is dated before midnight. */
static void keep_the_day(void *context, uint64_t city)
{
    enum { BACK_MS = 120000 };
    struct world *world = context;
    struct host *host = world->hosts[city];
    if (host->up) {
        world_trace(world, "%s sets its clock back", host_label(host));
        host->restart_ns = WORLD_S;
        host_crash(host);
        host->skew_ms = -BACK_MS;
    }
}

/* One platform lies about money, in half of the alliances; about the day, too,
 * in half of these. */
static void choose_liar(struct world *world,
                        const struct trial_options *options)
{
    enum { EARLY_S = 5 };
    struct rng rng = world_rng(world, "crooked");
    if (rng_below(&rng, 2) == 0) {
        uint64_t city = rng_below(&rng, world->options.cities);
        city = rng_below(&rng, 2) == 0 ? rng_below(&rng, 2) : city; /* clears */
        int64_t utc8_s = world->options.begin_s + 8 * 3600;
        world->crooked[city] = true;
        if (rng_below(&rng, 2) == 0 && !options->calm) {
            world_at(world, (86400 - utc8_s % 86400 - EARLY_S) * WORLD_S,
                     keep_the_day, world, city);
        }
    }
}

static void start(void *context, uint64_t port)
{
    struct world *world = context;
    if (world->hosts[port]->away) {
        return;
    }
    host_start(world->hosts[port]);
    platform_begin(&world->platform, world->hosts[port]);
}

static void start_all(struct world *world)
{
    world->platform.busy = true;
    for (size_t i = 0; i < world->host_count; i++) {
        world_at(world,
                 (int64_t)rng_below(&world->rng, STARTS_WITHIN_S * WORLD_S),
                 start, world, i);
    }
    world_run(world, STARTS_WITHIN_S * WORLD_S + WORLD_S);
}

static void live(struct world *world, int64_t minutes)
{
    int64_t until = world->now_ns + minutes * 60 * WORLD_S;
    while (!world->violated && world->now_ns < until) {
        world_run(world, QUIET_EVERY_S * WORLD_S);
        if (!world->options.unchecked && !world->violated) {
            check_digests(world);
        }
        if (!world->options.unchecked && !world->violated) {
            check_ledger(world, false);
        }
        if (!world->options.unchecked && !world->violated) {
            check_cycles(world, false);
        }
    }
}

/* Nothing new is asked; what was asked ends. */
static void come_to_rest(struct world *world, char why[256])
{
    int64_t until = world->now_ns + REST_WITHIN_S * WORLD_S;
    bool rests = false;
    world->platform.busy = false;
    operator_settle_roles(world);
    desks_drain(&world->desks);
    while (!world->violated && !rests && world->now_ns < until) {
        world_run(world, 5 * WORLD_S);
        rests = check_converged(world, why) &&
                (world->options.unchecked || check_cleared(world, why));
    }
    if (!world->violated && !rests) {
        world_violation(world, "no rest %d s after the faults: %s",
                        REST_WITHIN_S, why);
    }
    world_run(world, 30 * WORLD_S);
}

static void judge(struct world *world)
{
    if (!world->violated && check_converged(world, NULL) &&
        check_digests(world) && check_homes(world) &&
        check_ledger(world, true) && check_cycles(world, true) &&
        check_caught(world)) {
        check_rebuild(world);
    }
}

/* As one knows it who does not lie. */
static void export_cycles(struct world *world, const char *folder)
{
    struct clearing_view view = {0};
    for (size_t i = 0; i < world->host_count && view.txn == NULL; i++) {
        struct host *host = world->hosts[i];
        if (host->honest) {
            (void)desks_look(&world->desks, host, &view);
        }
    }
    HL_ASSERT(view.txn != NULL); /* all are up at last */
    cycle_files_write(&view, folder);
    desks_leave(&view);
}

void trial_run(const struct trial_options *options, struct trial_result *out)
{
    struct world *world = hl_alloc(1, sizeof(*world));
    struct world_options choice = choose(options);
    struct faults faults;
    *out = (struct trial_result){0};
    world_init(world, &choice);
    world->trace.print = options->trace;
    faults_init(&faults, world);
    faults.skip = options->skip;
    faults.kind_of = out->kind_of;
    /* Promises hold while fewer than 2q - m keepers lie, and while fewer lose
     * a disk than promised: the liars and the lossy of one seed are few. */
    faults.liars_left = options->seed % 3 == 0 ? 0
                        : choice.cities > 5    ? 2
                        : choice.cities > 3    ? 1
                                               : 0;
    faults.contests_left = 2;
    faults.ends_left = choice.cities > 3 ? 1 : 0;
    faults.lossy_left = choice.cities > 4 ? 2 : choice.cities > 2 ? 1 : 0;
    plan_days(world, options);
    if (!options->truthful) {
        choose_liar(world, options);
    }
    start_all(world);
    operator_begin(world);
    if (!options->calm) {
        faults_begin(&faults);
    }
    live(world, options->minutes);
    if (!world->violated) {
        faults_end(&faults);
        come_to_rest(world, out->rest);
    }
    if (!options->calm) {
        judge(world);
    }
    if (options->export != NULL && !world->violated) {
        export_cycles(world, options->export);
    }
    out->cities = choice.cities;
    out->ed25519 = choice.ed25519;
    out->simulated_ns = world->now_ns;
    out->tally = world->tally;
    memcpy(out->faults, faults.counts, sizeof(out->faults));
    out->messages = world->network.messages;
    out->bytes = world->network.bytes;
    out->trace_hash = world->trace.hash;
    out->trace_lines = world->trace.lines;
    out->violated = world->violated;
    memcpy(out->violation, world->violation, sizeof(out->violation));
    out->violation_kind = world->violation_kind;
    faults_fini(&faults);
    world_fini(world);
    hl_free(world);
}
