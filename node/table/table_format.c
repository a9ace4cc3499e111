/* SPDX-License-Identifier: Apache-2.0 */
#include "node/table/table_format.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "protocol/base/hl_assert.h"

static const char *const names[] = {
    [TABLE_AUTO] = "auto",   [TABLE_CSV] = "csv",   [TABLE_TSV] = "tsv",
    [TABLE_JSONL] = "jsonl", [TABLE_JSON] = "json", [TABLE_XLSX] = "xlsx",
};
enum { FORMATS = sizeof(names) / sizeof(names[0]) };

static const struct {
    const char *end;
    enum table_format format;
} ends[] = {
    {".csv", TABLE_CSV},      {".tsv", TABLE_TSV},   {".tab", TABLE_TSV},
    {".jsonl", TABLE_JSONL},  {".json", TABLE_JSON}, {".xlsx", TABLE_XLSX},
    {".ndjson", TABLE_JSONL}, {".xlsm", TABLE_XLSX},
};

const char *table_format_name(enum table_format format)
{
    HL_ASSERT((unsigned)format < FORMATS);
    return names[format];
}

hl_err table_format_parse(const char *name, enum table_format *out)
{
    for (unsigned i = TABLE_AUTO + 1; i < FORMATS; i++) {
        if (strcmp(name, names[i]) == 0) {
            *out = (enum table_format)i;
            return HL_OK;
        }
    }
    return HL_EMALFORMED;
}

enum table_format table_format_of_name(const char *path)
{
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot != NULL && i < sizeof(ends) / sizeof(*ends); i++) {
        if (strcasecmp(dot, ends[i].end) == 0) {
            return ends[i].format;
        }
    }
    return TABLE_AUTO;
}
