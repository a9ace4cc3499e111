/* SPDX-License-Identifier: Apache-2.0 */
#include "node/writer/writer_thread.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "tests/support/support.h"
#include "tests/unit/writer/writer_world.h"

/* The clock stands still unless a test moves it. */
static _Atomic int64_t wall_ms = 1795262400000;

static struct clock_reading read_clock(void)
{
    return (struct clock_reading){.mono.ns = 1,
                                  .wall.ms = atomic_load(&wall_ms)};
}

struct scene {
    struct world world;
    struct writer_thread *writer;
    atomic_int committed, failed;
};

static void count_commit(void *context)
{
    atomic_fetch_add(&((struct scene *)context)->committed, 1);
}

static void count_failure(void *context)
{
    atomic_fetch_add(&((struct scene *)context)->failed, 1);
}

static void start(struct scene *scene, uint32_t queue)
{
    struct writer_options options = {
        .author = scene->world.author,
        .refusal = scene->world.refusal,
        .why = &scene->world.why,
        .limits = {.queue_commands = queue,
                   .commit_entries = 50,
                   .commit_ms = 1000},
        .clock = read_clock,
        .clock_jump_ms = 1000,
        .context = scene,
        .committed = count_commit,
        .failed = count_failure,
    };
    writer_start(&options, &scene->writer);
}

static void scene_init(struct scene *scene, uint32_t queue)
{
    *scene = (struct scene){.writer = NULL};
    atomic_store(&wall_ms, 1795262400000);
    world_init(&scene->world);
    world_open(&scene->world);
    start(scene, queue);
}

static void scene_fini(struct scene *scene)
{
    writer_stop(&scene->writer, false);
    world_fini(&scene->world);
}

static void chain(struct put *puts, size_t count)
{
    for (size_t i = 0; i + 1 < count; i++) {
        puts[i].command.next = &puts[i + 1].command;
    }
    puts[count - 1].command.next = NULL;
}

static void every_command_is_answered_once_and_commits_are_shared(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    struct scene scene;
    scene_init(&scene, COUNT);
    static struct put puts[COUNT];
    for (unsigned i = 0; i < COUNT; i++) {
        put_init(&puts[i], i, "unit");
    }
    chain(puts, COUNT);
    assert_ok(writer_submit(scene.writer, &puts[0].command, COUNT, NULL));
    writer_stop(&scene.writer, false);
    for (unsigned i = 0; i < COUNT; i++) {
        assert_int_equal(puts[i].answers, 1);
        assert_err(puts[i].err, HL_OK);
        assert_int_equal(puts[i].answer.index, i);
        assert_true(puts[i].checkpoint.size > 0);
        put_fini(&puts[i]);
    }
    assert_int_equal(atomic_load(&scene.committed), COUNT / 50);
    scene_fini(&scene);
}

static void a_full_queue_takes_all_of_a_batch_or_nothing(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, 4);
    struct put puts[5];
    struct hl_detail detail;
    for (unsigned i = 0; i < 5; i++) {
        put_init(&puts[i], i, "unit");
    }
    chain(puts, 5);
    assert_err(writer_submit(scene.writer, &puts[0].command, 5, &detail),
               HL_EBUSY);
    chain(puts, 4);
    assert_ok(writer_submit(scene.writer, &puts[0].command, 4, NULL));
    writer_stop(&scene.writer, false);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(puts[i].answers, 1);
        put_fini(&puts[i]);
    }
    assert_int_equal(puts[4].answers, 0);
    scene_fini(&scene);
}

/* A command that meets damage, and holds the writer before and after. */
struct culprit {
    struct write_command command; /* first */
    atomic_bool running, go_on, answering, done;
};

static hl_err run_culprit(struct write_command *command,
                          struct write_context *context,
                          struct hl_detail *detail)
{
    struct culprit *culprit = (struct culprit *)command;
    (void)context;
    atomic_store(&culprit->running, true);
    while (!atomic_load(&culprit->go_on)) {
    }
    return hl_fail(detail, HL_EDAMAGED, "damaged");
}

static void answer_culprit(struct write_command *command,
                           const struct write_answer *answer)
{
    struct culprit *culprit = (struct culprit *)command;
    assert_err(answer->err, HL_EDAMAGED);
    atomic_store(&culprit->answering, true);
    while (!atomic_load(&culprit->done)) {
    }
}

static void what_is_given_back_to_a_full_queue_keeps_it_full(void **state)
{
    (void)state;
    static const struct write_type type = {
        .name = "culprit", .run = run_culprit, .answer = answer_culprit};
    struct scene scene;
    scene_init(&scene, 4);
    struct put puts[8];
    struct culprit culprit = {.command = {.type = &type}};
    struct hl_detail detail;
    for (unsigned i = 0; i < 8; i++) {
        put_init(&puts[i], i, "unit");
    }
    chain(puts, 3);
    puts[2].command.next = &culprit.command;
    memset(culprit.command.id.id, 0xff, sizeof(culprit.command.id.id));
    assert_ok(writer_submit(scene.writer, &puts[0].command, 4, NULL));
    while (!atomic_load(&culprit.running)) {
    }
    chain(puts + 3, 4);
    assert_ok(writer_submit(scene.writer, &puts[3].command, 4, NULL));
    atomic_store(&culprit.go_on, true);
    while (!atomic_load(&culprit.answering)) {
    }
    assert_err(writer_submit(scene.writer, &puts[7].command, 1, &detail),
               HL_EBUSY);
    atomic_store(&culprit.done, true);
    writer_stop(&scene.writer, false);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(puts[i].answers, i < 7);
        assert_err(puts[i].err, HL_OK);
        put_fini(&puts[i]);
    }
    scene_fini(&scene);
}

static void who_can_wait_comes_in_first_when_a_full_queue_has_room(void **state)
{
    (void)state;
    static const struct write_type type = {
        .name = "culprit", .run = run_culprit, .answer = answer_culprit};
    struct scene scene;
    scene_init(&scene, 4);
    struct put puts[12];
    struct culprit culprit = {.command = {.type = &type}};
    for (unsigned i = 0; i < 12; i++) {
        put_init(&puts[i], i, "unit");
    }
    memset(culprit.command.id.id, 0xff, sizeof(culprit.command.id.id));
    assert_ok(writer_submit(scene.writer, &culprit.command, 1, NULL));
    while (!atomic_load(&culprit.running)) {
    }
    chain(puts, 4);
    assert_ok(writer_submit(scene.writer, &puts[0].command, 4, NULL));
    /* Two rounds, one larger than the queue: neither fails, nor counts. */
    struct writer_round rounds[2] = {{&puts[4].command, 5, NULL},
                                     {&puts[9].command, 2, NULL}};
    struct writer_state now;
    chain(puts + 4, 5);
    chain(puts + 9, 2);
    assert_ok(writer_submit_round(scene.writer, &rounds[0], NULL));
    assert_ok(writer_submit_round(scene.writer, &rounds[1], NULL));
    writer_state(scene.writer, &now);
    assert_int_equal(now.waiting, 4);
    assert_err(writer_submit(scene.writer, &puts[11].command, 1, NULL),
               HL_EBUSY);
    atomic_store(&culprit.go_on, true);
    atomic_store(&culprit.done, true);
    writer_stop(&scene.writer, false);
    for (unsigned i = 0; i < 12; i++) {
        assert_int_equal(puts[i].answers, i < 11);
        assert_err(puts[i].err, HL_OK);
        assert_int_equal(puts[i].answer.index, i < 11 ? i : 0);
        put_fini(&puts[i]);
    }
    scene_fini(&scene);
}

static void *drop_all(void *context)
{
    struct scene *scene = context;
    writer_stop(&scene->writer, true);
    return NULL;
}

static void who_waits_outside_is_answered_when_the_writer_ends(void **state)
{
    (void)state;
    static const struct write_type type = {
        .name = "culprit", .run = run_culprit, .answer = answer_culprit};
    struct scene scene;
    scene_init(&scene, 1);
    struct put puts[3];
    struct culprit culprit = {.command = {.type = &type}};
    for (unsigned i = 0; i < 3; i++) {
        put_init(&puts[i], i, "unit");
    }
    memset(culprit.command.id.id, 0xff, sizeof(culprit.command.id.id));
    atomic_store(&culprit.done, true);
    assert_ok(writer_submit(scene.writer, &culprit.command, 1, NULL));
    while (!atomic_load(&culprit.running)) {
    }
    assert_ok(writer_submit(scene.writer, &puts[0].command, 1, NULL));
    struct writer_round round = {&puts[1].command, 2, NULL};
    chain(puts + 1, 2);
    assert_ok(writer_submit_round(scene.writer, &round, NULL));
    struct put late;
    put_init(&late, 9, "unit");
    pthread_t stopper;
    struct writer_thread *ending = scene.writer;
    assert_int_equal(pthread_create(&stopper, NULL, drop_all, &scene), 0);
    while (writer_submit(ending, &late.command, 1, NULL) != HL_ESTOPPING) {
    }
    atomic_store(&culprit.go_on, true);
    pthread_join(stopper, NULL);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(puts[i].answers, 1);
        assert_err(puts[i].err, HL_ESTOPPING);
        put_fini(&puts[i]);
    }
    put_fini(&late);
    scene_fini(&scene);
}

/* A store without room in the middle of a transaction. */
static hl_err run_out_of_room(struct write_command *command,
                              struct write_context *context,
                              struct hl_detail *detail)
{
    (void)command;
    (void)context;
    return hl_fail(detail, HL_EFULL, "no room");
}

static void answer_out_of_room(struct write_command *command,
                               const struct write_answer *answer)
{
    (void)command;
    assert_err(answer->err, HL_EFULL);
}

static void a_store_that_fills_up_in_the_middle_shows_it(void **state)
{
    (void)state;
    static const struct write_type type = {
        .name = "large", .run = run_out_of_room, .answer = answer_out_of_room};
    struct scene scene;
    scene_init(&scene, 4);
    struct put puts[3];
    struct write_command large = {.type = &type};
    struct writer_state shown = {0};
    for (unsigned i = 0; i < 3; i++) {
        put_init(&puts[i], i, "unit");
    }
    chain(puts, 3);
    puts[2].command.next = &large;
    memset(large.id.id, 0xff, sizeof(large.id.id));
    assert_ok(writer_submit(scene.writer, &puts[0].command, 4, NULL));
    while (shown.refusal == HL_OK) {
        writer_state(scene.writer, &shown);
    }
    assert_err(shown.refusal, HL_EFULL);
    writer_stop(&scene.writer, false);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(puts[i].answers, 1);
        put_fini(&puts[i]);
    }
    scene_fini(&scene);
}

static void a_failed_flush_answers_all_and_ends_writing(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, 100);
    scene.world.mark_fails = true;
    struct put puts[3];
    for (unsigned i = 0; i < 3; i++) {
        put_init(&puts[i], i, "unit");
    }
    chain(puts, 3);
    assert_ok(writer_submit(scene.writer, &puts[0].command, 3, NULL));
    writer_stop(&scene.writer, false);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(puts[i].answers, 1);
        assert_err(puts[i].err, HL_EFLUSH);
        put_fini(&puts[i]);
    }
    assert_int_equal(atomic_load(&scene.failed), 1);
    assert_int_equal(atomic_load(&scene.committed), 0);
    scene_fini(&scene);
}

static void a_clock_that_was_set_refuses_until_it_is_right(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, 100);
    struct put put, later;
    put_init(&put, 1, "unit");
    put_init(&later, 2, "unit");
    atomic_fetch_add(&wall_ms, 100000);
    assert_ok(writer_submit(scene.writer, &put.command, 1, NULL));
    while (atomic_load(&put.answers) == 0) {
    }
    struct writer_state seen;
    writer_state(scene.writer, &seen);
    assert_err(seen.refusal, HL_ECLOCK);
    atomic_fetch_sub(&wall_ms, 100000);
    assert_ok(writer_submit(scene.writer, &later.command, 1, NULL));
    writer_stop(&scene.writer, false);
    assert_err(put.err, HL_ECLOCK);
    assert_err(later.err, HL_OK);
    put_fini(&put);
    put_fini(&later);
    scene_fini(&scene);
}

static void a_node_without_its_mark_refuses_at_once(void **state)
{
    (void)state;
    struct scene scene = {.writer = NULL};
    world_init(&scene.world);
    scene.world.has_mark = false;
    world_open(&scene.world);
    start(&scene, 10);
    struct put put;
    struct hl_detail detail;
    put_init(&put, 1, "unit");
    assert_err(writer_submit(scene.writer, &put.command, 1, &detail), HL_EMARK);
    assert_non_null(strstr(detail.text, "there is no mark"));
    assert_int_equal(put.answers, 0);
    scene_fini(&scene);
}

/* --- Many threads at once. ----------------------------------------------- */

enum { THREADS = 4, EACH = 200 };

struct client {
    struct scene *scene;
    unsigned first;
    struct put puts[EACH];
};

static void *submit_all(void *context)
{
    struct client *client = context;
    for (unsigned i = 0; i < EACH; i++) {
        struct put *put = &client->puts[i];
        put_init(put, client->first + i, "unit");
        while (writer_submit(client->scene->writer, &put->command, 1, NULL) ==
               HL_EBUSY) {
        }
    }
    return NULL;
}

static void many_threads_lose_nothing_and_repeat_nothing(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene, 16);
    static struct client clients[THREADS];
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        clients[i] = (struct client){.scene = &scene, .first = i * EACH};
        assert_int_equal(
            pthread_create(&threads[i], NULL, submit_all, &clients[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    writer_stop(&scene.writer, false);
    static bool seen[THREADS * EACH];
    memset(seen, 0, sizeof(seen));
    for (unsigned i = 0; i < THREADS * EACH; i++) {
        struct put *put = &clients[i / EACH].puts[i % EACH];
        assert_int_equal(put->answers, 1);
        assert_err(put->err, HL_OK);
        assert_in_range(put->answer.index, 0, THREADS * EACH - 1);
        assert_false(seen[put->answer.index]);
        seen[put->answer.index] = true;
        put_fini(put);
    }
    scene_fini(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_is_answered_once_and_commits_are_shared),
        cmocka_unit_test(a_full_queue_takes_all_of_a_batch_or_nothing),
        cmocka_unit_test(what_is_given_back_to_a_full_queue_keeps_it_full),
        cmocka_unit_test(
            who_can_wait_comes_in_first_when_a_full_queue_has_room),
        cmocka_unit_test(who_waits_outside_is_answered_when_the_writer_ends),
        cmocka_unit_test(a_store_that_fills_up_in_the_middle_shows_it),
        cmocka_unit_test(a_failed_flush_answers_all_and_ends_writing),
        cmocka_unit_test(a_clock_that_was_set_refuses_until_it_is_right),
        cmocka_unit_test(a_node_without_its_mark_refuses_at_once),
        cmocka_unit_test(many_threads_lose_nothing_and_repeat_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
