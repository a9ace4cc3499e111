/* SPDX-License-Identifier: Apache-2.0 */
#include "node/import/survey.h"

#include "protocol/base/alloc.h"

enum { CUT_PART = 20, CUT_NEIGHBOURS = 3 };

uint32_t survey_length(struct bytes text)
{
    uint32_t length = 0;
    for (size_t i = 0; i < text.size; i++) {
        length += (text.data[i] & 0xc0u) != 0x80u ? 1 : 0;
    }
    return length;
}

/* FNV-1a, 32 bits. */
static uint32_t hash_of(struct bytes text)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < text.size; i++) {
        hash = (hash ^ text.data[i]) * 16777619u;
    }
    return hash;
}

static const uint32_t usual[SURVEY_USUAL] = {10, 20,  30,  32,  40,  50,
                                             64, 100, 128, 200, 255, 256};

static void add_distinct(struct survey_values *values, struct bytes text)
{
    if (values->distinct_count == SURVEY_DISTINCT) {
        return;
    }
    uint32_t hash = hash_of(text);
    for (unsigned i = 0; i < values->distinct_count; i++) {
        if (values->distinct[i] == hash) {
            return;
        }
    }
    values->distinct[values->distinct_count++] = hash;
}

/* Those of that usual length; NULL: it is none. */
static struct survey_values *values_of(struct survey_column *column,
                                       uint32_t length)
{
    for (size_t i = 0; i < SURVEY_USUAL; i++) {
        if (usual[i] == length) {
            return &column->of_usual[i];
        }
    }
    return NULL;
}

static void look_at(struct survey_column *column, struct bytes text)
{
    uint32_t length = survey_length(text);
    struct survey_values *values = values_of(column, length);
    if (length > column->longest) {
        column->longest = length;
        column->of_longest.distinct_count = 0;
    }
    if (length > 0 && length == column->longest) {
        add_distinct(&column->of_longest, text);
    }
    if (values != NULL) {
        add_distinct(values, text);
    }
    if (length > 0 && length <= SURVEY_LENGTH_MAX) {
        column->lengths[length]++;
    }
}

hl_err survey_read(struct table_reader *reader, struct survey *out,
                   struct hl_detail *detail)
{
    const struct table_row *row = NULL;
    *out = (struct survey){.count = table_reader_columns(reader)};
    out->columns = hl_alloc(out->count + 1, sizeof(out->columns[0]));
    for (;;) {
        hl_err err = table_reader_next(reader, &row, detail);
        if (err != HL_OK || row == NULL) {
            if (err != HL_OK) {
                survey_fini(out);
            }
            return err;
        }
        out->rows++;
        for (size_t i = 0; row->err == HL_OK && i < out->count; i++) {
            look_at(&out->columns[i], row->cells[i].text);
        }
    }
}

void survey_fini(struct survey *survey)
{
    hl_free(survey->columns);
    *survey = (struct survey){0};
}

/* How many values are one to CUT_NEIGHBOURS characters away. */
static uint64_t neighbours(const struct survey_column *column, uint32_t length)
{
    uint64_t near = 0;
    for (uint32_t i = 1; i <= CUT_NEIGHBOURS; i++) {
        near += length > i ? column->lengths[length - i] : 0;
        near +=
            length + i <= SURVEY_LENGTH_MAX ? column->lengths[length + i] : 0;
    }
    return near;
}

bool survey_is_cut(const struct survey *survey, size_t column, uint32_t length)
{
    struct survey_column *at = &survey->columns[column];
    if (length <= CUT_NEIGHBOURS || length > SURVEY_LENGTH_MAX) {
        return false;
    }
    bool longest = length == at->longest;
    const struct survey_values *values =
        longest ? &at->of_longest : values_of(at, length);
    if (values == NULL || values->distinct_count < SURVEY_DISTINCT) {
        return false;
    }
    uint64_t all = 0, there = at->lengths[length];
    for (uint32_t i = 1; i <= SURVEY_LENGTH_MAX; i++) {
        all += at->lengths[i];
    }
    uint64_t near = neighbours(at, length);
    return there < all &&
           (longest ? there >= 2 * near && there >= all / CUT_PART
                    : there > near);
}
