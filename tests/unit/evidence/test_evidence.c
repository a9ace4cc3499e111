/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/note/evidence.h"

#include <string.h>

#include "protocol/note/cosignature.h"
#include "protocol/tree/span.h"
#include "tests/support/mem_tree.h"
#include "tests/support/support.h"

#define ORIGIN "zhongyuan.example/zhengzhou"
#define KEEPER "zhongyuan.example/luoyang/mirror"

/* Two trees with a common past, and who signs their heads. */
struct fork_case {
    struct signer author, keeper;
    struct mem_tree trees[2];
    struct writer notes[2];
    struct evidence evidence;
};

static void make_signer(struct rng *rng, const char *name, enum vkey_kind kind,
                        struct signer *out)
{
    uint8_t seed[32];
    rng_fill(rng, seed, sizeof(seed));
    assert_ok(signer_ed25519(bytes_of_text(name), kind, seed, out));
}

static void append_random(struct rng *rng, struct mem_tree *tree,
                          uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        uint64_t entry = rng_next(rng);
        mem_tree_append_entry(tree, bytes_of(&entry, sizeof(entry)));
    }
}

static void make_note(struct fork_case *c, size_t side)
{
    struct head head = mem_tree_head(&c->trees[side], c->trees[side].size);
    struct checkpoint checkpoint = {.origin = ORIGIN, .head = head};
    struct writer text = {0};
    checkpoint_write(&checkpoint, &text);
    assert_ok(checkpoint_sign(&checkpoint, &c->author, 1, &c->notes[side]));
    assert_ok(cosignature_sign(writer_view(&text), &c->keeper, 1795249845,
                               &c->notes[side]));
    writer_fini(&text);
}

static void make_branch(struct fork_case *c, size_t side)
{
    struct evidence_branch *branch = &c->evidence.branches[side];
    struct hash_source source = mem_tree_source(&c->trees[side]);
    branch->key = c->evidence.accused == EVIDENCE_AUTHOR ? c->author.vkey
                                                         : c->keeper.vkey;
    branch->root_at = mem_tree_head(&c->trees[side], c->evidence.at).root;
    branch->note = writer_view(&c->notes[side]);
    assert_ok(prove_consistency(&source, c->evidence.at, c->trees[side].size,
                                &branch->proof));
}

/* Sizes: a common past, what each side adds; `at` in what both have, beyond
 * the past. */
static void fork_init(struct rng *rng, enum evidence_accused accused,
                      struct fork_case *c)
{
    *c = (struct fork_case){0};
    make_signer(rng, ORIGIN, VKEY_ED25519, &c->author);
    make_signer(rng, KEEPER, VKEY_COSIGNATURE, &c->keeper);
    uint64_t past = rng_below(rng, 40);
    uint64_t shorter = 1 + rng_below(rng, 20);
    append_random(rng, &c->trees[0], past + shorter);
    mem_tree_append_prefix(&c->trees[1], &c->trees[0], past);
    append_random(rng, &c->trees[1], shorter + rng_below(rng, 20));
    c->evidence.accused = accused;
    strcpy(c->evidence.origin, ORIGIN);
    strcpy(c->evidence.name, accused == EVIDENCE_AUTHOR ? ORIGIN : KEEPER);
    c->evidence.at = past + 1 + rng_below(rng, shorter);
    for (size_t side = 0; side < 2; side++) {
        make_note(c, side);
        make_branch(c, side);
    }
}

static void fork_fini(struct fork_case *c)
{
    for (size_t side = 0; side < 2; side++) {
        mem_tree_fini(&c->trees[side]);
        writer_fini(&c->notes[side]);
    }
    signer_fini(&c->author);
    signer_fini(&c->keeper);
}

static hl_err parse_and_verify(struct bytes raw, struct evidence *out,
                               struct hl_detail *detail)
{
    struct verifier verifier = verifier_openssl();
    hl_err err = evidence_parse(raw, out, detail);
    return err == HL_OK ? evidence_verify(out, &verifier, detail) : err;
}

static void contradictions_are_proven_and_survive_the_file(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    for (size_t i = 0; i < 200; i++) {
        struct fork_case c;
        struct writer raw = {0};
        struct writer again = {0};
        struct evidence back;
        struct hl_detail detail = {0};
        fork_init(&rng, i % 2 == 0 ? EVIDENCE_AUTHOR : EVIDENCE_COSIGNER, &c);
        evidence_write(&c.evidence, &raw);
        hl_err err = parse_and_verify(writer_view(&raw), &back, &detail);
        if (err != HL_OK) {
            fail_msg("%s: %s", hl_err_name(err), detail.text);
        }
        evidence_write(&back, &again);
        assert_true(bytes_equal(writer_view(&raw), writer_view(&again)));
        writer_fini(&raw);
        writer_fini(&again);
        fork_fini(&c);
    }
}

/* What our side holds, all of it under its own head, and the start proof that
 * the other side would answer with. */
static enum fault decide(const struct fork_case *c, struct fork_verdict *out)
{
    struct proof none = {0};
    struct hash_source ours = mem_tree_source(&c->trees[0]);
    struct hash_source theirs = mem_tree_source(&c->trees[1]);
    struct fork_ours our_side = {
        .size = c->trees[0].size,
        .source = &ours,
        .head = mem_tree_head(&c->trees[0], c->trees[0].size),
        .end_proof = &none};
    struct start_proof start;
    struct fork_theirs their_side = {
        .head = mem_tree_head(&c->trees[1], c->trees[1].size)};
    if (c->trees[1].size > c->trees[0].size) {
        assert_ok(span_prove_start(&theirs, c->trees[0].size, c->trees[1].size,
                                   &start));
        their_side.start = &start;
    }
    assert_ok(fork_decide(&our_side, &their_side, out));
    return out->fault;
}

/* 3,000 forks of equal and unequal sizes, from the decision to the file. */
static void what_the_decision_finds_is_evidence_that_verifies(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    size_t unequal = 0;
    for (size_t i = 0; i < 3000; i++) {
        struct fork_case c;
        struct fork_verdict verdict;
        struct writer raw = {0};
        struct evidence back;
        fork_init(&rng, EVIDENCE_AUTHOR, &c);
        unequal += c.trees[0].size != c.trees[1].size ? 1 : 0;
        assert_int_equal(decide(&c, &verdict), FAULT_AUTHOR);
        c.evidence.at = verdict.fork.at;
        for (size_t side = 0; side < 2; side++) {
            const struct fork_branch *found = &verdict.fork.branches[side];
            struct head head =
                mem_tree_head(&c.trees[side], c.trees[side].size);
            assert_true(head_equal(&found->head, &head));
            c.evidence.branches[side].root_at = found->root_at;
            c.evidence.branches[side].proof = found->proof;
        }
        evidence_write(&c.evidence, &raw);
        assert_ok(parse_and_verify(writer_view(&raw), &back, NULL));
        writer_fini(&raw);
        fork_fini(&c);
    }
    assert_in_range(unequal, 1000, 2999);
}

/* A flipped bit never leaves evidence that verifies with a changed meaning:
 * accused, origin, size, keys, roots and signed texts stay what they were. */
static void no_changed_bit_changes_what_is_proven(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    for (size_t kind = 0; kind < 2; kind++) {
        struct fork_case c;
        struct writer raw = {0};
        fork_init(&rng, (enum evidence_accused)kind, &c);
        evidence_write(&c.evidence, &raw);
        for (size_t bit = 0; bit < 8 * raw.size; bit += 3) {
            struct evidence back;
            raw.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            if (parse_and_verify(writer_view(&raw), &back, NULL) == HL_OK) {
                assert_string_equal(back.name, c.evidence.name);
                assert_string_equal(back.origin, c.evidence.origin);
                assert_int_equal(back.at, c.evidence.at);
                assert_true(vkey_equal(&back.branches[0].key,
                                       &c.evidence.branches[0].key));
                assert_true(hash_equal(&back.branches[1].root_at,
                                       &c.evidence.branches[1].root_at));
            }
            raw.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        writer_fini(&raw);
        fork_fini(&c);
    }
}

static hl_err verify(struct fork_case *c)
{
    struct verifier verifier = verifier_openssl();
    return evidence_verify(&c->evidence, &verifier, NULL);
}

static void who_agrees_with_himself_is_not_accused(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct fork_case c;
    fork_init(&rng, EVIDENCE_AUTHOR, &c);
    c.evidence.branches[1] = c.evidence.branches[0];
    assert_err(verify(&c), HL_ENOTFORK);
    fork_fini(&c);

    /* One tree at two sizes, compared at the smaller. */
    fork_init(&rng, EVIDENCE_AUTHOR, &c);
    mem_tree_fini(&c.trees[1]);
    mem_tree_init(&c.trees[1]);
    mem_tree_append_prefix(&c.trees[1], &c.trees[0], c.trees[0].size);
    append_random(&rng, &c.trees[1], 9);
    writer_clear(&c.notes[1]);
    make_note(&c, 1);
    make_branch(&c, 1);
    assert_err(verify(&c), HL_ENOTFORK);
    fork_fini(&c);
}

static void only_the_accuseds_own_signatures_count(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct fork_case c;
    struct signer stranger;
    make_signer(&rng, ORIGIN, VKEY_ED25519, &stranger);

    fork_init(&rng, EVIDENCE_AUTHOR, &c);
    c.evidence.branches[0].key = stranger.vkey;
    assert_err(verify(&c), HL_ENOKEY);
    c.evidence.branches[0].key = c.keeper.vkey;
    assert_err(verify(&c), HL_EMALFORMED);
    fork_fini(&c);

    /* An accusation against another name, or over another journal. */
    fork_init(&rng, EVIDENCE_AUTHOR, &c);
    strcpy(c.evidence.name, "zhongyuan.example/jinan");
    assert_err(verify(&c), HL_EMALFORMED);
    strcpy(c.evidence.origin, "zhongyuan.example/jinan");
    assert_err(verify(&c), HL_EMALFORMED);
    fork_fini(&c);

    /* A cosigner who signed neither, or only one, of the two. */
    for (size_t missing = 1; missing < 4; missing++) {
        fork_init(&rng, EVIDENCE_COSIGNER, &c);
        for (size_t side = 0; side < 2; side++) {
            struct head head =
                mem_tree_head(&c.trees[side], c.trees[side].size);
            struct checkpoint checkpoint = {.origin = ORIGIN, .head = head};
            if ((missing >> side & 1) != 0) {
                writer_clear(&c.notes[side]);
                assert_ok(
                    checkpoint_sign(&checkpoint, &c.author, 1, &c.notes[side]));
                make_branch(&c, side);
            }
        }
        assert_err(verify(&c), HL_ENOKEY);
        fork_fini(&c);
    }

    /* A cosigner whose two cosignatures are by two keys. */
    fork_init(&rng, EVIDENCE_COSIGNER, &c);
    signer_fini(&c.keeper);
    make_signer(&rng, KEEPER, VKEY_COSIGNATURE, &c.keeper);
    writer_clear(&c.notes[1]);
    make_note(&c, 1);
    make_branch(&c, 1);
    assert_err(verify(&c), HL_EMALFORMED);
    fork_fini(&c);
    signer_fini(&stranger);
}

static void wrong_proofs_and_sizes_are_refused(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct fork_case c;
    fork_init(&rng, EVIDENCE_AUTHOR, &c);
    struct evidence good = c.evidence;
    c.evidence.at = 0;
    assert_err(verify(&c), HL_EMALFORMED);
    c.evidence = good;
    c.evidence.at = c.trees[0].size + c.trees[1].size;
    assert_err(verify(&c), HL_EMALFORMED);
    c.evidence = good;
    c.evidence.branches[0].root_at.bytes[5] ^= 1;
    assert_err(verify(&c), HL_EPROOF);
    fork_fini(&c);
}

static void nothing_follows_the_second_note(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct fork_case c;
    struct writer raw = {0};
    struct evidence back;
    fork_init(&rng, EVIDENCE_AUTHOR, &c);
    evidence_write(&c.evidence, &raw);
    assert_ok(evidence_parse(writer_view(&raw), &back, NULL));
    writer_text(&raw, "more\n");
    assert_err(evidence_parse(writer_view(&raw), &back, NULL), HL_EMALFORMED);
    writer_fini(&raw);
    fork_fini(&c);
}

static void a_wrong_line_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t line;
    } cases[] = {
        {"", 1},
        {"heluo evidence v2\n", 1},
        {"heluo evidence v1\n", 2},
        {"heluo evidence v1\naccused somebody a/b\n", 2},
        {"heluo evidence v1\naccused author\n", 2},
        {"heluo evidence v1\naccused author a+b\n", 2},
        {"heluo evidence v1\naccused author a\norigin \n", 3},
        {"heluo evidence v1\naccused author a\norigin a\nsize 01\n", 4},
        {"heluo evidence v1\naccused author a\norigin a\nsize 1\nkey x\n", 5},
        {"heluo evidence v1\naccused author a\norigin a\nsize 1\n"
         "branch a+00000000+AAAA\n",
         5},
        {"heluo evidence v1\naccused author a\norigin a\nsize 1\n"
         "branch " ORIGIN,
         5},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct evidence out;
        struct hl_detail detail = {0};
        assert_err(evidence_parse(bytes_of_text(cases[i].text), &out, &detail),
                   HL_EMALFORMED);
        assert_int_equal(detail.where, HL_AT_LINE);
        assert_int_equal(detail.at, cases[i].line);
    }
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(contradictions_are_proven_and_survive_the_file),
        cmocka_unit_test(what_the_decision_finds_is_evidence_that_verifies),
        cmocka_unit_test(no_changed_bit_changes_what_is_proven),
        cmocka_unit_test(who_agrees_with_himself_is_not_accused),
        cmocka_unit_test(only_the_accuseds_own_signatures_count),
        cmocka_unit_test(wrong_proofs_and_sizes_are_refused),
        cmocka_unit_test(nothing_follows_the_second_note),
        cmocka_unit_test(a_wrong_line_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
