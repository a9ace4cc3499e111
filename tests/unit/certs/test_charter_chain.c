/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/charter/charter_chain.h"

#include <string.h>

#include "protocol/base/alloc.h"
#include "tests/unit/certs/charter_world.h"

enum { LI = 1, WANG = 2, ZHAO = 4, FALSE_LI = 256, FALSE_WANG = 512 };

static struct world world;
static struct verifier verifier;
static struct charter first; /* version 1, signed by li and wang */

static int set_up(void **state)
{
    (void)state;
    struct charter draft = {0};
    world_init(&world, "chain");
    verifier = verifier_openssl();
    world_charter(&world, &draft);
    world_sign(&world, &draft, LI | WANG, &first);
    charter_fini(&draft);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    charter_fini(&first);
    world_fini(&world);
    return 0;
}

/* A successor of `before` with another policy value, so that several differ. */
static void follow(const struct charter *before, uint64_t period_days,
                   unsigned mask, struct charter *out)
{
    struct charter draft = {0};
    world_successor(before, &draft);
    draft.policies[CHARTER_CLEARING_PERIOD_DAYS] = period_days;
    world_sign(&world, &draft, mask, out);
    charter_fini(&draft);
}

static void the_first_is_pinned_and_signed(void **state)
{
    (void)state;
    struct charter lonely = {0};
    struct charter draft = {0};
    struct charter second = {0};
    struct hl_hash other = hash_bytes(bytes_of_text("other"));
    assert_ok(charter_check_first(&first, &first.hash, &verifier, NULL));
    assert_err(charter_check_first(&first, &other, &verifier, NULL), HL_EPIN);
    world_charter(&world, &draft);
    world_sign(&world, &draft, ZHAO, &lonely);
    assert_err(charter_check_first(&lonely, &lonely.hash, &verifier, NULL),
               HL_EQUORUM);
    follow(&first, 3, LI | WANG, &second);
    assert_ok(charter_check_first(&second, &second.hash, &verifier, NULL));
    assert_err(charter_check_first(&second, &first.hash, &verifier, NULL),
               HL_EPIN);
    charter_fini(&draft);
    charter_fini(&lonely);
    charter_fini(&second);
}

static void signatures_are_those_of_the_version_before(void **state)
{
    (void)state;
    static const struct {
        unsigned mask;
        hl_err err;
    } cases[] = {
        {LI | WANG, HL_OK},
        {LI | WANG | ZHAO, HL_OK},
        {WANG | ZHAO, HL_OK},
        {LI, HL_EQUORUM},
        {0, HL_EQUORUM},
        {LI | FALSE_WANG, HL_EQUORUM},
        {FALSE_LI | FALSE_WANG, HL_EQUORUM},
        {LI | WANG | FALSE_LI, HL_OK},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct charter next = {0};
        follow(&first, 3, cases[i].mask, &next);
        assert_err(charter_check_next(&first, &next, &verifier, NULL),
                   cases[i].err);
        charter_fini(&next);
    }
}

static void a_known_coordinators_bad_line_spoils_the_charter(void **state)
{
    (void)state;
    struct charter next = {0};
    struct charter other = {0};
    follow(&first, 3, LI | WANG, &next);
    follow(&first, 4, LI, &other);
    struct writer raw = {0};
    note_begin(next.note.text, &raw);
    for (size_t i = 0; i < 1; i++) {
        /* li's line of another text */
        note_add_line(&world.coordinators[0].vkey,
                      other.note.signatures[0].payload, &raw);
        assert_ok(note_sign(next.note.text, &world.coordinators[1], &raw));
        assert_ok(note_sign(next.note.text, &world.coordinators[2], &raw));
    }
    struct charter spoiled = {0};
    assert_ok(charter_parse(writer_view(&raw), &spoiled, NULL));
    assert_err(charter_check_next(&first, &spoiled, &verifier, NULL),
               HL_ESIGNATURE);
    writer_fini(&raw);
    charter_fini(&spoiled);
    charter_fini(&next);
    charter_fini(&other);
}

typedef void (*change_fn)(struct charter *draft);

static void change_alliance_link(struct charter *draft)
{
    draft->previous = hash_bytes(bytes_of_text("another"));
}

static void change_version(struct charter *draft)
{
    draft->version++;
}

static void change_rename_node(struct charter *draft)
{
    /* zhengzhou is last by id; jinan and luoyang do without it */
    struct charter_node *last = &draft->nodes[--draft->node_count];
    hl_free(last->journal_keys);
    hl_free(last->keys);
    for (size_t i = 0; i < 2; i++) {
        draft->nodes[i].keeper_count = 0;
        draft->nodes[i].quorum = 0;
    }
}

static void change_journal_key(struct charter *draft)
{
    draft->nodes[0].journal_keys[0].vkey =
        world_key(&world, "zhongyuan.example/jinan", VKEY_ED25519);
}

static void change_alliance(struct charter *draft)
{
    /* A charter of another alliance that is sound in itself. */
    static const char other[] = "zhongyuan.exampla";
    memcpy(draft->alliance, other, sizeof(other));
    for (size_t i = 0; i < draft->coordinator_count; i++) {
        char *name = draft->coordinators[i].name;
        memcpy(name, other, sizeof(other) - 1);
        draft->coordinators[i] =
            world_key(&world, name, draft->coordinators[i].kind);
    }
    while (draft->node_count > 0) {
        struct charter_node *last = &draft->nodes[--draft->node_count];
        hl_free(last->journal_keys);
        hl_free(last->keys);
    }
}

static void change_succession(struct charter *draft)
{
    draft->nodes[1].journal_keys[1].succession = CHARTER_ROTATE;
}

static void change_from(struct charter *draft)
{
    draft->nodes[1].journal_keys[1].from.size++;
}

static void change_role_end(struct charter *draft)
{
    draft->nodes[0].roles[CHARTER_CLEARING].end.size++;
}

static void change_x25519(struct charter *draft)
{
    struct charter_node *node = &draft->nodes[0];
    assert_int_equal(node->keys[1].purpose, CHARTER_ENCRYPTION);
    node->keys[1].x25519[0] ^= 1;
}

static void change_drop_key(struct charter *draft)
{
    /* The SM2 key is last, and closed already: it may go. The one before it
     * is not. */
    draft->nodes[0].key_count -= 2;
}

static void change_drop_role(struct charter *draft)
{
    draft->nodes[0].roles[CHARTER_CLEARING].granted = false;
}

/* Version 2: luoyang's key was replaced, jinan's role has ended. */
static void with_a_past(struct charter *out)
{
    struct charter draft = {0};
    world_successor(&first, &draft);
    struct charter_journal_key key = {
        .succession = CHARTER_REPLACE,
        .from = {40, hash_bytes(bytes_of_text("forty"))},
        .vkey = world_key(&world, "zhongyuan.example/luoyang", VKEY_ED25519)};
    assert_ok(charter_add_journal_key(&draft.nodes[1], &key, NULL));
    draft.nodes[0].roles[CHARTER_CLEARING].ended = true;
    draft.nodes[0].roles[CHARTER_CLEARING].end = key.from;
    world_sign(&world, &draft, LI | WANG, out);
    assert_ok(charter_check_next(&first, out, &verifier, NULL));
    charter_fini(&draft);
}

static void each_rule_between_two_charters_is_checked(void **state)
{
    (void)state;
    static const struct {
        change_fn change;
        hl_err err;
        const char *says;
    } cases[] = {
        {change_alliance_link, HL_EPREDECESSOR, "another version 2"},
        {change_version, HL_EVERSIONGAP, "version 3 belongs there"},
        {change_rename_node, HL_ECHARTER, "only ever ended"},
        {change_journal_key, HL_ECHARTER, "journal key"},
        {change_drop_key, HL_ECHARTER, "lost or changed a key"},
        {change_drop_role, HL_ECHARTER, "role"},
        {change_alliance, HL_EALLIANCE, "exampla"},
        {change_succession, HL_ECHARTER, "journal key"},
        {change_from, HL_ECHARTER, "journal key"},
        {change_role_end, HL_ECHARTER, "role"},
        {change_x25519, HL_ECHARTER, "lost or changed a key"},
    };
    struct charter before = {0};
    with_a_past(&before);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct charter draft = {0};
        struct charter next = {0};
        struct hl_detail detail = {0};
        world_successor(&before, &draft);
        cases[i].change(&draft);
        world_sign(&world, &draft, LI | WANG | ZHAO, &next);
        assert_err(charter_check_next(&before, &next, &verifier, &detail),
                   cases[i].err);
        if (strstr(detail.text, cases[i].says) == NULL) {
            fail_msg("'%s' does not say '%s'", detail.text, cases[i].says);
        }
        charter_fini(&draft);
        charter_fini(&next);
    }
    charter_fini(&before);
}

static void end_luoyang(struct charter *draft, uint64_t size)
{
    for (size_t i = 0; i < 3; i += 2) {
        draft->nodes[i].keeper_count = 0;
        draft->nodes[i].quorum = 0;
    }
    draft->nodes[1].ended = true;
    draft->nodes[1].end.size = size;
    draft->nodes[1].end.root = hash_bytes(bytes_of_text("end"));
}

static void an_ended_node_returns_only_at_its_end_under_a_new_key(void **state)
{
    (void)state;
    struct charter draft = {0};
    struct charter ended = {0};
    world_successor(&first, &draft);
    end_luoyang(&draft, 40);
    world_sign(&world, &draft, LI | WANG, &ended);
    assert_ok(charter_check_next(&first, &ended, &verifier, NULL));
    charter_fini(&draft);

    for (uint64_t size = 39; size <= 41; size++) {
        for (int with_key = 0; with_key < 3; with_key++) {
            struct charter back = {0};
            world_successor(&ended, &draft);
            struct charter_node *node = &draft.nodes[1];
            struct charter_journal_key key = {
                .succession = with_key == 2 ? CHARTER_ROTATE : CHARTER_REPLACE,
                .from = {size, node->end.root},
                .vkey = world_key(&world, "zhongyuan.example/luoyang",
                                  VKEY_ED25519)};
            node->ended = false;
            if (with_key) {
                assert_ok(charter_add_journal_key(node, &key, NULL));
            }
            world_sign(&world, &draft, LI | WANG, &back);
            assert_err(charter_check_next(&ended, &back, &verifier, NULL),
                       with_key == 1 && size == 40 ? HL_OK : HL_ECHARTER);
            charter_fini(&draft);
            charter_fini(&back);
        }
    }

    struct charter moved = {0};
    world_successor(&ended, &draft);
    draft.nodes[1].end.size = 41;
    world_sign(&world, &draft, LI | WANG, &moved);
    assert_err(charter_check_next(&ended, &moved, &verifier, NULL),
               HL_ECHARTER);
    charter_fini(&draft);
    charter_fini(&moved);
    charter_fini(&ended);
}

static void a_keys_time_may_be_closed_and_not_reopened(void **state)
{
    (void)state;
    struct charter draft = {0};
    struct charter closed = {0};
    struct charter reopened = {0};
    world_successor(&first, &draft);
    draft.nodes[0].keys[0].until_s = 1790000000;
    world_sign(&world, &draft, LI | WANG, &closed);
    assert_ok(charter_check_next(&first, &closed, &verifier, NULL));
    charter_fini(&draft);
    world_successor(&closed, &draft);
    draft.nodes[0].keys[0].until_s = CHARTER_NO_END;
    world_sign(&world, &draft, LI | WANG, &reopened);
    assert_err(charter_check_next(&closed, &reopened, &verifier, NULL),
               HL_ECHARTER);
    charter_fini(&draft);
    charter_fini(&closed);
    charter_fini(&reopened);
}

static hl_err resolve(const struct charter *const *items, size_t count,
                      const struct hl_hash *pin,
                      struct charter_standing *standing)
{
    struct charter_set set = {items, count, pin, &verifier};
    return charter_resolve(&set, standing, NULL);
}

static hl_err verify_all(const struct charter *const *items, size_t count,
                         struct charter_standing *standing, size_t *culprit)
{
    struct charter_set set = {items, count, &first.hash, &verifier};
    return charter_verify_all(&set, standing, culprit, NULL);
}

/* Runs charter_resolve() over every rotation of the set and its reverse, and
 * expects one answer. */
static void expect_standing(const struct charter *const *set, size_t count,
                            const struct charter *holds, bool contested)
{
    const struct charter *turned[8];
    assert_true(count <= 8);
    for (size_t turn = 0; turn < 2 * count; turn++) {
        for (size_t i = 0; i < count; i++) {
            size_t from = (i + turn) % count;
            turned[i] = set[turn < count ? from : count - 1 - from];
        }
        struct charter_standing standing;
        assert_ok(resolve(turned, count, &first.hash, &standing));
        assert_int_equal(standing.holds->version, holds->version);
        assert_true(hash_equal(&standing.holds->hash, &holds->hash));
        assert_int_equal(standing.rivals[0] != NULL, contested);
        assert_int_equal(standing.rivals[1] != NULL, contested);
    }
}

static void the_end_of_the_chain_holds(void **state)
{
    (void)state;
    struct charter second = {0}, third = {0}, unsigned_one = {0};
    follow(&first, 3, LI | WANG, &second);
    follow(&second, 4, WANG | ZHAO, &third);
    follow(&third, 5, LI, &unsigned_one);
    const struct charter *set[] = {&first, &second, &third, &unsigned_one};
    expect_standing(set, 1, &first, false);
    expect_standing(set, 2, &second, false);
    expect_standing(set, 4, &third, false);
    const struct charter *gap[] = {&first, &third};
    expect_standing(gap, 2, &first, false);
    struct charter_standing standing;
    size_t culprit = 9;
    assert_err(verify_all(gap, 2, &standing, &culprit), HL_EVERSIONGAP);
    assert_int_equal(culprit, 1);
    assert_err(verify_all(set, 4, &standing, &culprit), HL_EQUORUM);
    assert_int_equal(culprit, 3);
    assert_ok(verify_all(set, 3, &standing, &culprit));
    assert_int_equal(standing.holds->version, 3);
    struct hl_hash other = hash_bytes(bytes_of_text("other"));
    assert_err(resolve(set, 3, &other, &standing), HL_EPIN);
    charter_fini(&second);
    charter_fini(&third);
    charter_fini(&unsigned_one);
}

static void of_two_successors_neither_holds_until_one_is_followed(void **state)
{
    (void)state;
    struct charter a = {0}, b = {0}, c = {0}, d = {0};
    follow(&first, 3, LI | WANG, &a);
    follow(&first, 4, WANG | ZHAO, &b);
    follow(&a, 3, LI | ZHAO, &c);
    const struct charter *set[] = {&first, &a, &b, &c, &d};
    expect_standing(set, 3, &first, true);
    struct charter_standing standing = {0};
    size_t culprit = 0;
    assert_err(verify_all(set, 3, &standing, &culprit), HL_ESUCCESSORS);
    assert_ptr_equal(standing.holds, &first);
    expect_standing(set, 4, &c, false);
    assert_ok(verify_all(set, 4, &standing, &culprit));
    /* And if both are followed, neither holds again. */
    follow(&b, 4, LI | ZHAO, &d);
    expect_standing(set, 5, &first, true);
    charter_fini(&a);
    charter_fini(&b);
    charter_fini(&c);
    charter_fini(&d);
}

static void expect_holds(const struct charter *const *items, size_t count,
                         const struct charter *pinned,
                         const struct charter *holds)
{
    struct charter_standing standing;
    assert_ok(resolve(items, count, &pinned->hash, &standing));
    assert_true(hash_equal(&standing.holds->hash, &holds->hash));
    assert_null(standing.rivals[0]);
    size_t culprit = 0;
    struct charter_set set = {items, count, &pinned->hash, &verifier};
    assert_ok(charter_verify_all(&set, &standing, &culprit, NULL));
}

/* Who has both sides followed leaves a contest that no charter can end; a pin
 * on what the coordinators agreed on does. */
static void a_later_pin_leaves_a_contest_behind(void **state)
{
    (void)state;
    struct charter a = {0}, b = {0}, c = {0}, d = {0}, e = {0};
    follow(&first, 3, LI | WANG, &a);
    follow(&first, 4, WANG | ZHAO, &b);
    follow(&a, 5, LI | WANG, &c);
    follow(&b, 6, WANG | ZHAO, &d);
    follow(&c, 7, LI | WANG | ZHAO, &e);
    const struct charter *set[] = {&first, &a, &b, &c, &d, &e};
    expect_standing(set, 6, &first, true);
    expect_holds(set, 6, &c, &e);
    charter_fini(&a);
    charter_fini(&b);
    charter_fini(&c);
    charter_fini(&d);
    charter_fini(&e);
}

/* Coordinators who handed over could sign a rival of an old version, and a
 * version that follows it; behind the pin they are not heard. */
static void coordinators_who_left_decide_nothing_behind_the_pin(void **state)
{
    (void)state;
    struct charter draft = {0}, handed = {0}, later = {0};
    struct charter rival = {0}, heir = {0};
    world_successor(&first, &draft);
    for (size_t i = 0; i < WORLD_COORDINATORS; i++) {
        draft.coordinators[i] = world.strangers[i].vkey;
    }
    world_sign(&world, &draft, LI | WANG, &handed);
    charter_fini(&draft);
    follow(&handed, 2, FALSE_LI | FALSE_WANG, &later);
    follow(&first, 8, LI | WANG, &rival);
    follow(&rival, 9, LI | WANG, &heir);
    const struct charter *set[] = {&first, &handed, &later, &rival, &heir};
    expect_standing(set, 5, &heir, false);
    expect_holds(set, 3, &handed, &later);
    struct charter_standing standing;
    assert_ok(resolve(set, 5, &handed.hash, &standing));
    assert_true(hash_equal(&standing.holds->hash, &later.hash));
    charter_fini(&handed);
    charter_fini(&later);
    charter_fini(&rival);
    charter_fini(&heir);
}

static void two_copies_of_one_text_are_one_charter(void **state)
{
    (void)state;
    struct charter a = {0}, again = {0};
    follow(&first, 3, LI | WANG, &a);
    follow(&first, 3, WANG | ZHAO, &again);
    assert_true(hash_equal(&a.hash, &again.hash));
    const struct charter *set[] = {&first, &a, &again};
    expect_standing(set, 3, &a, false);
    charter_fini(&a);
    charter_fini(&again);
}

/* A version that names coordinators of its own cannot, by their signatures,
 * decide that it is the one to follow. */
static void new_coordinators_cannot_decide_for_themselves(void **state)
{
    (void)state;
    struct charter draft = {0}, ours = {0}, theirs = {0}, decided = {0};
    follow(&first, 3, LI | WANG, &ours);
    world_successor(&first, &draft);
    for (size_t i = 0; i < WORLD_COORDINATORS; i++) {
        draft.coordinators[i] = world.strangers[i].vkey;
    }
    world_sign(&world, &draft, LI | WANG, &theirs);
    charter_fini(&draft);
    follow(&theirs, 9, FALSE_LI | FALSE_WANG, &decided);
    assert_ok(charter_check_next(&theirs, &decided, &verifier, NULL));
    const struct charter *set[] = {&first, &ours, &theirs, &decided};
    expect_standing(set, 4, &first, true);
    const struct charter *alone[] = {&first, &theirs, &decided};
    expect_standing(alone, 3, &decided, false);
    charter_fini(&ours);
    charter_fini(&theirs);
    charter_fini(&decided);
}

static void no_single_changed_bit_passes(void **state)
{
    (void)state;
    struct charter next = {0};
    follow(&first, 3, LI | WANG, &next);
    struct writer raw = {0};
    note_begin(next.note.text, &raw);
    assert_ok(note_sign(next.note.text, &world.coordinators[0], &raw));
    assert_ok(note_sign(next.note.text, &world.coordinators[1], &raw));
    struct rng rng = test_rng(__func__);
    for (size_t i = 0; i < 3000; i++) {
        size_t at = (size_t)rng_below(&rng, raw.size);
        uint8_t bit = (uint8_t)(1u << rng_below(&rng, 8));
        raw.data[at] ^= bit;
        struct charter changed = {0};
        if (charter_parse(writer_view(&raw), &changed, NULL) == HL_OK) {
            assert_int_not_equal(
                charter_check_next(&first, &changed, &verifier, NULL), HL_OK);
        }
        charter_fini(&changed);
        raw.data[at] ^= bit;
    }
    writer_fini(&raw);
    charter_fini(&next);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_is_pinned_and_signed),
        cmocka_unit_test(signatures_are_those_of_the_version_before),
        cmocka_unit_test(a_known_coordinators_bad_line_spoils_the_charter),
        cmocka_unit_test(each_rule_between_two_charters_is_checked),
        cmocka_unit_test(an_ended_node_returns_only_at_its_end_under_a_new_key),
        cmocka_unit_test(a_keys_time_may_be_closed_and_not_reopened),
        cmocka_unit_test(the_end_of_the_chain_holds),
        cmocka_unit_test(of_two_successors_neither_holds_until_one_is_followed),
        cmocka_unit_test(a_later_pin_leaves_a_contest_behind),
        cmocka_unit_test(coordinators_who_left_decide_nothing_behind_the_pin),
        cmocka_unit_test(two_copies_of_one_text_are_one_charter),
        cmocka_unit_test(new_coordinators_cannot_decide_for_themselves),
        cmocka_unit_test(no_single_changed_bit_passes),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
