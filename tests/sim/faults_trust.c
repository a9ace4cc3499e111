/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/faults_inside.h"
#include "tests/sim/operator.h"
#include "tests/sim/records.h"
#include "tests/sim/trade.h"

/* What goes wrong between people: keys, charters, liars, thieves. */

/* --- Keys. --------------------------------------------------------------- */

bool fault_rotate(struct faults *faults)
{
    return operator_rotate(fault_host(faults));
}

bool fault_rotate_early(struct faults *faults)
{
    return operator_rotate_early(fault_host(faults),
                                 fault_ms(faults, 1000, 30000));
}

/* --- Charters. ----------------------------------------------------------- */

static void give_to_some(struct faults *faults)
{
    struct world *world = faults->world;
    for (size_t i = 0; i < world->host_count; i++) {
        if (fault_below(faults, 2) == 0) {
            operator_give_charter(world->hosts[i]);
        }
    }
}

/* Of some city: one keeper goes, one comes, or both. */
static struct keeper_change some_change(struct faults *faults)
{
    const struct world *world = faults->world;
    const struct alliance *alliance = &world->alliance;
    struct keeper_change change = {
        .city = fault_below(faults, world->options.cities),
        .out = SIZE_MAX,
        .in = SIZE_MAX,
    };
    const struct charter_node *node = charter_find_node(
        &alliance->charter, bytes_of_text(alliance->cities[change.city].id));
    uint64_t what = fault_below(faults, 3);
    if (what != 0 && node->keeper_count > 0) {
        const char *id = node->keepers[fault_below(faults, node->keeper_count)];
        change.out = alliance_find(alliance, bytes_of_text(id));
    }
    size_t in = fault_below(faults, alliance->city_count);
    bool keeps = in == change.city || world->hosts[in]->away;
    for (size_t k = 0; k < node->keeper_count; k++) {
        keeps = keeps ||
                alliance_find(alliance, bytes_of_text(node->keepers[k])) == in;
    }
    if (what != 1 && !keeps) {
        change.in = in;
    }
    return change;
}

bool fault_keepers(struct faults *faults)
{
    struct keeper_change change = some_change(faults);
    if ((change.in == SIZE_MAX && change.out == SIZE_MAX) ||
        !alliance_change_keepers(&faults->world->alliance, &change)) {
        return false;
    }
    give_to_some(faults);
    operator_give_charter(faults->world->hosts[0]);
    return true;
}

static void decide(void *context, uint64_t unused)
{
    struct faults *faults = context;
    struct world *world = faults->world;
    (void)unused;
    world_trace(world, "the contest is decided");
    alliance_move(&world->alliance, 0);
    operator_give_charter(fault_host(faults));
    operator_give_charter(world->hosts[0]);
}

/* Two charters after one, known here and there, until a third decides. Keepers
 * change in the one or the other. */
bool fault_contest(struct faults *faults)
{
    struct world *world = faults->world;
    if (faults->contests_left == 0) {
        return false;
    }
    faults->contests_left--;
    struct keeper_change change = some_change(faults);
    bool first = fault_below(faults, 2) == 0;
    if (!first || !alliance_change_keepers(&world->alliance, &change)) {
        alliance_move(&world->alliance, 0);
    }
    give_to_some(faults);
    alliance_rival(&world->alliance, 0, first ? NULL : &change);
    give_to_some(faults);
    world_at(world, fault_ms(faults, 1000, 60000), decide, faults, 0);
    return true;
}

bool fault_join(struct faults *faults)
{
    struct world *world = faults->world;
    size_t city = world->options.cities;
    while (city < world->alliance.city_count && !world->hosts[city]->away) {
        city++;
    }
    if (city == world->alliance.city_count) {
        return false;
    }
    struct host *host = world->hosts[city];
    alliance_admit(&world->alliance, city);
    host->away = false;
    host_new_mark(host);
    give_to_some(faults);
    host_start(host);
    operator_give_charter(host);
    platform_begin(&world->platform, host);
    return true;
}

/* Not the first, which has charters for the others. */
bool fault_end(struct faults *faults)
{
    struct host *host = fault_host(faults);
    struct world *world = faults->world;
    if (faults->ends_left == 0 || host->city == 0 || !host->honest ||
        !host->up || host->port >= world->options.cities || host->set_back ||
        !witness_trusts(world, host->city)) {
        return false;
    }
    faults->ends_left--;
    /* On their way to it, and perhaps not there before it ends. */
    for (size_t i = 0; i < world->options.cities; i++) {
        if (i != host->city && world->hosts[i]->honest) {
            records_release(&world->platform, world->hosts[i], host->city);
            trade_allot_to(&world->platform, world->hosts[i], host->city);
        }
    }
    operator_close(host);
    return true;
}

/* --- Liars. -------------------------------------------------------------- */

/* A second machine under the city's keys; partners that it is for reach it from
 * now on. NULL: not now. */
static struct host *double_of(struct faults *faults, struct host *host,
                              struct host *(*clone_of)(struct world *,
                                                       struct host *))
{
    struct world *world = faults->world;
    if (faults->liars_left == 0 || !host->honest || !host->up ||
        host->refusal != HL_OK || host->set_back || host->flushing ||
        host->own != ENGINE_OWN_GOOD ||
        world->truths[host->city].branch_count + 3 > TRUTH_BRANCHES_MAX) {
        return NULL;
    }
    struct host *clone = clone_of(world, host);
    if (clone == NULL) {
        return NULL;
    }
    faults->liars_left--;
    host_start(clone);
    for (size_t i = 0; i < world->host_count; i++) {
        struct host *other = world->hosts[i];
        if (other->city != host->city &&
            world_route(world, other, bytes_of_text(host_id(host))) !=
                host->port) {
            network_break(&world->network, host->port, other->port);
        }
    }
    platform_begin(&world->platform, clone);
    return clone;
}

bool fault_fork_history(struct faults *faults)
{
    return double_of(faults, fault_host(faults), world_clone) != NULL;
}

bool fault_fork_old_history(struct faults *faults)
{
    size_t count = faults->world->host_count;
    size_t first = fault_below(faults, count);
    bool done = false;
    for (size_t i = 0; i < count && !done; i++) { /* few have such a backup */
        struct host *host = faults->world->hosts[(first + i) % count];
        done = double_of(faults, host, world_clone_old) != NULL;
    }
    return done;
}

static void give_back(void *context, uint64_t unused)
{
    struct host *host = context;
    (void)unused;
    if (!operator_return(host)) {
        world_at(host->world, 10 * WORLD_S, give_back, host, 0);
    }
}

static void find_out(void *context, uint64_t unused)
{
    struct host *host = context;
    (void)unused;
    operator_throw_out(host);
    world_at(host->world, 30 * WORLD_S, give_back, host, 0);
}

/* The owner is honest, and finds out. With another liar about, both histories
 * may be sealed, and nobody could say from where to return. */
bool fault_steal_key(struct faults *faults)
{
    struct world *world = faults->world;
    struct host *host = fault_host(faults);
    for (size_t i = 0; i < world->host_count; i++) {
        if (!world->hosts[i]->honest) {
            return false;
        }
    }
    if (double_of(faults, host, world_clone) == NULL) {
        return false;
    }
    faults->liars_left = 0;
    host->honest = true;
    host->liar.deaf = false;
    host->robbed = true;
    world_at(faults->world, fault_ms(faults, 10000, 90000), find_out, host, 0);
    return true;
}

bool fault_lie(struct faults *faults)
{
    struct host *host = fault_host(faults);
    if (host->honest && faults->liars_left == 0) {
        return false;
    }
    faults->liars_left -= host->honest ? 1 : 0;
    host->honest = false;
    host->liar.lie =
        (enum lie)(LIE_NONE + 1 + fault_below(faults, LIE_KIND_COUNT - 1));
    host->liar.ppm = (uint32_t)(1000 + fault_below(faults, 300000));
    return true;
}
