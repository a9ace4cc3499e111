/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HL_NODE_PROJECTION_TRIE_H
#define HL_NODE_PROJECTION_TRIE_H

/* A half's digest: a hash tree over its records, kept as they change
 * (protocol/README.md, "Projections, rows and digests").
 *
 * A record's place is the SHA-256 of its name, so whoever chooses names cannot
 * make the tree deep. A node of more than TRIE_BUCKET_MAX records is an inner
 * one with a child for each next four bits of the place, else a bucket that
 * lists them: the shape depends on the set of records alone, and so does the
 * root, however the set came about. Inside this folder. */

#include "node/projection/tables.h"
#include "protocol/base/hash.h"
#include "protocol/base/writer.h"

enum {
    TRIE_FANOUT = 16,
    TRIE_BUCKET_MAX = 16,
    TRIE_DEPTH_MAX = 2 * HL_HASH_BYTES, /* bits of a place, by four */
};

/* A record that came, changed or went. */
struct trie_change {
    struct hl_hash place; /* trie_place(name) */
    struct bytes name;    /* record type, key */
    bool present;
    struct hl_hash row; /* if present */
};

struct hl_hash trie_place(struct bytes name);

/* The root of a tree without records. */
struct hl_hash trie_empty_root(void);

/* Carries out changes, which ascend by place, each place once, one at least.
 *
 * HL_EDAMAGED  the stored tree is none. Also store.h's errors. */
HL_MUST_USE hl_err trie_update(const struct tables *tables, uint32_t number,
                               const struct trie_change *changes, size_t count,
                               struct hl_hash *root, struct hl_detail *detail);

/* The first place where the trees of two halves differ: appends the name of
 * the record that only one has, or that differs, or nothing where the trees
 * are equal. First is by place, and by name within a bucket. Reads two nodes a
 * level. */
HL_MUST_USE hl_err trie_difference(const struct tables *a, uint32_t number_a,
                                   const struct tables *b, uint32_t number_b,
                                   struct writer *name, uint64_t *nodes_read,
                                   struct hl_detail *detail);

/* What the node at a path from the root (nibbles, at most TRIE_DEPTH_MAX) is
 * the hash of, appended; nothing where the tree has no such node. */
HL_MUST_USE hl_err trie_bytes_at(const struct tables *tables, uint32_t number,
                                 struct bytes path, struct writer *out,
                                 struct hl_detail *detail);

enum trie_step {
    TRIE_SAME,
    TRIE_BELOW, /* at `child` of the node */
    TRIE_HERE,  /* the name of the first record that differs was appended;
                   none, where one side splits what the other does not */
};

struct trie_comparison {
    enum trie_step step;
    uint8_t child;
    struct writer *name; /* the caller's */
};

/* Compares our node at a path with another node's bytes for it: one level of
 * what trie_difference() does. A child that the other lacks is not asked for.
 *
 * HL_EMALFORMED  theirs are no node's. */
HL_MUST_USE hl_err trie_compare(const struct tables *tables, uint32_t number,
                                struct bytes path, struct bytes theirs,
                                struct trie_comparison *out,
                                struct hl_detail *detail);

#endif
