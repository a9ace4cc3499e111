/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "federation/engine/engine_inside.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

/*            Hello                 Have of our journal
 *   GREETING ---------> COMPARING ---------------------> LIVE
 *       |                   |                              |
 *       +-------------------+------------------------------+--> closed
 *
 * Before a stream is live nothing is pushed to it: a partner that has more of
 * our journal than we have shows it first (design: rollback guard). */

struct stream *stream_find(const struct engine *engine, engine_stream id)
{
    for (size_t i = 0; i < engine->stream_count; i++) {
        if (engine->streams[i]->id == id) {
            return engine->streams[i];
        }
    }
    return NULL;
}

void stream_destroy(struct stream *stream)
{
    hl_free(stream->subscriptions);
    hl_free(stream);
}

struct subscription *stream_subscription(struct stream *stream,
                                         const struct member *member)
{
    if (member->number >= stream->subscription_count) {
        size_t count = member->number + 1;
        stream->subscriptions = hl_realloc(stream->subscriptions, count,
                                           sizeof(*stream->subscriptions));
        memset(&stream->subscriptions[stream->subscription_count], 0,
               (count - stream->subscription_count) *
                   sizeof(*stream->subscriptions));
        stream->subscription_count = count;
    }
    return &stream->subscriptions[member->number];
}

void stream_send(struct engine *engine, struct stream *stream,
                 const struct sync_message *message)
{
    struct engine_action *action = engine_act(engine, ENGINE_SEND);
    struct sync_message *copy = scratch_alloc(&engine->scratch, sizeof(*copy));
    *copy = *message;
    action->stream = stream->id;
    action->message = copy;
}

bool stream_may_ask(const struct engine *engine, struct stream *stream)
{
    size_t most = ASKS_MIN + ASKS_PER_MEMBER * engine->member_count;
    if (is_due(engine, after_ms(stream->asks_from, heartbeat_ms(engine)))) {
        stream->asks_from = engine->mono;
        stream->asks = 0;
    }
    return stream->asks++ < most;
}

/* --- Beginning. ---------------------------------------------------------- */

/* Of all streams together not more than the node's bound. */
static uint64_t window_of(const struct engine *engine)
{
    uint64_t share = engine->limits.window_bytes / (engine->member_count + 1);
    uint64_t most = engine->limits.stream_window_max_bytes;
    share = share < most ? share : most;
    return share > ENGINE_STREAM_WINDOW_MIN_BYTES
               ? share
               : ENGINE_STREAM_WINDOW_MIN_BYTES;
}

static void send_hello(struct engine *engine, struct stream *stream)
{
    stream->window = window_of(engine);
    stream->granted = stream->window;
    struct sync_message message = {
        .kind = SYNC_HELLO,
        .hello = {.version_min = SYNC_VERSION,
                  .version_max = SYNC_VERSION,
                  .alliance = bytes_of_text(engine->alliance),
                  .sender = bytes_of_text(engine->node),
                  .receiver = bytes_of_text(stream->member->id),
                  .charter_version = engine->charter->version,
                  .charter_hash = engine->charter->hash,
                  .window_bytes = stream->window}};
    stream_send(engine, stream, &message);
}

static void refuse(struct engine *engine, const struct engine_event *event,
                   hl_err err, const char *why)
{
    struct engine_action *action = engine_act(engine, ENGINE_CLOSE);
    action->stream = event->stream;
    action->err = err;
    action->text = scratch_text(&engine->scratch, why);
}

void stream_opened(struct engine *engine, const struct engine_event *event)
{
    struct member *member = member_find(engine, event->peer);
    if (member == engine->self) {
        refuse(engine, event, HL_EPEER, "it is this node itself");
        return;
    }
    if (member == NULL || member_ended(member)) {
        refuse(engine, event, HL_EUNKNOWNNODE,
               "the charter has no such node, or it is ended");
        return;
    }
    if (member->peer.paused) {
        refuse(engine, event, HL_EPAUSED, "the operator paused this peer");
        return;
    }
    if (peer_banned(engine, member)) {
        refuse(engine, event, HL_EPEER,
               "it broke the protocol, and is left alone for a while");
        return;
    }
    struct stream *stream = hl_alloc(1, sizeof(*stream));
    stream->id = event->stream;
    stream->member = member;
    stream->dialled = event->dialled;
    stream->deadline = after_ms(engine->mono, HELLO_TIMEOUT_MS);
    stream->blob_window = 1;
    stream->blob_ms = BLOB_MS;
    engine->streams = hl_realloc(engine->streams, engine->stream_count + 1,
                                 sizeof(struct stream *));
    engine->streams[engine->stream_count++] = stream;
    send_hello(engine, stream);
}

/* --- Ending. ------------------------------------------------------------- */

static void forget(struct engine *engine, struct stream *stream, hl_err err)
{
    struct member *member = stream->member;
    bool was_dialled = stream->dialled;
    bool was_current = member->stream == stream;
    size_t i = 0;
    while (engine->streams[i] != stream) {
        i++;
    }
    engine->streams[i] = engine->streams[--engine->stream_count];
    if (was_current) {
        member->stream = NULL;
    }
    pull_drop_stream(engine, stream);
    mend_drop_stream(engine, stream);
    blob_drop_stream(engine, stream);
    stream_destroy(stream);
    if (was_current || (was_dialled && member->stream == NULL)) {
        peer_down(engine, member, err);
    }
}

void stream_close(struct engine *engine, struct stream *stream, hl_err err,
                  const char *why)
{
    struct engine_action *action = engine_act(engine, ENGINE_CLOSE);
    action->stream = stream->id;
    action->err = err;
    action->text = scratch_text(&engine->scratch, why);
    forget(engine, stream, err);
}

/* Ended by the peer at the Hello, though it is the smaller id's to dial: it
 * has a stream to us that we know nothing of any more, and its keepalive will
 * find that out. */
static bool was_superseded(const struct engine *engine,
                           const struct stream *stream)
{
    return stream->dialled && stream->state == STREAM_COMPARING &&
           strcmp(stream->member->id, engine->node) < 0;
}

void stream_closed(struct engine *engine, struct stream *stream, hl_err err)
{
    struct member *member = stream->member;
    bool superseded = was_superseded(engine, stream);
    forget(engine, stream, err);
    if (superseded && member->peer.link == ENGINE_LINK_DOWN) {
        member->peer.retry_at = after_ms(engine->mono, SUPERSEDED_WAIT_MS);
    }
}

/* --- Hello. -------------------------------------------------------------- */

static const char *hello_fault(const struct engine *engine,
                               const struct stream *stream,
                               const struct sync_hello *hello)
{
    if (!bytes_equal_text(hello->alliance, engine->alliance)) {
        return "its Hello is of another alliance";
    }
    if (!bytes_equal_text(hello->sender, stream->member->id)) {
        return "its Hello names another node than its certificate";
    }
    if (!bytes_equal_text(hello->receiver, engine->node)) {
        return "its Hello is meant for another node";
    }
    if (hello->version_min > SYNC_VERSION ||
        hello->version_max < SYNC_VERSION) {
        return "it speaks no version of the protocol that we do";
    }
    return NULL;
}

/* Of two dialled in opposite directions the smaller node id's, whenever it was
 * dialled; of two by the same dialler the newer. Both sides decide so. */
static bool outlives(const struct engine *engine, const struct stream *newer,
                     const struct stream *older)
{
    if (newer->dialled == older->dialled) {
        return true;
    }
    bool ours_is_smaller = strcmp(engine->node, newer->member->id) < 0;
    return newer->dialled == ours_is_smaller;
}

static void send_what_we_hold(struct engine *engine, struct stream *stream)
{
    const struct origin *origin = &stream->member->origin;
    struct sync_message message = {
        .kind = SYNC_HAVE,
        .have = {.origin = bytes_of_text(stream->member->name)}};
    message.have.checkpoint =
        scratch_copy(&engine->scratch, writer_view(&origin->whole.raw));
    /* What it signed beyond, of which we have not every entry. */
    if (origin->newest.head.size > origin->whole.head.size) {
        message.have.candidate =
            scratch_copy(&engine->scratch, writer_view(&origin->newest.raw));
    }
    message.have.sealed =
        scratch_copy(&engine->scratch, writer_view(&origin->sealed.raw));
    evidence_send(engine, stream, origin->evidence);
    stream_send(engine, stream, &message);
}

void stream_hello(struct engine *engine, struct stream *stream,
                  const struct sync_hello *hello)
{
    HL_ASSERT(stream->state == STREAM_GREETING);
    struct member *member = stream->member;
    const char *why = hello_fault(engine, stream, hello);
    if (why != NULL) {
        stream_close(engine, stream, HL_EPEER, why);
        return;
    }
    struct stream *other = member->stream;
    if (other != NULL && !outlives(engine, stream, other)) {
        stream_close(engine, stream, HL_ESUPERSEDED,
                     "the stream that it dialled lives on");
        return;
    }
    member->stream = stream;
    if (other != NULL) {
        stream_close(engine, other, HL_ESUPERSEDED, "a newer stream lives on");
    }
    peer_reached(member);
    stream->state = STREAM_COMPARING;
    stream->deadline = after_ms(engine->mono, COMPARE_TIMEOUT_MS);
    stream->credit = hello->window_bytes;
    charters_send_newer(engine, stream, hello);
    send_what_we_hold(engine, stream);
}

static void send_all_evidence(struct engine *engine, struct stream *stream)
{
    for (size_t i = 0; i < engine->member_count; i++) {
        const struct member *member = engine->members[i];
        if (member != stream->member) { /* that was sent first of all */
            evidence_send(engine, stream, member->origin.evidence);
        }
        evidence_send(engine, stream, member->accusation);
    }
}

void stream_compared(struct engine *engine, struct stream *stream)
{
    HL_ASSERT(stream->state == STREAM_COMPARING);
    stream->state = STREAM_LIVE;
    stream->deadline = NO_TIME;
    stream->due = true;
    send_all_evidence(engine, stream);
    pull_choose_all(engine);
    for (size_t i = 0; i < engine->member_count; i++) {
        keep_tell(engine, engine->members[i]);
    }
    blob_live(engine, stream);
}
