/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/operator.h"

#include <inttypes.h>

enum { MEETING_S = 20, HAND_OVER_S = 3 };

void operator_give_charter(struct host *host)
{
    struct alliance *alliance = &host->world->alliance;
    for (size_t i = 1; i < alliance->charter_count; i++) {
        struct engine_event event = {.kind = ENGINE_CHARTER,
                                     .note =
                                         writer_view(&alliance->charters[i])};
        host_event(host, &event);
    }
}

static void give_to_all(struct world *world)
{
    for (size_t i = 0; i < world->host_count; i++) {
        operator_give_charter(world->hosts[i]);
    }
}

/* --- A new journal key, from where partners have the journal. ------------ */

static void admit(void *context, uint64_t boot)
{
    struct host *host = context;
    struct world *world = host->world;
    struct engine_origin_view view;
    host->meeting = false;
    if (!host->up || host->boot != boot || host->own != ENGINE_OWN_NEEDS_KEY ||
        host->disk_due || host->flushing ||
        !host_view(host, host->city, &view)) {
        return;
    }
    struct head head = view.held;
    if (!truth_branch_has(&world->truths[host->city], 0, &head)) {
        world_violation(world, "%s recovered what it never wrote",
                        host_label(host));
        return;
    }
    world_trace(world, "the charter admits a new key of %s from %" PRIu64,
                host_label(host), head.size);
    witness_cut(&world->witness, host->city, head.size);
    platform_cut(&world->platform, host->city, head.size);
    truth_cut(&world->truths[host->city], head.size);
    alliance_journal_key(&world->alliance, host->city, CHARTER_REPLACE, &head);
    operator_give_charter(host);
}

/* --- A new mirror key, for a store that has forgotten what it cosigned. --- */

static void admit_mirror(void *context, uint64_t boot)
{
    struct host *host = context;
    host->meeting = false;
    if (host->up && host->boot == boot && host->mute) {
        operator_new_mirror(host);
    }
}

/* --- Keys that the charter has and the node has not. --------------------- */

static void hand_over(void *context, uint64_t boot)
{
    struct host *host = context;
    host->meeting = false;
    if (host->up && host->boot == boot) {
        host->restart_ns = WORLD_S;
        host_crash(host);
    }
}

static bool has_old_keys(const struct host *host)
{
    const struct city *city = &host->world->alliance.cities[host->city];
    return host->journal_key + 1 < city->journal.count ||
           host->mirror_key + 1 < city->mirror.count;
}

void operator_watch(struct host *host)
{
    if (!host->honest || !host->up || host->meeting) {
        return;
    }
    if (has_old_keys(host)) {
        host->meeting = true;
        world_at(host->world, HAND_OVER_S * WORLD_S, hand_over, host,
                 host->boot);
    } else if (host->mute) {
        host->meeting = true;
        world_at(host->world, MEETING_S * WORLD_S, admit_mirror, host,
                 host->boot);
    } else if (host->own == ENGINE_OWN_NEEDS_KEY) {
        host->meeting = true;
        world_at(host->world, MEETING_S * WORLD_S, admit, host, host->boot);
    }
}

bool operator_rotate(struct host *host)
{
    struct world *world = host->world;
    const struct city *city = &world->alliance.cities[host->city];
    if (!host->up || !host->honest || host->own != ENGINE_OWN_GOOD ||
        host->refusal != HL_OK || host->set_back ||
        city->journal.count >= ALLIANCE_KEYS_MAX) {
        return false;
    }
    struct head head = author_head(host->author);
    alliance_journal_key(&world->alliance, host->city, CHARTER_ROTATE, &head);
    if (!host->early) {
        operator_give_charter(host);
    }
    return true;
}

static void charter_comes(void *context, uint64_t unused)
{
    struct host *host = context;
    (void)unused;
    host->early = false;
    operator_give_charter(host);
}

bool operator_rotate_early(struct host *host, int64_t charter_ns)
{
    if (host->early || host->flushing || host->crash != CRASH_NONE) {
        return false;
    }
    host->early = true;
    if (!operator_rotate(host)) {
        host->early = false;
        return false;
    }
    host->restart_ns = WORLD_S / 10;
    host_crash(host);
    world_at(host->world, charter_ns, charter_comes, host, 0);
    return true;
}

static void throw_out(struct host *host)
{
    host->away = true;
    host->restart_ns = 0;
    if (host->up) {
        host_crash(host);
    }
}

bool operator_return(struct host *host)
{
    struct world *world = host->world;
    struct truth *truth = &world->truths[host->city];
    const struct city *city = &world->alliance.cities[host->city];
    struct head head = world->witness.sealed[host->city];
    unsigned on = truth_branches_of(truth, &head);
    if (on == 0 || city->journal.count >= ALLIANCE_KEYS_MAX) {
        return false;
    }
    for (size_t i = world->alliance.city_count; i < world->host_count; i++) {
        if (world->hosts[i]->city == host->city) {
            throw_out(world->hosts[i]);
        }
    }
    size_t branch = 0;
    while ((on >> branch & 1) == 0) {
        branch++;
    }
    world_trace(world, "the charter lets %s return from %" PRIu64,
                host_label(host), head.size);
    platform_cut(&world->platform, host->city,
                 truth_return(truth, branch, head.size));
    host->honest = true;
    host->set_back = true;
    host->liar.deaf = false;
    host->liar.lie = LIE_NONE;
    alliance_journal_key(&world->alliance, host->city, CHARTER_REPLACE, &head);
    alliance_mirror_key(&world->alliance, host->city,
                        WORLD_BEGIN_S + world->now_ns / WORLD_S);
    give_to_all(world);
    return true;
}

void operator_new_mirror(struct host *host)
{
    struct world *world = host->world;
    alliance_mirror_key(&world->alliance, host->city,
                        WORLD_BEGIN_S + world->now_ns / WORLD_S);
    give_to_all(world);
}

void operator_lost(struct host *host)
{
    host->losses++;
    operator_new_mirror(host);
}
