/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_TRIE_NODE_H
#define HL_NODE_PROJECTION_TRIE_NODE_H

/* One node of the digest's tree, in memory and as it is kept. For trie*.c. */

#include "node/projection/trie.h"

struct trie_item {
    struct bytes name;
    struct hl_hash row;
};

/* Of a bucket, ascending by name. Room for one change to a full one at a time
 * and for a batch: grows. */
struct trie_bucket {
    struct trie_item *items;
    size_t count;
    size_t capacity;
};

/* What a parent knows of a child; count 0: there is none. */
struct trie_summary {
    uint64_t count; /* records below; not hashed */
    struct hl_hash hash;
};

struct trie_inner {
    struct trie_summary children[TRIE_FANOUT];
};

struct trie_node {
    bool inner; /* else a bucket, empty where the node is absent */
    struct trie_inner children;
    struct trie_bucket bucket; /* its names borrow the store's bytes */
};

void trie_node_fini(struct trie_node *node);

/* The four bits of a place that choose the child of a node at that depth. */
unsigned trie_nibble(const struct hl_hash *place, unsigned depth);

/* Key of the node at that depth above the place. */
struct store_key trie_key(uint32_t number, const struct hl_hash *place,
                          unsigned depth);

/* Puts one change into a bucket. */
void trie_bucket_change(struct trie_bucket *bucket,
                        const struct trie_change *change);
void trie_bucket_add(struct trie_bucket *bucket, const struct trie_item *item);
void trie_bucket_fini(struct trie_bucket *bucket);

/* Reads a node; borrows the store's bytes.
 *
 * HL_EDAMAGED  it is none. Also store.h's errors. */
HL_MUST_USE hl_err trie_node_load(const struct tables *tables,
                                  const struct store_key *key,
                                  struct trie_node *out,
                                  struct hl_detail *detail);

/* Reads a node from bytes that outlive it: as the store keeps it, or, without
 * the counts, as it is hashed. Also foreign bytes.
 *
 * HL_EMALFORMED  it is none. */
HL_MUST_USE hl_err trie_node_parse(struct bytes raw, bool with_counts,
                                   struct trie_node *out);

/* Appends what is hashed for the node; nothing where there is none. */
HL_MUST_USE hl_err trie_node_hashed(const struct tables *tables,
                                    const struct store_key *key,
                                    struct writer *out,
                                    struct hl_detail *detail);

/* Appends the name of the first record in which two buckets differ. False:
 * they do not. */
bool trie_bucket_difference(const struct trie_bucket *a,
                            const struct trie_bucket *b, struct writer *name);

/* Writes it (deletes it where it is empty) and says what its parent keeps. */
HL_MUST_USE hl_err trie_bucket_store(const struct tables *tables,
                                     const struct store_key *key,
                                     const struct trie_bucket *bucket,
                                     struct trie_summary *summary,
                                     struct hl_detail *detail);
HL_MUST_USE hl_err trie_inner_store(const struct tables *tables,
                                    const struct store_key *key,
                                    const struct trie_inner *inner,
                                    struct trie_summary *summary,
                                    struct hl_detail *detail);

uint64_t trie_inner_count(const struct trie_inner *inner);

#endif
