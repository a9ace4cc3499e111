/* SPDX-License-Identifier: Apache-2.0 */

/* A line of words and a text of any bytes: what is folded stays as it is when
 * it is folded again, and marks lie inside the part, apart from each other. */

#include <string.h>

#include "node/text/fold.h"
#include "node/text/hits.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/text.h"
#include "tests/fuzz/fuzz.h"

enum { WORDS = 8 };

static void check_fold(struct bytes text)
{
    struct writer once = {0}, twice = {0};
    fold_text(text, &once);
    struct bytes folded = writer_view(&once);
    HL_ASSERT(text_utf8_valid(folded));
    HL_ASSERT(folded.size == 0 ||
              (folded.data[0] != ' ' && folded.data[folded.size - 1] != ' '));
    fold_text(folded, &twice);
    HL_ASSERT(bytes_equal(folded, writer_view(&twice)));
    writer_fini(&once);
    writer_fini(&twice);
}

static void check_marks(struct bytes text, struct bytes line)
{
    struct bytes words[WORDS];
    size_t count = 0, at = 0;
    while (at < line.size && count < WORDS) {
        size_t end = at;
        while (end < line.size && line.data[end] != ',') {
            end++;
        }
        words[count++] = bytes_slice(line, at, end - at);
        at = end + 1;
    }
    struct hits out;
    HL_ASSERT(hits_mark(text, words, count, 20, &out) == (out.count > 0));
    HL_ASSERT(out.part.size <= text.size);
    size_t last = 0;
    for (size_t i = 0; i < out.count; i++) {
        HL_ASSERT(out.marks[i].from >= last);
        HL_ASSERT(out.marks[i].from < out.marks[i].to);
        HL_ASSERT(out.marks[i].to <= out.part.size);
        last = out.marks[i].to;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = size == 0 ? NULL : memchr(data, '\n', size);
    size_t line = end == NULL ? size : (size_t)(end - data);
    size_t from = line < size ? line + 1 : size;
    struct bytes text =
        bytes_of(size == from ? NULL : data + from, size - from);
    check_fold(text);
    check_marks(text, bytes_of(line == 0 ? NULL : data, line));
    return 0;
}
