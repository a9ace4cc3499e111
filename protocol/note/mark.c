/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/note/mark.h"

#include "protocol/base/base64.h"
#include "protocol/base/hl_assert.h"
#include "protocol/base/text.h"
#include "protocol/note/checkpoint.h"
#include "protocol/tree/merkle.h"

enum { MARK_LINES = 4 };

static const char *const labels[MARK_LINES] = {"heluo mark v1", "key ", "size ",
                                               "root "};

/* Splits into the four values that stand behind the labels. */
static hl_err split_values(struct bytes text, struct bytes values[MARK_LINES],
                           struct hl_detail *detail)
{
    struct lines lines;
    struct bytes line;
    lines_init(&lines, text);
    for (size_t i = 0; i < MARK_LINES; i++) {
        struct bytes label = bytes_of_text(labels[i]);
        if (!lines_next(&lines, &line) || line.size < label.size ||
            !bytes_equal(bytes_slice(line, 0, label.size), label)) {
            return hl_fail_line(detail, i + 1, HL_EMALFORMED,
                                "expected a line that begins with '%s'",
                                labels[i]);
        }
        values[i] = bytes_slice(line, label.size, line.size - label.size);
    }
    if (!lines_at_end(&lines)) {
        return hl_fail_line(detail, MARK_LINES + 1, HL_EMALFORMED,
                            "something follows the mark");
    }
    if (values[0].size > 0) {
        return hl_fail_line(detail, 1, HL_EMALFORMED, "first line is not '%s'",
                            labels[0]);
    }
    return HL_OK;
}

static hl_err parse_key(struct bytes value, struct vkey *out,
                        struct hl_detail *detail)
{
    hl_err err = vkey_parse(value, out, detail);
    if (err == HL_OK && out->kind != VKEY_ED25519 &&
        out->kind != VKEY_COSIGNATURE) {
        err =
            hl_fail(detail, HL_EMALFORMED,
                    "key is neither a journal key (01) nor a mirror key (04)");
    }
    if (err != HL_OK && detail != NULL) {
        detail->where = HL_AT_LINE;
        detail->at = 2;
    }
    return err;
}

hl_err mark_parse(struct bytes text, struct mark *out, struct hl_detail *detail)
{
    struct mark mark;
    struct bytes values[MARK_LINES];
    hl_err err = split_values(text, values, detail);
    if (err == HL_OK) {
        err = parse_key(values[1], &mark.key, detail);
    }
    if (err != HL_OK) {
        return err;
    }
    struct head_text head = {values[2], values[3], 3, 4};
    err = head_parse(&head, &mark.head, detail);
    if (err != HL_OK) {
        return err;
    }
    *out = mark;
    return HL_OK;
}

void mark_write(const struct mark *mark, struct writer *out)
{
    HL_ASSERT(mark->key.kind == VKEY_ED25519 ||
              mark->key.kind == VKEY_COSIGNATURE);
    HL_ASSERT(head_validate(&mark->head) == HL_OK);
    writer_format(out, "%s\n%s", labels[0], labels[1]);
    vkey_write(&mark->key, out);
    writer_format(out, "\n%s%llu\n%s", labels[2],
                  (unsigned long long)mark->head.size, labels[3]);
    base64_encode(bytes_of(mark->head.root.bytes, HL_HASH_BYTES), out);
    writer_u8(out, '\n');
}
