/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/charter/charter_judge.h"

#include <stdio.h>
#include <string.h>

#include "protocol/note/cosignature.h"
#include "tests/unit/certs/charter_world.h"

#define ALLIANCE "zhongyuan.example"
enum { WHEN = 1790000000, MODEL_NODES = 3 };

/* A charter whose keys we hold: jinan, luoyang, zhengzhou, by their place. */
static struct world world;
static struct verifier verifier;
static struct charter charter;
static struct signer journals[MODEL_NODES];
static struct signer mirrors[MODEL_NODES];

static void make_signer(const char *name, enum vkey_kind kind,
                        struct signer *out)
{
    uint8_t seed[32];
    rng_fill(&world.rng, seed, sizeof(seed));
    assert_ok(signer_ed25519(bytes_of_text(name), kind, seed, out));
}

static int set_up(void **state)
{
    (void)state;
    world_init(&world, "judge");
    verifier = verifier_openssl();
    world_charter(&world, &charter);
    for (size_t i = 0; i < MODEL_NODES; i++) {
        char name[CHARTER_DOMAIN_BYTES + 100];
        struct charter_node *node = &charter.nodes[i];
        snprintf(name, sizeof(name), "%s/%s", ALLIANCE, node->id);
        make_signer(name, VKEY_ED25519, &journals[i]);
        snprintf(name, sizeof(name), "%s/%s/mirror", ALLIANCE, node->id);
        make_signer(name, VKEY_COSIGNATURE, &mirrors[i]);
        node->journal_keys[0].vkey = journals[i].vkey;
        node->keys[0].vkey = mirrors[i].vkey;
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODEL_NODES; i++) {
        signer_fini(&journals[i]);
        signer_fini(&mirrors[i]);
    }
    charter_fini(&charter);
    world_fini(&world);
    return 0;
}

static struct head head_at(uint64_t size, const char *seed)
{
    struct head head = {size, hash_bytes(bytes_of_text(seed))};
    return size == 0 ? head_empty() : head;
}

/* A checkpoint of zhengzhou's journal by that signer, cosigned at WHEN by the
 * mirrors of the mask. */
static void make_note(const char *origin, struct head head,
                      const struct signer *signer, unsigned mask,
                      struct writer *out)
{
    struct checkpoint checkpoint = {.head = head};
    struct writer text = {0};
    snprintf(checkpoint.origin, sizeof(checkpoint.origin), "%s", origin);
    checkpoint_write(&checkpoint, &text);
    note_begin(writer_view(&text), out);
    assert_ok(note_sign(writer_view(&text), signer, out));
    for (size_t i = 0; i < MODEL_NODES; i++) {
        if ((mask >> i & 1) != 0) {
            assert_ok(
                cosignature_sign(writer_view(&text), &mirrors[i], WHEN, out));
        }
    }
    writer_fini(&text);
}

static hl_err judge(const struct charter *by, struct bytes raw,
                    struct charter_judgement *out)
{
    struct note note = {0};
    assert_ok(note_parse(raw, &note, NULL));
    hl_err err = charter_judge_checkpoint(by, &note, &verifier, out, NULL);
    note_fini(&note);
    return err;
}

static hl_err judge_made(const struct charter *by, const char *origin,
                         struct head head, const struct signer *signer,
                         unsigned mask, struct charter_judgement *out)
{
    struct writer raw = {0};
    make_note(origin, head, signer, mask, &raw);
    hl_err err = judge(by, writer_view(&raw), out);
    writer_fini(&raw);
    return err;
}

static void a_quorum_of_keepers_seals(void **state)
{
    (void)state;
    /* jinan and luoyang keep zhengzhou, with quorum 2; bit 2 is zhengzhou. */
    for (unsigned mask = 0; mask < 8; mask++) {
        struct charter_judgement got;
        assert_ok(judge_made(&charter, ALLIANCE "/zhengzhou",
                             head_at(5, "five"), &journals[2], mask, &got));
        size_t count = (mask & 1) + (mask >> 1 & 1);
        assert_string_equal(got.author->id, "zhengzhou");
        assert_int_equal(got.checkpoint.head.size, 5);
        assert_int_equal(got.keeper_count, count);
        assert_int_equal(got.sealed, count == 2);
        assert_int_equal(got.keeper_time_s[0], (mask & 1) ? WHEN : 0);
    }
}

static void a_cosignature_counts_in_its_keys_time(void **state)
{
    (void)state;
    struct charter_key *key = &charter.nodes[0].keys[0];
    struct charter_key saved = *key;
    static const struct {
        int64_t from_s, until_s;
        size_t count;
    } cases[] = {{WHEN, WHEN + 1, 2},
                 {WHEN + 1, CHARTER_NO_END, 1},
                 {0, WHEN, 1},
                 {0, CHARTER_NO_END, 2}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct charter_judgement got;
        key->from_s = cases[i].from_s;
        key->until_s = cases[i].until_s;
        assert_ok(judge_made(&charter, ALLIANCE "/zhengzhou",
                             head_at(5, "five"), &journals[2], 3, &got));
        assert_int_equal(got.keeper_count, cases[i].count);
    }
    *key = saved;
}

static void without_keepers_nothing_is_sealed(void **state)
{
    (void)state;
    struct charter_node *node = &charter.nodes[2];
    node->quorum = 0;
    node->keeper_count = 0;
    struct charter_judgement got;
    assert_ok(judge_made(&charter, ALLIANCE "/zhengzhou", head_at(5, "five"),
                         &journals[2], 3, &got));
    assert_false(got.sealed);
    node->quorum = 2;
    node->keeper_count = 2;
}

static void others_are_refused_each_in_its_way(void **state)
{
    (void)state;
    struct charter_judgement got;
    struct head head = head_at(5, "five");
    assert_err(judge_made(&charter, "other.example/zhengzhou", head,
                          &journals[2], 0, &got),
               HL_EALLIANCE);
    assert_err(judge_made(&charter, ALLIANCE "x/zhengzhou", head, &journals[2],
                          0, &got),
               HL_EALLIANCE);
    assert_err(
        judge_made(&charter, ALLIANCE "/anyang", head, &journals[2], 0, &got),
        HL_EUNKNOWNNODE);
    assert_err(judge_made(&charter, ALLIANCE "/zhengzhou", head, &journals[1],
                          0, &got),
               HL_ENOKEY);
}

static void an_ended_journal_is_good_up_to_its_end(void **state)
{
    (void)state;
    struct charter_node *node = &charter.nodes[2];
    struct charter_judgement got;
    const char *origin = ALLIANCE "/zhengzhou";
    node->ended = true;
    node->end = head_at(5, "five");
    assert_ok(judge_made(&charter, origin, head_at(4, "four"), &journals[2], 0,
                         &got));
    assert_ok(judge_made(&charter, origin, head_at(5, "five"), &journals[2], 0,
                         &got));
    assert_err(judge_made(&charter, origin, head_at(5, "other"), &journals[2],
                          0, &got),
               HL_EPROOF);
    assert_err(
        judge_made(&charter, origin, head_at(6, "six"), &journals[2], 0, &got),
        HL_EENDED);
    node->ended = false;
}

static void a_replaced_key_signs_no_further(void **state)
{
    (void)state;
    struct charter_node *node = &charter.nodes[2];
    struct signer next;
    struct charter_judgement got;
    const char *origin = ALLIANCE "/zhengzhou";
    make_signer(origin, VKEY_ED25519, &next);
    struct charter_journal_key key = {.succession = CHARTER_REPLACE,
                                      .from = head_at(5, "five"),
                                      .vkey = next.vkey};
    assert_ok(charter_add_journal_key(node, &key, NULL));
    static const struct {
        uint64_t size;
        const char *root;
        hl_err old_key, new_key;
    } cases[] = {{4, "four", HL_OK, HL_ENOKEY},
                 {5, "five", HL_OK, HL_OK},
                 {5, "other", HL_EPROOF, HL_EPROOF},
                 {6, "six", HL_ENOKEY, HL_OK}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct head head = head_at(cases[i].size, cases[i].root);
        assert_err(judge_made(&charter, origin, head, &journals[2], 0, &got),
                   cases[i].old_key);
        assert_err(judge_made(&charter, origin, head, &next, 0, &got),
                   cases[i].new_key);
    }
    node->journal_key_count = 1;
    signer_fini(&next);
}

/* Two checkpoints of one size and different roots. */
static void make_evidence(enum evidence_accused accused,
                          const struct signer *author, struct writer notes[2],
                          struct evidence *out)
{
    *out = (struct evidence){.accused = accused, .at = 5};
    snprintf(out->origin, sizeof(out->origin), "%s", ALLIANCE "/zhengzhou");
    const struct vkey *key =
        accused == EVIDENCE_AUTHOR ? &author->vkey : &mirrors[0].vkey;
    snprintf(out->name, sizeof(out->name), "%s", key->name);
    for (size_t i = 0; i < 2; i++) {
        struct head head = head_at(5, i == 0 ? "five" : "other");
        make_note(out->origin, head, author, 3, &notes[i]);
        out->branches[i].key = *key;
        out->branches[i].root_at = head.root;
        out->branches[i].note = writer_view(&notes[i]);
    }
    assert_ok(evidence_verify(out, &verifier, NULL));
}

static void evidence_is_against_a_members_key(void **state)
{
    (void)state;
    struct signer stranger;
    make_signer(ALLIANCE "/zhengzhou", VKEY_ED25519, &stranger);
    const struct {
        enum evidence_accused accused;
        const struct signer *author;
        hl_err err;
        const char *id;
    } cases[] = {
        {EVIDENCE_AUTHOR, &journals[2], HL_OK, "zhengzhou"},
        {EVIDENCE_AUTHOR, &stranger, HL_ENOKEY, NULL},
        {EVIDENCE_COSIGNER, &journals[2], HL_OK, "jinan"},
        /* No honest keeper has cosigned what the author did not sign. */
        {EVIDENCE_COSIGNER, &stranger, HL_OK, "jinan"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct writer notes[2] = {{0}, {0}};
        struct evidence evidence;
        const struct charter_node *accused = NULL;
        make_evidence(cases[i].accused, cases[i].author, notes, &evidence);
        assert_err(charter_judge_evidence(&charter, &evidence, &accused, NULL),
                   cases[i].err);
        if (cases[i].err == HL_OK) {
            assert_string_equal(accused->id, cases[i].id);
        }
        writer_fini(&notes[0]);
        writer_fini(&notes[1]);
    }
    signer_fini(&stranger);
}

/* One side of a contradiction at size 5, of a tree that went on to `size`
 * entries: without proofs, which evidence_verify() has seen to before. */
struct side {
    uint64_t size;
    const struct signer *author;
};

static hl_err judge_sides(enum evidence_accused accused,
                          const struct signer *by, struct side a, struct side b)
{
    struct writer notes[2] = {{0}, {0}};
    struct side sides[] = {a, b};
    struct evidence evidence = {.accused = accused, .at = 5};
    const struct charter_node *node = NULL;
    snprintf(evidence.origin, sizeof(evidence.origin), "%s",
             ALLIANCE "/zhengzhou");
    snprintf(evidence.name, sizeof(evidence.name), "%s", by->vkey.name);
    for (size_t i = 0; i < 2; i++) {
        make_note(evidence.origin, head_at(sides[i].size, i == 0 ? "x" : "y"),
                  sides[i].author, 1, &notes[i]);
        evidence.branches[i].key =
            accused == EVIDENCE_AUTHOR ? sides[i].author->vkey : by->vkey;
        evidence.branches[i].note = writer_view(&notes[i]);
    }
    hl_err err = charter_judge_evidence(&charter, &evidence, &node, NULL);
    writer_fini(&notes[0]);
    writer_fini(&notes[1]);
    return err;
}

/* After a theft at 100: what the old key signs, whenever, accuses neither the
 * author nor those who kept his journal through the change. */
static void what_a_charter_settled_accuses_nobody(void **state)
{
    (void)state;
    struct charter_node *node = &charter.nodes[2];
    struct signer next;
    make_signer(ALLIANCE "/zhengzhou", VKEY_ED25519, &next);
    struct charter_journal_key key = {.succession = CHARTER_REPLACE,
                                      .from = head_at(100, "hundred"),
                                      .vkey = next.vkey};
    assert_ok(charter_add_journal_key(node, &key, NULL));
    const struct signer *old = &journals[2];
    const struct {
        enum evidence_accused accused;
        struct side a, b;
        hl_err err;
    } cases[] = {
        {EVIDENCE_AUTHOR, {90, old}, {95, old}, HL_ESETTLED},
        {EVIDENCE_AUTHOR, {100, old}, {120, &next}, HL_ESETTLED},
        {EVIDENCE_AUTHOR, {120, old}, {120, old}, HL_ESETTLED},
        {EVIDENCE_AUTHOR, {110, &next}, {120, &next}, HL_OK},
        {EVIDENCE_AUTHOR, {90, &next}, {120, &next}, HL_ENOKEY},
        {EVIDENCE_COSIGNER, {120, old}, {130, &next}, HL_ESETTLED},
        {EVIDENCE_COSIGNER, {95, old}, {130, &next}, HL_ESETTLED},
        /* The thief's line under a note of the new epoch. */
        {EVIDENCE_COSIGNER, {120, old}, {130, old}, HL_ESETTLED},
        {EVIDENCE_COSIGNER, {90, old}, {95, old}, HL_OK},
        /* The author may have signed again what was cosigned before. */
        {EVIDENCE_COSIGNER, {110, &next}, {120, &next}, HL_ESETTLED},
        {EVIDENCE_COSIGNER, {99, old}, {100, old}, HL_ESETTLED},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct signer *by =
            cases[i].accused == EVIDENCE_AUTHOR ? &journals[2] : &mirrors[0];
        assert_err(judge_sides(cases[i].accused, by, cases[i].a, cases[i].b),
                   cases[i].err);
    }
    node->ended = true;
    node->end = head_at(200, "end");
    struct side late[] = {{110, &next}, {120, &next}};
    assert_err(judge_sides(EVIDENCE_AUTHOR, &journals[2], late[0], late[1]),
               HL_ESETTLED);
    node->ended = false;
    node->journal_key_count = 1;
    signer_fini(&next);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_quorum_of_keepers_seals),
        cmocka_unit_test(a_cosignature_counts_in_its_keys_time),
        cmocka_unit_test(without_keepers_nothing_is_sealed),
        cmocka_unit_test(others_are_refused_each_in_its_way),
        cmocka_unit_test(an_ended_journal_is_good_up_to_its_end),
        cmocka_unit_test(a_replaced_key_signs_no_further),
        cmocka_unit_test(evidence_is_against_a_members_key),
        cmocka_unit_test(what_a_charter_settled_accuses_nobody),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
