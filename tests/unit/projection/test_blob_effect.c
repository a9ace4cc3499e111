/* SPDX-License-Identifier: Apache-2.0 */

/* What entries about blobs do to their half, and whom they tell. */

#include <stdio.h>
#include <string.h>

#include "node/ledger/blob_entry.h"
#include "tests/support/support.h"
#include "tests/unit/projection/world.h"

#define O "zy.example/zhengzhou"
#define P "zy.example/luoyang"

struct told {
    size_t count;
    char origin[64];
    struct hl_hash id;
};

static void note(void *context, struct bytes origin, const struct hl_hash *id)
{
    struct told *told = context;
    told->count++;
    memcpy(told->origin, origin.data, origin.size);
    told->origin[origin.size] = '\0';
    told->id = *id;
}

static void begin(struct world *world, struct told *told)
{
    *told = (struct told){0};
    world_init(world);
    projection_listen(world->projection,
                      &(struct projection_listener){told, note});
    world_begin(world);
}

static void end(struct world *world)
{
    world_commit(world);
    world_fini(world);
}

static struct hl_hash hash_of(const char *what)
{
    return hash_bytes(bytes_of_text(what));
}

static void append(struct world *world, const char *origin, uint32_t number,
                   const struct record_type *type, const void *record)
{
    struct writer body = {0};
    record_encode(type, record, &body);
    world_append_body(world, origin, entry_body_type(number, false),
                      writer_view(&body));
    world_settle(world);
    writer_fini(&body);
}

static void put(struct world *world, const char *origin, const char *what,
                const char *readers, uint64_t size)
{
    struct hl_hash id = hash_of(what), root = hash_of("root");
    struct blob_put record = {
        .id = bytes_of(id.bytes, HL_HASH_BYTES),
        .kind = 3,
        .size = size,
        .root = bytes_of(root.bytes, HL_HASH_BYTES),
        .readers = bytes_of_text(readers),
    };
    append(world, origin, BLOB_BODY_PUT, &blob_record, &record);
}

static void erase(struct world *world, const char *origin, const char *what)
{
    struct hl_hash id = hash_of(what);
    struct blob_erase record = {.id = bytes_of(id.bytes, HL_HASH_BYTES)};
    append(world, origin, BLOB_BODY_ERASE, &blob_erasing, &record);
}

static bool find(struct world *world, const char *origin, const char *what,
                 struct row *row, struct blob_put *record)
{
    struct writer key = {0};
    struct hl_hash id = hash_of(what);
    struct blob_erase named = {.id = bytes_of(id.bytes, HL_HASH_BYTES)};
    bool found = false;
    record_key(&blob_erasing, &named, &key);
    assert_ok(projection_get(world->txn, &blob_record,
                             world_number(world, origin), writer_view(&key),
                             row, &found, NULL));
    writer_fini(&key);
    if (found) {
        record_decode(&blob_record, row->record, record);
    }
    return found;
}

static uint64_t invalid(struct world *world, const char *origin)
{
    return world_half(world, origin).invalid;
}

static void a_blob_is_put_once_and_erased_once(void **state)
{
    struct world world;
    struct told told;
    struct row row;
    struct blob_put record;
    (void)state;
    begin(&world, &told);
    put(&world, O, "report", "luoyang zhengzhou", 5000);
    assert_true(find(&world, O, "report", &row, &record));
    assert_false(row.retired);
    assert_int_equal(record.size, 5000);
    assert_true(blob_has_reader(&record, bytes_of_text("luoyang")));
    assert_true(blob_has_reader(&record, bytes_of_text("zhengzhou")));
    assert_false(blob_has_reader(&record, bytes_of_text("uoyang")));
    assert_int_equal(told.count, 1);
    assert_string_equal(told.origin, O);
    struct hl_hash id = hash_of("report");
    assert_true(hash_equal(&told.id, &id));
    put(&world, O, "report", "zhengzhou", 7000);
    assert_int_equal(invalid(&world, O), 1);
    erase(&world, O, "report");
    assert_true(find(&world, O, "report", &row, &record));
    assert_true(row.retired);
    assert_int_equal(record.size, 5000);
    assert_int_equal(told.count, 2);
    erase(&world, O, "report");
    assert_int_equal(invalid(&world, O), 2);
    put(&world, O, "report", "luoyang zhengzhou", 5000);
    assert_int_equal(invalid(&world, O), 3); /* never again */
    erase(&world, O, "another");
    assert_int_equal(invalid(&world, O), 4);
    assert_int_equal(told.count, 2);
    end(&world);
}

static void anothers_journal_erases_nothing_here(void **state)
{
    struct world world;
    struct told told;
    struct row row;
    struct blob_put record;
    (void)state;
    begin(&world, &told);
    put(&world, O, "report", "luoyang zhengzhou", 5000);
    erase(&world, P, "report");
    assert_int_equal(invalid(&world, P), 1);
    put(&world, P, "report", "luoyang", 5000);
    erase(&world, P, "report");
    assert_int_equal(invalid(&world, P), 1);
    assert_true(find(&world, O, "report", &row, &record));
    assert_false(row.retired);
    end(&world);
}

static void readers_have_one_form_and_the_author_among_them(void **state)
{
    static const char *const refused[] = {
        "luoyang",             /* not its author */
        "zhengzhou luoyang",   /* not ascending */
        "luoyang  zhengzhou",  /* two spaces */
        " zhengzhou",          /* one before */
        "zhengzhou ",          /* one behind */
        "zhengzhou zhengzhou", /* twice */
        "Luoyang zhengzhou",   /* no label */
        "",
        "a b c d e f g h i j k l m n o p zhengzhou", /* 17 */
    };
    struct world world;
    struct told told;
    (void)state;
    begin(&world, &told);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        put(&world, O, "report", refused[i], 5000);
        assert_int_equal(invalid(&world, O), i + 1);
    }
    assert_int_equal(told.count, 0);
    put(&world, O, "report", "zhengzhou", 0);
    put(&world, O, "report", "zhengzhou", (uint64_t)HL_BLOB_MAX_BYTES + 1);
    assert_int_equal(invalid(&world, O), 11);
    put(&world, O, "report", "a b c d e f g h i j k l m n o zhengzhou",
        HL_BLOB_MAX_BYTES);
    assert_int_equal(invalid(&world, O), 11);
    assert_int_equal(told.count, 1);
    end(&world);
}

/* Appends it, and says whether it has an effect. */
static bool holds(struct world *world, uint64_t kind, uint64_t version,
                  size_t digest_size)
{
    static unsigned number;
    char what[32];
    (void)snprintf(what, sizeof(what), "key %u", ++number);
    struct hl_hash id = hash_of(what), root = hash_of("root");
    uint64_t before = invalid(world, O);
    struct blob_put record = {
        .id = bytes_of(id.bytes, HL_HASH_BYTES),
        .kind = kind,
        .size = 5000,
        .root = bytes_of(root.bytes, HL_HASH_BYTES),
        .readers = bytes_of_text("zhengzhou"),
        .key_version = version,
        .key_digest = bytes_of(root.bytes, digest_size),
    };
    append(world, O, BLOB_BODY_PUT, &blob_record, &record);
    return invalid(world, O) == before;
}

static void
a_key_of_fingerprints_has_a_version_and_nothing_else_has(void **state)
{
    struct world world;
    struct told told;
    (void)state;
    begin(&world, &told);
    put(&world, O, "report", "zhengzhou", 5000);
    assert_true(holds(&world, 6, 1, HL_HASH_BYTES));
    assert_true(holds(&world, 6, 1000000, HL_HASH_BYTES));
    assert_false(holds(&world, 6, 1000001, HL_HASH_BYTES));
    assert_false(holds(&world, 6, 0, HL_HASH_BYTES));
    assert_false(holds(&world, 6, 1, 0));
    assert_false(holds(&world, 6, 1, HL_HASH_BYTES - 1));
    assert_false(holds(&world, 5, 1, HL_HASH_BYTES));
    assert_false(holds(&world, 5, 0, HL_HASH_BYTES));
    assert_false(holds(&world, 7, 1, HL_HASH_BYTES));
    end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blob_is_put_once_and_erased_once),
        cmocka_unit_test(anothers_journal_erases_nothing_here),
        cmocka_unit_test(readers_have_one_form_and_the_author_among_them),
        cmocka_unit_test(
            a_key_of_fingerprints_has_a_version_and_nothing_else_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
