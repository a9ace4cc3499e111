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

static void add_distinct(struct survey_column *column, struct bytes text)
{
    uint32_t hash = hash_of(text);
    for (unsigned i = 0; i < column->distinct_count; i++) {
        if (column->distinct[i] == hash) {
            return;
        }
    }
    if (column->distinct_count < SURVEY_DISTINCT) {
        column->distinct[column->distinct_count++] = hash;
    }
}

static void look_at(struct survey_column *column, struct bytes text)
{
    uint32_t length = survey_length(text);
    if (length > column->longest) {
        column->longest = length;
        column->distinct_count = 0;
    }
    if (length > 0 && length == column->longest) {
        add_distinct(column, text);
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

uint32_t survey_cut(const struct survey *survey, size_t column)
{
    const struct survey_column *at = &survey->columns[column];
    uint32_t longest = at->longest;
    if (longest <= CUT_NEIGHBOURS || longest > SURVEY_LENGTH_MAX ||
        at->distinct_count < SURVEY_DISTINCT) {
        return 0;
    }
    uint64_t all = 0, near = 0, there = at->lengths[longest];
    for (uint32_t i = 1; i <= longest; i++) {
        all += at->lengths[i];
        near +=
            i < longest && i + CUT_NEIGHBOURS >= longest ? at->lengths[i] : 0;
    }
    bool cut = there < all && there >= all / CUT_PART && there >= 2 * near;
    return cut ? longest : 0;
}
