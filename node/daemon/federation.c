/* SPDX-License-Identifier: Apache-2.0 */
#include "node/daemon/federation_inside.h"

#include <inttypes.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "node/blob/blob_files.h"

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

/* --- What comes from streams. -------------------------------------------- */

static void happen(struct federation *federation, struct happening *happening)
{
    pthread_mutex_lock(&federation->lock);
    happening->next = NULL;
    *federation->last = happening;
    federation->last = &happening->next;
    struct writer_thread *writer = federation->writer;
    pthread_mutex_unlock(&federation->lock);
    if (writer != NULL) {
        writer_wake(writer);
    }
}

static struct happening *make(enum engine_event_kind kind, uint64_t stream,
                              struct bytes peer, struct bytes bytes)
{
    struct happening *made = hl_alloc(1, sizeof(*made) + bytes.size);
    made->kind = kind;
    made->stream = stream;
    made->size = bytes.size;
    HL_ASSERT(peer.size < sizeof(made->peer));
    if (peer.size > 0) {
        memcpy(made->peer, peer.data, peer.size);
    }
    if (bytes.size > 0) {
        memcpy(made->bytes, bytes.data, bytes.size);
    }
    return made;
}

static const struct bytes nothing;

static void on_opened(void *context, uint64_t stream, struct bytes peer,
                      bool dialled)
{
    struct happening *made = make(ENGINE_STREAM_OPENED, stream, peer, nothing);
    made->dialled = dialled;
    happen(context, made);
}

static void on_message(void *context, uint64_t stream, struct bytes message)
{
    happen(context, make(ENGINE_MESSAGE, stream, nothing, message));
}

static void on_broken(void *context, uint64_t stream, bool sure)
{
    struct happening *made = make(ENGINE_MESSAGE_BAD, stream, nothing, nothing);
    made->err = sure ? HL_ELIMIT : HL_ECONNECT;
    happen(context, made);
}

static void on_closed(void *context, uint64_t stream, hl_err err)
{
    struct happening *made =
        make(ENGINE_STREAM_CLOSED, stream, nothing, nothing);
    made->err = err;
    happen(context, made);
}

static void on_dial_failed(void *context, struct bytes peer, hl_err err)
{
    struct happening *made = make(ENGINE_DIAL_FAILED, 0, peer, nothing);
    made->err = err;
    happen(context, made);
}

void federation_offer_charter(struct federation *federation,
                              struct bytes charter)
{
    happen(federation, make(ENGINE_CHARTER, 0, nothing, charter));
}

void federation_tell(void *context, enum engine_event_kind kind,
                     struct bytes what)
{
    bool charter = kind == ENGINE_CHARTER;
    happen(context,
           make(kind, 0, charter ? nothing : what, charter ? what : nothing));
}

/* One is gone from the disk, and may be had again. */
void federation_blob_lost(struct federation *federation)
{
    happen(federation, make(ENGINE_BLOB_GONE, 0, nothing, nothing));
}

/* --- What the driver asks for. ------------------------------------------- */

static void dial(void *context, struct bytes peer, struct bytes endpoint)
{
    struct federation *federation = context;
    links_dial(federation->links, peer, endpoint);
}

/* As many lines as a peer that comes again and again may cause. */
static void log_closed(struct federation *federation, uint64_t stream,
                       hl_err err, const char *why)
{
    uint64_t held = 0;
    if (log_limit(&federation->closings, federation->options.clock().mono,
                  &held)) {
        log_event(federation->options.log, LOG_INFO, "peer.closed",
                  LOG_UINT("stream", stream),
                  LOG_TEXT("error", hl_err_name(err)), LOG_TEXT("why", why),
                  LOG_UINT("held", held));
    }
}

static void close_stream(void *context, engine_stream stream, hl_err err,
                         struct bytes why)
{
    struct federation *federation = context;
    char text[HL_DETAIL_TEXT_BYTES];
    snprintf(text, sizeof(text), "%.*s", BYTES_ARGS(why));
    log_closed(federation, stream, err, text);
    links_close(federation->links, stream, err, why);
}

static void send_message(void *context, engine_stream stream,
                         struct bytes message)
{
    struct federation *federation = context;
    links_send(federation->links, stream, message);
}

/* Where that cannot be made durable a restart might sign on: this process does
 * not go on either. */
static void drop_mark(void *context)
{
    struct federation *federation = context;
    struct hl_detail detail = {0};
    hl_err err =
        federation->options.drop_mark(federation->options.context, &detail);
    if (err != HL_OK) {
        federation->failed = HL_EFLUSH;
        hl_fail(&federation->failed_why, HL_EFLUSH,
                "the mark was set back and cannot be put aside: %s",
                detail.text);
        return;
    }
    log_event(federation->options.log, LOG_ERROR, "mark.dropped",
              LOG_TEXT("why", "it was set back with the store, and counts for "
                              "nothing any more"));
}

static bool wants_deflate(void *context, engine_stream stream)
{
    struct federation *federation = context;
    return links_wants_deflate(federation->links, stream);
}

static void own_state(void *context, enum engine_own state, hl_err err,
                      struct bytes why)
{
    struct federation *federation = context;
    bool changed = state != federation->own;
    federation->reopen =
        federation->reopen || (state == ENGINE_OWN_GOOD && changed);
    federation->own = state;
    federation->own_err = err;
    snprintf(federation->own_why, sizeof(federation->own_why), "%.*s",
             BYTES_ARGS(why));
    if (changed && err != HL_OK) {
        log_event(federation->options.log, LOG_WARN, "journal.stopped",
                  LOG_TEXT("error", hl_err_name(err)),
                  LOG_TEXT("why", federation->own_why));
    } else if (changed) {
        log_event(federation->options.log, LOG_INFO, "journal.goes_on",
                  LOG_TEXT("why", "keepers and mark agree"));
    }
}

static void wait_done(void *context, const struct engine_action *action)
{
    struct federation *federation = context;
    struct waiting **place = &federation->waits;
    while (*place != NULL && (*place)->number != action->wait) {
        place = &(*place)->next;
    }
    struct waiting *waiting = *place;
    if (waiting != NULL) {
        *place = waiting->next;
        waiting->done(waiting, action->err, action->keepers, action->sealed);
    }
}

static const struct {
    enum log_level level;
    const char *event;
} report_lines[ENGINE_REPORT_COUNT] = {
    [ENGINE_REPORT_PEER_FAULT] = {LOG_WARN, "peer.fault"},
    [ENGINE_REPORT_EVIDENCE] = {LOG_ERROR, "evidence.stored"},
    [ENGINE_REPORT_QUARANTINE] = {LOG_ERROR, "journal.quarantined"},
    [ENGINE_REPORT_RETURN] = {LOG_INFO, "journal.returned"},
    [ENGINE_REPORT_SEALED_TWICE] = {LOG_ERROR, "journal.sealed_twice"},
    [ENGINE_REPORT_CHARTER] = {LOG_INFO, "charter.holds"},
    [ENGINE_REPORT_CHARTER_CONTEST] = {LOG_WARN, "charter.contested"},
    [ENGINE_REPORT_CHARTER_REFUSED] = {LOG_WARN, "charter.refused"},
    [ENGINE_REPORT_DIGEST] = {LOG_ERROR, "digest.differs"},
    [ENGINE_REPORT_MIRROR] = {LOG_ERROR, "mirror.forgotten"},
};

static void tell_charter(struct federation *federation)
{
    struct charter *charter = hl_alloc(1, sizeof(*charter));
    struct bytes raw = engine_charter(driver_engine(federation->driver));
    if (charter_parse(raw, charter, NULL) != HL_OK) {
        hl_free(charter);
        return; /* the engine parsed it before */
    }
    const struct charter_node *node =
        charter_find_node(charter, bytes_of_text(federation->options.node));
    atomic_store(&federation->keepers,
                 node == NULL ? 0 : (unsigned)node->keeper_count);
    pthread_mutex_lock(&federation->lock);
    writer_clear(&federation->charter);
    writer_bytes(&federation->charter, raw);
    pthread_mutex_unlock(&federation->lock);
    federation->options.charter(federation->options.context, charter);
    gate_set(federation->options.gate, NULL, &charter);
}

static void report(void *context, const struct engine_action *action)
{
    struct federation *federation = context;
    char peer[CHARTER_LABEL_BYTES], text[HL_DETAIL_TEXT_BYTES];
    snprintf(peer, sizeof(peer), "%.*s", BYTES_ARGS(action->peer));
    snprintf(text, sizeof(text), "%.*s", BYTES_ARGS(action->text));
    log_event(federation->options.log, report_lines[action->report].level,
              report_lines[action->report].event, LOG_TEXT("node", peer),
              LOG_UINT("size", action->size),
              LOG_TEXT("error", hl_err_name(action->err)),
              LOG_TEXT("why", text));
    if (action->report == ENGINE_REPORT_CHARTER) {
        tell_charter(federation);
    }
    if (action->report == ENGINE_REPORT_MIRROR) {
        federation->options.mirror_silent(federation->options.context,
                                          action->err, text);
    }
    if (action->report == ENGINE_REPORT_PEER_FAULT) {
        federation_keep_fault(federation, action->peer, text);
    }
}

static hl_err mark_words(void *context, const struct head *words)
{
    struct federation *federation = context;
    struct hl_detail detail = {0};
    hl_err err = federation->options.mark_words(federation->options.context,
                                                words, &detail);
    if (err == HL_EFLUSH) {
        federation->failed = err;
        federation->failed_why = detail;
    }
    return err;
}

/* --- The writer's guest. ------------------------------------------------- */

static struct engine_event now_event(struct federation *federation,
                                     enum engine_event_kind kind)
{
    struct clock_reading now = federation->options.clock();
    return (struct engine_event){
        .kind = kind, .mono = now.mono, .wall = now.wall};
}

static void take(struct federation *federation, struct happening *happening)
{
    struct bytes bytes = bytes_of(happening->bytes, happening->size);
    struct engine_event event = now_event(federation, happening->kind);
    if (happening->kind == ENGINE_MESSAGE) {
        driver_message(federation->driver, happening->stream, bytes, event.mono,
                       event.wall);
        links_taken(federation->links, happening->stream, happening->size);
        return;
    }
    if (happening->kind == ENGINE_BLOB_GONE) {
        driver_look_at_blobs(federation->driver);
        event.kind = ENGINE_TICK;
        driver_event(federation->driver, &event);
        return;
    }
    if (happening->kind == ENGINE_STREAM_CLOSED) {
        log_closed(federation, happening->stream, happening->err,
                   hl_err_text(happening->err));
    }
    event.stream = happening->stream;
    event.dialled = happening->dialled;
    event.err = happening->err;
    event.peer = bytes_of_text(happening->peer);
    event.note = bytes;
    driver_event(federation->driver, &event);
}

static struct happening *take_all(struct federation *federation)
{
    pthread_mutex_lock(&federation->lock);
    struct happening *all = federation->first;
    federation->first = NULL;
    federation->last = &federation->first;
    pthread_mutex_unlock(&federation->lock);
    return all;
}

/* Whoever asked since the last turn. */
static void begin_waits(struct federation *federation)
{
    pthread_mutex_lock(&federation->lock);
    struct waiting *next = federation->new_waits;
    federation->new_waits = NULL;
    pthread_mutex_unlock(&federation->lock);
    while (next != NULL) {
        struct waiting *waiting = next;
        next = waiting->next;
        waiting->number = federation->next_wait++;
        waiting->next = federation->waits;
        federation->waits = waiting;
        struct engine_event event = now_event(federation, ENGINE_WAIT);
        event.wait = waiting->number;
        event.index = waiting->index;
        event.keepers = waiting->keepers;
        event.until.ns = event.mono.ns + waiting->wait_ms * 1000000;
        driver_event(federation->driver, &event);
    }
}

static void end_waits(void *context)
{
    struct federation *federation = context;
    begin_waits(federation);
    while (federation->waits != NULL) {
        struct waiting *waiting = federation->waits;
        federation->waits = waiting->next;
        waiting->done(waiting, HL_ESTOPPING, 0, false);
    }
    federation_end_imports(federation);
    federation_end_mends(federation);
}

static hl_err turn(void *context, struct hl_detail *detail)
{
    struct federation *federation = context;
    struct happening *next = take_all(federation);
    federation->changed = federation->changed || next != NULL;
    while (next != NULL) {
        struct happening *taken = next;
        next = taken->next;
        take(federation, taken);
        hl_free(taken);
    }
    begin_waits(federation);
    federation_begin_imports(federation);
    federation_begin_mends(federation);
    if (atomic_load(&federation->stopping)) {
        end_waits(federation);
    }
    struct engine_event tick = now_event(federation, ENGINE_TICK);
    struct hl_mono wake = engine_wake_at(driver_engine(federation->driver));
    if (wake.ns <= tick.mono.ns) {
        driver_event(federation->driver, &tick);
        federation->changed = true;
    }
    if (federation_look_in_ms(federation, tick.mono) == 0) {
        federation_look(federation);
    }
    if (federation->failed != HL_OK) {
        *detail = federation->failed_why;
    }
    return federation->failed;
}

static int64_t next_ms(void *context)
{
    struct federation *federation = context;
    struct hl_mono wake = engine_wake_at(driver_engine(federation->driver));
    struct hl_mono now = federation->options.clock().mono;
    int64_t ns = mono_since_ns(wake, now);
    int64_t ms = ns <= 0 ? 0 : ns / 1000000 + 1;
    int64_t look_ms = federation_look_in_ms(federation, now);
    return ms < look_ms ? ms : look_ms;
}

static bool waits(void *context)
{
    struct federation *federation = context;
    return driver_waiting(federation->driver) > 0;
}

static hl_err apply(void *context, struct store_txn *txn,
                    struct projection *projection, struct hl_detail *detail)
{
    struct federation *federation = context;
    return driver_apply(federation->driver, txn, projection, detail);
}

static void committed(void *context, hl_err err)
{
    struct federation *federation = context;
    struct clock_reading now = federation->options.clock();
    driver_committed(federation->driver, err, now.mono, now.wall);
    federation->changed = true;
}

static void advanced(void *context, const struct head *head, struct bytes note,
                     bool urgent)
{
    struct federation *federation = context;
    struct engine_event event = now_event(federation, ENGINE_OWN_ADVANCED);
    event.head = *head;
    event.note = note;
    event.urgent = urgent;
    driver_event(federation->driver, &event);
    federation->changed = true;
}

static hl_err may_write(void *context, struct hl_wall now,
                        struct hl_detail *why)
{
    struct federation *federation = context;
    if (federation->refusal != HL_OK) { /* says more */
        *why = federation->refusal_why;
        return federation->refusal;
    }
    if (federation->own != ENGINE_OWN_GOOD) {
        return hl_fail(why, federation->own_err, "%s", federation->own_why);
    }
    if (engine_clock_is_ahead(driver_engine(federation->driver), now)) {
        return hl_fail(why, HL_ECLOCK,
                       "this machine's clock is more than a day ahead of its "
                       "partners' and of our last entries: set it");
    }
    return HL_OK;
}

static bool clock_is_right(void *context, const struct clock_reading *now,
                           int64_t within_ms)
{
    const struct federation *federation = context;
    return engine_clock_is_right(driver_engine(federation->driver), now->mono,
                                 now->wall, within_ms);
}

/* Tried again where it failed: a disk that was full may have room. */
static hl_err renew(void *context, struct author *author, struct author **out,
                    struct hl_detail *detail)
{
    struct federation *federation = context;
    struct hl_mono now = federation->options.clock().mono;
    if (!federation->reopen || mono_since_ns(now, federation->reopen_at) < 0) {
        return HL_OK;
    }
    hl_err err = federation->options.reopen(federation->options.context, author,
                                            out, &federation->refusal,
                                            &federation->refusal_why, detail);
    if (err == HL_OK) {
        federation->reopen = false;
        return HL_OK;
    }
    federation->reopen_at.ns = now.ns + (int64_t)REOPEN_AGAIN_MS * 1000000;
    federation->refusal = err;
    federation->refusal_why = *detail;
    log_failure(federation->options.log, LOG_ERROR, "journal.unreadable", NULL,
                err, detail);
    return err;
}

static bool ended(void *context, struct bytes origin, struct head *end)
{
    const struct federation *federation = context;
    return engine_ended(driver_engine(federation->driver), origin, end);
}

static bool seals(void *context, struct bytes origin)
{
    const struct federation *federation = context;
    return engine_seals(driver_engine(federation->driver), origin);
}

static bool member(void *context, struct bytes origin)
{
    const struct federation *federation = context;
    return engine_is_city(driver_engine(federation->driver), origin);
}

static struct reactor_facts facts(void *context)
{
    const struct federation *federation = context;
    return (struct reactor_facts){
        .context = context,
        .ended = ended,
        .endings = engine_endings(driver_engine(federation->driver)),
        .seals = seals,
        .member = member,
        .time_is_unsure =
            !engine_time_is_sure(driver_engine(federation->driver),
                                 federation->options.clock().wall),
    };
}

/* Who comes later is told at once: nobody would take him. */
static void end_all(void *context)
{
    struct federation *federation = context;
    pthread_mutex_lock(&federation->lock);
    federation->ended = true;
    pthread_mutex_unlock(&federation->lock);
    end_waits(federation);
}

struct writer_guest federation_guest(struct federation *federation)
{
    return (struct writer_guest){
        .context = federation,
        .turn = turn,
        .next_ms = next_ms,
        .waits = waits,
        .apply = apply,
        .committed = committed,
        .advanced = advanced,
        .may_write = may_write,
        .clock_is_right = clock_is_right,
        .facts = facts,
        .renew = renew,
        .ended = end_all,
    };
}

/* --- Life. --------------------------------------------------------------- */

static hl_err start_driver(struct federation *federation,
                           const struct bytes *charters, size_t count,
                           struct hl_detail *detail)
{
    const struct federation_options *options = &federation->options;
    struct clock_reading now = options->clock();
    struct bytes pinned = nothing;
    struct driver_options driver = {
        .store = options->store,
        .engine =
            {
                .alliance = options->alliance,
                .node = options->node,
                .pin = options->pin,
                .verifier = &federation->verifier,
                .mirror = options->mirror,
                .journal_key = options->journal_key,
                .mark_agrees = options->refusal == HL_OK,
                .has_mark = options->mark != NULL,
                .own_time = options->own_time,
                .limits = {.window_bytes = 64 << 20,
                           .stream_window_max_bytes = 8 << 20,
                           .waits_max = 65536,
                           .charters_max = 1024,
                           .heartbeat_min_ms = 5000},
            },
        .context = federation,
        .dial = dial,
        .close = close_stream,
        .send = send_message,
        .drop_mark = drop_mark,
        .wants_deflate = wants_deflate,
        .own_state = own_state,
        .wait_done = wait_done,
        .report = report,
        .import_done = federation_import_done,
        .mend_done = federation_mend_done,
        .blobs = &federation->blobs,
        .blob_max_bytes = options->blob_max_bytes,
        .carry_blob_bytes = options->carry_blob_bytes,
        .mark_words = options->mark_words == NULL ? NULL : mark_words,
    };
    if (options->mark != NULL) {
        driver.engine.mark = options->mark->head;
    }
    if (RAND_bytes((unsigned char *)&driver.engine.seed,
                   sizeof(driver.engine.seed)) != 1) {
        return hl_fail(detail, HL_ECRYPTO, "no random numbers");
    }
    for (size_t i = 0; i < count; i++) {
        struct charter charter;
        if (charter_parse(charters[i], &charter, NULL) == HL_OK) {
            pinned =
                hash_equal(&charter.hash, &options->pin) ? charters[i] : pinned;
            charter_fini(&charter);
        }
    }
    return driver_create(&driver, pinned, now.mono, now.wall,
                         &federation->driver, detail);
}

/* --- Blobs. -------------------------------------------------------------- */

static void meet_blob(void *context, struct bytes origin,
                      const struct hl_hash *id)
{
    struct federation *federation = context;
    driver_look_at_blob(federation->driver, origin, id);
}

void federation_listen(struct federation *federation, struct author *author)
{
    struct projection_listener listener = {federation, meet_blob};
    projection_listen(author_projection(author), &listener);
}

/* What a process left that ended between its commit and the rest. */
static void look_at_file(void *context, const struct blob_name *name)
{
    struct federation *federation = context;
    char origin[HL_NAME_MAX_BYTES + 1];
    (void)snprintf(origin, sizeof(origin), "%s/%s",
                   federation->options.alliance, name->node);
    driver_look_at_blob(federation->driver, bytes_of_text(origin), &name->id);
}

hl_err federation_create(const struct federation_options *options,
                         const struct bytes *charters, size_t count,
                         struct federation **out, struct hl_detail *detail)
{
    struct federation *federation = hl_alloc(1, sizeof(*federation));
    federation->options = *options;
    federation->verifier = verifier_openssl();
    federation->last = &federation->first;
    federation->last_import = &federation->new_imports;
    federation->closings = (struct log_limiter)LOG_LIMITER(100, 100);
    federation->own = ENGINE_OWN_UNSURE;
    federation->blobs = blob_files_store(options->blobs);
    federation->refusal = options->refusal;
    federation->refusal_why = *options->why;
    pthread_mutex_init(&federation->lock, NULL);
    struct links_options links = {
        .alliance = options->alliance,
        .node = options->node,
        .gate = options->gate,
        .log = options->log,
        .keepalive_ms = options->keepalive_ms,
        .zlib = options->zlib,
        .events = {.context = federation,
                   .opened = on_opened,
                   .message = on_message,
                   .broken = on_broken,
                   .closed = on_closed,
                   .dial_failed = on_dial_failed},
    };
    federation->links = links_create(&links);
    links_set_credentials(federation->links, &options->tls);
    hl_err err = start_driver(federation, charters, count, detail);
    if (err != HL_OK) {
        federation_destroy(&federation);
        return err;
    }
    /* An author that has nothing against it is as the store is. */
    federation->reopen =
        federation->own == ENGINE_OWN_GOOD && options->refusal != HL_OK;
    for (size_t i = 0; i < count; i++) {
        federation_offer_charter(federation, charters[i]);
    }
    tell_charter(federation);
    federation_look(federation);
    /* Not where the store was set back: entries that name them come back. */
    err =
        federation->own != ENGINE_OWN_GOOD
            ? HL_OK
            : blob_files_each(options->blobs, look_at_file, federation, detail);
    if (err != HL_OK) {
        federation_destroy(&federation);
        return err;
    }
    *out = federation;
    return HL_OK;
}

void federation_set_writer(struct federation *federation,
                           struct writer_thread *writer)
{
    pthread_mutex_lock(&federation->lock);
    federation->writer = writer;
    pthread_mutex_unlock(&federation->lock);
    writer_wake(writer); /* what came meanwhile */
}

static uint32_t count_keepers(void *context)
{
    struct federation *federation = context;
    return atomic_load(&federation->keepers);
}

static void wait_for_keepers(void *context, struct waiting *waiting)
{
    struct federation *federation = context;
    pthread_mutex_lock(&federation->lock);
    bool ended = federation->ended;
    if (!ended) {
        waiting->next = federation->new_waits;
        federation->new_waits = waiting;
    }
    struct writer_thread *writer = federation->writer;
    pthread_mutex_unlock(&federation->lock);
    if (ended) {
        waiting->done(waiting, HL_ESTOPPING, 0, false);
    } else {
        writer_wake(writer);
    }
}

struct waiting_room federation_waiting_room(struct federation *federation)
{
    return (struct waiting_room){.context = federation,
                                 .keepers = count_keepers,
                                 .wait = wait_for_keepers};
}

struct links *federation_links(struct federation *federation)
{
    return federation->links;
}

void federation_end_waits(struct federation *federation)
{
    atomic_store(&federation->stopping, true);
    writer_wake(federation->writer);
}

void federation_stop(struct federation *federation)
{
    links_stop(federation->links);
}

void federation_destroy(struct federation **federation)
{
    struct federation *gone = *federation;
    if (gone == NULL) {
        return;
    }
    links_destroy(&gone->links);
    driver_destroy(&gone->driver);
    struct happening *next = take_all(gone);
    while (next != NULL) {
        struct happening *dropped = next;
        next = dropped->next;
        hl_free(dropped);
    }
    pthread_mutex_destroy(&gone->lock);
    partners_view_fini(&gone->shown);
    writer_fini(&gone->charter);
    hl_free(gone);
    *federation = NULL;
}
