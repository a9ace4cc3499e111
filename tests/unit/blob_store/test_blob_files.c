/* SPDX-License-Identifier: Apache-2.0 */
#include "node/blob/blob_files.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/scratch.h"
#include "tests/support/support.h"

enum { SIZE = 3 * BLOB_PART_BYTES + 1000, PARTS = 4 };

struct place {
    char folder[400];
    char path[512];
    struct blob_files *files;
    struct blob_store store;
    struct blob_name name;
    struct blob_seal seal;
    struct writer form;
};

static void open_in(struct place *place, uint64_t max_bytes)
{
    struct blob_files_options options = {
        .folder = place->path, .max_bytes = max_bytes, .reserve_bytes = 0};
    struct hl_detail detail = {0};
    assert_ok(blob_files_open(&options, &place->files, &detail));
    place->store = blob_files_store(place->files);
}

static void open_place(struct place *place, uint64_t max_bytes)
{
    struct blob_leaves leaves = {0};
    *place = (struct place){.name = {.node = "luoyang"}};
    scratch_make(place->folder, sizeof(place->folder));
    (void)snprintf(place->path, sizeof(place->path), "%s/blobs", place->folder);
    open_in(place, max_bytes);
    uint8_t *bytes = writer_extend(&place->form, SIZE);
    for (size_t i = 0; i < SIZE; i++) {
        bytes[i] = (uint8_t)(i * 31 + i / 257);
    }
    for (uint64_t i = 0; i < PARTS; i++) {
        struct hl_hash leaf = merkle_leaf(bytes_slice(writer_view(&place->form),
                                                      i * BLOB_PART_BYTES,
                                                      blob_part_size(SIZE, i)));
        blob_leaves_add(&leaves, &leaf);
    }
    place->seal = (struct blob_seal){SIZE, blob_leaves_root(&leaves)};
    place->name.id = place->seal.root;
    blob_leaves_fini(&leaves);
}

static void close_place(struct place *place)
{
    blob_files_close(&place->files);
    writer_fini(&place->form);
    scratch_remove(place->folder);
}

static hl_err append(struct place *place, uint64_t index, bool *whole)
{
    struct hl_detail detail = {0};
    return place->store.append(
        place->store.context, &place->name, &place->seal, index,
        bytes_slice(writer_view(&place->form), index * BLOB_PART_BYTES,
                    blob_part_size(SIZE, index)),
        whole, &detail);
}

static struct blob_held held(struct place *place)
{
    struct blob_held out;
    place->store.held(place->store.context, &place->name, &place->seal, &out);
    return out;
}

static uint64_t used(struct place *place)
{
    struct blob_usage usage;
    blob_files_usage(place->files, (struct hl_wall){0}, &usage);
    return usage.bytes;
}

static void file_of(const struct place *place, const char *ending,
                    char out[1024])
{
    struct writer hex = {0};
    writer_hex(&hex, bytes_of(place->name.id.bytes, HL_HASH_BYTES));
    (void)snprintf(out, 1024, "%s/%s.%.*s%s", place->path, place->name.node,
                   BYTES_ARGS(writer_view(&hex)), ending);
    writer_fini(&hex);
}

static void parts_in_order_make_it_whole(void **state)
{
    struct place place;
    bool whole;
    (void)state;
    open_place(&place, 1 << 30);
    for (uint64_t i = 0; i < PARTS; i++) {
        assert_int_equal(held(&place).parts, i);
        assert_false(held(&place).whole);
        assert_ok(append(&place, i, &whole));
        assert_true(whole == (i == PARTS - 1));
    }
    assert_true(held(&place).whole);
    assert_int_equal(used(&place), SIZE + PARTS * 32);
    struct blob_leaves leaves = {0};
    assert_ok(place.store.leaves(place.store.context, &place.name, &place.seal,
                                 &leaves, NULL));
    struct hl_hash root = blob_leaves_root(&leaves);
    assert_true(hash_equal(&root, &place.seal.root));
    for (uint64_t i = 0; i < PARTS; i++) {
        struct writer part = {0};
        struct proof proof;
        assert_ok(place.store.read(place.store.context, &place.name,
                                   &place.seal, i, &part, NULL));
        blob_leaves_prove(&leaves, i, &proof);
        assert_ok(blob_part_verify(&place.seal, i, writer_view(&part), &proof));
        writer_fini(&part);
    }
    blob_leaves_fini(&leaves);
    assert_ok(blob_files_verify(place.files, &place.name, &place.seal, NULL));
    assert_ok(place.store.remove(place.store.context, &place.name, NULL));
    assert_false(held(&place).whole);
    assert_int_equal(used(&place), 0);
    close_place(&place);
}

static void it_goes_on_where_a_process_ended(void **state)
{
    struct place place;
    bool whole;
    (void)state;
    open_place(&place, 1 << 30);
    assert_ok(append(&place, 0, &whole));
    assert_ok(append(&place, 1, &whole));
    blob_files_close(&place.files);
    open_in(&place, 1 << 30);
    assert_int_equal(held(&place).parts, 2);
    assert_int_equal(used(&place), 2 * BLOB_PART_BYTES);
    assert_ok(append(&place, 2, &whole));
    assert_ok(append(&place, 3, &whole));
    assert_true(whole);
    assert_int_equal(used(&place), SIZE + PARTS * 32);
    close_place(&place);
}

/* What a power loss leaves of a part that was not synced. */
static void a_torn_part_makes_it_begin_again(void **state)
{
    struct place place;
    bool whole;
    char file[1024];
    (void)state;
    open_place(&place, 1 << 30);
    for (uint64_t i = 0; i < PARTS - 1; i++) {
        assert_ok(append(&place, i, &whole));
    }
    file_of(&place, ".part", file);
    int fd = open(file, O_WRONLY);
    assert_int_equal(pwrite(fd, "\0\0\0\0", 4, 70000), 4);
    close(fd);
    assert_err(append(&place, PARTS - 1, &whole), HL_EPROOF);
    assert_false(whole);
    assert_int_equal(held(&place).parts, 0);
    assert_int_equal(used(&place), 0);
    for (uint64_t i = 0; i < PARTS; i++) {
        assert_ok(append(&place, i, &whole));
    }
    assert_true(whole);
    close_place(&place);
}

/* Killed when all was written and it had no name yet: with and without the
 * leaves behind it. */
static void the_last_part_again_names_it(void **state)
{
    struct place place;
    bool whole;
    char file[1024], part[1024];
    (void)state;
    for (int cut = 0; cut < 2; cut++) {
        open_place(&place, 1 << 30);
        for (uint64_t i = 0; i < PARTS; i++) {
            assert_ok(append(&place, i, &whole));
        }
        blob_files_close(&place.files);
        file_of(&place, "", file);
        file_of(&place, ".part", part);
        assert_int_equal(rename(file, part), 0);
        assert_int_equal(cut == 0 ? 0 : truncate(part, SIZE + 40), 0);
        open_in(&place, 1 << 30);
        assert_false(held(&place).whole);
        assert_int_equal(held(&place).parts, PARTS - 1);
        assert_ok(append(&place, PARTS - 1, &whole));
        assert_true(whole);
        assert_ok(
            blob_files_verify(place.files, &place.name, &place.seal, NULL));
        close_place(&place);
    }
}

static void it_stops_before_its_bound(void **state)
{
    struct place place;
    bool whole;
    struct blob_draft *draft = NULL;
    (void)state;
    open_place(&place, SIZE);
    assert_err(append(&place, 0, &whole), HL_EFULL);
    assert_int_equal(used(&place), 0);
    assert_err(blob_draft_begin(place.files, SIZE, &draft, NULL), HL_EFULL);
    blob_files_close(&place.files);
    open_in(&place, SIZE + PARTS * 32);
    assert_ok(append(&place, 0, &whole));
    assert_err(blob_draft_begin(place.files, SIZE, &draft, NULL), HL_EFULL);
    for (uint64_t i = 1; i < PARTS; i++) {
        assert_ok(append(&place, i, &whole));
    }
    assert_true(whole);
    assert_ok(place.store.remove(place.store.context, &place.name, NULL));
    assert_ok(blob_draft_begin(place.files, SIZE, &draft, NULL));
    blob_draft_drop(&draft);
    assert_int_equal(used(&place), 0);
    close_place(&place);
}

static void a_draft_gets_its_name_or_is_gone(void **state)
{
    struct place place;
    struct blob_draft *draft = NULL;
    struct blob_seal seal;
    (void)state;
    open_place(&place, 1 << 30);
    assert_ok(blob_draft_begin(place.files, SIZE, &draft, NULL));
    for (size_t at = 0; at < SIZE; at += 50000) {
        assert_ok(
            blob_draft_add(draft,
                           bytes_slice(writer_view(&place.form), at,
                                       SIZE - at < 50000 ? SIZE - at : 50000),
                           NULL));
    }
    assert_ok(blob_draft_finish(draft, &seal, NULL));
    assert_true(hash_equal(&seal.root, &place.seal.root));
    assert_int_equal(seal.size, SIZE);
    assert_false(held(&place).whole);
    assert_ok(blob_draft_place(draft, &place.name, NULL));
    assert_ok(blob_draft_place(draft, &place.name, NULL)); /* run again */
    assert_true(held(&place).whole);
    /* The transaction failed, what nobody names went, and it runs again. */
    assert_ok(place.store.remove(place.store.context, &place.name, NULL));
    assert_false(held(&place).whole);
    assert_ok(blob_draft_place(draft, &place.name, NULL));
    blob_draft_drop(&draft);
    assert_true(held(&place).whole);
    assert_int_equal(used(&place), SIZE + PARTS * 32);
    assert_ok(blob_files_verify(place.files, &place.name, &place.seal, NULL));
    close_place(&place);
}

static void what_a_killed_process_was_sealing_is_gone(void **state)
{
    struct place place;
    char file[1024];
    (void)state;
    open_place(&place, 1 << 30);
    (void)snprintf(file, sizeof(file), "%s/draft-00ff", place.path);
    int fd = open(file, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, "half", 4), 4);
    close(fd);
    blob_files_close(&place.files);
    open_in(&place, 1 << 30);
    assert_int_equal(used(&place), 0);
    assert_int_equal(access(file, F_OK), -1);
    close_place(&place);
}

static void count(void *context, const struct blob_name *name)
{
    struct place *place = context;
    assert_true(hash_equal(&name->id, &place->name.id));
    assert_string_equal(name->node, "luoyang");
    place->seal.size++;
}

static void a_changed_byte_is_found_and_all_files_are_listed(void **state)
{
    struct place place;
    bool whole;
    char file[1024];
    (void)state;
    open_place(&place, 1 << 30);
    for (uint64_t i = 0; i < PARTS; i++) {
        assert_ok(append(&place, i, &whole));
    }
    file_of(&place, "", file);
    for (off_t at = 0; at < SIZE + PARTS * 32; at += 9973) {
        int fd = open(file, O_RDWR);
        uint8_t byte;
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        byte ^= 4;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        assert_err(
            blob_files_verify(place.files, &place.name, &place.seal, NULL),
            HL_EDAMAGED);
        byte ^= 4;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        close(fd);
    }
    uint64_t before = place.seal.size;
    assert_ok(blob_files_each(place.files, count, &place, NULL));
    assert_int_equal(place.seal.size, before + 1);
    close_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_in_order_make_it_whole),
        cmocka_unit_test(it_goes_on_where_a_process_ended),
        cmocka_unit_test(a_torn_part_makes_it_begin_again),
        cmocka_unit_test(the_last_part_again_names_it),
        cmocka_unit_test(it_stops_before_its_bound),
        cmocka_unit_test(a_draft_gets_its_name_or_is_gone),
        cmocka_unit_test(what_a_killed_process_was_sealing_is_gone),
        cmocka_unit_test(a_changed_byte_is_found_and_all_files_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
