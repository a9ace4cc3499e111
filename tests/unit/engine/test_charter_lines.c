/* SPDX-License-Identifier: Apache-2.0 */

/* Which charter holds does not depend on the order in which charters came, nor
 * on what signatures their first copies had. */

#include <string.h>

#include "tests/unit/engine/world_inside.h"

static void stand_alone(struct engine_world *world, size_t number, bool cut)
{
    for (size_t i = 0; i < world->member_count; i++) {
        if (i != number) {
            world_cut(world, number, i, cut);
        }
    }
}

/* B and A follow one; C follows A, signed by A's coordinator and by the one
 * before. n1 gets a copy of C first that lacks the latter's line. */
static void a_copy_with_fewer_signatures_comes_first(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter a, b, c;
    struct writer ra = {0}, rb = {0}, rc = {0}, stripped = {0};
    struct hl_hash ha, hb, hc;
    world_begin(&world, "stripped");
    struct signer wang =
        world_make_key(&world, ALLIANCE "/coordinator/wang", VKEY_ED25519);
    const struct signer *li[] = {&world.coordinator};
    const struct signer *both[] = {&world.coordinator, &wang};
    world_draft(&world, &a);
    world_draft(&world, &b);
    world_draft(&world, &c);
    a.coordinators[0] = wang.vkey;
    c.coordinators[0] = wang.vkey;
    b.policies[CHARTER_CLEARING_PERIOD_DAYS] = 3;
    c.version = a.version + 1;
    world_sign_by(&a, li, 1, &ra, &ha);
    world_sign_by(&b, li, 1, &rb, &hb);
    c.previous = ha;
    world_sign_by(&c, both, 2, &rc, &hc);
    size_t line = rc.size; /* the last line is wang's, the one before li's */
    struct note note = {0};
    assert_ok(note_parse(writer_view(&rc), &note, NULL));
    note_begin(note.text, &stripped);
    note_add_line(&wang.vkey, note_line_of(&note, &wang.vkey)->payload,
                  &stripped);
    note_fini(&note);
    assert_true(stripped.size < line);
    stand_alone(&world, 1, true);
    const struct writer *to_first[] = {&ra, &rb, &stripped};
    const struct writer *to_second[] = {&ra, &rb, &rc};
    for (size_t i = 0; i < 3; i++) {
        world_give(world_node(&world, 1), to_first[i]);
        world_give(world_node(&world, 2), to_second[i]);
        world_run(&world, 100);
    }
    world_run(&world, 1000);
    assert_true(bytes_equal(engine_charter(world_node(&world, 2)->engine),
                            writer_view(&rc)));
    assert_true(bytes_equal(engine_charter(world_node(&world, 1)->engine),
                            writer_view(&world_node(&world, 1)->charters[0])));
    stand_alone(&world, 1, false);
    world_run(&world, 60000);
    /* Its lines in another order. */
    struct bytes holds = engine_charter(world_node(&world, 1)->engine);
    assert_int_equal(holds.size, rc.size);
    /* And so it is on the disk. */
    world_stop(world_node(&world, 1));
    stand_alone(&world, 1, true);
    world_start(world_node(&world, 1));
    assert_int_equal(engine_charter(world_node(&world, 1)->engine).size,
                     rc.size);
    writer_fini(&ra);
    writer_fini(&rb);
    writer_fini(&rc);
    writer_fini(&stripped);
    signer_fini(&wang);
    world_fini(&world);
}

/* Four charters that follow the first: two lines of two. `change` makes each
 * what it is. */
struct lines {
    struct writer raw[4];
    struct hl_hash hash[4];
};

static void make_lines(struct engine_world *world, struct lines *lines,
                       void (*change)(struct charter *draft, size_t number))
{
    const struct signer *li[] = {&world->coordinator};
    *lines = (struct lines){0};
    for (size_t i = 0; i < 4; i++) {
        struct charter draft;
        world_draft(world, &draft);
        change(&draft, i);
        if (i >= 2) {
            draft.version++;
            draft.previous = lines->hash[i - 2];
        }
        world_sign_by(&draft, li, 1, &lines->raw[i], &lines->hash[i]);
    }
}

static void lines_fini(struct lines *lines)
{
    for (size_t i = 0; i < 4; i++) {
        writer_fini(&lines->raw[i]);
    }
}

static void change_policy(struct charter *draft, size_t number)
{
    draft->policies[CHARTER_CLEARING_PERIOD_DAYS] = 3 + number % 2;
    draft->policies[CHARTER_APPROVAL_DEADLINE_HOURS] = 30 + number;
}

static void part_halves(struct engine_world *world, bool cut)
{
    for (size_t a = 0; a < 2; a++) {
        for (size_t b = 2; b < 4; b++) {
            world_cut(world, a, b, cut);
        }
    }
}

static void two_lines_of_charters_meet(void **state)
{
    (void)state;
    struct engine_world world;
    struct lines lines;
    world_begin(&world, "two lines");
    make_lines(&world, &lines, change_policy);
    part_halves(&world, true);
    for (size_t i = 0; i < 4; i++) {
        world_give(world_node(&world, i % 2 == 0 ? 0 : 2), &lines.raw[i]);
        world_run(&world, 1000);
    }
    part_halves(&world, false);
    world_run(&world, 20000);
    for (size_t i = 0; i < 4; i++) { /* the one before both */
        struct world_node *node = world_node(&world, i);
        assert_true(bytes_equal(engine_charter(node->engine),
                                writer_view(&node->charters[0])));
    }
    lines_fini(&lines);
    world_fini(&world);
}

/* a, c: a line of two, decided; b: a hand-over to wang, who goes on for three.
 */
static void a_longer_line_that_lost_hears_of_the_other(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    enum { A2, C3, B2, B3, B4 };
    struct writer raw[5] = {{0}};
    struct hl_hash hash[5];
    world_begin(&world, "longer line");
    struct signer wang =
        world_make_key(&world, ALLIANCE "/coordinator/wang", VKEY_ED25519);
    for (size_t i = 0; i < 5; i++) {
        const struct signer *by[] = {i >= B3 ? &wang : &world.coordinator};
        world_draft(&world, &draft);
        draft.policies[CHARTER_APPROVAL_DEADLINE_HOURS] = 30 + i;
        if (i >= B2) {
            draft.coordinators[0] = wang.vkey;
        }
        if (i == C3 || i >= B3) {
            draft.version += i == B4 ? 2 : 1;
            draft.previous = hash[i - 1];
        }
        world_sign_by(&draft, by, 1, &raw[i], &hash[i]);
    }
    part_halves(&world, true);
    for (size_t i = 0; i < 5; i++) {
        world_give(world_node(&world, i < B2 ? 0 : 2), &raw[i]);
        world_run(&world, 1000);
    }
    assert_true(bytes_equal(engine_charter(world_node(&world, 1)->engine),
                            writer_view(&raw[C3])));
    assert_true(bytes_equal(engine_charter(world_node(&world, 3)->engine),
                            writer_view(&raw[B4])));
    part_halves(&world, false);
    world_run(&world, 60000);
    part_halves(&world, true); /* and once more from the Hello on */
    world_run(&world, 5000);
    part_halves(&world, false);
    world_run(&world, 60000);
    for (size_t i = 0; i < 4; i++) {
        assert_true(bytes_equal(engine_charter(world_node(&world, i)->engine),
                                writer_view(&raw[C3])));
    }
    for (size_t i = 0; i < 5; i++) {
        writer_fini(&raw[i]);
    }
    signer_fini(&wang);
    world_fini(&world);
}

static void copy_line(const struct note *note, const struct vkey *key,
                      struct writer *out)
{
    note_add_line(key, note_line_of(note, key)->payload, out);
}

/* A peer brings the new charter first, with as many lines as a note may have;
 * then the other coordinator signs as well. */
static void a_copy_full_of_lines_silences_no_keeper(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter draft;
    struct writer full = {0}, both = {0};
    struct hl_hash hash;
    struct note note = {0};
    world_begin(&world, "full of lines");
    struct signer wang =
        world_make_key(&world, ALLIANCE "/coordinator/wang", VKEY_ED25519);
    const struct signer *by[] = {&world.coordinator, &wang};
    world_draft(&world, &draft);
    assert_ok(charter_add_coordinator(&draft, &wang.vkey, NULL));
    draft.threshold = 2;
    world_sign_by(&draft, by, 2, &both, &hash);
    assert_ok(note_parse(writer_view(&both), &note, NULL));
    note_begin(note.text, &full);
    copy_line(&note, &world.coordinator.vkey, &full);
    for (uint32_t i = 1; i < HL_NOTE_SIGNATURES_MAX; i++) {
        struct vkey nobody = wang.vkey;
        nobody.id = i;
        note_add_line(&nobody, note_line_of(&note, &wang.vkey)->payload, &full);
    }
    note_fini(&note);
    struct sync_message message = {.kind = SYNC_CHARTER,
                                   .charter = {.raw = writer_view(&full)}};
    world_say(&world, 3, 1, &message, 100);
    world_run(&world, 2000);
    message.charter.raw = writer_view(&both);
    world_say(&world, 0, 1, &message, 100);
    world_run(&world, 2000);
    world_append(world_node(&world, 0), 2);
    world_run(&world, 120000);
    assert_int_equal(world_view(world_node(&world, 0), 0).sealed.size, 7);
    assert_int_equal(world_kept(world_node(&world, 1)), 7);
    writer_fini(&full);
    writer_fini(&both);
    signer_fini(&wang);
    world_fini(&world);
}

/* As "a copy with fewer signatures comes first", but what is not there is
 * false. */
static void a_copy_with_a_false_signature_comes_first(void **state)
{
    (void)state;
    struct engine_world world;
    struct charter a, b, c;
    struct writer ra = {0}, rb = {0}, rc = {0}, falsified = {0};
    struct hl_hash ha, hb, hc;
    struct note note = {0};
    world_begin(&world, "false line");
    struct signer wang =
        world_make_key(&world, ALLIANCE "/coordinator/wang", VKEY_ED25519);
    const struct signer *li[] = {&world.coordinator};
    const struct signer *both[] = {&world.coordinator, &wang};
    world_draft(&world, &a);
    world_draft(&world, &b);
    world_draft(&world, &c);
    a.coordinators[0] = wang.vkey;
    c.coordinators[0] = wang.vkey;
    b.policies[CHARTER_CLEARING_PERIOD_DAYS] = 3;
    c.version = a.version + 1;
    world_sign_by(&a, li, 1, &ra, &ha);
    world_sign_by(&b, li, 1, &rb, &hb);
    c.previous = ha;
    world_sign_by(&c, both, 2, &rc, &hc);
    assert_ok(note_parse(writer_view(&rc), &note, NULL));
    note_begin(note.text, &falsified);
    note_add_line(&world.coordinator.vkey,
                  note_line_of(&note, &wang.vkey)->payload, &falsified);
    copy_line(&note, &wang.vkey, &falsified);
    note_fini(&note);
    const struct writer *all[] = {&ra, &rb, &falsified, &rc};
    for (size_t i = 0; i < 4; i++) {
        world_give(world_node(&world, 1), all[i]);
        world_run(&world, 100);
    }
    world_run(&world, 30000);
    struct charter holds;
    charter_init(&holds);
    assert_ok(charter_parse(engine_charter(world_node(&world, 1)->engine),
                            &holds, NULL));
    assert_int_equal(holds.version, 3); /* c's, as everywhere */
    charter_fini(&holds);
    writer_fini(&ra);
    writer_fini(&rb);
    writer_fini(&rc);
    writer_fini(&falsified);
    signer_fini(&wang);
    world_fini(&world);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_with_fewer_signatures_comes_first),
        cmocka_unit_test(two_lines_of_charters_meet),
        cmocka_unit_test(a_longer_line_that_lost_hears_of_the_other),
        cmocka_unit_test(a_copy_full_of_lines_silences_no_keeper),
        cmocka_unit_test(a_copy_with_a_false_signature_comes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
