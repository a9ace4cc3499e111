/* SPDX-License-Identifier: Apache-2.0 */

/* Documents that are coming: whose they are, and what becomes of those that
 * nobody goes on with. */

#include "node/service/blob_uploads.h"

#include <string.h>

#include "protocol/base/alloc.h"
#include "tests/support/scratch.h"
#include "tests/support/support.h"

enum { ROOM = 1 << 20, HALF = ROOM / 2 };

struct place {
    char folder[400];
    struct blob_files *files;
    struct blob_uploads *uploads;
};

static void open_place(struct place *place)
{
    struct blob_files_options options = {.folder = place->folder,
                                         .max_bytes = ROOM};
    scratch_make(place->folder, sizeof(place->folder));
    assert_ok(blob_files_open(&options, &place->files, NULL));
    place->uploads = blob_uploads_create();
}

static void close_place(struct place *place)
{
    blob_uploads_destroy(&place->uploads);
    blob_files_close(&place->files);
    scratch_remove(place->folder);
}

static hl_err take(struct place *place, uint8_t caller, uint8_t command,
                   int64_t now_s, struct upload **out)
{
    struct hl_hash who = {{caller}};
    uint8_t id[HL_COMMAND_ID_BYTES] = {command};
    return blob_uploads_take(place->uploads, &who, bytes_of(id, sizeof(id)),
                             now_s, out, NULL);
}

/* One of that size, as far as there is room for it; the caller's. */
static hl_err add(struct place *place, uint8_t command, uint64_t size,
                  struct upload **out)
{
    struct upload *made = hl_alloc(1, sizeof(*made));
    made->caller.bytes[0] = 1;
    made->command[0] = command;
    hl_err err = blob_draft_begin(place->files, size, &made->draft, NULL);
    if (err == HL_OK) {
        err = blob_uploads_add(place->uploads, made, NULL);
    }
    if (err != HL_OK) {
        blob_upload_destroy(&made);
    }
    *out = made;
    return err;
}

static void it_is_its_callers_alone(void **state)
{
    (void)state;
    struct place place = {0};
    struct upload *made, *found;
    open_place(&place);
    assert_ok(add(&place, 7, HALF, &made));
    assert_err(take(&place, 1, 7, 0, &found), HL_EBUSY);
    blob_uploads_leave(place.uploads, made, true, 100);
    assert_ok(take(&place, 2, 7, 100, &found));
    assert_null(found);
    assert_ok(take(&place, 1, 8, 100, &found));
    assert_null(found);
    assert_ok(take(&place, 1, 7, 100 + BLOB_UPLOAD_IDLE_S, &found));
    assert_ptr_equal(found, made);
    blob_uploads_leave(place.uploads, found, false, 100);
    assert_ok(take(&place, 1, 7, 100, &found));
    assert_null(found);
    close_place(&place);
}

/* Whoever comes next has its room, on the disk and in the table. */
static void one_that_came_to_a_stand_gives_back_its_room(void **state)
{
    (void)state;
    struct place place = {0};
    struct upload *made, *found;
    open_place(&place);
    assert_ok(add(&place, 1, HALF + HALF / 2, &made));
    blob_uploads_leave(place.uploads, made, true, 100);
    int64_t later = 100 + BLOB_UPLOAD_IDLE_S;
    assert_ok(take(&place, 1, 2, later, &found));
    assert_err(add(&place, 2, HALF, &made), HL_EFULL);
    assert_ok(take(&place, 1, 2, later + 1, &found));
    assert_ok(add(&place, 2, HALF, &made));
    /* One that a call has is never dropped. */
    assert_err(take(&place, 1, 2, 10 * later, &found), HL_EBUSY);
    blob_uploads_leave(place.uploads, made, false, 10 * later);
    close_place(&place);
}

static void so_many_are_coming_at_once(void **state)
{
    (void)state;
    struct place place = {0};
    struct upload *made, *found;
    open_place(&place);
    for (uint8_t i = 0; i < BLOB_UPLOADS_MAX; i++) {
        assert_ok(add(&place, i, 1000, &made));
        blob_uploads_leave(place.uploads, made, true, i);
    }
    assert_err(add(&place, 99, 1000, &made), HL_EBUSY);
    assert_ok(take(&place, 1, 99, BLOB_UPLOAD_IDLE_S + 1, &found));
    assert_ok(add(&place, 99, 1000, &made));
    blob_uploads_leave(place.uploads, made, true, BLOB_UPLOAD_IDLE_S + 1);
    assert_err(add(&place, 100, 1000, &made), HL_EBUSY);
    close_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_its_callers_alone),
        cmocka_unit_test(one_that_came_to_a_stand_gives_back_its_room),
        cmocka_unit_test(so_many_are_coming_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
