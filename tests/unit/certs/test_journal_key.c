/* SPDX-License-Identifier: Apache-2.0 */
#include "certs/tools/journal_key.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs/tools/file.h"
#include "certs/tools/mark_file.h"
#include "protocol/tree/merkle.h"
#include "tests/support/scratch.h"
#include "tests/support/support.h"

struct place {
    char folder[64];
    char key[96], part[96], mark[96];
    struct journal_key_files files;
};

static struct place *make_place(void)
{
    static struct place place;
    place = (struct place){0};
    scratch_make(place.folder, sizeof(place.folder));
    snprintf(place.key, sizeof(place.key), "%s/k", place.folder);
    snprintf(place.part, sizeof(place.part), "%s/k.part", place.folder);
    snprintf(place.mark, sizeof(place.mark), "%s/m", place.folder);
    place.files = (struct journal_key_files){place.key, place.mark};
    return &place;
}

static void destroy_place(const struct place *place)
{
    unlink(place->key);
    unlink(place->part);
    unlink(place->mark);
    assert_int_equal(rmdir(place->folder), 0);
}

static struct writer make_other(enum key_kind kind, const char *id,
                                const char *passphrase,
                                struct key_public *public)
{
    struct writer text = {0};
    const struct keyfile_spec spec = {.kind = kind,
                                      .alliance = bytes_of_text("zy.example"),
                                      .id = bytes_of_text(id),
                                      .passphrase = bytes_of_text(passphrase)};
    assert_ok(keyfile_new(&spec, &text, public, NULL));
    return text;
}

static struct writer make_key(struct key_public *public)
{
    return make_other(KEY_JOURNAL, "luoyang", "", public);
}

static void write_mark(const struct place *place, const struct vkey *key,
                       uint64_t size)
{
    struct mark mark = {.key = *key, .head.size = size};
    mark.head.root =
        size == 0 ? merkle_empty_root() : hash_bytes((struct bytes){0});
    mark.head.root.bytes[0] ^= size == 0 ? 0 : 1;
    struct writer text = {0};
    mark_file_text(&mark, &text);
    assert_ok(
        file_create(place->mark, FILE_MODE_PUBLIC, writer_view(&text), NULL));
    writer_fini(&text);
}

/* Key and mark are there, of one key, and it is this one. */
static void assert_pair(const struct place *place, const struct vkey *key)
{
    struct keyfile keyfile = {0};
    struct writer text = {0};
    struct mark mark;
    assert_ok(keyfile_load(place->key, bytes_of_text(""), &keyfile, NULL));
    assert_ok(file_read(place->mark, MARK_FILE_BYTES, &text, NULL));
    assert_ok(mark_file_parse(writer_view(&text), &mark, NULL));
    assert_int_equal(mark.head.size, 0);
    assert_true(vkey_equal(&mark.key, key));
    assert_true(vkey_equal(&keyfile.public.vkey, key));
    assert_false(file_exists(place->part));
    writer_fini(&text);
    keyfile_fini(&keyfile);
}

static void key_and_mark_come_together(void **state)
{
    (void)state;
    struct place *place = make_place();
    struct key_public public = {0};
    struct writer text = make_key(&public);
    enum journal_key_outcome outcome = JOURNAL_KEY_FINISHED;
    assert_ok(journal_key_create(&place->files, writer_view(&text), &public,
                                 &outcome, NULL));
    assert_int_equal(outcome, JOURNAL_KEY_CREATED);
    assert_pair(place, &public.vkey);
    assert_err(journal_key_create(&place->files, writer_view(&text), &public,
                                  &outcome, NULL),
               HL_EEXISTS);
    /* Also where the mark is away, or asked for elsewhere. */
    assert_int_equal(unlink(place->mark), 0);
    assert_err(journal_key_create(&place->files, writer_view(&text), &public,
                                  &outcome, NULL),
               HL_EEXISTS);
    assert_false(file_exists(place->mark));
    assert_false(file_exists(place->part));
    secret_fini(&text);
    destroy_place(place);
}

static void a_key_without_its_mark_is_begun_anew(void **state)
{
    (void)state;
    struct place *place = make_place();
    struct key_public former = {0}, public = {0};
    struct writer first = make_key(&former), text = make_key(&public);
    enum journal_key_outcome outcome = JOURNAL_KEY_FINISHED;
    assert_ok(
        file_create(place->part, FILE_MODE_SECRET, writer_view(&first), NULL));
    assert_ok(journal_key_create(&place->files, writer_view(&text), &public,
                                 &outcome, NULL));
    assert_int_equal(outcome, JOURNAL_KEY_CREATED);
    assert_pair(place, &public.vkey);
    secret_fini(&first);
    secret_fini(&text);
    destroy_place(place);
}

static void a_key_with_its_mark_is_finished(void **state)
{
    (void)state;
    struct place *place = make_place();
    struct key_public former = {0}, public = {0};
    struct writer first = make_key(&former), text = make_key(&public);
    enum journal_key_outcome outcome = JOURNAL_KEY_CREATED;
    assert_ok(
        file_create(place->part, FILE_MODE_SECRET, writer_view(&first), NULL));
    write_mark(place, &former.vkey, 0);
    assert_ok(journal_key_create(&place->files, writer_view(&text), &public,
                                 &outcome, NULL));
    assert_int_equal(outcome, JOURNAL_KEY_FINISHED);
    assert_true(vkey_equal(&public.vkey, &former.vkey));
    assert_pair(place, &former.vkey);
    secret_fini(&first);
    secret_fini(&text);
    destroy_place(place);
}

static void the_mark_of_another_key_is_never_touched(void **state)
{
    (void)state;
    /* Without a .part; with one of another key; with its own, but grown. */
    for (int i = 0; i < 3; i++) {
        struct place *place = make_place();
        struct key_public former = {0}, public = {0};
        struct writer first = make_key(&former), text = make_key(&public);
        enum journal_key_outcome outcome = JOURNAL_KEY_CREATED;
        struct writer before = {0}, after = {0};
        write_mark(place, i == 1 ? &public.vkey : &former.vkey, i == 2);
        if (i > 0) {
            assert_ok(file_create(place->part, FILE_MODE_SECRET,
                                  writer_view(&first), NULL));
        }
        assert_ok(file_read(place->mark, MARK_FILE_BYTES, &before, NULL));
        assert_err(journal_key_create(&place->files, writer_view(&text),
                                      &public, &outcome, NULL),
                   HL_EEXISTS);
        assert_ok(file_read(place->mark, MARK_FILE_BYTES, &after, NULL));
        assert_true(bytes_equal(writer_view(&before), writer_view(&after)));
        assert_false(file_exists(place->key));
        assert_int_equal(file_exists(place->part), i > 0);
        writer_fini(&before);
        writer_fini(&after);
        secret_fini(&first);
        secret_fini(&text);
        destroy_place(place);
    }
}

static void a_key_of_another_order_is_not_finished(void **state)
{
    (void)state;
    static const struct {
        const char *id, *passphrase;
        hl_err err;
    } cases[] = {{"kaifeng", "", HL_EEXISTS},
                 {"luoyang", "opensesame", HL_EPASSPHRASE}};
    for (int i = 0; i < 4; i++) {
        struct place *place = make_place();
        struct key_public former = {0}, public = {0};
        bool turned = i >= 2; /* who came first */
        struct writer first = make_other(KEY_JOURNAL, cases[i % 2].id,
                                         cases[i % 2].passphrase, &former);
        struct writer text = make_key(&public);
        struct key_public asked = turned ? former : public;
        struct key_public begun = turned ? public : former;
        enum journal_key_outcome outcome = JOURNAL_KEY_CREATED;
        assert_ok(file_create(place->part, FILE_MODE_SECRET,
                              writer_view(turned ? &text : &first), NULL));
        write_mark(place, &begun.vkey, 0);
        assert_err(journal_key_create(&place->files,
                                      writer_view(turned ? &first : &text),
                                      &asked, &outcome, NULL),
                   cases[i % 2].err);
        assert_false(file_exists(place->key));
        assert_true(file_exists(place->part));
        secret_fini(&first);
        secret_fini(&text);
        destroy_place(place);
    }
}

static void a_part_that_is_no_journal_key_is_not_removed(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct place *place = make_place();
        struct key_public other = {0}, public = {0};
        struct writer mirror = make_other(KEY_MIRROR, "luoyang", "", &other);
        struct writer text = make_key(&public), after = {0};
        struct bytes content =
            i == 0 ? bytes_of_text("a thesis\n") : writer_view(&mirror);
        enum journal_key_outcome outcome = JOURNAL_KEY_CREATED;
        assert_ok(file_create(place->part, FILE_MODE_SECRET, content, NULL));
        assert_err(journal_key_create(&place->files, writer_view(&text),
                                      &public, &outcome, NULL),
                   HL_EEXISTS);
        assert_ok(file_read(place->part, SECRET_FILE_MAX_BYTES, &after, NULL));
        assert_true(bytes_equal(writer_view(&after), content));
        assert_false(file_exists(place->key));
        assert_false(file_exists(place->mark));
        secret_fini(&after);
        secret_fini(&mirror);
        secret_fini(&text);
        destroy_place(place);
    }
}

static void key_and_mark_are_two_places_however_they_are_written(void **state)
{
    (void)state;
    static const char *const same[] = {"k", "./k", "link/k", "k.part",
                                       "link/./k.part"};
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        struct place *place = make_place();
        struct key_public public = {0};
        struct writer text = make_key(&public);
        enum journal_key_outcome outcome = JOURNAL_KEY_CREATED;
        char link[96], mark[96];
        snprintf(link, sizeof(link), "%s/link", place->folder);
        assert_int_equal(symlink(".", link), 0);
        snprintf(mark, sizeof(mark), "%s/%s", place->folder, same[i]);
        place->files.mark = mark;
        assert_err(journal_key_create(&place->files, writer_view(&text),
                                      &public, &outcome, NULL),
                   HL_EUSAGE);
        assert_int_equal(unlink(link), 0);
        assert_int_equal(rmdir(place->folder), 0); /* nothing was made */
        secret_fini(&text);
    }
}

static void a_move_never_replaces(void **state)
{
    (void)state;
    struct place *place = make_place();
    struct writer after = {0};
    assert_ok(
        file_create(place->part, FILE_MODE_SECRET, bytes_of_text("new"), NULL));
    assert_ok(
        file_create(place->key, FILE_MODE_SECRET, bytes_of_text("old"), NULL));
    assert_err(file_move(place->part, place->key, NULL), HL_EEXISTS);
    assert_true(file_exists(place->part));
    assert_ok(file_read(place->key, 10, &after, NULL));
    assert_true(bytes_equal_text(writer_view(&after), "old"));
    writer_fini(&after);
    destroy_place(place);
}

/* Root may open what it may not. */
static void in_a_folder_that_cannot_be_synced_nothing_is_left(void **state)
{
    (void)state;
    enum { NOBODY = 65534 };
    struct place *place = make_place();
    bool root = geteuid() == 0;
    if (root) {
        assert_int_equal(chown(place->folder, NOBODY, NOBODY), 0);
        assert_int_equal(seteuid(NOBODY), 0);
    }
    assert_int_equal(chmod(place->folder, 0300), 0);
    hl_err file = file_create(place->mark, FILE_MODE_PUBLIC,
                              bytes_of_text("content"), NULL);
    hl_err folder = file_create_folder(place->key, 0700, NULL);
    assert_int_equal(chmod(place->folder, 0700), 0);
    if (root) {
        assert_int_equal(seteuid(0), 0);
    }
    assert_err(file, HL_EIO);
    assert_err(folder, HL_EIO);
    assert_int_equal(rmdir(place->folder), 0);
}

static void a_mark_that_cannot_be_written_leaves_no_key(void **state)
{
    (void)state;
    struct place *place = make_place();
    struct key_public public = {0};
    struct writer text = make_key(&public);
    enum journal_key_outcome outcome = JOURNAL_KEY_CREATED;
    place->files.mark = "/nonexistent/folder/mark";
    struct hl_detail detail = {0};
    assert_err(journal_key_create(&place->files, writer_view(&text), &public,
                                  &outcome, &detail),
               HL_ENOTFOUND);
    assert_non_null(strstr(detail.text, "the mark '/nonexistent/folder/mark'"));
    assert_false(file_exists(place->key));
    assert_false(file_exists(place->part));
    secret_fini(&text);
    destroy_place(place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_and_mark_come_together),
        cmocka_unit_test(a_key_without_its_mark_is_begun_anew),
        cmocka_unit_test(a_key_with_its_mark_is_finished),
        cmocka_unit_test(the_mark_of_another_key_is_never_touched),
        cmocka_unit_test(a_key_of_another_order_is_not_finished),
        cmocka_unit_test(a_part_that_is_no_journal_key_is_not_removed),
        cmocka_unit_test(key_and_mark_are_two_places_however_they_are_written),
        cmocka_unit_test(a_move_never_replaces),
        cmocka_unit_test(in_a_folder_that_cannot_be_synced_nothing_is_left),
        cmocka_unit_test(a_mark_that_cannot_be_written_leaves_no_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
