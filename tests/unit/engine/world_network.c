/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/engine/world_inside.h"

#include <stdio.h>
#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/bundle.h"
#include "protocol/tree/span.h"

/* --- Bytes on the wire. --------------------------------------------------- */

static uint64_t encode(struct engine_world *world,
                       const struct sync_message *message)
{
    writer_clear(&world->encoded);
    assert_ok(sync_encode(world->codec, message, false, &world->encoded));
    return writer_view(&world->encoded).size;
}

/* --- What is under way. -------------------------------------------------- */

enum way_kind {
    WAY_MESSAGE,
    WAY_CLOSE,
    WAY_OPEN,
    WAY_DIAL_FAILED,
    WAY_STORED,
    WAY_TICK
};

struct way {
    enum way_kind kind;
    struct world_node *to;
    size_t from;
    uint64_t boot;
    uint64_t stream;
    uint8_t *message; /* encoded */
    uint64_t bytes;
    bool dialled;
    /* STORED: */
    uint64_t ticket;
    uint64_t next;
    hl_err err;
};

static void arrive(void *context, uint64_t number);

static void send_way(struct engine_world *world, struct way *way, int64_t ms)
{
    queue_add(&world->queue, world->now_ns + ms * MS, arrive, way, 0);
}

static struct way *new_way(enum way_kind kind, struct world_node *to)
{
    struct way *way = hl_alloc(1, sizeof(*way));
    way->kind = kind;
    way->to = to;
    way->boot = to->boot;
    return way;
}

static bool is_cut(const struct engine_world *world, size_t a, size_t b)
{
    return world->cut[a * world->node_count + b];
}

/* The other end of a stream, as seen from that node. */
static size_t other_end(const struct engine_world *world, uint64_t stream,
                        size_t from)
{
    const struct world_stream *s = &world->streams[stream];
    return s->ends[0] == from ? s->ends[1] : s->ends[0];
}

void world_close_end(struct engine_world *world, uint64_t stream, size_t from)
{
    struct world_stream *s = &world->streams[stream];
    size_t to = other_end(world, stream, from);
    if (s->ends[0] == from) {
        s->ends[0] = SIZE_MAX;
    } else {
        s->ends[1] = SIZE_MAX;
    }
    if (to != SIZE_MAX) {
        struct way *way = new_way(WAY_CLOSE, world->nodes[to]);
        way->stream = stream;
        way->from = from;
        send_way(world, way, WORLD_LATENCY_MS);
    }
}

/* --- Actions. ------------------------------------------------------------- */

static void store_segment(struct world_node *node,
                          const struct engine_action *action,
                          struct world_journal *journal)
{
    struct bundle_walk walk;
    struct bytes entry;
    if (action->segment->first != journal->count) {
        return;
    }
    bundle_walk_init(&walk, action->segment->bundle);
    while (bundle_walk_next(&walk, &entry)) {
        world_journal_add(journal, entry);
    }
    (void)node;
    writer_clear(&journal->notes[ENGINE_NOTE_NEWEST]);
    writer_bytes(&journal->notes[ENGINE_NOTE_NEWEST], action->note);
    journal->end_proof = *action->end_proof;
    assert_int_equal(action->frontier->size, journal->count);
}

/* As a store would: what has another hash is not the journal's. */
static hl_err mend(const struct engine_action *action,
                   struct world_journal *journal, uint64_t *next)
{
    struct bundle_walk walk;
    struct bytes entry;
    uint64_t at = action->segment->first;
    HL_ASSERT(action->from == at);
    if (at != journal->lost || at >= journal->lost_end) {
        return HL_ENOTFOUND;
    }
    bundle_walk_init(&walk, action->segment->bundle);
    while (at < journal->lost_end && bundle_walk_next(&walk, &entry)) {
        if (!bytes_equal(entry, writer_view(&journal->entries[at]))) {
            return HL_EPROOF;
        }
        at++;
    }
    journal->lost = *next = at;
    return HL_OK;
}

static struct bytes text_of(struct bytes raw)
{
    struct note note = {0};
    assert_ok(note_parse(raw, &note, NULL));
    struct bytes text = note.text;
    note_fini(&note);
    return text;
}

/* In the place of a copy with other signatures. */
static void store_charter(struct world_node *node, struct bytes raw)
{
    size_t i = 0;
    while (
        i < node->charter_count &&
        !bytes_equal(text_of(writer_view(&node->charters[i])), text_of(raw))) {
        i++;
    }
    HL_ASSERT(i < 8);
    node->charter_count += i == node->charter_count;
    writer_clear(&node->charters[i]);
    writer_bytes(&node->charters[i], raw);
}

static void act_store(struct world_node *node,
                      const struct engine_action *action)
{
    struct world_journal *journal =
        action->origin.size == 0 ? NULL
                                 : &node->journals[world_number_of_origin(
                                       node->world, action->origin)];
    hl_err err =
        action->kind == ENGINE_STORE_CHARTER && node->charter_err != HL_OK
            ? node->charter_err
            : node->disk_err;
    uint64_t next = 0;
    switch (err == HL_OK ? action->kind : ENGINE_DIAL) {
    case ENGINE_STORE_SEGMENT:
        store_segment(node, action, journal);
        break;
    case ENGINE_STORE_NOTE:
        writer_clear(&journal->notes[action->note_kind]);
        writer_bytes(&journal->notes[action->note_kind], action->note);
        break;
    case ENGINE_STORE_CUT:
        world_journal_cut(journal, action->size);
        writer_clear(&journal->notes[ENGINE_NOTE_NEWEST]);
        writer_bytes(&journal->notes[ENGINE_NOTE_NEWEST], action->note);
        journal->end_proof = (struct proof){0};
        break;
    case ENGINE_STORE_UNCUT: /* this disk keeps nothing of it */
        journal->uncuts++;
        break;
    case ENGINE_STORE_CHARTER:
        store_charter(node, action->note);
        break;
    case ENGINE_STORE_MEND:
        err = mend(action, journal, &next);
        break;
    case ENGINE_STORE_EVIDENCE:
        HL_ASSERT(node->evidence_count < 8);
        writer_bytes(&node->evidence[node->evidence_count++], action->note);
        break;
    default:
        break; /* the disk takes nothing */
    }
    struct way *way = new_way(WAY_STORED, node);
    way->err = err;
    way->ticket = action->ticket;
    way->next = next;
    send_way(node->world, way, WORLD_DISK_MS);
}

static void act_dial(struct world_node *node,
                     const struct engine_action *action)
{
    struct engine_world *world = node->world;
    size_t to = world_number_of(world, action->peer);
    world->dials++;
    for (size_t i = 0; i < world->node_count; i++) {
        const char *of = world->nodes[i]->impostor_of;
        if (of != NULL && bytes_equal_text(action->peer, of) &&
            !is_cut(world, node->number, i)) {
            to = i;
        }
    }
    if (!world->nodes[to]->up || is_cut(world, node->number, to)) {
        struct way *way = new_way(WAY_DIAL_FAILED, node);
        way->from = to;
        send_way(world, way, 2 * WORLD_LATENCY_MS);
        return;
    }
    world->streams = hl_realloc(world->streams, world->stream_count + 1,
                                sizeof(*world->streams));
    uint64_t stream = world->stream_count++;
    world->streams[stream] = (struct world_stream){.ends = {node->number, to}};
    for (size_t i = 0; i < 2; i++) {
        struct way *way = new_way(WAY_OPEN, i == 0 ? node : world->nodes[to]);
        way->stream = stream;
        way->dialled = i == 0;
        way->from = i == 0 ? to : node->number;
        send_way(world, way, 2 * WORLD_LATENCY_MS);
    }
}

/* When a message that is sent now has come: in order, each line at its speed.
 */
static int64_t way_ms(struct world_node *node, uint64_t stream,
                      enum sync_kind kind)
{
    struct engine_world *world = node->world;
    struct world_stream *s = &world->streams[stream];
    int64_t *free_ns = &s->free_ns[s->ends[0] == node->number ? 0 : 1];
    int64_t begin = *free_ns > world->now_ns ? *free_ns : world->now_ns;
    *free_ns = begin + (kind == SYNC_BLOB_PART ? world->part_ms * MS : 0);
    return (*free_ns - world->now_ns) / MS + WORLD_LATENCY_MS;
}

/* Sends what encode() made. */
static void deliver(struct world_node *node, uint64_t stream,
                    enum sync_kind kind)
{
    struct engine_world *world = node->world;
    struct bytes raw = writer_view(&world->encoded);
    size_t to = other_end(world, stream, node->number);
    world->messages++;
    world->bytes += raw.size;
    world->kinds[kind]++;
    if (to == SIZE_MAX) {
        return;
    }
    struct way *way = new_way(WAY_MESSAGE, world->nodes[to]);
    way->stream = stream;
    way->from = node->number;
    way->bytes = raw.size;
    way->message = hl_copy(raw.data, raw.size);
    send_way(world, way, way_ms(node, stream, kind));
}

static void act_segment(struct world_node *node,
                        const struct engine_action *action)
{
    struct world_journal *journal =
        &node->journals[world_number_of_origin(node->world, action->origin)];
    struct hash_source source = mem_tree_source(&journal->tree);
    struct writer bundle = {0};
    struct sync_message message = {.kind = SYNC_SEGMENT};
    struct segment *segment = &message.segment;
    uint64_t next = action->from;
    while (next < action->size && next - action->from < 1000 &&
           (next == action->from ||
            writer_view(&bundle).size +
                    writer_view(&journal->entries[next]).size + 10000 <
                action->bytes_max)) {
        assert_ok(
            bundle_append(writer_view(&journal->entries[next++]), &bundle));
    }
    *segment = (struct segment){.origin = action->origin,
                                .first = action->from,
                                .count = (uint32_t)(next - action->from),
                                .bundle = writer_view(&bundle),
                                .checkpoint = action->note,
                                .has_start = action->with_start};
    assert_ok(span_prove_end(&source, next, action->size, &segment->end_proof));
    if (action->with_start) {
        assert_ok(span_prove_start(&source, action->from, action->size,
                                   &segment->start));
    }
    uint64_t bytes = encode(node->world, &message);
    deliver(node, action->stream, SYNC_SEGMENT);
    writer_fini(&bundle);
    struct engine_event sent = {.kind = ENGINE_SENT,
                                .stream = action->stream,
                                .from = action->from,
                                .next = next,
                                .bytes = bytes};
    struct writer origin = {0};
    writer_bytes(&origin, action->origin);
    sent.origin = writer_view(&origin);
    node->later = sent;
    node->later_origin = origin;
    node->has_later = true;
}

/* --- Blobs. ----------------------------------------------------------------
 */

static size_t blob_of(const struct engine_world *world,
                      const struct hl_hash *id)
{
    size_t i = 0;
    while (i < WORLD_BLOBS && !hash_equal(&world->blobs[i].id, id)) {
        i++;
    }
    return i;
}

static void act_send_blob(struct world_node *node,
                          const struct engine_action *action)
{
    struct engine_world *world = node->world;
    size_t number = blob_of(world, &action->blob);
    struct sync_message message = {
        .kind = SYNC_BLOB_PART,
        .blob_part = {.origin = action->origin, .id = action->blob}};
    struct sync_blob_part *part = &message.blob_part;
    uint64_t count = number == WORLD_BLOBS
                         ? 0
                         : blob_part_count(world->blobs[number].seal.size);
    part->index = action->from;
    if (count == 0 || node->held[number].parts < count ||
        action->from >= count) {
        (void)encode(world, &message);
        deliver(node, action->stream, SYNC_BLOB_PART);
        return;
    }
    const struct world_blob *blob = &world->blobs[number];
    for (; part->index < count && part->index < action->size; part->index++) {
        part->bytes =
            bytes_slice(writer_view(&blob->form), part->index * BLOB_PART_BYTES,
                        blob_part_size(blob->seal.size, part->index));
        blob_leaves_prove(&blob->leaves, part->index, &part->proof);
        if (node->held[number].spoilt) {
            part->bytes.size--;
        }
        (void)encode(world, &message);
        deliver(node, action->stream, SYNC_BLOB_PART);
    }
}

static void act_store_blob(struct world_node *node,
                           const struct engine_action *action)
{
    size_t number = blob_of(node->world, &action->blob);
    struct world_held *held = &node->held[number];
    uint64_t count = blob_part_count(action->seal.size);
    assert_true(number < WORLD_BLOBS);
    assert_int_equal(action->from, held->parts);
    assert_true(bytes_equal(
        action->part,
        bytes_slice(writer_view(&node->world->blobs[number].form),
                    action->from * BLOB_PART_BYTES,
                    blob_part_size(action->seal.size, action->from))));
    if (held->err == HL_EPROOF) {
        held->parts = 0; /* it lost what it had, once */
    } else if (held->err == HL_OK) {
        held->parts++;
    }
    node->later = (struct engine_event){.kind = ENGINE_BLOB_STORED,
                                        .blob = action->blob,
                                        .err = held->err,
                                        .next = held->parts,
                                        .whole = held->parts == count};
    if (held->err == HL_EPROOF) {
        held->err = HL_OK;
    }
    node->later_origin = (struct writer){0};
    writer_bytes(&node->later_origin, action->origin);
    node->later.origin = writer_view(&node->later_origin);
    node->has_later = true;
}

void world_make_blob(struct engine_world *world, size_t number, uint64_t parts)
{
    struct world_blob *blob = &world->blobs[number];
    size_t size = (size_t)(parts - 1) * BLOB_PART_BYTES + 100 + number;
    memset(writer_extend(&blob->form, size), (int)('a' + number), size);
    for (uint64_t i = 0; i < parts; i++) {
        blob->form.data[i * BLOB_PART_BYTES] = (uint8_t)i;
    }
    for (uint64_t i = 0; i < parts; i++) {
        struct hl_hash leaf = merkle_leaf(bytes_slice(writer_view(&blob->form),
                                                      i * BLOB_PART_BYTES,
                                                      blob_part_size(size, i)));
        blob_leaves_add(&blob->leaves, &leaf);
    }
    blob->seal = (struct blob_seal){size, blob_leaves_root(&blob->leaves)};
    blob->id = blob->seal.root;
}

void world_want_blob(struct world_node *node, size_t number)
{
    const struct world_blob *blob = &node->world->blobs[number];
    struct engine_event event = {.kind = ENGINE_BLOB_WANTED,
                                 .origin =
                                     bytes_of_text("zhongyuan.example/n0"),
                                 .blob = blob->id,
                                 .seal = blob->seal,
                                 .next = node->held[number].parts};
    world_event(node, &event);
}

static void act_report(struct world_node *node,
                       const struct engine_action *action)
{
    static const char *const names[ENGINE_REPORT_COUNT] = {
        "peer fault",   "evidence", "quarantine",      "return",
        "sealed twice", "charter",  "charter contest", "charter refused",
        "digest",       "mirror",
    };
    if (node->world->tracing) {
        writer_format(&node->world->trace, "%7lld %s: %s %.*s at %llu: %.*s\n",
                      (long long)(node->world->now_ns / MS), node->id,
                      names[action->report], BYTES_ARGS(action->peer),
                      (unsigned long long)action->size,
                      BYTES_ARGS(action->text));
    }
}

static void act(struct world_node *node, const struct engine_action *action)
{
    switch (action->kind) {
    case ENGINE_STORE_SEGMENT:
    case ENGINE_STORE_NOTE:
    case ENGINE_STORE_CUT:
    case ENGINE_STORE_UNCUT:
    case ENGINE_STORE_CHARTER:
    case ENGINE_STORE_EVIDENCE:
    case ENGINE_STORE_MEND:
        act_store(node, action);
        break;
    case ENGINE_DIAL:
        act_dial(node, action);
        break;
    case ENGINE_CLOSE:
        world_close_end(node->world, action->stream, node->number);
        break;
    case ENGINE_SEND:
        (void)encode(node->world, action->message);
        deliver(node, action->stream, action->message->kind);
        break;
    case ENGINE_SEND_SEGMENT:
        act_segment(node, action);
        break;
    case ENGINE_STORE_BLOB:
        act_store_blob(node, action);
        break;
    case ENGINE_SEND_BLOB:
        act_send_blob(node, action);
        break;
    case ENGINE_DROP_MARK:
        node->mark_agrees = false;
        node->has_no_mark = true;
        break;
    case ENGINE_OWN_STATE:
        node->own = action->own;
        if (node->world->tracing) {
            writer_format(&node->world->trace, "%7lld %s: own state %d\n",
                          (long long)(node->world->now_ns / MS), node->id,
                          (int)action->own);
        }
        break;
    case ENGINE_WAIT_DONE:
        node->world->waits[action->wait] =
            (struct world_wait){.done = true,
                                .err = action->err,
                                .keepers = action->keepers,
                                .sealed = action->sealed};
        break;
    case ENGINE_MEND_DONE:
        node->world->waits[action->wait] =
            (struct world_wait){.done = true, .err = action->err};
        break;
    case ENGINE_IMPORT_DONE:
        node->world->waits[action->wait] = (struct world_wait){
            .done = true, .err = action->err, .size = action->size};
        break;
    case ENGINE_REPORT:
        act_report(node, action);
        break;
    }
}

void world_event(struct world_node *node, struct engine_event *event)
{
    struct engine_actions actions;
    struct engine_world *world = node->world;
    event->mono = (struct hl_mono){world->now_ns};
    event->wall = (struct hl_wall){world->wall_ms + world->now_ns / MS};
    world->events++;
    engine_step(node->engine, event, &actions);
    world_carry_out(node, &actions);
}

static void schedule_tick(struct world_node *node)
{
    struct hl_mono at = engine_wake_at(node->engine);
    if (at.ns == node->tick_at.ns || at.ns == INT64_MAX) {
        return;
    }
    node->tick_at = at;
    struct way *way = new_way(WAY_TICK, node);
    int64_t now = node->world->now_ns;
    queue_add(&node->world->queue, at.ns > now ? at.ns : now, arrive, way, 0);
}

void world_carry_out(struct world_node *node,
                     const struct engine_actions *actions)
{
    /* The list lives until the next step; a segment that was sent is one. */
    struct engine_event *later = hl_alloc(actions->count, sizeof(*later));
    struct writer *origins = hl_alloc(actions->count, sizeof(*origins));
    size_t count = 0;
    if (!node->world->unchecked) {
        engine_check(node->engine);
    }
    for (size_t i = 0; i < actions->count; i++) {
        act(node, &actions->items[i]);
        if (node->has_later) {
            later[count] = node->later;
            origins[count++] = node->later_origin;
            node->has_later = false;
        }
    }
    for (size_t i = 0; i < count; i++) {
        world_event(node, &later[i]);
        writer_fini(&origins[i]);
    }
    hl_free(later);
    hl_free(origins);
    schedule_tick(node);
}

/* --- Arrivals. ------------------------------------------------------------ */

static void run_way(struct way *way)
{
    struct world_node *node = way->to;
    struct engine_world *world = node->world;
    struct engine_event event = {.stream = way->stream};
    struct sync_message message;
    char id[64];
    if (way->kind != WAY_STORED && way->kind != WAY_TICK) {
        const char *name = world->nodes[way->from]->impostor_of != NULL
                               ? world->nodes[way->from]->impostor_of
                               : world->nodes[way->from]->id;
        (void)snprintf(id, sizeof(id), "%s", name);
        event.peer = bytes_of_text(id);
    }
    switch (way->kind) {
    case WAY_MESSAGE:
        event.kind = ENGINE_MESSAGE;
        assert_ok(sync_decode(world->codec, bytes_of(way->message, way->bytes),
                              &message, NULL));
        event.message = &message;
        event.bytes = way->bytes;
        break;
    case WAY_CLOSE:
        event.kind = ENGINE_STREAM_CLOSED;
        event.err = HL_ECONNECT;
        break;
    case WAY_OPEN:
        event.kind = ENGINE_STREAM_OPENED;
        event.dialled = way->dialled;
        break;
    case WAY_DIAL_FAILED:
        event.kind = ENGINE_DIAL_FAILED;
        event.err = HL_ECONNECT;
        break;
    case WAY_STORED:
        event.kind = ENGINE_STORED;
        event.ticket = way->ticket;
        event.next = way->next;
        event.err = way->err;
        break;
    case WAY_TICK:
        event.kind = ENGINE_TICK;
        node->tick_at = (struct hl_mono){-1};
        break;
    }
    world_event(node, &event);
}

static bool passes(const struct way *way)
{
    struct engine_world *world = way->to->world;
    bool network = way->kind == WAY_MESSAGE || way->kind == WAY_CLOSE ||
                   way->kind == WAY_OPEN;
    if (!way->to->up || way->to->boot != way->boot) {
        return false;
    }
    if (!network) {
        return true;
    }
    const struct world_stream *s = &world->streams[way->stream];
    return s->ends[0] == way->to->number || s->ends[1] == way->to->number;
}

static void arrive(void *context, uint64_t number)
{
    struct way *way = context;
    (void)number;
    if (passes(way)) {
        run_way(way);
    }
    hl_free(way->message);
    hl_free(way);
}

void world_break_streams(struct engine_world *world, size_t a, size_t b)
{
    for (uint64_t i = 0; i < world->stream_count; i++) {
        struct world_stream *s = &world->streams[i];
        if ((s->ends[0] == a && s->ends[1] == b) ||
            (s->ends[0] == b && s->ends[1] == a)) {
            for (size_t k = 0; k < 2; k++) {
                struct way *way = new_way(WAY_CLOSE, world->nodes[s->ends[k]]);
                way->stream = i;
                way->from = s->ends[1 - k];
                send_way(world, way, WORLD_LATENCY_MS);
            }
        }
    }
}
