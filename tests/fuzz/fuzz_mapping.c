/* SPDX-License-Identifier: Apache-2.0 */

/* Any bytes as a mapping: it is refused with a reason, or it opens; bound to a
 * file, that is refused with a reason, or its rows become records. Settings are
 * such as the table reader takes or refuses. */

#include "node/import/convert.h"
#include "protocol/base/hl_assert.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/import_check.h"

static const char file[] = "a,b,c,编号,仪器设备名称,d\n"
                           "1,x,2016/1/2,A-1,电镜,\n"
                           "无,,31/12/2016,A-2,光谱仪,79.5万元\n"
                           "12410000415800018L,410102,日本,,,OK\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct record_kind *kind =
        size > 0 && data[0] < RECORD_KINDS ? &record_kinds[data[0]] : NULL;
    size_t from = kind == NULL ? 0 : 1;
    struct mapping *mapping = NULL;
    struct table_reader *reader = NULL;
    struct hl_detail detail = {0};
    hl_err err = mapping_open_memory(bytes_of(data + from, size - from), kind,
                                     &mapping, &detail);
    HL_ASSERT((err == HL_OK) == (mapping != NULL));
    HL_ASSERT(err == HL_OK || detail.text[0] != '\0');
    if (mapping == NULL) {
        return 0;
    }
    HL_ASSERT(mapping_kind(mapping) != NULL);
    HL_ASSERT(kind == NULL || mapping_kind(mapping) == kind);
    struct table_options options = mapping_options(mapping);
    options.short_rows = true;
    err = table_reader_open_memory(bytes_of(file, sizeof(file) - 1), "",
                                   &options, &reader, &detail);
    HL_ASSERT(err == HL_OK || detail.text[0] != '\0');
    if (err == HL_OK) {
        import_check_rows(mapping, reader, NULL);
    }
    table_reader_close(&reader);
    mapping_close(&mapping);
    return 0;
}
