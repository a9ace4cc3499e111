/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bench_latency.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "protocol/base/alloc.h"

enum { WRITERS_MAX = 16, RATE_OF_WRITER = 100 };

static const int64_t second_ns = 1000000000;

struct put {
    int64_t asked_ns, acknowledged_ns;
    _Atomic int64_t seen_ns; /* 0: not yet */
};

struct latency {
    struct latency_plan plan;
    struct put *puts;
    uint64_t count;
    unsigned writers;
    int64_t start_ns;
    atomic_uint_fast64_t seen;
};

struct writing {
    struct latency *latency;
    void *writer;
    unsigned number;
    pthread_t thread;
};

int64_t bench_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * second_ns + now.tv_nsec;
}

void bench_sleep_until(int64_t at_ns)
{
    struct timespec at = {.tv_sec = at_ns / second_ns,
                          .tv_nsec = (long)(at_ns % second_ns)};
    while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &at, NULL) == EINTR) {
    }
}

/* --- The two sides. ------------------------------------------------------ */

static void *work(void *context)
{
    struct writing *writing = context;
    struct latency *latency = writing->latency;
    const struct latency_plan *plan = &latency->plan;
    for (uint64_t i = writing->number; i < latency->count;
         i += latency->writers) {
        struct put *put = &latency->puts[i];
        struct bench_unit unit;
        bench_unit_make(plan->run, i, &unit);
        bench_sleep_until(latency->start_ns +
                          (int64_t)(i * (uint64_t)second_ns / plan->rate));
        put->asked_ns = bench_now_ns();
        plan->put(writing->writer, i, &unit);
        put->acknowledged_ns = bench_now_ns();
    }
    return NULL;
}

static void *watch(void *context)
{
    struct latency *latency = context;
    latency->plan.watch(latency->plan.context, latency);
    return NULL;
}

void latency_seen(struct latency *latency, uint64_t number)
{
    if (number < latency->count && !latency_is_seen(latency, number)) {
        atomic_store(&latency->puts[number].seen_ns, bench_now_ns());
        atomic_fetch_add(&latency->seen, 1);
    }
}

bool latency_is_seen(const struct latency *latency, uint64_t number)
{
    return number < latency->count &&
           atomic_load(&latency->puts[number].seen_ns) != 0;
}

bool latency_over(const struct latency *latency)
{
    return atomic_load(&latency->seen) >= latency->count;
}

/* --- What came of it. ---------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static void print_quantiles(const char *name, int64_t *values, size_t count)
{
    qsort(values, count, sizeof(values[0]), compare);
    size_t last = count - 1;
    printf("%s_p50_us %.0f\n%s_p99_us %.0f\n", name,
           (double)values[last / 2] / 1e3, name,
           (double)values[last * 99 / 100] / 1e3);
}

static void print_all(const struct latency *latency)
{
    size_t count = latency->count;
    int64_t *visible = hl_alloc(count, sizeof(visible[0]));
    int64_t *acknowledged = hl_alloc(count, sizeof(acknowledged[0]));
    int64_t last = latency->start_ns;
    for (size_t i = 0; i < count; i++) {
        const struct put *put = &latency->puts[i];
        visible[i] = atomic_load(&put->seen_ns) - put->acknowledged_ns;
        acknowledged[i] = put->acknowledged_ns - put->asked_ns;
        last = put->acknowledged_ns > last ? put->acknowledged_ns : last;
    }
    print_quantiles("visible", visible, count);
    print_quantiles("acknowledged", acknowledged, count);
    printf("rate %.0f\n",
           (double)count / ((double)(last - latency->start_ns) / 1e9));
    hl_free(visible);
    hl_free(acknowledged);
}

static void start(struct latency *latency, struct writing *writings,
                  pthread_t *watcher)
{
    const struct latency_plan *plan = &latency->plan;
    int failed = 0;
    for (unsigned i = 0; i < latency->writers; i++) {
        writings[i] = (struct writing){.latency = latency,
                                       .writer = plan->open(plan->context),
                                       .number = i};
    }
    latency->start_ns = bench_now_ns() + second_ns / 2;
    failed |= pthread_create(watcher, NULL, watch, latency);
    for (unsigned i = 0; i < latency->writers; i++) {
        failed |= pthread_create(&writings[i].thread, NULL, work, &writings[i]);
    }
    if (failed != 0) {
        fprintf(stderr, "bench: no more threads\n");
        exit(1);
    }
}

void latency_measure(const struct latency_plan *plan)
{
    static struct writing writings[WRITERS_MAX];
    struct latency latency = {.plan = *plan,
                              .count = (uint64_t)plan->rate * plan->seconds,
                              .writers = 1 + plan->rate / RATE_OF_WRITER};
    latency.writers =
        latency.writers < WRITERS_MAX ? latency.writers : WRITERS_MAX;
    latency.puts = hl_alloc(latency.count, sizeof(latency.puts[0]));
    pthread_t watcher;
    start(&latency, writings, &watcher);
    for (unsigned i = 0; i < latency.writers; i++) {
        pthread_join(writings[i].thread, NULL);
        plan->close(writings[i].writer);
    }
    pthread_join(watcher, NULL);
    if (!latency_over(&latency)) {
        fprintf(stderr, "bench: %" PRIu64 " of %" PRIu64 " writes were seen\n",
                (uint64_t)atomic_load(&latency.seen), latency.count);
        exit(1);
    }
    print_all(&latency);
    hl_free(latency.puts);
}
