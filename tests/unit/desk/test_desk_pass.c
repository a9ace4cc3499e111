/* SPDX-License-Identifier: Apache-2.0 */

/* What one look of the desk says; there is no thread, and no writer: entries
 * come to desk_submit() here. */

#include <stdio.h>

#include "node/desk/desk_inside.h"
#include "protocol/entry/entry.h"
#include "tests/support/support.h"
#include "tests/unit/clearing/clearing_world.h"

#define T(text) bytes_of_text(text)
#define L "luoyang"
#define S "shandong"
#define Z "zhengzhou"

static const char *const three[] = {L, S, Z, NULL};

static struct clearing_world world;

static struct {
    unsigned count;
    uint32_t body;
} submitted;

hl_err desk_submit(struct desk *desk, const struct proposal *entry,
                   uint64_t *index, struct hl_detail *detail)
{
    (void)desk;
    (void)detail;
    submitted.count++;
    submitted.body = entry_body_number(entry->body_type);
    *index = 0;
    return HL_EBUSY; /* it is looked at no more */
}

static struct hl_wall wall(void)
{
    return world.of.now;
}

/* All that the cities said is there. */
static hl_err look(struct desk *desk)
{
    world_settle(&world.of.world);
    world_commit(&world.of.world);
    submitted.count = 0;
    hl_err err = desk_pass(desk, NULL);
    world_begin(&world.of.world);
    return err;
}

/* L declares it final by what S approved, and Z never did. */
static void declare_final(void)
{
    struct writer votes = {0};
    struct cycle cycle = clearing_cycle(&world, L);
    struct cycle answer;
    assert_ok(cycles_answer(world.of.world.txn, T(ORDER_ALLIANCE), T(S),
                            &cycle.key, &answer, NULL));
    assert_int_equal(answer.answer, CYCLE_APPROVED);
    struct cycle_vote given = {answer.answer_index, answer.answer_leaf};
    struct cycle_vote lie = {1000000, cycle.leaf};
    cycle_add_vote(&given, &votes);
    cycle_add_vote(&lie, &votes);
    struct cycle_final final = {cycle.key.index, writer_view(&votes)};
    assert_true(order_say(&world.of, L, CYCLE_BODY_FINAL, &final, NULL).counts);
    writer_fini(&votes);
}

/* A person is asked once, and not counted for again; but what was declared
 * final meanwhile asks nobody, and who approved it waits for a no. */
static void
what_a_person_was_asked_of_is_rejected_once_it_is_final(void **state)
{
    (void)state;
    char origin[64];
    clearing_world_init(&world, three);
    snprintf(origin, sizeof(origin), "%s", order_origin(Z));
    struct desk desk = {
        .options = {.store = world.of.world.store, .wall = wall},
        .origin = origin,
        .charter = world.charter,
        .now = {.pay_max_fen = 99, .debtor_max_fen = UINT64_MAX, .hour = -1},
    };
    assert_int_equal(pthread_mutex_init(&desk.mutex, NULL), 0);
    clearing_owe(&world, Z, S, 100);
    clearing_must_propose(&world, L, NULL);
    world.silent[0] = world.silent[2] = true;
    clearing_settle(&world);
    for (int i = 0; i < 2; i++) {
        assert_ok(look(&desk));
        assert_int_equal(submitted.count, 0);
        assert_int_equal(desk.next.count, 1);
        assert_true(desk.next.notes[0].held);
    }
    declare_final();
    assert_err(look(&desk), HL_EBUSY);
    assert_int_equal(submitted.count, 1);
    assert_int_equal(submitted.body, CYCLE_BODY_REJECTION);
    writer_fini(&desk.held);
    pthread_mutex_destroy(&desk.mutex);
    clearing_world_fini(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            what_a_person_was_asked_of_is_rejected_once_it_is_final),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
