/* SPDX-License-Identifier: Apache-2.0 */

/* What a clearing cycle costs, beside its raw limit, and whom it holds up:
 *
 *   bench_clearing [OBLIGATIONS [NODES]]
 *
 * Counts are on a snapshot, as the desk's; processor seconds, medians. */

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "node/projection/cycles.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "tests/bench/bench_clearing_desk.h"
#include "tests/bench/bench_clearing_raw.h"
#include "tests/bench/bench_series.h"

enum {
    ROUNDS = 3,
    NEW_OF = 100,     /* a hundredth comes after the first cycle */
    COUNT_MAX_S = 10, /* aim */
    LOOK_MAX_MS = 50, /* aim: the desk looks after each commit */
    TURN_SECONDS = 2,
};

struct bench {
    struct clearing_load load;
    struct clearing_step step;
    uint64_t cut[CLEARING_NODES_MAX]; /* of the first cycle */
    bool aims_met;
};

/* --- Time and memory. ---------------------------------------------------- */

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* MB, of a line of /proc/self/status. */
static double memory(const char *name)
{
    char line[256];
    double kb = 0;
    FILE *file = fopen("/proc/self/status", "re");
    HL_ASSERT(file != NULL);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0) {
            kb = strtod(line + strlen(name) + 1, NULL);
        }
    }
    fclose(file);
    return kb / 1024;
}

/* VmHWM begins anew at what is there. */
static void forget_peak(void)
{
    int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t written = write(fd, "5", 1);
        (void)written;
        close(fd);
    }
}

/* --- One row of the table. ----------------------------------------------- */

struct figures {
    struct series cpu, wall, walk, hash, raw;
    double peak_mb, above_mb;
};

static struct store_txn *begin_read(struct bench *bench)
{
    struct store_txn *txn = NULL;
    struct hl_detail detail = {0};
    clearing_must(store_begin_read(bench->load.of.world.store, &txn, &detail),
                  &detail);
    return txn;
}

struct measured {
    const char *name;
    void (*count)(struct bench *bench, struct store_txn *txn);
    uint64_t rows;        /* that it counts */
    const uint64_t *from; /* as in struct clearing_raw */
};

/* Those rows, and no others, are what is counted. */
static void measure_raw(struct bench *bench, const struct measured *of,
                        struct store_txn *txn, struct figures *row)
{
    struct clearing_raw raw = {
        .load = &bench->load, .from = of->from, .txn = txn};
    double start = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    clearing_raw_walk(&raw);
    double walked = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    clearing_raw_hash(&raw);
    double hashed = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    series_add(&row->walk, walked - start);
    series_add(&row->hash, hashed - walked);
    series_add(&row->raw, hashed - start);
    HL_ASSERT(raw.rows == of->rows);
}

/* Pages of the store are in memory before: what is above is the count's. */
static void measure_once(struct bench *bench, const struct measured *of,
                         struct store_txn *txn, struct figures *row)
{
    forget_peak();
    double before = memory("VmRSS");
    double start = seconds_of(CLOCK_MONOTONIC);
    double start_cpu = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    of->count(bench, txn);
    series_add(&row->cpu, seconds_of(CLOCK_THREAD_CPUTIME_ID) - start_cpu);
    series_add(&row->wall, seconds_of(CLOCK_MONOTONIC) - start);
    row->peak_mb = memory("VmHWM");
    row->above_mb = row->peak_mb - before;
}

static void measure(struct bench *bench, const struct measured *of)
{
    struct figures row = {0};
    struct store_txn *txn = begin_read(bench);
    of->count(bench, txn);
    for (int i = 0; i < ROUNDS; i++) {
        measure_once(bench, of, txn, &row);
        measure_raw(bench, of, txn, &row);
    }
    store_abort(&txn);
    printf("%-26s %8.3f %8.3f %8.3f %8.3f %7.1f %8.0f %7.1f\n", of->name,
           series_median(&row.wall), series_median(&row.cpu),
           series_median(&row.walk), series_median(&row.hash),
           series_ratio(&row.cpu, &row.raw), row.peak_mb, row.above_mb);
    fflush(stdout);
    bench->aims_met = bench->aims_met && series_median(&row.cpu) <= COUNT_MAX_S;
}

/* --- What is counted. ---------------------------------------------------- */

static void propose(struct bench *bench, struct store_txn *txn)
{
    static const struct clearing_only all;
    struct clearing_view view = clearing_load_view(&bench->load, 0, txn);
    struct hl_detail detail = {0};
    clearing_must(clearing_propose(&view, &bench->load.options, &all, NULL,
                                   &bench->step, &detail),
                  &detail);
}

/* By the proposal that was made. */
static uint64_t counted(const struct bench *bench)
{
    struct cycle_proposal proposal;
    HL_ASSERT(bench->step.did == CLEARING_ENTRY);
    record_decode(&cycle_proposing, writer_view(&bench->step.entry.body),
                  &proposal);
    return proposal.count;
}

static struct cycle last_of_first(struct bench *bench, struct store_txn *txn)
{
    struct clearing_view view = clearing_load_view(&bench->load, 0, txn);
    struct cycle cycle;
    struct hl_detail detail = {0};
    bool found = false;
    clearing_must(clearing_last(&view, &cycle, &found, &detail), &detail);
    HL_ASSERT(found);
    return cycle;
}

static void answer(struct bench *bench, struct store_txn *txn)
{
    struct cycle cycle = last_of_first(bench, txn);
    struct clearing_view view =
        clearing_load_view(&bench->load, bench->load.nodes - 1, txn);
    struct hl_detail detail = {0};
    clearing_must(clearing_answer(&view, &bench->load.options, &cycle.key, NULL,
                                  &bench->step, &detail),
                  &detail);
}

/* --- The first cycle. ---------------------------------------------------- */

static void keep_cut(struct bench *bench, struct store_txn *txn)
{
    struct cycle cycle = last_of_first(bench, txn);
    struct cycle_lists lists;
    cycle_read(&cycle.of, &lists);
    for (size_t i = 0; i < lists.place_count; i++) {
        bench->cut[i] = lists.places[i].size; /* nodes are in order */
    }
    cycle_lists_fini(&lists);
}

/* The answer that was measured is what each says. */
static void make_final(struct bench *bench)
{
    struct clearing_load *load = &bench->load;
    struct hl_detail detail = {0};
    for (size_t i = 0; i < load->nodes; i++) {
        clearing_load_say(load, i, &bench->step);
    }
    clearing_load_commit(load);
    struct store_txn *txn = load->of.world.txn;
    struct clearing_view view = clearing_load_view(load, 0, txn);
    keep_cut(bench, txn);
    clearing_must(clearing_decide(&view, &load->options, &bench->step, &detail),
                  &detail);
    clearing_load_say(load, 0, &bench->step);
    clearing_load_commit(load);
}

/* Where all approved one cycle, and nothing is to be said. */
static void measure_look(struct bench *bench)
{
    struct store_txn *txn = begin_read(bench);
    struct clearing_view view = clearing_load_view(&bench->load, 1, txn);
    struct series times = {0};
    for (int i = 0; i < ROUNDS; i++) {
        struct writer position = {0};
        struct hl_detail detail = {0};
        struct cycle cycle;
        bool found = false;
        double start = seconds_of(CLOCK_THREAD_CPUTIME_ID);
        clearing_must(
            clearing_next_open(&view, &position, &cycle, &found, &detail),
            &detail);
        series_add(&times, seconds_of(CLOCK_THREAD_CPUTIME_ID) - start);
        HL_ASSERT(!found);
        writer_fini(&position);
    }
    store_abort(&txn);
    printf("%-26s %8s %8.4f\n", "a look, nothing to say", "",
           series_median(&times));
    fflush(stdout);
    bench->aims_met =
        bench->aims_met && series_median(&times) * 1000 <= LOOK_MAX_MS;
}

static void measure_counts(struct bench *bench, uint64_t obligations)
{
    struct clearing_load *load = &bench->load;
    printf("%-26s %8s %8s %8s %8s %7s %8s %7s\n", "", "seconds", "cpu s",
           "raw walk", "raw hash", "ratio", "peak MB", "above");
    measure(bench, &(struct measured){"count", propose, obligations, NULL});
    HL_ASSERT(counted(bench) == obligations);
    clearing_load_say(load, 0, &bench->step);
    clearing_load_commit(load);
    measure(bench,
            &(struct measured){"a party's answer", answer, obligations, NULL});
    make_final(bench);
    measure_look(bench);
    measure(bench, &(struct measured){"next count, nothing new", propose, 0,
                                      bench->cut});
    HL_ASSERT(bench->step.did == CLEARING_NOTHING);
    uint64_t more = obligations / NEW_OF;
    clearing_load_add(load, more);
    measure(bench, &(struct measured){"next count, 1 % new", propose, more,
                                      bench->cut});
    HL_ASSERT(counted(bench) == more);
}

/* --- Pauses. ------------------------------------------------------------- */

static void print_pauses(const char *name, const struct clearing_pauses *pauses)
{
    printf("%-26s %8zu %8.2f %8.2f %8.2f\n", name, pauses->orders,
           pauses->p50_ms, pauses->p99_ms, pauses->max_ms);
}

static bool measure_pauses(struct bench *bench)
{
    struct clearing_desk_times times;
    clearing_load_reopen(&bench->load);
    clearing_desk_measure(&bench->load, TURN_SECONDS, &times);
    const struct clearing_pauses *resting = &times.resting,
                                 *counting = &times.counting;
    printf("%-26s %8s %8s %8s %8s\n", "orders of one client", "orders",
           "p50 ms", "p99 ms", "max ms");
    print_pauses("the desk rests", resting);
    print_pauses("it counts, and approves", counting);
    printf("%-26s %8s %8.2f %8.2f %8.2f   (%u counts, %s)\n", "ratio", "",
           counting->p50_ms / resting->p50_ms,
           counting->p99_ms / resting->p99_ms,
           counting->max_ms / resting->max_ms, times.counts,
           times.approved ? "approved" : "NOT approved");
    /* Whoever comes while another commits waits for that, and for its own. */
    return times.approved && counting->max_ms <= 2 * resting->max_ms;
}

int main(int argc, char **argv)
{
    static struct bench bench;
    uint64_t obligations = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    size_t nodes = argc > 2 ? strtoull(argv[2], NULL, 10) : 30;
    if (argc > 3 || obligations < NEW_OF || nodes < 2 ||
        nodes > CLEARING_NODES_MAX) {
        fprintf(stderr,
                "usage: bench_clearing [OBLIGATIONS [NODES]]; from %d, "
                "and from 2 to %d\n",
                NEW_OF, CLEARING_NODES_MAX);
        return 2;
    }
    bench.aims_met = true;
    double start = seconds_of(CLOCK_MONOTONIC);
    clearing_load_open(&bench.load, nodes);
    clearing_load_add(&bench.load, obligations);
    printf("%" PRIu64 " obligations of %zu nodes (made in %.0f s)\n",
           obligations, nodes, seconds_of(CLOCK_MONOTONIC) - start);
    fflush(stdout);
    measure_counts(&bench, obligations);
    bool pauses_met = measure_pauses(&bench);
    printf("peak: mostly the store's pages; above: what a count adds to them\n"
           "aims: each count within %d cpu s, a look within %d ms: %s; no "
           "pause beyond one ordinary "
           "commit more: %s\n",
           COUNT_MAX_S, LOOK_MAX_MS, bench.aims_met ? "met" : "NOT met",
           pauses_met ? "met" : "NOT met");
    clearing_step_fini(&bench.step);
    clearing_load_close(&bench.load);
    return 0;
}
