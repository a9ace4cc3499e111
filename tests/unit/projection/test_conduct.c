/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/conduct.h"

#include <string.h>

#include "node/catalogue/unit.h"
#include "node/projection/effect.h"
#include "node/projection/replay.h"
#include "protocol/note/vkey.h"
#include "tests/support/support.h"
#include "tests/unit/projection/world.h"

#define A "zhongyuan.example/zhengzhou"
#define B "zhongyuan.example/luoyang"

static void open_world(struct world *world)
{
    world_init(world);
    world_begin(world);
}

static void activate(struct world *world, uint64_t version)
{
    struct rules_activate rules = {version};
    struct writer body = {0};
    record_encode(&rules_activating, &rules, &body);
    world_append_body(world, A, entry_body_type(CONDUCT_BODY_RULES, true),
                      writer_view(&body));
    writer_fini(&body);
    world_settle(world);
}

static void rotate(struct world *world, const char *name, enum vkey_kind kind)
{
    static const uint8_t public_key[VKEY_PUBLIC_MAX_BYTES] = {4, 7, 9};
    struct vkey key;
    struct writer text = {0};
    struct writer body = {0};
    assert_ok(vkey_make(bytes_of_text(name), kind, public_key, &key));
    vkey_write(&key, &text);
    struct key_rotate record = {writer_view(&text)};
    record_encode(&key_rotate_record, &record, &body);
    world_append_body(world, A, entry_body_type(CONDUCT_BODY_KEY, true),
                      writer_view(&body));
    writer_fini(&body);
    writer_fini(&text);
    world_settle(world);
}

static void rules_hold_in_the_journal_that_activated_them_alone(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    world_put_unit(&world, A, 1, "one");
    world_put_unit(&world, B, 1, "one");
    world_settle(&world);
    assert_int_equal(world_half(&world, A).rules, 0);
    activate(&world, 1);
    assert_int_equal(world_half(&world, A).rules, 1);
    assert_int_equal(world_half(&world, B).rules, 0);
    assert_int_equal(world_half(&world, A).invalid, 0);
    world_fini(&world);
}

static void rules_neither_go_back_nor_jump_nor_repeat(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    activate(&world, 2);
    activate(&world, UINT64_MAX);
    assert_int_equal(world_half(&world, A).rules, 0);
    assert_int_equal(world_half(&world, A).invalid, 2);
    activate(&world, 1);
    activate(&world, 1);
    activate(&world, 0);
    assert_int_equal(world_half(&world, A).rules, 1);
    assert_int_equal(world_half(&world, A).invalid, 4);
    assert_int_equal(world_findings(&world, A), 4);
    assert_false(world_half(&world, A).paused);
    world_fini(&world);
}

static const struct body_type types[] = {
    {UNIT_BODY_PUT, false, &unit_record, effect_put, &unit_record, 0},
    {CONDUCT_BODY_RULES, true, &rules_activating, effect_activate_rules, NULL,
     0},
};
static const struct body_table later_program = {
    .types = types, .count = 2, .rules_max = 2};

static void
rules_that_a_program_does_not_know_pause_until_one_does(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    activate(&world, 1);
    activate(&world, 2);
    world_put_unit(&world, A, 1, "one");
    world_settle(&world);
    assert_true(world_half(&world, A).paused);
    assert_int_equal(world_half(&world, A).size, 1);
    assert_int_equal(world_half(&world, A).rules, 1);
    world_know(&world, &later_program);
    struct journal journal;
    bool found = false;
    assert_ok(
        journal_find(world.txn, bytes_of_text(A), &journal, &found, NULL));
    struct projection_origin origin = {journal.number, bytes_of_text(A), false};
    uint64_t done = 0;
    assert_ok(projection_replay(world.projection, world.txn, &origin, &journal,
                                UINT64_MAX, &done, NULL));
    world_settle(&world);
    assert_int_equal(done, 2);
    assert_int_equal(world_half(&world, A).rules, 2);
    assert_int_equal(world_half(&world, A).size, 3);
    world_fini(&world);
}

static void a_digest_is_recorded_with_the_rules_of_its_size(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    uint64_t size = 9, rules = 9;
    struct hl_hash digest;
    world_put_unit(&world, A, 1, "one");
    world_settle(&world);
    uint32_t number = world_number(&world, A);
    assert_ok(
        projection_digest(world.txn, number, &size, &rules, &digest, NULL));
    assert_int_equal(size, 0);
    for (unsigned i = 1; i < DIGEST_EVERY_ENTRIES; i++) {
        world_put_unit(&world, A, i, "more");
    }
    activate(&world, 1);
    assert_ok(
        projection_digest(world.txn, number, &size, &rules, &digest, NULL));
    assert_int_equal(size, DIGEST_EVERY_ENTRIES);
    assert_int_equal(rules, 0);
    assert_int_equal(world_half(&world, A).rules, 1);
    world_fini(&world);
}

static void an_announced_key_is_a_row(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    rotate(&world, A, VKEY_ED25519);
    assert_int_equal(world_half(&world, A).invalid, 0);
    struct row row;
    struct bytes key;
    bool found = false;
    assert_ok(projection_next(world.txn, &key_rotate_record,
                              world_number(&world, A), (struct bytes){0}, &row,
                              &key, &found, NULL));
    assert_true(found);
    struct key_rotate record;
    record_decode(&key_rotate_record, row.record, &record);
    struct vkey vkey;
    assert_ok(vkey_parse(record.key, &vkey, NULL));
    assert_string_equal(vkey.name, A);
    world_fini(&world);
}

static void a_key_of_another_name_or_kind_is_no_journal_key(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    rotate(&world, B, VKEY_ED25519);
    rotate(&world, A, VKEY_SM2);
    rotate(&world, A, VKEY_COSIGNATURE);
    assert_int_equal(world_half(&world, A).invalid, 3);
    assert_int_equal(world_half(&world, A).size, 3);
    world_fini(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_hold_in_the_journal_that_activated_them_alone),
        cmocka_unit_test(rules_neither_go_back_nor_jump_nor_repeat),
        cmocka_unit_test(
            rules_that_a_program_does_not_know_pause_until_one_does),
        cmocka_unit_test(a_digest_is_recorded_with_the_rules_of_its_size),
        cmocka_unit_test(an_announced_key_is_a_row),
        cmocka_unit_test(a_key_of_another_name_or_kind_is_no_journal_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
