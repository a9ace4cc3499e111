/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/engine/world_inside.h"

#include <stdio.h>
#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "tests/sim/cheap_keys.h"

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
    node->journal_key = world_make_key(world, name, VKEY_ED25519);
    node->mirror = world_make_key(world, mirror, VKEY_COSIGNATURE);
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
        world_make_key(world, ALLIANCE "/coordinator/li", VKEY_ED25519);
    world->nodes = hl_alloc(nodes, sizeof(struct world_node *));
    world->cut = hl_alloc(nodes * nodes, sizeof(bool));
    world->node_count = nodes;
    world->member_count = members;
    for (size_t i = 0; i < nodes; i++) {
        world->nodes[i] = make_node(world, i, nodes);
    }
    world->codec = segment_codec_create();
    make_twin(world);
    world_found(world, keepers, quorum);
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

size_t world_number_of(const struct engine_world *world, struct bytes id)
{
    for (size_t i = 0; i < world->node_count; i++) {
        if (bytes_equal_text(id, world->nodes[i]->id)) {
            return i;
        }
    }
    return SIZE_MAX;
}

size_t world_number_of_origin(const struct engine_world *world,
                              struct bytes origin)
{
    size_t prefix = sizeof(ALLIANCE);
    return world_number_of(world,
                           bytes_slice(origin, prefix, origin.size - prefix));
}

/* --- Journals. ----------------------------------------------------------- */

void world_journal_add(struct world_journal *journal, struct bytes entry)
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

void world_journal_cut(struct world_journal *journal, uint64_t size)
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
        &node->journals[world_number_of_origin(node->world, origin)];
    struct hash_source source = mem_tree_source(&journal->tree);
    return source.read(source.context, level, index, out);
}

/* Halves that differ in one record, two levels down. */
static hl_err digest_node(void *context, struct bytes origin, uint64_t size,
                          struct bytes path, struct writer *out)
{
    struct world_node *node = context;
    (void)origin;
    (void)path;
    if (size != node->half_size) {
        return HL_ENOTFOUND;
    }
    writer_text(out, node->id);
    return HL_OK;
}

static hl_err digest_compare(void *context, struct bytes origin, uint64_t size,
                             struct bytes path, struct bytes theirs,
                             struct engine_digest_step *out)
{
    struct world_node *node = context;
    (void)origin;
    if (size != node->half_size) {
        return HL_ENOTFOUND;
    }
    *out =
        (struct engine_digest_step){.same = bytes_equal_text(theirs, node->id)};
    if (path.size < 2) {
        out->below = true;
        out->child = (uint8_t)(path.size + 7);
    } else if (path.data[0] == 7 && path.data[1] == 8) {
        memcpy(out->record, "unit 4711", 10);
    }
    return HL_OK;
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
        .has_mark = !node->has_no_mark,
        .own_time = node->own_time,
        .tree = {.context = node,
                 .read = read_tree,
                 .digest_node = digest_node,
                 .digest_compare = digest_compare},
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
    world_carry_out(node, &actions);
}

void world_start_all(struct engine_world *world)
{
    for (size_t i = 0; i < world->member_count; i++) {
        world_start(world->nodes[i]);
    }
}

void world_vanish(struct world_node *node)
{
    struct engine_world *world = node->world;
    node->up = false;
    engine_destroy(&node->engine);
    for (uint64_t i = 0; i < world->stream_count; i++) {
        for (size_t side = 0; side < 2; side++) {
            if (world->streams[i].ends[side] == node->number) {
                world->streams[i].ends[side] = SIZE_MAX;
            }
        }
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
            world_close_end(world, i, node->number);
        }
    }
}

void world_fini(struct engine_world *world)
{
    for (size_t i = 0; i < WORLD_BLOBS; i++) {
        writer_fini(&world->blobs[i].form);
        blob_leaves_fini(&world->blobs[i].leaves);
    }
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
