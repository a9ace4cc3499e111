/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/trie_node.h"

#include <string.h>

#include "node/projection/half.h"
#include "protocol/base/alloc.h"
#include "protocol/base/reader.h"

/* First byte of a node, in the store and under its hash. */
enum { NODE_BUCKET = 0, NODE_INNER = 1 };

void trie_bucket_fini(struct trie_bucket *bucket)
{
    hl_free(bucket->items);
    *bucket = (struct trie_bucket){0};
}

void trie_node_fini(struct trie_node *node)
{
    trie_bucket_fini(&node->bucket);
}

unsigned trie_nibble(const struct hl_hash *place, unsigned depth)
{
    uint8_t byte = place->bytes[depth / 2];
    return depth % 2 == 0 ? byte >> 4 : byte & 0x0fu;
}

struct store_key trie_key(uint32_t number, const struct hl_hash *place,
                          unsigned depth)
{
    struct store_key key = digest_key(number, DIGEST_NODE);
    key_u8(&key, (uint8_t)depth);
    key_bytes(&key, bytes_of(place->bytes, depth / 2));
    if (depth % 2 != 0) {
        key_u8(&key, place->bytes[depth / 2] & 0xf0u);
    }
    return key;
}

/* Where the name stands, or belongs. */
static size_t bucket_find(const struct trie_bucket *bucket, struct bytes name,
                          bool *found)
{
    size_t low = 0;
    size_t high = bucket->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = bytes_compare(bucket->items[middle].name, name);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *found = false;
    return low;
}

static void bucket_insert(struct trie_bucket *bucket, size_t at,
                          const struct trie_item *item)
{
    if (bucket->count == bucket->capacity) {
        bucket->capacity =
            bucket->capacity == 0 ? 2 * TRIE_BUCKET_MAX : 2 * bucket->capacity;
        bucket->items =
            hl_realloc(bucket->items, bucket->capacity, sizeof(*bucket->items));
    }
    memmove(&bucket->items[at + 1], &bucket->items[at],
            (bucket->count - at) * sizeof(*bucket->items));
    bucket->items[at] = *item;
    bucket->count++;
}

void trie_bucket_add(struct trie_bucket *bucket, const struct trie_item *item)
{
    trie_bucket_change(bucket, &(struct trie_change){.name = item->name,
                                                     .present = true,
                                                     .row = item->row});
}

void trie_bucket_change(struct trie_bucket *bucket,
                        const struct trie_change *change)
{
    bool found = false;
    size_t at = bucket_find(bucket, change->name, &found);
    if (!found && change->present) {
        struct trie_item item = {change->name, change->row};
        bucket_insert(bucket, at, &item);
    } else if (found && change->present) {
        bucket->items[at].row = change->row;
    } else if (found) {
        bucket->count--;
        memmove(&bucket->items[at], &bucket->items[at + 1],
                (bucket->count - at) * sizeof(*bucket->items));
    }
}

static hl_err damaged(struct hl_detail *detail)
{
    return hl_fail(detail, HL_EDAMAGED,
                   "a node of a digest's tree cannot be read: heluo rebuild "
                   "makes it anew");
}

static void read_bucket(struct reader *reader, struct trie_bucket *bucket)
{
    while (!reader->failed && reader_left(reader) > 0) {
        struct trie_item item = {0};
        item.name = reader_bytes(reader, reader_u16(reader));
        reader_copy(reader, HL_HASH_BYTES, item.row.bytes);
        bucket_insert(bucket, bucket->count, &item);
    }
}

/* The counts are the store's own; what is hashed ends before them. */
static void read_inner(struct reader *reader, bool with_counts,
                       struct trie_inner *inner)
{
    unsigned present = reader_u16(reader);
    for (unsigned i = 0; i < TRIE_FANOUT; i++) {
        if ((present & (1u << i)) != 0) {
            reader_copy(reader, HL_HASH_BYTES, inner->children[i].hash.bytes);
        }
    }
    for (unsigned i = 0; i < TRIE_FANOUT; i++) {
        if ((present & (1u << i)) != 0) {
            inner->children[i].count = with_counts ? reader_u64(reader) : 1;
        }
    }
}

hl_err trie_node_parse(struct bytes raw, bool with_counts,
                       struct trie_node *out)
{
    struct reader reader;
    *out = (struct trie_node){0};
    reader_init(&reader, raw);
    uint8_t kind = reader_u8(&reader);
    if (kind == NODE_BUCKET) {
        read_bucket(&reader, &out->bucket);
    } else if (kind == NODE_INNER) {
        out->inner = true;
        read_inner(&reader, with_counts, &out->children);
    } else {
        reader_fail(&reader);
    }
    hl_err err = reader_finish(&reader);
    if (err != HL_OK) {
        trie_node_fini(out);
    }
    return err;
}

hl_err trie_node_hashed(const struct tables *tables,
                        const struct store_key *key, struct writer *out,
                        struct hl_detail *detail)
{
    struct bytes value;
    hl_err err = tables_get(tables, STORE_DIGESTS, key, &value, detail);
    if (err != HL_OK || value.data == NULL) {
        return err;
    }
    struct reader reader;
    reader_init(&reader, value);
    size_t size = value.size;
    if (reader_u8(&reader) == NODE_INNER) {
        unsigned present = reader_u16(&reader);
        size_t children = 0;
        for (unsigned i = 0; i < TRIE_FANOUT; i++) {
            children += (present >> i) & 1u;
        }
        size = 3 + children * HL_HASH_BYTES;
    }
    if (size > value.size) {
        return damaged(detail);
    }
    writer_bytes(out, bytes_slice(value, 0, size));
    return HL_OK;
}

hl_err trie_node_load(const struct tables *tables, const struct store_key *key,
                      struct trie_node *out, struct hl_detail *detail)
{
    *out = (struct trie_node){0};
    struct bytes value;
    hl_err err = tables_get(tables, STORE_DIGESTS, key, &value, detail);
    if (err != HL_OK || value.data == NULL) {
        return err;
    }
    return trie_node_parse(value, true, out) == HL_OK ? HL_OK : damaged(detail);
}

hl_err trie_bucket_store(const struct tables *tables,
                         const struct store_key *key,
                         const struct trie_bucket *bucket,
                         struct trie_summary *summary, struct hl_detail *detail)
{
    if (bucket->count == 0) {
        *summary = (struct trie_summary){0};
        return tables_delete(tables, STORE_DIGESTS, key, detail);
    }
    struct writer value = {0};
    writer_u8(&value, NODE_BUCKET);
    for (size_t i = 0; i < bucket->count; i++) {
        const struct trie_item *item = &bucket->items[i];
        writer_u16(&value, (uint16_t)item->name.size);
        writer_bytes(&value, item->name);
        writer_bytes(&value, bytes_of(item->row.bytes, HL_HASH_BYTES));
    }
    summary->count = bucket->count;
    summary->hash = hash_bytes(writer_view(&value));
    hl_err err =
        tables_put(tables, STORE_DIGESTS, key, writer_view(&value), detail);
    writer_fini(&value);
    return err;
}

hl_err trie_inner_store(const struct tables *tables,
                        const struct store_key *key,
                        const struct trie_inner *inner,
                        struct trie_summary *summary, struct hl_detail *detail)
{
    uint16_t present = 0;
    for (unsigned i = 0; i < TRIE_FANOUT; i++) {
        if (inner->children[i].count > 0) {
            present = (uint16_t)(present | 1u << i);
        }
    }
    struct writer value = {0};
    writer_u8(&value, NODE_INNER);
    writer_u16(&value, present);
    for (unsigned i = 0; i < TRIE_FANOUT; i++) {
        const struct trie_summary *child = &inner->children[i];
        if (child->count > 0) {
            writer_bytes(&value, bytes_of(child->hash.bytes, HL_HASH_BYTES));
        }
    }
    summary->hash = hash_bytes(writer_view(&value));
    summary->count = trie_inner_count(inner);
    for (unsigned i = 0; i < TRIE_FANOUT; i++) {
        if (inner->children[i].count > 0) {
            writer_u64(&value, inner->children[i].count);
        }
    }
    hl_err err =
        tables_put(tables, STORE_DIGESTS, key, writer_view(&value), detail);
    writer_fini(&value);
    return err;
}

uint64_t trie_inner_count(const struct trie_inner *inner)
{
    uint64_t count = 0;
    for (unsigned i = 0; i < TRIE_FANOUT; i++) {
        count += inner->children[i].count;
    }
    return count;
}

struct hl_hash trie_empty_root(void)
{
    static const uint8_t kind = NODE_BUCKET;
    return hash_bytes(bytes_of(&kind, 1));
}
