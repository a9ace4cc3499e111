/* SPDX-License-Identifier: Apache-2.0 */

/* A mark that is read is written back to the same text, and is no
 * checkpoint. */

#include "protocol/base/hl_assert.h"
#include "protocol/note/checkpoint.h"
#include "protocol/note/mark.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mark mark;
    struct checkpoint checkpoint;
    struct hl_detail detail = {0};
    struct bytes text = bytes_of(data, size);
    hl_err err = mark_parse(text, &mark, &detail);
    HL_ASSERT((err == HL_OK) == (detail.text[0] == '\0'));
    if (err != HL_OK) {
        return 0;
    }
    struct writer back = {0};
    mark_write(&mark, &back);
    HL_ASSERT(bytes_equal(writer_view(&back), text));
    HL_ASSERT(text.size <= MARK_MAX_BYTES);
    HL_ASSERT(checkpoint_parse_foreign(text, &checkpoint, NULL) != HL_OK);
    writer_fini(&back);
    return 0;
}
