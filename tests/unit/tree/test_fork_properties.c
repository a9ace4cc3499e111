/* SPDX-License-Identifier: Apache-2.0 */

/* Over random histories: an author who forks is always convicted, with
 * evidence that no changed bit survives; one who does not never is, whatever a
 * peer sends. */

#include <inttypes.h>
#include <string.h>

#include "protocol/tree/fork.h"
#include "protocol/tree/span.h"
#include "tests/support/mem_tree.h"
#include "tests/support/support.h"
#include "tests/unit/tree/shape.h"

enum { FORKS = 3000, HONEST_PAIRS = 3000, HONEST_ENTRIES = 1500 };

static void grow(struct mem_tree *tree, uint64_t size, struct rng *rng)
{
    while (tree->size < size) {
        struct hl_hash leaf;
        rng_fill(rng, leaf.bytes, sizeof(leaf.bytes));
        mem_tree_append(tree, &leaf);
    }
}

/* One author, two histories; we hold part of ours and its newest head, a peer
 * shows the newest head of the other. */
struct scene {
    struct mem_tree trunk;
    struct mem_tree other;
    uint64_t shared;
    struct hash_source source;
    struct hash_source their_source;
    struct proof end_proof;
    struct start_proof start;
    struct fork_ours ours;
    struct fork_theirs theirs;
};

static void hold_and_show(struct scene *scene, uint64_t held)
{
    scene->source = mem_tree_source(&scene->trunk);
    scene->their_source = mem_tree_source(&scene->other);
    assert_ok(span_prove_end(&scene->source, held, scene->trunk.size,
                             &scene->end_proof));
    scene->ours = (struct fork_ours){
        .size = held,
        .source = &scene->source,
        .head = mem_tree_head(&scene->trunk, scene->trunk.size),
        .end_proof = &scene->end_proof,
    };
    scene->theirs = (struct fork_theirs){
        .head = mem_tree_head(&scene->other, scene->other.size),
    };
    if (scene->other.size > held) {
        assert_ok(span_prove_start(&scene->their_source, held,
                                   scene->other.size, &scene->start));
        scene->theirs.start = &scene->start;
    }
}

static void scene_init(struct scene *scene, struct rng *rng)
{
    *scene = (struct scene){.shared = rng_below(rng, 300)};
    uint64_t ours = scene->shared + 1 + rng_below(rng, 200);
    uint64_t theirs = scene->shared + 1 + rng_below(rng, 200);
    grow(&scene->trunk, ours, rng);
    mem_tree_append_prefix(&scene->other, &scene->trunk, scene->shared);
    grow(&scene->other, rng_below(rng, 4) == 0 ? ours : theirs, rng);
    hold_and_show(scene, rng_below(rng, ours + 1));
    scene->theirs.run_failed = rng_below(rng, 2) == 0;
}

static void scene_fini(struct scene *scene)
{
    mem_tree_fini(&scene->trunk);
    mem_tree_fini(&scene->other);
}

/* The proof between both heads, from whoever has the larger one. */
static void settle_between(struct scene *scene, struct fork_verdict *verdict)
{
    uint64_t ours = scene->ours.head.size;
    uint64_t theirs = scene->theirs.head.size;
    struct start_proof link;
    assert_int_equal(verdict->fault, FAULT_UNDECIDED);
    assert_int_equal(verdict->ask.at, ours < theirs ? ours : theirs);
    assert_int_equal(verdict->ask.size, ours < theirs ? theirs : ours);
    assert_ok(
        span_prove_start(ours < theirs ? &scene->their_source : &scene->source,
                         verdict->ask.at, verdict->ask.size, &link));
    assert_ok(
        fork_between(&scene->ours.head, &scene->theirs.head, &link, verdict));
}

static struct fork_verdict judge(struct scene *scene)
{
    struct fork_verdict verdict;
    assert_ok(fork_decide(&scene->ours, &scene->theirs, &verdict));
    bool both_extend_us = scene->ours.size <= scene->shared &&
                          scene->theirs.head.size != scene->ours.head.size;
    if (both_extend_us && scene->theirs.run_failed) {
        assert_int_equal(verdict.fault, FAULT_PEER);
        scene->theirs.run_failed = false;
        assert_ok(fork_decide(&scene->ours, &scene->theirs, &verdict));
    }
    if (both_extend_us) {
        settle_between(scene, &verdict);
    }
    return verdict;
}

static void refuses_flip(struct fork *fork, struct hl_hash *hash, uint64_t bit)
{
    hash->bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    assert_err(fork_verify(fork), HL_EPROOF);
    hash->bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

static void refuses_another_length(struct fork *fork, struct proof *proof)
{
    proof->count++;
    assert_err(fork_verify(fork), HL_EPROOF);
    proof->count--;
    if (proof->count > 0) {
        proof->count--;
        assert_err(fork_verify(fork), HL_EPROOF);
        proof->count++;
    }
}

static void refuses_changed_hashes(struct fork fork, struct rng *rng)
{
    for (size_t i = 0; i < 2; i++) {
        struct fork_branch *branch = &fork.branches[i];
        refuses_flip(&fork, &branch->head.root, rng_below(rng, 256));
        refuses_flip(&fork, &branch->root_at, rng_below(rng, 256));
        for (size_t k = 0; k < branch->proof.count; k++) {
            refuses_flip(&fork, &branch->proof.hashes[k], rng_below(rng, 256));
        }
        refuses_another_length(&fork, &branch->proof);
    }
}

static bool same_computation(const struct fork *a, const struct fork *b)
{
    for (size_t i = 0; i < 2; i++) {
        struct shape one;
        struct shape other;
        if (!shape_of(0, a->at, a->branches[i].head.size, &one) ||
            !shape_of(0, b->at, b->branches[i].head.size, &other) ||
            !shape_equal(&one, &other)) {
            return false;
        }
    }
    return true;
}

/* A head's size is the signature's to protect; evidence with another one
 * verifies only where that size asks for the same computation. */
static void judges_changed_numbers(const struct fork *fork)
{
    for (unsigned bit = 0; bit < 64; bit++) {
        for (size_t which = 0; which < 3; which++) {
            struct fork changed = *fork;
            uint64_t *number =
                which == 2 ? &changed.at : &changed.branches[which].head.size;
            *number ^= UINT64_C(1) << bit;
            assert_int_equal(fork_verify(&changed) == HL_OK,
                             same_computation(fork, &changed));
        }
    }
}

static void an_author_who_forks_is_convicted(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    for (size_t i = 0; i < FORKS; i++) {
        struct scene scene;
        scene_init(&scene, &rng);
        struct fork_verdict verdict = judge(&scene);
        if (verdict.fault != FAULT_AUTHOR) {
            fail_msg("fork %zu: shared %" PRIu64 ", held %" PRIu64
                     " of %" PRIu64 ", theirs %" PRIu64 ": fault %d",
                     i, scene.shared, scene.ours.size, scene.ours.head.size,
                     scene.theirs.head.size, verdict.fault);
        }
        assert_ok(fork_verify(&verdict.fork));
        assert_true(verdict.fork.at > scene.shared);
        refuses_changed_hashes(verdict.fork, &rng);
        judges_changed_numbers(&verdict.fork);
        scene_fini(&scene);
    }
}

static struct mem_tree honest;
static struct hash_source honest_source;

static int set_up(void **state)
{
    (void)state;
    struct rng rng = test_rng("honest");
    mem_tree_init(&honest);
    grow(&honest, HONEST_ENTRIES, &rng);
    honest_source = mem_tree_source(&honest);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mem_tree_fini(&honest);
    return 0;
}

/* Sizes that often meet, so that every row of the table is visited. */
static uint64_t some_size(struct rng *rng)
{
    return rng_below(rng, 3) == 0 ? rng_below(rng, 6)
                                  : rng_below(rng, HONEST_ENTRIES + 1);
}

struct pair {
    struct proof end_proof;
    struct start_proof start;
    struct fork_ours ours;
    struct fork_theirs theirs;
};

static void pair_init(struct pair *pair, struct rng *rng)
{
    uint64_t head = some_size(rng);
    uint64_t held = rng_below(rng, 3) == 0 ? head : rng_below(rng, head + 1);
    uint64_t their_head = some_size(rng);
    *pair = (struct pair){0};
    assert_ok(span_prove_end(&honest_source, held, head, &pair->end_proof));
    pair->ours = (struct fork_ours){
        .size = held,
        .source = &honest_source,
        .head = mem_tree_head(&honest, head),
        .end_proof = &pair->end_proof,
    };
    pair->theirs.head = mem_tree_head(&honest, their_head);
    uint64_t wanted[] = {held, head, rng_below(rng, their_head + 1)};
    uint64_t at = wanted[rng_below(rng, 3)];
    if (at <= their_head) {
        assert_ok(
            span_prove_start(&honest_source, at, their_head, &pair->start));
        pair->theirs.start = &pair->start;
    }
}

static enum fault decide(const struct pair *pair)
{
    struct fork_verdict verdict;
    assert_ok(fork_decide(&pair->ours, &pair->theirs, &verdict));
    return verdict.fault;
}

/* A peer's own invention: a tree that shares a prefix with the honest one, and
 * a start proof that is sound in it. */
static void forge(struct pair *pair, struct rng *rng)
{
    struct mem_tree forged = {0};
    uint64_t size = pair->theirs.head.size + rng_below(rng, 3);
    uint64_t shared = rng_below(rng, pair->theirs.head.size + 1);
    mem_tree_append_prefix(&forged, &honest, shared);
    grow(&forged, size, rng);
    struct hash_source source = mem_tree_source(&forged);
    uint64_t at = rng_below(rng, size + 1);
    assert_ok(span_prove_start(&source, at, size, &pair->start));
    pair->theirs.start = &pair->start;
    mem_tree_fini(&forged);
}

static void tamper(struct pair *pair, struct rng *rng)
{
    struct start_proof *start = &pair->start;
    pair->theirs.start = start;
    uint64_t bit = rng_below(rng, 256);
    uint8_t mask = (uint8_t)(1u << bit % 8);
    switch (rng_below(rng, 7)) {
    case 0:
        start->root.bytes[bit / 8] ^= mask;
        break;
    case 1:
        start->proof.hashes[rng_below(rng, 12)].bytes[bit / 8] ^= mask;
        break;
    case 2:
        start->at ^= UINT64_C(1) << rng_below(rng, 12);
        break;
    case 3:
        start->proof.count = rng_below(rng, HL_PROOF_HASHES_MAX + 3);
        break;
    case 4:
        rng_fill(rng, start, sizeof(*start));
        start->proof.count %= 16;
        break;
    case 5:
        start->at = rng_below(rng, HONEST_ENTRIES);
        break;
    default:
        forge(pair, rng);
        break;
    }
}

static void an_honest_author_is_never_accused(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    size_t seen[FAULT_UNDECIDED + 1] = {0};
    for (size_t i = 0; i < HONEST_PAIRS; i++) {
        struct pair pair;
        pair_init(&pair, &rng);
        enum fault fault = decide(&pair);
        assert_true(fault == FAULT_NONE || fault == FAULT_UNDECIDED);
        seen[fault]++;
        for (size_t lies = 0; lies < 8; lies++) {
            pair.theirs.run_failed = rng_below(&rng, 2) == 0;
            tamper(&pair, &rng);
            fault = decide(&pair);
            assert_int_not_equal(fault, FAULT_AUTHOR);
            seen[fault]++;
        }
    }
    assert_true(seen[FAULT_NONE] > 100);
    assert_true(seen[FAULT_PEER] > 100);
    assert_true(seen[FAULT_UNDECIDED] > 100);
}

static void a_lie_between_two_honest_heads_accuses_nobody(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    for (size_t i = 0; i < HONEST_PAIRS; i++) {
        struct pair pair;
        struct fork_verdict verdict;
        pair_init(&pair, &rng);
        for (size_t lies = 0; lies < 8; lies++) {
            tamper(&pair, &rng);
            assert_ok(fork_between(&pair.ours.head, &pair.theirs.head,
                                   &pair.start, &verdict));
            assert_int_not_equal(verdict.fault, FAULT_AUTHOR);
        }
    }
}

static void no_evidence_against_honest_heads_verifies(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    for (size_t i = 0; i < HONEST_PAIRS; i++) {
        struct pair one;
        struct pair other;
        pair_init(&one, &rng);
        pair_init(&other, &rng);
        for (size_t lies = 0; lies < 8; lies++) {
            tamper(rng_below(&rng, 2) == 0 ? &one : &other, &rng);
            struct fork fork = {
                .at = one.start.at,
                .branches = {{one.theirs.head, one.start.root, one.start.proof},
                             {other.theirs.head, other.start.root,
                              other.start.proof}},
            };
            assert_int_not_equal(fork_verify(&fork), HL_OK);
        }
    }
}

/* The peer relays the right proofs, but not the author's bytes. */
static void bytes_that_are_not_the_authors_are_the_peers_fault(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    for (size_t i = 0; i < HONEST_PAIRS; i++) {
        uint64_t first = rng_below(&rng, HONEST_ENTRIES);
        uint64_t end = first + 1;
        uint64_t head = end + rng_below(&rng, HONEST_ENTRIES - end + 1);
        struct proof end_proof;
        struct start_proof start;
        struct frontier frontier;
        assert_ok(span_prove_end(&honest_source, end, head, &end_proof));
        assert_ok(span_prove_start(&honest_source, first, head, &start));
        assert_ok(prove_frontier(&honest_source, first, &frontier));
        struct hl_hash leaf = honest.levels[0][first];
        leaf.bytes[rng_below(&rng, 32)] ^= 4;
        struct span span = {first, &leaf, 1, mem_tree_head(&honest, head),
                            &end_proof};
        assert_err(span_append(&frontier, &span), HL_EPROOF);
        struct proof none = {0};
        struct fork_ours ours = {first, &honest_source,
                                 mem_tree_head(&honest, first), &none};
        struct fork_theirs theirs = {span.head, &start, true};
        struct fork_verdict verdict;
        assert_ok(fork_decide(&ours, &theirs, &verdict));
        assert_int_equal(verdict.fault, FAULT_PEER);
    }
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_author_who_forks_is_convicted),
        cmocka_unit_test(an_honest_author_is_never_accused),
        cmocka_unit_test(a_lie_between_two_honest_heads_accuses_nobody),
        cmocka_unit_test(no_evidence_against_honest_heads_verifies),
        cmocka_unit_test(bytes_that_are_not_the_authors_are_the_peers_fault),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
