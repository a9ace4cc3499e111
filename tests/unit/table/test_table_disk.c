/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* unshare */

/* Tables on disks that fail. */

#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/table/table_writer.h"
#include "tests/support/scratch.h"
#include "tests/support/support.h"

static const enum table_format formats[] = {TABLE_CSV, TABLE_TSV, TABLE_JSONL,
                                            TABLE_JSON, TABLE_XLSX};
enum { FORMATS = sizeof(formats) / sizeof(*formats), COLUMNS = 3 };

static char folder[256];

static int set_up(void **state)
{
    (void)state;
    scratch_make(folder, sizeof(folder));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(folder);
    return 0;
}

static size_t files_in(const char *where)
{
    size_t count = 0;
    DIR *opened = opendir(where);
    if (opened == NULL) {
        return SIZE_MAX;
    }
    for (struct dirent *item = readdir(opened); item != NULL;
         item = readdir(opened)) {
        count +=
            strcmp(item->d_name, ".") != 0 && strcmp(item->d_name, "..") != 0;
    }
    closedir(opened);
    return count;
}

/* Writes until something fails; true where that was an error as it should be,
 * and no file is left. */
static bool fails_clean(const char *where, enum table_format format,
                        hl_err expected)
{
    enum { ROWS = 40000 };
    char path[512];
    char text[64];
    struct bytes cells[COLUMNS] = {bytes_of_text("a"), bytes_of_text("b"),
                                   bytes_of_text("c")};
    struct table_writer *writer = NULL;
    struct hl_detail detail = {0};
    const struct table_target target = {.format = format};
    snprintf(path, sizeof(path), "%s/full.%s", where,
             table_format_name(format));
    hl_err err =
        table_writer_open(path, &target, cells, COLUMNS, &writer, &detail);
    for (unsigned i = 0; i < ROWS && err == HL_OK; i++) {
        for (size_t c = 0; c < COLUMNS; c++) {
            /* Not for deflate to make small. */
            snprintf(text, sizeof(text), "%08x%08x", i * 2654435761u,
                     (i ^ 0x5bd1e995u) * 2246822519u);
            cells[c] = bytes_of_text(text);
        }
        err = table_writer_put(writer, cells, &detail);
    }
    if (err == HL_OK) {
        err = table_writer_commit(&writer, &detail);
    } else {
        table_writer_abort(&writer);
    }
    bool good = err == expected || (format == TABLE_XLSX && err == HL_EIO);
    if (!good || files_in(where) != 0) {
        print_error("%s: %s: %s\n", path, hl_err_name(err), detail.text);
    }
    return good && files_in(where) == 0;
}

/* In a process of its own, as what it does to itself cannot be undone. */
static int in_child(bool (*run)(void))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(run() ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static bool write_with_small_files(void)
{
    const struct rlimit limit = {100000, 100000};
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) {
        return false;
    }
    bool good = true;
    for (size_t f = 0; f < FORMATS; f++) {
        good = fails_clean(folder, formats[f], HL_EIO) && good;
    }
    return good;
}

/* Of an xlsx, this cuts the library's own temporary files, whose writes it
 * does not look at. */
static void a_write_that_fails_is_an_error_and_leaves_nothing(void **state)
{
    (void)state;
    assert_int_equal(in_child(write_with_small_files), 0);
}

static bool write_to_full_disk(void)
{
    char small[512];
    snprintf(small, sizeof(small), "%s/small", folder);
    bool mounted = unshare(CLONE_NEWNS) == 0 &&
                   mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
                   mkdir(small, 0755) == 0 &&
                   mount("tmpfs", small, "tmpfs", 0, "size=256k") == 0;
    if (!mounted) {
        perror("mount");
        return false;
    }
    bool good = true;
    for (size_t f = 0; f < FORMATS; f++) {
        good = fails_clean(small, formats[f], HL_EFULL) && good;
    }
    /* And where only the temporary files have no room. */
    setenv("TMPDIR", small, 1);
    char other[512];
    snprintf(other, sizeof(other), "%s/other", folder);
    mkdir(other, 0755);
    return fails_clean(other, TABLE_XLSX, HL_EFULL) && good;
}

static void a_full_disk_is_told_and_leaves_nothing(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        print_message("only root may mount\n");
        assert_null(getenv("HELUO_NO_SKIP"));
        skip();
    }
    assert_int_equal(in_child(write_to_full_disk), 0);
}

int main(void)
{
#define RULE(rule) cmocka_unit_test_setup_teardown(rule, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        RULE(a_write_that_fails_is_an_error_and_leaves_nothing),
        RULE(a_full_disk_is_told_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
