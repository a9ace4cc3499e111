/* SPDX-License-Identifier: Apache-2.0 */

/* The rules that one charter alone can break. */

#include <stdio.h>
#include <string.h>

#include "certs/charter/charter.h"
#include "tests/unit/certs/charter_world.h"

static struct world world;
static struct charter model;

static int set_up(void **state)
{
    (void)state;
    world_init(&world, "rules");
    world_charter(&world, &model);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    charter_fini(&model);
    world_fini(&world);
    return 0;
}

typedef void (*spoil_fn)(struct charter *draft);

static void spoil_threshold_half(struct charter *draft)
{
    draft->threshold = 1;
}

static void spoil_threshold_over(struct charter *draft)
{
    draft->threshold = 4;
}

static void spoil_coordinator_twice(struct charter *draft)
{
    draft->coordinators[1] =
        world_key(&world, draft->coordinators[0].name, VKEY_ED25519);
}

static void spoil_coordinator_name(struct charter *draft)
{
    draft->coordinators[0] =
        world_key(&world, "other.example/coordinator/li", VKEY_ED25519);
}

static void spoil_journal_name(struct charter *draft)
{
    draft->nodes[0].journal_keys[0].vkey =
        world_key(&world, "zhongyuan.example/luoyang", VKEY_ED25519);
}

static void spoil_no_journal_key(struct charter *draft)
{
    draft->nodes[0].journal_key_count = 0;
}

static void spoil_journal_starts_late(struct charter *draft)
{
    draft->nodes[0].journal_keys[0].from.size = 3;
    draft->nodes[0].journal_keys[0].from.root = hash_bytes(bytes_of_text("x"));
}

static void spoil_mirror_kind(struct charter *draft)
{
    draft->nodes[0].keys[0].vkey =
        world_key(&world, "zhongyuan.example/jinan/mirror", VKEY_ED25519);
}

static void spoil_keeper_itself(struct charter *draft)
{
    memcpy(draft->nodes[0].keepers[0], "jinan", 6);
}

static void spoil_keeper_unknown(struct charter *draft)
{
    memcpy(draft->nodes[0].keepers[0], "anyang", 7);
}

static void spoil_keeper_ended(struct charter *draft)
{
    draft->nodes[1].ended = true;
    draft->nodes[1].end = head_empty();
}

static void spoil_keeper_without_mirror(struct charter *draft)
{
    struct charter_node *luoyang = &draft->nodes[1];
    for (size_t i = 1; i < luoyang->key_count; i++) {
        luoyang->keys[i - 1] = luoyang->keys[i];
    }
    luoyang->key_count--;
}

static void spoil_quorum_half(struct charter *draft)
{
    draft->nodes[0].quorum = 1;
}

static void spoil_quorum_over(struct charter *draft)
{
    draft->nodes[0].quorum = 3;
}

static void spoil_keepers_twice(struct charter *draft)
{
    memcpy(draft->nodes[0].keepers[1], draft->nodes[0].keepers[0],
           CHARTER_LABEL_BYTES);
}

static void spoil_key_twice(struct charter *draft)
{
    assert_ok(vkey_make(bytes_of_text("zhongyuan.example/luoyang/mirror"),
                        VKEY_COSIGNATURE,
                        draft->nodes[0].journal_keys[0].vkey.public_key,
                        &draft->nodes[1].keys[0].vkey));
}

static struct head point(uint64_t size, const char *seed)
{
    return (struct head){size, hash_bytes(bytes_of_text(seed))};
}

static void add_journal_key(struct charter *draft, size_t node,
                            enum charter_succession succession,
                            struct head from)
{
    char name[CHARTER_DOMAIN_BYTES + CHARTER_LABEL_BYTES];
    snprintf(name, sizeof(name), "%s/%s", draft->alliance,
             draft->nodes[node].id);
    struct charter_journal_key key = {
        .succession = succession,
        .from = from,
        .vkey = world_key(&world, name, VKEY_ED25519)};
    assert_ok(charter_add_journal_key(&draft->nodes[node], &key, NULL));
}

static void spoil_rotation_goes_back(struct charter *draft)
{
    add_journal_key(draft, 0, CHARTER_ROTATE, point(9, "nine"));
    add_journal_key(draft, 0, CHARTER_ROTATE, point(8, "eight"));
}

static void spoil_two_roots(struct charter *draft)
{
    add_journal_key(draft, 0, CHARTER_REPLACE, point(9, "nine"));
    add_journal_key(draft, 0, CHARTER_ROTATE, point(9, "other"));
}

static void spoil_two_roots_at_end(struct charter *draft)
{
    add_journal_key(draft, 0, CHARTER_ROTATE, point(9, "nine"));
    draft->nodes[0].roles[CHARTER_CLEARING].ended = true;
    draft->nodes[0].roles[CHARTER_CLEARING].end = point(9, "other");
}

static void spoil_sm2_name(struct charter *draft)
{
    struct charter_node *node = &draft->nodes[0];
    node->keys[node->key_count - 1].vkey =
        world_key(&world, "zhongyuan.example/luoyang", VKEY_SM2);
}

static void spoil_coordinators_key(struct charter *draft)
{
    assert_ok(vkey_make(bytes_of_text("zhongyuan.example/jinan"), VKEY_ED25519,
                        draft->coordinators[1].public_key,
                        &draft->nodes[0].journal_keys[0].vkey));
}

/* An id is short enough that a key can be made to have another one's. */
static void spoil_same_id(struct charter *draft)
{
    struct charter_node *node = &draft->nodes[0];
    node->keys[node->key_count - 1].vkey.id = node->journal_keys[0].vkey.id;
}

static void end_jinan(struct charter *draft)
{
    draft->nodes[0].ended = true;
    draft->nodes[0].end = head_empty();
    for (size_t i = 1; i < 3; i++) {
        draft->nodes[i].quorum = 0;
        draft->nodes[i].keeper_count = 0;
    }
}

static void spoil_ended_keeps_itself(struct charter *draft)
{
    end_jinan(draft);
    spoil_keeper_itself(draft);
}

static void spoil_ended_keepers_twice(struct charter *draft)
{
    end_jinan(draft);
    spoil_keepers_twice(draft);
}

static void a_replacement_may_annul_rotations(void **state)
{
    (void)state;
    struct charter draft = {0};
    world_successor(&model, &draft);
    add_journal_key(&draft, 0, CHARTER_ROTATE, point(200, "two hundred"));
    add_journal_key(&draft, 0, CHARTER_REPLACE, point(150, "left"));
    assert_ok(charter_validate(&draft, NULL));
    for (uint64_t size = 100; size < 300; size += 50) {
        assert_false(charter_accepts(&draft.nodes[0], 1, size));
    }
    assert_true(charter_accepts(&draft.nodes[0], 2, 150));
    assert_int_equal(charter_epoch(&draft.nodes[0], 0), 0);
    assert_int_equal(charter_epoch(&draft.nodes[0], 1), 0);
    assert_int_equal(charter_epoch(&draft.nodes[0], 2), 1);
    /* At one size it counts where the roots differ. */
    add_journal_key(&draft, 0, CHARTER_ROTATE, point(160, "rotated"));
    add_journal_key(&draft, 0, CHARTER_REPLACE, point(160, "sealed"));
    assert_ok(charter_validate(&draft, NULL));
    assert_false(charter_accepts(&draft.nodes[0], 3, 160));
    assert_true(charter_accepts(&draft.nodes[0], 2, 160));
    assert_true(charter_accepts(&draft.nodes[0], 4, 160));
    charter_fini(&draft);
}

/* What lay before its point was lost with the author's disk. */
static void a_replacement_may_annul_another(void **state)
{
    (void)state;
    struct charter draft = {0};
    world_successor(&model, &draft);
    add_journal_key(&draft, 0, CHARTER_REPLACE, point(202, "lost"));
    add_journal_key(&draft, 0, CHARTER_ROTATE, point(220, "lost, too"));
    add_journal_key(&draft, 0, CHARTER_REPLACE, point(197, "left"));
    assert_ok(charter_validate(&draft, NULL));
    for (uint64_t size = 190; size < 230; size++) {
        assert_int_equal(charter_accepts(&draft.nodes[0], 0, size),
                         size <= 197);
        assert_false(charter_accepts(&draft.nodes[0], 1, size));
        assert_false(charter_accepts(&draft.nodes[0], 2, size));
        assert_int_equal(charter_accepts(&draft.nodes[0], 3, size),
                         size >= 197);
    }
    assert_int_equal(charter_epoch(&draft.nodes[0], 3), 2);
    assert_int_equal(charter_cut_from(&draft.nodes[0]), 197);
    add_journal_key(&draft, 0, CHARTER_ROTATE, point(196, "behind it"));
    assert_err(charter_validate(&draft, NULL), HL_ECHARTER);
    charter_fini(&draft);
}

static void each_rule_of_one_charter_is_checked(void **state)
{
    (void)state;
    static const struct {
        spoil_fn spoil;
        hl_err err;
        const char *says;
    } cases[] = {
        {spoil_threshold_half, HL_ECHARTER, "half"},
        {spoil_threshold_over, HL_ECHARTER, "threshold 4 of 3"},
        {spoil_coordinator_twice, HL_ECHARTER, "twice"},
        {spoil_coordinator_name, HL_ECHARTER, "other.example"},
        {spoil_journal_name, HL_ECHARTER, "named"},
        {spoil_no_journal_key, HL_ECHARTER, "no journal key"},
        {spoil_journal_starts_late, HL_ECHARTER, "'first' at size 0"},
        {spoil_mirror_kind, HL_ECHARTER, "cosignature key"},
        {spoil_keeper_itself, HL_ECHARTER, "itself"},
        {spoil_keeper_unknown, HL_ECHARTER, "not in the charter"},
        {spoil_keeper_ended, HL_ECHARTER, "ended"},
        {spoil_keeper_without_mirror, HL_ECHARTER, "no mirror key"},
        {spoil_quorum_half, HL_ECHARTER, "half"},
        {spoil_quorum_over, HL_ECHARTER, "quorum 3"},
        {spoil_keepers_twice, HL_ECHARTER, "twice"},
        {spoil_key_twice, HL_EKEYREUSE, "same public key"},
        {spoil_coordinators_key, HL_EKEYREUSE, "same public key"},
        {spoil_same_id, HL_EAMBIGUOUS, "two keys are named"},
        {spoil_rotation_goes_back, HL_ECHARTER, "go back"},
        {spoil_two_roots, HL_ECHARTER, "two roots"},
        {spoil_two_roots_at_end, HL_ECHARTER, "two roots"},
        {spoil_sm2_name, HL_ECHARTER, "SM2 key"},
        {spoil_ended_keeps_itself, HL_ECHARTER, "itself"},
        {spoil_ended_keepers_twice, HL_ECHARTER, "twice"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct charter draft = {0};
        struct hl_detail detail = {0};
        world_successor(&model, &draft);
        assert_ok(charter_validate(&draft, NULL));
        cases[i].spoil(&draft);
        assert_err(charter_validate(&draft, &detail), cases[i].err);
        if (strstr(detail.text, cases[i].says) == NULL) {
            fail_msg("'%s' does not say '%s'", detail.text, cases[i].says);
        }
        charter_fini(&draft);
    }
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_of_one_charter_is_checked),
        cmocka_unit_test(a_replacement_may_annul_rotations),
        cmocka_unit_test(a_replacement_may_annul_another),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
