/* SPDX-License-Identifier: Apache-2.0 */
#include "federation/engine/engine_inside.h"
#include "protocol/base/hl_assert.h"

/* Subscribers are served in turn, a segment at a time, up to the longest
 * checkpoint that we hold whole; one that has all hears of it by Have. */

enum {
    /* A segment of one entry of the largest size, with its proofs. */
    SEGMENT_ROOM_BYTES = HL_ENTRY_MAX_BYTES + 8192,
};

void push_want(struct engine *engine, struct stream *stream,
               const struct sync_want *want)
{
    struct member *member = member_of_origin(engine, want->origin);
    if (member == NULL || stream->state != STREAM_LIVE) {
        return; /* of a newer charter than ours */
    }
    struct subscription *subscription = stream_subscription(stream, member);
    *subscription = (struct subscription){
        .on = !want->stop, .with_start = true, .next = want->from};
    stream->due = true;
}

void push_reset(struct engine *engine, struct member *member)
{
    for (size_t i = 0; i < engine->stream_count; i++) {
        struct subscription *subscription =
            stream_subscription(engine->streams[i], member);
        subscription->with_start = true;
    }
}

void push_origin(struct engine *engine, struct member *member)
{
    for (size_t i = 0; i < engine->stream_count; i++) {
        struct stream *stream = engine->streams[i];
        if (member->number < stream->subscription_count &&
            stream->subscriptions[member->number].on) {
            stream->due = true;
        }
    }
}

/* --- Segments. ----------------------------------------------------------- */

/* What our own journal's state forbids to leave. */
static bool may_serve(const struct engine *engine, const struct member *member)
{
    return !member->origin.cutting &&
           (member != engine->self || own_may_show(engine));
}

static bool has_more(const struct engine *engine, const struct member *member,
                     const struct subscription *subscription)
{
    const struct signed_head *whole = &member->origin.whole;
    return subscription->on && signed_head_is(whole) &&
           whole->head.size > subscription->next && may_serve(engine, member);
}

static void send_segment(struct engine *engine, struct stream *stream,
                         struct member *member,
                         struct subscription *subscription, uint64_t room)
{
    struct origin *origin = &member->origin;
    struct engine_action *action = engine_act(engine, ENGINE_SEND_SEGMENT);
    action->stream = stream->id;
    action->origin = scratch_text(&engine->scratch, member->name);
    action->from = subscription->next;
    action->size = origin->whole.head.size;
    action->note =
        scratch_copy(&engine->scratch, writer_view(&origin->whole.raw));
    action->with_start = subscription->with_start;
    action->bytes_max = room;
    stream->sending = true;
    /* Told by the segment itself, unless it ends short of it. */
    subscription->whole_number = origin->whole_number;
}

static void serve(struct engine *engine, struct stream *stream)
{
    uint64_t room = stream->credit - stream->sent;
    for (size_t i = 0; i < stream->subscription_count; i++) {
        size_t at = (stream->next_served + i) % stream->subscription_count;
        struct member *member = engine->numbered[at];
        struct subscription *subscription = &stream->subscriptions[at];
        if (!has_more(engine, member, subscription)) {
            continue;
        }
        if (room <
            SEGMENT_ROOM_BYTES + writer_view(&member->origin.whole.raw).size) {
            return; /* until there is credit */
        }
        stream->next_served = at + 1;
        send_segment(engine, stream, member, subscription, room);
        return;
    }
}

/* --- Have. --------------------------------------------------------------- */

/* Segments will tell it, where there are some to come. */
static bool whole_is_news(const struct engine *engine,
                          const struct member *member,
                          const struct subscription *subscription)
{
    return subscription->whole_number != member->origin.whole_number &&
           !has_more(engine, member, subscription);
}

/* The author's, or where he is followed: what others show stays here. */
static bool may_pass_candidate(const struct engine *engine,
                               const struct member *member)
{
    return member == engine->self || member->origin.candidate_followed;
}

static void say_have(struct engine *engine, struct stream *stream,
                     struct member *member, struct subscription *subscription)
{
    struct origin *origin = &member->origin;
    struct sync_message message = {
        .kind = SYNC_HAVE, .have = {.origin = bytes_of_text(member->name)}};
    struct sync_have *have = &message.have;
    if (whole_is_news(engine, member, subscription)) {
        have->checkpoint =
            scratch_copy(&engine->scratch, writer_view(&origin->whole.raw));
        subscription->whole_number = origin->whole_number;
    }
    if (subscription->candidate_number != origin->candidate_number &&
        may_pass_candidate(engine, member)) {
        have->candidate =
            scratch_copy(&engine->scratch, writer_view(&origin->candidate.raw));
    }
    if (subscription->sealed_number != origin->sealed_number) {
        have->sealed =
            scratch_copy(&engine->scratch, writer_view(&origin->sealed.raw));
    }
    subscription->candidate_number = origin->candidate_number;
    subscription->sealed_number = origin->sealed_number;
    if (have->checkpoint.size + have->candidate.size + have->sealed.size > 0) {
        stream_send(engine, stream, &message);
    }
}

static void say_due(struct engine *engine, struct stream *stream)
{
    for (size_t i = 0; i < stream->subscription_count; i++) {
        struct member *member = engine->numbered[i];
        struct subscription *subscription = &stream->subscriptions[i];
        const struct origin *origin = &member->origin;
        bool news =
            whole_is_news(engine, member, subscription) ||
            subscription->candidate_number != origin->candidate_number ||
            subscription->sealed_number != origin->sealed_number;
        if (subscription->on && news && may_serve(engine, member)) {
            say_have(engine, stream, member, subscription);
        }
    }
}

void push_due(struct engine *engine)
{
    for (size_t i = 0; i < engine->stream_count; i++) {
        struct stream *stream = engine->streams[i];
        if (!stream->due || stream->state != STREAM_LIVE) {
            continue;
        }
        stream->due = false;
        if (!stream->sending) {
            serve(engine, stream);
        }
        say_due(engine, stream);
    }
}

void push_sent(struct engine *engine, const struct engine_event *event)
{
    struct stream *stream = stream_find(engine, event->stream);
    struct member *member = member_of_origin(engine, event->origin);
    if (stream == NULL || member == NULL) {
        return;
    }
    HL_ASSERT(stream->sending);
    stream->sending = false;
    stream->due = true;
    struct subscription *subscription = stream_subscription(stream, member);
    if (event->err != HL_OK) {
        /* Our store cannot give it: nothing is wanted of us any more. */
        subscription->on = false;
        return;
    }
    stream->sent += event->bytes;
    /* A new Want may have come meanwhile, from elsewhere. */
    if (subscription->on && subscription->next == event->from) {
        subscription->next = event->next;
        subscription->with_start = false;
    }
}
