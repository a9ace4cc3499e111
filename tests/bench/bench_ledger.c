/* SPDX-License-Identifier: Apache-2.0 */

/* Durable commands of the ledger a second: a running node, beside calls of the
 * same connection that do nothing, what the store and the hash function take
 * alone, the writer without calls, and PostgreSQL doing the same steps. All of
 * it in turns, step by step, several times: what is shown are medians, and of
 * ratios the median of those of each turn.
 *
 *   bench_ledger measure FOLDER ROUNDS PORT POSTGRES
 *
 * in a folder that bench_ledger.sh made; it says what stands where. POSTGRES is
 * a connection string of libpq. For a look at the writer alone, in a folder
 * that is empty:
 *
 *   bench_ledger writer FOLDER ROUNDS [COMMANDS_IN_A_COMMIT] */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/bench_ledger_load.h"
#include "tests/bench/bench_ledger_postgres.h"
#include "tests/bench/bench_ledger_raw.h"
#include "tests/bench/bench_series.h"

enum { ROUNDS = 5, WARM_UP_ROUNDS = 1, WORK_COMMIT = 300 };

static const double slice_seconds = 0.5;

struct sides {
    struct ledger_load node;
    struct ledger_raw *raw;
    struct ledger_pg *pg;
};

/* --- What is measured. --------------------------------------------------- */

/* Commands a second. */
enum column { NODE, EMPTY, RAW, WRITER, PG, PG_BARE, COMMIT, COLUMNS };

/* Beside the steps: an order's three together. */
enum { ORDER = STEPS, LINES };

struct way {
    const char *name;
    size_t calls;        /* under way at a time; 0: a batch */
    size_t raw_commands; /* of one turn */
    struct series lines[LINES][COLUMNS];
};

static void measure_node(struct way *way, enum ledger_step step,
                         struct ledger_load *node)
{
    struct series *line = way->lines[step];
    if (way->calls > 0) {
        series_add(&line[EMPTY],
                   load_checks(&node->load, way->calls, slice_seconds));
    }
    struct ledger_rate rate =
        way->calls > 0
            ? ledger_load_calls(node, step, way->calls, slice_seconds)
            : ledger_load_batch(node, step);
    series_add(&line[NODE], rate.per_s);
    series_add(&line[COMMIT], rate.commit);
}

static void measure_raw(struct way *way, enum ledger_step step,
                        struct ledger_raw *raw)
{
    struct series *line = way->lines[step];
    size_t each = (size_t)(series_last(&line[COMMIT]) + 0.5);
    struct raw_times times =
        ledger_raw_write(raw, step, way->raw_commands, each);
    series_add(&line[WRITER], (double)way->raw_commands / times.author_s);
    series_add(&line[RAW], (double)way->raw_commands / times.raw_s);
}

static void measure_pg(struct way *way, enum ledger_step step,
                       struct ledger_pg *pg)
{
    struct series *line = way->lines[step];
    struct ledger_pg_way as = {.clients = way->calls, .kept = true};
    series_add(&line[PG], ledger_pg_run(pg, step, as, slice_seconds));
}

/* Three commands, each as fast as it was. */
static void add_order(struct way *way, enum column column)
{
    double seconds = 0;
    for (enum ledger_step step = STEP_PLACE; step < STEPS; step++) {
        if (way->lines[step][column].count == 0) {
            return;
        }
        seconds += 1 / series_last(&way->lines[step][column]);
    }
    series_add(&way->lines[ORDER][column], (STEPS - STEP_PLACE) / seconds);
}

static void measure_way(struct way *way, struct sides *sides)
{
    for (enum ledger_step step = 0; step < STEPS; step++) {
        measure_node(way, step, &sides->node);
        measure_raw(way, step, sides->raw);
        measure_pg(way, step, sides->pg);
    }
    /* In turns of their own, as what is placed is accepted and delivered. */
    for (enum ledger_step step = 0; step < STEPS && way->calls > 1; step++) {
        struct ledger_pg_way as = {.clients = way->calls};
        series_add(&way->lines[step][PG_BARE],
                   ledger_pg_run(sides->pg, step, as, slice_seconds));
    }
    for (enum column column = 0; column < COLUMNS; column++) {
        add_order(way, column);
    }
}

static void forget(struct way *way)
{
    for (size_t i = 0; i < LINES; i++) {
        for (enum column column = 0; column < COLUMNS; column++) {
            way->lines[i][column].count = 0;
        }
    }
}

/* --- What is printed. ---------------------------------------------------- */

static const char *name_of(size_t line)
{
    return line == ORDER ? "an order's three"
                         : ledger_step_name((enum ledger_step)line);
}

static void print_rates(const struct way *way)
{
    static const enum column columns[] = {NODE, EMPTY,   RAW,   WRITER,
                                          PG,   PG_BARE, COMMIT};
    for (size_t i = 0; i < LINES; i++) {
        printf("%-12s%-17s", i == 0 ? way->name : "", name_of(i));
        for (size_t k = 0; k < sizeof(columns) / sizeof(columns[0]); k++) {
            series_print_rate(&way->lines[i][columns[k]]);
        }
        printf("\n");
    }
}

static void print_ratios(const struct way *way)
{
    static const enum column under[] = {EMPTY, RAW, WRITER, PG, PG_BARE};
    for (size_t i = 0; i < LINES; i++) {
        const struct series *line = way->lines[i];
        printf("%-12s%-17s", i == 0 ? way->name : "", name_of(i));
        for (size_t k = 0; k < sizeof(under) / sizeof(under[0]); k++) {
            series_print_ratio(&line[NODE], &line[under[k]]);
        }
        printf("\n");
    }
}

struct comparison {
    const char *what;
    const struct way *over_way;
    enum column over;
    const struct way *under_way;
    enum column under;
    double aim; /* 0: none, but good to know */
};

static void compare(const struct comparison *of, size_t line)
{
    double ratio = series_ratio(&of->over_way->lines[line][of->over],
                                &of->under_way->lines[line][of->under]);
    printf("%-17s  %-42s  %8.2f", name_of(line), of->what, ratio);
    if (of->aim > 0) {
        printf("  %s (aim %g)", ratio >= of->aim ? "met" : "not met", of->aim);
    }
    printf("\n");
}

static void print_aims(const struct way *many, const struct way *batch)
{
    static const size_t lines[] = {STEP_ISSUE, ORDER};
    const struct comparison all[] = {
        {"a batch : raw", batch, NODE, batch, RAW, 0.5},
        {"a batch : PG, 64 clients", batch, NODE, many, PG, 10},
        {"64 clients : empty", many, NODE, many, EMPTY, 0.5},
        {"  raw, a batch : PG, 64 clients", batch, RAW, many, PG, 0},
        {"  raw, as 64 clients commit : empty", many, RAW, many, EMPTY, 0},
        {"  a batch : PG bare, 64 clients", batch, NODE, many, PG_BARE, 0},
        {"  a batch : PG, a batch", batch, NODE, batch, PG, 0},
        {"  64 clients : PG, 64 clients", many, NODE, many, PG, 0},
        {"  64 clients : PG bare, 64 clients", many, NODE, many, PG_BARE, 0},
    };
    printf("\n");
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        for (size_t k = 0; k < sizeof(all) / sizeof(all[0]); k++) {
            compare(&all[k], lines[i]);
        }
    }
}

static void print_settled(const struct way *ways, size_t count)
{
    printf("\nsettled orders a second:");
    for (size_t i = 0; i < count; i++) {
        const struct series *line = ways[i].lines[ORDER];
        printf("%s %s %.0f (PG %.0f)", i == 0 ? "" : ",", ways[i].name,
               series_median(&line[NODE]) / (STEPS - STEP_PLACE),
               series_median(&line[PG]) / (STEPS - STEP_PLACE));
    }
    printf("\n");
}

static void measure(struct sides *sides, size_t rounds)
{
    static struct way ways[] = {
        {.name = "1 client", .calls = 1, .raw_commands = 100},
        {.name = "64 clients", .calls = 64, .raw_commands = 2000},
        {.name = "a batch", .raw_commands = LEDGER_BATCH},
    };
    enum { WAYS = sizeof(ways) / sizeof(ways[0]) };
    for (size_t round = 0; round < WARM_UP_ROUNDS + rounds; round++) {
        for (size_t i = 0; i < WAYS; i++) {
            if (round == WARM_UP_ROUNDS) {
                forget(&ways[i]);
            }
            measure_way(&ways[i], sides);
        }
    }
    printf("%-29s  %8s  %8s  %8s  %8s  %8s  %8s  %8s\n", "commands a second",
           "node", "empty", "raw", "writer", "PG", "PG bare", "a commit");
    for (size_t i = 0; i < WAYS; i++) {
        print_rates(&ways[i]);
    }
    printf("\n%-29s  %8s  %8s  %8s  %8s  %8s\n", "node to", "empty", "raw",
           "writer", "PG", "PG bare");
    for (size_t i = 0; i < WAYS; i++) {
        print_ratios(&ways[i]);
    }
    print_settled(ways, WAYS);
    print_aims(&ways[1], &ways[2]);
}

/* For the reader: puts and hashes of a command; and, as disks differ more than
 * processors, what a command takes of those. */
static void print_work(struct ledger_raw *raw, size_t rounds, size_t each)
{
    enum { WRITER_S, RAW_S, WRITER_US, RAW_US, FIGURES };
    static struct series figures[STEPS][FIGURES];
    struct record_sum work[STEPS];
    for (size_t i = 0; i < rounds * STEPS; i++) {
        enum ledger_step step = (enum ledger_step)(i % STEPS);
        struct series *line = figures[step];
        record_clear_sum();
        struct raw_times times =
            ledger_raw_write(raw, step, LEDGER_BATCH, each);
        series_add(&line[WRITER_S], LEDGER_BATCH / times.author_s);
        series_add(&line[RAW_S], LEDGER_BATCH / times.raw_s);
        series_add(&line[WRITER_US], times.author_cpu_s * 1e6 / LEDGER_BATCH);
        series_add(&line[RAW_US], times.raw_cpu_s * 1e6 / LEDGER_BATCH);
        work[step] = raw_work(LEDGER_BATCH);
    }
    printf("\n%-8zu in a commit   %8s  %8s  %8s  %8s  %8s  %8s  %8s  %8s\n",
           each, "puts", "bytes", "hashes", "bytes", "writer/s", "raw/s",
           "CPU us", "of raw");
    for (enum ledger_step step = 0; step < STEPS; step++) {
        printf("%-20s  %8.1f  %8.0f  %8.1f  %8.0f", ledger_step_name(step),
               work[step].puts, work[step].put_bytes, work[step].hashes,
               work[step].hash_bytes);
        for (size_t i = 0; i < FIGURES; i++) {
            series_print_rate(&figures[step][i]);
        }
        printf("\n");
    }
}

static void measure_all(const char *folder, size_t rounds, const char *port,
                        const char *postgres)
{
    char target[64];
    snprintf(target, sizeof(target), "127.0.0.1:%s", port);
    struct client_options options = {
        .target = target,
        .roots = "ca/root.crt",
        .certificate = "web.crt",
        .key = "web.key",
        .alliance = "zy.example",
        .node = LEDGER_NODE,
        .timeout_ms = 60000,
    };
    struct sides sides = {0};
    uint32_t run = (uint32_t)getpid();
    ledger_load_open(&sides.node, &options, run);
    sides.raw = ledger_raw_open(folder, run);
    sides.pg = ledger_pg_open(postgres, run);
    measure(&sides, rounds);
    print_work(sides.raw, 1, WORK_COMMIT);
    ledger_pg_close(&sides.pg);
    ledger_raw_close(&sides.raw);
    ledger_load_close(&sides.node);
}

int main(int argc, char **argv)
{
    bool all = argc == 6 && strcmp(argv[1], "measure") == 0;
    bool writer = (argc == 4 || argc == 5) && strcmp(argv[1], "writer") == 0;
    if (!all && !writer) {
        fprintf(stderr,
                "usage: bench_ledger measure FOLDER ROUNDS PORT POSTGRES\n"
                "       bench_ledger writer FOLDER ROUNDS [COMMANDS]\n");
        return 2;
    }
    size_t rounds = strtoul(argv[3], NULL, 10);
    if (rounds == 0 || rounds > ROUNDS_MAX - WARM_UP_ROUNDS) {
        rounds = ROUNDS;
    }
    if (all) {
        measure_all(argv[2], rounds, argv[4], argv[5]);
        return 0;
    }
    struct ledger_raw *raw = ledger_raw_open(argv[2], 1);
    print_work(raw, rounds,
               argc == 5 ? strtoul(argv[4], NULL, 10) : WORK_COMMIT);
    ledger_raw_close(&raw);
    return 0;
}
