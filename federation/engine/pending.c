/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "federation/engine/engine_inside.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

static const enum engine_action_kind action_of[] = {
    [PENDING_SEGMENT] = ENGINE_STORE_SEGMENT,
    [PENDING_NOTE] = ENGINE_STORE_NOTE,
    [PENDING_CUT] = ENGINE_STORE_CUT,
    [PENDING_UNCUT] = ENGINE_STORE_UNCUT,
    [PENDING_CHARTER] = ENGINE_STORE_CHARTER,
    [PENDING_EVIDENCE] = ENGINE_STORE_EVIDENCE,
    [PENDING_MEND] = ENGINE_STORE_MEND,
};

static struct pending *pending_at(struct engine *engine, size_t i)
{
    return &engine->pending[(engine->pending_first + i) %
                            engine->pending_capacity];
}

static void grow(struct engine *engine)
{
    size_t capacity = engine->pending_capacity * 2 + 16;
    struct pending *wider = hl_alloc(capacity, sizeof(*wider));
    for (size_t i = 0; i < engine->pending_count; i++) {
        wider[i] = *pending_at(engine, i);
    }
    hl_free(engine->pending);
    engine->pending = wider;
    engine->pending_first = 0;
    engine->pending_capacity = capacity;
}

struct pending *pending_add(struct engine *engine, enum pending_kind kind,
                            struct member *member,
                            struct engine_action **action)
{
    if (engine->pending_count == engine->pending_capacity) {
        grow(engine);
    }
    struct pending *pending = pending_at(engine, engine->pending_count++);
    *pending = (struct pending){
        .kind = kind, .ticket = engine->next_ticket++, .member = member};
    *action = engine_act(engine, action_of[kind]);
    (*action)->ticket = pending->ticket;
    if (member != NULL) {
        (*action)->origin = scratch_text(&engine->scratch, member->name);
        member->origin.on_way++;
    }
    return pending;
}

static void pending_drop(struct pending *pending)
{
    signed_head_clear(&pending->note);
}

void pending_fini(struct engine *engine)
{
    for (size_t i = 0; i < engine->pending_count; i++) {
        pending_drop(pending_at(engine, i));
    }
    hl_free(engine->pending);
}

void store_note(struct engine *engine, struct member *member,
                enum engine_note kind, const struct signed_head *note)
{
    struct engine_action *action;
    struct pending *pending =
        pending_add(engine, PENDING_NOTE, member, &action);
    pending->note_kind = kind;
    signed_head_set(&pending->note, &note->head, writer_view(&note->raw));
    action->note_kind = kind;
    action->size = note->head.size;
    action->note = scratch_copy(&engine->scratch, writer_view(&note->raw));
}

/* --- What is durable now. ------------------------------------------------ */

static void take_note(struct signed_head *to, struct signed_head *from)
{
    signed_head_clear(to);
    *to = *from;
    *from = (struct signed_head){.head = head_empty()};
}

static void stored_segment(struct engine *engine, struct pending *pending)
{
    struct member *member = pending->member;
    struct origin *origin = &member->origin;
    origin->held = pending->frontier;
    origin->end_proof = pending->end_proof;
    take_note(&origin->newest, &pending->note);
    if (origin->newest.head.size == origin->held.size) {
        signed_head_set(&origin->whole, &origin->newest.head,
                        writer_view(&origin->newest.raw));
        origin->whole_number++;
    }
    origin->changed = ++engine->changes;
    have_new_size(engine, member);
    push_origin(engine, member);
}

static void stored_note(struct engine *engine, struct pending *pending)
{
    struct member *member = pending->member;
    struct origin *origin = &member->origin;
    switch (pending->note_kind) {
    case ENGINE_NOTE_SEALED:
        take_note(&origin->sealed, &pending->note);
        origin->sealed_number++;
        origin->changed = ++engine->changes;
        standing_settle(engine, member);
        push_origin(engine, member);
        if (member == engine->self) {
            seal_answer(engine);
            seal_mark_candidate(engine, false);
        }
        break;
    case ENGINE_NOTE_KEPT:
        take_note(&origin->kept, &pending->note);
        keep_read(origin);
        origin->keeping = false;
        keep_tell(engine, member);
        keep_try(engine, member); /* the author may have gone on meanwhile */
        break;
    case ENGINE_NOTE_NEWEST:
    case ENGINE_NOTE_WHOLE:
    case ENGINE_NOTE_COUNT:
        break;
    }
}

static void stored_cut(struct engine *engine, struct pending *pending)
{
    struct member *member = pending->member;
    struct origin *origin = &member->origin;
    origin->held = pending->frontier;
    origin->taken = pending->frontier;
    origin->cutting = false;
    origin->end_proof = (struct proof){0};
    take_note(&origin->newest, &pending->note);
    signed_head_set(&origin->whole, &origin->newest.head,
                    writer_view(&origin->newest.raw));
    origin->whole_number++;
    origin->digest = (struct sync_digest_at){0};
    origin->uncut_tried = head_empty();
    if (origin->candidate.head.size > origin->held.size) {
        signed_head_clear(&origin->candidate);
        origin->candidate_followed = false;
    }
    push_reset(engine, member);
    if (member == engine->self) {
        seal_cut(engine);
        own_changed(engine);
    }
    standing_settle(engine, member);
    have_new_size(engine, member);
    pull_again(engine, member);
}

/* Whether it came back says the tree. */
static void stored_uncut(struct engine *engine, struct pending *pending)
{
    struct member *member = pending->member;
    struct origin *origin = &member->origin;
    struct hash_source source = tree_source(engine, member);
    struct frontier frontier;
    struct head reached = head_empty();
    origin->cutting = false;
    if (prove_frontier(&source, pending->note.head.size, &frontier) == HL_OK) {
        reached = (struct head){.size = frontier.size,
                                .root = frontier_root(&frontier)};
    }
    if (head_equal(&reached, &pending->note.head)) {
        origin->held = origin->taken = frontier;
        origin->end_proof = (struct proof){0};
        take_note(&origin->newest, &pending->note);
        signed_head_set(&origin->whole, &origin->newest.head,
                        writer_view(&origin->newest.raw));
        origin->whole_number++;
        origin->changed = ++engine->changes;
        push_origin(engine, member);
    }
    have_new_size(engine, member);
    pull_choose(engine, member);
}

static void stored(struct engine *engine, struct pending *pending)
{
    switch (pending->kind) {
    case PENDING_SEGMENT:
        stored_segment(engine, pending);
        break;
    case PENDING_NOTE:
        stored_note(engine, pending);
        break;
    case PENDING_CUT:
        stored_cut(engine, pending);
        break;
    case PENDING_UNCUT:
        stored_uncut(engine, pending);
        break;
    case PENDING_CHARTER:
        charters_stored(engine, pending->charter,
                        writer_view(&pending->note.raw), HL_OK);
        break;
    case PENDING_EVIDENCE:
        evidence_stored(engine, pending->evidence, HL_OK);
        break;
    case PENDING_MEND:
        break; /* told apart */
    }
}

/* The store could not take it: what is on its way behind it for the same
 * origin will fail too, and when all of that is through we begin again from
 * what the store has. */
static void failed(struct engine *engine, struct pending *pending, hl_err err)
{
    if (pending->kind == PENDING_CHARTER) {
        charters_stored(engine, pending->charter,
                        writer_view(&pending->note.raw), err);
        return;
    }
    if (pending->kind == PENDING_EVIDENCE) {
        evidence_stored(engine, pending->evidence, err);
        return;
    }
    struct origin *origin = &pending->member->origin;
    origin->way_failed = true;
    if (pending->kind == PENDING_UNCUT) {
        origin->uncut_tried = head_empty();
    }
    origin->cutting = origin->cutting && pending->kind != PENDING_CUT &&
                      pending->kind != PENDING_UNCUT;
    origin->keeping = false;
    origin->sealing = origin->sealed.head.size;
}

static void begin_again(struct engine *engine, struct member *member)
{
    struct origin *origin = &member->origin;
    origin->way_failed = false;
    origin->taken = origin->held;
    origin->retry_at = after_ms(engine->mono, STORE_RETRY_MS);
    signed_head_clear(&origin->under);
    pull_stop(engine, member);
}

static void give_credit_back(struct engine *engine, struct pending *pending)
{
    struct stream *stream = stream_find(engine, pending->stream);
    if ((pending->kind == PENDING_SEGMENT || pending->kind == PENDING_MEND) &&
        stream != NULL) {
        HL_ASSERT(stream->unstored >= pending->bytes);
        stream->unstored -= pending->bytes;
        pull_grant(engine, stream);
    }
}

void pending_stored(struct engine *engine, const struct engine_event *event)
{
    hl_err err = event->err;
    HL_ASSERT(engine->pending_count > 0);
    struct pending pending = *pending_at(engine, 0);
    HL_ASSERT(pending.ticket == event->ticket);
    engine->pending_first =
        (engine->pending_first + 1) % engine->pending_capacity;
    engine->pending_count--;
    struct member *member = pending.member;
    if (member != NULL) {
        member->origin.on_way--;
    }
    give_credit_back(engine, &pending);
    if (pending.kind == PENDING_MEND) {
        mend_stored(engine, err, event->next);
        return;
    }
    if (pending.imported) {
        import_done(engine, pending.import, err,
                    err == HL_OK ? pending.frontier.size
                                 : member->origin.held.size,
                    err == HL_OK ? "" : "the store could not take it");
    }
    if (err == HL_OK) {
        stored(engine, &pending);
    } else {
        failed(engine, &pending, err);
    }
    if (member != NULL && member->origin.on_way == 0) {
        if (member->origin.way_failed) {
            begin_again(engine, member);
        }
        standing_settle(engine, member);
        if (member->origin.upstream == NULL) {
            pull_choose(engine, member);
        }
    }
    pending_drop(&pending);
}
