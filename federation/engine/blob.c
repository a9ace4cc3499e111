/* SPDX-License-Identifier: Apache-2.0 */
#include "federation/engine/engine_inside.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

/* Blobs that our journals name: wanted of the author, else of anybody, one peer
 * after the other, in order, a few parts ahead. Each part is verified by the
 * root in the journal before it is stored, so whoever gave it has lied or has
 * not. At one peer one is fetched at a time, and nobody waits for it: segments
 * go on beside.
 *
 *   WANTED -> BlobWant -> BlobPart -> STORE_BLOB -> STORED -> ... -> whole
 *              ^                          |
 *              +-- another peer ----------+-- he has it not, sends none, went
 *
 * Once nobody has it that is connected, all are asked again, ever more seldom,
 * and whoever comes is asked at once.
 *
 * On a slow line orders would wait behind parts: there one part is under way at
 * a time, and where they come at once up to a window of them. What comes after
 * we gave it up is as good, and we wait longer there from then on: who asks
 * again for what is under way makes a slow line slower. */

size_t engine_blobs_wanted(const struct engine *engine)
{
    return engine->blob_count;
}

/* The one that may give way to another; NULL: none may. */
static struct blob_wanted *find_hopeless(const struct engine *engine)
{
    struct blob_wanted *found = NULL;
    for (size_t i = 0; i < engine->blob_count; i++) {
        struct blob_wanted *wanted = engine->blobs[i];
        if (wanted->at == NULL && wanted->rounds >= BLOB_HOPELESS_ROUNDS &&
            (found == NULL || wanted->rounds > found->rounds)) {
            found = wanted;
        }
    }
    return found;
}

bool engine_has_blob_room(const struct engine *engine)
{
    return engine->blob_count < ENGINE_BLOBS_MAX ||
           find_hopeless(engine) != NULL;
}

static struct blob_wanted *find(const struct engine *engine,
                                struct bytes origin, const struct hl_hash *id)
{
    for (size_t i = 0; i < engine->blob_count; i++) {
        struct blob_wanted *wanted = engine->blobs[i];
        if (hash_equal(&wanted->id, id) &&
            bytes_equal_text(origin, wanted->author->name)) {
            return wanted;
        }
    }
    return NULL;
}

/* --- Where. --------------------------------------------------------------- */

static bool was_tried(const struct blob_wanted *wanted, const struct member *at)
{
    return at->number < wanted->tried_count && wanted->tried[at->number];
}

static void mark_tried(struct blob_wanted *wanted, const struct member *at,
                       bool tried)
{
    if (at->number >= wanted->tried_count) {
        wanted->tried = hl_realloc(wanted->tried, at->number + 1, sizeof(bool));
        while (wanted->tried_count <= at->number) {
            wanted->tried[wanted->tried_count++] = false;
        }
    }
    wanted->tried[at->number] = tried;
}

static bool is_live(const struct member *at)
{
    return at->stream != NULL && at->stream->state == STREAM_LIVE;
}

/* Fills the window once half of it has come. */
static void ask(struct engine *engine, struct blob_wanted *wanted)
{
    uint64_t window = wanted->at->blob_window;
    uint64_t under_way = wanted->asked - wanted->next;
    uint64_t count = window - (under_way < window ? under_way : window);
    uint64_t left = blob_part_count(wanted->seal.size) - wanted->asked;
    struct sync_message message = {
        .kind = SYNC_BLOB_WANT,
        .blob_want = {.origin = bytes_of_text(wanted->author->name),
                      .id = wanted->id,
                      .first = wanted->asked,
                      .count = (uint32_t)(count < left ? count : left)}};
    if (left > 0 && under_way <= window / 2) {
        wanted->asked += message.blob_want.count;
        stream_send(engine, wanted->at, &message);
    }
}

static void begin_at(struct engine *engine, struct blob_wanted *wanted,
                     struct stream *stream)
{
    HL_ASSERT(stream->blob == NULL);
    stream->blob = wanted;
    wanted->at = stream;
    wanted->asked = wanted->next;
    wanted->deadline = after_ms(engine->mono, stream->blob_ms);
    wanted->quick = after_ms(engine->mono, BLOB_QUICK_MS);
    ask(engine, wanted);
}

/* It has sent a part in time, quickly or not. */
static void fit_window(struct engine *engine, struct blob_wanted *wanted)
{
    struct stream *at = wanted->at;
    bool quick = !is_due(engine, wanted->quick);
    if (quick && at->blob_window < SYNC_BLOB_WINDOW_PARTS) {
        at->blob_window *= 2;
    } else if (!quick && at->blob_window > 1) {
        at->blob_window /= 2;
    }
    wanted->deadline = after_ms(engine->mono, at->blob_ms);
    wanted->quick = after_ms(engine->mono, BLOB_QUICK_MS);
}

/* It came late, of one that is asked for no other. */
static void come_back(struct engine *engine, struct blob_wanted *wanted,
                      struct stream *stream)
{
    stream->blob = wanted;
    wanted->at = stream;
    wanted->asked = wanted->next + 1;
    wanted->quick = engine->mono;
}

static int64_t retry_ms(const struct blob_wanted *wanted)
{
    int64_t ms = BLOB_RETRY_MS;
    for (uint32_t i = 1; i < wanted->rounds && ms < BLOB_RETRY_MAX_MS; i++) {
        ms *= 2;
    }
    return ms < BLOB_RETRY_MAX_MS ? ms : BLOB_RETRY_MAX_MS;
}

/* Nobody who is here has it: all are asked again, later. */
static void end_round(struct engine *engine, struct blob_wanted *wanted)
{
    wanted->rounds++;
    wanted->retry_at = after_ms(engine->mono, retry_ms(wanted));
    for (size_t i = 0; i < wanted->tried_count; i++) {
        wanted->tried[i] = false;
    }
}

/* The author if he is free, else anybody who is; *waits: somebody will be. */
static struct stream *choose(struct engine *engine,
                             const struct blob_wanted *wanted, bool *waits)
{
    struct stream *found = NULL;
    uint64_t seen = 0;
    *waits = false;
    for (size_t i = 0; i < engine->member_count; i++) {
        const struct member *at = engine->members[i];
        if (!is_live(at) || was_tried(wanted, at)) {
            continue;
        }
        if (at->stream->blob != NULL) {
            *waits = true;
        } else if (at == wanted->author) {
            return at->stream;
        } else if (engine_random(engine, ++seen) == 0) {
            found = at->stream;
        }
    }
    return found;
}

static void go_on(struct engine *engine, struct blob_wanted *wanted)
{
    bool waits = false;
    if (wanted->at != NULL || !is_due(engine, wanted->retry_at)) {
        return;
    }
    struct stream *stream = choose(engine, wanted, &waits);
    if (stream != NULL) {
        begin_at(engine, wanted, stream);
    } else if (!waits) {
        end_round(engine, wanted);
    }
}

static void go_on_all(struct engine *engine)
{
    for (size_t i = 0; i < engine->blob_count; i++) {
        go_on(engine, engine->blobs[i]);
    }
}

/* It is fetched there no longer, and another one may be. */
static void leave(struct engine *engine, struct blob_wanted *wanted)
{
    if (wanted->at != NULL) {
        wanted->at->blob = NULL;
        wanted->at = NULL;
        go_on_all(engine);
    }
}

static void try_another(struct engine *engine, struct blob_wanted *wanted)
{
    mark_tried(wanted, wanted->at->member, true);
    leave(engine, wanted);
}

/* --- What is wanted. ------------------------------------------------------ */

static void drop(struct engine *engine, struct blob_wanted *wanted)
{
    size_t at = 0;
    while (engine->blobs[at] != wanted) {
        at++;
    }
    engine->blobs[at] = engine->blobs[--engine->blob_count];
    leave(engine, wanted);
    hl_free(wanted->tried);
    hl_free(wanted);
}

static void add(struct engine *engine, const struct engine_event *event)
{
    struct member *author = member_of_origin(engine, event->origin);
    if (author == NULL || !engine_has_blob_room(engine) ||
        find(engine, event->origin, &event->blob) != NULL) {
        return;
    }
    if (engine->blob_count == ENGINE_BLOBS_MAX) {
        drop(engine, find_hopeless(engine));
    }
    HL_ASSERT(event->next < blob_part_count(event->seal.size));
    if (engine->blob_count == engine->blob_capacity) {
        engine->blob_capacity = engine->blob_capacity * 2 + 8;
        engine->blobs = hl_realloc(engine->blobs, engine->blob_capacity,
                                   sizeof(struct blob_wanted *));
    }
    struct blob_wanted *wanted = hl_alloc(1, sizeof(*wanted));
    wanted->author = author;
    wanted->id = event->blob;
    wanted->seal = event->seal;
    wanted->next = event->next;
    engine->blobs[engine->blob_count++] = wanted;
    go_on(engine, wanted);
}

/* What has no room is tried again once there may be some; what the disk lost
 * meanwhile is asked for again. */
static void stored(struct engine *engine, struct blob_wanted *wanted,
                   const struct engine_event *event)
{
    if (event->whole) {
        drop(engine, wanted);
        return;
    }
    wanted->next = event->next;
    if (wanted->asked < wanted->next) {
        wanted->asked = wanted->next; /* others came otherwise */
    }
    if (wanted->at == NULL) {
        return;
    }
    if (event->err != HL_OK && event->err != HL_EPROOF) {
        wanted->retry_at = after_ms(engine->mono, BLOB_FULL_MS);
        leave(engine, wanted);
        return;
    }
    if (event->err == HL_EPROOF) {
        wanted->asked = wanted->next;
    }
    ask(engine, wanted);
}

void blob_event(struct engine *engine, const struct engine_event *event)
{
    struct blob_wanted *wanted = find(engine, event->origin, &event->blob);
    if (event->kind == ENGINE_BLOB_WANTED) {
        add(engine, event);
    } else if (wanted != NULL && event->kind == ENGINE_BLOB_GONE) {
        drop(engine, wanted);
    } else if (wanted != NULL) {
        stored(engine, wanted, event);
    }
}

/* --- Peers. --------------------------------------------------------------- */

static void store(struct engine *engine, struct blob_wanted *wanted,
                  struct bytes part)
{
    struct engine_action *action = engine_act(engine, ENGINE_STORE_BLOB);
    action->origin = scratch_text(&engine->scratch, wanted->author->name);
    action->blob = wanted->id;
    action->seal = wanted->seal;
    action->from = wanted->next;
    action->part = scratch_copy(&engine->scratch, part);
    wanted->rounds = 0;
}

void blob_part(struct engine *engine, struct stream *stream,
               const struct sync_blob_part *part)
{
    struct blob_wanted *wanted = find(engine, part->origin, &part->id);
    if (wanted == NULL) {
        return; /* no longer */
    }
    if (part->bytes.size == 0) {
        if (wanted->at == stream) {
            try_another(engine, wanted);
        }
        return;
    }
    if (part->index != wanted->next) {
        return; /* here already, or asked for before the disk lost some */
    }
    if (blob_part_verify(&wanted->seal, part->index, part->bytes,
                         &part->proof) != HL_OK) {
        mark_tried(wanted, stream->member, true);
        peer_fault(engine, stream, HL_EPROOF,
                   "a part of a blob that is none of it");
        return;
    }
    if (wanted->at == NULL && stream->blob == NULL) {
        come_back(engine, wanted, stream);
    }
    if (wanted->at == stream) {
        fit_window(engine, wanted);
    }
    store(engine, wanted, part->bytes);
}

void blob_live(struct engine *engine, struct stream *stream)
{
    for (size_t i = 0; i < engine->blob_count; i++) {
        struct blob_wanted *wanted = engine->blobs[i];
        mark_tried(wanted, stream->member, false);
        wanted->retry_at = (struct hl_mono){INT64_MIN};
        wanted->rounds = 0;
    }
    go_on_all(engine);
}

void blob_drop_stream(struct engine *engine, struct stream *stream)
{
    if (stream->blob != NULL) {
        leave(engine, stream->blob);
    }
}

/* Beyond the bound a peer waits in vain: nothing is kept of what he asked. */
static bool may_ask(const struct engine *engine, struct stream *stream)
{
    if (is_due(engine, after_ms(stream->asks_from, heartbeat_ms(engine)))) {
        stream->asks_from = engine->mono;
        stream->asks = 0;
        stream->blob_asks = 0;
    }
    return stream->blob_asks++ < BLOB_ASKS_MAX;
}

void blob_want(struct engine *engine, struct stream *stream,
               const struct sync_blob_want *want)
{
    const struct member *author = member_of_origin(engine, want->origin);
    uint32_t count = want->count;
    if (author == NULL || stream->state != STREAM_LIVE ||
        !may_ask(engine, stream)) {
        return;
    }
    if (count == 0 || count > SYNC_BLOB_WINDOW_PARTS) {
        count = SYNC_BLOB_WINDOW_PARTS;
    }
    struct engine_action *action = engine_act(engine, ENGINE_SEND_BLOB);
    action->stream = stream->id;
    action->origin = scratch_text(&engine->scratch, author->name);
    action->blob = want->id;
    action->from = want->first;
    action->size = want->first + count;
}

/* --- Time. ---------------------------------------------------------------- */

struct hl_mono blob_deadline(const struct engine *engine)
{
    struct hl_mono at = NO_TIME;
    for (size_t i = 0; i < engine->blob_count; i++) {
        const struct blob_wanted *wanted = engine->blobs[i];
        struct hl_mono due =
            wanted->at != NULL ? wanted->deadline : wanted->retry_at;
        /* Due already: it waits for a peer that is busy. */
        if ((wanted->at != NULL || !is_due(engine, due)) && due.ns < at.ns) {
            at = due;
        }
    }
    return at;
}

static void be_patient(struct stream *stream)
{
    stream->blob_window = 1;
    if (stream->blob_ms < BLOB_MAX_MS) {
        stream->blob_ms *= 2;
    }
}

void blob_tick(struct engine *engine)
{
    for (size_t i = engine->blob_count; i > 0; i--) {
        struct blob_wanted *wanted = engine->blobs[i - 1];
        if (wanted->at != NULL && is_due(engine, wanted->deadline)) {
            be_patient(wanted->at);
            try_another(engine, wanted);
        }
    }
    go_on_all(engine);
}

void blob_fini(struct engine *engine)
{
    for (size_t i = 0; i < engine->blob_count; i++) {
        hl_free(engine->blobs[i]->tried);
        hl_free(engine->blobs[i]);
    }
    hl_free(engine->blobs);
}
