/* SPDX-License-Identifier: Apache-2.0 */
#include "node/projection/projection.h"

#include <string.h>

#include "node/catalogue/unit.h"
#include "node/projection/effect.h"
#include "tests/support/support.h"
#include "tests/unit/projection/world.h"

#define A "zhongyuan.example/zhengzhou"
#define B "zhongyuan.example/luoyang"

static void open_world(struct world *world)
{
    world_init(world);
    world_begin(world);
}

static void assert_finding(struct world *world, const char *origin,
                           uint64_t index, const char *words)
{
    struct writer key = {0};
    struct finding finding = {0};
    bool found = true;
    while (found) {
        assert_ok(projection_next_finding(world->txn, writer_view(&key),
                                          &finding, &key, &found, NULL));
        if (found && finding.index == index &&
            bytes_equal_text(finding.origin, origin)) {
            assert_string_equal(finding.kind, "invalid_entry");
            assert_non_null(strstr(finding.text_en, words));
            assert_true(finding.text_zh[0] != '\0');
            break;
        }
    }
    assert_true(found);
    writer_fini(&key);
}

static void a_record_is_stated_changed_retired_and_reinstated(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    world_put_unit(&world, A, 1, "one");
    world_put_unit(&world, A, 2, "two");
    world_put_unit(&world, A, 1, "uno");
    struct row row;
    assert_true(world_row(&world, A, 1, &row));
    assert_int_equal(row.first_index, 0);
    assert_int_equal(row.index, 2);
    assert_int_equal(row.recorded_at.ms, 2000);
    assert_false(row.retired);
    struct unit unit;
    record_decode(&unit_record, row.record, &unit);
    assert_true(bytes_equal_text(unit.name_zh, "uno"));
    world_retire_unit(&world, A, 1);
    assert_true(world_row(&world, A, 1, &row));
    assert_true(row.retired);
    assert_true(bytes_equal_text(row.reason, "merged"));
    assert_int_equal(row.index, 3);
    record_decode(&unit_record, row.record, &unit);
    assert_true(bytes_equal_text(unit.name_zh, "uno"));
    world_put_unit(&world, A, 1, "ein");
    assert_true(world_row(&world, A, 1, &row));
    assert_false(row.retired);
    assert_int_equal(row.reason.size, 0);
    assert_int_equal(row.first_index, 0);
    assert_false(world_row(&world, B, 1, &row));
    world_settle(&world);
    assert_int_equal(world_half(&world, A).size, 5);
    assert_int_equal(world_half(&world, A).invalid, 0);
    world_fini(&world);
}

static void rows_are_walked_in_the_order_of_their_keys(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    for (unsigned i = 0; i < 50; i++) {
        world_put_unit(&world, A, i, "a");
        world_put_unit(&world, B, i + 100, "b");
    }
    struct writer last = {0};
    unsigned count = 0;
    for (;;) {
        struct row row;
        struct bytes key;
        bool found = false;
        assert_ok(projection_next(world.txn, &unit_record,
                                  world_number(&world, A), writer_view(&last),
                                  &row, &key, &found, NULL));
        if (!found) {
            break;
        }
        assert_true(bytes_compare(key, writer_view(&last)) > 0);
        writer_clear(&last);
        writer_bytes(&last, key);
        count++;
    }
    assert_int_equal(count, 50);
    /* Page tokens are foreign: longer than any key, past the last. */
    uint8_t token[2000];
    memset(token, 0xff, sizeof(token));
    struct row row;
    struct bytes key;
    bool found = true;
    assert_ok(projection_next(world.txn, &unit_record, world_number(&world, A),
                              bytes_of(token, sizeof(token)), &row, &key,
                              &found, NULL));
    assert_false(found);
    struct finding finding;
    assert_ok(projection_next_finding(world.txn, bytes_of(token, sizeof(token)),
                                      &finding, &last, &found, NULL));
    assert_false(found);
    writer_fini(&last);
    world_fini(&world);
}

/* An entry with what a test wants wrong in it. */
static struct writer make_entry(const char *origin, uint64_t index, int64_t ms,
                                uint32_t type, struct bytes body)
{
    struct entry entry = {
        .origin = bytes_of_text(origin),
        .index = index,
        .recorded_at = {ms},
        .body_type = type,
        .body = body,
    };
    struct writer raw = {0};
    assert_ok(entry_encode(&entry, &raw, NULL));
    return raw;
}

static struct writer unit_body(unsigned number, const char *name)
{
    char id[33];
    world_unit_id(number, id);
    struct unit unit = {
        .scheme = bytes_of_text("nrii"),
        .id = bytes_of_text(id),
        .name_zh = bytes_of_text(name),
        .kind = 1,
        .division = bytes_of_text("410105"),
        .division_revision = 2023,
    };
    struct writer body = {0};
    record_encode(&unit_record, &unit, &body);
    return body;
}

static void append_and_free(struct world *world, const char *origin,
                            struct writer raw)
{
    world_append(world, origin, writer_view(&raw));
    writer_fini(&raw);
}

static void an_invalid_entry_has_no_effect_and_is_a_finding(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    const uint32_t put = entry_body_type(UNIT_BODY_PUT, false);
    struct writer good = unit_body(1, "one");
    struct writer bad = unit_body(1, "");
    struct bytes body = writer_view(&good);
    uint8_t padded[1024];
    memcpy(padded, body.data, body.size);
    padded[body.size] = 0x28; /* kind once more */
    padded[body.size + 1] = 0x01;

    append_and_free(&world, A, make_entry(A, 0, 5000, 99 << 1, body));
    world_append(&world, A, bytes_of_text("no entry at all"));
    append_and_free(&world, A, make_entry(B, 2, 5000, put, body));
    append_and_free(&world, A, make_entry(A, 7, 5000, put, body));
    append_and_free(&world, A, make_entry(A, 4, 4999, put, body));
    append_and_free(&world, A, make_entry(A, 5, 5000, put | 1, body));
    append_and_free(
        &world, A,
        make_entry(A, 6, 5000, put, bytes_of(padded, body.size + 2)));
    append_and_free(&world, A, make_entry(A, 7, 5000, put, writer_view(&bad)));
    world_settle(&world);
    struct row row;
    assert_false(world_row(&world, A, 1, &row));
    struct half half = world_half(&world, A);
    assert_int_equal(half.size, 8);
    assert_int_equal(half.invalid, 7);
    assert_false(half.paused);
    assert_finding(&world, A, 1, "no canonical entry");
    assert_finding(&world, A, 2, "another journal");
    assert_finding(&world, A, 3, "another place");
    assert_finding(&world, A, 4, "dated before");
    assert_finding(&world, A, 5, "critical bit");
    assert_finding(&world, A, 6, "body is not canonical");
    assert_finding(&world, A, 7, "field name_zh: 0 bytes");
    world_put_unit(&world, A, 1, "one");
    world_retire_unit(&world, A, 2);
    world_settle(&world);
    assert_finding(&world, A, 9, "there is no such unit to retire");
    assert_int_equal(world_findings(&world, A), 8);
    assert_int_equal(world_findings(&world, B), 0);
    assert_true(world_row(&world, A, 1, &row));
    assert_int_equal(row.first_index, 8);
    writer_fini(&good);
    writer_fini(&bad);
    world_fini(&world);
}

static void
an_invalid_body_moves_time_on_and_an_invalid_frame_does_not(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    const uint32_t put = entry_body_type(UNIT_BODY_PUT, false);
    struct writer good = unit_body(1, "one");
    struct writer bad = unit_body(1, "");
    append_and_free(&world, A, make_entry(B, 0, 9000, put, writer_view(&good)));
    append_and_free(&world, A, make_entry(A, 1, 100, put, writer_view(&good)));
    append_and_free(&world, A, make_entry(A, 2, 500, put, writer_view(&bad)));
    append_and_free(&world, A, make_entry(A, 3, 200, put, writer_view(&good)));
    append_and_free(&world, A, make_entry(A, 4, 500, put, writer_view(&good)));
    struct row row;
    assert_true(world_row(&world, A, 1, &row));
    assert_int_equal(row.first_index, 1);
    assert_int_equal(row.index, 4);
    world_settle(&world);
    assert_int_equal(world_half(&world, A).invalid, 3);
    writer_fini(&good);
    writer_fini(&bad);
    world_fini(&world);
}

static void
unknown_fields_of_a_body_that_is_not_critical_are_ignored(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    struct writer body = unit_body(1, "one");
    writer_u8(&body, 15 << 3);
    writer_u8(&body, 1);
    world_append_body(&world, A, entry_body_type(UNIT_BODY_PUT, false),
                      writer_view(&body));
    struct row row;
    assert_true(world_row(&world, A, 1, &row));
    /* Kept as the author wrote it: the digest is the same for all. */
    assert_true(bytes_equal(row.record, writer_view(&body)));
    writer_fini(&body);
    world_fini(&world);
}

static void an_unknown_critical_body_pauses_this_origin_alone(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    world_put_unit(&world, A, 1, "one");
    world_append_body(&world, A, entry_body_type(77, false),
                      bytes_of_text("skipped"));
    world_append_body(&world, A, entry_body_type(78, true), (struct bytes){0});
    world_put_unit(&world, A, 1, "uno");
    world_put_unit(&world, B, 5, "five");
    world_settle(&world);
    assert_true(world_half(&world, A).paused);
    assert_int_equal(world_half(&world, A).size, 2);
    struct row row;
    assert_true(world_row(&world, A, 1, &row));
    assert_int_equal(row.index, 0);
    assert_true(world_row(&world, B, 5, &row));
    /* Still so after a restart. */
    projection_destroy(&world.projection);
    world.projection = projection_create();
    world_put_unit(&world, A, 3, "three");
    world_settle(&world);
    assert_int_equal(world_half(&world, A).size, 2);
    assert_false(world_row(&world, A, 3, &row));
    world_fini(&world);
}

static void an_unknown_field_of_the_frame_pauses(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    struct writer body = unit_body(1, "one");
    struct writer raw =
        make_entry(A, 0, 0, entry_body_type(1, false), writer_view(&body));
    writer_u8(&raw, 15 << 3);
    writer_u8(&raw, 1);
    append_and_free(&world, A, raw);
    world_settle(&world);
    assert_true(world_half(&world, A).paused);
    assert_int_equal(world_half(&world, A).size, 0);
    assert_int_equal(world_half(&world, A).invalid, 0);
    writer_fini(&body);
    world_fini(&world);
}

/* A later program: it knows a critical body, number 78, too. */
static const struct body_type later_types[] = {
    {UNIT_BODY_PUT, false, &unit_record, effect_put, &unit_record, 0},
    {78, true, &unit_record, effect_put, &unit_record, 0},
};
static const struct body_table later_program = {
    .types = later_types,
    .count = 2,
};

static void an_upgraded_program_goes_on_where_the_former_paused(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    struct writer body = unit_body(1, "one");
    struct writer raw =
        make_entry(A, 0, 0, entry_body_type(78, true), writer_view(&body));
    world_append(&world, A, writer_view(&raw));
    world_settle(&world);
    assert_true(world_half(&world, A).paused);
    world_know(&world, &later_program);
    struct projection_origin origin = {world_number(&world, A),
                                       bytes_of_text(A), false};
    assert_ok(projection_apply(world.projection, world.txn, &origin, 0,
                               writer_view(&raw), NULL));
    world_settle(&world);
    struct row row;
    assert_true(world_row(&world, A, 1, &row));
    assert_int_equal(world_half(&world, A).size, 1);
    writer_fini(&raw);
    /* What it does not know in a body that is critical pauses it as well. */
    writer_u8(&body, 15 << 3);
    writer_u8(&body, 1);
    raw = make_entry(A, 1, 0, entry_body_type(78, true), writer_view(&body));
    append_and_free(&world, A, raw);
    world_settle(&world);
    assert_int_equal(world_half(&world, A).size, 1);
    assert_int_equal(world_half(&world, A).invalid, 0);
    writer_fini(&body);
    world_fini(&world);
}

static struct writer commanded(const char *origin, uint64_t index, uint8_t id,
                               struct bytes body)
{
    struct entry entry = {
        .origin = bytes_of_text(origin),
        .index = index,
        .has_command = true,
        .command = {.id = {id}, .caller = {{7}}},
        .body_type = entry_body_type(UNIT_BODY_PUT, false),
        .body = body,
    };
    struct writer raw = {0};
    assert_ok(entry_encode(&entry, &raw, NULL));
    return raw;
}

static bool command_index(struct world *world, uint8_t id, uint64_t *index)
{
    struct command command = {.id = {id}, .caller = {{7}}};
    bool found = false;
    assert_ok(projection_command(world->txn, &command, index, &found, NULL));
    return found;
}

static void own_commands_are_remembered_by_their_first_entry(void **state)
{
    (void)state;
    struct world world;
    open_world(&world);
    world.own = A;
    struct writer good = unit_body(1, "one");
    struct writer bad = unit_body(1, "");
    append_and_free(&world, A, commanded(A, 0, 1, writer_view(&good)));
    append_and_free(&world, A, commanded(A, 1, 1, writer_view(&good)));
    append_and_free(&world, A, commanded(A, 2, 2, writer_view(&bad)));
    append_and_free(&world, B, commanded(B, 0, 3, writer_view(&good)));
    append_and_free(&world, A, commanded(A, 77, 4, writer_view(&good)));
    uint64_t index = 99;
    assert_true(command_index(&world, 1, &index));
    assert_int_equal(index, 0);
    /* Acknowledged, whatever became of it. */
    assert_true(command_index(&world, 2, &index));
    assert_int_equal(index, 2);
    assert_false(command_index(&world, 3, &index));
    assert_false(command_index(&world, 4, &index));
    writer_fini(&good);
    writer_fini(&bad);
    world_fini(&world);
}

static void
digests_are_recorded_at_multiples_and_do_not_depend_on_batches(void **state)
{
    (void)state;
    struct rng rng = test_rng(__func__);
    struct hl_hash digests[2][3];
    for (int run = 0; run < 2; run++) {
        struct world world;
        open_world(&world);
        for (unsigned i = 0; i < 3 * 256 + 5; i++) {
            world_put_unit(&world, A, i * 7 % 400, i % 3 == 0 ? "a" : "b");
            if (run == 0 || rng_below(&rng, 10) == 0) {
                world_settle(&world);
            }
            if (i % 256 == 255) {
                world_settle(&world);
                struct half half = world_half(&world, A);
                assert_int_equal(half.digest_size, i + 1);
                digests[run][i / 256] = half.digest;
            }
        }
        assert_int_equal(world_half(&world, A).digest_size, 768);
        world_fini(&world);
    }
    assert_memory_equal(digests[0], digests[1], sizeof(digests[0]));
    assert_memory_not_equal(&digests[0][0], &digests[0][1], 32);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_stated_changed_retired_and_reinstated),
        cmocka_unit_test(rows_are_walked_in_the_order_of_their_keys),
        cmocka_unit_test(an_invalid_entry_has_no_effect_and_is_a_finding),
        cmocka_unit_test(
            an_invalid_body_moves_time_on_and_an_invalid_frame_does_not),
        cmocka_unit_test(
            unknown_fields_of_a_body_that_is_not_critical_are_ignored),
        cmocka_unit_test(an_unknown_critical_body_pauses_this_origin_alone),
        cmocka_unit_test(an_unknown_field_of_the_frame_pauses),
        cmocka_unit_test(an_upgraded_program_goes_on_where_the_former_paused),
        cmocka_unit_test(own_commands_are_remembered_by_their_first_entry),
        cmocka_unit_test(
            digests_are_recorded_at_multiples_and_do_not_depend_on_batches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
