/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/trial.h"

#include <stdio.h>
#include <string.h>

#include "protocol/base/alloc.h"
#include "tests/sim/check.h"
#include "tests/sim/operator.h"
#include "tests/sim/records.h"

enum {
    QUIET_EVERY_S = 60,
    REST_WITHIN_S = 300,  /* after the faults */
    STARTS_WITHIN_S = 10, /* at first */
};

static struct world_options choose(const struct trial_options *options)
{
    struct rng rng;
    rng_init(&rng, options->seed);
    size_t cities = 3 + (size_t)rng_below(&rng, 4);
    cities = rng_below(&rng, 20) == 0 ? 12 : cities;
    cities = rng_below(&rng, 20) == 0 ? 2 : cities;
    size_t joiners = (size_t)rng_below(&rng, 3);
    return (struct world_options){
        .joiners = options->calm ? 0 : joiners,
        .seed = options->seed,
        .cities = options->cities != 0 ? options->cities : cities,
        .ed25519 = !options->calm && options->seed % 50 == 0,
        .unchecked = options->calm || options->unchecked,
    };
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
    }
}

/* Nothing new is asked; what was asked ends. */
static void come_to_rest(struct world *world, char why[256])
{
    int64_t until = world->now_ns + REST_WITHIN_S * WORLD_S;
    bool rests = false;
    world->platform.busy = false;
    while (!world->violated && !rests && world->now_ns < until) {
        world_run(world, 5 * WORLD_S);
        rests = check_converged(world, why);
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
        check_digests(world) && check_homes(world) && check_caught(world)) {
        check_rebuild(world);
    }
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
