/* SPDX-License-Identifier: Apache-2.0 */

/* What is remembered of a whole file: where values end, and which rows it had.
 */

#include "node/import/survey.h"

#include "node/import/seen.h"
#include "tests/support/support.h"

static void survey(const struct writer *file, struct survey *out)
{
    struct table_reader *reader = NULL;
    const struct table_options options = {.format = TABLE_CSV};
    assert_ok(table_reader_open_memory(writer_view(file), "", &options, &reader,
                                       NULL));
    assert_ok(survey_read(reader, out, NULL));
    table_reader_close(&reader);
}

/* `many` values of `length` characters, all different or all the same, and
 * `others` of five. */
static uint32_t cut_of(unsigned many, unsigned length, unsigned others,
                       bool same)
{
    struct writer file = {0};
    struct survey found;
    writer_text(&file, "a,b\n");
    for (unsigned i = 0; i < many; i++) {
        for (unsigned j = 1; j < length; j++) {
            writer_text(&file, "仪");
        }
        writer_format(&file, "%c,x\n", same ? 'a' : 'a' + (int)(i % 26));
    }
    for (unsigned i = 0; i < others; i++) {
        writer_format(&file, "短%c的%u值,y\n", 'a' + (int)(i % 26), i % 10);
    }
    survey(&file, &found);
    assert_int_equal(found.rows, many + others);
    assert_false(survey_is_cut(&found, 1, 1));
    assert_false(survey_is_cut(&found, 0, 5));
    uint32_t cut = survey_is_cut(&found, 0, length) ? length : 0;
    survey_fini(&found);
    writer_fini(&file);
    return cut;
}

static void many_of_the_longest_were_cut(void **state)
{
    (void)state;
    assert_int_equal(cut_of(12, 20, 30, false), 20);
    assert_int_equal(cut_of(9, 20, 30, false), 0);   /* fewer than ten */
    assert_int_equal(cut_of(12, 20, 300, false), 0); /* not one in twenty */
    assert_int_equal(cut_of(12, 20, 0, false), 0);   /* all are as long */
    assert_int_equal(cut_of(12, 20, 30, true), 0);   /* a usual sentence */
    assert_int_equal(cut_of(12, 300, 30, false),
                     0); /* too long to be looked at */
    assert_int_equal(cut_of(0, 20, 0, false), 0);
}

/* Of 400 values of 24 to 63 characters, ten of each length, and some of one
 * length more. */
static bool is_cut_among(unsigned some, unsigned length)
{
    struct writer file = {0};
    struct survey found;
    writer_text(&file, "a\n");
    for (unsigned i = 0; i < 400 + some; i++) {
        writer_format(&file, "%0*u\n",
                      i < 400 ? 24 + (int)(i % 40) : (int)length, i);
    }
    survey(&file, &found);
    bool cut = survey_is_cut(&found, 0, length);
    survey_fini(&found);
    writer_fini(&file);
    return cut;
}

static void some_are_cut_where_programs_cut(void **state)
{
    (void)state;
    assert_true(is_cut_among(10, 20));
    assert_false(is_cut_among(9, 20));  /* fewer than ten */
    assert_false(is_cut_among(10, 19)); /* no usual length */
    assert_false(is_cut_among(10, 50)); /* others are as long */
    assert_true(is_cut_among(200, 50));
}

static void characters_are_counted_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(survey_length(bytes_of_text("a仪𠀀é")), 4);
    assert_int_equal(survey_length((struct bytes){0}), 0);
}

static void rows_of_a_large_file_are_all_remembered(void **state)
{
    (void)state;
    enum { ROWS = 100000 };
    struct rng rng = test_rng(__func__);
    struct rng again = test_rng(__func__);
    struct seen *seen = seen_create();
    uint32_t content = 0, line = 0;
    for (uint32_t i = 0; i < ROWS; i++) {
        assert_false(seen_add(seen, rng_next(&rng), i, i + 2, &content, &line));
    }
    for (uint32_t i = 0; i < ROWS; i++) {
        uint64_t key = rng_next(&again);
        assert_true(seen_has(seen, key));
        assert_true(seen_add(seen, key, 7, 7, &content, &line));
        assert_int_equal(content, i);
        assert_int_equal(line, i + 2);
    }
    assert_false(seen_has(seen, 0));
    assert_false(seen_add(seen, 0, 1, 2, &content, &line));
    assert_true(seen_has(seen, 0));
    seen_destroy(&seen);
    assert_null(seen);
    seen_destroy(&seen);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_of_the_longest_were_cut),
        cmocka_unit_test(some_are_cut_where_programs_cut),
        cmocka_unit_test(characters_are_counted_not_bytes),
        cmocka_unit_test(rows_of_a_large_file_are_all_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
