/* SPDX-License-Identifier: Apache-2.0 */

/* Somebody who works in the writer's thread and transactions. */

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "node/writer/writer_thread.h"
#include "tests/support/support.h"
#include "tests/unit/writer/writer_world.h"

enum { CLOCK_JUMP_MS = 3600000 };

/* Stands still unless a test sets it. */
static atomic_llong wall_ms;

struct guest {
    atomic_int work; /* operations that wait */
    atomic_int applied, failed, ended;
    _Atomic hl_err apply_err, turn_err, may_write;
    atomic_int broken; /* the writer said so */
    atomic_bool clock_is_right;
};

/* --- What it does. ------------------------------------------------------- */

static hl_err turn(void *context, struct hl_detail *detail)
{
    struct guest *guest = context;
    hl_err err = atomic_load(&guest->turn_err);
    return err == HL_OK ? HL_OK : hl_fail(detail, err, "no mark");
}

static int64_t next_ms(void *context)
{
    (void)context;
    return 1000;
}

static bool waits(void *context)
{
    return atomic_load(&((struct guest *)context)->work) > 0;
}

static hl_err apply(void *context, struct store_txn *txn,
                    struct projection *projection, struct hl_detail *detail)
{
    struct guest *guest = context;
    (void)txn, (void)projection;
    hl_err err = atomic_load(&guest->apply_err);
    return err == HL_OK ? HL_OK : hl_fail(detail, err, "damaged there");
}

static void committed(void *context, hl_err err)
{
    struct guest *guest = context;
    if (err == HL_OK) {
        atomic_fetch_add(&guest->applied, 1);
        atomic_store(&guest->work, 0);
    } else {
        atomic_fetch_add(&guest->failed, 1);
    }
}

static void advanced(void *context, const struct head *head, struct bytes note,
                     bool urgent)
{
    (void)context, (void)head, (void)note, (void)urgent;
}

static hl_err may_write(void *context, struct hl_wall now,
                        struct hl_detail *why)
{
    struct guest *guest = context;
    (void)now;
    hl_err err = atomic_load(&guest->may_write);
    return err == HL_OK ? HL_OK : hl_fail(why, err, "not now");
}

static hl_err renew(void *context, struct author *author, struct author **out,
                    struct hl_detail *detail)
{
    (void)context, (void)author, (void)out, (void)detail;
    return HL_OK;
}

static void ended(void *context)
{
    atomic_fetch_add(&((struct guest *)context)->ended, 1);
}

static bool clock_is_right(void *context, const struct clock_reading *now,
                           int64_t within_ms)
{
    struct guest *guest = context;
    assert_true(now->wall.ms != 0 && within_ms == CLOCK_JUMP_MS);
    return atomic_load(&guest->clock_is_right);
}

/* --- The scene. ---------------------------------------------------------- */

static struct clock_reading read_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (struct clock_reading){.mono.ns = (int64_t)now.tv_sec * 1000000000 +
                                             now.tv_nsec,
                                  .wall.ms = atomic_load(&wall_ms)};
}

static void count_commit(void *context)
{
    (void)context;
}

static void count_failure(void *context)
{
    atomic_fetch_add(&((struct guest *)context)->broken, 1);
}

struct scene {
    struct world world;
    struct guest guest;
    struct writer_thread *writer;
};

static void scene_init(struct scene *scene)
{
    *scene = (struct scene){.writer = NULL};
    atomic_store(&wall_ms, 1795262400000);
    world_init(&scene->world);
    world_open(&scene->world);
    struct writer_guest guest = {.context = &scene->guest,
                                 .turn = turn,
                                 .next_ms = next_ms,
                                 .waits = waits,
                                 .apply = apply,
                                 .committed = committed,
                                 .advanced = advanced,
                                 .may_write = may_write,
                                 .clock_is_right = clock_is_right,
                                 .renew = renew,
                                 .ended = ended};
    struct writer_options options = {
        .author = scene->world.author,
        .refusal = scene->world.refusal,
        .why = &scene->world.why,
        .limits = {.queue_commands = 10,
                   .commit_entries = 50,
                   .commit_ms = 1000},
        .clock = read_clock,
        .clock_jump_ms = CLOCK_JUMP_MS,
        .guest = &guest,
        .context = &scene->guest,
        .committed = count_commit,
        .failed = count_failure,
    };
    writer_start(&options, &scene->writer);
}

static void scene_fini(struct scene *scene)
{
    writer_stop(&scene->writer, false);
    world_fini(&scene->world);
}

static void pause_a_little(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* Waits until it is so; fails after long. */
#define until(condition)                                                       \
    do {                                                                       \
        int tries_ = 0;                                                        \
        while (!(condition)) {                                                 \
            assert_true(tries_++ < 20000);                                     \
            pause_a_little();                                                  \
        }                                                                      \
    } while (0)

static void give_work(struct scene *scene)
{
    atomic_store(&scene->guest.work, 1);
    writer_wake(scene->writer);
}

/* --- Tests. -------------------------------------------------------------- */

static void its_work_and_commands_share_transactions(void **state)
{
    (void)state;
    struct scene scene;
    struct put put;
    scene_init(&scene);
    put_init(&put, 1, "unit");
    give_work(&scene);
    assert_ok(writer_submit(scene.writer, &put.command, 1, NULL));
    until(atomic_load(&put.answers) == 1 &&
          atomic_load(&scene.guest.applied) == 1);
    assert_err(put.err, HL_OK);
    scene_fini(&scene);
    assert_int_equal(scene.guest.ended, 1);
    put_fini(&put);
}

/* A damaged journal of a partner's: nothing of ours fails for it. */
static void what_it_cannot_do_fails_no_command(void **state)
{
    (void)state;
    struct scene scene;
    struct put put;
    scene_init(&scene);
    atomic_store(&scene.guest.apply_err, HL_EDAMAGED);
    put_init(&put, 1, "unit");
    give_work(&scene);
    assert_ok(writer_submit(scene.writer, &put.command, 1, NULL));
    until(atomic_load(&put.answers) == 1 &&
          atomic_load(&scene.guest.failed) >= 1);
    assert_err(put.err, HL_OK);
    struct writer_state told;
    writer_state(scene.writer, &told);
    assert_err(told.refusal, HL_OK);
    /* And it goes on when that has passed. */
    atomic_store(&scene.guest.apply_err, HL_OK);
    until(atomic_load(&scene.guest.applied) == 1);
    scene_fini(&scene);
    put_fini(&put);
}

static void what_must_be_on_the_disk_and_is_not_ends_writing(void **state)
{
    (void)state;
    struct scene scene;
    struct put put;
    scene_init(&scene);
    put_init(&put, 1, "unit");
    atomic_store(&scene.guest.turn_err, HL_EFLUSH);
    writer_wake(scene.writer);
    until(atomic_load(&scene.guest.broken) == 1);
    assert_err(writer_submit(scene.writer, &put.command, 1, NULL), HL_EFLUSH);
    scene_fini(&scene);
    assert_int_equal(scene.guest.ended, 1);
    put_fini(&put);
}

static void it_says_whether_the_journal_may_grow(void **state)
{
    (void)state;
    struct scene scene;
    struct put first, second;
    scene_init(&scene);
    atomic_store(&scene.guest.may_write, HL_EMARK);
    put_init(&first, 1, "unit");
    put_init(&second, 2, "unit");
    hl_err err = writer_submit(scene.writer, &first.command, 1, NULL);
    if (err == HL_OK) {
        until(atomic_load(&first.answers) == 1);
        err = first.err;
    }
    assert_err(err, HL_EMARK);
    give_work(&scene); /* which goes on meanwhile */
    until(atomic_load(&scene.guest.applied) == 1);
    atomic_store(&scene.guest.may_write, HL_OK);
    assert_ok(writer_submit(scene.writer, &second.command, 1, NULL));
    until(atomic_load(&second.answers) == 1);
    assert_err(second.err, HL_OK);
    scene_fini(&scene);
    put_fini(&first);
    put_fini(&second);
}

/* Asked where the wall clock went another way than the monotonic one. */
static void it_says_whether_a_clock_that_was_set_is_right(void **state)
{
    (void)state;
    struct scene scene;
    struct put first, second, third;
    scene_init(&scene);
    put_init(&first, 1, "unit");
    put_init(&second, 2, "unit");
    put_init(&third, 3, "unit");
    atomic_fetch_sub(&wall_ms, 8 * CLOCK_JUMP_MS);
    assert_ok(writer_submit(scene.writer, &first.command, 1, NULL));
    until(atomic_load(&first.answers) == 1);
    assert_err(first.err, HL_ECLOCK);
    atomic_store(&scene.guest.clock_is_right, true);
    assert_ok(writer_submit(scene.writer, &second.command, 1, NULL));
    until(atomic_load(&second.answers) == 1);
    assert_err(second.err, HL_OK);
    /* From there on it goes by the monotonic one again. */
    atomic_store(&scene.guest.clock_is_right, false);
    assert_ok(writer_submit(scene.writer, &third.command, 1, NULL));
    until(atomic_load(&third.answers) == 1);
    assert_err(third.err, HL_OK);
    scene_fini(&scene);
    put_fini(&first);
    put_fini(&second);
    put_fini(&third);
}

/* What partners sent comes again: a stop does not wait for it. */
static void a_stop_waits_for_commands_and_not_for_it(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    atomic_store(&scene.guest.apply_err, HL_EFULL); /* never done */
    give_work(&scene);
    until(atomic_load(&scene.guest.failed) >= 1);
    scene_fini(&scene);
    assert_int_equal(scene.guest.ended, 1);
    assert_int_equal(scene.guest.applied, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_work_and_commands_share_transactions),
        cmocka_unit_test(what_it_cannot_do_fails_no_command),
        cmocka_unit_test(what_must_be_on_the_disk_and_is_not_ends_writing),
        cmocka_unit_test(it_says_whether_the_journal_may_grow),
        cmocka_unit_test(it_says_whether_a_clock_that_was_set_is_right),
        cmocka_unit_test(a_stop_waits_for_commands_and_not_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
