/* SPDX-License-Identifier: Apache-2.0 */

/* A checkpoint without extension lines is written back to the same text; the
 * strict reader takes exactly those; no text is both checkpoint and mark. */

#include "protocol/base/hl_assert.h"
#include "protocol/note/checkpoint.h"
#include "protocol/note/mark.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct checkpoint foreign;
    struct checkpoint own;
    struct mark mark;
    struct hl_detail detail = {0};
    struct bytes text = bytes_of(data, size);
    hl_err err = checkpoint_parse_foreign(text, &foreign, &detail);
    HL_ASSERT((err == HL_OK) == (detail.text[0] == '\0'));
    hl_err strict = checkpoint_parse(text, &own, NULL);
    HL_ASSERT((strict == HL_OK) == (err == HL_OK && !foreign.has_extension));
    if (err != HL_OK) {
        return 0;
    }
    HL_ASSERT(head_validate(&foreign.head) == HL_OK);
    HL_ASSERT(mark_parse(text, &mark, NULL) != HL_OK);
    struct writer back = {0};
    foreign.has_extension = false;
    checkpoint_write(&foreign, &back);
    HL_ASSERT(back.size <= text.size);
    HL_ASSERT(bytes_equal(writer_view(&back), bytes_slice(text, 0, back.size)));
    HL_ASSERT((back.size == text.size) == (strict == HL_OK));
    writer_fini(&back);
    return 0;
}
