/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/reader.h"
#include "protocol/tree/merkle.h"
#include "tests/sim/host_inside.h"
#include "tests/sim/operator.h"

/* The writer: in the daemon a thread, here two events, the commit and the
 * moment its outcome is known, between which messages come and nodes die. */

enum { BATCH_MAX = 500, GATHER_MS = 1, FULL_MS = 100 };

/* --- Events to the engine. ----------------------------------------------- */

static void tick(void *context, uint64_t boot)
{
    struct host *host = context;
    if (!host->up || host->boot != boot || host->tick_ns == 0 ||
        host->tick_ns > host->world->now_ns) {
        return;
    }
    host->tick_ns = 0;
    struct hl_mono wake = engine_wake_at(driver_engine(host->driver));
    if (wake.ns <= host_mono(host).ns) {
        struct engine_event event = {.kind = ENGINE_TICK};
        host_event(host, &event);
    } else {
        host_settle(host);
    }
}

static void queue_tick(struct host *host)
{
    struct hl_mono wake = engine_wake_at(driver_engine(host->driver));
    int64_t now = host->world->now_ns;
    int64_t in = mono_since_ns(wake, host_mono(host));
    int64_t at = now + (in > 0 ? in : 0);
    if (host->tick_ns == 0 || at < host->tick_ns) {
        host->tick_ns = at;
        queue_add(&host->world->queue, at, tick, host, host->boot);
    }
}

void host_event(struct host *host, struct engine_event *event)
{
    if (!host->up) {
        return;
    }
    event->mono = host_mono(host);
    event->wall = host_wall(host);
    driver_event(host->driver, event);
    host_settle(host);
}

void host_own_advanced(struct host *host)
{
    struct engine_event event = {
        .kind = ENGINE_OWN_ADVANCED,
        .mono = host_mono(host),
        .wall = host_wall(host),
        .head = author_head(host->author),
        .note = author_checkpoint(host->author),
        .urgent = author_is_urgent(host->author),
    };
    driver_event(host->driver, &event);
}

/* The own journal came back from partners, or the mark fits again: what the
 * author believes is out of date. */
static void reopen(struct host *host)
{
    host->reopen = false;
    author_destroy(&host->author);
    host_open_author(host);
    witness_start(&host->world->witness, host);
    if (host->refusal == HL_OK && author_head(host->author).size > 0) {
        host_own_advanced(host);
    }
}

/* --- The commit. --------------------------------------------------------- */

/* As the writer's thread does it. */
static bool clock_goes_on(struct host *host, struct clock_reading now)
{
    struct hl_detail detail = {0};
    struct clock_guard *guard = &host->clock;
    if (clock_guard_check(guard, now, &detail) == HL_OK) {
        return true;
    }
    if (!engine_clock_is_right(driver_engine(host->driver), now.mono, now.wall,
                               guard->jump_ms)) {
        return false;
    }
    clock_guard_init(guard, now, guard->jump_ms);
    return true;
}

bool host_may_write(struct host *host)
{
    struct clock_reading now = {host_mono(host), host_wall(host)};
    return host->own == ENGINE_OWN_GOOD && host->refusal == HL_OK &&
           !engine_clock_is_ahead(driver_engine(host->driver), now.wall) &&
           clock_goes_on(host, now);
}

static hl_err run_requests(struct host *host, struct hl_detail *detail)
{
    size_t taken = 0;
    hl_err err = HL_OK;
    while (err == HL_OK && taken < host->queued.count && taken < BATCH_MAX &&
           !author_is_large(host->author)) {
        struct request *request = host->queued.items[taken++];
        err = author_run(host->author, &request->command, detail);
        requests_add(&host->written, request);
    }
    host->queued.count -= taken;
    for (size_t i = 0; i < host->queued.count; i++) {
        host->queued.items[i] = host->queued.items[i + taken];
    }
    return err;
}

static void lose_power(struct host *host)
{
    author_abort(host->author);
    host_crash(host);
}

static bool ended(void *context, struct bytes origin, struct head *end)
{
    const struct host *host = context;
    return engine_ended(driver_engine(host->driver), origin, end);
}

static bool seals(void *context, struct bytes origin)
{
    const struct host *host = context;
    return engine_seals(driver_engine(host->driver), origin);
}

static bool member(void *context, struct bytes origin)
{
    const struct host *host = context;
    return engine_is_city(driver_engine(host->driver), origin);
}

static struct reactor_facts facts(struct host *host)
{
    return (struct reactor_facts){
        .context = host,
        .ended = ended,
        .endings = engine_endings(driver_engine(host->driver)),
        .seals = seals,
        .member = member,
        .time_is_unsure =
            !engine_time_is_sure(driver_engine(host->driver), host_wall(host)),
    };
}

static bool wants_reaction(struct host *host)
{
    struct reactor_facts known = facts(host);
    author_know(host->author, &known);
    return author_wants_reaction(host->author, host_wall(host)) &&
           host_may_write(host);
}

/* What the transaction is about to append, reactors' answers too. */
static void keep_entries(struct host *host)
{
    writer_clear(&host->entries);
    for (size_t i = 0; i < author_pending(host->author); i++) {
        struct bytes raw = author_pending_entry(host->author, i);
        writer_u32(&host->entries, (uint32_t)raw.size);
        writer_bytes(&host->entries, raw);
    }
}

static void record_entry(struct host *host, struct bytes raw)
{
    struct world *world = host->world;
    struct hl_hash leaf = merkle_leaf(raw);
    struct canonical_unknown unknown;
    struct entry entry;
    hl_err err = entry_decode(raw, &entry, &unknown, NULL);
    HL_ASSERT(err == HL_OK);
    truth_append(&world->truths[host->city], host->branch, &leaf);
    if (entry.has_command) {
        request_made(&world->platform, host, &entry, &leaf);
    } else {
        world->tally.resumed++;
    }
    audit_wrote(&world->audit, host, raw, &leaf);
}

static void record_truth(struct host *host)
{
    struct reader reader;
    reader_init(&reader, writer_view(&host->entries));
    while (reader_left(&reader) > 0) {
        record_entry(host, reader_bytes(&reader, reader_u32(&reader)));
    }
}

static void flushed(void *context, uint64_t boot);

/* What was begun is undone, commands and operations alike, and is begun
 * again by whoever wants it. */
static void fail_full(struct host *host)
{
    world_trace(host->world, "%s has a full disk", host_label(host));
    author_abort(host->author);
    requests_lose(&host->written);
    driver_committed(host->driver, HL_EFULL, host_mono(host), host_wall(host));
    host_settle(host);
}

static void commit(struct host *host)
{
    struct hl_detail detail = {0};
    if (host->full) {
        fail_full(host);
        return;
    }
    host->appended = author_pending(host->author) > 0;
    if (host->crash == CRASH_BEFORE_COMMIT) {
        lose_power(host);
        return;
    }
    keep_entries(host);
    hl_err err = author_commit(host->author, &detail);
    if (err == HL_OK || err == HL_EFLUSH) {
        record_truth(host);
        host->world->tally.commits++;
    }
    if (err == HL_EFLUSH ||
        (err == HL_OK && host->crash > CRASH_BEFORE_COMMIT)) {
        host_crash(host);
        return;
    }
    if (err != HL_OK) {
        driver_committed(host->driver, err, host_mono(host), host_wall(host));
        world_violation(host->world, "%s cannot commit: %s %s",
                        host_label(host), hl_err_name(err), detail.text);
        return;
    }
    host->flushing = true;
    queue_add(&host->world->queue, host->world->now_ns + host->flush_ns,
              flushed, host, host->boot);
}

static void write_due(void *context, uint64_t boot)
{
    struct host *host = context;
    if (!host->up || host->boot != boot) {
        return;
    }
    host->disk_due = false;
    struct hl_detail detail = {0};
    if (host->reopen) {
        reopen(host);
    }
    struct reactor_facts known = facts(host);
    author_know(host->author, &known);
    hl_err err = author_begin(host->author, host_wall(host), &detail);
    if (err == HL_OK && host_may_write(host)) {
        err = run_requests(host, &detail);
    }
    if (err == HL_OK && driver_waiting(host->driver) > 0) {
        err = driver_apply(host->driver, author_txn(host->author),
                           author_projection(host->author), &detail);
    }
    if (err == HL_OK && host_may_write(host)) {
        known = facts(host);
        author_know(host->author, &known);
        err = author_react(host->author, &detail);
    }
    if (err != HL_OK) {
        world_violation(host->world, "%s cannot write: %s %s", host_label(host),
                        hl_err_name(err), detail.text);
        author_abort(host->author);
        return;
    }
    commit(host);
}

static void answer(struct host *host)
{
    struct requests written = host->written;
    host->written = (struct requests){0};
    for (size_t i = 0; i < written.count; i++) {
        if (host->up) {
            request_written(written.items[i]);
        } else {
            request_lost(written.items[i]);
        }
    }
    hl_free(written.items);
}

static void flushed(void *context, uint64_t boot)
{
    struct host *host = context;
    if (!host->up || host->boot != boot) {
        return;
    }
    host->flushing = false;
    driver_committed(host->driver, HL_OK, host_mono(host), host_wall(host));
    if (host->appended) {
        host->appended = false;
        host_own_advanced(host);
    }
    answer(host);
    witness_stored(&host->world->witness, host);
    host_settle(host);
}

bool host_submit(struct host *host, struct request *request)
{
    if (!host->up) {
        return false;
    }
    requests_add(&host->queued, request);
    host_settle(host);
    return true;
}

/* A node that may not write says so at once, and the platform asks again. */
static bool has_work(struct host *host)
{
    if (host->queued.count > 0 && !host->reopen && !host_may_write(host)) {
        requests_lose(&host->queued);
    }
    return driver_waiting(host->driver) > 0 || host->reopen ||
           host->queued.count > 0 || wants_reaction(host);
}

void host_settle(struct host *host)
{
    if (!host->up) {
        return;
    }
    if (host->dying) {
        host_crash(host);
        return;
    }
    if (!host->world->options.unchecked) {
        engine_check(driver_engine(host->driver));
    }
    if (!host->disk_due && !host->flushing && has_work(host)) {
        host->disk_due = true;
        int64_t gather_ms = host->full ? FULL_MS : GATHER_MS;
        queue_add(&host->world->queue,
                  host->world->now_ns + gather_ms * WORLD_MS, write_due, host,
                  host->boot);
    }
    queue_tick(host);
    operator_watch(host);
}
