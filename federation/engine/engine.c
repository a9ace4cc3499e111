/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "federation/engine/engine_inside.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

/* --- Small things. ------------------------------------------------------- */

void signed_head_set(struct signed_head *to, const struct head *head,
                     struct bytes raw)
{
    if (raw.data != to->raw.data || raw.size != to->raw.size) {
        writer_clear(&to->raw);
        writer_bytes(&to->raw, raw);
    }
    to->head = *head;
}

void signed_head_clear(struct signed_head *note)
{
    writer_fini(&note->raw);
    *note = (struct signed_head){.head = head_empty()};
}

bool signed_head_is(const struct signed_head *note)
{
    return writer_view(&note->raw).size > 0;
}

struct hl_mono after_ms(struct hl_mono from, int64_t ms)
{
    return (struct hl_mono){from.ns + ms * 1000000};
}

bool is_due(const struct engine *engine, struct hl_mono at)
{
    return at.ns <= engine->mono.ns;
}

/* splitmix64 (Steele, Lea, Flood): for jitter and choosing peers alone. */
uint64_t engine_random(struct engine *engine, uint64_t below)
{
    engine->random += 0x9e3779b97f4a7c15u;
    uint64_t z = engine->random;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    return below == 0 ? z : z % below;
}

int64_t heartbeat_ms(const struct engine *engine)
{
    int64_t by_size =
        (int64_t)engine->member_count * 1000 / NODES_PER_HEARTBEAT_S;
    return by_size > engine->limits.heartbeat_min_ms
               ? by_size
               : engine->limits.heartbeat_min_ms;
}

struct engine_action *engine_act(struct engine *engine,
                                 enum engine_action_kind kind)
{
    if (engine->action_count == engine->action_capacity) {
        engine->action_capacity = engine->action_capacity * 2 + 16;
        engine->actions = hl_realloc(engine->actions, engine->action_capacity,
                                     sizeof(*engine->actions));
    }
    struct engine_action *action = &engine->actions[engine->action_count++];
    *action = (struct engine_action){.kind = kind};
    return action;
}

void engine_report(struct engine *engine, enum engine_report report,
                   const struct member *about, hl_err err, uint64_t size,
                   const char *text)
{
    struct engine_action *action = engine_act(engine, ENGINE_REPORT);
    action->report = report;
    action->err = err;
    action->size = size;
    action->text = scratch_text(&engine->scratch, text);
    if (about != NULL) {
        action->peer = scratch_text(&engine->scratch, about->id);
        action->origin = scratch_text(&engine->scratch, about->name);
    }
}

/* --- Setting up. --------------------------------------------------------- */

void engine_create(const struct engine_options *options, struct engine **out)
{
    struct engine *engine = hl_alloc(1, sizeof(*engine));
    HL_ASSERT(strlen(options->alliance) < sizeof(engine->alliance));
    HL_ASSERT(strlen(options->node) < sizeof(engine->node));
    memcpy(engine->alliance, options->alliance, strlen(options->alliance));
    memcpy(engine->node, options->node, strlen(options->node));
    (void)snprintf(engine->name, sizeof(engine->name), "%s/%s",
                   options->alliance, options->node);
    engine->limits = options->limits;
    engine->pin = options->pin;
    engine->verified = verified_create(options->verifier);
    engine->remembering = verified_verifier(engine->verified);
    engine->verifier = &engine->remembering;
    engine->mirror = options->mirror;
    engine->journal_key = options->journal_key;
    engine->tree = options->tree;
    engine->mark = options->mark;
    engine->has_mark = options->has_mark;
    engine->believed = options->own_time;
    engine->random = options->seed;
    engine->own = options->mark_agrees ? ENGINE_OWN_GOOD : ENGINE_OWN_UNSURE;
    engine->next_ticket = 1;
    engine->wake_at = NO_TIME;
    engine->candidate_at = (struct hl_mono){INT64_MIN / 2};
    *out = engine;
}

static void origin_fini(struct origin *origin)
{
    struct signed_head *notes[] = {&origin->newest,      &origin->whole,
                                   &origin->sealed,      &origin->sealed_ahead,
                                   &origin->candidate,   &origin->kept,
                                   &origin->former_base, &origin->under};
    for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
        signed_head_clear(notes[i]);
    }
    note_fini(&origin->kept_note);
}

void engine_destroy(struct engine **engine)
{
    struct engine *gone = *engine;
    if (gone == NULL) {
        return;
    }
    for (size_t i = 0; i < gone->stream_count; i++) {
        stream_destroy(gone->streams[i]);
    }
    for (size_t i = 0; i < gone->member_count; i++) {
        origin_fini(&gone->members[i]->origin);
        hl_free(gone->members[i]);
    }
    pending_fini(gone);
    mend_fini(gone);
    blob_fini(gone);
    charters_fini(gone);
    evidence_fini(gone);
    scratch_fini(&gone->scratch);
    verified_destroy(&gone->verified);
    hl_free(gone->streams);
    hl_free(gone->members);
    hl_free(gone->numbered);
    hl_free(gone->waits);
    hl_free(gone->actions);
    hl_free(gone);
    *engine = NULL;
}

hl_err engine_load_charter(struct engine *engine, struct bytes raw,
                           struct hl_detail *detail)
{
    struct kept_charter *added = NULL;
    HL_ASSERT(!engine->started);
    return charters_add(engine, raw, &added, detail);
}

static void begin_step(struct engine *engine, struct hl_mono mono,
                       struct hl_wall wall)
{
    engine->mono = mono;
    engine->wall = wall;
    engine->action_count = 0;
    scratch_clear(&engine->scratch);
}

static void take_sooner(struct hl_mono *at, struct hl_mono other)
{
    if (other.ns < at->ns) {
        *at = other;
    }
}

static struct hl_mono next_wake(const struct engine *engine)
{
    struct hl_mono at = engine->heartbeat_at;
    take_sooner(&at, seal_next_deadline(engine));
    take_sooner(&at, mend_deadline(engine));
    take_sooner(&at, blob_deadline(engine));
    for (size_t i = 0; i < engine->stream_count; i++) {
        take_sooner(&at, engine->streams[i]->deadline);
    }
    for (size_t i = 0; i < engine->member_count; i++) {
        const struct peer *peer = &engine->members[i]->peer;
        if (peer->link != ENGINE_LINK_UP) {
            take_sooner(&at, peer->retry_at);
        }
    }
    return at;
}

static void end_step(struct engine *engine, struct engine_actions *out)
{
    own_settle(engine);
    push_due(engine);
    engine->wake_at = next_wake(engine);
    out->items = engine->actions;
    out->count = engine->action_count;
}

hl_err engine_start(struct engine *engine, struct hl_mono mono,
                    struct hl_wall wall, struct engine_actions *out,
                    struct hl_detail *detail)
{
    HL_ASSERT(!engine->started);
    begin_step(engine, mono, wall);
    hl_err err = charters_resolve(engine, detail);
    if (err != HL_OK) {
        return err;
    }
    evidence_choose(engine);
    engine->started = true;
    engine->heartbeat_at = after_ms(
        mono, (int64_t)engine_random(engine, (uint64_t)heartbeat_ms(engine)));
    standing_settle_all(engine);
    peer_connect(engine);
    end_step(engine, out);
    return HL_OK;
}

/* --- Running. ------------------------------------------------------------ */

static void on_tick(struct engine *engine)
{
    for (size_t i = engine->stream_count; i > 0; i--) {
        struct stream *stream = engine->streams[i - 1];
        if (is_due(engine, stream->deadline)) {
            stream_close(engine, stream, HL_EDEADLINE,
                         stream->state == STREAM_GREETING
                             ? "no Hello came"
                             : "it did not say what it holds of our journal");
        }
    }
    pull_stalls(engine);
    mend_tick(engine);
    blob_tick(engine);
    seal_answer(engine);
    if (is_due(engine, engine->heartbeat_at)) {
        engine->heartbeat_at = after_ms(engine->mono, heartbeat_ms(engine));
        heartbeat_beat(engine);
    }
    peer_connect(engine);
}

typedef void (*message_fn)(struct engine *engine, struct stream *stream,
                           const struct sync_message *message);

static void on_hello(struct engine *engine, struct stream *stream,
                     const struct sync_message *message)
{
    (void)message;
    peer_fault(engine, stream, HL_EPEER, "a second Hello");
}

static void on_have(struct engine *engine, struct stream *stream,
                    const struct sync_message *message)
{
    have_received(engine, stream, &message->have);
}

static void on_want(struct engine *engine, struct stream *stream,
                    const struct sync_message *message)
{
    push_want(engine, stream, &message->want);
}

static void on_credit(struct engine *engine, struct stream *stream,
                      const struct sync_message *message)
{
    (void)engine;
    if (message->credit.bytes > stream->credit) {
        stream->credit = message->credit.bytes;
        stream->due = true;
    }
}

static void on_proof_want(struct engine *engine, struct stream *stream,
                          const struct sync_message *message)
{
    fault_proof_want(engine, stream, &message->proof_want);
}

static void on_proof(struct engine *engine, struct stream *stream,
                     const struct sync_message *message)
{
    fault_proof(engine, stream, &message->proof);
}

static void on_kept_want(struct engine *engine, struct stream *stream,
                         const struct sync_message *message)
{
    keep_want(engine, stream, &message->kept_want);
}

static void on_kept(struct engine *engine, struct stream *stream,
                    const struct sync_message *message)
{
    keep_received(engine, stream, &message->kept);
}

static void on_charter(struct engine *engine, struct stream *stream,
                       const struct sync_message *message)
{
    charters_offer(engine, message->charter.raw, stream);
}

static void on_evidence(struct engine *engine, struct stream *stream,
                        const struct sync_message *message)
{
    fault_evidence(engine, stream, message->evidence.raw);
}

static void on_digest_want(struct engine *engine, struct stream *stream,
                           const struct sync_message *message)
{
    digest_want(engine, stream, &message->digest_want);
}

static void on_digest(struct engine *engine, struct stream *stream,
                      const struct sync_message *message)
{
    digest_received(engine, stream, &message->digest);
}

static void on_blob_want(struct engine *engine, struct stream *stream,
                         const struct sync_message *message)
{
    blob_want(engine, stream, &message->blob_want);
}

static void on_blob_part(struct engine *engine, struct stream *stream,
                         const struct sync_message *message)
{
    blob_part(engine, stream, &message->blob_part);
}

static const message_fn message_handlers[SYNC_KIND_COUNT] = {
    [SYNC_HELLO] = on_hello,
    [SYNC_HAVE] = on_have,
    [SYNC_WANT] = on_want,
    [SYNC_CREDIT] = on_credit,
    [SYNC_PROOF_WANT] = on_proof_want,
    [SYNC_PROOF] = on_proof,
    [SYNC_KEPT_WANT] = on_kept_want,
    [SYNC_KEPT] = on_kept,
    [SYNC_CHARTER] = on_charter,
    [SYNC_EVIDENCE] = on_evidence,
    [SYNC_DIGEST_WANT] = on_digest_want,
    [SYNC_DIGEST] = on_digest,
    [SYNC_BLOB_WANT] = on_blob_want,
    [SYNC_BLOB_PART] = on_blob_part,
};

static const bool is_question[SYNC_KIND_COUNT] = {
    [SYNC_WANT] = true,
    [SYNC_PROOF_WANT] = true,
    [SYNC_KEPT_WANT] = true,
    [SYNC_DIGEST_WANT] = true,
};

static void on_message(struct engine *engine, struct stream *stream,
                       const struct engine_event *event)
{
    const struct sync_message *message = event->message;
    if (is_question[message->kind] && !stream_may_ask(engine, stream)) {
        return;
    }
    if (stream->state == STREAM_GREETING) {
        if (message->kind == SYNC_HELLO) {
            stream_hello(engine, stream, &message->hello);
        } else {
            peer_fault(engine, stream, HL_EPEER, "no Hello first");
        }
        return;
    }
    if (message->kind == SYNC_SEGMENT) {
        pull_segment(engine, stream, &message->segment, event->bytes);
    } else {
        message_handlers[message->kind](engine, stream, message);
    }
}

static void on_stream_event(struct engine *engine,
                            const struct engine_event *event)
{
    struct stream *stream = stream_find(engine, event->stream);
    if (stream == NULL) {
        return; /* closed meanwhile */
    }
    switch (event->kind) {
    case ENGINE_STREAM_CLOSED:
        stream_closed(engine, stream, event->err);
        break;
    case ENGINE_MESSAGE_BAD:
        if (event->err == HL_ECONNECT) {
            peer_doubt(engine, stream);
        } else if (event->err != HL_EUNSUPPORTED) {
            peer_fault(engine, stream, event->err, PEER_BREAKS);
        }
        break;
    default:
        on_message(engine, stream, event);
        break;
    }
}

static void on_applied(struct engine *engine, const struct engine_event *event)
{
    struct member *member = member_of_origin(engine, event->origin);
    if (member != NULL) {
        member->origin.digest = event->digest;
    }
}

static void on_peer_event(struct engine *engine,
                          const struct engine_event *event)
{
    struct member *member = member_find(engine, event->peer);
    if (member == NULL) {
        return;
    }
    if (event->kind == ENGINE_DIAL_FAILED) {
        if (member->peer.link == ENGINE_LINK_DIALLING) {
            peer_down(engine, member, event->err);
        }
    } else if (event->kind == ENGINE_LOST) {
        member->lost = true;
    } else if (event->kind == ENGINE_PAUSE) {
        peer_pause(engine, member);
    } else {
        peer_retry(engine, member);
    }
}

static void on_own_event(struct engine *engine,
                         const struct engine_event *event)
{
    switch (event->kind) {
    case ENGINE_OWN_ADVANCED:
        seal_own_advanced(engine, &event->head, event->note, event->urgent);
        break;
    case ENGINE_WAIT:
        seal_wait(engine, event);
        break;
    case ENGINE_WAIT_CANCEL:
        seal_cancel(engine, event->wait);
        break;
    case ENGINE_RECOVER:
        own_recover(engine);
        break;
    case ENGINE_CLOCK:
        heartbeat_confirm(engine);
        break;
    default:
        charters_offer(engine, event->note, NULL);
        break;
    }
}

static void dispatch(struct engine *engine, const struct engine_event *event)
{
    switch (event->kind) {
    case ENGINE_TICK:
        on_tick(engine);
        break;
    case ENGINE_STREAM_OPENED:
        stream_opened(engine, event);
        break;
    case ENGINE_STREAM_CLOSED:
    case ENGINE_MESSAGE:
    case ENGINE_MESSAGE_BAD:
        on_stream_event(engine, event);
        break;
    case ENGINE_DIAL_FAILED:
    case ENGINE_RETRY:
    case ENGINE_PAUSE:
    case ENGINE_LOST:
        on_peer_event(engine, event);
        break;
    case ENGINE_SENT:
        push_sent(engine, event);
        break;
    case ENGINE_STORED:
        pending_stored(engine, event);
        break;
    case ENGINE_APPLIED:
        on_applied(engine, event);
        break;
    case ENGINE_IMPORT:
        import_message(engine, event);
        break;
    case ENGINE_MEND:
        mend_begin(engine, event);
        break;
    case ENGINE_BLOB_WANTED:
    case ENGINE_BLOB_GONE:
    case ENGINE_BLOB_STORED:
        blob_event(engine, event);
        break;
    case ENGINE_OWN_ADVANCED:
    case ENGINE_CHARTER:
    case ENGINE_WAIT:
    case ENGINE_WAIT_CANCEL:
    case ENGINE_RECOVER:
    case ENGINE_CLOCK:
        on_own_event(engine, event);
        break;
    }
}

void engine_step(struct engine *engine, const struct engine_event *event,
                 struct engine_actions *out)
{
    HL_ASSERT(engine->started);
    begin_step(engine, event->mono, event->wall);
    dispatch(engine, event);
    end_step(engine, out);
}

struct hl_mono engine_wake_at(const struct engine *engine)
{
    return engine->wake_at;
}
