/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/import_check.h"

#include "node/catalogue/rules.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/text.h"

struct told {
    size_t columns;
    bool refused;
};

static void take_defect(void *context, const struct defect *defect)
{
    struct told *told = context;
    HL_ASSERT(defect->reason[0] != '\0');
    HL_ASSERT(defect->line > 0);
    HL_ASSERT(defect->column >= NO_COLUMN);
    HL_ASSERT(defect->column < (int)told->columns);
    HL_ASSERT(text_utf8_valid(defect->value));
    told->refused = told->refused || defect->severity == DEFECT_REFUSED;
}

/* As the node will have it: at a home, valid, and unchanged by the form that
 * the node brings it into. */
static void check_record(const struct record_kind *kind,
                         union record_room *record)
{
    union record_room normal;
    struct writer texts = {0};
    if (kind->homed) {
        HL_ASSERT(((struct homed *)(void *)record)->home.size == 0);
        ((struct homed *)(void *)record)->home = bytes_of_text("here");
    }
    hl_err err = record_validate(kind->type, record, NULL);
    HL_ASSERT(err == HL_OK);
    err = kind->check_new(record, NULL);
    HL_ASSERT(err == HL_OK);
    normal = *record;
    record_normalise(kind->type, &normal, &texts);
    HL_ASSERT(record_difference(kind->type, record, &normal) == NULL);
    writer_fini(&texts);
}

bool import_check_rows(const struct mapping *mapping,
                       struct table_reader *reader, const struct survey *survey)
{
    struct binding binding = {0};
    struct hl_detail detail = {0};
    const struct table_row *row = NULL;
    struct told told = {.columns = table_reader_columns(reader)};
    hl_err err = mapping_bind(mapping, reader, &binding, &detail);
    HL_ASSERT(err == HL_OK || detail.text[0] != '\0');
    if (err != HL_OK) {
        return false;
    }
    struct converter *converter =
        converter_create(&binding, survey, take_defect, &told);
    while (table_reader_next(reader, &row, NULL) == HL_OK && row != NULL) {
        union record_room record;
        bool identified = false;
        told.refused = false;
        bool good = convert_row(converter, row, &record, &identified);
        HL_ASSERT(good == !told.refused);
        HL_ASSERT(!good || identified);
        if (good) {
            check_record(binding.kind, &record);
        }
    }
    converter_destroy(&converter);
    binding_fini(&binding);
    return true;
}
