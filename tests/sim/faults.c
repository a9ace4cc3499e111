/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/faults.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "protocol/base/alloc.h"
#include "tests/sim/faults_inside.h"
#include "tests/sim/operator.h"
#include "tests/sim/records.h"

/* --- Choosing. ----------------------------------------------------------- */

uint64_t fault_below(struct faults *faults, uint64_t bound)
{
    return rng_below(&faults->rng, bound);
}

struct host *fault_host(struct faults *faults)
{
    struct world *world = faults->world;
    return world->hosts[fault_below(faults, world->host_count)];
}

int64_t fault_ms(struct faults *faults, int64_t from, int64_t to)
{
    return (from + (int64_t)fault_below(faults, (uint64_t)(to - from))) *
           WORLD_MS;
}

/* --- Crashes. ------------------------------------------------------------ */

static bool die_at(struct faults *faults, enum host_crash crash)
{
    struct host *host = fault_host(faults);
    if (!host->up || host->crash != CRASH_NONE) {
        return false;
    }
    host->crash = crash;
    host->crash_sends = (unsigned)fault_below(faults, 6);
    host->silent = fault_below(faults, 3) == 0;
    host->restart_ns = fault_ms(faults, 100, 20000);
    return true;
}

static bool crash_in_sends(struct faults *faults)
{
    return die_at(faults, CRASH_IN_SENDS);
}

static bool crash_before_commit(struct faults *faults)
{
    return die_at(faults, CRASH_BEFORE_COMMIT);
}

static bool crash_before_mark(struct faults *faults)
{
    return die_at(faults, CRASH_BEFORE_MARK);
}

static bool crash_before_answer(struct faults *faults)
{
    return die_at(faults, CRASH_BEFORE_ANSWER);
}

static bool long_down(struct faults *faults)
{
    struct host *host = fault_host(faults);
    if (!host->up) {
        return false;
    }
    host->silent = fault_below(faults, 2) == 0;
    host->restart_ns = fault_ms(faults, 30000, 120000);
    host_crash(host);
    return true;
}

/* --- Disks. -------------------------------------------------------------- */

static bool backup(struct faults *faults)
{
    struct host *host = fault_host(faults);
    const struct truth *truth = &faults->world->truths[host->city];
    disk_backup(&host->disk);
    host->old_mark = host->mark;
    host->old_words = host->words;
    host->old_size =
        host->set_back ? UINT64_MAX : truth->branches[host->branch].count;
    host->old_epochs = truth->epochs;
    return true;
}

/* A machine that goes down now and comes back with another store. */
static struct host *take_down(struct faults *faults, bool needs_backup)
{
    struct host *host = fault_host(faults);
    if (faults->lossy_left == 0 || !host->honest || !host->up ||
        host->own != ENGINE_OWN_GOOD || host->refusal != HL_OK ||
        (needs_backup && !host->disk.has_backup) ||
        (needs_backup && !vkey_equal(&host->old_mark.key, &host->mark.key))) {
        return NULL;
    }
    faults->lossy_left--;
    host->restart_ns = fault_ms(faults, 1000, 30000);
    host_crash(host);
    memset(host->sealed_seen, 0, sizeof(host->sealed_seen));
    host->set_back = true;
    host->losses++;
    platform_doubt(&faults->world->platform, host);
    return host;
}

static bool restore(struct faults *faults)
{
    struct host *host = take_down(faults, true);
    if (host != NULL) {
        disk_restore(&host->disk);
    }
    return host != NULL;
}

static bool restore_without_mark(struct faults *faults)
{
    struct host *host = take_down(faults, true);
    if (host != NULL) {
        disk_restore(&host->disk);
        host->has_mark = host->has_words = false;
    }
    return host != NULL;
}

static bool snapshot(struct faults *faults)
{
    struct host *host = take_down(faults, true);
    if (host != NULL) {
        disk_restore(&host->disk);
        host->mark = host->old_mark;
        host->words = host->old_words;
        host->snapshot = true;
        operator_new_mirror(host);
    }
    return host != NULL;
}

static bool disk_lost(struct faults *faults)
{
    struct host *host = take_down(faults, false);
    if (host != NULL) {
        disk_wipe(&host->disk);
        host->has_mark = host->has_words = false;
    }
    return host != NULL;
}

static void quick_disk(void *context, uint64_t unused)
{
    struct host *host = context;
    (void)unused;
    host->flush_ns = 3 * WORLD_MS;
}

static bool slow_disk(struct faults *faults)
{
    struct host *host = fault_host(faults);
    host->flush_ns = fault_ms(faults, 100, 3000);
    world_at(faults->world, fault_ms(faults, 5000, 30000), quick_disk, host, 0);
    return true;
}

static void room_again(void *context, uint64_t unused)
{
    struct host *host = context;
    (void)unused;
    host->full = false;
}

static bool full_disk(struct faults *faults)
{
    struct host *host = fault_host(faults);
    host->full = true;
    world_at(faults->world, fault_ms(faults, 500, 40000), room_again, host, 0);
    return true;
}

/* --- Clocks. ------------------------------------------------------------- */

static bool skew(struct faults *faults)
{
    fault_host(faults)->skew_ms = fault_ms(faults, -3000, 3000) / WORLD_MS;
    return true;
}

static void clock_mended(void *context, uint64_t unused)
{
    struct host *host = context;
    (void)unused;
    host->skew_ms = 0;
}

/* Years ahead, or behind, until somebody sees it. */
static bool jump(struct faults *faults)
{
    struct host *host = fault_host(faults);
    static const int64_t jumps_s[] = {300, -300, 86400 * 2, -86400,
                                      9ll * 365 * 86400};
    host->skew_ms = jumps_s[fault_below(faults, 5)] * 1000;
    world_at(faults->world, fault_ms(faults, 1000, 60000), clock_mended, host,
             0);
    return true;
}

/* --- The network. -------------------------------------------------------- */

static void each_crossing(struct network *network,
                          const struct partition *partition,
                          void (*act)(struct network *, size_t, size_t))
{
    for (size_t a = 0; a < partition->ports; a++) {
        for (size_t b = 0; b < partition->ports; b++) {
            bool out = (partition->side >> a & 1) != 0;
            bool in = (partition->side >> b & 1) != 0;
            if (out && !in) {
                act(network, a, b);
                if (!partition->one_way) {
                    act(network, b, a);
                }
            }
        }
    }
}

static void heal(void *context, uint64_t number)
{
    struct faults *faults = context;
    if (faults->going) { /* else all is mended */
        world_trace(faults->world, "a partition heals");
        each_crossing(&faults->world->network, &faults->partitions[number],
                      network_unblock);
    }
}

/* Somebody releases records to a city on the other side. */
static void release_across(struct faults *faults,
                           const struct partition *partition)
{
    const struct host *to = fault_host(faults);
    struct host *from = fault_host(faults);
    bool across = (partition->side >> from->port & 1) !=
                  (partition->side >> to->port & 1);
    if (across && from->city != to->city && from->honest && !from->away) {
        records_release(&faults->world->platform, from, to->city);
    }
}

static bool divide(struct faults *faults, bool one_way)
{
    struct network *network = &faults->world->network;
    size_t number = faults->partition_count++;
    faults->partitions = hl_realloc(faults->partitions, number + 1,
                                    sizeof(faults->partitions[0]));
    faults->partitions[number] =
        (struct partition){.side = rng_next(&faults->rng),
                           .ports = network->port_count,
                           .one_way = one_way};
    each_crossing(network, &faults->partitions[number], network_block);
    release_across(faults, &faults->partitions[number]);
    world_at(faults->world, fault_ms(faults, 500, 90000), heal, faults, number);
    return true;
}

static bool partition(struct faults *faults)
{
    return divide(faults, false);
}

static bool partition_one_way(struct faults *faults)
{
    return divide(faults, true);
}

static bool break_streams(struct faults *faults)
{
    size_t a = fault_host(faults)->port, b = fault_host(faults)->port;
    network_break(&faults->world->network, a, b);
    return a != b;
}

static void lines_mended(void *context, uint64_t unused)
{
    struct world *world = context;
    (void)unused;
    world->network.break_ppm = 0;
    world->network.dial_lost_ppm = 0;
    world->network.dial_twice_ppm = 0;
}

static bool bad_lines(struct faults *faults)
{
    struct world *world = faults->world;
    world->network.break_ppm = (uint32_t)fault_below(faults, 50000);
    world->network.dial_lost_ppm = (uint32_t)fault_below(faults, 300000);
    world->network.dial_twice_ppm = (uint32_t)fault_below(faults, 300000);
    world_at(world, fault_ms(faults, 5000, 60000), lines_mended, world, 0);
    return true;
}

static bool slow_line(struct faults *faults)
{
    struct world *world = faults->world;
    size_t a = fault_below(faults, world->network.port_count);
    size_t b = fault_below(faults, world->network.port_count);
    world->network.links[a][b].bytes_per_s = 2000 + fault_below(faults, 50000);
    world->network.links[a][b].latency_ns = fault_ms(faults, 1, 2000);
    return a != b;
}

/* --- The table. ---------------------------------------------------------- */

static const struct {
    const char *name;
    unsigned weight;
    bool (*run)(struct faults *faults);
} kinds[FAULT_KIND_COUNT] = {
    {"crash-in-sends", 10, crash_in_sends},
    {"crash-before-commit", 8, crash_before_commit},
    {"crash-before-mark", 8, crash_before_mark},
    {"crash-before-answer", 8, crash_before_answer},
    {"long-down", 4, long_down},
    {"backup", 8, backup},
    {"restore", 2, restore},
    {"restore-no-mark", 2, restore_without_mark},
    {"snapshot", 2, snapshot},
    {"disk-lost", 2, disk_lost},
    {"slow-disk", 5, slow_disk},
    {"full-disk", 4, full_disk},
    {"clock-skew", 4, skew},
    {"clock-jump", 4, jump},
    {"partition", 10, partition},
    {"partition-one-way", 5, partition_one_way},
    {"stream-break", 10, break_streams},
    {"bad-lines", 6, bad_lines},
    {"slow-line", 5, slow_line},
    {"key-rotation", 3, fault_rotate},
    {"key-before-charter", 2, fault_rotate_early},
    {"keeper-change", 2, fault_keepers},
    {"charter-contest", 2, fault_contest},
    {"join", 3, fault_join},
    {"end", 1, fault_end},
    {"forked-history", 2, fault_fork_history},
    {"forked-old-history", 3, fault_fork_old_history},
    {"stolen-key", 2, fault_steal_key},
    {"lie", 3, fault_lie},
    {"none", 1, NULL},
};

const char *fault_name(size_t kind)
{
    return kinds[kind].name;
}

static size_t pick(struct faults *faults)
{
    unsigned total = 0;
    for (size_t i = 0; i < FAULT_KIND_COUNT; i++) {
        total += kinds[i].weight;
    }
    uint64_t at = fault_below(faults, total);
    size_t kind = 0;
    while (at >= kinds[kind].weight) {
        at -= kinds[kind++].weight;
    }
    return kind;
}

static bool is_left_out(const struct faults *faults, uint64_t number)
{
    return faults->skip != NULL && number < STRIKES_MAX &&
           faults->skip->out[number];
}

static void strike_with(struct faults *faults, uint64_t number, size_t kind)
{
    if (kinds[kind].run == NULL || !kinds[kind].run(faults)) {
        return;
    }
    faults->counts[kind]++;
    if (number < STRIKES_MAX) {
        faults->kind_of[number] = (uint8_t)(kind + 1);
    }
    world_trace(faults->world, "fault %" PRIu64 ": %s", number,
                kinds[kind].name);
}

static void strike(void *context, uint64_t unused)
{
    struct faults *faults = context;
    (void)unused;
    if (!faults->going) {
        return;
    }
    uint64_t number = ++faults->struck;
    char part[32];
    snprintf(part, sizeof(part), "strike %" PRIu64, number);
    faults->rng = world_rng(faults->world, part);
    size_t kind = pick(faults);
    if (!is_left_out(faults, number)) {
        strike_with(faults, number, kind);
    }
    int64_t pause_ms =
        1 +
        (int64_t)rng_below(&faults->pace, (uint64_t)(2 * faults->every_ms - 1));
    world_at(faults->world, pause_ms * WORLD_MS, strike, faults, 0);
}

void faults_init(struct faults *faults, struct world *world)
{
    *faults = (struct faults){
        .world = world,
        .rng = world_rng(world, "faults"),
        .pace = world_rng(world, "pace"),
        .every_ms = 6000,
    };
}

void faults_fini(struct faults *faults)
{
    hl_free(faults->partitions);
}

void faults_begin(struct faults *faults)
{
    faults->going = true;
    strike(faults, 0);
}

static void mend_links(struct network *network)
{
    for (size_t a = 0; a < network->port_count; a++) {
        for (size_t b = 0; b < network->port_count; b++) {
            network->links[a][b].latency_ns = 10 * WORLD_MS;
            network->links[a][b].bytes_per_s = 10000000;
            while (network->links[a][b].blocked > 0) {
                network_unblock(network, a, b);
            }
        }
    }
}

static void retry_all(struct host *host)
{
    struct world *world = host->world;
    for (size_t i = 0; i < world->alliance.city_count; i++) {
        struct engine_event event = {
            .kind = ENGINE_RETRY,
            .peer = bytes_of_text(world->alliance.cities[i].id)};
        host_event(host, &event);
    }
}

void faults_end(struct faults *faults)
{
    struct world *world = faults->world;
    faults->going = false;
    world_trace(world, "faults end");
    mend_links(&world->network);
    lines_mended(world, 0);
    for (size_t i = 0; i < world->host_count; i++) {
        struct host *host = world->hosts[i];
        host->skew_ms = 0;
        host->crash = CRASH_NONE;
        host->flush_ns = 3 * WORLD_MS;
        host->liar.lie = LIE_NONE;
        host->full = false;
        if (!host->up && !host->away) {
            host_start(host);
        }
    }
    for (size_t i = 0; i < world->host_count; i++) {
        operator_give_charter(world->hosts[i]); /* who gave it, came too soon */
        retry_all(world->hosts[i]);
    }
}
