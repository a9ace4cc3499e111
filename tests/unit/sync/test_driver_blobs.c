/* SPDX-License-Identifier: Apache-2.0 */

/* Of which blobs the driver tells the engine, and which it deletes. */

#include <string.h>

#include "node/ledger/blob_entry.h"
#include "tests/sim/shelf.h"
#include "tests/unit/sync/script.h"
#include "tests/unit/sync/sync_world.h"

#define O "zy.example/luoyang"
#define PARTS 3
#define SIZE (2 * BLOB_PART_BYTES + 5)

struct scene {
    struct world world;
    struct shelf shelf;
    struct blob_store blobs;
    struct driver *driver;
    uint64_t carry_bytes;
    uint8_t form[SIZE];
    struct blob_seal seal;
};

static void on_send(void *context, engine_stream stream, struct bytes message)
{
    (void)context, (void)stream, (void)message;
}

static void meet(void *context, struct bytes origin, const struct hl_hash *id)
{
    struct scene *scene = context;
    if (scene->driver != NULL) {
        driver_look_at_blob(scene->driver, origin, id);
    }
}

static void open_driver(struct scene *scene)
{
    struct driver_options options = {
        .store = scene->world.store,
        .engine = {.alliance = "zy.example", .node = "zhengzhou"},
        .context = scene,
        .send = on_send,
        .blobs = &scene->blobs,
        .blob_max_bytes = SIZE,
        .carry_blob_bytes = scene->carry_bytes,
    };
    script_reset();
    assert_ok(driver_create(&options, (struct bytes){0}, (struct hl_mono){0},
                            (struct hl_wall){0}, &scene->driver, NULL));
}

static void begin(struct scene *scene, uint64_t carry_bytes)
{
    *scene = (struct scene){.carry_bytes = carry_bytes};
    struct blob_leaves leaves = {0};
    memset(scene->form, 7, sizeof(scene->form));
    for (uint64_t i = 0; i < PARTS; i++) {
        struct hl_hash leaf = merkle_leaf(bytes_of(
            scene->form + i * BLOB_PART_BYTES, blob_part_size(SIZE, i)));
        blob_leaves_add(&leaves, &leaf);
    }
    scene->seal = (struct blob_seal){SIZE, blob_leaves_root(&leaves)};
    blob_leaves_fini(&leaves);
    scene->blobs = shelf_store(&scene->shelf);
    world_init(&scene->world);
    projection_listen(scene->world.projection,
                      &(struct projection_listener){scene, meet});
    open_driver(scene);
}

static void end(struct scene *scene)
{
    driver_destroy(&scene->driver);
    shelf_clear(&scene->shelf);
    world_fini(&scene->world);
}

static struct hl_hash id_of(const char *what)
{
    return hash_bytes(bytes_of_text(what));
}

static struct blob_name name_of(const char *what)
{
    return (struct blob_name){.node = "luoyang", .id = id_of(what)};
}

static void put(struct scene *scene, const char *what, const char *readers,
                uint64_t size)
{
    struct hl_hash id = id_of(what);
    struct writer body = {0};
    struct blob_put record = {
        .id = bytes_of(id.bytes, HL_HASH_BYTES),
        .kind = 3,
        .size = size,
        .root = bytes_of(scene->seal.root.bytes, HL_HASH_BYTES),
        .readers = bytes_of_text(readers),
    };
    record_encode(&blob_record, &record, &body);
    world_begin(&scene->world);
    world_append_body(&scene->world, O, entry_body_type(BLOB_BODY_PUT, false),
                      writer_view(&body));
    world_commit(&scene->world);
    writer_fini(&body);
}

static void erase(struct scene *scene, const char *what)
{
    struct hl_hash id = id_of(what);
    struct writer body = {0};
    struct blob_erase record = {.id = bytes_of(id.bytes, HL_HASH_BYTES)};
    record_encode(&blob_erasing, &record, &body);
    world_begin(&scene->world);
    world_append_body(&scene->world, O, entry_body_type(BLOB_BODY_ERASE, false),
                      writer_view(&body));
    world_commit(&scene->world);
    writer_fini(&body);
}

static void tick(struct scene *scene, int64_t ms)
{
    struct engine_event event = {.kind = ENGINE_TICK,
                                 .mono = {ms * INT64_C(1000000)}};
    driver_event(scene->driver, &event);
}

static size_t told(enum engine_event_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < script.count; i++) {
        if (script.events[i].kind == kind) {
            assert_string_equal(script.events[i].origin, O);
            count++;
        }
    }
    return count;
}

static void its_readers_want_it_and_who_carries(void **state)
{
    static struct scene scene;
    (void)state;
    begin(&scene, 0);
    put(&scene, "mine", "luoyang zhengzhou", SIZE);
    put(&scene, "others", "luoyang", SIZE);
    put(&scene, "large", "luoyang zhengzhou", SIZE + 1);
    tick(&scene, 1);
    assert_int_equal(told(ENGINE_BLOB_WANTED), 1);
    end(&scene);
    begin(&scene, SIZE);
    put(&scene, "others", "luoyang", SIZE);
    tick(&scene, 1);
    assert_int_equal(told(ENGINE_BLOB_WANTED), 1);
    end(&scene);
    begin(&scene, SIZE - 1);
    put(&scene, "others", "luoyang", SIZE);
    tick(&scene, 1);
    assert_int_equal(told(ENGINE_BLOB_WANTED), 0);
    end(&scene);
}

static void after_a_start_what_is_not_whole_is_wanted_from_there(void **state)
{
    static struct scene scene;
    struct blob_name name = name_of("half");
    bool whole;
    (void)state;
    begin(&scene, 0);
    put(&scene, "half", "luoyang zhengzhou", SIZE);
    put(&scene, "whole", "luoyang zhengzhou", SIZE);
    put(&scene, "erased", "luoyang zhengzhou", SIZE);
    erase(&scene, "erased");
    driver_destroy(&scene.driver);
    struct blob_name other = name_of("whole");
    shelf_place(&scene.shelf, &other, bytes_of(scene.form, SIZE));
    assert_ok(scene.blobs.append(scene.blobs.context, &name, &scene.seal, 0,
                                 bytes_of(scene.form, BLOB_PART_BYTES), &whole,
                                 NULL));
    open_driver(&scene);
    assert_int_equal(told(ENGINE_BLOB_WANTED), 1);
    assert_int_equal(script.events[script.count - 1].next, 1);
    end(&scene);
}

static void an_erased_one_is_deleted_and_wanted_no_longer(void **state)
{
    static struct scene scene;
    struct blob_name name = name_of("report");
    (void)state;
    begin(&scene, 0);
    put(&scene, "report", "luoyang zhengzhou", SIZE);
    tick(&scene, 1);
    shelf_place(&scene.shelf, &name, bytes_of(scene.form, SIZE));
    erase(&scene, "report");
    assert_true(shelf_knows(&scene.shelf, &name)); /* until it is looked at */
    tick(&scene, 2);
    assert_false(shelf_knows(&scene.shelf, &name));
    assert_int_equal(told(ENGINE_BLOB_GONE), 1);
    end(&scene);
}

/* What it carries no more makes room for another. */
static void erasing_what_it_carries_makes_room(void **state)
{
    static struct scene scene;
    struct blob_name name = name_of("first");
    (void)state;
    begin(&scene, SIZE);
    put(&scene, "first", "luoyang", SIZE);
    driver_destroy(&scene.driver);
    shelf_place(&scene.shelf, &name, bytes_of(scene.form, SIZE));
    open_driver(&scene);
    put(&scene, "second", "luoyang", SIZE);
    tick(&scene, 1);
    assert_int_equal(told(ENGINE_BLOB_WANTED), 0);
    erase(&scene, "first");
    tick(&scene, 2);
    put(&scene, "third", "luoyang", SIZE);
    tick(&scene, 3);
    assert_int_equal(told(ENGINE_BLOB_WANTED), 1);
    end(&scene);
}

static void what_nobody_names_goes_where_all_is_applied(void **state)
{
    static struct scene scene;
    struct blob_name name = name_of("unnamed");
    (void)state;
    begin(&scene, 0);
    put(&scene, "named", "luoyang zhengzhou", SIZE);
    shelf_place(&scene.shelf, &name, bytes_of(scene.form, SIZE));
    /* An entry that the half does not have yet may name it. */
    world_begin(&scene.world);
    world_append_unapplied(&scene.world, O, bytes_of_text("later"));
    world_commit(&scene.world);
    driver_look_at_blob(scene.driver, bytes_of_text(O), &name.id);
    tick(&scene, 1);
    assert_true(shelf_knows(&scene.shelf, &name));
    end(&scene);
    begin(&scene, 0);
    put(&scene, "named", "luoyang zhengzhou", SIZE);
    shelf_place(&scene.shelf, &name, bytes_of(scene.form, SIZE));
    driver_look_at_blob(scene.driver, bytes_of_text(O), &name.id);
    tick(&scene, 1);
    assert_false(shelf_knows(&scene.shelf, &name));
    end(&scene);
}

static void what_the_scrub_removed_is_wanted_again_at_once(void **state)
{
    static struct scene scene;
    struct blob_name name = name_of("report");
    (void)state;
    begin(&scene, 0);
    put(&scene, "report", "luoyang zhengzhou", SIZE);
    shelf_place(&scene.shelf, &name, bytes_of(scene.form, SIZE));
    tick(&scene, 1);
    assert_int_equal(told(ENGINE_BLOB_WANTED), 0);
    assert_ok(scene.blobs.remove(scene.blobs.context, &name, NULL));
    tick(&scene, 2);
    assert_int_equal(told(ENGINE_BLOB_WANTED), 0);
    driver_look_at_blobs(scene.driver);
    tick(&scene, 3);
    assert_int_equal(told(ENGINE_BLOB_WANTED), 1);
    end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_readers_want_it_and_who_carries),
        cmocka_unit_test(after_a_start_what_is_not_whole_is_wanted_from_there),
        cmocka_unit_test(an_erased_one_is_deleted_and_wanted_no_longer),
        cmocka_unit_test(erasing_what_it_carries_makes_room),
        cmocka_unit_test(what_nobody_names_goes_where_all_is_applied),
        cmocka_unit_test(what_the_scrub_removed_is_wanted_again_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
