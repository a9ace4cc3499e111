/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/tools/mark_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs/tools/file.h"
#include "tests/support/scratch.h"
#include "tests/support/support.h"

struct place {
    char folder[64];
    char path[96];
};

static void place_init(struct place *place)
{
    *place = (struct place){0};
    scratch_make(place->folder, sizeof(place->folder));
    snprintf(place->path, sizeof(place->path), "%s/mark", place->folder);
}

static void place_fini(const struct place *place)
{
    unlink(place->path);
    assert_int_equal(rmdir(place->folder), 0);
}

static struct head head_at(uint64_t size)
{
    struct head head = head_empty();
    if (size > 0) {
        head.size = size;
        head.root = hash_bytes(bytes_of(&size, sizeof(size)));
    }
    return head;
}

static struct mark make_mark(uint64_t size)
{
    struct writer text = {0};
    struct mark mark = {.head = head_at(size)};
    test_read_file(HELUO_TESTS_DIR "/fuzz/corpus/mark/fresh", &text);
    struct mark fresh;
    assert_ok(mark_parse(writer_view(&text), &fresh, NULL));
    mark.key = fresh.key;
    writer_fini(&text);
    return mark;
}

static void create(const struct place *place, uint64_t size)
{
    struct mark mark = make_mark(size);
    struct writer text = {0};
    mark_file_text(&mark, &text);
    assert_int_equal(text.size, MARK_FILE_BYTES);
    assert_ok(
        file_create(place->path, FILE_MODE_PUBLIC, writer_view(&text), NULL));
    writer_fini(&text);
}

static void assert_size(const struct place *place, uint64_t size)
{
    struct writer text = {0};
    struct mark mark;
    struct head head = head_at(size);
    test_read_file(place->path, &text);
    assert_ok(mark_file_parse(writer_view(&text), &mark, NULL));
    assert_true(head_equal(&mark.head, &head));
    writer_fini(&text);
}

static void write_size(struct mark_file *file, uint64_t size)
{
    struct head head = head_at(size);
    assert_ok(mark_file_write(file, &head, NULL));
}

static void the_last_mark_written_is_read_back(void **state)
{
    (void)state;
    struct place place;
    struct mark_file file;
    place_init(&place);
    create(&place, 0);
    assert_ok(mark_file_open(place.path, &file, NULL));
    for (uint64_t size = 1; size < 8; size++) {
        write_size(&file, size * 100);
        assert_int_equal(file.mark.head.size, size * 100);
        assert_size(&place, size * 100);
        if (size == 4) {
            mark_file_close(&file);
            assert_ok(mark_file_open(place.path, &file, NULL));
        }
    }
    write_size(&file, 700); /* once more: nothing to do */
    assert_size(&place, 700);
    struct stat state_of_file;
    assert_int_equal(stat(place.path, &state_of_file), 0);
    assert_int_equal(state_of_file.st_size, MARK_FILE_BYTES);
    mark_file_close(&file);
    mark_file_close(&file);
    place_fini(&place);
}

static void tear(const struct place *place, size_t slot, size_t at)
{
    uint8_t garbage[512];
    memset(garbage, 0x5a, sizeof(garbage));
    int fd = open(place->path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, garbage, sizeof(garbage),
                            (off_t)(slot * MARK_SLOT_BYTES + at)),
                     sizeof(garbage));
    close(fd);
}

static void a_torn_slot_leaves_the_other(void **state)
{
    (void)state;
    for (size_t at = 0; at < MARK_SLOT_BYTES; at += 512) {
        struct place place;
        struct mark_file file;
        place_init(&place);
        create(&place, 0);
        assert_ok(mark_file_open(place.path, &file, NULL));
        write_size(&file, 5);
        write_size(&file, 6);
        /* The write of 7 is torn: what was there before it is 6. */
        tear(&place, file.next, at);
        mark_file_close(&file);
        assert_size(&place, 6);
        /* And the next write goes into the torn slot. */
        assert_ok(mark_file_open(place.path, &file, NULL));
        write_size(&file, 7);
        mark_file_close(&file);
        assert_size(&place, 7);
        place_fini(&place);
    }
}

static void any_changed_byte_is_seen(void **state)
{
    (void)state;
    struct mark mark = make_mark(9), found;
    struct writer text = {0};
    mark_file_text(&mark, &text);
    memset(text.data + MARK_SLOT_BYTES, 0, MARK_SLOT_BYTES);
    assert_ok(mark_file_parse(writer_view(&text), &found, NULL));
    for (size_t at = 0; at < MARK_SLOT_BYTES; at++) {
        text.data[at] ^= 0x10;
        assert_err(mark_file_parse(writer_view(&text), &found, NULL),
                   HL_EMALFORMED);
        text.data[at] ^= 0x10;
    }
    writer_fini(&text);
}

static void what_is_no_mark_is_refused_with_its_reason(void **state)
{
    (void)state;
    struct place place;
    struct mark_file file;
    struct hl_detail detail = {0};
    place_init(&place);
    assert_err(mark_file_open(place.path, &file, NULL), HL_ENOTFOUND);
    assert_int_equal(file.fd, -1);
    assert_ok(file_create(place.path, FILE_MODE_PUBLIC,
                          bytes_of_text("heluo mark v1\n"), NULL));
    assert_err(mark_file_open(place.path, &file, &detail), HL_EMALFORMED);
    assert_non_null(strstr(detail.text, "14 bytes"));
    assert_int_equal(unlink(place.path), 0);
    create(&place, 3);
    tear(&place, 0, 0);
    tear(&place, 1, 0);
    assert_err(mark_file_open(place.path, &file, &detail), HL_EMALFORMED);
    assert_non_null(strstr(detail.text, "both slots"));
    assert_int_equal(truncate(place.path, MARK_FILE_BYTES + 1), 0);
    assert_err(mark_file_open(place.path, &file, NULL), HL_EMALFORMED);
    assert_int_equal(unlink(place.path), 0);
    assert_err(mark_file_open(place.folder, &file, NULL), HL_EIO);
    place_fini(&place);
}

/* Also where each has a store of its own, a copy of the other's. */
static void one_signer_at_a_time_has_it_open(void **state)
{
    (void)state;
    struct place place;
    struct mark_file first, second;
    struct hl_detail detail = {0};
    place_init(&place);
    create(&place, 3);
    assert_ok(mark_file_open(place.path, &first, NULL));
    assert_err(mark_file_open(place.path, &second, &detail), HL_ELOCKED);
    assert_non_null(strstr(detail.text, "stop that one"));
    assert_int_equal(second.fd, -1);
    write_size(&first, 4);
    mark_file_close(&first);
    assert_ok(mark_file_open(place.path, &second, NULL));
    assert_int_equal(second.mark.head.size, 4);
    mark_file_close(&second);
    place_fini(&place);
}

static void a_write_that_fails_ends_the_process(void **state)
{
    (void)state;
    struct place place;
    struct mark_file file;
    struct hl_detail detail = {0};
    struct head head = head_at(4);
    place_init(&place);
    create(&place, 3);
    assert_ok(mark_file_open(place.path, &file, NULL));
    int writable = file.fd;
    file.fd = open(place.path, O_RDONLY);
    assert_err(mark_file_write(&file, &head, &detail), HL_EFLUSH);
    assert_non_null(strstr(detail.text, "restart"));
    assert_int_equal(file.mark.head.size, 3);
    mark_file_close(&file);
    close(writable);
    place_fini(&place);
}

/* The slot's bytes differ from the newest mark's where it was not written. */
static bool slots_are_equal(const struct place *place)
{
    struct writer raw = {0};
    test_read_file(place->path, &raw);
    struct bytes all = writer_view(&raw);
    bool equal =
        bytes_equal(bytes_slice(all, 0, MARK_SLOT_BYTES),
                    bytes_slice(all, MARK_SLOT_BYTES, MARK_SLOT_BYTES));
    writer_fini(&raw);
    return equal;
}

static void a_mark_that_was_only_read_is_flushed_before_it_counts(void **state)
{
    (void)state;
    struct place place;
    struct mark_file file;
    place_init(&place);
    create(&place, 3);
    assert_ok(mark_file_open(place.path, &file, NULL));
    write_size(&file, 4);
    mark_file_close(&file);
    assert_false(slots_are_equal(&place));

    assert_ok(mark_file_open(place.path, &file, NULL));
    write_size(&file, 4);
    assert_true(slots_are_equal(&place));
    assert_size(&place, 4);
    write_size(&file, 5);
    mark_file_close(&file);
    assert_size(&place, 5);
    place_fini(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_mark_written_is_read_back),
        cmocka_unit_test(a_torn_slot_leaves_the_other),
        cmocka_unit_test(any_changed_byte_is_seen),
        cmocka_unit_test(what_is_no_mark_is_refused_with_its_reason),
        cmocka_unit_test(one_signer_at_a_time_has_it_open),
        cmocka_unit_test(a_write_that_fails_ends_the_process),
        cmocka_unit_test(a_mark_that_was_only_read_is_flushed_before_it_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
