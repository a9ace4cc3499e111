/* SPDX-License-Identifier: Apache-2.0 */

/* The same units in PostgreSQL, for bench_postgres.sh:
 *
 *   bench_postgres fill PUBLISHER COUNT CLIENTS   single-row commits
 *   bench_postgres await SUBSCRIBER COUNT         until so many rows are there
 *   bench_postgres latency PUBLISHER SUBSCRIBER RATE SECONDS
 *
 * PUBLISHER and SUBSCRIBER are libpq's connection strings. */

#include <inttypes.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "protocol/base/alloc.h"
#include "tests/bench/bench_latency.h"

enum {
    CLIENTS_MAX = 64,
    POLL_NS = 5000000,        /* of a backlog */
    POLL_LATENCY_NS = 100000, /* of a row */
    AWAIT_SECONDS = 300,
    STRAGGLERS_SECONDS = 5,
    WINDOW = 2000, /* rows looked at, from the first one not seen */
};

static void end(PGconn *connection, const char *what)
{
    fprintf(stderr, "bench_postgres: %s: %s\n", what,
            PQerrorMessage(connection));
    exit(1);
}

static PGconn *dial(const char *target)
{
    PGconn *connection = PQconnectdb(target);
    if (PQstatus(connection) != CONNECTION_OK) {
        end(connection, target);
    }
    return connection;
}

static void prepare(PGconn *connection, const char *name, const char *text)
{
    PGresult *result = PQprepare(connection, name, text, 0, NULL);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        end(connection, text);
    }
    PQclear(result);
}

/* --- Writing. ------------------------------------------------------------ */

static PGconn *open_insert(const char *target)
{
    PGconn *connection = dial(target);
    prepare(connection, "put",
            "INSERT INTO units VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
    return connection;
}

static void insert(PGconn *connection, uint64_t number,
                   const struct bench_unit *unit)
{
    char place[24], kind[12], revision[12];
    snprintf(place, sizeof(place), "%" PRIu64, number);
    snprintf(kind, sizeof(kind), "%d", BENCH_UNIT_KIND);
    snprintf(revision, sizeof(revision), "%d", BENCH_UNIT_DIVISION_REVISION);
    const char *values[] = {
        place,
        (const char *)unit->command,
        BENCH_UNIT_SCHEME,
        unit->id,
        unit->name_zh,
        unit->name_en,
        kind,
        BENCH_UNIT_DIVISION,
        revision,
    };
    int sizes[9] = {[1] = (int)sizeof(unit->command)};
    int formats[9] = {[1] = 1};
    PGresult *result =
        PQexecPrepared(connection, "put", 9, values, sizes, formats, 0);
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        end(connection, "INSERT");
    }
    PQclear(result);
}

struct filling {
    PGconn *connection;
    uint64_t first, step, count;
    uint32_t run;
    pthread_t thread;
};

static void *fill_part(void *context)
{
    struct filling *filling = context;
    for (uint64_t i = filling->first; i < filling->count; i += filling->step) {
        struct bench_unit unit;
        bench_unit_make(filling->run, i, &unit);
        insert(filling->connection, i, &unit);
    }
    return NULL;
}

static void fill(const char *target, uint64_t count, unsigned clients)
{
    static struct filling fillings[CLIENTS_MAX];
    clients = clients < CLIENTS_MAX ? clients : CLIENTS_MAX;
    int64_t start = bench_now_ns();
    for (unsigned i = 0; i < clients; i++) {
        fillings[i] = (struct filling){.connection = open_insert(target),
                                       .first = i,
                                       .step = clients,
                                       .count = count,
                                       .run = (uint32_t)getpid()};
        if (pthread_create(&fillings[i].thread, NULL, fill_part,
                           &fillings[i]) != 0) {
            end(fillings[i].connection, "no more threads");
        }
    }
    for (unsigned i = 0; i < clients; i++) {
        pthread_join(fillings[i].thread, NULL);
        PQfinish(fillings[i].connection);
    }
    printf("per_s %.0f\n",
           (double)count / ((double)(bench_now_ns() - start) / 1e9));
}

/* --- Following. ---------------------------------------------------------- */

static uint64_t number_of(PGconn *connection, const char *query)
{
    PGresult *result = PQexec(connection, query);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        end(connection, query);
    }
    uint64_t number = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    return number;
}

/* The highest number is cheap to ask for; rows are counted behind it. */
static void await(const char *target, uint64_t count)
{
    PGconn *connection = NULL;
    int64_t until = bench_now_ns() + AWAIT_SECONDS * (int64_t)1000000000;
    for (;;) { /* it may not be there yet */
        connection = PQconnectdb(target);
        if (PQstatus(connection) == CONNECTION_OK || bench_now_ns() > until) {
            break;
        }
        PQfinish(connection);
        bench_sleep_until(bench_now_ns() + POLL_NS);
    }
    int64_t first_ns = 0;
    for (;;) {
        uint64_t seen = number_of(connection, "SELECT coalesce(max(number) + 1,"
                                              " 0) FROM units");
        int64_t now = bench_now_ns();
        first_ns = first_ns == 0 && seen > 0 ? now : first_ns;
        if (seen >= count &&
            number_of(connection, "SELECT count(*) FROM units") >= count) {
            break;
        }
        if (now > until) {
            end(connection, "not all rows came");
        }
        bench_sleep_until(bench_now_ns() + POLL_NS);
    }
    printf("first_ns %" PRId64 "\napplied_ns %" PRId64 "\n", first_ns,
           bench_now_ns());
    PQfinish(connection);
}

struct sides {
    const char *publisher;
    PGconn *watching;
    uint64_t base; /* of this run's numbers */
};

struct inserting {
    PGconn *connection;
    uint64_t base;
};

static void *open_writer(void *context)
{
    struct sides *sides = context;
    struct inserting *writer = hl_alloc(1, sizeof(*writer));
    writer->connection = open_insert(sides->publisher);
    writer->base = sides->base;
    return writer;
}

static void put(void *context, uint64_t number, const struct bench_unit *unit)
{
    struct inserting *writer = context;
    insert(writer->connection, writer->base + number, unit);
}

static void close_writer(void *context)
{
    struct inserting *writer = context;
    PQfinish(writer->connection);
    hl_free(writer);
}

static uint64_t look(struct sides *sides, uint64_t from,
                     struct latency *latency)
{
    char first[24], past[24];
    snprintf(first, sizeof(first), "%" PRIu64, sides->base + from);
    snprintf(past, sizeof(past), "%" PRIu64, sides->base + from + WINDOW);
    const char *values[] = {first, past};
    PGresult *result =
        PQexecPrepared(sides->watching, "look", 2, values, NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        end(sides->watching, "SELECT");
    }
    for (int i = 0; i < PQntuples(result); i++) {
        uint64_t number = strtoull(PQgetvalue(result, i, 0), NULL, 10);
        latency_seen(latency, number - sides->base);
    }
    PQclear(result);
    while (latency_is_seen(latency, from)) {
        from++;
    }
    return from;
}

/* By polling, the time of one query and a half pause late on the average. */
static void watch(void *context, struct latency *latency)
{
    struct sides *sides = context;
    uint64_t from = 0;
    int64_t last = bench_now_ns();
    while (!latency_over(latency) &&
           bench_now_ns() < last + STRAGGLERS_SECONDS * (int64_t)1000000000) {
        uint64_t next = look(sides, from, latency);
        last = next > from ? bench_now_ns() : last;
        from = next;
        bench_sleep_until(bench_now_ns() + POLL_LATENCY_NS);
    }
}

static void measure(const char *publisher, const char *subscriber,
                    unsigned rate, unsigned seconds)
{
    struct sides sides = {.publisher = publisher, .watching = dial(subscriber)};
    sides.base = number_of(sides.watching, "SELECT coalesce(max(number) + 1, 0)"
                                           " FROM units");
    prepare(sides.watching, "look",
            "SELECT number FROM units WHERE number >= $1 AND number < $2");
    struct latency_plan plan = {.rate = rate,
                                .seconds = seconds,
                                .run = (uint32_t)getpid(),
                                .context = &sides,
                                .open = open_writer,
                                .put = put,
                                .close = close_writer,
                                .watch = watch};
    latency_measure(&plan);
    PQfinish(sides.watching);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "fill") == 0 && argc == 5) {
        fill(argv[2], strtoull(argv[3], NULL, 10),
             (unsigned)strtoul(argv[4], NULL, 10));
    } else if (strcmp(what, "await") == 0 && argc == 4) {
        await(argv[2], strtoull(argv[3], NULL, 10));
    } else if (strcmp(what, "latency") == 0 && argc == 6) {
        measure(argv[2], argv[3], (unsigned)strtoul(argv[4], NULL, 10),
                (unsigned)strtoul(argv[5], NULL, 10));
    } else {
        fprintf(stderr, "usage: bench_postgres fill PUBLISHER COUNT CLIENTS | "
                        "await SUBSCRIBER COUNT | latency PUBLISHER "
                        "SUBSCRIBER RATE SECONDS\n");
        return 2;
    }
    return 0;
}
