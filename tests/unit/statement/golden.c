/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/statement/golden.h"

#include <stdio.h>
#include <unistd.h>

#include "tests/support/scratch.h"
#include "tests/support/support.h"

static char folder[256];

int here_begin(void **state)
{
    (void)state;
    scratch_make(folder, sizeof(folder));
    return chdir(folder);
}

int here_end(void **state)
{
    (void)state;
    int left = chdir("/");
    scratch_remove(folder);
    return left;
}

void write_here(const char *name, struct bytes text)
{
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text.data, 1, text.size, file), text.size);
    assert_int_equal(fclose(file), 0);
}

void assert_golden(const struct writer *written, const char *name)
{
    char path[512];
    struct writer wanted = {0};
    snprintf(path, sizeof(path), HELUO_TESTS_DIR "/unit/statement/data/%s",
             name);
    test_read_file(path, &wanted);
    bool same = bytes_equal(writer_view(written), writer_view(&wanted));
    writer_fini(&wanted);
    if (!same) {
        print_error("other than %s:\n%.*s\n", path,
                    BYTES_ARGS(writer_view(written)));
    }
    assert_true(same);
}
