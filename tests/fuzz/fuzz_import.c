/* SPDX-License-Identifier: Apache-2.0 */

/* Any csv as records of a kind (its size says which), by its headings, and by
 * the mapping that is proposed for it, which always opens and fits. */

#include "node/import/suggest.h"
#include "protocol/base/hl_assert.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/import_check.h"

static struct table_reader *open_file(struct bytes file)
{
    struct table_reader *reader = NULL;
    const struct table_options options = {
        .format = TABLE_CSV, .encoding = "utf-8", .short_rows = true};
    hl_err err = table_reader_open_memory(file, "", &options, &reader, NULL);
    HL_ASSERT((err == HL_OK) == (reader != NULL));
    return reader;
}

static void by_headings(const struct record_kind *kind, struct bytes file,
                        const struct survey *survey)
{
    struct mapping *mapping = NULL;
    struct table_reader *reader = open_file(file);
    hl_err err = mapping_open(NULL, kind, &mapping, NULL);
    HL_ASSERT(err == HL_OK);
    import_check_rows(mapping, reader, survey);
    table_reader_close(&reader);
    mapping_close(&mapping);
}

static void by_proposal(const struct record_kind *kind, struct bytes file,
                        const struct survey *survey)
{
    struct mapping *mapping = NULL;
    struct writer text = {0};
    struct table_reader *reader = open_file(file);
    hl_err err =
        suggest_mapping(kind, reader, &(struct table_options){0}, &text, NULL);
    table_reader_close(&reader);
    if (err == HL_OK) {
        err = mapping_open_memory(writer_view(&text), NULL, &mapping, NULL);
        HL_ASSERT(err == HL_OK);
        reader = open_file(file);
        bool fits = import_check_rows(mapping, reader, survey);
        HL_ASSERT(fits);
    }
    table_reader_close(&reader);
    mapping_close(&mapping);
    writer_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes file = bytes_of(data, size);
    struct survey survey = {0};
    struct table_reader *reader = open_file(file);
    if (reader == NULL) {
        return 0;
    }
    hl_err err = survey_read(reader, &survey, NULL);
    table_reader_close(&reader);
    if (err == HL_OK) {
        const struct record_kind *kind = &record_kinds[size % RECORD_KINDS];
        by_headings(kind, file, &survey);
        by_proposal(kind, file, &survey);
    }
    survey_fini(&survey);
    return 0;
}
