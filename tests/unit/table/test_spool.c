/* SPDX-License-Identifier: Apache-2.0 */
#include "node/table/spool.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

static void put(struct spool *spool, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        char text[16];
        snprintf(text, sizeof(text), "%09u\n", i);
        assert_ok(spool_append(spool, bytes_of(text, 10), NULL));
    }
}

static void expect(struct spool *spool, unsigned index)
{
    char text[16];
    struct writer out = {0};
    snprintf(text, sizeof(text), "%09u\n", index);
    assert_ok(spool_read(spool, (uint64_t)index * 10, 10, &out, NULL));
    assert_true(bytes_equal_text(writer_view(&out), text));
    writer_fini(&out);
}

static void read_anywhere(unsigned count)
{
    struct rng rng = test_rng("spool");
    struct spool *spool = spool_create();
    put(spool, 0, count);
    assert_ok(spool_finish(spool, NULL));
    assert_int_equal(spool_size(spool), (uint64_t)count * 10);
    for (unsigned i = 0; i < count; i += 97) {
        expect(spool, i);
    }
    for (unsigned i = 0; i < 20000; i++) {
        expect(spool, (unsigned)rng_below(&rng, count));
    }
    expect(spool, count - 1);
    spool_destroy(spool);
}

static void what_was_written_is_read_anywhere(void **state)
{
    (void)state;
    read_anywhere(10);     /* in one block */
    read_anywhere(104857); /* in all blocks but a few bytes */
    read_anywhere(104858); /* just over */
    read_anywhere(1000000);
}

/* Its file has no name, so nothing is left however the process ends; and it is
 * there only when it is needed. */
static void nothing_is_seen_in_the_folder(void **state)
{
    (void)state;
    struct spool *spool = spool_create();
    put(spool, 0, 1000000);
    size_t files = 0;
    DIR *folder = opendir(getenv("TMPDIR"));
    assert_non_null(folder);
    for (struct dirent *item = readdir(folder); item != NULL;
         item = readdir(folder)) {
        files += strstr(item->d_name, "heluo-") != NULL;
    }
    closedir(folder);
    assert_int_equal(files, 0);
    spool_destroy(spool);
}

static void a_folder_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    char *folder = getenv("TMPDIR");
    char saved[512];
    snprintf(saved, sizeof(saved), "%s", folder);
    setenv("TMPDIR", "/nowhere", 1);
    struct spool *spool = spool_create();
    struct hl_detail detail = {0};
    hl_err err = HL_OK;
    char block[16384] = {0};
    for (unsigned i = 0; i < 100 && err == HL_OK; i++) {
        err = spool_append(spool, bytes_of(block, sizeof(block)), &detail);
    }
    setenv("TMPDIR", saved, 1);
    assert_err(err, HL_EIO);
    assert_non_null(strstr(detail.text, "TMPDIR"));
    spool_destroy(spool);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read_anywhere),
        cmocka_unit_test(nothing_is_seen_in_the_folder),
        cmocka_unit_test(a_folder_that_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
