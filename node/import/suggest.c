/* SPDX-License-Identifier: Apache-2.0 */
#include "node/import/suggest.h"

#include <inttypes.h>
#include <string.h>

#include "node/catalogue/characters.h"
#include "node/catalogue/division.h"
#include "node/catalogue/instrument_class.h"
#include "node/catalogue/name_key.h"
#include "node/catalogue/nation.h"
#include "node/catalogue/rules.h"
#include "node/catalogue/uscc.h"
#include "protocol/base/alloc.h"

enum { SAMPLE_ROWS = 200, NEEDED_PART = 8 }; /* of ten values */

enum look {
    LOOK_USCC,
    LOOK_CLASS,
    LOOK_DIVISION,
    LOOK_DATE,
    LOOK_NATION,
    LOOK_ADDRESS,
    LOOK_MAILBOX,
    LOOK_COUNT,
};

/* The first that a kind has is proposed. */
static const char *const attributes[LOOK_COUNT][2] = {
    [LOOK_USCC] = {"unit_id", "id"},
    [LOOK_CLASS] = {"class_code", "class_code"},
    [LOOK_DIVISION] = {"division", "division"},
    [LOOK_DATE] = {"begin_date", "needed_by"},
    [LOOK_NATION] = {"nation", "nation"},
    [LOOK_ADDRESS] = {"service_url", "service_url"},
    [LOOK_MAILBOX] = {"email", "mailbox"},
};

struct column {
    uint64_t values;
    uint64_t looks[LOOK_COUNT];
    char example[64];
};

static bool looks_like(enum look look, struct bytes text)
{
    switch (look) {
    case LOOK_USCC:
        return uscc_validate(text, NULL) == HL_OK;
    case LOOK_CLASS:
        return instrument_class_find(bytes_of_text("nrii"), text) != NULL;
    case LOOK_DIVISION:
        return division_find(2023, text) != NULL;
    case LOOK_DATE:
        return text.size == 10 && rule_date(text, NULL) == HL_OK;
    case LOOK_NATION:
        return nation_find(text) != NULL;
    case LOOK_ADDRESS:
        return rule_url(text, NULL) == HL_OK;
    case LOOK_MAILBOX:
        return character_validate_mailbox(text, NULL) == HL_OK;
    case LOOK_COUNT:
        break;
    }
    return false;
}

static void look_at(struct column *column, struct bytes text)
{
    if (text.size == 0) {
        return;
    }
    if (column->example[0] == '\0') {
        struct bytes shown = name_shown(text);
        size_t size = shown.size < sizeof(column->example) - 1 ? shown.size : 0;
        memcpy(column->example, shown.data, size);
        for (size_t i = 0; i < size; i++) {
            bool plain =
                (uint8_t)column->example[i] >= ' ' && column->example[i] != '"';
            column->example[i] = (char)(plain ? column->example[i] : ' ');
        }
    }
    column->values++;
    for (int look = 0; look < LOOK_COUNT; look++) {
        column->looks[look] += looks_like((enum look)look, text) ? 1 : 0;
    }
}

static hl_err sample(struct table_reader *reader, struct column *columns,
                     struct hl_detail *detail)
{
    size_t count = table_reader_columns(reader);
    for (int i = 0; i < SAMPLE_ROWS; i++) {
        const struct table_row *row = NULL;
        hl_err err = table_reader_next(reader, &row, detail);
        if (err != HL_OK || row == NULL) {
            return err;
        }
        for (size_t j = 0; row->err == HL_OK && j < count; j++) {
            look_at(&columns[j], row->cells[j].text);
        }
    }
    return HL_OK;
}

static const struct attribute *by_content(const struct record_kind *kind,
                                          const struct column *column)
{
    for (int look = 0; look < LOOK_COUNT; look++) {
        if (column->values == 0 ||
            column->looks[look] * 10 < column->values * NEEDED_PART) {
            continue;
        }
        for (int i = 0; i < 2; i++) {
            const struct attribute *attribute =
                attribute_find(kind, bytes_of_text(attributes[look][i]));
            if (attribute != NULL) {
                return attribute;
            }
        }
    }
    return NULL;
}

static void put_quoted(struct bytes text, const char *before,
                       struct writer *out)
{
    writer_format(out, "\"%s", before);
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"') {
            writer_u8(out, '"');
        }
        writer_u8(out, text.data[i]);
    }
    writer_u8(out, '"');
}

/* One that begins with '#' would be a remark. */
static void put_heading(struct bytes text, struct writer *out)
{
    put_quoted(text, text.size > 0 && text.data[0] == '#' ? "#" : "", out);
}

static const char *word_of(const struct target *target)
{
    switch (target->kind) {
    case TARGET_ATTRIBUTE:
        return target->attribute->name;
    case TARGET_CLASS_NAME:
        return "class_name";
    case TARGET_PROVINCE:
        return "province";
    case TARGET_CITY:
        return "city";
    case TARGET_COUNTY:
        return "county";
    case TARGET_NOTHING:
        break;
    }
    return "-";
}

static void put_line(struct bytes heading, const struct target *target,
                     const char *remark, const struct column *column,
                     struct writer *out)
{
    put_heading(heading, out);
    writer_format(out, ",%s,,%s\r\n", word_of(target),
                  target->unit_fen == 1000000  ? "万元"
                  : target->unit_fen == 100000 ? "千元"
                  : target->unit_fen == 100    ? "元"
                                               : "");
    if (remark[0] != '\0') {
        writer_format(out, "\"# %s", remark);
        if (column->example[0] != '\0') {
            writer_format(out, "; it holds %s", column->example);
        }
        writer_text(out, "\",,,\r\n");
    }
}

static bool is_taken(const struct target *taken, size_t count,
                     const struct target *target)
{
    for (size_t i = 0; i < count; i++) {
        if (taken[i].kind != TARGET_NOTHING && taken[i].kind == target->kind &&
            taken[i].attribute == target->attribute) {
            return true;
        }
    }
    return false;
}

static void propose(const struct record_kind *kind,
                    const struct table_reader *reader,
                    const struct column *columns, struct writer *out)
{
    size_t count = table_reader_columns(reader);
    struct target *taken = hl_alloc(count + 1, sizeof(taken[0]));
    for (size_t i = 0; i < count; i++) {
        struct bytes heading = table_reader_column(reader, i);
        bool known = false;
        const char *remark = "";
        struct target target = heading_target(kind, heading, &known);
        if (!known) {
            const struct attribute *attribute = by_content(kind, &columns[i]);
            remark = attribute == NULL
                         ? "nothing is known of this column: name its attribute"
                         : "by what it holds: check it";
            target.kind = attribute == NULL ? TARGET_NOTHING : TARGET_ATTRIBUTE;
            target.attribute = attribute;
        }
        if (is_taken(taken, i, &target)) {
            remark = "another column is the same: choose one";
            target = (struct target){.kind = TARGET_NOTHING};
        }
        taken[i] = target;
        put_line(heading, &target, remark, &columns[i], out);
    }
    const char *needed = kind->homed ? "unit_id" : "id";
    struct target unit = {.kind = TARGET_ATTRIBUTE,
                          .attribute =
                              attribute_find(kind, bytes_of_text(needed))};
    if (!is_taken(taken, count, &unit)) {
        writer_format(out,
                      "\"# no column has %s: say it for all rows, as the next "
                      "line without its #\",,,\r\n#,%s,91410100MA41010086,\r\n",
                      needed, needed);
    }
    hl_free(taken);
}

size_t suggest_known(const struct record_kind *kind,
                     const struct table_reader *reader)
{
    size_t count = 0;
    for (size_t i = 0; i < table_reader_columns(reader); i++) {
        bool known = false;
        (void)heading_target(kind, table_reader_column(reader, i), &known);
        count += known ? 1 : 0;
    }
    return count;
}

static void put_setting(const char *name, const char *value, struct writer *out)
{
    writer_format(out, ",%s,", name);
    put_quoted(bytes_of_text(value), "", out);
    writer_text(out, ",\r\n");
}

static void put_settings(const struct table_reader *reader,
                         const struct table_options *options,
                         struct writer *out)
{
    const char *others = NULL;
    const char *sheet = table_reader_sheet(reader, &others);
    char delimiter[] = {options->delimiter, '\0'};
    writer_format(out, ",@format,%s,\r\n",
                  table_format_name(table_reader_format(reader)));
    if (table_reader_encoding(reader) != NULL) {
        writer_format(out, ",@encoding,%s,\r\n", table_reader_encoding(reader));
    }
    if (options->delimiter != '\0') {
        put_setting("@delimiter", delimiter, out);
    }
    bool chosen =
        sheet != NULL && (options->sheet != NULL || others[0] != '\0');
    if (chosen && strlen(sheet) <= MAPPING_SETTING_MAX_BYTES) {
        put_setting("@sheet", sheet, out);
    }
    if (sheet != NULL && others[0] != '\0') {
        put_quoted(bytes_of_text(others), "# not read are the sheets ", out);
        writer_text(out, ",,,\r\n");
    }
    if (options->heading != 0) {
        writer_format(out, ",@heading,%" PRIu64 ",\r\n", options->heading);
    }
}

hl_err suggest_mapping(const struct record_kind *kind,
                       struct table_reader *reader,
                       const struct table_options *options, struct writer *out,
                       struct hl_detail *detail)
{
    size_t count = table_reader_columns(reader);
    struct column *columns = hl_alloc(count + 1, sizeof(columns[0]));
    hl_err err = sample(reader, columns, detail);
    if (err == HL_OK) {
        writer_format(out, "column,attribute,value,as\r\n,@record,%s,\r\n",
                      kind->word);
        put_settings(reader, options, out);
        propose(kind, reader, columns, out);
    }
    hl_free(columns);
    return err;
}
