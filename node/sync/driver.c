/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "node/sync/driver_inside.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

/* --- Reading -------------------------------------------------------------- */

hl_err driver_begin_reading(struct driver *driver, struct hl_detail *detail)
{
    return driver->reading != NULL ? HL_OK
                                   : store_begin_read(driver->options.store,
                                                      &driver->reading, detail);
}

void driver_end_reading(struct driver *driver)
{
    store_abort(&driver->reading);
    writer_clear(&driver->hashed);
}

/* Hashes are asked for in runs of one journal. */
static hl_err open_hashes(struct driver *driver, struct bytes origin)
{
    bool found = false;
    hl_err err = driver_begin_reading(driver, NULL);
    HL_ASSERT(origin.size > 0);
    if (err != HL_OK || bytes_equal(writer_view(&driver->hashed), origin)) {
        return err;
    }
    writer_clear(&driver->hashed);
    driver->hashes = (struct journal_hashes){.txn = driver->reading};
    err = sync_store_find(driver->reading, origin, &driver->hashes.journal,
                          &found, NULL);
    if (err == HL_OK && !found) {
        err = HL_ENOTFOUND;
    }
    if (err == HL_OK) {
        writer_bytes(&driver->hashed, origin);
    }
    return err;
}

static hl_err read_tree(void *context, struct bytes origin, uint64_t level,
                        uint64_t index, struct hl_hash *out)
{
    struct driver *driver = context;
    hl_err err = open_hashes(driver, origin);
    if (err != HL_OK) {
        return err;
    }
    struct hash_source source = journal_hash_source(&driver->hashes);
    return source.read(source.context, level, index, out);
}

static hl_err digest_node(void *context, struct bytes origin, uint64_t size,
                          struct bytes path, struct writer *out)
{
    struct driver *driver = context;
    hl_err err = open_hashes(driver, origin);
    return err == HL_OK ? projection_digest_node(driver->reading,
                                                 driver->hashes.journal.number,
                                                 size, path, out, NULL)
                        : err;
}

static hl_err digest_compare(void *context, struct bytes origin, uint64_t size,
                             struct bytes path, struct bytes theirs,
                             struct engine_digest_step *out)
{
    struct driver *driver = context;
    struct digest_step step;
    hl_err err = open_hashes(driver, origin);
    if (err == HL_OK) {
        err = projection_digest_compare(driver->reading,
                                        driver->hashes.journal.number, size,
                                        path, theirs, &step, NULL);
    }
    if (err == HL_OK) {
        *out = (struct engine_digest_step){
            .same = step.same, .below = step.below, .child = step.child};
        memcpy(out->record, step.record, sizeof(out->record));
    }
    return err;
}

_Static_assert(sizeof(((struct engine_digest_step *)0)->record) ==
                   sizeof(((struct digest_step *)0)->record),
               "a record's name is copied whole");

/* --- Follow-ups ----------------------------------------------------------- */

void driver_follow_up(struct driver *driver, const struct engine_event *event,
                      struct bytes origin)
{
    if (driver->follow_up_count == driver->follow_up_capacity) {
        driver->follow_up_capacity = driver->follow_up_capacity * 2 + 8;
        driver->follow_ups =
            hl_realloc(driver->follow_ups, driver->follow_up_capacity,
                       sizeof(*driver->follow_ups));
    }
    struct follow_up *next = &driver->follow_ups[driver->follow_up_count++];
    *next = (struct follow_up){.event = *event};
    writer_bytes(&next->origin, origin);
}

static bool take_follow_up(struct driver *driver, struct follow_up *out)
{
    if (driver->follow_up_count == 0) {
        return false;
    }
    *out = driver->follow_ups[0];
    driver->follow_up_count--;
    for (size_t i = 0; i < driver->follow_up_count; i++) {
        driver->follow_ups[i] = driver->follow_ups[i + 1];
    }
    return true;
}

/* The digest of a half that was brought on. What cannot be read is not told:
 * digests are compared at the next occasion. */
void driver_follow_applied(struct driver *driver, struct bytes origin)
{
    struct engine_event event = {.kind = ENGINE_APPLIED};
    hl_err err = driver_begin_reading(driver, NULL);
    if (err == HL_OK) {
        err = sync_store_digest(driver->reading, origin, &event.digest, NULL);
    }
    if (err == HL_OK) {
        driver_follow_up(driver, &event, origin);
    }
}

/* --- Actions -------------------------------------------------------------- */

/* Of what others made a message may become too large: the stream cannot go on
 * without it. */
static void break_stream(struct driver *driver, engine_stream stream,
                         hl_err err)
{
    struct engine_event event = {
        .kind = ENGINE_STREAM_CLOSED, .stream = stream, .err = err};
    driver->options.close(driver->options.context, stream, err,
                          bytes_of_text("a message cannot be encoded"));
    driver_follow_up(driver, &event, (struct bytes){0});
}

static void send_message(struct driver *driver,
                         const struct engine_action *action)
{
    writer_clear(&driver->message);
    hl_err err =
        sync_encode(driver->encoder, action->message, false, &driver->message);
    if (err != HL_OK) {
        break_stream(driver, action->stream, err);
        return;
    }
    driver->options.send(driver->options.context, action->stream,
                         writer_view(&driver->message));
}

/* Of a few entries there is little to win, and those are somebody's who waits:
 * live ones. */
enum { DEFLATE_MIN_BYTES = 1024 };

static bool wants_deflate(const struct driver *driver,
                          const struct engine_action *action,
                          const struct segment *segment)
{
    const struct driver_options *options = &driver->options;
    return options->wants_deflate != NULL &&
           segment->bundle.size >= DEFLATE_MIN_BYTES &&
           options->wants_deflate(options->context, action->stream);
}

static hl_err make_segment(struct driver *driver,
                           const struct engine_action *action, uint64_t *next)
{
    struct sync_message message = {.kind = SYNC_SEGMENT};
    hl_err err = driver_begin_reading(driver, NULL);
    if (err == HL_OK) {
        err = sync_store_segment(driver->reading, action, &driver->bundle,
                                 &message.segment, next, NULL);
    }
    writer_clear(&driver->message);
    return err == HL_OK
               ? sync_encode(driver->encoder, &message,
                             wants_deflate(driver, action, &message.segment),
                             &driver->message)
               : err;
}

static void send_segment(struct driver *driver,
                         const struct engine_action *action)
{
    struct engine_event event = {
        .kind = ENGINE_SENT, .stream = action->stream, .from = action->from};
    event.err = make_segment(driver, action, &event.next);
    if (event.err == HL_OK) {
        event.bytes = driver->message.size;
        driver->options.send(driver->options.context, action->stream,
                             writer_view(&driver->message));
    } else {
        event.next = action->from;
    }
    driver_follow_up(driver, &event, action->origin);
}

static void carry_out(struct driver *driver, const struct engine_action *action)
{
    const struct driver_options *options = &driver->options;
    switch (action->kind) {
    case ENGINE_STORE_SEGMENT:
    case ENGINE_STORE_NOTE:
    case ENGINE_STORE_CUT:
    case ENGINE_STORE_UNCUT:
    case ENGINE_STORE_CHARTER:
    case ENGINE_STORE_EVIDENCE:
    case ENGINE_STORE_MEND:
        op_queue_push(&driver->ops, action, false);
        break;
    case ENGINE_DIAL:
        options->dial(options->context, action->peer, action->endpoint);
        break;
    case ENGINE_CLOSE:
        options->close(options->context, action->stream, action->err,
                       action->text);
        break;
    case ENGINE_SEND:
        send_message(driver, action);
        break;
    case ENGINE_SEND_SEGMENT:
        send_segment(driver, action);
        break;
    case ENGINE_STORE_BLOB:
        driver_store_blob(driver, action);
        break;
    case ENGINE_SEND_BLOB:
        driver_send_blob(driver, action);
        break;
    case ENGINE_DROP_MARK:
        options->drop_mark(options->context);
        break;
    case ENGINE_OWN_STATE:
        options->own_state(options->context, action->own, action->err,
                           action->text);
        break;
    case ENGINE_WAIT_DONE:
        options->wait_done(options->context, action);
        break;
    case ENGINE_REPORT:
        options->report(options->context, action);
        break;
    case ENGINE_IMPORT_DONE:
        options->import_done(options->context, action);
        break;
    case ENGINE_MEND_DONE:
        options->mend_done(options->context, action);
        break;
    }
}

static void carry_out_all(struct driver *driver,
                          const struct engine_actions *actions)
{
    for (size_t i = 0; i < actions->count; i++) {
        carry_out(driver, &actions->items[i]);
    }
    driver_end_reading(driver);
}

/* --- Steps ---------------------------------------------------------------- */

void driver_step(struct driver *driver, const struct engine_event *event)
{
    struct engine_actions actions = {0};
    engine_step(driver->engine, event, &actions);
    carry_out_all(driver, &actions);
}

static void finish_steps(struct driver *driver)
{
    struct follow_up next;
    while (take_follow_up(driver, &next)) {
        next.event.mono = driver->mono;
        next.event.wall = driver->wall;
        next.event.origin = writer_view(&next.origin);
        driver_step(driver, &next.event);
        writer_fini(&next.origin);
    }
}

/* What follows from a step is told to the engine in steps of its own. */
void driver_finish(struct driver *driver)
{
    do {
        finish_steps(driver);
        driver_settle_blobs(driver);
    } while (driver->follow_up_count > 0);
}

static void set_time(struct driver *driver, struct hl_mono mono,
                     struct hl_wall wall)
{
    driver->mono = mono;
    driver->wall = wall;
}

void driver_message(struct driver *driver, engine_stream stream,
                    struct bytes raw, struct hl_mono mono, struct hl_wall wall)
{
    struct sync_message message;
    struct engine_event event = {
        .kind = ENGINE_MESSAGE,
        .mono = mono,
        .wall = wall,
        .stream = stream,
        .message = &message,
        .bytes = raw.size,
    };
    set_time(driver, mono, wall);
    event.err = sync_decode(driver->decoder, raw, &message, NULL);
    if (event.err != HL_OK) {
        event.kind = ENGINE_MESSAGE_BAD;
        event.message = NULL;
    }
    driver_step(driver, &event);
    driver_finish(driver);
}

hl_err driver_import(struct driver *driver, struct bytes raw, uint64_t number,
                     struct hl_mono mono, struct hl_wall wall,
                     struct hl_detail *detail)
{
    struct sync_message message;
    struct engine_event event = {.kind = ENGINE_IMPORT,
                                 .mono = mono,
                                 .wall = wall,
                                 .message = &message,
                                 .wait = number};
    set_time(driver, mono, wall);
    hl_err err = sync_decode(driver->decoder, raw, &message, detail);
    if (err == HL_OK && message.kind == SYNC_BLOB_PART) {
        driver_import_blob(driver, &message.blob_part, number);
        driver_finish(driver);
    } else if (err == HL_OK) {
        driver_step(driver, &event);
        driver_finish(driver);
    }
    return err;
}

void driver_event(struct driver *driver, const struct engine_event *event)
{
    HL_ASSERT(event->kind != ENGINE_IMPORT);
    HL_ASSERT(event->kind != ENGINE_MESSAGE);
    HL_ASSERT(event->kind != ENGINE_SENT);
    HL_ASSERT(event->kind != ENGINE_STORED);
    set_time(driver, event->mono, event->wall);
    driver_step(driver, event);
    uint64_t digest_size = event->head.size / DIGEST_EVERY_ENTRIES;
    if (event->kind == ENGINE_OWN_ADVANCED &&
        digest_size != driver->own_digest_size) {
        driver->own_digest_size = digest_size;
        driver_follow_applied(driver, writer_view(&driver->own));
        driver_end_reading(driver);
    }
    driver_finish(driver);
}

/* --- Life ----------------------------------------------------------------- */

static hl_err find_behind(struct driver *driver, struct hl_detail *detail)
{
    struct writer name = {0};
    struct writer after = {0};
    hl_err err = HL_OK;
    for (;;) {
        err = sync_store_next_behind(driver->reading, writer_view(&after),
                                     &name, detail);
        if (err != HL_OK || name.size == 0) {
            break;
        }
        origin_list_add(&driver->behind, writer_view(&name));
        writer_clear(&after);
        writer_bytes(&after, writer_view(&name));
        writer_clear(&name);
    }
    writer_fini(&after);
    writer_fini(&name);
    return err;
}

/* The operator's, where the store has none of that text: the engine has it at
 * once, the store is to have it. A copy of what is there may have fewer
 * signatures, or more: see offer_charter(). */
static hl_err add_charter(struct driver *driver, struct bytes charter,
                          bool *is_known, struct hl_detail *detail)
{
    struct engine_action action = {.kind = ENGINE_STORE_CHARTER,
                                   .note = charter};
    bool known = false;
    *is_known = false;
    if (charter.size == 0) {
        return HL_OK;
    }
    hl_err err =
        sync_store_has_charter(driver->reading, charter, &known, detail);
    if (err == HL_OK && !known) {
        err = engine_load_charter(driver->engine, charter, detail);
    }
    if (err == HL_OK && !known) {
        op_queue_push(&driver->ops, &action, true);
    }
    *is_known = known;
    return err;
}

static void offer_charter(struct driver *driver, struct bytes charter)
{
    struct engine_event event = {.kind = ENGINE_CHARTER,
                                 .mono = driver->mono,
                                 .wall = driver->wall,
                                 .note = charter};
    driver_step(driver, &event);
}

static hl_err load(struct driver *driver, struct bytes charter, bool *known,
                   struct hl_detail *detail)
{
    hl_err err = driver_begin_reading(driver, detail);
    if (err == HL_OK) {
        err = sync_store_load(driver->reading, driver->engine, detail);
    }
    if (err == HL_OK) {
        err = find_behind(driver, detail);
    }
    if (err == HL_OK) {
        err = add_charter(driver, charter, known, detail);
    }
    driver_end_reading(driver);
    return err;
}

hl_err driver_create(const struct driver_options *options, struct bytes charter,
                     struct hl_mono mono, struct hl_wall wall,
                     struct driver **out, struct hl_detail *detail)
{
    struct driver *driver = hl_alloc(1, sizeof(*driver));
    driver->options = *options;
    driver->options.engine.tree =
        (struct engine_tree){.context = driver,
                             .read = read_tree,
                             .digest_node = digest_node,
                             .digest_compare = digest_compare};
    writer_format(&driver->own, "%s/%s", options->engine.alliance,
                  options->engine.node);
    driver->decoder = segment_codec_create();
    driver->encoder = segment_codec_create();
    set_time(driver, mono, wall);
    engine_create(&driver->options.engine, &driver->engine);
    struct engine_actions actions = {0};
    bool known = false;
    hl_err err = load(driver, charter, &known, detail);
    if (err == HL_OK) {
        err = engine_start(driver->engine, mono, wall, &actions, detail);
    }
    if (err != HL_OK) {
        driver_destroy(&driver);
        return err;
    }
    carry_out_all(driver, &actions);
    if (known) {
        offer_charter(driver, charter);
    }
    driver_scan_blobs(driver);
    driver_finish(driver);
    *out = driver;
    return HL_OK;
}

void driver_destroy(struct driver **driver)
{
    struct driver *self = *driver;
    if (self == NULL) {
        return;
    }
    engine_destroy(&self->engine);
    driver_end_reading(self);
    for (size_t i = 0; i < self->follow_up_count; i++) {
        writer_fini(&self->follow_ups[i].origin);
    }
    hl_free(self->follow_ups);
    driver_fini_blobs(self);
    op_queue_fini(&self->ops);
    origin_list_fini(&self->behind);
    origin_list_fini(&self->touched);
    segment_codec_destroy(self->decoder);
    segment_codec_destroy(self->encoder);
    writer_fini(&self->message);
    writer_fini(&self->bundle);
    writer_fini(&self->hashed);
    writer_fini(&self->own);
    hl_free(self);
    *driver = NULL;
}

struct engine *driver_engine(struct driver *driver)
{
    return driver->engine;
}
