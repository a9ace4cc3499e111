/* SPDX-License-Identifier: Apache-2.0 */

/* Durable writes a second of a running node, beside calls of the same
 * connection that do nothing, and beside what the store and the hash function
 * take alone. All of it in turns, several times: what is shown are medians,
 * and of ratios the median of those of each turn.
 *
 *   bench_write measure FOLDER ROUNDS PORT
 *   bench_write fill ENTRIES PORT
 *
 * in a folder that bench_write.sh made; it says what stands where. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "protocol/base/alloc.h"
#include "tests/bench/bench_series.h"
#include "tests/bench/bench_write_load.h"
#include "tests/bench/bench_write_raw.h"

enum { WARM_UP_ROUNDS = 1 };

static const double slice_seconds = 0.7;

/* --- What is measured. --------------------------------------------------- */

struct line {
    const char *name;
    size_t calls;     /* 0: a batch */
    size_t raw_units; /* of one turn */
    const char *aim;
    struct series node, empty, author, raw, each; /* units in a commit */
};

static void measure_node(struct line *line, struct load *load)
{
    struct load_state before = load_state(load);
    if (line->calls > 0) {
        series_add(&line->empty, load_checks(load, line->calls, slice_seconds));
        series_add(&line->node, load_puts(load, line->calls, slice_seconds));
    } else {
        series_add(&line->node, load_batch(load));
    }
    struct load_state after = load_state(load);
    series_add(&line->each, (double)(after.writes - before.writes) /
                                (double)(after.commits - before.commits));
}

static void measure_raw(struct line *line, struct raw_units *raw)
{
    size_t each = (size_t)(series_last(&line->each) + 0.5);
    struct raw_times times = raw_units_write(raw, line->raw_units, each);
    series_add(&line->author, (double)line->raw_units / times.author_s);
    series_add(&line->raw, (double)line->raw_units / times.raw_s);
}

static void print_head(void)
{
    printf("%-19s  %8s  %8s  %8s  %8s  %8s\n", "units a second", "node",
           "empty", "raw", "writer", "a commit");
}

static void print_line(const struct line *line)
{
    printf("%-19s", line->name);
    series_print_rate(&line->node);
    series_print_rate(&line->empty);
    series_print_rate(&line->raw);
    series_print_rate(&line->author);
    series_print_rate(&line->each);
    printf("\n");
}

static void print_ratio_head(void)
{
    printf("\n%-19s  %8s  %8s  %8s  %8s  %s\n", "ratios",
           "node:", "node:", "node:", "raw:", "aim");
    printf("%-19s  %8s  %8s  %8s  %8s\n", "", "empty", "raw", "writer",
           "empty");
}

static void print_ratios(const struct line *line)
{
    printf("%-19s", line->name);
    series_print_ratio(&line->node, &line->empty);
    series_print_ratio(&line->node, &line->raw);
    series_print_ratio(&line->node, &line->author);
    series_print_ratio(&line->raw, &line->empty);
    printf("  %s\n", line->aim);
}

static void warm_up(struct line *line)
{
    line->node.count = line->empty.count = line->author.count = 0;
    line->raw.count = line->each.count = 0;
}

static void measure(struct load *tls, struct load *local, struct raw_units *raw,
                    size_t rounds)
{
    struct line lines[] = {
        {.name = "TLS, 1 client", .calls = 1, .raw_units = 200, .aim = ""},
        {.name = "TLS, 64 clients",
         .calls = 64,
         .raw_units = 3000,
         .aim = "node:empty 0.50"},
        {.name = "TLS, a batch",
         .raw_units = LOAD_BATCH_ITEMS,
         .aim = "node:raw 0.50"},
        {.name = "socket, 1 client", .calls = 1, .raw_units = 200, .aim = ""},
        {.name = "socket, 64 clients",
         .calls = 64,
         .raw_units = 3000,
         .aim = "node:empty 0.50"},
        {.name = "socket, a batch",
         .raw_units = LOAD_BATCH_ITEMS,
         .aim = "node:raw 0.50"},
    };
    enum { LINES = sizeof(lines) / sizeof(lines[0]) };
    for (size_t round = 0; round < WARM_UP_ROUNDS + rounds; round++) {
        for (size_t i = 0; i < LINES; i++) {
            if (round == WARM_UP_ROUNDS) {
                warm_up(&lines[i]);
            }
            measure_node(&lines[i], i < LINES / 2 ? tls : local);
            measure_raw(&lines[i], raw);
        }
    }
    print_head();
    for (size_t i = 0; i < LINES; i++) {
        print_line(&lines[i]);
    }
    print_ratio_head();
    for (size_t i = 0; i < LINES; i++) {
        print_ratios(&lines[i]);
    }
    struct record_sum work = raw_units_work(raw);
    printf("\nraw, a unit of a batch: %.1f puts, %.0f bytes in all; %.1f "
           "hashes, %.0f bytes in all\n",
           work.puts, work.put_bytes, work.hashes, work.hash_bytes);
}

static void fill(struct load *load, uint64_t entries)
{
    double start = bench_now();
    uint64_t done = 0;
    for (; done < entries; done += LOAD_BATCH_ITEMS) {
        (void)load_batch(load);
    }
    printf("%" PRIu64 " units put in batches: %.0f a second\n", done,
           (double)done / (bench_now() - start));
}

static const char tls_target[] = "127.0.0.1:";

int main(int argc, char **argv)
{
    bool fills = argc == 4 && strcmp(argv[1], "fill") == 0;
    bool measures = argc == 5 && strcmp(argv[1], "measure") == 0;
    if (!fills && !measures) {
        fprintf(stderr, "usage: bench_write measure FOLDER ROUNDS PORT\n"
                        "       bench_write fill ENTRIES PORT\n");
        return 2;
    }
    char target[64];
    snprintf(target, sizeof(target), "%s%s", tls_target, argv[argc - 1]);
    struct client_options remote = {
        .target = target,
        .roots = "ca/root.crt",
        .certificate = "web.crt",
        .key = "web.key",
        .alliance = "zy.example",
        .node = "zhengzhou",
        .timeout_ms = 60000,
    };
    struct client_options here = {
        .target = "unix:heluo.sock",
        .timeout_ms = 60000,
    };
    struct load tls, local;
    uint32_t run = (uint32_t)getpid();
    load_open(&tls, &remote, 2 * run);
    load_open(&local, &here, 2 * run + 1);
    if (fills) {
        fill(&tls, strtoull(argv[2], NULL, 10));
    } else {
        size_t rounds = strtoul(argv[3], NULL, 10);
        struct raw_units *raw = raw_units_open(argv[2], run);
        measure(&tls, &local, raw,
                rounds == 0 || rounds > ROUNDS_MAX ? 5 : rounds);
        raw_units_close(&raw);
    }
    load_close(&local);
    load_close(&tls);
    return 0;
}
