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
    if (err == HL_OK && out->kind != VKEY_ED25519) {
        err = hl_fail(detail, HL_EMALFORMED,
                      "key is not a journal key (Ed25519, 01)");
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
    if (text_decimal(values[2], MERKLE_SIZE_MAX, &mark.size) != HL_OK) {
        return hl_fail_line(detail, 3, HL_EMALFORMED,
                            "size is not a decimal number below 2^63");
    }
    if (base64_decode_exact(values[3], HL_HASH_BYTES, mark.root.bytes) !=
        HL_OK) {
        return hl_fail_line(detail, 4, HL_EMALFORMED,
                            "root is not canonical base64 of 32 bytes");
    }
    if (!checkpoint_head_valid(mark.size, &mark.root)) {
        return hl_fail_line(detail, 4, HL_EMALFORMED,
                            "size 0 goes with the root of the empty tree, "
                            "and no other size does");
    }
    *out = mark;
    return HL_OK;
}

void mark_write(const struct mark *mark, struct writer *out)
{
    HL_ASSERT(mark->key.kind == VKEY_ED25519);
    HL_ASSERT(checkpoint_head_valid(mark->size, &mark->root));
    writer_format(out, "%s\n%s", labels[0], labels[1]);
    vkey_write(&mark->key, out);
    writer_format(out, "\n%s%llu\n%s", labels[2],
                  (unsigned long long)mark->size, labels[3]);
    base64_encode(bytes_of(mark->root.bytes, HL_HASH_BYTES), out);
    writer_u8(out, '\n');
}
