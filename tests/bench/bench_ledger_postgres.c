/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/bench_ledger_postgres.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "tests/bench/bench_load.h"

enum { CLIENTS_MAX = 64, UUID_OID = 2950, INT8_OID = 20 };

struct ledger_pg {
    uint32_t run;
    uint64_t next[STEPS]; /* command */
    PGconn *connections[CLIENTS_MAX];
};

static void end(PGconn *connection, const char *what)
{
    fprintf(stderr, "bench_ledger: %s: %s\n", what, PQerrorMessage(connection));
    exit(1);
}

static void check(PGconn *connection, PGresult *result, const char *what)
{
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        end(connection, what);
    }
    PQclear(result);
}

/* --- A transaction for each command. ------------------------------------- */

static void prepare(PGconn *connection)
{
    for (enum ledger_step step = 0; step < STEPS; step++) {
        char text[64], all[16];
        const char *name = ledger_step_name(step);
        snprintf(text, sizeof(text), "SELECT %s($1, $2, $3, $4)", name);
        check(connection, PQprepare(connection, name, text, 0, NULL), text);
        snprintf(all, sizeof(all), "%s_all", name);
        snprintf(text, sizeof(text), "SELECT %s($1, $2, $3)", all);
        check(connection, PQprepare(connection, all, text, 0, NULL), text);
    }
}

static void put_u64(uint8_t out[8], uint64_t value)
{
    for (size_t i = 0; i < 8; i++) {
        out[i] = (uint8_t)(value >> (56 - 8 * i));
    }
}

static void execute(PGconn *connection, enum ledger_step step,
                    const struct ledger_item *item, bool kept)
{
    uint8_t fen[8], flag = kept;
    put_u64(fen, item->fen);
    const char *values[] = {(const char *)item->of, (const char *)item->whose,
                            (const char *)fen, (const char *)&flag};
    int sizes[] = {sizeof(item->of), sizeof(item->whose), sizeof(fen), 1};
    int formats[] = {1, 1, 1, 1};
    const char *name = ledger_step_name(step);
    check(connection,
          PQexecPrepared(connection, name, 4, values, sizes, formats, 1), name);
}

struct client {
    struct ledger_pg *pg;
    PGconn *connection;
    enum ledger_step step;
    bool kept;
    atomic_uint_fast64_t *next;
    uint64_t last; /* past the last command */
    double until;
    pthread_t thread;
};

static void *work(void *context)
{
    struct client *client = context;
    struct ledger_item item = {0};
    while (bench_now() < client->until) {
        uint64_t number = atomic_fetch_add(client->next, 1);
        if (number >= client->last) {
            break;
        }
        ledger_item_make(client->pg->run, client->step, number, &item);
        execute(client->connection, client->step, &item, client->kept);
    }
    return NULL;
}

static double run_clients(struct ledger_pg *pg, enum ledger_step step,
                          struct ledger_pg_way way, double seconds)
{
    static struct client clients[CLIENTS_MAX];
    HL_ASSERT(way.clients <= CLIENTS_MAX);
    bool makes = step == STEP_ISSUE || step == STEP_PLACE;
    atomic_uint_fast64_t next = pg->next[step];
    uint64_t last = makes ? UINT64_MAX : pg->next[step - 1];
    double start = bench_now();
    for (size_t i = 0; i < way.clients; i++) {
        clients[i] = (struct client){
            .pg = pg,
            .connection = pg->connections[i],
            .step = step,
            .kept = way.kept,
            .next = &next,
            .last = last,
            .until = makes ? start + seconds : start + 3600,
        };
        if (pthread_create(&clients[i].thread, NULL, work, &clients[i]) != 0) {
            end(clients[i].connection, "no more threads");
        }
    }
    for (size_t i = 0; i < way.clients; i++) {
        pthread_join(clients[i].thread, NULL);
    }
    uint64_t done = makes ? atomic_load(&next) : last;
    double per_s = (double)(done - pg->next[step]) / (bench_now() - start);
    pg->next[step] = done;
    return per_s;
}

/* --- One for a batch. ---------------------------------------------------- */

static void begin_array(struct writer *out, uint32_t type, size_t count)
{
    writer_u32(out, 1); /* dimension */
    writer_u32(out, 0); /* none is NULL */
    writer_u32(out, type);
    writer_u32(out, (uint32_t)count);
    writer_u32(out, 1); /* the first index */
}

static double run_batch(struct ledger_pg *pg, enum ledger_step step,
                        size_t count)
{
    struct writer arrays[3] = {0};
    struct ledger_item item = {0};
    char name[16];
    snprintf(name, sizeof(name), "%s_all", ledger_step_name(step));
    begin_array(&arrays[0], UUID_OID, count);
    begin_array(&arrays[1], UUID_OID, count);
    begin_array(&arrays[2], INT8_OID, count);
    for (size_t i = 0; i < count; i++) {
        ledger_item_make(pg->run, step, pg->next[step]++, &item);
        writer_u32(&arrays[0], sizeof(item.of));
        writer_bytes(&arrays[0], bytes_of(item.of, sizeof(item.of)));
        writer_u32(&arrays[1], sizeof(item.whose));
        writer_bytes(&arrays[1], bytes_of(item.whose, sizeof(item.whose)));
        writer_u32(&arrays[2], sizeof(item.fen));
        writer_u64(&arrays[2], item.fen);
    }
    const char *values[3];
    int sizes[3], formats[] = {1, 1, 1};
    for (size_t i = 0; i < 3; i++) {
        values[i] = (const char *)arrays[i].data;
        sizes[i] = (int)arrays[i].size;
    }
    PGconn *connection = pg->connections[0];
    double start = bench_now();
    check(connection,
          PQexecPrepared(connection, name, 3, values, sizes, formats, 1), name);
    double per_s = (double)count / (bench_now() - start);
    for (size_t i = 0; i < 3; i++) {
        writer_fini(&arrays[i]);
    }
    return per_s;
}

double ledger_pg_run(struct ledger_pg *pg, enum ledger_step step,
                     struct ledger_pg_way way, double seconds)
{
    return way.clients > 0 ? run_clients(pg, step, way, seconds)
                           : run_batch(pg, step, LEDGER_BATCH);
}

/* --- Before all else. ---------------------------------------------------- */

static void found(struct ledger_pg *pg)
{
    char text[512];
    PGconn *connection = pg->connections[0];
    snprintf(text, sizeof(text),
             "INSERT INTO schemes VALUES ('%s', 1, %d, %d, %d, %d, %" PRIu64
             "); INSERT INTO budgets VALUES ('%s', 1, %" PRIu64
             ", 0); INSERT INTO accounts SELECT account, '', 0, 0 FROM "
             "unnest('{fund,budget,issued,held,settled}'::text[]) AS account; "
             "UPDATE accounts SET debit_fen = %" PRIu64
             " WHERE account = 'fund'; UPDATE accounts SET credit_fen = "
             "%" PRIu64 " WHERE account = 'budget'",
             LEDGER_SCHEME, LEDGER_RATE_BP, LEDGER_UNIT_FEN, LEDGER_DAYS,
             LEDGER_DAYS, ledger_holder_year_max_fen, LEDGER_SCHEME,
             ledger_budget_fen, ledger_budget_fen, ledger_budget_fen);
    check(connection, PQexec(connection, text), text);
    (void)run_batch(pg, STEP_ISSUE, LEDGER_HOLDERS);
}

struct ledger_pg *ledger_pg_open(const char *target, uint32_t run)
{
    struct ledger_pg *pg = hl_alloc(1, sizeof(*pg));
    pg->run = run;
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        pg->connections[i] = PQconnectdb(target);
        if (PQstatus(pg->connections[i]) != CONNECTION_OK) {
            end(pg->connections[i], target);
        }
        prepare(pg->connections[i]);
    }
    found(pg);
    return pg;
}

void ledger_pg_close(struct ledger_pg **pg)
{
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        PQfinish((*pg)->connections[i]);
    }
    hl_free(*pg);
    *pg = NULL;
}
