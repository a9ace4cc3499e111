/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "federation/engine/engine_inside.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

/* Entries that our disk lost, and a peer has: wanted from him as any others,
 * one segment at a time, and put back in their place. The journal's head stays
 * what it is, so nothing that was said of it (a cosignature, our own
 * checkpoint) is touched. Nothing is judged here: the store takes an entry only
 * if its hash is the one in our tree, whoever gave it. While a journal is
 * mended it is followed nowhere; it is afterwards.
 *
 *   MEND -> Want -> Segment -> STORE_MEND -> STORED -> ... -> MEND_DONE
 *            ^                     |
 *            +-- another peer -----+-- he sent none in time, went, or lied */

bool mend_holds(const struct engine *engine, const struct member *member)
{
    return engine->mend.member == member;
}

struct hl_mono mend_deadline(const struct engine *engine)
{
    const struct mend *mend = &engine->mend;
    return mend->member != NULL && mend->at != NULL && !mend->storing
               ? mend->deadline
               : NO_TIME;
}

void mend_fini(struct engine *engine)
{
    hl_free(engine->mend.tried);
    engine->mend = (struct mend){.member = NULL};
}

static void answer(struct engine *engine, uint64_t number, hl_err err,
                   const char *text)
{
    struct engine_action *action = engine_act(engine, ENGINE_MEND_DONE);
    action->wait = number;
    action->err = err;
    action->text = scratch_text(&engine->scratch, text);
}

static void end(struct engine *engine, hl_err err, const char *text)
{
    struct member *member = engine->mend.member;
    answer(engine, engine->mend.number, err, text);
    mend_fini(engine);
    pull_choose(engine, member);
}

static void want(struct engine *engine, bool stop)
{
    struct mend *mend = &engine->mend;
    struct sync_message message = {
        .kind = SYNC_WANT,
        .want = {.origin = bytes_of_text(mend->member->name),
                 .stop = stop,
                 .from = stop ? 0 : mend->from}};
    if (mend->at->stream != NULL) {
        stream_send(engine, mend->at->stream, &message);
    }
    mend->deadline = after_ms(engine->mono, MEND_MS);
}

static bool may_ask(const struct mend *mend, const struct member *at)
{
    return at->stream != NULL && at->stream->state == STREAM_LIVE &&
           !(at->number < mend->tried_count && mend->tried[at->number]);
}

/* The author, else anybody. */
static const struct member *choose(struct engine *engine)
{
    const struct mend *mend = &engine->mend;
    const struct member *found = NULL;
    uint64_t seen = 0;
    if (may_ask(mend, mend->member)) {
        return mend->member;
    }
    for (size_t i = 0; i < engine->member_count; i++) {
        const struct member *at = engine->members[i];
        if (may_ask(mend, at) && engine_random(engine, ++seen) == 0) {
            found = at;
        }
    }
    return found;
}

static void mark_tried(struct mend *mend)
{
    size_t number = mend->at->number;
    if (number >= mend->tried_count) {
        mend->tried = hl_realloc(mend->tried, number + 1, sizeof(bool));
        while (mend->tried_count <= number) {
            mend->tried[mend->tried_count++] = false;
        }
    }
    mend->tried[number] = true;
}

static void ask_next(struct engine *engine)
{
    struct mend *mend = &engine->mend;
    mend->at = choose(engine);
    if (mend->at != NULL) {
        want(engine, false);
        return;
    }
    char why[HL_DETAIL_TEXT_BYTES];
    snprintf(why, sizeof(why), "%s",
             mend->err != HL_OK ? mend->why
                                : "no other node is connected that could have "
                                  "them");
    end(engine, mend->err != HL_OK ? mend->err : HL_ECONNECT, why);
}

static void try_another(struct engine *engine, hl_err err, const char *why)
{
    struct mend *mend = &engine->mend;
    mend->err = err;
    snprintf(mend->why, sizeof(mend->why), "%s: %s", mend->at->id, why);
    mark_tried(mend);
    ask_next(engine);
}

void mend_begin(struct engine *engine, const struct engine_event *event)
{
    struct member *member = member_of_origin(engine, event->origin);
    struct mend *mend = &engine->mend;
    if (mend->member != NULL) {
        answer(engine, event->wait, HL_EBUSY, "other entries are mended");
        return;
    }
    if (member == NULL) {
        answer(engine, event->wait, HL_EUNKNOWNNODE,
               "the charter has no such node");
        return;
    }
    HL_ASSERT(event->from < event->next);
    *mend = (struct mend){.member = member,
                          .from = event->from,
                          .end = event->next,
                          .number = event->wait};
    pull_stop(engine, member);
    ask_next(engine);
}

bool mend_segment(struct engine *engine, struct stream *stream,
                  const struct segment *segment, uint64_t bytes)
{
    struct mend *mend = &engine->mend;
    if (mend->member == NULL || mend->storing || mend->at != stream->member ||
        segment->first != mend->from ||
        !bytes_equal_text(segment->origin, mend->member->name)) {
        return false;
    }
    struct engine_action *action;
    struct pending *pending = pending_add(engine, PENDING_MEND, NULL, &action);
    struct segment *copy = scratch_alloc(&engine->scratch, sizeof(*copy));
    *copy = *segment;
    pending->stream = stream->id;
    pending->bytes = bytes;
    stream->unstored += bytes;
    action->origin = scratch_text(&engine->scratch, mend->member->name);
    action->segment = copy;
    action->from = mend->from;
    mend->storing = true;
    want(engine, true); /* what else he sends would only wait */
    return true;
}

void mend_stored(struct engine *engine, hl_err err, uint64_t next)
{
    struct mend *mend = &engine->mend;
    HL_ASSERT(mend->storing);
    mend->storing = false;
    if (err != HL_OK) {
        try_another(engine, err,
                    err == HL_EPROOF
                        ? "it sent entries that the journal does not have"
                        : "the store could not put its entries back");
        return;
    }
    HL_ASSERT(next > mend->from);
    mend->from = next;
    if (next >= mend->end) {
        end(engine, HL_OK, "");
    } else if (mend->at->stream == NULL) {
        ask_next(engine);
    } else {
        want(engine, false);
    }
}

void mend_drop_stream(struct engine *engine, const struct stream *stream)
{
    struct mend *mend = &engine->mend;
    if (mend->member != NULL && mend->at == stream->member && !mend->storing &&
        stream->member->stream == NULL) {
        try_another(engine, HL_ECONNECT, "its stream ended");
    }
}

void mend_tick(struct engine *engine)
{
    if (is_due(engine, mend_deadline(engine))) {
        want(engine, true);
        try_another(engine, HL_EDEADLINE, "it sends none of them");
    }
}
