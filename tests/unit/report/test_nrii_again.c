/* SPDX-License-Identifier: Apache-2.0 */

/* What is told upward, read again: the mapping "nrii" is the form's inverse. */

#include <string.h>

#include "node/import/convert.h"
#include "node/report/nrii_row.h"
#include "tests/support/support.h"
#include "tests/unit/report/nrii_sample.h"

static void ignore(void *context, const struct defect *defect)
{
    (void)context;
    if (defect->severity == DEFECT_REFUSED) {
        fail_msg("column %d, '%.*s': %s", defect->column,
                 BYTES_ARGS(defect->value), defect->reason);
    }
}

/* The record as it comes back is the record: but for its home, which is the
 * reader's to say, and what the form has no place for. */
static void assert_comes_back(const struct instrument *instrument)
{
    struct nrii_source source = sample_source(instrument);
    struct writer text = {0};
    struct nrii_row row;
    struct mapping *mapping = NULL;
    struct table_reader *reader = NULL;
    const struct table_row *cells = NULL;
    struct binding binding = {0};
    struct hl_detail detail = {0};
    union record_room room;
    bool identified = false;

    writer_u8(&text, '[');
    nrii_row_put(&source, &text, &row);
    writer_u8(&text, ']');
    assert_true(nrii_row_is_complete(&row));
    assert_ok(mapping_open("nrii", NULL, &mapping, &detail));
    const struct table_options options = mapping_options(mapping);
    assert_ok(table_reader_open_memory(writer_view(&text), "a.json", &options,
                                       &reader, &detail));
    assert_ok(mapping_bind(mapping, reader, &binding, &detail));
    struct converter *converter =
        converter_create(&binding, NULL, ignore, NULL);
    assert_ok(table_reader_next(reader, &cells, &detail));
    assert_non_null(cells);
    assert_true(convert_row(converter, cells, &room, &identified));

    struct instrument expected = *instrument;
    struct instrument *back = (void *)&room;
    expected.of.home = back->of.home;
    expected.hours_year = 0;
    expected.contact = source.contact.name;
    expected.phone = source.contact.phone;
    expected.email = source.contact.email;
    const char *differs =
        record_difference(&instrument_record, &expected, back);
    if (differs != NULL) {
        fail_msg("%s differs", differs);
    }
    converter_destroy(&converter);
    binding_fini(&binding);
    table_reader_close(&reader);
    mapping_close(&mapping);
    writer_fini(&text);
}

static void a_row_read_again_is_the_record(void **state)
{
    (void)state;
    struct instrument instrument = sample_instrument();
    assert_comes_back(&instrument);
}

static void every_word_comes_back(void **state)
{
    (void)state;
    struct instrument instrument = sample_instrument();
    for (uint64_t i = 1; i <= 4; i++) {
        instrument.source = i;
        instrument.kind = 1 + i % 2;
        instrument.customs_supervised = i % 2;
        instrument.share_mode = i % 4;
        instrument.status = i + 1;
        assert_comes_back(&instrument);
    }
    for (uint64_t bits = 1; bits < 16; bits++) {
        instrument.funds = bits;
        assert_comes_back(&instrument);
    }
    instrument.status = instrument.share_mode = 0;
    assert_comes_back(&instrument);
}

static void what_it_is_part_of_comes_back(void **state)
{
    (void)state;
    static const uint64_t types[] = {1, 2, 3, 4, 6, 7, 8};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct instrument instrument = sample_instrument();
        bool by_id = types[i] <= 2, by_name = types[i] >= 6;
        instrument.carrier_type = types[i];
        instrument.carrier_id = TEXT(by_id ? "Z001" : "");
        instrument.carrier_name = TEXT(by_name ? "国家重点实验室" : "");
        assert_comes_back(&instrument);
    }
}

static void places_come_back(void **state)
{
    (void)state;
    static const char *const codes[] = {"410102", "110105", "419001",
                                        "441900", "500101", "659001"};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        struct instrument instrument = sample_instrument();
        instrument.division = TEXT(codes[i]);
        assert_comes_back(&instrument);
    }
}

static void nothing_comes_back_as_nothing(void **state)
{
    (void)state;
    struct instrument instrument = sample_instrument();
    instrument.name_en = instrument.achievement = (struct bytes){0};
    instrument.service_url = instrument.image_url = (struct bytes){0};
    instrument.run_hours_tenths = instrument.service_hours_tenths = 0;
    assert_comes_back(&instrument);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_read_again_is_the_record),
        cmocka_unit_test(every_word_comes_back),
        cmocka_unit_test(what_it_is_part_of_comes_back),
        cmocka_unit_test(places_come_back),
        cmocka_unit_test(nothing_comes_back_as_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
