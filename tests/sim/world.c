/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/world.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "protocol/base/hl_assert.h"

struct rng world_rng(const struct world *world, const char *part)
{
    struct bytes parts[] = {
        bytes_of(&world->options.seed, sizeof(world->options.seed)),
        bytes_of_text(part)};
    struct hl_hash hash = hash_parts(parts, 2);
    struct rng rng;
    uint64_t state = 0;
    memcpy(&state, hash.bytes, sizeof(state));
    rng_init(&rng, state);
    return rng;
}

/* Cities some hundred kilometres apart, and a few with a bad line. */
static void lay_lines(struct world *world)
{
    struct rng rng = world_rng(world, "lines");
    for (size_t a = 0; a < NETWORK_PORTS_MAX; a++) {
        for (size_t b = 0; b < NETWORK_PORTS_MAX; b++) {
            bool slow = rng_below(&rng, 10) == 0;
            world->network.links[a][b] = (struct network_link){
                .latency_ns = (int64_t)(2 + rng_below(&rng, 30)) * WORLD_MS,
                .jitter_ns = (int64_t)rng_below(&rng, 5) * WORLD_MS,
                .bytes_per_s = slow ? 100000 : 10000000,
            };
        }
    }
}

int64_t world_wall_ms(const struct world *world)
{
    int64_t begin_s =
        world->options.begin_s == 0 ? WORLD_BEGIN_S : world->options.begin_s;
    return begin_s * 1000 + world->now_ns / WORLD_MS + world->leapt_ms;
}

void world_init(struct world *world, const struct world_options *options)
{
    *world = (struct world){.options = *options};
    world->rng = world_rng(world, "world");
    disks_init(&world->disks);
    struct alliance_options alliance = {
        .cities = options->cities,
        .joiners = options->joiners,
        .keepers = options->keepers,
        .quorum = options->quorum,
        .ed25519 = options->ed25519,
        .clears = options->clears,
        .from_s = world_wall_ms(world) / 1000 - 86400,
    };
    alliance_init(&world->alliance, &alliance, world_rng(world, "alliance"));
    network_init(&world->network, &world->queue, &world->now_ns,
                 world_rng(world, "network"));
    lay_lines(world);
    witness_init(&world->witness, world);
    platform_init(&world->platform, world);
    desks_init(&world->desks, world);
    audit_init(&world->audit, world);
    for (size_t i = 0; i < world->alliance.city_count; i++) {
        truth_init(&world->truths[i]);
        host_create(world, i, &world->hosts[world->host_count++]);
        world->hosts[i]->away = i >= options->cities;
    }
}

void world_fini(struct world *world)
{
    for (size_t i = 0; i < world->host_count; i++) {
        host_destroy(&world->hosts[i]);
    }
    for (size_t i = 0; i < world->alliance.city_count; i++) {
        truth_fini(&world->truths[i]);
    }
    platform_fini(&world->platform);
    desks_fini(&world->desks);
    audit_fini(&world->audit);
    witness_fini(&world->witness);
    network_fini(&world->network);
    alliance_fini(&world->alliance);
    disks_fini(&world->disks);
    queue_fini(&world->queue);
    trace_fini(&world->trace);
}

void world_run(struct world *world, int64_t for_ns)
{
    int64_t until = world->now_ns + for_ns;
    struct event event;
    while (!world->violated && queue_take(&world->queue, until, &event)) {
        HL_ASSERT(event.at_ns >= world->now_ns);
        world->now_ns = event.at_ns;
        world->tally.events++;
        event.run(event.context, event.number);
    }
    if (!world->violated) {
        world->now_ns = until;
    }
}

void world_at(struct world *world, int64_t after_ns, event_fn run,
              void *context, uint64_t number)
{
    queue_add(&world->queue, world->now_ns + after_ns, run, context, number);
}

void world_violation(struct world *world, const char *format, ...)
{
    if (world->violated) {
        return;
    }
    va_list args;
    va_start(args, format);
    vsnprintf(world->violation, sizeof(world->violation), format, args);
    va_end(args);
    world->violated = true;
    world->violation_kind = format;
    world_trace(world, "violation: %s", world->violation);
}

void world_trace(struct world *world, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    trace_line(&world->trace, world->now_ns, text);
}

static struct host *clone_at(struct world *world, struct host *host,
                             uint64_t size)
{
    HL_ASSERT(world->host_count < WORLD_HOSTS_MAX);
    struct host *clone = NULL;
    host_create(world, host->city, &clone);
    world->hosts[world->host_count++] = clone;
    clone->branch = truth_fork(&world->truths[host->city], host->branch, size);
    clone->journal_key = host->journal_key;
    clone->mirror_key = host->mirror_key;
    host->honest = clone->honest = false;
    host->liar.deaf = clone->liar.deaf = true;
    return clone;
}

struct host *world_clone(struct world *world, struct host *host)
{
    const struct truth *truth = &world->truths[host->city];
    struct host *clone =
        clone_at(world, host, truth->branches[host->branch].count);
    clone->mark = host->mark;
    clone->words = host->words;
    disk_clone(&clone->disk, &host->disk);
    return clone;
}

struct host *world_clone_old(struct world *world, struct host *host)
{
    if (!host->disk.has_backup || host->old_size == UINT64_MAX ||
        host->old_epochs != world->truths[host->city].epochs ||
        !vkey_equal(&host->old_mark.key, &host->mark.key)) {
        return NULL;
    }
    struct host *clone = clone_at(world, host, host->old_size);
    clone->mark = host->old_mark;
    clone->words = host->old_words;
    disk_clone_backup(&clone->disk, &host->disk);
    return clone;
}

/* Two liars meet first machine with first and second with second; of honest
 * partners every other one is shown the second. */
static bool is_shown_second(const struct host *from)
{
    return from->honest ? from->city % 2 == 1 : from->branch > 0;
}

/* Which one answers is also who may dial. */
size_t world_route(struct world *world, const struct host *from,
                   struct bytes id)
{
    size_t city = alliance_find(&world->alliance, id);
    HL_ASSERT(city != SIZE_MAX);
    size_t found = world->hosts[city]->port;
    for (size_t i = world->alliance.city_count; i < world->host_count; i++) {
        const struct host *second = world->hosts[i];
        if (second->city == city && !second->away && is_shown_second(from)) {
            found = second->port;
        }
    }
    return found;
}
