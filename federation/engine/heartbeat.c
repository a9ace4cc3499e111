/* SPDX-License-Identifier: Apache-2.0 */
#include "federation/engine/engine_inside.h"
#include "protocol/note/cosignature.h"

/* What happens by time alone, every heartbeat. */

/* --- The clock. ---------------------------------------------------------- */

/* What two partners at least have said since the start that it is; 0: fewer
 * did. */
static struct hl_wall partners_time(const struct engine *engine)
{
    int64_t newest = 0;
    int64_t second = 0;
    for (size_t i = 0; i < engine->member_count; i++) {
        const struct member *member = engine->members[i];
        int64_t time = member == engine->self ? 0 : member->origin.as_of.ms;
        if (time > newest) {
            second = newest;
            newest = time;
        } else if (time > second) {
            second = time;
        }
    }
    return (struct hl_wall){second};
}

static bool is_ahead(struct hl_wall time, struct hl_wall of)
{
    return wall_since_ms(time, of) > CLOCK_AHEAD_MS;
}

bool engine_clock_is_ahead(const struct engine *engine, struct hl_wall wall)
{
    struct hl_wall partners = partners_time(engine);
    return partners.ms != 0 && is_ahead(wall, partners) &&
           is_ahead(wall, engine->believed);
}

bool engine_time_is_sure(const struct engine *engine, struct hl_wall wall)
{
    struct hl_wall partners = partners_time(engine);
    return engine->believed.ms == 0 || engine->member_count < 3 ||
           !is_ahead(wall, engine->believed) ||
           (partners.ms != 0 && !is_ahead(wall, partners));
}

/* What somebody said, and since when. */
struct said {
    struct hl_wall wall;
    struct hl_mono at;
};

static bool agrees(const struct said *said, struct hl_mono mono,
                   struct hl_wall wall, int64_t within_ms)
{
    int64_t since_ms = mono_since_ns(mono, said->at) / 1000000;
    int64_t off_ms = wall_since_ms(wall, said->wall) - since_ms;
    return said->wall.ms != 0 && off_ms <= within_ms && off_ms >= -within_ms;
}

bool engine_clock_is_right(const struct engine *engine, struct hl_mono mono,
                           struct hl_wall wall, int64_t within_ms)
{
    struct said operator= {engine->confirmed, engine->confirmed_at};
    size_t agree = agrees(&operator, mono, wall, within_ms) ? 2 : 0;
    for (size_t i = 0; i < engine->member_count; i++) {
        const struct origin *origin = &engine->members[i]->origin;
        struct said partner = {origin->heard, origin->heard_at};
        if (engine->members[i] != engine->self &&
            agrees(&partner, mono, wall, within_ms)) {
            agree++;
        }
    }
    return agree >= 2;
}

void heartbeat_confirm(struct engine *engine)
{
    engine->believed = engine->confirmed = engine->wall;
    engine->confirmed_at = engine->mono;
}

bool heartbeat_is_time(const struct engine *engine, struct hl_wall time)
{
    return !is_ahead(time, engine->wall);
}

/* Heartbeat by heartbeat, so that whoever is cut off for days goes on. */
static void believe(struct engine *engine)
{
    struct hl_wall partners = partners_time(engine);
    if (!is_ahead(engine->wall, engine->believed) ||
        (partners.ms != 0 && !is_ahead(engine->wall, partners))) {
        engine->believed = engine->wall;
    }
}

/* --- The heartbeat. ------------------------------------------------------ */

/* Our own line under our own newest checkpoint: "as of". */
static void say_as_of(struct engine *engine)
{
    struct origin *own = &engine->self->origin;
    struct note note = {0};
    struct signed_head whole = {.head = own->newest.head};
    int64_t time_s = wall_seconds(engine->wall);
    struct bytes raw = writer_view(&own->newest.raw);
    if (engine->mirror == NULL || !own_may_grow(engine) || time_s < 1 ||
        engine_clock_is_ahead(engine, engine->wall) ||
        note_parse(raw, &note, NULL) != HL_OK) {
        return;
    }
    writer_bytes(&whole.raw, raw);
    if (cosignature_sign(note.text, engine->mirror, time_s, &whole.raw) ==
        HL_OK) {
        signed_head_set(&own->whole, &whole.head, writer_view(&whole.raw));
        own->whole_number++;
        own->as_of = engine->wall;
        push_origin(engine, engine->self);
    }
    note_fini(&note);
    signed_head_clear(&whole);
}

static struct stream *random_live(struct engine *engine)
{
    struct stream *found = NULL;
    uint64_t seen = 0;
    for (size_t i = 0; i < engine->stream_count; i++) {
        if (engine->streams[i]->state == STREAM_LIVE &&
            engine_random(engine, ++seen) == 0) {
            found = engine->streams[i];
        }
    }
    return found;
}

static void claim(struct engine *engine, struct stream *stream,
                  struct member *member)
{
    struct origin *origin = &member->origin;
    struct sync_message message = {
        .kind = SYNC_HAVE,
        .have = {.origin = bytes_of_text(member->name),
                 .has_claim = true,
                 .has_digest = origin->digest.size > 0,
                 .digest = origin->digest}};
    struct head *head = &message.have.claim;
    head->size = origin->held.size;
    if (tree_root(engine, member, head->size, &head->root) != HL_OK) {
        return;
    }
    if (origin->standing != ENGINE_ORIGIN_GOOD) { /* where it stops for us */
        message.have.sealed = scratch_copy(
            &engine->scratch, writer_view(&standing_sealed(origin)->raw));
    }
    stream_send(engine, stream, &message);
}

/* One random peer, of all that changed since the last such turn of its. Each
 * change so reaches each peer once: two who follow a liar at himself, and have
 * been shown two histories that go on no more, find out by nothing else. */
void heartbeat_claims(struct engine *engine)
{
    struct stream *stream = random_live(engine);
    for (size_t i = 0; stream != NULL && i < engine->member_count; i++) {
        struct member *member = engine->members[i];
        if (member->origin.changed > stream->claimed &&
            member != stream->member && !member->origin.cutting &&
            (member != engine->self || own_may_show(engine))) {
            claim(engine, stream, member);
        }
    }
    if (stream != NULL) {
        stream->claimed = engine->changes;
    }
}

void heartbeat_beat(struct engine *engine)
{
    believe(engine);
    say_as_of(engine);
    seal_beat(engine);
    heartbeat_claims(engine);
    for (size_t i = 0; i < engine->member_count; i++) {
        keep_beat(engine, engine->members[i]);
        if (engine->members[i]->origin.evidence != NULL) {
            fault_ask_keepers(engine, engine->members[i]);
        }
    }
    own_ask_all(engine);
    charters_retry(engine);
    evidence_retry(engine);
}
