/* SPDX-License-Identifier: Apache-2.0 */

/* Files of tests/unit/import/data, a kind of dirt each, beside what an import
 * says of them, which is in FILE.said. */

#include "node/import/convert.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/support.h"
#include "tests/unit/import/import_dump.h"

#define DATA HELUO_TESTS_DIR "/unit/import/data/"

static void expect(const char *file, const char *kind, const char *mapping)
{
    char path[512];
    struct writer said = {0};
    struct writer expected = {0};
    snprintf(path, sizeof(path), DATA "%s", file);
    import_dump(path, kind, mapping, &said);
    snprintf(path, sizeof(path), DATA "%s.said", file);
    writer_u8(&said, 0);
    test_read_file(path, &expected);
    writer_u8(&expected, 0);
    if (strcmp((char *)said.data, (char *)expected.data) != 0) {
        print_error("of %s is said\n%s", file, (char *)said.data);
    }
    assert_string_equal((char *)said.data, (char *)expected.data);
    writer_fini(&said);
    writer_fini(&expected);
}

#define DIRT(name, file)                                                       \
    static void name(void **state)                                             \
    {                                                                          \
        (void)state;                                                           \
        expect(file, "instrument", NULL);                                      \
    }
DIRT(clean_rows_are_taken_as_they_are, "clean.csv")
DIRT(a_lost_zero_is_put_back, "zero.csv")
DIRT(money_in_another_unit_is_told_apart, "money.csv")
DIRT(full_width_is_narrowed_where_half_width_is_meant, "width.csv")
DIRT(words_for_nothing_are_nothing, "nothing.csv")
DIRT(days_of_other_forms_are_read_and_no_days_refused, "date.csv")
DIRT(divisions_are_of_their_list_or_found_by_names, "division.csv")
DIRT(classes_are_of_their_list_and_named_as_it_says, "class.csv")
DIRT(values_that_were_cut_are_doubted, "cut.csv")
DIRT(subjects_with_commas_in_their_names_are_found, "subject.csv")
DIRT(nations_are_of_the_list, "nation.csv")
DIRT(addresses_get_their_scheme, "address.csv")
DIRT(numbers_are_numbers_and_words_of_the_list, "number.csv")
DIRT(a_row_without_a_number_gets_one_of_its_content, "no_number.csv")
DIRT(rows_of_wrong_quotes_and_cells_are_named, "row.csv")
DIRT(fields_keep_their_rules, "rule.csv")
DIRT(what_was_refused_for_its_bytes_is_refused_until_corrected, "again.csv")

static void an_export_comes_back_whatever_its_words(void **state)
{
    (void)state;
    expect("export.csv", "service", NULL);
}

static void bytes_of_no_character_refuse_their_row(void **state)
{
    (void)state;
    expect("bytes.csv", "instrument", DATA "bytes.mapping.csv");
}

static void a_mapping_heals_what_it_says(void **state)
{
    (void)state;
    expect("mapped.csv", "instrument", DATA "mapped.mapping.csv");
}

static void national_payloads_are_read(void **state)
{
    (void)state;
    expect("../../../data/nrii_equipment.json", "instrument", "nrii");
}

static void ignore(void *context, const struct defect *defect)
{
    (void)context;
    assert_true(defect->reason[0] != '\0');
}

/* Cells of 60 kB, and words and constants that are longer than their cells: all
 * stand at once in memory that does not move. */
static void texts_of_a_large_row_stay_where_they_are(void **state)
{
    (void)state;
    enum { LONG = 60000 };
    struct writer map = {0}, file = {0};
    struct mapping *mapping = NULL;
    struct table_reader *reader = NULL;
    struct binding binding = {0};
    union record_room record;
    const struct table_row *row = NULL;
    const struct table_options options = {.format = TABLE_CSV};
    const struct record_kind *kind = record_kind_of_word("instrument");
    static const char *const names[] = {"technical", "function", "fee",
                                        "requirement", "achievement"};
    writer_text(&map, "column,attribute,as\n");
    writer_text(&file, "inner_id,technical,function,fee,requirement,"
                       "achievement\nA-1");
    for (size_t i = 0; i < 5; i++) {
        writer_format(&map, "%s,%s,x=", names[i], names[i]);
        memset(writer_extend(&map, LONG), 'a' + (int)i, LONG);
        writer_text(&map, "\n");
        writer_text(&file, ",x");
    }
    writer_text(&file, "\n");
    assert_ok(mapping_open_memory(writer_view(&map), kind, &mapping, NULL));
    assert_ok(table_reader_open_memory(writer_view(&file), "", &options,
                                       &reader, NULL));
    assert_ok(mapping_bind(mapping, reader, &binding, NULL));
    struct converter *converter =
        converter_create(&binding, NULL, ignore, NULL);
    assert_ok(table_reader_next(reader, &row, NULL));
    bool identified = true;
    assert_false(convert_row(converter, row, &record, &identified));
    for (size_t i = 0; i < 5; i++) {
        struct writer text = {0};
        attribute_format(kind, attribute_find(kind, bytes_of_text(names[i])),
                         &record, &text);
        assert_int_equal(text.size, LONG);
        assert_int_equal(text.data[LONG - 1], 'a' + (int)i);
        writer_fini(&text);
    }
    converter_destroy(&converter);
    binding_fini(&binding);
    table_reader_close(&reader);
    mapping_close(&mapping);
    writer_fini(&map);
    writer_fini(&file);
}

int main(int argc, char **argv)
{
    test_seed_init(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clean_rows_are_taken_as_they_are),
        cmocka_unit_test(a_lost_zero_is_put_back),
        cmocka_unit_test(money_in_another_unit_is_told_apart),
        cmocka_unit_test(full_width_is_narrowed_where_half_width_is_meant),
        cmocka_unit_test(words_for_nothing_are_nothing),
        cmocka_unit_test(days_of_other_forms_are_read_and_no_days_refused),
        cmocka_unit_test(divisions_are_of_their_list_or_found_by_names),
        cmocka_unit_test(classes_are_of_their_list_and_named_as_it_says),
        cmocka_unit_test(bytes_of_no_character_refuse_their_row),
        cmocka_unit_test(values_that_were_cut_are_doubted),
        cmocka_unit_test(subjects_with_commas_in_their_names_are_found),
        cmocka_unit_test(nations_are_of_the_list),
        cmocka_unit_test(addresses_get_their_scheme),
        cmocka_unit_test(numbers_are_numbers_and_words_of_the_list),
        cmocka_unit_test(a_row_without_a_number_gets_one_of_its_content),
        cmocka_unit_test(rows_of_wrong_quotes_and_cells_are_named),
        cmocka_unit_test(fields_keep_their_rules),
        cmocka_unit_test(
            what_was_refused_for_its_bytes_is_refused_until_corrected),
        cmocka_unit_test(an_export_comes_back_whatever_its_words),
        cmocka_unit_test(a_mapping_heals_what_it_says),
        cmocka_unit_test(national_payloads_are_read),
        cmocka_unit_test(texts_of_a_large_row_stay_where_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
