/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/import/import_dump.h"

#include <inttypes.h>
#include <string.h>

#include "node/import/convert.h"

struct dumping {
    struct table_reader *reader;
    struct writer *out;
};

static void put_defect(void *context, const struct defect *defect)
{
    static const char *const severities[] = {"healed", "doubted", "refused"};
    const struct dumping *dumping = context;
    writer_format(dumping->out, "  %s %s @%" PRIu64,
                  severities[defect->severity], dirt_word(defect->dirt),
                  defect->line);
    if (defect->column != NO_COLUMN) {
        struct bytes name =
            table_reader_column(dumping->reader, (size_t)defect->column);
        writer_format(dumping->out, " %.*s", BYTES_ARGS(name));
    }
    writer_format(dumping->out, " '%.*s': %s\n", BYTES_ARGS(defect->value),
                  defect->reason);
}

/* All but those that every record has, and zeros. */
static void put_record(const struct record_kind *kind,
                       const union record_room *record, struct writer *out)
{
    size_t count;
    const struct attribute *all = attributes_of(kind, &count);
    for (size_t i = 0; i < count; i++) {
        struct writer text = {0};
        attribute_format(kind, &all[i], record, &text);
        struct bytes view = writer_view(&text);
        if (view.size > 0 && !bytes_equal_text(view, "0.00") &&
            !bytes_equal_text(view, "0.0") && !bytes_equal_text(view, "no") &&
            strstr(all[i].name, "scheme") == NULL &&
            strcmp(all[i].name, "unit_id") != 0) {
            writer_format(out, " %s=%.*s", all[i].name, BYTES_ARGS(view));
        }
        writer_fini(&text);
    }
    writer_u8(out, '\n');
}

static void put_rows(struct dumping *dumping, struct converter *converter,
                     const struct record_kind *kind)
{
    const struct table_row *row = NULL;
    union record_room record;
    while (table_reader_next(dumping->reader, &row, NULL) == HL_OK &&
           row != NULL) {
        bool identified = false;
        bool good = convert_row(converter, row, &record, &identified);
        writer_format(dumping->out, "%" PRIu64 " %s", row->line,
                      good         ? "good"
                      : identified ? "refused"
                                   : "refused, and not known which");
        if (good) {
            put_record(kind, &record, dumping->out);
        } else {
            writer_u8(dumping->out, '\n');
        }
    }
}

void import_dump(const char *path, const char *kind, const char *mapping_name,
                 struct writer *out)
{
    struct hl_detail detail = {0};
    struct mapping *mapping = NULL;
    struct table_reader *reader = NULL;
    struct converter *converter = NULL;
    struct binding binding = {0};
    struct survey survey = {0};
    hl_err err = mapping_open(mapping_name, record_kind_of_word(kind), &mapping,
                              &detail);
    struct table_options options = {0};
    if (err == HL_OK) {
        options = mapping_options(mapping);
        options.short_rows = true;
        err = table_reader_open(path, &options, &reader, &detail);
    }
    if (err == HL_OK) {
        err = survey_read(reader, &survey, &detail);
        table_reader_close(&reader);
    }
    if (err == HL_OK) {
        err = table_reader_open(path, &options, &reader, &detail);
    }
    if (err == HL_OK) {
        err = mapping_bind(mapping, reader, &binding, &detail);
    }
    if (err == HL_OK) {
        struct dumping dumping = {reader, out};
        converter = converter_create(&binding, &survey, put_defect, &dumping);
        put_rows(&dumping, converter, mapping_kind(mapping));
    } else {
        writer_format(out, "! %s: %s\n", hl_err_name(err), detail.text);
    }
    converter_destroy(&converter);
    survey_fini(&survey);
    binding_fini(&binding);
    table_reader_close(&reader);
    mapping_close(&mapping);
}
