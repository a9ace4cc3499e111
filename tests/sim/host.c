/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/host.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "node/sync/words.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "tests/sim/describe.h"
#include "tests/sim/host_inside.h"
#include "tests/sim/operator.h"
#include "tests/sim/papers.h"

enum { FLUSH_MS = 3, CLOCK_JUMP_MS = 60000, REFUSALS_PER_S = 4 };

/* --- Small things. ------------------------------------------------------- */

const char *host_id(const struct host *host)
{
    return host->world->alliance.cities[host->city].id;
}

const char *host_label(const struct host *host)
{
    if (host->branch == 0) {
        return host_id(host);
    }
    static char text[4][CHARTER_LABEL_BYTES + 2];
    static unsigned turn;
    char *out = text[turn++ % 4];
    snprintf(out, sizeof(text[0]), "%s'", host_id(host));
    return out;
}

struct bytes host_origin(const struct host *host)
{
    return bytes_of_text(host->world->alliance.cities[host->city].origin);
}

struct hl_mono host_mono(const struct host *host)
{
    return (struct hl_mono){host->world->now_ns - host->booted_ns + WORLD_S};
}

struct hl_wall host_wall(const struct host *host)
{
    return (struct hl_wall){world_wall_ms(host->world) + host->skew_ms};
}

void requests_add(struct requests *requests, struct request *request)
{
    if (requests->count == requests->capacity) {
        requests->capacity = requests->capacity * 2 + 16;
        requests->items = hl_realloc(requests->items, requests->capacity,
                                     sizeof(requests->items[0]));
    }
    requests->items[requests->count++] = request;
}

void requests_lose(struct requests *requests)
{
    for (size_t i = 0; i < requests->count; i++) {
        request_lost(requests->items[i]);
    }
    requests->count = 0;
}

bool host_view(const struct host *host, size_t city,
               struct engine_origin_view *out)
{
    if (!host->up) {
        return false;
    }
    const char *origin = host->world->alliance.cities[city].origin;
    const struct engine *engine = driver_engine(host->driver);
    for (size_t i = 0; engine_origin_at(engine, i, out); i++) {
        if (bytes_equal_text(out->origin, origin)) {
            return true;
        }
    }
    return false;
}

struct head host_kept(const struct host *host, size_t city,
                      struct frontier *held)
{
    struct store_txn *txn = NULL;
    struct journal journal = {0};
    struct bytes note = {0};
    struct head kept = head_empty();
    bool found = false;
    const char *origin = host->world->alliance.cities[city].origin;
    frontier_init(held);
    hl_err err = store_begin_read(host->store, &txn, NULL);
    if (err == HL_OK) {
        err = journal_find(txn, bytes_of_text(origin), &journal, &found, NULL);
    }
    if (err == HL_OK && found) {
        *held = journal.frontier;
        err = journal_checkpoint(txn, &journal, JOURNAL_KEPT, &note, NULL);
    }
    if (err == HL_OK && !describe_head(note, &kept)) {
        kept = head_empty();
    }
    store_abort(&txn);
    return kept;
}

uint64_t host_sealed(const struct host *host, size_t city)
{
    struct store_txn *txn = NULL;
    struct journal journal = {0};
    struct bytes note = {0};
    struct head sealed = head_empty();
    bool found = false;
    const char *origin = host->world->alliance.cities[city].origin;
    hl_err err = store_begin_read(host->store, &txn, NULL);
    if (err == HL_OK) {
        err = journal_find(txn, bytes_of_text(origin), &journal, &found, NULL);
    }
    if (err == HL_OK && found) {
        err = journal_checkpoint(txn, &journal, JOURNAL_SEALED, &note, NULL);
    }
    if (err == HL_OK && !describe_head(note, &sealed)) {
        sealed = head_empty();
    }
    store_abort(&txn);
    return sealed.size;
}

/* --- What the driver asks for. ------------------------------------------- */

/* Counts down to a crash among the sends; false: this one does not leave. */
static bool may_leave(struct host *host)
{
    if (host->crash == CRASH_IN_SENDS && !host->dying) {
        host->dying = host->crash_sends == 0;
        host->crash_sends -= host->dying ? 0 : 1;
    }
    return !host->dying;
}

static void dial(void *context, struct bytes peer, struct bytes endpoint)
{
    struct host *host = context;
    struct world *world = host->world;
    (void)endpoint;
    if (may_leave(host)) {
        world_trace(world, "%s dials %.*s", host_label(host), BYTES_ARGS(peer));
        const struct host *to = world->hosts[world_route(world, host, peer)];
        bool lost =
            world_route(world, to, bytes_of_text(host_id(host))) != host->port;
        network_dial(&world->network, host->port, peer, lost);
    }
}

static void close_stream(void *context, engine_stream stream, hl_err err,
                         struct bytes why)
{
    struct host *host = context;
    if (!may_leave(host)) {
        return;
    }
    size_t peer = network_peer(&host->world->network, host->port, stream);
    world_trace(host->world, "%s closes %s: %s %.*s", host_label(host),
                peer == SIZE_MAX ? "a stream"
                                 : host->world->network.ports[peer].id,
                hl_err_name(err), BYTES_ARGS(why));
    network_close(&host->world->network, host->port, stream);
}

static void send_raw(struct host *host, engine_stream stream, struct bytes raw)
{
    size_t peer = network_peer(&host->world->network, host->port, stream);
    witness_message(&host->world->witness, host, peer, raw);
    network_send(&host->world->network, host->port, stream, raw);
}

static void send_message(void *context, engine_stream stream,
                         struct bytes message)
{
    struct host *host = context;
    if (!may_leave(host)) {
        return;
    }
    if (host->liar.lie == LIE_NONE) {
        send_raw(host, stream, message);
        return;
    }
    struct world *world = host->world;
    size_t peer = network_peer(&world->network, host->port, stream);
    struct writer told = {0};
    if (liar_tell(host, peer == SIZE_MAX ? NULL : world->hosts[peer], message,
                  &told)) {
        send_raw(host, stream, writer_view(&told));
    }
    writer_fini(&told);
}

static void own_state(void *context, enum engine_own state, hl_err err,
                      struct bytes why)
{
    struct host *host = context;
    static const char *const names[] = {
        "is unsure of its journal",  "is sure of its journal",
        "sees that it was set back", "needs a new journal key",
        "is accused with evidence",  "is ended",
    };
    (void)err;
    (void)why;
    world_trace(host->world, "%s %s", host_label(host), names[state]);
    host->reopen = host->reopen ||
                   (state == ENGINE_OWN_GOOD && host->own != ENGINE_OWN_GOOD);
    host->own = state;
}

static void wait_done(void *context, const struct engine_action *action)
{
    struct host *host = context;
    struct request *request =
        platform_find(&host->world->platform, action->wait);
    request_waited(request, action->err, action->keepers, action->sealed);
}

static void report(void *context, const struct engine_action *action)
{
    struct host *host = context;
    host->world->tally.reports[action->report]++;
    witness_report(&host->world->witness, host, action);
}

static void drop_mark(void *context)
{
    struct host *host = context;
    host->has_mark = false;
    world_trace(host->world, "%s has no mark any more", host_label(host));
}

/* --- The process. -------------------------------------------------------- */

static hl_err write_mark(void *context, const struct head *head,
                         struct hl_detail *detail)
{
    struct host *host = context;
    if (host->crash == CRASH_BEFORE_MARK && host->up && host->author != NULL) {
        host->dying = true;
        return hl_fail(detail, HL_EFLUSH, "the machine dies here");
    }
    host->mark.head = *head;
    host->has_mark = true;
    return HL_OK;
}

static void must(struct host *host, const char *what, hl_err err,
                 const struct hl_detail *detail)
{
    if (err != HL_OK) {
        fprintf(stderr, "sim: seed %" PRIu64 ": %s: %s: %s %s\n",
                host->world->options.seed, host_label(host), what,
                hl_err_name(err), detail->text);
        abort();
    }
}

static hl_err mark_words(void *context, const struct head *words)
{
    struct host *host = context;
    if (host->crash == CRASH_BEFORE_MARK) {
        host->dying = true;
        return HL_EFLUSH;
    }
    host->words = *words;
    return HL_OK;
}

/* Whether the mirror key may go on with this store. */
static void compare_words(struct host *host)
{
    struct store_txn *txn = NULL;
    struct head words;
    struct hl_detail detail = {0};
    hl_err err = store_begin_read(host->store, &txn, &detail);
    if (err == HL_OK) {
        err = words_read(txn, &words, &detail);
    }
    store_abort(&txn);
    must(host, "words", err, &detail);
    host->mute = !host->has_words || !words_agree(&words, &host->words);
    if (host->mute) {
        world_trace(host->world, "%s may not cosign: HL_EMARK",
                    host_label(host));
    }
}

void host_new_mark(struct host *host)
{
    const struct keyring *ring =
        &host->world->alliance.cities[host->city].journal;
    host->mark = (struct mark){.key = ring->keys[host->journal_key].vkey,
                               .head = head_empty()};
    host->has_mark = true;
}

static const struct charter_journal_key *key_in_charter(struct host *host)
{
    const struct charter_node *node = charter_find_node(
        &host->world->alliance.charter, bytes_of_text(host_id(host)));
    return &node->journal_keys[host->journal_key];
}

static void meet_blob(void *context, struct bytes origin,
                      const struct hl_hash *id)
{
    struct host *host = context;
    if (host->driver != NULL) {
        driver_look_at_blob(host->driver, origin, id);
    }
}

void host_open_author(struct host *host)
{
    const struct city *city = &host->world->alliance.cities[host->city];
    struct hl_detail detail = {0}, why = {0};
    struct author_options options = {
        .store = host->store,
        .origin = city->origin,
        .signers = &city->journal.keys[host->journal_key],
        .signer_count = 1,
        .key_from = key_in_charter(host)->from,
        .key_replaces = key_in_charter(host)->succession == CHARTER_REPLACE,
        .mark = host->has_mark ? &host->mark : NULL,
        .keeper = {.context = host, .write = write_mark},
        .refusals_per_second = REFUSALS_PER_S,
    };
    must(host, "author",
         author_create(&options, &host->author, &host->refusal, &why, &detail),
         &detail);
    projection_listen(author_projection(host->author),
                      &(struct projection_listener){host, meet_blob});
    if (host->bodies != NULL) {
        author_projection(host->author)->bodies = host->bodies;
    }
    if (host->refusal != HL_OK) {
        world_trace(host->world, "%s may not sign: %s", host_label(host),
                    hl_err_name(host->refusal));
    }
}

static void look_at_shelf(void *context, const struct blob_name *name)
{
    struct host *host = context;
    char origin[HL_NAME_MAX_BYTES + 1];
    snprintf(origin, sizeof(origin), ALLIANCE_NAME "/%s", name->node);
    driver_look_at_blob(host->driver, bytes_of_text(origin), &name->id);
}

static void open_driver(struct host *host)
{
    struct world *world = host->world;
    struct city *city = &world->alliance.cities[host->city];
    struct driver_options options = {
        .store = host->store,
        .engine =
            {
                .alliance = ALLIANCE_NAME,
                .node = city->id,
                .pin = world->alliance.pin,
                .verifier = &world->alliance.verifier,
                .mirror =
                    host->mute ? NULL : &city->mirror.keys[host->mirror_key],
                .journal_key = &city->journal.keys[host->journal_key].vkey,
                .mark_agrees = host->refusal == HL_OK,
                .mark = host->mark.head,
                .has_mark = host->has_mark,
                .own_time = author_recorded_at(host->author),
                .limits = {.window_bytes = 8 << 20,
                           .stream_window_max_bytes = 1 << 20,
                           .waits_max = 4096,
                           .charters_max = 64,
                           .heartbeat_min_ms = 5000},
                .seed = world->options.seed * 1000003 + host->boot * 101 +
                        host->port,
            },
        .context = host,
        .dial = dial,
        .close = close_stream,
        .send = send_message,
        .drop_mark = drop_mark,
        .own_state = own_state,
        .wait_done = wait_done,
        .report = report,
        .mark_words = mark_words,
        .blobs = &host->blobs,
        .blob_max_bytes = 1 << 20,
        /* Some carry all, some a few, some none. */
        .carry_blob_bytes = host->city % 3 == 0   ? UINT64_MAX
                            : host->city % 3 == 1 ? 400000
                                                  : 0,
    };
    struct hl_detail detail = {0};
    host->blobs = shelf_store(&host->disk.shelf);
    host->disk.shelf.fetched = &world->tally.papers[PAPER_FETCHED];
    host->disk.shelf.torn = &world->tally.papers[PAPER_TORN];
    must(host, "driver",
         driver_create(&options, host->charter, host_mono(host),
                       host_wall(host), &host->driver, &detail),
         &detail);
    if (host->own == ENGINE_OWN_GOOD) { /* as the daemon */
        shelf_each(&host->disk.shelf, look_at_shelf, host);
    }
}

/* The newest keys of the charter are at hand when a node is started: whoever
 * had them made gives them. */
static bool take_keys(struct host *host)
{
    bool taken = false;
    const struct city *city = &host->world->alliance.cities[host->city];
    if (host->honest && host->journal_key + 1 < city->journal.count) {
        host->journal_key = city->journal.count - 1;
        host_new_mark(host);
        host->snapshot = false;
        taken = true;
    }
    if (host->honest && host->mirror_key + 1 < city->mirror.count) {
        host->mirror_key = city->mirror.count - 1;
        host->words = head_empty();
        host->has_words = true;
        taken = true;
    }
    return taken;
}

void host_start(struct host *host)
{
    HL_ASSERT(!host->up);
    struct world *world = host->world;
    host->boot++;
    host->booted_ns = world->now_ns;
    host->crash = CRASH_NONE;
    host->dying = false;
    host->own = ENGINE_OWN_UNSURE;
    host->reopen = false;
    host->meeting = false;
    world_trace(world, "%s starts", host_label(host));
    bool new_keys = take_keys(host);
    host->store = disk_open(&host->disk);
    host_open_author(host);
    host->started = author_recorded_at(host->author);
    compare_words(host);
    witness_start(&world->witness, host);
    clock_guard_init(&host->clock,
                     (struct clock_reading){host_mono(host), host_wall(host)},
                     CLOCK_JUMP_MS);
    network_up(&world->network, host->port);
    host->up = true;
    open_driver(host);
    host->reopen = false;
    if (host->snapshot && host->has_mark) { /* said once */
        struct engine_event event = {.kind = ENGINE_RECOVER};
        host_event(host, &event);
    } else if (host->refusal == HL_OK && author_head(host->author).size > 0) {
        host_own_advanced(host);
    }
    if (new_keys && !host->early) {
        operator_give_charter(host);
    } else {
        host_settle(host);
    }
}

static void restart(void *context, uint64_t boot)
{
    struct host *host = context;
    if (!host->up && !host->away && host->boot == boot) {
        host_start(host);
    }
}

void host_crash(struct host *host)
{
    HL_ASSERT(host->up);
    struct world *world = host->world;
    world_trace(world, "%s dies", host_label(host));
    world->tally.crashes++;
    host->up = false;
    network_down(&world->network, host->port, host->silent);
    driver_destroy(&host->driver);
    author_destroy(&host->author);
    store_close(&host->store);
    shelf_crash(&host->disk.shelf, &world->platform.papers->rng);
    requests_lose(&host->queued);
    requests_lose(&host->written);
    host->disk_due = host->flushing = host->appended = false;
    host->tick_ns = 0;
    host->dying = false;
    host->silent = false;
    if (host->restart_ns > 0) {
        world_at(world, host->restart_ns, restart, host, host->boot);
    }
}

/* --- Making one. --------------------------------------------------------- */

static size_t route(void *context, struct bytes id)
{
    const struct host *host = context;
    return world_route(host->world, host, id);
}

static void opened(void *context, uint64_t stream, const char *peer,
                   bool dialled)
{
    struct host *host = context;
    struct engine_event event = {.kind = ENGINE_STREAM_OPENED,
                                 .stream = stream,
                                 .peer = bytes_of_text(peer),
                                 .dialled = dialled};
    host_event(host, &event);
}

static void closed(void *context, uint64_t stream, hl_err err)
{
    struct host *host = context;
    struct engine_event event = {
        .kind = ENGINE_STREAM_CLOSED, .stream = stream, .err = err};
    host_event(host, &event);
}

static void failed(void *context, const char *peer, hl_err err)
{
    struct host *host = context;
    struct engine_event event = {
        .kind = ENGINE_DIAL_FAILED, .peer = bytes_of_text(peer), .err = err};
    host_event(host, &event);
}

static void hear(struct host *host, uint64_t stream, struct bytes raw)
{
    driver_message(host->driver, stream, raw, host_mono(host), host_wall(host));
    host_settle(host);
}

static void message(void *context, uint64_t stream, struct bytes raw)
{
    struct host *host = context;
    struct writer heard = {0};
    if (!host->up) {
        return;
    }
    if (!host->liar.deaf) {
        hear(host, stream, raw);
    } else if (liar_hears(host, raw, &heard)) {
        hear(host, stream, writer_view(&heard));
    }
    writer_fini(&heard);
}

void host_create(struct world *world, size_t city, struct host **out)
{
    struct host *host = hl_alloc(1, sizeof(*host));
    host->world = world;
    host->city = city;
    host->honest = true;
    host->flush_ns = FLUSH_MS * WORLD_MS;
    struct network_port port = {
        .context = host,
        .id = world->alliance.cities[city].id,
        .route = route,
        .opened = opened,
        .closed = closed,
        .failed = failed,
        .message = message,
    };
    host->port = network_attach(&world->network, &port);
    char part[32];
    snprintf(part, sizeof(part), "liar %zu", host->port);
    liar_init(&host->liar, world_rng(world, part));
    disk_init(&host->disk, &world->disks);
    host_new_mark(host);
    host->words = host->old_words = head_empty();
    host->has_words = true;
    host->charter = bytes_of(hl_copy(world->alliance.charter.raw.data,
                                     world->alliance.charter.raw.size),
                             world->alliance.charter.raw.size);
    *out = host;
}

void host_destroy(struct host **host)
{
    struct host *gone = *host;
    if (gone == NULL) {
        return;
    }
    driver_destroy(&gone->driver);
    author_destroy(&gone->author);
    store_close(&gone->store);
    disk_fini(&gone->disk);
    liar_fini(&gone->liar);
    hl_free(gone->queued.items);
    hl_free(gone->written.items);
    writer_fini(&gone->entries);
    hl_free((void *)(uintptr_t)gone->charter.data);
    hl_free(gone);
    *host = NULL;
}
