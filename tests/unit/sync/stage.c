/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/sync/stage.h"

static void on_dial(void *context, struct bytes peer, struct bytes endpoint)
{
    (void)peer, (void)endpoint;
    ((struct stage *)context)->dials++;
}

static void on_close(void *context, engine_stream stream, hl_err err,
                     struct bytes why)
{
    (void)stream, (void)why;
    struct stage *stage = context;
    stage->closes++;
    stage->closed_with = err;
}

static void on_send(void *context, engine_stream stream, struct bytes message)
{
    (void)stream;
    struct stage *stage = context;
    stage->sends++;
    writer_clear(&stage->sent);
    writer_bytes(&stage->sent, message);
}

static void on_drop_mark(void *context)
{
    ((struct stage *)context)->drops++;
}

static bool on_wants_deflate(void *context, engine_stream stream)
{
    (void)stream;
    return ((struct stage *)context)->want_deflate;
}

static void on_own_state(void *context, enum engine_own state, hl_err err,
                         struct bytes why)
{
    (void)state, (void)err, (void)why;
    ((struct stage *)context)->states++;
}

static void on_wait_done(void *context, const struct engine_action *action)
{
    (void)action;
    ((struct stage *)context)->waits++;
}

static hl_err on_words(void *context, const struct head *words)
{
    struct stage *stage = context;
    stage->marks++;
    stage->marked = *words;
    stage->told_before = script.stored;
    return stage->mark_err;
}

static void on_report(void *context, const struct engine_action *action)
{
    (void)action;
    ((struct stage *)context)->reports++;
}

hl_err stage_open(struct stage *stage, const char *charter)
{
    struct driver_options options = {
        .store = stage->world.store,
        .engine = {.alliance = "zy.example", .node = "kaifeng"},
        .context = stage,
        .dial = on_dial,
        .close = on_close,
        .send = on_send,
        .drop_mark = on_drop_mark,
        .wants_deflate = on_wants_deflate,
        .own_state = on_own_state,
        .wait_done = on_wait_done,
        .report = on_report,
        .mark_words = on_words,
    };
    return driver_create(&options, bytes_of_text(charter), (struct hl_mono){0},
                         (struct hl_wall){0}, &stage->driver, NULL);
}

/* Both sides have the first `copied` entries of A and B. */
void stage_init(struct stage *stage, unsigned entries, uint64_t copied)
{
    *stage = (struct stage){0};
    script_reset();
    world_init(&stage->source);
    world_init(&stage->world);
    world_begin(&stage->source);
    for (unsigned i = 0; i < entries; i++) {
        world_put_unit(&stage->source, A, i % 400, i % 3 == 0 ? "one" : "two");
        world_put_unit(&stage->source, B, i % 400, "three");
    }
    world_commit(&stage->source);
    sync_copy(&stage->source, &stage->world, A, copied, ROOM);
    sync_copy(&stage->source, &stage->world, B, copied, ROOM);
    assert_ok(stage_open(stage, ""));
}

void stage_fini(struct stage *stage)
{
    driver_destroy(&stage->driver);
    writer_fini(&stage->sent);
    world_fini(&stage->source);
    world_fini(&stage->world);
}

/* Any event: what counts is what the script gives for it. */
void stage_tick(struct stage *stage)
{
    struct engine_event event = {.kind = ENGINE_TICK};
    driver_event(stage->driver, &event);
}

/* The next step gives these, and later ones nothing. */
static struct engine_actions next_actions;

static void give_next(const struct engine_event *event,
                      struct engine_actions *out)
{
    (void)event;
    *out = next_actions;
    next_actions = (struct engine_actions){0};
}

void stage_next(const struct engine_action *actions, size_t count)
{
    next_actions = (struct engine_actions){actions, count};
    script.step = give_next;
}

void stage_give(struct stage *stage, const struct engine_action *actions,
                size_t count)
{
    stage_next(actions, count);
    stage_tick(stage);
    script.count = 0;
}

hl_err stage_apply(struct stage *stage)
{
    world_begin(&stage->world);
    return driver_apply(stage->driver, stage->world.txn,
                        stage->world.projection, NULL);
}

void stage_committed(struct stage *stage, hl_err err)
{
    driver_committed(stage->driver, err, (struct hl_mono){0},
                     (struct hl_wall){0});
}

void stage_commit(struct stage *stage)
{
    assert_ok(stage_apply(stage));
    world_commit(&stage->world);
    stage_committed(stage, HL_OK);
}

void stage_abort(struct stage *stage, hl_err err)
{
    projection_reset(stage->world.projection);
    store_abort(&stage->world.txn);
    stage_committed(stage, err);
}

void stage_expect(size_t at, enum engine_event_kind kind, uint64_t ticket,
                  hl_err err)
{
    assert_true(at < script.count);
    assert_int_equal(script.events[at].kind, kind);
    assert_int_equal(script.events[at].ticket, ticket);
    assert_err(script.events[at].err, err);
    assert_false(script.events[at].inside);
}

struct engine_action stage_note(uint64_t ticket, const char *origin,
                                struct bytes note)
{
    return (struct engine_action){
        .kind = ENGINE_STORE_NOTE,
        .ticket = ticket,
        .origin = bytes_of_text(origin),
        .note_kind = ENGINE_NOTE_SEALED,
        .note = note,
    };
}
