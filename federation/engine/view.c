/* SPDX-License-Identifier: Apache-2.0 */
#include "federation/engine/engine_inside.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

/* Loading what the store has, showing what is known, checking what holds. */

static void load_note(struct signed_head *to, struct bytes raw)
{
    struct head head;
    if (raw.size > 0 && judge_reads(raw, &head)) {
        signed_head_set(to, &head, raw);
    }
}

void engine_load_journal(struct engine *engine,
                         const struct engine_journal *journal)
{
    HL_ASSERT(!engine->started);
    size_t size = journal->origin.size;
    size_t prefix = bytes_of_text(engine->alliance).size + 1;
    if (size <= prefix || size - prefix >= CHARTER_LABEL_BYTES) {
        return; /* no journal of this alliance */
    }
    char id[CHARTER_LABEL_BYTES] = {0};
    for (size_t i = prefix; i < size; i++) {
        id[i - prefix] = (char)journal->origin.data[i];
    }
    struct origin *origin = &member_add(engine, id)->origin;
    origin->held = journal->frontier;
    origin->taken = journal->frontier;
    origin->end_proof = journal->end_proof;
    origin->digest = journal->digest;
    load_note(&origin->newest, journal->notes[ENGINE_NOTE_NEWEST]);
    load_note(&origin->whole, journal->notes[ENGINE_NOTE_WHOLE]);
    load_note(&origin->sealed, journal->notes[ENGINE_NOTE_SEALED]);
    load_note(&origin->kept, journal->notes[ENGINE_NOTE_KEPT]);
    keep_read(origin);
    origin->sealing = origin->sealed.head.size;
    if (origin->newest.head.size == origin->held.size) {
        signed_head_set(&origin->whole, &origin->newest.head,
                        writer_view(&origin->newest.raw));
    } else if (origin->newest.head.size < origin->held.size) {
        /* A cut left no note of that size. */
        signed_head_clear(&origin->newest);
        origin->newest.head = (struct head){
            .size = origin->held.size, .root = frontier_root(&origin->held)};
    }
    origin->whole_number++;
    origin->sealed_number++;
    origin->changed = ++engine->changes;
}

hl_err engine_load_evidence(struct engine *engine, struct bytes raw,
                            struct hl_detail *detail)
{
    struct evidence evidence;
    HL_ASSERT(!engine->started);
    hl_err err = evidence_parse(raw, &evidence, detail);
    if (err != HL_OK) {
        return err;
    }
    evidence_load(engine, raw, evidence.accused);
    return HL_OK;
}

/* Of our own journal only the size is followed while it grows. */
static struct head held_head(const struct engine *engine,
                             const struct member *member)
{
    const struct origin *origin = &member->origin;
    return member == engine->self &&
                   origin->newest.head.size == origin->held.size
               ? origin->newest.head
               : (struct head){.size = origin->held.size,
                               .root = frontier_root(&origin->held)};
}

bool engine_origin_at(const struct engine *engine, size_t i,
                      struct engine_origin_view *out)
{
    if (i >= engine->member_count) {
        return false;
    }
    const struct member *member = engine->members[i];
    const struct origin *origin = &member->origin;
    *out = (struct engine_origin_view){
        .origin = bytes_of_text(member->name),
        .standing = origin->standing,
        .held = held_head(engine, member),
        .newest = origin->newest.head,
        .sealed = origin->sealed.head,
        .as_of = origin->as_of,
        .asks = keep_asks(engine, member),
    };
    if (origin->upstream != NULL) {
        out->upstream = bytes_of_text(origin->upstream->member->id);
    }
    if (member->node != NULL) {
        out->keepers = (uint32_t)member->node->keeper_count;
        out->quorum = (uint32_t)member->node->quorum;
    }
    return true;
}

bool engine_peer_at(const struct engine *engine, size_t i,
                    struct engine_peer_view *out)
{
    if (i >= engine->member_count) {
        return false;
    }
    const struct member *member = engine->members[i];
    *out =
        (struct engine_peer_view){.id = bytes_of_text(member->id),
                                  .link = member->peer.link,
                                  .retry_at = member->peer.retry_at,
                                  .paused = member->peer.paused,
                                  .faults = member->peer.faults,
                                  .last = member->peer.last,
                                  .keeps = member_keeps(member, engine->self),
                                  .answered = member->answered,
                                  .cosigned = member->cosigned};
    return true;
}

bool engine_vouches(struct engine *engine, struct bytes origin)
{
    const struct member *member = member_of_origin(engine, origin);
    return member != NULL && keep_vouches(engine, member);
}

bool engine_asks(struct engine *engine, struct bytes origin)
{
    const struct member *member = member_of_origin(engine, origin);
    return member != NULL && keep_asks(engine, member);
}

bool engine_is_contested(const struct engine *engine)
{
    return engine->contested;
}

enum engine_own engine_own_state(const struct engine *engine)
{
    return engine->own;
}

uint64_t engine_own_known(const struct engine *engine)
{
    uint64_t known = engine->self->origin.newest.head.size;
    if (engine->has_mark && engine->mark.size > known) {
        known = engine->mark.size;
    }
    for (size_t i = 0; i < engine->member_count; i++) {
        const struct member *member = engine->members[i];
        known = member->shown > known ? member->shown : known;
    }
    return known;
}

/* --- What always holds. -------------------------------------------------- */

bool engine_ended(const struct engine *engine, struct bytes origin,
                  struct head *end)
{
    const struct member *member = member_of_origin(engine, origin);
    if (member == NULL || member->origin.standing != ENGINE_ORIGIN_ENDED) {
        return false;
    }
    *end = member->origin.limit;
    return true;
}

bool engine_seals(const struct engine *engine, struct bytes origin)
{
    const struct member *member = member_of_origin(engine, origin);
    return member != NULL && member->node != NULL &&
           member->node->keeper_count > 0;
}

bool engine_is_city(const struct engine *engine, struct bytes origin)
{
    const struct member *member = member_of_origin(engine, origin);
    if (member == NULL || member->node == NULL ||
        member->origin.standing == ENGINE_ORIGIN_ENDED) {
        return false;
    }
    const struct charter_grant *role =
        &member->node->roles[CHARTER_COORDINATOR];
    return !role->granted || role->ended;
}

uint64_t engine_endings(const struct engine *engine)
{
    return engine->endings;
}

static void check_origin(const struct engine *engine,
                         const struct member *member)
{
    const struct origin *origin = &member->origin;
    HL_ASSERT(origin->held.size <= origin->taken.size || origin->way_failed);
    HL_ASSERT(origin->whole.head.size <= origin->held.size);
    HL_ASSERT(origin->newest.head.size >= origin->held.size);
    HL_ASSERT(origin->sealed.head.size <= origin->held.size ||
              origin->standing != ENGINE_ORIGIN_GOOD);
    HL_ASSERT(origin->upstream == NULL || !origin->cutting);
    HL_ASSERT(origin->upstream == NULL ||
              origin->upstream->state == STREAM_LIVE);
    if (member != engine->self) {
        frontier_check(&origin->held);
        frontier_check(&origin->taken);
    }
}

static void check_stream(const struct engine *engine,
                         const struct stream *stream)
{
    HL_ASSERT(stream->member != engine->self);
    HL_ASSERT(stream->state == STREAM_GREETING ||
              stream->member->stream == stream);
    HL_ASSERT(stream->blob == NULL || stream->blob->at == stream);
    HL_ASSERT(stream->received <= stream->granted);
    HL_ASSERT(stream->granted - stream->received + stream->unstored <=
              stream->window + stream->window / 4);
}

void engine_check(const struct engine *engine)
{
    for (size_t i = 0; i < engine->member_count; i++) {
        check_origin(engine, engine->members[i]);
        HL_ASSERT(engine->members[i]->number < engine->member_count);
    }
    for (size_t i = 0; i < engine->stream_count; i++) {
        check_stream(engine, engine->streams[i]);
    }
    for (size_t i = 0; i < engine->blob_count; i++) {
        const struct blob_wanted *wanted = engine->blobs[i];
        HL_ASSERT(wanted->next < blob_part_count(wanted->seal.size));
        HL_ASSERT(wanted->at == NULL || wanted->at->blob == wanted);
    }
    HL_ASSERT(engine->wait_count <= engine->limits.waits_max);
}
