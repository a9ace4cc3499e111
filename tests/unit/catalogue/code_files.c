/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/catalogue/code_files.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/support.h"

/* Ends the column at `at`, without quotes, and returns where the next begins.
 */
static char *end_column(char **at, char separator)
{
    char *end = *at + strcspn(*at, (char[]){separator, '\n', '\0'});
    char *next = end + (*end != '\0');
    *end = '\0';
    if (**at == '"' && end > *at + 1 && end[-1] == '"') {
        end[-1] = '\0';
        *at += 1;
    }
    return next;
}

size_t code_file_each(const char *name, char separator, code_file_fn fn,
                      void *context)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/../node/catalogue/data/%s",
             HELUO_TESTS_DIR, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char line[1024];
    assert_non_null(fgets(line, sizeof(line), file));
    size_t rows = 0;
    while (fgets(line, sizeof(line), file) != NULL) {
        char *columns[CODE_FILE_COLUMNS];
        char *at = line;
        for (size_t i = 0; i < CODE_FILE_COLUMNS; i++) {
            columns[i] = at;
            at = end_column(&columns[i], separator);
        }
        fn(rows++, columns, context);
    }
    fclose(file);
    return rows;
}

void name_index_check(const struct name_index *index, size_t count)
{
    assert_int_equal(index->count, count);
    for (size_t i = 0; i < index->count; i++) {
        uint8_t space[NAME_KEY_BYTES];
        struct bytes key = bytes_of_text(index->rows[i].key);
        assert_true(bytes_equal(name_key(key, space), key));
        if (i > 0) {
            int order =
                bytes_compare(bytes_of_text(index->rows[i - 1].key), key);
            assert_true(order < 0 || (order == 0 && index->rows[i - 1].row <
                                                        index->rows[i].row));
        }
    }
}
