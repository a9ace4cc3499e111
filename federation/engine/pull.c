/* SPDX-License-Identifier: Apache-2.0 */
#include "federation/engine/engine_inside.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/bundle.h"
#include "protocol/tree/span.h"

/* Each origin is followed at one peer at a time, by a standing Want: its
 * author where he can be reached, else whoever says that he has more, else
 * anybody. Another where one stalls. */

bool pull_wanted(const struct engine *engine, const struct member *member)
{
    const struct origin *origin = &member->origin;
    if (origin->cutting || origin->way_failed || mend_holds(engine, member) ||
        !is_due(engine, origin->retry_at)) {
        return false;
    }
    if (member == engine->self) {
        return engine->own == ENGINE_OWN_UNSURE;
    }
    /* One in quarantine is followed too: a newer sealed checkpoint of it may
     * come to light. */
    return origin->standing != ENGINE_ORIGIN_ENDED ||
           origin->taken.size < origin->limit.size;
}

/* --- At whom. ------------------------------------------------------------ */

static bool is_avoided(const struct engine *engine, const struct origin *origin,
                       const struct member *at)
{
    bool avoided = false;
    for (size_t i = 0; i < AVOID_MAX; i++) {
        avoided = avoided || (origin->avoided[i].peer == at &&
                              !is_due(engine, origin->avoided[i].until));
    }
    return avoided;
}

static bool usable(const struct engine *engine, const struct member *member,
                   const struct member *at)
{
    const struct origin *origin = &member->origin;
    bool is_accused = at == member &&
                      origin->standing == ENGINE_ORIGIN_QUARANTINED &&
                      origin->limit.size <= origin->taken.size;
    return at->stream != NULL && at->stream->state == STREAM_LIVE &&
           !is_accused && !is_avoided(engine, origin, at);
}

static struct stream *anybody(struct engine *engine,
                              const struct member *member)
{
    struct stream *found = NULL;
    uint64_t seen = 0;
    for (size_t i = 0; i < engine->member_count; i++) {
        const struct member *at = engine->members[i];
        if (usable(engine, member, at) && engine_random(engine, ++seen) == 0) {
            found = at->stream;
        }
    }
    return found;
}

static struct stream *best(struct engine *engine, const struct member *member)
{
    const struct origin *origin = &member->origin;
    if (usable(engine, member, member)) {
        return member->stream;
    }
    if (origin->hint != NULL && origin->hint_size > origin->taken.size &&
        usable(engine, member, origin->hint)) {
        return origin->hint->stream;
    }
    return origin->upstream != NULL &&
                   usable(engine, member, origin->upstream->member)
               ? origin->upstream
               : anybody(engine, member);
}

static void send_want(struct engine *engine, struct stream *stream,
                      const struct member *member, bool stop)
{
    struct sync_message message = {
        .kind = SYNC_WANT,
        .want = {.origin = bytes_of_text(member->name),
                 .stop = stop,
                 .from = stop ? 0 : member->origin.taken.size}};
    stream_send(engine, stream, &message);
}

/* A claim counts until its maker is followed, or gone. */
static void forget_hint(struct origin *origin, const struct member *maker)
{
    if (origin->hint == maker) {
        origin->hint = NULL;
        origin->hint_size = 0;
    }
}

static void follow(struct engine *engine, struct member *member,
                   struct stream *stream)
{
    struct origin *origin = &member->origin;
    if (origin->upstream != stream) {
        origin->starts_failed = 0; /* of another peer */
    }
    origin->upstream = stream;
    origin->upstream_size = 0;
    forget_hint(origin, stream->member); /* it will say so itself */
    origin->progress_at = engine->mono;
    signed_head_clear(&origin->under);
    send_want(engine, stream, member, false);
}

void pull_stop(struct engine *engine, struct member *member)
{
    struct origin *origin = &member->origin;
    if (origin->upstream != NULL) {
        send_want(engine, origin->upstream, member, true);
        origin->upstream = NULL;
    }
}

void pull_choose(struct engine *engine, struct member *member)
{
    struct origin *origin = &member->origin;
    if (!pull_wanted(engine, member)) {
        pull_stop(engine, member);
        return;
    }
    struct stream *stream = best(engine, member);
    if (stream == origin->upstream) {
        return;
    }
    pull_stop(engine, member);
    if (stream != NULL) {
        follow(engine, member, stream);
        keep_tell(engine, member);
    }
}

void pull_choose_all(struct engine *engine)
{
    for (size_t i = 0; i < engine->member_count; i++) {
        pull_choose(engine, engine->members[i]);
    }
}

void pull_again(struct engine *engine, struct member *member)
{
    struct origin *origin = &member->origin;
    if (origin->upstream != NULL && pull_wanted(engine, member)) {
        follow(engine, member, origin->upstream);
    } else {
        pull_choose(engine, member);
    }
}

void pull_drop_stream(struct engine *engine, struct stream *stream)
{
    for (size_t i = 0; i < engine->member_count; i++) {
        struct member *member = engine->members[i];
        if (stream->member->stream == NULL) {
            forget_hint(&member->origin, stream->member);
        }
        if (member->origin.upstream == stream) {
            member->origin.upstream = NULL;
            pull_choose(engine, member);
        }
    }
}

void pull_avoid(struct engine *engine, struct member *member)
{
    struct origin *origin = &member->origin;
    struct avoided *oldest = &origin->avoided[0];
    if (origin->upstream == NULL) {
        return; /* it is followed nowhere any more */
    }
    for (size_t i = 1; i < AVOID_MAX; i++) {
        if (origin->avoided[i].until.ns < oldest->until.ns) {
            oldest = &origin->avoided[i];
        }
    }
    *oldest = (struct avoided){.peer = origin->upstream->member,
                               .until = after_ms(engine->mono, AVOID_MS)};
    pull_stop(engine, member);
    pull_choose(engine, member);
}

/* Somebody has more; or what is sealed, or the charter names, is to be had. */
static bool stalls(const struct engine *engine, const struct origin *origin)
{
    uint64_t taken = origin->taken.size;
    bool below_limit =
        origin->standing != ENGINE_ORIGIN_GOOD && origin->limit.size > taken;
    return origin->on_way == 0 &&
           (origin->upstream_size > taken || origin->hint_size > taken ||
            standing_sealed(origin)->head.size > taken || below_limit) &&
           is_due(engine, after_ms(origin->progress_at, STALL_MS));
}

void pull_stalls(struct engine *engine)
{
    for (size_t i = 0; i < engine->member_count; i++) {
        struct member *member = engine->members[i];
        struct origin *origin = &member->origin;
        if (origin->retry_at.ns != 0 && is_due(engine, origin->retry_at)) {
            origin->retry_at = (struct hl_mono){0};
            standing_settle(engine, member); /* a cut may have failed */
        }
        if (origin->upstream != NULL && stalls(engine, origin)) {
            pull_avoid(engine, member);
        } else {
            pull_choose(engine, member);
        }
    }
}

/* --- Credit. ------------------------------------------------------------- */

/* What is under way to us and what waits for the disk are together not more
 * than the window. */
void pull_grant(struct engine *engine, struct stream *stream)
{
    uint64_t granted = stream->received + stream->window - stream->unstored;
    if (granted < stream->granted + stream->window / 4) {
        return;
    }
    stream->granted = granted;
    struct sync_message message = {.kind = SYNC_CREDIT,
                                   .credit = {.bytes = granted}};
    stream_send(engine, stream, &message);
}

/* --- Segments. ----------------------------------------------------------- */

struct hl_hash *pull_leaves(struct engine *engine,
                            const struct segment *segment)
{
    struct hl_hash *leaves = scratch_alloc(
        &engine->scratch, segment->count * sizeof(struct hl_hash));
    struct bundle_walk walk;
    struct bytes entry;
    size_t count = 0;
    bundle_walk_init(&walk, segment->bundle);
    while (bundle_walk_next(&walk, &entry)) {
        leaves[count++] = merkle_leaf(entry);
    }
    HL_ASSERT(count == segment->count);
    return leaves;
}

/* Up to where the origin must stop the sealed note is enough, whatever became
 * of its author's keys. */
static bool leads_to_limit(const struct origin *origin,
                           const struct segment *segment)
{
    struct note note = {0};
    struct checkpoint checkpoint;
    bool leads = origin->standing != ENGINE_ORIGIN_GOOD &&
                 head_equal(&standing_sealed(origin)->head, &origin->limit) &&
                 note_parse(segment->checkpoint, &note, NULL) == HL_OK &&
                 checkpoint_parse(note.text, &checkpoint, NULL) == HL_OK &&
                 bytes_equal_text(segment->origin, checkpoint.origin) &&
                 head_equal(&checkpoint.head, &origin->limit);
    note_fini(&note);
    return leads;
}

/* The head that the segment is sent under. False: the matter is settled. */
static bool judge_under(struct engine *engine, struct stream *stream,
                        struct member *member, const struct segment *segment)
{
    struct origin *origin = &member->origin;
    if (signed_head_is(&origin->under) &&
        bytes_equal(writer_view(&origin->under.raw), segment->checkpoint)) {
        return true;
    }
    struct judged judged;
    if (leads_to_limit(origin, segment)) {
        signed_head_set(&origin->under, &origin->limit,
                        writer_view(&standing_sealed(origin)->raw));
        return true;
    }
    hl_err err =
        judge_note(engine, stream, member, segment->checkpoint, &judged);
    if (err == HL_EPEER) {
        return false;
    }
    const struct head *head = &judged.judgement.checkpoint.head;
    if (err == HL_OK && origin->standing == ENGINE_ORIGIN_QUARANTINED &&
        head->size > origin->limit.size) {
        have_sealed(engine, stream, member, segment->checkpoint);
    }
    if (err != HL_OK || (origin->standing != ENGINE_ORIGIN_GOOD &&
                         head->size >= origin->limit.size &&
                         !head_equal(head, &origin->limit))) {
        pull_avoid(engine, member);
        return false;
    }
    signed_head_set(&origin->under, head, judged.raw);
    return true;
}

/* Whether the sender has the same entries before it. */
static bool start_fits(const struct origin *origin,
                       const struct segment *segment)
{
    if (!segment->has_start) {
        return true;
    }
    struct hl_hash ours = frontier_root(&origin->taken);
    return start_proof_verify(&segment->start, &origin->under.head) == HL_OK &&
           hash_equal(&segment->start.root, &ours);
}

static void keep_whole(struct engine *engine, struct member *member)
{
    struct origin *origin = &member->origin;
    if (!origin->whole_stored && signed_head_is(&origin->whole)) {
        store_note(engine, member, ENGINE_NOTE_WHOLE, &origin->whole);
        origin->whole_stored = true;
    }
}

struct pending *pull_store(struct engine *engine, struct member *member,
                           const struct segment *segment,
                           const struct frontier *frontier)
{
    struct origin *origin = &member->origin;
    if (frontier->size < origin->under.head.size) {
        keep_whole(engine, member);
    }
    struct engine_action *action;
    struct pending *pending =
        pending_add(engine, PENDING_SEGMENT, member, &action);
    pending->frontier = *frontier;
    pending->end_proof = segment->end_proof;
    signed_head_set(&pending->note, &origin->under.head,
                    writer_view(&origin->under.raw));
    struct segment *copy = scratch_alloc(&engine->scratch, sizeof(*copy));
    struct frontier *after = scratch_alloc(&engine->scratch, sizeof(*after));
    *copy = *segment;
    *after = *frontier;
    action->segment = copy;
    action->frontier = after;
    action->note_kind = ENGINE_NOTE_NEWEST;
    action->note =
        scratch_copy(&engine->scratch, writer_view(&origin->under.raw));
    action->size = origin->under.head.size;
    action->end_proof = &copy->end_proof;
    origin->taken = *frontier;
    return pending;
}

static void store(struct engine *engine, struct stream *stream,
                  struct member *member, const struct segment *segment,
                  const struct frontier *frontier, uint64_t bytes)
{
    struct origin *origin = &member->origin;
    struct pending *pending = pull_store(engine, member, segment, frontier);
    pending->stream = stream->id;
    pending->bytes = bytes;
    stream->unstored += bytes;
    origin->progress_at = engine->mono;
    origin->starts_failed = 0;
    if (origin->under.head.size > origin->upstream_size) {
        origin->upstream_size = origin->under.head.size;
    }
}

/* It does not fit. Whose fault that is says a start proof, against what is on
 * our disk: it is asked for by wanting it again, and where something is on its
 * way there, that is awaited first. */
static void misfit(struct engine *engine, struct stream *stream,
                   struct member *member, const struct segment *segment)
{
    struct origin *origin = &member->origin;
    if (segment->has_start && origin->on_way > 0) {
        pull_stop(engine, member);
    } else if (segment->has_start) {
        struct head head = origin->under.head;
        fault_segment(engine, stream, member, segment, &head);
    } else if (++origin->starts_failed > START_RETRIES) {
        origin->starts_failed = 0;
        peer_fault(engine, stream, HL_EPROOF,
                   "its segments do not verify, and no start proof came");
    } else {
        pull_again(engine, member);
    }
}

/* Whether it is on its way to the disk now. The stream may be gone. */
static bool take_segment(struct engine *engine, struct stream *stream,
                         struct member *member, const struct segment *segment,
                         uint64_t bytes)
{
    struct origin *origin = &member->origin;
    if (!judge_under(engine, stream, member, segment) ||
        origin->upstream != stream) {
        return false; /* what was learnt of it may have ended the pull */
    }
    struct frontier frontier = origin->taken;
    struct span span = {.first = segment->first,
                        .leaves = pull_leaves(engine, segment),
                        .count = segment->count,
                        .head = origin->under.head,
                        .end_proof = &segment->end_proof};
    bool fits =
        start_fits(origin, segment) && span_append(&frontier, &span) == HL_OK;
    if (fits) {
        store(engine, stream, member, segment, &frontier, bytes);
    } else {
        misfit(engine, stream, member, segment);
    }
    return fits;
}

void pull_segment(struct engine *engine, struct stream *stream,
                  const struct segment *segment, uint64_t bytes)
{
    struct member *member = member_of_origin(engine, segment->origin);
    stream->received += bytes;
    if (stream->received > stream->granted) {
        peer_fault(engine, stream, HL_EPEER, "it sends more than it may");
        return;
    }
    if (mend_segment(engine, stream, segment, bytes)) {
        return;
    }
    if (member == NULL || member->origin.upstream != stream ||
        segment->first != member->origin.taken.size ||
        !pull_wanted(engine, member)) {
        pull_grant(engine, stream); /* of a subscription that is no more */
        return;
    }
    engine_stream id = stream->id;
    if (!take_segment(engine, stream, member, segment, bytes) &&
        stream_find(engine, id) != NULL) {
        pull_grant(engine, stream); /* it is not stored: what it took is free */
    }
}
