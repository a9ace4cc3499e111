/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/charter/charter_chain.h"

#include <string.h>

#include "protocol/base/alloc.h"
#include "tests/unit/certs/charter_world.h"

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
    world_follow(&world, &first, 3, LI | WANG, &second);
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
        world_follow(&world, &first, 3, cases[i].mask, &next);
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
    world_follow(&world, &first, 3, LI | WANG, &next);
    world_follow(&world, &first, 4, LI, &other);
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

static void an_ended_node_stays_ended_where_it_is(void **state)
{
    (void)state;
    struct charter draft = {0};
    struct charter ended = {0};
    world_successor(&first, &draft);
    end_luoyang(&draft, 40);
    world_sign(&world, &draft, LI | WANG, &ended);
    assert_ok(charter_check_next(&first, &ended, &verifier, NULL));
    charter_fini(&draft);

    for (int with_key = 0; with_key < 3; with_key++) {
        struct charter back = {0};
        struct hl_detail detail = {0};
        world_successor(&ended, &draft);
        struct charter_node *node = &draft.nodes[1];
        struct charter_journal_key key = {
            .succession = with_key == 2 ? CHARTER_ROTATE : CHARTER_REPLACE,
            .from = node->end,
            .vkey =
                world_key(&world, "zhongyuan.example/luoyang", VKEY_ED25519)};
        node->ended = false;
        if (with_key) {
            assert_ok(charter_add_journal_key(node, &key, NULL));
        }
        world_sign(&world, &draft, LI | WANG, &back);
        assert_err(charter_check_next(&ended, &back, &verifier, &detail),
                   HL_ECHARTER);
        assert_non_null(strstr(detail.text, "does not come back"));
        charter_fini(&draft);
        charter_fini(&back);
    }

    for (uint64_t size = 39; size <= 41; size++) {
        struct charter after = {0};
        world_successor(&ended, &draft);
        draft.nodes[1].end.size = size;
        world_sign(&world, &draft, LI | WANG, &after);
        assert_err(charter_check_next(&ended, &after, &verifier, NULL),
                   size == 40 ? HL_OK : HL_ECHARTER);
        charter_fini(&draft);
        charter_fini(&after);
    }
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

static void no_single_changed_bit_passes(void **state)
{
    (void)state;
    struct charter next = {0};
    world_follow(&world, &first, 3, LI | WANG, &next);
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

/* Node a kept by those of the letters, with that quorum. */
static void keep_by(struct charter *charter, struct charter_node *node,
                    uint64_t version, const char *keepers, size_t quorum)
{
    memset(node, 0, sizeof(*node));
    memcpy(node->id, "a", 2);
    node->quorum = quorum;
    for (size_t i = 0; keepers[i] != '\0'; i++) {
        node->keepers[i][0] = keepers[i];
        node->keeper_count++;
    }
    *charter =
        (struct charter){.version = version, .nodes = node, .node_count = 1};
}

static void keepers_who_stay_are_no_quorum_of_their_own(void **state)
{
    (void)state;
    static const struct {
        const char *before;
        size_t before_quorum;
        const char *after;
        size_t after_quorum;
        hl_err err;
    } cases[] = {
        {"bcd", 2, "bce", 2, HL_OK},
        {"bcd", 2, "bcde", 3, HL_OK},
        {"bcde", 3, "bcd", 2, HL_OK},
        {"bcdef", 3, "bcde", 3, HL_OK},
        {"bcd", 2, "efg", 2, HL_OK},
        {"", 0, "bcd", 2, HL_OK},
        {"bcd", 2, "", 0, HL_OK},
        {"bcd", 3, "bcd", 2, HL_OK},
        {"bcd", 2, "bcd", 3, HL_OK},
        {"b", 1, "bcd", 2, HL_OK},
        {"bcdef", 3, "bcdef", 5, HL_OK},
        {"bcdef", 3, "bcdef", 3, HL_OK},
        /* d, e sealed another history with f. */
        {"bcdef", 3, "bcg", 2, HL_ECHARTER},
        {"bcdef", 3, "bcd", 2, HL_ECHARTER},
        {"bcdefgh", 4, "bcd", 2, HL_ECHARTER},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct charter before, after;
        struct charter_node nodes[2];
        struct hl_detail detail = {0};
        keep_by(&before, &nodes[0], 1, cases[i].before, cases[i].before_quorum);
        keep_by(&after, &nodes[1], 2, cases[i].after, cases[i].after_quorum);
        assert_err(charter_check_change(&before, &after, &detail),
                   cases[i].err);
        assert_true(cases[i].err == HL_OK ||
                    strstr(detail.text, "keepers who lag") != NULL);
    }
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keepers_who_stay_are_no_quorum_of_their_own),
        cmocka_unit_test(the_first_is_pinned_and_signed),
        cmocka_unit_test(signatures_are_those_of_the_version_before),
        cmocka_unit_test(a_known_coordinators_bad_line_spoils_the_charter),
        cmocka_unit_test(each_rule_between_two_charters_is_checked),
        cmocka_unit_test(an_ended_node_stays_ended_where_it_is),
        cmocka_unit_test(a_keys_time_may_be_closed_and_not_reopened),
        cmocka_unit_test(no_single_changed_bit_passes),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
