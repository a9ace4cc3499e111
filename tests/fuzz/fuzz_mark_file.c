/* SPDX-License-Identifier: Apache-2.0 */

/* A mark that a file holds stands in one of its slots, exactly as it is
 * written. */

#include <string.h>

#include "certs/tools/mark_file.h"
#include "protocol/base/hl_assert.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mark mark;
    struct hl_detail detail = {0};
    struct bytes raw = bytes_of(data, size);
    hl_err err = mark_file_parse(raw, &mark, &detail);
    HL_ASSERT((err == HL_OK) == (detail.text[0] == '\0'));
    if (err != HL_OK) {
        return 0;
    }
    struct writer again = {0};
    mark_file_text(&mark, &again);
    HL_ASSERT(size == again.size);
    HL_ASSERT(memcmp(data, again.data, MARK_SLOT_BYTES) == 0 ||
              memcmp(data + MARK_SLOT_BYTES, again.data, MARK_SLOT_BYTES) == 0);
    writer_fini(&again);
    return 0;
}
