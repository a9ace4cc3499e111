/* SPDX-License-Identifier: Apache-2.0 */
#include "federation/engine/engine_inside.h"

/*              retry_at                 STREAM_OPENED, Hello
 *   DOWN ------------------> DIALLING ------------------------> UP
 *     ^                          |                               |
 *     |  DIAL_FAILED, time-out   |          no stream is left    |
 *     +--------------------------+-------------------------------+
 *
 * Two back-offs are kept apart. Not reached: from DIAL_BACKOFF_MIN_MS, doubled
 * and jittered, at most a heartbeat, forgotten at any contact. Misbehaviour:
 * until banned_until, forgotten by time or by the operator. */

static bool may_dial(const struct engine *engine, const struct member *member)
{
    return member != engine->self && !member_ended(member) &&
           member->node->endpoint_count > 0 &&
           member->peer.link == ENGINE_LINK_DOWN &&
           is_due(engine, member->peer.retry_at) && !member->peer.paused &&
           !peer_banned(engine, member);
}

bool peer_banned(const struct engine *engine, const struct member *member)
{
    return member->peer.faults > 0 &&
           !is_due(engine, member->peer.banned_until);
}

static int64_t backoff_ms(struct engine *engine, const struct peer *peer)
{
    int64_t most = heartbeat_ms(engine);
    int64_t ms = DIAL_BACKOFF_MIN_MS;
    for (uint32_t i = 1; i < peer->attempts && ms < most; i++) {
        ms *= 2;
    }
    ms = ms < most ? ms : most;
    return ms / 2 + (int64_t)engine_random(engine, (uint64_t)(ms / 2 + 1));
}

void peer_down(struct engine *engine, struct member *member, hl_err err)
{
    struct peer *peer = &member->peer;
    peer->link = ENGINE_LINK_DOWN;
    peer->last = err;
    peer->attempts++;
    peer->retry_at = after_ms(engine->mono, backoff_ms(engine, peer));
    if (peer_banned(engine, member) &&
        peer->banned_until.ns > peer->retry_at.ns) {
        peer->retry_at = peer->banned_until;
    }
}

void peer_reached(struct member *member)
{
    member->peer.link = ENGINE_LINK_UP;
    member->peer.attempts = 0;
}

static void dial(struct engine *engine, struct member *member)
{
    struct peer *peer = &member->peer;
    struct engine_action *action = engine_act(engine, ENGINE_DIAL);
    size_t at = peer->endpoint++ % member->node->endpoint_count;
    action->peer = scratch_text(&engine->scratch, member->id);
    action->endpoint =
        scratch_text(&engine->scratch, member->node->endpoints[at]);
    peer->link = ENGINE_LINK_DIALLING;
    peer->retry_at = after_ms(engine->mono, DIAL_TIMEOUT_MS);
}

void peer_connect(struct engine *engine)
{
    for (size_t i = 0; i < engine->member_count; i++) {
        struct member *member = engine->members[i];
        if (member->peer.link == ENGINE_LINK_DIALLING &&
            is_due(engine, member->peer.retry_at)) {
            peer_down(engine, member, HL_EDEADLINE);
        }
        if (may_dial(engine, member)) {
            dial(engine, member);
        } else if (member->peer.link == ENGINE_LINK_DOWN &&
                   is_due(engine, member->peer.retry_at)) {
            member->peer.retry_at =
                peer_banned(engine, member) && !member->peer.paused
                    ? member->peer.banned_until
                    : NO_TIME; /* itself, ended, paused, or nowhere */
        }
    }
}

void peer_pause(struct engine *engine, struct member *member)
{
    member->peer.paused = true;
    for (size_t i = engine->stream_count; i > 0; i--) {
        struct stream *stream = engine->streams[i - 1];
        if (stream->member == member) {
            stream_close(engine, stream, HL_EPAUSED,
                         "the operator paused this peer");
        }
    }
}

void peer_retry(struct engine *engine, struct member *member)
{
    struct peer *peer = &member->peer;
    peer->paused = false;
    peer->faults = 0;
    peer->banned_until = (struct hl_mono){0};
    if (peer->link == ENGINE_LINK_DOWN) {
        peer->attempts = 0;
        peer->retry_at = engine->mono;
    }
    peer_connect(engine);
}

void peer_fault(struct engine *engine, struct stream *stream, hl_err err,
                const char *why)
{
    struct member *member = stream->member;
    struct peer *peer = &member->peer;
    if (peer->faults > 0 &&
        is_due(engine, after_ms(peer->fault_at, FAULT_FORGET_MS))) {
        peer->faults = 0;
    }
    int64_t ms = FAULT_BACKOFF_MS;
    for (uint32_t i = 0; i < peer->faults && ms < FAULT_BACKOFF_MAX_MS; i++) {
        ms *= 2;
    }
    peer->faults++;
    peer->fault_at = engine->mono;
    peer->banned_until = after_ms(
        engine->mono, ms < FAULT_BACKOFF_MAX_MS ? ms : FAULT_BACKOFF_MAX_MS);
    engine_report(engine, ENGINE_REPORT_PEER_FAULT, member, err, peer->faults,
                  why);
    stream_close(engine, stream, err, why);
}

void peer_doubt(struct engine *engine, struct stream *stream)
{
    struct hl_mono *until = &stream->member->peer.doubted_until;
    bool again = until->ns != 0 && !is_due(engine, *until);
    *until = after_ms(engine->mono, DOUBT_MS);
    if (again) {
        peer_fault(engine, stream, HL_ELIMIT, PEER_BREAKS);
    } else {
        stream_close(engine, stream, HL_ECONNECT,
                     "a message that is too large, or was cut short");
    }
}
