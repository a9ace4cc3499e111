/* SPDX-License-Identifier: Apache-2.0 */

/* The author answers by itself what other journals ask of it. */

#include <string.h>

#include "node/catalogue/instrument.h"
#include "node/projection/home.h"
#include "protocol/base/alloc.h"
#include "protocol/tree/merkle.h"
#include "tests/support/support.h"
#include "tests/unit/writer/writer_world.h"

#define THEIRS "zy.example/luoyang"

static const struct hl_wall noon = {.ms = 1795262400000};

struct scene {
    struct world world;
    bool ended; /* theirs, at: */
    struct head end;
    uint64_t endings;
};

static bool ended(void *context, struct bytes origin, struct head *end)
{
    const struct scene *scene = context;
    *end = scene->end;
    return scene->ended && bytes_equal_text(origin, THEIRS);
}

static void scene_init(struct scene *scene)
{
    *scene = (struct scene){0};
    world_init(&scene->world);
    world_open(&scene->world);
}

static struct home_key key_of(unsigned number)
{
    static const char *const inner[] = {"0", "1", "2", "3"};
    return (struct home_key){
        .of = {.home = bytes_of_text("zhengzhou"),
               .unit_scheme = bytes_of_text("nrii"),
               .unit_id = bytes_of_text("0123456789abcdef0123456789abcdef"),
               .inner_id = bytes_of_text(inner[number])},
        .kind = 2,
    };
}

/* --- Entries of ours, by commands. ---------------------------------------- */

struct write {
    struct write_command command; /* first */
    uint32_t body_type;
    struct writer body;
};

static hl_err run(struct write_command *command, struct write_context *context,
                  struct hl_detail *detail)
{
    (void)detail;
    struct write *write = (struct write *)command;
    context->body_type = write->body_type;
    writer_bytes(context->body, writer_view(&write->body));
    return HL_OK;
}

static const struct write_type type = {.name = "write", .run = run};

static void begin(struct scene *scene)
{
    assert_ok(author_begin(scene->world.author, noon, NULL));
}

static bool wants(struct scene *scene)
{
    struct reactor_facts facts = {
        .context = scene, .ended = ended, .endings = scene->endings};
    author_know(scene->world.author, &facts);
    return author_wants_reaction(scene->world.author, noon);
}

/* How many entries the reactors made. */
static size_t react(struct scene *scene)
{
    struct reactor_facts facts = {
        .context = scene, .ended = ended, .endings = scene->endings};
    size_t before = author_pending(scene->world.author);
    author_know(scene->world.author, &facts);
    assert_ok(author_react(scene->world.author, NULL));
    return author_pending(scene->world.author) - before;
}

static void commit(struct scene *scene)
{
    assert_ok(author_commit(scene->world.author, NULL));
}

static struct citation write_one(struct scene *scene, uint32_t body_type,
                                 const struct record_type *of,
                                 const void *record)
{
    static uint64_t number;
    struct write write = {.command = {.type = &type}, .body_type = body_type};
    number++;
    memcpy(write.command.id.id, &number, sizeof(number));
    record_encode(of, record, &write.body);
    assert_ok(author_run(scene->world.author, &write.command, NULL));
    assert_ok(write.command.result.err);
    writer_fini(&write.body);
    return (struct citation){bytes_of_text(WORLD_ORIGIN),
                             write.command.result.index,
                             write.command.result.leaf};
}

/* A record put and released to them. */
static struct citation release_one(struct scene *scene, unsigned number)
{
    struct instrument put = {.of = key_of(number).of,
                             .name_zh = bytes_of_text("a microscope")};
    struct home_release release = {.key = key_of(number),
                                   .to = bytes_of_text("luoyang")};
    begin(scene);
    write_one(scene, entry_body_type(INSTRUMENT_BODY_PUT, false),
              &instrument_record, &put);
    struct citation cite =
        write_one(scene, entry_body_type(HOME_BODY_RELEASE, true),
                  &home_releasing, &release);
    assert_int_equal(react(scene), 0);
    commit(scene);
    return cite;
}

/* --- Entries of theirs, as they are pulled. ------------------------------- */

static struct journal theirs(struct scene *scene)
{
    struct journal journal;
    assert_ok(journal_find_or_create(author_txn(scene->world.author),
                                     bytes_of_text(THEIRS), &journal, NULL));
    return journal;
}

static void hear(struct scene *scene, uint32_t body_type,
                 const struct record_type *of, const void *record,
                 const struct citation *cause)
{
    struct journal journal = theirs(scene);
    struct writer body = {0}, raw = {0};
    record_encode(of, record, &body);
    struct entry entry = {
        .origin = bytes_of_text(THEIRS),
        .index = journal.frontier.size,
        .recorded_at = noon,
        .has_cause = cause != NULL,
        .body_type = body_type,
        .body = writer_view(&body),
    };
    if (cause != NULL) {
        entry.cause = *cause;
    }
    assert_ok(entry_encode(&entry, &raw, NULL));
    struct bytes bytes = writer_view(&raw);
    struct journal_run one = {&bytes, 1, noon};
    struct projection_origin origin = {.number = journal.number,
                                       .name = bytes_of_text(THEIRS)};
    struct store_txn *txn = author_txn(scene->world.author);
    assert_ok(journal_append(txn, &journal, &one, NULL));
    assert_ok(projection_apply(author_projection(scene->world.author), txn,
                               &origin, entry.index, bytes, NULL));
    writer_fini(&raw);
    writer_fini(&body);
}

static void hear_refusal(struct scene *scene, unsigned number,
                         const struct citation *cause)
{
    struct home_refuse refuse = {.key = key_of(number)};
    hear(scene, entry_body_type(HOME_BODY_REFUSE, true), &home_refusing,
         &refuse, cause);
}

static void hear_take(struct scene *scene, unsigned number,
                      const struct citation *cause)
{
    struct instrument put = {.of = key_of(number).of,
                             .name_zh = bytes_of_text("a microscope")};
    hear(scene, entry_body_type(INSTRUMENT_BODY_PUT, false), &instrument_record,
         &put, cause);
}

static struct entry own_entry(struct scene *scene, uint64_t index,
                              struct writer *raw)
{
    struct store_txn *txn = NULL;
    struct journal journal;
    struct entry entry;
    struct canonical_unknown unknown;
    struct bytes bytes;
    bool found = false;
    assert_ok(store_begin_read(scene->world.store, &txn, NULL));
    assert_ok(
        journal_find(txn, bytes_of_text(WORLD_ORIGIN), &journal, &found, NULL));
    assert_ok(journal_entry(txn, &journal, index, &bytes, NULL));
    writer_bytes(raw, bytes);
    store_abort(&txn);
    assert_ok(entry_decode(writer_view(raw), &entry, &unknown, NULL));
    return entry;
}

static bool is_open(struct scene *scene, unsigned number)
{
    struct store_txn *txn = NULL;
    struct journal journal;
    struct open_release release;
    struct home_key key = key_of(number);
    bool found = false;
    assert_ok(store_begin_read(scene->world.store, &txn, NULL));
    assert_ok(
        journal_find(txn, bytes_of_text(WORLD_ORIGIN), &journal, &found, NULL));
    assert_ok(projection_open_release(txn, journal.number, &key, &release,
                                      &found, NULL));
    store_abort(&txn);
    return found;
}

/* --- Stories. ------------------------------------------------------------- */

static void
a_refusal_is_answered_in_the_transaction_that_brings_it(void **state)
{
    (void)state;
    struct scene scene;
    struct writer raw = {0};
    scene_init(&scene);
    struct citation release = release_one(&scene, 1);
    begin(&scene);
    hear_refusal(&scene, 1, &release);
    assert_int_equal(react(&scene), 1);
    commit(&scene);
    assert_false(is_open(&scene, 1));
    struct entry entry = own_entry(&scene, release.index + 1, &raw);
    assert_int_equal(entry.body_type, entry_body_type(HOME_BODY_RESUME, true));
    assert_false(entry.has_command);
    assert_true(entry.has_cause);
    assert_true(bytes_equal_text(entry.cause.origin, THEIRS));
    assert_int_equal(entry.cause.index, 0);
    writer_fini(&raw);
    world_fini(&scene.world);
}

static void an_answer_closes_the_item_also_after_a_restart(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    struct citation release = release_one(&scene, 1);
    begin(&scene);
    hear_refusal(&scene, 1, &release);
    assert_int_equal(react(&scene), 1);
    assert_int_equal(react(&scene), 0);
    commit(&scene);
    assert_false(wants(&scene));
    world_close(&scene.world);
    world_open(&scene.world);
    assert_true(wants(&scene));
    begin(&scene);
    assert_int_equal(react(&scene), 0);
    author_dismiss(scene.world.author);
    assert_false(wants(&scene));
    world_fini(&scene.world);
}

/* Nothing could be signed when it came, or the process died. */
static void what_was_not_answered_is_answered_later(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    struct citation first = release_one(&scene, 1);
    struct citation second = release_one(&scene, 2);
    begin(&scene);
    hear_refusal(&scene, 1, &first);
    commit(&scene);
    assert_true(wants(&scene));
    begin(&scene);
    assert_int_equal(react(&scene), 1);
    commit(&scene);
    begin(&scene);
    hear_refusal(&scene, 2, &second);
    commit(&scene);
    world_close(&scene.world);
    world_open(&scene.world);
    begin(&scene);
    assert_int_equal(react(&scene), 1);
    commit(&scene);
    assert_false(is_open(&scene, 1) || is_open(&scene, 2));
    world_fini(&scene.world);
}

static void an_aborted_reaction_is_made_again(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    struct citation release = release_one(&scene, 1);
    begin(&scene);
    hear_refusal(&scene, 1, &release);
    commit(&scene);
    begin(&scene);
    assert_int_equal(react(&scene), 1);
    author_abort(scene.world.author);
    assert_true(wants(&scene));
    begin(&scene);
    assert_int_equal(react(&scene), 1);
    commit(&scene);
    world_fini(&scene.world);
}

static void what_is_not_refused_stays_released(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    struct citation first = release_one(&scene, 1);
    struct citation second = release_one(&scene, 2);
    begin(&scene);
    hear_take(&scene, 1, &first);
    hear_refusal(&scene, 3, &second); /* of another record */
    assert_int_equal(react(&scene), 0);
    commit(&scene);
    assert_true(is_open(&scene, 1) && is_open(&scene, 2));
    world_fini(&scene.world);
}

/* All of the journal that counts must be here, and hold no take. */
static void
a_charter_that_ends_the_named_node_gives_back_what_it_left(void **state)
{
    (void)state;
    struct scene scene;
    scene_init(&scene);
    struct citation first = release_one(&scene, 1);
    release_one(&scene, 2);
    begin(&scene);
    hear_take(&scene, 1, &first);
    assert_int_equal(react(&scene), 0);
    commit(&scene);
    scene.ended = true;
    scene.endings++;
    scene.end.size = 2;
    assert_true(wants(&scene));
    begin(&scene);
    struct journal journal = theirs(&scene);
    assert_int_equal(react(&scene), 0); /* it is not here to its end */
    author_dismiss(scene.world.author);
    scene.end = journal_head(&journal);
    scene.endings++;
    begin(&scene);
    assert_int_equal(react(&scene), 1);
    commit(&scene);
    assert_true(is_open(&scene, 1));
    assert_false(is_open(&scene, 2));
    world_fini(&scene.world);
}

static void the_end_of_an_ended_journal_may_come_late(void **state)
{
    (void)state;
    struct scene scene;
    struct citation other = {.origin = bytes_of_text("zy.example/xinxiang")};
    struct citation third = {.origin = bytes_of_text("zy.example/xuchang")};
    scene_init(&scene);
    release_one(&scene, 1);
    begin(&scene);
    hear_refusal(&scene, 3, &other);
    scene.end = (struct head){.size = 2};
    scene.ended = true;
    scene.endings++;
    assert_int_equal(react(&scene), 0);
    commit(&scene);
    assert_false(wants(&scene));
    begin(&scene);
    hear_refusal(&scene, 3, &third);
    struct journal journal = theirs(&scene);
    scene.end = journal_head(&journal); /* as it was said to be */
    assert_int_equal(react(&scene), 1);
    commit(&scene);
    assert_false(is_open(&scene, 1));
    world_fini(&scene.world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_refusal_is_answered_in_the_transaction_that_brings_it),
        cmocka_unit_test(an_answer_closes_the_item_also_after_a_restart),
        cmocka_unit_test(what_was_not_answered_is_answered_later),
        cmocka_unit_test(an_aborted_reaction_is_made_again),
        cmocka_unit_test(what_is_not_refused_stays_released),
        cmocka_unit_test(
            a_charter_that_ends_the_named_node_gives_back_what_it_left),
        cmocka_unit_test(the_end_of_an_ended_journal_may_come_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
