/* SPDX-License-Identifier: Apache-2.0 */
#include "node/writer/agenda.h"

#include <string.h>

#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/reader.h"

/* --- Looks. -------------------------------------------------------------- */

static void look_fini(struct agenda_look *look)
{
    writer_fini(&look->position);
    writer_fini(&look->names);
    *look = (struct agenda_look){0};
}

static void look_copy(const struct agenda_look *from, struct agenda_look *to)
{
    struct writer position = to->position, names = to->names;
    writer_clear(&position);
    writer_clear(&names);
    writer_bytes(&position, writer_view(&from->position));
    writer_bytes(&names, bytes_slice(writer_view(&from->names), from->names_at,
                                     from->names.size - from->names_at));
    *to = *from;
    to->position = position;
    to->names = names;
    to->names_at = 0;
}

void agenda_init(struct agenda *agenda)
{
    *agenda = (struct agenda){.now.reasons.day = -1}; /* not looked yet */
}

/* --- Items that wait. ---------------------------------------------------- */

static void node_fini(struct agenda_node *node)
{
    for (size_t i = node->begin; i < node->count; i++) {
        writer_fini(&node->items[i].name);
    }
    hl_free(node->items);
}

/* Forgets those before `at`. */
static void node_shift(struct agenda_node *node)
{
    for (; node->begin < node->at; node->begin++) {
        writer_fini(&node->items[node->begin].name);
    }
    size_t left = node->count - node->begin;
    if (node->begin > left) { /* so that each is moved once, or so */
        memmove(node->items, node->items + node->begin,
                left * sizeof(node->items[0]));
        node->begin = node->at = 0;
        node->count = left;
    }
}

static struct agenda_node *find_node(struct agenda *agenda, struct bytes name)
{
    for (size_t i = 0; i < agenda->node_count; i++) {
        if (bytes_equal_text(name, agenda->nodes[i].node)) {
            return &agenda->nodes[i];
        }
    }
    agenda->nodes = hl_realloc(agenda->nodes, agenda->node_count + 1,
                               sizeof(agenda->nodes[0]));
    struct agenda_node *node = &agenda->nodes[agenda->node_count++];
    *node = (struct agenda_node){0};
    HL_ASSERT(name.size < sizeof(node->node));
    memcpy(node->node, name.data, name.size);
    return node;
}

/* The first from `at` on that does not wait for an earlier entry. */
static size_t find_item(const struct agenda_node *node, uint64_t index)
{
    size_t low = node->at, high = node->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (node->items[middle].index < index) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

void agenda_wait(struct agenda *agenda, struct bytes node_name, uint64_t index,
                 struct bytes name)
{
    struct agenda_node *node = find_node(agenda, node_name);
    size_t at = find_item(node, index);
    if (at < node->count && node->items[at].index == index) {
        return;
    }
    if (node->count == node->capacity) {
        node->capacity = node->capacity * 2 + 16;
        node->items =
            hl_realloc(node->items, node->capacity, sizeof(node->items[0]));
    }
    memmove(node->items + at + 1, node->items + at,
            (node->count - at) * sizeof(node->items[0]));
    node->items[at] = (struct agenda_item){.index = index};
    writer_bytes(&node->items[at].name, name);
    node->count++;
}

bool agenda_has_ripe(const struct agenda_node *node, uint64_t relied)
{
    return node->at < node->count && node->items[node->at].index < relied;
}

bool agenda_next_ripe(struct agenda_node *node, uint64_t relied,
                      struct bytes *name)
{
    if (!agenda_has_ripe(node, relied)) {
        return false;
    }
    *name = writer_view(&node->items[node->at++].name);
    return true;
}

/* --- Names that were left. ----------------------------------------------- */

void agenda_leave(struct agenda *agenda, struct bytes name)
{
    HL_ASSERT(name.size <= UINT16_MAX);
    writer_u16(&agenda->open.names, (uint16_t)name.size);
    writer_bytes(&agenda->open.names, name);
}

bool agenda_next_left(struct agenda *agenda, struct bytes *name)
{
    struct agenda_look *open = &agenda->open;
    struct reader reader;
    reader_init(&reader, bytes_slice(writer_view(&open->names), open->names_at,
                                     open->names.size - open->names_at));
    if (reader_left(&reader) == 0) {
        return false;
    }
    *name = reader_bytes(&reader, reader_u16(&reader));
    open->names_at = open->names.size - reader_left(&reader);
    return true;
}

/* --- Transactions. ------------------------------------------------------- */

void agenda_fini(struct agenda *agenda)
{
    for (size_t i = 0; i < agenda->node_count; i++) {
        node_fini(&agenda->nodes[i]);
    }
    hl_free(agenda->nodes);
    look_fini(&agenda->now);
    look_fini(&agenda->open);
    *agenda = (struct agenda){0};
}

void agenda_open(struct agenda *agenda)
{
    look_copy(&agenda->now, &agenda->open);
}

void agenda_keep(struct agenda *agenda)
{
    look_copy(&agenda->open, &agenda->now);
    for (size_t i = 0; i < agenda->node_count; i++) {
        node_shift(&agenda->nodes[i]);
    }
}

void agenda_drop(struct agenda *agenda)
{
    for (size_t i = 0; i < agenda->node_count; i++) {
        agenda->nodes[i].at = agenda->nodes[i].begin;
    }
}
