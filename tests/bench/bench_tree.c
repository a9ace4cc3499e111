/* SPDX-License-Identifier: Apache-2.0 */

/* What the tree costs beside the hashes that it consists of. Each row runs
 * our code and OpenSSL's bare calls in turn, round by round in one process, so
 * that a machine that slows down slows both; medians and their ratio are
 * printed. "raw" is SHA256_Init, _Update, _Final, the fastest calls of OpenSSL
 * 3.0 for short inputs; "EVP" a context that is reused, with a fetched
 * digest. */

#define OPENSSL_SUPPRESS_DEPRECATED

#include <malloc.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "protocol/tree/frontier.h"
#include "tests/support/mem_tree.h"

enum { ROUNDS = 15, MILLION = 1000000, TREE_ENTRIES = 1 << 20 };

/* How often a round repeats its work, chosen for some 20 ms a round. */
struct load {
    size_t entry_bytes;
    size_t count;
};

static uint8_t input[8192];
static EVP_MD_CTX *evp;
static EVP_MD *evp_sha256;

/* Keeps results alive. */
static volatile uint8_t sink;

static double now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median(double values[ROUNDS])
{
    qsort(values, ROUNDS, sizeof(values[0]), compare_doubles);
    return values[ROUNDS / 2];
}

static void raw_hash(const uint8_t *data, size_t size)
{
    uint8_t digest[HL_HASH_BYTES];
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, data, size);
    SHA256_Final(digest, &context);
    sink ^= digest[0];
}

static void evp_hash(const uint8_t *data, size_t size)
{
    uint8_t digest[HL_HASH_BYTES];
    EVP_DigestInit_ex(evp, evp_sha256, NULL);
    EVP_DigestUpdate(evp, data, size);
    EVP_DigestFinal_ex(evp, digest, NULL);
    sink ^= digest[0];
}

typedef void (*hash_fn)(const uint8_t *data, size_t size);

/* What count appends hash: each entry with its prefix, and count -
 * popcount(count) nodes of 65 bytes. */
static void bare_append(struct load load, hash_fn hash)
{
    for (size_t i = 0; i < load.count; i++) {
        input[i % 256]++;
        hash(input, load.entry_bytes + 1);
        for (size_t full = i; (full & 1) != 0; full >>= 1) {
            hash(input, 65);
        }
    }
}

static void raw_append(struct load load)
{
    bare_append(load, raw_hash);
}

static void evp_append(struct load load)
{
    bare_append(load, evp_hash);
}

static void tree_append(struct load load)
{
    struct frontier frontier;
    frontier_init(&frontier);
    for (size_t i = 0; i < load.count; i++) {
        input[i % 256]++;
        struct hl_hash leaf = merkle_leaf(bytes_of(input, load.entry_bytes));
        frontier_append(&frontier, &leaf);
    }
    sink ^= frontier_root(&frontier).bytes[0];
}

static void bare_nodes(struct load load, hash_fn hash)
{
    for (size_t i = 0; i < load.count; i++) {
        input[i % 64]++;
        hash(input, 65);
    }
}

static void raw_nodes(struct load load)
{
    bare_nodes(load, raw_hash);
}

static void evp_nodes(struct load load)
{
    bare_nodes(load, evp_hash);
}

static void tree_nodes(struct load load)
{
    struct hl_hash node = merkle_empty_root();
    struct hl_hash other = node;
    for (size_t i = 0; i < load.count; i++) {
        node = merkle_node(&node, &other);
    }
    sink ^= node.bytes[0];
}

/* Proofs of one tree of TREE_ENTRIES - 1 entries, at places spread over it. */
enum { PROOFS = 64 };

static struct {
    struct head head;
    uint64_t at[PROOFS];
    struct hl_hash leaves[PROOFS];
    struct hl_hash roots[PROOFS];
    struct proof inclusion[PROOFS];
    struct proof consistency[PROOFS];
    size_t inclusion_hashes;
    size_t consistency_hashes;
} proofs;

static void must(hl_err err)
{
    if (err != HL_OK) {
        fprintf(stderr, "bench_tree: %s\n", hl_err_name(err));
        exit(EXIT_FAILURE);
    }
}

/* Nodes that verifying a consistency proof hashes: each sibling for the new
 * root, and those on the left for the old one too. */
static size_t consistency_cost(uint64_t old_size, const struct proof *proof)
{
    size_t left = (size_t)__builtin_popcountll(old_size) - 1;
    size_t seeds = left > 0 ? 1 : 0;
    return proof->count - seeds + left;
}

static void proofs_init(void)
{
    struct mem_tree tree = {0};
    uint64_t size = TREE_ENTRIES - 1;
    for (uint64_t i = 0; i < size; i++) {
        mem_tree_append_entry(&tree, bytes_of(&i, sizeof(i)));
    }
    struct hash_source source = mem_tree_source(&tree);
    proofs.head = mem_tree_head(&tree, size);
    for (size_t i = 0; i < PROOFS; i++) {
        uint64_t at = 1 + i * 2654435761u % (size - 1);
        proofs.at[i] = at;
        proofs.leaves[i] = tree.levels[0][at];
        proofs.roots[i] = mem_tree_head(&tree, at).root;
        must(prove_inclusion(&source, at, size, &proofs.inclusion[i]));
        must(prove_consistency(&source, at, size, &proofs.consistency[i]));
        proofs.inclusion_hashes += proofs.inclusion[i].count;
        proofs.consistency_hashes +=
            consistency_cost(at, &proofs.consistency[i]);
    }
    mem_tree_fini(&tree);
}

static void tree_inclusions(struct load load)
{
    for (size_t n = 0; n < load.count; n++) {
        size_t i = n % PROOFS;
        must(merkle_verify_inclusion(proofs.at[i], proofs.head.size,
                                     &proofs.leaves[i], &proofs.head.root,
                                     &proofs.inclusion[i]));
    }
}

static void tree_consistencies(struct load load)
{
    for (size_t n = 0; n < load.count; n++) {
        size_t i = n % PROOFS;
        must(merkle_verify_consistency(proofs.at[i], &proofs.roots[i],
                                       proofs.head.size, &proofs.head.root,
                                       &proofs.consistency[i]));
    }
}

static void raw_inclusions(struct load load)
{
    load.count = load.count / PROOFS * proofs.inclusion_hashes;
    bare_nodes(load, raw_hash);
}

static void evp_inclusions(struct load load)
{
    load.count = load.count / PROOFS * proofs.inclusion_hashes;
    bare_nodes(load, evp_hash);
}

static void raw_consistencies(struct load load)
{
    load.count = load.count / PROOFS * proofs.consistency_hashes;
    bare_nodes(load, raw_hash);
}

static void evp_consistencies(struct load load)
{
    load.count = load.count / PROOFS * proofs.consistency_hashes;
    bare_nodes(load, evp_hash);
}

static const struct row {
    const char *name;
    struct load load;
    void (*tree)(struct load load);
    void (*raw)(struct load load);
    void (*evp)(struct load load);
} rows[] = {
    {"append, 300 B", {300, 12800}, tree_append, raw_append, evp_append},
    {"append, 1 KB", {1000, 6400}, tree_append, raw_append, evp_append},
    {"append, 6 KB", {6000, 1280}, tree_append, raw_append, evp_append},
    {"node", {0, 51200}, tree_nodes, raw_nodes, evp_nodes},
    {"inclusion", {0, 2560}, tree_inclusions, raw_inclusions, evp_inclusions},
    {"consistency",
     {0, 2560},
     tree_consistencies,
     raw_consistencies,
     evp_consistencies},
};

static double time_of(void (*run)(struct load load), struct load load)
{
    double start = now_seconds();
    run(load);
    return now_seconds() - start;
}

static void bench(const struct row *row)
{
    double tree[ROUNDS];
    double raw[ROUNDS];
    double other[ROUNDS];
    row->tree(row->load);
    row->raw(row->load);
    for (size_t i = 0; i < ROUNDS; i++) {
        tree[i] = time_of(row->tree, row->load);
        raw[i] = time_of(row->raw, row->load);
        other[i] = time_of(row->evp, row->load);
    }
    double count = (double)row->load.count;
    double ours = median(tree);
    double bare = median(raw);
    double reused = median(other);
    printf("%-15s %10.0f/s %10.0f/s %10.0f/s %8.2f %8.2f\n", row->name,
           count / ours, count / bare, count / reused, ours / bare,
           ours / reused);
}

static void report_memory(void)
{
    struct frontier frontier;
    frontier_init(&frontier);
    struct mallinfo2 before = mallinfo2();
    for (size_t i = 0; i < MILLION; i++) {
        struct hl_hash leaf = merkle_leaf(bytes_of(&i, sizeof(i)));
        frontier_append(&frontier, &leaf);
    }
    struct mallinfo2 after = mallinfo2();
    sink ^= frontier_root(&frontier).bytes[0];
    printf("memory for %d entries: sizeof(struct frontier) %zu bytes, heap "
           "growth %zd bytes\n",
           MILLION, sizeof(frontier),
           (ssize_t)(after.uordblks - before.uordblks));
}

int main(void)
{
    evp = EVP_MD_CTX_new();
    evp_sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (evp == NULL || evp_sha256 == NULL) {
        fprintf(stderr, "bench_tree: no SHA-256\n");
        return EXIT_FAILURE;
    }
    report_memory();
    proofs_init();
    printf("proofs in a tree of %d entries: %.1f node hashes an inclusion, "
           "%.1f a consistency\n",
           TREE_ENTRIES - 1, (double)proofs.inclusion_hashes / PROOFS,
           (double)proofs.consistency_hashes / PROOFS);
    printf("median of %d interleaved rounds; raw and EVP do the same hashes\n",
           ROUNDS);
    printf("%-15s %12s %12s %12s %8s %8s\n", "", "tree", "raw", "EVP",
           "time/raw", "time/EVP");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bench(&rows[i]);
    }
    EVP_MD_free(evp_sha256);
    EVP_MD_CTX_free(evp);
    return EXIT_SUCCESS;
}
