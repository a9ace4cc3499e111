/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/engine/world_inside.h"

#include <stdio.h>
#include <string.h>

#include "protocol/note/checkpoint.h"

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

static void publish(struct world_node *node, struct world_journal *own,
                    bool urgent)
{
    node->mark = sign_own(node, own);
    struct engine_event event = {
        .kind = ENGINE_OWN_ADVANCED,
        .head = node->mark,
        .note = writer_view(&own->notes[ENGINE_NOTE_NEWEST]),
        .urgent = urgent};
    if (node->up) {
        world_event(node, &event);
    }
}

static void append(struct world_node *node, size_t count, bool urgent)
{
    size_t number =
        node->impostor_of == NULL
            ? node->number
            : world_number_of(node->world, bytes_of_text(node->impostor_of));
    struct world_journal *own = &node->journals[number];
    for (size_t i = 0; i < count; i++) {
        struct writer entry = {0};
        writer_format(&entry, "%s writes %zu", node->id, own->count);
        world_journal_add(own, writer_view(&entry));
        writer_fini(&entry);
    }
    publish(node, own, urgent);
}

void world_append(struct world_node *node, size_t count)
{
    append(node, count, false);
}

void world_append_urgent(struct world_node *node, size_t count)
{
    append(node, count, true);
}

void world_lose_disk(struct world_node *node, uint64_t left)
{
    for (size_t i = 0; i < node->world->node_count; i++) {
        struct world_journal *journal = &node->journals[i];
        uint64_t size = i == node->number ? left : 0;
        world_journal_cut(journal,
                          size < journal->count ? size : journal->count);
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

void world_cut(struct engine_world *world, size_t a, size_t b, bool cut)
{
    world->cut[a * world->node_count + b] = cut;
    world->cut[b * world->node_count + a] = cut;
    if (cut) {
        world_break_streams(world, a, b);
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
        world_journal_add(&to->journals[0], writer_view(&own->entries[i]));
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

void world_begin(struct engine_world *world, const char *test)
{
    world_init(world, test, 4, 3, 2);
    world_start_all(world);
    world_run(world, 1000);
    world_append(world_node(world, 0), 5);
    assert_true(world_converge(world, 3000));
    world_run(world, 15000);
    assert_int_equal(world_view(world_node(world, 3), 0).sealed.size, 5);
}

uint64_t world_stream_between(const struct engine_world *world, size_t a,
                              size_t b)
{
    uint64_t found = UINT64_MAX;
    for (uint64_t i = 0; i < world->stream_count; i++) {
        const size_t *ends = world->streams[i].ends;
        if ((ends[0] == a && ends[1] == b) || (ends[0] == b && ends[1] == a)) {
            found = i;
        }
    }
    assert_true(found != UINT64_MAX);
    return found;
}

void world_say(struct engine_world *world, size_t from, size_t to,
               const struct sync_message *message, uint64_t bytes)
{
    struct engine_event event = {.kind = ENGINE_MESSAGE,
                                 .stream =
                                     world_stream_between(world, from, to),
                                 .message = message,
                                 .bytes = bytes};
    world_event(world_node(world, to), &event);
}

struct head world_note_head(struct bytes raw)
{
    struct note note = {0};
    struct checkpoint checkpoint = {.head = head_empty()};
    if (raw.size > 0) {
        assert_ok(note_parse(raw, &note, NULL));
        assert_ok(checkpoint_parse(note.text, &checkpoint, NULL));
        note_fini(&note);
    }
    return checkpoint.head;
}

uint64_t world_kept(const struct world_node *keeper)
{
    return world_note_head(
               writer_view(&keeper->journals[0].notes[ENGINE_NOTE_KEPT]))
        .size;
}
