/* SPDX-License-Identifier: Apache-2.0 */

/* The decision tables of fork.h, row by row. */

#include "protocol/tree/fork.h"

#include "protocol/tree/span.h"
#include "tests/support/mem_tree.h"
#include "tests/support/support.h"

/* Two histories that share their first 20 entries. */
enum { SHARED = 20, ENTRIES = 64 };

static struct mem_tree trunk;
static struct mem_tree other;
static struct hash_source source;
static struct proof our_end_proof;
static struct start_proof their_start;

static int set_up(void **state)
{
    (void)state;
    mem_tree_init(&trunk);
    mem_tree_init(&other);
    source = mem_tree_source(&trunk);
    for (uint8_t i = 0; i < ENTRIES; i++) {
        mem_tree_append_entry(&trunk, bytes_of(&i, 1));
    }
    mem_tree_append_prefix(&other, &trunk, SHARED);
    for (uint8_t i = SHARED; i < ENTRIES; i++) {
        uint8_t entry[2] = {i, i};
        mem_tree_append_entry(&other, bytes_of(entry, 2));
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mem_tree_fini(&trunk);
    mem_tree_fini(&other);
    return 0;
}

/* We hold `size` entries of the trunk and its head at `head_size`. */
static struct fork_ours hold(uint64_t size, uint64_t head_size)
{
    assert_ok(span_prove_end(&source, size, head_size, &our_end_proof));
    return (struct fork_ours){
        .size = size,
        .source = &source,
        .head = mem_tree_head(&trunk, head_size),
        .end_proof = &our_end_proof,
    };
}

/* They show a tree's head without a start proof, */
static struct fork_theirs show(const struct mem_tree *tree, uint64_t head_size)
{
    return (struct fork_theirs){.head = mem_tree_head(tree, head_size)};
}

/* or with one. */
static struct fork_theirs show_from(const struct mem_tree *tree, uint64_t at,
                                    uint64_t head_size)
{
    struct hash_source theirs = mem_tree_source(tree);
    assert_ok(span_prove_start(&theirs, at, head_size, &their_start));
    struct fork_theirs shown = show(tree, head_size);
    shown.start = &their_start;
    return shown;
}

static struct fork_verdict decide(struct fork_ours ours,
                                  struct fork_theirs theirs)
{
    struct fork_verdict verdict;
    assert_ok(fork_decide(&ours, &theirs, &verdict));
    return verdict;
}

static void assert_fault(struct fork_ours ours, struct fork_theirs theirs,
                         enum fault fault)
{
    assert_int_equal(decide(ours, theirs).fault, fault);
}

/* What fits is nobody's fault, unless a run failed all the same. */
static void assert_fits(struct fork_ours ours, struct fork_theirs theirs)
{
    assert_fault(ours, theirs, FAULT_NONE);
    theirs.run_failed = true;
    assert_fault(ours, theirs, FAULT_PEER);
}

static void assert_asks(struct fork_ours ours, struct fork_theirs theirs,
                        uint64_t at, uint64_t size)
{
    struct fork_verdict verdict = decide(ours, theirs);
    assert_int_equal(verdict.fault, FAULT_UNDECIDED);
    assert_int_equal(verdict.ask.at, at);
    assert_int_equal(verdict.ask.size, size);
}

static void assert_evidence(const struct fork_verdict *verdict, uint64_t at,
                            const struct head *ours, const struct head *theirs)
{
    assert_int_equal(verdict->fault, FAULT_AUTHOR);
    assert_ok(fork_verify(&verdict->fork));
    assert_int_equal(verdict->fork.at, at);
    assert_true(head_equal(&verdict->fork.branches[0].head, ours));
    assert_true(head_equal(&verdict->fork.branches[1].head, theirs));
}

/* An author who forked is found whether or not a run failed. */
static void assert_author(struct fork_ours ours, struct fork_theirs theirs,
                          uint64_t at)
{
    struct fork_verdict verdict = decide(ours, theirs);
    assert_evidence(&verdict, at, &ours.head, &theirs.head);
    theirs.run_failed = true;
    verdict = decide(ours, theirs);
    assert_evidence(&verdict, at, &ours.head, &theirs.head);
}

static void a_head_no_tree_has_is_the_peers_fault(void **state)
{
    (void)state;
    struct fork_theirs theirs = show(&trunk, 5);
    theirs.head.size = 0;
    assert_fault(hold(0, 0), theirs, FAULT_PEER);
    assert_fault(hold(10, 12), theirs, FAULT_PEER);
    theirs.head.size = MERKLE_SIZE_MAX + 1;
    assert_fault(hold(10, 12), theirs, FAULT_PEER);
}

static void the_head_that_we_have_fits_at_any_size_of_ours(void **state)
{
    (void)state;
    assert_fits(hold(0, 0), show(&trunk, 0));
    assert_fits(hold(0, 30), show(&trunk, 30));
    assert_fits(hold(10, 30), show(&trunk, 30));
    assert_fits(hold(30, 30), show(&trunk, 30));
}

static void two_roots_of_one_size_are_a_fork_whatever_we_hold(void **state)
{
    (void)state;
    static const uint64_t held[] = {0, 5, 20, 29, 30};
    for (size_t i = 0; i < 5; i++) {
        assert_author(hold(held[i], 30), show(&other, 30), 30);
    }
}

static void a_head_within_what_we_hold_is_compared_with_our_root(void **state)
{
    (void)state;
    assert_fits(hold(40, 40), show(&trunk, 39));
    assert_fits(hold(40, 50), show(&trunk, 40));
    assert_fits(hold(40, 50), show(&trunk, 1));
    assert_fits(hold(40, 50), show(&other, SHARED));
    assert_fits(hold(40, 50), show(&other, 0));
    for (uint64_t t = SHARED + 1; t < 40; t++) {
        for (uint64_t h = 40; h <= ENTRIES; h++) {
            assert_author(hold(40, h), show(&other, t), t);
        }
    }
}

static void a_larger_head_without_start_proof_is_asked_for_one(void **state)
{
    (void)state;
    assert_asks(hold(10, 10), show(&other, 30), 10, 30);
    assert_asks(hold(10, 20), show(&other, 30), 10, 30);
    assert_asks(hold(10, 40), show(&other, 30), 10, 30);
    struct fork_theirs failed = show(&other, 30);
    failed.run_failed = true;
    assert_asks(hold(10, 10), failed, 10, 30);
}

static void who_holds_nothing_needs_no_start_proof(void **state)
{
    (void)state;
    assert_fits(hold(0, 0), show(&other, 30));
    assert_fits(hold(0, 0), show_from(&other, 0, 30));
    assert_asks(hold(0, 40), show(&other, 30), 30, 40);
    assert_asks(hold(0, 40), show_from(&other, 0, 50), 40, 50);
    struct fork_theirs failed = show(&other, 30);
    failed.run_failed = true;
    assert_fault(hold(0, 40), failed, FAULT_PEER);
}

static void a_start_proof_that_fails_is_the_peers_fault(void **state)
{
    (void)state;
    struct fork_theirs theirs = show_from(&other, 25, 30);
    their_start.root.bytes[31] ^= 0x80;
    assert_fault(hold(25, 25), theirs, FAULT_PEER);
    theirs = show_from(&other, 25, 30);
    their_start.proof.hashes[0].bytes[0] ^= 1;
    assert_fault(hold(25, 25), theirs, FAULT_PEER);
    theirs = show_from(&other, 25, 30);
    their_start.proof.count = SIZE_MAX;
    assert_fault(hold(25, 25), theirs, FAULT_PEER);
    theirs = show_from(&other, 25, 30);
    their_start.at = 31;
    assert_fault(hold(25, 25), theirs, FAULT_PEER);
    theirs = show_from(&trunk, 25, 30);
    theirs.head = mem_tree_head(&other, 30);
    assert_fault(hold(25, 25), theirs, FAULT_PEER);
    theirs = show_from(&trunk, 0, 30);
    their_start.root.bytes[0] ^= 1;
    assert_fault(hold(0, 0), theirs, FAULT_PEER);
}

static void another_root_at_our_size_is_the_authors_fault(void **state)
{
    (void)state;
    for (uint64_t h = 25; h <= ENTRIES; h++) {
        for (uint64_t t = 26; t <= ENTRIES; t++) {
            uint64_t at = t == h ? t : 25;
            assert_author(hold(25, h), show_from(&other, 25, t), at);
        }
    }
}

static void another_root_below_our_size_is_the_authors_fault(void **state)
{
    (void)state;
    for (uint64_t at = SHARED + 1; at < 40; at++) {
        assert_author(hold(40, 47), show_from(&other, at, 60), at);
        assert_author(hold(40, 40), show_from(&other, at, 41), at);
    }
}

static void our_root_below_our_size_says_nothing_of_the_rest(void **state)
{
    (void)state;
    assert_asks(hold(40, 40), show_from(&other, SHARED, 60), 40, 60);
    assert_asks(hold(40, 50), show_from(&other, 0, 60), 40, 60);
    assert_asks(hold(40, 50), show_from(&trunk, 39, 45), 40, 45);
}

static void a_head_that_extends_all_we_know_fits(void **state)
{
    (void)state;
    assert_fits(hold(25, 25), show_from(&trunk, 25, 60));
    assert_fits(hold(SHARED, SHARED), show_from(&other, SHARED, 60));
    assert_fits(hold(25, 40), show_from(&trunk, 40, 60));
}

static void two_heads_beyond_us_need_the_proof_between_them(void **state)
{
    (void)state;
    assert_asks(hold(15, 40), show_from(&other, 15, 60), 40, 60);
    assert_asks(hold(15, 40), show_from(&other, 15, 30), 30, 40);
    assert_asks(hold(15, 40), show_from(&trunk, 15, 30), 30, 40);
    struct fork_theirs failed = show_from(&other, 15, 30);
    failed.run_failed = true;
    assert_fault(hold(15, 40), failed, FAULT_PEER);
}

static void another_root_at_our_heads_size_is_the_authors_fault(void **state)
{
    (void)state;
    for (uint64_t t = 31; t <= ENTRIES; t++) {
        assert_author(hold(15, 30), show_from(&other, 30, t), 30);
        assert_author(hold(0, 30), show_from(&other, 30, t), 30);
    }
}

static void a_start_where_we_know_no_root_is_asked_again(void **state)
{
    (void)state;
    assert_asks(hold(15, 30), show_from(&other, 22, 40), 15, 40);
    assert_asks(hold(15, 30), show_from(&other, 35, 40), 15, 40);
    assert_asks(hold(15, 15), show_from(&other, 40, 40), 15, 40);
}

static void on_a_damaged_copy_of_ours_nobody_is_accused(void **state)
{
    (void)state;
    struct fork_verdict verdict = {.fault = FAULT_NONE};
    struct fork_theirs theirs = show(&other, 30);
    struct fork_ours ours = hold(25, 30);
    ours.head.size = 24;
    assert_err(fork_decide(&ours, &theirs, &verdict), HL_EMALFORMED);
    ours = hold(0, 0);
    ours.head.root.bytes[0] ^= 1;
    assert_err(fork_decide(&ours, &theirs, &verdict), HL_EMALFORMED);
    ours = hold(25, 30);
    our_end_proof.hashes[0].bytes[0] ^= 1;
    assert_err(fork_decide(&ours, &theirs, &verdict), HL_EPROOF);
    ours = hold(25, 30);
    ours.head = mem_tree_head(&other, 30);
    assert_err(fork_decide(&ours, &theirs, &verdict), HL_EPROOF);
    ours = hold(25, 30);
    ours.source = &(struct hash_source){(void *)&other, source.read};
    assert_err(fork_decide(&ours, &theirs, &verdict), HL_EPROOF);
    assert_int_equal(verdict.fault, FAULT_NONE);
}

/* A source with one flipped bit where the frontier does not reach: our root
 * is right, but another one is not, and would look like a fork. */
static hl_err read_damaged(void *context, uint64_t level, uint64_t index,
                           struct hl_hash *out)
{
    hl_err err = source.read(source.context, level, index, out);
    if (level == *(uint64_t *)context) {
        out->bytes[7] ^= 2;
    }
    return err;
}

static void a_flipped_bit_in_our_store_accuses_nobody(void **state)
{
    (void)state;
    uint64_t level = 3;
    struct hash_source damaged = {&level, read_damaged};
    struct fork_ours ours = hold(32, 40);
    struct fork_theirs theirs = show(&trunk, 24);
    struct fork_verdict verdict = {.fault = FAULT_NONE};
    ours.source = &damaged;
    assert_err(fork_decide(&ours, &theirs, &verdict), HL_EPROOF);
    theirs = show_from(&trunk, 24, 60);
    assert_err(fork_decide(&ours, &theirs, &verdict), HL_EPROOF);
    assert_int_equal(verdict.fault, FAULT_NONE);
}

static hl_err read_nothing(void *context, uint64_t level, uint64_t index,
                           struct hl_hash *out)
{
    (void)level;
    (void)index;
    (void)out;
    size_t *reads = context;
    (*reads)++;
    return HL_EIO;
}

static void an_error_of_the_source_is_passed_on(void **state)
{
    (void)state;
    size_t reads = 0;
    struct hash_source broken = {&reads, read_nothing};
    struct fork_ours ours = hold(25, 30);
    struct fork_theirs theirs = show(&other, 22);
    struct fork_verdict verdict;
    ours.source = &broken;
    assert_err(fork_decide(&ours, &theirs, &verdict), HL_EIO);
    assert_int_equal(reads, 1);
}

static struct fork_verdict between(struct head a, struct head b,
                                   const struct start_proof *link)
{
    struct fork_verdict verdict;
    struct fork_verdict swapped;
    assert_ok(fork_between(&a, &b, link, &verdict));
    assert_ok(fork_between(&b, &a, link, &swapped));
    assert_int_equal(verdict.fault, swapped.fault);
    return verdict;
}

static void between_two_heads_the_proof_decides(void **state)
{
    (void)state;
    struct head small = mem_tree_head(&trunk, 30);
    struct head large = mem_tree_head(&trunk, 40);
    struct head forked = mem_tree_head(&other, 40);
    struct head forked_small = mem_tree_head(&other, 30);
    struct fork_verdict verdict = between(small, large, NULL);
    assert_int_equal(verdict.fault, FAULT_UNDECIDED);
    assert_int_equal(verdict.ask.at, 30);
    assert_int_equal(verdict.ask.size, 40);
    show_from(&trunk, 29, 40);
    assert_int_equal(between(small, large, &their_start).fault,
                     FAULT_UNDECIDED);
    show_from(&trunk, 30, 40);
    assert_int_equal(between(small, large, &their_start).fault, FAULT_NONE);
    assert_int_equal(between(small, forked, &their_start).fault, FAULT_PEER);
    show_from(&other, 30, 40);
    verdict = between(small, forked, &their_start);
    assert_evidence(&verdict, 30, &small, &forked);
    verdict = between(small, forked_small, NULL);
    assert_evidence(&verdict, 30, &small, &forked_small);
    assert_int_equal(between(small, small, NULL).fault, FAULT_NONE);
    assert_int_equal(between(head_empty(), large, NULL).fault, FAULT_NONE);
}

static void between_takes_no_malformed_head(void **state)
{
    (void)state;
    struct head good = mem_tree_head(&trunk, 30);
    struct head bad = {.size = 0, .root = good.root};
    struct fork_verdict verdict;
    assert_err(fork_between(&good, &bad, NULL, &verdict), HL_EMALFORMED);
    bad.size = UINT64_MAX;
    assert_err(fork_between(&bad, &good, NULL, &verdict), HL_EMALFORMED);
}

static void evidence_needs_a_size_within_both_heads(void **state)
{
    (void)state;
    struct fork fork = decide(hold(25, 30), show_from(&other, 25, 40)).fork;
    assert_ok(fork_verify(&fork));
    fork.at = 0;
    assert_err(fork_verify(&fork), HL_EMALFORMED);
    fork.at = 31;
    assert_err(fork_verify(&fork), HL_EMALFORMED);
    fork.at = 24;
    assert_err(fork_verify(&fork), HL_EPROOF);
    fork.at = 25;
    fork.branches[1].head.size = UINT64_MAX;
    assert_err(fork_verify(&fork), HL_EMALFORMED);
    fork.branches[1] = fork.branches[0];
    assert_err(fork_verify(&fork), HL_ENOTFORK);
    fork.branches[1].proof.count = SIZE_MAX;
    assert_err(fork_verify(&fork), HL_EPROOF);
}

static void evidence_holds_in_either_order(void **state)
{
    (void)state;
    struct fork fork = decide(hold(25, 30), show_from(&other, 25, 40)).fork;
    struct fork_branch first = fork.branches[0];
    fork.branches[0] = fork.branches[1];
    fork.branches[1] = first;
    assert_ok(fork_verify(&fork));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_no_tree_has_is_the_peers_fault),
        cmocka_unit_test(the_head_that_we_have_fits_at_any_size_of_ours),
        cmocka_unit_test(two_roots_of_one_size_are_a_fork_whatever_we_hold),
        cmocka_unit_test(a_head_within_what_we_hold_is_compared_with_our_root),
        cmocka_unit_test(a_larger_head_without_start_proof_is_asked_for_one),
        cmocka_unit_test(who_holds_nothing_needs_no_start_proof),
        cmocka_unit_test(a_start_proof_that_fails_is_the_peers_fault),
        cmocka_unit_test(another_root_at_our_size_is_the_authors_fault),
        cmocka_unit_test(another_root_below_our_size_is_the_authors_fault),
        cmocka_unit_test(our_root_below_our_size_says_nothing_of_the_rest),
        cmocka_unit_test(a_head_that_extends_all_we_know_fits),
        cmocka_unit_test(two_heads_beyond_us_need_the_proof_between_them),
        cmocka_unit_test(another_root_at_our_heads_size_is_the_authors_fault),
        cmocka_unit_test(a_start_where_we_know_no_root_is_asked_again),
        cmocka_unit_test(on_a_damaged_copy_of_ours_nobody_is_accused),
        cmocka_unit_test(a_flipped_bit_in_our_store_accuses_nobody),
        cmocka_unit_test(an_error_of_the_source_is_passed_on),
        cmocka_unit_test(between_two_heads_the_proof_decides),
        cmocka_unit_test(between_takes_no_malformed_head),
        cmocka_unit_test(evidence_needs_a_size_within_both_heads),
        cmocka_unit_test(evidence_holds_in_either_order),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
