/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/frame.h"

#include <stdlib.h>

#include "node/projection/trie.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/reader.h"

struct projection *projection_create(void)
{
    return projection_create_with(&program_bodies, GENERATION_LIVING);
}

struct projection *projection_create_with(const struct body_table *bodies,
                                          int generation)
{
    struct projection *projection = hl_alloc(1, sizeof(*projection));
    projection->bodies = bodies;
    projection->generation = generation;
    return projection;
}

void projection_destroy(struct projection **projection)
{
    if (*projection == NULL) {
        return;
    }
    projection_reset(*projection);
    writer_fini(&(*projection)->joint);
    hl_free((*projection)->halves);
    hl_free(*projection);
    *projection = NULL;
}

void projection_listen(struct projection *projection,
                       const struct projection_listener *listener)
{
    projection->listener = *listener;
}

static void half_close(struct open_half *half)
{
    /* Copied by frame_open(). */
    hl_free((void *)(uintptr_t)half->state.origin.data);
    hl_free(half->pending);
    writer_fini(&half->names);
    hl_free(half);
}

void projection_reset(struct projection *projection)
{
    for (size_t i = 0; i < projection->half_count; i++) {
        half_close(projection->halves[i]);
    }
    projection->half_count = 0;
    writer_clear(&projection->joint);
    projection->open = false;
}

static hl_err open_tables(struct projection *projection, struct store_txn *txn,
                          struct hl_detail *detail)
{
    if (projection->open) {
        HL_ASSERT(projection->tables.txn == txn);
        return HL_OK;
    }
    if (projection->generation == GENERATION_LIVING) {
        hl_err err = tables_living(txn, &projection->tables, detail);
        if (err != HL_OK) {
            return err;
        }
    } else {
        projection->tables = (struct tables){
            .txn = txn, .generation = (unsigned)projection->generation};
    }
    projection->open = true;
    return HL_OK;
}

static void add_half(struct projection *projection, struct open_half *half)
{
    if (projection->half_count == projection->half_capacity) {
        size_t capacity = projection->half_capacity;
        projection->half_capacity = capacity == 0 ? 16 : 2 * capacity;
        projection->halves =
            hl_realloc(projection->halves, projection->half_capacity,
                       sizeof(struct open_half *));
    }
    projection->halves[projection->half_count++] = half;
}

struct open_half *frame_find(struct projection *projection, uint32_t number)
{
    /* From the newest: entries of one origin come in runs. */
    for (size_t i = projection->half_count; i > 0; i--) {
        if (projection->halves[i - 1]->number == number) {
            return projection->halves[i - 1];
        }
    }
    return NULL;
}

hl_err frame_open(struct projection *projection, struct store_txn *txn,
                  const struct projection_origin *origin,
                  struct open_half **out, struct hl_detail *detail)
{
    hl_err err = open_tables(projection, txn, detail);
    if (err != HL_OK) {
        return err;
    }
    *out = frame_find(projection, origin->number);
    if (*out != NULL) {
        return HL_OK;
    }
    struct half_state state;
    err = half_load(&projection->tables, origin->number,
                    bodies_knowledge(projection->bodies), &state, detail);
    if (err != HL_OK) {
        return err;
    }
    struct open_half *half = hl_alloc(1, sizeof(*half));
    half->number = origin->number;
    half->own = origin->own;
    half->state = state;
    half->settled = state.half.size;
    half->state.origin = bytes_of(hl_copy(origin->name.data, origin->name.size),
                                  origin->name.size);
    add_half(projection, half);
    *out = half;
    return HL_OK;
}

hl_err frame_forget(struct projection *projection, struct store_txn *txn,
                    uint32_t number, struct hl_detail *detail)
{
    hl_err err = open_tables(projection, txn, detail);
    struct open_half *half = frame_find(projection, number);
    if (err != HL_OK || half == NULL) {
        return err;
    }
    /* Its rows are in the store already: its size must say so. */
    err = half_store(&projection->tables, number, &half->state, detail);
    if (err != HL_OK) {
        return err;
    }
    size_t at = 0;
    while (projection->halves[at] != half) {
        at++;
    }
    projection->half_count--;
    for (; at < projection->half_count; at++) {
        projection->halves[at] = projection->halves[at + 1];
    }
    half_close(half);
    return HL_OK;
}

/* --- Changes ------------------------------------------------------------ */

void frame_joint_changed(struct projection *projection, struct bytes name)
{
    if (bodies_joint(projection->bodies, name.data[0]) != NULL) {
        writer_u16(&projection->joint, (uint16_t)name.size);
        writer_bytes(&projection->joint, name);
    }
}

bool projection_applied(const struct projection *projection, size_t i,
                        struct bytes *origin)
{
    if (i >= projection->half_count) {
        return false;
    }
    *origin = projection->halves[i]->state.origin;
    return true;
}

void projection_changed(const struct projection *projection,
                        struct writer *names)
{
    writer_bytes(names, writer_view(&projection->joint));
}

void frame_row_changed(struct projection *projection, struct open_half *half,
                       struct bytes name, bool present, struct hl_hash row)
{
    if (half->pending_count == half->pending_capacity) {
        size_t capacity = half->pending_capacity;
        half->pending_capacity = capacity == 0 ? 16 : 2 * capacity;
        half->pending = hl_realloc(half->pending, half->pending_capacity,
                                   sizeof(*half->pending));
    }
    half->pending[half->pending_count++] = (struct pending){
        .name_offset = half->names.size,
        .name_size = name.size,
        .present = present,
        .row = row,
    };
    writer_bytes(&half->names, name);
    frame_joint_changed(projection, name);
}

/* The names lie in one buffer in the order of the changes, so of two changes
 * of one record the later has the greater address. */
static int compare_changes(const void *a, const void *b)
{
    const struct trie_change *left = a;
    const struct trie_change *right = b;
    int order = bytes_compare(bytes_of(left->place.bytes, HL_HASH_BYTES),
                              bytes_of(right->place.bytes, HL_HASH_BYTES));
    if (order != 0) {
        return order;
    }
    return (left->name.data > right->name.data) -
           (left->name.data < right->name.data);
}

/* Sorts, and keeps of each record the last change alone. */
static size_t settle_changes(struct trie_change *changes, size_t count)
{
    qsort(changes, count, sizeof(*changes), compare_changes);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        bool last = i + 1 == count ||
                    !hash_equal(&changes[i].place, &changes[i + 1].place);
        if (last) {
            changes[kept++] = changes[i];
        }
    }
    return kept;
}

hl_err frame_digest(struct projection *projection, struct open_half *half,
                    struct hl_detail *detail)
{
    size_t count = half->pending_count;
    if (count == 0) {
        return HL_OK;
    }
    struct trie_change *changes = hl_alloc(count, sizeof(*changes));
    struct bytes names = writer_view(&half->names);
    for (size_t i = 0; i < count; i++) {
        const struct pending *pending = &half->pending[i];
        changes[i].name =
            bytes_slice(names, pending->name_offset, pending->name_size);
        changes[i].place = trie_place(changes[i].name);
        changes[i].present = pending->present;
        changes[i].row = pending->row;
    }
    count = settle_changes(changes, count);
    hl_err err = trie_update(&projection->tables, half->number, changes, count,
                             &half->state.root, detail);
    hl_free(changes);
    half->pending_count = 0;
    writer_clear(&half->names);
    return err;
}

/* --- Settling ----------------------------------------------------------- */

static int compare_names(const void *a, const void *b)
{
    const struct bytes *left = a;
    const struct bytes *right = b;
    return bytes_compare(*left, *right);
}

static size_t joint_names(const struct writer *joint, struct bytes *names)
{
    struct reader reader;
    reader_init(&reader, writer_view(joint));
    size_t count = 0;
    while (reader_left(&reader) > 0) {
        struct bytes name = reader_bytes(&reader, reader_u16(&reader));
        if (names != NULL) {
            names[count] = name;
        }
        count++;
    }
    return count;
}

static hl_err settle_joint(struct projection *projection,
                           struct hl_detail *detail)
{
    size_t count = joint_names(&projection->joint, NULL);
    struct bytes *names = hl_alloc(count, sizeof(*names));
    joint_names(&projection->joint, names);
    qsort(names, count, sizeof(*names), compare_names);
    hl_err err = HL_OK;
    for (size_t i = 0; i < count && err == HL_OK; i++) {
        if (i > 0 && bytes_equal(names[i], names[i - 1])) {
            continue;
        }
        err =
            joint_recompute(&projection->tables,
                            bodies_joint(projection->bodies, names[i].data[0]),
                            names[i], detail);
    }
    hl_free(names);
    return err;
}

/* What is said of records by entries that cite those that came. */
static hl_err mark_reached(struct projection *projection,
                           struct hl_detail *detail)
{
    hl_err err = HL_OK;
    for (size_t i = 0; i < projection->half_count && err == HL_OK; i++) {
        struct open_half *half = projection->halves[i];
        err =
            joint_cited(&projection->tables, half->state.origin, half->settled,
                        half->state.half.size, &projection->joint, detail);
        half->settled = half->state.half.size;
    }
    return err;
}

hl_err projection_settle_joint(struct projection *projection,
                               struct store_txn *txn, struct hl_detail *detail)
{
    hl_err err = HL_OK;
    if (!projection->open) {
        return HL_OK;
    }
    HL_ASSERT(projection->tables.txn == txn);
    for (size_t i = 0; i < projection->half_count && err == HL_OK; i++) {
        const struct open_half *half = projection->halves[i];
        err =
            half_store(&projection->tables, half->number, &half->state, detail);
    }
    if (err == HL_OK) {
        err = mark_reached(projection, detail);
    }
    if (err == HL_OK) {
        err = settle_joint(projection, detail);
    }
    writer_clear(&projection->joint);
    return err;
}

hl_err projection_settle(struct projection *projection, struct store_txn *txn,
                         struct hl_detail *detail)
{
    hl_err err = HL_OK;
    for (size_t i = 0; i < projection->half_count && err == HL_OK; i++) {
        err = frame_digest(projection, projection->halves[i], detail);
    }
    if (err == HL_OK) {
        err = projection_settle_joint(projection, txn, detail);
    }
    if (err == HL_OK) {
        projection_reset(projection);
    }
    return err;
}
