/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/trie.h"

#include <stdlib.h>

#include "node/projection/trie_node.h"
#include "protocol/base/alloc.h"
#include "protocol/base/hl_assert.h"

struct hl_hash trie_place(struct bytes name)
{
    return hash_bytes(name);
}

/* What an update is about: all of it is the same at every node. */
struct update {
    const struct tables *tables;
    uint32_t number;
    struct hl_detail *detail;
};

/* Changes that concern one node. */
struct run {
    const struct trie_change *changes;
    size_t count;
};

static struct run run_of_child(struct run *rest, unsigned depth, unsigned child)
{
    struct run run = {.changes = rest->changes};
    while (run.count < rest->count &&
           trie_nibble(&rest->changes[run.count].place, depth) == child) {
        run.count++;
    }
    rest->changes += run.count;
    rest->count -= run.count;
    return run;
}

static hl_err update_node(const struct update *update, unsigned depth,
                          struct run run, struct trie_summary *summary);

/* Each child's part of the changes; the run is not empty. */
static hl_err update_children(const struct update *update, unsigned depth,
                              struct run run, struct trie_inner *inner)
{
    for (unsigned child = 0; child < TRIE_FANOUT; child++) {
        struct run part = run_of_child(&run, depth, child);
        if (part.count == 0) {
            continue;
        }
        hl_err err =
            update_node(update, depth + 1, part, &inner->children[child]);
        if (err != HL_OK) {
            return err;
        }
    }
    return HL_OK;
}

static int compare_places(const void *a, const void *b)
{
    const struct trie_change *left = a;
    const struct trie_change *right = b;
    return bytes_compare(bytes_of(left->place.bytes, HL_HASH_BYTES),
                         bytes_of(right->place.bytes, HL_HASH_BYTES));
}

/* A bucket that became too large: its records go into fresh children, as if
 * they had all come at once. */
static hl_err split(const struct update *update, unsigned depth,
                    const struct trie_bucket *bucket,
                    const struct store_key *key, struct trie_summary *summary)
{
    struct writer names = {0};
    struct trie_change *changes = hl_alloc(bucket->count, sizeof(*changes));
    for (size_t i = 0; i < bucket->count; i++) {
        writer_bytes(&names, bucket->items[i].name);
    }
    size_t offset = 0;
    for (size_t i = 0; i < bucket->count; i++) {
        const struct trie_item *item = &bucket->items[i];
        changes[i].name =
            bytes_slice(writer_view(&names), offset, item->name.size);
        changes[i].place = trie_place(changes[i].name);
        changes[i].present = true;
        changes[i].row = item->row;
        offset += item->name.size;
    }
    qsort(changes, bucket->count, sizeof(*changes), compare_places);
    struct trie_inner inner = {0};
    struct run run = {changes, bucket->count};
    hl_err err = update_children(update, depth, run, &inner);
    if (err == HL_OK) {
        err = trie_inner_store(update->tables, key, &inner, summary,
                               update->detail);
    }
    hl_free(changes);
    writer_fini(&names);
    return err;
}

static hl_err update_bucket(const struct update *update, unsigned depth,
                            struct run run, const struct store_key *key,
                            struct trie_bucket *bucket,
                            struct trie_summary *summary)
{
    for (size_t i = 0; i < run.count; i++) {
        trie_bucket_change(bucket, &run.changes[i]);
    }
    if (bucket->count > TRIE_BUCKET_MAX && depth < TRIE_DEPTH_MAX) {
        return split(update, depth, bucket, key, summary);
    }
    return trie_bucket_store(update->tables, key, bucket, summary,
                             update->detail);
}

/* Takes a child's records out of the store; their names are copied, because
 * the next deletion ends the store's bytes. */
static hl_err take_child(const struct update *update,
                         const struct store_key *key,
                         struct trie_bucket *bucket, struct writer *names)
{
    struct trie_node node;
    hl_err err = trie_node_load(update->tables, key, &node, update->detail);
    if (err != HL_OK) {
        return err;
    }
    size_t bytes = 0;
    for (size_t i = 0; i < node.bucket.count; i++) {
        bytes += node.bucket.items[i].name.size;
    }
    if (node.inner || bytes > names->capacity - names->size) {
        trie_node_fini(&node);
        return hl_fail(update->detail, HL_EDAMAGED,
                       "the digest's tree miscounts its records: heluo "
                       "rebuild makes it anew");
    }
    for (size_t i = 0; i < node.bucket.count; i++) {
        struct trie_item item = node.bucket.items[i];
        size_t offset = names->size;
        writer_bytes(names, item.name);
        item.name = bytes_slice(writer_view(names), offset, item.name.size);
        trie_bucket_add(bucket, &item);
    }
    trie_node_fini(&node);
    return tables_delete(update->tables, STORE_DIGESTS, key, update->detail);
}

/* Few enough are left for one bucket. */
static hl_err join(const struct update *update, unsigned depth,
                   const struct hl_hash *place, const struct store_key *key,
                   const struct trie_inner *inner, struct trie_summary *summary)
{
    struct trie_bucket bucket = {0};
    struct writer names = {0};
    size_t room = TRIE_BUCKET_MAX * (size_t)STORE_KEY_MAX_BYTES;
    writer_extend(&names, room);
    writer_clear(&names);
    struct hl_hash below = *place;
    hl_err err = HL_OK;
    for (unsigned child = 0; child < TRIE_FANOUT && err == HL_OK; child++) {
        if (inner->children[child].count == 0) {
            continue;
        }
        uint8_t *byte = &below.bytes[depth / 2];
        *byte = depth % 2 == 0 ? (uint8_t)(child << 4)
                               : (uint8_t)((*byte & 0xf0u) | child);
        struct store_key child_key =
            trie_key(update->number, &below, depth + 1);
        err = take_child(update, &child_key, &bucket, &names);
    }
    if (err == HL_OK) {
        err = trie_bucket_store(update->tables, key, &bucket, summary,
                                update->detail);
    }
    trie_bucket_fini(&bucket);
    writer_fini(&names);
    return err;
}

static hl_err update_inner(const struct update *update, unsigned depth,
                           struct run run, const struct store_key *key,
                           struct trie_inner *inner,
                           struct trie_summary *summary)
{
    hl_err err = update_children(update, depth, run, inner);
    if (err != HL_OK) {
        return err;
    }
    if (trie_inner_count(inner) <= TRIE_BUCKET_MAX) {
        return join(update, depth, &run.changes[0].place, key, inner, summary);
    }
    return trie_inner_store(update->tables, key, inner, summary,
                            update->detail);
}

/* Depth is at most TRIE_DEPTH_MAX, and for SHA-256 never near it. */
static hl_err update_node(const struct update *update, unsigned depth,
                          struct run run, struct trie_summary *summary)
{
    struct store_key key =
        trie_key(update->number, &run.changes[0].place, depth);
    struct trie_node node;
    hl_err err = trie_node_load(update->tables, &key, &node, update->detail);
    if (err != HL_OK) {
        return err;
    }
    if (node.inner && depth >= TRIE_DEPTH_MAX) {
        err = hl_fail(update->detail, HL_EDAMAGED,
                      "the digest's tree is too deep: heluo rebuild makes it "
                      "anew");
    } else if (node.inner) {
        err = update_inner(update, depth, run, &key, &node.children, summary);
    } else {
        err = update_bucket(update, depth, run, &key, &node.bucket, summary);
    }
    trie_node_fini(&node);
    return err;
}

hl_err trie_update(const struct tables *tables, uint32_t number,
                   const struct trie_change *changes, size_t count,
                   struct hl_hash *root, struct hl_detail *detail)
{
    struct update update = {tables, number, detail};
    struct trie_summary summary = {0};
    HL_ASSERT(count > 0);
    hl_err err =
        update_node(&update, 0, (struct run){changes, count}, &summary);
    if (err == HL_OK) {
        *root = summary.count == 0 ? trie_empty_root() : summary.hash;
    }
    return err;
}
