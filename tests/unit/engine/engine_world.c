/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/engine/engine_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs/charter/charter.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/entry/bundle.h"
#include "protocol/note/checkpoint.h"
#include "protocol/tree/span.h"
#include "tests/sim/cheap_keys.h"

#define ALLIANCE "zhongyuan.example"
#define MS 1000000ll

/* --- Keys and charter. --------------------------------------------------- */

static struct signer make_key(struct engine_world *world, const char *name,
                              enum vkey_kind kind)
{
    uint8_t seed[32];
    struct signer signer;
    rng_fill(&world->rng, seed, sizeof(seed));
    assert_ok(cheap_signer(bytes_of_text(name), kind, seed, &signer));
    return signer;
}

static void add_to_charter(struct charter *charter, const struct world_node *of)
{
    struct charter_node *node = NULL;
    assert_ok(charter_add_node(charter, bytes_of_text(of->id), &node, NULL));
    memcpy(node->region, "410100", CHARTER_REGION_BYTES);
    (void)snprintf(node->endpoints[0], CHARTER_ENDPOINT_BYTES, "%s.example:1",
                   of->id);
    node->endpoint_count = 1;
    assert_ok(charter_add_journal_key(
        node,
        &(struct charter_journal_key){.succession = CHARTER_FIRST,
                                      .from = head_empty(),
                                      .vkey = of->journal_key.vkey},
        NULL));
    assert_ok(charter_add_key(node,
                              &(struct charter_key){.purpose = CHARTER_MIRROR,
                                                    .from_s = 1,
                                                    .until_s = CHARTER_NO_END,
                                                    .vkey = of->mirror.vkey},
                              NULL));
}

static void set_keepers(struct engine_world *world, struct charter *charter,
                        size_t number, size_t keepers, size_t quorum)
{
    struct charter_node *node = charter_find_node_mutable(
        charter, bytes_of_text(world->nodes[number]->id));
    node->keeper_count = keepers;
    node->quorum = quorum;
    for (size_t k = 0; k < keepers; k++) {
        size_t keeper = (number + 1 + k) % world->member_count;
        memcpy(node->keepers[k], world->nodes[keeper]->id, CHARTER_LABEL_BYTES);
    }
    qsort(node->keepers, keepers, CHARTER_LABEL_BYTES,
          (int (*)(const void *, const void *))strcmp);
}

static void sign_charter(struct engine_world *world, struct charter *charter)
{
    struct writer text = {0};
    struct hl_detail detail = {0};
    struct charter parsed;
    charter_write(charter, &text);
    writer_clear(&world->charter);
    note_begin(writer_view(&text), &world->charter);
    assert_ok(
        note_sign(writer_view(&text), &world->coordinator, &world->charter));
    charter_init(&parsed);
    if (charter_parse(writer_view(&world->charter), &parsed, &detail) !=
        HL_OK) {
        fail_msg("%s", detail.text);
    }
    if (charter->version == 1) {
        world->pin = parsed.hash;
    }
    charter_fini(&parsed);
    writer_fini(&text);
}

static void found(struct engine_world *world, size_t keepers, size_t quorum)
{
    struct charter charter;
    charter_init(&charter);
    memcpy(charter.alliance, ALLIANCE, sizeof(ALLIANCE));
    charter.version = 1;
    charter.threshold = 1;
    assert_ok(
        charter_add_coordinator(&charter, &world->coordinator.vkey, NULL));
    for (size_t i = 0; i < world->member_count; i++) {
        add_to_charter(&charter, world->nodes[i]);
    }
    for (size_t i = 0; i < world->member_count && keepers > 0; i++) {
        set_keepers(world, &charter, i, keepers, quorum);
    }
    sign_charter(world, &charter);
    charter_fini(&charter);
}

static struct world_node *make_node(struct engine_world *world, size_t number,
                                    size_t count)
{
    struct world_node *node = hl_alloc(1, sizeof(*node));
    char name[200];
    char mirror[220];
    node->world = world;
    node->number = number;
    node->mark = head_empty();
    node->mark_agrees = true;
    (void)snprintf(node->id, sizeof(node->id), "n%zu", number);
    (void)snprintf(name, sizeof(name), ALLIANCE "/%s", node->id);
    (void)snprintf(mirror, sizeof(mirror), "%s/mirror", name);
    node->journal_key = make_key(world, name, VKEY_ED25519);
    node->mirror = make_key(world, mirror, VKEY_COSIGNATURE);
    node->journals = hl_alloc(count, sizeof(*node->journals));
    return node;
}

/* The last node has the keys and the name of the first. */
static void make_twin(struct engine_world *world)
{
    struct world_node *twin = world->nodes[world->member_count];
    struct world_node *first = world->nodes[0];
    signer_fini(&twin->journal_key);
    signer_fini(&twin->mirror);
    twin->journal_key = first->journal_key;
    twin->mirror = first->mirror;
    twin->journal_key.destroy = NULL;
    twin->mirror.destroy = NULL;
    twin->impostor_of = first->id;
    for (size_t i = 0; i < world->node_count; i++) {
        world_cut(world, twin->number, i, true);
    }
}

void world_init(struct engine_world *world, const char *test, size_t members,
                size_t keepers, size_t quorum)
{
    size_t nodes = members + 1;
    *world = (struct engine_world){.rng = test_rng(test),
                                   .wall_ms = 1767225600000ll,
                                   .verifier = cheap_verifier(),
                                   .tracing = true};
    world->coordinator =
        make_key(world, ALLIANCE "/coordinator/li", VKEY_ED25519);
    world->nodes = hl_alloc(nodes, sizeof(struct world_node *));
    world->cut = hl_alloc(nodes * nodes, sizeof(bool));
    world->node_count = nodes;
    world->member_count = members;
    for (size_t i = 0; i < nodes; i++) {
        world->nodes[i] = make_node(world, i, nodes);
    }
    world->codec = segment_codec_create();
    make_twin(world);
    found(world, keepers, quorum);
    for (size_t i = 0; i < nodes; i++) {
        struct world_node *node = world->nodes[i];
        writer_bytes(&node->charters[0], writer_view(&world->charter));
        node->charter_count = 1;
    }
}

static void journal_fini(struct world_journal *journal)
{
    for (size_t i = 0; i < journal->count; i++) {
        writer_fini(&journal->entries[i]);
    }
    hl_free(journal->entries);
    mem_tree_fini(&journal->tree);
    for (size_t i = 0; i < ENGINE_NOTE_COUNT; i++) {
        writer_fini(&journal->notes[i]);
    }
}

static void node_fini(struct world_node *node)
{
    engine_destroy(&node->engine);
    for (size_t i = 0; i < node->world->node_count; i++) {
        journal_fini(&node->journals[i]);
    }
    for (size_t i = 0; i < 8; i++) {
        writer_fini(&node->charters[i]);
        writer_fini(&node->evidence[i]);
    }
    signer_fini(&node->journal_key);
    signer_fini(&node->old_key);
    signer_fini(&node->next_key);
    signer_fini(&node->mirror);
    hl_free(node->journals);
    hl_free(node);
}

struct world_node *world_node(struct engine_world *world, size_t number)
{
    return world->nodes[number];
}

static size_t number_of(const struct engine_world *world, struct bytes id)
{
    for (size_t i = 0; i < world->node_count; i++) {
        if (bytes_equal_text(id, world->nodes[i]->id)) {
            return i;
        }
    }
    return SIZE_MAX;
}

static size_t number_of_origin(const struct engine_world *world,
                               struct bytes origin)
{
    size_t prefix = sizeof(ALLIANCE);
    return number_of(world, bytes_slice(origin, prefix, origin.size - prefix));
}

/* --- Journals. ----------------------------------------------------------- */

static void append_entry(struct world_journal *journal, struct bytes entry)
{
    if ((journal->count & (journal->count - 1)) == 0) {
        size_t room = journal->count == 0 ? 1 : 2 * journal->count;
        journal->entries =
            hl_realloc(journal->entries, room, sizeof(struct writer));
    }
    journal->entries[journal->count] = (struct writer){0};
    writer_bytes(&journal->entries[journal->count++], entry);
    mem_tree_append_entry(&journal->tree, entry);
}

static void cut_journal(struct world_journal *journal, uint64_t size)
{
    struct mem_tree tree;
    mem_tree_init(&tree);
    mem_tree_append_prefix(&tree, &journal->tree, size);
    mem_tree_fini(&journal->tree);
    journal->tree = tree;
    while (journal->count > size) {
        writer_fini(&journal->entries[--journal->count]);
    }
    journal->cuts++;
}

static hl_err read_tree(void *context, struct bytes origin, uint64_t level,
                        uint64_t index, struct hl_hash *out)
{
    struct world_node *node = context;
    struct world_journal *journal =
        &node->journals[number_of_origin(node->world, origin)];
    struct hash_source source = mem_tree_source(&journal->tree);
    return source.read(source.context, level, index, out);
}

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

static void close_end(struct engine_world *world, uint64_t stream, size_t from)
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
        append_entry(journal, entry);
    }
    (void)node;
    writer_clear(&journal->notes[ENGINE_NOTE_NEWEST]);
    writer_bytes(&journal->notes[ENGINE_NOTE_NEWEST], action->note);
    journal->end_proof = *action->end_proof;
    assert_int_equal(action->frontier->size, journal->count);
}

static void act_store(struct world_node *node,
                      const struct engine_action *action)
{
    struct world_journal *journal =
        action->origin.size == 0
            ? NULL
            : &node->journals[number_of_origin(node->world, action->origin)];
    switch (node->disk_err == HL_OK ? action->kind : ENGINE_DIAL) {
    case ENGINE_STORE_SEGMENT:
        store_segment(node, action, journal);
        break;
    case ENGINE_STORE_NOTE:
        writer_clear(&journal->notes[action->note_kind]);
        writer_bytes(&journal->notes[action->note_kind], action->note);
        break;
    case ENGINE_STORE_CUT:
        cut_journal(journal, action->size);
        writer_clear(&journal->notes[ENGINE_NOTE_NEWEST]);
        writer_bytes(&journal->notes[ENGINE_NOTE_NEWEST], action->note);
        journal->end_proof = (struct proof){0};
        break;
    case ENGINE_STORE_CHARTER:
        HL_ASSERT(node->charter_count < 8);
        writer_bytes(&node->charters[node->charter_count++], action->note);
        break;
    case ENGINE_STORE_EVIDENCE:
        HL_ASSERT(node->evidence_count < 8);
        writer_bytes(&node->evidence[node->evidence_count++], action->note);
        break;
    default:
        break; /* the disk takes nothing */
    }
    struct way *way = new_way(WAY_STORED, node);
    way->err = node->disk_err;
    way->ticket = action->ticket;
    send_way(node->world, way, WORLD_DISK_MS);
}

static void act_dial(struct world_node *node,
                     const struct engine_action *action)
{
    struct engine_world *world = node->world;
    size_t to = number_of(world, action->peer);
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
    send_way(world, way, WORLD_LATENCY_MS);
}

static void act_segment(struct world_node *node,
                        const struct engine_action *action)
{
    struct world_journal *journal =
        &node->journals[number_of_origin(node->world, action->origin)];
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

static void act_report(struct world_node *node,
                       const struct engine_action *action)
{
    static const char *const names[ENGINE_REPORT_COUNT] = {
        "peer fault",      "evidence",        "quarantine",
        "return",          "sealed twice",    "charter",
        "charter contest", "charter refused", "digest",
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
    case ENGINE_STORE_CHARTER:
    case ENGINE_STORE_EVIDENCE:
        act_store(node, action);
        break;
    case ENGINE_DIAL:
        act_dial(node, action);
        break;
    case ENGINE_CLOSE:
        close_end(node->world, action->stream, node->number);
        break;
    case ENGINE_SEND:
        (void)encode(node->world, action->message);
        deliver(node, action->stream, action->message->kind);
        break;
    case ENGINE_SEND_SEGMENT:
        act_segment(node, action);
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
    case ENGINE_REPORT:
        act_report(node, action);
        break;
    }
}

static void carry_out(struct world_node *node,
                      const struct engine_actions *actions);

void world_event(struct world_node *node, struct engine_event *event)
{
    struct engine_actions actions;
    struct engine_world *world = node->world;
    event->mono = (struct hl_mono){world->now_ns};
    event->wall = (struct hl_wall){world->wall_ms + world->now_ns / MS};
    world->events++;
    engine_step(node->engine, event, &actions);
    carry_out(node, &actions);
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

static void carry_out(struct world_node *node,
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

/* --- Starting and stopping. ----------------------------------------------- */

static void load_journals(struct world_node *node)
{
    for (size_t i = 0; i < node->world->node_count; i++) {
        struct world_journal *journal = &node->journals[i];
        struct hash_source source = mem_tree_source(&journal->tree);
        char name[200];
        (void)snprintf(name, sizeof(name), ALLIANCE "/n%zu", i);
        struct engine_journal loaded = {.origin = bytes_of_text(name),
                                        .end_proof = journal->end_proof};
        if (journal->count == 0) {
            continue;
        }
        assert_ok(prove_frontier(&source, journal->count, &loaded.frontier));
        for (size_t k = 0; k < ENGINE_NOTE_COUNT; k++) {
            loaded.notes[k] = writer_view(&journal->notes[k]);
        }
        engine_load_journal(node->engine, &loaded);
    }
}

void world_start(struct world_node *node)
{
    struct engine_world *world = node->world;
    struct engine_options options = {
        .alliance = ALLIANCE,
        .node = node->id,
        .pin = world->pin,
        .verifier = &world->verifier,
        .mirror = &node->mirror,
        .journal_key = &node->journal_key.vkey,
        .mark_agrees = node->mark_agrees,
        .mark = node->mark,
        .has_mark = true,
        .tree = {.context = node, .read = read_tree},
        .limits = {.window_bytes = 64 << 20,
                   .stream_window_max_bytes = 1 << 20,
                   .waits_max = 100,
                   .charters_max = 100,
                   .heartbeat_min_ms = 5000},
        .seed = rng_next(&world->rng)};
    struct engine_actions actions;
    struct hl_detail detail;
    if (node->impostor_of != NULL) {
        options.node = node->impostor_of;
    }
    engine_create(&options, &node->engine);
    for (size_t i = 0; i < node->charter_count; i++) {
        assert_ok(engine_load_charter(
            node->engine, writer_view(&node->charters[i]), &detail));
    }
    for (size_t i = 0; i < node->evidence_count; i++) {
        assert_ok(engine_load_evidence(
            node->engine, writer_view(&node->evidence[i]), &detail));
    }
    load_journals(node);
    node->up = true;
    node->boot++;
    node->tick_at = (struct hl_mono){-1};
    assert_ok(
        engine_start(node->engine, (struct hl_mono){world->now_ns},
                     (struct hl_wall){world->wall_ms + world->now_ns / MS},
                     &actions, &detail));
    carry_out(node, &actions);
}

void world_start_all(struct engine_world *world)
{
    for (size_t i = 0; i < world->member_count; i++) {
        world_start(world->nodes[i]);
    }
}

void world_stop(struct world_node *node)
{
    struct engine_world *world = node->world;
    node->up = false;
    engine_destroy(&node->engine);
    for (uint64_t i = 0; i < world->stream_count; i++) {
        if (world->streams[i].ends[0] == node->number ||
            world->streams[i].ends[1] == node->number) {
            close_end(world, i, node->number);
        }
    }
}

void world_fini(struct engine_world *world)
{
    struct event event;
    for (size_t i = 0; i < world->node_count; i++) {
        world->nodes[i]->up = false;
    }
    while (queue_take(&world->queue, INT64_MAX, &event)) {
        event.run(event.context, event.number);
    }
    for (size_t i = 0; i < world->node_count; i++) {
        node_fini(world->nodes[i]);
    }
    queue_fini(&world->queue);
    signer_fini(&world->coordinator);
    writer_fini(&world->charter);
    writer_fini(&world->trace);
    writer_fini(&world->encoded);
    segment_codec_destroy(world->codec);
    hl_free(world->nodes);
    hl_free(world->streams);
    hl_free(world->cut);
}

/* --- Doing. ----------------------------------------------------------------
 */

static struct head sign_own(struct world_node *node, struct world_journal *own)
{
    struct checkpoint checkpoint = {
        .head = mem_tree_head(&own->tree, own->tree.size)};
    (void)snprintf(checkpoint.origin, sizeof(checkpoint.origin), "%s",
                   node->journal_key.vkey.name);
    struct writer *note = &own->notes[ENGINE_NOTE_NEWEST];
    writer_clear(note);
    assert_ok(checkpoint_sign(&checkpoint, &node->journal_key, 1, note));
    return checkpoint.head;
}

static void publish(struct world_node *node, struct world_journal *own)
{
    node->mark = sign_own(node, own);
    struct engine_event event = {
        .kind = ENGINE_OWN_ADVANCED,
        .head = node->mark,
        .note = writer_view(&own->notes[ENGINE_NOTE_NEWEST])};
    if (node->up) {
        world_event(node, &event);
    }
}

void world_append(struct world_node *node, size_t count)
{
    size_t number =
        node->impostor_of == NULL
            ? node->number
            : number_of(node->world, bytes_of_text(node->impostor_of));
    struct world_journal *own = &node->journals[number];
    for (size_t i = 0; i < count; i++) {
        struct writer entry = {0};
        writer_format(&entry, "%s writes %zu", node->id, own->count);
        append_entry(own, writer_view(&entry));
        writer_fini(&entry);
    }
    publish(node, own);
}

void world_lose_disk(struct world_node *node, uint64_t left)
{
    for (size_t i = 0; i < node->world->node_count; i++) {
        struct world_journal *journal = &node->journals[i];
        uint64_t size = i == node->number ? left : 0;
        cut_journal(journal, size < journal->count ? size : journal->count);
        for (size_t k = 0; k < ENGINE_NOTE_COUNT; k++) {
            writer_clear(&journal->notes[k]);
        }
        journal->end_proof = (struct proof){0};
    }
    if (left > 0) {
        sign_own(node, &node->journals[node->number]);
    }
    for (size_t i = 0; i < node->evidence_count; i++) {
        writer_clear(&node->evidence[i]);
    }
    node->evidence_count = 0;
}

static void break_streams(struct engine_world *world, size_t a, size_t b)
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

void world_cut(struct engine_world *world, size_t a, size_t b, bool cut)
{
    world->cut[a * world->node_count + b] = cut;
    world->cut[b * world->node_count + a] = cut;
    if (cut) {
        break_streams(world, a, b);
    }
}

void world_run(struct engine_world *world, int64_t ms)
{
    int64_t until = world->now_ns + ms * MS;
    struct event event;
    while (queue_take(&world->queue, until, &event)) {
        world->now_ns = event.at_ns;
        event.run(event.context, event.number);
    }
    world->now_ns = until;
}

bool world_equal(struct engine_world *world)
{
    for (size_t i = 0; i < world->member_count; i++) {
        const struct world_journal *own = &world->nodes[i]->journals[i];
        struct head head = mem_tree_head(&own->tree, own->tree.size);
        for (size_t k = 0; k < world->member_count; k++) {
            const struct world_journal *copy = &world->nodes[k]->journals[i];
            struct head theirs = mem_tree_head(&copy->tree, copy->tree.size);
            if (world->nodes[k]->up && !head_equal(&head, &theirs)) {
                return false;
            }
        }
    }
    return true;
}

bool world_agree(struct engine_world *world, size_t origin, size_t without)
{
    struct head first = {.size = UINT64_MAX};
    for (size_t k = 0; k < world->member_count; k++) {
        const struct world_journal *copy = &world->nodes[k]->journals[origin];
        struct head theirs = mem_tree_head(&copy->tree, copy->tree.size);
        if (k == without || !world->nodes[k]->up) {
            continue;
        }
        if (first.size != UINT64_MAX && !head_equal(&first, &theirs)) {
            return false;
        }
        first = theirs;
    }
    return true;
}

void world_copy(struct world_node *from, struct world_node *to, uint64_t size)
{
    const struct world_journal *own = &from->journals[0];
    for (uint64_t i = 0; i < size; i++) {
        append_entry(&to->journals[0], writer_view(&own->entries[i]));
    }
}

bool world_converge(struct engine_world *world, int64_t ms)
{
    int64_t until = world->now_ns + ms * MS;
    while (!world_equal(world)) {
        if (world->now_ns >= until) {
            return false;
        }
        world_run(world, 10);
    }
    world_run(world, WORLD_DISK_MS); /* until the engines know it */
    return true;
}

void world_draft(struct engine_world *world, struct charter *out)
{
    struct charter now;
    struct writer text = {0};
    charter_init(&now);
    assert_ok(charter_parse(writer_view(&world->charter), &now, NULL));
    charter_write(&now, &text);
    charter_init(out);
    assert_ok(charter_parse_text(writer_view(&text), out, NULL));
    out->version = now.version + 1;
    out->previous = now.hash;
    charter_fini(&now);
    writer_fini(&text);
}

void world_enact(struct engine_world *world, struct charter *draft,
                 struct world_node *at)
{
    sign_charter(world, draft);
    charter_fini(draft);
    struct engine_event event = {.kind = ENGINE_CHARTER,
                                 .note = writer_view(&world->charter)};
    world_event(at, &event);
}

void world_new_key(struct world_node *node, struct charter *draft,
                   enum charter_succession how, const struct head *from)
{
    struct charter_node *in =
        charter_find_node_mutable(draft, bytes_of_text(node->id));
    char name[200];
    (void)snprintf(name, sizeof(name), ALLIANCE "/%s", node->id);
    node->next_key = make_key(node->world, name, VKEY_ED25519);
    assert_ok(charter_add_journal_key(
        in,
        &(struct charter_journal_key){
            .succession = how, .from = *from, .vkey = node->next_key.vkey},
        NULL));
}

void world_take_key(struct world_node *node)
{
    node->old_key = node->journal_key;
    node->journal_key = node->next_key;
    node->next_key = (struct signer){0};
}

void world_new_mirror(struct world_node *node, struct charter *draft)
{
    struct charter_node *in =
        charter_find_node_mutable(draft, bytes_of_text(node->id));
    char name[220];
    (void)snprintf(name, sizeof(name), ALLIANCE "/%s/mirror", node->id);
    signer_fini(&node->mirror);
    node->mirror = make_key(node->world, name, VKEY_COSIGNATURE);
    int64_t now_s = (node->world->wall_ms + node->world->now_ns / MS) / 1000;
    for (size_t k = 0; k < in->key_count; k++) {
        if (in->keys[k].purpose == CHARTER_MIRROR &&
            in->keys[k].until_s == CHARTER_NO_END) {
            in->keys[k].until_s = now_s;
        }
    }
    assert_ok(charter_add_key(in,
                              &(struct charter_key){.purpose = CHARTER_MIRROR,
                                                    .from_s = now_s,
                                                    .until_s = CHARTER_NO_END,
                                                    .vkey = node->mirror.vkey},
                              NULL));
}

void world_wait_for(struct world_node *node, uint64_t wait, uint64_t index,
                    uint32_t keepers, int64_t ms)
{
    node->world->waits[wait] = (struct world_wait){0};
    struct engine_event event = {
        .kind = ENGINE_WAIT,
        .wait = wait,
        .index = index,
        .keepers = keepers,
        .until = {node->world->now_ns + ms * MS},
    };
    world_event(node, &event);
}

struct engine_origin_view world_view(const struct world_node *node,
                                     size_t origin)
{
    struct engine_origin_view view;
    char name[200];
    (void)snprintf(name, sizeof(name), ALLIANCE "/n%zu", origin);
    for (size_t i = 0; engine_origin_at(node->engine, i, &view); i++) {
        if (bytes_equal_text(view.origin, name)) {
            return view;
        }
    }
    fail_msg("no origin %s", name);
    return view;
}

size_t world_count(const struct engine_world *world, const char *text)
{
    struct writer copy = {0};
    writer_bytes(&copy, writer_view(&world->trace));
    writer_u8(&copy, 0);
    size_t count = 0;
    const char *at = (const char *)writer_view(&copy).data;
    while ((at = strstr(at, text)) != NULL) {
        count++;
        at++;
    }
    writer_fini(&copy);
    return count;
}
