/* SPDX-License-Identifier: Apache-2.0 */

/* An honest author of 64 entries, whose true heads are known, and a peer who
 * sends anything else: start proofs, runs, evidence. The author is never
 * accused, and no frontier moves but onto his tree.
 *
 * Input: held, our head's size, their head's size, at, flags, then hashes: of
 * what the peer claims, each XORed onto the true ones, so that zeros are an
 * honest peer and every change is near a proof that verifies. */

#include "protocol/base/hl_assert.h"
#include "protocol/base/reader.h"
#include "protocol/tree/fork.h"
#include "protocol/tree/span.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/mem_tree.h"

enum {
    ENTRIES = 64,
    FLAG_NO_START = 1,
    FLAG_RUN_FAILED = 2,
    FLAG_OTHER_COUNT = 4,
    FLAG_OTHER_AT = 8,
};

static struct mem_tree tree;
static struct hash_source source;

static void tree_once(void)
{
    source = mem_tree_source(&tree);
    while (tree.size < ENTRIES) {
        mem_tree_append_entry(&tree, bytes_of(&tree.size, 8));
    }
}

static uint64_t size_up_to(struct reader *in, uint64_t max)
{
    return reader_u8(in) % (max + 1);
}

static bool spoil(struct reader *in, struct hl_hash *hash)
{
    struct hl_hash mask;
    uint8_t any = 0;
    reader_copy(in, sizeof(mask.bytes), mask.bytes);
    for (size_t i = 0; i < sizeof(mask.bytes); i++) {
        hash->bytes[i] ^= mask.bytes[i];
        any |= mask.bytes[i];
    }
    return any != 0;
}

/* Gives true if what the peer claims is the truth. */
static bool spoil_start(struct reader *in, uint8_t flags,
                        struct start_proof *start)
{
    bool honest = true;
    if ((flags & FLAG_OTHER_COUNT) != 0) {
        size_t count = start->proof.count;
        start->proof.count = reader_u8(in);
        honest = start->proof.count == count;
    }
    if ((flags & FLAG_OTHER_AT) != 0) {
        uint64_t at = start->at;
        start->at = reader_u64(in);
        honest = honest && start->at == at;
    }
    honest = !spoil(in, &start->root) && honest;
    for (size_t i = 0; i < HL_PROOF_HASHES_MAX && reader_left(in) > 0; i++) {
        bool spoilt = spoil(in, &start->proof.hashes[i]);
        honest = honest && !(spoilt && i < start->proof.count);
    }
    return honest;
}

static void check_decision(const struct fork_ours *ours,
                           const struct fork_theirs *theirs, bool honest)
{
    struct fork_verdict verdict;
    hl_err err = fork_decide(ours, theirs, &verdict);
    HL_ASSERT(err == HL_OK);
    HL_ASSERT(verdict.fault != FAULT_AUTHOR);
    HL_ASSERT(!honest || theirs->run_failed || verdict.fault != FAULT_PEER);
    err = fork_between(&ours->head, &theirs->head, theirs->start, &verdict);
    HL_ASSERT(err == HL_OK);
    HL_ASSERT(verdict.fault != FAULT_AUTHOR);
}

/* The peer's claim as evidence, beside the truth at the same size. */
static void check_evidence(const struct fork_ours *ours,
                           const struct fork_theirs *theirs,
                           const struct start_proof *start)
{
    struct fork fork = {.at = start->at};
    struct start_proof truth;
    if (span_prove_start(&source, start->at, ours->head.size, &truth) !=
        HL_OK) {
        return;
    }
    fork.branches[0] =
        (struct fork_branch){ours->head, truth.root, truth.proof};
    fork.branches[1] =
        (struct fork_branch){theirs->head, start->root, start->proof};
    HL_ASSERT(fork_verify(&fork) != HL_OK);
}

/* The peer's claim as the last leaf, and the end proof, of a run to `at`. */
static void check_run(const struct start_proof *start,
                      const struct fork_theirs *theirs)
{
    if (start->at == 0 || start->at > ENTRIES) {
        return;
    }
    struct frontier frontier;
    uint64_t first = start->at - 1;
    hl_err err = prove_frontier(&source, first, &frontier);
    HL_ASSERT(err == HL_OK);
    struct hl_hash leaf = start->root;
    struct span span = {first, &leaf, 1, theirs->head, &start->proof};
    err = span_append(&frontier, &span);
    HL_ASSERT(err != HL_OK || hash_equal(&leaf, &tree.levels[0][first]));
    HL_ASSERT((err == HL_OK) == (frontier.size == start->at));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tree_once();
    struct reader in;
    reader_init(&in, bytes_of(data, size));
    uint64_t our_head = size_up_to(&in, ENTRIES);
    uint64_t held = size_up_to(&in, our_head);
    uint64_t their_head = size_up_to(&in, ENTRIES);
    uint64_t at = size_up_to(&in, their_head);
    uint8_t flags = reader_u8(&in);
    struct proof end_proof;
    struct start_proof start;
    hl_err err = span_prove_end(&source, held, our_head, &end_proof);
    HL_ASSERT(err == HL_OK);
    err = span_prove_start(&source, at, their_head, &start);
    HL_ASSERT(err == HL_OK);
    bool honest = spoil_start(&in, flags, &start);
    struct fork_ours ours = {held, &source, mem_tree_head(&tree, our_head),
                             &end_proof};
    struct fork_theirs theirs = {
        .head = mem_tree_head(&tree, their_head),
        .start = (flags & FLAG_NO_START) != 0 ? NULL : &start,
        .run_failed = (flags & FLAG_RUN_FAILED) != 0,
    };
    check_decision(&ours, &theirs, honest);
    check_evidence(&ours, &theirs, &start);
    check_run(&start, &theirs);
    return 0;
}
